//! Legs that go to the media of another call, on the same thread and on another one, with all that is told of them meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;
use super::mixing::{S, TONES, assert_hears, converse, mix};
use super::rig::{Phone, Rig, slot_of};
use super::{A, B, CALL, assert_one_stream, passes};
use std::collections::BTreeSet;
use std::net::UdpSocket;
use switchroom_exchange::{Channel, PortSlot, RecordingSubject, Source};

/// A call on the next thread, if there are two, and one on the same.
const NEXT: CallId = CallId(CALL.0 + 1);
const SAME: CallId = CallId(CALL.0 + 2);

fn go(rig: &Rig, call: CallId, leg: LegId, to: CallId) {
    rig.engine.command(MediaCommand::Move { call, leg, to });
}

fn hear(rig: &Rig, call: CallId, leg: LegId, source: Source) {
    rig.engine.command(MediaCommand::Hear { call, leg, source });
}

/// The supervisor has a call of his own, and comes to that of caller and agent: one stream, no packet lost, and all that is
/// told at once behind the move is done behind it.
#[test]
fn a_leg_comes_to_another_call_with_its_stream_and_goes_back() {
    for own in [NEXT, SAME] {
        let rig = Rig::with(|settings| settings.threads = 2);
        let [mut a, mut b, mut s] = TONES.map(|hz| Phone::new("PCMA", 8, hz));
        rig.call(&mut a, &mut b);
        rig.leg_of(own, S, &mut s);
        hear(&rig, own, S, Source::Tone { hz: 600, ddb: -100 });
        rig.settle_of(own);
        let [mut stream] = converse([&mut s], 10);
        for round in 0..3 {
            go(&rig, own, S, CALL);
            hear(&rig, CALL, S, mix(&[A, B]));
            hear(&rig, CALL, B, mix(&[A, S]));
            let [at_a, at_b, at_s] = converse([&mut a, &mut b, &mut s], 50);
            assert_hears(&a, &at_a, &[1_000], &format!("{round}: the caller hears the agent alone"));
            assert_hears(&b, &at_b, &[400, 1_700], &format!("{round}: the agent"));
            assert_hears(&s, &at_s, &[400, 1_000], &format!("{round}: the supervisor"));
            stream.extend(at_s);
            go(&rig, CALL, S, own);
            hear(&rig, CALL, B, Source::Leg(A));
            hear(&rig, own, S, Source::Silence);
            let [_, at_b, at_s] = converse([&mut a, &mut b, &mut s], 40);
            assert_hears(&b, &at_b, &[400], &format!("{round}: the agent, alone again"));
            assert_hears(&s, &at_s, &[], &format!("{round}: the supervisor, alone again"));
            stream.extend(at_s);
        }
        assert_one_stream(&stream);
        assert_eq!(rig.engine.health().legs, 3);
        let slot = slot_of(S);
        rig.engine.command(MediaCommand::Close { call: own, leg: S, slot });
        let whole = rig.until(|event| match event {
            MediaEvent::Closed { leg: S, whole, .. } => Some(*whole),
            _ => None,
        });
        assert_eq!(
            (whole.received.packets, whole.received.lost),
            (10 + 3 * 90, 0),
            "nothing that it said is lost"
        );
        UdpSocket::bind(("127.0.0.1", s.port)).unwrap();
    }
}

/// To and fro faster than the threads can follow: at the end the leg is where it was sent last.
#[test]
fn many_moves_at_once_are_made_in_their_order() {
    let rig = Rig::with(|settings| settings.threads = 3);
    let [mut a, mut b, mut s] = TONES.map(|hz| Phone::new("PCMA", 8, hz));
    let calls = [CALL, NEXT, SAME];
    for (call, (leg, phone)) in calls.into_iter().zip([(A, &mut a), (B, &mut b), (S, &mut s)]) {
        rig.leg_of(call, leg, phone);
    }
    for round in 0..120 {
        // Each goes from its call to the next one, all three at once.
        for (at, leg) in [A, B, S].into_iter().enumerate() {
            go(&rig, calls[(at + round) % 3], leg, calls[(at + round + 1) % 3]);
        }
    }
    for (at, leg) in [A, B, S].into_iter().enumerate() {
        go(&rig, calls[at], leg, CALL);
    }
    hear(&rig, CALL, A, mix(&[B, S]));
    rig.settle();
    let [at_a, _, _] = converse([&mut a, &mut b, &mut s], 50);
    assert_hears(&a, &at_a, &[1_000, 1_700], "all in one call");
    assert_eq!(rig.engine.health().legs, 3);
}

#[test]
fn a_leg_that_never_comes_is_not_waited_for_and_its_close_is_answered() {
    let rig = Rig::with(|settings| settings.threads = 2);
    let mut a = Phone::new("PCMA", 8, 440);
    rig.leg(A, &mut a);
    // Its ports cannot be opened: nobody has so many.
    rig.engine.command(MediaCommand::Open { call: NEXT, leg: S, slot: PortSlot(999) });
    go(&rig, NEXT, S, CALL);
    hear(&rig, CALL, A, Source::Leg(S));
    rig.engine.command(MediaCommand::Close { call: CALL, leg: S, slot: PortSlot(999) });
    rig.until(|event| matches!(event, MediaEvent::Closed { leg: S, .. }).then_some(()));
    hear(&rig, CALL, A, Source::Echo);
    rig.settle();
    let mut itself = Phone { socket: a.socket.try_clone().unwrap(), ..Phone::new("PCMA", 8, 440) };
    itself.port = a.port;
    passes(&mut itself, &a, 5);
}

#[test]
fn a_leg_that_is_closed_on_its_way_is_closed_once() {
    let rig = Rig::with(|settings| settings.threads = 2);
    for round in 0..50 {
        let mut s = Phone::new("PCMA", 8, 440);
        rig.leg_of(NEXT, S, &mut s);
        go(&rig, NEXT, S, CALL);
        rig.engine.command(MediaCommand::Close { call: CALL, leg: S, slot: slot_of(S) });
        rig.until(|event| matches!(event, MediaEvent::Closed { leg: S, .. }).then_some(()));
        assert_eq!(rig.engine.health().legs, 0, "round {round}");
    }
    rig.settle();
    let again = rig.events.try_iter().filter(|event| matches!(event, MediaEvent::Closed { .. })).count();
    assert_eq!(again, 0);
}

#[test]
fn a_shutdown_amid_moves_frees_all_ports() {
    for _ in 0..20 {
        let rig = Rig::with(|settings| settings.threads = 2);
        let mut s = Phone::new("PCMA", 8, 440);
        rig.leg_of(NEXT, S, &mut s);
        for _ in 0..5 {
            go(&rig, NEXT, S, CALL);
            go(&rig, CALL, S, NEXT);
        }
        rig.engine.shutdown();
        UdpSocket::bind(("127.0.0.1", s.port)).unwrap();
        assert_eq!(rig.engine.health().legs, 0);
    }
}

/// A thread that died sends no leg. What its call is told is bounded meanwhile, and done after two seconds.
#[test]
fn a_call_does_not_wait_for_ever_and_not_for_more_than_it_can_keep() {
    let rig = Rig::with(|settings| settings.threads = 2);
    let mut a = Phone::new("PCMA", 8, 440);
    rig.leg(A, &mut a);
    rig.settle();
    rig.engine.inbox_of(CALL).unwrap().give(Order::Expect(u64::MAX, CALL));
    hear(&rig, CALL, A, Source::Echo);
    let begin = std::time::Instant::now();
    // The first of these waits; those that are too many are refused at once.
    for leg in 0..=inbox::COMMANDS_MAX as u64 {
        if leg % 1_000 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        rig.engine.command(MediaCommand::Open { call: CALL, leg: LegId(100 + leg), slot: PortSlot(999) });
    }
    let why = rig.until(|event| match event {
        MediaEvent::OpenFailed { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert_eq!(why, "the media thread is overloaded");
    assert!(begin.elapsed().as_millis() < 2_000, "{:?}", begin.elapsed());
    rig.until(|event| matches!(event, MediaEvent::OpenFailed { leg: LegId(100), .. }).then_some(()));
    let mut itself = Phone { socket: a.socket.try_clone().unwrap(), ..Phone::new("PCMA", 8, 440) };
    itself.port = a.port;
    passes(&mut itself, &a, 5);
}

/// A recording goes on without the leg that left, and takes in one that comes.
#[test]
fn the_recording_of_the_call_takes_in_who_comes() {
    let rig = Rig::with(|settings| settings.threads = 2);
    let [mut a, mut b, mut s] = TONES.map(|hz| Phone::new("PCMA", 8, hz));
    rig.call(&mut a, &mut b);
    rig.leg_of(NEXT, S, &mut s);
    rig.settle_of(NEXT);
    let subject = RecordingSubject {
        number: 4,
        from: Default::default(),
        with: Default::default(),
        started_ms: 1_700_000_000_000,
    };
    let legs = [(A, Channel::Left), (B, Channel::Right)];
    go(&rig, NEXT, S, CALL);
    // Behind the move: held, and then begun with all who are there.
    rig.engine.command(MediaCommand::Record { call: CALL, legs, subject });
    rig.engine.command(MediaCommand::RecordAlso { call: CALL, leg: S, channel: Channel::Right });
    rig.until(|event| matches!(event, MediaEvent::RecordingStarted { call: CALL }).then_some(()));
    rig.settle();
    converse([&mut a, &mut b, &mut s], 40);
    go(&rig, CALL, S, NEXT);
    converse([&mut a, &mut b, &mut s], 10);
    let facts = rig.stop_recording();
    assert!(facts.complete, "{facts:?}");
    let (channels, rate) = super::read(&rig.dir.path().join(&facts.file));
    let from = rate as usize * 3 / 10;
    for hz in [1_000, 1_700] {
        let level = switchroom_media::tone::goertzel_db(&channels[1][from..from + 1_600], hz, rate);
        assert!(level > -13.0, "{hz} Hz at {level} dB");
    }
    assert_eq!(rig.engine.health().legs, 3);
    assert_eq!(rig.tellers.lock().unwrap().intersection(&BTreeSet::from(["media-0".to_owned()])).count(), 1);
}

/// A thread that was held up for so long that the leg it was to give is not waited for any more: the leg is closed when it comes, and
/// its end is told, for nobody else would.
#[test]
fn a_leg_that_comes_when_nobody_waits_for_it_any_more_is_closed_and_told() {
    let (tell, events) = std::sync::mpsc::channel();
    let events_of = move |event: MediaEvent| {
        if let MediaEvent::OpenFailed { leg: LegId(98), .. } = &event {
            std::thread::sleep(std::time::Duration::from_millis(3_500));
        }
        drop(tell.send(event));
    };
    let rig = Rig { events, ..Rig::telling_with(Arc::new(events_of), |settings| settings.threads = 2) };
    let (mut a, mut s) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 440));
    rig.leg(A, &mut a);
    rig.leg_of(NEXT, S, &mut s);
    // Its ports cannot be opened, and who is told so takes his time.
    rig.engine.command(MediaCommand::Open { call: NEXT, leg: LegId(98), slot: PortSlot(999) });
    go(&rig, NEXT, S, CALL);
    rig.engine.command(MediaCommand::Close { call: CALL, leg: S, slot: slot_of(S) });
    let why = rig.until(|event| match event {
        MediaEvent::OpenFailed { leg: S, slot, why } if *slot == slot_of(S) => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("not waited for any more"), "{why}");
    assert_eq!(rig.engine.health().legs, 1);
    UdpSocket::bind(("127.0.0.1", s.port)).unwrap();
    UdpSocket::bind(("127.0.0.1", s.port + 1)).unwrap();
    rig.settle();
}
