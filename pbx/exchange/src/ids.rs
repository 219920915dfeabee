//! Identities: calls, legs, port slots, tickets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Identity of a call: 48 bits of Unix milliseconds and 80 random bits, written as 26 letters and digits
/// (Crockford base 32) that sort by time. Used for file names, so it never holds anything a caller sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u128);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl CallId {
    /// An id for a call that begins at `unix_ms`; `random` supplies its low 80 bits.
    pub fn new(unix_ms: i64, random: u128) -> Self {
        Self((u128::from(unix_ms.max(0).cast_unsigned()) << 80) | (random & ((1 << 80) - 1)))
    }

    /// When the call began, Unix milliseconds.
    pub fn unix_ms(self) -> i64 {
        i64::try_from(self.0 >> 80).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        for (place, cell) in text.iter_mut().enumerate() {
            *cell = ALPHABET[(self.0 >> (125 - 5 * place) & 31) as usize];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a call id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a call id is 26 letters and digits")]
pub struct NotACallId;

impl FromStr for CallId {
    type Err = NotACallId;

    fn from_str(text: &str) -> Result<Self, NotACallId> {
        if text.len() != 26 {
            return Err(NotACallId);
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|a| *a == byte.to_ascii_uppercase()).ok_or(NotACallId)?;
            value = value.checked_mul(32).ok_or(NotACallId)? | digit as u128;
        }
        Ok(Self(value))
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Identity of a leg, unique within the life of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LegId(pub u64);

/// One RTP port pair of the pool: slot `n` is the `n`th even port of the configured range, and its RTCP port is one
/// above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortSlot(pub u16);

/// Names a record that was asked to be stored; comes back when it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_sort_by_time_and_survive_text() {
        let a = CallId::new(1_700_000_000_000, u128::MAX);
        let b = CallId::new(1_700_000_000_001, 0);
        assert!(a < b && a.to_string() < b.to_string());
        assert_eq!(a.to_string().parse(), Ok(a));
        assert_eq!(a.unix_ms(), 1_700_000_000_000);
        assert!("../../../../etc/passwd0000".parse::<CallId>().is_err());
        assert!("ZZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<CallId>().is_err(), "more than 128 bits");
    }
}
