//! Contacts of extensions that are configured, not registered.

use crate::config::{FixedContact, HostAddress, Place};
use crate::exchange::Exchange;
use crate::names::BindingName;
use crate::record::{EventKind, Severity};
use crate::registrar::{Binding, FIXED_KEY};
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::time::Now;

impl Exchange {
    /// Extensions are where the configuration says that they are, and no longer where it said so before. Calls that go on at
    /// such an address go on.
    pub(crate) fn apply_fixed_contacts(&mut self, now: Now) {
        self.forget_hosts(now);
        self.forget_lines(now);
        let of = |extension: &str| self.config.extensions.get(extension)?.contact.as_ref();
        let old: Vec<(String, String)> = self
            .registrar
            .all()
            .filter(|(_, binding)| binding.is_fixed())
            .filter_map(|(extension, binding)| {
                let contact = of(extension);
                let is_there = contact.is_some_and(|contact| self.is_where(contact, binding));
                let is_same = contact.filter(|contact| contact.uri == binding.record.contact);
                (!is_there).then(|| (extension.clone(), why_gone(is_same)))
            })
            .collect();
        for (extension, why) in old {
            self.drop_binding(now, &extension, FIXED_KEY, &why);
        }
        let contacts = self.config.extensions.values().filter_map(|e| Some((&e.number, e.contact.as_ref()?)));
        let is_there = |extension: &str| self.registrar.get(extension, FIXED_KEY).is_some();
        let new: Vec<(String, Binding, String)> = contacts
            .filter(|(extension, _)| !is_there(extension))
            .filter_map(|(extension, contact)| {
                let flow = self.ways(contact).into_iter().next()?;
                let binding = Binding::fixed(now, extension, &contact.uri, flow)?;
                Some((extension.clone(), binding, why_there(contact)))
            })
            .collect();
        for (extension, binding, why) in new {
            let text = format!("{extension} is at {}{why}", binding.flow);
            self.registrar.put(&extension, binding);
            self.names.of(&extension, FIXED_KEY);
            self.schedule_keep_alive(now, &extension, FIXED_KEY);
            self.event(now, EventKind::Registration, Severity::Info, None, &extension, "configured", text);
            self.extension_changed(extension);
        }
    }

    /// All ways to a contact, best first.
    fn ways(&self, contact: &FixedContact) -> Vec<Flow> {
        let udp = |local, remote| Flow { transport: Transport::Udp, local, remote, connection: 0 };
        match &contact.place {
            Place::Address { local, remote } => vec![udp(*local, *remote)],
            Place::Host { name, port } => {
                self.hosts.of(name).iter().map(|at| udp(at.local, (at.ip, *port).into())).collect()
            }
            Place::Connection { host, port } => self.lines.to(host, *port).into_iter().collect(),
        }
    }

    /// Whether something came from the host of a contact: from where it is called, or from another address that it has.
    pub(crate) fn is_from_contact(&self, extension: &str, at: &Binding, flow: Flow) -> bool {
        let contact = self.config.extensions.get(extension).and_then(|e| e.contact.as_ref());
        let ways = contact.map(|contact| self.ways(contact)).unwrap_or_default();
        ways.iter().chain([&at.flow]).any(|way| way.remote.ip() == flow.remote.ip())
    }

    /// Whether a binding is where its contact is. Name servers tell several addresses now in this order and now in that: one that is
    /// among them still is as good as the first.
    fn is_where(&self, contact: &FixedContact, binding: &Binding) -> bool {
        contact.uri == binding.record.contact && self.ways(contact).contains(&binding.flow)
    }

    /// Whether the contact that is configured for an extension is there, or was when a call began that goes on: a host may have
    /// moved meanwhile, and calls stay where they are.
    pub(crate) fn is_of_contact(&self, extension: &str, flow: Flow) -> bool {
        let contact = self.config.extensions.get(extension).and_then(|e| e.contact.as_ref());
        let of_host = |contact: &FixedContact| match &contact.place {
            Place::Host { name, port } => {
                let at = HostAddress { local: flow.local, ip: flow.remote.ip() };
                flow.remote.port() == *port && self.hosts.is_or_was_at(name, at)
            }
            Place::Address { .. } | Place::Connection { .. } => false,
        };
        self.registrar.get(extension, FIXED_KEY).is_some_and(|at| at.flow == flow)
            || contact.is_some_and(of_host)
    }

    /// A contact that does not answer is asked at the next address of its host. It is called there once it answers, and not
    /// before: that nobody answers at any of them is told once.
    pub(crate) fn try_next_address(&mut self, extension: &str, key: &str, name: BindingName) {
        let contact = self.config.extensions.get(extension).and_then(|e| e.contact.as_ref());
        let Some(binding) = self.registrar.get(extension, key).filter(|b| b.is_fixed()) else { return };
        let ways = contact.map(|contact| self.ways(contact)).unwrap_or_default();
        let after = ways.iter().position(|way| *way == binding.flow).map_or(0, |at| at + 1);
        let Some(next) = ways.get(after).or(ways.first()).copied().filter(|way| *way != binding.flow) else {
            return;
        };
        let mut binding = binding.clone();
        binding.flow = next;
        (binding.record.local, binding.record.remote, binding.rtt_us) = (next.local, next.remote, None);
        self.registrar.put(extension, binding);
        // What is still said from where it was asked before says nothing of this one.
        self.pings.retain(|_, (asked, _)| *asked != name);
    }
}

fn why_there(contact: &FixedContact) -> String {
    match &contact.place {
        Place::Address { .. } => " by configuration".to_owned(),
        Place::Host { name, .. } => format!(", the address of {name}, by configuration"),
        Place::Connection { host, .. } => format!(", connected to {host}, by configuration"),
    }
}

/// Why an extension is no longer at an address. `contact`: it is configured as it was.
fn why_gone(contact: Option<&FixedContact>) -> String {
    match contact.map(|contact| &contact.place) {
        Some(Place::Host { name, .. }) => format!("is there no more: {name} has another address"),
        Some(Place::Connection { host, .. }) => {
            format!("is there no more: the connection to {host} was lost")
        }
        Some(Place::Address { .. }) | None => "is no longer configured".to_owned(),
    }
}
