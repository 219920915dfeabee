//! The project's own softphones, ready to use: registered, answering, each with its tone.

use std::time::Duration;
use switchroom::softphone::{Softphone, SoftphoneConfig, Sound};
use switchroom_phone::{Answering, PhoneCommand, PhoneEvent, PhoneSettings};
use switchroom_tests::daemon::{DOMAIN, Daemon, password};

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
