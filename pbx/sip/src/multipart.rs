//! Finding SDP in a multipart body, one level deep (RFC 2046 §5.1, RFC 5621).
//!
//! A part that is itself multipart is left alone, so that no body is ever searched twice.

use crate::params::{Params, count_work};

/// The body of the first `application/sdp` part, if there is one.
pub(crate) fn find_sdp(content_type: &str, body: &[u8]) -> Option<Vec<u8>> {
    let params = Params::parse(content_type.get(content_type.find(';')?..)?)?;
    let boundary = params.get_unquoted("boundary").filter(|b| !b.is_empty() && b.len() <= 70)?;
    let mut parts = Parts { boundary: boundary.as_bytes(), rest: body };
    // What stands before the first delimiter is no part.
    parts.next_text()?;
    while let Some(part) = parts.next_text() {
        if let Some(sdp) = sdp_of_part(part) {
            return Some(sdp.to_vec());
        }
    }
    None
}

/// A body, cut at the lines that are its delimiter.
struct Parts<'a> {
    boundary: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// What stands before the next delimiter line, without the line end that belongs to the delimiter; `None` when there
    /// is no further delimiter.
    fn next_text(&mut self) -> Option<&'a [u8]> {
        let text = self.rest;
        let mut at = 0;
        while at < text.len() {
            let line_end = text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n + 1);
            count_work(line_end - at);
            if let Some(is_last) = self.delimiter(&text[at..line_end]) {
                self.rest = if is_last { &[] } else { &text[line_end..] };
                let before = &text[..at];
                let before = before.strip_suffix(b"\n").unwrap_or(before);
                return Some(before.strip_suffix(b"\r").unwrap_or(before));
            }
            at = line_end;
        }
        None
    }

    /// Whether the line is the delimiter, and then whether it is the closing one.
    fn delimiter(&self, line: &[u8]) -> Option<bool> {
        let rest = line.strip_prefix(b"--")?.strip_prefix(self.boundary)?;
        let (rest, is_last) = match rest.strip_prefix(b"--") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        rest.trim_ascii().is_empty().then_some(is_last)
    }
}

fn sdp_of_part(part: &[u8]) -> Option<&[u8]> {
    let mut is_sdp = false;
    let mut rest = part;
    // Header lines up to the empty one; a part may have none at all, and is text then.
    loop {
        let end = rest.iter().position(|b| *b == b'\n')?;
        count_work(end + 1);
        let line = rest[..end].trim_ascii();
        rest = &rest[end + 1..];
        if line.is_empty() {
            return is_sdp.then_some(rest);
        }
        let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|l| l.split_once(':')) else {
            continue;
        };
        if matches!(name.trim().to_ascii_lowercase().as_str(), "content-type" | "c") {
            let kind = value.split(';').next().unwrap_or_default();
            is_sdp = kind.trim().eq_ignore_ascii_case("application/sdp");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/mixed;boundary=\"x\"";

    #[test]
    fn finds_the_sdp_part() {
        let body = b"preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nc: application/sdp\r\n\r\nv=0\r\n\r\n--x--\r\n";
        assert_eq!(find_sdp(KIND, body), Some(b"v=0\r\n".to_vec()));
        let bare_line_feeds =
            b"--x\nC: a/b\n\n--xy\n--x \nCONTENT-TYPE : Application/SDP;charset=utf-8\nX: y\n\nv=0\n\n--x--";
        assert_eq!(find_sdp(KIND, bare_line_feeds), Some(b"v=0\n".to_vec()));
    }

    /// Class "multipart": what is broken, empty, nested or endless gives nothing and harms nothing.
    #[test]
    fn multipart() {
        let nested = b"--x\r\nContent-Type: multipart/mixed;boundary=y\r\n\r\n--y\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--y--\r\n--x--\r\n";
        for broken in [
            &b""[..],
            b"--x",
            b"--x--",
            b"--x\r\n--x\r\n--x",
            b"--x\r\nContent-Type: application/sdp",
            b"--x\r\nContent-Type: application/sdp\r\n\r\nno closing delimiter",
            b"--x--\r\nContent-Type: application/sdp\r\n\r\nafter the end\r\n--x--",
            b"text --x\r\nContent-Type: application/sdp\r\n\r\nnot at a line's start\r\n--x--",
            b"\xff\xfe--x\r\n\xff: \r\n\r\n--x--",
            nested,
        ] {
            assert_eq!(find_sdp(KIND, broken), None, "{}", String::from_utf8_lossy(broken));
        }
        let body = b"--x\r\nc: application/sdp\r\n\r\nv=0\r\n--x--";
        assert_eq!(find_sdp(KIND, body), Some(b"v=0".to_vec()));
        let too_long = format!("multipart/mixed;boundary={}", "x".repeat(71));
        for kind in ["multipart/mixed", "multipart/mixed;boundary=", "multipart/mixed;boundary=\"", &too_long]
        {
            assert_eq!(find_sdp(kind, body), None, "{kind}");
        }
    }

    /// Class "multipart": 10 000 parts cost no more than their bytes.
    #[test]
    fn multipart_bombs_cost_their_length() {
        for bomb in ["--x\r\n", "--x\r\nc: a/b\r\n\r\n", "--x\r\nc: a/b\r\n", "--", "\n", "--x--\r\n"] {
            let body = bomb.repeat(60_000 / bomb.len());
            crate::params::work::LOOKED_AT.set(0);
            find_sdp(KIND, body.as_bytes());
            assert!(crate::params::work::LOOKED_AT.get() <= 3 * body.len(), "{bomb:?}");
        }
    }
}
