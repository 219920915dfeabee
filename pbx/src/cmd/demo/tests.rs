#![allow(clippy::unwrap_used, clippy::panic)]
//! The real exchange with real phones, briefly.

use super::*;
use crate::cli::{Cli, Command, PhoneArgs};
use crate::cmd::phone;
use crate::softphone::{Softphone, SoftphoneConfig, Sound};
use clap::Parser;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::script::{Course, Digits, Hold, PlannedCall};
use switchroom_phone::{HoldForm, PhoneCommand, PhoneEvent, PhoneSettings};

const TIME: Duration = Duration::from_secs(20);
const RING: Duration = Duration::from_secs(1);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn site(phones: usize) -> (Site, Daemon) {
    let Ok(site) = Site::make(phones, 7, RING, 0) else { panic!("no site") };
    let daemon = daemon::start(&site.loaded).unwrap();
    (site, daemon)
}

fn phone_args(words: &str) -> PhoneArgs {
    let cli = Cli::try_parse_from(format!("switchroom phone {words}").split(' ')).unwrap();
    let Command::Phone(args) = cli.command else { panic!("{words}") };
    args
}

/// Every kind of call at once, and the books agree.
#[test]
fn a_short_plan_and_its_books() {
    let (site, daemon) = site(10);
    let talk = |caller_ends, hold, digits| Course::Talk {
        answer_after: ms(100),
        talk: ms(2_500),
        hold,
        digits,
        caller_ends,
    };
    let hold = Hold { at: ms(800), span: ms(400), form: HoldForm::SendOnly };
    let digits = Digits { at: ms(200), digits: "42".into(), by: DigitsBy::Rtp };
    let courses = [
        talk(true, Some(hold), None),
        talk(false, None, Some(digits)),
        Course::NoAnswer,
        Course::Busy,
        Course::Cancel { after: ms(500) },
    ];
    let call = |(place, course): (usize, Course)| PlannedCall {
        number: u32::try_from(place).unwrap() + 1,
        at: ms(100),
        from: place,
        to: 9 - place,
        course,
    };
    let plan = Plan { phones: 10, calls: courses.into_iter().enumerate().map(call).collect() };
    let Ok(mut cast) = Cast::start(&site, &plan, Duration::ZERO) else { panic!("no cast") };
    // A guest calls too, which is in no plan and in no books.
    let args = phone_args(&format!("--server {} --user 2001 --seconds 1 call *43", site.sip));
    let Ok(config) = phone::config(&args, &site.guest.password) else { panic!("no config") };
    let guest = std::thread::spawn(move || {
        matches!(phone::converse(&args, config, Arc::default(), &mut Vec::new()), Ok(OK))
    });
    while cast.calls.values().filter(|c| c.caller.is_some() && c.called.is_some()).count() < 5 {
        assert!(cast.passed() < TIME, "{:?}", cast.calls);
        std::thread::sleep(STEP);
        cast.step();
    }
    assert!(guest.join().unwrap());
    let lines: Vec<String> = (1..=5).filter_map(|n| cast.line(n, &plan)).collect();
    let Ok(books) = Books::read(daemon.socket(), &cast) else { panic!("no books") };
    let mut text = Vec::new();
    let agree = books.print(&mut text).unwrap();
    assert!(agree, "{lines:?}\n{}", String::from_utf8_lossy(&text));
    let text = String::from_utf8(text).unwrap();
    for row in [
        "answered             2",
        "busy                 1",
        "cancelled            1",
        "no_answer            1",
    ] {
        assert!(text.contains(row), "{text}");
    }
    assert!(text.contains("2 of 2 talks of a second or more heard on both sides"), "{lines:?} {text}");
    cast.stop();
    daemon.stop();
}

/// The command for people, against the test number that says back what it hears, and with a wrong password.
#[test]
fn the_phone_command_tells_what_happens() {
    let (site, daemon) = site(2);
    for tcp in ["", " --tcp"] {
        let args = phone_args(&format!(
            "--server {} --user 101{tcp} --play tone:700 --digits 5 --seconds 2 call *43",
            site.sip
        ));
        let Ok(mut config) = phone::config(&args, &site.bots[0].password) else { panic!("no config") };
        config.phone.domain = site.domain.into();
        let mut out = Vec::new();
        let code = phone::converse(&args, config, Arc::default(), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(matches!(code, Ok(OK)), "{code:?} {text}");
        for line in [
            "registered 101 at ",
            "calling    *43",
            "answered   PCMA with ",
            "pressed    5 by RTP",
            "ended      by us",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(text.contains("tone of 700 Hz"), "it hears itself: {text}");
    }
    let args = phone_args(&format!("--server {} --user 101 call 102", site.sip));
    let Ok(config) = phone::config(&args, "wrong") else { panic!("no config") };
    let refused = phone::converse(&args, config, Arc::default(), &mut Vec::new());
    let Err(Failure::Told { what, code, .. }) = refused else { panic!("{refused:?}") };
    assert!(what.contains("refuses to register 101: 401 Unauthorized") || what.contains("403"), "{what}");
    assert_eq!(code, PROBLEMS);
    // Registered, but nobody is there: not answered, so 1.
    let args = phone_args(&format!("--server {} --user 101 call 102", site.sip));
    let Ok(config) = phone::config(&args, &site.bots[0].password) else { panic!("no config") };
    let mut out = Vec::new();
    let code = phone::converse(&args, config, Arc::default(), &mut out);
    assert!(matches!(code, Ok(PROBLEMS)), "{code:?} {}", String::from_utf8_lossy(&out));
    daemon.stop();
}

/// Both laws meet: the exchange translates, digits and hold pass through it.
#[test]
fn hold_and_digits_pass_through_the_exchange() {
    let (site, daemon) = site(4);
    let start = |place: usize| {
        let bot = &site.bots[place];
        let mut settings = PhoneSettings::new(&bot.number, &bot.password, site.domain);
        settings.codecs.clone_from(&bot.codecs);
        settings.answering = switchroom_phone::Answering::After(Duration::ZERO);
        let mut config = SoftphoneConfig::new(settings, site.sip);
        (config.transport, config.sound) = (bot.transport, Sound::Tone { hz: bot.hz });
        let phone = Softphone::start(config).unwrap();
        phone.command(PhoneCommand::Register).unwrap();
        phone.wait_for(|e| matches!(e, PhoneEvent::Registered { .. }), TIME).unwrap();
        phone
    };
    // One speaks PCMA only, over TCP, the other PCMU only, over UDP.
    let (a, b) = (start(2), start(3));
    let (hz_a, hz_b) = (site.bots[2].hz, site.bots[3].hz);
    a.command(PhoneCommand::Call("104".into())).unwrap();
    a.wait_for(|e| matches!(e, PhoneEvent::Up(_)), TIME).unwrap();
    b.wait_for(|e| matches!(e, PhoneEvent::Up(_)), TIME).unwrap();
    assert!(a.wait_to_hear(hz_b, -20.0, TIME) && b.wait_to_hear(hz_a, -20.0, TIME));
    for by in [DigitsBy::Rtp, DigitsBy::Info] {
        a.command(PhoneCommand::Digits("7".into(), by)).unwrap();
        // However it was sent: the other side is told it once.
        let told = b.wait_for(|e| matches!(e, PhoneEvent::Digit { .. }), TIME).unwrap();
        assert!(matches!(told, PhoneEvent::Digit { digit: '7', .. }), "{by:?} {told:?}");
    }
    for form in [HoldForm::SendOnly, HoldForm::Inactive, HoldForm::NullAddress] {
        a.command(PhoneCommand::Hold(form)).unwrap();
        let held = a.wait_for(|e| matches!(e, PhoneEvent::MediaChanged(_)), TIME).unwrap();
        assert!(
            matches!(&held, PhoneEvent::MediaChanged(plan) if !plan.direction.receives()),
            "{form:?} {held:?}"
        );
        a.command(PhoneCommand::Resume).unwrap();
        a.wait_for(|e| matches!(e, PhoneEvent::MediaChanged(p) if p.direction.receives()), TIME).unwrap();
        a.forget_heard();
        b.forget_heard();
        assert!(a.wait_to_hear(hz_b, -20.0, TIME) && b.wait_to_hear(hz_a, -20.0, TIME), "{form:?}");
    }
    b.command(PhoneCommand::HangUp).unwrap();
    a.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), TIME).unwrap();
    a.stop().unwrap();
    b.stop().unwrap();
    daemon.stop();
}
