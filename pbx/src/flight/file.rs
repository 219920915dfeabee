//! The file: a line of JSON that says what it is, then one line for each input.
//!
//! It is read by people, mended by hand into tests, and read back by [`Reader`], which takes nothing for granted. Shortened:
//!
//! ```text
//! {"switchroom_flight":1,"version":"0.1.0","why":"ana asked for it","panicked":false,"inputs":2,"dropped":0,
//!  "mono_us":5000000,"wall_ms":1700000000000,"seed":"0707…","sum":2863311530,"config":{…},"restored":{…}}
//! {"n":1,"at_us":2000,"wall_ms":1700000000002,"in":{"message":{"flow":{…},"bytes":"REGISTER sip:…\r\n…"}},"sum":286331153}
//! {"n":2,"at_us":9000,"wall_ms":1700000000009,"in":"tick","sum":0}
//! ```
//!
//! [`Header`] and [`Line`] say what each field means. What the exchange failed at is the last line, and has no `sum`.

use super::input::{Recorded, from_hex, to_hex};
use super::redact::Redactor;
use super::ring::{Marks, Snapshot, moment};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{Config, Now, Restored};

/// The format's number. It changes when an older program could not read the file.
pub const VERSION: u32 = 1;
/// Longest line: a configuration of all the extensions there can be.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// Larger numbers are no times and no counts, and sums of them would overflow.
const NUMBER_MAX: u64 = 1 << 53;
/// Longest span in a configuration.
const SPAN_MAX: Duration = Duration::from_secs(10 * 366 * 86_400);
/// A word for people who open the file.
const NOTE: &str = "The last inputs of a switchroom exchange: see it with `switchroom replay FILE`. Digests are keyed \
    anew and digits masked; numbers, names and addresses are true. The seed is true too: until the exchange that wrote \
    this is started again, keep the file to yourself.";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`VERSION`].
    pub switchroom_flight: u32,
    /// What this is.
    #[serde(default)]
    pub note: String,
    /// Version of the program that wrote it.
    #[serde(default)]
    pub version: String,
    /// Why it was written, one sentence.
    #[serde(default)]
    pub why: String,
    /// The exchange failed at the last input.
    #[serde(default)]
    pub panicked: bool,
    /// When it was written, Unix milliseconds.
    #[serde(default)]
    pub written_ms: i64,
    /// How many inputs follow; `None` if they are not to be counted, in a file made by hand.
    #[serde(default)]
    pub inputs: Option<u64>,
    /// Inputs before them that were no longer kept. If there are none, a replay is exact.
    #[serde(default)]
    pub dropped: u64,
    /// Monotonic clock at the beginning, microseconds.
    pub mono_us: u64,
    /// Wall clock at the beginning, Unix milliseconds.
    pub wall_ms: i64,
    /// The exchange's seed.
    pub seed: Seed,
    /// Sum of what the exchange wanted when it was made; `None` if it was not made here.
    #[serde(default)]
    pub sum: Option<u32>,
    /// Numbers given away before the beginning.
    #[serde(default)]
    pub marks: Marks,
    /// The configuration at the beginning, its digests keyed anew.
    pub config: Config,
    /// What the exchange was made with, or the bindings at the beginning.
    #[serde(default)]
    pub restored: Restored,
}

impl Header {
    /// Both clocks at the beginning.
    pub fn begin(&self) -> Now {
        moment(self.mono_us, self.wall_ms)
    }
}

/// The seed, hexadecimal in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = from_hex(&String::deserialize(deserializer)?).and_then(|b| b.try_into().ok());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("a seed is 64 hexadecimal digits"))
    }
}

/// Every line but the first: an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its place: the first is 1. For people; the order counts.
    #[serde(default)]
    pub n: u64,
    /// When, microseconds since the beginning.
    pub at_us: u64,
    /// The wall clock then, Unix milliseconds.
    pub wall_ms: i64,
    /// What came in.
    #[serde(rename = "in")]
    pub input: Recorded,
    /// Sum of what the exchange wanted then; `None`: it is not known, or not to be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<u32>,
}

/// Why a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why<'a> {
    /// A user asked for it.
    Asked(&'a str),
    /// The exchange failed, saying this.
    Panic(&'a str),
    /// An audit found this.
    Audit(&'a str),
}

impl Why<'_> {
    /// A word for file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked(_) => "asked",
            Self::Panic(_) => "panic",
            Self::Audit(_) => "audit",
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Asked(user) => format!("{user} asked for it"),
            Self::Panic(text) => format!("the engine failed: {text}"),
            Self::Audit(text) => format!("an audit found: {text}"),
        }
    }
}

/// Writes a snapshot without its secrets. `key` must be random; it is not written.
///
/// # Errors
/// Those of `out`.
pub fn write(
    snapshot: &Snapshot,
    why: Why<'_>,
    written_ms: i64,
    key: [u8; 32],
    out: &mut dyn Write,
) -> io::Result<()> {
    let base = &snapshot.base;
    let mut redactor = Redactor::new(key, base.config.clone());
    let panicked = matches!(why, Why::Panic(_)) && snapshot.is_open();
    let elsewhere = if matches!(why, Why::Panic(_)) && !panicked {
        "; the exchange had done its part, so a replay will not fail"
    } else {
        ""
    };
    let header = Header {
        switchroom_flight: VERSION,
        note: NOTE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        why: format!("{}{elsewhere}", why.sentence()),
        panicked,
        written_ms,
        inputs: Some(snapshot.inputs()),
        dropped: base.dropped,
        mono_us: base.now.mono.0,
        wall_ms: base.now.wall.0,
        seed: Seed(base.seed),
        sum: base.sum,
        marks: base.marks,
        config: redactor.config(&base.config),
        restored: base.restored(),
    };
    serde_json::to_writer(&mut *out, &header)?;
    out.write_all(b"\n")?;
    for (place, entry) in (1..).zip(snapshot.entries()) {
        let line = Line {
            n: place,
            at_us: entry.now.mono.0.saturating_sub(header.mono_us),
            wall_ms: entry.now.wall.0,
            input: redactor.input(entry),
            sum: entry.sum,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system.
    #[error("cannot be read: {0}")]
    System(#[from] io::Error),
    /// It is none of ours, or of a later program.
    #[error("is no flight record that this program reads: {0}")]
    Other(String),
    /// A line is not what it should be.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// One sentence.
        why: String,
    },
}

/// Reads a file, line by line.
pub struct Reader<R> {
    input: R,
    line: u64,
    at_us: u64,
    /// The first line.
    pub header: Header,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn new(mut input: R) -> Result<Self, ReadError> {
        let text = line_of(&mut input, 1)?.ok_or_else(|| ReadError::Other("it is empty".into()))?;
        let mut value: Value = serde_json::from_str(&text).map_err(|e| ReadError::Other(e.to_string()))?;
        match value.get("switchroom_flight").and_then(Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(other) => return Err(ReadError::Other(format!("its format is {other}, not {VERSION}"))),
            None => return Err(ReadError::Other("its first line does not say so".into())),
        }
        let wrong = |why| ReadError::Line { line: 1, why };
        numbers(&value).map_err(wrong)?;
        value.get_mut("config").into_iter().for_each(complete);
        let header: Header = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
        sound(&header.config).map_err(|why| wrong(why.to_owned()))?;
        Ok(Self { input, line: 1, at_us: 0, header })
    }

    /// The next input with its time; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn next_line(&mut self) -> Result<Option<(Now, Line)>, ReadError> {
        self.line += 1;
        let Some(text) = line_of(&mut self.input, self.line)? else { return Ok(None) };
        let wrong = |why| ReadError::Line { line: self.line, why };
        let mut value: Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        numbers(&value).map_err(wrong)?;
        value.get_mut("in").and_then(|i| i.get_mut("config")).into_iter().for_each(complete);
        let line: Line = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
        if let Recorded::Config(config) = &line.input {
            sound(config).map_err(|why| wrong(why.to_owned()))?;
        }
        if line.at_us < self.at_us {
            return Err(wrong("it is earlier than the line above it".into()));
        }
        self.at_us = line.at_us;
        let now = moment(self.header.mono_us.saturating_add(line.at_us), line.wall_ms);
        Ok(Some((now, line)))
    }
}

fn line_of(input: &mut impl BufRead, line: u64) -> Result<Option<String>, ReadError> {
    let mut bytes = Vec::new();
    let count = io::Read::take(&mut *input, LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
    if count == 0 {
        return Ok(None);
    }
    if count as u64 == LINE_BYTES_MAX {
        return Err(ReadError::Line { line, why: "longer than a line may be".into() });
    }
    String::from_utf8(bytes).map(Some).map_err(|_| ReadError::Line { line, why: "no UTF-8".into() })
}

/// No number is so large that a sum with it could overflow. Sums are 32 bits, ids and the seed are texts.
fn numbers(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) => {
            let is_small = number.as_u64().is_some_and(|n| n <= NUMBER_MAX)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() <= NUMBER_MAX);
            if is_small { Ok(()) } else { Err(format!("{number} is no number that can be here")) }
        }
        Value::Array(all) => all.iter().try_for_each(numbers),
        Value::Object(all) => all.values().try_for_each(numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// Gives a configuration the settings that there were none of when it was written, with their defaults: a file stays a
/// test for as long as there is the program.
fn complete(config: &mut Value) {
    let defaults = crate::config::parse("", Path::new(""), Path::new("")).ok();
    let defaults = defaults.and_then(|d| serde_json::to_value(d.config).ok());
    if let (Value::Object(there), Some(Value::Object(defaults))) = (config, defaults) {
        for (name, value) in defaults {
            there.entry(name).or_insert(value);
        }
    }
}

/// What the shell checks of a configuration, as far as the exchange relies on it.
fn sound(config: &Config) -> Result<(), &'static str> {
    let spans = [config.ring, config.register_min, config.register_max, config.session_expires];
    let rings = config.extensions.values().filter_map(|e| e.ring);
    let is_long = |span: &Duration| *span > SPAN_MAX;
    if spans.iter().any(is_long) || rings.into_iter().any(|r| is_long(&r)) || is_long(&config.keep_alive) {
        return Err("a span of the configuration is longer than ten years");
    }
    if !config.keep_alive.is_zero() && config.keep_alive < Duration::from_secs(1) {
        return Err("keep_alive of the configuration is shorter than a second");
    }
    if config.session_expires < Duration::from_secs(90) {
        return Err("session_expires of the configuration is shorter than 90 seconds");
    }
    if u32::from(config.rtp_port_first) + 2 * u32::from(config.rtp_pairs) > 1 << 16 {
        return Err("the RTP ports of the configuration do not exist");
    }
    let is_same =
        |(number, extension): (&String, &switchroom_exchange::Extension)| *number == extension.number;
    if !config.extensions.iter().all(is_same) {
        return Err("an extension of the configuration stands under another number");
    }
    Ok(())
}

/// The configuration of a header, shared as the exchange wants it.
pub(super) fn shared(header: &Header) -> Arc<Config> {
    Arc::new(header.config.clone())
}
