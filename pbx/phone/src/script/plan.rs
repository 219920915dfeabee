//! What kind of traffic, and the calls of one run.

use crate::digits::DigitsBy;
use crate::script::{Part, Role};
use crate::settings::HoldForm;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use switchroom_sip::rng::Rng;

/// A hold within a call, by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// How long after the answer.
    pub at: Duration,
    /// How long.
    pub span: Duration,
    /// Said how.
    pub form: HoldForm,
}

/// Digits within a call, by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digits {
    /// How long after the answer.
    pub at: Duration,
    /// Which.
    pub digits: String,
    /// Sent how.
    pub by: DigitsBy,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// It is answered.
    Talk {
        /// How long it rings.
        answer_after: Duration,
        /// How long they talk.
        talk: Duration,
        /// The caller holds.
        hold: Option<Hold>,
        /// The caller presses digits.
        digits: Option<Digits>,
        /// Whether the caller hangs up, or the called side.
        caller_ends: bool,
    },
    /// The called side lets it ring until the exchange gives up.
    NoAnswer,
    /// The called side says busy.
    Busy,
    /// The called side declines.
    Decline,
    /// The caller gives up while it rings.
    Cancel {
        /// How long after dialling.
        after: Duration,
    },
}

impl Course {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Talk { .. } => "talk",
            Self::NoAnswer => "no answer",
            Self::Busy => "busy",
            Self::Decline => "decline",
            Self::Cancel { .. } => "cancel",
        }
    }

    /// How long its two phones are engaged, when the exchange lets phones ring for `ring`.
    pub fn span(&self, ring: Duration) -> Duration {
        match self {
            Self::Talk { answer_after, talk, .. } => *answer_after + *talk,
            Self::NoAnswer => ring,
            Self::Busy | Self::Decline => Duration::ZERO,
            Self::Cancel { after } => *after,
        }
    }
}

/// A call of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// Its number in the plan, from 1.
    pub number: u32,
    /// When it is dialled, from the start of the run.
    pub at: Duration,
    /// Who calls: place among the phones.
    pub from: usize,
    /// Who is called.
    pub to: usize,
    /// What becomes of it.
    pub course: Course,
}

impl fmt::Display for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |d: &Duration| d.as_millis();
        write!(f, "{} {} {} {} {}", self.number, ms(&self.at), self.from, self.to, self.course.word())?;
        match &self.course {
            Course::Talk { answer_after, talk, hold, digits, caller_ends } => {
                write!(f, " {} {} {caller_ends}", ms(answer_after), ms(talk))?;
                if let Some(hold) = hold {
                    write!(f, " hold {} {} {:?}", ms(&hold.at), ms(&hold.span), hold.form)?;
                }
                if let Some(digits) = digits {
                    write!(f, " digits {} {} {:?}", ms(&digits.at), digits.digits, digits.by)?;
                }
                Ok(())
            }
            Course::Cancel { after } => write!(f, " {}", ms(after)),
            Course::NoAnswer | Course::Busy | Course::Decline => Ok(()),
        }
    }
}

/// What kind of traffic is wanted. Shares are weights: only their relation counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Calls a minute, on average.
    pub calls_per_min: u32,
    /// Weight of calls that are answered.
    pub talk: u32,
    /// Weight of calls that nobody answers.
    pub no_answer: u32,
    /// Weight of calls to somebody busy.
    pub busy: u32,
    /// Weight of calls that are declined.
    pub decline: u32,
    /// Weight of calls whose caller gives up.
    pub cancel: u32,
    /// Answered calls with a hold, in a hundred; calls too short for one have none.
    pub hold_percent: u32,
    /// Answered calls with digits, in a hundred.
    pub digits_percent: u32,
    /// Answered calls that the caller ends, in a hundred.
    pub caller_ends_percent: u32,
    /// Shortest and longest ringing before an answer.
    pub answer_after: (Duration, Duration),
    /// Shortest and longest talk.
    pub talk_for: (Duration, Duration),
    /// Shortest and longest patience of callers who give up.
    pub cancel_after: (Duration, Duration),
    /// How long the exchange lets phones ring.
    pub ring: Duration,
    /// Rest of a phone between two calls.
    pub rest: Duration,
}

impl Default for Profile {
    /// A lively office: two of three calls are answered.
    fn default() -> Self {
        let span = |least: u64, most: u64| (Duration::from_millis(least), Duration::from_millis(most));
        Self {
            calls_per_min: 12,
            talk: 64,
            no_answer: 10,
            busy: 8,
            decline: 8,
            cancel: 10,
            hold_percent: 25,
            digits_percent: 25,
            caller_ends_percent: 60,
            answer_after: span(500, 2_500),
            talk_for: span(4_000, 20_000),
            cancel_after: span(1_500, 3_500),
            ring: Duration::from_secs(8),
            rest: Duration::from_secs(2),
        }
    }
}

/// Talks shorter than this have no hold: it would not leave time to hear each other.
const HOLD_TALK_LEAST: Duration = Duration::from_secs(6);
/// Most calls of one plan.
const CALLS_MAX: u32 = 200_000;

/// The calls of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How many phones take part.
    pub phones: usize,
    /// The calls, by time.
    pub calls: Vec<PlannedCall>,
}

impl Plan {
    /// Draws the calls of `length`. The same arguments give the same calls. No phone is in two calls at once; where all
    /// are engaged a call is left out.
    pub fn draw(profile: &Profile, phones: usize, length: Duration, seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let mut calls = Vec::new();
        let mut free_at = vec![Duration::ZERO; phones];
        let gap_ms = 60_000 / u64::from(profile.calls_per_min.max(1));
        let mut at = Duration::from_millis(rng.below(gap_ms.min(1_000) + 1));
        let mut number = 0;
        while at < length && number < CALLS_MAX {
            let course = course(profile, &mut rng);
            let mut free: Vec<usize> = free_at
                .iter()
                .enumerate()
                .filter(|(_, since)| **since <= at)
                .map(|(phone, _)| phone)
                .collect();
            if free.len() >= 2 {
                let from = free.swap_remove(pick(&mut rng, free.len()));
                let to = free.swap_remove(pick(&mut rng, free.len()));
                let until = at + course.span(profile.ring) + profile.rest;
                for phone in [from, to] {
                    if let Some(since) = free_at.get_mut(phone) {
                        *since = until;
                    }
                }
                number += 1;
                calls.push(PlannedCall { number, at, from, to, course });
            }
            // Between half and one and a half of the mean: lively, and no heaps.
            at += Duration::from_millis((gap_ms / 2 + rng.below(gap_ms + 1)).max(1));
        }
        Self { phones, calls }
    }

    /// The parts of one phone, by time, when phone `n` has the number `numbers[n]`.
    pub fn parts(&self, phone: usize, numbers: &[String]) -> Vec<Part> {
        let part = |call: &PlannedCall, role, peer: usize| {
            let peer = numbers.get(peer)?.clone();
            Some(Part { call: call.number, at: call.at, role, peer, course: call.course.clone() })
        };
        let mine = |call: &PlannedCall| match phone {
            _ if call.from == phone => part(call, Role::Caller, call.to),
            _ if call.to == phone => part(call, Role::Called, call.from),
            _ => None,
        };
        self.calls.iter().filter_map(mine).collect()
    }

    /// A fingerprint of the plan (FNV-1a over its calls as text): equal plans, equal fingerprints.
    pub fn fingerprint(&self) -> u64 {
        let text: String = self.calls.iter().map(|call| format!("{call}\n")).collect();
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

fn pick(rng: &mut Rng, count: usize) -> usize {
    usize::try_from(rng.below(count as u64)).unwrap_or(0)
}

fn course(profile: &Profile, rng: &mut Rng) -> Course {
    let weights = [profile.talk, profile.no_answer, profile.busy, profile.decline, profile.cancel];
    let mut drawn = rng.below(weights.iter().map(|w| u64::from(*w)).sum());
    let mut kind = 0;
    for weight in weights {
        if drawn < u64::from(weight) {
            break;
        }
        drawn -= u64::from(weight);
        kind += 1;
    }
    match kind {
        1 => Course::NoAnswer,
        2 => Course::Busy,
        3 => Course::Decline,
        4 => Course::Cancel { after: rng.between(profile.cancel_after.0, profile.cancel_after.1) },
        _ => talk(profile, rng),
    }
}

fn talk(profile: &Profile, rng: &mut Rng) -> Course {
    let mut percent = |limit: u32| rng.below(100) < u64::from(limit);
    let (holds, presses, caller_ends) = (
        percent(profile.hold_percent),
        percent(profile.digits_percent),
        percent(profile.caller_ends_percent),
    );
    let answer_after = rng.between(profile.answer_after.0, profile.answer_after.1);
    let talk = rng.between(profile.talk_for.0, profile.talk_for.1);
    let form = [HoldForm::SendOnly, HoldForm::Inactive, HoldForm::NullAddress][pick(rng, 3)];
    let hold = Hold { at: talk / 3, span: (talk / 4).min(Duration::from_secs(3)), form };
    let digits = Digits {
        at: Duration::from_millis(500),
        digits: rng.below(10_000).to_string(),
        by: if rng.below(2) == 0 { DigitsBy::Rtp } else { DigitsBy::Info },
    };
    Course::Talk {
        answer_after,
        talk,
        hold: (holds && talk >= HOLD_TALK_LEAST).then_some(hold),
        digits: presses.then_some(digits),
        caller_ends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        let profile = Profile { calls_per_min: 60, ..Profile::default() };
        Plan::draw(&profile, 8, Duration::from_secs(600), seed)
    }

    #[test]
    fn the_same_seed_gives_the_same_calls() {
        assert_eq!(plan(7), plan(7));
        assert_eq!(plan(7).fingerprint(), plan(7).fingerprint());
        assert_ne!(plan(7).fingerprint(), plan(8).fingerprint());
    }

    #[test]
    fn no_phone_is_in_two_calls_at_once_and_every_kind_occurs() {
        let plan = plan(7);
        let ring = Profile::default().ring;
        assert!(plan.calls.len() > 100, "{}", plan.calls.len());
        for (place, call) in plan.calls.iter().enumerate() {
            assert_ne!(call.from, call.to);
            let until = call.at + call.course.span(ring);
            let clash =
                plan.calls.iter().skip(place + 1).take_while(|later| later.at < until).find(|later| {
                    [later.from, later.to].iter().any(|phone| *phone == call.from || *phone == call.to)
                });
            assert_eq!(clash, None, "{call}");
        }
        for word in ["talk", "no answer", "busy", "decline", "cancel"] {
            assert!(plan.calls.iter().any(|c| c.course.word() == word), "{word}");
        }
        let holds =
            plan.calls.iter().filter(|c| matches!(c.course, Course::Talk { hold: Some(_), .. })).count();
        assert!(holds > 5, "{holds}");
    }

    #[test]
    fn each_call_is_one_part_of_each_of_its_two_phones() {
        let plan = plan(3);
        let numbers: Vec<String> = (101..109).map(|n| n.to_string()).collect();
        let parts: usize = (0..8).map(|phone| plan.parts(phone, &numbers).len()).sum();
        assert_eq!(parts, 2 * plan.calls.len());
    }
}
