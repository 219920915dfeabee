//! One input as it is kept: the exchange's own [`Input`] with everything owned, and the one way it is handed over.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::Write;
use std::sync::Arc;
use switchroom_exchange::{
    CallId, Command, CommandId, Config, Exchange, Flow, HostAddress, Input, MediaEvent, Now, Severity, Ticket,
};
use switchroom_flow::Answer;

/// An input of the exchange, owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// A SIP message.
    Message {
        /// Over what.
        flow: Flow,
        /// Its bytes.
        bytes: Bytes,
    },
    /// A TCP connection is gone.
    FlowLost(Flow),
    /// The media engine said something.
    Media(Box<MediaEvent>),
    /// Records are on disk.
    Stored(Vec<Ticket>),
    /// Records could not be kept.
    NotStored(Vec<Ticket>),
    /// A user wanted something.
    Command {
        /// Comes back in the reply.
        id: CommandId,
        /// The user's name.
        user: String,
        /// What.
        command: Command,
    },
    /// The configuration changed.
    #[serde(with = "shared")]
    Config(Arc<Config>),
    /// What came of a question that a flow asked.
    Answered {
        /// The call.
        call: CallId,
        /// The number of the question.
        number: u64,
        /// JSON, or why there is none.
        #[serde(with = "as_text")]
        answer: Result<serde_json::Value, String>,
        /// A secret was in the question: the answer may repeat it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_secret: bool,
    },
    /// A host that a contact names was looked up.
    Resolved {
        /// Its name.
        host: String,
        /// Its addresses, or why there are none.
        found: Result<Vec<HostAddress>, String>,
    },
    /// A connection to a contact is there, or cannot be made.
    Connected {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The connection, or why there is none.
        found: Result<Flow, String>,
    },
    /// Something outside of the exchange is wrong, or right again.
    Alarm {
        /// Fixed id.
        id: String,
        /// How bad and what; `None` clears it.
        state: Option<(Severity, String)>,
    },
    /// No new calls from now on.
    Drain,
    /// End every call.
    EndAll,
    /// Nothing but time passed.
    Tick,
}

impl Recorded {
    /// Bytes of memory it holds beside its own size, near enough for a bound. What a configuration has in common with
    /// `before`, the one that was in force, costs nothing.
    pub fn weight(&self, before: &Config) -> usize {
        match self {
            Self::Message { bytes, .. } => bytes.0.capacity(),
            Self::Media(event) => match event.as_ref() {
                MediaEvent::RecordingClosed { facts } => {
                    size_of::<MediaEvent>() + 64 * facts.marks.len() + 256
                }
                MediaEvent::MessageTaken { .. } => size_of::<MediaEvent>() + 512,
                _ => size_of::<MediaEvent>(),
            },
            Self::Stored(tickets) | Self::NotStored(tickets) => tickets.capacity() * size_of::<Ticket>(),
            Self::Command { user, command, .. } => user.capacity() + 64 + command_weight(command),
            Self::Config(config) => {
                let is_new = |(name, flow): &(&String, &Arc<switchroom_flow::Flow>)| {
                    !before.flows.get(*name).is_some_and(|old| Arc::ptr_eq(old, flow))
                };
                // What is made of a flow is about as large as its text again.
                let new = config.flows.iter().filter(is_new);
                let flows: usize = new.map(|(_, flow)| 2 * flow.text.capacity()).sum();
                let inbound = config.inbound.weight(&before.inbound);
                size_of::<Config>() + 256 * config.extensions.len() + flows + inbound
            }
            Self::Answered { answer: Ok(json), .. } => json_weight(json),
            Self::Answered { answer: Err(why), .. } => why.capacity(),
            Self::Resolved { host, found } => {
                let found = found.as_ref().map_or_else(String::capacity, |all| size_of_val(all.as_slice()));
                host.capacity() + found
            }
            Self::Connected { host, found, .. } => {
                host.capacity() + found.as_ref().err().map_or(0, String::capacity)
            }
            Self::Alarm { id, state } => id.capacity() + state.as_ref().map_or(0, |s| s.1.capacity()),
            Self::FlowLost(_) | Self::Drain | Self::EndAll | Self::Tick => 0,
        }
    }

    fn as_input(&self) -> Input<'_> {
        match self {
            Self::Message { flow, bytes } => Input::Message { flow: *flow, bytes: &bytes.0 },
            Self::FlowLost(flow) => Input::FlowLost(*flow),
            Self::Media(event) => Input::Media((**event).clone()),
            Self::Stored(tickets) => Input::Stored(tickets.clone()),
            Self::NotStored(tickets) => Input::NotStored(tickets.clone()),
            Self::Command { id, user, command } => {
                Input::Command { id: *id, user: user.clone(), command: command.clone() }
            }
            Self::Config(config) => Input::Config(config.clone()),
            Self::Answered { call, number, answer, .. } => {
                let answer = answer.clone().map_or_else(Answer::Failed, Answer::Json);
                Input::Answered { call: *call, number: *number, answer }
            }
            Self::Resolved { host, found } => Input::Resolved { host: host.clone(), found: found.clone() },
            Self::Connected { host, port, found } => {
                Input::Connected { host: host.clone(), port: *port, found: found.clone() }
            }
            Self::Alarm { id, state } => Input::Alarm { id: id.clone(), state: state.clone() },
            Self::Drain => Input::Drain,
            Self::EndAll => Input::EndAll,
            Self::Tick => Input::Tick,
        }
    }
}

/// Bytes of memory that a command holds beside its own size, near enough for a bound: about as many as it is long when written,
/// whatever text of it a user has sent.
fn command_weight(command: &Command) -> usize {
    let mut counted = Counted(0);
    // Counting fails never, and what cannot be written is not written in a file either.
    _ = serde_json::to_writer(&mut counted, command);
    counted.0
}

struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bytes of memory that JSON holds, near enough for a bound. Whoever asked for it bounded its depth.
fn json_weight(json: &serde_json::Value) -> usize {
    use serde_json::Value;
    size_of::<Value>()
        + match json {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.capacity(),
            Value::Array(all) => all.iter().map(json_weight).sum(),
            // Sixteen for what a tree needs for each.
            Value::Object(all) => all.iter().map(|(key, one)| key.capacity() + 40 + json_weight(one)).sum(),
        }
}

/// Hands an input over: what the engine and a replay both do, so that they cannot differ.
pub fn feed(exchange: &mut Exchange, now: Now, input: &Recorded) {
    #[cfg(test)]
    super::tests::planted_panic(input);
    exchange.handle(now, input.as_input());
}

/// The bytes of a message. In a file they are text, so that they can be read and mended; what is no UTF-8 is written as
/// `hex:` and hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

const HEX: &str = "hex:";

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.starts_with(HEX) => serializer.serialize_str(text),
            _ => serializer.serialize_str(&format!("{HEX}{}", to_hex(&self.0))),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix(HEX) {
            Some(hex) => from_hex(hex).map(Self).ok_or_else(|| serde::de::Error::custom("not hexadecimal")),
            None => Ok(Self(text.into_bytes())),
        }
    }
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    switchroom_sip::digest::to_hex(bytes)
}

/// The bytes of hexadecimal digits; `None` if they are none.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// JSON from outside is written as a text of its own: its numbers are anything, and none of ours.
mod as_text {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    type Answer = Result<Value, String>;

    pub(super) fn serialize<S: Serializer>(answer: &Answer, serializer: S) -> Result<S::Ok, S::Error> {
        answer.as_ref().map(Value::to_string).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Answer, D::Error> {
        match Result::<String, String>::deserialize(deserializer)? {
            Ok(text) => serde_json::from_str(&text).map(Ok).map_err(serde::de::Error::custom),
            Err(why) => Ok(Err(why)),
        }
    }
}

/// A shared configuration is written as the configuration.
mod shared {
    use super::{Arc, Config, Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(config: &Arc<Config>, serializer: S) -> Result<S::Ok, S::Error> {
        config.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Config>, D::Error> {
        Config::deserialize(deserializer).map(Arc::new)
    }
}
