//! Figures of queues and agents over a span of time, as reports show them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days of figures that are kept and can be asked for, today included.
pub const FIGURE_DAYS: u32 = 8;

/// How figures are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiguresBy {
    /// By local day, from midnight to midnight.
    #[default]
    Day,
    /// By half hour.
    HalfHour,
}

/// Figures of one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FiguresView {
    /// When it begins, Unix milliseconds.
    pub from_ms: i64,
    /// When it ends, Unix milliseconds; what is to come of it is not counted yet.
    pub to_ms: i64,
    /// Queues by name.
    pub queues: BTreeMap<String, QueueFiguresView>,
    /// All queues together.
    pub all_queues: QueueFiguresView,
    /// Agents by number.
    pub agents: BTreeMap<String, AgentFiguresView>,
}

/// Figures of a queue. Callers count where they joined; talks, after-call times and calls that rang in vain where they ended.
/// Always `offered = answered + abandoned + overflowed + called_back + waiting`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct QueueFiguresView {
    /// Callers who joined.
    pub offered: u64,
    /// Of them, who got an agent.
    pub answered: u64,
    /// Of the answered, who asked for an agent again within two hours.
    pub repeats: u64,
    /// The same, per mille.
    pub repeats_permille: Option<u32>,
    /// Who hung up, after however short a time.
    pub abandoned: u64,
    /// Of the abandoned, who hung up at once.
    pub short_abandoned: u64,
    /// Who left by a rule or a key.
    pub overflowed: u64,
    /// Of them, how: `timeout`, `full`, `closed`, `empty`, `key`, `removed`, `restart`.
    pub overflows: BTreeMap<String, u64>,
    /// Who asked to be called back, and hung up.
    pub called_back: u64,
    /// What became of them: `asked`, `reached`, `dropped`, `given_up`, `removed`, and `tries`, calls in vain. Who asks twice for
    /// one number is `asked` once.
    pub call_backs: BTreeMap<String, u64>,
    /// Who waits still.
    pub waiting: u64,
    /// Phones that rang in vain (RONA).
    pub no_answers: u64,
    /// Answered within the limit, of all who came, per mille.
    pub service_level_strict_permille: Option<u32>,
    /// Answered within the limit, of all but short abandons and who asked to be called back, per mille.
    pub service_level_without_short_permille: Option<u32>,
    /// Answered within the limit, of those answered and those abandoned after the limit, per mille.
    pub service_level_permille: Option<u32>,
    /// Abandoned of all who came, per mille.
    pub abandoned_permille: Option<u32>,
    /// How long those waited who were answered.
    pub answered_wait: WaitsView,
    /// How long those waited who hung up.
    pub abandoned_wait: WaitsView,
    /// How long it took to reach those who were called back, from the begin of their wait.
    pub call_back_wait: WaitsView,
    /// Talks that ended.
    pub talks: u64,
    /// Talk, holds included, milliseconds.
    pub talk_ms: u64,
    /// Of it, on hold.
    pub hold_ms: u64,
    /// After-call times that ended.
    pub wrap_ups: u64,
    /// After-call time, milliseconds.
    pub wrap_up_ms: u64,
}

/// How long some waited, milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct WaitsView {
    /// How many.
    pub count: u64,
    /// On average.
    pub average_ms: Option<u64>,
    /// The longest.
    pub longest_ms: u64,
    /// Half of them no longer than this.
    pub p50_ms: Option<u64>,
    /// Four of five no longer than this.
    pub p80_ms: Option<u64>,
    /// Nineteen of twenty no longer than this.
    pub p95_ms: Option<u64>,
}

/// Figures of an agent. Always `offers = answered + no_answers + refused + failed + elsewhere + withdrawn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct AgentFiguresView {
    /// Callers for whom the agent's phone rang.
    pub offers: u64,
    /// Of them, answered.
    pub answered: u64,
    /// Of the answered, whose callers asked for an agent again within two hours.
    pub repeats: u64,
    /// The same, per mille.
    pub repeats_permille: Option<u32>,
    /// Rang in vain (RONA).
    pub no_answers: u64,
    /// Busy or declined.
    pub refused: u64,
    /// The phone could not be reached.
    pub failed: u64,
    /// Another agent answered first.
    pub elsewhere: u64,
    /// The caller left first, or the agent was taken back.
    pub withdrawn: u64,
    /// Talks that ended.
    pub talks: u64,
    /// Talk, holds included, milliseconds.
    pub talk_ms: u64,
    /// Of it, on hold.
    pub hold_ms: u64,
    /// After-call time, milliseconds.
    pub wrap_up_ms: u64,
    /// From ringing to answer, on average, milliseconds.
    pub average_answer_ms: Option<u64>,
    /// Talk and after-call time by talk, milliseconds (AHT).
    pub average_handle_ms: Option<u64>,
    /// Breaks that began.
    pub breaks: u64,
    /// How often the agent signed in.
    pub sign_ins: u64,
    /// When first, Unix milliseconds.
    pub first_sign_in_ms: Option<i64>,
    /// When the agent signed out last, Unix milliseconds.
    pub last_sign_out_ms: Option<i64>,
    /// Time signed in, milliseconds: the sum of `states`.
    pub signed_in_ms: u64,
    /// Of it, on breaks.
    pub break_ms: u64,
    /// Talking, holding and after-call time, of the time signed in, per mille.
    pub occupancy_permille: Option<u32>,
    /// Time in each state.
    pub states: Vec<StateTimeView>,
}

/// Time in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct StateTimeView {
    /// `ready`, `break`, `logged_out` (who signed out while talking).
    pub presence: String,
    /// Of a break; else empty.
    pub reason: String,
    /// `idle`, `offered`, `talking`, `holding`, `wrap_up`, `outbound`.
    pub activity: String,
    /// Milliseconds.
    pub ms: u64,
}
