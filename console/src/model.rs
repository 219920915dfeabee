//! What the daemon told us, folded. Pure: lines and times go in, and what is worth telling comes out.

use crate::desk::Desk;
use crate::flows::Flows;
use crate::report::Report;
use crate::setting::SettingsPage;
use std::collections::{BTreeMap, VecDeque};
use switchroom_wire::{
    AlarmView, Board, CallState, CallView, Change, Ladder, LegView, Levels, Reply, ServerLine, Severity,
    WaveView, Welcome,
};

/// How long a call stays after it ended.
pub(crate) const ENDED_MS: i64 = 3_000;

/// Waves kept; the ones asked for longest ago go first.
const WAVES_KEPT: usize = 32;

/// Levels kept for the last minute, at five a second.
const LEVELS_KEPT: usize = 300;

/// Entries of a watched ladder kept; the daemon bounds it too.
const LADDER_KEPT: usize = 5_000;

/// Calls that left the board and are still shown.
const GONE_KEPT: usize = 64;

/// The call that is being looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    pub(crate) call: String,
    pub(crate) ladder: Option<Ladder>,
    pub(crate) levels: VecDeque<Levels>,
}

/// What a line of the daemon meant beyond the board.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Note {
    AlarmRaised(AlarmView),
    AlarmCleared(AlarmView),
    /// The daemon has another boot id than before.
    Restarted {
        was_up_ms: i64,
        calls_lost: usize,
    },
    Reply(Reply),
    /// The sequence jumped: a line was lost, and the board must be asked for anew.
    Gap,
}

/// Whether what was asked for then, by our clock, is to be asked for again. After a clock was set back everything is.
pub(crate) fn is_old(asked_ms: Option<i64>, fresh_ms: i64, now_ms: i64) -> bool {
    asked_ms.is_none_or(|at| !(0..fresh_ms).contains(&(now_ms - at)))
}

/// Live calls in which a line has a leg, with that leg.
pub(crate) fn legs_of_line<'a>(
    board: &'a Board,
    number: &'a str,
) -> impl Iterator<Item = (&'a CallView, &'a LegView)> {
    let live = board.calls.values().filter(move |call| call.ended.is_none() && !number.is_empty());
    live.filter_map(move |call| {
        let is_its = |leg: &&LegView| leg.party.number == number && leg.state != "ended";
        Some((call, call.legs.iter().find(is_its)?))
    })
}

/// Everything known of the daemon.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) board: Board,
    pub(crate) seq: u64,
    pub(crate) welcome: Option<Welcome>,
    /// A board has come.
    pub(crate) is_filled: bool,
    pub(crate) watched: Option<Watched>,
    pub(crate) waves: VecDeque<WaveView>,
    /// Figures that were asked for.
    pub(crate) report: Report,
    /// The desk that was asked for.
    pub(crate) desk: Desk,
    /// The flows that were asked for.
    pub(crate) flows: Flows,
    pub(crate) setting: SettingsPage,
    /// Calls that left the board less than three seconds after their end.
    pub(crate) gone: BTreeMap<String, CallView>,
    /// The daemon's clock minus ours.
    skew_ms: i64,
    /// Our clock when the daemon was last heard.
    pub(crate) heard_ms: Option<i64>,
    was_up_ms: Option<i64>,
}

impl Model {
    /// Folds one line, heard at `now_ms` of our clock.
    pub(crate) fn apply(&mut self, line: &ServerLine, now_ms: i64) -> Vec<Note> {
        self.heard_ms = Some(now_ms);
        let mut notes = Vec::new();
        match line {
            ServerLine::Welcome(welcome) => self.on_welcome(welcome, now_ms),
            ServerLine::Refuse(_) => {}
            ServerLine::Snapshot { seq, at_ms, board } => {
                self.skew_ms = at_ms - now_ms;
                self.on_snapshot(*seq, board, &mut notes);
            }
            ServerLine::Delta { seq, at_ms, change } => {
                self.skew_ms = at_ms - now_ms;
                if *seq != self.seq.wrapping_add(1) {
                    notes.push(Note::Gap);
                }
                self.seq = *seq;
                self.on_change(change, &mut notes);
            }
            ServerLine::Alive { seq, at_ms, utc_offset_min } => {
                self.skew_ms = at_ms - now_ms;
                if let (Some(offset), Some(welcome)) = (utc_offset_min, &mut self.welcome) {
                    welcome.utc_offset_min = *offset;
                }
                if self.is_filled && *seq != self.seq {
                    notes.push(Note::Gap);
                }
            }
            ServerLine::Reply(reply) => notes.push(Note::Reply(reply.clone())),
            ServerLine::Ladder(ladder) => {
                if let Some(watched) = self.watched.as_mut().filter(|w| w.call == ladder.call) {
                    watched.ladder = Some((**ladder).clone());
                }
            }
            ServerLine::LadderEntry { call, entry } => {
                let watched = self.watched.as_mut().filter(|w| &w.call == call);
                if let Some(ladder) = watched.and_then(|w| w.ladder.as_mut()) {
                    if ladder.entries.len() < LADDER_KEPT {
                        ladder.entries.push(entry.clone());
                    } else {
                        ladder.dropped = ladder.dropped.saturating_add(1);
                    }
                }
            }
            ServerLine::Levels(levels) => {
                if let Some(watched) = self.watched.as_mut().filter(|w| w.call == levels.call) {
                    if watched.levels.len() >= LEVELS_KEPT {
                        watched.levels.pop_front();
                    }
                    watched.levels.push_back(levels.clone());
                }
            }
        }
        notes
    }

    fn on_welcome(&mut self, welcome: &Welcome, now_ms: i64) {
        self.skew_ms = welcome.time_ms - now_ms;
        if self.welcome.as_ref().is_some_and(|before| before.epoch != welcome.epoch) {
            // Told when its board comes: only then is it known how many calls are left.
            let started = self.board.system.started_ms.max(self.welcome.as_ref().map_or(0, |w| w.started_ms));
            self.was_up_ms = Some((welcome.started_ms - started).max(0));
        }
        self.welcome = Some(welcome.clone());
    }

    fn on_snapshot(&mut self, seq: u64, board: &Board, notes: &mut Vec<Note>) {
        let before = std::mem::replace(&mut self.board, board.clone());
        self.seq = seq;
        if let Some(was_up_ms) = self.was_up_ms.take() {
            let live = |call: &&CallView| call.state != CallState::Ended && call.supervision.is_none();
            let calls_lost =
                before.calls.values().filter(live).filter(|c| !board.calls.contains_key(&c.id)).count();
            notes.push(Note::Restarted { was_up_ms, calls_lost });
            self.gone.clear();
        }
        // Alarms of the first board are not news to anybody but the bell.
        for alarm in board.alarms.values() {
            if before.alarms.get(&alarm.id).is_none_or(|known| known.severity < alarm.severity) {
                notes.push(Note::AlarmRaised(alarm.clone()));
            }
        }
        self.is_filled = true;
    }

    fn on_change(&mut self, change: &Change, notes: &mut Vec<Note>) {
        match change {
            Change::Alarm(alarm) => {
                if self.board.alarms.get(&alarm.id).is_none_or(|known| known.severity < alarm.severity) {
                    notes.push(Note::AlarmRaised(alarm.clone()));
                }
            }
            Change::AlarmGone(id) => {
                if let Some(alarm) = self.board.alarms.get(id) {
                    notes.push(Note::AlarmCleared(alarm.clone()));
                }
            }
            Change::CallGone(id) => {
                if let Some(call) = self.board.calls.get(id).filter(|call| call.ended.is_some()) {
                    if self.gone.len() >= GONE_KEPT {
                        self.gone.pop_first();
                    }
                    self.gone.insert(id.clone(), call.clone());
                }
            }
            Change::RecordingGone(id) => self.waves.retain(|wave| &wave.id != id),
            Change::System(_)
            | Change::Call(_)
            | Change::Extension(_)
            | Change::ExtensionGone(_)
            | Change::Agent(_)
            | Change::AgentGone(_)
            | Change::Queue(_)
            | Change::QueueGone(_)
            | Change::Recording(_)
            | Change::Message(_)
            | Change::MessageGone(_)
            | Change::Missed(_)
            | Change::MissedGone(_)
            | Change::Event(_) => {}
        }
        self.board.apply(change);
    }

    /// The daemon's clock at a moment of ours.
    pub(crate) fn server_ms(&self, now_ms: i64) -> i64 {
        now_ms + self.skew_ms
    }

    /// Drops what has been shown long enough, except what is being looked at.
    pub(crate) fn forget(&mut self, server_ms: i64, keep: Option<&str>) {
        self.gone.retain(|id, call| keep == Some(id) || !is_over(call, server_ms));
    }

    pub(crate) fn call<'a>(&'a self, board: &'a Board, id: &str) -> Option<&'a CallView> {
        board.calls.get(id).or_else(|| self.gone.get(id))
    }

    pub(crate) fn wave(&self, recording: &str) -> Option<&WaveView> {
        self.waves.iter().find(|wave| wave.id == recording)
    }

    pub(crate) fn keep_wave(&mut self, wave: WaveView) {
        self.waves.retain(|known| known.id != wave.id);
        if self.waves.len() >= WAVES_KEPT {
            self.waves.pop_front();
        }
        self.waves.push_back(wave);
    }

    pub(crate) fn utc_offset_min(&self) -> i32 {
        self.welcome.as_ref().map_or(0, |welcome| welcome.utc_offset_min)
    }
}

/// Whether a call ended so long ago that it need not be shown.
pub(crate) fn is_over(call: &CallView, server_ms: i64) -> bool {
    call.ended.as_ref().is_some_and(|ended| server_ms - ended.at_ms >= ENDED_MS)
}

/// Alarms, worst and oldest first.
pub(crate) fn alarms(board: &Board) -> Vec<&AlarmView> {
    let mut alarms: Vec<_> = board.alarms.values().filter(|a| a.severity > Severity::Info).collect();
    alarms.sort_by_key(|alarm| (std::cmp::Reverse(alarm.severity), alarm.since_ms));
    alarms
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::fixture;

    #[test]
    fn snapshot_and_deltas_equal_the_later_snapshot() {
        let lines = fixture::lines("office");
        let mut model = Model::default();
        let mut board = Board::default();
        for line in &lines {
            model.apply(line, 0);
            match line {
                ServerLine::Snapshot { board: whole, .. } => board = (**whole).clone(),
                ServerLine::Delta { change, .. } => board.apply(change),
                _ => {}
            }
        }
        assert_eq!(model.board, board);
        let mut fresh = Model::default();
        fresh.apply(&ServerLine::Snapshot { seq: model.seq, at_ms: 0, board: Box::new(board) }, 0);
        assert_eq!((fresh.board, fresh.seq), (model.board, model.seq));
    }

    #[test]
    fn a_gap_in_the_sequence_is_told() {
        let mut model = Model::default();
        let snapshot = ServerLine::Snapshot { seq: 7, at_ms: 0, board: Box::default() };
        assert_eq!(model.apply(&snapshot, 0), []);
        let alive = |seq| ServerLine::Alive { seq, at_ms: 1, utc_offset_min: None };
        assert_eq!(model.apply(&alive(7), 1), []);
        assert_eq!(model.apply(&alive(8), 1), [Note::Gap]);
        let delta = ServerLine::Delta { seq: 9, at_ms: 2, change: Change::CallGone("x".into()) };
        assert_eq!(model.apply(&delta, 2), [Note::Gap]);
    }

    /// A console over a change of the clocks goes on by the new time.
    #[test]
    fn the_offset_of_the_site_changes_while_one_watches() {
        let mut model = Model::default();
        model.apply(&ServerLine::Welcome(Welcome { utc_offset_min: 60, ..Default::default() }), 0);
        let alive = |utc_offset_min| ServerLine::Alive { seq: 0, at_ms: 1, utc_offset_min };
        model.apply(&alive(None), 1);
        assert_eq!(model.utc_offset_min(), 60);
        model.apply(&alive(Some(120)), 2);
        assert_eq!(model.utc_offset_min(), 120);
    }

    #[test]
    fn a_new_epoch_tells_how_many_calls_were_lost() {
        let mut model = Model::default();
        let welcome = |epoch, started_ms| {
            ServerLine::Welcome(Welcome { epoch, started_ms, time_ms: 9_000_000, ..Default::default() })
        };
        model.apply(&welcome(1, 1_000), 0);
        let mut board = Board::default();
        for id in ["a", "b"] {
            board.calls.insert(id.into(), CallView { id: id.into(), ..Default::default() });
        }
        model.apply(&ServerLine::Snapshot { seq: 1, at_ms: 0, board: Box::new(board) }, 0);
        assert_eq!(model.apply(&welcome(2, 8_001_000), 0), []);
        let notes = model.apply(&ServerLine::Snapshot { seq: 1, at_ms: 0, board: Box::default() }, 0);
        assert_eq!(notes, [Note::Restarted { was_up_ms: 8_000_000, calls_lost: 2 }]);
    }

    #[test]
    fn everything_kept_is_bounded() {
        let mut model = Model { watched: Some(Watched::default()), ..Default::default() };
        for n in 0..LEVELS_KEPT + 50 {
            model.apply(&ServerLine::Levels(Levels::default()), 0);
            model.keep_wave(WaveView { id: n.to_string(), ..Default::default() });
        }
        assert_eq!(model.watched.as_ref().map(|w| w.levels.len()), Some(LEVELS_KEPT));
        assert_eq!(model.waves.len(), WAVES_KEPT);
    }
}
