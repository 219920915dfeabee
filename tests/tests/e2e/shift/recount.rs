//! Counts a day again from the text of the journal.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A call of the same number so soon after an answered one is a repeat.
const REPEAT_MS: i64 = 2 * 3_600_000;

/// How callers leave who neither got an agent nor gave up nor asked to be called back.
const OVERFLOWS: [&str; 7] = ["timeout", "full", "closed", "empty", "key", "removed", "restart"];

/// An agent's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) presence: String,
    pub(super) reason: String,
    pub(super) activity: String,
}

impl State {
    fn is_signed_in(&self) -> bool {
        self.presence != "logged_out" || !["idle", "outbound"].contains(&self.activity.as_str())
    }

    fn is_free(&self) -> bool {
        (self.presence.as_str(), self.activity.as_str()) == ("ready", "idle")
    }
}

/// A line of the journal about queues, of whatever kind: what it does not say is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fact {
    #[serde(skip)]
    pub(super) kind: String,
    pub(super) at_ms: i64,
    pub(super) call: u128,
    pub(super) caller: String,
    pub(super) agent: String,
    pub(super) is: State,
    was: State,
    lasted_ms: u64,
    offer: u64,
    chosen: Vec<String>,
    outcome: String,
    rang_ms: u64,
    exit: String,
    waited_ms: u64,
    service_level_ms: u64,
    short_abandon_ms: u64,
    talk_ms: u64,
    hold_ms: u64,
    /// What came of a call-back, and how it ended.
    act: String,
    how: String,
}

#[derive(Deserialize)]
struct Line {
    record: Record,
}

#[derive(Deserialize)]
struct Record {
    floor: Floor,
}

#[derive(Deserialize)]
struct Floor {
    fact: BTreeMap<String, Fact>,
}

/// All facts about queues, in the order in which they were written down.
pub(super) fn facts(journal: &str) -> Vec<Fact> {
    let lines = journal.lines().filter_map(|line| line.split_once(' '));
    let floor = lines.filter_map(|(_, json)| serde_json::from_str::<Line>(json).ok());
    let named = floor.flat_map(|line| line.record.floor.fact);
    named.map(|(kind, fact)| Fact { kind, ..fact }).collect()
}

/// A call's id as screens show it: Crockford's base 32.
pub(super) fn name(call: u128) -> String {
    let digits: Vec<char> = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().collect();
    let digit = |place: u32| usize::try_from(call >> (5 * place) & 31).ok().and_then(|at| digits.get(at));
    (0..26).rev().filter_map(digit).collect()
}

/// A share in thousandths; nothing of nothing.
pub(super) fn permille(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| (part * 2_000 + whole) / (whole * 2))
}

/// Time in states, of one or of several reports.
pub(super) fn states<'a>(reports: impl IntoIterator<Item = &'a Value>) -> Vec<Value> {
    let mut sums: BTreeMap<State, u64> = BTreeMap::new();
    for state in reports.into_iter().flat_map(|report| report["states"].as_array().expect("states")) {
        let key = State::deserialize(state).expect("a state");
        *sums.entry(key).or_default() += state["ms"].as_u64().expect("a time");
    }
    listed(&sums)
}

fn listed(sums: &BTreeMap<State, u64>) -> Vec<Value> {
    let spent = sums.iter().filter(|(_, ms)| **ms > 0);
    let line = |(of, ms): (&State, &u64)| json!({ "presence": of.presence, "reason": of.reason, "activity": of.activity, "ms": ms });
    spent.map(line).collect()
}

/// Checks the quantiles of a queue's figures, which may be a 32nd too long, and takes them out.
pub(super) fn without_quantiles(figures: &Value, counted: &Recount) -> Value {
    let mut figures = figures.clone();
    let waited = |f: &Fact| f.waited_ms;
    let waits: [(&str, Vec<u64>); 3] = [
        ("answered_wait", counted.left("answered").map(waited).collect()),
        ("abandoned_wait", counted.left("abandoned").map(waited).collect()),
        ("call_back_wait", counted.called_back("reached").map(waited).collect()),
    ];
    for (key, mut waits) in waits {
        waits.sort_unstable();
        let shown = figures[key].as_object_mut().expect("waits");
        for (name, percent) in [("p50_ms", 50), ("p80_ms", 80), ("p95_ms", 95)] {
            let rank = (waits.len() * percent).div_ceil(100).max(1);
            let shown = shown.remove(name).and_then(|ms| ms.as_u64());
            let is_right = match (shown, waits.get(rank - 1)) {
                (Some(shown), Some(true_ms)) => (*true_ms..=true_ms + true_ms / 32).contains(&shown),
                (shown, true_ms) => shown.is_none() && true_ms.is_none(),
            };
            assert!(is_right, "{key} {name}: {shown:?} of {waits:?}");
        }
    }
    figures
}

/// Who waits and who is free, at a moment of the day.
#[derive(Debug, Default)]
struct Turns<'a> {
    /// In the order in which they came.
    waiting: Vec<u128>,
    /// For whom whose phone rings, by offer.
    ringing: BTreeMap<u64, (u128, &'a str)>,
    states: BTreeMap<&'a str, &'a State>,
    /// Agents who talk or have after-call time.
    engaged: BTreeSet<&'a str>,
    /// When agents came, or their last talk ended.
    rests_since: BTreeMap<&'a str, i64>,
    /// How often there was a choice between agents.
    choices: usize,
}

impl<'a> Turns<'a> {
    fn is(&mut self, agent: &'a str, fact: &'a Fact) {
        if !fact.was.is_signed_in() {
            self.rests_since.insert(agent, fact.at_ms);
        }
        self.states.insert(agent, &fact.is);
    }

    /// It is for whoever came first of those for whom nobody rings, and for one agent who does nothing else: of the free ones
    /// the one who has rested longest.
    fn offered(&mut self, fact: &'a Fact) {
        let is_rung_for = |call: &u128| self.ringing.values().any(|(rung, _)| rung == call);
        let first = self.waiting.iter().find(|call| !is_rung_for(call));
        assert_eq!(first, Some(&fact.call), "{fact:?}: {self:?}");
        let [chosen] = fact.chosen.as_slice() else { panic!("{fact:?}") };
        let is_told = self
            .states
            .get(chosen.as_str())
            .is_some_and(|s| (&*s.presence, &*s.activity) == ("ready", "offered"));
        let rings = self.ringing.values().any(|(_, agent)| agent == chosen);
        assert!(is_told && !rings && !self.engaged.contains(chosen.as_str()), "{fact:?}: {self:?}");
        let since = |agent: &str| self.rests_since.get(agent).copied().expect("an agent who came");
        let mut free =
            self.states.iter().filter(|(_, state)| state.is_free()).map(|(agent, _)| *agent).peekable();
        self.choices += usize::from(free.peek().is_some());
        assert!(free.all(|other| since(chosen) <= since(other)), "{fact:?}: {self:?}");
        self.ringing.insert(fact.offer, (fact.call, chosen));
    }
}

/// A day of one queue.
pub(super) struct Recount {
    facts: Vec<Fact>,
}

impl Recount {
    pub(super) fn of(facts: Vec<Fact>) -> Self {
        Self { facts }
    }

    /// Facts of a kind.
    pub(super) fn facts<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }

    /// Callers who left so.
    pub(super) fn left<'a>(&'a self, exit: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts("left").filter(move |fact| fact.exit == exit)
    }

    /// Call-backs that ended so.
    pub(super) fn called_back<'a>(&'a self, how: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts("call_back").filter(move |fact| fact.act == "closed" && fact.how == how)
    }

    /// What came of call-backs, by its word in reports.
    fn call_backs(&self) -> Value {
        let did = |act: &str| self.facts("call_back").filter(|fact| fact.act == act).count();
        let mut counts: BTreeMap<&str, usize> = ["reached", "dropped", "given_up", "removed"]
            .map(|how| (how, self.called_back(how).count()))
            .into();
        counts.extend([("asked", did("asked")), ("tries", did("tried"))]);
        json!(counts)
    }

    /// Agents whose answered callers asked for one again, once for each.
    fn repeated(&self) -> Vec<&str> {
        let mut answered: BTreeMap<&str, &Fact> = BTreeMap::new();
        let mut repeated = Vec::new();
        for fact in &self.facts {
            if fact.kind == "left" && fact.exit == "answered" {
                answered.insert(&fact.caller, fact);
            }
            let before = answered.get(fact.caller.as_str()).filter(|_| fact.kind == "joined");
            if before.is_some_and(|b| b.call != fact.call && fact.at_ms - b.at_ms <= REPEAT_MS) {
                repeated.extend(answered.remove(fact.caller.as_str()).map(|before| before.agent.as_str()));
            }
        }
        repeated
    }

    /// Each offer is in turn. Gives how often there was a choice between agents.
    pub(super) fn nobody_is_out_of_turn(&self) -> usize {
        let mut turns = Turns::default();
        for fact in &self.facts {
            let agent = fact.agent.as_str();
            match (fact.kind.as_str(), fact.exit.as_str()) {
                ("joined", _) => turns.waiting.push(fact.call),
                ("left", exit) => {
                    turns.waiting.retain(|call| *call != fact.call);
                    if exit == "answered" {
                        turns.engaged.insert(agent);
                    }
                }
                ("agent", _) => turns.is(agent, fact),
                ("talked", _) => drop(turns.rests_since.insert(agent, fact.at_ms)),
                ("wrapped_up", _) => drop(turns.engaged.remove(agent)),
                ("offer_ended", _) => drop(turns.ringing.remove(&fact.offer)),
                ("offered", _) => turns.offered(fact),
                _ => {}
            }
        }
        assert!(turns.waiting.is_empty() && turns.ringing.is_empty(), "{turns:?}");
        turns.choices
    }

    /// What a report must say of the queue, quantiles left out.
    pub(super) fn queue(&self) -> Value {
        let count = |of: &mut dyn Iterator<Item = &Fact>| of.count() as u64;
        let in_time = |fact: &&Fact| fact.waited_ms <= fact.service_level_ms;
        // Who left a place to another call is counted with that one.
        let moved = count(&mut self.left("moved"));
        let offered = count(&mut self.facts("joined")) - moved;
        let (answered, abandoned) = (count(&mut self.left("answered")), count(&mut self.left("abandoned")));
        let short = count(&mut self.left("abandoned").filter(|f| f.waited_ms < f.short_abandon_ms));
        let good = count(&mut self.left("answered").filter(in_time));
        let late = abandoned - count(&mut self.left("abandoned").filter(in_time));
        let repeats = self.repeated().len() as u64;
        let overflows: BTreeMap<&str, u64> =
            OVERFLOWS.map(|cause| (cause, count(&mut self.left(cause)))).into();
        let overflowed = overflows.values().sum::<u64>();
        let called_back = count(&mut self.left("called_back"));
        let waits = |of: &mut dyn Iterator<Item = &Fact>| {
            let waits: Vec<u64> = of.map(|f| f.waited_ms).collect();
            let average = waits.iter().sum::<u64>().checked_div(waits.len() as u64);
            json!({ "count": waits.len(), "average_ms": average, "longest_ms": waits.iter().max().unwrap_or(&0) })
        };
        json!({
            "offered": offered,
            "answered": answered,
            "repeats": repeats,
            "repeats_permille": permille(repeats, answered),
            "abandoned": abandoned,
            "short_abandoned": short,
            "overflowed": overflowed,
            "overflows": overflows,
            "called_back": called_back,
            "call_backs": self.call_backs(),
            "waiting": offered - answered - abandoned - overflowed - called_back,
            "no_answers": count(&mut self.facts("offer_ended").filter(|f| f.outcome == "no_answer")),
            "service_level_strict_permille": permille(good, offered),
            "service_level_without_short_permille": permille(good, offered - short - called_back),
            "service_level_permille": permille(good, answered + late),
            "abandoned_permille": permille(abandoned, offered),
            "answered_wait": waits(&mut self.left("answered")),
            "abandoned_wait": waits(&mut self.left("abandoned")),
            "call_back_wait": waits(&mut self.called_back("reached")),
            "talks": count(&mut self.facts("talked")),
            "talk_ms": self.facts("talked").map(|f| f.talk_ms).sum::<u64>(),
            "hold_ms": self.facts("talked").map(|f| f.hold_ms).sum::<u64>(),
            "wrap_ups": count(&mut self.facts("wrapped_up")),
            "wrap_up_ms": self.facts("wrapped_up").map(|f| f.lasted_ms).sum::<u64>(),
        })
    }

    /// What a report must say of an agent.
    pub(super) fn agent(&self, number: &str) -> Value {
        let own = |kind: &'static str| self.facts(kind).filter(|f| f.agent == number);
        let ended = |outcome: &str| own("offer_ended").filter(|f| f.outcome == outcome).count() as u64;
        let rang = own("offer_ended").filter(|f| f.outcome == "answered").map(|f| f.rang_ms).sum::<u64>();
        let repeats = self.repeated().into_iter().filter(|agent| *agent == number).count() as u64;
        let talks = own("talked").count() as u64;
        let talk_ms = own("talked").map(|f| f.talk_ms).sum::<u64>();
        let wrap_up_ms = own("wrapped_up").map(|f| f.lasted_ms).sum::<u64>();
        let chose = || own("agent").filter(|f| f.was.presence != f.is.presence);
        let sign_ins = || chose().filter(|f| f.was.presence == "logged_out");
        let mut spent: BTreeMap<State, u64> = BTreeMap::new();
        for fact in own("agent").filter(|f| f.was.is_signed_in()) {
            *spent.entry(fact.was.clone()).or_default() += fact.lasted_ms;
        }
        let time = |is_meant: &dyn Fn(&State) -> bool| {
            spent.iter().filter(|(state, _)| is_meant(state)).map(|(_, ms)| ms).sum::<u64>()
        };
        let busy = time(&|state| ["talking", "holding", "wrap_up"].contains(&state.activity.as_str()));
        json!({
            "offers": own("offer_ended").count(),
            "answered": ended("answered"),
            "repeats": repeats,
            "repeats_permille": permille(repeats, ended("answered")),
            "no_answers": ended("no_answer"),
            "refused": ended("refused"),
            "failed": ended("failed"),
            "elsewhere": ended("elsewhere"),
            "withdrawn": ended("withdrawn"),
            "talks": talks,
            "talk_ms": talk_ms,
            "hold_ms": own("talked").map(|f| f.hold_ms).sum::<u64>(),
            "wrap_up_ms": wrap_up_ms,
            "average_answer_ms": rang.checked_div(ended("answered")),
            "average_handle_ms": (talk_ms + wrap_up_ms).checked_div(talks),
            "breaks": chose().filter(|f| f.is.presence == "break").count(),
            "sign_ins": sign_ins().count(),
            "first_sign_in_ms": sign_ins().map(|f| f.at_ms).min(),
            "last_sign_out_ms": chose().filter(|f| f.is.presence == "logged_out").map(|f| f.at_ms).max(),
            "signed_in_ms": time(&|_| true),
            "break_ms": time(&|state| state.presence == "break" && state.activity == "idle"),
            "occupancy_permille": permille(busy, time(&|_| true)),
            "states": listed(&spent),
        })
    }
}
