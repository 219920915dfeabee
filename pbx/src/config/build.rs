//! From the tables of the file to checked values.

use super::inbound::People;
use super::keys::EXTENSION;
use super::reader::{Reader, Section};
use super::{Around, Principal, ShellConfig, value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{Codec, Config, Extension, Mode, RecordRule, Service, SupervisionRules};
use switchroom_flow::Flows;
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::number::Pattern;
use switchroom_flow::read::{duration_text, one_of, prompt_name};
use switchroom_flow::routes::Route;
use switchroom_wire::Role;
use toml::de::DeTable;

/// A phone rings at most so many seconds: an INVITE is given up after five minutes without news (RFC 3261 §16.6).
pub(super) const RING_S_MAX: u64 = 240;
/// Extensions one file may have.
const EXTENSIONS_MAX: usize = 10_000;

pub(super) const RULES: &[(&str, RecordRule)] =
    &[("never", RecordRule::Never), ("always", RecordRule::Always)];
pub(super) const ROLES: &[(&str, Role)] = &[
    ("viewer", Role::Viewer),
    ("agent", Role::Agent),
    ("supervisor", Role::Supervisor),
    ("admin", Role::Admin),
];
const MODES: &[(&str, Mode)] =
    &[("listen", Mode::Listen), ("whisper", Mode::Whisper), ("barge", Mode::Barge)];
const SERVICES: &[(&str, Service)] = &[("echo", Service::Echo), ("tone", Service::Tone)];
const CODECS: &[(&str, Codec)] =
    &[("PCMA", Codec::Pcma), ("PCMU", Codec::Pcmu), ("G722", Codec::G722), ("opus", Codec::Opus)];
const LEVELS: &[(&str, &str)] =
    &[("error", "error"), ("warn", "warn"), ("info", "info"), ("debug", "debug"), ("trace", "trace")];

/// Reads all tables. What comes back is of use only if no fault was found.
pub(super) fn build(reader: &mut Reader, root: &DeTable<'_>, around: &Around<'_>) -> (Config, ShellConfig) {
    reader.refuse_unknown(root, "");
    let root = Some(root);
    let site = reader.section(root, "site", "site");
    let sip = reader.section(root, "sip", "sip");
    let media = reader.section(root, "media", "media");
    let recording = reader.section(root, "recording", "recording");
    let control = reader.section(root, "control", "control");
    let services = services(reader, root);
    let allow_md5 = reader.boolean(sip, "md5").unwrap_or_default();
    let listen = listen(reader, sip);
    let (extensions, with_voicemail) = extensions(reader, root, &services, (allow_md5, &listen));
    let (floor, agent_pins) = super::floor::floor(reader, root, &extensions);
    let people = People {
        extensions: &extensions,
        with_voicemail,
        services: services.keys().cloned().collect(),
        queues: floor.queues.keys().cloned().collect(),
    };
    let mut inbound = super::inbound::inbound(reader, root, site, &people, around);
    if !floor.agents.is_empty() {
        inbound.set_agent_pins(agent_pins);
    }
    let (rtp_port_first, rtp_pairs) = reader.text(media, "ports", &value::ports).unwrap_or_default();
    let local_networks = reader.texts(sip, "local_networks", &value::network).unwrap_or_default();
    let shell = shell(reader, root, listen, [media, recording, control], around);
    let phones = phones(reader, control, &extensions);
    let supervision = supervision(reader, root, (&extensions, phones), &inbound.routes, &people.queues);
    let config = Config {
        floor: Arc::new(floor),
        site: reader.text(site, "name", &value::name).unwrap_or_default(),
        domain: reader.text(site, "domain", &value::domain).unwrap_or_default(),
        services: services.into_iter().map(|(number, (service, _))| (number, service)).collect(),
        supervision,
        extensions,
        flows: Flows::new(),
        inbound,
        record: reader.text(recording, "rule", &one_of("rule", RULES)).unwrap_or_default(),
        recording_key: reader.text(recording, "key", &recording_key).unwrap_or_default(),
        consent: reader.text(recording, "consent", &prompt_name).unwrap_or_default(),
        consent_refuse: reader.text(recording, "consent_refuse", &one_key),
        hold_music: super::queues::music(reader, media, "hold_music"),
        hold_reminder: duration(reader, media, "hold_reminder", 5, 3_600).unwrap_or_default(),
        ring: duration(reader, sip, "ring", 1, RING_S_MAX).unwrap_or_default(),
        codecs: codecs(reader, media),
        external: reader.text(sip, "external", &value::external),
        local_networks: local_networks.into_iter().map(|(network, _)| network).collect(),
        rtp_port_first,
        rtp_pairs,
        register_min: duration(reader, sip, "register_min", 10, 86_400).unwrap_or_default(),
        register_max: duration(reader, sip, "register_max", 10, 86_400).unwrap_or_default(),
        bindings_max: reader.whole(sip, "bindings_max", 1..=64).unwrap_or_default(),
        keep_alive: keep_alive(reader, sip).unwrap_or_default(),
        session_expires: duration(reader, sip, "session_expires", 90, 86_400).unwrap_or_default(),
        calls_max: reader.whole(sip, "calls_max", 1..=10_000).unwrap_or_default(),
        calls_per_extension: reader.whole(sip, "calls_per_extension", 1..=10_000).unwrap_or_default(),
        allow_md5,
    };
    if config.register_min > config.register_max && reader.faults.is_empty() {
        let written = if sip.get("register_min").is_some() { "register_min" } else { "register_max" };
        let what = format!(
            "register_min ({}) is longer than register_max ({})",
            duration_text(config.register_min),
            duration_text(config.register_max)
        );
        reader.faults.push(&sip.span(written), what, None);
    }
    (config, shell)
}

/// A duration from `least` to `most` seconds.
pub(super) fn duration(
    reader: &mut Reader,
    section: Section<'_>,
    key: &'static str,
    least: u64,
    most: u64,
) -> Option<Duration> {
    reader.text(section, key, &|text| {
        let duration = switchroom_flow::read::duration(text)?;
        let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
        if duration < least || duration > most {
            let (least, most) = (duration_text(least), duration_text(most));
            return Err(format!("{key} must be from {least} to {most}, and \"{text}\" is not"));
        }
        Ok(duration)
    })
}

fn keep_alive(reader: &mut Reader, sip: Section<'_>) -> Option<Duration> {
    reader.text(sip, "keep_alive", &|text| match switchroom_flow::read::duration(text)? {
        Duration::ZERO => Ok(Duration::ZERO),
        d if d < Duration::from_secs(5) || d > Duration::from_secs(3_600) => {
            Err(format!("keep_alive must be from 5s to 1h, or 0s for never, and \"{text}\" is neither"))
        }
        d => Ok(d),
    })
}

fn codecs(reader: &mut Reader, media: Section<'_>) -> Vec<Codec> {
    let mut found: Vec<Codec> = Vec::new();
    let listed = reader.texts(media, "codecs", &one_of("a codec", CODECS));
    for (codec, span) in listed.iter().flatten() {
        if found.contains(codec) {
            reader.faults.push(span, "this codec is listed twice", None);
        }
        found.push(*codec);
    }
    if listed.is_some_and(|l| l.is_empty()) && reader.faults.is_empty() {
        reader.faults.push(&media.span("codecs"), "codecs is empty", Some("list at least \"PCMA\"".into()));
    }
    found
}

/// Test numbers with the places of their names.
fn services(reader: &mut Reader, root: Option<&DeTable<'_>>) -> BTreeMap<String, (Service, Range<usize>)> {
    let section = reader.section(root, "services", "services");
    let mut found = BTreeMap::new();
    if !section.is_written() {
        let defaults = super::keys::table("services").into_iter().flat_map(|t| t.keys);
        for key in defaults {
            let service = SERVICES.iter().find(|(word, _)| key.value.trim_matches('"') == *word);
            found.extend(service.map(|(_, s)| (key.name.to_owned(), (*s, 0..0))));
        }
        return found;
    }
    for (number, at, text, span) in reader.entries(section) {
        if !value::is_number(number) {
            reader.faults.push(&at, not_a_number(number), None);
        }
        match one_of("a service", SERVICES)(text) {
            Ok(service) => drop(found.insert(number.to_owned(), (service, at))),
            Err(what) => reader.faults.push_sentence(&span, &what),
        }
    }
    found
}

/// Who may supervise by phone, and whose phone is whose: `phones` by `[control.phones]`.
fn supervision(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    (extensions, phones): (&BTreeMap<String, Extension>, BTreeMap<String, String>),
    routes: &[Route],
    queues: &BTreeSet<String>,
) -> SupervisionRules {
    let section = reader.section(root, "supervision", "supervision");
    let code = reader.text(section, "code", &|text| {
        if value::is_number(text) { Ok(text.to_owned()) } else { Err(not_a_number(text)) }
    });
    let seat = |text: &str| {
        let (user, extension) = match text.split_once(' ') {
            Some((user, extension)) => (Some(user.to_owned()), extension.trim()),
            None => (None, text),
        };
        if !extensions.contains_key(extension) {
            let known = did_you_mean(extension, extensions.keys().map(String::as_str));
            let hint = known.unwrap_or_else(|| "write \"EXTENSION\" or \"USER EXTENSION\"".to_owned());
            return Err(format!("there is no extension {}\n{hint}", extension.escape_debug()));
        }
        Ok((user, extension.to_owned()))
    };
    let mut rules =
        SupervisionRules { code: code.unwrap_or_default(), users: phones, ..SupervisionRules::default() };
    for ((user, extension), at) in reader.texts(section, "phones", &seat).unwrap_or_default() {
        rules.phones.insert(extension.clone());
        let Some(user) = user else { continue };
        match rules.users.get(&user) {
            Some(other) if *other != extension => {
                let what = format!("{} sits at {other} already", user.escape_debug());
                let hint = format!("write one of them without the user: \"{extension}\"");
                reader.faults.push(&at, what, Some(hint));
            }
            _ => drop(rules.users.insert(user, extension)),
        }
    }
    rules.queues = restricted(reader, section, queues);
    let notify = reader.texts(section, "notify", &one_of("notify", MODES)).unwrap_or_default();
    rules.notify = notify.into_iter().map(|(mode, _)| mode).collect();
    if !rules.code.is_empty() {
        let begins = |route: &&Route| is_taken_by(&rules.code, &route.number);
        if let Some(route) = routes.iter().find(begins) {
            let what = format!(
                "the phones of supervisors do not get to route {} (line {}): {} begins with this code",
                route.name, route.line, route.number
            );
            let hint = "give the code or the route another number".to_owned();
            reader.warnings.push(&section.span("code"), what, Some(hint));
        }
    }
    rules
}

/// A key of a phone.
fn one_key(text: &str) -> Result<char, String> {
    let mut keys = text.chars();
    match (keys.next(), keys.next()) {
        (Some(key), None) if key.is_ascii_digit() || key == '*' || key == '#' => Ok(key),
        _ => Err(format!("\"{}\" is no key; write one of 0 to 9, * and #", text.escape_debug())),
    }
}

/// Users who may act on what is of some queues only.
fn restricted(
    reader: &mut Reader,
    section: Section<'_>,
    known: &BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let restriction = |text: &str| {
        let mut words = text.split_whitespace().map(str::to_owned);
        let user = words.next().ok_or("write \"USER QUEUE\", with more queues if there are".to_owned())?;
        unix_name(&user)?;
        let queues: BTreeSet<String> = words.collect();
        if queues.is_empty() {
            return Err(format!(
                "of which queues is {} a supervisor?\nwrite \"USER QUEUE\"",
                user.escape_debug()
            ));
        }
        match queues.iter().find(|queue| !known.contains(*queue)) {
            Some(queue) => {
                let hint = did_you_mean(queue, known.iter().map(String::as_str));
                let hint = hint.unwrap_or_else(|| format!("add [queues.{queue}]"));
                Err(format!("there is no queue {}\n{hint}", queue.escape_debug()))
            }
            None => Ok((user, queues)),
        }
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((user, queues), _) in reader.texts(section, "queues", &restriction).unwrap_or_default() {
        found.entry(user).or_default().extend(queues);
    }
    found
}

/// Two keys, the first of them one that nobody types in a number.
fn recording_key(text: &str) -> Result<String, String> {
    match text.as_bytes() {
        [b'*' | b'#', b'0'..=b'9' | b'*' | b'#'] => Ok(text.to_owned()),
        _ => Err(format!(
            "\"{}\" is no such code; write * or # and one more key, as \"*1\"",
            text.escape_debug()
        )),
    }
}

/// Whether the code takes what a route is for: a number that goes on behind the code. A route for all that begin with less
/// is for others as well.
fn is_taken_by(code: &str, number: &Pattern) -> bool {
    match number {
        Pattern::Exact(number) => number.len() > code.len() && number.starts_with(code),
        Pattern::Prefix(beginning) => beginning.starts_with(code),
    }
}

fn not_a_number(text: &str) -> String {
    format!("\"{text}\" cannot be dialled; a number has 1 to 32 of the digits, * and #")
}

fn extensions(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    services: &BTreeMap<String, (Service, Range<usize>)>,
    (allow_md5, listen): (bool, &[super::Listen]),
) -> (BTreeMap<String, Extension>, BTreeSet<String>) {
    let (mut found, mut with_voicemail) = (BTreeMap::new(), BTreeSet::new());
    for (number, at, section) in reader.tables(root, EXTENSION) {
        if !value::is_number(number) {
            reader.faults.push(&at, not_a_number(number), None);
        }
        if services.contains_key(number) {
            let hint = Some("give one of them another number".to_owned());
            reader.faults.push(&at, format!("{number} is a test number in [services] too"), hint);
        }
        if found.len() >= EXTENSIONS_MAX {
            let what = format!("more than {EXTENSIONS_MAX} extensions");
            reader.faults.push(&at, what, None);
            break;
        }
        let extension = extension(reader, section, number, listen);
        warn_unreachable(reader, &extension, &at, allow_md5);
        found.insert(number.to_owned(), extension);
        if reader.boolean(section, "voicemail").unwrap_or_default() {
            with_voicemail.insert(number.to_owned());
        }
    }
    (found, with_voicemail)
}

fn extension(reader: &mut Reader, section: Section<'_>, number: &str, listen: &[super::Listen]) -> Extension {
    Extension {
        number: number.to_owned(),
        name: reader.text(section, "name", &value::name).unwrap_or_default(),
        ha1_md5: reader.text(section, "digest_md5", &value::digest),
        ha1_sha256: reader.text(section, "digest_sha256", &value::digest),
        record: reader.text(section, "record", &one_of("record", RULES)),
        ring: duration(reader, section, "ring", 1, RING_S_MAX),
        auto_answer: reader.boolean(section, "auto_answer").unwrap_or_default(),
        contact: super::contact::fixed(reader, section, listen),
    }
}

fn warn_unreachable(reader: &mut Reader, extension: &Extension, span: &Range<usize>, allow_md5: bool) {
    let number = &extension.number;
    let hint = Some(format!("give it a password: switchroom passwd {number}"));
    match (extension.ha1_md5, extension.ha1_sha256) {
        (None, None) if extension.contact.is_none() => {
            reader.warnings.push(
                span,
                format!("{number} has no password, so no phone can register at it"),
                hint,
            );
        }
        (Some(_), None) if !allow_md5 => {
            let what = format!("{number} has only an MD5 digest, and md5 = false in [sip]");
            reader.warnings.push(span, what, hint);
        }
        _ => {}
    }
}

fn shell(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    listen: Vec<super::Listen>,
    [media, recording, control]: [Section<'_>; 3],
    around: &Around<'_>,
) -> ShellConfig {
    let store = reader.section(root, "store", "store");
    let log = reader.section(root, "log", "log");
    let stop = reader.section(root, "stop", "stop");
    let folder = |text: &str| {
        if text.is_empty() || text.contains('\0') {
            return Err("a folder needs a name".to_owned());
        }
        Ok(around.base.join(text))
    };
    let data_dir = reader.text(store, "dir", &folder).unwrap_or_default();
    let socket = reader.text(control, "socket", &|text| {
        let path = folder(text)?;
        // sun_path has 108 bytes with the closing zero.
        if path.as_os_str().len() > 107 {
            return Err(format!(
                "the path of a socket has at most 107 bytes, and \"{}\" is longer",
                path.display()
            ));
        }
        Ok(path)
    });
    let (flows, speech) = super::speech::flows_and_speech(reader, root, around);
    ShellConfig {
        listen,
        flows,
        speech,
        keep: super::Keep {
            age: duration(reader, recording, "keep", 86_400, 36_500 * 86_400),
            bytes: reader.text(recording, "keep_size", &value::bytes),
        },
        recordings_dir: reader.text(recording, "dir", &folder).unwrap_or_default(),
        socket: socket.unwrap_or_else(|| super::paths::default_socket(&data_dir)),
        data_dir,
        socket_group: reader.text(control, "group", &unix_name),
        roles: roles(reader, control),
        media_threads: reader.threads(media, "threads").unwrap_or_default(),
        log: reader.text(log, "level", &one_of("level", LEVELS)).unwrap_or_default().to_owned(),
        drain: duration(reader, stop, "drain", 0, 3_600).unwrap_or_default(),
        keep_facts: duration(reader, store, "keep_facts", 7 * 86_400, 3_650 * 86_400).unwrap_or_default(),
    }
}

fn listen(reader: &mut Reader, sip: Section<'_>) -> Vec<super::Listen> {
    let listed = reader.texts(sip, "listen", &value::listen);
    let mut found: Vec<super::Listen> = Vec::new();
    for (listen, span) in listed.iter().flatten() {
        if found.contains(listen) {
            reader.faults.push(span, "this place is listed twice", None);
        }
        found.push(*listen);
    }
    if listed.is_some_and(|l| l.is_empty()) && reader.faults.is_empty() {
        let hint = Some("write [\"udp 0.0.0.0:5060\"]".to_owned());
        reader.faults.push(&sip.span("listen"), "listen is empty: no phone could reach us", hint);
    }
    found
}

fn unix_name(text: &str) -> Result<String, String> {
    let fits = (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("\"{text}\" is not the name of a Unix user or group"))
    }
}

fn principal(text: &str) -> Result<Principal, String> {
    match text.strip_prefix('@') {
        Some(group) => Ok(Principal::Group(unix_name(group)?)),
        None => Ok(Principal::User(unix_name(text)?)),
    }
}

fn roles(reader: &mut Reader, control: Section<'_>) -> Vec<(Principal, Role)> {
    let section = reader.section(control.table(), "control.roles", "roles");
    let mut found: Vec<(Principal, Role)> = Vec::new();
    for (key, role) in ROLES.iter().copied() {
        let listed = reader.texts(section, key, &principal).unwrap_or_default();
        for (who, span) in listed {
            if let Some((_, other)) = found.iter().find(|(w, _)| *w == who) {
                let what = format!("{who} is listed as {} and as {}", other.word(), role.word());
                reader.faults.push(&span, what, Some("list everybody once, with their highest role".into()));
            }
            found.push((who, role));
        }
    }
    found
}

fn phones(
    reader: &mut Reader,
    control: Section<'_>,
    extensions: &BTreeMap<String, Extension>,
) -> BTreeMap<String, String> {
    let section = reader.section(control.table(), "control.phones", "phones");
    let mut found = BTreeMap::new();
    for (user, at, number, span) in reader.entries(section) {
        if let Err(what) = unix_name(user) {
            reader.faults.push(&at, what, None);
        }
        if !extensions.contains_key(number) {
            let hint = did_you_mean(number, extensions.keys().map(String::as_str));
            let what = format!("{user}'s phone is {number}, and there is no such extension");
            reader.faults.push(&span, what, hint.or_else(|| Some(format!("add [extensions.{number}]"))));
        }
        found.insert(user.to_owned(), number.to_owned());
    }
    found
}
