//! What callers type when a secret is asked for, and what they press in flows at all.

use super::{Checker, Verdict, broken};
use crate::sim::glance::{header_of, split};
use crate::sim::inbound::{PIN, SECRET};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use switchroom::control::view;
use switchroom::flight::{Bytes, Entry, Recorded, Redactor};
use switchroom_exchange::{
    Action, Call, CallId, Cdr, Changed, Command, Event, Leg, LegState, MediaEvent, Record, Stage,
};
use switchroom_wire::{LadderEntry, LadderKind};

/// How far a ladder has been looked at, and what had become of the call by then.
#[derive(Debug, Default)]
struct Looked {
    entries: usize,
    is_handed_off: bool,
    /// It led to an extension, and no flow had the caller until somebody transferred it into one.
    was_talk: bool,
    has_begun: bool,
    /// It was placed by a user, and no flow had the caller, who was rung, until it led into one.
    was_placed: bool,
    has_led: bool,
    /// The caller, the first lane, puts the other through, and is in no flow.
    puts_through: bool,
}

impl Looked {
    /// What the exchange decided may have another in the caller's place, and the caller in it again.
    fn decided(&mut self, caller: &str, text: &str) {
        if text.split_once(" transfers ").is_some_and(|(who, _)| caller.ends_with(who)) {
            self.puts_through = true;
        } else if text.contains(" has the call back") {
            self.puts_through = false;
        }
    }
}

/// `ana has 111 call 4005`.
fn is_placing(text: &str) -> bool {
    let who = text.split_once(" has ").and_then(|(_, rest)| rest.split_once(" call "));
    who.is_some_and(|(who, _)| who.chars().all(|c| c.is_ascii_digit()))
}

/// From which entry on something holds that one of these begins, if it did not hold before.
fn since(before: &mut bool, entries: &[LadderEntry], begins: impl Fn(&str) -> bool) -> Option<usize> {
    let is_it = |entry: &LadderEntry| matches!(&entry.kind, LadderKind::Decision { text } if begins(text));
    let at = entries.iter().position(is_it).filter(|_| !*before);
    *before |= at.is_some();
    at
}

/// A secret that a caller typed is nowhere but in the caller's flow.
#[derive(Debug, Default)]
pub(super) struct SecretsStay {
    /// Calls whose talk is interrupted: phones ring for one party because the other has referred it.
    put_through: BTreeSet<CallId>,
    ladders: BTreeMap<CallId, Looked>,
}

impl Checker for SecretsStay {
    fn rule(&self) -> &'static str {
        "a secret that a caller typed appears in no record, event, ladder, alarm or view"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        self.note_transfers(world, step);
        if world.typed_secrets.is_empty() {
            return Ok(());
        }
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => {
                    is_clean(event.call, "an event", &event.text)?;
                    is_clean(event.call, "an event", &event.subject)?;
                    self.tells_no_key(world, event)?;
                }
                Action::Persist { record: Record::Cdr(cdr), .. }
                    if world.typed_secrets.contains(&cdr.call) =>
                {
                    self.ladders.remove(&cdr.call);
                    shown(world, step, cdr)?;
                }
                Action::Persist { record, .. } if may_tell(world, record) => {
                    is_clean(None, "a record", &serde_json::to_string(record).unwrap_or_default())?;
                }
                Action::Reply { result: Ok(text) | Err(text), .. } => is_clean(None, "a reply", text)?,
                _ => {}
            }
        }
        for changed in &step.changed {
            match changed {
                Changed::Alarm(id) => {
                    let alarm = world.exchange.alarms().find(|(name, _)| *name == id);
                    is_clean(None, "an alarm", &format!("{alarm:?}"))?;
                }
                // Single digits, each in a message of its own: what is typed by INFO.
                Changed::Ladder(call) if is_info(&step.came) && world.typed_secrets.contains(call) => {
                    self.ladder_is_clean(world, *call)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a flight file tells of each input: no key that anybody pressed. The daemon's own redaction is asked, with every
/// digit that reaches the exchange; that whole files are clean is a test beside it.
#[derive(Default)]
pub(super) struct FlightTellsNoKeys {
    redactor: Option<Redactor>,
}

impl Checker for FlightTellsNoKeys {
    fn rule(&self) -> &'static str {
        "a flight file tells no key that was pressed"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let input = match &step.came {
            Came::Message(flow, bytes) if is_info(&step.came) => {
                Recorded::Message { flow: *flow, bytes: Bytes(bytes.to_vec()) }
            }
            Came::Media(event @ MediaEvent::Digit { .. }) => Recorded::Media(Box::new(event.clone())),
            _ => return Ok(()),
        };
        let redactor = self.redactor.get_or_insert_with(|| {
            // Digests are of no interest here: one key and one configuration do.
            Redactor::new([7; 32], Arc::new(world.exchange.config().clone()))
        });
        let told = redactor.input(&Entry { now: step.now, input: input.clone(), sum: None });
        let told = if world.plant.unmasks_flight() { input } else { told };
        let pressed = match &told {
            Recorded::Message { bytes, .. } => key_in_info(&bytes.0),
            Recorded::Media(event) => match **event {
                MediaEvent::Digit { digit, .. } => Some(digit).filter(|digit| is_telling(*digit)),
                _ => None,
            },
            _ => None,
        };
        match pressed {
            Some(digit) => broken(None, format!("it holds that {digit} was pressed: {told:?}")),
            None => Ok(()),
        }
    }
}

fn is_info(came: &Came) -> bool {
    let Came::Message(_, bytes) = came else { return false };
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes[start..].starts_with(b"INFO ")
}

/// What is masked becomes a 0; signs stay.
fn is_telling(digit: char) -> bool {
    matches!(digit, '1'..='9')
}

/// The key in the body of an INFO, read without the parser under test. `10` and `11` stand for signs.
fn key_in_info(bytes: &[u8]) -> Option<char> {
    let (_, body) = split(bytes)?;
    let body = String::from_utf8_lossy(body);
    let values = body.lines().map(|line| match line.split_once('=') {
        Some((name, _)) if name.trim().eq_ignore_ascii_case("duration") => "",
        Some((_, value)) => value.trim(),
        None => line.trim(),
    });
    let keys = values.filter(|value| !matches!(*value, "10" | "11"));
    keys.flat_map(str::chars).find(|digit| is_telling(*digit))
}

impl SecretsStay {
    /// A talk goes over into a search only by a REFER that we accept, or a user's command, and who sent it stays up beside the
    /// search until it hangs up or the search is over.
    fn note_transfers(&mut self, world: &World, step: &Step) {
        let call = |id: &CallId| world.exchange.call(*id).filter(|call| call.stage == Stage::Seeking);
        self.put_through.retain(|id| call(id).is_some());
        if let Some(Command::Transfer { call: id, .. }) = step.command() {
            self.put_through.extend(call(id).map(|call| call.id));
        }
        for action in &step.actions {
            if let Action::Send { bytes, .. } = action
                && bytes.starts_with(b"SIP/2.0 202 ")
                && header_of(bytes, "CSeq").is_some_and(|cseq| cseq.ends_with("REFER"))
                && let Some(dialog) = header_of(bytes, "Call-ID")
            {
                let refers = |leg: &Leg| leg.sip_call_id == dialog && leg.state == LegState::Up;
                let is_it = |one: &&Call| call(&one.id).is_some() && one.legs.values().any(refers);
                self.put_through.extend(world.exchange.calls().filter(is_it).map(|one| one.id));
            }
        }
    }

    /// No event says which key a caller pressed, unless somebody talked with the caller then, or had the caller put through:
    /// no flow has the caller before that is over.
    fn tells_no_key(&self, world: &World, event: &Event) -> Verdict {
        let is_it = |id: &CallId| event.name == "digit" && world.typed_secrets.contains(id);
        let Some(id) = event.call.filter(is_it) else { return Ok(()) };
        let call = world.exchange.call(id);
        let is_talk = call.is_some_and(|call| matches!(call.stage, Stage::Talking { .. }));
        // The phones that ring may press what they like.
        let is_callers = call.is_none_or(|call| {
            let is_theirs = |leg: &Leg| leg.id != call.caller && leg.party.number == event.subject;
            !call.legs.values().any(is_theirs)
        });
        if is_callers && !is_talk && !self.put_through.contains(&id) {
            return broken(Some(id), format!("an event tells a key of a caller in a flow: {}", event.text));
        }
        Ok(())
    }

    /// Every INFO of the caller, the first lane, on the ladder of a call with a flow is without its key. Once somebody was handed
    /// off, so is every INFO of either side: what was pressed before in a talk is no secret, nor what was before a transfer into a flow.
    fn ladder_is_clean(&mut self, world: &World, call: CallId) -> Verdict {
        let looked = self.ladders.entry(call).or_default();
        let is_first = looked.entries == 0;
        let ladder = view::ladder(&world.exchange, call, looked.entries).unwrap_or_default();
        looked.entries += ladder.entries.len();
        let entries = &ladder.entries;
        let hand_off = since(&mut looked.is_handed_off, entries, |text| text.contains(" off to flow "));
        let led_to = |text: &str| text.contains(" leads to extension ") || text.contains(" is an extension");
        since(&mut looked.was_talk, entries, led_to);
        let begun = since(&mut looked.has_begun, entries, |text| text.ends_with(" (begin)"));
        since(&mut looked.was_placed, entries, is_placing);
        let led = since(&mut looked.has_led, entries, |text| text.contains(" leads into "));
        let of_flow = begun.filter(|_| looked.was_talk).or(led.filter(|_| looked.was_placed)).unwrap_or(0);
        let is_handed_off = looked.is_handed_off;
        let has_flow = world.exchange.call(call).is_none_or(|call| call.flow.is_some());
        let caller = ladder.lanes.get(1).map(|lane| lane.name.clone()).unwrap_or_default();
        // Of a call that was placed several phones are rung first: who is the caller has answered.
        let answered =
            world.exchange.call(call).and_then(Call::caller_leg).map(|leg| leg.flow.remote.to_string());
        let answered = answered.filter(|_| looked.was_placed);
        let is_caller = |lane: usize| match &answered {
            Some(at) => ladder.lanes.get(lane).is_some_and(|lane| lane.address == *at),
            None => lane == 1,
        };
        for (place, entry) in entries.iter().enumerate() {
            if let LadderKind::Decision { text } = &entry.kind {
                looked.decided(&caller, text);
            }
            let LadderKind::Message { lane, text, .. } = &entry.kind else { continue };
            let is_callers = has_flow && is_caller(*lane) && place >= of_flow && !looked.puts_through;
            let is_lent = is_handed_off && place >= hand_off.unwrap_or(0);
            // Blank lines may come before a request (RFC 3261 §7.5).
            if !(is_callers || is_lent) || !text.trim_start_matches(['\r', '\n']).starts_with("INFO ") {
                continue;
            }
            let is_shown = world.plant.unmasks_ladder(is_first);
            let text = text.trim_start_matches(['\r', '\n']);
            let shown = if is_shown { text.replace("=x", "=7") } else { text.to_owned() };
            let lines = shown.replace("\r\n", "\n").replace('\n', "\r\n");
            if let Some(digit) = key_in_info(lines.as_bytes()) {
                return broken(Some(call), format!("the ladder tells that {digit} was pressed: {shown}"));
            }
        }
        Ok(())
    }
}

/// Records that are no registrations and no events.
fn may_tell(world: &World, record: &Record) -> bool {
    match record {
        Record::CallOpen(open) => world.typed_secrets.contains(&open.call),
        Record::Message(_) | Record::Recording(_) => true,
        _ => false,
    }
}

/// Everything that is kept and shown of a call that is over.
fn shown(world: &World, step: &Step, cdr: &Cdr) -> Verdict {
    let call = Some(cdr.call);
    is_clean(call, "the CDR", &serde_json::to_string(cdr).unwrap_or_default())?;
    let ladder = view::ladder(&world.exchange, cdr.call, 0);
    is_clean(call, "the ladder", &serde_json::to_string(&ladder).unwrap_or_default())?;
    let change = view::change(&world.exchange, &Changed::Call(cdr.call), step.now);
    is_clean(call, "the board", &serde_json::to_string(&change).unwrap_or_default())
}

/// The whole secret anywhere, and the PIN as a number by itself.
fn is_clean(call: Option<CallId>, what: &str, text: &str) -> Verdict {
    if text.contains(SECRET) {
        return broken(call, format!("{what} tells a secret: {text}"));
    }
    let is_in_number = |at: usize| {
        let bytes = text.as_bytes();
        let is_part = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.')
        };
        is_part(at.checked_sub(1)) || is_part(Some(at + PIN.len()))
    };
    if text.match_indices(PIN).any(|(at, _)| !is_in_number(at)) {
        return broken(call, format!("{what} tells a PIN: {text}"));
    }
    Ok(())
}
