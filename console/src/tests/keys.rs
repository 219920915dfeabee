//! What keys do and must never do.

use super::*;
use crate::action::{ACTIONS, Action};
use crate::app::{Effect, Overlay, Screen};
use crate::fixture::{answer_figures, floor, office, play_floor, press};
use crate::keymap::{Code, Key};
use crate::rows::List;
use switchroom_wire::{
    CallView, Change, ClientLine, Command, EndedView, MissedAct, Role, SuperviseAct, SupervisionMode,
};

fn sends_a_verb(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Send(ClientLine::Command(request))
            if request.command.role() > Role::Viewer && !only_looks(&request.command))
    })
}

/// Whether it only looks, though it takes an admin.
fn only_looks(command: &Command) -> bool {
    matches!(
        command,
        Command::Settings { .. }
            | Command::PreviewSettings { .. }
            | Command::Desk { .. }
            | Command::FlowText { .. }
    )
}

/// What must be asked before it is sent: all but what can be taken back with the next key and nobody hears.
fn sends_what_is_asked(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| match effect {
        Effect::Send(ClientLine::Command(request)) => match &request.command {
            Command::Priority { .. } | Command::AgentWrapUp { .. } => false,
            // It was read, and is in the journal.
            Command::Told { .. } => false,
            // A question; and what the next press takes back.
            Command::Desk { .. } | Command::Record { .. } => false,
            // One hears and is not heard, or leaves, or one's own phone rings.
            Command::Supervise { mode, .. } | Command::SuperviseAct { act: SuperviseAct::Mode(mode), .. } => {
                *mode != SupervisionMode::Listen
            }
            Command::SuperviseAct { act, .. } => *act == SuperviseAct::TakeOver,
            Command::PickUp { .. } => false,
            Command::AgentPresence { presence, .. } => presence != "ready",
            Command::MissedAct { act, .. } => matches!(act, MissedAct::Close { .. }),
            command => command.role() > Role::Viewer && !only_looks(command),
        },
        _ => false,
    })
}

/// A generator whose sequence is always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Of a large floor the rows are most of what a key costs.
#[test]
fn rows_are_made_once_for_the_lines_that_came_and_not_for_a_key_that_only_moves() {
    for (keys, list) in [("4", List::Calls), ("3", List::Agents), ("9", List::Lines)] {
        let mut app = floor((80, 24));
        press(&mut app, keys);
        drawn(&app);
        app.rows_made.set(0);
        let call = app.model.board.calls[&id_of(&app, 4127)].clone();
        let change = Change::Call(Box::new(call));
        let line = ServerLine::Delta { seq: app.model.seq + 1, at_ms: NOW_MS, change };
        update(&mut app, Input::Lines(vec![line]));
        press(&mut app, "j");
        drawn(&app);
        assert_eq!(app.rows_made.get(), 1, "{list:?}");
        press(&mut app, "i");
        assert_eq!(app.rows_made.get(), 2, "another order is other rows");
        let kept = app.rows_shown(list, NOW_MS).iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let made = app.rows(list, NOW_MS).into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(kept, made);
    }
}

#[test]
fn no_sequence_of_lowercase_keys_is_a_verb() {
    let mut keys: Vec<Key> = ('!'..='~')
        .filter(|c| !c.is_ascii_uppercase() && *c != ':' && *c != '/')
        .map(|c| Key::plain(Code::Char(c)))
        .collect();
    keys.extend(
        [Code::Enter, Code::Esc, Code::Tab, Code::Up, Code::Down, Code::Left, Code::PageUp, Code::Home]
            .map(Key::plain),
    );
    keys.extend(('a'..='z').map(|c| Key { code: Code::Char(c), ctrl: true }));
    let mut chance = Chance(7);
    for round in 0..40 {
        let mut app = floor((80, 24));
        with_role(&mut app, Role::Admin);
        for _ in 0..150 {
            let key = keys[chance.below(keys.len())];
            let effects = update(&mut app, Input::Key(key));
            assert!(!sends_a_verb(&effects), "round {round}: {key}");
            assert!(
                !matches!(app.overlay, Some(Overlay::Confirm(_) | Overlay::Palette { .. })),
                "round {round}: {key}"
            );
        }
    }
}

#[test]
fn random_keys_of_all_kinds_never_panic_and_never_act_without_a_question() {
    let mut keys: Vec<Key> = (' '..='~').map(|c| Key::plain(Code::Char(c))).collect();
    keys.extend(
        [Code::Enter, Code::Esc, Code::Tab, Code::Up, Code::Down, Code::Right, Code::PageDown, Code::End]
            .map(Key::plain),
    );
    let mut chance = Chance(11);
    let mut app = floor((80, 24));
    with_role(&mut app, Role::Admin);
    for step in 0..6_000 {
        let asked = matches!(app.overlay, Some(Overlay::Confirm(_) | Overlay::Diff(_)));
        let effects = update(&mut app, Input::Key(keys[chance.below(keys.len())]));
        assert!(asked || !sends_what_is_asked(&effects), "step {step}");
        answer_figures(&mut app, &effects);
        settings::answer_all(&mut app, &effects);
        if step % 50 == 0 {
            let size = (chance.below(150) as u16, chance.below(50) as u16);
            update(&mut app, Input::Resize(size.0, size.1));
            shown(&app);
        }
        if step % 400 == 399 {
            press(&mut app, "esc esc esc");
            play(&mut app, "office");
            play_floor(&mut app);
        }
    }
}

/// The second of the two steps opens the microphone without a question, at the call that is heard and only by its own key.
#[test]
fn random_keys_open_the_microphone_only_at_the_call_that_is_heard() {
    let keys: Vec<Key> = (' '..='~').map(|c| Key::plain(Code::Char(c))).collect();
    let mut chance = Chance(13);
    let mut opened = 0;
    for _ in 0..300 {
        let mut app = supervise::supervising(SupervisionMode::Listen, &[]);
        with_role(&mut app, Role::Admin);
        for _ in 0..20 {
            let asked = matches!(app.overlay, Some(Overlay::Confirm(_) | Overlay::Diff(_)));
            let is_typing = app.overlay.is_some();
            let key = keys[chance.below(keys.len())];
            let effects = update(&mut app, Input::Key(key));
            if asked || !sends_what_is_asked(&effects) {
                continue;
            }
            let Some((_, Command::SuperviseAct { act: SuperviseAct::Mode(mode), phone })) = sent(&effects)
            else {
                panic!("{key}: {effects:?}")
            };
            let letter = if mode == SupervisionMode::Whisper { 'W' } else { 'B' };
            assert_eq!((key, is_typing), (Key::plain(Code::Char(letter)), false));
            assert_eq!(phone.as_deref(), Some("201"), "at the phone that hears it");
            opened += 1;
        }
    }
    assert!(opened > 20, "{opened}");
}

#[test]
fn selection_follows_the_call_and_moves_on_when_it_is_gone() {
    let mut app = office((80, 24));
    press(&mut app, "j j");
    let id = app.selected(List::Calls).unwrap().to_owned();
    let before = app.selected_index(List::Calls);
    press(&mut app, "> > >");
    assert_eq!(app.selected(List::Calls), Some(id.as_str()), "sorting moves the row, not the selection");
    press(&mut app, "< < <");
    assert_eq!(app.selected_index(List::Calls), before);
    let call = app.model.board.calls[&id].clone();
    let ended =
        EndedView { at_ms: NOW_MS, by: "caller".into(), cause: "hung_up".into(), ..Default::default() };
    let over = CallView { state: switchroom_wire::CallState::Ended, ended: Some(ended), ..call };
    delta(&mut app, Change::Call(Box::new(over)), NOW_MS);
    delta(&mut app, Change::CallGone(id.clone()), NOW_MS + 500);
    app.update(Input::Tick, NOW_MS + 2_900);
    assert!(
        app.rows(List::Calls, NOW_MS + 2_900).iter().any(|row| row.id == id && row.is_ended),
        "stays 3 s"
    );
    assert_eq!(app.selected(List::Calls), Some(id.as_str()));
    app.update(Input::Tick, NOW_MS + 3_100);
    assert!(app.rows(List::Calls, NOW_MS + 3_100).iter().all(|row| row.id != id));
    assert!(app.selected(List::Calls).is_some());
}

fn delta(app: &mut App, change: Change, now_ms: i64) {
    let seq = app.model.seq + 1;
    app.update(Input::Line(Box::new(ServerLine::Delta { seq, at_ms: now_ms, change })), now_ms);
}

#[test]
fn a_screen_that_does_not_exist_has_no_key() {
    let mut app = office((80, 24));
    let before = shown(&app);
    press(&mut app, "z");
    assert_eq!(shown(&app), before);
}

#[test]
fn going_and_coming_back() {
    let mut app = office((80, 24));
    press(&mut app, "9 8 -");
    assert_eq!(app.screen, Screen::List(List::Lines));
    press(&mut app, "4 enter");
    assert!(matches!(app.screen, Screen::Detail(List::Calls)));
    press(&mut app, "q");
    assert_eq!(app.screen, Screen::List(List::Calls));
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
    assert_eq!(press(&mut app, "esc"), [], "Esc never leaves");
}

#[test]
fn the_detail_is_watched_while_it_is_open_and_again_after_a_reconnect() {
    let mut app = office((80, 24));
    let effects = press(&mut app, "enter");
    let id = app.detail.call.clone();
    let watch = Effect::Send(ClientLine::Watch { call: Some(id) });
    assert_eq!(effects.first(), Some(&watch));
    disconnect(&mut app);
    let welcome = app.model.welcome.clone().unwrap();
    assert_eq!(update(&mut app, Input::Line(Box::new(ServerLine::Welcome(welcome)))), [watch]);
    assert_eq!(press(&mut app, "esc"), [Effect::Send(ClientLine::Watch { call: None })]);
    assert!(app.model.watched.is_none());
}

#[test]
fn a_wave_is_asked_for_once_the_selection_rests() {
    let mut app = office((80, 24));
    let is_wave = |effects: &[Effect]| {
        effects.iter().filter(|e| matches!(e, Effect::Send(ClientLine::Command(r)) if matches!(r.command, Command::Wave { .. }))).count()
    };
    assert_eq!(is_wave(&press(&mut app, "6 j j")), 0);
    assert_eq!(app.wakes_at(), Some(NOW_MS + 250));
    assert_eq!(is_wave(&app.update(Input::Tick, NOW_MS + 250)), 1);
    assert_eq!(is_wave(&app.update(Input::Tick, NOW_MS + 900)), 0);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn the_log_follows_until_one_scrolls_and_again_from_its_end() {
    let mut app = office((80, 24));
    press(&mut app, "8");
    let newest = |app: &App| app.model.board.events.last().map(|event| event.seq.to_string());
    assert_eq!(app.selected(List::Log).map(str::to_owned), newest(&app));
    press(&mut app, "k");
    play(&mut app, "trouble");
    assert_ne!(app.selected(List::Log).map(str::to_owned), newest(&app));
    press(&mut app, "G");
    assert_eq!(app.selected(List::Log).map(str::to_owned), newest(&app));
}

#[test]
fn freeze_keeps_the_moment_and_says_so() {
    let mut app = office((80, 24));
    press(&mut app, "f");
    play(&mut app, "trouble");
    let text = shown(&app);
    assert!(text.contains("FROZEN 0:00") && !text.contains("one-way"), "{text}");
    press(&mut app, "f");
    assert!(shown(&app).contains("one-way"));
}

#[test]
fn alarms_are_found_and_noted() {
    let mut app = office((80, 24));
    let effects: Vec<Effect> = crate::fixture::lines("trouble")
        .into_iter()
        .flat_map(|line| update(&mut app, Input::Line(Box::new(line))))
        .collect();
    assert_eq!(effects, [Effect::Bell], "one new critical alarm rings once");
    press(&mut app, "G n");
    let call = app.call_in_view().map(|call| call.number);
    assert_eq!(call, Some(4127), "the worst first");
    press(&mut app, "n");
    assert_eq!(app.call_in_view().map(|call| call.number), Some(4130));
    press(&mut app, "a");
    assert_eq!(app.acknowledged.len(), 1);
    assert!(shown(&app).contains("noted: 4127"));
    assert_eq!(app.title(), "switchroom: 5 calls !!");
}

#[test]
fn pasted_text_is_never_taken_for_keys() {
    let mut app = office((80, 24));
    let effects = update(&mut app, Input::Paste("Xy\nq".into()));
    assert_eq!((effects.len(), app.overlay.is_none()), (0, true));
    press(&mut app, "/");
    update(&mut app, Input::Paste("Ana\u{1b}[2J\n".into()));
    assert_eq!(app.lists[&List::Calls].filter, "Ana[2J");
}

#[test]
fn copy_and_write_give_the_view() {
    let mut app = office((80, 24));
    assert!(matches!(press(&mut app, "y y").as_slice(), [Effect::Copy(text)] if text.contains("4130")));
    let call = app.call_in_view().unwrap().clone();
    assert_eq!(press(&mut app, "y n"), [Effect::Copy(call.from.number.clone())]);
    assert!(shown(&app).contains(&format!("copied: {}", call.from.number)), "{}", shown(&app));
    assert_eq!(press(&mut app, "y i"), [Effect::Copy(call.id)]);
    press(&mut app, "p");
    assert_ne!(press(&mut app, "y n"), [Effect::Copy(call.from.number)], "what is masked is copied masked");
    press(&mut app, "p");
    let effects = press(&mut app, "w");
    let [Effect::Write { name, text }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(name, "switchroom-calls-20251103-140327.csv");
    assert!(text.starts_with("\"id\",\"state\""));
    update(&mut app, Input::Written(Ok(name.clone())));
    assert!(shown(&app).contains("written to switchroom-calls"));
    press(&mut app, "enter");
    watched(&mut app);
    assert!(
        matches!(press(&mut app, "w").as_slice(), [Effect::Write { name, .. }] if name.ends_with(".txt"))
    );
}

#[test]
fn what_is_copied_steers_no_program() {
    let mut app = floor((80, 24));
    press(&mut app, "2");
    select(&mut app, "2", List::Queues, "sales");
    press(&mut app, "enter y y");
    let Some(Effect::Copy(text)) = press(&mut app, "y y").pop() else { panic!("{}", shown(&app)) };
    assert!(text.contains("pwned") && !text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    press(&mut app, "1 y i");
    assert!(shown(&app).contains("there is nothing here to copy"));
}

#[test]
fn every_action_of_a_screen_is_in_its_help_and_palette() {
    for keys in [
        "5",
        "m",
        "g d",
        "1",
        "7",
        "2",
        "2 enter",
        "3",
        "4",
        "6",
        "8",
        "9",
        "0",
        "enter",
        "enter ]",
        "enter ] ]",
        "enter [",
    ] {
        let mut app = floor((200, 90));
        press(&mut app, keys);
        let here = app.context();
        let palette = crate::update::items(&app, "");
        press(&mut app, "?");
        let help = shown(&app);
        for spec in ACTIONS.iter().filter(|spec| spec.contexts.contains(&here)) {
            let words = &app.settings.words;
            let label = words.t(&format!("action.{}.label", spec.name)).to_owned();
            assert!(
                spec.action == Action::Palette || palette.iter().any(|item| item.label == label),
                "{}",
                spec.name
            );
            let text = words.t(&format!("action.{}.text", spec.name)).to_owned();
            assert!(spec.keys.is_empty() || help.contains(&text), "{} in help of {keys}", spec.name);
        }
    }
}

#[test]
fn a_restart_is_told() {
    let mut app = office((80, 24));
    let mut welcome = app.model.welcome.clone().unwrap();
    (welcome.epoch, welcome.started_ms) = (99, NOW_MS);
    update(&mut app, Input::Line(Box::new(ServerLine::Welcome(welcome))));
    update(
        &mut app,
        Input::Line(Box::new(ServerLine::Snapshot { seq: 1, at_ms: NOW_MS, board: Box::default() })),
    );
    let text = shown(&app);
    assert!(text.contains("switchroom restarted (was up 3 d 4 h); 5 calls were lost"), "{text}");
}

#[test]
fn the_first_match_of_what_is_pasted_is_selected() {
    let mut app = office((80, 24));
    press(&mut app, ": down down");
    update(&mut app, Input::Paste("quit".into()));
    assert!(matches!(app.overlay, Some(Overlay::Palette { cursor: 0, .. })), "{:?}", app.overlay);
}
