#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Real phones over loopback; between them, in place of an exchange, what only passes messages on.

use super::*;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::{Answering, Codec, HoldForm};

const TIME: Duration = Duration::from_secs(20);
const LOUD: f32 = -20.0;
const QUIET: f32 = -45.0;

/// Passes what one of the first two who send says to the other, until the test is over.
fn patch_udp() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut ends, mut buffer) = (Vec::new(), [0; 65_535]);
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            if !ends.contains(&from) {
                ends.push(from);
            }
            for to in ends.iter().filter(|end| **end != from) {
                let _ = socket.send_to(&buffer[..count], to);
            }
        }
    });
    address
}

/// The same with connections.
fn patch_tcp() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (a, _) = listener.accept().unwrap();
        let (b, _) = listener.accept().unwrap();
        for (mut from, mut to) in [(a.try_clone().unwrap(), b.try_clone().unwrap()), (b, a)] {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut buffer) {
                    let _ = to.write_all(&buffer[..count]);
                }
            });
        }
    });
    address
}

fn phone(user: &str, server: SocketAddr, transport: Transport, hz: u16) -> SoftphoneConfig {
    let mut phone = PhoneSettings::new(user, "secret", "example.com");
    phone.answering = Answering::After(Duration::ZERO);
    let mut config = SoftphoneConfig::new(phone, server);
    (config.transport, config.sound) = (transport, Sound::Tone { hz });
    config
}

/// Both phones, in a call.
fn pair(transport: Transport, codec: Codec, record: Option<PathBuf>) -> (Softphone, Softphone) {
    let server = match transport {
        Transport::Udp => patch_udp(),
        Transport::Tcp => patch_tcp(),
    };
    let mut configs = [phone("101", server, transport, 600), phone("102", server, transport, 1_000)];
    for config in &mut configs {
        config.phone.codecs = vec![codec];
    }
    configs[0].record = record;
    let [a, b] = configs.map(|config| Softphone::start(config).unwrap());
    if transport == Transport::Udp {
        // What passes messages on learns of the called side by this; nobody answers it.
        b.command(PhoneCommand::Register).unwrap();
    }
    a.command(PhoneCommand::Call("102".into())).unwrap();
    a.wait_for(|e| matches!(e, PhoneEvent::Up(_)), TIME).unwrap();
    b.wait_for(|e| matches!(e, PhoneEvent::Up(_)), TIME).unwrap();
    (a, b)
}

fn is_change(event: &PhoneEvent) -> bool {
    matches!(event, PhoneEvent::MediaChanged(_))
}

#[test]
fn both_hear_each_other_over_udp_and_tcp_with_every_codec() {
    for (transport, codec) in [
        (Transport::Udp, Codec::Pcma),
        (Transport::Tcp, Codec::Pcmu),
        (Transport::Udp, Codec::G722),
        (Transport::Tcp, Codec::Opus),
    ] {
        let (a, b) = pair(transport, codec, None);
        assert!(a.wait_to_hear(1_000, LOUD, TIME), "{codec:?} {}", a.heard(1_000));
        assert!(b.wait_to_hear(600, LOUD, TIME), "{codec:?} {}", b.heard(600));
        assert!(a.heard(600) < QUIET && b.heard(1_000) < QUIET, "{} {}", a.heard(600), b.heard(1_000));
        a.stop().unwrap();
        b.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), TIME).unwrap();
        drop(b);
    }
}

#[test]
fn digits_go_both_ways_by_rtp_and_by_info() {
    let (a, b) = pair(Transport::Udp, Codec::Pcma, None);
    for (by, digits) in [(DigitsBy::Rtp, "15#"), (DigitsBy::Info, "0*d")] {
        for (from, to) in [(&a, &b), (&b, &a)] {
            from.command(PhoneCommand::Digits(digits.into(), by)).unwrap();
            for digit in digits.to_uppercase().chars() {
                let event = to.wait_for(|e| matches!(e, PhoneEvent::Digit { .. }), TIME).unwrap();
                assert_eq!(event, PhoneEvent::Digit { digit, by });
            }
        }
    }
    assert!(matches!(
        a.command(PhoneCommand::Digits("x".into(), DigitsBy::Rtp)),
        Err(SoftphoneError::Phone(PhoneError::BadNumber))
    ));
}

#[test]
fn who_is_held_is_not_heard_until_resumed() {
    let (a, b) = pair(Transport::Udp, Codec::Pcmu, None);
    assert!(a.wait_to_hear(1_000, LOUD, TIME));
    a.command(PhoneCommand::Hold(HoldForm::Inactive)).unwrap();
    a.wait_for(is_change, TIME).unwrap();
    b.wait_for(is_change, TIME).unwrap();
    let before = b.packets();
    a.forget_heard();
    b.play(&Sound::Tone { hz: 1_500 }).unwrap();
    a.command(PhoneCommand::Resume).unwrap();
    a.wait_for(is_change, TIME).unwrap();
    assert!(a.wait_to_hear(1_500, LOUD, TIME) && b.wait_to_hear(600, LOUD, TIME));
    assert!(a.heard(1_000) < QUIET, "nothing was heard of the tone before: {}", a.heard(1_000));
    assert!(b.packets().sent > before.sent);
}

#[test]
fn what_is_heard_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let (a, b) = pair(Transport::Udp, Codec::Pcma, Some(path.clone()));
    assert!(a.wait_to_hear(1_000, LOUD, TIME));
    assert_eq!(a.recording(), Some(path.as_path()));
    b.stop().unwrap();
    a.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), TIME).unwrap();
    a.stop().unwrap();
    let mut reader = hound::WavReader::open(&path).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8_000, 1));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert!(switchroom_media::tone::goertzel_db(&samples, 1_000, 8_000) > LOUD);
}

#[test]
fn what_cannot_be_opened_is_told() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = phone("101", closed, Transport::Tcp, 600);
    let error = Softphone::start(config.clone()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot reach the exchange at tcp {closed}: ")), "{error}");
    let mut config = SoftphoneConfig { transport: Transport::Udp, ..config };
    config.record = Some("/nowhere/heard.wav".into());
    let error = Softphone::start(config).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/heard.wav: cannot be written: "), "{error}");
}

#[test]
fn a_lost_connection_is_made_again_and_the_call_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = phone("101", listener.local_addr().unwrap(), Transport::Tcp, 600);
    let a = Softphone::start(config).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    a.command(PhoneCommand::Register).unwrap();
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer).unwrap();
    assert!(buffer[..count].starts_with(b"REGISTER sip:example.com SIP/2.0\r\n"));
    drop(stream);
    let lost = a.wait_for(|e| matches!(e, PhoneEvent::RegisterFailed { .. }), TIME).unwrap();
    assert!(matches!(lost, PhoneEvent::RegisterFailed { status: None, again: Some(_) }));
    let (mut stream, _) = listener.accept().unwrap();
    let count = stream.read(&mut buffer).unwrap();
    assert!(buffer[..count].starts_with(b"REGISTER "), "it registers from there");
}
