//! Before the bridge: the agent who answered hears what queue the caller comes from, the caller who it is that answered.
//!
//! ```text
//! Seeking ──answer──► Talking, briefed ──both heard it, or 10 s──► Talking, bridged ──► …
//!                         └── either hangs up: as in any talk
//! ```
//!
//! Who is asked whether it may be recorded has 30 s; what was not heard to its end by then is no consent.
//!
//! An agent who is to call somebody back hears whom, before that one's phone rings (`queues::call_backs`).
//!
//! A briefed call talks, for its stage, the floor and its CDR: who answered has the caller. But neither hears the other, keys
//! go nowhere, and the recording, which begins with the bridge, has nothing of it.

use super::Stage;
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

/// What is said before two parties are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Briefing {
    /// The number of what plays to both.
    number: u64,
    /// Who has not heard it to its end.
    pub(crate) hearing: BTreeSet<LegId>,
    /// Who is asked whether it may be recorded.
    pub(super) asks: Option<LegId>,
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
        let consent = self.asks_consent(id);
        let Some(caller) = self.calls.get(&id).map(|call| call.caller) else { return false };
        if words.is_none() && consent.is_none() {
            return false;
        }
        let is_told = words.is_some();
        let Words { agent, caller: callers } = words.unwrap_or_default();
        let mut said = [(leg, agent), (caller, callers)];
        if let Some((asked, clip)) = &consent {
            said.iter_mut()
                .filter(|(of, _)| of == asked)
                .for_each(|(_, clips)| clips.insert(0, clip.clone()));
        }
        self.begin_briefing(now, id, said.into_iter().filter(|(_, clips)| !clips.is_empty()).collect());
        if let Some((asked, _)) = consent {
            self.ask_consent(now, id, asked);
        }
        if is_told {
            self.why(now, id, "brief", "both are told whom they talk with before they do".to_owned());
        }
        true
    }

    /// What is to be said to these legs is said to each; the call goes on when all have heard it.
    pub(crate) fn begin_briefing(&mut self, now: Now, id: CallId, said: Vec<(LegId, Vec<Clip>)>) {
        let stays = self.visits.get(&id).map_or(0, |visit| u64::from(visit.queued));
        let number = NUMBERS + stays;
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.briefing =
            Some(Briefing { number, hearing: said.iter().map(|(leg, _)| *leg).collect(), asks: None });
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
    pub(super) fn briefed(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        (number, is_heard): (u64, bool),
    ) -> bool {
        if number < NUMBERS {
            return false;
        }
        let briefing = self.calls.get_mut(&id).and_then(|call| call.briefing.as_mut());
        let Some(briefing) = briefing.filter(|briefing| briefing.number == number) else { return true };
        briefing.hearing.remove(&leg);
        let is_over = briefing.hearing.is_empty();
        if is_heard {
            self.note_consent(id, leg);
        }
        if is_over {
            self.end_briefing(now, id);
        } else {
            // Whoever has heard all waits for the other.
            self.media(MediaCommand::Hear { call: id, leg, source: Source::Silence });
        }
        true
    }

    /// All is said, or it takes too long: they are connected.
    pub(crate) fn end_briefing(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let is_bridged = matches!(call.stage, Stage::Talking { .. });
        let asked = call.briefing.as_ref().and_then(|briefing| briefing.asks);
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
        let Some(briefing) = self.calls.get_mut(&id).and_then(|call| call.briefing.take()) else {
            return false;
        };
        self.timers.cancel(Timer::Briefing(id));
        if let Some(asked) = briefing.asks.filter(|_| self.config.consent_refuse.is_some()) {
            self.listen_to(id, asked, false);
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
