//! Which figures the reports show: the span and its cuts that were chosen, and what came of asking for them. Pure.

use crate::model::is_old;
use switchroom_wire::{CdrView, Command, FIGURE_DAYS, FiguresBy, FiguresView};

/// How old the figures may be before they are asked for again: other screens show the same of today as it changes.
const FRESH_MS: i64 = 10_000;
/// And calls that are over, which are many.
const CALLS_FRESH_MS: i64 = 60_000;

/// Calls that are asked for at once.
const CALLS_MAX: u32 = 500;

/// How the figures are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Interval {
    /// The chosen day, half hour by half hour, and as a whole.
    HalfHours,
    /// The chosen day.
    #[default]
    Day,
    /// All days that are kept.
    Days,
}

impl Interval {
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Day => Self::HalfHours,
            Self::HalfHours => Self::Days,
            Self::Days => Self::Day,
        }
    }

    /// Its word.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::HalfHours => "report.half_hours",
            Self::Day => "report.day",
            Self::Days => "report.days",
        }
    }
}

/// A span that is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) figures: &'a FiguresView,
    /// What its begin is called by.
    pub(crate) name: SpanName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanName {
    Date,
    Time,
    /// The whole day below its half hours.
    Total,
}

/// The reports: what was chosen, and the figures that came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) interval: Interval,
    /// How many days before today.
    pub(crate) back: u32,
    /// The days that are kept, oldest first.
    pub(crate) days: Vec<FiguresView>,
    /// Half hours that have figures, oldest first.
    pub(crate) half_hours: Vec<FiguresView>,
    /// When figures were asked for, by our clock; `None`: they must be.
    pub(crate) asked_ms: Option<i64>,
    /// The same of the calls.
    pub(crate) calls_asked_ms: Option<i64>,
    /// The latest calls that are over, newest first.
    pub(crate) cdrs: Vec<CdrView>,
}

impl Report {
    /// Cuts otherwise.
    pub(crate) fn turn_interval(&mut self) {
        self.interval = self.interval.next();
        self.ask_anew();
    }

    /// Whatever was asked for is asked for again.
    pub(crate) fn ask_anew(&mut self) {
        (self.asked_ms, self.calls_asked_ms) = (None, None);
    }

    /// A day further back, or the next; false if there is none.
    pub(crate) fn turn_day(&mut self, back: bool) -> bool {
        let next = if back { self.back.checked_add(1) } else { self.back.checked_sub(1) };
        let Some(next) = next.filter(|next| *next < FIGURE_DAYS) else { return false };
        self.back = next;
        self.ask_anew();
        true
    }

    /// What to ask now, if something is to be asked.
    pub(crate) fn wanted(&self, now_ms: i64) -> Vec<Command> {
        if !is_old(self.asked_ms, FRESH_MS, now_ms) {
            return Vec::new();
        }
        let mut all = vec![Command::Figures { by: FiguresBy::Day, days: FIGURE_DAYS }];
        if self.interval == Interval::HalfHours {
            all.push(Command::Figures { by: FiguresBy::HalfHour, days: self.back + 1 });
        }
        all
    }

    /// What to ask for the calls that are over, if something is to be asked.
    pub(crate) fn wanted_calls(&self, now_ms: i64) -> Option<Command> {
        let cdrs = Command::Cdrs { limit: CALLS_MAX, before_ms: self.calls_before(), party: None };
        is_old(self.calls_asked_ms, CALLS_FRESH_MS, now_ms).then_some(cdrs)
    }

    /// How many calls were asked for, if there are more than came in what is shown.
    pub(crate) fn is_cut(&self) -> Option<u32> {
        let is_full = u32::try_from(self.cdrs.len()).unwrap_or(u32::MAX) >= CALLS_MAX;
        let oldest = self.cdrs.last()?;
        let day = self.day().filter(|_| self.interval != Interval::Days);
        let is_within = day.is_none_or(|day| oldest.started_ms >= day.from_ms);
        (is_full && is_within).then_some(CALLS_MAX)
    }

    /// Calls of an earlier day are looked for before its end.
    fn calls_before(&self) -> Option<i64> {
        self.day().filter(|_| self.back > 0 && self.interval != Interval::Days).map(|day| day.to_ms)
    }

    /// The calls that are shown: of the chosen day, or all that came.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &CdrView> {
        let span = self.day().filter(|_| self.interval != Interval::Days).map(|day| day.from_ms..day.to_ms);
        self.cdrs.iter().filter(move |cdr| span.as_ref().is_none_or(|span| span.contains(&cdr.started_ms)))
    }

    /// Keeps what came.
    pub(crate) fn keep(&mut self, by: FiguresBy, figures: Vec<FiguresView>) {
        match by {
            FiguresBy::Day => self.days = figures,
            FiguresBy::HalfHour => self.half_hours = figures,
        }
    }

    /// The chosen day, once its figures came.
    pub(crate) fn day(&self) -> Option<&FiguresView> {
        self.days.iter().rev().nth(usize::try_from(self.back).unwrap_or(usize::MAX))
    }

    /// What is shown, in order.
    pub(crate) fn spans(&self) -> Vec<Span<'_>> {
        let named = |name| move |figures| Span { figures, name };
        match self.interval {
            Interval::Days => self.days.iter().map(named(SpanName::Date)).collect(),
            Interval::Day => self.day().map(named(SpanName::Date)).into_iter().collect(),
            Interval::HalfHours => {
                let Some(day) = self.day() else { return Vec::new() };
                let is_of_day = |half: &&FiguresView| half.from_ms >= day.from_ms && half.from_ms < day.to_ms;
                let halves = self.half_hours.iter().filter(is_of_day).map(named(SpanName::Time));
                let mut spans: Vec<_> = halves.collect();
                // Alone it would be taken for all there is.
                if !spans.is_empty() {
                    spans.push(named(SpanName::Total)(day));
                }
                spans
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: i64 = 1_800_000;
    const DAY: i64 = 48 * HALF;

    fn span(from_ms: i64, length: i64) -> FiguresView {
        FiguresView { from_ms, to_ms: from_ms + length, ..Default::default() }
    }

    #[test]
    fn a_day_is_shown_whole_or_by_its_half_hours_with_its_total() {
        let mut report = Report::default();
        assert!(report.spans().is_empty());
        report.keep(FiguresBy::Day, vec![span(0, DAY), span(DAY, DAY)]);
        report.keep(
            FiguresBy::HalfHour,
            vec![span(DAY - HALF, HALF), span(DAY, HALF), span(DAY + 3 * HALF, HALF)],
        );
        let shown = |report: &Report| {
            report.spans().iter().map(|span| (span.figures.from_ms, span.name)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&report), [(DAY, SpanName::Date)]);
        report.turn_interval();
        let halves = [(DAY, SpanName::Time), (DAY + 3 * HALF, SpanName::Time), (DAY, SpanName::Total)];
        assert_eq!(shown(&report), halves);
        assert!(report.turn_day(true));
        assert_eq!(shown(&report), [(DAY - HALF, SpanName::Time), (0, SpanName::Total)]);
        report.turn_interval();
        assert_eq!(shown(&report), [(0, SpanName::Date), (DAY, SpanName::Date)]);
        while report.turn_day(true) {}
        assert_eq!(report.back, FIGURE_DAYS - 1);
        report.turn_interval();
        assert!(shown(&report).is_empty(), "that day is not kept");
    }

    #[test]
    fn figures_are_asked_for_when_something_else_is_chosen_and_now_and_then() {
        let mut report = Report::default();
        let days = Command::Figures { by: FiguresBy::Day, days: FIGURE_DAYS };
        assert_eq!(report.wanted(0), vec![days.clone()]);
        report.asked_ms = Some(0);
        assert!(report.wanted(FRESH_MS - 1).is_empty());
        assert_eq!(report.wanted(FRESH_MS), vec![days.clone()]);
        report.turn_interval();
        report.turn_day(true);
        assert_eq!(report.wanted(1), [days, Command::Figures { by: FiguresBy::HalfHour, days: 2 }]);
        assert!(!Report::default().turn_day(false), "there is no day after today");
    }
}
