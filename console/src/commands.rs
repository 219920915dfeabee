//! The console for scripts: print once, follow events, do one thing. Exit statuses are [`Exit`]'s.

use crate::app::App;
use crate::client::Client;
use crate::config::{Environment, Options, Settings};
use crate::error::{ConsoleError, Exit};
use crate::filter::Filter;
use crate::rows::{List, event_fields, tail_line};
use crate::run::now_ms;
use crate::theme::mark;
use crate::update::{Input, shown_text};
use crate::wall::Whereabouts;
use crate::{grammar, table, view};
use std::io::{self, Write};
use switchroom_wire::{
    Answer, Change, Command, EventView, FiguresBy, ServerLine, Severity, escape_json, fit,
};

/// What [`once`] prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// The wall: queues, figures of the day, where the agents are.
    Wall,
    /// The figures of queues and agents today.
    Reports,
    /// The queues, and who waits in them.
    Queues,
    /// The agents.
    Agents,
    /// The live calls.
    Calls,
    /// The extensions and where they are registered.
    Lines,
    /// Callers who gave up waiting and were not answered since.
    Missed,
    /// The latest recordings and messages.
    Recordings,
    /// Alarms and all of these.
    All,
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Text,
    /// The views of the control socket, one object.
    Json,
    /// Comma-separated, every field quoted; tables after each other are parted by an empty line.
    Csv,
}

/// Prints what a screen shows, once. With `fail_on`, the exit status is [`Exit::Threshold`] if something of that
/// severity or worse is in what was printed, for cron and monitoring.
///
/// # Errors
/// The daemon cannot be reached or refuses, an option is wrong, or `out` cannot be written.
pub fn once(
    options: &Options,
    what: Once,
    format: Format,
    fail_on: Option<Severity>,
    out: &mut dyn Write,
) -> Result<Exit, ConsoleError> {
    let settings = Settings::load(options, &Environment::of_process())?;
    let mut app = filled(options, settings)?;
    if what == Once::Reports {
        ask_reports(options, &mut app)?;
    }
    print_once(&app, what, format, now_ms(), out).map_err(ConsoleError::Terminal)?;
    let worst = worst(&app, what, now_ms());
    Ok(if fail_on.is_some_and(|limit| worst >= limit) { Exit::Threshold } else { Exit::Done })
}

/// A state with the daemon's board in it.
fn filled(options: &Options, settings: Settings) -> Result<App, ConsoleError> {
    let mut client = Client::subscribe(&options.socket, options.as_role)?;
    let mut app = App::new(settings, (80, 24));
    app.update(Input::Line(Box::new(ServerLine::Welcome(client.welcome().clone()))), now_ms());
    while !app.model.is_filled {
        let line = client.next_line()?;
        app.update(Input::Line(Box::new(line)), now_ms());
    }
    Ok(app)
}

/// Asks for what the board does not have.
fn ask_reports(options: &Options, app: &mut App) -> Result<(), ConsoleError> {
    let mut client = Client::connect(&options.socket, options.as_role)?;
    let command = Command::Figures { by: FiguresBy::Day, days: 1 };
    if let Answer::Figures(figures) = client.command(command)? {
        app.model.report.keep(FiguresBy::Day, figures);
    }
    Ok(())
}

fn lists(what: Once) -> &'static [List] {
    match what {
        Once::Wall => &[List::Queues],
        Once::Reports => &[List::QueueReport, List::AgentReport],
        Once::Queues => &[List::Queues, List::Waiting],
        Once::Agents => &[List::Agents],
        Once::Calls => &[List::Calls],
        Once::Lines => &[List::Lines],
        Once::Missed => &[List::Missed],
        Once::Recordings => &[List::Recordings],
        Once::All => &[
            List::Queues,
            List::Waiting,
            List::Agents,
            List::Calls,
            List::Missed,
            List::Lines,
            List::Recordings,
        ],
    }
}

fn print_once(app: &App, what: Once, format: Format, now_ms: i64, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => {
            writeln!(out, "{}", escape_json(&serde_json::to_string(&once_json(app, what))?))
        }
        Format::Csv => {
            let tables: Vec<String> =
                lists(what).iter().map(|list| table::csv(*list, &app.rows(*list, now_ms))).collect();
            out.write_all(app.form(now_ms).party().sentence(&tables.join("\r\n")).as_bytes())
        }
        Format::Text => {
            let form = app.form(now_ms);
            once_lines(app, what, now_ms).iter().try_for_each(|line| writeln!(out, "{}", form.out(line)))
        }
    }
}

/// What is printed for people.
fn once_lines(app: &App, what: Once, now_ms: i64) -> Vec<String> {
    let (board, words) = (&app.model.board, &app.settings.words);
    let is_of_all = matches!(what, Once::All | Once::Wall);
    let mut lines = Vec::new();
    if is_of_all {
        let waiting = crate::rows::waiting_summary(board, app.server_ms(now_ms), words);
        lines.extend(waiting.map(|(text, _)| text));
        lines.push(crate::rows::summary(board, words));
        let alarms = crate::model::alarms(board).into_iter();
        lines.extend(alarms.map(|alarm| format!("{} {}", mark(alarm.severity), alarm.text)));
    }
    for (n, list) in lists(what).iter().enumerate() {
        if n > 0 || is_of_all {
            lines.push(String::new());
        }
        lines.extend(table::lines(*list, &app.rows(*list, now_ms), app.form(now_ms)));
    }
    if what == Once::Wall {
        lines.extend(wall_lines(app, now_ms));
    }
    lines
}

/// The figures of the day, and where the agents are, a line a group.
fn wall_lines(app: &App, now_ms: i64) -> Vec<String> {
    let (words, server_ms) = (&app.settings.words, app.server_ms(now_ms));
    let mut lines = vec![String::new(), view::wall_today(app), String::new()];
    for group in Whereabouts::ALL {
        let all = crate::wall::agents(&app.model.board, group, server_ms);
        let named: Vec<String> =
            all.iter().map(|agent| view::agent_text(app, agent, group, server_ms)).collect();
        let title = fit(words.t(group.key()), 12);
        lines.push(format!("{title} {}", named.join("   ")).trim_end().to_owned());
    }
    lines
}

fn once_json(app: &App, what: Once) -> serde_json::Value {
    let board = &app.model.board;
    let calls: Vec<_> = board.calls.values().collect();
    let extensions: Vec<_> = board.extensions.values().collect();
    let queues: Vec<_> = board.queues.values().collect();
    let agents: Vec<_> = board.agents.values().collect();
    match what {
        Once::Wall => serde_json::json!({
            "alarms": board.alarms.values().collect::<Vec<_>>(),
            "queues": queues,
            "agents": agents,
        }),
        Once::Reports => serde_json::json!({ "figures": app.model.report.days }),
        Once::Queues => serde_json::json!({ "queues": queues }),
        Once::Agents => serde_json::json!({ "agents": agents }),
        Once::Calls => serde_json::json!({ "calls": calls }),
        Once::Lines => serde_json::json!({ "extensions": extensions }),
        Once::Missed => serde_json::json!({ "missed": board.missed }),
        Once::Recordings => {
            serde_json::json!({ "recordings": board.recordings, "messages": board.messages })
        }
        Once::All => serde_json::json!({
            "system": board.system,
            "alarms": board.alarms.values().collect::<Vec<_>>(),
            "queues": queues,
            "agents": agents,
            "calls": calls,
            "missed": board.missed,
            "extensions": extensions,
            "recordings": board.recordings,
            "messages": board.messages,
        }),
    }
}

/// The worst there is in what is printed; alarms of the whole daemon count for all of it.
fn worst(app: &App, what: Once, now_ms: i64) -> Severity {
    let rows = lists(what).iter().flat_map(|list| app.rows(*list, now_ms)).map(|row| row.severity);
    let alarms = app.model.board.alarms.values().filter(|alarm| what == Once::All || alarm.call.is_none());
    rows.chain(alarms.map(|alarm| alarm.severity)).max().unwrap_or_default()
}

/// Follows the events of the daemon until the connection ends or `out` is closed. `filter` is as on the log screen, and so are numbers that
/// the settings mask; as JSON an event is the daemon's own, as everywhere.
///
/// # Errors
/// The daemon cannot be reached, refuses or goes away; an option is wrong; `out` failed.
pub fn tail(options: &Options, json: bool, filter: &str, out: &mut dyn Write) -> Result<Exit, ConsoleError> {
    let settings = Settings::load(options, &Environment::of_process())?;
    let filter = known_filter(filter)?;
    let mut client = Client::subscribe(&options.socket, options.as_role)?;
    let mut app = App::new(settings, (80, 24));
    app.update(Input::Line(Box::new(ServerLine::Welcome(client.welcome().clone()))), now_ms());
    loop {
        let line = client.next_line()?;
        let ServerLine::Delta { change: Change::Event(event), .. } = line else { continue };
        let Some(text) = tailed(&app, &event, &filter, json) else { continue };
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Ok(()) => {}
            // `switchroom console tail | head` has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
            Err(error) => return Err(ConsoleError::Terminal(error)),
        }
    }
}

fn known_filter(text: &str) -> Result<Filter, ConsoleError> {
    let filter = Filter::new(text);
    match filter.unknown_field(List::Log.fields()) {
        None => Ok(filter),
        Some(field) => {
            let known = List::Log.fields().join(", ");
            Err(ConsoleError::Words(format!("there is no field \"{field}\" in the log; there are: {known}")))
        }
    }
}

fn tailed(app: &App, event: &EventView, filter: &Filter, json: bool) -> Option<String> {
    let form = app.form(now_ms());
    if !filter.matches(&event_fields(event, form)) {
        return None;
    }
    if json {
        return serde_json::to_string(event).ok().map(|json| escape_json(&json));
    }
    Some(tail_line(event, form))
}

/// Does one command, given in the words of the palette, and prints its answer.
///
/// # Errors
/// The words are no command, the daemon cannot be reached, or it refused or failed with a reason.
pub fn do_command(
    options: &Options,
    words: &str,
    json: bool,
    out: &mut dyn Write,
) -> Result<Exit, ConsoleError> {
    let settings = Settings::load(options, &Environment::of_process())?;
    if words.trim() == grammar::HELP {
        let all = grammar::FORMS.join("\n");
        writeln!(out, "{all}").map_err(ConsoleError::Terminal)?;
        return Ok(Exit::Done);
    }
    let command = grammar::parse(words).map_err(|error| ConsoleError::Words(error.text(&settings.words)))?;
    if options.read_only && command.role() > switchroom_wire::Role::Viewer {
        return Err(ConsoleError::Refused(
            "--read-only was given, and this command changes something".to_owned(),
        ));
    }
    let mut client = Client::connect(&options.socket, options.as_role)?;
    let answer = client.command(command)?;
    let mut app = App::new(settings, (80, 24));
    app.update(Input::Line(Box::new(ServerLine::Welcome(client.welcome().clone()))), now_ms());
    let lines = if json {
        let json = serde_json::to_string(&answer).map_err(|error| ConsoleError::Terminal(error.into()))?;
        vec![escape_json(&json)]
    } else {
        let form = app.form(now_ms());
        shown_text(&app, &answer, now_ms()).iter().map(|line| form.out(line)).collect()
    };
    for line in lines {
        writeln!(out, "{line}").map_err(ConsoleError::Terminal)?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::fixture;
    use crate::rows::{Sort, rows};
    use crate::symbols::Symbols;
    use crate::words::Language;
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use switchroom_wire::{AlarmView, Board, ClientLine, CommandError, Refuse, Reply, Request};

    fn printed(what: Once, format: Format) -> String {
        let app = fixture::office((80, 24));
        let mut out = Vec::new();
        print_once(&app, what, format, fixture::NOW_MS, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_aligned_text() {
        insta::assert_snapshot!("once_all", printed(Once::All, Format::Text));
    }

    #[test]
    fn prints_queues_and_agents() {
        let app = fixture::floor((80, 24));
        let mut text = Vec::new();
        for (what, format) in [
            (Once::Queues, Format::Text),
            (Once::Agents, Format::Text),
            (Once::Queues, Format::Csv),
            (Once::Agents, Format::Csv),
        ] {
            print_once(&app, what, format, fixture::NOW_MS, &mut text).unwrap();
            text.push(b'\n');
        }
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
        insta::assert_snapshot!("once_floor", text.replace('\r', ""));
        let mut json = Vec::new();
        print_once(&app, Once::Queues, Format::Json, fixture::NOW_MS, &mut json).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let queues: Vec<switchroom_wire::QueueView> =
            serde_json::from_value(value["queues"].clone()).unwrap();
        assert_eq!(queues, app.model.board.queues.values().cloned().collect::<Vec<_>>());
        assert_eq!(worst(&app, Once::Agents, fixture::NOW_MS), Severity::Crit);
    }

    #[test]
    fn prints_the_wall_and_the_reports() {
        let mut app = fixture::floor((80, 24));
        app.model.report.keep(FiguresBy::Day, fixture::figures(FiguresBy::Day));
        let mut text = Vec::new();
        for (what, format) in
            [(Once::Wall, Format::Text), (Once::Reports, Format::Text), (Once::Reports, Format::Csv)]
        {
            print_once(&app, what, format, fixture::NOW_MS, &mut text).unwrap();
            text.push(b'\n');
        }
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
        insta::assert_snapshot!("once_wall_and_reports", text.replace('\r', ""));
        let mut json = Vec::new();
        print_once(&app, Once::Reports, Format::Json, fixture::NOW_MS, &mut json).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let figures: Vec<switchroom_wire::FiguresView> =
            serde_json::from_value(value["figures"].clone()).unwrap();
        assert_eq!(figures, app.model.report.days);
    }

    #[test]
    fn prints_csv_that_no_spreadsheet_runs() {
        let text = printed(Once::Calls, Format::Csv);
        insta::assert_snapshot!("once_calls_csv", text.replace('\r', ""));
        assert!(!text.contains("\"+") && !text.contains("\"="));
    }

    /// An alarm and an event as the exchange writes them: with the number of who is not heard, or who called.
    fn heard(app: &mut App) -> EventView {
        let text = "call 4127: nothing is heard from +442079460123".to_owned();
        let alarm = AlarmView {
            id: "one_way:01JBS94127".into(),
            severity: Severity::Warn,
            text,
            ..Default::default()
        };
        app.model.board.apply(&Change::Alarm(alarm));
        let text = "+442079460123 calls 00351210000199".to_owned();
        EventView { number: Some(4127), subject: "+442079460123".into(), text, ..Default::default() }
    }

    #[test]
    fn what_is_printed_is_masked_as_what_is_drawn() {
        for is_masked in [false, true] {
            let mut app = fixture::floor((80, 24));
            let event = heard(&mut app);
            app.masked = is_masked;
            let mut out = Vec::new();
            for (what, format) in
                [(Once::All, Format::Text), (Once::Wall, Format::Text), (Once::All, Format::Csv)]
            {
                print_once(&app, what, format, fixture::NOW_MS, &mut out).unwrap();
            }
            let tailed = tailed(&app, &event, &Filter::default(), false).unwrap();
            let printed = String::from_utf8(out).unwrap() + &tailed;
            for number in ["+442079460123", "00351210000199"] {
                assert_eq!(printed.contains(number), !is_masked, "{number} in {printed}");
            }
            assert_eq!(printed.contains("+44…23"), is_masked, "{printed}");
        }
    }

    #[test]
    fn tail_filters_as_the_log_screen_does() {
        for language in [Language::English, Language::Chinese] {
            let mut app = App::new(fixture::settings(language, Symbols::Block, "auto"), (80, 24));
            let event = heard(&mut app);
            let kind = app.settings.words.t("kind.call").to_owned();
            for is_masked in [false, true] {
                app.masked = is_masked;
                let tries = ["kind:call", &format!("kind:{kind}"), "about:+442079460123", "calls", "name:x"];
                for words in tries {
                    let filter = Filter::new(words);
                    let board = Board { events: vec![event.clone()], ..Board::default() };
                    let form = app.form(fixture::NOW_MS);
                    let shown = rows(List::Log, &app.model, &board, form, &filter, Sort::default());
                    let tailed = tailed(&app, &event, &filter, false);
                    assert_eq!(tailed.is_some(), !shown.is_empty(), "{words}, masked {is_masked}");
                }
            }
        }
    }

    #[test]
    fn json_is_the_wire_s_own() {
        let value: serde_json::Value = serde_json::from_str(&printed(Once::All, Format::Json)).unwrap();
        let calls: Vec<switchroom_wire::CallView> = serde_json::from_value(value["calls"].clone()).unwrap();
        assert_eq!(calls.len(), fixture::office((80, 24)).model.board.calls.len());
        assert!(value["alarms"].is_array() && value["system"].is_object());
    }

    /// A daemon for one client: answers the hello, then plays what it is given.
    fn daemon(
        play: impl FnOnce(BufReader<std::os::unix::net::UnixStream>) + Send + 'static,
    ) -> (Options, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let socket: PathBuf = directory.path().join("console.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            let mut hello = String::new();
            reader.read_line(&mut hello).unwrap();
            play(reader);
        });
        let options = Options { socket, config: None, lang: Some("en".into()), ..Default::default() };
        (options, directory)
    }

    fn say(reader: &mut BufReader<std::os::unix::net::UnixStream>, line: &ServerLine) {
        writeln!(reader.get_mut(), "{}", serde_json::to_string(line).unwrap()).unwrap();
    }

    fn one_reply(result: Result<Answer, CommandError>) -> (Options, tempfile::TempDir) {
        daemon(move |mut reader| {
            say(&mut reader, &fixture::lines("office")[0]);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let ClientLine::Command(Request { id, command }) = serde_json::from_str(&line).unwrap() else {
                panic!()
            };
            assert_eq!(command, Command::HangUp { call: "4127".into() });
            // Something else on the wire is not taken for the answer.
            say(&mut reader, &ServerLine::Alive { seq: 0, at_ms: 0, utc_offset_min: None });
            say(&mut reader, &ServerLine::Reply(Reply { id, result }));
        })
    }

    #[test]
    fn do_prints_the_answer_or_fails_with_the_reason() {
        let (options, _dir) = one_reply(Ok(Answer::Done("4127 ended".into())));
        let mut out = Vec::new();
        assert_eq!(do_command(&options, "hang up 4127", false, &mut out).unwrap(), Exit::Done);
        assert_eq!(out, b"4127 ended\n");
        let (options, _dir) = one_reply(Err(CommandError::Refused { why: "viewer may not".into() }));
        let error = do_command(&options, "hang up 4127", false, &mut Vec::new()).unwrap_err();
        assert_eq!(
            (error.exit().code(), error.to_string().as_str()),
            (4, "the daemon refused: viewer may not")
        );
    }

    #[test]
    fn exit_codes_tell_what_was_wrong() {
        let nobody = Options { socket: "/nonexistent/console.sock".into(), ..Default::default() };
        let mut out = Vec::new();
        assert_eq!(do_command(&nobody, "status", false, &mut out).unwrap_err().exit().code(), 3);
        assert_eq!(do_command(&nobody, "sing", false, &mut out).unwrap_err().exit().code(), 2);
        assert_eq!(tail(&nobody, false, "qeue:x", &mut out).unwrap_err().exit().code(), 2);
        let (options, _dir) = daemon(|mut reader| {
            let refuse = Refuse { reason: "too old".into(), proto_min: 2, proto_max: 2 };
            say(&mut reader, &ServerLine::Refuse(refuse));
        });
        assert_eq!(do_command(&options, "status", false, &mut out).unwrap_err().exit().code(), 5);
        let read_only = Options { read_only: true, ..nobody };
        assert_eq!(do_command(&read_only, "reload", false, &mut out).unwrap_err().exit().code(), 4);
    }

    #[test]
    fn once_fails_on_what_it_was_told_to() {
        for (limit, want) in [(None, Exit::Done), (Some(Severity::Warn), Exit::Threshold)] {
            let (options, _dir) = daemon(|mut reader| {
                for line in fixture::lines("office") {
                    say(&mut reader, &line);
                }
            });
            assert_eq!(once(&options, Once::Calls, Format::Text, limit, &mut Vec::new()).unwrap(), want);
        }
    }

    #[test]
    fn tail_filters_and_ends_with_the_connection() {
        let (options, _dir) = daemon(|mut reader| {
            for line in fixture::lines("office") {
                say(&mut reader, &line);
            }
        });
        let mut out = Vec::new();
        let error = tail(&options, false, "level:warn", &mut out).unwrap_err();
        assert_eq!(error.exit(), Exit::CannotConnect);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.is_empty() && text.lines().all(|line| line.contains('!')), "{text}");
    }
}
