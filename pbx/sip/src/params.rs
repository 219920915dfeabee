//! The small grammar shared by URIs and header fields: tokens, quoted strings, parameters, comma lists
//! (RFC 3261 §25.1).

use crate::limits::{LIST_ELEMENTS_MAX, PARAMS_MAX};
use std::ops::Range;

/// Whether the byte may stand in a token.
pub(crate) fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Without the blanks of the grammar, SP and HTAB, at both ends. `str::trim` would take off more, and two readers that
/// differ in that read two messages.
pub(crate) fn trim_blanks(text: &str) -> &str {
    &text[blanks_trimmed(text)]
}

/// Where the text without the blanks at its ends stands in it.
pub(crate) fn blanks_trimmed(text: &str) -> Range<usize> {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (0, bytes.len());
    while start < end && is_blank(bytes[start]) {
        start += 1;
    }
    while start < end && is_blank(bytes[end - 1]) {
        end -= 1;
    }
    start..end
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Counts bytes looked at, in tests only: that no input costs more than its length in proportion is proven by this count.
#[inline(always)]
pub(crate) fn count_work(bytes: usize) {
    #[cfg(test)]
    work::LOOKED_AT.set(work::LOOKED_AT.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

#[cfg(test)]
pub(crate) mod work {
    thread_local!(pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });
}

/// Parameters in their order, names in any case, values as they were written (quotes kept).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Params(pub Vec<(String, Option<String>)>);

impl Params {
    /// Parses `;name=value;name;…`, which may be empty. `None` if it is not of that form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = Vec::new();
        let mut rest = Written::of(text);
        while let Some((name, value)) = rest.next()? {
            out.push((name.to_owned(), value.map(str::to_owned)));
        }
        Some(Self(out))
    }

    /// Whether a parameter of that name is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The value of the first parameter of that name, as written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_deref())
    }

    /// The value without its quotes and escapes.
    pub fn get_unquoted(&self, name: &str) -> Option<String> {
        self.get(name).map(unquote)
    }

    /// Sets a parameter, in its place if it is there.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        match self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Removes every parameter of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Appends `;name=value` for each.
    pub(crate) fn print(&self, out: &mut String) {
        for (name, value) in &self.0 {
            out.push(';');
            out.push_str(name);
            if let Some(value) = value {
                out.push('=');
                out.push_str(value);
            }
        }
    }
}

/// Whether [`Params::parse`] takes the text.
pub(crate) fn are_params(text: &str) -> bool {
    let mut params = Written::of(text);
    loop {
        match params.next() {
            Some(Some(_)) => {}
            Some(None) => return true,
            None => return false,
        }
    }
}

/// The value of the first parameter of that name, as written, without keeping anything of the others.
pub(crate) fn param_in<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let mut params = Written::of(text);
    loop {
        match params.next()?? {
            (name, value) if name.eq_ignore_ascii_case(wanted) => return value,
            _ => {}
        }
    }
}

/// Parameters as they stand in a text, taken apart without copying.
struct Written<'a> {
    rest: &'a str,
    count: usize,
}

/// Name and value of a parameter.
type Param<'a> = (&'a str, Option<&'a str>);

impl<'a> Written<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: trim(text), count: 0 }
    }

    /// The next parameter. `None` if the text is not of the form, `Some(None)` at its end.
    fn next(&mut self) -> Option<Option<Param<'a>>> {
        while !self.rest.is_empty() {
            let text = self.rest.strip_prefix(';')?;
            // What stands before the next `;` may be blank, and a `;` is no blank: trimming may wait.
            let (one, rest) = text.split_at(find_outside_quotes(text, b';').unwrap_or(text.len()));
            self.rest = rest;
            let one = trim(one);
            if one.is_empty() {
                // `;;` and a trailing `;` are seen in the field and harmless.
                continue;
            }
            let (name, value) = match cut_at(one, b'=') {
                Some((name, value)) => (trim(name), Some(trim(value))),
                None => (one, None),
            };
            self.count += 1;
            if name.is_empty() || find_byte(name, b'"').is_some() || self.count > PARAMS_MAX {
                return None;
            }
            return Some(Some((name, value)));
        }
        Some(None)
    }
}

/// Like `str::trim`, but without a look at Unicode's tables where nothing is to be trimmed.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Where the byte, one of ASCII, stands first.
pub(crate) fn find_byte(text: &str, wanted: u8) -> Option<usize> {
    find_any(text.as_bytes(), [wanted])
}

/// Where one of these bytes stands first. Eight bytes are looked at in a step: header fields are too short for the search
/// of the standard library to pay, and too many for looking at each byte.
pub(crate) fn find_any<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = wanted.iter().fold(0, |found, byte| {
            let differs = word ^ (LOW * u64::from(*byte));
            // The high bit of the first byte that is zero, and maybe of some behind it.
            found | differs.wrapping_sub(LOW) & !differs & HIGH
        });
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|b| wanted.iter().any(|w| w == b))?;
    Some(words.len() * 8 + at)
}

/// What stands before and after the first such byte of ASCII.
pub(crate) fn cut_at(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = find_byte(text, byte)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Appends a number in decimal.
pub(crate) fn push_number(out: &mut String, number: impl Into<u64>) {
    let (mut number, mut digits, mut start) = (number.into(), [b'0'; 20], 20);
    while number > 0 || start == 20 {
        start -= 1;
        digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    out.extend(digits[start..].iter().copied().map(char::from));
}

/// The text without surrounding quotes and with `\x` resolved; unquoted text is returned as it is.
pub fn unquote(text: &str) -> String {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.extend(chars.next());
        } else {
            out.push(c);
        }
    }
    out
}

/// The text as a quoted string; control characters are left out.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Text from outside as it may be shown: at most `chars_max` characters; control characters (C0, DEL, C1), marks that
/// turn or hide text (bidirectional, zero-width, line separators) and what was no UTF-8 are U+FFFD.
pub fn display_text(text: &str, chars_max: usize) -> String {
    let shown = |c: char| {
        let hides = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        if c.is_control() || hides { char::REPLACEMENT_CHARACTER } else { c }
    };
    text.chars().take(chars_max).map(shown).collect()
}

/// Position of `wanted` outside quoted strings.
pub(crate) fn find_outside_quotes(text: &str, wanted: u8) -> Option<usize> {
    // Most text has no quotes before what is wanted.
    let plain = find_any(text.as_bytes(), [wanted, b'"']);
    count_work(plain.map_or(text.len(), |at| at + 1));
    if plain.is_none_or(|at| text.as_bytes()[at] == wanted) {
        return plain;
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, b) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted && b == b'\\' {
            escaped = true;
        } else if b == b'"' {
            quoted = !quoted;
        } else if b == wanted && !quoted {
            count_work(at + 1);
            return Some(at);
        }
    }
    count_work(text.len());
    None
}

/// The elements of a comma-separated field; commas in quotes and in `<…>` do not separate.
pub fn split_list(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        // Most elements hold neither quotes nor brackets before their comma.
        let plain = find_any(text.as_bytes(), [b',', b'"', b'<']);
        if plain.is_none_or(|at| text.as_bytes()[at] == b',') {
            let (element, after) = text.split_at(plain.unwrap_or(text.len()));
            count_work(element.len() + 1);
            rest = plain.map(|_| &after[1..]);
            return Some(trim_blanks(element));
        }
        let (mut quoted, mut escaped, mut angle) = (false, false, false);
        for (at, b) in text.bytes().enumerate() {
            if escaped {
                escaped = false;
                continue;
            }
            match b {
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'<' if !quoted => angle = true,
                b'>' if !quoted => angle = false,
                b',' if !quoted && !angle => {
                    rest = Some(&text[at + 1..]);
                    count_work(at + 1);
                    return Some(trim_blanks(&text[..at]));
                }
                _ => {}
            }
        }
        rest = None;
        count_work(text.len());
        Some(trim_blanks(text))
    })
    .filter(|element| !element.is_empty())
    .take(LIST_ELEMENTS_MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_keep_order_quotes_and_tolerate_blanks() {
        let p = Params::parse(";a = 1; B ;c=\"x;y\\\"z\" ;+sip.instance=\"<urn:uuid:1>\";").unwrap();
        assert_eq!(p.get("A"), Some("1"));
        assert!(p.has("b") && p.get("b").is_none());
        assert_eq!(p.get_unquoted("c").unwrap(), "x;y\"z");
        assert_eq!(p.get_unquoted("+SIP.instance").unwrap(), "<urn:uuid:1>");
        assert_eq!(Params::parse("a=1"), None);
        assert_eq!(Params::parse(&";a".repeat(PARAMS_MAX + 1)), None);
    }

    #[test]
    fn bytes_are_found_wherever_they_stand() {
        // Bytes that differ in one bit from what is wanted, and those above ASCII, are what steps of eight could mistake.
        let text: Vec<u8> = (0..200u32).map(|n| (n * 89 % 253) as u8).chain(*b",,;-,:;\xbb\xac").collect();
        for (start, wanted) in (0..text.len()).flat_map(|at| [b',', b';', 0, 1].map(|w| (at, w))) {
            let text = &text[start..];
            assert_eq!(find_any(text, [wanted]), text.iter().position(|b| *b == wanted));
            let either = text.iter().position(|b| *b == wanted || *b == b'"');
            assert_eq!(find_any(text, [wanted, b'"']), either);
        }
    }

    #[test]
    fn lists_split_outside_quotes_and_angles() {
        let got: Vec<_> = split_list("\"a,b\" <sip:x,y@h>;q=1 , <sip:c>,,sip:d").collect();
        assert_eq!(got, ["\"a,b\" <sip:x,y@h>;q=1", "<sip:c>", "sip:d"]);
    }

    #[test]
    fn quoting_is_undone() {
        assert_eq!(unquote(&quote("a\"b\\c\r\n")), "a\"b\\c");
    }
}
