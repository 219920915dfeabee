//! What happened, in the words of expectations.

use switchroom_exchange::{Cdr, End, EndedBy, EventKind};
use switchroom_phone::{EndedBy as PhoneEnded, PhoneEvent};
use switchroom_sip::sdp::Direction;

/// What a phone told, as an expectation names it; `name` is the phone's.
pub fn phone_event(name: &str, event: &PhoneEvent) -> String {
    match event {
        PhoneEvent::Registered { .. } => "registered".into(),
        PhoneEvent::RegisterFailed { status: Some(status), .. } => {
            format!("registration refused with {}", status.code())
        }
        PhoneEvent::RegisterFailed { status: None, .. } => "registration not answered".into(),
        PhoneEvent::Unregistered => "unregistered".into(),
        PhoneEvent::Incoming { from, .. } => format!("called by {from}"),
        PhoneEvent::Ringing => "ringing".into(),
        PhoneEvent::EarlyMedia(_) => "early media".into(),
        PhoneEvent::Up(_) => "up".into(),
        PhoneEvent::MediaChanged(plan) => format!("media {}", direction(plan.direction)),
        PhoneEvent::ChangeRefused(status) => format!("change refused with {}", status.code()),
        PhoneEvent::Digit { digit, .. } => format!("digit {digit}"),
        PhoneEvent::Ended { by, status, reason } => {
            let by = match by {
                PhoneEnded::Us => name,
                PhoneEnded::Peer => "the exchange",
                PhoneEnded::Network => "nobody",
            };
            let status = status.map(|s| format!(" with {}", s.code())).unwrap_or_default();
            let reason = reason.as_deref().map(|r| format!(", {}", reason_text(r))).unwrap_or_default();
            format!("ended by {by}{status}{reason}")
        }
        PhoneEvent::Second(event) => format!("beside it {}", phone_event(name, event)),
    }
}

/// The words of a Reason header; other text as it is.
fn reason_text(reason: &str) -> &str {
    reason.split("text=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(reason)
}

/// Every form of what a phone can tell, for people.
pub const TOLD: &[(&str, &str)] = &[
    ("called by 101", "Somebody calls."),
    ("ringing", "The called side rings."),
    ("early media", "There is sound before the answer."),
    ("up", "The call is answered; at the called phone: and acknowledged."),
    (
        "media sendrecv",
        "What was agreed on the sound changed: sendrecv, sendonly, recvonly or inactive, as the phone sees it.",
    ),
    ("change refused with 491", "Its hold or resume was refused."),
    ("digit 5", "The other side pressed a key."),
    ("ended by ana", "It ended the call itself."),
    (
        "ended by the exchange with 486, …",
        "The other side, or the exchange, ended it: with that status, with these words.",
    ),
    ("ended by nobody with 408", "No answer came, or the connection was lost."),
    ("beside it ringing", "One of these about the call that it makes to ask somebody."),
    ("registered", "Registered, also anew. What is told of registrations counts only if it is asked for."),
    ("registration refused with 401", "It was refused."),
    ("registration not answered", "No answer came."),
    ("unregistered", "The registration was given up."),
];

fn direction(direction: Direction) -> &'static str {
    match (direction.sends(), direction.receives()) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    }
}

/// Whether something a phone told is about its registration.
pub fn is_registration(told: &str) -> bool {
    told.starts_with("regist") || told.starts_with("unregist")
}

/// Whether an event's name belongs to registrations.
pub fn is_registration_event(kind: EventKind) -> bool {
    kind == EventKind::Registration
}

/// Who ended a call.
pub fn ended_by(cdr: &Cdr) -> String {
    match &cdr.ending.by {
        EndedBy::Party(End::Caller) => "caller".into(),
        EndedBy::Party(End::Callee) => "callee".into(),
        EndedBy::System => "exchange".into(),
        EndedBy::User(user) => user.clone(),
    }
}

/// The legs of a call and what became of them.
pub fn legs(cdr: &Cdr) -> Vec<String> {
    cdr.legs.iter().map(|leg| format!("{} {}", leg.party.number, leg.outcome)).collect()
}
