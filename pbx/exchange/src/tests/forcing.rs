//! What a user does to others' calls: puts a caller through, picks one up, gives one to an agent.

use super::queues::{Floor, site};
use super::world::{World, sdp};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::Exit;
use switchroom_acd::{Activity, Fact, Presence};
use switchroom_sip::endpoint::{Ended, SessionEvent, SessionId};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;

fn command(w: &mut World, command: Command) -> Result<String, String> {
    let reply = w.command("mara", command);
    w.ms(50);
    reply
}

fn transfer(w: &mut World, call: CallId, to: &str) -> Result<String, String> {
    command(w, Command::Transfer { call, to: to.into() })
}

fn pick_up(w: &mut World, call: CallId, phone: &str) -> Result<String, String> {
    command(w, Command::PickUp { call, phone: Some(phone.into()) })
}

fn assign(w: &mut World, call: CallId, agent: &str) -> Result<String, String> {
    command(w, Command::Agent(AgentAct::Assign { call, agent: agent.into() }))
}

fn id(w: &World) -> CallId {
    w.x.calls().next().unwrap().id
}

fn talkers(w: &World) -> Vec<String> {
    let call = w.x.calls().next().unwrap();
    call.legs.values().filter(|leg| leg.state == LegState::Up).map(|leg| leg.party.number.clone()).collect()
}

fn is_over(told: &[SessionEvent]) -> bool {
    told.iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_))))
}

#[test]
fn a_user_puts_the_caller_of_a_talk_through() {
    let mut w = World::new();
    let c = w.registered("103", "192.0.2.13:5060");
    let (a, call, b, _) = w.talking();
    let at = id(&w);
    assert_eq!(transfer(&mut w, at, "103"), Ok("call 1 goes to 103".into()));
    w.answer(c);
    assert_eq!(talkers(&w), ["101", "103"]);
    assert!(is_over(&w.told(b)), "who talked is released");
    assert!(w.events().iter().any(|name| name == "transfer"), "it is on the audit list");
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn who_was_taken_from_keeps_the_call_if_nobody_answers() {
    let mut w = World::new();
    let c = w.registered("103", "192.0.2.13:5060");
    let (a, call, _, _) = w.talking();
    let at = id(&w);
    transfer(&mut w, at, "103").unwrap();
    let (ring, _) = w.take(c);
    let now = w.now.mono;
    w.end(c).reject(now, ring, Status::BUSY, &Default::default());
    w.ms(100);
    assert_eq!(talkers(&w), ["101", "102"]);
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn what_cannot_be_put_through_is_refused_in_words() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let at = id(&w);
    for (to, want) in [
        ("4711", "nothing has that number"),
        ("*43", "nobody is put through to a service"),
        ("x y", "x y cannot be dialled: it is not a number: digits, +, * and # are"),
    ] {
        assert_eq!(transfer(&mut w, at, to), Err(want.into()));
    }
    let answered = "call 1 has been answered; listen and take it over, or transfer it";
    w.registered("103", "192.0.2.13:5060");
    assert_eq!(pick_up(&mut w, at, "103"), Err(answered.into()));
    assert_eq!(pick_up(&mut w, at, "102"), Err("102 is in call 1 already".into()));
    assert_eq!(pick_up(&mut w, at, "999"), Err("there is no extension 999".into()));
    w.hang_up(a, call);
    w.settle();
    assert_eq!(transfer(&mut w, at, "102"), Err("there is no such call any more".into()));
}

#[test]
fn a_ringing_call_is_picked_up_at_another_phone() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("103", "192.0.2.13:5060");
    let call = w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let at = id(&w);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.run(Duration::from_secs(20));
    assert_eq!(pick_up(&mut w, at, "103"), Ok("103 rings for call 1".into()));
    // It rings there as long as it would have from the beginning.
    w.run(Duration::from_secs(15));
    w.answer(c);
    assert_eq!(talkers(&w), ["101", "103"]);
    let told = w.told(b);
    assert!(told.iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Cancelled(_)))), "{told:?}");
    w.hang_up(a, call);
    w.settle();
}

fn queue() -> QueueConfig {
    QueueConfig { music: vec!["music".into()], ring: 600_000, ..QueueConfig::default() }
}

#[test]
fn who_waits_is_picked_up_and_keeps_the_place_if_not() {
    let mut f = Floor::new(queue());
    // Nobody is free: agent 2 talks on the phone.
    f.sign_in("2", "102");
    let busy = f.w.dial(f.b, "*43", Some(sdp("192.0.2.12", "8 101", "")));
    f.w.ms(100);
    let call = f.call("701");
    let at = f.w.x.calls().map(|call| call.id).find(|id| f.w.x.floor().waiter(id.0).is_some()).unwrap();
    assert_eq!(pick_up(&mut f.w, at, "103"), Ok("103 rings for call 2".into()));
    let c = f.c;
    let (ring, _) = f.w.take(c);
    let now = f.w.now.mono;
    f.w.end(c).reject(now, ring, Status::BUSY, &Default::default());
    f.w.ms(100);
    assert!(f.w.x.floor().waiter(at.0).is_some(), "it waits on");
    pick_up(&mut f.w, at, "103").unwrap();
    f.w.answer(c);
    assert!(f.w.x.floor().waiter(at.0).is_none());
    let left = f.w.records.iter().any(|record| match record {
        Record::Floor { fact, .. } => matches!(&**fact, Fact::Left(left) if left.exit == Exit::Removed),
        _ => false,
    });
    assert!(left, "it left the queue by somebody's hand");
    f.w.hang_up(f.a, call);
    f.w.hang_up(f.b, busy);
    f.w.settle();
}

/// An agent is offered the caller for whom a user's phone rings, and there is no port for that: the phone rings on.
#[test]
fn a_pick_up_rings_on_when_an_offer_has_no_room() {
    let mut f = Floor::with(Config { rtp_pairs: 2, ..site(queue()) });
    f.sign_in("2", "102");
    let tea = Presence::Break { reason: "tea".into() };
    f.act(AgentAct::Choose { agent: "2".into(), presence: tea, extension: None }).unwrap();
    let call = f.call("701");
    let at = id(&f.w);
    assert_eq!(pick_up(&mut f.w, at, "103"), Ok("103 rings for call 1".into()));
    f.w.ms(50);
    f.sign_in("2", "102");
    f.w.ms(50);
    assert!(!f.rings(f.b) && f.rings(f.c));
    assert_eq!(f.w.x.call(at).unwrap().stage, Stage::Seeking);
    let c = f.c;
    f.w.answer(c);
    assert_eq!(talkers(&f.w), ["101", "103"]);
    f.w.hang_up(f.a, call);
    f.w.settle();
}

#[test]
fn who_waits_is_given_to_an_agent() {
    let mut f = Floor::with(site(queue()));
    f.sign_in("2", "102");
    f.sign_in("3", "103");
    let call = f.call("701");
    let at = id(&f.w);
    // It rings at 2, who is first; then at 3 instead.
    assert_eq!(f.w.x.floor().agent("2").unwrap().activity(), Activity::Offered);
    assert_eq!(assign(&mut f.w, at, "2"), Err("the agent's phone rings for this caller already".into()));
    assert_eq!(assign(&mut f.w, at, "3"), Ok("the caller of call 1 rings agent 3".into()));
    assert_eq!(f.w.x.floor().agent("2").unwrap().activity(), Activity::Idle);
    let text = "mara: the caller of call 1 rings agent 3";
    assert_eq!(f.w.audited("assign"), [(Some(at), text.to_owned())]);
    let path: Vec<_> = f.w.x.call(at).unwrap().path.iter().map(|why| why.step.clone()).collect();
    assert_eq!(f.w.x.call(at).unwrap().path.iter().filter(|why| why.text == text).count(), 1);
    let at_last = |step: &str| path.iter().rposition(|one| one == step).unwrap();
    assert!(at_last("assign") < at_last("decision"), "what came of it stands behind it: {path:?}");
    let c = f.c;
    f.w.answer(c);
    assert_eq!(talkers(&f.w), ["101", "103"]);
    assert_eq!(assign(&mut f.w, at, "2"), Err("that call waits in no queue".into()));
    assert_eq!(assign(&mut f.w, at, "77"), Err("there is no such agent".into()));
    f.w.hang_up(f.a, call);
    f.w.settle();
}

#[test]
fn who_waits_is_put_through_to_another_queue_but_to_no_phone() {
    let mut f = Floor::new(queue());
    f.sign_in("2", "102");
    let busy = f.w.dial(f.b, "*43", Some(sdp("192.0.2.12", "8 101", "")));
    f.w.ms(100);
    let call = f.call("700");
    let at = f.w.x.calls().map(|call| call.id).find(|id| f.w.x.floor().waiter(id.0).is_some()).unwrap();
    let refused = transfer(&mut f.w, at, "103").unwrap_err();
    assert!(refused.contains("would lose the place"), "{refused}");
    assert!(f.w.x.floor().waiter(at.0).is_some());
    transfer(&mut f.w, at, "701").unwrap();
    assert!(f.w.x.floor().waiter(at.0).is_some(), "it waits by another route");
    assert_eq!(f.w.x.call(at).unwrap().route.as_deref(), Some("701"));
    assert_eq!(f.exits(), [(Exit::Removed, String::new())], "by somebody's hand, and no key");
    f.w.hang_up(f.a, call);
    f.w.hang_up(f.b, busy);
    f.w.settle();
}

/// 102 rings with sound of its own, which 101 hears; 103 is rung for the call, too. What 102 then does, and how it is told.
fn early_sound_ends(how: impl FnOnce(&mut World, SocketAddr, SessionId)) -> (World, SocketAddr) {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let c = w.registered("103", "192.0.2.13:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    w.ms(100);
    let call = id(&w);
    pick_up(&mut w, call, "103").unwrap();
    w.told(a);
    w.media.clear();
    how(&mut w, b, ring);
    w.ms(100);
    assert_eq!(w.hears(), [Source::Nothing], "its own phone makes the tone, which it does if nothing comes");
    assert!(matches!(&w.told(a)[..], [SessionEvent::Progress(Status::RINGING, None)]));
    assert!(!w.x.call(call).unwrap().is_early());
    (w, c)
}

#[test]
fn early_sound_ends_with_its_phone() {
    let busy = |w: &mut World, b, ring| {
        let now = w.now.mono;
        w.end(b).reject(now, ring, Status::BUSY, &Headers::default());
    };
    let unfit = |w: &mut World, b, ring| {
        let now = w.now.mono;
        w.end(b).answer(now, ring, sdp("192.0.2.12", "97", ""));
    };
    let portless = |w: &mut World, _, _| {
        let one = w.x.calls().next().unwrap().callee_legs().next().unwrap();
        let (leg, slot) = (one.id, one.slot.unwrap());
        w.input(Input::Media(MediaEvent::OpenFailed { leg, slot, why: "in use".into() }));
    };
    for how in [&busy as &dyn Fn(&mut World, SocketAddr, SessionId), &unfit, &portless] {
        let (mut w, c) = early_sound_ends(how);
        w.answer(c);
        assert_eq!(talkers(&w), ["101", "103"]);
    }
}

#[test]
fn the_sound_of_who_still_rings_is_passed_on_instead() {
    let (mut w, c) = early_sound_ends(|w, b, ring| {
        let now = w.now.mono;
        w.end(b).reject(now, ring, Status::BUSY, &Headers::default());
    });
    let (ring, _) = w.take(c);
    let now = w.now.mono;
    w.end(c).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.13", "8 101", "")));
    w.ms(100);
    assert!(matches!(w.hears()[..], [Source::Leg(_), Source::Leg(_)]), "{:?}", w.hears());
}
