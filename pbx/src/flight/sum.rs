//! A sum over what the exchange wanted after an input: two runs agree if their sums do.
//!
//! Not for secrecy and not against forgery, but to find the first input after which a replay parts from what was: CRC-32
//! over a plain encoding of the actions, digits of callers masked (see [`super::mask`]). The encoding lives in one run of
//! the program and in the sums of its files; nothing else reads it.

use super::mask;
use serde::ser::{self, Serialize, Serializer};
use std::fmt::{self, Display, Write as _};
use switchroom_exchange::Action;

/// Collects actions until their sum is asked for. One buffer serves all inputs, so nothing is allocated for each.
#[derive(Debug, Default)]
pub struct Sums {
    buffer: Encoder,
}

impl Sums {
    /// Adds an action.
    pub fn add(&mut self, action: &Action) {
        let out = &mut self.buffer;
        // What cannot be encoded adds less: the sum is then the same in every run all the same.
        let _ = match action {
            Action::Send { flow, bytes } => {
                out.byte(0);
                flow.serialize(&mut *out).map(|()| out.0.extend_from_slice(bytes))
            }
            Action::Media(command) => {
                out.byte(1);
                mask::command(command).serialize(&mut *out)
            }
            Action::Persist { ticket, record } => {
                out.byte(2);
                (ticket, mask::record(record)).serialize(&mut *out)
            }
            Action::Ask { call, number, asking, timeout } => {
                out.byte(4);
                (call, number, mask::asking(asking), timeout).serialize(&mut *out)
            }
            Action::Reply { id, result } => {
                out.byte(3);
                (id, result).serialize(&mut *out)
            }
        };
    }

    /// The sum of what was added since this was last asked.
    pub fn take(&mut self) -> u32 {
        let sum = crc32fast::hash(&self.buffer.0);
        self.buffer.0.clear();
        sum
    }
}

/// Values as bytes: numbers as they are, texts with their length, variants by their place.
#[derive(Debug, Default)]
struct Encoder(Vec<u8>);

impl Encoder {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }
}

#[derive(Debug)]
struct Failed;

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be encoded")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! numbers {
    ($($name:ident $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<(), Failed> {
            self.0.extend_from_slice(&value.to_le_bytes());
            Ok(())
        })*
    };
}

type Done = Result<(), Failed>;

impl<'a> Serializer for &'a mut Encoder {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = &'a mut Encoder;
    type SerializeTuple = &'a mut Encoder;
    type SerializeTupleStruct = &'a mut Encoder;
    type SerializeTupleVariant = &'a mut Encoder;
    type SerializeMap = &'a mut Encoder;
    type SerializeStruct = &'a mut Encoder;
    type SerializeStructVariant = &'a mut Encoder;

    numbers!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
        serialize_f32 f32, serialize_f64 f64);

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Done {
        self.serialize_u8(u8::from(value))
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_u32(u32::from(value))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.length(value.len());
        self.0.extend_from_slice(value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Done {
        // Without a string in between; the length comes after, which tells texts apart just as well.
        let start = self.0.len();
        write!(Text(self), "{value}").map_err(|_| Failed)?;
        let length = self.0.len() - start;
        self.length(length);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.serialize_u8(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.byte(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Done {
        self.serialize_u32(index)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Done {
        self.0.extend_from_slice(&index.to_le_bytes());
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Failed> {
        self.length(length.unwrap_or(0));
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Failed> {
        self.0.extend_from_slice(&index.to_le_bytes());
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, Failed> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, Failed> {
        self.serialize_tuple_variant(name, index, variant, length)
    }
}

struct Text<'a>(&'a mut Encoder);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

macro_rules! compounds {
    ($($kind:ident $add:ident),*) => {
        $(impl ser::$kind for &mut Encoder {
            type Ok = ();
            type Error = Failed;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                value.serialize(&mut **self)
            }

            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
}

compounds!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field);

macro_rules! named {
    ($($kind:ident),*) => {
        $(impl ser::$kind for &mut Encoder {
            type Ok = ();
            type Error = Failed;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Done {
                value.serialize(&mut **self)
            }

            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
}

named!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for &mut Encoder {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut **self)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use switchroom_exchange::{CallId, CommandId, LegId, MediaCommand, Record};
    use switchroom_flow::{Asking, Payload};

    fn of(actions: &[Action]) -> u32 {
        let mut sums = Sums::default();
        actions.iter().for_each(|a| sums.add(a));
        sums.take()
    }

    fn gone(extension: &str, key: &str) -> Action {
        let record = Record::BindingGone { extension: extension.into(), key: key.into() };
        Action::Persist { ticket: None, record }
    }

    #[test]
    fn any_difference_shows_but_that_of_digits() {
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[gone("101", "a")]), of(&[gone("101", "a")]));
        assert_ne!(of(&[gone("101", "a")]), of(&[gone("10", "1a")]), "lengths count");
        assert_ne!(
            of(&[gone("1", "a"), gone("2", "a")]),
            of(&[gone("2", "a"), gone("1", "a")]),
            "order counts"
        );
        let reply = |result| Action::Reply { id: CommandId(1), result };
        assert_ne!(of(&[reply(Ok("x".into()))]), of(&[reply(Err("x".into()))]));
        let digit = |digit| {
            let (call, leg) = (CallId(1), LegId(2));
            Action::Media(MediaCommand::SendDigit { call, leg, digit, duration_ms: 160 })
        };
        assert_eq!(of(&[digit('1')]), of(&[digit('9')]));
        assert_ne!(of(&[digit('1')]), of(&[digit('#')]));
        let asks = |url: &str| {
            let body = Payload { text: format!("{{\"pin\":{}}}", url.len()), is_secret: true };
            let asking = Asking::Http { url: url.into(), body: Some(body) };
            Action::Ask { call: CallId(1), number: 1, asking, timeout: Duration::from_secs(3) }
        };
        assert_eq!(of(&[asks("http://a/?pin=4711")]), of(&[asks("http://a/?pin=0815")]));
        assert_ne!(of(&[asks("http://a/?pin=4711")]), of(&[asks("http://a/?pin=471*")]));
        let mut sums = Sums::default();
        sums.add(&gone("101", "a"));
        assert_ne!(sums.take(), 0);
        assert_eq!(sums.take(), 0, "taken once");
    }
}
