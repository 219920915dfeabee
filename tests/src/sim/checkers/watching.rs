//! What phones watch outlives the exchange.

use super::lamps::dialog_of;
use super::{Checker, Verdict, broken};
use crate::sim::glance::{Fresh, Glance};
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom_exchange::{Action, SubscriptionRecord, Transport};
use switchroom_sip::time::Mono;

/// After a start whoever watched is told by then: spread over five seconds, after the store has said its word, which may take it five.
const TOLD_WITHIN: Duration = Duration::from_secs(12);

/// What is confirmed to who subscribes is on disk, and whoever the disk has when the exchange starts is told anew, soon.
#[derive(Debug, Default)]
pub(super) struct WatchingGoesOn {
    /// Who is to be told by when, by Call-ID and the exchange's tag.
    untold: BTreeMap<(String, String), Mono>,
    life: u32,
    fresh: Fresh,
}

impl WatchingGoesOn {
    fn starts(&mut self, world: &World, step: &Step) {
        let goes_on = |one: &&SubscriptionRecord| {
            let config = world.exchange.config();
            let is_there = |number: &String| config.extensions.contains_key(number);
            // What a flow or a queue is to who watches it is asked of those that phones are beside only.
            one.expires_ms > step.now.wall.0 && is_there(&one.extension) && is_there(&one.number)
        };
        let by = step.now.mono.after(TOLD_WITHIN);
        let kept = world.store.disk.subscriptions.values().filter(goes_on);
        self.untold = kept.map(|one| ((one.call_id.clone(), one.tag.clone()), by)).collect();
    }

    fn sent(&mut self, world: &World, bytes: &[u8], transport: Transport) -> Verdict {
        if bytes.starts_with(b"NOTIFY ")
            && let Some(glance) = Glance::of(bytes)
        {
            self.untold.remove(&dialog_of(&glance));
        }
        if bytes.starts_with(b"SIP/2.0 200")
            && transport == Transport::Udp
            && let Some(glance) = Glance::of(bytes).filter(|glance| glance.method == "SUBSCRIBE")
            && glance.all("Expires").any(|seconds| seconds != "0")
            // Asked before the store is: what is said while it fails may be repeated when it is well again, and is old then.
            && self.fresh.is_new(bytes)
            && !world.store.has_failed
            && !world.store.fails
        {
            let is_it = |one: &SubscriptionRecord| {
                one.call_id == glance.call_id
                    && one.tag == glance.to_tag()
                    && one.remote_cseq.is_some_and(|last| last >= glance.cseq)
            };
            if !world.store.disk.subscriptions.values().any(is_it) {
                let text = format!("{} was told that it is subscribed, and it is not on disk", glance.to);
                return broken(None, text);
            }
        }
        Ok(())
    }
}

impl Checker for WatchingGoesOn {
    fn rule(&self) -> &'static str {
        "what was confirmed to who subscribes is on disk, and goes on after a restart: it is told anew, soon"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if self.life != world.lives {
            self.life = world.lives;
            self.untold.clear();
        }
        match &step.came {
            Came::Start => self.starts(world, step),
            // A phone that did not hear the answer asks once more, by the same names: that is another dialog of ours.
            Came::Message(_, bytes) if bytes.starts_with(b"SUBSCRIBE ") => {
                if let Some(glance) = Glance::of(bytes).filter(|glance| glance.to_tag().is_empty()) {
                    self.untold.retain(|(call_id, _), _| call_id != glance.call_id);
                }
            }
            _ => {}
        }
        for action in &step.actions {
            if let Action::Send { flow, bytes } = action {
                self.sent(world, bytes, flow.transport)?;
            }
        }
        if step.died {
            self.untold.clear();
        }
        match self.untold.iter().find(|(_, by)| **by < step.now.mono) {
            Some(((call_id, tag), _)) => {
                broken(None, format!("it started and told nothing to who watches by {call_id}, {tag}"))
            }
            None => Ok(()),
        }
    }
}
