//! What a node does. Each has one job; where it goes on is in it, by outcome.

use crate::agent::AgentDo;
use crate::expr::Expr;
use crate::flow::NodeId;
use crate::prompt::Prompt;
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a flow goes on; `None` ends it as if by `hang_up`.
pub type Next = Option<NodeId>;

/// How digits are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the first digit, from the end of the prompt.
    pub first: Duration,
    /// For each further digit.
    pub between: Duration,
    /// Tries in all, at least one.
    pub tries: u32,
}

/// What one asks a caller again with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reminders {
    /// Said when nothing was pressed; empty: the built-in words.
    pub silent: Prompt,
    /// Said when what was pressed is nothing; empty: the built-in words.
    pub wrong: Prompt,
}

/// The job of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Says something. Keys cut it short unless `is_whole`, and are kept for what asks next.
    Play {
        /// What.
        prompt: Prompt,
        /// No key cuts it short.
        is_whole: bool,
        /// Then.
        next: Next,
    },
    /// Lets the caller choose by keys.
    Menu {
        /// Says the choices.
        prompt: Prompt,
        /// What keys lead where; several digits jump ahead into a deeper menu.
        keys: BTreeMap<String, NodeId>,
        /// How long and how often.
        patience: Patience,
        /// Between tries.
        reminders: Reminders,
        /// Nothing was pressed in all tries; `None`: as `otherwise`.
        silent: Next,
        /// Nothing of use was pressed in all tries.
        otherwise: Next,
    },
    /// Collects digits.
    Collect {
        /// Asks for them.
        prompt: Prompt,
        /// The variable.
        into: String,
        /// Fewest and most digits.
        count: (usize, usize),
        /// The key that ends them.
        end: Option<char>,
        /// How long and how often.
        patience: Patience,
        /// Between tries.
        reminders: Reminders,
        /// Never logged, recorded or shown.
        is_secret: bool,
        /// They are there.
        next: Next,
        /// They never came.
        failed: Next,
    },
    /// Sets variables, in order.
    Set {
        /// Names and values.
        values: Vec<(String, Expr)>,
        /// Then.
        next: Next,
    },
    /// Goes where the first condition that holds says.
    If {
        /// Conditions.
        cases: Vec<(Expr, NodeId)>,
        /// None held.
        otherwise: Next,
    },
    /// Goes by the hours of the site.
    Hours {
        /// Name of the hours.
        hours: String,
        /// Open.
        open: Next,
        /// Closed.
        closed: Next,
        /// Closed for a day that has a name; `None`: as closed.
        holiday: Next,
    },
    /// Shares callers out.
    Share {
        /// Per cent and where; they make 100.
        parts: Vec<(u32, NodeId)>,
    },
    /// Goes by whether a text is on a list.
    List {
        /// Its name.
        list: String,
        /// What is looked up.
        of: Expr,
        /// The variable that gets what stands beside the entry.
        into: Option<String>,
        /// It is.
        listed: Next,
        /// It is not.
        other: Next,
    },
    /// Lets in who knows a PIN.
    Pin {
        /// Asks for it; empty: the built-in words.
        prompt: Prompt,
        /// Name of the PINs in the configuration.
        pins: String,
        /// Whose PIN; `None`: one for all.
        of: Option<Expr>,
        /// How long and how often.
        patience: Patience,
        /// It was right.
        next: Next,
        /// It was wrong in all tries.
        wrong: Next,
        /// Too many were wrong lately, from this caller or for this PIN; `None`: as wrong.
        locked: Next,
    },
    /// Rings extensions and connects.
    Dial {
        /// Whom; expressions give numbers.
        to: Vec<Expr>,
        /// One after the other instead of all at once.
        in_turn: bool,
        /// How long each try rings; `None`: as the extension is set.
        ring: Option<Duration>,
        /// All were busy or declined.
        busy: Next,
        /// Nobody answered in time.
        no_answer: Next,
        /// None could be reached; `None`: as no answer.
        failed: Next,
        /// They talked, and the other side hung up; `None`: the call ends.
        after: Next,
    },
    /// Puts the caller into a queue.
    Queue {
        /// Its name.
        queue: Expr,
        /// Priority, higher first; `None`: that of the caller's class.
        priority: Option<Expr>,
        /// The number of the agent who is asked first; `None` or empty text: nobody in particular.
        agent: Option<Expr>,
        /// Waited too long.
        timeout: Next,
        /// The queue takes nobody more.
        full: Next,
        /// Nobody works in it.
        empty: Next,
        /// Outside its hours.
        closed: Next,
        /// Keys that lead out of it.
        keys: BTreeMap<String, NodeId>,
        /// The key by which the caller asks to be called back; `None`: callers cannot.
        call_back: Option<char>,
        /// It was promised; `None`: the call ends.
        called_back: Next,
        /// They talked, and the agent hung up; `None`: the call ends.
        after: Next,
    },
    /// Lets the caller leave a message.
    Voicemail {
        /// The box; an expression gives its number or name.
        mailbox: Expr,
        /// Instead of the greeting of the box.
        greeting: Prompt,
        /// It is kept, or the caller left none.
        next: Next,
        /// The box is full or unknown, or recording failed.
        failed: Next,
    },
    /// Lets the caller listen to messages, with the PIN of the box.
    Mailbox {
        /// The box; `None` asks for it.
        mailbox: Option<Expr>,
        /// Done.
        next: Next,
    },
    /// Records what the caller says, as a prompt of the site or for a process to fetch.
    Record {
        /// Asks for it.
        prompt: Prompt,
        /// The variable that gets the id of the message.
        into: String,
        /// At most.
        longest: Duration,
        /// Silence that ends it.
        silence: Duration,
        /// There is something.
        next: Next,
        /// Nothing was said, or recording failed.
        failed: Next,
    },
    /// Asks a local service.
    Http {
        /// What and where.
        request: Request,
        /// An answer with a status from 200 to 299, in JSON.
        next: Next,
        /// Anything else.
        failed: Next,
    },
    /// Asks a program: JSON of the variables named in its standard input, JSON out.
    Exec {
        /// Program and arguments, as written: nothing of a caller.
        argv: Vec<String>,
        /// Names in the JSON that it reads, and their values.
        input: Vec<(String, Expr)>,
        /// Variables and where they are found in its answer, as `customer.name` or `items.0.price`.
        fields: Vec<(String, String)>,
        /// How long it may take.
        timeout: Duration,
        /// It ended with 0.
        next: Next,
        /// Anything else.
        failed: Next,
    },
    /// Asks for a mark by a key and keeps it with the call.
    Survey {
        /// Asks.
        prompt: Prompt,
        /// Name of the question in reports.
        question: String,
        /// Keys that are answers.
        keys: String,
        /// How long and how often.
        patience: Patience,
        /// Answered.
        next: Next,
        /// Not answered; `None`: as answered.
        silent: Next,
    },
    /// Lets the caller act as an agent, at the phone that is calling.
    Agent {
        /// What.
        what: AgentDo,
        /// Who signs in; `None`: the agent whose extension this is.
        agent: Option<Expr>,
        /// Why, for a break.
        reason: Option<Expr>,
        /// The variable that gets what the agent is now, or why not.
        into: Option<String>,
        /// Done.
        next: Next,
        /// It may not be.
        refused: Next,
        /// There is no such agent, or nobody sits there; `None`: as refused.
        unknown: Next,
    },
    /// Runs another flow.
    Sub {
        /// Its name.
        flow: String,
        /// Its variables at the start.
        with: Vec<(String, Expr)>,
        /// The variable that gets what it returns.
        into: Option<String>,
        /// It returned.
        next: Next,
    },
    /// Goes back to the flow that ran this one; in the outermost it hangs up.
    Return {
        /// What it gives back.
        value: Option<Expr>,
    },
    /// Ends the call.
    HangUp {
        /// Said before.
        prompt: Prompt,
        /// What a caller is told who was not answered yet: `busy`, `rejected`, or that nobody is there.
        as_busy: HangUpAs,
    },
}

/// How a caller who was not answered yet is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HangUpAs {
    /// Answered, then hung up: a normal end.
    #[default]
    Normal,
    /// 486.
    Busy,
    /// 603.
    Rejected,
    /// 404.
    NotFound,
}

/// A request to a local service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where: `http://` only, with values as `{caller}` in path and query.
    pub url: Prompt,
    /// POST instead of GET.
    pub is_post: bool,
    /// Names in the JSON of a POST, and their values.
    pub body: Vec<(String, Expr)>,
    /// Variables and where they are found in the answer, as `customer.name` or `items.0.price`.
    pub fields: Vec<(String, String)>,
    /// How long it may take.
    pub timeout: Duration,
}
