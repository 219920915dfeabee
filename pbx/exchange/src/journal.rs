//! What is written down as it happens: lines of the journal, and steps of the path of a call that are lines of it too.

use crate::CallId;
use crate::exchange::Exchange;
use crate::input::Action;
use crate::record::{Event, EventKind, Record, Severity};
use switchroom_sip::time::Now;

impl Exchange {
    /// Writes a line into the journal.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn event(
        &mut self,
        now: Now,
        kind: EventKind,
        severity: Severity,
        call: Option<CallId>,
        subject: &str,
        name: &str,
        text: String,
    ) {
        let number = call.and_then(|id| self.calls.get(&id)).map(|c| c.number);
        let (subject, name) = (subject.to_owned(), name.to_owned());
        self.tell_event(Event {
            seq: 0,
            at_ms: now.wall.0,
            kind,
            severity,
            call,
            number,
            subject,
            name,
            text,
        });
    }

    /// The same, as a whole; its place in the journal is given here.
    pub(crate) fn tell_event(&mut self, event: Event) {
        let record = Record::Event(Event { seq: self.next_event(), ..event });
        self.actions.push_back(Action::Persist { ticket: None, record });
    }

    /// What a user did.
    pub(crate) fn audit_event(&mut self, now: Now, call: Option<CallId>, user: &str, name: &str, done: &str) {
        let text = format!("{user}: {done}");
        self.event(now, EventKind::Audit, Severity::Info, call, user, name, text);
    }

    /// What happens to a call as it should.
    pub(crate) fn call_event(&mut self, now: Now, id: CallId, subject: &str, name: &str, text: String) {
        self.event(now, EventKind::Call, Severity::Info, Some(id), subject, name, text);
    }

    /// The same, and it is a step of its path too.
    pub(crate) fn why_and_event(
        &mut self,
        now: Now,
        id: CallId,
        step: &str,
        subject: &str,
        name: &str,
        text: String,
    ) {
        self.why(now, id, step, text.clone());
        self.call_event(now, id, subject, name, text);
    }

    /// What a user did to a call, as a step of its path too.
    pub(crate) fn why_and_audit(
        &mut self,
        now: Now,
        id: CallId,
        step: &str,
        user: &str,
        name: &str,
        done: &str,
    ) {
        self.why(now, id, step, format!("{user}: {done}"));
        self.audit_event(now, Some(id), user, name, done);
    }
}
