//! Packets that do not come, or come late, in a codec that makes up sound by itself; and a thread that comes late to hearers
//! whose packets are of unlike length.

use super::rig::{self, Rig, level};
use super::{SPOKEN, part};
use crate::codec::{Decoder, Encoder, Kind};
use crate::mix::{BLOCK, BLOCK_US, RATE, Voice};
use crate::rtp::Header;

/// Samples in the packets of these tests: twenty milliseconds.
const SAID: usize = 2 * BLOCK;

/// Something like a vowel: pulses of a pitch that rises and falls, through two resonances, louder and less loud four times a
/// second.
fn speech(samples: usize) -> Vec<i16> {
    let rate = f64::from(RATE);
    let (mut phase, mut rings) = (0.0, [(700.0, [0.0; 2]), (1_200.0, [0.0; 2])]);
    let sample = |n: usize| {
        let seconds = n as f64 / rate;
        phase += (120.0 + 25.0 * (9.0 * seconds).sin()) / rate;
        let mut value = 0.0;
        if phase >= 1.0 {
            phase -= 1.0;
            value = 1.0;
        }
        for (hz, past) in &mut rings {
            let angle = std::f64::consts::TAU * *hz / rate;
            value += 1.9 * angle.cos() * past[0] - 0.9 * past[1];
            *past = [value, past[0]];
        }
        (value * 700.0 * (1.0 + 0.4 * (25.0 * seconds).sin())).clamp(-32_000.0, 32_000.0) as i16
    };
    (0..samples).map(sample).collect()
}

/// The same in Opus, twenty milliseconds each, as phones send it: by its model of speech.
fn packets(count: usize) -> Vec<Vec<u8>> {
    let (mut encoder, mut bytes) = (Encoder::live(Kind::Opus).unwrap(), [0; 1_500]);
    let packets: Vec<Vec<u8>> = speech(count * SAID)
        .chunks_exact(SAID)
        .map(|said| {
            let length = encoder.encode(said, &mut bytes).unwrap();
            bytes[..length].to_vec()
        })
        .collect();
    assert!(packets.iter().all(|packet| packet[0] >> 3 < 16), "RFC 6716 §3.1: SILK, or SILK with CELT");
    packets
}

/// What a voice makes of packets that come so much later than every 20 ms; not at all if `None`.
fn played(packets: &[Vec<u8>], late_us: impl Fn(usize) -> Option<u64>) -> (Voice, Vec<i16>) {
    let codec = rig::codec(Kind::Opus);
    let mut voice = Voice::new(&codec).unwrap();
    let mut on_the_way: Vec<(u64, usize)> = (0..packets.len())
        .filter_map(|number| Some((20_000 * (number as u64 + 1) + late_us(number)?, number)))
        .collect();
    on_the_way.sort_unstable();
    let (mut heard, mut coming) = (Vec::new(), on_the_way.into_iter().peekable());
    for block in 1..=2 * packets.len() as u64 {
        while let Some((at_us, number)) = coming.next_if(|(at_us, _)| *at_us <= block * BLOCK_US) {
            let header = Header {
                marker: false,
                payload_type: 107,
                sequence: number as u16,
                timestamp: number as u32 * codec.clock / 50,
                ssrc: 1,
            };
            voice.take(at_us, &header, &packets[number]);
        }
        heard.extend(voice.block(block).copied().unwrap_or([0; BLOCK]));
    }
    (voice, heard)
}

/// What the codec makes of packets some of which do not come, in the pieces that it was made for; fading as every hole does.
fn meant(packets: &[Vec<u8>], lost: &[usize]) -> Vec<i16> {
    let mut decoder = Decoder::new(Kind::Opus, RATE).unwrap();
    let (mut all, mut part) = (Vec::new(), Vec::new());
    for (number, packet) in packets.iter().enumerate() {
        if !lost.contains(&number) {
            decoder.decode(packet, &mut part).unwrap();
            all.extend_from_slice(&part);
            continue;
        }
        for begin in [0, BLOCK] {
            assert!(decoder.conceal(&mut part));
            let faded = part.iter().enumerate().map(|(at, sample)| {
                let gone = (begin + at).saturating_sub(160) as f32 / 800.0;
                (f32::from(*sample) * (1.0 - gone)) as i16
            });
            all.extend(faded);
        }
    }
    all
}

#[test]
fn a_hole_in_speech_is_filled_alike_wherever_between_two_blocks_it_begins() {
    let (packets, lost) = (packets(50), [20, 33]);
    let meant = meant(&packets, &lost);
    for phase_us in (0..10_000).step_by(625) {
        let (_, heard) = played(&packets, |number| (!lost.contains(&number)).then_some(phase_us));
        // Where a stretch of what was said before the first hole is heard.
        let known = &meant[10 * SAID..12 * SAID];
        let at = heard.windows(known.len()).position(|part| part == known).unwrap();
        let heard = &heard[at..];
        let meant = &meant[10 * SAID..10 * SAID + heard.len()];
        let off = heard.iter().zip(meant).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
        let (at, most) = off.enumerate().max_by_key(|(_, off)| *off).unwrap();
        assert!(
            most <= 1,
            "{phase_us} µs: off by {most}, {at} samples behind packet 10; the first hole is at {}",
            10 * SAID
        );
    }
}

#[test]
fn a_packet_that_comes_late_makes_the_voice_no_later_than_it_must_be_and_no_step() {
    let packets = packets(50);
    let said = meant(&packets, &[]);
    let steepest = |samples: &[i16]| {
        samples.windows(2).map(|p| (i32::from(p[0]) - i32::from(p[1])).abs()).max().unwrap()
    };
    for late_us in (6_000..30_000).step_by(1_700) {
        for phase_us in [0, 3_100, 8_400] {
            let late = |number| Some(phase_us + if number >= 20 { late_us } else { 0 });
            let (voice, heard) = played(&packets, late);
            // It has waited for what was late, and goes to where packets may come five milliseconds later still.
            let later = voice.lateness().unwrap() - i64::from(RATE) * late_us as i64 / 1_000_000;
            assert!(later <= 88, "{late_us} and {phase_us} µs: {later} samples too late");
            let (step, usual) = (steepest(&heard), steepest(&said));
            assert!(
                step * 10 <= usual * 12,
                "{late_us} and {phase_us} µs: a step of {step}, and {usual} in speech"
            );
        }
    }
}

/// One hears in packets of 20 ms and asks for the newest blocks at once; the other, in packets of 60 ms, asks for older ones after
/// it. Whatever it sends late, it sends whole.
#[test]
fn a_thread_that_was_late_leaves_nothing_out_for_who_hears_long_packets() {
    for late_ms in (10..=170).step_by(20) {
        let mut rig = Rig::new([Kind::Pcma; 3], [1_000, 400, 1_700]);
        rig.hear(1, &[part(0, 0)]);
        rig.hear_in_packets_of(2, 60);
        rig.hear(2, &[part(0, 0)]);
        rig.run(1_020);
        rig.forget();
        for _ in 0..6 {
            rig.stall(late_ms);
            rig.run(400 - late_ms);
        }
        let (heard, rate) = rig.heard(2);
        assert_eq!(heard.len(), 6 * 400 * rate as usize / 1_000, "{late_ms} ms");
        for (at, block) in heard.chunks_exact(rate as usize / 100).enumerate() {
            let level = level(block, 1_000, rate);
            assert!((level - SPOKEN).abs() < 1.0, "{late_ms} ms late: {level} dB at {at}0 ms");
        }
    }
}
