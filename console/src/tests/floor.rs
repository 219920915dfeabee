//! Queues, who waits in them, and agents: verbs, why, and texts.

use super::*;
use crate::app::{Mood, Overlay, Screen};
use crate::fixture::{floor, press, say};
use crate::rows::List;
use crate::words::Language;
use std::fmt::Write as _;
use switchroom_wire::{
    AgentView, Answer, BarView, BreakView, Change, Command, DecisionView, PartyView, QueueView, ReasonsView,
    Reply, Role, StandingView, WaiterView,
};

pub(super) fn answer(app: &mut App, id: u64, answer: Answer) {
    update(app, Input::Line(Box::new(ServerLine::Reply(Reply { id, result: Ok(answer) }))));
}

fn on_agent(number: &str) -> App {
    let mut app = floor((80, 24));
    select(&mut app, "3", List::Agents, number);
    app
}

/// Who waits in the queue support, with this call selected.
fn on_waiter(number: u64) -> (App, String) {
    let mut app = floor((80, 24));
    select(&mut app, "2", List::Queues, "support");
    let waiting = &app.model.board.queues["support"].waiting;
    let id = waiting.iter().find(|waiter| waiter.number == number).unwrap().call.clone();
    select(&mut app, "enter", List::Waiting, &id);
    (app, id)
}

fn presence(agent: &str, presence: &str, reason: Option<&str>) -> Command {
    Command::AgentPresence {
        agent: agent.into(),
        presence: presence.into(),
        reason: reason.map(str::to_owned),
        extension: None,
    }
}

#[test]
fn what_can_be_taken_back_is_sent_at_once_and_told_in_three_states() {
    let (mut app, call) = on_waiter(4153);
    let (id, command) = sent(&press(&mut app, "V")).unwrap();
    assert_eq!(command, Command::Priority { call: call.clone(), priority: 6 });
    assert_eq!(app.toast.as_ref().map(|toast| toast.mood), Some(Mood::Sent));
    answer(&mut app, id, Answer::Done("4153 has priority 6".into()));
    assert!(shown(&app).contains("done priority of 4153 to 6: 4153 has priority 6"), "{}", shown(&app));
    let (_, command) = sent(&press(&mut app, "J")).unwrap();
    assert_eq!(command, Command::Priority { call, priority: 4 });
    let (mut app, _) = on_waiter(4151);
    assert_eq!(press(&mut app, "J"), []);
    assert!(shown(&app).contains("has the lowest priority"));
}

#[test]
fn taking_out_asks_and_is_refused_once_the_caller_waits_no_longer() {
    let (mut app, call) = on_waiter(4151);
    assert_eq!(press(&mut app, "O"), []);
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!(
        asked.question,
        "Take 4151 out of support, as if it had waited too long: +441614960021, 1:42?"
    );
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, Command::TakeOut { call: call.clone() });
    let (mut app, _) = on_waiter(4151);
    press(&mut app, "O");
    let mut queue: QueueView = app.model.board.queues["support"].clone();
    queue.waiting.retain(|waiter| waiter.call != call);
    change(&mut app, Change::Queue(Box::new(queue)));
    assert!(sent(&press(&mut app, "y")).is_none());
    assert!(shown(&app).contains("waits no longer"));
}

#[test]
fn agents_are_set_ready_finished_and_signed_out() {
    let mut app = on_agent("106");
    assert_eq!(sent(&press(&mut app, "I")).unwrap().1, presence("106", "ready", None));
    let mut app = on_agent("108");
    assert_eq!(sent(&press(&mut app, "I")).unwrap().1, presence("108", "ready", None), "ends the rest");
    let mut app = on_agent("104");
    let finish = Command::AgentWrapUp { agent: "104".into(), more_s: None, disposition: None };
    assert_eq!(sent(&press(&mut app, "F")).unwrap().1, finish);
    let mut app = on_agent("102");
    assert_eq!(press(&mut app, "O"), []);
    assert!(shown(&app).contains("Sign out 102 Ana, now TALK 3:12?"), "{}", shown(&app));
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, presence("102", "logged_out", None));
    for (agent, key, why) in [
        ("107", "I", "is ready already"),
        ("107", "F", "is in no after-call time"),
        ("110", "O", "is signed out"),
        ("110", "P", "is signed out"),
    ] {
        let mut app = on_agent(agent);
        assert_eq!(press(&mut app, key), [], "{agent} {key}");
        assert!(app.overlay.is_none() && shown(&app).contains(why), "{agent} {key}: {}", shown(&app));
    }
}

#[test]
fn signing_out_is_refused_when_the_agent_is_at_something_else_by_then() {
    let mut app = on_agent("107");
    press(&mut app, "O");
    let mut agent = app.model.board.agents["107"].clone();
    agent.activity = "talking".into();
    change(&mut app, Change::Agent(Box::new(agent)));
    assert!(sent(&press(&mut app, "y")).is_none());
    assert!(shown(&app).contains("is now at TALK"));
}

#[test]
fn a_break_wants_its_reason() {
    let mut app = on_agent("107");
    assert_eq!(ordered(&press(&mut app, "P enter")), None, "no reason, no break");
    assert!(app.overlay.is_none() && shown(&app).contains("not done"));
    assert_eq!(ordered(&press(&mut app, "P l u n c g backspace")), None);
    let asked = shown(&app);
    assert!(asked.contains("Break for 107 Lia, now READY 2:15.  (coffee, lunch; Tab)"), "{asked}");
    assert!(asked.contains(" lunc\n"), "{asked}");
    assert_eq!(sent(&press(&mut app, "h enter")).unwrap().1, presence("107", "break", Some("lunch")));
    press(&mut app, "P l");
    assert_eq!(press(&mut app, "esc"), []);
    assert!(app.overlay.is_none());
}

/// Nobody chose that break, and it lasts until somebody ends it: without a word a floor would drain into it.
#[test]
fn a_break_for_a_missed_call_says_so_and_how_it_ends() {
    for (language, word, hint) in [
        (Language::English, "missed a call", "until set ready: I here"),
        (Language::Chinese, "未接来电", "此处按 I"),
    ] {
        let mut app = on_agent("106");
        app.settings.words = crate::words::Words::new(language);
        let before = app.model.board.agents["106"].clone();
        assert!(!shown(&app).contains(hint), "{}", shown(&app));
        let missed = AgentView { reason: "no_answer".into(), ..before };
        change(&mut app, Change::Agent(Box::new(missed)));
        let seen = shown(&app);
        assert!(seen.contains(word) && seen.contains(hint) && !seen.contains("no_answer "), "{seen}");
    }
}

#[test]
fn words_do_what_keys_do() {
    let mut app = floor((80, 24));
    let said = |app: &mut App, words: &str| sent(&say(app, words)).map(|(_, command)| command);
    assert_eq!(said(&mut app, "break 107 lunch"), Some(presence("107", "break", Some("lunch"))));
    assert_eq!(said(&mut app, "ready 106"), Some(presence("106", "ready", None)));
    let Some(Command::Priority { priority: 3, .. }) = said(&mut app, "priority 4152 3") else { panic!() };
    assert_eq!(said(&mut app, "sign out 102"), None, "asks first");
    assert!(matches!(app.overlay, Some(Overlay::Confirm(_))));
    press(&mut app, "n");
    assert_eq!(said(&mut app, "take out 4127"), None, "4127 waits in no queue");
    assert!(shown(&app).contains("nobody waits as 4127"));
    with_role(&mut app, Role::Viewer);
    assert_eq!(said(&mut app, "ready 106"), None);
    assert!(shown(&app).contains("viewer: may only look"));
}

const CALL_BACK: &str = "01JBS94170QZ8M4T6W2X0Y5K1C";

/// Who waits in the queue support, and one more who hung up and is to be called back: that one is selected.
fn on_call_back() -> App {
    let (mut app, _) = on_waiter(4151);
    let mut queue = app.model.board.queues["support"].clone();
    let caller = PartyView { number: "+351930007777".into(), name: String::new() };
    queue.waiting.push(WaiterView {
        call: CALL_BACK.into(),
        caller,
        call_back: "waits".into(),
        since_ms: NOW_MS - 300_000,
        priority: 2,
        ..Default::default()
    });
    change(&mut app, Change::Queue(Box::new(queue)));
    app.lists.get_mut(&List::Waiting).unwrap().selected = Some(CALL_BACK.into());
    app.settle(NOW_MS);
    app
}

#[test]
fn a_call_back_is_assigned_moved_and_taken_out_by_its_id_or_the_number_to_call() {
    let call = || CALL_BACK.to_owned();
    let mut app = on_call_back();
    press(&mut app, "A");
    assert!(shown(&app).contains("Assign callback +351930007777, waiting in support for 5:00."));
    assert!(sent(&press(&mut app, "1 0 7 enter")).is_none());
    let assign = Command::Assign { call: call(), agent: "107".into() };
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, assign);
    assert!(shown(&app).contains("assign callback +351930007777"), "{}", shown(&app));
    for (words, want) in [
        (format!("priority {CALL_BACK} 9"), Command::Priority { call: call(), priority: 9 }),
        ("priority +351930007777 9".into(), Command::Priority { call: call(), priority: 9 }),
    ] {
        let mut app = on_call_back();
        assert_eq!(sent(&say(&mut app, &words)).unwrap().1, want, "{words}");
        assert!(shown(&app).contains("priority of callback +351930007777 to 9"), "{}", shown(&app));
    }
    let mut app = on_call_back();
    press(&mut app, "O");
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    assert_eq!(
        asked.question,
        "Take callback out of support, as if it had waited too long: +351930007777, 5:00?"
    );
    assert_eq!(sent(&press(&mut app, "y")).unwrap().1, Command::TakeOut { call: call() });
}

#[test]
fn nought_names_no_call_back() {
    for words in ["take out 0", "priority 0 9", "assign 0 107"] {
        let mut app = on_call_back();
        assert!(sent(&say(&mut app, words)).is_none() && app.overlay.is_none(), "{words}");
        assert!(shown(&app).contains("nobody waits as 0"), "{words}: {}", shown(&app));
    }
}

#[test]
fn a_call_back_is_nobody_on_the_line() {
    for key in ["T", "P"] {
        let mut app = on_call_back();
        assert_eq!(press(&mut app, key), [], "{key}");
        assert!(shown(&app).contains("nobody is on the line"), "{key}: {}", shown(&app));
    }
    let mut app = on_call_back();
    assert_eq!(press(&mut app, "enter"), [], "it has no call to watch");
    assert!(shown(&app).contains("callback: +351930007777"), "{}", shown(&app));
    let mut app = on_call_back();
    press(&mut app, "x");
    assert!(app.waiting.values().any(|one| format!("{one:?}").contains("callback +351930007777")));
    update(&mut app, Input::Resize(80, 40));
    press(&mut app, "esc");
    let pane = shown(&app);
    let line = pane.lines().find(|line| line.contains("+351930007777")).unwrap();
    assert!(line.contains("callback") && !line.contains('!'), "{line}");
}

#[test]
fn who_waits_is_shown_queue_by_queue_and_left_again() {
    let (mut app, _) = on_waiter(4151);
    assert_eq!(app.rows(List::Waiting, NOW_MS).len(), 4, "those of support only");
    press(&mut app, "/ 4 1 5 1 enter esc");
    assert_eq!(app.screen, Screen::List(List::Waiting), "Esc clears the filter first");
    press(&mut app, "esc");
    assert_eq!(app.screen, Screen::List(List::Queues));
    press(&mut app, "enter enter");
    assert!(matches!(app.screen, Screen::Detail(List::Waiting)));
    let first = app.detail.call.clone();
    press(&mut app, "l");
    assert_ne!(app.detail.call, first, "the next one who waits");
    press(&mut app, "q q q");
    assert_eq!(app.screen, Screen::List(List::Calls));
    let mut app = on_agent("102");
    press(&mut app, "g c");
    assert_eq!(app.call_in_view().map(|call| call.number), Some(4127));
}

#[test]
fn all_who_wait_are_counted_not_only_those_who_are_named() {
    let (mut app, _) = on_waiter(4151);
    let mut queue: QueueView = app.model.board.queues["support"].clone();
    queue.waiting_count = 61;
    change(&mut app, Change::Queue(Box::new(queue)));
    assert!(shown(&app).contains("support   61 waiting, longest"), "{}", shown(&app));
}

/// The board names fifty of those who wait; the others wait all the same.
#[test]
fn who_waits_beyond_those_named_waits_on_the_calls_too() {
    let mut app = floor((80, 24));
    let mut queue: QueueView = app.model.board.queues["support"].clone();
    let last = queue.waiting.pop().unwrap();
    let mut call = app.model.board.calls[&last.call].clone();
    call.queue = Some("support".into());
    change(&mut app, Change::Queue(Box::new(queue)));
    change(&mut app, Change::Call(Box::new(call)));
    let rows = app.rows(List::Calls, NOW_MS);
    let row = rows.iter().find(|row| row.id == last.call).unwrap();
    assert_eq!((row.cells[1].text.as_str(), row.cells[4].text.as_str()), ("WAITING", "support"));
}

fn reasons() -> ReasonsView {
    let agents = [("103", "holding"), ("106", "on a break: lunch"), ("109", "french 2, asked for 5")];
    let pairs = |of: &[(&str, &str)]| of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    ReasonsView {
        call: "x".into(),
        path: Vec::new(),
        standing: Some(StandingView {
            queue: "support".into(),
            place: 2,
            waited_ms: 102_000,
            priority: 0,
            ringing: vec!["107".into()],
            needs: vec!["french 5".into()],
            agents: pairs(&agents),
            bars: [("109".to_owned(), BarView { skill: "french".into(), asked: 5, has: 2, tier: 0 })].into(),
            unnamed: 3,
        }),
        offers: vec![DecisionView {
            at_ms: NOW_MS - 60_000,
            queue: "support".into(),
            waited_ms: 42_000,
            trigger: "agent".into(),
            chosen: vec!["108".into()],
            offer: 12,
            mono_ms: 400_000,
            needs: vec!["french 3".into()],
            order: vec!["skill".into(), "longest_idle".into(), "round_robin".into()],
            candidates: vec![("108".into(), vec![-5, 150_000, 11])],
            others: pairs(&[
                ("102", "talking"),
                ("103", "of tier 2, not asked yet"),
                ("evil\u{1b}[2J", "free"),
            ]),
            bars: [("103".to_owned(), BarView { tier: 2, ..BarView::default() })].into(),
            unnamed: 0,
            lines: vec!["01JBS9 in support: tier 1, priority 0, weighted wait 42 s".into()],
        }],
    }
}

#[test]
fn why_is_asked_and_answered_as_a_text_in_both_languages() {
    let mut text = String::new();
    for language in ["en", "zh"] {
        let (mut app, call) = on_waiter(4151);
        press(&mut app, &format!(": l a n g space {} enter", if language == "en" { "e n" } else { "z h" }));
        let (id, command) = sent(&press(&mut app, "x")).unwrap();
        assert_eq!(command, Command::Why { call });
        answer(&mut app, id, Answer::Why(Box::new(reasons())));
        let _ = writeln!(text, "== {language}\n{}", shown(&app));
    }
    assert!(!text.contains('\u{1b}'));
    insta::assert_snapshot!("why", text);
    let (mut app, _) = on_waiter(4151);
    let (id, _) = sent(&press(&mut app, "x")).unwrap();
    answer(&mut app, id, Answer::Why(Box::default()));
    assert!(shown(&app).contains("It came to no queue and was offered to no agent."));
    disconnect(&mut app);
    assert_eq!(press(&mut app, "esc x"), []);
}

#[test]
fn answers_are_tables() {
    let app = floor((80, 24));
    let board = &app.model.board;
    let queues = Answer::Queues(board.queues.values().cloned().collect());
    let agents = Answer::Agents(board.agents.values().cloned().collect());
    let lines: Vec<String> = [queues, agents]
        .iter()
        .flat_map(|answer| crate::update::shown_text(&app, answer, NOW_MS).into_iter().chain([String::new()]))
        .collect();
    insta::assert_snapshot!("answers_floor", lines.join("\n"));
}

#[test]
fn the_floor_is_a_fold_of_its_changes() {
    let mut board = crate::fixture::office((80, 24)).model.board;
    for change in crate::fixture::floor_changes() {
        board.apply(&change);
    }
    let app = floor((80, 24));
    assert_eq!(app.model.board, board);
    assert_eq!((board.queues.len(), board.agents.len()), (4, 11));
    let mut app = app;
    change(&mut app, Change::QueueGone("support".into()));
    change(&mut app, Change::AgentGone("102".into()));
    assert_eq!((app.model.board.queues.len(), app.model.board.agents.len()), (3, 10));
}

/// Many lines at once are the same as one after the other.
#[test]
fn lines_that_come_together_mean_what_they_mean_one_by_one() {
    let lines: Vec<ServerLine> = crate::fixture::lines("office")
        .into_iter()
        .chain(crate::fixture::floor_changes().into_iter().enumerate().map(|(n, change)| {
            // Behind the last line of the office.
            let seq = crate::fixture::office((80, 24)).model.seq + 1 + n as u64;
            ServerLine::Delta { seq, at_ms: NOW_MS, change }
        }))
        .collect();
    let (mut together, mut one_by_one) = (crate::fixture::app((80, 24)), crate::fixture::app((80, 24)));
    lines.iter().for_each(|line| drop(update(&mut one_by_one, Input::Line(Box::new(line.clone())))));
    update(&mut together, Input::Lines(lines));
    assert_eq!(together.model.board, one_by_one.model.board);
    assert_eq!(together.model.board.queues.len(), 4);
    assert_eq!(shown(&together), shown(&one_by_one));
}

#[test]
fn nobody_is_offered_the_break_of_who_did_not_answer() {
    let mut app = on_agent("102");
    let had = |reason: &str| BreakView { reason: reason.into(), ..BreakView::default() };
    let mut ana = app.board().agents["102"].clone();
    ana.breaks = vec![had("no_answer"), had("lunch")];
    app.model.board.apply(&Change::Agent(Box::new(ana)));
    assert_eq!(ordered(&press(&mut app, "P")), None);
    let Some(Overlay::Confirm(asked)) = &app.overlay else { panic!("{}", shown(&app)) };
    let is_offered = |reason: &str| asked.choices.iter().any(|choice| choice == reason);
    assert!(is_offered("lunch") && !is_offered("no_answer"), "{:?}", asked.choices);
}
