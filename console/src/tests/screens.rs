//! Snapshots of every screen: sizes, states, symbols, languages, themes, bytes.

use super::*;
use crate::app::Screen;
use crate::canvas::Canvas;
use crate::fixture::{app, office, play_floor, press, settings};
use crate::rows::List;
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

/// Keys that lead to each screen from the start, with call 4127, recording 4116 and the newest message selected.
const SCREENS: [(&str, &str); 16] = [
    ("wall", "1"),
    ("queue_report", "7"),
    ("agent_report", "7 ] v"),
    ("queues", "2"),
    ("waiting", "2 enter"),
    ("agents", "3"),
    ("calls", "4"),
    ("ladder", "enter"),
    ("media", "enter ]"),
    ("path", "enter ] ]"),
    ("events", "enter ["),
    ("missed", "m"),
    ("recordings", "6"),
    ("message", "6 j"),
    ("log", "8"),
    ("lines", "9"),
];

fn select_4127(app: &mut App) {
    if app.model.is_filled {
        let id = id_of(app, 4127);
        select(app, "4", List::Calls, &id);
    }
}

pub(super) fn on_screen(mut app: App, keys: &str) -> App {
    if keys.starts_with(['1', '2', '3', 'm', '7']) && app.model.is_filled {
        play_floor(&mut app);
    }
    select_4127(&mut app);
    let effects = press(&mut app, keys);
    crate::fixture::answer_figures(&mut app, &effects);
    if matches!(app.screen, Screen::Detail(_)) {
        watched(&mut app);
    }
    if app.screen == Screen::List(List::Recordings) {
        app.update(Input::Tick, NOW_MS);
        app.update(Input::Tick, NOW_MS + 500);
        play(&mut app, "wave");
    }
    app
}

#[test]
fn the_body_of_a_message_is_shown_alone() {
    for ends in ["\r\n", "\n"] {
        let mut app = on_screen(office((120, 40)), "enter");
        let ladder = app.model.watched.as_mut().and_then(|watched| watched.ladder.as_mut()).unwrap();
        let message = ["INVITE sip:102@a SIP/2.0", "Content-Length: 5", "", "v=0", "s=-"].join(ends);
        for entry in &mut ladder.entries {
            if let switchroom_wire::LadderKind::Message { text, .. } = &mut entry.kind {
                text.clone_from(&message);
            }
        }
        press(&mut app, "g g");
        assert_eq!(app.message_lines()[1..].len(), 5, "{ends:?}");
        press(&mut app, "d");
        assert_eq!(app.message_lines()[1..], ["v=0", "s=-"], "{ends:?}");
    }
}

#[test]
fn every_screen_at_every_size() {
    for (name, keys) in SCREENS {
        for (width, height) in SIZES {
            let app = on_screen(office((width, height)), keys);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), shown(&app));
        }
    }
}

#[test]
fn every_state_of_every_list() {
    for (name, keys) in SCREENS.iter().filter(|(name, _)| {
        [
            "wall",
            "queue_report",
            "queues",
            "waiting",
            "agents",
            "calls",
            "missed",
            "recordings",
            "log",
            "lines",
        ]
        .contains(name)
    }) {
        let mut text = String::new();
        let mut state = |title: &str, app: &App| {
            let _ = writeln!(text, "== {title}\n{}", shown(app));
        };
        let mut empty = app((80, 24));
        state("connecting", &on_screen(empty_clone(&mut empty), keys));
        play(&mut empty, "empty");
        press(&mut empty, keys);
        state("empty", &empty);
        let mut alarm = on_screen(office((80, 24)), keys);
        play(&mut alarm, "trouble");
        state("alarm", &alarm);
        let mut down = on_screen(office((80, 24)), keys);
        disconnect(&mut down);
        state("disconnected", &down);
        let mut viewer = app((80, 24));
        play(&mut viewer, "viewer");
        state("read-only viewer", &on_screen(viewer, keys));
        insta::assert_snapshot!(format!("states_{name}"), text);
    }
}

fn empty_clone(app: &mut App) -> App {
    App::new(app.settings.clone(), app.size)
}

#[test]
fn both_languages_and_both_symbol_sets() {
    for (name, keys) in SCREENS {
        let mut text = String::new();
        for (language, symbols) in [(Language::English, Symbols::Ascii), (Language::Chinese, Symbols::Block)]
        {
            let mut app = App::new(settings(language, symbols, "auto"), (80, 24));
            play(&mut app, "office");
            play(&mut app, "trouble");
            let _ = writeln!(text, "== {} {symbols:?}\n{}", language.tag(), shown(&on_screen(app, keys)));
        }
        insta::assert_snapshot!(format!("words_{name}"), text);
    }
}

#[test]
fn too_small_is_one_line_a_call() {
    let mut text = String::new();
    for size in [(52, 14), (40, 10), (20, 5)] {
        let mut app = office(size);
        play(&mut app, "trouble");
        let _ = writeln!(text, "== {size:?}\n{}", shown(&app));
    }
    insta::assert_snapshot!("small", text);
}

/// Runs of cells with the same look: what a snapshot of symbols cannot show.
pub(super) fn runs(app: &App) -> String {
    let (buffer, _) = drawn(app);
    let mut out = String::new();
    for y in 0..app.size.1 {
        let mut line: Vec<(String, String)> = Vec::new();
        for x in 0..app.size.0 {
            let cell = &buffer[(x, y)];
            let look = format!("{:?}/{:?} {:?}", cell.fg, cell.bg, cell.modifier);
            match line.last_mut() {
                Some((known, text)) if *known == look => text.push_str(cell.symbol()),
                _ => line.push((look, cell.symbol().to_owned())),
            }
        }
        for (look, text) in line.iter().filter(|(look, _)| look != "Reset/Reset NONE") {
            let _ = writeln!(out, "{y:>2}  {look:<44} {}", text.trim_end());
        }
    }
    out
}

#[test]
fn the_looks_of_each_theme() {
    for theme in ["auto", "dark", "light", "safe", "mono"] {
        let mut text = String::new();
        for (name, keys) in
            [("queues", "2"), ("agents", "3"), ("calls", "4"), ("media", "enter ]"), ("lines", "9")]
        {
            let mut app = App::new(settings(Language::English, Symbols::Ascii, theme), (80, 24));
            play(&mut app, "office");
            play(&mut app, "trouble");
            let _ = writeln!(text, "== {name}\n{}", runs(&on_screen(app, keys)));
        }
        let mut app = App::new(settings(Language::English, Symbols::Ascii, theme), (80, 24));
        play(&mut app, "office");
        disconnect(&mut app);
        let _ = writeln!(text, "== disconnected\n{}", runs(&app));
        insta::assert_snapshot!(format!("looks_{theme}"), text);
    }
}

/// What a theme becomes where there are fewer colours: 256, 16, none.
#[test]
fn the_looks_of_each_theme_on_lesser_terminals() {
    for theme in ["dark", "light", "safe"] {
        let mut text = String::new();
        for (name, term, no_color) in
            [("256", "xterm-256color", false), ("16", "linux", false), ("NO_COLOR", "xterm-256color", true)]
        {
            let colours =
                crate::theme::ColourEnvironment { no_color, colorterm: String::new(), term: term.into() };
            let mut app = App::new(settings(Language::English, Symbols::Ascii, theme), (80, 24));
            app.settings.theme = crate::theme::Theme::new(theme, &colours).unwrap();
            play(&mut app, "office");
            play(&mut app, "trouble");
            let _ = writeln!(text, "== {name}\n{}", runs(&on_screen(app, "2")));
        }
        insta::assert_snapshot!(format!("looks_{theme}_lesser"), text);
    }
}

#[test]
fn no_color_keeps_bold_and_reverse_in_the_bytes() {
    let mut app = app((60, 15));
    let colours = crate::theme::ColourEnvironment { no_color: true, ..Default::default() };
    app.settings.theme = crate::theme::Theme::new("auto", &colours).unwrap();
    app.settings.symbols = Symbols::Ascii;
    play(&mut app, "office");
    play(&mut app, "trouble");
    let bytes = bytes_of(&app);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\u{1b}[7m") && text.contains("\u{1b}[1m"), "reverse and bold are written");
    for colour in ["\u{1b}[;m", "\u{1b}[m", "[38;", "[48;", "[31m", "[33m"] {
        assert!(!text.contains(colour), "{colour:?} in {text:?}");
    }
    insta::assert_snapshot!("no_color_bytes", text.replace('\u{1b}', "\nESC"));
}

fn bytes_of(app: &App) -> Vec<u8> {
    let path = tempfile::NamedTempFile::new().unwrap();
    let mut canvas = Canvas::new(path.reopen().unwrap());
    let (buffer, cursor) = drawn(app);
    canvas.show(buffer, cursor).unwrap();
    std::fs::read(path.path()).unwrap()
}

#[test]
fn a_second_of_timers_stays_within_two_kilobytes() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut canvas = Canvas::new(file.reopen().unwrap());
    let mut app = office((200, 60));
    let mut sizes = Vec::new();
    for second in 0..4 {
        let now = NOW_MS + second * 1_000;
        app.update(Input::Tick, now);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
        let cursor = view::draw(&app, now, &mut buffer);
        canvas.show(buffer, cursor).unwrap();
        sizes.push(std::fs::metadata(file.path()).unwrap().len());
    }
    assert!(sizes[0] < 20_000, "{sizes:?}");
    for pair in sizes[1..].windows(2) {
        assert!(pair[1] - pair[0] < 2_000, "{sizes:?}");
    }
}

#[test]
fn nothing_panics_at_any_size_and_nothing_hostile_is_drawn() {
    let overlays = ["", "?", ":", ": h", "/", "X", "g", "w", "f p t"];
    for (_, keys) in SCREENS {
        for overlay in overlays {
            let mut app = on_screen(office((80, 24)), keys);
            play(&mut app, "trouble");
            if !overlay.is_empty() {
                press(&mut app, overlay);
            }
            for size in [
                (0, 0),
                (1, 1),
                (2, 1),
                (1, 9),
                (7, 3),
                (19, 6),
                (59, 14),
                (60, 15),
                (61, 22),
                (119, 31),
                (160, 45),
                (300, 80),
            ] {
                update(&mut app, Input::Resize(size.0, size.1));
                let text = shown(&app);
                assert!(
                    !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']),
                    "{keys} {overlay} {size:?}"
                );
            }
            disconnect(&mut app);
            shown(&app);
        }
    }
}

/// In words, not by colour alone; a viewer is not told why.
#[test]
fn a_legal_hold_is_marked_in_the_list_and_told_beside_it() {
    let mut app = on_screen(office((120, 40)), "6");
    assert!(!shown(&app).contains("legal hold"));
    let mut with = |by: &str, reason: &str| {
        let held = switchroom_wire::HeldView { by: by.into(), reason: reason.into(), at_ms: NOW_MS - 60_000 };
        app.model.board.recordings.iter_mut().for_each(|recording| recording.held = Some(held.clone()));
        app.settle(NOW_MS);
        shown(&app)
    };
    let text = with("sue", "case\u{1b} 7");
    assert!(text.matches("legal hold").count() > 2 && text.contains("legal hold by sue since"), "{text}");
    assert!(text.contains("case\u{fffd} 7; nothing deletes it"), "{text}");
    assert!(with("", "").contains("legal hold since"));
}

#[test]
fn ascii_draws_only_ascii_of_its_own() {
    for (_, keys) in SCREENS {
        let mut app = App::new(settings(Language::English, Symbols::Ascii, "auto"), (120, 40));
        play(&mut app, "office");
        let text = shown(&on_screen(app, keys));
        // Names of people and queues are theirs; everything drawn around them is ASCII.
        let foreign: String = text
            .chars()
            .filter(|c| !c.is_ascii() && !"山田太郎株式会社さくら請求ëãø\u{fffd}".contains(*c))
            .collect();
        assert_eq!(foreign, "");
    }
}

#[test]
fn help_palette_filter_and_texts() {
    let mut text = String::new();
    for (title, first, keys) in [
        ("help of calls", "4", "?"),
        ("help of the reports", "7", "?"),
        ("help of the wall", "1", "?"),
        ("help of the queue", "2 enter", "?"),
        ("help of agents", "3", "?"),
        ("agent in full", "3", "enter"),
        ("filter of agents", "3", "/ s t a t e : t a l k enter"),
        ("waiting, times of day, masked", "2 enter", "p t"),
        ("help of the ladder", "enter", "?"),
        ("palette", "4", ": h a n"),
        ("palette with a command", "4", ": h a n g space u p space 4 1 2 7"),
        ("palette without a match", "4", ": x y z z y"),
        ("filter", "4", "/ a n a"),
        ("filter of nothing", "9", "/ x x x enter"),
        ("filter with a wrong field", "9", "/ q e u e : 1 enter"),
        ("message in full", "enter", "k k k k k enter"),
        ("ladder, messages only, body", "enter", "k k k k k x d"),
        ("line in full", "9", "enter"),
        ("prefix", "4", "g"),
        ("frozen", "4", "f"),
        ("masked and times of day", "4", "p t"),
        ("sorted", "4", "> > > i"),
        ("no pane", "4", "d"),
    ] {
        let mut app = on_screen(office((80, 24)), first);
        press(&mut app, keys);
        let _ = writeln!(text, "== {title}: {keys}\n{}", shown(&app));
    }
    insta::assert_snapshot!("overlays", text);
}

#[test]
fn overlays_in_chinese() {
    let mut text = String::new();
    for (title, first, keys) in [
        ("help", "9", "?"),
        ("palette", "4", ":"),
        ("question", "4", "X"),
        ("question of a message", "6 j", "D"),
        ("question of a break", "3", "P l u n c h"),
        ("question of taking out", "2 enter", "O"),
        ("refused words", "4", ": s i n g enter"),
    ] {
        let mut app = App::new(settings(Language::Chinese, Symbols::Block, "auto"), (80, 24));
        play(&mut app, "office");
        if keys == "D" {
            with_role(&mut app, switchroom_wire::Role::Admin);
        }
        let mut app = on_screen(app, first);
        press(&mut app, keys);
        let _ = writeln!(text, "== {title}: {keys}\n{}", shown(&app));
    }
    insta::assert_snapshot!("overlays_zh", text);
}

#[test]
fn two_thousand_calls_are_drawn_whole_and_the_selection_found() {
    let mut app = office((200, 60));
    let one = app.model.board.calls.values().next().cloned().unwrap();
    for n in 0..2_000u64 {
        let id = format!("02{n:024}");
        app.model
            .board
            .calls
            .insert(id.clone(), switchroom_wire::CallView { id, number: 10_000 + n, ..one.clone() });
    }
    press(&mut app, "4 G");
    let text = shown(&app);
    assert!(text.lines().any(|line| line.starts_with(">  4121")), "{text}");
    assert_eq!(app.rows(List::Calls, NOW_MS).len(), 2_006);
}

#[test]
fn resize_never_loses_the_selection() {
    let mut app = office((80, 24));
    press(&mut app, "j j");
    let selected = app.selected(List::Calls).map(str::to_owned);
    assert!(selected.is_some());
    for size in [(20, 4), (200, 60), (1, 1), (60, 15), (80, 24)] {
        update(&mut app, Input::Resize(size.0, size.1));
        assert_eq!(app.selected(List::Calls).map(str::to_owned), selected);
    }
    assert!(shown(&app).contains("cursor 0,"));
}
