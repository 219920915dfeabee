//! Connections: framed, bounded, closed when they idle (class "TCP connection exhaustion, slowloris").

use super::local::Local;
use super::{CONNECTION_QUEUE, Connection, Inbox, Shared};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use switchroom_exchange::{Flow, Transport};
use switchroom_sip::{Frame, Framer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The first whole message must be there by then.
const FIRST_MESSAGE: Duration = Duration::from_secs(10);
/// A begun message must be whole by then.
const REST_OF_MESSAGE: Duration = Duration::from_secs(10);
/// A connection without a byte is closed after this. Registered phones are asked with OPTIONS far more often.
const IDLE: Duration = Duration::from_secs(600);
/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);

pub(super) async fn open(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Accepts until the runtime ends.
pub(super) async fn accept(listener: TcpListener, inbox: Arc<dyn Inbox>, shared: Arc<Shared>) {
    let mut local = Local::default();
    let Ok(bound) = listener.local_addr() else { return };
    loop {
        match listener.accept().await {
            Ok((stream, remote)) if shared.has_room(remote.ip()) => {
                let id = shared.last.fetch_add(1, Ordering::Relaxed) + 1;
                let local = local.towards(remote.ip(), bound);
                let flow = Flow { transport: Transport::Tcp, local, remote, connection: id };
                let (writer, queue) = mpsc::channel(CONNECTION_QUEUE);
                // For answers to keep-alives only: the connection ends with the writer that is listed.
                let pongs = writer.downgrade();
                // Counted before the next one is accepted, not when its task happens to run.
                shared.connections().insert(id, Connection { flow, writer });
                tokio::spawn(serve(stream, flow, queue, pongs, inbox.clone(), shared.clone()));
            }
            // Over the bound: dropping the stream closes it.
            Ok(_) => {}
            Err(error) => {
                // Usually no file descriptors: others may end meanwhile.
                tracing::warn!("accepting on {bound}: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    flow: Flow,
    mut queue: mpsc::Receiver<Arc<[u8]>>,
    pongs: mpsc::WeakSender<Arc<[u8]>>,
    inbox: Arc<dyn Inbox>,
    shared: Arc<Shared>,
) {
    let _ = stream.set_nodelay(true);
    let (mut reading, mut writing) = stream.into_split();
    let writes = async {
        while let Some(bytes) = queue.recv().await {
            match tokio::time::timeout(WRITE, writing.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => break,
            }
        }
    };
    let reads = read(&mut reading, flow, &*inbox, &pongs);
    tokio::select! {
        () = writes => {}
        why = reads => tracing::debug!("{flow} closed: {why}"),
    }
    shared.connections().remove(&flow.connection);
    inbox.flow_lost(flow);
}

/// Reads messages until the connection ends; says why it did.
async fn read<R: AsyncReadExt + Unpin>(
    reading: &mut R,
    flow: Flow,
    inbox: &dyn Inbox,
    pongs: &mpsc::WeakSender<Arc<[u8]>>,
) -> String {
    let mut framer = Framer::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut messages = 0u64;
    let mut deadline = tokio::time::Instant::now() + FIRST_MESSAGE;
    loop {
        let count = match tokio::time::timeout_at(deadline, reading.read(&mut buffer)).await {
            Ok(Ok(0)) => return "by the peer".into(),
            Ok(Ok(count)) => count,
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "it idled".into(),
        };
        let (had_begun, before) = (framer.pending() > 0, messages);
        framer.push(&buffer[..count]);
        loop {
            match framer.next_frame() {
                Ok(Frame::Message(bytes)) => {
                    messages += 1;
                    // The engine is behind: not reading on is how a stream is told to wait.
                    let mut bytes = Some(bytes);
                    while let Some(message) = bytes.take() {
                        if !inbox.message(flow, message.clone()) {
                            bytes = Some(message);
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
                Ok(Frame::Ping) => {
                    let pong: Arc<[u8]> = b"\r\n".as_slice().into();
                    let _ = pongs.upgrade().map(|writer| writer.try_send(pong));
                }
                Ok(Frame::Incomplete) => break,
                Err(error) => return error.to_string(),
            }
        }
        let wait = match (framer.pending(), messages) {
            (0, 0) => continue,
            (0, _) => IDLE,
            (_, 0) => continue,
            // One byte now and then gains no time.
            (_, _) if had_begun && messages == before => continue,
            (_, _) => REST_OF_MESSAGE,
        };
        deadline = tokio::time::Instant::now() + wait;
    }
}
