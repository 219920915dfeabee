//! The engine: the one thread that owns the exchange.
//!
//! It takes inputs from a bounded queue, hands each to the exchange, carries out what the exchange wants, and tells the
//! board what changed, several changes at a time. It never waits for disk, network or a console.

mod inputs;

pub use inputs::{EngineHandle, Inputs, Question, ToEngine};

use crate::ask::{Asker, Reply};
use crate::clock;
use crate::control::{Hub, view};
use crate::flight::{self, Bytes, Dumps, Recorded, Ring, Why};
use crate::media::MediaEngine;
use crate::net::Net;
use crate::store::{Store, StoreEvent};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use switchroom_exchange::{
    Action, CallId, Changed, CommandId, Config, Event, Exchange, Mono, Now, Record, Restored, Severity, Wall,
};
use switchroom_flow::Answer;
use switchroom_wire::Change;
use tokio::sync::oneshot;

/// The board is told of changes at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(50);
/// The daemon's own figures are told this often.
const FIGURES_EVERY: Duration = Duration::from_secs(1);
/// The exchange's tables are looked over this often,
const AUDIT_EVERY: Duration = Duration::from_secs(10);
/// unless there are more calls than this: calls come first.
const AUDIT_CALLS_MAX: usize = 500;
/// The same for messages, subscriptions, bindings and callers who wait.
const AUDIT_SIZE_MAX: usize = 5_000;
/// What an audit finds is written at most this often.
const AUDIT_DUMP_EVERY: Duration = Duration::from_secs(3600);

/// What the engine needs around it.
pub struct Surroundings {
    /// SIP sockets, known once they are open.
    pub net: Arc<OnceLock<Net>>,
    /// Media.
    pub media: Arc<MediaEngine>,
    /// Store.
    pub store: Store,
    /// The board.
    pub hub: Arc<Hub>,
    /// What flows ask of the outside.
    pub ask: Asker,
    /// Where the last inputs are written when something is wrong.
    pub dumps: Dumps,
}

/// Both clocks now.
pub fn now() -> Now {
    Now { mono: Mono(clock::mono_us()), wall: Wall(clock::wall_ms()) }
}

/// The engine's thread.
pub struct Engine {
    exchange: Exchange,
    /// What the exchange was given last.
    flight: Ring,
    around: Surroundings,
    dirty: BTreeSet<Changed>,
    events: Vec<Event>,
    publish_at: Option<Mono>,
    figures_at: Mono,
    commands: std::collections::BTreeMap<CommandId, oneshot::Sender<Result<String, String>>>,
    last_command: u64,
    degraded: bool,
    refusals: Refusals,
    /// What is told of the disk, as last told.
    disk: Option<(Severity, String)>,
    audit: Audit,
}

/// Looking over the exchange's tables.
struct Audit {
    /// What finds what is wrong.
    look: fn(&Exchange) -> Vec<String>,
    at: Mono,
    /// What was found last.
    found: Vec<String>,
    /// Not written again before this.
    dump_at: Mono,
}

/// What was not served, as last logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Refusals {
    malformed: u64,
    auth_failures: u64,
    ignored: u64,
}

impl Refusals {
    /// What came since `last`, in words; `None` if nothing did.
    fn since(self, last: Self) -> Option<String> {
        (self != last).then(|| {
            format!(
                "refused lately: {} malformed messages, {} with wrong credentials, {} ignored",
                self.malformed.saturating_sub(last.malformed),
                self.auth_failures.saturating_sub(last.auth_failures),
                self.ignored.saturating_sub(last.ignored),
            )
        })
    }
}

impl Engine {
    /// An engine with a fresh exchange; `seed` is all the chance it has. The board is filled when this returns, so that whoever
    /// asks first is told of all that there is.
    pub fn new(config: Arc<Config>, seed: [u8; 32], restored: Restored, around: Surroundings) -> Self {
        let now = now();
        let flight = Ring::new(now, config.clone(), seed, restored.clone());
        let mut exchange = Exchange::new(now, config, seed, restored);
        let dirty = exchange.take_changed();
        let mut this = Self {
            exchange,
            flight,
            around,
            dirty,
            events: Vec::new(),
            publish_at: None,
            figures_at: Mono(0),
            commands: std::collections::BTreeMap::new(),
            last_command: 0,
            degraded: false,
            refusals: Refusals::default(),
            disk: None,
            audit: Audit { look: flight::audit, at: Mono(0), found: Vec::new(), dump_at: Mono(0) },
        };
        this.publish();
        this
    }

    /// Runs until [`ToEngine::Stop`]. Should it panic, [`Engine::after_panic`] is all that may still be called.
    pub fn run(&mut self, inputs: &Inputs) {
        self.carry_out();
        loop {
            let at = self.next_wake();
            let wait = Duration::from_micros(at.0.saturating_sub(clock::mono_us()));
            match inputs.recv_timeout(wait) {
                Ok(ToEngine::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => self.give(Recorded::Tick),
            }
            self.carry_out();
            self.publish_if_due();
        }
        self.publish();
    }

    fn next_wake(&self) -> Mono {
        let exchange = self.exchange.poll_timeout().unwrap_or(Mono(u64::MAX));
        exchange.min(self.publish_at.unwrap_or(Mono(u64::MAX))).min(self.figures_at)
    }

    /// Gives the exchange an input, which is kept first.
    fn give(&mut self, input: Recorded) {
        let now = now();
        flight::feed(&mut self.exchange, now, self.flight.push(now, input));
    }

    fn take(&mut self, input: ToEngine) {
        match input {
            ToEngine::Message(flow, bytes) => self.give(Recorded::Message { flow, bytes: Bytes(bytes) }),
            ToEngine::FlowLost(flow) => self.give(Recorded::FlowLost(flow)),
            ToEngine::Media(event) => self.give(Recorded::Media(Box::new(event))),
            ToEngine::Store(event) => self.take_store(event),
            ToEngine::Command(user, command, answer) => {
                self.last_command += 1;
                let id = CommandId(self.last_command);
                self.commands.insert(id, answer);
                self.give(Recorded::Command { id, user, command });
            }
            ToEngine::Answered(Reply { call, number, answer, is_secret }) => {
                let answer = match answer {
                    Answer::Json(json) => Ok(json),
                    Answer::Failed(why) => Err(why),
                };
                self.give(Recorded::Answered { call, number, answer, is_secret });
            }
            ToEngine::Ask(question) => question(&self.exchange),
            ToEngine::Snapshot(answer) => {
                // Who asked may have gone meanwhile.
                let _ = answer.send(self.flight.snapshot());
            }
            ToEngine::Config(config) => self.give(Recorded::Config(config)),
            ToEngine::Resolved(host, found) => self.give(Recorded::Resolved { host, found }),
            ToEngine::Connected(host, port, found) => self.give(Recorded::Connected { host, port, found }),
            ToEngine::Alarm(id, state) => self.give(Recorded::Alarm { id, state }),
            ToEngine::Drain => self.give(Recorded::Drain),
            ToEngine::EndAll => self.give(Recorded::EndAll),
            ToEngine::Stop => {}
        }
    }

    fn take_store(&mut self, event: StoreEvent) {
        let alarm = |id: &str, state| Recorded::Alarm { id: id.to_owned(), state };
        match event {
            StoreEvent::Stored(tickets) => self.give(Recorded::Stored(tickets)),
            StoreEvent::NotStored(tickets) => self.give(Recorded::NotStored(tickets)),
            StoreEvent::Degraded(why) => {
                self.degraded = true;
                self.give(alarm("store", Some((Severity::Crit, why))));
            }
            StoreEvent::Recovered => {
                self.degraded = false;
                self.give(alarm("store", None));
            }
            StoreEvent::Notice(text) => self.give(alarm("store_notice", Some((Severity::Warn, text)))),
        }
    }

    /// Does what the exchange wants, in order.
    fn carry_out(&mut self) {
        let mut answers = Vec::new();
        while let Some(action) = self.exchange.poll_action() {
            self.flight.saw(&action);
            match action {
                Action::Send { flow, bytes } => {
                    if let Some(net) = self.around.net.get() {
                        net.send(&flow, &bytes);
                    }
                }
                Action::Media(command) => self.around.media.command(command),
                Action::Persist { ticket, record } => {
                    match &record {
                        Record::Event(event) => self.events.push(event.clone()),
                        Record::Recording(facts) => {
                            self.around.hub.recorded(view::recording(facts));
                        }
                        Record::RecordingGone { call } => {
                            self.around.hub.publish([Change::RecordingGone(call.to_string())]);
                        }
                        Record::RecordingHeld { call, held } => {
                            self.around.hub.held(*call, held.as_ref().map(view::held));
                        }
                        _ => {}
                    }
                    self.around.store.put(ticket, record);
                }
                Action::Ask { call, number, asking, timeout } => {
                    self.around.ask.begin(call, number, asking, timeout);
                }
                Action::Reply { id, result } => {
                    answers.extend(self.commands.remove(&id).map(|answer| (answer, result)));
                }
            }
        }
        self.flight.finish();
        self.dirty.append(&mut self.exchange.take_changed());
        if self.publish_at.is_none() && !(self.dirty.is_empty() && self.events.is_empty()) {
            self.publish_at = Some(Mono(clock::mono_us()).after(PUBLISH_EVERY));
        }
        if !answers.is_empty() {
            // Whoever is told that it was done sees it done.
            self.publish();
        }
        for (answer, result) in answers {
            let _ = answer.send(result);
        }
    }

    fn publish_if_due(&mut self) {
        let now = Mono(clock::mono_us());
        if self.publish_at.is_some_and(|at| at <= now) {
            self.publish();
        }
        if self.figures_at <= now {
            self.figures_at = now.after(FIGURES_EVERY);
            let dropped = self.around.net.get().map_or(0, Net::dropped);
            self.around.hub.figures(&self.exchange, &self.around.media, &self.around.store, dropped);
            self.watch_disk();
            self.log_refusals();
            self.audit_if_due(now);
        }
    }

    /// Looks whether the exchange is as it should be. If it is not, that is an alarm, and what led to it is written.
    fn audit_if_due(&mut self, now: Mono) {
        if self.audit.at > now {
            return;
        }
        if self.exchange.status().calls > AUDIT_CALLS_MAX || self.exchange.audit_size() > AUDIT_SIZE_MAX {
            return;
        }
        self.audit.at = now.after(AUDIT_EVERY);
        let found = (self.audit.look)(&self.exchange);
        if found == self.audit.found {
            return;
        }
        self.audit.found = found;
        let state = self.audit.found.first().cloned().map(|first| {
            let more = self.audit.found.len() - 1;
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            (Severity::Crit, format!("the exchange contradicts itself: {first}{more}"))
        });
        if let Some((_, text)) = &state {
            tracing::error!("{text}");
            if self.audit.dump_at <= now {
                self.audit.dump_at = now.after(AUDIT_DUMP_EVERY);
                self.dump_aside(text.clone());
            }
        }
        self.give(Recorded::Alarm { id: "audit".into(), state });
        self.carry_out();
    }

    /// Writes what led here, on a thread of its own.
    fn dump_aside(&self, why: String) {
        let (dumps, snapshot) = (self.around.dumps.clone(), self.flight.snapshot());
        let write = move || match dumps.write(&snapshot, Why::Audit(&why)) {
            Ok(path) => tracing::error!("what led to it is in {}: switchroom replay runs it", path.display()),
            Err(error) => tracing::error!("what led to it cannot be written: {error}"),
        };
        if let Err(error) = std::thread::Builder::new().name("flight".into()).spawn(write) {
            tracing::error!("what led to it cannot be written: {error}");
        }
    }

    /// Writes what led to a panic of [`Engine::run`], which said this. Nothing else of the engine can be trusted then.
    ///
    /// # Errors
    /// The disk's.
    pub fn after_panic(&self, said: &str) -> std::io::Result<PathBuf> {
        self.around.dumps.write(&self.flight.snapshot(), Why::Panic(said))
    }

    /// One line a second at most, however much comes: a log is not to be filled from outside.
    fn log_refusals(&mut self) {
        let figures = self.exchange.status();
        let now = Refusals {
            malformed: figures.malformed,
            auth_failures: figures.auth_failures,
            ignored: figures.ignored,
        };
        if let Some(text) = now.since(self.refusals) {
            tracing::info!("{text}");
        }
        self.refusals = now;
    }

    /// Recordings need room; calls do not.
    fn watch_disk(&mut self) {
        let health = self.around.media.health();
        let state = (!health.can_record).then(|| {
            let free = health.free_bytes / (1 << 20);
            let text =
                format!("only {free} MB free for recordings: calls go on, nothing is recorded; make room");
            (Severity::Crit, text)
        });
        // Only news: what is told each second would fill the flight recorder.
        if state == self.disk {
            return;
        }
        self.disk.clone_from(&state);
        self.give(Recorded::Alarm { id: "disk".into(), state });
        self.carry_out();
    }

    fn publish(&mut self) {
        self.publish_at = None;
        let mut changes: Vec<Change> = Vec::new();
        let mut grown: Vec<CallId> = Vec::new();
        for changed in std::mem::take(&mut self.dirty) {
            match view::change(&self.exchange, &changed, now()) {
                Some(Change::Extension(extension)) => {
                    changes.push(Change::Extension(Box::new(self.around.hub.with_since(*extension))));
                }
                Some(change) => changes.push(change),
                None => grown.extend(if let Changed::Ladder(id) = changed { Some(id) } else { None }),
            }
        }
        changes.extend(self.events.drain(..).map(|event| Change::Event(view::event(&event))));
        self.around.hub.publish(changes);
        self.around.hub.ladders_grew(&grown);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_exchange::{Flow, Transport};

    fn message() -> ToEngine {
        let at = "192.0.2.7:5060".parse().unwrap();
        let flow = Flow { transport: Transport::Udp, local: at, remote: at, connection: 0 };
        ToEngine::Message(flow, Vec::new())
    }

    #[test]
    fn refusals_are_told_as_what_came_since() {
        let last = Refusals { malformed: 2, auth_failures: 5, ignored: 0 };
        assert_eq!(last.since(last), None);
        let now = Refusals { malformed: 9, auth_failures: 5, ignored: 1 };
        let text = "refused lately: 7 malformed messages, 0 with wrong credentials, 1 ignored";
        assert_eq!(now.since(last).as_deref(), Some(text));
    }

    fn runtime() -> &'static tokio::runtime::Runtime {
        static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
        RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap())
    }

    /// An engine with everything around it, none of it with anything to do.
    fn engine(dir: &std::path::Path) -> (Engine, EngineHandle, Inputs) {
        let loaded = crate::config::parse("", &dir.join("switchroom.toml"), dir).unwrap();
        let (handle, inputs) = EngineHandle::new();
        let (store, restored) = Store::open(&dir.join("data"), Arc::new(|_| ())).unwrap();
        let media = crate::media::MediaSettings {
            threads: 1,
            ..crate::media::MediaSettings::new(
                std::net::Ipv4Addr::LOCALHOST.into(),
                20_000,
                1,
                dir.join("rec"),
            )
        };
        let media = Arc::new(
            MediaEngine::start(media, Arc::new(|_| ()), Arc::new(|_| ()), Arc::new(|_| ())).unwrap(),
        );
        let hub = Arc::new(Hub::new(1, switchroom_wire::SystemView::default()));
        let dumps = Dumps::new(dir);
        let tell = handle.clone();
        let ask = Asker::new(
            runtime().handle().clone(),
            Arc::new(move |reply| tell.tell_surely(ToEngine::Answered(reply))),
        );
        let around = Surroundings { net: Arc::default(), media, store, hub, ask, dumps };
        (Engine::new(Arc::new(loaded.config), [5; 32], restored, around), handle, inputs)
    }

    fn replayed(path: &std::path::Path) -> flight::Replayed {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        flight::replay(&mut flight::Reader::new(file).unwrap(), None, &mut |_| {}).unwrap()
    }

    /// What went past the flight recorder would be missing in every replay.
    #[test]
    fn nothing_reaches_the_exchange_but_through_the_recorder() {
        let code = include_str!("mod.rs").split("#[cfg(test)]").next().unwrap();
        assert!(!code.contains(".handle("));
        assert_eq!(code.matches("flight::feed(").count(), 1);
    }

    #[test]
    fn what_led_to_a_panic_is_written_and_leads_to_it_again() {
        let dir = tempfile::tempdir().unwrap();
        let (mut engine, handle, inputs) = engine(dir.path());
        handle.tell(message());
        handle.tell(ToEngine::Alarm("test".into(), Some((Severity::Warn, "a test".into()))));
        handle.tell(ToEngine::Alarm(flight::PLANTED.into(), None));
        let said = flight::caught(|| engine.run(&inputs)).unwrap_err();
        let again = replayed(&engine.after_panic(&said).unwrap());
        assert_eq!(again.verdict, flight::Verdict::Exact);
        let (at, said_again) = again.panicked.unwrap();
        assert_eq!((at, said_again), (again.inputs, said));
    }

    #[test]
    fn what_an_audit_finds_is_an_alarm_and_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let (mut engine, _handle, _inputs) = engine(dir.path());
        engine.carry_out();
        let alarm = |engine: &Engine| engine.exchange.alarm("audit").map(|a| a.text.clone());
        engine.audit_if_due(now().mono);
        assert_eq!(alarm(&engine), None, "nothing is wrong");
        engine.audit.look = |_| vec!["a leg without a call".into(), "a port too many".into()];
        for _ in 0..3 {
            engine.audit.at = Mono(0);
            engine.audit_if_due(now().mono);
        }
        let text = "the exchange contradicts itself: a leg without a call, and 1 more";
        assert_eq!(alarm(&engine).as_deref(), Some(text));
        let files = || -> Vec<PathBuf> {
            let all = std::fs::read_dir(dir.path().join("flight")).into_iter().flatten();
            all.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "flight")).collect()
        };
        let begin = clock::mono_us();
        while files().is_empty() && clock::mono_us() - begin < 20_000_000 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(files().len(), 1);
        assert_eq!(replayed(&files()[0]).verdict, flight::Verdict::Exact);
        engine.audit = Audit { look: flight::audit, at: Mono(0), ..engine.audit };
        engine.audit_if_due(now().mono);
        assert_eq!(alarm(&engine), None, "and it is over when it is");
    }
}
