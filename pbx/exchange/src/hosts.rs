//! Where the hosts are that contacts of the configuration name.
//!
//! The exchange asks no name server: what a name stands for is looked up by whoever drives it, again and again, and comes
//! in as [`crate::Input::Resolved`], each time whole. So a change of it is an input as any other, and a replay has it, too.
//!
//! - A host of which nothing was heard yet, or only failures, is nowhere: its extensions have no binding, so nobody calls them, and
//!   they say why ([`Exchange::problem_of`], an alarm, the path of a call). Why is told when it changes, not each time.
//! - A look-up that fails takes nothing away that was known: a name server that is down is no reason to reach nobody, and OPTIONS
//!   tells whether somebody is still there. That it fails is an alarm all the same.
//! - With other addresses than before, an extension whose address is no longer among them moves, as by a reload of the
//!   configuration; calls stay where they are. Of several the first is taken that answers (`fixed.rs`).

use crate::Severity;
use crate::config::{HostAddress, Place};
use crate::exchange::Exchange;
use crate::limits::{HOST_ADDRESSES_MAX, WHY_CHARS_MAX};
use std::collections::BTreeMap;
use switchroom_flow::text::line;
use switchroom_sip::time::Now;

/// What is known of hosts, by their names.
#[derive(Debug, Default)]
pub(crate) struct Hosts(BTreeMap<String, Host>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Host {
    /// Where it is, as last heard.
    addresses: Vec<HostAddress>,
    /// Where it was before, the last first: calls that began there are there still.
    former: Vec<HostAddress>,
    /// Why the last look-up found nothing, one sentence.
    why: Option<String>,
}

impl Hosts {
    /// The addresses of a host.
    pub(crate) fn of(&self, name: &str) -> &[HostAddress] {
        self.0.get(name).map_or(&[], |host| host.addresses.as_slice())
    }

    /// Whether a host is at that address, or was lately.
    pub(crate) fn is_or_was_at(&self, name: &str, address: HostAddress) -> bool {
        self.0
            .get(name)
            .is_some_and(|host| host.addresses.iter().chain(&host.former).any(|at| *at == address))
    }
}

impl Host {
    /// Where it was before it was here.
    fn former_of(before: Option<&Self>, here: &[HostAddress]) -> Vec<HostAddress> {
        let Some(before) = before else { return Vec::new() };
        let all = before.addresses.iter().chain(&before.former).filter(|at| !here.contains(at));
        all.take(HOST_ADDRESSES_MAX).copied().collect()
    }
}

impl Exchange {
    /// A host was looked up.
    pub(crate) fn on_resolved(&mut self, now: Now, name: &str, found: Result<Vec<HostAddress>, String>) {
        let extensions = self.extensions_at(name);
        if extensions.is_empty() {
            // It was asked for before it was taken out of the configuration.
            return;
        }
        let known = self.hosts.0.get(name);
        let before = self.hosts.of(name);
        let (addresses, why) = match found {
            Ok(mut addresses) if !addresses.is_empty() => {
                addresses.truncate(HOST_ADDRESSES_MAX);
                (addresses, None)
            }
            Ok(_) => (before.to_vec(), Some(why(name, "nothing was found", before))),
            Err(said) => (before.to_vec(), Some(why(name, &said, before))),
        };
        let host = Host { former: Host::former_of(known, &addresses), addresses, why };
        if known == Some(&host) {
            return;
        }
        self.set_alarm(now, &alarm_of(name), host.why.clone().map(|why| (Severity::Warn, why)), None);
        self.hosts.0.insert(name.to_owned(), host);
        self.apply_fixed_contacts(now);
        extensions.into_iter().for_each(|extension| self.extension_changed(extension));
    }

    /// Why the contact of an extension has no address or connection, or cannot be looked up just now.
    pub(crate) fn unresolved(&self, extension: &str) -> Option<&str> {
        let contact = self.config.extensions.get(extension)?.contact.as_ref()?;
        match &contact.place {
            Place::Host { name, .. } => self.hosts.0.get(name)?.why.as_deref(),
            Place::Connection { host, port } => self.lines.why_not(host, *port),
            Place::Address { .. } => None,
        }
    }

    /// Forgets hosts that the configuration names no more.
    pub(crate) fn forget_hosts(&mut self, now: Now) {
        let is_gone = |name: &&String| self.extensions_at(name).is_empty();
        let gone: Vec<String> = self.hosts.0.keys().filter(is_gone).cloned().collect();
        for name in gone {
            self.hosts.0.remove(&name);
            self.set_alarm(now, &alarm_of(&name), None, None);
        }
    }

    fn extensions_at(&self, name: &str) -> Vec<String> {
        let is_there = |place: &Place| matches!(place, Place::Host { name: host, .. } if host == name);
        let all = self.config.extensions.values();
        let there = all.filter(|e| e.contact.as_ref().is_some_and(|contact| is_there(&contact.place)));
        there.map(|extension| extension.number.clone()).collect()
    }
}

/// What somebody says of a failure, as it may be told.
pub(crate) fn told(said: &str) -> String {
    line(&said.chars().take(WHY_CHARS_MAX).collect::<String>())
}

fn alarm_of(name: &str) -> String {
    format!("contact_host:{name}")
}

fn why(name: &str, said: &str, before: &[HostAddress]) -> String {
    let said = told(said);
    if before.is_empty() {
        format!("{name} has no address: {said}")
    } else {
        format!("{name} cannot be looked up: {said}; the address that it had is used")
    }
}
