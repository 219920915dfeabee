//! Commands as they go over the line, and who may give them.

use super::*;

/// Whoever writes a client reads there what can be asked.
#[test]
fn every_command_is_described() {
    let protocol = include_str!("../../../PROTOCOL.md");
    // What there is, it says itself.
    let refused = serde_json::from_str::<Command>("\"nonsense\"").map_err(|error| error.to_string());
    let known = refused.err().unwrap_or_default();
    let words: Vec<&str> = known.split('`').skip(3).step_by(2).collect();
    assert!(words.len() > 40 && words.contains(&"hang_up"), "{known}");
    let rows = || protocol.lines().filter(|line| line.starts_with("| `"));
    for word in words {
        let name = format!("\"{word}\"");
        let is_told = |row: &str| row.split(" | ").next().is_some_and(|cell| cell.contains(&name));
        assert!(rows().any(is_told), "{word}");
    }
}

/// Whoever may take care of missed calls takes nobody's talk apart. What an agent may do to calls is done to those of the
/// own phone, which the exchange looks after.
#[test]
fn what_acts_on_any_call_of_the_house_needs_a_supervisor() {
    let (call, agent) = (String::from("3"), String::from("2001"));
    for command in [
        Command::HandOff { call: call.clone(), flow: "verify".into() },
        Command::PickUp { call: call.clone(), phone: None },
        Command::Assign { call: call.clone(), agent },
        Command::Priority { call: call.clone(), priority: 9 },
        Command::HoldRecording { call: call.clone(), reason: "case 7".into() },
        Command::TakeOut { call },
        Command::Tell { to: "all".into(), text: "tea".into() },
        Command::QueueDoor { queue: "support".into(), door: QueueDoor::Closed },
    ] {
        assert_eq!(command.role(), crate::Role::Supervisor, "{command:?}");
    }
}
