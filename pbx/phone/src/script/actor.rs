//! One phone's parts of a plan, played.
//!
//! The contract is that of a phone, the other way round: hand in what the phone tells, drain
//! [`Actor::poll_command`] and do it, ask [`Actor::poll_timeout`] when to come back.

use super::plan::Course;
use crate::phone::{EndedBy, PhoneCommand, PhoneEvent};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Deadlines, Mono};

/// Which side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Dials.
    Caller,
    /// Is called.
    Called,
}

/// One phone's part in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The call's number in the plan.
    pub call: u32,
    /// When it is dialled, from the start of the run.
    pub at: Duration,
    /// Which side.
    pub role: Role,
    /// Number of the other side.
    pub peer: String,
    /// What becomes of it.
    pub course: Course,
}

/// What came of one call at one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The call's number in the plan; `None`: a call that was not planned.
    pub call: Option<u32>,
    /// Which side this phone was.
    pub role: Role,
    /// Number of the other side.
    pub peer: String,
    /// When it was dialled, or began to ring here.
    pub began: Mono,
    /// When it was answered.
    pub up: Option<Mono>,
    /// When it ended.
    pub ended: Mono,
    /// Who ended it.
    pub by: EndedBy,
    /// The status that said it, if one did.
    pub status: Option<Status>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Dial,
    Answer,
    GiveUp,
    Hold,
    Resume,
    Digits,
    HangUp,
}

#[derive(Debug)]
struct Active {
    part: Option<u32>,
    role: Role,
    peer: String,
    course: Course,
    began: Mono,
    up: Option<Mono>,
}

/// How early and how late a planned call may come and still be taken for it.
const LEEWAY: Duration = Duration::from_secs(3);
/// How long to wait before a hold or resume is tried again that met another change.
const AGAIN: Duration = Duration::from_millis(500);

/// One phone's parts of a plan, played.
#[derive(Debug)]
pub struct Actor {
    start: Mono,
    parts: VecDeque<Part>,
    /// What is done with calls that were not planned.
    strangers: Course,
    active: Option<Active>,
    due: Deadlines<Due>,
    commands: VecDeque<PhoneCommand>,
    outcomes: VecDeque<Outcome>,
    left_out: u32,
    is_over: bool,
}

impl Actor {
    /// An actor whose parts begin at `start`. Its phone must ring until told ([`crate::Answering::Never`]).
    pub fn new(start: Mono, parts: Vec<Part>, strangers: Course) -> Self {
        let mut actor = Self {
            start,
            parts: parts.into(),
            strangers,
            active: None,
            due: Deadlines::default(),
            commands: VecDeque::new(),
            outcomes: VecDeque::new(),
            left_out: 0,
            is_over: false,
        };
        actor.next_dial();
        actor
    }

    /// What the phone shall do next.
    pub fn poll_command(&mut self) -> Option<PhoneCommand> {
        self.commands.pop_front()
    }

    /// What came of the next call that ended.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcomes.pop_front()
    }

    /// When [`Actor::handle_due`] must be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.due.next().map(|(at, _)| at)
    }

    /// The call going on: its number in the plan, if it was planned.
    pub fn active(&self) -> Option<Option<u32>> {
        self.active.as_ref().map(|active| active.part)
    }

    /// Calls that were to be dialled while the phone was engaged, and were not.
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    /// No more calls: the one going on is ended, and calls that come in are refused.
    pub fn finish(&mut self) {
        self.is_over = true;
        self.parts.clear();
        self.due = Deadlines::default();
        if self.active.is_some() {
            self.commands.push_back(PhoneCommand::HangUp);
        }
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono) {
        while let Some(due) = self.due.pop_due(now) {
            match due {
                Due::Dial => self.dial(now),
                Due::Answer => self.commands.push_back(PhoneCommand::Answer),
                Due::GiveUp | Due::HangUp => self.commands.push_back(PhoneCommand::HangUp),
                Due::Hold => {
                    if let Some(Course::Talk { hold: Some(hold), .. }) = self.course() {
                        self.commands.push_back(PhoneCommand::Hold(hold.form));
                    }
                }
                Due::Resume => self.commands.push_back(PhoneCommand::Resume),
                Due::Digits => {
                    if let Some(Course::Talk { digits: Some(digits), .. }) = self.course() {
                        self.commands.push_back(PhoneCommand::Digits(digits.digits, digits.by));
                    }
                }
            }
        }
    }

    /// The phone did not do what it was told; the reason is of no interest, only what it was.
    pub fn refused(&mut self, now: Mono, command: &PhoneCommand) {
        match command {
            PhoneCommand::Call(_) => {
                self.left_out += 1;
                self.active = None;
                self.next_dial();
            }
            // Another change was under way.
            PhoneCommand::Hold(_) if self.active.is_some() => self.due.set(Due::Hold, now.after(AGAIN)),
            PhoneCommand::Resume if self.active.is_some() => self.due.set(Due::Resume, now.after(AGAIN)),
            PhoneCommand::Hold(_)
            | PhoneCommand::Resume
            | PhoneCommand::ResumeAsking
            | PhoneCommand::Register
            | PhoneCommand::Unregister
            | PhoneCommand::Answer
            | PhoneCommand::Decline(_)
            | PhoneCommand::HangUp
            | PhoneCommand::Digits(..)
            | PhoneCommand::Transfer(_)
            | PhoneCommand::Consult(_)
            | PhoneCommand::Connect
            | PhoneCommand::EndSecond
            | PhoneCommand::Answering(_) => {}
        }
    }

    /// What the phone tells.
    pub fn handle(&mut self, now: Mono, event: &PhoneEvent) {
        match event {
            PhoneEvent::Incoming { from, .. } => self.on_incoming(now, from),
            PhoneEvent::Up(_) => self.on_up(now),
            PhoneEvent::Ended { by, status, .. } => self.on_ended(now, *by, *status),
            PhoneEvent::Registered { .. }
            | PhoneEvent::RegisterFailed { .. }
            | PhoneEvent::Unregistered
            | PhoneEvent::Ringing
            | PhoneEvent::EarlyMedia(_)
            | PhoneEvent::MediaChanged(_)
            | PhoneEvent::ChangeRefused(_)
            | PhoneEvent::Digit { .. }
            | PhoneEvent::Second(_) => {}
        }
    }

    fn course(&self) -> Option<Course> {
        self.active.as_ref().map(|active| active.course.clone())
    }

    fn next_dial(&mut self) {
        let next = self.parts.iter().find(|part| part.role == Role::Caller);
        match next {
            Some(part) => self.due.set(Due::Dial, self.start.after(part.at)),
            None => self.due.cancel(Due::Dial),
        }
    }

    fn dial(&mut self, now: Mono) {
        let Some(place) = self.parts.iter().position(|part| part.role == Role::Caller) else { return };
        let Some(part) = self.parts.remove(place) else { return };
        if self.active.is_some() {
            // A call that was not planned has the phone.
            self.left_out += 1;
            return self.next_dial();
        }
        if let Course::Cancel { after } = part.course {
            self.due.set(Due::GiveUp, now.after(after));
        }
        self.commands.push_back(PhoneCommand::Call(part.peer.clone()));
        let (role, peer, course) = (part.role, part.peer, part.course);
        self.active = Some(Active { part: Some(part.call), role, peer, course, began: now, up: None });
        self.next_dial();
    }

    fn on_incoming(&mut self, now: Mono, from: &str) {
        let since = now.since(self.start);
        let planned = self.parts.iter().position(|part| {
            part.role == Role::Called
                && part.peer == from
                && part.at <= since + LEEWAY
                && since <= part.at + LEEWAY
        });
        let part = planned.and_then(|place| self.parts.remove(place));
        let (call, course) = match part {
            Some(part) => (Some(part.call), part.course),
            None if self.is_over => (None, Course::Decline),
            None => (None, self.strangers.clone()),
        };
        match &course {
            Course::Talk { answer_after, .. } => self.due.set(Due::Answer, now.after(*answer_after)),
            Course::Busy => self.commands.push_back(PhoneCommand::Decline(Status::BUSY)),
            Course::Decline => self.commands.push_back(PhoneCommand::Decline(Status::DECLINE)),
            // Ringing is all there is to do.
            Course::NoAnswer | Course::Cancel { .. } => {}
        }
        let (role, peer) = (Role::Called, from.to_owned());
        self.active = Some(Active { part: call, role, peer, course, began: now, up: None });
    }

    fn on_up(&mut self, now: Mono) {
        let Some(active) = &mut self.active else { return };
        active.up = Some(now);
        let role = active.role;
        self.due.cancel(Due::Answer);
        let Course::Talk { talk, hold, digits, caller_ends, .. } = active.course.clone() else { return };
        if caller_ends == (role == Role::Caller) {
            self.due.set(Due::HangUp, now.after(talk));
        }
        if role == Role::Caller {
            if let Some(hold) = hold {
                self.due.set(Due::Hold, now.after(hold.at));
                self.due.set(Due::Resume, now.after(hold.at + hold.span));
            }
            if let Some(digits) = digits {
                self.due.set(Due::Digits, now.after(digits.at));
            }
        }
    }

    fn on_ended(&mut self, now: Mono, by: EndedBy, status: Option<Status>) {
        for due in [Due::Answer, Due::GiveUp, Due::Hold, Due::Resume, Due::Digits, Due::HangUp] {
            self.due.cancel(due);
        }
        let Some(active) = self.active.take() else { return };
        let Active { part: call, role, peer, began, up, .. } = active;
        self.outcomes.push_back(Outcome { call, role, peer, began, up, ended: now, by, status });
    }
}
