//! What became of the callers who came to a queue: the figures that add up to how many came. Pure.

use crate::words::Words;
use switchroom_wire::{QueueFiguresView, QueueTodayView};

/// Each of who came is in one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Came {
    offered: u64,
    answered: u64,
    /// Hung up, and not at once.
    abandoned: u64,
    /// Hung up at once.
    short: u64,
    overflowed: u64,
    called_back: u64,
    /// On the line still.
    waiting: u64,
}

impl Came {
    /// Since midnight. Who waits still is whoever came and is nowhere else.
    pub(crate) fn today(of: &QueueTodayView) -> Self {
        let gone = [of.answered, of.abandoned, of.short_abandoned, of.overflowed, of.called_back];
        Self {
            offered: of.offered,
            answered: of.answered,
            abandoned: of.abandoned,
            short: of.short_abandoned,
            overflowed: of.overflowed,
            called_back: of.called_back,
            waiting: gone.into_iter().fold(of.offered, u64::saturating_sub),
        }
    }

    /// In a span of a report.
    pub(crate) fn within(of: &QueueFiguresView) -> Self {
        Self {
            offered: of.offered,
            answered: of.answered,
            abandoned: of.abandoned.saturating_sub(of.short_abandoned),
            short: of.short_abandoned,
            overflowed: of.overflowed,
            called_back: of.called_back,
            waiting: of.waiting,
        }
    }

    /// `16 = 9 answered + 1 abandoned + 5 short + 1 over`: what there is none of is left out. Empty if nobody came.
    pub(crate) fn sum(&self, words: &Words) -> String {
        let parts = [
            ("sum.answered", self.answered),
            ("sum.abandoned", self.abandoned),
            ("sum.short", self.short),
            ("sum.overflowed", self.overflowed),
            ("sum.called_back", self.called_back),
            ("sum.waiting", self.waiting),
        ];
        let named = parts.into_iter().filter(|(_, count)| *count > 0);
        let named: Vec<String> =
            named.map(|(key, count)| words.f(key, &[("count", &count.to_string())])).collect();
        if named.is_empty() { String::new() } else { format!("{} = {}", self.offered, named.join(" + ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn the_parts_add_up_to_who_came() {
        let words = Words::new(Language::English);
        let today = QueueTodayView {
            offered: 17,
            answered: 9,
            abandoned: 1,
            short_abandoned: 5,
            overflowed: 1,
            ..Default::default()
        };
        let sum = "17 = 9 answered + 1 abandoned + 5 short + 1 over + 1 waiting";
        assert_eq!(Came::today(&today).sum(&words), sum);
        // A report counts who hung up at once among the abandoned.
        let figures = QueueFiguresView {
            offered: 17,
            answered: 9,
            abandoned: 6,
            short_abandoned: 5,
            overflowed: 1,
            waiting: 1,
            ..Default::default()
        };
        assert_eq!(Came::within(&figures), Came::today(&today));
        assert_eq!(Came::today(&QueueTodayView::default()).sum(&words), "");
    }
}
