//! Final responses.

use super::{Checker, Verdict, broken};
use crate::sim::glance::Glance;
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use switchroom_exchange::{Action, Mono};

/// One transaction of a phone: where from, first Via with its branch, number.
type Key = (std::net::SocketAddr, String, u32);

fn key(from: std::net::SocketAddr, glance: &Glance<'_>) -> Key {
    (from, format!("{};{}", glance.via, glance.branch), glance.cseq)
}

#[derive(Debug)]
struct Seen {
    since: Mono,
    /// It was sent within a dialog.
    is_inside: bool,
    /// 100 was sent: the exchange has taken it on.
    is_taken: bool,
    /// Anything was sent.
    is_heard: bool,
    /// Anything final was sent, even if only the form of a copy was meant.
    has_final: bool,
    /// Nothing need be sent: it is a copy of one that came by another way, or its sender is met with silence, as who guesses
    /// passwords is.
    may_be_unheard: bool,
    answer: Option<(u16, String)>,
    answered: Mono,
    /// When anything was sent last: so long as a transaction of it lives, a repeat may be met with silence.
    heard: Mono,
    /// It came again when its transaction may have been over: what it gets now may be another answer.
    may_be_new: bool,
}

impl Seen {
    fn at(now: Mono, is_inside: bool) -> Self {
        Self {
            since: now,
            is_inside,
            is_taken: false,
            is_heard: false,
            has_final: false,
            may_be_unheard: false,
            answer: None,
            answered: Mono(0),
            heard: now,
            may_be_new: false,
        }
    }
}

/// An INVITE gets exactly one final response. Where nothing but well-formed messages are on their way, that is every INVITE; else
/// every one that the exchange has taken on.
#[derive(Debug, Default)]
pub(super) struct OneFinalResponse {
    invites: BTreeMap<Key, Seen>,
    by_age: VecDeque<(Mono, Key)>,
    /// Messages that the exchange met with silence.
    ignored: u64,
}

/// So long after its final response, at most, an INVITE that comes again is a repeat (timers H and L).
const MEMORY: Duration = Duration::from_secs(32);
/// The longest that a message is on its way.
const T4: Duration = Duration::from_secs(5);
/// An INVITE rings for ten minutes at most.
const PATIENCE: Duration = Duration::from_secs(600);

impl Checker for OneFinalResponse {
    fn rule(&self) -> &'static str {
        "an INVITE gets exactly one final response"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        // What a dead exchange began, nobody can finish.
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let ignored = world.exchange.status().ignored;
        let is_ignored = std::mem::replace(&mut self.ignored, ignored) != ignored;
        self.forget(world, step.now.mono)?;
        if let Came::Message(flow, bytes) = &step.came
            && bytes.starts_with(b"INVITE ")
            && let Some(glance) = Glance::of(bytes)
        {
            let key = key(flow.remote, &glance);
            // What was done of a step in which the exchange died is not known.
            self.arrived(step.now.mono, key, !glance.to_tag().is_empty(), is_ignored || step.died);
        }
        if step.came == Came::Config {
            // Who was a stranger before may be known now.
            self.invites.retain(|_, seen| seen.answer.as_ref().is_none_or(|(status, _)| *status != 401));
        }
        if let Came::FlowLost(flow) = &step.came {
            // Whoever hung on that connection cannot be answered any more.
            self.invites.retain(|(from, ..), _| *from != flow.remote);
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

    fn rest(&mut self, world: &World) -> Verdict {
        self.all_answered(Mono(u64::MAX))?;
        if has_noise(world) {
            Ok(())
        } else {
            self.invites.iter().try_for_each(|(key, seen)| was_heard(key, seen))
        }
    }
}

/// Mutilated copies of messages are on their way.
fn has_noise(world: &World) -> bool {
    world.setup.net.garbage_ppm > 0
}

/// Whether two are the same request, though it may have come by two ways.
fn is_same((_, via, cseq): &Key, (_, other, number): &Key) -> bool {
    (via, cseq) == (other, number)
}

fn was_heard((from, _, cseq): &Key, seen: &Seen) -> Verdict {
    if seen.is_heard || seen.may_be_unheard {
        return Ok(());
    }
    broken(None, format!("INVITE {cseq} of {from} got no response at all"))
}

impl OneFinalResponse {
    fn arrived(&mut self, now: Mono, key: Key, is_inside: bool, is_ignored: bool) {
        let may_be_unheard = is_ignored || self.invites.keys().any(|of| *of != key && is_same(of, &key));
        let Some(known) = self.invites.get_mut(&key) else {
            self.by_age.push_back((now, key.clone()));
            self.invites.insert(key, Seen { may_be_unheard, ..Seen::at(now, is_inside) });
            return;
        };
        // Longer than this after a refusal and its ACK nothing of it is on its way any more (timer I), so it is a new
        // request; but its ACK may have got lost.
        let is_refused = known.answer.as_ref().is_some_and(|(status, _)| *status >= 300);
        let lasts = if is_refused { T4 } else { MEMORY };
        known.may_be_new = known.answer.is_some() && now.since(known.answered) >= lasts;
    }

    fn answer(&mut self, world: &World, to: std::net::SocketAddr, glance: &Glance<'_>) -> Verdict {
        let Some(status) = glance.status() else { return Ok(()) };
        let key = key(to, glance);
        for (_, seen) in self.invites.iter_mut().filter(|(of, _)| is_same(of, &key)) {
            (seen.is_heard, seen.has_final) = (true, seen.has_final || status >= 200);
            seen.heard = world.now.mono;
        }
        // A mutilated copy may bear the same branch and be refused for its form: only what a call came to counts then.
        let is_about_form = status >= 200 && !matches!(status, 200 | 480 | 486 | 487 | 603);
        // A copy that came by another way is refused for that, not for what it asks (RFC 3261 §8.2.2.2).
        if status == 482 || is_about_form && has_noise(world) {
            return Ok(());
        }
        // Its copies may have come from an address that changed: the transaction is the same.
        let same = self.invites.iter().filter(|(of, seen)| {
            (&of.1, of.2) == (&key.1, key.2)
                && seen.answer.as_ref().is_some_and(|(s, _)| Some(*s) == glance.status())
        });
        let first_answered = same.map(|(_, seen)| seen.answered).min().unwrap_or(world.now.mono);
        // A copy that was answered so goes on where the phone is by now, from where another copy may have been challenged.
        let is_of_copy = self.invites.iter().any(|(of, seen)| {
            *of != key
                && (&of.1, of.2) == (&key.1, key.2)
                && seen
                    .answer
                    .as_ref()
                    .is_some_and(|(s, tag)| Some(*s) == glance.status() && tag == glance.to_tag())
        });
        if !self.invites.contains_key(&key) {
            self.went_elsewhere(world.now.mono, &key, status, glance);
        }
        let Some(seen) = self.invites.get_mut(&key) else { return Ok(()) };
        if status < 200 {
            if seen.may_be_new {
                *seen = Seen { is_heard: true, ..Seen::at(world.now.mono, seen.is_inside) };
            }
            seen.is_taken = true;
            return Ok(());
        }
        let this = (status, glance.to_tag().to_owned());
        // Challenges are stateless (RFC 3261 §8.2.7), so the repeat of a request in a dialog is met with what is true by
        // then: its sender may have registered where he is now, or answered the challenge, or the dialog may have ended.
        // Outside of a dialog nothing but new credentials makes a challenged request a welcome one.
        let was_challenged = seen.is_inside && seen.answer.as_ref().is_some_and(|(first, _)| *first == 401);
        match &seen.answer {
            Some(first) if *first != this && (seen.may_be_new || was_challenged) => {
                let now = world.now.mono;
                let anew = Seen { is_heard: true, has_final: true, ..Seen::at(now, seen.is_inside) };
                *seen = Seen { answer: Some(this), answered: now, ..anew };
            }
            None => (seen.answer, seen.answered) = (Some(this), first_answered),
            Some(first) if *first != this && !(first.0 == 401 && is_of_copy) => {
                let text = format!(
                    "INVITE {} of {to} ({}) was answered {} and then {status}",
                    glance.cseq, glance.call_id, first.0
                );
                let call =
                    world.exchange.calls().find(|c| c.legs.values().any(|l| l.sip_call_id == glance.call_id));
                return broken(call.map(|c| c.id), text);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// An answer went where the phone is by now: the transaction is the one it began at its old address.
    fn went_elsewhere(&mut self, now: Mono, key: &Key, status: u16, glance: &Glance<'_>) {
        let same = self.invites.iter_mut().filter(|(of, seen)| is_same(of, key) && seen.answer.is_none());
        for (_, seen) in same.filter(|_| status >= 200) {
            (seen.answer, seen.answered) = (Some((status, glance.to_tag().to_owned())), now);
        }
    }

    fn forget(&mut self, world: &World, now: Mono) -> Verdict {
        while let Some((since, key)) = self.by_age.front().cloned() {
            if now.since(since) < MEMORY {
                break;
            }
            self.by_age.pop_front();
            let is_over = self.invites.get(&key).is_none_or(|seen| match seen.answer {
                Some(_) => now.since(seen.answered.max(seen.heard)) >= MEMORY,
                None => !seen.is_taken || seen.has_final,
            });
            if is_over {
                if let Some(seen) = self.invites.remove(&key).filter(|_| !has_noise(world)) {
                    was_heard(&key, &seen)?;
                }
            } else {
                self.by_age.push_back((now, key));
                self.all_answered(now)?;
            }
        }
        Ok(())
    }

    fn all_answered(&self, now: Mono) -> Verdict {
        for ((from, _, cseq), seen) in &self.invites {
            if seen.is_taken && !seen.has_final && now.since(seen.since) > PATIENCE {
                return broken(None, format!("INVITE {cseq} of {from} never got a final response"));
            }
        }
        Ok(())
    }
}
