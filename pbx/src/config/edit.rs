//! Changes a configuration file as a careful person would: only the lines meant, comments and order kept, and the
//! file replaced in one step.

use super::fault::Fault;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use switchroom_flow::fault::did_you_mean;
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// The file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It could not be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// It has faults, or would have after the change.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Faults(Vec<Fault>),
    /// It may not be, or makes no difference: why, and what to do.
    #[error("{0}")]
    Refused(String),
    /// It has no such extension.
    #[error("there is no extension {number}")]
    NoExtension {
        /// What was asked for.
        number: String,
        /// What may have been meant, or how to add it.
        hint: String,
    },
}

/// Writes both digests of a new password into `[extensions.number]` of `path`. The file is checked before and
/// after; its mode and owner stay.
///
/// # Errors
/// The file cannot be read or written, has faults, or no such extension. Nothing is changed then.
pub fn set_password(path: &Path, number: &str, password: &str) -> Result<(), EditError> {
    let io_error = |error| EditError::Io { path: path.display().to_string(), error };
    let loaded = super::load(path).map_err(EditError::Faults)?;
    if !loaded.config.extensions.contains_key(number) {
        let known = loaded.config.extensions.keys().map(String::as_str);
        let hint = did_you_mean(number, known)
            .unwrap_or_else(|| format!("add [extensions.{number}] to {}", path.display()));
        return Err(EditError::NoExtension { number: number.to_owned(), hint });
    }
    let text = fs::read_to_string(path).map_err(io_error)?;
    let fault = |what: String| EditError::Faults(vec![Fault::of_file(path, what, "switchroom check")]);
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| fault(e.to_string()))?;
    let extension = document
        .get_mut("extensions")
        .and_then(|e| e.as_table_like_mut())
        .and_then(|e| e.get_mut(number))
        .and_then(|e| e.as_table_like_mut())
        .ok_or_else(|| fault(format!("extension {number} is not a table")))?;
    write_digests(extension, &loaded.config, number, password);
    let changed = with_ends_of(&text, document.to_string());
    super::parse(&changed, path, &super::paths::base_of(path)).map_err(EditError::Faults)?;
    if replace(path, &text, changed.as_bytes()).map_err(io_error)? { Ok(()) } else { Err(written(path)) }
}

/// Somebody else was faster.
pub(super) fn written(path: &Path) -> EditError {
    EditError::Refused(format!(
        "{} was written by somebody else at this moment, so nothing was changed: look at it again",
        path.display()
    ))
}

/// Writes the digests of a password into the table of an extension.
pub(super) fn write_digests(
    extension: &mut dyn TableLike,
    config: &switchroom_exchange::Config,
    number: &str,
    password: &str,
) {
    let (md5, sha256) = super::digest::digests(number, &config.domain, password);
    // SHA-256 is asked for as soon as one extension has it, and older phones give up when they see it: so it is written
    // where it is in use, or where MD5 is not.
    let with_sha256 = !config.allow_md5 || config.extensions.values().any(|e| e.ha1_sha256.is_some());
    let mut digests = Vec::new();
    digests.extend(config.allow_md5.then_some(("digest_md5", md5)));
    digests.extend(with_sha256.then_some(("digest_sha256", sha256)));
    for (key, digest) in digests {
        set_value(extension, key, digest.into());
    }
}

/// A changed text with its lines ended as they were, where all of them ended as on other systems: `toml_edit` ends the lines it
/// writes its own way.
pub(super) fn with_ends_of(before: &str, changed: String) -> String {
    let is_of_others = before.contains('\n') && !before.replace("\r\n", "").contains('\n');
    if is_of_others { changed.replace("\r\n", "\n").replace('\n', "\r\n") } else { changed }
}

/// Sets a value in place, so that a comment behind it stays, or adds it.
pub(super) fn set_value(table: &mut dyn TableLike, key: &str, new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, Item::Value(new))),
    }
}

/// The longest password, in bytes.
const PASSWORD_BYTES_MAX: usize = 128;

/// Whether that can be a password.
///
/// # Errors
/// A sentence why it cannot.
pub fn check_password(password: &str) -> Result<(), String> {
    if password.is_empty() {
        return Err("the password is empty".to_owned());
    }
    if password.len() > PASSWORD_BYTES_MAX || password.chars().any(char::is_control) {
        return Err(format!("a password has at most {PASSWORD_BYTES_MAX} bytes and no control characters"));
    }
    Ok(())
}

/// Replaces the content of a file in one step, keeping mode and owner, on disk when it returns. Nothing is done if it is not
/// what it was `before`: somebody else has written it meanwhile. False then.
pub(super) fn replace(path: &Path, before: &str, content: &[u8]) -> io::Result<bool> {
    // A link stays a link: what it points to is replaced.
    let path = fs::canonicalize(path)?;
    let dir = path.parent().unwrap_or(Path::new("/"));
    let was = fs::metadata(&path)?;
    let mut file = tempfile::Builder::new().prefix(".switchroom.").suffix(".toml.new").tempfile_in(dir)?;
    file.write_all(content)?;
    file.as_file().set_permissions(was.permissions())?;
    keep_owner(file.as_file(), &was);
    file.as_file().sync_all()?;
    // As late as can be: an editor knows of no lock.
    if fs::read(&path)? != before.as_bytes() {
        return Ok(false);
    }
    file.persist(&path).map_err(|e| e.error)?;
    File::open(dir)?.sync_all()?;
    Ok(true)
}

/// Gives the new file the old one's owner; one who may not keeps their own.
fn keep_owner(file: &File, was: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt;
    let (user, group) = (rustix::fs::Uid::from_raw(was.uid()), rustix::fs::Gid::from_raw(was.gid()));
    let _ = rustix::fs::fchown(file, Some(user), Some(group));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_digests_change_and_the_mode_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        let text = "# ours\n[site]\ndomain = \"example.com\"  # kept\n\n[extensions.101]\nname = \"Ana\" # who\n\
                    digest_md5 = \"00000000000000000000000000000000\" # old\n\n# two\n[extensions.\"*9\"]\n";
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        set_password(&path, "101", "secret").unwrap();
        set_password(&path, "*9", "other").unwrap();
        let (md5, _) = crate::config::digests("101", "example.com", "secret");
        let (md5_9, _) = crate::config::digests("*9", "example.com", "other");
        let wanted = text.replace("00000000000000000000000000000000\" # old", &format!("{md5}\" # old"))
            + &format!("digest_md5 = \"{md5_9}\"\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn lines_end_as_they_did() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        fs::write(&path, "# ours\r\n[site]\r\ndomain = \"example.com\"\r\n[extensions.101]\r\n").unwrap();
        set_password(&path, "101", "secret").unwrap();
        let now = fs::read_to_string(&path).unwrap();
        assert_eq!(now.matches("\r\n").count(), now.matches('\n').count(), "{now:?}");
        assert!(now.starts_with("# ours\r\n[site]\r\n"), "{now:?}");
    }

    #[test]
    fn sha256_is_written_where_it_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        let (md5, sha256) = crate::config::digests("102", "example.com", "secret");
        let site = "[site]\ndomain = \"example.com\"\n";
        let used = format!("{site}[extensions.101]\ndigest_sha256 = \"{sha256}\"\n[extensions.102]\n");
        fs::write(&path, &used).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        set_password(&path, "102", "secret").unwrap();
        let both = format!("{used}digest_md5 = \"{md5}\"\ndigest_sha256 = \"{sha256}\"\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), both);
        let only = format!("{site}[sip]\nmd5 = false\n[extensions.102]\n");
        fs::write(&path, &only).unwrap();
        set_password(&path, "102", "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{only}digest_sha256 = \"{sha256}\"\n"));
    }

    #[test]
    fn an_unknown_extension_and_a_faulty_file_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        fs::write(&path, "[extensions.101]\n").unwrap();
        match set_password(&path, "110", "x").unwrap_err() {
            EditError::NoExtension { hint, .. } => assert_eq!(hint, "did you mean \"101\"?"),
            other => panic!("{other}"),
        }
        fs::write(&path, "[extensions.101]\nnam = 1\n").unwrap();
        assert!(matches!(set_password(&path, "101", "x"), Err(EditError::Faults(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "[extensions.101]\nnam = 1\n");
    }
}
