//! NOTIFY (RFC 6665 §4.2.2, RFC 3842 §3.5): when somebody is told, what, and what comes of it.

use super::subscribe::{BODY_TYPE, PACKAGE};
use super::{Ear, Notice, Pace, Subscription, SubscriptionName, Watcher};
use crate::Config;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{NOTICE_AFTER, NOTIFY_PACE};
use crate::names::BindingName;
use std::time::Duration;
use switchroom_flow::routes::{Asked, Destination, Routed, Unknown};
use switchroom_sip::dialog::request_uri;
use switchroom_sip::flow::Flow;
use switchroom_sip::header::Name;
use switchroom_sip::message::{Request, Response};
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// The number that one listens to one's box with.
const LISTEN: &str = "*97";

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was not refreshed, or its phone ended it.
    TimedOut,
    /// Its extension has more than it may.
    Surplus,
    /// Its password is another now: the phone may try again at once.
    NewPassword,
    /// There is no such extension or box any more.
    Unconfigured,
}

impl End {
    fn words(self) -> &'static str {
        match self {
            Self::TimedOut => "terminated;reason=timeout",
            Self::Surplus => "terminated;reason=probation;retry-after=3600",
            Self::NewPassword => "terminated;reason=deactivated",
            Self::Unconfigured => "terminated;reason=noresource",
        }
    }
}

impl Exchange {
    /// Something changed in a box: whoever watches it is told soon.
    pub(crate) fn tell_watchers(&mut self, now: Now, extension: &str) {
        if !self.config.inbound.mailboxes.contains_key(extension) {
            return;
        }
        let names: Vec<SubscriptionName> = self.mwi.of(extension).map(|(name, _)| name).collect();
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
            let known = self.mwi.notices.get(&name);
            let is_same = known.is_some_and(|n| n.call_id == call_id && n.flow == flow);
            if is_same && known.is_some_and(|n| n.ear != Ear::Silent) {
                continue;
            }
            let pace = known.map(|n| n.pace.clone()).unwrap_or_default();
            self.mwi.notices.insert(name, Notice { call_id, flow, ear: Ear::Open, pace });
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
        let notice = self.mwi.notices.entry(name).or_insert_with(|| Notice {
            call_id,
            flow,
            ear: Ear::Open,
            pace: Pace::default(),
        });
        if notice.ear == Ear::Open {
            self.tell_soon(now, Watcher::Binding(name), wait);
        }
    }

    /// Whether the phone of a binding subscribed: from the same place, or with the same contact.
    fn has_subscribed(&self, extension: &str, key: &str) -> bool {
        self.registrar.get(extension, key).is_some_and(|binding| {
            let is_its =
                |s: &Subscription| s.flow == binding.flow || s.dialog.target.same_contact(&binding.uri);
            self.mwi.of(extension).any(|(_, subscription)| is_its(subscription))
        })
    }

    /// Phones of an extension that subscribed are not told a second time.
    pub(super) fn silence_notices(&mut self, extension: &str) {
        for name in self.bindings_of(extension) {
            let Some((_, key)) = self.names.binding(name) else { continue };
            if self.has_subscribed(extension, &key) {
                self.timers.cancel(Timer::Notify(Watcher::Binding(name)));
                if let Some(notice) = self.mwi.notices.get_mut(&name) {
                    notice.pace.is_due = false;
                }
            }
        }
    }

    /// Sets when somebody is told: after `wait`, and no sooner than the pace allows.
    pub(super) fn tell_soon(&mut self, now: Now, watcher: Watcher, wait: Duration) {
        let Some(pace) = self.mwi.pace_mut(watcher) else { return };
        pace.is_due = true;
        if pace.under_way.is_some() {
            // Once that is answered.
            return;
        }
        let free = pace.sent.map_or(now.mono, |sent| sent.after(NOTIFY_PACE));
        let timer = Timer::Notify(watcher);
        let at = self.timers.get(timer).map_or(now.mono.after(wait), |at| at.min(now.mono.after(wait)));
        self.timers.set(timer, at.max(free));
    }

    /// Tells somebody whose time has come.
    pub(crate) fn notify_due(&mut self, now: Now, watcher: Watcher) {
        let timer = Timer::Notify(watcher);
        if self.timers.get(timer).is_some_and(|at| at > now.mono) {
            return;
        }
        self.timers.cancel(timer);
        let is_free = self.mwi.pace(watcher).is_some_and(|p| p.is_due && p.under_way.is_none());
        if is_free
            && !self.send_notify(now, watcher)
            && let Some(pace) = self.mwi.pace_mut(watcher)
        {
            pace.is_due = false;
        }
    }

    /// Sends it, or says that it cannot be sent.
    fn send_notify(&mut self, now: Now, watcher: Watcher) -> bool {
        let made = match watcher {
            Watcher::Subscription(name) => self.notify_subscriber(now, name, None),
            Watcher::Binding(name) => self.notify_unasked(now, name),
        };
        let Some((flow, request)) = made else { return false };
        let number = self.next_request();
        let Some(pace) = self.mwi.pace_mut(watcher) else { return false };
        *pace = Pace { sent: Some(now.mono), under_way: Some(number), is_due: false };
        self.mwi.under_way.insert(number, watcher);
        self.endpoint.request_outside(now.mono, flow, request, number);
        true
    }

    fn notify_subscriber(
        &mut self,
        now: Now,
        name: SubscriptionName,
        end: Option<End>,
    ) -> Option<(Flow, Request)> {
        let subscription = self.mwi.subscriptions.get_mut(&name)?;
        let (flow, extension) = (subscription.flow, subscription.extension.clone());
        let mut request = subscription.dialog.request(Method::Notify, None);
        let left = subscription.expires.since(now.mono).as_millis().div_ceil(1000);
        let event = match &subscription.event_id {
            Some(id) => format!("{PACKAGE};id={id}"),
            None => PACKAGE.to_owned(),
        };
        let state = end.map_or(format!("active;expires={left}"), |end| end.words().to_owned());
        request.headers.push(Name::Contact, self.endpoint.contact(&flow, &extension));
        request.headers.push(Name::Event, event);
        request.headers.push(Name::SubscriptionState, state);
        // Who may not know any more is not told how the box stands.
        if matches!(end, None | Some(End::TimedOut | End::Surplus)) {
            self.put_summary(now, &extension, &mut request);
        }
        Some((flow, request))
    }

    /// A NOTIFY that nobody asked for, as phones take it that have no way to subscribe.
    fn notify_unasked(&mut self, now: Now, name: BindingName) -> Option<(Flow, Request)> {
        let (extension, key) = self.names.binding(name)?;
        let binding = self.registrar.get(&extension, &key).filter(|b| !b.is_cut)?;
        let (flow, uri) = (binding.flow, request_uri(&binding.uri));
        let us = format!("<sip:{}@{}>", extension, self.config.domain);
        let mut request = self.endpoint.make_outside(Method::Notify, uri, &us, &us);
        request.headers.push(Name::Contact, self.endpoint.contact(&flow, &extension));
        request.headers.push(Name::Event, PACKAGE);
        request.headers.push(Name::SubscriptionState, "active");
        self.put_summary(now, &extension, &mut request);
        Some((flow, request))
    }

    fn put_summary(&self, now: Now, extension: &str, request: &mut Request) {
        request.headers.push(Name::ContentType, BODY_TYPE);
        let account = account(&self.config, now, extension);
        request.body = summary(self.mailboxes.counts(extension), account.as_deref()).into_bytes();
    }

    /// What came of a NOTIFY; `None`: nothing. False if there was none of that number.
    pub(crate) fn on_notify_answer(&mut self, now: Now, number: u64, response: Option<&Response>) -> bool {
        let Some(watcher) = self.mwi.under_way.remove(&number) else { return false };
        let Some(pace) = self.mwi.pace_mut(watcher) else { return true };
        pace.under_way = None;
        let is_due = pace.is_due;
        let status = response.map(|response| response.status);
        match watcher {
            Watcher::Subscription(name) => {
                if status.is_none_or(ends) {
                    self.forget_subscription(name);
                }
            }
            Watcher::Binding(name) => {
                if let Some(notice) = self.mwi.notices.get_mut(&name) {
                    notice.ear = match status {
                        Some(status) if status.is_success() => Ear::Open,
                        Some(_) => Ear::Shut,
                        None => Ear::Silent,
                    };
                    notice.pace.is_due &= notice.ear == Ear::Open;
                }
            }
        }
        if is_due && self.mwi.pace(watcher).is_some_and(|pace| pace.is_due) {
            self.tell_soon(now, watcher, Duration::ZERO);
        }
        true
    }

    /// Ends a subscription and says so, once.
    pub(crate) fn end_subscription(&mut self, now: Now, name: SubscriptionName, end: End) {
        if let Some((flow, request)) = self.notify_subscriber(now, name, Some(end)) {
            // Nobody waits for what comes of it.
            let number = self.next_request();
            self.endpoint.request_outside(now.mono, flow, request, number);
        }
        self.forget_subscription(name);
    }

    pub(super) fn forget_subscription(&mut self, name: SubscriptionName) {
        self.timers.cancel(Timer::SubscriptionEnds(name));
        self.timers.cancel(Timer::Notify(Watcher::Subscription(name)));
        self.mwi.remove(name);
    }

    /// A binding is gone.
    pub(crate) fn forget_notice(&mut self, name: BindingName) {
        self.timers.cancel(Timer::Notify(Watcher::Binding(name)));
        self.mwi.remove_notice(name);
    }

    /// A connection is gone: nothing can be sent to who subscribed over it.
    pub(crate) fn cut_subscriptions(&mut self, flow: Flow) {
        let gone: Vec<SubscriptionName> =
            self.mwi.all().filter(|(_, s)| s.flow == flow).map(|(name, _)| name).collect();
        for name in gone {
            self.forget_subscription(name);
        }
    }

    /// A phone registered again from elsewhere: what it subscribed to goes there too.
    pub(crate) fn move_subscriptions(&mut self, extension: &str, old: Flow, new: Flow) {
        let its: Vec<SubscriptionName> =
            self.mwi.of(extension).filter(|(_, s)| s.flow == old).map(|(name, _)| name).collect();
        for name in its {
            if let Some(subscription) = self.mwi.get_mut(name) {
                subscription.flow = new;
            }
        }
    }

    /// Ends subscriptions that the new configuration has no place for.
    pub(crate) fn review_subscriptions(&mut self, now: Now, old: &Config) {
        let ha1 =
            |config: &Config, number: &str| config.extensions.get(number).map(|e| (e.ha1_md5, e.ha1_sha256));
        let end_of = |extension: &str| {
            let is_there = self.config.inbound.mailboxes.contains_key(extension);
            match ha1(&self.config, extension) {
                Some(_) if !is_there => Some(End::Unconfigured),
                None => Some(End::Unconfigured),
                new => (new != ha1(old, extension)).then_some(End::NewPassword),
            }
        };
        let gone: Vec<(SubscriptionName, End)> =
            self.mwi.all().filter_map(|(name, s)| Some((name, end_of(&s.extension)?))).collect();
        for (name, end) in gone {
            self.end_subscription(now, name, end);
        }
        let boxless = |name: &BindingName| {
            let extension = self.names.binding(*name).map(|(extension, _)| extension);
            extension.is_none_or(|e| !self.config.inbound.mailboxes.contains_key(&e))
        };
        let gone: Vec<BindingName> = self.mwi.notices.keys().copied().filter(boxless).collect();
        for name in gone {
            self.forget_notice(name);
        }
    }
}

/// Whether a refused NOTIFY ends its subscription (RFC 6665 §4.2.2, RFC 5057 §5.2): the phone knows nothing of it, does
/// not do such things, or cannot be reached.
fn ends(status: Status) -> bool {
    matches!(status.code(), 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501..=503 | 604)
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

    #[test]
    fn what_ends_a_subscription() {
        let all: Vec<u16> = (200..700).filter(|code| Status::new(*code).is_some_and(ends)).collect();
        assert_eq!(all, [404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 503, 604]);
    }
}
