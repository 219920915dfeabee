//! Where a message came from and where to send one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

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
