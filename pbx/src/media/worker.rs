//! A media thread: its calls, its legs, its ports, one epoll.

use super::inbox::{Inbox, Order};
use super::recorder::{Recorder, Start};
use super::taps::{Ear, Tap};
use super::wires::{Datagram, Ready, Role, Wire, Wires};
use super::{Events, Gauges, LegLevel, LevelReports, LevelsReport, MediaSettings, translate};
use crate::clock;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use switchroom_exchange::{
    Agreed, CallId, Channel, LegId, MediaCommand, MediaEvent, PortSlot, Quality, RecordingSubject, Source,
};
use switchroom_media::DATAGRAM_BYTES_MAX;
use switchroom_media::codec::{Codec, Crossing};
use switchroom_media::leg::{Content, Leg, Media, Note};
use switchroom_media::rtcp::REPORT_BYTES_MAX;

/// How often each leg is looked at, microseconds.
const LOOK_US: u64 = 500_000;
/// How often levels are told, microseconds.
const LEVELS_US: u64 = 200_000;

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
    tap: Option<Box<Tap>>,
    ear: Option<Box<Ear>>,
}

struct Recorded {
    id: u64,
    legs: [(LegId, Channel); 2],
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
    gauges: Arc<Gauges>,
    inbox: Arc<Inbox>,
    wires: Wires,
    legs: Vec<Option<Box<Placed>>>,
    free: Vec<usize>,
    calls: BTreeMap<CallId, Call>,
    /// Legs that send packets of our own making.
    paced: Vec<usize>,
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
        gauges: Arc<Gauges>,
    ) -> io::Result<Self> {
        let inbox = Arc::new(Inbox::new()?);
        let wires = Wires::new(inbox.bell())?;
        Ok(Self {
            settings,
            events,
            levels,
            recorder,
            gauges,
            inbox,
            wires,
            legs: Vec::new(),
            free: Vec::new(),
            calls: BTreeMap::new(),
            paced: Vec::new(),
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
                    match order {
                        Order::Command(command) => self.command(command),
                        Order::Watch(calls) => self.watch(calls),
                        Order::Refused(leg, slot) => {
                            let why = "the media thread is overloaded".to_owned();
                            (self.events)(MediaEvent::OpenFailed { leg, slot, why });
                        }
                    }
                }
            }
            self.look(clock::mono_us());
        }
        self.close_all();
    }

    fn timeout_us(&self, now_us: u64) -> Option<u64> {
        let paced = self.paced.iter().filter_map(|at| self.legs.get(*at)?.as_ref()?.leg.due_us()).min();
        let levels = (!self.watched.is_empty()).then_some(self.levels_us);
        let look = (!self.calls.is_empty()).then_some(self.look_us);
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
            if let Some(tap) = &mut placed.tap {
                tap.take(&self.recorder, now_us, &media, payload);
            }
            if let Some(ear) = &mut placed.ear {
                ear.hear(payload);
            }
        }
        for at in 0..placed.listeners.len() {
            self.forward(now_us, datagram, at, &media);
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
        if !self.paced.is_empty() {
            self.pace(now_us);
        }
        if !self.watched.is_empty() && now_us >= self.levels_us {
            self.levels_us = now_us + LEVELS_US;
            for call in self.watched.clone() {
                self.tell_levels(call);
            }
        }
        if now_us >= self.look_us && !self.calls.is_empty() {
            self.look_us = now_us + LOOK_US;
            for at in 0..self.legs.len() {
                self.look_at(now_us, at);
            }
        }
    }

    fn pace(&mut self, now_us: u64) {
        let Self { paced, legs, wires, out, .. } = self;
        paced.retain(|at| {
            let Some(Some(placed)) = legs.get_mut(*at) else { return false };
            while let Some(due_us) = placed.leg.due_us() {
                if due_us > now_us {
                    return true;
                }
                if let Some((length, to)) = placed.leg.pace(now_us, &mut out[..]) {
                    wires.send(placed.rtp, out.get(..length).unwrap_or_default(), to);
                }
            }
            false
        });
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

    fn command(&mut self, command: MediaCommand) {
        let now_us = clock::mono_us();
        match command {
            MediaCommand::Open { call, leg, slot } => self.open(call, leg, slot),
            MediaCommand::Agree { call, leg, agreed } => self.agree(now_us, call, leg, agreed),
            MediaCommand::Hear { call, leg, source } => self.hear(now_us, call, leg, source),
            MediaCommand::Play { leg, number, .. } => {
                tracing::debug!(leg = leg.0, number, "prompts cannot be played yet");
            }
            MediaCommand::Listen { .. }
            | MediaCommand::StopMessage { .. }
            | MediaCommand::DropMessage { .. } => {}
            MediaCommand::TakeMessage { leg, message, .. } => {
                let why = "messages cannot be taken yet".to_owned();
                (self.events)(MediaEvent::MessageTaken { leg, message, facts: None, why });
            }
            MediaCommand::SendDigit { call, leg, digit, duration_ms } => {
                self.send_digit(call, leg, digit, duration_ms);
            }
            MediaCommand::Record { call, legs, subject } => self.record(now_us, call, legs, subject),
            MediaCommand::Mark { call, kind, text } => {
                if let Some(recording) = self.calls.get(&call).and_then(|call| call.recording.as_ref()) {
                    self.recorder.mark(recording.id, now_us, kind, text);
                }
            }
            MediaCommand::StopRecording { call } => self.stop_recording(now_us, call),
            MediaCommand::Close { call, leg, slot } => self.close(now_us, call, leg, slot),
        }
    }

    fn find(&self, call: CallId, leg: LegId) -> Option<usize> {
        let is_it =
            |at: &&usize| self.legs.get(**at).and_then(Option::as_ref).is_some_and(|placed| placed.id == leg);
        self.calls.get(&call)?.legs.iter().find(is_it).copied()
    }

    fn open(&mut self, call: CallId, id: LegId, slot: PortSlot) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        match self.place(call, id, slot, at) {
            Ok(placed) => {
                if let Some(place) = self.legs.get_mut(at) {
                    *place = Some(Box::new(placed));
                }
                self.calls.entry(call).or_default().legs.push(at);
                self.gauges.legs.fetch_add(1, Ordering::Relaxed);
                self.rewire(call);
            }
            Err(error) => {
                self.free.push(at);
                let why = format!("cannot open the RTP ports of slot {}: {error}", slot.0);
                (self.events)(MediaEvent::OpenFailed { leg: id, slot, why });
            }
        }
    }

    fn place(&mut self, call: CallId, id: LegId, slot: PortSlot, at: usize) -> io::Result<Placed> {
        if slot.0 >= self.settings.rtp_pairs || self.find(call, id).is_some() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let port = u32::from(self.settings.rtp_port_first) + 2 * u32::from(slot.0);
        let address = |port: u32| {
            let port = u16::try_from(port).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            Ok::<_, io::Error>(SocketAddr::new(self.settings.bind, port))
        };
        let (rtp, rtcp) = (address(port)?, address(port + 1)?);
        let rtp = self.wires.open(rtp, self.settings.dscp, Role::Rtp, at)?;
        let rtcp = match self.wires.open(rtcp, self.settings.dscp, Role::Rtcp, at) {
            Ok(rtcp) => rtcp,
            Err(error) => {
                self.wires.close(rtp);
                return Err(error);
            }
        };
        Ok(Placed {
            id,
            call,
            slot,
            leg: Leg::new(id.0, random()),
            rtp,
            rtcp,
            source: Source::Nothing,
            listeners: Vec::new(),
            tap: None,
            ear: None,
        })
    }

    fn agree(&mut self, now_us: u64, call: CallId, leg: LegId, agreed: Agreed) {
        let Some(at) = self.find(call, leg) else { return };
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            tell(&self.events, leg, placed.leg.agree(now_us, translate::terms(agreed)));
        }
        self.play(now_us, at);
        self.rewire(call);
    }

    fn hear(&mut self, now_us: u64, call: CallId, leg: LegId, source: Source) {
        let Some(at) = self.find(call, leg) else { return };
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            placed.source = source;
        }
        self.play(now_us, at);
        self.rewire(call);
    }

    /// Starts the sound of our own that a leg hears, or stops it.
    fn play(&mut self, now_us: u64, at: usize) {
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        if !placed.leg.play(now_us, translate::sound(placed.source)) && placed.leg.terms().is_some() {
            tracing::debug!(leg = placed.id.0, "the codec of the leg cannot be encoded: it hears nothing");
        }
        self.pace_from_now(at);
    }

    fn pace_from_now(&mut self, at: usize) {
        let due = self.legs.get(at).and_then(Option::as_ref).and_then(|placed| placed.leg.due_us());
        if due.is_some() && !self.paced.contains(&at) {
            self.paced.push(at);
        }
    }

    fn send_digit(&mut self, call: CallId, leg: LegId, digit: char, duration_ms: u16) {
        let Some(at) = self.find(call, leg) else { return };
        let sent = match self.legs.get_mut(at) {
            Some(Some(placed)) => placed.leg.send_digit(digit, duration_ms),
            _ => false,
        };
        if !sent {
            tracing::debug!(leg = leg.0, "a digit cannot be sent: none were agreed, or too many wait");
        }
        self.pace_from_now(at);
    }

    fn record(&mut self, now_us: u64, call: CallId, legs: [(LegId, Channel); 2], subject: RecordingSubject) {
        let Some(there) = self.calls.get(&call).filter(|there| there.recording.is_none()) else {
            let why = "the call has no media, or is being recorded already".to_owned();
            (self.events)(MediaEvent::RecordingFailed { call, why });
            return;
        };
        let codec_of = |id: LegId| {
            let found = there
                .legs
                .iter()
                .filter_map(|at| self.legs.get(*at)?.as_ref())
                .find(|placed| placed.id == id);
            found.and_then(|placed| placed.leg.terms()).map(|terms| &terms.codec)
        };
        let codecs: Vec<&Codec> = legs.iter().filter_map(|(id, _)| codec_of(*id)).collect();
        let rates: Vec<u32> = codecs.iter().filter_map(|codec| codec.kind.rate()).collect();
        let codec = codecs.first().map(|codec| translate::codec_text(codec)).unwrap_or_default();
        if rates.is_empty() && !codecs.is_empty() {
            let why = format!("{codec} cannot be decoded, so the call is not recorded");
            (self.events)(MediaEvent::RecordingFailed { call, why });
            return;
        }
        let rate = rates.iter().copied().max().unwrap_or(8_000);
        let readable = rates.len() == codecs.len();
        let id = self.recorder.start_recording(Start { call, subject, codec, rate, readable, at_us: now_us });
        if let Some(there) = self.calls.get_mut(&call) {
            there.recording = Some(Recorded { id, legs });
        }
        self.rewire(call);
    }

    fn stop_recording(&mut self, now_us: u64, call: CallId) {
        let Some(recorded) = self.calls.get_mut(&call).and_then(|call| call.recording.take()) else { return };
        // Taking the taps off tells the recorder of what it missed, before it is told to stop.
        self.rewire(call);
        self.recorder.stop_recording(recorded.id, now_us);
    }

    fn close(&mut self, now_us: u64, call: CallId, leg: LegId, slot: PortSlot) {
        let Some(at) = self.find(call, leg) else {
            // Never opened, or closed before: its ports are free, which is what is asked for.
            (self.events)(MediaEvent::Closed { leg, slot, whole: Quality::default() });
            return;
        };
        if let Some(there) = self.calls.get_mut(&call) {
            there.legs.retain(|other| *other != at);
        }
        self.rewire(call);
        self.unplace(at);
        if self.calls.get(&call).is_some_and(|there| there.legs.is_empty()) {
            self.stop_recording(now_us, call);
            self.calls.remove(&call);
        }
    }

    fn unplace(&mut self, at: usize) {
        let Some(mut placed) = self.legs.get_mut(at).and_then(Option::take) else { return };
        if let Some(tap) = &mut placed.tap {
            tap.confess(&self.recorder);
        }
        self.wires.close(placed.rtp);
        self.wires.close(placed.rtcp);
        self.paced.retain(|other| *other != at);
        self.free.push(at);
        self.gauges.legs.fetch_sub(1, Ordering::Relaxed);
        let whole = translate::quality(placed.leg.quality());
        (self.events)(MediaEvent::Closed { leg: placed.id, slot: placed.slot, whole });
    }

    fn close_all(&mut self) {
        let now_us = clock::mono_us();
        for order in self.inbox.take() {
            if let Order::Command(
                command @ (MediaCommand::StopRecording { .. } | MediaCommand::Mark { .. }),
            ) = order
            {
                self.command(command);
            }
        }
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.stop_recording(now_us, call);
        }
        for at in 0..self.legs.len() {
            self.unplace(at);
        }
    }

    fn watch(&mut self, calls: BTreeSet<CallId>) {
        let before = std::mem::replace(&mut self.watched, calls);
        self.levels_us = clock::mono_us() + LEVELS_US;
        let changed: Vec<CallId> = before.symmetric_difference(&self.watched).copied().collect();
        for call in changed {
            self.rewire(call);
        }
    }

    /// Works out anew who hears whom, what is recorded and what is metered in a call.
    fn rewire(&mut self, call: CallId) {
        let Some(there) = self.calls.get(&call) else { return };
        let codec_of = |legs: &[Option<Box<Placed>>], at: usize| {
            legs.get(at)?.as_ref()?.leg.terms().map(|terms| terms.codec.clone())
        };
        for at in &there.legs {
            let (mut listeners, codec) = (Vec::new(), codec_of(&self.legs, *at));
            let id = self.legs.get(*at).and_then(Option::as_ref).map(|placed| placed.id);
            for other in &there.legs {
                let Some(hearer) = self.legs.get(*other).and_then(Option::as_ref) else { continue };
                let hears = match hearer.source {
                    Source::Leg(source) => other != at && Some(source) == id,
                    Source::Echo => other == at,
                    Source::Nothing | Source::Silence | Source::Tone { .. } => false,
                };
                if let (true, Some(from), Some(to)) = (hears, &codec, codec_of(&self.legs, *other)) {
                    listeners.push((*other, from.crossing(&to)));
                }
            }
            let recorded = there.recording.as_ref();
            let channel = recorded
                .and_then(|r| r.legs.iter().find(|(leg, _)| Some(*leg) == id).map(|(_, c)| (r.id, *c)));
            let Some(Some(placed)) = self.legs.get_mut(*at) else { continue };
            placed.listeners = listeners;
            if let Some(tap) = &mut placed.tap {
                tap.confess(&self.recorder);
            }
            placed.tap = match (channel, &codec) {
                (Some((recording, channel)), Some(codec)) => {
                    Some(Box::new(Tap::new(recording, translate::side(channel), codec)))
                }
                _ => None,
            };
            let watched = self.watched.contains(&placed.call);
            placed.ear = codec.filter(|_| watched).map(|codec| Box::new(Ear::new(&codec)));
        }
    }
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
