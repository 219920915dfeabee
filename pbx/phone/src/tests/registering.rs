//! A phone and a small registrar that answers as it is told to.

use super::{flow, settings};
use crate::{Phone, PhoneEvent, PhoneSettings};
use std::collections::VecDeque;
use std::time::Duration;
use switchroom_sip::digest::{Algorithm, Challenge, Credentials, ha1};
use switchroom_sip::endpoint::{Endpoint, Event, Settings};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::Request;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::Mono;

/// What a registrar was asked and how it shall answer.
struct Desk {
    phone: Phone,
    registrar: Endpoint,
    now: Mono,
    /// Refusals still to be given to rightly authorised requests.
    refuse: VecDeque<(Status, Headers)>,
    /// Longest registration granted.
    most: u32,
    is_silent: bool,
    /// Every answer is right, and every nonce too old.
    is_forgetful: bool,
    challenges: u32,
    asked: Vec<Request>,
}

impl Desk {
    fn new(phone: PhoneSettings) -> Self {
        let settings = Settings {
            agent: "desk".into(),
            session_expires: Duration::from_secs(1800),
            external: None,
            local_networks: vec![],
            credentials: None,
        };
        Self {
            phone: Phone::new(phone, flow(0, 1), "192.0.2.1:4000".parse().unwrap(), 1),
            registrar: Endpoint::new(settings, Rng::from_number(9)),
            now: Mono(0),
            refuse: VecDeque::new(),
            most: 60,
            is_silent: false,
            is_forgetful: false,
            challenges: 0,
            asked: vec![],
        }
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        loop {
            while let Some(t) = self.phone.poll_transmit() {
                self.registrar.receive(self.now, flow(1, 0), &t.bytes);
            }
            while let Some(event) = self.registrar.poll_event() {
                if let Event::Request(incoming) = event {
                    self.on_request(*incoming);
                }
            }
            let mut heard = false;
            while let Some(t) = self.registrar.poll_transmit() {
                heard = true;
                self.phone.receive(self.now, &t.bytes);
            }
            if heard {
                continue;
            }
            let due = [self.phone.poll_timeout(), self.registrar.poll_timeout()].into_iter().flatten().min();
            let Some(due) = due.filter(|d| *d <= end) else { break };
            self.now = due.max(self.now);
            self.phone.handle_due(self.now);
            self.registrar.handle_due(self.now);
        }
        self.now = end;
    }

    fn on_request(&mut self, incoming: switchroom_sip::endpoint::Incoming) {
        if self.is_silent {
            return;
        }
        let request = incoming.request.clone();
        let right =
            request.headers.get(&Name::Authorization).and_then(Credentials::parse).is_some_and(|c| {
                c.answers(&ha1(Algorithm::Sha256, "101", "example.com", "secret"), "REGISTER")
            });
        let mut headers = Headers::default();
        let status = if !right || self.is_forgetful {
            self.challenges += 1;
            let challenge = Challenge {
                realm: "example.com".into(),
                nonce: "n".into(),
                algorithm: Algorithm::Sha256,
                stale: self.is_forgetful,
            };
            headers.push(Name::WwwAuthenticate, challenge.print());
            Status::UNAUTHORIZED
        } else if let Some((status, extra)) = self.refuse.pop_front() {
            headers = extra;
            status
        } else {
            let asked = request.headers.number(&Name::Expires).unwrap();
            let contact = request.contact().unwrap();
            if asked > 0 {
                headers.push(Name::Contact, "<sip:101@192.0.2.99>;expires=3000");
                headers.push(Name::Contact, format!("<{}>;expires={}", contact.uri, asked.min(self.most)));
            }
            self.asked.push(request);
            Status::OK
        };
        let txn = self.registrar.take(&incoming);
        self.registrar.respond(self.now, txn, &incoming, status, &headers);
    }

    fn told(&mut self) -> Vec<PhoneEvent> {
        std::iter::from_fn(|| self.phone.poll_event()).collect()
    }
}

fn with(name: Name, value: &str) -> Headers {
    let mut headers = Headers::default();
    headers.push(name, value);
    headers
}

#[test]
fn registers_refreshes_in_time_and_leaves() {
    let mut own = settings(0);
    own.instance = "00000000-0000-4000-8000-000000000001".into();
    let mut d = Desk::new(own);
    d.phone.register(d.now);
    d.run(1);
    let granted = PhoneEvent::Registered { expires: Duration::from_secs(60) };
    assert_eq!(d.told(), std::slice::from_ref(&granted));
    let contact = d.asked[0].headers.get(&Name::Contact).unwrap().to_owned();
    assert!(
        contact.contains(";+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000001>\";expires=300"),
        "{contact}"
    );
    d.run(60);
    assert_eq!(d.told(), [granted], "before the minute was over");
    let numbers: Vec<u32> = d.asked.iter().map(|r| r.cseq().number).collect();
    assert!(numbers.is_sorted() && numbers[0] < numbers[1], "{numbers:?}");
    assert_eq!(d.asked[0].call_id(), d.asked[1].call_id());
    d.phone.unregister(d.now);
    d.run(1);
    assert_eq!(d.told(), [PhoneEvent::Unregistered]);
    assert_eq!(d.asked.last().unwrap().headers.get(&Name::Expires), Some("0"));
    d.run(1000);
    assert_eq!((d.told(), d.phone.is_settled()), (vec![], true));
}

#[test]
fn too_brief_is_raised() {
    let mut own = settings(0);
    own.expires = Duration::from_secs(10);
    let mut d = Desk::new(own);
    d.refuse.push_back((Status::INTERVAL_TOO_BRIEF, with(Name::MinExpires, "45")));
    d.phone.register(d.now);
    d.run(1);
    assert_eq!(d.told(), [PhoneEvent::Registered { expires: Duration::from_secs(45) }]);
}

#[test]
fn a_wrong_password_is_told_once_and_not_tried_again() {
    let mut own = settings(0);
    own.password = "wrong".into();
    let mut d = Desk::new(own);
    d.phone.register(d.now);
    d.run(10_000);
    assert_eq!(d.told(), [PhoneEvent::RegisterFailed { status: Some(Status::UNAUTHORIZED), again: None }]);
}

/// Class "challenge loop".
#[test]
fn nonces_that_are_always_stale_are_answered_twice_only() {
    let mut d = Desk::new(settings(0));
    d.is_forgetful = true;
    d.phone.register(d.now);
    d.run(10);
    assert_eq!(d.told(), [PhoneEvent::RegisterFailed { status: Some(Status::UNAUTHORIZED), again: None }]);
    assert_eq!(d.challenges, 3);
}

#[test]
fn a_silent_or_overloaded_exchange_is_tried_again() {
    let mut d = Desk::new(settings(0));
    d.is_silent = true;
    d.phone.register(d.now);
    d.run(100);
    let told = d.told();
    assert!(told.len() >= 2, "{told:?}");
    assert!(
        told.iter().all(|e| matches!(e, PhoneEvent::RegisterFailed { status: None, again: Some(_) })),
        "{told:?}"
    );
    d.is_silent = false;
    d.refuse.push_back((Status::SERVICE_UNAVAILABLE, with(Name::RetryAfter, "90")));
    d.run(300);
    let told = d.told();
    let waits: Vec<_> = told
        .iter()
        .filter_map(|e| match e {
            PhoneEvent::RegisterFailed { status: Some(Status::SERVICE_UNAVAILABLE), again } => *again,
            _ => None,
        })
        .collect();
    assert!(waits.first().is_some_and(|w| *w >= Duration::from_secs(90)), "{told:?}");
    assert!(matches!(told.last(), Some(PhoneEvent::Registered { .. })), "{told:?}");
}
