//! What is left when everybody has hung up.

use super::timers;
use crate::Exchange;
use crate::due::Timer;
use switchroom_acd::Due;

/// Transactions that the care for one binding may leave for a while: answers to its last REGISTERs, which are kept for 32 s,
/// and the last OPTIONS.
const TRANSACTIONS_OF_A_BINDING: usize = 4;
/// The same for a subscription: answers to its last SUBSCRIBEs, and the last NOTIFYs.
const TRANSACTIONS_OF_A_SUBSCRIPTION: usize = 4;

impl Exchange {
    /// What there is beyond registrations, subscriptions and their timers, a sentence each: nothing, once every call is over and the
    /// store has said its word.
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        let counted = [
            ("calls", self.calls.len()),
            ("live calls in the count", self.live_calls),
            ("extensions with calls", self.calls_with.len()),
            ("extensions that made calls", self.calls_made.len()),
            ("legs", self.legs.len()),
            ("callers in flows", self.visits.len()),
            ("callers in queues", self.floor.waiter_count()),
            ("talks of agents", self.floor.talk_count()),
            ("calls placed for call-backs", self.placed.len()),
            ("messages that are not finished", self.mailboxes.unfinished.len()),
            ("sessions", self.sessions.len()),
            ("sessions in SIP", self.endpoint.sessions()),
            ("RTP port pairs in use", self.ports.in_use()),
            ("RTP port pairs being closed", self.closing.len()),
            ("CDRs that wait for the store", self.outbox.len()),
            ("CDRs to be offered again", self.retry.len()),
            ("words of messages that wait for the store", self.message_words.waiting.len()),
            ("words of messages to be offered again", self.message_words.unkept.len()),
            ("facts that wait for the store", self.fact_words.waiting.len()),
            ("facts to be offered again", self.fact_words.unkept.len()),
            ("REGISTERs that wait for the store", self.registers_waiting.len()),
            ("records of subscriptions that wait for the store", self.subscriptions.kept.waiting().count()),
            ("wishes to be called back that wait for the store", self.call_backs_asked.len()),
            ("answers to users that wait for the store", self.replies_waiting.len()),
            ("alarms of calls", self.alarms.values().filter(|a| a.call.is_some()).count()),
            ("actions that nobody took", self.actions.len()),
        ];
        for (what, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
            left.push(format!("{count} {what}"));
        }
        let lasts = |timer: &Timer| match timer {
            Timer::Expire(_)
            | Timer::KeepAlive(_)
            | Timer::SubscriptionEnds(_)
            | Timer::Messages
            | Timer::Hours
            | Timer::Silences => true,
            // Who is to be called back may be so for days.
            Timer::Floor(Due::CallBack(id) | Due::Relax(id)) => self.floor.call_back(*id).is_some(),
            _ => false,
        };
        for timer in timers::all(self).filter(|timer| !lasts(timer)) {
            left.push(format!("deadline {timer:?}"));
        }
        let (transactions, bindings) = (self.endpoint.transactions(), self.registrar.count());
        let (subscriptions, notices) = (self.subscriptions.count(), self.notices.len());
        let most =
            bindings * TRANSACTIONS_OF_A_BINDING + subscriptions * TRANSACTIONS_OF_A_SUBSCRIPTION + notices;
        if transactions > most {
            left.push(format!(
                "{transactions} transactions with {bindings} bindings and {subscriptions} subscriptions"
            ));
        }
        left
    }
}
