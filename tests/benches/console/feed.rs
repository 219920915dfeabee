//! A floor of any size, told as the daemon tells it: a board, changes at a rate, and answers. Its calls, agents, queues and lines
//! are those of the console's fixtures, as many times as asked for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use switchroom_wire::{
    AgentView, Answer, Board, CallState, Change, ClientLine, Command, CommandError, ExtensionState,
    FiguresBy, FiguresView, PROTOCOL, Reply, Request, Role, ServerLine, SettingKind, SettingsView, Welcome,
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) agents: usize,
    pub(crate) queues: usize,
    pub(crate) calls: usize,
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../console/tests/fixtures/{name}.ndjson"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("a line of a fixture")
}

/// The office of the fixtures with its floor.
fn office() -> (Welcome, Board) {
    let (mut welcome, mut board) = (Welcome::default(), Board::default());
    for line in fixture("office").lines() {
        match parsed(line) {
            ServerLine::Welcome(told) => welcome = told,
            ServerLine::Snapshot { board: told, .. } => board = *told,
            ServerLine::Delta { change, .. } => board.apply(&change),
            _ => {}
        }
    }
    fixture("floor").lines().for_each(|line| board.apply(&parsed::<Change>(line)));
    (welcome, board)
}

/// As many of each as asked for, copied from those of the office in turn.
pub(crate) fn board(sizes: Sizes) -> Board {
    let (_, mut board) = office();
    let now = now_ms();
    let extensions: Vec<_> = board.extensions.values().cloned().collect();
    board.extensions = (0..sizes.agents)
        .map(|n| {
            let mut one = extensions[n % extensions.len()].clone();
            (one.number, one.since_ms) = ((10_000 + n).to_string(), now - 60_000);
            (one.number.clone(), one)
        })
        .collect();
    let queues: Vec<_> = board.queues.values().cloned().collect();
    let queue_name = |n: usize| format!("queue{:03}", n % sizes.queues.max(1));
    board.queues = (0..sizes.queues)
        .map(|n| {
            let mut one = queues[n % queues.len()].clone();
            (one.name, one.label) = (queue_name(n), format!("Queue {n} of the house"));
            one.oldest_ms = one.oldest_ms.map(|_| now - 5_000);
            one.waiting.iter_mut().for_each(|waiter| waiter.since_ms = now - 5_000);
            (one.name.clone(), one)
        })
        .collect();
    let calls: Vec<_> = board.calls.values().filter(|call| call.ended.is_none()).cloned().collect();
    board.calls = (0..sizes.calls)
        .map(|n| {
            let mut one = calls[n % calls.len()].clone();
            (one.id, one.number) = (format!("01JBS9{n:020}"), 10_000 + n as u64);
            one.started_ms = now - 30_000 - n as i64;
            one.answered_ms = one.answered_ms.map(|_| now - 20_000);
            one.queues = vec![queue_name(n)];
            (one.id.clone(), one)
        })
        .collect();
    let agents: Vec<AgentView> = board.agents.values().cloned().collect();
    let ids: Vec<String> = board.calls.keys().cloned().collect();
    board.agents = (0..sizes.agents)
        .map(|n| {
            let mut one = agents[n % agents.len()].clone();
            (one.number, one.since_ms) = ((20_000 + n).to_string(), now - 30_000);
            one.extension = (10_000 + n).to_string();
            one.queues = (0..3).map(|k| (queue_name(n * 3 + k), 1)).collect();
            one.call = one.call.and_then(|_| ids.get(n).cloned());
            (one.number.clone(), one)
        })
        .collect();
    board
}

/// Everybody has gone home, and nothing is told of that could grow older.
pub(crate) fn empty(board: &mut Board) {
    for queue in board.queues.values_mut() {
        queue.waiting.clear();
        (queue.waiting_count, queue.oldest_ms, queue.free, queue.busy, queue.signed_in) = (0, None, 0, 0, 0);
    }
    for agent in board.agents.values_mut() {
        *agent = AgentView {
            number: agent.number.clone(),
            presence: "logged_out".into(),
            activity: "idle".into(),
            ..AgentView::default()
        };
    }
    board.alarms.clear();
}

/// A socket at which all this is told.
pub(crate) struct Feed {
    _dir: tempfile::TempDir,
    socket: PathBuf,
    rate: Arc<AtomicU32>,
}

impl Feed {
    pub(crate) fn start(board: Board) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("control.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let rate = Arc::new(AtomicU32::new(0));
        let (told, at) = (rate.clone(), Arc::new(board));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (board, rate) = (at.clone(), told.clone());
                std::thread::spawn(move || tell(stream, (*board).clone(), &rate));
            }
        });
        Self { _dir: dir, socket, rate }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// So many changes a second from now on.
    pub(crate) fn set_rate(&self, rate: u32) {
        self.rate.store(rate, Ordering::Relaxed);
    }
}

/// One console, until it goes.
fn tell(stream: UnixStream, board: Board, rate: &AtomicU32) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let ClientLine::Hello(hello) = parsed(&line) else { return None };
    let mut told = Told { stream, seq: 1, board };
    let now = now_ms();
    let welcome = Welcome {
        proto: PROTOCOL,
        role: Role::Admin,
        time_ms: now,
        started_ms: now - 3_600_000,
        ..office().0
    };
    told.line(&ServerLine::Welcome(welcome))?;
    if hello.subscribe {
        let board = Box::new(told.board.clone());
        told.line(&ServerLine::Snapshot { seq: 1, at_ms: now, board })?;
    }
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            if let ClientLine::Command(request) = parsed(&line)
                && sender.send(request).is_err()
            {
                return;
            }
        }
    });
    told.talk(&requests, hello.subscribe, rate)
}

struct Told {
    stream: UnixStream,
    seq: u64,
    board: Board,
}

impl Told {
    fn line(&mut self, line: &ServerLine) -> Option<()> {
        let mut bytes = serde_json::to_vec(line).unwrap();
        bytes.push(b'\n');
        self.stream.write_all(&bytes).ok()
    }

    /// Answers, tells that it lives once a second, and changes as many times as wanted.
    fn talk(&mut self, requests: &Receiver<Request>, is_watched: bool, rate: &AtomicU32) -> Option<()> {
        let (mut beat, mut next, mut turn) = (Instant::now(), Instant::now(), 0);
        loop {
            match requests.recv_timeout(Duration::from_millis(2)) {
                Ok(request) => {
                    let result = answer(&self.board, request.command);
                    self.line(&ServerLine::Reply(Reply { id: request.id, result }))?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            if !is_watched {
                continue;
            }
            if beat.elapsed() >= Duration::from_secs(1) {
                beat = Instant::now();
                self.line(&ServerLine::Alive { seq: self.seq, at_ms: now_ms(), utc_offset_min: Some(0) })?;
            }
            let wanted = rate.load(Ordering::Relaxed);
            if wanted == 0 {
                next = Instant::now();
            }
            while wanted > 0 && next <= Instant::now() {
                next += Duration::from_secs(1) / wanted;
                turn += 1;
                let change = change(&mut self.board, turn);
                self.seq += 1;
                self.line(&ServerLine::Delta { seq: self.seq, at_ms: now_ms(), change })?;
            }
        }
    }
}

/// One of many in turn.
fn pick<T>(all: &mut std::collections::BTreeMap<String, T>, turn: usize) -> &mut T {
    let place = turn * 7 % all.len();
    all.values_mut().nth(place).unwrap()
}

/// An agent, a queue, a call or a line that is not as it was.
fn change(board: &mut Board, turn: usize) -> Change {
    let now = now_ms();
    let is_odd = turn / 4 % 2 == 1;
    match turn % 4 {
        0 => {
            let agent = pick(&mut board.agents, turn / 4);
            agent.activity = if is_odd { "talking" } else { "holding" }.to_owned();
            agent.since_ms = now;
            Change::Agent(Box::new(agent.clone()))
        }
        1 => {
            let queue = pick(&mut board.queues, turn / 4);
            queue.waiting_count += 1;
            queue.today.offered += 1;
            Change::Queue(Box::new(queue.clone()))
        }
        2 => {
            let call = pick(&mut board.calls, turn / 4);
            call.state = if is_odd { CallState::Talking } else { CallState::Held };
            call.held_ms = (!is_odd).then_some(now);
            Change::Call(Box::new(call.clone()))
        }
        _ => {
            let line = pick(&mut board.extensions, turn / 4);
            line.state = if is_odd { ExtensionState::Busy } else { ExtensionState::Idle };
            line.since_ms = now;
            Change::Extension(Box::new(line.clone()))
        }
    }
}

fn answer(board: &Board, command: Command) -> Result<Answer, CommandError> {
    match command {
        Command::Figures { by, .. } => Ok(Answer::Figures(figures(board, by))),
        Command::Flows => Ok(Answer::Flows(parsed(fixture("flows").trim()))),
        Command::Desk { .. } => {
            let Answer::Desk(mut desk) = parsed(fixture("desk").lines().next().unwrap()) else { panic!() };
            desk.agent = board.agents.keys().next().cloned().unwrap_or_default();
            Ok(Answer::Desk(desk))
        }
        Command::Settings { kind } => Ok(Answer::Settings(Box::new(settings(board, kind)))),
        Command::Cdrs { .. } => Ok(parsed(fixture("ended").lines().next().unwrap())),
        Command::Events { .. } => Ok(parsed(fixture("ended").lines().nth(1).unwrap())),
        _ => Err(CommandError::Failed { why: "there is nothing of it here".into() }),
    }
}

/// The figures of one queue and one agent, for all.
fn figures(board: &Board, by: FiguresBy) -> Vec<FiguresView> {
    let text = fixture("figures");
    let mut all: Vec<FiguresView> = parsed(text.lines().nth(usize::from(by == FiguresBy::HalfHour)).unwrap());
    for one in &mut all {
        if let Some(queue) = one.queues.values().next().cloned() {
            one.queues = board.queues.keys().map(|name| (name.clone(), queue.clone())).collect();
        }
        if let Some(agent) = one.agents.values().next().cloned() {
            one.agents = board.agents.keys().map(|number| (number.clone(), agent.clone())).collect();
        }
    }
    all
}

/// As many entries as there are of it on the board.
fn settings(board: &Board, kind: SettingKind) -> SettingsView {
    let text = fixture("settings");
    let views = text.lines().map(parsed::<Answer>).filter_map(|answer| match answer {
        Answer::Settings(view) => Some(*view),
        _ => None,
    });
    let mut view = views.into_iter().find(|view| view.kind == kind).unwrap();
    let names: Vec<String> = match kind {
        SettingKind::Extension => board.extensions.keys().cloned().collect(),
        SettingKind::Agent => board.agents.keys().cloned().collect(),
        SettingKind::Queue => board.queues.keys().cloned().collect(),
        _ => return view,
    };
    let one = view.entries[0].clone();
    view.entries =
        names.into_iter().map(|name| switchroom_wire::SettingView { name, ..one.clone() }).collect();
    view
}
