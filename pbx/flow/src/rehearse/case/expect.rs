//! What is expected of a call in the end.

use super::Expect;
use super::play::is_node;
use crate::rehearse::rehearsal::{Entry, Happening, Rehearsal};
use crate::value::Value;
use std::collections::BTreeMap;

/// Nodes of a path that are told.
const PATH_MAX: usize = 60;

/// Whether all of it holds.
pub(super) fn check(expect: &Expect, call: &Rehearsal) -> Result<(), String> {
    if let Some(to) = &expect.to {
        return Err(format!("expected that the call goes to {to}, and it went into a flow"));
    }
    let ended = call.ended().unwrap_or("not at all");
    if let Some(end) = expect.end.as_ref().filter(|end| *end != ended) {
        return Err(format!("expected the end \"{end}\", and it was \"{ended}\""));
    }
    let last = last_node(call.log());
    if let Some(at) = &expect.at
        && !last.as_ref().is_some_and(|(flow, node)| is_node(at, flow, node))
    {
        let last = last.map(|(flow, node)| format!("{flow}.{node}")).unwrap_or_default();
        return Err(format!("expected that it ends at {at}, and it ended at {last}"));
    }
    faults(expect, call.log())?;
    variables(expect, call)?;
    let call_back = call.log().iter().find_map(|entry| match &entry.what {
        Happening::CallBack(number) => Some(number.as_str()),
        _ => None,
    });
    if let Some(number) = expect.call_back.as_deref().filter(|number| Some(*number) != call_back) {
        let found =
            call_back.map_or("nobody is to be called back".to_owned(), |found| format!("it is to {found}"));
        return Err(format!("expected a call-back to {number}, and {found}"));
    }
    let (mut survey, mut messages) = (BTreeMap::new(), BTreeMap::new());
    let mut mailbox = None;
    for entry in call.log() {
        match &entry.what {
            Happening::Survey(question, answer) => drop(survey.insert(question.clone(), answer.to_string())),
            Happening::Records(into) => mailbox.clone_from(into),
            Happening::Kept(Some(_)) => {
                *messages.entry(mailbox.clone().unwrap_or_default()).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    for (question, answer) in &expect.survey {
        let given = survey.get(question).map_or("nothing", String::as_str);
        if given != answer {
            return Err(format!("expected the answer {answer} to {question}, and it was {given}"));
        }
    }
    for (mailbox, count) in &expect.messages {
        let left = messages.get(mailbox).copied().unwrap_or(0);
        if left != *count {
            return Err(format!("expected {count} messages in {mailbox}, and it was {left}"));
        }
    }
    Ok(())
}

fn faults(expect: &Expect, log: &[Entry]) -> Result<(), String> {
    let mut faults = log.iter().filter_map(|entry| match &entry.what {
        Happening::Fault(what) => Some(what),
        _ => None,
    });
    match &expect.fault {
        Some(words) if faults.any(|fault| fault.contains(words.as_str())) => Ok(()),
        Some(words) => Err(format!("expected a fault with \"{words}\" in it, and there was none")),
        None => faults.next().map_or(Ok(()), |fault| Err(format!("the flow is faulty: {fault}"))),
    }
}

fn variables(expect: &Expect, call: &Rehearsal) -> Result<(), String> {
    for (name, value) in &expect.set {
        let found = call.variables().get(name);
        if found.map(Value::plain).unwrap_or_default() != *value {
            let shown = found.map(Value::shown).unwrap_or_default();
            return Err(format!("expected {name} = \"{value}\", and it was \"{shown}\""));
        }
    }
    Ok(())
}

/// The last node before the call ended.
fn last_node(log: &[Entry]) -> Option<(String, String)> {
    let is_end = |entry: &&Entry| matches!(entry.what, Happening::Gone | Happening::HungUp(_));
    let end = log.iter().position(|entry| is_end(&entry)).unwrap_or(log.len());
    log.iter().take(end).rev().find_map(|entry| match &entry.what {
        Happening::Entered { flow, node, .. } => Some((flow.clone(), node.clone())),
        _ => None,
    })
}

/// `office.hours → main (open) → sales (key 1)`; of a long one the end.
pub(crate) fn path(log: &[Entry]) -> String {
    let mut last = "";
    let mut nodes: Vec<String> = Vec::new();
    for entry in log {
        let Happening::Entered { flow, node, by } = &entry.what else { continue };
        let of = if last == flow { String::new() } else { format!("{flow}.") };
        let how = if by == "begin" { String::new() } else { format!(" ({by})") };
        nodes.push(format!("{of}{node}{how}"));
        last = flow;
    }
    let too_many = nodes.len().saturating_sub(PATH_MAX);
    nodes.drain(..too_many);
    let before = if too_many > 0 { "… → " } else { "" };
    format!("{before}{}", nodes.join(" → "))
}
