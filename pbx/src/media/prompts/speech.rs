//! Text spoken by an engine that the site chose: a program that reads text and writes a WAV file.
//!
//! The program is started directly, without a shell, with the arguments of the configuration; the text goes to its
//! standard input and nowhere else. It has so much time and so much disk, and is killed with all that it started when it
//! takes more. What it spoke is kept under the hash of text, voice and engine, and is spoken once.

use super::find;
use crate::clock;
use crate::program::{self, Output};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use switchroom_flow::Language;

/// No text is longer, bytes.
const TEXT_BYTES_MAX: usize = 4_000;
/// No file of an engine may be longer.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// What an engine says of its failure is cut here.
const WORDS_MAX: usize = 300;
/// In arguments: where the voice and the file go.
const VOICE: &str = "{voice}";
const OUTPUT: &str = "{output}";

/// A speech engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechEngine {
    /// The program and its arguments; `{voice}` and `{output}` stand for the voice and the WAV file to be written; without
    /// `{output}` it is written to standard output. The text comes by standard input, in UTF-8.
    pub argv: Vec<String>,
    /// The voice for English: whatever the program calls it, a name or a file.
    pub voice_en: String,
    /// The voice for Mandarin.
    pub voice_zh: String,
    /// It may take so long for one text.
    pub timeout: Duration,
}

impl SpeechEngine {
    /// espeak-ng, or what takes the same arguments.
    pub fn espeak(program: &Path) -> Self {
        let argv = ["-v", VOICE, "-w", OUTPUT, "--stdin"];
        Self::new(program, &argv, "en", "cmn")
    }

    /// Piper; a voice is the file of a model.
    pub fn piper(program: &Path, model_en: &str, model_zh: &str) -> Self {
        Self::new(program, &["--model", VOICE, "--output_file", OUTPUT], model_en, model_zh)
    }

    fn new(program: &Path, arguments: &[&str], voice_en: &str, voice_zh: &str) -> Self {
        let program = program.to_string_lossy().into_owned();
        Self {
            argv: std::iter::once(program).chain(arguments.iter().map(|a| (*a).to_owned())).collect(),
            voice_en: voice_en.to_owned(),
            voice_zh: voice_zh.to_owned(),
            timeout: Duration::from_secs(10),
        }
    }

    /// Another program, that writes WAV to its standard output, unless `{output}` is added to its arguments.
    pub fn program(program: &Path) -> Self {
        Self::new(program, &[], "en", "zh")
    }

    /// espeak-ng, if it is installed.
    pub fn installed() -> Option<Self> {
        on_path("espeak-ng").map(|program| Self::espeak(&program))
    }

    fn voice(&self, language: Language) -> &str {
        match language {
            Language::En => &self.voice_en,
            Language::Zh => &self.voice_zh,
        }
    }

    /// What a text spoken by it is kept under.
    fn key(&self, language: Language, text: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [text, self.voice(language)].into_iter().chain(self.argv.iter().map(String::as_str)) {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A program of that name on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file())
}

/// Whether that is a text to be spoken.
///
/// # Errors
/// Words for the administrator, if it is not.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
        return Err(format!("a text to be spoken has 1 to {TEXT_BYTES_MAX} bytes, not {}", text.len()));
    }
    Ok(())
}

/// Where spoken text is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpeechCache {
    pub(super) dir: PathBuf,
    pub(super) bytes_max: u64,
}

impl SpeechCache {
    /// The file of a text, spoken now if it was not before. `is_stopping` ends the wait for the engine.
    ///
    /// # Errors
    /// Words for the administrator: what the engine did. The text is not in them.
    pub(super) fn file(
        &self,
        engine: &SpeechEngine,
        language: Language,
        text: &str,
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<File, String> {
        let key = engine.key(language, text);
        let path = self.dir.join(format!("{key}.wav"));
        if let Some(file) = find::open(&path).ok().filter(|file| hound::WavReader::new(file).is_ok()) {
            drop(file);
            return find::open(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
        }
        let cannot = |error: io::Error| format!("{} cannot be written: {error}", self.dir.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(cannot)?;
        let part = self.dir.join(format!("{key}.part.wav"));
        discard(&part);
        let spoken = render(engine, language, text, &part, is_stopping);
        let checked = spoken.and_then(|()| {
            let file = find::open(&part).map_err(|error| format!("it wrote no file: {error}"))?;
            hound::WavReader::new(&file).map_err(|error| format!("it wrote no WAV file: {error}"))?;
            fs::rename(&part, &path).map_err(cannot)
        });
        if let Err(why) = checked {
            discard(&part);
            let program = engine.argv.first().map(String::as_str).unwrap_or_default();
            return Err(format!("{program} could not speak a text: {why}"));
        }
        self.make_room();
        find::open(&path).map_err(cannot)
    }

    /// A file that was kept turned out to be no good.
    pub(super) fn forget(&self, engine: &SpeechEngine, language: Language, text: &str) {
        let _ = fs::remove_file(self.dir.join(format!("{}.wav", engine.key(language, text))));
    }

    /// Deletes the oldest files until there is room.
    fn make_room(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((facts.modified().ok()?, facts.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, length, path) in files {
            if bytes <= self.bytes_max {
                break;
            }
            if fs::remove_file(&path).is_ok() {
                bytes -= length;
            }
        }
    }
}

/// Removes what an engine left, whatever it made of it.
fn discard(path: &Path) {
    if fs::remove_file(path).is_err() {
        let _ = fs::remove_dir_all(path);
    }
}

/// Has a text spoken into a file.
fn render(
    engine: &SpeechEngine,
    language: Language,
    text: &str,
    to: &Path,
    is_stopping: &dyn Fn() -> bool,
) -> Result<(), String> {
    let path = to.to_string_lossy();
    let place = |argument: &String| argument.replace(VOICE, engine.voice(language)).replace(OUTPUT, &path);
    let writes_file = engine.argv.iter().any(|argument| argument.contains(OUTPUT));
    let output = if writes_file {
        Output::Nothing
    } else {
        Output::File(File::create(to).map_err(|error| format!("{path} cannot be written: {error}"))?)
    };
    let argv: Vec<String> = engine.argv.iter().map(place).collect();
    let end_us =
        clock::mono_us().saturating_add(u64::try_from(engine.timeout.as_micros()).unwrap_or(u64::MAX));
    let mut may_go_on = || {
        if clock::mono_us() >= end_us {
            return Err(format!("took longer than {} s", engine.timeout.as_secs_f32()));
        }
        if fs::metadata(to).is_ok_and(|facts| facts.len() > FILE_BYTES_MAX) {
            return Err(format!("wrote more than {} MB", FILE_BYTES_MAX >> 20));
        }
        if is_stopping() { Err("was ended, because we stop".to_owned()) } else { Ok(()) }
    };
    let ended = program::run(&argv, text.as_bytes(), output, &mut may_go_on)
        .map_err(|error| format!("it {error}"))?;
    if ended.status.success() {
        return Ok(());
    }
    Err(format!("it ended with {}{}", ended.status, words(&ended.complaint)))
}

/// What it said of its failure last, without control characters.
fn words(complaint: &[u8]) -> String {
    let end = complaint.get(complaint.len().saturating_sub(WORDS_MAX)..).unwrap_or_default();
    let said = switchroom_exchange::clean(String::from_utf8_lossy(end).trim());
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use super::*;

    const NEVER: &dyn Fn() -> bool = &|| false;

    #[test]
    fn a_program_without_a_place_for_its_file_writes_to_its_output() {
        let dir = tempfile::tempdir().unwrap();
        let wav = dir.path().join("fixed.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
        (0..800).for_each(|n| writer.write_sample(n as i16).unwrap());
        writer.finalize().unwrap();
        let mut engine = SpeechEngine::program(Path::new("/bin/cat"));
        engine.argv.push(wav.to_string_lossy().into_owned());
        let to = dir.path().join("spoken.wav");
        render(&engine, Language::En, "hello", &to, NEVER).unwrap();
        assert_eq!(fs::read(&to).unwrap(), fs::read(&wav).unwrap());
    }

    /// An engine that is a script; it is given the file and the voice as arguments.
    fn engine(script: &str) -> SpeechEngine {
        let argv = ["/bin/sh", "-c", script, "engine", OUTPUT, VOICE];
        SpeechEngine {
            argv: argv.map(str::to_owned).to_vec(),
            voice_en: "ann".into(),
            voice_zh: "mei".into(),
            timeout: Duration::from_millis(700),
        }
    }

    fn wav(dir: &Path) -> PathBuf {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let path = dir.join("said.wav");
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..800i16 {
            writer.write_sample(n * 40).unwrap();
        }
        writer.finalize().unwrap();
        path
    }

    #[test]
    fn a_text_is_spoken_once_and_reaches_the_engine_by_its_input_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SpeechCache { dir: dir.path().join("speech"), bytes_max: 1 << 20 };
        let log = dir.path().join("log");
        let script = format!(
            "{{ echo \"$2:\"; cat; echo; }} >> {log}; cp {wav} \"$1\"",
            log = log.display(),
            wav = wav(dir.path()).display()
        );
        let engine = engine(&script);
        let text = "$(touch /tmp/x); `id` \"quoted\" \u{4f60}\u{597d} --version";
        for _ in 0..3 {
            assert!(cache.file(&engine, Language::En, text, NEVER).is_ok());
        }
        assert!(cache.file(&engine, Language::Zh, text, NEVER).is_ok(), "another voice is another sound");
        assert_eq!(fs::read_to_string(&log).unwrap(), format!("ann:\n{text}\nmei:\n{text}\n"));
        let names: Vec<_> = fs::read_dir(&cache.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2);
        assert!(names.iter().all(|name| name.len() == 68), "{names:?}");
        // Cut off by a crash of the machine: it is spoken again.
        let path = cache.dir.join(&names[0]);
        fs::write(&path, "RIFF").unwrap();
        assert!(cache.file(&engine, Language::En, text, NEVER).is_ok());
        assert!(cache.file(&engine, Language::Zh, text, NEVER).is_ok());
        assert_eq!(fs::read_to_string(&log).unwrap().matches(':').count(), 3);
    }

    #[test]
    fn an_engine_that_fails_hangs_or_floods_is_told_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SpeechCache { dir: dir.path().join("speech"), bytes_max: 1 << 20 };
        let said = |script: &str| {
            let began = clock::mono_us();
            let error = cache.file(&engine(script), Language::En, "hello there", NEVER).err().unwrap();
            assert!(clock::mono_us() - began < 10_000_000, "{script}");
            assert!(!error.contains("hello"), "the text may be a secret: {error}");
            error
        };
        assert!(said("echo 'no such voice\u{1b}[2J' >&2; exit 3").contains("exit status: 3: no such voice"));
        assert!(said("sleep 60").contains("longer than 0.7 s"));
        assert!(said("(sleep 60) & sleep 60").contains("longer than"));
        assert!(said("exit 0").contains("it wrote no file"));
        assert!(said("echo not a wave > $1").contains("no WAV file"));
        assert!(said("mkdir $1").contains("no file"));
        assert!(said("mkfifo $1").contains("no file"));
        let _ = fs::remove_dir_all(&cache.dir);
        assert!(said("truncate -s 100M $1; sleep 60").contains("more than 64 MB"));
        assert!(
            said("head -c 200000 /dev/zero >&2; exit 4").contains("exit status: 4"),
            "it need not wait for us"
        );
        let none = SpeechEngine::espeak(Path::new("/nowhere/espeak-ng"));
        let error = cache.file(&none, Language::En, "x", NEVER).err().unwrap();
        assert!(error.contains("/nowhere/espeak-ng") && error.contains("it cannot be started"), "{error}");
        for text in ["", "  ", &"x".repeat(4_001)] {
            assert!(check(text).err().unwrap().contains("4000 bytes"));
        }
        let stopped = cache.file(&engine("sleep 60"), Language::En, "x", &|| true).err().unwrap();
        assert!(stopped.contains("because we stop"));
        let left: Vec<_> = fs::read_dir(&cache.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn the_oldest_files_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SpeechCache { dir: dir.path().join("speech"), bytes_max: 5_000 };
        let engine = engine(&format!("cp {} \"$1\"", wav(dir.path()).display()));
        for number in 0..6 {
            cache.file(&engine, Language::En, &format!("text {number}"), NEVER).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(fs::read_dir(&cache.dir).unwrap().count(), 3, "1644 bytes each");
        let newest = cache.dir.join(format!("{}.wav", engine.key(Language::En, "text 5")));
        assert!(newest.exists());
    }

    #[test]
    fn espeak_speaks_both_languages_if_it_is_there() {
        let Some(engine) = SpeechEngine::installed() else { return println!("skipped: no espeak-ng here") };
        let dir = tempfile::tempdir().unwrap();
        let cache = SpeechCache { dir: dir.path().to_path_buf(), bytes_max: 1 << 20 };
        for (language, text) in [(Language::En, "Good morning"), (Language::Zh, "\u{4f60}\u{597d}")] {
            let file = cache.file(&engine, language, text, NEVER).unwrap();
            let length = hound::WavReader::new(file).unwrap().duration();
            assert!(length > 5_000, "{language:?}: {length} samples");
        }
    }
}
