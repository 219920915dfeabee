//! What callers type when a secret is asked for.

use super::{Checker, Verdict, broken};
use crate::sim::inbound::{PIN, SECRET};
use crate::sim::world::{Step, World};
use switchroom::control::view;
use switchroom_exchange::{Action, CallId, Cdr, Changed, Record};

/// A secret that a caller typed is nowhere but in the caller's flow.
#[derive(Debug, Default)]
pub(super) struct SecretsStay;

impl Checker for SecretsStay {
    fn rule(&self) -> &'static str {
        "a secret that a caller typed appears in no record, event, ladder, alarm or view"
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        if world.typed_secrets.is_empty() {
            return Ok(());
        }
        for action in &step.actions {
            match action {
                Action::Persist { record: Record::Event(event), .. } => {
                    is_clean(event.call, "an event", &event.text)?;
                    is_clean(event.call, "an event", &event.subject)?;
                }
                Action::Persist { record: Record::Cdr(cdr), .. }
                    if world.typed_secrets.contains(&cdr.call) =>
                {
                    shown(world, step, cdr)?;
                }
                Action::Persist { record, .. } if may_tell(world, record) => {
                    is_clean(None, "a record", &serde_json::to_string(record).unwrap_or_default())?;
                }
                Action::Reply { result: Ok(text) | Err(text), .. } => is_clean(None, "a reply", text)?,
                _ => {}
            }
        }
        for changed in &step.changed {
            if let Changed::Alarm(id) = changed {
                let alarm = world.exchange.alarms().find(|(name, _)| *name == id);
                is_clean(None, "an alarm", &format!("{alarm:?}"))?;
            }
        }
        Ok(())
    }
}

/// Records that are no registrations and no events.
fn may_tell(world: &World, record: &Record) -> bool {
    match record {
        Record::CallOpen(open) => world.typed_secrets.contains(&open.call),
        Record::Message(_) | Record::Recording(_) => true,
        _ => false,
    }
}

/// Everything that is kept and shown of a call that is over.
fn shown(world: &World, step: &Step, cdr: &Cdr) -> Verdict {
    let call = Some(cdr.call);
    is_clean(call, "the CDR", &serde_json::to_string(cdr).unwrap_or_default())?;
    let ladder = view::ladder(&world.exchange, cdr.call, 0);
    is_clean(call, "the ladder", &serde_json::to_string(&ladder).unwrap_or_default())?;
    let change = view::change(&world.exchange, &Changed::Call(cdr.call), step.now);
    is_clean(call, "the board", &serde_json::to_string(&change).unwrap_or_default())
}

/// The whole secret anywhere, and the PIN as a number by itself.
fn is_clean(call: Option<CallId>, what: &str, text: &str) -> Verdict {
    if text.contains(SECRET) {
        return broken(call, format!("{what} tells a secret: {text}"));
    }
    let is_in_number = |at: usize| {
        let bytes = text.as_bytes();
        let is_part = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.')
        };
        is_part(at.checked_sub(1)) || is_part(Some(at + PIN.len()))
    };
    if text.match_indices(PIN).any(|(at, _)| !is_in_number(at)) {
        return broken(call, format!("{what} tells a PIN: {text}"));
    }
    Ok(())
}
