//! Carries out one sentence of a script.

use super::play::Player;
use super::verbs::Verb;
use super::words::{COUNTS, Sentence, hold_form};
use crate::sim::faults::Habit;
use crate::sim::inbound::LENT;
use crate::sim::media::Media;
use crate::sim::network::Meddling;
use crate::sim::trouble::Trouble;
use crate::sim::world::{Came, Step, USER};
use std::time::Duration;
use switchroom_exchange::{Command, MediaEvent};
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::{HoldForm, PhoneCommand};
use switchroom_sip::status::Status;

/// Longer than any scenario lasts, milliseconds.
const FOR_GOOD: u64 = 24 * 3_600_000;
/// How much later the copy of a doubled message arrives, microseconds.
const COPY_US: u64 = 5_000;
/// An exchange that stops waits for what is still to be written, and for its phones, at most so long.
const LAST_WRITES: Duration = Duration::from_secs(5);
/// The exchange is gone for so long unless told otherwise.
const DOWN: Duration = Duration::from_secs(1);

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What a person does at a phone, if the sentence is of that kind.
fn phone_command(says: &Sentence<Verb>) -> Option<PhoneCommand> {
    Some(match says.does {
        Verb::Dials => PhoneCommand::Call(says.get("number")?.to_owned()),
        Verb::Answers => PhoneCommand::Answer,
        Verb::Declines => {
            let status = says.get("refusal").and_then(|s| s.parse().ok()).and_then(Status::new);
            PhoneCommand::Decline(status.unwrap_or(Status::DECLINE))
        }
        Verb::HangsUp => PhoneCommand::HangUp,
        Verb::Holds => PhoneCommand::Hold(says.get("hold").and_then(hold_form).unwrap_or(HoldForm::SendOnly)),
        Verb::Resumes if says.has("asking") => PhoneCommand::ResumeAsking,
        Verb::Resumes => PhoneCommand::Resume,
        Verb::Presses if !says.has("RTP") => {
            PhoneCommand::Digits(says.get("digits")?.to_owned(), DigitsBy::Info)
        }
        Verb::Transfers => PhoneCommand::Transfer(says.get("number")?.to_owned()),
        Verb::Consults => PhoneCommand::Consult(says.get("number")?.to_owned()),
        Verb::Connects => PhoneCommand::Connect,
        Verb::EndsSecond => PhoneCommand::EndSecond,
        Verb::Registers => PhoneCommand::Register,
        Verb::Unregisters => PhoneCommand::Unregister,
        _ => return None,
    })
}

impl Player<'_> {
    /// Does what a line says. Gives what the exchange did at once.
    pub(super) fn act(&mut self, says: &Sentence<Verb>) -> Result<Vec<Step>, String> {
        let place = self.place(says.get("who"));
        if let Some(command) = phone_command(says) {
            if !self.world.handsets[place].is_on {
                return Err("the phone has no power".into());
            }
            let now = self.world.now.mono;
            self.world.handsets[place].act(now, &command).map_err(|e| e.to_string())?;
            self.world.drain(place);
            return Ok(vec![]);
        }
        let step = match says.does {
            Verb::Presses => return self.press(place, says.get("digits").unwrap_or_default()),
            Verb::FallsSilent | Verb::IsHeardAgain => {
                let leg = self.leg_of(place).ok_or("there is no call")?;
                let back = MediaEvent::Back { leg };
                let event = if says.does == Verb::FallsSilent { Media::silence(leg) } else { back };
                self.world.tell(Came::Media(event))
            }
            Verb::NeverAcks => self.habit(place, Habit::NeverAcks),
            Verb::Ignores => match says.get("method") {
                Some("CANCEL") => self.habit(place, Habit::IgnoresCancel),
                Some("BYE") => self.habit(place, Habit::IgnoresBye),
                other => return Err(format!("phones ignore CANCEL or BYE, not {other:?}")),
            },
            Verb::NeverRings => self.habit(place, Habit::NoProvisional),
            Verb::NetLoses | Verb::NetLosesAll | Verb::NetDoubles | Verb::NetDelays => {
                self.meddle(place, says);
                None
            }
            Verb::GetsPower => {
                self.world.power_on(place, false);
                None
            }
            Verb::StoreFails | Verb::StoreWorks => {
                self.world.store.fails = says.does == Verb::StoreFails;
                None
            }
            Verb::NoPorts | Verb::Ports => {
                let ppm = if says.does == Verb::NoPorts { 1_000_000 } else { 0 };
                self.world.setup.media.open_fails_ppm = ppm;
                None
            }
            Verb::CannotRecord => {
                self.world.setup.media.record_fails_ppm = 1_000_000;
                None
            }
            Verb::SupervisorHangsUp | Verb::SupervisorHandsOff => {
                let whose = says.get("who").map(|_| place);
                let call = match whose.and_then(|place| self.leg_of(place)) {
                    Some(leg) => self.world.exchange.calls().find(|c| c.leg(leg).is_some()),
                    None => self.world.exchange.calls().find(|c| !c.is_ended()),
                };
                let call = call.ok_or("there is no call")?.id;
                let command = match says.does {
                    Verb::SupervisorHandsOff => Command::HandOff { call, flow: LENT.into() },
                    _ => Command::HangUp(call),
                };
                self.world.tell(Came::Command(USER, command))
            }
            Verb::SupervisorPlaces => {
                let from = self.world.handsets[place].setup.extension.clone();
                let to = says.get("number").unwrap_or_default().to_owned();
                self.world.tell(Came::Command(USER, Command::Dial { from, to }))
            }
            Verb::SupervisorUnregisters => {
                let extension = says.get("number").unwrap_or_default().to_owned();
                self.world.tell(Came::Command(USER, Command::Unregister { extension, contact: None }))
            }
            Verb::Stops => return self.stop(millis(says.span("span").unwrap_or(DOWN))),
            _ => return self.trouble(place, says),
        };
        Ok(step.into_iter().collect())
    }

    /// What the simulator knows as a trouble.
    fn trouble(&mut self, phone: usize, says: &Sentence<Verb>) -> Result<Vec<Step>, String> {
        let span = says.span("span");
        let down_ms = millis(span.unwrap_or(DOWN));
        let trouble = match says.does {
            Verb::LosesPower => Trouble::Vanish { phone, for_ms: FOR_GOOD, moves: false },
            Verb::IsCutOff => Trouble::CutOff { phone, for_ms: millis(span.unwrap_or_default()) },
            Verb::Moves => Trouble::Rebind { phone, address: false },
            Verb::MovesAddress => Trouble::Rebind { phone, address: true },
            Verb::LosesConnection => Trouble::Reset { phone },
            Verb::ClockSteps => {
                let by_ms = i64::try_from(millis(span.unwrap_or_default())).unwrap_or(0);
                Trouble::Step { by_ms: if says.get("direction") == Some("back") { -by_ms } else { by_ms } }
            }
            Verb::Dies => Trouble::Crash { down_ms, after_actions: 0, kept_percent: 100 },
            Verb::NewPassword | Verb::Unconfigured | Verb::Configured => {
                let number = says.get("number").unwrap_or_default();
                let phone = self.world.handsets.iter().position(|h| h.setup.extension == number);
                let phone = phone.ok_or("no phone has that number")?;
                let is_there = !self.world.removed.contains(number);
                if says.does != Verb::NewPassword && is_there == (says.does == Verb::Configured) {
                    return Err("it is so already".into());
                }
                Trouble::Reload { phone, password: says.does == Verb::NewPassword }
            }
            other => return Err(format!("{other:?} is not carried out by anything")),
        };
        let is_death = matches!(trouble, Trouble::Crash { .. });
        let mut steps: Vec<Step> = self.world.trouble(trouble).into_iter().collect();
        if is_death {
            // It dies with its next input: this one.
            steps.extend(self.world.tell(Came::Tick));
        }
        Ok(steps)
    }

    /// Stops the exchange as the daemon does: it waits for ports, CDRs and BYEs, but not for ever.
    fn stop(&mut self, down_ms: u64) -> Result<Vec<Step>, String> {
        if let Some(step) = self.world.tell(Came::EndAll) {
            self.look(&step)?;
        }
        let limit = self.world.now.mono.after(LAST_WRITES);
        loop {
            let s = self.world.exchange.status();
            let is_done = (s.rtp_ports, s.outbox, s.dialogs) == (0, 0, 0) && self.world.store.waiting() == 0;
            if is_done || self.world.now.mono >= limit {
                break;
            }
            self.until(self.world.now.mono.after(Duration::from_millis(20)))?;
        }
        self.world.die(down_ms, 100);
        Ok(vec![])
    }

    fn press(&mut self, place: usize, digits: &str) -> Result<Vec<Step>, String> {
        let leg = self.leg_of(place).ok_or("there is no call")?;
        for digit in digits.chars() {
            if let Some(step) = self.world.tell(Came::Media(MediaEvent::Digit { leg, digit })) {
                self.look(&step)?;
            }
        }
        Ok(vec![])
    }

    fn habit(&mut self, place: usize, habit: Habit) -> Option<Step> {
        self.world.handsets[place].setup.habits.push(habit);
        None
    }

    fn meddle(&mut self, phone: usize, says: &Sentence<Verb>) {
        let count = says.get("count").and_then(|c| COUNTS.iter().position(|word| *word == c)).unwrap_or(0);
        let delay = says.span("span").map(|s| u64::try_from(s.as_micros()).unwrap_or(0));
        let is_all = says.does == Verb::NetLosesAll;
        self.world.meddling.push(Meddling {
            phone,
            up: says.get("way") == Some("from"),
            what: says.get("message").unwrap_or_default().to_owned(),
            of: says.get("method").map(str::to_owned),
            left: if is_all { u32::MAX } else { u32::try_from(count + 1).unwrap_or(1) },
            copies: match (says.does, delay) {
                (Verb::NetDoubles, delay) => vec![0, delay.unwrap_or(COPY_US)],
                (_, Some(delay)) => vec![delay],
                _ => vec![],
            },
        });
    }
}
