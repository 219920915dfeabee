//! Being the caller at the keyboard: a line is what one does, the answer is what one hears.

use super::case::words;
use super::rehearsal::{Elsewhere, Entry, Happening, Rehearsal};
use super::stage::{Phone, Stage};
use crate::boundary::Dialled;
use crate::read::{duration, shown};
use crate::text;
use std::fmt::Write;
use std::time::Duration;

/// The longest time that one waits with one line.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Characters of a line.
const LINE_MAX: usize = 200;

/// What can be typed, for people.
const HELP: &str = "\
1, 12#, *       press keys
(an empty line) wait for what comes next
wait 30s        let time pass
say 10s         speak, into a recording
busy            those who ring are busy; also: nobody, unreachable, full, closed, empty
answer          somebody answers; answer 30s: and talks so long
they hang up    whoever you talk with hangs up
hang up         hang up
at 2026-10-01T12:10   set the clock of the site
phone 101 busy  how a phone behaves from now
where           where you are, and your variables
why             the way you came
help            this
quit            end
";

/// Somebody who walks through a flow.
#[derive(Debug)]
pub struct Walk {
    call: Rehearsal,
    /// Entries of the log that were told already.
    told: usize,
    is_done: bool,
}

impl Walk {
    /// Dials a number of the site's routes, or enters a flow by name. Gives what is heard first.
    ///
    /// # Errors
    /// Where the call goes if that is no flow.
    pub fn begin(stage: Stage, number_or_flow: &str, caller: &str) -> Result<(Self, String), Elsewhere> {
        let call = if stage.flows.contains_key(number_or_flow) {
            Rehearsal::begin(stage, number_or_flow, "", caller)
                .ok_or_else(|| Elsewhere("no flow".to_owned()))?
        } else {
            Rehearsal::dial(stage, number_or_flow, caller)?
        };
        let mut walk = Self { call, told: 0, is_done: false };
        let said = text::lines(&walk.news());
        Ok((walk, said))
    }

    /// Nothing more can be typed.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The call.
    pub fn call(&self) -> &Rehearsal {
        &self.call
    }

    /// What stands before the line that is typed: the time of the call, where one is, what is going on.
    pub fn prompt(&self) -> String {
        let place = self.call.place();
        let at =
            if place.node.is_empty() { String::new() } else { format!("{}.{} ", place.flow, place.node) };
        text::line(&format!("[{} {at}{}] ", clock(self.call.now()), place.doing))
    }

    /// Does what a line says, and gives what is to be shown: whole lines, without anything that a terminal would obey.
    pub fn line(&mut self, line: &str) -> String {
        let line = line.trim();
        if line.chars().count() > LINE_MAX {
            return "that is too long\n".to_owned();
        }
        let result = self.act(line);
        let mut out = self.news();
        match result {
            Ok(said) => out.push_str(&said),
            Err(what) => {
                for part in what.lines() {
                    let _ = writeln!(out, "? {part}");
                }
            }
        }
        if self.call.is_over() {
            self.is_done = true;
            let _ = writeln!(out, "The call is over: {}.", self.call.ended().unwrap_or("ended"));
        }
        text::lines(&out)
    }

    fn act(&mut self, line: &str) -> Result<String, String> {
        let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
        match (word, rest) {
            ("", _) => {
                if !self.call.wait_for_next(WAIT_MAX) {
                    return Err("nothing comes by itself".to_owned());
                }
            }
            ("wait", time) => self.call.wait(self.time(time)?),
            ("say", time) if self.call.is_recorded() => self.call.say(self.time(time)?),
            ("say", _) => return Err("nobody records you".to_owned()),
            ("answer", "") => self.answer(None)?,
            ("answer", time) => self.answer(Some(self.time(time)?))?,
            ("hang", "up") => self.call.hang_up(),
            ("they", "hang up") if self.call.talks_with().is_some() => self.became(Dialled::Talked)?,
            ("they", "hang up") => return Err("you talk with nobody".to_owned()),
            ("busy", "") => self.became(Dialled::Busy)?,
            ("nobody", "") => self.became(Dialled::NoAnswer)?,
            ("unreachable", "") => self.became(Dialled::Failed)?,
            ("full", "") => self.became(Dialled::Full)?,
            ("empty", "") => self.became(Dialled::Empty)?,
            ("closed", "") => self.became(Dialled::Closed)?,
            ("at", time) => return self.set_clock(time),
            ("phone", of) => return self.phone(of),
            ("where", "") => return Ok(self.here()),
            ("why", "") => return Ok(self.way()),
            ("help" | "?", "") => return Ok(HELP.to_owned()),
            ("quit" | "exit", "") => {
                self.call.hang_up();
                self.is_done = true;
            }
            (keys, "") if keys.chars().all(|c| c.is_ascii_digit() || "*#ABCD".contains(c)) => {
                self.call.press(keys);
            }
            _ => return Err(format!("\"{}\" is nothing to do here\ntype help", shown(line))),
        }
        Ok(String::new())
    }

    fn time(&self, text: &str) -> Result<Duration, String> {
        let time = duration(text)?;
        if time > WAIT_MAX { Err("a day is the longest".to_owned()) } else { Ok(time) }
    }

    fn became(&mut self, how: Dialled) -> Result<(), String> {
        let is_there = !self.call.ringing().is_empty()
            || self.call.queue().is_some()
            || (how == Dialled::Talked && self.call.talks_with().is_some());
        if is_there && self.call.becomes(how) {
            Ok(())
        } else {
            Err("nobody rings, and you are in no queue".into())
        }
    }

    fn answer(&mut self, talks: Option<Duration>) -> Result<(), String> {
        if self.call.answers(talks) { Ok(()) } else { Err("nobody rings, and you are in no queue".into()) }
    }

    fn set_clock(&mut self, time: &str) -> Result<String, String> {
        let moment = self.call.stage().site.zone.moment(time)?;
        self.call.set_time(moment.unix_ms);
        Ok(format!("It is {}.\n", self.call.stage().site.zone.shown(moment.unix_ms)))
    }

    fn phone(&mut self, of: &str) -> Result<String, String> {
        let (number, how) = of.split_once(' ').ok_or("write phone 101 busy")?;
        let how: Phone = words::phone(how.trim())?;
        let phones = &mut self.call.stage_mut().around.phones;
        if phones.len() >= 1_000 && !phones.contains_key(number) {
            return Err("there are 1000 phones already".to_owned());
        }
        phones.insert(number.to_owned(), how);
        Ok(String::new())
    }

    /// Where the caller is, the time, and variables; secrets as dots.
    fn here(&self) -> String {
        let stage = self.call.stage();
        let place = self.call.place();
        let mut out = format!("{}.{}: you are where one {}\n", place.flow, place.node, place.doing);
        let _ = writeln!(out, "It is {}.", stage.site.zone.shown(stage.now_ms));
        for (name, value) in self.call.variables_here() {
            let _ = writeln!(out, "  {name} = {}", text::line(&value.shown()));
        }
        out
    }

    /// The nodes that led here.
    fn way(&self) -> String {
        let mut out = String::new();
        for entry in self.call.log() {
            if matches!(entry.what, Happening::Entered { .. } | Happening::Became(_) | Happening::Presses(_))
            {
                tell(entry, &mut out);
            }
        }
        out
    }

    /// What happened since this was last told.
    fn news(&mut self) -> String {
        let mut out = String::new();
        for entry in self.call.log().iter().skip(self.told) {
            tell(entry, &mut out);
        }
        self.told = self.call.log().len();
        out
    }
}

/// `0:07`, `1:02:03`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// One line of what happened.
fn tell(entry: &Entry, out: &mut String) {
    let _ = writeln!(out, "{:>6}  {}", clock(entry.at), text::line(&entry.what.to_string()));
}

impl std::fmt::Display for Happening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Entered { flow, node, by } => write!(f, "→ {flow}.{node} ({by})"),
            Self::Hears(text) => write!(f, "♪ {text}"),
            Self::Presses(key) => write!(f, "you press {key}"),
            Self::Rings(numbers) => write!(f, "{} ring", numbers.join(", ")),
            Self::Waits(queue, None) => write!(f, "you wait in queue {queue}"),
            Self::Waits(queue, Some(agent)) => write!(f, "you wait in queue {queue}, agent {agent} first"),
            Self::Became(how) => f.write_str(match how {
                Dialled::Busy => "busy",
                Dialled::NoAnswer => "no answer",
                Dialled::Failed => "unreachable",
                Dialled::Full => "the queue is full",
                Dialled::Empty => "nobody works in the queue",
                Dialled::Closed => "the queue is closed",
                Dialled::Talked => "the other side hung up",
            }),
            Self::CallBack(number) => write!(f, "you will be called back at {number}"),
            Self::Talks(with) => write!(f, "you talk with {with}"),
            Self::Asks(what) => write!(f, "asks {what}"),
            Self::Answered(Ok(())) => f.write_str("it answers"),
            Self::Answered(Err(why)) => write!(f, "it fails: {why}"),
            Self::Records(Some(mailbox)) => write!(f, "you are recorded for mailbox {mailbox}"),
            Self::Records(None) => f.write_str("you are recorded"),
            Self::Kept(Some(id)) => write!(f, "the recording is kept as {id}"),
            Self::Kept(None) => f.write_str("nothing was said, nothing is kept"),
            Self::Survey(question, answer) => write!(f, "answer to {question}: {answer}"),
            Self::Message(id, word) => write!(f, "message {id} {word}"),
            Self::Agent(what, now) => write!(f, "agent: {what}, {now}"),
            Self::Fault(what) => write!(f, "FAULT {what}"),
            Self::HungUp("hung up") => f.write_str("the flow hangs up"),
            Self::HungUp(how) => write!(f, "you are turned away: {how}"),
            Self::Gone => f.write_str("you hang up"),
        }
    }
}
