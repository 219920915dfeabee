//! Consent to being recorded: who hears what before the two are connected, and what a refusal does.

use super::world::{World, config};
use crate::limits::CONSENT_MAX;
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::endpoint::SessionId;

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
