//! Where a message came from and where to send one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A transport of SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams: messages may be lost, repeated and reordered, so transactions send again.
    Udp,
    /// A stream: framed by Content-Length.
    Tcp,
}

impl Transport {
    /// Whether messages arrive once and in order, so that nothing needs to be sent again (RFC 3261 §17).
    pub fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp => true,
        }
    }

    /// The name in a Via header.
    pub fn via_name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// The name in a `transport` parameter, a configuration and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }

    /// The transport of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        // rsip knows the names; of those we speak two.
        match name.to_ascii_uppercase().parse::<rsip::Transport>().ok()? {
            rsip::Transport::Udp => Some(Self::Udp),
            rsip::Transport::Tcp => Some(Self::Tcp),
            _ => None,
        }
    }
}

/// The source that an address counts as, wherever something is bounded by source. A host of IPv6 may take any address of its network
/// (RFC 4291 §2.5.1: 64 bits), one for each packet if it likes, so that network is one source, as everybody behind one address of
/// IPv4 is. On a link alone (`fe80::`) there is but one such network for all hosts, and none of them is far away: there each counts by
/// itself.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if !v6.is_unicast_link_local() && !v6.is_loopback() => {
            Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into()
        }
        IpAddr::V6(_) | IpAddr::V4(_) => address,
    }
}

/// The path between us and one peer: what answers and later requests go back over (RFC 3581, RFC 5626).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// UDP or TCP.
    pub transport: Transport,
    /// Our address as this peer reaches it: a real address, never the wildcard.
    pub local: SocketAddr,
    /// The peer's address, as the packets bear it.
    pub remote: SocketAddr,
    /// Number of the TCP connection; 0 for UDP.
    pub connection: u64,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport.name(), self.remote)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hosts_of_one_network_of_ipv6_are_one_source() {
        let of = |text: &str| source_of(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2::9"), "2001:db8:1:2::");
        for alone in ["192.0.2.7", "fe80::7", "::1"] {
            assert_eq!(of(alone), alone);
        }
    }
}
