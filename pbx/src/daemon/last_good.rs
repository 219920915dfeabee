//! The last configuration that was good: kept for a start with one that is not.

use crate::config::{self, Fault, Loaded};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

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
            let Some(good) = find_copy(path, &base) else { return Err(faults) };
            let text = std::fs::read_to_string(&good).unwrap_or_default();
            // Lists and flows are beside the file, not beside its copy.
            let Ok(loaded) = config::parse_copy(&text, path, &base) else { return Err(faults) };
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            let text = format!(
                "{} has {} faults, so the last good configuration is in force; the first: {first}",
                path.display(),
                faults.len()
            );
            Ok((loaded, Some(text)))
        }
    }
}

/// The copy that is there: in the folder that the file names, as far as that can be made out, or in a usual place.
fn find_copy(path: &Path, base: &Path) -> Option<PathBuf> {
    let text = std::fs::read(path).unwrap_or_default();
    let named = store_named(&String::from_utf8_lossy(&text)).map(PathBuf::from);
    let dirs = named.into_iter().chain(USUAL.map(PathBuf::from));
    dirs.map(|dir| copy_in(&base.join(dir))).find(|copy| copy.exists())
}

/// What stands for `dir` in `[store]`, in a text that need not be TOML.
fn store_named(text: &str) -> Option<&str> {
    let of_store = text.lines().map(str::trim).skip_while(|line| !is_header(line, "[store]")).skip(1);
    let mut keys = of_store.take_while(|line| !line.starts_with('['));
    keys.find_map(|line| {
        let (_, value) = line.split_once('=').filter(|(key, _)| key.trim() == "dir")?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        value[1..].split_once(quote).map(|(dir, _)| dir)
    })
}

fn is_header(line: &str, header: &str) -> bool {
    let (line, _) = line.split_once('#').unwrap_or((line, ""));
    line.trim() == header
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

    #[test]
    fn where_no_copy_is_the_faults_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        std::fs::write(&path, "[sip\n").unwrap();
        assert!(load(&path).is_err());
        assert!(load(&dir.path().join("none.toml")).is_err());
    }
}
