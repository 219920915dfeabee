//! The console for scripts: print once, follow events, do one thing. Exit statuses are [`Exit`]'s.

use crate::app::App;
use crate::client::Client;
use crate::config::{Environment, Options, Settings};
use crate::error::{ConsoleError, Exit};
use crate::filter::{Fields, Filter, level_word};
use crate::format::clock_ms;
use crate::rows::{List, event_about};
use crate::run::now_ms;
use crate::theme::mark;
use crate::update::{Input, shown_text};
use crate::wall::Whereabouts;
use crate::{grammar, table, view};
use std::io::{self, Write};
use switchroom_wire::{
    Answer, Change, Command, EventView, FiguresBy, ServerLine, Severity, clean, escape_json, fit,
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
            out.write_all(tables.join("\r\n").as_bytes())
        }
        Format::Text => {
            if matches!(what, Once::All | Once::Wall) {
                let server_ms = app.server_ms(now_ms);
                if let Some((text, _)) =
                    crate::rows::waiting_summary(&app.model.board, server_ms, &app.settings.words)
                {
                    writeln!(out, "{text}")?;
                }
                writeln!(out, "{}", crate::rows::summary(&app.model.board, &app.settings.words))?;
                for alarm in crate::model::alarms(&app.model.board) {
                    writeln!(out, "{} {}", mark(alarm.severity), clean(&alarm.text))?;
                }
            }
            for (n, list) in lists(what).iter().enumerate() {
                if n > 0 || matches!(what, Once::All | Once::Wall) {
                    writeln!(out)?;
                }
                for line in table::lines(*list, &app.rows(*list, now_ms), app.form(now_ms)) {
                    writeln!(out, "{line}")?;
                }
            }
            if what == Once::Wall {
                wall_lines(app, now_ms).iter().try_for_each(|line| writeln!(out, "{line}"))?;
            }
            Ok(())
        }
    }
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
        lines.push(clean(format!("{title} {}", named.join("   ")).trim_end()).into_owned());
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

/// Follows the events of the daemon until the connection ends or `out` is closed. `filter` is as on the log screen.
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
        let Some(text) = tail_line(&app, &event, &filter, json) else { continue };
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

fn tail_line(app: &App, event: &EventView, filter: &Filter, json: bool) -> Option<String> {
    let form = app.form(now_ms());
    let about = event_about(event, form);
    let fields: Fields = vec![
        ("kind", event.kind.word().to_owned()),
        ("about", format!("{about} {}", event.subject)),
        ("text", event.text.clone()),
        ("call", event.number.map(|number| number.to_string()).unwrap_or_default()),
        ("name", event.name.clone()),
        ("level", level_word(event.severity).to_owned()),
    ];
    if !filter.matches(&fields) {
        return None;
    }
    if json {
        return serde_json::to_string(event).ok().map(|json| escape_json(&json));
    }
    let time = clock_ms(event.at_ms, form.utc_offset_min);
    let text =
        format!("{time} {:<2} {:<6} {about:<7} {}", mark(event.severity), event.kind.word(), event.text);
    Some(clean(&text).into_owned())
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
        shown_text(&app, &answer, now_ms())
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
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use switchroom_wire::{ClientLine, CommandError, Refuse, Reply, Request};

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
