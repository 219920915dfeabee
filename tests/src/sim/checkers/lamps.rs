//! What stands beside keys of phones.

use super::{Checker, Verdict, broken};
use crate::sim::glance::{Glance, split};
use crate::sim::panel::shown;
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use switchroom_acd::Presence;
use switchroom_exchange::Action;
use switchroom_flow::routes::Destination;

/// The last NOTIFY of a subscription.
#[derive(Debug, Clone)]
struct Last {
    cseq: u32,
    branch: String,
    version: u32,
    shows: String,
    /// A SUBSCRIBE of it came since, or the exchange was started, or the phone did not take it: which is answered by all that there is.
    is_asked: bool,
    /// The exchange was started since: numbers go on, and not by one.
    is_started: bool,
    /// In a life before one of these starts the store failed: what it did not keep of an earlier start nobody knows.
    is_unkept: bool,
}

/// What each lamp was told last is what is so at rest. Until then versions rise by one, but for a start of the exchange, and the same
/// is told twice to those only who ask.
#[derive(Debug, Default)]
pub(super) struct LampsShowWhatIs {
    /// By Call-ID and the exchange's tag.
    last: BTreeMap<(String, String), Last>,
}

impl LampsShowWhatIs {
    fn sent(&mut self, world: &World, bytes: &[u8]) -> Verdict {
        let Some(glance) = Glance::of(bytes) else { return Ok(()) };
        let body = split(bytes).map(|(_, body)| String::from_utf8_lossy(body)).unwrap_or_default();
        let id = dialog_of(&glance);
        let before = self.last.get(&id);
        if let Some(last) = before
            && last.cseq >= glance.cseq
        {
            if last.is_started && !last.is_unkept {
                let text =
                    format!("after a start a lamp is told by CSeq {}, after {}", glance.cseq, last.cseq);
                return broken(None, format!("{text}: {}", id.0));
            }
            return Ok(());
        }
        let Some(shows) = shown(&body) else { return Ok(()) };
        let version = body.split_once("-info\" version=\"").and_then(|(_, rest)| rest.split('"').next());
        let version: u32 = version.and_then(|version| version.parse().ok()).unwrap_or(u32::MAX);
        let wanted = before.map_or(0, |last| last.version + 1);
        let goes_on = match before {
            Some(last) => last.is_started && (version > wanted || last.is_unkept),
            // It was confirmed in a life before this one, and nobody was told any more then.
            None => world.lives > 1,
        };
        let goes_on = goes_on && version < u32::MAX;
        if version != wanted && !goes_on {
            return broken(None, format!("a lamp is told version {version} and not {wanted}: {}", id.0));
        }
        let is_end = glance.all("Subscription-State").any(|state| state.starts_with("terminated"));
        if before.is_some_and(|last| last.shows == shows && !last.is_asked && !is_end) {
            return broken(None, format!("a lamp that shows {shows:?} is told so again unasked: {}", id.0));
        }
        let (cseq, branch) = (glance.cseq, branch_of(&glance));
        let (is_asked, is_started, is_unkept) = (false, false, false);
        self.last.insert(id, Last { cseq, branch, version, shows, is_asked, is_started, is_unkept });
        Ok(())
    }
}

/// The branch of the topmost Via, which names the transaction.
fn branch_of(glance: &Glance<'_>) -> String {
    let via = glance.all("Via").next().unwrap_or_default();
    via.split(";branch=").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default().to_owned()
}

/// Call-ID, and the tag of who sent a request.
pub(super) fn dialog_of(glance: &Glance<'_>) -> (String, String) {
    let from = glance.all("From").next().unwrap_or_default();
    let tag = from.split(";tag=").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default();
    (glance.call_id.to_owned(), tag.to_owned())
}

impl Checker for LampsShowWhatIs {
    fn rule(&self) -> &'static str {
        "at rest what each lamp was told last is what is so, and what is told is numbered and new"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        // What phones watch goes on, and is told anew.
        for last in self.last.values_mut() {
            (last.is_asked, last.is_started) = (true, true);
            last.is_unkept |= world.store_failed_before;
        }
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        match &step.came {
            Came::Message(_, bytes) if bytes.starts_with(b"SUBSCRIBE ") => {
                if let Some(glance) = Glance::of(bytes) {
                    let of_it = |(id, _): &(&(String, String), &mut Last)| id.0 == glance.call_id;
                    self.last.iter_mut().filter(of_it).for_each(|(_, last)| last.is_asked = true);
                }
            }
            // Whatever says that it was not heard, a mutilated answer, too.
            Came::Message(_, bytes) if matches!(bytes.get(..9), Some([b'S', .., b'3'..=b'9'])) => {
                // By the branch, as the exchange knows it: all else may be mutilated as well.
                let text = String::from_utf8_lossy(bytes);
                if text.contains(" NOTIFY") {
                    let of_it = |last: &&mut Last| text.contains(&last.branch);
                    self.last.values_mut().filter(of_it).for_each(|last| last.is_asked = true);
                }
            }
            _ => {}
        }
        for action in &step.actions {
            match action {
                Action::Send { bytes, .. } if bytes.starts_with(b"NOTIFY ") => self.sent(world, bytes)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        for handset in world.handsets.iter().filter(|handset| handset.is_on) {
            for lamp in handset.panel.iter().flat_map(|panel| panel.lamps()) {
                let Some(is_so) = is_so(world, &lamp.number) else { continue };
                if lamp.shows.as_deref() != Some(is_so) {
                    let (who, number) = (&handset.setup.extension, &lamp.number);
                    let text =
                        format!("the lamp of {number} at {who} shows {:?}, and is {is_so}", lamp.shows);
                    return broken(None, text);
                }
            }
        }
        Ok(())
    }
}

/// What a lamp of that number has to show at rest; `None`: that is not asked here. Nobody is in a call then.
fn is_so(world: &World, number: &str) -> Option<&'static str> {
    let (config, floor) = (world.exchange.config(), world.exchange.floor());
    if config.extensions.contains_key(number) {
        let live = |call: &switchroom_exchange::Call| !call.is_ended();
        return (!world.exchange.calls().any(live)).then_some("terminated");
    }
    let to = config.inbound.routes.iter().find(|route| route.number.has(number)).map(|route| &route.to)?;
    let Destination::Queue(queue) = to else { return None };
    let there = floor.queue(queue)?;
    let serves = |agent: &&switchroom_acd::agent::Agent| {
        agent.presence == Presence::Ready && agent.config.queues.contains_key(queue)
    };
    let is_served = there.is_open() && floor.agents().any(|agent| serves(&agent));
    Some(match there.oldest() {
        Some(_) => "early recipient",
        None if is_served => "confirmed",
        None => "terminated",
    })
}
