//! One connection: hello, then board and changes, commands and answers.
//!
//! A client that reads slowly loses nothing but time: changes it has not read are dropped and it gets a fresh board.

use super::hub::Delta;
use super::peer::Peer;
use super::query;
use super::server::Server;
use super::view;
use crate::clock;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::CallId;
use switchroom_wire::{
    Board, Change, ClientLine, Hello, LINE_BYTES_MAX, LevelSample, Levels, PROTOCOL, Refuse, Reply, Role,
    ServerLine, Welcome,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

/// The hello must be there by then.
const HELLO: Duration = Duration::from_secs(5);
/// How long one line may take to be written before the client is given up.
const WRITE: Duration = Duration::from_secs(30);
/// Lines of one client that may wait to be acted on.
const LINES: usize = 16;

type Reader = BufReader<OwnedReadHalf>;

/// One line; `None` at the end, or if it is longer than allowed or no JSON of ours.
async fn read_line(reader: &mut Reader) -> Option<ClientLine> {
    let mut line = Vec::new();
    let limit = LINE_BYTES_MAX as u64 + 1;
    reader.take(limit).read_until(b'\n', &mut line).await.ok()?;
    if line.is_empty() || line.len() > LINE_BYTES_MAX {
        return None;
    }
    serde_json::from_slice(&line).ok()
}

async fn write_line(writer: &mut OwnedWriteHalf, line: &ServerLine) -> Result<(), ()> {
    let mut bytes = serde_json::to_vec(line).map_err(|_| ())?;
    bytes.push(b'\n');
    match tokio::time::timeout(WRITE, writer.write_all(&bytes)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

/// Serves a connection until it ends.
pub(super) async fn converse(server: &Arc<Server>, id: u64, stream: UnixStream, peer: Peer) {
    let (reading, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reading);
    let Ok(Some(ClientLine::Hello(hello))) = tokio::time::timeout(HELLO, read_line(&mut reader)).await else {
        let refuse = Refuse {
            reason: "the first line must be a hello of this protocol".into(),
            proto_min: PROTOCOL,
            proto_max: PROTOCOL,
        };
        let _ = write_line(&mut writer, &ServerLine::Refuse(refuse)).await;
        return;
    };
    let role = match admit(&hello, &peer) {
        Ok(role) => role,
        Err(reason) => {
            let refuse = Refuse { reason, proto_min: PROTOCOL, proto_max: PROTOCOL };
            let _ = write_line(&mut writer, &ServerLine::Refuse(refuse)).await;
            return;
        }
    };
    tracing::debug!("{} connected as {}: {}", peer.user, role.word(), switchroom_wire::clean(&hello.client));
    let mut talk = Conversation { server, id, user: peer.user.clone(), role, writer, watched: None };
    let _ = talk.run(&hello, &peer, reader).await;
}

/// The role of a connection, or why there is none.
fn admit(hello: &Hello, peer: &Peer) -> Result<Role, String> {
    if hello.proto != PROTOCOL {
        return Err(format!(
            "the daemon speaks protocol {PROTOCOL}, the client {}: use the console of the daemon's version",
            hello.proto
        ));
    }
    let role = peer.role;
    Ok(hello.want_role.map_or(role, |wanted| wanted.min(role)))
}

struct Watched {
    call: CallId,
    /// Entries and lanes already sent.
    sent: usize,
    lanes: usize,
}

struct Conversation<'a> {
    server: &'a Arc<Server>,
    id: u64,
    user: String,
    role: Role,
    writer: OwnedWriteHalf,
    watched: Option<Watched>,
}

impl Conversation<'_> {
    async fn run(&mut self, hello: &Hello, peer: &Peer, reader: Reader) -> Result<(), ()> {
        let hub = self.server.hub.clone();
        let welcome = Welcome {
            proto: PROTOCOL,
            server: format!("switchroom {}", env!("CARGO_PKG_VERSION")),
            epoch: hub.epoch,
            role: self.role,
            user: peer.user.clone(),
            extension: peer.extension.clone(),
            time_ms: clock::wall_ms(),
            started_ms: hub.started_ms,
            utc_offset_min: jiff::Zoned::now().offset().seconds() / 60,
        };
        write_line(&mut self.writer, &ServerLine::Welcome(welcome)).await?;
        let mut deltas = if hello.subscribe { Some(self.begin(hello).await?) } else { None };
        let (mut ladders, mut levels) = (hub.ladders.subscribe(), hub.levels.subscribe());
        let (lines, mut taken) = mpsc::channel(LINES);
        // Reading a line must not be cut off half-way, so it has a task of its own; bounded, it ends with this one.
        let reading = tokio::spawn(read_all(reader, lines));
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        let outcome = loop {
            let step = tokio::select! {
                line = taken.recv() => match line {
                    Some(line) => self.on_line(line).await,
                    None => break Ok(()),
                },
                delta = next(&mut deltas) => self.on_delta(delta, &mut deltas).await,
                Ok(call) = ladders.recv() => self.on_ladder(call).await,
                Ok(report) = levels.recv() => self.on_levels(&report).await,
                _ = beat.tick(), if deltas.is_some() => {
                    let alive = ServerLine::Alive { seq: hub.seq(), at_ms: clock::wall_ms() };
                    // Only if everything before it has been sent; otherwise it would claim too much.
                    if deltas.as_ref().is_some_and(broadcast::Receiver::is_empty) {
                        write_line(&mut self.writer, &alive).await
                    } else {
                        Ok(())
                    }
                }
            };
            if step.is_err() {
                break step;
            }
        };
        reading.abort();
        outcome
    }

    /// The board, or what was missed of it.
    async fn begin(&mut self, hello: &Hello) -> Result<broadcast::Receiver<Delta>, ()> {
        let hub = &self.server.hub;
        let resumed = hello.resume.filter(|r| r.epoch == hub.epoch).and_then(|r| hub.since(r.seq));
        match resumed {
            Some((missed, deltas)) => {
                for delta in missed {
                    self.send_delta(&delta).await?;
                }
                Ok(deltas)
            }
            None => self.send_board().await,
        }
    }

    async fn send_board(&mut self) -> Result<broadcast::Receiver<Delta>, ()> {
        let (seq, board, deltas) = self.server.hub.snapshot();
        let board = Box::new(self.masked_board(board));
        write_line(&mut self.writer, &ServerLine::Snapshot { seq, at_ms: clock::wall_ms(), board }).await?;
        Ok(deltas)
    }

    fn masked_board(&self, mut board: Board) -> Board {
        if self.role == Role::Viewer {
            board.calls = board.calls.into_iter().map(|(id, call)| (id, query::masked(call, true))).collect();
            board.recordings =
                board.recordings.into_iter().map(|r| query::masked_recording(r, true)).collect();
            // Their sentences hold numbers.
            board.events.clear();
        }
        board
    }

    async fn send_delta(&mut self, delta: &Delta) -> Result<(), ()> {
        let change = match &*delta.change {
            Change::Call(call) if self.role == Role::Viewer => {
                Change::Call(Box::new(query::masked((**call).clone(), true)))
            }
            Change::Recording(r) if self.role == Role::Viewer => {
                Change::Recording(Box::new(query::masked_recording((**r).clone(), true)))
            }
            Change::Event(_) if self.role == Role::Viewer => {
                // The number must rise all the same; the daemon's figures change nothing.
                Change::System(Box::new(self.server.hub.board().system))
            }
            change => change.clone(),
        };
        write_line(&mut self.writer, &ServerLine::Delta { seq: delta.seq, at_ms: delta.at_ms, change }).await
    }

    async fn on_delta(
        &mut self,
        delta: Result<Delta, RecvError>,
        deltas: &mut Option<broadcast::Receiver<Delta>>,
    ) -> Result<(), ()> {
        match delta {
            Ok(delta) => self.send_delta(&delta).await,
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!("{} fell {missed} changes behind and gets a fresh board", self.user);
                *deltas = Some(self.send_board().await?);
                Ok(())
            }
            Err(RecvError::Closed) => Err(()),
        }
    }

    async fn on_line(&mut self, line: ClientLine) -> Result<(), ()> {
        match line {
            ClientLine::Hello(_) => Err(()),
            ClientLine::Command(request) => {
                let result = query::answer(self.server, &self.user, self.role, request.command).await;
                write_line(&mut self.writer, &ServerLine::Reply(Reply { id: request.id, result })).await
            }
            ClientLine::Watch { call } => {
                let call = call.and_then(|c| c.parse().ok()).filter(|_| self.role > Role::Viewer);
                let wanted = self.server.hub.watch(self.id, call);
                self.server.media.watch(&wanted);
                self.watched = call.map(|call| Watched { call, sent: 0, lanes: 0 });
                match call {
                    Some(call) => self.on_ladder(call).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// The watched ladder grew: what is new of it, or all of it if there is a new lane.
    async fn on_ladder(&mut self, call: CallId) -> Result<(), ()> {
        let Some(watched) = self.watched.as_mut().filter(|w| w.call == call) else { return Ok(()) };
        let from = watched.sent;
        let Ok(Some(ladder)) = self.server.engine.ask(move |x| view::ladder(x, call, from)).await else {
            return Ok(());
        };
        let has_new_lane = ladder.lanes.len() != watched.lanes;
        watched.lanes = ladder.lanes.len();
        if from > 0 && !has_new_lane {
            watched.sent += ladder.entries.len();
            for entry in ladder.entries {
                let line = ServerLine::LadderEntry { call: call.to_string(), entry };
                write_line(&mut self.writer, &line).await?;
            }
            return Ok(());
        }
        let whole = if from == 0 {
            Some(ladder)
        } else {
            self.server.engine.ask(move |x| view::ladder(x, call, 0)).await.ok().flatten()
        };
        let Some(whole) = whole else { return Ok(()) };
        watched.sent = whole.entries.len();
        write_line(&mut self.writer, &ServerLine::Ladder(Box::new(whole))).await
    }

    async fn on_levels(&mut self, report: &crate::media::LevelsReport) -> Result<(), ()> {
        if self.watched.as_ref().is_none_or(|w| w.call != report.call) {
            return Ok(());
        }
        let sample = |place: usize| {
            report.legs.get(place).map_or(LevelSample { peak_ddb: -960, rms_ddb: -960 }, |l| LevelSample {
                peak_ddb: l.peak_ddb,
                rms_ddb: l.rms_ddb,
            })
        };
        let levels = Levels { call: report.call.to_string(), caller: sample(0), callee: sample(1) };
        write_line(&mut self.writer, &ServerLine::Levels(levels)).await
    }
}

async fn read_all(mut reader: Reader, lines: mpsc::Sender<ClientLine>) {
    while let Some(line) = read_line(&mut reader).await {
        if lines.send(line).await.is_err() {
            break;
        }
    }
}

/// The next change; never, for who did not subscribe.
async fn next(deltas: &mut Option<broadcast::Receiver<Delta>>) -> Result<Delta, RecvError> {
    match deltas {
        Some(deltas) => deltas.recv().await,
        None => std::future::pending().await,
    }
}
