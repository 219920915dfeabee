//! URIs (RFC 3261 §19.1, RFC 3966). Printing gives back what was parsed.

use crate::params::{Params, are_params, cut_at, display_text, find_byte, push_number, trim};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The scheme of a URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Anything else, lower case.
    Other(Box<str>),
}

/// A URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// User part as written (escapes kept); the number of a `tel:`; all of an unknown scheme.
    pub user: Option<String>,
    /// Password part, never used.
    pub password: Option<String>,
    /// Host name, IPv4, or IPv6 in brackets; empty for `tel:` and unknown schemes.
    pub host: String,
    /// Port.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
    /// What follows `?`, without it.
    pub headers: Option<String>,
}

impl Uri {
    /// `sip:user@host:port`, or without port if it is `None`.
    pub fn sip(user: &str, host: &str, port: Option<u16>) -> Self {
        Self {
            scheme: Scheme::Sip,
            user: (!user.is_empty()).then(|| escape_user(user)),
            password: None,
            host: host.to_owned(),
            port,
            params: Params::default(),
            headers: None,
        }
    }

    /// Parses a URI; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let written = Written::cut(text)?;
        Some(Self {
            scheme: written.scheme,
            user: written.user.map(str::to_owned),
            password: written.password.map(str::to_owned),
            host: written.host.to_owned(),
            port: written.port,
            params: Params::parse(written.params)?,
            headers: written.headers.map(str::to_owned),
        })
    }

    /// Whether [`Uri::parse`] takes the text.
    pub(crate) fn is_one(text: &str) -> bool {
        Written::cut(text).is_some_and(|written| are_params(written.params))
    }

    /// The user part with escapes resolved; empty if there is none or it is not UTF-8.
    pub fn user_text(&self) -> String {
        self.user.as_deref().map(unescape).unwrap_or_default()
    }

    /// The host as an address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        parse_ip(&self.host)
    }

    /// The user part as it may be shown: escapes resolved, hostile characters replaced, at most 64 characters.
    pub fn display_user(&self) -> String {
        display_text(&self.user_text(), 64)
    }

    /// Whether a parameter of that name is there, escapes in its name resolved (RFC 3261 §19.1.4).
    pub fn has_param(&self, name: &str) -> bool {
        self.params.0.iter().any(|(n, _)| is_param(n, name))
    }

    /// The value of a parameter, escapes in name and value resolved; `None` without the parameter or a value.
    pub fn param(&self, name: &str) -> Option<String> {
        let (_, value) = self.params.0.iter().find(|(n, _)| is_param(n, name))?;
        value.as_deref().map(unescape)
    }

    /// Whether the scheme is `sip:` or `sips:`.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// Whether two URIs name the same resource for a registrar: scheme, user and port as they are, host in any case,
    /// `transport` where given (RFC 3261 §19.1.4, as far as contacts of phones need it).
    pub fn same_contact(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.user.as_deref().map(unescape) == other.user.as_deref().map(unescape)
            && self.host.eq_ignore_ascii_case(&other.host)
            && self.port == other.port
            && match (self.param("transport"), other.param("transport")) {
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(&b),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
    }
}

/// A URI as it stands in a text, taken apart without copying. Its parameters are not looked into yet.
struct Written<'a> {
    scheme: Scheme,
    user: Option<&'a str>,
    password: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
    params: &'a str,
    headers: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn cut(text: &'a str) -> Option<Self> {
        let (scheme, rest) = cut_at(text, b':')?;
        if scheme.is_empty()
            || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        {
            return None;
        }
        let is_foreign = |b| (b <= b' ') | (b == 0x7f) | (b == b'<') | (b == b'>') | (b == b'"');
        // No early end: the whole text is looked at in a few wide steps.
        if text.bytes().fold(false, |found, b| found | is_foreign(b)) {
            return None;
        }
        if scheme.eq_ignore_ascii_case("sip") {
            Self::cut_sip(Scheme::Sip, rest)
        } else if scheme.eq_ignore_ascii_case("sips") {
            Self::cut_sip(Scheme::Sips, rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = cut_params(rest);
            (!number.is_empty()).then(|| Self::opaque(Scheme::Tel, number, params))
        } else {
            Some(Self::opaque(Scheme::Other(scheme.to_ascii_lowercase().into()), rest, ""))
        }
    }

    fn opaque(scheme: Scheme, user: &'a str, params: &'a str) -> Self {
        Self { scheme, user: Some(user), password: None, host: "", port: None, params, headers: None }
    }

    fn cut_sip(scheme: Scheme, rest: &'a str) -> Option<Self> {
        // The last `@` before `?` ends the user part: users may hold `;`, `?` and, escaped, anything.
        let at = rest.bytes().rposition(|b| b == b'@').filter(|at| !in_headers(rest, *at));
        let (user, password, rest) = match at {
            Some(0) => return None,
            Some(at) => match cut_at(&rest[..at], b':') {
                Some(("", _)) => return None,
                Some((user, password)) => (Some(user), Some(password), &rest[at + 1..]),
                None => (Some(&rest[..at]), None, &rest[at + 1..]),
            },
            None => (None, None, rest),
        };
        let (rest, headers) = match cut_at(rest, b'?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let (host_port, params) = cut_params(rest);
        let (host, port) = cut_host_port(host_port)?;
        Some(Self { scheme, user, password, host, port, params, headers })
    }
}

fn is_param(written: &str, name: &str) -> bool {
    written.eq_ignore_ascii_case(name)
        || written.contains('%') && unescape(written).eq_ignore_ascii_case(name)
}

/// Whether position `at` lies behind a `?` that starts headers: then the `@` there belongs to them.
fn in_headers(rest: &str, at: usize) -> bool {
    // A `?` in the user part is legal; it starts headers only if an `@` or a host stands before it.
    match find_byte(rest, b'?') {
        Some(mark) if mark < at => rest[..mark].contains('@'),
        _ => false,
    }
}

fn cut_params(text: &str) -> (&str, &str) {
    text.split_at(find_byte(text, b';').unwrap_or(text.len()))
}

/// Takes `host`, `host:port`, `[v6]:port` apart; blanks around the colon are tolerated (RFC 4475 §3.1.1.1).
pub(crate) fn cut_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = trim(text);
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let (v6, rest) = inner.split_once(']')?;
        v6.parse::<Ipv6Addr>().ok()?;
        (&text[..v6.len() + 2], trim(rest))
    } else {
        match find_byte(text, b':') {
            Some(at) => (text[..at].trim_end(), &text[at..]),
            None => (text, ""),
        }
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(parse_port(trim(port))?),
        None if port.is_empty() => None,
        None => return None,
    };
    let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if host.is_empty() || !(host.starts_with('[') || host.bytes().all(is_host)) {
        return None;
    }
    Some((host, port))
}

fn parse_port(text: &str) -> Option<u16> {
    // `parse` would take a sign.
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The address a host part holds, brackets or not.
pub fn parse_ip(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// The address as a host part: IPv6 in brackets.
pub fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// The value of a header field in a URI (§25.1, `hvalue`).
pub(crate) fn escape_header(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.!~*'()[]/?:+$".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

fn escape_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

impl Uri {
    /// Appends it as it stands in a message.
    pub(crate) fn print(&self, out: &mut String) {
        let user = self.user.as_deref().unwrap_or_default();
        let is_sip = self.is_sip();
        out.push_str(match &self.scheme {
            Scheme::Sip => "sip",
            Scheme::Sips => "sips",
            Scheme::Tel => "tel",
            Scheme::Other(name) => name,
        });
        out.push(':');
        out.push_str(user);
        if is_sip {
            if self.user.is_some() {
                if let Some(password) = &self.password {
                    out.push(':');
                    out.push_str(password);
                }
                out.push('@');
            }
            out.push_str(&self.host);
            if let Some(port) = self.port {
                out.push(':');
                push_number(out, port);
            }
        }
        if !matches!(self.scheme, Scheme::Other(_)) {
            self.params.print(out);
        }
        if is_sip && let Some(headers) = &self.headers {
            out.push('?');
            out.push_str(headers);
        }
    }
}

impl fmt::Display for Uri {
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
    fn prints_what_it_parsed() {
        for text in [
            "sip:john.doe@example.com",
            "sip:[2001:db8::1]:5060;transport=tcp",
            "sips:a:pw@h:5061;lr?x=y&z=%20",
            "tel:911;phone-context=+1",
            "tel:+1-212-555-0101",
            "sip:user;par=u%40example.net@example.com;maddr=1.2.3.4",
            "sip:null-%00-null@example.com",
            "sip:1.2.3.4",
            "urn:uuid:1",
            "sip:+442079460123;ext=5@pbx.example",
            "sip:unreserved-_.!~*'()&=+$,;?/%20@h",
        ] {
            assert_eq!(Uri::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn finds_the_parts() {
        let uri = Uri::parse("sip:john.doe@example.com:70;transport=XTP;lr").unwrap();
        assert_eq!(
            (uri.user_text().as_str(), uri.host.as_str(), uri.port),
            ("john.doe", "example.com", Some(70))
        );
        assert_eq!(Uri::parse("sip:a%20b@h").unwrap().user_text(), "a b");
        assert_eq!(Uri::parse("sip:[::1]").unwrap().ip(), Some("::1".parse().unwrap()));
        assert_eq!(Uri::sip("a@b#", "h", None).to_string(), "sip:a%40b%23@h");
    }

    #[test]
    fn refuses_what_is_not_a_uri() {
        for text in [
            "",
            "sip",
            "sip:",
            "sip:@h",
            "sip:a@h:70000",
            "sip:a@[::1",
            "sip:a b@h",
            "sip:a@h h",
            "<sip:a@h>",
            ":x",
            "sip:a@",
            "sip:a@h:",
            "sip:a@h;=;\"",
            "sip:a@h\r\nX: y",
        ] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
    }

    #[test]
    fn compares_contacts() {
        let same = |a, b| Uri::parse(a).unwrap().same_contact(&Uri::parse(b).unwrap());
        assert!(same("sip:a@H.example:5062;ob", "sip:a@h.example:5062"));
        assert!(same("sip:%61@h", "sip:a@h"));
        assert!(!same("sip:a@h", "sip:a@h:5060"));
        assert!(!same("sip:a@h;transport=tcp", "sip:a@h"));
    }
}
