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
    ("queue", include_str!("../../../../flows/queue.toml")),
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
/// What a caller wants.
struct Wish {
    number: &'static str,
    keys: &'static str,
    /// When the keys are pressed at the earliest, seconds from the answer.
    keys_from: u64,
    /// How long the caller stays at most.
    stays: Duration,
}

const fn wish(number: &'static str, keys: &'static str) -> Wish {
    Wish { number, keys, keys_from: 3, stays: Duration::from_secs(45) }
}

const WISHES: [Wish; 14] = [
    wish("410", ""),
    wish("411", ""),
    wish("410", ""),
    wish("410", ""),
    wish("400", "1"),
    wish("401", "40021#4711#"),
    wish("402", ""),
    wish("400", "2"),
    wish("400", "3"),
    wish("401", "40022#9999#"),
    wish("400", "0"),
    wish("400", "21"),
    // Asks to be called back at the own number, when the prompts are over and the caller waits.
    Wish { keys_from: 12, ..wish("412", "11") },
    // Gives up before most phones are answered.
    Wish { stays: Duration::from_secs(2), ..wish("411", "") },
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
    while parts.len() < CALLS_MAX {
        let place = usize::try_from(rng.below(WISHES.len() as u64)).unwrap_or(0);
        let Some(wish) = WISHES.get(place).filter(|wish| at + wish.stays < length) else { break };
        let secs = Duration::from_secs;
        let digits = (!wish.keys.is_empty()).then(|| Digits {
            at: rng.between(secs(wish.keys_from), secs(wish.keys_from + 4)),
            digits: wish.keys.to_owned(),
            by: if rng.below(2) == 0 { DigitsBy::Rtp } else { DigitsBy::Info },
        });
        let course = Course::Talk {
            answer_after: Duration::ZERO,
            talk: wish.stays,
            hold: None,
            digits,
            caller_ends: true,
        };
        // Numbers of no plan.
        let call = u32::MAX;
        parts.push(Part { call, at, role: Role::Caller, peer: wish.number.to_owned(), course });
        at += wish.stays + rng.between(Duration::from_secs(3), Duration::from_secs(15));
    }
    parts
}

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::cmd::demo::site::Site;

    /// Of a shift: who is a VIP waits in a queue, somebody gives up, somebody asks to be called back, and all come again.
    #[test]
    fn the_floor_of_a_demo_has_all_that_a_floor_has() {
        let hours = Duration::from_secs(2 * 3_600);
        let Ok(site) = Site::make(4, 7, Duration::from_secs(8), 0) else { panic!("no site") };
        let config = &site.loaded.config;
        let calls = |number: &str| {
            let place = site.crowd.iter().position(|one| one.number == number).unwrap();
            parts(&site.crowd[place], hours, 7 + place as u64)
        };
        let callers: Vec<&str> = CALLERS.iter().map(|(number, _)| *number).collect();
        let is_vip =
            |number: &&&str| config.inbound.class_of(number).is_some_and(|(_, class)| class.priority > 0);
        let vip = callers.iter().find(is_vip).unwrap();
        assert!(calls(vip).iter().any(|part| part.peer == "410"));
        for number in callers {
            let calls = calls(number);
            let dials = |peer: &str| calls.iter().filter(|part| part.peer == peer).count();
            assert!(dials("410") > 1 && dials("412") > 0, "{number} comes again, and asks to be called back");
            let gives_up = |part: &Part| matches!(part.course, Course::Talk { talk, .. } if talk < Duration::from_secs(3));
            assert!(calls.iter().any(gives_up), "{number} gives up once");
        }
    }
}
