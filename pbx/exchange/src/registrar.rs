//! Where extensions are registered (RFC 3261 §10): bindings, their expiry, their liveness.
//!
//! Pure bookkeeping; what a REGISTER means is read in `register.rs`.

use crate::limits::{BINDINGS_MAX, MISSED_MAX};
use crate::record::BindingRecord;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use switchroom_sip::flow::{Flow, Transport, source_of};
use switchroom_sip::time::{Mono, Now};
use switchroom_sip::uri::Uri;

/// The key of a contact that is configured; no phone registers under it.
pub(crate) const FIXED_KEY: &str = "configured";

/// Where SIP is spoken unless a URI says so (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;

/// One contact at which an extension is registered, or is by configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What is kept of it; nothing of one that is configured.
    pub record: BindingRecord,
    /// The Contact as a URI.
    pub uri: Uri,
    /// Where requests go.
    pub flow: Flow,
    /// When it ends; `None` for one that is configured.
    pub expires: Option<Mono>,
    /// Its connection is gone; it cannot be called until the phone comes back.
    pub is_cut: bool,
    /// Round-trip time of the last answered OPTIONS, microseconds.
    pub rtt_us: Option<u32>,
    /// OPTIONS in a row that went unanswered.
    pub missed: u32,
}

impl Binding {
    /// Where an extension is by configuration. `None` if that is no URI.
    pub(crate) fn fixed(now: Now, extension: &str, uri: &str, flow: Flow) -> Option<Self> {
        let record = BindingRecord {
            extension: extension.to_owned(),
            key: FIXED_KEY.to_owned(),
            contact: uri.to_owned(),
            transport: flow.transport.name().to_owned(),
            local: flow.local,
            remote: flow.remote,
            connection: flow.connection,
            agent: String::new(),
            call_id: String::new(),
            cseq: 0,
            q_milli: 1000,
            registered_ms: now.wall.0,
            expires_ms: i64::MAX,
        };
        let uri = Uri::parse(uri)?;
        Some(Self { record, uri, flow, expires: None, is_cut: false, rtt_us: None, missed: 0 })
    }

    /// Whether it is configured, and neither registered nor forgotten.
    pub fn is_fixed(&self) -> bool {
        self.expires.is_none()
    }

    /// Why the phone cannot be called, if it cannot.
    pub fn obstacle(&self) -> Option<&'static str> {
        if self.is_cut {
            Some("its connection is gone")
        } else if (self.rtt_us.is_some() || self.is_fixed()) && self.missed >= MISSED_MAX {
            // Some phones that register never answer any; their registration ends by itself.
            Some("it stopped answering OPTIONS")
        } else {
            None
        }
    }
}

/// What a contact is registered as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) key: String,
    pub(crate) contact: String,
    pub(crate) uri: Uri,
    pub(crate) q_milli: u16,
    pub(crate) lasts_s: u32,
}

/// All bindings, by extension and key.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    all: BTreeMap<String, BTreeMap<String, Binding>>,
    /// How many bindings come from a source.
    sources: BTreeMap<IpAddr, usize>,
    count: usize,
}

impl Registrar {
    pub(crate) fn of(&self, extension: &str) -> impl Iterator<Item = &Binding> {
        self.all.get(extension).into_iter().flat_map(BTreeMap::values)
    }

    /// Whether one of its phones can be rung.
    pub(crate) fn is_reachable(&self, extension: &str) -> bool {
        self.of(extension).any(|binding| binding.obstacle().is_none())
    }

    /// Those that phones registered.
    pub(crate) fn registered_of(&self, extension: &str) -> impl Iterator<Item = &Binding> {
        self.of(extension).filter(|binding| !binding.is_fixed())
    }

    /// Whether the phone of a configured contact has registered as well: from there, under the same user. Its own Contact has an
    /// address where the configuration may have a name; over TCP it has come by a connection of its own, and says where it listens.
    pub(crate) fn is_registered_at(&self, extension: &str, fixed: &Binding) -> bool {
        let listens_at = |one: &Binding| match one.flow.transport {
            Transport::Udp => one.flow,
            Transport::Tcp => {
                let remote = (one.flow.remote.ip(), one.uri.port.unwrap_or(SIP_PORT)).into();
                Flow { remote, connection: fixed.flow.connection, ..one.flow }
            }
        };
        let is_same = |one: &Binding| match fixed.uri.ip() {
            Some(_) => one.uri.same_contact(&fixed.uri),
            None => one.uri.user_text() == fixed.uri.user_text(),
        };
        let mut registered = self.registered_of(extension);
        registered.any(|one| listens_at(one) == fixed.flow && is_same(one) && one.obstacle().is_none())
    }

    pub(crate) fn get_mut(&mut self, extension: &str, key: &str) -> Option<&mut Binding> {
        self.all.get_mut(extension)?.get_mut(key)
    }

    pub(crate) fn get(&self, extension: &str, key: &str) -> Option<&Binding> {
        self.all.get(extension)?.get(key)
    }

    /// Every binding with its extension.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Binding)> {
        self.all.iter().flat_map(|(extension, all)| all.values().map(move |b| (extension, b)))
    }

    /// How many bindings come from each address.
    pub(crate) fn sources(&self) -> &BTreeMap<IpAddr, usize> {
        &self.sources
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn registered(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count >= BINDINGS_MAX
    }

    /// Whether some phone is registered from that source.
    pub(crate) fn knows(&self, source: IpAddr) -> bool {
        self.sources.contains_key(&source_of(source))
    }

    /// The binding that lives on a flow, for telling who a connection belongs to.
    pub(crate) fn on_flow(&self, flow: Flow) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (extension, bindings) in &self.all {
            found.extend(
                bindings.iter().filter(|(_, b)| b.flow == flow).map(|(k, _)| (extension.clone(), k.clone())),
            );
        }
        found
    }

    /// Makes or refreshes a binding. Returns it as it was before.
    pub(crate) fn put(&mut self, extension: &str, binding: Binding) -> Option<Binding> {
        *self.sources.entry(source_of(binding.flow.remote.ip())).or_default() += 1;
        self.count += 1;
        let key = binding.record.key.clone();
        let old = self.all.entry(extension.to_owned()).or_default().insert(key, binding);
        if let Some(old) = &old {
            self.uncount(old.flow.remote.ip());
        }
        old
    }

    /// Ends a binding.
    pub(crate) fn remove(&mut self, extension: &str, key: &str) -> Option<Binding> {
        let bindings = self.all.get_mut(extension)?;
        let old = bindings.remove(key)?;
        if bindings.is_empty() {
            self.all.remove(extension);
        }
        self.uncount(old.flow.remote.ip());
        Some(old)
    }

    fn uncount(&mut self, address: IpAddr) {
        self.count -= 1;
        let source = source_of(address);
        if let Some(count) = self.sources.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.sources.remove(&source);
            }
        }
    }

    /// A binding of a stored state that still has time to run: what the wall clock says is left, at most `longest`, for
    /// that clock may have been set back meanwhile.
    pub(crate) fn restore(now: Now, record: BindingRecord, longest: Duration) -> Option<Binding> {
        let left_ms =
            u64::try_from(record.expires_ms.saturating_sub(now.wall.0)).ok().filter(|ms| *ms > 0)?;
        let left = Duration::from_millis(left_ms).min(longest);
        let transport = Transport::from_name(&record.transport)?;
        let flow =
            Flow { transport, local: record.local, remote: record.remote, connection: record.connection };
        Some(Binding {
            uri: Uri::parse(&record.contact)?,
            flow,
            expires: Some(now.mono.after(left)),
            // Connections do not outlive the daemon they were made to.
            is_cut: transport == Transport::Tcp,
            rtt_us: None,
            missed: 0,
            record,
        })
    }
}

#[cfg(test)]
impl Registrar {
    pub(crate) fn miscount(&mut self, bindings: usize, sources: usize) {
        self.count += bindings;
        for count in self.sources.values_mut() {
            *count += sources;
        }
    }

    pub(crate) fn leave_empty(&mut self, extension: &str) {
        self.all.entry(extension.to_owned()).or_default();
    }
}
