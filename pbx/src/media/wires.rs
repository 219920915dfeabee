//! UDP sockets in one epoll, and which leg a datagram is for.
//!
//! A socket is named by its [`Wire`], never by its leg: today each leg has two of its own, and the leg follows from
//! the socket alone. When sockets are shared, [`Wires::receive`] is where the leg is found by who sent.

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use rustix::time::Timespec;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};

/// Events taken from epoll at once.
const EVENTS_MAX: usize = 256;
/// The event that says: look into the inbox.
const WAKE: u64 = u64::MAX;

/// Names a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wire(usize);

/// What a socket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Rtp,
    Rtcp,
}

/// A datagram that came: for which leg, and from whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram {
    pub(super) leg: usize,
    pub(super) role: Role,
    pub(super) from: SocketAddr,
    pub(super) length: usize,
}

struct Socketed {
    socket: UdpSocket,
    /// It is of IPv6: an address of IPv4 has to be given to it in its mapped form.
    is_v6: bool,
    role: Role,
    leg: usize,
}

pub(super) struct Wires {
    epoll: OwnedFd,
    sockets: Vec<Option<Socketed>>,
    free: Vec<usize>,
}

/// What [`Wires::wait`] found; belongs to the thread that waits.
pub(super) struct Ready(Vec<epoll::Event>);

impl Ready {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(EVENTS_MAX))
    }

    /// The event `at`: the socket that has a datagram, or `None` for the wake-up.
    pub(super) fn event(&self, at: usize) -> Option<Wire> {
        let data = self.0.get(at)?.data;
        (data.u64() != WAKE).then_some(Wire(data.u64() as usize))
    }
}

impl Wires {
    /// An epoll that also wakes when `wake` is readable.
    pub(super) fn new(wake: impl AsFd) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, wake, EventData::new_u64(WAKE), EventFlags::IN)?;
        Ok(Self { epoll, sockets: Vec::new(), free: Vec::new() })
    }

    /// Opens the ports of a leg, for RTP and RTCP: both or none.
    pub(super) fn open_pair(&mut self, at: [SocketAddr; 2], dscp: u8, leg: usize) -> io::Result<[Wire; 2]> {
        let [rtp, rtcp] = at;
        self.adopt_pair([bind(rtp, dscp)?, bind(rtcp, dscp)?], leg)
    }

    /// Takes the ports of a leg, for RTP and RTCP, that another thread gave away with [`Wires::release`]: both or none. Datagrams
    /// that came meanwhile are in them.
    pub(super) fn adopt_pair(&mut self, sockets: [UdpSocket; 2], leg: usize) -> io::Result<[Wire; 2]> {
        let [rtp, rtcp] = sockets;
        let rtp = self.adopt(rtp, Role::Rtp, leg)?;
        match self.adopt(rtcp, Role::Rtcp, leg) {
            Ok(rtcp) => Ok([rtp, rtcp]),
            Err(error) => {
                self.close(rtp);
                Err(error)
            }
        }
    }

    fn adopt(&mut self, socket: UdpSocket, role: Role, leg: usize) -> io::Result<Wire> {
        let place = self.free.pop().unwrap_or_else(|| {
            self.sockets.push(None);
            self.sockets.len() - 1
        });
        if let Err(error) = epoll::add(&self.epoll, &socket, EventData::new_u64(place as u64), EventFlags::IN)
        {
            self.free.push(place);
            return Err(error.into());
        }
        let is_v6 = socket.local_addr().is_ok_and(|ours| ours.is_ipv6());
        if let Some(free) = self.sockets.get_mut(place) {
            *free = Some(Socketed { socket, is_v6, role, leg });
        }
        Ok(Wire(place))
    }

    /// Closes a port. Must not be called while events of [`Wires::wait`] are being worked off.
    pub(super) fn close(&mut self, wire: Wire) {
        drop(self.release(wire));
    }

    /// Gives a port away, open as it is. Must not be called while events of [`Wires::wait`] are being worked off.
    pub(super) fn release(&mut self, wire: Wire) -> Option<UdpSocket> {
        let socketed = self.sockets.get_mut(wire.0).and_then(Option::take)?;
        // Where it is closed, closing would do, but an explicit word keeps epoll's list right even if the descriptor is shared.
        let _ = epoll::delete(&self.epoll, &socketed.socket);
        self.free.push(wire.0);
        Some(socketed.socket)
    }

    /// Waits for datagrams or the wake-up, at most `timeout_us` (`None`: for ever). Gives how many events there are
    /// to be asked for with [`Ready::event`].
    pub(super) fn wait(&self, ready: &mut Ready, timeout_us: Option<u64>) -> io::Result<usize> {
        // Whole milliseconds, rounded up, or a deadline less than one ahead would be waited for by spinning.
        let timeout = timeout_us.map(|us| {
            let ms = us.div_ceil(1000).min(60_000) as i64;
            Timespec { tv_sec: ms / 1000, tv_nsec: ms % 1000 * 1_000_000 }
        });
        ready.0.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready.0), timeout.as_ref()) {
            Ok(count) => Ok(count),
            Err(rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads one datagram. Only one: the next comes 20 ms later, and looking for it would be a system call for
    /// nothing. If there is another, epoll says so again.
    pub(super) fn receive(&self, wire: Wire, buffer: &mut [u8]) -> Option<Datagram> {
        let socketed = self.sockets.get(wire.0)?.as_ref()?;
        let (length, from) = socketed.socket.recv_from(buffer).ok()?;
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        Some(Datagram { leg: socketed.leg, role: socketed.role, from, length })
    }

    /// Sends a datagram. What the system cannot take now is lost, as on any network.
    pub(super) fn send(&self, wire: Wire, datagram: &[u8], to: SocketAddr) {
        let Some(socketed) = self.sockets.get(wire.0).and_then(Option::as_ref) else { return };
        let to = match to.ip() {
            IpAddr::V4(ip) if socketed.is_v6 => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
            _ => to,
        };
        let _ = socketed.socket.send_to(datagram, to);
    }
}

/// A non-blocking UDP socket, its packets marked with the code point.
fn bind(at: SocketAddr, dscp: u8) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    let class = u32::from(dscp & 0x3F) << 2;
    let to_both = at.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    // A system that does not let us mark packets still lets us send them.
    if at.is_ipv4() || to_both {
        let _ = socket.set_tos_v4(class);
    }
    if at.is_ipv6() {
        let _ = socket.set_tclass_v6(class);
    }
    if to_both {
        socket.set_only_v6(false)?;
    }
    socket.bind(&SockAddr::from(at))?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};
    use socket2::SockRef;

    /// (IPv4, IPv6) class of the packets of RTP and of RTCP: the code point and two bits more.
    fn classes(at: &str, dscp: u8) -> io::Result<[(Option<u32>, Option<u32>); 2]> {
        let mut wires = Wires::new(eventfd(0, EventfdFlags::empty())?)?;
        let pair = wires.open_pair([at.parse().unwrap(); 2], dscp, 0)?;
        Ok(pair.map(|wire| {
            let socket = SockRef::from(&wires.sockets[wire.0].as_ref().unwrap().socket);
            (socket.tos_v4().ok(), socket.tclass_v6().ok())
        }))
    }

    #[test]
    fn packets_are_marked_with_the_code_point() {
        let v4 = |dscp: u8| classes("127.0.0.1:0", dscp).unwrap().map(|class| class.0);
        assert_eq!([v4(46), v4(0)], [[Some(46 << 2); 2], [Some(0); 2]]);
        assert_eq!(v4(255), [Some(63 << 2); 2], "six bits at most");
        match (classes("[::1]:0", 46), classes("[::]:0", 46)) {
            (Ok(one), Ok(all)) => {
                assert_eq!(one.map(|class| class.1), [Some(46 << 2); 2]);
                assert_eq!(all, [(Some(46 << 2), Some(46 << 2)); 2], "it sends to both kinds of addresses");
            }
            (Err(error), _) | (_, Err(error)) => println!("skipped: no IPv6 here ({error})"),
        }
    }

    #[test]
    fn a_socket_for_both_kinds_of_addresses_sends_to_both_and_hears_both() {
        let mut wires = Wires::new(eventfd(0, EventfdFlags::empty()).unwrap()).unwrap();
        let Ok([wire, _]) = wires.open_pair(["[::]:0".parse().unwrap(); 2], 46, 7) else {
            println!("skipped: no IPv6 here");
            return;
        };
        let port = wires.sockets[wire.0].as_ref().unwrap().socket.local_addr().unwrap().port();
        for ip in ["127.0.0.1", "::1"] {
            let ip: IpAddr = ip.parse().unwrap();
            let peer = UdpSocket::bind((ip, 0)).unwrap();
            peer.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            wires.send(wire, b"sound", peer.local_addr().unwrap());
            assert_eq!(peer.recv_from(&mut [0; 16]).unwrap(), (5, SocketAddr::new(ip, port)));
            peer.send_to(b"voice", (ip, port)).unwrap();
            let mut ready = Ready::new();
            while wires.wait(&mut ready, None).unwrap() == 0 {}
            let datagram = wires.receive(wire, &mut [0; 16]).unwrap();
            assert_eq!((datagram.leg, datagram.length, datagram.from), (7, 5, peer.local_addr().unwrap()));
        }
    }
}
