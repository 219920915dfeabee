//! Single cases that chance meets seldom: facts that are lost, told twice or absurd, clocks that jump, too many of all.

use crate::fact::{
    Activity, AgentFact, CallBackAct, CallBackEnd, CallBackFact, Exit, Fact, JoinedFact, LeftFact,
    OfferEndedFact, OfferOutcome, Presence, State, TalkedFact, WrappedUpFact,
};
use crate::figures::{
    AgentFigures, Books, Figures, HALF_HOUR_MS, HALF_HOURS_MAX, NAMES_MAX, OTHER_REASON, OTHERS, QueueFigures,
};
use crate::floor::Remembered;
use crate::limits::WAITERS_MAX;

const HOUR: i64 = 2 * HALF_HOUR_MS;
/// A half hour begins.
const NINE: i64 = 1_795_000 * 1_000_000 / HALF_HOUR_MS * HALF_HOUR_MS;

pub(super) fn joined(call: u128, at_ms: i64) -> JoinedFact {
    JoinedFact {
        at_ms,
        call,
        visit: 1,
        queue: "sales".to_owned(),
        caller: String::new(),
        class: String::new(),
        priority: 0,
        before: 0,
        instead_of: None,
    }
}

pub(super) fn left(call: u128, joined_ms: i64, waited_ms: u64, exit: Exit) -> LeftFact {
    LeftFact {
        at_ms: joined_ms.saturating_add_unsigned(waited_ms),
        joined_ms,
        call,
        visit: 1,
        queue: "sales".to_owned(),
        caller: String::new(),
        class: String::new(),
        exit,
        agent: String::new(),
        waited_ms,
        service_level_ms: 20_000,
        short_abandon_ms: 5_000,
    }
}

fn state(presence: Presence, activity: Activity) -> State {
    State { presence, activity }
}

fn ready(activity: Activity) -> State {
    state(Presence::Ready, activity)
}

fn on_break(reason: &str) -> State {
    state(Presence::Break { reason: reason.to_owned() }, Activity::Idle)
}

fn agent(at_ms: i64, was: State, lasted_ms: u64, is: State) -> Fact {
    let (agent, extension, by) = ("10".to_owned(), "210".to_owned(), "agent".to_owned());
    Fact::Agent(AgentFact { at_ms, agent, extension, was, lasted_ms, is, by })
}

fn sales(figures: &Figures, from: i64, to: i64) -> QueueFigures {
    figures.between(from, to, None).queues.get("sales").copied().unwrap_or_default()
}

fn ten(figures: &Figures, from: i64, to: i64, now: Option<i64>) -> AgentFigures {
    figures.between(from, to, now).agents.get("10").cloned().unwrap_or_default()
}

fn adds_up(figures: &QueueFigures) {
    let counts = &figures.counts;
    let left = counts.answered + counts.abandoned + figures.overflowed + counts.called_back;
    assert_eq!(counts.offered, left + counts.waiting, "{counts:?}");
}

#[test]
fn a_caller_counts_in_the_half_hour_in_which_it_joined() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Joined(joined(1, NINE - 1)));
    figures.apply(&Fact::Joined(joined(2, NINE)));
    assert_eq!(sales(&figures, NINE - HOUR, NINE).counts.waiting, 1);
    figures.apply(&Fact::Left(left(1, NINE - 1, 9_000, Exit::Answered)));
    let before = sales(&figures, NINE - HOUR, NINE).counts;
    assert_eq!((before.offered, before.answered, before.waiting), (1, 1, 0));
    let after = sales(&figures, NINE, NINE + HALF_HOUR_MS).counts;
    assert_eq!((after.offered, after.answered, after.waiting), (1, 0, 1));
}

#[test]
fn three_service_levels_by_their_formulas() {
    let mut figures = Figures::new();
    // Answered in time and late; hung up short, early and late; one by key; one waits.
    let exits = [
        (20_000, Exit::Answered),
        (20_001, Exit::Answered),
        (4_999, Exit::Abandoned),
        (5_000, Exit::Abandoned),
        (20_001, Exit::Abandoned),
        (1_000, Exit::Key),
    ];
    for (call, (waited, exit)) in exits.into_iter().enumerate() {
        figures.apply(&Fact::Joined(joined(call as u128, NINE)));
        figures.apply(&Fact::Left(left(call as u128, NINE, waited, exit)));
    }
    figures.apply(&Fact::Joined(joined(99, NINE)));
    let shown = sales(&figures, NINE, NINE + HOUR);
    adds_up(&shown);
    let level = shown.service_level;
    assert_eq!(level.strict, Some(1.0 / 7.0));
    assert_eq!(level.without_short, Some(1.0 / 6.0));
    assert_eq!(level.without_early, Some(1.0 / 3.0));
    assert_eq!(shown.abandon_rate, Some(3.0 / 7.0));
}

#[test]
fn time_in_a_state_is_split_where_a_half_hour_ends() {
    let mut figures = Figures::new();
    let lasted = 3 * HALF_HOUR_MS as u64 + 7;
    figures.apply(&agent(NINE + 5, on_break("lunch"), lasted, ready(Activity::Idle)));
    let ms = |from| ten(&figures, from, from + HALF_HOUR_MS, None).signed_in_ms;
    assert_eq!(ms(NINE), 5);
    assert_eq!(ms(NINE - HALF_HOUR_MS), HALF_HOUR_MS as u64);
    assert_eq!(ms(NINE - 3 * HALF_HOUR_MS), HALF_HOUR_MS as u64);
    assert_eq!(ms(NINE - 4 * HALF_HOUR_MS), 2);
    let all = ten(&figures, i64::MIN, i64::MAX, None);
    assert_eq!((all.signed_in_ms, all.break_ms), (lasted, lasted));
}

#[test]
fn who_signs_out_while_talking_is_here_until_the_talk_is_over() {
    let mut figures = Figures::new();
    let gone = |activity| state(Presence::LoggedOut, activity);
    figures.apply(&agent(NINE, gone(Activity::Idle), 999_999, ready(Activity::Idle)));
    figures.apply(&agent(NINE + 10, ready(Activity::Idle), 10, ready(Activity::Talking)));
    figures.apply(&agent(NINE + 30, ready(Activity::Talking), 20, gone(Activity::Talking)));
    figures.apply(&agent(NINE + 70, gone(Activity::Talking), 40, gone(Activity::Idle)));
    figures.apply(&agent(NINE + 170, gone(Activity::Idle), 100, ready(Activity::Idle)));
    let shown = ten(&figures, NINE, NINE + HOUR, Some(NINE + 180));
    assert_eq!((shown.signed_in_ms, shown.counts.sign_ins), (80, 2));
    assert_eq!(shown.occupancy, Some(60.0 / 80.0));
    let counts = &shown.counts;
    assert_eq!((counts.first_sign_in_ms, counts.last_sign_out_ms), (Some(NINE), Some(NINE + 30)));
}

#[test]
fn a_state_that_lasts_counts_until_now_and_only_within_the_span() {
    let mut figures = Figures::new();
    let remembered = Remembered {
        agent: "10".to_owned(),
        extension: "210".to_owned(),
        state: on_break("lunch"),
        since_ms: NINE - 1_000,
    };
    figures.remember(&remembered);
    assert_eq!(ten(&figures, NINE, NINE + HOUR, None).signed_in_ms, 0);
    assert_eq!(ten(&figures, NINE, NINE + HOUR, Some(NINE + 300)).signed_in_ms, 300);
    assert_eq!(ten(&figures, NINE - HOUR, NINE, Some(NINE + 300)).signed_in_ms, 1_000);
    assert_eq!(ten(&figures, NINE, NINE + HOUR, Some(NINE - 5_000)).signed_in_ms, 0);
    // Facts know better than what is remembered.
    figures.apply(&agent(NINE + 400, on_break("lunch"), 1_400, ready(Activity::Idle)));
    figures.remember(&remembered);
    let shown = figures.now();
    assert_eq!(shown.agents["10"].state, ready(Activity::Idle));
    assert_eq!(ten(&figures, NINE - HOUR, NINE + HOUR, Some(NINE + 500)).signed_in_ms, 1_500);
}

#[test]
fn who_joined_before_the_first_fact_counts_as_offered() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Joined(joined(2, NINE)));
    figures.apply(&Fact::Left(left(1, NINE, 100, Exit::Answered)));
    let shown = sales(&figures, NINE, NINE + HOUR);
    adds_up(&shown);
    assert_eq!((shown.counts.offered, shown.counts.waiting), (2, 1));
}

#[test]
fn a_caller_whose_leaving_was_never_written_down_was_cut_off() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Joined(joined(1, NINE)));
    figures.apply(&Fact::Joined(joined(1, NINE)));
    assert_eq!(sales(&figures, NINE, NINE + HOUR).counts.offered, 1, "the same fact twice");
    figures.apply(&Fact::Joined(JoinedFact { visit: 2, ..joined(1, NINE + HOUR) }));
    let shown = sales(&figures, NINE, NINE + HOUR);
    adds_up(&shown);
    assert_eq!((shown.counts.overflows.restart, shown.counts.waiting), (1, 0));
    assert_eq!(sales(&figures, NINE + HOUR, NINE + 2 * HOUR).counts.waiting, 1);
    // The leaving of another stay is not that of this one.
    figures.apply(&Fact::Left(left(1, NINE + HOUR, 5, Exit::Key)));
    let shown = sales(&figures, NINE + HOUR, NINE + 2 * HOUR);
    adds_up(&shown);
    assert_eq!((shown.counts.offered, shown.counts.waiting), (2, 1));
}

#[test]
fn more_waiters_than_a_floor_has_are_not_kept() {
    let mut figures = Figures::new();
    let many = WAITERS_MAX as u128 + 5;
    for call in 0..many {
        figures.apply(&Fact::Joined(joined(call, NINE + call as i64)));
    }
    assert_eq!(figures.waiting().count(), WAITERS_MAX);
    let shown = sales(&figures, NINE, NINE + HOUR);
    adds_up(&shown);
    assert_eq!((shown.counts.overflows.restart, shown.counts.offered), (5, many as u64));
}

#[test]
fn old_half_hours_go_and_a_jump_of_the_clock_takes_none_with_it() {
    let mut figures = Figures::new();
    let at = |half: usize| NINE + half as i64 * HALF_HOUR_MS;
    let one = |figures: &mut Figures, at_ms| figures.apply(&Fact::Left(left(1, at_ms, 5, Exit::Answered)));
    for half in 0..HALF_HOURS_MAX + 10 {
        one(&mut figures, at(half));
    }
    assert_eq!(figures.books().half_hours().count(), HALF_HOURS_MAX);
    assert_eq!(figures.books().half_hours().next(), Some(at(10)));
    // Years ahead, then back to before the first.
    one(&mut figures, NINE + 1_000_000 * HOUR);
    one(&mut figures, 0);
    one(&mut figures, at(HALF_HOURS_MAX + 9));
    let halves: Vec<i64> = figures.books().half_hours().collect();
    assert_eq!((halves.len(), halves[0], halves[1]), (HALF_HOURS_MAX, 0, at(12)));
    assert_eq!(sales(&figures, i64::MIN, i64::MAX).counts.answered, HALF_HOURS_MAX as u64 + 1);
}

#[test]
fn a_copy_of_the_books_stays_what_it_was() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Left(left(1, NINE, 5, Exit::Answered)));
    let copy = figures.books().clone();
    figures.apply(&Fact::Left(left(2, NINE, 5, Exit::Answered)));
    let answered = |books: &Books| books.queue("sales", NINE, NINE + HOUR).counts.answered;
    assert_eq!((answered(&copy), answered(figures.books())), (1, 2));
}

#[test]
fn who_waits_longer_than_half_hours_are_kept_still_adds_up() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Joined(joined(1, NINE)));
    for half in 1..=HALF_HOURS_MAX {
        let at = NINE + half as i64 * HALF_HOUR_MS;
        figures.apply(&Fact::Left(left(2, at, 5, Exit::Answered)));
    }
    figures.apply(&Fact::Left(left(1, NINE, 9 * 86_400_000, Exit::Abandoned)));
    let shown = sales(&figures, NINE, NINE + HOUR);
    adds_up(&shown);
    assert_eq!(shown.counts.abandoned, 1);
}

#[test]
fn absurd_numbers_do_no_harm() {
    let mut figures = Figures::new();
    for at_ms in [i64::MIN, i64::MIN + 1, -1, 0, 1, NINE, i64::MAX - 1, i64::MAX] {
        for ms in [0, 1, u64::MAX - 1, u64::MAX] {
            let name = || "x".to_owned();
            figures.apply(&agent(at_ms, ready(Activity::Talking), ms, on_break("lunch")));
            figures.apply(&Fact::Joined(JoinedFact { before: u32::MAX, ..joined(u128::from(ms), at_ms) }));
            let gone = LeftFact { joined_ms: at_ms, at_ms, ..left(u128::from(ms), NINE, ms, Exit::Answered) };
            figures.apply(&Fact::Left(gone.clone()));
            figures.apply(&Fact::Left(LeftFact { exit: Exit::Abandoned, ..gone }));
            let (agent, queue, caller, disposition) = (name(), name(), name(), name());
            let (talk_ms, hold_ms, lasted_ms, rang_ms, call) = (ms, ms, ms, ms, 1);
            let wrapped = WrappedUpFact { at_ms, call, queue, agent, lasted_ms, disposition };
            figures.apply(&Fact::WrappedUp(wrapped));
            let (agent, queue) = (name(), name());
            figures.apply(&Fact::Talked(TalkedFact { at_ms, call, queue, agent, caller, talk_ms, hold_ms }));
            let (agent, queue, offer, outcome) = (name(), name(), 1, OfferOutcome::Answered);
            figures.apply(&Fact::OfferEnded(OfferEndedFact {
                at_ms,
                offer,
                call,
                queue,
                agent,
                outcome,
                rang_ms,
            }));
            figures.expected_wait("sales", u32::MAX, at_ms);
            figures.between(at_ms, i64::MAX, Some(at_ms));
            adds_up(&sales(&figures, i64::MIN, i64::MAX));
        }
    }
    assert!(figures.books().half_hours().count() <= HALF_HOURS_MAX);
    assert!(figures.between(NINE, NINE - HOUR, Some(NINE)).queues.is_empty());
}

#[test]
fn too_many_names_and_reasons_are_counted_together() {
    let mut figures = Figures::new();
    for n in 0..NAMES_MAX + 3 {
        let gone = LeftFact { queue: format!("q{n}"), ..left(1, NINE, 5, Exit::Answered) };
        figures.apply(&Fact::Left(gone));
    }
    let board = figures.between(NINE, NINE + HOUR, None);
    assert_eq!(board.queues.len(), NAMES_MAX + 1);
    assert_eq!(board.queues[OTHERS].counts.answered, 3);
    assert_eq!(board.all_queues.counts.answered, NAMES_MAX as u64 + 3);
    for n in 0..100 {
        figures.apply(&agent(NINE + 10, on_break(&format!("reason {n}")), 10, ready(Activity::Idle)));
    }
    let shown = ten(&figures, NINE, NINE + HOUR, None);
    assert_eq!(shown.signed_in_ms, 1_000);
    assert!(shown.states.len() < 60);
    let other = shown.states.iter().find(|time| time.state == on_break(OTHER_REASON)).unwrap();
    assert_eq!(other.ms, 520);
}

/// Who sees some queues only is told of no sum that holds the others.
#[test]
fn the_figures_of_some_queues_only() {
    let mut figures = Figures::new();
    for queue in ["sales", "sales", "support"] {
        figures.apply(&Fact::Left(LeftFact { queue: queue.into(), ..left(1, NINE, 5, Exit::Answered) }));
    }
    let board = figures.books().between_of(NINE, NINE + HOUR, None, &|queue| queue == "sales");
    assert_eq!(board.queues.keys().collect::<Vec<_>>(), ["sales"]);
    assert_eq!(board.all_queues.counts.answered, 2);
}

#[test]
fn figures_as_json() {
    let mut figures = Figures::new();
    figures.apply(&Fact::Joined(joined(1, NINE)));
    figures.apply(&Fact::Left(left(1, NINE, 12_000, Exit::Answered)));
    figures.apply(&agent(NINE + 10, on_break("lunch"), 10, ready(Activity::Idle)));
    let board = serde_json::to_value(figures.between(NINE, NINE + HOUR, None)).unwrap();
    let queue = &board["queues"]["sales"];
    assert_eq!((&queue["offered"], &queue["overflowed"]), (&1.into(), &0.into()));
    assert_eq!(queue["service_level"]["strict"], 1.0);
    assert_eq!(queue["answered_wait"]["p80_ms"], 12_000);
    let state = serde_json::json!({"presence": "break", "reason": "lunch", "activity": "idle", "ms": 10});
    assert_eq!(board["agents"]["10"]["states"][0], state);
    let now = serde_json::to_value(figures.now()).unwrap();
    assert_eq!(now["agents"]["10"]["presence"], "ready");
}

/// A call of a number: joined, and answered after ten seconds by that agent, or given up.
fn call(figures: &mut Figures, id: u128, caller: &str, at_ms: i64, agent: Option<&str>) {
    let caller = caller.to_owned();
    figures.apply(&Fact::Joined(JoinedFact { caller: caller.clone(), ..joined(id, at_ms) }));
    let exit = if agent.is_some() { Exit::Answered } else { Exit::Abandoned };
    let agent = agent.unwrap_or_default().to_owned();
    figures.apply(&Fact::Left(LeftFact { caller, agent, ..left(id, at_ms, 10_000, exit) }));
}

#[test]
fn who_asks_again_within_two_hours_of_an_answer_is_a_repeat_of_it_once() {
    let mut figures = Figures::new();
    call(&mut figures, 1, "030", NINE, Some("10"));
    call(&mut figures, 2, "030", NINE + HOUR, None);
    call(&mut figures, 3, "030", NINE + HOUR + 60_000, Some("11"));
    call(&mut figures, 4, "030", NINE + 3 * HOUR + 60_000 + 10_000, Some("10"));
    call(&mut figures, 5, "030", NINE + 5 * HOUR + 60_000 + 20_001, Some("10"));
    call(&mut figures, 6, "", NINE, Some("12"));
    call(&mut figures, 7, "", NINE + 60_000, Some("12"));
    let board = figures.between(NINE, NINE + 48 * HALF_HOUR_MS, None);
    let queue = board.queues["sales"];
    assert_eq!((queue.counts.answered, queue.counts.repeats), (6, 2), "not at two hours and a millisecond");
    assert_eq!(queue.repeat_rate, Some(2.0 / 6.0));
    let of = |agent: &str| board.agents[agent].counts.repeats;
    assert_eq!((of("10"), of("11")), (1, 1), "charged to who had answered before");
    assert!(!board.agents.contains_key("12"), "withheld numbers repeat nothing");
    let first = figures.queue("sales", NINE, NINE + HALF_HOUR_MS);
    assert_eq!(first.counts.repeats, 1, "in the half hour of the answer, not of the repeat");
}

/// A call-back of number 031, asked for in call 1 from 030 at nine, and reached in call 2 ten minutes later by agent 10.
fn reached(figures: &mut Figures) {
    let joined_fact = JoinedFact { caller: "030".to_owned(), ..joined(1, NINE) };
    figures.apply(&Fact::Joined(joined_fact));
    let gone = LeftFact { caller: "030".to_owned(), ..left(1, NINE, 10_000, Exit::CalledBack) };
    figures.apply(&Fact::Left(gone));
    let fact = |at_ms, act| {
        Fact::CallBack(CallBackFact {
            at_ms,
            id: 77,
            call: 1,
            joined_ms: NINE,
            queue: "sales".to_owned(),
            number: "031".to_owned(),
            caller: "030".to_owned(),
            class: String::new(),
            priority: 0,
            act,
        })
    };
    figures.apply(&fact(NINE + 10_000, CallBackAct::Asked));
    figures.apply(&fact(NINE + 590_000, CallBackAct::Called { agent: "10".to_owned() }));
    let act = CallBackAct::Closed {
        how: CallBackEnd::Reached,
        agent: "10".to_owned(),
        tries: 0,
        waited_ms: 600_000,
        reached_in: 2,
    };
    figures.apply(&fact(NINE + 600_000, act));
}

#[test]
fn who_was_reached_by_a_call_back_and_asks_again_is_a_repeat_of_it_once() {
    for again in ["030", "031"] {
        let mut figures = Figures::new();
        reached(&mut figures);
        call(&mut figures, 3, again, NINE + HOUR, None);
        call(&mut figures, 4, "030", NINE + HOUR + 60_000, None);
        call(&mut figures, 5, "031", NINE + HOUR + 60_000, None);
        let board = figures.between(NINE, NINE + 48 * HALF_HOUR_MS, None);
        assert_eq!(board.queues["sales"].counts.repeats, 1, "{again}");
        assert_eq!(
            board.queues["sales"].repeat_rate,
            Some(1.0),
            "one was reached, nobody answered on the line"
        );
        assert_eq!(board.agents["10"].counts.repeats, 1);
    }
    let mut figures = Figures::new();
    reached(&mut figures);
    call(&mut figures, 2, "031", NINE + HOUR, None);
    call(&mut figures, 6, "031", NINE + 600_001 + 2 * HOUR, None);
    let none = figures.queue("sales", NINE, NINE + 48 * HALF_HOUR_MS).counts.repeats;
    assert_eq!(none, 0, "neither who is transferred within that call, nor after two hours");
}

#[test]
fn from_one_queue_to_the_next_in_a_call_is_no_repeat() {
    let mut figures = Figures::new();
    call(&mut figures, 1, "030", NINE, Some("10"));
    let second = JoinedFact { caller: "030".to_owned(), visit: 2, ..joined(1, NINE + 60_000) };
    figures.apply(&Fact::Joined(second));
    assert_eq!(figures.queue("sales", NINE, NINE + HOUR).counts.repeats, 0);
}

#[test]
fn breaks_are_summed_by_reason_and_the_one_that_lasts_is_told_apart() {
    let mut figures = Figures::new();
    let idle = || ready(Activity::Idle);
    figures.apply(&agent(NINE, idle(), 0, on_break("lunch")));
    figures.apply(&agent(NINE + HOUR, on_break("lunch"), HOUR as u64, idle()));
    figures.apply(&agent(NINE + HOUR + 1_000, idle(), 1_000, on_break("coffee")));
    figures.apply(&agent(NINE + HOUR + 4_000, on_break("coffee"), 3_000, on_break("lunch")));
    let all = figures.breaks("10", NINE);
    let shown: Vec<_> = all.iter().map(|(why, time)| (why.as_str(), time.ended_ms, time.since_ms)).collect();
    assert_eq!(shown, [("coffee", 3_000, None), ("lunch", HOUR as u64, Some(NINE + HOUR + 4_000))]);
    let later = figures.breaks("10", NINE + 2 * HOUR);
    assert_eq!(later["lunch"].since_ms, Some(NINE + 2 * HOUR), "from midnight on");
    assert!(figures.breaks("99", NINE).is_empty());
}

/// That of two wishes for the same half hour one was not kept, and nothing else of it, is on disk: the daemon died between.
#[test]
fn what_takes_back_a_wish_that_was_never_written_down_takes_back_nobody_elses() {
    let mut figures = Figures::new();
    let wish = |id, act| {
        Fact::CallBack(CallBackFact {
            at_ms: NINE + 10_000,
            id,
            call: id + 100,
            joined_ms: NINE,
            queue: "sales".to_owned(),
            number: "031".to_owned(),
            caller: "030".to_owned(),
            class: String::new(),
            priority: 0,
            act,
        })
    };
    let over = |how| CallBackAct::Closed { how, agent: String::new(), tries: 0, waited_ms: 1, reached_in: 0 };
    let asked = |figures: &Figures| sales(figures, NINE, NINE + HALF_HOUR_MS).counts.call_backs.asked;
    figures.apply(&wish(1, CallBackAct::Asked));
    figures.apply(&wish(2, over(CallBackEnd::NotKept)));
    assert_eq!(asked(&figures), 1, "of another wish");
    figures.apply(&wish(3, CallBackAct::Asked));
    figures.apply(&wish(3, over(CallBackEnd::NotKept)));
    assert_eq!(asked(&figures), 1, "of its own");
    figures.apply(&wish(1, over(CallBackEnd::Dropped)));
    figures.apply(&wish(1, over(CallBackEnd::NotKept)));
    assert_eq!(asked(&figures), 1, "what is over is taken back by nothing");
}
