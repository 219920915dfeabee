//! From the tables of classes of callers to checked values.

use super::inbound::named;
use super::keys::CLASS;
use super::reader::{Reader, Section};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_flow::classes::{CLASSES_MAX, CallerClass};
use switchroom_flow::fault::did_you_mean;
use switchroom_flow::limits::LIST_VALUE_MAX;
use switchroom_flow::lists::List;
use switchroom_flow::number::Pattern;
use toml::de::DeTable;

/// Reads all of them; `lists` are those of the site, and the names of those that cannot be gone by.
pub(super) fn classes(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    lists: (&BTreeMap<String, List>, &BTreeSet<String>),
) -> BTreeMap<String, CallerClass> {
    let mut tables = named(reader, root, CLASS);
    if let Some((_, at, _)) = tables.get(CLASSES_MAX) {
        reader.faults.push(at, format!("more than {CLASSES_MAX} classes"), None);
        tables.truncate(CLASSES_MAX);
    }
    let mut found = BTreeMap::new();
    for (name, at, section) in tables {
        if section.is_written() && section.get("numbers").is_none() && section.get("list").is_none() {
            let hint = Some("write numbers = [\"138*\"], or list = \"NAME\"".to_owned());
            reader.faults.push(&at, format!("class {name} has neither numbers nor a list"), hint);
        }
        let class = CallerClass {
            numbers: numbers(reader, section),
            list: list(reader, section, lists),
            value: reader.text(section, "value", &value),
            priority: reader
                .whole(section, "priority", 0..=9)
                .and_then(|n| i64::try_from(n).ok())
                .unwrap_or_default(),
        };
        if class.value.is_some() && section.get("list").is_none() {
            let hint = Some("write list = \"NAME\" beside it".to_owned());
            reader.faults.push(&section.span("value"), "a value of no list", hint);
        }
        warn_of_values(reader, section, &class, lists);
        found.insert(name.to_owned(), class);
    }
    found
}

fn numbers(reader: &mut Reader, section: Section<'_>) -> List {
    let written = |text: &str| Pattern::parse(text).map(|_| text.trim().to_owned());
    let written = reader.texts(section, "numbers", &written).unwrap_or_default();
    // The reader of list files, a number a line: what it refuses is what a list may not have, either.
    let lines: String = written.iter().map(|(number, _)| format!("{number}\n")).collect();
    List::parse(&lines).unwrap_or_else(|faults| {
        for fault in faults.into_iter().take(1) {
            reader.faults.push(&section.span("numbers"), fault.what, None);
        }
        List::default()
    })
}

fn list(
    reader: &mut Reader,
    section: Section<'_>,
    (lists, _): (&BTreeMap<String, List>, &BTreeSet<String>),
) -> Option<String> {
    reader.text(section, "list", &|text| {
        if lists.contains_key(text) {
            return Ok(text.to_owned());
        }
        let hint = did_you_mean(text, lists.keys().map(String::as_str));
        let hint = hint.unwrap_or_else(|| "add a table for it, as [lists.vip]".to_owned());
        Err(format!("there is no list {}\n{hint}", text.escape_debug()))
    })
}

fn value(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > LIST_VALUE_MAX || text.chars().any(char::is_control) {
        return Err(format!("a value has 1 to {LIST_VALUE_MAX} bytes and no control characters"));
    }
    Ok(text.to_owned())
}

/// Warns of a value that nobody in the list has.
fn warn_of_values(
    reader: &mut Reader,
    section: Section<'_>,
    class: &CallerClass,
    (lists, failed): (&BTreeMap<String, List>, &BTreeSet<String>),
) {
    let (Some(name), Some(value)) = (&class.list, &class.value) else { return };
    let Some(list) = lists.get(name).filter(|_| !failed.contains(name)) else { return };
    if !list.has_value(value) {
        let what = format!("nobody in list {name} has the value \"{}\"", value.escape_debug());
        reader.warnings.push(&section.span("value"), what, None);
    }
}
