//! A folder of the site's own prompts: which there are in it.

use super::find::within;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use switchroom_flow::clip::is_prompt_name;

/// Files that a folder may have to be looked through.
const FILES_MAX: usize = 10_000;

/// What is in a folder of prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromptFolder {
    /// Where it is, of each of the site's folders that has it and that no link leads out of.
    pub places: Vec<PathBuf>,
    /// The prompts, in the order of their names.
    pub names: Vec<String>,
    /// WAV files that are none, because of their names or because they are links that lead out; in the order of their names.
    pub unfit: Vec<String>,
    /// It has more files than are looked through, so nothing of it counts.
    pub is_too_large: bool,
}

/// What is in the folder of that name, and in none below it; `site` are the folders of the site's own prompts. Hidden files and
/// what is no WAV file by its name are passed over.
pub fn prompt_folder(site: &[impl AsRef<Path>], folder: &str) -> PromptFolder {
    let mut found = PromptFolder::default();
    if !is_prompt_name(folder) {
        return found;
    }
    let (mut names, mut unfit) = (BTreeSet::new(), BTreeSet::new());
    for site in site.iter().filter_map(|site| site.as_ref().canonicalize().ok()) {
        let place = site.join(folder);
        let is_within = place.canonicalize().is_ok_and(|real| real.starts_with(&site) && real.is_dir());
        let Some(entries) = std::fs::read_dir(&place).ok().filter(|_| is_within) else { continue };
        for (number, path) in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).enumerate() {
            if number >= FILES_MAX {
                return PromptFolder { places: vec![place], is_too_large: true, ..PromptFolder::default() };
            }
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let is_wav = path.extension().is_some_and(|word| word.eq_ignore_ascii_case("wav"));
            if file.starts_with('.') || !is_wav || !path.is_file() {
                continue;
            }
            let name = file.strip_suffix(".wav").map(|stem| format!("{folder}/{stem}"));
            match name.filter(|name| is_prompt_name(name) && within(&site, &path).is_some()) {
                Some(name) => drop(names.insert(name)),
                None => drop(unfit.insert(file.into_owned())),
            }
        }
        found.places.push(place);
    }
    PromptFolder { names: names.into_iter().collect(), unfit: unfit.into_iter().collect(), ..found }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::media::prompts::find::find;
    use std::fs;
    use std::os::unix::fs::symlink;
    use switchroom_flow::Language;

    fn put(dir: &Path, name: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }

    #[test]
    fn its_wav_files_are_its_prompts_and_nothing_else_is() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in
            ["b.wav", "a-2.wav", "a-10.wav", ".hidden.wav", "notes.txt", "wav", "loud.mp3", "deep/c.wav"]
        {
            put(one.path(), &format!("music/{name}"));
        }
        put(one.path(), "other.wav");
        put(two.path(), "music/c.wav");
        put(two.path(), "music/b.wav");
        fs::create_dir(one.path().join("music/folder.wav")).unwrap();
        let site = [one.path(), two.path()];
        let found = prompt_folder(&site, "music");
        assert_eq!(found.names, ["music/a-10", "music/a-2", "music/b", "music/c"]);
        assert_eq!((found.unfit.len(), found.places.len(), found.is_too_large), (0, 2, false));
        let site = site.map(Path::to_owned);
        assert!(
            found.names.iter().all(|name| find(&site, Language::En, name).is_some()),
            "as they are found"
        );
        assert_eq!(prompt_folder(&site, "music/deep").names, ["music/deep/c"]);
        assert_eq!(prompt_folder(&site, "none"), PromptFolder::default());
        assert_eq!(prompt_folder(&site, "other"), PromptFolder::default());
        // What somebody meant to be heard, and nobody hears.
        put(one.path(), "music/My Song.wav");
        put(one.path(), "music/loud.WAV");
        assert_eq!(prompt_folder(&site, "music").unfit, ["My Song.wav", "loud.WAV"]);
    }

    #[test]
    fn it_is_within_the_sites_folder() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("site");
        for name in ["secret.wav", "away/secret.wav", "site/music/fine.wav", "site/all/own.wav"] {
            put(dir.path(), name);
        }
        symlink(dir.path().join("secret.wav"), site.join("music/link.wav")).unwrap();
        symlink("fine.wav", site.join("music/again.wav")).unwrap();
        symlink(dir.path().join("away"), site.join("out")).unwrap();
        symlink("all", site.join("same")).unwrap();
        let site = [site];
        let found = prompt_folder(&site, "music");
        assert_eq!(found.names, ["music/again", "music/fine"]);
        assert_eq!(found.unfit, ["link.wav"]);
        assert_eq!(prompt_folder(&site, "same").names, ["same/own"]);
        for name in ["out", "..", "../away", "music/../../away", "", "/", "music/", "."] {
            assert_eq!(prompt_folder(&site, name), PromptFolder::default(), "{name:?}");
        }
        assert_eq!(prompt_folder(&[dir.path().join("none")], "music"), PromptFolder::default());
    }

    #[test]
    fn a_folder_that_is_too_large_is_told_and_not_heard_in_part() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "music/a.wav");
        for number in 0..FILES_MAX {
            fs::write(dir.path().join(format!("music/{number}.txt")), "").unwrap();
        }
        let found = prompt_folder(&[dir.path()], "music");
        assert!(found.is_too_large && found.names.is_empty(), "{found:?}");
    }
}
