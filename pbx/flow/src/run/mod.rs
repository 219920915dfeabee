//! The interpreter: one [`Run`] is one caller in a flow.
//!
//! ```text
//!            ┌───────────────────────── Ready: nodes that need nothing are stepped through ◄─────────────┐
//!            │        │          │              │              │              │             │           │
//!            ▼        ▼          ▼              ▼              ▼              ▼             ▼           │
//!         Playing   Quest    Connecting     Greeting ──►   Recording       Asking       Listening       │
//!            │     (digits)   (dial,        (voicemail,        │          (http, exec)   (mailbox)       │
//!            │        │        queue)         record)          │              │             │           │
//!            └────────┴──────────┴──────────────┴──────────────┴──────────────┴─────────────┴───────────┘
//!  no next, hang_up ──► Closing ──► HangUp … Gone ──► on_hang_up ──► Over
//! ```
//!
//! A caller is in exactly one of these. What does not fit the state (a prompt that was cut, an answer that came too
//! late) is told by its number and passed over.

mod ask;
mod connect;
mod listen;
mod quest;
mod scope;
mod speak;
mod voice;

use crate::boundary::{Effect, Event, HangUp, Opening, Site, Variables};
use crate::clip::{Clip, Language};
use crate::expr::Expr;
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{DEPTH_MAX, DIGITS_AHEAD_MAX, ENTERED_MAX, STEPS_MAX, VARIABLES_MAX};
use crate::node::{HangUpAs, Job, Next};
use crate::value::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// One flow within the stack of flows.
#[derive(Debug, Clone)]
struct Frame {
    flow: Arc<Flow>,
    at: NodeId,
    variables: Variables,
    /// Where the flow that ran this one goes on, and the variable that gets what this one returns.
    back: Option<(Option<String>, Next)>,
    /// Its clean-up has begun.
    is_cleaning: bool,
    /// It was run by a clean-up, when the call was over already.
    is_late: bool,
}

/// Where a caller is.
#[derive(Debug, Clone)]
enum State {
    /// Between two nodes.
    Ready,
    /// Hears a prompt.
    Playing { number: u64, next: Next },
    /// Is asked for digits.
    Quest(quest::Quest),
    /// Is being connected, waits in a queue, or talks.
    Connecting(connect::Connecting),
    /// Hears what one hears before one is recorded.
    Greeting { number: u64, taking: voice::Taking },
    /// Is recorded.
    Recording,
    /// Waits for an answer from outside.
    Asking { number: u64 },
    /// Listens to messages.
    Listening(Box<listen::Listening>),
    /// Hears the last words.
    Closing { number: u64, turn_away: HangUpAs },
    /// The end of the call was asked for.
    HungUp,
    /// Over.
    Over,
}

/// A caller in a flow.
#[derive(Debug, Clone)]
pub struct Run {
    frames: Vec<Frame>,
    state: State,
    language: Language,
    /// Digits pressed ahead of what asks for them.
    ahead: VecDeque<char>,
    effects: VecDeque<Effect>,
    last_number: u64,
    /// Steps since something last happened.
    steps: u32,
    entered: u32,
    dials: u32,
    /// Digits are secret at the moment.
    is_secret: bool,
    /// A time was asked for.
    is_waking: bool,
    /// The key that would have ended the digits that were complete without it: if it comes next, it is no answer.
    trailing: Option<char>,
    /// The call is over.
    is_gone: bool,
    is_faulty: bool,
}

impl Run {
    /// A caller who is about to enter a flow.
    pub fn new(flow: Arc<Flow>) -> Self {
        let language = flow.language;
        Self {
            frames: vec![Frame::new(flow, Variables::new(), None)],
            state: State::Ready,
            language,
            ahead: VecDeque::new(),
            effects: VecDeque::new(),
            last_number: 0,
            steps: 0,
            entered: 0,
            dials: 0,
            is_secret: false,
            is_waking: false,
            trailing: None,
            is_gone: false,
            is_faulty: false,
        }
    }

    /// Takes one event. What is to be done is then asked for with [`Run::poll_effect`].
    pub fn handle(&mut self, site: &mut dyn Site, event: Event) {
        self.steps = 0;
        let trailing = self.trailing.take();
        match event {
            Event::Digit(digit) if trailing == Some(digit) => {}
            Event::Begin => {
                if matches!(self.state, State::Ready) && self.entered == 0 {
                    let start = self.frames.last().map(|frame| frame.flow.start);
                    self.go(site, start, "begin");
                }
            }
            Event::Gone => self.gone(site),
            Event::Digit(digit) => self.digit(site, digit),
            Event::Played(number) => self.played(site, number),
            Event::Woke => self.woke(site),
            Event::Dialled(how) => self.dialled(site, how),
            Event::Recorded(message) => self.recorded(site, message.as_deref()),
            Event::Answered(number, answer) => self.answered(site, number, &answer),
        }
    }

    /// The next effect.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether nothing more can come of it.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Whether the caller is being connected, waits in a queue or talks: then its sound is not the flow's.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting(_))
    }

    /// Whether digits are secret at the moment.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The language that the caller is spoken to in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The flow and node that the caller is at.
    pub fn at(&self) -> Option<(&Arc<Flow>, NodeId, &Node)> {
        let frame = self.frames.last()?;
        frame.flow.node(frame.at).map(|node| (&frame.flow, frame.at, node))
    }

    /// The variables of the flow that the caller is in. Some may be secret: see [`Value::shown`].
    pub fn variables(&self) -> &Variables {
        static NONE: Variables = Variables::new();
        self.frames.last().map_or(&NONE, |frame| &frame.variables)
    }

    /// How many flows within each other the caller is in.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// What is wrong with this run, if something is: a rule, broken. For checks between two events.
    pub fn audit(&self) -> Option<&'static str> {
        let is_quest_secret = match &self.state {
            State::Quest(quest) => quest.is_secret,
            State::Listening(listening) => listening.is_secret(),
            _ => false,
        };
        if self.is_secret != is_quest_secret {
            return Some("digits are secret exactly while a secret is asked for");
        }
        if self.is_gone && !matches!(self.state, State::Asking { .. } | State::Over) {
            return Some("after the end of the call a flow waits for answers from outside or is over");
        }
        if self.frames.is_empty() != self.is_over() {
            return Some("a run has a flow until it is over");
        }
        None
    }

    // ---- from node to node ---------------------------------------------------------------------------------------

    /// Goes on at a node, and steps through nodes until one waits for something.
    fn go(&mut self, site: &mut dyn Site, next: Next, by: &str) {
        self.leave();
        let mut next = next;
        let mut by = by.to_owned();
        loop {
            let Some(node) = next else {
                match self.end_of_flow() {
                    Some((then, how)) => (next, by) = (then, how.to_owned()),
                    None => return,
                }
                continue;
            };
            match self.enter(site, node, by) {
                Step::On(then, how) => (next, by) = (then, how),
                Step::Waits => return,
            }
        }
    }

    /// What was going on is not any more.
    fn leave(&mut self) {
        self.state = State::Ready;
        self.set_secret(false);
        self.wake(None);
    }

    fn wake(&mut self, after: Option<Duration>) {
        if after.is_some() || self.is_waking {
            self.is_waking = after.is_some();
            self.effects.push_back(Effect::Wake(after));
        }
    }

    fn set_secret(&mut self, is_secret: bool) {
        if self.is_secret != is_secret {
            self.is_secret = is_secret;
            self.effects.push_back(Effect::Secret(is_secret));
        }
    }

    fn enter(&mut self, site: &mut dyn Site, id: NodeId, by: String) -> Step {
        self.steps += 1;
        self.entered = self.entered.saturating_add(1);
        let Some(frame) = self.frames.last_mut() else {
            self.over();
            return Step::Waits;
        };
        frame.at = id;
        let flow = frame.flow.clone();
        let Some(node) = flow.node(id) else {
            return self.fault(&flow.name, "", "the flow leads to a node that is not there");
        };
        self.effects.push_back(Effect::Entered {
            flow: flow.name.clone(),
            node: id,
            name: node.name.clone(),
            by,
        });
        if self.steps > STEPS_MAX {
            let what = format!("{STEPS_MAX} steps without waiting for anything: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        if self.entered > ENTERED_MAX {
            let what = format!("one caller entered {ENTERED_MAX} nodes: it loops");
            return self.fault(&flow.name, &node.name, &what);
        }
        self.perform(site, &flow, node)
    }

    /// Does what a node is for.
    fn perform(&mut self, site: &mut dyn Site, flow: &Arc<Flow>, node: &Node) -> Step {
        match &node.job {
            Job::Play { prompt, is_whole, next } => {
                let clips = self.clips(site, prompt);
                // Who presses ahead knows what is said here.
                let is_known = !is_whole && !self.ahead.is_empty();
                if clips.is_empty() || self.is_gone || is_known {
                    return Step::On(*next, "next".into());
                }
                let number = self.play(clips);
                self.state = State::Playing { number, next: *next };
                Step::Waits
            }
            Job::Menu { .. } | Job::Collect { .. } | Job::Pin { .. } | Job::Survey { .. } => {
                self.begin_quest(site, flow, node)
            }
            Job::Set { values, next } => {
                for (name, expr) in values {
                    let value = self.eval(site, expr);
                    self.set(name, value);
                }
                Step::On(*next, "next".into())
            }
            Job::If { cases, otherwise } => {
                for (at, (condition, then)) in cases.iter().enumerate() {
                    if self.eval(site, condition).holds() {
                        return Step::On(Some(*then), format!("case {}", at + 1));
                    }
                }
                Step::On(*otherwise, "else".into())
            }
            Job::Hours { hours, open, closed, holiday } => match site.opening(hours) {
                Some(Opening::Open) => Step::On(*open, "open".into()),
                Some(Opening::Closed) => Step::On(*closed, "closed".into()),
                Some(Opening::Holiday(name)) => {
                    self.set("holiday", Value::text(&name));
                    Step::On(holiday.or(*closed), "holiday".into())
                }
                None => {
                    let what = format!("there are no hours named {hours}; it went on as closed");
                    self.tell_fault(&flow.name, &node.name, what);
                    Step::On(*closed, "closed".into())
                }
            },
            Job::Share { parts } => {
                let weights: Vec<u32> = parts.iter().map(|(percent, _)| *percent).collect();
                let part = site.share(&flow.name, &node.name, &weights);
                let then = parts.get(part).or_else(|| parts.first());
                let by = then.map_or_else(String::new, |(percent, _)| format!("{percent} %"));
                Step::On(then.map(|(_, next)| *next), by)
            }
            Job::List { list, of, into, listed, other } => {
                let of = self.eval(site, of);
                let found = site.lookup(list, &of.plain());
                if let (Some(name), Some(value)) = (into, &found) {
                    self.set(name, value.clone().secret_if(of.is_secret));
                }
                match found {
                    Some(_) => Step::On(*listed, "listed".into()),
                    None => Step::On(*other, "other".into()),
                }
            }
            Job::Dial { .. } | Job::Queue { .. } => self.connect(site, flow, node),
            Job::Voicemail { .. } | Job::Record { .. } => self.greet(site, flow, node),
            Job::Mailbox { mailbox, next } => self.listen(site, mailbox.as_ref(), *next),
            Job::Http { .. } | Job::Exec { .. } => self.ask(site, &node.job),
            Job::Sub { flow: name, with, into, next } => {
                self.call_flow(site, flow, node, name, with, (into.clone(), *next))
            }
            Job::Return { value } => {
                let value = value.as_ref().map(|expr| self.eval(site, expr)).unwrap_or_default();
                Step::On(self.give_back(value), "return".into())
            }
            Job::HangUp { .. } if self.is_gone => Step::On(None, "hang_up".into()),
            Job::HangUp { prompt, as_busy } => {
                let clips = self.clips(site, prompt);
                self.close(clips, *as_busy);
                Step::Waits
            }
        }
    }

    /// Runs another flow.
    fn call_flow(
        &mut self,
        site: &mut dyn Site,
        flow: &Flow,
        node: &Node,
        name: &str,
        with: &[(String, Expr)],
        back: (Option<String>, Next),
    ) -> Step {
        if self.frames.len() >= DEPTH_MAX {
            let what = format!("more than {DEPTH_MAX} flows within each other");
            return self.fault(&flow.name, &node.name, &what);
        }
        let Some(inner) = site.flow(name) else {
            return self.fault(&flow.name, &node.name, &format!("there is no flow named {name}"));
        };
        let mut variables = inner.arguments.clone();
        for (argument, expr) in with {
            let value = self.eval(site, expr);
            variables.insert(argument.clone(), value);
        }
        let start = inner.start;
        let is_late = self.is_gone;
        self.frames.push(Frame { is_late, ..Frame::new(inner, variables, Some(back)) });
        Step::On(Some(start), "flow".into())
    }

    /// A flow is at its end without having hung up.
    fn end_of_flow(&mut self) -> Option<(Next, &'static str)> {
        let is_late = self.frames.last().is_some_and(|frame| frame.is_late);
        if self.is_gone && !is_late {
            return self.next_cleanup();
        }
        if self.frames.len() > 1 {
            return Some((self.give_back(Value::NOTHING), "return"));
        }
        self.close(Vec::new(), HangUpAs::Normal);
        None
    }

    /// Goes back to the flow that ran this one, if one did.
    fn give_back(&mut self, value: Value) -> Next {
        let goes_back =
            self.frames.len() > 1 && self.frames.last().is_some_and(|f| f.is_late == self.is_gone);
        let (into, next) = self.frames.pop_if(|_| goes_back).and_then(|frame| frame.back)?;
        if let Some(name) = into {
            self.set(&name, value);
        }
        next
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /// Says the last words, then hangs up.
    fn close(&mut self, clips: Vec<Clip>, turn_away: HangUpAs) {
        self.leave();
        if clips.is_empty() {
            self.hang_up(turn_away);
        } else {
            let number = self.play(clips);
            self.state = State::Closing { number, turn_away };
        }
    }

    fn hang_up(&mut self, turn_away: HangUpAs) {
        let node = self.at().map(|(_, _, node)| node.name.clone()).unwrap_or_default();
        self.state = State::HungUp;
        self.effects.push_back(Effect::HangUp(HangUp { turn_away, node }));
    }

    /// The call is over: what was going on is dropped, and the flows clean up, the innermost first.
    fn gone(&mut self, site: &mut dyn Site) {
        if self.is_gone || self.is_over() {
            return;
        }
        self.is_gone = true;
        self.ahead.clear();
        self.leave();
        if let Some((next, by)) = self.next_cleanup() {
            self.go(site, next, by);
        }
    }

    /// The clean-up that comes next; none is left when it gives `None`, and the run is over.
    fn next_cleanup(&mut self) -> Option<(Next, &'static str)> {
        while let Some(frame) = self.frames.last_mut() {
            if let Some(node) = frame.flow.on_hang_up.filter(|_| !frame.is_cleaning) {
                frame.is_cleaning = true;
                return Some((Some(node), "hang_up"));
            }
            self.frames.pop();
        }
        self.over();
        None
    }

    fn over(&mut self) {
        self.frames.clear();
        self.set_secret(false);
        if !self.is_over() {
            self.state = State::Over;
            self.effects.push_back(Effect::End);
        }
    }

    /// The flow cannot go on: whoever runs the site is told, the caller hears that there is a difficulty.
    fn fault(&mut self, flow: &str, node: &str, what: &str) -> Step {
        self.tell_fault(flow, node, what.to_owned());
        if self.is_gone {
            // A clean-up that is faulty is given up; those of the flows around it are not.
            self.frames.pop();
            self.steps = 0;
            return Step::On(None, "fault".into());
        }
        self.close(vec![self.builtin("msg/trouble")], HangUpAs::Normal);
        Step::Waits
    }

    /// Says once that the flow is faulty; the run goes on.
    fn tell_fault(&mut self, flow: &str, node: &str, what: String) {
        if !std::mem::replace(&mut self.is_faulty, true) {
            self.effects.push_back(Effect::Fault { flow: flow.to_owned(), node: node.to_owned(), what });
        }
    }

    // ---- what happens --------------------------------------------------------------------------------------------

    fn digit(&mut self, site: &mut dyn Site, digit: char) {
        if self.is_gone {
            return;
        }
        match &mut self.state {
            State::Quest(_) => self.quest_digit(site, digit),
            State::Connecting(_) => self.connecting_digit(site, digit),
            State::Greeting { .. } | State::Recording => self.voice_digit(site, digit),
            State::Listening(_) => self.listening_digit(site, digit),
            State::Playing { next, .. } => {
                let next = *next;
                let is_whole =
                    matches!(self.at(), Some((_, _, Node { job: Job::Play { is_whole: true, .. }, .. })));
                self.keep_ahead(digit);
                if !is_whole {
                    self.effects.push_back(Effect::Silence);
                    self.go(site, next, "next");
                }
            }
            State::Asking { .. } => self.keep_ahead(digit),
            State::Ready | State::Closing { .. } | State::HungUp | State::Over => {}
        }
    }

    fn keep_ahead(&mut self, digit: char) {
        if self.ahead.len() < DIGITS_AHEAD_MAX {
            self.ahead.push_back(digit);
        }
    }

    fn played(&mut self, site: &mut dyn Site, number: u64) {
        match &self.state {
            State::Playing { number: awaited, next } if *awaited == number => {
                let next = *next;
                self.go(site, next, "next");
            }
            State::Closing { number: awaited, turn_away } if *awaited == number => {
                let turn_away = *turn_away;
                self.hang_up(turn_away);
            }
            State::Quest(_) => self.quest_played(number),
            State::Greeting { number: awaited, taking } if *awaited == number => {
                let taking = taking.clone();
                self.take(taking);
            }
            State::Listening(_) => self.listening_played(site, number),
            _ => {}
        }
    }

    fn woke(&mut self, site: &mut dyn Site) {
        self.is_waking = false;
        match &self.state {
            State::Quest(_) => self.quest_woke(site),
            State::Listening(_) => self.listening_woke(site),
            State::Connecting(_) => self.connecting_woke(site),
            _ => {}
        }
    }

    // ---- small things --------------------------------------------------------------------------------------------

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn play(&mut self, clips: Vec<Clip>) -> u64 {
        let number = self.next_number();
        self.effects.push_back(Effect::Play { number, clips });
        number
    }

    fn builtin(&self, name: &str) -> Clip {
        Clip::Prompt { language: self.language, name: name.to_owned() }
    }

    /// Sets a variable of the present flow.
    fn set(&mut self, name: &str, value: Value) {
        if name == "language"
            && let Some(language) = Language::parse(&value.plain())
        {
            self.language = language;
        }
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.variables.len() < VARIABLES_MAX || frame.variables.contains_key(name) {
            frame.variables.insert(name.to_owned(), value);
        } else {
            let (flow, node) = (frame.flow.name.clone(), frame.at);
            let node = frame.flow.node(node).map(|n| n.name.clone()).unwrap_or_default();
            self.tell_fault(&flow, &node, format!("more than {VARIABLES_MAX} variables"));
        }
    }
}

/// Whether stepping goes on.
enum Step {
    /// At this node, by this outcome.
    On(Next, String),
    /// Something is waited for.
    Waits,
}

impl Frame {
    fn new(flow: Arc<Flow>, variables: Variables, back: Option<(Option<String>, Next)>) -> Self {
        let at = flow.start;
        Self { flow, at, variables, back, is_cleaning: false, is_late: false }
    }
}
