//! kill -9 in the middle of calls: what was reported as done is there, and the rest is whole up to its last second.

use crate::phones::{PATIENCE, connect, hang_up, phone};
use crate::setup;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use switchroom::softphone::Softphone;
use switchroom_phone::{PhoneCommand, PhoneEvent};
use switchroom_tests::audio::{pieces_with, read_wav};
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::process::{eventually, is_ci};
use switchroom_wire::{Answer, CallView, Command, MessageView};

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
        // The board may be a moment behind the records: the call before may still stand there as a live one.
        let id = eventually("the call", || {
            let is_it = |c: &CallView| c.ended.is_none() && !finished.contains(&c.id);
            Some(daemon.calls().into_iter().find(is_it)?.id)
        });
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

/// A flow that takes a message for 102, and the box it goes to.
fn with_voicemail() -> Setup {
    let text =
        "title = \"Leave\"\nstart = \"leave\"\n\n[nodes.leave]\nkind = \"voicemail\"\nmailbox = \"102\"\n";
    let mut setup = setup().with_file("flows/leave.toml", text);
    setup.more = "[mailboxes.102]\n\n[[routes]]\nnumber = \"400\"\nto = \"flow leave\"\n".to_owned();
    setup
}

fn messages(daemon: &Daemon) -> Vec<MessageView> {
    match daemon.ask(Command::Messages { limit: 10, mailbox: Some("102".into()) }) {
        Answer::Messages(messages) => messages,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_that_a_kill_cut_off_is_in_its_box_and_can_be_deleted() {
    let mut daemon = Daemon::start(with_voicemail());
    let caller = phone(&daemon, "101", 440);
    caller.command(PhoneCommand::Call("400".into())).unwrap();
    caller.wait_for(|e| matches!(e, PhoneEvent::Up(_)), PATIENCE).unwrap();
    // As long as something is written, the greeting and the tone are over.
    let part = eventually("the file", || part_below(&daemon.recordings_dir().join("messages")));
    let spoken = Instant::now();
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(messages(&daemon), [], "it is not a message yet");
    daemon.kill();
    let spoken_ms = u64::try_from(spoken.elapsed().as_millis()).unwrap();
    assert!(part.exists());
    daemon.start_again();

    let found = messages(&daemon);
    let [message] = found.as_slice() else { panic!("{found:?}\n{}", daemon.log()) };
    assert!(message.is_new && message.from.number == "101" && message.mailbox.as_deref() == Some("102"));
    assert!(message.length_ms + 1_000 >= spoken_ms, "{} of {spoken_ms} ms", message.length_ms);
    let file = daemon.recordings_dir().join(&message.file);
    let (rate, channels) = read_wav(&file);
    assert_eq!(channels[0].len() as u64 * 1_000 / u64::from(rate), message.length_ms);
    assert!(pieces_with(&channels[0], 440.0) >= 10);
    assert!(!part.exists());

    let listed = daemon.run(&["ctl", "messages", "102"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("new") && listed.contains(&message.id), "{listed}");
    let json = daemon.run(&["ctl", "--json", "messages"]);
    let all: Vec<MessageView> = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(all, found);
    let deleted = daemon.run(&["ctl", "message-delete", &message.id]);
    let said = String::from_utf8(deleted.stdout).unwrap();
    assert!(deleted.status.success() && said.contains("deleted the message of 101 in box 102"), "{said}");
    eventually("the end of its file", || (!file.exists()).then_some(()));
    let audited = daemon.events().into_iter().any(|e| e.name == "delete_message" && e.text == said.trim());
    assert!(audited && messages(&daemon).is_empty());
    assert!(!daemon.run(&["ctl", "message-delete", &message.id]).status.success(), "it is gone");
    // Nor does it come back.
    daemon.kill();
    daemon.start_again();
    assert_eq!(messages(&daemon), []);
}

/// A message that is being written.
fn part_below(dir: &Path) -> Option<PathBuf> {
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "part") {
            return Some(path);
        }
        if let Some(found) = part_below(&path) {
            return Some(found);
        }
    }
    None
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
