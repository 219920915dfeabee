//! A caller in a queue asks to be called back: at which number, confirmed. Until that is settled the caller waits as before, and
//! whoever answers meanwhile has the caller.
//!
//! ```text
//! key ──► Confirming ("your number is …") ──1──► Asked ──noted──► called_back
//!             ▲  │ 2, or no number is known        └──refused──► waits on
//!             │  ▼
//!          Entering (digits, #)                 * or nothing, thrice ──► waits on
//! ```

use super::connect::{called_back, is_dialable};
use super::{Run, State, Step};
use crate::boundary::{CallBackAnswer, Effect, Site};
use crate::clip::Clip;
use crate::say::{self, messages};
use crate::value::Value;
use std::time::Duration;

/// The wait for a first digit, and for a further one.
const FIRST: Duration = Duration::from_secs(6);
const BETWEEN: Duration = Duration::from_secs(4);
/// Tries in all.
const TRIES: u32 = 3;
/// Fewest and most digits of a number to call.
const NUMBER: (usize, usize) = (2, 24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The number is said back: is it right?
    Confirming,
    /// Another number is typed.
    Entering,
    /// It was asked for.
    Asked,
    /// The caller is told that it cannot be.
    Refused,
}

/// A wish to be called back.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    stage: Stage,
    number: String,
    typed: String,
    tries_left: u32,
    saying: Option<u64>,
}

impl Wish {
    /// What is being said.
    pub(super) fn saying(&self) -> Option<u64> {
        self.saying
    }
}

impl Run {
    /// The key for it was pressed.
    pub(super) fn begin_wish(&mut self, site: &mut dyn Site) {
        let caller = site.get("caller").map(|value| value.plain()).unwrap_or_default();
        let number = Some(caller).filter(|number| is_number(number)).unwrap_or_default();
        let stage = Stage::Confirming;
        let wish = Wish { stage, number, typed: String::new(), tries_left: TRIES, saying: None };
        self.ask_wish(wish, Vec::new());
    }

    /// Says the number back, or asks for one.
    fn ask_wish(&mut self, mut wish: Wish, mut clips: Vec<Clip>) {
        wish.typed.clear();
        if wish.number.is_empty() {
            wish.stage = Stage::Entering;
            clips.push(self.builtin(messages::ENTER_NUMBER));
        } else {
            wish.stage = Stage::Confirming;
            clips.push(self.builtin(messages::YOUR_NUMBER_IS));
            clips.extend(say::digits(self.language, &wish.number));
            clips.push(Clip::Pause(300));
            clips.push(self.builtin(messages::CALL_BACK_CONFIRM));
        }
        self.say_wish(wish, clips);
    }

    fn say_wish(&mut self, mut wish: Wish, clips: Vec<Clip>) {
        self.wake(None);
        wish.saying = Some(self.play(clips));
        self.keep_wish(Some(wish));
    }

    fn keep_wish(&mut self, wish: Option<Wish>) {
        if let State::Connecting(connecting) = &mut self.state {
            connecting.wish = wish;
        }
    }

    fn wish(&self) -> Option<Wish> {
        if let State::Connecting(connecting) = &self.state { connecting.wish.clone() } else { None }
    }

    /// What was said was heard to its end.
    pub(super) fn call_back_played(&mut self) {
        let Some(mut wish) = self.wish() else { return };
        wish.saying = None;
        match wish.stage {
            Stage::Refused => self.wait_on(&wish),
            Stage::Confirming | Stage::Entering => {
                self.keep_wish(Some(wish));
                self.wake(Some(FIRST));
            }
            Stage::Asked => self.keep_wish(Some(wish)),
        }
    }

    pub(super) fn wish_digit(&mut self, digit: char) {
        let Some(mut wish) = self.wish() else { return };
        match (wish.stage, digit) {
            (Stage::Asked | Stage::Refused, _) => {}
            (Stage::Confirming, '1') => {
                self.hush_wish(&mut wish);
                wish.stage = Stage::Asked;
                let number = wish.number.clone();
                self.keep_wish(Some(wish));
                self.effects.push_back(Effect::CallBack { number });
            }
            (Stage::Confirming, '2') => {
                wish.number.clear();
                self.ask_wish(wish, Vec::new());
            }
            (_, '*') => self.wait_on(&wish),
            (Stage::Entering, '#') => self.wished_number(wish),
            (Stage::Entering, '0'..='9') if wish.typed.len() < NUMBER.1 => {
                self.hush_wish(&mut wish);
                wish.typed.push(digit);
                self.keep_wish(Some(wish));
                self.wake(Some(BETWEEN));
            }
            (Stage::Entering | Stage::Confirming, _) => self.ask_wish_again(wish, messages::NOT_UNDERSTOOD),
        }
    }

    /// What is being said is cut short.
    fn hush_wish(&mut self, wish: &mut Wish) {
        self.wake(None);
        if wish.saying.take().is_some() {
            self.effects.push_back(Effect::Silence);
        }
    }

    /// Nothing more was pressed.
    pub(super) fn wish_woke(&mut self) {
        let Some(wish) = self.wish() else { return };
        if wish.stage == Stage::Entering && !wish.typed.is_empty() {
            self.wished_number(wish);
        } else {
            self.ask_wish_again(wish, messages::NOTHING_PRESSED);
        }
    }

    fn wished_number(&mut self, mut wish: Wish) {
        if wish.typed.len() < NUMBER.0 {
            return self.ask_wish_again(wish, messages::NOT_UNDERSTOOD);
        }
        wish.number = std::mem::take(&mut wish.typed);
        self.ask_wish(wish, Vec::new());
    }

    /// Asks once more, or lets the caller wait on.
    fn ask_wish_again(&mut self, mut wish: Wish, why: &str) {
        wish.tries_left = wish.tries_left.saturating_sub(1);
        if wish.tries_left == 0 {
            return self.wait_on(&wish);
        }
        let before = vec![self.builtin(why)];
        self.ask_wish(wish, before);
    }

    /// The caller waits on as if nothing had been asked.
    fn wait_on(&mut self, wish: &Wish) {
        self.hush_wish(&mut wish.clone());
        self.keep_wish(None);
        self.effects.push_back(Effect::WaitOn);
    }

    /// What came of what was asked for.
    pub(super) fn call_back_answered(&mut self, site: &mut dyn Site, answer: CallBackAnswer) {
        let Some(mut wish) = self.wish().filter(|wish| wish.stage == Stage::Asked) else { return };
        match answer {
            CallBackAnswer::Noted => {
                let Some((_, _, node)) = self.at() else { return };
                let next = called_back(&node.job);
                self.set("outcome", Value::text("called_back"));
                let noted = self.builtin(messages::CALL_BACK_NOTED);
                if let Step::On(next, by) = self.play_then(vec![noted], next, "called_back") {
                    self.go(site, next, &by);
                }
            }
            CallBackAnswer::NoNumber => {
                wish.number.clear();
                self.ask_wish_again(wish, messages::NO_SUCH_NUMBER);
            }
            CallBackAnswer::Refused => {
                wish.stage = Stage::Refused;
                let clips = vec![self.builtin(messages::NO_CALL_BACK)];
                self.say_wish(wish, clips);
            }
        }
    }
}

/// Whether a caller's number is one that can be said and called.
fn is_number(number: &str) -> bool {
    (1..=NUMBER.1).contains(&number.len())
        && is_dialable(number)
        && number.chars().all(|c| c.is_ascii_digit() || c == '+')
}
