//! Media with sockets: threads of its own, UDP ports, epoll, and the recordings on disk.
//!
//! ```text
//!  exchange ──MediaCommand──▶ MediaEngine ──▶ worker (one or more threads; each call on one of them)
//!           ◀──MediaEvent───────────────────────┘  │ packets of recorded legs, bounded queue, never waited for
//!                                                  ▼
//!                                  recorder: decodes, places, writes WAV ──▶ finisher: fdatasync, sha256, sidecar
//! ```
//!
//! A packet costs one `recvfrom` and one `sendto`; nothing on its way allocates or takes a lock. Who hears several legs, or one in
//! another codec, is sent packets made for it alone (`worker/wiring.rs`). What a packet means is
//! decided in `switchroom-media`, without sockets; this module translates between it and the exchange.

mod archive;
mod erase;
mod finisher;
mod inbox;
mod messages;
mod prompts;
mod recorder;
mod recording;
mod taking;
mod taps;
mod translate;
mod wave;
mod wires;
mod worker;

pub use archive::{Found, Interrupted, Unfinished, interrupted_recordings, visit_recordings};
#[cfg(test)]
use archive::{repair_recordings, scan_recordings};
pub use erase::{Erased, erase_recording, recording_bytes, renew_sidecar, settle_days};
pub use messages::settle_messages;
pub use prompts::{
    PromptFolder, PromptProblem, PromptProblems, PromptSettings, SpeechEngine, on_path, prompt_folder,
    prompt_names,
};
pub use wave::{WaveError, WavePeaks, wave};

use inbox::{Inbox, Order};
use prompts::Prompts;
use recorder::Recorder;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use switchroom_exchange::{CallId, LegId, MediaCommand, MediaEvent};
use worker::Worker;

/// Where media events go. Called on the engine's own threads, never on that of [`MediaEngine::command`]. While it blocks,
/// the calls of that thread are silent.
pub type Events = Arc<dyn Fn(MediaEvent) + Send + Sync>;
/// Where levels go. Called on media threads: it must not block.
pub type LevelReports = Arc<dyn Fn(LevelsReport) + Send + Sync>;

/// What the media engine is told at its start.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// The address whose ports are opened; the unspecified address for all of them.
    pub bind: IpAddr,
    /// First RTP port, even.
    pub rtp_port_first: u16,
    /// How many port pairs there are.
    pub rtp_pairs: u16,
    /// Media threads; each call is on one of them.
    pub threads: usize,
    /// Where recordings are kept.
    pub recordings: PathBuf,
    /// Differentiated services code point of RTP and RTCP (RFC 4594: 46, expedited forwarding).
    pub dscp: u8,
    /// With less free space than this, in bytes, nothing is recorded; calls go on.
    pub free_bytes_min: u64,
    /// Packets that may wait for the recorder; beyond, they are dropped and counted.
    pub record_queue_packets: usize,
    /// Our name in RTCP (CNAME).
    pub name: String,
    /// Where the sound comes from that callers hear by name.
    pub prompts: PromptSettings,
}

impl MediaSettings {
    /// Settings with one thread, DSCP 46 and 50 MB of free space as the least.
    pub fn new(bind: IpAddr, rtp_port_first: u16, rtp_pairs: u16, recordings: PathBuf) -> Self {
        Self {
            bind,
            rtp_port_first,
            rtp_pairs,
            threads: 1,
            prompts: PromptSettings::new(recordings.join("speech")),
            recordings,
            dscp: 46,
            free_bytes_min: 50_000_000,
            record_queue_packets: 8192,
            name: "switchroom".into(),
        }
    }
}

/// Loudness of one leg, as its phone speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegLevel {
    /// The leg.
    pub leg: LegId,
    /// Loudest sample since the last report, tenths of a decibel below full scale; −960 is silence.
    pub peak_ddb: i16,
    /// Root mean square since the last report, the same way.
    pub rms_ddb: i16,
}

/// Loudness of the legs of the watched call, five times a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelsReport {
    /// The call.
    pub call: CallId,
    /// Its legs, in the order they were opened.
    pub legs: Vec<LegLevel>,
}

/// How the media engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaHealth {
    /// Legs with open ports.
    pub legs: u64,
    /// Recordings being written.
    pub recordings: u64,
    /// Packets that the recorder could not take, since the start.
    pub recorder_dropped: u64,
    /// Free space where recordings are kept, bytes.
    pub free_bytes: u64,
    /// The same, parts per thousand of the file system.
    pub free_ppk: u16,
    /// There is room to record.
    pub can_record: bool,
}

/// Counters that threads share.
#[derive(Debug, Default)]
struct Gauges {
    legs: AtomicU64,
    recordings: AtomicU64,
    recorder_dropped: AtomicU64,
    free_bytes: AtomicU64,
    free_ppk: AtomicU64,
    low_space: AtomicU64,
}

/// The media engine: its threads live until [`MediaEngine::shutdown`] or drop.
pub struct MediaEngine {
    inboxes: Vec<Arc<Inbox>>,
    /// Numbers the moves of legs from thread to thread.
    moves: AtomicU64,
    gauges: Arc<Gauges>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
    recorder: Arc<Recorder>,
    prompts: Arc<Prompts>,
}

impl MediaEngine {
    /// Starts the threads. Recordings need no directory yet: it is made when the first one starts, and if it cannot
    /// be, that recording fails and the call goes on.
    ///
    /// # Errors
    /// The system refuses a thread, an epoll or an eventfd.
    #[expect(clippy::needless_pass_by_value, reason = "the engine keeps what it is told with")]
    pub fn start(
        settings: MediaSettings,
        events: Events,
        levels: LevelReports,
        problems: PromptProblems,
    ) -> io::Result<Self> {
        let gauges = Arc::new(Gauges::default());
        let settings = Arc::new(settings);
        let (recorder, mut threads) = Recorder::start(&settings, events.clone(), gauges.clone())?;
        let (prompts, loaders) =
            Prompts::start(settings.prompts.clone(), settings.recordings.clone(), problems)?;
        threads.extend(loaders);
        let mut inboxes = Vec::new();
        let mut failed = None;
        for number in 0..settings.threads.max(1) {
            let started = Worker::new(
                settings.clone(),
                events.clone(),
                levels.clone(),
                recorder.clone(),
                prompts.clone(),
                gauges.clone(),
            )
            .and_then(|worker| {
                let inbox = worker.inbox();
                let thread = std::thread::Builder::new().name(format!("media-{number}"));
                Ok((inbox, thread.spawn(move || worker.run())?))
            });
            match started {
                Ok((inbox, thread)) => {
                    inboxes.push(inbox);
                    threads.insert(0, thread);
                }
                Err(error) => failed = Some(error),
            }
        }
        let engine = Self {
            inboxes,
            moves: AtomicU64::new(0),
            gauges,
            threads: Mutex::new(threads),
            recorder,
            prompts,
        };
        match failed {
            // Dropping the engine ends the threads that did start.
            Some(error) => Err(error),
            None => Ok(engine),
        }
    }

    /// Hands a command to the thread of its call, or to the recorder if it is about a file. Never waits, and tells
    /// nothing itself. If far too many commands wait already, no further leg is opened: [`MediaEvent::OpenFailed`] says
    /// so; all that close or change something are always taken.
    pub fn command(&self, command: MediaCommand) {
        if let MediaCommand::DropMessage { message } = command {
            self.prompts.forget_message(&message);
            return self.recorder.drop_message(message);
        }
        let Some(call) = inbox::call_of(&command) else { return };
        let Some(inbox) = self.inbox_of(call) else { return };
        match command {
            MediaCommand::Move { leg, to, .. } => self.move_leg(inbox, call, leg, to),
            command => inbox.put(command),
        }
    }

    /// The way into the thread of a call.
    fn inbox_of(&self, call: CallId) -> Option<&Arc<Inbox>> {
        let count = self.inboxes.len() as u128;
        call.0.checked_rem(count).and_then(|at| self.inboxes.get(at as usize))
    }

    /// The thread that a leg goes to knows of it first, so that nothing it is told of the leg is carried out before.
    fn move_leg(&self, from: &Inbox, call: CallId, leg: LegId, to: CallId) {
        let Some(inbox) = self.inbox_of(to) else { return };
        if std::ptr::eq(from, Arc::as_ptr(inbox)) {
            return from.put(MediaCommand::Move { call, leg, to });
        }
        let ticket = self.moves.fetch_add(1, Ordering::Relaxed);
        inbox.give(Order::Expect(ticket, to));
        from.give(Order::Depart { ticket, call, leg, to, inbox: inbox.clone() });
    }

    /// New settings of prompts: changed files are read anew when they are asked for next, and what was wrong is tried
    /// again. Who hears something now hears it on.
    pub fn reload_prompts(&self, settings: PromptSettings) {
        self.prompts.reload(settings);
    }

    /// Reports the levels of these calls from now on, and of no other.
    pub fn watch(&self, calls: &BTreeSet<CallId>) {
        for inbox in &self.inboxes {
            inbox.watch(calls.clone());
        }
    }

    /// How it is.
    pub fn health(&self) -> MediaHealth {
        let read = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        MediaHealth {
            legs: read(&self.gauges.legs),
            recordings: read(&self.gauges.recordings),
            recorder_dropped: read(&self.gauges.recorder_dropped),
            free_bytes: read(&self.gauges.free_bytes),
            free_ppk: u16::try_from(read(&self.gauges.free_ppk)).unwrap_or(u16::MAX),
            can_record: read(&self.gauges.low_space) == 0,
        }
    }

    /// Closes all ports, finishes all recordings with their hash and sidecar, and waits for the threads. A second
    /// call does nothing.
    pub fn shutdown(&self) {
        for inbox in &self.inboxes {
            inbox.stop();
        }
        let threads = match self.threads.lock() {
            Ok(mut threads) => std::mem::take(&mut *threads),
            Err(_) => return,
        };
        // Media threads first (they stand first), so that the recorder has heard all there is.
        let media = self.inboxes.len().min(threads.len());
        for (at, thread) in threads.into_iter().enumerate() {
            if at == media {
                self.recorder.stop();
                self.prompts.stop();
            }
            if thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
        // A leg that left one thread just when the other one ended.
        let on_the_way = self.inboxes.iter().flat_map(|inbox| inbox.take());
        let lost = on_the_way.filter(|order| matches!(order, Order::Arrive(_, _, Some(_)))).count();
        self.gauges.legs.fetch_sub(lost as u64, Ordering::Relaxed);
    }
}

impl Drop for MediaEngine {
    fn drop(&mut self) {
        self.shutdown();
    }
}

#[cfg(test)]
mod tests;
