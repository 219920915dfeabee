//! Between the offer and the bridge: what an agent's phone shows, whether it answers by itself, and what agent and caller
//! hear before they hear each other.

use super::queues::{Floor, queue, site};
use super::world::{header, sdp};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::Activity;
use switchroom_acd::config::QueueConfig;
use switchroom_flow::{Clip, Language, say};
use switchroom_sip::header::Name;

/// The last INVITE that a phone received.
fn invite(t: &Floor, at: SocketAddr) -> String {
    let raw = &t.w.phones[&at].raw;
    raw.iter().rev().find(|text| text.starts_with("INVITE")).unwrap().clone()
}

/// What stands in the headers by which phones are asked to answer.
fn asked(invite: &str) -> [String; 3] {
    [Name::CallInfo, Name::AlertInfo, Name::AnswerMode].map(|name| header(invite, name))
}

#[test]
fn an_agent_sees_the_queue_and_the_caller() {
    for (label, is_shown, from) in [
        ("Sales", true, "\"Sales: Ana\" <sip:101@pbx.example>"),
        ("", true, "\"q: Ana\" <sip:101@pbx.example>"),
        ("Sales", false, "\"Ana\" <sip:101@pbx.example>"),
        ("say \"hi\"\\", true, "\"say \\\"hi\\\"\\\\: Ana\" <sip:101@pbx.example>"),
    ] {
        let mut t = Floor::new(QueueConfig { label: label.into(), show_queue: is_shown, ..queue() });
        t.sign_in("2", "102");
        t.call("700");
        let invite = invite(&t, t.b);
        let shown = header(&invite, Name::From);
        assert_eq!(shown.split(";tag=").next(), Some(from), "{shown}");
        assert_eq!(asked(&invite), [""; 3]);
    }
    // Who has no name is shown by number.
    let mut config = site(QueueConfig { label: "Sales".into(), ..queue() });
    config.extensions.get_mut("101").unwrap().name.clear();
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.call("700");
    assert!(header(&invite(&t, t.b), Name::From).starts_with("\"Sales: 101\" <sip:101@"));
}

#[test]
fn only_what_a_queue_offers_is_to_be_answered_by_itself() {
    let mut config = site(queue());
    config.extensions.get_mut("102").unwrap().auto_answer = true;
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    let call = t.call("700");
    let wanted = ["<sip:pbx.example>;answer-after=0", "<http://pbx.example>;info=alert-autoanswer", "Auto"];
    assert_eq!(asked(&invite(&t, t.b)), wanted);
    let a = t.a;
    t.w.hang_up(a, call);
    t.w.run(Duration::from_secs(10));
    t.call("102");
    assert_eq!(asked(&invite(&t, t.b)), [""; 3], "a colleague's call rings as ever");
    assert!(header(&invite(&t, t.b), Name::From).starts_with("\"Ana\" <sip:101@"));
}

fn leg_of(t: &Floor, extension: &str) -> LegId {
    let call = t.w.x.calls().next().unwrap();
    let is_up = |leg: &&Leg| leg.extension.as_deref() == Some(extension) && leg.state == LegState::Up;
    call.legs.values().find(is_up).unwrap().id
}

/// What plays to a leg: the last that was asked for since it was wired to anything else.
fn plays(t: &Floor, leg: LegId) -> Option<(u64, Vec<Clip>)> {
    let last = t.w.media.iter().rev().find(|command| match command {
        MediaCommand::Play { leg: of, .. } | MediaCommand::Hear { leg: of, .. } => *of == leg,
        _ => false,
    });
    match last {
        Some(MediaCommand::Play { number, clips, .. }) => Some((*number, clips.clone())),
        _ => None,
    }
}

fn hears(t: &Floor, leg: LegId) -> Option<Source> {
    let last = t.w.media.iter().rev().find(|command| match command {
        MediaCommand::Play { leg: of, .. } | MediaCommand::Hear { leg: of, .. } => *of == leg,
        _ => false,
    });
    match last {
        Some(MediaCommand::Hear { source, .. }) => Some(source.clone()),
        _ => None,
    }
}

fn heard(t: &mut Floor, leg: LegId) {
    let number = plays(t, leg).unwrap().0;
    t.w.input(Input::Media(MediaEvent::Played { leg, number }));
    t.w.ms(10);
}

fn is_recorded(t: &Floor) -> bool {
    t.w.media.iter().any(|command| matches!(command, MediaCommand::Record { .. }))
}

fn whisper() -> Vec<Clip> {
    vec![Clip::Prompt { language: Language::En, name: "queue/sales".into() }]
}

/// Somebody waits, agent 2 has answered and is briefed.
fn briefed(config: QueueConfig) -> (Floor, LegId, LegId) {
    let mut t = Floor::new(config);
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    let (caller, agent) = (leg_of(&t, "101"), leg_of(&t, "102"));
    let call = t.w.x.calls().next().unwrap();
    assert!(call.is_briefed() && matches!(call.stage, Stage::Talking { .. }));
    assert_eq!((call.hears(caller), call.hears(agent)), (None, None));
    assert_eq!(t.activity("2"), Activity::Talking, "the caller is his already");
    assert!(!is_recorded(&t));
    (t, caller, agent)
}

fn is_bridged(t: &Floor, caller: LegId, agent: LegId) -> bool {
    let is_bridged =
        hears(t, caller) == Some(Source::Leg(agent)) && hears(t, agent) == Some(Source::Leg(caller));
    assert_eq!(is_bridged, !t.w.x.calls().next().unwrap().is_briefed());
    is_bridged
}

fn both() -> QueueConfig {
    QueueConfig { whisper: "queue/sales".into(), announce_agent: true, ..queue() }
}

#[test]
fn both_are_connected_when_both_have_heard_all() {
    for agent_is_first in [true, false] {
        let (mut t, caller, agent) = briefed(both());
        assert_eq!(plays(&t, agent).unwrap().1, whisper());
        assert_eq!(plays(&t, caller).unwrap().1, say::agent(Language::En, "2"));
        let (first, last) = if agent_is_first { (agent, caller) } else { (caller, agent) };
        heard(&mut t, first);
        assert_eq!(hears(&t, first), Some(Source::Silence), "and waits for the other");
        assert!(!is_bridged(&t, caller, agent) && !is_recorded(&t));
        heard(&mut t, last);
        assert!(is_bridged(&t, caller, agent) && is_recorded(&t));
        t.w.run(Duration::from_secs(20));
        assert!(is_bridged(&t, caller, agent), "the deadline is gone");
        let call = t.w.x.calls().next().unwrap().id;
        t.w.input(Input::Command { id: CommandId(1), user: "boss".into(), command: Command::HangUp(call) });
        t.end();
    }
}

/// Who hears what, by what is configured.
#[test]
fn what_is_not_written_is_not_said() {
    // The caller's music goes on, and no word of the caller is waited for.
    let (mut t, caller, agent) = briefed(QueueConfig { announce_agent: false, ..both() });
    assert_eq!(plays(&t, agent).unwrap().1, whisper());
    assert!(
        plays(&t, caller)
            .unwrap()
            .1
            .contains(&Clip::Prompt { language: Language::En, name: "music/one".into() })
    );
    heard(&mut t, agent);
    assert!(is_bridged(&t, caller, agent));
    // The agent hears the number too, and so when to speak.
    let (mut t, caller, agent) = briefed(QueueConfig { whisper: String::new(), ..both() });
    assert_eq!(plays(&t, agent).unwrap().1, say::agent(Language::En, "2"));
    heard(&mut t, agent);
    heard(&mut t, caller);
    assert!(is_bridged(&t, caller, agent));
    // Nothing to say: connected at once.
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    assert!(is_bridged(&t, leg_of(&t, "101"), leg_of(&t, "102")) && is_recorded(&t));
}

#[test]
fn nobody_is_told_for_longer_than_ten_seconds() {
    let (mut t, caller, agent) = briefed(both());
    let number = plays(&t, agent).unwrap().0;
    t.w.run(Duration::from_millis(9_700));
    assert!(!is_bridged(&t, caller, agent));
    t.w.run(Duration::from_millis(500));
    assert!(is_bridged(&t, caller, agent) && is_recorded(&t));
    // What the engine says too late changes nothing.
    for leg in [caller, agent] {
        t.w.input(Input::Media(MediaEvent::Played { leg, number }));
    }
    assert!(is_bridged(&t, caller, agent));
    assert_eq!(t.w.media.iter().filter(|c| matches!(c, MediaCommand::Record { .. })).count(), 1);
}

#[test]
fn either_may_hang_up_before_the_bridge() {
    // The caller: the call is over, without a recording.
    let mut t = Floor::new(both());
    t.sign_in("2", "102");
    let call = t.call("700");
    t.answer(t.b);
    let a = t.a;
    t.w.hang_up(a, call);
    t.w.ms(100);
    assert!(t.w.phones[&t.b].heard.iter().any(|line| line.starts_with("BYE")));
    assert_eq!((t.activity("2"), is_recorded(&t)), (Activity::Idle, false));
    t.w.run(Duration::from_secs(30));
    let cdr = t.w.cdr();
    assert_eq!(
        (cdr.ending.cause, &cdr.ending.by, cdr.recorded),
        (Cause::HungUp, &EndedBy::Party(End::Caller), false)
    );
    t.w.settle();
    // The agent: the flow goes on with the caller, as after any talk.
    let mut t = Floor::new(both());
    t.sign_in("2", "102");
    t.call("700");
    let ring = t.answer(t.b);
    let b = t.b;
    t.w.hang_up(b, ring);
    t.w.ms(100);
    assert!(t.says("thanks") && !is_recorded(&t));
    assert_eq!(t.activity("2"), Activity::Idle);
    t.w.run(Duration::from_secs(11));
    assert!(t.says("thanks"), "no deadline connects anybody any more");
    t.end();
}

#[test]
fn who_holds_meanwhile_is_connected_when_both_are_back() {
    let mut t = Floor::new(both());
    t.sign_in("2", "102");
    t.call("700");
    let ring = t.answer(t.b);
    let (caller, agent) = (leg_of(&t, "101"), leg_of(&t, "102"));
    let b = t.b;
    t.w.offer(b, ring, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    t.w.ms(100);
    assert!(t.w.x.calls().next().unwrap().held.is_some());
    heard(&mut t, agent);
    heard(&mut t, caller);
    assert_eq!(hears(&t, agent), Some(Source::Nothing), "who holds is sent nothing");
    assert_eq!(hears(&t, caller), Some(Source::Silence));
    t.w.offer(b, ring, sdp("192.0.2.12", "8 101", ""));
    t.w.ms(100);
    assert!(is_bridged(&t, caller, agent));
}

/// Keys before the bridge are nobody's: neither the flow's nor passed on.
#[test]
fn keys_before_the_bridge_reach_nobody() {
    let (mut t, caller, agent) = briefed(both());
    for leg in [caller, agent] {
        t.w.input(Input::Media(MediaEvent::Digit { leg, digit: '9' }));
    }
    t.w.ms(10);
    assert!(t.w.x.calls().next().unwrap().is_briefed(), "9 leads out of the queue no more");
    assert!(!t.w.media.iter().any(|command| matches!(command, MediaCommand::SendDigit { .. })));
}
