//! A call whose one party is replaced by another: who is heard, and what its recording holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;
use super::rig::{Phone, Rig, middle_level};
use super::{A, B, CALL, assert_tone, passes, read, talk};
use switchroom_exchange::{Channel, SIGNAL, Source};
use switchroom_flow::Clip;
use switchroom_media::tone::goertzel_db;

/// The one file goes on: on the left who stays, on the right one after the other, in another codec.
#[test]
fn a_recording_goes_on_with_the_party_that_comes() {
    const C: LegId = LegId(3);
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("PCMA", 8, 1000));
    let mut c = Phone::new("PCMU", 0, 1700);
    rig.call(&mut a, &mut b);
    rig.record();
    talk(&mut a, &mut b, 50);
    rig.close(B);
    rig.leg(C, &mut c);
    rig.engine.command(MediaCommand::RecordLeg { call: CALL, leg: C, channel: Channel::Right });
    rig.hear(A, Source::Leg(C));
    rig.hear(C, Source::Leg(A));
    rig.settle();
    talk(&mut a, &mut c, 50);
    let facts = rig.stop_recording();
    assert!(facts.complete, "{facts:?}");
    // Faster than anybody speaks: a recording would have no room for it.
    a.backlog();
    let heard = passes(&mut c, &a, 30);
    assert_tone(&a, &heard, 1700);
    let (channels, rate) = read(&rig.dir.path().join(&facts.file));
    let second = rate as usize;
    let part = |channel: usize, from: usize| &channels[channel][from..from + second / 2];
    let level = |samples: &[i16], hz: u16| middle_level(samples, hz, rate);
    let (before, after) = (second / 4, second + second / 2);
    assert!(level(part(1, before), 1000) > -14.0 && level(part(1, before), 1700) < -40.0);
    assert!(level(part(1, after), 1700) > -14.0 && level(part(1, after), 1000) < -40.0);
    for from in [before, after] {
        assert!(level(part(0, from), 400) > -14.0 && level(part(0, from), 1700) < -40.0);
    }
}

/// While one party gives a PIN to a flow, one file goes on with silence in both channels, between two marks.
#[test]
fn a_recording_that_is_paused_has_silence_between_marks_and_goes_on() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("PCMU", 0, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    let pause = |is_paused, kind: &str| {
        rig.engine.command(MediaCommand::PauseRecording { call: CALL, is_paused });
        let (kind, text) = (kind.to_owned(), String::new());
        rig.engine.command(MediaCommand::Mark { call: CALL, kind, text });
        rig.settle();
    };
    talk(&mut a, &mut b, 50);
    pause(true, "hand_off");
    talk(&mut a, &mut b, 25);
    // Who comes meanwhile is not recorded, either.
    rig.engine.command(MediaCommand::RecordLeg { call: CALL, leg: B, channel: Channel::Right });
    talk(&mut a, &mut b, 25);
    pause(false, "hand_back");
    talk(&mut a, &mut b, 50);
    let facts = rig.stop_recording();
    assert!(facts.complete, "{facts:?}");
    let at = |kind: &str| {
        let mark = facts.marks.iter().find(|(_, is, _)| is == kind).expect("a mark");
        usize::try_from(mark.0).unwrap()
    };
    let (channels, rate) = read(&rig.dir.path().join(&facts.file));
    let (begin, end) = (at("hand_off"), at("hand_back"));
    assert!(end > begin + 800, "{begin} to {end} ms");
    let part = |channel: usize, from_ms: usize, to_ms: usize| {
        let per_ms = rate as usize / 1000;
        &channels[channel][from_ms * per_ms..to_ms * per_ms]
    };
    for (channel, hz) in [(0, 400), (1, 1000)] {
        let silence = part(channel, begin + 100, end - 100);
        assert!(silence.iter().all(|sample| *sample == 0), "channel {channel}");
        for from in [begin - 500, end + 300] {
            assert!(
                goertzel_db(part(channel, from, from + 200), hz, rate) > -14.0,
                "channel {channel} at {from} ms"
            );
        }
    }
}

/// Whom a flow has may never talk with anybody again: then nothing is left of the pause, whatever is on the disk by then.
#[test]
fn a_recording_that_ends_in_a_pause_ends_where_the_pause_began() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("PCMU", 0, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    let mark = |kind: &str| {
        let (kind, text) = (kind.to_owned(), String::new());
        rig.engine.command(MediaCommand::Mark { call: CALL, kind, text });
    };
    talk(&mut a, &mut b, 50);
    rig.engine.command(MediaCommand::PauseRecording { call: CALL, is_paused: true });
    mark("flow");
    let paused = std::time::Instant::now();
    talk(&mut a, &mut b, 100);
    mark("end");
    let facts = rig.stop_recording_before(u64::try_from(paused.elapsed().as_millis()).unwrap());
    assert!(facts.complete, "{facts:?}");
    let at = |kind: &str| facts.marks.iter().find(|(_, is, _)| is == kind).expect("a mark").0;
    assert!(at("flow").abs_diff(facts.length_ms) < 200, "{facts:?}");
    assert!(at("end") <= facts.length_ms + 1, "{facts:?}");
    let (channels, rate) = read(&rig.dir.path().join(&facts.file));
    assert_eq!(channels[0].len() as u64 * 1000 / u64::from(rate), facts.length_ms);
    assert_eq!(std::fs::metadata(rig.dir.path().join(&facts.file)).unwrap().len(), facts.bytes);
    let last = channels[0].len() - rate as usize / 2;
    assert!(
        goertzel_db(&channels[0][last..last + rate as usize / 5], 400, rate) > -14.0,
        "the talk is whole"
    );
}

/// What one party is told by a tone is for that ear alone.
#[test]
fn a_tone_in_the_ear_of_one_party_is_on_no_recording() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("PCMU", 0, 1700));
    rig.call(&mut a, &mut b);
    rig.record();
    talk(&mut a, &mut b, 25);
    let clips = vec![Clip::Beep];
    rig.engine.command(MediaCommand::Play { call: CALL, leg: B, number: SIGNAL, clips, is_loop: false });
    talk(&mut a, &mut b, 50);
    rig.until(|event| matches!(event, MediaEvent::Played { leg: B, number: SIGNAL }).then_some(()));
    let facts = rig.stop_recording();
    let (channels, rate) = read(&rig.dir.path().join(&facts.file));
    for (channel, voice) in [(0, 400), (1, 1700)] {
        assert!(middle_level(&channels[channel], voice, rate) > -14.0, "channel {channel}");
        let blocks = channels[channel].chunks_exact(rate as usize / 10);
        let loudest = blocks.map(|block| goertzel_db(block, 1000, rate)).fold(-200.0, f32::max);
        assert!(loudest < -35.0, "channel {channel} has the tone: {loudest} dB");
    }
}
