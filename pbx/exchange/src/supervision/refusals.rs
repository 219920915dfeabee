//! What users were refused, on the audit list: what they may not do by their role, with what is not their own, and of queues
//! that are not theirs. Nobody fills a disk by being refused.

use crate::CallId;
use crate::exchange::Exchange;
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
    /// By user; there are as many as the configuration has.
    of: BTreeMap<String, Lately>,
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
    fn count(&mut self, now: Mono, user: &str, look: Option<&str>) -> Told {
        self.of.retain(|_, lately| now.since(lately.since) < SPAN);
        let new = || Lately { since: now, written: 0, looks: BTreeSet::new() };
        let lately = self.of.entry(user.to_owned()).or_insert_with(new);
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
        self.tell_refusal(now, user, call, &why, false);
        why
    }

    /// Writes down what was refused before it came here. That may be a look, which a screen may take again and again.
    pub(crate) fn refused_elsewhere(
        &mut self,
        now: Now,
        user: &str,
        call: Option<CallId>,
        (why, is_look): (&str, bool),
    ) -> String {
        self.tell_refusal(now, user, call, why, is_look);
        why.to_owned()
    }

    fn tell_refusal(&mut self, now: Now, user: &str, call: Option<CallId>, why: &str, is_look: bool) {
        let why = line(&why.chars().take(REFUSAL_CHARS_MAX).collect::<String>());
        let user = clean(user);
        let (call, text) = match self.refusals.count(now.mono, &user, is_look.then_some(&why)) {
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
