//! Orders that cannot be carried out as things stand are on the audit list with their user, what they were about and why; and no
//! looks, and nothing that is no order.

use super::rights::daemon_of_file;
use super::*;
use switchroom_wire::{ConfigChange, Hushed, QueueDoor, SettingKind, SettingsChange};

/// What was written down of refusals, oldest first.
fn refusals(client: &Client) -> Vec<String> {
    let refused = |event: &&EventView| event.name == "refused" && event.kind == EventKind::Audit;
    let mut events: Vec<&EventView> = client.board.events.iter().filter(refused).collect();
    events.sort_by_key(|event| event.seq);
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let told = |event: &EventView| {
        assert_eq!(event.subject, user);
        event.text.replacen(&format!("{user} was refused"), "refused", 1)
    };
    events.into_iter().map(told).collect()
}

#[test]
fn orders_that_are_refused_as_things_stand_are_on_the_audit_list() {
    let (daemon, _dir) = daemon_of_file("");
    let mut boss = Client::join(daemon.socket(), &subscribed());
    let call = || "9".to_owned();
    let whisper =
        |target| Command::Supervise { target, mode: SupervisionMode::Whisper, phone: Some(NUMBER.into()) };
    let presence = |presence: &str| Command::AgentPresence {
        agent: "77".into(),
        presence: presence.into(),
        reason: None,
        extension: None,
    };
    let leave = ConfigChange::Leave { agent: "77".into(), queue: "none".into() };
    let values = [("music".to_owned(), Some(Hushed::from("secret")))].into();
    let set = SettingsChange::Set { kind: SettingKind::Queue, name: "sales".into(), values };
    let orders = [
        (Command::HangUp { call: call() }, "hang_up of call 9: there is no call 9"),
        (Command::Transfer { call: call(), to: "101".into() }, "transfer of call 9: there is no call 9"),
        (whisper(Supervised::Call(call())), "supervise of call 9: there is no call 9"),
        (whisper(Supervised::Agent("77".into())), "supervise of agent 77: "),
        (
            Command::SuperviseAct { act: SuperviseAct::TakeOver, phone: Some(NUMBER.into()) },
            "supervise_act take_over: ",
        ),
        (Command::QueueDoor { queue: "none".into(), door: QueueDoor::Closed }, "queue_door of queue none: "),
        (presence("ready"), "agent_presence of agent 77: "),
        (Command::ChangeConfig { change: leave }, "change_config of agent 77, queue none: "),
        (
            Command::ApplySettings { change: set, file: "another".into() },
            "apply_settings of queue, name sales: the configuration does not take it",
        ),
    ];
    let wanted: Vec<&str> = orders.iter().map(|(_, told)| *told).collect();
    for (command, _) in orders.clone() {
        // What is no order, and what is none of the protocol's words, stands on no list.
        assert!(boss.is_refused(Command::Note { call: call(), text: "tea".into() }));
        assert!(boss.is_refused(presence("asleep")));
        assert!(boss.ask(1, Command::Ladder { call: call() }).is_err());
        assert!(boss.is_refused(command));
    }
    boss.until(|c| refusals(c).len() >= wanted.len());
    for (told, wanted) in refusals(&boss).iter().zip(&wanted) {
        assert!(told.starts_with(&format!("refused: {wanted}")), "{told}, and not {wanted}");
    }
    assert_eq!(refusals(&boss).len(), wanted.len(), "{:?}", refusals(&boss));
    // Nobody fills the list by being refused. What there is not, whoever finds that, is one list: it crowds out no missing right.
    for _ in 0..100 {
        assert!(boss.is_refused(Command::QueueDoor { queue: "none".into(), door: QueueDoor::Open }));
        assert!(boss.is_refused(Command::HangUp { call: call() }));
    }
    let is_full = |told: &String| told.contains("more than 60 times within a minute");
    boss.until(|c| refusals(c).iter().any(is_full));
    assert_eq!(refusals(&boss).iter().position(is_full), Some(60), "{:?}", refusals(&boss));
}
