//! Message waiting indication (RFC 3842): phones are told when messages come into the box of their extension and when
//! they are heard.
//!
//! A phone that subscribes has a subscription (`crate::subscriptions`). A registered phone that does not is told unasked as
//! long as it listens ([`Notice`]). Both are told at the same pace.

use crate::Config;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::NOTICE_AFTER;
use crate::names::BindingName;
use crate::subscriptions::{Pace, Package, Subscription, SubscriptionName, Watcher};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom_flow::routes::{Asked, Destination, Routed, Unknown};
use switchroom_sip::dialog::request_uri;
use switchroom_sip::flow::Flow;
use switchroom_sip::header::Name;
use switchroom_sip::message::Request;
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// The number that one listens to one's box with.
const LISTEN: &str = "*97";

/// How a phone that did not subscribe takes a NOTIFY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ear {
    /// Well, as far as is known.
    #[default]
    Open,
    /// It did not answer: it is told again when it registers again, or subscribes.
    Silent,
    /// It does not want to know: it is told again when it registers anew.
    Shut,
}

/// What is known of a registered phone as one that is told unasked.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// The Call-ID of its REGISTERs and where they came from: with another it is there anew.
    pub(crate) call_id: String,
    pub(crate) flow: Flow,
    pub(crate) ear: Ear,
    pub(crate) pace: Pace,
}

/// Phones that are told unasked.
pub(crate) type Notices = BTreeMap<BindingName, Notice>;

impl Exchange {
    /// Something changed in a box: whoever watches it is told soon.
    pub(crate) fn tell_watchers(&mut self, now: Now, extension: &str) {
        if !self.config.inbound.mailboxes.contains_key(extension) {
            return;
        }
        let watching = self.subscriptions.of_package(extension, Package::Mailbox);
        let names: Vec<SubscriptionName> = watching.map(|(name, _)| name).collect();
        for name in names {
            self.tell_soon(now, Watcher::Subscription(name), Duration::ZERO);
        }
        for name in self.bindings_of(extension) {
            self.notice(now, name, Duration::ZERO);
        }
    }

    /// A REGISTER from `flow` was answered: a phone that is there anew, or did not answer last time, is told how its box
    /// stands, unless it subscribes.
    pub(crate) fn tell_registered(&mut self, now: Now, extension: &str, flow: Flow) {
        if !self.config.inbound.mailboxes.contains_key(extension) {
            return;
        }
        for name in self.bindings_of(extension) {
            let Some((_, key)) = self.names.binding(name) else { continue };
            let Some(binding) = self.registrar.get(extension, &key).filter(|b| b.flow == flow) else {
                continue;
            };
            let (call_id, flow) = (binding.record.call_id.clone(), binding.flow);
            let known = self.notices.get(&name);
            let is_same = known.is_some_and(|n| n.call_id == call_id && n.flow == flow);
            if is_same && known.is_some_and(|n| n.ear != Ear::Silent) {
                continue;
            }
            let pace = known.map(|n| n.pace.clone()).unwrap_or_default();
            self.notices.insert(name, Notice { call_id, flow, ear: Ear::Open, pace });
            self.notice(now, name, NOTICE_AFTER);
        }
    }

    fn bindings_of(&self, extension: &str) -> Vec<BindingName> {
        let keys = self.registrar.registered_of(extension).map(|b| &b.record.key);
        keys.filter_map(|key| self.names.name(extension, key)).collect()
    }

    /// A registered phone is to be told unasked, unless it does not listen, cannot be reached, or subscribed.
    fn notice(&mut self, now: Now, name: BindingName, wait: Duration) {
        let Some((extension, key)) = self.names.binding(name) else { return };
        let Some(binding) = self.registrar.get(&extension, &key) else { return };
        if binding.is_cut || self.has_subscribed(&extension, &key) {
            return;
        }
        let (call_id, flow) = (binding.record.call_id.clone(), binding.flow);
        // There is none yet of a phone that was registered before the exchange started.
        let notice = self.notices.entry(name).or_insert_with(|| Notice {
            call_id,
            flow,
            ear: Ear::Open,
            pace: Pace::default(),
        });
        if notice.ear == Ear::Open {
            self.tell_soon(now, Watcher::Binding(name), wait);
        }
    }

    /// Whether the phone of a binding subscribed to its box: from the same place, or with the same contact.
    fn has_subscribed(&self, extension: &str, key: &str) -> bool {
        self.registrar.get(extension, key).is_some_and(|binding| {
            let is_its =
                |s: &Subscription| s.flow == binding.flow || s.dialog.target.same_contact(&binding.uri);
            let mut all = self.subscriptions.of_package(extension, Package::Mailbox);
            all.any(|(_, subscription)| is_its(subscription))
        })
    }

    /// Phones of an extension that subscribed are not told a second time.
    pub(crate) fn silence_notices(&mut self, extension: &str) {
        for name in self.bindings_of(extension) {
            let Some((_, key)) = self.names.binding(name) else { continue };
            if self.has_subscribed(extension, &key) {
                self.timers.cancel(Timer::Notify(Watcher::Binding(name)));
                if let Some(notice) = self.notices.get_mut(&name) {
                    notice.pace.is_due = false;
                }
            }
        }
    }

    /// A NOTIFY that nobody asked for, as phones take it that have no way to subscribe.
    pub(crate) fn notify_unasked(&mut self, now: Now, name: BindingName) -> Option<(Flow, Request)> {
        let (extension, key) = self.names.binding(name)?;
        let binding = self.registrar.get(&extension, &key).filter(|b| !b.is_cut)?;
        let (flow, uri) = (binding.flow, request_uri(&binding.uri));
        let us = format!("<sip:{}@{}>", extension, self.config.domain);
        let mut request = self.endpoint.make_outside(Method::Notify, uri, &us, &us);
        request.headers.push(Name::Contact, self.endpoint.contact(&flow, &extension));
        request.headers.push(Name::Event, Package::Mailbox.word());
        request.headers.push(Name::SubscriptionState, "active");
        self.put_summary(now, &extension, &mut request);
        Some((flow, request))
    }

    /// How a box stands, as the body of a NOTIFY.
    pub(crate) fn put_summary(&self, now: Now, extension: &str, request: &mut Request) {
        request.headers.push(Name::ContentType, Package::Mailbox.body_type());
        let account = account(&self.config, now, extension);
        request.body = summary(self.mailboxes.counts(extension), account.as_deref()).into_bytes();
    }

    /// What came of a NOTIFY that nobody asked for; `None`: nothing.
    pub(crate) fn noticed(&mut self, name: BindingName, status: Option<Status>) {
        let Some(notice) = self.notices.get_mut(&name) else { return };
        notice.ear = match status {
            Some(status) if status.is_success() => Ear::Open,
            Some(_) => Ear::Shut,
            None => Ear::Silent,
        };
        notice.pace.is_due &= notice.ear == Ear::Open;
    }

    /// A binding is gone.
    pub(crate) fn forget_notice(&mut self, name: BindingName) {
        self.timers.cancel(Timer::Notify(Watcher::Binding(name)));
        let gone = self.notices.remove(&name);
        if let Some(number) = gone.and_then(|notice| notice.pace.under_way) {
            self.subscriptions.forget_under_way(number);
        }
    }

    /// Phones whose extension has no box any more are not told of it.
    pub(crate) fn forget_boxless_notices(&mut self) {
        let boxless = |name: &BindingName| {
            let extension = self.names.binding(*name).map(|(extension, _)| extension);
            extension.is_none_or(|e| !self.config.inbound.mailboxes.contains_key(&e))
        };
        let gone: Vec<BindingName> = self.notices.keys().copied().filter(boxless).collect();
        for name in gone {
            self.forget_notice(name);
        }
    }
}

/// The address to listen to the box at, if such a number leads into a flow.
fn account(config: &Config, now: Now, extension: &str) -> Option<String> {
    let asked = Asked { number: LISTEN, caller: extension, at_ms: now.wall.0 };
    let Routed::To(route) = config.inbound.route(&asked, &mut Unknown) else { return None };
    matches!(&route.to, Destination::Flow(flow) if config.flows.contains_key(flow))
        .then(|| format!("sip:{LISTEN}@{}", config.domain))
}

/// The body (RFC 3842 §5.2). Nothing is urgent here.
fn summary((new, old): (usize, usize), account: Option<&str>) -> String {
    let waiting = if new > 0 { "yes" } else { "no" };
    let account = account.map(|account| format!("Message-Account: {account}\r\n")).unwrap_or_default();
    format!("Messages-Waiting: {waiting}\r\n{account}Voice-Message: {new}/{old} (0/0)\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_what_the_rfc_says() {
        assert_eq!(summary((0, 3), None), "Messages-Waiting: no\r\nVoice-Message: 0/3 (0/0)\r\n");
        assert_eq!(
            summary((2, 0), Some("sip:*97@h")),
            "Messages-Waiting: yes\r\nMessage-Account: sip:*97@h\r\nVoice-Message: 2/0 (0/0)\r\n"
        );
    }
}
