//! The figures of an agent.

use super::queue::share;
use crate::fact::{Activity, AgentFact, OfferEndedFact, OfferOutcome, Presence, State, TalkedFact};
use serde::Serialize;

/// States of an agent in one half hour; time of further reasons for breaks counts under [`OTHER_REASON`].
const STATES_MAX: usize = 48;

/// The reason of breaks whose reasons were too many to keep apart.
pub const OTHER_REASON: &str = "other";

/// What is counted of an agent, in the half hour in which it ended.
///
/// Always: `offers = answered + no_answers + refused + failed + elsewhere + withdrawn`. What still rings is not yet counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AgentCounts {
    /// Callers for whom the agent's phone rang.
    pub offers: u64,
    /// Of them, answered.
    pub answered: u64,
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
    /// Of the answered, whose callers asked for an agent again within two hours: on the line, or reached by a call-back.
    pub repeats: u64,
    /// For how long it rang before the agent answered, all answers together.
    pub answer_ms: u64,
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
    /// Breaks that began.
    pub breaks: u64,
    /// How often the agent signed in.
    pub sign_ins: u64,
    /// When first.
    pub first_sign_in_ms: Option<i64>,
    /// When the agent signed out last.
    pub last_sign_out_ms: Option<i64>,
}

/// Time in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateTime {
    /// The state.
    #[serde(flatten)]
    pub state: State,
    /// Milliseconds in it.
    pub ms: u64,
}

/// The figures of an agent over some time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AgentFigures {
    /// What was counted.
    #[serde(flatten)]
    pub counts: AgentCounts,
    /// Time in each state that counts as signed in, split to the millisecond where a half hour ends.
    pub states: Vec<StateTime>,
    /// The sum of the time in all states.
    pub signed_in_ms: u64,
    /// Of it, on a break and doing nothing else.
    pub break_ms: u64,
    /// (Time talking + holding + in after-call time) ÷ signed-in time, 0 to 1. Breaks are in the divisor, ringing and the
    /// agent's own calls in the divisor only.
    pub occupancy: Option<f64>,
    /// Repeats ÷ answered: the share of the agent's callers who asked for an agent again within two hours (K2).
    pub repeat_rate: Option<f64>,
    /// Ringing ÷ answered.
    pub average_answer_ms: Option<u64>,
    /// (Talk + after-call time) ÷ talks; holds are part of the talk (AHT).
    pub average_handle_ms: Option<u64>,
}

/// What is kept of an agent and a half hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AgentTally {
    pub(super) counts: AgentCounts,
    states: Vec<(State, u64)>,
}

impl AgentTally {
    /// An offer ended.
    pub(super) fn offer_ended(&mut self, ended: &OfferEndedFact) {
        let counts = &mut self.counts;
        counts.offers += 1;
        match ended.outcome {
            OfferOutcome::Answered => {
                counts.answered += 1;
                counts.answer_ms = counts.answer_ms.saturating_add(ended.rang_ms);
            }
            OfferOutcome::NoAnswer => counts.no_answers += 1,
            OfferOutcome::Refused => counts.refused += 1,
            OfferOutcome::Failed => counts.failed += 1,
            OfferOutcome::Elsewhere => counts.elsewhere += 1,
            OfferOutcome::Withdrawn => counts.withdrawn += 1,
        }
    }

    /// The agent signed in or out, or began a break.
    pub(super) fn chose(&mut self, fact: &AgentFact) {
        let (was, is) = (&fact.was.presence, &fact.is.presence);
        let counts = &mut self.counts;
        if was != is && matches!(is, Presence::Break { .. }) {
            counts.breaks += 1;
        }
        match (was.is_signed_in(), is.is_signed_in()) {
            (false, true) => {
                counts.sign_ins += 1;
                counts.first_sign_in_ms = earliest(counts.first_sign_in_ms, Some(fact.at_ms));
            }
            (true, false) => counts.last_sign_out_ms = counts.last_sign_out_ms.max(Some(fact.at_ms)),
            _ => {}
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

    /// Time in a state.
    pub(super) fn spent(&mut self, state: &State, ms: u64) {
        let is_new = self.states.len() >= STATES_MAX && !self.states.iter().any(|(known, _)| known == state);
        if is_new && matches!(state.presence, Presence::Break { .. }) {
            let presence = Presence::Break { reason: OTHER_REASON.to_owned() };
            return self.put(&State { presence, activity: state.activity }, ms);
        }
        self.put(state, ms);
    }

    /// Time in each state.
    pub(super) fn states(&self) -> &[(State, u64)] {
        &self.states
    }

    fn put(&mut self, state: &State, ms: u64) {
        match self.states.iter_mut().find(|(known, _)| known == state) {
            Some((_, sum)) => *sum = sum.saturating_add(ms),
            None => self.states.push((state.clone(), ms)),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        for (state, ms) in &other.states {
            self.put(state, *ms);
        }
    }

    pub(super) fn show(mut self) -> AgentFigures {
        self.states.sort();
        let counts = self.counts;
        let time = |is_meant: &dyn Fn(&State) -> bool| {
            let spans = self.states.iter().filter(|(state, _)| is_meant(state)).map(|(_, ms)| *ms);
            spans.fold(0, u64::saturating_add)
        };
        let signed_in_ms = time(&|_| true);
        let busy = |state: &State| {
            matches!(state.activity, Activity::Talking | Activity::Holding | Activity::WrapUp)
        };
        let handled = counts.talk_ms.saturating_add(counts.wrap_up_ms);
        AgentFigures {
            counts,
            signed_in_ms,
            break_ms: time(&|state| state.on_break().is_some()),
            repeat_rate: share(counts.repeats, counts.answered),
            occupancy: share(time(&busy), signed_in_ms),
            average_answer_ms: counts.answer_ms.checked_div(counts.answered),
            average_handle_ms: handled.checked_div(counts.talks),
            states: self.states.into_iter().map(|(state, ms)| StateTime { state, ms }).collect(),
        }
    }
}

impl AgentCounts {
    fn add(&mut self, other: &Self) {
        self.offers += other.offers;
        self.answered += other.answered;
        self.repeats += other.repeats;
        self.no_answers += other.no_answers;
        self.refused += other.refused;
        self.failed += other.failed;
        self.elsewhere += other.elsewhere;
        self.withdrawn += other.withdrawn;
        self.answer_ms = self.answer_ms.saturating_add(other.answer_ms);
        self.talks += other.talks;
        self.talk_ms = self.talk_ms.saturating_add(other.talk_ms);
        self.hold_ms = self.hold_ms.saturating_add(other.hold_ms);
        self.wrap_ups += other.wrap_ups;
        self.wrap_up_ms = self.wrap_up_ms.saturating_add(other.wrap_up_ms);
        self.breaks += other.breaks;
        self.sign_ins += other.sign_ins;
        self.first_sign_in_ms = earliest(self.first_sign_in_ms, other.first_sign_in_ms);
        self.last_sign_out_ms = self.last_sign_out_ms.max(other.last_sign_out_ms);
    }
}

fn earliest(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a.into_iter().chain(b).min()
}
