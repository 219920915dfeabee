//! The interpreter: one [`Run`] is one caller in a flow.
//!
//! ```text
//!            ┌───────────────────────── Ready: nodes that need nothing are stepped through ◄─────────────┐
//!            │        │          │              │              │              │             │           │
//!            ▼        ▼          ▼              ▼              ▼              ▼             ▼           │
//!         Playing   Quest    Connecting     Greeting ──►   Recording       Asking       Listening       │
//!            │     (digits)   (dial,        (voicemail,        │          (http, exec)   (mailbox)       │
//!            │        │        queue)         record)          │          Acting (agent)   │           │
//!            └────────┴──────────┴──────────────┴──────────────┴──────────────┴─────────────┴───────────┘
//!  no next, hang_up ──► Closing ──► HangUp … Gone ──► on_hang_up ──► Over
//! ```
//!
//! A caller is in exactly one of these. What does not fit the state (a prompt that was cut, an answer that came too
//! late) is told by its number and passed over.

mod agent;
mod ask;
mod audit;
mod connect;
mod end;
mod listen;
mod outcome;
mod quest;
mod scope;
mod speak;
mod steps;
#[cfg(test)]
mod tests;
mod voice;

pub use outcome::{Passed, branch_of, branches};
pub(crate) use outcome::{of_case, of_part};

use crate::boundary::{Effect, Event, Site, Variables};
use crate::clip::{Clip, Language};
use crate::expr::Expr;
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{CLIPS_MAX, DIGITS_AHEAD_MAX, VARIABLES_MAX};
use crate::node::{HangUpAs, Job, Next};
use crate::value::Value;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

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
    /// Hears a prompt; then the node is left by this outcome.
    Playing { number: u64, next: Next, by: &'static str },
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
    /// Acts as an agent, and waits for what comes of it.
    Acting,
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
    /// Steps since time last passed for the caller.
    steps: u32,
    /// Parts of expressions computed since then.
    parts: u32,
    /// Prompts left out since something last happened, because of a key that was pressed ahead: one that comes again is
    /// said, or a flow that repeats an announcement would run in a circle. Each by the way to it: the nodes that run a flow
    /// within a flow, then the prompt itself.
    left_out: BTreeSet<Vec<NodeId>>,
    /// Nodes entered in all; of the clean-up, since the call was over.
    entered: u32,
    /// Questions asked since the call was over.
    late_asks: u32,
    has_begun: bool,
    has_hung_up: bool,
    dials: u32,
    /// The caller is somebody else's, who gets it back at the end.
    is_lent: bool,
    /// What the outermost flow returned.
    returned: Option<Value>,
    /// The agent whose PIN was right.
    proven_agent: Option<String>,
    /// Digits are secret at the moment.
    is_secret: bool,
    /// A time was asked for.
    is_waking: bool,
    /// The key that would have ended the digits that were complete without it: if it comes next, it is no answer.
    trailing: Option<char>,
    /// The call is over.
    is_gone: bool,
    is_faulty: bool,
    /// How each node was left, if that is kept.
    passed: Option<Vec<Passed>>,
}

impl Run {
    /// A caller who is about to enter a flow after another one: its numbers come after the last that was given out, so that
    /// what is told late of the other is not taken for its own.
    pub fn after(flow: Arc<Flow>, last_number: u64) -> Self {
        Self { last_number, ..Self::new(flow) }
    }

    /// A caller who is lent to the flow: a flow that ends without hanging up gives it back ([`Effect::GiveBack`]).
    #[must_use]
    pub fn lent(self) -> Self {
        Self { is_lent: true, ..self }
    }

    /// Numbers from now on come after this one: another run gave out those up to it meanwhile.
    pub fn number_after(&mut self, last: u64) {
        self.last_number = self.last_number.max(last);
    }

    /// The last number that it gave to something that it asked for.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

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
            parts: 0,
            left_out: BTreeSet::new(),
            entered: 0,
            late_asks: 0,
            has_begun: false,
            has_hung_up: false,
            dials: 0,
            is_lent: false,
            returned: None,
            proven_agent: None,
            is_secret: false,
            is_waking: false,
            trailing: None,
            is_gone: false,
            is_faulty: false,
            passed: None,
        }
    }

    /// The same, but how each node is left is kept until [`Run::take_passed`] asks for it: for coverage.
    pub fn watched(flow: Arc<Flow>) -> Self {
        Self { passed: Some(Vec::new()), ..Self::new(flow) }
    }

    /// How nodes were left since this was last asked; always empty unless the run is [watched](Run::watched).
    pub fn take_passed(&mut self) -> Vec<Passed> {
        self.passed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes one event. What is to be done is then asked for with [`Run::poll_effect`].
    pub fn handle(&mut self, site: &mut dyn Site, event: Event) {
        match event {
            Event::Begin => self.begin(site),
            Event::Gone { recorded } => self.gone(site, recorded.as_deref()),
            Event::Digit(digit) => self.digit(site, digit),
            Event::Played(number) if self.awaited() == Some(number) => self.played(site, number),
            Event::Woke if self.is_waking => self.woke(site),
            Event::Connected => self.connected(),
            Event::Dialled(how) => self.dialled(site, how),
            Event::Recorded(message) => self.recorded(site, message.as_deref()),
            Event::Answered(number, answer) => self.answered(site, number, &answer),
            Event::Agent(answer) => self.acted(site, answer),
            // The prompt was cut, or the timer stopped, when this was on its way already.
            Event::Played(_) | Event::Woke => {}
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

    /// Whether it knows that the call is over: it cleans up.
    pub fn is_gone(&self) -> bool {
        self.is_gone
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

    // ---- what happens --------------------------------------------------------------------------------------------

    fn begin(&mut self, site: &mut dyn Site) {
        if self.is_over() || std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let start = self.frames.last().map(|frame| frame.flow.start);
        self.step_through(site, start, "begin");
    }

    fn digit(&mut self, site: &mut dyn Site, digit: char) {
        let is_trailing = self.trailing.take() == Some(digit);
        let is_key = matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
        if self.is_gone || is_trailing || !is_key {
            return;
        }
        self.left_out.clear();
        (self.steps, self.parts) = (0, 0);
        match &mut self.state {
            State::Quest(_) => self.quest_digit(site, digit),
            State::Connecting(_) => self.connecting_digit(site, digit),
            State::Greeting { .. } => self.greeting_digit(digit),
            State::Listening(_) => self.listening_digit(site, digit),
            State::Playing { next, by, .. } => {
                let (next, by) = (*next, *by);
                let is_whole =
                    matches!(self.at(), Some((_, _, Node { job: Job::Play { is_whole: true, .. }, .. })));
                self.keep_ahead(digit);
                if !is_whole {
                    self.effects.push_back(Effect::Silence);
                    self.go(site, next, by);
                }
            }
            State::Asking { .. } | State::Acting => self.keep_ahead(digit),
            // While recording, keys end the message, which the other side of the boundary sees to.
            State::Recording | State::Ready | State::Closing { .. } | State::HungUp | State::Over => {}
        }
    }

    fn keep_ahead(&mut self, digit: char) {
        if self.ahead.len() < DIGITS_AHEAD_MAX {
            self.ahead.push_back(digit);
        }
    }

    /// The prompt that is awaited, if one is: at most one at a time.
    fn awaited(&self) -> Option<u64> {
        match &self.state {
            State::Playing { number, .. }
            | State::Greeting { number, .. }
            | State::Closing { number, .. } => Some(*number),
            State::Quest(quest) => quest.saying(),
            State::Listening(listening) => listening.saying(),
            State::Ready
            | State::Connecting(_)
            | State::Recording
            | State::Asking { .. }
            | State::Acting
            | State::HungUp
            | State::Over => None,
        }
    }

    /// What is awaited was heard to its end.
    fn played(&mut self, site: &mut dyn Site, number: u64) {
        self.time_passed();
        match &self.state {
            State::Playing { next, by, .. } => {
                let (next, by) = (*next, *by);
                self.go(site, next, by);
            }
            State::Closing { turn_away, .. } => {
                let turn_away = *turn_away;
                self.hang_up(turn_away);
            }
            State::Greeting { taking, .. } => {
                let taking = taking.clone();
                self.take(taking);
            }
            State::Quest(_) => self.quest_played(number),
            State::Listening(_) => self.listening_played(site, number),
            _ => {}
        }
    }

    fn woke(&mut self, site: &mut dyn Site) {
        self.is_waking = false;
        self.time_passed();
        match &self.state {
            State::Quest(_) => self.quest_woke(site),
            State::Listening(_) => self.listening_woke(site),
            State::Connecting(_) => self.connecting_woke(site),
            _ => {}
        }
    }

    /// The caller heard something or waited. Services that answer at once and queues that refuse at once let no time
    /// pass, or a flow could turn in a circle of them.
    fn time_passed(&mut self) {
        (self.steps, self.parts) = (0, 0);
        self.trailing = None;
    }

    // ---- small things --------------------------------------------------------------------------------------------

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Plays this, as far as one may play at once.
    fn play(&mut self, mut clips: Vec<Clip>) -> u64 {
        clips.truncate(CLIPS_MAX);
        let number = self.next_number();
        self.effects.push_back(Effect::Play { number, clips });
        number
    }

    /// Plays this, then goes on; the node is left by this outcome.
    fn play_then(&mut self, clips: Vec<Clip>, next: Next, by: &'static str) -> Step {
        let number = self.play(clips);
        self.state = State::Playing { number, next, by };
        Step::Waits
    }

    /// The value of an expression as text that may be shown to anybody: nothing of a secret. Whom to ring and where a
    /// message is kept is written down in many places.
    fn open_text(&mut self, site: &mut dyn Site, expr: &Expr) -> String {
        let value = self.eval(site, expr);
        if value.is_secret { String::new() } else { value.plain() }
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
            self.tell_fault(&flow, &node, &format!("more than {VARIABLES_MAX} variables"));
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
