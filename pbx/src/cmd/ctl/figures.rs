//! Figures of queues and agents as text.

use super::{Printer, span};
use switchroom_wire::{AgentFiguresView, FiguresView, QueueFiguresView};

/// A share in thousandths as a percentage.
fn percent(permille: Option<u32>) -> String {
    permille.map_or_else(|| "-".into(), |p| format!("{}.{}%", p / 10, p % 10))
}

fn average(sum: u64, count: u64) -> String {
    sum.checked_div(count).map_or_else(|| "-".into(), span)
}

const QUEUES: [&str; 16] = [
    "FROM",
    "QUEUE",
    "OFFERED",
    "ANSWERED",
    "ABANDONED",
    "SHORT",
    "OVERFLOWED",
    "BACK",
    "WAITING",
    "SL",
    "AVG",
    "MAX",
    "TALK",
    "HOLD",
    "WRAP-UP",
    "REPEATS",
];
const AGENTS: [&str; 14] = [
    "FROM",
    "AGENT",
    "OFFERED",
    "ANSWERED",
    "RONA",
    "REFUSED",
    "TALK",
    "HOLD",
    "WRAP-UP",
    "AHT",
    "SIGNED-IN",
    "BREAKS",
    "OCCUPANCY",
    "REPEATS",
];

impl Printer<'_> {
    /// Queues, then agents; each span of time in its order.
    pub(super) fn figures(&mut self, figures: &[FiguresView]) -> std::io::Result<()> {
        let mut queues = Vec::new();
        let mut agents = Vec::new();
        for of in figures {
            let from = self.date(of.from_ms);
            let all = (of.queues.len() > 1).then_some(("all", &of.all_queues));
            let named = of.queues.iter().map(|(name, of)| (name.as_str(), of)).chain(all);
            queues.extend(named.map(|(name, of)| queue(&from, name, of)));
            agents.extend(of.agents.iter().map(|(name, of)| agent(&from, name, of)));
        }
        self.table(&QUEUES, queues)?;
        if agents.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        self.table(&AGENTS, agents)
    }
}

fn queue(from: &str, name: &str, of: &QueueFiguresView) -> Vec<String> {
    // Each of who came is in one column: who hung up at once is not among the abandoned, as in the list of queues.
    let abandoned = of.abandoned.saturating_sub(of.short_abandoned);
    vec![
        from.to_owned(),
        name.to_owned(),
        of.offered.to_string(),
        of.answered.to_string(),
        abandoned.to_string(),
        of.short_abandoned.to_string(),
        of.overflowed.to_string(),
        of.called_back.to_string(),
        of.waiting.to_string(),
        percent(of.service_level_permille),
        of.answered_wait.average_ms.map_or_else(|| "-".into(), span),
        of.answered_wait.average_ms.map_or_else(|| "-".into(), |_| span(of.answered_wait.longest_ms)),
        average(of.talk_ms, of.talks),
        average(of.hold_ms, of.talks),
        average(of.wrap_up_ms, of.wrap_ups),
        percent(of.repeats_permille),
    ]
}

fn agent(from: &str, name: &str, of: &AgentFiguresView) -> Vec<String> {
    vec![
        from.to_owned(),
        name.to_owned(),
        of.offers.to_string(),
        of.answered.to_string(),
        of.no_answers.to_string(),
        of.refused.to_string(),
        span(of.talk_ms),
        span(of.hold_ms),
        span(of.wrap_up_ms),
        of.average_handle_ms.map_or_else(|| "-".into(), span),
        span(of.signed_in_ms),
        span(of.break_ms),
        percent(of.occupancy_permille),
        percent(of.repeats_permille),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Printer;
    use switchroom_wire::{FiguresView, QueueFiguresView, QueueTodayView, QueueView, WaitsView};

    /// The figures under the headings of a printed table's first row.
    fn under(text: &str) -> std::collections::BTreeMap<String, String> {
        let mut lines =
            text.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()));
        let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
        head.map(str::to_owned).zip(row.map(str::to_owned)).collect()
    }

    #[test]
    fn one_heading_means_the_same_in_queues_and_figures_and_who_came_adds_up() {
        let answered_wait = WaitsView { average_ms: Some(9_000), longest_ms: 27_000, ..Default::default() };
        let figures = QueueFiguresView {
            offered: 17,
            answered: 9,
            abandoned: 6,
            short_abandoned: 5,
            overflowed: 1,
            waiting: 1,
            service_level_permille: Some(900),
            answered_wait,
            abandoned_wait: WaitsView { longest_ms: 45_000, ..Default::default() },
            ..Default::default()
        };
        let today = QueueTodayView {
            offered: 17,
            answered: 9,
            abandoned: 1,
            short_abandoned: 5,
            overflowed: 1,
            service_level_permille: Some(900),
            average_wait_ms: 9_000,
            longest_wait_ms: 27_000,
            ..Default::default()
        };
        let mut out = Vec::new();
        let all = FiguresView { queues: [("support".to_owned(), figures)].into(), ..Default::default() };
        Printer { offset_min: 0, out: &mut out }.figures(&[all]).unwrap();
        let of_figures = under(&String::from_utf8(std::mem::take(&mut out)).unwrap());
        let queue = QueueView { name: "support".into(), today, waiting_count: 1, ..Default::default() };
        Printer { offset_min: 0, out: &mut out }.queues(&[queue]).unwrap();
        let of_queues = under(&String::from_utf8(out).unwrap());
        let parts = ["ANSWERED", "ABANDONED", "SHORT", "OVERFLOWED", "BACK", "WAITING"];
        for heading in parts.into_iter().chain(["OFFERED", "SL", "AVG", "MAX"]) {
            assert_eq!(of_queues[heading], of_figures[heading], "{heading}");
        }
        let sum: u64 = parts.iter().map(|heading| of_figures[*heading].parse::<u64>().unwrap()).sum();
        assert_eq!(sum.to_string(), of_figures["OFFERED"]);
        let nobody = QueueView { name: "night".into(), ..Default::default() };
        let mut out = Vec::new();
        Printer { offset_min: 0, out: &mut out }.queues(&[nobody]).unwrap();
        let none = under(&String::from_utf8(out).unwrap());
        assert_eq!((none["AVG"].as_str(), none["MAX"].as_str()), ("-", "-"), "nobody was answered");
        assert_eq!((of_queues["ABANDONED"].as_str(), of_queues["MAX"].as_str()), ("1", "0:27"));
    }
}
