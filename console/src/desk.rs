//! An agent's desk: whose it is, what was told of it, when it is asked for again, and how it reads as text. Pure.

use crate::format::{duration, moment, whole};
use crate::model::is_old;
use crate::rows::Form;
use switchroom_wire::{
    AgentView, Board, CardView, Command, DeskView, NoteView, PartyView, PastCallView, ToldView, clean,
};

/// How old the desk may be before it is asked for again.
const FRESH_MS: i64 = 30_000;

/// When it is asked for again of an exchange that had no time for it.
const SOON_MS: i64 = 3_000;

/// What of an agent, when it changes, makes the desk another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    call: Option<String>,
    activity: String,
    presence: String,
    told: Option<ToldView>,
}

/// The desk on screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk {
    /// The agent that was asked for; else that of the user's own phone.
    pub(crate) wanted: Option<String>,
    pub(crate) view: Option<DeskView>,
    /// Why there is none.
    pub(crate) refused: Option<String>,
    seen: Option<Seen>,
    /// When it was asked for last; nothing asks for it anew.
    pub(crate) asked_ms: Option<i64>,
}

impl Desk {
    /// That of this agent; of the one at the user's own phone when absent.
    pub(crate) fn of(wanted: Option<String>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// What must be asked now, if something.
    pub(crate) fn wanted(&self, board: &Board, now_ms: i64) -> Option<Command> {
        let changed = self.refused.is_none() && self.view.is_some() && self.seen_on(board) != self.seen;
        (is_old(self.asked_ms, FRESH_MS, now_ms) || changed)
            .then(|| Command::Desk { agent: self.wanted.clone() })
    }

    /// It was asked for, with the board as it is.
    pub(crate) fn asked(&mut self, board: &Board, now_ms: i64) {
        self.asked_ms = Some(now_ms);
        self.seen = self.seen_on(board);
    }

    /// The exchange had no time: what was told stays, and it is asked again soon.
    pub(crate) fn failed(&mut self, why: String, now_ms: i64) {
        self.asked_ms = Some(now_ms - FRESH_MS + SOON_MS);
        if self.view.is_none() {
            self.refused = Some(why);
        }
    }

    /// The user's own was asked for, and there is none: whose it is to be must be said.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.wanted.is_none() && self.view.is_none() && self.refused.is_some()
    }

    /// It was told.
    pub(crate) fn keep(&mut self, view: DeskView, board: &Board) {
        let is_first = self.view.is_none();
        self.view = Some(view);
        self.refused = None;
        if is_first {
            self.seen = self.seen_on(board);
        }
    }

    fn seen_on(&self, board: &Board) -> Option<Seen> {
        let agent = self.agent(board)?;
        let (call, activity) = (agent.call.clone(), agent.activity.clone());
        let told = agent.told.clone();
        Some(Seen { call, activity, presence: agent.presence.clone(), told })
    }

    /// The agent as the board has it.
    pub(crate) fn agent<'a>(&self, board: &'a Board) -> Option<&'a AgentView> {
        board.agents.get(&self.view.as_ref()?.agent)
    }

    pub(crate) fn card(&self) -> Option<&CardView> {
        self.view.as_ref()?.card.as_ref()
    }
}

/// Who called and what is known of them: number and name, class.
pub(crate) fn caller(card: &CardView, form: Form<'_>) -> String {
    [form.party().full(&card.caller), clean(&card.class).into_owned()].join("   ").trim_end().to_owned()
}

/// What was dialled, the queue, the wait.
pub(crate) fn way(card: &CardView, form: Form<'_>) -> String {
    let words = form.words;
    let mut parts = Vec::new();
    if !card.called.is_empty() {
        parts.push(words.f("desk.called", &[("number", &form.party().text_number(&card.called))]));
    }
    if !card.queue.is_empty() {
        parts.push(words.f("desk.queue", &[("queue", &card.queue)]));
    }
    if let Some(waited_ms) = card.waited_ms {
        let time = duration(whole(waited_ms));
        parts.push(words.f("desk.waited", &[("time", &time)]));
    }
    parts.join("   ")
}

/// What the flow knows of the caller.
pub(crate) fn values(card: &CardView, form: Form<'_>) -> Vec<String> {
    let value = |(name, value): &(String, String)| format!("{name} {}", form.party().sentence(value));
    card.values.iter().map(value).collect()
}

pub(crate) fn note(note: &NoteView, form: Form<'_>) -> String {
    let when = moment(note.at_ms, form.now_ms, form.utc_offset_min, form.words);
    format!("{when}  {}: {}", note.by, form.party().sentence(&note.text))
}

/// What a supervisor told the agent: when, who, what.
pub(crate) fn told(told: &ToldView, form: Form<'_>) -> String {
    let when = moment(told.at_ms, form.now_ms, form.utc_offset_min, form.words);
    format!("{when}  {}: {}", told.by, form.party().sentence(&told.text))
}

/// An earlier call in one line, its notes in lines of their own.
pub(crate) fn past(past: &PastCallView, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let when = moment(past.at_ms, form.now_ms, form.utc_offset_min, words);
    let who = |with: &PartyView| match with.name.as_str() {
        "" => form.party().text_number(&with.number),
        name => form.party().sentence(name),
    };
    let with = past.with.as_ref().map_or_else(|| words.t("desk.nobody").to_owned(), who);
    let way = if past.is_outbound { words.t("desk.outbound") } else { "" };
    let talk = duration(whole(past.talk_ms));
    let line = format!("{when}  {}  {with} {way}  {talk}  {}", past.number, past.disposition);
    let notes = past.notes.iter().map(|note| format!("  {}: {}", note.by, form.party().sentence(&note.text)));
    std::iter::once(line.trim_end().replace("   ", "  ")).chain(notes).collect()
}

/// Calls of the same number that were lost, and messages that it left.
pub(crate) fn left(card: &CardView, board: &Board, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let number = card.caller.number.as_str();
    if number.is_empty() {
        return Vec::new();
    }
    let when = |at_ms: i64| moment(at_ms, form.now_ms, form.utc_offset_min, words);
    let missed = board.missed.iter().filter(|missed| missed.caller.number == number).map(|missed| {
        let fields = [
            ("count", missed.count.to_string()),
            ("last", when(missed.last_ms)),
            ("queue", missed.queue.clone()),
        ];
        words.f("desk.missed", &fields)
    });
    let messages = board.messages.iter().filter(|message| message.from.number == number).map(|message| {
        let length = duration(whole(message.length_ms));
        words.f("desk.message", &[("when", when(message.at_ms)), ("length", length)])
    });
    missed.chain(messages.rev()).take(4).collect()
}

/// The whole desk as text: for the palette, `do`, and to be read in full.
pub(crate) fn lines(desk: &DeskView, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let mut out = vec![words.f("desk.of", &[("agent", desk.agent.as_str()), ("extension", &desk.extension)])];
    out.extend(desk.told.as_ref().map(|of| told(of, form)));
    let Some(card) = &desk.card else {
        out.push(words.t("desk.no_call").to_owned());
        return out;
    };
    out.push(format!("{}  {}", card.number, caller(card, form)));
    out.push(way(card, form));
    out.extend(values(card, form));
    if !card.disposition.is_empty() {
        out.push(words.f("desk.came_of_it", &[("word", &card.disposition)]));
    }
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.extend([String::new(), words.t(title).to_owned()]);
            out.extend(lines);
        }
    };
    part("desk.notes", card.notes.iter().map(|one| note(one, form)).collect());
    part("desk.before", card.history.iter().flat_map(|one| past(one, form)).collect());
    part("desk.script", card.script.lines().map(str::to_owned).collect());
    out.into_iter().map(|line| clean(&line).into_owned()).collect()
}
