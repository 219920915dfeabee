//! The thread that waits for the disk, so that the recorder does not: fdatasync while a recording runs, and hash,
//! final name and sidecar at its end.

use super::Events;
use super::archive::{self, Files};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use switchroom_exchange::{MediaEvent, RecordingFacts};

/// What is to be done.
pub(super) enum Job {
    /// Bring what is written to the disk; the flag says that this waits.
    Sync(Arc<File>, Arc<AtomicBool>),
    /// The file is written; finish it.
    Seal(Box<(Files, RecordingFacts)>),
}

/// The thread; it ends when the recorder has.
pub(super) fn run(jobs: &Receiver<Job>, events: &Events) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Sync(file, waits) => {
                waits.store(false, Ordering::Relaxed);
                if let Err(error) = file.sync_data() {
                    tracing::warn!(%error, "a recording could not be brought to the disk");
                }
            }
            Job::Seal(sealing) => {
                let (files, mut facts) = *sealing;
                let synced = File::open(&files.part).and_then(|file| file.sync_data());
                match synced.and_then(|()| archive::seal(&files, &mut facts)) {
                    Ok(()) => events(MediaEvent::RecordingClosed { facts }),
                    Err(error) => {
                        // What is there stays there; the repair at the next start finishes it.
                        let why = format!("cannot finish {}: {error}", files.part.display());
                        events(MediaEvent::RecordingFailed { call: facts.call, why });
                    }
                }
            }
        }
    }
}
