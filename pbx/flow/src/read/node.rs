//! From the table of a node to its job.
//!
//! Every key is read before anything is given up, so that all faults of a node are told at once.

use super::prompt;
use super::reader::{Item, Reader, Section};
use super::value::{address, address_text, is_key, one_key, one_of, shown, title, variable};
use crate::agent::AgentDo;
use crate::clip::Language;
use crate::expr::Expr;
use crate::flow::NodeId;
use crate::limits::{COLLECT_MAX, ENTRIES_MAX, RECORD_LONGEST};
use crate::node::{HangUpAs, Job, Request};
use crate::prompt::{Form, Piece, Prompt};
use crate::value::Value;
use std::collections::BTreeMap;
use std::time::Duration;

const HANG_UP_AS: &[(&str, HangUpAs)] = &[
    ("normal", HangUpAs::Normal),
    ("busy", HangUpAs::Busy),
    ("rejected", HangUpAs::Rejected),
    ("not_found", HangUpAs::NotFound),
];

/// Bounds of durations.
const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
const RING: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(240));
const LONGEST: (Duration, Duration) = (Duration::from_secs(1), RECORD_LONGEST);
const SILENCE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(60));

impl Reader<'_> {
    /// What a node of a kind does; `None` if a fault was found.
    pub(super) fn job(&mut self, s: Section<'_>) -> Option<Job> {
        match s.kind.word {
            "play" => self.play(s, "prompt"),
            "say" => self.play(s, "text"),
            "menu" => self.menu(s),
            "collect" => self.collect(s),
            "set" => self.set(s),
            "if" => self.branch(s),
            "hours" => self.hours(s),
            "share" => self.share(s),
            "list" => self.list(s),
            "pin" => self.pin(s),
            "dial" => self.dial(s),
            "queue" => self.queue(s),
            "voicemail" => self.voicemail(s),
            "mailbox" => self.mailbox(s),
            "record" => self.record(s),
            "http" => self.http(s),
            "exec" => self.exec(s),
            "survey" => self.survey(s),
            "agent" => self.agent(s),
            "flow" => self.sub(s),
            "return" => Some(Job::Return { value: self.may(s, "value", Reader::one_expression)? }),
            "hang_up" => self.hang_up(s),
            _ => None,
        }
    }

    /// What need not be written: `None` if it is faulty, `Some(None)` if it is not there.
    fn may<T>(
        &mut self,
        s: Section<'_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &str, &Item<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let found = self.value(s, key, |reader, value| read(reader, key, value));
        (found.is_some() || s.get(key).is_none()).then_some(found)
    }

    fn play(&mut self, s: Section<'_>, key: &'static str) -> Option<Job> {
        let prompt = self.prompt(s, key);
        let is_whole = self.flag(s, "whole");
        let next = self.node(s, "next");
        Some(Job::Play { prompt: prompt?, is_whole: is_whole?, next })
    }

    fn menu(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let keys = self.keys(s);
        let patience = self.patience(s);
        let reminders = self.reminders(s);
        let silent = self.node(s, "silent");
        let otherwise = self.node(s, "otherwise");
        Some(Job::Menu {
            prompt: prompt?,
            keys: keys?,
            patience: patience?,
            reminders: reminders?,
            silent,
            otherwise,
        })
    }

    fn collect(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let into = self.variable(s, "into");
        let min = self.whole(s, "min", 1..=COLLECT_MAX);
        let max = self.whole(s, "max", 1..=COLLECT_MAX);
        let end = self.text(s, "end", &|text| {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => Ok(None),
                (Some(c), None) if is_key(c) => Ok(Some(c)),
                _ => {
                    Err(format!("\"{}\" is not one key\nwrite \"#\" or \"*\", or \"\" for none", shown(text)))
                }
            }
        });
        let patience = self.patience(s);
        let reminders = self.reminders(s);
        let is_secret = self.flag(s, "secret");
        let next = self.node(s, "next");
        let failed = self.node(s, "failed");
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            let at = s.get("min").or_else(|| s.get("max")).map_or(s.at.start, |value| value.span().start);
            self.fault(at, format!("min ({min}) is more than max ({max})"), None);
            return None;
        }
        Some(Job::Collect {
            prompt: prompt?,
            into: into?,
            count: (min?, max?),
            end: end?,
            patience: patience?,
            reminders: reminders?,
            is_secret: is_secret?,
            next,
            failed,
        })
    }

    fn set(&mut self, s: Section<'_>) -> Option<Job> {
        let values = self.values(s, "values", &variable);
        let next = self.node(s, "next");
        let values = values?;
        let language =
            values.iter().filter(|(name, _)| name == "language").find_map(|(_, expr)| match expr {
                Expr::Constant(value) if Language::parse(&value.plain()).is_none() => Some(value.plain()),
                _ => None,
            });
        if let Some(word) = language {
            let at = s.get("values").map_or(s.at.start, |value| value.span().start);
            let what = format!("\"{}\" is not a language", shown(&word));
            self.fault(at, what, Some("write \"'en'\" or \"'zh'\"".into()));
        }
        Some(Job::Set { values, next })
    }

    fn branch(&mut self, s: Section<'_>) -> Option<Job> {
        let when = self.may(s, "when", Reader::one_expression);
        let then = self.node(s, "then");
        let cases = self.value(s, "cases", Reader::cases);
        let otherwise = self.node(s, "otherwise");
        let has = |key: &str| s.get(key).is_some();
        let hint = || {
            Some(
                "write when = \"…\" and then = \"…\", or cases = [{ when = \"…\", then = \"…\" }]".to_owned(),
            )
        };
        if has("cases") && (has("when") || has("then")) {
            self.fault(s.at.start, format!("{} has both cases and one of when and then", s.name), hint());
            return None;
        }
        if has("cases") {
            return Some(Job::If { cases: cases?, otherwise });
        }
        if !has("when") || !has("then") {
            let missing = if has("then") {
                "when"
            } else if has("when") {
                "then"
            } else {
                "when and no cases"
            };
            self.fault(s.at.start, format!("{} has no {missing}", s.name), hint());
            return None;
        }
        Some(Job::If { cases: vec![(when??, then?)], otherwise })
    }

    fn cases(&mut self, value: &Item<'_>) -> Option<Vec<(Expr, NodeId)>> {
        let list = value.get_ref().as_array().filter(|list| !list.is_empty() && list.len() <= ENTRIES_MAX);
        let hint = || Some("write cases = [{ when = \"…\", then = \"…\" }]".to_owned());
        let Some(list) = list else {
            let what = format!("cases must be a list of 1 to {ENTRIES_MAX} tables");
            self.fault(value.span().start, what, hint());
            return None;
        };
        let mut found = Some(Vec::new());
        for case in list {
            let (mut when, mut then) = (None, None);
            for (key, value) in case.get_ref().as_table().map(super::reader::in_order).unwrap_or_default() {
                match key.get_ref().as_ref() {
                    "when" => when = Some(self.one_expression("when", value)),
                    "then" => then = Some(self.one_node("then", value)),
                    other => {
                        let what = format!("\"{}\" is not a key of a case", shown(other));
                        self.fault(key.span().start, what, Some("known are when, then".into()));
                        found = None;
                    }
                }
            }
            match (&mut found, when, then) {
                (_, None, _) | (_, _, None) => {
                    self.fault(case.span().start, "each case needs when and then", hint());
                    found = None;
                }
                (Some(cases), Some(Some(when)), Some(Some(then))) => cases.push((when, then)),
                _ => found = None,
            }
        }
        found
    }

    fn hours(&mut self, s: Section<'_>) -> Option<Job> {
        let hours = self.name(s, "hours");
        let (open, closed, holiday) = (self.node(s, "open"), self.node(s, "closed"), self.node(s, "holiday"));
        Some(Job::Hours { hours: hours?, open, closed, holiday })
    }

    fn share(&mut self, s: Section<'_>) -> Option<Job> {
        let parts = self.value(s, "parts", |reader, value| {
            let (mut found, mut sum) = (Some(Vec::new()), 0);
            for (name, percent) in reader.entries("parts", value, ENTRIES_MAX)? {
                let node = reader.node_named(name.get_ref(), name.span().start);
                let percent = reader.one_whole("a part", percent, 0..=100);
                sum += percent.unwrap_or(0);
                match (&mut found, percent.and_then(|p| u32::try_from(p).ok()), node) {
                    (Some(parts), Some(percent), Some(node)) => parts.push((percent, node)),
                    _ => found = None,
                }
            }
            if found.is_some() && sum != 100 {
                let hint = Some("they are per cent; change one of them".to_owned());
                reader.fault(value.span().start, format!("the parts make {sum}, not 100"), hint);
            }
            found
        });
        Some(Job::Share { parts: parts? })
    }

    fn list(&mut self, s: Section<'_>) -> Option<Job> {
        let list = self.name(s, "list");
        let of = self.expression(s, "of");
        let into = self.may(s, "into", |reader, key, value| reader.one_text(key, value, &variable));
        let (listed, other) = (self.node(s, "listed"), self.node(s, "other"));
        Some(Job::List { list: list?, of: of?, into: into?, listed, other })
    }

    fn pin(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let pins = self.name(s, "pins");
        let of = self.may(s, "of", Reader::one_expression);
        let patience = self.patience(s);
        let (next, wrong, locked) = (self.node(s, "next"), self.node(s, "wrong"), self.node(s, "locked"));
        Some(Job::Pin { prompt: prompt?, pins: pins?, of: of?, patience: patience?, next, wrong, locked })
    }

    fn dial(&mut self, s: Section<'_>) -> Option<Job> {
        let to = self.templates(s, "to");
        let in_turn = self.flag(s, "in_turn");
        let ring = self.duration(s, "ring", RING);
        let (busy, no_answer) = (self.node(s, "busy"), self.node(s, "no_answer"));
        let (failed, after) = (self.node(s, "failed"), self.node(s, "after"));
        Some(Job::Dial { to: to?, in_turn: in_turn?, ring, busy, no_answer, failed, after })
    }

    fn queue(&mut self, s: Section<'_>) -> Option<Job> {
        let queue = self.value(s, "queue", |reader, value| reader.one_template("queue", value));
        let priority = self.may(s, "priority", Reader::one_expression);
        let agent = self.may(s, "agent", Reader::one_template);
        let keys = self.keys(s);
        let (timeout, full) = (self.node(s, "timeout"), self.node(s, "full"));
        let (empty, closed) = (self.node(s, "empty"), self.node(s, "closed"));
        let after = self.node(s, "after");
        let call_back = self.may(s, "call_back", |reader, key, value| reader.one_text(key, value, &one_key));
        let called_back = self.node(s, "called_back");
        let (keys, call_back) = (keys?, call_back?);
        self.check_call_back(s, &keys, call_back);
        Some(Job::Queue {
            queue: queue?,
            priority: priority?,
            agent: agent?,
            timeout,
            full,
            empty,
            closed,
            keys,
            call_back,
            called_back,
            after,
        })
    }

    /// The key for a call-back leads nowhere else.
    fn check_call_back(&mut self, s: Section<'_>, keys: &BTreeMap<String, NodeId>, key: Option<char>) {
        let Some(key) = key.filter(|key| keys.keys().any(|other| other.starts_with(*key))) else { return };
        let at = s.get("call_back").map_or(s.at.start, |value| value.span().start);
        let hint = Some("choose another key for one of the two".to_owned());
        self.fault(at, format!("key {key} leads out of the queue already"), hint);
    }

    fn voicemail(&mut self, s: Section<'_>) -> Option<Job> {
        let mailbox = self.value(s, "mailbox", |reader, value| reader.one_template("mailbox", value));
        let greeting = self.prompt(s, "greeting");
        let (next, failed) = (self.node(s, "next"), self.node(s, "failed"));
        Some(Job::Voicemail { mailbox: mailbox?, greeting: greeting?, next, failed })
    }

    fn mailbox(&mut self, s: Section<'_>) -> Option<Job> {
        let mailbox = self.may(s, "mailbox", Reader::one_template);
        let next = self.node(s, "next");
        Some(Job::Mailbox { mailbox: mailbox?, next })
    }

    fn record(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let into = self.variable(s, "into");
        let longest = self.duration(s, "longest", LONGEST);
        let silence = self.duration(s, "silence", SILENCE);
        let (next, failed) = (self.node(s, "next"), self.node(s, "failed"));
        Some(Job::Record { prompt: prompt?, into: into?, longest: longest?, silence: silence?, next, failed })
    }

    fn http(&mut self, s: Section<'_>) -> Option<Job> {
        let url = self.value(s, "url", |reader, value| {
            let text = reader.one_text("url", value, &|text| Ok(text.to_owned()))?;
            let pieces = reader.pieces(value, &text, prompt::pieces)?;
            match judge_address(&pieces) {
                Ok(()) => Some(Prompt { any: Some(pieces), by_language: BTreeMap::new() }),
                Err(what) => {
                    reader.fault_of(value.span().start, &what);
                    None
                }
            }
        });
        let body = self.values(s, "body", &json_name);
        let fields = self.fields(s);
        let timeout = self.duration(s, "timeout", TIMEOUT);
        let (next, failed) = (self.node(s, "next"), self.node(s, "failed"));
        let is_post = s.get("body").is_some();
        let request = Request { url: url?, is_post, body: body?, fields: fields?, timeout: timeout? };
        Some(Job::Http { request, next, failed })
    }

    fn exec(&mut self, s: Section<'_>) -> Option<Job> {
        let argv = self.value(s, "argv", Reader::argv);
        let input = self.values(s, "input", &json_name);
        let fields = self.fields(s);
        let timeout = self.duration(s, "timeout", TIMEOUT);
        let (next, failed) = (self.node(s, "next"), self.node(s, "failed"));
        Some(Job::Exec { argv: argv?, input: input?, fields: fields?, timeout: timeout?, next, failed })
    }

    /// Program and arguments. Braces are refused: who writes them expects a value, and nothing of a caller may stand there.
    fn argv(&mut self, value: &Item<'_>) -> Option<Vec<String>> {
        let list = value.get_ref().as_array().filter(|list| !list.is_empty() && list.len() <= ENTRIES_MAX);
        let Some(list) = list else {
            let what = format!("argv must be a list of 1 to {ENTRIES_MAX} texts");
            self.fault(
                value.span().start,
                what,
                Some("write [\"/usr/local/bin/program\", \"argument\"]".into()),
            );
            return None;
        };
        let mut found = Some(Vec::new());
        for (place, each) in list.iter().enumerate() {
            let text = self.one_text("each of argv", each, &|text| match text {
                _ if place == 0 && !text.starts_with('/') => {
                    Err(format!("\"{}\" is not an absolute path\nwrite where the program is, from / on", shown(text)))
                }
                _ if text.contains(['{', '}']) => Err(format!(
                    "\"{}\" has a brace, and no values can be put into arguments\nput them into input, which the program reads as JSON",
                    shown(text)
                )),
                _ if text.contains('\0') || text.chars().count() > 1_000 => {
                    Err("no program takes such an argument".to_owned())
                }
                _ => Ok(text.to_owned()),
            });
            match (&mut found, text) {
                (Some(argv), Some(text)) => argv.push(text),
                _ => found = None,
            }
        }
        found
    }

    fn survey(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let question = self.name(s, "question");
        let keys = self.text(s, "keys", &|text| {
            let is_twice =
                text.char_indices().any(|(at, c)| text.get(..at).is_some_and(|before| before.contains(c)));
            if text.is_empty() || !text.chars().all(is_key) {
                Err(format!("\"{}\" are not keys\nwrite them in a row, as \"12345\"", shown(text)))
            } else if is_twice {
                Err(format!("a key is twice in \"{text}\""))
            } else {
                Ok(text.to_owned())
            }
        });
        let patience = self.patience(s);
        let (next, silent) = (self.node(s, "next"), self.node(s, "silent"));
        Some(Job::Survey {
            prompt: prompt?,
            question: question?,
            keys: keys?,
            patience: patience?,
            next,
            silent,
        })
    }

    fn agent(&mut self, s: Section<'_>) -> Option<Job> {
        let what = self.text(s, "do", &one_of("do", &AgentDo::WORDS));
        let agent = self.may(s, "agent", Reader::one_template);
        let reason = self.may(s, "reason", Reader::one_template);
        let into = self.may(s, "into", |reader, key, value| reader.one_text(key, value, &variable));
        let (next, refused, unknown) =
            (self.node(s, "next"), self.node(s, "refused"), self.node(s, "unknown"));
        let (what, agent, reason, into) = (what?, agent?, reason?, into?);
        let breaks = matches!(what, AgentDo::Break | AgentDo::Toggle);
        let fault = match () {
            () if breaks && reason.is_none() => {
                Some((None, format!("{} has a break without a reason\nwrite reason = \"lunch\"", s.name)))
            }
            () if !breaks && reason.is_some() => {
                Some((Some("reason"), "a reason is for breaks\nleave it out".to_owned()))
            }
            () if what != AgentDo::SignIn && agent.is_some() => {
                let what =
                    "only who signs in is named; of all else it is who sits at the phone\nleave it out";
                Some((Some("agent"), what.to_owned()))
            }
            () => None,
        };
        if let Some((key, what)) = fault {
            let at = key.and_then(|key| s.get(key)).map_or(s.at.start, |value| value.span().start);
            self.fault_of(at, &what);
            return None;
        }
        Some(Job::Agent { what, agent, reason, into, next, refused, unknown })
    }

    fn sub(&mut self, s: Section<'_>) -> Option<Job> {
        let flow = self.name(s, "flow");
        let with = self.values(s, "with", &variable);
        let into = self.may(s, "into", |reader, key, value| reader.one_text(key, value, &variable));
        let next = self.node(s, "next");
        Some(Job::Sub { flow: flow?, with: with?, into: into?, next })
    }

    fn hang_up(&mut self, s: Section<'_>) -> Option<Job> {
        let prompt = self.prompt(s, "prompt");
        let as_busy = self.text(s, "as", &one_of("as", HANG_UP_AS));
        Some(Job::HangUp { prompt: prompt?, as_busy: as_busy? })
    }

    /// What a flow may be given.
    pub(super) fn arguments(&mut self, s: Section<'_>) -> Option<BTreeMap<String, Value>> {
        if s.get("arguments").is_none() {
            #[cfg(test)]
            self.asked.insert(("", "arguments"));
            return Some(BTreeMap::new());
        }
        self.value(s, "arguments", |reader, value| {
            let mut found = Some(BTreeMap::new());
            for (name, value) in reader.entries("arguments", value, ENTRIES_MAX)? {
                let value = reader.one_constant(name.get_ref(), value);
                let word =
                    variable(name.get_ref()).map_err(|what| reader.fault_of(name.span().start, &what)).ok();
                match (&mut found, word, value) {
                    (Some(arguments), Some(word), Some(value)) => drop(arguments.insert(word, value)),
                    _ => found = None,
                }
            }
            found
        })
    }
}

/// A name in JSON.
fn json_name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a name is empty".to_owned()) } else { title(text) }
}

/// Whether pieces are an address: its host as written, and nothing in it that is read aloud.
fn judge_address(pieces: &[Piece]) -> Result<(), String> {
    let Some((Piece::Text(first), rest)) = pieces.split_first() else {
        return Err("the address does not begin with http://\nwrite \"http://127.0.0.1:8000/…\"".to_owned());
    };
    address(first, rest.is_empty())?;
    for piece in pieces {
        match piece {
            Piece::Text(text) => address_text(text)?,
            Piece::Value { form: Form::Text, .. } => {}
            Piece::Value { .. } | Piece::Named(_) => {
                return Err("nothing is read aloud here\nleave out the word after the colon".to_owned());
            }
        }
    }
    Ok(())
}
