//! Replaces: the names of a dialog whose place another is to take (RFC 3891).

use crate::uri::{Uri, escape_header, unescape};

/// A dialog, as its user agent that is asked sees it: `to_tag` is its own tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: String,
    /// The tag of who is asked.
    pub to_tag: String,
    /// The tag of the other end.
    pub from_tag: String,
    /// Only while the dialog is early.
    pub is_early_only: bool,
}

/// A Replaces that names no dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Replaces needs a Call-ID, a to-tag and a from-tag")]
pub struct BadReplaces;

impl Replaces {
    /// Reads the value of the header field.
    pub fn parse(text: &str) -> Option<Self> {
        // None of the parts may be quoted, so semicolons part them.
        let mut parts = text.split(';').map(str::trim);
        let call_id = parts.next()?;
        let mut tags = [const { String::new() }; 2];
        let mut is_early_only = false;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let [to_tag, from_tag] = &mut tags;
            match name.trim() {
                name if name.eq_ignore_ascii_case("to-tag") => value.trim().clone_into(to_tag),
                name if name.eq_ignore_ascii_case("from-tag") => value.trim().clone_into(from_tag),
                name => is_early_only |= name.eq_ignore_ascii_case("early-only"),
            }
        }
        let [to_tag, from_tag] = tags;
        let is_one = !call_id.is_empty() && !call_id.contains(|c: char| c.is_whitespace() || c == ',');
        let is_one = is_one && !to_tag.is_empty() && !from_tag.is_empty();
        is_one.then(|| Self { call_id: call_id.to_owned(), to_tag, from_tag, is_early_only })
    }

    /// The Replaces among the header fields of a URI, as in Refer-To; an error if there is one that names no dialog.
    pub fn in_uri(uri: &Uri) -> Result<Option<Self>, BadReplaces> {
        let Some(headers) = &uri.headers else { return Ok(None) };
        let of_name = headers.split('&').filter_map(|field| field.split_once('='));
        let mut found =
            of_name.filter(|(name, _)| name.eq_ignore_ascii_case("Replaces")).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Self::parse(&unescape(value)).map(Some).ok_or(BadReplaces),
            (Some(_), Some(_)) => Err(BadReplaces),
        }
    }

    /// As a header field of a URI.
    pub fn as_uri_header(&self) -> String {
        format!("Replaces={}", escape_header(&self.to_string()))
    }
}

impl std::fmt::Display for Replaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { call_id, to_tag, from_tag, is_early_only } = self;
        write!(f, "{call_id};to-tag={to_tag};from-tag={from_tag}")?;
        if *is_early_only { f.write_str(";early-only") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_survives_a_uri() {
        let replaces = Replaces {
            call_id: "a%b@h;x".replace(';', "!"),
            to_tag: "t1".into(),
            from_tag: "f-2".into(),
            is_early_only: true,
        };
        let mut uri = Uri::sip("103", "h", None);
        uri.headers = Some(replaces.as_uri_header());
        let text = format!("<{uri}>");
        let read = crate::name_addr::NameAddr::parse(&text).unwrap().uri;
        assert_eq!(Replaces::in_uri(&read), Ok(Some(replaces)));
    }

    #[test]
    fn phones_write_it_in_several_ways() {
        let uri = |headers: &str| Uri::parse(&format!("sip:103@h?{headers}")).unwrap();
        let plain = uri("Replaces=c%40h%3Bto-tag%3D1%3Bfrom-tag%3D2");
        let read = Replaces::in_uri(&plain).unwrap().unwrap();
        assert_eq!((read.call_id.as_str(), read.to_tag.as_str(), read.from_tag.as_str()), ("c@h", "1", "2"));
        assert!(!read.is_early_only);
        let other = uri("X=y&replaces=c%3bFROM-TAG%3d2%3b%20to-tag=1%3bearly-only&Require=replaces");
        let read = Replaces::in_uri(&other).unwrap().unwrap();
        assert_eq!((read.to_tag.as_str(), read.from_tag.as_str(), read.is_early_only), ("1", "2", true));
        assert_eq!(Replaces::in_uri(&uri("X=y")), Ok(None));
        for bad in
            ["Replaces=", "Replaces=c", "Replaces=c%3Bto-tag%3D1", "Replaces=%3Bto-tag%3D1%3Bfrom-tag%3D2"]
        {
            assert_eq!(Replaces::in_uri(&uri(bad)), Err(BadReplaces), "{bad}");
        }
        let twice = "Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2";
        assert_eq!(Replaces::in_uri(&uri(&format!("{twice}&{twice}"))), Err(BadReplaces));
    }
}
