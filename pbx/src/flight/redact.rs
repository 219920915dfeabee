//! What leaves the program holds no secret: a snapshot is keyed anew and digits are masked.
//!
//! The exchange must still take the same decisions, so credentials are not cut out. Every H(user:realm:password) of the
//! configuration is replaced by one made with a random key that is thrown away afterwards, and every answer to a challenge
//! that was right is computed anew with it; what was wrong stays wrong. Nobody can log in anywhere with either, and no
//! password can be guessed from them. Two equal digests stay equal, so that the exchange still sees which passwords a new
//! configuration changed.
//!
//! Nonces and the seed stay, for without them nothing would be the same: what they are worth stands in [`super`].

use super::input::{Bytes, Recorded};
use super::mask;
use super::ring::Entry;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::sync::Arc;
use switchroom_exchange::{Config, Extension};
use switchroom_sip::digest::{Algorithm, Credentials, to_hex};
use switchroom_sip::message::{Message, ParseError, end_of_head};

/// What the name of a header with credentials holds.
const AUTHORIZATION: &[u8] = b"authorization";

/// Keys anew and masks, input after input.
pub struct Redactor {
    key: [u8; 32],
    /// The configuration in force, with its true digests.
    config: Arc<Config>,
}

impl Redactor {
    /// For inputs that begin under this configuration. `key` must be random and go nowhere else.
    pub fn new(key: [u8; 32], config: Arc<Config>) -> Self {
        Self { key, config }
    }

    /// A configuration with other digests and PINs.
    pub fn config(&self, config: &Config) -> Config {
        let mut config = config.clone();
        for extension in config.extensions.values_mut() {
            *extension = self.extension(extension);
        }
        config.inbound = config.inbound.without_pins(&self.key);
        // Its second key comes masked, as any.
        config.consent_refuse = config.consent_refuse.map(mask::digit);
        config.recording_key = config.recording_key.chars().map(mask::digit).collect();
        config
    }

    fn extension(&self, extension: &Extension) -> Extension {
        let number = extension.number.as_str();
        let mut new = extension.clone();
        new.ha1_md5 = extension.ha1_md5.and_then(|old| self.digest(number, &old).first_chunk().copied());
        new.ha1_sha256 = extension.ha1_sha256.map(|old| self.digest(number, &old));
        new
    }

    fn digest(&self, number: &str, old: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update((number.len() as u64).to_le_bytes());
        hash.update(number);
        hash.update(old);
        hash.finalize().into()
    }

    /// An input as it may be told. Must be given every input, in order.
    pub fn input(&mut self, entry: &Entry) -> Recorded {
        match &entry.input {
            Recorded::Message { flow, bytes } => {
                Recorded::Message { flow: *flow, bytes: Bytes(self.message(&bytes.0)) }
            }
            Recorded::Media(event) => {
                let mut event = event.clone();
                mask::event(&mut event);
                Recorded::Media(event)
            }
            Recorded::Config(config) => {
                let told = self.config(config);
                self.config = config.clone();
                Recorded::Config(Arc::new(told))
            }
            Recorded::Answered { call, number, answer: Ok(json), is_secret: true } => {
                let answer = Ok(mask::json(json));
                Recorded::Answered { call: *call, number: *number, answer, is_secret: true }
            }
            same => same.clone(),
        }
    }

    /// A message: what is no secret stays as it is, byte for byte.
    fn message(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let body_at = end_of_head(bytes).unwrap_or(bytes.len());
        // Read only if it is needed: most messages bear no credentials.
        let mut method: Option<Option<String>> = None;
        for line in logical_lines(&bytes[..body_at]) {
            let line = &bytes[line];
            if !contains(line, AUTHORIZATION) {
                out.extend_from_slice(line);
                continue;
            }
            let method = method.get_or_insert_with(|| method_of(bytes));
            self.credentials(line, method.as_deref(), &mut out);
        }
        let start = out.len();
        out.extend_from_slice(&bytes[body_at..]);
        body(&bytes[..body_at], &mut out[start..]);
        out
    }

    /// A header line with credentials, line end included.
    fn credentials(&self, line: &[u8], method: Option<&str>, out: &mut Vec<u8>) {
        let colon = line.iter().position(|b| *b == b':').map_or(line.len(), |at| at + 1);
        let (name, value) = line.split_at(colon);
        out.extend_from_slice(name);
        let answers = parameters(value, b"response");
        if answers.is_empty() && contains(name, AUTHORIZATION) {
            // Another scheme than Digest: whatever stands behind its name may be the secret.
            return out.extend(masked_words(value));
        }
        let right = Credentials::parse(&unfolded(value)).and_then(|c| self.answer(&c, method?));
        let mut at = 0;
        for answer in answers {
            out.extend_from_slice(&value[at..answer.start]);
            match &right {
                Some(new) => out.extend_from_slice(new.as_bytes()),
                None => out.extend(std::iter::repeat_n(b'0', answer.len())),
            }
            at = answer.end;
        }
        out.extend_from_slice(&value[at..]);
    }

    /// The answer with the new digest, if the one that was given is right.
    fn answer(&self, credentials: &Credentials, method: &str) -> Option<String> {
        let extension = self.config.extensions.get(&credentials.user)?;
        let of = |e: &Extension| match credentials.algorithm {
            Algorithm::Md5 => e.ha1_md5.map(|h| to_hex(&h)),
            Algorithm::Sha256 => e.ha1_sha256.map(|h| to_hex(&h)),
        };
        let is_right = credentials.answers(&of(extension)?, method);
        is_right.then(|| of(&self.extension(extension)).map(|new| expected(credentials, &new, method)))?
    }
}

/// The right answer (RFC 7616 §3.4.1, `qop=auth`).
fn expected(credentials: &Credentials, ha1: &str, method: &str) -> String {
    let hex = |text: String| match credentials.algorithm {
        Algorithm::Md5 => to_hex(&Md5::digest(text)),
        Algorithm::Sha256 => to_hex(&Sha256::digest(text)),
    };
    let ha2 = hex(format!("{method}:{}", credentials.uri));
    let Credentials { nonce, count, cnonce, .. } = credentials;
    hex(format!("{ha1}:{nonce}:{count:08x}:{cnonce}:auth:{ha2}"))
}

fn method_of(bytes: &[u8]) -> Option<String> {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => Some(request.method.name().to_owned()),
        Err(ParseError::Bad { request, .. }) => Some(request.method.name().to_owned()),
        Ok(Message::Response(_)) | Err(ParseError::NotSip(_)) => None,
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

/// Header lines with their line ends; a line that begins with a blank goes on with the one above it.
fn logical_lines(head: &[u8]) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for line in head.split_inclusive(|b| *b == b'\n') {
        let end = at + line.len();
        match lines.last_mut() {
            Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.end = end,
            _ => lines.push(at..end),
        }
        at = end;
    }
    lines
}

fn unfolded(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Where the values of that parameter stand, quotes not included. Text in quotes is no parameter.
fn parameters(value: &[u8], name: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut word = 0..0;
    while at < value.len() {
        match value[at] {
            b'"' => at = quoted(value, at),
            b'=' => {
                let is_it = value[word.clone()].eq_ignore_ascii_case(name);
                let start = at + 1 + value[at + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                let range = if value.get(start) == Some(&b'"') {
                    at = quoted(value, start);
                    let ends_with_quote = at > start + 1 && value[at - 1] == b'"';
                    start + 1..if ends_with_quote { at - 1 } else { at }
                } else {
                    let length =
                        value[start..].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b',').count();
                    at = start + length;
                    start..at
                };
                if is_it {
                    found.push(range);
                }
                word = at..at;
            }
            byte if byte.is_ascii_whitespace() || byte == b',' => at += 1,
            _ => {
                let length = value[at..]
                    .iter()
                    .take_while(|b| !b.is_ascii_whitespace() && !b",=\"".contains(b))
                    .count();
                word = at..at + length;
                at += length;
            }
        }
    }
    found
}

/// Behind the quoted text that begins here.
fn quoted(value: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < value.len() {
        match value[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    value.len()
}

/// The first word as it is, letters and digits of all others as `x`.
fn masked_words(value: &[u8]) -> Vec<u8> {
    let mut out = value.to_vec();
    let start = value.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(value.len());
    let word = value[start..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
    out[start + word..].iter_mut().filter(|b| !b.is_ascii_whitespace()).for_each(|b| *b = b'x');
    out
}

/// Whether the type of the body says that it tells of digits. Elsewhere the word only says what a phone knows.
fn holds_digits(head: &[u8]) -> bool {
    logical_lines(head).into_iter().any(|line| {
        let mut parts = head[line].splitn(2, |b| *b == b':');
        let (name, value) = (parts.next().unwrap_or_default().trim_ascii(), parts.next().unwrap_or_default());
        let is_type = name.eq_ignore_ascii_case(b"content-type") || name.eq_ignore_ascii_case(b"c");
        is_type && (contains(value, b"dtmf") || contains(value, b"kpml"))
    })
}

/// What is secret in a body: digits that were pressed, the text of MESSAGE, keys of encrypted media. Its length stays.
fn body(head: &[u8], body: &mut [u8]) {
    let start = head.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(head.len());
    let is =
        |method: &[u8]| head[start..].get(..method.len()).is_some_and(|m| m.eq_ignore_ascii_case(method));
    // Digits of phones that report them as KPML (RFC 4730) are in XML.
    if is(b"INFO ") || holds_digits(head) {
        mask::info(body);
    } else if is(b"MESSAGE ") {
        body.iter_mut().filter(|b| !b.is_ascii_whitespace()).for_each(|b| *b = b'x');
    }
    for line in body.split_mut(|b| *b == b'\n') {
        let key = [b"k=".as_slice(), b"a=crypto:", b"a=key-mgmt:"].into_iter().find(|k| line.starts_with(k));
        if let Some(key) = key {
            line[key.len()..].iter_mut().filter(|b| b.is_ascii_alphanumeric()).for_each(|b| *b = b'x');
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(text: &str) -> String {
        let config = crate::config::parse("", "x".as_ref(), "x".as_ref()).unwrap().config;
        String::from_utf8(Redactor::new([0; 32], Arc::new(config)).message(text.as_bytes())).unwrap()
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "INVITE sip:a SIP/2.0\r\nAllow-Events: kpml, dtmf\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 4711\r\n",
            "SIP/2.0 403 x\r\nWarning: 399 a \"Authorization failed\"\r\n\r\n",
            "BYE sip:a SIP/2.0\r\nReason: SIP;text=\"proxy-authorization: needed\"\r\n\r\n",
            "\r\n\r\nOPTIONS sip:a SIP/2.0\r\n\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(told(text), text);
        }
    }

    #[test]
    fn what_is_a_secret_goes_wherever_it_stands() {
        for (text, want) in [
            (
                "authorization:Digest response=\"ab\\\"cd\", x=1\n",
                "authorization:Digest response=\"000000\", x=1\n",
            ),
            ("Authorization: Digest\tresponse\n = abcd", "Authorization: Digest\tresponse\n = 0000"),
            ("Authorization: Digest response=\"unclosed", "Authorization: Digest response=\"00000000"),
            ("A: b\rAuthorization: Digest response=ab\r\n", "A: b\rAuthorization: Digest response=00\r\n"),
            (
                "NOTIFY x\nc: application/kpml-response+xml\n\ndigits=\"12#\"",
                "NOTIFY x\nc: application/kpml-response+xml\n\ndigits=\"00#\"",
            ),
            ("info x\n\nSignal=1\nDuration=2", "info x\n\nSignal=0\nDuration=2"),
        ] {
            assert_eq!(told(text), want);
        }
    }
}
