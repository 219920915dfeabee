//! The line that says, on every screen, whom the user hears as a supervisor and who hears the user.

use super::painter::Painter;
use crate::action::Action;
use crate::app::App;
use crate::format::duration;
use crate::rows::{mode_name, mode_word};
use crate::supervising::{Mine, Standing};
use crate::theme::Tone;
use ratatui::layout::Rect;
use switchroom_wire::{CallState, PartyView, SupervisionMode};

/// What can be done about it, in the order of the keys.
const VERBS: [Action; 5] =
    [Action::Listen, Action::Whisper, Action::Barge, Action::TakeOver, Action::Unlisten];

pub(super) fn draw(app: &App, rect: Rect, now_ms: i64, p: &mut Painter<'_>) {
    if rect.height == 0 {
        return;
    }
    let Some(mine) = app.mine() else { return };
    p.clear(rect);
    let words = &app.settings.words;
    let live = app.is_live();
    let tone = if mine.is_heard() { Tone::OnAir } else { Tone::Strong };
    let number = mine.target.map_or_else(|| "-".to_owned(), |call| call.number.to_string());
    let x = p.put(rect, 1, 0, &format!("[{}]", tag(app, &mine)), tone) + 1;
    let x = p.put(rect, x, 0, &number, Tone::Strong) + 2;
    let since = mine.own.answered_ms.unwrap_or(mine.own.started_ms);
    let lasted = duration(app.model.server_ms(now_ms) - since);
    let fields = [("phone", app.form(now_ms).party().text_number(mine.phone())), ("time", lasted)];
    let text = if live { sentence(app, &mine, now_ms) } else { words.t("microphone.unknown").to_owned() };
    let taken = switchroom_wire::columns(&text);
    let right = words.f("microphone.at", &fields);
    let end = x.saturating_add(u16::try_from(taken).unwrap_or(u16::MAX));
    let room = rect.width.saturating_sub(1).saturating_sub(end);
    p.put(rect, x, 0, &text, if live { Tone::Strong } else { Tone::Stale });
    if usize::from(room) > switchroom_wire::columns(&right) + 1 {
        p.right(Rect { width: rect.width.saturating_sub(1), ..rect }, 0, &right, Tone::Secondary);
    }
    if rect.height > 1 {
        keys(app, Rect { y: rect.y + 1, height: 1, ..rect }, p);
    }
}

/// The mode in a word; an open microphone is called so only when somebody hears it.
fn tag<'a>(app: &'a App, mine: &Mine<'_>) -> &'a str {
    let words = &app.settings.words;
    match mine.at.mode {
        SupervisionMode::Barge if mine.is_heard() => words.t("microphone.on_air"),
        mode => words.t(mode_word(mode)),
    }
}

/// Who hears whom. What the board says of those who hear comes first, whatever the mode.
fn sentence(app: &App, mine: &Mine<'_>, now_ms: i64) -> String {
    let words = &app.settings.words;
    let of = |parties: &[&PartyView]| {
        let party = app.form(now_ms).party();
        let names: Vec<String> = parties.iter().map(|one| party.short(one)).collect();
        names.join(words.t("microphone.and"))
    };
    let say = |key: &str, parties: &[&PartyView]| {
        words.f(key, &[("names", of(parties)), ("count", parties.len().to_string())])
    };
    let phone = app.form(now_ms).party().text_number(mine.phone());
    let follows = mine.at.follows.clone().unwrap_or_default();
    match mine.standing() {
        _ if mine.is_heard() => {}
        Standing::Rings => {
            let mode = words.t(mode_name(mine.at.mode)).to_owned();
            return words.f("microphone.rings", &[("phone", phone), ("mode", mode)]);
        }
        Standing::Holds => return words.f("microphone.holds", &[("phone", phone)]),
        Standing::Waits => {
            let follows = app.form(now_ms).party().text_number(&follows);
            return words.f("microphone.waits", &[("number", follows)]);
        }
        Standing::Over => return words.t("microphone.over").to_owned(),
        Standing::Hears => {}
    }
    let heard_by = mine.heard_by();
    let (hears, deaf) = (mine.hears(), mine.not_heard_by());
    let text = match (heard_by.is_empty(), deaf.is_empty()) {
        (true, _) if hears.is_empty() => words.t("microphone.nobody").to_owned(),
        (true, _) => format!("{}{}", words.t("microphone.nobody"), say("microphone.you_hear", &hears)),
        (false, true) => say("microphone.hear_you", &heard_by),
        (false, false) => {
            format!("{}{}", say("microphone.hear_you", &heard_by), say("microphone.deaf", &deaf))
        }
    };
    let held = mine.target.is_some_and(|call| call.state == CallState::Held);
    if held { format!("{text} {}", words.t("microphone.held")) } else { text }
}

fn keys(app: &App, rect: Rect, p: &mut Painter<'_>) {
    let here = app.context();
    let mut x = 1;
    for action in VERBS.into_iter().filter(|action| action.spec().contexts.contains(&here)) {
        let label = app.settings.words.t(&format!("action.{}.label", action.spec().name)).to_owned();
        let off = app.refusal(action).is_some();
        let key = app.settings.keymap.shown(action);
        x = p.put(rect, x, 0, &key, if off { Tone::Secondary } else { Tone::Strong }) + 1;
        x = p.put(rect, x, 0, &label, if off { Tone::Secondary } else { Tone::Normal }) + 2;
    }
}
