//! kill -9 at any moment: what was acknowledged is there. The test binary runs itself as the process that is killed.

use super::samples::{Random, START_MS, cdr, event};
use super::{Store, open};
use crate::store::StoreEvent;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use switchroom_exchange::{Record, Ticket};

const DIR: &str = "SWITCHROOM_TEST_CRASH_DIR";
const FIRST: &str = "SWITCHROOM_TEST_CRASH_FIRST";

/// The process to be killed: writes CDRs and events and prints the number of each that is acknowledged.
#[test]
fn crash_child() {
    let (Ok(dir), Ok(first)) = (std::env::var(DIR), std::env::var(FIRST)) else { return };
    let (store, _) = Store::open(
        Path::new(&dir),
        Arc::new(|event| {
            if let StoreEvent::Stored(tickets) = event {
                let lines: String = tickets.iter().map(|t| format!("stored {}\n", t.0)).collect();
                std::io::stdout().write_all(lines.as_bytes()).unwrap();
            }
        }),
    )
    .unwrap();
    for number in first.parse().unwrap().. {
        let at = START_MS + i64::try_from(number).unwrap();
        store.put(None, Record::Event(event(number, Some(number), at)));
        store.put(Some(Ticket(number)), Record::Cdr(Box::new(cdr(number, "101", "102", at))));
        if number % 64 == 0 {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
}

/// Starts the child, kills it after some acknowledgements, returns the highest one it printed.
fn run_and_kill(dir: &Path, first: u64, after: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::crash::crash_child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    let mut highest = 0;
    while let Some(Ok(line)) = lines.next() {
        if let Some(number) = line.strip_prefix("stored ").and_then(|n| n.parse::<u64>().ok()) {
            highest = highest.max(number);
            seen += 1;
            if seen == after {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    highest
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random(42);
    let mut first = 1;
    let mut acknowledged = Vec::new();
    for round in 0..8 {
        let highest = run_and_kill(dir.path(), first, 1 + random.below(120));
        assert!(highest >= first, "round {round}: the child acknowledged nothing");
        acknowledged.push((first, highest));
        let (store, restored, told) = open(dir.path());
        for (from, to) in &acknowledged {
            for number in *from..=*to {
                let found = store.cdr(&number.to_string());
                assert_eq!(found.map(|c| c.number), Some(number), "round {round}");
            }
        }
        // Whatever else was written is whole and in order.
        assert!(restored.call_number >= highest && restored.event_seq >= highest);
        assert_eq!(
            store.events(10_000, None, Some(START_MS + i64::try_from(highest).unwrap() - 1))[0].seq,
            highest
        );
        assert!(told.notices().iter().all(|n| n.contains("never finished")), "{:?}", told.notices());
        store.close();
        first = restored.call_number + 1;
    }
}
