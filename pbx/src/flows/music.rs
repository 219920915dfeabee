//! Folders of music: the configuration names them, and exchange and media are told of the prompts in them.

use crate::config::{Loaded, MUSIC_MAX};
use crate::media::{PromptFolder, prompt_folder};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with a folder.
pub(super) struct Wrong {
    pub(super) is_warning: bool,
    pub(super) what: String,
    pub(super) hint: String,
}

/// Whether an entry of `music` is a folder and no prompt.
pub(super) fn is_folder(entry: &str) -> bool {
    entry.ends_with('/')
}

/// What is in the folder of an entry, if it is one.
fn folder(entry: &str, prompts: &[PathBuf]) -> Option<PromptFolder> {
    entry.strip_suffix('/').map(|name| prompt_folder(prompts, name))
}

/// The prompts of a list of music, those of folders among them, at most as many as may be.
fn unfolded(entries: &[String], prompts: &[PathBuf]) -> Vec<String> {
    let names = entries.iter().flat_map(|entry| match folder(entry, prompts) {
        Some(found) => found.names,
        None => vec![entry.clone()],
    });
    names.take(MUSIC_MAX).collect()
}

/// Puts the prompts of folders into their places.
pub(super) fn unfold(loaded: &mut Loaded) {
    let prompts = &loaded.shell.flows.prompts;
    let has_folder = |music: &[String]| music.iter().any(|entry| is_folder(entry));
    if has_folder(&loaded.config.hold_music) {
        loaded.config.hold_music = unfolded(&loaded.config.hold_music, prompts);
    }
    if loaded.config.floor.queues.values().any(|queue| has_folder(&queue.music)) {
        for queue in Arc::make_mut(&mut loaded.config.floor).queues.values_mut() {
            queue.music = unfolded(&queue.music, prompts);
        }
    }
}

/// What is wrong with the folders that a configuration names.
pub(super) fn wrong(loaded: &Loaded) -> Vec<Wrong> {
    let prompts = &loaded.shell.flows.prompts;
    let queues = loaded.config.floor.queues.iter();
    let queues = queues.map(|(name, queue)| (format!("queue {name} plays"), &queue.music));
    let holds = ("who is held hears".to_owned(), &loaded.config.hold_music);
    let mut all = Vec::new();
    for (whose, entries) in queues.chain([holds]) {
        let mut count = 0;
        for entry in entries {
            let Some(found) = folder(entry, prompts) else {
                count += 1;
                continue;
            };
            let says = format!("{whose} \"{entry}\"");
            if count < MUSIC_MAX && count + found.names.len() > MUSIC_MAX {
                all.push(too_many(&says, &found.names[MUSIC_MAX - count]));
            }
            count += found.names.len();
            all.extend(unheard(&says, entry, &found, prompts));
        }
    }
    all
}

fn too_many(says: &str, first: &str) -> Wrong {
    Wrong {
        is_warning: false,
        what: format!(
            "{says}, and that makes more than {MUSIC_MAX} prompts: \"{first}\" and what follows is left out"
        ),
        hint: format!("leave {MUSIC_MAX} WAV files in its folders together, and reload"),
    }
}

/// What of a folder nobody hears.
fn unheard(says: &str, entry: &str, found: &PromptFolder, prompts: &[PathBuf]) -> Option<Wrong> {
    let place = found.places.first().cloned();
    let place = place.unwrap_or_else(|| prompts.first().map_or(Path::new(""), PathBuf::as_path).join(entry));
    let place = place.display().to_string();
    let place = place.trim_end_matches('/');
    if found.is_too_large {
        let what = format!("{says}, and there are too many files in it, so that none is heard");
        let hint = format!("keep nothing but WAV files in {place}, and reload");
        return Some(Wrong { is_warning: false, what, hint });
    }
    let (what, hint) = match (found.places.is_empty(), found.unfit.as_slice()) {
        (true, _) => (
            format!("{says}, and there is no such folder of prompts"),
            format!("make {place}, no link to elsewhere, put WAV files into it, and reload"),
        ),
        (false, [first, more @ ..]) => {
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            (
                format!("{says}, and \"{}\"{more} in it cannot be heard", first.escape_debug()),
                "name such files with a-z, 0-9, _ and - only, as waltz-1.wav, put them there and no links to elsewhere, and reload"
                    .to_owned(),
            )
        }
        (false, []) if found.names.is_empty() => (
            format!("{says}, and there is no WAV file in it"),
            format!("put some into {place}, as {place}/waltz.wav, and reload"),
        ),
        (false, []) => return None,
    };
    Some(Wrong { is_warning: true, what, hint })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::config::{self, Loaded};
    use crate::flows::{InForce, load};
    use std::fs;
    use std::path::Path;
    use switchroom_flow::Flows;

    fn put(dir: &Path, name: &str) {
        let path = dir.join("prompts").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "RIFF").unwrap();
    }

    fn loaded(dir: &Path, music: &str) -> Loaded {
        let text = format!("[media]\nhold_music = [\"hold/\"]\n[queues.q]\nmusic = {music}\n[queues.r]\n");
        config::parse(&text, &dir.join("switchroom.toml"), dir).unwrap()
    }

    /// What is told of a configuration: error or warning, what, and what to do.
    fn told(dir: &Path, music: &str) -> Vec<(bool, String, String)> {
        let found = load(&loaded(dir, music), &Flows::new());
        let faults = found.faults.into_iter();
        faults.map(|fault| (!fault.is_warning, fault.what, fault.hint.unwrap_or_default())).collect()
    }

    #[test]
    fn a_folder_is_the_prompts_that_are_in_it_when_the_configuration_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["music/b.wav", "music/a.wav", "hold/x.wav", "one.wav", "en/menu.wav"] {
            put(dir.path(), name);
        }
        let in_force = InForce::default();
        let renewed = || {
            let mut loaded = loaded(dir.path(), "[\"one\", \"music/\", \"one\"]");
            let said = in_force.renew(&mut loaded);
            assert_eq!(said, (Vec::new(), None));
            let queues = &loaded.config.floor.queues;
            assert!(queues["r"].music.is_empty(), "who names none hears ringing");
            (queues["q"].music.clone(), loaded.config.hold_music)
        };
        assert_eq!(told(dir.path(), "[\"one\", \"music/\"]"), []);
        let (music, held) = renewed();
        assert_eq!(music, ["one", "music/a", "music/b", "one"]);
        assert_eq!(held, ["hold/x"]);
        put(dir.path(), "music/aa.wav");
        put(dir.path(), "hold/w.wav");
        fs::remove_file(dir.path().join("prompts/music/b.wav")).unwrap();
        let (music, held) = renewed();
        assert_eq!(music, ["one", "music/a", "music/aa", "one"]);
        assert_eq!(held, ["hold/w", "hold/x"]);
    }

    #[test]
    fn a_folder_that_nobody_hears_is_told_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "hold/x.wav");
        put(dir.path(), "music/notes.txt");
        let place = dir.path().join("prompts").display().to_string();
        let warns = |what: &str, hint: String| vec![(false, what.to_owned(), hint)];
        assert_eq!(
            told(dir.path(), "[\"music/\"]"),
            warns(
                "queue q plays \"music/\", and there is no WAV file in it",
                format!("put some into {place}/music, as {place}/music/waltz.wav, and reload")
            )
        );
        assert_eq!(
            told(dir.path(), "[\"musik/\"]"),
            warns(
                "queue q plays \"musik/\", and there is no such folder of prompts",
                format!("make {place}/musik, no link to elsewhere, put WAV files into it, and reload")
            )
        );
        put(dir.path(), "music/a.wav");
        put(dir.path(), "music/My Song.wav");
        put(dir.path(), "music/Track.wav");
        let said = told(dir.path(), "[\"music/\"]");
        let what = "queue q plays \"music/\", and \"My Song.wav\" and 1 more in it cannot be heard";
        assert!(said.len() == 1 && said[0].1 == what && said[0].2.contains("a-z, 0-9"), "{said:?}");
        fs::remove_dir_all(dir.path().join("prompts/hold")).unwrap();
        let said = told(dir.path(), "[]");
        assert_eq!(said[0].1, "who is held hears \"hold/\", and there is no such folder of prompts");
    }

    /// The rest is in force all the same: a file too many in a folder is no reason to take no calls.
    #[test]
    fn more_than_may_be_is_a_fault_and_the_first_are_heard() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "hold/x.wav");
        put(dir.path(), "one.wav");
        (0..100).for_each(|number| put(dir.path(), &format!("music/{number:03}.wav")));
        assert_eq!(told(dir.path(), "[\"music/\"]"), []);
        let all = "[\"one\", \"music/\"]";
        let what = "queue q plays \"music/\", and that makes more than 100 prompts: \"music/099\" and what follows is left out";
        let hint = "leave 100 WAV files in its folders together, and reload";
        assert_eq!(told(dir.path(), all), [(true, what.to_owned(), hint.to_owned())]);
        let (in_force, mut loaded) = (InForce::default(), loaded(dir.path(), all));
        let (alarms, said) = in_force.renew(&mut loaded);
        assert!(alarms.len() == 1 && alarms[0].0 == "config_names" && alarms[0].1.is_some(), "{alarms:?}");
        assert!(said.is_some_and(|said| said.starts_with(what)));
        let music = &loaded.config.floor.queues["q"].music;
        assert_eq!((music.len(), music[0].as_str(), music[99].as_str()), (100, "one", "music/098"));
    }

    #[test]
    fn no_folder_is_outside_of_the_prompts() {
        let dir = tempfile::tempdir().unwrap();
        for entry in ["../", "/", "/etc/", "music/../../", "music//", "./", "Music/"] {
            let text = format!("[queues.q]\nmusic = [\"{entry}\"]\n");
            let faults = config::parse(&text, &dir.path().join("switchroom.toml"), dir.path()).unwrap_err();
            let what = format!("2:10: \"{entry}\" is not the name of a folder of prompts");
            assert!(faults[0].to_string().contains(&what), "{}", faults[0]);
        }
    }
}
