//! Phones are told how the box of their extension stands.

use super::queues::route;
use super::world::{World, config, header};
use crate::mwi::Ear;
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_flow::routes::Destination;
use switchroom_sip::endpoint::{Event as SipEvent, Settings};
use switchroom_sip::header::Name;
use switchroom_sip::message::Response;
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

mod unasked;

const PHONE: &str = "192.0.2.12:5060";

/// A subscription as its phone sees it.
#[derive(Clone)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cseq: u32,
}

/// A phone of 102, which has a box, and what it does about it.
struct Watch {
    w: World,
    at: SocketAddr,
    /// How much of what it received was looked at.
    seen: usize,
    left: u32,
}

impl Watch {
    fn new() -> Self {
        Self::with(config())
    }

    fn with(config: Config) -> Self {
        Self::over(World::with(config, Restored::default()), Transport::Udp, 0)
    }

    fn over(mut w: World, transport: Transport, connection: u64) -> Self {
        let at = w.phone_over("102", PHONE, transport, connection);
        Self { w, at, seen: 0, left: 0 }
    }

    /// Sends a SUBSCRIBE, inside a dialog or not, with more header lines.
    fn ask(&mut self, of: &str, dialog: Option<&Dialog>, extra: &[(Name, &str)]) -> Option<Response> {
        let (at, now) = (self.at, self.w.now);
        let phone = self.w.phones.get_mut(&at).unwrap();
        let us = format!("<sip:{of}@pbx.example>");
        let uri = Uri::sip(of, "pbx.example", None);
        let mut request = phone.end.make_outside(Method::Subscribe, uri, &us, &us);
        if let Some(dialog) = dialog {
            request.headers.set(Name::CallId, &dialog.call_id);
            request.headers.set(Name::From, &dialog.from);
            request.headers.set(Name::To, &dialog.to);
            request.headers.set(Name::CSeq, format!("{} SUBSCRIBE", dialog.cseq + 1));
        }
        request.headers.push(Name::Contact, format!("<sip:102@{at}>"));
        let has_event = extra.iter().any(|(name, _)| *name == Name::Event);
        if !has_event {
            request.headers.push(Name::Event, "message-summary");
        }
        for (name, value) in extra {
            request.headers.push(name.clone(), *value);
        }
        request.body = b"\0<junk>".to_vec();
        let flow = phone.flow;
        phone.end.request_outside(now.mono, flow, request, 8);
        self.w.ms(20);
        let events = std::mem::take(&mut self.w.phones.get_mut(&at).unwrap().events);
        events.into_iter().find_map(|e| if let SipEvent::Response(8, r) = e { r.map(|r| *r) } else { None })
    }

    fn status(&mut self, of: &str, dialog: Option<&Dialog>, extra: &[(Name, &str)]) -> u16 {
        self.ask(of, dialog, extra).map_or(0, |r| r.status.code())
    }

    fn subscribe(&mut self, seconds: u32) -> Dialog {
        let r = self.ask("102", None, &[(Name::Expires, &seconds.to_string())]).unwrap();
        assert_eq!(r.status, Status::OK);
        dialog_of(&r)
    }

    fn refresh(&mut self, dialog: &mut Dialog, seconds: u32) -> u16 {
        let r = self.ask("102", Some(dialog), &[(Name::Expires, &seconds.to_string())]).unwrap();
        dialog.cseq = r.cseq().number;
        r.status.code()
    }

    /// The NOTIFYs since this was last asked.
    fn told(&mut self) -> Vec<String> {
        let Some(phone) = self.w.phones.get(&self.at) else { return vec![] };
        let new = phone.raw[self.seen..].iter().filter(|m| m.starts_with("NOTIFY")).cloned().collect();
        self.seen = phone.raw.len();
        new
    }

    /// What the NOTIFYs since then said: the state, and new and old messages.
    fn said(&mut self) -> Vec<String> {
        let line = |m: &str| m.lines().find(|l| l.starts_with("Voice-Message")).unwrap_or("-").to_owned();
        let state = |m: &str| header(m, Name::SubscriptionState);
        let short = |m: String| format!("{} {}", state(&m), line(&m).replace("Voice-Message: ", ""));
        self.told().into_iter().map(short).collect()
    }

    /// Somebody leaves a message in a box.
    fn message(&mut self, mailbox: &str) -> String {
        self.left += 1;
        let id = format!("m-{}", self.left);
        leave(&mut self.w, &id, mailbox);
        id
    }

    fn heard(&mut self, id: &str) {
        let now = self.w.now;
        self.w.x.message_heard(now, id);
        self.w.input(Input::Tick);
    }

    fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = config();
        change(&mut config);
        self.w.input(Input::Config(Arc::new(config)));
        self.w.ms(50);
    }

    fn settle(&mut self) {
        self.w.run(Duration::from_secs(3 * 86_400));
        self.w.settle();
        assert_eq!(self.w.x.subscriptions.count(), 0);
    }
}

pub(crate) fn dialog_of(r: &Response) -> Dialog {
    let get = |name| r.headers.get(&name).unwrap_or_default().to_owned();
    Dialog { call_id: get(Name::CallId), from: get(Name::From), to: get(Name::To), cseq: r.cseq().number }
}

/// A phone of 102 at that address subscribes; gives the answer.
pub(crate) fn subscribe(w: &mut World, at: &str) -> Option<Status> {
    let now = w.now;
    let at: SocketAddr = at.parse().unwrap();
    let phone = w.phones.get_mut(&at).unwrap();
    let us = "<sip:102@pbx.example>";
    let uri = Uri::sip("102", "pbx.example", None);
    let mut request = phone.end.make_outside(Method::Subscribe, uri, us, us);
    request.headers.push(Name::Contact, format!("<sip:102@{at}>"));
    request.headers.push(Name::Event, "message-summary");
    let flow = phone.flow;
    phone.end.request_outside(now.mono, flow, request, 8);
    w.ms(100);
    let events = std::mem::take(&mut w.phones.get_mut(&at).unwrap().events);
    events.into_iter().find_map(|e| if let SipEvent::Response(8, r) = e { r.map(|r| r.status) } else { None })
}

/// A message comes into a box.
pub(crate) fn leave(w: &mut World, id: &str, mailbox: &str) {
    let unfinished = mailbox::Unfinished {
        call: CallId::new(1, 1),
        from: Party::default(),
        mailbox: Some(mailbox.into()),
        is_dropped: false,
    };
    w.x.mailboxes.unfinished.insert(id.into(), unfinished);
    let facts = MessageFacts { file: "m.wav".into(), length_ms: 900, bytes: 1, sha256: "00".into() };
    let (message, why) = (id.to_owned(), String::new());
    w.input(Input::Media(MediaEvent::MessageTaken {
        leg: LegId(1),
        message,
        taken: Taken::Kept(facts),
        why,
    }));
}

#[test]
fn who_subscribes_is_told_at_once_and_of_each_change() {
    let mut t = Watch::new();
    let r = t.ask("102", None, &[(Name::Expires, "600")]).unwrap();
    assert_eq!((r.status, r.headers.get(&Name::Expires)), (Status::OK, Some("600")));
    assert_eq!(r.headers.get(&Name::Contact), Some("<sip:102@192.0.2.1:5060>"));
    assert_eq!(r.headers.get(&Name::AllowEvents), Some("message-summary, dialog"));
    let first = t.told().remove(0);
    assert!(first.starts_with("NOTIFY sip:102@192.0.2.12:5060 SIP/2.0"), "{first}");
    for (name, value) in [
        (Name::Event, "message-summary"),
        (Name::SubscriptionState, "active;expires=600"),
        (Name::ContentType, "application/simple-message-summary"),
        (Name::Contact, "<sip:102@192.0.2.1:5060>"),
        (Name::CallId, r.call_id()),
        (Name::From, r.headers.get(&Name::To).unwrap()),
        (Name::To, r.headers.get(&Name::From).unwrap()),
    ] {
        assert_eq!(header(&first, name.clone()), value, "{name}");
    }
    assert!(first.ends_with("\r\n\r\nMessages-Waiting: no\r\nVoice-Message: 0/0 (0/0)\r\n"), "{first}");
    let heard = &t.w.phones[&t.at].heard;
    let answer = heard.iter().position(|l| l == "SIP/2.0 200 OK");
    assert!(answer < heard.iter().position(|l| l.starts_with("NOTIFY")), "the answer comes first");

    t.w.run(Duration::from_secs(10));
    let message = t.message("102");
    t.w.ms(1000);
    let second = t.told();
    assert!(second.len() == 1 && second[0].contains("Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n"));
    let cseq = |m: &str| header(m, Name::CSeq).split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!(cseq(&second[0]) > cseq(&first));
    t.heard(&message);
    t.w.ms(1000);
    assert_eq!(t.said(), ["active;expires=589 0/1 (0/0)"]);
    t.message("500");
    t.w.ms(2000);
    assert_eq!(t.said(), [""; 0], "another box");
    t.settle();
}

/// A SUBSCRIBE whose answer is lost comes again and is one.
#[test]
fn a_repeated_subscribe_is_one() {
    let mut t = Watch::new();
    t.w.lose.push("200 OK");
    assert_eq!(t.ask("102", None, &[]), None);
    t.w.ms(1000);
    let answered = |e: &SipEvent| matches!(e, SipEvent::Response(8, Some(r)) if r.status == Status::OK);
    assert!(t.w.phones[&t.at].events.iter().any(answered));
    assert_eq!((t.w.x.subscriptions.count(), t.said().len()), (1, 1));
    t.settle();
}

/// Many changes at once are one NOTIFY a second, and the last one says how it is.
#[test]
fn a_flood_of_changes_is_told_once_a_second() {
    let mut t = Watch::new();
    t.subscribe(3600);
    t.w.run(Duration::from_secs(5));
    t.said();
    let mut times = vec![];
    for _ in 0..40 {
        let message = t.message("102");
        t.heard(&message);
        t.w.ms(100);
        times.extend(t.said().into_iter().map(|said| (t.w.now.mono.0 / 100_000, said)));
    }
    t.w.ms(1000);
    assert!((4..=5).contains(&times.len()), "{times:#?}");
    times.extend(t.said().into_iter().map(|said| (0, said)));
    assert!(times.last().unwrap().1.ends_with("0/40 (0/0)"), "{times:#?}");
    t.settle();
}

#[test]
fn a_subscription_is_refreshed_ends_and_expires() {
    let mut t = Watch::new();
    let mut dialog = t.subscribe(120);
    t.w.run(Duration::from_secs(100));
    assert_eq!(t.said().len(), 1);
    let to = dialog.to.clone();
    let r = t.ask("102", Some(&dialog), &[(Name::Expires, "300")]).unwrap();
    assert_eq!((r.status.code(), r.headers.get(&Name::To)), (200, Some(to.as_str())), "the tag stays");
    dialog.cseq = r.cseq().number;
    assert_eq!(t.said(), ["active;expires=300 0/0 (0/0)"]);
    t.w.run(Duration::from_secs(200));
    assert_eq!((t.w.x.subscriptions.count(), t.said().len()), (1, 0));
    // Overtaken by a newer one.
    let old = Dialog { cseq: dialog.cseq - 3, ..dialog.clone() };
    assert_eq!(t.status("102", Some(&old), &[(Name::Expires, "0")]), 500);
    assert_eq!(t.refresh(&mut dialog, 0), 200);
    assert_eq!(t.said(), ["terminated;reason=timeout 0/0 (0/0)"]);
    assert_eq!((t.w.x.subscriptions.count(), t.refresh(&mut dialog, 300)), (0, 481));

    t.subscribe(60);
    t.said();
    t.w.run(Duration::from_secs(61));
    assert_eq!(t.said(), ["terminated;reason=timeout 0/0 (0/0)"]);
    // Asked once, without a subscription.
    assert_eq!(t.status("102", None, &[(Name::Expires, "0")]), 200);
    assert_eq!((t.said().len(), t.w.x.subscriptions.count()), (1, 0));
    t.settle();
}

#[test]
fn what_a_subscribe_is_refused_for() {
    let mut t = Watch::new();
    let expires = |s| (Name::Expires, s);
    let brief = t.ask("102", None, &[expires("59")]).unwrap();
    assert_eq!((brief.status.code(), brief.headers.get(&Name::MinExpires)), (423, Some("60")));
    for event in ["presence", "", "message-summary.winfo"] {
        let r = t.ask("102", None, &[(Name::Event, event)]).unwrap();
        assert_eq!(
            (r.status.code(), r.headers.get(&Name::AllowEvents)),
            (489, Some("message-summary, dialog"))
        );
    }
    assert_eq!(t.status("102", None, &[(Name::Accept, "application/pidf+xml")]), 406);
    assert_eq!(t.status("101", None, &[]), 403, "the box of somebody else");
    assert_eq!(t.status("500", None, &[]), 403, "whose box that may be");
    let long = "x".repeat(3000);
    assert_eq!(t.status("102", None, &[(Name::Event, &format!("message-summary;id={long}"))]), 400);
    assert_eq!(t.status("102", None, &[(Name::RecordRoute, &format!("<sip:{long}>"))]), 400);
    assert_eq!((t.w.x.subscriptions.count(), t.said().len()), (0, 0));
    // Taken: long ones are cut, other types may be offered beside ours, an id is repeated.
    let more = [
        (Name::Accept, "text/plain, application/*"),
        (Name::Event, "Message-Summary; id=7"),
        expires("999999"),
    ];
    let r = t.ask("102", None, &more).unwrap();
    assert_eq!(r.headers.get(&Name::Expires), Some("86400"));
    assert_eq!(header(&t.told()[0], Name::Event), "message-summary;id=7");
    let dialog = dialog_of(&r);
    assert_eq!(t.status("102", Some(&dialog), &[]), 481, "of another id");
    assert_eq!(t.ask("102", None, &[]).unwrap().headers.get(&Name::Expires), Some("3600"));
    let mut boxless = Watch::with(Config { inbound: Default::default(), ..config() });
    assert_eq!(boxless.status("102", None, &[]), 404);
    t.settle();
}

/// The right tags do not help who is somebody else, nor who shows no password.
#[test]
fn a_foreign_subscriber_is_refused() {
    let mut t = Watch::new();
    let dialog = t.subscribe(600);
    let other = t.w.phone("103", "192.0.2.13:5060");
    let at = std::mem::replace(&mut t.at, other);
    assert_eq!(t.status("102", Some(&dialog), &[(Name::Expires, "0")]), 481);
    assert_eq!(t.status("102", None, &[]), 403);
    let line = |name: &str, value: &str| format!("{name}: {value}\r\n");
    let head = "SUBSCRIBE sip:102@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKevil\r\n";
    let rest =
        "CSeq: 99 SUBSCRIBE\r\nContact: <sip:x@203.0.113.5>\r\nEvent: message-summary\r\nExpires: 0\r\n\r\n";
    let (from, to, id) =
        (line("From", &dialog.from), line("To", &dialog.to), line("Call-ID", &dialog.call_id));
    let answers = t.w.inject("203.0.113.5:5060", &format!("{head}{from}{to}{id}{rest}"));
    assert!(answers.len() == 1 && answers[0].contains("401"), "{answers:?}");
    assert_eq!((t.w.x.subscriptions.count(), t.said().len()), (1, 0));
    t.at = at;
    t.seen = 0;
    assert_eq!(t.said().len(), 1, "nothing of it reached the subscriber");
    t.settle();
}

/// Its own phone may refresh from elsewhere, or register from there: it is told there.
#[test]
fn a_subscription_goes_where_its_phone_is() {
    for registers in [false, true] {
        let mut t = Watch::new();
        let contact = "<sip:102@192.0.2.12:5060>";
        t.w.register(t.at, &[contact], Some(300));
        let mut dialog = t.subscribe(600);
        let moved = t.w.phone("102", "198.51.100.7:7777");
        t.at = moved;
        match registers {
            true => _ = t.w.register(moved, &[contact], Some(300)),
            false => assert_eq!(t.refresh(&mut dialog, 600), 200),
        }
        t.w.run(Duration::from_secs(5));
        t.said();
        t.message("102");
        t.w.ms(1000);
        assert_eq!(t.said().len(), 1, "{registers}");
    }
}

#[test]
fn who_does_not_answer_or_knows_nothing_of_it_is_forgotten() {
    for (answer, is_kept) in [
        (None, false),
        (Some(Status::NO_SUCH_CALL), false),
        (Some(Status::REQUEST_TIMEOUT), false),
        (Some(Status::SERVICE_UNAVAILABLE), false),
        (Some(Status::SERVER_ERROR), true),
    ] {
        let mut t = Watch::new();
        t.subscribe(3600);
        t.w.notified = answer;
        t.w.run(Duration::from_secs(5));
        t.message("102");
        t.message("102");
        t.w.run(Duration::from_secs(40));
        assert_eq!(t.w.x.subscriptions.count() == 1, is_kept, "{answer:?}");
        t.w.notified = Some(Status::OK);
        t.said();
        t.message("102");
        // Who refused is told no sooner than half a minute later, by a new message, too.
        t.w.run(Duration::from_secs(30));
        assert_eq!(t.said().len(), usize::from(is_kept));
        t.settle();
    }
}

/// While an answer is missing no second NOTIFY goes out; what has changed meanwhile follows it.
#[test]
fn one_notify_at_a_time() {
    let mut t = Watch::new();
    t.subscribe(3600);
    t.w.run(Duration::from_secs(5));
    t.said();
    t.w.notified = None;
    t.message("102");
    t.w.run(Duration::from_secs(3));
    t.message("102");
    t.w.run(Duration::from_secs(2));
    let all = t.told();
    let cseqs: std::collections::BTreeSet<_> = all.iter().map(|m| header(m, Name::CSeq)).collect();
    assert!(all.len() > 1 && cseqs.len() == 1, "the same one again: {cseqs:?}");
    t.w.notified = Some(Status::OK);
    t.w.run(Duration::from_secs(5));
    assert!(t.said().last().unwrap().ends_with("2/0 (0/0)"));
    t.settle();
}

#[test]
fn a_lost_connection_ends_what_was_subscribed_over_it() {
    let mut t = Watch::over(World::new(), Transport::Tcp, 1);
    t.subscribe(3600);
    let flow = t.w.x.subscriptions.all().next().unwrap().1.flow;
    t.message("102");
    t.w.input(Input::FlowLost(flow));
    assert_eq!(t.w.x.subscriptions.count(), 0);
    t.settle();
}

#[test]
fn subscriptions_are_bounded() {
    let mut t = Watch::new();
    let first = t.subscribe(3600);
    for _ in 0..2 * limits::SUBSCRIPTIONS_PER_EXTENSION {
        t.subscribe(7200);
    }
    assert_eq!(t.w.x.subscriptions.count(), limits::SUBSCRIPTIONS_PER_EXTENSION);
    let ended: Vec<_> =
        t.told().into_iter().filter(|m| header(m, Name::SubscriptionState).starts_with("term")).collect();
    assert_eq!(ended.len(), limits::SUBSCRIPTIONS_PER_EXTENSION + 1);
    assert_eq!(header(&ended[0], Name::CallId), first.call_id, "the one that ends first makes room");
    t.settle();
}

#[test]
fn what_the_configuration_ends() {
    type Change = fn(&mut Config);
    let changes: [(Change, &str); 4] = [
        (|c| c.extensions.get_mut("102").unwrap().ha1_md5 = Some([7; 16]), "terminated;reason=deactivated -"),
        (|c| _ = c.extensions.remove("102"), "terminated;reason=noresource -"),
        (|c| c.inbound.mailboxes.clear(), "terminated;reason=noresource -"),
        (|c| c.extensions.get_mut("102").unwrap().name = "Else".into(), ""),
    ];
    for (change, said) in changes {
        let mut t = Watch::new();
        t.w.register(t.at, &["<sip:102@192.0.2.12:5060>"], Some(300));
        t.subscribe(3600);
        t.w.run(Duration::from_secs(5));
        t.said();
        t.configure(change);
        assert_eq!(t.said().join(""), said);
        assert_eq!(t.w.x.subscriptions.count() == 0, !said.is_empty());
    }
}

/// The number to listen at is told only where it leads somewhere.
#[test]
fn the_account_is_told_if_it_can_be_dialled() {
    for (to, is_told) in [
        (Destination::Flow("500".into()), true),
        (Destination::Flow("gone".into()), false),
        (Destination::Extension("101".into()), false),
    ] {
        let mut config = config();
        config.inbound.routes.push(route("*97", to));
        let mut t = Watch::with(config);
        t.subscribe(600);
        let told = t.told().remove(0);
        assert_eq!(told.contains("\r\nMessage-Account: sip:*97@pbx.example\r\n"), is_told, "{told}");
    }
}

/// A phone that draws the same Call-ID, tag and branch after each start is there once: what it subscribed to before is
/// forgotten.
#[test]
fn a_phone_that_starts_again_alike_has_one_subscription() {
    let mut t = Watch::new();
    let first = t.subscribe(600);
    t.w.run(Duration::from_secs(100));
    // The same phone anew, with the same luck.
    t.w.phones.remove(&t.at);
    t.at = t.w.phone("102", PHONE);
    t.seen = 0;
    let second = t.subscribe(900);
    assert_eq!((&second.call_id, &second.to), (&first.call_id, &first.to), "that is what is tried here");
    assert_eq!(t.w.x.subscriptions.count(), 1);
    t.w.run(Duration::from_secs(550));
    assert_eq!(t.w.x.subscriptions.count(), 1, "the end of the first is not that of the second");
    t.w.run(Duration::from_secs(400));
    t.w.settle();
}

/// Somebody else with the same names does not end it.
#[test]
fn nobody_takes_the_subscription_of_another() {
    let mut t = Watch::new();
    t.configure(|c| _ = c.inbound.mailboxes.insert("103".into(), c.inbound.mailboxes["102"].clone()));
    let first = t.subscribe(600);
    t.w.run(Duration::from_secs(100));
    t.at = t.w.phone("102", PHONE);
    t.w.end(t.at).set_settings(Settings {
        agent: String::new(),
        session_expires: Duration::from_secs(1800),
        external: None,
        local_networks: vec![],
        credentials: Some(("103".into(), "pw103".into())),
    });
    let answer = t.ask("103", None, &[(Name::Expires, "600")]).unwrap();
    assert_eq!((answer.status.code(), answer.call_id()), (400, first.call_id.as_str()));
    assert_eq!(t.w.x.subscriptions.of("102").count(), 1);
}
