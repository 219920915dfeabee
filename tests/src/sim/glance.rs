//! What a message is, read at a glance and without the parser under test: the checkers must not believe it.

use std::borrow::Cow;

/// The few things of a message that checkers look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'a> {
    /// `Ok(method, request target)` or `Err(status)`.
    pub start: Result<(&'a str, &'a str), u16>,
    /// First Via up to its parameters: transport and sender.
    pub via: &'a str,
    /// First Via's branch.
    pub branch: &'a str,
    /// Call-ID.
    pub call_id: &'a str,
    /// CSeq's number.
    pub cseq: u32,
    /// CSeq's method.
    pub method: &'a str,
    /// To, whole.
    pub to: &'a str,
    text: &'a str,
}

impl<'a> Glance<'a> {
    /// `None` if the bytes are no message that a well-behaved phone or the exchange would write.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        Self::of_text(std::str::from_utf8(head(bytes)).ok()?)
    }

    /// Of what [`legible`] gives.
    pub fn of_text(text: &'a str) -> Option<Self> {
        let first = text.lines().next()?;
        let start = match first.strip_prefix("SIP/2.0 ") {
            Some(rest) => Err(rest.get(..3)?.parse().ok()?),
            None => {
                let mut words = first.split(' ');
                Ok((words.next()?, words.next()?))
            }
        };
        let (mut via, mut call_id, mut cseq, mut to) = (None, None, None, None);
        for line in text.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            let known = match name.len() {
                2 if name.eq_ignore_ascii_case("To") => &mut to,
                3 if name.eq_ignore_ascii_case("Via") => &mut via,
                4 if name.eq_ignore_ascii_case("CSeq") => &mut cseq,
                7 if name.eq_ignore_ascii_case("Call-ID") => &mut call_id,
                _ => continue,
            };
            known.get_or_insert(value.trim());
        }
        let via = via?;
        let branch = via.split("branch=").nth(1)?.split([';', ',', ' ']).next()?;
        let mut cseq = cseq?.split(' ');
        Some(Self {
            start,
            via: via.split(';').next()?,
            branch,
            call_id: call_id?,
            cseq: cseq.next()?.parse().ok()?,
            method: cseq.next()?,
            to: to?,
            text,
        })
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        self.start.err()
    }

    /// The tag of To; empty if it has none.
    pub fn to_tag(&self) -> &'a str {
        self.to.split(";tag=").nth(1).map_or("", |rest| rest.split(';').next().unwrap_or(rest))
    }

    /// The target of a request that begins a dialog or stands outside of one.
    pub fn opens(&self, method: &str) -> Option<&'a str> {
        match self.start {
            Ok((word, target)) if word == method && self.to_tag().is_empty() => Some(target),
            _ => None,
        }
    }

    /// The values of all headers of that name.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.lines().skip(1).filter_map(move |line| value(line, name))
    }
}

fn head(bytes: &[u8]) -> &[u8] {
    split(bytes).map_or(bytes, |(head, _)| head)
}

/// Head and body, without the empty line between them. `None` if there is no such line.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    Some((&bytes[..at], &bytes[at + 4..]))
}

/// Whether these bytes stand anywhere in a message.
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// The head of a message that may be mutilated: a byte that is no text must not hide the rest, for the exchange reads on.
pub fn legible(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(head(bytes))
}

/// A header of a response of the exchange's own, whatever stands in the others: those that it repeats may be mutilated.
pub fn header_of<'a>(response: &'a [u8], name: &str) -> Option<&'a str> {
    let (head, _) = split(response)?;
    std::str::from_utf8(head).ok().and_then(|text| header(text, name))
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().skip(1).find_map(|line| value(line, name))
}

fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (written, value) = line.split_once(':')?;
    written.eq_ignore_ascii_case(name).then(|| value.trim())
}

/// Tells what was never sent before from repeats.
#[derive(Debug, Default)]
pub struct Fresh {
    seen: std::collections::BTreeSet<u64>,
    order: std::collections::VecDeque<u64>,
}

impl Fresh {
    /// Whether these bytes come for the first time, as far as it remembers.
    pub fn is_new(&mut self, bytes: &[u8]) -> bool {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let sum = hasher.finish();
        if !self.seen.insert(sum) {
            return false;
        }
        self.order.push_back(sum);
        if self.order.len() > 4_096
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

/// User part of `sip:user@host`.
pub fn user(uri: &str) -> &str {
    let rest = uri.trim_start_matches('<');
    // Schemes are alike in either case (RFC 3261 §19.1.4).
    let rest = match rest.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("sip:") => &rest[4..],
        _ => rest,
    };
    rest.split(['@', ';', '>']).next().unwrap_or(rest)
}

/// The address in From, To or Contact without name, brackets and parameters, and so that it compares equal however it was
/// written: a phone's contact that was mutilated to `SIP:104@10.0.1.3:0060` is the same as `sip:104@10.0.1.3:60`.
pub fn address(text: &str) -> String {
    let uri = text.split_once('<').map_or(text, |(_, rest)| rest);
    let uri = uri.split('>').next().unwrap_or(uri).trim();
    // A user part may hold what begins parameters and headers behind the host.
    let host = uri.rfind('@').unwrap_or(0);
    let end = uri[host..].find([';', '?']).map_or(uri.len(), |at| host + at);
    let uri = &uri[..end];
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let rest = match rest.rsplit_once(':') {
        Some((host, port)) => match port.parse::<u16>() {
            Ok(port) => format!("{host}:{port}"),
            Err(_) => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    format!("{}:{rest}", scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_at_a_glance() {
        let text = b"INVITE sip:102@pbx SIP/2.0\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx;rport\r\n\
            To: <sip:102@pbx>\r\nCall-ID: abc\r\nCSeq: 7 INVITE\r\nContact: <a>\r\nContact: <b>\r\n\r\nCall-ID: no";
        let glance = Glance::of(text).unwrap();
        assert_eq!(glance.opens("INVITE").map(user), Some("102"));
        assert_eq!((glance.branch, glance.call_id, glance.cseq), ("z9hG4bKx", "abc", 7));
        assert_eq!(glance.all("Contact").collect::<Vec<_>>(), ["<a>", "<b>"]);
        let text =
            b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx\r\nTo: <sip:102@pbx>;tag=t;x\r\n\
            Call-ID: abc\r\nCSeq: 7 INVITE\r\n\r\n";
        let glance = Glance::of(text).unwrap();
        assert_eq!((glance.status(), glance.to_tag(), glance.method), (Some(200), "t", "INVITE"));
        assert_eq!(Glance::of(b"\xff\x00"), None);
    }

    #[test]
    fn a_mutilated_message_is_read_all_the_same() {
        let bytes = b"REGISTER sip:pbx SIP/2.0\r\nvia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx\r\nTo: \xff<sip:102@pbx>\r\n\
            Call-ID: abc\r\nCSeq: 7 REGISTER\r\ncontact: <sip:1\xff2@10.0.0.2:0060>;expires=60\r\n\r\n\xfe";
        assert_eq!(Glance::of(bytes), None);
        let text = legible(bytes);
        let glance = Glance::of_text(&text).unwrap();
        assert_eq!(user(&address(glance.to)), "102");
        assert_eq!(glance.all("Contact").map(address).collect::<Vec<_>>(), ["sip:1\u{fffd}2@10.0.0.2:60"]);
    }

    #[test]
    fn an_address_however_it_is_written() {
        for (written, same) in [
            ("<sip:104@10.0.1.3:5060>;expires=60", "sip:104@10.0.1.3:5060"),
            ("\"Ana\" <SIP:104@10.0.1.3:05060;line=2?x=y>", "sip:104@10.0.1.3:5060"),
            ("sip:104@pbx;tag=x", "sip:104@pbx"),
            ("<sip:1;4@h>", "sip:1;4@h"),
            ("<sip:a:b@h>", "sip:a:b@h"),
        ] {
            assert_eq!(address(written), same);
        }
        assert_ne!(address("<sip:104@10.0.1.3:60>"), address("<sip:104@10.0.1.3:5060>"));
    }
}
