//! A supervisor comes to a call, by command or by dialling the code, changes how, or goes.

use super::{Mode, Subject, Supervision, Told};
use crate::call::{LegState, Over, Stage};
use crate::exchange::Exchange;
use crate::inbound::Means;
use crate::input::{Command, SupervisionAct};
use crate::limits::SUPERVISIONS_MAX;
use crate::record::{Cause, EventKind, Party, Severity};
use crate::text::clean;
use crate::{CallId, Changed, LegId, Service};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// The key that takes the agent's place.
const TAKE_OVER: char = '9';

impl Exchange {
    /// What a user has a supervisor's phone do. Gives what was done, or why it was not.
    pub(crate) fn supervision_act(
        &mut self,
        now: Now,
        user: &str,
        phone: Option<&str>,
        act: &SupervisionAct,
    ) -> Result<String, String> {
        let phone = self.phone_of(user, phone)?;
        let phone = phone.as_str();
        match act {
            SupervisionAct::Begin { subject, mode } => {
                self.supervise_by(now, phone, subject.clone(), *mode, user)
            }
            SupervisionAct::Change(mode) => self.supervise_otherwise(now, phone, *mode, user),
            SupervisionAct::TakeOver => self.take_over_at(now, phone, user),
            SupervisionAct::End => self.stop_supervising(now, phone, user),
        }
    }

    /// The phone that a user names, or has.
    ///
    /// # Errors
    /// The user names none, and the configuration knows none: in a sentence.
    pub fn phone_of(&self, user: &str, phone: Option<&str>) -> Result<String, String> {
        let own = self.config.supervision.users.get(user).map(String::as_str);
        let phone = phone.or(own).map(str::to_owned);
        phone.ok_or_else(|| {
            format!(
                "say at which phone you sit (--phone), or write {} = \"EXTENSION\" under [control.phones]",
                clean(user)
            )
        })
    }

    /// A user wants to hear something on the phones of an extension: they are rung, unless one of them is at work as a
    /// supervisor already, which then goes there without being dialled again. Gives what was done, or why it was not.
    pub(crate) fn supervise_by(
        &mut self,
        now: Now,
        phone: &str,
        subject: Subject,
        mode: Mode,
        user: &str,
    ) -> Result<String, String> {
        self.may_supervise(phone, &subject)?;
        let name = self.name_of(&subject);
        if let Some(id) = self.supervision_at(phone) {
            let change = |one: &mut Supervision| {
                (one.subject, one.mode, one.user) = (subject, mode, user.to_owned());
            };
            self.change_supervision(id, change);
            let done = format!("{phone}: {} {name}", mode.word());
            self.note_supervision(now, id, user, mode.word(), &done);
            return Ok(done);
        }
        if self.supervisions.len() >= SUPERVISIONS_MAX {
            return Err("there are as many supervisors at work as there may be".to_owned());
        }
        self.may_be_placed(phone)?;
        let to = Party { number: self.number_of(&subject), name: mode.word().to_owned() };
        let id = self.next_call(now);
        self.supervisions.insert(id, Supervision::new(user, subject, mode));
        let text = format!("{user} has {phone} {} {name}", mode.word());
        let call = self.new_placed(now, id, self.party_of(phone), to);
        self.place(now, call, phone, text).inspect_err(|_| {
            self.supervisions.remove(&id);
        })?;
        let done = format!("rings {phone}, to {} {name}", mode.word());
        self.note_supervision(now, id, user, mode.word(), &done);
        Ok(done)
    }

    /// Another mode for the supervisor at that phone.
    pub(crate) fn supervise_otherwise(
        &mut self,
        now: Now,
        phone: &str,
        mode: Mode,
        user: &str,
    ) -> Result<String, String> {
        let id = self.supervision_at(phone).ok_or_else(|| nobody_at(phone))?;
        self.change_mode(now, id, mode, user);
        Ok(format!("{phone}: {}", mode.word()))
    }

    /// The supervisor at that phone goes.
    pub(crate) fn stop_supervising(&mut self, now: Now, phone: &str, user: &str) -> Result<String, String> {
        let id = self.supervision_at(phone).ok_or_else(|| nobody_at(phone))?;
        self.note_supervision(now, id, user, "supervision_ends", &format!("{phone} goes"));
        self.finish(now, id, Over::by_user(user));
        Ok(format!("{phone} supervises no more"))
    }

    /// The live call of the supervisor who sits at that phone.
    pub(crate) fn supervision_at(&self, phone: &str) -> Option<CallId> {
        let is_there = |id: &&CallId| {
            self.calls.get(id).is_some_and(|call| {
                let leg = call.caller_leg().and_then(|leg| leg.extension.as_deref());
                !call.is_ended() && leg == Some(phone)
            })
        };
        let live = |id: &&CallId| self.supervisions.get(id).is_some_and(|one| !one.is_over);
        self.supervisions.iter().map(|(id, _)| id).find(|id| is_there(id) && live(id)).copied()
    }

    fn may_supervise(&self, phone: &str, subject: &Subject) -> Result<(), String> {
        let shown = clean(phone);
        if !self.config.extensions.contains_key(phone) {
            return Err(format!("there is no extension {shown}"));
        }
        match subject {
            Subject::Call(id) => {
                let call = self.calls.get(id).filter(|call| !call.is_ended());
                let call = call.ok_or("there is no such call any more")?;
                if self.supervisions.contains_key(id) {
                    return Err(format!("call {} is a supervisor's own", call.number));
                }
                let is_in = |leg: &crate::Leg| leg.is_live() && leg.extension.as_deref() == Some(phone);
                if call.legs.values().any(is_in) {
                    return Err(format!("{shown} is a party of call {}", call.number));
                }
                if !call.is_heard() {
                    return Err(format!(
                        "in call {} nobody talks yet; follow its agent instead",
                        call.number
                    ));
                }
            }
            Subject::Agent(number) => {
                let agent = self.floor.agent(number);
                let agent = agent.ok_or_else(|| format!("there is no agent {}", clean(number)))?;
                if agent.extension == phone {
                    return Err(format!("{shown} is the agent's own phone"));
                }
            }
            Subject::Extension(extension) => {
                if !self.config.extensions.contains_key(extension) {
                    return Err(format!("there is no extension {}", clean(extension)));
                }
                if extension == phone {
                    return Err(format!("{shown} cannot listen to itself"));
                }
            }
        }
        Ok(())
    }

    /// Who dials the code is connected, if it is one who may.
    pub(crate) fn supervise_from(&mut self, now: Now, id: CallId, number: &str) {
        let extension = self.calls.get(&id).map(|call| call.from.number.clone()).unwrap_or_default();
        let subject = match self.floor.agent(number) {
            Some(_) => Subject::Agent(number.to_owned()),
            None => Subject::Extension(number.to_owned()),
        };
        let refused = if self.supervisions.len() >= SUPERVISIONS_MAX {
            Err("there are as many supervisors at work as there may be".to_owned())
        } else {
            let begin = SupervisionAct::Begin { subject: subject.clone(), mode: Mode::Listen };
            let asked = Command::Supervise { phone: Some(extension.clone()), act: begin };
            let allowed = self.refused_by_queue(now, &extension, &asked);
            allowed.and_then(|()| self.may_supervise(&extension, &subject))
        };
        if let Err(why) = refused {
            return self.finish(now, id, Over::by_rule(Cause::NotFound, Status::NOT_FOUND, why));
        }
        let text = format!("{extension}: listen {}", self.name_of(&subject));
        self.supervisions.insert(id, Supervision::new(&extension, subject, Mode::Listen));
        self.note_supervision(now, id, &extension, Mode::Listen.word(), &text);
        self.begin_supervising(now, id);
    }

    /// The supervisor's phone is there: what is to be heard is heard.
    pub(crate) fn begin_supervising(&mut self, now: Now, id: CallId) {
        self.serve(now, id, Service::Supervision);
        self.change_supervision(id, |_| {});
        if self.is_supervising(id) {
            // A phone that has nothing else sends its keys as sound.
            self.listen(id, true);
        }
    }

    /// A key on a supervisor's phone. False if it is no supervisor's.
    pub(crate) fn supervisors_key(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        key: char,
        means: Means,
    ) -> bool {
        let Some(one) = self.supervisions.get(&id) else { return false };
        let user = one.user.clone();
        if !self.digit_counts(now, id, leg, key, means) {
            return true;
        }
        if let Some(mode) = Mode::of_key(key) {
            self.change_mode(now, id, mode, &user);
        } else if key == TAKE_OVER
            && let Err(why) = self.take_over_from(now, id, &user)
        {
            self.why(now, id, "refuse", why);
        }
        true
    }

    fn change_mode(&mut self, now: Now, id: CallId, mode: Mode, user: &str) {
        if self.supervisions.get(&id).is_none_or(|one| one.is_over || one.mode == mode) {
            return;
        }
        self.change_supervision(id, |one| one.mode = mode);
        let text = format!("{user}: {} {}", mode.word(), self.subject_name(id));
        self.note_supervision(now, id, user, mode.word(), &text);
    }

    /// What one supervises, or how, is another: the board shows it, and whoever is at that call may hear something else.
    fn change_supervision(&mut self, id: CallId, how: impl FnOnce(&mut Supervision)) {
        self.supervisions.change(id, how);
        self.supervisions.look_after(id);
        if let Some(target) = self.supervisions.get(&id).and_then(|one| one.target) {
            self.supervisions.touch(target);
        }
        self.show_supervision(id);
    }

    /// Writes down what a supervisor does: at the supervisor's own call, and at the one that is heard.
    pub(super) fn note_supervision(&mut self, now: Now, id: CallId, user: &str, act: &str, text: &str) {
        let (kind, severity) = (EventKind::Audit, Severity::Info);
        let target = self.supervisions.get(&id).and_then(|one| one.target);
        for call in [Some(id), target].into_iter().flatten() {
            self.event(now, kind, severity, Some(call), user, act, text.to_owned());
            self.why(now, call, "supervise", text.to_owned());
        }
    }

    /// What stands on the board of a supervisor's call.
    fn show_supervision(&mut self, id: CallId) {
        let Some(one) = self.supervisions.get(&id) else { return };
        let (number, name) = (self.number_of(&one.subject), one.mode.word().to_owned());
        let target = one.target;
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.to = Party { number, name };
        if call.with.is_some() {
            call.with = Some(call.to.clone());
        }
        self.changed.extend([Some(id), target].into_iter().flatten().map(Changed::Call));
    }

    fn subject_name(&self, id: CallId) -> String {
        self.supervisions.get(&id).map(|one| self.name_of(&one.subject)).unwrap_or_default()
    }

    /// A subject in words.
    fn name_of(&self, subject: &Subject) -> String {
        match subject {
            Subject::Call(id) => {
                self.calls.get(id).map_or_else(String::new, |c| format!("call {}", c.number))
            }
            Subject::Agent(number) => match self.floor.agent(number) {
                Some(agent) if !agent.config.name.is_empty() => format!("{} ({number})", agent.config.name),
                _ => format!("agent {number}"),
            },
            Subject::Extension(extension) => format!("extension {extension}"),
        }
    }

    /// The number that stands for a subject.
    fn number_of(&self, subject: &Subject) -> String {
        match subject {
            Subject::Call(id) => {
                let call = self.calls.get(id);
                let with = call.and_then(|call| call.with.as_ref()).map(|with| with.number.clone());
                with.or_else(|| call.map(|call| call.to.number.clone())).unwrap_or_default()
            }
            Subject::Agent(number) | Subject::Extension(number) => number.clone(),
        }
    }

    /// Whether a supervisor's phone is up.
    pub(super) fn is_supervising(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| {
            matches!(call.stage, Stage::Service { .. })
                && call.caller_leg().is_some_and(|leg| leg.state == LegState::Up)
        })
    }
}

impl Supervision {
    fn new(user: &str, subject: Subject, mode: Mode) -> Self {
        Self { user: user.to_owned(), subject, mode, target: None, told: Told::default(), is_over: false }
    }
}

pub(super) fn nobody_at(phone: &str) -> String {
    format!("nobody supervises at {}; begin with listen, whisper or barge", clean(phone))
}
