//! Deadlines of the exchange, and what is done when one has come.

use crate::CallId;
use crate::coverage::{BindingEvent, CallEvent};
use crate::exchange::Exchange;
use crate::names::BindingName;
use crate::subscriptions::{End, SubscriptionName, Watcher};
use switchroom_sip::time::Now;

/// Deadlines of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A binding ends.
    Expire(BindingName),
    /// Ask a phone with OPTIONS.
    KeepAlive(BindingName),
    /// Nobody answered in time.
    NoAnswer(CallId),
    /// The media engine did not say its last word of an ended call.
    LastWord(CallId),
    /// What is said before a bridge takes too long.
    Briefing(CallId),
    /// A supervisor has heard that there is nothing more to hear.
    Supervision(CallId),
    /// An ended call leaves the board.
    Gone(CallId),
    /// All phones of a call have been silent too long.
    MediaLost(CallId),
    /// Somebody is held for long.
    HoldReminder(CallId),
    /// A flow goes on.
    Flow(CallId),
    /// Something of queues and agents is due.
    Floor(switchroom_acd::Due),
    /// A subscription ends.
    SubscriptionEnds(SubscriptionName),
    /// Somebody is told of what is watched.
    Notify(Watcher),
    /// Old messages are thrown away.
    Messages,
    /// Offer to the store again what it could not keep.
    Outbox,
    /// A queue opens or closes by its hours.
    Hours,
    /// The minute is over in which it was counted who guesses passwords.
    Silences,
}

impl Exchange {
    /// Does what is due by now.
    pub(crate) fn run_due(&mut self, now: Now) {
        self.endpoint.handle_due(now.mono);
        while let Some(timer) = self.timers.pop_due(now.mono) {
            match timer {
                Timer::Expire(name) => {
                    if let Some((extension, key)) = self.names.binding(name) {
                        self.saw_binding(&extension, &key, BindingEvent::Expires);
                        self.unbind(now, &extension, &key, "was not refreshed in time");
                    }
                }
                Timer::KeepAlive(name) => self.keep_alive(now, name),
                Timer::NoAnswer(call) => {
                    self.saw_call(call, CallEvent::NoAnswerDue);
                    self.no_answer(now, call);
                }
                Timer::Briefing(call) => {
                    self.saw_call(call, CallEvent::BriefingDue);
                    self.end_briefing(now, call);
                }
                Timer::Supervision(call) => self.supervision_over(now, call),
                Timer::LastWord(call) => {
                    self.saw_call(call, CallEvent::LastWordDue);
                    self.write_cdr(now, call);
                }
                Timer::Gone(call) => {
                    self.saw_call(call, CallEvent::GoneDue);
                    self.call_shown(now, call);
                }
                Timer::MediaLost(call) => {
                    self.saw_call(call, CallEvent::MediaLostDue);
                    self.media_lost(now, call);
                }
                Timer::HoldReminder(call) => self.remind_of_hold(now, call),
                Timer::Flow(call) => {
                    self.saw_call(call, CallEvent::FlowDue);
                    self.flow_due(now, call);
                }
                Timer::Floor(due) => self.floor_due(now, due),
                Timer::SubscriptionEnds(name) => self.end_subscription(now, name, End::TimedOut),
                Timer::Notify(watcher) => self.notify_due(now, watcher),
                Timer::Messages => self.purge_messages(now),
                Timer::Outbox => self.retry_outbox(now),
                Timer::Hours => self.hours_due(now),
                Timer::Silences => self.count_silences(now),
            }
        }
    }
}
