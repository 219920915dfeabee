//! NOTIFY (RFC 6665 §4.2.2): when somebody is told, and what comes of it.

use super::{About, Pace, Subscription, SubscriptionName, Watcher};
use crate::Config;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{NOTIFY_PACE, NOTIFY_RETRY, NOTIFY_RETRY_LONGEST, NOTIFY_TRIES};
use std::time::Duration;
use switchroom_sip::flow::Flow;
use switchroom_sip::header::Name;
use switchroom_sip::message::{Request, Response};
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was not refreshed, or its phone ended it.
    TimedOut,
    /// Its extension has more than it may.
    Surplus,
    /// Its password is another now: the phone may try again at once.
    NewPassword,
    /// There is no such extension any more, or nothing of what it is about.
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
    /// Sets when somebody is told: after `wait`, and no sooner than the pace allows, or who refused has said.
    pub(crate) fn tell_soon(&mut self, now: Now, watcher: Watcher, wait: Duration) {
        let Some(pace) = self.pace_mut(watcher) else { return };
        pace.is_due = true;
        if pace.under_way.is_some() {
            // Once that is answered.
            return;
        }
        if self.awaits_store(watcher) {
            // Once that has come.
            return;
        }
        let Some(pace) = self.pace(watcher) else { return };
        let free = pace.sent.map_or(now.mono, |sent| sent.after(NOTIFY_PACE));
        let free = pace.not_before.map_or(free, |time| time.max(free));
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
        if self.awaits_store(watcher) {
            return;
        }
        let is_free = self.pace(watcher).is_some_and(|p| p.is_due && p.under_way.is_none());
        if is_free && !self.send_notify(now, watcher) {
            self.tell_no_more(watcher);
        }
    }

    /// Whether somebody is told nothing before something is on disk.
    pub(crate) fn awaits_store(&self, watcher: Watcher) -> bool {
        let Watcher::Subscription(name) = watcher else { return false };
        self.subscriptions.get(name).is_some_and(|subscription| subscription.awaits.is_some())
    }

    /// There is nothing that somebody was not told, or it cannot be told.
    pub(crate) fn tell_no_more(&mut self, watcher: Watcher) {
        if let Some(pace) = self.pace_mut(watcher) {
            pace.is_due = false;
        }
    }

    /// Sends it, or says that it need not or cannot be sent.
    fn send_notify(&mut self, now: Now, watcher: Watcher) -> bool {
        let made = match watcher {
            Watcher::Subscription(name) if !self.needs_telling(name) => None,
            Watcher::Subscription(name) => self.notify_subscriber(now, name, None),
            Watcher::Binding(name) => self.notify_unasked(now, name),
        };
        let Some((flow, request)) = made else { return false };
        let number = self.next_request();
        let Some(pace) = self.pace_mut(watcher) else { return false };
        let (sent, refused) = (Some(now.mono), pace.refused);
        *pace = Pace { sent, under_way: Some(number), is_due: false, refused, not_before: None };
        self.subscriptions.under_way.insert(number, watcher);
        self.endpoint.request_outside(now.mono, flow, request, number);
        true
    }

    fn notify_subscriber(
        &mut self,
        now: Now,
        name: SubscriptionName,
        end: Option<End>,
    ) -> Option<(Flow, Request)> {
        let subscription = self.subscriptions.get_mut(name)?;
        let (flow, extension) = (subscription.flow, subscription.extension.clone());
        let about = subscription.about.clone();
        let mut request = subscription.dialog.request(Method::Notify, None);
        let left = subscription.expires.since(now.mono).as_millis().div_ceil(1000);
        let package = subscription.about.package().word();
        let event = match &subscription.event_id {
            Some(id) => format!("{package};id={id}"),
            None => package.to_owned(),
        };
        let state = end.map_or(format!("active;expires={left}"), |end| end.words().to_owned());
        request.headers.push(Name::Contact, self.endpoint.contact(&flow, about.user(&extension)));
        request.headers.push(Name::Event, event);
        request.headers.push(Name::SubscriptionState, state);
        // Who may not know any more is not told how it stands.
        if matches!(end, None | Some(End::TimedOut | End::Surplus)) {
            match &about {
                About::Mailbox => self.put_summary(now, &extension, &mut request),
                About::Lamp(lamp) => self.put_lamp(name, lamp, &mut request),
            }
        }
        Some((flow, request))
    }

    /// What came of a NOTIFY; `None`: nothing. False if there was none of that number.
    pub(crate) fn on_notify_answer(&mut self, now: Now, number: u64, response: Option<&Response>) -> bool {
        let Some(watcher) = self.subscriptions.under_way.remove(&number) else { return false };
        let Some(pace) = self.pace_mut(watcher) else { return true };
        pace.under_way = None;
        let mut is_due = pace.is_due;
        let status = response.map(|response| response.status);
        match watcher {
            Watcher::Subscription(name) => {
                if status.is_none_or(ends) {
                    self.forget_subscription(name);
                } else if let Some(response) = response {
                    // With what has changed meanwhile.
                    is_due |= self.is_told_again(now, name, response);
                }
            }
            Watcher::Binding(name) => self.noticed(name, status),
        }
        if is_due && self.pace(watcher).is_some_and(|pace| pace.is_due) {
            self.tell_soon(now, watcher, Duration::ZERO);
        }
        true
    }

    /// A NOTIFY was answered and its subscription goes on. If it was refused, the phone was not told, and is told again, for it may
    /// be busy for a moment only: not before it said, also if something changes. False: it was told, or has been asked often enough.
    fn is_told_again(&mut self, now: Now, name: SubscriptionName, response: &Response) -> bool {
        let Some(subscription) = self.subscriptions.get_mut(name) else { return false };
        let pace = &mut subscription.pace;
        if response.status.is_success() {
            pace.refused = 0;
            return false;
        }
        let said =
            response.headers.number(&Name::RetryAfter).map(|seconds| Duration::from_secs(seconds.into()));
        let wait = said.map_or(NOTIFY_RETRY, |said| said.clamp(NOTIFY_PACE, NOTIFY_RETRY_LONGEST));
        pace.not_before = Some(now.mono.after(wait));
        pace.refused = pace.refused.saturating_add(1);
        if pace.refused > NOTIFY_TRIES {
            return false;
        }
        pace.is_due = true;
        if let About::Lamp(lamp) = &mut subscription.about {
            lamp.told = None;
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
        let Some(gone) = self.subscriptions.remove(name) else { return };
        if gone.is_kept {
            self.keep_no_more(&gone.dialog.local_tag);
        }
        if let About::Lamp(lamp) = gone.about {
            self.forget_lamp(name, &lamp);
        }
    }

    /// A connection is gone: nothing can be sent to who subscribed over it.
    pub(crate) fn cut_subscriptions(&mut self, flow: Flow) {
        let gone: Vec<SubscriptionName> =
            self.subscriptions.all().filter(|(_, s)| s.flow == flow).map(|(name, _)| name).collect();
        for name in gone {
            self.forget_subscription(name);
        }
    }

    /// A phone registered again from elsewhere: what it subscribed to goes there too.
    pub(crate) fn move_subscriptions(&mut self, now: Now, extension: &str, old: Flow, new: Flow) {
        let its: Vec<SubscriptionName> =
            self.subscriptions.of(extension).filter(|(_, s)| s.flow == old).map(|(name, _)| name).collect();
        for name in its {
            if let Some(subscription) = self.subscriptions.get_mut(name) {
                subscription.flow = new;
            }
            self.keep_subscription(now, name);
        }
    }

    /// Ends subscriptions that the new configuration has no place for.
    pub(crate) fn review_subscriptions(&mut self, now: Now, old: &Config) {
        let ha1 =
            |config: &Config, number: &str| config.extensions.get(number).map(|e| (e.ha1_md5, e.ha1_sha256));
        let end_of = |subscription: &Subscription| {
            let extension = &subscription.extension;
            let is_there = match &subscription.about {
                About::Mailbox => self.config.inbound.mailboxes.contains_key(extension),
                About::Lamp(lamp) => self.config.meaning(&lamp.number, extension).is_some(),
            };
            match ha1(&self.config, extension) {
                Some(_) if !is_there => Some(End::Unconfigured),
                None => Some(End::Unconfigured),
                new => (new != ha1(old, extension)).then_some(End::NewPassword),
            }
        };
        let gone: Vec<(SubscriptionName, End)> =
            self.subscriptions.all().filter_map(|(name, s)| Some((name, end_of(s)?))).collect();
        for (name, end) in gone {
            self.end_subscription(now, name, end);
        }
        self.review_lamps();
        self.forget_boxless_notices();
    }
}

/// Whether a refused NOTIFY ends its subscription (RFC 6665 §4.2.2, RFC 5057 §5.2): the phone knows nothing of it, does
/// not do such things, or cannot be reached.
fn ends(status: Status) -> bool {
    matches!(status.code(), 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501..=503 | 604)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_subscription() {
        let all: Vec<u16> = (200..700).filter(|code| Status::new(*code).is_some_and(ends)).collect();
        assert_eq!(all, [404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 503, 604]);
    }
}
