//! What a node reads, and what it sets.

use crate::exits::Entry;
use crate::expr::Expr;
use crate::node::Job;
use crate::prompt::{Piece, Prompt};

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is said.
    Said,
    /// It stands in an address.
    Address,
    /// It names who is called, a queue, a mailbox: that is written down.
    Called,
    /// It is computed with, compared, looked up, or sent where it is not written down.
    Computed,
}

/// An expression of a node.
pub(crate) struct Read<'j> {
    pub(crate) key: &'static str,
    pub(crate) entry: Entry,
    pub(crate) of: &'j Expr,
    pub(crate) becomes: Use,
}

/// A variable that a node sets.
pub(crate) struct Write<'j> {
    pub(crate) name: &'j str,
    /// To this, if it is known.
    pub(crate) to: Option<&'j Expr>,
}

/// All prompts of a node, by key.
pub(crate) fn prompts(job: &Job) -> Vec<(&'static str, &Prompt)> {
    match job {
        Job::Menu { prompt, reminders, .. } | Job::Collect { prompt, reminders, .. } => {
            vec![("prompt", prompt), ("silent_prompt", &reminders.silent), ("wrong_prompt", &reminders.wrong)]
        }
        Job::Play { prompt, .. }
        | Job::Pin { prompt, .. }
        | Job::Record { prompt, .. }
        | Job::Survey { prompt, .. }
        | Job::HangUp { prompt, .. } => vec![("prompt", prompt)],
        Job::Voicemail { greeting, .. } => vec![("greeting", greeting)],
        _ => Vec::new(),
    }
}

/// All expressions of a node, in the order in which they are computed.
pub(crate) fn reads(job: &Job) -> Vec<Read<'_>> {
    let mut found: Vec<Read<'_>> = Vec::new();
    for (key, prompt) in prompts(job) {
        found.extend(values(prompt).map(|of| Read { key, entry: Entry::Whole, of, becomes: Use::Said }));
    }
    let mut add = |key, entry, of, becomes| found.push(Read { key, entry, of, becomes });
    match job {
        Job::Set { values, .. } => named("values", values, &mut add),
        Job::If { cases, .. } => {
            for (at, (when, _)) in cases.iter().enumerate() {
                let key = if cases.len() == 1 { "when" } else { "cases" };
                add(key, Entry::Place(at), when, Use::Computed);
            }
        }
        Job::List { of, .. } => add("of", Entry::Whole, of, Use::Computed),
        Job::Pin { of: Some(of), .. } => add("of", Entry::Whole, of, Use::Computed),
        Job::Dial { to, .. } => {
            to.iter().enumerate().for_each(|(at, of)| add("to", Entry::Place(at), of, Use::Called));
        }
        Job::Queue { queue, priority, agent, .. } => {
            add("queue", Entry::Whole, queue, Use::Called);
            priority.iter().for_each(|of| add("priority", Entry::Whole, of, Use::Called));
            agent.iter().for_each(|of| add("agent", Entry::Whole, of, Use::Called));
        }
        Job::Voicemail { mailbox, .. } => add("mailbox", Entry::Whole, mailbox, Use::Called),
        Job::Mailbox { mailbox: Some(mailbox), .. } => add("mailbox", Entry::Whole, mailbox, Use::Called),
        Job::Agent { agent, reason, .. } => {
            agent.iter().for_each(|of| add("agent", Entry::Whole, of, Use::Called));
            reason.iter().for_each(|of| add("reason", Entry::Whole, of, Use::Called));
        }
        Job::Http { request, .. } => {
            values(&request.url).for_each(|of| add("url", Entry::Whole, of, Use::Address));
            named("body", &request.body, &mut add);
        }
        Job::Exec { input, .. } => named("input", input, &mut add),
        Job::Sub { with, .. } => named("with", with, &mut add),
        Job::Return { value: Some(value) } => add("value", Entry::Whole, value, Use::Computed),
        _ => {}
    }
    found
}

fn named<'j>(
    key: &'static str,
    values: &'j [(String, Expr)],
    add: &mut impl FnMut(&'static str, Entry, &'j Expr, Use),
) {
    values.iter().for_each(|(name, of)| add(key, Entry::Name(name.clone()), of, Use::Computed));
}

/// The values in a prompt.
fn values(prompt: &Prompt) -> impl Iterator<Item = &Expr> {
    prompt.all().filter_map(|piece| match piece {
        Piece::Value { of, .. } => Some(of),
        Piece::Named(_) | Piece::Text(_) => None,
    })
}

/// All variables that a node sets.
pub(crate) fn writes(job: &Job) -> Vec<Write<'_>> {
    let unknown = |name| Write { name, to: None };
    match job {
        Job::Set { values, .. } => values.iter().map(|(name, to)| Write { name, to: Some(to) }).collect(),
        Job::Collect { into, .. } | Job::Record { into, .. } => vec![unknown(into)],
        Job::List { into, .. } | Job::Sub { into, .. } | Job::Agent { into, .. } => {
            into.iter().map(|name| unknown(name)).collect()
        }
        Job::Http { request, .. } => request.fields.iter().map(|(name, _)| unknown(name)).collect(),
        Job::Exec { fields, .. } => fields.iter().map(|(name, _)| unknown(name)).collect(),
        _ => Vec::new(),
    }
}
