//! Via (RFC 3261 §20.42) with `rport` (RFC 3581).

use crate::flow::Transport;
use crate::params::{
    Params, are_params, cut_at, find_any, find_byte, is_token_byte, param_in, push_number, trim,
};
use crate::uri::{cut_host_port, host_of};
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
        let written = Written::cut(text)?;
        Some(Self {
            transport: written.transport.to_owned(),
            host: written.host.to_owned(),
            port: written.port,
            params: Params::parse(written.params)?,
        })
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

    /// Appends it as it stands in a header field.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("SIP/2.0/");
        out.push_str(&self.transport);
        out.push(' ');
        out.push_str(&self.host);
        if let Some(port) = self.port {
            out.push(':');
            push_number(out, port);
        }
        self.params.print(out);
    }
}

/// One element of Via as it stands in a text, taken apart without copying.
pub(crate) struct Written<'a> {
    transport: &'a str,
    /// Host of `sent-by`.
    pub(crate) host: &'a str,
    /// Port of `sent-by`.
    pub(crate) port: Option<u16>,
    params: &'a str,
}

impl<'a> Written<'a> {
    /// Takes one element apart that [`Via::parse`] takes.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        Self::cut(text).filter(|written| are_params(written.params))
    }

    /// The parameters are not looked into yet.
    fn cut(text: &'a str) -> Option<Self> {
        let (name, rest) = cut_at(text, b'/')?;
        let (version, rest) = cut_at(rest, b'/')?;
        let rest = trim(rest);
        if !trim(name).eq_ignore_ascii_case("SIP") || trim(version) != "2.0" {
            return None;
        }
        let end = find_any(rest.as_bytes(), [b' ', b'\t'])?;
        let (transport, rest) = (&rest[..end], trim(&rest[end..]));
        if transport.is_empty() || !transport.bytes().all(is_token_byte) {
            return None;
        }
        let (sent_by, params) = rest.split_at(find_byte(rest, b';').unwrap_or(rest.len()));
        let (host, port) = cut_host_port(sent_by)?;
        Some(Self { transport, host, port, params })
    }

    /// The branch; empty if there is none.
    pub(crate) fn branch(&self) -> &'a str {
        param_in(self.params, "branch").unwrap_or_default()
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.print(&mut text);
        f.write_str(&text)
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
