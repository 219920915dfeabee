//! Whether what is promised of waits is kept: a floor as a queueing system, with callers and talks of random length.

use super::cases::{joined, left};
use crate::boundary::{Call, Due, Effect, Join};
use crate::config::{AgentConfig, Config, Membership, QueueConfig};
use crate::fact::{Exit, Fact, JoinedFact, LeftFact, Presence};
use crate::figures::{Estimate, Figures, HALF_HOUR_MS, SCORES_MIN};
use crate::{Floor, Moment};
use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const HOUR: u64 = 3_600_000;
const TALK: f64 = 180_000.0;

/// Offered load by the hour: callers who come in the time of a talk, divided by agents.
type Load = fn(u64) -> f64;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    HangsUp(Call),
    Answers(Call, String),
    TalkEnds(Call),
    Due(Due, u64),
    /// Somebody who waits is told.
    Asks,
}

/// A floor with callers who come at random.
struct Site {
    now: Moment,
    floor: Floor,
    figures: Figures,
    rng: ChaCha12Rng,
    agents: u32,
    load: Load,
    /// How long callers wait on average before they hang up; 0: for ever.
    patience: f64,
    events: BTreeSet<(u64, u64, Event)>,
    count: u64,
    dues: BTreeMap<Due, u64>,
    /// What was promised and when, by call.
    promised: BTreeMap<Call, Vec<(u64, Estimate)>>,
    kept: Kept,
}

/// Promises and what became of them.
#[derive(Debug, Default)]
struct Kept {
    asked: u64,
    promised: u64,
    /// Of the promised, those of which it is known.
    known: u64,
    within: [u64; 3],
}

impl Kept {
    fn share(&self, which: usize) -> f64 {
        self.within[which] as f64 / self.known as f64
    }
}

impl Site {
    fn new(seed: u64, agents: u32, load: Load, patience: f64) -> Self {
        let mut config = Config::default();
        let queue = QueueConfig { short_abandon: 0, max_waiting: 5_000, ..QueueConfig::default() };
        config.queues.insert("sales".to_owned(), queue);
        for number in 0..agents {
            let queues = BTreeMap::from([("sales".to_owned(), Membership::default())]);
            config.agents.insert(format!("{number}"), AgentConfig { queues, ..AgentConfig::default() });
        }
        let now = Moment { mono: 0, wall: 1_795_000_000_000 };
        let mut site = Self {
            now,
            floor: Floor::new(now, 0, seed, Arc::new(config)),
            figures: Figures::new(),
            rng: ChaCha12Rng::seed_from_u64(seed),
            agents,
            load,
            patience,
            events: BTreeSet::new(),
            count: 0,
            dues: BTreeMap::new(),
            promised: BTreeMap::new(),
            kept: Kept::default(),
        };
        for number in 0..agents {
            site.floor.phone(now, &format!("2{number}"), true, false);
            let seat = format!("2{number}");
            site.floor.choose(now, &number.to_string(), Presence::Ready, Some(&seat), "agent").unwrap();
        }
        site.after(0, Event::Arrives);
        site.after(60_000, Event::Asks);
        site
    }

    fn exponential(&mut self, mean: f64) -> u64 {
        let chance = ((self.rng.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        (-chance.ln() * mean) as u64
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.count += 1;
        self.events.insert((self.now.mono + ms, self.count, event));
    }

    fn run(&mut self, until: u64) {
        self.drain();
        while let Some((at, _, event)) = self.events.pop_first() {
            self.now = Moment { mono: at, wall: 1_795_000_000_000 + at as i64 };
            if at >= until {
                break;
            }
            self.happens(event);
            self.drain();
        }
    }

    fn happens(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Arrives => {
                let load = (self.load)(now.mono / HOUR);
                let next = self.exponential(TALK / load / f64::from(self.agents));
                self.after(next, Event::Arrives);
                let call = u128::from(self.count);
                let join = Join { call, visit: 1, queue: "sales".to_owned(), ..Join::default() };
                self.floor.join(now, join).unwrap();
                if self.patience > 0.0 {
                    let patience = self.exponential(self.patience);
                    self.after(patience, Event::HangsUp(call));
                }
                self.drain();
                // Not everybody, for the test to be quick.
                if self.rng.next_u32().is_multiple_of(4) {
                    self.ask(call);
                }
            }
            Event::HangsUp(call) => self.floor.leave(now, call, Exit::Abandoned),
            Event::Answers(call, agent) => {
                if self.floor.answered(now, call, &agent) {
                    let talk = self.exponential(TALK);
                    self.after(talk, Event::TalkEnds(call));
                }
            }
            Event::TalkEnds(call) => self.floor.talk_ended(now, call),
            Event::Due(due, number) => {
                if self.dues.get(&due) == Some(&number) {
                    self.dues.remove(&due);
                    self.floor.due(now, [due]);
                }
            }
            Event::Asks => {
                self.after(60_000, Event::Asks);
                let calls: Vec<Call> =
                    self.floor.queues().flat_map(|q| self.floor.waiters(q)).map(|w| w.call).collect();
                if !calls.is_empty() {
                    let at = self.rng.next_u64() % calls.len() as u64;
                    self.ask(calls[at as usize]);
                }
            }
        }
    }

    /// A caller for whom nobody is free asks.
    fn ask(&mut self, call: Call) {
        let Some(standing) = self.floor.standing(self.now, call) else { return };
        if !standing.ringing.is_empty() {
            return;
        }
        self.kept.asked += 1;
        if let Some(estimate) = self.figures.expected_wait("sales", standing.place, self.now.wall) {
            assert!(estimate.p20_ms <= estimate.p50_ms && estimate.p50_ms <= estimate.p80_ms);
            assert!(estimate.known_from as usize >= SCORES_MIN);
            self.kept.promised += 1;
            self.promised.entry(call).or_default().push((self.now.mono, estimate));
        }
    }

    fn drain(&mut self) {
        while let Some(effect) = self.floor.poll_effect() {
            match effect {
                Effect::Note(fact) => {
                    self.figures.apply(&fact);
                    if let Fact::Left(left) = &fact {
                        self.keep(left);
                    }
                }
                Effect::Ring { call, agents, .. } => {
                    self.after(2_000, Event::Answers(call, agents[0].0.clone()));
                }
                Effect::Wake(due, Some(after)) => {
                    self.after(after, Event::Due(due, self.count + 1));
                    self.dues.insert(due, self.count);
                }
                Effect::Wake(due, None) => {
                    self.dues.remove(&due);
                }
                _ => {}
            }
        }
    }

    fn keep(&mut self, left: &LeftFact) {
        for (asked, estimate) in self.promised.remove(&left.call).unwrap_or_default() {
            let waited = self.now.mono - asked;
            // Who hung up before might have been answered in time, or not.
            if left.exit != Exit::Answered && waited <= estimate.p80_ms {
                continue;
            }
            self.kept.known += 1;
            for (within, limit) in
                self.kept.within.iter_mut().zip([estimate.p20_ms, estimate.p50_ms, estimate.p80_ms])
            {
                *within += u64::from(waited <= limit);
            }
        }
    }
}

/// All promises of some sites of one kind, by seed.
fn promises(agents: u32, load: Load, patience: f64, hours: u64) -> Kept {
    let mut all = Kept::default();
    for seed in 0..6 {
        let mut site = Site::new(seed, agents, load, patience);
        site.run(hours * HOUR);
        all.asked += site.kept.asked;
        all.promised += site.kept.promised;
        all.known += site.kept.known;
        all.within.iter_mut().zip(site.kept.within).for_each(|(all, one)| *all += one);
    }
    all
}

/// `p80` of a steady M/M/c queue holds, and is not had by promising far too much.
#[test]
fn four_of_five_wait_no_longer_than_promised() {
    let kinds: [(u32, Load, u64); 3] = [(2, |_| 0.9, 40), (8, |_| 0.95, 24), (30, |_| 0.98, 10)];
    for (agents, load, hours) in kinds {
        let kept = promises(agents, load, 0.0, hours);
        assert!(kept.known > 300, "{kept:?}");
        assert!((0.75..=0.92).contains(&kept.share(2)), "{agents} agents: p80 {kept:?}");
        assert!((0.35..=0.65).contains(&kept.share(1)), "{agents} agents: p50 {kept:?}");
        assert!(kept.share(0) <= 0.35, "{agents} agents: p20 {kept:?}");
        assert!(kept.promised * 3 > kept.asked, "{agents} agents: {kept:?}");
    }
}

/// The same where callers hang up, and where more come than can be served, for hours.
#[test]
fn promises_hold_when_callers_hang_up_and_when_too_many_come() {
    let kept = promises(8, |_| 1.2, 300_000.0, 24);
    assert!(kept.known > 300 && kept.share(2) >= 0.75, "{kept:?}");
    let tides = |hour| if hour % 4 < 2 { 1.15 } else { 0.75 };
    let kept = promises(12, tides, 0.0, 24);
    assert!(kept.known > 300 && kept.share(2) >= 0.75, "{kept:?}");
}

const NINE: i64 = 1_795_000 * 1_000_000 / HALF_HOUR_MS * HALF_HOUR_MS;

/// A line that somebody leaves for an agent every 20 seconds, and each caller finds as many before it.
fn steady(figures: &mut Figures, from: i64, callers: u32, before: u32) -> i64 {
    let wait = 20_000 * i64::from(before + 1);
    let mut last = from;
    for n in 0..callers + before {
        let at = from + 20_000 * i64::from(n);
        let call = u128::from(n);
        // Answers come before the next caller joins.
        if n > before {
            let first = at - 20_000 * i64::from(before + 1);
            figures.apply(&Fact::Left(left(
                call - u128::from(before) - 1,
                first,
                wait as u64,
                Exit::Answered,
            )));
        }
        figures.apply(&Fact::Joined(JoinedFact { before, ..joined(call, at) }));
        last = at;
    }
    last
}

#[test]
fn a_steady_line_is_told_its_wait() {
    let mut figures = Figures::new();
    assert_eq!(figures.expected_wait("sales", 4, NINE), None, "nothing is known");
    let now = steady(&mut figures, NINE, 60, 3);
    let estimate = figures.expected_wait("sales", 4, now).unwrap();
    for share in [estimate.p20_ms, estimate.p50_ms, estimate.p80_ms] {
        assert!(share.abs_diff(80_000) < 15_000, "{estimate:?}");
    }
    assert_eq!(figures.expected_wait("sales", 1, now), None, "nobody was first here");
    assert_eq!(figures.expected_wait("help", 4, now), None, "nobody was there");
}

#[test]
fn an_expectation_grows_while_nobody_is_taken() {
    let mut figures = Figures::new();
    let now = steady(&mut figures, NINE, 60, 3);
    let soon = figures.expected_wait("sales", 4, now).unwrap();
    let later = figures.expected_wait("sales", 4, now + 30 * 60_000).unwrap();
    assert!(later.p80_ms > soon.p80_ms * 2, "{soon:?} {later:?}");
    assert_eq!(figures.expected_wait("sales", 4, now + 3 * HOUR as i64), None, "too long ago");
}

#[test]
fn the_same_half_hour_of_the_day_before_is_a_beginning() {
    let mut figures = Figures::new();
    let end = steady(&mut figures, NINE, 80, 3);
    for (call, stay) in figures.clone().waiting() {
        figures.apply(&Fact::Left(left(call, stay.joined_ms, (end - stay.joined_ms) as u64, Exit::Answered)));
    }
    let day = 86_400_000;
    assert!(figures.expected_wait("sales", 4, NINE + day + 60_000).is_some());
    assert_eq!(figures.expected_wait("sales", 4, NINE + day + 5 * HOUR as i64), None);
}

#[test]
fn nothing_is_said_when_most_hang_up() {
    let mut figures = Figures::new();
    for n in 0..100 {
        let at = NINE + 20_000 * n;
        let call = n as u128;
        figures.apply(&Fact::Joined(JoinedFact { before: 3, ..joined(call, at) }));
        let exit = if n % 5 == 0 { Exit::Answered } else { Exit::Abandoned };
        figures.apply(&Fact::Left(left(call, at, 10_000 + n as u64, exit)));
    }
    assert_eq!(figures.expected_wait("sales", 4, NINE + 2_000_000), None);
}
