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
    version: u32,
    shows: String,
    /// A SUBSCRIBE of it came since, which is answered by all that there is.
    is_asked: bool,
}

/// What each lamp was told last is what is so at rest. Until then versions rise by one, and the same is told twice to those only
/// who ask.
#[derive(Debug, Default)]
pub(super) struct LampsShowWhatIs {
    /// By Call-ID.
    last: BTreeMap<String, Last>,
}

impl LampsShowWhatIs {
    fn sent(&mut self, bytes: &[u8]) -> Verdict {
        let Some(glance) = Glance::of(bytes) else { return Ok(()) };
        let body = split(bytes).map(|(_, body)| String::from_utf8_lossy(body)).unwrap_or_default();
        let is_new = |last: &&Last| last.cseq < glance.cseq;
        let id = glance.call_id.to_owned();
        let before = self.last.get(&id);
        if before.is_some() && before.filter(is_new).is_none() {
            return Ok(());
        }
        let Some(shows) = shown(&body) else { return Ok(()) };
        let version = body.split_once("-info\" version=\"").and_then(|(_, rest)| rest.split('"').next());
        let version: u32 = version.and_then(|version| version.parse().ok()).unwrap_or(u32::MAX);
        let wanted = before.map_or(0, |last| last.version + 1);
        if version != wanted {
            return broken(None, format!("a lamp is told version {version} and not {wanted}: {id}"));
        }
        let is_end = glance.all("Subscription-State").any(|state| state.starts_with("terminated"));
        if before.is_some_and(|last| last.shows == shows && !last.is_asked && !is_end) {
            return broken(None, format!("a lamp that shows {shows:?} is told so again unasked: {id}"));
        }
        self.last.insert(id, Last { cseq: glance.cseq, version, shows, is_asked: false });
        Ok(())
    }
}

impl Checker for LampsShowWhatIs {
    fn rule(&self) -> &'static str {
        "at rest what each lamp was told last is what is so, and what is told is numbered and new"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        // Nothing of subscriptions outlives the exchange.
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, _world: &World, step: &Step) -> Verdict {
        if let Came::Message(_, bytes) = &step.came
            && bytes.starts_with(b"SUBSCRIBE ")
            && let Some(glance) = Glance::of(bytes)
            && let Some(last) = self.last.get_mut(glance.call_id)
        {
            last.is_asked = true;
        }
        for action in &step.actions {
            match action {
                Action::Send { bytes, .. } if bytes.starts_with(b"NOTIFY ") => self.sent(bytes)?,
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
    Some(match floor.waiters(there).next() {
        Some(_) => "early recipient",
        None if is_served => "confirmed",
        None => "terminated",
    })
}
