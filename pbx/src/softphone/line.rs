//! The way to the exchange: a UDP socket or a TCP connection that is made again when it is lost.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::limits::MESSAGE_BYTES_MAX;
use switchroom_sip::{Frame, Framer};

/// How long a connection may take to be made. Sound stands still while it is made again.
const CONNECT_TIME: Duration = Duration::from_secs(1);
/// First and longest wait before a lost connection is made again, microseconds.
const AGAIN_US: (u64, u64) = (500_000, 16_000_000);
/// Bytes that may wait to be written; a connection that takes none is lost.
const WAITING_BYTES_MAX: usize = 256 * 1024;

enum Way {
    Udp(UdpSocket),
    Tcp {
        stream: TcpStream,
        framer: Framer,
        waiting: Vec<u8>,
    },
    /// TCP, lost.
    Down {
        again_us: u64,
        wait_us: u64,
    },
}

/// What the line has to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A whole message.
    Message(Vec<u8>),
    /// The connection is gone.
    Lost,
}

pub(super) struct Line {
    way: Way,
    flow: Flow,
    local: Option<IpAddr>,
    buffer: Vec<u8>,
}

impl Line {
    /// Opens it. Connecting a UDP socket means that nobody but the exchange can ring the phone.
    pub(super) fn open(transport: Transport, server: SocketAddr, local: Option<IpAddr>) -> io::Result<Self> {
        let (way, address) = match transport {
            Transport::Udp => {
                let any: IpAddr = match server {
                    SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                    SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
                };
                let socket = UdpSocket::bind(SocketAddr::new(local.unwrap_or(any), 0))?;
                socket.connect(server)?;
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                (Way::Udp(socket), address)
            }
            Transport::Tcp => {
                let (way, address) = connect(server, local)?;
                (way, address)
            }
        };
        let connection = u64::from(transport == Transport::Tcp);
        let flow = Flow { transport, local: address, remote: server, connection };
        Ok(Self { way, flow, local, buffer: vec![0; MESSAGE_BYTES_MAX] })
    }

    /// The flow as it is now.
    pub(super) fn flow(&self) -> Flow {
        self.flow
    }

    /// What to wait for: the socket, and whether it should also be writable.
    pub(super) fn socket(&self) -> Option<(BorrowedFd<'_>, bool)> {
        match &self.way {
            Way::Udp(socket) => Some((socket.as_fd(), false)),
            Way::Tcp { stream, waiting, .. } => Some((stream.as_fd(), !waiting.is_empty())),
            Way::Down { .. } => None,
        }
    }

    /// When [`Line::mend`] should be called.
    pub(super) fn due_us(&self) -> Option<u64> {
        match self.way {
            Way::Udp(_) | Way::Tcp { .. } => None,
            Way::Down { again_us, .. } => Some(again_us),
        }
    }

    /// Tries to make a lost connection again, if it is time; true if there is a new one.
    pub(super) fn mend(&mut self, now_us: u64) -> bool {
        let Way::Down { again_us, wait_us } = self.way else { return false };
        if now_us < again_us {
            return false;
        }
        match connect(self.flow.remote, self.local) {
            Ok((way, address)) => {
                self.way = way;
                self.flow.local = address;
                self.flow.connection += 1;
                true
            }
            Err(_) => {
                let wait_us = (wait_us * 2).min(AGAIN_US.1);
                self.way = Way::Down { again_us: crate::clock::mono_us() + wait_us, wait_us };
                false
            }
        }
    }

    /// Sends a message. UDP may lose it, which is its nature; transactions send again.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        match &mut self.way {
            Way::Udp(socket) => {
                let _ = socket.send(bytes);
            }
            Way::Tcp { waiting, .. } => waiting.extend_from_slice(bytes),
            Way::Down { .. } => {}
        }
    }

    /// Writes what waits; false if the connection is lost by it.
    pub(super) fn flush(&mut self, now_us: u64) -> bool {
        let Way::Tcp { stream, waiting, .. } = &mut self.way else { return true };
        while !waiting.is_empty() {
            match stream.write(waiting) {
                Ok(count) if count > 0 => drop(waiting.drain(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && waiting.len() <= WAITING_BYTES_MAX => {
                    break;
                }
                Ok(_) | Err(_) => {
                    self.lose(now_us);
                    return false;
                }
            }
        }
        true
    }

    /// The next message that has arrived; `None` when there is no more.
    pub(super) fn receive(&mut self, now_us: u64) -> Option<Told> {
        match &mut self.way {
            Way::Down { .. } => return None,
            Way::Udp(socket) => {
                // An error says that the exchange is not there now (ICMP), and only once: its absence shows in answers
                // that do not come.
                let count = socket.recv(&mut self.buffer).ok()?;
                return Some(Told::Message(self.buffer.get(..count)?.to_vec()));
            }
            Way::Tcp { stream, framer, waiting } => loop {
                match framer.next_frame() {
                    Ok(Frame::Message(message)) => return Some(Told::Message(message)),
                    Ok(Frame::Ping) => waiting.extend_from_slice(b"\r\n"),
                    Ok(Frame::Incomplete) => match stream.read(&mut self.buffer) {
                        Ok(count) if count > 0 => framer.push(self.buffer.get(..count).unwrap_or_default()),
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Ok(_) | Err(_) => break,
                    },
                    Err(_) => break,
                }
            },
        }
        self.lose(now_us);
        Some(Told::Lost)
    }

    fn lose(&mut self, now_us: u64) {
        self.way = Way::Down { again_us: now_us + AGAIN_US.0, wait_us: AGAIN_US.0 };
    }
}

fn connect(server: SocketAddr, local: Option<IpAddr>) -> io::Result<(Way, SocketAddr)> {
    let domain = socket2::Domain::for_address(server);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    if let Some(local) = local {
        socket.bind(&SocketAddr::new(local, 0).into())?;
    }
    socket.connect_timeout(&server.into(), CONNECT_TIME)?;
    let stream: TcpStream = socket.into();
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    let address = stream.local_addr()?;
    Ok((Way::Tcp { stream, framer: Framer::default(), waiting: Vec::new() }, address))
}
