//! The flows in force, and the alarms of those that are not.

use super::{Found, load};
use crate::config::Loaded;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use switchroom_exchange::Severity;
use switchroom_flow::lists::List;

/// An alarm to be raised, or to be cleared.
pub type Alarm = (String, Option<(Severity, String)>);

/// What is in force and what was refused last. Whoever reads flows again holds it meanwhile, so that no two do at once.
#[derive(Debug, Default)]
pub struct InForce(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    found: Found,
    lists: BTreeMap<String, List>,
}

impl InForce {
    /// Reads the flows of a configuration and puts those that are to be in force into it; lists that have not changed
    /// become those in force, for some are large. Gives the alarms that change with it, and a sentence if files were refused.
    pub fn renew(&self, loaded: &mut Loaded) -> (Vec<Alarm>, Option<String>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Last { found: last, lists } = &mut *held;
        for (name, list) in &mut loaded.config.inbound.lists {
            if let Some(same) = lists.get(name).filter(|old| *old == list) {
                list.clone_from(same);
            }
        }
        lists.clone_from(&loaded.config.inbound.lists);
        let found = load(loaded, &last.flows);
        for fault in &found.faults {
            tracing::warn!("{}", switchroom_wire::clean(&fault.to_string()));
        }
        let id = |name: &String| format!("flow_file:{}", switchroom_wire::clean(name));
        let over = last.refused.keys().filter(|name| !found.refused.contains_key(*name));
        let mut alarms: Vec<Alarm> = over.map(|name| (id(name), None)).collect();
        let raised = found.refused.iter();
        alarms.extend(raised.map(|(name, text)| (id(name), Some((Severity::Warn, text.clone())))));
        loaded.config.flows.clone_from(&found.flows);
        let refused = found.refused.len();
        let text = (refused > 0).then(|| {
            let files = if refused == 1 { "file has" } else { "files have" };
            format!("{refused} flow {files} faults and stand as alarms; see switchroom flow check")
        });
        *last = found;
        (alarms, text)
    }

    /// What would be refused of the flows with that configuration, beside what is refused anyway; changes nothing.
    pub fn would_refuse(&self, loaded: &Loaded) -> Vec<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = load(loaded, &held.found.flows);
        let is_new = |name: &String| !held.found.refused.contains_key(name);
        found.refused.into_iter().filter(|(name, _)| is_new(name)).map(|(_, text)| text).collect()
    }
}
