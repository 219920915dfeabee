//! The recorder's part in messages: they begin, are written with the others, and end by themselves or are ended.

use super::{Desk, OwnEnd, StartMessage, Taking};
use std::sync::atomic::Ordering;
use switchroom_exchange::{MediaEvent, Taken};

impl Desk {
    pub(super) fn open_message(&mut self, id: u64, start: StartMessage) {
        let refused = match self.low_space_mb() {
            Some(free) => Err((start, format!("only {free} MB are free where messages are kept: make room"))),
            None => Taking::open(&self.settings.recordings, start).map_err(|(start, error)| {
                let dir = self.settings.recordings.display();
                (start, format!("cannot create a file for a message in {dir}: {error}"))
            }),
        };
        match refused {
            Ok(taking) => {
                self.messages.insert(id, taking);
            }
            Err((start, why)) => {
                start.is_over.store(true, Ordering::Relaxed);
                let StartMessage { leg, message, .. } = start;
                (self.events)(MediaEvent::MessageTaken { leg, message, taken: Taken::Failed, why });
            }
        }
    }

    pub(super) fn flush_messages(&mut self, now_us: u64) {
        let (mut jobs, mut ended, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (id, taking) in &mut self.messages {
            match taking.flush(now_us, &mut self.scratch) {
                Ok((job, end)) => {
                    jobs.extend(job);
                    ended.extend(end.map(|end| (*id, end)));
                }
                Err(error) => failed.push((*id, error)),
            }
        }
        for job in jobs {
            self.give(job);
        }
        for (id, end) in ended {
            let why = match end {
                OwnEnd::Longest => "it was as long as it may be",
                OwnEnd::Silence => "silence",
            };
            self.end(id, now_us, true, why);
        }
        for (id, error) in failed {
            if let Some(taking) = self.messages.remove(&id) {
                tracing::error!(leg = taking.leg().0, %error, "a message cannot be written");
                self.give(taking.abandon(format!("it cannot be written: {error}")));
            }
        }
    }

    /// A message ends; what is no longer taken has ended already.
    pub(super) fn end(&mut self, id: u64, end_us: u64, is_kept: bool, why: &str) {
        if let Some(taking) = self.messages.remove(&id) {
            let job = taking.close(end_us, is_kept, why, &mut self.scratch);
            self.give(job);
        }
    }
}
