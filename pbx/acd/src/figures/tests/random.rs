//! Both counts of the same random streams.

use super::brute::Brute;
use super::stream::Stream;
use crate::agent::Doing;
use crate::fact::{Activity, CallBackAct, CallBackEnd, Exit, Fact, OfferOutcome};
use crate::figures::{AgentFigures, Board, Figures, HALF_HOUR_MS, QueueFigures, Waits};
use std::collections::BTreeSet;

/// Both counts, for every half hour and for all of them.
fn compare(stream: &Stream, figures: &Figures) {
    let names = |of: &dyn Fn(&Fact) -> Option<&str>| -> BTreeSet<String> {
        stream.facts.iter().filter_map(of).map(str::to_owned).collect()
    };
    let queues = names(&|fact| match fact {
        Fact::Joined(joined) => Some(&joined.queue),
        _ => None,
    });
    let agents = names(&|fact| match fact {
        Fact::Agent(fact) => Some(&fact.agent),
        _ => None,
    });
    let halves: Vec<i64> = figures.books().half_hours().collect();
    let Some((first, last)) = halves.first().zip(halves.last()) else { return };
    let spans = halves.iter().map(|from| (*from, from + HALF_HOUR_MS)).chain([(*first, last + HALF_HOUR_MS)]);
    for (from, to) in spans {
        let board = figures.between(from, to, None);
        assert_eq!((board.from_ms, board.to_ms), (from, to));
        let brute = Brute { facts: &stream.facts, from, to };
        for queue in &queues {
            compare_queue(&brute, queue, &board.queues.get(queue).copied().unwrap_or_default());
        }
        for agent in &agents {
            compare_agent(&brute, agent, &board.agents.get(agent).cloned().unwrap_or_default());
        }
        assert!(board.queues.keys().all(|queue| queues.contains(queue)));
        assert!(board.agents.keys().all(|agent| agents.contains(agent)));
        compare_sums(&board);
    }
}

fn compare_queue<'a>(brute: &Brute<'a>, queue: &'a str, figures: &QueueFigures) {
    let counts = &figures.counts;
    let over = &counts.overflows;
    let exit = |exit| brute.exits(queue, exit);
    assert_eq!(counts.offered, brute.joined(queue));
    assert_eq!((counts.answered, counts.abandoned), (exit(Exit::Answered), exit(Exit::Abandoned)));
    assert_eq!(
        (over.timeout, over.full, over.closed, over.empty),
        (exit(Exit::Timeout), exit(Exit::Full), exit(Exit::Closed), exit(Exit::Empty))
    );
    assert_eq!((over.key, over.removed, over.restart), (exit(Exit::Key), exit(Exit::Removed), 0));
    assert_eq!(counts.called_back, exit(Exit::CalledBack));
    assert_eq!(counts.waiting, brute.joined(queue) + exit(Exit::Moved) - brute.left(queue).count() as u64);
    let rule = brute.left(queue).filter(|left| left.exit.is_overflow()).count() as u64;
    assert_eq!(figures.overflowed, rule);
    assert_eq!(
        counts.offered,
        counts.answered + counts.abandoned + figures.overflowed + counts.called_back + counts.waiting
    );
    let answers = brute.left(queue).filter(|left| left.exit == Exit::Answered);
    let in_time = answers.filter(|left| left.waited_ms <= left.service_level_ms).count();
    let gave_up = || brute.left(queue).filter(|left| left.exit == Exit::Abandoned);
    let short = gave_up().filter(|left| left.waited_ms < left.short_abandon_ms).count();
    let late = gave_up().filter(|left| left.waited_ms > left.service_level_ms).count();
    assert_eq!(counts.repeats, brute.repeats(Some(queue), None));
    assert!(counts.repeats <= counts.answered + counts.call_backs.reached);
    assert_eq!((counts.answered_in_time, counts.short_abandoned), (in_time as u64, short as u64));
    let level = |of: u64| (of > 0).then(|| in_time as f64 / of as f64);
    assert_eq!(figures.service_level.strict, level(counts.offered));
    assert_eq!(
        figures.service_level.without_short,
        level(counts.offered - short as u64 - counts.called_back)
    );
    assert_eq!(figures.service_level.without_early, level(counts.answered + late as u64));
    compare_waits(&brute.waits(queue, Exit::Answered), &figures.answered_wait);
    compare_waits(&brute.waits(queue, Exit::Abandoned), &figures.abandoned_wait);
    compare_waits(&brute.call_back_waits(queue), &figures.call_back_wait);
    let backs = counts.call_backs;
    let act = |is_meant: &dyn Fn(&CallBackAct) -> bool| brute.call_backs(queue, is_meant);
    let end = |end| act(&|act| matches!(act, CallBackAct::Closed { how, .. } if *how == end));
    let asked = act(&|a| *a == CallBackAct::Asked) - end(CallBackEnd::NotKept);
    assert_eq!((backs.asked, backs.tries), (asked, act(&|a| *a == CallBackAct::Tried)));
    assert_eq!((backs.reached, backs.dropped), (end(CallBackEnd::Reached), end(CallBackEnd::Dropped)));
    assert_eq!((backs.given_up, backs.removed), (end(CallBackEnd::GivenUp), end(CallBackEnd::Removed)));
    let over = backs.reached + backs.dropped + backs.given_up + backs.removed;
    assert!(over <= backs.asked && backs.asked <= counts.called_back);
    assert_eq!((counts.talks, counts.talk_ms, counts.hold_ms), brute.talks(Some(queue), None));
    assert_eq!((counts.wrap_ups, counts.wrap_up_ms), brute.wrap_ups(Some(queue), None));
    assert_eq!(counts.no_answers, brute.offers(Some(queue), None, OfferOutcome::NoAnswer));
}

fn compare_waits(waits: &[u64], shown: &Waits) {
    let sum: u64 = waits.iter().sum();
    assert_eq!((shown.count, shown.sum_ms), (waits.len() as u64, sum));
    assert_eq!(shown.longest_ms, waits.last().copied().unwrap_or(0));
    assert_eq!(shown.average_ms, sum.checked_div(waits.len() as u64));
    let shares = [(50, shown.p50_ms), (80, shown.p80_ms), (90, shown.p90_ms), (95, shown.p95_ms)];
    for (percent, share) in shares {
        let Some(share) = share else {
            assert!(waits.is_empty());
            continue;
        };
        let exact = waits[(waits.len() * percent).div_ceil(100) - 1];
        assert!(exact <= share && share <= exact + exact / 32, "p{percent}: {share}, {exact}");
    }
}

fn compare_agent(brute: &Brute<'_>, agent: &str, figures: &AgentFigures) {
    let counts = &figures.counts;
    let ended = |outcome| brute.offers(None, Some(agent), outcome);
    assert_eq!(
        (counts.answered, counts.no_answers, counts.refused),
        (ended(OfferOutcome::Answered), ended(OfferOutcome::NoAnswer), ended(OfferOutcome::Refused))
    );
    assert_eq!(
        (counts.failed, counts.elsewhere, counts.withdrawn),
        (ended(OfferOutcome::Failed), ended(OfferOutcome::Elsewhere), ended(OfferOutcome::Withdrawn))
    );
    assert_eq!(counts.repeats, brute.repeats(None, Some(agent)));
    let no = counts.no_answers + counts.refused + counts.failed + counts.elsewhere + counts.withdrawn;
    assert_eq!(counts.offers, counts.answered + no);
    assert_eq!((counts.talks, counts.talk_ms, counts.hold_ms), brute.talks(None, Some(agent)));
    assert_eq!((counts.wrap_ups, counts.wrap_up_ms), brute.wrap_ups(None, Some(agent)));
    let states = brute.states(agent);
    let shown = figures.states.iter().map(|time| (time.state.clone(), time.ms)).collect();
    assert_eq!(states, shown);
    let signed_in: u64 = states.values().sum();
    assert_eq!(figures.signed_in_ms, signed_in);
    let busy = |activity| matches!(activity, Activity::Talking | Activity::Holding | Activity::WrapUp);
    let busy: u64 = states.iter().filter(|(state, _)| busy(state.activity)).map(|(_, ms)| ms).sum();
    assert_eq!(figures.occupancy, (signed_in > 0).then(|| busy as f64 / signed_in as f64));
    let choices = (counts.breaks, counts.sign_ins, counts.first_sign_in_ms, counts.last_sign_out_ms);
    assert_eq!(choices, brute.choices(agent));
}

/// All queues together are the sum of each.
fn compare_sums(board: &Board) {
    let sum = |of: fn(&QueueFigures) -> u64| board.queues.values().map(of).sum::<u64>();
    assert_eq!(board.all_queues.counts.offered, sum(|queue| queue.counts.offered));
    assert_eq!(board.all_queues.answered_wait.sum_ms, sum(|queue| queue.answered_wait.sum_ms));
    assert_eq!(board.all_queues.overflowed, sum(|queue| queue.overflowed));
}

/// What the floor itself knows of this moment.
fn compare_floor(stream: &Stream, figures: &Figures) {
    let now = figures.now();
    for queue in stream.floor.queues() {
        let waiting = now.queues.get(&queue.name).map_or(0, |now| now.waiting);
        let on_line = || stream.floor.waiters(queue).filter(|waiter| !waiter.is_call_back);
        assert_eq!(waiting, on_line().count() as u64);
        let first = on_line().map(|waiter| waiter.joined.wall).min();
        assert_eq!(now.queues.get(&queue.name).map(|now| now.since_ms), first);
    }
    assert_eq!(figures.waiting().count(), stream.floor.waiter_count());
    let mut ringing: u64 = 0;
    for agent in stream.floor.agents() {
        ringing += u64::from(matches!(agent.doing, Doing::Offered { .. }));
        let shown = now.agents.get(&*agent.number);
        assert_eq!(shown.is_some(), agent.state().counts_as_signed_in());
        assert!(shown.is_none_or(|shown| shown.state == agent.state()));
    }
    let rung: usize =
        stream.facts.iter().map(|f| if let Fact::Offered(d) = f { d.chosen.len() } else { 0 }).sum();
    let board = figures.between(i64::MIN, i64::MAX, None);
    let ended: u64 = board.agents.values().map(|agent| agent.counts.offers).sum();
    assert_eq!(rung as u64, ended + ringing);
}

fn play(seed: u64, steps: usize, clock_steps: bool) {
    let mut stream = Stream::new(seed, clock_steps);
    let mut figures = Figures::new();
    let mut applied = 0;
    for _ in 0..steps {
        stream.step();
        stream.facts[applied..].iter().for_each(|fact| figures.apply(fact));
        applied = stream.facts.len();
    }
    assert_eq!(stream.floor.audit(), []);
    compare(&stream, &figures);
    compare_floor(&stream, &figures);
    if !clock_steps {
        // By the steady clock, looked at from outside.
        let board = figures.between(i64::MIN, i64::MAX, Some(stream.now.wall));
        for (agent, ms) in stream.signed_in.iter().filter(|(_, ms)| **ms > 0) {
            assert_eq!(board.agents.get(agent).map(|agent| agent.signed_in_ms), Some(*ms), "agent {agent}");
        }
    }
}

#[test]
fn both_counts_agree_on_random_floors() {
    for seed in 0..1_500 {
        play(seed, 120, false);
    }
    for seed in 0..20 {
        play(seed, 1_500, false);
    }
}

#[test]
fn both_counts_agree_when_the_wall_clock_steps() {
    for seed in 10_000..11_500 {
        play(seed, 120, true);
    }
}

/// After a restart the same figures come from the same facts.
#[test]
fn counted_again_the_figures_are_the_same() {
    let mut stream = Stream::new(7, false);
    let mut figures = Figures::new();
    for _ in 0..2_000 {
        let before = stream.facts.len();
        stream.step();
        stream.facts[before..].iter().for_each(|fact| figures.apply(fact));
    }
    let mut again = Figures::new();
    stream.facts.iter().for_each(|fact| again.apply(fact));
    let all = |figures: &Figures| figures.between(i64::MIN, i64::MAX, Some(stream.now.wall));
    assert_eq!(all(&figures), all(&again));
    assert_eq!(figures.now(), again.now());
}
