//! The exchange's values as the control socket shows them: the only place that knows both.
//!
//! Every `match` here names every case, so that a new state of the exchange does not compile until it has a form on the
//! wire.

use super::floor;
use switchroom_exchange as x;
use switchroom_exchange::{Exchange, LegState, Now, Stage};
use switchroom_sip::message::Message;
use switchroom_wire as w;

// Bounds that clients are told, and the exchange keeps.
const _: () = assert!(switchroom_acd::limits::PRIORITY_MAX == w::PRIORITY_MAX as i64);
const _: () = assert!(x::limits::NOTE_CHARS_MAX == w::NOTE_CHARS_MAX);
const _: () = assert!(x::limits::TOLD_CHARS_MAX == w::TOLD_CHARS_MAX);
const _: () = assert!(x::limits::REASON_CHARS_MAX == w::REASON_CHARS_MAX);

fn party(party: &x::Party) -> w::PartyView {
    w::PartyView { number: party.number.clone(), name: party.name.clone() }
}

fn side(end: x::End) -> w::Side {
    match end {
        x::End::Caller => w::Side::Caller,
        x::End::Callee => w::Side::Callee,
    }
}

fn direction(d: &x::Direction) -> w::DirectionQuality {
    w::DirectionQuality {
        packets: d.packets,
        loss_ppm: d.loss_ppm(),
        jitter_us: d.jitter_us,
        rtt_us: d.rtt_us,
        mos_centi: d.mos_centi,
    }
}

fn quality(q: &x::Quality) -> w::QualityView {
    w::QualityView { received: direction(&q.received), sent: direction(&q.sent) }
}

fn ending(ending: &x::Ending) -> w::EndedView {
    let by = match &ending.by {
        x::EndedBy::Party(x::End::Caller) => "caller".to_owned(),
        x::EndedBy::Party(x::End::Callee) => "callee".to_owned(),
        x::EndedBy::System => "system".to_owned(),
        x::EndedBy::User(user) => format!("user {user}"),
    };
    w::EndedView {
        at_ms: ending.at_ms,
        by,
        cause: ending.cause.word().to_owned(),
        status: ending.status,
        text: ending.text.clone(),
    }
}

fn path(path: &[x::Why]) -> Vec<w::WhyView> {
    path.iter().map(|s| w::WhyView { at_ms: s.at_ms, step: s.step.clone(), text: s.text.clone() }).collect()
}

fn leg(leg: &x::Leg) -> w::LegView {
    let state = match leg.state {
        LegState::Calling => "calling",
        LegState::Ringing => "ringing",
        LegState::Up if leg.holds => "holding",
        LegState::Up => "up",
        LegState::Ended => "ended",
    };
    w::LegView {
        id: leg.id.0,
        side: side(leg.end),
        party: party(&leg.party),
        state: state.to_owned(),
        address: leg.flow.to_string(),
        agent: leg.agent.clone(),
        codec: leg.codec_name(),
        media_address: leg.media_from.map(|a| a.to_string()).unwrap_or_default(),
        quality: quality(if leg.state == LegState::Ended { &leg.quality } else { &leg.recent }),
    }
}

fn troubles(call: &x::Call) -> Vec<String> {
    let mut out = Vec::new();
    if call.is_ended() {
        return out;
    }
    if call.is_held_long() {
        out.push("long_hold".to_owned());
    }
    for leg in call.legs.values().filter(|l| l.state == LegState::Up) {
        let side = match leg.end {
            x::End::Caller => "caller",
            x::End::Callee => "callee",
        };
        let received = &leg.recent.received;
        if leg.is_missing {
            out.push(format!("one_way {side}"));
        }
        if leg.is_dead {
            out.push(format!("silence {side}"));
        }
        if received.loss_ppm() >= w::LOSS_WARN_PPM {
            out.push(format!(
                "loss {side} {}.{}%",
                received.loss_ppm() / 10_000,
                received.loss_ppm() / 1000 % 10
            ));
        }
        if received.jitter_us >= w::JITTER_WARN_US {
            out.push(format!("jitter {side} {} ms", received.jitter_us / 1000));
        }
    }
    out
}

/// The legs of a call, the caller's first.
fn legs(call: &x::Call) -> impl Iterator<Item = &x::Leg> {
    let in_vain = call.caller_legs().filter(|leg| leg.id != call.caller);
    call.caller_leg().into_iter().chain(in_vain).chain(call.callee_legs())
}

/// A call, of this exchange.
pub fn call(exchange: &Exchange, call: &x::Call) -> w::CallView {
    let state = match &call.stage {
        Stage::Flow => w::CallState::Flow,
        Stage::Placing | Stage::Seeking => w::CallState::Ringing,
        Stage::Talking { .. } if call.held.is_some() => w::CallState::Held,
        Stage::Talking { .. } => w::CallState::Talking,
        Stage::Service { .. } => w::CallState::Service,
        Stage::Ended { .. } => w::CallState::Ended,
    };
    let ended = match &call.stage {
        Stage::Ended { ending: how, .. } => Some(ending(how)),
        Stage::Placing | Stage::Flow | Stage::Seeking | Stage::Talking { .. } | Stage::Service { .. } => None,
    };
    let recording = match call.recording {
        x::Recording::Off => w::RecordingState::Off,
        x::Recording::On if call.is_recording_paused() => w::RecordingState::Paused,
        x::Recording::On => w::RecordingState::On,
        x::Recording::Failed => w::RecordingState::Failed,
        x::Recording::Done => w::RecordingState::Done,
    };
    w::CallView {
        id: call.id.to_string(),
        number: call.number,
        state,
        from: party(&call.from),
        to: party(&call.to),
        with: call.with.as_ref().map(party),
        started_ms: call.started.wall.0,
        ringing_ms: call.ringing.map(|n| n.wall.0),
        answered_ms: call.answered.map(|n| n.wall.0),
        held_ms: call.held.map(|n| n.wall.0),
        ended,
        legs: legs(call).map(leg).collect(),
        path: path(&call.path),
        recording,
        troubles: troubles(call),
        place: exchange.place_of(call.id).map(|(flow, node)| w::PlaceView { flow, node }),
        queue: floor::queue_of_waiter(exchange, call.id),
        queues: call.queues.iter().cloned().collect(),
        hand_off: call.hand_off().map(|hand_off| w::HandOffView {
            flow: hand_off.flow.clone(),
            by: call.leg(hand_off.by).map(|leg| party(&leg.party)).unwrap_or_default(),
            is_waiting: call.hander().is_some(),
            since_ms: hand_off.since.wall.0,
        }),
        handed_back: call.handed_back.iter().map(handed_back).collect(),
        consult: call.consult().map(|consult| w::ConsultView {
            by: call.leg(consult.by).map(|leg| party(&leg.party)).unwrap_or_default(),
            third: party(&consult.third),
            call: consult.own.to_string(),
            bridge: consult.bridge.word().to_owned(),
        }),
        supervision: exchange.supervision(call.id).map(|one| supervision(exchange, one)),
        supervisors: exchange.supervisors_of(call.id).map(|(own, one)| supervisor(own, one)).collect(),
    }
}

fn supervision_mode(mode: x::Mode) -> w::SupervisionMode {
    match mode {
        x::Mode::Listen => w::SupervisionMode::Listen,
        x::Mode::Whisper => w::SupervisionMode::Whisper,
        x::Mode::Barge => w::SupervisionMode::Barge,
    }
}

fn supervision(exchange: &Exchange, one: &x::Supervision) -> w::SupervisionView {
    // Who is consulted in a call has one of its own.
    let hears = |leg: &x::LegId| exchange.leg_anywhere(*leg).map(|leg| party(&leg.party));
    let follows = match &one.subject {
        x::Subject::Call(_) => None,
        x::Subject::Agent(number) | x::Subject::Extension(number) => Some(x::clean(number)),
    };
    w::SupervisionView {
        user: x::clean(&one.user),
        mode: supervision_mode(one.mode),
        call: one.target.map(|call| call.to_string()),
        follows,
        heard_by: one.heard_by().iter().filter_map(hears).collect(),
    }
}

fn supervisor(own: &x::Call, one: &x::Supervision) -> w::SupervisorView {
    w::SupervisorView {
        user: x::clean(&one.user),
        phone: own.from.number.clone(),
        mode: supervision_mode(one.mode),
        call: own.id.to_string(),
    }
}

fn handed_back(back: &x::HandedBack) -> w::HandedBackView {
    w::HandedBackView { at_ms: back.at_ms, flow: back.flow.clone(), result: back.result.clone() }
}

/// A finished call.
pub fn cdr(cdr: &x::Cdr) -> w::CdrView {
    w::CdrView {
        id: cdr.call.to_string(),
        number: cdr.number,
        from: party(&cdr.from),
        to: party(&cdr.to),
        with: cdr.with.as_ref().map(party),
        started_ms: cdr.started_ms,
        ringing_ms: cdr.ringing_ms,
        answered_ms: cdr.answered_ms,
        ended: ending(&cdr.ending),
        talk_ms: cdr.talk_ms,
        total_ms: cdr.total_ms,
        path: path(&cdr.path),
        legs: cdr
            .legs
            .iter()
            .map(|leg| w::CdrLegView {
                side: side(leg.end),
                party: party(&leg.party),
                address: leg.address.clone(),
                codec: leg.codec.clone(),
                sip_call_id: x::clean(&leg.sip_call_id),
                outcome: leg.outcome.clone(),
                quality: quality(&leg.quality),
            })
            .collect(),
        recording: cdr.recorded.then(|| cdr.call.to_string()),
        flow: cdr.flow.clone(),
        answers: cdr
            .answers
            .iter()
            .map(|(question, key)| w::SurveyAnswerView { question: question.clone(), key: *key })
            .collect(),
        // Among its events; who asks for it looks there.
        disposition: String::new(),
    }
}

/// What an extension is doing: the most telling of its calls and phones.
fn extension_state(exchange: &Exchange, number: &str) -> w::ExtensionState {
    let mut rings = false;
    for call in exchange.calls_of(number) {
        for leg in call.legs.values().filter(|l| l.extension.as_deref() == Some(number)) {
            match leg.state {
                LegState::Up => return w::ExtensionState::Busy,
                LegState::Calling if leg.end == x::End::Caller && call.stage != Stage::Placing => {
                    return w::ExtensionState::Busy;
                }
                LegState::Ringing | LegState::Calling => rings = true,
                LegState::Ended => {}
            }
        }
    }
    let mut phones = exchange.bindings(number).peekable();
    if rings {
        w::ExtensionState::Ringing
    } else if phones.peek().is_none() {
        w::ExtensionState::Offline
    } else if phones.all(|b| b.obstacle().is_some()) {
        w::ExtensionState::Lost
    } else {
        w::ExtensionState::Idle
    }
}

fn binding(b: &x::Binding, now: Now) -> w::BindingView {
    // The wall clock may have stepped since the registration: the time left is what the monotonic clock says.
    let left_ms = |ends: x::Mono| i64::try_from(ends.since(now.mono).as_millis()).unwrap_or(i64::MAX);
    w::BindingView {
        contact: x::clean(&b.record.contact),
        address: b.flow.to_string(),
        agent: b.record.agent.clone(),
        registered_ms: b.record.registered_ms,
        expires_ms: b.expires.map_or(0, |ends| now.wall.0.saturating_add(left_ms(ends))),
        rtt_us: b.rtt_us,
        missed: b.missed,
    }
}

/// An extension; `None` if it is not configured. `since_ms` is left for who knows the state before.
pub fn extension(exchange: &Exchange, number: &str, now: Now) -> Option<w::ExtensionView> {
    let config = exchange.config().extensions.get(number)?;
    Some(w::ExtensionView {
        number: number.to_owned(),
        name: config.name.clone(),
        state: extension_state(exchange, number),
        since_ms: now.wall.0,
        bindings: exchange.bindings(number).map(|b| binding(b, now)).collect(),
        problem: exchange.problem_of(number).map(str::to_owned),
    })
}

fn severity(s: x::Severity) -> w::Severity {
    match s {
        x::Severity::Info => w::Severity::Info,
        x::Severity::Warn => w::Severity::Warn,
        x::Severity::Crit => w::Severity::Crit,
    }
}

/// An alarm.
pub fn alarm(id: &str, alarm: &x::Alarm) -> w::AlarmView {
    w::AlarmView {
        id: id.to_owned(),
        severity: severity(alarm.severity),
        since_ms: alarm.since_ms,
        text: alarm.text.clone(),
        call: alarm.call.map(|c| c.to_string()),
    }
}

/// A line of the journal.
pub fn event(event: &x::Event) -> w::EventView {
    let kind = match event.kind {
        x::EventKind::Call => w::EventKind::Call,
        x::EventKind::Registration => w::EventKind::Registration,
        x::EventKind::Media => w::EventKind::Media,
        x::EventKind::Recording => w::EventKind::Recording,
        x::EventKind::Agent => w::EventKind::Agent,
        x::EventKind::Audit => w::EventKind::Audit,
        x::EventKind::Guard => w::EventKind::Guard,
        x::EventKind::System => w::EventKind::System,
    };
    w::EventView {
        seq: event.seq,
        at_ms: event.at_ms,
        kind,
        severity: severity(event.severity),
        call: event.call.map(|c| c.to_string()),
        number: event.number,
        subject: event.subject.clone(),
        name: event.name.clone(),
        text: event.text.clone(),
    }
}

/// A recording.
pub fn recording(facts: &x::RecordingFacts) -> w::RecordingView {
    let party =
        |(number, name): &(String, String)| w::PartyView { number: number.clone(), name: name.clone() };
    w::RecordingView {
        id: facts.call.to_string(),
        number: facts.subject.number,
        started_ms: facts.subject.started_ms,
        length_ms: facts.length_ms,
        bytes: facts.bytes,
        from: party(&facts.subject.from),
        with: party(&facts.subject.with),
        file: facts.file.clone(),
        rate: facts.rate,
        sha256: facts.sha256.clone(),
        marks: facts
            .marks
            .iter()
            .map(|(at_ms, kind, text)| w::MarkView { at_ms: *at_ms, kind: kind.clone(), text: text.clone() })
            .collect(),
        codec: facts.codec.clone(),
        complete: facts.complete,
        held: facts.held.as_deref().map(held),
    }
}

/// A hold on a recording.
pub fn held(held: &x::Held) -> w::HeldView {
    w::HeldView { by: held.by.clone(), reason: held.reason.clone(), at_ms: held.at_ms }
}

/// A message.
pub fn message(message: &x::MessageRecord) -> w::MessageView {
    w::MessageView {
        id: message.id.clone(),
        mailbox: message.mailbox.clone(),
        call: message.call.to_string(),
        from: w::PartyView { number: message.from.number.clone(), name: message.from.name.clone() },
        at_ms: message.at_ms,
        length_ms: message.length_ms,
        bytes: message.bytes,
        file: message.file.clone(),
        sha256: message.sha256.clone(),
        is_new: message.is_new,
    }
}

/// What is to be told of something that changed: its new form, or that it is gone. `None` for ladders, which grow entry by
/// entry and are asked for.
pub fn change(exchange: &Exchange, changed: &x::Changed, now: Now) -> Option<w::Change> {
    Some(match changed {
        x::Changed::Call(id) => match exchange.call(*id) {
            Some(one) => w::Change::Call(Box::new(call(exchange, one))),
            None => w::Change::CallGone(id.to_string()),
        },
        x::Changed::Extension(number) => match extension(exchange, number, now) {
            Some(one) => w::Change::Extension(Box::new(one)),
            None => w::Change::ExtensionGone(number.clone()),
        },
        x::Changed::Agent(number) => match floor::agent(exchange, number, now) {
            Some(one) => w::Change::Agent(Box::new(one)),
            None => w::Change::AgentGone(number.clone()),
        },
        x::Changed::Queue(name) => match floor::queue(exchange, name, now) {
            Some(one) => w::Change::Queue(Box::new(one)),
            None => w::Change::QueueGone(name.clone()),
        },
        x::Changed::Alarm(id) => match exchange.alarm(id) {
            Some(one) => w::Change::Alarm(alarm(id, one)),
            None => w::Change::AlarmGone(id.clone()),
        },
        x::Changed::Message(id) => match exchange.message(id) {
            Some(one) => w::Change::Message(Box::new(message(one))),
            None => w::Change::MessageGone(id.clone()),
        },
        x::Changed::Missed(id) => match exchange.inbox().get(id.0) {
            Some(one) => w::Change::Missed(Box::new(floor::missed(one))),
            None => w::Change::MissedGone(id.to_string()),
        },
        x::Changed::Ladder(_) => return None,
    })
}

/// The ladder of a call, from entry `from` on. `None` if none is kept.
pub fn ladder(exchange: &Exchange, id: x::CallId, from: usize) -> Option<w::Ladder> {
    let ladder = exchange.ladders().get(id)?;
    let mut lanes = vec![w::Lane { name: "Switchroom".into(), address: String::new() }];
    // Lane of a leg: in the order in which the legs first speak, the caller's first.
    let mut seen: Vec<x::LegId> = Vec::new();
    let call = exchange.call(id);
    let mut entries = Vec::new();
    for (place, entry) in ladder.entries.iter().enumerate() {
        // Who watches asks for the rest with every entry: what went before is read for its lanes only.
        let is_asked = place >= from;
        let kind = match &entry.kind {
            x::EntryKind::Decision(_) if !is_asked => continue,
            x::EntryKind::Decision(text) => w::LadderKind::Decision { text: text.clone() },
            x::EntryKind::Message { leg, flow, inbound, again, bytes } => {
                let lane = seen.iter().position(|l| l == leg).unwrap_or_else(|| {
                    seen.push(*leg);
                    let known = call.and_then(|c| c.leg(*leg));
                    let name = match known {
                        Some(l) if l.end == x::End::Caller => format!("caller {}", l.party.number),
                        Some(l) => format!("{} {}", l.party.number, l.party.name),
                        None if seen.len() == 1 => "caller".to_owned(),
                        None => format!("phone {}", seen.len() - 1),
                    };
                    lanes.push(w::Lane { name: name.trim().to_owned(), address: flow.remote.to_string() });
                    seen.len() - 1
                });
                if !is_asked {
                    continue;
                }
                w::LadderKind::Message {
                    lane: lane + 1,
                    inbound: *inbound,
                    summary: summary(bytes),
                    again: *again,
                    transport: flow.transport.name().to_owned(),
                    bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                    text: readable(bytes),
                }
            }
        };
        entries.push(w::LadderEntry { at_us: entry.at_us, kind });
    }
    Some(w::Ladder { call: id.to_string(), lanes, entries, dropped: ladder.dropped })
}

/// `INVITE (SDP)`, `200 OK`.
fn summary(bytes: &[u8]) -> String {
    let (start, has_sdp) = match Message::parse(bytes) {
        Ok(Message::Request(r)) => (r.method.to_string(), r.sdp().is_some()),
        Ok(Message::Response(r)) => {
            (format!("{} {}", r.status.code(), x::clean(&r.reason)), r.sdp().is_some())
        }
        Err(_) => ("?".to_owned(), false),
    };
    if has_sdp { format!("{start} (SDP)") } else { start }
}

/// The message as text, credentials left out, nothing in it that could steer a terminal.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut is_secret = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        // A line that begins with a blank goes on with the header above it (RFC 3261 §7.3.1).
        if line.starts_with([' ', '\t']) {
            if !is_secret {
                lines.push(w::clean(line).into_owned());
            }
            continue;
        }
        let name = line.split(':').next().unwrap_or_default().trim();
        is_secret = ["Authorization", "Proxy-Authorization"].iter().any(|n| name.eq_ignore_ascii_case(n));
        lines.push(if is_secret { format!("{name}: (left out)") } else { w::clean(line).into_owned() });
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn credentials_are_left_out_however_they_are_folded() {
        let message = b"REGISTER sip:a SIP/2.0\r\nSubject: one\r\n two\r\nauthorization : Digest username=\"7\",\r\n \
            response=\"secret\"\r\n\tcnonce=\"secret\"\r\nProxy-Authorization:\r\n secret\r\nTo: <sip:b>\r\n\r\n\x1b";
        let want = "REGISTER sip:a SIP/2.0\nSubject: one\n two\nauthorization: (left out)\n\
            Proxy-Authorization: (left out)\nTo: <sip:b>\n\n\u{fffd}";
        assert_eq!(readable(message), want);
    }
}
