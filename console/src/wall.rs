//! The wall: which queues stand on it, how large, and who of the agents is where. Pure: a board and a time in, no cells.

use crate::rows::agent_state;
use crate::severity::{agent_severity, queue_severity};
use std::cmp::Reverse;
use switchroom_wire::{AgentView, Board, QueueView, Severity};

/// How large the digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scale {
    /// Two rows of a digit in one line.
    Half,
    One,
    Two,
}

impl Scale {
    /// Lines that a digit takes.
    pub(crate) fn lines(self) -> u16 {
        match self {
            Self::Half => 3,
            Self::One => 5,
            Self::Two => 10,
        }
    }
}

/// What tiles are tried, the best first: the digits, and the least columns and lines with which they have room. First all
/// four figures in digits, side by side or two by two, then waiting and the longest wait, with the others as text.
const TILES: [(Scale, (u16, u16)); 6] = [
    (Scale::Two, (123, 14)),
    (Scale::Two, (76, 25)),
    (Scale::One, (59, 9)),
    (Scale::One, (38, 15)),
    LARGE,
    SMALL,
];
const LARGE: (Scale, (u16, u16)) = (Scale::One, (38, 9));
const SMALL: (Scale, (u16, u16)) = (Scale::Half, (38, 6));

/// Columns and rows of tiles that an area has room for, a line between them.
fn fits((width, height): (u16, u16), (least_width, least_height): (u16, u16)) -> (usize, usize) {
    (usize::from((width + 1) / (least_width + 1)), usize::from((height + 1) / (least_height + 1)))
}

fn capacity(area: (u16, u16), least: (u16, u16)) -> usize {
    let (columns, rows) = fits(area, least);
    columns * rows
}

/// How the tiles of a page stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) scale: Scale,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Pages with digits of full size are preferred to one page less as long as they are no more than this.
const PAGES_LARGE: usize = 3;

impl Plan {
    /// The largest digits with which all queues stand on one page; if there are none, a few pages of full size or more of
    /// half. `None` if there is no room for one tile.
    pub(crate) fn new(area: (u16, u16), count: usize) -> Option<Self> {
        let count = count.max(1);
        let whole = TILES.into_iter().find(|(_, least)| capacity(area, *least) >= count);
        let large = Some(LARGE).filter(|(_, least)| capacity(area, *least) * PAGES_LARGE >= count);
        let (scale, least) = whole.or(large).unwrap_or(SMALL);
        let (most_columns, most_rows) = fits(area, least);
        if most_columns == 0 || most_rows == 0 {
            return None;
        }
        let shown = count.min(most_columns * most_rows);
        let rows = shown.div_ceil(most_columns);
        Some(Self { scale, columns: shown.div_ceil(rows), rows })
    }

    pub(crate) fn per_page(self) -> usize {
        self.columns * self.rows
    }
}

/// The queues of one page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) queues: Vec<&'a QueueView>,
    /// Which page it is, from 0, and of how many.
    pub(crate) at: usize,
    pub(crate) of: usize,
}

/// The page that is shown: they take turns, unless a queue is in trouble. The pages of those come first and stay.
pub(crate) fn page(board: &Board, per_page: usize, turn: usize, now_ms: i64) -> Page<'_> {
    let mut queues: Vec<&QueueView> = board.queues.values().collect();
    let per_page = per_page.max(1);
    let of = queues.len().div_ceil(per_page).max(1);
    let is_bad = |queue: &QueueView| queue_severity(queue, now_ms) == Severity::Crit;
    let mut turning = of;
    if of > 1 {
        queues.sort_by_key(|queue| Reverse(is_bad(queue)));
        let bad = queues.iter().filter(|queue| is_bad(queue)).count();
        if bad > 0 {
            turning = bad.div_ceil(per_page);
        }
    }
    let at = turn % turning;
    Page { queues: queues.into_iter().skip(at * per_page).take(per_page).collect(), at, of }
}

/// All queues of today together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) offered: u64,
    pub(crate) answered: u64,
    pub(crate) abandoned: u64,
    pub(crate) overflowed: u64,
    /// Of those answered, milliseconds; `None` before the first.
    pub(crate) average_wait_ms: Option<u64>,
}

pub(crate) fn totals(board: &Board) -> Totals {
    let mut all = Totals::default();
    let mut waited: u128 = 0;
    for today in board.queues.values().map(|queue| &queue.today) {
        all.offered = all.offered.saturating_add(today.offered);
        all.answered = all.answered.saturating_add(today.answered);
        all.abandoned = all.abandoned.saturating_add(today.abandoned);
        all.overflowed = all.overflowed.saturating_add(today.overflowed);
        waited = waited.saturating_add(u128::from(today.average_wait_ms) * u128::from(today.answered));
    }
    let average = waited.checked_div(u128::from(all.answered));
    all.average_wait_ms = average.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX));
    all
}

/// Where the agents of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    OnCalls,
    Ringing,
    Ready,
    /// In after-call time or on a break.
    BackSoon,
    /// Something keeps callers from them.
    Check,
}

impl Whereabouts {
    pub(crate) const ALL: [Self; 5] =
        [Self::OnCalls, Self::Ringing, Self::Ready, Self::BackSoon, Self::Check];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::OnCalls => "wall.on_calls",
            Self::Ringing => "wall.ringing",
            Self::Ready => "wall.ready",
            Self::BackSoon => "wall.back_soon",
            Self::Check => "wall.check",
        }
    }

    fn of(agent: &AgentView) -> Option<Self> {
        match agent_state(agent).1 {
            "talking" | "holding" | "outbound" => Some(Self::OnCalls),
            "offered" => Some(Self::Ringing),
            "ready" => Some(Self::Ready),
            "wrap_up" | "break" => Some(Self::BackSoon),
            "no_phone" | "rests" => Some(Self::Check),
            _ => None,
        }
    }
}

/// The agents of a group, the worst first, then who is so for longest. Who is signed out is in none.
pub(crate) fn agents(board: &Board, group: Whereabouts, now_ms: i64) -> Vec<&AgentView> {
    let mut all: Vec<_> =
        board.agents.values().filter(|agent| Whereabouts::of(agent) == Some(group)).collect();
    all.sort_by_key(|agent| (Reverse(agent_severity(agent, now_ms)), agent.since_ms));
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture;

    #[test]
    fn digits_are_as_large_as_all_queues_allow() {
        let plan = |width, height, count| {
            Plan::new((width, height), count).map(|plan| (plan.scale, plan.columns, plan.rows))
        };
        assert_eq!(plan(200, 45, 1), Some((Scale::Two, 1, 1)));
        assert_eq!(plan(200, 52, 4), Some((Scale::Two, 2, 2)));
        assert_eq!(plan(80, 15, 1), Some((Scale::One, 1, 1)));
        assert_eq!(plan(80, 15, 2), Some((Scale::One, 2, 1)));
        assert_eq!(plan(80, 15, 3), Some((Scale::Half, 2, 2)));
        assert_eq!(plan(80, 15, 6), Some((Scale::One, 2, 1)), "three pages of full size");
        assert_eq!(plan(80, 15, 7), Some((Scale::Half, 2, 2)));
        assert_eq!(plan(200, 45, 4), Some((Scale::One, 2, 2)));
        assert_eq!(plan(200, 45, 12), Some((Scale::One, 3, 4)));
        assert_eq!(plan(200, 45, 20), Some((Scale::One, 5, 4)), "waiting and longest in digits");
        assert_eq!(plan(200, 45, 200), Some((Scale::Half, 5, 6)));
        assert_eq!(plan(37, 45, 1), None);
        assert_eq!(plan(80, 5, 1), None);
        assert_eq!(plan(0, 0, 0), None);
    }

    #[test]
    fn pages_take_turns_and_one_in_trouble_comes_first_and_stays() {
        let mut board = fixture::floor((80, 24)).model.board;
        let now = fixture::NOW_MS;
        let names = |board: &Board, turn| {
            let page = page(board, 1, turn, now);
            (page.queues.iter().map(|queue| queue.name.clone()).collect::<Vec<_>>().join(" "), page.of)
        };
        assert_eq!(names(&board, 0), ("support".into(), 4), "in trouble");
        assert_eq!(names(&board, 1), ("support".into(), 4));
        board.queues.get_mut("support").unwrap().waiting.clear();
        let support = board.queues.get_mut("support").unwrap();
        (support.waiting_count, support.oldest_ms) = (0, None);
        let turns: Vec<String> = (0..4).map(|turn| names(&board, turn).0).collect();
        assert_eq!(turns, ["billing", "night", "sales", "support"]);
        assert_eq!(names(&board, 5).0, "night");
        let all = page(&board, 4, 3, now);
        assert_eq!((all.queues.len(), all.at, all.of), (4, 0, 1));
        assert_eq!(page(&Board::default(), 4, 3, now).of, 1);
    }

    #[test]
    fn totals_weigh_by_callers() {
        let app = fixture::floor((80, 24));
        let all = totals(&app.model.board);
        let of = |f: fn(&QueueView) -> u64| app.model.board.queues.values().map(f).sum::<u64>();
        assert_eq!(all.offered, of(|queue| queue.today.offered));
        let waited = of(|queue| queue.today.average_wait_ms * queue.today.answered);
        assert_eq!(all.average_wait_ms, Some(waited / all.answered));
        assert_eq!(totals(&Board::default()), Totals::default());
    }
}
