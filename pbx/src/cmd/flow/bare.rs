//! A folder of flows without a configuration: what lies beside the flows, and what is missing then.

use crate::cmd::Failure;
use crate::flows;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use switchroom_flow::check::Known;
use switchroom_flow::lists::List;
use switchroom_flow::rehearse::case::Case;
use switchroom_flow::{Fault, Flows, SiteConfig, check};

/// Files in a folder that are looked at.
const FILES_MAX: usize = 1_000;

/// What only a configuration says, for who has none.
pub(super) const HINT: &str = "a folder alone says nothing of hours, PINs and mailboxes, and of lists what is in lists/*.csv: \
                               leave out --dir for the configuration, or let the cases say it, as [site] hours = { office = \"open\" }";

/// The site of a folder alone: its lists are `lists/NAME.csv`, as a configuration beside it would name them.
///
/// # Errors
/// A list cannot be read, or has a fault.
pub(super) fn site(dir: &Path) -> Result<SiteConfig, Failure> {
    let mut lists = BTreeMap::new();
    let entries = std::fs::read_dir(dir.join("lists")).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).take(FILES_MAX) {
        let name = path.file_stem().and_then(|name| name.to_str()).filter(|name| is_name(name));
        let is_list = path.extension().is_some_and(|end| end == "csv") && path.is_file();
        let Some(name) = name.filter(|_| is_list) else { continue };
        lists.insert(name.to_owned(), list(&path)?);
    }
    Ok(SiteConfig { lists, ..SiteConfig::default() })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

fn list(path: &Path) -> Result<List, Failure> {
    let wrong = |what: String| {
        let what = format!("{}: {what}", path.display());
        Failure::new(what, "write a line for each number, as 138*,gold; or move the file out of the way")
    };
    let text = flows::text_up_to(path, switchroom_flow::limits::LIST_BYTES_MAX).map_err(wrong)?;
    List::parse(&text).map_err(|faults| {
        let first = faults.first().map(|f| format!("line {}: {}", f.place.line, f.what));
        wrong(first.unwrap_or_else(|| "is no list".to_owned()))
    })
}

/// What flows name that neither the site has nor a case says, each once.
pub(super) fn missing(flows: &Flows, site: &SiteConfig, cases: &[Case]) -> Vec<Fault> {
    let said = |names: &dyn Fn(&Case) -> Vec<String>| cases.iter().flat_map(names).collect::<BTreeSet<_>>();
    let mut hours = said(&|case| case.site.hours.keys().cloned().collect());
    let mut lists = said(&|case| case.site.lists.keys().map(|(list, _)| list.clone()).collect());
    let mut mailboxes = said(&|case| case.site.mailboxes.keys().cloned().collect());
    let name = |pin: &String| pin.split('.').next().unwrap_or_default().to_owned();
    let mut pins = said(&|case| case.site.pins.keys().map(name).collect());
    hours.extend(site.hours.keys().cloned());
    lists.extend(site.lists.keys().cloned());
    mailboxes.extend(site.mailboxes.keys().cloned());
    pins.extend(site.pins.keys().cloned());
    let known = Known {
        hours: Some(hours),
        lists: Some(lists),
        pins: Some(pins),
        mailboxes: Some(mailboxes),
        ..Known::default()
    };
    let mut seen = BTreeSet::new();
    let mut faults = check(flows, &known);
    faults.retain(|fault| !fault.is_warning && seen.insert(fault.what.clone()));
    faults
}
