//! One call in simulated time: the production interpreter, and a [`Stage`] that does what the exchange would.

mod carry;
mod other;

use super::coverage::Coverage;
use super::stage::Stage;
use crate::boundary::{Answer, Dialled, Event, Variables};
use crate::node::HangUpAs;
use crate::routes::{Asked, Destination, Refusal, Routed, Unknown};
use crate::run::Run;
use other::Other;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// From one key to the next.
const KEY: Duration = Duration::from_millis(250);
/// What is told of one call at most, but for faults and the end.
const LOG_MAX: usize = 20_000;
/// Events of one call at most; then the caller is taken for lost.
const EVENTS_MAX: u32 = 50_000;

/// Something that happened in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Since the call began.
    pub at: Duration,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A node was entered.
    Entered {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// What led there.
        by: String,
    },
    /// The caller hears this from now.
    Hears(String),
    /// The caller pressed a key; a secret one is `•`.
    Presses(char),
    /// These ring.
    Rings(Vec<String>),
    /// The caller waits in a queue, and may have asked for an agent.
    Waits(String, Option<String>),
    /// How a try to connect ended.
    Became(Dialled),
    /// The caller will be called back at this number.
    CallBack(String),
    /// The caller talks with somebody.
    Talks(String),
    /// A service is asked, at an address or with a program.
    Asks(String),
    /// It answered, or why not.
    Answered(Result<(), String>),
    /// The caller is recorded, for a mailbox or not.
    Records(Option<String>),
    /// The recording is kept; its id.
    Kept(Option<String>),
    /// An answer to a survey.
    Survey(String, char),
    /// What became of a message.
    Message(String, &'static str),
    /// The caller acted as an agent: what was done, what came of it.
    Agent(&'static str, &'static str),
    /// The flow is faulty.
    Fault(String),
    /// The flow ended the call.
    HungUp(&'static str),
    /// The caller hung up.
    Gone,
}

/// Where a call goes that goes into no flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere(pub String);

/// Where a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    /// The flow; empty when it is over.
    pub flow: String,
    /// The node; empty when it is over.
    pub node: String,
    /// What goes on, in a few words.
    pub doing: String,
}

/// A call that is played.
#[derive(Debug)]
pub struct Rehearsal {
    stage: Stage,
    run: Run,
    begun_ms: i64,
    now: Duration,
    playing: Option<(Duration, u64)>,
    wakes: Option<Duration>,
    answers: Option<(Duration, u64, Answer)>,
    other: Other,
    told: VecDeque<Event>,
    events: u32,
    is_answered: bool,
    ended: Option<&'static str>,
    log: Vec<Entry>,
    coverage: Coverage,
    variables: Variables,
    last_message: u32,
}

impl Rehearsal {
    /// A call to a number, by the routes of the site.
    ///
    /// # Errors
    /// Where it goes if that is no flow.
    pub fn dial(stage: Stage, dialled: &str, caller: &str) -> Result<Self, Elsewhere> {
        let asked = Asked { number: dialled, caller, at_ms: stage.now_ms };
        let to = match stage.site.route(&asked, &mut Unknown) {
            Routed::To(route) => route.to.clone(),
            Routed::Full(route) => return Err(Elsewhere(format!("full: {}", route.name))),
            Routed::Nowhere => return Err(Elsewhere("no route".to_owned())),
        };
        match to {
            Destination::Flow(flow) => Self::begin(stage, &flow, dialled, caller)
                .ok_or_else(|| Elsewhere(format!("flow {flow}, which is not there"))),
            Destination::Extension(number) => Err(Elsewhere(format!("extension {number}"))),
            Destination::Queue(name) => Err(Elsewhere(format!("queue {name}"))),
            Destination::Refuse(how) => Err(Elsewhere(
                match how {
                    Refusal::Busy => "busy",
                    Refusal::Rejected => "rejected",
                    Refusal::NotFound => "not found",
                }
                .to_owned(),
            )),
        }
    }

    /// A call that goes into this flow; `None` if there is none of that name.
    pub fn begin(mut stage: Stage, flow: &str, dialled: &str, caller: &str) -> Option<Self> {
        let flow = stage.flows.get(flow).map(Arc::clone)?;
        stage.caller = caller.to_owned();
        let dialled = crate::Value::text(dialled);
        stage.around.values.entry("dialled".to_owned()).or_insert(dialled);
        stage.around.values.entry("call".to_owned()).or_insert_with(|| crate::Value::text("rehearsal"));
        let mut call = Self {
            begun_ms: stage.now_ms,
            stage,
            run: Run::watched(flow),
            now: Duration::ZERO,
            playing: None,
            wakes: None,
            answers: None,
            other: Other::Nothing,
            told: VecDeque::new(),
            events: 0,
            is_answered: false,
            ended: None,
            log: Vec::new(),
            coverage: Coverage::default(),
            variables: Variables::new(),
            last_message: 0,
        };
        call.tell(Event::Begin);
        call.wait(Duration::ZERO);
        Some(call)
    }

    // ---- what the caller does ------------------------------------------------------------------------------------

    /// Presses keys, a quarter of a second each.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let shown = if self.run.is_secret() { '•' } else { key };
            self.note(Happening::Presses(shown));
            match &self.other {
                Other::Talks { .. } => {}
                Other::Records { .. } => self.end_recording(),
                _ => self.tell(Event::Digit(key)),
            }
            self.wait(KEY);
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now.saturating_add(time);
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.set_now(due.max(self.now));
            self.fire();
        }
        self.set_now(until);
    }

    /// Lets time pass until something happens by itself; `false` if nothing will within this time.
    pub fn wait_for_next(&mut self, longest: Duration) -> bool {
        match self.next_due().filter(|due| *due <= self.now.saturating_add(longest)) {
            Some(due) => {
                self.wait(due.saturating_sub(self.now));
                true
            }
            None => false,
        }
    }

    /// Speaks for so long, into a recording if there is one.
    pub fn say(&mut self, time: Duration) {
        self.speak(time);
        self.wait(time);
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        if self.is_gone() {
            return;
        }
        let recorded = self.keep_recording();
        self.ended = Some("caller hung up");
        self.tell_outcome(None);
        self.note(Happening::Gone);
        self.tell(Event::Gone { recorded });
        self.wait(Duration::ZERO);
    }

    // ---- what one can ask ----------------------------------------------------------------------------------------

    /// All that happened.
    pub fn log(&self) -> &[Entry] {
        &self.log
    }

    /// Time since the call began.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The site.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The site, for who changes it while somebody calls. Its clock is set by [`Rehearsal::set_time`].
    pub fn stage_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }

    /// Sets the clock on the wall, in milliseconds since 1970; what goes on takes as long as before.
    pub fn set_time(&mut self, unix_ms: i64) {
        let gone_by = i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX);
        self.begun_ms = unix_ms.saturating_sub(gone_by);
        self.stage.now_ms = unix_ms;
    }

    /// How the call ended, if it did: `caller hung up`, `hung up`, `busy`, `rejected`, `not found`, `not answered`.
    pub fn ended(&self) -> Option<&'static str> {
        self.ended
    }

    /// The call is over.
    pub fn is_gone(&self) -> bool {
        self.ended.is_some()
    }

    /// The flow is over too: nothing is cleaned up any more.
    pub fn is_over(&self) -> bool {
        self.run.is_over()
    }

    /// Digits are secret now.
    pub fn is_secret(&self) -> bool {
        self.run.is_secret()
    }

    /// Values of variables as they were last, of the innermost flow that had them.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// Variables of the flow that the caller is in.
    pub fn variables_here(&self) -> &Variables {
        self.run.variables()
    }

    /// What was reached.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Numbers that ring now.
    pub fn ringing(&self) -> &[String] {
        match &self.other {
            Other::Rings(ringing) => ringing.now(),
            _ => &[],
        }
    }

    /// The queue that the caller waits in.
    pub fn queue(&self) -> Option<&str> {
        match &self.other {
            Other::Waits { queue, .. } => Some(queue),
            _ => None,
        }
    }

    /// The agent who is asked first for the caller who waits.
    pub fn asks_for(&self) -> Option<&str> {
        match &self.other {
            Other::Waits { agent, .. } => agent.as_deref(),
            _ => None,
        }
    }

    /// Whom the caller talks with.
    pub fn talks_with(&self) -> Option<&str> {
        match &self.other {
            Other::Talks { with, .. } => Some(with),
            _ => None,
        }
    }

    /// The caller is being recorded.
    pub fn is_recorded(&self) -> bool {
        matches!(self.other, Other::Records { .. })
    }

    /// Where the caller is.
    pub fn place(&self) -> Where {
        let (flow, node) =
            self.run.at().map(|(flow, _, node)| (flow.name.clone(), node.name.clone())).unwrap_or_default();
        let doing = match &self.other {
            _ if self.run.is_over() => self.ended.unwrap_or("over").to_owned(),
            Other::Rings(ringing) => format!("rings {}", ringing.now().join(", ")),
            Other::Waits { queue, agent: None, .. } => format!("waits in queue {queue}"),
            Other::Waits { queue, agent: Some(agent), .. } => {
                format!("waits in queue {queue}, agent {agent} first")
            }
            Other::Talks { with, .. } => format!("talks with {with}"),
            Other::Records { .. } => "is recorded".to_owned(),
            Other::Nothing if self.playing.is_some() => "hears a prompt".to_owned(),
            Other::Nothing if self.answers.is_some() => "waits for a service".to_owned(),
            Other::Nothing if self.wakes.is_some() => "is expected to press a key".to_owned(),
            Other::Nothing => "is nowhere".to_owned(),
        };
        Where { flow, node, doing }
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    fn set_now(&mut self, now: Duration) {
        self.now = now;
        let gone_by = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.stage.now_ms = self.begun_ms.saturating_add(gone_by);
        self.stage.elapsed_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    }

    fn next_due(&self) -> Option<Duration> {
        let playing = self.playing.map(|(due, _)| due);
        let answers = self.answers.as_ref().map(|(due, _, _)| *due);
        [playing, answers, self.other.due(), self.wakes].into_iter().flatten().min()
    }

    /// What is due happens; of several things the first.
    fn fire(&mut self) {
        let is_due = |due: Duration| due <= self.now;
        if let Some((_, number)) = self.playing.take_if(|(due, _)| is_due(*due)) {
            return self.tell(Event::Played(number));
        }
        if let Some((_, number, answer)) = self.answers.take_if(|(due, _, _)| is_due(*due)) {
            let result = match &answer {
                Answer::Json(_) => Ok(()),
                Answer::Failed(why) => Err(why.clone()),
            };
            self.note(Happening::Answered(result));
            return self.tell(Event::Answered(number, answer));
        }
        if self.other.due().is_some_and(is_due) {
            return self.fire_other();
        }
        if self.wakes.take_if(|due| *due <= self.now).is_some() {
            self.tell(Event::Woke);
        }
    }

    // ---- the interpreter -----------------------------------------------------------------------------------------

    fn note(&mut self, what: Happening) {
        let is_end = matches!(what, Happening::Fault(_) | Happening::HungUp(_) | Happening::Gone);
        if self.log.len() < LOG_MAX || is_end {
            self.log.push(Entry { at: self.now, what });
        }
    }

    /// Tells the interpreter, and does what it asks for.
    fn tell(&mut self, event: Event) {
        self.told.push_back(event);
        while let Some(event) = self.told.pop_front() {
            self.events = self.events.saturating_add(1);
            if self.events == EVENTS_MAX {
                self.note(Happening::Fault(format!("{EVENTS_MAX} events in one call; it was given up")));
                self.ended.get_or_insert("lost");
                self.told.push_back(Event::Gone { recorded: None });
            }
            if matches!(event, Event::Gone { .. }) {
                self.forget();
            }
            self.stage.language = self.run.language();
            self.run.handle(&mut self.stage, event);
            for passed in self.run.take_passed() {
                self.coverage.passed(&self.stage.flows, &passed);
            }
            let variables = self.run.variables().clone();
            self.variables.extend(variables);
            while let Some(effect) = self.run.poll_effect() {
                self.carry_out(effect);
            }
        }
    }

    /// The call is over: nobody hears or waits any more.
    fn forget(&mut self) {
        self.playing = None;
        self.wakes = None;
        self.answers = None;
        self.other = Other::Nothing;
    }

    /// How the call ended is there for its clean-up, unless the case says something else.
    fn tell_outcome(&mut self, by_flow: Option<HangUpAs>) {
        let word = crate::site::outcome(by_flow, self.is_answered);
        self.stage.around.values.entry("outcome".to_owned()).or_insert_with(|| crate::Value::text(word));
    }

    fn hung_up(&mut self, how: HangUpAs) {
        let word = match how {
            _ if self.is_answered => "hung up",
            HangUpAs::Normal => "not answered",
            HangUpAs::Busy => "busy",
            HangUpAs::Rejected => "rejected",
            HangUpAs::NotFound => "not found",
        };
        self.ended = Some(word);
        self.tell_outcome(Some(how));
        self.note(Happening::HungUp(word));
        self.told.push_back(Event::Gone { recorded: None });
    }
}
