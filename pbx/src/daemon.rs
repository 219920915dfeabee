//! The daemon: every part put together, started in order and stopped in order.

mod flows;
mod last_good;
mod recordings;
mod reload;
mod settings;

use crate::ask::Asker;
use crate::clock;
use crate::config::{self, Loaded, ShellConfig};
use crate::control::{self, Configured, ControlServer, ControlSettings, Hub};
use crate::engine::{Engine, EngineHandle, Inputs, Surroundings, ToEngine};
use crate::flight::{self, Dumps};
use crate::flows::InForce;
use crate::keeper::{Keeper, KeeperSettings, Turns};
use crate::media::{self, MediaEngine, MediaSettings, PromptProblem, PromptSettings, SpeechEngine, on_path};
use crate::net::lines::Lines;
use crate::net::resolver::Resolver;
use crate::net::{ListenError, Net, rtp_address};
use crate::store::{Store, StoreError};
use last_good::keep_good;
pub use last_good::load;
use recordings::Finder;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;
use switchroom_exchange::Severity;
use switchroom_wire::SystemView;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// Time given to CDRs and recordings to reach the disk when everything stops.
const LAST_WRITES: Duration = Duration::from_secs(5);
/// The start waits so long for the recordings that a crash cut off.
const REPAIRED_SHOWN: Duration = Duration::from_secs(1);
/// Latest recordings and events shown on a fresh board.
const SHOWN: usize = 200;

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The control socket.
    #[error("cannot open the control socket {}: {why}", path.display())]
    Control {
        /// Where.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Threads, randomness.
    #[error("cannot start {what}: {why}")]
    System {
        /// What.
        what: &'static str,
        /// What the system said.
        why: io::Error,
    },
}

/// A running daemon.
pub struct Daemon {
    runtime: Option<Runtime>,
    engine: EngineHandle,
    thread: Option<JoinHandle<()>>,
    net: Arc<OnceLock<Net>>,
    media: Arc<MediaEngine>,
    store: Store,
    keeper: Arc<Keeper>,
    control: Option<ControlServer>,
    stop: Arc<Notify>,
    configured: Configured,
    drain: Duration,
}

fn random<const N: usize>() -> Result<[u8; N], StartError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| StartError::System {
        what: "the random generator",
        why: io::Error::other(e.to_string()),
    })?;
    Ok(bytes)
}

/// Starts everything: store, media, engine, control socket, and last the SIP sockets, so that nobody is answered before
/// everything is there.
///
/// # Errors
/// [`StartError`] says which part, and what the system said.
pub fn start(loaded: &Loaded) -> Result<Daemon, StartError> {
    let shell = &loaded.shell;
    let system = |what| move |why| StartError::System { what, why };
    crate::open_files::raise();
    let (engine, inputs) = EngineHandle::new();
    let to_engine = engine.clone();
    let (store, mut restored) =
        Store::open(&shell.data_dir, Arc::new(move |event| to_engine.tell_surely(ToEngine::Store(event))))?;

    for binding in &mut restored.bindings {
        let (transport, remote) = (&binding.transport, binding.remote);
        crate::net::rebase(transport, &mut binding.local, remote, &shell.listen);
    }
    for one in &mut restored.subscriptions {
        crate::net::rebase(&one.transport, &mut one.local, one.remote, &shell.listen);
    }
    let unfinished = restored.messages.iter().filter(|m| m.is_unfinished).map(|m| m.id.as_str());
    restored.cut_off = media::settle_messages(&shell.recordings_dir, unfinished);
    store.keep_facts(shell.keep_facts);
    let hub = Arc::new(Hub::new(u64::from_be_bytes(random()?), system_view(loaded)));
    hub.configured(&loaded.config);
    hub.fill(&store.recordings(SHOWN, None), &store.events(SHOWN, None, None));
    let turns = Turns::default();
    let finder = Finder {
        store: store.clone(),
        dir: shell.recordings_dir.clone(),
        hub: hub.clone(),
        turns: turns.clone(),
    };
    // What a crash left open is known before anything new begins, and finished beside the calls.
    let repaired = recordings::find(finder, media::interrupted_recordings(&shell.recordings_dir));
    let media = Arc::new(start_media(loaded, &engine, &hub)?);
    // What is finished soon is on the board from the beginning.
    let _ = repaired.recv_timeout(REPAIRED_SHOWN);

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("io")
        .enable_all()
        .build()
        .map_err(system("the runtime"))?;
    let net = Arc::new(OnceLock::new());
    let dumps = Dumps::new(&shell.data_dir);
    let around = Surroundings {
        net: net.clone(),
        media: media.clone(),
        store: store.clone(),
        hub: hub.clone(),
        ask: asker(&runtime, &engine),
        dumps: dumps.clone(),
    };
    let in_force = Arc::new(InForce::default());
    let mut with_flows = loaded.clone();
    let (alarms, _) = in_force.renew(&mut with_flows);
    crate::net::place_contacts(&mut with_flows.config, &shell.listen);
    let (resolver, lines) = (resolver(&runtime, &engine, shell), Lines::default());
    resolver.want(&with_flows.config);
    lines.want(&with_flows.config);
    let thread = Engine::new(Arc::new(with_flows.config), random()?, restored, around);
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || run_or_abort(thread, &inputs))
        .map_err(system("the engine's thread"))?;
    let stop = Arc::new(Notify::new());
    let ports = (loaded.config.rtp_port_first, loaded.config.rtp_pairs);
    for (id, state) in alarms {
        engine.tell(ToEngine::Alarm(id, state));
    }
    let keeper = Keeper::start(KeeperSettings {
        dir: shell.recordings_dir.clone(),
        store: store.clone(),
        engine: engine.clone(),
        keep: shell.keep,
        turns,
    });
    let keeper = Arc::new(keeper.map_err(system("the keeper of recordings"))?);
    let around = reload::Around {
        keeper: keeper.clone(),
        engine: engine.clone(),
        media: media.clone(),
        hub: hub.clone(),
        store: store.clone(),
        in_force: in_force.clone(),
        resolver,
        lines: lines.clone(),
    };
    let configured = reload::configured(loaded, ports, around, random()?);
    let mut daemon = Daemon {
        engine: engine.clone(),
        thread: Some(thread),
        net: net.clone(),
        media: media.clone(),
        store: store.clone(),
        keeper: keeper.clone(),
        control: None,
        stop: stop.clone(),
        configured: configured.clone(),
        drain: shell.drain,
        runtime: None,
    };
    let settings = ControlSettings {
        in_force,
        shell: shell.clone(),
        engine: engine.clone(),
        hub: hub.clone(),
        store,
        media,
        keeper,
        configured,
        stop,
        dumps,
    };
    let path = shell.socket.clone();
    daemon.control =
        Some(runtime.block_on(control::start(settings)).map_err(|why| StartError::Control { path, why })?);
    let sockets = runtime.block_on(Net::start(&shell.listen, Arc::new(engine.clone())))?;
    hub.listening(sockets.bound().iter().map(ToString::to_string).collect());
    {
        // What comes of a connection can be answered once the sockets are known.
        let (_in, sockets) = (runtime.enter(), net.get_or_init(|| sockets));
        let tell = move |host, port, found| engine.tell(ToEngine::Connected(host, port, found));
        sockets.keep(&lines, Arc::new(tell));
    }
    daemon.runtime = Some(runtime);
    Ok(daemon)
}

/// Whether CDRs and facts are on disk, so that nothing of today is missing after the next start.
fn is_written(figures: switchroom_exchange::Figures) -> bool {
    figures.outbox == 0 && figures.facts == 0
}

/// What flows ask goes out on the runtime, and the answers into the engine's queue.
fn asker(runtime: &Runtime, engine: &EngineHandle) -> Asker {
    let engine = engine.clone();
    let tell = move |reply| engine.tell_surely(ToEngine::Answered(reply));
    Asker::new(runtime.handle().clone(), Arc::new(tell))
}

/// Hosts that contacts name are looked up on the runtime, and what is found goes into the engine's queue.
fn resolver(runtime: &Runtime, engine: &EngineHandle, shell: &ShellConfig) -> Resolver {
    let (engine, resolver) = (engine.clone(), Resolver::default());
    let tell = move |host, found| engine.tell(ToEngine::Resolved(host, found));
    resolver.start(runtime.handle(), shell.listen.clone(), Arc::new(tell));
    resolver
}

/// Runs the engine. Should it ever panic, a living process without a switch would be worse than none: what led to it is
/// written, the process ends, and the service manager starts it anew, which closes the calls that were cut.
fn run_or_abort(mut engine: Engine, inputs: &Inputs) {
    let run = AssertUnwindSafe(|| engine.run(inputs));
    if let Err(payload) = catch_unwind(run) {
        let said = flight::said(payload.as_ref());
        tracing::error!("the engine has failed, {said}; the process ends so that it can be started again");
        tell_of_panic(&engine, &said);
        std::process::abort();
    }
}

/// Writes what led to the panic, and says where it is and what to do with it.
fn tell_of_panic(engine: &Engine, said: &str) {
    match catch_unwind(AssertUnwindSafe(|| engine.after_panic(said))) {
        Ok(Ok(path)) => tracing::error!(
            "what led to it is in {}: `switchroom replay` runs it again; please send it with your report. It holds \
             numbers, names and addresses, but no passwords and no digits that were pressed",
            path.display()
        ),
        Ok(Err(error)) => tracing::error!("what led to it cannot be written: {error}"),
        Err(_) => tracing::error!("what led to it cannot be written: that failed, too"),
    }
}

fn system_view(loaded: &Loaded) -> SystemView {
    SystemView {
        server: format!("switchroom {}", env!("CARGO_PKG_VERSION")),
        site: loaded.config.site.clone(),
        domain: loaded.config.domain.clone(),
        started_ms: clock::wall_ms(),
        ..SystemView::default()
    }
}

fn start_media(loaded: &Loaded, engine: &EngineHandle, hub: &Arc<Hub>) -> Result<MediaEngine, StartError> {
    let (config, shell) = (&loaded.config, &loaded.shell);
    let threads = match shell.media_threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    };
    let prompts = prompt_settings(shell);
    let settings = MediaSettings {
        threads,
        prompts,
        ..MediaSettings::new(
            rtp_address(&shell.listen),
            config.rtp_port_first,
            config.rtp_pairs,
            shell.recordings_dir.clone(),
        )
    };
    let (to_engine, to_hub) = (engine.clone(), hub.clone());
    let events = Arc::new(move |event| to_engine.tell_media(event));
    let levels = Arc::new(move |report| to_hub.heard(report));
    let to_engine = engine.clone();
    let problems = Arc::new(move |problem: PromptProblem| {
        let state = problem.text.map(|text| (Severity::Warn, text));
        to_engine.tell(ToEngine::Alarm(problem.id, state));
    });
    MediaEngine::start(settings, events, levels, problems)
        .map_err(|why| StartError::System { what: "the media engine", why })
}

/// Whether texts of flows are spoken on this machine.
pub fn speaks(shell: &ShellConfig) -> bool {
    let program = speech_engine(shell).and_then(|engine| engine.argv.into_iter().next());
    program.is_some_and(|program| Path::new(&program).is_file())
}

/// Who speaks texts, as the configuration says.
fn speech_engine(shell: &ShellConfig) -> Option<SpeechEngine> {
    let speech = &shell.speech;
    // A program that is not on the path is asked for by its name, and the alarm says that it is not there.
    let named = |name: &str| on_path(name).unwrap_or_else(|| PathBuf::from(name));
    let mut engine = match &speech.engine {
        config::SpeechEngine::None => None,
        config::SpeechEngine::Auto => SpeechEngine::installed(),
        config::SpeechEngine::EspeakNg => Some(SpeechEngine::espeak(&named("espeak-ng"))),
        config::SpeechEngine::Piper => Some(SpeechEngine::piper(&named("piper"), "en", "zh")),
        config::SpeechEngine::Program(path) => Some(SpeechEngine::program(path)),
    };
    if let Some(engine) = &mut engine {
        engine.voice_en = speech.voice_en.clone().unwrap_or_else(|| engine.voice_en.clone());
        engine.voice_zh = speech.voice_zh.clone().unwrap_or_else(|| engine.voice_zh.clone());
        engine.argv.extend(speech.args.iter().cloned());
    }
    engine
}

/// Where prompts are and who speaks texts.
fn prompt_settings(shell: &ShellConfig) -> PromptSettings {
    PromptSettings {
        site: shell.flows.prompts.clone(),
        engine: speech_engine(shell),
        ..PromptSettings::new(shell.data_dir.join("speech"))
    }
}

impl Daemon {
    /// Where SIP is listened to over UDP, if it is.
    pub fn sip_udp(&self) -> Option<SocketAddr> {
        self.sip(config::Transport::Udp)
    }

    fn sip(&self, transport: config::Transport) -> Option<SocketAddr> {
        self.net.get()?.bound().iter().find(|l| l.transport == transport).map(|l| l.address)
    }

    /// Where it listens, in words.
    pub fn listening(&self) -> Vec<String> {
        self.net.get().map(|n| n.bound().iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    /// The control socket.
    pub fn socket(&self) -> &Path {
        self.control.as_ref().map_or(Path::new(""), ControlServer::path)
    }

    /// Raises an alarm that stays until the configuration is applied anew.
    pub fn warn(&self, text: String) {
        self.engine.tell(ToEngine::Alarm("config".into(), Some((Severity::Crit, text))));
    }

    /// Waits until the daemon is told to stop: SIGTERM, SIGINT, or a user's command. SIGHUP reads the configuration
    /// again meanwhile.
    ///
    /// # Errors
    /// The signals cannot be listened to.
    pub fn wait(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let Some(runtime) = &self.runtime else { return Ok(()) };
        runtime.block_on(async {
            let (mut term, mut int, mut hup) = (
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::hangup())?,
            );
            loop {
                tokio::select! {
                    _ = term.recv() => return Ok(()),
                    _ = int.recv() => return Ok(()),
                    () = self.stop.notified() => return Ok(()),
                    _ = hup.recv() => match self.configured.reload() {
                        Ok(done) => tracing::info!("configuration {done}"),
                        Err(why) => tracing::error!("configuration not applied: {why}"),
                    },
                }
            }
        })
    }

    /// Takes no new calls and waits for the running ones, as long as the configuration says or until it is told to stop
    /// again.
    ///
    /// # Errors
    /// The signals cannot be listened to.
    pub fn drain(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let Some(runtime) = &self.runtime else { return Ok(()) };
        self.engine.tell(ToEngine::Drain);
        runtime.block_on(async {
            let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            tokio::select! {
                () = self.until(self.drain, |figures| figures.calls == 0) => {}
                _ = term.recv() => {}
                _ = int.recv() => {}
                () = self.stop.notified() => {}
            }
            Ok(())
        })
    }

    async fn until(&self, at_most: Duration, done: fn(switchroom_exchange::Figures) -> bool) {
        let wait = async {
            while let Ok(figures) = self.engine.ask(|exchange| exchange.status()).await {
                if done(figures) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(at_most, wait).await;
    }

    /// Ends every call, lets CDRs, facts and recordings reach the disk, and stops every part.
    pub fn stop(mut self) {
        self.shut();
    }

    fn shut(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // It waits for the engine, never the other way round.
        self.keeper.stop();
        self.engine.tell_surely(ToEngine::EndAll);
        runtime.block_on(async {
            // Ended calls hold their ports until the media engine has closed them, CDRs wait for that.
            self.until(LAST_WRITES, |figures| figures.rtp_ports == 0 && is_written(figures)).await;
            // A session lives until its BYE is answered.
            self.until(LAST_WRITES, |figures| figures.dialogs == 0).await;
        });
        self.media.shutdown();
        // What the recorder said last is still on its way to the store.
        runtime.block_on(self.until(LAST_WRITES, is_written));
        self.control = None;
        self.engine.tell_surely(ToEngine::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.store.close();
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.shut();
    }
}
