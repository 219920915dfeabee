//! A call begins: who calls, whom, and by which phones the called side is reached.

use super::{Call, Leg, LegState, Over, Ringing, Stage};
use crate::config::Codec;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::FORKS_MAX;
use crate::media::MediaCommand;
use crate::negotiate::{can_make, offer_on_behalf, own_formats};
use crate::ports::NONE_FREE;
use crate::record::{Cause, End, LegOutcome, Party, Why};
use crate::text::clean;
use crate::{CallId, Changed, LegId};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom_sip::dialog::request_uri;
use switchroom_sip::endpoint::{Incoming, Invite};
use switchroom_sip::flow::Flow;
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::sdp::{Description, Direction, Format, Local};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;
use switchroom_sip::uri::Uri;

/// A phone that can be rung.
pub(super) struct Reachable {
    rank: u16,
    number: String,
    flow: Flow,
    uri: Uri,
    agent: String,
}

/// Why there is no room for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The exchange is about to stop.
    Stops,
    /// There are as many calls, or SIP sessions, as there may be.
    IsFull,
    /// The extension that would make it has made as many as it may.
    HasMadeAll,
}

impl Exchange {
    /// An INVITE whose sender is `extension`.
    pub(crate) fn on_invite(&mut self, now: Now, extension: &str, incoming: Incoming) {
        if self.no_room(Some(extension)).is_some() {
            let mut headers = Headers::default();
            headers.push(Name::RetryAfter, "10");
            return self.answer(now, &incoming, Status::SERVICE_UNAVAILABLE, &headers);
        }
        let offer = match incoming.request.sdp().map(|sdp| Description::parse(&sdp)).transpose() {
            Ok(offer) => offer,
            Err(why) => {
                let mut headers = Headers::default();
                headers.push(Name::Warning, format!("399 switchroom \"{why}\""));
                return self.answer(now, &incoming, Status::NOT_ACCEPTABLE_HERE, &headers);
            }
        };
        if incoming.request.headers.get(&Name::Replaces).is_some() {
            return self.on_replacing(now, extension, incoming, offer);
        }
        let (dialled, flow) = (incoming.request.uri.user_text(), incoming.flow);
        let hops = incoming.request.headers.number(&Name::MaxForwards).unwrap_or(70).min(70);
        let agent = clean(incoming.request.headers.get(&Name::UserAgent).unwrap_or_default());
        let sip_call_id = incoming.request.call_id().to_owned();
        let Some(session) = self.endpoint.take_invite(now.mono, incoming, extension) else { return };

        let id = CallId::new(now.wall.0, self.rng.wide());
        let leg = self.next_leg(id);
        self.sessions.insert(session, (id, leg));
        // The number and name of the account, whatever From says (class "identity from credentials only").
        let party = self.party_of(extension);
        let caller = Leg {
            session: Some(session),
            agent,
            sip_call_id,
            remote: offer,
            ..self.new_leg(leg, End::Caller, party.clone(), Some(extension.to_owned()), flow)
        };
        let call = Call {
            legs: BTreeMap::from([(leg, caller)]),
            max_forwards: u8::try_from(hops.saturating_sub(1)).unwrap_or(0),
            sessions: vec![session],
            ..Call::new(id, self.next_number(), party, self.party_of(&clean(&dialled)), leg, now)
        };
        let text = format!("{} calls {}", call.from.number, call.to.number);
        self.calls.insert(id, call);
        // The INVITE stands on the ladder before what is decided about it.
        self.collect_traces(now);
        self.count_call(extension);
        self.calls_with.entry(extension.to_owned()).or_default().insert(id);
        self.call_event(now, id, extension, "call_started", text);
        self.extension_changed(extension.to_owned());
        self.note_open(id);
        self.why(now, id, "call", format!("{extension} dialled {} from {flow}", clean(&dialled)));
        self.route(now, id, &dialled);
    }

    /// Why there is no room for a call more, if there is none; `maker` is the extension that would make it.
    pub(crate) fn no_room(&self, maker: Option<&str>) -> Option<NoRoom> {
        if self.counts.draining {
            return Some(NoRoom::Stops);
        }
        if self.live_calls >= self.config.calls_max || self.endpoint.is_full() {
            return Some(NoRoom::IsFull);
        }
        let has_made_all = maker.is_some_and(|by| self.calls_made_by(by) >= self.config.calls_per_extension);
        has_made_all.then_some(NoRoom::HasMadeAll)
    }

    /// An extension makes a call.
    pub(crate) fn count_call(&mut self, extension: &str) {
        self.live_calls += 1;
        self.made_one_more(extension);
        self.counts.calls_total += 1;
    }

    /// Live calls that an extension has made.
    fn calls_made_by(&self, extension: &str) -> usize {
        self.calls_made.get(extension).copied().unwrap_or(0)
    }

    /// A number with the name it has here.
    pub(crate) fn party_of(&self, number: &str) -> Party {
        let name = self.config.extensions.get(number).map(|e| e.name.clone()).unwrap_or_default();
        Party { number: number.to_owned(), name }
    }

    pub(crate) fn new_leg(
        &self,
        id: LegId,
        end: End,
        party: Party,
        extension: Option<String>,
        flow: Flow,
    ) -> Leg {
        Leg {
            id,
            end,
            origin: end,
            party,
            extension,
            session: None,
            state: LegState::Calling,
            flow,
            agent: String::new(),
            sip_call_id: String::new(),
            slot: None,
            local: None,
            remote: None,
            codec: None,
            agreed: None,
            holds: false,
            hears_music: false,
            media_from: None,
            is_missing: false,
            is_dead: false,
            recent: Default::default(),
            quality: Default::default(),
            outcome: LegOutcome::Failed,
            ringing: None,
            counted: Default::default(),
            hushed_until: None,
            code_since: None,
            consent: Default::default(),
        }
    }

    /// Adds a step to the path of a call, and to its ladder.
    pub(crate) fn why(&mut self, now: Now, call: CallId, step: &str, text: String) {
        // News of who is to be called back are about a call that is over, if about any.
        if self.calls.contains_key(&call) || self.ladders.get(call).is_some() {
            self.ladders.decision(now, call, &text);
        }
        if let Some(call) = self.calls.get_mut(&call) {
            let at_ms = call.clock(now).wall.0;
            call.path.push(Why { at_ms, step: step.to_owned(), text });
            self.changed.insert(Changed::Call(call.id));
            self.changed.insert(Changed::Ladder(call.id));
        }
    }

    /// Rings every phone of an extension.
    pub(crate) fn ring(&mut self, now: Now, id: CallId, number: &str) {
        let numbers = [number.to_owned()];
        if let Some(call) = self.calls.get_mut(&id) {
            call.begin_search(now, numbers.to_vec());
        }
        self.play_ringing(id);
        self.ring_all(now, id, &numbers, None);
    }

    /// Rings every phone of some extensions, for `wait` or as long as the configuration says.
    pub(crate) fn ring_all(&mut self, now: Now, id: CallId, numbers: &[String], wait: Option<Duration>) {
        let phones = self.phones_of(now, id, numbers);
        if phones.is_empty() {
            let text = format!("{} has no phone that can be reached", self.sought(id));
            return self.search_failed(now, id, Over::by_rule(Cause::Unreachable, Status::UNAVAILABLE, text));
        }
        let formats = self.formats_for(id);
        if formats.is_empty() {
            let over = Over::not_acceptable("the caller's phone offers no codec that is allowed here");
            if self.transfer_failed(now, id, &over) {
                return;
            }
            return self.finish(now, id, over);
        }
        let set = || numbers.first().map_or(self.config.ring, |first| self.config.ring_of(first));
        let wait = wait.unwrap_or_else(set);
        if self.ring_phones(now, id, phones, &formats, wait) {
            self.timers.set(Timer::NoAnswer(id), now.mono.after(wait));
            self.each_has_its_time(id);
        } else {
            if self.live_callees(id).is_empty() {
                self.timers.cancel(Timer::NoAnswer(id));
            }
            let over = Over::by_rule(Cause::Overload, Status::SERVICE_UNAVAILABLE, NONE_FREE);
            self.search_failed(now, id, over);
        }
    }

    /// The phones by which extensions can be reached, best first; the path says why others are left out.
    pub(super) fn phones_of(&mut self, now: Now, id: CallId, numbers: &[String]) -> Vec<Reachable> {
        let caller = self.calls.get(&id).and_then(|call| call.caller_leg());
        let caller = caller.map(|leg| (leg.flow, leg.extension.clone()));
        let mut phones: Vec<Reachable> = Vec::new();
        let mut skipped = Vec::new();
        for number in numbers {
            let before = phones.len();
            for binding in self.registrar.of(number) {
                // Behind an address that is configured there may be many.
                let is_callers = caller.as_ref().is_some_and(|(flow, extension)| {
                    binding.flow == *flow && (!binding.is_fixed() || extension.as_ref() == Some(number))
                });
                if is_callers {
                    skipped.push(format!("{} is the caller's own phone", binding.flow));
                } else if binding.is_fixed() && self.registrar.is_registered_at(number, binding) {
                    skipped.push(format!("{} is registered besides", binding.flow));
                } else if let Some(obstacle) = binding.obstacle() {
                    skipped.push(format!("{}: {obstacle}", binding.flow));
                } else if phones.len() - before >= FORKS_MAX {
                    skipped.push(format!("{}: more phones than are rung at once", binding.flow));
                } else {
                    let record = &binding.record;
                    phones.push(Reachable {
                        rank: 1000_u16.saturating_sub(record.q_milli),
                        number: number.clone(),
                        flow: binding.flow,
                        uri: binding.uri.clone(),
                        agent: record.agent.clone(),
                    });
                }
            }
            skipped.extend(self.unresolved(number).map(str::to_owned));
        }
        for reason in skipped {
            self.why(now, id, "skip", reason);
        }
        phones.sort_by_key(|phone| phone.rank);
        phones
    }

    /// What the called side is offered: what the caller talks in if that is settled, else all that it can; of that only what
    /// we can make sound in, if a flow wants the caller back.
    pub(super) fn formats_for(&self, id: CallId) -> Vec<Format> {
        let codecs = &self.config.codecs;
        let Some(caller) = self.calls.get(&id).and_then(|call| call.caller_leg()) else { return Vec::new() };
        match (&caller.remote, &caller.codec) {
            (Some(remote), Some(codec)) if caller.state == LegState::Up => {
                let mut settled = remote.clone();
                settled.formats.retain(|format| format.is_digits() || format.same_encoding(codec));
                let offer = offer_on_behalf(&settled, codecs);
                // A codec that was taken out of the configuration since is spoken on: what others speak is translated.
                if offer.is_empty() && can_make(codec, &Codec::ALL) { own_formats(codecs) } else { offer }
            }
            (Some(remote), _) if self.wants_back(id) => {
                let mut spoken = remote.clone();
                spoken.formats.retain(|f| f.is_digits() || can_make(f, codecs));
                offer_on_behalf(&spoken, codecs)
            }
            (Some(remote), _) => offer_on_behalf(remote, codecs),
            (None, _) => own_formats(codecs),
        }
    }

    /// Rings phones for so long, as many as there are port pairs for. False if none is rung.
    pub(super) fn ring_phones(
        &mut self,
        now: Now,
        id: CallId,
        phones: Vec<Reachable>,
        formats: &[Format],
        wait: Duration,
    ) -> bool {
        let mut is_any = false;
        for phone in phones {
            if !self.ring_phone(now, id, phone, formats.to_vec(), wait) {
                break;
            }
            is_any = true;
        }
        is_any
    }

    /// Rings one phone. False if there is no port pair for it.
    fn ring_phone(
        &mut self,
        now: Now,
        id: CallId,
        phone: Reachable,
        formats: Vec<Format>,
        wait: Duration,
    ) -> bool {
        let Reachable { number, flow, uri, agent, .. } = phone;
        let leg = self.next_leg(id);
        let Some(local) = self.open_media(now, id, leg, &flow, formats) else {
            self.legs.remove(&leg);
            return false;
        };
        let Some(call) = self.calls.get(&id) else { return false };
        let (end, from) = if call.stage == Stage::Placing {
            (End::Caller, call.shown_to_caller())
        } else {
            (End::Callee, call.caller_party().clone())
        };
        let hops = call.max_forwards;
        let domain = self.config.domain.clone();
        let (name, mut headers) = match end {
            End::Caller => (from.name.clone(), self.callers_invitation(id, &number)),
            End::Callee => self.invitation(id, &number),
        };
        self.referred_by(id, &mut headers);
        let invite = Invite {
            flow,
            uri: request_uri(&uri),
            from: NameAddr::named(&name, Uri::sip(&from.number, &domain, None)),
            to: NameAddr::bare(Uri::sip(&number, &domain, None)),
            contact_user: from.number.clone(),
            sdp: Some(local.0.offer()),
            max_forwards: hops,
            headers,
        };
        let session = self.endpoint.invite(now.mono, invite);
        self.sessions.insert(session, (id, leg));
        let sip_call_id = self.endpoint.call_id_of(session).unwrap_or_default().to_owned();
        let party = self.party_of(&number);
        let new = Leg {
            session: Some(session),
            agent,
            sip_call_id,
            slot: Some(local.1),
            local: Some(local.0),
            ringing: Some(Ringing::new(now.mono, now.mono.after(wait))),
            ..self.new_leg(leg, end, party, Some(number.clone()), flow)
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.legs.insert(leg, new);
            call.sessions.push(session);
            self.calls_with.entry(number.clone()).or_default().insert(id);
        }
        self.extension_changed(number.clone());
        self.why(now, id, "offer", format!("ring {number} at {flow}"));
        true
    }

    /// Takes a port pair for a leg, has it opened, and describes it.
    pub(crate) fn open_media(
        &mut self,
        now: Now,
        call: CallId,
        leg: LegId,
        flow: &Flow,
        formats: Vec<Format>,
    ) -> Option<(Local, crate::PortSlot)> {
        let slot = self.ports.take(now.mono)?;
        self.media(MediaCommand::Open { call, leg, slot });
        let port = self.config.rtp_port_first.saturating_add(slot.0.saturating_mul(2));
        let ip = self.endpoint.advertised(flow).ip();
        let local = Local {
            // Fits a signed 64-bit number, which is all that some phones can read.
            session_id: self.rng.bits() >> 2,
            version: 1,
            rtp: std::net::SocketAddr::new(ip, port),
            formats,
            direction: Direction::SendRecv,
            ptime_ms: 20,
        };
        Some((local, slot))
    }
}
