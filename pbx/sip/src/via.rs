//! Via (RFC 3261 §20.42) with `rport` (RFC 3581).

use crate::flow::Transport;
use crate::params::{Params, is_token_byte};
use crate::uri::{host_of, parse_host_port};
use std::fmt;
use std::net::SocketAddr;

/// What a branch starts with if its transaction is identified by it alone (RFC 3261 §8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One element of Via.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Transport name as written, for example `UDP`.
    pub transport: String,
    /// Host of `sent-by`.
    pub host: String,
    /// Port of `sent-by`.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
}

impl Via {
    /// Our own Via for a request.
    pub fn own(transport: Transport, local: SocketAddr, branch: &str) -> Self {
        Self {
            transport: transport.via_name().into(),
            host: host_of(local.ip()),
            port: Some(local.port()),
            params: Params(vec![("branch".into(), Some(branch.into())), ("rport".into(), None)]),
        }
    }

    /// Parses one element; blanks around `/` and `:` are tolerated as the grammar allows.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (name, version, rest) = (parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim());
        if !name.eq_ignore_ascii_case("SIP") || version != "2.0" {
            return None;
        }
        let end = rest.find([' ', '\t'])?;
        let (transport, rest) = (&rest[..end], rest[end..].trim());
        if transport.is_empty() || !transport.bytes().all(is_token_byte) {
            return None;
        }
        let (sent_by, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let (host, port) = parse_host_port(sent_by)?;
        Some(Self { transport: transport.into(), host, port, params: Params::parse(params)? })
    }

    /// The branch; empty if there is none.
    pub fn branch(&self) -> &str {
        self.params.get("branch").unwrap_or_default()
    }

    /// Writes down where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        if self.params.has("rport") {
            self.params.set("rport", Some(source.port().to_string()));
            self.params.set("received", Some(source.ip().to_string()));
        } else if crate::uri::parse_ip(&self.host) != Some(source.ip()) {
            self.params.set("received", Some(source.ip().to_string()));
        } else {
            // Only we may say where a request came from.
            self.params.remove("received");
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        let mut params = String::new();
        self.params.print(&mut params);
        f.write_str(&params)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parses_with_blanks_and_v6() {
        let via =
            Via::parse("SIP  / 2.0 /TCP     spindle.example.com   : 5070 ;branch  =   z9hG4bK9ikj8 ;rport")
                .unwrap();
        assert_eq!(
            (via.host.as_str(), via.port, via.branch()),
            ("spindle.example.com", Some(5070), "z9hG4bK9ikj8")
        );
        let via = Via::parse("SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111").unwrap();
        assert_eq!((via.host.as_str(), via.port), ("[2001:db8::9:1]", Some(6050)));
        assert_eq!(Via::parse("SIP/2.0/UDP"), None);
        assert_eq!(Via::parse("SIP/7.0/UDP h"), None);
    }

    #[test]
    fn stamps_the_source() {
        let mut via = Via::parse("SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKx;rport").unwrap();
        via.stamp("192.0.2.1:4000".parse().unwrap());
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKx;rport=4000;received=192.0.2.1"
        );
        let mut via = Via::parse("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx").unwrap();
        via.stamp("192.0.2.1:4000".parse().unwrap());
        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx");
    }
}
