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
    "ASA",
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
    vec![
        from.to_owned(),
        name.to_owned(),
        of.offered.to_string(),
        of.answered.to_string(),
        of.abandoned.to_string(),
        of.short_abandoned.to_string(),
        of.overflowed.to_string(),
        of.called_back.to_string(),
        of.waiting.to_string(),
        percent(of.service_level_permille),
        of.answered_wait.average_ms.map_or_else(|| "-".into(), span),
        span(of.answered_wait.longest_ms.max(of.abandoned_wait.longest_ms)),
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
