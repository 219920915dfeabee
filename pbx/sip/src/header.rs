//! Header names and the raw header list, which is the truth of a message.

use crate::params::{blanks_trimmed, split_list, trim_blanks};
use std::fmt;
use std::ops::Range;

macro_rules! names {
    ($($name:ident $text:literal $compact:literal,)*) => {
        /// A header name. Case and compact form (RFC 3261 §7.3.3) make no difference; unknown names are kept.
        #[derive(Debug, Clone)]
        #[allow(missing_docs)]
        pub enum Name { $($name,)* Other(Box<str>) }

        impl Name {
            /// The name in any case or compact form; `None` if it is not a token.
            pub fn parse(text: &str) -> Option<Self> {
                if let [byte] = text.as_bytes() {
                    $(if !$compact.is_empty() && byte.eq_ignore_ascii_case(&$compact.as_bytes()[0]) {
                        return Some(Self::$name);
                    })*
                }
                // Length and first letter tell most names apart before any text is compared.
                let first = text.as_bytes().first()? | 0x20;
                $(if text.len() == $text.len() && first == $text.as_bytes()[0] | 0x20 && text.eq_ignore_ascii_case($text) {
                    return Some(Self::$name);
                })*
                text.bytes().all(crate::params::is_token_byte).then(|| Self::Other(text.into()))
            }

            /// The long name as the RFCs write it.
            pub fn text(&self) -> &str {
                match self { $(Self::$name => $text,)* Self::Other(text) => text }
            }
        }
    };
}

names! {
    Via "Via" "v", From "From" "f", To "To" "t", CallId "Call-ID" "i", CSeq "CSeq" "", MaxForwards "Max-Forwards" "",
    Contact "Contact" "m", ContentLength "Content-Length" "l", ContentType "Content-Type" "c",
    Route "Route" "", RecordRoute "Record-Route" "", Authorization "Authorization" "",
    WwwAuthenticate "WWW-Authenticate" "", ProxyAuthenticate "Proxy-Authenticate" "",
    ProxyAuthorization "Proxy-Authorization" "", Expires "Expires" "", MinExpires "Min-Expires" "",
    Allow "Allow" "", Supported "Supported" "k", Require "Require" "", ProxyRequire "Proxy-Require" "",
    Unsupported "Unsupported" "", UserAgent "User-Agent" "", Server "Server" "",
    SessionExpires "Session-Expires" "x", MinSe "Min-SE" "", RSeq "RSeq" "", RAck "RAck" "", Reason "Reason" "",
    RetryAfter "Retry-After" "", Accept "Accept" "", ContentEncoding "Content-Encoding" "e",
    ContentDisposition "Content-Disposition" "", Date "Date" "", Subject "Subject" "s", Event "Event" "o",
    AllowEvents "Allow-Events" "u", SubscriptionState "Subscription-State" "", ReferTo "Refer-To" "r", ReferredBy "Referred-By" "b", Replaces "Replaces" "",
    Warning "Warning" "", Path "Path" "", MimeVersion "MIME-Version" "", AlertInfo "Alert-Info" "",
    CallInfo "Call-Info" "", AnswerMode "Answer-Mode" "", PAssertedIdentity "P-Asserted-Identity" "", Privacy "Privacy" "",
    InfoPackage "Info-Package" "", RecvInfo "Recv-Info" "",
}

impl Name {
    /// A bit of its own if a message may hold it only once (RFC 3261 §7.3.1: not a comma list).
    pub(crate) fn single_bit(&self) -> Option<u32> {
        Some(match self {
            Self::From => 1 << 0,
            Self::To => 1 << 1,
            Self::CallId => 1 << 2,
            Self::CSeq => 1 << 3,
            Self::MaxForwards => 1 << 4,
            Self::ContentLength => 1 << 5,
            Self::ContentType => 1 << 6,
            Self::Expires => 1 << 7,
            Self::MinExpires => 1 << 8,
            Self::SessionExpires => 1 << 9,
            Self::MinSe => 1 << 10,
            Self::RSeq => 1 << 11,
            Self::RAck => 1 << 12,
            Self::ReferTo => 1 << 13,
            Self::Replaces => 1 << 14,
            Self::Event => 1 << 15,
            Self::SubscriptionState => 1 << 16,
            _ => return None,
        })
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a.eq_ignore_ascii_case(b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The header fields of a message in their order. Their values stand one after the other in one text, so that a message
/// costs two allocations, however many fields it has.
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
}

#[derive(Clone)]
struct Field {
    name: Name,
    /// Where its value stands in the text.
    value: Range<usize>,
}

impl Headers {
    /// Room for the fields of an ordinary message with values of so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), fields: Vec::with_capacity(16) }
    }

    /// Appends a field. Control characters in the value, which would end the line, become blanks; blanks at its ends,
    /// which mean nothing, are left out.
    pub fn push(&mut self, name: Name, value: impl AsRef<str>) {
        let value = self.store(|text| text.push_str(value.as_ref()));
        self.fields.push(Field { name, value });
    }

    /// Appends a field whose value is written piece by piece; otherwise like [`Headers::push`].
    pub(crate) fn push_written(&mut self, name: Name, write: impl FnOnce(&mut String)) {
        let value = self.store(write);
        self.fields.push(Field { name, value });
    }

    /// Puts a field before all others.
    pub(crate) fn push_front(&mut self, name: Name, write: impl FnOnce(&mut String)) {
        let value = self.store(write);
        self.fields.insert(0, Field { name, value });
    }

    /// Appends all fields of `other`.
    pub fn append(&mut self, other: &Self) {
        for (name, value) in other.iter() {
            self.push(name.clone(), value);
        }
    }

    /// Replaces every field of that name by one.
    pub fn set(&mut self, name: Name, value: impl AsRef<str>) {
        self.remove(&name);
        self.push(name, value);
    }

    /// Replaces the value of the first field of that name, keeping its place.
    pub(crate) fn replace_first(&mut self, name: &Name, value: &str) {
        if let Some(at) = self.fields.iter().position(|f| f.name == *name) {
            self.fields[at].value = self.store(|text| text.push_str(value));
        }
    }

    /// Adds to the text what `write` writes there, cleaned, and tells where it stands.
    fn store(&mut self, write: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.text.len();
        write(&mut self.text);
        let written = &self.text[start..];
        // No early end: the whole value is looked at in a few wide steps.
        if written.bytes().fold(false, |found, b| found | (b < b' ') & (b != b'\t') | (b == 0x7f)) {
            let clean: String = written.chars().map(|c| if c.is_ascii_control() { ' ' } else { c }).collect();
            self.text.truncate(start);
            self.text.push_str(&clean);
        }
        let bare = blanks_trimmed(&self.text[start..]);
        start + bare.start..start + bare.end
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &Name) {
        self.fields.retain(|f| f.name != *name);
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &Name) -> Option<&str> {
        self.fields.iter().find(|f| f.name == *name).map(|f| self.value(f))
    }

    /// The values of all fields of that name, one per field line.
    pub fn all<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |f| f.name == *name).map(|f| self.value(f))
    }

    /// The elements of all fields of that name, comma lists taken apart.
    pub fn elements<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(split_list)
    }

    /// Whether a comma list of tokens, such as Supported, holds the token in any case.
    pub fn lists(&self, name: &Name, token: &str) -> bool {
        self.elements(name).any(|element| element.eq_ignore_ascii_case(token))
    }

    /// The value of the first field of that name as a number, parameters left aside; too large is the largest.
    pub fn number(&self, name: &Name) -> Option<u32> {
        parse_number(self.get(name)?.split(';').next()?)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &str)> {
        self.fields.iter().map(|f| (&f.name, self.value(f)))
    }

    fn value(&self, field: &Field) -> &str {
        &self.text[field.value.clone()]
    }
}

/// Two messages are the same if their fields are, whatever else their texts still hold.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A number of digits only; larger than 32 bits is the largest.
pub(crate) fn parse_number(text: &str) -> Option<u32> {
    let text = trim_blanks(text);
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.bytes().fold(0u32, |n, b| n.saturating_mul(10).saturating_add(u32::from(b - b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_form_are_one() {
        for (text, want) in
            [("v", Name::Via), ("VIA", Name::Via), ("k", Name::Supported), ("call-id", Name::CallId)]
        {
            assert_eq!(Name::parse(text), Some(want));
        }
        assert_eq!(Name::parse("X-Y").map(|n| n.text().to_owned()), Some("X-Y".into()));
        assert_eq!(Name::parse("X Y"), None);
    }

    /// Class "smuggling", output side: a value can never become a second header line.
    #[test]
    fn smuggling_values_cannot_break_lines() {
        let mut headers = Headers::default();
        headers.push(Name::Subject, "a\r\nP-Asserted-Identity: <sip:boss@h>\0");
        assert_eq!(headers.get(&Name::Subject), Some("a  P-Asserted-Identity: <sip:boss@h>"));
    }

    #[test]
    fn numbers_do_not_overflow() {
        assert_eq!(parse_number("99999999999999999999"), Some(u32::MAX));
        assert_eq!(parse_number("-1"), None);
        assert_eq!(parse_number(""), None);
    }
}
