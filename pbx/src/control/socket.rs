//! The socket's file: where it may be, who may open it, and that no moment leaves it open to anybody else.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// Most bytes of a socket's path: `sun_path` has 108, one of them the closing zero.
const PATH_BYTES_MAX: usize = 107;

fn fault(kind: io::ErrorKind, text: String) -> io::Error {
    io::Error::new(kind, text)
}

/// Opens the socket for the daemon's own user, or also for a group, which is `None` for the folder's or the daemon's.
/// Must be called inside a tokio runtime.
///
/// It is made under a name of its own, gets its rights, and only then its name: nobody can connect in between, and the
/// whole process keeps its umask.
///
/// # Errors
/// The path is too long, the folder is open to others, something else is in the place, another daemon answers there.
pub(super) async fn open(path: &Path, mode: u32, group: Option<u32>) -> io::Result<UnixListener> {
    let made = made_at(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    prepare(folder)?;
    vacate(path).await?;
    // Left by a start that was cut off; nobody but us can write here.
    if made.symlink_metadata().is_ok() {
        std::fs::remove_file(&made)?;
    }
    let listener = UnixListener::bind(&made)?;
    let rights = || {
        if let Some(group) = group {
            std::os::unix::fs::chown(&made, None, Some(group))?;
        }
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(mode))?;
        std::fs::rename(&made, path)
    };
    if let Err(error) = rights() {
        let _ = std::fs::remove_file(&made);
        return Err(error);
    }
    if let Some(group) = group {
        // The group must also be able to reach the socket through its folder.
        if std::os::unix::fs::chown(folder, None, Some(group)).is_ok() {
            let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o750));
        }
    }
    Ok(listener)
}

/// The name under which the socket is made, in the same folder.
fn made_at(path: &Path) -> io::Result<PathBuf> {
    let made = path.with_file_name(".new");
    let bytes = path.as_os_str().as_bytes().len().max(made.as_os_str().as_bytes().len());
    if bytes > PATH_BYTES_MAX {
        let text = format!(
            "its path takes {bytes} bytes and the system allows {PATH_BYTES_MAX}: name a shorter one with `socket` in \
             [control]"
        );
        return Err(fault(io::ErrorKind::InvalidInput, text));
    }
    Ok(made)
}

/// Makes the folder, closed to others. In a folder that others can write to they could put a socket of theirs in the
/// place of ours and be told what users tell the daemon.
fn prepare(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    }
    let facts = std::fs::metadata(folder)?;
    let shown = folder.display();
    if facts.mode() & 0o022 != 0 {
        let text = format!(
            "others can write to its folder {shown} (mode {:o}): close it with `chmod go-w {shown}`, or name a socket in a \
             folder of the daemon's own with `socket` in [control]",
            facts.mode() & 0o7777
        );
        return Err(fault(io::ErrorKind::PermissionDenied, text));
    }
    if facts.uid() != 0 && facts.uid() != rustix::process::geteuid().as_raw() {
        let text = format!(
            "its folder {shown} belongs to another user (uid {}): name a socket in a folder of the daemon's own with \
             `socket` in [control]",
            facts.uid()
        );
        return Err(fault(io::ErrorKind::PermissionDenied, text));
    }
    Ok(())
}

/// Makes sure that the place is free or holds the socket of a daemon that is no more, which the new one replaces.
async fn vacate(path: &Path) -> io::Result<()> {
    let Ok(facts) = path.symlink_metadata() else { return Ok(()) };
    if !facts.file_type().is_socket() {
        let text = "something that is no socket is in its place: move it away".to_owned();
        return Err(fault(io::ErrorKind::AlreadyExists, text));
    }
    if UnixStream::connect(path).await.is_ok() {
        return Err(fault(io::ErrorKind::AddrInUse, "another switchroom answers there".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_socket_has_its_rights_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("made/control.sock");
        run(async {
            let _listener = open(&path, 0o600, None).await.unwrap();
            assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
            assert_eq!(path.parent().unwrap().metadata().unwrap().mode() & 0o777 & !0o750, 0);
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
            assert!(UnixStream::connect(&path).await.is_ok());
            let again = open(&path, 0o600, None).await.unwrap_err();
            assert_eq!(again.to_string(), "another switchroom answers there");
        });
        // The daemon is gone, its file is not; a start that was cut off left one, too.
        std::fs::write(path.with_file_name(".new"), "").unwrap();
        run(async {
            let _listener = open(&path, 0o660, None).await.unwrap();
            assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o660);
        });
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        for mode in [0o770, 0o702, 0o1777] {
            chmod(dir.path(), mode);
            let error = run(open(&path, 0o600, None)).unwrap_err().to_string();
            assert!(error.contains("chmod go-w") && error.contains("`socket` in [control]"), "{error}");
            assert!(error.contains(&format!("mode {mode:o}")), "{error}");
            assert!(!path.exists());
        }
        // A folder of one's own inside one for all is what temporary folders are.
        let inner = dir.path().join("own");
        std::fs::create_dir(&inner).unwrap();
        chmod(&inner, 0o700);
        assert!(run(open(&inner.join("control.sock"), 0o600, None)).is_ok());
    }

    #[test]
    fn a_path_that_is_too_long_names_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let room = PATH_BYTES_MAX - dir.path().as_os_str().len() - 1;
        let fits = dir.path().join("s".repeat(room));
        assert!(run(open(&fits, 0o600, None)).is_ok());
        let error = run(open(&dir.path().join("s".repeat(room + 1)), 0o600, None)).unwrap_err();
        let want = "its path takes 108 bytes and the system allows 107: name a shorter one with `socket` in [control]";
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn a_file_in_its_place_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        std::fs::write(&path, "precious").unwrap();
        let error = run(open(&path, 0o600, None)).unwrap_err();
        assert!(error.to_string().contains("no socket"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
