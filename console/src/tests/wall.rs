//! The wall: sizes, languages, pages, what it writes, and what it cannot be told.

use super::*;
use crate::app::Screen;
use crate::canvas::Canvas;
use crate::fixture::{floor, play_floor, press, settings};
use crate::keymap::{Code, Key};
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::QueueView;

/// As `console wall` shows it.
pub(super) fn alone(size: (u16, u16), language: Language, symbols: Symbols) -> App {
    let mut settings = settings(language, symbols, "auto");
    (settings.wall_alone, settings.read_only, settings.masked) = (true, true, true);
    let mut app = App::new(settings, size);
    play(&mut app, "office");
    play_floor(&mut app);
    app
}

#[test]
fn a_wall_alone_at_every_size_in_both_languages() {
    for size in [(52, 14), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let mut text = String::new();
        for (language, symbols) in [(Language::English, Symbols::Block), (Language::Chinese, Symbols::Ascii)]
        {
            let mut app = alone(size, language, symbols);
            play(&mut app, "trouble");
            let _ = writeln!(text, "== {} {symbols:?}\n{}", language.tag(), shown(&app));
        }
        insta::assert_snapshot!(format!("wall_alone_{}x{}", size.0, size.1), text);
    }
}

/// More queues than there is room for, by copies of the one that is well.
fn with_queues(app: &mut App, count: usize) {
    let one: QueueView = app.model.board.queues["billing"].clone();
    for n in 0..count {
        let name = format!("line{n:03}");
        let queue = QueueView { name: name.clone(), label: String::new(), ..one.clone() };
        app.model.board.queues.insert(name, queue);
    }
}

#[test]
fn a_queue_in_trouble_comes_first_and_stays_and_else_pages_turn() {
    let mut app = alone((80, 24), Language::English, Symbols::Block);
    with_queues(&mut app, 20);
    let pages = |app: &App| {
        let at = |seconds: i64| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
            view::draw(app, NOW_MS + seconds * 1_000, &mut buffer);
            (0..24).map(|y| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>()).collect::<String>()
        };
        [0, 20, 40].map(at)
    };
    for page in pages(&app) {
        assert!(page.contains("Support desk") && page.contains("page 1 of 6"), "{page}");
    }
    let support = app.model.board.queues.get_mut("support").unwrap();
    support.waiting.clear();
    (support.waiting_count, support.oldest_ms) = (0, None);
    let turning = pages(&app);
    assert!(turning.iter().all(|page| page.contains(" of 6")), "{turning:?}");
    assert!(turning[0] != turning[1] && turning[1] != turning[2]);
    let now = shown(&app);
    app.settings.wall_alone = false;
    press(&mut app, "l");
    app.settings.wall_alone = true;
    assert_ne!(shown(&app), now, "right turns the page at once");
}

#[test]
fn a_wall_alone_only_leaves() {
    let mut app = alone((80, 24), Language::English, Symbols::Block);
    let before = shown(&app);
    for key in (' '..='~').filter(|c| !"qr".contains(*c)) {
        assert_eq!(update(&mut app, Input::Key(Key::plain(Code::Char(key)))), [], "{key}");
    }
    for code in [Code::Enter, Code::Esc, Code::Tab, Code::Down, Code::F1] {
        assert_eq!(update(&mut app, Input::Key(Key::plain(code))), []);
    }
    update(&mut app, Input::Paste("Xy".into()));
    assert_eq!((shown(&app), app.screen), (before, Screen::Wall));
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
    assert_eq!(press(&mut app, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn names_only() {
    let mut app = alone((200, 60), Language::English, Symbols::Block);
    play(&mut app, "trouble");
    app.settings.masked = false;
    app.masked = false;
    let text = shown(&app);
    for number in ["+4420", "+35193", "+44161"] {
        assert!(!text.contains(number), "{number}: {text}");
    }
}

/// Bytes written a second, from one second to the next.
fn written(app: &mut App) -> Vec<u64> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut canvas = Canvas::new(file.reopen().unwrap());
    let mut sizes = vec![0];
    for second in 0..5 {
        let now = NOW_MS + second * 1_000;
        let seq = app.model.seq;
        let at_ms = app.model.server_ms(now);
        app.update(Input::Line(Box::new(ServerLine::Alive { seq, at_ms, utc_offset_min: None })), now);
        app.update(Input::Tick, now);
        let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
        let cursor = view::draw(app, now, &mut buffer);
        canvas.show(buffer, cursor).unwrap();
        sizes.push(std::fs::metadata(file.path()).unwrap().len());
    }
    sizes.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn nothing_is_written_when_nothing_changed_and_little_when_timers_run() {
    let mut quiet = alone((200, 60), Language::English, Symbols::Block);
    quiet.model.board.agents.clear();
    for queue in quiet.model.board.queues.values_mut() {
        queue.waiting.clear();
        (queue.waiting_count, queue.oldest_ms) = (0, None);
    }
    quiet.model.board.alarms.clear();
    let sizes = written(&mut quiet);
    assert!(sizes[0] > 1_000, "{sizes:?}");
    assert_eq!(sizes[1..], [0, 0, 0, 0]);
    let mut busy = alone((200, 60), Language::English, Symbols::Block);
    let sizes = written(&mut busy);
    assert!(sizes[1..].iter().all(|size| (1..1_500).contains(size)), "{sizes:?}");
}

#[test]
fn trouble_is_told_by_mark_and_word_in_every_theme() {
    for theme in ["auto", "safe", "mono"] {
        let mut app = alone((80, 24), Language::English, Symbols::Ascii);
        app.settings.theme = crate::theme::Theme::new(theme, &app.settings.colours).unwrap();
        let text = screens::runs(&app);
        assert!(text.contains("!! LATE") && text.contains("longest"), "{text}");
        // Digits are filled cells: a reversed one would be a hole.
        for line in text.lines().filter(|line| line.contains("##")) {
            assert!(!line.contains("REVERSED"), "{theme}: {line}");
        }
        insta::assert_snapshot!(format!("wall_looks_{theme}"), text);
    }
}

#[test]
fn the_microphone_is_told_on_the_wall_too() {
    let mut app = supervise::supervising(switchroom_wire::SupervisionMode::Whisper, &["102"]);
    press(&mut app, "1");
    for size in [(80, 24), (60, 15), (40, 8), (200, 60)] {
        update(&mut app, Input::Resize(size.0, size.1));
        assert!(shown(&app).contains("102 Ana hears"), "{size:?}: {}", shown(&app));
    }
    assert!(matches!(sent(&press(&mut app, "esc")), Some((_, Command::SuperviseAct { .. }))));
}

#[test]
fn the_wall_is_left_as_other_screens_are() {
    let mut app = floor((80, 24));
    press(&mut app, "1");
    assert_eq!(app.screen, Screen::Wall);
    let effects = press(&mut app, "w");
    assert!(matches!(effects.as_slice(), [Effect::Write { name, text }]
        if name.starts_with("switchroom-wall-") && text.contains("support")));
    assert!(matches!(press(&mut app, "y y").as_slice(), [Effect::Copy(text)] if text.contains("waiting")));
    press(&mut app, "3 -");
    assert_eq!(app.screen, Screen::Wall);
    press(&mut app, "q");
    assert_eq!(app.screen, Screen::List(List::Calls));
}

#[test]
fn two_hundred_queues_are_drawn_at_any_size() {
    let mut app = alone((200, 60), Language::English, Symbols::Block);
    with_queues(&mut app, 200);
    for queue in app.model.board.queues.values_mut() {
        (queue.waiting_count, queue.free) = (12_345, 4_321);
        queue.oldest_ms = Some(NOW_MS - 400_000_000);
    }
    for size in (0..210).step_by(9).flat_map(|w| (0..70).step_by(3).map(move |h| (w, h))) {
        update(&mut app, Input::Resize(size.0, size.1));
        shown(&app);
    }
    update(&mut app, Input::Resize(200, 60));
    assert!(shown(&app).contains("page 1 of"), "{}", shown(&app));
}
