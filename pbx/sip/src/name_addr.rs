//! From, To, Contact, Route and the like: a display name, a URI, parameters (RFC 3261 §20.10).

use crate::params::{
    Params, are_params, display_text, find_byte, find_outside_quotes, param_in, quote, trim, unquote,
};
use crate::uri::Uri;
use std::fmt;

/// A name-addr or addr-spec with its header parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes; empty if there is none. Untrusted text.
    pub name: String,
    /// The URI.
    pub uri: Uri,
    /// Parameters of the header field, such as `tag` and `expires`.
    pub params: Params,
}

impl NameAddr {
    /// A URI without name and parameters.
    pub fn bare(uri: Uri) -> Self {
        Self { name: String::new(), uri, params: Params::default() }
    }

    /// A URI with a name.
    pub fn named(name: &str, uri: Uri) -> Self {
        Self { name: name.to_owned(), uri, params: Params::default() }
    }

    /// With this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag.to_owned()));
        self
    }

    /// Parses one element.
    pub fn parse(text: &str) -> Option<Self> {
        let written = Written::cut(text)?;
        Some(Self {
            name: unquote(written.name),
            uri: Uri::parse(written.uri)?,
            params: Params::parse(written.params)?,
        })
    }

    /// The display name as it may be shown: hostile characters replaced, at most 64 characters.
    pub fn display_name(&self) -> String {
        display_text(&self.name, 64)
    }

    /// The tag; `None` if there is none or it is empty.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|t| !t.is_empty())
    }

    /// Appends it as it stands in a header field.
    pub(crate) fn print(&self, out: &mut String) {
        if !self.name.is_empty() {
            out.push_str(&quote(&self.name));
            out.push(' ');
        }
        out.push('<');
        self.uri.print(out);
        out.push('>');
        self.params.print(out);
    }
}

/// A name-addr as it stands in a text, taken apart without copying. URI and parameters are not looked into yet.
struct Written<'a> {
    name: &'a str,
    uri: &'a str,
    params: &'a str,
}

impl<'a> Written<'a> {
    fn cut(text: &'a str) -> Option<Self> {
        let text = trim(text);
        match find_outside_quotes(text, b'<') {
            Some(open) => {
                let close = open + find_byte(&text[open..], b'>')?;
                let name = trim(&text[..open]);
                let well_formed = match name.strip_prefix('"') {
                    Some(rest) => find_closing_quote(rest) == Some(rest.len().wrapping_sub(1)),
                    // Unquoted names are tokens and blanks; other printable text is tolerated as phones send it,
                    // but what would hide a second address is not.
                    None => !name.contains(['"', ',', ';', '<', '>']),
                };
                if !well_formed {
                    return None;
                }
                Some(Self { name, uri: &text[open + 1..close], params: &text[close + 1..] })
            }
            None => {
                // Without brackets what follows `;` belongs to the header, not to the URI (§20).
                let (uri, params) = text.split_at(find_byte(text, b';').unwrap_or(text.len()));
                if uri.contains(['?', ',', '"']) {
                    return None;
                }
                Some(Self { name: "", uri: trim(uri), params })
            }
        }
    }

    /// Whether [`NameAddr::parse`] would take all of it.
    fn is_well_formed(&self) -> bool {
        Uri::is_one(self.uri) && are_params(self.params)
    }
}

/// Whether the text is one element that [`NameAddr::parse`] takes.
pub(crate) fn is_name_addr(text: &str) -> bool {
    Written::cut(text).is_some_and(|written| written.is_well_formed())
}

/// Whether requests can be sent there: an element like that, and its URI came as UTF-8. What did not could not be given
/// back as it was written, so that another would be called than said where he is.
pub(crate) fn is_contact(text: &str) -> bool {
    Written::cut(text).is_some_and(|w| w.is_well_formed() && !w.uri.contains(char::REPLACEMENT_CHARACTER))
}

/// The tag of an element; empty if it has none or is not well-formed.
pub(crate) fn tag_of(text: &str) -> &str {
    let written = Written::cut(text).filter(Written::is_well_formed);
    written.and_then(|w| param_in(w.params, "tag")).unwrap_or_default()
}

/// Where the quoted string ends whose opening quote stands before `text`.
fn find_closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

impl fmt::Display for NameAddr {
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
    fn takes_the_forms_phones_send() {
        for (text, name, user, tag) in [
            ("\"Ana \\\"A\\\" <x>\" <sip:102@h>;tag=1", "Ana \"A\" <x>", "102", Some("1")),
            ("sip:102@h;tag=1", "", "102", Some("1")),
            ("José Pérez <sip:102@h>", "José Pérez", "102", None),
            ("caller<sip:caller@example.com>;tag=323", "caller", "caller", Some("323")),
            ("<sip:a@h;x=y>;tag=", "", "a", None),
        ] {
            let got = NameAddr::parse(text).unwrap();
            assert_eq!(
                (got.name.as_str(), got.uri.user_text().as_str(), got.tag()),
                (name, user, tag),
                "{text}"
            );
            assert_eq!(NameAddr::parse(&got.to_string()).unwrap(), got);
        }
    }

    #[test]
    fn refuses_broken_quoting() {
        for text in [
            "\"Mr. J. User <sip:j@h>",
            "\"a\"b\" <sip:j@h>",
            "<sip:a@h",
            "sip:a@h?x=y",
            "Bell, Alexander <sip:a.g.bell@bell-tel.com>",
        ] {
            assert_eq!(NameAddr::parse(text), None, "{text}");
        }
    }
}
