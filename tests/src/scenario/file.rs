//! A scenario as it stands in its file; every fault is told with file and line.

use super::span;
use super::verbs::{ANSWERS, Answered, SOUNDS, Sound, VERBS, Verb};
use super::words::{Form, Sentence, distance, understand};
use crate::sim::asking::AskingSetup;
use crate::sim::inbound::InboundSetup;
use crate::sim::setup::{MediaSetup, NetSetup, PhoneSetup, Setup, SiteSetup, StoreSetup};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use switchroom_phone::Codec;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key of a table: its name, what it means, and what it is when it is left out.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
}

const fn key(name: &'static str, help: &'static str) -> Key {
    Key { name, help }
}

/// Keys of a scenario.
pub const KEYS: &[Key] = &[
    key("name", "What happens, as one sentence."),
    key("why", "Why it is worth a test."),
    key("phones", "Name and extension of each phone: `{ ana = \"101\", bo = \"102\" }`, or a table each."),
    key("site", "What is special about the site."),
    key("script", "What people do and what goes wrong: a time and a sentence each, in order."),
    key("expect", "What must come of it."),
];

/// Keys of a phone.
pub const PHONE_KEYS: &[Key] = &[
    key("extension", "Its extension; several phones may have the same."),
    key("transport", "`udp`, or `tcp`."),
    key("no_update", "It does not say that it knows UPDATE: its sessions are refreshed by re-INVITE."),
    key("late_offer", "It calls without an offer and describes itself only in the ACK."),
    key("early_media", "It rings with 183 and sound of its own."),
    key("demands_reliable", "It demands that ringing be acknowledged (PRACK)."),
    key("codecs", "What it can, best first; `[\"pcma\", \"pcmu\"]` unless told otherwise."),
    key("registers_for", "How long it asks to be registered; an hour unless told otherwise."),
    key("session_expires", "The session timer it proposes; 30 minutes unless told otherwise."),
    key("password", "Its password, if it has the wrong one."),
    key("off", "It has no power when the scenario begins, and so is not registered."),
    key("nat", "It is behind a NAT router: the exchange sees it at another address than its own."),
];

/// Keys of the site.
pub const SITE_KEYS: &[Key] = &[
    key("ring", "How long phones ring; 30 s unless told otherwise."),
    key("session_expires", "The exchange's session timer; 30 minutes unless told otherwise."),
    key("keep_alive", "How often registered phones are asked with OPTIONS; never unless told otherwise."),
    key("calls_max", "Calls at once; 100 unless told otherwise."),
    key("calls_per_extension", "Calls at once that one extension has made; 4 unless told otherwise."),
    key("port_pairs", "RTP port pairs; 100 unless told otherwise."),
    key("record", "Calls are recorded."),
    key("delay", "How long a message is on its way; 10 ms unless told otherwise."),
];

/// Keys of what is expected, beside the names of phones.
pub const EXPECT_KEYS: &[Key] = &[
    key(
        "events",
        "Names of the events in the journal, in order. Those of registrations count only if one is named.",
    ),
    key("hears", "Who hears whom at some times."),
    key("answers", "What phones are answered at some times: for what no ladder shows."),
    key("cdr", "The CDR, or several as `[[expect.cdr]]`; `[]` if there is none."),
    key("ladder", "`true`: the messages are those in `tests/golden/`."),
];

/// Keys of an expected CDR.
pub const CDR_KEYS: &[Key] = &[
    key("from", "Number of the caller."),
    key("to", "Number that was dialled."),
    key("with", "Number that answered; `\"\"`: nobody."),
    key("cause", "How it ended: `hung_up`, `busy`, …"),
    key("by", "Who ended it: `caller`, `callee`, `exchange`, or a user's name."),
    key("status", "SIP status that told it; 0: none did."),
    key("rang", "From the begin to the first ringing; `\"\"`: it did not ring."),
    key("talk", "From the answer to the end."),
    key("total", "From the begin to the end."),
    key("legs", "Each leg's number and outcome, the caller's first."),
    key("says", "A part of its last sentence."),
    key("recorded", "Whether it was recorded."),
];

/// Something and the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lined<T> {
    /// Counted from 1.
    pub line: usize,
    /// What.
    pub what: T,
}

/// A phone of a scenario.
#[derive(Debug, Clone)]
pub struct Phone {
    /// Its name.
    pub name: String,
    /// As the world wants it.
    pub setup: PhoneSetup,
    /// A wrong password.
    pub password: Option<String>,
    /// It begins without power.
    pub off: bool,
}

/// A sentence and its time.
#[derive(Debug, Clone)]
pub struct Timed<T> {
    /// From the start.
    pub at: Duration,
    /// The time as it is written.
    pub time: String,
    /// The sentence as it is written.
    pub text: String,
    /// What it says.
    pub says: Sentence<T>,
}

/// A value of an expected CDR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a time among them.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

/// Keys and values that a CDR must have.
pub type ExpectedCdr = Vec<(String, Lined<Value>)>;

/// What must come of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Names of events.
    pub events: Option<Lined<Vec<String>>>,
    /// Who hears whom.
    pub hears: Vec<Lined<Timed<Sound>>>,
    /// What phones are answered.
    pub answers: Vec<Lined<Timed<Answered>>>,
    /// What phones are told, by their place.
    pub told: Vec<(usize, Lined<Vec<String>>)>,
    /// CDRs, in order of their calls.
    pub cdrs: Option<Lined<Vec<ExpectedCdr>>>,
    /// There is a golden ladder.
    pub ladder: bool,
}

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its file, as a failure names it.
    pub file: String,
    /// What happens.
    pub name: String,
    /// Why it is a test.
    pub why: String,
    /// The world's phones, in the order of [`Scenario::phones`].
    pub setup: Setup,
    /// Its phones, by name.
    pub phones: Vec<Phone>,
    /// What is done.
    pub script: Vec<Lined<Timed<Verb>>>,
    /// What must come of it.
    pub expect: Expect,
}

type Read<T> = Result<T, String>;
type Spot<'a> = &'a Spanned<DeValue<'a>>;

/// Reads a table of a file.
struct Page<'a> {
    file: &'a str,
    text: &'a str,
}

/// Reads a scenario.
///
/// # Errors
/// Names file, line, and what is wrong.
pub fn read(file: &str, text: &str) -> Read<Scenario> {
    let page = Page { file, text };
    let root = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |span| page.line(span.start));
        format!("{file}:{line}: {}", e.message())
    })?;
    page.scenario(root.get_ref())
}

impl Page<'_> {
    fn line(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    fn wrong<T>(&self, at: usize, what: impl std::fmt::Display) -> Read<T> {
        Err(format!("{}:{}: {what}", self.file, self.line(at)))
    }

    fn known(&self, table: &DeTable<'_>, keys: &[Key], others: &[String]) -> Read<()> {
        for key in table.keys() {
            let word: &str = key.get_ref();
            let known = || keys.iter().map(|k| k.name).chain(others.iter().map(String::as_str));
            if !known().any(|name| name == word) {
                let nearest = known().min_by_key(|name| distance(name, word)).unwrap_or_default();
                return self.wrong(
                    key.span().start,
                    format!("no key is called \"{word}\"; the nearest is \"{nearest}\""),
                );
            }
        }
        Ok(())
    }

    fn text(&self, value: Spot<'_>) -> Read<String> {
        match value.get_ref().as_str() {
            Some(text) => Ok(text.to_owned()),
            None => self.wrong(value.span().start, "this must be text in quotes"),
        }
    }

    fn flag(&self, value: Spot<'_>) -> Read<bool> {
        match value.get_ref().as_bool() {
            Some(flag) => Ok(flag),
            None => self.wrong(value.span().start, "this must be true or false"),
        }
    }

    fn number<T: std::str::FromStr>(&self, value: Spot<'_>) -> Read<T> {
        match value.get_ref().as_integer().and_then(|n| n.as_str().parse().ok()) {
            Some(number) => Ok(number),
            None => self.wrong(value.span().start, "this must be a number"),
        }
    }

    fn span(&self, value: Spot<'_>) -> Read<Duration> {
        match span::parse(&self.text(value)?) {
            Some(span) => Ok(span),
            None => self.wrong(value.span().start, "this must be a time: 500ms, 2s, 1.5s, 3min, 1h"),
        }
    }

    fn table<'t>(&self, value: &'t Spanned<DeValue<'t>>) -> Read<&'t DeTable<'t>> {
        match value.get_ref().as_table() {
            Some(table) => Ok(table),
            None => self.wrong(value.span().start, "this must be a table"),
        }
    }

    fn list(&self, value: Spot<'_>) -> Read<Vec<Lined<String>>> {
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong(value.span().start, "this must be a list: [ … ]");
        };
        items
            .iter()
            .map(|item| Ok(Lined { line: self.line(item.span().start), what: self.text(item)? }))
            .collect()
    }

    fn scenario(&self, root: &DeTable<'_>) -> Read<Scenario> {
        self.known(root, KEYS, &[])?;
        let need = |key: &str| match root.get(key) {
            Some(value) => Ok(value),
            None => self.wrong(0, format!("there is no \"{key}\"")),
        };
        let phones = self.phones(self.table(need("phones")?)?)?;
        let names: Vec<String> = phones.iter().map(|p| p.name.clone()).collect();
        let setup = self.site(root.get("site"), &phones)?;
        let script = self.timed(need("script")?, VERBS, &names)?;
        for pair in script.windows(2) {
            if pair[1].what.at < pair[0].what.at {
                let text = &pair[1].what.text;
                return Err(format!(
                    "{}:{}: \"{text}\" comes before the line above it",
                    self.file, pair[1].line
                ));
            }
        }
        Ok(Scenario {
            file: self.file.to_owned(),
            name: self.text(need("name")?)?,
            why: self.text(need("why")?)?,
            expect: self.expect(self.table(need("expect")?)?, &names)?,
            setup,
            phones,
            script,
        })
    }

    /// Sentences with a time before each.
    fn timed<T: Copy>(
        &self,
        value: Spot<'_>,
        forms: &'static [Form<T>],
        names: &[String],
    ) -> Read<Vec<Lined<Timed<T>>>> {
        let mut out = Vec::new();
        for Lined { line, what } in self.list(value)? {
            let text = what.trim();
            let (time, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let wrong = |why: String| format!("{}:{line}: {why}", self.file);
            let Some(at) = span::parse(time) else {
                let want = "a line begins with one: 500ms, 2s, 1.5s, 3min, 1h";
                return Err(wrong(format!("\"{time}\" is no time; {want}")));
            };
            let text = rest.trim().to_owned();
            let says = understand(forms, names, &text).map_err(wrong)?;
            out.push(Lined { line, what: Timed { at, time: time.to_owned(), text, says } });
        }
        Ok(out)
    }

    fn phones(&self, table: &DeTable<'_>) -> Read<Vec<Phone>> {
        let mut all = Vec::new();
        for (name, value) in table {
            let is_word = name.get_ref().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let is_taken = EXPECT_KEYS.iter().any(|key| key.name == name.get_ref().as_ref());
            if !is_word || is_taken {
                return self.wrong(name.span().start, "a phone's name is a word in small letters");
            }
            all.push((name.span().start, name.get_ref().as_ref().to_owned(), value));
        }
        // In the order of the file.
        all.sort_by_key(|(at, ..)| *at);
        all.iter().enumerate().map(|(place, (_, name, value))| self.phone(place, name, value)).collect()
    }

    fn phone(&self, place: usize, name: &str, value: Spot<'_>) -> Read<Phone> {
        let mut phone = plain_phone(place, name);
        if value.get_ref().is_str() {
            phone.setup.extension = self.text(value)?;
            return Ok(phone);
        }
        let table = self.table(value)?;
        self.known(table, PHONE_KEYS, &[])?;
        for (key, value) in table {
            let setup = &mut phone.setup;
            match key.get_ref().as_ref() {
                "extension" => setup.extension = self.text(value)?,
                "transport" => setup.tcp = self.text(value)? == "tcp",
                "no_update" => setup.no_update = self.flag(value)?,
                "late_offer" => setup.late_offer = self.flag(value)?,
                "early_media" => setup.early_media = self.flag(value)?,
                "demands_reliable" => setup.demands_reliable = self.flag(value)?,
                "codecs" => setup.codecs = self.codecs(value)?,
                "registers_for" => setup.expires_s = self.span(value)?.as_secs(),
                "session_expires" => setup.session_expires_s = self.span(value)?.as_secs(),
                "password" => phone.password = Some(self.text(value)?),
                "off" => phone.off = self.flag(value)?,
                _ if self.flag(value)? => {
                    let last = u8::try_from(11 + place).unwrap_or(u8::MAX);
                    setup.public = SocketAddr::from(([198, 51, 100, last], 20_000 + u16::from(last)));
                }
                _ => {}
            }
        }
        if phone.setup.extension.is_empty() {
            return self.wrong(value.span().start, "this phone has no extension");
        }
        Ok(phone)
    }

    fn codecs(&self, value: Spot<'_>) -> Read<Vec<Codec>> {
        let one = |name: Lined<String>| match Codec::from_name(&name.what) {
            Some(codec) => Ok(codec),
            None => Err(format!("{}:{}: no codec is called \"{}\"", self.file, name.line, name.what)),
        };
        self.list(value)?.into_iter().map(one).collect()
    }

    fn site(&self, value: Option<Spot<'_>>, phones: &[Phone]) -> Read<Setup> {
        let mut setup = plain_setup(phones);
        let Some(value) = value else { return Ok(setup) };
        let table = self.table(value)?;
        self.known(table, SITE_KEYS, &[])?;
        for (key, value) in table {
            let site = &mut setup.site;
            match key.get_ref().as_ref() {
                "ring" => site.ring_s = self.span(value)?.as_secs(),
                "session_expires" => site.session_expires_s = self.span(value)?.as_secs(),
                "keep_alive" => site.keep_alive_s = self.span(value)?.as_secs(),
                "calls_max" => site.calls_max = self.number(value)?,
                "calls_per_extension" => site.calls_per_extension = self.number(value)?,
                "port_pairs" => site.rtp_pairs = self.number(value)?,
                "record" => site.records = self.flag(value)?,
                _ => setup.net.delay_us = u64::try_from(self.span(value)?.as_micros()).unwrap_or(0),
            }
        }
        Ok(setup)
    }

    fn expect(&self, table: &DeTable<'_>, names: &[String]) -> Read<Expect> {
        self.known(table, EXPECT_KEYS, names)?;
        let mut expect = Expect::default();
        for (key, value) in table {
            let line = self.line(value.span().start);
            let plain = |list: Vec<Lined<String>>| list.into_iter().map(|item| item.what).collect();
            match key.get_ref().as_ref() {
                "events" => expect.events = Some(Lined { line, what: plain(self.list(value)?) }),
                "hears" => expect.hears = self.timed(value, SOUNDS, names)?,
                "answers" => expect.answers = self.timed(value, ANSWERS, names)?,
                "cdr" => expect.cdrs = Some(Lined { line, what: self.cdrs(value)? }),
                "ladder" => expect.ladder = self.flag(value)?,
                name => {
                    let place = names.iter().position(|n| n == name).unwrap_or(0);
                    expect.told.push((place, Lined { line, what: plain(self.list(value)?) }));
                }
            }
        }
        Ok(expect)
    }

    fn cdrs(&self, value: Spot<'_>) -> Read<Vec<ExpectedCdr>> {
        let Some(items) = value.get_ref().as_array() else {
            return Ok(vec![self.cdr(self.table(value)?)?]);
        };
        items.iter().map(|item| self.cdr(self.table(item)?)).collect()
    }

    fn cdr(&self, table: &DeTable<'_>) -> Read<ExpectedCdr> {
        self.known(table, CDR_KEYS, &[])?;
        let mut out = Vec::new();
        for (key, value) in table {
            let what = match value.get_ref() {
                DeValue::Integer(_) => Value::Number(self.number(value)?),
                DeValue::Boolean(flag) => Value::Flag(*flag),
                DeValue::Array(_) => Value::List(self.list(value)?.into_iter().map(|i| i.what).collect()),
                _ => Value::Text(self.text(value)?),
            };
            out.push((
                key.get_ref().as_ref().to_owned(),
                Lined { line: self.line(value.span().start), what },
            ));
        }
        Ok(out)
    }
}

fn plain_phone(place: usize, name: &str) -> Phone {
    let last = u8::try_from(11 + place).unwrap_or(u8::MAX);
    let own = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), 5060);
    let setup = PhoneSetup {
        extension: String::new(),
        own,
        public: own,
        tcp: false,
        instance: false,
        early_media: false,
        late_offer: false,
        no_update: false,
        demands_reliable: false,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        expires_s: 3_600,
        session_expires_s: 1_800,
        is_fixed: false,
        host_fails_percent: None,
        lamps: vec![],
        habits: vec![],
    };
    Phone { name: name.to_owned(), setup, password: None, off: false }
}

fn plain_setup(phones: &[Phone]) -> Setup {
    Setup {
        seed: 1,
        length_ms: 0,
        site: SiteSetup {
            starts_ms: 1_792_888_200_000,
            calls_max: 100,
            calls_per_extension: 4,
            rtp_pairs: 100,
            ring_s: 30,
            session_expires_s: 1_800,
            keep_alive_s: 0,
            hold_reminder_s: 0,
            register_min_s: 60,
            register_max_s: 3_600,
            records: false,
            md5: false,
        },
        net: NetSetup { delay_us: 10_000, ..NetSetup::default() },
        media: MediaSetup { is_steady: true, ..MediaSetup::default() },
        store: StoreSetup { flush_us: 1_000 },
        asking: AskingSetup { delay_ms: 20, ..AskingSetup::default() },
        inbound: InboundSetup::default(),
        floor: Default::default(),
        phones: phones.iter().map(|p| p.setup.clone()).collect(),
        calls: vec![],
        troubles: vec![],
    }
}
