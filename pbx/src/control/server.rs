//! The socket itself: where it is, who may open it, and one task for each who does.

use super::Hub;
use super::configuration::{Configuration, Configured, NotDone};
use super::conversation::converse;
use super::seats::Seats;
use super::{group, line, peer, socket};
use crate::config::ShellConfig;
use crate::engine::{EngineHandle, ToEngine};
use crate::flight::Dumps;
use crate::flows::InForce;
use crate::keeper::Keeper;
use crate::media::MediaEngine;
use crate::store::Store;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use switchroom_exchange::Severity;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, Semaphore};

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
    /// For holding and deleting recordings.
    pub keeper: Arc<Keeper>,
    /// The configuration.
    pub configured: Configured,
    /// Woken when a user wants the daemon to stop.
    pub stop: Arc<Notify>,
    /// Where flight records are written.
    pub dumps: Dumps,
    /// What the check said of the flows' files.
    pub in_force: Arc<InForce>,
}

/// What conversations share.
pub(super) struct Server {
    pub(super) engine: EngineHandle,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Store,
    pub(super) media: Arc<MediaEngine>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) recordings: PathBuf,
    pub(super) shell: ShellConfig,
    pub(super) dumps: Dumps,
    pub(super) in_force: Arc<InForce>,
    configured: Configured,
    stop: Arc<Notify>,
    /// Lines of clients that were none of the protocol.
    pub(super) wrong_lines: AtomicU64,
    last: AtomicU64,
    /// Whose turn it is to have figures counted.
    pub(super) counting: Semaphore,
}

impl Server {
    /// Has something done about the configuration, off the runtime's threads.
    pub(super) async fn configure<T: Send + 'static>(
        &self,
        what: impl FnOnce(&dyn Configuration) -> Result<T, NotDone> + Send + 'static,
    ) -> Result<T, NotDone> {
        let configured = self.configured.clone();
        let done = tokio::task::spawn_blocking(move || what(&*configured)).await;
        done.map_err(|_| NotDone::Nothing("reading or changing it failed".to_owned()))?
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
    let named = settings.shell.socket_group.as_deref();
    // A switch that stands still would be worse than a console that is shut.
    let fault = group::fault(named);
    if let Some(text) = &fault {
        tracing::error!("{text}");
        settings.engine.tell(ToEngine::Alarm("control_group".into(), Some((Severity::Warn, text.clone()))));
    }
    let group = if fault.is_some() { None } else { group::id(named) };
    let is_shared = fault.is_none() && (group.is_some() || !settings.shell.roles.is_empty());
    let listener = socket::open(&path, if is_shared { 0o660 } else { 0o600 }, group).await?;
    let server = Arc::new(Server {
        engine: settings.engine,
        hub: settings.hub,
        store: settings.store,
        media: settings.media,
        keeper: settings.keeper,
        recordings: settings.shell.recordings_dir.clone(),
        shell: settings.shell,
        configured: settings.configured,
        stop: settings.stop,
        in_force: settings.in_force,
        dumps: settings.dumps,
        wrong_lines: AtomicU64::new(0),
        last: AtomicU64::new(0),
        counting: Semaphore::new(1),
    });
    tokio::spawn(accept(listener, server));
    Ok(ControlServer { path })
}

async fn accept(listener: UnixListener, server: Arc<Server>) {
    let seats = Arc::new(Seats::default());
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
        let seat = match seats.take(who.uid()) {
            Ok(seat) => seat,
            Err(why) => {
                turn_away(stream, why);
                continue;
            }
        };
        let server = server.clone();
        tokio::spawn(async move {
            let id = server.last.fetch_add(1, Ordering::Relaxed);
            let asked = server.clone();
            // The seat is taken until the machine has answered, however late: who asks again and again takes no more than these.
            let ask = move || (peer::identify(who.uid(), who.gid(), &asked.shell), seat);
            let (peer, seat) = match peer::in_time(peer::NAMED_WITHIN, ask).await {
                Ok(named) => named,
                Err(why) => {
                    turn_away(stream, why);
                    return;
                }
            };
            converse(&server, id, stream, peer).await;
            // Whoever else watches a call goes on hearing it.
            let wanted = server.hub.watch(id, None);
            server.media.watch(&wanted);
            drop(seat);
        });
    }
}

/// Says why there is no place, if that can be said without waiting, and closes.
fn turn_away(stream: UnixStream, why: String) {
    tracing::debug!("a connection to the control socket was turned away: {why}");
    if let (Ok(mut stream), Ok(line)) = (stream.into_std(), line::refusal(why)) {
        // One line fits into a fresh socket's buffer.
        let _ = stream.write_all(&line);
    }
}
