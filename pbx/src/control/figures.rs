//! Figures of queues and agents over spans of time, as the control socket gives them.

use std::collections::{BTreeMap, BTreeSet};
use switchroom_acd::Presence;
use switchroom_acd::figures::{
    AgentFigures, Board, Books, CallBackCounts, HALF_HOUR_MS, Overflows, QueueFigures, StateTime, Waits,
};
use switchroom_exchange::{Exchange, Now, clean};
use switchroom_wire as w;

/// Queues and agents in all the spans of an answer: some ten megabytes of it.
const ROWS_MAX: usize = 20_000;

/// What figures of the last local days are counted from. Taking it is quick, whatever was counted; counting is not, and is for
/// another thread than that of the engine.
pub(super) struct Asked {
    books: Books,
    /// Oldest first.
    spans: Vec<(i64, i64)>,
    now_ms: i64,
    /// The queues of who is restricted to some, and the agents who work in them.
    own: Option<(BTreeSet<String>, BTreeSet<String>)>,
}

impl Asked {
    /// For today and the days before it. Half hours without any figures are left out.
    pub(super) fn of(
        exchange: &Exchange,
        by: w::FiguresBy,
        days: u32,
        (now, rights): (Now, Option<&BTreeSet<String>>),
    ) -> Self {
        let books = exchange.figures().books().clone();
        let days = local_days(exchange, days, now);
        let spans = match by {
            w::FiguresBy::Day => days,
            w::FiguresBy::HalfHour => {
                let from = days.first().map_or(now.wall.0, |day| day.0);
                let halves = books.half_hours().filter(|begins| *begins >= from);
                halves.map(|begins| (begins, begins.saturating_add(HALF_HOUR_MS))).collect()
            }
        };
        let own = rights.map(|queues| (queues.clone(), agents_of(exchange, queues)));
        Self { books, spans, now_ms: now.wall.0, own }
    }

    /// Counts, oldest first.
    ///
    /// # Errors
    /// It is more than one answer holds.
    pub(super) fn count(self) -> Result<Vec<w::FiguresView>, String> {
        let is_own = |queue: &str| self.own.as_ref().is_none_or(|(queues, _)| queues.contains(queue));
        let (mut views, mut rows) = (Vec::new(), 0);
        for (from, to) in self.spans {
            let mut board = self.books.between_of(from, to, Some(self.now_ms), &is_own);
            if let Some((_, agents)) = &self.own {
                board.agents.retain(|agent, _| agents.contains(agent));
            }
            rows += board.queues.len() + board.agents.len();
            if rows > ROWS_MAX {
                return Err(format!(
                    "that is more than {ROWS_MAX} figures of queues and agents; ask for fewer days, or by day"
                ));
            }
            views.push(view(board));
        }
        Ok(views)
    }
}

/// The agents who work in one of the queues, or did when they were last configured.
fn agents_of(exchange: &Exchange, queues: &BTreeSet<String>) -> BTreeSet<String> {
    let agents = exchange.floor().every_agent();
    let theirs = agents.filter(|agent| agent.config.queues.keys().any(|queue| queues.contains(queue)));
    theirs.map(|agent| agent.number.to_string()).collect()
}

/// From midnight to midnight, oldest first.
fn local_days(exchange: &Exchange, days: u32, now: Now) -> Vec<(i64, i64)> {
    const NOON: i64 = 12 * 3_600_000;
    let zone = &exchange.config().inbound.zone;
    let mut from = exchange.midnight_ms(now);
    // Noon of the next day, whatever clocks do in between.
    let mut to = zone.midnight(from.saturating_add(3 * NOON));
    let mut found = Vec::new();
    for _ in 0..days.clamp(1, w::FIGURE_DAYS) {
        found.push((from, to));
        to = from;
        from = zone.midnight(from.saturating_sub(NOON));
    }
    found.reverse();
    found
}

fn view(of: Board) -> w::FiguresView {
    w::FiguresView {
        from_ms: of.from_ms,
        to_ms: of.to_ms,
        queues: of.queues.iter().map(|(name, figures)| (clean(name), queue(figures))).collect(),
        all_queues: queue(&of.all_queues),
        agents: of.agents.into_iter().map(|(name, figures)| (clean(&name), agent(figures))).collect(),
    }
}

/// A share between 0 and 1 in thousandths.
pub(super) fn permille(share: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let permille = (share * 1_000.0).round() as u32;
    permille
}

fn queue(of: &QueueFigures) -> w::QueueFiguresView {
    let counts = &of.counts;
    let Overflows { timeout, full, closed, empty, key, removed, restart } = counts.overflows;
    let overflows = [
        ("timeout", timeout),
        ("full", full),
        ("closed", closed),
        ("empty", empty),
        ("key", key),
        ("removed", removed),
        ("restart", restart),
    ];
    w::QueueFiguresView {
        offered: counts.offered,
        answered: counts.answered,
        repeats: counts.repeats,
        repeats_permille: of.repeat_rate.map(permille),
        abandoned: counts.abandoned,
        short_abandoned: counts.short_abandoned,
        overflowed: of.overflowed,
        overflows: overflows.into_iter().map(|(how, count)| (how.to_owned(), count)).collect(),
        called_back: counts.called_back,
        call_backs: call_backs(&counts.call_backs),
        waiting: counts.waiting,
        no_answers: counts.no_answers,
        service_level_strict_permille: of.service_level.strict.map(permille),
        service_level_without_short_permille: of.service_level.without_short.map(permille),
        service_level_permille: of.service_level.without_early.map(permille),
        abandoned_permille: of.abandon_rate.map(permille),
        answered_wait: waits(&of.answered_wait),
        abandoned_wait: waits(&of.abandoned_wait),
        call_back_wait: waits(&of.call_back_wait),
        talks: counts.talks,
        talk_ms: counts.talk_ms,
        hold_ms: counts.hold_ms,
        wrap_ups: counts.wrap_ups,
        wrap_up_ms: counts.wrap_up_ms,
    }
}

fn call_backs(of: &CallBackCounts) -> BTreeMap<String, u64> {
    let CallBackCounts { asked, reached, dropped, given_up, removed, tries } = *of;
    let named = [
        ("asked", asked),
        ("reached", reached),
        ("dropped", dropped),
        ("given_up", given_up),
        ("removed", removed),
        ("tries", tries),
    ];
    named.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn waits(of: &Waits) -> w::WaitsView {
    w::WaitsView {
        count: of.count,
        average_ms: of.average_ms,
        longest_ms: of.longest_ms,
        p50_ms: of.p50_ms,
        p80_ms: of.p80_ms,
        p95_ms: of.p95_ms,
    }
}

fn agent(of: AgentFigures) -> w::AgentFiguresView {
    let counts = of.counts;
    w::AgentFiguresView {
        offers: counts.offers,
        answered: counts.answered,
        repeats: counts.repeats,
        repeats_permille: of.repeat_rate.map(permille),
        no_answers: counts.no_answers,
        refused: counts.refused,
        failed: counts.failed,
        elsewhere: counts.elsewhere,
        withdrawn: counts.withdrawn,
        talks: counts.talks,
        talk_ms: counts.talk_ms,
        hold_ms: counts.hold_ms,
        wrap_up_ms: counts.wrap_up_ms,
        average_answer_ms: of.average_answer_ms,
        average_handle_ms: of.average_handle_ms,
        breaks: counts.breaks,
        sign_ins: counts.sign_ins,
        first_sign_in_ms: counts.first_sign_in_ms,
        last_sign_out_ms: counts.last_sign_out_ms,
        signed_in_ms: of.signed_in_ms,
        break_ms: of.break_ms,
        occupancy_permille: of.occupancy.map(permille),
        states: of.states.into_iter().map(state).collect(),
    }
}

fn state(of: StateTime) -> w::StateTimeView {
    let reason = match &of.state.presence {
        Presence::Break { reason } => clean(reason),
        Presence::LoggedOut | Presence::Ready => String::new(),
    };
    w::StateTimeView {
        presence: of.state.presence.word().to_owned(),
        reason,
        activity: of.state.activity.word().to_owned(),
        ms: of.ms,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_acd::Fact;
    use switchroom_acd::fact::WrappedUpFact;
    use switchroom_acd::figures::Figures;

    #[test]
    fn an_answer_has_a_bound() {
        let (mut figures, half) = (Figures::new(), |n: i64| (n * HALF_HOUR_MS, (n + 1) * HALF_HOUR_MS));
        for at_ms in [0, HALF_HOUR_MS, 2 * HALF_HOUR_MS] {
            for agent in 0..9_000 {
                let (agent, queue) = (agent.to_string(), "q".to_owned());
                let disposition = String::new();
                let fact = WrappedUpFact { at_ms, call: 1, queue, agent, lasted_ms: 1, disposition };
                figures.apply(&Fact::WrappedUp(fact));
            }
        }
        let asked = |spans| Asked { books: figures.books().clone(), spans, now_ms: 0, own: None };
        assert_eq!(asked(vec![half(0), half(1)]).count().unwrap().len(), 2);
        let why = asked(vec![half(0), half(1), half(2)]).count().unwrap_err();
        assert!(why.ends_with("ask for fewer days, or by day"), "{why}");
        assert_eq!(asked(vec![(0, 3 * HALF_HOUR_MS)]).count().unwrap()[0].agents.len(), 9_000);
    }
}
