//! Commands as words: the same in the palette, at the prompt of `--plain` and in `console do '…'`.

use crate::keymap::resembles;
use crate::words::Words;
use std::collections::BTreeMap;
use switchroom_wire::{
    Command, ConfigChange, ConsultAct, FiguresBy, MissedAct, PRIORITY_MAX, QueueDoor, SuperviseAct,
    Supervised, SupervisionMode,
};

/// The forms of the commands, as help shows them.
pub(crate) const FORMS: &[&str] = &[
    "status",
    "calls",
    "queues",
    "figures [DAYS]",
    "agents",
    "why NUMBER",
    "call NUMBER",
    "lines",
    "recordings",
    "messages",
    "missed",
    "desk [AGENT]",
    "flows",
    "note NUMBER WORD",
    "tell AGENT|QUEUE|all WORD",
    "told AGENT",
    "hold recording NUMBER WORD",
    "release recording NUMBER",
    "delete recording NUMBER",
    "claim NUMBER",
    "tried NUMBER",
    "settle NUMBER WORD",
    "release NUMBER",
    "events",
    "cdrs",
    "ladder NUMBER",
    "listen [NUMBER|agent AGENT|extension EXTENSION] [at EXTENSION]",
    "whisper [NUMBER|agent AGENT|extension EXTENSION] [at EXTENSION]",
    "barge [NUMBER|agent AGENT|extension EXTENSION] [at EXTENSION]",
    "take over [at EXTENSION]",
    "unlisten [at EXTENSION]",
    "transfer NUMBER TO",
    "pick up NUMBER [at EXTENSION]",
    "assign NUMBER AGENT",
    "hang up NUMBER",
    "hand off NUMBER FLOW",
    "consult NUMBER TO",
    "swap NUMBER",
    "conference NUMBER",
    "complete NUMBER",
    "cancel consult NUMBER",
    "dial EXTENSION NUMBER",
    "priority NUMBER PRIORITY",
    "take out NUMBER",
    "queue close|open|hours QUEUE",
    "ready AGENT [EXTENSION]",
    "break AGENT REASON",
    "finish AGENT",
    "sign out AGENT",
    "join AGENT QUEUE [TIER] [WEIGHT]",
    "leave AGENT QUEUE",
    "skill AGENT SKILL LEVEL",
    "class CLASS PRIORITY",
    "unregister EXTENSION [CONTACT]",
    "delete message ID",
    "reload",
    "shutdown",
];

/// How many rows the listing commands ask for.
const ROWS: u32 = 50;

/// Why words are no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GrammarError {
    Empty,
    /// The beginning is known; the form tells how it goes on.
    Incomplete {
        words: String,
        form: &'static str,
    },
    /// The form is known and a value in it is not one: which, and what there is.
    Value {
        value: String,
        known: String,
        form: &'static str,
    },
    Unknown {
        words: String,
        near: Vec<&'static str>,
    },
}

/// Commands that are named to who said something like them.
const NEAR_MAX: usize = 5;

/// The word that asks for all commands.
pub(crate) const HELP: &str = "help";

impl GrammarError {
    /// What is wrong and what could be said instead.
    pub(crate) fn text(&self, language: &Words) -> String {
        match self {
            Self::Empty => language.f("grammar.empty", &[("help", HELP)]),
            Self::Incomplete { words, form } => {
                language.f("grammar.incomplete", &[("words", words.as_str()), ("form", form)])
            }
            Self::Value { value, known, form } => {
                language.f("grammar.value", &[("value", value.as_str()), ("known", known), ("form", form)])
            }
            Self::Unknown { words, near } if near.is_empty() => {
                language.f("grammar.unknown", &[("words", words.as_str()), ("help", HELP)])
            }
            Self::Unknown { words, near } => {
                let forms = near.join(", ");
                language.f("grammar.near", &[("words", words.as_str()), ("forms", &forms)])
            }
        }
    }
}

/// The command that the words mean.
pub(crate) fn parse(words: &str) -> Result<Command, GrammarError> {
    let parts: Vec<&str> = words.split_whitespace().collect();
    if let Some(command) = supervision(&parts) {
        return Ok(command);
    }
    let command = match parts.as_slice() {
        [] => return Err(GrammarError::Empty),
        ["status"] => Command::Status,
        ["calls"] => Command::Calls,
        ["call", call] => Command::Call { call: (*call).to_owned() },
        ["queues"] => Command::Queues,
        ["figures"] => Command::Figures { by: FiguresBy::Day, days: 1 },
        ["figures", days] => {
            match days.parse().ok().filter(|n| (1..=switchroom_wire::FIGURE_DAYS).contains(n)) {
                Some(days) => Command::Figures { by: FiguresBy::Day, days },
                None => return Err(no_value(days, &span(1, switchroom_wire::FIGURE_DAYS), "figures")),
            }
        }
        ["agents"] => Command::Agents,
        ["why", call] => Command::Why { call: (*call).to_owned() },
        ["lines" | "extensions"] => Command::Extensions,
        ["recordings"] => Command::Recordings { limit: ROWS, party: None },
        ["recordings", party] => Command::Recordings { limit: ROWS, party: Some((*party).to_owned()) },
        ["messages"] => Command::Messages { limit: ROWS, mailbox: None },
        ["messages", mailbox] => Command::Messages { limit: ROWS, mailbox: Some((*mailbox).to_owned()) },
        ["desk"] => Command::Desk { agent: None },
        ["desk", agent] => Command::Desk { agent: Some((*agent).to_owned()) },
        ["flows"] => Command::Flows,
        ["note", call, text @ ..] if !text.is_empty() => {
            Command::Note { call: (*call).to_owned(), text: text.join(" ") }
        }
        ["tell", to, text @ ..] if !text.is_empty() => {
            Command::Tell { to: (*to).to_owned(), text: text.join(" ") }
        }
        ["told", agent] => Command::Told { agent: (*agent).to_owned(), at_ms: None },
        ["hold", "recording", call, reason @ ..] if !reason.is_empty() => {
            Command::HoldRecording { call: (*call).to_owned(), reason: reason.join(" ") }
        }
        ["release", "recording", call] => Command::ReleaseRecording { call: (*call).to_owned() },
        ["delete", "recording", call] => Command::DeleteRecording { call: (*call).to_owned() },
        ["missed"] => Command::Missed { limit: ROWS },
        ["claim", number] => missed(number, MissedAct::Claim { agent: None }),
        ["tried", number] => missed(number, MissedAct::Tried),
        ["release", number] => missed(number, MissedAct::Release),
        ["settle", number, word @ ..] if !word.is_empty() => {
            missed(number, MissedAct::Close { word: word.join(" ") })
        }
        ["events"] => Command::Events { limit: ROWS, call: None, after_ms: None },
        ["events", call] => Command::Events { limit: ROWS, call: Some((*call).to_owned()), after_ms: None },
        ["cdrs"] => Command::Cdrs { limit: ROWS, before_ms: None, party: None },
        ["cdrs", party] => Command::Cdrs { limit: ROWS, before_ms: None, party: Some((*party).to_owned()) },
        ["ladder", call] => Command::Ladder { call: (*call).to_owned() },
        ["hang", "up", call] | ["hangup", call] => Command::HangUp { call: (*call).to_owned() },
        ["transfer", call, to] => Command::Transfer { call: (*call).to_owned(), to: (*to).to_owned() },
        ["assign", call, agent] => Command::Assign { call: (*call).to_owned(), agent: (*agent).to_owned() },
        ["hand", "off", call, flow] => {
            Command::HandOff { call: (*call).to_owned(), flow: (*flow).to_owned() }
        }
        ["consult", call, to @ ..] if !to.is_empty() => {
            Command::Consult { call: (*call).to_owned(), to: to.join(" ") }
        }
        ["swap", call] => consult(call, ConsultAct::Swap),
        ["conference", call] => consult(call, ConsultAct::Conference),
        ["complete", call] => consult(call, ConsultAct::Complete),
        ["cancel", "consult", call] => consult(call, ConsultAct::Cancel),
        ["join" | "leave" | "skill" | "class", ..] => match change(&parts) {
            Some(change) => Command::ChangeConfig { change },
            None => return Err(wrong_change(words.trim(), &parts)),
        },
        ["dial", from, to] => Command::Dial { from: (*from).to_owned(), to: (*to).to_owned() },
        ["priority", call, priority] => match priority.parse().ok().filter(|n| *n <= PRIORITY_MAX) {
            Some(priority) => Command::Priority { call: (*call).to_owned(), priority },
            None => return Err(no_value(priority, &span(0, PRIORITY_MAX), "priority")),
        },
        ["queue", word, queue] => match door(word) {
            Some(door) => Command::QueueDoor { queue: (*queue).to_owned(), door },
            None => return Err(no_value(word, "close, open, hours", "queue")),
        },
        ["take", "out", call] => Command::TakeOut { call: (*call).to_owned() },
        ["ready", agent] => presence(agent, "ready", None, None),
        ["ready", agent, extension] => presence(agent, "ready", None, Some((*extension).to_owned())),
        ["break", agent, reason @ ..] if !reason.is_empty() => {
            presence(agent, "break", Some(reason.join(" ")), None)
        }
        ["sign", "out", agent] => presence(agent, "logged_out", None, None),
        ["finish", agent] => {
            Command::AgentWrapUp { agent: (*agent).to_owned(), more_s: None, disposition: None }
        }
        ["unregister", extension] => {
            Command::Unregister { extension: (*extension).to_owned(), contact: None }
        }
        ["unregister", extension, contact] => {
            Command::Unregister { extension: (*extension).to_owned(), contact: Some((*contact).to_owned()) }
        }
        ["delete", "message", message] => Command::DeleteMessage { message: (*message).to_owned() },
        ["reload"] => Command::Reload,
        ["shutdown"] => Command::Shutdown,
        [first, ..] => return Err(unknown(words.trim(), first)),
    };
    Ok(command)
}

/// What is said of a queue.
fn door(word: &str) -> Option<QueueDoor> {
    match word {
        "close" => Some(QueueDoor::Closed),
        "open" => Some(QueueDoor::Open),
        "hours" => Some(QueueDoor::Hours),
        _ => None,
    }
}

fn presence(agent: &str, presence: &str, reason: Option<String>, extension: Option<String>) -> Command {
    Command::AgentPresence { agent: agent.to_owned(), presence: presence.to_owned(), reason, extension }
}

/// What a supervisor does at a phone: the user's own, or that of an extension named after `at`.
fn supervision(parts: &[&str]) -> Option<Command> {
    let (parts, phone) = match parts {
        [rest @ .., "at", phone] => (rest, Some((*phone).to_owned())),
        rest => (rest, None),
    };
    let act = |act| Command::SuperviseAct { act, phone: phone.clone() };
    match parts {
        ["take", "over"] => return Some(act(SuperviseAct::TakeOver)),
        ["unlisten"] => return Some(act(SuperviseAct::End)),
        ["pick", "up", call] => return Some(Command::PickUp { call: (*call).to_owned(), phone }),
        _ => {}
    }
    let all = [SupervisionMode::Listen, SupervisionMode::Whisper, SupervisionMode::Barge];
    let mode_of = |word: &str| all.into_iter().find(|mode| mode.word() == word);
    let (word, target) = match parts {
        // At the call that is heard already.
        [word] => return mode_of(word).map(|mode| act(SuperviseAct::Mode(mode))),
        [word, "agent", agent] => (word, Supervised::Agent((*agent).to_owned())),
        [word, "extension", extension] => (word, Supervised::Extension((*extension).to_owned())),
        [word, call] => (word, Supervised::Call((*call).to_owned())),
        _ => return None,
    };
    mode_of(word).map(|mode| Command::Supervise { target, mode, phone })
}

/// The change to the configuration that the words mean.
fn change(parts: &[&str]) -> Option<ConfigChange> {
    let own = |text: &str| text.to_owned();
    let number = |text: &str, most: u8| text.parse().ok().filter(|n: &u8| *n <= most);
    Some(match parts {
        ["join", agent, queue, place @ ..] if place.len() <= 2 => {
            let tier = place.first().map(|text| number(text, 9).ok_or(())).transpose().ok()?;
            let weight = place.get(1).map(|text| number(text, 100).ok_or(())).transpose().ok()?;
            let skills = BTreeMap::new();
            ConfigChange::Join { agent: own(agent), queue: own(queue), tier, weight, skills }
        }
        ["leave", agent, queue] => ConfigChange::Leave { agent: own(agent), queue: own(queue) },
        ["skill", agent, skill, level] => {
            ConfigChange::Skill { agent: own(agent), skill: own(skill), level: number(level, 9)? }
        }
        ["class", class, priority] => {
            ConfigChange::ClassPriority { class: own(class), priority: number(priority, PRIORITY_MAX)? }
        }
        _ => return None,
    })
}

fn consult(call: &str, act: ConsultAct) -> Command {
    Command::ConsultAct { call: call.to_owned(), act }
}

fn missed(number: &str, act: MissedAct) -> Command {
    Command::MissedAct { missed: number.to_owned(), act }
}

fn unknown(words: &str, first: &str) -> GrammarError {
    let words = words.to_owned();
    let head = |form: &'static str| form.split(' ').next().unwrap_or(form);
    if let Some(form) = FORMS.iter().find(|form| head(form) == first) {
        return GrammarError::Incomplete { words, form };
    }
    // Most alike first: the word misspelt, its beginning, one of the words of a form.
    let is_part = |form: &str| form.split([' ', '|', '[']).any(|word| word == first);
    let begins = |form: &'static str| head(form).starts_with(first) || first.starts_with(head(form));
    let alike = FORMS.iter().filter(|form| resembles(head(form), first));
    let begun = FORMS.iter().filter(|form| begins(form));
    let mut near: Vec<&'static str> = Vec::new();
    for form in alike.chain(begun).chain(FORMS.iter().filter(|form| is_part(form))) {
        if near.len() < NEAR_MAX && !near.contains(form) {
            near.push(form);
        }
    }
    GrammarError::Unknown { words, near }
}

/// From the least to the most that a figure can be.
fn span(least: impl std::fmt::Display, most: impl std::fmt::Display) -> String {
    format!("{least}-{most}")
}

/// A value that the command beginning with that word does not take.
fn no_value(value: &str, known: &str, first: &str) -> GrammarError {
    let form = FORMS.iter().find(|form| form.split(' ').next() == Some(first)).copied().unwrap_or_default();
    GrammarError::Value { value: value.to_owned(), known: known.to_owned(), form }
}

/// A change of the configuration with a figure that it does not take, or with too few words.
fn wrong_change(words: &str, parts: &[&str]) -> GrammarError {
    let is_beyond = |text: &str, most: u8| text.parse::<u8>().map_or(true, |n| n > most);
    let wrong = match parts {
        ["join", _, _, tier] | ["join", _, _, tier, _] if is_beyond(tier, 9) => Some((tier, span(1, 9))),
        ["join", _, _, _, weight] => Some((weight, span(1, 100))),
        ["skill", _, _, level] => Some((level, span(0, 9))),
        ["class", _, priority] => Some((priority, span(0, PRIORITY_MAX))),
        _ => None,
    };
    let first = parts.first().copied().unwrap_or_default();
    match wrong {
        Some((value, known)) => no_value(value, &known, first),
        None => unknown(words, first),
    }
}

/// What of a form is typed as it stands: `queue`, `hang up`.
pub(crate) fn fixed(form: &str) -> String {
    let is_fixed = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    form.split(' ').take_while(is_fixed).collect::<Vec<_>>().join(" ")
}

/// How well `wanted` is found in `text` with gaps: `None` if not at all, else higher is better.
pub(crate) fn fuzzy(wanted: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut score = 0;
    let mut at = 0;
    let mut last: Option<usize> = None;
    for c in wanted.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let found = (at..text.len()).find(|n| text[*n] == c)?;
        let begins_word = found == 0 || !text[found - 1].is_alphanumeric();
        let follows = last.is_some_and(|last| last + 1 == found);
        score += if follows { 8 } else { 0 } + if begins_word { 6 } else { 0 };
        score -= i32::try_from((found - at).min(9)).unwrap_or(9);
        last = Some(found);
        at = found + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_commands() {
        let hang_up = Command::HangUp { call: "4127".into() };
        assert_eq!(parse("hang up 4127"), Ok(hang_up.clone()));
        assert_eq!(parse("  hangup   4127 "), Ok(hang_up));
        let hand_off = Command::HandOff { call: "4127".into(), flow: "verify".into() };
        assert_eq!(parse("hand off 4127 verify"), Ok(hand_off));
        let consult = Command::Consult { call: "4127".into(), to: "103".into() };
        assert_eq!(parse("consult 4127 103"), Ok(consult));
        let cancel = Command::ConsultAct { call: "4127".into(), act: ConsultAct::Cancel };
        assert_eq!(parse("cancel consult 4127"), Ok(cancel));
        let join = |tier, weight| {
            let (agent, queue, skills) = ("2001".into(), "sales".into(), BTreeMap::new());
            Ok(Command::ChangeConfig { change: ConfigChange::Join { agent, queue, tier, weight, skills } })
        };
        assert_eq!(parse("join 2001 sales"), join(None, None));
        assert_eq!(parse("join 2001 sales 2 30"), join(Some(2), Some(30)));
        assert_eq!(
            parse("unregister 102"),
            Ok(Command::Unregister { extension: "102".into(), contact: None })
        );
        assert_eq!(parse("dial 101 0123"), Ok(Command::Dial { from: "101".into(), to: "0123".into() }));
        for (word, door) in
            [("close", QueueDoor::Closed), ("open", QueueDoor::Open), ("hours", QueueDoor::Hours)]
        {
            let command = Command::QueueDoor { queue: "sales".into(), door };
            assert_eq!(parse(&format!("queue {word} sales")), Ok(command));
        }
        assert_eq!(parse("priority 4133 9"), Ok(Command::Priority { call: "4133".into(), priority: 9 }));
        assert_eq!(
            parse("break 102 long lunch"),
            Ok(presence("102", "break", Some("long lunch".into()), None))
        );
        assert_eq!(parse("ready 102 201"), Ok(presence("102", "ready", None, Some("201".into()))));
        for form in FORMS {
            let optional = [
                " [CONTACT]",
                " [EXTENSION]",
                " [at EXTENSION]",
                " [TIER]",
                " [WEIGHT]",
                " [DAYS]",
                " [AGENT]",
            ];
            let plain = optional.iter().fold((*form).to_owned(), |text, name| text.replace(name, ""));
            let whom = "[NUMBER|agent AGENT|extension EXTENSION]";
            let plain = plain.replace(whom, "extension EXTENSION").replace("close|open|hours", "close");
            let named = [
                "NUMBER",
                "EXTENSION",
                "AGENT",
                "PRIORITY",
                "REASON",
                "WORD",
                "FLOW",
                "QUEUE",
                "SKILL",
                "LEVEL",
                "CLASS",
            ];
            let filled = named.iter().fold(plain, |text, name| text.replace(name, "1"));
            assert!(parse(&filled).is_ok(), "{form}");
        }
    }

    #[test]
    fn wrong_words_get_a_hint() {
        for (words, want) in [
            ("", "say what to do"),
            ("hang up", "the form is: hang up NUMBER"),
            ("priority 4133 10", "10 is not one of 0-9; the form is: priority NUMBER PRIORITY"),
            ("break 102", "the form is: break AGENT REASON"),
            ("transfer", "the form is: transfer NUMBER TO"),
            (
                "queue shut sales",
                "shut is not one of close, open, hours; the form is: queue close|open|hours",
            ),
            ("relod", "did you mean: reload?"),
            ("hand off 4127", "the form is: hand off NUMBER FLOW"),
            ("join 2001 sales x", "x is not one of 1-9; the form is: join AGENT QUEUE [TIER] [WEIGHT]"),
            ("join 2001 sales 1 101", "101 is not one of 1-100"),
            ("join 2001", "the form is: join AGENT QUEUE"),
            ("skill 2001 german 10", "10 is not one of 0-9"),
            ("class gold", "the form is: class CLASS PRIORITY"),
            ("figures 9", "9 is not one of 1-8; the form is: figures [DAYS]"),
            ("figures x", "x is not one of 1-8"),
            ("reco", "did you mean: recordings?"),
            ("up 4127", "did you mean: pick up NUMBER [at EXTENSION], hang up NUMBER?"),
            ("zzz", "\"zzz\" is not a command; \"help\" tells all there are"),
        ] {
            let english = Words::new(crate::words::Language::English);
            let error = parse(words).err().map(|error| error.text(&english)).unwrap_or_default();
            assert!(error.contains(want), "{error}");
            assert!(error.len() < 300, "nobody reads all of them: {error}");
        }
    }

    #[test]
    fn what_of_a_form_is_typed_as_it_stands() {
        for (form, want) in [
            ("hang up NUMBER", "hang up"),
            ("queue close|open|hours QUEUE", "queue"),
            ("figures [DAYS]", "figures"),
        ] {
            assert_eq!(fixed(form), want);
        }
        for form in FORMS {
            assert!(!fixed(form).is_empty(), "{form}");
        }
    }

    #[test]
    fn fuzzy_prefers_beginnings_of_words() {
        assert!(fuzzy("hu", "hang up") > fuzzy("hu", "show units"));
        assert_eq!(fuzzy("xyz", "hang up"), None);
        assert_eq!(fuzzy("", "anything"), Some(0));
    }
}
