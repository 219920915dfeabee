//! Recordings that the index does not know: those that a crash cut off, and those that were put there while we were away.

use crate::media::{self, Found, Interrupted};
use crate::store::Store;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use switchroom_exchange::{Record, RecordingFacts};

/// Between two looks whether the store has room.
const ROOM_RETRY: Duration = Duration::from_millis(20);

/// Finishes what a crash left and adds what the index does not know, beside the calls: folders can be old and large, and who waits
/// for them answers no phone. What it gives ends when that of the crash is done.
pub(super) fn find(store: &Store, dir: &Path, interrupted: Interrupted) -> Receiver<()> {
    let (store, dir, (repaired, done)) = (store.clone(), dir.to_owned(), channel());
    let search = move || {
        interrupted.repair(|facts| put(&store, facts));
        drop(repaired);
        add_unknown(&store, &dir);
    };
    if let Err(error) = std::thread::Builder::new().name("find".into()).spawn(search) {
        tracing::warn!("recordings are not searched for: {error}");
    }
    done
}

/// Adds recordings that the index does not know: a crash may have come between closing a file and writing that down, and files
/// may have been restored.
fn add_unknown(store: &Store, dir: &Path) {
    media::visit_recordings(dir, |Found { facts, is_repaired }| {
        if is_repaired {
            put(store, with_what_is_known(store, dir, facts));
            return true;
        }
        if !store.is_whole() {
            tracing::info!(
                "recordings are not searched for: the index is in memory and knows the newest only"
            );
            return false;
        }
        // It may have been deleted since it was found.
        if store.recording(facts.call).is_none() && dir.join(&facts.file).exists() {
            tracing::info!("recording {} was not in the index and is now", facts.file);
            put(store, facts);
        }
        true
    });
}

/// The facts of a recording whose sidecar was torn or gone: of the sound as it was found, of all else as the index has them, which
/// are in the sidecar again then.
fn with_what_is_known(store: &Store, dir: &Path, found: RecordingFacts) -> RecordingFacts {
    let Some(known) = store.recording(found.call).filter(|known| known.file == found.file) else {
        return found;
    };
    // What was closed whole is whole.
    let complete = known.complete && known.sha256 == found.sha256;
    let RecordingFacts { bytes, sha256, length_ms, .. } = found;
    let facts = RecordingFacts { bytes, sha256, length_ms, complete, ..known };
    if let Err(error) = media::renew_sidecar(dir, &facts) {
        tracing::warn!("recording {}: {error}", facts.file);
    }
    facts
}

/// Puts what can wait: what happens goes first.
fn put(store: &Store, facts: RecordingFacts) {
    while !store.has_room() {
        std::thread::sleep(ROOM_RETRY);
    }
    store.put(None, Record::Recording(Box::new(facts)));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use crate::clock;
    use std::fs;
    use std::sync::Arc;
    use switchroom_exchange::{CallId, Held, RecordingSubject};

    /// A recording in its folder as it would be when closed, or, without a hash, when it was cut off.
    fn recorded(dir: &Path, number: u64, sha256: &str) -> RecordingFacts {
        let call = CallId::new(1_700_000_000_000, number.into());
        let facts = RecordingFacts {
            call,
            subject: RecordingSubject {
                number,
                from: Default::default(),
                with: Default::default(),
                started_ms: 1_700_000_000_000,
            },
            file: format!("2023/11/14/{call}.wav"),
            length_ms: 0,
            bytes: 44,
            rate: 8_000,
            sha256: sha256.to_owned(),
            codec: "PCMA/8000".into(),
            marks: Vec::new(),
            complete: true,
            held: None,
        };
        let wav = dir.join(&facts.file);
        fs::create_dir_all(wav.parent().unwrap()).unwrap();
        fs::write(wav.with_extension("json"), serde_json::to_vec(&facts).unwrap()).unwrap();
        fs::write(if sha256.is_empty() { wav.with_extension("wav.part") } else { wav }, [0; 44]).unwrap();
        facts
    }

    fn found_hash(store: &Store, call: CallId) -> String {
        store.recording(call).map(|facts| facts.sha256).unwrap_or_default()
    }

    #[test]
    fn what_was_cut_off_is_finished_first_and_what_is_unknown_is_found() {
        let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (store, _) = Store::open(data.path(), Arc::new(|_| {})).unwrap();
        let known = recorded(dir.path(), 1, "known");
        let call = known.call;
        store.put(None, Record::Recording(Box::new(RecordingFacts { codec: "as stored".into(), ..known })));
        while store.recording(call).is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Its sidecar is torn, and the index knows what it said.
        let torn = recorded(dir.path(), 5, "closed");
        let held = Held { by: "mara".into(), at_ms: 1, reason: "case 7".into() };
        let (held, codec) = (Some(Box::new(held)), "as stored".to_owned());
        store.put(None, Record::Recording(Box::new(RecordingFacts { codec, held, ..torn.clone() })));
        while store.recording(torn.call).is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let sidecar = dir.path().join(&torn.file).with_extension("json");
        fs::write(&sidecar, "{").unwrap();
        recorded(dir.path(), 2, "unknown");
        recorded(dir.path(), 3, "");
        let interrupted = media::interrupted_recordings(dir.path());
        // It begins after the look, and is nobody's business but the recorder's.
        let begun = recorded(dir.path(), 4, "");
        let done = find(&store, dir.path(), interrupted);
        assert!(done.recv().is_err(), "it ends");
        let end_us = clock::mono_us() + 60_000_000;
        while store.recordings(9, None).len() < 4 || found_hash(&store, torn.call) == "closed" {
            assert!(clock::mono_us() < end_us, "{:?}", store.recordings(9, None));
            std::thread::sleep(Duration::from_millis(5));
        }
        let found = |number| store.recording(CallId::new(1_700_000_000_000, number)).unwrap();
        assert_eq!(found(1).codec, "as stored");
        assert_eq!((found(2).sha256.as_str(), found(2).complete), ("unknown", true));
        assert_eq!((found(3).sha256.len(), found(3).complete), (64, false));
        let known = found(5);
        assert_eq!((known.codec.as_str(), known.held.is_some(), known.sha256.len()), ("as stored", true, 64));
        let told: RecordingFacts = serde_json::from_slice(&fs::read(&sidecar).unwrap()).unwrap();
        assert_eq!((told.codec, told.sha256), (known.codec, known.sha256));
        assert!(dir.path().join(begun.file).with_extension("wav.part").exists());
        assert!(store.recording(begun.call).is_none());
    }
}
