//! Secret digits that would be heard, or written down.

use super::reads::{Use, reads};
use super::view::{All, At};
use crate::expr::Expr;
use crate::node::Job;
use std::collections::BTreeSet;

/// What is secret: variables by flow, and flows that return something secret.
#[derive(Default)]
struct Secrets<'f> {
    variables: BTreeSet<(&'f str, &'f str)>,
    returned: BTreeSet<&'f str>,
}

impl Secrets<'_> {
    /// The first secret name that an expression of a flow reads.
    fn read_by<'e>(&self, flow: &str, of: &'e Expr) -> Option<&'e str> {
        of.names().into_iter().find(|name| self.variables.contains(&(flow, *name)))
    }
}

/// Tells of secrets that go where they must not.
pub(super) fn check(all: &mut All<'_>) {
    let secrets = secrets(all);
    let mut found = Vec::new();
    for (name, view) in &all.flows {
        for (_, node) in view.nodes() {
            for read in reads(&node.job) {
                let Some(secret) = secrets.read_by(name, read.of) else { continue };
                let what = match read.becomes {
                    Use::Computed => continue,
                    Use::Said => format!("{secret} is secret and is not said"),
                    Use::Address => {
                        format!("{secret} is secret and cannot stand in an address, which is logged")
                    }
                    Use::Called => {
                        format!("{secret} is secret and cannot say who is called, which is logged")
                    }
                };
                let hint = match read.becomes {
                    Use::Address => "send it in body: that makes it a POST",
                    _ => {
                        "leave it out; secrets may be compared, looked up, or sent to a service or a program"
                    }
                };
                let at = At { flow: view.flow, node, key: read.key, entry: read.entry };
                found.push((at, what, hint.to_owned()));
            }
        }
    }
    for (at, what, hint) in found {
        all.tell(at, false, what, hint);
    }
}

/// All secrets: what is collected as one, and what is made from one, through all flows.
fn secrets<'f>(all: &All<'f>) -> Secrets<'f> {
    let mut secrets = Secrets::default();
    loop {
        let before = (secrets.variables.len(), secrets.returned.len());
        for (name, view) in &all.flows {
            for (_, node) in view.nodes() {
                step(&mut secrets, name, &node.job);
            }
        }
        if before == (secrets.variables.len(), secrets.returned.len()) {
            return secrets;
        }
    }
}

fn step<'f>(secrets: &mut Secrets<'f>, flow: &'f str, job: &'f Job) {
    match job {
        Job::Collect { into, is_secret: true, .. } => {
            secrets.variables.insert((flow, into));
        }
        Job::Set { values, .. } => {
            for (name, of) in values {
                if secrets.read_by(flow, of).is_some() {
                    secrets.variables.insert((flow, name));
                }
            }
        }
        Job::List { of, into: Some(into), .. } if secrets.read_by(flow, of).is_some() => {
            secrets.variables.insert((flow, into));
        }
        Job::Sub { flow: inner, with, into, .. } => {
            for (name, of) in with {
                if secrets.read_by(flow, of).is_some() {
                    secrets.variables.insert((inner, name));
                }
            }
            if let Some(into) = into
                && secrets.returned.contains(inner.as_str())
            {
                secrets.variables.insert((flow, into));
            }
        }
        Job::Return { value: Some(value) } if secrets.read_by(flow, value).is_some() => {
            secrets.returned.insert(flow);
        }
        _ => {}
    }
}
