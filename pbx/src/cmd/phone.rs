//! `switchroom phone`: a phone for people and scripts, one line for each thing that happens.

use super::{Failure, OK, Outcome, PROBLEMS, terminal};
use crate::cli::{PhoneArgs, PhoneCommand as Wanted};
use crate::clock;
use crate::softphone::{Softphone, SoftphoneConfig, SoftphoneError};
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::{
    Answering, Codec, EndedBy, MediaPlan, PhoneCommand, PhoneError, PhoneEvent, PhoneSettings,
};
use switchroom_sip::flow::Transport;
use switchroom_sip::sdp::Direction;

/// Port of SIP.
const SIP_PORT: u16 = 5060;
/// How long the first registration may take: an answer to the last of its repeats comes within this.
const REGISTER_TIME: Duration = Duration::from_secs(35);
/// How often it is looked whether Ctrl-C was pressed or the time is over.
const LOOK: Duration = Duration::from_millis(100);
/// After the answer and before digits are pressed: time for the other side to listen.
const BEFORE_DIGITS: Duration = Duration::from_millis(500);

/// Does it.
pub(super) fn run(args: &PhoneArgs, out: &mut dyn Write) -> Outcome {
    let config = config(args, &password(&args.user)?)?;
    converse(args, config, interrupted(), out)
}

/// Does it with a phone of its own.
pub(super) fn converse(
    args: &PhoneArgs,
    config: SoftphoneConfig,
    interrupted: Arc<AtomicBool>,
    out: &mut dyn Write,
) -> Outcome {
    let (server, transport) = (config.server, config.transport);
    let phone = Softphone::start(config).map_err(|e| failure(&e))?;
    let mut talker =
        Talker { phone: &phone, args, out, interrupted, up_us: None, pressed: false, answered: 0 };
    let went =
        talker.register(server, transport).and_then(|ready| if ready { talker.talk() } else { Ok(()) });
    let answered = talker.answered;
    // However it went: BYE and unregister first.
    let stopped = phone.stop();
    went?;
    stopped.map_err(|e| failure(&e))?;
    Ok(if answered > 0 { OK } else { PROBLEMS })
}

/// True once Ctrl-C was pressed or the process was asked to end.
pub(super) fn interrupted() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
            let terminated = async {
                match &mut term {
                    Some(term) => drop(term.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                () = terminated => {}
            }
        });
        raised.store(true, Ordering::Relaxed);
    };
    // Without this thread Ctrl-C ends the process at once, which is what it does anyway.
    drop(std::thread::Builder::new().name("signals".into()).spawn(watch));
    flag
}

pub(super) fn config(args: &PhoneArgs, password: &str) -> Result<SoftphoneConfig, Failure> {
    let (server, host) = resolve(&args.server)?;
    let sound = args
        .play
        .parse()
        .map_err(|what: String| Failure::new(what, "--play FILE, --play tone:440 or --play silence"))?;
    let codecs = args
        .codec
        .iter()
        .map(|name| {
            Codec::from_name(name).ok_or_else(|| {
                let known: Vec<&str> = Codec::ALL.iter().map(|c| c.name()).collect();
                Failure::new(format!("unknown codec {name:?}"), format!("known: {}", known.join(", ")))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut settings = PhoneSettings::new(&args.user, password, &host);
    settings.codecs = codecs;
    if let Wanted::Answer { after, .. } = args.command {
        settings.answering = Answering::After(Duration::from_secs(after));
    }
    let mut config = SoftphoneConfig::new(settings, server);
    config.transport = if args.tcp { Transport::Tcp } else { Transport::Udp };
    config.sound = sound;
    config.record.clone_from(&args.record);
    config.seed = getrandom::u64()
        .map_err(|e| Failure::new(format!("the system gives no random number: {e}"), "try again"))?;
    Ok(config)
}

/// The password: from the environment, else from a person or standard input.
fn password(user: &str) -> Result<String, Failure> {
    if let Ok(password) = std::env::var("SWITCHROOM_PASSWORD") {
        return Ok(password);
    }
    terminal::read_secret(&format!("Password of {user}")).map_err(|e| {
        Failure::new(format!("cannot read the password: {e}"), "type it, or set SWITCHROOM_PASSWORD")
    })
}

/// The address behind HOST, HOST:PORT or `[IPV6]:PORT`, and the host as it stands in addresses of SIP.
fn resolve(server: &str) -> Result<(SocketAddr, String), Failure> {
    let fault = |why: String| {
        Failure::new(
            format!("cannot find the exchange {server:?}: {why}"),
            "--server HOST or --server HOST:PORT",
        )
    };
    if let Ok(ip) = server.parse::<std::net::IpAddr>() {
        return Ok((SocketAddr::new(ip, SIP_PORT), switchroom_sip::uri::host_of(ip)));
    }
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().map_err(|_| fault(format!("{port:?} is no port")))?)
        }
        _ => (server, SIP_PORT),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut found = (bare, port).to_socket_addrs().map_err(|e| fault(e.to_string()))?;
    let address = found.next().ok_or_else(|| fault("it has no address".into()))?;
    Ok((address, host.to_owned()))
}

fn failure(error: &SoftphoneError) -> Failure {
    let hint = match error {
        SoftphoneError::Connect { .. } => {
            "is it running? --server HOST:PORT names another, --tcp another way"
        }
        SoftphoneError::System { .. } => "are there limits on open files or threads?",
        SoftphoneError::File { .. } => "name another file",
        SoftphoneError::Phone(_) => "switchroom phone --help",
        SoftphoneError::TimedOut { .. } | SoftphoneError::Stopped => "try again",
    };
    Failure::new(error.to_string(), hint)
}

/// A phone and who reads what it does.
struct Talker<'a> {
    phone: &'a Softphone,
    args: &'a PhoneArgs,
    out: &'a mut dyn Write,
    interrupted: Arc<AtomicBool>,
    /// When the call was answered.
    up_us: Option<u64>,
    pressed: bool,
    answered: u32,
}

impl Talker<'_> {
    fn say(&mut self, word: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "{word:<10} {text}")?;
        self.out.flush()
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Registers; false if Ctrl-C came first.
    fn register(&mut self, server: SocketAddr, transport: Transport) -> Result<bool, Failure> {
        self.phone.command(PhoneCommand::Register).map_err(|e| failure(&e))?;
        let place = format!("{} {server}", transport.name());
        let until_us = clock::mono_us() + u64::try_from(REGISTER_TIME.as_micros()).unwrap_or(0);
        while !self.is_interrupted() {
            match self.phone.next_event(LOOK) {
                Some(PhoneEvent::Registered { expires }) => {
                    let text = format!("{} at {place} for {} s", self.args.user, expires.as_secs());
                    self.say("registered", &text)?;
                    return Ok(true);
                }
                Some(PhoneEvent::RegisterFailed { status: Some(status), again: None }) => {
                    return Err(Failure::new(
                        format!("{place} refuses to register {}: {status}", self.args.user),
                        "are extension and password right?",
                    ));
                }
                Some(PhoneEvent::RegisterFailed { status, again: Some(again) }) => {
                    let why = status.map_or("no answer".into(), |s| s.to_string());
                    self.say("waiting", &format!("{why}; again in {:.1} s", again.as_secs_f32()))?;
                }
                Some(_) | None => {}
            }
            if clock::mono_us() >= until_us {
                return Err(Failure::new(
                    format!(
                        "{place} did not register {} within {} s",
                        self.args.user,
                        REGISTER_TIME.as_secs()
                    ),
                    "is it running, and does a firewall let UDP and TCP through?",
                ));
            }
        }
        Ok(false)
    }

    /// Calls, or waits for calls, until there is nothing more to do.
    fn talk(&mut self) -> Result<(), Failure> {
        let calls = match &self.args.command {
            Wanted::Call { number } => {
                self.phone.command(PhoneCommand::Call(number.clone())).map_err(|e| failure(&e))?;
                self.say("calling", number)?;
                Some(1)
            }
            Wanted::Answer { calls, .. } => {
                self.say("waiting", "for calls; Ctrl-C ends")?;
                *calls
            }
        };
        let is_caller = matches!(self.args.command, Wanted::Call { .. });
        while !self.is_interrupted() {
            let event = self.phone.next_event(LOOK);
            self.on_time()?;
            let Some(event) = event else { continue };
            let is_end = matches!(event, PhoneEvent::Ended { .. });
            self.tell(event)?;
            if is_end && (is_caller || calls.is_some_and(|calls| self.answered >= calls)) {
                return Ok(());
            }
        }
        Ok(self.say("leaving", "Ctrl-C: hanging up and unregistering")?)
    }

    /// Presses digits and hangs up when it is time.
    fn on_time(&mut self) -> Result<(), Failure> {
        let Some(up_us) = self.up_us else { return Ok(()) };
        let talked = Duration::from_micros(clock::mono_us().saturating_sub(up_us));
        if talked >= BEFORE_DIGITS && !self.pressed {
            self.pressed = true;
            if let Some(digits) = &self.args.digits {
                let by = self.press(digits)?;
                self.say("pressed", &format!("{digits} by {by}"))?;
            }
        }
        if self.args.seconds.is_some_and(|seconds| talked >= Duration::from_secs(seconds)) {
            self.up_us = None;
            match self.phone.command(PhoneCommand::HangUp) {
                // It ended in the same moment: the event of that is on its way.
                Ok(()) | Err(SoftphoneError::Phone(PhoneError::NoCall)) => {}
                Err(error) => return Err(failure(&error)),
            }
        }
        Ok(())
    }

    /// Presses digits by RTP, or by INFO if the other side takes none by RTP; says how.
    fn press(&self, digits: &str) -> Result<&'static str, Failure> {
        let command = |by| self.phone.command(PhoneCommand::Digits(digits.to_owned(), by));
        match command(DigitsBy::Rtp) {
            Ok(()) => Ok("RTP"),
            Err(SoftphoneError::Phone(PhoneError::NotNow)) => {
                command(DigitsBy::Info).map(|()| "INFO").map_err(|e| failure(&e))
            }
            Err(error) => Err(failure(&error)),
        }
    }

    fn tell(&mut self, event: PhoneEvent) -> io::Result<()> {
        match event {
            PhoneEvent::Incoming { from, name } if name.is_empty() => self.say("incoming", &from),
            PhoneEvent::Incoming { from, name } => self.say("incoming", &format!("{from} ({name})")),
            PhoneEvent::Ringing => self.say("ringing", ""),
            PhoneEvent::EarlyMedia(plan) => self.say("early", &sound(&plan)),
            PhoneEvent::Up(plan) => {
                self.answered += 1;
                (self.up_us, self.pressed) = (Some(clock::mono_us()), false);
                self.say("answered", &sound(&plan))
            }
            PhoneEvent::MediaChanged(plan) => self.say("changed", &sound(&plan)),
            PhoneEvent::ChangeRefused(status) => self.say("refused", &status.to_string()),
            PhoneEvent::Digit { digit, by: DigitsBy::Rtp } => self.say("digit", &format!("{digit} by RTP")),
            PhoneEvent::Digit { digit, by: DigitsBy::Info } => self.say("digit", &format!("{digit} by INFO")),
            PhoneEvent::Registered { .. } => Ok(()),
            PhoneEvent::RegisterFailed { status, .. } => {
                let why = status.map_or("no answer".into(), |s| s.to_string());
                self.say("lost", &format!("the registration is not renewed: {why}"))
            }
            PhoneEvent::Unregistered => Ok(()),
            // There is no key for a second call.
            PhoneEvent::Second(_) => Ok(()),
            PhoneEvent::Ended { by, status, reason } => {
                self.up_us = None;
                let mut text = match by {
                    EndedBy::Us => "by us".to_owned(),
                    EndedBy::Peer => "by the other side".to_owned(),
                    EndedBy::Network => "by the network".to_owned(),
                };
                for more in [status.map(|s| s.to_string()), reason].into_iter().flatten() {
                    text.push_str(", ");
                    // The reason is the network's text.
                    text.push_str(&switchroom_wire::clean(&more));
                }
                self.say("ended", &text)?;
                self.heard()
            }
        }
    }

    fn heard(&mut self) -> io::Result<()> {
        let packets = self.phone.packets();
        let tone = match self.phone.loudest() {
            Some((hz, level)) => format!("tone of {hz} Hz at {level:.0} dB at the end"),
            None => "no tone at the end".into(),
        };
        self.say("sound", &format!("{} packets sent, {} received; {tone}", packets.sent, packets.received))
    }
}

/// What was agreed, in words.
fn sound(plan: &MediaPlan) -> String {
    let place = plan.remote.map_or("nowhere".into(), |remote| remote.to_string());
    let digits = if plan.digits_send_pt.is_some() { "digits by RTP" } else { "no digits by RTP" };
    let way = match plan.direction {
        Direction::SendRecv => "both ways",
        Direction::SendOnly => "we hold, or they only listen",
        Direction::RecvOnly => "we are held and may listen",
        Direction::Inactive => "on hold",
    };
    format!("{} with {place}, {way}, {digits}", plan.codec.name())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_exchange_is_named_in_the_usual_ways() {
        for (text, address, host) in [
            ("127.0.0.1", "127.0.0.1:5060", "127.0.0.1"),
            ("127.0.0.1:5070", "127.0.0.1:5070", "127.0.0.1"),
            ("::1", "[::1]:5060", "[::1]"),
            ("[::1]", "[::1]:5060", "[::1]"),
            ("[::1]:5070", "[::1]:5070", "[::1]"),
        ] {
            let (got, name) = resolve(text).unwrap();
            assert_eq!((got.to_string().as_str(), name.as_str()), (address, host), "{text}");
        }
        for text in ["127.0.0.1:x", "127.0.0.1:70000", ""] {
            assert!(resolve(text).is_err(), "{text}");
        }
    }
}
