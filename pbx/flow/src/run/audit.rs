//! Rules that hold between any two events, for tests and the simulator.

use super::{Run, State};
use crate::limits::{DEPTH_MAX, DIGITS_AHEAD_MAX, ENTERED_MAX, STEPS_MAX, VARIABLES_MAX};

impl Run {
    /// What is wrong with this run, if something is: a rule, broken. For checks between two events.
    pub fn audit(&self) -> Option<&'static str> {
        self.audit_place().or_else(|| self.audit_waiting()).or_else(|| self.audit_bounds())
    }

    /// Where a caller can be.
    fn audit_place(&self) -> Option<&'static str> {
        if self.frames.is_empty() != self.is_over() {
            return Some("a run has a flow until it is over");
        }
        if matches!(self.state, State::Ready) && self.has_begun {
            return Some("between two events a caller is never between two nodes");
        }
        if !matches!(self.state, State::Ready | State::Over) && !self.has_begun {
            return Some("who has not begun is nowhere");
        }
        if self.is_gone && !matches!(self.state, State::Asking { .. } | State::Over) {
            return Some("after the end of the call a flow waits for answers from outside or is over");
        }
        if self.has_hung_up && !self.is_gone && !matches!(self.state, State::HungUp) {
            return Some("once the end of the call was asked for, nothing is done but wait for it");
        }
        if self.frames.iter().any(|frame| frame.flow.node(frame.at).is_none()) && !self.is_faulty {
            return Some("a caller is at a node that is there");
        }
        if self.frames.first().is_some_and(|frame| frame.back.is_some())
            || self.frames.iter().skip(1).any(|frame| frame.back.is_none())
        {
            return Some("a flow within another knows where that goes on, the outermost does not");
        }
        if !self.is_gone && self.frames.iter().any(|frame| frame.is_late || frame.is_cleaning) {
            return Some("nothing is cleaned up before the end of the call");
        }
        None
    }

    /// What a caller can wait for.
    fn audit_waiting(&self) -> Option<&'static str> {
        let (is_secret, wakes) = match &self.state {
            State::Quest(quest) => (quest.is_secret, Some(quest.saying().is_none())),
            State::Listening(listening) => (listening.is_secret(), Some(listening.saying().is_none())),
            // In a queue, while a key of several digits is half pressed.
            State::Connecting(_) => (false, None),
            _ => (false, Some(false)),
        };
        if self.is_secret != is_secret {
            return Some("digits are secret exactly while a secret is asked for");
        }
        if wakes.is_some_and(|wakes| wakes != self.is_waking) {
            return Some("a timer runs exactly while digits are waited for in silence");
        }
        if self.awaited().is_some_and(|number| number == 0 || number > self.last_number) {
            return Some("what is awaited was asked for");
        }
        if let State::Asking { number } = self.state
            && number != self.last_number
        {
            return Some("the answer awaited is that to the last question");
        }
        let may_have_ahead =
            matches!(self.state, State::Playing { .. } | State::Asking { .. } | State::Acting);
        if !self.ahead.is_empty() && !may_have_ahead {
            return Some("digits are kept ahead only while nothing asks for them");
        }
        None
    }

    /// What must not grow.
    fn audit_bounds(&self) -> Option<&'static str> {
        if self.ahead.len() > DIGITS_AHEAD_MAX {
            return Some("digits ahead are bounded");
        }
        if self.frames.len() > DEPTH_MAX {
            return Some("flows within each other are bounded");
        }
        if self.steps > STEPS_MAX + 1 || self.entered > ENTERED_MAX.saturating_add(STEPS_MAX) {
            return Some("steps are bounded");
        }
        // What a flow is given as arguments is bounded by its file.
        if self.frames.iter().any(|frame| frame.variables.len() > 2 * VARIABLES_MAX) {
            return Some("variables are bounded");
        }
        None
    }
}
