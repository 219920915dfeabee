//! The thread that turns names into sound: reads, has spoken, converts, encodes.

use super::find::{self, Found, Stamp};
use super::shelf::Key;
use super::speech::{self, SpeechCache, SpeechEngine};
use super::{Queue, Shared, wav};
use crate::clock;
use crate::media::messages;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use switchroom_flow::clip::is_prompt_name;
use switchroom_flow::{Clip, Language};
use switchroom_media::codec::Kind;
use switchroom_media::encoded::Encoded;
use switchroom_media::playlist::Slot;
use switchroom_media::tone::Tone;

/// After an engine has failed, texts are left out for so long, microseconds: callers do not wait for it one after another.
const REST_US: u64 = 30_000_000;
/// The tone after which one speaks.
const BEEP_HZ: u16 = 1_000;
const BEEP_DDB: i16 = -150;
const BEEP_MS: u32 = 400;
/// The ringing tone as most of the world outside of North America has it, and China (GB/T 3380): a second of tone and four
/// of silence.
const RINGING_HZ: u16 = 450;
const RINGING_DDB: i16 = -200;
const RINGING_MS: u32 = 1_000;
const RINGING_PAUSE_MS: u32 = 4_000;
/// Tones rise and fall within so much.
const BEEP_EDGE_MS: u32 = 10;

/// What is to be done.
pub(super) enum Job {
    /// A place is to be filled.
    Load(Key, Arc<Slot>),
    /// There is something else to look at.
    Wake,
}

/// Sound, where it was read from if that was a file of the site's, and what is wrong with it though it can be heard.
struct Loaded {
    sound: Encoded,
    stamp: Option<Stamp>,
    fault: Option<String>,
}

/// The thread's own side.
pub(super) struct Loader {
    shared: Arc<Shared>,
    recordings: PathBuf,
    queue: Queue,
    /// The engine rests until then.
    rests_until_us: u64,
    /// The engine that rests.
    resting: Option<SpeechEngine>,
}

impl Loader {
    pub(super) fn new(shared: Arc<Shared>, recordings: PathBuf, queue: Queue) -> Self {
        Self { shared, recordings, queue, rests_until_us: 0, resting: None }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Some(job) = self.next(jobs) {
            if self.queue == Queue::Prompts && self.shared.is_stale.swap(false, Ordering::AcqRel) {
                self.recheck();
            }
            match job {
                Job::Load(key, slot) => self.fill(&key, &slot),
                Job::Wake => {}
            }
        }
    }

    fn next(&self, jobs: &Receiver<Job>) -> Option<Job> {
        match jobs.try_recv() {
            Ok(job) => Some(job),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                // Not as soon as one finds room: while it is full again and again, it is too full.
                self.shared.problems.clear(self.queue.busy());
                jobs.recv().ok()
            }
        }
    }

    fn fill(&mut self, key: &Key, slot: &Arc<Slot>) {
        if self.shared.is_stopping.load(Ordering::Acquire) {
            let _ = slot.set(None);
            return;
        }
        let (clip, kind) = key;
        // A file that finds a fault in this program costs itself.
        let loaded = catch_unwind(AssertUnwindSafe(|| self.load(clip, *kind)))
            .unwrap_or_else(|_| Err("a fault of this program: please report it, with the file".to_owned()));
        let id = alarm_of(clip);
        match loaded {
            Ok(Loaded { sound, stamp, fault }) => {
                let weight = sound.weight();
                let _ = slot.set(Some(Arc::new(sound)));
                self.shared.with_shelf(|shelf| {
                    shelf.filled(key, slot, weight, stamp);
                    if fault.is_some() {
                        shelf.set_faulty(key, slot);
                    }
                });
                match fault {
                    Some(fault) => self.shared.problems.tell(&id, format!("{}: {fault}", words(clip))),
                    None => self.shared.problems.clear(&id),
                }
            }
            Err(why) => {
                let _ = slot.set(None);
                if self.shared.is_stopping.load(Ordering::Acquire) {
                    return;
                }
                // Asked for again, it is tried again.
                self.shared.with_shelf(|shelf| shelf.remove_same(key, slot));
                let text = format!("{} cannot be played, callers do not hear it: {why}", words(clip));
                self.shared.problems.tell(&id, text);
            }
        }
    }

    fn load(&mut self, clip: &Clip, kind: Kind) -> Result<Loaded, String> {
        match clip {
            Clip::Prompt { language, name } => {
                let settings = self.shared.settings();
                let found = find::find(&settings.site, *language, name).ok_or_else(|| {
                    let site: String =
                        settings.site.iter().map(|site| format!("in {} and ", site.display())).collect();
                    format!("there is no {}/{name}.wav {site}in the shipped set", language.word())
                })?;
                match &found {
                    Found::Site(stamp) => {
                        let file = stamp.open().map_err(|error| error.to_string())?;
                        let loaded = loaded(self.read(file, kind));
                        let place = |why| format!("{}: {why}", stamp.path().display());
                        Ok(Loaded { stamp: found.stamp().cloned(), ..loaded.map_err(place)? })
                    }
                    Found::Shipped(wav) => loaded(self.read(*wav, kind)),
                }
            }
            Clip::Speech { language, text } => self.speak(*language, text, kind),
            Clip::Message(id) => {
                let path = messages::find(&self.recordings, id).ok_or("there is no such message")?;
                let file = find::open(&path).map_err(|error| error.to_string())?;
                loaded(self.read(file, kind))
            }
            Clip::Beep => {
                let sound = beep(kind).ok_or("the codec cannot be encoded")?;
                Ok(Loaded { sound, stamp: None, fault: None })
            }
            Clip::Ringing => {
                let sound = ringing(kind).ok_or("the codec cannot be encoded")?;
                Ok(Loaded { sound, stamp: None, fault: None })
            }
            Clip::Pause(_) => Err("a pause is no sound".to_owned()),
        }
    }

    fn read(&self, file: impl Read, kind: Kind) -> Result<wav::Loaded, String> {
        wav::load(file, kind, &|| self.shared.is_stopping.load(Ordering::Acquire))
    }

    fn speak(&mut self, language: Language, text: &str, kind: Kind) -> Result<Loaded, String> {
        speech::check(text)?;
        let settings = self.shared.settings();
        let engine = settings
            .engine
            .clone()
            .ok_or("there is no speech engine: install espeak-ng, or configure one")?;
        let is_tired = self.resting.as_ref() == Some(&engine) && clock::mono_us() < self.rests_until_us;
        if is_tired {
            return Err("the speech engine failed a moment ago and is not asked again yet".to_owned());
        }
        let cache = SpeechCache { dir: settings.speech_dir.clone(), bytes_max: settings.speech_bytes_max };
        let shared = self.shared.clone();
        let is_stopping = move || shared.is_stopping.load(Ordering::Acquire);
        let file = cache.file(&engine, language, text, &is_stopping).inspect_err(|_| {
            self.rests_until_us = clock::mono_us() + REST_US;
            self.resting = Some(engine.clone());
        })?;
        loaded(self.read(file, kind)).inspect_err(|_| cache.forget(&engine, language, text))
    }

    /// Forgets what was read from a file that has changed since, or that another has come before.
    fn recheck(&self) {
        let settings = self.shared.settings();
        let contents = self.shared.with_shelf(|shelf| shelf.contents());
        for (key, stamp) in contents {
            let Clip::Prompt { language, name } = &key.0 else { continue };
            let found = find::find(&settings.site, *language, name);
            if found.as_ref().and_then(Found::stamp) != stamp.as_ref() {
                self.shared.with_shelf(|shelf| shelf.remove(&key));
            }
        }
    }
}

fn loaded(read: Result<wav::Loaded, String>) -> Result<Loaded, String> {
    read.map(|wav::Loaded { sound, fault }| Loaded { sound, stamp: None, fault })
}

fn beep(kind: Kind) -> Option<Encoded> {
    Encoded::new(kind, &tone(kind.rate()?, BEEP_HZ, BEEP_DDB, BEEP_MS))
}

/// One turn of the ringing tone.
fn ringing(kind: Kind) -> Option<Encoded> {
    let rate = kind.rate()?;
    let mut samples = tone(rate, RINGING_HZ, RINGING_DDB, RINGING_MS);
    samples.resize(samples.len() + (rate * RINGING_PAUSE_MS / 1000) as usize, 0);
    Encoded::new(kind, &samples)
}

/// A tone that rises and falls softly.
fn tone(rate: u32, hz: u16, ddb: i16, ms: u32) -> Vec<i16> {
    let mut samples = vec![0; (rate * ms / 1000) as usize];
    Tone::new(hz, ddb, rate).fill(&mut samples);
    let (edge, last) = (f64::from(rate * BEEP_EDGE_MS / 1000), samples.len().saturating_sub(1));
    for (at, sample) in samples.iter_mut().enumerate() {
        let inside = (at.min(last - at.min(last)) as f64 / edge).min(1.0);
        *sample = (f64::from(*sample) * inside) as i16;
    }
    samples
}

/// The id of the alarm for a clip. Names that are none of ours, and texts, do not become part of it.
fn alarm_of(clip: &Clip) -> String {
    match clip {
        Clip::Prompt { language, name } if is_prompt_name(name) => {
            format!("prompt:{}/{name}", language.word())
        }
        Clip::Prompt { .. } => "prompt:name".to_owned(),
        Clip::Speech { .. } => "prompt:speech".to_owned(),
        Clip::Message(_) => "prompt:message".to_owned(),
        Clip::Pause(_) | Clip::Beep | Clip::Ringing => "prompt:tone".to_owned(),
    }
}

/// What a clip is, in words. A text is not told: it may hold what a caller typed.
fn words(clip: &Clip) -> String {
    match clip {
        Clip::Prompt { language, name } if is_prompt_name(name) => {
            format!("the prompt {}/{name}", language.word())
        }
        Clip::Prompt { name, .. } => format!("a prompt named {:?}", switchroom_exchange::clean(name)),
        Clip::Speech { text, .. } => format!("a text of {} letters", text.chars().count()),
        Clip::Message(id) => format!("the message {}", switchroom_exchange::clean(id)),
        Clip::Pause(_) | Clip::Beep | Clip::Ringing => "the tone".to_owned(),
    }
}
