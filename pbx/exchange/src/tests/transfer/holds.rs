//! Holds that a transfer ends, or does not.

use super::*;

/// Who stays may hold the one who leaves, and goes on holding whoever comes.
#[test]
fn a_hold_of_who_stays_lasts_through_a_transfer() {
    for is_attended in [true, false] {
        let mut s = Scene::new();
        let (at, session) = s.a;
        s.w.offer(at, session, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
        assert!(s.call().held.is_some());
        if is_attended {
            let (who, second) = (s.b, consult(&mut s, false).1);
            connect(&mut s, who, second);
        } else {
            s.refer(s.b, "103");
            s.answer(s.c);
        }
        assert!(matches!(s.call().stage, Stage::Talking { .. }));
        assert!(s.call().held.is_some(), "attended: {is_attended}");
        let held = s.w.events().iter().filter(|name| *name == "call_held").count();
        assert_eq!(held, 2, "said of the first talk and of the second");
        s.w.offer(at, session, sdp("192.0.2.11", "8 101", ""));
        assert_eq!(s.call().held, None);
        assert_eq!(s.hears(), ["101<103", "103<101"]);
    }
}

/// A recording tells when a hold was over, also if the phone that held has put the caller through meanwhile.
#[test]
fn a_hold_ends_with_the_transfer_of_who_was_held() {
    let mut s = Scene::new();
    s.w.offer(s.b.0, s.b.1, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    s.refer(s.b, "103");
    s.answer(s.c);
    assert_eq!(s.call().held, None);
    assert_eq!(s.marks(), ["hold", "transfer", "resume"]);
    let ends = s.w.events().iter().filter(|name| *name == "call_resumed").count();
    assert_eq!((ends, s.call().path.iter().filter(|why| why.step == "resume").count()), (1, 1));
}
