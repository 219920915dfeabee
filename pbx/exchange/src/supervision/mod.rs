//! Supervisors at live calls: who listens, whispers or barges in, and what everybody hears of it.
//!
//! A supervisor's phone is rung once, or dials the code, and is a call of its own from then on, connected to
//! [`Service::Supervision`](crate::Service::Supervision). What it hears, and who hears it, is a matter of mixes only:
//!
//! ```text
//!  hears ->    the other party    the agent          the supervisor
//!  Listen      the agent          the other          both
//!  Whisper     the agent          the other + sup.   both
//!  Barge       the agent + sup.   the other + sup.   both
//!  take-over   the supervisor     (released)         the other       the supervisor's leg is a leg of the call
//! ```
//!
//! The supervisor's media is moved to that of the call that is heard, so that the legs of both can be mixed; nothing is
//! dialled again. After whatever may have changed who is connected, [`Exchange::settle_supervisions`] compares what each
//! supervisor whom that concerns should be at with what the media engine was told, and tells it the difference.

mod begin;
mod refusals;
mod rights;
mod settle;
mod table;
mod take_over;

pub(crate) use table::Supervisors;

use crate::call::{Call, LegState, Stage};
use crate::exchange::Exchange;
use crate::media::{Channel, Part, Source};
use crate::{CallId, LegId};
pub(crate) use refusals::Refusals;
use serde::{Deserialize, Serialize};

/// What a supervisor does at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Hears both, is heard by nobody.
    Listen,
    /// Is heard by the agent alone.
    Whisper,
    /// Is heard by both.
    Barge,
}

impl Mode {
    /// The word on screen and in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
        }
    }

    /// The mode that a key on the supervisor's phone chooses.
    pub fn of_key(key: char) -> Option<Self> {
        match key {
            '1' => Some(Self::Listen),
            '2' => Some(Self::Whisper),
            '3' => Some(Self::Barge),
            _ => None,
        }
    }
}

/// What is supervised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// This call, until it ends.
    Call(CallId),
    /// The calls of this agent, one after the other, wherever the agent sits.
    Agent(String),
    /// The calls of this extension, one after the other.
    Extension(String),
}

/// A supervisor at work. Known by the id of the supervisor's own call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    /// Who it is: a user, or the extension that dialled the code.
    pub user: String,
    /// What is supervised.
    pub subject: Subject,
    /// How.
    pub mode: Mode,
    /// The call that is heard now.
    pub target: Option<CallId>,
    /// What the media engine was told.
    told: Told,
    /// There is nothing more to hear: a tone says so, and the phone is hung up.
    is_over: bool,
}

/// What the media engine was told of a supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Told {
    /// What the supervisor hears.
    hears: Option<Source>,
    /// Who hears the supervisor: legs of the target.
    heard_by: Vec<LegId>,
    /// The recording in which the supervisor is heard, and where.
    recorded: Option<(CallId, Channel)>,
    /// The mode that the agent was told of by a tone, if that is wanted.
    notified: Option<(Mode, LegId)>,
}

impl Supervision {
    /// Whether there is nothing more to hear, and the phone is about to be hung up.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The parties of the target who hear the supervisor, as the media engine was told.
    pub fn heard_by(&self) -> &[LegId] {
        &self.told.heard_by
    }
}

impl Call {
    /// Whether two parties hear each other, or would if none held.
    fn is_heard(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. }) && !self.is_briefed()
    }

    /// The leg of an extension that talks.
    fn talking_leg(&self, extension: &str) -> Option<LegId> {
        let Stage::Talking { with } = self.stage else { return None };
        let is_it = |leg: &LegId| self.leg(*leg).and_then(|l| l.extension.as_deref()) == Some(extension);
        [with, self.caller].into_iter().find(is_it)
    }
}

impl Exchange {
    /// The supervisor whose own call that is.
    pub fn supervision(&self, id: CallId) -> Option<&Supervision> {
        self.supervisions.get(&id)
    }

    /// Who is at a call: the supervisors' own calls, and what they do.
    pub fn supervisors_of(&self, target: CallId) -> impl Iterator<Item = (&Call, &Supervision)> {
        self.supervisions.at(target).filter_map(|(id, one)| Some((self.calls.get(&id)?, one)))
    }

    /// The call whose media a leg's is with; its own but for a supervisor's.
    pub fn room_of(&self, leg: LegId) -> Option<CallId> {
        self.rooms.get(&leg).or_else(|| self.legs.get(&leg)).copied()
    }

    /// The extension whose calls are supervised.
    pub(crate) fn followed(&self, subject: &Subject) -> Option<String> {
        match subject {
            Subject::Call(_) => None,
            Subject::Extension(extension) => Some(extension.clone()),
            Subject::Agent(number) => {
                self.floor.agent(number).map(|agent| agent.extension.clone()).filter(|e| !e.is_empty())
            }
        }
    }

    /// The party of the target whom a whisper is for: whose calls are followed, or else who is the agent's side.
    fn coached(&self, one: &Supervision, target: &Call) -> Option<LegId> {
        match one.subject {
            Subject::Call(_) => self.agents_leg(target.id),
            // Whoever takes the place of who is followed is not the one.
            Subject::Agent(_) | Subject::Extension(_) => {
                self.followed(&one.subject).and_then(|extension| target.talking_leg(&extension))
            }
        }
    }

    /// The leg of a supervisor who can be heard now.
    fn voice(&self, supervisor: CallId) -> Option<LegId> {
        let call = self.calls.get(&supervisor)?;
        let leg = call.caller_leg().filter(|leg| leg.state == LegState::Up && !leg.holds)?;
        matches!(call.stage, Stage::Service { .. }).then_some(leg.id)
    }

    /// The legs of the target that hear a supervisor.
    fn audience(&self, supervisor: CallId, one: &Supervision) -> Vec<LegId> {
        let Some(target) = one.target.and_then(|id| self.calls.get(&id)).filter(|call| call.is_heard())
        else {
            return Vec::new();
        };
        if self.voice(supervisor).is_none() {
            return Vec::new();
        }
        match one.mode {
            Mode::Listen => Vec::new(),
            Mode::Whisper => self.coached(one, target).into_iter().collect(),
            Mode::Barge => self.bridged(target),
        }
    }

    /// What a supervisor hears: those who are connected, and the others who barge in. Who holds is not heard, as for the other party.
    pub(crate) fn heard_by_supervisor(&self, id: CallId) -> Source {
        let Some(one) = self.supervisions.get(&id) else { return Source::Silence };
        let Some(target) = one.target.and_then(|id| self.calls.get(&id)).filter(|call| call.is_heard())
        else {
            return Source::Silence;
        };
        let parties = self.bridged(target).into_iter();
        let mut heard: Vec<LegId> =
            parties.filter(|leg| self.leg_anywhere(*leg).is_some_and(|leg| !leg.holds)).collect();
        heard.extend(self.supervisions.speaking_at(target.id).filter_map(|(other, theirs)| {
            let barges = theirs.mode == Mode::Barge && other != id;
            barges.then(|| self.voice(other)).flatten()
        }));
        mix(heard)
    }

    /// What a party of a talk hears, who without supervisors would hear `source`.
    pub(crate) fn heard_with_supervisors(&self, id: CallId, leg: LegId, source: Source) -> Source {
        let speaking = self.supervisions.speaking_at(id);
        let to_this = speaking.filter(|(of, one)| self.audience(*of, one).contains(&leg));
        let voices: Vec<LegId> = to_this.filter_map(|(of, _)| self.voice(of)).collect();
        if voices.is_empty() {
            return source;
        }
        let mut heard = match source {
            Source::Leg(other) => vec![other],
            Source::Mix(parts) => parts.into_iter().map(|part| part.leg).collect(),
            Source::Nothing | Source::Silence | Source::Echo | Source::Tone { .. } => Vec::new(),
        };
        heard.extend(voices);
        mix(heard)
    }
}

pub(crate) fn mix(legs: Vec<LegId>) -> Source {
    if legs.is_empty() {
        return Source::Silence;
    }
    Source::Mix(legs.into_iter().map(|leg| Part { leg, gain_ddb: 0 }).collect())
}
