//! What users and the configuration do about recordings that are closed: held, released, deleted. The exchange has no table
//! of recordings; it tells the store, and the audit trail.

use crate::exchange::Exchange;
use crate::input::ArchiveAct;
use crate::limits::REASON_CHARS_MAX;
use crate::media::Held;
use crate::record::{EventKind, Record, Severity};
use crate::{CallId, Ticket};
use std::collections::BTreeSet;
use switchroom_flow::text::line;
use switchroom_sip::time::Now;

impl Exchange {
    /// Gives what was done, and the tickets after which it is so for good.
    pub(crate) fn archive_act(
        &mut self,
        now: Now,
        user: &str,
        act: &ArchiveAct,
    ) -> Result<(String, BTreeSet<Ticket>), String> {
        match act {
            ArchiveAct::Hold { call, number, reason } => {
                let reason = line(&reason.trim().chars().take(REASON_CHARS_MAX).collect::<String>());
                if reason.is_empty() {
                    return Err("say why the recording is held".to_owned());
                }
                let text = format!("{user} holds the recording of call {number}: {reason}");
                let held = Held { by: user.to_owned(), reason, at_ms: now.wall.0 };
                let record = Record::RecordingHeld { call: *call, held: Some(held) };
                Ok(self.archived_by(now, user, *call, record, ("hold_recording", text)))
            }
            ArchiveAct::Release { call, number } => {
                let text = format!("{user} holds the recording of call {number} no more");
                let record = Record::RecordingHeld { call: *call, held: None };
                Ok(self.archived_by(now, user, *call, record, ("release_recording", text)))
            }
            ArchiveAct::Delete { call, number } => {
                let text = format!("{user} deleted the recording of call {number}");
                let record = Record::RecordingGone { call: *call };
                Ok(self.archived_by(now, user, *call, record, ("delete_recording", text)))
            }
            ArchiveAct::Expire { calls, .. } if calls.is_empty() => Err("no recording is named".to_owned()),
            ArchiveAct::Expire { calls, told } => {
                let gone = |call: &CallId| self.persist(Record::RecordingGone { call: *call });
                let tickets = calls.iter().map(gone).collect();
                let kind = EventKind::Recording;
                self.event(now, kind, Severity::Info, None, "", "recordings_expired", told.clone());
                Ok((told.clone(), tickets))
            }
        }
    }

    fn archived_by(
        &mut self,
        now: Now,
        user: &str,
        call: CallId,
        record: Record,
        (name, text): (&str, String),
    ) -> (String, BTreeSet<Ticket>) {
        let ticket = self.persist(record);
        self.event(now, EventKind::Audit, Severity::Info, Some(call), user, name, text.clone());
        (text, BTreeSet::from([ticket]))
    }
}
