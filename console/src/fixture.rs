//! An office on a Monday afternoon, as the daemon would tell it: `tests/fixtures/*.ndjson`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::app::{App, Effect};
use crate::config::Settings;
use crate::keymap::{Key, Keymap};
use crate::symbols::Symbols;
use crate::theme::{ColourEnvironment, Theme};
use crate::update::Input;
use crate::words::{Language, Words};
use std::collections::BTreeMap;
use switchroom_wire::{
    Answer, Change, ClientLine, Command, FiguresBy, FiguresView, Reply, Request, ServerLine,
};

/// The moment at which all screens of the tests are drawn: Monday 3 November 2025, 14:03:27 UTC.
pub(crate) const NOW_MS: i64 = 1_762_178_607_000;

pub(crate) fn lines(name: &str) -> Vec<ServerLine> {
    let path = format!("{}/tests/fixtures/{name}.ndjson", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}: {line}")))
        .collect()
}

pub(crate) fn settings(language: Language, symbols: Symbols, theme: &str) -> Settings {
    let colours =
        ColourEnvironment { no_color: false, colorterm: "truecolor".into(), term: "xterm-256color".into() };
    Settings {
        words: Words::new(language),
        theme: Theme::new(theme, &colours).unwrap(),
        theme_name: theme.to_owned(),
        path: "/home/mara/.config/switchroom/console.toml".into(),
        own_themes: Vec::new(),
        symbols,
        keymap: Keymap::new(&BTreeMap::new()).unwrap(),
        bell: Default::default(),
        clock: false,
        masked: false,
        read_only: false,
        slow: false,
        wall_alone: false,
        ends_exchange: false,
        rotate_ms: 20_000,
        desk: None,
        colours,
    }
}

/// A console that has heard nothing yet.
pub(crate) fn app(size: (u16, u16)) -> App {
    App::new(settings(Language::English, Symbols::Block, "auto"), size)
}

/// Plays the lines of a fixture so that the last of them is heard at [`NOW_MS`].
pub(crate) fn play(app: &mut App, name: &str) {
    for line in lines(name) {
        app.update(Input::Line(Box::new(line)), NOW_MS);
    }
    app.update(Input::Tick, NOW_MS);
}

/// The changes that put agents, queues and callers who wait into an office, one a line.
pub(crate) fn floor_changes() -> Vec<Change> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/floor.ndjson");
    let text = std::fs::read_to_string(path).expect(path);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}: {e}: {line}")))
        .collect()
}

/// Plays the floor on top of what the console has heard.
pub(crate) fn play_floor(app: &mut App) {
    for change in floor_changes() {
        let seq = app.model.seq + 1;
        app.update(Input::Line(Box::new(ServerLine::Delta { seq, at_ms: NOW_MS, change })), NOW_MS);
    }
}

/// A console that has heard the office and its floor.
pub(crate) fn floor(size: (u16, u16)) -> App {
    let mut app = office(size);
    play_floor(&mut app);
    app
}

/// A console that has heard the office.
pub(crate) fn office(size: (u16, u16)) -> App {
    let mut app = app(size);
    play(&mut app, "office");
    app
}

/// Presses keys, written as in the keymap and parted by blanks. Each is pressed at what was seen.
pub(crate) fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut pressed = |key| {
        app.saw();
        press_blindly(app, key)
    };
    keys.split(' ').flat_map(&mut pressed).collect()
}

/// Presses a key before a frame shows what came.
pub(crate) fn press_blindly(app: &mut App, key: &str) -> Vec<Effect> {
    app.update(Input::Key(Key::parse(key).expect(key)), NOW_MS)
}

/// Says words to the palette: `:`, the words, and enter.
pub(crate) fn say(app: &mut App, words: &str) -> Vec<Effect> {
    let spelled = |c: char| if c == ' ' { "space".to_owned() } else { c.to_string() };
    let keys: Vec<String> = words.chars().map(spelled).collect();
    press(app, &format!(": {} enter", keys.join(" ")))
}

/// Figures as the daemon would give them: of eight days, or of the half hours of two.
pub(crate) fn figures(by: FiguresBy) -> Vec<FiguresView> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/figures.ndjson");
    let text = std::fs::read_to_string(path).expect(path);
    let line = text.lines().nth(usize::from(by == FiguresBy::HalfHour)).expect(path);
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Answers whatever was asked for the reports.
pub(crate) fn answer_figures(app: &mut App, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Send(ClientLine::Command(Request { id, command: Command::Figures { by, .. } })) =
            effect
        {
            let result = Ok(Answer::Figures(figures(*by)));
            app.update(Input::Line(Box::new(ServerLine::Reply(Reply { id: *id, result }))), NOW_MS);
        }
    }
}

/// The lines of a fixture that are no lines of the daemon, each as what it is.
fn told<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let path = format!("{}/tests/fixtures/{name}.ndjson", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}: {e}"))).collect()
}

/// Answers what was asked for a desk: with that of the agent who talks, writes up or is free, by its line.
pub(crate) fn answer_desk(app: &mut App, effects: &[Effect], which: usize) {
    let desks: Vec<Answer> = told("desk");
    for effect in effects {
        if let Effect::Send(ClientLine::Command(Request { id, command: Command::Desk { .. } })) = effect {
            let reply = Reply { id: *id, result: Ok(desks[which].clone()) };
            app.update(Input::Line(Box::new(ServerLine::Reply(reply))), NOW_MS);
        }
    }
}

/// Answers what was asked for the flows: with what the daemon tells of those in `tests/fixtures/flows`.
pub(crate) fn answer_flows(app: &mut App, effects: &[Effect]) {
    let flows: Vec<switchroom_wire::FlowView> = told("flows").remove(0);
    for effect in effects {
        if let Effect::Send(ClientLine::Command(Request { id, command: Command::Flows })) = effect {
            let reply = Reply { id: *id, result: Ok(Answer::Flows(flows.clone())) };
            app.update(Input::Line(Box::new(ServerLine::Reply(reply))), NOW_MS);
        }
    }
}

/// Answers what was asked for the reports on calls that are over.
pub(crate) fn answer_ended(app: &mut App, effects: &[Effect]) {
    let told: Vec<Answer> = told("ended");
    for effect in effects {
        let Effect::Send(ClientLine::Command(Request { id, command })) = effect else { continue };
        let answer = match command {
            Command::Cdrs { .. } => &told[0],
            _ => continue,
        };
        let reply = Reply { id: *id, result: Ok(answer.clone()) };
        app.update(Input::Line(Box::new(ServerLine::Reply(reply))), NOW_MS);
    }
}
