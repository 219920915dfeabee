//! The recorder's thread: takes the packets of recorded legs from a bounded queue and writes them down.
//!
//! Media threads never wait for it: when the queue is full, a packet is dropped, counted, and its recording is not
//! complete. It looks into the queue on its own beat, so that putting a packet in wakes nobody.

mod message;

use super::finisher::{self, Job};
use super::recording::Recording;
use super::taking::{OwnEnd, StartMessage, Taking};
use super::{Events, Gauges, MediaSettings};
use crate::clock;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;
use switchroom_exchange::{CallId, MediaEvent, RecordingSubject};
use switchroom_media::codec::{Codec, Kind};
use switchroom_media::leg::Media;
use switchroom_media::rtp::Header;
use switchroom_media::timeline::Side;

/// The recorder's beat while there is something to record, and while there is not.
const BEAT: Duration = Duration::from_millis(50);
const IDLE_BEAT: Duration = Duration::from_millis(1000);
/// How often free space is asked for, microseconds.
const SPACE_US: u64 = 2_000_000;
/// What could not be taken is said no more often than this, microseconds.
const MISSED_US: u64 = 1_000_000;
/// Recordings start again only when so much more than the least space is free, bytes: no flapping at the edge.
const SPACE_MARGIN: u64 = 10_000_000;
/// Payload bytes that need no allocation: 60 ms of G.711, the longest packets that phones are set to.
const INLINE_BYTES: usize = 480;
/// Jobs that may wait for the finisher within its channel; more wait with the recorder.
const JOBS_MAX: usize = 256;

/// A packet to be recorded.
pub(super) struct Taken {
    pub(super) recording: u64,
    pub(super) leg: u64,
    pub(super) side: Side,
    pub(super) at_us: u64,
    pub(super) header: Header,
    pub(super) kind: Kind,
    pub(super) clock: u32,
    length: u16,
    small: [u8; INLINE_BYTES],
    /// Instead of `small`, for packets of unusual length.
    large: Option<Box<[u8]>>,
}

impl Taken {
    pub(super) fn new(
        recording: u64,
        side: Side,
        at_us: u64,
        media: &Media,
        codec: &Codec,
        payload: &[u8],
    ) -> Self {
        let mut small = [0; INLINE_BYTES];
        let large = match small.get_mut(..payload.len()) {
            Some(room) => {
                room.copy_from_slice(payload);
                None
            }
            None => Some(payload.into()),
        };
        // A datagram is never longer than 65535 bytes.
        let length = payload.len() as u16;
        let (leg, header, kind, clock) = (media.speaker.leg, media.header, codec.kind, codec.clock);
        Self { recording, leg, side, at_us, header, kind, clock, length, small, large }
    }

    pub(super) fn payload(&self) -> &[u8] {
        match &self.large {
            Some(large) => large,
            None => self.small.get(..usize::from(self.length)).unwrap_or_default(),
        }
    }
}

/// A recording that is to start.
pub(super) struct Start {
    pub(super) call: CallId,
    pub(super) subject: RecordingSubject,
    /// As `PCMA/8000`.
    pub(super) codec: String,
    pub(super) rate: u32,
    /// Both sides can be decoded.
    pub(super) readable: bool,
    pub(super) at_us: u64,
}

enum Order {
    Start(u64, Box<Start>),
    Mark { recording: u64, at_us: u64, kind: String, text: String },
    Missed { recording: u64, packets: u64 },
    Stop { recording: u64, at_us: u64, tail_us: u64 },
    Take(u64, Box<StartMessage>),
    End { message: u64, at_us: u64, is_kept: bool, why: &'static str },
    Drop(String),
}

impl Order {
    /// What packets belong to begins with it.
    fn is_beginning(&self) -> bool {
        matches!(self, Self::Start(..) | Self::Take(..))
    }
}

/// Orders that wait.
#[derive(Default)]
struct Orders {
    list: Vec<Order>,
    /// The number of what begins next: what has a lower one is in the list, or was.
    next: u64,
}

/// The way into the recorder.
pub(super) struct Recorder {
    packets: SyncSender<Taken>,
    orders: Mutex<Orders>,
    thread: OnceLock<Thread>,
    stopping: AtomicBool,
    gauges: Arc<Gauges>,
}

impl Recorder {
    /// Starts the recorder and the finisher.
    pub(super) fn start(
        settings: &Arc<MediaSettings>,
        events: Events,
        gauges: Arc<Gauges>,
    ) -> io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        let (jobs, todo) = sync_channel(JOBS_MAX);
        let desk = Desk::new(settings.clone(), events.clone(), gauges, jobs);
        let recorder = desk.recorder.clone();
        let dir = settings.recordings.clone();
        let finisher = thread::Builder::new()
            .name("recordings-finish".into())
            .spawn(move || finisher::run(&todo, &dir, &events))?;
        let writer = thread::Builder::new().name("recordings".into()).spawn(move || desk.run())?;
        let _ = recorder.thread.set(writer.thread().clone());
        Ok((recorder, vec![writer, finisher]))
    }

    /// Takes a packet; false if the queue is full.
    pub(super) fn take(&self, taken: Taken) -> bool {
        let taken = self.packets.try_send(taken).is_ok();
        if !taken {
            self.gauges.recorder_dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, order: Order) {
        self.orders().list.push(order);
    }

    /// Something begins: gives its number.
    fn begin(&self, order: impl FnOnce(u64) -> Order) -> u64 {
        let mut orders = self.orders();
        let id = orders.next;
        orders.next += 1;
        orders.list.push(order(id));
        drop(orders);
        self.wake();
        id
    }

    /// A recording is to start; gives the number under which its packets come.
    pub(super) fn start_recording(&self, start: Start) -> u64 {
        self.begin(|id| Order::Start(id, Box::new(start)))
    }

    pub(super) fn mark(&self, recording: u64, at_us: u64, kind: String, text: String) {
        self.order(Order::Mark { recording, at_us, kind, text });
    }

    /// So many packets of a recording could not be taken. Said by the recorder's thread: a log that waits for the disk must not
    /// hold up who asks.
    pub(super) fn missed(&self, recording: u64, packets: u64) {
        self.order(Order::Missed { recording, packets });
    }

    /// It ended `tail_us` before `at_us`.
    pub(super) fn stop_recording(&self, recording: u64, at_us: u64, tail_us: u64) {
        self.order(Order::Stop { recording, at_us, tail_us });
        self.wake();
    }

    /// A message is to be taken; gives the number under which its packets come.
    pub(super) fn take_message(&self, start: StartMessage) -> u64 {
        self.begin(|id| Order::Take(id, Box::new(start)))
    }

    /// A message ends, if it has not by itself.
    pub(super) fn end_message(&self, message: u64, at_us: u64, is_kept: bool, why: &'static str) {
        self.order(Order::End { message, at_us, is_kept, why });
        self.wake();
    }

    /// The file of a message is to be deleted.
    pub(super) fn drop_message(&self, id: String) {
        self.order(Order::Drop(id));
        self.wake();
    }

    /// Finishes everything and ends the thread.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// What could not be taken and has not been said yet.
#[derive(Default)]
struct Missed {
    packets: u64,
    of: BTreeSet<u64>,
    /// When it was said last.
    said_us: u64,
}

/// The recorder's own side.
struct Desk {
    settings: Arc<MediaSettings>,
    events: Events,
    recorder: Arc<Recorder>,
    queue: Receiver<Taken>,
    /// Whatever has a lower number than this has been begun.
    begun: u64,
    recordings: BTreeMap<u64, Recording>,
    messages: BTreeMap<u64, Taking>,
    jobs: SyncSender<Job>,
    /// Jobs for which the finisher's channel had no room.
    waiting: VecDeque<Job>,
    scratch: Vec<i16>,
    space_us: u64,
    missed: Missed,
}

impl Desk {
    fn new(settings: Arc<MediaSettings>, events: Events, gauges: Arc<Gauges>, jobs: SyncSender<Job>) -> Self {
        let (packets, queue) = sync_channel(settings.record_queue_packets.max(1));
        let recorder = Arc::new(Recorder {
            packets,
            orders: Mutex::default(),
            thread: OnceLock::new(),
            stopping: AtomicBool::new(false),
            gauges,
        });
        Self {
            settings,
            events,
            recorder,
            queue,
            begun: 0,
            recordings: BTreeMap::new(),
            messages: BTreeMap::new(),
            jobs,
            waiting: VecDeque::new(),
            scratch: Vec::new(),
            space_us: 0,
            missed: Missed::default(),
        }
    }

    fn run(mut self) {
        loop {
            // Read before the orders are: whatever was ordered before the stop is then carried out.
            let stopping = self.recorder.stopping.load(Ordering::Acquire);
            let now_us = clock::mono_us();
            if now_us >= self.space_us {
                self.space_us = now_us + SPACE_US;
                self.look_at_space(now_us);
            }
            self.beat(now_us);
            if stopping {
                break;
            }
            let idle = self.recordings.is_empty() && self.messages.is_empty() && self.waiting.is_empty();
            thread::park_timeout(if idle { IDLE_BEAT } else { BEAT });
        }
        let now_us = clock::mono_us();
        for (_, recording) in std::mem::take(&mut self.recordings) {
            self.close(recording, now_us, 0);
        }
        for message in self.messages.keys().copied().collect::<Vec<_>>() {
            self.end(message, now_us, true, "the program stops");
        }
        while let Some(job) = self.waiting.pop_front() {
            // The finisher works off its channel while this waits.
            if self.jobs.send(job).is_err() {
                break;
            }
        }
    }

    /// Orders, then packets, then the ends of recordings: their last packets were queued before the order was given.
    fn beat(&mut self, now_us: u64) {
        let later = self.begin_ordered();
        self.take_packets();
        for order in later {
            self.carry_out(order);
        }
        self.tell_missed(now_us);
        self.flush(now_us);
        self.flush_messages(now_us);
        self.recorder.gauges.recordings.store(self.recordings.len() as u64, Ordering::Relaxed);
        while let Some(job) = self.waiting.pop_front() {
            if !self.give(job) {
                break;
            }
        }
    }

    /// Takes all orders and begins what is to begin; gives the others.
    fn begin_ordered(&mut self) -> Vec<Order> {
        let orders = self.take_orders(|_| true);
        let (beginnings, later) = orders.into_iter().partition(Order::is_beginning);
        let beginnings: Vec<Order> = beginnings;
        for order in beginnings {
            self.carry_out(order);
        }
        later
    }

    /// Takes the orders that fit.
    fn take_orders(&mut self, fits: impl Fn(&Order) -> bool) -> Vec<Order> {
        let mut orders = self.recorder.orders();
        let (taken, left) = std::mem::take(&mut orders.list).into_iter().partition(fits);
        orders.list = left;
        self.begun = orders.next;
        taken
    }

    /// Takes the packets that have come. What begins meanwhile is begun with its first packet: to open files takes as long as the
    /// disk takes.
    fn take_packets(&mut self) {
        // No more than the queue holds, or a flood would keep what follows from ever being done.
        for _ in 0..self.settings.record_queue_packets.max(1) {
            let Ok(taken) = self.queue.try_recv() else { break };
            if taken.recording >= self.begun {
                for order in self.take_orders(Order::is_beginning) {
                    self.carry_out(order);
                }
            }
            self.take(&taken);
        }
    }

    /// Hands a packet to what it belongs to. What is not there any more has failed or has ended, which was told.
    fn take(&mut self, taken: &Taken) {
        if let Some(message) = self.messages.get_mut(&taken.recording) {
            if catch_unwind(AssertUnwindSafe(|| message.take(taken))).is_err() {
                tracing::error!(message = message.message(), "a packet met a fault in the recorder");
            }
            return;
        }
        let Some(recording) = self.recordings.get_mut(&taken.recording) else { return };
        // A packet that finds a fault in this program costs itself, not every recording.
        if catch_unwind(AssertUnwindSafe(|| recording.take(taken))).is_err() {
            tracing::error!(call = %recording.call(), "a packet met a fault in the recorder and is missing");
            recording.miss();
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Start(id, start) => self.open(id, *start),
            Order::Take(id, start) => self.open_message(id, *start),
            Order::End { message, at_us, is_kept, why } => self.end(message, at_us, is_kept, why),
            Order::Drop(id) => {
                self.give(Job::DropMessage(id));
            }
            Order::Mark { recording, at_us, kind, text } => {
                if let Some(recording) = self.recordings.get_mut(&recording) {
                    recording.mark(at_us, kind, text);
                }
            }
            Order::Missed { recording, packets } => {
                self.missed.packets += packets;
                self.missed.of.insert(recording);
                if let Some(recording) = self.recordings.get_mut(&recording) {
                    recording.miss();
                }
            }
            Order::Stop { recording, at_us, tail_us } => {
                if let Some(recording) = self.recordings.remove(&recording) {
                    self.close(recording, at_us, tail_us);
                }
            }
        }
    }

    /// Says what could not be taken, in one line for all that it was of.
    fn tell_missed(&mut self, now_us: u64) {
        let Missed { packets, of, said_us } = &mut self.missed;
        if *packets > 0 && now_us.saturating_sub(*said_us) >= MISSED_US {
            let recordings = of.len();
            tracing::warn!(
                recordings,
                packets = *packets,
                "the recorder cannot keep up: packets are missing in recordings"
            );
            self.missed = Missed { said_us: now_us, ..Missed::default() };
        }
    }

    /// Free megabytes, if they are too few.
    fn low_space_mb(&self) -> Option<u64> {
        let gauges = &self.recorder.gauges;
        let is_low = gauges.low_space.load(Ordering::Relaxed) > 0;
        is_low.then(|| gauges.free_bytes.load(Ordering::Relaxed) / 1_000_000)
    }

    fn open(&mut self, id: u64, start: Start) {
        let call = start.call;
        if let Some(free) = self.low_space_mb() {
            let why = format!(
                "only {free} MB are free where recordings are kept: make room, new calls are then recorded"
            );
            (self.events)(MediaEvent::RecordingFailed { call, why });
            return;
        }
        match Recording::open(&self.settings.recordings, start) {
            Ok((recording, job)) => {
                self.recordings.insert(id, recording);
                self.give(job);
                (self.events)(MediaEvent::RecordingStarted { call });
            }
            Err(error) => {
                let why = format!("cannot create a file in {}: {error}", self.settings.recordings.display());
                (self.events)(MediaEvent::RecordingFailed { call, why });
            }
        }
    }

    fn flush(&mut self, now_us: u64) {
        let mut failed = Vec::new();
        let mut jobs = Vec::new();
        for (id, recording) in &mut self.recordings {
            match recording.flush(now_us, &mut self.scratch) {
                Ok(job) => jobs.extend(job),
                Err(error) => failed.push((*id, error)),
            }
        }
        for job in jobs {
            self.give(job);
        }
        for (id, error) in failed {
            if let Some(recording) = self.recordings.remove(&id) {
                let call = recording.call();
                let why = format!("cannot write the recording: {error}");
                (self.events)(MediaEvent::RecordingFailed { call, why });
                self.give(recording.abandon());
            }
        }
    }

    fn close(&mut self, recording: Recording, end_us: u64, tail_us: u64) {
        let call = recording.call();
        let (job, failed) = recording.close(end_us, tail_us, &mut self.scratch);
        if let Some(error) = failed {
            let why = format!("cannot write the end of the recording: {error}");
            (self.events)(MediaEvent::RecordingFailed { call, why });
        }
        self.give(job);
    }

    /// Hands a job to the finisher, or keeps it until there is room; false if it had to be kept.
    fn give(&mut self, job: Job) -> bool {
        match self.jobs.try_send(job) {
            Ok(()) => true,
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                self.waiting.push_front(job);
                false
            }
        }
    }

    /// With too little space, recordings end and none begins; calls do not notice.
    fn look_at_space(&mut self, now_us: u64) {
        let Some((free, total)) = space(&self.settings.recordings) else { return };
        let gauges = self.recorder.gauges.clone();
        gauges.free_bytes.store(free, Ordering::Relaxed);
        gauges.free_ppk.store((u128::from(free) * 1000 / u128::from(total.max(1))) as u64, Ordering::Relaxed);
        let least = self.settings.free_bytes_min;
        let was_low = gauges.low_space.load(Ordering::Relaxed) > 0;
        let low = free < least + if was_low { SPACE_MARGIN } else { 0 };
        gauges.low_space.store(u64::from(low), Ordering::Relaxed);
        if !low {
            return;
        }
        for message in self.messages.keys().copied().collect::<Vec<_>>() {
            self.end(message, now_us, true, "too little space is free where messages are kept");
        }
        for (_, mut recording) in std::mem::take(&mut self.recordings) {
            let call = recording.call();
            recording.miss();
            self.close(recording, now_us, 0);
            let why = format!(
                "only {} MB are free where recordings are kept: this one ends here",
                free / 1_000_000
            );
            (self.events)(MediaEvent::RecordingFailed { call, why });
        }
    }
}

/// Free and total bytes of the file system that the directory is on, or will be.
fn space(dir: &Path) -> Option<(u64, u64)> {
    let there = dir.ancestors().find(|path| path.exists())?;
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let told = rustix::fs::statvfs(there).ok()?;
    Some((told.f_bavail.saturating_mul(told.f_frsize), told.f_blocks.saturating_mul(told.f_frsize)))
}

#[cfg(test)]
mod tests;
