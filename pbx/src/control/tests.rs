#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The control socket as clients meet it: a whole daemon on loopback with a real phone, and clients that are a socket
//! and lines.

mod breaks;
mod flows;
mod over;
mod refused;
mod rights;
mod telling;
mod told;

use super::*;
use crate::config;
use crate::daemon::{self, Daemon};
use crate::engine::EngineHandle;
use crate::keeper::{Keeper, KeeperSettings};
use crate::media::{MediaEngine, MediaSettings};
use crate::softphone::{Softphone, SoftphoneConfig};
use crate::store::Store;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use switchroom_phone::{PhoneCommand, PhoneEvent, PhoneSettings};
use switchroom_wire::{
    Answer, Board, CallState, CallView, Change, ClientLine, Command, CommandError, ConfigChange, EventKind,
    EventView, FlowTextView, Hello, LINE_BYTES_MAX, NewPassword, PROTOCOL, RecordingAct, Refuse, Reply,
    Request, Resume, Role, ServerLine, SettingKind, SettingsApplied, SettingsChange, SettingsDiff,
    SettingsView, SuperviseAct, Supervised, SupervisionMode, SystemView, Welcome,
};

const TIME: Duration = Duration::from_secs(20);
const NUMBER: &str = "442079460123";

struct Client {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    welcome: Welcome,
    board: Board,
    seq: u64,
    /// Everything that came, as it came.
    heard: String,
}

fn hello(want_role: Option<Role>, subscribe: bool, resume: Option<Resume>) -> ClientLine {
    ClientLine::Hello(Hello { proto: PROTOCOL, client: "test".into(), want_role, subscribe, resume })
}

fn subscribed() -> ClientLine {
    hello(None, true, None)
}

impl Client {
    /// A connection whose first line that is.
    fn dial(socket: &Path, first: &[u8]) -> Self {
        let writer = UnixStream::connect(socket).unwrap();
        writer.set_read_timeout(Some(TIME)).unwrap();
        let reader = BufReader::new(writer.try_clone().unwrap());
        let (welcome, board) = (Welcome::default(), Board::default());
        let mut client = Self { reader, writer, welcome, board, seq: 0, heard: String::new() };
        client.send(first);
        client
    }

    /// A connection that was let in.
    fn join(socket: &Path, hello: &ClientLine) -> Self {
        let mut client = Self::dial(socket, &serde_json::to_vec(hello).unwrap());
        let Some(ServerLine::Welcome(welcome)) = client.line() else { panic!("not let in") };
        client.welcome = welcome;
        client
    }

    fn send(&mut self, line: &[u8]) {
        // The daemon may have closed already, which the answer tells.
        let _ = self.writer.write_all(&[line, b"\n"].concat());
    }

    /// The next line; `None` at the end.
    fn line(&mut self) -> Option<ServerLine> {
        let from = self.heard.len();
        match self.reader.read_line(&mut self.heard) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&self.heard[from..]).unwrap()),
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    /// The reason of a refusal, after which the connection must end.
    fn refused(mut self) -> String {
        loop {
            match self.line() {
                Some(ServerLine::Refuse(Refuse { reason, .. })) => {
                    assert_eq!(self.line(), None, "closed");
                    return reason;
                }
                Some(_) => {}
                None => panic!("closed without a word"),
            }
        }
    }

    /// Folds what comes into the board until it is as wanted.
    fn until(&mut self, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            let line = self.line().expect("the daemon goes on");
            self.fold(line);
        }
    }

    fn fold(&mut self, line: ServerLine) {
        match line {
            ServerLine::Snapshot { seq, board, .. } => (self.seq, self.board) = (seq, *board),
            ServerLine::Delta { seq, change, .. } => {
                assert_eq!(seq, self.seq + 1, "no gap");
                self.seq = seq;
                self.board.apply(&change);
            }
            ServerLine::Alive { seq, .. } => assert_eq!(seq, self.seq, "nothing is missing"),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, id: u64, command: Command) -> Result<Answer, CommandError> {
        let line = ClientLine::Command(Request { id, command });
        self.send(&serde_json::to_vec(&line).unwrap());
        loop {
            match self.line().expect("an answer") {
                ServerLine::Reply(Reply { id: answered, result }) => {
                    assert_eq!(answered, id);
                    return result;
                }
                other => self.fold(other),
            }
        }
    }

    fn is_refused(&mut self, command: Command) -> bool {
        matches!(self.ask(9, command), Err(CommandError::Refused { .. }))
    }

    fn call(&self, state: CallState) -> Option<&CallView> {
        self.board.calls.values().find(|call| call.state == state)
    }
}

/// A daemon in a folder of its own, with extension [`NUMBER`].
fn daemon() -> (Daemon, tempfile::TempDir) {
    daemon_with("")
}

/// The same with more in its configuration.
fn daemon_with(more: &str) -> (Daemon, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let loaded = config::parse(&(site() + more), Path::new("switchroom.toml"), dir.path()).unwrap();
    (daemon::start(&loaded).unwrap(), dir)
}

thread_local! {
    /// Ports of the test that runs here: two daemons with the same would take them from each other.
    static PORTS: u16 = {
        static NEXT: AtomicU16 = AtomicU16::new(30_000);
        NEXT.fetch_add(40, Ordering::Relaxed)
    };
}

/// Its configuration.
fn site() -> String {
    let first = PORTS.with(|first| *first);
    let last = first + 39;
    let (md5, sha256) = config::digests(NUMBER, "example.com", "secret");
    format!(
        "[site]\ndomain = \"example.com\"\n[sip]\nlisten = [\"udp 127.0.0.1:0\"]\n[media]\nthreads = 1\n\
         ports = \"{first}-{last}\"\n[control]\nsocket = \"control.sock\"\n\
         [extensions.{NUMBER}]\nname = \"Ana\"\ndigest_md5 = \"{md5}\"\ndigest_sha256 = \"{sha256}\"\n"
    )
}

fn registered(daemon: &Daemon) -> Softphone {
    let settings = PhoneSettings::new(NUMBER, "secret", "example.com");
    let phone = Softphone::start(SoftphoneConfig::new(settings, daemon.sip_udp().unwrap())).unwrap();
    phone.command(PhoneCommand::Register).unwrap();
    phone.wait_for(|e| matches!(e, PhoneEvent::Registered { .. }), TIME).unwrap();
    phone
}

#[test]
fn who_does_not_speak_the_protocol_is_told_so() {
    let (daemon, _dir) = daemon();
    let refused = |first: &[u8]| Client::dial(daemon.socket(), first).refused();
    let old = refused(br#"{"hello":{"proto":999}}"#);
    assert_eq!(old, "the daemon speaks protocol 1, the client 999: use the console of the daemon's version");
    assert_eq!(refused(br#"{"watch":{"call":null}}"#), "the first line must be a hello of this protocol");
    let nonsense = refused(b"GET / HTTP/1.1");
    assert!(nonsense.ends_with("; line 1: expected value: column 1"), "{nonsense}");
    assert!(refused(&vec![b'x'; LINE_BYTES_MAX]).ends_with("; line 1: longer than 65536 bytes"));

    let later = |line: &[u8]| {
        let mut client = Client::join(daemon.socket(), &subscribed());
        client.send(line);
        client.refused()
    };
    assert_eq!(later(&vec![b' '; LINE_BYTES_MAX]), "line 2: longer than 65536 bytes");
    assert_eq!(later(br#"{"command":{"id":1}}"#), "line 2: missing field `do`: column 19");
    assert_eq!(later(&serde_json::to_vec(&subscribed()).unwrap()), "a hello is only the first line");
}

/// The socket answers once the board is filled, so nobody is told of a floor without people.
#[test]
fn who_asks_first_is_told_of_every_agent_queue_and_extension() {
    for _ in 0..3 {
        let (daemon, _dir) =
            daemon_with("[queues.sales]\n[agents.2001]\nqueues = [\"sales\"]\n[agents.2002]\n");
        let mut admin = Client::join(daemon.socket(), &hello(None, false, None));
        let Ok(Answer::Agents(agents)) = admin.ask(1, Command::Agents) else { panic!("agents") };
        let Ok(Answer::Queues(queues)) = admin.ask(2, Command::Queues) else { panic!("queues") };
        let Ok(Answer::Extensions(extensions)) = admin.ask(3, Command::Extensions) else { panic!("lines") };
        assert_eq!((agents.len(), queues.len(), extensions.len()), (2, 1, 1));
    }
}

/// An agent sees the own desk and no other, acts on what is the own, and what is noted on a call is found with the number's
/// next one.
#[test]
fn an_agent_has_the_own_desk_and_notes_stay_with_the_caller() {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let (daemon, _dir) = daemon_with(&format!(
        "[control.phones]\n{user} = \"{NUMBER}\"\n[queues.sales]\nscript = \"Hello.\"\n\
         [agents.2001]\nextension = \"{NUMBER}\"\nqueues = [\"sales\"]\n[agents.2002]\nqueues = [\"sales\"]\n\
         [breaks.lunch]\nlabel = \"Lunch\"\n"
    ));
    let mut agent = Client::join(daemon.socket(), &hello(Some(Role::Agent), false, None));
    let desk = |client: &mut Client, agent: Option<&str>| match client
        .ask(1, Command::Desk { agent: agent.map(str::to_owned) })
    {
        Ok(Answer::Desk(desk)) => Ok(*desk),
        Ok(other) => panic!("{other:?}"),
        Err(CommandError::Refused { why }) => Err(why),
        Err(other) => panic!("{other:?}"),
    };
    let own = desk(&mut agent, None).unwrap();
    assert_eq!((own.agent.as_str(), own.extension.as_str(), own.card), ("2001", NUMBER, None));
    assert_eq!(own.breaks, [("lunch".to_owned(), "Lunch".to_owned())]);
    assert!(desk(&mut agent, Some("2002")).unwrap_err().contains("needs the role supervisor"));
    let mut boss = Client::join(daemon.socket(), &subscribed());
    boss.until(|c| c.board.events.iter().any(|event| event.text.contains("desk of agent 2002: ")));
    let mut viewer = Client::join(daemon.socket(), &hello(Some(Role::Viewer), false, None));
    assert!(desk(&mut viewer, None).is_err());
    let presence = |agent: &str| Command::AgentPresence {
        agent: agent.into(),
        presence: "ready".into(),
        reason: None,
        extension: None,
    };
    agent.ask(2, presence("2001")).unwrap();
    assert!(agent.is_refused(presence("2002")));
    assert!(agent.is_refused(Command::TakeOut { call: "1".into() }));

    let phone = registered(&daemon);
    let mut admin = Client::join(daemon.socket(), &subscribed());
    phone.command(PhoneCommand::Call("*43".into())).unwrap();
    admin.until(|c| c.call(CallState::Service).is_some());
    let number = admin.call(CallState::Service).unwrap().number.to_string();
    let note = |text: &str| Command::Note { call: number.clone(), text: text.into() };
    agent.ask(3, note("an echo")).unwrap();
    agent.ask(4, Command::HangUp { call: number.clone() }).unwrap();
    phone.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), TIME).unwrap();
    admin.until(|c| c.board.calls.is_empty());
    agent.ask(5, note("was in it")).unwrap();
    let noted = |client: &mut Client| -> Vec<String> {
        let events =
            client.ask(6, Command::Events { limit: 100, call: Some(number.clone()), after_ms: None });
        let Ok(Answer::Events(events)) = events else { panic!("{events:?}") };
        events.into_iter().filter(|event| event.name == "note").map(|event| event.text).collect()
    };
    // It is kept in its turn, by another thread.
    for _ in 0..1_000 {
        if noted(&mut agent).len() == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(noted(&mut agent), [format!("{user}: an echo"), format!("{user}: was in it")]);
    phone.stop().unwrap();
}

#[test]
fn one_user_has_so_many_connections_and_is_told_so() {
    let (daemon, _dir) = daemon();
    let held: Vec<_> = (0..32).map(|_| Client::join(daemon.socket(), &hello(None, false, None))).collect();
    let mut more = Client::dial(daemon.socket(), b"");
    let Some(ServerLine::Refuse(refuse)) = more.line() else { panic!("let in") };
    assert_eq!(refuse.reason, "you have 32 connections already; close one first");
    drop(held);
}

/// A phone registers and calls; an admin and a viewer who saw it all have what a fresh client gets, and the viewer never
/// saw a number or an address.
#[test]
fn changes_fold_to_a_fresh_board_and_viewers_see_no_numbers() {
    let (daemon, _dir) = daemon();
    let mut admin = Client::join(daemon.socket(), &subscribed());
    let mut viewer = Client::join(daemon.socket(), &hello(Some(Role::Viewer), true, None));
    assert_eq!((admin.welcome.role, viewer.welcome.role), (Role::Admin, Role::Viewer));

    let phone = registered(&daemon);
    phone.command(PhoneCommand::Call("*43".into())).unwrap();
    // Calls are told before extensions.
    let is_bound = |c: &Client| c.board.extensions.get(NUMBER).is_some_and(|x| !x.bindings.is_empty());
    admin.until(|c| c.call(CallState::Service).is_some() && is_bound(c));
    let call = admin.call(CallState::Service).unwrap().clone();
    assert_eq!(call.from.number, NUMBER);
    let binding = admin.board.extensions[NUMBER].bindings[0].clone();
    assert!(binding.address.starts_with("udp 127.0.0.1:"), "{binding:?}");

    let mut script = Client::join(daemon.socket(), &hello(Some(Role::Viewer), false, None));
    let one = |call: &CallView| call.number.to_string();
    assert!(script.is_refused(Command::HangUp { call: one(&call) }));
    assert!(script.is_refused(Command::DeleteMessage { message: "m".into() }));
    assert!(script.is_refused(Command::HoldRecording { call: one(&call), reason: "r".into() }));
    assert!(script.is_refused(Command::ReleaseRecording { call: one(&call) }));
    assert!(script.is_refused(Command::DeleteRecording { call: one(&call) }));
    assert!(script.is_refused(Command::Ladder { call: one(&call) }));
    assert!(script.is_refused(Command::Events { limit: 10, call: None, after_ms: None }));
    assert!(script.is_refused(Command::Cdrs { limit: 10, before_ms: None, party: Some(NUMBER.into()) }));
    assert!(script.is_refused(Command::Recordings { limit: 10, party: Some(NUMBER.into()) }));
    for command in [Command::Calls, Command::Call { call: one(&call) }, Command::Extensions, Command::Status]
    {
        script.ask(1, command).unwrap();
    }

    assert!(admin.ask(2, Command::HangUp { call: one(&call) }).is_ok());
    phone.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), TIME).unwrap();
    for client in [&mut admin, &mut viewer] {
        client.until(|c| c.call(CallState::Ended).is_some());
    }
    assert!(matches!(
        script.ask(3, Command::Cdrs { limit: 10, before_ms: None, party: None }),
        Ok(Answer::Cdrs(_))
    ));
    phone.stop().unwrap();

    for (old, role) in [(&mut admin, None), (&mut viewer, Some(Role::Viewer))] {
        let mut fresh = Client::join(daemon.socket(), &hello(role, true, None));
        fresh.until(|c| c.seq > 0);
        let (seq, target) = (fresh.seq, fresh.board.clone());
        old.until(|c| c.seq >= seq);
        fresh.until(|c| c.seq >= old.seq);
        // A viewer's figures may be newer than the change they stand in for.
        if role.is_some() {
            for board in [&mut old.board, &mut fresh.board] {
                board.system = SystemView::default();
            }
        }
        assert_eq!(old.board, fresh.board);
        assert!(!target.extensions.is_empty());
    }

    // The configured number of the extension itself is on the floor's board; the caller's, in calls, is masked.
    let socket_of_phone = binding.address.trim_start_matches("udp ");
    for heard in [&viewer.heard, &script.heard] {
        assert!(!heard.contains(socket_of_phone), "{heard}");
        assert!(!heard.contains(&binding.contact), "{heard}");
    }
    assert!(viewer.board.calls.values().all(|call| call.from.number == "442…23" && call.path.is_empty()));
    assert!(admin.heard.contains(socket_of_phone));
}

/// An agent has only the call of the own phone; a supervisor has any, and is told what is wrong with it.
#[test]
fn the_recording_of_a_call_is_for_who_is_in_it_and_for_supervisors() {
    let (daemon, _dir) = daemon();
    let join = |role| Client::join(daemon.socket(), &hello(Some(role), true, None));
    let (mut viewer, mut agent, mut boss) = (join(Role::Viewer), join(Role::Agent), join(Role::Supervisor));
    let phone = registered(&daemon);
    phone.command(PhoneCommand::Call("*43".into())).unwrap();
    boss.until(|c| c.call(CallState::Service).is_some());
    let call = boss.call(CallState::Service).unwrap().number.to_string();
    let act = |client: &mut Client, act| match client.ask(1, Command::Record { call: call.clone(), act }) {
        Err(CommandError::Refused { why }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        act(&mut viewer, RecordingAct::Pause),
        "this needs the role agent; you are viewer, see [control.roles]"
    );
    let why = act(&mut agent, RecordingAct::Pause);
    assert!(why.starts_with("which phone is yours is not known"), "{why}");
    assert_eq!(act(&mut boss, RecordingAct::Pause), format!("call {call} is not recorded"));
    let why = act(&mut boss, RecordingAct::Start);
    assert_eq!(why, format!("in call {call} nobody talks at the moment"));
    // What the viewer and the agent may not do is written down, and so is what cannot be done as things stand.
    assert!(viewer.ask(1, Command::Ladder { call: call.clone() }).is_err());
    let refused = |event: &&EventView| event.name == "refused" && event.kind == EventKind::Audit;
    boss.until(|c| c.board.events.iter().filter(refused).count() == 5);
    let mut events: Vec<&EventView> = boss.board.events.iter().filter(refused).collect();
    events.sort_by_key(|event| event.seq);
    let of: Vec<&str> =
        events.iter().filter_map(|e| e.text.split_once(" was refused: ")).map(|e| e.1).collect();
    assert_eq!(of.len(), 5, "{of:?}");
    assert_eq!(
        of[0],
        format!("record of call {call}: this needs the role agent; you are viewer, see [control.roles]")
    );
    assert!(of[1].starts_with("which phone is yours is not known"), "{of:?}");
    assert_eq!(of[2], format!("record of call {call}: call {call} is not recorded"));
    assert_eq!(of[3], format!("record of call {call}: in call {call} nobody talks at the moment"));
    assert!(
        of[4].starts_with(&format!("ladder of call {call}: the messages of a call hold numbers")),
        "{of:?}"
    );
    phone.stop().unwrap();
}

#[test]
fn who_comes_back_gets_what_was_missed() {
    let (daemon, _dir) = daemon();
    let mut client = Client::join(daemon.socket(), &subscribed());
    client.until(|c| c.seq > 0);
    let (epoch, seq, board) = (client.welcome.epoch, client.seq, client.board.clone());
    drop(client);
    let phone = registered(&daemon);

    let mut back = Client::join(daemon.socket(), &hello(None, true, Some(Resume { epoch, seq })));
    (back.seq, back.board) = (seq, board);
    back.until(|c| c.board.extensions.get(NUMBER).is_some_and(|x| x.bindings.len() == 1));
    assert!(!back.heard.contains("\"snapshot\""), "changes were enough");
    // Of another life of the daemon nothing can be resumed.
    let mut other = Client::join(daemon.socket(), &hello(None, true, Some(Resume { epoch: epoch ^ 1, seq })));
    assert!(matches!(other.line(), Some(ServerLine::Snapshot { .. })));
    phone.stop().unwrap();
}

/// More changes than are kept for a client that does not read: it gets a fresh board and goes on from there.
#[test]
fn who_falls_behind_gets_a_fresh_board() {
    const CHANGES: u64 = 30_000;
    let dir = tempfile::tempdir().unwrap();
    let text = "[control]\nsocket = \"control.sock\"\n";
    let shell = config::parse(text, Path::new("switchroom.toml"), dir.path()).unwrap().shell;
    let socket = shell.socket.clone();
    let (engine, _inputs) = EngineHandle::new();
    let (store, _) = Store::open(&shell.data_dir, Arc::new(|_| ())).unwrap();
    let media = MediaSettings {
        threads: 1,
        ..MediaSettings::new("127.0.0.1".parse().unwrap(), 30_000, 1, shell.recordings_dir.clone())
    };
    let media =
        Arc::new(MediaEngine::start(media, Arc::new(|_| ()), Arc::new(|_| ()), Arc::new(|_| ())).unwrap());
    let hub = Arc::new(Hub::new(7, SystemView::default()));
    let keeper = Keeper::start(KeeperSettings {
        dir: shell.recordings_dir.clone(),
        store: store.clone(),
        engine: engine.clone(),
        keep: shell.keep,
        turns: Default::default(),
    });
    let settings = ControlSettings {
        shell,
        engine,
        hub: hub.clone(),
        store,
        media,
        keeper: Arc::new(keeper.unwrap()),
        configured: Arc::new(Unconfigured),
        stop: Arc::default(),
        dumps: crate::flight::Dumps::new(dir.path()),
        in_force: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _server = runtime.block_on(start(settings)).unwrap();

    let mut slow = Client::join(&socket, &subscribed());
    assert!(matches!(slow.line(), Some(ServerLine::Snapshot { seq: 0, .. })));
    hub.publish((1..=CHANGES).map(|seq| Change::Event(EventView { seq, ..EventView::default() })));
    let mut boards = 0;
    while slow.seq < CHANGES {
        let line = slow.line().unwrap();
        boards += u32::from(matches!(line, ServerLine::Snapshot { .. }));
        slow.fold(line);
    }
    assert!(boards >= 1, "changes were left out");
    assert_eq!(slow.board, hub.board());
}

/// Looked at, made, written down, undone; by an admin and nobody else, and the password is in one answer only.
#[test]
fn settings_are_changed_as_they_were_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchroom.toml");
    let before = site();
    std::fs::write(&path, &before).unwrap();
    let _daemon = daemon::start(&config::load(&path).unwrap()).unwrap();
    let mut admin = Client::join(&dir.path().join("control.sock"), &hello(None, false, None));
    let add = SettingsChange::Add {
        kind: SettingKind::Extension,
        name: "177".into(),
        values: [("name".to_owned(), Some("Kim".into()))].into(),
        password: Some(NewPassword::Made),
    };
    let preview = Command::PreviewSettings { change: add.clone() };
    for role in [Role::Viewer, Role::Agent, Role::Supervisor] {
        let mut other = Client::join(&dir.path().join("control.sock"), &hello(Some(role), false, None));
        for command in [Command::Settings { kind: SettingKind::Role }, preview.clone()] {
            let refused = other.ask(1, command).unwrap_err();
            assert!(matches!(refused, CommandError::Refused { .. }), "{refused:?}");
        }
    }
    let Ok(Answer::SettingsDiff(diff)) = admin.ask(1, preview) else { panic!("no difference") };
    assert!(diff.faults.is_empty() && !diff.needs_restart, "{diff:?}");
    assert!(
        diff.unified()
            .contains("+[extensions.177]\n+name = \"Kim\"\n+digest_md5 = \"…\"\n+digest_sha256 = \"…\"\n"),
        "{}",
        diff.unified()
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);

    let apply = |change: &SettingsChange, file: &str| Command::ApplySettings {
        change: change.clone(),
        file: file.into(),
    };
    let stale = admin.ask(1, apply(&add, "0000")).unwrap_err();
    assert!(matches!(&stale, CommandError::Refused { why } if why.contains("look at it again")), "{stale:?}");
    let Ok(Answer::SettingsApplied(applied)) = admin.ask(1, apply(&add, &diff.file)) else {
        panic!("not applied")
    };
    let password = applied.password.clone().unwrap().0;
    let after = std::fs::read_to_string(&path).unwrap();
    let domain = config::load(&path).unwrap().config.domain;
    assert!(after.contains(&config::digests("177", &domain, &password).0), "{after}");
    let again = admin.ask(1, apply(&add, &diff.file)).unwrap_err();
    assert!(matches!(&again, CommandError::Refused { why } if why.contains("look at it again")), "{again:?}");
    admin.heard.clear();
    let is_written_down = |admin: &mut Client| {
        let events = Command::Events { limit: 50, call: None, after_ms: None };
        let Ok(Answer::Events(events)) = admin.ask(1, events) else { panic!("no events") };
        events.iter().any(|event| event.text.contains("extensions.177 is new"))
    };
    // The store is told, and asked a moment later.
    let is_seen = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        is_written_down(&mut admin)
    });
    assert!(is_seen, "in no event");
    let Ok(Answer::Settings(view)) = admin.ask(1, Command::Settings { kind: SettingKind::Extension }) else {
        panic!("no settings")
    };
    assert!(view.undo.as_deref().unwrap().contains("extensions.177 is new"), "{view:?}");
    assert!(!admin.heard.contains(&password), "{}", admin.heard);

    // Once somebody has been at the file by hand nothing is undone over it.
    std::fs::write(&path, format!("{after}# by hand\n")).unwrap();
    assert!(admin.ask(1, apply(&SettingsChange::Undo, &applied.file)).is_err());
    std::fs::write(&path, &after).unwrap();
    let Ok(Answer::SettingsApplied(undone)) = admin.ask(1, apply(&SettingsChange::Undo, &applied.file))
    else {
        panic!("not undone")
    };
    assert!(undone.told.starts_with("undone: extensions.177 is new"), "{undone:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert!(admin.ask(1, Command::PreviewSettings { change: SettingsChange::Undo }).is_err());
}

/// A configuration without a file.
struct Unconfigured;

impl Configuration for Unconfigured {
    fn reload(&self) -> Result<String, NotDone> {
        Ok(String::new())
    }

    fn change(&self, _: &ConfigChange) -> Result<String, NotDone> {
        Ok(String::new())
    }

    fn settings(&self, _: SettingKind) -> Result<SettingsView, NotDone> {
        Ok(SettingsView::default())
    }

    fn flow_text(&self, _: &str) -> Result<FlowTextView, NotDone> {
        Ok(FlowTextView::default())
    }

    fn preview(&self, _: &SettingsChange) -> Result<SettingsDiff, NotDone> {
        Ok(SettingsDiff::default())
    }

    fn apply(&self, _: &SettingsChange, _: &str) -> Result<SettingsApplied, NotDone> {
        Ok(SettingsApplied::default())
    }
}
