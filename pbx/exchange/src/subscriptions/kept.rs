//! Subscriptions outlive the exchange, as bindings do: of each there is a record in the store, written when it begins, is
//! refreshed, is told elsewhere and ends, and a SUBSCRIBE is confirmed once that is on disk.
//!
//! NOTIFYs are not written down: after a start CSeq and version go on behind all that may have been sent ([`NOTIFY_JUMP`]), and
//! nobody is told before the store has that. Over a connection nothing is kept: it does not outlive the exchange, and with it
//! ends what was subscribed to over it.

use super::subscribe::size;
use super::{About, Pace, Package, Subscription, SubscriptionName, Watcher};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::lamps::Lamp;
use crate::limits::{
    LAMPS_MAX, NOTIFY_JUMP, RESTORED_TOLD_EACH, RESTORED_TOLD_WITHIN, STORE_RETRY, SUBSCRIBES_WAITING_MAX,
    SUBSCRIPTION_BYTES_MAX, SUBSCRIPTION_LONGEST, SUBSCRIPTIONS_MAX,
};
use crate::record::{Record, SubscriptionRecord};
use crate::{Config, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use switchroom_sip::dialog::Dialog;
use switchroom_sip::endpoint::Incoming;
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::header::Headers;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;
use switchroom_sip::transaction::TxnId;
use switchroom_sip::uri::Uri;

/// The largest CSeq and version that are taken up again: numbers stay below 2³¹ (RFC 3261 §8.1.1.5) after the jump, and for as long
/// as the subscription may last.
const NUMBER_MAX: u32 = (1 << 31) - 1 - 4_000_000;

/// A SUBSCRIBE whose answer waits for the store.
#[derive(Debug, Clone)]
struct Answer {
    txn: TxnId,
    incoming: Box<Incoming>,
    lasts: Duration,
}

/// A record of a subscription that is on its way to the store.
#[derive(Debug, Clone)]
struct Keeping {
    /// Our tag of its dialog.
    tag: String,
    answer: Option<Answer>,
    /// How long after its arrival the phone is told.
    wait: Duration,
}

/// What the store is told of subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    waiting: BTreeMap<Ticket, Keeping>,
    /// Tags of those of which the disk has another state than there is: offered again.
    unkept: BTreeSet<String>,
}

impl Kept {
    /// What the store has not said its word of.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Ticket> {
        self.waiting.keys()
    }

    /// How many SUBSCRIBEs wait for their answers.
    pub(crate) fn answers(&self) -> usize {
        self.waiting.values().filter(|keeping| keeping.answer.is_some()).count()
    }

    /// How many are to be offered to the store again.
    pub(crate) fn unkept(&self) -> usize {
        self.unkept.len()
    }
}

impl Subscription {
    /// What is kept of it; nothing of one over a connection.
    fn record(&self, now: Now) -> Option<SubscriptionRecord> {
        if self.flow.transport != Transport::Udp {
            return None;
        }
        let (number, version) = match &self.about {
            About::Mailbox => (String::new(), 0),
            About::Lamp(lamp) => (lamp.number.clone(), lamp.version()),
        };
        let left_ms = i64::try_from(self.expires.since(now.mono).as_millis()).unwrap_or(i64::MAX);
        let dialog = &self.dialog;
        Some(SubscriptionRecord {
            tag: dialog.local_tag.clone(),
            extension: self.extension.clone(),
            event: self.about.package().word().to_owned(),
            event_id: self.event_id.clone(),
            number,
            version,
            call_id: dialog.call_id.clone(),
            remote_tag: dialog.remote_tag.clone(),
            local_party: dialog.local.to_string(),
            remote_party: dialog.remote.to_string(),
            local_cseq: dialog.local_cseq,
            remote_cseq: dialog.remote_cseq,
            target: dialog.target.to_string(),
            route: dialog.route.clone(),
            transport: self.flow.transport.name().to_owned(),
            local: self.flow.local,
            remote: self.flow.remote,
            written_ms: now.wall.0,
            expires_ms: now.wall.0.saturating_add(left_ms),
        })
    }
}

/// By how much numbers go on: behind all that may have been sent since the record was written, and, should the store have refused the
/// record of an earlier start, behind what was sent after that: tenths of seconds since then, for nobody is told more than once a
/// second.
fn jump(now: Now, record: &SubscriptionRecord) -> u32 {
    let tenths = now.wall.0.saturating_sub(record.written_ms) / 100;
    let most = SUBSCRIPTION_LONGEST.as_secs() * 10;
    NOTIFY_JUMP + u32::try_from(u64::try_from(tenths).unwrap_or(0).min(most)).unwrap_or(0)
}

/// What it was about, if there is such a thing still.
fn about(now: Now, config: &Config, record: &SubscriptionRecord) -> Option<About> {
    config.extensions.get(&record.extension)?;
    match Package::of(&record.event)? {
        Package::Mailbox => {
            config.inbound.mailboxes.contains_key(&record.extension).then_some(About::Mailbox)
        }
        Package::Lamp => {
            let means = config.meaning(&record.number, &record.extension)?;
            let version = record.version + jump(now, record);
            Some(About::Lamp(Lamp::going_on(record.number.clone(), means, version)))
        }
    }
}

/// The dialog of a record, as far as it could be one; our requests in it go on behind all that may have been sent.
fn dialog(now: Now, record: &SubscriptionRecord) -> Option<Dialog> {
    let dialog = Dialog {
        call_id: record.call_id.clone(),
        local_tag: record.tag.clone(),
        remote_tag: record.remote_tag.clone(),
        local: NameAddr::parse(&record.local_party)?,
        remote: NameAddr::parse(&record.remote_party)?,
        local_cseq: record.local_cseq + jump(now, record),
        remote_cseq: record.remote_cseq,
        target: Uri::parse(&record.target)?,
        route: record.route.clone(),
    };
    let is_ours = dialog.local.tag() == Some(&*dialog.local_tag) && !dialog.local_tag.is_empty();
    let is_theirs = dialog.remote.tag().unwrap_or_default() == dialog.remote_tag;
    let is_sound = is_ours && is_theirs && !dialog.call_id.is_empty() && dialog.target.is_sip();
    // Whatever was written: no line of it may become two.
    let texts = [&dialog.call_id, &dialog.local_tag, &dialog.remote_tag].into_iter().chain(&dialog.route);
    let is_printable = texts.chain(&record.event_id).all(|text| !text.chars().any(char::is_control));
    let is_small = size(&dialog, record.event_id.as_deref()) <= SUBSCRIPTION_BYTES_MAX;
    (is_sound && is_printable && is_small).then_some(dialog)
}

impl Exchange {
    /// Takes up what the store knows of subscriptions, and says how many go on. Their phones are told in full, one after the
    /// other.
    pub(crate) fn restore_subscriptions(&mut self, now: Now, records: Vec<SubscriptionRecord>) -> usize {
        let each = RESTORED_TOLD_EACH.saturating_mul(u32::try_from(records.len()).unwrap_or(u32::MAX));
        let within = each.max(RESTORED_TOLD_WITHIN);
        let mut restored = 0;
        for record in records {
            let tag = record.tag.clone();
            match self.taken_up(now, record) {
                Some(subscription) => {
                    let name = self.put_subscription(subscription);
                    if let Some(ticket) = self.keep_subscription(now, name) {
                        let wait = self.rng.between(Duration::ZERO, within);
                        self.await_store(name, ticket, None, wait);
                    }
                    restored += 1;
                }
                None => _ = self.hand_over_subscription(tag.clone(), Record::SubscriptionGone { tag }),
            }
        }
        restored
    }

    /// A subscription of a stored state that still has time to run: what the wall clock says is left, and no more than is ever
    /// granted, for that clock may have been set back meanwhile. `None` also if it could not be granted today.
    fn taken_up(&self, now: Now, record: SubscriptionRecord) -> Option<Subscription> {
        let left = u64::try_from(record.expires_ms.saturating_sub(now.wall.0)).ok().filter(|ms| *ms > 0)?;
        let left = Duration::from_millis(left).min(SUBSCRIPTION_LONGEST);
        let is_udp = Transport::from_name(&record.transport) == Some(Transport::Udp);
        if !is_udp || record.version > NUMBER_MAX || record.local_cseq > NUMBER_MAX {
            return None;
        }
        let about = about(now, &self.config, &record)?;
        let package = about.package();
        let has_room = !self.subscriptions.is_full(package)
            && self.subscriptions.count_of(&record.extension, package) < package.most_of_one()
            && self.subscriptions.by_tag(&record.tag).is_none();
        let dialog = dialog(now, &record).filter(|_| has_room)?;
        Some(Subscription {
            extension: record.extension,
            about,
            dialog,
            event_id: record.event_id,
            flow: Flow {
                transport: Transport::Udp,
                local: record.local,
                remote: record.remote,
                connection: 0,
            },
            expires: now.mono.after(left),
            pace: Pace::default(),
            is_kept: true,
            awaits: None,
        })
    }

    /// Hands to the store how a subscription stands. `None`: there is nothing to keep, and the store is told so if it had
    /// something.
    pub(super) fn keep_subscription(&mut self, now: Now, name: SubscriptionName) -> Option<Ticket> {
        let subscription = self.subscriptions.get_mut(name)?;
        let tag = subscription.dialog.local_tag.clone();
        let record = subscription.record(now);
        let had = std::mem::replace(&mut subscription.is_kept, record.is_some());
        match record {
            Some(record) => Some(self.hand_over_subscription(tag, Record::Subscription(Box::new(record)))),
            None => {
                if had {
                    self.hand_over_subscription(tag.clone(), Record::SubscriptionGone { tag });
                }
                None
            }
        }
    }

    /// One is over, of which the store has a record.
    pub(super) fn keep_no_more(&mut self, tag: &str) {
        self.hand_over_subscription(tag.to_owned(), Record::SubscriptionGone { tag: tag.to_owned() });
    }

    fn hand_over_subscription(&mut self, tag: String, record: Record) -> Ticket {
        let ticket = self.persist(record);
        self.subscriptions.kept.waiting.insert(ticket, Keeping { tag, answer: None, wait: Duration::ZERO });
        ticket
    }

    /// A SUBSCRIBE is confirmed once that is on disk; false: at once, for too many wait.
    pub(super) fn confirm_once_stored(
        &mut self,
        name: SubscriptionName,
        ticket: Ticket,
        incoming: &Incoming,
        lasts: Duration,
    ) -> bool {
        if self.subscriptions.kept.answers() >= SUBSCRIBES_WAITING_MAX || self.endpoint.is_full() {
            return false;
        }
        let txn = self.endpoint.take(incoming);
        let answer = Answer { txn, incoming: Box::new(incoming.clone()), lasts };
        self.await_store(name, ticket, Some(answer), Duration::ZERO);
        true
    }

    /// Its phone is told nothing until that is on disk.
    fn await_store(
        &mut self,
        name: SubscriptionName,
        ticket: Ticket,
        answer: Option<Answer>,
        wait: Duration,
    ) {
        let Some(subscription) = self.subscriptions.get_mut(name) else { return };
        subscription.awaits = Some(ticket);
        subscription.pace.is_due = true;
        if let Some(keeping) = self.subscriptions.kept.waiting.get_mut(&ticket) {
            (keeping.answer, keeping.wait) = (answer, wait);
        }
    }

    /// The store has said its word of a record: who waited for it is answered, and told. If the store is in trouble, phones are served
    /// from memory, and it is offered again.
    pub(crate) fn subscription_stored(&mut self, now: Now, ticket: Ticket, is_kept: bool) {
        let Some(keeping) = self.subscriptions.kept.waiting.remove(&ticket) else { return };
        let Keeping { tag, answer, wait } = keeping;
        if !is_kept && self.subscriptions.kept.unkept.len() < SUBSCRIPTIONS_MAX + LAMPS_MAX {
            self.subscriptions.kept.unkept.insert(tag.clone());
            self.timers.set(Timer::Outbox, now.mono.after(STORE_RETRY));
        }
        let name = self.subscriptions.by_tag(&tag);
        if let Some(Answer { txn, incoming, lasts }) = answer {
            match name.and_then(|name| self.granted(name, &incoming, lasts)) {
                Some(headers) => {
                    self.endpoint.respond(now.mono, txn, &incoming, Status::OK, &headers);
                }
                // It was ended while it was written down.
                None => {
                    let (gone, none) = (Status::NO_SUCH_CALL, Headers::default());
                    self.endpoint.respond(now.mono, txn, &incoming, gone, &none);
                }
            }
        }
        let Some((name, subscription)) =
            name.and_then(|name| Some((name, self.subscriptions.get_mut(name)?)))
        else {
            return;
        };
        if subscription.awaits == Some(ticket) {
            subscription.awaits = None;
            let watcher = Watcher::Subscription(name);
            self.tell_soon(now, watcher, wait);
            self.notify_due(now, watcher);
        }
    }

    /// Offers to the store again what it could not keep: as it stands now.
    pub(crate) fn retry_subscriptions(&mut self, now: Now) {
        for tag in std::mem::take(&mut self.subscriptions.kept.unkept) {
            let kept = self.subscriptions.by_tag(&tag).and_then(|name| self.keep_subscription(now, name));
            if kept.is_none() {
                self.keep_no_more(&tag);
            }
        }
    }
}
