//! A media thread: its calls, its legs, its ports, one epoll.

mod legs;
mod moves;
mod playing;
mod records;
mod wiring;
mod withheld;

use super::inbox::{Inbox, Order, Ticket};
use super::prompts::Prompts;
use super::recorder::Recorder;
use super::taps::{Ear, Tap};
use super::wires::{Datagram, Ready, Role, Wire, Wires};
use super::{Events, Gauges, LegLevel, LevelReports, LevelsReport, MediaSettings, translate};
use crate::clock;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchroom_exchange::{CallId, Channel, LegId, MediaCommand, MediaEvent, PortSlot, Source};
use switchroom_flow::Clip;
use switchroom_media::DATAGRAM_BYTES_MAX;
use switchroom_media::codec::Crossing;
use switchroom_media::dtmf_inband::InbandDigits;
use switchroom_media::leg::{Content, Leg, Media, Note};
use switchroom_media::mix::Voices;
use switchroom_media::playlist::Position;
use switchroom_media::rtcp::REPORT_BYTES_MAX;

/// How often each leg is looked at, microseconds.
const LOOK_US: u64 = 500_000;
/// How often levels are told, microseconds.
const LEVELS_US: u64 = 200_000;
/// How long a digit is that we send for a phone that pressed it, milliseconds.
const PRESSED_MS: u16 = 100;

pub(super) use moves::Moved;
use moves::Waiting;
use withheld::Withheld;

struct Placed {
    id: LegId,
    call: CallId,
    slot: PortSlot,
    leg: Leg,
    rtp: Wire,
    rtcp: Wire,
    source: Source,
    /// Who hears this leg, and how its payloads become theirs.
    listeners: Vec<(usize, Crossing)>,
    /// The pieces of sound that it hears instead, until they were heard.
    playing: Option<Playing>,
    /// Music that those came in the place of, and how far it was: it goes on from there.
    interrupted: Option<(Vec<Clip>, Position)>,
    tap: Option<Box<Tap>>,
    ear: Option<Box<Ear>>,
    message: Option<Box<TakingTap>>,
    /// Digits are wanted from its sound.
    listens: bool,
    inband: Option<Box<InbandDigits>>,
    withheld: Withheld,
}

struct Playing {
    number: u64,
    clips: Vec<Clip>,
    is_loop: bool,
}

/// Where a leg's sound goes while it takes a message.
struct TakingTap {
    id: u64,
    tap: Tap,
    /// The message has ended by itself.
    is_over: Arc<AtomicBool>,
}

struct Recorded {
    id: u64,
    legs: [(LegId, Channel); 2],
    /// Nothing of what is said goes into it: what is not heard of a leg is silence.
    is_paused: bool,
    /// Heard on a channel, too, beside those.
    also: Vec<(LegId, Channel)>,
}

impl Recorded {
    /// The channel that a leg is on.
    fn channel_of(&self, leg: LegId) -> Option<Channel> {
        let mut all = self.legs.iter().chain(&self.also);
        all.find(|(on, _)| *on == leg).map(|(_, channel)| *channel)
    }
}

#[derive(Default)]
struct Call {
    legs: Vec<usize>,
    recording: Option<Recorded>,
}

pub(super) struct Worker {
    settings: Arc<MediaSettings>,
    events: Events,
    levels: LevelReports,
    recorder: Arc<Recorder>,
    prompts: Arc<Prompts>,
    gauges: Arc<Gauges>,
    inbox: Arc<Inbox>,
    wires: Wires,
    legs: Vec<Option<Box<Placed>>>,
    free: Vec<usize>,
    calls: BTreeMap<CallId, Call>,
    /// Legs that are heard in a mix, by the places of `legs`.
    voices: Voices,
    /// Calls that wait for a leg from another thread.
    waiting: BTreeMap<CallId, Waiting>,
    /// Legs that came before their call had time to wait for them.
    early: BTreeMap<Ticket, Option<Box<Moved>>>,
    /// Legs that send packets of our own making, and when the first of them is due, or earlier: with each packet that comes they
    /// are looked at only then.
    paced: Vec<usize>,
    paced_us: u64,
    watched: BTreeSet<CallId>,
    look_us: u64,
    levels_us: u64,
    datagram: Box<[u8; DATAGRAM_BYTES_MAX]>,
    out: Box<[u8; DATAGRAM_BYTES_MAX]>,
}

impl Worker {
    pub(super) fn new(
        settings: Arc<MediaSettings>,
        events: Events,
        levels: LevelReports,
        recorder: Arc<Recorder>,
        prompts: Arc<Prompts>,
        gauges: Arc<Gauges>,
    ) -> io::Result<Self> {
        let inbox = Arc::new(Inbox::new()?);
        let wires = Wires::new(inbox.bell())?;
        Ok(Self {
            settings,
            events,
            levels,
            recorder,
            prompts,
            gauges,
            inbox,
            wires,
            legs: Vec::new(),
            free: Vec::new(),
            calls: BTreeMap::new(),
            voices: Voices::new(),
            waiting: BTreeMap::new(),
            early: BTreeMap::new(),
            paced: Vec::new(),
            paced_us: u64::MAX,
            watched: BTreeSet::new(),
            look_us: 0,
            levels_us: 0,
            datagram: Box::new([0; DATAGRAM_BYTES_MAX]),
            out: Box::new([0; DATAGRAM_BYTES_MAX]),
        })
    }

    pub(super) fn inbox(&self) -> Arc<Inbox> {
        self.inbox.clone()
    }

    /// The thread: datagrams, then commands, then what the clock asks for.
    pub(super) fn run(mut self) {
        let mut ready = Ready::new();
        while !self.inbox.is_stopping() {
            let count = match self.wires.wait(&mut ready, self.timeout_us(clock::mono_us())) {
                Ok(count) => count,
                Err(error) => {
                    tracing::error!(%error, "epoll fails; this media thread ends");
                    break;
                }
            };
            let mut woken = false;
            for at in 0..count {
                match ready.event(at) {
                    // A packet that finds a fault in this program costs itself, not every call of the thread.
                    Some(wire) => {
                        if catch_unwind(AssertUnwindSafe(|| self.datagram(wire))).is_err() {
                            tracing::error!("a packet met a fault in the media thread and was dropped");
                        }
                    }
                    None => woken = true,
                }
            }
            if woken {
                for order in self.inbox.take() {
                    self.order(order);
                }
            }
            self.look(clock::mono_us());
        }
        self.close_all();
    }

    fn timeout_us(&self, now_us: u64) -> Option<u64> {
        let paced = (!self.paced.is_empty()).then_some(self.paced_us);
        let levels = (!self.watched.is_empty()).then_some(self.levels_us);
        let look = (!self.calls.is_empty() || !self.waiting.is_empty()).then_some(self.look_us);
        let due = [paced, levels, look].into_iter().flatten().min()?;
        Some(due.saturating_sub(now_us))
    }

    // ---- packets -------------------------------------------------------------------------------------------------

    fn datagram(&mut self, wire: Wire) {
        let Some(datagram) = self.wires.receive(wire, &mut self.datagram[..]) else { return };
        match datagram.role {
            Role::Rtp => self.rtp(&datagram),
            Role::Rtcp => {
                let bytes = self.datagram.get(..datagram.length).unwrap_or_default();
                if let Some(Some(placed)) = self.legs.get_mut(datagram.leg) {
                    placed.leg.receive_report(clock::mono_us(), ntp(), datagram.from, bytes);
                }
            }
        }
    }

    fn rtp(&mut self, datagram: &Datagram) {
        let now_us = clock::mono_us();
        let bytes = self.datagram.get(..datagram.length).unwrap_or_default();
        let Some(Some(placed)) = self.legs.get_mut(datagram.leg) else { return };
        let received = placed.leg.receive(now_us, datagram.from, bytes);
        if received.note != Note::default() {
            tell(&self.events, placed.id, received.note);
        }
        let Some(media) = received.media else { return };
        let payload = bytes.get(media.payload.clone()).unwrap_or_default();
        if media.content == Content::Audio {
            self.voices.take(datagram.leg, now_us, &media.header, payload);
            if let Some(tap) = &mut placed.tap {
                tap.take(&self.recorder, now_us, &media, payload);
            }
            if let Some(message) = &mut placed.message {
                message.tap.take(&self.recorder, now_us, &media, payload);
            }
            if let Some(ear) = &mut placed.ear {
                ear.hear(payload);
            }
            if let Some(inband) = &mut placed.inband {
                let (events, leg) = (&self.events, placed.id);
                inband.hear(&media.header, payload, |digit| events(MediaEvent::Digit { leg, digit }));
            }
        }
        let is_key = media.content == Content::Digits;
        let is_withheld = is_key && placed.withheld.takes(now_us, media.header.timestamp);
        let listeners = placed.listeners.len();
        for at in 0..listeners {
            if is_withheld {
                self.withhold_from(datagram.leg, at);
            } else {
                self.forward(now_us, datagram, at, &media);
            }
        }
        if let Some(digit) = received.note.digit.filter(|_| !is_withheld) {
            self.press_for_mixed(datagram.leg, digit);
        }
    }

    /// A digit of a leg goes to those who hear the leg alone, but in a mix because of their codec: among packets of our own
    /// making it must be of our own making, too.
    fn press_for_mixed(&mut self, from: usize, digit: char) {
        let Some(Some(placed)) = self.legs.get(from) else { return };
        let of_mix = |(to, crossing): &(usize, Crossing)| {
            (*to != from && matches!(crossing, Crossing::Impossible)).then_some(*to)
        };
        let hearers: Vec<usize> = placed.listeners.iter().filter_map(of_mix).collect();
        for at in hearers {
            if let Some(Some(hearer)) = self.legs.get_mut(at)
                && hearer.leg.send_digit(digit, PRESSED_MS)
            {
                self.pace_from_now(at);
            }
        }
    }

    /// A packet does not go to the listener `at` of the leg it came from; its numbers go on.
    fn withhold_from(&mut self, from: usize, at: usize) {
        let placed = self.legs.get(from).and_then(Option::as_ref);
        let Some((to, crossing)) = placed.and_then(|placed| placed.listeners.get(at)).copied() else {
            return;
        };
        if let (Some(Some(listener)), false) =
            (self.legs.get_mut(to), matches!(crossing, Crossing::Impossible))
        {
            listener.leg.skip();
        }
    }

    /// Sends a packet to the listener `at` of the leg it came from.
    fn forward(&mut self, now_us: u64, datagram: &Datagram, at: usize, media: &Media) {
        let placed = self.legs.get(datagram.leg).and_then(Option::as_ref);
        let Some((to, crossing)) = placed.and_then(|placed| placed.listeners.get(at)).copied() else {
            return;
        };
        let Some(Some(listener)) = self.legs.get_mut(to) else { return };
        if to == datagram.leg && media.content == Content::Digits {
            // An echo gives back sound, not key presses.
            listener.leg.skip();
            return;
        }
        let payload = self.datagram.get(media.payload.clone()).unwrap_or_default();
        if let Some((length, to)) = listener.leg.forward(now_us, media, payload, crossing, &mut self.out[..])
        {
            self.wires.send(listener.rtp, self.out.get(..length).unwrap_or_default(), to);
        }
    }

    // ---- the clock -----------------------------------------------------------------------------------------------

    fn look(&mut self, now_us: u64) {
        if now_us >= self.paced_us {
            self.pace(now_us);
        }
        if !self.watched.is_empty() && now_us >= self.levels_us {
            self.levels_us = now_us + LEVELS_US;
            for call in self.watched.clone() {
                self.tell_levels(call);
            }
        }
        if now_us >= self.look_us && !(self.calls.is_empty() && self.waiting.is_empty()) {
            self.look_us = now_us + LOOK_US;
            self.give_up_waiting(now_us);
            for at in 0..self.legs.len() {
                // As with a packet: what peers sent is summed up here.
                if catch_unwind(AssertUnwindSafe(|| self.look_at(now_us, at))).is_err() {
                    self.begin_anew(now_us, at);
                }
            }
        }
    }

    fn pace(&mut self, now_us: u64) {
        let mut faulty = Vec::new();
        let mut first_us = u64::MAX;
        let Self { paced, legs, wires, out, events, voices, .. } = self;
        paced.retain(|at| {
            let Some(Some(placed)) = legs.get_mut(*at) else { return false };
            // What came from the network is decoded and mixed here: a fault that it finds costs the sound of one hearer.
            let pace = || pace_leg(now_us, placed, voices, wires, &mut out[..], events);
            let due_us = catch_unwind(AssertUnwindSafe(pace)).unwrap_or_else(|_| {
                faulty.push(*at);
                None
            });
            first_us = first_us.min(due_us.unwrap_or(u64::MAX));
            due_us.is_some()
        });
        self.paced_us = first_us;
        for at in faulty {
            self.begin_anew(now_us, at);
        }
    }

    fn look_at(&mut self, now_us: u64, at: usize) {
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        let leg = placed.id;
        let watch = placed.leg.watch(now_us);
        if let Some(for_ms) = watch.missing_ms {
            let (refused, refused_from) = placed.leg.refused();
            (self.events)(MediaEvent::Missing { leg, for_ms, refused, refused_from });
        }
        if let Some(for_ms) = watch.dead_air_ms {
            (self.events)(MediaEvent::DeadAir { leg, for_ms });
        }
        let mut report = [0; REPORT_BYTES_MAX];
        if let Some((length, to)) = placed.leg.report(now_us, ntp(), &self.settings.name, &mut report) {
            self.wires.send(placed.rtcp, report.get(..length).unwrap_or_default(), to);
        }
        if let Some((recent, whole)) = placed.leg.quality_due(now_us) {
            let (recent, whole) = (translate::quality(recent), translate::quality(whole));
            (self.events)(MediaEvent::Quality { leg, recent, whole });
        }
        if let Some(tap) = &mut placed.tap {
            tap.confess(&self.recorder);
        }
        placed.message.take_if(|message| message.is_over.load(Ordering::Relaxed));
    }

    fn tell_levels(&mut self, call: CallId) {
        let Some(there) = self.calls.get(&call) else { return };
        let mut legs = Vec::with_capacity(there.legs.len());
        for at in &there.legs {
            if let Some(Some(placed)) = self.legs.get_mut(*at)
                && let Some(ear) = &mut placed.ear
            {
                let level = ear.meter.take();
                legs.push(LegLevel { leg: placed.id, peak_ddb: level.peak_ddb, rms_ddb: level.rms_ddb });
            }
        }
        (self.levels)(LevelsReport { call, legs });
    }

    // ---- commands ------------------------------------------------------------------------------------------------

    /// Carries out an order, or keeps it for later if its call waits for a leg.
    fn order(&mut self, order: Order) {
        let Some(order) = self.keep_for_later(order) else { return };
        match order {
            Order::Command(command) => self.command(command),
            Order::Expect(ticket, call) => self.expect(clock::mono_us(), ticket, call),
            Order::Depart { ticket, call, leg, to, inbox } => {
                self.depart(clock::mono_us(), ticket, (call, leg), to, &inbox);
            }
            Order::Arrive(ticket, call, moved) => self.arrive(ticket, call, moved),
            Order::Watch(calls) => self.watch(calls),
            Order::Refused(leg, slot) => self.refuse(leg, slot),
        }
    }

    fn refuse(&self, leg: LegId, slot: PortSlot) {
        let why = "the media thread is overloaded".to_owned();
        (self.events)(MediaEvent::OpenFailed { leg, slot, why });
    }

    fn command(&mut self, command: MediaCommand) {
        let now_us = clock::mono_us();
        match command {
            MediaCommand::Open { call, leg, slot } => self.open(call, leg, slot),
            MediaCommand::Agree { call, leg, agreed } => self.agree(now_us, call, leg, agreed),
            MediaCommand::Hear { call, leg, source } => self.hear(now_us, call, leg, source),
            MediaCommand::Play { call, leg, number, clips, is_loop } => {
                self.play_clips(now_us, call, leg, Playing { number, clips, is_loop });
            }
            MediaCommand::Listen { call, leg, is_on } => self.listen(call, leg, is_on),
            MediaCommand::TakeMessage { call, leg, message, longest_ms, silence_ms } => {
                self.take_message(now_us, call, leg, message, (longest_ms, silence_ms));
            }
            MediaCommand::StopMessage { call, leg, is_kept } => self.stop_message(now_us, call, leg, is_kept),
            // Goes to the recorder without us.
            MediaCommand::DropMessage { .. } => {}
            MediaCommand::SendDigit { call, leg, digit, duration_ms } => {
                self.send_digit(call, leg, digit, duration_ms);
            }
            MediaCommand::WithholdDigits { call, leg, for_ms } => {
                self.withhold_digits(now_us, call, leg, for_ms);
            }
            MediaCommand::Record { call, legs, subject } => self.record(now_us, call, legs, subject),
            MediaCommand::Mark { call, kind, text } => {
                if let Some(recording) = self.calls.get(&call).and_then(|call| call.recording.as_ref()) {
                    self.recorder.mark(recording.id, now_us, kind, text);
                }
            }
            MediaCommand::RecordLeg { call, leg, channel } => self.record_leg(call, leg, channel),
            MediaCommand::PauseRecording { call, is_paused } => self.pause_recording(call, is_paused),
            MediaCommand::RecordAlso { call, leg, channel } => self.record_also(call, leg, channel),
            MediaCommand::RecordNoMore { call, leg } => self.record_no_more(call, leg),
            MediaCommand::Move { call, leg, to } => self.move_within(now_us, call, leg, to),
            MediaCommand::StopRecording { call, tail_ms } => {
                self.stop_recording(now_us, call, tail_ms.saturating_mul(1_000));
            }
            MediaCommand::Close { call, leg, slot } => self.close(now_us, call, leg, slot),
        }
    }
}

/// Sends what is due of our own making to one leg; gives when what follows is due, if anything does.
fn pace_leg(
    now_us: u64,
    placed: &mut Placed,
    voices: &mut Voices,
    wires: &Wires,
    out: &mut [u8],
    events: &Events,
) -> Option<u64> {
    #[cfg(test)]
    faults::meet(placed.id);
    while let Some(due_us) = placed.leg.due_us() {
        if due_us > now_us {
            return Some(due_us);
        }
        if let Some((length, to)) = placed.leg.pace(now_us, voices, out) {
            wires.send(placed.rtp, out.get(..length).unwrap_or_default(), to);
        }
        if let Some(number) = placed.leg.take_played() {
            // What follows, until something else is asked for, is silence.
            (placed.playing, placed.source) = (None, Source::Silence);
            let leg = placed.id;
            events(if placed.leg.plays_whole() {
                MediaEvent::Played { leg, number }
            } else {
                MediaEvent::Unheard { leg, number }
            });
        }
    }
    None
}

fn tell(events: &Events, leg: LegId, note: Note) {
    if let Some(from) = note.flowing {
        events(MediaEvent::Flowing { leg, from });
    }
    if note.back {
        events(MediaEvent::Back { leg });
    }
    if let Some(digit) = note.digit {
        events(MediaEvent::Digit { leg, digit });
    }
    if note.sound {
        events(MediaEvent::Sound { leg });
    }
}

/// Wall clock in NTP's form: seconds since 1900 in 32.32 bits.
fn ntp() -> u64 {
    let us = clock::wall_us().max(0).cast_unsigned();
    let seconds = us / 1_000_000 + 2_208_988_800;
    (seconds << 32) | (((us % 1_000_000) << 32) / 1_000_000)
}

/// Chance from the operating system; without it, the time must do (RTP asks for unlikely, not for secret).
fn random() -> u128 {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u128::from_ne_bytes(bytes),
        Err(_) => u128::from(clock::mono_us()).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
    }
}

/// A fault that tests put into the sound of one leg.
#[cfg(test)]
pub(super) mod faults {
    use std::sync::atomic::{AtomicU64, Ordering};
    use switchroom_exchange::LegId;

    /// The leg that meets it, once; 0 is none.
    pub(in super::super) static LEG: AtomicU64 = AtomicU64::new(0);

    pub(super) fn meet(leg: LegId) {
        let is_met = LEG.compare_exchange(leg.0, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        assert!(!is_met || leg.0 == 0, "the fault that was asked for");
    }
}
