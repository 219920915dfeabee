//! From the tables about callers from outside (hours, lists, PINs, mailboxes, routes) to checked values.

use super::fault::Fault;
use super::keys::{HOURS, LIST, MAILBOX, PINS};
use super::reader::{Reader, Section};
use super::{Around, value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use switchroom_exchange::Extension;
use switchroom_flow::calendar::{Hours, SpecialDay, Zone, special_day, week_rule};
use switchroom_flow::csv::CsvFault;
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::limits::{HOURS_SPECIAL_MAX, HOURS_WEEK_MAX, RECORD_LONGEST};
use switchroom_flow::lists::List;
use switchroom_flow::pins::{AGENT_PINS, Pin, Pins};
use switchroom_flow::read::{LANGUAGES, name as checked_name, one_of, prompt_name};
use switchroom_flow::{MailboxConfig, SiteConfig};
use toml::de::DeTable;

/// Tables of one kind.
const TABLES_MAX: usize = 1_000;

/// Who can be called: extensions, those of them that have a mailbox without a table of their own, test numbers, queues.
pub(super) struct People<'p> {
    pub(super) extensions: &'p BTreeMap<String, Extension>,
    pub(super) with_voicemail: BTreeSet<String>,
    pub(super) services: Vec<String>,
    pub(super) queues: BTreeSet<String>,
}

/// Reads all of it.
pub(super) fn inbound(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    site: Section<'_>,
    people: &People<'_>,
    around: &Around<'_>,
) -> SiteConfig {
    let zone = reader.text(site, "zone", &zone);
    let language = reader.text(site, "language", &one_of("language", LANGUAGES)).unwrap_or_default();
    let site_days = special_days(reader, site);
    let hours = hours(reader, root, &site_days);
    let zone = zone.unwrap_or_else(|| own_zone(reader, root));
    let (lists, failed) = lists(reader, root, around);
    let pins = pins(reader, root, around);
    let mailboxes = mailboxes(reader, root, people);
    let flows = reader.section(root, "flows", "flows");
    let recorded_keep = keep(reader, flows, "recorded_keep");
    let classes = super::classes::classes(reader, root, (&lists, &failed));
    let routes = Vec::new();
    let mut inbound =
        SiteConfig { zone, language, hours, lists, classes, pins, routes, mailboxes, recorded_keep };
    inbound.routes = super::routes::routes(reader, root, (&inbound, &failed), people, around);
    inbound
}

/// All tables of a kind whose names are names.
pub(super) fn named<'t>(
    reader: &mut Reader,
    root: Option<&'t DeTable<'t>>,
    kind: &'static str,
) -> Vec<(&'t str, Range<usize>, Section<'t>)> {
    let mut found = reader.tables(root, kind);
    if let Some((_, at, _)) = found.get(TABLES_MAX) {
        reader.faults.push(at, format!("more than {TABLES_MAX} tables of a kind"), None);
        found.truncate(TABLES_MAX);
    }
    for (name, at, _) in &found {
        if let Err(what) = checked_name(name) {
            reader.faults.push_sentence(at, &what);
        }
    }
    found
}

fn zone(text: &str) -> Result<Zone, String> {
    Zone::named(text).ok_or_else(|| {
        let names = Zone::names();
        let hint = did_you_mean(text, names.iter().map(String::as_str)).unwrap_or_else(|| {
            "write one of the IANA database, as \"Europe/Zurich\" or \"Asia/Shanghai\"".to_owned()
        });
        format!("\"{}\" is no time zone\n{hint}", text.escape_debug())
    })
}

/// The zone of this machine, by its name; UTC if it has none that is known, which matters only where there are hours.
fn own_zone(reader: &mut Reader, root: Option<&DeTable<'_>>) -> Zone {
    let system = jiff::tz::TimeZone::system();
    if let Some(zone) = system.iana_name().and_then(Zone::named) {
        return zone;
    }
    if let Some(hours) = root.and_then(|r| r.get("hours")) {
        let what = "the time zone of this machine is not known, so these hours are taken for UTC";
        let hint = Some("write zone in [site]".to_owned());
        reader.warnings.push(&hours.span(), what, hint);
    }
    Zone::utc()
}

fn special_days(reader: &mut Reader, section: Section<'_>) -> Vec<(SpecialDay, Range<usize>)> {
    let found = reader.texts(section, "days", &special_day).unwrap_or_default();
    if let Some((_, span)) = found.get(HOURS_SPECIAL_MAX) {
        reader.faults.push(span, format!("there are at most {HOURS_SPECIAL_MAX} special days"), None);
    }
    found
}

fn hours(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    site_days: &[(SpecialDay, Range<usize>)],
) -> BTreeMap<String, Hours> {
    let mut found = BTreeMap::new();
    for (name, at, section) in named(reader, root, HOURS) {
        let week = reader.texts(section, "week", &week_rule).unwrap_or_default();
        let days = special_days(reader, section);
        let with_site_days = reader.boolean(section, "site_days").unwrap_or_default();
        let zone = reader.text(section, "zone", &zone);
        if section.is_written() && section.get("week").is_none() && section.get("days").is_none() {
            let what = format!("hours {name} have neither week nor days, so they would never be open");
            let hint = Some("write week = [\"mon-fri 09:00-17:30\"]".to_owned());
            reader.faults.push(&at, what, hint);
        }
        if let Some((_, span)) = week.get(HOURS_WEEK_MAX) {
            reader.faults.push(span, format!("week has at most {HOURS_WEEK_MAX} lines"), None);
        }
        let strip =
            |all: &[(SpecialDay, Range<usize>)]| all.iter().map(|(d, _)| d.clone()).collect::<Vec<_>>();
        let mut hours =
            Hours { zone, week: week.iter().map(|(r, _)| r.clone()).collect(), special: strip(&days) };
        for (is_week, place, what) in hours.contradictions() {
            let span =
                if is_week { week.get(place).map(|(_, s)| s) } else { days.get(place).map(|(_, s)| s) };
            reader.faults.push(span.unwrap_or(&at), what, None);
        }
        if with_site_days {
            // A day that these hours have themselves goes before the same day of the site.
            hours.special.extend(strip(site_days));
        }
        found.insert(name.to_owned(), hours);
    }
    found
}

/// A file that a key of the configuration names, read by `parse`. Its faults have its own places.
fn file<T>(
    reader: &mut Reader,
    (section, at): (Section<'_>, &Range<usize>),
    around: &Around<'_>,
    parse: impl FnOnce(&str) -> Result<T, Vec<CsvFault>>,
) -> Option<(T, u32)> {
    let path: PathBuf = reader.text(section, "file", &|text| around.beside(text))?;
    let span = section.get("file").map_or(at.clone(), toml::Spanned::span);
    let lenient = around.is_lenient;
    let mut blame = |fault: Fault| {
        let to = if lenient { &mut reader.warnings } else { &mut reader.faults };
        to.push_of_other(fault);
    };
    let (text, mode) = match around.files.read(&path) {
        Ok(read) => read,
        Err(what) => {
            let written = section.get("file").and_then(|v| v.get_ref().as_str()).unwrap_or_default();
            let what = format!("{} {what}", written.escape_debug());
            let to = if lenient { &mut reader.warnings } else { &mut reader.faults };
            to.push(&span, what, Some("its place is beside this file, unless it begins with /".to_owned()));
            return None;
        }
    };
    // Whatever it says then, anybody may have written: it is not gone by, not even where there is nothing better.
    let is_anybodys = mode & 0o002 != 0;
    if is_anybodys {
        blame(Fault::of_file(&path, "everybody can write it", format!("chmod o-w {}", path.display())));
    }
    match parse(&text) {
        Ok(found) => (!is_anybodys).then_some((found, mode)),
        Err(faults) => {
            for fault in faults {
                let place = |n: u32| usize::try_from(n).unwrap_or_default();
                let (line, column) = (place(fault.place.line), place(fault.place.column));
                blame(Fault { file: path.clone(), line, column, what: fault.what, hint: None });
            }
            None
        }
    }
}

/// The lists, and the names of those whose files cannot be gone by.
fn lists(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    around: &Around<'_>,
) -> (BTreeMap<String, List>, BTreeSet<String>) {
    let (mut found, mut failed) = (BTreeMap::new(), BTreeSet::new());
    for (name, at, section) in named(reader, root, LIST) {
        if section.is_written() && section.get("file").is_none() {
            let hint = Some(format!("write file = \"lists/{name}.csv\""));
            reader.faults.push(&at, format!("list {name} has no file"), hint);
        }
        let list = file(reader, (section, &at), around, List::parse);
        if list.is_none() {
            failed.insert(name.to_owned());
        }
        // Where the file is faulty but must be lived with, nobody is on the list.
        found.insert(name.to_owned(), list.map(|(list, _)| list).unwrap_or_default());
    }
    (found, failed)
}

fn pins(reader: &mut Reader, root: Option<&DeTable<'_>>, around: &Around<'_>) -> BTreeMap<String, Pins> {
    let mut found = BTreeMap::new();
    for (name, at, section) in named(reader, root, PINS) {
        if name == "mailbox" {
            let hint = Some("write pin = \"…\" in [mailboxes.NUMBER], or give these another name".to_owned());
            reader.faults.push(&at, "pins mailbox are those of the mailboxes themselves", hint);
        }
        if name == AGENT_PINS {
            let hint = Some("write pin = \"…\" in [agents.NUMBER], or give these another name".to_owned());
            reader.faults.push(&at, "pins agent are those of the agents themselves", hint);
        }
        let one = reader.text(section, "pin", &|text| Pin::parse(text, name));
        let read = file(reader, (section, &at), around, |text| Pins::parse_accounts(text, name));
        if section.is_written() && section.get("pin").is_none() && section.get("file").is_none() {
            let hint = Some("write pin = \"…\" for everybody, or file = \"lists/pins.csv\"".to_owned());
            reader.faults.push(&at, format!("pins {name} have neither pin nor file"), hint);
        }
        if read.as_ref().is_some_and(|(_, mode)| mode & 0o004 != 0) {
            let what = "everybody can read the file and the PINs in it";
            reader.warnings.push(&section.span("file"), what, Some("chmod o-r".to_owned()));
        }
        let tries = reader.whole(section, "tries", 1..=20).and_then(|n| u32::try_from(n).ok());
        let pins = Pins {
            one,
            by_account: read.map(|(accounts, _)| accounts).unwrap_or_default(),
            tries_max: tries.unwrap_or(1),
            window: super::build::duration(reader, section, "window", 60, 86_400).unwrap_or_default(),
            lock: super::build::duration(reader, section, "lock", 60, 7 * 86_400).unwrap_or_default(),
        };
        found.insert(name.to_owned(), pins);
    }
    found
}

fn mailboxes(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    people: &People<'_>,
) -> BTreeMap<String, MailboxConfig> {
    let mut found = BTreeMap::new();
    for (name, at, section) in reader.tables(root, MAILBOX) {
        let is_number = value::is_number(name);
        if !is_number && checked_name(name).is_err() {
            let what = format!("\"{}\" is neither an extension nor the name of a queue", name.escape_debug());
            reader.faults.push(&at, what, None);
        }
        if is_number && !people.extensions.contains_key(name) {
            let hint = did_you_mean(name, people.extensions.keys().map(String::as_str));
            let hint = hint.or_else(|| Some(format!("add [extensions.{name}]")));
            reader.faults.push(
                &at,
                format!("there is no extension {name} whose mailbox this could be"),
                hint,
            );
        }
        found.insert(name.to_owned(), mailbox(reader, section, name));
    }
    // The same reader makes the defaults, so that they stand in one place.
    for number in &people.with_voicemail {
        if !found.contains_key(number) {
            let defaults = mailbox(reader, Section::absent(MAILBOX), number);
            found.insert(number.clone(), defaults);
        }
    }
    found
}

fn mailbox(reader: &mut Reader, section: Section<'_>, name: &str) -> MailboxConfig {
    MailboxConfig {
        pin: reader.text(section, "pin", &|text| Pin::parse(text, name)),
        greeting: reader.text(section, "greeting", &prompt_name),
        messages_max: reader.whole(section, "messages_max", 1..=10_000).unwrap_or_default(),
        longest: super::build::duration(reader, section, "longest", 5, RECORD_LONGEST.as_secs())
            .unwrap_or(Duration::ZERO),
        keep: keep(reader, section, "keep"),
    }
}

/// How long messages are kept: a day to ten years.
fn keep(reader: &mut Reader, section: Section<'_>, key: &'static str) -> Duration {
    let day_s = 86_400;
    super::build::duration(reader, section, key, day_s, 3_650 * day_s).unwrap_or(Duration::ZERO)
}
