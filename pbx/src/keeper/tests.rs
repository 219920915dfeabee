#![allow(clippy::unwrap_used, clippy::panic)]
//! The keeper in a whole daemon, on recordings that lie in its folder, asked by its socket.

use super::*;
use crate::{config, daemon};
use std::fs;
use std::path::Path;
use switchroom_console::Client;
use switchroom_exchange::RecordingSubject;
use switchroom_wire::{Answer, Command as Ask, ConfigChange, EventKind, EventView, RecordingView};

const DAY_MS: i64 = 86_400_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with a configuration and recordings.
struct Site(tempfile::TempDir);

impl Site {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn configure(&self, recording: &str) {
        let text = format!(
            "[site]\ndomain = \"example.com\"\n[sip]\nlisten = [\"udp 127.0.0.1:0\"]\n[media]\nthreads = 1\n\
             [control]\nsocket = \"control.sock\"\n[recording]\n{recording}\n"
        );
        fs::write(self.0.path().join("switchroom.toml"), text).unwrap();
    }

    /// Lays a closed recording of so many bytes into its folder.
    fn record(&self, number: u64, days_ago: i64, bytes: u64) -> CallId {
        let started_ms = clock::wall_ms() - days_ago * DAY_MS;
        let call = CallId::new(started_ms, number.into());
        let day = format!("2020/01/{number:02}");
        let facts = RecordingFacts {
            call,
            subject: RecordingSubject {
                number,
                from: Default::default(),
                with: Default::default(),
                started_ms,
            },
            file: format!("{day}/{call}.wav"),
            length_ms: 1,
            bytes,
            rate: 8_000,
            sha256: "0".repeat(64),
            codec: String::new(),
            marks: Vec::new(),
            complete: true,
            held: None,
        };
        let dir = self.0.path().join("recordings");
        fs::create_dir_all(dir.join(&day)).unwrap();
        fs::File::create(dir.join(&facts.file)).unwrap().set_len(bytes).unwrap();
        fs::write(dir.join(&day).join(format!("{call}.json")), serde_json::to_vec(&facts).unwrap()).unwrap();
        call
    }

    fn start(&self) -> (daemon::Daemon, Client) {
        let loaded = config::load(&self.0.path().join("switchroom.toml")).unwrap();
        let daemon = daemon::start(&loaded).unwrap();
        let client = Client::connect(daemon.socket(), None).unwrap();
        (daemon, client)
    }

    /// What lies in the folder of a recording; none if there is no such folder.
    fn files(&self, number: u64) -> Option<usize> {
        let day = self.0.path().join(format!("recordings/2020/01/{number:02}"));
        Some(fs::read_dir(day).ok()?.count())
    }
}

fn recordings(client: &mut Client) -> Vec<RecordingView> {
    let Ok(Answer::Recordings(all)) = client.command(Ask::Recordings { limit: 100, party: None }) else {
        panic!("no recordings")
    };
    all
}

/// Waits until these are the recordings, by short number, newest first.
fn until(client: &mut Client, numbers: &[u64]) {
    let end = in_a_while(PATIENCE);
    loop {
        let known: Vec<u64> = recordings(client).iter().map(|r| r.number).collect();
        if known == numbers {
            return;
        }
        assert!(clock::mono_us() < end, "{known:?} and not {numbers:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn told(client: &mut Client, name: &str) -> Vec<EventView> {
    let Ok(Answer::Events(all)) = client.command(Ask::Events { limit: 100, call: None, after_ms: None })
    else {
        panic!("no events")
    };
    all.into_iter().filter(|event| event.name == name).collect()
}

fn done(client: &mut Client, command: Ask) -> String {
    match client.command(command) {
        Ok(Answer::Done(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn why_not(client: &mut Client, command: Ask) -> String {
    client.command(command).unwrap_err().to_string()
}

#[test]
fn what_is_old_goes_and_what_is_held_stays_until_it_is_released() {
    let site = Site::new();
    site.configure("");
    let [_, held, young] =
        [(1, 100), (2, 99), (3, 1)].map(|(number, ago)| site.record(number, ago, 1_500).to_string());
    let (daemon, mut client) = site.start();
    until(&mut client, &[3, 2, 1]);
    let hold = |reason: &str| Ask::HoldRecording { call: held.clone(), reason: reason.into() };
    assert!(why_not(&mut client, hold(" ")).contains("say why"));
    let user = client.welcome().user.clone();
    assert_eq!(
        done(&mut client, hold("case\u{1b} 7")),
        format!("{user} holds the recording of call 2: case\u{fffd} 7")
    );

    site.configure("keep = \"90d\"");
    done(&mut client, Ask::Reload);
    until(&mut client, &[3, 2]);
    assert_eq!((site.files(1), site.files(2), site.files(3)), (None, Some(2), Some(2)));
    let expired = told(&mut client, "recordings_expired");
    let texts: Vec<&str> = expired.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(texts, ["1 recording older than 90 days deleted, 1.5 kB"]);
    let delete = |call: &str| Ask::DeleteRecording { call: call.into() };
    let why = why_not(&mut client, delete(&held));
    assert!(
        why.contains(&format!("call 2 is held by {user}: case\u{fffd} 7; it must be released first")),
        "{why}"
    );

    // A new life, and a store that is made anew: it is still held.
    drop((client, daemon));
    fs::remove_dir_all(site.0.path().join("data")).unwrap();
    let (daemon, mut client) = site.start();
    until(&mut client, &[3, 2]);
    let marks: Vec<Option<String>> =
        recordings(&mut client).into_iter().map(|r| Some(r.held?.reason)).collect();
    assert_eq!(marks, [None, Some("case\u{fffd} 7".into())]);
    done(&mut client, Ask::Reload);
    assert!(why_not(&mut client, delete(&held)).contains("is held by"));

    done(&mut client, Ask::ReleaseRecording { call: held.clone() });
    assert!(why_not(&mut client, Ask::ReleaseRecording { call: held.clone() }).contains("is not held"));
    done(&mut client, Ask::Reload);
    until(&mut client, &[3]);
    assert_eq!(done(&mut client, delete(&young)), format!("{user} deleted the recording of call 3"));
    until(&mut client, &[]);
    assert_eq!((site.files(2), site.files(3)), (None, None));
    assert!(why_not(&mut client, delete(&young)).contains("there is no closed recording of that call"));
    for name in ["release_recording", "delete_recording"] {
        let audited = told(&mut client, name);
        let kinds: Vec<_> = audited.iter().map(|e| (e.kind, e.subject == user)).collect();
        assert_eq!(kinds, [(EventKind::Audit, true)], "{name}");
    }
    drop(client);
    daemon.stop();
    // Nor is anything back after a restart.
    let (_daemon, mut client) = site.start();
    assert_eq!(recordings(&mut client), []);
}

#[test]
fn of_too_much_the_oldest_go_and_too_much_that_is_held_is_told_once() {
    let site = Site::new();
    site.configure("");
    let oldest = site.record(1, 3, 2_000_000).to_string();
    site.record(2, 2, 2_000_000);
    site.record(3, 1, 900_000);
    let (_daemon, mut client) = site.start();
    until(&mut client, &[3, 2, 1]);
    done(&mut client, Ask::HoldRecording { call: oldest, reason: "case 7".into() });
    site.configure("keep_size = \"3MB\"");
    done(&mut client, Ask::Reload);
    until(&mut client, &[3, 1]);
    assert_eq!(
        told(&mut client, "recordings_expired")[0].text,
        "1 recording beyond 3 MB, the oldest, deleted, 2 MB"
    );
    site.configure("keep_size = \"1MB\"");
    for _ in 0..2 {
        done(&mut client, Ask::Reload);
        until(&mut client, &[1]);
    }
    let alarms = told(&mut client, "alarm");
    let of_held: Vec<&str> =
        alarms.iter().map(|e| e.text.as_str()).filter(|text| text.contains("held")).collect();
    let text = "the recordings that are held, 2 MB, are more than keep_size, 1 MB: release some or raise it";
    assert_eq!(of_held, [text]);
    assert_eq!((site.files(1), site.files(2), site.files(3)), (Some(2), None, None));
}

/// A crash came after the file was deleted and before that was written down; another file cannot be deleted.
#[test]
fn a_record_without_a_file_ends_and_what_cannot_be_deleted_is_told() {
    let site = Site::new();
    site.configure("");
    let lost = site.record(1, 100, 1_000);
    let stuck = site.record(2, 100, 1_000);
    site.record(3, 1, 1_000);
    let (_daemon, mut client) = site.start();
    until(&mut client, &[3, 2, 1]);
    let folder = |number: u64| site.0.path().join(format!("recordings/2020/01/{number:02}"));
    fs::remove_file(folder(1).join(format!("{lost}.wav"))).unwrap();
    // A folder in the place of a file cannot be unlinked, not even by root.
    let in_place = folder(2).join(format!("{stuck}.wav"));
    fs::remove_file(&in_place).unwrap();
    fs::create_dir(&in_place).unwrap();
    site.configure("keep = \"90d\"");
    done(&mut client, Ask::Reload);
    until(&mut client, &[3, 2]);
    let alarms = told(&mut client, "alarm");
    let text = &alarms.iter().find(|e| e.text.contains("cannot be deleted")).unwrap().text;
    assert!(
        text.starts_with("1 recording cannot be deleted, though kept long enough; the first: "),
        "{text}"
    );
    fs::remove_dir(&in_place).unwrap();
    done(&mut client, Ask::Reload);
    until(&mut client, &[3]);
    assert!(
        told(&mut client, "alarm_cleared").iter().any(|e| e.text.starts_with("cleared: 1 recording cannot"))
    );
    assert!(!Path::new(&in_place).exists() && site.files(1).is_none());
}

/// By a clock that was set ahead all would be old.
#[test]
fn nothing_goes_for_its_age_while_the_clock_is_doubted() {
    let site = Site::new();
    site.configure("");
    site.record(1, 100, 1_000);
    site.record(2, 95, 1_000);
    let (_daemon, mut client) = site.start();
    until(&mut client, &[2, 1]);
    site.configure("keep = \"90d\"\n[agents.2001]");
    done(&mut client, Ask::Reload);
    let deadline = in_a_while(PATIENCE);
    while !told(&mut client, "alarm").iter().any(|e| e.text.contains("are 95 days")) {
        assert!(clock::mono_us() < deadline, "no alarm came");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(recordings(&mut client).len(), 2);
    // Who changes something else has not looked at the clock.
    let skill = ConfigChange::Skill { agent: "2001".into(), skill: "german".into(), level: 5 };
    done(&mut client, Ask::ChangeConfig { change: skill });
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(recordings(&mut client).len(), 2, "a change of a skill says nothing of the clock");
    // Who applies the configuration once more says that it is right.
    done(&mut client, Ask::Reload);
    until(&mut client, &[]);
}

/// Of an archive of years there is much to look at.
#[test]
fn a_stop_does_not_wait_for_all_that_is_to_be_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), Arc::new(|_| ())).unwrap();
    let site = Site::new();
    let call = site.record(1, 1, 0);
    let sidecar = site.0.path().join(format!("recordings/2020/01/01/{call}.json"));
    let facts: RecordingFacts = serde_json::from_slice(&fs::read(sidecar).unwrap()).unwrap();
    let number = PORTION * 3;
    for n in 0..number {
        let facts = RecordingFacts { call: CallId::new(n as i64, n as u128), ..facts.clone() };
        store.put(None, switchroom_exchange::Record::Recording(Box::new(facts)));
    }
    let (engine, _inputs) = EngineHandle::new();
    let (keep, raised, is_stopping) = (Keep::default(), BTreeSet::new(), Arc::<AtomicBool>::default());
    let dir = dir.path().join("recordings");
    let work = Work {
        dir,
        store,
        engine,
        keep,
        turns: Turns::default(),
        due: 0,
        raised,
        doubted: None,
        is_trusted: false,
        is_stopping,
    };
    let seen = |stops: bool| {
        let mut seen = 0;
        work.oldest_first(|_| {
            work.is_stopping.store(stops, Ordering::Relaxed);
            seen += 1;
            true
        });
        seen
    };
    let end = in_a_while(PATIENCE);
    while seen(false) < number && clock::mono_us() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!((seen(false), seen(true)), (number, PORTION));
}

/// What was recorded of a call may be in several parts, of which the store knows one: all of them take room.
#[test]
fn each_part_of_a_call_counts() {
    let site = Site::new();
    site.configure("");
    site.record(1, 2, 900_000);
    let second = site.record(2, 1, 900_000);
    // The other part is where the recorder puts it: by the date at which the call began.
    let begun = jiff::Timestamp::from_millisecond(second.unix_ms()).unwrap();
    let day = begun.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y/%m/%d").to_string();
    let dir = site.0.path().join("recordings");
    let own = dir.join(format!("2020/01/02/{second}.json"));
    let mut facts: RecordingFacts = serde_json::from_slice(&fs::read(&own).unwrap()).unwrap();
    fs::create_dir_all(dir.join(&day)).unwrap();
    for (number, name) in [(1, format!("{second}")), (2, format!("{second}-2"))] {
        facts.file = format!("{day}/{name}.wav");
        fs::File::create(dir.join(&facts.file)).unwrap().set_len(900_000).unwrap();
        fs::write(dir.join(format!("{day}/{name}.json")), serde_json::to_vec(&facts).unwrap()).unwrap();
        assert_eq!(recording_bytes(&dir, &facts), number * 900_000);
    }
    fs::remove_dir_all(dir.join("2020/01/02")).unwrap();
    let (_daemon, mut client) = site.start();
    until(&mut client, &[2, 1]);
    site.configure("keep_size = \"2MB\"");
    done(&mut client, Ask::Reload);
    until(&mut client, &[2]);
    assert!(site.files(1).is_none() && dir.join(day).join(format!("{second}.wav")).exists());
}

#[test]
fn sizes_and_ages_are_told_in_words() {
    let sizes = [0, 999, 1_000, 3_249_999_999, 50_000_000_000, u64::MAX].map(size_text);
    assert_eq!(sizes, ["0 B", "999 B", "1 kB", "3.2 GB", "50 GB", "18446744.0 TB"]);
    let ages = [86_400, 90 * 86_400, 36 * 3_600].map(|s| age_text(Duration::from_secs(s)));
    assert_eq!(ages, ["1 day", "90 days", "36h"]);
    let keep = Keep { age: Some(Duration::from_secs(90 * 86_400)), bytes: Some(50_000_000_000) };
    let done = Done { old: 12, beyond: 3, bytes: 3_200_000_000, ..Done::default() };
    assert_eq!(
        done.told(keep),
        "12 recordings older than 90 days and 3 recordings beyond 50 GB, the oldest, deleted, 3.2 GB"
    );
}

/// Who finishes what a crash cut off is not disturbed, and knows afterwards.
#[test]
fn a_recording_is_deleted_in_turn_and_told_before_anybody_else_has_one() {
    let site = Site::new();
    let call = site.record(1, 1, 44);
    let (store, _) = Store::open(&site.0.path().join("data"), Arc::new(|_| {})).unwrap();
    let dir = site.0.path().join("recordings");
    let sidecar = fs::read(dir.join(format!("2020/01/01/{call}.json"))).unwrap();
    let facts = serde_json::from_slice(&sidecar).unwrap();
    store.put(None, switchroom_exchange::Record::Recording(Box::new(facts)));
    while store.recording(call).is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (engine, inputs) = EngineHandle::new();
    let turns = Turns::default();
    let keep = Keep::default();
    let keeper = Keeper::start(KeeperSettings { dir, store, engine, keep, turns: turns.clone() }).unwrap();
    let turn = turns.take();
    let told = keeper.ask("mara", call, Wish::Delete).unwrap();
    assert!(inputs.recv_timeout(Duration::from_millis(200)).is_err());
    assert_eq!(site.files(1), Some(2), "it waits");
    drop(turn);
    let Ok(ToEngine::Command(_, Command::Archive(_), answer)) = inputs.recv_timeout(PATIENCE) else {
        panic!("it is not written down")
    };
    assert_eq!(site.files(1), None);
    // Whoever has the next turn knows it, and has it only when it is written down.
    let (have, has) = std::sync::mpsc::channel();
    let next = std::thread::spawn({
        let turns = turns.clone();
        move || {
            let is_deleted = turns.take().is_deleted(call);
            have.send(is_deleted).unwrap();
        }
    });
    assert!(has.recv_timeout(Duration::from_millis(200)).is_err());
    answer.send(Ok("done".into())).unwrap();
    assert_eq!(told.blocking_recv(), Ok(Ok("done".to_owned())));
    assert_eq!(has.recv_timeout(PATIENCE), Ok(true));
    next.join().unwrap();
    turns.end();
    assert!(!turns.take().is_deleted(call), "nothing is kept that nobody asks for");
}
