//! A floor with a clock, and somebody who carries out what it asks for.

use crate::boundary::{Call, Due, Effect, Join, Miss, Refusal};
use crate::config::{AgentConfig, Config, Membership, QueueConfig};
use crate::fact::{Decision, Exit, Fact, Presence};
use crate::{Floor, Moment};
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_sip::time::{Deadlines, Mono};

pub(crate) struct World {
    pub(crate) floor: Floor,
    pub(crate) now: u64,
    /// What the wall clock shows, against the steady one.
    pub(crate) wall: i64,
    timers: Deadlines<Due>,
    pub(crate) facts: Vec<Fact>,
    /// Who rings for whom, and until when.
    pub(crate) ringing: BTreeMap<(Call, String), u64>,
    pub(crate) exits: Vec<(Call, Exit)>,
    pub(crate) places: Vec<(Call, u32)>,
    /// Wishes to be called back that are on their way to the disk.
    pub(crate) asked: Vec<Call>,
    calls: Call,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let now = Moment { mono: 1_000_000, wall: 1_800_000_000_000 };
        let floor = Floor::new(now, 1, 7, Arc::new(config));
        let mut world = Self {
            floor,
            now: now.mono,
            wall: now.wall,
            timers: Deadlines::default(),
            facts: Vec::new(),
            ringing: BTreeMap::new(),
            exits: Vec::new(),
            places: Vec::new(),
            asked: Vec::new(),
            calls: 0,
        };
        world.after();
        world
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { mono: self.now, wall: self.wall }
    }

    /// Takes what the floor asks for, and holds it against its rules.
    pub(crate) fn after(&mut self) {
        while let Some(effect) = self.floor.poll_effect() {
            match effect {
                Effect::Ring { call, agents, ring, .. } => {
                    for (agent, _) in agents {
                        self.ringing.insert((call, agent), self.now + ring);
                    }
                }
                Effect::GiveUp { call, agents, .. } => {
                    for (agent, _) in agents {
                        assert!(self.ringing.remove(&(call, agent)).is_some(), "gave up who did not ring");
                    }
                }
                Effect::Exit { call, exit } => self.exits.push((call, exit)),
                Effect::Announce { call, place, .. } => self.places.push((call, place)),
                Effect::Note(fact) => {
                    if let Fact::Offered(decision) = &fact {
                        check(decision);
                    }
                    self.facts.push(fact);
                }
                Effect::Wake(due, Some(after)) => self.timers.set(due, Mono(self.now + after)),
                Effect::Wake(due, None) => self.timers.cancel(due),
                Effect::AgentChanged(_) | Effect::QueueChanged(_) => {}
            }
        }
        assert_eq!(self.floor.audit(), vec![]);
    }

    /// Lets time pass; phones that ring for too long miss.
    pub(crate) fn run(&mut self, span: u64) {
        let end = self.now + span;
        loop {
            let missed = self
                .ringing
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(who, until)| (*until, who.clone()));
            let due = self.timers.next().map(|(at, _)| at.0);
            let next = [missed.as_ref().map(|m| m.0), due].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            let passed = next.max(self.now) - self.now;
            self.now += passed;
            self.wall += i64::try_from(passed).unwrap();
            if due.is_some_and(|due| due <= self.now) {
                let (now, moment, timers) = (Mono(self.now), self.moment(), &mut self.timers);
                self.floor.due(moment, std::iter::from_fn(|| timers.pop_due(now)));
            } else if let Some((_, (call, agent))) = missed {
                self.miss(call, &agent, Miss::NoAnswer);
            }
            self.after();
        }
        self.wall += i64::try_from(end - self.now).unwrap();
        self.now = end;
    }

    pub(crate) fn join(&mut self, queue: &str, caller: &str, priority: i64) -> Call {
        self.join_for(queue, caller, priority, None)
    }

    pub(crate) fn join_for(
        &mut self,
        queue: &str,
        caller: &str,
        priority: i64,
        preferred: Option<&str>,
    ) -> Call {
        let preferred = preferred.map(str::to_owned);
        self.let_in(Join {
            queue: queue.into(),
            caller: caller.into(),
            priority,
            preferred,
            ..Join::default()
        })
    }

    /// A caller comes in the place of a call.
    pub(crate) fn take_place(&mut self, of: Call, queue: &str, caller: &str) -> Call {
        self.let_in(Join {
            queue: queue.into(),
            caller: caller.into(),
            instead_of: Some(of),
            ..Join::default()
        })
    }

    fn let_in(&mut self, join: Join) -> Call {
        self.calls += 1;
        let join = Join { call: self.calls, visit: 1, ..join };
        if let Err(refused) = self.floor.join(self.moment(), join) {
            self.exits.push((self.calls, refused.exit()));
        }
        self.after();
        self.calls
    }

    /// A name for something new.
    pub(crate) fn next_id(&mut self) -> Call {
        self.calls += 1;
        self.calls
    }

    /// A caller asks to be called back at its own number, which is on disk at once, and hangs up.
    pub(crate) fn call_back(&mut self, call: Call, number: &str) -> Result<Call, Refusal> {
        let id = self.next_id();
        let asked = self.floor.ask_call_back(self.moment(), call, id, number);
        if asked == Ok(true) {
            self.floor.settle_asked(self.moment(), id, true);
        }
        self.after();
        asked.map(|_| id)
    }

    pub(crate) fn reached(&mut self, id: Call) {
        self.floor.reached(self.moment(), id, id + 1_000_000);
        self.after();
    }

    pub(crate) fn leave(&mut self, call: Call, exit: Exit) {
        self.floor.leave(self.moment(), call, exit);
        self.after();
    }

    pub(crate) fn answer(&mut self, call: Call, agent: &str) {
        // Whoever carries this out stops the others.
        self.ringing.retain(|(c, _), _| *c != call);
        assert!(self.floor.answered(self.moment(), call, agent));
        self.after();
    }

    pub(crate) fn miss(&mut self, call: Call, agent: &str, how: Miss) {
        self.ringing.remove(&(call, agent.to_owned()));
        self.floor.missed(self.moment(), call, agent, how);
        self.after();
    }

    pub(crate) fn end(&mut self, call: Call) {
        self.floor.talk_ended(self.moment(), call);
        self.after();
    }

    pub(crate) fn sign_in(&mut self, agent: &str) {
        let extension = format!("x{agent}");
        self.floor.phone(self.moment(), &extension, true, false);
        self.choose(agent, Presence::Ready);
    }

    pub(crate) fn choose(&mut self, agent: &str, presence: Presence) {
        let extension = format!("x{agent}");
        self.floor.choose(self.moment(), agent, presence, Some(&extension), "agent").unwrap();
        self.after();
    }

    pub(crate) fn on_break(&mut self, agent: &str) {
        self.choose(agent, Presence::Break { reason: "lunch".into() });
    }

    /// Who rings for a call.
    pub(crate) fn rings(&self, call: Call) -> Vec<&str> {
        self.ringing.keys().filter(|(c, _)| *c == call).map(|(_, agent)| agent.as_str()).collect()
    }

    pub(crate) fn decision(&self) -> &Decision {
        let last = self.facts.iter().rev().find_map(|fact| match fact {
            Fact::Offered(decision) => Some(decision),
            _ => None,
        });
        last.expect("an offer")
    }
}

/// What was chosen follows from what was written down.
fn check(decision: &Decision) {
    use crate::fact::Trigger;
    match decision.trigger {
        Trigger::Waiter => {
            let mut chosen = decision.chosen.clone();
            let mut again = decision.evaluate();
            chosen.sort();
            again.sort();
            assert_eq!(chosen, again, "{decision:?}");
        }
        Trigger::Agent => {
            let best = decision
                .lines
                .iter()
                .min_by_key(|head| (head.tier, -head.priority, u64::MAX - head.weighted_ms));
            let best = best.expect("a line");
            let mine =
                decision.lines.iter().find(|head| head.call == decision.call).expect("the caller's line");
            assert_eq!(
                (mine.tier, mine.priority, mine.weighted_ms),
                (best.tier, best.priority, best.weighted_ms),
                "{decision:?}"
            );
        }
        Trigger::Own | Trigger::Assigned => {
            assert!(decision.candidates.iter().any(|c| decision.chosen.contains(&c.agent)));
        }
    }
}

/// A floor of one queue and agents `1` to `count`.
pub(crate) fn one_queue(queue: QueueConfig, count: u32) -> Config {
    let agents = (1..=count)
        .map(|n| {
            let place = Membership { position: n, ..Membership::default() };
            let queues = BTreeMap::from([("q".to_owned(), place)]);
            (n.to_string(), AgentConfig { queues, ..AgentConfig::default() })
        })
        .collect();
    Config { agents, queues: BTreeMap::from([("q".to_owned(), queue)]), breaks: BTreeMap::new() }
}
