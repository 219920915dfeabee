//! What a message is, read at a glance and without the parser under test: the checkers must not believe it.

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
        let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(bytes.len());
        let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
        let first = text.lines().next()?;
        let start = match first.strip_prefix("SIP/2.0 ") {
            Some(rest) => Err(rest.get(..3)?.parse().ok()?),
            None => {
                let mut words = first.split(' ');
                Ok((words.next()?, words.next()?))
            }
        };
        let via = header(text, "Via")?;
        let branch = via.split("branch=").nth(1)?.split([';', ',', ' ']).next()?;
        let mut cseq = header(text, "CSeq")?.split(' ');
        Some(Self {
            start,
            via: via.split(';').next()?,
            branch,
            call_id: header(text, "Call-ID")?,
            cseq: cseq.next()?.parse().ok()?,
            method: cseq.next()?,
            to: header(text, "To")?,
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

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().skip(1).find_map(|line| value(line, name))
}

fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    Some(line.strip_prefix(name)?.strip_prefix(':')?.trim())
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
    let rest = rest.strip_prefix("sip:").unwrap_or(rest);
    rest.split(['@', ';', '>']).next().unwrap_or(rest)
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
}
