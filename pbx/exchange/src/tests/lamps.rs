//! Lamps on phones: what stands beside a key that dials a number, through everything that may happen to it.

use super::mwi::{Dialog, dialog_of};
use super::world::{World, config, header, sdp};
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_sip::endpoint::Event as SipEvent;
use switchroom_sip::header::Name;
use switchroom_sip::message::Response;
use switchroom_sip::method::Method;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

mod floor;
mod given;
mod kept;
mod refusing;
mod room;

/// A phone with lamps, which no call reaches: it has not registered.
pub(crate) struct Panel {
    extension: String,
    pub(crate) at: SocketAddr,
    /// How much of what it received was looked at.
    seen: usize,
}

impl Panel {
    pub(crate) fn of(w: &mut World, extension: &str) -> Self {
        let at = w.phone(extension, &format!("192.0.2.{}:5090", &extension[2..]));
        Self { extension: extension.into(), at, seen: 0 }
    }

    /// Sends a SUBSCRIBE for a number, inside a dialog or not.
    fn ask(
        &self,
        w: &mut World,
        number: &str,
        dialog: Option<&Dialog>,
        extra: &[(Name, &str)],
    ) -> Option<Response> {
        let now = w.now;
        let phone = w.phones.get_mut(&self.at).unwrap();
        let uri = Uri::sip(number, "pbx.example", None);
        let (us, them) = (format!("<sip:{}@pbx.example>", self.extension), format!("<{uri}>"));
        let mut request = phone.end.make_outside(Method::Subscribe, uri, &us, &them);
        if let Some(dialog) = dialog {
            request.headers.set(Name::CallId, &dialog.call_id);
            request.headers.set(Name::From, &dialog.from);
            request.headers.set(Name::To, &dialog.to);
            request.headers.set(Name::CSeq, format!("{} SUBSCRIBE", dialog.cseq + 1));
        }
        request.headers.push(Name::Contact, format!("<sip:{}@{}>", self.extension, self.at));
        if !extra.iter().any(|(name, _)| *name == Name::Event) {
            request.headers.push(Name::Event, "dialog");
        }
        for (name, value) in extra {
            request.headers.push(name.clone(), *value);
        }
        let flow = phone.flow;
        phone.end.request_outside(now.mono, flow, request, 8);
        w.ms(20);
        let events = std::mem::take(&mut w.phones.get_mut(&self.at).unwrap().events);
        events.into_iter().find_map(|e| if let SipEvent::Response(8, r) = e { r.map(|r| *r) } else { None })
    }

    fn status(&self, w: &mut World, number: &str, extra: &[(Name, &str)]) -> u16 {
        self.ask(w, number, None, extra).map_or(0, |r| r.status.code())
    }

    pub(crate) fn watch(&self, w: &mut World, number: &str) -> Dialog {
        let r = self.ask(w, number, None, &[(Name::Expires, "3600")]).unwrap();
        assert_eq!(r.status, Status::OK, "{number}");
        dialog_of(&r)
    }

    /// The NOTIFYs since this was last asked.
    fn told(&mut self, w: &World) -> Vec<String> {
        let raw = &w.phones[&self.at].raw;
        let new = raw[self.seen..].iter().filter(|m| m.starts_with("NOTIFY")).cloned().collect();
        self.seen = raw.len();
        new
    }

    /// What they said: the number, the version, and what the lamp does; or why there is no lamp any more.
    fn said(&mut self, w: &World) -> Vec<String> {
        self.told(w).iter().map(|notify| short(notify)).collect()
    }

    /// The same once what was watched has been told, and time has passed.
    fn begins(&mut self, w: &mut World) -> Vec<String> {
        w.run(Duration::from_secs(2));
        self.said(w)
    }
}

fn short(notify: &str) -> String {
    let from = header(notify, Name::From);
    let number = from.split_once("sip:").unwrap().1.split('@').next().unwrap().to_owned();
    let state = header(notify, Name::SubscriptionState);
    let ended = if state.starts_with("active") { String::new() } else { format!(" {state}") };
    let Some((_, body)) = notify.split_once("\r\n\r\n").filter(|(_, body)| !body.is_empty()) else {
        return format!("{number}{ended}");
    };
    assert!(body.contains(&format!("entity=\"sip:{number}@pbx.example\"")), "{body}");
    assert_eq!(body.matches("<dialog id=").count(), 1, "{body}");
    let within = |from: &str, to: &str| {
        body.split_once(from).and_then(|(_, rest)| Some(rest.split_once(to)?.0)).unwrap_or_default()
    };
    let light = match (within("<state>", "</state>"), within(" direction=\"", "\"")) {
        ("terminated", "") => "dark",
        ("early", "initiator") => "calls",
        ("early", "recipient") => "blinks",
        ("confirmed", "") => "lit",
        other => panic!("{other:?} in {body}"),
    };
    format!("{number} {} {light}{ended}", within("-info\" version=\"", "\""))
}

fn world() -> (World, Panel) {
    let mut w = World::new();
    let panel = Panel::of(&mut w, "103");
    (w, panel)
}

/// 101 and 102 are there, and both are watched.
fn watched() -> (World, Panel, SocketAddr, SocketAddr) {
    let (mut w, mut panel) = world();
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    panel.watch(&mut w, "101");
    panel.watch(&mut w, "102");
    assert_eq!(panel.begins(&mut w), ["101 0 dark", "102 0 dark"]);
    (w, panel, a, b)
}

/// Everybody's subscription ends, and nothing is left.
fn settle(mut w: World) {
    w.run(Duration::from_secs(2 * 3_600));
    w.settle();
    assert_eq!((w.x.subscriptions.count(), w.x.lamps.indexed()), (0, 0));
}

#[test]
fn who_subscribes_is_told_all_at_once() {
    let (mut w, mut panel) = world();
    let r = panel.ask(&mut w, "102", None, &[(Name::Expires, "600")]).unwrap();
    assert_eq!((r.status, r.headers.get(&Name::Expires)), (Status::OK, Some("600")));
    assert_eq!(r.headers.get(&Name::Contact), Some("<sip:102@192.0.2.1:5060>"));
    assert_eq!(r.headers.get(&Name::AllowEvents), Some("message-summary, dialog"));
    let first = panel.told(&w).remove(0);
    assert!(
        first.starts_with("NOTIFY sip:103@192.0.2.03:5090 SIP/2.0") || first.contains("sip:103@"),
        "{first}"
    );
    for (name, value) in [
        (Name::Event, "dialog"),
        (Name::SubscriptionState, "active;expires=600"),
        (Name::ContentType, "application/dialog-info+xml"),
        (Name::Contact, "<sip:102@192.0.2.1:5060>"),
        (Name::CallId, r.call_id()),
        (Name::From, r.headers.get(&Name::To).unwrap()),
        (Name::To, r.headers.get(&Name::From).unwrap()),
    ] {
        assert_eq!(header(&first, name.clone()), value, "{name}");
    }
    assert!(first.contains("\r\n\r\n<?xml version=\"1.0\"?>\r\n<dialog-info "), "{first}");
    let heard = &w.phones[&panel.at].heard;
    let answer = heard.iter().position(|l| l == "SIP/2.0 200 OK");
    assert!(answer < heard.iter().position(|l| l.starts_with("NOTIFY")), "the answer comes first");
    settle(w);
}

#[test]
fn a_lamp_through_a_whole_call() {
    let (mut w, mut panel, a, b) = watched();
    let call = w.dial(a, "102", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    assert_eq!(panel.said(&w), ["101 1 calls"], "no phone of 102 rings yet");
    let (ring, _) = w.take(b);
    let now = w.now.mono;
    w.end(b).progress(now, ring, Status::RINGING, None);
    w.ms(100);
    assert_eq!(panel.said(&w), ["102 1 blinks"]);
    w.run(Duration::from_secs(3));
    assert_eq!(panel.said(&w), [""; 0], "nothing has changed");
    let now = w.now.mono;
    w.end(b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
    w.ms(100);
    assert_eq!(panel.said(&w), ["101 2 lit", "102 2 lit"]);
    w.run(Duration::from_secs(3));
    w.offer(a, call, sdp("192.0.2.11", "8 101", "a=sendonly\r\n"));
    w.run(Duration::from_secs(3));
    assert_eq!(panel.said(&w), [""; 0], "who is held talks still");
    w.hang_up(b, ring);
    assert_eq!(panel.said(&w), ["101 3 dark", "102 3 dark"]);
    // Nobody is told who it was.
    assert!(w.phones[&panel.at].raw.iter().all(|m| !m.contains("Ana") && !m.contains("<remote")));
    settle(w);
}

/// What is told first of a call that is there already.
#[test]
fn who_comes_late_is_told_what_is() {
    let (mut w, mut panel) = world();
    let (a, call, ..) = w.talking();
    panel.watch(&mut w, "101");
    assert_eq!(panel.said(&w), ["101 0 lit"]);
    // Who hears a service of ours is in a call, too, and so is who is in two.
    let second = w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.run(Duration::from_secs(2));
    w.hang_up(a, call);
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), [""; 0]);
    w.hang_up(a, second);
    assert_eq!(panel.said(&w), ["101 1 dark"]);
    settle(w);
}

/// Who is called by a user's command rings, although it will be the caller.
#[test]
fn a_placed_call_rings_and_is_a_call() {
    let (mut w, mut panel, a, b) = watched();
    w.command("mara", Command::Dial { from: "101".into(), to: "102".into() }).unwrap();
    w.ms(50);
    assert_eq!(panel.said(&w), [""; 0]);
    let (ring, _) = w.take(a);
    let now = w.now.mono;
    w.end(a).progress(now, ring, Status::RINGING, None);
    w.ms(50);
    assert_eq!(panel.said(&w), ["101 1 blinks"]);
    w.run(Duration::from_secs(2));
    let now = w.now.mono;
    w.end(a).answer(now, ring, sdp("192.0.2.11", "8 101", ""));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 2 lit"]);
    w.reject(b, Status::BUSY);
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 3 dark"]);
    settle(w);
}

/// At most once a second; and what is again as it was told is not told.
#[test]
fn a_change_and_back_within_the_pace_tells_nothing() {
    let (mut w, mut panel, a, _) = watched();
    let dial = |w: &mut World| {
        let call = w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
        w.ms(100);
        call
    };
    let first = dial(&mut w);
    assert_eq!(panel.said(&w), ["101 1 lit"]);
    w.hang_up(a, first);
    let second = dial(&mut w);
    w.run(Duration::from_secs(5));
    assert_eq!(panel.said(&w), [""; 0], "it is lit again");
    w.hang_up(a, second);
    assert_eq!(panel.said(&w), ["101 2 dark"]);
    let mut count = 0;
    for _ in 0..20 {
        let call = dial(&mut w);
        w.hang_up(a, call);
        count += panel.said(&w).len();
    }
    assert!(count <= 4, "{count} in four seconds");
    w.run(Duration::from_secs(2));
    let last = panel.said(&w);
    assert!(last.is_empty() || last.last().unwrap().ends_with("dark"), "{last:?}");
    settle(w);
}

/// A phone that is busy refuses to be told, which ends nothing: it is told again after a while, or when it said, and not for ever.
#[test]
fn who_refuses_to_be_told_is_told_again() {
    let (mut w, mut panel, a, _) = watched();
    w.notified = Some(Status::SERVER_ERROR);
    let call = w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.run(Duration::from_secs(2));
    assert_eq!(panel.said(&w), ["101 1 lit"]);
    w.run(Duration::from_secs(20));
    assert_eq!(panel.said(&w), [""; 0], "not at once");
    w.notified = Some(Status::OK);
    w.run(Duration::from_secs(10));
    assert_eq!(panel.said(&w), ["101 2 lit"]);
    w.run(Duration::from_secs(600));
    assert_eq!(panel.said(&w), [""; 0], "told is told");
    // One that refuses for good is left alone, until something changes.
    w.notified = Status::new(491);
    let dialog = panel.watch(&mut w, "101");
    w.run(Duration::from_secs(1_800));
    assert_eq!(panel.said(&w).len(), 1 + limits::NOTIFY_TRIES as usize);
    w.notified = Some(Status::OK);
    let r = panel.ask(&mut w, "101", Some(&dialog), &[]).unwrap();
    assert_eq!((r.status, panel.said(&w).len()), (Status::OK, 1), "who asks is told");
    w.notified = Status::new(491);
    w.hang_up(a, call);
    w.run(Duration::from_secs(1_200));
    let of_new = |m: &String| header(m, Name::CallId) == dialog.call_id;
    assert_eq!(panel.told(&w).iter().filter(|m| of_new(m)).count(), 1 + limits::NOTIFY_TRIES as usize);
    w.notified = Some(Status::OK);
    settle(w);
}

/// While an answer is missing no second NOTIFY goes out, and what has changed and changed back meanwhile does not follow it.
#[test]
fn one_notify_at_a_time() {
    for is_back in [false, true] {
        let (mut w, mut panel, a, _) = watched();
        w.notified = None;
        let call = w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
        w.run(Duration::from_secs(2));
        w.hang_up(a, call);
        w.run(Duration::from_secs(2));
        if is_back {
            w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
            w.run(Duration::from_secs(1));
        }
        let all = panel.said(&w);
        assert!(all.len() > 1 && all.iter().all(|one| one == "101 1 lit"), "the same again: {all:?}");
        w.notified = Some(Status::OK);
        w.run(Duration::from_secs(8));
        let later: Vec<_> = panel.said(&w).into_iter().filter(|one| one != "101 1 lit").collect();
        assert_eq!(later, if is_back { vec![] } else { vec!["101 2 dark"] });
    }
}

#[test]
fn a_subscription_is_refreshed_ends_and_expires() {
    let (mut w, mut panel) = world();
    let mut dialog = panel.watch(&mut w, "102");
    let expires = |s| [(Name::Expires, s)];
    w.run(Duration::from_secs(100));
    assert_eq!(panel.said(&w), ["102 0 dark"]);
    let r = panel.ask(&mut w, "102", Some(&dialog), &expires("300")).unwrap();
    assert_eq!(r.status.code(), 200);
    dialog.cseq = r.cseq().number;
    assert_eq!(panel.said(&w), ["102 1 dark"], "all of it, and versions go on");
    // Of another package, or with an id, it is another subscription.
    let other = [(Name::Event, "message-summary")];
    assert_eq!(panel.ask(&mut w, "102", Some(&dialog), &other).unwrap().status.code(), 481);
    dialog.cseq += 2;
    let r = panel.ask(&mut w, "102", Some(&dialog), &expires("0")).unwrap();
    assert_eq!(r.status.code(), 200);
    assert_eq!(panel.said(&w), ["102 2 dark terminated;reason=timeout"]);
    assert_eq!(w.x.subscriptions.count(), 0);

    assert_eq!(panel.status(&mut w, "102", &expires("60")), 200);
    panel.said(&w);
    w.run(Duration::from_secs(61));
    assert_eq!(panel.said(&w), ["102 1 dark terminated;reason=timeout"]);
    // Asked once, without a subscription.
    assert_eq!(panel.status(&mut w, "102", &expires("0")), 200);
    assert_eq!(panel.said(&w), ["102 0 dark terminated;reason=timeout"]);
    settle(w);
}

#[test]
fn what_a_subscribe_is_refused_for() {
    let (mut w, mut panel) = world();
    let brief = panel.ask(&mut w, "102", None, &[(Name::Expires, "59")]).unwrap();
    assert_eq!((brief.status.code(), brief.headers.get(&Name::MinExpires)), (423, Some("60")));
    let other = panel.ask(&mut w, "102", None, &[(Name::Event, "dialog.winfo")]).unwrap();
    assert_eq!(other.headers.get(&Name::AllowEvents), Some("message-summary, dialog"));
    assert_eq!(other.status.code(), 489);
    let form = panel.ask(&mut w, "102", None, &[(Name::Accept, "application/pidf+xml")]).unwrap();
    assert_eq!(
        (form.status.code(), form.headers.get(&Name::Accept)),
        (406, Some("application/dialog-info+xml"))
    );
    // Nothing, a service, a flow by which no agent acts, a supervisor's code, what cannot be dialled.
    for nothing in ["999", "*43", "500", "*60101", "a<b>&c", ""] {
        assert_eq!(panel.status(&mut w, nothing, &[]), 404, "{nothing}");
    }
    assert_eq!((w.x.subscriptions.count(), panel.said(&w).len()), (0, 0));
    // Taken: what more a phone says of the package, one type of several, no type at all.
    let more = [
        (Name::Event, "Dialog;sla;include-session-description;id=x7"),
        (Name::Accept, "application/pidf+xml, application/dialog-info+xml"),
    ];
    assert_eq!(panel.status(&mut w, "102", &more), 200);
    let told = panel.told(&w);
    assert_eq!((told.len(), header(&told[0], Name::Event)), (1, "dialog;id=x7".into()));
    settle(w);
}

/// Its lamps do not push out what a phone has of its box, nor each other: one too many is refused, which is written down once.
#[test]
fn lamps_are_bounded() {
    let mut w = World::new();
    let mut panel = Panel::of(&mut w, "102");
    assert_eq!(panel.status(&mut w, "102", &[(Name::Event, "message-summary"), (Name::Expires, "60")]), 200);
    let mut all = vec![];
    // Several phones have keys for the same.
    for phone in 0..limits::LAMPS_PER_EXTENSION / 2 {
        panel.at = w.phone("102", &format!("192.0.2.2:{}", 6000 + phone));
        all.push(panel.watch(&mut w, "101"));
        all.push(panel.watch(&mut w, "103"));
    }
    panel.at = w.phone("102", "192.0.2.2:7000");
    let refused = |w: &World| w.events().iter().filter(|name| *name == "lamps_full").count();
    assert_eq!(refused(&w), 0);
    for _ in 0..3 {
        assert_eq!(panel.status(&mut w, "101", &[]), 403);
    }
    assert_eq!((w.x.subscriptions.count(), refused(&w)), (limits::LAMPS_PER_EXTENSION + 1, 1));
    let ended = |w: &World, at| w.phones[&at].raw.iter().filter(|m| m.contains("terminated;")).count();
    assert!(w.phones.keys().all(|at| ended(&w, *at) == 0), "none of those there are goes out");
    // What is asked once only, and what is refreshed, takes no more room.
    assert_eq!(panel.status(&mut w, "101", &[(Name::Expires, "0")]), 200);
    panel.at = "192.0.2.2:6000".parse().unwrap();
    let ask = |panel: &Panel, w: &mut World, place: usize, number, expires| {
        panel.ask(w, number, Some(&all[place]), &[(Name::Expires, expires)]).unwrap().status
    };
    assert_eq!(ask(&panel, &mut w, 0, "101", "3600"), Status::OK);
    // A phone that was started anew has other names, and the same keys.
    panel.watch(&mut w, "101");
    assert_eq!((w.x.subscriptions.count(), refused(&w)), (limits::LAMPS_PER_EXTENSION + 1, 1));
    // One is over: there is room, and the next that is refused is told again.
    assert_eq!(ask(&panel, &mut w, 1, "103", "0"), Status::OK);
    panel.at = "192.0.2.2:7000".parse().unwrap();
    panel.watch(&mut w, "103");
    assert_eq!((panel.status(&mut w, "102", &[]), refused(&w)), (403, 2));
    settle(w);
}

#[test]
fn a_lost_connection_and_silence_end_lamps() {
    let (mut w, panel, a, _) = watched();
    assert_eq!(w.x.lamps.indexed(), 2);
    let flow = w.x.subscriptions.all().next().unwrap().1.flow;
    w.input(Input::FlowLost(flow));
    assert_eq!((w.x.subscriptions.count(), w.x.lamps.indexed()), (0, 0));
    panel.watch(&mut w, "101");
    w.notified = Some(Status::NO_SUCH_CALL);
    w.run(Duration::from_secs(2));
    w.dial(a, "*43", Some(sdp("192.0.2.11", "8 101", "")));
    w.ms(100);
    assert_eq!(w.x.lamps.indexed(), 0);
    w.input(Input::EndAll);
    settle(w);
}

#[test]
fn what_the_configuration_ends() {
    type Change = fn(&mut Config);
    let changes: [(Change, &[&str]); 5] = [
        (
            |c| c.extensions.get_mut("103").unwrap().ha1_md5 = Some([7; 16]),
            &["101 terminated;reason=deactivated", "102 terminated;reason=deactivated"],
        ),
        (
            |c| _ = c.extensions.remove("103"),
            &["101 terminated;reason=noresource", "102 terminated;reason=noresource"],
        ),
        (|c| _ = c.extensions.remove("102"), &["102 terminated;reason=noresource"]),
        (|c| _ = c.services.insert("101".into(), Service::Tone), &["101 terminated;reason=noresource"]),
        (|c| c.extensions.get_mut("102").unwrap().ha1_md5 = Some([7; 16]), &[]),
    ];
    for (change, said) in changes {
        let (mut w, mut panel, ..) = watched();
        let mut config = config();
        change(&mut config);
        w.input(Input::Config(Arc::new(config)));
        w.ms(50);
        assert_eq!(panel.said(&w), said);
        assert_eq!(w.x.lamps.indexed(), 2 - said.len());
    }
}
