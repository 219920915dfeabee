//! Rules of what waits for the store.

use super::Rule;
use crate::limits::{
    FACTS_WAITING_MAX, MESSAGES_MAX, OUTBOX_MAX, REGISTERS_WAITING_MAX, REPLIES_WAITING_MAX,
    SUBSCRIBES_WAITING_MAX,
};
use crate::{Exchange, Ticket};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[tickets, replies, bounds, messages, facts, written_once];

/// The tickets that somebody here waits for.
fn waiting(x: &Exchange) -> impl Iterator<Item = &Ticket> {
    let replies = x.replies_waiting.values().flat_map(|r| &r.left);
    let subscriptions = x.subscriptions.kept.waiting();
    let others = x.outbox.keys().chain(x.fact_words.waiting.keys()).chain(subscriptions);
    x.registers_waiting.keys().chain(others).chain(replies)
}

fn tickets(x: &Exchange, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for ticket in waiting(x) {
        if !seen.insert(ticket) {
            wrong.push(format!("ticket {} is waited for twice", ticket.0));
        }
        if ticket.0 > x.last_ticket {
            wrong.push(format!("ticket {} is waited for and was never given out", ticket.0));
        }
    }
}

fn replies(x: &Exchange, wrong: &mut Vec<String>) {
    for (id, _) in x.replies_waiting.iter().filter(|(_, reply)| reply.left.is_empty()) {
        wrong.push(format!("the answer to command {} waits for nothing", id.0));
    }
}

fn bounds(x: &Exchange, wrong: &mut Vec<String>) {
    for (what, there, most) in [
        ("REGISTERs wait for the store", x.registers_waiting.len(), REGISTERS_WAITING_MAX),
        ("SUBSCRIBEs wait for the store", x.subscriptions.kept.answers(), SUBSCRIBES_WAITING_MAX),
        ("answers to users wait for the store", x.replies_waiting.len(), REPLIES_WAITING_MAX),
        ("messages are to be offered again", x.message_words.unkept.len(), MESSAGES_MAX),
        ("facts wait for the store", x.fact_words.count(), FACTS_WAITING_MAX),
        ("CDRs wait for the store", x.outbox.len() + x.retry.len(), OUTBOX_MAX),
    ] {
        if there > most {
            wrong.push(format!("{there} {what}, {most} at most should"));
        }
    }
}

/// What is said of a message is on its way, or to be offered again, not both.
fn messages(x: &Exchange, wrong: &mut Vec<String>) {
    for ticket in x.message_words.waiting.keys().filter(|ticket| ticket.0 > x.last_ticket) {
        wrong.push(format!("ticket {} of a message was never given out", ticket.0));
    }
    for id in x.message_words.twice() {
        wrong.push(format!("message {id} is on its way to the store and to be offered again"));
    }
}

/// A fact is on its way, or to be offered again, not both, and once.
fn facts(x: &Exchange, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let words = &x.fact_words;
    for seq in words.waiting.values().map(|(seq, _)| seq).chain(words.unkept.keys()) {
        if !seen.insert(*seq) || *seq > x.last_event() {
            wrong.push(format!("fact {seq} waits for the store twice, or was never written down"));
        }
    }
}

/// A CDR is with the store once, and only of a call that has ended and knows that it is written.
fn written_once(x: &Exchange, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for cdr in x.outbox.values().map(|c| &**c).chain(&x.retry) {
        if !seen.insert(cdr.call) {
            wrong.push(format!("the CDR of call {} waits for the store twice", cdr.call));
        }
        let is_written = |stage: &crate::Stage| matches!(stage, crate::Stage::Ended { is_written: true, .. });
        if x.calls.get(&cdr.call).is_some_and(|c| !is_written(&c.stage)) {
            wrong.push(format!("the CDR of call {} waits for the store and counts as not written", cdr.call));
        }
    }
}
