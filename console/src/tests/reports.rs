//! Reports: what is asked for, what is shown of it, and where it is written.

use super::*;
use crate::app::{Mood, Overlay};
use crate::fixture::{answer_ended, answer_figures, figures, floor, press, say, settings};
use crate::report::Interval;
use crate::symbols::Symbols;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{Answer, CommandError, EventView, FiguresBy, FiguresView, Reply, Role};

/// On the reports, with the figures that were asked for.
fn on_reports(mut app: App, keys: &str) -> App {
    let effects = press(&mut app, keys);
    answer_figures(&mut app, &effects);
    app.settle(NOW_MS);
    app
}

fn asked(effects: &[Effect]) -> Vec<Command> {
    let commands = effects.iter().filter_map(|effect| match effect {
        Effect::Send(ClientLine::Command(request)) => Some(request.command.clone()),
        _ => None,
    });
    commands.collect()
}

#[test]
fn the_query_is_that_of_ctl_and_repeats_every_ten_seconds_while_it_is_looked_at() {
    let mut app = floor((80, 24));
    let days = Command::Figures { by: FiguresBy::Day, days: 8 };
    assert_eq!(asked(&press(&mut app, "7")), vec![days.clone()]);
    assert_eq!(asked(&app.update(Input::Tick, NOW_MS + 9_000)), []);
    assert_eq!(asked(&app.update(Input::Tick, NOW_MS + 10_000)), vec![days.clone()]);
    let half_hours = Command::Figures { by: FiguresBy::HalfHour, days: 1 };
    assert_eq!(asked(&press(&mut app, "v")), [days.clone(), half_hours]);
    assert_eq!(asked(&press(&mut app, "] [")), [], "the other tab shows the same figures");
    let effects = press(&mut app, ",");
    assert!(asked(&effects).contains(&Command::Figures { by: FiguresBy::HalfHour, days: 2 }));
    press(&mut app, "4");
    assert_eq!(asked(&app.update(Input::Tick, NOW_MS + 200_000)), [], "nobody looks");
    press(&mut app, "7");
    disconnect(&mut app);
    assert_eq!(asked(&app.update(Input::Tick, NOW_MS + 400_000)), []);
    let welcome = app.model.welcome.clone().unwrap();
    let effects = update(&mut app, Input::Line(Box::new(ServerLine::Welcome(welcome))));
    assert!(asked(&effects).contains(&days), "the new connection is asked anew");
}

/// On the calls or outcomes of the reports, with what was asked for them.
fn on_ended(app: App, keys: &str) -> App {
    let mut app = on_reports(app, "7 ]");
    let effects = press(&mut app, keys);
    answer_figures(&mut app, &effects);
    answer_ended(&mut app, &effects);
    app.settle(NOW_MS);
    app
}

#[test]
fn calls_that_are_over_and_what_came_of_them() {
    let mut text = String::new();
    for size in [(80, 24), (200, 60)] {
        for keys in ["]", "] ]"] {
            let app = on_ended(floor(size), keys);
            let _ = writeln!(text, "== {size:?} {keys}\n{}", shown(&app));
        }
    }
    let mut chinese = App::new(settings(Language::Chinese, Symbols::Block, "auto"), (80, 24));
    play(&mut chinese, "office");
    let _ = writeln!(text, "== zh\n{}", shown(&on_ended(chinese, "] ]")));
    insta::assert_snapshot!("ended", text);
}

#[test]
fn outcomes_are_of_the_calls_that_are_shown_and_nobody_needs_the_journal_for_them() {
    let app = on_ended(floor((80, 24)), "]");
    let rows = app.rows(List::CallReport, NOW_MS);
    let ids: Vec<&str> = rows.iter().map(|row| row.cells[1].text.as_str()).collect();
    assert_eq!(ids, ["4121", "4119", "4116", "4115", "4114", "4107"], "today's, newest first");
    let of =
        |number: &str| rows.iter().find(|row| row.cells[1].text == number).unwrap().cells[7].text.clone();
    assert_eq!((of("4116").as_str(), of("4115").as_str()), ("resolved", ""));
    let rows = app.rows(List::OutcomeReport, NOW_MS);
    let counts: Vec<(String, String)> =
        rows.iter().map(|row| (row.cells[0].text.clone(), row.cells[1].text.clone())).collect();
    assert_eq!(counts[0], ("hung up".into(), "4".into()), "{counts:?}");
    assert!(counts.contains(&("> resolved".into(), "2".into())), "{counts:?}");
    let mut app = on_ended(floor((80, 24)), "]");
    press(&mut app, "v v");
    let all = app.rows(List::CallReport, NOW_MS).len();
    assert_eq!(all, 7, "all days");
    // Who is restricted to queues may not read it, and would be told so every minute.
    for role in [Role::Viewer, Role::Supervisor, Role::Admin] {
        let mut app = floor((80, 24));
        with_role(&mut app, role);
        let asked = asked(&press(&mut app, "7 ] ]"));
        assert!(asked.iter().any(|command| matches!(command, Command::Cdrs { .. })), "{asked:?}");
        assert!(!asked.iter().any(|command| matches!(command, Command::Events { .. })), "{asked:?}");
    }
}

#[test]
fn half_hours_are_asked_for_wherever_they_were_chosen() {
    let mut app = floor((80, 24));
    let mut all = Vec::new();
    for keys in ["7", "] ]", "v", "7"] {
        let effects = press(&mut app, keys);
        all.extend(asked(&effects));
        answer_figures(&mut app, &effects);
        answer_ended(&mut app, &effects);
    }
    app.settle(NOW_MS);
    assert!(all.contains(&Command::Figures { by: FiguresBy::HalfHour, days: 1 }), "{all:?}");
    let text = shown(&app);
    assert!(text.contains("by half hour") && text.contains("08:00"), "{text}");
}

#[test]
fn a_report_that_is_cut_says_so() {
    let first = |app: &App| shown(app).lines().take(4).collect::<Vec<_>>().join("\n");
    for (keys, count, is_cut) in [("]", 499, false), ("]", 500, true), ("] ]", 500, true)] {
        let mut app = on_ended(floor((120, 40)), keys);
        let one = app.model.report.cdrs[0].clone();
        app.model.report.cdrs = vec![one; count];
        assert_eq!(first(&app).contains("latest 500"), is_cut, "{}", first(&app));
    }
    // Of a day that is over and has all its calls among them nothing is left out.
    let mut app = on_ended(floor((120, 40)), "]");
    let mut before = app.model.report.cdrs[0].clone();
    before.started_ms -= 24 * 3_600_000;
    app.model.report.cdrs.resize(500, before);
    assert!(!first(&app).contains("latest 500"), "{}", first(&app));
    press(&mut app, "v v");
    assert!(first(&app).contains("latest 500"), "{}", first(&app));
}

#[test]
fn numbers_are_masked_in_what_is_copied_and_written() {
    let whole = "+351910002244";
    let mut app = on_ended(floor((80, 24)), "]");
    for name in ["x.json", "x.csv"] {
        let write = |app: &mut App| {
            press(app, "w ctrl-u");
            update(app, Input::Paste(name.into()));
            match press(app, "enter").as_slice() {
                [Effect::Write { text, .. }] => text.clone(),
                other => panic!("{other:?}"),
            }
        };
        assert!(write(&mut app).contains(whole), "{name}");
        press(&mut app, "p");
        let text = write(&mut app);
        assert!(!text.contains(whole) && text.contains("+35…44"), "{name}: {text}");
        press(&mut app, "p");
        let plain = write(&mut app);
        press(&mut app, "p");
        if name.ends_with("json") {
            assert!(plain.find("\"id\"") < plain.find("\"answered_ms\""), "as the wire has it: {plain}");
            let calls: Vec<switchroom_wire::CdrView> = serde_json::from_str(&text).unwrap();
            assert_eq!(calls[1].started_ms, app.model.report.cdrs[1].started_ms);
        }
        press(&mut app, "p");
    }
    // A name that is a number, written with blanks.
    let mut spaced = on_ended(floor((80, 24)), "]");
    spaced.model.report.cdrs[0].from.name = "910 002 244".into();
    spaced.model.report.cdrs[0].from.number = "+351910002244".into();
    press(&mut spaced, "p w ctrl-u");
    update(&mut spaced, Input::Paste("x.json".into()));
    let effects = press(&mut spaced, "enter");
    let [Effect::Write { text, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(!text.contains("910 002 244"), "{text}");
    // A text that is read, and a desk.
    let mut app = on_call(floor((80, 24)), 4127);
    watched(&mut app);
    press(&mut app, "enter p");
    let lines = vec!["From: <sip:+442079460123@example.com>".to_owned()];
    app.overlay = Some(Overlay::Text { title: "INVITE".into(), lines, top: 0 });
    assert_eq!(press(&mut app, "y"), [Effect::Copy("From: <sip:+44…23@example.com>".into())]);
    press(&mut app, "esc");
    let effects = press(&mut app, "w");
    let [Effect::Write { text, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(!text.contains("442079460123"), "{text}");
    let effects = press(&mut app, "g d");
    crate::fixture::answer_desk(&mut app, &effects, 0);
    let desk = app.model.desk.view.as_mut().unwrap();
    desk.card.as_mut().unwrap().script = "Call +442079460123 back.".into();
    for keys in ["y y", "w"] {
        let effects = press(&mut app, keys);
        let ([Effect::Copy(text)] | [Effect::Write { text, .. }]) = effects.as_slice() else { panic!() };
        assert!(text.contains("Call +44…23 back.") && !text.contains("2079460123"), "{keys}: {text}");
    }
}

#[test]
fn from_a_call_of_the_reports_one_goes_to_its_recording_and_its_events() {
    let mut app = on_ended(floor((80, 24)), "]");
    let id = app.model.report.cdrs.iter().find(|cdr| cdr.number == 4116).unwrap().id.clone();
    app.lists.get_mut(&List::CallReport).unwrap().selected = Some(id.clone());
    app.settle(NOW_MS);
    let Some((_, Command::Events { call: Some(call), .. })) = sent(&press(&mut app, "g e")) else {
        panic!("its events have left the board: {}", shown(&app))
    };
    assert_eq!(call, id);
    let event = EventView { call: Some(id.clone()), number: Some(4116), ..Default::default() };
    change(&mut app, Change::Event(event));
    press(&mut app, "g e");
    assert_eq!(app.lists[&List::Log].filter, "call:4116");
    press(&mut app, "7 ] ]");
    app.lists.get_mut(&List::CallReport).unwrap().selected = Some(id.clone());
    app.settle(NOW_MS);
    press(&mut app, "g r");
    assert_eq!(app.selected(List::Recordings), Some(id.as_str()));
}

#[test]
fn figures_are_those_that_came() {
    let app = on_reports(floor((200, 60)), "7");
    let today: FiguresView = figures(FiguresBy::Day).pop().unwrap();
    let rows = app.rows(List::QueueReport, NOW_MS);
    assert_eq!(rows.len(), today.queues.len() + 1, "each queue, and all");
    let support = rows.iter().find(|row| row.cells[1].text == "support").unwrap();
    let of = &today.queues["support"];
    assert_eq!(support.cells[2].text, of.offered.to_string());
    assert!(of.short_abandoned > 0);
    assert_eq!(support.cells[4].text, (of.abandoned - of.short_abandoned).to_string());
    assert_eq!(support.cells[5].text, of.short_abandoned.to_string());
    let parts = support.cells[3..9].iter().map(|cell| cell.text.parse::<u64>().unwrap());
    assert_eq!(parts.sum::<u64>(), of.offered, "who came adds up");
    let all = rows.last().unwrap();
    assert_eq!(
        (all.cells[1].text.as_str(), &all.cells[2].text),
        ("all", &today.all_queues.offered.to_string())
    );
    let agents = app.rows(List::AgentReport, NOW_MS);
    assert_eq!(agents.len(), today.agents.len());
    assert_eq!(agents[0].cells[1].text, "102 Ana");
}

#[test]
fn the_days_are_walked_and_end() {
    let mut app = on_reports(floor((80, 24)), "7");
    assert!(shown(&app).contains("3 Nov"), "{}", shown(&app));
    press(&mut app, ".");
    assert!(shown(&app).contains("the figures of eight days are kept"), "{}", shown(&app));
    app = on_reports(app, ", ,");
    assert!(shown(&app).contains("1 Nov"), "{}", shown(&app));
    app = on_reports(app, ". v");
    assert_eq!(app.model.report.interval, Interval::HalfHours);
    let text = shown(&app);
    assert!(text.contains("2 Nov") && text.contains("08:00"), "{text}");
    let total = app.rows(List::QueueReport, NOW_MS).pop().unwrap();
    assert_eq!((total.cells[0].text.as_str(), total.cells[1].text.as_str()), ("total", "all"));
    app = on_reports(app, "v");
    assert_eq!(app.rows(List::QueueReport, NOW_MS).len(), 8 * 4);
}

#[test]
fn a_report_is_written_where_one_says_as_csv_or_json() {
    let mut app = on_reports(floor((80, 24)), "7");
    assert_eq!(press(&mut app, "w"), []);
    assert!(shown(&app).contains("write to (.csv or .json): switchroom-queue-report-20251103-140327.csv"));
    let effects = press(&mut app, "enter");
    let [Effect::Write { name, text }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(name, "switchroom-queue-report-20251103-140327.csv");
    assert!(text.contains("\"support\""), "{text}");
    press(&mut app, "w ctrl-u");
    update(&mut app, Input::Paste("/tmp/figures.json\n".into()));
    let effects = press(&mut app, "enter");
    let [Effect::Write { name, text }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(name, "/tmp/figures.json");
    let spans: Vec<FiguresView> = serde_json::from_str(text).unwrap();
    assert_eq!(spans, figures(FiguresBy::Day).split_off(7), "what is shown, whole");
    update(&mut app, Input::Written(Err("File exists (os error 17)".into())));
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Wrong));
    assert!(shown(&app).contains("File exists"), "{}", shown(&app));
    assert_eq!(press(&mut app, "w esc"), []);
    assert!(app.overlay.is_none());
    assert_eq!(press(&mut app, "w ctrl-u enter"), [], "no name, no file");
}

#[test]
fn a_long_path_is_seen_to_its_end_and_bounded() {
    let mut app = on_reports(floor((60, 15)), "7");
    press(&mut app, "w ctrl-u");
    update(&mut app, Input::Paste(format!("/tmp/{}山田.csv", "long/".repeat(30))));
    assert!(shown(&app).contains("long/山田.csv"), "{}", shown(&app));
    for _ in 0..20 {
        update(&mut app, Input::Paste("x".repeat(500)));
    }
    let Some(Overlay::Path { input }) = &app.overlay else { panic!() };
    assert!(input.chars().count() <= 200, "{}", input.len());
}

#[test]
fn what_the_daemon_refuses_is_told() {
    let mut app = floor((80, 24));
    let (id, _) = sent(&press(&mut app, "7")).unwrap();
    let result = Err(CommandError::Failed { why: "the exchange is busy".into() });
    update(&mut app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result }))));
    assert!(shown(&app).contains("no figures: the exchange is busy"), "{}", shown(&app));
    assert!(shown(&app).contains("No figures: nobody called"), "{}", shown(&app));
}

#[test]
fn words_give_the_same_figures() {
    let mut app = floor((200, 60));
    with_role(&mut app, Role::Viewer);
    let (_, command) = sent(&say(&mut app, "figures 8")).unwrap();
    assert_eq!(command, Command::Figures { by: FiguresBy::Day, days: 8 });
    let lines = crate::update::shown_text(&app, &Answer::Figures(figures(FiguresBy::Day)), NOW_MS);
    assert_eq!(lines.iter().filter(|line| line.contains("support")).count(), 8);
    assert_eq!(lines.iter().filter(|line| line.contains("102 Ana")).count(), 8);
}

#[test]
fn reports_on_screen() {
    for size in [(52, 14), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let mut text = String::new();
        for (language, symbols) in [(Language::English, Symbols::Block), (Language::Chinese, Symbols::Ascii)]
        {
            for keys in ["7", "7 v", "7 ]", "7 v v"] {
                let mut app = App::new(settings(language, symbols, "auto"), size);
                play(&mut app, "office");
                crate::fixture::play_floor(&mut app);
                let app = on_reports(app, keys);
                let _ = writeln!(text, "== {} {symbols:?} {keys}\n{}", language.tag(), shown(&app));
            }
        }
        insta::assert_snapshot!(format!("reports_{}x{}", size.0, size.1), text);
    }
}
