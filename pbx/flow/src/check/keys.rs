//! Keys that make callers wait, or that can never be pressed.

use super::view::{All, At};
use crate::exits::Entry;
use crate::flow::{Flow, NodeId};
use crate::node::{Job, Patience};
use crate::read::duration_text;
use std::collections::BTreeMap;

/// Tells of keys that are not what was meant.
pub(super) fn check(all: &mut All<'_>) {
    let mut found = Vec::new();
    for view in all.flows.values() {
        for (_, node) in view.nodes() {
            let at = |key: &'static str, entry| At { flow: view.flow, node, key, entry };
            match &node.job {
                Job::Menu { keys, patience, .. } => {
                    for (key, what, hint) in ambiguous(view.flow, keys, Some(*patience)) {
                        found.push((at("keys", Entry::Name(key)), what, hint));
                    }
                }
                Job::Queue { keys, call_back, called_back, .. } => {
                    if call_back.is_none() && called_back.is_some() {
                        let what = "no key asks for a call-back here".to_owned();
                        let hint = "write call_back = \"1\", or leave called_back out".to_owned();
                        found.push((at("called_back", Entry::Whole), what, hint));
                    }
                    for (key, what, hint) in ambiguous(view.flow, keys, None) {
                        found.push((at("keys", Entry::Name(key)), what, hint));
                    }
                }
                Job::Collect { end: Some(end), .. } if end.is_ascii_digit() => {
                    let what = format!("the digit {end} ends the number and so cannot be in it");
                    found.push((
                        at("end", Entry::Whole),
                        what,
                        "write end = \"#\", or \"\" for none".to_owned(),
                    ));
                }
                Job::Collect { end: Some(end @ 'A'..='D'), .. } => {
                    let what = format!("hardly a phone has the key {end}");
                    found.push((at("end", Entry::Whole), what, "write end = \"#\", or \"*\"".to_owned()));
                }
                _ => {}
            }
        }
    }
    for (at, what, hint) in found {
        all.tell(at, true, what, hint);
    }
}

/// Keys that begin others: the key, what is wrong, a hint.
fn ambiguous(
    flow: &Flow,
    keys: &BTreeMap<String, NodeId>,
    patience: Option<Patience>,
) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (key, node) in keys {
        let longer: Vec<&str> = keys
            .keys()
            .map(String::as_str)
            .filter(|other| other.len() > key.len() && other.starts_with(key))
            .collect();
        let inner = flow.node(*node).map(|node| &node.job);
        for other in &longer {
            let rest = other.get(key.len()..).unwrap_or_default();
            if let Some(Job::Menu { keys: within, .. }) = inner
                && within.get(rest).is_some_and(|to| keys.get(*other) == Some(to))
            {
                let what = format!("key {other} is not needed: {key} and then {rest} lead there too");
                let hint = format!("delete it, and nobody waits after {key}; digits pressed ahead are kept");
                found.push(((*other).to_owned(), what, hint));
            }
        }
        if let Some(first) = longer.first() {
            let wait = patience.map_or_else(String::new, |p| format!(" {}", duration_text(p.between)));
            let what = format!("after key {key} the caller waits{wait}, for {first} is a key too");
            let hint = "choose keys of which none begins another".to_owned();
            found.push((key.clone(), what, hint));
        }
    }
    found
}
