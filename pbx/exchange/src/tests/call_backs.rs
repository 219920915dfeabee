//! Callers who ask to be called back, with phones around the exchange.

mod desk;
mod kept;
mod room;
mod sides;

use super::queues::{Floor, queue, route, site};
use super::world::{World, header};
use crate::tests::lamps::Panel;
use crate::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::{CallBackConfig, QueueConfig};
use switchroom_acd::fact::OfferOutcome;
use switchroom_acd::{Activity, CallBackAct, CallBackEnd, Fact, Presence};
use switchroom_flow::routes::Destination;
use switchroom_flow::{Clip, Language};
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::header::Name;
use switchroom_sip::status::Status;

fn rules() -> QueueConfig {
    let call_back = CallBackConfig { tries: 2, retry_after: 60_000, max: 2 };
    QueueConfig { call_back, wrap_up: 10_000, whisper: "sales/whisper".into(), ..queue() }
}

impl Floor {
    fn choose(&mut self, agent: &str, presence: Presence, extension: &str) {
        let extension = Some(extension.to_owned());
        self.act(AgentAct::Choose { agent: agent.into(), presence, extension }).unwrap();
        self.w.ms(10);
    }

    fn live(&self) -> &Call {
        self.w.x.calls().find(|call| !call.is_ended()).unwrap()
    }

    fn live_count(&self) -> usize {
        self.w.x.calls().filter(|call| !call.is_ended()).count()
    }

    fn press(&mut self, digits: &str) {
        let leg = self.live().caller;
        for digit in digits.chars() {
            self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        }
        self.w.ms(10);
    }

    /// What plays to who called is heard to its end.
    fn hears_all(&mut self) {
        let leg = self.live().caller;
        let number = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { number, leg: of, .. } if *of == leg => Some(*number),
            _ => None,
        });
        self.w.input(Input::Media(MediaEvent::Played { leg, number: number.unwrap() }));
        self.w.ms(100);
    }

    /// Agent 2 is there and on a break; 101 asks to be called back, and hangs up.
    fn ask(&mut self) {
        self.choose("2", Presence::Break { reason: "tea".into() }, "102");
        self.call("700");
        self.w.run(Duration::from_secs(20));
        self.press("11");
        assert!(self.says("msg/call-back-noted"));
        self.hears_all();
        assert_eq!(self.live_count(), 0, "the flow hung up");
    }

    fn acts(&self) -> Vec<CallBackAct> {
        let act = |fact| if let Fact::CallBack(fact) = fact { Some(fact.act) } else { None };
        self.facts().into_iter().filter_map(act).collect()
    }

    fn ends(&self) -> Vec<CallBackEnd> {
        let end = |act| if let CallBackAct::Closed { how, .. } = act { Some(how) } else { None };
        self.acts().into_iter().filter_map(end).collect()
    }

    fn invite_to(&self, at: SocketAddr) -> String {
        let raw = &self.w.phones[&at].raw;
        raw.iter().rev().find(|text| text.starts_with("INVITE")).cloned().unwrap_or_default()
    }

    /// Agent 2 is ready and answers, and has heard whom it is about: 101's phone rings.
    fn take_it(&mut self) -> SessionId {
        self.choose("2", Presence::Ready, "102");
        let session = self.answer(self.b);
        self.hears_all();
        assert!(self.rings(self.a));
        session
    }

    fn rest(mut self) {
        self.w.run(Duration::from_secs(20));
        self.w.settle();
    }
}

#[test]
fn a_caller_is_called_back_in_its_turn() {
    let mut t = Floor::new(rules());
    t.ask();
    assert_eq!(t.exits(), [(switchroom_acd::Exit::CalledBack, String::new())]);
    assert_eq!(t.w.x.floor().waiter_count(), 0);
    t.choose("2", Presence::Ready, "102");
    let invite = t.invite_to(t.b);
    assert!(header(&invite, Name::From).starts_with("\"callback: 101\" <sip:101@"), "{invite}");
    let agents = t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    // The agent hears whom before that one's phone rings.
    let said: Vec<String> = t
        .plays()
        .into_iter()
        .filter_map(|clip| match clip {
            Clip::Prompt { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["sales/whisper", "msg/call-back-to", "digit/1", "digit/0", "digit/1"]);
    assert_eq!(t.w.phones[&t.a].heard.iter().filter(|line| line.starts_with("INVITE")).count(), 0);
    t.hears_all();
    assert!(t.rings(t.a));
    assert!(t.plays().contains(&Clip::Ringing), "the agent hears it ring");
    t.answer(t.a);
    let call = t.live().clone();
    assert_eq!((&*call.from.number, &*call.to.number), ("102", "101"));
    assert_eq!(call.recording, Recording::On);
    assert_eq!(t.ends(), [CallBackEnd::Reached]);
    t.w.run(Duration::from_secs(30));
    let b = t.b;
    t.w.hang_up(b, agents);
    assert_eq!(t.activity("2"), Activity::WrapUp);
    let talked = t.facts().into_iter().find_map(|f| if let Fact::Talked(f) = f { Some(f) } else { None });
    assert_eq!(talked.map(|talked| talked.talk_ms / 1_000), Some(30));
    let shown = t.w.x.figures().queue("q", 0, i64::MAX);
    let counts = shown.counts;
    assert_eq!((counts.offered, counts.called_back, counts.answered, counts.waiting), (1, 1, 0, 0));
    assert_eq!((counts.call_backs.reached, counts.talks), (1, 1));
    assert!(shown.call_back_wait.longest_ms >= 20_000);
    assert!(t.w.x.inbox().is_empty());
    t.rest();
}

/// Nobody is on the line for a call-back, so the lamp of its queue does not blink, by day or by night.
#[test]
fn a_lamp_does_not_blink_for_a_call_back() {
    let mut t = Floor::new(rules());
    let panel = Panel::of(&mut t.w, "103");
    panel.watch(&mut t.w, "701");
    t.ask();
    t.w.run(Duration::from_secs(2));
    let waits = t.w.x.floor().queue("q").unwrap();
    assert_eq!((waits.order.len(), waits.oldest()), (1, None));
    let is_last = |word: &str| {
        let told = t.w.phones[&panel.at].raw.iter().rfind(|m| m.starts_with("NOTIFY")).unwrap();
        told.contains(&format!("<state>{word}</state>"))
    };
    assert!(
        t.w.phones[&panel.at].raw.iter().any(|m| m.contains("<state>early</state>")),
        "it did for the caller"
    );
    assert!(is_last("terminated"));
    t.rest();
}

#[test]
fn a_talk_can_be_held_like_any() {
    let mut t = Floor::new(rules());
    t.ask();
    let agents = t.take_it();
    t.answer(t.a);
    let b = t.b;
    t.w.offer(b, agents, super::world::sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    assert_eq!(t.activity("2"), Activity::Holding);
    t.w.offer(b, agents, super::world::sdp("192.0.2.12", "8 101", "a=sendrecv\r\n"));
    assert_eq!(t.activity("2"), Activity::Talking);
    t.w.hang_up(b, agents);
    assert_eq!(t.ends(), [CallBackEnd::Reached]);
    t.rest();
}

#[test]
fn busy_or_no_answer_is_tried_again_and_then_left_to_people() {
    let mut t = Floor::new(rules());
    t.ask();
    t.take_it();
    t.w.reject(t.a, Status::BUSY);
    assert_eq!(t.acts().last(), Some(&CallBackAct::Tried));
    assert_eq!(t.activity("2"), Activity::Idle, "no after-call time for a call that reached nobody");
    assert!(t.w.x.inbox().is_empty());
    t.w.run(Duration::from_secs(50));
    assert_eq!(t.live_count(), 0, "not before its time");
    t.w.run(Duration::from_secs(12));
    t.answer(t.b);
    // Nobody says that all was heard: after a while it goes on.
    t.w.run(Duration::from_secs(10));
    assert!(t.rings(t.a));
    t.w.run(Duration::from_secs(40));
    assert_eq!(t.ends(), [CallBackEnd::GivenUp]);
    let entry = t.w.x.missed("101").unwrap();
    assert_eq!((entry.tries, entry.count), (2, 1));
    t.rest();
}

#[test]
fn an_agent_who_does_not_answer_is_as_with_any_caller() {
    let mut t = Floor::new(rules());
    t.ask();
    t.choose("3", Presence::Ready, "103");
    t.w.reject(t.c, Status::BUSY);
    assert_eq!(t.live_count(), 0);
    t.w.run(Duration::from_secs(6));
    assert!(t.rings(t.c), "asked again after a rest");
    t.pick(t.c);
    t.w.run(Duration::from_secs(16));
    assert!(matches!(t.w.x.floor().agent("3").unwrap().presence, Presence::Break { .. }));
    assert_eq!(t.acts(), [CallBackAct::Asked], "the caller was not tried");
    t.take_it();
    t.answer(t.a);
    assert_eq!(t.ends(), [CallBackEnd::Reached]);
    let live = t.live().id;
    t.w.input(Input::Command { id: CommandId(1), user: "boss".into(), command: Command::HangUp(live) });
    t.rest();
}

#[test]
fn of_agents_who_ring_at_once_the_first_has_it() {
    let mut t = Floor::new(QueueConfig { ring_at_once: 0, ..rules() });
    t.ask();
    let (b, c) = (t.b, t.c);
    t.take_it();
    t.w.reject(t.a, Status::BUSY);
    t.sign_in("3", "103");
    t.w.run(Duration::from_secs(61));
    t.pick(b);
    let winner = t.answer(c);
    assert!(!t.rings(b));
    let last =
        |at| t.w.phones[&at].raw.iter().rev().find(|text| text.starts_with("CANCEL")).cloned().unwrap();
    assert!(last(b).contains("elsewhere"), "nobody missed a call");
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Idle, Activity::Talking));
    t.w.run(Duration::from_secs(11));
    t.answer(t.a);
    assert_eq!(t.ends(), [CallBackEnd::Reached]);
    assert_eq!(t.live().from.number, "103", "the call is by who answered");
    t.w.hang_up(c, winner);
    t.rest();
}

/// 101 is to be called back, and the phones of 2 and 3 ring for that.
fn rings_two() -> Floor {
    let mut t = Floor::new(QueueConfig { ring_at_once: 0, ..rules() });
    t.ask();
    t.take_it();
    t.w.reject(t.a, Status::BUSY);
    t.sign_in("3", "103");
    t.w.run(Duration::from_secs(61));
    assert!(t.rings(t.b) && t.rings(t.c));
    t
}

/// How offers ended, of each agent the last.
fn missed(t: &Floor) -> BTreeMap<String, OfferOutcome> {
    let ended =
        |fact| if let Fact::OfferEnded(ended) = fact { Some((ended.agent, ended.outcome)) } else { None };
    t.facts().into_iter().filter_map(ended).collect()
}

/// The phone of one rings, that of the other is dead.
#[test]
fn of_agents_who_ring_in_vain_each_is_judged_by_the_own_phone() {
    let mut t = rings_two();
    let (b, c) = (t.b, t.c);
    t.w.take(b);
    t.pick(c);
    t.w.run(Duration::from_secs(16));
    let of = |agent: &str, how| (agent.to_owned(), how);
    assert_eq!(missed(&t), [of("2", OfferOutcome::Failed), of("3", OfferOutcome::NoAnswer)].into());
    assert_eq!(t.w.x.floor().agent("2").unwrap().presence, Presence::Ready);
    assert!(matches!(t.w.x.floor().agent("3").unwrap().presence, Presence::Break { .. }));
    nobody_works(t);
}

/// Whoever is still to be called back stays so.
fn nobody_works(mut t: Floor) {
    t.choose("2", Presence::LoggedOut, "102");
    t.choose("3", Presence::LoggedOut, "103");
    t.rest();
}

/// One declines, and later the phone of the other fails.
#[test]
fn what_the_phone_of_one_agent_said_is_said_of_no_other() {
    let mut t = rings_two();
    let (b, c) = (t.b, t.c);
    t.w.reject(c, Status::BUSY);
    t.w.reject(b, Status::SERVICE_UNAVAILABLE);
    let of = |agent: &str, how| (agent.to_owned(), how);
    assert_eq!(missed(&t), [of("2", OfferOutcome::Failed), of("3", OfferOutcome::Refused)].into());
    nobody_works(t);
}

#[test]
fn a_number_that_reaches_no_phone_is_not_taken() {
    let mut config = site(rules());
    config.inbound.routes.push(route("5551", Destination::Extension("103".into())));
    let mut t = Floor::with(config);
    t.choose("2", Presence::Break { reason: "tea".into() }, "102");
    let first = t.call("700");
    // Into a flow; and into the queue itself.
    t.press("12700#1");
    assert!(t.says("msg/no-such-number"), "700");
    t.press("701#1");
    assert!(t.says("msg/no-such-number"), "701");
    t.w.hang_up(t.a, first);
    // To nowhere.
    t.call("700");
    t.press("124999#1");
    assert!(t.says("msg/no-such-number"), "4999");
    t.press("5551#1");
    assert!(t.says("msg/call-back-noted"));
    let open: Vec<String> = t.w.x.floor().call_backs().map(|one| one.number.clone()).collect();
    assert_eq!(open, ["5551"]);
}

#[test]
fn so_many_may_be_open_and_one_for_a_number() {
    let mut t =
        Floor::new(QueueConfig { call_back: CallBackConfig { max: 0, ..rules().call_back }, ..rules() });
    t.choose("2", Presence::Break { reason: "tea".into() }, "102");
    t.call("700");
    t.press("11");
    assert!(t.says("msg/no-call-back"));
    t.hears_all();
    assert_eq!(t.w.x.floor().waiter_count(), 1, "who cannot be called back waits on");
    assert!(t.says("music/one"));
}

/// An agent answers while the caller is asked for the number: the two talk.
#[test]
fn an_agent_may_answer_in_the_middle_of_the_question() {
    let mut t = Floor::new(rules());
    t.sign_in("2", "102");
    t.call("700");
    assert!(t.rings(t.b));
    t.press("12");
    assert!(t.says("msg/enter-number"));
    let agents = t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    t.press("101#1");
    assert_eq!(t.acts(), []);
    let b = t.b;
    t.w.hang_up(b, agents);
}

/// The agent's phone rings for the caller when that asks to be called back: it goes on to ring for the call-back.
#[test]
fn a_phone_that_rings_for_the_caller_then_rings_for_the_call_back() {
    let mut t = Floor::new(rules());
    t.sign_in("2", "102");
    t.call("700");
    t.press("11");
    t.w.ms(100);
    assert!(header(&t.invite_to(t.b), Name::From).starts_with("\"callback: 101\""));
    t.w.run(Duration::from_secs(20));
}

#[test]
fn who_calls_again_and_is_answered_is_not_called_back() {
    let mut t = Floor::new(rules());
    t.ask();
    t.take_it();
    t.w.reject(t.a, Status::BUSY);
    let call = t.call("700");
    t.answer(t.b);
    assert_eq!(t.ends(), [CallBackEnd::Dropped]);
    let a = t.a;
    t.w.hang_up(a, call);
    t.w.run(Duration::from_secs(70));
    assert_eq!(t.live_count(), 0, "nobody is called back");
}

#[test]
fn whoever_is_reached_by_others_is_not_called_back() {
    let mut t = Floor::new(rules());
    t.ask();
    let c = t.c;
    let call = t.w.dial(c, "101", Some(super::world::sdp("192.0.2.13", "8 101", "")));
    t.w.ms(100);
    t.answer(t.a);
    assert_eq!(t.ends(), [CallBackEnd::Dropped]);
    t.w.hang_up(c, call);
    t.rest();
}

/// While the agent's phone rings the call-back is taken out: the phone rings no more.
#[test]
fn a_supervisor_takes_it_out_while_it_rings() {
    let mut t = Floor::new(rules());
    t.ask();
    let id = CallId(t.w.x.floor().call_backs().next().unwrap().id);
    t.act(AgentAct::Priority { call: id, priority: 3 }).unwrap();
    // As long as nobody rings for it, it is known by the id of the call-back alone.
    let audited = t.w.audited("priority");
    assert_eq!(audited, [(Some(id), "boss: the call-back of 101 has priority 3 now".to_owned())]);
    t.choose("2", Presence::Ready, "102");
    t.pick(t.b);
    let call = t.live().id;
    assert!(t.act(AgentAct::TakeOut { call: id }).is_ok());
    let audited = t.w.audited("take_out");
    assert_eq!(audited, [(Some(call), "boss: the call-back of 101 was taken out of the queue".to_owned())]);
    t.w.ms(100);
    assert!(!t.rings(t.b));
    assert_eq!((t.live_count(), t.ends()), (0, vec![CallBackEnd::Removed]));
    assert_eq!(t.activity("2"), Activity::Idle);
    t.rest();
}

#[test]
fn the_agent_hangs_up_before_the_caller_is_reached() {
    let mut t = Floor::new(rules());
    t.ask();
    let agents = t.take_it();
    let (a, b) = (t.a, t.b);
    t.pick(a);
    t.w.hang_up(b, agents);
    assert!(!t.rings(a));
    assert_eq!(t.acts().last(), Some(&CallBackAct::Tried));
    // And while hearing whom it is about.
    t.w.run(Duration::from_secs(61));
    let agents = t.answer(b);
    t.w.hang_up(b, agents);
    assert_eq!(t.ends(), [CallBackEnd::GivenUp]);
    t.rest();
}

/// What the store has is enough: the place, the tries, the time of joining.
#[test]
fn a_restart_keeps_who_is_to_be_called_back() {
    let mut t = Floor::new(rules());
    t.ask();
    t.take_it();
    t.w.reject(t.a, Status::BUSY);
    let before = t.w.x.floor().call_backs().next().unwrap().clone();
    let facts = t.facts();
    let restored = Restored { facts: facts.clone(), inbox: facts, ..Restored::default() };
    let mut w = World::with(site(rules()), restored);
    let one = w.x.floor().call_backs().next().unwrap().clone();
    assert_eq!((one.id, one.tries, one.joined.wall), (before.id, 1, before.joined.wall));
    assert_eq!(w.x.audit(), [""; 0]);
    let counts = w.x.figures().queue("q", 0, i64::MAX).counts;
    assert_eq!((counts.called_back, counts.call_backs.asked, counts.call_backs.tries), (1, 1, 1));
    // And it goes on: the phone of an agent rings for it.
    let b = w.registered("102", "192.0.2.12:5060");
    let (presence, extension) = (Presence::Ready, Some("102".to_owned()));
    let act = AgentAct::Choose { agent: "2".into(), presence, extension };
    w.command("boss", Command::Agent(act)).unwrap();
    w.ms(100);
    w.take(b);
}

/// After a start a call-back may be offered at once: phones and agents are as they were. What then rings is what the floor
/// knows of, and is sent.
#[test]
fn a_restart_goes_on_with_it_at_once() {
    let mut t = Floor::new(rules());
    t.ask();
    t.choose("2", Presence::Ready, "102");
    let (facts, b) = (t.facts(), t.b);
    let agents = facts.iter().rev().find_map(|fact| match fact {
        Fact::Agent(fact) => Some(switchroom_acd::Remembered::from(fact)),
        _ => None,
    });
    let bindings = t.w.x.bindings("102").map(|binding| binding.record.clone()).collect();
    let (inbox, agents) = (facts.clone(), agents.into_iter().collect());
    let restored = Restored { bindings, agents, facts, inbox, ..Restored::default() };
    let mut x = Exchange::new(t.w.now, Arc::new(site(rules())), [7; 32], restored.clone());
    assert_eq!(x.audit(), [""; 0]);
    let actions = std::iter::from_fn(|| x.poll_action()).collect::<Vec<_>>();
    assert!(
        actions.iter().any(|action| matches!(action, Action::Media(MediaCommand::Open { .. }))),
        "{actions:?}"
    );
    let mut w = World::with(site(rules()), restored);
    assert_eq!(w.phone("102", "192.0.2.12:5060"), b);
    w.ms(1);
    w.take(b);
}

/// A stop in the middle of it counts no try, and loses nothing.
#[test]
fn a_stop_counts_no_try() {
    for far in [false, true] {
        let mut t = Floor::new(rules());
        t.ask();
        if far {
            t.take_it();
        } else {
            t.choose("2", Presence::Ready, "102");
            t.pick(t.b);
        }
        t.w.input(Input::Drain);
        t.w.ms(100);
        assert_eq!(t.live_count(), usize::from(far), "who only rings need not");
        t.w.input(Input::EndAll);
        t.w.ms(100);
        assert!(!t.acts().contains(&CallBackAct::Tried));
        assert_eq!((t.ends(), t.w.x.floor().call_backs().count()), (vec![], 1));
    }
}

#[test]
fn a_queue_that_goes_leaves_it_to_people() {
    let mut t = Floor::new(rules());
    t.ask();
    let mut config = site(rules());
    config.floor = Arc::default();
    t.w.input(Input::Config(Arc::new(config)));
    assert_eq!(t.ends(), [CallBackEnd::GivenUp]);
    assert_eq!(t.w.x.missed("101").map(|entry| entry.tries), Some(0));
}

#[test]
fn there_is_no_port_for_it() {
    let mut config = site(rules());
    config.rtp_pairs = 1;
    let mut t = Floor::with(config);
    t.ask();
    let c = t.c;
    t.w.dial(c, "*43", Some(super::world::sdp("192.0.2.13", "8 101", "")));
    t.w.ms(100);
    t.choose("2", Presence::Ready, "102");
    t.w.run(Duration::from_secs(30));
    assert_eq!(t.acts(), [CallBackAct::Asked]);
    assert_eq!(t.live_count(), 1);
}

/// Agents are told whom they call back in the language of the queue, or else of the site.
#[test]
fn agents_are_told_whom_they_call_back_in_their_language() {
    for (site_language, of_queue, told) in [
        (Language::En, "", Language::En),
        (Language::Zh, "", Language::Zh),
        (Language::En, "zh", Language::Zh),
    ] {
        let mut config = site(QueueConfig { language: of_queue.into(), ..rules() });
        config.inbound.language = site_language;
        let mut t = Floor::with(config);
        t.ask();
        t.choose("2", Presence::Ready, "102");
        t.answer(t.b);
        let clips = t.plays();
        let is_told = |clip: &Clip| matches!(clip, Clip::Prompt { language, .. } if *language == told);
        assert!(clips.len() > 3 && clips.iter().all(is_told), "{clips:?}");
        t.w.input(Input::EndAll);
        t.w.run(Duration::from_secs(20));
    }
}
