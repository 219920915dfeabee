//! What a phone that is rung says when it will not take the call, and what that means.

use crate::record::{Cause, LegOutcome};
use switchroom_sip::status::Status;

/// Why a phone that was rung does not take the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PhoneRefusal {
    /// The most telling of several counts, of two alike the first.
    pub(crate) rank: u8,
    /// The status for the caller.
    pub(super) status: Status,
    /// What it is the cause of if it counts.
    pub(crate) cause: Cause,
    /// What became of its leg.
    pub(super) outcome: LegOutcome,
}

impl PhoneRefusal {
    /// What stands for a phone that could not be rung because we had no port pair for it: less telling than any word of a
    /// phone, and not the phone's fault.
    pub(super) const NO_PORT: Self =
        Self::new(1, Status::SERVICE_UNAVAILABLE, Cause::Overload, LegOutcome::Failed);

    /// The phone and the caller have no codec in common.
    pub(super) const NOT_ACCEPTABLE: Self =
        Self::new(4, Status::NOT_ACCEPTABLE_HERE, Cause::NotAcceptable, LegOutcome::NotAcceptable);

    const fn new(rank: u8, status: Status, cause: Cause, outcome: LegOutcome) -> Self {
        Self { rank, status, cause, outcome }
    }

    /// What a status of a called phone says.
    pub(super) const fn of(status: u16) -> Self {
        match status {
            600 | 603 | 607 => Self::new(9, Status::DECLINE, Cause::Declined, LegOutcome::Declined),
            486 => Self::new(7, Status::BUSY, Cause::Busy, LegOutcome::Busy),
            401 | 403 | 407 | 433 => Self::new(6, Status::UNAVAILABLE, Cause::Declined, LegOutcome::Declined),
            480 => Self::new(5, Status::UNAVAILABLE, Cause::NoAnswer, LegOutcome::NoAnswer),
            488 | 606 | 415 => Self::NOT_ACCEPTABLE,
            300..=399 => Self::new(3, Status::UNAVAILABLE, Cause::Failed, LegOutcome::Moved),
            408 | 503 => Self::new(1, Status::UNAVAILABLE, Cause::Unreachable, LegOutcome::Unreachable),
            487 => Self::new(0, Status::UNAVAILABLE, Cause::Failed, LegOutcome::Cancelled),
            _ => Self::new(2, Status::UNAVAILABLE, Cause::Failed, LegOutcome::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queues::miss;
    use switchroom_acd::Miss;

    /// Of each status: rank, status for the caller, word in the CDR, cause of the call's end, what the agent missed. The words
    /// stand on disks, and others go by them.
    #[test]
    fn what_phones_say_has_a_fixed_meaning() {
        let table = [
            (600..=600, (9, 603, "declined", "declined", Miss::Refused)),
            (603..=603, (9, 603, "declined", "declined", Miss::Refused)),
            (607..=607, (9, 603, "declined", "declined", Miss::Refused)),
            (486..=486, (7, 486, "busy", "busy", Miss::Refused)),
            (401..=401, (6, 480, "declined", "declined", Miss::Refused)),
            (403..=403, (6, 480, "declined", "declined", Miss::Refused)),
            (407..=407, (6, 480, "declined", "declined", Miss::Refused)),
            (433..=433, (6, 480, "declined", "declined", Miss::Refused)),
            (480..=480, (5, 480, "no_answer", "no_answer", Miss::NoAnswer)),
            (488..=488, (4, 488, "not_acceptable", "not_acceptable", Miss::Failed)),
            (606..=606, (4, 488, "not_acceptable", "not_acceptable", Miss::Failed)),
            (415..=415, (4, 488, "not_acceptable", "not_acceptable", Miss::Failed)),
            (300..=399, (3, 480, "moved", "failed", Miss::Failed)),
            (408..=408, (1, 480, "unreachable", "unreachable", Miss::Failed)),
            (503..=503, (1, 480, "unreachable", "unreachable", Miss::Failed)),
            (487..=487, (0, 480, "cancelled", "failed", Miss::Failed)),
        ];
        let said = |one: PhoneRefusal| {
            (one.rank, one.status.code(), one.outcome.word(), one.cause.word(), miss(one.cause))
        };
        for status in 300..=699 {
            let known = table.iter().find(|(of, _)| of.contains(&status)).map(|(_, means)| *means);
            let else_failed = (2, 480, "failed", "failed", Miss::Failed);
            assert_eq!(said(PhoneRefusal::of(status)), known.unwrap_or(else_failed), "{status}");
        }
        assert_eq!(said(PhoneRefusal::NO_PORT), (1, 503, "failed", "overload", Miss::NoRoom));
    }

    #[test]
    fn words_for_what_became_of_a_leg_are_as_they_ever_were() {
        let words: Vec<&str> = LegOutcome::ALL.iter().map(|outcome| outcome.word()).collect();
        let wanted = "answered transferred busy declined no_answer elsewhere cancelled unreachable \
                      not_acceptable moved failed";
        assert_eq!(words.join(" "), wanted);
    }

    #[test]
    fn what_ended_a_call_says_what_became_of_a_caller_without_an_answer() {
        let of = |cause: Cause| (cause.word(), cause.leg_outcome().word());
        let causes = [
            (Cause::Cancelled, "cancelled"),
            (Cause::Busy, "busy"),
            (Cause::Declined, "declined"),
            (Cause::NoAnswer, "no_answer"),
            (Cause::Unreachable, "unreachable"),
            (Cause::NotFound, "unreachable"),
            (Cause::HungUp, "failed"),
            (Cause::NoAck, "failed"),
            (Cause::SessionExpired, "failed"),
            (Cause::MediaLost, "failed"),
            (Cause::NotAcceptable, "failed"),
            (Cause::Failed, "failed"),
            (Cause::Overload, "failed"),
            (Cause::Forced, "failed"),
            (Cause::Restart, "failed"),
        ];
        for (cause, word) in causes {
            assert_eq!(of(cause), (cause.word(), word));
        }
    }
}
