//! Values as a form has them: typed text made TOML, and back. Whatever is typed becomes a value, never a piece of the file.

use super::SECRETS;
use crate::config::array::{arrange, shown};
use crate::config::change::set_whole;
use crate::config::edit::{EditError, set_value};
use crate::config::keys::Key;
use sha2::{Digest, Sha256};
use switchroom_flow::pins::Pin;
use switchroom_wire::{SettingForm, clean};
use toml_edit::{Array, InlineTable, Item, TableLike, Value, value};

/// How the value of a key is typed, told by what it could be.
pub(super) fn form_of(key: &Key) -> SettingForm {
    if SECRETS.contains(&key.name) {
        return SettingForm::Secret;
    }
    match key.value.parse::<Value>() {
        Ok(Value::Integer(_)) => SettingForm::Number,
        Ok(Value::Boolean(_)) => SettingForm::Flag,
        Ok(Value::Array(_)) => SettingForm::List,
        Ok(Value::InlineTable(_)) => SettingForm::Levels,
        _ => SettingForm::Text,
    }
}

/// A value as it is typed.
pub(super) fn typed(item: &Item) -> String {
    if let Some(table) = item.as_table_like() {
        let levels = table.iter().map(|(name, level)| format!("{name}={}", typed(level)));
        return levels.collect::<Vec<_>>().join("; ");
    }
    match item.as_value() {
        Some(Value::String(text)) => text.value().clone(),
        Some(Value::Integer(number)) => number.value().to_string(),
        Some(Value::Boolean(flag)) => flag.value().to_string(),
        Some(Value::Array(list)) => {
            let entries = list.iter().map(|entry| typed(&Item::Value(entry.clone())));
            entries.collect::<Vec<_>>().join("; ")
        }
        other => other.map(|value| value.to_string().trim().to_owned()).unwrap_or_default(),
    }
}

fn refused(what: impl Into<String>) -> EditError {
    EditError::Refused(what.into())
}

fn listed(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Writes what was typed for a key. `None` if it says so already.
///
/// # Errors
/// It is no value of that form.
pub(super) fn set(
    table: &mut dyn TableLike,
    key: &str,
    form: SettingForm,
    text: &str,
) -> Result<Option<String>, EditError> {
    let before = table.get(key).map(typed);
    match form {
        SettingForm::Text if before.as_deref() != Some(text) => set_value(table, key, text.into()),
        SettingForm::Number => set_value(table, key, number(key, text)?.into()),
        SettingForm::Flag => set_value(table, key, flag(key, text)?.into()),
        SettingForm::List => {
            let item = table.entry(key).or_insert_with(|| value(Array::new()));
            let list =
                item.as_array_mut().ok_or_else(|| refused(format!("{key} is no list in that file")))?;
            let had = shown(list);
            arrange(list, &listed(text));
            return Ok((had != shown(list)).then(|| told(before.as_deref(), &shown(list))));
        }
        SettingForm::Levels => set_levels(table, key, text)?,
        SettingForm::Secret => {
            // Written anew, so that a salt is not kept for another PIN.
            set_value(table, key, secret(text)?.into());
            let how = if before.is_some() { "is another one now" } else { "is new" };
            return Ok(Some(how.to_owned()));
        }
        SettingForm::Text => {}
    }
    let after = table.get(key).map(typed).unwrap_or_default();
    Ok((before.as_ref() != Some(&after)).then(|| told(before.as_deref(), &after)))
}

fn told(before: Option<&str>, after: &str) -> String {
    match before {
        Some(before) => format!("{} becomes {}", clean(before), clean(after)),
        None => format!("is new, {}", clean(after)),
    }
}

fn number(key: &str, text: &str) -> Result<i64, EditError> {
    let number = text.trim().parse();
    number.map_err(|_| refused(format!("{key} is a whole number, and \"{}\" is none", clean(text))))
}

fn flag(key: &str, text: &str) -> Result<bool, EditError> {
    match text.trim() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        _ => Err(refused(format!("{key} is true or false, and not \"{}\"", clean(text)))),
    }
}

/// A PIN as it is written: with a salt of its own, so that nobody who sees the file knows it.
fn secret(text: &str) -> Result<String, EditError> {
    let text = text.trim();
    Pin::parse(text, "").map_err(refused)?;
    if text.starts_with("sha256:") {
        return Ok(text.to_owned());
    }
    let salt = super::propose::chance::<8>()?;
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let salt = hex(&salt);
    Ok(format!("sha256:{salt}:{}", hex(&Sha256::digest(format!("{salt}:{text}")))))
}

/// `german=7; billing=5`: these and no others.
fn set_levels(table: &mut dyn TableLike, key: &str, text: &str) -> Result<(), EditError> {
    let mut wanted = Vec::new();
    for part in text.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
        let (name, level) = part.split_once('=').ok_or_else(|| {
            refused(format!("\"{}\" is no name and its level; write german=7; billing=5", clean(part)))
        })?;
        wanted.push((name.trim(), number(name.trim(), level)?));
    }
    let item = table.entry(key).or_insert_with(|| value(InlineTable::new()));
    let levels =
        item.as_table_like_mut().ok_or_else(|| refused(format!("{key} is no table in that file")))?;
    let gone: Vec<String> = levels.iter().map(|(name, _)| name.to_owned()).collect();
    for name in gone.iter().filter(|name| wanted.iter().all(|(other, _)| other != name)) {
        levels.remove(name);
    }
    for (name, level) in wanted {
        set_whole(levels, name, level);
    }
    Ok(())
}
