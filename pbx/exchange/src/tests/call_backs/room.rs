//! No room for the call that a call-back needs: that is no agent's fault.

use super::super::queues::{Floor, site};
use super::super::world::{header, sdp};
use super::rules;
use crate::*;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::OfferOutcome;
use switchroom_acd::{Activity, Bar, Fact, Presence};
use switchroom_sip::header::Name;

fn failed_offers(t: &Floor) -> usize {
    let is_failed = |fact: &Fact| matches!(fact, Fact::OfferEnded(f) if f.outcome == OfferOutcome::Failed);
    t.facts().iter().filter(|fact| is_failed(fact)).count()
}

/// The exchange has no room for the call of a call-back: who waits on the line needs none.
#[test]
fn an_exchange_that_is_full_keeps_no_agent_from_who_waits() {
    let mut config = site(rules());
    config.calls_max = 1;
    let mut t = Floor::with(config);
    t.ask();
    let c = t.c;
    let call = t.w.dial(c, "700", Some(sdp("192.0.2.13", "8 101", "")));
    t.w.ms(100);
    t.choose("2", Presence::Ready, "102");
    assert_eq!((t.rings(t.b), t.activity("2"), failed_offers(&t)), (true, Activity::Offered, 0));
    t.answer(t.b);
    t.w.run(Duration::from_secs(2));
    t.w.hang_up(c, call);
    // After-call work, and the pause of the call-back.
    t.w.run(Duration::from_secs(11));
    assert!(header(&t.invite_to(t.b), Name::From).starts_with("\"callback: 101\""));
    t.answer(t.b);
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
}

/// Of two agents who are rung at once there is a port for one; of one, none.
#[test]
fn a_port_that_lacks_in_the_middle_of_an_offer_blames_no_agent() {
    for (pairs, rings) in [(2, true), (1, false)] {
        let mut config = site(QueueConfig { ring_at_once: 0, no_answer_break: 1, ..rules() });
        config.rtp_pairs = pairs;
        let mut t = Floor::with(config);
        t.choose("2", Presence::Ready, "102");
        t.choose("3", Presence::Ready, "103");
        t.call("700");
        assert_eq!(t.rings(t.b) || t.rings(t.c), rings);
        let ended: Vec<OfferOutcome> = t
            .facts()
            .iter()
            .filter_map(|fact| if let Fact::OfferEnded(ended) = fact { Some(ended.outcome) } else { None })
            .collect();
        assert!(!ended.is_empty() && ended.iter().all(|how| *how == OfferOutcome::Withdrawn), "{ended:?}");
        let agents: Vec<_> = t.w.x.floor().agents().collect();
        assert!(agents.iter().all(|agent| agent.presence == Presence::Ready && agent.missed == 0));
        let spared = agents.iter().filter(|agent| agent.bar() == Some(Bar::NoRoom)).count();
        assert_eq!(spared, if rings { 1 } else { 2 });
        t.w.input(Input::EndAll);
        t.w.run(Duration::from_secs(20));
    }
}

#[test]
fn an_exchange_without_a_port_blames_no_agent() {
    let mut config = site(rules());
    config.rtp_pairs = 1;
    let mut t = Floor::with(config);
    t.ask();
    let c = t.c;
    let echo = t.w.dial(c, "*43", Some(sdp("192.0.2.13", "8 101", "")));
    t.w.ms(100);
    t.choose("2", Presence::Ready, "102");
    t.w.run(Duration::from_secs(30));
    assert_eq!((t.activity("2"), failed_offers(&t)), (Activity::Idle, 0));
    t.w.hang_up(c, echo);
    t.w.run(Duration::from_secs(6));
    assert!(t.rings(t.b));
    t.w.input(Input::EndAll);
    t.w.run(Duration::from_secs(20));
}
