//! The board as it is now, and everybody who watches it.

use super::view;
use crate::clock;
use crate::media::{LevelsReport, MediaEngine};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchroom_exchange::{CallId, Config, Exchange, SupervisionRules};
use switchroom_flow::calendar::Zone;
use switchroom_wire::{
    AgentView, Board, CallView, Change, EventView, ExtensionView, HeldView, QueueView, RecordingView,
    SystemView,
};
use tokio::sync::{broadcast, watch};

/// Changes kept for consoles that fall behind or come back.
const KEPT: usize = 1024;

/// One numbered change.
#[derive(Debug, Clone)]
pub(super) struct Delta {
    pub(super) seq: u64,
    pub(super) at_ms: i64,
    pub(super) change: Arc<Change>,
}

#[derive(Debug)]
struct State {
    board: Board,
    seq: u64,
    recent: VecDeque<Delta>,
    /// The change after which it was last changed what users may see: what was sent until then may look otherwise now.
    rules_at: Option<u64>,
    /// Which call each connection watches.
    watches: BTreeMap<u64, CallId>,
}

/// The board and its watchers. Locks are held for the time of a copy, never while writing to anybody.
#[derive(Debug)]
pub struct Hub {
    /// The daemon's boot id.
    pub(super) epoch: u64,
    pub(super) started_ms: i64,
    state: Mutex<State>,
    pub(super) deltas: broadcast::Sender<Delta>,
    pub(super) ladders: broadcast::Sender<CallId>,
    pub(super) levels: broadcast::Sender<Arc<LevelsReport>>,
    system: Mutex<SystemView>,
    pub(super) rules: watch::Sender<Arc<SupervisionRules>>,
    /// By whose clock the site goes.
    zone: Mutex<Zone>,
}

impl Hub {
    /// A hub with an empty board. `system` holds what does not change while the daemon runs.
    pub fn new(epoch: u64, system: SystemView) -> Self {
        Self {
            epoch,
            started_ms: system.started_ms,
            state: Mutex::new(State {
                board: Board { system: system.clone(), ..Board::default() },
                seq: 0,
                recent: VecDeque::with_capacity(KEPT),
                rules_at: None,
                watches: BTreeMap::new(),
            }),
            deltas: broadcast::channel(KEPT).0,
            ladders: broadcast::channel(256).0,
            levels: broadcast::channel(64).0,
            system: Mutex::new(system),
            rules: watch::Sender::default(),
            zone: Mutex::new(Zone::utc()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies changes to the board and tells everybody.
    pub fn publish(&self, changes: impl IntoIterator<Item = Change>) {
        let at_ms = clock::wall_ms();
        let mut state = self.state();
        for change in changes {
            state.board.apply(&change);
            state.seq += 1;
            let delta = Delta { seq: state.seq, at_ms, change: Arc::new(change) };
            if state.recent.len() == KEPT {
                state.recent.pop_front();
            }
            state.recent.push_back(delta.clone());
            // Nobody listening is no failure.
            let _ = self.deltas.send(delta);
        }
    }

    /// A recording was closed. If it is another part of one that is held, it is held, too.
    pub fn recorded(&self, mut recording: RecordingView) {
        let known = self.recording(&recording.id).and_then(|known| known.held);
        recording.held = recording.held.or(known);
        self.publish([Change::Recording(Box::new(recording))]);
    }

    /// A recording is held, or no more.
    pub fn held(&self, call: CallId, held: Option<HeldView>) {
        if let Some(known) = self.recording(&call.to_string()) {
            self.publish([Change::Recording(Box::new(RecordingView { held, ..known }))]);
        }
    }

    /// A recording that is on the board.
    fn recording(&self, id: &str) -> Option<RecordingView> {
        self.state().board.recordings.iter().find(|known| known.id == id).cloned()
    }

    /// The whole board and the changes from now on, without a gap between.
    pub(super) fn snapshot(&self) -> (u64, Board, broadcast::Receiver<Delta>) {
        let state = self.state();
        (state.seq, state.board.clone(), self.deltas.subscribe())
    }

    /// The changes after `seq`, if they are all still kept and users see since then what they see now, and those from now on.
    pub(super) fn since(&self, seq: u64) -> Option<(Vec<Delta>, broadcast::Receiver<Delta>)> {
        let state = self.state();
        if state.rules_at.is_some_and(|at| seq <= at) {
            return None;
        }
        if seq > state.seq || state.recent.front().is_none_or(|d| d.seq > seq + 1) && seq != state.seq {
            return None;
        }
        let missed = state.recent.iter().filter(|d| d.seq > seq).cloned().collect();
        Some((missed, self.deltas.subscribe()))
    }

    /// The number of the last change.
    pub(super) fn seq(&self) -> u64 {
        self.state().seq
    }

    /// The daemon's figures.
    pub(super) fn system(&self) -> SystemView {
        self.state().board.system.clone()
    }

    /// The calls on the board.
    pub(super) fn calls(&self) -> Vec<CallView> {
        self.state().board.calls.values().cloned().collect()
    }

    /// The id of the call on the board that has this short number.
    pub(super) fn call_numbered(&self, number: u64) -> Option<CallId> {
        self.state().board.calls.values().find(|c| c.number == number).and_then(|c| c.id.parse().ok())
    }

    /// The agents.
    pub(super) fn agents(&self) -> Vec<AgentView> {
        self.state().board.agents.values().cloned().collect()
    }

    /// The queues.
    pub(super) fn queues(&self) -> Vec<QueueView> {
        self.state().board.queues.values().cloned().collect()
    }

    /// The extensions.
    pub(super) fn extensions(&self) -> Vec<ExtensionView> {
        self.state().board.extensions.values().cloned().collect()
    }

    /// The latest events that are meant, oldest first.
    pub(super) fn events(&self, is_meant: impl Fn(&EventView) -> bool) -> Vec<EventView> {
        self.state().board.events.iter().filter(|event| is_meant(event)).cloned().collect()
    }

    /// A copy of the board.
    #[cfg(test)]
    pub fn board(&self) -> Board {
        self.state().board.clone()
    }

    /// An extension with the time since which it is in its state.
    pub fn with_since(&self, mut extension: ExtensionView) -> ExtensionView {
        let state = self.state();
        if let Some(known) = state.board.extensions.get(&extension.number)
            && known.state == extension.state
        {
            extension.since_ms = known.since_ms;
        }
        extension
    }

    /// Ladders grew; consoles that watch them ask for the rest.
    pub fn ladders_grew(&self, calls: &[CallId]) {
        let state = self.state();
        for call in calls.iter().filter(|call| state.watches.values().any(|w| w == *call)) {
            let _ = self.ladders.send(*call);
        }
    }

    /// A connection watches a call, or none; gives the calls whose loudness is wanted now.
    pub(super) fn watch(&self, connection: u64, call: Option<CallId>) -> BTreeSet<CallId> {
        let mut state = self.state();
        match call {
            Some(call) => state.watches.insert(connection, call),
            None => state.watches.remove(&connection),
        };
        state.watches.values().copied().collect()
    }

    /// The media engine measured loudness.
    pub fn heard(&self, report: LevelsReport) {
        let _ = self.levels.send(Arc::new(report));
    }

    /// Takes changed names of site and domain, its zone, and changed rules of who may see what.
    pub fn configured(&self, config: &Config) {
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        config.site.clone_into(&mut system.site);
        config.domain.clone_into(&mut system.domain);
        drop(system);
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&config.inbound.zone);
        self.rules.send_if_modified(|rules| {
            let is_other = **rules != config.supervision;
            if is_other {
                *rules = Arc::new(config.supervision.clone());
                let mut state = self.state();
                state.rules_at = Some(state.seq);
            }
            is_other
        });
    }

    /// So many minutes east of UTC are the site's clocks at that moment.
    pub(super) fn utc_offset_min(&self, at_ms: i64) -> i32 {
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).offset_min(at_ms)
    }

    /// Who is restricted to which queues, and whose phone is whose, as the configuration has it now.
    pub(super) fn rules(&self) -> Arc<SupervisionRules> {
        self.rules.borrow().clone()
    }

    /// Where SIP is listened to, known once the sockets are open.
    pub fn listening(&self, listen: Vec<String>) {
        self.system.lock().unwrap_or_else(PoisonError::into_inner).listen = listen;
    }

    /// The daemon's own figures; told only if they changed.
    pub fn figures(&self, exchange: &Exchange, media: &MediaEngine, store: &Store, dropped: u64) {
        let figures = exchange.status();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let base = self.system.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let system = SystemView {
            calls: number(figures.calls),
            calls_max: number(exchange.config().calls_max),
            transactions: number(figures.transactions),
            dialogs: number(figures.dialogs),
            registered: number(figures.registered),
            bindings: number(figures.bindings),
            rtp_ports: number(figures.rtp_ports),
            rtp_ports_max: number(figures.rtp_ports_max),
            calls_total: figures.calls_total,
            malformed: figures.malformed,
            auth_failures: figures.auth_failures,
            ignored: figures.ignored + dropped,
            store: store.health(),
            disk_free_ppk: Some(u32::from(media.health().free_ppk)),
            ..base
        };
        if self.state().board.system != system {
            self.publish([Change::System(Box::new(system))]);
        }
    }

    /// Fills the board at start.
    pub fn fill(
        &self,
        recordings: &[switchroom_exchange::RecordingFacts],
        events: &[switchroom_exchange::Event],
    ) {
        let recordings = recordings.iter().map(|facts| Change::Recording(Box::new(view::recording(facts))));
        let events = events.iter().map(|event| Change::Event(view::event(event)));
        self.publish(recordings.chain(events));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(seq: u64) -> Change {
        Change::Event(EventView { seq, ..Default::default() })
    }

    #[test]
    fn a_board_and_what_follows_have_no_gap() {
        let hub = Hub::new(1, SystemView::default());
        hub.publish([event(1), event(2)]);
        let (seq, mut board, mut later) = hub.snapshot();
        hub.publish([event(3)]);
        let delta = later.try_recv().unwrap();
        assert_eq!((seq, delta.seq), (2, 3));
        board.apply(&delta.change);
        assert_eq!(board, hub.board());
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_or_everything() {
        let hub = Hub::new(1, SystemView::default());
        assert!(hub.since(0).is_some_and(|(missed, _)| missed.is_empty()));
        hub.publish((1..=10).map(event));
        assert_eq!(hub.since(7).unwrap().0.len(), 3);
        assert_eq!(hub.since(10).unwrap().0.len(), 0);
        assert!(hub.since(11).is_none(), "from another life");
        hub.publish((0..KEPT as u64).map(event));
        assert!(hub.since(7).is_none(), "too long ago");
    }
}
