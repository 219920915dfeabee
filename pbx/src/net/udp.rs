//! Datagrams.

use super::local::Local;
use super::{Inbox, Shared, UDP_BUFFER};
use socket2::{Domain, Protocol, Socket as Socket2, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use switchroom_exchange::{Flow, Transport};

/// A bound socket, sent on by the engine's thread.
pub(super) struct Socket {
    socket: std::net::UdpSocket,
    pub(super) address: SocketAddr,
}

impl Socket {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket2::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // What the system does not grant we do without.
        let _ = socket.set_recv_buffer_size(UDP_BUFFER);
        if address.is_ipv4() {
            // AF31, assured forwarding: the usual class of signalling.
            let _ = socket.set_tos_v4(26 << 2);
        } else {
            let _ = socket.set_only_v6(true);
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket: std::net::UdpSocket = socket.into();
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) fn send(&self, to: SocketAddr, bytes: &[u8]) -> bool {
        self.socket.send_to(bytes, to).is_ok()
    }
}

/// Receives on a socket until the runtime ends.
pub(super) fn receive(socket: Socket, inbox: Arc<dyn Inbox>, shared: Arc<Shared>) -> io::Result<Arc<Socket>> {
    let receiver = tokio::net::UdpSocket::from_std(socket.socket.try_clone()?)?;
    let socket = Arc::new(socket);
    let bound = socket.address;
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        let mut local = Local::default();
        loop {
            match receiver.recv_from(&mut buffer).await {
                Ok((count, remote)) => {
                    let local = local.towards(remote.ip(), bound);
                    let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
                    if !inbox.message(flow, buffer[..count].to_vec()) {
                        shared.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
                // ICMP errors of earlier datagrams surface here; they say nothing about the next one.
                Err(error) => {
                    tracing::trace!("receiving on {bound}: {error}");
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    Ok(socket)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use socket2::SockRef;

    #[test]
    fn datagrams_are_marked_as_signalling() {
        let socket = Socket::open("127.0.0.1:0".parse().unwrap()).unwrap();
        // AF31: class 3, low drop precedence, and two bits more.
        assert_eq!(SockRef::from(&socket.socket).tos_v4().unwrap(), 0b0110_1000);
    }
}
