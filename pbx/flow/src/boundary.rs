//! The boundary of a run: what can happen to a caller in a flow, what the flow asks for, what it may ask about the site.

use crate::agent::{AgentAct, AgentAnswer};
use crate::clip::Clip;
use crate::expr::Scope;
use crate::flow::NodeId;
use crate::node::HangUpAs;
use crate::value::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The call is here: the flow begins.
    Begin,
    /// A key was pressed: `0-9 * # A-D`. Keys pressed while the caller talks with somebody are not told.
    Digit(char),
    /// What [`Effect::Play`] with this number asked for was heard to its end.
    Played(u64),
    /// The time of [`Effect::Wake`] has come.
    Woke,
    /// Somebody answered whom [`Effect::Dial`] or [`Effect::Queue`] called: the caller talks. What is told next is
    /// [`Dialled::Talked`], if the flow goes on then, or the end of the call.
    Connected,
    /// What became of [`Effect::Dial`] or [`Effect::Queue`].
    Dialled(Dialled),
    /// What became of [`Effect::Ask`] with this number.
    Answered(u64, Answer),
    /// What became of [`Effect::Record`], and the caller is still there: the id of what is kept, or nothing was said or kept.
    Recorded(Option<String>),
    /// What came of [`Effect::Agent`].
    Agent(AgentAnswer),
    /// What came of [`Effect::CallBack`].
    CallBack(CallBackAnswer),
    /// The call is over, whoever ended it. A try to connect, a wait, a talk, a recording ends without a word of its own.
    /// From now on nobody hears anything, and what remains is to clean up.
    Gone {
        /// The id of what was being recorded, if it is kept: a clean-up knows it.
        recorded: Option<String>,
    },
}

/// What comes of a caller's wish to be called back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallBackAnswer {
    /// The caller has left the queue, and will be called.
    Noted,
    /// That number leads to no phone; the caller still waits.
    NoNumber,
    /// As many are to be called back as may be, or none; the caller still waits.
    Refused,
}

/// How a try to connect the caller ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialled {
    /// All were busy or declined.
    Busy,
    /// Nobody answered in time; in a queue, the caller waited too long.
    NoAnswer,
    /// None could be reached.
    Failed,
    /// The queue takes nobody more.
    Full,
    /// The queue is outside its hours.
    Closed,
    /// Nobody works in the queue.
    Empty,
    /// They talked, and the other side hung up.
    Talked,
}

/// What came of a question to a service, a program or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// JSON, at most 64 kB of it.
    Json(serde_json::Value),
    /// It failed; why, for people.
    Failed(String),
}

/// A question to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Of a local service.
    Http {
        /// Where; values in it are percent-encoded.
        url: String,
        /// JSON of a POST; `None` is GET.
        body: Option<Payload>,
    },
    /// Of a program.
    Exec {
        /// Program and arguments.
        argv: Vec<String>,
        /// JSON for its standard input.
        input: Payload,
    },
}

/// JSON on its way to a service or program: the only place outside the run that a secret gets to, and only for it to be
/// checked there. Not to be logged; its `Debug` does not tell what a secret is in.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// JSON.
    pub text: String,
    /// A secret is in it.
    pub is_secret: bool,
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_secret { "\"•••\"" } else { &self.text })
    }
}

/// What a flow asks for. Effects are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A node was entered; for journal, console and coverage.
    Entered {
        /// The flow it is in.
        flow: String,
        /// The node.
        node: NodeId,
        /// Its name.
        name: String,
        /// What led here: `next`, `key 2`, `no_answer`, …; of a secret nothing.
        by: String,
    },
    /// Play these from now, instead of what plays. [`Event::Played`] is expected with the number, once.
    Play {
        /// Rises with each.
        number: u64,
        /// What.
        clips: Vec<Clip>,
    },
    /// Be silent at once.
    Silence,
    /// [`Event::Woke`] after this time, instead of any asked for before; `None`: none at all. One that is on its way
    /// already when this is asked for is not told any more.
    Wake(Option<Duration>),
    /// Digits from now on are secret (or no longer): they must not be logged, recorded or shown.
    Secret(bool),
    /// Ring and connect. [`Event::Dialled`] is expected.
    Dial {
        /// Numbers, at most [`crate::limits::TARGETS_MAX`].
        to: Vec<String>,
        /// One after the other.
        in_turn: bool,
        /// How long each try rings.
        ring: Option<Duration>,
        /// The flow goes on when the other side hangs up after a talk.
        comes_back: bool,
    },
    /// Let the caller wait in a queue. [`Event::Dialled`] is expected; a digit may lead out of it before. What is played
    /// meanwhile is heard in place of what one hears there, until somebody answers.
    Queue {
        /// Its name.
        queue: String,
        /// Priority.
        priority: Option<i64>,
        /// The number of the agent who is asked first, if free. Whether there is such an agent is not known here.
        agent: Option<String>,
        /// The flow goes on when the agent hangs up after a talk.
        comes_back: bool,
    },
    /// Give up what [`Effect::Dial`] or [`Effect::Queue`] began; nothing more is told of it. Not asked for when the
    /// call is over: then it ends by itself.
    Withdraw,
    /// The caller hears again what one hears in a queue.
    WaitOn,
    /// Let the caller who waits in a queue be called back at this number. [`Event::CallBack`] is expected.
    CallBack {
        /// The number, as it was typed or as the caller's is.
        number: String,
    },
    /// Record the caller, until silence, a key that ends it, or the longest time. [`Event::Recorded`] is expected; the
    /// key that ends it is not told.
    Record {
        /// Kept in this mailbox, or as a message of its own.
        mailbox: Option<String>,
        /// At most.
        longest: Duration,
        /// Silence that ends it.
        silence: Duration,
    },
    /// Ask outside. [`Event::Answered`] is expected with the number.
    Ask {
        /// Rises with each.
        number: u64,
        /// What.
        asking: Asking,
        /// How long it may take.
        timeout: Duration,
    },
    /// Keep an answer of a survey with the call and its agent.
    Survey {
        /// The question's name.
        question: String,
        /// The key.
        answer: char,
    },
    /// The caller acts as an agent. [`Event::Agent`] is expected before anything else.
    Agent(AgentAct),
    /// Delete a message, or say that it was heard.
    Message {
        /// Its id.
        id: String,
        /// What becomes of it.
        becomes: Becomes,
    },
    /// The flow is faulty: say so to whoever runs the site.
    Fault {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// What is wrong, in one sentence.
        what: String,
    },
    /// End the call. [`Event::Gone`] is expected.
    HangUp(HangUp),
    /// A caller who was [lent](crate::Run::lent) goes back to who lent it. [`Effect::End`] follows.
    GiveBack {
        /// What came of it, for people; of a secret nothing, and empty if the flow says nothing.
        result: String,
    },
    /// The run is over: nothing follows, whatever it is told.
    End,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// It was heard.
    Old,
    /// It is thrown away.
    Gone,
}

/// How a flow ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HangUp {
    /// What a caller is told who was not answered yet.
    pub turn_away: HangUpAs,
    /// Name of the node that ended it, empty if none did.
    pub node: String,
}

/// How the site stands at this moment, for hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Closed for a day with a name.
    Holiday(String),
}

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinVerdict {
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// Not even looked at: too many were wrong lately.
    Locked,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, for [`Clip::Message`].
    pub id: String,
    /// Who left it.
    pub from: String,
    /// When, civil time of the site: `2026-11-22T17:30`.
    pub at: String,
    /// Nobody has heard it.
    pub is_new: bool,
}

/// A mailbox as callers find it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Its own greeting, if it has one.
    pub greeting: Option<Clip>,
    /// It takes nothing more.
    pub is_full: bool,
    /// Longest message it takes.
    pub longest: Duration,
    /// This caller may listen without giving a PIN.
    pub is_open: bool,
    /// Messages, new ones first, oldest first among them.
    pub messages: Vec<Message>,
}

/// What a flow may ask about the world; answered at once, from what is known. Also gives what is not a variable of the
/// run: `queue.sales.waiting`, `hour`, `weekday`, …
pub trait Site: Scope {
    /// How these hours stand now; `None` if there are none of that name.
    fn opening(&mut self, hours: &str) -> Option<Opening>;
    /// Which part the next caller at this node belongs to; over each 100 callers the parts are exact.
    fn share(&mut self, flow: &str, node: &str, parts: &[u32]) -> usize;
    /// Whether a PIN is right; counts what is wrong. PINs of a mailbox are named `mailbox`, and are of that box;
    /// those of agents are named `agent`.
    fn pin(&mut self, pins: &str, of: Option<&str>, digits: &str) -> PinVerdict;
    /// A mailbox.
    fn mailbox(&mut self, name: &str) -> Option<Mailbox>;
    /// A flow, as it is now.
    fn flow(&mut self, name: &str) -> Option<std::sync::Arc<crate::Flow>>;
}

/// Variables of a run, for who shows them.
pub type Variables = BTreeMap<String, Value>;
