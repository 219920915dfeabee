//! Rules of the boundary, checked from outside: what a run asks for must make sense after what it was told.

use crate::boundary::{Effect, Event};
use crate::limits::{CLIPS_MAX, DEPTH_MAX, STEPS_MAX, TARGETS_MAX};

/// Effects that one step can lead to, generously.
const EFFECTS_A_STEP: usize = 8;
/// Effects that one event can lead to: all steps of the flow, and those of each clean-up.
pub const EFFECTS_MAX: usize = (STEPS_MAX as usize + 2) * EFFECTS_A_STEP * (DEPTH_MAX + 1);
/// So many secret digits in a row are looked for in effects.
const SECRET_LEAST: usize = 5;
/// Rows of secret digits that are remembered.
const SECRETS_MAX: usize = 200;

/// Who watches one run from outside.
#[derive(Debug, Default)]
pub struct Witness {
    last_number: u64,
    playing: Option<u64>,
    asked: Option<u64>,
    /// What goes on that the exchange does: `dial`, `queue`, `talk`, `record`, `agent`.
    under_way: Option<&'static str>,
    is_waking: bool,
    is_secret: bool,
    /// Secret digits typed just now, and rows of those before.
    typed: String,
    secrets: Vec<String>,
    is_gone: bool,
    has_hung_up: bool,
    has_ended: bool,
}

impl Witness {
    /// The prompt that is being played.
    pub fn playing(&self) -> Option<u64> {
        self.playing
    }

    /// The question to a service that is not answered yet.
    pub fn asked(&self) -> Option<u64> {
        self.asked
    }

    /// What the exchange does for the caller: `dial`, `queue`, `talk`, `record` or `agent`.
    pub fn under_way(&self) -> Option<&'static str> {
        self.under_way
    }

    /// A timer runs.
    pub fn is_waking(&self) -> bool {
        self.is_waking
    }

    /// Digits are secret.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The end of the call was asked for.
    pub fn has_hung_up(&self) -> bool {
        self.has_hung_up
    }

    /// The run is over.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The run is about to be told this.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Digit(digit) if self.is_secret => self.typed.push(*digit),
            Event::Played(number) if self.playing == Some(*number) => self.playing = None,
            Event::Answered(number, _) if self.asked == Some(*number) => self.asked = None,
            Event::Woke => self.is_waking = false,
            Event::Connected if matches!(self.under_way, Some("dial" | "queue")) => {
                self.under_way = Some("talk");
            }
            Event::Agent(_) if self.under_way == Some("agent") => self.under_way = None,
            Event::Dialled(_) | Event::Recorded(_) => self.under_way = None,
            Event::Gone { .. } => {
                self.is_gone = true;
                self.playing = None;
                self.under_way = None;
            }
            Event::Begin
            | Event::Connected
            | Event::Digit(_)
            | Event::Played(_)
            | Event::Answered(..)
            | Event::Agent(_) => {}
        }
    }

    /// What the run asked for then.
    ///
    /// # Errors
    /// The rule that this breaks.
    pub fn effects(&mut self, effects: &[Effect]) -> Result<(), String> {
        if effects.len() > EFFECTS_MAX {
            return Err(format!("{} effects of one event", effects.len()));
        }
        for effect in effects {
            if let Err(rule) = self.effect(effect) {
                return Err(format!("{rule}: {effect:?}"));
            }
            let text = format!("{effect:?}");
            if let Some(secret) = self.secrets.iter().find(|secret| text.contains(secret.as_str())) {
                return Err(format!("the secret {secret} is in an effect: {text}"));
            }
        }
        if self.is_gone && self.asked.is_none() && !self.has_ended {
            return Err("a run whose call is over ends unless it waits for an answer".to_owned());
        }
        Ok(())
    }

    fn effect(&mut self, effect: &Effect) -> Result<(), &'static str> {
        let rule = |holds: bool, rule: &'static str| if holds { Ok(()) } else { Err(rule) };
        rule(!self.has_ended, "nothing follows the end")?;
        let is_for_ears = matches!(
            effect,
            Effect::Play { .. }
                | Effect::Silence
                | Effect::Dial { .. }
                | Effect::Queue { .. }
                | Effect::Record { .. }
                | Effect::Agent(_)
                | Effect::HangUp(_)
                | Effect::Withdraw
                | Effect::Wake(Some(_))
                | Effect::Secret(true)
        );
        rule(!(self.is_gone && is_for_ears), "nothing is done for who is gone")?;
        rule(!(self.has_hung_up && is_for_ears), "nothing is done for who is to be hung up")?;
        match effect {
            Effect::Play { number, clips } => {
                rule(*number > self.last_number, "numbers rise")?;
                rule(!clips.is_empty() && clips.len() <= CLIPS_MAX, "something is played, not too much")?;
                rule(self.under_way.is_none(), "nothing is played into what the exchange does")?;
                self.last_number = *number;
                self.playing = Some(*number);
            }
            Effect::Ask { number, .. } => {
                rule(*number > self.last_number, "numbers rise")?;
                rule(self.playing.is_none(), "nothing plays while one waits")?;
                self.last_number = *number;
                self.asked = Some(*number);
            }
            Effect::Silence => rule(self.playing.take().is_some(), "only what plays is cut")?,
            Effect::Wake(after) => {
                rule(after.is_some() || self.is_waking, "only a timer that runs is stopped")?;
                self.is_waking = after.is_some();
            }
            Effect::Secret(is_secret) => {
                rule(*is_secret != self.is_secret, "secrecy begins and ends by turns")?;
                self.is_secret = *is_secret;
                let typed = std::mem::take(&mut self.typed);
                let typed: Vec<char> = typed.chars().collect();
                for row in typed.windows(SECRET_LEAST).take(SECRETS_MAX) {
                    self.secrets.push(row.iter().collect());
                }
                let too_many = self.secrets.len().saturating_sub(SECRETS_MAX);
                self.secrets.drain(..too_many);
            }
            Effect::Dial { .. } | Effect::Queue { .. } | Effect::Record { .. } | Effect::Agent(_) => {
                rule(self.under_way.is_none(), "one thing at a time")?;
                rule(self.playing.is_none(), "what plays is cut or heard before")?;
                self.under_way = Some(match effect {
                    Effect::Dial { .. } => "dial",
                    Effect::Queue { .. } => "queue",
                    Effect::Agent(_) => "agent",
                    _ => "record",
                });
                if let Effect::Dial { to, .. } = effect {
                    rule(!to.is_empty() && to.len() <= TARGETS_MAX, "somebody is rung, not too many")?;
                }
            }
            Effect::Withdraw => {
                rule(self.under_way != Some("talk"), "no key ends a talk")?;
                rule(self.under_way.take().is_some(), "only what goes on is given up")?;
            }
            Effect::HangUp(_) => {
                rule(self.playing.is_none() && self.under_way.is_none(), "the end comes after what goes on")?;
                self.has_hung_up = true;
            }
            Effect::GiveBack { .. } => {
                let is_quiet = self.playing.is_none() && self.under_way.is_none();
                rule(is_quiet && !self.is_gone, "a caller goes back when nothing goes on")?;
                self.is_gone = true;
            }
            Effect::End => {
                rule(self.is_gone, "a run ends after its call")?;
                self.has_ended = true;
            }
            Effect::Entered { .. }
            | Effect::Survey { .. }
            | Effect::Message { .. }
            | Effect::Fault { .. } => {}
        }
        Ok(())
    }
}
