//! Lamps through what happens to calls beside ringing and answers: transfers, replacement, forks.

use super::super::world::sdp;
use super::watched;
use std::time::Duration;
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

/// Several phones of an extension ring: the lamp blinks as long as one of them does.
#[test]
fn a_lamp_is_of_all_phones_of_its_extension() {
    let (mut w, mut panel, a, b) = watched();
    let second = w.registered("102", "192.0.2.22:5060");
    w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    let (now, mut rings) = (w.now.mono, vec![]);
    for at in [b, second] {
        let (ring, _) = w.take(at);
        w.end(at).progress(now, ring, Status::RINGING, None);
        rings.push((at, ring));
    }
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 1 calls", "102 1 blinks"]);
    let (at, ring) = rings[0];
    let now = w.now.mono;
    w.end(at).reject(now, ring, Status::BUSY, &Headers::default());
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), [""; 0], "the other rings on");
    let (at, ring) = rings[1];
    let now = w.now.mono;
    w.end(at).answer(now, ring, sdp("192.0.2.22", "8 101", ""));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 2 lit", "102 2 lit"]);
    w.hang_up(at, ring);
    super::settle(w);
}

/// Who is put through is in a call as before, who put it through is not, and who is sought rings.
#[test]
fn a_transfer_is_seen() {
    let (mut w, mut panel) = super::world();
    let (a, call, b, ring) = w.talking();
    let c = w.registered("103", "192.0.2.13:5060");
    for number in ["101", "102", "103"] {
        panel.watch(&mut w, number);
    }
    assert_eq!(panel.begins(&mut w), ["101 0 lit", "102 0 lit", "103 0 dark"]);
    let now = w.now.mono;
    w.end(b).refer(now, ring, &Uri::sip("103", "pbx.example", None), None);
    w.ms(100);
    let (ring, _) = w.take(c);
    let now = w.now.mono;
    w.end(c).progress(now, ring, Status::RINGING, None);
    w.run(Duration::from_secs(2));
    assert!(panel.said(&w).contains(&"103 1 blinks".to_owned()));
    let now = w.now.mono;
    w.end(c).answer(now, ring, sdp("192.0.2.13", "8 101", ""));
    w.run(Duration::from_secs(40));
    let said = panel.said(&w);
    assert!(said.contains(&"102 1 dark".to_owned()) && said.contains(&"103 2 lit".to_owned()), "{said:?}");
    assert!(!said.iter().any(|one| one.starts_with("101")), "{said:?}");
    w.hang_up(a, call);
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 1 dark", "103 3 dark"]);
    super::settle(w);
}
