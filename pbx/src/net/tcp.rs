//! Connections: framed, bounded, closed when they idle (class "TCP connection exhaustion, slowloris").

use super::local::Local;
use super::{CONNECTION_QUEUE, Connection, Inbox, Shared};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use switchroom_exchange::{Flow, Transport};
use switchroom_sip::{Frame, Framer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long a connection may take for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// The first whole message must be there by then.
    pub(super) first_message: Duration,
    /// A begun message must be whole by then, however its bytes trickle in.
    pub(super) rest_of_message: Duration,
    /// A connection without a byte is closed after this. Registered phones are asked with OPTIONS far more often.
    pub(super) idle: Duration,
    /// How long one write may take.
    pub(super) write: Duration,
}

impl Timeouts {
    /// What the daemon runs with.
    pub(super) const USUAL: Self = Self {
        first_message: Duration::from_secs(10),
        rest_of_message: Duration::from_secs(10),
        idle: Duration::from_secs(600),
        write: Duration::from_secs(10),
    };
}

/// Between two tries to hand something to an engine that is behind.
const ENGINE_RETRY: Duration = Duration::from_millis(5);

/// Connections that may wait to be accepted.
const ACCEPT_QUEUE: i32 = 1024;

/// Opens a listener. One of IPv6 takes IPv6 only, as the datagram socket does: each kind of address has its own.
pub(super) fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of the run before may still be closing.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_QUEUE)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until the runtime ends.
pub(super) async fn accept(
    listener: TcpListener,
    timeouts: Timeouts,
    inbox: Arc<dyn Inbox>,
    shared: Arc<Shared>,
) {
    let mut local = Local::default();
    let Ok(bound) = listener.local_addr() else { return };
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually no file descriptors: others may end meanwhile.
                tracing::warn!("accepting on {bound}: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let id = shared.last.fetch_add(1, Ordering::Relaxed) + 1;
        let local = local.towards(remote.ip(), bound);
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: id };
        let served = Served { flow, timeouts, is_ours: false, inbox: inbox.clone(), shared: shared.clone() };
        // Listed before the next one is accepted, not when its task happens to run. Over the bound: dropping the stream closes it.
        if let Some(serving) = served.list(stream) {
            tokio::spawn(serving);
        }
    }
}

/// One connection while it lasts.
pub(super) struct Served {
    pub(super) flow: Flow,
    pub(super) timeouts: Timeouts,
    /// We have made it, and those above know of it from the beginning.
    pub(super) is_ours: bool,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) shared: Arc<Shared>,
}

impl Served {
    /// Lists it, and gives what serves it until its end; `None` if there is no room for it.
    pub(super) fn list(self, stream: TcpStream) -> Option<impl Future<Output = ()> + Send> {
        let (writer, queue) = mpsc::channel(CONNECTION_QUEUE);
        let (listed, unlisted) = oneshot::channel();
        // The listed writer is the only strong one; pongs borrow it.
        let pongs = writer.downgrade();
        let connection = Connection { flow: self.flow, writer, _listed: listed };
        let has_room = self.shared.list(self.flow.connection, connection);
        has_room.then(|| self.serve(stream, queue, pongs, unlisted))
    }

    async fn serve(
        self,
        stream: TcpStream,
        mut queue: mpsc::Receiver<Arc<[u8]>>,
        pongs: mpsc::WeakSender<Arc<[u8]>>,
        unlisted: oneshot::Receiver<()>,
    ) {
        let _ = stream.set_nodelay(true);
        let (mut reading, mut writing) = stream.into_split();
        let writes = async {
            while let Some(bytes) = queue.recv().await {
                match tokio::time::timeout(self.timeouts.write, writing.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error.to_string(),
                    Err(_) => return "it reads too slowly".to_owned(),
                }
            }
            "it is not listed any more".to_owned()
        };
        let mut messages = 0;
        let reads = self.read(&mut reading, &pongs, &mut messages);
        let why = tokio::select! {
            why = writes => why,
            why = reads => why,
            // Also while a write waits for a peer that does not read.
            _ = unlisted => "it reads too slowly".to_owned(),
        };
        tracing::debug!("{} closed: {why}", self.flow);
        self.shared.connections().remove(&self.flow.connection);
        drop((reading, writing));
        // Nobody above knows of a connection that said nothing: opening and closing many costs no search there.
        while (self.is_ours || messages > 0) && !self.inbox.flow_lost(self.flow) {
            tokio::time::sleep(ENGINE_RETRY).await;
        }
    }

    /// Reads messages until the connection ends, counting them; says why it ended.
    async fn read<R: AsyncReadExt + Unpin>(
        &self,
        reading: &mut R,
        pongs: &mpsc::WeakSender<Arc<[u8]>>,
        messages: &mut u64,
    ) -> String {
        let mut framer = Framer::default();
        let mut buffer = vec![0; 16 * 1024];
        let mut deadline = Instant::now() + self.timeouts.first_message;
        loop {
            let count = match tokio::time::timeout_at(deadline, reading.read(&mut buffer)).await {
                Ok(Ok(0)) => return "by the peer".into(),
                Ok(Ok(count)) => count,
                Ok(Err(error)) => return error.to_string(),
                Err(_) => return "it idled, or a message was not whole in time".into(),
            };
            let (had_begun, before) = (framer.pending() > 0, *messages);
            framer.push(&buffer[..count]);
            loop {
                match framer.next_frame() {
                    Ok(Frame::Message(bytes)) => {
                        *messages += 1;
                        self.hand_over(bytes).await;
                    }
                    Ok(Frame::Ping) => {
                        let pong: Arc<[u8]> = b"\r\n".as_slice().into();
                        let _ = pongs.upgrade().map(|writer| writer.try_send(pong));
                    }
                    Ok(Frame::Incomplete) => break,
                    Err(error) => return error.to_string(),
                }
            }
            let wait = match (framer.pending() > 0, *messages) {
                // Keep-alives alone are no use of a connection.
                (_, 0) => continue,
                (false, _) => self.timeouts.idle,
                // The same message as before: one byte now and then gains no time.
                (true, now) if had_begun && now == before => continue,
                (true, _) => self.timeouts.rest_of_message,
            };
            deadline = Instant::now() + wait;
        }
    }

    /// Gives a message to the engine. Should that be behind, not reading on is how a stream is told to wait.
    async fn hand_over(&self, bytes: Vec<u8>) {
        while !self.inbox.message(self.flow, bytes.clone()) {
            tokio::time::sleep(ENGINE_RETRY).await;
        }
    }
}
