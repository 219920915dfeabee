//! Defects planted on purpose between the exchange and the world, so that to everybody outside the exchange seems to
//! have them: what proves that a checker can fail. The product knows nothing of this.

mod defects;
mod media;

pub use defects::{Defect, Site};

use super::inbound::SECRET;
use super::world::USER;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use switchroom_acd::config::SortKey;
use switchroom_acd::fact::{Candidate, Trigger};
use switchroom_acd::{Activity, CallBackAct, CallBackEnd, Exit, Fact, Presence};
use switchroom_exchange::{
    Action, CallId, Changed, Channel, Config, LegId, MediaCommand, MessageRecord, Part, PortSlot, Record,
    RecordingSubject, Restored, SIGNAL, Ticket,
};
use switchroom_flow::Clip;

/// Prompts before a bridge have numbers from here on.
const BRIEFINGS: u64 = 1 << 33;

/// A defect and whether it has struck.
#[derive(Debug, Clone, Default)]
pub struct Plant {
    defect: Defect,
    /// How many occasions are let pass first.
    skip: usize,
    has_struck: bool,
    lost: Option<Vec<u8>>,
    hidden: Option<Changed>,
    known: BTreeSet<Changed>,
    slot: Option<PortSlot>,
    unwritten: Option<CallId>,
    /// Calls of which one party is with a flow, and how much it was played since.
    away: BTreeMap<CallId, u32>,
    /// Calls whose callers wait in queues.
    waiting: BTreeSet<CallId>,
    /// Tickets of what happened to queues and agents.
    facts: BTreeSet<Ticket>,
    /// Places of facts that were offered to the store, and the last one.
    places: BTreeSet<u64>,
    last_fact: Option<Fact>,
    /// Legs that hear nothing of others.
    silent: BTreeSet<(CallId, LegId)>,
    /// Calls by their short numbers.
    numbers: BTreeMap<u64, CallId>,
    /// A call in which somebody has just refused to be recorded.
    refused: Option<CallId>,
    /// Agents who talk with callers of queues.
    talking: BTreeSet<String>,
}

impl Plant {
    /// That defect, after some occasions.
    pub fn new(defect: Defect) -> Self {
        Self { defect, skip: 3, ..Self::default() }
    }

    fn strikes(&mut self) -> bool {
        if self.has_struck {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.has_struck = true;
        true
    }

    /// The configuration as the exchange takes it.
    pub fn config(&mut self, config: &mut Config) {
        if self.defect == Defect::UnheededRights {
            self.has_struck = true;
            config.supervision.queues.clear();
        }
        if self.defect != Defect::UnfairTurns {
            return;
        }
        self.has_struck = true;
        let mut floor = switchroom_acd::Config::clone(&config.floor);
        for queue in floor.queues.values_mut() {
            queue.order = vec![SortKey::Linear];
        }
        config.floor = Arc::new(floor);
    }

    /// What an exchange is told that starts again, with the defect.
    pub fn restored(&mut self, restored: &mut Restored) {
        if self.defect == Defect::ForgottenSubscriptions && !restored.subscriptions.is_empty() {
            self.has_struck = true;
            restored.subscriptions.clear();
        }
        let here = restored.agents.iter_mut().find(|agent| agent.state.presence.is_signed_in());
        if let (Defect::ForgottenPresence, Some(agent)) = (self.defect, here) {
            self.has_struck = true;
            agent.state.presence = Presence::Break { reason: "nothing".into() };
        }
    }

    /// An action as it comes out with the defect; further ones are put into `more`.
    pub fn change(&mut self, action: Action, more: &mut Vec<Action>) -> Option<Action> {
        if self.defect == Defect::None {
            return Some(action);
        }
        match action {
            Action::Send { flow, bytes } => {
                let bytes = self.send(&bytes)?;
                if self.defect == Defect::DoubledFinal && is_final_of_invite(&bytes) && self.strikes() {
                    let text = String::from_utf8_lossy(&bytes).replacen("SIP/2.0 2", "SIP/2.0 4", 1);
                    more.push(Action::Send { flow, bytes: text.into_bytes().into() });
                }
                Some(Action::Send { flow, bytes: bytes.into() })
            }
            Action::Media(command) => {
                more.extend(self.beside(&command).map(Action::Media));
                self.media(command).map(Action::Media)
            }
            Action::Persist { ticket, record } => {
                if let Record::CallOpen(open) = &record {
                    self.numbers.insert(open.number, open.call);
                }
                let record = self.record(record)?;
                if self.defect == Defect::UntoldRefusal && matches!(record, Record::Floor { .. }) {
                    self.facts.extend(ticket);
                }
                let doubles = self.defect == Defect::DoubledCdr && matches!(record, Record::Cdr(_))
                    || self.defect == Defect::DoubledEvent && matches!(record, Record::Event(_));
                let doubles = doubles
                    || self.defect == Defect::DoubledLeaving && has_gone(&record)
                    || self.defect == Defect::DoubledOffer && is_offer(&record);
                if doubles && self.strikes() {
                    more.push(Action::Persist { ticket: None, record: record.clone() });
                }
                if let (Defect::TwoCalls, Record::CallOpen(open)) = (self.defect, &record)
                    && open.answered_ms.is_none()
                    && self.strikes()
                {
                    let mut second = open.clone();
                    second.call = CallId(open.call.0 + 1);
                    more.push(Action::Persist { ticket: None, record: Record::CallOpen(second) });
                }
                if let (Defect::EarlyPrompt, Record::CallOpen(open)) = (self.defect, &record)
                    && open.answered_ms.is_none()
                    // A flow might answer at once.
                    && open.to.number.starts_with('1')
                    && self.strikes()
                {
                    more.push(Action::Media(prompt(open.call, LegId(u64::MAX))));
                }
                Some(Action::Persist { ticket, record })
            }
            Action::Ask { .. } if self.defect == Defect::AskedTwice && self.strikes() => {
                more.push(action.clone());
                Some(action)
            }
            Action::Ask { .. } => Some(action),
            Action::Reply { id, result } => {
                let result = self.reply(result);
                if let (Defect::HalfRefused, Some(call)) = (self.defect, self.refused_call(&result)) {
                    self.has_struck = true;
                    more.push(Action::Media(MediaCommand::PauseRecording { call, is_paused: true }));
                }
                Some(Action::Reply { id, result })
            }
        }
    }

    /// Whether ladders are shown as they must not be, to who looks for the first time or later.
    pub fn unmasks_ladder(&self, is_first: bool) -> bool {
        self.defect == Defect::ShownKey || self.defect == Defect::ShownNextKey && !is_first
    }

    /// Whether flight files are written as they must not be.
    pub fn unmasks_flight(&self) -> bool {
        self.defect == Defect::FlownKey
    }

    /// The call that is refused as not the own.
    fn refused_call(&self, result: &Result<String, String>) -> Option<CallId> {
        let (_, rest) = result.as_ref().err()?.split_once("is not in call ")?;
        let number = rest.split(';').next()?.parse().ok()?;
        self.numbers.get(&number).copied()
    }

    /// What a user is told, with the defect.
    fn reply(&mut self, result: Result<String, String>) -> Result<String, String> {
        let is_let_through = match self.defect {
            Defect::LentAct => is_refused_as_not_own(&result),
            Defect::ActsAnywhere => is_refused_by(&result, "you may act on queues"),
            _ => false,
        };
        self.has_struck |= is_let_through;
        if is_let_through { Ok("done".to_owned()) } else { result }
    }

    fn send(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let is_bye = bytes.starts_with(b"BYE ");
        if self.defect == Defect::LostBye && is_bye {
            self.has_struck = true;
            return None;
        }
        if self.defect == Defect::LostFinal {
            let via = via_line(bytes);
            if self.lost.is_some() && self.lost == via && is_final_of_invite(bytes) {
                return None;
            }
            if bytes.starts_with(b"SIP/2.0 2") && is_final_of_invite(bytes) && self.strikes() {
                self.lost = via;
                return None;
            }
        }
        if self.defect == Defect::UnheardInvite {
            // 100 is the first that is said of an INVITE.
            let via = via_line(bytes).filter(|_| is_of_invite(bytes));
            if via.is_some() && self.lost.is_none() && bytes.starts_with(b"SIP/2.0 100") && self.strikes() {
                self.lost.clone_from(&via);
            }
            if via.is_some() && self.lost == via {
                return None;
            }
        }
        if self.defect == Defect::UnheardHold
            && bytes.starts_with(b"SIP/2.0 200")
            && let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains("a=recvonly\r\n"))
        {
            // As many bytes as before.
            return Some(text.replace("a=recvonly\r\n", "a=sendrecv\r\n").into_bytes());
        }
        let instead = match self.defect {
            Defect::StaleLamp => "<state>early</state>     ",
            Defect::RepeatedLamp => "<state>confirmed</state> ",
            _ => "",
        };
        if !instead.is_empty() && bytes.starts_with(b"NOTIFY ") {
            // As many bytes as before. Each time: a lamp is told anew when its phone refreshes.
            let text = String::from_utf8_lossy(bytes);
            let dark = "<state>terminated</state>";
            self.has_struck |= text.contains(dark);
            return Some(text.replace(dark, instead).into_bytes());
        }
        if self.defect == Defect::ServedExpired && bytes.starts_with(b"INVITE sip:") && self.strikes() {
            let text = String::from_utf8_lossy(bytes).replacen("INVITE sip:1", "INVITE sip:9", 1);
            return Some(text.into_bytes());
        }
        Some(bytes.to_vec())
    }

    fn record(&mut self, record: Record) -> Option<Record> {
        match record {
            Record::Cdr(mut cdr) => {
                let defect = self.defect;
                match defect {
                    Defect::LostCdr if self.strikes() => return nothing(),
                    Defect::DroppedCdr if self.strikes() => return None,
                    Defect::DisorderedCdr if cdr.answered_ms.is_some() && self.strikes() => {
                        cdr.answered_ms = Some(cdr.started_ms - 1);
                    }
                    Defect::UncountedExit if cdr.flow.is_some() && self.strikes() => {
                        cdr.flow = Some("nowhere".into());
                    }
                    Defect::WrongParty if !cdr.legs.is_empty() && self.strikes() => {
                        cdr.from.number = "999".into();
                    }
                    _ => {}
                }
                Some(Record::Cdr(cdr))
            }
            Record::CallOpen(open) if self.defect == Defect::LostOpening => {
                if self.unwritten.is_none() && open.answered_ms.is_none() && self.strikes() {
                    self.unwritten = Some(open.call);
                }
                if self.unwritten == Some(open.call) { nothing() } else { Some(Record::CallOpen(open)) }
            }
            Record::Message(m) if self.is_message_lost(&m) && self.strikes() => nothing(),
            Record::Message(mut message) if self.defect == Defect::BentMessage => {
                // All of them: one might be deleted again.
                self.has_struck = true;
                message.length_ms += 1;
                Some(Record::Message(message))
            }
            Record::Event(mut event) if self.defect == Defect::ToldSecret => {
                // Again and again: before somebody has typed it, it is no secret.
                event.text.push_str(SECRET);
                Some(Record::Event(event))
            }
            Record::Event(mut event) if self.defect == Defect::ToldKey && event.name == "call_ended" => {
                event.name = "digit".into();
                Some(Record::Event(event))
            }
            Record::Event(event)
                if self.defect == Defect::RecordedRefusal && event.name == "recording_refused" =>
            {
                self.has_struck = true;
                self.refused = event.call;
                Some(Record::Event(event))
            }
            Record::Event(event) if event.name == "handed_off" && self.defect != Defect::RecordedFlow => {
                self.away.extend(event.call.map(|call| (call, 0)));
                Some(Record::Event(event))
            }
            Record::Event(mut event)
                if self.defect == Defect::UntoldPause && event.name == "recording_paused" =>
            {
                self.has_struck = true;
                event.name = "recording_seen".into();
                Some(Record::Event(event))
            }
            Record::Floor { seq, fact } if self.defect == Defect::BentAgain => {
                let other = self.last_fact.replace(Fact::clone(&fact));
                let is_again = !self.places.insert(seq);
                let bent = other.filter(|other| is_again && *other != *fact);
                self.has_struck |= bent.is_some();
                Some(Record::Floor { seq, fact: bent.map_or(fact, Box::new) })
            }
            Record::Floor { seq, fact } => {
                self.fact(*fact).map(|fact| Record::Floor { seq, fact: Box::new(fact) }).or_else(nothing)
            }
            Record::Binding(_) if self.defect == Defect::LostBinding && self.strikes() => nothing(),
            Record::Subscription(_) if self.defect == Defect::LostSubscription && self.strikes() => nothing(),
            record => Some(record),
        }
    }

    fn is_message_lost(&self, message: &MessageRecord) -> bool {
        match self.defect {
            Defect::LostMessage => !message.is_unfinished,
            Defect::UnwrittenMessage => message.is_unfinished,
            _ => false,
        }
    }

    /// What is written down of queues and agents; `None`: it is lost.
    fn fact(&mut self, mut fact: Fact) -> Option<Fact> {
        match &fact {
            Fact::Joined(joined) => _ = self.waiting.insert(CallId(joined.call)),
            Fact::Left(left) => _ = self.waiting.remove(&CallId(left.call)),
            Fact::Talked(talked) => _ = self.talking.remove(&talked.agent),
            _ => {}
        }
        match (self.defect, &mut fact) {
            (Defect::TwoTalks, Fact::Left(left)) if left.exit == Exit::Answered && !self.has_struck => {
                // They are too few to let some pass.
                self.has_struck = !self.talking.is_empty();
                self.talking.insert(left.agent.clone());
                left.agent =
                    self.talking.iter().find(|one| **one != left.agent).unwrap_or(&left.agent).clone();
            }
            (Defect::OfferInWrapUp, Fact::Agent(agent))
                if agent.is.activity == Activity::Offered && self.strikes() =>
            {
                agent.was.activity = Activity::WrapUp;
            }
            (Defect::UnofferedRing, Fact::Offered(_)) if self.strikes() => return None,
            (Defect::UnendedOffer, Fact::OfferEnded(ended)) if self.strikes() => ended.offer += 1_000,
            (Defect::BentChoice, Fact::Offered(decision))
                if decision.trigger == Trigger::Waiter && self.strikes() =>
            {
                let keys = vec![i64::MIN; decision.order.len()];
                decision.candidates.push(Candidate { agent: "0".into(), keys });
            }
            // Who is chosen stays the first: it is smaller.
            (Defect::StaleKey, Fact::Offered(decision)) if !self.has_struck => {
                let is_counted = |key: &SortKey| matches!(key, SortKey::LongestIdle | SortKey::FewestCalls);
                let at = decision.order.iter().position(is_counted);
                let first = decision.candidates.iter_mut().find(|one| decision.chosen.contains(&one.agent));
                let key = first.and_then(|one| one.keys.get_mut(at?)).filter(|key| **key > 0);
                // They are too few to let some pass.
                self.has_struck = key.is_some();
                key.into_iter().for_each(|key| *key -= 1);
            }
            (Defect::BentPresence, Fact::Agent(agent)) if agent.by == USER && self.strikes() => {
                agent.is.presence = Presence::Break { reason: "nothing".into() };
            }
            (Defect::BentTime, Fact::Agent(agent)) if agent.by == "offer" && self.strikes() => {
                agent.lasted_ms += 1;
            }
            (Defect::BentMissed, Fact::Left(left))
                if left.exit == Exit::Abandoned && left.waited_ms >= left.short_abandon_ms =>
            {
                // They are too few to let some pass.
                self.has_struck = true;
                left.caller.push('9');
            }
            (Defect::BentTries, Fact::CallBack(fact)) => {
                if let CallBackAct::Closed { how, tries, .. } = &mut fact.act
                    && *how != CallBackEnd::GivenUp
                {
                    // They are too few to let some pass.
                    self.has_struck = true;
                    *tries += 1;
                }
            }
            (Defect::UntoldDoor, Fact::Door(_)) if self.strikes() => return None,
            (Defect::BentRefusal, Fact::Left(left)) if left.exit == Exit::Full => {
                self.has_struck = true;
                left.exit = Exit::Closed;
            }
            (Defect::BentFull, Fact::Left(left)) if left.exit == Exit::Closed => {
                self.has_struck = true;
                left.exit = Exit::Full;
            }
            (Defect::BentEmpty, Fact::Left(left)) if left.exit == Exit::Full => {
                self.has_struck = true;
                left.exit = Exit::Empty;
            }
            (defect, Fact::Left(left)) if let_in(defect) == Some(left.exit) && !self.has_struck => {
                self.has_struck = true;
                return None;
            }
            (Defect::Overtaken, Fact::Joined(joined)) => {
                self.has_struck = true;
                self.skip += 1;
                joined.priority = i64::try_from(self.skip).unwrap_or(0);
            }
            _ => {}
        }
        Some(fact)
    }

    /// What the store tells, with the defect.
    pub fn told(&mut self, tickets: &mut Vec<Ticket>, is_kept: bool) {
        if self.defect == Defect::UntoldRefusal && !is_kept {
            let before = tickets.len();
            tickets.retain(|ticket| !self.facts.contains(ticket));
            self.has_struck |= tickets.len() < before;
        }
        if self.defect == Defect::LostTicket && self.strikes() {
            tickets.pop();
        }
    }

    /// What is shown anew, with the defect.
    pub fn changed(&mut self, changed: &mut BTreeSet<Changed>) {
        if self.defect != Defect::HiddenChange {
            return;
        }
        if self.hidden.is_none()
            && let Some(call) =
                changed.iter().find(|c| matches!(c, Changed::Call(_)) && !self.known.contains(c)).cloned()
            && self.strikes()
        {
            self.hidden = Some(call);
        }
        self.known.extend(changed.iter().cloned());
        // That call, of which nobody has heard, is never spoken of.
        if let Some(hidden) = &self.hidden {
            changed.remove(hidden);
        }
    }
}

/// Whom a defect lets in: who leaves a queue like that is not written down as leaving.
fn let_in(defect: Defect) -> Option<Exit> {
    match defect {
        Defect::ComesClosed => Some(Exit::Closed),
        Defect::ComesFull => Some(Exit::Full),
        Defect::ComesEmpty => Some(Exit::Empty),
        _ => None,
    }
}

fn is_refused_by(result: &Result<String, String>, words: &str) -> bool {
    result.as_ref().is_err_and(|why| why.contains(words))
}

fn is_refused_as_not_own(result: &Result<String, String>) -> bool {
    is_refused_by(result, "your phone")
}

/// A recording of whatever two there may be.
fn record(call: CallId) -> MediaCommand {
    let legs = [(LegId(u64::MAX - 1), Channel::Left), (LegId(u64::MAX), Channel::Right)];
    let nobody = || (String::new(), String::new());
    let subject = RecordingSubject { number: 0, from: nobody(), with: nobody(), started_ms: 0 };
    MediaCommand::Record { call, legs, subject }
}

/// Whether the last that a leg hears is a supervisor, whose leg comes after those of the two who talk.
fn is_supervisor(voice: Part, leg: LegId, other: Part) -> bool {
    voice.leg > leg && voice.leg > other.leg
}

fn has_gone(record: &Record) -> bool {
    let Record::Floor { fact, .. } = record else { return false };
    matches!(&**fact, Fact::Left(left) if left.exit != Exit::Answered)
}

/// A choice that goes by nothing that an offer changes.
fn is_offer(record: &Record) -> bool {
    let Record::Floor { fact, .. } = record else { return false };
    matches!(&**fact, Fact::Offered(decision) if !decision.order.contains(&SortKey::RoundRobin))
}

fn prompt(call: CallId, leg: LegId) -> MediaCommand {
    MediaCommand::Play { call, leg, number: 1, clips: vec![Clip::Beep], is_loop: false }
}

fn tone(call: CallId, leg: LegId) -> MediaCommand {
    MediaCommand::Play { call, leg, number: SIGNAL, clips: vec![Clip::Beep], is_loop: false }
}

/// A record that says nothing, in place of one that is lost though its ticket comes back.
fn nothing() -> Option<Record> {
    Some(Record::BindingGone { extension: String::new(), key: String::new() })
}

fn via_line(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.split(|b| *b == b'\n').find(|line| line.starts_with(b"Via:")).map(<[u8]>::to_vec)
}

fn is_final_of_invite(bytes: &[u8]) -> bool {
    is_of_invite(bytes) && !bytes.starts_with(b"SIP/2.0 1")
}

/// A response to an INVITE.
fn is_of_invite(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let is_it = |line: &str| line.starts_with("CSeq:") && line.ends_with(" INVITE");
    text.starts_with("SIP/2.0 ") && text.lines().any(is_it)
}
