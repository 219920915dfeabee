//! Where things are unless somebody says otherwise: one rule for each, the same for the daemon and its clients.

use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// The configuration: `./switchroom.toml` if there is one, else `/etc/switchroom/switchroom.toml`.
pub fn default_config() -> PathBuf {
    let here = PathBuf::from("switchroom.toml");
    if here.exists() { here } else { PathBuf::from("/etc/switchroom/switchroom.toml") }
}

/// Where relative folders of a configuration begin: `$STATE_DIRECTORY` (systemd) if set, else the file's own folder.
pub fn base_of(config: &Path) -> PathBuf {
    if let Some(state) = std::env::var_os("STATE_DIRECTORY") {
        // systemd separates several with a colon; the first is ours.
        let state = state.to_string_lossy().split(':').next().unwrap_or_default().to_owned();
        if !state.is_empty() {
            return state.into();
        }
    }
    let file = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
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
