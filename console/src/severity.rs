//! How bad things are: the thresholds behind the marks.

use crate::format::whole;
use crate::rows::longest_wait_ms;
use switchroom_wire::{
    AgentView, Board, CallView, DirectionQuality, ExtensionState, ExtensionView, JITTER_WARN_US,
    LOSS_WARN_PPM, QueueView, RecordingState, Severity,
};

/// How bad a call is: its alarms, its troubles, its quality.
pub(crate) fn call_severity(call: &CallView, board: &Board) -> Severity {
    if call.ended.is_some() {
        return Severity::Info;
    }
    let alarms = board.alarms.values().filter(|alarm| alarm.call.as_deref() == Some(&call.id));
    let worst = alarms.map(|alarm| alarm.severity).max().unwrap_or_default();
    let trouble = !call.troubles.is_empty() || call.recording == RecordingState::Failed;
    worst.max(if trouble { Severity::Warn } else { Severity::Info }).max(mos_severity(call_mos(call)))
}

/// The mean opinion score of the worse direction, in hundredths; 0 while unknown.
pub(crate) fn call_mos(call: &CallView) -> u16 {
    let directions = call.legs.iter().flat_map(|leg| [leg.quality.received, leg.quality.sent]);
    directions.map(|direction| direction.mos_centi).filter(|mos| *mos > 0).min().unwrap_or(0)
}

/// 3.6 is fair, 3.1 poor.
pub(crate) fn mos_severity(centi: u16) -> Severity {
    match centi {
        0 | 361.. => Severity::Info,
        311..=360 => Severity::Warn,
        _ => Severity::Crit,
    }
}

/// The worst of loss (1 %, 3 %), jitter (30, 60 ms) and score of one direction.
pub(crate) fn direction_severity(direction: &DirectionQuality) -> Severity {
    step(direction.loss_ppm, LOSS_WARN_PPM, 30_000)
        .max(step(direction.jitter_us, JITTER_WARN_US, 60_000))
        .max(mos_severity(direction.mos_centi))
}

/// How bad a line is.
pub(crate) fn line_severity(extension: &ExtensionView) -> Severity {
    if extension.state == ExtensionState::Lost {
        return Severity::Crit;
    }
    let missed = extension.bindings.iter().any(|binding| binding.missed > 0);
    if extension.problem.is_some() || missed { Severity::Warn } else { Severity::Info }
}

/// Callers fewer than this make no share worth a mark.
const SAMPLE_MIN: u64 = 5;

/// Of the callers of a queue, so many per mille are to be answered in time.
pub(crate) const SERVICE_GOAL_PERMILLE: u32 = 800;

/// A caller who waits this long with nobody free is worth a mark: a shorter wait is an offer on its way.
const UNSERVED_MS: i64 = 3_000;

fn step<T: PartialOrd>(value: T, warn: T, crit: T) -> Severity {
    if value >= crit {
        Severity::Crit
    } else if value >= warn {
        Severity::Warn
    } else {
        Severity::Info
    }
}

/// How bad a wait is: longer than what counts as served in time, and three times that.
pub(crate) fn waited_severity(waited_ms: i64, service_level_ms: u64) -> Severity {
    let limit = whole(service_level_ms);
    if limit == 0 { Severity::Info } else { step(waited_ms, limit, limit.saturating_mul(3)) }
}

/// How bad it is how many wait: more than agents are signed in, and twice as many.
pub(crate) fn waiting_severity(queue: &QueueView) -> Severity {
    let (waiting, agents) = (u64::from(queue.waiting_count), u64::from(queue.signed_in));
    if waiting == 0 { Severity::Info } else { step(waiting, agents + 1, 2 * agents + 1) }
}

/// Callers who gave up: 5 % and 10 % of those who came today.
pub(crate) fn abandoned_severity(queue: &QueueView) -> Severity {
    let (gone, of) = (queue.today.abandoned, queue.today.offered);
    if of < SAMPLE_MIN { Severity::Info } else { step(gone.saturating_mul(100), 5 * of, 10 * of) }
}

/// Callers answered in time today: below the goal, and ten points below it.
pub(crate) fn service_severity(queue: &QueueView) -> Severity {
    let today = &queue.today;
    share_severity(today.service_level_permille, today.answered.saturating_add(today.abandoned))
}

/// The same of a share that is made from so many callers.
pub(crate) fn share_severity(share: Option<u32>, callers: u64) -> Severity {
    match share {
        Some(share) if callers >= SAMPLE_MIN => step(SERVICE_GOAL_PERMILLE.saturating_sub(share), 1, 101),
        _ => Severity::Info,
    }
}

/// How bad a queue is now. What went wrong earlier today marks its own figure and makes the row `!` at most.
pub(crate) fn queue_severity(queue: &QueueView, now_ms: i64) -> Severity {
    queue_troubles(queue, now_ms).into_iter().map(|(severity, _)| severity).max().unwrap_or_default()
}

/// What can be wrong with a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Somebody closed it, and it stays closed until somebody opens it.
    Closed,
    /// All else, as a key of its word.
    Word(&'static str),
}

/// What is worst with a queue now; `None` if nothing is.
pub(crate) fn queue_trouble(queue: &QueueView, now_ms: i64) -> Option<(Severity, Trouble)> {
    let worst = queue_severity(queue, now_ms);
    // Of several as bad, the cause stands before its consequence.
    queue_troubles(queue, now_ms)
        .into_iter()
        .find(|(severity, _)| *severity == worst && worst > Severity::Info)
}

fn queue_troubles(queue: &QueueView, now_ms: i64) -> [(Severity, Trouble); 6] {
    let longest = longest_wait_ms(queue, now_ms)
        .map_or(Severity::Info, |ms| waited_severity(ms, queue.service_level_ms));
    // Who is to be called back is not on the line, however long it takes.
    let mut on_the_line = queue.waiting.iter().filter(|w| w.call_back.is_empty());
    let unserved = on_the_line.any(|w| w.ringing.is_empty() && now_ms - w.since_ms >= UNSERVED_MS);
    let nobody = match (unserved, queue.signed_in, queue.free) {
        (true, 0, _) => (Severity::Crit, Trouble::Word("wall.nobody_in")),
        (true, _, 0) => (Severity::Warn, Trouble::Word("wall.nobody_free")),
        _ => (Severity::Info, Trouble::Word("")),
    };
    let is_closed = queue.said.is_some() && queue.is_closed;
    [
        nobody,
        (if is_closed { Severity::Warn } else { Severity::Info }, Trouble::Closed),
        (longest, Trouble::Word("wall.late")),
        (waiting_severity(queue), Trouble::Word("wall.many")),
        (service_severity(queue).min(Severity::Warn), Trouble::Word("wall.missed_goal")),
        (abandoned_severity(queue).min(Severity::Warn), Trouble::Word("wall.gave_up")),
    ]
}

/// Over the budget of the break that lasts.
pub(crate) fn break_severity(agent: &AgentView, now_ms: i64) -> Severity {
    let over = agent.breaks.iter().any(|of| of.since_ms.is_some() && of.is_over(now_ms));
    if over { Severity::Warn } else { Severity::Info }
}

/// How bad it is with an agent: signed in without a phone, a caller held 1 and 3 minutes, calls not taken, after-call
/// time over its end, a break over its budget.
pub(crate) fn agent_severity(agent: &AgentView, now_ms: i64) -> Severity {
    let held = if agent.activity == "holding" {
        step(now_ms - agent.since_ms, 60_000, 180_000)
    } else {
        Severity::Info
    };
    let late = agent.wrap_up_ends_ms.filter(|_| agent.activity == "wrap_up");
    let late = late.map_or(Severity::Info, |ends_ms| step(now_ms - ends_ms, 1_000, 120_000));
    let problem = match agent.problem.as_str() {
        "" => Severity::Info,
        _ if agent.presence == "logged_out" => Severity::Info,
        "no_phone" => Severity::Crit,
        _ => Severity::Warn,
    };
    held.max(late).max(problem).max(break_severity(agent, now_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        for (mos, want) in
            [(0, Severity::Info), (361, Severity::Info), (360, Severity::Warn), (310, Severity::Crit)]
        {
            assert_eq!(mos_severity(mos), want, "{mos}");
        }
        let direction = |loss_ppm, jitter_us| DirectionQuality { loss_ppm, jitter_us, ..Default::default() };
        assert_eq!(direction_severity(&direction(9_999, 29_999)), Severity::Info);
        assert_eq!(direction_severity(&direction(10_000, 0)), Severity::Warn);
        assert_eq!(direction_severity(&direction(0, 60_000)), Severity::Crit);
    }

    #[test]
    fn thresholds_of_a_queue() {
        let wait = |queue: &mut QueueView, count: u32| {
            let waiter = || switchroom_wire::WaiterView { since_ms: 0, ..Default::default() };
            queue.waiting = (0..count).map(|_| waiter()).collect();
            (queue.waiting_count, queue.oldest_ms) = (count, Some(0));
        };
        let mut queue = QueueView { service_level_ms: 20_000, signed_in: 1, ..Default::default() };
        assert_eq!(queue_severity(&queue, 0), Severity::Info);
        wait(&mut queue, 1);
        for (now_ms, want) in [(2_999, 0), (3_000, 1), (20_000, 1), (59_999, 1), (60_000, 2)] {
            assert_eq!(queue_severity(&queue, now_ms) as i64, want, "{now_ms}");
        }
        queue.free = 1;
        assert_eq!(queue_severity(&queue, 19_999), Severity::Info);
        wait(&mut queue, 2);
        assert_eq!(waiting_severity(&queue), Severity::Warn);
        wait(&mut queue, 3);
        assert_eq!(waiting_severity(&queue), Severity::Crit);
        wait(&mut queue, 1);
        (queue.signed_in, queue.free) = (0, 0);
        assert_eq!(queue_severity(&queue, 5_000), Severity::Crit, "somebody waits for nobody");
        assert_eq!(queue_trouble(&queue, 5_000), Some((Severity::Crit, Trouble::Word("wall.nobody_in"))));
        assert_eq!(queue_trouble(&QueueView::default(), 0), None);
        for waiter in &mut queue.waiting {
            waiter.call_back = "waits".into();
        }
        (queue.oldest_ms, queue.waiting_count) = (None, 0);
        assert_eq!(queue_severity(&queue, 5_000), Severity::Info, "who is to be called back holds no line");
    }

    #[test]
    fn shares_of_few_callers_are_not_marked_and_earlier_trouble_is_no_emergency() {
        let mut queue = QueueView::default();
        let today = &mut queue.today;
        (today.offered, today.answered, today.abandoned) = (4, 2, 2);
        today.service_level_permille = Some(500);
        assert_eq!((abandoned_severity(&queue), service_severity(&queue)), Default::default());
        queue.today.answered = 3;
        queue.today.offered = 5;
        assert_eq!((abandoned_severity(&queue), service_severity(&queue)), (Severity::Crit, Severity::Crit));
        assert_eq!(queue_severity(&queue, 0), Severity::Warn);
        for (share, want) in
            [(800, Severity::Info), (799, Severity::Warn), (700, Severity::Warn), (699, Severity::Crit)]
        {
            queue.today.service_level_permille = Some(share);
            assert_eq!(service_severity(&queue), want, "{share}");
        }
    }

    #[test]
    fn thresholds_of_an_agent() {
        let at = |activity: &str, problem: &str, presence: &str, now_ms| {
            let agent = AgentView {
                activity: activity.into(),
                problem: problem.into(),
                presence: presence.into(),
                wrap_up_ends_ms: Some(10_000),
                ..Default::default()
            };
            agent_severity(&agent, now_ms)
        };
        assert_eq!(at("talking", "", "ready", 9_000_000), Severity::Info);
        assert_eq!(at("holding", "", "ready", 59_999), Severity::Info);
        assert_eq!(at("holding", "", "ready", 60_000), Severity::Warn);
        assert_eq!(at("holding", "", "ready", 180_000), Severity::Crit);
        assert_eq!(at("idle", "no_phone", "ready", 0), Severity::Crit);
        assert_eq!(at("idle", "no_phone", "logged_out", 0), Severity::Info);
        assert_eq!(at("idle", "rests", "ready", 0), Severity::Warn);
        assert_eq!(at("wrap_up", "", "ready", 10_000), Severity::Info);
        assert_eq!(at("wrap_up", "", "ready", 11_000), Severity::Warn);
    }

    #[test]
    fn what_ended_is_no_trouble_any_more() {
        let mut call = CallView { troubles: vec!["loss caller 2.1%".into()], ..Default::default() };
        assert_eq!(call_severity(&call, &Board::default()), Severity::Warn);
        call.ended = Some(Default::default());
        assert_eq!(call_severity(&call, &Board::default()), Severity::Info);
    }
}
