#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod disk;
mod messages;
mod mixing;
mod moves;
mod prompts;
mod rig;
mod transfers;

use super::*;
use rig::{Phone, Rig};
use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};
use switchroom_exchange::{Agreed, Channel, PortSlot, RecordingSubject, Source};
use switchroom_media::dtmf;
use switchroom_media::rtcp;
use switchroom_media::rtp::Header;
use switchroom_media::tone::goertzel_db;

const CALL: CallId = CallId(7 << 80 | 1 << 120);
const A: LegId = LegId(1);
const B: LegId = LegId(2);
/// For what must happen; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// `speaker` says so many packets; what `listener` hears of them.
fn passes(speaker: &mut Phone, listener: &Phone, packets: usize) -> Vec<(Header, Vec<u8>)> {
    let say = |_| {
        speaker.speak();
        listener.hear()
    };
    (0..packets).map(say).collect()
}

fn assert_tone(phone: &Phone, packets: &[(Header, Vec<u8>)], hz: u16) {
    let (samples, rate) = phone.decode(packets);
    let level = goertzel_db(&samples[samples.len() / 4..], hz, rate);
    assert!((level + 10.0).abs() < 2.0, "{hz} Hz at {level} dB");
}

fn assert_one_stream(packets: &[(Header, Vec<u8>)]) {
    for pair in packets.windows(2) {
        assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
        assert_eq!(pair[1].0.ssrc, pair[0].0.ssrc);
    }
}

#[test]
fn two_phones_hear_each_other_in_every_codec() {
    for (codec, pt) in [("PCMU", 0), ("PCMA", 8), ("G722", 9), ("opus", 107)] {
        let rig = Rig::new();
        let (mut a, mut b) = (Phone::new(codec, pt, 440), Phone::new(codec, pt, 1000));
        rig.call(&mut a, &mut b);
        let heard = passes(&mut a, &b, 40);
        assert_tone(&b, &heard, 440);
        assert_one_stream(&heard);
        let from = rig.until(|event| match event {
            MediaEvent::Flowing { leg: A, from } => Some(*from),
            _ => None,
        });
        assert_eq!(from, a.address());
        assert_tone(&a, &passes(&mut b, &a, 40), 1000);
        let whole = rig.close(A);
        assert_eq!((whole.received.packets, whole.received.lost, whole.sent.packets), (40, 0, 40));
        assert!(whole.received.mos_centi > 400);
    }
}

#[test]
fn the_two_laws_are_translated_and_numbers_are_each_legs_own() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMU", 0, 440), Phone::new("PCMA", 100, 1000));
    rig.call(&mut a, &mut b);
    let heard = passes(&mut a, &b, 30);
    assert!(heard.iter().all(|(header, _)| header.payload_type == 100));
    assert_tone(&b, &heard, 440);
    let heard = passes(&mut b, &a, 30);
    assert!(heard.iter().all(|(header, _)| header.payload_type == 0));
    assert_tone(&a, &heard, 1000);
}

#[test]
fn a_codec_that_we_do_not_know_passes_untouched() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMU", 18, 440), Phone::new("PCMU", 18, 1000));
    (a.codec.name, b.codec.name) = ("G729".into(), "g729".into());
    rig.call(&mut a, &mut b);
    a.send(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(b.hear().1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    rig.engine.command(MediaCommand::Record {
        call: CALL,
        legs: [(A, Channel::Left), (B, Channel::Right)],
        subject: RecordingSubject {
            number: 1,
            from: Default::default(),
            with: Default::default(),
            started_ms: 1,
        },
    });
    let why = rig.until(|event| match event {
        MediaEvent::RecordingFailed { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert_eq!(why, "G729/8000 cannot be decoded, so the call is not recorded");
}

#[test]
fn rtp_bleed_and_injection() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    passes(&mut a, &b, 5);
    // From another host, and from another port of the phone's own host, with the phone's own SSRC and numbers.
    let mut thieves = [Phone::at("127.0.0.2:0", "PCMA", 8, 1800), Phone::at("127.0.0.1:0", "PCMA", 8, 1800)];
    for thief in &mut thieves {
        (thief.port, thief.header) = (a.port, a.header);
        for _ in 0..20 {
            thief.speak();
        }
    }
    let heard = passes(&mut a, &b, 20);
    assert_one_stream(&heard);
    let (samples, rate) = b.decode(&heard);
    assert!(goertzel_db(&samples, 1800, rate) < -45.0, "nobody can inject");
    passes(&mut b, &a, 20);
    assert_eq!(thieves.each_ref().map(Phone::backlog), [0, 0], "nobody else hears");
    let quality = rig.close(A);
    assert_eq!(quality.received.packets, 25);
}

#[test]
fn before_the_phone_speaks_a_stranger_cannot_take_its_place() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    let mut thief = Phone::at("127.0.0.2:0", "PCMA", 8, 1800);
    thief.port = a.port;
    for _ in 0..10 {
        thief.speak();
    }
    assert_tone(&a, &passes(&mut b, &a, 20), 1000);
    assert_eq!((thief.backlog(), b.backlog()), (0, 0));
}

#[test]
fn a_phone_behind_translation_is_heard_and_hears() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    // Its SDP names a host that does not answer; its signalling comes from where its media does.
    let unreachable = UdpSocket::bind("127.0.0.9:0").unwrap();
    rig.call(&mut a, &mut b);
    let agreed = Agreed { remote_rtp: Some(unreachable.local_addr().unwrap()), generation: 2, ..a.agreed() };
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed });
    rig.settle();
    // The first packet only raises the hope that it is the phone.
    a.speak();
    assert_tone(&b, &passes(&mut a, &b, 20), 440);
    assert_tone(&a, &passes(&mut b, &a, 20), 1000);
}

#[test]
fn rtcp_bye_spoof() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    passes(&mut a, &b, 3);
    let mut bye = vec![0x81, 203, 0, 1];
    bye.extend(a.header.ssrc.to_be_bytes());
    let thief = UdpSocket::bind("127.0.0.2:0").unwrap();
    for _ in 0..5 {
        thief.send_to(&bye, ("127.0.0.1", a.port + 1)).unwrap();
        thief.send_to(&bye, ("127.0.0.1", a.port)).unwrap();
        a.socket.send_to(&bye, ("127.0.0.1", a.port + 1)).unwrap();
        a.socket.send_to(&bye, ("127.0.0.1", a.port)).unwrap();
    }
    assert_tone(&b, &passes(&mut a, &b, 20), 440);
}

#[test]
fn unnegotiated_payload_type() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    for payload_type in [0, 3, 13, 19, 96, 98, 127] {
        a.header.payload_type = payload_type;
        a.send(&[0x55; 160]);
        a.send(&[]);
    }
    a.header.payload_type = 8;
    let heard = passes(&mut a, &b, 10);
    assert_tone(&b, &heard, 440);
    assert_eq!(b.backlog(), 0);
}

#[test]
fn echo_and_tone() {
    let rig = Rig::new();
    let mut a = Phone::new("PCMU", 0, 440);
    rig.leg(A, &mut a);
    rig.hear(A, Source::Echo);
    rig.settle();
    let mut itself = Phone { socket: a.socket.try_clone().unwrap(), ..Phone::new("PCMU", 0, 440) };
    itself.port = a.port;
    let first = passes(&mut itself, &a, 20);
    assert_tone(&a, &first, 440);
    rig.hear(A, Source::Tone { hz: 600, ddb: -100 });
    let heard: Vec<_> = (0..15).map(|_| a.hear()).collect();
    assert_tone(&a, &heard, 600);
    assert_one_stream(&heard);
    assert_eq!(heard[0].0.ssrc, first[0].0.ssrc, "one stream whoever speaks");
    assert!(heard.windows(2).all(|pair| pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp) == 160));
    rig.hear(A, Source::Silence);
    rig.settle();
    a.backlog();
    let heard: Vec<_> = (0..5).map(|_| a.hear()).collect();
    assert!(heard.iter().all(|(_, payload)| payload == &[0xFF; 160]));
    rig.hear(A, Source::Nothing);
    rig.settle();
    a.backlog();
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(a.backlog(), 0);
}

#[test]
fn withheld_digits_are_told_and_do_not_cross_the_call() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    a.speak();
    b.hear();
    a.header.payload_type = 101;
    let mut told = String::new();
    let mut press = |event: u8, at: u32, ends: &[u8], is_new: bool| {
        for end in ends {
            a.header.timestamp = at;
            a.send(&[event, end | 10, 1, 224]);
        }
        if is_new {
            told.push(rig.until(|event| match event {
                MediaEvent::Digit { leg: A, digit } => Some(*digit),
                _ => None,
            }));
        }
        rig.settle();
    };
    let withhold = |for_ms| {
        rig.engine.command(MediaCommand::WithholdDigits { call: CALL, leg: A, for_ms });
        rig.settle();
    };
    // The first is being pressed when it begins, the second when it ends.
    press(10, 8_000, &[0, 0], true);
    withhold(3_000);
    press(10, 8_000, &[0x80], false);
    press(1, 16_000, &[0, 0], true);
    withhold(0);
    press(1, 16_000, &[0x80], false);
    press(5, 24_000, &[0, 0x80], true);
    assert_eq!(told, "*15");
    let mut receiver = dtmf::DigitReceiver::default();
    let heard: Vec<(u16, Option<char>)> = (0..5)
        .map(|_| b.hear())
        .map(|(h, payload)| {
            let event = dtmf::parse(&payload).unwrap();
            (h.sequence, receiver.receive(h.marker, h.timestamp, &event))
        })
        .collect();
    assert_eq!(heard.iter().filter_map(|(_, digit)| *digit).collect::<String>(), "*5");
    assert!(heard.windows(2).all(|two| two[1].0 > two[0].0), "{heard:?}");
    assert_eq!(b.backlog(), 0);
}

#[test]
fn digits_are_told_once_cross_the_call_and_are_sent_for_others() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.leg(A, &mut a);
    rig.leg(B, &mut b);
    let agreed = Agreed { digits: Some((97, 97)), ..b.agreed() };
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: B, agreed });
    rig.hear(B, Source::Leg(A));
    rig.settle();
    a.speak();
    let timestamp = a.header.timestamp;
    a.header.payload_type = 101;
    for (duration, end) in [(160, 0), (320, 0), (480, 0x80), (480, 0x80), (480, 0x80)] {
        let [high, low] = u16::to_be_bytes(duration);
        a.header.timestamp = timestamp;
        a.send(&[9, end | 10, high, low]);
    }
    let digit = |leg: LegId| {
        rig.until(move |event| match event {
            MediaEvent::Digit { leg: of, digit } if *of == leg => Some(*digit),
            _ => None,
        })
    };
    assert_eq!(digit(A), '9');
    let events: Vec<_> = (0..6).map(|_| b.hear()).filter(|(header, _)| header.payload_type == 97).collect();
    assert_eq!(events.len(), 5);
    rig.settle();
    rig.engine.command(MediaCommand::SendDigit { call: CALL, leg: B, digit: '#', duration_ms: 100 });
    let mut receiver = dtmf::DigitReceiver::default();
    let digits: Vec<char> = (0..7)
        .map(|_| b.hear())
        .filter_map(|(h, payload)| receiver.receive(h.marker, h.timestamp, &dtmf::parse(&payload)?))
        .collect();
    assert_eq!(digits, ['#']);
    let again = rig.events.try_iter().filter(|event| matches!(event, MediaEvent::Digit { .. })).count();
    assert_eq!(again, 0, "a digit is told once");
}

#[test]
fn missing_and_back() {
    let rig = Rig::new();
    let mut a = Phone::new("PCMA", 8, 440);
    rig.leg(A, &mut a);
    let reports = UdpSocket::bind("127.0.0.1:0").unwrap();
    let agreed = Agreed { remote_rtcp: Some(reports.local_addr().unwrap()), ..a.agreed() };
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed });
    let mut thief = Phone::at("127.0.0.2:0", "PCMA", 8, 1800);
    thief.port = a.port;
    rig.settle();
    thief.speak();
    let (for_ms, refused, refused_from) = rig.until(|event| match event {
        MediaEvent::Missing { leg: A, for_ms, refused, refused_from } => {
            Some((*for_ms, *refused, *refused_from))
        }
        _ => None,
    });
    assert!(for_ms >= 5_000);
    assert_eq!((refused, refused_from), (1, Some(thief.address())));
    a.speak();
    rig.until(|event| matches!(event, MediaEvent::Back { leg: A }).then_some(()));
    reports.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut report = [0; 200];
    let (length, from) = reports.recv_from(&mut report).expect("a report every five seconds");
    assert_eq!(from.port(), a.port + 1);
    let mut packets = rtcp::parse(&report[..length]);
    assert!(
        matches!(packets.next(), Some(rtcp::Rtcp::ReceiverReport { .. })),
        "nothing was sent to the phone"
    );
    assert_eq!(packets.next(), Some(rtcp::Rtcp::Description));
}

#[test]
fn a_port_that_somebody_has_fails_and_the_other_half_is_given_back() {
    let rig = Rig::new();
    let taken = UdpSocket::bind(("127.0.0.1", rig.first + 1)).unwrap();
    let open = |leg| rig.engine.command(MediaCommand::Open { call: CALL, leg, slot: PortSlot(0) });
    let failed = |leg: LegId| {
        rig.until(move |event| match event {
            MediaEvent::OpenFailed { leg: of, why, .. } if *of == leg => Some(why.clone()),
            _ => None,
        })
    };
    open(A);
    assert!(failed(A).contains("in use"), "it says what the system said");
    drop(taken);
    open(B);
    rig.settle();
    assert_eq!(rig.engine.health().legs, 1);
}

#[test]
fn levels_of_the_watched_call_are_told() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("G722", 9, 1000));
    rig.leg(A, &mut a);
    rig.leg(B, &mut b);
    rig.engine.watch(&BTreeSet::from([CALL]));
    rig.settle();
    let end = Instant::now() + PATIENCE;
    loop {
        (0..10).for_each(|_| a.speak());
        let report = rig.levels.recv_timeout(end.saturating_duration_since(Instant::now())).unwrap();
        let [first, second] = &report.legs[..] else { panic!("{report:?}") };
        assert_eq!((report.call, first.leg, second.leg, second.peak_ddb), (CALL, A, B, -960));
        if (first.peak_ddb + 100).abs() <= 5 && (first.rms_ddb + 130).abs() <= 5 {
            break;
        }
    }
    rig.engine.watch(&BTreeSet::new());
}

/// Both speak for a second, in real time.
fn talk(a: &mut Phone, b: &mut Phone, packets: u32) {
    let begin = Instant::now();
    for n in 1..=packets {
        a.speak();
        b.speak();
        std::thread::sleep((Duration::from_millis(20) * n).saturating_sub(begin.elapsed()));
    }
}

/// The channels of a recording and its rate.
fn read(path: &Path) -> ([Vec<i16>; 2], u32) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let channel = |at: usize| samples.iter().skip(at).step_by(2).copied().collect();
    ([channel(0), channel(1)], reader.spec().sample_rate)
}

fn assert_channels(path: &Path, left: u16, right: u16) {
    let (channels, rate) = read(path);
    // Twenty milliseconds at a time, and of those the middle one: where a stream was moved by some milliseconds its
    // phase jumps, and a busy machine may leave a hole.
    let median = |samples: &[i16], hz: u16| {
        let mut levels: Vec<f32> =
            samples.chunks_exact(rate as usize / 50).map(|block| goertzel_db(block, hz, rate)).collect();
        levels.sort_by(f32::total_cmp);
        levels[levels.len() / 2]
    };
    for (samples, mine, other) in [(&channels[0], left, right), (&channels[1], right, left)] {
        let (mine, other) = (median(samples, mine), median(samples, other));
        assert!((mine + 10.0).abs() < 2.0 && other < -40.0, "{mine} and {other} dB");
    }
}

#[test]
fn each_side_is_on_its_channel_of_the_recording() {
    for (left, right, rate) in [("PCMA", "PCMU", 8_000), ("opus", "opus", 16_000)] {
        let rig = Rig::new();
        let (mut a, mut b) = (Phone::new(left, 8, 400), Phone::new(right, 0, 1000));
        rig.call(&mut a, &mut b);
        rig.record();
        talk(&mut a, &mut b, 20);
        let (kind, text) = ("hold".to_owned(), String::new());
        rig.engine.command(MediaCommand::Mark { call: CALL, kind, text });
        talk(&mut a, &mut b, 30);
        let facts = rig.stop_recording();
        assert_channels(&rig.dir.path().join(&facts.file), 400, 1000);
        assert_eq!((facts.call, facts.rate, facts.complete), (CALL, rate, true));
        assert_eq!(facts.codec, format!("{left}/{}", a.codec.clock));
        assert!(facts.length_ms >= 900 && facts.marks[0].0 >= 350 && facts.marks[0].1 == "hold", "{facts:?}");
        assert_eq!(scan_recordings(rig.dir.path()), std::slice::from_ref(&facts));
        let peaks = wave(rig.dir.path(), &facts.file, 10).unwrap();
        assert!(peaks.caller[5] > 200 && peaks.length_ms == facts.length_ms, "{peaks:?}");
        let bytes = std::fs::read(rig.dir.path().join(&facts.file)).unwrap();
        assert_eq!(facts.bytes, bytes.len() as u64);
    }
}

#[test]
fn a_recording_is_readable_at_any_moment_and_repaired_after_a_kill() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    talk(&mut a, &mut b, 80);
    // What the disk holds now is what a kill would leave.
    let left = tempfile::tempdir().unwrap();
    copy(rig.dir.path(), left.path());
    assert_eq!(scan_recordings(left.path()), []);
    let repaired = repair_recordings(left.path());
    let [facts] = &repaired[..] else { panic!("{repaired:?}") };
    assert_eq!((facts.call, facts.complete, facts.subject.number), (CALL, false, 4));
    assert!(facts.length_ms >= 600, "of 1600 ms at most the last second is lost: {}", facts.length_ms);
    assert_channels(&left.path().join(&facts.file), 400, 1000);
    assert!(rig.stop_recording().length_ms >= 1_500);
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            std::fs::copy(&source, &target).unwrap();
        }
    }
}

#[test]
fn shutdown_finishes_recordings_and_frees_ports() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    rig.call(&mut a, &mut b);
    rig.record();
    talk(&mut a, &mut b, 10);
    rig.engine.shutdown();
    rig.engine.shutdown();
    assert_eq!(scan_recordings(rig.dir.path()).len(), 1);
    UdpSocket::bind(("127.0.0.1", a.port)).unwrap();
    assert_eq!(rig.engine.health().legs, 0);
}

#[test]
fn closing_a_leg_that_is_not_known_is_answered_too() {
    let rig = Rig::new();
    let mut a = Phone::new("PCMA", 8, 440);
    assert_eq!(rig.close(B), Default::default(), "of a call that is not known");
    rig.leg(A, &mut a);
    assert_eq!(rig.close(B), Default::default(), "of a call that is");
    rig.close(A);
    rig.close(A);
    assert_eq!(rig.engine.health().legs, 0);
}

#[test]
fn calls_on_different_threads_do_not_notice_each_other() {
    const OTHER: CallId = CallId(CALL.0 + 1);
    let rig = Rig::with(|settings| settings.threads = 2);
    let (mut a, mut b) = (Phone::new("PCMA", 8, 440), Phone::new("PCMA", 8, 1000));
    let (mut c, mut d) = (Phone::new("PCMU", 0, 700), Phone::new("PCMA", 8, 1500));
    let (third, fourth) = (LegId(3), LegId(4));
    rig.call(&mut a, &mut b);
    rig.leg_of(OTHER, third, &mut c);
    rig.leg_of(OTHER, fourth, &mut d);
    for (leg, source) in [(third, Source::Leg(fourth)), (fourth, Source::Leg(third))] {
        rig.engine.command(MediaCommand::Hear { call: OTHER, leg, source });
    }
    rig.settle_of(OTHER);
    for _ in 0..2 {
        assert_tone(&b, &passes(&mut a, &b, 20), 440);
        assert_tone(&d, &passes(&mut c, &d, 20), 700);
        assert_tone(&a, &passes(&mut b, &a, 20), 1000);
        assert_tone(&c, &passes(&mut d, &c, 20), 1500);
    }
    let tellers = rig.tellers.lock().unwrap().clone();
    assert_eq!(tellers, BTreeSet::from(["media-0".to_owned(), "media-1".to_owned()]));
    // The end of one call is not the end of the other.
    rig.close(A);
    rig.close(B);
    assert_tone(&d, &passes(&mut c, &d, 20), 700);
    assert_eq!(rig.engine.health().legs, 2);
}

#[test]
fn a_hold_ends_what_was_missing() {
    let rig = Rig::new();
    let mut a = Phone::new("PCMA", 8, 440);
    rig.leg(A, &mut a);
    rig.until(|event| matches!(event, MediaEvent::Missing { leg: A, .. }).then_some(()));
    let agreed = Agreed { receiving: false, ..a.agreed() };
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: A, agreed });
    rig.until(|event| matches!(event, MediaEvent::Back { leg: A }).then_some(()));
}

#[test]
fn refusing_a_leg_is_told_by_the_media_thread_and_never_by_who_asked() {
    let (tell, told) = std::sync::mpsc::channel();
    let (gate, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let rig = Rig::telling(Arc::new(move |event| {
        if matches!(event, MediaEvent::OpenFailed { leg: A, .. }) {
            // Keeps the thread from taking further orders.
            wait.lock().unwrap().recv().unwrap();
        }
        let MediaEvent::OpenFailed { leg, why, .. } = event else { return };
        drop(tell.send((leg, why, std::thread::current().id())));
    }));
    let open = |leg| rig.engine.command(MediaCommand::Open { call: CALL, leg, slot: PortSlot(999) });
    open(A);
    // However many it took along with the first, the rest is more than may wait.
    for leg in 0..3 * inbox::COMMANDS_MAX as u64 {
        open(LegId(100 + leg));
    }
    gate.send(()).unwrap();
    let told: Vec<_> = (0..=3 * inbox::COMMANDS_MAX).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(told.iter().all(|(_, _, thread)| *thread == told[0].2 && *thread != std::thread::current().id()));
    let refused = told.iter().filter(|(_, why, _)| why == "the media thread is overloaded").count();
    assert!(refused >= inbox::COMMANDS_MAX, "{refused}");
    assert!(told.windows(2).skip(1).all(|pair| pair[0].0 < pair[1].0), "each leg has its answer, in order");
}

/// Sockets of this process that are bound to these ports.
fn bound(first: u16, count: u16) -> usize {
    (first..first + count).filter(|port| UdpSocket::bind(("127.0.0.1", *port)).is_err()).count()
}

#[test]
fn descriptor_leak() {
    let rig = Rig::new();
    let mut a = Phone::new("PCMA", 8, 440);
    for round in 0..50 {
        rig.leg(A, &mut a);
        rig.hear(A, Source::Echo);
        rig.settle();
        assert_eq!(bound(rig.first, 8), 2, "round {round}");
        rig.close(A);
        assert_eq!(bound(rig.first, 8), 0, "round {round}");
    }
    assert_eq!(rig.engine.health().legs, 0);
}

/// A disk that is busy with other things takes seconds to keep what it is told to keep. While the recorder's thread waited
/// for that, nothing of any call was written, and a crash lost all of it.
#[test]
fn the_recorder_never_waits_for_the_disk() {
    for code in [include_str!("recorder.rs"), include_str!("recording.rs")] {
        for word in [".sync_data(", ".sync_all(", "write_sidecar(", "seal(", "mend("] {
            assert!(!code.contains(word), "{word} is the finisher's");
        }
    }
}
