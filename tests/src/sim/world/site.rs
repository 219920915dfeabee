//! The configuration of a simulated site.

use crate::sim::handset::{DOMAIN, password};
use crate::sim::inbound::PIN;
use crate::sim::network::HERE;
use crate::sim::setup::{PhoneSetup, Setup};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{
    Codec, Config, Extension, FixedContact, Mode, Place, RecordRule, Service, SupervisionRules,
};
use switchroom_flow::pins::Pin;
use switchroom_sip::digest::{Algorithm, ha1};

/// What who is held hears.
pub const HOLD_MUSIC: &str = "hold-music";

/// What who is asked whether a call may be recorded hears.
pub const CONSENT: &str = "consent";

/// Who commands supervisors' phones, and may be restricted to a queue.
pub const SUPERVISOR: &str = "mara";
/// Who does the rest, sits at the first phone and is restricted to nothing.
pub const USER: &str = "supervisor";

/// The queue to which that one is: the first, on one site of four that have any.
pub fn restricted_to(setup: &Setup) -> Option<&'static str> {
    setup.floor.queue_names().next().filter(|_| setup.floor.seed % 4 == 1)
}

pub(super) fn config(setup: &Setup) -> Config {
    let mut extensions = BTreeMap::new();
    for phone in &setup.phones {
        let number = phone.extension.clone();
        let entry = extension(setup, &number, &password(&number));
        extensions.insert(number, entry);
    }
    let secs = Duration::from_secs;
    let site = &setup.site;
    Config {
        site: "simulated".into(),
        domain: DOMAIN.into(),
        extensions,
        flows: setup.inbound.flows(0).0.into_iter().chain(setup.floor.flows()).collect(),
        inbound: inbound(setup),
        services: BTreeMap::from([("*43".into(), Service::Echo), ("*44".into(), Service::Tone)]),
        supervision: SupervisionRules {
            code: "*60".into(),
            phones: setup.phones.iter().map(|phone| phone.extension.clone()).collect(),
            users: setup.phones.first().map(|one| (USER.into(), one.extension.clone())).into_iter().collect(),
            queues: match restricted_to(setup) {
                Some(queue) => BTreeMap::from([(SUPERVISOR.to_owned(), [queue.to_owned()].into())]),
                None => BTreeMap::new(),
            },
            // On some sites agents hear of supervisors.
            notify: if matches!(setup.floor.apart() % 4, 1 | 2) {
                [Mode::Listen, Mode::Barge].into()
            } else {
                [].into()
            },
        },
        floor: Arc::new(setup.floor.config(0)),
        record: if site.records { RecordRule::Always } else { RecordRule::Never },
        recording_key: "*1".into(),
        // Where calls are recorded, on one site of three who calls is asked before.
        consent: if setup.floor.seed % 3 == 1 { CONSENT.into() } else { String::new() },
        consent_refuse: Some('5'),
        hold_reminder: secs(site.hold_reminder_s),
        // Where calls are recorded, who is held hears music.
        hold_music: if site.records { vec![HOLD_MUSIC.into()] } else { vec![] },
        ring: secs(site.ring_s),
        codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
        external: None,
        local_networks: vec![],
        rtp_port_first: 20_000,
        rtp_pairs: site.rtp_pairs,
        register_min: secs(site.register_min_s),
        register_max: secs(site.register_max_s),
        bindings_max: 5,
        keep_alive: secs(site.keep_alive_s),
        session_expires: secs(site.session_expires_s),
        calls_max: site.calls_max,
        calls_per_extension: site.calls_per_extension,
        allow_md5: site.md5,
    }
}

fn inbound(setup: &Setup) -> switchroom_flow::SiteConfig {
    let mut site = setup.inbound.site();
    site.routes.extend(setup.floor.routes(site.routes.len() + 1));
    // Each second agent has a PIN for signing in by phone; the others have their own phones, if any.
    let with_pin = (1..=setup.floor.agents).filter(|agent| agent % 2 == 0);
    site.set_agent_pins(with_pin.map(|agent| (agent.to_string(), Pin::of(PIN, "simulated"))).collect());
    site
}

/// The name of the host where a phone is.
pub(super) fn host_of(phone: &PhoneSetup) -> String {
    format!("{}.example", phone.extension.to_ascii_lowercase())
}

fn fixed_contact(phone: &PhoneSetup) -> FixedContact {
    if phone.host_fails_percent.is_none() {
        let uri = format!("sip:{}@{}", phone.extension, phone.own);
        return FixedContact { uri, place: Place::Address { local: HERE, remote: phone.public } };
    }
    let (name, port) = (host_of(phone), phone.public.port());
    let uri = format!("sip:{}@{name}:{port}", phone.extension);
    FixedContact { uri, place: Place::Host { name, port } }
}

pub(super) fn extension(setup: &Setup, number: &str, password: &str) -> Extension {
    let bytes = |text: String| -> Vec<u8> {
        let hex = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or("0"));
        hex.map(|pair| u8::from_str_radix(pair, 16).unwrap_or(0)).collect()
    };
    let hash = |algorithm| bytes(ha1(algorithm, number, DOMAIN, password));
    Extension {
        number: number.into(),
        name: format!("Person {number}"),
        ha1_md5: hash(Algorithm::Md5).try_into().ok().filter(|_| setup.site.md5),
        ha1_sha256: hash(Algorithm::Sha256).try_into().ok(),
        record: None,
        ring: None,
        auto_answer: number.ends_with(['1', '4', '7']),
        contact: setup.phones.iter().find(|p| p.is_fixed && p.extension == number).map(fixed_contact),
    }
}
