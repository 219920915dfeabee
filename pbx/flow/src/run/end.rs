//! The end of a run: last words, clean-ups, and flows that cannot go on.

use super::{Run, State, Step};
use crate::boundary::{Effect, HangUp, Site};
use crate::clip::Clip;
use crate::node::{HangUpAs, Next};
use crate::say::messages;
use crate::value::Value;

/// Characters in what is said of a fault.
const FAULT_TEXT_MAX: usize = 200;
/// Characters of a result that are told to who lent the caller.
const RESULT_MAX: usize = 64;
/// The variable that is the result of a flow that returns nothing.
const RESULT: &str = "result";
/// The result of a flow that could not go on.
const FAULTY: &str = "fault in the flow";

impl Run {
    /// Says the last words, then hangs up.
    pub(super) fn close(&mut self, clips: Vec<Clip>, turn_away: HangUpAs) {
        self.leave();
        self.ahead.clear();
        if clips.is_empty() {
            self.hang_up(turn_away);
        } else {
            let number = self.play(clips);
            self.state = State::Closing { number, turn_away };
        }
    }

    pub(super) fn hang_up(&mut self, turn_away: HangUpAs) {
        let node = self.at().map(|(_, _, node)| node.name.clone()).unwrap_or_default();
        self.state = State::HungUp;
        self.has_hung_up = true;
        self.effects.push_back(Effect::HangUp(HangUp { turn_away, node }));
    }

    /// The call is over: what was going on is dropped, and the flows clean up, the innermost first.
    pub(super) fn gone(&mut self, site: &mut dyn Site, recorded: Option<&str>) {
        if self.is_gone || self.is_over() {
            return;
        }
        self.keep_recorded(recorded);
        self.is_gone = true;
        // What led into a loop must not keep the clean-up from its work.
        self.entered = 0;
        self.ahead.clear();
        self.trailing = None;
        self.leave();
        if !self.has_begun {
            return self.over();
        }
        if let Some((next, by)) = self.next_cleanup() {
            self.step_through(site, next, by);
        }
    }

    /// The flow is at its end, and its caller goes back to who lent it.
    pub(super) fn give_caller_back(&mut self) {
        let variable = || self.frames.first().and_then(|frame| frame.variables.get(RESULT)).cloned();
        let result = self.returned.take().or_else(variable).unwrap_or_default();
        let plain = if result.is_secret { String::new() } else { result.plain() };
        // Values that came from outside may be in it.
        let shown = plain.chars().filter(|c| !c.is_control()).take(RESULT_MAX);
        self.effects.push_back(Effect::GiveBack { result: shown.collect() });
        self.over();
    }

    /// The clean-up that comes next; none is left when it gives `None`, and the run is over.
    pub(super) fn next_cleanup(&mut self) -> Option<(Next, &'static str)> {
        while let Some(frame) = self.frames.last_mut() {
            if let Some(node) = frame.flow.on_hang_up.filter(|_| !frame.is_cleaning) {
                frame.is_cleaning = true;
                (self.steps, self.parts) = (0, 0);
                return Some((Some(node), "hang_up"));
            }
            self.frames.pop();
        }
        self.over();
        None
    }

    pub(super) fn over(&mut self) {
        self.frames.clear();
        self.set_secret(false);
        if !self.is_over() {
            self.state = State::Over;
            self.effects.push_back(Effect::End);
        }
    }

    /// The flow cannot go on: whoever runs the site is told, the caller hears that there is a difficulty.
    pub(super) fn fault(&mut self, flow: &str, node: &str, what: &str) -> Step {
        self.is_faulty = false;
        self.tell_fault(flow, node, what);
        if self.is_gone {
            self.give_up_cleanup();
            return Step::On(None, "fault".into());
        }
        if self.is_lent {
            // Who lent the caller can help it better than words about a difficulty.
            self.frames.truncate(1);
            self.returned = Some(Value::text(FAULTY));
            return Step::On(None, "fault".into());
        }
        self.close(vec![self.builtin(messages::TECHNICAL_FAULT)], HangUpAs::Normal);
        Step::Waits
    }

    /// A clean-up that is faulty is given up, with the flows that it ran; those of the flows around it are not.
    fn give_up_cleanup(&mut self) {
        while self.frames.pop_if(|frame| frame.is_late).is_some() {}
        self.late_asks = 0;
    }

    /// Says that the flow is faulty; the run goes on, and does not say so again.
    pub(super) fn tell_fault(&mut self, flow: &str, node: &str, what: &str) {
        if !std::mem::replace(&mut self.is_faulty, true) {
            // Values that came from outside may be in it.
            let what = what.chars().take(FAULT_TEXT_MAX).map(|c| if c.is_control() { ' ' } else { c });
            let (flow, node, what) = (flow.to_owned(), node.to_owned(), what.collect());
            self.effects.push_back(Effect::Fault { flow, node, what });
        }
    }
}
