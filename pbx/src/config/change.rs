//! Changes of queues, agents and classes to the configuration file, asked for by users of the running exchange: who works
//! where, who can what, who goes first. Comments and order are kept; what would not check is not written.

use super::Loaded;
use super::array::{append, remove, shown};
use super::edit::{EditError, replace, with_ends_of, written};
use super::fault::Fault;
use super::floor::membership;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use switchroom_acd::config::Membership;
use switchroom_flow::fault::did_you_mean;
use switchroom_wire::{ConfigChange, clean};
use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value, value};

/// Makes a change to the file at `path`; says which value became which. The file is checked before and after; its mode and
/// owner stay. `applied` is its text as it was last taken over: what somebody else has written since is left alone.
///
/// # Errors
/// The file cannot be read or written, is not what was applied, has faults or would have, names no such agent, queue or class,
/// or says so already. Nothing is changed then.
pub fn change(path: &Path, applied: &str, change: &ConfigChange) -> Result<String, EditError> {
    let loaded = load_unchanged(path, applied)?;
    let fault = |what: String| EditError::Faults(vec![Fault::of_file(path, what, "switchroom check")]);
    let mut document: DocumentMut =
        applied.parse().map_err(|e: toml_edit::TomlError| fault(e.to_string()))?;
    let floor = &loaded.config.floor;
    let told = match change {
        ConfigChange::Join { agent, queue, tier, weight, skills } => {
            known("queue", "queues", queue, &floor.queues)?;
            let table = table(&mut document, "agent", "agents", agent, &floor.agents)?;
            let before = floor.agents.get(agent).and_then(|agent| agent.queues.get(queue));
            let place = place(before.copied(), *tier, *weight);
            let placed =
                set_place(table, queue, Some(place)).map(|told| format!("agents.{agent}.queues: {told}"));
            let skilled = skills.iter().filter_map(|(skill, level)| {
                let told = set_skill(table, skill, *level)?;
                Some(format!("agents.{agent}.skills.{}: {told}", clean(skill)))
            });
            let told: Vec<String> = placed.into_iter().chain(skilled).collect();
            if told.is_empty() {
                let what = if skills.is_empty() { "" } else { ", and those skills," };
                let why = format!("agent {agent} has that place in queue {queue}{what} already");
                return Err(EditError::Refused(why));
            }
            told.join("; ")
        }
        ConfigChange::Leave { agent, queue } => {
            let table = table(&mut document, "agent", "agents", agent, &floor.agents)?;
            let told = set_place(table, queue, None).ok_or_else(|| {
                EditError::Refused(format!("agent {agent} works in no queue {}", clean(queue)))
            })?;
            format!("agents.{agent}.queues: {told}")
        }
        ConfigChange::Skill { agent, skill, level } => {
            let table = table(&mut document, "agent", "agents", agent, &floor.agents)?;
            let told = set_skill(table, skill, *level).ok_or_else(|| {
                EditError::Refused(format!("skill {} of agent {agent} is so already", clean(skill)))
            })?;
            format!("agents.{agent}.skills.{}: {told}", clean(skill))
        }
        ConfigChange::ClassPriority { class, priority } => {
            let table = table(&mut document, "class", "classes", class, &loaded.config.inbound.classes)?;
            let told = set_whole(table, "priority", i64::from(*priority)).ok_or_else(|| {
                EditError::Refused(format!("class {class} has priority {priority} already"))
            })?;
            format!("classes.{class}.priority: {told}")
        }
    };
    let changed = with_ends_of(applied, document.to_string());
    super::parse(&changed, path, &super::paths::base_of(path)).map_err(EditError::Faults)?;
    write(path, applied, &changed)?;
    Ok(told)
}

/// The configuration at `path`, if its text is still `applied`.
///
/// # Errors
/// It cannot be read, has faults, or is another one.
pub fn load_unchanged(path: &Path, applied: &str) -> Result<Loaded, EditError> {
    let loaded = super::load(path).map_err(EditError::Faults)?;
    if loaded.text.0 != applied {
        return Err(EditError::Refused(format!(
            "{} was changed and not applied yet, and that would be applied with it: look at it, and have it reloaded",
            path.display()
        )));
    }
    Ok(loaded)
}

/// Replaces the file at `path` in one step, if its text is still `applied`; its mode and owner stay.
///
/// # Errors
/// It or its folder cannot be written, or somebody else has written it.
pub fn write(path: &Path, applied: &str, text: &str) -> Result<(), EditError> {
    let is_done = replace(path, applied, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => EditError::Refused(format!(
            "{0} and its folder cannot be written by the exchange: {error}; give both to its user (chown switchroom {1} {0}), \
             under systemd with ReadWritePaths={1} (systemctl edit switchroom), or write it by hand and reload",
            path.display(),
            path.parent().unwrap_or(Path::new("/")).display()
        )),
        _ => EditError::Io { path: path.display().to_string(), error },
    })?;
    if is_done { Ok(()) } else { Err(written(path)) }
}

fn known<T>(what: &str, tables: &str, name: &str, all: &BTreeMap<String, T>) -> Result<(), EditError> {
    if all.contains_key(name) {
        return Ok(());
    }
    let hint = did_you_mean(name, all.keys().map(String::as_str))
        .unwrap_or_else(|| format!("add a table for it, as [{tables}.NAME]"));
    Err(EditError::Refused(format!("there is no {what} {}; {hint}", clean(name))))
}

/// The table of one that is there.
fn table<'d, T>(
    document: &'d mut DocumentMut,
    what: &str,
    tables: &str,
    name: &str,
    all: &BTreeMap<String, T>,
) -> Result<&'d mut dyn TableLike, EditError> {
    known(what, tables, name, all)?;
    document
        .get_mut(tables)
        .and_then(Item::as_table_like_mut)
        .and_then(|tables| tables.get_mut(name))
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| EditError::Refused(format!("{what} {name} is no table of that file")))
}

/// The place that an agent is to have: what is not said stays as it is.
fn place(before: Option<Membership>, tier: Option<u8>, weight: Option<u8>) -> Membership {
    let before = before.unwrap_or(Membership { tier: 1, weight: 1, position: 0 });
    Membership {
        tier: tier.unwrap_or(before.tier),
        weight: weight.map_or(before.weight, u32::from),
        position: before.position,
    }
}

/// As an entry of `queues` is written.
fn entry(queue: &str, place: Membership) -> String {
    let part = |word: &str, n: u32| if n == 1 { String::new() } else { format!(" {word} {n}") };
    format!("{queue}{}{}", part("tier", u32::from(place.tier)), part("weight", place.weight))
}

fn queue_of(entry: &Value) -> Option<(&str, Membership)> {
    membership(entry.as_str()?).ok()
}

/// Puts a queue into the list of an agent, gives it another place there, or takes it out. `None` if nothing changes.
fn set_place(agent: &mut dyn TableLike, queue: &str, place: Option<Membership>) -> Option<String> {
    let item = agent.entry("queues").or_insert_with(|| value(Array::new()));
    let list = item.as_array_mut()?;
    let before = shown(list);
    let at = list.iter().position(|entry| queue_of(entry).is_some_and(|(name, _)| name == queue));
    match (at, place) {
        (Some(at), Some(place)) => {
            let (_, old) = list.get(at).and_then(queue_of)?;
            if (old.tier, old.weight) == (place.tier, place.weight) {
                return None;
            }
            list.replace(at, entry(queue, place));
        }
        (None, Some(place)) => append(list, &entry(queue, place)),
        (Some(at), None) => remove(list, at),
        (None, None) => return None,
    }
    Some(format!("{before} becomes {}", shown(list)))
}

/// Gives an agent a skill, another level of it, or takes it away with level 0. `None` if nothing changes.
pub(super) fn set_skill(agent: &mut dyn TableLike, skill: &str, level: u8) -> Option<String> {
    if level > 0 {
        let item = agent.entry("skills").or_insert_with(|| value(InlineTable::new()));
        return set_whole(item.as_table_like_mut()?, skill, i64::from(level));
    }
    let skills = agent.get_mut("skills")?.as_table_like_mut()?;
    let gone = skills.remove(skill)?;
    Some(format!("{} is taken out", gone.to_string().trim()))
}

/// Sets a whole number, in place if it is there, so that a comment behind it stays. `None` if nothing changes.
pub(super) fn set_whole(table: &mut dyn TableLike, key: &str, number: i64) -> Option<String> {
    let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) else {
        table.insert(key, value(number));
        return Some(format!("is new, {number}"));
    };
    if old.as_integer() == Some(number) {
        return None;
    }
    let (decor, before) = (old.decor().clone(), old.as_integer().unwrap_or_default());
    *old = number.into();
    *old.decor_mut() = decor;
    Some(format!("{before} becomes {number}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    const FILE: &str = r#"# ours
[queues.sales]   # the first
[queues.support]
needs = ["german 5, 0 after 1m"]

[agents.2001]
name = "Ana"  # who
pin = "8520"
queues = ["sales"] # hers
skills = { german = 7 }

[agents.2002]
queues = [
  "sales tier 2", # mostly
  "support weight 3", # at night
]

[classes.vip]
numbers = ["138*"]
priority = 5 # high
"#;

    fn rig() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        fs::write(&path, FILE).unwrap();
        (dir, path)
    }

    /// The change to the file as it is.
    fn change(path: &Path, what: &ConfigChange) -> Result<String, EditError> {
        super::change(path, &fs::read_to_string(path).unwrap(), what)
    }

    fn join(agent: &str, queue: &str, tier: Option<u8>, weight: Option<u8>) -> ConfigChange {
        let skills = BTreeMap::new();
        ConfigChange::Join { agent: agent.into(), queue: queue.into(), tier, weight, skills }
    }

    fn leave(agent: &str, queue: &str) -> ConfigChange {
        ConfigChange::Leave { agent: agent.into(), queue: queue.into() }
    }

    fn skill(skill: &str, level: u8) -> ConfigChange {
        ConfigChange::Skill { agent: "2001".into(), skill: skill.into(), level }
    }

    #[test]
    fn only_the_value_changes() {
        let vip = |priority| ConfigChange::ClassPriority { class: "vip".into(), priority };
        for (what, told, old, new) in [
            (
                join("2001", "support", None, None),
                r#"agents.2001.queues: ["sales"] becomes ["sales", "support"]"#,
                r#"["sales"] # hers"#,
                r#"["sales", "support"] # hers"#,
            ),
            (
                join("2001", "sales", Some(2), Some(9)),
                r#"agents.2001.queues: ["sales"] becomes ["sales tier 2 weight 9"]"#,
                r#"["sales"] # hers"#,
                r#"["sales tier 2 weight 9"] # hers"#,
            ),
            (
                join("2002", "support", Some(3), None),
                r#"agents.2002.queues: ["sales tier 2", "support weight 3"] becomes ["sales tier 2", "support tier 3 weight 3"]"#,
                "\"support weight 3\"",
                "\"support tier 3 weight 3\"",
            ),
            (
                leave("2002", "sales"),
                r#"agents.2002.queues: ["sales tier 2", "support weight 3"] becomes ["support weight 3"]"#,
                "\n  \"sales tier 2\", # mostly",
                "",
            ),
            (leave("2001", "sales"), r#"agents.2001.queues: ["sales"] becomes []"#, "[\"sales\"] #", "[] #"),
            (skill("german", 9), "agents.2001.skills.german: 7 becomes 9", "german = 7", "german = 9"),
            (
                skill("billing", 5),
                "agents.2001.skills.billing: is new, 5",
                "{ german = 7 }",
                "{ german = 7 , billing = 5 }",
            ),
            (skill("german", 0), "agents.2001.skills.german: 7 is taken out", "{ german = 7 }", "{}"),
            (vip(9), "classes.vip.priority: 5 becomes 9", "priority = 5 # high", "priority = 9 # high"),
        ] {
            let (_dir, path) = rig();
            assert_eq!(change(&path, &what).unwrap(), told);
            let now = fs::read_to_string(&path).unwrap();
            assert_eq!(now, FILE.replacen(old, new, 1), "{told}");
        }
    }

    /// One change: a skill that is so already does not keep the others, or the place, from being written; one that may not be
    /// keeps all.
    #[test]
    fn a_place_and_skills_are_one_change() {
        let with = |queue: &str, skills: &[(&str, u8)]| {
            let skills = skills.iter().map(|(skill, level)| ((*skill).to_owned(), *level)).collect();
            ConfigChange::Join { agent: "2001".into(), queue: queue.into(), tier: None, weight: None, skills }
        };
        let (_dir, path) = rig();
        let told = change(&path, &with("support", &[("billing", 5), ("german", 7)])).unwrap();
        let queues = r#"agents.2001.queues: ["sales"] becomes ["sales", "support"]"#;
        assert_eq!(told, format!("{queues}; agents.2001.skills.billing: is new, 5"));
        let told = change(&path, &with("support", &[("german", 8)])).unwrap();
        assert_eq!(told, "agents.2001.skills.german: 7 becomes 8", "the place is so already");
        let why = change(&path, &with("support", &[("german", 8)])).unwrap_err().to_string();
        assert_eq!(why, "agent 2001 has that place in queue support, and those skills, already");
        let before = fs::read_to_string(&path).unwrap();
        assert!(matches!(change(&path, &with("sales", &[("a", 3), ("b", 12)])), Err(EditError::Faults(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn what_was_written_since_it_was_applied_is_left_alone() {
        let (_dir, path) = rig();
        let why = super::change(&path, "[queues.sales]\n", &leave("2001", "sales")).unwrap_err().to_string();
        assert!(why.contains("was changed and not applied yet"), "{why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }

    #[test]
    fn a_list_of_lines_gets_a_line() {
        let (_dir, path) = rig();
        change(&path, &leave("2002", "support")).unwrap();
        change(&path, &join("2002", "support", None, None)).unwrap();
        let now = fs::read_to_string(&path).unwrap();
        let wanted = "queues = [\n  \"sales tier 2\", # mostly\n  \"support\",\n]\n";
        assert!(now.contains(wanted), "{now}");
    }

    #[test]
    fn what_may_not_be_is_refused_and_the_file_stays() {
        for (what, why) in [
            (join("2009", "sales", None, None), "there is no agent 2009; did you mean \"2001\"?"),
            (join("2001", "sale", None, None), "there is no queue sale; did you mean \"sales\"?"),
            (join("2001", "sales", None, Some(1)), "agent 2001 has that place in queue sales already"),
            (leave("2001", "support"), "agent 2001 works in no queue support"),
            (skill("german", 7), "skill german of agent 2001 is so already"),
            (skill("billing", 0), "skill billing of agent 2001 is so already"),
            (
                ConfigChange::ClassPriority { class: "gold".into(), priority: 1 },
                "there is no class gold; add a table for it, as [classes.NAME]",
            ),
        ] {
            let (_dir, path) = rig();
            assert_eq!(change(&path, &what).unwrap_err().to_string(), why);
            assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
        }
        // What the check of the file finds, in its words.
        for what in [skill("german", 12), skill("a b", 1), join("2001", "sales", Some(0), None)] {
            let (_dir, path) = rig();
            assert!(matches!(change(&path, &what), Err(EditError::Faults(_))), "{what:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
        }
    }

    #[test]
    fn a_table_in_one_line_is_changed_and_its_pin_is_not_told() {
        let (_dir, path) = rig();
        let text = "[queues.a]\n[queues.b]\n[agents]\n7 = { pin = \"8520\", queues = [\"a\"] }\n";
        fs::write(&path, text).unwrap();
        let told = change(&path, &join("7", "b", None, None)).unwrap();
        assert_eq!(told, r#"agents.7.queues: ["a"] becomes ["a", "b"]"#);
        assert_eq!(fs::read_to_string(&path).unwrap(), text.replace("[\"a\"]", "[\"a\", \"b\"]"));
    }

    /// Between the look at a file and the writing of it an editor may save.
    #[test]
    fn what_somebody_saves_meanwhile_is_not_written_over() {
        let (_dir, path) = rig();
        load_unchanged(&path, FILE).unwrap();
        let saved = format!("{FILE}# saved by hand\n");
        fs::write(&path, &saved).unwrap();
        let why = write(&path, FILE, "# ours\n").unwrap_err().to_string();
        assert!(why.contains("was written by somebody else"), "{why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), saved);
        write(&path, &saved, FILE).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }
}
