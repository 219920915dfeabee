//! The socket itself: where it is, who may open it, and one task for each who does.

use super::Hub;
use super::conversation::converse;
use super::peer;
use crate::config::ShellConfig;
use crate::engine::EngineHandle;
use crate::media::MediaEngine;
use crate::store::Store;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

/// Connections at once; further ones are closed at once.
const CONNECTIONS_MAX: usize = 256;

/// Reads the configuration again and applies it; says what was done, or what is wrong with it.
pub type Reload = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// What the control server needs.
pub struct ControlSettings {
    /// Roles, socket, group.
    pub shell: ShellConfig,
    /// The way into the engine.
    pub engine: EngineHandle,
    /// The board.
    pub hub: Arc<Hub>,
    /// For questions about the past.
    pub store: Store,
    /// For loudness.
    pub media: Arc<MediaEngine>,
    /// How to read the configuration again.
    pub reload: Reload,
    /// Woken when a user wants the daemon to stop.
    pub stop: Arc<Notify>,
}

/// What conversations share.
pub(super) struct Server {
    pub(super) engine: EngineHandle,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Store,
    pub(super) media: Arc<MediaEngine>,
    pub(super) recordings: PathBuf,
    pub(super) shell: ShellConfig,
    reload: Reload,
    stop: Arc<Notify>,
    open: AtomicUsize,
    last: AtomicU64,
}

impl Server {
    pub(super) async fn reload(&self, user: &str) -> Result<String, String> {
        tracing::info!("{user} reads the configuration again");
        let reload = self.reload.clone();
        tokio::task::spawn_blocking(move || reload()).await.map_err(|_| "reading it failed".to_owned())?
    }

    pub(super) fn shut_down(&self, user: &str) {
        tracing::info!("{user} stops the daemon");
        self.stop.notify_one();
    }
}

/// The open socket. Dropping it removes the file.
pub struct ControlServer {
    path: PathBuf,
}

impl ControlServer {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Opens the socket and serves it. Must be called inside a tokio runtime.
///
/// # Errors
/// The socket cannot be made, or another daemon answers there.
pub async fn start(settings: ControlSettings) -> io::Result<ControlServer> {
    let path = settings.shell.socket.clone();
    prepare(&path).await?;
    let listener = UnixListener::bind(&path)?;
    let mode =
        if settings.shell.socket_group.is_some() || !settings.shell.roles.is_empty() { 0o660 } else { 0o600 };
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    if let Some(group) = &settings.shell.socket_group {
        let found = nix::unistd::Group::from_name(group).ok().flatten();
        match found {
            Some(found) => {
                std::os::unix::fs::chown(&path, None, Some(found.gid.as_raw()))?;
                // The group must also be able to reach the socket through its folder.
                if let Some(folder) = path.parent()
                    && std::os::unix::fs::chown(folder, None, Some(found.gid.as_raw())).is_ok()
                {
                    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o750));
                }
            }
            None => tracing::warn!("group {group} of the control socket does not exist on this machine"),
        }
    }
    let server = Arc::new(Server {
        engine: settings.engine,
        hub: settings.hub,
        store: settings.store,
        media: settings.media,
        recordings: settings.shell.recordings_dir.clone(),
        shell: settings.shell,
        reload: settings.reload,
        stop: settings.stop,
        open: AtomicUsize::new(0),
        last: AtomicU64::new(0),
    });
    tokio::spawn(accept(listener, server));
    Ok(ControlServer { path })
}

/// Makes the folder, closed to others, and removes the socket of a daemon that is no more.
async fn prepare(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent()
        && !folder.exists()
    {
        std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    }
    if !path.exists() {
        return Ok(());
    }
    if UnixStream::connect(path).await.is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another switchroom answers there"));
    }
    std::fs::remove_file(path)
}

async fn accept(listener: UnixListener, server: Arc<Server>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("accepting on the control socket: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(who) = stream.peer_cred() else { continue };
        if server.open.load(Ordering::Relaxed) >= CONNECTIONS_MAX {
            continue;
        }
        let server = server.clone();
        tokio::spawn(async move {
            server.open.fetch_add(1, Ordering::Relaxed);
            let id = server.last.fetch_add(1, Ordering::Relaxed);
            let peer = peer::identify(who.uid(), who.gid(), &server.shell);
            converse(&server, id, stream, peer).await;
            // Whoever else watches a call goes on hearing it.
            let wanted = server.hub.watch(id, None);
            server.media.watch(&wanted);
            server.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}
