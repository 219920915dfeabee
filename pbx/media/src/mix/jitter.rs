//! Packets of one voice in their order, and how long they have to be waited for.

use super::{RATE, SLACK, samples_at};
use crate::rtp::{Header, Unwrapped};
use std::collections::VecDeque;

/// Packets that wait; when more come, the first makes room.
const WAITING_MAX: usize = 32;
/// A step of the sequence number beyond this is a new beginning.
const STEP_MAX: i64 = 1000;
/// So many packets in a row that come too late are no late packets: the phone has begun to count anew.
const LATE_MAX: u32 = 25;
/// Timestamps that are off by more than this against the moment of arrival are another count of time, samples.
pub(super) const JUMP: i64 = 8_000;
/// Stretches of time over which the need is looked at, and how long one is, samples: the last four seconds or so.
const WINDOWS: usize = 4;
const WINDOW: i64 = 16_000;
/// No voice waits longer than this beyond its fastest packet of some seconds, samples, while packets come that allow for it.
const CUSHION_MAX: i64 = 1_920;

/// A packet that waits for its turn.
pub(super) struct Waiting {
    pub(super) sequence: i64,
    /// When it came, and its timestamp, both in samples of the mix.
    pub(super) at: i64,
    pub(super) start: i64,
    pub(super) payload: Vec<u8>,
}

struct Stream {
    ssrc: u32,
    /// The number whose turn it is, and the timestamp of the last packet that came.
    count: Unwrapped,
    late: u32,
}

/// Puts packets in order.
#[derive(Default)]
pub(super) struct Jitter {
    stream: Option<Stream>,
    waiting: VecDeque<Waiting>,
    /// Room of packets that were taken, to be used again.
    spare: Vec<Vec<u8>>,
    need: Need,
    /// The stream has begun anew: what was expected next does not matter.
    pub(super) is_new: bool,
}

impl Jitter {
    /// Takes a packet; `clock` is that of its timestamps, Hz.
    pub(super) fn push(&mut self, now_us: u64, header: &Header, clock: u32, payload: &[u8]) {
        let mut step = self.stream.as_ref().map(|s| s.count.step(header.sequence));
        let goes_on = |s: &Stream| s.ssrc == header.ssrc && s.late < LATE_MAX && s.count.has_room();
        let is_same = self.stream.as_ref().is_some_and(goes_on);
        if !is_same || step.is_none_or(|step| step.abs() > STEP_MAX) {
            self.begin(header);
            step = Some(0);
        }
        let (Some(stream), Some(step)) = (&mut self.stream, step) else { return };
        if step < 0 {
            stream.late += 1;
            return;
        }
        stream.late = 0;
        stream.count.advance(header.timestamp);
        let (at, sequence) = (samples_at(now_us), stream.count.next + step);
        let start = stream.count.timestamp * i64::from(RATE) / i64::from(clock.max(1));
        let place = self.waiting.partition_point(|other| other.sequence < sequence);
        if self.waiting.get(place).is_some_and(|other| other.sequence == sequence) {
            return;
        }
        self.need.note(at, at - start + SLACK);
        let mut room = self.spare.pop().unwrap_or_default();
        room.extend_from_slice(payload);
        self.waiting.insert(place, Waiting { sequence, at, start, payload: room });
        if self.waiting.len() > WAITING_MAX
            && let Some(first) = self.pop()
        {
            self.recycle(first);
        }
    }

    fn begin(&mut self, header: &Header) {
        while let Some(old) = self.waiting.pop_front() {
            self.recycle(old);
        }
        self.need = Need::default();
        self.is_new = true;
        self.stream = Some(Stream { ssrc: header.ssrc, count: Unwrapped::begin(header), late: 0 });
    }

    /// Where the first packet begins that waits, of those that came by then.
    pub(super) fn first(&self, by: i64) -> Option<i64> {
        self.waiting.front().filter(|first| first.at <= by).map(|first| first.start)
    }

    /// Takes the first packet; those before it will be too late.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let first = self.waiting.pop_front()?;
        if let Some(stream) = &mut self.stream {
            stream.count.next = first.sequence + 1;
        }
        Some(first)
    }

    /// Gives back the room of a packet that is decoded.
    pub(super) fn recycle(&mut self, mut used: Waiting) {
        used.payload.clear();
        if self.spare.len() < WAITING_MAX {
            self.spare.push(used.payload);
        }
    }

    /// How much later than its timestamp a sample is to be played, samples: as much as the slowest packet needs.
    pub(super) fn wanted(&self) -> Option<i64> {
        self.need.wanted()
    }
}

#[cfg(test)]
impl Jitter {
    /// What the packet that took the shortest way needed of late, without slack.
    pub(super) fn last_need(&self) -> Option<i64> {
        self.need.windows.iter().flatten().map(|(least, _)| *least - SLACK).min()
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        let waiting = self.waiting.iter().map(|waiting| &waiting.payload);
        waiting.chain(&self.spare).map(Vec::capacity).sum()
    }
}

/// Least and most that packets of some seconds needed.
#[derive(Default)]
struct Need {
    windows: [Option<(i64, i64)>; WINDOWS],
    /// When the current window began, and the last packet's need.
    current: Option<(i64, i64)>,
}

impl Need {
    fn note(&mut self, at: i64, need: i64) {
        // The way may have become longer and stay so. What packets needed before says nothing of that: nothing is played sooner
        // than it comes. If it was but a stall, the next packet says so.
        let is_longer = self.least().is_some_and(|least| need > least + CUSHION_MAX);
        let began = match self.current {
            Some((began, last)) if (need - last).abs() <= JUMP && !is_longer => began,
            _ => {
                self.windows = [None; WINDOWS];
                at
            }
        };
        let passed = (at - began) / WINDOW;
        for _ in 0..passed.clamp(0, WINDOWS as i64) {
            self.windows.rotate_right(1);
            self.windows[0] = None;
        }
        self.current = Some((began + passed * WINDOW, need));
        let (least, most) = self.windows[0].unwrap_or((need, need));
        self.windows[0] = Some((least.min(need), most.max(need)));
    }

    fn least(&self) -> Option<i64> {
        self.windows.iter().flatten().map(|(least, _)| *least).min()
    }

    fn wanted(&self) -> Option<i64> {
        let least = self.least()?;
        let most = self.windows.iter().flatten().map(|(_, most)| *most).max()?;
        Some(most.min(least + CUSHION_MAX))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn header(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 1 }
    }

    fn push(jitter: &mut Jitter, ms: u64, sequence: u16) {
        jitter.push(ms * 1000, &header(sequence, u32::from(sequence) * 160), 8000, &[sequence as u8]);
    }

    fn order(jitter: &mut Jitter) -> Vec<u8> {
        std::iter::from_fn(|| jitter.pop()).map(|waiting| waiting.payload[0]).collect()
    }

    #[test]
    fn packets_come_in_order_once_and_never_after_their_turn() {
        let mut jitter = Jitter::default();
        for sequence in [10, 12, 11, 11, 12, 13] {
            push(&mut jitter, 0, sequence);
        }
        assert_eq!(order(&mut jitter), [10, 11, 12, 13]);
        push(&mut jitter, 20, 12);
        push(&mut jitter, 20, 15);
        assert_eq!(jitter.first(319), None, "it has not come by then");
        assert_eq!(jitter.first(320), Some(15 * 320));
        assert_eq!(order(&mut jitter), [15]);
    }

    #[test]
    fn what_waits_is_bounded_and_the_oldest_makes_room() {
        let mut jitter = Jitter::default();
        (0..200).for_each(|sequence| push(&mut jitter, 0, sequence));
        let left = order(&mut jitter);
        assert_eq!((left.len(), left.last()), (WAITING_MAX, Some(&199)));
        assert!(jitter.spare.len() <= WAITING_MAX);
    }

    #[test]
    fn the_wait_is_what_the_slowest_packet_of_some_seconds_needs_and_bounded() {
        let mut jitter = Jitter::default();
        let at = |jitter: &mut Jitter, sequence: u16, late: u64| {
            push(jitter, u64::from(sequence) * 20 + late, sequence);
            order(jitter);
            jitter.wanted().unwrap()
        };
        assert_eq!(at(&mut jitter, 0, 0), SLACK);
        assert_eq!(at(&mut jitter, 1, 30), SLACK + 480);
        assert_eq!(at(&mut jitter, 2, 0), SLACK + 480);
        assert_eq!(at(&mut jitter, 3, 400), SLACK + 6_400, "it is not played before it has come");
        assert_eq!(at(&mut jitter, 4, 0), SLACK + CUSHION_MAX);
        for sequence in 5..240 {
            at(&mut jitter, sequence, 0);
        }
        assert_eq!(at(&mut jitter, 240, 0), SLACK, "and forgotten");
    }

    /// Each packet leaps as far ahead as it can.
    #[test]
    fn timestamps_never_run_out_of_room() {
        let mut jitter = Jitter::default();
        for n in 0..300_000u32 {
            jitter.push(u64::from(n) * 100, &header(n as u16, n.wrapping_mul(0x7FFF_FFFF)), 8_000, &[1]);
            let packet = jitter.pop().unwrap();
            jitter.recycle(packet);
        }
        assert!(jitter.wanted().is_some());
    }

    #[test]
    fn a_phone_that_counts_anew_is_heard_again() {
        let mut jitter = Jitter::default();
        push(&mut jitter, 0, 900);
        order(&mut jitter);
        for sequence in 100..=100 + LATE_MAX as u16 {
            push(&mut jitter, 20, sequence);
        }
        assert_eq!(order(&mut jitter), [100 + LATE_MAX as u8]);
        push(&mut jitter, 40, 30_000);
        assert!(jitter.is_new);
        assert_eq!(order(&mut jitter).len(), 1);
    }
}
