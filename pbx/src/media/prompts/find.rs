//! From the name of a prompt to its file: the site's own if it has one, else the shipped one.

use super::shipped;
use rustix::fs::OFlags;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use switchroom_flow::Language;
use switchroom_flow::clip::is_prompt_name;

/// What tells that a file is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    changed: Option<SystemTime>,
    bytes: u64,
}

/// Where a prompt is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A file of the site.
    Site(Stamp),
    /// In the program.
    Shipped(&'static [u8]),
}

impl Found {
    /// Of a file of the site.
    pub(super) fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::Site(stamp) => Some(stamp),
            Self::Shipped(_) => None,
        }
    }
}

/// Finds a prompt; `site` are the folders of the site's own.
pub(super) fn find(site: &[PathBuf], language: Language, name: &str) -> Option<Found> {
    if !is_prompt_name(name) {
        return None;
    }
    let spoken = format!("{}/{name}", language.word());
    let own = site.iter().find_map(|site| {
        let site = site.canonicalize().ok()?;
        [&spoken, name].into_iter().find_map(|name| within(&site, &site.join(format!("{name}.wav"))))
    });
    own.map(Found::Site).or_else(|| shipped::find(&spoken).map(Found::Shipped))
}

/// Prompts of all folders together that are listed.
const NAMES_MAX: usize = 20_000;
/// Folders within each other that are looked into.
const DEPTH_MAX: usize = 6;

/// Names of all prompts that would be found, by language; `site` are the folders of the site's own.
pub fn prompt_names(site: &[impl AsRef<Path>]) -> BTreeMap<Language, BTreeSet<String>> {
    let mut names = Names(Language::ALL.map(|language| (language, BTreeSet::new())).into());
    for (language, name) in shipped::names().filter_map(|name| name.split_once('/')) {
        names.add(Language::parse(language), name);
    }
    for folder in site.iter().filter_map(|folder| folder.as_ref().canonicalize().ok()) {
        names.list(&folder, &folder, "", DEPTH_MAX);
    }
    names.0
}

struct Names(BTreeMap<Language, BTreeSet<String>>);

impl Names {
    /// In a language; in all without one.
    fn add(&mut self, language: Option<Language>, name: &str) {
        for (_, names) in self.0.iter_mut().filter(|(of, _)| language.is_none_or(|language| language == **of))
        {
            names.insert(name.to_owned());
        }
    }

    /// What is in a part of a folder; `above` is what stands before names there.
    fn list(&mut self, folder: &Path, part: &Path, above: &str, depth: usize) {
        let entries = std::fs::read_dir(part).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if self.0.values().any(|names| names.len() >= NAMES_MAX) {
                return;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && depth > 0 {
                self.list(folder, &path, &format!("{above}{name}/"), depth - 1);
            } else if let Some(stem) = name.strip_suffix(".wav")
                && within(folder, &path).is_some()
            {
                let name = format!("{above}{stem}");
                let spoken =
                    name.split_once('/').and_then(|(word, rest)| Some((Language::parse(word)?, rest)));
                let (language, name) = spoken.map_or((None, name.as_str()), |(of, rest)| (Some(of), rest));
                if is_prompt_name(name) {
                    self.add(language, name);
                }
            }
        }
    }
}

/// A file of the folder, if it is one and no link leads out of the folder.
pub(super) fn within(folder: &Path, path: &Path) -> Option<Stamp> {
    let path = path.canonicalize().ok().filter(|path| path.starts_with(folder))?;
    let facts = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(Stamp { changed: facts.modified().ok(), bytes: facts.len(), path })
}

impl Stamp {
    /// Opens the file.
    pub(super) fn open(&self) -> io::Result<File> {
        open(&self.path)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Opens a file to read. What is no file (a pipe would wait for a writer) is refused.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    #[test]
    fn the_sites_prompt_comes_first_that_of_its_language_before_all() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        };
        put("menu.wav");
        put("zh/menu.wav");
        put("en/open/day.wav");
        let path = |language, name: &str| match find(&[dir.path().to_owned()], language, name) {
            Some(Found::Site(stamp)) => {
                stamp.path().strip_prefix(dir.path().canonicalize().unwrap()).unwrap().display().to_string()
            }
            Some(Found::Shipped(_)) => "shipped".to_owned(),
            None => "none".to_owned(),
        };
        assert_eq!(path(Language::En, "menu"), "menu.wav");
        assert_eq!(path(Language::Zh, "menu"), "zh/menu.wav");
        assert_eq!(path(Language::En, "open/day"), "en/open/day.wav");
        assert_eq!(path(Language::Zh, "open/day"), "none");
        // What is listed is what is found.
        for name in ["zh/Menu.wav", "zh/notes.txt", "all/a b.wav"] {
            put(name);
        }
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("en/link.wav")).unwrap();
        let names = prompt_names(&[dir.path()]);
        for language in Language::ALL {
            for name in &names[&language] {
                assert!(find(&[dir.path().to_owned()], language, name).is_some(), "{language:?} {name}");
            }
            assert!(names[&language].contains("menu") && names[&language].contains("digit/7"));
            assert_eq!(names[&language].contains("open/day"), language == Language::En);
            assert!(!names[&language].contains("link"), "it leads out");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("site");
        fs::create_dir_all(site.join("en")).unwrap();
        fs::write(dir.path().join("secret.wav"), "x").unwrap();
        fs::write(site.join("fine.wav"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.wav"), site.join("link.wav")).unwrap();
        std::os::unix::fs::symlink(dir.path(), site.join("up")).unwrap();
        std::os::unix::fs::symlink("fine.wav", site.join("other.wav")).unwrap();
        fs::create_dir(site.join("folder.wav")).unwrap();
        for name in [
            "../secret",
            "link",
            "up/secret",
            "/etc/passwd",
            "",
            "a//b",
            "a/",
            "/a",
            ".",
            "..",
            "en/../../secret",
            "Fine",
            "fine.wav",
            "fi ne",
            "fine\0",
            "f\u{ef}ne",
            "folder",
            &"a".repeat(129),
        ] {
            assert_eq!(find(std::slice::from_ref(&site), Language::En, name), None, "{name:?}");
        }
        assert!(find(std::slice::from_ref(&site), Language::En, "fine").is_some());
        assert!(
            find(std::slice::from_ref(&site), Language::En, "other").is_some(),
            "a link within the folder is a name more"
        );
        assert_eq!(find(&[dir.path().join("none")], Language::En, "fine"), None);
        assert!(open(dir.path()).is_err());
    }

    #[test]
    fn shipped_prompts_are_in_the_order_that_they_are_looked_for_in() {
        let names: Vec<&str> = shipped::names().collect();
        assert!(names.is_sorted());
        for name in names {
            let (language, name) = name.split_once('/').unwrap();
            let found = find(&[], Language::parse(language).unwrap(), name);
            assert!(matches!(found, Some(Found::Shipped(wav)) if wav.starts_with(b"RIFF")), "{name}");
        }
    }
}
