//! Recordings that the index does not know: those that a crash cut off, and those that were put there while we were away.

use crate::control::{Hub, view};
use crate::keeper::{Turn, Turns};
use crate::media::{self, Found, Interrupted, Unfinished};
use crate::store::Store;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use switchroom_exchange::{Record, RecordingFacts};

/// Between two looks whether the store has room.
const ROOM_RETRY: Duration = Duration::from_millis(20);

/// Who looks for them.
pub(super) struct Finder {
    pub(super) store: Store,
    /// The folder of the recordings.
    pub(super) dir: PathBuf,
    /// The board, which has those of the index by now.
    pub(super) hub: Arc<Hub>,
    /// With who deletes them.
    pub(super) turns: Turns,
}

/// Finishes what a crash left and adds what the index does not know, beside the calls: folders can be old and large, and who waits
/// for them answers no phone. What it gives ends when that of the crash is done.
pub(super) fn find(finder: Finder, interrupted: Interrupted) -> Receiver<()> {
    let (repaired, done) = channel();
    let turns = finder.turns.clone();
    let search = move || {
        let is_done = interrupted.each().all(|unfinished| finder.finish(&unfinished, |_, facts| facts));
        drop(repaired);
        if is_done {
            finder.add_unknown();
        }
        finder.turns.end();
    };
    if let Err(error) = std::thread::Builder::new().name("find".into()).spawn(search) {
        tracing::warn!("recordings are not searched for: {error}");
        turns.end();
    }
    done
}

impl Finder {
    /// Waits until the store has room, for what happens goes first, and for its turn; none any more when the program stops.
    fn turn(&self) -> Option<Turn<'_>> {
        while !self.store.has_room() && !self.turns.is_stopping() {
            std::thread::sleep(ROOM_RETRY);
        }
        self.turns.take_last()
    }

    /// Finishes one, puts it into the index and shows it; `known` makes its facts whole. False if the program stops, and it is left
    /// to the next start.
    fn finish(
        &self,
        unfinished: &Unfinished,
        known: impl Fn(&Self, RecordingFacts) -> RecordingFacts,
    ) -> bool {
        let Some(turn) = self.turn() else { return false };
        if turn.is_deleted(unfinished.call()) {
            unfinished.discard();
        } else if let Some(facts) = unfinished.finish().map(|facts| known(self, facts))
            && self.is_there(&facts)
        {
            self.hub.recorded(view::recording(&facts));
            self.put(facts);
        }
        true
    }

    /// Nobody has deleted it by hand.
    fn is_there(&self, facts: &RecordingFacts) -> bool {
        self.dir.join(&facts.file).exists()
    }

    fn put(&self, facts: RecordingFacts) {
        self.store.put(None, Record::Recording(Box::new(facts)));
    }

    /// Adds recordings that the index does not know: a crash may have come between closing a file and writing that down, and files
    /// may have been restored. There may be very many, of which the newest are shown.
    fn add_unknown(&self) {
        let mut newest = VecDeque::with_capacity(super::SHOWN);
        media::visit_recordings(&self.dir, |found| {
            let facts = match found {
                Found::Unsealed(unfinished) => {
                    return self.finish(&unfinished, Self::with_what_is_known);
                }
                Found::Closed(facts) => facts,
            };
            if !self.store.is_whole() {
                tracing::info!(
                    "recordings are not searched for: the index is in memory and knows the newest only"
                );
                return false;
            }
            let Some(_turn) = self.turn() else { return false };
            // It may have been deleted since it was found.
            if self.store.recording(facts.call).is_none() && self.is_there(&facts) {
                tracing::info!("recording {} was not in the index and is now", facts.file);
                if newest.len() == super::SHOWN {
                    newest.pop_front();
                }
                newest.push_back(facts.clone());
                self.put(*facts);
            }
            true
        });
        self.show(newest);
    }

    /// Shows what was found, as it is by now: somebody may hold it since.
    fn show(&self, found: impl IntoIterator<Item = Box<RecordingFacts>>) {
        for facts in found {
            let Some(_turn) = self.turns.take_last() else { return };
            let facts = self.store.recording(facts.call).unwrap_or(*facts);
            if self.is_there(&facts) {
                self.hub.recorded(view::recording(&facts));
            }
        }
    }

    /// The facts of a recording whose sidecar was torn or gone: of the sound as it was found, of all else as the index has them, which
    /// are in the sidecar again then.
    fn with_what_is_known(&self, found: RecordingFacts) -> RecordingFacts {
        let Some(known) = self.store.recording(found.call).filter(|known| known.file == found.file) else {
            return found;
        };
        // What was closed whole is whole.
        let complete = known.complete && known.sha256 == found.sha256;
        let RecordingFacts { bytes, sha256, length_ms, .. } = found;
        let facts = RecordingFacts { bytes, sha256, length_ms, complete, ..known };
        if let Err(error) = media::renew_sidecar(&self.dir, &facts) {
            tracing::warn!("recording {}: {error}", facts.file);
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use crate::clock;
    use std::fs;
    use std::path::Path;
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

    struct Rig {
        finder: Finder,
        _data: tempfile::TempDir,
        dir: tempfile::TempDir,
    }

    impl Rig {
        fn new() -> Self {
            let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let (store, _) = Store::open(data.path(), Arc::new(|_| {})).unwrap();
            let hub = Arc::new(Hub::new(1, switchroom_wire::SystemView::default()));
            let finder = Finder { store, dir: dir.path().to_owned(), hub, turns: Turns::default() };
            Self { finder, _data: data, dir }
        }

        /// Begins to look.
        fn find(&self) -> Receiver<()> {
            let Finder { store, dir, hub, turns } = &self.finder;
            let finder =
                Finder { store: store.clone(), dir: dir.clone(), hub: hub.clone(), turns: turns.clone() };
            find(finder, media::interrupted_recordings(dir))
        }

        fn put(&self, facts: RecordingFacts) {
            let call = facts.call;
            self.finder.put(facts);
            until(|| self.finder.store.recording(call).is_some());
        }

        /// Calls whose recordings are on the board, whether they are whole, and what hash they have.
        fn shown(&self) -> Vec<(u64, bool, String)> {
            let board = self.finder.hub.board();
            board.recordings.into_iter().map(|view| (view.number, view.complete, view.sha256)).collect()
        }

        fn stored(&self) -> Vec<u64> {
            self.finder.store.recordings(9, None).iter().map(|facts| facts.subject.number).collect()
        }

        /// What lies in the folder.
        fn files(&self) -> usize {
            fs::read_dir(self.dir.path().join("2023/11/14")).unwrap().count()
        }
    }

    fn until(is_so: impl Fn() -> bool) {
        let end_us = clock::mono_us() + 60_000_000;
        while !is_so() {
            assert!(clock::mono_us() < end_us, "it does not happen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_is_finished_or_found_comes_to_the_board_when_it_is() {
        let rig = Rig::new();
        let known = recorded(rig.dir.path(), 1, "known");
        rig.put(known.clone());
        rig.finder.hub.fill(&[known], &[]);
        // Cut off; closed and not written down; its sidecar is torn, and the board has it as it was.
        recorded(rig.dir.path(), 2, "");
        recorded(rig.dir.path(), 3, "unknown");
        let torn = recorded(rig.dir.path(), 4, "closed");
        rig.put(torn.clone());
        rig.finder.hub.fill(std::slice::from_ref(&torn), &[]);
        fs::write(rig.dir.path().join(&torn.file).with_extension("json"), "{").unwrap();
        assert_eq!(rig.shown().len(), 2);
        assert!(rig.find().recv().is_err());
        assert_eq!(rig.shown()[1].0, 2, "that of the crash first");
        until(|| rig.shown().len() == 4 && rig.shown()[3].2.len() == 64);
        let shown = rig.shown();
        let numbers: Vec<u64> = shown.iter().map(|shown| shown.0).collect();
        assert_eq!(numbers, [1, 2, 3, 4], "each once");
        assert_eq!((shown[1].1, shown[1].2.len()), (false, 64));
        assert_eq!((shown[2].1, shown[2].2.as_str()), (true, "unknown"));
    }

    /// The keeper has its turn while somebody looks: what it deletes does not come back, nor does a part of it that was cut off.
    #[test]
    fn what_is_deleted_meanwhile_does_not_come_back() {
        let rig = Rig::new();
        let cut_off = recorded(rig.dir.path(), 1, "");
        let torn = recorded(rig.dir.path(), 2, "closed");
        let sidecar = rig.dir.path().join(&torn.file).with_extension("json");
        fs::write(&sidecar, "{").unwrap();
        recorded(rig.dir.path(), 3, "closed");
        let turns = rig.finder.turns.clone();
        let mut turn = turns.take();
        let done = rig.find();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!((rig.files(), rig.shown(), rig.stored()), (6, vec![], vec![]), "it waits for its turn");
        turn.deleted(cut_off.call);
        for path in [rig.dir.path().join(&torn.file), sidecar] {
            fs::remove_file(path).unwrap();
        }
        drop(turn);
        assert!(done.recv().is_err());
        // The last one is put last.
        until(|| !rig.shown().is_empty() && !rig.stored().is_empty());
        assert_eq!((rig.shown()[0].0, rig.shown().len(), rig.stored()), (3, 1, vec![3]));
        assert_eq!(rig.files(), 2, "nothing is left of the others");
    }

    /// A stop waits for the one recording that is being finished, and the next start finishes the others.
    #[test]
    fn what_is_not_finished_when_the_program_stops_is_left_to_the_next_start() {
        let rig = Rig::new();
        for number in 1..=3 {
            recorded(rig.dir.path(), number, "");
        }
        recorded(rig.dir.path(), 4, "closed");
        let turns = rig.finder.turns.clone();
        let turn = turns.take();
        let done = rig.find();
        turns.stop();
        drop(turn);
        assert!(done.recv().is_err());
        let left = || media::interrupted_recordings(rig.dir.path()).each().count();
        assert!(left() >= 2, "{}", left());
        let again = Rig { finder: Finder { turns: Turns::default(), ..rig.finder }, ..rig };
        assert!(again.find().recv().is_err());
        until(|| again.stored().len() == 4);
        assert_eq!(again.shown().len(), 4);
    }

    #[test]
    fn what_is_held_since_it_was_found_is_shown_as_held() {
        let rig = Rig::new();
        let found = recorded(rig.dir.path(), 1, "closed");
        let held = Held { by: "mara".into(), at_ms: 1, reason: "case 7".into() };
        rig.put(RecordingFacts { held: Some(Box::new(held)), ..found.clone() });
        rig.finder.show([Box::new(found)]);
        let shown = rig.finder.hub.board().recordings;
        assert!(shown.len() == 1 && shown[0].held.is_some(), "{shown:?}");
    }

    /// Files are removed by hand after the look at their names.
    #[test]
    fn what_is_removed_by_hand_is_not_missed() {
        let rig = Rig::new();
        let torn = recorded(rig.dir.path(), 2, "closed");
        fs::remove_file(rig.dir.path().join(&torn.file).with_extension("json")).unwrap();
        let mut seen = 0;
        media::visit_recordings(rig.dir.path(), |found| {
            let Found::Unsealed(unfinished) = found else { return true };
            fs::remove_file(rig.dir.path().join(&torn.file)).unwrap();
            assert!(rig.finder.finish(&unfinished, Finder::with_what_is_known));
            seen += 1;
            true
        });
        let gone = recorded(rig.dir.path(), 1, "");
        recorded(rig.dir.path(), 9, "closed");
        let turns = rig.finder.turns.clone();
        let turn = turns.take();
        let done = rig.find();
        fs::remove_file(rig.dir.path().join(&gone.file).with_extension("wav.part")).unwrap();
        drop(turn);
        assert!(done.recv().is_err());
        // The last one is put last.
        until(|| !rig.shown().is_empty() && !rig.stored().is_empty());
        assert_eq!((seen, rig.shown()[0].0, rig.shown().len(), rig.stored()), (1, 9, 1, vec![9]));
    }

    #[test]
    fn what_was_cut_off_is_finished_first_and_what_is_unknown_is_found() {
        let rig = Rig::new();
        let (dir, store) = (&rig.dir, &rig.finder.store);
        let known = recorded(dir.path(), 1, "known");
        rig.put(RecordingFacts { codec: "as stored".into(), ..known });
        // Its sidecar is torn, and the index knows what it said.
        let torn = recorded(dir.path(), 5, "closed");
        let held = Held { by: "mara".into(), at_ms: 1, reason: "case 7".into() };
        let (held, codec) = (Some(Box::new(held)), "as stored".to_owned());
        rig.put(RecordingFacts { codec, held, ..torn.clone() });
        let sidecar = dir.path().join(&torn.file).with_extension("json");
        fs::write(&sidecar, "{").unwrap();
        recorded(dir.path(), 2, "unknown");
        recorded(dir.path(), 3, "");
        let turns = rig.finder.turns.clone();
        let turn = turns.take();
        let done = rig.find();
        // It begins after the look, and is nobody's business but the recorder's.
        let begun = recorded(dir.path(), 4, "");
        drop(turn);
        assert!(done.recv().is_err(), "it ends");
        let torn_hash = || store.recording(torn.call).map(|facts| facts.sha256).unwrap_or_default();
        until(|| store.recordings(9, None).len() == 4 && torn_hash() != "closed");
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
