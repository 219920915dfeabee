//! `switchroom ctl settings`: a change is first looked at, then made to the file that was looked at.

use super::{Printer, failure, print_json};
use crate::cli::{DryRun, SettingsAct};
use crate::cmd::{Failure, OK, Outcome, terminal};
use std::collections::BTreeMap;
use std::io::{self, Write};
use switchroom_console::{Client, Exit};
use switchroom_wire::{
    Answer, Command, Hushed, NewPassword, SettingForm, SettingKind, SettingsApplied, SettingsChange,
    SettingsDiff, SettingsFault, SettingsView, clean,
};

/// What is asked first: what there is, or what a change would do.
pub(super) fn question(act: &SettingsAct) -> Result<Command, Failure> {
    let change = match act.clone() {
        SettingsAct::Show { of, .. } => return Ok(Command::Settings { kind: of.into() }),
        SettingsAct::Set { of, name, values, .. } => {
            SettingsChange::Set { kind: of.into(), name, values: typed(values)? }
        }
        SettingsAct::Add { of, name, values, typed: is_typed, .. } => {
            let kind = SettingKind::from(of);
            let password = match kind {
                SettingKind::Extension => Some(password(is_typed, &name)?),
                _ => None,
            };
            SettingsChange::Add { kind, name, values: typed(values)?, password }
        }
        SettingsAct::Remove { of, name, .. } => SettingsChange::Remove { kind: of.into(), name },
        SettingsAct::Password { extension, typed, .. } => {
            let password = password(typed, &extension)?;
            SettingsChange::Password { extension, password }
        }
        SettingsAct::Undo { .. } => SettingsChange::Undo,
    };
    Ok(Command::PreviewSettings { change })
}

fn dry_run(act: &SettingsAct) -> bool {
    match act {
        SettingsAct::Show { .. } => true,
        SettingsAct::Set { dry_run, .. }
        | SettingsAct::Add { dry_run, .. }
        | SettingsAct::Remove { dry_run, .. }
        | SettingsAct::Password { dry_run, .. }
        | SettingsAct::Undo { dry_run } => {
            let DryRun { dry_run } = dry_run;
            *dry_run
        }
    }
}

fn typed(values: Vec<(String, String)>) -> Result<BTreeMap<String, Option<Hushed>>, Failure> {
    let mut found = BTreeMap::new();
    for (key, value) in values {
        let value = if key == "pin" && value == "-" { secret("New PIN")? } else { value };
        let value = Some(value).filter(|value| !value.trim().is_empty()).map(Hushed);
        if found.insert(key.clone(), value).is_some() {
            return Err(Failure::new(
                format!("{} is given twice", clean(&key)),
                "put ; between several values",
            ));
        }
    }
    Ok(found)
}

fn password(is_typed: bool, extension: &str) -> Result<NewPassword, Failure> {
    if !is_typed {
        return Ok(NewPassword::Made);
    }
    let first = secret(&format!("New password of {}", clean(extension)))?;
    if terminal::asks_a_person() && secret("Once more")? != first {
        return Err(Failure::new("the two passwords differ", "nothing was changed; try again"));
    }
    Ok(NewPassword::Typed(Hushed(first)))
}

fn secret(prompt: &str) -> Result<String, Failure> {
    terminal::read_secret(prompt)
        .map_err(|e| Failure::new(format!("cannot read it: {e}"), "type it, or send it as one line"))
}

/// Prints what came back; what would be changed is changed, unless it is only to be shown or has faults.
pub(super) fn go_on(
    (act, asked): (&SettingsAct, Command),
    (is_json, offset_min): (bool, i32),
    answer: Answer,
    client: &mut Client,
    out: &mut dyn Write,
) -> Outcome {
    let mut answer = answer;
    if let (SettingsAct::Show { name: Some(name), .. }, Answer::Settings(view)) = (act, &mut answer) {
        view.entries.retain(|entry| entry.name == *name);
        if view.entries.is_empty() {
            let what = format!("there is no {} {}", view.kind.word(), clean(name));
            let hint = format!("switchroom ctl settings show {}", view.kind.word());
            return Err(Failure::Told { what, hint: Some(hint), code: Exit::Refused.code() });
        }
        if !is_json {
            Printer { offset_min, out }.setting(view)?;
            return Ok(OK);
        }
    }
    let is_made = !dry_run(act);
    if let Answer::SettingsDiff(diff) = &answer {
        let has_faults = !diff.faults.is_empty();
        if !is_made || has_faults || !is_json {
            print(&answer, (is_json, offset_min), out)?;
        }
        if has_faults {
            return Ok(Exit::Refused.code());
        }
        if let Command::PreviewSettings { change } = asked
            && is_made
        {
            let file = diff.file.clone();
            let applied = client.command(Command::ApplySettings { change, file }).map_err(failure)?;
            print(&applied, (is_json, offset_min), out)?;
        }
        return Ok(OK);
    }
    print(&answer, (is_json, offset_min), out)?;
    Ok(OK)
}

fn print(answer: &Answer, (is_json, offset_min): (bool, i32), out: &mut dyn Write) -> io::Result<()> {
    if is_json { print_json(answer, out) } else { Printer { offset_min, out }.print(answer) }
}

impl Printer<'_> {
    /// A row for each.
    pub(super) fn settings(&mut self, view: &SettingsView) -> io::Result<()> {
        let rows = view.entries.iter().map(|entry| {
            let values = entry.values.iter().map(|(key, value)| format!("{key}={value}"));
            let secrets = entry.secrets.iter().map(|key| format!("{key} is set"));
            vec![
                entry.name.clone(),
                entry.label.clone(),
                values.chain(secrets).collect::<Vec<_>>().join(", "),
            ]
        });
        let rows = rows.collect();
        self.table(&["NAME", "", "WRITTEN"], rows)?;
        self.stale(view)
    }

    fn stale(&mut self, view: &SettingsView) -> io::Result<()> {
        if view.is_stale {
            let path = clean(&view.path);
            writeln!(
                self.out,
                "warn     {path} was changed and not applied yet; nothing can be changed from here until then"
            )?;
        }
        Ok(())
    }

    /// One, key by key.
    fn setting(&mut self, view: &SettingsView) -> io::Result<()> {
        let Some(entry) = view.entries.first() else { return Ok(()) };
        let rows = view.keys.iter().map(|key| {
            let written = entry.values.get(&key.name).cloned();
            let secret = entry.secrets.contains(&key.name).then(|| "is set".to_owned());
            let default = key.default.as_ref().map(|default| format!("({default})"));
            let example = || match key.form {
                SettingForm::Secret => String::new(),
                _ => "-".to_owned(),
            };
            let value = written.or(secret).or(default).unwrap_or_else(example);
            vec![key.name.clone(), value, key.about.clone()]
        });
        let password = entry.secrets.iter().filter(|key| *key == "password");
        let password = password.map(|key| vec![key.clone(), "is set".to_owned(), String::new()]);
        let rows = rows.chain(password).collect();
        self.table(&["KEY", "VALUE", "MEANING"], rows)?;
        self.stale(view)
    }

    /// A difference, and what is wrong with it.
    pub(super) fn settings_diff(&mut self, diff: &SettingsDiff) -> io::Result<()> {
        write!(self.out, "{}", diff.unified())?;
        if diff.left_out > 0 {
            writeln!(self.out, "and {} more lines", diff.left_out)?;
        }
        self.faults("warn", &diff.warnings)?;
        self.faults("error", &diff.faults)?;
        if diff.needs_restart {
            writeln!(self.out, "note     part of this holds after a restart only")?;
        }
        Ok(())
    }

    fn faults(&mut self, word: &str, faults: &[SettingsFault]) -> io::Result<()> {
        for fault in faults {
            let place = match (fault.file.as_str(), fault.line) {
                ("", _) => String::new(),
                (file, 0) => format!("{}: ", clean(file)),
                (file, line) => format!("{}:{line}: ", clean(file)),
            };
            writeln!(self.out, "{word:<8} {place}{}", clean(&fault.what))?;
            if let Some(hint) = &fault.hint {
                writeln!(self.out, "{:<8} {}", "", clean(hint))?;
            }
        }
        Ok(())
    }

    /// What was done, and a password that was made.
    pub(super) fn settings_applied(&mut self, applied: &SettingsApplied) -> io::Result<()> {
        writeln!(self.out, "ok       {}", clean(&applied.told))?;
        if let Some(password) = &applied.password {
            writeln!(self.out, "password {}", clean(&password.0))?;
            writeln!(self.out, "next     write it down: it is kept nowhere, and not shown again")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::run;
    use super::*;
    use crate::cli::{CtlArgs, CtlCommand, SettingsOf, SocketArgs};
    use crate::{config, daemon};
    use std::path::Path;

    const SITE: &str = "# ours\n[site]\ndomain = \"example.com\"\n[sip]\nlisten = [\"udp 127.0.0.1:0\"]\n[media]\nthreads = 1\n\
                        [control]\nsocket = \"control.sock\"\n\n# the first\n[queues.sales] # ours\nring = \"25s\" # long\n\n\
                        [agents.2001]\nqueues = [\"sales\"]\n";

    fn told(dir: &Path, act: SettingsAct) -> (u8, String) {
        let socket = SocketArgs { socket: Some(dir.join("control.sock")) };
        let args = CtlArgs { socket, json: false, command: CtlCommand::Settings { act } };
        let mut out = Vec::new();
        let code = run(&args, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    fn set(values: &[(&str, &str)], dry_run: bool) -> SettingsAct {
        let values = values.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let dry_run = DryRun { dry_run };
        SettingsAct::Set { of: SettingsOf::Queue, name: "sales".into(), values, dry_run }
    }

    #[test]
    fn a_change_is_shown_then_made_and_what_has_faults_is_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        std::fs::write(&path, SITE).unwrap();
        let _daemon = daemon::start(&config::load(&path).unwrap()).unwrap();
        let now = || std::fs::read_to_string(&path).unwrap();

        let change = [("ring", "20s"), ("needs", "german 5; english 2")];
        let (code, shown) = told(dir.path(), set(&change, true));
        assert_eq!(code, OK);
        assert!(shown.contains("-ring = \"25s\" # long\n+ring = \"20s\" # long\n"), "{shown}");
        assert!(shown.contains("+needs = [\"german 5\", \"english 2\"]\n"), "{shown}");
        assert_eq!(now(), SITE, "a dry run");
        let (code, shown) = told(dir.path(), set(&[("ring", "soon")], false));
        assert_eq!(code, Exit::Refused.code());
        assert!(shown.contains("switchroom.toml:13: \"soon\" is not a duration"), "{shown}");
        assert_eq!(now(), SITE);
        let (_, shown) = told(dir.path(), set(&change, false));
        assert!(shown.contains("\nok       queues.sales.ring: 25s becomes 20s; "), "{shown}");
        assert!(now().contains(
            "[queues.sales] # ours\nring = \"20s\" # long\nneeds = [\"german 5\", \"english 2\"]\n"
        ));
        let (_, shown) = told(dir.path(), SettingsAct::Show { of: SettingsOf::Queue, name: None });
        assert!(shown.contains("needs=german 5; english 2, ring=20s"), "{shown}");
        told(dir.path(), SettingsAct::Undo { dry_run: DryRun { dry_run: false } });
        assert_eq!(now(), SITE);

        let dry_run = DryRun { dry_run: false };
        let (of, name) = (SettingsOf::Extension, "101".to_owned());
        let (_, shown) =
            told(dir.path(), SettingsAct::Add { of, name, values: Vec::new(), typed: false, dry_run });
        let password = shown.lines().find_map(|line| line.strip_prefix("password ")).unwrap();
        assert!(now().contains(&config::digests("101", "example.com", password).0), "{shown}");
    }

    #[test]
    fn a_key_that_is_given_twice_is_no_change() {
        assert!(question(&set(&[("ring", "1s"), ("ring", "2s")], false)).is_err());
        let asked = question(&set(&[("ring", " ")], false)).unwrap();
        let Command::PreviewSettings { change: SettingsChange::Set { values, .. } } = asked else {
            unreachable!()
        };
        assert_eq!(values["ring"], None, "nothing typed takes a key out");
    }
}
