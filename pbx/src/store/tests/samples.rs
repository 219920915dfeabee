//! Records, from a small generator whose stream is always the same.

use switchroom_exchange::{
    BindingRecord, CallId, Cause, Cdr, End, EndedBy, Ending, Event, EventKind, Held, MessageRecord, Party,
    Record, RecordingFacts, RecordingSubject, Severity, SubscriptionRecord, Why,
};

/// Xorshift; quality does not matter, repetition does.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

pub(super) const START_MS: i64 = 1_700_000_000_000;

pub(super) fn call(number: u64) -> CallId {
    CallId::new(START_MS + i64::try_from(number).unwrap() * 1000, u128::from(number))
}

pub(super) fn party(number: &str) -> Party {
    Party { number: number.into(), name: format!("Name of {number}\r\n\u{1b}[31m") }
}

pub(super) fn cdr(number: u64, from: &str, to: &str, end_ms: i64) -> Cdr {
    Cdr {
        call: call(number),
        number,
        from: party(from),
        to: party(to),
        with: (!number.is_multiple_of(3)).then(|| party(to)),
        started_ms: end_ms - 5000,
        ringing_ms: Some(end_ms - 4000),
        answered_ms: (!number.is_multiple_of(3)).then_some(end_ms - 3000),
        ending: Ending {
            at_ms: end_ms,
            by: EndedBy::Party(End::Caller),
            cause: Cause::HungUp,
            status: 0,
            text: "hung up".into(),
        },
        talk_ms: 3000,
        total_ms: 5000,
        path: vec![Why { at_ms: end_ms - 5000, step: "route".into(), text: format!("{to} is an extension") }],
        legs: Vec::new(),
        recorded: false,
        flow: None,
        answers: Vec::new(),
        was_of: None,
    }
}

pub(super) fn event(seq: u64, number: Option<u64>, at_ms: i64) -> Event {
    Event {
        seq,
        at_ms,
        kind: EventKind::Call,
        severity: Severity::Info,
        call: number.map(call),
        number,
        subject: "101".into(),
        name: "call_started".into(),
        text: "…".into(),
    }
}

pub(super) fn recording(number: u64, from: &str, with: &str) -> RecordingFacts {
    RecordingFacts {
        call: call(number),
        subject: RecordingSubject {
            number,
            from: (from.into(), String::new()),
            with: (with.into(), String::new()),
            started_ms: START_MS + i64::try_from(number).unwrap() * 1000,
        },
        file: format!("2023/11/14/{}.wav", call(number)),
        length_ms: 1000,
        bytes: 32_044,
        rate: 8000,
        sha256: "00".repeat(32),
        codec: "PCMA/8000".into(),
        marks: vec![(0, "answer".into(), String::new())],
        complete: true,
        held: None,
    }
}

pub(super) fn message(number: u64, mailbox: &str, is_new: bool) -> MessageRecord {
    MessageRecord {
        id: format!("{}-1", call(number)),
        mailbox: Some(mailbox.into()),
        call: call(number),
        from: party("0441234567"),
        at_ms: START_MS + i64::try_from(number).unwrap() * 1000,
        length_ms: 7000,
        file: format!("messages/2023/11/{}-1.wav", call(number)),
        bytes: 112_044,
        sha256: "00".repeat(32),
        is_new,
        is_unfinished: false,
    }
}

pub(super) fn binding(extension: &str, key: &str, cseq: u32) -> BindingRecord {
    BindingRecord {
        extension: extension.into(),
        key: key.into(),
        contact: format!("sip:{extension}@192.0.2.7:5060"),
        transport: "udp".into(),
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "192.0.2.7:5060".parse().unwrap(),
        connection: 0,
        agent: "phone".into(),
        call_id: "a@b".into(),
        cseq,
        q_milli: 1000,
        registered_ms: START_MS,
        expires_ms: START_MS + 3_600_000,
    }
}

pub(super) fn subscription(tag: &str, version: u32) -> SubscriptionRecord {
    SubscriptionRecord {
        tag: tag.into(),
        extension: "101".into(),
        event: "dialog".into(),
        event_id: None,
        number: "102".into(),
        version,
        call_id: "a@b".into(),
        remote_tag: "t".into(),
        local_party: format!("<sip:102@h>;tag={tag}"),
        remote_party: "<sip:101@h>;tag=t".into(),
        local_cseq: version + 1,
        remote_cseq: Some(1),
        target: "sip:101@192.0.2.7:5060".into(),
        route: vec![],
        transport: "udp".into(),
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "192.0.2.7:5060".parse().unwrap(),
        written_ms: 0,
        expires_ms: START_MS + 3_600_000,
    }
}

/// A hold on a recording, for that reason.
pub(super) fn held(reason: &str) -> Held {
    Held { by: "sue".into(), reason: reason.into(), at_ms: START_MS }
}

/// A mixed life of an exchange, with replaced, removed and repeated things.
pub(super) fn mixed(count: u64, seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let extension = |random: &mut Random| (101 + random.below(5)).to_string();
    (1..=count)
        .map(|n| {
            let (one, other) = (extension(&mut random), extension(&mut random));
            let earlier = 1 + random.below(n);
            match random.below(13) {
                0 => Record::Binding(binding(
                    &one,
                    &format!("key {}", random.below(3)),
                    u32::try_from(n).unwrap(),
                )),
                1 => Record::BindingGone { extension: one, key: format!("key {}", random.below(3)) },
                2 => Record::Cdr(Box::new(cdr(
                    n,
                    &one,
                    &other,
                    START_MS + i64::try_from(random.below(1_000_000)).unwrap(),
                ))),
                3 => Record::Cdr(Box::new(cdr(earlier, &other, &one, START_MS + i64::try_from(n).unwrap()))),
                4 => Record::Recording(Box::new(recording(earlier, &one, &other))),
                5 => Record::RecordingGone { call: call(earlier) },
                6 => Record::Message(Box::new(message(earlier, &one, random.below(2) == 0))),
                7 => Record::MessageGone { id: message(earlier, &one, true).id },
                8 => Record::RecordingHeld {
                    call: call(earlier),
                    held: (random.below(3) > 0).then(|| held("case 7")),
                },
                9 => Record::Subscription(Box::new(subscription(
                    &format!("tag {}", random.below(5)),
                    u32::try_from(n).unwrap(),
                ))),
                10 => Record::SubscriptionGone { tag: format!("tag {}", random.below(5)) },
                _ => Record::Event(event(
                    n,
                    random.below(2).eq(&0).then_some(earlier),
                    START_MS + i64::try_from(n).unwrap(),
                )),
            }
        })
        .collect()
}
