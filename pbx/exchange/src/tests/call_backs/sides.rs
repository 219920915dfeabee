//! Called-back talks: the agent called, and is the agent's side all the same.

use super::super::queues::Floor;
use super::rules;
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::{Activity, CallBackAct, Presence};
use switchroom_sip::endpoint::{Ended, SessionEvent, SessionId};

/// Agent 2 at 102 has called 101 back, where agent 3 has a seat and is on a break; with the sessions of the two phones.
fn called_back() -> (Floor, SessionId, SessionId) {
    let mut t = Floor::new(rules());
    t.ask();
    t.choose("3", Presence::Break { reason: "tea".into() }, "101");
    let agents = t.take_it();
    let customers = t.answer(t.a);
    assert_eq!((t.live().caller_party().number.as_str(), t.activity("2")), ("102", Activity::Talking));
    t.w.phones.values_mut().for_each(|phone| phone.events.clear());
    (t, agents, customers)
}

fn command(t: &mut Floor, command: Command) -> Result<String, String> {
    let reply = t.w.command("mara", command);
    t.w.ms(50);
    reply
}

fn supervise(t: &mut Floor, act: SupervisionAct) -> Result<String, String> {
    command(t, Command::Supervise { phone: Some("103".into()), act })
}

fn is_released(t: &mut Floor, at: SocketAddr) -> bool {
    t.w.told(at).iter().any(|e| matches!(e, SessionEvent::Ended(Ended::Bye(_))))
}

#[test]
fn who_was_called_back_is_handed_off_and_the_agent_waits() {
    let (mut t, agents, _) = called_back();
    let call = t.live().id;
    let done = command(&mut t, Command::HandOff { call, flow: "507".into() }).unwrap();
    assert!(done.ends_with("101 is in flow 507, 102 gets it back"), "{done}");
    assert_eq!(t.activity("2"), Activity::Talking);
    t.press("1234");
    let back: Vec<_> = t.live().handed_back.iter().map(|back| back.result.clone()).collect();
    assert_eq!((back, t.live().caller_party().number.as_str()), (vec!["verified".to_owned()], "102"));
    let b = t.b;
    t.w.hang_up(b, agents);
    assert_eq!(t.activity("2"), Activity::WrapUp);
    t.rest();
}

#[test]
fn who_was_called_back_is_put_through_and_the_agent_released() {
    let (mut t, _, customers) = called_back();
    let call = t.live().id;
    command(&mut t, Command::Transfer { call, to: "701".into() }).unwrap();
    let (a, b) = (t.a, t.b);
    assert_eq!((is_released(&mut t, a), is_released(&mut t, b)), (false, true));
    assert_eq!(t.activity("2"), Activity::WrapUp);
    let waiting = t.w.x.floor().waiter(call.0).map(|waiter| waiter.caller.clone());
    assert_eq!(waiting.as_deref(), Some("101"));
    t.w.hang_up(a, customers);
    t.rest();
}

#[test]
fn a_whisper_is_for_the_agent_who_called_back_and_so_is_the_release() {
    let (mut t, _, customers) = called_back();
    let subject = Subject::Call(t.live().id);
    supervise(&mut t, SupervisionAct::Begin { subject, mode: Mode::Whisper }).unwrap();
    t.answer(t.c);
    let one = t.w.x.supervisions.iter().next().unwrap().1;
    let target = t.w.x.call(one.target.unwrap()).unwrap();
    let heard_by: Vec<_> =
        one.heard_by().iter().map(|leg| &*target.leg(*leg).unwrap().party.number).collect();
    assert_eq!(heard_by, ["102"]);
    supervise(&mut t, SupervisionAct::TakeOver).unwrap();
    let (a, b) = (t.a, t.b);
    assert_eq!((is_released(&mut t, a), is_released(&mut t, b)), (false, true));
    assert_eq!(t.activity("2"), Activity::WrapUp);
    t.w.hang_up(a, customers);
    t.rest();
}

/// By REFER the phone itself says which side it is.
#[test]
fn the_agent_who_called_back_transfers_by_phone() {
    let (mut t, agents, customers) = called_back();
    let (a, b, now) = (t.a, t.b, t.w.now.mono);
    let to = switchroom_sip::uri::Uri::sip("103", "pbx.example", None);
    t.w.end(b).refer(now, agents, &to, None);
    t.w.ms(50);
    t.answer(t.c);
    assert_eq!((is_released(&mut t, a), is_released(&mut t, b)), (false, true));
    assert_eq!(t.activity("2"), Activity::WrapUp);
    t.w.hang_up(a, customers);
    t.rest();
}

/// The agent is still told whom it is about: there is nobody who could be picked up.
#[test]
fn nobody_is_picked_up_while_the_agent_is_briefed() {
    let mut t = Floor::new(rules());
    t.ask();
    t.choose("2", Presence::Ready, "102");
    let agents = t.answer(t.b);
    let call = t.live().id;
    let refused = command(&mut t, Command::PickUp { call, phone: Some("103".into()) }).unwrap_err();
    assert!(refused.ends_with("nobody waits for an answer"), "{refused}");
    t.hears_all();
    assert!(t.rings(t.a), "and the caller is called");
    let b = t.b;
    t.w.hang_up(b, agents);
    t.w.run(Duration::from_secs(61));
    t.answer(b);
    t.hears_all();
    t.answer(t.a);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
}

/// While the caller's phone rings somebody else takes the agent's call: that reaches nobody who is to be called back.
#[test]
fn who_is_picked_up_instead_is_called_back_later() {
    let mut t = Floor::new(rules());
    t.ask();
    let agents = t.take_it();
    let call = t.live().id;
    command(&mut t, Command::PickUp { call, phone: Some("103".into()) }).unwrap();
    t.answer(t.c);
    assert_eq!(t.ends(), []);
    let b = t.b;
    t.w.hang_up(b, agents);
    assert_eq!(t.acts().last(), Some(&CallBackAct::Tried));
    t.w.run(Duration::from_secs(61));
    t.answer(b);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
}
