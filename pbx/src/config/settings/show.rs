//! What the file says, as lists and forms have it. Nothing secret leaves here.

use super::values::{form_of, typed};
use super::{PASSWORD, SECRETS, keys_of, people, tables_of};
use crate::config::edit::EditError;
use crate::config::{build, queues};
use std::collections::BTreeMap;
use switchroom_wire::{SettingForm, SettingKeyView, SettingKind, SettingView};
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// The keys of a kind and all of it that a file has.
///
/// # Errors
/// The text is no configuration.
pub fn list(text: &str, kind: SettingKind) -> Result<(Vec<SettingKeyView>, Vec<SettingView>), EditError> {
    let document = parse(text)?;
    Ok(match kind {
        SettingKind::Skill => people::skills(&document),
        SettingKind::Role => people::users(&document),
        _ => (keys(kind), entries(&document, kind)),
    })
}

/// The text as it can be changed.
pub(super) fn parse(text: &str) -> Result<DocumentMut, EditError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        EditError::Refused(format!("the configuration is no TOML any more: {error}"))
    })
}

fn keys(kind: SettingKind) -> Vec<SettingKeyView> {
    keys_of(kind)
        .map(|key| {
            let example =
                key.value.parse::<Value>().map(|value| typed(&Item::Value(value))).unwrap_or_default();
            let form = form_of(key);
            SettingKeyView {
                name: key.name.to_owned(),
                form,
                default: key.has_default.then(|| example.clone()),
                example: if form == SettingForm::Secret { String::new() } else { example },
                about: key.about.replace('\n', " "),
                choices: choices(kind, key.name, form).into_iter().map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// The words that a key takes, where it takes no other: those of who reads the file.
pub(super) fn choices(kind: SettingKind, key: &str, form: SettingForm) -> Vec<&'static str> {
    match (kind, key) {
        _ if form == SettingForm::Flag => vec!["true", "false"],
        (SettingKind::Queue, "strategy") => words(queues::STRATEGIES),
        (SettingKind::Queue, "join" | "stay") => words(queues::STAFF),
        (SettingKind::Extension, "record") => words(build::RULES),
        (SettingKind::Role, "role") => words(build::ROLES),
        _ => Vec::new(),
    }
}

fn words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
}

fn entries(document: &DocumentMut, kind: SettingKind) -> Vec<SettingView> {
    let tables = tables_of(kind).and_then(|(tables, _)| document.get(tables));
    let mut found: Vec<SettingView> = match tables {
        Some(Item::ArrayOfTables(rows)) => {
            rows.iter().zip(1..).map(|(row, place)| entry(kind, &place.to_string(), row)).collect()
        }
        Some(Item::Value(Value::Array(rows))) => {
            let rows = rows.iter().filter_map(Value::as_inline_table);
            rows.zip(1..).map(|(row, place)| entry(kind, &place.to_string(), row)).collect()
        }
        Some(all) => {
            let all = all.as_table_like().into_iter().flat_map(TableLike::iter);
            all.filter_map(|(name, one)| Some(entry(kind, name, one.as_table_like()?))).collect()
        }
        None => Vec::new(),
    };
    if kind != SettingKind::Route {
        found.sort_by(|a, b| a.name.cmp(&b.name));
    }
    found
}

fn entry(kind: SettingKind, name: &str, table: &dyn TableLike) -> SettingView {
    let is_secret = |key: &str| SECRETS.contains(&key);
    let values: BTreeMap<String, String> = table
        .iter()
        .filter(|(key, _)| !is_secret(key))
        .map(|(key, item)| (key.to_owned(), typed(item)))
        .collect();
    let mut secrets: Vec<String> = Vec::new();
    for (key, _) in table.iter().filter(|(key, _)| is_secret(key)) {
        let shown = if key.starts_with("digest_") { PASSWORD } else { key };
        if secrets.iter().all(|other| other != shown) {
            secrets.push(shown.to_owned());
        }
    }
    let value = |key: &str| values.get(key).cloned().unwrap_or_default();
    let label = match kind {
        SettingKind::Queue => value("label"),
        SettingKind::Route => format!("{} > {}", value("number"), value("to")),
        _ => value("name"),
    };
    SettingView { name: name.to_owned(), label, values, secrets }
}
