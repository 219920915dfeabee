//! The configuration read again while calls go on.

use super::settings::Undo;
use super::{keep_good, prompt_settings};
use crate::config::{self, Loaded, ShellConfig};
use crate::control::{Configuration, Configured, Hub, NotDone};
use crate::engine::{EngineHandle, ToEngine};
use crate::flows::InForce;
use crate::keeper::Keeper;
use crate::media::MediaEngine;
use crate::net::lines::Lines;
use crate::net::resolver::Resolver;
use crate::store::Store;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchroom_exchange::Severity;
use switchroom_wire::{
    ConfigChange, FlowTextView, SettingKind, SettingsApplied, SettingsChange, SettingsDiff, SettingsView,
};

/// Who is told of a new configuration.
pub(super) struct Around {
    pub(super) engine: EngineHandle,
    pub(super) media: Arc<MediaEngine>,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Store,
    pub(super) in_force: Arc<InForce>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) resolver: Resolver,
    pub(super) lines: Lines,
}

/// The configuration of a running exchange.
pub(super) struct Running {
    pub(super) path: PathBuf,
    /// What was started with, as far as only a restart changes it.
    shell: ShellConfig,
    /// The first RTP port and the number of pairs, likewise.
    ports: (u16, u16),
    pub(super) around: Around,
    /// Makes names of texts that say nothing of them.
    pub(super) salt: [u8; 32],
    /// A user and a signal may want it at the same time: one after the other, or the engine would be left with the older one
    /// and with alarms of a file that is mended.
    pub(super) state: Mutex<State>,
}

/// What changes of it while the exchange runs.
pub(super) struct State {
    /// The text that was applied last. A change is made to it, and to no other.
    pub(super) applied: String,
    pub(super) undo: Undo,
}

/// The configuration as it was started with.
pub(super) fn configured(started: &Loaded, ports: (u16, u16), around: Around, salt: [u8; 32]) -> Configured {
    let state = State { applied: started.text.0.clone(), undo: Undo::default() };
    let (path, shell) = (started.path.clone(), started.shell.clone());
    Arc::new(Running { path, shell, ports, around, salt, state: Mutex::new(state) })
}

impl Running {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies the file as it is. `is_asked`: somebody wants just that, and no change of it.
    pub(super) fn take_over(&self, state: &mut State, is_asked: bool) -> Result<String, String> {
        reload((&self.path, is_asked), &self.shell, self.ports, &self.around, &mut state.applied)
    }

    /// Applies what was written just now.
    pub(super) fn take_over_written(&self, state: &mut State, done: &str) -> Result<String, NotDone> {
        self.take_over(state, false)
            .map_err(|why| NotDone::Written(format!("{done}; written, but not applied: {why}")))
    }
}

impl Configuration for Running {
    fn reload(&self) -> Result<String, NotDone> {
        self.take_over(&mut self.state(), true).map_err(NotDone::Nothing)
    }

    fn change(&self, change: &ConfigChange) -> Result<String, NotDone> {
        let mut state = self.state();
        let done = config::change(&self.path, &state.applied, change);
        let done = done.map_err(|error| NotDone::Nothing(error.to_string()))?;
        let how = self.take_over_written(&mut state, &done)?;
        Ok(format!("{done}; {how}"))
    }

    fn settings(&self, kind: SettingKind) -> Result<SettingsView, NotDone> {
        self.show_settings(kind)
    }

    fn flow_text(&self, flow: &str) -> Result<FlowTextView, NotDone> {
        self.show_flow(flow)
    }

    fn preview(&self, change: &SettingsChange) -> Result<SettingsDiff, NotDone> {
        self.preview_settings(change)
    }

    fn apply(&self, change: &SettingsChange, file: &str) -> Result<SettingsApplied, NotDone> {
        self.apply_settings(change, file)
    }
}

/// Whether some of a configuration needs a restart, where `running` is what was started with. Flows, prompts, who speaks them
/// and how long facts and recordings are kept are taken over.
pub(super) fn needs_restart(new: &ShellConfig, running: &ShellConfig) -> bool {
    let running = ShellConfig {
        flows: new.flows.clone(),
        speech: new.speech.clone(),
        keep_facts: new.keep_facts,
        keep: new.keep,
        ..running.clone()
    };
    *new != running
}

/// Waits for room in the engine's queue: who is told that it was applied relies on it.
fn reload(
    (path, is_asked): (&Path, bool),
    running: &ShellConfig,
    ports: (u16, u16),
    Around { engine, media, hub, store, in_force, keeper, resolver, lines }: &Around,
    applied: &mut String,
) -> Result<String, String> {
    let alarm = |id: String, state| engine.tell_surely(ToEngine::Alarm(id, state));
    let mut loaded = match config::load(path) {
        Ok(loaded) => loaded,
        Err(faults) => {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            let text = format!("{} faults, nothing was changed; the first: {first}", faults.len());
            tracing::error!("{text}");
            alarm("config".into(), Some((Severity::Warn, text.clone())));
            return Err(text);
        }
    };
    keep_good(&loaded);
    applied.clone_from(&loaded.text.0);
    media.reload_prompts(prompt_settings(&loaded.shell));
    store.keep_facts(loaded.shell.keep_facts);
    keeper.keep(loaded.shell.keep, is_asked);
    let needs_restart = needs_restart(&loaded.shell, running)
        || ports != (loaded.config.rtp_port_first, loaded.config.rtp_pairs);
    let (alarms, refused) = in_force.renew(&mut loaded);
    crate::net::place_contacts(&mut loaded.config, &running.listen);
    let config = Arc::new(loaded.config);
    engine.tell_surely(ToEngine::Config(config.clone()));
    hub.configured(&config);
    // After the exchange was told: of a host that it does not know it takes nothing.
    resolver.want(&config);
    lines.want(&config);
    alarm("config".into(), None);
    for (id, state) in alarms {
        alarm(id, state);
    }
    let done = if needs_restart {
        "applied, but for sockets, RTP ports, folders, roles and threads: those need a restart"
    } else {
        "applied"
    };
    Ok(refused.map_or_else(|| done.to_owned(), |refused| format!("{done}; {refused}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::engine::Inputs;
    use crate::keeper::KeeperSettings;
    use crate::media::MediaSettings;
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A reloader, with an engine's queue that nobody takes from yet.
    fn rig(dir: &Path, site: &str) -> (Configured, EngineHandle, Inputs) {
        let path = dir.join("switchroom.toml");
        named(dir, site);
        let loaded = config::load(&path).unwrap();
        let settings = MediaSettings::new(Ipv4Addr::LOCALHOST.into(), 20_000, 1, dir.join("rec"));
        let media = MediaEngine::start(settings, Arc::new(|_| ()), Arc::new(|_| ()), Arc::new(|_| ()));
        let (engine, inputs) = EngineHandle::new();
        let store = Store::open(&dir.join("data"), Arc::new(|_| ())).unwrap().0;
        let keeper = Keeper::start(KeeperSettings {
            dir: dir.join("rec"),
            store: store.clone(),
            engine: engine.clone(),
            keep: loaded.shell.keep,
            turns: Default::default(),
        });
        let around = Around {
            keeper: Arc::new(keeper.unwrap()),
            engine: engine.clone(),
            media: Arc::new(media.unwrap()),
            hub: Arc::new(Hub::new(1, switchroom_wire::SystemView::default())),
            store,
            in_force: Arc::default(),
            resolver: Resolver::default(),
            lines: Lines::default(),
        };
        let ports = (loaded.config.rtp_port_first, loaded.config.rtp_pairs);
        (configured(&loaded, ports, around, [7; 32]), engine, inputs)
    }

    fn named(dir: &Path, site: &str) {
        let text = format!("[site]\nname = \"{site}\"\n");
        std::fs::write(dir.join("switchroom.toml"), text).unwrap();
    }

    #[test]
    fn two_at_once_take_turns_and_nothing_is_lost_in_a_full_queue() {
        let dir = tempfile::tempdir().unwrap();
        let (configured, engine, inputs) = rig(dir.path(), "old");
        while engine.tell(ToEngine::Drain) {}
        let first = std::thread::spawn({
            let configured = configured.clone();
            move || configured.reload()
        });
        std::thread::sleep(Duration::from_millis(200));
        // The first has read its file and waits for room.
        named(dir.path(), "new");
        let second = std::thread::spawn(move || configured.reload());
        let mut told = Vec::new();
        while told.len() < 4 {
            match inputs.recv_timeout(PATIENCE).unwrap() {
                ToEngine::Config(config) => told.push(config.site.clone()),
                ToEngine::Alarm(id, None) => told.push(id),
                ToEngine::Drain => {}
                _ => panic!("nobody told that"),
            }
        }
        assert_eq!(told, ["old", "config", "new", "config"]);
        assert!(first.join().unwrap().unwrap().starts_with("applied"));
        assert!(second.join().unwrap().unwrap().starts_with("applied"));
    }

    /// Nothing of the configuration itself has changed, and what the engine is told has the new file.
    #[test]
    fn a_file_added_to_a_folder_of_music_is_played_after_a_reload() {
        let dir = tempfile::tempdir().unwrap();
        let (configured, _engine, inputs) = rig(dir.path(), "old");
        let music = dir.path().join("prompts/music");
        std::fs::create_dir_all(&music).unwrap();
        std::fs::write(dir.path().join("switchroom.toml"), "[queues.sales]\nmusic = [\"music/\"]\n").unwrap();
        let played = || {
            configured.reload().unwrap();
            let told = std::iter::from_fn(|| inputs.recv_timeout(Duration::from_millis(200)).ok());
            let config = told.filter_map(|input| match input {
                ToEngine::Config(config) => Some(config),
                _ => None,
            });
            config.last().unwrap().floor.queues["sales"].music.clone()
        };
        assert!(played().is_empty());
        std::fs::write(music.join("b.wav"), "").unwrap();
        assert_eq!(played(), ["music/b"]);
        std::fs::write(music.join("a.wav"), "").unwrap();
        assert_eq!(played(), ["music/a", "music/b"]);
    }

    /// What a user changes is in the file and applied; what somebody else has half done there is not applied with it.
    #[test]
    fn a_change_is_written_and_applied_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (configured, _engine, inputs) = rig(dir.path(), "old");
        let path = dir.path().join("switchroom.toml");
        let text = "[queues.sales]\n[agents.1]\nqueues = [] # none yet\n";
        std::fs::write(&path, text).unwrap();
        configured.reload().unwrap();
        let (agent, queue) = ("1".to_owned(), "sales".to_owned());
        let join = ConfigChange::Join { agent, queue, tier: None, weight: None, skills: BTreeMap::new() };
        let done = configured.change(&join).unwrap();
        assert!(done.starts_with("agents.1.queues: [] becomes [\"sales\"]; applied"), "{done}");
        let mut applied = false;
        while let Ok(input) = inputs.recv_timeout(Duration::from_millis(200)) {
            if let ToEngine::Config(config) = input {
                applied = config.floor.agents["1"].queues.contains_key("sales");
            }
        }
        assert!(applied);
        let now = text.replace("[]", "[\"sales\"]");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), now);
        std::fs::write(&path, format!("{now}name = \"half done\"\n")).unwrap();
        let leave = ConfigChange::Leave { agent: "1".into(), queue: "sales".into() };
        let why = configured.change(&leave).unwrap_err().to_string();
        assert!(why.contains("was changed and not applied yet"), "{why}");
        configured.reload().unwrap();
        assert!(configured.change(&leave).unwrap().contains("[\"sales\"] becomes []"));
    }

    /// The copy of what was good is a safety net and nothing else: cut short by a full disk, it stands in nobody's way.
    #[test]
    fn a_change_does_not_hang_on_the_copy_of_what_was_good() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        let (configured, _engine, _inputs) = rig(dir.path(), "old");
        std::fs::write(&path, "[queues.sales]\n[agents.1]\nqueues = [\"sales\"]\n").unwrap();
        configured.reload().unwrap();
        let good = super::super::last_good::copy_in(&dir.path().join("data"));
        assert_eq!(std::fs::read_to_string(&good).unwrap(), std::fs::read_to_string(&path).unwrap());
        std::fs::write(&good, "[que").unwrap();
        let leave = ConfigChange::Leave { agent: "1".into(), queue: "sales".into() };
        assert!(configured.change(&leave).unwrap().contains("[\"sales\"] becomes []"));
        assert_eq!(std::fs::read_to_string(&good).unwrap(), std::fs::read_to_string(&path).unwrap());
        // Without the copy the file is guarded as well.
        std::fs::remove_file(&good).unwrap();
        std::fs::write(&path, "[queues.sales]\n[queues.half]\n[agents.1]\n").unwrap();
        let why = configured.change(&leave).unwrap_err().to_string();
        assert!(why.contains("was changed and not applied yet"), "{why}");
    }
}
