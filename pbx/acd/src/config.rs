//! What is configured of queues and agents. All spans of time are milliseconds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Agents, queues and reasons for breaks, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Agents by their number.
    pub agents: BTreeMap<String, AgentConfig>,
    /// Queues by their name.
    pub queues: BTreeMap<String, QueueConfig>,
    /// What a break may be for, by its word. Empty: any reason will do.
    pub breaks: BTreeMap<String, BreakConfig>,
}

/// A person who takes calls of queues.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentConfig {
    /// As people call them.
    pub name: String,
    /// The extension at which they sit; `None`: wherever they sign in.
    pub extension: Option<String>,
    /// Skills and their levels, 1 to 9.
    pub skills: BTreeMap<String, u8>,
    /// The queues that they work in.
    pub queues: BTreeMap<String, Membership>,
}

/// An agent's place in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// 1 to 9: agents of a higher tier are asked only if none of a lower one is free.
    pub tier: u8,
    /// 1 to 100: for the agent, waiting in this queue counts so many times; for [`SortKey::Weighted`], the agent's share.
    pub weight: u32,
    /// Place in the list of the queue's agents, for [`SortKey::Linear`].
    pub position: u32,
}

impl Default for Membership {
    fn default() -> Self {
        Self { tier: 1, weight: 1, position: 0 }
    }
}

/// One of the keys by which free agents are sorted; the first is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// The lowest tier.
    Tier,
    /// The highest sum of levels in the skills that are asked for.
    Skill,
    /// Who has had no call for longest; breaks do not matter.
    LongestIdle,
    /// Who was offered a call of this queue longest ago.
    RoundRobin,
    /// Who answered the fewest calls of queues today.
    FewestCalls,
    /// Who talked least today.
    LeastTalk,
    /// The order in which they are written down.
    Linear,
    /// Chance, by the weight of the membership.
    Weighted,
}

impl SortKey {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Tier,
        Self::Skill,
        Self::LongestIdle,
        Self::RoundRobin,
        Self::FewestCalls,
        Self::LeastTalk,
        Self::Linear,
        Self::Weighted,
    ];

    /// Its word in files and on screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tier => "tier",
            Self::Skill => "skill",
            Self::LongestIdle => "longest_idle",
            Self::RoundRobin => "round_robin",
            Self::FewestCalls => "fewest_calls",
            Self::LeastTalk => "least_talk",
            Self::Linear => "linear",
            Self::Weighted => "weighted",
        }
    }
}

/// A skill that callers of a queue need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The skill.
    pub skill: String,
    /// The least level.
    pub level: u8,
    /// After so long a wait another level is enough; 0: the skill is not asked for any more. Rising in time.
    pub relaxes: Vec<(u64, u8)>,
}

/// How many agents there must be for callers to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Staff {
    /// None: callers wait whether anybody works or not.
    None,
    /// One who is signed in, on a break or not.
    #[default]
    SignedIn,
    /// One who is signed in and not on a break, busy or not.
    Working,
}

/// A waiting line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueConfig {
    /// As people call it.
    pub label: String,
    /// In what language its agents are spoken to, by its word; empty: in that of the site.
    pub language: String,
    /// How free agents are sorted. Ties go to the agent whose number sorts first.
    pub order: Vec<SortKey>,
    /// How many agents ring at once; 0: all that are free, up to [`crate::limits::RING_MAX`].
    pub ring_at_once: u8,
    /// How long an offer rings.
    pub ring: u64,
    /// After-call time; 0: none.
    pub wrap_up: u64,
    /// An agent who did not answer so many offers in a row is put on a break; 0: never.
    pub no_answer_break: u32,
    /// An agent whose phone refused or did not answer is left alone for so long.
    pub rest: u64,
    /// Skills that callers need.
    pub needs: Vec<Need>,
    /// Agents of each further tier are asked only after so much more waiting; 0: as soon as no lower one is free.
    pub tier_after: u64,
    /// Who talked with the caller within so long is asked first, if free; 0: nobody is.
    pub sticky: u64,
    /// Callers that may wait; further ones are turned away as [`crate::Exit::Full`].
    pub max_waiting: usize,
    /// Longest wait; 0: no limit.
    pub max_wait: u64,
    /// The hours in which callers are let in, by their name; `None`: at any time. When they are is told by
    /// [`crate::Floor::open`].
    pub hours: Option<String>,
    /// Calls at once, waiting or talking; further ones are turned away as [`crate::Exit::Full`]. `None`: no limit.
    pub calls_max: Option<u32>,
    /// Calls let in within a second; further ones likewise.
    pub calls_per_second: Option<u32>,
    /// Who must be there for a caller to be let in.
    pub join: Staff,
    /// Who must be there for a caller to stay.
    pub stay: Staff,
    /// How long callers stay without.
    pub stay_grace: u64,
    /// Each such span of waiting counts as one priority more; 0: priority is strict.
    pub ageing: u64,
    /// Callers hear their place this often; 0: never.
    pub announce_every: u64,
    /// What callers hear while they wait: prompts, one after the other and over again; none: ringing.
    pub music: Vec<String>,
    /// A prompt after each announcement; empty: none.
    pub comfort: String,
    /// A prompt that the agent hears before being connected; empty: none.
    pub whisper: String,
    /// Callers hear the number of the agent before they are connected.
    pub announce_agent: bool,
    /// Agents see on their phones which queue a caller comes from.
    pub show_queue: bool,
    /// An answer within this counts for the service level.
    pub service_level: u64,
    /// Who hangs up before this is no abandoned call, but a short one.
    pub short_abandon: u64,
    /// How callers are called back who ask for it.
    pub call_back: CallBackConfig,
    /// What an agent is to say, shown with each caller; empty: nothing.
    pub script: String,
    /// Words for what came of a call. Empty: any word will do.
    pub dispositions: Vec<String>,
}

/// How a queue calls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallBackConfig {
    /// How often a number is called before it is left to the inbox of missed calls.
    pub tries: u32,
    /// How long after a call in vain the next one is made, at the earliest.
    pub retry_after: u64,
    /// Call-backs that may be open at once; further callers are told that it is not possible. 0: nobody is called back.
    pub max: usize,
}

impl Default for CallBackConfig {
    fn default() -> Self {
        Self { tries: 3, retry_after: 300_000, max: 100 }
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            label: String::new(),
            language: String::new(),
            order: vec![SortKey::Tier, SortKey::LongestIdle],
            ring_at_once: 1,
            ring: 15_000,
            wrap_up: 0,
            no_answer_break: 1,
            rest: 5_000,
            needs: Vec::new(),
            tier_after: 0,
            sticky: 0,
            max_waiting: 1_000,
            max_wait: 0,
            hours: None,
            calls_max: None,
            calls_per_second: None,
            join: Staff::SignedIn,
            stay: Staff::SignedIn,
            stay_grace: 30_000,
            ageing: 0,
            announce_every: 0,
            music: Vec::new(),
            comfort: String::new(),
            whisper: String::new(),
            announce_agent: false,
            show_queue: true,
            service_level: 20_000,
            short_abandon: 5_000,
            call_back: CallBackConfig::default(),
            script: String::new(),
            dispositions: Vec::new(),
        }
    }
}

/// A reason for breaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BreakConfig {
    /// As people call it.
    pub label: String,
    /// Time that each agent has for it a day; 0: no limit. Who takes longer is shown so; nobody is cut off.
    pub budget: u64,
    /// How many agents may have it at once; 0: no limit.
    pub at_once: u32,
}
