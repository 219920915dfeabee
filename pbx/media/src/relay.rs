//! The stream that a leg's phone receives: one SSRC, sequence numbers and timestamps that never jump, whoever speaks.
//!
//! A relayed source keeps its own steps, so that a packet lost or reordered on its way to us is lost or reordered for
//! the phone too, which then conceals it right. When the source changes, the new one goes on where the old one ended.

use crate::rtp::Header;

/// Identity of what a leg hears: the leg that speaks (or ourselves) and its SSRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker {
    /// The leg that speaks; any number that is unique among the legs of a thread.
    pub leg: u64,
    /// Its SSRC.
    pub ssrc: u32,
}

#[derive(Debug, Clone, Copy)]
struct Mapping {
    speaker: Speaker,
    sequence_offset: u16,
    timestamp_offset: u32,
}

/// The outgoing stream of one leg.
#[derive(Debug, Clone)]
pub struct Output {
    ssrc: u32,
    last_sequence: u16,
    last_timestamp: u32,
    last_us: Option<u64>,
    mapping: Option<Mapping>,
    packets: u64,
    bytes: u64,
}

impl Output {
    /// A stream whose numbers start at random: `random` is all the chance it has.
    pub fn new(random: u128) -> Self {
        Self {
            ssrc: (random >> 96) as u32,
            last_timestamp: (random >> 64) as u32,
            last_sequence: (random >> 48) as u16,
            last_us: None,
            mapping: None,
            packets: 0,
            bytes: 0,
        }
    }

    /// Its SSRC.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets and payload bytes sent.
    pub fn sent(&self) -> (u64, u64) {
        (self.packets, self.bytes)
    }

    /// Timestamp of the stream at this moment; `clock` in Hz.
    pub fn timestamp(&self, now_us: u64, clock: u32) -> u32 {
        let Some(last_us) = self.last_us else { return self.last_timestamp };
        let ticks = u128::from(now_us.saturating_sub(last_us)) * u128::from(clock) / 1_000_000;
        self.last_timestamp.wrapping_add(ticks as u32)
    }

    /// The header under which a relayed packet goes out.
    pub fn relay(
        &mut self,
        now_us: u64,
        speaker: Speaker,
        clock: u32,
        header: &Header,
        payload_type: u8,
    ) -> Header {
        let known = self.mapping.filter(|mapping| mapping.speaker == speaker);
        let mapping = known.unwrap_or_else(|| {
            // At least one tick on, so that the timestamps of two speakers never collide.
            let timestamp = self.timestamp(now_us, clock).max_wrapping(self.last_timestamp.wrapping_add(1));
            let begin = if self.last_us.is_none() { self.last_timestamp } else { timestamp };
            Mapping {
                speaker,
                sequence_offset: self.last_sequence.wrapping_add(1).wrapping_sub(header.sequence),
                timestamp_offset: begin.wrapping_sub(header.timestamp),
            }
        });
        self.mapping = Some(mapping);
        let out = Header {
            marker: header.marker || known.is_none(),
            payload_type,
            sequence: header.sequence.wrapping_add(mapping.sequence_offset),
            timestamp: header.timestamp.wrapping_add(mapping.timestamp_offset),
            ssrc: self.ssrc,
        };
        self.note(now_us, &out);
        out
    }

    /// A packet of the current speaker is left out on purpose: its number goes to the next one.
    pub fn skip(&mut self) {
        if let Some(mapping) = &mut self.mapping {
            mapping.sequence_offset = mapping.sequence_offset.wrapping_sub(1);
        }
    }

    /// The header of a packet that we make ourselves; whoever spoke starts anew after it.
    pub fn own(&mut self, now_us: u64, timestamp: u32, payload_type: u8, marker: bool) -> Header {
        let sequence = self.last_sequence.wrapping_add(1);
        let out = Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc };
        self.mapping = None;
        self.note(now_us, &out);
        out
    }

    /// Counts a packet that was sent.
    pub fn count(&mut self, payload_bytes: usize) {
        self.packets += 1;
        self.bytes += payload_bytes as u64;
    }

    /// Nothing is relayed for a while; whoever speaks next goes on without a gap in the numbers.
    pub fn pause(&mut self) {
        self.mapping = None;
    }

    fn note(&mut self, now_us: u64, out: &Header) {
        // A reordered packet does not take the stream back, and the packets of an event stay at its beginning.
        if out.sequence.wrapping_sub(self.last_sequence).cast_signed() > 0 {
            self.last_sequence = out.sequence;
        }
        if self.last_us.is_none() || out.timestamp.wrapping_sub(self.last_timestamp).cast_signed() > 0 {
            self.last_timestamp = out.timestamp;
            self.last_us = Some(now_us);
        }
    }
}

trait MaxWrapping {
    fn max_wrapping(self, other: Self) -> Self;
}

impl MaxWrapping for u32 {
    fn max_wrapping(self, other: Self) -> Self {
        if self.wrapping_sub(other).cast_signed() >= 0 { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 0, sequence, timestamp, ssrc: 0 }
    }

    #[test]
    fn one_stream_whoever_speaks() {
        let mut output = Output::new(u128::MAX);
        let (a, b) = (Speaker { leg: 1, ssrc: 11 }, Speaker { leg: 2, ssrc: 22 });
        let first = output.relay(0, a, 8000, &heard(500, 90_000), 8);
        assert_eq!((first.marker, first.payload_type, first.ssrc), (true, 8, u32::MAX));
        let second = output.relay(20_000, a, 8000, &heard(501, 90_160), 8);
        assert_eq!((second.marker, second.sequence), (false, first.sequence.wrapping_add(1)));
        assert_eq!(second.timestamp, first.timestamp.wrapping_add(160));
        let third = output.relay(60_000, b, 8000, &heard(9, 7), 8);
        assert_eq!((third.marker, third.sequence), (true, second.sequence.wrapping_add(1)));
        assert_eq!(third.timestamp, second.timestamp.wrapping_add(320), "40 ms went by");
        assert_eq!(third.ssrc, first.ssrc);
    }

    #[test]
    fn loss_and_reordering_are_passed_on_as_they_are() {
        let mut output = Output::new(0);
        let a = Speaker { leg: 1, ssrc: 11 };
        let sequences =
            [10u16, 12, 11, 15].map(|s| output.relay(0, a, 8000, &heard(s, u32::from(s) * 160), 0).sequence);
        assert_eq!(sequences, [1, 3, 2, 6]);
        output.skip();
        assert_eq!(
            output.relay(0, a, 8000, &heard(17, 17 * 160), 0).sequence,
            7,
            "16 was left out on purpose"
        );
    }

    #[test]
    fn our_own_packets_fit_in() {
        let mut output = Output::new(0);
        let a = Speaker { leg: 1, ssrc: 11 };
        let before = output.relay(0, a, 8000, &heard(10, 1600), 0);
        let own = output.own(20_000, output.timestamp(20_000, 8000), 101, true);
        let after = output.relay(60_000, a, 8000, &heard(13, 2080), 0);
        assert_eq!([before.sequence, own.sequence, after.sequence], [1, 2, 3]);
        assert_eq!(own.timestamp, before.timestamp + 160);
        assert_eq!(after.timestamp, own.timestamp + 320);
    }
}
