//! A disk that takes nothing: the store goes on, says so, and catches up.

use super::samples::{START_MS, cdr};
use super::{Options, open, open_with};
use crate::clock;
use crate::store::StoreEvent;
use crate::store::journal::{Disk, LINE_BYTES_MAX};
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use switchroom_exchange::{Record, Ticket};

/// Takes so many bytes more, then is full; below zero it takes all but cannot make it durable.
struct SmallDisk(AtomicI64);

impl Disk for SmallDisk {
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let room = self.0.load(Ordering::Relaxed);
        match usize::try_from(room) {
            Ok(room) if room < bytes.len() => {
                // As a real disk does: a part of it is written.
                file.write_all(&bytes[..room])?;
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => file.write_all(bytes),
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) < 0 { Err(io::Error::other("I/O error")) } else { file.sync_data() }
    }
}

fn record(number: u64) -> Record {
    Record::Cdr(Box::new(cdr(number, "101", "102", START_MS + i64::try_from(number).unwrap())))
}

fn binding() -> Record {
    Record::Binding(super::samples::binding("102", "b", 1))
}

/// The lines of a journal that hold this.
fn lines_with(dir: &std::path::Path, text: &str) -> usize {
    let journal = std::fs::read_to_string(dir.join("journal/00000001.jnl")).unwrap();
    journal.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn a_cdr_offered_again_and_again_is_written_once_and_pushes_nothing_out() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk(AtomicI64::new(0)));
    let (store, _, told) =
        open_with(dir.path(), Options { disk: disk.clone(), retry_ms: 5, ..Options::default() });
    store.put(None, binding());
    // More offers than records are kept.
    let offers = u64::try_from(crate::store::writer::BACKLOG_MAX).unwrap() + 10;
    for ticket in 1..=offers {
        store.put(Some(Ticket(ticket)), record(1));
        if ticket % 1_000 == 0 || ticket == offers {
            told.wait_for(|e| matches!(e, StoreEvent::NotStored(t) if t.contains(&Ticket(ticket))));
        }
    }
    disk.0.store(i64::MAX, Ordering::Relaxed);
    told.wait_for(|e| *e == StoreEvent::Recovered);
    store.put(Some(Ticket(0)), record(1));
    told.wait_for_stored(Ticket(0));
    assert_eq!((store.cdrs(9, None, None).len(), store.bindings().len()), (1, 1));
    store.close();
    assert!(!told.notices().iter().any(|n| n.contains("lost")), "{:?}", told.notices());
    assert_eq!((lines_with(dir.path(), "\"cdr\""), lines_with(dir.path(), "\"binding\"")), (1, 1));
}

/// One byte more than a line holds, at least.
fn too_long(number: u64) -> Record {
    let mut cdr = cdr(number, "101", "102", START_MS);
    cdr.path[0].text = "x".repeat(LINE_BYTES_MAX);
    Record::Cdr(Box::new(cdr))
}

#[test]
fn a_record_too_long_to_be_stored_is_told_of_and_not_offered_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, told) = open(dir.path());
    store.put(Some(Ticket(1)), too_long(1));
    store.put(Some(Ticket(2)), record(2));
    told.wait_for_stored(Ticket(1));
    told.wait_for_stored(Ticket(2));
    assert_eq!(told.not_stored(), [], "the exchange would offer it again every few seconds");
    let text = format!("the CDR of call {} is longer than", super::samples::call(1));
    assert!(told.notices().iter().any(|n| n.starts_with(&text)), "{:?}", told.notices());
    assert_eq!(store.cdrs(9, None, None).len(), 1);
}

#[test]
fn a_record_too_long_among_those_kept_is_in_neither_journal_nor_index() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk(AtomicI64::new(0)));
    let (store, _, told) =
        open_with(dir.path(), Options { disk: disk.clone(), retry_ms: 5, ..Options::default() });
    let mut long = super::samples::binding("103", "c", 1);
    long.agent = "x".repeat(LINE_BYTES_MAX);
    store.put(None, Record::Binding(long));
    store.put(None, binding());
    told.wait_for(|e| matches!(e, StoreEvent::Degraded(_)));
    disk.0.store(i64::MAX, Ordering::Relaxed);
    told.wait_for(|e| *e == StoreEvent::Recovered);
    assert_eq!(store.bindings().len(), 1);
    assert!(told.notices().iter().any(|n| n.contains("binding of 103")), "{:?}", told.notices());
}

fn goes_on_and_catches_up(room_in_trouble: i64) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk(AtomicI64::new(i64::MAX)));
    let options = Options { disk: disk.clone(), retry_ms: 5, ..Options::default() };
    let (store, _, told) = open_with(dir.path(), options);
    store.put(Some(Ticket(1)), record(1));
    told.wait_for(|e| *e == StoreEvent::Stored(vec![Ticket(1)]));
    disk.0.store(room_in_trouble, Ordering::Relaxed);
    store.put(Some(Ticket(2)), record(2));
    told.wait_for(|e| *e == StoreEvent::NotStored(vec![Ticket(2)]));
    // The health of the store says the same, but a try in between may go well for a moment.
    told.wait_for(|e| matches!(e, StoreEvent::Degraded(why) if why.contains("cannot be written")));
    store.put(Some(Ticket(3)), binding());
    told.wait_for(|e| *e == StoreEvent::NotStored(vec![Ticket(3)]));
    disk.0.store(i64::MAX, Ordering::Relaxed);
    told.wait_for(|e| *e == StoreEvent::Recovered);
    // That may have been said of such a moment.
    for _ in 0..1_000 {
        if store.health() == "ok" {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(store.health(), "ok");
    // The exchange offers a refused CDR again.
    store.put(Some(Ticket(4)), record(2));
    store.put(Some(Ticket(5)), record(4));
    told.wait_for_stored(Ticket(4));
    told.wait_for_stored(Ticket(5));
    assert_eq!(store.bindings().len(), 1, "the binding was kept and written");
    let numbers =
        |store: &crate::store::Store| store.cdrs(9, None, None).iter().map(|c| c.number).collect::<Vec<_>>();
    assert_eq!(numbers(&store), [4, 2, 1]);
    store.close();
    let (stored, not_stored) = (vec![Ticket(1), Ticket(4), Ticket(5)], vec![Ticket(2), Ticket(3)]);
    assert_eq!((told.stored(), told.not_stored()), (stored, not_stored));
    // The journal has no scar.
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let (store, _, told) = open(dir.path());
    assert_eq!((numbers(&store), store.bindings().len()), (vec![4, 2, 1], 1));
    assert!(told.notices().iter().all(|n| n.contains("there was no index")), "{:?}", told.notices());
}

#[test]
fn a_full_disk_is_told_and_what_came_meanwhile_is_written_later() {
    goes_on_and_catches_up(100);
}

#[test]
fn a_failed_fdatasync_is_not_an_acknowledgement() {
    goes_on_and_catches_up(-1);
}

#[test]
fn a_full_disk_at_start_gives_the_state_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    super::fill(dir.path(), &[record(1), Record::Binding(super::samples::binding("101", "a", 1))]);
    let disk = Arc::new(SmallDisk(AtomicI64::new(0)));
    let options = Options { disk, retry_ms: 5, memory_only: true, ..Options::default() };
    let (store, restored, told) = open_with(dir.path(), options);
    told.wait_for(
        |e| matches!(e, StoreEvent::Degraded(why) if why.contains("in memory until one can be made again")),
    );
    assert!(store.health().contains("in memory"), "{}", store.health());
    assert_eq!((restored.bindings.len(), store.cdrs(9, None, None).len()), (1, 1));
    store.put(Some(Ticket(1)), binding());
    told.wait_for(|e| *e == StoreEvent::NotStored(vec![Ticket(1)]));
    store.close();
    assert!(told.notices().iter().any(|n| n.contains("1 records were lost")), "{:?}", told.notices());
}

#[test]
fn an_index_in_memory_goes_back_to_disk_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    super::fill(dir.path(), &[record(1)]);
    let (store, _, told) =
        open_with(dir.path(), Options { retry_ms: 1, memory_only: true, ..Options::default() });
    store.put(Some(Ticket(2)), record(2));
    told.wait_for(|e| *e == StoreEvent::Recovered);
    assert_eq!(store.health(), "ok");
    told.wait_for(|e| *e == StoreEvent::Stored(vec![Ticket(2)]));
    assert_eq!(store.cdrs(9, None, None).len(), 2);
    store.close();
    let (store, _, told) = open(dir.path());
    assert_eq!((store.cdrs(9, None, None).len(), told.notices()), (2, Vec::new()));
}

#[test]
fn a_queue_that_is_full_refuses_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, open_gate) = std::sync::mpsc::channel::<()>();
    let open_gate = std::sync::Mutex::new(open_gate);
    let told = Arc::new(super::Told::default());
    let tell = told.on_event();
    // Holds the store thread at its first acknowledgement until the gate opens.
    let (store, _) = crate::store::Store::open(
        dir.path(),
        Arc::new(move |event| {
            if event == StoreEvent::Stored(vec![Ticket(0)]) {
                open_gate.lock().unwrap().recv().unwrap();
            }
            tell(event);
        }),
    )
    .unwrap();
    store.put(Some(Ticket(0)), record(1));
    let gone = Record::BindingGone { extension: "1".into(), key: "1".into() };
    let total = crate::store::QUEUE_MAX as u64 + 1_000;
    while store.inner.shared.overflowed.load(Ordering::Relaxed) == 0 {
        for _ in 0..total {
            store.put(None, gone.clone());
        }
    }
    store.put(Some(Ticket(77)), gone);
    gate.send(()).unwrap();
    told.wait_for(|e| matches!(e, StoreEvent::NotStored(t) if t.contains(&Ticket(77))));
    assert!(told.notices().iter().any(|n| n.contains("faster than the disk takes them")));
}

/// Takes all, but cannot make the name of a new segment durable so many times.
struct ForgetfulDisk(AtomicI64);

impl Disk for ForgetfulDisk {
    fn sync_names(&self, dir: &std::path::Path) -> io::Result<()> {
        if self.0.fetch_sub(1, Ordering::Relaxed) > 0 {
            return Err(io::Error::other("too many open files"));
        }
        File::open(dir)?.sync_all()
    }
}

#[test]
fn a_new_segment_that_failed_half_way_is_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(ForgetfulDisk(AtomicI64::new(3)));
    let options = Options { disk: disk.clone(), retry_ms: 5, segment_bytes_max: 2_000, ..Options::default() };
    let (store, _, told) = open_with(dir.path(), options);
    store.put(None, binding());
    told.wait_for(|e| matches!(e, StoreEvent::Degraded(why) if why.contains("too many open files")));
    told.wait_for(|e| *e == StoreEvent::Recovered);
    // The next segments fail in the same way, in the middle of things.
    for number in 1..=20 {
        if number % 5 == 0 {
            disk.0.store(2, Ordering::Relaxed);
        }
        store.put(None, record(number));
        let end_us = clock::mono_us() + 60_000_000;
        while store.cdr(&number.to_string()).is_none() {
            assert!(clock::mono_us() < end_us, "{number} is not written: {}", store.health());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    store.close();
    assert!(dir.path().join("journal/00000004.jnl").exists(), "there were some more");
    let (store, _, told) = open(dir.path());
    assert_eq!((store.cdrs(100, None, None).len(), told.notices()), (20, Vec::new()));
}

/// A disk on which nothing goes on while the lock is held.
#[derive(Default)]
struct SlowDisk(std::sync::Mutex<()>);

impl Disk for SlowDisk {
    fn sync(&self, file: &File) -> io::Result<()> {
        let _waits = self.0.lock();
        file.sync_data()
    }
}

#[test]
fn half_of_the_queue_is_kept_free_of_what_can_wait() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(SlowDisk::default());
    let (store, _, told) = open_with(dir.path(), Options { disk: disk.clone(), ..Options::default() });
    assert!(store.has_room() && store.is_whole());
    let stands_still = disk.0.lock().unwrap();
    let mut put = 0_u64;
    while store.has_room() {
        put += 1;
        store.put(None, record(put));
        assert!(put <= crate::store::QUEUE_MAX as u64, "it never says that there is no room");
    }
    assert!(put >= crate::store::QUEUE_MAX as u64 / 2, "{put}");
    // What happens has its place all the same.
    let tickets = crate::store::QUEUE_MAX as u64 / 4;
    for ticket in 1..=tickets {
        store.put(Some(Ticket(ticket)), record(put + ticket));
    }
    drop(stands_still);
    for ticket in 1..=tickets {
        told.wait_for_stored(Ticket(ticket));
    }
    assert!(store.has_room());
    store.close();
    assert!(store.has_room(), "nobody waits for a store that is closed");
    assert_eq!((told.not_stored(), told.notices()), (Vec::new(), Vec::new()));
}

#[test]
fn an_index_in_memory_is_not_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, _) = open_with(dir.path(), Options { memory_only: true, ..Options::default() });
    assert!(!store.is_whole());
}
