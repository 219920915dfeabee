//! Bounds, and what happens at each.

/// Callers waiting in all queues; further ones are turned away as if the queue were full.
pub const WAITERS_MAX: usize = 20_000;
/// Call-backs of all queues that are open at once; further callers are told that it is not possible.
pub const CALL_BACKS_MAX: usize = 5_000;
/// How long a call-back is kept after its caller began to wait, milliseconds: over a long weekend. Then it is left to the inbox
/// of missed calls.
pub const CALL_BACK_KEEP_MS: u64 = 96 * 3_600_000;
/// The shortest pause between two calls of a call-back, milliseconds, whatever is configured.
pub const CALL_BACK_PAUSE_MIN: u64 = 5_000;
/// Agents that ring at once for one caller; further ones are not rung.
pub const RING_MAX: usize = 10;
/// Agents named in a decision, chosen or not; of the rest there is the number. A decision is kept for each offer.
pub const NAMED_MAX: usize = 32;
/// Agents of a queue that are looked at for those to be named: a decision costs the same in a queue of ten thousand.
pub const LOOKED_AT_MAX: usize = 256;
/// Callers at the heads of lines named in a decision.
pub const HEADS_NAMED_MAX: usize = 8;
/// Lines of a queue, by what is asked of agents, after which those in which nobody waits are taken down.
pub const PROFILES_MAX: usize = 64;
/// Callers whose last agent is remembered; the one longest ago is forgotten.
pub const STICKY_MAX: usize = 50_000;
/// Characters of a word that comes from outside: reason, disposition, class.
pub const WORD_MAX: usize = 64;
/// The highest priority of a caller.
pub const PRIORITY_MAX: i64 = 9;
/// The shortest rest of an agent whose phone refused, milliseconds, whatever is configured: a phone that always refuses at
/// once is not asked more often.
pub const REST_MIN: u64 = 500;
/// How long an agent is left alone for whom the exchange had no room, milliseconds: without a pause it would be asked for room as
/// fast as it can say that there is none.
pub const ROOM_PAUSE: u64 = 1_000;
