//! How long recordings are kept: deletes those of which the configuration says so, and does what users want held, released or
//! deleted.
//!
//! One thread does it all, one after the other, so that no hold comes between looking at a recording and deleting it. First
//! the files go, then the record: a stop between leaves a record without a file, which the next run ends, never a file that
//! nobody knows. A run deletes at most `RUN_MAX` recordings; what is left waits for the next one, soon after.

mod rule;
#[cfg(test)]
mod tests;
mod turns;

use crate::clock;
use crate::config::Keep;
use crate::engine::{EngineHandle, ToEngine};
use crate::media::{erase_recording, recording_bytes, renew_sidecar, settle_days};
use crate::store::Store;
use rule::{Gap, Sieve, Verdict};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use switchroom_exchange::{ArchiveAct, CallId, Command, RecordingFacts, Severity};
use switchroom_flow::read::duration_text;
use tokio::sync::oneshot;
pub use turns::{Turn, Turns};

/// Recordings that one run deletes at most.
const RUN_MAX: usize = 1_000;
/// Recordings that are looked at at a time.
const PORTION: usize = 1_000;
/// What users want that may wait.
const JOBS_MAX: usize = 64;
/// The first run after the start.
const FIRST: Duration = Duration::from_secs(20);
/// Between runs.
const EVERY: Duration = Duration::from_secs(3_600);
/// Until the next run, if there is more to do or the store is in trouble.
const SOON: Duration = Duration::from_secs(30);
/// Alarm: recordings are to be deleted and cannot be.
const ALARM_STUCK: &str = "recordings_keep";
/// Alarm: those that are held are more than may be kept.
const ALARM_HELD: &str = "recordings_held";

/// Alarm: by this clock nearly all recordings are old.
const ALARM_CLOCK: &str = "recordings_clock";
/// So long a clock is doubted that stands far ahead, monotonic; then it has been seen and left so.
const DOUBT: Duration = Duration::from_secs(86_400);

/// What a user wants of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// It may not be deleted, for that reason.
    Hold(String),
    /// It may be deleted again.
    Release,
    /// It is to be deleted now.
    Delete,
}

/// What came of it: what was done, or why not.
type Told = Result<String, String>;

enum Job {
    Wish { user: String, call: CallId, wish: Wish, answer: oneshot::Sender<Told> },
    Keep { keep: Keep, is_applied: bool },
    Stop,
}

/// What the keeper needs.
pub struct KeeperSettings {
    /// The folder of the recordings.
    pub dir: PathBuf,
    /// What recordings there are.
    pub store: Store,
    /// Who writes down what is done.
    pub engine: EngineHandle,
    /// How long they are kept.
    pub keep: Keep,
    /// Shared with who finishes what a crash cut off.
    pub turns: Turns,
}

/// The way to the keeper's thread. Dropping it ends the thread.
pub struct Keeper {
    jobs: SyncSender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    is_stopping: Arc<AtomicBool>,
    turns: Turns,
}

impl Keeper {
    /// Starts the thread. It looks soon after, and then each hour.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start(settings: KeeperSettings) -> io::Result<Self> {
        let (jobs, taken) = sync_channel(JOBS_MAX);
        let KeeperSettings { dir, store, engine, keep, turns } = settings;
        let is_stopping = Arc::<AtomicBool>::default();
        let mut work = Work {
            dir,
            store,
            engine,
            keep,
            turns: turns.clone(),
            due: in_a_while(FIRST),
            raised: BTreeSet::new(),
            doubted: None,
            is_trusted: false,
            is_stopping: is_stopping.clone(),
        };
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || work.run(&taken))?;
        Ok(Self { jobs, thread: Mutex::new(Some(thread)), is_stopping, turns })
    }

    /// Takes over how long recordings are kept, and looks at once if that changed or somebody has applied the configuration
    /// as a whole: who does that has looked at the clock, too, should it be doubted.
    pub fn keep(&self, keep: Keep, is_applied: bool) {
        // The thread always goes on to take jobs, so this waits for a run at most.
        let _ = self.jobs.send(Job::Keep { keep, is_applied });
    }

    /// Wants something for a user; what came of it follows.
    ///
    /// # Errors
    /// There is too much to do already, or the exchange is stopping.
    pub fn ask(&self, user: &str, call: CallId, wish: Wish) -> Result<oneshot::Receiver<Told>, &'static str> {
        let (answer, told) = oneshot::channel();
        let job = Job::Wish { user: user.to_owned(), call, wish, answer };
        match self.jobs.try_send(job) {
            Ok(()) => Ok(told),
            Err(TrySendError::Full(_)) => Err("too much is asked about recordings at the moment; try again"),
            Err(TrySendError::Disconnected(_)) => Err("the exchange is stopping"),
        }
    }

    /// Ends the thread, which leaves off between two portions of recordings; to be called while the engine still runs. Who finishes
    /// what a crash cut off leaves off, too: nobody waits for more than the one that it is at.
    pub fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        self.turns.stop();
        self.is_stopping.store(true, Ordering::Relaxed);
        let _ = self.jobs.send(Job::Stop);
        if thread.join().is_err() {
            tracing::error!("the keeper of recordings had panicked");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

/// So long from now, on the monotonic clock.
fn in_a_while(wait: Duration) -> u64 {
    clock::mono_us().saturating_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX))
}

/// What the thread has.
struct Work {
    dir: PathBuf,
    store: Store,
    engine: EngineHandle,
    keep: Keep,
    turns: Turns,
    /// When it looks next, on the monotonic clock, microseconds.
    due: u64,
    /// Alarms that are up.
    raised: BTreeSet<&'static str>,
    /// Since when the clock is doubted, monotonic, microseconds.
    doubted: Option<u64>,
    /// Somebody has applied the configuration since, and so the clock.
    is_trusted: bool,
    /// What has been looked at so far is not all there is, and the thread is to end.
    is_stopping: Arc<AtomicBool>,
}

/// What a run finds.
#[derive(Default)]
struct Found {
    /// What is to go, oldest first, and whether for its age.
    go: Vec<(RecordingFacts, bool)>,
    /// More is to go than one run deletes.
    has_more: bool,
    /// Bytes that are held.
    held: u64,
}

/// What a run has done.
#[derive(Default)]
struct Done {
    calls: Vec<CallId>,
    old: usize,
    beyond: usize,
    bytes: u64,
    days: BTreeSet<String>,
    stuck: usize,
    first_error: Option<String>,
}

impl Work {
    fn run(&mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(Duration::from_micros(self.due.saturating_sub(clock::mono_us()))) {
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Job::Wish { user, call, wish, answer }) => {
                    // Who asked may have gone meanwhile.
                    let _ = answer.send(self.fulfil(&user, call, wish));
                }
                Ok(Job::Keep { keep, is_applied }) => {
                    self.is_trusted |= is_applied && self.doubted.is_some();
                    if is_applied || keep != self.keep {
                        self.due = clock::mono_us();
                    }
                    self.keep = keep;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let is_done = self.tidy(clock::wall_ms());
                    self.due = in_a_while(if is_done { EVERY } else { SOON });
                }
            }
        }
    }

    /// Why nothing may be deleted now, if so: that it is gone, or held, could not be written down.
    fn trouble(&self) -> Option<String> {
        let health = self.store.health();
        (health != "ok").then(|| format!("the store is in trouble ({health}), so nothing is deleted now"))
    }

    fn fulfil(&self, user: &str, call: CallId, wish: Wish) -> Told {
        let mut turn = self.turns.take();
        let facts = self.store.recording(call).ok_or(
            "there is no closed recording of that call; one that is being written is closed when its call ends",
        )?;
        let number = facts.subject.number;
        match (wish, &facts.held) {
            (Wish::Hold(reason), _) => self.note_hold(user, ArchiveAct::Hold { call, number, reason }, call),
            (Wish::Release, Some(_)) => self.note_hold(user, ArchiveAct::Release { call, number }, call),
            (Wish::Release, None) => Err(format!("the recording of call {number} is not held")),
            (Wish::Delete, Some(held)) => Err(format!(
                "the recording of call {number} is held by {}: {}; it must be released first",
                held.by, held.reason
            )),
            (Wish::Delete, None) => self.delete(user, &facts, &mut turn),
        }
    }

    fn note_hold(&self, user: &str, act: ArchiveAct, call: CallId) -> Told {
        let done = self.write_down(user, act)?;
        if let Some(facts) = self.store.recording(call)
            && let Err(error) = renew_sidecar(&self.dir, &facts)
        {
            tracing::warn!("{}: that it is held, or no more, is not in its sidecar: {error}", facts.file);
        }
        Ok(done)
    }

    fn delete(&self, user: &str, facts: &RecordingFacts, turn: &mut Turn<'_>) -> Told {
        if let Some(why) = self.trouble() {
            return Err(why);
        }
        let erased = erase_recording(&self.dir, facts).map_err(|error| error.to_string())?;
        turn.deleted(facts.call);
        settle_days(&self.dir, &erased.days, clock::wall_ms());
        self.write_down(user, ArchiveAct::Delete { call: facts.call, number: facts.subject.number })
    }

    /// Has the exchange write it down, and waits until that is on disk.
    fn write_down(&self, user: &str, act: ArchiveAct) -> Told {
        let (tell, answer) = oneshot::channel();
        self.engine.tell_surely(ToEngine::Command(user.to_owned(), Command::Archive(act), tell));
        answer.blocking_recv().map_err(|_| "the exchange has stopped".to_owned())?
    }

    /// Deletes what has been kept long enough. Whether nothing is left to do.
    fn tidy(&mut self, now_ms: i64) -> bool {
        if self.keep == Keep::default() {
            self.alarm(ALARM_STUCK, None);
            self.alarm(ALARM_HELD, None);
            self.alarm(ALARM_CLOCK, None);
            return true;
        }
        if let Some(why) = self.trouble() {
            tracing::warn!("recordings: {why}");
            return false;
        }
        let keep = if self.doubts_clock(now_ms) { Keep { age: None, ..self.keep } } else { self.keep };
        let found = self.look(keep, now_ms);
        if self.is_stopping() {
            return false;
        }
        let most = self.keep.bytes.filter(|most| found.held > *most);
        self.alarm(
            ALARM_HELD,
            most.map(|most| {
                format!(
                    "the recordings that are held, {}, are more than keep_size, {}: release some or raise it",
                    size_text(found.held),
                    size_text(most)
                )
            }),
        );
        let mut done = Done::default();
        // Until it is written down: what is gone from its folder and not from the store would be taken for one to be finished.
        let turns = self.turns.clone();
        let mut turn = turns.take();
        for (facts, is_old) in found.go {
            if self.is_stopping() {
                break;
            }
            self.expire(&facts, is_old, &mut done);
        }
        done.calls.iter().for_each(|call| turn.deleted(*call));
        settle_days(&self.dir, &done.days, now_ms);
        let stuck = done.first_error.take().map(|first| {
            format!(
                "{} cannot be deleted, though kept long enough; the first: {first}; see to the rights of its folder",
                recordings_text(done.stuck)
            )
        });
        let is_stuck = stuck.is_some();
        self.alarm(ALARM_STUCK, stuck);
        let told = done.told(self.keep);
        if !done.calls.is_empty() {
            tracing::info!("{told}");
            if let Err(why) = self.write_down("", ArchiveAct::Expire { calls: done.calls, told }) {
                tracing::warn!("deleted recordings are still listed: {why}");
                return false;
            }
        }
        // What cannot be deleted now can hardly be in a moment.
        is_stuck || !found.has_more
    }

    /// Whether the clock stands so far ahead of what was recorded that nothing is deleted for its age: for a day, or until
    /// somebody applies the configuration. Then it is right, or nobody minds.
    fn doubts_clock(&mut self, now_ms: i64) -> bool {
        let mut gap = Gap::new(now_ms);
        if self.keep.age.is_some() {
            self.oldest_first(|facts| {
                gap.look_at(facts.subject.started_ms);
                true
            });
        }
        if self.is_stopping() {
            return true;
        }
        let Some(days) = gap.days() else {
            (self.doubted, self.is_trusted) = (None, false);
            self.alarm(ALARM_CLOCK, None);
            return false;
        };
        let now_us = clock::mono_us();
        let since = *self.doubted.get_or_insert(now_us);
        let is_over = u128::from(now_us.saturating_sub(since)) >= DOUBT.as_micros();
        let is_doubted = !self.is_trusted && !is_over;
        self.alarm(
            ALARM_CLOCK,
            is_doubted.then(|| {
                format!(
                    "between two recordings, or the last one and now, are {days} days: if the clock stands wrong, set it; \
                     if it is right, apply the configuration (switchroom ctl reload). Until then, or for a day, no \
                     recording is deleted for its age"
                )
            }),
        );
        is_doubted
    }

    /// What is to go, as far as one run goes.
    fn look(&self, keep: Keep, now_ms: i64) -> Found {
        let mut found = Found::default();
        let mut total: u64 = 0;
        if keep.bytes.is_some() {
            self.oldest_first(|facts| {
                let bytes = recording_bytes(&self.dir, &facts);
                total = total.saturating_add(bytes);
                if facts.held.is_some() {
                    found.held = found.held.saturating_add(bytes);
                }
                true
            });
        }
        let mut sieve = Sieve::new(keep, now_ms, total);
        self.oldest_first(|facts| {
            let bytes = if sieve.has_too_much() { recording_bytes(&self.dir, &facts) } else { facts.bytes };
            let verdict = sieve.judge(&facts, bytes);
            if matches!(verdict, Verdict::Old | Verdict::Beyond) {
                found.has_more = found.go.len() >= RUN_MAX;
                if found.has_more {
                    return false;
                }
                found.go.push((facts, verdict == Verdict::Old));
            }
            verdict != Verdict::Stays
        });
        found
    }

    /// Shows all recordings, oldest first, until one is the last that is wanted; or not all, if the thread is to end.
    fn oldest_first(&self, mut goes_on: impl FnMut(RecordingFacts) -> bool) {
        let mut after = None;
        loop {
            let portion = self.store.oldest_recordings(after, PORTION);
            let Some(last) = portion.last() else { return };
            after = Some((last.subject.started_ms, last.call));
            if !portion.into_iter().all(&mut goes_on) || self.is_stopping() {
                return;
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn expire(&self, facts: &RecordingFacts, is_old: bool, done: &mut Done) {
        // As it is now: another part of it may have been closed.
        let now = self.store.recording(facts.call);
        if now.is_none_or(|now| now != *facts) {
            return;
        }
        match erase_recording(&self.dir, facts) {
            Ok(mut erased) => {
                done.calls.push(facts.call);
                done.bytes = done.bytes.saturating_add(erased.bytes);
                done.days.append(&mut erased.days);
                *(if is_old { &mut done.old } else { &mut done.beyond }) += 1;
            }
            Err(error) => {
                done.stuck += 1;
                done.first_error.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// Raises an alarm, or clears it.
    fn alarm(&mut self, id: &'static str, text: Option<String>) {
        let is_known = if text.is_some() { !self.raised.insert(id) } else { !self.raised.remove(id) };
        if text.is_some() || !is_known {
            let state = text.map(|text| (Severity::Warn, text));
            self.engine.tell_surely(ToEngine::Alarm(id.to_owned(), state));
        }
    }
}

impl Done {
    /// What was deleted, in one sentence.
    fn told(&self, keep: Keep) -> String {
        let mut parts = Vec::new();
        if self.old > 0 {
            let age = keep.age.map(age_text).unwrap_or_default();
            parts.push(format!("{} older than {age}", recordings_text(self.old)));
        }
        if self.beyond > 0 {
            let most = keep.bytes.map(size_text).unwrap_or_default();
            parts.push(format!("{} beyond {most}, the oldest,", recordings_text(self.beyond)));
        }
        format!("{} deleted, {}", parts.join(" and "), size_text(self.bytes))
    }
}

fn recordings_text(number: usize) -> String {
    if number == 1 { "1 recording".to_owned() } else { format!("{number} recordings") }
}

/// `90 days`; what is no whole number of days, as it was written.
fn age_text(age: Duration) -> String {
    let day_s = 86_400;
    match age.as_secs() {
        day if day == day_s => "1 day".to_owned(),
        days if days.is_multiple_of(day_s) => format!("{} days", days / day_s),
        _ => duration_text(age),
    }
}

/// `3.2 GB`, of 1,000 MB; `0 B` to `999 B` for what is nearly nothing.
fn size_text(bytes: u64) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!("{bytes} B"),
    }
}
