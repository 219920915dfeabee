//! What users were refused, on the audit list: what they may not do by their role, with what is not their own, and of queues
//! that are not theirs; and orders that could not be carried out as things stood. Nobody fills a disk by being refused, and what
//! could not be done crowds out nothing of what may not be.

use super::Subject;
use crate::CallId;
use crate::exchange::Exchange;
use crate::input::{AgentAct, Command, ConsultAct, RefusalReason as Reason, SupervisionAct};
use crate::limits::{REFUSAL_CHARS_MAX, REFUSALS_PER_MINUTE};
use crate::record::{EventKind, Severity};
use crate::text::clean;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use switchroom_flow::text::line;
use switchroom_sip::time::{Mono, Now};

/// Over what refusals of a user are counted.
const SPAN: Duration = Duration::from_secs(60);

/// What users were refused lately.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// By user and reason; there are as many users as the configuration has.
    of: BTreeMap<(String, Reason), Lately>,
    /// All of them, written down or not.
    count: u64,
}

/// What an order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About<'a> {
    Call(CallId),
    Named(&'static str, &'a str),
    Nothing,
}

/// What one user was refused within a minute.
#[derive(Debug)]
struct Lately {
    since: Mono,
    written: usize,
    /// The looks among it: no more than were written down.
    looks: BTreeSet<String>,
}

/// What becomes of a refusal.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It is written down.
    Written,
    /// That there are more is written down in its place.
    More,
    /// Nothing more of it.
    Nothing,
}

impl Refusals {
    /// One more. Of looks the same within the minute is one.
    fn count(&mut self, now: Mono, (user, reason): (&str, Reason), look: Option<&str>) -> Told {
        self.count += 1;
        self.of.retain(|_, lately| now.since(lately.since) < SPAN);
        let new = || Lately { since: now, written: 0, looks: BTreeSet::new() };
        let lately = self.of.entry((user.to_owned(), reason)).or_insert_with(new);
        if lately.written > REFUSALS_PER_MINUTE || look.is_some_and(|look| lately.looks.contains(look)) {
            return Told::Nothing;
        }
        lately.written += 1;
        if lately.written > REFUSALS_PER_MINUTE {
            return Told::More;
        }
        lately.looks.extend(look.map(str::to_owned));
        Told::Written
    }
}

impl Exchange {
    /// Writes down that a user may not do something, and why. Gives that back.
    pub(crate) fn refuse(&mut self, now: Now, user: &str, call: Option<CallId>, why: String) -> String {
        self.tell_refusal(now, (user, Reason::Right), call, &why, false);
        why
    }

    /// How often users were refused something since the start.
    pub(crate) fn refusal_count(&self) -> u64 {
        self.refusals.count
    }

    /// Writes down that an order of a user was not carried out, and why.
    pub(crate) fn order_refused(&mut self, now: Now, user: &str, command: &Command, why: &str) {
        let Some((order, about)) = order(command) else { return };
        let (of, call) = match about {
            About::Call(id) => match self.calls.get(&id) {
                Some(call) => (format!(" of call {}", call.number), Some(id)),
                None => (format!(" of call {id}"), None),
            },
            About::Named(kind, name) => (format!(" of {kind} {}", clean(name)), None),
            About::Nothing => (String::new(), None),
        };
        self.tell_refusal(now, (user, Reason::State), call, &format!("{order}{of}: {why}"), false);
    }

    /// Writes down what was refused before it came here. That may be a look, which a screen may take again and again.
    pub(crate) fn refused_elsewhere(
        &mut self,
        now: Now,
        user: &str,
        call: Option<CallId>,
        (reason, why, is_look): (Reason, &str, bool),
    ) -> String {
        self.tell_refusal(now, (user, reason), call, why, is_look);
        why.to_owned()
    }

    fn tell_refusal(
        &mut self,
        now: Now,
        (user, reason): (&str, Reason),
        call: Option<CallId>,
        why: &str,
        is_look: bool,
    ) {
        let why = line(&why.chars().take(REFUSAL_CHARS_MAX).collect::<String>());
        let user = clean(user);
        let (call, text) = match self.refusals.count(now.mono, (&user, reason), is_look.then_some(&why)) {
            Told::Written => (call, format!("{user} was refused: {why}")),
            Told::More => {
                let text = format!(
                    "{user} was refused more than {REFUSALS_PER_MINUTE} times within a minute; what else is refused in it is not written down"
                );
                (None, text)
            }
            Told::Nothing => return,
        };
        self.event(now, EventKind::Audit, Severity::Warn, call, &user, "refused", text);
    }
}

/// An order by its word, and what it is about; none that only asks, is about the user's own desk, or is written down elsewhere.
fn order(command: &Command) -> Option<(&'static str, About<'_>)> {
    Some(match command {
        Command::HangUp(call) => ("hang_up", About::Call(*call)),
        Command::HandOff { call, .. } => ("hand_off", About::Call(*call)),
        Command::Consult { call, act: ConsultAct::Begin { .. } } => ("consult", About::Call(*call)),
        Command::Consult { call, .. } => ("consult_act", About::Call(*call)),
        Command::Record { call, .. } => ("record", About::Call(*call)),
        Command::Transfer { call, .. } => ("transfer", About::Call(*call)),
        Command::PickUp { call, .. } => ("pick_up", About::Call(*call)),
        Command::Dial { from, .. } => ("dial", About::Named("extension", from)),
        Command::Supervise { act, .. } => match act {
            SupervisionAct::Begin { subject, .. } => {
                let about = match subject {
                    Subject::Call(call) => About::Call(*call),
                    Subject::Agent(agent) => About::Named("agent", agent),
                    Subject::Extension(extension) => About::Named("extension", extension),
                };
                ("supervise", about)
            }
            SupervisionAct::Change(_) => ("supervise_act mode", About::Nothing),
            SupervisionAct::TakeOver => ("supervise_act take_over", About::Nothing),
            SupervisionAct::End => ("supervise_act end", About::Nothing),
        },
        Command::Agent(act) => match act {
            AgentAct::Choose { agent, .. } => ("agent_presence", About::Named("agent", agent)),
            AgentAct::WrapUp { agent, .. } => ("agent_wrap_up", About::Named("agent", agent)),
            AgentAct::Tell { to, .. } => ("tell", About::Named("those at", to)),
            AgentAct::Priority { call, .. } => ("priority", About::Call(*call)),
            AgentAct::Assign { call, .. } => ("assign", About::Call(*call)),
            AgentAct::TakeOut { call } => ("take_out", About::Call(*call)),
            AgentAct::Door { queue, .. } => ("queue_door", About::Named("queue", queue)),
            AgentAct::Told { .. } => return None,
        },
        Command::Missed { which, .. } => ("missed_act", About::Named("missed call", which)),
        Command::Unregister { extension, .. } => ("unregister", About::Named("extension", extension)),
        Command::DeleteMessage(message) => ("delete_message", About::Named("message", message)),
        Command::Own(command) => match &**command {
            Command::Agent(_) => return None,
            command => return order(command),
        },
        Command::Note { .. } | Command::Configured(_) | Command::Refused { .. } | Command::Archive(_) => {
            return None;
        }
    })
}
