//! The flows in force, and the alarms of those that are not.

use super::{Found, load, load_as, names};
use crate::config::Loaded;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use switchroom_exchange::Severity;
use switchroom_flow::Fault;
use switchroom_flow::lists::List;
use switchroom_flow::pins::{AGENT_PINS, Pins};

/// An alarm to be raised, or to be cleared.
pub type Alarm = (String, Option<(Severity, String)>);

/// What is in force and what was refused last. Whoever reads flows again holds it meanwhile, so that no two do at once.
#[derive(Debug, Default)]
pub struct InForce(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    found: Found,
    lists: BTreeMap<String, List>,
    pins: BTreeMap<String, Pins>,
    /// The configuration names what is not there, and an alarm says so.
    is_told: bool,
}

/// One sentence for an alarm.
fn told_of_site(fault: &Fault) -> String {
    let hint = fault.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    switchroom_wire::clean(&format!("{}{hint}", fault.what)).into_owned()
}

impl InForce {
    /// What was said of the files when they were last read, by the name of the flow; what is about no flow's file is left
    /// out.
    pub fn faults(&self) -> BTreeMap<String, Vec<Fault>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
        for fault in &held.found.faults {
            let file = Path::new(&fault.file);
            let name = file.file_stem().and_then(|name| name.to_str());
            let is_flow = |name: &&str| {
                held.found.refused.contains_key(*name)
                    || held.found.flows.get(*name).is_some_and(|flow| flow.file == fault.file)
            };
            if let Some(name) = name.filter(is_flow) {
                found.entry(name.to_owned()).or_default().push(fault.clone());
            }
        }
        found
    }

    /// Names of the flows in force whose files have another text by now, which was refused.
    pub fn behind(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).found.behind.clone()
    }

    /// Reads the flows of a configuration and puts those that are to be in force into it, and into folders' places the music
    /// that is in them; lists that have not changed become those in force, for some are large. Gives the alarms that change
    /// with it, and a sentence if files were refused.
    pub fn renew(&self, loaded: &mut Loaded) -> (Vec<Alarm>, Option<String>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Last { found: last, lists, pins, is_told } = &mut *held;
        for (name, list) in &mut loaded.config.inbound.lists {
            if let Some(same) = lists.get(name).filter(|old| *old == list) {
                list.clone_from(same);
            }
        }
        lists.clone_from(&loaded.config.inbound.lists);
        pins.clone_from(&loaded.config.inbound.pins);
        let found = load(loaded, &last.flows);
        for fault in &found.faults {
            tracing::warn!("{}", switchroom_wire::clean(&fault.to_string()));
        }
        let id = |name: &String| format!("flow_file:{}", switchroom_wire::clean(name));
        let over = last.refused.keys().filter(|name| !found.refused.contains_key(*name));
        let mut alarms: Vec<Alarm> = over.map(|name| (id(name), None)).collect();
        let raised = found.refused.iter();
        alarms.extend(raised.map(|(name, text)| (id(name), Some((Severity::Warn, text.clone())))));
        let of_site = found.of_file(&loaded.path).find(|fault| !fault.is_warning).map(told_of_site);
        if of_site.is_some() || *is_told {
            alarms.push(("config_names".into(), of_site.clone().map(|text| (Severity::Warn, text))));
        }
        *is_told = of_site.is_some();
        loaded.config.flows.clone_from(&found.flows);
        super::music::unfold(loaded);
        let refused = found.refused.len();
        let text = (refused > 0).then(|| {
            let files = if refused == 1 { "file has" } else { "files have" };
            format!("{refused} flow {files} faults and stand as alarms; see switchroom flow check")
        });
        *last = found;
        let texts: Vec<String> = of_site.into_iter().chain(text).collect();
        (alarms, Some(texts.join("; ")).filter(|text| !text.is_empty()))
    }

    /// What the check would say of the file of one flow if it had that text, and of all others because of it: what would keep
    /// it out of force, and what it would only warn of. Changes nothing.
    pub fn judge(&self, loaded: &Loaded, flow: &str, text: &str) -> (Vec<Fault>, Vec<Fault>) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = load(loaded, &held.found.flows);
        let found = load_as(loaded, &held.found.flows, Some((flow, text)));
        let file = names(&loaded.shell.flows.dir).remove(flow);
        let is_of_it = |fault: &Fault| file.as_ref() == Some(&fault.file);
        let of_it =
            found.faults.into_iter().filter(|fault| is_of_it(fault) || !before.faults.contains(fault));
        of_it.partition(|fault| !fault.is_warning)
    }

    /// What would come of the files of flows, lists and PINs with that configuration: what would be refused, beside what is
    /// refused anyway, and what somebody has changed and nobody applied yet, for all is read again. Nothing of the flow that is
    /// `edited`. Changes nothing.
    pub fn would_come(&self, loaded: &Loaded, edited: Option<&str>) -> Vec<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, found) = (&held.found.flows, load(loaded, &held.found.flows));
        let is_other = |name: &str| edited != Some(name);
        let is_new = |name: &String| is_other(name) && !held.found.refused.contains_key(name);
        let clean = |name: &String| switchroom_wire::clean(name).into_owned();
        let flows = found.flows.iter().filter(|(name, _)| is_other(name));
        let come = flows.filter_map(|(name, flow)| match old.get(name) {
            Some(same) if same.version == flow.version => None,
            Some(_) => {
                Some(format!("flow {} has another text by now, which comes into force, too", clean(name)))
            }
            None => Some(format!("flow {} is not in force yet, and comes into force, too", clean(name))),
        });
        let gone = old.keys().filter(|name| !found.flows.contains_key(*name));
        let gone = gone.map(|name| format!("flow {} has no file any more, and goes, too", clean(name)));
        let lists = loaded.config.inbound.lists.iter();
        let others = lists.filter(|(name, list)| held.lists.get(*name).is_some_and(|old| old != *list));
        let others = others
            .map(|(name, _)| format!("list {} has other rows by now, which count then, too", clean(name)));
        // Those of agents are in the configuration itself, of which everything is shown. Which they are is nobody's business.
        let pins = loaded.config.inbound.pins.iter().filter(|(name, _)| *name != AGENT_PINS);
        let pins = pins.filter(|(name, pins)| held.pins.get(*name).is_some_and(|old| old != *pins));
        let pins =
            pins.map(|(name, _)| format!("PINs {} are others by now, which count then, too", clean(name)));
        let told = come.chain(gone).chain(others).chain(pins).collect::<Vec<_>>();
        let refused = found.refused.into_iter().filter(|(name, _)| is_new(name)).map(|(_, text)| text);
        refused.chain(told).collect()
    }
}
