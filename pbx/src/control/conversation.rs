//! One connection: hello, then board and changes, commands and answers.
//!
//! A client that reads slowly loses nothing but time: changes it has not read are dropped and it gets a fresh board.

use super::hub::Delta;
use super::line::{self, Lines, NoLine};
use super::peer::Peer;
use super::server::Server;
use super::sight::Sight;
use super::{query, view};
use crate::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use switchroom_exchange::CallId;
use switchroom_wire::{ClientLine, Hello, LevelSample, Levels, PROTOCOL, Reply, Role, ServerLine, Welcome};
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

/// The hello must be there by then.
const HELLO: Duration = Duration::from_secs(5);
/// Lines of one client that may wait to be acted on.
const LINES: usize = 16;

type Reader = Lines<BufReader<OwnedReadHalf>>;

/// Serves a connection until it ends.
pub(super) async fn converse(server: &Arc<Server>, id: u64, stream: UnixStream, peer: Peer) {
    let (reading, mut writer) = stream.into_split();
    let mut reader = Lines::new(BufReader::new(reading));
    let admitted = match tokio::time::timeout(HELLO, reader.next()).await {
        Ok(Ok(ClientLine::Hello(hello))) => admit(&hello, &peer).map(|role| (hello, role)),
        Ok(Ok(ClientLine::Command(_) | ClientLine::Watch { .. })) => {
            Err("the first line must be a hello of this protocol".to_owned())
        }
        Ok(Err(NoLine::End)) => return,
        Ok(Err(NoLine::Wrong(why))) => {
            count_wrong(server, &peer.user, &why);
            Err(format!("the first line must be a hello of this protocol; {why}"))
        }
        Err(_) => Err(format!("no hello came within {} s", HELLO.as_secs())),
    };
    let (hello, role) = match admitted {
        Ok(admitted) => admitted,
        Err(reason) => {
            let _ = line::write(&mut writer, &line::refuse(reason)).await;
            return;
        }
    };
    tracing::debug!("{} connected as {}: {}", peer.user, role.word(), switchroom_wire::clean(&hello.client));
    let sight = query::sight_of(server, &peer.user, role);
    let mut talk = Conversation { server, id, user: peer.user.clone(), role, sight, writer, watched: None };
    let _ = talk.run(&hello, &peer, reader).await;
}

fn count_wrong(server: &Server, user: &str, why: &str) {
    let count = server.wrong_lines.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::debug!("{user} sent no line of the protocol, the {count}. since the start: {why}");
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
    /// As the configuration has it now.
    sight: Sight,
    writer: OwnedWriteHalf,
    watched: Option<Watched>,
}

impl Conversation<'_> {
    async fn run(&mut self, hello: &Hello, peer: &Peer, reader: Reader) -> Result<(), ()> {
        let hub = self.server.hub.clone();
        let mut rules = hub.rules.subscribe();
        self.sight = query::sight_of(self.server, &self.user, self.role);
        let time_ms = clock::wall_ms();
        let mut offset_min = hub.utc_offset_min(time_ms);
        let welcome = Welcome {
            proto: PROTOCOL,
            server: format!("switchroom {}", env!("CARGO_PKG_VERSION")),
            epoch: hub.epoch,
            role: self.role,
            user: peer.user.clone(),
            extension: hub.rules().users.get(&peer.user).cloned(),
            time_ms,
            started_ms: hub.started_ms,
            utc_offset_min: offset_min,
        };
        line::write(&mut self.writer, &ServerLine::Welcome(welcome)).await?;
        let mut deltas = if hello.subscribe { Some(self.begin(hello).await?) } else { None };
        let (mut ladders, mut levels) = (hub.ladders.subscribe(), hub.levels.subscribe());
        let (lines, mut taken) = mpsc::channel(LINES);
        // Reading a line must not be cut off half-way, so it has a task of its own; bounded, it ends with this one.
        let reading = tokio::spawn(read_all(reader, lines));
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        let outcome = loop {
            let step = tokio::select! {
                line = taken.recv() => match line {
                    Some(Ok(line)) => self.on_line(line).await,
                    Some(Err(why)) => self.refuse(why).await,
                    None => break Ok(()),
                },
                delta = next(&mut deltas) => self.on_delta(delta, &mut deltas).await,
                Ok(()) = rules.changed() => self.see_anew(&mut deltas).await,
                Ok(call) = ladders.recv() => self.on_ladder(call).await,
                Ok(report) = levels.recv() => self.on_levels(&report).await,
                _ = beat.tick(), if deltas.is_some() => {
                    let at_ms = clock::wall_ms();
                    let changed = Some(hub.utc_offset_min(at_ms)).filter(|now| *now != offset_min);
                    let alive = ServerLine::Alive { seq: hub.seq(), at_ms, utc_offset_min: changed };
                    // Only if everything before it has been sent; otherwise it would claim too much.
                    if deltas.as_ref().is_some_and(broadcast::Receiver::is_empty) {
                        offset_min = changed.unwrap_or(offset_min);
                        line::write(&mut self.writer, &alive).await
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
        let board = Box::new(self.sight.board(board));
        line::write(&mut self.writer, &ServerLine::Snapshot { seq, at_ms: clock::wall_ms(), board }).await?;
        Ok(deltas)
    }

    async fn send_delta(&mut self, delta: &Delta) -> Result<(), ()> {
        let change = self.sight.change(&delta.change, || self.server.hub.system());
        line::write(&mut self.writer, &ServerLine::Delta { seq: delta.seq, at_ms: delta.at_ms, change }).await
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

    /// The configuration may have restricted the user to queues, or does no more: then the board is another one.
    async fn see_anew(&mut self, deltas: &mut Option<broadcast::Receiver<Delta>>) -> Result<(), ()> {
        let sight = query::sight_of(self.server, &self.user, self.role);
        if sight == self.sight {
            return Ok(());
        }
        self.sight = sight;
        if deltas.is_some() {
            *deltas = Some(self.send_board().await?);
        }
        Ok(())
    }

    /// Whether the user may see the messages of a call now, and hear how loud it is: of which queues it is changes.
    async fn may_watch(&self, call: CallId) -> bool {
        self.role > Role::Viewer
            && (self.sight.is_clear() || query::may_act_on(self.server, &self.user, call).await)
    }

    fn watch(&mut self, call: Option<CallId>) {
        let wanted = self.server.hub.watch(self.id, call);
        self.server.media.watch(&wanted);
        self.watched = call.map(|call| Watched { call, sent: 0, lanes: 0 });
    }

    /// Whether that call is watched, and may be now. If it may not, that can be another matter in a moment: it stays watched.
    async fn is_watching(&self, call: CallId) -> bool {
        self.watched.as_ref().is_some_and(|watched| watched.call == call) && self.may_watch(call).await
    }

    /// Tells what was wrong with a line; the connection ends with it, since what follows cannot be trusted to be meant.
    async fn refuse(&mut self, why: String) -> Result<(), ()> {
        count_wrong(self.server, &self.user, &why);
        let _ = line::write(&mut self.writer, &line::refuse(why)).await;
        Err(())
    }

    async fn on_line(&mut self, line: ClientLine) -> Result<(), ()> {
        match line {
            ClientLine::Hello(_) => self.refuse("a hello is only the first line".to_owned()).await,
            ClientLine::Command(request) => {
                let result = query::answer(self.server, &self.user, self.role, request.command).await;
                line::write(&mut self.writer, &ServerLine::Reply(Reply { id: request.id, result })).await
            }
            ClientLine::Watch { call } => {
                let call = match call.and_then(|c| c.parse().ok()) {
                    Some(call) if self.may_watch(call).await => Some(call),
                    Some(_) | None => None,
                };
                self.watch(call);
                match call {
                    Some(call) => self.on_ladder(call).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// The watched ladder grew: what is new of it, or all of it if there is a new lane.
    async fn on_ladder(&mut self, call: CallId) -> Result<(), ()> {
        if !self.is_watching(call).await {
            return Ok(());
        }
        let Some(watched) = self.watched.as_mut() else { return Ok(()) };
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
                line::write(&mut self.writer, &line).await?;
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
        line::write(&mut self.writer, &ServerLine::Ladder(Box::new(whole))).await
    }

    async fn on_levels(&mut self, report: &crate::media::LevelsReport) -> Result<(), ()> {
        if !self.is_watching(report.call).await {
            return Ok(());
        }
        let sample = |place: usize| {
            report.legs.get(place).map_or(LevelSample { peak_ddb: -960, rms_ddb: -960 }, |l| LevelSample {
                peak_ddb: l.peak_ddb,
                rms_ddb: l.rms_ddb,
            })
        };
        let levels = Levels { call: report.call.to_string(), caller: sample(0), callee: sample(1) };
        line::write(&mut self.writer, &ServerLine::Levels(levels)).await
    }
}

/// Passes lines on until there are no more; the last may be what is wrong with one.
async fn read_all(mut reader: Reader, lines: mpsc::Sender<Result<ClientLine, String>>) {
    loop {
        let line = match reader.next().await {
            Ok(line) => Ok(line),
            Err(NoLine::End) => return,
            Err(NoLine::Wrong(why)) => Err(why),
        };
        let is_last = line.is_err();
        if lines.send(line).await.is_err() || is_last {
            return;
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
