//! Holds that last, and phones that are gone while they hold.

use super::transfer::Scene;
use super::world::sdp;
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::{Activity, Presence};
use switchroom_sip::endpoint::{Ended, SessionEvent, SessionId};
use switchroom_sip::status::Status;

const REMINDER: Duration = Duration::from_secs(60);

impl Scene {
    fn remind(&mut self) {
        let mut config = self.w.x.config().clone();
        config.hold_reminder = REMINDER;
        self.w.input(Input::Config(Arc::new(config)));
    }

    fn hold(&mut self, (at, session): (SocketAddr, SessionId), address: &str) {
        self.w.offer(at, session, sdp(address, "8 101", "a=sendonly\r\n"));
        assert!(self.call().held.is_some());
    }

    /// The leg of that number is gone, in that way, as SIP would say; its dialog stays, so that nothing can settle after it.
    fn lose(&mut self, number: &str, how: Ended) {
        let leg = self.call().legs.values().find(|leg| leg.is_live_at(number)).unwrap();
        let session = leg.session.unwrap();
        self.w.x.on_session(self.w.now, session, SessionEvent::Ended(how));
        self.w.input(Input::Tick);
        self.w.ms(10);
    }

    fn has(&self, event: &str) -> usize {
        self.w.events().iter().filter(|name| *name == event).count()
    }
}

/// A caller of a queue whom an agent held does not pay for the agent's phone: it waits again, before those who came since.
#[test]
fn a_caller_who_was_held_by_a_phone_that_is_gone_waits_again_first_of_all() {
    for how in [Ended::Lost, Ended::Expired, Ended::Gone(Status::REQUEST_TIMEOUT)] {
        let (mut s, a, c) = Scene::queued();
        s.hold(c, "192.0.2.13");
        s.lose("103", how);
        assert_eq!(s.call().stage, Stage::Flow, "{:?}", s.call().path);
        assert!(s.call().held.is_none());
        let waiter = s.w.x.floor().waiter(s.id.0).unwrap();
        assert_eq!(waiter.priority, switchroom_acd::limits::PRIORITY_MAX);
        assert_eq!(s.has("held_waits_again"), 1);
        assert_ne!(s.w.x.floor().agent("3").unwrap().activity(), Activity::Talking);
        // Another agent takes the call, and one recording goes on.
        let (presence, extension) = (Presence::Ready, Some("102".to_owned()));
        let act = AgentAct::Choose { agent: "2".into(), presence, extension };
        s.w.command("boss", Command::Agent(act)).unwrap();
        s.w.ms(100);
        let _ = s.answer(s.b.0);
        assert!(matches!(s.call().stage, Stage::Talking { .. }));
        assert_eq!(s.hears(), ["101<102", "102<101"]);
        let told = |c: &MediaCommand| match c {
            MediaCommand::Record { call, .. } if *call == s.id => Some("record"),
            MediaCommand::RecordLeg { .. } => Some("leg"),
            MediaCommand::StopRecording { call, .. } if *call == s.id => Some("stop"),
            _ => None,
        };
        assert_eq!(s.w.media.iter().filter_map(told).collect::<Vec<_>>(), ["record", "leg"]);
        s.hang_up(a);
        s.w.ms(100);
        let cdrs =
            s.w.records
                .iter()
                .filter_map(|record| if let Record::Cdr(cdr) = record { Some(cdr) } else { None });
        let cdr = cdrs.rev().find(|cdr| cdr.call == s.id).unwrap();
        assert_eq!(cdr.with.as_ref().unwrap().number, "102");
        assert_eq!(cdr.ending.cause, Cause::HungUp);
    }
}

#[test]
fn an_agent_who_hangs_up_while_holding_is_done_with_the_caller() {
    let (mut s, a, c) = Scene::queued();
    s.hold(c, "192.0.2.13");
    s.hang_up(c);
    assert!(s.w.x.floor().waiter(s.id.0).is_none());
    assert_eq!((s.has("held_waits_again"), s.has("back_to_flow")), (0, 1));
    s.hang_up(a);
    s.w.settle();
}

#[test]
fn nobody_waits_again_who_was_not_held_or_came_from_no_queue() {
    let (mut s, a, _) = Scene::queued();
    s.lose("103", Ended::Lost);
    assert_eq!((s.has("held_waits_again"), s.has("back_to_flow")), (0, 1));
    s.hang_up(a);
    s.w.ms(100);
    let mut s = Scene::new();
    s.hold(s.b, "192.0.2.12");
    s.lose("102", Ended::Lost);
    assert_eq!(s.call().ending().map(|ending| ending.cause), Some(Cause::MediaLost));
    s.w.ms(100);
}

/// Who holds is reminded; whose phone is registered no more is not waited for.
#[test]
fn a_hold_that_lasts_is_told_of_each_time_until_it_ends() {
    let mut s = Scene::new();
    s.remind();
    s.hold(s.b, "192.0.2.12");
    s.w.run(REMINDER - Duration::from_secs(1));
    assert_eq!((s.has("hold_reminder"), s.call().is_held_long()), (0, false));
    s.w.run(Duration::from_secs(2));
    assert_eq!((s.has("hold_reminder"), s.call().is_held_long()), (1, true));
    s.w.run(REMINDER);
    assert_eq!(s.has("hold_reminder"), 2);
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", ""));
    assert!(!s.call().is_held_long());
    s.w.run(REMINDER * 2);
    assert_eq!(s.has("hold_reminder"), 2);
    s.hold(s.b, "192.0.2.12");
    assert!(!s.call().is_held_long(), "a hold of its own");
    s.hang_up(s.a);
    s.w.settle();
}

/// Whoever takes the reminder out of the configuration during a hold hears of it no more.
#[test]
fn a_reload_without_the_reminder_ends_it() {
    let mut s = Scene::new();
    s.remind();
    s.hold(s.b, "192.0.2.12");
    let mut config = s.w.x.config().clone();
    config.hold_reminder = Duration::ZERO;
    s.w.input(Input::Config(Arc::new(config)));
    s.w.run(REMINDER * 3);
    assert_eq!((s.has("hold_reminder"), s.call().is_held_long()), (0, false));
    s.hang_up(s.a);
    s.w.settle();
}

#[test]
fn a_phone_that_is_registered_no_more_holds_nobody() {
    let (mut s, a, c) = Scene::queued();
    s.remind();
    s.hold(c, "192.0.2.13");
    let unregister = Command::Unregister { extension: "103".into(), contact: None };
    s.w.command("boss", unregister).unwrap();
    assert!(matches!(s.call().stage, Stage::Talking { .. }), "it may be back in a moment");
    s.w.run(REMINDER + Duration::from_secs(1));
    assert_eq!((s.has("hold_reminder"), s.has("held_waits_again")), (1, 1));
    assert!(s.ended(c.0), "it is told, should it be there");
    assert!(s.w.x.floor().waiter(s.id.0).is_some());
    s.hang_up(a);
    s.w.settle();
}
