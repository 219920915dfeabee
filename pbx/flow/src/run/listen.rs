//! Listening to messages by phone: which box, its PIN, then one message after the other.
//!
//! ```text
//! Box ──digits──► Pin ──right──► Message 0 ──1 again──┐
//!                  │wrong, thrice       ▲──2 keep, 3 delete, # next──► Message n … ──► next node
//!                  └──► next node       └─────────────┘                 * ──► next node
//! ```

use super::quest::{PIN, Typed, judge_number};
use super::{Run, State, Step};
use crate::boundary::{Becomes, Effect, Message, PinVerdict, Site};
use crate::clip::Clip;
use crate::expr::Expr;
use crate::node::Next;
use crate::say::{self, Clock, messages};
use std::time::Duration;

/// The wait for a first digit, and for a further one.
const FIRST: Duration = Duration::from_secs(6);
const BETWEEN: Duration = Duration::from_secs(4);
/// Tries at box, PIN and choice.
const TRIES: u32 = 3;
/// Digits in the number of a box.
const BOX: (usize, usize) = (1, 16);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The number of the box is asked for.
    Box,
    /// Its PIN is.
    Pin,
    /// A message is heard.
    Hearing,
    /// What becomes of it is asked.
    Choosing,
    /// The last words are said.
    Leaving,
}

/// Somebody who listens to messages.
#[derive(Clone)]
pub(super) struct Listening {
    stage: Stage,
    mailbox: String,
    typed: String,
    tries_left: u32,
    messages: Vec<Message>,
    at: usize,
    /// What is being said; `None` when digits are waited for.
    saying: Option<u64>,
    next: Next,
}

impl std::fmt::Debug for Listening {
    /// What was typed may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listening({:?} in {}, message {})", self.stage, self.mailbox, self.at)
    }
}

impl Listening {
    pub(super) fn is_secret(&self) -> bool {
        self.stage == Stage::Pin
    }

    /// What is being said.
    pub(super) fn saying(&self) -> Option<u64> {
        self.saying
    }
}

impl Run {
    pub(super) fn listen(&mut self, site: &mut dyn Site, mailbox: Option<&Expr>, next: Next) -> Step {
        if self.is_gone {
            return Step::On(None, "nobody there".into());
        }
        let mailbox = mailbox.map(|expr| self.open_text(site, expr)).unwrap_or_default();
        // Who has no box of its own may listen to another.
        let mailbox = Some(mailbox).filter(|name| site.mailbox(name).is_some()).unwrap_or_default();
        let stage = if mailbox.is_empty() { Stage::Box } else { Stage::Pin };
        self.ahead.clear();
        let listening = Listening {
            stage,
            mailbox,
            typed: String::new(),
            tries_left: TRIES,
            messages: Vec::new(),
            at: 0,
            saying: None,
            next,
        };
        if stage == Stage::Box {
            let ask = self.builtin(messages::ENTER_MAILBOX);
            self.say(listening, vec![ask]);
        } else {
            self.let_in(site, listening);
        }
        Step::Waits
    }

    /// Asks for the PIN of the box, if one is needed.
    fn let_in(&mut self, site: &mut dyn Site, mut listening: Listening) {
        if site.mailbox(&listening.mailbox).is_some_and(|mailbox| mailbox.is_open) {
            return self.overview(site, listening);
        }
        listening.stage = Stage::Pin;
        listening.tries_left = TRIES;
        self.set_secret(true);
        let ask = self.builtin(messages::ENTER_PIN);
        self.say(listening, vec![ask]);
    }

    fn say(&mut self, mut listening: Listening, clips: Vec<Clip>) {
        self.wake(None);
        listening.saying = Some(self.play(clips));
        self.state = State::Listening(Box::new(listening));
    }

    pub(super) fn listening_played(&mut self, site: &mut dyn Site, number: u64) {
        let State::Listening(listening) = &mut self.state else { return };
        if listening.saying != Some(number) {
            return;
        }
        listening.saying = None;
        match listening.stage {
            Stage::Box | Stage::Pin | Stage::Choosing => self.wake(Some(FIRST)),
            Stage::Hearing => {
                let listening = (**listening).clone();
                self.heard(listening);
            }
            Stage::Leaving => {
                let next = listening.next;
                self.go(site, next, "done");
            }
        }
    }

    /// The message was heard: what shall become of it?
    fn heard(&mut self, mut listening: Listening) {
        if let Some(message) = listening.messages.get(listening.at) {
            self.effects.push_back(Effect::Message { id: message.id.clone(), becomes: Becomes::Old });
        }
        listening.stage = Stage::Choosing;
        let menu = self.builtin(messages::MESSAGE_MENU);
        self.say(listening, vec![menu]);
    }

    pub(super) fn listening_woke(&mut self, site: &mut dyn Site) {
        let State::Listening(listening) = &self.state else { return };
        let listening = (**listening).clone();
        match listening.stage {
            Stage::Box | Stage::Pin if !listening.typed.is_empty() => self.number_typed(site, listening),
            Stage::Box | Stage::Pin | Stage::Choosing => self.again(listening, messages::NOTHING_PRESSED),
            Stage::Hearing | Stage::Leaving => {}
        }
    }

    pub(super) fn listening_digit(&mut self, site: &mut dyn Site, digit: char) {
        let State::Listening(listening) = &mut self.state else { return };
        let is_number = matches!(listening.stage, Stage::Box | Stage::Pin);
        if listening.stage == Stage::Leaving || (is_number && digit.is_ascii_uppercase()) {
            return;
        }
        if listening.saying.take().is_some() {
            self.effects.push_back(Effect::Silence);
        }
        let mut listening = (**listening).clone();
        match listening.stage {
            Stage::Box | Stage::Pin => {
                listening.typed.push(digit);
                let count = if listening.stage == Stage::Pin { PIN } else { BOX };
                match judge_number(&listening.typed, count, Some('#')) {
                    Typed::More => {
                        self.state = State::Listening(Box::new(listening));
                        self.wake(Some(BETWEEN));
                    }
                    Typed::Complete(trailing) => {
                        // The key that would have ended it is not a choice of what follows.
                        self.trailing = trailing;
                        self.number_typed(site, listening);
                    }
                    Typed::Wrong => self.again(listening, messages::NOT_UNDERSTOOD),
                }
            }
            Stage::Hearing | Stage::Choosing => self.chosen(site, listening, digit),
            Stage::Leaving => {}
        }
    }

    fn number_typed(&mut self, site: &mut dyn Site, mut listening: Listening) {
        let typed = std::mem::take(&mut listening.typed);
        let typed = typed.trim_end_matches('#');
        if listening.stage == Stage::Box {
            listening.mailbox = typed.to_owned();
            return self.let_in(site, listening);
        }
        if typed.len() < PIN.0 {
            return self.again(listening, messages::WRONG_PIN);
        }
        // A box that is not there is met like a wrong PIN: nobody learns which boxes there are.
        match site.pin("mailbox", Some(&listening.mailbox), typed) {
            PinVerdict::Right => self.overview(site, listening),
            PinVerdict::Wrong => self.again(listening, messages::WRONG_PIN),
            PinVerdict::Locked => self.farewell(listening, messages::TOO_MANY_TRIES),
        }
    }

    fn again(&mut self, mut listening: Listening, why: &str) {
        listening.typed.clear();
        listening.tries_left = listening.tries_left.saturating_sub(1);
        if listening.tries_left == 0 {
            let last =
                if listening.stage == Stage::Pin { messages::TOO_MANY_TRIES } else { messages::GOODBYE };
            return self.farewell(listening, last);
        }
        let ask = match listening.stage {
            Stage::Box => messages::ENTER_MAILBOX,
            Stage::Pin => messages::ENTER_PIN,
            Stage::Hearing | Stage::Choosing | Stage::Leaving => messages::MESSAGE_MENU,
        };
        let clips = vec![self.builtin(why), self.builtin(ask)];
        self.say(listening, clips);
    }

    fn farewell(&mut self, listening: Listening, words: &str) {
        let words = self.builtin(words);
        self.leave_with(listening, vec![words]);
    }

    fn leave_with(&mut self, mut listening: Listening, words: Vec<Clip>) {
        listening.stage = Stage::Leaving;
        self.set_secret(false);
        self.say(listening, words);
    }

    /// Says how many messages there are, and begins with the first.
    fn overview(&mut self, site: &mut dyn Site, mut listening: Listening) {
        self.set_secret(false);
        listening.messages = site.mailbox(&listening.mailbox).map(|m| m.messages).unwrap_or_default();
        listening.tries_left = TRIES;
        listening.at = 0;
        if listening.messages.is_empty() {
            return self.farewell(listening, messages::NO_MESSAGES);
        }
        let count = |is_new| listening.messages.iter().filter(|m| m.is_new == is_new).count() as u64;
        let clips = say::mailbox(self.language, count(true), count(false));
        self.hear(site, listening, clips);
    }

    /// Plays the message that is the next one, with something said before.
    fn hear(&mut self, site: &mut dyn Site, mut listening: Listening, before: Vec<Clip>) {
        let Some(message) = listening.messages.get(listening.at).cloned() else {
            let mut words = before;
            words.push(self.builtin(messages::END_OF_MESSAGES));
            return self.leave_with(listening, words);
        };
        let mut clips = before;
        clips.push(self.builtin(if listening.at == 0 {
            messages::FIRST_MESSAGE
        } else {
            messages::NEXT_MESSAGE
        }));
        let today = site.get("date").and_then(|date| date.plain().parse().ok());
        if let (Ok(at), Some(today)) = (message.at.parse(), today) {
            clips.extend(say::received(self.language, at, today, Clock::Twelve));
        }
        clips.extend(say::from_caller(self.language, &message.from));
        clips.push(Clip::Message(message.id));
        listening.stage = Stage::Hearing;
        self.say(listening, clips);
    }

    fn chosen(&mut self, site: &mut dyn Site, mut listening: Listening, digit: char) {
        if matches!(digit, '1'..='3' | '#') {
            listening.tries_left = TRIES;
        }
        match digit {
            '1' => self.hear(site, listening, Vec::new()),
            '2' | '#' => {
                listening.at += 1;
                self.hear(site, listening, Vec::new());
            }
            '3' => {
                if let Some(message) = listening.messages.get(listening.at) {
                    let id = message.id.clone();
                    self.effects.push_back(Effect::Message { id, becomes: Becomes::Gone });
                }
                listening.at += 1;
                let deleted = self.builtin(messages::MESSAGE_DELETED);
                self.hear(site, listening, vec![deleted]);
            }
            '*' => {
                let next = listening.next;
                self.go(site, next, "done");
            }
            _ if listening.stage == Stage::Choosing => self.again(listening, messages::NOT_UNDERSTOOD),
            _ => {
                // Keys that mean nothing while a message plays begin it anew rather than lose it.
                self.hear(site, listening, Vec::new());
            }
        }
    }
}
