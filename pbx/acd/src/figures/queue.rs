//! The figures of a queue.

use super::spread::{Spread, Waits};
use crate::fact::{CallBackAct, CallBackEnd, Exit, LeftFact, TalkedFact};
use serde::Serialize;

/// What is counted of a queue. Callers count in the half hour in which they joined; talks, after-call times and calls that
/// rang in vain in the half hour in which they ended.
///
/// Always: `offered = answered + abandoned + overflows.sum() + called_back + waiting`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct QueueCounts {
    /// Callers who joined.
    pub offered: u64,
    /// Of them, who got an agent.
    pub answered: u64,
    /// Who hung up, after however short a time.
    pub abandoned: u64,
    /// Of the abandoned, who hung up before the limit of a short abandon.
    pub short_abandoned: u64,
    /// Who left by rule.
    pub overflows: Overflows,
    /// Who asked to be called back, and hung up. What became of it is in `call_backs`.
    pub called_back: u64,
    /// Who waits still.
    pub waiting: u64,
    /// Of the answered, who waited no longer than the limit of the service level.
    pub answered_in_time: u64,
    /// Of the answered and of those reached by a call-back, who asked for an agent again within two hours.
    pub repeats: u64,
    /// Of the abandoned, who hung up no later than the limit of the service level.
    pub abandoned_in_time: u64,
    /// Talks that ended.
    pub talks: u64,
    /// Talk, holds included.
    pub talk_ms: u64,
    /// Of it, on hold.
    pub hold_ms: u64,
    /// After-call times that ended.
    pub wrap_ups: u64,
    /// After-call time.
    pub wrap_up_ms: u64,
    /// Phones that rang in vain (RONA).
    pub no_answers: u64,
    /// What became of those who asked to be called back.
    pub call_backs: CallBackCounts,
}

/// Call-backs, in the half hour in which their callers joined. They are no callers of their own: `offered` has them once, as
/// `called_back`.
///
/// Always: `asked = reached + dropped + given_up + removed + those that are open`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CallBackCounts {
    /// Call-backs that were begun: who asks a second time for the same number has one.
    pub asked: u64,
    /// The caller answered and talked with an agent.
    pub reached: u64,
    /// The caller was talked with before it came to that.
    pub dropped: u64,
    /// Left to the inbox of missed calls: tried as often as may be, or too old.
    pub given_up: u64,
    /// Taken out by a user.
    pub removed: u64,
    /// Calls that reached nobody.
    pub tries: u64,
}

/// Callers who neither got an agent nor hung up, by how they left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Overflows {
    /// Waited too long.
    pub timeout: u64,
    /// Not let in: too many waited, there were too many calls, or too many came at once.
    pub full: u64,
    /// Not let in: outside the queue's hours.
    pub closed: u64,
    /// Nobody worked here.
    pub empty: u64,
    /// By a key.
    pub key: u64,
    /// Taken out by a user, or the queue was removed.
    pub removed: u64,
    /// Cut off by a restart, or nothing was ever written down of their leaving.
    pub restart: u64,
}

impl Overflows {
    /// All of them.
    pub fn sum(&self) -> u64 {
        self.timeout + self.full + self.closed + self.empty + self.key + self.removed + self.restart
    }
}

/// Three ways to say it, 0 to 1; T is the queue's limit at that time. Who asked to be called back was not answered within T,
/// however soon the call came: who is called back has no wait on the line that could be compared, so none of the three counts
/// it as answered. The strict one holds it against the queue, for a caller came and was not served; the other two are about
/// those who chose to stay, and leave it out. How long callers waited to be called back is told apart, by `call_back_wait`. `None` where the divisor is 0. The two of Asterisk,
/// for comparison, follow from the same counts: answered within T ÷ answered, and
/// (answered + abandoned, both within T) ÷ (answered + abandoned).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ServiceLevel {
    /// Answered within T ÷ offered: everybody who came and was not served in time counts against it, who waits still, too.
    pub strict: Option<f64>,
    /// Answered within T ÷ (offered − short abandons − called back).
    pub without_short: Option<f64>,
    /// Answered within T ÷ (answered + abandoned after T): who hung up within T counts neither for nor against it.
    pub without_early: Option<f64>,
}

/// The figures of a queue, or of several together, over some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct QueueFigures {
    /// What was counted.
    #[serde(flatten)]
    pub counts: QueueCounts,
    /// Callers who left by rule: the sum of [`QueueCounts::overflows`].
    pub overflowed: u64,
    /// How many were answered in time.
    pub service_level: ServiceLevel,
    /// Abandoned ÷ offered.
    pub abandon_rate: Option<f64>,
    /// Repeats ÷ (answered + reached by a call-back) (K1).
    pub repeat_rate: Option<f64>,
    /// How long those waited who were answered.
    pub answered_wait: Waits,
    /// How long those waited who hung up.
    pub abandoned_wait: Waits,
    /// How long it took those who were called back, from the begin of their wait until they answered.
    pub call_back_wait: Waits,
    /// Talk ÷ talks; holds are included.
    pub average_talk_ms: Option<u64>,
    /// Hold ÷ talks.
    pub average_hold_ms: Option<u64>,
    /// After-call time ÷ after-call times.
    pub average_wrap_up_ms: Option<u64>,
}

/// What is kept of a queue and a half hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct QueueTally {
    pub(super) counts: QueueCounts,
    answered_wait: Spread,
    abandoned_wait: Spread,
    call_back_wait: Spread,
}

impl QueueTally {
    /// A caller joined and waits.
    pub(super) fn joined(&mut self) {
        self.counts.offered += 1;
        self.counts.waiting += 1;
    }

    /// One who waits is to be counted as having left; one of whom nothing was known counts as having joined.
    pub(super) fn stop_waiting(&mut self, is_known: bool) {
        if is_known && self.counts.waiting > 0 {
            self.counts.waiting -= 1;
        } else {
            self.counts.offered += 1;
        }
    }

    /// Nothing will be written down of the leaving of one who waits.
    pub(super) fn lost(&mut self) {
        self.stop_waiting(true);
        self.counts.overflows.restart += 1;
    }

    /// How a caller left.
    pub(super) fn left(&mut self, left: &LeftFact) {
        let Self { counts, answered_wait, abandoned_wait, .. } = self;
        let is_in_time = left.waited_ms <= left.service_level_ms;
        match left.exit {
            Exit::Answered => {
                counts.answered += 1;
                counts.answered_in_time += u64::from(is_in_time);
                answered_wait.record(left.waited_ms);
            }
            Exit::Abandoned => {
                counts.abandoned += 1;
                counts.short_abandoned += u64::from(left.waited_ms < left.short_abandon_ms);
                counts.abandoned_in_time += u64::from(is_in_time);
                abandoned_wait.record(left.waited_ms);
            }
            Exit::CalledBack => counts.called_back += 1,
            Exit::Timeout => counts.overflows.timeout += 1,
            Exit::Full => counts.overflows.full += 1,
            Exit::Closed => counts.overflows.closed += 1,
            Exit::Empty => counts.overflows.empty += 1,
            Exit::Key => counts.overflows.key += 1,
            Exit::Removed => counts.overflows.removed += 1,
            // Of the half hour in which it was counted.
            Exit::Moved => counts.offered = counts.offered.saturating_sub(1),
            Exit::Restart => counts.overflows.restart += 1,
        }
    }

    /// Something came of a call-back.
    pub(super) fn call_back(&mut self, act: &CallBackAct) {
        let counts = &mut self.counts.call_backs;
        match act {
            CallBackAct::Asked => counts.asked += 1,
            CallBackAct::Called { .. } | CallBackAct::Priority => {}
            CallBackAct::Tried => counts.tries += 1,
            CallBackAct::Closed { how, waited_ms, .. } => match how {
                CallBackEnd::Reached => {
                    counts.reached += 1;
                    self.call_back_wait.record(*waited_ms);
                }
                CallBackEnd::Dropped => counts.dropped += 1,
                CallBackEnd::GivenUp => counts.given_up += 1,
                CallBackEnd::Removed => counts.removed += 1,
                // Of the same half hour, by when its caller joined: it was counted there.
                CallBackEnd::NotKept => counts.asked = counts.asked.saturating_sub(1),
            },
        }
    }

    pub(super) fn talked(&mut self, talked: &TalkedFact) {
        self.counts.talks += 1;
        self.counts.talk_ms = self.counts.talk_ms.saturating_add(talked.talk_ms);
        self.counts.hold_ms = self.counts.hold_ms.saturating_add(talked.hold_ms);
    }

    pub(super) fn wrapped_up(&mut self, lasted_ms: u64) {
        self.counts.wrap_ups += 1;
        self.counts.wrap_up_ms = self.counts.wrap_up_ms.saturating_add(lasted_ms);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.answered_wait.add(&other.answered_wait);
        self.abandoned_wait.add(&other.abandoned_wait);
        self.call_back_wait.add(&other.call_back_wait);
    }

    pub(super) fn show(&self) -> QueueFigures {
        let counts = self.counts;
        let late = counts.abandoned.saturating_sub(counts.abandoned_in_time);
        let in_time = counts.answered_in_time;
        let stayed = counts.offered.saturating_sub(counts.short_abandoned).saturating_sub(counts.called_back);
        QueueFigures {
            counts,
            overflowed: counts.overflows.sum(),
            service_level: ServiceLevel {
                strict: share(in_time, counts.offered),
                without_short: share(in_time, stayed),
                without_early: share(in_time, counts.answered.saturating_add(late)),
            },
            abandon_rate: share(counts.abandoned, counts.offered),
            repeat_rate: share(counts.repeats, counts.answered.saturating_add(counts.call_backs.reached)),
            answered_wait: self.answered_wait.show(),
            abandoned_wait: self.abandoned_wait.show(),
            call_back_wait: self.call_back_wait.show(),
            average_talk_ms: counts.talk_ms.checked_div(counts.talks),
            average_hold_ms: counts.hold_ms.checked_div(counts.talks),
            average_wrap_up_ms: counts.wrap_up_ms.checked_div(counts.wrap_ups),
        }
    }
}

impl QueueCounts {
    fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.short_abandoned += other.short_abandoned;
        self.overflows.timeout += other.overflows.timeout;
        self.overflows.full += other.overflows.full;
        self.overflows.closed += other.overflows.closed;
        self.overflows.empty += other.overflows.empty;
        self.overflows.key += other.overflows.key;
        self.overflows.removed += other.overflows.removed;
        self.overflows.restart += other.overflows.restart;
        self.called_back += other.called_back;
        self.waiting += other.waiting;
        self.answered_in_time += other.answered_in_time;
        self.repeats += other.repeats;
        self.abandoned_in_time += other.abandoned_in_time;
        self.talks += other.talks;
        self.talk_ms = self.talk_ms.saturating_add(other.talk_ms);
        self.hold_ms = self.hold_ms.saturating_add(other.hold_ms);
        self.wrap_ups += other.wrap_ups;
        self.wrap_up_ms = self.wrap_up_ms.saturating_add(other.wrap_up_ms);
        self.no_answers += other.no_answers;
        let (mine, theirs) = (&mut self.call_backs, &other.call_backs);
        mine.asked += theirs.asked;
        mine.reached += theirs.reached;
        mine.dropped += theirs.dropped;
        mine.given_up += theirs.given_up;
        mine.removed += theirs.removed;
        mine.tries += theirs.tries;
    }
}

/// One number by another; `None` by nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    // Beyond 2⁵³ a share is off in the sixteenth digit.
    #[allow(clippy::cast_precision_loss)]
    (whole > 0).then(|| part as f64 / whole as f64)
}
