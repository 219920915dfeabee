//! The media engine of a run: it believes what it is told, and says what an engine says, late and in any mood.

use super::setup::MediaSetup;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use switchroom_exchange::{
    Agreed, CallId, Direction, LegId, MediaCommand, MediaEvent, PortSlot, Quality, RecordingFacts,
    RecordingSubject, Source,
};
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
    /// What it hears.
    pub hears: Source,
    flowing: u32,
}

/// The engine.
#[derive(Debug, Default)]
pub struct Media {
    /// Open legs.
    pub legs: BTreeMap<LegId, MediaLeg>,
    /// Calls that are recorded.
    pub recordings: BTreeMap<CallId, RecordingSubject>,
    /// Legs whose end is on its way to be told: the engine may still speak of them.
    closing: std::collections::BTreeSet<LegId>,
    /// When the failed opening of a leg is told: its end is told later.
    failing: BTreeMap<LegId, u64>,
}

/// Something the engine will say after so many microseconds.
pub type Later = (u64, MediaEvent);

fn is_one_in(rng: &mut Rng, ppm: u32) -> bool {
    ppm > 0 && rng.below(1_000_000) < u64::from(ppm)
}

impl Media {
    /// Takes a command; what comes of it is said later. `is_faulty`: the faults of `setup` happen.
    pub fn command(
        &mut self,
        now_us: u64,
        setup: &MediaSetup,
        rng: &mut Rng,
        is_faulty: bool,
        command: &MediaCommand,
    ) -> Vec<Later> {
        let soon = if is_faulty { rng.below(setup.delay_ms * 1000 + 200) } else { 200 };
        match command {
            MediaCommand::Open { call, leg, slot } => {
                let (call, leg, slot) = (*call, *leg, *slot);
                if is_faulty && is_one_in(rng, setup.open_fails_ppm) {
                    self.failing.insert(leg, now_us + soon);
                    return vec![(soon, MediaEvent::OpenFailed { leg, slot, why: "address in use".into() })];
                }
                let new = MediaLeg { call, slot, agreed: None, hears: Source::Nothing, flowing: 0 };
                self.legs.insert(leg, new);
                vec![]
            }
            MediaCommand::Agree { leg, agreed, .. } => self.agree(setup, rng, is_faulty, soon, *leg, agreed),
            MediaCommand::Hear { leg, source, .. } => {
                if let Some(leg) = self.legs.get_mut(leg) {
                    leg.hears = *source;
                }
                vec![]
            }
            MediaCommand::Record { call, subject, .. } => {
                let call = *call;
                if is_faulty && is_one_in(rng, setup.record_fails_ppm) {
                    return vec![(soon, MediaEvent::RecordingFailed { call, why: "no space".into() })];
                }
                self.recordings.insert(call, subject.clone());
                vec![(soon, MediaEvent::RecordingStarted { call })]
            }
            MediaCommand::StopRecording { call } => {
                let Some(subject) = self.recordings.remove(call) else { return vec![] };
                vec![(soon, MediaEvent::RecordingClosed { facts: facts(*call, subject) })]
            }
            MediaCommand::Close { leg, slot, .. } => {
                let (leg, slot) = (*leg, *slot);
                // Asked again for a leg that is closed or never opened it answers all the same.
                if self.legs.remove(&leg).is_some() {
                    self.closing.insert(leg);
                }
                let late = is_faulty && is_one_in(rng, setup.late_close_ppm);
                let after = if late { 2_000_000 + rng.below(60_000_000) } else { soon };
                let not_before = self.failing.remove(&leg).map_or(0, |at| at.saturating_sub(now_us) + 1);
                vec![(after.max(not_before), MediaEvent::Closed { leg, slot, whole: Quality::default() })]
            }
            MediaCommand::SendDigit { .. } | MediaCommand::Mark { .. } => vec![],
        }
    }

    fn agree(
        &mut self,
        setup: &MediaSetup,
        rng: &mut Rng,
        is_faulty: bool,
        soon: u64,
        leg: LegId,
        agreed: &Agreed,
    ) -> Vec<Later> {
        let Some(one) = self.legs.get_mut(&leg) else { return vec![] };
        let mut out = Vec::new();
        if let (true, Some(from)) = (agreed.receiving && one.flowing < agreed.generation, agreed.remote_rtp) {
            one.flowing = agreed.generation;
            let after = if setup.is_steady { 50_000 } else { soon + rng.below(100_000) };
            out.push((after, MediaEvent::Flowing { leg, from }));
        }
        if is_faulty && is_one_in(rng, setup.news_ppm) {
            let at = rng.below(20_000_000);
            out.extend(news(rng, leg).into_iter().map(|(after, event)| (at + after, event)));
        }
        one.agreed = Some(agreed.clone());
        out
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
        _ => vec![(0, MediaEvent::Digit { leg, digit: '5' })],
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
    }
}
