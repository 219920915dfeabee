//! Final responses.

use super::{Checker, Verdict, broken};
use crate::sim::glance::Glance;
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use switchroom_exchange::{Action, Mono};

/// One transaction of a phone: where from, branch, number.
type Key = (std::net::SocketAddr, String, u32);

#[derive(Debug)]
struct Seen {
    since: Mono,
    /// 100 was sent: the exchange has taken it on.
    is_taken: bool,
    answer: Option<(u16, String)>,
}

/// An INVITE gets exactly one final response.
#[derive(Debug, Default)]
pub(super) struct OneFinalResponse {
    invites: BTreeMap<Key, Seen>,
    by_age: VecDeque<(Mono, Key)>,
    life: u32,
}

/// Transactions that nobody asks about any more are forgotten: repeats of an INVITE much later are new ones.
const MEMORY: Duration = Duration::from_secs(31);
/// An INVITE rings for ten minutes at most.
const PATIENCE: Duration = Duration::from_secs(600);

impl Checker for OneFinalResponse {
    fn rule(&self) -> &'static str {
        "an INVITE gets exactly one final response"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.life != world.lives {
            // What a dead exchange began, nobody can finish.
            (self.life, self.invites, self.by_age) = (world.lives, BTreeMap::new(), VecDeque::new());
        }
        self.forget(step.now.mono)?;
        if let Came::Message(flow, bytes) = &step.came
            && bytes.starts_with(b"INVITE ")
            && let Some(glance) = Glance::of(bytes)
        {
            let key = (flow.remote, glance.branch.to_owned(), glance.cseq);
            let now = step.now.mono;
            self.invites.entry(key.clone()).or_insert_with(|| {
                self.by_age.push_back((now, key));
                Seen { since: now, is_taken: false, answer: None }
            });
        }
        for action in &step.actions {
            if let Action::Send { flow, bytes } = action
                && bytes.starts_with(b"SIP/2.0 ")
                && let Some(glance) = Glance::of(bytes)
                && glance.method == "INVITE"
            {
                self.answer(world, flow.remote, &glance)?;
            }
        }
        Ok(())
    }

    fn rest(&mut self, _: &World) -> Verdict {
        self.all_answered(Mono(u64::MAX))
    }
}

impl OneFinalResponse {
    fn answer(&mut self, world: &World, to: std::net::SocketAddr, glance: &Glance<'_>) -> Verdict {
        let Some(status) = glance.status() else { return Ok(()) };
        let key = (to, glance.branch.to_owned(), glance.cseq);
        let Some(seen) = self.invites.get_mut(&key) else { return Ok(()) };
        if status < 200 {
            seen.is_taken = true;
            return Ok(());
        }
        let this = (status, glance.to_tag().to_owned());
        match &seen.answer {
            None => seen.answer = Some(this),
            Some(first) if *first != this => {
                let text = format!(
                    "INVITE {} of {to} ({}) was answered {} and then {status}",
                    glance.cseq, glance.call_id, first.0
                );
                let call = world.exchange.calls().find(|c| {
                    c.legs.values().any(|l| l.sip_call_id == glance.call_id)
                });
                return broken(call.map(|c| c.id), text);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn forget(&mut self, now: Mono) -> Verdict {
        while let Some((since, key)) = self.by_age.front().cloned() {
            if now.since(since) < MEMORY {
                break;
            }
            self.by_age.pop_front();
            let is_answered = self.invites.get(&key).is_none_or(|seen| seen.answer.is_some() || !seen.is_taken);
            if is_answered {
                self.invites.remove(&key);
            } else {
                self.by_age.push_back((now, key));
                self.all_answered(now)?;
            }
        }
        Ok(())
    }

    fn all_answered(&self, now: Mono) -> Verdict {
        for ((from, _, cseq), seen) in &self.invites {
            if seen.is_taken && seen.answer.is_none() && now.since(seen.since) > PATIENCE {
                return broken(None, format!("INVITE {cseq} of {from} never got a final response"));
            }
        }
        Ok(())
    }
}
