//! Random flows and what happens to random callers in them, from a seed: for tests and the simulator.

use super::chance::Chance;
use super::witness::Witness;
use crate::agent::{AgentAnswer, AgentDo};
use crate::boundary::{Answer, CallBackAnswer, Dialled, Event, Mailbox, Message, Opening, PinVerdict, Site};
use crate::clip::{Clip, Language};
use crate::expr::{Expr, Scope};
use crate::flow::{Flow, Flows, Node, NodeId, Place};
use crate::node::{HangUpAs, Job, Next, Patience, Reminders, Request};
use crate::number::NUMBER_MAX;
use crate::pins::AGENT_PINS;
use crate::prompt::{Form, Piece, Prompt};
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Names of the flows that are made; sub-flows are among them, and one that is not there.
const NAMES: [&str; 4] = ["first", "second", "third", "fourth"];
/// Extensions that are dialled.
const EXTENSIONS: [&str; 4] = ["101", "102", "103", "199"];
/// Agents and reasons of breaks that a site may have.
const AGENTS: [&str; 3] = ["1", "2", "3"];
const BREAKS: [&str; 3] = ["lunch", "paper", "nap"];
/// Queues that callers wait in.
const QUEUES: [&str; 3] = ["sales", "service", "nowhere"];
/// Variables.
const VARIABLES: [&str; 6] = ["a", "b", "card", "language", "error", "caller"];
/// Most nodes of a flow.
const NODES: usize = 16;

/// One to four flows that begin with the one whose name comes first; nodes of every kind that lead anywhere, loops and
/// flows within themselves included.
pub fn flows(chance: &mut Chance) -> Flows {
    let count = 1 + chance.below(NAMES.len());
    let made = NAMES.iter().take(count).map(|name| ((*name).to_owned(), Arc::new(flow(chance, name))));
    made.collect()
}

fn flow(chance: &mut Chance, name: &str) -> Flow {
    let count = 1 + chance.below(NODES);
    let some_node = |chance: &mut Chance| NodeId(u16::try_from(chance.below(count)).unwrap_or(0));
    let nodes = (0..count).map(|n| {
        let job = Maker { chance, count }.job();
        Node { name: format!("n{n}"), place: Place::default(), job }
    });
    let nodes = nodes.collect();
    Flow {
        name: name.to_owned(),
        version: 1,
        title: format!("Flow {name}"),
        language: if chance.once_in(2) { Language::En } else { Language::Zh },
        nodes,
        start: some_node(chance),
        on_hang_up: (!chance.once_in(3)).then(|| some_node(chance)),
        arguments: BTreeMap::from([("a".to_owned(), Value::whole(1))]),
        file: format!("{name}.toml"),
        text: String::new(),
    }
}

/// Makes the nodes of one flow.
struct Maker<'c> {
    chance: &'c mut Chance,
    count: usize,
}

impl Maker<'_> {
    fn node(&mut self) -> NodeId {
        NodeId(u16::try_from(self.chance.below(self.count)).unwrap_or(0))
    }

    fn next(&mut self) -> Next {
        (!self.chance.once_in(12)).then(|| self.node())
    }

    fn word(&mut self, words: &[&str]) -> String {
        self.chance.one_of(words).map(|word| (*word).to_owned()).unwrap_or_default()
    }

    fn expr(&mut self) -> Expr {
        match self.chance.below(4) {
            0 => Expr::Constant(Value::whole(i64::try_from(self.chance.below(3)).unwrap_or(0))),
            1 => Expr::Constant(Value::text(&self.word(&["101", "zh", "en", "", "x\u{7}y"]))),
            _ => Expr::Name(self.word(&VARIABLES)),
        }
    }

    fn prompt(&mut self) -> Prompt {
        let pieces = (0..self.chance.below(4)).map(|_| match self.chance.below(7) {
            0 | 1 => Piece::Named("office/welcome".to_owned()),
            2 | 3 => Piece::Text("Good day.".to_owned()),
            // As long as a number can be.
            4 => {
                Piece::Value { of: Expr::Constant(Value::text(&"7".repeat(NUMBER_MAX))), form: Form::Digits }
            }
            _ => {
                let of = self.expr();
                let form = [Form::Text, Form::Number, Form::Digits, Form::Date, Form::Amount(*b"CHF")];
                Piece::Value { of, form: self.chance.one_of(&form).copied().unwrap_or(Form::Text) }
            }
        });
        let pieces: Vec<Piece> = pieces.collect();
        if self.chance.once_in(3) {
            return Prompt { any: None, by_language: BTreeMap::from([(Language::En, pieces)]) };
        }
        Prompt { any: Some(pieces), by_language: BTreeMap::new() }
    }

    fn patience(&mut self) -> Patience {
        let first = Duration::from_secs(5);
        let tries = u32::try_from(1 + self.chance.below(3)).unwrap_or(1);
        Patience { first, between: Duration::from_secs(2), tries }
    }

    fn reminders(&mut self) -> Reminders {
        Reminders { silent: self.prompt(), wrong: self.prompt() }
    }

    fn keys(&mut self) -> BTreeMap<String, NodeId> {
        let keys = ["1", "2", "12", "123", "0", "#", "*", "9"];
        (0..self.chance.below(5)).map(|_| (self.word(&keys), self.node())).collect()
    }

    fn fields(&mut self) -> Vec<(String, Expr)> {
        (0..self.chance.below(4)).map(|_| (self.word(&VARIABLES), self.expr())).collect()
    }

    fn paths(&mut self) -> Vec<(String, String)> {
        (0..self.chance.below(4)).map(|_| (self.word(&VARIABLES), self.word(&["a", "b.c", "d.0"]))).collect()
    }

    fn job(&mut self) -> Job {
        match self.chance.below(24) {
            0..=2 => Job::Play { prompt: self.prompt(), is_whole: self.chance.once_in(3), next: self.next() },
            3..=9 => self.question(),
            10 => Job::Set { values: self.fields(), next: self.next() },
            11 => {
                let cases = (0..self.chance.below(3)).map(|_| (self.expr(), self.node())).collect();
                Job::If { cases, otherwise: self.next() }
            }
            12 => Job::Hours {
                hours: self.word(&["office", "nowhere"]),
                open: self.next(),
                closed: self.next(),
                holiday: self.next(),
            },
            13 => Job::Share { parts: vec![(60, self.node()), (40, self.node())] },
            14 => Job::List {
                list: self.word(&["vip", "deny"]),
                of: self.expr(),
                into: self.chance.once_in(2).then(|| self.word(&VARIABLES)),
                listed: self.next(),
                other: self.next(),
            },
            15..=20 => self.other_side(),
            21 => Job::Sub {
                flow: self.word(&NAMES),
                with: self.fields(),
                into: self.chance.once_in(2).then(|| self.word(&VARIABLES)),
                next: self.next(),
            },
            22 => Job::Return { value: self.chance.once_in(2).then(|| self.expr()) },
            _ => {
                let ways = [HangUpAs::Normal, HangUpAs::Busy, HangUpAs::Rejected, HangUpAs::NotFound];
                let as_busy = self.chance.one_of(&ways).copied().unwrap_or_default();
                Job::HangUp { prompt: self.prompt(), as_busy }
            }
        }
    }

    /// What asks for digits.
    fn question(&mut self) -> Job {
        let (prompt, patience) = (self.prompt(), self.patience());
        match self.chance.below(5) {
            0 | 1 => Job::Menu {
                prompt,
                keys: self.keys(),
                patience,
                reminders: self.reminders(),
                silent: self.next(),
                otherwise: self.next(),
            },
            2 => {
                let least = 1 + self.chance.below(4);
                let is_secret = self.chance.once_in(2);
                Job::Collect {
                    prompt,
                    // A secret has a name of its own: what is not secret is dialled and said.
                    into: if is_secret { "card".to_owned() } else { self.word(&["a", "b"]) },
                    count: (least, least + self.chance.below(8)),
                    end: self.chance.one_of(&[None, Some('#'), Some('*')]).copied().flatten(),
                    patience,
                    reminders: self.reminders(),
                    is_secret,
                    next: self.next(),
                    failed: self.next(),
                }
            }
            3 if self.chance.once_in(3) => Job::Pin {
                prompt,
                pins: AGENT_PINS.to_owned(),
                of: Some(self.one_of_or_any(&AGENTS)),
                patience,
                next: self.next(),
                wrong: self.next(),
                locked: self.next(),
            },
            3 => Job::Pin {
                prompt,
                pins: "door".to_owned(),
                of: self.chance.once_in(2).then(|| self.expr()),
                patience,
                next: self.next(),
                wrong: self.next(),
                locked: self.next(),
            },
            _ => Job::Survey {
                prompt,
                question: "kind".to_owned(),
                keys: "12345".to_owned(),
                patience,
                next: self.next(),
                silent: self.next(),
            },
        }
    }

    /// One of these, or now and then anything.
    fn one_of_or_any(&mut self, words: &[&str]) -> Expr {
        if self.chance.once_in(5) { self.expr() } else { Expr::Constant(Value::text(&self.word(words))) }
    }

    /// Who calls acts as an agent.
    fn agent(&mut self) -> Job {
        let what = self.chance.one_of(&AgentDo::WORDS).map_or(AgentDo::Ready, |(_, what)| *what);
        let signs_in = what == AgentDo::SignIn && !self.chance.once_in(3);
        Job::Agent {
            what,
            agent: signs_in.then(|| self.one_of_or_any(&AGENTS)),
            reason: matches!(what, AgentDo::Break | AgentDo::Toggle).then(|| self.one_of_or_any(&BREAKS)),
            into: self.chance.once_in(2).then(|| self.word(&VARIABLES)),
            next: self.next(),
            refused: self.next(),
            unknown: self.next(),
        }
    }

    /// The agent whom a caller who is to wait asks for.
    fn asked_first(&mut self) -> Option<Expr> {
        self.chance.once_in(2).then(|| self.one_of_or_any(&AGENTS))
    }

    /// What needs somebody or something else.
    fn other_side(&mut self) -> Job {
        let seconds = Duration::from_secs(3);
        match self.chance.below(9) {
            0 => Job::Dial {
                to: (0..self.chance.below(4))
                    .map(|_| {
                        if self.chance.once_in(3) {
                            return self.expr();
                        }
                        Expr::Constant(Value::text(&self.word(&EXTENSIONS)))
                    })
                    .collect(),
                in_turn: self.chance.once_in(2),
                ring: self.chance.once_in(2).then_some(seconds),
                busy: self.next(),
                no_answer: self.next(),
                failed: self.next(),
                after: self.next(),
            },
            1 => Job::Queue {
                queue: Expr::Constant(Value::text(&self.word(&QUEUES))),
                priority: self.chance.once_in(2).then(|| self.expr()),
                timeout: self.next(),
                full: self.next(),
                empty: self.next(),
                keys: self.keys(),
                call_back: self.chance.once_in(2).then_some('1'),
                called_back: self.next(),
                after: self.next(),
                // By chance of its own, so that seeds make the flows that they made without.
                closed: Maker { chance: &mut self.chance.clone(), count: self.count }.next(),
                agent: Maker { chance: &mut self.chance.clone(), count: self.count }.asked_first(),
            },
            2 => Job::Voicemail {
                mailbox: if self.chance.once_in(3) {
                    self.expr()
                } else {
                    Expr::Constant(Value::text("101"))
                },
                greeting: self.prompt(),
                next: self.next(),
                failed: self.next(),
            },
            3 | 4 => Job::Mailbox {
                mailbox: self.chance.once_in(2).then(|| Expr::Constant(Value::text("101"))),
                next: self.next(),
            },
            5 => Job::Record {
                prompt: self.prompt(),
                into: self.word(&["a", "b"]),
                longest: seconds,
                silence: seconds,
                next: self.next(),
                failed: self.next(),
            },
            6 => self.agent(),
            7 => Job::Http {
                request: Request {
                    url: self.prompt(),
                    is_post: self.chance.once_in(2),
                    body: self.fields(),
                    fields: self.paths(),
                    timeout: seconds,
                },
                next: self.next(),
                failed: self.next(),
            },
            _ => Job::Exec {
                argv: vec!["/bin/true".to_owned()],
                input: self.fields(),
                fields: self.paths(),
                timeout: seconds,
                next: self.next(),
                failed: self.next(),
            },
        }
    }
}

/// A site that answers by chance.
#[derive(Debug)]
pub struct World {
    flows: Flows,
    chance: Chance,
}

impl World {
    /// A site with these flows.
    pub fn new(flows: Flows, chance: Chance) -> Self {
        Self { flows, chance }
    }
}

impl Scope for World {
    fn get(&mut self, name: &str) -> Option<Value> {
        (name == "caller").then(|| Value::text("41791234567"))
    }

    fn lookup(&mut self, _: &str, of: &str) -> Option<Value> {
        self.chance.once_in(2).then(|| Value::text(of))
    }
}

impl Site for World {
    fn opening(&mut self, hours: &str) -> Option<Opening> {
        let ways = [Opening::Open, Opening::Closed, Opening::Holiday("New Year".to_owned())];
        (hours == "office").then(|| self.chance.one_of(&ways).cloned()).flatten()
    }

    fn share(&mut self, _: &str, _: &str, parts: &[u32]) -> usize {
        self.chance.below(parts.len() + 1)
    }

    fn pin(&mut self, _: &str, _: Option<&str>, _: &str) -> PinVerdict {
        let ways = [PinVerdict::Right, PinVerdict::Right, PinVerdict::Wrong, PinVerdict::Locked];
        self.chance.one_of(&ways).copied().unwrap_or(PinVerdict::Wrong)
    }

    fn mailbox(&mut self, name: &str) -> Option<Mailbox> {
        let messages = (0..self.chance.below(3)).map(|n| Message {
            id: format!("m{n}"),
            from: "anonymous".to_owned(),
            at: "2026-11-22T17:30".to_owned(),
            is_new: n == 0,
        });
        let messages = messages.collect();
        (name == "101").then(|| Mailbox {
            is_open: false,
            greeting: self.chance.once_in(2).then_some(Clip::Pause(100)),
            is_full: self.chance.once_in(3),
            longest: Duration::from_secs(60),
            messages,
        })
    }

    fn flow(&mut self, name: &str) -> Option<Arc<Flow>> {
        self.flows.get(name).cloned()
    }
}

/// What happens next to a caller of whom this is known: mostly what is waited for, sometimes what comes too late or
/// makes no sense, seldom the end of the call.
pub fn happen(chance: &mut Chance, witness: &Witness) -> Event {
    if chance.once_in(90) {
        return gone(chance, witness);
    }
    if chance.once_in(12) {
        return nonsense(chance);
    }
    if witness.has_hung_up() && witness.asked().is_none() {
        return gone(chance, witness);
    }
    if let Some(number) = witness.asked() {
        return match chance.below(4) {
            0 => digit(chance),
            1 => Event::Answered(number, Answer::Failed("no route".to_owned())),
            _ => Event::Answered(number, Answer::Json(json(chance))),
        };
    }
    match witness.under_way() {
        Some("record") if chance.once_in(3) => return Event::Recorded(None),
        Some("record") => return Event::Recorded(Some("r1".to_owned())),
        Some("agent") => return Event::Agent(agent(chance)),
        Some("talk") => return Event::Dialled(Dialled::Talked),
        Some("call_back") => return Event::CallBack(call_back(chance)),
        Some(_) if chance.once_in(6) => return Event::Connected,
        Some(_) if witness.is_waking() && chance.once_in(2) => return Event::Woke,
        Some("queue") if chance.once_in(3) => return Event::Digit(if chance.once_in(3) { '*' } else { '1' }),
        Some("queue") if chance.once_in(3) => {
            if let Some(number) = witness.playing() {
                return Event::Played(number);
            }
        }
        Some(_) if chance.once_in(3) => return Event::Dialled(dialled(chance)),
        Some(_) => return digit(chance),
        None => {}
    }
    match witness.playing() {
        Some(_) if witness.is_secret() => digit(chance),
        Some(number) if !chance.once_in(3) => Event::Played(number),
        None if witness.is_secret() && !chance.once_in(6) => digit(chance),
        None if witness.is_waking() && chance.once_in(3) => Event::Woke,
        Some(_) | None => digit(chance),
    }
}

/// The call is over; what was being recorded is kept or not.
fn gone(chance: &mut Chance, witness: &Witness) -> Event {
    let is_kept = witness.under_way() == Some("record") && !chance.once_in(3);
    Event::Gone { recorded: is_kept.then(|| "r1".to_owned()) }
}

fn digit(chance: &mut Chance) -> Event {
    Event::Digit(chance.one_of(&['1', '2', '1', '3', '4', '0', '9', '7', '#', '*']).copied().unwrap_or('1'))
}

fn call_back(chance: &mut Chance) -> CallBackAnswer {
    let all = [CallBackAnswer::Noted, CallBackAnswer::NoNumber, CallBackAnswer::Refused];
    chance.one_of(&all).copied().unwrap_or(CallBackAnswer::Refused)
}

fn agent(chance: &mut Chance) -> AgentAnswer {
    chance.one_of(&AgentAnswer::ALL).copied().unwrap_or(AgentAnswer::Unknown)
}

fn dialled(chance: &mut Chance) -> Dialled {
    let ways =
        [Dialled::Busy, Dialled::NoAnswer, Dialled::Failed, Dialled::Full, Dialled::Empty, Dialled::Talked];
    match chance.one_of(&ways).copied().unwrap_or(Dialled::Failed) {
        Dialled::Empty if chance.clone().once_in(2) => Dialled::Closed,
        how => how,
    }
}

fn json(chance: &mut Chance) -> serde_json::Value {
    let ways = [
        serde_json::json!({"a": 1, "b": {"c": "two"}, "d": [true]}),
        serde_json::json!([1, 2]),
        serde_json::Value::Null,
    ];
    chance.one_of(&ways).cloned().unwrap_or_default()
}

fn nonsense(chance: &mut Chance) -> Event {
    let number = u64::try_from(chance.below(50)).unwrap_or(0);
    match chance.below(10) {
        8 => Event::CallBack(call_back(chance)),
        0 => Event::Played(number),
        1 => Event::Woke,
        2 => Event::Begin,
        3 => Event::Digit('A'),
        4 => Event::Digit('\u{7}'),
        5 => Event::Answered(number, Answer::Failed("late".to_owned())),
        6 => Event::Connected,
        7 => Event::Agent(agent(chance)),
        _ => digit(chance),
    }
}
