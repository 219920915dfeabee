//! Which of our addresses a peer reaches us at.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Peers whose answer is remembered.
const REMEMBERED: usize = 4096;

/// Asks the system's routing for the source address towards a peer; answers are remembered for a while.
#[derive(Debug, Default)]
pub(super) struct Local {
    known: BTreeMap<IpAddr, IpAddr>,
}

impl Local {
    /// Our address towards `peer` on a socket bound to `bound`.
    pub(super) fn towards(&mut self, peer: IpAddr, bound: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        if let Some(ip) = self.known.get(&peer) {
            return SocketAddr::new(*ip, bound.port());
        }
        let ip = route(peer).unwrap_or(bound.ip());
        if self.known.len() >= REMEMBERED {
            // Rare, and asking again is cheap.
            self.known.clear();
        }
        self.known.insert(peer, ip);
        SocketAddr::new(ip, bound.port())
    }
}

/// Connecting a datagram socket sends nothing but chooses the source address.
pub(super) fn route(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((peer, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
