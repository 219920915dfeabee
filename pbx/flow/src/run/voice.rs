//! What a caller leaves behind: messages in a mailbox, and recordings.

use super::{Run, State, Step};
use crate::boundary::{Effect, Site};
use crate::clip::Clip;
use crate::flow::{Flow, Node};
use crate::limits::CLIPS_MAX;
use crate::node::{Job, Next};
use crate::say::messages;
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// Silence that ends a message.
const SILENCE: Duration = Duration::from_secs(5);

/// What is about to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taking {
    mailbox: Option<String>,
    longest: Duration,
    silence: Duration,
}

impl Run {
    /// Says what is said before the tone.
    pub(super) fn greet(&mut self, site: &mut dyn Site, flow: &Arc<Flow>, node: &Node) -> Step {
        if self.is_gone {
            return Step::On(None, "nobody there".into());
        }
        let (mut clips, taking) = match &node.job {
            Job::Voicemail { mailbox, greeting, failed, .. } => {
                let name = self.open_text(site, mailbox);
                let Some(there) = site.mailbox(&name) else {
                    let what = format!("there is no mailbox \"{name}\"");
                    self.tell_fault(&flow.name, &node.name, &what);
                    return Step::On(*failed, "failed".into());
                };
                if there.is_full {
                    let full = vec![self.builtin(messages::THIS_MAILBOX_FULL)];
                    return self.play_then(full, *failed, "failed");
                }
                let mut clips = self.clips(site, greeting);
                if clips.is_empty() {
                    clips.extend(there.greeting.or_else(|| Some(self.builtin(messages::LEAVE_MESSAGE))));
                }
                (clips, Taking { mailbox: Some(name), longest: there.longest, silence: SILENCE })
            }
            Job::Record { prompt, longest, silence, .. } => {
                let clips = self.clips(site, prompt);
                (clips, Taking { mailbox: None, longest: *longest, silence: *silence })
            }
            _ => return Step::On(None, String::new()),
        };
        self.ahead.clear();
        // Whatever is said before it, the tone must be heard.
        clips.truncate(CLIPS_MAX - 1);
        clips.push(Clip::Beep);
        let number = self.play(clips);
        self.state = State::Greeting { number, taking };
        Step::Waits
    }

    /// The tone was heard.
    pub(super) fn take(&mut self, taking: Taking) {
        let Taking { mailbox, longest, silence } = taking;
        self.effects.push_back(Effect::Record { mailbox, longest, silence });
        self.state = State::Recording;
    }

    /// A key jumps to the tone.
    pub(super) fn greeting_digit(&mut self, digit: char) {
        if let State::Greeting { taking, .. } = &self.state
            && digit == '#'
        {
            let taking = taking.clone();
            let number = self.play(vec![Clip::Beep]);
            self.state = State::Greeting { number, taking };
        }
    }

    /// The caller hung up while being recorded: what was said has its name, and the flow goes nowhere for it.
    pub(super) fn keep_recorded(&mut self, message: Option<&str>) {
        if let (State::Recording, Some(id)) = (&self.state, message)
            && let Some((_, _, Node { job: Job::Record { into, .. }, .. })) = self.at()
        {
            let into = into.clone();
            self.set(&into, Value::text(id));
        }
    }

    pub(super) fn recorded(&mut self, site: &mut dyn Site, message: Option<&str>) {
        if !matches!(self.state, State::Recording) {
            return;
        }
        self.time_passed();
        let Some((flow, id, _)) = self.at() else { return };
        let flow = flow.clone();
        let Some(node) = flow.node(id) else { return };
        let (next, by): (Next, _) = match (&node.job, message) {
            (Job::Voicemail { next, .. }, Some(_)) => {
                let saved = vec![self.builtin(messages::MESSAGE_SAVED)];
                self.play_then(saved, *next, "recorded");
                return;
            }
            (Job::Voicemail { next, .. }, None) => (*next, "nothing said"),
            (Job::Record { into, next, .. }, Some(id)) => {
                self.set(into, Value::text(id));
                (*next, "recorded")
            }
            (Job::Record { failed, .. }, None) => (*failed, "failed"),
            _ => return,
        };
        self.go(site, next, by);
    }
}
