//! REFER and its news.

use super::*;
use crate::replaces::Replaces;

fn notified(p: &mut Pair) -> Vec<String> {
    let mut bodies = vec![];
    // The second end's NOTIFYs as they are on the wire.
    while let Some(t) = p.ends[1].poll_transmit() {
        let text = String::from_utf8_lossy(&t.bytes).into_owned();
        p.wire.push_back((p.now.after(Duration::from_millis(10)), 0, t.bytes.to_vec()));
        bodies.push(text);
    }
    bodies
}

#[test]
fn who_refers_is_told_until_the_last_word() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].refer(p.now, a, &Uri::sip("103", "h", None), None);
    p.ms(50);
    let told = p.told(1);
    let Some(SessionEvent::Referred(refer)) = told.first() else { panic!("{told:?}") };
    assert_eq!((refer.to.user_text().as_str(), refer.replaces.clone()), ("103", None));
    assert!(refer.referred_by.as_ref().is_some_and(|by| by.contains("sip:101@h")));
    p.ends[1].answer_refer(p.now, b, Ok(()));
    let sent = notified(&mut p);
    assert!(sent[0].starts_with("SIP/2.0 202 Accepted"), "{}", sent[0]);
    assert!(sent[1].contains("Event: refer;id=") && sent[1].contains("Subscription-State: active;expires="));
    assert!(sent[1].contains("Content-Type: message/sipfrag") && sent[1].ends_with("SIP/2.0 100 Trying\r\n"));
    p.ms(50);
    p.ends[1].tell_refer(p.now, b, Status::BUSY);
    let sent = notified(&mut p);
    assert!(sent[0].contains("terminated;reason=noresource") && sent[0].ends_with("486 Busy Here\r\n"));
    p.ms(50);
    assert_eq!(p.told(0), [SessionEvent::ReferNews(Status::TRYING), SessionEvent::ReferNews(Status::BUSY)]);
    // Nothing after the last word.
    p.ends[1].tell_refer(p.now, b, Status::OK);
    assert_eq!(notified(&mut p), [""; 0]);
    assert_eq!((p.ends[0].sessions(), p.ends[1].sessions()), (1, 1));
}

/// What it asked for was neither done nor refused: it is told that no more news come, and of no outcome.
#[test]
fn who_refers_may_be_told_of_no_outcome() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    p.ends[0].refer(p.now, a, &Uri::sip("103", "h", None), None);
    p.ms(50);
    p.ends[1].answer_refer(p.now, b, Ok(()));
    notified(&mut p);
    p.ms(50);
    p.ends[1].end_refer(p.now, b);
    let sent = notified(&mut p);
    assert!(sent[0].contains("terminated;reason=noresource") && sent[0].ends_with("SIP/2.0 100 Trying\r\n"));
    p.ms(50);
    p.ends[1].tell_refer(p.now, b, Status::OK);
    p.ends[1].end_refer(p.now, b);
    assert_eq!(notified(&mut p), [""; 0]);
    assert_eq!((p.ends[0].sessions(), p.ends[1].sessions()), (1, 1));
}

/// RFC 4488: no subscription, and the 202 says so.
#[test]
fn who_wants_no_news_gets_none() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    let mut r = p.ends[0].sessions.get_mut(&a).unwrap().dialog.request(Method::Refer, None);
    r.headers.push(Name::ReferTo, "<sip:103@h>");
    r.headers.push(Name::ReferSub, "false");
    let flow = p.flow(0);
    p.ends[0].send_request(p.now, flow, r, Owner::Nobody);
    p.ends[0].flush();
    p.ms(50);
    p.ends[1].answer_refer(p.now, b, Ok(()));
    p.ends[1].tell_refer(p.now, b, Status::OK);
    let sent = notified(&mut p);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].starts_with("SIP/2.0 202") && sent[0].contains("Refer-Sub: false"));
}

#[test]
fn what_cannot_be_done_is_refused_at_once() {
    let mut p = Pair::new();
    let (a, _) = p.up();
    for (to, code) in [
        ("", "400"),
        ("<sip:103@h>, <sip:104@h>", "400"),
        ("<sip:103@h?Replaces=x>", "400"),
        ("<sip:103@h;method=BYE>", "603"),
        ("<tel:103>", "416"),
    ] {
        let mut r = p.ends[0].sessions.get_mut(&a).unwrap().dialog.request(Method::Refer, None);
        if !to.is_empty() {
            r.headers.push(Name::ReferTo, to);
        }
        let flow = p.flow(0);
        p.ends[0].send_request(p.now, flow, r, Owner::Nobody);
        p.ends[0].flush();
        p.ms(50);
        assert_eq!(p.seen.last(), Some(&format!("b:{code}")), "{to}");
        assert_eq!(p.told(1), []);
    }
}

/// The names of a dialog as one end gives them lead to the session at the other end.
#[test]
fn a_replaces_leads_to_the_other_end() {
    let mut p = Pair::new();
    let (a, b) = p.up();
    let replaces = p.ends[0].replaces_of(a).unwrap();
    assert_eq!(p.ends[1].replaced(&replaces), Some((b, true)));
    assert_eq!(p.ends[0].replaced(&replaces), None);
    let wrong = Replaces { from_tag: "x".into(), ..replaces.clone() };
    assert_eq!(p.ends[1].replaced(&wrong), None);
    p.ends[0].hang_up(p.now, a, None);
    p.ms(50);
    assert_eq!(p.ends[1].replaced(&replaces), None);
}
