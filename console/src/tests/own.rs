//! The console's own settings on the screen of the settings.

use super::*;
use crate::app::Effect;
use crate::fixture::{floor, press};
use switchroom_wire::Role;

/// Behind the kinds of the exchange.
fn on_own(role: Role, size: (u16, u16)) -> App {
    let mut app = floor(size);
    with_role(&mut app, role);
    press(&mut app, if role == Role::Admin { "0 [" } else { "0" });
    app
}

/// What is to be kept.
fn kept(effects: &[Effect]) -> Option<(&str, &str)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Keep { name, value } => Some((name.as_str(), value.as_str())),
        _ => None,
    })
}

#[test]
fn a_setting_of_the_console_changes_at_once_and_is_kept() {
    let mut app = on_own(Role::Viewer, (100, 30));
    assert!(shown(&app).contains("> lang") && shown(&app).contains("[console]"), "{}", shown(&app));
    press(&mut app, "enter");
    let effects = press(&mut app, "tab enter");
    assert_eq!(kept(&effects), Some(("lang", "zh")));
    assert!(shown(&app).contains("[控制台]"), "{}", shown(&app));
    update(&mut app, Input::Kept(Ok("/x/console.toml".into())));
    assert!(shown(&app).contains("已保存在 /x/console.toml"), "{}", shown(&app));
    press(&mut app, "j enter");
    let effects = press(&mut app, "ctrl-u s a f e enter");
    assert_eq!(kept(&effects), Some(("theme", "safe")));
    assert_eq!(app.settings.theme_name, "safe");
}

#[test]
fn what_is_no_value_of_it_is_not_taken() {
    let mut app = on_own(Role::Admin, (100, 30));
    press(&mut app, "enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u f r enter")), None);
    assert!(shown(&app).contains("fr is no value of lang"), "{}", shown(&app));
    press(&mut app, "j j j j j j enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u 4 enter")), None);
    press(&mut app, "enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u 3 0 enter")), Some(("wall_rotate", "30")));
    assert_eq!(app.settings.rotate_ms, 30_000);
    update(&mut app, Input::Kept(Err("permission denied".into())));
    assert!(shown(&app).contains("it holds until you leave, and is not kept"), "{}", shown(&app));
}

#[test]
fn the_verbs_of_the_exchange_are_none_of_the_console() {
    let mut app = on_own(Role::Admin, (100, 30));
    for key in ["S", "A", "X", "U", "P"] {
        assert!(sent(&press(&mut app, key)).is_none());
        assert!(app.overlay.is_none() && shown(&app).contains("these change at once"), "{}", shown(&app));
    }
    let small = shown(&on_own(Role::Admin, (52, 14)));
    assert!(small.contains("> lang"), "{small}");
    insta::assert_snapshot!("own_80x24", shown(&on_own(Role::Supervisor, (80, 24))));
}

#[test]
fn what_is_of_the_exchange_is_not_offered_and_not_asked_for_there() {
    let mut app = on_own(Role::Admin, (80, 24));
    let bar = shown(&app).lines().nth(23).unwrap_or_default().to_owned();
    assert!(!bar.contains("S ") && !bar.contains("A "), "{bar}");
    press(&mut app, "right");
    assert!(!app.model.setting.is_in_form);
    assert!(sent(&app.update(Input::Tick, NOW_MS + 600_000)).is_none());
    press(&mut app, "]");
    assert!(!app.model.setting.is_own);
}

#[test]
fn who_presses_the_key_before_it_is_known_who_they_are_is_taken_for_nobody() {
    let mut app = crate::fixture::app((80, 24));
    press(&mut app, "0");
    play(&mut app, "office");
    with_role(&mut app, Role::Admin);
    assert!(!app.model.setting.is_own, "{}", shown(&app));
}

#[test]
fn the_open_kind_and_the_file_are_seen_on_a_small_screen() {
    let small = shown(&on_own(Role::Admin, (60, 15)));
    assert!(small.contains("[console]"), "{small}");
    for size in [(60, 15), (80, 24)] {
        let text = shown(&on_own(Role::Admin, size)).replace(['\n', ' '], "");
        assert!(text.contains("/home/mara/.config/switchroom/console.toml;keysareinit"), "{text}");
    }
}

#[test]
fn a_theme_of_one_s_own_can_be_left_and_chosen_again() {
    let mut app = on_own(Role::Admin, (100, 30));
    let theme = app.settings.theme;
    app.settings.own_themes = vec![("night".into(), theme)];
    press(&mut app, "j enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u n i g h t enter")), Some(("theme", "night")));
    press(&mut app, "enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u d a r k enter")), Some(("theme", "dark")));
    press(&mut app, "enter");
    assert_eq!(kept(&press(&mut app, "ctrl-u n i g h t enter")), Some(("theme", "night")));
    assert_eq!(app.settings.theme_name, "night");
}
