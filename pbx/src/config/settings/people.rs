//! Skills, which are written among the agents, and users, who are written among the roles.

use super::show::choices;
use super::tables::{Step, give_room, remove_key, table};
use super::values::typed;
use crate::config::array::{append, remove};
use crate::config::build;
use crate::config::change::set_skill;
use crate::config::edit::{EditError, set_value};
use crate::config::keys;
use std::collections::BTreeMap;
use switchroom_wire::{Hushed, SettingForm, SettingKeyView, SettingKind, SettingView, clean};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

/// The roles, as lists of `[control.roles]`.
fn role_words() -> impl Iterator<Item = &'static str> {
    build::ROLES.iter().map(|(word, _)| *word)
}

fn refused(what: impl Into<String>) -> EditError {
    EditError::Refused(what.into())
}

fn within<'d>(document: &'d DocumentMut, path: [&str; 2]) -> Option<&'d dyn TableLike> {
    document.get(path[0])?.as_table_like()?.get(path[1])?.as_table_like()
}

/// Agents as keys, and each skill with the levels that agents have in it.
pub(super) fn skills(document: &DocumentMut) -> (Vec<SettingKeyView>, Vec<SettingView>) {
    let agents = document.get("agents").and_then(Item::as_table_like);
    let (mut keys, mut found) = (Vec::new(), BTreeMap::<String, SettingView>::new());
    for (number, agent) in agents.into_iter().flat_map(TableLike::iter) {
        let Some(agent) = agent.as_table_like() else { continue };
        keys.push(SettingKeyView {
            name: number.to_owned(),
            form: SettingForm::Number,
            example: "7".to_owned(),
            about: agent.get("name").map(typed).unwrap_or_default(),
            ..SettingKeyView::default()
        });
        let skills = agent.get("skills").and_then(Item::as_table_like);
        for (skill, level) in skills.into_iter().flat_map(TableLike::iter) {
            let one = found.entry(skill.to_owned()).or_default();
            one.name = skill.to_owned();
            one.values.insert(number.to_owned(), typed(level));
        }
    }
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    (keys, found.into_values().collect())
}

/// Gives agents a skill, other levels of it, or takes it away. What was done for whom.
pub(super) fn set_skills(
    document: &mut DocumentMut,
    skill: &str,
    values: &BTreeMap<String, Option<Hushed>>,
) -> Result<Vec<String>, EditError> {
    let mut told = Vec::new();
    for (agent, level) in values {
        let level = level.as_ref().map(|level| level.0.trim()).filter(|level| !level.is_empty());
        let level: u8 =
            level.map_or(Ok(0), str::parse).ok().filter(|level| *level <= 9).ok_or_else(|| {
                refused(format!("the level of agent {} is 1 to 9, or nothing", clean(agent)))
            })?;
        let path = [Step::from("agents"), Step::from(agent.as_str())];
        let own =
            table(document, &path).ok_or_else(|| refused(format!("there is no agent {}", clean(agent))))?;
        let done = set_skill(own, skill, level);
        told.extend(done.map(|done| format!("agents.{}.skills.{}: {done}", clean(agent), clean(skill))));
    }
    Ok(told)
}

/// Role and phone as keys, and everybody who has one.
pub(super) fn users(document: &DocumentMut) -> (Vec<SettingKeyView>, Vec<SettingView>) {
    let about = |table: &str| keys::table(table).map(|t| t.about.replace('\n', " ")).unwrap_or_default();
    let key = |name: &str, example: &str, table: &str| SettingKeyView {
        name: name.to_owned(),
        example: example.to_owned(),
        about: about(table),
        choices: choices(SettingKind::Role, name, SettingForm::Text).into_iter().map(str::to_owned).collect(),
        ..SettingKeyView::default()
    };
    let keys = vec![key("role", "supervisor", "control.roles"), key("phone", "101", "control.phones")];
    let mut found = BTreeMap::<String, SettingView>::new();
    for role in role_words() {
        let listed = within(document, ["control", "roles"]).and_then(|roles| roles.get(role)?.as_array());
        for who in listed.into_iter().flat_map(Array::iter).filter_map(Value::as_str) {
            let one = found.entry(who.to_owned()).or_default();
            one.values.insert("role".to_owned(), role.to_owned());
            role.clone_into(&mut one.label);
        }
    }
    let phones = within(document, ["control", "phones"]);
    for (who, phone) in phones.into_iter().flat_map(TableLike::iter) {
        found.entry(who.to_owned()).or_default().values.insert("phone".to_owned(), typed(phone));
    }
    for (name, one) in &mut found {
        one.name.clone_from(name);
    }
    (keys, found.into_values().collect())
}

/// Gives a user or group a role, or none; what was done.
pub(super) fn set_role(
    document: &mut DocumentMut,
    who: &str,
    role: &str,
) -> Result<Option<String>, EditError> {
    let wanted = Some(role.trim()).filter(|role| !role.is_empty());
    if let Some(role) = wanted.filter(|role| role_words().all(|known| known != *role)) {
        return Err(refused(format!(
            "there is no role \"{}\"; write one of {}",
            clean(role),
            role_words().collect::<Vec<_>>().join(", ")
        )));
    }
    let roles = control(document, "roles")?;
    let (mut before, mut is_there) = (None, false);
    for role in role_words() {
        let Some(list) = roles.get_mut(role).and_then(Item::as_array_mut) else { continue };
        let place = |list: &Array| list.iter().position(|entry| entry.as_str() == Some(who));
        while let Some(at) = place(list) {
            before = Some(role);
            if wanted == Some(role) {
                is_there = true;
                break;
            }
            remove(list, at);
        }
    }
    if is_there || before == wanted {
        return Ok(None);
    }
    if let Some(role) = wanted {
        let list = roles.entry(role).or_insert_with(|| value(Array::new()));
        let list = list.as_array_mut().ok_or_else(|| refused(format!("{role} is no list in that file")))?;
        append(list, who);
    }
    let named = |role: Option<&str>| role.unwrap_or("none").to_owned();
    Ok(Some(format!("{} becomes {}", named(before), named(wanted))))
}

/// Says which phone is a user's, or that none is.
pub(super) fn set_phone(
    document: &mut DocumentMut,
    who: &str,
    phone: &str,
) -> Result<Option<String>, EditError> {
    let before = within(document, ["control", "phones"]).and_then(|phones| Some(typed(phones.get(who)?)));
    let phone = phone.trim();
    if before.as_deref().unwrap_or_default() == phone {
        return Ok(None);
    }
    if phone.is_empty() {
        let path = [Step::from("control"), Step::from("phones")];
        remove_key(document, &path, who);
        return Ok(Some(format!("{} is taken out", before.unwrap_or_default())));
    }
    set_value(control(document, "phones")?, who, phone.into());
    Ok(Some(format!("{} becomes {}", before.as_deref().map_or("none".into(), clean), clean(phone))))
}

/// `[control.NAME]`, made if it is not there.
fn control<'d>(document: &'d mut DocumentMut, name: &str) -> Result<&'d mut dyn TableLike, EditError> {
    let path = [Step::from("control"), Step::from(name)];
    if table(document, &path).is_none() {
        let implicit = || {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        };
        let all = document.entry("control").or_insert_with(implicit);
        let new =
            if all.is_table() { Item::Table(Table::new()) } else { value(toml_edit::InlineTable::new()) };
        all.as_table_like_mut().map(|all| all.insert(name, new));
        give_room(document, &path);
    }
    table(document, &path)
        .ok_or_else(|| refused("control has an unusual form in that file; change it by hand"))
}
