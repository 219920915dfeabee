//! The last configuration that was good: kept for a start with one that is not.

use crate::config::{self, Fault, Loaded};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Folders of the store that are looked into where the file does not say which it is.
const USUAL: [&str; 3] = ["data", "store", "."];

/// Where it is kept, by the folder of the store.
pub(super) fn copy_in(data_dir: &Path) -> PathBuf {
    data_dir.join("last-good.toml")
}

/// Keeps a copy of a configuration that was good. Its absence costs only the safety net.
pub(super) fn keep_good(loaded: &Loaded) {
    let (path, dir) = (&loaded.path, &loaded.shell.data_dir);
    let put = || {
        // Beside it first, so that a full disk does not cost the one before.
        let mut file = tempfile::Builder::new().prefix(".last-good.").tempfile_in(dir)?;
        file.write_all(loaded.text.0.as_bytes())?;
        // Before it takes the place of the one before: an empty copy would be none.
        file.as_file().sync_all()?;
        file.persist(copy_in(dir)).map(drop).map_err(|error| error.error)
    };
    let kept: io::Result<()> = put();
    if let Err(error) = kept {
        tracing::warn!("cannot keep a copy of {} in {}: {error}", path.display(), dir.display());
    }
}

/// Loads the configuration to start with: the file, or, if that has faults, the last one that had none, so that a slip
/// of the pen does not turn a restart into an outage. The text says what is wrong with the file.
///
/// # Errors
/// The faults, if there is nothing to fall back to.
pub fn load(path: &Path) -> Result<(Loaded, Option<String>), Vec<Fault>> {
    match config::load(path) {
        Ok(loaded) => {
            if std::fs::DirBuilder::new().recursive(true).mode(0o750).create(&loaded.shell.data_dir).is_ok() {
                keep_good(&loaded);
            }
            Ok((loaded, None))
        }
        Err(faults) => {
            let base = config::base_of(path);
            let Some((copy, text)) = find_copy(path, &base) else { return Err(faults) };
            // Lists and flows are beside the file, not beside its copy.
            let Ok(loaded) = config::parse_copy(&text, path, &base) else { return Err(faults) };
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            let text = format!(
                "{} has {} faults, so the last good configuration is in force ({}, kept {}); the first: {first}",
                path.display(),
                faults.len(),
                copy.display(),
                age_of(&copy)
            );
            Ok((loaded, Some(text)))
        }
    }
}

/// The copy that is there, and what it says: in the folder that the file names, as far as that can be made out, or, if it names none,
/// in a usual place. Where it names one that cannot be made out, or is not there, none is looked for: what lies in the usual places
/// is from before the store was moved, and so is the store beside it.
fn find_copy(path: &Path, base: &Path) -> Option<(PathBuf, String)> {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let dirs = match store_of(&text) {
        Store::At(dir) => vec![dir],
        Store::Unnamed => USUAL.map(PathBuf::from).into(),
        Store::Unknown => return None,
    };
    let copies = dirs.into_iter().map(|dir| copy_in(&base.join(dir)));
    // One that says nothing would be a configuration without extensions.
    copies.filter_map(|copy| Some((std::fs::read_to_string(&copy).ok()?, copy))).find_map(|(text, copy)| {
        let says_something = text.lines().any(|line| !matches!(line.trim().chars().next(), None | Some('#')));
        says_something.then_some((copy, text))
    })
}

/// How long ago a copy was written, in words.
fn age_of(copy: &Path) -> String {
    let written = std::fs::metadata(copy).and_then(|of| of.modified()).ok();
    let Some(age) = written.and_then(|written| written.elapsed().ok()) else { return "lately".to_owned() };
    match age.as_secs() / 3_600 {
        0 => format!("{} min ago", age.as_secs() / 60),
        hours @ 1..48 => format!("{hours} h ago"),
        hours => format!("{} days ago", hours / 24),
    }
}

/// Where a file says that the store is.
enum Store {
    At(PathBuf),
    Unnamed,
    /// It may say so, and cannot be understood.
    Unknown,
}

/// Reads `dir` of `[store]` as the configuration is read: also of a text with faults, as far as TOML can be made out of it.
fn store_of(text: &str) -> Store {
    let (root, errors) = DeTable::parse_recoverable(text);
    let store = root.get_ref().get("store").map(|store| store.get_ref());
    let dir = store.and_then(|store| store.as_table()?.get("dir")).map(|dir| dir.get_ref());
    match dir {
        Some(dir) => match dir.as_str() {
            Some(dir) if !dir.is_empty() => Store::At(PathBuf::from(dir)),
            _ => Store::Unknown,
        },
        // What was lost to a fault may have been it.
        None if !errors.is_empty() && mentions_store(text) => Store::Unknown,
        None => Store::Unnamed,
    }
}

fn mentions_store(text: &str) -> bool {
    text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains("store"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A slip elsewhere in the file, and a line that is no TOML at all.
    #[test]
    fn a_file_with_faults_is_replaced_by_its_last_good_copy_wherever_the_store_is() {
        for slip in ["[sip]\ncalls_max = \"many\"\n", "[sip\n"] {
            for store in [
                "",
                "[store] # on the large disk\ndir = \"state/pbx\" # here\n",
                "[store]\ndir = 'elsewhere'\n",
            ] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("switchroom.toml");
                let good = format!("[site]\nname = \"Tea\"\n{store}[extensions.101]\n");
                std::fs::write(&path, &good).unwrap();
                assert_eq!(load(&path).unwrap().1, None);
                std::fs::write(&path, format!("{good}{slip}")).unwrap();
                let (loaded, wrong) = load(&path).unwrap();
                assert_eq!(loaded.config.site, "Tea", "{store}{slip}");
                assert!(wrong.unwrap().contains("the last good configuration is in force"), "{store}{slip}");
            }
        }
    }

    /// Such a file would be a configuration in which nobody is known.
    #[test]
    fn a_copy_that_says_nothing_or_cannot_be_read_is_none() {
        for copy in [&b""[..], b"\n# moved\n", b"[site]\nname = \"\xff\"\n"] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("switchroom.toml");
            std::fs::write(&path, "[sip\n").unwrap();
            std::fs::write(copy_in(dir.path()), copy).unwrap();
            assert!(load(&path).is_err());
        }
    }

    /// What lies where the store was before is not what was good last.
    #[test]
    fn a_copy_of_before_the_store_was_moved_is_none() {
        for store in ["dir = /srv/pbx", "dir = \"/nowhere/mounted\"", "dir = \"unclosed"] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("switchroom.toml");
            std::fs::create_dir(dir.path().join("data")).unwrap();
            std::fs::write(copy_in(&dir.path().join("data")), "[site]\nname = \"Old\"\n").unwrap();
            std::fs::write(&path, format!("[store]\n{store}\n[sip\n")).unwrap();
            assert!(load(&path).is_err(), "{store}");
        }
    }

    /// The store is found in every spelling that TOML has for it, and never in the place where it was.
    #[test]
    fn the_store_is_read_as_toml_has_it() {
        for store in [
            "store.dir = \"new\"\n",
            "store = { dir = \"new\" }\n",
            "[ store ]\ndir = \"new\"\n",
            "[store]\n\"dir\" = 'new'\n",
            "[\"store\"]\ndir = \"\"\"new\"\"\"\n",
        ] {
            for slip in ["[sip]\ncalls_max = \"many\"\n", "[sip\n"] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("switchroom.toml");
                std::fs::create_dir(dir.path().join("data")).unwrap();
                std::fs::write(copy_in(&dir.path().join("data")), "[site]\nname = \"Old\"\n").unwrap();
                std::fs::write(&path, format!("{store}{slip}")).unwrap();
                assert!(load(&path).is_err(), "{store}{slip}");
                std::fs::create_dir(dir.path().join("new")).unwrap();
                std::fs::write(copy_in(&dir.path().join("new")), "[site]\nname = \"New\"\n").unwrap();
                assert_eq!(load(&path).unwrap().0.config.site, "New", "{store}{slip}");
            }
        }
    }

    #[test]
    fn where_no_copy_is_the_faults_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        std::fs::write(&path, "[sip\n").unwrap();
        assert!(load(&path).is_err());
        assert!(load(&dir.path().join("none.toml")).is_err());
    }
}
