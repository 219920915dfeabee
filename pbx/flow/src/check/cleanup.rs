//! What a clean-up would say or ask when nobody is there any more.

use super::view::{All, At, is};
use crate::node::Job;
use std::collections::BTreeSet;

/// Tells of nodes in a clean-up that need a caller.
pub(super) fn check(all: &mut All<'_>) {
    let needy = needy(all);
    let mut found = Vec::new();
    for view in all.flows.values() {
        for (_, node) in view.nodes().filter(|(at, _)| is(&view.is_cleanup, *at)) {
            let what = match &node.job {
                Job::Sub { flow, .. } if needy.contains(flow.as_str()) => {
                    format!("flow \"{flow}\" says or asks something, and after the call nobody is there")
                }
                job if needs_caller(job) => {
                    format!("node \"{}\" is of no use after the call: nobody is there", node.name)
                }
                _ => continue,
            };
            let hint = "in a clean-up use set, if, hours, share, list, http and exec".to_owned();
            found.push((At::node(view.flow, node), what, hint));
        }
    }
    for (at, what, hint) in found {
        all.tell(at, true, what, hint);
    }
}

/// Whether a node is of use only while somebody is there.
fn needs_caller(job: &Job) -> bool {
    matches!(
        job,
        Job::Play { .. }
            | Job::Menu { .. }
            | Job::Collect { .. }
            | Job::Pin { .. }
            | Job::Dial { .. }
            | Job::Queue { .. }
            | Job::Voicemail { .. }
            | Job::Mailbox { .. }
            | Job::Record { .. }
            | Job::Survey { .. }
            | Job::Agent { .. }
    )
}

/// Flows that need a caller, they or one that they run.
fn needy<'f>(all: &All<'f>) -> BTreeSet<&'f str> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, view) in &all.flows {
            let is_needy = view.reached().any(|(_, node)| match &node.job {
                Job::Sub { flow, .. } => found.contains(flow.as_str()),
                job => needs_caller(job),
            });
            if is_needy {
                found.insert(*name);
            }
        }
        if before == found.len() {
            return found;
        }
    }
}
