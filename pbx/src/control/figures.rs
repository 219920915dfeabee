//! Figures of queues and agents over spans of time, as the control socket gives them.

use std::collections::{BTreeMap, BTreeSet};
use switchroom_acd::Presence;
use switchroom_acd::figures::{
    AgentFigures, Board, CallBackCounts, HALF_HOUR_MS, Overflows, QueueFigures, StateTime, Waits,
};
use switchroom_exchange::{Exchange, Now, clean};
use switchroom_wire as w;

/// Days that can be asked for: as many as are kept.
pub(super) const DAYS_MAX: u32 = 8;

/// The figures of the last local days, today included, oldest first; half hours without any are left out. For who is
/// restricted to queues they are those of these queues and of the agents who work in them.
pub(super) fn figures(
    exchange: &Exchange,
    by: w::FiguresBy,
    days: u32,
    (now, rights): (Now, Option<&BTreeSet<String>>),
) -> Vec<w::FiguresView> {
    let of = exchange.figures();
    let has_queue = |queue: &str| rights.is_none_or(|queues| queues.contains(queue));
    let has_agent = |agent: &str| {
        let known = exchange.floor().agent(agent).map(|agent| &agent.config.queues);
        rights.is_none() || known.is_some_and(|queues| queues.keys().any(|queue| has_queue(queue)))
    };
    let spans: Vec<(i64, i64)> = match by {
        w::FiguresBy::Day => local_days(exchange, days, now),
        w::FiguresBy::HalfHour => {
            let from = local_days(exchange, days, now).first().map_or(now.wall.0, |day| day.0);
            let halves = of.half_hours().filter(|begins| *begins >= from);
            halves.map(|begins| (begins, begins.saturating_add(HALF_HOUR_MS))).collect()
        }
    };
    let boards = spans.into_iter().map(|(from, to)| of.between_of(from, to, Some(now.wall.0), &has_queue));
    let own = |mut board: Board| {
        board.agents.retain(|agent, _| has_agent(agent));
        board
    };
    boards.map(|board| view(own(board))).collect()
}

/// From midnight to midnight, oldest first.
fn local_days(exchange: &Exchange, days: u32, now: Now) -> Vec<(i64, i64)> {
    const NOON: i64 = 12 * 3_600_000;
    let zone = &exchange.config().inbound.zone;
    let mut from = exchange.midnight_ms(now);
    // Noon of the next day, whatever clocks do in between.
    let mut to = zone.midnight(from.saturating_add(3 * NOON));
    let mut found = Vec::new();
    for _ in 0..days.clamp(1, DAYS_MAX) {
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
