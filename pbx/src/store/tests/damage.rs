//! Damaged files: found, told, repaired; the rest is kept.

use super::queries::everything;
use super::samples::{Random, START_MS, cdr, mixed};
use super::{Options, fill, open, open_with};
use crate::store::schema::Tree;
use std::fs;
use std::path::{Path, PathBuf};
use switchroom_exchange::Record;

fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join("journal").join(format!("{number:08}.jnl"))
}

fn cdrs(numbers: std::ops::RangeInclusive<u64>) -> Vec<Record> {
    numbers
        .map(|n| Record::Cdr(Box::new(cdr(n, "101", "102", START_MS + i64::try_from(n).unwrap()))))
        .collect()
}

#[test]
fn an_unfinished_last_line_is_cut_at_any_place_and_writing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &cdrs(1..=2));
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    let second = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
    for cut in [second, second + 1, second + 5, second + 9, second + 40, whole.len() - 1] {
        fs::remove_dir_all(dir.path().join("index")).unwrap();
        fs::write(segment(dir.path(), 1), &whole[..cut]).unwrap();
        let (store, _, told) = open(dir.path());
        assert_eq!(store.cdrs(9, None, None).len(), 1, "cut at {cut}");
        assert_eq!(told.notices().iter().any(|n| n.contains("never finished")), cut > second, "cut at {cut}");
        store.put(None, cdrs(3..=3).remove(0));
        store.close();
        let text = fs::read_to_string(segment(dir.path(), 1)).unwrap();
        assert!(text.lines().count() == 2 && text.lines().last().unwrap().contains("{\"seq\":2,"), "{text}");
        fs::write(segment(dir.path(), 1), &whole).unwrap();
    }
}

#[test]
fn a_flipped_bit_in_the_journal_is_told_and_the_other_records_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &cdrs(1..=9));
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    let mut random = Random(5);
    for _ in 0..20 {
        let mut bad = whole.clone();
        let place = usize::try_from(random.below(whole.len() as u64 - 1)).unwrap();
        bad[place] ^= 1 << random.below(8);
        fs::write(segment(dir.path(), 1), &bad).unwrap();
        let _ = fs::remove_dir_all(dir.path().join("index"));
        let (store, _, told) = open(dir.path());
        let kept = store.cdrs(100, None, None).len();
        // A flipped newline joins two lines; a byte flipped into a newline parts one in two.
        assert!((7..=8).contains(&kept), "byte {place}: {kept} kept");
        assert!(told.notices().iter().any(|n| n.contains("00000001.jnl, byte ")), "{:?}", told.notices());
        store.close();
    }
}

#[test]
fn a_damaged_index_is_rebuilt_equal() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &mixed(300, 3));
    let (store, before, _) = open(dir.path());
    let wanted = everything(&store);
    store.close();
    drop(store);
    let index = dir.path().join("index");
    let good: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(&index)
        .unwrap()
        .filter_map(|e| Some((e.as_ref().ok()?.path(), fs::read(e.ok()?.path()).ok()?)))
        .collect();
    let db = index.join("db");
    let size = usize::try_from(fs::metadata(&db).unwrap().len()).unwrap();
    let mut random = Random(11);
    for round in 0..14_u64 {
        match round {
            0 => fs::write(index.join("snap.00000000000000FF.generating"), []).unwrap(),
            1 => fs::remove_file(&db).unwrap(),
            2 => fs::remove_file(index.join("conf")).unwrap(),
            3 => fs::write(&db, []).unwrap(),
            4 => fs::remove_dir_all(&index).unwrap(),
            5 => fs::write(dir.path().join("index.state"), "another boot").unwrap(),
            6 => fs::write(dir.path().join("index.state"), "suspect").unwrap(),
            7..=9 => {
                let file = fs::OpenOptions::new().write(true).open(&db).unwrap();
                file.set_len(random.below(size as u64)).unwrap();
            }
            _ => {
                let mut bytes = fs::read(&db).unwrap();
                for _ in 0..50 {
                    let place = usize::try_from(random.below(size as u64)).unwrap();
                    bytes[place] ^= 0x55;
                }
                fs::write(&db, bytes).unwrap();
            }
        }
        let (store, after, told) = open(dir.path());
        // Damage that only shows when a page is read shows here, and the next start repairs it.
        let found = everything(&store);
        store.close();
        if found != wanted || after != before {
            let (store, after, _) = open(dir.path());
            assert_eq!((everything(&store), &after), (wanted.clone(), &before), "round {round}");
            store.close();
        }
        if (1..=6).contains(&round) && round != 2 {
            assert!(!told.notices().is_empty(), "round {round} was repaired in silence");
        }
        let _ = fs::remove_dir_all(&index);
        fs::create_dir_all(&index).unwrap();
        for (path, bytes) in &good {
            fs::write(path, bytes).unwrap();
        }
        fs::write(dir.path().join("index.state"), "clean").unwrap();
    }
}

#[test]
fn a_record_damaged_in_use_is_replaced_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, told) = open(dir.path());
    for record in cdrs(1..=5) {
        store.put(None, record);
    }
    store.put(Some(switchroom_exchange::Ticket(1)), cdrs(6..=6).remove(0));
    told.wait_for(|e| matches!(e, crate::store::StoreEvent::Stored(_)));
    let index = store.inner.shared.index().unwrap();
    let key = crate::store::schema::time_key(START_MS + 3, super::samples::call(3));
    index.put(Tree::Cdrs, &key, b"\x01 not what was written").unwrap();
    drop(index);
    assert_eq!(store.cdrs(9, None, None), [], "nothing rather than a part");
    told.wait_for(|e| matches!(e, crate::store::StoreEvent::Degraded(why) if why.contains("in memory")));
    assert_eq!(store.cdrs(9, None, None).len(), 6);
    assert!(store.health().contains("in memory until one can be made again"));
    store.close();
    let (store, _, told) = open(dir.path());
    assert_eq!(store.cdrs(9, None, None).len(), 6);
    assert!(told.notices()[0].contains("rebuilt from the journal"), "{:?}", told.notices());
    assert_eq!(store.health(), "ok");
}

#[test]
fn replaying_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &mixed(200, 9));
    let (store, _, _) = open(dir.path());
    let wanted = everything(&store);
    let index = store.inner.shared.index().unwrap();
    // As after a crash in which the index got further than its own note of how far it is.
    crate::store::index::set_meta(&*index, crate::store::schema::META_APPLIED, 50).unwrap();
    drop(index);
    store.close();
    let (store, _, _) = open(dir.path());
    assert_eq!(everything(&store), wanted);
}

#[test]
fn segments_roll_over_and_are_all_read() {
    let dir = tempfile::tempdir().unwrap();
    let small = || Options { segment_bytes_max: 2_000, ..Options::default() };
    for round in 0..3 {
        let (store, _, _) = open_with(dir.path(), small());
        for record in cdrs(round * 40 + 1..=round * 40 + 40) {
            store.put(None, record);
        }
        store.close();
    }
    assert!(segment(dir.path(), 3).exists());
    let numbers = |store: &crate::store::Store| store.cdrs(1000, None, None).len();
    let (store, _, _) = open_with(dir.path(), small());
    assert_eq!(numbers(&store), 120);
    store.close();
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    let (store, _, _) = open_with(dir.path(), small());
    assert_eq!(numbers(&store), 120);
}
