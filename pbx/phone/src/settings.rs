//! Who a phone is, and how it behaves.

use crate::digits::InfoForm;
use crate::media::Codec;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a phone does with a call that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    /// Rings that long, then answers.
    After(Duration),
    /// Rings until it is told what to do, or the caller gives up.
    Never,
    /// Refuses at once with 486.
    Busy,
    /// Refuses at once with 603.
    Decline,
}

/// How a phone says that it holds the other side (RFC 3264 §8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldForm {
    /// `a=sendonly`: the other side may still hear something.
    SendOnly,
    /// `a=inactive`: nothing either way.
    Inactive,
    /// `c=0.0.0.0`, as phones of the time of RFC 2543 do it.
    NullAddress,
}

/// Who a phone is, and how it behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneSettings {
    /// Extension: user part of its address and user name of its digest.
    pub user: String,
    /// Password.
    pub password: String,
    /// SIP domain: host part of its address and of the numbers it calls.
    pub domain: String,
    /// Name it shows to others; may be empty.
    pub display_name: String,
    /// User-Agent and Server.
    pub agent: String,
    /// Codecs, best first; at least one.
    pub codecs: Vec<Codec>,
    /// How long a registration shall last. The exchange may grant less.
    pub expires: Duration,
    /// A UUID that stays the same for the life of the phone (`+sip.instance`, RFC 5626 §4.1); empty for none.
    pub instance: String,
    /// What it does with calls that come in.
    pub answering: Answering,
    /// Whether it rings with 183 and sound instead of 180.
    pub early_media: bool,
    /// Whether it calls without an offer and describes itself only in the ACK (RFC 3261 §13.2.1).
    pub late_offer: bool,
    /// Whether it demands that provisional responses to its calls be acknowledged (RFC 3262).
    pub demands_reliable: bool,
    /// How digits look that are sent by INFO.
    pub info_form: InfoForm,
    /// Session timer it proposes (RFC 4028), at least 90 s.
    pub session_expires: Duration,
}

impl PhoneSettings {
    /// A phone with the usual habits: PCMA, then PCMU, registered for five minutes, ringing until told what to do.
    pub fn new(user: &str, password: &str, domain: &str) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
            domain: domain.into(),
            display_name: String::new(),
            agent: concat!("Switchroom phone/", env!("CARGO_PKG_VERSION")).into(),
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            expires: Duration::from_secs(300),
            instance: String::new(),
            answering: Answering::Never,
            early_media: false,
            late_offer: false,
            demands_reliable: false,
            info_form: InfoForm::Relay,
            session_expires: Duration::from_secs(1800),
        }
    }
}
