//! What users who are restricted to queues see and do, on the socket; and that it follows the configuration at once.

use super::*;
use switchroom_wire::{FlowView, QueueDoor};

/// A daemon that reads its configuration from a file, with queues and agents of which some are of `sales`.
pub(super) fn daemon_of_file(more: &str) -> (Daemon, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), more);
    let loaded = config::load(&dir.path().join("switchroom.toml")).unwrap();
    (daemon::start(&loaded).unwrap(), dir)
}

pub(super) fn configure(dir: &Path, more: &str) {
    let text = site()
        + "[queues.sales]\n[queues.service]\n[agents.2001]\nqueues = [\"sales\"]\n\
           [agents.2002]\nqueues = [\"service\"]\n[agents.2003]\nname = \"Kim\"\n"
        + more;
    std::fs::write(dir.join("switchroom.toml"), text).unwrap();
}

/// Who runs the tests acts on `sales` only.
pub(super) fn restriction() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    format!("[supervision]\nqueues = [\"{user} sales\"]\n")
}

pub(super) fn why(client: &mut Client, command: Command) -> String {
    match client.ask(1, command) {
        Err(CommandError::Refused { why }) => why,
        other => panic!("{other:?}"),
    }
}

fn join(agent: &str, queue: &str, skills: &[(&str, u8)]) -> Command {
    let skills = skills.iter().map(|(skill, level)| ((*skill).to_owned(), *level)).collect();
    let (agent, queue) = (agent.to_owned(), queue.to_owned());
    Command::ChangeConfig { change: ConfigChange::Join { agent, queue, tier: None, weight: None, skills } }
}

#[test]
fn who_is_restricted_takes_nobody_from_other_queues_and_changes_no_skills() {
    let (daemon, _dir) = daemon_of_file(&restriction());
    let mut mara = Client::join(daemon.socket(), &hello(None, false, None));
    for (command, word) in [
        (join("2001", "service", &[]), "about more than those"),
        (join("2001", "sales", &[("german", 5)]), "skills"),
        (join("2002", "sales", &[]), "agent 2002 is of service"),
        (Command::Settings { kind: SettingKind::Queue }, "about more than those"),
    ] {
        let told = why(&mut mara, command);
        assert!(told.contains(word), "{told}");
    }
    assert!(mara.ask(1, join("2003", "sales", &[])).is_ok(), "of no queue so far");
}

#[test]
fn a_desk_of_another_queue_tells_no_message() {
    let (daemon, dir) = daemon_of_file("");
    let mut mara = Client::join(daemon.socket(), &hello(None, false, None));
    for agent in ["2001", "2002"] {
        assert!(mara.ask(1, Command::Tell { to: agent.into(), text: "tea".into() }).is_ok());
    }
    let mut told = |agent: &str| match mara.ask(1, Command::Desk { agent: Some(agent.into()) }) {
        Ok(Answer::Desk(desk)) => desk.told.is_some(),
        other => panic!("{other:?}"),
    };
    assert!(told("2001") && told("2002"));
    configure(dir.path(), &restriction());
    let mut boss = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(boss.ask(1, Command::Reload).is_ok());
    assert!(told("2001") && !told("2002"));
}

#[test]
fn what_a_user_sees_follows_the_configuration_at_once() {
    let (daemon, dir) = daemon_of_file("");
    let mut mara = Client::join(daemon.socket(), &subscribed());
    let phone = registered(&daemon);
    let bound = |c: &Client| c.board.extensions.get(NUMBER).and_then(|x| x.bindings.first().cloned());
    mara.until(|c| bound(c).is_some_and(|binding| binding.address.starts_with("udp 127.0.0.1:")));
    let settings = || Command::Settings { kind: SettingKind::Queue };
    assert!(mara.ask(1, settings()).is_ok());
    configure(dir.path(), &restriction());
    assert!(mara.ask(1, Command::Reload).is_ok());
    assert!(mara.is_refused(settings()));
    // The board is drawn anew, with what is not hers masked.
    mara.until(|c| bound(c).is_none_or(|binding| binding.address.is_empty()));
    configure(dir.path(), "");
    assert!(mara.ask(1, Command::Reload).is_ok());
    assert!(mara.ask(1, settings()).is_ok());
    mara.until(|c| bound(c).is_some_and(|binding| binding.address.starts_with("udp 127.0.0.1:")));
    phone.stop().unwrap();
}

/// Of which queues a call is may change while somebody watches it.
#[test]
fn who_is_restricted_watches_a_call_as_long_as_it_is_of_the_own_queues() {
    let (daemon, _dir) = daemon_of_file(&restriction());
    let mut mara = Client::join(daemon.socket(), &subscribed());
    let sit = |presence: &str| Command::AgentPresence {
        agent: "2001".into(),
        presence: presence.into(),
        reason: None,
        extension: Some(NUMBER.into()),
    };
    assert!(mara.ask(1, sit("ready")).is_ok());
    let phone = registered(&daemon);
    phone.command(PhoneCommand::Call("*43".into())).unwrap();
    mara.until(|c| c.call(CallState::Service).is_some_and(|call| !call.queues.is_empty()));
    let call = mara.call(CallState::Service).unwrap().id.clone();
    let watch = ClientLine::Watch { call: Some(call) };
    mara.send(&serde_json::to_vec(&watch).unwrap());
    loop {
        match mara.line().unwrap() {
            ServerLine::Ladder(ladder) => break assert!(!ladder.entries.is_empty()),
            ServerLine::Levels(_) => {}
            other => mara.fold(other),
        }
    }
    let mut boss = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(boss.ask(1, sit("logged_out")).is_ok());
    // Whatever was on its way.
    std::thread::sleep(Duration::from_millis(300));
    let from = mara.heard.len();
    phone.command(PhoneCommand::HangUp).unwrap();
    loop {
        match mara.line().unwrap() {
            ServerLine::Levels(_) | ServerLine::LadderEntry { .. } | ServerLine::Ladder(_) => {}
            other => mara.fold(other),
        }
        if mara.call(CallState::Ended).is_some() {
            break;
        }
    }
    assert!(!mara.heard[from..].contains("BYE"), "{}", &mara.heard[from..]);
    phone.stop().unwrap();
}

/// A moment in which the call is of another queue, or of none, ends nothing: afterwards it is watched as before.
#[test]
fn who_watches_a_call_goes_on_when_it_is_of_the_own_queues_again() {
    let (daemon, _dir) = daemon_of_file(&restriction());
    let mut mara = Client::join(daemon.socket(), &subscribed());
    let sit = |agent: &str, presence: &str| Command::AgentPresence {
        agent: agent.into(),
        presence: presence.into(),
        reason: None,
        extension: Some(NUMBER.into()),
    };
    assert!(mara.ask(1, sit("2001", "ready")).is_ok());
    let phone = registered(&daemon);
    phone.command(PhoneCommand::Call("*43".into())).unwrap();
    mara.until(|c| c.call(CallState::Service).is_some_and(|call| !call.queues.is_empty()));
    let call = mara.call(CallState::Service).unwrap().id.clone();
    mara.send(&serde_json::to_vec(&ClientLine::Watch { call: Some(call) }).unwrap());
    let next_levels = |mara: &mut Client| loop {
        match mara.line().unwrap() {
            ServerLine::Levels(_) => break,
            ServerLine::Ladder(_) | ServerLine::LadderEntry { .. } => {}
            other => mara.fold(other),
        }
    };
    next_levels(&mut mara);
    let mut boss = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(boss.ask(1, sit("2001", "logged_out")).is_ok());
    // Loudness is told five times a second: meanwhile it was not hers.
    std::thread::sleep(Duration::from_millis(600));
    assert!(boss.ask(1, sit("2001", "ready")).is_ok());
    std::thread::sleep(Duration::from_millis(600));
    let from = mara.heard.len();
    phone.command(PhoneCommand::HangUp).unwrap();
    while !mara.heard[from..].contains("BYE") {
        match mara.line().unwrap() {
            ServerLine::Levels(_) | ServerLine::LadderEntry { .. } | ServerLine::Ladder(_) => {}
            other => mara.fold(other),
        }
    }
    phone.stop().unwrap();
}

/// Who comes back has a board as it was to be seen before: if that is another matter by now, all of it is sent.
#[test]
fn who_comes_back_after_a_change_of_rights_gets_a_fresh_board() {
    let (daemon, dir) = daemon_of_file("");
    let mut mara = Client::join(daemon.socket(), &subscribed());
    let phone = registered(&daemon);
    mara.until(|c| c.board.extensions.get(NUMBER).is_some_and(|x| !x.bindings.is_empty()));
    let resume = Some(Resume { epoch: mara.welcome.epoch, seq: mara.seq });
    let is_whole = |resume| {
        let mut client = Client::join(daemon.socket(), &hello(None, true, resume));
        matches!(client.line(), Some(ServerLine::Snapshot { .. }))
    };
    assert!(!is_whole(resume));
    configure(dir.path(), &restriction());
    assert!(mara.ask(1, Command::Reload).is_ok());
    assert!(is_whole(resume));
    phone.stop().unwrap();
}

const FLOW: &str = "start = \"which\"\n[nodes.which]\nkind = \"if\"\nwhen = \"caller == '442079460123'\"\n\
                    then = \"bye\"\notherwise = \"other\"\n[nodes.bye]\nkind = \"hang_up\"\n\
                    [nodes.other]\nkind = \"hang_up\"\n";

/// Numbers stand in conditions, in texts and in what nodes do.
#[test]
fn flows_are_shown_without_numbers_to_viewers_and_to_who_is_restricted() {
    let (daemon, dir) = daemon_of_file("");
    std::fs::create_dir_all(dir.path().join("flows")).unwrap();
    std::fs::write(dir.path().join("flows/main.toml"), FLOW).unwrap();
    let mut admin = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(admin.ask(1, Command::Reload).is_ok());
    let flows = |client: &mut Client| -> Vec<FlowView> {
        let Ok(Answer::Flows(flows)) = client.ask(1, Command::Flows) else { panic!("no flows") };
        assert_eq!(flows.len(), 1, "{flows:?}");
        flows
    };
    assert!(format!("{:?}", flows(&mut admin)).contains(NUMBER));
    let mut viewer = Client::join(daemon.socket(), &hello(Some(Role::Viewer), false, None));
    let seen = format!("{:?}", flows(&mut viewer));
    assert!(!seen.contains(NUMBER) && seen.contains("case 1"), "{seen}");
    configure(dir.path(), &restriction());
    assert!(admin.ask(1, Command::Reload).is_ok());
    let seen = format!("{:?}", flows(&mut admin));
    assert!(!seen.contains(NUMBER) && seen.contains("case 1"), "{seen}");
}

/// Who was not let in was offered to nobody and waits nowhere: why not is all there is to say.
#[test]
fn why_of_a_call_that_was_not_let_in_names_the_rule_to_who_may_see_it() {
    let routes = "[[routes]]\nname = \"in\"\nnumber = \"4100\"\nto = \"flow main\"\n";
    let (daemon, dir) = daemon_of_file("");
    std::fs::create_dir_all(dir.path().join("flows")).unwrap();
    let flow = "start = \"wait\"\n[nodes.wait]\nkind = \"queue\"\nqueue = \"service\"\nclosed = \"bye\"\n\
                timeout = \"bye\"\n[nodes.bye]\nkind = \"hang_up\"\n";
    std::fs::write(dir.path().join("flows/main.toml"), flow).unwrap();
    configure(dir.path(), routes);
    let mut admin = Client::join(daemon.socket(), &subscribed());
    assert!(admin.ask(1, Command::Reload).is_ok());
    let closed = Command::QueueDoor { queue: "service".into(), door: QueueDoor::Closed };
    assert!(admin.ask(1, closed).is_ok());
    let phone = registered(&daemon);
    phone.command(PhoneCommand::Call("4100".into())).unwrap();
    admin.until(|c| c.call(CallState::Ended).is_some());
    let call = admin.call(CallState::Ended).unwrap().id.clone();
    let why = |client: &mut Client| client.ask(1, Command::Why { call: call.clone() });
    let Ok(Answer::Why(told)) = why(&mut admin) else { panic!("{:?}", why(&mut admin)) };
    let said: Vec<&str> = told.path.iter().map(|step| step.text.as_str()).collect();
    assert!(said.iter().any(|text| text.contains("does not let it in: it was closed")), "{said:?}");
    let mut viewer = Client::join(daemon.socket(), &hello(Some(Role::Viewer), false, None));
    let Ok(Answer::Why(told)) = why(&mut viewer) else { panic!("{:?}", why(&mut viewer)) };
    assert!(told.path.is_empty(), "words may name numbers");
    configure(dir.path(), &(routes.to_owned() + &restriction()));
    assert!(admin.ask(1, Command::Reload).is_ok());
    assert!(why(&mut admin).is_err(), "it is of no queue of hers");
    phone.stop().unwrap();
}

/// Not by the words of a refusal: a client that is told so asks for the phone.
#[test]
fn a_user_whose_phone_nobody_knows_is_asked_for_it() {
    let (daemon, _dir) = daemon();
    let mut admin = Client::join(daemon.socket(), &hello(None, false, None));
    let (target, mode) = (Supervised::Extension(NUMBER.into()), SupervisionMode::Listen);
    let listen = |phone: Option<&str>| {
        let (target, phone) = (target.clone(), phone.map(str::to_owned));
        Command::Supervise { target, mode, phone }
    };
    let end = Command::SuperviseAct { act: SuperviseAct::End, phone: None };
    for (id, command) in [(1, listen(None)), (2, end)] {
        let Err(CommandError::NeedsPhone { why }) = admin.ask(id, command) else { panic!("it knows") };
        assert!(why.contains("[control.phones]"), "{why}");
    }
    assert!(admin.is_refused(listen(Some("999"))), "another reason is another word");
}
