//! Subscriptions (RFC 6665): a phone asks to be told of something, in a dialog of its own, and is told how it stands, and of
//! each change.
//!
//! What there is to tell is a matter of its [`Package`]. What all have in common is here: how they are asked for, refreshed,
//! moved and ended, and that nobody is told more often than once a second, one NOTIFY at a time, and always what there is last.
//! What is subscribed to outlives the exchange (`kept.rs`).

mod kept;
mod notify;
mod package;
mod subscribe;

pub(crate) use kept::Kept;
pub(crate) use notify::End;
pub(crate) use package::{About, Package};

use crate::Ticket;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::lamps::Lamp;
use crate::names::BindingName;
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::dialog::Dialog;
use switchroom_sip::flow::Flow;
use switchroom_sip::time::Mono;

/// Short name of a subscription, for timers.
pub(crate) type SubscriptionName = u64;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Watcher {
    /// Who subscribed.
    Subscription(SubscriptionName),
    /// A registered phone that did not: of the box of its extension, see [`crate::mwi`].
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
    /// So many NOTIFYs in a row were refused.
    refused: u32,
    /// Who refused the last one is told nothing before this, whatever changes.
    not_before: Option<Mono>,
}

/// A subscription, by one of the phones of an extension.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    /// Whose phone it is.
    pub(crate) extension: String,
    pub(crate) about: About,
    pub(crate) dialog: Dialog,
    /// The `id` of its Event, which each NOTIFY repeats.
    pub(crate) event_id: Option<String>,
    /// Where its last SUBSCRIBE came from: NOTIFY goes there.
    pub(crate) flow: Flow,
    pub(crate) expires: Mono,
    pub(crate) pace: Pace,
    /// The store has a record of it, or will have.
    pub(crate) is_kept: bool,
    /// What must be on disk before its phone is told anything.
    pub(crate) awaits: Option<Ticket>,
}

/// Who subscribed, and to whom a NOTIFY is under way.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    all: BTreeMap<SubscriptionName, Subscription>,
    /// By our tag, which is unique.
    by_tag: BTreeMap<String, SubscriptionName>,
    by_extension: BTreeMap<String, BTreeSet<(Package, SubscriptionName)>>,
    counts: BTreeMap<Package, usize>,
    /// Whom a NOTIFY under way is for, by its number.
    under_way: BTreeMap<u64, Watcher>,
    last: SubscriptionName,
    /// Extensions that were refused a lamp, and have as many as may be since.
    overfull: BTreeSet<String>,
    pub(crate) kept: Kept,
}

impl Subscriptions {
    pub(crate) fn all(&self) -> impl Iterator<Item = (SubscriptionName, &Subscription)> {
        self.all.iter().map(|(name, subscription)| (*name, subscription))
    }

    pub(crate) fn under_way(&self) -> &BTreeMap<u64, Watcher> {
        &self.under_way
    }

    /// A NOTIFY of that number will not be heard of any more.
    pub(crate) fn forget_under_way(&mut self, number: u64) {
        self.under_way.remove(&number);
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, name: SubscriptionName) -> Option<&Subscription> {
        self.all.get(&name)
    }

    fn get_mut(&mut self, name: SubscriptionName) -> Option<&mut Subscription> {
        self.all.get_mut(&name)
    }

    /// The lamp of a subscription to one.
    pub(crate) fn lamp_mut(&mut self, name: SubscriptionName) -> Option<&mut Lamp> {
        match &mut self.all.get_mut(&name)?.about {
            About::Lamp(lamp) => Some(lamp),
            About::Mailbox => None,
        }
    }

    /// The subscription whose tag of ours that is.
    pub(crate) fn by_tag(&self, tag: &str) -> Option<SubscriptionName> {
        self.by_tag.get(tag).copied()
    }

    /// The subscriptions of the phones of an extension.
    pub(crate) fn of(&self, extension: &str) -> impl Iterator<Item = (SubscriptionName, &Subscription)> {
        let names = self.by_extension.get(extension).into_iter().flatten();
        names.filter_map(|(_, name)| Some((*name, self.all.get(name)?)))
    }

    /// Those of them to one package.
    pub(crate) fn of_package(
        &self,
        extension: &str,
        package: Package,
    ) -> impl Iterator<Item = (SubscriptionName, &Subscription)> {
        self.of(extension).filter(move |(_, subscription)| subscription.about.package() == package)
    }

    /// Whether the index leads from its extension to a subscription.
    pub(crate) fn is_indexed(&self, name: SubscriptionName, subscription: &Subscription) -> bool {
        let key = (subscription.about.package(), name);
        self.by_extension.get(&subscription.extension).is_some_and(|names| names.contains(&key))
    }

    /// The one that a phone of an extension asked for by the same names, and about the same.
    fn of_same_names(&self, extension: &str, dialog: &Dialog, about: &About) -> Option<SubscriptionName> {
        let is_same = |s: &Subscription| {
            let names = (&s.dialog.call_id, &s.dialog.remote_tag);
            names == (&dialog.call_id, &dialog.remote_tag) && s.about.user(extension) == about.user(extension)
        };
        let mut all = self.of_package(extension, about.package());
        all.find(|(_, subscription)| is_same(subscription)).map(|(name, _)| name)
    }

    /// How many an extension has of a package by the index.
    pub(crate) fn count_of(&self, extension: &str, package: Package) -> usize {
        let names = self.by_extension.get(extension).into_iter().flatten();
        names.filter(|(of, _)| *of == package).count()
    }

    /// How many there are of a package.
    pub(crate) fn count_all_of(&self, package: Package) -> usize {
        self.counts.get(&package).copied().unwrap_or(0)
    }

    /// How many entries both indices have: as many as there are subscriptions.
    pub(crate) fn indexed(&self) -> (usize, usize) {
        (self.by_tag.len(), self.by_extension.values().map(BTreeSet::len).sum())
    }

    fn is_full(&self, package: Package) -> bool {
        self.count_all_of(package) >= package.most()
    }

    /// Whether an extension has as many of the package as it may.
    fn has_all(&self, extension: &str, package: Package) -> bool {
        self.count_of(extension, package) >= package.most_of_one()
    }

    /// The subscription of an extension to its box that ends first.
    fn first_to_end(&self, extension: &str) -> Option<SubscriptionName> {
        let all = self.of_package(extension, Package::Mailbox);
        all.min_by_key(|(name, s)| (s.expires, *name)).map(|(name, _)| name)
    }

    /// The lamp that the phone at that place has for the same number already.
    fn same_lamp(&self, extension: &str, flow: Flow, number: &str) -> Option<SubscriptionName> {
        let mut all = self.of_package(extension, Package::Lamp);
        let is_same = |s: &Subscription| s.flow == flow && s.about.user(extension) == number;
        all.find(|(_, subscription)| is_same(subscription)).map(|(name, _)| name)
    }

    /// Extensions that were refused a lamp.
    pub(crate) fn overfull(&self) -> &BTreeSet<String> {
        &self.overfull
    }

    fn put(&mut self, subscription: Subscription) -> SubscriptionName {
        self.last += 1;
        let package = subscription.about.package();
        self.by_tag.insert(subscription.dialog.local_tag.clone(), self.last);
        self.by_extension.entry(subscription.extension.clone()).or_default().insert((package, self.last));
        *self.counts.entry(package).or_default() += 1;
        self.all.insert(self.last, subscription);
        self.last
    }

    fn remove(&mut self, name: SubscriptionName) -> Option<Subscription> {
        let gone = self.all.remove(&name)?;
        let package = gone.about.package();
        self.by_tag.remove(&gone.dialog.local_tag);
        if let Some(names) = self.by_extension.get_mut(&gone.extension) {
            names.remove(&(package, name));
            if names.is_empty() {
                self.by_extension.remove(&gone.extension);
            }
        }
        if let Some(count) = self.counts.get_mut(&package) {
            *count = count.saturating_sub(1);
        }
        if package == Package::Lamp && !self.has_all(&gone.extension, package) {
            self.overfull.remove(&gone.extension);
        }
        if let Some(number) = gone.pace.under_way {
            self.under_way.remove(&number);
        }
        Some(gone)
    }
}

impl Exchange {
    /// A subscription begins, or goes on after a start.
    fn put_subscription(&mut self, subscription: Subscription) -> SubscriptionName {
        let means = if let About::Lamp(lamp) = &subscription.about { Some(lamp.means.clone()) } else { None };
        let ends = subscription.expires;
        let name = self.subscriptions.put(subscription);
        if let Some(means) = means {
            self.index_lamp(name, &means);
        }
        self.timers.set(Timer::SubscriptionEnds(name), ends);
        name
    }

    pub(crate) fn pace(&self, watcher: Watcher) -> Option<&Pace> {
        match watcher {
            Watcher::Subscription(name) => self.subscriptions.get(name).map(|s| &s.pace),
            Watcher::Binding(name) => self.notices.get(&name).map(|n| &n.pace),
        }
    }

    fn pace_mut(&mut self, watcher: Watcher) -> Option<&mut Pace> {
        match watcher {
            Watcher::Subscription(name) => self.subscriptions.get_mut(name).map(|s| &mut s.pace),
            Watcher::Binding(name) => self.notices.get_mut(&name).map(|n| &mut n.pace),
        }
    }
}

#[cfg(test)]
impl Exchange {
    pub(crate) fn notice_nobody(&mut self, name: BindingName) {
        let flow = self.subscriptions.only().flow;
        let (call_id, ear, pace) = (String::new(), crate::mwi::Ear::Open, Pace::default());
        self.notices.insert(name, crate::mwi::Notice { call_id, flow, ear, pace });
    }
}

#[cfg(test)]
impl Subscriptions {
    pub(crate) fn only(&mut self) -> &mut Subscription {
        self.all.values_mut().next().unwrap_or_else(|| unreachable!("there is one"))
    }

    pub(crate) fn only_lamp(&mut self) -> &mut Lamp {
        self.lamp_mut(self.last).unwrap_or_else(|| unreachable!("it is one"))
    }

    pub(crate) fn refuse_lamps_of(&mut self, extension: &str) {
        self.overfull.insert(extension.to_owned());
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
