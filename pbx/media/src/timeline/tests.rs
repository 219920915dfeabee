#![allow(clippy::unwrap_used)]

use super::*;
use crate::codec::Encoder;
use crate::g711::linear_to_a;
use crate::tone::{Tone, goertzel_db};

/// A phone that speaks, with a clock that runs `ppm` fast.
struct Phone {
    encoder: Encoder,
    kind: Kind,
    tone: Tone,
    header: Header,
    ppm: i64,
    sent: u64,
}

impl Phone {
    fn new(kind: Kind, hz: u16) -> Self {
        let encoder = Encoder::new(kind).unwrap();
        let header =
            Header { marker: false, payload_type: 8, sequence: 65_500, timestamp: u32::MAX - 5_000, ssrc: 1 };
        Self { tone: Tone::new(hz, -100, encoder.rate()), encoder, kind, header, ppm: 0, sent: 0 }
    }

    fn clock(&self) -> u32 {
        if self.kind == Kind::Opus { 48_000 } else { 8_000 }
    }

    /// The next packet: when it leaves (after its last sample was spoken), header, payload.
    fn next(&mut self) -> (u64, Header, Vec<u8>) {
        let (mut samples, mut bytes) = (vec![0; self.encoder.rate() as usize / 50], vec![0; 1500]);
        self.tone.fill(&mut samples);
        let length = self.encoder.encode(&samples, &mut bytes).unwrap();
        bytes.truncate(length);
        self.sent += 1;
        let at = i64::try_from(self.sent * 20_000).unwrap();
        let packet = (u64::try_from(at - at * self.ppm / 1_000_000).unwrap(), self.header, bytes);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(self.clock() / 50);
        packet
    }

    fn say(&mut self, timeline: &mut Timeline, side: Side, packets: usize, delay_us: u64) {
        for _ in 0..packets {
            let (at, header, payload) = self.next();
            push(timeline, side, at + delay_us, header, self.kind, self.clock(), &payload);
        }
    }
}

fn push(
    timeline: &mut Timeline,
    side: Side,
    at_us: u64,
    header: Header,
    kind: Kind,
    clock: u32,
    payload: &[u8],
) {
    timeline.push(side, &Arrival { leg: 1, at_us, header, kind, clock, payload });
}

fn channel(samples: &[i16], side: Side) -> Vec<i16> {
    samples.iter().skip(usize::from(side == Side::Right)).step_by(2).copied().collect()
}

#[test]
fn each_side_is_on_its_channel_whatever_the_codec() {
    for (left, right, rate) in [
        (Kind::Pcma, Kind::Pcmu, 8_000),
        (Kind::G722, Kind::Pcma, 16_000),
        (Kind::Opus, Kind::G722, 16_000),
        (Kind::Opus, Kind::G722, 8_000),
    ] {
        let mut timeline = Timeline::new(rate, 0);
        Phone::new(left, 440).say(&mut timeline, Side::Left, 100, 0);
        Phone::new(right, 1000).say(&mut timeline, Side::Right, 100, 0);
        let mut out = Vec::new();
        timeline.finish(2_000_000, &mut out);
        assert_eq!(out.len(), 2 * 2 * rate as usize);
        let level = |side, hz| goertzel_db(&channel(&out, side)[rate as usize / 2..], hz, rate);
        assert!((level(Side::Left, 440) + 10.0).abs() < 2.0 && level(Side::Left, 1000) < -45.0, "{left:?}");
        assert!(
            (level(Side::Right, 1000) + 10.0).abs() < 2.0 && level(Side::Right, 440) < -45.0,
            "{right:?}"
        );
        assert_eq!(timeline.damage(), Damage::default());
    }
}

#[test]
fn lost_packets_are_silence_and_reordered_ones_come_to_their_place() {
    let mut timeline = Timeline::new(8_000, 0);
    let mut packets: Vec<_> = std::iter::repeat_with({
        let mut phone = Phone::new(Kind::Pcma, 400);
        move || phone.next()
    })
    .take(60)
    .collect();
    // One comes 70 ms late, after three that were sent later.
    packets[20].0 += 70_000;
    packets.sort_by_key(|(at, ..)| *at);
    packets.drain(40..45);
    for (at, header, payload) in &packets {
        push(&mut timeline, Side::Left, *at, *header, Kind::Pcma, 8_000, payload);
        push(&mut timeline, Side::Left, *at, *header, Kind::Pcma, 8_000, payload);
    }
    let mut out = Vec::new();
    timeline.finish(1_200_000, &mut out);
    let (left, mut meant) = (channel(&out, Side::Left), vec![0; 9_600]);
    Tone::new(400, -100, 8_000).fill(&mut meant);
    meant[40 * 160..45 * 160].fill(0);
    let off = left.iter().zip(&meant).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(off < 600, "the largest difference is {off}");
}

#[test]
fn frames_are_given_out_after_the_lag_and_never_twice() {
    let mut timeline = Timeline::new(8_000, 5_000_000);
    let mut out = Vec::new();
    for now in (5_000_000..6_000_000).step_by(50_000) {
        timeline.advance(now, &mut out);
        let due = (now - 5_000_000).saturating_sub(LAG_US) * 8 / 1000;
        assert_eq!(out.len() as u64, 2 * due);
    }
    timeline.finish(6_000_000, &mut out);
    timeline.finish(6_000_000, &mut out);
    assert_eq!(out.len(), 16_000, "silence when nobody speaks");
}

/// Where the tone bursts of a channel begin, in frames.
fn onsets(samples: &[i16]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut quiet_since = 0;
    for (at, sample) in samples.iter().enumerate() {
        if sample.unsigned_abs() > 2_000 {
            if at - quiet_since > 1_600 {
                found.push(at);
            }
            quiet_since = at;
        }
    }
    found
}

#[test]
fn both_channels_stay_within_20_ms_over_an_hour_of_drift_and_jitter() {
    // Two phones whose clocks are 150 ppm off, in opposite directions, over a network with up to 15 ms of jitter: both
    // speak for 40 ms every two seconds, at the same moments. Left alone they would part by more than a second.
    let mut timeline = Timeline::new(8_000, 0);
    let (speech, silence) = ([linear_to_a(9_000); 160], [0xD5; 160]);
    let mut random = 1u64;
    let (mut out, mut sides) = (Vec::new(), [Vec::new(), Vec::new()]);
    let mut sent = [0u64; 2];
    for tick in 1..=180_000u64 {
        for (index, (side, ppm)) in [(Side::Left, 150i64), (Side::Right, -150)].into_iter().enumerate() {
            // The phone has said as much as its own clock has run.
            let own_us = (tick * 20_000).cast_signed() + (tick * 20_000).cast_signed() * ppm / 1_000_000;
            while (sent[index] + 1) * 20_000 <= own_us.unsigned_abs() {
                let n = sent[index];
                sent[index] += 1;
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let true_us = ((n + 1) * 20_000).cast_signed() * 1_000_000 / (1_000_000 + ppm);
                let spoken = true_us.unsigned_abs().saturating_sub(10_000) / 20_000 % 100 < 2;
                let header = Header {
                    marker: false,
                    payload_type: 8,
                    sequence: n as u16,
                    timestamp: (n as u32).wrapping_mul(160),
                    ssrc: 7,
                };
                let at = true_us.unsigned_abs() + (random >> 33) % 15_000;
                let payload = if spoken { &speech } else { &silence };
                push(&mut timeline, side, at, header, Kind::Pcma, 8_000, payload);
            }
        }
        timeline.advance(tick * 20_000, &mut out);
        if tick % 500 == 0 {
            for (side, samples) in [Side::Left, Side::Right].into_iter().zip(&mut sides) {
                samples.extend(channel(&out, side));
            }
            out.clear();
        }
    }
    let (left, right) = (onsets(&sides[0]), onsets(&sides[1]));
    assert_eq!(left.len(), right.len());
    assert!(left.len() > 1_700, "{}", left.len());
    // One packet is the grain at which these phones begin to speak: both hear "now" up to 20 ms apart of themselves.
    let apart = left.iter().zip(&right).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    let true_to_clock =
        left.iter().enumerate().map(|(n, at)| at.abs_diff(n * 16_000 + left[0])).max().unwrap();
    assert!(apart <= 320, "{} ms apart", apart / 8);
    assert!(true_to_clock <= 480, "{} ms from the true moment", true_to_clock / 8);
}

#[test]
fn a_new_stream_or_a_jump_of_the_timestamps_goes_on_at_its_moment() {
    for jump in 0..3 {
        let mut timeline = Timeline::new(8_000, 0);
        let mut phone = Phone::new(Kind::Pcma, 500);
        phone.say(&mut timeline, Side::Left, 50, 0);
        match jump {
            0 => (phone.header.ssrc, phone.header.sequence, phone.header.timestamp) = (2, 9, 9),
            1 => (phone.header.marker, phone.header.timestamp) = (true, 12_345_678),
            _ => phone.header.timestamp = phone.header.timestamp.wrapping_add(1 << 30),
        }
        // A second of pause, then speech again.
        phone.sent += 50;
        for _ in 0..50 {
            phone.say(&mut timeline, Side::Left, 1, 0);
            phone.header.marker = false;
        }
        let mut out = Vec::new();
        timeline.finish(3_000_000, &mut out);
        let left = channel(&out, Side::Left);
        assert!(goertzel_db(&left[..8_000], 500, 8_000) > -11.0, "jump {jump}");
        assert!(left[8_100..15_900].iter().all(|s| s.unsigned_abs() < 50), "jump {jump}: the pause");
        // Without a marker it takes a while to believe that the clock has jumped.
        let from = if jump == 2 { 20_000 } else { 16_400 };
        assert!(goertzel_db(&left[from..24_000], 500, 8_000) > -11.5, "jump {jump}");
    }
}

#[test]
fn a_stalled_network_does_not_shift_what_comes_after() {
    let mut timeline = Timeline::new(8_000, 0);
    let mut phone = Phone::new(Kind::Pcma, 500);
    let mut out = Vec::new();
    for n in 0..300u64 {
        let (at, header, payload) = phone.next();
        // Packets 100 to 140 all come together, 800 ms late for the first of them.
        let at = if (100..140).contains(&n) { 140 * 20_000 } else { at };
        push(&mut timeline, Side::Left, at, header, Kind::Pcma, 8_000, &payload);
        timeline.advance(at, &mut out);
    }
    timeline.finish(6_000_000, &mut out);
    let (left, mut meant) = (channel(&out, Side::Left), vec![0; 48_000]);
    Tone::new(500, -100, 8_000).fill(&mut meant);
    let off = |range: std::ops::Range<usize>| range.map(|at| left[at].abs_diff(meant[at])).max().unwrap();
    assert!(off(0..15_900) < 600 && off(24_000..48_000) < 600);
}

#[test]
fn anything_may_come() {
    let mut random = 99u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 30
    };
    let (mut timeline, mut out, mut now) = (Timeline::new(16_000, 1_000), Vec::new(), 0);
    let kinds = [Kind::Pcmu, Kind::Pcma, Kind::G722, Kind::Other];
    for _ in 0..20_000 {
        now += next() % 30_000;
        let header = Header {
            marker: next() % 7 == 0,
            payload_type: 0,
            sequence: (next() % 300) as u16,
            timestamp: if next() % 3 == 0 { next() as u32 } else { (now / 125) as u32 },
            ssrc: u32::from(next() % 50 == 0),
        };
        let side = if next() % 2 == 0 { Side::Left } else { Side::Right };
        let clock = [8_000, 48_000, 0, 1][(next() % 4) as usize];
        let payload = vec![next() as u8; (next() % 400) as usize];
        push(&mut timeline, side, now, header, kinds[(next() % 4) as usize], clock, &payload);
        out.clear();
        timeline.advance(now, &mut out);
        assert!(timeline.frames.samples.len() < 16_000 * 4, "what waits is bounded");
    }
}

/// A phone that hurries: each of its packets says that it belongs further ahead, or is of a source of its own. Whatever it sends,
/// nothing lies further ahead of the clock than a phone can be believed, and what is lost by that is told.
#[test]
fn what_waits_is_bounded_however_fast_it_comes() {
    type Change = fn(&mut Header);
    let changes: [(&str, Change); 4] = [
        ("a talkspurt each", |header| {
            (header.marker, header.timestamp) = (true, header.timestamp.wrapping_add(4_000));
        }),
        ("a source each", |header| header.ssrc += 1),
        ("a count each", |header| header.sequence = header.sequence.wrapping_add(5_000)),
        ("one stream, ten times too fast", |_| {}),
    ];
    for (what, change) in changes {
        let (mut timeline, mut out) = (Timeline::new(16_000, 0), Vec::new());
        let mut header = Header { marker: false, payload_type: 8, sequence: 0, timestamp: 0, ssrc: 1 };
        let payload = [linear_to_a(9_000); 1_480];
        for n in 0..10_000u64 {
            let now_us = 1_000_000 + n * 1_000;
            push(&mut timeline, Side::Left, now_us, header, Kind::Pcma, 8_000, &payload);
            header.sequence = header.sequence.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(1_480);
            change(&mut header);
            if n % 100 == 0 {
                timeline.advance(now_us, &mut out);
                out.clear();
            }
            // The lag, what came since, and half a second ahead at most.
            assert!(timeline.frames.samples.len() <= 2 * 16 * (300 + 100 + 500), "{what}, packet {n}");
        }
        let damage = timeline.damage();
        assert!(damage.displaced > 8_000 && damage.late >= damage.displaced, "{what}: {damage:?}");
    }
}

/// Two sources on one port, in turn: music beside the voice. There is room for one on the channel; it keeps step with the other one.
#[test]
fn two_sources_on_one_port_leave_the_channels_in_step() {
    let mut timeline = Timeline::new(8_000, 0);
    let mut sources = [Phone::new(Kind::Pcma, 500), Phone::new(Kind::Pcma, 500)];
    (sources[1].header.ssrc, sources[1].header.timestamp) = (2, 77);
    let mut other = Phone::new(Kind::Pcma, 1000);
    let mut out = Vec::new();
    for _ in 0..500 {
        sources[0].say(&mut timeline, Side::Left, 1, 0);
        sources[1].say(&mut timeline, Side::Left, 1, 7_000);
        other.say(&mut timeline, Side::Right, 1, 9_000);
        timeline.advance(other.sent * 20_000, &mut out);
    }
    timeline.finish(12_000_000, &mut out);
    for side in [Side::Left, Side::Right] {
        let heard = channel(&out, side);
        let ends = heard.iter().rposition(|sample| sample.unsigned_abs() > 500).unwrap();
        assert!(ends.abs_diff(80_000) <= 400, "{side:?} ends at {} ms", ends / 8);
        let is_loud = |piece: &[i16]| piece.iter().any(|sample| sample.unsigned_abs() > 4_000);
        assert!(heard[8_000..79_600].chunks(160).all(is_loud), "{side:?} has no hole");
    }
    assert!(timeline.damage().displaced >= 400, "half of it is lost: {:?}", timeline.damage());
}

/// A phone takes another source, as after a transfer, while the network is uneven: that is no loss.
#[test]
fn a_new_source_right_after_the_old_one_loses_nothing_worth_telling() {
    for delay_us in [0, 15_000, 30_000] {
        let mut timeline = Timeline::new(8_000, 0);
        let mut phone = Phone::new(Kind::Pcma, 500);
        // The way of the old source is longer than that of the new one.
        phone.say(&mut timeline, Side::Left, 50, delay_us);
        (phone.header.ssrc, phone.header.timestamp) = (2, 5);
        phone.say(&mut timeline, Side::Left, 100, 0);
        let mut out = Vec::new();
        timeline.finish(3_000_000, &mut out);
        assert_eq!(timeline.damage().displaced, 0, "{delay_us}");
        let left = channel(&out, Side::Left);
        let ends = left.iter().rposition(|sample| sample.unsigned_abs() > 500).unwrap();
        assert!(ends.abs_diff(24_000) <= 80, "{delay_us}: ends at {} ms", ends / 8);
    }
}

/// While a recording pauses nobody counts, and numbers come around: whatever number is next, it is not late.
#[test]
fn after_a_pause_of_any_length_the_first_packet_counts() {
    for minutes_away in [1, 20, 21, 22, 43] {
        let mut timeline = Timeline::new(8_000, 0);
        let mut phone = Phone::new(Kind::Pcma, 500);
        phone.say(&mut timeline, Side::Left, 100, 0);
        for _ in 0..minutes_away * 3_000 {
            phone.next();
        }
        let mut out = Vec::new();
        timeline.advance(phone.sent * 20_000, &mut out);
        let from = phone.sent as usize * 160;
        phone.say(&mut timeline, Side::Left, 500, 0);
        timeline.finish(phone.sent * 20_000, &mut out);
        let heard = channel(&out, Side::Left);
        assert!(goertzel_db(&heard[from + 1_600..], 500, 8_000) > -10.5, "{minutes_away} minutes");
        assert_eq!(timeline.damage(), Damage::default(), "{minutes_away} minutes");
    }
}

/// A phone counts anew, a little lower, and does not say so by another source.
#[test]
fn who_counts_anew_is_recorded_again_soon() {
    let mut timeline = Timeline::new(8_000, 0);
    let mut phone = Phone::new(Kind::Pcma, 500);
    phone.say(&mut timeline, Side::Left, 100, 0);
    phone.header.sequence = phone.header.sequence.wrapping_sub(2_000);
    phone.say(&mut timeline, Side::Left, 200, 0);
    let mut out = Vec::new();
    timeline.finish(6_000_000, &mut out);
    let heard = channel(&out, Side::Left);
    assert!(goertzel_db(&heard[16_000 + 4_800..], 500, 8_000) > -10.5);
    assert!(timeline.damage().displaced > 0, "half a second of it is missing");
}

/// Somebody joins on a channel: both are on it, added up, each where it was heard; and never wrapped.
#[test]
fn several_legs_on_a_channel_are_added_up() {
    let mut timeline = Timeline::new(8000, 0);
    let say = |timeline: &mut Timeline, side: Side, leg: u64, n: u16, level: i16| {
        let header =
            Header { marker: false, payload_type: 8, sequence: n, timestamp: u32::from(n) * 160, ssrc: 1 };
        let payload = [linear_to_a(level); 160];
        let at_us = u64::from(n + 1) * 20_000;
        timeline
            .push(side, &Arrival { leg, at_us, header, kind: Kind::Pcma, clock: 8000, payload: &payload });
    };
    for n in 0..50 {
        say(&mut timeline, Side::Left, 1, n, 1_000);
        say(&mut timeline, Side::Right, 2, n, 4_000);
        if (20..40).contains(&n) {
            say(&mut timeline, Side::Right, 3, n, 31_000);
            say(&mut timeline, Side::Right, 4, n, 2_000);
        }
    }
    let mut out = Vec::new();
    timeline.finish(1_000_000, &mut out);
    let near = |at: usize, level: i16| out[at].abs_diff(level) < 200;
    for (frame, right) in [(1_000, 4_000), (4_000, i16::MAX), (7_000, 4_000)] {
        assert!(
            near(2 * frame, 1_000) && near(2 * frame + 1, right),
            "{frame}: {:?}",
            &out[2 * frame..][..2]
        );
    }
    assert_eq!(timeline.damage(), Damage::default());
}

#[test]
fn a_recording_follows_no_more_legs_than_it_may() {
    let mut timeline = Timeline::new(8000, 0);
    for leg in 0..200u64 {
        let header = Header { marker: false, payload_type: 8, sequence: 0, timestamp: 0, ssrc: 1 };
        let at_us = 20_000 * leg + 20_000;
        timeline.push(
            Side::Left,
            &Arrival { leg, at_us, header, kind: Kind::Pcma, clock: 8000, payload: &[0; 160] },
        );
    }
    assert_eq!(timeline.tracks.len(), TRACKS_MAX);
}

/// Each packet leaps as far ahead as it can, all at one moment.
#[test]
fn timestamps_never_run_out_of_room() {
    let mut timeline = Timeline::new(16_000, 0);
    for n in 0..300_000u32 {
        let timestamp = n.wrapping_mul(0x7FFF_FFFF);
        let header = Header { marker: false, payload_type: 8, sequence: n as u16, timestamp, ssrc: 1 };
        push(&mut timeline, Side::Left, 20_000, header, Kind::Pcma, 8_000, &[1]);
    }
    let mut out = Vec::new();
    timeline.finish(40_000, &mut out);
    assert_eq!(out.len(), 2 * 640);
}
