//! Message waiting indication (RFC 3842): phones are told when messages come into the box of their extension and when
//! they are heard.
//!
//! A phone that subscribes (RFC 6665) has a [`Subscription`], a dialog of its own. A registered phone that does not is
//! told unasked as long as it listens ([`Notice`]). Both are told at most once a second, and always what there is last.
//! Nothing of this outlives the exchange: phones subscribe and register again.

mod notify;
mod subscribe;

pub(crate) use notify::End;
pub(crate) use subscribe::PACKAGE;

use crate::limits::{SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_EXTENSION};
use crate::names::BindingName;
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::dialog::Dialog;
use switchroom_sip::flow::Flow;
use switchroom_sip::time::Mono;

/// Short name of a subscription, for timers.
pub(crate) type SubscriptionName = u64;

/// Who is told about a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Watcher {
    /// Who subscribed.
    Subscription(SubscriptionName),
    /// A registered phone that did not.
    Binding(BindingName),
}

/// When somebody is told: one NOTIFY at a time, and no more than one within [`crate::limits::NOTIFY_PACE`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    /// When the last NOTIFY was sent.
    pub(crate) sent: Option<Mono>,
    /// The number of the NOTIFY that waits for its answer.
    pub(crate) under_way: Option<u64>,
    /// There is something that was not told yet.
    pub(crate) is_due: bool,
}

/// A subscription to the box of an extension, by one of its phones.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) extension: String,
    pub(crate) dialog: Dialog,
    /// The `id` of its Event, which each NOTIFY repeats.
    pub(crate) event_id: Option<String>,
    /// Where its last SUBSCRIBE came from: NOTIFY goes there.
    pub(crate) flow: Flow,
    pub(crate) expires: Mono,
    pub(crate) pace: Pace,
}

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

/// Who is told.
#[derive(Debug, Default)]
pub(crate) struct Mwi {
    subscriptions: BTreeMap<SubscriptionName, Subscription>,
    /// By our tag, which is unique.
    by_tag: BTreeMap<String, SubscriptionName>,
    by_extension: BTreeMap<String, BTreeSet<SubscriptionName>>,
    notices: BTreeMap<BindingName, Notice>,
    /// Whom a NOTIFY under way is for, by its number.
    under_way: BTreeMap<u64, Watcher>,
    last: SubscriptionName,
}

impl Mwi {
    pub(crate) fn all(&self) -> impl Iterator<Item = (SubscriptionName, &Subscription)> {
        self.subscriptions.iter().map(|(name, subscription)| (*name, subscription))
    }

    pub(crate) fn notices(&self) -> &BTreeMap<BindingName, Notice> {
        &self.notices
    }

    pub(crate) fn under_way(&self) -> &BTreeMap<u64, Watcher> {
        &self.under_way
    }

    pub(crate) fn count(&self) -> usize {
        self.subscriptions.len()
    }

    pub(crate) fn get(&self, name: SubscriptionName) -> Option<&Subscription> {
        self.subscriptions.get(&name)
    }

    fn get_mut(&mut self, name: SubscriptionName) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(&name)
    }

    /// The subscription whose tag of ours that is.
    pub(crate) fn by_tag(&self, tag: &str) -> Option<SubscriptionName> {
        self.by_tag.get(tag).copied()
    }

    /// The subscriptions of an extension.
    pub(crate) fn of(&self, extension: &str) -> impl Iterator<Item = (SubscriptionName, &Subscription)> {
        let names = self.by_extension.get(extension).into_iter().flatten();
        names.filter_map(|name| Some((*name, self.subscriptions.get(name)?)))
    }

    /// Whether the index leads from its extension to a subscription.
    pub(crate) fn is_indexed(&self, name: SubscriptionName, extension: &str) -> bool {
        self.by_extension.get(extension).is_some_and(|names| names.contains(&name))
    }

    /// How many an extension has by the index.
    pub(crate) fn count_of(&self, extension: &str) -> usize {
        self.by_extension.get(extension).map_or(0, BTreeSet::len)
    }

    /// How many entries both indices have: as many as there are subscriptions.
    pub(crate) fn indexed(&self) -> (usize, usize) {
        (self.by_tag.len(), self.by_extension.values().map(BTreeSet::len).sum())
    }

    fn is_full(&self) -> bool {
        self.subscriptions.len() >= SUBSCRIPTIONS_MAX
    }

    /// The subscription of an extension that ends first, if it has as many as it may.
    fn surplus(&self, extension: &str) -> Option<SubscriptionName> {
        let is_full = self.count_of(extension) >= SUBSCRIPTIONS_PER_EXTENSION;
        let first = self.of(extension).min_by_key(|(name, s)| (s.expires, *name)).map(|(name, _)| name);
        first.filter(|_| is_full)
    }

    fn put(&mut self, subscription: Subscription) -> SubscriptionName {
        self.last += 1;
        self.by_tag.insert(subscription.dialog.local_tag.clone(), self.last);
        self.by_extension.entry(subscription.extension.clone()).or_default().insert(self.last);
        self.subscriptions.insert(self.last, subscription);
        self.last
    }

    fn remove(&mut self, name: SubscriptionName) -> Option<Subscription> {
        let gone = self.subscriptions.remove(&name)?;
        self.by_tag.remove(&gone.dialog.local_tag);
        if let Some(names) = self.by_extension.get_mut(&gone.extension) {
            names.remove(&name);
            if names.is_empty() {
                self.by_extension.remove(&gone.extension);
            }
        }
        if let Some(number) = gone.pace.under_way {
            self.under_way.remove(&number);
        }
        Some(gone)
    }

    fn remove_notice(&mut self, name: BindingName) {
        let gone = self.notices.remove(&name);
        if let Some(number) = gone.and_then(|notice| notice.pace.under_way) {
            self.under_way.remove(&number);
        }
    }

    pub(crate) fn pace(&self, watcher: Watcher) -> Option<&Pace> {
        match watcher {
            Watcher::Subscription(name) => self.subscriptions.get(&name).map(|s| &s.pace),
            Watcher::Binding(name) => self.notices.get(&name).map(|n| &n.pace),
        }
    }

    fn pace_mut(&mut self, watcher: Watcher) -> Option<&mut Pace> {
        match watcher {
            Watcher::Subscription(name) => self.subscriptions.get_mut(&name).map(|s| &mut s.pace),
            Watcher::Binding(name) => self.notices.get_mut(&name).map(|n| &mut n.pace),
        }
    }
}

#[cfg(test)]
impl Mwi {
    pub(crate) fn only(&mut self) -> &mut Subscription {
        self.subscriptions.values_mut().next().unwrap_or_else(|| unreachable!("there is one"))
    }

    pub(crate) fn notice_nobody(&mut self, name: BindingName) {
        let any = self.subscriptions.values().next().unwrap_or_else(|| unreachable!("there is one"));
        let notice = Notice { call_id: String::new(), flow: any.flow, ear: Ear::Open, pace: Pace::default() };
        self.notices.insert(name, notice);
    }

    pub(crate) fn forget_tags(&mut self) {
        self.by_tag.clear();
    }

    pub(crate) fn misplace(&mut self, extension: &str) {
        let names = std::mem::take(&mut self.by_extension).into_values().flatten().collect();
        self.by_extension.insert(extension.to_owned(), names);
    }

    pub(crate) fn ask_again(&mut self, number: u64) {
        self.under_way.insert(number, Watcher::Subscription(self.last));
    }

    pub(crate) fn copy_only(&mut self, times: u64) {
        let (name, original) = (self.last, self.only().clone());
        for n in 1..=times {
            let mut copy = original.clone();
            copy.dialog.local_tag = n.to_string();
            self.put(copy);
        }
        self.last = name;
    }
}
