//! Attended transfer where nobody has answered the second call yet: the party goes where that call was dialled to.

use super::*;
use switchroom_acd::fact::Exit;
use switchroom_acd::{Door, Fact};

impl Scene {
    /// 102 dials that number in a second call; gives its session.
    fn second_line(&mut self, number: &str) -> SessionId {
        let at = self.b.0;
        let made = self.w.dial(at, number, Some(sdp(&at.ip().to_string(), "8 101", "")));
        self.w.ms(100);
        made
    }

    fn other(&self) -> &Call {
        self.w.x.calls().find(|call| call.id != self.id).unwrap()
    }

    /// How callers have left queues.
    fn exits(&self) -> Vec<(u128, Exit)> {
        let left = |record: &Record| match record {
            Record::Floor { fact, .. } => match &**fact {
                Fact::Left(left) => Some((left.call, left.exit)),
                _ => None,
            },
            _ => None,
        };
        self.w.records.iter().filter_map(left).collect()
    }
}

#[test]
fn into_the_queue_where_the_second_line_waits() {
    let mut s = Scene::new();
    let presence = Presence::Break { reason: "tea".into() };
    let choose = AgentAct::Choose { agent: "3".into(), presence, extension: Some("103".into()) };
    s.w.command("boss", Command::Agent(choose)).unwrap();
    let second = s.second_line("701");
    let other = s.other().id;
    assert!(s.w.x.floor().waiter(other.0).is_some(), "the second line waits");
    s.w.ms(7_000);
    // Whom it keeps out by now is whoever comes: the line came in time.
    let closed = AgentAct::Door { queue: "q".into(), door: Door::Closed };
    s.w.command("boss", Command::Agent(closed)).unwrap();
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["202"]);
    assert_eq!(s.news(s.b.0), ["active SIP/2.0 100 Trying", "terminated SIP/2.0 200 OK"]);
    assert_eq!(s.w.told(s.b.0).iter().filter(|told| matches!(told, SessionEvent::Ended(_))).count(), 2);
    assert!(s.w.x.floor().waiter(s.id.0).is_some(), "the caller waits in its place");
    assert_eq!(s.exits(), [(other.0, Exit::Moved)], "that it left is no caller who gave up");
    // The caller is served from there, in the call that it always was.
    let ready = AgentAct::Choose { agent: "3".into(), presence: Presence::Ready, extension: None };
    s.w.command("boss", Command::Agent(ready)).unwrap();
    s.w.ms(100);
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert_eq!(s.marks(), ["transfer"], "one recording goes on");
    s.hang_up(c);
    s.w.settle();
    let cdrs = s.w.cdrs();
    let of = |id| cdrs.iter().find(|cdr| cdr.call == id).unwrap();
    assert_eq!(of(s.id).with.as_ref().unwrap().number, "103");
    assert!(of(s.id).path.iter().any(|why| why.text == "takes the place of call 2, on its way to 701"));
    let text = "102 sends the other side of call 1 to 701 in its place";
    assert_eq!((of(other).ending.text.as_str(), of(other).legs[0].outcome.as_str()), (text, "transferred"));
    assert_eq!(s.exits().last(), Some(&(s.id.0, Exit::Answered)));
    // The two waits are one.
    let figures = s.w.x.figures().queue("q", i64::MIN, i64::MAX);
    assert_eq!((figures.counts.offered, figures.counts.answered, figures.overflowed), (1, 1, 0));
    assert!(figures.answered_wait.longest_ms >= 7_000);
}

/// A phone that rings for the second line rings for the one who takes its place.
#[test]
fn into_the_queue_while_an_agent_rings_for_the_second_line() {
    let mut s = Scene::new();
    let ready =
        AgentAct::Choose { agent: "3".into(), presence: Presence::Ready, extension: Some("103".into()) };
    s.w.command("boss", Command::Agent(ready)).unwrap();
    let second = s.second_line("701");
    assert_eq!(s.other().legs.values().filter(|leg| leg.party.number == "103").count(), 1, "103 rings");
    let (ring, _) = s.w.take(s.c);
    let now = s.w.now.mono;
    s.w.end(s.c).progress(now, ring, Status::RINGING, None);
    s.w.ms(10);
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["202"]);
    let cancel = s.w.phones[&s.c].raw.iter().find(|m| m.starts_with("CANCEL")).unwrap();
    assert_eq!(
        header(cancel, Name::Reason),
        "SIP;cause=200;text=\"Call completed elsewhere\"",
        "nobody is missed"
    );
    s.w.ms(1_000);
    s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 1);
}

/// The caller goes where the second line is. What its number leads to by now, with that line in the count, is not asked.
#[test]
fn by_a_route_that_has_as_many_calls_as_it_may() {
    for number in ["701", "500"] {
        let mut s = Scene::new();
        let presence = Presence::Break { reason: "tea".into() };
        let choose = AgentAct::Choose { agent: "3".into(), presence, extension: Some("103".into()) };
        s.w.command("boss", Command::Agent(choose)).unwrap();
        let mut config = s.w.x.config().clone();
        config.inbound.routes.iter_mut().for_each(|route| route.calls_max = Some(1));
        s.w.input(Input::Config(std::sync::Arc::new(config)));
        let second = s.second_line(number);
        let who = s.b;
        connect(&mut s, who, second);
        assert_eq!(s.answers(s.b.0), ["202"], "{number}");
        assert_eq!(s.call().stage, Stage::Flow, "{number}");
        assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 1);
    }
}

#[test]
fn into_the_flow_that_has_the_second_line() {
    let mut s = Scene::new();
    let second = s.second_line("500");
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["202"]);
    assert_eq!(s.call().stage, Stage::Flow);
    assert_eq!(s.call().flow.as_deref(), Some("500"));
    assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 1);
}

#[test]
fn to_the_phone_that_rings_for_the_second_line() {
    let mut s = Scene::new();
    let second = s.second_line("103");
    let (ring, _) = s.w.take(s.c);
    let now = s.w.now.mono;
    s.w.end(s.c).progress(now, ring, Status::RINGING, None);
    s.w.ms(100);
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["202"]);
    // It rings for the caller now, and who refers may still have the caller back.
    assert_eq!(s.hears(), ["101<Ringing", "102<Silence"]);
    let cancelled = s.w.phones[&s.c].raw.iter().filter(|raw| raw.starts_with("CANCEL")).count();
    let rung = s.w.phones[&s.c].raw.iter().filter(|raw| raw.starts_with("INVITE")).count();
    assert_eq!((cancelled, rung), (1, 2));
    let cancel = s.w.phones[&s.c].raw.iter().find(|raw| raw.starts_with("CANCEL")).unwrap();
    assert!(header(cancel, Name::Reason).contains("cause=200"), "nobody was missed: {cancel}");
    s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert_eq!(s.news(s.b.0).last().unwrap(), "terminated SIP/2.0 200 OK");
}

/// Nobody is put through to a service. Who is refused keeps both calls as they are.
#[test]
fn to_a_service_that_has_the_second_line_nobody_goes() {
    let mut s = Scene::new();
    let second = s.second_line("*43");
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["403"]);
    assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 2);
    assert_eq!(s.hears(), ["101<", "102<"]);
}

/// Who was put through to somebody has dialled nothing: where that leads is not for the next one.
#[test]
fn a_second_line_that_was_transferred_itself_leads_nowhere() {
    let mut s = Scene::new();
    // 103 calls 102, and is put through to a flow: 102's second line is a party that dialled nothing.
    let presence = Presence::Break { reason: "tea".into() };
    let choose = AgentAct::Choose { agent: "3".into(), presence, extension: Some("103".into()) };
    s.w.command("boss", Command::Agent(choose)).unwrap();
    let called = s.w.dial(s.c, "102", Some(sdp("192.0.2.13", "8 101", "")));
    s.w.ms(100);
    let (_, second) = s.answer(s.b.0);
    s.w.told(s.c);
    s.refer((s.c, called), "500");
    let who = s.b;
    connect(&mut s, who, second);
    assert_eq!(s.answers(s.b.0), ["403"]);
    assert_eq!(s.w.x.calls().filter(|call| !call.is_ended()).count(), 2);
}
