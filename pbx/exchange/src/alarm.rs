//! What is wrong now.

use crate::exchange::Exchange;
use crate::{CallId, Changed, EventKind, Severity};
use switchroom_sip::time::Now;

/// Something that is wrong until it is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// How bad.
    pub severity: Severity,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// What, and what to do.
    pub text: String,
    /// The call it is about.
    pub call: Option<CallId>,
}

impl Exchange {
    /// Raises, changes or clears an alarm; each raising and clearing is an event.
    pub(crate) fn set_alarm(
        &mut self,
        now: Now,
        id: &str,
        state: Option<(Severity, String)>,
        call: Option<CallId>,
    ) {
        match state {
            Some((severity, text)) => {
                let known = self.alarms.get(id);
                if known.is_some_and(|a| a.severity == severity && a.text == text) {
                    return;
                }
                let since_ms = known.map_or(now.wall.0, |a| a.since_ms);
                if known.is_none() {
                    self.event(now, EventKind::System, severity, call, "", "alarm", text.clone());
                }
                self.alarms.insert(id.to_owned(), Alarm { severity, since_ms, text, call });
            }
            None => {
                let Some(old) = self.alarms.remove(id) else { return };
                let text = format!("cleared: {}", old.text);
                self.event(
                    now,
                    EventKind::System,
                    Severity::Info,
                    call.or(old.call),
                    "",
                    "alarm_cleared",
                    text,
                );
            }
        }
        self.changed.insert(Changed::Alarm(id.to_owned()));
    }
}
