//! What can be asked of an exchange at any time. Nothing here changes it.

use crate::alarm::Alarm;
use crate::call::Call;
use crate::exchange::{Exchange, Figures};
use crate::ladder::Ladders;
use crate::registrar::Binding;
use crate::{CallId, Config};

impl Exchange {
    /// Figures.
    pub fn status(&self) -> Figures {
        Figures {
            calls: self.live_calls,
            transactions: self.endpoint.transactions(),
            dialogs: self.endpoint.sessions(),
            registered: self.registrar.registered(),
            bindings: self.registrar.count(),
            rtp_ports: self.ports.in_use(),
            rtp_ports_max: self.ports.total(),
            malformed: self.endpoint.counters().malformed,
            outbox: self.outbox.len() + self.retry.len(),
            facts: self.fact_words.count(),
            ..self.counts
        }
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A call on the board.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// All calls on the board.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// The live calls of an extension, on either side.
    pub fn calls_of(&self, extension: &str) -> impl Iterator<Item = &Call> {
        self.calls_with.get(extension).into_iter().flatten().filter_map(|id| self.calls.get(id))
    }

    /// Where an extension is registered.
    pub fn bindings(&self, extension: &str) -> impl Iterator<Item = &Binding> {
        self.registrar.of(extension)
    }

    /// The last refusal of an extension's REGISTER, if nothing better came since; else why the host of its contact has no
    /// address.
    pub fn problem_of(&self, extension: &str) -> Option<&str> {
        let refused = self.notes.get(extension).and_then(|note| note.problem.as_deref());
        refused.or_else(|| self.unresolved(extension))
    }

    /// What is wrong now.
    pub fn alarms(&self) -> impl Iterator<Item = (&String, &Alarm)> {
        self.alarms.iter()
    }

    /// One alarm.
    pub fn alarm(&self, id: &str) -> Option<&Alarm> {
        self.alarms.get(id)
    }

    /// The ladders.
    pub fn ladders(&self) -> &Ladders {
        &self.ladders
    }
}
