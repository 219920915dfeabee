//! kill -9 in the middle of calls: what was reported as done is there, and the rest is whole up to its last second.

use crate::phones::{PATIENCE, connect, hang_up, phone};
use crate::setup;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use switchroom::softphone::Softphone;
use switchroom_phone::{PhoneCommand, PhoneEvent};
use switchroom_tests::audio::{pieces_with, read_wav};
use switchroom_tests::daemon::Daemon;
use switchroom_tests::process::{eventually, is_ci};

/// The next of a row of numbers that looks like chance and is the same every time.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn kill_in_the_middle_of_a_call() {
    let rounds = if is_ci() { 20 } else { 4 };
    let mut daemon = Daemon::start(setup().recording());
    let (caller, callee) = (phone(&daemon, "101", 440), phone(&daemon, "102", 1_000));
    let (mut chance, mut finished, mut slowest, mut lost_most) = (7, BTreeSet::new(), Duration::ZERO, 0);
    for round in 0..rounds {
        finished.insert(finish_a_call(&daemon, &caller, &callee));
        connect(&caller, &callee, "102");
        let up = Instant::now();
        let id = eventually("the call", || Some(daemon.calls().into_iter().find(|c| c.ended.is_none())?.id));
        std::thread::sleep(Duration::from_millis(1_200 + next(&mut chance) % 1_800));
        daemon.kill();
        let talked_ms = u64::try_from(up.elapsed().as_millis()).unwrap();
        slowest = slowest.max(daemon.start_again());

        let known: BTreeSet<String> = daemon.cdrs().into_iter().map(|c| c.id).collect();
        let missing: Vec<&String> = finished.difference(&known).collect();
        assert!(missing.is_empty(), "round {round}: {missing:?} had been reported and are gone");
        for extension in daemon.extensions().iter().filter(|e| e.number == "101" || e.number == "102") {
            assert_eq!(
                extension.bindings.len(),
                1,
                "round {round}: the registration of {}",
                extension.number
            );
        }
        let view = eventually("the recording", || daemon.recordings().into_iter().find(|r| r.id == id));
        let kept_ms = opened(&daemon.recordings_dir().join(&view.file));
        assert!(
            kept_ms + 1_000 >= talked_ms,
            "round {round}: {kept_ms} of {talked_ms} ms, {view:?}\n{}",
            daemon.log()
        );
        lost_most = lost_most.max(talked_ms.saturating_sub(kept_ms));
        hang_up([&caller, &callee]);
    }
    println!("{rounds} kills: up again within {slowest:?}, at most {lost_most} ms of a recording lost");
    assert!(slowest < Duration::from_secs(10), "{slowest:?} until it answered again");
}

/// A call that ends by itself; its id, once its record is reported.
fn finish_a_call(daemon: &Daemon, caller: &Softphone, callee: &Softphone) -> String {
    let before: BTreeSet<String> = daemon.cdrs().into_iter().map(|c| c.id).collect();
    connect(caller, callee, "102");
    caller.command(PhoneCommand::HangUp).unwrap();
    callee.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), PATIENCE).unwrap();
    caller.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), PATIENCE).unwrap();
    eventually("the record", || daemon.cdrs().into_iter().map(|c| c.id).find(|id| !before.contains(id)))
}

/// Opens a recording as any player would; its length, with the tones where they belong.
fn opened(file: &Path) -> u64 {
    let (rate, channels) = read_wav(file);
    let [left, right] = channels.as_slice() else { panic!("{} channels", channels.len()) };
    let pieces = left.len() / 800;
    let least = pieces.saturating_sub(5);
    let clear = (pieces_with(left, 440.0), pieces_with(right, 1_000.0));
    assert!(clear.0 >= least && clear.1 >= least, "{clear:?} of {pieces} pieces are clear");
    left.len() as u64 * 1_000 / u64::from(rate)
}

#[test]
fn a_stop_ends_calls_properly() {
    let mut daemon = Daemon::start(setup().recording());
    let (caller, callee) = (phone(&daemon, "101", 440), phone(&daemon, "102", 1_000));
    connect(&caller, &callee, "102");
    daemon.stop();
    for phone in [&caller, &callee] {
        phone.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), PATIENCE).unwrap();
    }
    daemon.start_again();
    let cdr = eventually("the record", || daemon.cdrs().pop());
    assert_eq!((cdr.ended.cause.as_str(), cdr.ended.by.as_str()), ("restart", "system"));
    assert_eq!(daemon.status().registered, 2);
    let view = daemon.recordings().pop().expect("its recording");
    assert!(view.complete && !view.sha256.is_empty(), "{view:?}");
}
