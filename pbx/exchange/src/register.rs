//! REGISTER (RFC 3261 §10.3): read, checked, applied as a whole, answered once it is on disk.

use crate::coverage::{BindingEvent, CallEvent};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::REGISTERS_WAITING_MAX;
use crate::record::{BindingRecord, EventKind, Severity};
use crate::registrar::{Binding, FIXED_KEY, Offered};
use crate::{CallId, Changed, Leg, Ticket};
use std::time::Duration;
use switchroom_sip::endpoint::Incoming;
use switchroom_sip::flow::Flow;
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Mono, Now};
use switchroom_sip::transaction::TxnId;
use switchroom_sip::uri::Uri;

/// A REGISTER whose answer waits for the store.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    txn: TxnId,
    incoming: Box<Incoming>,
    extension: String,
    /// Contacts that it took away.
    removed: Vec<Uri>,
}

/// What a REGISTER asks for.
enum Ask {
    Query,
    RemoveAll,
    Put(Vec<Offered>),
}

impl Ask {
    /// The contacts that shall no longer be registered.
    fn removed(&self) -> Vec<Uri> {
        let Self::Put(offered) = self else { return Vec::new() };
        let gone = offered.iter().filter(|one| one.lasts_s == 0);
        gone.map(|one| one.uri.clone()).collect()
    }
}

type Refusal = (Status, Headers);

impl Exchange {
    /// A REGISTER whose sender is `extension`.
    pub(crate) fn on_register(&mut self, now: Now, extension: &str, incoming: Incoming) {
        // One answers for oneself only (class "registration hijack").
        let aor = incoming.request.to().map(|to| to.uri.user_text()).unwrap_or_default();
        if aor != extension {
            return self.answer(now, &incoming, Status::FORBIDDEN, &Headers::default());
        }
        match self.read_register(extension, &incoming) {
            Err((status, headers)) => {
                self.set_problem(extension, Some(format!("REGISTER refused: {status}")));
                self.answer(now, &incoming, status, &headers);
            }
            Ok(ask) => {
                let txn = self.endpoint.take(&incoming);
                self.set_problem(extension, None);
                let removed = ask.removed();
                let last = self.apply_register(now, extension, &incoming, ask);
                let (incoming, extension) = (Box::new(incoming), extension.to_owned());
                let waiting = Waiting { txn, incoming, extension, removed };
                match last {
                    Some(ticket) if self.registers_waiting.len() < REGISTERS_WAITING_MAX => {
                        self.registers_waiting.insert(ticket, waiting);
                    }
                    _ => self.confirm_register(now, &waiting),
                }
            }
        }
    }

    fn read_register(&mut self, extension: &str, incoming: &Incoming) -> Result<Ask, Refusal> {
        let request = &incoming.request;
        let refuse = |status| (status, Headers::default());
        let contacts: Vec<&str> = request.headers.elements(&Name::Contact).collect();
        if contacts.is_empty() {
            return Ok(Ask::Query);
        }
        let general = request.headers.number(&Name::Expires);
        if contacts.contains(&"*") {
            // Alone and with Expires: 0, or it is malformed; and not overtaken by a newer one (§10.3 step 6).
            let newer = self
                .registrar
                .of(extension)
                .find(|b| b.record.call_id == request.call_id() && b.record.cseq >= request.cseq().number)
                .map(|b| b.record.key.clone());
            if let Some(key) = newer {
                self.saw_binding(extension, &key, BindingEvent::RegisterTooOld);
                return Err(refuse(Status::SERVER_ERROR));
            }
            return if contacts.len() == 1 && general == Some(0) {
                Ok(Ask::RemoveAll)
            } else {
                Err(refuse(Status::BAD_REQUEST))
            };
        }
        if contacts.len() > self.config.bindings_max {
            return Err(refuse(Status::FORBIDDEN));
        }
        let max = u32::try_from(self.config.register_max.as_secs()).unwrap_or(u32::MAX);
        let min = u32::try_from(self.config.register_min.as_secs()).unwrap_or(60);
        let mut offered = Vec::new();
        for text in contacts {
            let contact = NameAddr::parse(text).ok_or(refuse(Status::BAD_REQUEST))?;
            if !contact.uri.is_sip() {
                return Err(refuse(Status::BAD_REQUEST));
            }
            let asked = contact.params.get("expires").and_then(parse_seconds).or(general).unwrap_or(max);
            let uri_text = contact.uri.to_string();
            let instance = contact.params.get_unquoted("+sip.instance");
            let key = instance.unwrap_or_else(|| key_of(&contact.uri, &uri_text, incoming.flow.remote.ip()));
            if key.len() > 256 || uri_text.len() > 512 || key == FIXED_KEY {
                return Err(refuse(Status::BAD_REQUEST));
            }
            if asked != 0 && asked < min {
                self.saw_binding(extension, &key, BindingEvent::RegisterTooBrief);
                let mut headers = Headers::default();
                headers.push(Name::MinExpires, min.to_string());
                return Err((Status::INTERVAL_TOO_BRIEF, headers));
            }
            let known = self.registrar.get(extension, &key);
            // Repeated or overtaken: the newer stands (§10.3 step 7).
            let is_old = known.is_some_and(|b| {
                b.record.call_id == request.call_id() && b.record.cseq >= request.cseq().number
            });
            if is_old {
                self.saw_binding(extension, &key, BindingEvent::RegisterTooOld);
                return Err(refuse(Status::SERVER_ERROR));
            }
            let q_milli = contact.params.get("q").and_then(parse_q).unwrap_or(1000);
            offered.push(Offered {
                key,
                contact: uri_text,
                uri: contact.uri,
                q_milli,
                lasts_s: asked.min(max),
            });
        }
        let adds = offered
            .iter()
            .filter(|o| o.lasts_s > 0 && self.registrar.get(extension, &o.key).is_none())
            .count();
        if adds > 0 && self.registrar.is_full() {
            let mut headers = Headers::default();
            headers.push(Name::RetryAfter, "60");
            return Err((Status::SERVICE_UNAVAILABLE, headers));
        }
        Ok(Ask::Put(offered))
    }

    /// Applies it in memory and hands it to the store. Returns the last ticket.
    fn apply_register(&mut self, now: Now, extension: &str, incoming: &Incoming, ask: Ask) -> Option<Ticket> {
        let mut last = None;
        match ask {
            Ask::Query => {}
            Ask::RemoveAll => {
                let keys: Vec<String> =
                    self.registrar.registered_of(extension).map(|b| b.record.key.clone()).collect();
                if keys.is_empty() {
                    self.saw_binding(extension, "", BindingEvent::RegisterStar);
                }
                for key in keys {
                    self.saw_binding(extension, &key, BindingEvent::RegisterStar);
                    last = Some(self.unbind(now, extension, &key, "unregistered"));
                }
            }
            Ask::Put(offered) => {
                for one in offered {
                    if one.lasts_s == 0 {
                        self.saw_binding(extension, &one.key, BindingEvent::RegisterRemove);
                        for key in self.bindings_of_phone(extension, incoming, &one) {
                            last = Some(self.unbind(now, extension, &key, "unregistered"));
                        }
                        continue;
                    }
                    self.drop_replaced(now, extension, incoming, &one);
                    last = Some(self.bind(now, extension, incoming, one));
                }
            }
        }
        self.extension_changed(extension.to_owned());
        last
    }

    /// What a phone that removes a contact had registered under it: also from where it was before, if its translator has
    /// given it another address since (RFC 3261 §10.2.2 knows only the contact; here its Call-ID tells whose it is).
    fn bindings_of_phone(&self, extension: &str, incoming: &Incoming, removed: &Offered) -> Vec<String> {
        let (call_id, this) = (incoming.request.call_id(), incoming.request.cseq().number);
        let is_its_own = |b: &&Binding| {
            let is_earlier = b.record.call_id == call_id && b.record.cseq < this;
            b.record.key == removed.key || is_earlier && b.uri.same_contact(&removed.uri)
        };
        self.registrar.registered_of(extension).filter(is_its_own).map(|b| b.record.key.clone()).collect()
    }

    /// A phone that restarted registers a new contact; the old one would only make calls wait.
    fn drop_replaced(&mut self, now: Now, extension: &str, incoming: &Incoming, new: &Offered) {
        let call_id = incoming.request.call_id();
        let this = incoming.request.cseq().number;
        let mut others: Vec<(Option<Mono>, String)> = Vec::new();
        let mut replaced = Vec::new();
        for binding in self.registrar.registered_of(extension).filter(|b| b.record.key != new.key) {
            let same_place =
                binding.uri.same_contact(&new.uri) && binding.flow.remote.ip() == incoming.flow.remote.ip();
            if same_place || (binding.record.call_id == call_id && binding.record.cseq < this) {
                replaced.push((binding.record.key.clone(), binding.flow));
            } else {
                others.push((binding.expires, binding.record.key.clone()));
            }
        }
        for (key, old) in replaced {
            self.saw_binding(extension, &key, BindingEvent::Replaced);
            self.move_all(now, extension, old, incoming.flow);
            self.unbind(now, extension, &key, "replaced by the phone's new contact");
        }
        // At the bound the one that ends first makes room.
        others.sort();
        while others.len() >= self.config.bindings_max && self.registrar.get(extension, &new.key).is_none() {
            let (_, key) = others.remove(0);
            self.saw_binding(extension, &key, BindingEvent::PushedOut);
            self.unbind(now, extension, &key, "more phones than allowed");
        }
    }

    fn bind(&mut self, now: Now, extension: &str, incoming: &Incoming, offered: Offered) -> Ticket {
        let flow = incoming.flow;
        let event = match self.registrar.get(extension, &offered.key) {
            None => BindingEvent::RegisterNew,
            Some(known) if known.flow == flow => BindingEvent::RegisterAgain,
            Some(_) => BindingEvent::RegisterMoved,
        };
        self.saw_binding(extension, &offered.key, event);
        let known = self.registrar.get(extension, &offered.key);
        let is_new = known.is_none();
        let lasts = Duration::from_secs(u64::from(offered.lasts_s));
        let record = BindingRecord {
            extension: extension.to_owned(),
            key: offered.key.clone(),
            contact: offered.contact,
            transport: flow.transport.name().to_owned(),
            local: flow.local,
            remote: flow.remote,
            connection: flow.connection,
            agent: crate::text::clean(incoming.request.headers.get(&Name::UserAgent).unwrap_or_default()),
            call_id: incoming.request.call_id().to_owned(),
            cseq: incoming.request.cseq().number,
            q_milli: offered.q_milli,
            registered_ms: known.map_or(now.wall.0, |b| b.record.registered_ms),
            expires_ms: now.wall.0.saturating_add(i64::from(offered.lasts_s) * 1000),
        };
        // Who answers a challenge hears us and is heard: OPTIONS that went unanswered before count no more.
        let was_lost = known.is_some_and(|b| b.obstacle().is_some());
        let rtt_us = known.filter(|b| b.flow == flow).and_then(|b| b.rtt_us);
        let missed = known.filter(|b| b.flow == flow && !was_lost).map_or(0, |b| b.missed);
        let ends = now.mono.after(lasts);
        let binding = Binding {
            record: record.clone(),
            uri: offered.uri,
            flow,
            expires: Some(ends),
            is_cut: false,
            rtt_us,
            missed,
        };
        self.timers.set(Timer::Expire(self.names.of(extension, &offered.key)), ends);
        let old = self.registrar.put(extension, binding);
        if let Some(old) = old
            && old.flow != flow
        {
            self.move_all(now, extension, old.flow, flow);
            self.endpoint.end_at(now.mono, old.flow, flow);
        }
        if is_new {
            let text = format!("{extension} registered from {flow}, {}", record.agent);
            self.event(now, EventKind::Registration, Severity::Info, None, extension, "registered", text);
            self.schedule_keep_alive(now, extension, &offered.key);
        } else if was_lost {
            let text = format!("{extension} registered again from {flow}");
            self.event(now, EventKind::Registration, Severity::Info, None, extension, "phone_back", text);
            self.schedule_keep_alive(now, extension, &offered.key);
        }
        self.keep_binding(extension, &offered.key)
    }

    /// Calls and subscriptions of an extension go on where its phone is now.
    fn move_all(&mut self, now: Now, extension: &str, old: Flow, new: Flow) {
        self.move_subscriptions(now, extension, old, new);
        let ids: Vec<CallId> = self.calls_of(extension).map(|c| c.id).collect();
        for id in ids {
            let is_on = |l: &Leg| l.extension.as_deref() == Some(extension) && l.flow == old;
            if self.calls.get(&id).is_some_and(|c| c.legs.values().any(is_on)) {
                self.saw_call(id, CallEvent::PhoneMoved);
                self.changed.insert(Changed::Call(id));
            }
            let Some(call) = self.calls.get_mut(&id) else { continue };
            for leg in
                call.legs.values_mut().filter(|l| l.extension.as_deref() == Some(extension) && l.flow == old)
            {
                leg.flow = new;
                if let Some(session) = leg.session {
                    self.endpoint.move_session(session, new);
                }
            }
        }
    }

    /// Ends a binding and hands that to the store.
    pub(crate) fn unbind(&mut self, now: Now, extension: &str, key: &str, why: &str) -> Ticket {
        self.drop_binding(now, extension, key, why);
        self.keep_binding(extension, key)
    }

    /// Ends a binding.
    pub(crate) fn drop_binding(&mut self, now: Now, extension: &str, key: &str, why: &str) {
        let name = self.names.of(extension, key);
        self.timers.cancel(Timer::Expire(name));
        self.timers.cancel(Timer::KeepAlive(name));
        if let Some(old) = self.registrar.remove(extension, key) {
            let text = format!("{extension} at {} {why}", old.flow);
            self.event(now, EventKind::Registration, Severity::Info, None, extension, "unregistered", text);
        }
        self.forget_notice(name);
        self.names.forget(name);
        self.extension_changed(extension.to_owned());
    }

    /// Answers 200 with every binding there is now (RFC 3261 §10.3 step 8). Where phones in several private networks have the
    /// same contact, only one is named: the sender's own, else the one that ends first. None could tell which of two
    /// times is meant for it. And a contact that the sender took away is not named because somebody elsewhere has the
    /// same: it would take that for its own, registered still (§10.2.4).
    pub(crate) fn confirm_register(&mut self, now: Now, waiting: &Waiting) {
        let source = waiting.incoming.flow.remote.ip();
        let rank = |b: &Binding| (b.flow.remote.ip() != source, b.expires);
        let mut headers = Headers::default();
        let all: Vec<&Binding> = self.registrar.registered_of(&waiting.extension).collect();
        for (place, binding) in all.iter().enumerate() {
            let is_elsewhere = binding.flow.remote.ip() != source;
            if is_elsewhere && waiting.removed.iter().any(|gone| gone.same_contact(&binding.uri)) {
                continue;
            }
            let is_meant = |(at, other): (usize, &&Binding)| {
                other.uri.same_contact(&binding.uri) && (rank(other), at) < (rank(binding), place)
            };
            if all.iter().enumerate().any(is_meant) {
                continue;
            }
            // Rounded up: a phone that asks for just what it was told must not be told that this is too brief.
            let left = binding.expires.unwrap_or(now.mono).since(now.mono).as_millis().div_ceil(1000);
            headers.push(Name::Contact, format!("<{}>;expires={left}", binding.record.contact));
        }
        self.endpoint.respond(now.mono, waiting.txn, &waiting.incoming, Status::OK, &headers);
        self.tell_registered(now, &waiting.extension, waiting.incoming.flow);
    }

    /// Calls whose phones were on a connection that is gone go on until a request of theirs finds no way.
    pub(crate) fn note_cut_calls(&mut self, flow: Flow) {
        let on_it = self.calls.values().filter(|c| c.legs.values().any(|l| l.flow == flow));
        for id in on_it.map(|c| c.id).collect::<Vec<_>>() {
            self.saw_call(id, CallEvent::ConnectionLost);
        }
    }

    /// A connection is gone: its phones cannot be called until they come back.
    pub(crate) fn cut_bindings(&mut self, now: Now, flow: Flow) {
        for (extension, key) in self.registrar.on_flow(flow) {
            self.saw_binding(&extension, &key, BindingEvent::ConnectionLost);
            let Some(binding) = self.registrar.get_mut(&extension, &key).filter(|b| !b.is_cut) else {
                continue;
            };
            binding.is_cut = true;
            let text = format!("{extension}: connection to {flow} is gone");
            self.event(
                now,
                EventKind::Registration,
                Severity::Warn,
                None,
                &extension,
                "connection_lost",
                text,
            );
            self.extension_changed(extension);
        }
    }
}

/// What tells bindings without an instance id apart: the contact, and for a contact in a private network, of which there
/// are many with the same addresses, where it came from.
fn key_of(uri: &Uri, text: &str, source: std::net::IpAddr) -> String {
    let is_private = match uri.ip() {
        Some(std::net::IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
        Some(std::net::IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        None => false,
    };
    if is_private && uri.ip() != Some(source) { format!("{text} at {source}") } else { text.to_owned() }
}

fn parse_seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().unwrap_or(u32::MAX))
}

/// `0`, `1` or up to three decimals between.
fn parse_q(text: &str) -> Option<u16> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u16 = whole.parse().ok().filter(|w| *w <= 1)?;
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some((whole * 1000 + part.parse::<u16>().ok()?).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_thousandths() {
        let q = |t| parse_q(t);
        assert_eq!(
            (q("1"), q("0.5"), q("0.755"), q(".1"), q("2"), q("x")),
            (Some(1000), Some(500), Some(755), None, None, None)
        );
        assert_eq!(parse_seconds("99999999999"), Some(u32::MAX));
    }
}
