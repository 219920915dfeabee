//! What is wrong with flows that can be read.

/// Names that are known by themselves.
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
    ("outcome", "how the last try to connect the caller ended"),
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
