//! Several legs in one ear, through sockets: who hears whom, what a change of mode does, unlike codecs, what the recording holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;
use super::rig::{Phone, Rig, middle_level, slot_of};
use super::{A, B, CALL, assert_one_stream, assert_tone, passes, read};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use switchroom_exchange::{Agreed, Channel, Part, Source};
use switchroom_flow::{Clip, Language};
use switchroom_media::dtmf;
use switchroom_media::rtp::Header;
use switchroom_media::tone::goertzel_db;

/// The supervisor, or whoever is third.
pub(super) const S: LegId = LegId(3);
pub(super) const TONES: [u16; 3] = [400, 1_000, 1_700];

pub(super) fn mix(legs: &[LegId]) -> Source {
    Source::Mix(legs.iter().map(|leg| Part { leg: *leg, gain_ddb: 0 }).collect())
}

/// All speak for so many packets in real time and hear what comes meanwhile.
pub(super) fn converse<const N: usize>(phones: [&mut Phone; N], packets: u32) -> [Vec<(Header, Vec<u8>)>; N] {
    converse_by(phones, packets, Phone::speak)
}

/// The same, each in its way.
fn converse_by<const N: usize>(
    phones: [&mut Phone; N],
    packets: u32,
    speak: impl Fn(&mut Phone),
) -> [Vec<(Header, Vec<u8>)>; N] {
    let (begin, mut heard) = (Instant::now(), [const { Vec::new() }; N]);
    for n in 1..=packets {
        for at in 0..N {
            speak(phones[at]);
            heard[at].extend(phones[at].waiting());
        }
        std::thread::sleep((Duration::from_millis(20) * n).saturating_sub(begin.elapsed()));
    }
    for at in 0..N {
        heard[at].extend(phones[at].waiting());
    }
    heard
}

pub(super) fn assert_hears(phone: &Phone, packets: &[(Header, Vec<u8>)], tones: &[u16], what: &str) {
    assert!(packets.len() >= 20, "{what}: only {} packets", packets.len());
    let (samples, rate) = phone.decode(&packets[packets.len() / 4..]);
    for hz in TONES {
        let level = middle_level(&samples, hz, rate);
        match tones.contains(&hz) {
            true => assert!((level + 10.0).abs() < 1.5, "{what}: {hz} Hz at {level} dB"),
            false => assert!(level < -35.0, "{what}: {hz} Hz at {level} dB"),
        }
    }
}

fn party(codec: &str, pt: u8) -> [Phone; 3] {
    TONES.map(|hz| Phone::new(codec, pt, hz))
}

/// Its name, what caller, agent and supervisor are told to hear, and which tones that is.
type Mode = (&'static str, [Source; 3], [&'static [u16]; 3]);

/// Each mode once behind each other.
const ALL_CHANGES: [&str; 13] = [
    "nobody", "listen", "nobody", "whisper", "nobody", "barge", "listen", "whisper", "listen", "barge",
    "whisper", "barge", "nobody",
];

#[test]
fn from_every_mode_to_every_other_each_hears_whom_the_mode_says_and_nobody_else() {
    each_hears_whom_the_mode_says("PCMA", 8);
}

#[test]
fn from_every_mode_to_every_other_in_wideband_too() {
    each_hears_whom_the_mode_says("G722", 9);
}

fn each_hears_whom_the_mode_says(codec: &str, pt: u8) {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party(codec, pt);
    rig.call(&mut a, &mut b);
    rig.leg(S, &mut s);
    rig.settle();
    let (caller, agent, whispered) = (Source::Leg(B), Source::Leg(A), mix(&[A, S]));
    let modes: [Mode; 4] = [
        ("nobody", [caller.clone(), agent.clone(), Source::Silence], [&[1_000], &[400], &[]]),
        ("listen", [caller.clone(), agent, mix(&[A, B])], [&[1_000], &[400], &[400, 1_000]]),
        ("whisper", [caller, whispered.clone(), mix(&[A, B])], [&[1_000], &[400, 1_700], &[400, 1_000]]),
        ("barge", [mix(&[B, S]), whispered, mix(&[A, B])], [&[1_000, 1_700], &[400, 1_700], &[400, 1_000]]),
    ];
    let changes: BTreeSet<_> = ALL_CHANGES.windows(2).map(|pair| (pair[0], pair[1])).collect();
    assert_eq!(changes.len(), 12);
    let mut streams = [const { Vec::new() }; 3];
    let mut before = "the call";
    for name in ALL_CHANGES {
        let (_, sources, tones) = modes.iter().find(|(mode, ..)| *mode == name).unwrap();
        for (leg, source) in [A, B, S].into_iter().zip(sources.clone()) {
            rig.hear(leg, source);
        }
        let heard = converse([&mut a, &mut b, &mut s], 36);
        for (at, (phone, heard)) in [&a, &b, &s].into_iter().zip(heard).enumerate() {
            let what = format!("{codec} from {before} to {name}, {at}");
            assert!((31..=42).contains(&heard.len()), "{what} heard {} packets of 36", heard.len());
            assert_hears(phone, &heard, tones[at], &what);
            assert_no_leak(phone, &heard[5..], tones[at], &what);
            streams[at].extend(heard);
        }
        before = name;
    }
    for stream in &streams {
        assert_one_stream(stream);
        let late = |pair: &&[(Header, Vec<u8>)]| pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp) > 320;
        assert!(stream.windows(2).filter(late).count() <= 2, "the timestamps leap");
    }
    assert_eq!(rig.close(A).received.lost, 0);
}

/// Not for the time of one packet is anybody heard who is not to be.
fn assert_no_leak(phone: &Phone, packets: &[(Header, Vec<u8>)], tones: &[u16], what: &str) {
    let (samples, rate) = phone.decode(packets);
    for hz in TONES.into_iter().filter(|hz| !tones.contains(hz)) {
        let blocks = samples.chunks_exact(rate as usize / 50);
        let leak = blocks.map(|block| goertzel_db(block, hz, rate)).fold(-200.0, f32::max);
        assert!(leak < -32.0, "{what}: {hz} Hz is heard at {leak} dB");
    }
}

#[test]
fn who_is_not_mixed_hears_the_very_bytes_that_were_sent() {
    for (codec, pt) in [("PCMU", 0), ("G722", 9), ("opus", 107)] {
        let rig = Rig::new();
        let (mut a, mut b) = (Phone::new(codec, pt, 400), Phone::new(codec, pt, 1_000));
        let mut s = Phone::new("PCMA", 8, 1_700);
        rig.call(&mut a, &mut b);
        rig.leg(S, &mut s);
        // A talk of two, somebody listens, and somebody whispers to the one: to the other it is a relay all the time.
        let modes =
            [(Source::Leg(A), Source::Silence), (Source::Leg(A), mix(&[A, B])), (mix(&[A]), mix(&[A, B]))];
        for (agent_hears, supervisor_hears) in modes {
            let is_relayed = matches!(agent_hears, Source::Leg(_));
            rig.hear(B, agent_hears);
            rig.hear(S, supervisor_hears);
            rig.settle();
            // What came late of before.
            let _ = (a.backlog(), b.backlog());
            (a.sent, b.sent) = (Vec::new(), Vec::new());
            let speak = if codec == "opus" { Phone::speak } else { Phone::speak_noise };
            let [at_a, at_b, _] = converse_by([&mut a, &mut b, &mut s], 25, speak);
            let payloads = |heard: Vec<(Header, Vec<u8>)>| heard.into_iter().map(|(_, payload)| payload);
            let (at_a, at_b): (Vec<_>, Vec<_>) = (payloads(at_a).collect(), payloads(at_b).collect());
            assert!(at_a.len() >= 20 && at_b.len() >= 20, "{codec}: {} {}", at_a.len(), at_b.len());
            assert!(b.sent.starts_with(&at_a), "{codec}: the caller hears other bytes");
            match is_relayed {
                true => assert!(a.sent.starts_with(&at_b), "{codec}: the agent hears other bytes"),
                // What is read and written again has other bytes, even if it is of one voice only.
                false => assert!(at_b.iter().all(|heard| !a.sent.contains(heard)), "{codec}: it is no mix"),
            }
        }
    }
}

#[test]
fn legs_without_a_codec_in_common_talk_and_their_digits_cross() {
    let codecs = [("PCMU", 0), ("G722", 9), ("opus", 107)];
    for (from, to) in [(0, 1), (0, 2), (1, 2)] {
        let rig = Rig::new();
        let mut a = Phone::new(codecs[from].0, codecs[from].1, 400);
        let mut b = Phone::new(codecs[to].0, codecs[to].1, 1_000);
        rig.call(&mut a, &mut b);
        let [at_a, at_b] = converse([&mut a, &mut b], 60);
        assert_hears(&a, &at_a, &[1_000], &format!("{from} hears {to}"));
        assert_hears(&b, &at_b, &[400], &format!("{to} hears {from}"));
        assert_one_stream(&at_a);
        assert_one_stream(&at_b);
        a.header.payload_type = 101;
        let timestamp = a.header.timestamp;
        for _ in 0..3 {
            a.header.timestamp = timestamp;
            a.send(&[7, 10, 1, 144]);
        }
        let mut receiver = dtmf::DigitReceiver::default();
        let digits: Vec<char> = (0..30)
            .map(|_| b.hear())
            .filter(|(header, _)| header.payload_type == 101)
            .filter_map(|(h, payload)| receiver.receive(h.marker, h.timestamp, &dtmf::parse(&payload)?))
            .collect();
        assert_eq!(digits, ['7'], "once");
    }
}

#[test]
fn digits_of_one_of_several_are_not_heard_in_a_mix() {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party("PCMA", 8);
    rig.call(&mut a, &mut b);
    rig.leg(S, &mut s);
    rig.hear(S, mix(&[A, B]));
    rig.settle();
    converse([&mut a, &mut b, &mut s], 10);
    a.header.payload_type = 101;
    a.send(&[7, 10, 1, 144]);
    assert!((0..5).map(|_| s.hear()).all(|(header, _)| header.payload_type == 8));
}

#[test]
fn a_mix_outlives_a_leg_that_goes_and_takes_in_one_that_is_agreed_later() {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party("PCMA", 8);
    rig.leg(S, &mut s);
    rig.hear(S, mix(&[A, B, LegId(77)]));
    rig.leg(A, &mut a);
    rig.leg(B, &mut b);
    rig.settle();
    let [_, _, heard] = converse([&mut a, &mut b, &mut s], 50);
    assert_hears(&s, &heard, &[400, 1_000], "both");
    rig.close(A);
    let [_, heard] = converse([&mut b, &mut s], 50);
    assert_hears(&s, &heard, &[1_000], "one left");
    // What the hearer agreed anew goes on as a mix, in its new codec.
    s.codec.name = "PCMU".into();
    let agreed = Agreed { generation: 2, ..s.agreed() };
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: S, agreed });
    rig.settle();
    s.waiting();
    let [_, heard] = converse([&mut b, &mut s], 50);
    assert_hears(&s, &heard, &[1_000], "in another codec");
}

#[test]
fn a_mix_gives_way_to_a_tone_and_to_nothing() {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party("PCMA", 8);
    rig.call(&mut a, &mut b);
    rig.leg(S, &mut s);
    rig.hear(S, mix(&[A, B]));
    let [_, _, mut stream] = converse([&mut a, &mut b, &mut s], 30);
    rig.hear(S, Source::Tone { hz: 600, ddb: -100 });
    let [_, _, heard] = converse([&mut a, &mut b, &mut s], 30);
    assert_tone(&s, &heard[heard.len() - 20..], 600);
    assert_hears(&s, &heard, &[], "only the tone");
    stream.extend(heard);
    assert_one_stream(&stream);
    rig.hear(S, mix(&[A]));
    converse([&mut a, &mut b, &mut s], 10);
    rig.hear(S, Source::Nothing);
    rig.settle();
    std::thread::sleep(Duration::from_millis(60));
    s.backlog();
    let [_, _, heard] = converse([&mut a, &mut b, &mut s], 10);
    assert_eq!(heard.len(), 0);
}

/// Who joins is on the recording's channel beside the leg that is there, for as long as he is told to be.
#[test]
fn a_further_voice_is_on_its_channel_of_the_recording_while_it_is_told_to_be() {
    for (codec, pt) in [("PCMA", 8), ("G722", 9), ("opus", 107)] {
        joins_a_recording(codec, party(codec, pt));
    }
}

/// The same in a call in which each has another codec, whoever has which.
#[test]
fn a_recording_of_three_codecs_holds_each_voice_on_its_channel() {
    let codecs = [("PCMA", 8), ("G722", 9), ("opus", 107)];
    for first in 0..3 {
        let phone = |n: usize| {
            let (codec, pt) = codecs[(first + n) % 3];
            Phone::new(codec, pt, TONES[n])
        };
        joins_a_recording(&format!("{} first", codecs[first].0), [phone(0), phone(1), phone(2)]);
    }
}

fn joins_a_recording(codec: &str, [mut a, mut b, mut s]: [Phone; 3]) {
    let rig = Rig::new();
    rig.call(&mut a, &mut b);
    rig.leg(S, &mut s);
    rig.record();
    converse([&mut a, &mut b, &mut s], 50);
    rig.engine.command(MediaCommand::RecordAlso { call: CALL, leg: S, channel: Channel::Right });
    rig.settle();
    converse([&mut a, &mut b, &mut s], 50);
    rig.engine.command(MediaCommand::RecordNoMore { call: CALL, leg: S });
    rig.engine.command(MediaCommand::Mark { call: CALL, kind: "left".into(), text: String::new() });
    rig.settle();
    converse([&mut a, &mut b, &mut s], 50);
    let facts = rig.stop_recording();
    assert!(facts.complete && facts.marks.len() == 1, "{facts:?}");
    let (channels, rate) = read(&rig.dir.path().join(&facts.file));
    let level = |channel: usize, second: f32, hz: u16| {
        let from = (second * rate as f32) as usize;
        middle_level(&channels[channel][from..from + rate as usize / 2], hz, rate)
    };
    for (second, joined) in [(0.25, false), (1.25, true), (2.25, false)] {
        assert!((level(1, second, 1_000) + 10.0).abs() < 1.5, "{codec}: the agent at {second}");
        assert!((level(0, second, 400) + 10.0).abs() < 1.5, "{codec}: the caller at {second}");
        assert_eq!(level(1, second, 1_700) > -12.0, joined, "{codec}: the third at {second}");
        assert!(
            level(0, second, 1_700) < -40.0 && level(0, second, 1_000) < -40.0,
            "{codec}: never on the other channel"
        );
    }
}

/// Two codecs are bridged; then the one phone agrees to the other's, as a phone does that is asked to. Behind that nothing of the
/// codec before comes under the new number, and they hear each other.
#[test]
fn a_bridge_that_is_not_needed_any_more_ends_without_a_packet_of_its_codec() {
    let rig = Rig::new();
    let (mut a, mut b) = (Phone::new("PCMA", 8, 400), Phone::new("G722", 9, 1_000));
    rig.call(&mut a, &mut b);
    let [_, at_b] = converse([&mut a, &mut b], 20);
    assert_hears(&b, &at_b, &[400], "bridged");
    let again = Phone { socket: b.socket.try_clone().unwrap(), port: b.port, ..Phone::new("PCMA", 8, 1_000) };
    let header = Header { payload_type: 8, ..b.header };
    (b, b.header) = (again, header);
    rig.engine.command(MediaCommand::Agree {
        call: CALL,
        leg: B,
        agreed: Agreed { generation: 2, ..b.agreed() },
    });
    rig.settle();
    b.waiting();
    // Nobody speaks: what would come now is what is left of the bridge.
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(b.backlog(), 0);
    let [at_a, at_b] = converse([&mut a, &mut b], 40);
    assert!(at_b.iter().all(|(header, payload)| (header.payload_type, payload.len()) == (8, 160)));
    assert_hears(&b, &at_b, &[400], "relayed");
    assert_hears(&a, &at_a, &[1_000], "relayed");
}

/// A fault in making the sound of one leg: it goes on with the next packet or so, and all others as if nothing had been.
#[test]
fn a_fault_in_a_mix_costs_some_of_its_hearers_packets_and_no_more() {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party("PCMA", 8);
    // Unlike those of all other tests, who run beside this one.
    const WITH_FAULT: LegId = LegId(44_003);
    rig.call(&mut a, &mut b);
    rig.engine.command(MediaCommand::Open { call: CALL, leg: WITH_FAULT, slot: slot_of(S) });
    rig.engine.command(MediaCommand::Agree { call: CALL, leg: WITH_FAULT, agreed: s.agreed() });
    s.port = rig.first + 2 * slot_of(S).0;
    rig.hear(WITH_FAULT, mix(&[A, B]));
    rig.settle();
    converse([&mut a, &mut b, &mut s], 10);
    worker::faults::LEG.store(WITH_FAULT.0, Ordering::Relaxed);
    let [at_a, at_b, at_s] = converse([&mut a, &mut b, &mut s], 60);
    assert_eq!(worker::faults::LEG.load(Ordering::Relaxed), 0, "it was met");
    assert_hears(&a, &at_a, &[1_000], "the caller");
    assert_hears(&b, &at_b, &[400], "the agent");
    assert_hears(&s, &at_s, &[400, 1_000], "who met it");
    assert!(at_s.len() >= 55, "{}", at_s.len());
    assert_one_stream(&at_s);
    // A prompt ends with it, and that is told: a flow goes on.
    let clips = vec![Clip::Prompt { language: Language::En, name: "welcome".into() }];
    rig.engine.command(MediaCommand::Play { call: CALL, leg: WITH_FAULT, number: 9, clips, is_loop: true });
    rig.settle();
    worker::faults::LEG.store(WITH_FAULT.0, Ordering::Relaxed);
    rig.until(|event| matches!(event, MediaEvent::Unheard { number: 9, .. }).then_some(()));
    let [_, _, at_s] = converse([&mut a, &mut b, &mut s], 40);
    assert_hears(&s, &at_s[at_s.len() - 25..], &[], "silence");
}

/// From the command to the first packet that is another: what a supervisor waits for at a change of mode.
#[test]
fn a_change_of_mode_is_heard_at_once() {
    let rig = Rig::new();
    let [mut a, mut b, mut s] = party("PCMA", 8);
    rig.call(&mut a, &mut b);
    rig.leg(S, &mut s);
    rig.settle();
    passes(&mut a, &b, 5);
    converse([&mut a, &mut b, &mut s], 10);
    let begin = Instant::now();
    rig.hear(S, mix(&[A, B]));
    s.hear();
    let took = begin.elapsed();
    // Twenty milliseconds of beat; the rest is for a machine that has other things to do.
    assert!(took < Duration::from_millis(200), "{took:?}");
}
