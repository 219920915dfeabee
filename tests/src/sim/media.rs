//! The media engine of a run: it believes what it is told, and says what an engine says, late and in any mood.

use super::dice::Dice;
use super::setup::MediaSetup;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use switchroom_exchange::{
    Agreed, CallId, Channel, Direction, LegId, MediaCommand, MediaEvent, MessageFacts, PortSlot, Quality,
    RecordingFacts, RecordingSubject, Source, Taken,
};
use switchroom_flow::Clip;
use switchroom_sip::rng::Rng;

/// A leg as the engine was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLeg {
    /// Its call.
    pub call: CallId,
    /// Its port pair.
    pub slot: PortSlot,
    /// What was settled.
    pub agreed: Option<Agreed>,
    /// What it hears, beside what is played to it.
    pub hears: Source,
    /// What is played to it instead.
    pub plays: Option<Playing>,
    /// Digits are looked for in its sound.
    pub listens: bool,
    flowing: u32,
}

/// Pieces of sound that a leg hears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Playing {
    pub number: u64,
    pub clips: Vec<Clip>,
    pub is_loop: bool,
}

/// The engine.
#[derive(Debug, Default)]
pub struct Media {
    /// Open legs.
    pub legs: BTreeMap<LegId, MediaLeg>,
    /// Calls that are recorded.
    pub recordings: BTreeMap<CallId, RecordingSubject>,
    /// Recordings that have silence at the moment.
    pub paused: BTreeSet<CallId>,
    /// Legs that are heard in a recording beside those that it began with.
    pub also: BTreeMap<LegId, (CallId, Channel)>,
    /// Whose sound each channel of a recording has.
    pub tape: BTreeMap<CallId, [(LegId, Channel); 2]>,
    /// The message that a leg takes.
    pub messages: BTreeMap<LegId, String>,
    /// Messages whose end is on its way to be told.
    ending: BTreeSet<String>,
    /// Playings that ended while they were being cut: that is still told.
    crossing: BTreeSet<(LegId, u64)>,
    /// Legs whose end is on its way to be told: the engine may still speak of them.
    closing: BTreeSet<LegId>,
    /// When the failed opening of a leg is told: its end is told later.
    failing: BTreeMap<LegId, u64>,
}

/// Something the engine will say after so many microseconds.
pub type Later = (u64, MediaEvent);

/// How the engine is about a command: what may go wrong, by which chance, and when what comes of it is said at the soonest.
#[derive(Debug)]
pub struct Mood<'a> {
    setup: &'a MediaSetup,
    rng: &'a mut Rng,
    is_faulty: bool,
    soon: u64,
}

impl<'a> Mood<'a> {
    /// Draws it. `is_faulty`: the faults of `setup` happen.
    pub fn draw(setup: &'a MediaSetup, rng: &'a mut Rng, is_faulty: bool) -> Self {
        let soon = if is_faulty { rng.below(setup.delay_ms * 1000 + 200) } else { 200 };
        Self { setup, rng, is_faulty, soon }
    }

    /// Whether what goes wrong so many times in a million does now.
    fn fails(&mut self, times: u32) -> bool {
        self.is_faulty && self.rng.one_in_million(times)
    }

    /// How long a piece of sound is heard, microseconds: words by their letters, and nothing for what is not there.
    fn length_us(&mut self, clip: &Clip) -> u64 {
        match clip {
            Clip::Pause(ms) => u64::from(*ms) * 1000,
            Clip::Beep => 500_000,
            Clip::Prompt { .. } | Clip::Speech { .. } | Clip::Message(_)
                if self.is_faulty && self.rng.below(20) == 0 =>
            {
                0
            }
            Clip::Prompt { name, .. } => 300_000 + 60_000 * name.len() as u64,
            Clip::Speech { text, .. } => 300_000 + 60_000 * text.len() as u64,
            Clip::Message(_) => 5_000_000,
            Clip::Ringing => 5_000_000,
        }
    }

    /// The end of what is played. A prompt that cannot be read, or whose phone could not be told of it, was not heard: no draw
    /// tells which, so that runs without such faults are what they were.
    fn played(&self, leg: LegId, number: u64) -> MediaEvent {
        if self.is_faulty && leg.0.wrapping_mul(31).wrapping_add(number).is_multiple_of(UNHEARD) {
            return MediaEvent::Unheard { leg, number };
        }
        MediaEvent::Played { leg, number }
    }
}

/// One in so many plays is not heard to its end, where there are faults.
const UNHEARD: u64 = 13;

impl Media {
    /// Takes a command; what comes of it is said later.
    pub fn command(&mut self, now_us: u64, mut mood: Mood<'_>, command: &MediaCommand) -> Vec<Later> {
        let mood = &mut mood;
        match command {
            MediaCommand::Open { call, leg, slot } => return self.open(now_us, mood, *call, *leg, *slot),
            MediaCommand::Agree { leg, agreed, .. } => return self.agree(mood, *leg, agreed),
            MediaCommand::Close { leg, slot, .. } => return self.close(now_us, mood, *leg, *slot),
            MediaCommand::Hear { leg, source, .. } => return self.hear(mood, *leg, source),
            MediaCommand::Play { leg, number, clips, is_loop, .. } => {
                let playing = Playing { number: *number, clips: clips.clone(), is_loop: *is_loop };
                return self.play(mood, *leg, playing);
            }
            MediaCommand::TakeMessage { leg, message, longest_ms, .. } => {
                return self.take_message(mood, *leg, message, *longest_ms);
            }
            MediaCommand::StopMessage { leg, is_kept, .. } => {
                let why = if *is_kept { "stopped" } else { "not to be kept" };
                return self.end_message(mood, *leg, *is_kept, why);
            }
            MediaCommand::Record { call, legs, subject } => return self.record(mood, *call, *legs, subject),
            MediaCommand::StopRecording { call, .. } => return self.stop_recording(mood, *call),
            // Of the others it says nothing.
            MediaCommand::Listen { leg, is_on, .. } => {
                if let Some(leg) = self.legs.get_mut(leg) {
                    leg.listens = *is_on;
                }
            }
            MediaCommand::Move { leg, to, .. } => {
                if let Some(leg) = self.legs.get_mut(leg) {
                    (leg.call, leg.hears, leg.plays) = (*to, Source::Nothing, None);
                }
            }
            // The file is that of the call, whoever is on it.
            MediaCommand::RecordLeg { call, leg, channel } => {
                let sides = self.tape.get_mut(call).into_iter().flatten();
                sides.filter(|(_, of)| of == channel).for_each(|side| side.0 = *leg);
            }
            MediaCommand::PauseRecording { call, is_paused: true } => _ = self.paused.insert(*call),
            MediaCommand::PauseRecording { call, is_paused: false } => _ = self.paused.remove(call),
            MediaCommand::RecordAlso { call, leg, channel } => {
                if self.recordings.contains_key(call) {
                    self.also.insert(*leg, (*call, *channel));
                }
            }
            MediaCommand::RecordNoMore { leg, .. } => _ = self.also.remove(leg),
            MediaCommand::DropMessage { .. }
            | MediaCommand::SendDigit { .. }
            | MediaCommand::WithholdDigits { .. }
            | MediaCommand::Mark { .. } => {}
        }
        vec![]
    }

    fn open(
        &mut self,
        now_us: u64,
        mood: &mut Mood<'_>,
        call: CallId,
        leg: LegId,
        slot: PortSlot,
    ) -> Vec<Later> {
        if mood.fails(mood.setup.open_fails_ppm) {
            self.failing.insert(leg, now_us + mood.soon);
            return vec![(mood.soon, MediaEvent::OpenFailed { leg, slot, why: "address in use".into() })];
        }
        let new = MediaLeg {
            call,
            slot,
            agreed: None,
            hears: Source::Nothing,
            plays: None,
            listens: false,
            flowing: 0,
        };
        self.legs.insert(leg, new);
        vec![]
    }

    fn agree(&mut self, mood: &mut Mood<'_>, leg: LegId, agreed: &Agreed) -> Vec<Later> {
        let Some(one) = self.legs.get_mut(&leg) else { return vec![] };
        let mut out = Vec::new();
        if let (true, Some(from)) = (agreed.receiving && one.flowing < agreed.generation, agreed.remote_rtp) {
            one.flowing = agreed.generation;
            let after = if mood.setup.is_steady { 50_000 } else { mood.soon + mood.rng.below(100_000) };
            out.push((after, MediaEvent::Flowing { leg, from }));
        }
        if mood.fails(mood.setup.news_ppm) {
            let at = mood.rng.below(20_000_000);
            out.extend(news(mood.rng, leg).into_iter().map(|(after, event)| (at + after, event)));
        }
        one.agreed = Some(agreed.clone());
        out
    }

    /// Asked again for a leg that is closed or never opened it answers all the same.
    fn close(&mut self, now_us: u64, mood: &mut Mood<'_>, leg: LegId, slot: PortSlot) -> Vec<Later> {
        self.also.remove(&leg);
        if self.legs.remove(&leg).is_some() {
            self.closing.insert(leg);
        }
        let is_late = mood.fails(mood.setup.late_close_ppm);
        let after = if is_late { 2_000_000 + mood.rng.below(60_000_000) } else { mood.soon };
        let not_before = self.failing.remove(&leg).map_or(0, |at| at.saturating_sub(now_us) + 1);
        let mut out = self.end_message(mood, leg, true, "the leg was closed");
        out.push((after.max(not_before), MediaEvent::Closed { leg, slot, whole: Quality::default() }));
        out
    }

    fn hear(&mut self, mood: &mut Mood<'_>, leg: LegId, source: &Source) -> Vec<Later> {
        let crossed = self.cut(mood, leg);
        if let Some(one) = self.legs.get_mut(&leg) {
            one.hears = source.clone();
        }
        crossed
    }

    fn play(&mut self, mood: &mut Mood<'_>, leg: LegId, playing: Playing) -> Vec<Later> {
        let mut out = self.cut(mood, leg);
        let Some(one) = self.legs.get_mut(&leg) else { return out };
        one.hears = Source::Nothing;
        let long_us = playing.clips.iter().map(|clip| mood.length_us(clip)).sum::<u64>();
        if !playing.is_loop {
            out.push((mood.soon + long_us, mood.played(leg, playing.number)));
        }
        one.plays = Some(playing);
        out
    }

    /// What is played to a leg is cut; with luck that crosses its end, which is told all the same.
    fn cut(&mut self, mood: &mut Mood<'_>, leg: LegId) -> Vec<Later> {
        let cut = self.legs.get_mut(&leg).and_then(|one| one.plays.take());
        match cut {
            Some(Playing { number, is_loop: false, .. }) if mood.is_faulty && mood.rng.below(8) == 0 => {
                self.crossing.insert((leg, number));
                vec![(mood.rng.below(300), MediaEvent::Played { leg, number })]
            }
            _ => vec![],
        }
    }

    fn take_message(
        &mut self,
        mood: &mut Mood<'_>,
        leg: LegId,
        message: &str,
        longest_ms: u32,
    ) -> Vec<Later> {
        let fails = mood.fails(mood.setup.record_fails_ppm);
        let lasts = |rng: &mut Rng| 1000 * (1 + rng.below(u64::from(longest_ms.max(1))));
        let after = if fails { mood.soon } else { mood.soon + lasts(mood.rng) };
        if !self.legs.contains_key(&leg) || self.messages.contains_key(&leg) || fails {
            self.ending.insert(message.to_owned());
            return vec![(mood.soon, taken(leg, message, Taken::Failed, "no space"))];
        }
        self.messages.insert(leg, message.to_owned());
        let came = if mood.rng.below(10) > 0 { kept(message, after) } else { Taken::Nothing };
        let why = if came == Taken::Nothing { "nothing was said" } else { "silence" };
        vec![(after, taken(leg, message, came, why))]
    }

    /// The message that a leg takes, if it takes one, ends now.
    fn end_message(&mut self, mood: &mut Mood<'_>, leg: LegId, is_kept: bool, why: &str) -> Vec<Later> {
        let Some(message) = self.messages.remove(&leg) else { return vec![] };
        self.ending.insert(message.clone());
        let is_there = is_kept && mood.rng.below(10) > 0;
        let came = if is_there { kept(&message, 2_000_000) } else { Taken::Nothing };
        vec![(mood.soon, taken(leg, &message, came, why))]
    }

    fn record(
        &mut self,
        mood: &mut Mood<'_>,
        call: CallId,
        legs: [(LegId, Channel); 2],
        subject: &RecordingSubject,
    ) -> Vec<Later> {
        self.tape.insert(call, legs);
        if mood.fails(mood.setup.record_fails_ppm) {
            return vec![(mood.soon, MediaEvent::RecordingFailed { call, why: "no space".into() })];
        }
        self.recordings.insert(call, subject.clone());
        vec![(mood.soon, MediaEvent::RecordingStarted { call })]
    }

    fn stop_recording(&mut self, mood: &Mood<'_>, call: CallId) -> Vec<Later> {
        self.paused.remove(&call);
        self.tape.remove(&call);
        let Some(subject) = self.recordings.remove(&call) else { return vec![] };
        self.also.retain(|_, (of, _)| *of != call);
        vec![(mood.soon, MediaEvent::RecordingClosed { facts: facts(call, subject) })]
    }

    /// Whether what was to be said at this time is still to be said, now that it has come.
    pub fn still_says(&mut self, event: &MediaEvent) -> bool {
        match event {
            // After the end of a leg there is nothing to say of it.
            MediaEvent::Flowing { leg, .. }
            | MediaEvent::Digit { leg, .. }
            | MediaEvent::Missing { leg, .. }
            | MediaEvent::Back { leg }
            | MediaEvent::DeadAir { leg, .. }
            | MediaEvent::Sound { leg }
            | MediaEvent::Quality { leg, .. } => self.speaks_of(*leg),
            MediaEvent::Played { leg, number } | MediaEvent::Unheard { leg, number } => {
                let one = self.legs.get_mut(leg);
                let is_played =
                    one.and_then(|one| one.plays.take_if(|plays| plays.number == *number)).is_some();
                let has_crossed = self.crossing.remove(&(*leg, *number));
                is_played || has_crossed && self.speaks_of(*leg)
            }
            MediaEvent::MessageTaken { leg, message, .. } => {
                if self.messages.get(leg) == Some(message) {
                    self.messages.remove(leg);
                    return true;
                }
                self.ending.remove(message)
            }
            MediaEvent::OpenFailed { .. }
            | MediaEvent::Closed { .. }
            | MediaEvent::RecordingStarted { .. }
            | MediaEvent::RecordingFailed { .. }
            | MediaEvent::RecordingClosed { .. } => true,
        }
    }

    /// Whether the engine can still have something to say of a leg.
    pub fn speaks_of(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg) || self.closing.contains(&leg)
    }

    /// The end of a leg was told.
    pub fn told_end(&mut self, leg: LegId) {
        self.closing.remove(&leg);
    }

    /// Whether a leg's ports could not be opened, which the exchange may not know yet.
    pub fn has_failed(&self, leg: LegId) -> bool {
        self.failing.contains_key(&leg)
    }

    /// What the engine says of a leg whose phone is silent.
    pub fn silence(leg: LegId) -> MediaEvent {
        MediaEvent::Missing { leg, for_ms: 10_000, refused: 0, refused_from: None }
    }

    /// Where each open leg's phone is said to be.
    pub fn phones(&self) -> impl Iterator<Item = (LegId, SocketAddr)> {
        self.legs.iter().filter_map(|(leg, one)| Some((*leg, one.agreed.as_ref()?.remote_rtp?)))
    }
}

/// News of one leg: trouble that begins, and mostly ends.
fn news(rng: &mut Rng, leg: LegId) -> Vec<Later> {
    let later = 1_000_000 + rng.below(90_000_000);
    let bad = Direction { packets: 250, lost: 90, jitter_us: 70_000, rtt_us: 400_000, mos_centi: 250 };
    let poor = Quality { received: bad, sent: bad };
    let fine = Quality::default();
    match rng.below(5) {
        0 => vec![(0, Media::silence(leg)), (later, MediaEvent::Back { leg })],
        1 => vec![(0, Media::silence(leg))],
        2 => vec![(0, MediaEvent::DeadAir { leg, for_ms: 20_000 }), (later, MediaEvent::Sound { leg })],
        3 => vec![
            (0, MediaEvent::Quality { leg, recent: poor, whole: poor }),
            (later, MediaEvent::Quality { leg, recent: fine, whole: fine }),
        ],
        // The code for the recording, if it is an agent's, or nearly.
        _ if leg.0.is_multiple_of(2) => {
            let second = if leg.0.is_multiple_of(8) { '5' } else { '1' };
            let press = |(at, digit)| (at, MediaEvent::Digit { leg, digit });
            [(0, '*'), (300_000, second)].map(press).to_vec()
        }
        _ => vec![(0, MediaEvent::Digit { leg, digit: '5' })],
    }
}

fn taken(leg: LegId, message: &str, taken: Taken, why: &str) -> MediaEvent {
    MediaEvent::MessageTaken { leg, message: message.to_owned(), taken, why: why.to_owned() }
}

/// What a shell finds of a message that was being recorded when the process died: a file, nothing, or, now and then, that the
/// disk cannot be read.
pub fn cut_off(rng: &mut Rng, message: &str) -> Option<Option<MessageFacts>> {
    match rng.below(8) {
        0 => None,
        1 | 2 => Some(None),
        _ => Some(Some(message_facts(message, 1000 * (60 + rng.below(60_000))))),
    }
}

fn kept(message: &str, after_us: u64) -> Taken {
    Taken::Kept(message_facts(message, after_us))
}

fn message_facts(message: &str, after_us: u64) -> MessageFacts {
    let length_ms = after_us / 1000;
    MessageFacts {
        file: format!("messages/2026/11/{message}.wav"),
        length_ms,
        bytes: 44 + 16 * length_ms,
        sha256: String::new(),
    }
}

fn facts(call: CallId, subject: RecordingSubject) -> RecordingFacts {
    RecordingFacts {
        call,
        subject,
        file: format!("{call}.wav"),
        length_ms: 1000,
        bytes: 32_044,
        rate: 8000,
        sha256: String::new(),
        codec: "PCMA/8000".into(),
        marks: vec![],
        complete: true,
        held: None,
    }
}
