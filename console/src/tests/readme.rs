//! The README shows each main screen as it is, made here: what stands behind `<!-- screen: NAME -->` there is compared.

use super::*;
use crate::app::Overlay;
use crate::fixture::office;
use crate::setting::Preview;
use crate::symbols::Symbols;
use crate::words::Language;
use switchroom_wire::{SettingKind, SettingsChange, SupervisionMode};

/// Of the list screens: the pane has room, and no list has many blank lines.
const SIZE: (u16, u16) = (80, 22);
/// Of those that fill the whole screen.
const WHOLE: (u16, u16) = (80, 24);

/// Without the call whose caller's name is hostile: it proves something to the other tests, and nothing to readers.
fn list(keys: &str) -> App {
    let mut app = screens::on_screen(office(SIZE), keys);
    app.model.board.calls.retain(|_, call| !call.from.name.contains('\u{1b}'));
    app.model.board.events.retain(|event| !event.text.contains('\u{1b}'));
    app.settle(NOW_MS);
    app
}

fn whispering() -> App {
    let mut app = supervise::supervising(SupervisionMode::Whisper, &["102"]);
    update(&mut app, Input::Resize(SIZE.0, SIZE.1));
    app
}

fn alone() -> App {
    let mut app = wall::alone(WHOLE, Language::English, Symbols::Block);
    play(&mut app, "office");
    crate::fixture::play_floor(&mut app);
    app
}

fn flows() -> App {
    flows::on_node(flows::on_flows(SIZE), "main", "support")
}

fn settings_of_agents() -> App {
    settings::on_settings(crate::fixture::floor(WHOLE), "0 ] enter j j j")
}

/// The last of the recorded differences, part of which holds after a restart only.
fn difference() -> App {
    let mut app = settings::on_settings(crate::fixture::floor(SIZE), "0 [");
    let change = SettingsChange::Remove { kind: SettingKind::Role, name: "mara".into() };
    let diff = settings::diffs().into_iter().find(|diff| diff.needs_restart).expect("it was recorded");
    app.overlay = Some(Overlay::Diff(Box::new(Preview { change, diff, top: 0 })));
    app
}

/// Each block of the README and what makes it.
fn screens() -> Vec<(&'static str, App)> {
    vec![
        ("calls", list("4")),
        ("queues", list("2")),
        ("agents", list("3")),
        ("whisper", whispering()),
        ("wall", alone()),
        ("desk", desk::at_desk(WHOLE, 0)),
        ("missed", list("m")),
        ("flows", flows()),
        ("recordings", list("6")),
        ("reports", list("7")),
        ("log", list("8")),
        ("lines", list("9")),
        ("settings", settings_of_agents()),
        ("difference", difference()),
    ]
}

/// As [`shown`] without where the cursor is, and without blank lines at the end.
fn block(app: &App) -> String {
    let text = shown(app);
    let (screen, _) = text.rsplit_once("cursor ").expect("a cursor's line");
    format!("```text\n{}\n```\n", screen.trim_end())
}

#[test]
fn the_readme_shows_the_screens_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let mut readme = std::fs::read_to_string(path).expect(path);
    let before = readme.clone();
    for (name, app) in screens() {
        let marker = format!("<!-- screen: {name} -->\n");
        let (head, tail) =
            readme.split_once(&marker).unwrap_or_else(|| panic!("{marker}is not in the README"));
        let (_, tail) = tail.strip_prefix("```").and_then(|tail| tail.split_once("```\n")).expect("a block");
        readme = format!("{head}{marker}{}{tail}", block(&app));
    }
    assert_eq!(readme.matches("<!-- screen: ").count(), screens().len());
    if std::env::var_os("UPDATE_KEYS").is_some() {
        std::fs::write(path, &readme).expect(path);
        return;
    }
    assert!(
        readme == before,
        "UPDATE_KEYS=1 cargo test -p switchroom-console writes the README's screens anew"
    );
}
