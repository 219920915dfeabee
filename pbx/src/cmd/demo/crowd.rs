//! Callers of the demo's numbers and those who answer them: people who come in from outside, hear a flow, press keys, and
//! are connected, or leave a message. They are in no plan and in no book; what they do is there to be watched.

use super::site::Resident;
use std::time::Duration;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::script::{Course, Digits, Part, Role};
use switchroom_sip::rng::Rng;

/// The flows that the demo has: name and text. Theirs are the extensions 101 to 106, which in the demo are busy with a plan.
pub(super) const FLOWS: &[(&str, &str)] = &[
    ("office", include_str!("../../../../flows/office.toml")),
    ("survey", include_str!("../../../../flows/survey.toml")),
    ("customers", include_str!("../../../../flows/customers.toml")),
    ("regions", include_str!("../../../../flows/regions.toml")),
    ("agents", include_str!("../../../../flows/agents.toml")),
    ("messages", include_str!("../../../../flows/messages.toml")),
];
/// Lists that they use.
pub(super) const LISTS: &[(&str, &str)] = &[
    ("regions", include_str!("../../../../flows/lists/regions.csv")),
    ("vip", include_str!("../../../../flows/lists/vip.csv")),
];
/// What the flows need of a configuration.
pub(super) const SITE: &str = concat!("\n", include_str!("../../../../flows/site/switchroom.toml"));
/// Customers and their PINs.
pub(super) const PINS: &str = "40021,4711\n40022,1234\n";

/// Extensions of the flows as they are shipped, and in the demo.
const AGENTS: [(&str, &str, &str); 6] = [
    ("101", "301", "Agent Ada"),
    ("102", "302", "Agent Ben"),
    ("103", "303", "Agent Cai"),
    ("104", "304", "Agent Dan"),
    ("105", "305", "Reception"),
    ("106", "306", "Agent Fei"),
];
const CALLERS: [(&str, &str); 4] = [
    ("13800138000", "Li Wei"),
    ("02112345678", "Zhang Min"),
    ("0041441234567", "Marie"),
    ("02887654321", "Wang Fang"),
];
/// What callers dial and press.
const WISHES: [(&str, &str); 12] = [
    ("410", ""),
    ("411", ""),
    ("410", ""),
    ("410", ""),
    ("400", "1"),
    ("401", "40021#4711#"),
    ("402", ""),
    ("400", "2"),
    ("400", "3"),
    ("401", "40022#9999#"),
    ("400", "0"),
    ("400", "21"),
];

/// The text of a flow, or of what flows need of a configuration, with the extensions of the demo in place of its own.
pub(super) fn with_agents(text: &str) -> String {
    AGENTS.iter().fold(text.to_owned(), |text, (shipped, here, _)| {
        text.replace(&format!("\"{shipped}\""), &format!("\"{here}\""))
    })
}

/// Numbers and names of all of them.
pub(super) fn residents() -> impl Iterator<Item = (&'static str, &'static str)> {
    AGENTS.iter().map(|(_, number, name)| (*number, *name)).chain(CALLERS)
}

/// Whether it is one who calls.
fn is_caller(who: &Resident) -> bool {
    CALLERS.iter().any(|(number, _)| *number == who.number)
}

/// The calls that one of them makes until `length` is over.
pub(super) fn parts(who: &Resident, length: Duration, seed: u64) -> Vec<Part> {
    if !is_caller(who) {
        return Vec::new();
    }
    let mut rng = Rng::from_number(seed);
    let mut parts = Vec::new();
    let mut at = rng.between(Duration::from_secs(2), Duration::from_secs(12));
    while at + TALK < length && parts.len() < CALLS_MAX {
        let wish = usize::try_from(rng.below(WISHES.len() as u64)).unwrap_or(0);
        let Some((number, keys)) = WISHES.get(wish) else { break };
        let digits = (!keys.is_empty()).then(|| Digits {
            at: rng.between(Duration::from_secs(3), Duration::from_secs(7)),
            digits: (*keys).to_owned(),
            by: if rng.below(2) == 0 { DigitsBy::Rtp } else { DigitsBy::Info },
        });
        let course =
            Course::Talk { answer_after: Duration::ZERO, talk: TALK, hold: None, digits, caller_ends: true };
        // Numbers of no plan.
        let call = u32::MAX;
        parts.push(Part { call, at, role: Role::Caller, peer: (*number).to_owned(), course });
        at += TALK + rng.between(Duration::from_secs(3), Duration::from_secs(15));
    }
    parts
}

/// A caller stays so long at most.
const TALK: Duration = Duration::from_secs(45);
/// Calls of one caller.
const CALLS_MAX: usize = 1_000;

/// What one of them does when called: most answer, one is never there, one is always busy.
pub(super) fn manners(who: &Resident) -> Course {
    let talk = |seconds| Course::Talk {
        answer_after: Duration::from_millis(2_500),
        talk: Duration::from_secs(seconds),
        hold: None,
        digits: None,
        caller_ends: false,
    };
    match who.number.as_str() {
        "303" => Course::NoAnswer,
        "304" => Course::Busy,
        "302" => talk(20),
        _ => talk(12),
    }
}
