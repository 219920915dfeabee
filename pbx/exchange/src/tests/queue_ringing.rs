//! Ringing for a caller in a queue: whose phones, and its end, to the millisecond.

use super::queues::{Floor, queue, site};
use super::world::sdp;
use crate::limits::FORKS_MAX;
use crate::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::{Exit, OfferOutcome};
use switchroom_acd::{Activity, Fact, Presence};
use switchroom_sip::endpoint::{SessionEvent, SessionId};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;

/// A phone answers about when its time is over: it has the caller, or it does not and the next one rings; never both.
#[test]
fn an_answer_at_the_end_of_ringing_is_in_time_or_too_late() {
    let mut outcomes = BTreeSet::new();
    for ms in 9_800..9_900 {
        let mut t = Floor::new(QueueConfig { ring: 10_000, ..queue() });
        t.sign_in("2", "102");
        t.sign_in("3", "103");
        t.call("701");
        let ring = t.pick(t.b);
        t.w.ms(ms);
        let (now, at) = (t.w.now.mono, t.b);
        t.w.end(at).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
        t.w.ms(300);
        let has_the_caller = t.activity("2") == Activity::Talking;
        assert_eq!(t.rings(t.c), !has_the_caller, "{ms} ms: {:#?}", t.w.log);
        let is_hung_up = t.w.told(at).iter().any(|e| matches!(e, SessionEvent::Ended(_)));
        assert_eq!(is_hung_up, !has_the_caller, "{ms} ms: {:#?}", t.w.log);
        outcomes.insert(has_the_caller);
    }
    assert_eq!(outcomes.len(), 2, "the end of ringing lies elsewhere");
}

/// Two agents pick up in the same instant: one of them has the caller, before anybody hears anybody, and the other's phone is
/// told that it is over.
#[test]
fn of_two_agents_who_answer_at_once_one_has_the_caller() {
    for is_second_first in [false, true] {
        let mut t = Floor::new(QueueConfig { ring_at_once: 0, ..queue() });
        t.sign_in("2", "102");
        t.sign_in("3", "103");
        t.call("701");
        let (b, c) = (t.b, t.c);
        let mut phones = [(b, t.pick(b), "192.0.2.12", "2"), (c, t.pick(c), "192.0.2.13", "3")];
        if is_second_first {
            phones.reverse();
        }
        let wired = t.w.media.len();
        let now = t.w.now.mono;
        for (at, ring, ip, _) in phones {
            t.w.end(at).answer(now, ring, sdp(ip, "8 101", ""));
        }
        t.w.ms(300);
        let [winner, loser] =
            if t.activity(phones[0].3) == Activity::Talking { phones } else { [phones[1], phones[0]] };
        assert_eq!((t.activity(winner.3), t.activity(loser.3)), (Activity::Talking, Activity::Idle));
        let mut is_over = |at| t.w.told(at).iter().any(|e| matches!(e, SessionEvent::Ended(_)));
        assert_eq!((is_over(winner.0), is_over(loser.0)), (false, true));
        let call = t.w.x.calls().next().unwrap();
        let leg = |seat: &str| call.legs.values().find(|leg| leg.party.number == seat).unwrap();
        let [won, lost] = [winner, loser].map(|(_, _, _, agent)| leg(&format!("10{agent}")));
        assert_eq!((call.stage.clone(), lost.state), (Stage::Talking { with: won.id }, LegState::Ended));
        // The loser's phone hears nobody, and nobody hears it.
        let heard = t.w.media[wired..].iter().filter_map(|command| match command {
            MediaCommand::Hear { leg, source, .. } => Some((*leg, source.clone())),
            _ => None,
        });
        for (leg, source) in heard {
            assert_ne!(source, Source::Leg(lost.id));
            assert!(leg != lost.id || !matches!(source, Source::Leg(_) | Source::Mix(_)), "{source:?}");
        }
        let ends = t.facts().into_iter().filter_map(|fact| match fact {
            Fact::OfferEnded(ended) => Some((ended.agent, ended.outcome)),
            _ => None,
        });
        let wanted = [(winner.3, OfferOutcome::Answered), (loser.3, OfferOutcome::Elsewhere)];
        assert_eq!(ends.collect::<Vec<_>>(), wanted.map(|(agent, how)| (agent.to_owned(), how)));
        assert_eq!(t.exits(), [(Exit::Answered, winner.3.to_owned())]);
    }
}

/// Two agents who ring at once: one has as many phones as ring for an extension, and the other rings all the same.
#[test]
fn many_phones_of_one_agent_leave_room_for_the_next_one() {
    let config = site(QueueConfig { ring_at_once: 0, ..queue() });
    let mut t = Floor::with(Config { rtp_pairs: 32, bindings_max: FORKS_MAX + 1, ..config });
    for phone in 20..20 + FORKS_MAX {
        t.w.registered("102", &format!("192.0.2.{phone}:5060"));
    }
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    let call = t.call("700");
    assert!(t.rings(t.c), "103 rings beside the phones of 102");
    t.w.hang_up(t.a, call);
    t.end();
}

/// A codec that is taken out of the configuration ends no call of who waits in it.
#[test]
fn who_waits_in_a_codec_that_is_allowed_no_more_is_served() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let tea = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: "2".into(), presence: tea, extension: None }).unwrap();
    let call = t.w.dial(t.a, "700", Some(sdp("192.0.2.11", "0 101", "")));
    t.w.ms(100);
    let mut config = t.w.x.config().clone();
    config.codecs = vec![Codec::Pcma];
    t.w.input(Input::Config(Arc::new(config)));
    t.sign_in("2", "102");
    t.w.ms(50);
    t.answer(t.b);
    assert_eq!(t.exits(), [(Exit::Answered, "2".to_owned())]);
    t.w.hang_up(t.a, call);
    t.end();
}

/// A caller waits, a phone rings because a user picks it up, and then an agent comes, whose phone rings beside it. Gives what
/// rings at the first, and the caller's call.
fn offered_beside_a_pick_up() -> (Floor, SessionId, SessionId) {
    let mut t = Floor::new(QueueConfig { ring: 10_000, ..queue() });
    t.sign_in("2", "102");
    let tea = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: "2".into(), presence: tea, extension: None }).unwrap();
    let call = t.call("701");
    let picked = pick_up(&mut t);
    t.sign_in("2", "102");
    t.w.ms(50);
    assert!(t.rings(t.b) && t.rings(t.c));
    (t, picked, call)
}

/// A user has 103 ring for the caller.
fn pick_up(t: &mut Floor) -> SessionId {
    let call = t.w.x.calls().next().unwrap().id;
    t.w.command("mara", Command::PickUp { call, phone: Some("103".into()) }).unwrap();
    t.w.ms(50);
    t.pick(t.c)
}

fn offers_ended(t: &Floor) -> Vec<(String, OfferOutcome)> {
    let ended = t.facts().into_iter().filter_map(|fact| match fact {
        Fact::OfferEnded(ended) => Some((ended.agent, ended.outcome)),
        _ => None,
    });
    ended.collect()
}

/// The agent's time is over: that of the phone at which a user picks the caller up is not.
#[test]
fn a_pick_up_rings_on_when_an_offer_is_over() {
    let (mut t, _, call) = offered_beside_a_pick_up();
    t.pick(t.b);
    t.w.run(Duration::from_secs(10));
    assert_eq!(offers_ended(&t), [("2".to_owned(), OfferOutcome::NoAnswer)]);
    assert!(!t.rings(t.b) && t.rings(t.c));
    t.w.run(Duration::from_secs(19));
    assert!(t.rings(t.c), "as long as it would have without the agent");
    t.w.run(Duration::from_secs(1));
    assert!(!t.rings(t.c));
    assert_eq!(t.w.x.calls().next().unwrap().stage, Stage::Flow);
    t.w.hang_up(t.a, call);
    t.end();
}

/// And the other way round: the phone of the agent rings for the time of the offer, however long the other one does.
#[test]
fn an_offer_is_over_in_its_time_when_a_pick_up_rings_on() {
    let mut t = Floor::new(QueueConfig { ring: 10_000, ..queue() });
    t.sign_in("2", "102");
    let call = t.call("701");
    t.pick(t.b);
    t.w.run(Duration::from_secs(5));
    let picked = pick_up(&mut t);
    t.w.run(Duration::from_secs(5));
    assert_eq!(offers_ended(&t), [("2".to_owned(), OfferOutcome::NoAnswer)]);
    assert!(!t.rings(t.b) && t.rings(t.c));
    t.w.run(Duration::from_secs(20));
    assert!(t.rings(t.c));
    let (now, at) = (t.w.now.mono, t.c);
    t.w.end(at).answer(now, picked, sdp("192.0.2.13", "8 101", ""));
    t.w.ms(100);
    assert_eq!(t.exits(), [(Exit::Removed, String::new())]);
    t.w.hang_up(t.a, call);
    t.end();
}

/// A dead phone beside one that rings is a dead phone: its agent has missed nothing.
#[test]
fn an_agent_beside_a_pick_up_is_judged_by_the_own_phone() {
    let (mut t, _, call) = offered_beside_a_pick_up();
    t.w.run(Duration::from_secs(10));
    assert_eq!(offers_ended(&t), [("2".to_owned(), OfferOutcome::Failed)]);
    assert_eq!(t.w.x.floor().agent("2").unwrap().presence, Presence::Ready);
    t.w.hang_up(t.a, call);
    t.end();
}

/// What the phone of a user says is said of no agent.
#[test]
fn an_agent_beside_a_pick_up_is_not_judged_by_what_that_said() {
    let (mut t, picked, call) = offered_beside_a_pick_up();
    let (now, at) = (t.w.now.mono, t.c);
    t.w.end(at).reject(now, picked, Status::UNAVAILABLE, &Headers::default());
    t.w.ms(50);
    t.w.reject(t.b, Status::SERVICE_UNAVAILABLE);
    assert_eq!(offers_ended(&t), [("2".to_owned(), OfferOutcome::Failed)]);
    t.w.hang_up(t.a, call);
    t.end();
}

/// The same of two agents who ring at once: one phone rings, the other is dead.
#[test]
fn of_two_agents_who_ring_in_vain_each_is_judged_by_the_own_phone() {
    let mut t = Floor::new(QueueConfig { ring: 10_000, ring_at_once: 0, ..queue() });
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    let call = t.call("701");
    t.pick(t.c);
    t.w.run(Duration::from_secs(10));
    let wanted = [("2", OfferOutcome::Failed), ("3", OfferOutcome::NoAnswer)];
    assert_eq!(offers_ended(&t), wanted.map(|(agent, how)| (agent.to_owned(), how)));
    t.w.hang_up(t.a, call);
    t.end();
}
