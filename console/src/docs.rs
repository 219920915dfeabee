//! `KEYS.md` and `KEYS.zh.md`, made from the registry and the words of a language.

use crate::action::{ACTIONS, Confirm, Context, Group};
use crate::app::role_key;
use crate::grammar::FORMS;
use crate::keymap::{Keymap, sequence_text};
use crate::update::local_forms;
use crate::words::{Language, Words};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The page of keys and commands, as Markdown, in English.
pub fn keys_markdown() -> String {
    keys_in(Language::English)
}

fn keys_in(language: Language) -> String {
    let words = Words::new(language);
    let keymap = Keymap::new(&BTreeMap::new());
    let mut out = format!("# {}\n\n{}\n", words.t("docs.title"), words.t("docs.intro"));
    for group in Group::ALL {
        let _ = write!(out, "\n## {}\n\n", words.t(&format!("group.{}", group.name())));
        let _ = writeln!(
            out,
            "| {} | id | {} | {} |",
            words.t("docs.keys"),
            words.t("docs.does"),
            words.t("docs.where")
        );
        out.push_str("|---|---|---|---|\n");
        for spec in ACTIONS.iter().filter(|spec| spec.group == group) {
            let keys = keymap.as_ref().map_or(&[][..], |map| map.of(spec.action));
            let mut shown: Vec<String> =
                keys.iter().map(|keys| format!("`{}`", sequence_text(keys))).collect();
            if shown.is_empty() {
                shown.push(format!("`:{}`", spec.name));
            }
            let mut text = words.t(&format!("action.{}.text", spec.name)).to_owned();
            if let Some(role) = spec.role {
                let _ = write!(text, " *({})*", words.t(role_key(role)));
            }
            match spec.confirm {
                Confirm::None => {}
                Confirm::Yes => text.push_str(&format!(" {}", words.t("docs.confirm_yes"))),
                Confirm::Diff => text.push_str(&format!(" {}", words.t("docs.confirm_diff"))),
                Confirm::Reason => text.push_str(&format!(" {}", words.t("docs.confirm_reason"))),
                Confirm::Name => text.push_str(&format!(" {}", words.t("docs.confirm_name"))),
            }
            let place = if spec.contexts.len() == Context::ALL.len() {
                words.t("docs.everywhere").to_owned()
            } else {
                // As the screens are headed; some of the heads have a comma.
                let head = |context: &Context| words.t(&format!("screen.{}", context.name())).to_owned();
                spec.contexts.iter().map(head).collect::<Vec<_>>().join("; ")
            };
            let _ = writeln!(out, "| {} | {} | {text} | {place} |", shown.join(" "), spec.name);
        }
    }
    let _ = write!(out, "\n## {}\n\n{}\n\n", words.t("docs.commands"), words.t("docs.commands_text"));
    for form in FORMS {
        let _ = writeln!(out, "- `{form}`");
    }
    let _ = write!(out, "\n{}\n\n", words.t("docs.palette_text"));
    for form in local_forms() {
        let _ = writeln!(out, "- `{form}`");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_keys_are_up_to_date() {
        for (name, page) in
            [("KEYS.md", keys_in(Language::English)), ("KEYS.zh.md", keys_in(Language::Chinese))]
        {
            let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("UPDATE_KEYS").is_some() {
                assert!(std::fs::write(&path, &page).is_ok());
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(written, page, "UPDATE_KEYS=1 cargo test -p switchroom-console writes {name} anew");
        }
    }
}
