//! What callers hear by name, and digits in their sound.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use super::rig::{Phone, Rig};
use super::{A, B, CALL, assert_one_stream, assert_tone};
use crate::media::*;
use std::path::Path;
use std::time::{Duration, Instant};
use switchroom_exchange::{PortSlot, Source};
use switchroom_flow::{Clip, Language};
use switchroom_media::rtp::Header;
use switchroom_media::tone::Tone;

/// A site with prompts of one second each, named by their tone.
pub(super) fn rig(tones: &[u16]) -> Rig {
    let rig = Rig::with(|settings| settings.prompts.site = vec![settings.recordings.join("site")]);
    for hz in tones {
        put(rig.dir.path(), &format!("site/{hz}.wav"), *hz, 1000);
    }
    rig
}

pub(super) fn put(dir: &Path, name: &str, hz: u16, ms: u32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut samples = vec![0; 16 * ms as usize];
    Tone::new(hz, -100, 16_000).fill(&mut samples);
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

pub(super) fn prompt(hz: u16) -> Clip {
    Clip::Prompt { language: Language::En, name: hz.to_string() }
}

pub(super) fn play(rig: &Rig, leg: LegId, number: u64, clips: &[Clip], is_loop: bool) {
    rig.engine.command(MediaCommand::Play { call: CALL, leg, number, clips: clips.to_vec(), is_loop });
}

fn played(rig: &Rig) -> (LegId, u64) {
    rig.until(|event| match event {
        MediaEvent::Played { leg, number } => Some((*leg, *number)),
        _ => None,
    })
}

fn unheard(rig: &Rig) -> (LegId, u64) {
    rig.until(|event| match event {
        MediaEvent::Unheard { leg, number } => Some((*leg, *number)),
        _ => None,
    })
}

/// Loads a clip, so that it is on the shelf.
fn warm(rig: &Rig, phone: &Phone, hz: u16) {
    play(rig, A, 999, &[prompt(hz)], false);
    assert_eq!(played(rig).1, 999);
    phone.backlog();
}

fn packets(phone: &Phone, count: usize) -> Vec<(Header, Vec<u8>)> {
    (0..count).map(|_| phone.hear()).collect()
}

#[test]
fn a_prompt_is_heard_from_its_first_packet_and_its_end_is_told() {
    for (codec, pt) in [("PCMA", 8), ("PCMU", 0), ("G722", 9), ("opus", 107)] {
        let rig = rig(&[440]);
        let mut a = Phone::new(codec, pt, 300);
        rig.leg(A, &mut a);
        warm(&rig, &a, 440);
        rig.hear(A, Source::Nothing);
        rig.settle();
        a.backlog();
        let began = Instant::now();
        play(&rig, A, 7, &[prompt(440)], false);
        let heard = packets(&a, 48);
        assert_tone(&a, &heard, 440);
        assert_one_stream(&heard);
        assert!(heard[0].0.marker && heard[1..].iter().all(|(header, _)| !header.marker), "{codec}");
        let clock = a.codec.clock / 50;
        for pair in heard.windows(2) {
            assert_eq!(pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp), clock, "{codec}");
        }
        let (first, _) = a.decode(&heard[..6]);
        assert!(first.iter().any(|s| s.unsigned_abs() > 3000), "{codec}: it begins at once");
        assert_eq!(played(&rig), (A, 7));
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(970), "{codec}: told after {took:?}");
        a.backlog();
        let (after, _) = a.decode(&packets(&a, 20)[10..]);
        assert!(after.iter().all(|s| s.unsigned_abs() < 60), "{codec}: silence follows");
    }
}

#[test]
fn what_is_cut_is_never_told_and_what_cuts_it_is_heard() {
    let rig = rig(&[440, 1000]);
    let mut a = Phone::new("PCMA", 8, 300);
    rig.leg(A, &mut a);
    warm(&rig, &a, 440);
    warm(&rig, &a, 1000);
    play(&rig, A, 1, &[prompt(440)], false);
    packets(&a, 10);
    play(&rig, A, 2, &[prompt(1000)], false);
    packets(&a, 2);
    assert_tone(&a, &packets(&a, 30), 1000);
    assert_eq!(played(&rig), (A, 2), "the first is never told");
    play(&rig, A, 3, &[prompt(440)], false);
    packets(&a, 5);
    rig.hear(A, Source::Tone { hz: 700, ddb: -100 });
    packets(&a, 2);
    assert_tone(&a, &packets(&a, 60), 700);
    play(&rig, A, 4, &[prompt(440), Clip::Pause(100), Clip::Beep], true);
    packets(&a, 90);
    rig.close(A);
    assert!(
        !rig.events.try_iter().any(|event| matches!(event, MediaEvent::Played { .. })),
        "none was heard out"
    );
}

#[test]
fn what_is_missing_is_left_out_and_nobody_waits_for_what_cannot_be_heard() {
    let rig = rig(&[440]);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 300), Phone::new("PCMA", 18, 300));
    b.codec.name = "G729".into();
    rig.leg(A, &mut a);
    rig.leg(B, &mut b);
    play(&rig, A, 1, &[prompt(1), prompt(440), prompt(2)], false);
    let heard = packets(&a, 60);
    assert!(assert_heard(&a, &heard), "what is there is heard");
    assert_eq!(unheard(&rig), (A, 1), "not all of it");
    let told: Vec<String> = (0..2).map(|_| rig.problems.recv().unwrap().id).collect();
    assert_eq!(told, ["prompt:en/1", "prompt:en/2"]);
    play(&rig, A, 2, &[], false);
    assert_eq!(played(&rig), (A, 2));
    play(&rig, B, 3, &[prompt(440)], false);
    assert_eq!(unheard(&rig), (B, 3), "a codec that cannot be encoded");
    play(&rig, LegId(77), 4, &[prompt(440)], false);
    rig.settle();
}

#[test]
fn music_goes_on_where_an_announcement_came_in_its_place() {
    let rig = rig(&[440, 700, 1000]);
    // Long enough for a machine that has much to do.
    put(rig.dir.path(), "site/1000.wav", 1000, 5000);
    let mut a = Phone::new("PCMA", 8, 300);
    rig.leg(A, &mut a);
    [440, 700, 1000].into_iter().for_each(|hz| warm(&rig, &a, hz));
    let music = [prompt(440), prompt(1000)];
    let first = |a: &Phone| {
        packets(a, 5);
        packets(a, 20)
    };
    play(&rig, A, 0, &music, true);
    assert_tone(&a, &first(&a), 440);
    // Into the second piece.
    packets(&a, 35);
    play(&rig, A, 1, &[prompt(700)], false);
    assert_eq!(played(&rig), (A, 1));
    a.backlog();
    play(&rig, A, 0, &music, true);
    assert_tone(&a, &first(&a), 1000);
    // A second one before the music is back is said in the same place.
    play(&rig, A, 2, &[prompt(700)], false);
    packets(&a, 10);
    play(&rig, A, 3, &[prompt(700)], false);
    assert_eq!(played(&rig), (A, 3));
    a.backlog();
    play(&rig, A, 0, &music, true);
    assert_tone(&a, &first(&a), 1000);
    // Other music has its own beginning.
    play(&rig, A, 4, &[prompt(700)], false);
    packets(&a, 10);
    play(&rig, A, 0, &[prompt(700), prompt(440)], true);
    assert_tone(&a, &first(&a), 700);
    // Whoever was connected meanwhile hears it from its beginning.
    play(&rig, A, 0, &music, true);
    packets(&a, 70);
    play(&rig, A, 5, &[prompt(700)], false);
    rig.hear(A, Source::Silence);
    play(&rig, A, 0, &music, true);
    assert_tone(&a, &first(&a), 440);
}

fn assert_heard(phone: &Phone, packets: &[(Header, Vec<u8>)]) -> bool {
    phone.decode(packets).0.iter().filter(|s| s.unsigned_abs() > 3000).count() > 4000
}

#[test]
fn a_prompt_waits_for_terms_and_goes_on_in_another_codec() {
    let rig = rig(&[440]);
    let mut a = Phone::new("PCMA", 8, 300);
    rig.engine.command(MediaCommand::Open { call: CALL, leg: A, slot: PortSlot(0) });
    play(&rig, A, 1, &[prompt(440), prompt(440), prompt(440)], false);
    rig.settle();
    assert_eq!(a.backlog(), 0);
    let began = Instant::now();
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed: a.agreed() });
    packets(&a, 50);
    // A re-INVITE that changes nothing, and one that changes the codec.
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed: a.agreed() });
    packets(&a, 25);
    (a.codec.name, a.codec.receive_pt, a.codec.send_pt) = ("PCMU".into(), 0, 0);
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed: a.agreed() });
    let heard: Vec<_> = packets(&a, 60).into_iter().filter(|(header, _)| header.payload_type == 0).collect();
    assert!(heard.len() > 50);
    assert_tone(&a, &heard[5..], 440);
    assert_eq!(played(&rig), (A, 1));
    let took = began.elapsed();
    assert!((2900..3900).contains(&took.as_millis()), "it went on where it was: {took:?}");
}

#[test]
fn digits_in_the_sound_are_found_when_they_are_wanted_and_the_phone_knows_no_events() {
    let rig = rig(&[]);
    let mut a = Phone::new("PCMA", 8, 300);
    rig.leg(A, &mut a);
    let press = |a: &mut Phone, low: u16, high: u16| {
        let (mut low, mut high) = (Tone::new(low, -160, 8000), Tone::new(high, -140, 8000));
        for at in 0..12 {
            let (mut one, mut other) = ([0; 160], [0; 160]);
            if (3..8).contains(&at) {
                low.fill(&mut one);
                high.fill(&mut other);
            }
            let sum: Vec<i16> = one.iter().zip(&other).map(|(a, b)| a + b).collect();
            let mut bytes = [0; 160];
            a.encoder.encode(&sum, &mut bytes).unwrap();
            a.send(&bytes);
        }
    };
    let listen = |is_on| rig.engine.command(MediaCommand::Listen { call: CALL, leg: A, is_on });
    // Events were agreed.
    listen(true);
    rig.settle();
    press(&mut a, 697, 1209);
    let mut agreed = a.agreed();
    agreed.digits = None;
    // Given time to arrive: what is told of them would come before what is told of the next.
    std::thread::sleep(Duration::from_millis(200));
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed });
    rig.settle();
    press(&mut a, 770, 1336);
    let digit = |event: &MediaEvent| match event {
        MediaEvent::Digit { leg: A, digit } => Some(*digit),
        _ => None,
    };
    assert_eq!(rig.until(digit), '5');
    listen(false);
    rig.settle();
    press(&mut a, 697, 1209);
    std::thread::sleep(Duration::from_millis(200));
    listen(true);
    rig.settle();
    press(&mut a, 941, 1477);
    assert_eq!(rig.until(digit), '#', "not while nobody listens");
}
