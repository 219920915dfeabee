//! A change of settings made to a text. Whether it is a configuration still is asked of what comes out.

use super::tables::{Step, add, remove, remove_key, table};
use super::values::{form_of, set};
use super::{keys_of, people, show, tables_of};
use crate::config::Loaded;
use crate::config::edit::{EditError, check_password, with_ends_of, write_digests};
use std::collections::BTreeMap;
use switchroom_flow::fault::did_you_mean;
use switchroom_wire::{Hushed, NewPassword, SettingKind, SettingView, SettingsChange, clean};
use toml_edit::DocumentMut;

/// The letters of a password that is made up: 32, of which none looks like another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What a change makes of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The file as it would be.
    pub text: String,
    /// The change in words, without secrets.
    pub told: String,
    /// The password that was made up.
    pub password: Option<Hushed>,
}

type Values = BTreeMap<String, Option<Hushed>>;

fn refused(what: impl Into<String>) -> EditError {
    EditError::Refused(what.into())
}

/// Random bytes.
pub(super) fn chance<const N: usize>() -> Result<[u8; N], EditError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| refused(format!("the machine gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// Makes a change to the text of a configuration. Undoing is not asked of it.
///
/// # Errors
/// What the change names is not there, or is there already; a value is none of its form; or the file says so already.
pub fn propose(loaded: &Loaded, change: &SettingsChange) -> Result<Proposal, EditError> {
    let mut document = show::parse(&loaded.text.0)?;
    let (told, password) = match change {
        SettingsChange::Set { kind, name, values } => {
            there(loaded, *kind, name)?;
            let told = fill(&mut document, *kind, name, values)?;
            if told.is_empty() {
                return Err(refused(format!("{} {} is so already", kind.word(), clean(name))));
            }
            (told, None)
        }
        SettingsChange::Add { kind, name, values, password } => {
            let mut told = begin(loaded, &mut document, *kind, name)?;
            told.extend(fill(&mut document, *kind, name, values)?);
            if told.is_empty() {
                let why = if *kind == SettingKind::Skill {
                    "give it to an agent"
                } else {
                    "give it a role or a phone"
                };
                return Err(refused(format!("nothing of it would be written: {why}")));
            }
            let made = match password {
                Some(password) => write_password(loaded, &mut document, (*kind, name), password)?,
                None => None,
            };
            (told, made)
        }
        SettingsChange::Remove { kind, name } => {
            let entry = there(loaded, *kind, name)?;
            (take_out(&mut document, *kind, &entry)?, None)
        }
        SettingsChange::Password { extension, password } => {
            let kind = SettingKind::Extension;
            there(loaded, kind, extension)?;
            let made = write_password(loaded, &mut document, (kind, extension), password)?;
            (vec![format!("extensions.{extension}: its password is another one now")], made)
        }
        SettingsChange::Flow { .. } => {
            return Err(refused("a flow is no part of the configuration's file; it has a file of its own"));
        }
        SettingsChange::Undo => return Err(refused("there is nothing to undo")),
    };
    let text = with_ends_of(&loaded.text.0, document.to_string());
    Ok(Proposal { text, told: told.join("; "), password })
}

/// The one of that name.
fn there(loaded: &Loaded, kind: SettingKind, name: &str) -> Result<SettingView, EditError> {
    let (_, entries) = show::list(&loaded.text.0, kind)?;
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    entries.into_iter().find(|entry| entry.name == name).ok_or_else(|| {
        let hint = did_you_mean(name, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        refused(format!("there is no {} {}{hint}", kind.word(), clean(name)))
    })
}

/// The place of one in the file; skills and users have none of their own.
fn path_of(kind: SettingKind, name: &str) -> Option<[Step; 2]> {
    let (tables, _) = tables_of(kind)?;
    let step = match kind {
        SettingKind::Route => Step::Row(name.parse::<usize>().ok()?.checked_sub(1)?),
        _ => Step::from(name),
    };
    Some([Step::from(tables), step])
}

/// How one is called in what is told.
fn called(kind: SettingKind, name: &str) -> String {
    match (kind, tables_of(kind)) {
        (SettingKind::Route, _) | (_, None) => format!("{} {}", kind.word(), clean(name)),
        (_, Some((tables, _))) => format!("{tables}.{}", clean(name)),
    }
}

/// An empty one, where it can be written at all.
fn begin(
    loaded: &Loaded,
    document: &mut DocumentMut,
    kind: SettingKind,
    name: &str,
) -> Result<Vec<String>, EditError> {
    let (_, entries) = show::list(&loaded.text.0, kind)?;
    if kind != SettingKind::Route && entries.iter().any(|entry| entry.name == name) {
        return Err(refused(format!("{} {} is there already", kind.word(), clean(name))));
    }
    let Some((tables, _)) = tables_of(kind) else { return Ok(Vec::new()) };
    let most = entries.len() + 1;
    let path = path_of(kind, name).filter(|[_, step]| !matches!(step, Step::Row(row) if *row >= most));
    let [_, step] = path.ok_or_else(|| refused(format!("the place of a route is 1 to {most}")))?;
    add(document, tables, &step)?;
    Ok(vec![format!("{} is new", called(kind, name))])
}

/// Writes the values that were typed; what was done for each.
fn fill(
    document: &mut DocumentMut,
    kind: SettingKind,
    name: &str,
    values: &Values,
) -> Result<Vec<String>, EditError> {
    if kind == SettingKind::Skill {
        return people::set_skills(document, name, values);
    }
    let known: Vec<&str> = if kind == SettingKind::Role {
        vec!["role", "phone"]
    } else {
        keys_of(kind).map(|key| key.name).collect()
    };
    if let Some(key) = values.keys().find(|key| !known.contains(&key.as_str())) {
        if let Some(why) = renames(kind, name, key, &values.get(key).cloned().flatten().unwrap_or_default().0)
        {
            return Err(refused(why));
        }
        let hint = did_you_mean(key, known).map(|hint| format!("; {hint}")).unwrap_or_default();
        return Err(refused(format!("there is no key {} of {}{hint}", clean(key), called(kind, name))));
    }
    let mut told = Vec::new();
    for key in known {
        let Some(text) = values.get(key) else { continue };
        let text = text.as_ref().map(|text| text.0.as_str()).filter(|text| !text.trim().is_empty());
        let done = match key {
            "role" if kind == SettingKind::Role => {
                people::set_role(document, name, text.unwrap_or_default())?
            }
            "phone" if kind == SettingKind::Role => {
                people::set_phone(document, name, text.unwrap_or_default())?
            }
            _ => fill_key(document, kind, name, key, text)?,
        };
        told.extend(done.map(|done| format!("{}.{key}: {done}", called(kind, name))));
    }
    Ok(told)
}

/// Why the number or name by which all else goes is not changed, and what to do, if that is what a key asks for.
fn renames(kind: SettingKind, name: &str, key: &str, to: &str) -> Option<String> {
    let is_it =
        ["number", "key", "id", kind.word()].contains(&key) || (key == "name" && kind == SettingKind::Queue);
    let what = match kind {
        SettingKind::Extension => "its password, its calls, recordings and messages go by it",
        SettingKind::Agent => "its figures, and what was noted of it, go by it",
        SettingKind::Queue => "its figures, its callers, and flows and routes that lead to it go by it",
        SettingKind::Skill | SettingKind::Route | SettingKind::Role => return None,
    };
    let (kind, name) = (kind.word(), clean(name));
    let new =
        if to.trim().is_empty() { format!("a new {kind}") } else { format!("{kind} {}", clean(to.trim())) };
    is_it.then(|| {
        format!(
            "{kind} {name} stays {name}: {what}. Add {new} with the same values, change what names {name} in this \
             file and in flows, and remove {name}"
        )
    })
}

fn fill_key(
    document: &mut DocumentMut,
    kind: SettingKind,
    name: &str,
    key: &str,
    text: Option<&str>,
) -> Result<Option<String>, EditError> {
    let lost = || refused(format!("{} is no table of that file", called(kind, name)));
    let path = path_of(kind, name).ok_or_else(lost)?;
    let Some(text) = text else {
        return Ok(remove_key(document, &path, key).map(|_| "is taken out".to_owned()));
    };
    let form = keys_of(kind).find(|one| one.name == key).map(form_of).unwrap_or_default();
    set(table(document, &path).ok_or_else(lost)?, key, form, text)
}

fn take_out(
    document: &mut DocumentMut,
    kind: SettingKind,
    entry: &SettingView,
) -> Result<Vec<String>, EditError> {
    let name = entry.name.as_str();
    match kind {
        SettingKind::Skill => people::set_skills(
            document,
            name,
            &entry.values.keys().map(|agent| (agent.clone(), None)).collect(),
        ),
        SettingKind::Role => {
            let role = people::set_role(document, name, "")?;
            let phone = people::set_phone(document, name, "")?;
            let told = [("role", role), ("phone", phone)].into_iter();
            Ok(told
                .filter_map(|(key, done)| Some(format!("role {}.{key}: {}", clean(name), done?)))
                .collect())
        }
        _ => {
            let path = path_of(kind, name).ok_or_else(|| refused("there is no such place"))?;
            remove(document, &path)?;
            let label = if kind == SettingKind::Route {
                format!(" ({})", clean(&entry.label))
            } else {
                String::new()
            };
            Ok(vec![format!("{}{label} is taken out", called(kind, name))])
        }
    }
}

/// Writes the digests of a password; the password, if it was made up here.
fn write_password(
    loaded: &Loaded,
    document: &mut DocumentMut,
    (kind, name): (SettingKind, &str),
    password: &NewPassword,
) -> Result<Option<Hushed>, EditError> {
    let path = path_of(kind, name).filter(|_| kind == SettingKind::Extension);
    let path = path.ok_or_else(|| refused("only extensions have passwords"))?;
    let (text, made) = match password {
        NewPassword::Typed(text) => (text.0.clone(), None),
        NewPassword::Made => {
            let text = make_password()?;
            (text.clone(), Some(Hushed(text)))
        }
    };
    check_password(&text).map_err(refused)?;
    let extension =
        table(document, &path).ok_or_else(|| refused("that extension is no table of the file"))?;
    write_digests(extension, &loaded.config, name, &text);
    Ok(made)
}

/// Sixteen letters of five bits each, in fours, so that people can copy it.
fn make_password() -> Result<String, EditError> {
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('a', char::from);
    let letters: Vec<char> = chance::<16>()?.iter().map(letter).collect();
    let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    Ok(groups.join("-"))
}
