//! SIP over sockets: datagrams and connections in, [`Inbox`] out; [`Net::send`] the other way.
//!
//! Receiving is tokio's; sending a datagram is one system call on the caller's thread, which is the engine's.

mod contacts;
pub mod lines;
mod local;
mod refused;
pub mod resolver;
mod tcp;
mod udp;

pub use contacts::place_contacts;
use lines::{Lines, OnConnected};
use refused::Refused;

use crate::clock::mono_us;
use crate::config::{Listen, Transport as ListenTransport};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use switchroom_exchange::{Flow, Transport, source_of};
use tokio::sync::{mpsc, oneshot};

/// Messages that may wait to be written to one connection; a peer that reads too slowly is cut off.
const CONNECTION_QUEUE: usize = 256;
/// Connections at once.
const CONNECTIONS_MAX: usize = 4096;
/// Connections of one address at once,
const CONNECTIONS_PER_ADDRESS: usize = 64;
/// and of one network of IPv6 (64 bits): all phones of an office may be in it, each at an address of its own, but a single host may
/// have all these addresses, too.
const CONNECTIONS_PER_NETWORK: usize = CONNECTIONS_MAX / 4;
/// Receive buffer asked for a UDP socket, bytes: a burst of some thousand messages.
const UDP_BUFFER: usize = 4 << 20;

/// Who is told of what came in. Must not wait.
pub trait Inbox: Send + Sync + 'static {
    /// A message. False if it could not be taken because too much is waiting.
    fn message(&self, flow: Flow, bytes: Vec<u8>) -> bool;
    /// A connection that a message came by is gone. False if that could not be taken now; it is told again then.
    fn flow_lost(&self, flow: Flow) -> bool;
}

/// A listed connection. It lives as long as it is listed: dropping this closes it.
struct Connection {
    flow: Flow,
    writer: mpsc::Sender<Arc<[u8]>>,
    /// Never sent on; its end tells the connection's task that this was dropped.
    _listed: oneshot::Sender<()>,
}

#[derive(Default)]
struct Shared {
    connections: Mutex<BTreeMap<u64, Connection>>,
    last: AtomicU64,
    /// Datagrams dropped because the engine was behind, and messages that could not be sent.
    dropped: AtomicU64,
    refused: Mutex<Refused>,
}

impl Shared {
    fn connections(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a connection if there is room for one more, in all, of its network and of its address; false if not. One step, so
    /// that no burst over several listeners gets past the bounds.
    fn list(&self, id: u64, connection: Connection) -> bool {
        let address = connection.flow.remote.ip();
        let mut all = self.connections();
        let Some(bound) = reached(&all, address) else {
            all.insert(id, connection);
            return true;
        };
        drop(all);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = refused.one(mono_us(), address, &bound) {
            tracing::warn!("{text}");
        }
        false
    }
}

/// The bound that one more connection with that address would break, in words.
fn reached(all: &BTreeMap<u64, Connection>, address: IpAddr) -> Option<String> {
    let network = source_of(address);
    let (mut of_address, mut of_network) = (0, 0);
    for other in all.values().map(|connection| connection.flow.remote.ip()) {
        of_address += usize::from(other == address);
        of_network += usize::from(source_of(other) == network);
    }
    if all.len() >= CONNECTIONS_MAX {
        Some(format!("{CONNECTIONS_MAX}"))
    } else if of_address >= CONNECTIONS_PER_ADDRESS {
        Some(format!("{CONNECTIONS_PER_ADDRESS} of its address"))
    } else if of_network >= CONNECTIONS_PER_NETWORK {
        Some(format!("{CONNECTIONS_PER_NETWORK} of its network, {network}/64,"))
    } else {
        None
    }
}

/// The sockets that SIP is listened to on.
pub struct Net {
    udp: Vec<Arc<udp::Socket>>,
    bound: Vec<Listen>,
    inbox: Arc<dyn Inbox>,
    shared: Arc<Shared>,
}

/// A socket that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {why}")]
pub struct ListenError {
    /// Which.
    pub listen: String,
    /// What the system said.
    pub why: io::Error,
}

impl Net {
    /// Opens the sockets and starts receiving. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The first socket that cannot be opened.
    pub async fn start(listen: &[Listen], inbox: Arc<dyn Inbox>) -> Result<Self, ListenError> {
        Self::start_with(listen, inbox, tcp::Timeouts::USUAL).await
    }

    async fn start_with(
        listen: &[Listen],
        inbox: Arc<dyn Inbox>,
        timeouts: tcp::Timeouts,
    ) -> Result<Self, ListenError> {
        let shared = Arc::new(Shared::default());
        let (mut udp, mut bound) = (Vec::new(), Vec::new());
        for one in listen {
            let failed = |why| ListenError { listen: one.to_string(), why };
            let address = match one.transport {
                ListenTransport::Udp => {
                    let socket = udp::Socket::open(one.address).map_err(failed)?;
                    let address = socket.local().map_err(failed)?;
                    udp.push(udp::receive(socket, inbox.clone(), shared.clone()).map_err(failed)?);
                    address
                }
                ListenTransport::Tcp => {
                    let listener = tcp::open(one.address).map_err(failed)?;
                    let address = listener.local_addr().map_err(failed)?;
                    tokio::spawn(tcp::accept(listener, timeouts, inbox.clone(), shared.clone()));
                    address
                }
            };
            bound.push(Listen { transport: one.transport, address });
        }
        Ok(Self { udp, bound, inbox, shared })
    }

    /// Keeps connections to contacts from now on, those that `lines` wants.
    pub fn keep(&self, lines: &Lines, tell: OnConnected) {
        lines.start(self.bound.clone().into(), (self.inbox.clone(), self.shared.clone()), tell);
    }

    /// Where it listens, with the ports that the system chose where 0 was asked for.
    pub fn bound(&self) -> &[Listen] {
        &self.bound
    }

    /// Sends; never waits. What cannot be sent is lost, as datagrams are.
    pub fn send(&self, flow: &Flow, bytes: &Arc<[u8]>) {
        let sent = match flow.transport {
            Transport::Udp => {
                self.socket_for(flow.local).is_some_and(|socket| socket.send(flow.remote, bytes))
            }
            Transport::Tcp => {
                let mut all = self.shared.connections();
                let outcome = all.get(&flow.connection).map(|c| c.writer.try_send(bytes.clone()));
                // A reader that fell this far behind will not catch up: not to be listed any more closes the connection.
                if matches!(outcome, Some(Err(mpsc::error::TrySendError::Full(_)))) {
                    all.remove(&flow.connection);
                }
                matches!(outcome, Some(Ok(())))
            }
        };
        if !sent {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Messages lost on our side since the start.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn socket_for(&self, local: SocketAddr) -> Option<&Arc<udp::Socket>> {
        let fits = |s: &&Arc<udp::Socket>| serves(s.address, local);
        // A stored registration may name a port of an earlier configuration.
        self.udp
            .iter()
            .find(fits)
            .or_else(|| self.udp.iter().find(|s| s.address.is_ipv4() == local.is_ipv4()))
    }
}

/// Whether a socket bound to one address is that of another: of all addresses of a kind, or of just this one.
fn serves(bound: SocketAddr, local: SocketAddr) -> bool {
    let is_any = bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4();
    bound.port() == local.port() && (is_any || bound.ip() == local.ip())
}

/// The one address for all of RTP: that of SIP if it is a single one, else every address of the kinds that SIP has.
pub fn rtp_address(listen: &[Listen]) -> IpAddr {
    let mut addresses = listen.iter().map(|one| one.address.ip());
    let Some(first) = addresses.next() else { return Ipv4Addr::UNSPECIFIED.into() };
    if addresses.clone().all(|other| other == first) {
        return first;
    }
    let is_v4_only = first.is_ipv4() && addresses.all(|other| other.is_ipv4());
    if is_v4_only { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// A stored registration or subscription names the address it was made at; if that is not listened to any more, the one that
/// its phone reaches now takes its place.
pub fn rebase(transport: &str, local: &mut SocketAddr, remote: SocketAddr, listen: &[Listen]) {
    let transport = match Transport::from_name(transport) {
        Some(Transport::Udp) => ListenTransport::Udp,
        Some(Transport::Tcp) => ListenTransport::Tcp,
        None => return,
    };
    let mut ours = listen.iter().filter(|l| l.transport == transport).map(|l| l.address);
    if !ours.clone().any(|bound| serves(bound, *local))
        && let Some(first) = ours.find(|a| a.is_ipv4() == remote.is_ipv4())
    {
        *local = local::Local::default().towards(remote.ip(), first);
    }
}

#[cfg(test)]
mod tests;
