//! Transfers to the number of an agent: whoever sits somewhere is put through to there.

use super::super::queues::route;
use super::*;
use switchroom_flow::routes::Destination;

/// 101 talks with 102; agent 3 has signed in at 103.
fn with_agent() -> Scene {
    let mut s = Scene::new();
    choose(&mut s, Presence::Ready, Some("103"));
    s
}

fn choose(s: &mut Scene, presence: Presence, at: Option<&str>) {
    let act = AgentAct::Choose { agent: "3".into(), presence, extension: at.map(str::to_owned) };
    s.w.command("boss", Command::Agent(act)).unwrap();
    s.w.ms(10);
}

#[test]
fn a_phone_transfers_to_an_agent_where_the_agent_sits() {
    let mut s = with_agent();
    s.refer(s.b, "3");
    assert_eq!(s.answers(s.b.0), ["202"]);
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert!(s.ended(s.b.0));
    s.hang_up(c);
    s.w.settle();
    let cdr = s.w.cdr();
    assert_eq!(cdr.with.unwrap().number, "103");
    assert!(cdr.path.iter().any(|why| why.text == "102 transfers 101 to 3"), "{:#?}", cdr.path);
}

#[test]
fn a_user_transfers_to_an_agent_where_the_agent_sits() {
    let mut s = with_agent();
    let command = Command::Transfer { call: s.id, to: "3".into() };
    assert_eq!(s.w.command("boss", command), Ok("call 1 goes to 3".into()));
    s.w.ms(50);
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    s.hang_up(c);
    s.w.settle();
}

#[test]
fn an_agent_who_is_signed_out_has_no_number() {
    let mut s = with_agent();
    choose(&mut s, Presence::LoggedOut, None);
    s.refer(s.b, "3");
    assert_eq!(s.answers(s.b.0), ["404"]);
    let refused = s.w.command("boss", Command::Transfer { call: s.id, to: "3".into() });
    assert_eq!(refused, Err("nothing has that number".into()));
    assert_eq!(s.w.x.calls().count(), 1);
}

/// What has a number of its own goes before an agent of the same.
#[test]
fn a_route_goes_before_an_agent_of_its_number() {
    let mut config = site(QueueConfig::default());
    config.rtp_pairs = 16;
    config.inbound.routes.push(route("3", Destination::Extension("102".into())));
    let mut t = Floor::with(config);
    t.sign_in("3", "103");
    t.call("103");
    let ring = t.answer(t.c);
    let now = t.w.now.mono;
    t.w.end(t.c).refer(now, ring, &Uri::sip("3", "pbx.example", None), None);
    t.w.ms(50);
    assert!(t.rings(t.b), "102, to which the route leads");
}
