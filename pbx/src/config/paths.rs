//! Where things are unless somebody says otherwise: one rule for each, the same for the daemon and its clients.

use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The configuration: `./switchroom.toml` if there is one, else `/etc/switchroom/switchroom.toml`.
pub fn default_config() -> PathBuf {
    let here = PathBuf::from("switchroom.toml");
    if here.exists() { here } else { PathBuf::from("/etc/switchroom/switchroom.toml") }
}

/// The configuration of the systemd unit, and the folder that is its `$STATE_DIRECTORY`.
const UNIT: (&str, &str) = ("/etc/switchroom/switchroom.toml", "/var/lib/switchroom");

/// Where relative folders of a configuration begin: `$STATE_DIRECTORY` (systemd) if set, for the unit's configuration the
/// unit's, if it is there, so that who looks from outside looks where the unit is; else the file's own folder.
pub fn base_of(config: &Path) -> PathBuf {
    let file = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    base_in(&file, std::env::var_os("STATE_DIRECTORY").as_deref(), UNIT)
}

fn base_in(file: &Path, state: Option<&OsStr>, (unit, of_unit): (&str, &str)) -> PathBuf {
    // systemd separates several with a colon; the first is ours.
    let state = state.map(OsStr::to_string_lossy);
    if let Some(first) = state.iter().filter_map(|all| all.split(':').next()).find(|first| !first.is_empty())
    {
        return PathBuf::from(first);
    }
    if file == Path::new(unit) && Path::new(of_unit).is_dir() {
        return PathBuf::from(of_unit);
    }
    file.parent().unwrap_or(Path::new("/")).to_owned()
}

/// The places of the control socket, by preference.
fn candidates() -> Vec<PathBuf> {
    let user = std::env::var_os("XDG_RUNTIME_DIR").filter(|d| !d.is_empty());
    let mut found = vec![PathBuf::from("/run/switchroom/control.sock")];
    found.extend(user.map(|d| PathBuf::from(d).join("switchroom/control.sock")));
    found
}

/// The daemon's control socket when the configuration names none: `/run/switchroom/control.sock` if that folder can
/// be written, else `$XDG_RUNTIME_DIR/switchroom/control.sock`, else `control.sock` in the store's folder.
pub fn default_socket(data_dir: &Path) -> PathBuf {
    let run = Path::new("/run/switchroom");
    if run.is_dir() && access(run, Access::WRITE_OK).is_ok() {
        return run.join("control.sock");
    }
    candidates().into_iter().nth(1).unwrap_or_else(|| data_dir.join("control.sock"))
}

/// The socket a client connects to: the one it was told, else `$SWITCHROOM_SOCKET`, else that of the configuration
/// if it can be read, else the first of the usual places that exists, else the first of them.
pub fn client_socket(told: Option<&Path>, config: Option<&Path>) -> PathBuf {
    if let Some(told) = told {
        return told.to_owned();
    }
    if let Some(socket) = std::env::var_os("SWITCHROOM_SOCKET").filter(|s| !s.is_empty()) {
        return socket.into();
    }
    let config = config.map_or_else(default_config, Path::to_owned);
    let usual = candidates();
    match super::load(&config) {
        Ok(loaded) if loaded.shell.socket.exists() => loaded.shell.socket,
        Ok(loaded) => usual.into_iter().find(|p| p.exists()).unwrap_or(loaded.shell.socket),
        Err(_) => {
            let first = usual.iter().find(|p| p.exists()).or(usual.first());
            first.cloned().unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// `switchroom doctor` and the like are run by hand, without the variable that systemd gives the unit.
    #[test]
    fn folders_of_the_unit_are_the_same_for_who_looks_from_outside() {
        let dir = tempfile::tempdir().unwrap();
        let (etc, state) = (dir.path().join("etc"), dir.path().join("state"));
        let file = etc.join("switchroom.toml");
        let unit = (file.to_str().unwrap(), state.to_str().unwrap());
        assert_eq!(base_in(&file, None, unit), etc, "the unit was never started");
        std::fs::create_dir(&state).unwrap();
        assert_eq!(base_in(&file, None, unit), state);
        assert_eq!(base_in(&file, Some(OsStr::new("")), unit), state);
        assert_eq!(base_in(&file, Some(OsStr::new("/srv/a:/srv/b")), unit), Path::new("/srv/a"));
        assert_eq!(base_in(&dir.path().join("other/switchroom.toml"), None, unit), dir.path().join("other"));
    }
}
