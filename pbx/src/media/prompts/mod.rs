//! The library of sound: from the name of a clip to packets that any number of callers share.
//!
//! Who plays asks for a playlist and gets one at once. What is on the shelf is heard from its first packet; what is not goes
//! to a thread that reads, converts and encodes it, and its place in the playlist is silence until then. Messages and texts have
//! threads of their own: messages can be long, and speech engines take their time. What cannot be had is left out, and an alarm names it.

mod find;
mod folder;
mod loader;
mod problems;
mod shelf;
mod shipped;
mod speech;
mod wav;

pub use find::prompt_names;
pub use folder::{PromptFolder, prompt_folder};
pub use problems::{PromptProblem, PromptProblems};
pub use speech::{SpeechEngine, on_path};

use loader::{Job, Loader};
use problems::Reporter;
use shelf::Shelf;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use switchroom_flow::Clip;
use switchroom_media::codec::Kind;
use switchroom_media::encoded::Encoded;
use switchroom_media::playlist::{Piece, Playlist};

/// Clips in one playlist; more are left out.
const CLIPS_MAX: usize = 256;
/// Longest pause in a playlist, milliseconds.
const PAUSE_MS_MAX: u32 = 600_000;
/// Clips that may wait to be loaded, of prompts, messages and texts each; more are left out.
const JOBS_MAX: usize = 1024;
/// Codecs that sound can be encoded for.
const KINDS: [Kind; 4] = [Kind::Pcmu, Kind::Pcma, Kind::G722, Kind::Opus];

/// What the library is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptSettings {
    /// Folders of the site's own prompts, the first one that has a prompt counts: `<language>/<name>.wav`, or `<name>.wav`
    /// for all languages.
    pub site: Vec<PathBuf>,
    /// Who speaks texts; without, they are left out.
    pub engine: Option<SpeechEngine>,
    /// Where spoken texts are kept.
    pub speech_dir: PathBuf,
    /// Bytes that they may take there.
    pub speech_bytes_max: u64,
    /// Bytes of encoded sound that are kept in memory. Read at the start only.
    pub memory_bytes_max: usize,
}

impl PromptSettings {
    /// The shipped prompts and no engine; spoken texts would be kept in `speech_dir`. 256 MB on disk, 64 MB in memory.
    pub fn new(speech_dir: PathBuf) -> Self {
        Self {
            site: Vec::new(),
            engine: None,
            speech_dir,
            speech_bytes_max: 256 << 20,
            memory_bytes_max: 64 << 20,
        }
    }
}

/// The library.
pub(super) struct Prompts {
    silence: BTreeMap<Kind, Arc<Encoded>>,
    shared: Arc<Shared>,
    jobs: Mutex<Option<Jobs>>,
}

struct Jobs {
    prompts: SyncSender<Job>,
    messages: SyncSender<Job>,
    texts: SyncSender<Job>,
}

/// What waits in one line, for a thread of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Prompts,
    /// They can be long.
    Messages,
    /// Speech engines take their time.
    Texts,
}

impl Queue {
    fn of(clip: &Clip) -> Self {
        match clip {
            Clip::Speech { .. } => Self::Texts,
            Clip::Message(_) => Self::Messages,
            Clip::Prompt { .. } | Clip::Pause(_) | Clip::Beep | Clip::Ringing => Self::Prompts,
        }
    }

    fn thread(self) -> &'static str {
        match self {
            Self::Prompts => "prompts",
            Self::Messages => "prompts-message",
            Self::Texts => "prompts-speech",
        }
    }

    /// The alarm that it is full.
    fn busy(self) -> &'static str {
        match self {
            Self::Prompts => "prompt:busy",
            Self::Messages => "prompt:busy_message",
            Self::Texts => "prompt:busy_speech",
        }
    }
}

/// What the threads share.
struct Shared {
    shelf: Mutex<Shelf>,
    settings: Mutex<Arc<PromptSettings>>,
    problems: Reporter,
    /// Files may have changed since they were read.
    is_stale: AtomicBool,
    is_stopping: AtomicBool,
}

impl Shared {
    fn with_shelf<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        work(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn settings(&self) -> Arc<PromptSettings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Prompts {
    /// Starts the threads. `recordings` is where messages lie.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(super) fn start(
        settings: PromptSettings,
        recordings: PathBuf,
        problems: PromptProblems,
    ) -> io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        let shared = Arc::new(Shared {
            shelf: Mutex::new(Shelf::new(settings.memory_bytes_max)),
            settings: Mutex::new(Arc::new(settings)),
            problems: Reporter::new(problems),
            is_stale: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
        });
        let mut threads = Vec::new();
        let mut begin = |queue: Queue| {
            let (jobs, todo) = sync_channel(JOBS_MAX);
            let loader = Loader::new(shared.clone(), recordings.clone(), queue);
            let thread = thread::Builder::new().name(queue.thread().into());
            threads.push(thread.spawn(move || loader.run(&todo))?);
            Ok::<_, io::Error>(jobs)
        };
        let jobs = Jobs {
            prompts: begin(Queue::Prompts)?,
            messages: begin(Queue::Messages)?,
            texts: begin(Queue::Texts)?,
        };
        let silence = KINDS.iter().filter_map(|kind| Some((*kind, Arc::new(Encoded::silence(*kind)?))));
        let library = Self { silence: silence.collect(), shared, jobs: Mutex::new(Some(jobs)) };
        Ok((Arc::new(library), threads))
    }

    /// A playlist for a leg of that codec; `None` for codecs that we cannot encode. Never waits for a file or an engine.
    pub(super) fn playlist(
        &self,
        kind: Kind,
        number: u64,
        clips: &[Clip],
        is_loop: bool,
    ) -> Option<Playlist> {
        let silence = self.silence.get(&kind)?.clone();
        let pieces = clips.iter().take(CLIPS_MAX).map(|clip| self.piece(kind, clip)).collect();
        Some(Playlist { number, pieces, is_loop, silence })
    }

    fn piece(&self, kind: Kind, clip: &Clip) -> Piece {
        if let Clip::Pause(ms) = clip {
            return Piece::Silence((*ms).min(PAUSE_MS_MAX));
        }
        let key = (clip.clone(), kind);
        let (slot, is_new) = self.shared.with_shelf(|shelf| shelf.get(&key));
        if is_new && !self.order(clip, Job::Load(key.clone(), slot.clone())) {
            self.shared.with_shelf(|shelf| shelf.remove_same(&key, &slot));
            let _ = slot.set(None);
            let text = "more prompts wait to be loaded than can: some callers hear none".to_owned();
            self.shared.problems.tell(Queue::of(clip).busy(), text);
        }
        Piece::Sound(slot)
    }

    /// Hands a job to the thread for that clip; false if it has too many.
    fn order(&self, clip: &Clip, job: Job) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = &*jobs else { return false };
        let thread = match Queue::of(clip) {
            Queue::Prompts => &jobs.prompts,
            Queue::Messages => &jobs.messages,
            Queue::Texts => &jobs.texts,
        };
        thread.try_send(job).is_ok()
    }

    /// New settings. Files that have changed since they were read are read anew when they are asked for next, and what was
    /// wrong is tried again; who hears something now hears it on.
    pub(super) fn reload(&self, settings: PromptSettings) {
        let before = std::mem::replace(
            &mut *self.shared.settings.lock().unwrap_or_else(PoisonError::into_inner),
            Arc::new(settings.clone()),
        );
        let is_other = before.engine != settings.engine || before.speech_dir != settings.speech_dir;
        self.shared.with_shelf(|shelf| {
            // The alarm of what is faulty is about to go; it comes back if that is read and still faulty.
            shelf.remove_all(|clip, is_faulty| is_faulty || is_other && matches!(clip, Clip::Speech { .. }));
        });
        self.shared.problems.clear_all();
        self.shared.is_stale.store(true, Ordering::Release);
        // If there is no room, there is work before which the thread looks.
        self.order(&Clip::Beep, Job::Wake);
    }

    /// A message was deleted. Costs the same however much is on the shelf: who tells must not wait, nor may media threads.
    pub(super) fn forget_message(&self, message: &str) {
        self.shared.with_shelf(|shelf| {
            for kind in KINDS {
                shelf.remove(&(Clip::Message(message.to_owned()), kind));
            }
        });
    }

    /// Ends the threads, and an engine that speaks.
    pub(super) fn stop(&self) {
        self.shared.is_stopping.store(true, Ordering::Release);
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Bytes of sound in memory.
    #[cfg(test)]
    fn weight(&self) -> usize {
        self.shared.with_shelf(|shelf| shelf.weight())
    }
}

#[cfg(test)]
mod tests;
