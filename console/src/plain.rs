//! The console as lines: for screen readers, pipes and slow lines. No cursor is moved and no clock ticks.
//!
//! It says how the floor stands once, then only what is worth hearing, and takes the palette's commands.

use crate::app::{App, LinkState};
use crate::client::Client;
use crate::config::{Environment, Options, Settings};
use crate::error::{ConsoleError, Exit};
use crate::link::{Link, LinkCommand, LinkEvent, QUEUE};
use crate::rows::{spoken_line, summary, waiting_summary};
use crate::run::{now_ms, runtime};
use crate::theme::mark;
use crate::update::{Input, shown_text};
use crate::{grammar, model};
use std::collections::BTreeMap;
use std::io::{self, Write};
use switchroom_wire::{
    Change, ClientLine, CommandError, EventKind, EventView, Reply, Request, ServerLine, Severity,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;

/// Runs the line-mode console on standard input and output. The end of input leaves it, once answers have come.
///
/// # Errors
/// The daemon cannot be reached at the start, or an option or the settings file is wrong.
pub fn plain(options: Options) -> Result<Exit, ConsoleError> {
    let settings = Settings::load(&options, &Environment::of_process())?;
    drop(Client::connect(&options.socket, options.as_role)?);
    let runtime = runtime()?;
    let result = runtime.block_on(plain_loop(&options, settings));
    // A read of standard input cannot be interrupted; it is left behind.
    runtime.shutdown_background();
    if let Some(note) = &options.on_quit_note {
        let _ = writeln!(io::stdout(), "{note}");
    }
    result
}

async fn plain_loop(options: &Options, settings: Settings) -> Result<Exit, ConsoleError> {
    let (commands, command_rx) = mpsc::channel(QUEUE);
    let (event_tx, mut events) = mpsc::channel(QUEUE);
    tokio::spawn(Link::new(options.socket.clone(), options.as_role).run(command_rx, event_tx));
    let mut plain = Plain::new(App::new(settings, (80, 24)));
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let mut has_input = true;
    while has_input || !plain.asked.is_empty() {
        tokio::select! {
            event = events.recv() => match event {
                Some(LinkEvent::Line(line)) => plain.on_line(&line),
                Some(LinkEvent::Down { error, .. }) => plain.on_down(&error.to_string()),
                None => break,
            },
            line = input.next_line(), if has_input && plain.is_ready() => match line {
                Ok(Some(line)) if matches!(line.trim(), "quit" | "q" | "exit") => has_input = false,
                Ok(Some(line)) => {
                    if let Some(request) = plain.on_words(&line) {
                        let _ = commands.send(LinkCommand::Send(ClientLine::Command(request))).await;
                    }
                }
                Ok(None) | Err(_) => has_input = false,
            },
        }
        let mut out = io::stdout().lock();
        for line in plain.said.drain(..) {
            writeln!(out, "{line}").map_err(ConsoleError::Terminal)?;
        }
        out.flush().map_err(ConsoleError::Terminal)?;
    }
    Ok(Exit::Done)
}

/// The state of the line-mode console: what it will say next.
struct Plain {
    app: App,
    said: Vec<String>,
    asked: BTreeMap<u64, String>,
    next_id: u64,
    was_down: bool,
}

impl Plain {
    fn new(app: App) -> Self {
        Self { app, said: Vec::new(), asked: BTreeMap::new(), next_id: 1, was_down: false }
    }

    /// Whether the board is here: commands before it would be answered into nothing.
    fn is_ready(&self) -> bool {
        self.app.model.is_filled
    }

    fn on_line(&mut self, line: &ServerLine) {
        let now = now_ms();
        let first = !self.app.model.is_filled;
        // The notes that a screen would show as toasts come as events too; the bell is for screens.
        let _ = self.app.update(Input::Line(Box::new(line.clone())), now);
        match line {
            ServerLine::Snapshot { .. } if first || self.was_down => self.say_summary(),
            ServerLine::Delta { change: Change::Event(event), .. } if is_worth_hearing(event) => {
                let text = spoken_line(event, self.app.form(now));
                self.say([text]);
            }
            ServerLine::Reply(reply) => self.say_reply(reply),
            _ => {}
        }
    }

    fn on_down(&mut self, why: &str) {
        let down = Input::Down { why: why.to_owned(), next_try_ms: None };
        let _ = self.app.update(down, now_ms());
        if !std::mem::replace(&mut self.was_down, true) {
            self.say([format!("! {why}")]);
        }
        let lost = std::mem::take(&mut self.asked).into_values();
        let lost: Vec<String> =
            lost.map(|words| self.app.settings.words.f("toast.lost", &[("verb", &words)])).collect();
        self.say(lost);
    }

    fn say_summary(&mut self) {
        self.was_down = false;
        let words = &self.app.settings.words;
        let server_ms = self.app.server_ms(now_ms());
        let waiting = waiting_summary(&self.app.model.board, server_ms, words).map(|(text, _)| text);
        let mut lines: Vec<String> = waiting.into_iter().collect();
        lines.push(summary(&self.app.model.board, words));
        let alarms = model::alarms(&self.app.model.board);
        lines.extend(alarms.into_iter().map(|alarm| format!("{} {}", mark(alarm.severity), alarm.text)));
        self.say(lines);
    }

    fn on_words(&mut self, words: &str) -> Option<Request> {
        if words.trim().is_empty() {
            return None;
        }
        if matches!(self.app.link, LinkState::Down { .. }) {
            self.say([self.app.settings.words.t("refused.disconnected").to_owned()]);
            return None;
        }
        if words.trim() == grammar::HELP {
            self.say(grammar::FORMS.iter().map(|form| (*form).to_owned()));
            return None;
        }
        let command = match grammar::parse(words) {
            Ok(command) => command,
            Err(error) => {
                self.say([error.text(&self.app.settings.words)]);
                return None;
            }
        };
        if let Some(why) = self.app.command_refusal(&command) {
            self.say([why]);
            return None;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.asked.insert(id, words.trim().to_owned());
        Some(Request { id, command })
    }

    fn say_reply(&mut self, reply: &Reply) {
        let Some(asked) = self.asked.remove(&reply.id) else { return };
        let words = &self.app.settings.words;
        let lines = match &reply.result {
            Ok(answer) => shown_text(&self.app, answer, now_ms()),
            Err(CommandError::Refused { why } | CommandError::NeedsPhone { why }) => {
                vec![words.f("toast.refused", &[("verb", &asked), ("why", why)])]
            }
            Err(CommandError::Failed { why }) => {
                vec![words.f("toast.failed", &[("verb", &asked), ("why", why)])]
            }
        };
        self.say(lines);
    }

    /// All that is said goes through here: whatever is in it, it steers no terminal and is masked where numbers are.
    fn say(&mut self, lines: impl IntoIterator<Item = String>) {
        let form = self.app.form(now_ms());
        for text in lines {
            self.said.extend(text.split('\n').map(|line| form.out(line)));
        }
    }
}

/// Calls, troubles and what users did; not every re-registration of every phone.
fn is_worth_hearing(event: &EventView) -> bool {
    event.severity > Severity::Info || matches!(event.kind, EventKind::Call | EventKind::Audit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::fixture;
    use switchroom_wire::{AlarmView, Answer, Command, clean};

    fn office() -> Plain {
        let mut plain = Plain::new(fixture::app((80, 24)));
        for line in fixture::lines("office") {
            plain.on_line(&line);
        }
        plain
    }

    #[test]
    fn says_the_summary_once_and_then_what_happens() {
        let plain = office();
        insta::assert_snapshot!("plain", plain.said.join("\n"));
        assert!(plain.said.iter().all(|line| clean(line) == *line));
    }

    #[test]
    fn knows_queues_and_agents() {
        let mut plain = Plain::new(fixture::floor((80, 24)));
        // Its clock against ours, which is years later.
        let seq = plain.app.model.seq;
        plain.on_line(&ServerLine::Alive { seq, at_ms: fixture::NOW_MS, utc_offset_min: None });
        plain.say_summary();
        assert_eq!(plain.said.first().map(String::as_str), Some("5 waiting, longest 1:42 !!"));
        for (words, want) in [("queues", Command::Queues), ("agents", Command::Agents)] {
            assert_eq!(plain.on_words(words).map(|request| request.command), Some(want));
        }
        let queues = plain.app.model.board.queues.values().cloned().collect();
        plain.said.clear();
        plain.on_line(&ServerLine::Reply(Reply { id: 1, result: Ok(Answer::Queues(queues)) }));
        assert!(plain.said.iter().any(|line| line.starts_with("support")), "{:?}", plain.said);
        assert!(plain.said.iter().all(|line| clean(line) == *line));
        let Some(Request { command: Command::AgentPresence { reason, .. }, .. }) =
            plain.on_words("break 102 long lunch")
        else {
            panic!()
        };
        assert_eq!(reason.as_deref(), Some("long lunch"));
    }

    #[test]
    fn numbers_are_masked_in_all_that_is_said() {
        let text = "call 4127: nothing is heard from +442079460123".to_owned();
        for is_masked in [false, true] {
            let mut plain = office();
            plain.app.masked = is_masked;
            plain.said.clear();
            let says = |plain: &mut Plain, what: &str| {
                let said = plain.said.drain(..).collect::<Vec<_>>().join("\n");
                assert_eq!(said.contains("+442079460123"), !is_masked, "{what}: {said}");
                assert_eq!(said.contains("+44…23"), is_masked, "{what}: {said}");
            };
            let seq = plain.app.model.seq + 1;
            let event = EventView { severity: Severity::Warn, text: text.clone(), ..Default::default() };
            let change = Change::Event(event);
            plain.on_line(&ServerLine::Delta { seq, at_ms: fixture::NOW_MS, change });
            says(&mut plain, "an event");
            let alarm = AlarmView {
                id: "one_way:01JBS94127".into(),
                severity: Severity::Warn,
                text: text.clone(),
                ..Default::default()
            };
            plain.app.model.board.apply(&Change::Alarm(alarm));
            plain.say_summary();
            says(&mut plain, "an alarm");
            for result in [Ok(Answer::Done(text.clone())), Err(CommandError::Refused { why: text.clone() })] {
                let id = plain.on_words("hang up 4127").unwrap().id;
                plain.on_line(&ServerLine::Reply(Reply { id, result }));
                says(&mut plain, "a reply");
            }
        }
    }

    #[test]
    fn takes_the_words_of_the_palette() {
        let mut plain = office();
        let request = plain.on_words("hang up 4127").unwrap();
        assert_eq!(request.command, Command::HangUp { call: "4127".into() });
        plain.said.clear();
        let result = Ok(Answer::Done("4127 ended".into()));
        plain.on_line(&ServerLine::Reply(Reply { id: request.id, result }));
        assert_eq!(plain.said, ["4127 ended"]);
        assert!(plain.on_words("sing").is_none());
        assert!(plain.said.iter().any(|line| line.contains("is not a command")));
    }

    #[test]
    fn what_a_daemon_says_steers_no_terminal() {
        let mut plain = office();
        let hostile = "no\u{9b}2J\u{202e}";
        for error in [
            CommandError::Refused { why: hostile.into() },
            CommandError::NeedsPhone { why: hostile.into() },
            CommandError::Failed { why: hostile.into() },
        ] {
            let id = plain.on_words("hang up 4127").unwrap().id;
            plain.said.clear();
            plain.on_line(&ServerLine::Reply(Reply { id, result: Err(error) }));
            assert!(plain.said[0].contains("no\u{fffd}2J\u{fffd}"), "{:?}", plain.said);
        }
        plain.said.clear();
        plain.on_down(hostile);
        assert_eq!(plain.said[0], "! no\u{fffd}2J\u{fffd}");
    }

    #[test]
    fn an_answer_that_cannot_come_any_more_is_told() {
        let mut plain = office();
        plain.on_words("hang up 4127").unwrap();
        plain.said.clear();
        plain.on_down("gone");
        assert_eq!(plain.said.len(), 2);
        assert!(plain.asked.is_empty());
    }
}
