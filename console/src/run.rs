//! The full-screen console: the loop that waits for keys, lines and time, and does what the state asks for.

use crate::app::{App, Effect};
use crate::canvas::Canvas;
use crate::config::{Environment, Options, Settings};
use crate::editor::{self, Unread};
use crate::error::{ConsoleError, Exit};
use crate::format::whole;
use crate::keymap::Key;
use crate::link::{Link, LinkCommand, LinkEvent, QUEUE};
use crate::own;
use crate::update::Input;
use crate::view;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event, EventStream, KeyEventKind};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use futures_util::{FutureExt as _, StreamExt as _};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use switchroom_wire::{Hushed, ServerLine};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// At most ten frames a second,
const FRAME: Duration = Duration::from_millis(100);

/// but what a key did is shown at once: of keys that come faster than frames are made, half of the time is for frames.
const FRAME_OF_KEY: Duration = Duration::from_millis(2);

/// With `--slow`, one frame a second, whatever happens.
const FRAME_SLOW: Duration = Duration::from_secs(1);

/// Lines that wait for a frame at most.
const TOLD_MAX: usize = 1_000;

/// The heartbeat: timers on screen move once a second.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Runs the console on the whole terminal; line by line if there is none.
///
/// # Errors
/// The daemon cannot be reached at the start, an option or the settings file is wrong, or the terminal failed.
/// [`ConsoleError::exit`] gives the exit status.
pub fn run(options: Options) -> Result<Exit, ConsoleError> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return crate::plain::plain(options);
    }
    let settings = Settings::load(&options, &Environment::of_process())?;
    // A first connection that fails is told on the plain terminal, where it can be read and copied.
    drop(crate::Client::connect(&options.socket, options.as_role)?);
    let runtime = runtime()?;
    let guard = Guard::enter().map_err(ConsoleError::Terminal)?;
    let result = runtime.block_on(screen_loop(&options, settings));
    runtime.shutdown_background();
    drop(guard);
    if let Some(note) = &options.on_quit_note {
        let _ = writeln!(io::stdout(), "{note}");
    }
    result
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, ConsoleError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ConsoleError::Terminal)
}

/// Our wall clock, Unix milliseconds: the only place of the console that asks for it.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    whole(since.as_millis())
}

/// The terminal in raw mode on its other screen, and back when dropped or when something panics.
struct Guard;

impl Guard {
    fn enter() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        let guard = Self;
        prepare()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn prepare() -> io::Result<()> {
    enable_raw_mode()?;
    crossterm::execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

fn restore() {
    // Each on its own: one that fails must not keep the others from being done.
    let _ = crossterm::execute!(io::stdout(), DisableBracketedPaste);
    let _ = crossterm::execute!(io::stdout(), LeaveAlternateScreen, crossterm::cursor::Show);
    let _ = disable_raw_mode();
}

/// When the next frame is drawn.
struct Beat {
    is_slow: bool,
    drawn: Instant,
    /// How long that took.
    cost: Duration,
    /// Something may have changed since.
    is_dirty: bool,
    /// A key was pressed since.
    is_asked: bool,
}

impl Beat {
    /// Not before this; not at all while nothing changed.
    fn due(&self) -> Option<Instant> {
        let frame = match (self.is_slow, self.is_asked) {
            (true, _) => FRAME_SLOW,
            (false, true) => FRAME_OF_KEY.max(self.cost).min(FRAME),
            (false, false) => FRAME,
        };
        self.is_dirty.then(|| self.drawn + frame)
    }

    fn drew(&mut self, begun: Instant, now: Instant) {
        (self.drawn, self.cost) = (now, now.saturating_duration_since(begun));
        (self.is_dirty, self.is_asked) = (false, false);
    }
}

struct Screen {
    app: App,
    canvas: Canvas<Stdout>,
    commands: mpsc::Sender<LinkCommand>,
    title: String,
    /// What the daemon told since the last frame. On a large floor it takes as long to work out what one line means for the screen
    /// as what a hundred do.
    told: Vec<ServerLine>,
    quits: bool,
    suspends: bool,
    /// A flow to be edited: its name, what its copy is called, and its text.
    edits: Option<(String, String, Hushed)>,
    /// The terminal is somebody else's.
    is_away: bool,
}

async fn screen_loop(options: &Options, settings: Settings) -> Result<Exit, ConsoleError> {
    let (commands, command_rx) = mpsc::channel(QUEUE);
    let (event_tx, mut events) = mpsc::channel(QUEUE);
    tokio::spawn(Link::new(options.socket.clone(), options.as_role).run(command_rx, event_tx));
    let size = crossterm::terminal::size().map_err(ConsoleError::Terminal)?;
    let is_slow = settings.slow;
    let mut screen = Screen {
        app: App::new(settings, size),
        canvas: Canvas::new(io::stdout()),
        commands,
        title: String::new(),
        told: Vec::new(),
        quits: false,
        suspends: false,
        edits: None,
        is_away: false,
    };
    let mut keys = EventStream::new();
    // Once there is such a stream nothing else ends us: there is one from the start to the end.
    let mut interrupts = signal(SignalKind::interrupt()).map_err(ConsoleError::Terminal)?;
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let (drawn, cost) = (Instant::now() - FRAME_SLOW, Duration::ZERO);
    let mut beat = Beat { is_slow, drawn, cost, is_dirty: true, is_asked: false };
    while !screen.quits {
        if beat.due().is_some_and(|due| due <= Instant::now()) {
            let begun = Instant::now();
            screen.take_told();
            screen.draw().map_err(ConsoleError::Terminal)?;
            beat.drew(begun, Instant::now());
        }
        let wake = screen.wake_after(beat.due());
        tokio::select! {
            event = keys.next() => match event {
                Some(Ok(event)) => {
                    screen.on_event(event);
                    beat.is_asked = true;
                }
                Some(Err(error)) => return Err(ConsoleError::Terminal(error)),
                // The terminal is gone.
                None => break,
            },
            event = events.recv() => match event {
                Some(event) => screen.on_link(event),
                None => break,
            },
            Some(()) = interrupts.recv() => screen.quits = true,
            _ = heartbeat.tick() => screen.update(Input::Tick),
            () = tokio::time::sleep_until(wake) => {
                // What a frame shows was worked out when it came, or is before it is drawn.
                if beat.due().is_none_or(|due| due > Instant::now()) {
                    screen.update(Input::Tick);
                }
            }
        }
        // Whatever else has come is folded in before anything is drawn: no backlog is ever shown.
        while let Ok(event) = events.try_recv() {
            screen.on_link(event);
        }
        if screen.suspends {
            screen.suspend().map_err(ConsoleError::Terminal)?;
            keys = EventStream::new();
        }
        if let Some((flow, name, text)) = screen.edits.take() {
            // Whoever reads keys meanwhile takes them from the editor.
            drop(keys);
            screen.is_away = true;
            let text = screen.edit(&name, &text, &mut events, &mut interrupts).await;
            screen.is_away = false;
            prepare().map_err(ConsoleError::Terminal)?;
            keys = EventStream::new();
            screen.came_back();
            screen.update(Input::Edited { flow, text });
        }
        beat.is_dirty = true;
    }
    Ok(Exit::Done)
}

impl Screen {
    fn update(&mut self, input: Input) {
        for effect in self.app.update(input, now_ms()) {
            self.perform(effect);
        }
    }

    fn on_event(&mut self, event: Event) {
        // A key is about what is known by now.
        self.take_told();
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                if let Some(key) = Key::from_event(&key) {
                    self.update(Input::Key(key));
                }
            }
            Event::Paste(text) => self.update(Input::Paste(text)),
            Event::Resize(width, height) => self.update(Input::Resize(width, height)),
            _ => {}
        }
    }

    fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Line(line) => {
                self.told.push(*line);
                if self.told.len() >= TOLD_MAX {
                    self.take_told();
                }
            }
            LinkEvent::Down { error, next_try } => {
                self.take_told();
                let next_try_ms =
                    next_try.map(|delay| now_ms() + i64::try_from(delay.as_millis()).unwrap_or(0));
                self.update(Input::Down { why: error.to_string(), next_try_ms });
            }
        }
    }

    fn take_told(&mut self) {
        if !self.told.is_empty() {
            let lines = std::mem::take(&mut self.told);
            self.update(Input::Lines(lines));
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send(line) => {
                // A full queue means a daemon that does not read; the answer that never comes is told as such.
                let _ = self.commands.try_send(LinkCommand::Send(line));
            }
            Effect::Reconnect { fresh } => {
                let _ = self.commands.try_send(LinkCommand::Reconnect { fresh });
            }
            Effect::Quit => self.quits = true,
            Effect::Suspend => self.suspends = true,
            Effect::Redraw => self.canvas.invalidate(),
            // In an editor it would be the editor's.
            Effect::Bell if self.is_away => {}
            Effect::Bell => {
                let _ = self.canvas.writer().write_all(b"\x07");
            }
            Effect::Copy(text) => {
                let in_tmux = std::env::var_os("TMUX").is_some_and(|tmux| !tmux.is_empty());
                let _ = self.canvas.writer().write_all(clipboard(&text, in_tmux).as_bytes());
            }
            Effect::Edit { flow, name, text } => self.edits = Some((flow, name, text)),
            Effect::Keep { name, value } => {
                let path = self.app.settings.path.clone();
                let kept = own::keep(&path, &name, &value).map_err(|error| error.to_string());
                self.update(Input::Kept(kept.map(|()| path.display().to_string())));
            }
            Effect::PutAside { flow, name, text } => {
                let file = put_aside(&name, &text).map_err(|error| error.to_string());
                self.update(Input::PutAside { flow, file });
            }
            Effect::Write { name, text } => {
                let written =
                    write_new(Path::new(&name), &text, 0o666).map_err(|error| format!("{name}: {error}"));
                self.update(Input::Written(written.map(|()| name)));
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (width, height) = self.app.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let cursor = view::draw(&self.app, now_ms(), &mut buffer);
        self.canvas.show(buffer, cursor)?;
        self.app.saw();
        let title = self.app.title();
        if title != self.title {
            crossterm::execute!(self.canvas.writer(), SetTitle(switchroom_wire::clean(&title)))?;
            self.title = title;
        }
        self.canvas.writer().flush()
    }

    /// When to wake by ourselves: for a frame that waits, or for something that changes by time.
    fn wake_after(&self, frame: Option<Instant>) -> Instant {
        let far = Instant::now() + Duration::from_secs(3_600);
        let timed = self.app.wakes_at().map(|at| {
            // Never at once: what is due was done, or waits for the next heartbeat.
            let wait = (at - now_ms()).clamp(20, 60_000);
            Instant::now() + Duration::from_millis(wait.unsigned_abs())
        });
        [frame, timed].into_iter().flatten().min().unwrap_or(far)
    }

    /// Gives the terminal back and stops, as the shell's job control expects.
    fn suspend(&mut self) -> io::Result<()> {
        self.suspends = false;
        restore();
        stop_ourselves()?;
        prepare()?;
        self.came_back();
        Ok(())
    }

    /// The terminal is ours again, as large as it is now, and nothing of us is on it.
    fn came_back(&mut self) {
        self.canvas.invalidate();
        self.title.clear();
        if let Ok((width, height)) = crossterm::terminal::size() {
            self.update(Input::Resize(width, height));
        }
    }

    /// Gives the terminal to the user's editor. What the daemon says meanwhile is taken and not drawn.
    async fn edit(
        &mut self,
        name: &str,
        text: &Hushed,
        events: &mut mpsc::Receiver<LinkEvent>,
        interrupts: &mut Signal,
    ) -> Result<Hushed, Unread> {
        let copy = editor::Copy::of(name, &text.0)?;
        let command = editor::chosen(|name| std::env::var(name).ok());
        restore();
        let mut child = editor::open(&command, copy.path())?;
        let ended = loop {
            tokio::select! {
                status = child.wait() => break status.map_err(|error| error.to_string()),
                Some(event) = events.recv() => self.on_link(event),
                // In an editor Ctrl-C is a key, or ends what runs in it, and not us.
                Some(()) = interrupts.recv() => {}
            }
        };
        while interrupts.recv().now_or_never().is_some() {}
        let is_done =
            |status: ExitStatus| status.success().then_some(()).ok_or(format!("{command}: {status}"));
        copy.taken(ended.and_then(is_done))
    }
}

/// Stops the process group until the shell continues it.
fn stop_ourselves() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::TSTP).map_err(io::Error::from)
}

/// Writes a file that was not there before, for whom that mode lets read it.
fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = std::fs::File::options().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

/// Writes what was made of a flow where the console was started, or where everybody may write; says where. Nobody else reads it.
fn put_aside(name: &str, text: &Hushed) -> io::Result<String> {
    let here = PathBuf::from(name);
    let path = match write_new(&here, &text.0, 0o600) {
        Ok(()) => here,
        Err(_) => {
            let there = std::env::temp_dir().join(name);
            write_new(&there, &text.0, 0o600)?;
            there
        }
    };
    Ok(path.display().to_string())
}

/// The sequence that puts a text into the clipboard of whoever holds the terminal (OSC 52), through SSH as well. tmux takes it
/// with `set-clipboard on`; it is told once more in an envelope, which tmux hands on to the terminal with
/// `allow-passthrough on`, whatever it does with clipboards.
fn clipboard(text: &str, in_tmux: bool) -> String {
    let plain = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    if !in_tmux {
        return plain;
    }
    format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b"))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let six = (word >> (18 - 6 * n)) as usize & 63;
            out.push(if n <= chunk.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_answered_at_once_and_all_else_ten_times_a_second() {
        let now = Instant::now();
        let cost = Duration::ZERO;
        let mut beat = Beat { is_slow: false, drawn: now, cost, is_dirty: false, is_asked: false };
        assert_eq!(beat.due(), None);
        beat.is_dirty = true;
        assert_eq!(beat.due(), Some(now + FRAME));
        beat.is_asked = true;
        assert_eq!(beat.due(), Some(now + FRAME_OF_KEY));
        let slow = Beat { is_slow: true, ..beat };
        assert_eq!(slow.due(), Some(now + FRAME_SLOW));
        let later = now + FRAME;
        let mut beat = Beat { is_slow: false, ..slow };
        beat.drew(now, later);
        assert_eq!((beat.due(), beat.drawn, beat.is_asked), (None, later, false));
        // A frame that takes long leaves as much time for what comes.
        beat.drew(later, later + Duration::from_millis(9));
        (beat.is_dirty, beat.is_asked) = (true, true);
        assert_eq!(beat.due(), Some(later + Duration::from_millis(18)));
    }

    #[test]
    fn the_clipboard_gets_base64() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("山", "5bGx")] {
            assert_eq!(base64(text.as_bytes()), want);
        }
        assert_eq!(clipboard("foo", false), "\u{1b}]52;c;Zm9v\u{7}");
        let twice = "\u{1b}]52;c;Zm9v\u{7}\u{1b}Ptmux;\u{1b}\u{1b}]52;c;Zm9v\u{7}\u{1b}\\";
        assert_eq!(clipboard("foo", true), twice);
    }

    #[test]
    fn a_file_that_exists_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.csv");
        write_new(&path, "one", 0o600).unwrap();
        assert!(write_new(&path, "two", 0o600).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
