//! Tests of the interpreter: a caller who dials, hears, presses and waits; after each event the rules are checked from
//! within ([`Run::audit`]) and from outside ([`Witness`]).

#![allow(clippy::panic, clippy::expect_used)]

mod agent;
mod ask;
mod call_back;
mod cleanup;
mod connect;
mod lending;
mod listen;
mod quests;
mod random;
mod secrets;
mod steps;
mod voice;

use super::{Passed, Run};
use crate::boundary::{Answer, Dialled, Effect, Event, Mailbox, Message, Opening, PinVerdict, Site};
use crate::clip::{Clip, Language};
use crate::expr::{Expr, Scope};
use crate::flow::{Flow, Flows, Node, NodeId, Place};
use crate::node::{HangUpAs, Job, Next, Patience, Reminders, Request};
use crate::prompt::{Form, Piece, Prompt};
use crate::rehearse::witness::Witness;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

// ---- writing flows --------------------------------------------------------------------------------------------------

/// Node by its place in the flow.
fn at(n: u16) -> NodeId {
    NodeId(n)
}

fn to(n: u16) -> Next {
    Some(NodeId(n))
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A prompt: `@name`, or text in which `{name}` is a value.
fn prompt(text: &str) -> Prompt {
    if text.is_empty() {
        return Prompt::default();
    }
    let mut pieces = Vec::new();
    for part in text.split_inclusive('}') {
        let (text, value) = part.split_once('{').unwrap_or((part, ""));
        match text.strip_prefix('@') {
            Some(name) => pieces.push(Piece::Named(name.to_owned())),
            None if !text.is_empty() => pieces.push(Piece::Text(text.to_owned())),
            None => {}
        }
        if let Some(name) = value.strip_suffix('}') {
            pieces.push(Piece::Value { of: expr(name), form: Form::Text });
        }
    }
    Prompt { any: Some(pieces), by_language: BTreeMap::new() }
}

fn expr(text: &str) -> Expr {
    Expr::parse(text).expect("an expression")
}

/// A flow whose nodes are named `n0`, `n1`, … and begins at the first.
fn flow(name: &str, jobs: Vec<Job>) -> Flow {
    let nodes = jobs.into_iter().enumerate();
    let nodes = nodes.map(|(n, job)| Node { name: format!("n{n}"), place: Place::default(), job }).collect();
    Flow {
        name: name.to_owned(),
        version: 1,
        title: String::new(),
        language: Language::En,
        nodes,
        start: NodeId(0),
        on_hang_up: None,
        arguments: BTreeMap::new(),
        file: format!("{name}.toml"),
        text: String::new(),
    }
}

fn cleaning(mut flow: Flow, node: u16) -> Flow {
    flow.on_hang_up = Some(NodeId(node));
    flow
}

fn play(text: &str, next: Next) -> Job {
    Job::Play { prompt: prompt(text), is_whole: false, next }
}

fn whole(text: &str, next: Next) -> Job {
    Job::Play { prompt: prompt(text), is_whole: true, next }
}

fn patience() -> Patience {
    Patience { first: seconds(5), between: seconds(3), tries: 3 }
}

fn menu(keys: &[(&str, u16)], silent: Next, otherwise: Next) -> Job {
    Job::Menu {
        prompt: prompt("choose"),
        keys: keys.iter().map(|(key, node)| ((*key).to_owned(), at(*node))).collect(),
        patience: patience(),
        reminders: Reminders::default(),
        silent,
        otherwise,
    }
}

fn collect(into: &str, count: (usize, usize), is_secret: bool, next: Next, failed: Next) -> Job {
    Job::Collect {
        prompt: prompt("type"),
        into: into.to_owned(),
        count,
        end: Some('#'),
        patience: patience(),
        reminders: Reminders::default(),
        is_secret,
        next,
        failed,
    }
}

fn set(name: &str, value: &str, next: Next) -> Job {
    Job::Set { values: vec![(name.to_owned(), expr(value))], next }
}

fn pin(next: Next, wrong: Next, locked: Next) -> Job {
    Job::Pin {
        prompt: Prompt::default(),
        pins: "door".into(),
        of: None,
        patience: patience(),
        next,
        wrong,
        locked,
    }
}

fn survey(next: Next, silent: Next) -> Job {
    Job::Survey {
        prompt: prompt("how was it"),
        question: "kind".into(),
        keys: "12345".into(),
        patience: Patience { tries: 2, ..patience() },
        next,
        silent,
    }
}

fn dial(to: &[&str], outcomes: [Next; 4]) -> Job {
    let [busy, no_answer, failed, after] = outcomes;
    Job::Dial {
        to: to.iter().map(|n| expr(n)).collect(),
        in_turn: false,
        ring: None,
        busy,
        no_answer,
        failed,
        after,
    }
}

fn queue(keys: &[(&str, u16)], outcomes: [Next; 4]) -> Job {
    let [timeout, full, empty, after] = outcomes;
    let keys = keys.iter().map(|(key, node)| ((*key).to_owned(), at(*node))).collect();
    Job::Queue {
        queue: expr("'sales'"),
        priority: Some(expr("3")),
        agent: None,
        timeout,
        full,
        empty,
        closed: None,
        keys,
        call_back: None,
        called_back: None,
        after,
    }
}

fn voicemail(mailbox: &str, next: Next, failed: Next) -> Job {
    Job::Voicemail { mailbox: expr(mailbox), greeting: Prompt::default(), next, failed }
}

fn record(next: Next, failed: Next) -> Job {
    let (longest, silence) = (seconds(60), seconds(3));
    Job::Record { prompt: prompt("speak"), into: "tape".into(), longest, silence, next, failed }
}

fn post(body: &[(&str, &str)], fields: &[(&str, &str)], next: Next, failed: Next) -> Job {
    let request = Request {
        url: prompt("http://localhost/{who}"),
        is_post: true,
        body: body.iter().map(|(name, value)| ((*name).to_owned(), expr(value))).collect(),
        fields: fields.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect(),
        timeout: seconds(2),
    };
    Job::Http { request, next, failed }
}

fn sub(flow: &str, with: &[(&str, &str)], into: Option<&str>, next: Next) -> Job {
    let with = with.iter().map(|(name, value)| ((*name).to_owned(), expr(value))).collect();
    Job::Sub { flow: flow.to_owned(), with, into: into.map(str::to_owned), next }
}

fn give_back(value: &str) -> Job {
    Job::Return { value: Some(expr(value)) }
}

fn hang_up(text: &str) -> Job {
    Job::HangUp { prompt: prompt(text), as_busy: HangUpAs::Normal }
}

// ---- the site -------------------------------------------------------------------------------------------------------

/// A site that answers what a test says.
#[derive(Default)]
struct World {
    flows: Flows,
    opening: Option<Opening>,
    part: usize,
    pins: BTreeMap<String, String>,
    is_locked: bool,
    mailboxes: BTreeMap<String, Mailbox>,
    listed: BTreeMap<String, Value>,
    values: BTreeMap<String, Value>,
}

impl Scope for World {
    fn get(&mut self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }

    fn lookup(&mut self, list: &str, of: &str) -> Option<Value> {
        self.listed.get(&format!("{list} {of}")).cloned()
    }
}

impl Site for World {
    fn opening(&mut self, _: &str) -> Option<Opening> {
        self.opening.clone()
    }

    fn share(&mut self, _: &str, _: &str, _: &[u32]) -> usize {
        self.part
    }

    fn pin(&mut self, pins: &str, of: Option<&str>, digits: &str) -> PinVerdict {
        let right = self.pins.get(&format!("{pins} {}", of.unwrap_or(""))).is_some_and(|pin| pin == digits);
        match (self.is_locked, right) {
            (true, _) => PinVerdict::Locked,
            (false, true) => PinVerdict::Right,
            (false, false) => PinVerdict::Wrong,
        }
    }

    fn mailbox(&mut self, name: &str) -> Option<Mailbox> {
        self.mailboxes.get(name).cloned()
    }

    fn flow(&mut self, name: &str) -> Option<Arc<Flow>> {
        self.flows.get(name).cloned()
    }
}

// ---- the caller -----------------------------------------------------------------------------------------------------

/// A caller in a flow, and all that was asked for.
struct Caller {
    world: World,
    run: Run,
    witness: Witness,
    log: Vec<Effect>,
    /// What the last event led to.
    last: Vec<Effect>,
    passed: Vec<Passed>,
}

/// A call into the first of these flows.
fn call(flows: Vec<Flow>) -> Caller {
    call_at(World::default(), flows)
}

fn call_at(world: World, flows: Vec<Flow>) -> Caller {
    call_as(world, flows, |run| run)
}

/// A caller who is lent to the first of these flows.
fn lent(world: World, flows: Vec<Flow>) -> Caller {
    call_as(world, flows, Run::lent)
}

fn call_as(mut world: World, flows: Vec<Flow>, how: fn(Run) -> Run) -> Caller {
    let flows: Vec<Arc<Flow>> = flows.into_iter().map(Arc::new).collect();
    let first = flows.first().expect("a flow").clone();
    world.flows = flows.into_iter().map(|flow| (flow.name.clone(), flow)).collect();
    let mut caller = Caller {
        world,
        run: how(Run::watched(first)),
        witness: Witness::default(),
        log: Vec::new(),
        last: Vec::new(),
        passed: Vec::new(),
    };
    caller.event(Event::Begin);
    caller
}

impl Caller {
    fn event(&mut self, event: Event) -> &mut Self {
        let told = format!("{event:?}");
        self.witness.event(&event);
        self.run.handle(&mut self.world, event);
        self.last.clear();
        while let Some(effect) = self.run.poll_effect() {
            self.last.push(effect);
        }
        if let Err(rule) = self.witness.effects(&self.last) {
            panic!("after {told}: {rule}\n{:#?}", self.run);
        }
        if let Some(rule) = self.run.audit() {
            panic!("after {told}: {rule}\n{:#?}", self.run);
        }
        assert_eq!(self.run.is_over(), self.witness.has_ended(), "after {told}");
        self.passed.extend(self.run.take_passed());
        self.log.extend(self.last.iter().cloned());
        self
    }

    fn press(&mut self, digits: &str) -> &mut Self {
        for digit in digits.chars() {
            self.event(Event::Digit(digit));
        }
        self
    }

    /// Hears what plays to its end.
    fn hears(&mut self) -> &mut Self {
        let number = self.witness.playing().expect("something plays");
        self.event(Event::Played(number))
    }

    /// Waits until the timer runs out.
    fn waits(&mut self) -> &mut Self {
        assert!(self.witness.is_waking(), "no timer runs");
        self.event(Event::Woke)
    }

    fn dialled(&mut self, how: Dialled) -> &mut Self {
        assert!(self.witness.under_way().is_some(), "nothing is under way");
        self.event(Event::Dialled(how))
    }

    fn answered(&mut self, answer: Answer) -> &mut Self {
        let number = self.witness.asked().expect("something is asked");
        self.event(Event::Answered(number, answer))
    }

    fn recorded(&mut self, id: Option<&str>) -> &mut Self {
        assert_eq!(self.witness.under_way(), Some("record"));
        self.event(Event::Recorded(id.map(str::to_owned)))
    }

    fn gone(&mut self) -> &mut Self {
        self.event(Event::Gone { recorded: None })
    }

    /// Nodes entered, as `flow.node by`.
    fn path(&self) -> String {
        let entered = self.log.iter().filter_map(|effect| match effect {
            Effect::Entered { flow, name, by, .. } => Some(format!("{flow}.{name} {by}")),
            _ => None,
        });
        entered.collect::<Vec<_>>().join(", ")
    }

    /// The node that the caller is at.
    fn node(&self) -> String {
        self.run
            .at()
            .map_or_else(|| "nowhere".to_owned(), |(flow, _, node)| format!("{}.{}", flow.name, node.name))
    }

    /// What plays because of the last event, as it would be heard.
    fn heard(&self) -> String {
        let clips = self.last.iter().rev().find_map(|effect| match effect {
            Effect::Play { clips, .. } => Some(clips.clone()),
            _ => None,
        });
        let clips = clips.unwrap_or_default().into_iter().map(|clip| match clip {
            Clip::Prompt { name, .. } => format!("@{name}"),
            Clip::Speech { text, .. } => text,
            Clip::Message(id) => format!("<{id}>"),
            Clip::Pause(ms) => format!("({ms})"),
            Clip::Beep => "beep".to_owned(),
            Clip::Ringing => "ringing".to_owned(),
        });
        clips.collect::<Vec<_>>().join(" ")
    }

    /// A variable, for people's eyes.
    fn variable(&self, name: &str) -> String {
        self.run.variables().get(name).map(Value::shown).unwrap_or_default()
    }

    /// Faults told, as `node: what`.
    fn faults(&self) -> Vec<String> {
        let faults = self.log.iter().filter_map(|effect| match effect {
            Effect::Fault { flow, node, what } => Some(format!("{flow}.{node}: {what}")),
            _ => None,
        });
        faults.collect()
    }

    fn has(&self, wanted: &Effect) -> bool {
        self.log.contains(wanted)
    }

    fn last_has(&self, wanted: &Effect) -> bool {
        self.last.contains(wanted)
    }

    fn count(&self, is_it: impl Fn(&Effect) -> bool) -> usize {
        self.log.iter().filter(|effect| is_it(effect)).count()
    }
}

fn message(id: &str, is_new: bool) -> Message {
    Message { id: id.into(), from: "41791234567".into(), at: "2026-11-22T17:30".into(), is_new }
}
