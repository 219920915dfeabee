//! Callers in flows, with phones around the exchange.

use super::flow_site::{PATIENCE, at, flow, say, text};
use super::world::{World, sdp};
use crate::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_flow::node::{HangUpAs, Job};
use switchroom_flow::prompt::{Piece, Prompt};
use switchroom_flow::{Answer, Asking, Clip, Flows};
use switchroom_sip::endpoint::{SessionEvent, SessionId};
use switchroom_sip::status::Status;

/// A caller in a flow, and the phones of 102 and 103.
pub(super) struct Caller {
    pub(super) w: World,
    pub(super) a: SocketAddr,
    pub(super) b: SocketAddr,
    pub(super) c: SocketAddr,
    pub(super) call: SessionId,
    pub(super) leg: LegId,
}

impl Caller {
    pub(super) fn new(number: &str) -> Self {
        Self::with(number, sdp("192.0.2.11", "8 101", ""))
    }

    pub(super) fn with(number: &str, offer: Vec<u8>) -> Self {
        Self::in_world(World::new(), number, offer)
    }

    pub(super) fn in_world(mut w: World, number: &str, offer: Vec<u8>) -> Self {
        let a = w.registered("101", "192.0.2.11:5060");
        let b = w.registered("102", "192.0.2.12:5060");
        let c = w.registered("103", "192.0.2.13:5060");
        let call = w.dial(a, number, Some(offer));
        w.ms(100);
        let leg = w.x.calls().next().map_or(LegId(0), |call| call.caller);
        Self { w, a, b, c, call, leg }
    }

    pub(super) fn digit(&mut self, digit: char) {
        let leg = self.leg;
        self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        self.w.ms(10);
    }

    /// The clips that were asked to be played last.
    pub(super) fn playing(&self) -> (u64, Vec<Clip>) {
        let last = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { number, clips, .. } => Some((*number, clips.clone())),
            _ => None,
        });
        last.unwrap_or_default()
    }

    pub(super) fn hears(&self, name: &str) -> bool {
        self.playing().1.iter().any(|clip| matches!(clip, Clip::Prompt { name: n, .. } if n == name))
    }

    /// What plays is heard to its end.
    pub(super) fn heard(&mut self) {
        let (leg, number) = (self.leg, self.playing().0);
        self.w.input(Input::Media(MediaEvent::Played { leg, number }));
        self.w.ms(10);
    }

    pub(super) fn stage(&self) -> Stage {
        self.w.x.calls().next().unwrap().stage.clone()
    }
}

#[test]
fn a_caller_chooses_is_connected_rates_and_is_hung_up() {
    let mut t = Caller::new("500");
    assert!(
        t.w.told(t.a).iter().any(|e| matches!(e, SessionEvent::Answered(Some(_)))),
        "answered to be heard"
    );
    assert!(t.hears("menu"));
    t.heard();
    t.digit('1');
    assert_eq!(t.stage(), Stage::Seeking);
    assert_eq!(t.playing(), (0, vec![Clip::Ringing]), "a caller who was answered hears ringing from us");
    t.w.take(t.c);
    let ring = t.w.answer(t.b);
    assert!(matches!(t.stage(), Stage::Talking { .. }));
    assert!(t.w.phones[&t.c].heard.iter().any(|l| l.starts_with("CANCEL")), "the other phone stops ringing");
    assert_eq!(t.w.x.calls_of("103").count(), 0, "and its person is free");
    t.w.run(Duration::from_secs(20));
    t.w.hang_up(t.b, ring);
    assert_eq!((t.stage(), t.w.x.calls_of("102").count()), (Stage::Flow, 0));
    assert!(t.hears("rate"), "the flow goes on after the talk");
    t.heard();
    t.digit('5');
    t.w.ms(100);
    let cdr = t.w.cdr();
    assert_eq!((cdr.ending.cause, &cdr.ending.by), (Cause::HungUp, &EndedBy::System));
    assert_eq!((cdr.flow.as_deref(), &cdr.answers[..]), (Some("500"), &[("kindness".to_owned(), '5')][..]));
    assert_eq!(cdr.with.as_ref().map(|p| p.number.as_str()), Some("102"));
    assert!(cdr.recorded && cdr.legs.len() == 3);
    let steps: Vec<_> =
        cdr.path.iter().map(|s| s.text.as_str()).filter(|s| s.starts_with("500: n")).collect();
    assert_eq!(steps, ["500: n0 (begin)", "500: n1 (key 1)", "500: n3 (after)"]);
    t.w.settle();
}

#[test]
fn nobody_answers_and_the_caller_leaves_a_message() {
    for in_turn in [false, true] {
        let mut t = Caller::new(if in_turn { "501" } else { "500" });
        t.digit('1');
        if in_turn {
            t.w.reject(t.b, Status::BUSY);
            assert_eq!(t.stage(), Stage::Seeking, "the next one is tried");
            t.w.run(Duration::from_secs(11));
        } else {
            t.w.run(Duration::from_secs(11));
        }
        assert!(t.hears("msg/leave-message"), "{:?}", t.playing());
        assert_eq!(t.playing().1.last(), Some(&Clip::Beep));
        t.heard();
        let message = t.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::TakeMessage { message, .. } => Some(message.clone()),
            _ => None,
        });
        let message = message.unwrap();
        // A key ends it, and is nothing else.
        t.digit('#');
        assert!(matches!(t.w.media.last(), Some(MediaCommand::StopMessage { is_kept: true, .. })));
        let facts = MessageFacts { file: "m.wav".into(), length_ms: 4_200, bytes: 1, sha256: "00".into() };
        let taken = |message: &str| MediaEvent::MessageTaken {
            leg: LegId(1),
            message: message.into(),
            taken: Taken::Kept(facts.clone()),
            why: String::new(),
        };
        t.w.input(Input::Media(taken(&message)));
        assert_eq!(t.w.x.messages_of("102").len(), 1);
        assert!(t.hears("msg/message-saved"));
        t.heard();
        t.w.ms(100);
        assert_eq!(t.w.cdr().ending.cause, Cause::HungUp);
        // One that nobody asked for any more leaves no file behind.
        t.w.input(Input::Media(taken("another")));
        assert!(
            matches!(t.w.media.last(), Some(MediaCommand::DropMessage { message }) if message == "another")
        );
        // Too old: it goes.
        t.w.run(Duration::from_secs(2 * 86_400));
        assert!(t.w.x.messages_of("102").is_empty());
        t.w.settle();
    }
}

#[test]
fn a_caller_who_hangs_up_while_speaking_leaves_the_message() {
    let mut t = Caller::new("500");
    t.digit('2');
    t.heard();
    let call = t.call;
    t.w.hang_up(t.a, call);
    let id = t.w.cdr().call;
    let facts = MessageFacts { file: "m.wav".into(), length_ms: 900, bytes: 1, sha256: "00".into() };
    let leg = t.leg;
    t.w.input(Input::Media(MediaEvent::MessageTaken {
        leg,
        message: format!("{id}-1").to_lowercase(),
        taken: Taken::Kept(facts),
        why: String::new(),
    }));
    assert_eq!(t.w.x.messages_of("102").len(), 1);
    // Somebody deletes it, and nothing is left to look through.
    let now = t.w.now;
    assert!(t.w.x.message_deleted(now, &format!("{id}-1").to_lowercase()).is_some());
    t.w.input(Input::Tick);
    t.w.settle();
}

#[test]
fn the_caller_may_go_at_any_time() {
    for stop in 0..6 {
        let mut t = Caller::new("500");
        let mut steps = 0;
        let mut is_time = || {
            steps += 1;
            steps > stop
        };
        'walk: {
            if is_time() {
                break 'walk;
            }
            t.heard();
            if is_time() {
                break 'walk;
            }
            t.digit('1');
            if is_time() {
                break 'walk;
            }
            let ring = t.w.answer(t.b);
            if is_time() {
                break 'walk;
            }
            t.w.hang_up(t.b, ring);
            if is_time() {
                break 'walk;
            }
            t.heard();
        }
        let call = t.call;
        t.w.hang_up(t.a, call);
        assert_eq!(t.w.cdr().ending.by, EndedBy::Party(End::Caller), "at {stop}");
        t.w.settle();
    }
}

#[test]
fn a_flow_turns_callers_away_without_answering() {
    for (number, status, cause) in [("502", 486, Cause::Busy), ("503", 404, Cause::NotFound)] {
        let mut t = Caller::new(number);
        assert!(matches!(&t.w.told(t.a)[..], [SessionEvent::Rejected(r)] if r.status.code() == status));
        assert_eq!((t.w.cdr().ending.cause, t.w.cdr().answered_ms), (cause, None));
        t.w.settle();
    }
}

/// A flow that dials before it says anything: the caller hears its own phone's ringing, and is answered by the person.
#[test]
fn a_flow_may_dial_before_it_answers() {
    let mut t = Caller::new("506");
    let (ring, _) = t.w.take(t.b);
    let now = t.w.now.mono;
    t.w.end(t.b).progress(now, ring, Status::RINGING, None);
    t.w.ms(100);
    assert!(t.w.told(t.a).iter().any(|e| matches!(e, SessionEvent::Progress(Status::RINGING, None))));
    let now = t.w.now.mono;
    t.w.end(t.b).reject(now, ring, Status::BUSY, &Default::default());
    t.w.ms(100);
    // The next one rings too, and the caller is told again.
    t.w.answer(t.c);
    assert!(t.w.told(t.a).iter().any(|e| matches!(e, SessionEvent::Answered(Some(_)))));
    let call = t.call;
    t.w.hang_up(t.a, call);
    assert!(t.w.cdr().answered_ms >= t.w.cdr().ringing_ms);
    t.w.settle();
}

/// A phone's early media is not passed to a caller whom the flow may have back: nothing of that phone is heard then.
#[test]
fn early_media_stays_out_of_flows() {
    let mut t = Caller::new("506");
    let (ring, _) = t.w.take(t.b);
    let now = t.w.now.mono;
    t.w.end(t.b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    assert!(t.w.told(t.a).iter().all(|e| !matches!(e, SessionEvent::Progress(_, Some(_)))));
    assert_eq!(t.w.hears(), []);
    let (a, call) = (t.a, t.call);
    t.w.hang_up(a, call);
    t.w.settle();
}

/// Keys are waited for only from who was answered: a phone that vanished before would keep its call for ever.
#[test]
fn who_is_asked_without_words_is_answered() {
    let mut config = super::world::config();
    let ask = Job::Survey {
        prompt: Prompt { any: Some(vec![Piece::Text(" ".into())]), by_language: BTreeMap::new() },
        question: "q".into(),
        keys: "1".into(),
        patience: PATIENCE,
        next: at(0),
        silent: at(0),
    };
    config.flows = Flows::from([flow("600", vec![ask], None)]);
    let mut w = World::with(config, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    w.dial(a, "600", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Answered(Some(_)))));
}

/// A caller who fell silent while it talked does not keep its call when it comes back into the flow.
#[test]
fn who_comes_back_silent_is_given_up() {
    let mut t = Caller::new("500");
    t.digit('1');
    let ring = t.w.answer(t.b);
    let leg = t.leg;
    t.w.input(Input::Media(MediaEvent::Missing { leg, for_ms: 5_000, refused: 0, refused_from: None }));
    t.w.hang_up(t.b, ring);
    assert_eq!(t.stage(), Stage::Flow);
    t.w.run(Duration::from_secs(61));
    assert_eq!(t.w.cdr().ending.cause, Cause::MediaLost);
    t.w.settle();
}

/// One key press that comes as an event and as INFO is one.
#[test]
fn a_key_counts_once_however_it_comes() {
    let mut t = Caller::new("504");
    let (a, call) = (t.a, t.call);
    for digit in ['4', '7', '1'] {
        t.digit(digit);
        let now = t.w.now.mono;
        t.w.end(a).info(
            now,
            call,
            "application/dtmf-relay",
            format!("Signal={digit}\r\nDuration=160\r\n").into(),
        );
        t.w.ms(100);
    }
    assert!(!t.hears("thanks"), "three keys, not six");
    t.digit('1');
    assert!(t.hears("thanks"));
    t.w.hang_up(a, call);
    // What was pressed stands nowhere: not in a record, not in the path, not among the messages of the call.
    let records = format!("{:?}", t.w.records);
    assert!(
        !records.contains("4711") && !records.contains("pressed") && !records.contains("key 4"),
        "{records}"
    );
    let ladder = t.w.x.ladders().get(t.w.cdr().call).unwrap();
    for entry in &ladder.entries {
        if let EntryKind::Message { bytes, .. } = &entry.kind {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("Signal=4") && !text.contains("Signal=7"), "{text}");
        }
    }
    t.w.settle();
}

/// The call is over on our side, the caller's phone does not know yet: a PIN's last digit is as secret as its first.
#[test]
fn a_key_that_crosses_the_end_of_its_call_is_not_shown() {
    let mut t = Caller::new("504");
    let (now, a, call) = (t.w.now.mono, t.a, t.call);
    let id = t.w.x.calls().next().unwrap().id;
    t.w.input(Input::Command { id: CommandId(1), user: "ana".into(), command: Command::HangUp(id) });
    t.w.end(a).info(now, call, "application/dtmf", b"7".to_vec());
    t.w.ms(100);
    let ladder = t.w.x.ladders().get(id).unwrap();
    let infos = ladder.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Message { bytes, .. } => Some(String::from_utf8_lossy(bytes)),
        EntryKind::Decision(_) => None,
    });
    let infos: Vec<_> = infos.filter(|text| text.starts_with("INFO ")).collect();
    assert!(infos.len() == 1 && infos[0].ends_with("\r\n\r\nx"), "{infos:?}");
    assert!(!format!("{:?}", t.w.records).contains("pressed"));
    t.w.settle();
}

#[test]
fn keys_in_info_reach_a_flow() {
    let mut t = Caller::new("500");
    let (now, a, call) = (t.w.now.mono, t.a, t.call);
    t.w.end(a).info(now, call, "application/dtmf", b"1".to_vec());
    t.w.ms(100);
    assert_eq!(t.stage(), Stage::Seeking);
}

/// A phone without events: digits are looked for in its sound, but not while it talks.
#[test]
fn digits_are_looked_for_in_the_sound_of_phones_without_events() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "500", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    let listens = |w: &World| {
        let all = w
            .media
            .iter()
            .filter_map(|c| if let MediaCommand::Listen { is_on, .. } = c { Some(*is_on) } else { None });
        all.collect::<Vec<_>>()
    };
    assert_eq!(listens(&w), [true]);
    let leg = w.x.calls().next().unwrap().caller;
    w.input(Input::Media(MediaEvent::Digit { leg, digit: '1' }));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
    w.ms(100);
    assert_eq!(listens(&w), [true, false]);
    w.hang_up(b, ring);
    assert_eq!(listens(&w), [true, false, true]);
}

/// What a flow does when its caller has hung up goes on after the call.
#[test]
fn a_flow_cleans_up_after_the_call() {
    for answer in [Answer::Json(serde_json::json!({})), Answer::Failed("no such program".into())] {
        let mut t = Caller::new("505");
        let call = t.call;
        t.w.hang_up(t.a, call);
        let id = t.w.cdr().call;
        let (number, asking) = t.w.asked[0].clone();
        assert!(matches!(asking, Asking::Exec { input, .. } if input.text == "{\"caller\":\"101\"}"));
        t.w.run(Duration::from_secs(10));
        assert!(t.w.x.call(id).is_some(), "the call does not leave the board before its flow");
        t.w.input(Input::Answered { call: id, number, answer });
        t.w.settle();
    }
}

#[test]
fn hold_does_not_disturb_a_prompt() {
    let mut t = Caller::new("500");
    let before = t.w.media.iter().filter(|c| matches!(c, MediaCommand::Hear { .. })).count();
    let (a, call) = (t.a, t.call);
    t.w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
    t.w.offer(a, call, sdp("192.0.2.11", "8 101", ""));
    let after = t.w.media.iter().filter(|c| matches!(c, MediaCommand::Hear { .. })).count();
    assert_eq!(before, after);
    t.digit('1');
    let ring = t.w.answer(t.b);
    t.w.hang_up(t.b, ring);
}

/// The exchange cannot be made to ring for ever: a flow may send a call on twice.
#[test]
fn a_call_is_sent_on_twice_at_most() {
    let mut config = super::world::config();
    let again = Job::Dial {
        to: vec![text("102")],
        in_turn: false,
        ring: None,
        busy: at(0),
        no_answer: at(0),
        failed: at(1),
        after: None,
    };
    let bye = Job::HangUp { prompt: say("bye"), as_busy: HangUpAs::Normal };
    config.flows = Flows::from([flow("600", vec![again, bye], None)]);
    let mut w = World::with(config, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "600", Some(sdp("192.0.2.11", "8 101", "")));
    for _ in 0..3 {
        w.ms(100);
        let (ring, _) = w.take(b);
        let now = w.now.mono;
        w.end(b).reject(now, ring, Status::BUSY, &Default::default());
    }
    w.ms(100);
    let rung = w.phones[&b].heard.iter().filter(|l| l.starts_with("INVITE")).count();
    assert_eq!(rung, 3);
    assert!(w.x.alarm("flow:600").is_some(), "who runs the site is told");
}
