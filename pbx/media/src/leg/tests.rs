#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::codec::{Codec, Decoder, Encoder};
use crate::rtcp::ReportBlock;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn codec(name: &str, pt: u8) -> Codec {
    Codec { kind: Kind::of(name), name: name.into(), clock: 8000, receive_pt: pt, send_pt: pt, ptime_ms: 20 }
}

fn terms(port: u16, codec: Codec) -> Terms {
    Terms {
        remote_rtp: Some(SocketAddr::new(at("192.0.2.7:0").ip(), port)),
        remote_rtcp: None,
        signalling_ip: at("192.0.2.7:0").ip(),
        codec,
        digits: Some((101, 97)),
        sending: true,
        receiving: true,
        generation: 1,
    }
}

fn leg(key: u64, port: u16, codec: Codec) -> Leg {
    let mut leg = Leg::new(key, u128::from(key) << 90);
    leg.agree(0, terms(port, codec));
    leg
}

fn packet(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let timestamp = u32::from(sequence) * 160;
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc: 5 };
    [&header.bytes()[..], payload].concat()
}

#[test]
fn a_packet_crosses_with_its_law_and_number_changed() {
    let (mut a, mut b) = (leg(1, 4000, codec("PCMU", 0)), leg(2, 5000, codec("PCMA", 8)));
    let crossing = a.terms().unwrap().codec.crossing(&b.terms().unwrap().codec);
    let datagram = packet(0, 7, &[0xFF; 160]);
    let received = a.receive(20_000, at("192.0.2.7:4000"), &datagram);
    assert_eq!(received.note.flowing, Some(at("192.0.2.7:4000")));
    let media = received.media.unwrap();
    let mut out = [0; 1600];
    let (length, to) =
        b.forward(20_000, &media, &datagram[media.payload.clone()], crossing, &mut out).unwrap();
    let sent = rtp::parse(&out[..length]).unwrap();
    assert_eq!((to, sent.header.payload_type), (at("192.0.2.7:5000"), 8));
    assert_eq!(sent.payload, [0xD5; 160], "silence of one law is silence of the other");
    assert_ne!(sent.header.ssrc, 5, "our own stream");
}

#[test]
fn digits_cross_under_the_number_of_the_other_leg() {
    let (mut a, mut b) = (leg(1, 4000, codec("PCMA", 8)), leg(2, 5000, codec("PCMA", 8)));
    let datagram = packet(101, 7, &[5, 10, 0, 160]);
    let received = a.receive(0, at("192.0.2.7:4000"), &datagram);
    assert_eq!(received.note.digit, Some('5'));
    let media = received.media.unwrap();
    let mut out = [0; 1600];
    let payload = &datagram[media.payload.clone()];
    let (length, _) = b.forward(0, &media, payload, Crossing::Same, &mut out).unwrap();
    assert_eq!(rtp::parse(&out[..length]).unwrap().header.payload_type, 97);

    b.agree(0, Terms { digits: None, ..terms(5000, codec("PCMA", 8)) });
    assert_eq!(b.forward(0, &media, payload, Crossing::Same, &mut out), None, "the other leg agreed to none");
}

#[test]
fn unnegotiated_payload_type() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let from = at("192.0.2.7:4000");
    assert_eq!(a.receive(0, from, &packet(3, 1, &[0; 33])).media, None);
    assert_eq!(a.receive(0, from, &packet(96, 2, &[0; 160])).media, None);
    assert_eq!(a.dropped().payload_type, 2);
    // Events were agreed as 101; a phone that sends them as 120 means the same.
    assert_eq!(a.receive(0, from, &packet(120, 3, &[1, 10, 0, 160])).note.digit, Some('1'));
    a.agree(0, Terms { digits: None, ..terms(4000, codec("PCMA", 8)) });
    assert_eq!(a.receive(0, from, &packet(120, 4, &[2, 10, 0, 160])).media, None, "none were agreed");
}

/// Some phones send events from another source than their sound.
#[test]
fn a_digit_is_one_digit_though_sound_of_another_source_lies_between_its_packets() {
    let (mut a, from) = (leg(1, 4000, codec("PCMA", 8)), at("192.0.2.7:4000"));
    let mut heard = String::new();
    for press in 0..2u32 {
        for n in 0..5u16 {
            a.receive(0, from, &packet(8, n, &[0xD5; 160]));
            let header =
                Header { marker: n == 0, payload_type: 101, sequence: n, timestamp: 8_000 * press, ssrc: 6 };
            let event = dtmf::Event { code: 3, end: n == 4, volume: 10, duration: 160 * (n + 1) };
            let datagram = [&header.bytes()[..], &event.bytes()[..]].concat();
            heard.extend(a.receive(0, from, &datagram).note.digit);
        }
    }
    assert_eq!(heard, "33", "pressed twice");
    // Another source counts its own time.
    let header = Header { marker: true, payload_type: 101, sequence: 0, timestamp: 8_000, ssrc: 9 };
    let event = dtmf::Event { code: 3, end: false, volume: 10, duration: 160 };
    let datagram = [&header.bytes()[..], &event.bytes()[..]].concat();
    assert_eq!(a.receive(0, from, &datagram).note.digit, Some('3'));
}

#[test]
fn what_may_not_come_is_dropped_and_not_missed() {
    let mut a = Leg::new(1, 0);
    let from = at("192.0.2.7:4000");
    assert_eq!(a.receive(0, from, &packet(8, 1, &[0; 160])).media, None, "nothing is agreed");
    a.agree(0, Terms { receiving: false, ..terms(4000, codec("PCMA", 8)) });
    assert_eq!(a.receive(0, from, &packet(8, 1, &[0; 160])).media, None);
    assert_eq!(a.dropped().unasked, 2);
    assert_eq!(a.watch(60_000_000), Watch::default(), "on hold nobody is missing");
}

#[test]
fn missing_is_told_once_and_back_too() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let from = at("192.0.2.7:4000");
    assert_eq!(a.watch(MISSING_US - 1).missing_ms, None);
    assert_eq!(a.watch(MISSING_US).missing_ms, Some(5_000));
    a.receive(MISSING_US, at("198.51.100.1:9"), &packet(8, 1, &[0; 160]));
    assert_eq!(a.refused(), (1, Some(at("198.51.100.1:9"))));
    assert_eq!(a.watch(2 * MISSING_US).missing_ms, None, "once");
    assert!(a.receive(2 * MISSING_US, from, &packet(8, 1, &[0; 160])).note.back);
    assert!(!a.receive(2 * MISSING_US, from, &packet(8, 2, &[0; 160])).note.back);
    assert_eq!(a.watch(3 * MISSING_US).missing_ms, Some(5_000), "gone again");
}

#[test]
fn the_wait_begins_anew_with_each_agreement() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let again = |receiving| Terms { receiving, ..terms(4000, codec("PCMA", 8)) };
    // Early media was waited for all the while it rang; the answer comes.
    assert_eq!(a.agree(MISSING_US - 1, again(true)), Note::default(), "nothing was missing yet");
    assert_eq!(a.watch(2 * MISSING_US - 2).missing_ms, None);
    assert_eq!(a.watch(2 * MISSING_US - 1).missing_ms, Some(5_000));
    assert!(a.agree(2 * MISSING_US, again(true)).back, "what was missing before does not count");
    assert_eq!(a.watch(3 * MISSING_US - 1).missing_ms, None);
    assert_eq!(a.watch(3 * MISSING_US).missing_ms, Some(5_000));
    // On hold it may be silent.
    assert!(a.agree(3 * MISSING_US, again(false)).back);
    assert_eq!(a.watch(9 * MISSING_US), Watch::default());
    assert!(!a.agree(9 * MISSING_US, again(true)).back, "told once");
    assert_eq!(a.watch(10 * MISSING_US).missing_ms, Some(5_000));
}

#[test]
fn a_tone_and_a_digit_make_one_stream() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    assert!(a.play(0, Some(Sound::Tone { hz: 440, ddb: -100 })));
    assert!(a.send_digit('7', 100) && !a.send_digit('x', 100));
    let (mut headers, mut out) = (Vec::new(), [0; 1600]);
    for now in (0..2_000_000).step_by(10_000) {
        while a.due_us().is_some_and(|due| due <= now) {
            let Some((length, _)) = a.pace(now, &mut Voices::new(), &mut out) else { continue };
            headers.push(rtp::parse(&out[..length]).unwrap().header);
        }
    }
    let gaps = headers.windows(2).filter(|pair| pair[1].sequence != pair[0].sequence.wrapping_add(1)).count();
    assert_eq!(gaps, 0);
    assert_eq!(headers.iter().filter(|h| h.payload_type == 97).count(), 7, "5 × 20 ms and two more ends");
    let audio: Vec<_> = headers.iter().filter(|h| h.payload_type == 8).collect();
    assert!(audio.len() > 90, "{}", audio.len());
    assert!(audio.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 160));
}

#[test]
fn rtcp_bye_spoof() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let from = at("192.0.2.7:4000");
    a.receive(0, from, &packet(8, 1, &[0; 160]));
    let bye = [0x81, 203, 0, 1, 0, 0, 0, 5];
    a.receive_report(0, 0, at("198.51.100.1:4001"), &bye);
    assert_eq!(a.refused().0, 1, "a foreign report is refused");
    a.receive_report(0, 0, at("192.0.2.7:4001"), &bye);
    assert!(
        a.receive(20_000, from, &packet(8, 2, &[0; 160])).media.is_some(),
        "and the phone's own ends nothing"
    );
}

#[test]
fn reports_tell_quality_both_ways() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let (from, rtcp) = (at("192.0.2.7:4000"), at("192.0.2.7:4001"));
    let mut out = [0; REPORT_BYTES_MAX];
    assert_eq!(a.report(REPORT_US - 1, 0, "x", &mut out), None, "not due");
    for sequence in (1..=99).step_by(2) {
        a.receive(u64::from(sequence) * 20_000, from, &packet(8, sequence, &[0; 160]));
    }
    let mut block = ReportBlock { ssrc: a.output.ssrc(), lost: 3, jitter: 16, ..Default::default() };
    let mut theirs = [0; REPORT_BYTES_MAX];
    let length = rtcp::print(5, None, Some(&block), "phone", &mut theirs);
    a.receive_report(0, 0, rtcp, &theirs[..length]);
    block.ssrc += 1;
    block.lost = 900;
    let length = rtcp::print(5, None, Some(&block), "phone", &mut theirs);
    a.receive_report(0, 0, rtcp, &theirs[..length]);

    let (length, to) = a.report(REPORT_US, 1 << 40, "switchroom", &mut out).unwrap();
    assert_eq!(to, rtcp);
    let Some(Rtcp::ReceiverReport { mut blocks, .. }) = rtcp::parse(&out[..length]).next() else {
        panic!("{out:?}")
    };
    let block = blocks.next().unwrap();
    assert_eq!((block.ssrc, block.lost, block.fraction), (5, 49, 126));

    let (recent, whole) = a.quality_due(REPORT_US).unwrap();
    assert_eq!((whole.received.packets, whole.received.lost, whole.sent.lost), (50, 49, 3));
    assert_eq!(whole.sent.jitter_us, 2_000);
    assert!(whole.received.mos_centi > 100 && whole.received.mos_centi < 250, "half of it is lost");
    assert_eq!(recent.received, whole.received);
    assert_eq!(a.quality_due(2 * REPORT_US), None, "nothing flowed since");
}

#[test]
fn any_datagram_is_survived() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let from = at("192.0.2.7:4000");
    let mut random = 42u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    for _ in 0..100_000 {
        let mut bytes: Vec<u8> = (0..next() % 64).map(|_| next() as u8).collect();
        if let [b0, b1, ..] = &mut bytes[..] {
            *b0 = *b0 & 0x3F | 0x80;
            if next() % 2 == 0 {
                *b1 = [8, 101, 0x88, 200, 201, 203][(next() % 6) as usize];
            }
        }
        a.receive(next(), from, &bytes);
        a.receive_report(next(), next() << 31, at("192.0.2.7:4001"), &bytes);
        a.quality();
        let mut out = [0; REPORT_BYTES_MAX];
        a.report(u64::MAX / 2, 0, "x", &mut out);
    }
}

fn pieces(marks: &[u8]) -> Playlist {
    use crate::encoded::Encoded;
    use crate::playlist::{Piece, Slot};
    use std::sync::Arc;
    let encoded = |mark: &u8| Encoded::new(Kind::Pcma, &[i16::from(*mark) * 256; 160]).map(Arc::new);
    let piece = |mark: &u8| Piece::Sound(Arc::new(Slot::from(encoded(mark))));
    let silence = Arc::new(Encoded::silence(Kind::Pcma).unwrap());
    Playlist { number: 5, pieces: marks.iter().map(piece).collect(), is_loop: false, silence }
}

/// What a leg sends by then: when, marker, timestamp, and the mark of its pieces.
fn sends(leg: &mut Leg, until_us: u64) -> Vec<(u64, bool, u32, i16)> {
    let (mut all, mut out) = (Vec::new(), [0; 1600]);
    while let Some(due) = leg.due_us().filter(|due| *due <= until_us) {
        if let Some((length, _)) = leg.pace(due, &mut Voices::new(), &mut out) {
            let packet = rtp::parse(&out[..length]).unwrap();
            let mark = crate::g711::A_TO_LINEAR[usize::from(packet.payload[0])] / 256;
            all.push((due, packet.header.marker, packet.header.timestamp, mark));
        }
    }
    all
}

#[test]
fn a_prompt_begins_at_once_and_one_that_replaces_it_keeps_the_stream_even() {
    let mut a = leg(1, 4000, codec("PCMA", 8));
    a.play_list(7_000, pieces(&[1, 2, 3]), Position::default());
    let first = sends(&mut a, 21_000);
    let begin = first[0].2;
    assert_eq!(first, [(7_000, true, begin, 1), (20_000, false, begin + 160, 2)]);
    assert_eq!(a.position(), Some(Position { piece: 1, ms: 20, is_missed: false }));
    a.play_list(31_000, pieces(&[4, 5]), Position::default());
    let second = sends(&mut a, 100_000);
    let wanted = [
        (40_000, true, begin + 320, 4),
        (60_000, false, begin + 480, 5),
        (80_000, false, begin + 640, 0),
        (100_000, false, begin + 800, 0),
    ];
    assert_eq!(second, wanted, "cut at once, on the beat, and silence after it");
    assert_eq!((a.take_played(), a.take_played()), (Some(5), None));
    // From silence of ours to a prompt, and back.
    a.play(101_000, Some(Sound::Silence));
    assert_eq!(sends(&mut a, 120_000).len(), 1);
    a.play_list(125_000, pieces(&[6]), Position::default());
    assert_eq!(sends(&mut a, 140_000).first().map(|s| (s.0, s.3)), Some((140_000, 6)));
    assert_eq!(a.take_played(), None, "not heard to its end");
    a.play(141_000, None);
    assert_eq!((a.take_played(), a.due_us()), (None, None));
}

#[test]
fn a_prompt_goes_on_while_a_phone_does_not_want_to_hear_and_waits_for_terms() {
    let mut a = Leg::new(1, 7);
    a.play_list(0, pieces(&[1]), Position::default());
    assert_eq!(a.due_us(), None, "nothing was agreed");
    let mut held = terms(4000, codec("PCMA", 8));
    held.sending = false;
    a.agree(0, held);
    a.play_list(0, pieces(&[1, 2]), Position::default());
    assert_eq!(sends(&mut a, 60_000), []);
    assert_eq!((a.take_played(), a.plays_whole()), (Some(5), false), "over, and heard by nobody");
}

/// A phone holds for a while, and is played the rest to from where the prompt has come to.
#[test]
fn what_was_played_to_nobody_was_not_heard_whole() {
    for is_held in [true, false] {
        let mut a = leg(1, 4000, codec("PCMA", 8));
        a.play_list(0, pieces(&[1, 2, 3]), Position::default());
        sends(&mut a, 20_000);
        let mut terms = terms(4000, codec("PCMA", 8));
        terms.sending = !is_held;
        a.agree(20_000, terms.clone());
        sends(&mut a, 60_000);
        terms.sending = true;
        a.agree(60_000, terms.clone());
        let from = a.position().unwrap();
        a.play_list(60_000, pieces(&[1, 2, 3]), from);
        sends(&mut a, 130_000);
        // What follows is silence, and nobody misses that.
        terms.sending = false;
        a.agree(130_000, terms);
        sends(&mut a, 300_000);
        assert_eq!((a.take_played(), a.plays_whole()), (Some(5), !is_held));
    }
}

/// A relayed tone, a mix, the relayed tone again: one stream of numbers, no more than one packet's time without sound, and no
/// step that the tone does not make itself.
#[test]
fn a_mix_begins_and_ends_without_a_click_or_a_jump_of_the_numbers() {
    for (name, pt) in [("PCMA", 8), ("PCMU", 0), ("G722", 9)] {
        let sent = relayed_mixed_and_relayed(&codec(name, pt));
        assert!(sent.len() >= 98, "{name}: {}", sent.len());
        for pair in sent.windows(2) {
            assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1), "{name}");
            let step = pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp);
            assert!((1..=320).contains(&step), "{name}: {step}");
        }
        let kind = Kind::of(name);
        let rate = kind.rate().unwrap();
        let mut decoder = Decoder::new(kind, rate).unwrap();
        let (mut heard, mut part) = (Vec::new(), Vec::new());
        for (_, payload) in &sent {
            decoder.decode(payload, &mut part).unwrap();
            heard.extend_from_slice(&part);
        }
        // Behind the first packet: a decoder that begins overshoots.
        let behind = &heard[rate as usize / 50..];
        let steepest =
            behind.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().unwrap();
        // The tone's own is 3830 at 8 kHz, and half of that at 16 kHz.
        let most = 4_700 * 8_000 / rate as i32;
        assert!(steepest < most, "{name}: {steepest}");
        let blocks = heard.chunks_exact(rate as usize / 50);
        let silent = blocks.filter(|block| block.iter().all(|sample| sample.abs() < 500)).count();
        assert!(silent <= 2, "{name}: {silent}: one at each seam");
    }
}

/// The same in Opus, whose decoder rounds off what steps there are: what can be told of it is the level, of each ten
/// milliseconds. It is made by two encoders, of the phone and of the mix, so that each seam is one change of them.
#[test]
fn a_mix_begins_and_ends_in_opus_without_a_hole_or_a_bang() {
    let opus = Codec { clock: 48_000, ..codec("opus", 107) };
    let sent = relayed_mixed_and_relayed(&opus);
    assert!(sent.len() >= 98, "{}", sent.len());
    for pair in sent.windows(2) {
        assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
        let step = pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp);
        assert!((1..=1_920).contains(&step), "{step}");
    }
    let rate = Kind::Opus.rate().unwrap();
    let mut decoder = Decoder::new(Kind::Opus, rate).unwrap();
    let (mut heard, mut part) = (Vec::new(), Vec::new());
    for (_, payload) in &sent {
        decoder.decode(payload, &mut part).unwrap();
        heard.extend_from_slice(&part);
    }
    // Behind the first packets, in which the decoder begins.
    let blocks = heard.chunks_exact(rate as usize / 100).skip(10);
    let levels: Vec<f32> = blocks.map(|block| crate::tone::goertzel_db(block, 300, rate)).collect();
    // How many blocks in a row are weaker than the tone by so much, at each seam.
    let runs = |by: f32| -> Vec<usize> {
        let weak = levels.split(|level| *level > TONE_DB - by);
        weak.map(<[f32]>::len).filter(|count| *count > 0).collect()
    };
    // A packet's time without sound at most, and ten milliseconds more in which the decoder comes to the other encoder.
    assert!(runs(20.0).iter().all(|count| *count <= 2), "{levels:?}");
    assert!(runs(6.0).len() == 2 && runs(6.0).iter().all(|count| *count <= 3), "{levels:?}");
    let loudest = levels.iter().copied().fold(f32::MIN, f32::max);
    let peak = heard.iter().map(|sample| f32::from(sample.unsigned_abs()) / 32_767.0).fold(0.0, f32::max);
    assert!(loudest < TONE_DB + 1.0 && 20.0 * peak.log10() < TONE_DB + 2.0, "{loudest} dB, {peak}");
}

/// The level of the tone at seams, decibels.
const TONE_DB: f32 = -6.0;

/// What a leg is sent of a tone that is relayed to it, then mixed for it, then relayed.
fn relayed_mixed_and_relayed(codec: &Codec) -> Vec<(Header, Vec<u8>)> {
    let (mut a, mut b) = (leg(1, 4000, codec.clone()), leg(2, 5000, codec.clone()));
    let mut encoder = Encoder::new(codec.kind).unwrap();
    let (mut voices, mut tone) =
        (Voices::new(), crate::tone::Tone::new(300, TONE_DB as i16 * 10, encoder.rate()));
    voices.open(1, codec);
    let (mut out, mut sent) = ([0; 1600], Vec::new());
    for n in 0..100u16 {
        let now = u64::from(n) * 20_000 + 7_000;
        if n == 30 {
            assert!(b.mix(now, &[Part { voice: 1, gain_ddb: 0 }]) && b.hears_mix());
        } else if n == 70 {
            assert!(b.play(now, None));
        }
        let (mut samples, mut bytes) = (vec![0; encoder.rate() as usize / 50], [0; 1500]);
        tone.fill(&mut samples);
        let length = encoder.encode(&samples, &mut bytes).unwrap();
        let (payload_type, timestamp) = (codec.receive_pt, u32::from(n) * codec.clock / 50);
        let header = Header { marker: false, payload_type, sequence: n, timestamp, ssrc: 5 };
        let datagram = [&header.bytes()[..], &bytes[..length]].concat();
        let media = a.receive(now, at("192.0.2.7:4000"), &datagram).media.unwrap();
        let payload = &datagram[media.payload.clone()];
        let mut note = |out: &[u8], length: usize| {
            let packet = rtp::parse(&out[..length]).unwrap();
            sent.push((packet.header, packet.payload.to_vec()));
        };
        if b.hears_mix() {
            voices.take(1, now, &media.header, payload);
        } else if let Some((length, _)) = b.forward(now, &media, payload, Crossing::Same, &mut out) {
            note(&out, length);
        }
        while b.due_us().is_some_and(|due_us| due_us <= now + 13_000) {
            let Some((length, _)) = b.pace(now + 13_000, &mut voices, &mut out) else { break };
            note(&out, length);
        }
    }
    sent
}

/// Who hears a mix, or its last packet, or a tone, and agrees to another codec: nothing is sent in the codec before, and what was
/// heard last is not read as if it were of the new one.
#[test]
fn no_packet_of_the_codec_before_is_sent_after_another_was_agreed() {
    let g722 = || Codec { kind: Kind::G722, ..codec("G722", 9) };
    let (mut voices, mut out) = (Voices::new(), [0; 1600]);
    for what in ["a mix", "a mix that ends", "a mix that ended before", "a tone"] {
        let mut b = leg(2, 5000, g722());
        match what {
            "a tone" => assert!(b.play(0, Some(Sound::Tone { hz: 400, ddb: -30 }))),
            _ => assert!(b.mix(0, &[Part { voice: 1, gain_ddb: 0 }])),
        }
        assert!(b.pace(20_000, &mut voices, &mut out).is_some());
        if what == "a mix that ended before" {
            b.play(21_000, None);
        }
        b.agree(22_000, terms(5000, codec("PCMA", 8)));
        if what == "a mix that ends" {
            b.play(22_000, None);
        }
        assert_eq!(b.due_us(), None, "{what}");
        assert_eq!(b.pace(40_000, &mut voices, &mut out), None, "{what}");
        assert!(b.mix(41_000, &[Part { voice: 1, gain_ddb: 0 }]));
        let (length, _) = b.pace(60_000, &mut voices, &mut out).unwrap();
        let packet = rtp::parse(&out[..length]).unwrap();
        let samples = packet.payload.iter().map(|byte| crate::g711::A_TO_LINEAR[usize::from(*byte)]);
        assert_eq!((packet.header.payload_type, packet.payload.len()), (8, 160), "{what}");
        assert!(samples.map(i16::unsigned_abs).all(|sample| sample < 16), "{what}: nobody says anything");
    }
}

/// From the command on the next beat of twenty milliseconds is of the mix.
#[test]
fn a_mix_is_heard_with_the_next_packet() {
    for now_us in (0..20_000).step_by(1_300) {
        let (mut b, mut out) = (leg(2, 5000, codec("PCMA", 8)), [0; 1600]);
        assert!(b.mix(now_us, &[Part { voice: 1, gain_ddb: 0 }]));
        let due_us = b.due_us().unwrap();
        assert!((now_us..=now_us + 20_000).contains(&due_us), "{now_us}: {due_us}");
        assert!(b.pace(due_us, &mut Voices::new(), &mut out).is_some());
    }
}

/// While a phone holds, the mix goes on, but its packets are not made; what is relayed after it does not rise as if it had been heard.
#[test]
fn a_mix_for_a_phone_that_holds_goes_on_and_is_not_encoded() {
    let mut held = terms(5000, codec("PCMA", 8));
    held.sending = false;
    let (mut b, mut voices, mut out) = (leg(2, 5000, codec("PCMA", 8)), Voices::new(), [0; 1600]);
    b.agree(0, held);
    assert!(b.mix(0, &[Part { voice: 1, gain_ddb: 0 }]));
    for now_us in (0..1_000_000).step_by(20_000) {
        assert_eq!(b.due_us(), Some(now_us));
        assert_eq!(b.pace(now_us, &mut voices, &mut out), None);
    }
    assert!(out.iter().all(|byte| *byte == 0), "nothing was made");
    b.play(990_000, None);
    assert_eq!(b.pace(1_000_000, &mut voices, &mut out), None);
    b.agree(1_001_000, terms(5000, codec("PCMA", 8)));
    let mut a = leg(1, 4000, codec("PCMA", 8));
    let datagram = packet(8, 7, &[0x2A; 160]);
    let media = a.receive(1_010_000, at("192.0.2.7:4000"), &datagram).media.unwrap();
    let payload = &datagram[media.payload.clone()];
    let (length, _) = b.forward(1_010_000, &media, payload, Crossing::Same, &mut out).unwrap();
    assert_eq!(out[rtp::HEADER_BYTES..length], [0x2A; 160]);
}
