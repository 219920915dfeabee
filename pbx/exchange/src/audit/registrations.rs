//! Rules of bindings and what hangs on them.

use super::Rule;
use crate::Exchange;
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::flow::source_of;

pub(super) const RULES: &[Rule] = &[counted, sources, keys, configured, names, pings, connections];

fn counted(x: &Exchange, wrong: &mut Vec<String>) {
    let (said, real) = (x.registrar.count(), x.registrar.all().count());
    if said != real {
        wrong.push(format!("{said} bindings are counted and there are {real}"));
    }
    let extensions: BTreeSet<&String> = x.registrar.all().map(|(extension, _)| extension).collect();
    let (said, real) = (x.registrar.registered(), extensions.len());
    if said != real {
        wrong.push(format!("{said} extensions count as registered and {real} have a binding"));
    }
}

fn sources(x: &Exchange, wrong: &mut Vec<String>) {
    let mut real = BTreeMap::new();
    for (_, binding) in x.registrar.all() {
        *real.entry(source_of(binding.flow.remote.ip())).or_insert(0) += 1;
    }
    if *x.registrar.sources() != real {
        wrong.push(format!(
            "phones are said to be registered from {:?} and are from {real:?}",
            x.registrar.sources()
        ));
    }
}

fn keys(x: &Exchange, wrong: &mut Vec<String>) {
    for (extension, binding) in x.registrar.all() {
        let record = &binding.record;
        if record.extension != *extension || x.registrar.get(extension, &record.key) != Some(binding) {
            wrong.push(format!(
                "a binding of {extension} calls itself {} of {}",
                record.key, record.extension
            ));
        }
    }
}

fn configured(x: &Exchange, wrong: &mut Vec<String>) {
    let all: BTreeSet<&String> = x.registrar.all().map(|(extension, _)| extension).collect();
    for extension in all.into_iter().filter(|e| !x.config.extensions.contains_key(*e)) {
        wrong.push(format!("{extension} is registered and not configured"));
    }
}

/// What hangs on a connection is found when that is lost.
fn connections(x: &Exchange, wrong: &mut Vec<String>) {
    let bindings = x.registrar.all().filter(|(_, b)| !b.is_cut).map(|(extension, b)| (extension, b.flow));
    let subscriptions = x.subscriptions.all().map(|(_, s)| (&s.extension, s.flow));
    for (extension, flow) in bindings.chain(subscriptions) {
        if flow.connection != 0 && !x.connections.contains(&flow.connection) {
            wrong.push(format!("{extension} hangs on {flow}, and nobody will see its end"));
        }
    }
}

/// Every binding has one short name, and every short name a binding.
fn names(x: &Exchange, wrong: &mut Vec<String>) {
    let real: BTreeSet<(String, String)> =
        x.registrar.all().map(|(extension, b)| (extension.clone(), b.record.key.clone())).collect();
    let named: BTreeSet<(String, String)> = x.names.all().collect();
    for (extension, key) in named.difference(&real) {
        wrong.push(format!("{key} of {extension} has a short name and is not registered"));
    }
    for (extension, key) in real.difference(&named) {
        wrong.push(format!("binding {key} of {extension} has no short name"));
    }
    if !x.names.is_one_to_one() {
        wrong.push("short names of bindings do not lead there and back".to_owned());
    }
}

/// Every question that waits for its answer is one that SIP is asking.
fn pings(x: &Exchange, wrong: &mut Vec<String>) {
    let (asked, transactions) = (x.pings.len(), x.endpoint.transactions());
    if asked > transactions {
        wrong.push(format!("{asked} OPTIONS wait for their answers and SIP has {transactions} transactions"));
    }
    for number in x.pings.keys().filter(|number| **number > x.last_request) {
        wrong.push(format!("OPTIONS {number} waits for its answer and was never sent"));
    }
}
