//! One leg on one side of a recording: the order of its packets, and where their samples go.

use super::{Arrival, DRIFT_HARD_MS, DRIFT_SOFT_MS, Damage, Frames, HOLD_US, Side, frames_of};
use crate::codec::{Decoder, Kind};
use crate::rtp::{Header, Unwrapped};
use std::collections::BTreeMap;

/// Packets that may wait for one before them; ten seconds' worth cannot come within the hold of an honest stream.
const HELD_MAX: usize = 64;
/// A step of the sequence number beyond this is a new beginning.
const STEP_MAX: i64 = 3000;
/// After so long without a packet, as while the recording pauses, a number that is late begins anew, microseconds.
const AWAY_US: u64 = 5_000_000;
/// So many packets in a row that come too late are no late packets: the phone has begun to count anew.
const LATE_MAX: u64 = 25;
/// Timestamps that disagree with the moment of arrival by more than this are another count of time, milliseconds.
const JUMP_MS: i64 = 500;
/// ... if the phone itself says that a talkspurt begins, this much is enough.
const JUMP_MARKED_MS: i64 = 150;
/// For so long they must disagree: a stalled network catches up within it, microseconds.
const JUMP_HOLD_US: u64 = 400_000;
/// What begins anew lies at most this much ahead of its moment, to make room for what lies there already, milliseconds: packets
/// of the stream before may have come late.
const AHEAD_MS: i64 = 40;
/// Packets over which the smallest delay is taken, the first time and then.
const WINDOW: [u32; 2] = [25, 250];
/// Louder than this is not a quiet moment: −40 decibels.
const QUIET: u16 = 330;

struct Held {
    at_us: u64,
    header: Header,
    kind: Kind,
    clock: u32,
    payload: Vec<u8>,
}

/// Where the timestamps of a stream lie among the frames.
struct Anchor {
    timestamp: i64,
    frame: i64,
    clock: u32,
}

/// The smallest delay of a number of packets.
struct Window {
    length: u32,
    count: u32,
    least: i64,
}

struct Stream {
    ssrc: u32,
    /// The number whose turn it is, and the timestamp of the last packet that was taken.
    count: Unwrapped,
    anchor: Option<Anchor>,
    window: Window,
    /// Since when the timestamps disagree with the moments of arrival.
    odd_since_us: Option<u64>,
}

pub(super) struct Track {
    side: Side,
    leg: u64,
    rate: u32,
    start_us: u64,
    stream: Option<Stream>,
    held: BTreeMap<i64, Held>,
    /// When the last packet came, and how many in a row came too late.
    last_us: u64,
    late: u64,
    decoder: Option<Decoder>,
    decoded: Vec<i16>,
    /// Frames before this one are placed.
    placed: i64,
    damage: Damage,
}

impl Track {
    pub(super) fn new(side: Side, leg: u64, rate: u32, start_us: u64) -> Self {
        Self {
            side,
            leg,
            rate,
            start_us,
            stream: None,
            held: BTreeMap::new(),
            last_us: start_us,
            late: 0,
            decoder: None,
            decoded: Vec::new(),
            placed: 0,
            damage: Damage::default(),
        }
    }

    pub(super) fn is_of(&self, side: Side, leg: u64) -> bool {
        (self.side, self.leg) == (side, leg)
    }

    /// Frames before this one are placed.
    pub(super) fn placed(&self) -> i64 {
        self.placed
    }

    pub(super) fn damage(&self) -> Damage {
        self.damage
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, frames: &mut Frames) {
        let header = &arrival.header;
        let mut step = self.stream.as_ref().map(|stream| stream.count.step(header.sequence));
        let goes_on = |stream: &Stream| stream.ssrc == header.ssrc && stream.count.has_room();
        let is_same = self.stream.as_ref().is_some_and(goes_on);
        if !is_same || step.is_none_or(|step| step.abs() > STEP_MAX || self.counts_anew(arrival.at_us, step))
        {
            if is_same && self.late >= LATE_MAX {
                // What was taken for late ones was sound.
                self.damage.displaced += self.late;
            }
            self.expire(u64::MAX, frames);
            self.stream = Some(Stream::begin(header));
            step = Some(0);
        }
        self.last_us = arrival.at_us;
        let (Some(stream), Some(step)) = (&self.stream, step) else { return };
        let sequence = stream.count.next + step;
        if step < 0 {
            // A duplicate, or one that was waited for in vain.
            self.damage.late += 1;
            self.late += 1;
            return;
        }
        self.late = 0;
        if step == 0 && self.held.is_empty() {
            self.consume(sequence, arrival, frames);
            return;
        }
        let held = Held {
            at_us: arrival.at_us,
            header: *header,
            kind: arrival.kind,
            clock: arrival.clock,
            payload: arrival.payload.to_vec(),
        };
        self.held.entry(sequence).or_insert(held);
        self.release(
            |held, oldest| held > HELD_MAX || oldest.saturating_add(HOLD_US) < arrival.at_us,
            frames,
        );
    }

    /// Whether a packet whose turn is past is not late, but of another count.
    fn counts_anew(&self, at_us: u64, step: i64) -> bool {
        step < 0 && (self.late >= LATE_MAX || at_us.saturating_sub(self.last_us) > AWAY_US)
    }

    /// Packets that came before `before_us` no longer wait.
    pub(super) fn expire(&mut self, before_us: u64, frames: &mut Frames) {
        self.release(|_, oldest| oldest < before_us, frames);
    }

    /// Takes held packets in order: those whose turn it is, and, while `give_up` (how many are held, when the first
    /// of them came) says so, the first one whatever is missing before it.
    fn release(&mut self, give_up: impl Fn(usize, u64) -> bool, frames: &mut Frames) {
        while let Some((sequence, first)) = self.held.first_key_value() {
            let next = self.stream.as_ref().map_or(*sequence, |stream| stream.count.next);
            if *sequence > next && !give_up(self.held.len(), first.at_us) {
                return;
            }
            let Some((sequence, held)) = self.held.pop_first() else { return };
            let Held { at_us, header, kind, clock, payload } = held;
            self.consume(
                sequence,
                &Arrival { leg: self.leg, at_us, header, kind, clock, payload: &payload },
                frames,
            );
        }
    }

    fn consume(&mut self, sequence: i64, arrival: &Arrival<'_>, frames: &mut Frames) {
        let Some(stream) = &mut self.stream else { return };
        stream.count.next = sequence + 1;
        stream.count.advance(arrival.header.timestamp);
        if self.decoder.as_ref().is_none_or(|decoder| decoder.kind() != arrival.kind) {
            self.decoder = Decoder::new(arrival.kind, self.rate);
        }
        let decoder = self.decoder.as_mut();
        if decoder.is_none_or(|decoder| decoder.decode(arrival.payload, &mut self.decoded).is_err()) {
            self.damage.undecodable += 1;
            return;
        }
        // A packet arrives when its last sample was spoken.
        let length = self.decoded.len() as i64;
        let heard = frames_of(arrival.at_us.saturating_sub(self.start_us), self.rate) - length;
        let quiet = self.decoded.iter().all(|sample| sample.unsigned_abs() < QUIET);
        let floor = self.placed.max(frames.base).max(0);
        let (at, is_new) = match stream.place(arrival, heard, quiet, floor, self.rate) {
            Place::At(at) => (at, false),
            Place::Anew(at) => (at, true),
            Place::Ahead => {
                self.damage.late += 1;
                self.damage.displaced += 1;
                return;
            }
        };
        // What would overlap with what is placed already gives way.
        let cut = usize::try_from(floor - at).unwrap_or(0);
        let rest = self.decoded.get(cut..).unwrap_or_default();
        let is_displaced = is_new && 2 * rest.len() <= self.decoded.len();
        if !self.decoded.is_empty() && (rest.is_empty() || is_displaced) {
            self.damage.late += 1;
            self.damage.displaced += u64::from(is_displaced);
        }
        if !rest.is_empty() {
            frames.put(self.side, at.max(floor), rest);
            self.placed = at.max(floor) + rest.len() as i64;
        }
    }
}

/// Where a packet begins.
enum Place {
    /// Where its timestamp says.
    At(i64),
    /// About where it was heard: its timestamp says nothing, or nothing that is believed any more.
    Anew(i64),
    /// Nowhere: its timestamp lies too far ahead of the moment at which it came.
    Ahead,
}

impl Stream {
    fn begin(header: &Header) -> Self {
        Self {
            ssrc: header.ssrc,
            count: Unwrapped::begin(header),
            anchor: None,
            window: Window::new(WINDOW[0]),
            odd_since_us: None,
        }
    }

    /// The frame at which the current packet begins; `heard` is where its arrival puts it, `floor` the first frame
    /// that is free.
    fn place(&mut self, arrival: &Arrival<'_>, heard: i64, quiet: bool, floor: i64, rate: u32) -> Place {
        let frames_in = |ms: i64| ms * i64::from(rate) / 1000;
        let anew = heard.max(floor.min(heard + frames_in(AHEAD_MS)));
        let anchored = self.anchor.as_ref().filter(|anchor| anchor.clock == arrival.clock);
        let said = anchored.map(|anchor| {
            anchor.frame
                + (self.count.timestamp - anchor.timestamp) * i64::from(rate)
                    / i64::from(arrival.clock.max(1))
        });
        let Some(said) = said else { return self.anchor_at(arrival, anew) };
        let delay = heard - said;
        let marked = arrival.header.marker && delay.abs() > frames_in(JUMP_MARKED_MS);
        if delay.abs() > frames_in(JUMP_MS) || marked {
            let since = *self.odd_since_us.get_or_insert(arrival.at_us);
            if marked || arrival.at_us.saturating_sub(since) >= JUMP_HOLD_US {
                return self.anchor_at(arrival, anew);
            }
            // Late packets of a stalled network go where they belong, if there is still room; early ones nowhere.
            return if delay > 0 { Place::At(said) } else { Place::Ahead };
        }
        self.odd_since_us = None;
        if let Some(moved) =
            self.window.take(delay, quiet, frames_in(DRIFT_SOFT_MS), frames_in(DRIFT_HARD_MS))
            && let Some(anchor) = &mut self.anchor
        {
            anchor.frame += moved;
            return Place::At(said + moved);
        }
        Place::At(said)
    }

    fn anchor_at(&mut self, arrival: &Arrival<'_>, frame: i64) -> Place {
        self.anchor = Some(Anchor { timestamp: self.count.timestamp, frame, clock: arrival.clock });
        self.window = Window::new(WINDOW[0]);
        self.odd_since_us = None;
        Place::Anew(frame)
    }
}

impl Window {
    fn new(length: u32) -> Self {
        Self { length, count: 0, least: i64::MAX }
    }

    /// Takes a packet's delay; by how much the stream is to be moved now, if at all.
    fn take(&mut self, delay: i64, quiet: bool, soft: i64, hard: i64) -> Option<i64> {
        self.least = self.least.min(delay);
        self.count += 1;
        if self.count < self.length {
            return None;
        }
        let moved = self.least;
        let now = moved.abs() >= hard || (quiet && moved.abs() >= soft);
        // A stream that has moved a little is moved in the next quiet moment; the window stays open for it.
        if now || moved.abs() < soft || self.count >= 2 * self.length {
            *self = Self::new(WINDOW[1]);
        }
        now.then_some(moved)
    }
}
