//! `switchroom console`: hands the command line to the console, which does the rest.

use super::{Failure, Outcome};
use crate::cli::{Color, ConsoleArgs, ConsoleCommand, ConsoleLook, Level, OnceView, RoleName};
use crate::config;
use std::io::{ErrorKind, Write};
use switchroom_console::{ConsoleError, Exit, Format, Once, Options};
use switchroom_wire::{Role, Severity};

/// Does it.
pub(super) fn run(args: &ConsoleArgs, color: Color, out: &mut dyn Write) -> Outcome {
    let options = options(&args.look, color);
    let exit = match &args.command {
        None if args.plain => switchroom_console::plain(options),
        None => switchroom_console::run(options),
        // Whoever passes by shall learn nothing that a viewer does not see, and do nothing.
        Some(ConsoleCommand::Wall { rotate }) => {
            let viewer = options.as_role.or(Some(Role::Viewer));
            switchroom_console::run(Options { wall: true, rotate_s: *rotate, as_role: viewer, ..options })
        }
        Some(ConsoleCommand::Desk { agent }) => {
            switchroom_console::run(Options { desk: Some(agent.clone()), ..options })
        }
        Some(ConsoleCommand::Once { view, json, csv, fail_on }) => {
            let format = match (json, csv) {
                (true, _) => Format::Json,
                (false, true) => Format::Csv,
                (false, false) => Format::Text,
            };
            switchroom_console::once(&options, once(*view), format, fail_on.map(severity), out)
        }
        Some(ConsoleCommand::Tail { filter, json }) => {
            switchroom_console::tail(&options, *json, &filter.join(" "), out)
        }
        Some(ConsoleCommand::Do { words, json }) => {
            switchroom_console::do_command(&options, &words.join(" "), *json, out)
        }
    };
    exit.map(Exit::code).map_err(failure)
}

/// A console's error as ours; a reader who left is none.
fn failure(error: ConsoleError) -> Failure {
    match error {
        ConsoleError::Terminal(io) if io.kind() == ErrorKind::BrokenPipe => Failure::Unread,
        other => Failure::Told { what: other.to_string(), hint: None, code: other.exit().code() },
    }
}

fn options(look: &ConsoleLook, color: Color) -> Options {
    let mono = (color == Color::Never).then(|| "mono".to_owned());
    Options {
        socket: config::client_socket(look.socket.as_deref(), None),
        lang: look.lang.clone(),
        theme: look.theme.clone().or(mono),
        symbols: look.symbols.clone(),
        read_only: look.read_only,
        as_role: look.as_role.map(role),
        slow: look.slow,
        config: look.settings.clone(),
        ..Options::default()
    }
}

fn role(name: RoleName) -> Role {
    match name {
        RoleName::Viewer => Role::Viewer,
        RoleName::Agent => Role::Agent,
        RoleName::Supervisor => Role::Supervisor,
        RoleName::Admin => Role::Admin,
    }
}

fn once(view: OnceView) -> Once {
    match view {
        OnceView::Wall => Once::Wall,
        OnceView::Reports => Once::Reports,
        OnceView::Queues => Once::Queues,
        OnceView::Agents => Once::Agents,
        OnceView::Calls => Once::Calls,
        OnceView::Missed => Once::Missed,
        OnceView::Lines => Once::Lines,
        OnceView::Recordings => Once::Recordings,
        OnceView::All => Once::All,
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Warn => Severity::Warn,
        Level::Crit => Severity::Crit,
    }
}
