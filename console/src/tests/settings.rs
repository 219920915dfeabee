//! Settings: what is asked, typed, looked at and applied. The answers were recorded from a daemon.

use super::floor::answer;
use super::*;
use crate::app::{Mood, Overlay, Screen};
use crate::fixture::{floor, press, settings};
use crate::symbols::Symbols;
use crate::words::Language;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use switchroom_wire::{
    Answer, CommandError, Hushed, NewPassword, Reply, Role, SettingKind, SettingsApplied, SettingsChange,
    SettingsDiff, SettingsView,
};

/// What a daemon answered: one answer a line.
fn recorded() -> Vec<Answer> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/settings.ndjson");
    let text = std::fs::read_to_string(path).expect(path);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}: {e}"))).collect()
}

fn view_of(kind: SettingKind) -> SettingsView {
    let views = recorded().into_iter().filter_map(|answer| match answer {
        Answer::Settings(view) => Some(*view),
        _ => None,
    });
    views.into_iter().find(|view| view.kind == kind).expect("every kind was recorded")
}

/// The recorded differences: of a change that can be applied, of one with a fault, of one with a part for later.
pub(super) fn diffs() -> Vec<SettingsDiff> {
    let diffs = recorded().into_iter().filter_map(|answer| match answer {
        Answer::SettingsDiff(diff) => Some(*diff),
        _ => None,
    });
    diffs.collect()
}

/// Answers what was asked for the screen.
fn answer_settings(app: &mut App, effects: &[Effect]) {
    if let Some((id, Command::Settings { kind })) = sent(effects) {
        answer(app, id, Answer::Settings(Box::new(view_of(kind))));
    }
}

/// The same, and a difference for whatever is looked at.
pub(super) fn answer_all(app: &mut App, effects: &[Effect]) {
    answer_settings(app, effects);
    if let Some((id, Command::PreviewSettings { .. })) = sent(effects) {
        answer(app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    }
}

pub(super) fn on_settings(mut app: App, keys: &str) -> App {
    with_role(&mut app, Role::Admin);
    for key in keys.split(' ') {
        let effects = press(&mut app, key);
        answer_settings(&mut app, &effects);
    }
    app
}

fn spell(app: &mut App, text: &str) {
    for c in text.chars() {
        press(app, if c == ' ' { "space".to_owned() } else { c.to_string() }.as_str());
    }
}

fn set(name: &str, pairs: &[(&str, Option<&str>)]) -> SettingsChange {
    let values = pairs.iter().map(|(key, text)| ((*key).to_owned(), text.map(Hushed::from))).collect();
    SettingsChange::Set { kind: SettingKind::Queue, name: name.into(), values }
}

/// Goes to the line of the form with that key.
fn to_field(app: &mut App, key: &str) {
    let fields = app.model.setting.fields();
    let at = fields.iter().position(|field| field.key.name == key).expect(key);
    app.model.setting.field = at;
}

/// The queues, with the change typed that the first recorded difference is of.
fn typed() -> App {
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    press(&mut app, "enter");
    to_field(&mut app, "ring");
    press(&mut app, "enter ctrl-u");
    assert!(shown(&app).contains("ring:"), "{}", shown(&app));
    spell(&mut app, "20s");
    press(&mut app, "enter");
    app
}

#[test]
fn only_an_admin_is_told_and_asked_once_a_minute() {
    let mut app = floor((80, 24));
    with_role(&mut app, Role::Supervisor);
    assert_eq!(sent(&press(&mut app, "0")), None);
    assert!(shown(&app).contains("[console]"), "what is theirs comes first: {}", shown(&app));
    assert_eq!(sent(&press(&mut app, "]")), None);
    assert!(shown(&app).contains("Settings are for"), "{}", shown(&app));
    let mut app = on_settings(floor((80, 24)), "4");
    let asked = |kind| Some(Command::Settings { kind });
    let command = |effects: &[Effect]| sent(effects).map(|(_, command)| command);
    assert_eq!(command(&press(&mut app, "0")), asked(SettingKind::Extension));
    assert_eq!(command(&app.update(Input::Tick, NOW_MS + 59_000)), None);
    assert_eq!(command(&app.update(Input::Tick, NOW_MS + 60_000)), asked(SettingKind::Extension));
    assert_eq!(command(&press(&mut app, "]")), asked(SettingKind::Agent));
    assert_eq!(command(&press(&mut app, "[ [")), asked(SettingKind::Extension));
    assert!(app.model.setting.is_own, "behind the roles");
    press(&mut app, "[");
    assert!(app.model.setting.kind == SettingKind::Role && !app.model.setting.is_own);
}

#[test]
fn a_screen_that_is_stopped_stays_until_one_acts_there() {
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    press(&mut app, "f");
    assert_eq!(sent(&app.update(Input::Tick, NOW_MS + 60_000)), None);
    assert!(sent(&press(&mut app, "]")).is_some(), "another kind is asked for");
    press(&mut app, "f");
    assert!(sent(&app.update(Input::Tick, NOW_MS + 120_000)).is_some());
}

#[test]
fn what_is_typed_is_looked_at_and_applied_to_the_file_that_was_shown() {
    let mut app = typed();
    assert!(shown(&app).contains("* ring"), "{}", shown(&app));
    assert!(shown(&app).contains("S shows what it does"), "{}", shown(&app));
    // What was typed belongs to this queue: neither another entry nor another kind meanwhile.
    let name = app.model.setting.name().map(str::to_owned);
    press(&mut app, "h j ]");
    assert_eq!(app.model.setting.name().map(str::to_owned), name);
    let (id, command) = sent(&press(&mut app, "S")).unwrap();
    let change = set(name.as_deref().unwrap(), &[("ring", Some("20s"))]);
    assert_eq!(command, Command::PreviewSettings { change: change.clone() });
    let diff = diffs().remove(0);
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diff.clone())));
    assert!(shown(&app).contains("+ ring = \"20s\""), "{}", shown(&app));
    let (id, command) = sent(&press(&mut app, "y")).unwrap();
    assert_eq!(command, Command::ApplySettings { change, file: diff.file });
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Sent));
    let done = Ok(Answer::SettingsApplied(Box::default()));
    let effects = update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result: done }))));
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Done));
    assert_eq!(app.model.setting.draft, None);
    let again = sent(&effects).map(|(_, command)| command);
    assert_eq!(
        again,
        Some(Command::Settings { kind: SettingKind::Queue }),
        "what is shown is asked for anew"
    );
}

#[test]
fn everything_but_a_clear_yes_is_no_and_a_fault_cannot_be_applied() {
    let all = diffs();
    let faulty = all.iter().find(|diff| !diff.faults.is_empty()).unwrap();
    for (diff, keys) in
        [(&all[0], "n"), (&all[0], "esc"), (&all[0], "enter"), (faulty, "y y"), (faulty, "esc")]
    {
        let mut app = typed();
        let (id, _) = sent(&press(&mut app, "S")).unwrap();
        answer(&mut app, id, Answer::SettingsDiff(Box::new(diff.clone())));
        assert_eq!(sent(&press(&mut app, keys)), None, "{keys}");
        assert!(app.model.setting.draft.is_some(), "what was typed is still there");
    }
    let mut app = typed();
    let (id, _) = sent(&press(&mut app, "S")).unwrap();
    let result = Err(CommandError::Refused { why: "the file was changed".into() });
    update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
    assert!(shown(&app).contains("the file was changed"), "{}", shown(&app));
    press(&mut app, "esc");
    assert_eq!(app.model.setting.draft, None);
    // Who has gone on is not interrupted.
    let mut app = typed();
    let (id, _) = sent(&press(&mut app, "S")).unwrap();
    press(&mut app, "4");
    answer(&mut app, id, Answer::SettingsDiff(Box::new(all[0].clone())));
    assert!(app.overlay.is_none());
}

#[test]
fn a_password_is_shown_once() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    let (id, command) = sent(&press(&mut app, "P")).unwrap();
    let Command::PreviewSettings { change } = command else { panic!("{command:?}") };
    assert!(matches!(&change, SettingsChange::Password { password: NewPassword::Made, .. }));
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    let (id, _) = sent(&press(&mut app, "y")).unwrap();
    let applied =
        SettingsApplied { password: Some("abcd-efgh-jkmn-pqrs".into()), ..SettingsApplied::default() };
    answer(&mut app, id, Answer::SettingsApplied(Box::new(applied)));
    assert!(shown(&app).contains("abcd-efgh-jkmn-pqrs") && shown(&app).contains("not shown again"));
    press(&mut app, "esc");
    assert!(!shown(&app).contains("abcd-efgh"));
    press(&mut app, "] ]");
    assert_eq!(sent(&press(&mut app, "P")), None);
}

#[test]
fn who_is_added_is_selected_and_whose_password_it_is_is_told() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    press(&mut app, "A 1 9 9 enter");
    let (id, _) = sent(&press(&mut app, "S")).unwrap();
    let diff = SettingsDiff { told: "extension 199: added".into(), ..diffs().remove(0) };
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diff)));
    let (id, _) = sent(&press(&mut app, "y")).unwrap();
    let applied = SettingsApplied { password: Some("abcd-efgh".into()), ..SettingsApplied::default() };
    let effects = {
        let reply = Reply { id, result: Ok(Answer::SettingsApplied(Box::new(applied))) };
        update(&mut app, Input::Line(Box::new(ServerLine::Reply(reply))))
    };
    assert!(shown(&app).contains("extension 199: added"), "whose it is: {}", shown(&app));
    press(&mut app, "esc");
    assert_eq!(app.model.setting.name(), None, "no other entry stands there meanwhile");
    let (id, _) = sent(&effects).unwrap();
    let mut view = view_of(SettingKind::Extension);
    let new = switchroom_wire::SettingView { name: "199".into(), ..view.entries[0].clone() };
    view.entries.push(new);
    answer(&mut app, id, Answer::Settings(Box::new(view)));
    assert_eq!(app.model.setting.name(), Some("199"));
}

#[test]
fn a_difference_of_another_kind_than_is_shown_is_no_false_alarm() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    let (id, _) = sent(&press(&mut app, "P")).unwrap();
    // Its kind was not told yet since the daemon is another; what is on screen is of another kind.
    press(&mut app, "]");
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    assert!(matches!(app.overlay, Some(Overlay::Diff(_))), "{}", shown(&app));
}

/// The overlay with a new password, over whatever was open when it came.
fn with_password(app: &mut App, meanwhile: &str) {
    let (id, _) = sent(&press(app, "P")).unwrap();
    answer(app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    let (id, _) = sent(&press(app, "y")).unwrap();
    if !meanwhile.is_empty() {
        press(app, meanwhile);
    }
    let applied =
        SettingsApplied { password: Some("abcd-efgh-jkmn-pqrs".into()), ..SettingsApplied::default() };
    answer(app, id, Answer::SettingsApplied(Box::new(applied)));
}

#[test]
fn a_new_password_is_copied_alone_told_nowhere_else_and_closed_on_purpose() {
    let mut app = on_settings(floor((80, 24)), "0 j");
    with_password(&mut app, "");
    for key in ["enter", "q", "space", "j", "ctrl-c", "x", "?"] {
        assert_eq!(press(&mut app, key), [], "{key}");
        assert!(shown(&app).contains("abcd-efgh-jkmn-pqrs"), "{key}: {}", shown(&app));
    }
    assert_eq!(press(&mut app, "y"), [Effect::Copy("abcd-efgh-jkmn-pqrs".into())]);
    assert_eq!(shown(&app).matches("abcd").count(), 1, "{}", shown(&app));
    assert!(!app.toast.as_ref().is_some_and(|toast| toast.text.contains("abcd")));
    assert!(!format!("{app:?}").contains("abcd"));
    press(&mut app, "esc");
    assert!(!shown(&app).contains("abcd"), "{}", shown(&app));
    // What somebody was typing when it came is there again, and no other answer takes its place.
    let mut app = on_settings(floor((80, 24)), "0 j");
    with_password(&mut app, "enter enter Z");
    assert!(shown(&app).contains("abcd-efgh"), "{}", shown(&app));
    press(&mut app, "esc");
    assert!(matches!(&app.overlay, Some(Overlay::Setting(typing)) if typing.input.0.ends_with('Z')));
}

#[test]
fn what_was_typed_while_a_change_was_applied_stays() {
    let mut app = typed();
    let (id, _) = sent(&press(&mut app, "S")).unwrap();
    answer(&mut app, id, Answer::SettingsDiff(Box::new(diffs().remove(0))));
    let (id, _) = sent(&press(&mut app, "y")).unwrap();
    to_field(&mut app, "wrap_up");
    press(&mut app, "enter");
    spell(&mut app, "5s");
    press(&mut app, "enter");
    let draft = app.model.setting.draft.clone().unwrap();
    assert_eq!(draft.values.len(), 2, "{draft:?}");
    answer(&mut app, id, Answer::SettingsApplied(Box::default()));
    assert_eq!(app.model.setting.draft, Some(draft));
}

#[test]
fn an_empty_pin_changes_nothing_and_delete_takes_it_out() {
    let draft = |keys: &str| {
        let mut app = on_settings(floor((80, 24)), "0 ]");
        press(&mut app, &format!("enter j j {keys}"));
        (app.model.setting.draft.clone(), shown(&app))
    };
    assert_eq!(draft("enter enter").0, None);
    let (new, screen) = draft("enter 7 4 1 1 enter enter enter");
    assert_eq!(new.unwrap().values["pin"].0, "7411", "and not what was typed for it before");
    assert!(screen.contains("a new one"), "{screen}");
    let (gone, screen) = draft("enter delete");
    assert_eq!(gone.unwrap().values["pin"].0, "");
    assert!(screen.contains("taken out") && !screen.contains("a new one"), "{screen}");
    assert!(draft("enter").1.contains("Del takes it out"), "{}", draft("enter").1);
}

#[test]
fn what_is_typed_is_for_the_entry_it_was_begun_for() {
    // Another admin takes the queue out while a value of it is typed.
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    press(&mut app, "enter");
    to_field(&mut app, "ring");
    press(&mut app, "enter ctrl-u 2 0 s");
    let mut view = view_of(SettingKind::Queue);
    view.entries.remove(0);
    app.model.setting.keep(view);
    press(&mut app, "enter");
    assert_eq!(app.model.setting.draft, None, "no value for another queue");
    assert!(shown(&app).contains("is another or gone by now"), "{}", shown(&app));
    // What was typed stays with its name, or is for nothing that is there.
    let mut app = typed();
    let mut view = view_of(SettingKind::Queue);
    let first = view.entries[0].clone();
    view.entries.insert(0, switchroom_wire::SettingView { name: "a".into(), ..first });
    app.model.setting.keep(view.clone());
    assert_eq!(app.model.setting.entry().map(|entry| entry.name.as_str()), app.model.setting.name());
    view.entries.retain(|entry| Some(entry.name.as_str()) != app.model.setting.name());
    app.model.setting.keep(view);
    assert_eq!(app.model.setting.entry(), None);
    assert_eq!(sent(&press(&mut app, "S")), None);
    assert!(shown(&app).contains("is another or gone by now"), "{}", shown(&app));
    // The name of a route is its place: another one can come to stand there.
    let mut app = on_settings(floor((80, 24)), "0 ] ] ] ]");
    press(&mut app, "enter enter ctrl-u 4 0 0 9 enter");
    assert!(app.model.setting.draft.is_some(), "{}", shown(&app));
    let mut view = view_of(SettingKind::Route);
    view.entries[0].label = "9 > busy".into();
    app.model.setting.keep(view);
    assert_eq!(sent(&press(&mut app, "S")), None);
    assert!(shown(&app).contains("is another or gone by now"), "{}", shown(&app));
}

#[test]
fn a_difference_of_another_file_than_that_shown_is_not_looked_at() {
    let mut app = typed();
    let (id, _) = sent(&press(&mut app, "S")).unwrap();
    let diff = SettingsDiff { file: "another".into(), ..diffs().remove(0) };
    let result = Ok(Answer::SettingsDiff(Box::new(diff)));
    let effects = update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
    assert!(app.overlay.is_none(), "{}", shown(&app));
    assert!(shown(&app).contains("was changed meanwhile"), "{}", shown(&app));
    let asked = sent(&effects).map(|(_, command)| command);
    assert_eq!(asked, Some(Command::Settings { kind: SettingKind::Queue }));
    assert!(app.model.setting.draft.is_some());
}

#[test]
fn long_values_are_edited_whole_and_several_lines_in_the_file() {
    let long = "hour is between 9 and 17 and ".repeat(20);
    let mut view = view_of(SettingKind::Queue);
    for entry in &mut view.entries {
        entry.values.insert("label".into(), format!(" {long}"));
        entry.values.insert("strategy".into(), "one\ntwo".into());
    }
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    app.model.setting.keep(view);
    press(&mut app, "enter enter enter");
    assert_eq!(app.model.setting.draft, None, "nothing was typed");
    press(&mut app, "enter x enter");
    assert_eq!(app.model.setting.draft.clone().unwrap().values["label"].0, format!("{}x", long.trim_start()));
    press(&mut app, "esc");
    to_field(&mut app, "strategy");
    press(&mut app, "enter");
    assert!(app.overlay.is_none(), "{}", shown(&app));
    assert!(shown(&app).contains("several lines"), "{}", shown(&app));
}

#[test]
fn one_is_added_and_one_is_taken_out() {
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    press(&mut app, "A");
    spell(&mut app, "night");
    press(&mut app, "enter enter");
    spell(&mut app, "Night shift");
    press(&mut app, "enter");
    let (_, command) = sent(&press(&mut app, "S")).unwrap();
    let change = SettingsChange::Add {
        kind: SettingKind::Queue,
        name: "night".into(),
        values: BTreeMap::from([("label".to_owned(), Some("Night shift".into()))]),
        password: None,
    };
    assert_eq!(command, Command::PreviewSettings { change });
    assert_eq!(sent(&press(&mut app, "X")), None, "not while something is typed");
    press(&mut app, "esc esc");
    let name = app.model.setting.name().unwrap().to_owned();
    let (_, command) = sent(&press(&mut app, "X")).unwrap();
    let change = SettingsChange::Remove { kind: SettingKind::Queue, name };
    assert_eq!(command, Command::PreviewSettings { change });
    // An extension that is added gets a password; a PIN is seen by nobody.
    let mut app = on_settings(floor((80, 24)), "0");
    press(&mut app, "A 1 7 7 enter");
    let (_, command) = sent(&press(&mut app, "S")).unwrap();
    let Command::PreviewSettings { change: SettingsChange::Add { password, .. } } = command else { panic!() };
    assert_eq!(password, Some(NewPassword::Made));
    let mut app = on_settings(floor((80, 24)), "0 ]");
    press(&mut app, "enter j j enter 7 4 1 1");
    assert!(shown(&app).contains("pin: ••••") && !shown(&app).contains("7411"), "{}", shown(&app));
    press(&mut app, "enter");
    assert!(shown(&app).contains("a new one") && !shown(&app).contains("7411"), "{}", shown(&app));
    assert!(!format!("{app:?}").contains("7411"));
}

#[test]
fn nothing_is_changed_while_the_file_waits_for_somebody_else() {
    let mut app = on_settings(floor((120, 30)), "0 ]");
    let mut view = view_of(SettingKind::Agent);
    (view.is_stale, view.undo) = (true, None);
    app.model.setting.keep(view);
    assert_eq!(sent(&press(&mut app, "X")), None);
    assert!(shown(&app).contains("was changed and not applied yet"), "{}", shown(&app));
    press(&mut app, "enter enter");
    assert!(app.overlay.is_none());
    let mut app = on_settings(floor((80, 24)), "0 ]");
    assert_eq!(sent(&press(&mut app, "S")), None);
    assert!(shown(&app).contains("nothing was typed yet"), "{}", shown(&app));
    assert_eq!(app.screen, Screen::Settings);
}

#[test]
fn choices_turn_with_tab() {
    let mut app = on_settings(floor((80, 24)), "0 ] ]");
    press(&mut app, "enter");
    to_field(&mut app, "strategy");
    press(&mut app, "enter tab");
    let first = match &app.overlay {
        Some(Overlay::Setting(typing)) => typing.input.0.clone(),
        other => panic!("{other:?}"),
    };
    press(&mut app, "tab enter");
    let draft = app.model.setting.draft.clone().unwrap();
    assert_ne!(draft.values["strategy"].0, first);
    assert!(draft.values["strategy"].0.contains('_'), "{draft:?}");
}

/// Every key that a daemon names has words in both languages.
#[test]
fn every_key_of_a_form_has_words() {
    for kind in SettingKind::ALL.into_iter().filter(|kind| *kind != SettingKind::Skill) {
        for key in view_of(kind).keys {
            for language in [Language::English, Language::Chinese] {
                let words = crate::words::Words::new(language);
                let name = format!("setting.{}_{}", kind.word(), key.name);
                assert!(words.find(&name).is_some(), "{name} in {}", language.tag());
            }
        }
    }
}

#[test]
fn settings_on_screen() {
    for size in [(52, 14), (80, 24), (200, 60)] {
        let mut text = String::new();
        for (language, symbols) in [(Language::English, Symbols::Block), (Language::Chinese, Symbols::Ascii)]
        {
            let office = || {
                let mut app = App::new(settings(language, symbols, "auto"), size);
                play(&mut app, "office");
                crate::fixture::play_floor(&mut app);
                app
            };
            for keys in ["0", "0 ] enter j j j", "0 ] ] enter", "0 ] ] ]", "0 [ [ [", "0 [ [", "0 ["] {
                let app = on_settings(office(), keys);
                let _ = writeln!(text, "== {} {symbols:?} {keys}\n{}", language.tag(), shown(&app));
            }
            for diff in diffs() {
                let mut app = on_settings(office(), "0 ] ] enter");
                to_field(&mut app, "ring");
                press(&mut app, "enter ctrl-u 9 s enter");
                let (id, _) = sent(&press(&mut app, "S")).unwrap();
                answer(&mut app, id, Answer::SettingsDiff(Box::new(diff)));
                let _ = writeln!(text, "== {} {symbols:?} difference\n{}", language.tag(), shown(&app));
            }
        }
        insta::assert_snapshot!(format!("settings_{}x{}", size.0, size.1), text);
    }
}
