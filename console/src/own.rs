//! The console's own settings: what they are, and the one file in which they are kept, comments and all.

use crate::app::App;
use crate::config::Bell;
use crate::symbols::Symbols;
use crate::theme::Theme;
use std::io::{self, Write as _};
use std::path::Path;
use toml_edit::{DocumentMut, value};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    /// As it is written in the file; its meaning is `own.NAME` among the words.
    pub(crate) name: &'static str,
    pub(crate) value: String,
    /// What it can be; empty for a number.
    pub(crate) choices: Vec<String>,
}

/// The one that is a number.
pub(crate) const ROTATE: &str = "wall_rotate";

/// All of them, as they are now.
pub(crate) fn all(app: &App) -> Vec<Own> {
    let settings = &app.settings;
    let of = |name: &'static str, value: &str, choices: &[&str]| Own {
        name,
        value: value.to_owned(),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
    };
    let mut theme = of("theme", &settings.theme_name, &Theme::NAMES);
    theme.choices.extend(settings.own_themes.iter().map(|(name, _)| name.clone()));
    let symbols = if settings.symbols == Symbols::Ascii { "ascii" } else { "block" };
    let bell = match settings.bell {
        Bell::Off => "off",
        Bell::Crit => "crit",
        Bell::Warn => "warn",
    };
    let seconds = (settings.rotate_ms / 1_000).to_string();
    vec![
        of("lang", settings.words.language().tag(), &["en", "zh"]),
        theme,
        of("symbols", symbols, &Symbols::NAMES),
        of("bell", bell, &Bell::NAMES),
        of("time", if app.clock { "clock" } else { "elapsed" }, &["elapsed", "clock"]),
        of("privacy", if app.masked { "masked" } else { "shown" }, &["shown", "masked"]),
        of(ROTATE, &seconds, &[]),
    ]
}

/// Writes one of them into the file, which is made if there is none; all else in it stays as it is.
pub(crate) fn keep(path: &Path, name: &str, text: &str) -> io::Result<()> {
    let before = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let mut document: DocumentMut = before.parse().map_err(io::Error::other)?;
    let new = match text.parse::<i64>() {
        Ok(number) if name == ROTATE => value(number),
        _ => value(text),
    };
    match document.get_mut(name).and_then(toml_edit::Item::as_value_mut) {
        Some(was) => {
            // What stands behind it on its line stays there.
            let decor = was.decor().clone();
            *was = new.into_value().map_err(|_| io::Error::other("is no value"))?;
            *was.decor_mut() = decor;
        }
        None => _ = document.insert(name, new),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // A link stays a link: what it leads to is replaced.
    let path = if path.exists() { std::fs::canonicalize(path)? } else { path.to_owned() };
    let new = path.with_extension(format!("toml.new-{}", std::process::id()));
    let mut file = std::fs::File::options().write(true).create_new(true).open(&new)?;
    let written = file.write_all(document.to_string().as_bytes()).and_then(|()| file.sync_all());
    let done = written.and_then(|()| {
        if let Ok(was) = std::fs::metadata(&path) {
            std::fs::set_permissions(&new, was.permissions())?;
        }
        std::fs::rename(&new, &path)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_setting_is_kept_and_all_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom/console.toml");
        let text = || std::fs::read_to_string(&path).unwrap();
        keep(&path, "theme", "safe").unwrap();
        assert_eq!(text(), "theme = \"safe\"\n", "the file and its folder are made");
        let before = "# ours\ntheme = \"safe\" # for Bo\n\n[keys]\nfreeze = [\"F\"] # his\n";
        std::fs::write(&path, before).unwrap();
        keep(&path, "theme", "mono").unwrap();
        assert_eq!(text(), before.replace("\"safe\"", "\"mono\""));
        keep(&path, ROTATE, "30").unwrap();
        assert!(
            text().contains("wall_rotate = 30\n") && text().ends_with("freeze = [\"F\"] # his\n"),
            "{}",
            text()
        );
        assert!(text().find("wall_rotate") < text().find("[keys]"), "{}", text());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left about");
        keep(&path, "theme", "7").unwrap();
        assert!(text().contains("theme = \"7\""), "a theme can be called so: {}", text());
        std::fs::write(&path, "theme = ").unwrap();
        assert!(keep(&path, "theme", "mono").is_err());
        assert_eq!(text(), "theme = ", "a file with a fault is left to who made it");
    }
}
