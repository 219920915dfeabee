//! Consent to being recorded: who hears what before the two are connected, and what a refusal does.

use super::queues::{Floor, queue, site};
use super::world::{World, config, extension, sdp};
use crate::limits::CONSENT_MAX;
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_flow::{Clip, Language};
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::uri::Uri;

/// 101 has called 102, who has answered.
fn answered() -> (World, CallId, (SocketAddr, SessionId)) {
    let config = Config { consent: "consent".into(), consent_refuse: Some('9'), ..config() };
    let mut w = World::with(config, Restored::default());
    let (a, call, _, _) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    (w, id, (a, call))
}

/// The leg to which the prompt plays, and its number.
fn asked(w: &World) -> Option<(LegId, u64)> {
    w.media.iter().find_map(|command| match command {
        MediaCommand::Play { leg, number, clips, is_loop: false, .. } if !clips.is_empty() => {
            Some((*leg, *number))
        }
        _ => None,
    })
}

fn is_recorded(w: &World) -> bool {
    w.media.iter().any(|command| matches!(command, MediaCommand::Record { .. }))
}

fn has_mark(w: &World) -> bool {
    w.media.iter().any(|command| matches!(command, MediaCommand::Mark { kind, .. } if kind == "consent"))
}

fn are_connected(w: &World) -> bool {
    let hears =
        |command: &&MediaCommand| matches!(command, MediaCommand::Hear { source: Source::Leg(_), .. });
    w.media.iter().filter(hears).count() >= 2
}

#[test]
fn the_other_party_hears_it_first_and_then_the_recording_begins() {
    let (mut w, id, a) = answered();
    let (leg, number) = asked(&w).unwrap();
    assert_eq!(leg, w.x.call(id).unwrap().caller, "who called, of two who are alike");
    assert!(!is_recorded(&w) && !are_connected(&w));
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    assert!(is_recorded(&w) && are_connected(&w) && has_mark(&w));
    w.hang_up(a.0, a.1);
    w.settle();
}

/// A prompt that is too long, or whose end nobody tells: what was not heard was not agreed to.
#[test]
fn a_prompt_that_does_not_end_in_time_is_no_consent() {
    let (mut w, id, a) = answered();
    assert!(asked(&w).is_some());
    w.run(CONSENT_MAX + Duration::from_secs(1));
    assert!(are_connected(&w), "the two talk");
    assert!(!is_recorded(&w) && !has_mark(&w));
    assert!(w.events().iter().any(|name| name == "consent_missing"), "that is told");
    let start = Command::Record { call: id, act: RecordingAct::Start };
    w.command("boss", start).unwrap();
    assert!(is_recorded(&w) && !has_mark(&w), "by a person, who has asked otherwise");
    w.hang_up(a.0, a.1);
    w.settle();
}

/// The prompt does not exist, or the phone has a codec that we cannot make.
#[test]
fn what_was_not_there_to_be_heard_is_no_consent() {
    let (mut w, _, a) = answered();
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Unheard { leg, number }));
    w.ms(20);
    assert!(are_connected(&w) && !is_recorded(&w) && !has_mark(&w));
    assert!(w.events().iter().any(|name| name == "consent_missing"));
    w.hang_up(a.0, a.1);
    w.settle();
}

#[test]
fn who_refuses_by_key_is_not_recorded_by_anybody() {
    let (mut w, id, a) = answered();
    let (leg, _) = asked(&w).unwrap();
    for digit in ['5', '9'] {
        w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        w.ms(20);
        assert_eq!(are_connected(&w), digit == '9');
    }
    assert!(!is_recorded(&w));
    assert!(w.events().iter().any(|name| name == "recording_refused"));
    let start = Command::Record { call: id, act: RecordingAct::Start };
    let told = w.command("boss", start);
    assert_eq!(told, Err("in call 1 somebody was asked, and does not want to be recorded".into()));
    w.hang_up(a.0, a.1);
    w.settle();
    let cdrs = w.cdrs();
    assert!(
        cdrs[0].path.iter().any(|why| why.text == "101 does not want to be recorded"),
        "it is in the CDR"
    );
}

#[test]
fn nobody_is_asked_where_nothing_is_recorded() {
    let config = Config { consent: "consent".into(), record: RecordRule::Never, ..config() };
    let mut w = World::with(config, Restored::default());
    w.talking();
    assert!(asked(&w).is_none() && are_connected(&w));
}

/// Keys are looked for in the sound of who may refuse by one: not every phone tells them otherwise.
#[test]
fn the_key_of_who_is_asked_is_listened_for() {
    let (mut w, _, _) = answered();
    let (asked, number) = asked(&w).unwrap();
    let listens = |w: &World| {
        let is_theirs = |command: &MediaCommand| match command {
            MediaCommand::Listen { leg, is_on, .. } if *leg == asked => Some(*is_on),
            _ => None,
        };
        w.media.iter().filter_map(is_theirs).collect::<Vec<_>>()
    };
    assert_eq!(listens(&w), [true]);
    w.input(Input::Media(MediaEvent::Played { leg: asked, number }));
    assert_eq!(listens(&w), [true, false]);
}

/// What was switched on is switched off, whatever is configured by then.
#[test]
fn nobody_listens_for_the_key_once_the_question_is_over() {
    let (mut w, _, _) = answered();
    let (asked, number) = asked(&w).unwrap();
    let mut config = w.x.config().clone();
    config.consent_refuse = None;
    w.input(Input::Config(std::sync::Arc::new(config)));
    w.input(Input::Media(MediaEvent::Played { leg: asked, number }));
    let is_off = |command: &MediaCommand| matches!(command, MediaCommand::Listen { leg, is_on: false, .. } if *leg == asked);
    assert!(w.media.iter().any(is_off));
}

/// Where no flow says in what language, the site does.
#[test]
fn who_is_asked_is_asked_in_the_language_of_the_site() {
    let mut config = Config { consent: "consent".into(), ..config() };
    config.inbound.language = Language::Zh;
    let mut w = World::with(config, Restored::default());
    w.talking();
    let of = |command: &MediaCommand| match command {
        MediaCommand::Play { clips, .. } => match clips.first() {
            Some(Clip::Prompt { language, name }) if name == "consent" => Some(*language),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(w.media.iter().find_map(of), Some(Language::Zh));
}

/// 101 talks with 102, which nobody records; calls of 104 always are, and who is in them is asked.
fn with_one_who_is_recorded() -> (World, CallId, [(SocketAddr, SessionId); 2], SocketAddr) {
    let mut config = Config { consent: "consent".into(), record: RecordRule::Never, ..config() };
    (config.rtp_pairs, config.calls_max) = (24, 10);
    let of = Extension { record: Some(RecordRule::Always), ..extension("104", "Dee") };
    config.extensions.insert("104".into(), of);
    let mut w = World::with(config, Restored::default());
    let (a, call, b, ring) = w.talking();
    let d = w.registered("104", "192.0.2.14:5060");
    let id = w.x.calls().next().unwrap().id;
    assert!(asked(&w).is_none());
    (w, id, [(a, call), (b, ring)], d)
}

fn asked_before_it_is_recorded(w: &mut World, id: CallId) {
    let (leg, number) = asked(w).unwrap();
    assert_eq!(leg, w.x.call(id).unwrap().caller);
    assert!(!is_recorded(w));
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    assert!(is_recorded(w) && has_mark(w));
}

#[test]
fn who_is_left_to_one_who_is_recorded_is_asked() {
    let (mut w, id, _, d) = with_one_who_is_recorded();
    w.command("boss", Command::Consult { call: id, act: ConsultAct::Begin { to: "104".into() } }).unwrap();
    w.ms(50);
    w.answer(d);
    w.media.clear();
    w.command("boss", Command::Consult { call: id, act: ConsultAct::Complete }).unwrap();
    asked_before_it_is_recorded(&mut w, id);
}

#[test]
fn who_is_transferred_to_one_who_is_recorded_is_asked() {
    let (mut w, id, [_, b], d) = with_one_who_is_recorded();
    let second = w.dial(b.0, "104", Some(sdp("192.0.2.12", "8 101", "")));
    w.ms(50);
    let ring = w.answer(d);
    // 102 is asked in that call, too.
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    w.media.clear();
    let now = w.now.mono;
    let replaces = w.end(b.0).replaces_of(second).unwrap();
    w.end(b.0).refer(now, b.1, &Uri::sip("104", "pbx.example", None), Some(&replaces));
    w.ms(100);
    let now = w.now.mono;
    w.end(d).answer_offer(now, ring, Ok(sdp("192.0.2.14", "8 101", "")));
    w.ms(100);
    asked_before_it_is_recorded(&mut w, id);
}

/// The question was cut off, and then another answers.
#[test]
fn who_was_asked_in_vain_is_asked_again_before_another_talk() {
    let (mut w, id, _) = answered();
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Unheard { leg, number }));
    w.ms(20);
    let c = w.registered("103", "192.0.2.13:5060");
    w.command("boss", Command::Transfer { call: id, to: "103".into() }).unwrap();
    w.ms(50);
    w.media.clear();
    w.answer(c);
    assert_eq!(asked(&w).map(|(leg, _)| leg), Some(leg));
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    assert!(is_recorded(&w) && has_mark(&w));
    w.command("boss", Command::HangUp(id)).unwrap();
    w.settle();
}

/// Who is asked is told afterwards who answers; that there is no sound for that is no lack of consent.
#[test]
fn what_is_announced_after_the_question_is_no_part_of_it() {
    let mut config = site(QueueConfig { announce_agent: true, ..queue() });
    config.consent = "consent".into();
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.call("700");
    t.w.media.clear();
    t.answer(t.b);
    let caller = t.w.x.calls().next().unwrap().caller;
    let told = |w: &World| {
        w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { leg, number, clips, .. } if *leg == caller => Some((*number, clips.clone())),
            _ => None,
        })
    };
    let agents = t.w.media.iter().find_map(|command| match command {
        MediaCommand::Play { leg, number, .. } if *leg != caller => Some((*leg, *number)),
        _ => None,
    });
    let (leg, agents) = agents.unwrap();
    let (question, clips) = told(&t.w).unwrap();
    assert_eq!(clips, [Clip::Prompt { language: Language::En, name: "consent".into() }]);
    t.w.input(Input::Media(MediaEvent::Played { leg: caller, number: question }));
    let (number, clips) = told(&t.w).unwrap();
    assert_eq!(clips, switchroom_flow::say::agent(Language::En, "2"));
    assert!(number != question && !are_connected(&t.w));
    t.w.input(Input::Media(MediaEvent::Unheard { leg: caller, number }));
    t.w.input(Input::Media(MediaEvent::Played { leg, number: agents }));
    assert!(are_connected(&t.w) && is_recorded(&t.w) && has_mark(&t.w));
    let call = t.w.x.calls().next().unwrap().id;
    t.w.command("boss", Command::HangUp(call)).unwrap();
    t.end();
}

/// A phone asks for an offer in the middle of the talk, as some do to go on after a hold.
fn asks_for_an_offer(w: &mut World, at: SocketAddr, call: SessionId) {
    let now = w.now.mono;
    w.end(at).ask_offer(now, call).unwrap();
    w.ms(100);
    let now = w.now.mono;
    w.end(at).answer_asked(now, call, sdp("192.0.2.11", "8 101", ""));
    w.ms(100);
}

#[test]
fn who_was_asked_in_vain_is_not_asked_again_by_its_own_offer() {
    let (mut w, _, (a, call)) = answered();
    w.run(CONSENT_MAX + Duration::from_secs(1));
    w.media.clear();
    asks_for_an_offer(&mut w, a, call);
    assert_eq!(asked(&w), None, "the two talk");
    assert!(!is_recorded(&w));
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn a_rule_that_comes_in_a_talk_asks_nobody_in_it() {
    let (mut w, _, [(a, call), _], _) = with_one_who_is_recorded();
    let mut config = w.x.config().clone();
    config.record = RecordRule::Always;
    w.input(Input::Config(std::sync::Arc::new(config)));
    w.media.clear();
    asks_for_an_offer(&mut w, a, call);
    assert!(asked(&w).is_none() && !is_recorded(&w));
    w.hang_up(a, call);
    w.settle();
}

fn taped_since(w: &World, from: usize) -> Vec<String> {
    let word = |command: &MediaCommand| match command {
        MediaCommand::Record { .. } => Some("record"),
        MediaCommand::RecordLeg { .. } => Some("leg"),
        MediaCommand::PauseRecording { is_paused: true, .. } => Some("pause"),
        MediaCommand::PauseRecording { is_paused: false, .. } => Some("resume"),
        MediaCommand::StopRecording { .. } => Some("stop"),
        _ => None,
    };
    w.media[from..].iter().filter_map(word).map(str::to_owned).collect()
}

/// 101 has consented and is recorded with 102; a phone of 103 is there, too.
fn recorded() -> (World, CallId, [(SocketAddr, SessionId); 2], SocketAddr) {
    let mut config = Config { consent: "consent".into(), consent_refuse: Some('9'), ..config() };
    (config.rtp_pairs, config.calls_max) = (24, 10);
    let mut w = World::with(config, Restored::default());
    let c = w.registered("103", "192.0.2.13:5060");
    let (a, call, b, ring) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    assert!(is_recorded(&w));
    (w, id, [(a, call), (b, ring)], c)
}

/// 103 calls 102, refuses, and is connected with 101 in the call that is recorded.
#[test]
fn who_refused_in_one_call_is_not_recorded_in_another() {
    let (mut w, id, [_, b], c) = recorded();
    w.media.clear();
    let second = w.dial(c, "102", Some(sdp("192.0.2.13", "8 101", "")));
    w.ms(50);
    let ring = w.answer(b.0);
    let (leg, _) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Digit { leg, digit: '9' }));
    w.ms(20);
    let now = w.now.mono;
    let replaces = w.end(b.0).replaces_of(ring).unwrap();
    let from = w.media.len();
    w.end(b.0).refer(now, b.1, &Uri::sip("103", "pbx.example", None), Some(&replaces));
    w.ms(100);
    let now = w.now.mono;
    w.end(c).answer_offer(now, second, Ok(sdp("192.0.2.13", "8 101", "")));
    w.ms(100);
    assert_eq!(taped_since(&w, from), ["stop"], "{:#?}", &w.media[from..]);
    let start = Command::Record { call: id, act: RecordingAct::Start };
    assert!(w.command("boss", start).is_err());
    w.hang_up(c, second);
    w.settle();
}

/// 101 refers 102 to 103: of the two who are left nobody was asked yet.
fn left_to_each_other() -> (World, SocketAddr, SessionId, usize) {
    let (mut w, _, [a, _], c) = recorded();
    let now = w.now.mono;
    w.end(a.0).refer(now, a.1, &Uri::sip("103", "pbx.example", None), None);
    w.ms(100);
    w.media.clear();
    let ring = w.answer(c);
    assert_eq!(taped_since(&w, 0), ["pause"], "{:#?}", w.media);
    (w, c, ring, 0)
}

#[test]
fn a_recording_waits_for_the_consent_of_who_comes_later() {
    let (mut w, c, ring, _) = left_to_each_other();
    let (leg, number) = asked(&w).unwrap();
    w.input(Input::Media(MediaEvent::Played { leg, number }));
    w.ms(20);
    assert_eq!(taped_since(&w, 0), ["pause", "leg", "resume"]);
    assert!(are_connected(&w) && has_mark(&w));
    w.hang_up(c, ring);
    w.settle();
}

#[test]
fn a_recording_ends_when_who_comes_later_does_not_consent() {
    for refuses in [true, false] {
        let (mut w, c, ring, _) = left_to_each_other();
        let (leg, number) = asked(&w).unwrap();
        w.input(Input::Media(if refuses {
            MediaEvent::Digit { leg, digit: '9' }
        } else {
            MediaEvent::Unheard { leg, number }
        }));
        w.ms(20);
        assert_eq!(taped_since(&w, 0), ["pause", "stop"]);
        assert!(are_connected(&w));
        w.hang_up(c, ring);
        w.settle();
    }
}

/// 101 puts 102 into a flow, who has 103 rung there: of the two who talk then nobody was asked yet.
fn left_to_a_flow() -> (World, SocketAddr, SessionId) {
    let (mut w, id, [a, b], c) = recorded();
    let now = w.now.mono;
    w.end(a.0).refer(now, a.1, &Uri::sip("500", "pbx.example", None), None);
    w.ms(100);
    let leg = w.x.call(id).unwrap().caller;
    w.input(Input::Media(MediaEvent::Digit { leg, digit: '1' }));
    w.ms(50);
    w.media.clear();
    w.answer(c);
    (w, b.0, b.1)
}

/// What a flow had silenced stays silent while one is asked, and is gone without a trace if that one refuses.
#[test]
fn who_talks_next_behind_a_flow_is_asked_first() {
    for consents in [true, false] {
        let (mut w, b, session) = left_to_a_flow();
        assert_eq!(taped_since(&w, 0), [""; 0], "silent since the flow");
        let (leg, number) = asked(&w).unwrap();
        w.input(Input::Media(if consents {
            MediaEvent::Played { leg, number }
        } else {
            MediaEvent::Digit { leg, digit: '9' }
        }));
        w.ms(20);
        assert!(are_connected(&w));
        let tape = taped_since(&w, 0);
        if consents {
            assert_eq!(tape, ["leg", "resume"]);
            assert!(has_mark(&w));
        } else {
            assert_eq!(tape, ["stop"]);
            let tail = w.media.iter().find_map(|command| match command {
                MediaCommand::StopRecording { tail_ms, .. } => Some(*tail_ms),
                _ => None,
            });
            assert!(tail.is_some_and(|tail| tail > 100), "{tail:?}");
        }
        w.hang_up(b, session);
        w.settle();
    }
}
