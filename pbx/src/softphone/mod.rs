//! A softphone with sockets: what `switchroom phone`, the demo and the tests talk with.
//!
//! One thread a phone, which waits for its sockets, its deadlines and its orders at once (`worker`). SIP goes over
//! one UDP socket or TCP connection (`line`), sound over a pair of UDP ports (`stream`), from a tone or a file
//! (`sound`) to an ear that keeps the last seconds and writes what it hears (`ear`). Phones are few: tens, not
//! thousands.

mod ear;
mod line;
mod sound;
mod stream;
#[cfg(test)]
mod tests;
mod worker;

pub use sound::Sound;

use ear::Ear;
use line::Line;
use rustix::event::{EventfdFlags, eventfd};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use switchroom_phone::{Phone, PhoneCommand, PhoneError, PhoneEvent, PhoneSettings};
use switchroom_sip::flow::Transport;
use worker::Worker;

/// Events that wait to be fetched; the oldest is forgotten when there are more.
const EVENTS_MAX: usize = 4_096;
/// Orders that wait for the phone's thread.
const ORDERS_MAX: usize = 64;
/// How long an order may take: the thread never waits for anything that long.
const ORDER_TIME: Duration = Duration::from_secs(10);
/// How long [`Softphone::stop`] waits for the answers to BYE and REGISTER.
const GOODBYE: Duration = Duration::from_secs(4);

/// A phone to be started.
#[derive(Debug, Clone)]
pub struct SoftphoneConfig {
    /// Who it is and how it behaves.
    pub phone: PhoneSettings,
    /// Its exchange.
    pub server: SocketAddr,
    /// How it reaches it.
    pub transport: Transport,
    /// Its own address; `None`: the one that the system uses to reach the exchange.
    pub local: Option<IpAddr>,
    /// What the other side hears.
    pub sound: Sound,
    /// A WAV file for what it hears, all calls one after the other: 8000 samples a second, 16 bits, mono.
    pub record: Option<PathBuf>,
    /// Seed of tags, waits and stream identities.
    pub seed: u64,
}

impl SoftphoneConfig {
    /// A phone that sends a tone of 440 Hz over UDP and records nothing.
    pub fn new(phone: PhoneSettings, server: SocketAddr) -> Self {
        Self {
            phone,
            server,
            transport: Transport::Udp,
            local: None,
            sound: Sound::Tone { hz: 440 },
            record: None,
            seed: 0,
        }
    }
}

/// Why a softphone could not be started, or did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum SoftphoneError {
    /// The exchange cannot be reached.
    #[error("cannot reach the exchange at {} {server}: {error}", .transport.name())]
    Connect {
        /// Where.
        server: SocketAddr,
        /// How.
        transport: Transport,
        /// Why.
        error: io::Error,
    },
    /// The system refuses a socket, a thread or an eventfd.
    #[error("the system refuses {what}: {error}")]
    System {
        /// What.
        what: &'static str,
        /// Why.
        error: io::Error,
    },
    /// A WAV file cannot be read or written.
    #[error("{}: {what}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The phone did not do it.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// What was waited for did not happen.
    #[error("nothing like that happened within {waited:?}; what happened instead: {instead:?}")]
    TimedOut {
        /// How long.
        waited: Duration,
        /// The events of that time.
        instead: Vec<PhoneEvent>,
    },
    /// The phone's thread has ended.
    #[error("the phone has stopped")]
    Stopped,
}

/// What is asked of the phone's thread.
enum Order {
    Command(PhoneCommand, SyncSender<Result<(), PhoneError>>),
    Play(Box<sound::Player>),
    Stop,
    Vanish,
}

/// How many packets of sound went each way since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Packets {
    /// To the exchange.
    pub sent: u64,
    /// From the exchange, as agreed.
    pub received: u64,
    /// From elsewhere, or when none were agreed; dropped.
    pub foreign: u64,
}

/// What the thread and its owner share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<PhoneEvent>,
    ear: Ear,
    packets: Packets,
    has_ended: bool,
    /// Why the recording is not complete.
    problem: Option<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: PhoneEvent) {
        let mut state = self.lock();
        if state.events.len() >= EVENTS_MAX {
            state.events.pop_front();
        }
        state.events.push_back(event);
        self.changed.notify_all();
    }
}

/// A running softphone. Dropped without [`Softphone::stop`] it vanishes as a phone does whose cable is pulled.
#[derive(Debug)]
pub struct Softphone {
    orders: SyncSender<Order>,
    wake: Arc<OwnedFd>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    record: Option<PathBuf>,
}

impl Softphone {
    /// Opens its sockets and files and starts its thread. It does nothing until it is told to: not even register.
    ///
    /// # Errors
    /// [`SoftphoneError`] says what could not be opened.
    pub fn start(config: SoftphoneConfig) -> Result<Self, SoftphoneError> {
        let system = |what| move |error: io::Error| SoftphoneError::System { what, error };
        let line = Line::open(config.transport, config.server, config.local).map_err(|error| {
            SoftphoneError::Connect { server: config.server, transport: config.transport, error }
        })?;
        let flow = line.flow();
        let ports = stream::Ports::open(flow.local.ip()).map_err(system("a pair of UDP ports"))?;
        let player = sound::Player::open(&config.sound)?;
        let recorder = config.record.as_deref().map(ear::Recorder::create).transpose()?;
        let wake = Arc::new(
            eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
                .map_err(|e| system("an eventfd")(e.into()))?,
        );
        let shared = Arc::new(Shared::default());
        let (orders, inbox) = sync_channel(ORDERS_MAX);
        let name = format!("phone-{}", config.phone.user);
        let phone = Phone::new(config.phone, flow, ports.rtp, config.seed);
        let worker = Worker::new(phone, line, ports, player, recorder, config.seed, shared.clone());
        let thread = spawn(name, worker, inbox, wake.clone(), shared.clone()).map_err(system("a thread"))?;
        Ok(Self { orders, wake, shared, thread: Some(thread), record: config.record })
    }

    /// Tells the phone to do something.
    ///
    /// # Errors
    /// [`SoftphoneError::Phone`] if it did not, [`SoftphoneError::Stopped`] if it is no more.
    pub fn command(&self, command: PhoneCommand) -> Result<(), SoftphoneError> {
        let (answer, answered) = sync_channel(1);
        self.order(Order::Command(command, answer))?;
        match answered.recv_timeout(ORDER_TIME) {
            Ok(done) => Ok(done?),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(SoftphoneError::Stopped),
        }
    }

    /// Lets the other side hear something else from now on.
    ///
    /// # Errors
    /// [`SoftphoneError::File`] if it cannot be read, [`SoftphoneError::Stopped`] if the phone is no more.
    pub fn play(&self, sound: &Sound) -> Result<(), SoftphoneError> {
        self.order(Order::Play(Box::new(sound::Player::open(sound)?)))
    }

    fn order(&self, order: Order) -> Result<(), SoftphoneError> {
        self.orders.send(order).map_err(|_| SoftphoneError::Stopped)?;
        // A full counter wakes as well as a fresh one.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        Ok(())
    }

    /// The next event, if there is one.
    pub fn poll_event(&self) -> Option<PhoneEvent> {
        self.shared.lock().events.pop_front()
    }

    /// Waits for the next event; `None` if none came in time or the phone is no more.
    pub fn next_event(&self, timeout: Duration) -> Option<PhoneEvent> {
        let mut state = self.shared.lock();
        let mut rest = Rest::of(timeout);
        loop {
            if let Some(event) = state.events.pop_front() {
                return Some(event);
            }
            let left = rest.left().filter(|_| !state.has_ended)?;
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for an event that is wanted; those before it are dropped.
    ///
    /// # Errors
    /// [`SoftphoneError::TimedOut`] with the events that came instead, [`SoftphoneError::Stopped`] if the phone ended.
    pub fn wait_for(
        &self,
        mut wanted: impl FnMut(&PhoneEvent) -> bool,
        timeout: Duration,
    ) -> Result<PhoneEvent, SoftphoneError> {
        let mut rest = Rest::of(timeout);
        let mut instead = Vec::new();
        while let Some(event) = rest.left().and_then(|left| self.next_event(left)) {
            if wanted(&event) {
                return Ok(event);
            }
            instead.push(event);
        }
        if self.shared.lock().has_ended {
            return Err(SoftphoneError::Stopped);
        }
        Err(SoftphoneError::TimedOut { waited: timeout, instead })
    }

    /// How loud a tone was heard in the last seconds of the call, at its loudest, in decibels below full scale; −200
    /// if nothing was heard.
    pub fn heard(&self, hz: u16) -> f32 {
        self.shared.lock().ear.level(hz)
    }

    /// The loudest tone of the last half second that was heard: its frequency in Hz and its level in decibels below
    /// full scale; `None` if there was none.
    pub fn loudest(&self) -> Option<(u16, f32)> {
        self.shared.lock().ear.loudest()
    }

    /// Waits until a tone is heard at least that loud; true if it was.
    pub fn wait_to_hear(&self, hz: u16, least_db: f32, timeout: Duration) -> bool {
        let mut rest = Rest::of(timeout);
        loop {
            if self.heard(hz) >= least_db {
                return true;
            }
            match rest.left() {
                Some(left) => std::thread::sleep(left.min(Duration::from_millis(50))),
                None => return false,
            }
        }
    }

    /// Forgets what was heard, to find out what is heard from now on.
    pub fn forget_heard(&self) {
        self.shared.lock().ear.clear();
    }

    /// Packets of sound since the start.
    pub fn packets(&self) -> Packets {
        self.shared.lock().packets
    }

    /// The file for what it hears.
    pub fn recording(&self) -> Option<&std::path::Path> {
        self.record.as_deref()
    }

    /// Hangs up, unregisters, waits a little for the answers, closes the recording.
    ///
    /// # Errors
    /// [`SoftphoneError::File`] if the recording is not complete.
    pub fn stop(mut self) -> Result<(), SoftphoneError> {
        self.end(Order::Stop);
        let problem = self.shared.lock().problem.take();
        match (problem, self.record.take()) {
            (Some(what), Some(path)) => Err(SoftphoneError::File { path, what }),
            _ => Ok(()),
        }
    }

    fn end(&mut self, order: Order) {
        let Some(thread) = self.thread.take() else { return };
        // It may have ended by itself; joining is all that is left then.
        let _ = self.order(order);
        let _ = thread.join();
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        self.end(Order::Vanish);
    }
}

fn spawn(
    name: String,
    mut worker: Worker,
    inbox: Receiver<Order>,
    wake: Arc<OwnedFd>,
    shared: Arc<Shared>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(move || {
        if let Err(error) = worker.run(&inbox, &wake) {
            tracing::error!(%error, "a phone cannot wait for its sockets and ends");
        }
        drop(worker);
        shared.lock().has_ended = true;
        shared.changed.notify_all();
    })
}

/// What is left of a time to wait.
struct Rest {
    until_us: u64,
}

impl Rest {
    fn of(timeout: Duration) -> Self {
        let us = u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX);
        Self { until_us: crate::clock::mono_us().saturating_add(us) }
    }

    /// `None` when it is over.
    fn left(&mut self) -> Option<Duration> {
        let left = self.until_us.saturating_sub(crate::clock::mono_us());
        (left > 0).then(|| Duration::from_micros(left))
    }
}
