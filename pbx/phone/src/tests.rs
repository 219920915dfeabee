#![allow(clippy::unwrap_used, clippy::panic)]
//! Two phones and a wire between them, in simulated time.

use crate::digits::{DigitsBy, InfoForm};
use crate::script::{Actor, Course, Outcome, Plan, Profile};
use crate::{
    Answering, Codec, EndedBy, HoldForm, Phone, PhoneCommand, PhoneError, PhoneEvent, PhoneSettings,
};
use std::collections::VecDeque;
use std::time::Duration;
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::sdp::Direction;
use switchroom_sip::status::Status;
use switchroom_sip::time::Mono;

mod registering;

fn flow(from: usize, to: usize) -> Flow {
    let address = |n: usize| format!("192.0.2.{}:5060", n + 1).parse().unwrap();
    Flow { transport: Transport::Udp, local: address(from), remote: address(to), connection: 0 }
}

fn settings(n: usize) -> PhoneSettings {
    let mut settings = PhoneSettings::new(&(101 + n).to_string(), "secret", "example.com");
    settings.display_name = ["Ana", "Bo"][n].into();
    settings
}

/// `0` and `1`, each the other's exchange.
struct Pair {
    phones: [Phone; 2],
    now: Mono,
    wire: VecDeque<(Mono, usize, Vec<u8>)>,
    seen: Vec<String>,
}

impl Pair {
    fn new() -> Self {
        Self::with(settings(0), settings(1))
    }

    fn with(a: PhoneSettings, b: PhoneSettings) -> Self {
        let rtp = |n: usize| format!("192.0.2.{}:4000", n + 1).parse().unwrap();
        let phones = [Phone::new(a, flow(0, 1), rtp(0), 1), Phone::new(b, flow(1, 0), rtp(1), 2)];
        Self { phones, now: Mono(0), wire: VecDeque::new(), seen: vec![] }
    }

    fn collect(&mut self) {
        for end in 0..2 {
            while let Some(t) = self.phones[end].poll_transmit() {
                let text = String::from_utf8_lossy(&t.bytes).into_owned();
                let words: Vec<&str> = text.lines().next().unwrap().split(' ').collect();
                let word = if words[0] == "SIP/2.0" { words[1] } else { words[0] };
                self.seen.push(format!("{}{word}", ["a:", "b:"][end]));
                self.wire.push_back((self.now.after(Duration::from_millis(5)), 1 - end, t.bytes.to_vec()));
            }
        }
    }

    fn run(&mut self, ms: u64) {
        let end = self.now.after(Duration::from_millis(ms));
        loop {
            self.collect();
            let wire = self.wire.front().map(|(at, ..)| *at);
            let due = [wire, self.phones[0].poll_timeout(), self.phones[1].poll_timeout()]
                .into_iter()
                .flatten()
                .min();
            let Some(due) = due.filter(|d| *d <= end) else { break };
            self.now = due.max(self.now);
            if wire == Some(due) {
                let (_, to, bytes) = self.wire.pop_front().unwrap();
                self.phones[to].receive(self.now, &bytes);
            } else {
                for phone in &mut self.phones {
                    phone.handle_due(self.now);
                }
            }
        }
        self.now = end;
    }

    fn told(&mut self, end: usize) -> Vec<PhoneEvent> {
        std::iter::from_fn(|| self.phones[end].poll_event()).collect()
    }

    fn up(&mut self) {
        self.phones[1].settings.answering = Answering::After(Duration::from_millis(100));
        self.phones[0].call(self.now, "102").unwrap();
        self.run(300);
        for end in 0..2 {
            assert!(matches!(self.told(end).last(), Some(PhoneEvent::Up(_))), "{end} {:?}", self.seen);
        }
        self.seen.clear();
    }

    fn settle(&mut self) {
        self.run(120_000);
        assert!(self.phones.iter().all(|p| p.is_settled() && !p.is_in_call()), "{:?}", self.seen);
    }
}

fn incoming() -> PhoneEvent {
    PhoneEvent::Incoming { from: "101".into(), name: "Ana".into() }
}

fn ended(by: EndedBy, status: Option<Status>) -> PhoneEvent {
    PhoneEvent::Ended { by, status, reason: None }
}

#[test]
fn a_call_is_made_answered_and_ended_by_either_side() {
    for hangs_up in 0..2 {
        let mut p = Pair::new();
        p.phones[1].settings.answering = Answering::After(Duration::from_secs(2));
        p.phones[0].call(p.now, "102").unwrap();
        assert_eq!(p.phones[0].call(p.now, "103"), Err(PhoneError::InCall));
        p.run(1_000);
        assert_eq!(p.told(0), [PhoneEvent::Ringing]);
        assert_eq!(p.told(1), [incoming()]);
        p.run(1_500);
        let (a, b) = (p.told(0), p.told(1));
        let ([PhoneEvent::Up(a)], [PhoneEvent::Up(b)]) = (&a[..], &b[..]) else { panic!("{a:?} {b:?}") };
        assert_eq!((a.codec, b.codec), (Codec::Pcma, Codec::Pcma));
        assert_eq!(
            (a.remote, b.remote),
            (Some("192.0.2.2:4000".parse().unwrap()), Some("192.0.2.1:4000".parse().unwrap()))
        );
        assert_eq!((a.direction, b.direction), (Direction::SendRecv, Direction::SendRecv));
        p.phones[hangs_up].hang_up(p.now).unwrap();
        p.run(50);
        assert_eq!(p.told(hangs_up), [ended(EndedBy::Us, None)]);
        assert_eq!(p.told(1 - hangs_up), [ended(EndedBy::Peer, None)]);
        assert_eq!(p.phones[0].hang_up(p.now), Err(PhoneError::NoCall));
        p.settle();
    }
}

#[test]
fn each_way_not_to_answer_is_told_to_both() {
    for (answering, status) in [(Answering::Busy, Status::BUSY), (Answering::Decline, Status::DECLINE)] {
        let mut p = Pair::new();
        p.phones[1].settings.answering = answering;
        p.phones[0].call(p.now, "102").unwrap();
        p.run(100);
        assert_eq!(p.told(0), [ended(EndedBy::Peer, Some(status))]);
        assert_eq!(p.told(1), [incoming(), ended(EndedBy::Us, Some(status))]);
        p.settle();
    }
    // It rings for ever, until the caller gives up.
    let mut p = Pair::new();
    p.phones[0].call(p.now, "102").unwrap();
    p.run(60_000);
    p.phones[0].hang_up(p.now).unwrap();
    p.run(100);
    assert_eq!(p.told(0), [PhoneEvent::Ringing, ended(EndedBy::Us, None)]);
    assert_eq!(p.told(1), [incoming(), ended(EndedBy::Peer, Some(Status::TERMINATED))]);
    assert_eq!(p.seen, ["a:INVITE", "b:100", "b:180", "a:CANCEL", "b:200", "b:487", "a:ACK"]);
    p.settle();
}

#[test]
fn nothing_in_common_is_refused() {
    let mut other = settings(1);
    other.codecs = vec![Codec::G722];
    let mut p = Pair::with(settings(0), other);
    p.phones[0].call(p.now, "102").unwrap();
    p.run(100);
    assert_eq!(p.told(0), [ended(EndedBy::Peer, Some(Status::NOT_ACCEPTABLE_HERE))]);
    assert_eq!(p.told(1), []);
    p.settle();
}

#[test]
fn a_second_call_finds_the_phone_busy() {
    let mut p = Pair::new();
    p.up();
    let second = b"INVITE sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKq\r\n\
        From: <sip:103@h>;tag=q\r\nTo: <sip:102@h>\r\nCall-ID: q\r\nCSeq: 1 INVITE\r\nContact: <sip:103@192.0.2.1>\r\n\
        Content-Length: 0\r\n\r\n";
    p.phones[1].receive(p.now, second);
    p.collect();
    assert_eq!(p.seen, ["b:100", "b:486"]);
    assert_eq!(p.told(1), []);
    assert!(p.phones[1].is_in_call());
}

#[test]
fn early_media_is_told_to_both() {
    let mut other = settings(1);
    other.early_media = true;
    let mut p = Pair::with(settings(0), other);
    p.phones[0].call(p.now, "102").unwrap();
    p.run(100);
    assert!(matches!(&p.told(0)[..], [PhoneEvent::EarlyMedia(plan)] if plan.codec == Codec::Pcma));
    assert!(matches!(&p.told(1)[..], [PhoneEvent::Incoming { .. }, PhoneEvent::EarlyMedia(_)]));
    p.phones[1].answer(p.now).unwrap();
    p.run(100);
    assert!(matches!(&p.told(0)[..], [PhoneEvent::Up(_)]));
    p.phones[0].hang_up(p.now).unwrap();
    p.settle();
}

#[test]
fn hold_and_resume_in_each_form_from_either_side() {
    for form in [HoldForm::SendOnly, HoldForm::Inactive, HoldForm::NullAddress] {
        for holder in 0..2 {
            let mut p = Pair::new();
            p.up();
            p.phones[holder].hold(p.now, form).unwrap();
            assert_eq!(p.phones[holder].resume(p.now), Err(PhoneError::NotNow));
            p.run(100);
            let direction = |events: &[PhoneEvent]| match events {
                [PhoneEvent::MediaChanged(plan)] => plan.direction,
                other => panic!("{form:?} {other:?}"),
            };
            let (ours, theirs) = (direction(&p.told(holder)), direction(&p.told(1 - holder)));
            assert!(!ours.receives() && !theirs.sends(), "{form:?} {ours:?} {theirs:?}");
            assert_eq!(ours.sends(), form != HoldForm::Inactive);
            p.phones[holder].resume(p.now).unwrap();
            p.run(100);
            assert_eq!(direction(&p.told(holder)), Direction::SendRecv);
            assert_eq!(direction(&p.told(1 - holder)), Direction::SendRecv);
            p.phones[0].hang_up(p.now).unwrap();
            p.settle();
        }
    }
}

#[test]
fn both_hold_and_each_takes_back_their_own() {
    let mut p = Pair::new();
    p.up();
    p.phones[0].hold(p.now, HoldForm::SendOnly).unwrap();
    p.run(100);
    p.phones[1].hold(p.now, HoldForm::SendOnly).unwrap();
    p.run(100);
    p.phones[0].resume(p.now).unwrap();
    p.run(100);
    let plan = |p: &Pair, end: usize| p.phones[end].media().unwrap().direction;
    assert_eq!((plan(&p, 0), plan(&p, 1)), (Direction::RecvOnly, Direction::SendOnly));
    p.phones[1].resume(p.now).unwrap();
    p.run(100);
    assert_eq!((plan(&p, 0), plan(&p, 1)), (Direction::SendRecv, Direction::SendRecv));
    p.phones[0].hang_up(p.now).unwrap();
    p.settle();
}

/// Nobody here can put a call through: the other phone says so, and both talk on.
/// The other phone does one call at a time; that two sides are connected is a scenario.
#[test]
fn somebody_is_asked_beside_a_call_that_is_held() {
    let mut p = Pair::new();
    assert_eq!(p.phones[0].consult(p.now, "103"), Err(PhoneError::NoCall));
    p.up();
    assert_eq!(p.phones[0].connect(p.now, false), Err(PhoneError::NoCall));
    assert_eq!(p.phones[0].end_second(p.now), Err(PhoneError::NoCall));
    p.phones[0].consult(p.now, "102").unwrap();
    assert!(p.phones[0].is_consulting());
    assert_eq!(p.phones[0].consult(p.now, "103"), Err(PhoneError::InCall));
    p.run(500);
    let told = p.told(0);
    let second = |told: &PhoneEvent| match told {
        PhoneEvent::Second(event) => match &**event {
            PhoneEvent::Ended { by, status, .. } => Some((*by, *status)),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(told.iter().find_map(second), Some((EndedBy::Peer, Some(Status::BUSY))), "{told:?}");
    assert!(
        told.iter()
            .any(|event| matches!(event, PhoneEvent::MediaChanged(plan) if !plan.direction.receives()))
    );
    assert!(!p.phones[0].is_consulting() && p.phones[0].is_in_call());
    p.phones[0].resume(p.now).unwrap();
    p.run(500);
    // Who gives up asking has the first call, too.
    p.phones[0].consult(p.now, "102").unwrap();
    p.phones[0].end_second(p.now).unwrap();
    p.phones[0].hang_up(p.now).unwrap();
    assert!(!p.phones[0].is_in_call());
    p.settle();
}

#[test]
fn a_transfer_is_asked_for_and_the_call_goes_on() {
    let mut p = Pair::new();
    assert_eq!(p.phones[0].transfer(p.now, "103"), Err(PhoneError::NoCall));
    p.up();
    assert_eq!(p.phones[0].transfer(p.now, "1 3"), Err(PhoneError::BadNumber));
    p.phones[0].command(p.now, &PhoneCommand::Transfer("103".into())).unwrap();
    p.run(100);
    assert_eq!(p.told(1), []);
    assert!(p.phones[0].is_in_call() && p.phones[1].is_in_call());
    p.phones[0].hang_up(p.now).unwrap();
    p.settle();
}

#[test]
fn digits_by_info_arrive_in_each_form() {
    for form in [InfoForm::Relay, InfoForm::Plain, InfoForm::Event] {
        let mut p = Pair::new();
        p.phones[0].settings.info_form = form;
        p.up();
        p.phones[0].command(p.now, &PhoneCommand::Digits("5#".into(), DigitsBy::Info)).unwrap();
        assert_eq!(p.phones[0].send_info(p.now, 'x'), Err(PhoneError::BadNumber));
        p.run(100);
        let digits = ['5', '#'].map(|digit| PhoneEvent::Digit { digit, by: DigitsBy::Info });
        assert_eq!(p.told(1), digits);
        assert_eq!(
            p.phones[0].command(p.now, &PhoneCommand::Digits("5".into(), DigitsBy::Rtp)),
            Err(PhoneError::Runner)
        );
        p.phones[0].hang_up(p.now).unwrap();
        p.settle();
    }
}

#[test]
fn requests_outside_of_calls() {
    let mut p = Pair::new();
    for (method, want) in
        [("OPTIONS", "b:200"), ("NOTIFY", "b:405"), ("FROBNICATE", "b:405"), ("REGISTER", "b:405")]
    {
        let text = format!(
            "{method} sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{method}\r\n\
            From: <sip:x@h>;tag=q\r\nTo: <sip:102@h>\r\nCall-ID: q{method}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
        );
        p.phones[1].receive(p.now, text.as_bytes());
        let sent = p.phones[1].poll_transmit().unwrap();
        let answer = String::from_utf8_lossy(&sent.bytes).into_owned();
        assert!(answer.starts_with(&format!("SIP/2.0 {}", &want[2..])), "{method}: {answer}");
        assert!(answer.contains("Allow: INVITE, ACK, BYE"), "{answer}");
    }
}

#[test]
fn a_call_goes_on_over_a_new_connection_and_ends_without_one() {
    let mut p = Pair::new();
    p.up();
    let old = p.phones[0].flow;
    p.phones[0].connection_lost(p.now);
    assert_eq!(p.told(0), []);
    p.phones[0].connected(p.now, old);
    p.phones[0].hang_up(p.now).unwrap();
    p.run(50);
    assert_eq!(p.told(1), [ended(EndedBy::Peer, None)]);
    p.settle();
    // While ringing there is nothing to go on with.
    let mut p = Pair::new();
    p.phones[0].call(p.now, "102").unwrap();
    p.run(50);
    p.told(0);
    p.phones[0].connection_lost(p.now);
    assert_eq!(p.told(0), [ended(EndedBy::Network, Some(Status::SERVICE_UNAVAILABLE))]);
    assert_eq!(p.phones[0].call(p.now, "102"), Err(PhoneError::NotConnected));
}

/// Two phones play a plan; what each tells of a call agrees with the other and with the plan.
#[test]
fn actors_play_their_plan() {
    let profile = Profile { calls_per_min: 10, ..Profile::default() };
    let plan = Plan::draw(&profile, 2, Duration::from_secs(900), 7);
    assert!(plan.calls.len() > 30, "{}", plan.calls.len());
    let numbers = ["101".to_owned(), "102".to_owned()];
    let mut p = Pair::new();
    let mut actors = [0, 1].map(|n| Actor::new(Mono(0), plan.parts(n, &numbers), Course::Decline));
    let mut outcomes: Vec<[Option<Outcome>; 2]> = vec![[None, None]; plan.calls.len()];
    for _ in 0..95_000 {
        p.run(10);
        for end in 0..2 {
            for event in p.told(end) {
                actors[end].handle(p.now, &event);
            }
            actors[end].handle_due(p.now);
            while let Some(command) = actors[end].poll_command() {
                // The exchange that would give up ringing is not there.
                if p.phones[end].command(p.now, &command).is_err()
                    && !matches!(command, PhoneCommand::Digits(_, DigitsBy::Rtp))
                {
                    actors[end].refused(p.now, &command);
                }
            }
            while let Some(outcome) = actors[end].poll_outcome() {
                let call = outcome.call.unwrap() as usize;
                outcomes[call - 1][end] = Some(outcome);
            }
        }
        // The part of the exchange: it lets phones ring for a while only.
        for (end, actor) in actors.iter().enumerate() {
            let engaged = actor.active().flatten().map(|n| &plan.calls[n as usize - 1]);
            if engaged.is_some_and(|c| {
                c.from == end && c.course == Course::NoAnswer && p.now.since(Mono(0)) >= c.at + profile.ring
            }) {
                let _ = p.phones[end].hang_up(p.now);
            }
        }
    }
    for (call, outcome) in plan.calls.iter().zip(&outcomes) {
        let [Some(a), Some(b)] = outcome else { panic!("{call} {outcome:?}") };
        let talked = matches!(call.course, Course::Talk { .. });
        assert_eq!((a.up.is_some(), b.up.is_some()), (talked, talked), "{call}");
        if let Course::Talk { talk, caller_ends, .. } = call.course {
            let (caller, called) = if call.from == 0 { (a, b) } else { (b, a) };
            let by = if caller_ends { caller.by } else { called.by };
            assert_eq!(by, EndedBy::Us, "{call}");
            let lasted = caller.ended.since(caller.up.unwrap());
            assert!(lasted.abs_diff(talk) < Duration::from_millis(60), "{call} {lasted:?}");
        }
    }
    assert_eq!((actors[0].left_out(), actors[1].left_out()), (0, 0));
    p.settle();
}
