//! Rules of mailboxes, of subscriptions, and of phones that are told unasked.

use super::Rule;
use crate::Exchange;
use crate::due::Timer;
use crate::lamps::Subject;
use crate::subscriptions::{About, Pace, Package, Watcher};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    messages,
    configured,
    ends,
    indexed,
    lamps,
    seats,
    bounded,
    belongs,
    under_way,
    asked_by_sip,
    told,
    awaited,
    overfull,
];

/// Everybody who is told.
fn watchers(x: &Exchange) -> impl Iterator<Item = (Watcher, &Pace)> {
    let subscribed = x.subscriptions.all().map(|(name, s)| (Watcher::Subscription(name), &s.pace));
    subscribed.chain(x.notices.iter().map(|(name, n)| (Watcher::Binding(*name), &n.pace)))
}

/// Each message is found in its box, and nothing else is.
fn messages(x: &Exchange, wrong: &mut Vec<String>) {
    let real: BTreeSet<(&str, &str)> =
        x.mailboxes.all().filter_map(|m| Some((m.mailbox.as_deref()?, m.id.as_str()))).collect();
    let said: BTreeSet<(&str, &str)> = x.mailboxes.indexed().collect();
    for (mailbox, id) in real.symmetric_difference(&said) {
        wrong.push(format!("message {id} is in box {mailbox} by one account only"));
    }
}

fn configured(x: &Exchange, wrong: &mut Vec<String>) {
    for (name, subscription) in x.subscriptions.all() {
        let extension = &subscription.extension;
        let is_known = x.config.extensions.contains_key(extension);
        match &subscription.about {
            About::Mailbox if is_known && x.config.inbound.mailboxes.contains_key(extension) => {}
            About::Mailbox => {
                wrong.push(format!(
                    "subscription {name} is to the box of {extension}, which is not configured"
                ));
            }
            About::Lamp(lamp) => {
                let means = x.config.meaning(&lamp.number, extension).filter(|_| is_known);
                if means.as_ref() != Some(&lamp.means) {
                    let (number, was) = (&lamp.number, &lamp.means);
                    wrong
                        .push(format!("lamp {name} of {number} is one of {was:?}, and that means {means:?}"));
                }
            }
        }
    }
}

fn ends(x: &Exchange, wrong: &mut Vec<String>) {
    for (name, subscription) in x.subscriptions.all() {
        let at = x.timers.get(Timer::SubscriptionEnds(name));
        if at != Some(subscription.expires) {
            wrong.push(format!(
                "subscription {name} ends at {:?} and is woken at {at:?}",
                subscription.expires
            ));
        }
    }
}

/// Each subscription is found by its tag and by its extension, and nothing else is.
fn indexed(x: &Exchange, wrong: &mut Vec<String>) {
    let (count, (tags, names)) = (x.subscriptions.count(), x.subscriptions.indexed());
    let by_tag = x
        .subscriptions
        .all()
        .filter(|(name, s)| x.subscriptions.by_tag(&s.dialog.local_tag) == Some(*name))
        .count();
    if (tags, by_tag) != (count, count) {
        wrong.push(format!("{by_tag} of {count} subscriptions are found by {tags} tags"));
    }
    let by_extension = x.subscriptions.all().filter(|(name, s)| x.subscriptions.is_indexed(*name, s)).count();
    if (names, by_extension) != (count, count) {
        wrong.push(format!("{by_extension} of {count} subscriptions are found by their extensions"));
    }
}

/// Each lamp is found by what it is of, and nothing else is; and it was told how it stands, or will be.
fn lamps(x: &Exchange, wrong: &mut Vec<String>) {
    let mut count = 0;
    for (name, subscription) in x.subscriptions.all() {
        let About::Lamp(lamp) = &subscription.about else { continue };
        count += 1;
        if !x.lamps.is_indexed(&lamp.means.subject(), name) {
            wrong.push(format!("lamp {name} is not found by {:?}", lamp.means.subject()));
        }
        let light = x.light(&lamp.means);
        if lamp.told != Some(light) && !subscription.pace.is_due {
            wrong.push(format!("lamp {name} of {} was told {:?} and is {light:?}", lamp.number, lamp.told));
        }
    }
    if count != x.lamps.indexed() {
        wrong.push(format!("{count} lamps are found by {} entries", x.lamps.indexed()));
    }
}

/// Who sits where there are lamps is known, and nobody else.
fn seats(x: &Exchange, wrong: &mut Vec<String>) {
    let is_of = |about: &About| match about {
        About::Lamp(lamp) => match lamp.means.subject() {
            Subject::Seat(seat) => Some(seat),
            Subject::Phones(_) | Subject::Queue(_) => None,
        },
        About::Mailbox => None,
    };
    let watched: BTreeSet<String> = x.subscriptions.all().filter_map(|(_, s)| is_of(&s.about)).collect();
    let sits = |seat: &String| Some((x.floor.agent_at(seat)?.number.to_string(), seat.clone()));
    let real: BTreeSet<(String, String)> = watched.iter().filter_map(sits).collect();
    let said: BTreeSet<(String, String)> = x.lamps.seats().clone().into_iter().collect();
    for (agent, seat) in real.symmetric_difference(&said) {
        wrong.push(format!("agent {agent} sits at {seat}, which is watched, by one account only"));
    }
}

fn bounded(x: &Exchange, wrong: &mut Vec<String>) {
    for package in Package::ALL {
        let (count, most) = (x.subscriptions.count_all_of(package), package.most());
        let of_it = x.subscriptions.all().filter(|(_, s)| s.about.package() == package);
        let extensions: Vec<&String> = of_it.map(|(_, s)| &s.extension).collect();
        if extensions.len() != count {
            wrong.push(format!(
                "{} subscriptions to {} are counted as {count}",
                extensions.len(),
                package.word()
            ));
        }
        if count > most {
            wrong.push(format!("{count} subscriptions, {most} at most should be"));
        }
        for extension in extensions.into_iter().collect::<BTreeSet<_>>() {
            let count = x.subscriptions.count_of(extension, package);
            if count > package.most_of_one() {
                wrong.push(format!("{extension} has {count} subscriptions, more than it may"));
            }
        }
    }
}

/// Who was refused a lamp has as many as may be still, or it would be told once and never again.
fn overfull(x: &Exchange, wrong: &mut Vec<String>) {
    for extension in x.subscriptions.overfull() {
        let count = x.subscriptions.count_of(extension, Package::Lamp);
        if count < Package::Lamp.most_of_one() {
            wrong.push(format!("{extension} has {count} lamps and is still said to have too many"));
        }
    }
}

fn belongs(x: &Exchange, wrong: &mut Vec<String>) {
    for name in x.notices.keys().filter(|name| x.names.binding(**name).is_none()) {
        wrong.push(format!("binding {name} is told of its box and is not registered"));
    }
}

/// At most one NOTIFY is under way to each: what its pace says, and what waits for an answer, is the same.
fn under_way(x: &Exchange, wrong: &mut Vec<String>) {
    for (number, watcher) in x.subscriptions.under_way() {
        if x.pace(*watcher).and_then(|pace| pace.under_way) != Some(*number) {
            wrong.push(format!(
                "NOTIFY {number} is under way to {watcher:?}, which waits for another or none"
            ));
        }
    }
    for (watcher, pace) in watchers(x) {
        if let Some(number) = pace.under_way
            && x.subscriptions.under_way().get(&number) != Some(&watcher)
        {
            wrong.push(format!(
                "{watcher:?} waits for the answer to NOTIFY {number}, which nobody would give it"
            ));
        }
    }
}

fn asked_by_sip(x: &Exchange, wrong: &mut Vec<String>) {
    for number in x.subscriptions.under_way().keys().filter(|number| **number > x.last_request) {
        wrong.push(format!("NOTIFY {number} waits for its answer and was never sent"));
    }
    let (waiting, transactions) = (x.subscriptions.under_way().len(), x.endpoint.transactions());
    if waiting > transactions {
        wrong.push(format!(
            "{waiting} NOTIFYs wait for their answers and SIP has {transactions} transactions"
        ));
    }
}

/// Who was not told yet will be.
fn told(x: &Exchange, wrong: &mut Vec<String>) {
    for (watcher, pace) in watchers(x).filter(|(_, pace)| pace.is_due && pace.under_way.is_none()) {
        if !x.awaits_store(watcher) && x.timers.get(Timer::Notify(watcher)).is_none() {
            wrong.push(format!("{watcher:?} is to be told and nobody will: {pace:?}"));
        }
    }
}

/// Who is told nothing before something is on disk waits for what is on its way there, and is told then.
fn awaited(x: &Exchange, wrong: &mut Vec<String>) {
    let on_their_way: BTreeSet<_> = x.subscriptions.kept.waiting().collect();
    for (name, subscription) in x.subscriptions.all() {
        let Some(ticket) = &subscription.awaits else { continue };
        if !on_their_way.contains(ticket) || !subscription.pace.is_due {
            wrong.push(format!("subscription {name} waits for ticket {}, which never comes", ticket.0));
        }
    }
}
