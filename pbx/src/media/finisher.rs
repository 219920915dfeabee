//! The thread that waits for the disk, so that the recorder does not: fdatasync while a recording runs, and hash,
//! final name and sidecar at its end.

use super::archive::{self, Files};
use super::taking::SealMessage;
use super::{Events, messages};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use switchroom_exchange::{MediaEvent, RecordingFacts, Taken};

/// What is to be done.
pub(super) enum Job {
    /// Bring what is written to the disk; the flag says that this waits.
    Sync(Arc<File>, Arc<AtomicBool>),
    /// The file is written; finish it, with so many of its frames only if that is said.
    Seal(Box<(Files, RecordingFacts, Option<u64>)>),
    /// The same of a message.
    SealMessage(Box<SealMessage>),
    /// Delete the message of that id.
    DropMessage(String),
}

/// The thread; it ends when the recorder has.
pub(super) fn run(jobs: &Receiver<Job>, recordings: &Path, events: &Events) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Sync(file, waits) => {
                waits.store(false, Ordering::Relaxed);
                if let Err(error) = file.sync_data() {
                    tracing::warn!(%error, "a recording could not be brought to the disk");
                }
            }
            Job::Seal(sealing) => {
                let (files, mut facts, kept) = *sealing;
                let cut = kept.map_or(Ok(()), |frames| archive::cut(&files, facts.rate, frames));
                let synced = cut.and_then(|()| File::open(&files.part)?.sync_data());
                match synced.and_then(|()| archive::seal(&files, &mut facts)) {
                    Ok(()) => events(MediaEvent::RecordingClosed { facts }),
                    Err(error) => {
                        // What is there stays there; the repair at the next start finishes it.
                        let why = format!("cannot finish {}: {error}", files.part.display());
                        events(MediaEvent::RecordingFailed { call: facts.call, why });
                    }
                }
            }
            Job::SealMessage(sealing) => seal_message(*sealing, events),
            Job::DropMessage(id) => {
                if let Err(error) = messages::drop_message(recordings, &id) {
                    tracing::error!(message = id, %error, "a message could not be deleted");
                }
            }
        }
    }
}

fn seal_message(sealing: SealMessage, events: &Events) {
    let SealMessage { leg, message, files, rate, kept, has_failed, why } = sealing;
    let done = match kept {
        None => messages::discard(&files).map(|()| None),
        Some(samples) => {
            let synced = File::open(&files.part).and_then(|file| file.sync_data());
            synced.and_then(|()| messages::seal(&files, rate, samples)).map(Some)
        }
    };
    let (taken, why) = match done {
        Ok(Some(facts)) => (Taken::Kept(facts), why),
        Ok(None) => (if has_failed { Taken::Failed } else { Taken::Nothing }, why),
        // What is there stays there; the repair at the next start finishes it.
        Err(error) => (Taken::Failed, format!("cannot finish {}: {error}", files.part.display())),
    };
    events(MediaEvent::MessageTaken { leg, message, taken, why });
}
