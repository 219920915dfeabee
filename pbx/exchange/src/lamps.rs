//! Lamps on phones: what stands beside a key that dials a number (RFC 4235, `Event: dialog`).
//!
//! A number means what it leads to. That of an extension shows what its phones do, and nothing of who is at the other end.
//! One that a route leads into a queue shows whether somebody waits there, and whether it is served. One that a route leads into
//! a flow by which agents act shows whether what it does is so for the agent who sits where the key is ([`Shows`]). What
//! a lamp shows is read from calls and floor whenever it is asked; nothing is kept of it but what was told last.
//!
//! Lamps are found by what they are of, and looked at only when that has changed. Where nobody subscribed, nothing is done.

mod body;

use crate::Config;
use crate::call::{Call, Leg, LegState};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::record::End;
use crate::subscriptions::{About, Package, Subscription, SubscriptionName, Watcher};
use crate::text::is_dialable;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use switchroom_acd::Presence;
use switchroom_acd::config::Staff;
use switchroom_flow::lamp::{Shows, shows};
use switchroom_flow::routes::{Asked, Destination};
use switchroom_sip::header::Name;
use switchroom_sip::message::Request;
use switchroom_sip::time::Now;

/// What a lamp shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Light {
    /// Nothing.
    Dark,
    /// It calls, and nobody has answered yet.
    Calls,
    /// It rings, or somebody waits.
    Blinks,
    /// It is so: in a call, served, signed in.
    Lit,
}

/// What a number means to who watches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Means {
    /// The phones of an extension.
    Phones(String),
    /// A queue.
    Queue(String),
    /// What the agent is who sits at an extension.
    Agent(String, Shows),
}

/// Of what a lamp is: it is looked at when that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The phones of an extension.
    Phones(String),
    /// A queue.
    Queue(String),
    /// The agent who sits at an extension.
    Seat(String),
}

impl Means {
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Self::Phones(extension) => Subject::Phones(extension.clone()),
            Self::Queue(queue) => Subject::Queue(queue.clone()),
            Self::Agent(seat, _) => Subject::Seat(seat.clone()),
        }
    }
}

/// A lamp beside a key.
#[derive(Debug, Clone)]
pub(crate) struct Lamp {
    /// The number that its key dials.
    pub(crate) number: String,
    pub(crate) means: Means,
    /// What the next NOTIFY has as `version`.
    version: u32,
    /// What the last one said.
    pub(crate) told: Option<Light>,
}

impl Lamp {
    pub(crate) fn new(number: String, means: Means) -> Self {
        Self::going_on(number, means, 0)
    }

    /// One whose next NOTIFY has that `version`.
    pub(crate) fn going_on(number: String, means: Means, version: u32) -> Self {
        Self { number, means, version, told: None }
    }

    /// What the next NOTIFY has as `version`.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }
}

/// Which lamps there are, by what they are of.
#[derive(Debug, Default)]
pub(crate) struct Lamps {
    by_subject: BTreeMap<Subject, BTreeSet<SubscriptionName>>,
    /// What has changed and was not looked at.
    touched: BTreeSet<Subject>,
    /// Where agents sit, of whose seat there are lamps: who leaves it is not there any more when that is told.
    seats: BTreeMap<String, String>,
}

impl Lamps {
    /// Something of it has changed.
    fn touch(&mut self, subject: Subject) {
        if self.by_subject.contains_key(&subject) {
            self.touched.insert(subject);
        }
    }

    fn put(&mut self, subject: Subject, name: SubscriptionName) {
        self.by_subject.entry(subject).or_default().insert(name);
    }

    fn remove(&mut self, subject: &Subject, name: SubscriptionName) {
        let Some(names) = self.by_subject.get_mut(subject) else { return };
        names.remove(&name);
        if !names.is_empty() {
            return;
        }
        self.by_subject.remove(subject);
        self.touched.remove(subject);
        if let Subject::Seat(seat) = subject {
            self.seats.retain(|_, sits| sits != seat);
        }
    }

    /// Whether the index leads from what it is of to a lamp.
    pub(crate) fn is_indexed(&self, subject: &Subject, name: SubscriptionName) -> bool {
        self.by_subject.get(subject).is_some_and(|names| names.contains(&name))
    }

    /// How many entries the index has: as many as there are lamps.
    pub(crate) fn indexed(&self) -> usize {
        self.by_subject.values().map(BTreeSet::len).sum()
    }

    /// Agents who are known to sit where there are lamps, with their seats.
    pub(crate) fn seats(&self) -> &BTreeMap<String, String> {
        &self.seats
    }
}

impl Config {
    /// What a number means to a phone of `extension` that watches it; `None`: nothing. As for a call, but for hours and limits of
    /// routes: of those that would take it at some time the first that leads to something with a lamp counts, or a lamp
    /// would go out at night for good.
    pub(crate) fn meaning(&self, number: &str, extension: &str) -> Option<Means> {
        if !is_dialable(number) || self.services.contains_key(number) {
            return None;
        }
        if self.extensions.contains_key(number) {
            return Some(Means::Phones(number.to_owned()));
        }
        if self.supervised(&Asked { number, caller: extension, at_ms: 0 }).is_some() {
            return None;
        }
        self.inbound.routes_of(number, extension).find_map(|route| match &route.to {
            Destination::Extension(to) => self.extensions.contains_key(to).then(|| Means::Phones(to.clone())),
            Destination::Queue(queue) => {
                self.floor.queues.contains_key(queue).then(|| Means::Queue(queue.clone()))
            }
            Destination::Flow(flow) => {
                let shows = shows(self.flows.get(flow)?, &self.flows, number, extension)?;
                Some(Means::Agent(extension.to_owned(), shows))
            }
            Destination::Refuse(_) => None,
        })
    }
}

/// What a leg has the lamp of its extension show: that of a phone which we call nothing, until it rings.
fn light_of_leg(call: &Call, leg: &Leg) -> Light {
    match leg.state {
        LegState::Up => Light::Lit,
        LegState::Ringing => Light::Blinks,
        LegState::Calling if leg.end == End::Caller && !call.is_placed => Light::Calls,
        LegState::Calling | LegState::Ended => Light::Dark,
    }
}

impl Exchange {
    /// How it stands now.
    pub(crate) fn light(&self, means: &Means) -> Light {
        let lit_if = |is_so: bool| if is_so { Light::Lit } else { Light::Dark };
        match means {
            Means::Phones(extension) => {
                let legs =
                    self.calls_of(extension).flat_map(|call| call.legs.values().map(move |l| (call, l)));
                let own = legs.filter(|(_, leg)| leg.extension.as_ref() == Some(extension));
                own.map(|(call, leg)| light_of_leg(call, leg)).max().unwrap_or(Light::Dark)
            }
            Means::Queue(queue) => match self.floor.queue(queue) {
                // Somebody on the line: who is to be called back waits by night, too, when nobody could help.
                Some(queue) if queue.oldest().is_some() => Light::Blinks,
                Some(queue) => lit_if(queue.is_open() && queue.has(Staff::Working)),
                None => Light::Dark,
            },
            Means::Agent(seat, shows) => {
                let agent = self.floor.agent_at(seat).filter(|agent| agent.presence.is_signed_in());
                lit_if(match (shows, agent.map(|agent| &agent.presence)) {
                    (Shows::SignedIn, presence) => presence.is_some(),
                    (Shows::SignedOut, presence) => presence.is_none(),
                    (Shows::Ready, presence) => presence == Some(&Presence::Ready),
                    (Shows::Break(reasons), Some(Presence::Break { reason })) => reasons.contains(reason),
                    (Shows::AnyBreak, Some(Presence::Break { .. })) => true,
                    (Shows::Break(_) | Shows::AnyBreak, _) => false,
                })
            }
        }
    }

    /// The phones of an extension may do something else.
    pub(crate) fn phones_changed(&mut self, extension: &str) {
        if !self.lamps.by_subject.is_empty() {
            self.lamps.touch(Subject::Phones(extension.to_owned()));
        }
    }

    /// A queue, or who waits in it, looks different.
    pub(crate) fn queue_changed(&mut self, queue: &str) {
        if !self.lamps.by_subject.is_empty() {
            self.lamps.touch(Subject::Queue(queue.to_owned()));
        }
    }

    /// An agent looks different: where he sits, where he sat, and his queues may be served or not.
    pub(crate) fn agent_changed(&mut self, number: &str) {
        if self.lamps.by_subject.is_empty() {
            return;
        }
        if let Some(left) = self.lamps.seats.remove(number) {
            self.lamps.touch(Subject::Seat(left));
        }
        let Some(agent) = self.floor.agent(number) else { return };
        for queue in agent.config.queues.keys() {
            self.lamps.touch(Subject::Queue(queue.clone()));
        }
        let seat = agent.extension.clone();
        self.sits(number, &seat);
        self.lamps.touch(Subject::Seat(seat));
    }

    /// That agent may sit there; it is kept where there are lamps of that seat. Who signed out in a talk has it until that is over,
    /// unless somebody else took it meanwhile.
    fn sits(&mut self, agent: &str, seat: &str) {
        let has_it = self.floor.agent_at(seat).is_some_and(|sits| &*sits.number == agent);
        if has_it && self.lamps.by_subject.contains_key(&Subject::Seat(seat.to_owned())) {
            self.lamps.seats.insert(agent.to_owned(), seat.to_owned());
        }
    }

    /// A subscription to a lamp begins, or its number means something else now.
    pub(crate) fn index_lamp(&mut self, name: SubscriptionName, means: &Means) {
        let subject = means.subject();
        self.lamps.put(subject.clone(), name);
        if let Subject::Seat(seat) = subject
            && let Some(agent) = self.floor.agent_at(&seat).map(|agent| agent.number.to_string())
        {
            self.sits(&agent, &seat);
        }
    }

    pub(crate) fn forget_lamp(&mut self, name: SubscriptionName, lamp: &Lamp) {
        self.lamps.remove(&lamp.means.subject(), name);
    }

    /// Looks at lamps of what has changed: who is to be told is told soon, and who need not be any more is not.
    pub(crate) fn look_at_lamps(&mut self, now: Now) {
        while let Some(subject) = self.lamps.touched.pop_first() {
            let names = self.lamps.by_subject.get(&subject).cloned().unwrap_or_default();
            for name in names {
                self.look_at_lamp(now, name);
            }
        }
    }

    fn look_at_lamp(&mut self, now: Now, name: SubscriptionName) {
        let watcher = Watcher::Subscription(name);
        if self.needs_telling(name) {
            self.tell_soon(now, watcher, Duration::ZERO);
        } else {
            self.timers.cancel(Timer::Notify(watcher));
            self.tell_no_more(watcher);
        }
    }

    /// Whether what was told last is not so; of what is no lamp that is not asked here.
    pub(crate) fn needs_telling(&self, name: SubscriptionName) -> bool {
        match self.subscriptions.get(name).map(|subscription| &subscription.about) {
            Some(About::Lamp(lamp)) => lamp.told != Some(self.light(&lamp.means)),
            Some(About::Mailbox) | None => true,
        }
    }

    /// How a lamp stands, as the body of a NOTIFY: it is told by that.
    pub(crate) fn put_lamp(&mut self, name: SubscriptionName, lamp: &Lamp, request: &mut Request) {
        let light = self.light(&lamp.means);
        request.headers.push(Name::ContentType, Package::Lamp.body_type());
        request.body = body::of(&lamp.number, &self.config.domain, lamp.version, light).into_bytes();
        if let Some(lamp) = self.subscriptions.lamp_mut(name) {
            (lamp.version, lamp.told) = (lamp.version.wrapping_add(1), Some(light));
        }
    }

    /// The configuration is another: what numbers mean is asked anew, and every lamp is looked at.
    pub(crate) fn review_lamps(&mut self) {
        let of_lamp = |(name, subscription): (SubscriptionName, &Subscription)| {
            let About::Lamp(lamp) = &subscription.about else { return None };
            let means = self.config.meaning(&lamp.number, &subscription.extension)?;
            Some((name, lamp.clone(), means))
        };
        let all: Vec<(SubscriptionName, Lamp, Means)> =
            self.subscriptions.all().filter_map(of_lamp).collect();
        for (name, lamp, means) in all {
            if lamp.means != means {
                self.forget_lamp(name, &lamp);
                self.index_lamp(name, &means);
                if let Some(lamp) = self.subscriptions.lamp_mut(name) {
                    lamp.means = means.clone();
                }
            }
            self.lamps.touch(means.subject());
        }
    }
}

#[cfg(test)]
impl Lamps {
    pub(crate) fn misplace(&mut self, subject: Subject) {
        let names = std::mem::take(&mut self.by_subject).into_values().flatten().collect();
        self.by_subject.insert(subject, names);
    }

    pub(crate) fn copy(&mut self) {
        let names = self.by_subject.values().flatten().copied().collect();
        self.by_subject.insert(Subject::Queue("copy".into()), names);
    }

    pub(crate) fn unseat(&mut self) {
        self.seats.clear();
    }
}
