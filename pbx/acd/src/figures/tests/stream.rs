//! A floor driven at random: agents come, go, answer and miss; callers come, wait and leave; the clock runs, and may step.

use crate::agent::Doing;
use crate::boundary::{Call, Due, Effect, Join, Miss};
use crate::config::{AgentConfig, BreakConfig, Config, Membership, QueueConfig};
use crate::fact::{Exit, Fact, Presence};
use crate::{Floor, Moment};
use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A floor, and what was written down.
pub(super) struct Stream {
    pub(super) now: Moment,
    pub(super) floor: Floor,
    pub(super) facts: Vec<Fact>,
    /// Time that each agent spent signed in, by the steady clock, looked at from outside.
    pub(super) signed_in: BTreeMap<String, u64>,
    clock_steps: bool,
    rng: ChaCha12Rng,
    dues: BTreeMap<Due, u64>,
    ringing: BTreeSet<(Call, String)>,
    talking: BTreeSet<Call>,
    last_call: Call,
}

impl Stream {
    pub(super) fn new(seed: u64, clock_steps: bool) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        // Somewhere around a Sunday in 2026, or around 1970, where times are negative.
        let wall = if rng.next_u32() % 4 == 0 { -5_000_000 } else { 1_795_000_000_000 };
        let now = Moment { mono: 1_000, wall: wall + i64::from(rng.next_u32() % 86_400_000) };
        let config = config(&mut rng);
        let floor = Floor::new(now, 0, seed, Arc::new(config));
        let mut stream = Self {
            now,
            floor,
            facts: Vec::new(),
            signed_in: BTreeMap::new(),
            clock_steps,
            rng,
            dues: BTreeMap::new(),
            ringing: BTreeSet::new(),
            talking: BTreeSet::new(),
            last_call: 0,
        };
        stream.drain();
        stream
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.rng.next_u64() % n.max(1)
    }

    /// One thing happens, after some time.
    pub(super) fn step(&mut self) {
        let pass = match self.below(40) {
            0 => self.below(4_000_000),
            1..=8 => self.below(60_000),
            9..=12 => 0,
            _ => self.below(4_000),
        };
        self.pass(pass);
        if self.clock_steps && self.below(30) == 0 {
            let step = [1, 1_000, 3_600_000, 86_400_000][self.below(4) as usize];
            self.now.wall += if self.below(2) == 0 { step } else { -step };
        }
        match self.below(19) {
            16 | 17 => self.call_back(),
            18 => self.reach(),
            0..=2 => self.choose(),
            3..=6 => self.join(),
            7 => self.leave(),
            8..=10 => self.answer(),
            11 => self.miss(),
            12 | 13 => self.talk(),
            14 => self.wrap_up(),
            _ => self.phone(),
        }
        self.drain();
    }

    /// Time goes by; what was asked for is told when it comes.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now.mono + ms;
        loop {
            let next = self.dues.iter().map(|(due, at)| (*at, *due)).min();
            let Some((at, due)) = next.filter(|(at, _)| *at <= end) else { break };
            self.tick(at.max(self.now.mono));
            self.dues.remove(&due);
            self.floor.due(self.now, [due]);
            self.drain();
        }
        self.tick(end);
    }

    fn tick(&mut self, mono: u64) {
        let ms = mono - self.now.mono;
        for agent in self.floor.agents().filter(|agent| agent.state().counts_as_signed_in()) {
            *self.signed_in.entry(agent.number.to_string()).or_default() += ms;
        }
        self.now = Moment { mono, wall: self.now.wall + ms as i64 };
    }

    fn drain(&mut self) {
        while let Some(effect) = self.floor.poll_effect() {
            match effect {
                Effect::Note(fact) => self.facts.push(fact),
                Effect::Wake(due, Some(after)) => {
                    self.dues.insert(due, self.now.mono + after);
                }
                Effect::Wake(due, None) => {
                    self.dues.remove(&due);
                }
                Effect::Ring { call, agents, .. } => {
                    self.ringing.extend(agents.into_iter().map(|(agent, _)| (call, agent)));
                }
                Effect::GiveUp { call, agents, .. } => {
                    for (agent, _) in agents {
                        self.ringing.remove(&(call, agent));
                    }
                }
                Effect::Exit { .. } | Effect::Announce { .. } => {}
                Effect::AgentChanged(_) | Effect::QueueChanged(_) => {}
            }
        }
    }

    fn agent(&mut self) -> String {
        let agents: Vec<String> = self.floor.config().agents.keys().cloned().collect();
        agents[self.below(agents.len() as u64) as usize].clone()
    }

    fn choose(&mut self) {
        let agent = self.agent();
        let presence = match self.below(6) {
            0 => Presence::LoggedOut,
            1 => Presence::Break { reason: "lunch".to_owned() },
            2 => Presence::Break { reason: "paper".to_owned() },
            _ => Presence::Ready,
        };
        let seat = format!("2{agent}");
        let _ = self.floor.choose(self.now, &agent, presence, Some(&seat), "agent");
    }

    fn join(&mut self) {
        self.last_call += 1;
        let queues: Vec<String> = self.floor.config().queues.keys().cloned().collect();
        let join = Join {
            call: self.last_call,
            visit: 1 + self.below(2) as u32,
            queue: queues[self.below(queues.len() as u64) as usize].clone(),
            caller: format!("07{}", self.below(20)),
            priority: self.below(3) as i64,
            instead_of: if self.below(8) == 0 { self.somebody() } else { None },
            ..Join::default()
        };
        let _ = self.floor.join(self.now, join);
    }

    /// One of those who wait.
    fn somebody(&mut self) -> Option<Call> {
        let calls: Vec<Call> =
            self.floor.queues().flat_map(|q| self.floor.waiters(q)).map(|w| w.call).collect();
        (!calls.is_empty()).then(|| calls[self.below(calls.len() as u64) as usize])
    }

    fn leave(&mut self) {
        let Some(call) = self.somebody() else { return };
        let exits = [Exit::Abandoned, Exit::Abandoned, Exit::Key, Exit::CalledBack, Exit::Removed];
        let exit = exits[self.below(5) as usize];
        self.floor.leave(self.now, call, exit);
    }

    /// A caller asks to be called back, now and then at another's number.
    fn call_back(&mut self) {
        let waiters = self.floor.queues().flat_map(|q| self.floor.waiters(q));
        let calls: Vec<Call> = waiters.filter(|w| !w.is_call_back).map(|w| w.call).collect();
        if calls.is_empty() {
            return;
        }
        let call = calls[self.below(calls.len() as u64) as usize];
        self.last_call += 1;
        let number = format!("07{}", self.below(20));
        if self.floor.ask_call_back(self.now, call, self.last_call, &number) == Ok(true) {
            let is_kept = self.below(8) > 0;
            self.floor.settle_asked(self.now, self.last_call, is_kept);
        }
    }

    /// A caller answers who is called back.
    fn reach(&mut self) {
        let at = self.below(self.talking.len() as u64) as usize;
        if let Some(call) = self.talking.iter().nth(at).copied() {
            self.floor.reached(self.now, call, call + 1_000_000);
        }
    }

    fn answer(&mut self) {
        let Some((call, agent)) = self.one_ringing() else { return };
        self.drain();
        if self.floor.answered(self.now, call, &agent) {
            self.ringing.retain(|(ringing, _)| *ringing != call);
            self.talking.insert(call);
        }
    }

    fn miss(&mut self) {
        let Some((call, agent)) = self.one_ringing() else { return };
        let how = [Miss::NoAnswer, Miss::NoAnswer, Miss::Refused, Miss::Failed][self.below(4) as usize];
        self.ringing.remove(&(call, agent.clone()));
        self.floor.missed(self.now, call, &agent, how);
    }

    fn one_ringing(&mut self) -> Option<(Call, String)> {
        let at = self.below(self.ringing.len() as u64) as usize;
        self.ringing.iter().nth(at).cloned()
    }

    fn talk(&mut self) {
        let at = self.below(self.talking.len() as u64) as usize;
        let Some(call) = self.talking.iter().nth(at).copied() else { return };
        match self.below(3) {
            0 => self.floor.held(self.now, call, true),
            1 => self.floor.held(self.now, call, false),
            _ => {
                self.talking.remove(&call);
                self.floor.talk_ended(self.now, call);
            }
        }
    }

    fn wrap_up(&mut self) {
        let wraps = |doing: &Doing| matches!(doing, Doing::WrapUp { .. });
        let number =
            self.floor.agents().find(|agent| wraps(&agent.doing)).map(|agent| agent.number.to_string());
        let Some(number) = number else { return };
        let more = (self.below(2) == 0).then_some(20_000);
        let _ = self.floor.wrap_up(self.now, &number, more, Some("sold"));
    }

    fn phone(&mut self) {
        let agent = self.agent();
        let (is_there, is_busy) = (self.below(5) > 0, self.below(4) == 0);
        self.floor.phone(self.now, &format!("2{agent}"), is_there, is_busy);
    }
}

fn config(rng: &mut ChaCha12Rng) -> Config {
    let mut below = |n: u32| u64::from(rng.next_u32() % n);
    let mut config = Config::default();
    for name in ["sales", "help", "night"].iter().take(1 + below(3) as usize) {
        let queue = QueueConfig {
            ring_at_once: below(3) as u8,
            wrap_up: below(2) * 15_000,
            no_answer_break: below(3) as u32,
            max_waiting: 2 + below(8) as usize,
            max_wait: below(3) * 60_000,
            sticky: below(2) * 600_000,
            service_level: below(30_000),
            short_abandon: below(10_000),
            ..QueueConfig::default()
        };
        config.queues.insert((*name).to_owned(), queue);
    }
    for number in 0..2 + below(4) {
        let mut agent = AgentConfig::default();
        for name in config.queues.keys() {
            if below(4) > 0 {
                agent.queues.insert(name.clone(), Membership::default());
            }
        }
        config.agents.insert(format!("{}", 10 + number), agent);
    }
    config.breaks.insert("lunch".to_owned(), BreakConfig::default());
    config.breaks.insert("paper".to_owned(), BreakConfig { at_once: 1, ..BreakConfig::default() });
    config
}
