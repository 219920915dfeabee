//! The configuration as the exchange uses it: checked values, made by the shell from TOML.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use switchroom_flow::{Flows, Language, SiteConfig};

/// Which calls are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordRule {
    /// None.
    #[default]
    Never,
    /// Every answered call.
    Always,
}

/// A number that reaches a person's phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Digits, `*` and `#`, at most 32.
    pub number: String,
    /// Name shown to others.
    pub name: String,
    /// H(number:realm:password) with MD5, if that algorithm is allowed for it.
    pub ha1_md5: Option<[u8; 16]>,
    /// The same with SHA-256.
    pub ha1_sha256: Option<[u8; 32]>,
    /// Overrides the general rule.
    pub record: Option<RecordRule>,
    /// Overrides the general ring time.
    pub ring: Option<Duration>,
    /// Its phones are asked to answer by themselves what a queue offers, a call-back too, and a supervisor's own call.
    #[serde(default)]
    pub auto_answer: bool,
    /// Where it is besides where its phones register, if anywhere.
    #[serde(default)]
    pub contact: Option<FixedContact>,
}

/// An address at which an extension is called without ever having registered from there: a user of another exchange, a
/// gateway, a phone that does not register. Over UDP, or a connection of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedContact {
    /// The SIP URI that is called.
    pub uri: String,
    /// Where that is.
    pub place: Place,
}

/// Where a contact of the configuration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At an IP address.
    Address {
        /// Our address that it reaches.
        local: SocketAddr,
        /// Where requests go.
        remote: SocketAddr,
    },
    /// At a host whose addresses are told by [`crate::Input::Resolved`], and are nobody's before.
    Host {
        /// Its name, lower case.
        name: String,
        /// Where SIP is spoken there.
        port: u16,
    },
    /// At the end of a connection of our own, told by [`crate::Input::Connected`].
    Connection {
        /// An IP address, or the name of a host in lower case.
        host: String,
        /// Where SIP is spoken there.
        port: u16,
    },
}

/// An address of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAddress {
    /// Our address that it reaches.
    pub local: SocketAddr,
    /// The host's.
    pub ip: IpAddr,
}

/// What a test number does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Says back what it hears.
    Echo,
    /// Plays a tone.
    Tone,
    /// Lets a supervisor hear a call, and be heard in it. Reached by command or by the code for it, not by a number of its
    /// own.
    Supervision,
    /// Lets somebody who is consulted hear a talk, and be heard in it. Reached by command only.
    Consult,
}

impl Service {
    /// The word used in configuration and on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Tone => "tone",
            Self::Supervision => "supervision",
            Self::Consult => "consult",
        }
    }
}

/// A codec the exchange offers and takes, in order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722.
    G722,
    /// Opus.
    Opus,
}

impl Codec {
    /// All that we can make and understand sound in.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];
}

/// Supervision by phone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SupervisionRules {
    /// What is dialled before the number of an agent or extension to hear its calls; empty: nobody can by phone.
    pub code: String,
    /// The extensions from which it may be dialled.
    pub phones: BTreeSet<String>,
    /// The extension of each user's own phone: what is in its calls is the user's own, and it is rung when a user names none.
    pub users: BTreeMap<String, String>,
    /// Users who see, hear and act on what is of these queues only; who is not named is not restricted.
    pub queues: BTreeMap<String, BTreeSet<String>>,
    /// Of what supervisors do the agent is told by a tone.
    pub notify: BTreeSet<crate::Mode>,
}

/// Everything the exchange is told. A change is a new value of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Name of the site, for people.
    pub site: String,
    /// SIP domain: the realm of digests and the host part of addresses of record.
    pub domain: String,
    /// Extensions by number.
    pub extensions: BTreeMap<String, Extension>,
    /// Test numbers.
    pub services: BTreeMap<String, Service>,
    /// Supervision by phone.
    #[serde(default)]
    pub supervision: SupervisionRules,
    /// Flows by name.
    #[serde(default)]
    pub flows: Flows,
    /// What flows and routes need to know of the site.
    #[serde(default)]
    pub inbound: SiteConfig,
    /// Queues and agents.
    #[serde(default)]
    pub floor: Arc<switchroom_acd::Config>,
    /// Recorded unless an extension says otherwise.
    pub record: RecordRule,
    /// Two keys by which the agent of a talk pauses its recording, has it go on, or begins it; empty: none.
    #[serde(default)]
    pub recording_key: String,
    /// The prompt that who is not the agent's side hears before a rule has a talk recorded; empty: none.
    pub consent: String,
    /// The key by which that one refuses.
    pub consent_refuse: Option<char>,
    /// Prompts that who is held hears one after the other, over and over; with none, silence.
    #[serde(default)]
    pub hold_music: Vec<String>,
    /// A hold that lasts so long is told of, and each time that it has lasted so long again; zero never.
    #[serde(default)]
    pub hold_reminder: Duration,
    /// How long a phone rings.
    pub ring: Duration,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// The address to put into SDP and Contact for peers outside `local_networks`, if there is one.
    pub external: Option<IpAddr>,
    /// Networks (address, prefix length) that reach us without translation.
    pub local_networks: Vec<(IpAddr, u8)>,
    /// First RTP port, even.
    pub rtp_port_first: u16,
    /// RTP port pairs.
    pub rtp_pairs: u16,
    /// Shortest registration granted.
    pub register_min: Duration,
    /// Longest registration granted.
    pub register_max: Duration,
    /// Bindings an extension may have.
    pub bindings_max: usize,
    /// How often registered phones are asked with OPTIONS; zero never.
    pub keep_alive: Duration,
    /// Session timer offered (RFC 4028), at least 90 s.
    pub session_expires: Duration,
    /// Live calls at once.
    pub calls_max: usize,
    /// Live calls that one extension may make at once.
    pub calls_per_extension: usize,
    /// Whether MD5 is offered beside SHA-256.
    pub allow_md5: bool,
}

impl Config {
    /// For how long the phones of a number are rung.
    pub(crate) fn ring_of(&self, number: &str) -> Duration {
        self.extensions.get(number).and_then(|extension| extension.ring).unwrap_or(self.ring)
    }

    /// In what language agents of a queue are spoken to, and callers whom nothing but a route leads into it.
    pub(crate) fn language_of(&self, queue: &str) -> Language {
        let own = self.floor.queues.get(queue).and_then(|queue| Language::parse(&queue.language));
        own.unwrap_or(self.inbound.language)
    }
}
