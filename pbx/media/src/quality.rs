//! What a stream is worth: loss and jitter (RFC 3550 §6.4.1, appendix A), and a mean opinion score by the E-model
//! (ITU-T G.107, simplified to what can be measured here: loss, jitter, round-trip time).

use crate::codec::Kind;
use crate::rtcp::ReportBlock;

/// A step of the sequence number that is larger than this is a new beginning, not loss (RFC 3550 A.1).
const DROPOUT_MAX: i16 = 3000;

/// Measures a stream that is received.
#[derive(Debug, Clone, Default)]
pub struct Receiver {
    packets: u64,
    /// Expected in streams before the current one.
    expected_before: u64,
    base: Option<u64>,
    /// Wider than the 32 bits that are reported (RFC 3550 §6.4.1): a sender that leaps runs through those within minutes, and
    /// what is expected would go back.
    highest: u64,
    /// Jitter in microseconds, times 16.
    jitter16_us: u64,
    last: Option<(u64, u32)>,
    /// Expected and received when the last report was made.
    reported: (u64, u64),
}

impl Receiver {
    /// Takes a packet. `timestamp` is `None` for packets whose timestamp does not move with time (events).
    pub fn receive(&mut self, now_us: u64, sequence: u16, timestamp: Option<u32>, clock: u32) {
        self.packets += 1;
        match self.base {
            None => self.begin(sequence),
            Some(_) => {
                let step = sequence.wrapping_sub(self.highest as u16).cast_signed();
                if step.unsigned_abs() > DROPOUT_MAX.unsigned_abs() {
                    self.restart();
                    self.begin(sequence);
                } else if step > 0 {
                    self.highest += u64::from(step.unsigned_abs());
                }
            }
        }
        let Some(timestamp) = timestamp else { return };
        if let Some((before_us, before)) = self.last {
            let gone_us = now_us.abs_diff(before_us);
            let meant =
                i64::from(timestamp.wrapping_sub(before).cast_signed()) * 1_000_000 / i64::from(clock.max(1));
            let differs = gone_us.abs_diff(meant.unsigned_abs());
            // More than a second is a pause or a jump of the clock, not jitter.
            if meant > 0 && differs < 1_000_000 {
                self.jitter16_us = self.jitter16_us + differs - self.jitter16_us / 16;
            }
        }
        self.last = Some((now_us, timestamp));
    }

    fn begin(&mut self, sequence: u16) {
        (self.base, self.highest) = (Some(u64::from(sequence)), u64::from(sequence));
    }

    /// The next packet belongs to a new stream.
    pub fn restart(&mut self) {
        self.expected_before = self.expected();
        (self.base, self.last) = (None, None);
    }

    fn expected(&self) -> u64 {
        let current = self.base.map_or(0, |base| self.highest.saturating_sub(base) + 1);
        self.expected_before + current
    }

    /// Packets received.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Packets lost.
    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.packets)
    }

    /// Jitter, microseconds.
    pub fn jitter_us(&self) -> u32 {
        u32::try_from(self.jitter16_us / 16).unwrap_or(u32::MAX)
    }

    /// The report block about this stream, for the phone; and the interval for the next one begins.
    pub fn report(&mut self, ssrc: u32, clock: u32, last_sender_report: u32, delay: u32) -> ReportBlock {
        let expected = self.expected().saturating_sub(self.reported.0);
        let received = self.packets.saturating_sub(self.reported.1);
        self.reported = (self.expected(), self.packets);
        let fraction = (expected.saturating_sub(received) * 256).checked_div(expected).unwrap_or(0);
        ReportBlock {
            ssrc,
            fraction: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: i32::try_from(self.lost()).unwrap_or(i32::MAX),
            highest: self.highest as u32,
            jitter: u32::try_from(self.jitter16_us / 16 * u64::from(clock) / 1_000_000).unwrap_or(u32::MAX),
            last_sender_report,
            delay,
        }
    }
}

/// What the phone reports of the stream that it receives from us.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reported {
    /// Packets lost, as the phone counts.
    pub lost: u64,
    /// Jitter, microseconds.
    pub jitter_us: u32,
    /// Round-trip time, microseconds, 0 while unknown.
    pub rtt_us: u32,
}

impl Reported {
    /// Takes a report block about our stream. `ntp_middle` is the middle of our NTP clock now.
    pub fn take(&mut self, block: &ReportBlock, clock: u32, ntp_middle: u32) {
        self.lost = u64::try_from(block.lost).unwrap_or(0);
        let jitter = u64::from(block.jitter) * 1_000_000 / u64::from(clock.max(1));
        self.jitter_us = u32::try_from(jitter).unwrap_or(u32::MAX);
        if block.last_sender_report != 0 {
            let units = ntp_middle.wrapping_sub(block.last_sender_report).wrapping_sub(block.delay);
            // A phone whose clock runs ahead gives a negative time; half a minute is no round trip either.
            if units < 30 << 16 {
                self.rtt_us = u32::try_from((u64::from(units) * 1_000_000) >> 16).unwrap_or(0);
            }
        }
    }
}

/// One direction of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Direction {
    /// Packets received by whoever receives (or sent to the phone).
    pub packets: u64,
    /// Packets lost.
    pub lost: u64,
    /// Jitter, microseconds.
    pub jitter_us: u32,
    /// Round-trip time by RTCP, microseconds; 0 while unknown.
    pub rtt_us: u32,
    /// Mean opinion score times 100; 0 without packets.
    pub mos_centi: u16,
}

impl Direction {
    /// With its score worked out.
    pub fn scored(mut self, kind: Kind) -> Self {
        let expected = u128::from(self.packets) + u128::from(self.lost);
        let loss = (u128::from(self.lost) * 1_000_000).checked_div(expected).unwrap_or(0);
        let loss_ppm = u32::try_from(loss).unwrap_or(1_000_000);
        self.mos_centi =
            if self.packets == 0 { 0 } else { mos_centi(kind, loss_ppm, self.jitter_us, self.rtt_us) };
        self
    }

    /// What came after `before`.
    fn since(self, before: &Self, kind: Kind) -> Self {
        let packets = self.packets.saturating_sub(before.packets);
        Self { packets, lost: self.lost.saturating_sub(before.lost), ..self }.scored(kind)
    }
}

/// Both directions of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// From the phone to us.
    pub received: Direction,
    /// From us to the phone, as the phone reports.
    pub sent: Direction,
}

impl Quality {
    /// What came after `before`.
    pub fn since(&self, before: &Self, kind: Kind) -> Self {
        Self {
            received: self.received.since(&before.received, kind),
            sent: self.sent.since(&before.sent, kind),
        }
    }
}

/// Mean opinion score times 100, by the E-model: `loss_ppm` parts per million lost, with the jitter and the round-trip
/// time in microseconds.
pub fn mos_centi(kind: Kind, loss_ppm: u32, jitter_us: u32, rtt_us: u32) -> u16 {
    // How well a codec takes loss, with concealment (ITU-T G.113 appendix I).
    let robustness = match kind {
        Kind::Pcmu | Kind::Pcma | Kind::G722 => 25.1,
        Kind::Opus | Kind::Other => 20.0,
    };
    // Half the round trip, a jitter buffer of twice the jitter, and 20 ms in the packet itself.
    let delay_ms = f64::from(rtt_us) / 2000.0 + f64::from(jitter_us) / 500.0 + 20.0;
    let by_delay = 0.024 * delay_ms + 0.11 * (delay_ms - 177.3).max(0.0);
    let loss = f64::from(loss_ppm) / 10_000.0;
    let by_loss = 95.0 * loss / (loss + robustness);
    let r = (93.2 - by_delay - by_loss).clamp(0.0, 100.0);
    let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    (mos.clamp(1.0, 4.5) * 100.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_reordering_duplicates_and_the_wrap_are_counted_right() {
        let mut receiver = Receiver::default();
        let order = [65_533u16, 65_534, 0, 65_535, 1, 1, 4];
        for (at, sequence) in order.iter().enumerate() {
            let timestamp = u32::from(sequence.wrapping_sub(65_533)) * 160;
            receiver.receive(at as u64 * 20_000, *sequence, Some(timestamp), 8000);
        }
        // Eight were expected; two never came and one came twice, which RFC 3550 sets off.
        assert_eq!((receiver.packets(), receiver.lost()), (7, 1));
        let block = receiver.report(9, 8000, 1, 2);
        assert_eq!((block.lost, block.highest, block.fraction), (1, 65_536 + 4, 32));
        assert_eq!(receiver.report(9, 8000, 1, 2).fraction, 0, "nothing since");
    }

    #[test]
    fn a_restarted_stream_is_not_loss() {
        let mut receiver = Receiver::default();
        for sequence in 0..10 {
            receiver.receive(u64::from(sequence) * 20_000, sequence, None, 8000);
        }
        receiver.receive(1, 40_000, None, 8000);
        receiver.receive(2, 40_002, None, 8000);
        assert_eq!((receiver.packets(), receiver.lost()), (12, 1));
    }

    /// A sender that leaps ahead as far as it may each time: the number of 32 bits wraps after 1.43 million packets.
    #[test]
    fn a_stream_that_runs_through_all_numbers_is_survived() {
        let mut receiver = Receiver::default();
        let (mut sequence, mut before, mut has_wrapped) = (0u16, 0, false);
        let step = DROPOUT_MAX.unsigned_abs();
        for packet in 0..1_500_000u64 {
            sequence = sequence.wrapping_add(step);
            receiver.receive(packet * 100, sequence, None, 8000);
            if packet % 10_000 == 9_999 {
                let block = receiver.report(9, 8000, 0, 0);
                assert_eq!(block.fraction, 255, "packet {packet}");
                has_wrapped |= block.highest < before;
                before = block.highest;
            }
        }
        assert!(has_wrapped);
        assert_eq!(receiver.lost(), 1_499_999 * (u64::from(step) - 1));
    }

    #[test]
    fn even_spacing_has_no_jitter_and_uneven_has() {
        let run = |wobble: u64| {
            let mut receiver = Receiver::default();
            for n in 0..500u16 {
                let now = u64::from(n) * 20_000 + if n % 2 == 0 { wobble } else { 0 };
                receiver.receive(now, n, Some(u32::from(n) * 160), 8000);
            }
            receiver.jitter_us()
        };
        assert_eq!(run(0), 0);
        assert!((7_900..=8_100).contains(&run(8_000)), "{}", run(8_000));
    }

    #[test]
    fn the_round_trip_comes_from_the_phones_report() {
        let mut reported = Reported::default();
        let block = ReportBlock {
            lost: 5,
            jitter: 80,
            last_sender_report: 1 << 16,
            delay: 1 << 15,
            ..Default::default()
        };
        reported.take(&block, 8000, (1 << 16) + (1 << 15) + 6554);
        assert_eq!((reported.lost, reported.jitter_us), (5, 10_000));
        assert!((99_000..=101_000).contains(&reported.rtt_us), "{}", reported.rtt_us);
        reported.take(&block, 8000, 0);
        assert!(reported.rtt_us > 99_000, "an impossible time changes nothing");
    }

    #[test]
    fn the_score_falls_with_loss_and_delay() {
        let perfect = mos_centi(Kind::Pcma, 0, 0, 0);
        let lossy = mos_centi(Kind::Pcma, 50_000, 5_000, 50_000);
        let late = mos_centi(Kind::Pcma, 0, 0, 800_000);
        assert!((430..=450).contains(&perfect), "{perfect}");
        assert!(lossy < perfect && late < perfect && lossy > 300, "{lossy} {late}");
        assert_eq!(mos_centi(Kind::Opus, 1_000_000, u32::MAX, u32::MAX), 100);
    }
}
