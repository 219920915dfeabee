//! The connection to the daemon: hello, resume by epoch and sequence, and coming back after it was lost.
//!
//! Everything is bounded: a full channel of events makes the link read slower, and the daemon then resynchronises us
//! instead of waiting.

use crate::client::{CLIENT, SERVER_LINE_BYTES_MAX, encode, parse, unwelcome};
use crate::error::ConsoleError;
use std::path::PathBuf;
use std::time::Duration;
use switchroom_wire::{ClientLine, Hello, PROTOCOL, Resume, Role, ServerLine};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

/// Waits before the tries to come back; the last one repeats.
const DELAYS_MS: [u64; 5] = [250, 500, 1_000, 2_000, 5_000];

/// Lines and commands on their way.
pub(crate) const QUEUE: usize = 256;

/// What the link has to tell.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    Line(Box<ServerLine>),
    /// The connection is gone; `next_try` is `None` when trying again by itself would change nothing.
    Down {
        error: ConsoleError,
        next_try: Option<Duration>,
    },
}

/// What the link is asked for.
#[derive(Debug)]
pub(crate) enum LinkCommand {
    Send(ClientLine),
    /// Try now; with a whole board if `fresh`.
    Reconnect {
        fresh: bool,
    },
}

/// A link to one socket.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    want_role: Option<Role>,
    resume: Option<Resume>,
    tries: usize,
}

enum Ended {
    /// Nobody listens to us any more.
    Closed,
    Lost(ConsoleError),
    Asked,
}

impl Link {
    pub(crate) fn new(path: PathBuf, want_role: Option<Role>) -> Self {
        Self { path, want_role, resume: None, tries: 0 }
    }

    /// Keeps the connection until nobody takes its events any more.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<LinkCommand>,
        events: mpsc::Sender<LinkEvent>,
    ) {
        loop {
            let error = match self.connection(&mut commands, &events).await {
                Ended::Closed => return,
                Ended::Asked => continue,
                Ended::Lost(error) => error,
            };
            // A daemon that speaks another protocol will speak it in a second too.
            let hopeless = matches!(
                error,
                ConsoleError::Protocol { .. } | ConsoleError::Refused(_) | ConsoleError::NotOurs { .. }
            );
            let delay = Duration::from_millis(DELAYS_MS[self.tries.min(DELAYS_MS.len() - 1)]);
            let next_try = (!hopeless).then_some(delay);
            self.tries += 1;
            if events.send(LinkEvent::Down { error, next_try }).await.is_err() {
                return;
            }
            if !self.pause(next_try, &mut commands).await {
                return;
            }
        }
    }

    /// Waits for the next try or until it is asked for; false when the console is gone.
    async fn pause(&mut self, delay: Option<Duration>, commands: &mut mpsc::Receiver<LinkCommand>) -> bool {
        let timer = async {
            match delay {
                Some(delay) => tokio::time::sleep(delay).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(timer);
        loop {
            tokio::select! {
                () = &mut timer => return true,
                command = commands.recv() => match command {
                    None => return false,
                    // What was meant for a connection that is gone is not sent to the next one.
                    Some(LinkCommand::Send(_)) => {}
                    Some(LinkCommand::Reconnect { fresh }) => {
                        self.forget(fresh);
                        return true;
                    }
                },
            }
        }
    }

    fn forget(&mut self, fresh: bool) {
        if fresh {
            self.resume = None;
        }
    }

    async fn connection(
        &mut self,
        commands: &mut mpsc::Receiver<LinkCommand>,
        events: &mpsc::Sender<LinkEvent>,
    ) -> Ended {
        let stream = match UnixStream::connect(&self.path).await {
            Ok(stream) => stream,
            Err(error) => return Ended::Lost(ConsoleError::connecting(&self.path, error)),
        };
        let (reader, mut writer) = stream.into_split();
        let hello = ClientLine::Hello(Hello {
            proto: PROTOCOL,
            client: CLIENT.to_owned(),
            want_role: self.want_role,
            subscribe: true,
            resume: self.resume,
        });
        if let Err(error) = send(&mut writer, &hello).await {
            return Ended::Lost(self.lost(error));
        }
        let mut reader = Lines { reader: BufReader::new(reader), line: Vec::new() };
        loop {
            tokio::select! {
                line = reader.next() => match self.on_line(line, events).await {
                    None => {}
                    Some(ended) => return ended,
                },
                command = commands.recv() => match command {
                    None => return Ended::Closed,
                    Some(LinkCommand::Send(line)) => {
                        if let Err(error) = send(&mut writer, &line).await {
                            return Ended::Lost(self.lost(error));
                        }
                    }
                    Some(LinkCommand::Reconnect { fresh }) => {
                        self.forget(fresh);
                        return Ended::Asked;
                    }
                },
            }
        }
    }

    async fn on_line(
        &mut self,
        line: std::io::Result<Option<Vec<u8>>>,
        events: &mpsc::Sender<LinkEvent>,
    ) -> Option<Ended> {
        let bytes = match line {
            Err(error) => return Some(Ended::Lost(self.lost(error))),
            Ok(None) => return Some(Ended::Lost(ConsoleError::Closed { path: self.path.clone() })),
            Ok(Some(bytes)) => bytes,
        };
        let line = match parse(&self.path, &bytes) {
            Ok(line) => line,
            Err(error) => return Some(Ended::Lost(error)),
        };
        if matches!(line, ServerLine::Refuse(_)) {
            return Some(Ended::Lost(unwelcome(&self.path, line)));
        }
        self.remember(&line);
        match events.send(LinkEvent::Line(Box::new(line))).await {
            Ok(()) => None,
            Err(_) => Some(Ended::Closed),
        }
    }

    /// Keeps where we are, so that the next connection can go on from there.
    fn remember(&mut self, line: &ServerLine) {
        match line {
            ServerLine::Welcome(welcome) => {
                self.tries = 0;
                let known = self.resume.filter(|resume| resume.epoch == welcome.epoch);
                self.resume = Some(known.unwrap_or(Resume { epoch: welcome.epoch, seq: 0 }));
            }
            ServerLine::Snapshot { seq, .. } | ServerLine::Delta { seq, .. } => {
                if let Some(resume) = &mut self.resume {
                    resume.seq = *seq;
                }
            }
            _ => {}
        }
    }

    fn lost(&self, error: std::io::Error) -> ConsoleError {
        ConsoleError::Socket { path: self.path.clone(), error }
    }
}

async fn send(writer: &mut OwnedWriteHalf, line: &ClientLine) -> std::io::Result<()> {
    writer.write_all(&encode(line)?).await
}

/// Lines of a socket; a line half read survives being interrupted.
struct Lines {
    reader: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let room = SERVER_LINE_BYTES_MAX.saturating_sub(self.line.len() as u64);
        let mut limited = (&mut self.reader).take(room);
        limited.read_until(b'\n', &mut self.line).await?;
        if self.line.last() == Some(&b'\n') {
            return Ok(Some(std::mem::take(&mut self.line)));
        }
        if self.line.len() as u64 >= SERVER_LINE_BYTES_MAX {
            return Err(std::io::Error::other("a line of the daemon is longer than 64 MiB"));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::io::{BufRead, BufReader as StdReader, Write as _};
    use std::os::unix::net::{UnixListener, UnixStream as StdStream};
    use switchroom_wire::{Refuse, Welcome};

    struct Server {
        listener: UnixListener,
        path: PathBuf,
        _directory: tempfile::TempDir,
    }

    impl Server {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("console.sock");
            Self { listener: UnixListener::bind(&path).unwrap(), path, _directory: directory }
        }

        /// Takes one connection and reads its hello.
        fn accept(&self) -> (StdReader<StdStream>, Hello) {
            let (stream, _) = self.listener.accept().unwrap();
            let mut reader = StdReader::new(stream);
            let ClientLine::Hello(hello) = read(&mut reader) else { panic!("no hello") };
            (reader, hello)
        }
    }

    fn read(reader: &mut StdReader<StdStream>) -> ClientLine {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn say(reader: &mut StdReader<StdStream>, line: &ServerLine) {
        let text = serde_json::to_string(line).unwrap();
        // In two pieces: a line may come in any number of them.
        let (a, b) = text.split_at(text.len() / 2);
        reader.get_mut().write_all(a.as_bytes()).unwrap();
        reader.get_mut().write_all(format!("{b}\n").as_bytes()).unwrap();
    }

    fn welcome(epoch: u64) -> ServerLine {
        ServerLine::Welcome(Welcome { proto: PROTOCOL, epoch, ..Default::default() })
    }

    /// Runs the link on a thread of its own, as the console does on its runtime.
    fn start(path: PathBuf) -> (mpsc::Sender<LinkCommand>, mpsc::Receiver<LinkEvent>) {
        let (command_tx, command_rx) = mpsc::channel(QUEUE);
        let (event_tx, event_rx) = mpsc::channel(QUEUE);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Link::new(path, None).run(command_rx, event_tx));
        });
        (command_tx, event_rx)
    }

    #[test]
    fn comes_back_and_resumes_where_it_was() {
        let server = Server::new();
        let (commands, mut events) = start(server.path.clone());
        let (mut first, hello) = server.accept();
        assert_eq!((hello.proto, hello.subscribe, hello.resume), (PROTOCOL, true, None));
        say(&mut first, &welcome(7));
        say(&mut first, &ServerLine::Snapshot { seq: 41, at_ms: 0, board: Box::default() });
        assert!(matches!(events.blocking_recv(), Some(LinkEvent::Line(_))));
        assert!(matches!(events.blocking_recv(), Some(LinkEvent::Line(_))));
        commands.blocking_send(LinkCommand::Send(ClientLine::Watch { call: Some("a".into()) })).unwrap();
        assert_eq!(read(&mut first), ClientLine::Watch { call: Some("a".into()) });
        drop(first);
        let Some(LinkEvent::Down { error, next_try }) = events.blocking_recv() else { panic!("not down") };
        assert_eq!(error.exit(), crate::Exit::CannotConnect);
        assert_eq!(next_try, Some(Duration::from_millis(250)));
        let (mut second, hello) = server.accept();
        assert_eq!(hello.resume, Some(Resume { epoch: 7, seq: 41 }));
        say(&mut second, &welcome(7));
        assert!(matches!(events.blocking_recv(), Some(LinkEvent::Line(_))));
        commands.blocking_send(LinkCommand::Reconnect { fresh: true }).unwrap();
        let (_, hello) = server.accept();
        assert_eq!(hello.resume, None, "a fresh board was asked for");
    }

    #[test]
    fn waits_longer_each_time_and_tries_at_once_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let (commands, mut events) = start(directory.path().join("nobody.sock"));
        let mut delays = Vec::new();
        for _ in 0..7 {
            let Some(LinkEvent::Down { error, next_try }) = events.blocking_recv() else {
                panic!("not down")
            };
            assert!(matches!(error, ConsoleError::NoSocket { .. }));
            delays.extend(next_try.map(|delay| delay.as_millis()));
            commands.blocking_send(LinkCommand::Reconnect { fresh: false }).unwrap();
        }
        assert_eq!(delays, [250, 500, 1_000, 2_000, 5_000, 5_000, 5_000]);
    }

    #[test]
    fn another_protocol_is_named_and_not_tried_again() {
        let server = Server::new();
        let (commands, mut events) = start(server.path.clone());
        let (mut stream, _) = server.accept();
        let refuse = Refuse { reason: "too old".into(), proto_min: 4, proto_max: 5 };
        say(&mut stream, &ServerLine::Refuse(refuse));
        let Some(LinkEvent::Down { error, next_try }) = events.blocking_recv() else { panic!("not down") };
        assert_eq!((error.exit(), next_try), (crate::Exit::Protocol, None));
        assert!(error.to_string().contains("4 to 5"));
        commands.blocking_send(LinkCommand::Reconnect { fresh: false }).unwrap();
        server.accept();
    }

    #[test]
    fn nonsense_ends_the_connection_with_what_it_was() {
        let server = Server::new();
        let (_commands, mut events) = start(server.path.clone());
        let (mut stream, _) = server.accept();
        stream.get_mut().write_all(b"HTTP/1.1 400 \x1b[2J\n").unwrap();
        let Some(LinkEvent::Down { error, .. }) = events.blocking_recv() else { panic!("not down") };
        let text = error.to_string();
        assert!(text.contains("does not speak the protocol") && !text.contains('\u{1b}'), "{text}");
    }
}
