//! Blind transfer: one party of a talk has the other put through.

mod agents;
mod alone;
mod flows;
mod holds;
mod wrap_up;

use super::queues::{Floor, site};
use super::world::{World, header, sdp};
use crate::limits::{PATH_MAX, TRANSFERS_MAX};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::{Activity, Presence};
use switchroom_sip::endpoint::{Ended, Invite, SessionEvent, SessionId};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

/// 101 talks with 102; 103 is there too.
pub(super) struct Scene {
    pub(super) w: World,
    pub(super) a: (SocketAddr, SessionId),
    pub(super) b: (SocketAddr, SessionId),
    pub(super) c: SocketAddr,
    pub(super) id: CallId,
}

impl Scene {
    pub(super) fn new() -> Self {
        let mut config = site(QueueConfig { wrap_up: 5_000, ..QueueConfig::default() });
        config.rtp_pairs = 16;
        let mut w = World::with(config, Restored::default());
        let c = w.registered("103", "192.0.2.13:5060");
        let (a, call, b, ring) = w.talking();
        let id = w.x.calls().next().unwrap().id;
        w.media.clear();
        Self { w, a: (a, call), b: (b, ring), c, id }
    }

    pub(super) fn refer(&mut self, (at, session): (SocketAddr, SessionId), to: &str) {
        let now = self.w.now.mono;
        self.w.end(at).refer(now, session, &Uri::sip(to, "pbx.example", None), None);
        self.w.ms(50);
    }

    pub(super) fn hang_up(&mut self, (at, session): (SocketAddr, SessionId)) {
        self.w.hang_up(at, session);
    }

    pub(super) fn answer(&mut self, at: SocketAddr) -> (SocketAddr, SessionId) {
        (at, self.w.answer(at))
    }

    /// What a phone was told of its REFER: state of the subscription and first line.
    pub(super) fn news(&self, at: SocketAddr) -> Vec<String> {
        let notifies = self.w.phones[&at].raw.iter().filter(|raw| raw.starts_with("NOTIFY"));
        let line = |raw: &String| {
            let state = header(raw, Name::SubscriptionState);
            let state = state.split(';').next().unwrap_or_default().to_owned();
            format!("{state} {}", raw.lines().last().unwrap_or_default().trim_end())
        };
        notifies.filter(|raw| header(raw, Name::Event).starts_with("refer")).map(line).collect()
    }

    /// Final answers that a phone got to its REFERs.
    pub(super) fn answers(&self, at: SocketAddr) -> Vec<String> {
        let raw = self.w.phones[&at].raw.iter();
        let ours = raw.filter(|raw| raw.starts_with("SIP/2.0") && header(raw, Name::CSeq).ends_with("REFER"));
        ours.map(|raw| raw.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
    }

    pub(super) fn call(&self) -> &Call {
        self.w.x.call(self.id).unwrap()
    }

    /// Whom each live leg hears, by numbers: `101<102`.
    pub(super) fn hears(&self) -> Vec<String> {
        let call = self.call();
        let name = |leg: LegId| call.leg(leg).map(|leg| leg.party.number.clone()).unwrap_or_default();
        let live = call.legs.values().filter(|leg| leg.state == LegState::Up);
        live.map(|leg| {
            let last = self.w.media.iter().rev().find_map(|command| match command {
                MediaCommand::Hear { leg: of, source, .. } if *of == leg.id => Some(match source {
                    Source::Leg(other) => name(*other),
                    other => format!("{other:?}"),
                }),
                MediaCommand::Play { leg: of, clips, .. } if *of == leg.id => Some(format!("{:?}", clips[0])),
                _ => None,
            });
            format!("{}<{}", leg.party.number, last.unwrap_or_default())
        })
        .collect()
    }

    pub(super) fn marks(&self) -> Vec<String> {
        let kind = |c: &MediaCommand| {
            if let MediaCommand::Mark { kind, .. } = c { Some(kind.clone()) } else { None }
        };
        self.w.media.iter().filter_map(kind).collect()
    }

    pub(super) fn ended(&mut self, at: SocketAddr) -> bool {
        self.w.told(at).iter().any(|told| matches!(told, SessionEvent::Ended(Ended::Bye(_))))
    }
}

#[test]
fn the_called_side_transfers_the_caller() {
    let mut s = Scene::new();
    s.refer(s.b, "103");
    assert_eq!(s.answers(s.b.0), ["202"]);
    assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying"]);
    assert_eq!(s.hears(), ["101<Ringing", "102<Silence"]);
    let invite = s.w.phones[&s.c].raw.last().unwrap().clone();
    assert!(header(&invite, Name::From).contains("sip:101@"), "{invite}");
    assert_eq!(header(&invite, Name::ReferredBy), "<sip:102@pbx.example>");
    assert_eq!(header(&invite, Name::MaxForwards), "68");
    let c = s.answer(s.c);
    assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying", "terminated SIP/2.0 200 OK"]);
    assert!(s.ended(s.b.0), "who transferred is hung up");
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    // One recording goes on, with the new leg on the channel of the one before.
    let new = s.call().legs.values().find(|l| l.party.number == "103").unwrap().id;
    let goes_on = |c: &MediaCommand| matches!(c, MediaCommand::RecordLeg { leg, channel: Channel::Right, .. } if *leg == new);
    assert!(s.w.media.iter().any(goes_on));
    assert_eq!(s.marks(), ["transfer"]);
    s.hang_up(c);
    assert!(s.ended(s.a.0));
    s.w.settle();
    let cdr = s.w.cdr();
    assert_eq!((cdr.call, cdr.from.number.as_str(), cdr.to.number.as_str()), (s.id, "101", "102"));
    assert_eq!((cdr.with.unwrap().number.as_str(), cdr.ending.cause), ("103", Cause::HungUp));
    let legs: Vec<_> = cdr.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "answered"), ("102", "transferred"), ("103", "answered")]);
    assert!(cdr.path.iter().any(|why| why.step == "transfer" && why.text == "102 transfers 101 to 103"));
    assert!(s.w.events().contains(&"transferred".to_owned()));
}

/// The caller goes; who was called is the caller's side from then on.
#[test]
fn the_caller_transfers_who_was_called() {
    let mut s = Scene::new();
    s.refer(s.a, "103");
    assert_eq!(s.hears(), ["101<Silence", "102<Ringing"]);
    // It need not wait for what comes of it.
    s.hang_up(s.a);
    assert_eq!(s.hears(), ["102<Ringing"]);
    assert!(s.w.x.calls_of("101").next().is_none(), "101 is free");
    let invite = s.w.phones[&s.c].raw.last().unwrap().clone();
    assert!(header(&invite, Name::From).contains("sip:102@"), "{invite}");
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["102<103", "103<102"]);
    let new = s.call().legs.values().find(|l| l.party.number == "103").unwrap().id;
    let left = |c: &MediaCommand| matches!(c, MediaCommand::RecordLeg { leg, channel: Channel::Left, .. } if *leg == new);
    assert!(s.w.media.iter().any(left));
    assert_eq!(s.call().caller_leg().unwrap().party.number, "102");
    s.hang_up(c);
    s.w.settle();
    let cdr = s.w.cdr();
    assert_eq!((cdr.from.number.as_str(), cdr.with.unwrap().number.as_str()), ("101", "103"));
    let legs: Vec<_> = cdr.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
    assert_eq!(legs, [("101", "transferred"), ("102", "answered"), ("103", "answered")]);
}

#[test]
fn who_transfers_in_vain_has_the_call_back() {
    for by_caller in [false, true] {
        let mut s = Scene::new();
        let who = if by_caller { s.a } else { s.b };
        // As most phones do, it holds first.
        s.w.offer(who.0, who.1, sdp(&who.0.ip().to_string(), "8 101", "a=sendonly\r\n"));
        s.refer(who, "103");
        s.w.reject(s.c, Status::BUSY);
        assert_eq!(s.news(who.0), ["active SIP/2.0 100 Trying", "terminated SIP/2.0 486 Busy Here"]);
        assert!(s.call().held.is_some());
        s.w.offer(who.0, who.1, sdp(&who.0.ip().to_string(), "8 101", ""));
        assert_eq!(s.hears(), ["101<102", "102<101"]);
        assert_eq!(s.call().caller_leg().unwrap().party.number, "101");
        assert!(s.w.events().contains(&"transfer_failed".to_owned()));
        s.hang_up(s.a);
        s.w.settle();
        let legs = s.w.cdr().legs;
        let legs: Vec<_> = legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
        assert_eq!(legs, [("101", "answered"), ("102", "answered"), ("103", "busy")]);
    }
}

#[test]
fn who_has_gone_is_rung_back_once() {
    for is_answered in [true, false] {
        let mut s = Scene::new();
        s.refer(s.b, "103");
        s.hang_up(s.b);
        s.w.reject(s.c, Status::BUSY);
        let text = s.w.phones[&s.b.0].raw.iter().rev().find(|raw| raw.starts_with("INVITE")).unwrap().clone();
        assert_eq!(
            (header(&text, Name::ReferredBy).as_str(), s.hears()),
            ("", vec!["101<Ringing".to_owned()])
        );
        if is_answered {
            let b = s.answer(s.b.0);
            assert_eq!(s.hears(), ["101<102", "102<101"]);
            assert!(s.w.events().contains(&"transfer_returned".to_owned()));
            s.hang_up(b);
        } else {
            s.w.reject(s.b.0, Status::BUSY);
            assert!(s.ended(s.a.0));
        }
        s.w.settle();
        let ending = s.w.cdr().ending;
        let told = if is_answered {
            (Cause::HungUp, "102 hung up")
        } else {
            (Cause::Busy, "nobody took the call: 102 is busy")
        };
        assert_eq!((ending.cause, ending.text.as_str()), told);
    }
}

/// Whoever has the caller back after the queue's talk is over is busy with that, also when the after-call time is over.
#[test]
fn an_agent_who_is_rung_back_is_offered_nobody_meanwhile() {
    let (mut s, a, c) = Scene::queued();
    s.refer(c, "102");
    s.hang_up(c);
    s.w.reject(s.b.0, Status::BUSY);
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    let agent = |s: &Scene| s.w.x.floor().agent("3").unwrap().activity();
    assert_eq!(agent(&s), Activity::WrapUp);
    s.w.run(Duration::from_secs(6));
    assert_eq!(agent(&s), Activity::Outbound);
    // Somebody else waits.
    let waits = s.w.dial(s.b.0, "700", Some(sdp("192.0.2.12", "8 101", "")));
    s.w.run(Duration::from_secs(2));
    let invites = |s: &Scene| s.w.phones[&s.c].raw.iter().filter(|raw| raw.starts_with("INVITE")).count();
    let before = invites(&s);
    assert_eq!((agent(&s), before), (Activity::Outbound, 2), "the queue's call, and the ring back");
    s.hang_up(a);
    s.w.ms(100);
    assert_eq!(invites(&s), before + 1, "free, and at once the next one's");
    s.w.hang_up(s.b.0, waits);
    s.w.settle();
    let _ = c;
}

#[test]
fn the_caller_may_give_up_meanwhile() {
    let mut s = Scene::new();
    s.refer(s.b, "103");
    s.hang_up(s.a);
    assert_eq!(s.news(s.b.0).last().unwrap(), "terminated SIP/2.0 487 Request Terminated");
    assert!(s.ended(s.b.0));
    s.w.settle();
    assert_eq!(s.w.cdr().ending.cause, Cause::HungUp);
}

#[test]
fn nobody_answers() {
    let mut s = Scene::new();
    s.refer(s.b, "103");
    s.w.take(s.c);
    s.w.run(Duration::from_secs(31));
    assert_eq!(s.news(s.b.0).last().unwrap(), "terminated SIP/2.0 480 Temporarily Unavailable");
    assert_eq!(s.hears(), ["101<102", "102<101"]);
    // Who is not there at all.
    s.w.register(s.c, &["*"], Some(0));
    s.refer(s.b, "103");
    assert_eq!(s.news(s.b.0).last().unwrap(), "terminated SIP/2.0 480 Temporarily Unavailable");
    assert_eq!(s.hears(), ["101<102", "102<101"]);
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn what_may_not_be_is_refused_and_the_talk_goes_on() {
    let mut s = Scene::new();
    for (to, status) in [("104", "404"), ("*43", "403"), ("x", "404")] {
        s.refer(s.b, to);
        assert_eq!(s.answers(s.b.0).last().unwrap(), status, "{to}");
    }
    s.refer(s.b, "103");
    s.refer(s.b, "103");
    s.refer(s.a, "103");
    assert_eq!(s.answers(s.b.0).last().unwrap(), "491", "a transfer is under way");
    assert_eq!(s.answers(s.a.0), ["491"]);
    s.w.reject(s.c, Status::BUSY);
    for _ in 1..TRANSFERS_MAX {
        s.refer(s.b, "103");
        s.w.reject(s.c, Status::BUSY);
    }
    s.refer(s.b, "103");
    assert_eq!(s.answers(s.b.0).last().unwrap(), "483", "bounded");
    assert_eq!(s.call().stage, Stage::Talking { with: s.call().callee_legs().next().unwrap().id });
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn into_a_queue_with_its_recording_and_to_an_agent() {
    let mut s = Scene::new();
    s.refer(s.b, "701");
    assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying", "terminated SIP/2.0 200 OK"]);
    assert!(s.ended(s.b.0));
    // Nobody works there.
    assert!(s.w.cdrs().len() == 1 || s.call().is_ended());
    s.w.settle();
    assert_eq!(s.marks().iter().filter(|kind| *kind == "transfer").count(), 1);

    let mut s = Scene::new();
    let choose = |agent: &str, at: &str| {
        let (presence, extension) = (Presence::Ready, Some(at.to_owned()));
        let act = AgentAct::Choose { agent: agent.into(), presence, extension };
        Input::Command { id: CommandId(1), user: "boss".into(), command: Command::Agent(act) }
    };
    s.w.input(choose("3", "103"));
    s.refer(s.b, "701");
    // 103 is offered the caller; nothing of the recording has stopped.
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert!(!s.w.media.iter().any(|c| matches!(c, MediaCommand::StopRecording { .. })));
    assert!(s.w.media.iter().any(|c| matches!(c, MediaCommand::RecordLeg { channel: Channel::Right, .. })));
    let activity = |s: &Scene, agent: &str| s.w.x.floor().agent(agent).unwrap().activity();
    assert_eq!(activity(&s, "3"), Activity::Talking);
    // The agent sends the caller on to 102: the wrap-up is the agent's, at once.
    s.refer(c, "102");
    assert_eq!(activity(&s, "3"), Activity::Talking, "as long as the call may come back");
    s.hang_up(c);
    assert_eq!(activity(&s, "3"), Activity::WrapUp);
    let b = s.answer(s.b.0);
    assert_eq!(s.hears(), ["101<102", "102<101"]);
    s.hang_up(b);
    s.w.settle();
    let cdr = s.w.cdr();
    assert_eq!((cdr.call, cdr.with.unwrap().number.as_str()), (s.id, "102"));
}

/// The called side of a queue's talk sends the caller on to 102, who lets it ring.
fn send_on(t: &mut Floor, session: SessionId) {
    let now = t.w.now.mono;
    t.w.end(t.c).refer(now, session, &Uri::sip("102", "pbx.example", None), None);
    t.w.ms(50);
}

#[test]
fn after_many_refusals_the_record_says_who_answered_and_who_put_the_caller_through() {
    let mut t = Floor::new(QueueConfig { rest: 1_000, no_answer_break: 0, ..QueueConfig::default() });
    t.sign_in("3", "103");
    t.call("701");
    for _ in 0..40 {
        t.w.reject(t.c, Status::BUSY);
        t.w.run(Duration::from_millis(1_100));
    }
    let ring = t.answer(t.c);
    send_on(&mut t, ring);
    let b = t.answer(t.b);
    t.w.hang_up(t.b, b);
    t.w.settle();
    let cdr = t.w.cdr();
    let says = |text: &str| cdr.path.iter().any(|why| why.text == text);
    assert_eq!(cdr.path.len(), PATH_MAX);
    assert!(cdr.path[0].text.starts_with("101 dialled 701"));
    assert!(cdr.path.iter().any(|why| why.text.ends_with("steps are left out here")));
    assert!(cdr.path.iter().any(|why| why.step == "answer" && why.text.starts_with("103 answered")));
    assert!(says("103 transfers 101 to 102"), "{:#?}", cdr.path);
}

/// Nobody asks for keys then; they are noted as they are in the talk that was interrupted.
#[test]
fn no_flow_has_the_keys_of_who_is_being_put_through() {
    let mut t = Floor::new(QueueConfig::default());
    t.sign_in("3", "103");
    t.call("700");
    let ring = t.answer(t.c);
    send_on(&mut t, ring);
    let digits = |t: &Floor| t.w.events().iter().filter(|name| *name == "digit").count();
    t.caller_digit('9');
    assert_eq!(digits(&t), 1);
    assert!(t.rings(t.b), "9 would have led out of the queue");
    t.w.reject(t.b, Status::BUSY);
    assert!(matches!(t.w.x.calls().next().unwrap().stage, Stage::Talking { .. }));
    t.w.hang_up(t.c, ring);
    assert!(t.says("thanks"), "back in the flow");
    t.caller_digit('9');
    assert_eq!(digits(&t), 1, "and there no key is written down");
}

/// 102 talks with 101, and with 103 in a second call; who called whom there is a choice. Gives 103's session, and 102's.
fn consult(s: &mut Scene, is_called: bool) -> ((SocketAddr, SessionId), SessionId) {
    let (from, to) = if is_called { (s.c, s.b.0) } else { (s.b.0, s.c) };
    let number = if is_called { "102" } else { "103" };
    let made = s.w.dial(from, number, Some(sdp(&from.ip().to_string(), "8 101", "")));
    s.w.ms(100);
    let (_, taken) = s.answer(to);
    s.w.told(s.c);
    if is_called { ((s.c, made), taken) } else { ((s.c, taken), made) }
}

fn connect(s: &mut Scene, (at, session): (SocketAddr, SessionId), other: SessionId) {
    let now = s.w.now.mono;
    let replaces = s.w.end(at).replaces_of(other).unwrap();
    s.w.end(at).refer(now, session, &Uri::sip("103", "pbx.example", None), Some(&replaces));
    s.w.ms(50);
}

#[test]
fn two_calls_become_one() {
    for is_called in [false, true] {
        let mut s = Scene::new();
        let (c, second) = consult(&mut s, is_called);
        let other = s.w.x.calls().find(|call| call.id != s.id).unwrap().id;
        let who = s.b;
        connect(&mut s, who, second);
        assert_eq!(s.answers(s.b.0), ["202"]);
        assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying", "terminated SIP/2.0 200 OK"]);
        // The one that joins is offered other ports, in the words of its own dialog.
        let raw = s.w.phones[&s.c].raw.clone();
        let offers: Vec<&String> =
            raw.iter().filter(|raw| raw.contains("m=audio") && !raw.contains("REGISTER")).collect();
        let line = |raw: &String, start: &str| {
            raw.lines().find(|l| l.starts_with(start)).unwrap_or_default().to_owned()
        };
        let [.., before, after] = offers.as_slice() else { panic!("{offers:?}") };
        let id = |raw: &String| line(raw, "o=").split(' ').nth(1).map(str::to_owned);
        assert_eq!(id(before), id(after));
        assert_ne!(line(before, "m=audio"), line(after, "m=audio"));
        let now = s.w.now.mono;
        assert!(s.w.told(s.c).iter().any(|told| matches!(told, SessionEvent::Offer(Some(_)))));
        s.w.end(s.c).answer_offer(now, c.1, Ok(sdp("192.0.2.13", "8 101", "")));
        s.w.ms(100);
        assert_eq!(s.hears(), ["101<103", "103<101"]);
        let new = s.call().callee_legs().find(|l| l.is_live()).unwrap().id;
        let is_taped = |c: &MediaCommand| matches!(c, MediaCommand::RecordLeg { leg, .. } if *leg == new);
        assert!(s.w.media.iter().any(is_taped));
        assert_eq!(s.w.told(s.b.0).iter().filter(|told| matches!(told, SessionEvent::Ended(_))).count(), 2);
        assert!(s.w.x.call(other).is_none_or(Call::is_ended));
        s.hang_up(c);
        assert!(s.ended(s.a.0));
        s.w.settle();
        let cdrs = s.w.cdrs();
        let of = |id| cdrs.iter().find(|cdr| cdr.call == id).unwrap();
        let legs = |cdr: &Cdr| -> Vec<(String, String)> {
            cdr.legs.iter().map(|l| (l.party.number.clone(), l.outcome.clone())).collect()
        };
        let pair = |number: &str, outcome: &str| (number.to_owned(), outcome.to_owned());
        let first = [pair("101", "answered"), pair("102", "transferred"), pair("103", "answered")];
        assert_eq!(legs(of(s.id)), first);
        assert_eq!(of(s.id).with.as_ref().unwrap().number, "103");
        assert!(legs(of(other)).iter().all(|(_, outcome)| outcome == "transferred"));
        assert!(of(other).ending.text.contains("102 connected the other side with that of call 1"));
    }
}

#[test]
fn who_joins_may_refuse_its_new_ports_and_nobody_is_left_in_silence() {
    let mut s = Scene::new();
    let (c, second) = consult(&mut s, false);
    let who = s.b;
    connect(&mut s, who, second);
    let now = s.w.now.mono;
    s.w.end(s.c).answer_offer(now, c.1, Err(Status::NOT_ACCEPTABLE_HERE));
    s.w.ms(100);
    assert!(s.ended(s.a.0));
    s.w.settle();
    let cdr = s.w.cdrs().into_iter().find(|cdr| cdr.call == s.id).unwrap();
    assert_eq!(cdr.ending.cause, Cause::NotAcceptable);
    assert!(cdr.ending.text.contains("103 could not be connected"), "{}", cdr.ending.text);
}

#[test]
fn only_an_own_talk_can_be_connected() {
    let mut s = Scene::new();
    let (_, second) = consult(&mut s, false);
    // Of somebody else's: 101 knows the names of 102's other dialog.
    let now = s.w.now.mono;
    let foreign = s.w.end(s.b.0).replaces_of(second).unwrap();
    s.w.end(s.a.0).refer(now, s.a.1, &Uri::sip("103", "pbx.example", None), Some(&foreign));
    s.w.ms(50);
    assert_eq!(s.answers(s.a.0), ["403"]);
    // Itself, and nothing.
    let (at, session) = s.b;
    connect(&mut s, (at, session), session);
    let mut nothing = foreign;
    nothing.to_tag = "x".into();
    s.w.end(at).refer(now, session, &Uri::sip("103", "pbx.example", None), Some(&nothing));
    s.w.ms(50);
    assert_eq!(s.answers(at), ["403", "404"]);
    // Nothing was told to the media engine since.
    assert_eq!(s.hears(), ["101<", "102<"]);
    assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 2);
}

/// A phone of `number` asks for the place of a dialog; gives its session.
fn replace(s: &mut Scene, at: SocketAddr, number: &str, replaces: &str) -> SessionId {
    let now = s.w.now.mono;
    let phone = s.w.phones.get_mut(&at).unwrap();
    let mut headers = Headers::default();
    headers.push(Name::Replaces, replaces);
    headers.push(Name::Require, "replaces");
    let invite = Invite {
        flow: phone.flow,
        uri: Uri::sip(number, "pbx.example", None),
        from: NameAddr::bare(Uri::sip(number, "pbx.example", None)),
        to: NameAddr::bare(Uri::sip(number, "pbx.example", None)),
        contact_user: number.into(),
        sdp: Some(sdp(&at.ip().to_string(), "0 8 101", "")),
        max_forwards: 70,
        headers,
    };
    let session = phone.end.invite(now, invite);
    s.w.ms(100);
    session
}

/// RFC 3891 would let the caller's dialog be replaced while it rings; which of our phones rings is the exchange's affair.
#[test]
fn a_dialog_that_rings_is_not_taken_over() {
    let mut s = Scene::new();
    s.w.dial(s.c, "101", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    let (ring, _) = s.w.take(s.a.0);
    let now = s.w.now.mono;
    s.w.end(s.a.0).progress(now, ring, Status::RINGING, None);
    s.w.ms(100);
    let desk = s.w.registered("101", "192.0.2.21:5062");
    let early = s.w.end(s.a.0).replaces_of(ring).unwrap().to_string();
    replace(&mut s, desk, "101", &early);
    let heard = s.w.phones[&desk].heard.last().unwrap().clone();
    assert!(heard.starts_with("SIP/2.0 481"), "{heard}");
    assert!(!s.w.x.calls().any(|call| call.legs.values().any(|leg| leg.flow.remote == desk)));
}

#[test]
fn another_phone_of_the_extension_takes_the_talk_over() {
    for of_caller in [true, false] {
        let mut s = Scene::new();
        let (number, (from, session)) = if of_caller { ("101", s.a) } else { ("102", s.b) };
        let desk = s.w.registered(number, "192.0.2.21:5062");
        let replaces = s.w.end(from).replaces_of(session).unwrap().to_string();
        // Not by somebody else, not by its early dialog alone, and not of what is not there.
        for (at, who, what, status) in [
            (s.c, "103", replaces.clone(), "403"),
            (desk, number, format!("{replaces};early-only"), "486"),
            (desk, number, "x;to-tag=1;from-tag=2".to_owned(), "481"),
            (desk, number, "x".to_owned(), "400"),
        ] {
            replace(&mut s, at, who, &what);
            let heard = s.w.phones[&at].heard.last().unwrap().clone();
            assert!(heard.starts_with(&format!("SIP/2.0 {status}")), "{what}: {heard}");
        }
        let desk = (desk, replace(&mut s, desk, number, &replaces));
        assert!(s.ended(from), "the phone before is hung up");
        assert!(s.w.told(desk.0).iter().any(|told| matches!(told, SessionEvent::Answered(Some(_)))));
        let mut hears = s.hears();
        hears.sort();
        assert_eq!(hears, ["101<102", "102<101"]);
        assert!(s.w.media.iter().any(|c| matches!(c, MediaCommand::RecordLeg { .. })));
        assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 1);
        s.hang_up(desk);
        s.w.settle();
        let cdr = s.w.cdr();
        let by = if of_caller { End::Caller } else { End::Callee };
        assert_eq!((cdr.ending.cause, cdr.ending.by), (Cause::HungUp, EndedBy::Party(by)));
        let legs: Vec<_> = cdr.legs.iter().map(|l| (l.party.number.as_str(), l.outcome.as_str())).collect();
        assert!(legs.contains(&(number, "transferred")) && legs.contains(&(number, "answered")), "{legs:?}");
    }
}
