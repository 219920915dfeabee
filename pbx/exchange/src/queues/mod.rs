//! Queues and agents: what the floor decides becomes calls, and what happens to calls becomes the floor's news.
//!
//! A caller waits in a queue as part of its stay in a flow (`crate::inbound`): the flow asked for it, and gets the caller back
//! when the wait is over by rule, or the talk, if it wants to. While the caller waits the call is in `Stage::Flow`, while
//! agents ring for it in `Stage::Seeking`, and then in `Stage::Talking`, as any other call.

mod by_phone;
mod call_backs;
mod choices;
mod hours;
mod inbox;
mod invitation;
mod ringing;
mod telling;
mod waiting;

pub(crate) use call_backs::Placed;
pub use hours::QueueHours;
pub(crate) use hours::Unchanged;
pub(crate) use ringing::miss;
pub(crate) use telling::Addressee;
pub use telling::Told;
pub(crate) use waiting::Waits;

use crate::due::Timer;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use crate::{CallId, Changed, Config};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use switchroom_acd::fact::JoinedFact;
use switchroom_acd::figures::Figures;
use switchroom_acd::{
    CallBackAct, CallBackEnd, CallBackFact, Effect, Exit, Fact, Floor, Moment, Presence, Remembered,
};
use switchroom_sip::time::{Now, Wall};

/// Both clocks, as the floor reads them.
pub(crate) fn moment(now: Now) -> Moment {
    Moment { mono: now.mono.0 / 1_000, wall: now.wall.0 }
}

/// The local day by number.
fn day(config: &Config, now: Now) -> i64 {
    let date = config.inbound.zone.civil(now.wall.0).date();
    i64::from(date.year()) * 400 + i64::from(date.day_of_year())
}

/// The local day that it is, as long as the wall clock is within it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Day(Range<i64>);

impl Day {
    fn of(config: &Config, now: Now) -> Self {
        let zone = &config.inbound.zone;
        let begin = zone.midnight(now.wall.0);
        // The middle of the next day, with or without a changed clock.
        Self(begin..zone.midnight(begin.saturating_add(36 * 3_600_000)))
    }
}

/// An empty floor.
pub(crate) fn floor(now: Now, config: &Config, seed: u64) -> Floor {
    Floor::new(moment(now), day(config, now), seed, config.floor.clone())
}

/// Wishes to be called back that were kept, whatever came of them: of which call, for which queue, since when.
fn wishes(facts: &[Fact]) -> BTreeSet<(u128, &str, i64)> {
    let mut wishes = BTreeSet::new();
    for fact in facts {
        let Fact::CallBack(fact) = fact else { continue };
        let wish = (fact.call, fact.queue.as_str(), fact.joined_ms);
        match fact.act {
            CallBackAct::Asked => _ = wishes.insert(wish),
            CallBackAct::Closed { how: CallBackEnd::NotKept, .. } => _ = wishes.remove(&wish),
            _ => {}
        }
    }
    wishes
}

impl Exchange {
    /// Queues, agents and who waits.
    pub fn floor(&self) -> &Floor {
        &self.floor
    }

    /// What was counted of queues and agents.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// When the local day began, Unix milliseconds.
    pub fn midnight_ms(&self, now: Now) -> i64 {
        self.config.inbound.zone.midnight(now.wall.0)
    }

    /// What somebody at that place still has to wait, milliseconds, as half of those did who stood there; `None` if that
    /// cannot be said honestly.
    fn expected_wait(&self, now: Now, call: u128, place: u32) -> Option<u64> {
        let queue = self.floor.queue_by_id(self.floor.waiter(call)?.queue)?;
        self.figures.expected_wait(&queue.name, place, now.wall.0).map(|wait| wait.p50_ms)
    }

    /// Carries out what the floor asks for, until it asks for nothing more.
    pub(crate) fn run_floor(&mut self, now: Now) {
        // What is carried out may give the floor news; what comes of that is carried out in its turn, by whoever began.
        if std::mem::replace(&mut self.runs_floor, true) {
            return;
        }
        while let Some(effect) = self.floor.poll_effect() {
            self.carry_out_floor(now, effect);
        }
        self.runs_floor = false;
    }

    fn carry_out_floor(&mut self, now: Now, effect: Effect) {
        match effect {
            Effect::Ring { call, offer, agents, ring } if self.floor.call_back(call).is_some() => {
                self.ring_for_call_back(now, call, offer, &agents, ring);
            }
            Effect::Ring { call, offer, agents, ring } => {
                self.ring_agents(now, CallId(call), offer, &agents, ring);
            }
            Effect::GiveUp { call, agents, .. } if self.placed.contains_key(&call) => {
                self.give_up_call_back(now, call, &agents);
            }
            Effect::GiveUp { call, agents, is_moved } => {
                self.give_up_agents(now, CallId(call), &agents, is_moved);
            }
            Effect::Exit { call, exit } => self.queue_left(now, CallId(call), exit),
            Effect::Announce { call, place } => {
                let expected = self.expected_wait(now, call, place);
                self.announce(CallId(call), place, expected);
            }
            Effect::Note(fact) => self.note_fact(now, fact),
            Effect::Wake(due, Some(after)) => {
                let at = now.mono.after(std::time::Duration::from_millis(after));
                self.timers.set(Timer::Floor(due), at);
            }
            Effect::Wake(due, None) => self.timers.cancel(Timer::Floor(due)),
            Effect::AgentChanged(agent) => {
                self.agent_moved(&agent);
                self.agent_changed(&agent);
                self.changed.insert(Changed::Agent(agent));
            }
            Effect::QueueChanged(queue) => {
                self.queue_changed(&queue);
                self.changed.insert(Changed::Queue(queue));
            }
        }
    }

    /// Writes down what happened, for figures and for people.
    fn note_fact(&mut self, now: Now, fact: Fact) {
        match &fact {
            Fact::Agent(fact) if fact.was.presence != fact.is.presence => {
                let what = match &fact.is.presence {
                    Presence::LoggedOut => "signed out".to_owned(),
                    Presence::Ready => format!("is ready at {}", fact.extension),
                    Presence::Break { reason } => format!("has a break: {reason}"),
                };
                let text = format!("agent {} {what} ({})", fact.agent, fact.by);
                self.event(now, EventKind::Agent, Severity::Info, None, &fact.agent, "presence", text);
            }
            Fact::Offered(decision) => {
                let others = decision.candidates.len().saturating_sub(decision.chosen.len());
                let text = format!(
                    "queue {} offers it to {} after {} s; {others} more were free, {} were not",
                    decision.queue,
                    decision.chosen.join(", "),
                    decision.waited_ms / 1_000,
                    decision.others.len() + decision.unnamed as usize,
                );
                self.why(now, CallId(decision.call), "decision", text);
            }
            Fact::Left(left) if left.exit != Exit::Answered => {
                let text = format!(
                    "left queue {} after {} s: {}",
                    left.queue,
                    left.waited_ms / 1_000,
                    left.exit.word()
                );
                self.why(now, CallId(left.call), "queue", text);
            }
            Fact::CallBack(fact) => self.tell_of_call_back(now, fact),
            Fact::Door(fact) => self.tell_of_door(now, fact),
            Fact::Agent(_)
            | Fact::Joined(_)
            | Fact::OfferEnded(_)
            | Fact::Left(_)
            | Fact::Talked(_)
            | Fact::WrappedUp(_)
            | Fact::Missed(_) => {}
        }
        self.figures.apply(&fact);
        if let Some((queue, agent)) = self.figures.take_repeated() {
            self.changed.insert(Changed::Queue(queue.into()));
            self.changed.insert(Changed::Agent(agent.into()));
        }
        self.tell_inbox(&fact);
        let seq = self.next_event();
        let asked = match &fact {
            Fact::CallBack(CallBackFact { act: CallBackAct::Asked, id, call, .. }) => {
                Some((CallId(*call), *id))
            }
            _ => None,
        };
        let ticket = self.hand_over_fact(now, seq, Box::new(fact));
        self.call_backs_asked.extend(asked.map(|asked| (ticket, asked)));
    }

    /// What the store knows of agents and queues: everybody is where they chose to be, who waited when the exchange stopped has
    /// left, and who was to be called back still is. `facts` are of the last day, `kept` are those about numbers to be called
    /// back, of the last week.
    pub(crate) fn restore_floor(&mut self, now: Now, agents: Vec<Remembered>, facts: &[Fact], kept: &[Fact]) {
        let seats: Vec<String> = agents.iter().map(|agent| agent.extension.clone()).collect();
        for seat in seats {
            self.tell_seat(now, &seat);
        }
        let mut waiting: BTreeMap<(u128, u32), &JoinedFact> = BTreeMap::new();
        let mut today: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let is_today = |at_ms: i64| day(&self.config, Now { wall: Wall(at_ms), ..now }) == self.floor.day();
        for fact in facts {
            match fact {
                Fact::Joined(joined) => {
                    waiting.insert((joined.call, joined.visit), joined);
                }
                Fact::Left(left) => {
                    waiting.remove(&(left.call, left.visit));
                    if left.exit == Exit::Answered && is_today(left.at_ms) {
                        today.entry(&left.agent).or_default().0 += 1;
                    }
                }
                Fact::Talked(talked) if is_today(talked.at_ms) => {
                    let talk_ms = i64::try_from(talked.talk_ms).unwrap_or(0);
                    today.entry(&talked.agent).or_default().1 += talk_ms;
                }
                Fact::CallBack(CallBackFact {
                    at_ms,
                    act: CallBackAct::Closed { how: CallBackEnd::Reached, agent, .. },
                    ..
                }) if is_today(*at_ms) => today.entry(agent).or_default().0 += 1,
                _ => {}
            }
        }
        facts.iter().for_each(|fact| self.figures.apply(fact));
        agents.iter().for_each(|agent| self.figures.remember(agent));
        for (agent, (calls, talk_ms)) in today {
            self.floor.restore_today(agent, calls, talk_ms);
        }
        let wishes = wishes(kept);
        for joined in waiting.into_values() {
            // Whose wish to be called back is on disk has the place kept, told so or not, and is not cut off besides.
            let is_kept = wishes.contains(&(joined.call, &joined.queue, joined.at_ms));
            let exit = if is_kept { Exit::CalledBack } else { Exit::Restart };
            let left = self.floor.cut_off(moment(now), joined, exit);
            self.note_fact(now, Fact::Left(left));
        }
        // Before the agents: who came first is called first.
        self.floor.restore_call_backs(moment(now), kept);
        self.floor.restore(moment(now), agents);
        self.run_floor(now);
    }

    /// Another day may have begun: what agents did today begins anew.
    pub(crate) fn look_at_the_day(&mut self, now: Now) {
        if self.today.0.contains(&now.wall.0) {
            return;
        }
        self.today = Day::of(&self.config, now);
        self.floor.new_day(moment(now), day(&self.config, now));
        self.run_floor(now);
    }

    /// Another configuration, maybe with another time zone.
    pub(crate) fn configure_floor(&mut self, now: Now, config: Arc<switchroom_acd::Config>) {
        self.today = Day::default();
        self.look_at_the_day(now);
        self.floor.configure(moment(now), config);
        // Queues that are closed now let nobody in, also of those who leave a queue that is configured no more.
        self.hours_may_differ(now);
    }

    /// A time that the floor asked for has come, and whatever else of it has by now.
    pub(crate) fn floor_due(&mut self, now: Now, due: switchroom_acd::Due) {
        let timers = &mut self.timers;
        let more = std::iter::from_fn(|| match timers.next() {
            Some((at, Timer::Floor(due))) if at <= now.mono => {
                timers.cancel(Timer::Floor(due));
                Some(due)
            }
            _ => None,
        });
        self.floor.due(moment(now), std::iter::once(due).chain(more));
        self.run_floor(now);
    }

    /// An extension looks different.
    pub(crate) fn extension_changed(&mut self, extension: String) {
        if self.floor.agent_at(&extension).is_some() {
            self.seats_changed.insert(extension.clone());
        }
        self.phones_changed(&extension);
        self.changed.insert(Changed::Extension(extension));
    }

    /// Tells the floor what became of phones at which agents sit.
    pub(crate) fn tell_seats(&mut self, now: Now) {
        while let Some(extension) = self.seats_changed.pop_first() {
            self.tell_seat(now, &extension);
        }
    }

    pub(crate) fn tell_seat(&mut self, now: Now, extension: &str) {
        let is_reachable = self.registrar.is_reachable(extension);
        // The call that an agent has from a queue is what the floor knows already. Whoever writes up a call and is rung back in it
        // is in it again, and not free when that time is over.
        let agent = self.floor.agent_at(extension).filter(|agent| agent.has_caller());
        let from_queue = agent.and_then(|agent| agent.call()).map(|call| self.call_for(call));
        let is_busy = self
            .calls_with
            .get(extension)
            .is_some_and(|calls| calls.iter().any(|id| Some(*id) != from_queue));
        self.floor.phone(moment(now), extension, is_reachable, is_busy);
        self.run_floor(now);
    }
}
