//! One queue: its agents, its lines, and who of its agents is free, sorted.

use crate::agent::Agent;
use crate::boundary::{AgentId, Call, QueueId};
use crate::config::{Membership, QueueConfig, SortKey, Staff};
use crate::door::{Door, DoorFact};
use crate::limits::PROFILES_MAX;
use crate::profile::Profile;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A caller's turn: the smaller, the sooner. With ageing, a point of priority is worth so much waiting, so that an earlier
/// start and a higher priority are the same thing and the order never changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    major: i64,
    /// Since when by the steady clock; below 0 if that did not run yet.
    joined: i64,
    /// In the order in which they came.
    pub(crate) number: u64,
    /// Whose.
    pub call: Call,
}

impl Turn {
    pub(crate) fn new(config: &QueueConfig, priority: i64, joined: i64, number: u64, call: Call) -> Self {
        let ageing = i64::try_from(config.ageing).unwrap_or(i64::MAX);
        let major =
            if ageing == 0 { -priority } else { joined.saturating_sub(priority.saturating_mul(ageing)) };
        Self { major, joined, number, call }
    }
}

/// Free agents in the order in which they are asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranking {
    sorted: BTreeSet<(Vec<i64>, Arc<str>, AgentId)>,
    keys: BTreeMap<AgentId, Vec<i64>>,
}

impl Ranking {
    fn insert(&mut self, agent: &Agent, keys: Vec<i64>) {
        self.remove(agent);
        self.sorted.insert((keys.clone(), agent.number.clone(), agent.id));
        self.keys.insert(agent.id, keys);
    }

    pub(crate) fn remove(&mut self, agent: &Agent) {
        if let Some(keys) = self.keys.remove(&agent.id) {
            self.sorted.remove(&(keys, agent.number.clone(), agent.id));
        }
    }

    /// The free agents, best first, with their keys.
    pub(crate) fn best(&self) -> impl Iterator<Item = (AgentId, &Vec<i64>)> {
        self.sorted.iter().map(|(keys, _, id)| (*id, keys))
    }

    pub(crate) fn keys(&self, agent: AgentId) -> Option<&Vec<i64>> {
        self.keys.get(&agent)
    }
}

/// Callers of one profile, and the agents who could serve them now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Who waits and is offered to nobody.
    pub(crate) waiting: BTreeSet<Turn>,
    /// Who is free for them.
    pub(crate) free: Ranking,
}

/// A waiting line, or several of them by profile.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its number within the floor.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// What is configured.
    pub config: QueueConfig,
    /// Still configured.
    pub is_known: bool,
    /// Its agents.
    pub agents: BTreeMap<AgentId, Membership>,
    /// All who wait, those included for whom an agent rings.
    pub order: BTreeSet<Turn>,
    /// Of them, those who are not on the line: they are called back.
    pub call_backs: BTreeSet<Call>,
    /// Its hours, if it has any, are on.
    pub(crate) in_hours: bool,
    /// What somebody said about it, which stands over its hours.
    pub door: Option<DoorFact>,
    /// Who talks with an agent.
    pub(crate) talking: BTreeSet<Call>,
    /// When the last callers were let in, by the steady clock, as many as `calls_per_second` asks for.
    pub(crate) let_in: VecDeque<u64>,
    pub(crate) lines: BTreeMap<Profile, Line>,
    /// Agents who are signed in; those of them who are not on a break.
    pub(crate) signed_in: BTreeSet<AgentId>,
    pub(crate) working: BTreeSet<AgentId>,
    /// The last offer of each agent here, for taking turns.
    pub(crate) turns: BTreeMap<AgentId, u64>,
    /// How far chance has come: see [`Queue::draw`].
    drawn: i64,
    /// A deadline runs because nobody works here.
    pub(crate) is_deserted: bool,
}

impl Queue {
    pub(crate) fn new(id: QueueId, name: &str, config: QueueConfig) -> Self {
        Self {
            id,
            name: name.to_owned(),
            config,
            is_known: true,
            agents: BTreeMap::new(),
            order: BTreeSet::new(),
            call_backs: BTreeSet::new(),
            in_hours: true,
            door: None,
            talking: BTreeSet::new(),
            let_in: VecDeque::new(),
            lines: BTreeMap::new(),
            signed_in: BTreeSet::new(),
            working: BTreeSet::new(),
            turns: BTreeMap::new(),
            drawn: 0,
            is_deserted: false,
        }
    }

    /// Whether it lets callers in: as somebody said, else as its hours say.
    pub fn is_open(&self) -> bool {
        match self.door.as_ref().map(|said| said.door) {
            Some(Door::Open) => true,
            Some(Door::Closed) => false,
            Some(Door::Hours) | None => self.in_hours,
        }
    }

    /// How many of its agents are signed in.
    pub fn signed_in_count(&self) -> usize {
        self.signed_in.len()
    }

    /// Whether somebody waits on the line.
    pub(crate) fn has_callers(&self) -> bool {
        self.order.len() > self.call_backs.len()
    }

    /// Since when who has waited longest on the line does so, by the steady clock.
    pub fn oldest(&self) -> Option<u64> {
        let on_line = self.order.iter().filter(|turn| !self.call_backs.contains(&turn.call));
        on_line.map(|turn| u64::try_from(turn.joined).unwrap_or(0)).min()
    }

    /// Whether there are as many agents as a rule asks for.
    pub fn has(&self, staff: Staff) -> bool {
        match staff {
            Staff::None => true,
            Staff::SignedIn => !self.signed_in.is_empty(),
            Staff::Working => !self.working.is_empty(),
        }
    }

    /// A free agent's value for each key of the order; the smaller, the better.
    fn keys(&self, profile: &Profile, agent: &Agent, place: Membership, draw: i64) -> Vec<i64> {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let key = |key: &SortKey| match key {
            SortKey::Tier => i64::from(place.tier),
            SortKey::Skill => -profile.levels(agent),
            SortKey::LongestIdle => whole(agent.last_call),
            SortKey::RoundRobin => self.turns.get(&agent.id).copied().map_or(0, whole),
            SortKey::FewestCalls => agent.today.calls,
            SortKey::LeastTalk => agent.today.talk_ms,
            SortKey::Linear => i64::from(place.position),
            SortKey::Weighted => draw,
        };
        self.config.order.iter().map(key).collect()
    }

    /// A lot for an agent who became free: of several, each wins as often as its weight says. `chance` is in (0, 1].
    /// Lots are exponential spans that begin where the last winner's ended, so that those who stay have no advantage.
    fn draw(&self, weight: u32, chance: f64) -> i64 {
        let span = -chance.ln() * 1e9 / f64::from(weight.max(1));
        // At most 40 · 10⁹: far within what an integer holds.
        #[allow(clippy::cast_possible_truncation)]
        self.drawn.saturating_add(span as i64)
    }

    /// A lot where one is asked for.
    fn lot(&self, is_free: bool, weight: u32, mut chance: impl FnMut() -> f64) -> i64 {
        if is_free && self.config.order.contains(&SortKey::Weighted) {
            self.draw(weight, chance())
        } else {
            0
        }
    }

    /// Sorts an agent in anew, or out.
    pub(crate) fn refresh(&mut self, agent: &Agent, chance: impl FnMut() -> f64) {
        let Some(place) = self.agents.get(&agent.id).copied() else { return };
        set(&mut self.signed_in, agent.id, agent.presence.is_signed_in());
        set(&mut self.working, agent.id, agent.presence == crate::fact::Presence::Ready);
        let is_free = agent.is_free();
        let draw = self.lot(is_free, place.weight, chance);
        let mut lines = std::mem::take(&mut self.lines);
        for (profile, line) in &mut lines {
            if is_free && profile.bar(agent, place).is_none() {
                line.free.insert(agent, self.keys(profile, agent, place, draw));
            } else {
                line.free.remove(agent);
            }
        }
        self.lines = lines;
    }

    /// The line of a profile; made if need be, with the agents who are free for it.
    pub(crate) fn line(&mut self, profile: &Profile, agents: &[Agent], mut chance: impl FnMut() -> f64) {
        if self.lines.contains_key(profile) {
            return;
        }
        if self.lines.len() >= PROFILES_MAX {
            self.lines.retain(|_, line| !line.waiting.is_empty());
        }
        let mut line = Line::default();
        for (id, place) in &self.agents {
            let Some(agent) = agents.get(id.0 as usize) else { continue };
            if agent.is_free() && profile.bar(agent, *place).is_none() {
                let draw = self.lot(true, place.weight, &mut chance);
                line.free.insert(agent, self.keys(profile, agent, *place, draw));
            }
        }
        self.lines.insert(profile.clone(), line);
    }

    /// An agent of this queue was asked.
    pub(crate) fn asked(&mut self, agent: AgentId, number: u64, keys: Option<&Vec<i64>>) {
        self.turns.insert(agent, number);
        let lot = self.config.order.iter().position(|key| *key == SortKey::Weighted);
        if let Some(drawn) = lot.zip(keys).and_then(|(at, keys)| keys.get(at)) {
            self.drawn = self.drawn.max(*drawn);
        }
    }

    /// How many wait before this turn, and its place.
    pub fn place(&self, turn: Turn) -> u32 {
        // From both ends at once, so that who comes to the end of a long line is not counted past all the others.
        let (mut before, mut behind) = (self.order.range(..turn), self.order.range(turn..).rev());
        let mut steps = 0;
        let place = loop {
            if before.next().is_none() {
                break steps;
            }
            // The turn itself, if it stands in the line, is the last of those behind.
            if behind.next().is_none_or(|other| *other == turn) {
                break self.order.len() - steps - usize::from(self.order.contains(&turn));
            }
            steps += 1;
        };
        u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1)
    }
}

fn set(of: &mut BTreeSet<AgentId>, id: AgentId, is_in: bool) {
    if is_in {
        of.insert(id);
    } else {
        of.remove(&id);
    }
}
