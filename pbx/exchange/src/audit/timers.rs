//! Rules of deadlines: each has an owner in the right state, and each state has the deadline that ends it.

use super::Rule;
use crate::call::{Call, Stage};
use crate::due::Timer;
use crate::{CallId, Exchange};
use switchroom_sip::time::Mono;

pub(super) const RULES: &[Rule] =
    &[owners, seeking, briefed, ended, silent, expiry, keep_alive, outbox, silences];

/// All deadlines that are set.
pub(super) fn all(x: &Exchange) -> impl Iterator<Item = Timer> {
    let mut timers = x.timers.clone();
    std::iter::from_fn(move || timers.pop_due(Mono(u64::MAX)))
}

fn owners(x: &Exchange, wrong: &mut Vec<String>) {
    let call = |id: CallId, is_right: fn(&Call) -> bool| x.calls.get(&id).is_some_and(is_right);
    for timer in all(x) {
        let is_right = match timer {
            Timer::Expire(name) | Timer::KeepAlive(name) => x
                .names
                .binding(name)
                .is_some_and(|(extension, key)| x.registrar.get(&extension, &key).is_some()),
            Timer::NoAnswer(id) => call(id, Call::is_ringing),
            Timer::Briefing(id) => call(id, Call::is_briefed),
            Timer::Supervision(id) => x.supervision(id).is_some_and(crate::Supervision::is_over),
            Timer::LastWord(id) => call(id, |c| matches!(c.stage, Stage::Ended { is_written: false, .. })),
            Timer::Gone(id) => call(id, Call::is_ended),
            Timer::MediaLost(id) => call(id, |c| c.has_answered_caller() && !c.is_ended()),
            Timer::HoldReminder(id) => call(id, |c| c.held.is_some()),
            Timer::Flow(id) => x.visits.contains_key(&id),
            Timer::Floor(due) => x.floor.awaits(due),
            Timer::SubscriptionEnds(name) => x.subscriptions.get(name).is_some(),
            Timer::Notify(watcher) => {
                x.pace(watcher).is_some_and(|pace| pace.is_due && pace.under_way.is_none())
            }
            Timer::Messages => x.mailboxes.all().next().is_some(),
            Timer::Outbox => x.has_unkept(),
            Timer::Silences => x.silences.is_counting(),
            Timer::Hours => x.config.floor.queues.values().any(|queue| queue.hours.is_some()),
        };
        if !is_right {
            wrong.push(format!("deadline {timer:?} is set and nothing waits for it"));
        }
    }
}

fn is_set(x: &Exchange, timer: Timer) -> bool {
    x.timers.get(timer).is_some()
}

fn seeking(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values().filter(|c| c.is_ringing()) {
        if !is_set(x, Timer::NoAnswer(call.id)) {
            wrong.push(format!("call {} may ring for ever", call.id));
        }
    }
}

fn briefed(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let Some(briefing) = call.briefing() else { continue };
        let with = match call.stage {
            Stage::Talking { with } => Some(with),
            Stage::Seeking if call.call_back.is_some() => Some(call.caller),
            _ => None,
        };
        let Some(with) = with else {
            wrong.push(format!("call {} is about to be connected and nobody has answered", call.id));
            continue;
        };
        if !is_set(x, Timer::Briefing(call.id)) {
            wrong.push(format!("call {} may never be connected", call.id));
        }
        if briefing.hearing.is_empty()
            || briefing.hearing.iter().any(|leg| *leg != with && *leg != call.caller)
        {
            wrong.push(format!("call {} waits for {:?} to hear all", call.id, briefing.hearing));
        }
    }
}

fn ended(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values() {
        let Stage::Ended { is_written, .. } = call.stage else { continue };
        if !is_written && !is_set(x, Timer::LastWord(call.id)) {
            wrong.push(format!("the CDR of call {} may never be written", call.id));
        }
        if !is_set(x, Timer::Gone(call.id)) {
            wrong.push(format!("call {} has ended and may stay on the board for ever", call.id));
        }
    }
}

fn silent(x: &Exchange, wrong: &mut Vec<String>) {
    for call in x.calls.values().filter(|c| !c.is_ended() && x.is_silent(c.id)) {
        if !is_set(x, Timer::MediaLost(call.id)) {
            wrong.push(format!("nothing is heard in call {} and it may go on for ever", call.id));
        }
    }
}

fn expiry(x: &Exchange, wrong: &mut Vec<String>) {
    for (extension, binding) in x.registrar.all() {
        let key = &binding.record.key;
        let at = x.names.name(extension, key).and_then(|name| x.timers.get(Timer::Expire(name)));
        if at != binding.expires {
            wrong.push(format!(
                "binding {key} of {extension} ends at {:?} and is woken at {at:?}",
                binding.expires
            ));
        }
    }
}

fn keep_alive(x: &Exchange, wrong: &mut Vec<String>) {
    if x.config.keep_alive.is_zero() {
        return;
    }
    for (extension, binding) in x.registrar.all() {
        let key = &binding.record.key;
        if x.names.name(extension, key).is_none_or(|name| !is_set(x, Timer::KeepAlive(name))) {
            wrong.push(format!("binding {key} of {extension} is not asked for again"));
        }
    }
}

fn outbox(x: &Exchange, wrong: &mut Vec<String>) {
    if x.has_unkept() && !is_set(x, Timer::Outbox) {
        let (cdrs, bindings) = (x.retry.len(), x.bindings_unkept.len());
        let subscriptions = x.subscriptions.kept.unkept();
        let (messages, facts) = (x.message_words.unkept.len(), x.fact_words.unkept.len());
        wrong.push(format!(
            "{cdrs} CDRs, {bindings} bindings, {subscriptions} subscriptions, {messages} messages, {facts} facts are to be offered again and nobody will"
        ));
    }
}

fn silences(x: &Exchange, wrong: &mut Vec<String>) {
    if x.silences.is_counting() && !is_set(x, Timer::Silences) {
        wrong.push("who guesses passwords is counted and the count may never be written down".into());
    }
}
