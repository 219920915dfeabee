#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use switchroom_flow::Language;
use switchroom_media::playlist::Slot;

/// For what must happen; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Rig {
    library: Arc<Prompts>,
    threads: Vec<JoinHandle<()>>,
    problems: Receiver<PromptProblem>,
    dir: tempfile::TempDir,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.library.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Rig {
    fn with(change: impl FnOnce(&mut PromptSettings)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("site")).unwrap();
        let mut settings = Self::settings(dir.path());
        change(&mut settings);
        let (tell, problems) = channel();
        let tell: PromptProblems = Arc::new(move |problem| drop(tell.send(problem)));
        let (library, threads) = Prompts::start(settings, dir.path().join("recordings"), tell).unwrap();
        Self { library, threads, problems, dir }
    }

    fn settings(dir: &Path) -> PromptSettings {
        PromptSettings { site: vec![dir.join("site")], ..PromptSettings::new(dir.join("speech")) }
    }

    /// Puts a prompt of so many milliseconds into the site's folder.
    fn put(&self, name: &str, ms: u32) {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let path = self.dir.path().join("site").join(format!("{name}.wav"));
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for n in 0..8 * ms {
            writer.write_sample((n % 50) as i16 * 100).unwrap();
        }
        writer.finalize().unwrap();
    }

    /// The piece that a clip becomes, once it is known.
    fn piece(&self, kind: Kind, clip: &Clip) -> Option<Arc<Encoded>> {
        let list = self.library.playlist(kind, 1, std::slice::from_ref(clip), false).unwrap();
        let Piece::Sound(slot) = &list.pieces[0] else { unreachable!() };
        self.await_slot(slot)
    }

    fn await_slot(&self, slot: &Slot) -> Option<Arc<Encoded>> {
        let end = crate::clock::mono_us() + PATIENCE.as_micros() as u64;
        while slot.get().is_none() {
            assert!(crate::clock::mono_us() < end, "it is never there");
            thread::sleep(Duration::from_millis(1));
        }
        slot.get().unwrap().clone()
    }

    fn problem(&self) -> PromptProblem {
        self.problems.recv_timeout(PATIENCE).expect("nothing is told to be wrong")
    }
}

fn prompt(name: &str) -> Clip {
    Clip::Prompt { language: Language::En, name: name.to_owned() }
}

#[test]
fn a_prompt_is_encoded_once_for_each_codec_and_shared() {
    let rig = Rig::with(|_| {});
    rig.put("hello", 300);
    let first = rig.piece(Kind::Pcma, &prompt("hello")).unwrap();
    let second = rig.piece(Kind::Pcma, &prompt("hello")).unwrap();
    assert!(Arc::ptr_eq(&first, &second), "the same bytes");
    assert_eq!((first.length_ms(), first.kind()), (300, Kind::Pcma));
    let opus = rig.piece(Kind::Opus, &prompt("hello")).unwrap();
    assert_eq!((opus.length_ms(), opus.kind()), (300, Kind::Opus));
    assert_eq!(rig.library.weight(), first.weight() + opus.weight());
    assert_eq!(rig.piece(Kind::Pcmu, &Clip::Beep).unwrap().length_ms(), 400);
    assert!(rig.library.playlist(Kind::Other, 1, &[], false).is_none());
    let many = vec![Clip::Pause(u32::MAX); 1000];
    let list = rig.library.playlist(Kind::Pcma, 1, &many, false).unwrap();
    assert_eq!(list.pieces.len(), CLIPS_MAX);
    assert!(matches!(list.pieces[0], Piece::Silence(PAUSE_MS_MAX)));
}

#[test]
fn what_is_missing_is_left_out_told_and_tried_again() {
    let rig = Rig::with(|_| {});
    for _ in 0..3 {
        assert!(rig.piece(Kind::Pcma, &prompt("later")).is_none());
    }
    let told = rig.problem();
    assert_eq!(told.id, "prompt:en/later");
    assert!(told.text.as_ref().unwrap().contains("there is no en/later.wav in /"), "{told:?}");
    rig.put("later", 100);
    assert!(rig.piece(Kind::Pcma, &prompt("later")).is_some());
    assert_eq!(rig.problem(), PromptProblem { id: "prompt:en/later".into(), text: None });
    for (clip, id) in [
        (prompt("../../etc/passwd"), "prompt:name"),
        (Clip::Message("../x".into()), "prompt:message"),
        (Clip::Speech { language: Language::En, text: "pin 1234".into() }, "prompt:speech"),
    ] {
        assert!(rig.piece(Kind::Pcma, &clip).is_none());
        let told = rig.problem();
        assert_eq!(told.id, id);
        assert!(!told.text.unwrap().contains("1234"));
    }
}

#[test]
fn changed_files_are_read_anew_after_a_reload_and_not_before() {
    let rig = Rig::with(|_| {});
    rig.put("hours", 100);
    rig.put("same", 100);
    let length = |name| rig.piece(Kind::Pcma, &prompt(name)).unwrap().length_ms();
    let same = rig.piece(Kind::Pcma, &prompt("same")).unwrap();
    assert_eq!(length("hours"), 100);
    rig.put("hours", 200);
    assert_eq!(length("hours"), 100, "who is in a call hears what it began with");
    rig.library.reload(Rig::settings(rig.dir.path()));
    // Files are looked at by the thread that reads them, so what is asked after is answered after.
    rig.piece(Kind::Pcma, &Clip::Beep);
    assert_eq!(length("hours"), 200);
    assert!(
        Arc::ptr_eq(&same, &rig.piece(Kind::Pcma, &prompt("same")).unwrap()),
        "what did not change is kept"
    );
    std::fs::remove_file(rig.dir.path().join("site/hours.wav")).unwrap();
    rig.library.reload(Rig::settings(rig.dir.path()));
    rig.piece(Kind::Pcmu, &Clip::Beep);
    assert!(rig.piece(Kind::Pcma, &prompt("hours")).is_none());
}

#[test]
fn what_is_on_its_way_when_it_is_forgotten_is_not_kept() {
    let rig = Rig::with(|_| {});
    rig.put("said", 150);
    let said = rig.dir.path().join("site/said.wav");
    let go = rig.dir.path().join("go");
    let speak = |wait: &str| engine(format!("{wait} cp {} \"$1\"", said.display()));
    let with = |engine| PromptSettings { engine: Some(engine), ..Rig::settings(rig.dir.path()) };
    rig.library.reload(with(speak(&format!("until [ -e {} ]; do sleep 0.01; done;", go.display()))));
    let text = Clip::Speech { language: Language::En, text: "hello".to_owned() };
    let slot = |clip: &Clip| {
        let list = rig.library.playlist(Kind::Pcma, 1, std::slice::from_ref(clip), false).unwrap();
        let Piece::Sound(slot) = &list.pieces[0] else { unreachable!() };
        slot.clone()
    };
    let before = slot(&text);
    // Another engine, while the old one speaks.
    rig.library.reload(with(speak("")));
    let after = slot(&text);
    assert!(!Arc::ptr_eq(&before, &after), "asked for again, it is spoken by the new one");
    std::fs::write(go, "").unwrap();
    let (old, new) = (rig.await_slot(&before).unwrap(), rig.piece(Kind::Pcma, &text).unwrap());
    assert!(!Arc::ptr_eq(&old, &new));
}

#[test]
fn what_is_faulty_though_it_is_heard_is_told_again_after_a_reload() {
    let rig = Rig::with(|_| {});
    rig.put("half", 300);
    let path = rig.dir.path().join("site/half.wav");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(rig.piece(Kind::Pcma, &prompt("half")).is_some());
    assert!(rig.problem().text.unwrap().contains("its end is missing"));
    // Nothing was mended.
    rig.library.reload(Rig::settings(rig.dir.path()));
    assert_eq!(rig.problem(), PromptProblem { id: "prompt:en/half".into(), text: None });
    assert!(rig.piece(Kind::Pcma, &prompt("half")).is_some());
    assert!(rig.problem().text.unwrap().contains("its end is missing"));
    std::fs::write(&path, whole).unwrap();
    rig.library.reload(Rig::settings(rig.dir.path()));
    assert_eq!(rig.problem().text, None);
    assert_eq!(rig.piece(Kind::Pcma, &prompt("half")).unwrap().length_ms(), 300);
    assert!(rig.problems.try_recv().is_err());
}

#[test]
fn too_many_at_once_are_told_until_all_are_through() {
    let rig = Rig::with(|_| {});
    let go = rig.dir.path().join("go");
    let script = format!("until [ -e {} ]; do sleep 0.01; done; exit 1", go.display());
    rig.library.reload(PromptSettings { engine: Some(engine(script)), ..Rig::settings(rig.dir.path()) });
    let text = |number: usize| Clip::Speech { language: Language::En, text: number.to_string() };
    let all: Vec<Clip> = (0..JOBS_MAX + 10).map(text).collect();
    for some in all.chunks(CLIPS_MAX) {
        rig.library.playlist(Kind::Pcma, 1, some, false).unwrap();
    }
    assert_eq!(rig.problem().id, "prompt:busy_speech");
    std::fs::write(go, "").unwrap();
    assert_eq!(rig.problem().id, "prompt:speech");
    assert_eq!(rig.problem(), PromptProblem { id: "prompt:busy_speech".into(), text: None });
}

#[test]
fn a_long_message_holds_up_neither_prompts_nor_the_end() {
    let rig = Rig::with(|_| {});
    rig.put("head", 0);
    // An hour of silence, of which the disk holds the head alone.
    let head = std::fs::read(rig.dir.path().join("site/head.wav")).unwrap();
    let bytes = 3_600 * 16_000u32;
    let mut long = head[..40].to_vec();
    long[4..8].copy_from_slice(&(bytes + 36).to_le_bytes());
    long.extend(bytes.to_le_bytes());
    let folder = rig.dir.path().join("recordings/messages/2026/11");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("m-1.wav"), long).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.join("m-1.wav")).unwrap();
    file.set_len(u64::from(bytes) + 44).unwrap();
    let list = rig.library.playlist(Kind::Opus, 1, &[Clip::Message("m-1".into())], false).unwrap();
    let Piece::Sound(message) = &list.pieces[0] else { unreachable!() };
    assert!(rig.piece(Kind::Pcma, &prompt("digit/7")).is_some());
    assert!(message.get().is_none(), "on its way, and no fault");
    rig.library.stop();
    let began = crate::clock::mono_us();
    rig.await_slot(message);
    assert!(crate::clock::mono_us() - began < 3_000_000, "it is left");
    assert!(rig.problems.try_recv().is_err());
}

#[test]
fn memory_is_bounded() {
    let rig = Rig::with(|settings| settings.memory_bytes_max = 10_000);
    for number in 0..20 {
        rig.put(&format!("p{number}"), 200);
        rig.piece(Kind::Pcma, &prompt(&format!("p{number}"))).unwrap();
        assert!(rig.library.weight() <= 10_000);
    }
    assert!(rig.library.weight() >= 8_000);
}

/// An engine that speaks by copying a file, and notes it.
fn engine(script: String) -> SpeechEngine {
    SpeechEngine {
        argv: ["/bin/sh", "-c", &script, "engine", "{output}"].map(str::to_owned).to_vec(),
        voice_en: String::new(),
        voice_zh: String::new(),
        timeout: Duration::from_secs(5),
    }
}

#[test]
fn texts_are_spoken_once_for_all_codecs_and_an_engine_that_fails_gets_a_rest() {
    let rig = Rig::with(|_| {});
    rig.put("said", 150);
    let (said, log) = (rig.dir.path().join("site/said.wav"), rig.dir.path().join("log"));
    let speak = format!("echo x >> {}; cp {} \"$1\"", log.display(), said.display());
    let with = |engine| PromptSettings { engine: Some(engine), ..Rig::settings(rig.dir.path()) };
    rig.library.reload(with(engine(speak)));
    let text = |text: &str| Clip::Speech { language: Language::Zh, text: text.to_owned() };
    for kind in KINDS {
        assert!(rig.piece(kind, &text("hello")).unwrap().length_ms() >= 150);
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "x\n");
    // Another engine, which fails.
    rig.library.reload(with(engine(format!("echo y >> {}; exit 1", log.display()))));
    for number in 0..5 {
        assert!(rig.piece(Kind::Pcma, &text(&format!("text {number}"))).is_none());
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "x\ny\n", "asked once, and left alone");
    assert_eq!(rig.problem().id, "prompt:speech");
    // Prompts do not wait for it.
    rig.library.reload(with(engine("sleep 60".into())));
    let list = rig.library.playlist(Kind::Pcma, 1, &[text("slow")], false).unwrap();
    assert!(rig.piece(Kind::Pcma, &prompt("said")).is_some());
    let Piece::Sound(slow) = &list.pieces[0] else { unreachable!() };
    assert!(slow.get().is_none(), "still on its way");
    rig.library.stop();
    // The engine is ended with us: dropping the rig joins its thread.
}
