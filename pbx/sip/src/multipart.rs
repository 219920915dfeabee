//! Finding SDP in a multipart body, one level deep (RFC 5621).

use crate::params::Params;

/// The body of the first `application/sdp` part, if there is one.
pub(crate) fn find_sdp(content_type: &str, body: &[u8]) -> Option<Vec<u8>> {
    let params = Params::parse(content_type.get(content_type.find(';')?..)?)?;
    let boundary = params.get_unquoted("boundary").filter(|b| !b.is_empty() && b.len() <= 70)?;
    let delimiter = format!("--{boundary}");
    let mut rest = body;
    let mut part_start = None;
    loop {
        let at = find(rest, delimiter.as_bytes())?;
        if let Some(start) = part_start {
            let part: &[u8] = rest.get(start..at)?;
            if let Some(sdp) = sdp_of_part(part) {
                return Some(sdp);
            }
        }
        rest = rest.get(at + delimiter.len()..)?;
        if rest.starts_with(b"--") {
            return None;
        }
        part_start = Some(0);
    }
}

fn sdp_of_part(part: &[u8]) -> Option<Vec<u8>> {
    let part = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n"))?;
    let (head, body) = match find(part, b"\r\n\r\n") {
        Some(at) => (&part[..at], &part[at + 4..]),
        None => {
            let at = find(part, b"\n\n")?;
            (&part[..at], &part[at + 2..])
        }
    };
    let head = std::str::from_utf8(head).ok()?;
    let is_sdp = head.lines().any(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            matches!(name.trim().to_ascii_lowercase().as_str(), "content-type" | "c")
                && value.split(';').next().is_some_and(|v| v.trim().eq_ignore_ascii_case("application/sdp"))
        })
    });
    is_sdp.then(|| body.to_vec())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_sdp_part_and_survives_the_rest() {
        let kind = "multipart/mixed;boundary=\"x\"";
        let body = b"preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nc: application/sdp\r\n\r\nv=0\r\n\r\n--x--\r\n";
        assert_eq!(find_sdp(kind, body), Some(b"v=0\r\n\r\n".to_vec()));
        for broken in
            [&b""[..], b"--x", b"--x--", b"--x\r\n--x\r\n--x", b"--x\r\nContent-Type: application/sdp"]
        {
            assert_eq!(find_sdp(kind, broken), None);
        }
        assert_eq!(find_sdp("multipart/mixed", body), None);
    }
}
