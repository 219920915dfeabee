//! Queues and agents of a run: random rules, who sits where, what agents choose and when, and who calls the queues.

use super::dice::Dice;
use super::trouble::Trouble;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::Door;
use switchroom_acd::config::{
    AgentConfig, BreakConfig, CallBackConfig, Config, Membership, Need, QueueConfig, SortKey, Staff,
};
use switchroom_flow::Flows;
use switchroom_flow::number::Pattern;
use switchroom_flow::rehearse::chance::Chance;
use switchroom_flow::routes::{Destination, Route};
use switchroom_phone::script::Course;
use switchroom_sip::rng::Rng;

/// Queues, and the numbers that lead into them directly; flows lead into the first two by name.
const QUEUES: [(&str, &str); 3] = [("sales", "4201"), ("service", "4202"), ("support", "4203")];
/// The last of them is led into by a flow in which callers may ask to be called back.
const CALL_BACK: &str = r#"
[nodes.wait]
kind = "queue"
queue = "support"
call_back = "1"
"#;
/// On some sites they ask for an agent besides, who may sit there, serve that queue and be free, or not.
const ASKS_FOR: &str = "agent = \"{caller % 5 + 1}\"\n";
/// What callers may need.
const SKILLS: [&str; 2] = ["german", "billing"];
/// Reasons for breaks.
const BREAKS: [&str; 2] = ["lunch", "paper"];

/// How long agents who are alike let it ring, and talk.
const RINGS: Duration = Duration::from_secs(1);
const TALKS: Duration = Duration::from_secs(8);

/// Queues and agents of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct FloorSetup {
    /// Rules are drawn from it.
    pub seed: u64,
    /// How many queues there are; with none, there are no agents.
    pub queues: usize,
    /// Agents `1` to so many; the first sits at extension 101.
    pub agents: usize,
    /// Calls that go to a number of a queue, of a hundred.
    pub share_percent: u64,
    /// The agents are alike, do nothing but answer, and turns are given by this key: what they get can be compared.
    #[serde(default)]
    pub fair: Option<SortKey>,
}

/// What somebody does with an agent, or with who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentWish {
    /// Signs in, or is back; at the own extension or at that of the agent so many places further.
    Ready {
        /// Places further.
        further: usize,
    },
    /// Has a break.
    Break {
        /// Which.
        reason: usize,
    },
    /// Signs out.
    SignOut,
    /// Is done with after-call work, or needs more time.
    WrapUp {
        /// Milliseconds.
        more_ms: Option<u64>,
    },
    /// A supervisor gives somebody who waits another priority.
    Priority {
        /// The caller's place among those who wait, modulo their number.
        place: usize,
        /// Which.
        priority: i64,
    },
    /// Somebody does something about a caller who gave up.
    Missed {
        /// The place of the caller's entry in the inbox, modulo their number.
        place: usize,
        /// What: taken, released, called in vain, settled.
        what: usize,
    },
    /// A supervisor opens or closes a queue, or takes that back.
    Door {
        /// The queue's place, modulo their number.
        place: usize,
        /// What.
        door: Door,
    },
    /// A supervisor takes somebody out.
    TakeOut {
        /// As above.
        place: usize,
    },
    /// An agent who talks holds who is on the line, or does no more.
    Hold,
    /// The phone of an agent who holds is without power.
    Vanish {
        /// For so many milliseconds.
        for_ms: u64,
    },
    /// Something with the recording of a call.
    Record {
        /// The call's place among all, modulo their number.
        place: usize,
        /// What: begun, paused, resumed twice as often, closed.
        what: usize,
    },
    /// Somebody who talks consults a third, or does what that allows.
    Consult {
        /// The talk's place among all, or among those in which somebody is consulted, modulo their number.
        place: usize,
        /// What: begun most often.
        what: usize,
        /// Whom, modulo the number of phones.
        whom: usize,
    },
    /// The user at the first phone does something as an agent, who may act on what is his own.
    Own {
        /// The call's place among all, modulo their number.
        place: usize,
        /// What: break, ready, note, what came of it, hung up, put through.
        what: usize,
    },
    /// Somebody who talks is sent to give a PIN, and comes back.
    HandOff {
        /// The talk's place among all, modulo their number.
        place: usize,
    },
}

/// The time in which agents wish for something, milliseconds.
#[derive(Debug, Clone, Copy)]
struct Span(u64);

impl Span {
    /// As often as something happens every so many milliseconds.
    fn times(self, every_ms: u64) -> Range<u64> {
        0..self.0 / every_ms
    }

    /// Some moment of it.
    fn moment(self, rng: &mut Rng) -> u64 {
        rng.below(self.0.max(1))
    }

    /// What somebody wishes so often, whoever that is.
    fn wishes(
        self,
        rng: &mut Rng,
        every_ms: u64,
        wish: impl Fn(&mut Rng) -> AgentWish,
    ) -> impl Iterator<Item = (u64, Trouble)> {
        self.times(every_ms).map(move |_| {
            let wish = wish(rng);
            (self.moment(rng), Trouble::Agent { agent: 0, wish })
        })
    }
}

/// Who asks a third: each is followed by what a person would do with it, most often once its phone may have answered.
fn consultations(rng: &mut Rng, span: Span) -> Vec<(u64, Trouble)> {
    let mut wishes = Vec::new();
    for _ in span.times(6_000) {
        let (mut at, place) = (span.moment(rng), rng.place(64));
        for step in 0..=rng.place(4) {
            let what = if step == 0 { 0 } else { rng.place(8) };
            let wish = AgentWish::Consult { place, what, whom: rng.place(64) };
            wishes.push((at, Trouble::Agent { agent: 0, wish }));
            at += 500 + rng.below(6_000);
        }
    }
    wishes
}

/// Who opens and closes queues: mostly taken back before long, as of a closed queue there is little to see.
fn doors(rng: &mut Rng, span: Span) -> Vec<(u64, Trouble)> {
    let mut wishes = Vec::new();
    for _ in span.times(60_000) {
        let (at, place) = (span.moment(rng), rng.place(8));
        let door = if rng.below(3) == 0 { Door::Open } else { Door::Closed };
        wishes.push((at, Trouble::Agent { agent: 0, wish: AgentWish::Door { place, door } }));
        if rng.below(8) > 0 {
            let back = AgentWish::Door { place, door: Door::Hours };
            let after = 1_000 + rng.below(30_000);
            wishes.push((at + after, Trouble::Agent { agent: 0, wish: back }));
        }
    }
    wishes
}

fn whole<T: TryFrom<usize> + Default>(n: usize) -> T {
    T::try_from(n).unwrap_or_default()
}

impl FloorSetup {
    /// Draws it: three of four sites have queues.
    pub(super) fn draw(rng: &mut Rng, phones: usize) -> Self {
        Self {
            seed: rng.bits(),
            queues: rng.place(4),
            agents: phones.min(2 + rng.place(6)),
            share_percent: rng.pick(&[20, 40, 70]),
            fair: None,
        }
    }

    /// One queue in which turns are given by that key, half as many agents as people at most, and nobody calls but the
    /// queue.
    pub fn fair(seed: u64, phones: usize, key: SortKey) -> Self {
        let agents = 2 + usize::try_from(seed % 5).unwrap_or(0);
        Self { seed, queues: 1, agents: agents.min(phones / 2), share_percent: 100, fair: Some(key) }
    }

    /// Whether callers come so fast that nobody is ever free: whoever is done takes who waits, and there is nobody to choose from.
    pub fn is_crowded(&self) -> bool {
        self.seed % 32 >= 16
    }

    /// Time between calls that keeps two of three agents who are alike busy.
    pub(super) fn pace(&self) -> Duration {
        let agents = u32::try_from(self.agents.max(1)).unwrap_or(1);
        (RINGS + TALKS + Duration::from_millis(self.wrap_up_ms())) * 3 / (2 * agents)
    }

    fn wrap_up_ms(&self) -> u64 {
        [0, 3_000, 15_000][usize::try_from(self.seed % 3).unwrap_or(0)]
    }

    /// What agents do within so long. In the first seconds everybody signs in.
    pub(super) fn wishes(&self, rng: &mut Rng, length_ms: u64, has_faults: bool) -> Vec<(u64, Trouble)> {
        if self.queues == 0 {
            return Vec::new();
        }
        let mut wishes = Vec::new();
        for agent in 0..self.agents {
            let wish = AgentWish::Ready { further: 0 };
            wishes.push((3_000 + rng.below(2_000), Trouble::Agent { agent, wish }));
        }
        if self.fair.is_some() {
            return wishes;
        }
        let span = Span(length_ms);
        wishes.extend(self.choices(rng, span));
        // By chance of its own, so that a seed draws all else as it did without.
        let own = &mut Rng::from_number(self.seed);
        wishes.extend(self.about_missed(own, span));
        wishes.extend(span.wishes(own, 12_000, |own| AgentWish::HandOff { place: own.place(64) }));
        let record = |own: &mut Rng| AgentWish::Record { place: own.place(64), what: own.place(6) };
        wishes.extend(span.wishes(own, 4_000, record));
        let with_own = |own: &mut Rng| AgentWish::Own { place: own.place(64), what: own.place(8) };
        wishes.extend(span.wishes(own, 7_000, with_own));
        wishes.extend(self.holds(own, span, has_faults));
        wishes.extend(consultations(own, span));
        wishes.extend(doors(own, span));
        if has_faults {
            let count = rng.below(1 + length_ms / 100_000);
            wishes.extend((0..count).map(|_| (span.moment(rng), Trouble::Floor)));
        }
        wishes
    }

    /// Where agents are and what they do with after-call time, and what is done with who waits.
    fn choices(&self, rng: &mut Rng, span: Span) -> Vec<(u64, Trouble)> {
        let every_ms = rng.pick(&[4_000, 20_000, 90_000]);
        let one = |_| {
            let (at, agent) = (span.moment(rng), rng.place(self.agents));
            let wish = match rng.below(12) {
                0..=4 => AgentWish::Ready { further: usize::from(rng.below(6) == 0) },
                5 | 6 => AgentWish::Break { reason: rng.place(BREAKS.len()) },
                7 => AgentWish::SignOut,
                8 | 9 => AgentWish::WrapUp { more_ms: (rng.below(2) == 0).then(|| rng.below(20_000)) },
                10 => {
                    AgentWish::Priority { place: rng.place(64), priority: whole::<u8>(rng.place(10)).into() }
                }
                _ => AgentWish::TakeOut { place: rng.place(64) },
            };
            (at, Trouble::Agent { agent, wish })
        };
        span.times(every_ms).map(one).collect()
    }

    /// What is done about those who gave up.
    fn about_missed(&self, rng: &mut Rng, span: Span) -> Vec<(u64, Trouble)> {
        let one = |_| {
            let wish = AgentWish::Missed { place: rng.place(64), what: rng.place(4) };
            let (at, agent) = (span.moment(rng), rng.place(self.agents));
            (at, Trouble::Agent { agent, wish })
        };
        span.times(30_000).map(one).collect()
    }

    /// Who holds, and whose phone is gone soon after.
    fn holds(&self, rng: &mut Rng, span: Span, has_faults: bool) -> Vec<(u64, Trouble)> {
        let mut wishes = Vec::new();
        for _ in span.times(5_000) {
            let (at, agent) = (span.moment(rng), rng.place(self.agents));
            wishes.push((at, Trouble::Agent { agent, wish: AgentWish::Hold }));
            if has_faults && rng.below(3) == 0 {
                let wish = AgentWish::Vanish { for_ms: 60_000 + rng.below(120_000) };
                wishes.push((at + 700, Trouble::Agent { agent, wish }));
            }
        }
        wishes
    }

    /// The names of the queues.
    pub(super) fn queue_names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        QUEUES.into_iter().take(self.queues).map(|(name, _)| name)
    }

    /// The numbers of the queues.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        QUEUES.into_iter().take(self.queues).map(|(_, number)| number)
    }

    /// The number of a queue that is called in place of a phone by the call of that place in the plan.
    pub(super) fn number(&self, call: u32) -> Option<&'static str> {
        let mut chance = Chance::new(self.seed ^ (u64::from(call) << 20));
        if self.queues == 0 || u64::try_from(chance.below(100)).unwrap_or(100) >= self.share_percent {
            return None;
        }
        QUEUES.get(chance.below(self.queues)).map(|(_, number)| *number)
    }

    /// A part of the seed that tells nothing of what is drawn from its remainders: each trait of a site meets each other one.
    pub fn apart(&self) -> u64 {
        self.seed ^ (self.seed >> 32)
    }

    /// The flow that the last queue is led into by.
    pub(super) fn flows(&self) -> Flows {
        let asks = if self.apart() % 3 == 2 { ASKS_FOR } else { "" };
        let text = format!("{CALL_BACK}{asks}");
        let flow = switchroom_flow::read("call-back.toml", 1, &text).0.filter(|_| self.queues > 2);
        flow.into_iter().map(|flow| (flow.name.clone(), Arc::new(flow))).collect()
    }

    /// Routes into the queues.
    pub(super) fn routes(&self, first_line: usize) -> Vec<Route> {
        let mut routes = Vec::new();
        for (place, (name, number)) in QUEUES.iter().take(self.queues).enumerate() {
            let Ok(number) = Pattern::parse(number) else { continue };
            let to = match place {
                2 => Destination::Flow("call-back".to_owned()),
                _ => Destination::Queue((*name).to_owned()),
            };
            let line = whole(first_line + place);
            routes.push(Route { line, ..Route::plain(&format!("to-{name}"), number, to) });
        }
        routes
    }

    /// How somebody answers a call that no part speaks of, if an agent sits at that phone: mostly they take it.
    pub(super) fn manner(&self, extension: &str, place: usize) -> Option<Course> {
        let seat = extension.parse::<usize>().ok()?.checked_sub(101)?;
        if self.fair.is_some() && seat < self.agents {
            let (answer_after, talk) = (RINGS, TALKS);
            return Some(Course::Talk { answer_after, talk, hold: None, digits: None, caller_ends: false });
        }
        let mut chance = Chance::new(self.seed ^ ((place as u64) << 32));
        if self.queues == 0 || seat >= self.agents || chance.once_in(4) {
            return None;
        }
        let ms = |n: usize| Duration::from_millis(n as u64);
        Some(Course::Talk {
            answer_after: ms(chance.below(6_000)),
            talk: ms(500 + chance.below(20_000)),
            hold: None,
            digits: None,
            caller_ends: false,
        })
    }

    /// Where an agent sits.
    pub(super) fn seat(&self, agent: usize) -> String {
        (101 + agent % self.agents.max(1)).to_string()
    }

    /// The reason of that place.
    pub(super) fn reason(&self, place: usize) -> String {
        BREAKS[place % BREAKS.len()].to_owned()
    }

    /// Queues and agents of that generation: a reload brings the next one.
    pub(super) fn config(&self, generation: u64) -> Config {
        let mut config = Config::default();
        if self.queues == 0 {
            return config;
        }
        if let Some(key) = self.fair {
            return self.fair_config(key);
        }
        let mut rules = Chance::new(self.seed ^ (generation << 48));
        // The last queue is gone now and then.
        let count = self.queues - usize::from(generation > 0 && self.queues > 1 && rules.once_in(4));
        for (name, _) in QUEUES.iter().take(count) {
            // Most reloads leave most queues as they are.
            let mut own = Chance::new(self.seed ^ whole::<u64>(name.len()));
            let chance = if generation > 0 && rules.once_in(2) { &mut rules } else { &mut own };
            config.queues.insert((*name).to_owned(), queue(chance));
        }
        self.draw_entrances(&mut config, generation);
        for agent in 0..self.agents {
            if generation > 0 && rules.once_in(8) {
                continue;
            }
            let mut own = Chance::new(self.seed ^ (whole::<u64>(agent + 1) << 24));
            let chance = if generation > 0 && rules.once_in(4) { &mut rules } else { &mut own };
            config.agents.insert((agent + 1).to_string(), self.agent(chance, agent));
        }
        // Nobody works in a queue that is not there: such a configuration is refused.
        for agent in config.agents.values_mut() {
            agent.queues.retain(|queue, _| config.queues.contains_key(queue));
        }
        if self.seed.is_multiple_of(2) {
            for (place, reason) in BREAKS.iter().enumerate() {
                let entry = BreakConfig { at_once: whole(place * 2), ..BreakConfig::default() };
                config.breaks.insert((*reason).to_owned(), entry);
            }
        }
        config
    }

    /// Hours and limits of calls, by chance of their own, so that a seed draws all else as it did without.
    fn draw_entrances(&self, config: &mut Config, generation: u64) {
        for (place, queue) in config.queues.values_mut().enumerate() {
            let mut own = Chance::new(self.seed ^ (generation << 40) ^ (whole::<u64>(place + 1) << 8));
            queue.hours = own.once_in(6).then(|| "office".to_owned());
            queue.calls_max = own.one_of(&[None, None, Some(1), Some(3)]).copied().flatten();
            queue.calls_per_second = own.one_of(&[None, None, Some(1)]).copied().flatten();
        }
    }

    fn fair_config(&self, key: SortKey) -> Config {
        let name = QUEUES[0].0.to_owned();
        let wrap_up = self.wrap_up_ms();
        let queue = QueueConfig { order: vec![key], ring_at_once: 1, wrap_up, ..QueueConfig::default() };
        let agent = |place: usize| {
            let queues = BTreeMap::from([(
                name.clone(),
                Membership { position: whole(place), ..Membership::default() },
            )]);
            let config = AgentConfig { extension: Some(self.seat(place)), queues, ..AgentConfig::default() };
            ((place + 1).to_string(), config)
        };
        let agents = (0..self.agents).map(agent).collect();
        Config { agents, queues: BTreeMap::from([(name.clone(), queue)]), ..Config::default() }
    }

    fn agent(&self, chance: &mut Chance, place: usize) -> AgentConfig {
        let mut queues = BTreeMap::new();
        for (name, _) in QUEUES.iter().take(self.queues) {
            if !chance.once_in(4) {
                let tier = whole(1 + chance.below(3));
                let weight = whole(1 + chance.below(5));
                queues.insert((*name).to_owned(), Membership { tier, weight, position: whole(place) });
            }
        }
        let skills = SKILLS.iter().map(|skill| ((*skill).to_owned(), whole(chance.below(10)))).collect();
        let extension = chance.once_in(2).then(|| self.seat(place));
        AgentConfig { name: format!("Agent {}", place + 1), extension, skills, queues }
    }
}

fn queue(chance: &mut Chance) -> QueueConfig {
    let mut needs = Vec::new();
    for skill in SKILLS {
        if chance.once_in(3) {
            let level: u8 = whole(1 + chance.below(9));
            let first = 3_000 + 1_000 * whole::<u64>(chance.below(20));
            needs.push(Need { skill: skill.into(), level, relaxes: vec![(first, level / 2), (40_000, 0)] });
        }
    }
    let order = (0..=chance.below(3)).filter_map(|_| chance.one_of(&SortKey::ALL).copied()).collect();
    let mut some = |of: &[u64]| chance.one_of(of).copied().unwrap_or(0);
    let staff = |n: u64| match n {
        0 => Staff::None,
        1 => Staff::SignedIn,
        _ => Staff::Working,
    };
    QueueConfig {
        label: String::new(),
        language: String::new(),
        order,
        ring_at_once: u8::try_from(some(&[0, 1, 1, 2, 3])).unwrap_or(1),
        ring: some(&[2_000, 6_000, 15_000]),
        wrap_up: some(&[0, 3_000, 15_000]),
        no_answer_break: u32::try_from(some(&[0, 1, 3])).unwrap_or(0),
        rest: some(&[0, 500, 5_000]),
        needs,
        tier_after: some(&[0, 0, 8_000]),
        sticky: some(&[0, 600_000]),
        max_waiting: usize::try_from(some(&[2, 6, 100])).unwrap_or(1),
        max_wait: some(&[0, 20_000, 90_000]),
        hours: None,
        calls_max: None,
        calls_per_second: None,
        join: staff(some(&[0, 0, 1, 2])),
        stay: staff(some(&[0, 1, 2])),
        stay_grace: some(&[0, 10_000]),
        ageing: some(&[0, 0, 15_000]),
        announce_every: some(&[0, 7_000]),
        music: Vec::new(),
        comfort: String::new(),
        whisper: if some(&[0, 0, 1]) == 1 { "queue/whisper".to_owned() } else { String::new() },
        announce_agent: some(&[0, 1]) == 1,
        show_queue: some(&[0, 1]) == 1,
        service_level: 20_000,
        short_abandon: 5_000,
        call_back: CallBackConfig {
            tries: u32::try_from(some(&[1, 2, 3])).unwrap_or(1),
            retry_after: some(&[5_000, 20_000, 60_000]),
            max: usize::try_from(some(&[0, 2, 100, 100])).unwrap_or(0),
        },
        script: String::new(),
        // What agents say comes of a call is this; who acts at the own phone says something else now and then.
        dispositions: vec!["order".to_owned()],
    }
}
