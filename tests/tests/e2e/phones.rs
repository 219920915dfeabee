//! Phones, ready to use: registered, answering, each with its tone. The project's own softphones, and real ones.

use crate::setup;
use std::time::Duration;
use switchroom::softphone::{Softphone, SoftphoneConfig, Sound};
use switchroom_phone::{Answering, PhoneCommand, PhoneEvent, PhoneSettings};
use switchroom_tests::baresip::Baresip;
use switchroom_tests::daemon::{DOMAIN, Daemon, password};
use switchroom_tests::process::eventually;
use switchroom_wire::CallView;

/// For what surely comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A registered phone that says a tone and answers at once.
pub(crate) fn phone(daemon: &Daemon, number: &str, hz: u16) -> Softphone {
    let mut settings = PhoneSettings::new(number, &password(number), DOMAIN);
    settings.answering = Answering::After(Duration::ZERO);
    settings.expires = Duration::from_secs(3600);
    let mut config = SoftphoneConfig::new(settings, daemon.sip);
    config.sound = Sound::Tone { hz };
    config.seed = u64::from(hz);
    let phone = Softphone::start(config).unwrap();
    phone.command(PhoneCommand::Register).unwrap();
    phone.wait_for(|e| matches!(e, PhoneEvent::Registered { .. }), PATIENCE).unwrap();
    phone
}

/// A daemon that records, and real phones at 101, 102 and 103 with these tones; the first talks with the second.
pub(crate) fn three_in_a_call(hz: [f64; 3]) -> (Daemon, [Baresip; 3], CallView) {
    three_in_a_call_with("", hz)
}

/// The same with more in the daemon's configuration.
pub(crate) fn three_in_a_call_with(more: &str, hz: [f64; 3]) -> (Daemon, [Baresip; 3], CallView) {
    let mut setup = setup().recording().md5_only();
    setup.more = more.to_owned();
    let daemon = Daemon::start(setup);
    let [mut caller, mut called, third] =
        [("101", hz[0]), ("102", hz[1]), ("103", hz[2])].map(|(at, hz)| Baresip::at(&daemon, at, hz));
    caller.command("dial", "102");
    called.wait_for("CALL_ESTABLISHED");
    let call = eventually("the call", || daemon.calls().into_iter().next());
    (daemon, [caller, called, third], call)
}

/// Calls and waits until both sides are up.
pub(crate) fn connect(caller: &Softphone, callee: &Softphone, number: &str) {
    caller.command(PhoneCommand::Call(number.to_owned())).unwrap();
    caller.wait_for(|e| matches!(e, PhoneEvent::Up(_)), PATIENCE).unwrap();
    callee.wait_for(|e| matches!(e, PhoneEvent::Up(_)), PATIENCE).unwrap();
}

/// Hangs up, or finds that there is nothing to hang up, and waits until both sides are idle.
pub(crate) fn hang_up(phones: [&Softphone; 2]) {
    for phone in phones {
        if phone.command(PhoneCommand::HangUp).is_ok() {
            let _ = phone.wait_for(|e| matches!(e, PhoneEvent::Ended { .. }), PATIENCE);
        }
    }
}
