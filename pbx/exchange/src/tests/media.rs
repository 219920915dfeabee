use super::world::{World, config, sdp};
use crate::*;
use std::time::Duration;
use switchroom_sip::endpoint::SessionEvent;
use switchroom_sip::sdp::{Description, Direction};
use switchroom_sip::status::Status;

fn agreed(w: &World) -> Vec<(LegId, Agreed)> {
    w.media
        .iter()
        .filter_map(|m| {
            if let MediaCommand::Agree { leg, agreed, .. } = m { Some((*leg, agreed.clone())) } else { None }
        })
        .collect()
}

#[test]
fn both_legs_are_anchored_and_hear_each_other() {
    let mut w = World::new();
    w.talking();
    let ports: Vec<_> = agreed(&w).iter().map(|(_, a)| a.remote_rtp.unwrap().to_string()).collect();
    assert_eq!(ports, ["192.0.2.12:4000", "192.0.2.11:4000"]);
    assert!(agreed(&w).iter().all(|(_, a)| a.digits == Some((101, 101)) && a.sending && a.receiving));
    assert!(matches!(w.hears()[..], [Source::Leg(LegId(2)), Source::Leg(LegId(1))]));
    assert!(w.media.iter().any(|m| matches!(m, MediaCommand::Record { .. })));
}

#[test]
fn hold_in_three_forms_and_back() {
    for form in ["a=sendonly\r\n", "a=inactive\r\n", "null"] {
        let mut w = World::new();
        let (a, call, b, _) = w.talking();
        let hold =
            if form == "null" { sdp("0.0.0.0", "8 101", "") } else { sdp("192.0.2.11", "8 101", form) };
        w.offer(a, call, hold);
        let answer =
            w.told(a).into_iter().find_map(|e| if let SessionEvent::OfferAnswered(s) = e { s } else { None });
        let answer = Description::parse(&answer.unwrap()).unwrap();
        assert!(!answer.direction.sends(), "{form}: {:?}", answer.direction);
        assert_eq!(w.hears(), [Source::Nothing, Source::Silence], "{form}: who holds is not heard");
        assert!(w.x.calls().next().unwrap().held.is_some());
        w.offer(a, call, sdp("192.0.2.11", "8 101", ""));
        assert!(matches!(w.hears()[..], [Source::Leg(_), Source::Leg(_)]), "{form}");
        assert!(w.x.calls().next().unwrap().held.is_none());
        w.told(b);
        w.hang_up(a, call);
        let steps: Vec<_> =
            w.cdr().path.into_iter().map(|s| s.step).filter(|s| s == "hold" || s == "resume").collect();
        assert_eq!(steps, ["hold", "resume"]);
        w.settle();
    }
}

#[test]
fn an_unhold_without_sdp_is_offered_what_was() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
    w.told(a);
    // A re-INVITE without a body: the phone asks for our description.
    let now = w.now.mono;
    w.end(a).ask_offer(now, call).unwrap();
    w.ms(100);
    let offer =
        w.told(a).into_iter().find_map(|e| if let SessionEvent::OfferAsked(s) = e { Some(s) } else { None });
    let offer = Description::parse(&offer.unwrap()).unwrap();
    assert_eq!(offer.direction, Direction::SendRecv);
    let now = w.now.mono;
    w.end(a).answer_asked(now, call, sdp("192.0.2.11", "8 101", ""));
    w.ms(100);
    assert!(w.x.calls().next().unwrap().held.is_none());
    assert!(matches!(w.hears()[..], [Source::Leg(_), Source::Leg(_)]));
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn unequal_laws_are_transcoded() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "0 101", "")));
    w.ms(100);
    let (ring, incoming) = w.take(b);
    let offered = Description::parse(&incoming.request.sdp().unwrap()).unwrap();
    assert_eq!(offered.codecs().map(|f| f.pt).collect::<Vec<_>>(), [0, 8, 9]);
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
    w.ms(100);
    let codecs: Vec<_> = agreed(&w).into_iter().map(|(_, a)| a.codec.name).collect();
    assert_eq!(codecs, ["PCMA", "PCMU"]);
}

#[test]
fn phones_with_no_codec_in_common_talk() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let call = w.dial(a, "102", Some(sdp("192.0.2.11", "0 101", "")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "9 101", ""));
    w.ms(100);
    let codecs: Vec<_> = agreed(&w).into_iter().map(|(_, a)| a.codec.name).collect();
    assert_eq!(codecs, ["G722", "PCMU"]);
    // What they could pass on unchanged comes up later, and is taken.
    w.offer(b, ring, sdp("192.0.2.12", "9 8 0 101", ""));
    w.ms(100);
    assert_eq!(agreed(&w).last().unwrap().1.codec.name, "PCMU");
    assert!(matches!(w.hears()[..], [Source::Leg(_), Source::Leg(_)]));
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn early_media_is_passed_and_the_answer_keeps_it() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let call = w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    w.ms(100);
    assert!(matches!(&w.told(a)[..], [SessionEvent::Progress(Status::SESSION_PROGRESS, Some(_))]));
    assert!(matches!(w.hears()[..], [Source::Leg(LegId(2)), Source::Leg(LegId(1))]));
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
    w.ms(100);
    assert!(agreed(&w).iter().all(|(_, a)| a.generation == 1), "the same source stays locked");
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn a_late_offer_is_settled_by_the_ack() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let call = w.dial(a, "102", None);
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
    w.ms(100);
    let offer =
        w.told(a).into_iter().find_map(|e| if let SessionEvent::Answered(s) = e { s } else { None }).unwrap();
    assert!(Description::parse(&offer).unwrap().codecs().any(|f| f.name == "PCMA"));
    let now = w.now.mono;
    w.end(a).answer_asked(now, call, sdp("192.0.2.11", "8 101", ""));
    w.ms(100);
    assert_eq!(agreed(&w).len(), 2);
    assert!(matches!(w.hears()[..], [Source::Leg(_), Source::Leg(_)]));
    w.hang_up(a, call);
    assert_eq!(w.cdr().ending.cause, Cause::HungUp);
    w.settle();
}

#[test]
fn services_answer() {
    for (number, want) in [("*43", Source::Echo), ("*44", Source::Tone { hz: 440, ddb: -180 })] {
        let mut w = World::new();
        let a = w.registered("101", "192.0.2.11:5060");
        let call = w.dial(a, number, Some(sdp("192.0.2.11", "9 0 101", "")));
        w.ms(100);
        assert_eq!(w.hears(), std::slice::from_ref(&want));
        assert_eq!(agreed(&w)[0].1.codec.name, "G722");
        w.offer(a, call, sdp("192.0.2.11", "9 0 101", "a=sendonly\r\n"));
        w.offer(a, call, sdp("192.0.2.11", "9 0 101", ""));
        assert_eq!(w.hears(), [want]);
        w.hang_up(a, call);
        assert_eq!((w.cdr().legs.len(), w.cdr().recorded), (1, false));
        w.settle();
    }
}

#[test]
fn an_offer_that_fits_nobody_changes_nothing() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let before = agreed(&w).len();
    w.offer(a, call, sdp("192.0.2.11", "18", ""));
    assert!(matches!(&w.told(a)[..], [SessionEvent::OfferRefused(Status::NOT_ACCEPTABLE_HERE)]));
    assert_eq!((agreed(&w).len(), w.x.status().calls), (before, 1));
}

/// Class "RTP bleed", signalling side: the lock on a source is lifted only by a new address.
#[test]
fn only_a_new_address_lifts_the_lock() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.offer(a, call, sdp("192.0.2.11", "8 101", ""));
    assert_eq!(agreed(&w).last().unwrap().1.generation, 1);
    w.offer(a, call, sdp("192.0.2.77", "8 101", ""));
    assert_eq!(agreed(&w).last().unwrap().1.generation, 2);
}

#[test]
fn one_way_audio_is_an_alarm_while_it_lasts() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let missing = |leg| MediaEvent::Missing { leg, for_ms: 5000, refused: 3, refused_from: None };
    w.input(Input::Media(missing(LegId(1))));
    assert_eq!(w.x.alarms().count(), 1);
    assert!(w.events().contains(&"one_way".to_owned()));
    w.input(Input::Media(MediaEvent::Back { leg: LegId(1) }));
    assert_eq!(w.x.alarms().count(), 0);
    w.input(Input::Media(missing(LegId(1))));
    w.input(Input::Media(missing(LegId(2))));
    w.run(Duration::from_secs(61));
    assert_eq!((w.cdr().ending.cause, w.x.alarms().count()), (Cause::MediaLost, 0));
    _ = (a, call);
    w.settle();
}

/// A held call may be silent, and who resumed and talks is not hung up on.
#[test]
fn silence_on_hold_is_no_trouble() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let missing = |leg| MediaEvent::Missing { leg, for_ms: 5000, refused: 0, refused_from: None };
    w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
    w.input(Input::Media(missing(LegId(1))));
    assert_eq!(w.x.alarms().count(), 0, "who holds need not send");
    w.input(Input::Media(missing(LegId(2))));
    w.offer(a, call, sdp("192.0.2.11", "8 101", ""));
    w.run(Duration::from_secs(90));
    assert_eq!(w.x.status().calls, 1);
    w.hang_up(a, call);
    w.settle();
}

/// A phone that moves to another network goes on being heard: the lock on its source is lifted with proof.
#[test]
fn a_phone_that_roams_is_heard() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let mut phone = w.phones.remove(&a).unwrap();
    let moved: std::net::SocketAddr = "198.51.100.9:7777".parse().unwrap();
    phone.flow.local = moved;
    phone.end.move_session(call, phone.flow);
    w.phones.insert(moved, phone);
    w.register(moved, &["<sip:101@192.0.2.11:5060>"], Some(300));
    w.offer(moved, call, sdp("192.0.2.11", "8 101", ""));
    w.ms(200);
    let last = agreed(&w).last().unwrap().1.clone();
    assert_eq!((last.generation, last.signalling_ip.to_string().as_str()), (2, "198.51.100.9"));
    w.hang_up(moved, call);
    assert_eq!(w.cdr().legs[0].address, "udp 198.51.100.9:7777");
}

#[test]
fn each_trouble_of_the_media_is_an_event_when_it_begins() {
    let mut w = World::new();
    w.talking();
    let bad = Quality {
        received: crate::Direction { packets: 90, lost: 10, jitter_us: 80_000, rtt_us: 0, mos_centi: 250 },
        sent: crate::Direction { packets: 50, lost: 50, ..Default::default() },
    };
    for _ in 0..3 {
        w.input(Input::Media(MediaEvent::Quality { leg: LegId(1), recent: bad, whole: bad }));
    }
    let seen: Vec<_> = w
        .events()
        .into_iter()
        .filter(|e| ["loss", "loss_sent", "jitter", "quality"].contains(&e.as_str()))
        .collect();
    assert_eq!(seen, ["loss", "loss_sent", "jitter", "quality"]);
}

/// Class "SRTP downgrade": secured media is refused, never answered in clear.
#[test]
fn srtp_downgrade() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let offer = String::from_utf8(sdp("192.0.2.11", "8", "")).unwrap().replace("RTP/AVP", "RTP/SAVP");
    w.dial(a, "*43", Some(offer.into_bytes()));
    w.ms(100);
    assert!(matches!(&w.told(a)[..], [SessionEvent::Rejected(r)] if r.status.code() == 488));
    assert_eq!(w.x.status().rtp_ports, 0);
}

#[test]
fn a_port_that_cannot_be_opened_costs_one_phone_of_several() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    let c = w.registered("102", "192.0.2.13:5060");
    let call = w.dial(a, "102", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    let (ring, _) = w.take(c);
    let one = w.x.calls().next().unwrap().callee_legs().next().unwrap().clone();
    w.input(Input::Media(MediaEvent::OpenFailed {
        leg: one.id,
        slot: one.slot.unwrap(),
        why: "in use".into(),
    }));
    let now = w.now.mono;
    w.end(c).answer(now, ring, sdp("192.0.2.13", "8", ""));
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Answered(_))));
    w.hang_up(a, call);
    w.settle();
}

#[test]
fn an_unhold_without_sdp_keeps_refused_lines() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let offer = [sdp("192.0.2.11", "8 101", ""), b"m=video 5000 RTP/AVP 96\r\n".to_vec()].concat();
    let call = w.dial(a, "*43", Some(offer));
    w.ms(100);
    w.told(a);
    let now = w.now.mono;
    w.end(a).ask_offer(now, call).unwrap();
    w.ms(100);
    let offer =
        w.told(a).into_iter().find_map(|e| if let SessionEvent::OfferAsked(s) = e { Some(s) } else { None });
    assert!(String::from_utf8(offer.unwrap()).unwrap().contains("m=video 0 RTP/AVP 96"));
}

#[test]
fn ports_run_out_and_come_back() {
    let mut w = World::with(Config { rtp_pairs: 1, ..config() }, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    let first = w.dial(a, "*43", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    w.told(a);
    w.dial(a, "*43", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Rejected(_))));
    w.hang_up(a, first);
    let call = w.dial(a, "*43", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    let leg = w.x.calls().find(|c| !c.is_ended()).unwrap().caller;
    let slot = w.x.calls().find(|c| !c.is_ended()).unwrap().caller_leg().unwrap().slot.unwrap();
    w.input(Input::Media(MediaEvent::OpenFailed { leg, slot, why: "in use".into() }));
    w.ms(100);
    assert_eq!(w.cdrs().last().unwrap().ending.cause, Cause::Overload);
    assert!(w.told(a).iter().any(|e| matches!(e, SessionEvent::Ended(_))));
    _ = call;
    w.settle();
}

#[test]
fn a_media_engine_that_says_nothing_does_not_hold_the_cdr() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.media_works = false;
    w.hang_up(a, call);
    assert_eq!(w.cdrs().len(), 0);
    w.run(Duration::from_secs(4));
    assert_eq!(w.cdrs().len(), 1);
}

/// What was never missed is not told as back, and nothing is told of phones that have hung up.
#[test]
fn media_of_who_holds_or_has_ended_is_no_news() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
    let leg = LegId(1);
    let before = w.events().len();
    w.input(Input::Media(MediaEvent::Missing { leg, for_ms: 5000, refused: 0, refused_from: None }));
    w.input(Input::Media(MediaEvent::Back { leg }));
    w.input(Input::Media(MediaEvent::DeadAir { leg, for_ms: 9000 }));
    assert_eq!(w.events().len(), before, "{:?}", w.events());
    w.media_works = false;
    w.hang_up(a, call);
    let before = w.events().len();
    let bad = Quality {
        received: crate::Direction { packets: 50, lost: 50, ..Default::default() },
        ..Default::default()
    };
    for event in [
        MediaEvent::Digit { leg, digit: '5' },
        MediaEvent::Back { leg },
        MediaEvent::DeadAir { leg, for_ms: 9000 },
        MediaEvent::Quality { leg, recent: bad, whole: bad },
    ] {
        w.input(Input::Media(event));
    }
    assert_eq!(w.events().len(), before, "{:?}", w.events());
    w.run(Duration::from_secs(4));
    assert_eq!(w.cdr().legs[0].quality, bad, "the CDR has the last figures");
}

/// A late word of the media engine about a leg that is gone does not free a pair that another has by now.
#[test]
fn a_late_failure_to_open_frees_nobody_elses_port() {
    let mut w = World::with(Config { rtp_pairs: 2, ..config() }, Restored::default());
    let (a, call, _, _) = w.talking();
    w.media_works = false;
    w.hang_up(a, call);
    w.run(Duration::from_secs(6));
    let (leg, slot) = w.x.closing.iter().map(|(l, s)| (*l, *s)).next().unwrap();
    let failed = || MediaEvent::OpenFailed { leg, slot, why: "in use".into() };
    w.input(Input::Media(failed()));
    assert_eq!((w.x.closing.len(), w.x.status().rtp_ports), (1, 1));
    w.run(Duration::from_secs(61));
    w.dial(a, "*43", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    assert_eq!(w.x.calls().next().unwrap().caller_leg().unwrap().slot, Some(slot));
    w.input(Input::Media(failed()));
    w.input(Input::Media(MediaEvent::Closed { leg, slot, whole: Quality::default() }));
    assert_eq!(w.x.status().rtp_ports, 2, "it is the new call's");
}

/// That we have no port for a phone is not that the phone did not answer.
#[test]
fn a_port_that_cannot_be_opened_is_no_fault_of_the_phone() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "8", "")));
    w.ms(100);
    let one = w.x.calls().next().unwrap().callee_legs().next().unwrap().clone();
    let (leg, slot) = (one.id, one.slot.unwrap());
    w.input(Input::Media(MediaEvent::OpenFailed { leg, slot, why: "in use".into() }));
    assert_eq!((w.cdr().ending.cause, w.cdr().ending.status), (Cause::Overload, 503));
}

/// A disk that fills up ends a recording, and what there is of it is kept: the CDR says that there is one.
#[test]
fn a_recording_that_ended_early_is_a_recording() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    w.input(Input::Media(MediaEvent::RecordingFailed { call: id, why: "disk full".into() }));
    w.input(Input::Media(MediaEvent::RecordingClosed { facts: super::table::facts(id) }));
    assert_eq!(w.x.calls().next().unwrap().recording, Recording::Failed, "the board goes on saying so");
    w.hang_up(a, call);
    assert!(w.cdr().recorded);
}

/// Digits by INFO reach a phone that is heard before it answers, as those in the sound do.
#[test]
fn digits_by_info_reach_early_media() {
    let mut w = World::new();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", "")));
    w.ms(50);
    let session = w.x.calls().next().unwrap().caller_leg().unwrap().session.unwrap();
    w.x.on_session(w.now, session, SessionEvent::Info("application/dtmf".into(), "5".into()));
    w.input(Input::Tick);
    assert!(w.media.iter().any(|m| matches!(m, MediaCommand::SendDigit { leg: LegId(2), digit: '5', .. })));
}

/// The last word of the media engine about a leg is shown, also when its call has ended.
#[test]
fn the_quality_of_a_closed_leg_is_shown() {
    let mut w = World::new();
    let (a, call, _, _) = w.talking();
    w.media_works = false;
    w.hang_up(a, call);
    let ended = w.x.calls().next().unwrap();
    let (id, leg, slot) = (ended.id, ended.caller, ended.caller_leg().unwrap().slot.unwrap());
    w.x.take_changed();
    w.input(Input::Media(MediaEvent::Closed { leg, slot, whole: Quality::default() }));
    assert!(w.x.take_changed().contains(&Changed::Call(id)));
}

#[test]
fn who_is_held_hears_music_where_there_is_some() {
    let mut config = config();
    config.hold_music = vec!["music/one".into()];
    let mut w = World::with(config, Restored::default());
    let (a, call, b, ring) = w.talking();
    w.media.clear();
    let plays = |w: &World| {
        let music = |c: &&MediaCommand| matches!(c, MediaCommand::Play { is_loop: true, .. });
        w.media.iter().filter(music).count()
    };
    w.offer(b, ring, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    w.ms(50);
    assert_eq!(plays(&w), 1);
    // Held once more, in another form: it plays on.
    w.offer(b, ring, sdp("192.0.2.12", "8 101", "a=inactive\r\n"));
    w.ms(50);
    assert_eq!(plays(&w), 1);
    w.offer(b, ring, sdp("192.0.2.12", "8 101", "a=sendrecv\r\n"));
    w.ms(50);
    let legs: Vec<LegId> = w.x.calls().next().unwrap().legs.keys().copied().collect();
    assert_eq!(w.hears(), [Source::Leg(legs[1]), Source::Leg(legs[0])]);
    w.offer(b, ring, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    w.ms(50);
    assert_eq!(plays(&w), 2);
    w.hang_up(a, call);
    w.settle();
}
