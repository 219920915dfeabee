//! The flows of a site: files in a folder, read, checked together, and taken over if they are good.
//!
//! A faulty file stops nobody. At start its flow is left out; when everything is read again, the version that was in force
//! stays. Either way an alarm says so until the file is mended. Callers inside a flow keep the version they began in.

mod in_force;
mod music;
mod prompts;
#[cfg(test)]
mod tests;

pub use in_force::{Alarm, InForce};
pub use prompts::texts;

use crate::config::Loaded;
use crate::media;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use switchroom_flow::check::{Known, own_languages};
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::lend::connects;
use switchroom_flow::limits::FILE_BYTES_MAX;
use switchroom_flow::routes::Destination;
use switchroom_flow::{Fault, Flow, Flows, Language};

/// Files that a folder of flows may have; those behind them, by name, are not read.
const FILES_MAX: usize = 500;

/// What came of reading a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The flows to be in force.
    pub flows: Flows,
    /// Everything that is wrong, warnings too, in the order of files and places.
    pub faults: Vec<Fault>,
    /// Names of flows whose files are not in force, with what is told of each.
    pub refused: BTreeMap<String, String>,
    /// Those among them whose file has another text than the flow that stays in force.
    pub behind: BTreeSet<String>,
}

impl Found {
    /// Faults that are more than warnings.
    pub fn errors(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(|fault| !fault.is_warning)
    }

    /// What is wrong in the configuration's own file, as far as only flows and prompts show it.
    pub fn of_file<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Fault> {
        self.faults.iter().filter(move |fault| Path::new(&fault.file) == path)
    }
}

/// What flows may name, by the configuration.
fn known(loaded: &Loaded) -> Known {
    let (config, site) = (&loaded.config, &loaded.config.inbound);
    let names = |names: Vec<&String>| Some(names.into_iter().cloned().collect::<BTreeSet<_>>());
    Known {
        extensions: names(config.extensions.keys().chain(config.services.keys()).collect()),
        queues: names(config.floor.queues.keys().collect()),
        agents: names(config.floor.agents.keys().collect()),
        // Where none are written any reason will do.
        breaks: names(config.floor.breaks.keys().collect()).filter(|breaks| !breaks.is_empty()),
        hours: names(site.hours.keys().collect()),
        lists: names(site.lists.keys().collect()),
        pins: names(site.pins.keys().collect()),
        mailboxes: names(site.mailboxes.keys().collect()),
        prompts: Some(media::prompt_names(&loaded.shell.flows.prompts)),
    }
}

/// Reads the flows of a configuration; `old` are those in force. Warns also of what the configuration names and neither they
/// nor the prompts have.
pub fn load(loaded: &Loaded, old: &Flows) -> Found {
    load_as(loaded, old, None)
}

/// The same if the file of one flow had another text.
fn load_as(loaded: &Loaded, old: &Flows, other: Option<(&str, &str)>) -> Found {
    let known = known(loaded);
    let mut found = read_as(&loaded.shell.flows.dir, &known, old, other);
    let missing = missing(loaded, &known, &found);
    found.faults.extend(missing);
    found.faults.sort();
    found
}

/// Routes to flows that are not there; mailboxes and queues that play prompts that are not there, and folders of music without any.
fn missing(loaded: &Loaded, known: &Known, found: &Found) -> Vec<Fault> {
    let site = &loaded.config.inbound;
    let warning = |line: u32, what: String, hint: String| Fault {
        line,
        column: u32::from(line > 0),
        is_warning: true,
        hint: Some(hint),
        ..of_file(&loaded.path.to_string_lossy(), what)
    };
    let mut told = Vec::new();
    for route in &site.routes {
        // Of one that has faults these are told.
        if let Destination::Flow(name) = &route.to
            && !found.flows.contains_key(name)
            && !found.refused.contains_key(name)
        {
            let hint = did_you_mean(name, found.flows.keys().map(String::as_str)).unwrap_or_else(|| {
                format!("write it as {name}.toml in {}", loaded.shell.flows.dir.display())
            });
            told.push(warning(route.line, format!("there is no flow \"{name}\" for this route"), hint));
        }
        if let Destination::Flow(name) = &route.to
            && route.back
            && let Some(place) = found.flows.get(name).and_then(|flow| connects(flow, &found.flows))
        {
            let what = format!("who comes to this route is to come back, and {place}");
            let hint = "leave back out, or lead to a flow that only asks".to_owned();
            told.push(Fault { is_warning: false, ..warning(route.line, what, hint) });
        }
    }
    let prompts: BTreeSet<&str> =
        known.prompts.iter().flat_map(BTreeMap::values).flatten().map(String::as_str).collect();
    for (what, name) in played(loaded).filter(|(_, name)| !music::is_folder(name)) {
        if !prompts.contains(name) {
            let hint = did_you_mean(name, prompts.iter().copied())
                .unwrap_or_else(|| "record it, or leave it out".to_owned());
            told.push(warning(0, format!("{what} \"{name}\", and there is no such prompt"), hint));
        }
    }
    for music::Wrong { is_warning, what, hint } in music::wrong(loaded) {
        told.push(Fault { is_warning, ..warning(0, what, hint) });
    }
    if let Some((what, hint)) = unasked(loaded, known, &found.flows) {
        told.push(Fault { is_warning: false, ..warning(0, what, hint) });
    }
    told
}

/// Who cannot hear that the talk is to be recorded cannot agree: nothing by rule would be recorded, and nobody would know.
fn unasked(loaded: &Loaded, known: &Known, flows: &Flows) -> Option<(String, String)> {
    let name = Some(loaded.config.consent.as_str()).filter(|name| !name.is_empty())?;
    let prompts = known.prompts.as_ref()?;
    let queues = loaded.config.floor.queues.values();
    let mut spoken: BTreeSet<Language> = flows.values().flat_map(|flow| own_languages(flow)).collect();
    spoken.extend(queues.filter_map(|queue| Language::parse(&queue.language)));
    spoken.insert(loaded.config.inbound.language);
    let lacks = |of: &&Language| prompts.get(*of).is_none_or(|names| !names.contains(name));
    let without: Vec<&str> = spoken.iter().filter(lacks).map(|language| language.word()).collect();
    if without.is_empty() {
        return None;
    }
    let what = format!(
        "there is no prompt \"{name}\" in {} for `consent`, so nobody can be asked and nothing is recorded",
        without.join(" or ")
    );
    let known = prompts.values().flatten().map(String::as_str).filter(|known| *known != name);
    let hint = did_you_mean(name, known).unwrap_or_else(|| {
        "record it in each language that callers have, or use \"msg/recorded\"".to_owned()
    });
    Some((what, hint))
}

/// Prompts that the configuration names, each with the words before it.
fn played(loaded: &Loaded) -> impl Iterator<Item = (String, &str)> {
    let greetings = loaded.config.inbound.mailboxes.iter().filter_map(|(mailbox, config)| {
        Some((format!("mailbox {mailbox} greets with"), config.greeting.as_deref()?))
    });
    let waits = loaded.config.floor.queues.iter().flat_map(|(queue, config)| {
        let music = config.music.iter().map(move |name| (format!("queue {queue} plays"), name.as_str()));
        let comfort = Some(config.comfort.as_str()).filter(|name| !name.is_empty());
        let whisper = Some(config.whisper.as_str()).filter(|name| !name.is_empty());
        let whisper = whisper.map(|name| (format!("queue {queue} whispers"), name));
        music.chain(whisper).chain(comfort.map(|name| (format!("queue {queue} comforts with"), name)))
    });
    let holds = loaded.config.hold_music.iter().map(|name| ("who is held hears".to_owned(), name.as_str()));
    greetings.chain(waits).chain(holds)
}

/// Reads a folder. A file whose text is that of the flow in force is that flow; all others get the next version. There are
/// none if there is no such folder.
pub fn read(dir: &Path, known: &Known, old: &Flows) -> Found {
    read_as(dir, known, old, None)
}

fn read_as(dir: &Path, known: &Known, old: &Flows, other: Option<(&str, &str)>) -> Found {
    let (files, mut faults) = files(dir);
    let version = old.values().map(|flow| flow.version).max().unwrap_or(0).saturating_add(1);
    let mut flows = Flows::new();
    let mut refused: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
    let mut same = BTreeSet::new();
    for (name, file) in files {
        let other = other.filter(|(flow, _)| *flow == name).map(|(_, text)| text.to_owned());
        let text = match other.map_or_else(|| text(Path::new(&file)), Ok) {
            Ok(text) => text,
            Err(what) => {
                refused.entry(name).or_default().push(of_file(&file, what));
                continue;
            }
        };
        let (flow, found) = match old.get(&name) {
            Some(before) if before.text == text && before.file == file => {
                same.insert(name.clone());
                (Some(before.clone()), Vec::new())
            }
            _ => {
                let (flow, found) = switchroom_flow::read(&file, version, &text);
                (flow.map(Arc::new), found)
            }
        };
        match flow {
            Some(flow) => {
                flows.insert(name, flow);
                faults.extend(found);
            }
            None => refused.entry(name).or_default().extend(found),
        }
    }
    for name in refused.keys() {
        flows.extend(old.get(name).map(|flow| (name.clone(), flow.clone())));
    }
    settle(&mut flows, &mut faults, &mut refused, known, old);
    let told = refused.iter().map(|(name, found)| (name.clone(), told(found, old.contains_key(name))));
    let told = told.collect();
    let is_behind = |name: &&String| flows.contains_key(*name) && !same.contains(*name);
    let behind = refused.keys().filter(is_behind).cloned().collect();
    faults.extend(refused.into_values().flatten());
    faults.sort();
    faults.dedup();
    Found { flows, faults, refused: told, behind }
}

/// Checks flows together. One with a fault makes way for the version in force, or for none, until the rest is good: a flow
/// that runs one which is not there is faulty, too.
fn settle(
    flows: &mut Flows,
    faults: &mut Vec<Fault>,
    refused: &mut BTreeMap<String, Vec<Fault>>,
    known: &Known,
    old: &Flows,
) {
    loop {
        let found = switchroom_flow::check::check(flows, known);
        let mut is_settled = true;
        let faulty: BTreeSet<&str> =
            found.iter().filter(|fault| !fault.is_warning).map(|fault| fault.file.as_str()).collect();
        let faulty: Vec<Arc<Flow>> =
            flows.values().filter(|flow| faulty.contains(flow.file.as_str())).cloned().collect();
        for flow in faulty {
            let of_it = found.iter().filter(|fault| !fault.is_warning && fault.file == flow.file);
            let before = old.get(&flow.name);
            if before.is_some_and(|before| Arc::ptr_eq(before, &flow)) {
                // It is in force: nobody is better served by none.
                refused.entry(flow.name.clone()).or_insert_with(|| of_it.cloned().collect());
                continue;
            }
            is_settled = false;
            refused.entry(flow.name.clone()).or_default().extend(of_it.cloned());
            match before {
                Some(before) => drop(flows.insert(flow.name.clone(), before.clone())),
                None => drop(flows.remove(&flow.name)),
            }
        }
        if is_settled {
            faults.extend(found.into_iter().filter(|fault| fault.is_warning));
            return;
        }
    }
}

/// One sentence for an alarm.
fn told(faults: &[Fault], is_in_force: bool) -> String {
    let first = faults.iter().find(|fault| !fault.is_warning).or(faults.first());
    let first = first.map(ToString::to_string).unwrap_or_default();
    let more = match faults.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let so = if is_in_force { "the version of before stays in force" } else { "the flow is left out" };
    let first = switchroom_wire::clean(&first).into_owned();
    format!("{first}{more}; {so}. Mend it, look at it with: switchroom flow check, and reload")
}

/// Flows that a folder has, by name, with their files.
pub fn names(dir: &Path) -> BTreeMap<String, String> {
    files(dir).0
}

/// Names of flows and their files, in order of names; what is wrong with the folder.
fn files(dir: &Path) -> (BTreeMap<String, String>, Vec<Fault>) {
    let fault = |what: String| of_file(&dir.to_string_lossy(), what);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (BTreeMap::new(), Vec::new()),
        Err(error) => return (BTreeMap::new(), vec![fault(format!("cannot be read: {error}"))]),
    };
    let mut found = BTreeMap::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        // Not what editors leave about, nor folders.
        let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if let Some(stem) = path.file_stem().filter(|_| is_toml && !is_hidden && path.is_file()) {
            found.insert(stem.to_string_lossy().into_owned(), path.to_string_lossy().into_owned());
        }
    }
    let surplus: Vec<String> = found.keys().skip(FILES_MAX).cloned().collect();
    let mut faults = Vec::new();
    if !surplus.is_empty() {
        faults.push(fault(format!(
            "has more than {FILES_MAX} flows: {} and what follows is left out",
            surplus[0]
        )));
    }
    found.retain(|name, _| !surplus.contains(name));
    (found, faults)
}

fn of_file(file: &str, what: String) -> Fault {
    Fault { file: file.to_owned(), line: 0, column: 0, is_warning: false, what, hint: None }
}

/// The text of a file, as much of it as a reader needs to see that it is too long.
///
/// # Errors
/// What is wrong with the file.
pub fn text(path: &Path) -> Result<String, String> {
    text_up_to(path, FILE_BYTES_MAX)
}

/// The same of a file of at most so many bytes.
///
/// # Errors
/// The same.
pub fn text_up_to(path: &Path, most: usize) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let taken = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(cannot)?.take(taken).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > most {
        return Err(format!("is longer than {most} bytes"));
    }
    String::from_utf8(bytes)
        .map_err(|e| format!("is not UTF-8 at byte {}; save it as UTF-8", e.utf8_error().valid_up_to()))
}
