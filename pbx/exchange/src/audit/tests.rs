#![allow(clippy::unwrap_used)]
//! Each rule is broken once, and the audit names that rule and no other.

mod kept;
mod lamps;
mod queues;
mod supervision;

use crate::call::{LegState, Stage};
use crate::due::Timer;
use crate::inbound::{Taking, Visit};
use crate::limits::{REGISTERS_WAITING_MAX, SUBSCRIPTIONS_MAX};
use crate::subscriptions::Watcher;
use crate::tests::guarding::guess;
use crate::tests::mwi::{leave, subscribe};
use crate::tests::world::{World, config, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::status::Status;

/// 101 and 102 talk, 103 is registered.
fn world() -> World {
    let mut w = World::new();
    w.talking();
    w.registered("103", "192.0.2.13:5060");
    w
}

fn talking(x: &mut Exchange) -> &mut Call {
    x.calls.values_mut().find(|c| matches!(c.stage, Stage::Talking { .. })).unwrap()
}

/// Breaks one thing in an exchange that is well, and sees that the audit says just that.
fn breaks(mut w: World, breach: impl FnOnce(&mut Exchange), says: &str) {
    assert_eq!(w.x.audit(), [""; 0]);
    breach(&mut w.x);
    let said = w.x.audit();
    assert!(said.len() == 1 && said[0].contains(says), "wanted {says:?}, got {said:#?}");
}

#[test]
fn calls_are_counted() {
    breaks(world(), |x| x.live_calls += 1, "2 calls are counted as live and 1 are");
    breaks(world(), |x| _ = x.calls_with.remove("102"), "extension 102 is said to be in the calls None");
    breaks(world(), |x| _ = x.calls_with.insert("103".into(), Default::default()), "extension 103 is said");
    breaks(world(), |x| _ = x.calls_made.insert("101".into(), 2), "made Some(2) calls and made Some(1)");
}

#[test]
fn legs_and_sessions_belong_to_calls() {
    breaks(world(), |x| _ = x.legs.insert(LegId(99), CallId(7)), "leg 99 is noted for call");
    breaks(world(), |x| _ = x.legs.remove(&LegId(2)), "leg 2 of call");
    breaks(
        world(),
        |x| _ = x.sessions.insert(SessionId(99), (CallId(7), LegId(99))),
        "session 99 is noted for leg 99",
    );
    breaks(world(), |x| talking(x).sessions.push(SessionId(99)), "session 99 of call");
    breaks(
        world(),
        |x| talking(x).legs.get_mut(&LegId(2)).unwrap().session = Some(SessionId(99)),
        "leg 2 is live and SIP knows nothing of its session 99",
    );
    breaks(
        world(),
        |x| {
            let call = talking(x);
            call.legs.get_mut(&LegId(2)).unwrap().session = call.legs[&LegId(1)].session;
        },
        "leg 2 has session 1, which is noted for another",
    );
    breaks(
        world(),
        |x| talking(x).legs.get_mut(&LegId(2)).unwrap().session = None,
        "leg 2 is live without a session",
    );
    breaks(
        ended(true),
        |x| {
            x.calls.values_mut().next().unwrap().legs.get_mut(&LegId(2)).unwrap().session =
                Some(SessionId(2));
        },
        "leg 2 has ended and still has session 2",
    );
}

#[test]
fn stages_and_legs_agree() {
    breaks(
        world(),
        |x| talking(x).legs.get_mut(&LegId(1)).unwrap().state = LegState::Ringing,
        "Talking { with: LegId(2) } with legs [(1, Ringing), (2, Up)]",
    );
    breaks(world(), |x| talking(x).answered = None, "answered at None");
    breaks(world(), |x| talking(x).legs.get_mut(&LegId(1)).unwrap().holds = true, "held: false");
    breaks(world(), |x| talking(x).started.wall.0 += 3_600_000, "are not in order");
    breaks(world(), |x| talking(x).path.steps[0].at_ms += 3_600_000, "are not in order");
    breaks(world(), |x| talking(x).held = talking(x).answered, "held: true");
    breaks(
        ringing(),
        |x| x.calls.values_mut().next().unwrap().legs.get_mut(&LegId(1)).unwrap().state = LegState::Ringing,
        "is Seeking with legs",
    );
}

/// A call that a user placed: the caller's phone rings, or has answered and the called one rings.
fn placed(is_answered: bool) -> World {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    let command = Command::Dial { from: "101".into(), to: "102".into() };
    w.input(Input::Command { id: CommandId(1), user: "mara".into(), command });
    w.ms(100);
    if is_answered {
        let (ring, _) = w.take(a);
        let now = w.now.mono;
        w.end(a).answer(now, ring, sdp("192.0.2.11", "8 101", ""));
        w.ms(100);
    }
    w
}

#[test]
fn placed_calls_and_their_legs_agree() {
    breaks(placed(false), |x| first(x).is_placed = false, "is Placing with legs [(1, Calling)]");
    breaks(placed(false), |x| caller(x).state = LegState::Up, "is Placing with legs [(1, Up)]");
    breaks(placed(false), |x| first(x).with = Some(Default::default()), "is Placing, answered at None");

    breaks(
        placed(false),
        |x| {
            let ring = Timer::NoAnswer(first(x).id);
            x.timers.cancel(ring);
        },
        "may ring for ever",
    );
    breaks(placed(true), |x| first(x).answered = Some(first(x).started), "is Seeking, answered at Some");
    breaks_also(placed(true), |x| caller(x).state = LegState::Ringing, "is Seeking with legs");
    breaks_also(placed(true), |x| first(x).is_placed = false, "is Seeking with legs");
}

fn first(x: &mut Exchange) -> &mut Call {
    x.calls.values_mut().next().unwrap()
}

fn caller(x: &mut Exchange) -> &mut Leg {
    first(x).legs.get_mut(&LegId(1)).unwrap()
}

#[test]
fn one_way_audio_is_an_alarm_of_a_live_call() {
    breaks(world(), |x| talking(x).legs.get_mut(&LegId(1)).unwrap().is_missing = true, "is not up although");
    breaks(
        ended(true),
        |x| {
            let id = *x.calls.keys().next().unwrap();
            let alarm = Alarm { severity: Severity::Warn, since_ms: 0, text: "x".into(), call: Some(id) };
            x.alarms.insert(format!("one_way:{id}"), alarm);
        },
        "no live call has a leg that is not heard",
    );
}

#[test]
fn ports_have_one_holder() {
    breaks(world(), |x| _ = x.ports.take(Mono(0)), "port pair 2 is in use and nobody holds it");
    breaks(world(), |x| x.ports.give_back(PortSlot(1)), "port pair 1 is free and held by");
    breaks(
        world(),
        |x| _ = x.closing.insert(LegId(99), PortSlot(1)),
        "held by the legs [LegId(1), LegId(99)]",
    );
    breaks(world(), |x| x.ports.miscount(), "3 port pairs are counted as used and 2 are");
    breaks(
        world(),
        |x| {
            let slot = talking(x).legs.get_mut(&LegId(2)).unwrap().slot.take().unwrap();
            x.closing.insert(LegId(2), slot);
        },
        "leg 2 is still there and its port pair is noted as left behind",
    );
}

fn ringing() -> World {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.ms(100);
    w
}

fn ended(media_works: bool) -> World {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.media_works = media_works;
    w.hang_up(a, call);
    w
}

/// The id of the only call.
fn only(x: &Exchange) -> CallId {
    *x.calls.keys().next().unwrap()
}

#[test]
fn deadlines_have_owners() {
    breaks(world(), |x| x.timers.set(Timer::NoAnswer(only(x)), Mono(u64::MAX)), "deadline NoAnswer");
    breaks(world(), |x| x.timers.set(Timer::LastWord(only(x)), Mono(u64::MAX)), "deadline LastWord");
    breaks(world(), |x| x.timers.set(Timer::Gone(only(x)), Mono(u64::MAX)), "deadline Gone");
    breaks(world(), |x| x.timers.set(Timer::Outbox, Mono(u64::MAX)), "deadline Outbox");
    breaks(world(), |x| x.timers.set(Timer::Expire(99), Mono(u64::MAX)), "deadline Expire(99)");
    breaks(world(), |x| x.timers.set(Timer::KeepAlive(99), Mono(u64::MAX)), "deadline KeepAlive(99)");
    breaks(ringing(), |x| x.timers.set(Timer::MediaLost(only(x)), Mono(u64::MAX)), "deadline MediaLost");
    breaks(world(), |x| x.timers.set(Timer::Briefing(only(x)), Mono(u64::MAX)), "deadline Briefing");
    breaks(world(), |x| x.timers.set(Timer::Supervision(only(x)), Mono(u64::MAX)), "deadline Supervision");
    breaks(world(), |x| x.timers.set(Timer::HoldReminder(only(x)), Mono(u64::MAX)), "deadline HoldReminder");
    breaks(world(), |x| x.timers.set(Timer::Flow(only(x)), Mono(u64::MAX)), "deadline Flow");
    breaks(world(), |x| x.timers.set(Timer::Hours, Mono(u64::MAX)), "deadline Hours");
    breaks(world(), |x| x.timers.set(Timer::Silences, Mono(u64::MAX)), "deadline Silences");
    let rest = Timer::Floor(switchroom_acd::Due::Announce(7));
    breaks(world(), move |x| x.timers.set(rest, Mono(u64::MAX)), "deadline Floor(Announce(7))");
}

#[test]
fn what_hangs_on_a_connection_is_found() {
    let mut w = World::new();
    let at = w.phone_over("101", "192.0.2.11:5060", Transport::Tcp, 7);
    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    breaks(w, |x| x.connections.clear(), "and nobody will see its end");
}

#[test]
fn what_waits_has_a_deadline() {
    breaks(ringing(), |x| x.timers.cancel(Timer::NoAnswer(only(x))), "may ring for ever");
    breaks(ended(false), |x| x.timers.cancel(Timer::LastWord(only(x))), "may never be written");
    breaks(ended(true), |x| x.timers.cancel(Timer::Gone(only(x))), "may stay on the board for ever");
    breaks(world(), |x| x.timers.cancel(Timer::Expire(1)), "and is woken at None");
    breaks(world(), |x| x.timers.set(Timer::Expire(1), Mono(5)), "and is woken at Some(Mono(5))");
    breaks(world(), |x| x.timers.cancel(Timer::KeepAlive(1)), "is not asked for again");
    let mut guessed = world();
    (0..10).for_each(|n| _ = guess(&mut guessed, "203.0.113.5:5060", ("REGISTER", "101"), n));
    breaks(guessed, |x| x.timers.cancel(Timer::Silences), "the count may never be written down");
    let mut w = world();
    for leg in [1, 2] {
        let missing = MediaEvent::Missing { leg: LegId(leg), for_ms: 5000, refused: 0, refused_from: None };
        w.input(Input::Media(missing));
    }
    breaks(w, |x| x.timers.cancel(Timer::MediaLost(only(x))), "nothing is heard in call");
}

/// A CDR that the store has refused once.
fn refused() -> World {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.store_works = false;
    w.hang_up(a, call);
    let ticket = *w.x.outbox.keys().next().unwrap();
    w.input(Input::NotStored(vec![ticket]));
    w
}

#[test]
fn the_store_is_waited_for() {
    breaks(
        refused(),
        |x| x.timers.cancel(Timer::Outbox),
        "1 CDRs, 0 bindings, 0 subscriptions, 0 messages, 0 facts are to be offered again and nobody will",
    );
    breaks(refused(), |x| x.retry.push_back(x.retry[0].clone()), "waits for the store twice");
    breaks(
        refused(),
        |x| {
            let cdr = x.retry.pop_front().unwrap();
            x.timers.cancel(Timer::Outbox);
            x.outbox.insert(Ticket(u64::MAX), Box::new(cdr));
        },
        "was never given out",
    );
    breaks(
        refused(),
        |x| {
            let id = only(x);
            if let Stage::Ended { is_written, .. } = &mut x.calls.get_mut(&id).unwrap().stage {
                *is_written = false;
            }
            x.timers.set(Timer::LastWord(id), Mono(u64::MAX));
        },
        "waits for the store and counts as not written",
    );
    let mut w = World::new();
    w.store_works = false;
    let at = w.phone("101", "192.0.2.11:5060");
    w.register(at, &["<sip:101@192.0.2.11:5060>"], Some(300));
    breaks(
        w,
        |x| {
            let (ticket, one) = x.registers_waiting.pop_first().unwrap();
            for n in 0..=REGISTERS_WAITING_MAX as u64 {
                x.registers_waiting.insert(Ticket(ticket.0 + n), one.clone());
            }
            x.last_ticket += REGISTERS_WAITING_MAX as u64;
        },
        "5001 REGISTERs wait for the store",
    );
}

#[test]
fn an_answer_to_a_user_waits_for_something() {
    let mut w = world();
    w.store_works = false;
    let command = Command::Unregister { extension: "103".into(), contact: None };
    w.input(Input::Command { id: CommandId(5), user: "mara".into(), command });
    breaks(w, |x| x.replies_waiting.values_mut().for_each(|r| r.left.clear()), "command 5 waits for nothing");
}

#[test]
fn a_ticket_has_one_who_waits() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.store_works = false;
    let at = w.phone("103", "192.0.2.13:5060");
    w.register(at, &["<sip:103@192.0.2.13:5060>"], Some(300));
    w.hang_up(a, call);
    breaks(
        w,
        |x| {
            let (_, cdr) = x.outbox.pop_first().unwrap();
            x.outbox.insert(*x.registers_waiting.keys().next().unwrap(), cdr);
        },
        "is waited for twice",
    );
}

#[test]
fn bindings_are_counted_named_and_configured() {
    breaks(world(), |x| x.registrar.miscount(1, 0), "4 bindings are counted and there are 3");
    breaks(world(), |x| x.registrar.miscount(0, 1), "phones are said to be registered from");
    breaks(
        world(),
        |x| x.registrar.leave_empty("104"),
        "4 extensions count as registered and 3 have a binding",
    );
    breaks(
        world(),
        |x| {
            let key = x.registrar.of("101").next().unwrap().record.key.clone();
            x.registrar.get_mut("101", &key).unwrap().record.extension = "102".into();
        },
        "a binding of 101 calls itself",
    );
    breaks(
        world(),
        |x| {
            let mut config = (*x.config).clone();
            config.extensions.remove("101");
            x.config = std::sync::Arc::new(config);
        },
        "101 is registered and not configured",
    );
    breaks(
        world(),
        |x| _ = x.names.of("101", "other"),
        "other of 101 has a short name and is not registered",
    );
    breaks(world(), |x| x.names.name_twice(1), "do not lead there and back");
    let mut c = config();
    c.keep_alive = Duration::ZERO;
    let mut w = World::with(c, Restored::default());
    w.registered("101", "192.0.2.11:5060");
    assert_eq!(w.x.audit(), [""; 0]);
    w.x.names.forget(1);
    w.x.timers.cancel(Timer::Expire(1));
    let said = w.x.audit();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("is woken at None") && said[1].contains("has no short name"), "{said:?}");
}

#[test]
fn questions_to_phones_are_asked_by_sip() {
    breaks(world(), |x| _ = x.pings.insert(u64::MAX, (1, Mono(0))), "was never sent");
    breaks(
        World::new(),
        |x| {
            x.last_request = 1;
            x.pings.insert(1, (1, Mono(0)));
        },
        "1 OPTIONS wait for their answers and SIP has 0 transactions",
    );
}

#[test]
fn at_rest_nothing_is_left_and_before_it_is_named() {
    let mut w = world();
    let left = w.x.leftovers();
    for what in
        ["1 calls", "1 live calls", "2 legs", "2 sessions", "2 sessions in SIP", "2 RTP port pairs in use"]
    {
        assert!(left.iter().any(|l| l.starts_with(what)), "{what}: {left:#?}");
    }
    w.input(Input::EndAll);
    assert!(w.x.leftovers().iter().any(|l| l.starts_with("deadline Gone")));
    w.settle();
    assert_eq!(refused().x.leftovers().iter().filter(|l| l.contains("to be offered again")).count(), 1);
}

/// A caller in a flow of the tests, while phones ring for it or not.
fn in_flow(is_dialling: bool) -> World {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    w.dial(a, "500", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    if is_dialling {
        let leg = w.x.calls().next().unwrap().caller;
        w.input(Input::Media(MediaEvent::Digit { leg, digit: '1' }));
    }
    w
}

fn visit(x: &mut Exchange) -> &mut Visit {
    x.visits.values_mut().next().unwrap()
}

fn set_stage(x: &mut Exchange, stage: Stage) {
    x.calls.values_mut().next().unwrap().stage = stage;
}

/// As [`breaks`], where one breach is seen by several rules.
fn breaks_also(mut w: World, breach: impl FnOnce(&mut Exchange), says: &str) {
    breach(&mut w.x);
    let said = w.x.audit();
    assert!(said.iter().any(|one| one.contains(says)), "wanted {says:?}, got {said:#?}");
}

#[test]
fn a_caller_in_a_flow_is_in_one_place() {
    breaks_also(in_flow(false), |x| set_stage(x, Stage::Seeking), "has it connected: Some(false)");
    breaks_also(in_flow(true), |x| set_stage(x, Stage::Flow), "has it connected: Some(true)");
    breaks_also(in_flow(false), |x| x.visits.clear(), "is Flow, and its flow has it connected: None");
    breaks(in_flow(true), |x| visit(x).dial = None, "somebody is sought: false, phones ring: true");
    breaks(in_flow(false), |x| visit(x).leave_untold(), "has news that it was not told");
    breaks(
        in_flow(false),
        |x| visit(x).taking = Some(Taking { id: "m-1".into(), leg: LegId(1) }),
        "waits for message m-1, which nobody makes",
    );
    breaks_also(
        in_flow(false),
        |x| x.timers.set(Timer::Messages, Mono(u64::MAX)),
        "looked through exactly while there are some",
    );
    breaks(
        in_flow(false),
        |x| {
            let lost = visit(x).clone();
            x.visits.insert(CallId::new(1, 1), lost);
        },
        "has gone and its flow has not",
    );
}

/// 102 has subscribed to its box.
fn subscribed() -> World {
    let mut w = world();
    assert_eq!(subscribe(&mut w, "192.0.2.12:5060"), Some(Status::OK));
    w
}

/// The same while a NOTIFY waits for its answer.
fn being_told() -> World {
    let mut w = world();
    w.notified = None;
    subscribe(&mut w, "192.0.2.12:5060");
    assert_eq!(w.x.subscriptions.under_way().len(), 1);
    w
}

#[test]
fn messages_are_found_in_their_boxes() {
    let mut w = world();
    leave(&mut w, "m-1", "102");
    breaks_also(w, |x| x.mailboxes.misplace(), "message m-1 is in box elsewhere by one account only");
}

#[test]
fn subscriptions_are_configured_end_and_are_found() {
    breaks(
        subscribed(),
        |x| {
            let mut config = (*x.config).clone();
            config.inbound.mailboxes.clear();
            x.config = std::sync::Arc::new(config);
        },
        "subscription 1 is to the box of 102, which is not configured",
    );
    breaks(subscribed(), |x| x.timers.cancel(Timer::SubscriptionEnds(1)), "and is woken at None");
    breaks(subscribed(), |x| x.subscriptions.only().expires = Mono(5), "subscription 1 ends at Mono(5)");
    breaks(
        subscribed(),
        |x| x.timers.set(Timer::SubscriptionEnds(9), Mono(5)),
        "deadline SubscriptionEnds(9)",
    );
    breaks(subscribed(), |x| x.subscriptions.forget_tags(), "0 of 1 subscriptions are found by 0 tags");
    breaks(
        subscribed(),
        |x| x.subscriptions.misplace("103"),
        "0 of 1 subscriptions are found by their extensions",
    );
    breaks(
        subscribed(),
        |x| {
            x.subscriptions.copy_only(16);
            let at = x.subscriptions.only().expires;
            (2..=17).for_each(|name| x.timers.set(Timer::SubscriptionEnds(name), at));
        },
        "102 has 17 subscriptions, more than it may",
    );
    breaks_also(
        subscribed(),
        |x| x.subscriptions.copy_only(SUBSCRIPTIONS_MAX as u64),
        "50001 subscriptions, 50000 at most should be",
    );
    breaks(subscribed(), |x| x.notice_nobody(99), "binding 99 is told of its box and is not registered");
}

#[test]
fn notifys_are_under_way_once_and_nobody_is_left_untold() {
    breaks(
        being_told(),
        |x| x.subscriptions.ask_again(1),
        "is under way to Subscription(1), which waits for another",
    );
    breaks(being_told(), |x| x.subscriptions.only().pace.under_way = None, "which waits for another or none");
    breaks(subscribed(), |x| x.subscriptions.only().pace.under_way = Some(1), "which nobody would give it");
    breaks(
        subscribed(),
        |x| {
            x.subscriptions.only().pace.under_way = Some(u64::MAX);
            x.subscriptions.ask_again(u64::MAX);
        },
        "was never sent",
    );
    let mut silent = World::new();
    let at = silent.phone("102", "192.0.2.12:5060");
    subscribe(&mut silent, &at.to_string());
    silent.run(Duration::from_secs(60));
    breaks(
        silent,
        |x| {
            x.subscriptions.only().pace.under_way = Some(1);
            x.subscriptions.ask_again(1);
        },
        "1 NOTIFYs wait for their answers and SIP has 0 transactions",
    );
    breaks(subscribed(), |x| x.subscriptions.only().pace.is_due = true, "is to be told and nobody will");
    breaks(
        subscribed(),
        |x| x.timers.set(Timer::Notify(Watcher::Subscription(1)), Mono(u64::MAX)),
        "deadline Notify(Subscription(1))",
    );
}

#[test]
fn flows_of_ended_calls_are_told() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let call = w.dial(a, "505", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let before: Vec<Visit> = w.x.visits.values().cloned().collect();
    w.hang_up(a, call);
    assert_eq!((w.x.audit(), w.x.visits.len()), (vec![], 1));
    w.x.visits.values_mut().zip(before).for_each(|(visit, before)| *visit = before);
    let said = w.x.audit();
    assert!(said.len() == 1 && said[0].contains("is over and its flow was not told"), "{said:#?}");
}

#[test]
fn a_message_has_one_last_word() {
    let mut w = World::new();
    w.store_works = false;
    leave(&mut w, "m-1", "102");
    let breach = |x: &mut Exchange| {
        let record = x.message_words.waiting.values().next().unwrap().clone();
        x.message_words.unkept.insert("m-1".into(), record);
        x.timers.set(Timer::Outbox, Mono(u64::MAX));
    };
    breaks(w, breach, "message m-1 is on its way to the store and to be offered again");
}
