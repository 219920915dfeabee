//! What is wrong with flows that can be read: names that are not there, callers who get lost, secrets that are told.

#[cfg(test)]
mod against_runs;
mod calls;
mod cleanup;
mod keys;
mod known;
mod names;
mod place;
pub(crate) mod reads;
mod secrets;
mod spoken;
#[cfg(test)]
mod tests;
mod variables;
mod view;
mod ways;

pub use known::Known;
pub(crate) use names::queue_of;
pub use spoken::{own_languages, texts};

use crate::fault::Fault;
use crate::flow::Flows;

/// Names that are known by themselves, each with its value.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("caller", "the caller's number"),
    ("caller_name", "the caller's name, as the network told it"),
    ("dialled", "the number that was called"),
    ("language", "the language the caller is spoken to in, \"en\" or \"zh\"; a flow may set it"),
    ("date", "today, as \"2026-11-22\""),
    ("time", "the time of day, as \"17:30\""),
    ("hour", "the hour, 0 to 23"),
    ("minute", "the minute, 0 to 59"),
    ("weekday", "the day of the week, 1 is Monday and 7 is Sunday"),
    ("class", "the caller's class"),
    ("call", "the id of the call"),
    ("agent", "the extension of the agent who talked to the caller last"),
    (
        "outcome",
        "how the last try to connect the caller ended; if there was none and the call is over, how that ended",
    ),
    ("holiday", "the name of the day, after hours that were closed for it"),
    ("error", "why the last http or exec failed"),
    ("queue.NAME.waiting", "how many wait in a queue"),
    ("queue.NAME.expected_wait", "how long one waits in it, in seconds"),
    ("queue.NAME.agents", "how many agents work in it"),
];

/// Whether a name is known by itself.
pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == name)
}

/// All that is wrong with these flows, by file and place. What of the site is not known is not checked.
pub fn check(flows: &Flows, known: &Known) -> Vec<Fault> {
    let mut all = view::All::new(flows);
    ways::check(&mut all);
    calls::check(&mut all);
    keys::check(&mut all);
    cleanup::check(&mut all);
    names::check(&mut all, known);
    variables::check(&mut all);
    secrets::check(&mut all);
    all.faults()
}
