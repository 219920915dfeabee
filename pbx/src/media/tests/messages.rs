//! Messages that legs take.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use super::prompts::{play, rig};
use super::rig::{Phone, Rig};
use super::{A, B, CALL, passes};
use crate::media::*;
use std::time::Duration;
use switchroom_exchange::{MessageFacts, Source, Taken};
use switchroom_flow::Clip;
use switchroom_media::tone::goertzel_db;

fn take(rig: &Rig, leg: LegId, message: &str, longest_ms: u32, silence_ms: u32) {
    let message = message.to_owned();
    rig.engine.command(MediaCommand::TakeMessage { call: CALL, leg, message, longest_ms, silence_ms });
}

fn stop(rig: &Rig, leg: LegId, is_kept: bool) {
    rig.engine.command(MediaCommand::StopMessage { call: CALL, leg, is_kept });
}

fn taken(rig: &Rig) -> (LegId, String, Taken, String) {
    rig.until(|event| match event {
        MediaEvent::MessageTaken { leg, message, taken, why } => {
            Some((*leg, message.clone(), taken.clone(), why.clone()))
        }
        _ => None,
    })
}

/// Speaks for so many packets, or sends silence, at the pace of a phone.
fn speak(phone: &mut Phone, packets: usize, is_loud: bool) {
    for _ in 0..packets {
        if is_loud {
            phone.speak();
        } else {
            phone.send(&[0xD5; 160]);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn file_of(rig: &Rig, facts: &MessageFacts) -> Vec<i16> {
    let mut reader = hound::WavReader::open(rig.dir.path().join(&facts.file)).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (1, 8000));
    reader.samples::<i16>().map(Result::unwrap).collect()
}

/// Most of it is the tone that was spoken; in short pieces, because the phone of this test stumbles now and then.
fn assert_hums(samples: &[i16], rate: u32) {
    let levels: Vec<f32> = samples.chunks_exact(400).map(|part| goertzel_db(part, 440, rate)).collect();
    let good = levels.iter().filter(|level| (**level + 10.0).abs() < 1.5).count();
    assert!(good * 2 > levels.len(), "{levels:?}");
}

#[test]
fn a_message_is_taken_played_and_dropped() {
    let rig = rig(&[]);
    let mut a = Phone::new("PCMA", 8, 440);
    rig.leg(A, &mut a);
    take(&rig, A, "m-1", 60_000, 0);
    rig.settle();
    speak(&mut a, 75, true);
    // It can be read at any moment.
    let folder = walk(&rig, ".part").pop().expect("a file that is being written");
    let part = hound::WavReader::open(&folder).unwrap().duration();
    assert!(part > 4000, "{part} samples are readable");
    speak(&mut a, 40, false);
    stop(&rig, A, true);
    let (leg, id, facts, why) = taken(&rig);
    let facts = facts.kept().unwrap();
    assert_eq!((leg, id.as_str(), why.as_str()), (A, "m-1", "stopped"));
    assert!(facts.file.starts_with("messages/2") && facts.file.ends_with("/m-1.wav"), "{facts:?}");
    assert!((1500..2300).contains(&facts.length_ms), "the silence at its end is cut: {facts:?}");
    assert_eq!(facts.sha256.len(), 64);
    let samples = file_of(&rig, &facts);
    assert_eq!(samples.len() as u64 * 2 + 44, facts.bytes);
    assert_hums(&samples, 8000);
    // Somebody listens to it.
    let mut b = Phone::new("PCMU", 0, 300);
    rig.leg(B, &mut b);
    play(&rig, B, 5, &[Clip::Message("m-1".into())], false);
    let heard: Vec<_> = (0..60).map(|_| b.hear()).collect();
    let (heard, rate) = b.decode(&heard);
    assert_hums(&heard, rate);
    rig.engine.command(MediaCommand::DropMessage { message: "m-1".into() });
    let end = std::time::Instant::now() + super::PATIENCE;
    while !walk(&rig, ".wav").is_empty() {
        assert!(std::time::Instant::now() < end, "it is never deleted");
        std::thread::sleep(Duration::from_millis(10));
    }
    play(&rig, B, 6, &[Clip::Message("m-1".into())], false);
    let told = rig.problems.recv_timeout(super::PATIENCE).unwrap();
    assert_eq!(told.id, "prompt:message", "it is not played from memory either");
}

/// Files of messages whose name ends so.
fn walk(rig: &Rig, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![rig.dir.path().join("messages")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn silence_and_length_end_a_message_and_nothing_said_leaves_none() {
    let rig = rig(&[]);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 700));
    rig.leg(A, &mut a);
    rig.leg(B, &mut b);
    take(&rig, A, "silence", 60_000, 1_000);
    rig.settle();
    speak(&mut a, 50, true);
    // The phone sends nothing at all from here, as some do in silence.
    let (_, _, facts, why) = taken(&rig);
    assert_eq!(why, "silence");
    assert!((900..1700).contains(&facts.kept().unwrap().length_ms));
    take(&rig, B, "longest", 700, 0);
    rig.settle();
    speak(&mut b, 70, true);
    let (leg, id, facts, why) = taken(&rig);
    assert_eq!((leg, id.as_str(), why.as_str()), (B, "longest", "it was as long as it may be"));
    assert_eq!(facts.kept().unwrap().length_ms, 700);
    stop(&rig, B, true);
    take(&rig, A, "nothing", 60_000, 600);
    let (_, id, facts, why) = taken(&rig);
    assert_eq!((id.as_str(), facts), ("nothing", Taken::Nothing));
    assert_eq!(why, "nothing was said (silence)");
    assert_eq!(walk(&rig, ".part"), Vec::<PathBuf>::new());
    assert_eq!(walk(&rig, ".wav").len(), 2);
}

#[test]
fn every_message_asked_for_is_told_once() {
    let rig = rig(&[]);
    let mut a = Phone::new("PCMA", 8, 440);
    take(&rig, A, "none", 1000, 0);
    assert_eq!(taken(&rig).3, "the leg has no media");
    rig.leg(A, &mut a);
    take(&rig, A, "../../up", 1000, 0);
    assert!(taken(&rig).3.contains("no id of a message"));
    take(&rig, A, "one", 60_000, 0);
    take(&rig, A, "two", 60_000, 0);
    let (_, id, _, why) = taken(&rig);
    assert_eq!((id.as_str(), why.as_str()), ("two", "the leg takes another message already"));
    speak(&mut a, 30, true);
    stop(&rig, A, false);
    let (_, id, facts, why) = taken(&rig);
    assert_eq!((id.as_str(), facts, why.as_str()), ("one", Taken::Nothing, "not to be kept"));
    assert!(walk(&rig, "").is_empty(), "and its file is gone");
    stop(&rig, A, true);
    // The caller hangs up in the middle.
    take(&rig, A, "three", 60_000, 0);
    rig.settle();
    speak(&mut a, 40, true);
    rig.close(A);
    let (_, id, facts, why) = taken(&rig);
    assert_eq!((id.as_str(), why.as_str()), ("three", "the leg was closed"));
    assert!(facts.kept().unwrap().length_ms > 500);
    // An id is used once.
    rig.leg(A, &mut a);
    take(&rig, A, "three", 60_000, 0);
    assert!(taken(&rig).3.contains("there is a message of that id"));
    take(&rig, A, "four", 60_000, 0);
    rig.settle();
    speak(&mut a, 40, true);
    rig.engine.shutdown();
    let (_, id, facts, _) = taken(&rig);
    assert_eq!(id, "four");
    assert!(facts.kept().is_some(), "what was said when the program stops is kept");
    assert!(!rig.events.try_iter().any(|event| matches!(event, MediaEvent::MessageTaken { .. })));
}

#[test]
fn a_call_can_be_recorded_while_its_caller_leaves_a_message() {
    let rig = rig(&[]);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    take(&rig, A, "both", 60_000, 0);
    rig.settle();
    speak(&mut a, 60, true);
    stop(&rig, A, true);
    assert!(taken(&rig).2.kept().is_some());
    assert!(rig.stop_recording().complete);
    rig.hear(A, Source::Nothing);
}

#[test]
fn without_room_there_is_no_message_and_the_call_goes_on() {
    let rig = Rig::with(|settings| settings.free_bytes_min = u64::MAX / 2);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    take(&rig, A, "full", 60_000, 0);
    let (_, _, facts, why) = taken(&rig);
    assert_eq!(facts, Taken::Failed);
    assert!(why.contains("MB are free"), "{why}");
    passes(&mut a, &b, 5);
    // The folder cannot be made either.
    let rig = Rig::with(|settings| settings.recordings = "/proc/none".into());
    rig.leg(A, &mut a);
    take(&rig, A, "nowhere", 60_000, 0);
    assert!(taken(&rig).3.contains("cannot create a file for a message in /proc/none"));
}
