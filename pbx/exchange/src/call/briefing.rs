//! Before the bridge: the agent who answered hears what queue the caller comes from, the caller who it is that answered.
//!
//! ```text
//! Seeking ──answer──► Talking, briefed ──both heard it, or 10 s (30 s if one is asked)──► Talking, bridged ──► …
//!                         └── either hangs up: as in any talk
//! ```
//!
//! Who is asked whether it may be recorded hears that first, and by itself; what was not heard to its end is no consent.
//!
//! An agent who is to call somebody back hears whom, before that one's phone rings (`queues::call_backs`).
//!
//! A briefed call talks, for its stage, the floor and its CDR: who answered has the caller. But neither hears the other, keys
//! go nowhere, and the recording, which begins with the bridge, has nothing of it.

use super::{Stage, UnderWay};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::BRIEFING_MAX;
use crate::media::{MediaCommand, Source};
use crate::{CallId, LegId};
use std::collections::BTreeSet;
use switchroom_acd::agent::Doing;
use switchroom_flow::{Clip, say};
use switchroom_sip::time::Now;

/// Numbers of prompts from here on are of briefings; flows and announcements in queues have those before.
const NUMBERS: u64 = 1 << 33;

/// What is added to the number of a briefing for that of its question.
const QUESTIONS: u64 = 1 << 32;

/// What is said before two parties are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Briefing {
    /// The number of what plays to both.
    number: u64,
    /// Who has not heard it to its end.
    pub(crate) hearing: BTreeSet<LegId>,
    /// Who is asked.
    pub(super) question: Option<Question>,
}

/// One of two is asked whether it may be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// Who.
    pub(super) of: LegId,
    /// The key to refuse is looked for in its sound.
    pub(super) listens: bool,
    /// What it is told afterwards.
    then: Vec<Clip>,
}

impl Briefing {
    /// Who is asked whether it may be recorded.
    pub(super) fn asks(&self) -> Option<LegId> {
        self.question.as_ref().map(|question| question.of)
    }
}

/// What each of the two hears; nothing: goes on with what there is.
#[derive(Default)]
struct Words {
    agent: Vec<Clip>,
    caller: Vec<Clip>,
}

impl Exchange {
    /// An agent answered: what is to be said before the two are connected begins. False if nothing is.
    pub(super) fn brief(&mut self, now: Now, id: CallId, leg: LegId) -> bool {
        let words = self.words_before_bridge(id, leg);
        self.forget_asked(id);
        let consent = self.asks_consent(id);
        let Some(caller) = self.calls.get(&id).map(|call| call.caller) else { return false };
        if words.is_none() && consent.is_none() {
            return false;
        }
        let is_told = words.is_some();
        let Words { agent, caller: callers } = words.unwrap_or_default();
        let said = [(leg, agent), (caller, callers)].into_iter().filter(|(_, clips)| !clips.is_empty());
        let asked = consent.as_ref().map(|(asked, _)| *asked);
        self.begin_briefing(now, id, said.collect(), consent);
        if let Some(asked) = asked {
            self.ask_consent(now, id, asked);
        }
        if is_told {
            self.why(now, id, "brief", "both are told whom they talk with before they do".to_owned());
        }
        true
    }

    /// What is to be said to these legs is said to each, to who is asked something behind that; the call goes on when all have
    /// heard it.
    pub(crate) fn begin_briefing(
        &mut self,
        now: Now,
        id: CallId,
        mut said: Vec<(LegId, Vec<Clip>)>,
        asks: Option<(LegId, Clip)>,
    ) {
        let stays = self.visits.get(&id).map_or(0, |visit| u64::from(visit.queued));
        let number = NUMBERS + stays;
        let question = asks.map(|(of, clip)| {
            let then = said.iter().position(|(leg, _)| *leg == of).map(|at| said.swap_remove(at).1);
            let question = Question { of, listens: false, then: then.unwrap_or_default() };
            (question, vec![clip])
        });
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut hearing: BTreeSet<LegId> = said.iter().map(|(leg, _)| *leg).collect();
        hearing.extend(question.as_ref().map(|(question, _)| question.of));
        let asked = question.as_ref().map(|(question, clips)| (question.of, clips.clone()));
        let question = question.map(|(question, _)| question);
        call.begin(UnderWay::Briefing(Briefing { number, hearing, question }));
        if let Some((leg, clips)) = asked {
            let number = number + QUESTIONS;
            self.media(MediaCommand::Play { call: id, leg, number, clips, is_loop: false });
        }
        for (leg, clips) in said {
            self.media(MediaCommand::Play { call: id, leg, number, clips, is_loop: false });
        }
        self.timers.set(Timer::Briefing(id), now.mono.after(BRIEFING_MAX));
    }

    fn words_before_bridge(&self, id: CallId, leg: LegId) -> Option<Words> {
        let language = self.visits.get(&id)?.run.language();
        let extension = self.calls.get(&id)?.leg(leg)?.extension.as_ref()?;
        let agent = self.floor.agent_at(extension)?;
        let Doing::Talking { call, queue, .. } = &agent.doing else { return None };
        let queue = self.floor.queue_by_id(*queue).filter(|_| *call == id.0)?;
        let agents = self.config.language_of(&queue.name);
        let queue = &queue.config;
        let name_in = |language| say::agent(language, &agent.number);
        let caller = if queue.announce_agent { name_in(language) } else { Vec::new() };
        let agent = match queue.whisper.as_str() {
            // Who hears nothing of his own hears when he may speak.
            "" if queue.announce_agent => name_in(agents),
            "" => Vec::new(),
            name => vec![Clip::Prompt { language: agents, name: name.to_owned() }],
        };
        (!agent.is_empty()).then_some(Words { agent, caller })
    }

    /// What plays to one of two is over, `is_heard`: to its end; true if that is what is said before their bridge.
    pub(super) fn briefed(&mut self, now: Now, id: CallId, leg: LegId, number: u64, is_heard: bool) -> bool {
        if number < NUMBERS {
            return false;
        }
        let briefing = self.calls.get_mut(&id).and_then(|call| call.briefing_mut());
        let Some(briefing) = briefing else { return true };
        let told = briefing.number;
        if let Some(question) =
            briefing.question.as_mut().filter(|one| one.of == leg && number == told + QUESTIONS)
        {
            let then = std::mem::take(&mut question.then);
            if is_heard {
                self.note_consent(id, leg);
            }
            if !then.is_empty() {
                let play = MediaCommand::Play { call: id, leg, number: told, clips: then, is_loop: false };
                self.media(play);
                return true;
            }
        } else if number != told {
            return true;
        }
        self.has_heard_all(now, id, leg);
        true
    }

    fn has_heard_all(&mut self, now: Now, id: CallId, leg: LegId) {
        let briefing = self.calls.get_mut(&id).and_then(|call| call.briefing_mut());
        let Some(briefing) = briefing else { return };
        briefing.hearing.remove(&leg);
        if briefing.hearing.is_empty() {
            self.end_briefing(now, id);
        } else {
            // Whoever has heard all waits for the other.
            self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        }
    }

    /// All is said, or it takes too long: they are connected.
    pub(crate) fn end_briefing(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let is_bridged = matches!(call.stage, Stage::Talking { .. });
        let asked = call.briefing().and_then(Briefing::asks);
        if !self.drop_briefing(id) {
            return;
        }
        if let Some(asked) = asked.filter(|_| is_bridged) {
            self.tell_missing_consent(now, id, asked);
        }
        if !is_bridged {
            self.ring_who_is_called_back(now, id);
        } else {
            self.bridge(now, id);
            self.note_open(id);
            self.show_parties(id);
        }
    }

    /// The call is no longer one that is about to be connected. False if it was none.
    pub(crate) fn drop_briefing(&mut self, id: CallId) -> bool {
        let Some(briefing) = self.calls.get_mut(&id).and_then(|call| call.take_briefing()) else {
            return false;
        };
        self.timers.cancel(Timer::Briefing(id));
        if let Some(question) = briefing.question.filter(|question| question.listens) {
            self.listen_to(id, question.of, false);
        }
        true
    }

    /// Caller and who answered hear each other from now, and the recording begins.
    pub(super) fn bridge(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Stage::Talking { with } = call.stage else { return };
        let caller = call.caller;
        self.wire(id, with);
        self.wire(id, caller);
        self.start_recording(now, id, caller, with);
    }
}
