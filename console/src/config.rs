//! The console's own settings: `console.toml`, the options of the command line over it, the environment under it.

use crate::error::ConsoleError;
use crate::keymap::Keymap;
use crate::symbols::Symbols;
use crate::theme::{ColourEnvironment, Theme};
use crate::words::{Language, Words};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use switchroom_wire::{Role, Severity};

/// How to run the console. Everything but the socket may stay at its default.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The daemon's control socket.
    pub socket: PathBuf,
    /// `en` or `zh`; else the configuration, else `LC_ALL`, `LC_MESSAGES`, `LANG`.
    pub lang: Option<String>,
    /// `auto`, `dark`, `light`, `safe`, `mono`, or the name of a file in the folder `themes` beside the settings.
    pub theme: Option<String>,
    /// `ascii` or `block`; else `block` in a UTF-8 locale.
    pub symbols: Option<String>,
    /// No verb is offered or sent.
    pub read_only: bool,
    /// A role below the user's own.
    pub as_role: Option<Role>,
    /// One frame a second, no meters: for slow lines.
    pub slow: bool,
    /// The wall and nothing else: numbers are masked, no verb is offered, and only leaving is left to the keys.
    pub wall: bool,
    /// An agent's desk to begin with: of that agent, or of the one at the user's own phone. Leaving it leaves the console.
    pub desk: Option<Option<String>>,
    /// Seconds for which a page of the wall stays, 5 to 300; else 20.
    pub rotate_s: Option<u32>,
    /// The settings file; else `$XDG_CONFIG_HOME/switchroom/console.toml`, which need not exist.
    pub config: Option<PathBuf>,
    /// The exchange ends with this console: what is said of leaving says so.
    pub ends_exchange: bool,
    /// Said on the terminal after the console was left, for example that calls go on.
    pub on_quit_note: Option<String>,
}

/// When the terminal's bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Bell {
    Off,
    #[default]
    Crit,
    Warn,
}

impl Bell {
    pub(crate) const NAMES: [&str; 3] = ["off", "crit", "warn"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "crit" => Some(Self::Crit),
            "warn" => Some(Self::Warn),
            _ => None,
        }
    }

    pub(crate) fn rings(self, severity: Severity) -> bool {
        match self {
            Self::Off => false,
            Self::Crit => severity >= Severity::Crit,
            Self::Warn => severity >= Severity::Warn,
        }
    }
}

/// What the environment of the process says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    pub(crate) colours: ColourEnvironment,
    pub(crate) locale: String,
    pub(crate) config_home: Option<PathBuf>,
}

impl Environment {
    pub(crate) fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let first =
            |names: &[&str]| names.iter().map(|n| variable(n)).find(|v| !v.is_empty()).unwrap_or_default();
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
        Self {
            colours: ColourEnvironment {
                no_color: !variable("NO_COLOR").is_empty(),
                colorterm: variable("COLORTERM"),
                term: variable("TERM"),
            },
            locale: first(&["LC_ALL", "LC_MESSAGES", "LANG"]),
            config_home: std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    lang: Option<String>,
    theme: Option<String>,
    symbols: Option<String>,
    bell: Option<String>,
    time: Option<String>,
    privacy: Option<String>,
    wall_rotate: Option<u32>,
    keys: BTreeMap<String, Vec<String>>,
}

/// Everything that was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) words: Words,
    pub(crate) theme: Theme,
    pub(crate) theme_name: String,
    /// The file in which changes of these are kept; empty: there is no place for one.
    pub(crate) path: PathBuf,
    /// The themes of the user's own files, with their names.
    pub(crate) own_themes: Vec<(String, Theme)>,
    pub(crate) symbols: Symbols,
    pub(crate) keymap: Keymap,
    pub(crate) bell: Bell,
    pub(crate) clock: bool,
    pub(crate) masked: bool,
    pub(crate) read_only: bool,
    pub(crate) slow: bool,
    /// The wall is all there is.
    pub(crate) wall_alone: bool,
    /// Milliseconds for which a page of the wall stays.
    pub(crate) rotate_ms: i64,
    /// The exchange ends with this console.
    pub(crate) ends_exchange: bool,
    /// The desk to begin with.
    pub(crate) desk: Option<Option<String>>,
    /// What a change of theme at run time needs to know.
    pub(crate) colours: ColourEnvironment,
}

impl Settings {
    /// Reads the file, if there is one, and puts the options over it.
    pub(crate) fn load(options: &Options, environment: &Environment) -> Result<Self, ConsoleError> {
        let default_path = environment.config_home.as_ref().map(|home| home.join("switchroom/console.toml"));
        let (path, must_exist) = match (&options.config, default_path) {
            (Some(path), _) => (path.clone(), true),
            (None, Some(path)) => (path, false),
            (None, None) => (PathBuf::new(), false),
        };
        let file = read(&path, must_exist)?;
        Self::new(options, environment, &file, &path)
    }

    fn new(
        options: &Options,
        environment: &Environment,
        file: &File,
        path: &Path,
    ) -> Result<Self, ConsoleError> {
        let choose = Chooser { path };
        let utf8 = environment.locale.to_ascii_lowercase().replace('-', "").contains("utf8");
        let language = match choose.of("lang", &options.lang, &file.lang, &["en", "zh"], Language::parse)? {
            Some(language) => language,
            None => Language::parse(&environment.locale).unwrap_or_default(),
        };
        let symbols =
            choose.of("symbols", &options.symbols, &file.symbols, &Symbols::NAMES, Symbols::parse)?;
        let theme = theme(options, file, &environment.colours, &choose)?;
        let theme_name = options.theme.as_ref().or(file.theme.as_ref()).cloned();
        let none = None;
        let clock = choose.of("time", &none, &file.time, &["elapsed", "clock"], flag("elapsed", "clock"))?;
        let masked =
            choose.of("privacy", &none, &file.privacy, &["shown", "masked"], flag("shown", "masked"))?;
        let bell = choose.of("bell", &none, &file.bell, &Bell::NAMES, Bell::parse)?;
        let keymap = Keymap::new(&file.keys)
            .map_err(|error| ConsoleError::Config { path: path.to_owned(), what: error.to_string() })?;
        Ok(Self {
            words: Words::new(language),
            theme,
            theme_name: theme_name.unwrap_or_else(|| "auto".to_owned()),
            path: path.to_owned(),
            own_themes: own_themes(path, &environment.colours),
            symbols: symbols.unwrap_or(if utf8 { Symbols::Block } else { Symbols::Ascii }),
            keymap,
            bell: bell.unwrap_or_default(),
            clock: clock.unwrap_or(false),
            // Whoever passes by reads a wall.
            masked: masked.unwrap_or(options.wall),
            read_only: options.read_only || options.wall,
            slow: options.slow,
            wall_alone: options.wall,
            ends_exchange: options.ends_exchange,
            desk: options.desk.clone(),
            rotate_ms: rotate_ms(options.rotate_s, file.wall_rotate, path)?,
            colours: environment.colours.clone(),
        })
    }
}

/// Seconds for which a page of the wall may stay.
pub(crate) const ROTATE_S: std::ops::RangeInclusive<u32> = 5..=300;

/// Seconds for which it stays if nothing is said.
const ROTATE_USUAL_S: u32 = 20;

fn rotate_ms(option: Option<u32>, file: Option<u32>, path: &Path) -> Result<i64, ConsoleError> {
    let choices = format!("{} to {} seconds", ROTATE_S.start(), ROTATE_S.end());
    match (option, file) {
        (Some(value), _) if !ROTATE_S.contains(&value) => {
            Err(ConsoleError::Option { option: "rotate", value: value.to_string(), choices })
        }
        (None, Some(value)) if !ROTATE_S.contains(&value) => Err(ConsoleError::Config {
            path: path.to_owned(),
            what: format!("wall_rotate = {value}: choose {choices}"),
        }),
        _ => Ok(i64::from(option.or(file).unwrap_or(ROTATE_USUAL_S)) * 1_000),
    }
}

/// The folder of the user's own themes.
fn themes_folder(settings: &Path) -> Option<PathBuf> {
    settings.parent().map(|folder| folder.join("themes"))
}

fn is_theme_name(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 32 && name.chars().all(is_of_name)
}

/// The themes of the user's own that can be read, by name.
fn own_themes(settings: &Path, colours: &ColourEnvironment) -> Vec<(String, Theme)> {
    let files = themes_folder(settings).and_then(|folder| std::fs::read_dir(folder).ok());
    let read = |file: std::fs::DirEntry| {
        let path = file.path();
        let name = path.file_stem()?.to_str().filter(|name| is_theme_name(name))?.to_owned();
        let is_own = path.extension().is_some_and(|end| end == "toml") && !Theme::NAMES.contains(&&*name);
        let text = std::fs::read_to_string(&path).ok().filter(|_| is_own)?;
        Some((name, Theme::read(&text, colours).ok()?))
    };
    let mut all: Vec<_> = files.into_iter().flatten().flatten().filter_map(read).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

/// The theme that was asked for: a shipped one, or that of a file in the folder `themes` beside the settings.
fn theme(
    options: &Options,
    file: &File,
    colours: &ColourEnvironment,
    choose: &Chooser<'_>,
) -> Result<Theme, ConsoleError> {
    let name = options.theme.as_ref().or(file.theme.as_ref()).map_or("auto", String::as_str);
    if let Some(theme) = Theme::new(name, colours) {
        return Ok(theme);
    }
    let folder = themes_folder(choose.path).filter(|_| is_theme_name(name));
    let own = folder.map(|folder| folder.join(format!("{name}.toml")));
    if let Some(path) = own.filter(|path| path.is_file()) {
        let what = |what: String| ConsoleError::Config { path: path.clone(), what };
        let text =
            std::fs::read_to_string(&path).map_err(|error| what(format!("cannot be read: {error}")))?;
        return Theme::read(&text, colours).map_err(what);
    }
    let choices = format!("{}, or a file themes/NAME.toml beside the settings", Theme::NAMES.join(", "));
    Err(match &options.theme {
        Some(value) => ConsoleError::Option { option: "theme", value: value.clone(), choices },
        None => ConsoleError::Config {
            path: choose.path.to_owned(),
            what: format!("theme = \"{name}\": choose one of {choices}"),
        },
    })
}

fn flag(no: &'static str, yes: &'static str) -> impl Fn(&str) -> Option<bool> {
    move |name| if name == yes { Some(true) } else { (name == no).then_some(false) }
}

struct Chooser<'a> {
    path: &'a Path,
}

impl Chooser<'_> {
    fn of<T>(
        &self,
        name: &'static str,
        option: &Option<String>,
        file: &Option<String>,
        choices: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConsoleError> {
        let choices = choices.join(", ");
        if let Some(value) = option {
            let error =
                || ConsoleError::Option { option: name, value: value.clone(), choices: choices.clone() };
            return parse(value).map(Some).ok_or_else(error);
        }
        let Some(value) = file else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| ConsoleError::Config {
            path: self.path.to_owned(),
            what: format!("{name} = \"{value}\": choose one of {choices}"),
        })
    }
}

fn read(path: &Path, must_exist: bool) -> Result<File, ConsoleError> {
    let config = |what: String| ConsoleError::Config { path: path.to_owned(), what };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
            return Ok(File::default());
        }
        Err(error) if path.as_os_str().is_empty() => {
            let _ = error;
            return Ok(File::default());
        }
        Err(error) => return Err(config(format!("cannot be read: {error}"))),
    };
    toml::from_str(&text).map_err(|error| config(error.to_string().trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn load(text: &str, options: Options) -> Result<Settings, ConsoleError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("console.toml");
        std::fs::write(&path, text).unwrap();
        let environment = Environment { locale: "zh_CN.UTF-8".into(), ..Default::default() };
        Settings::load(&Options { config: Some(path), ..options }, &environment)
    }

    #[test]
    fn options_win_over_the_file_and_the_file_over_the_environment() {
        let settings = load("", Options::default()).unwrap();
        assert_eq!((settings.words.t("screen.log"), settings.symbols), ("日志", Symbols::Block));
        let settings = load("lang = 'en'\nsymbols = 'ascii'", Options::default()).unwrap();
        assert_eq!((settings.words.t("screen.log"), settings.symbols), ("Log", Symbols::Ascii));
        let options = Options { lang: Some("zh".into()), ..Default::default() };
        assert_eq!(load("lang = 'en'", options).unwrap().words.t("screen.log"), "日志");
    }

    #[test]
    fn faults_in_the_file_name_place_and_remedy() {
        for (text, want) in [
            ("theme = 'pink'", "choose one of auto, dark, light, safe, mono, or a file themes/NAME.toml"),
            ("[keys]\nfreeze = ['j']", "bound to both freeze and move_down"),
            ("colour = 1", "unknown field `colour`"),
            ("bell = ", "line 1, column 8"),
            ("wall_rotate = 4", "choose 5 to 300 seconds"),
        ] {
            let error = load(text, Options::default()).unwrap_err();
            assert!(error.to_string().contains(want), "{error}");
            assert_eq!(error.exit(), crate::Exit::Usage);
        }
    }

    #[test]
    fn a_wall_alone_masks_and_offers_no_verb() {
        let wall = Options { wall: true, ..Default::default() };
        let settings = load("wall_rotate = 30", wall.clone()).unwrap();
        assert!(settings.masked && settings.read_only && settings.wall_alone);
        assert_eq!(settings.rotate_ms, 30_000);
        let settings = load("privacy = 'shown'", Options { rotate_s: Some(5), ..wall.clone() }).unwrap();
        assert!(!settings.masked && settings.read_only, "who wants numbers on the wall says so");
        assert_eq!(settings.rotate_ms, 5_000);
        let error = load("", Options { rotate_s: Some(301), ..wall }).unwrap_err();
        assert!(error.to_string().contains("5 to 300 seconds"), "{error}");
        assert_eq!(load("", Options::default()).unwrap().rotate_ms, 20_000);
    }

    #[test]
    fn a_theme_of_the_user_s_own_lies_beside_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console.toml");
        std::fs::create_dir(folder.path().join("themes")).unwrap();
        std::fs::write(folder.path().join("themes/night.toml"), "base = 'dark'\n[act]\nlook = ['bold']\n")
            .unwrap();
        std::fs::write(folder.path().join("themes/broken.toml"), "[act]\nlook = ['loud']\n").unwrap();
        let load = |theme: &str| {
            std::fs::write(&path, format!("theme = '{theme}'")).unwrap();
            let options = Options { config: Some(path.clone()), ..Default::default() };
            Settings::load(&options, &Environment::default())
        };
        let settings = load("night").unwrap();
        assert_eq!(
            settings
                .own_themes
                .iter()
                .map(|(name, theme)| (name.as_str(), *theme == settings.theme))
                .collect::<Vec<_>>(),
            [("night", true)],
            "one that cannot be read is none"
        );
        let error = load("broken").unwrap_err().to_string();
        assert!(error.contains("themes/broken.toml") && error.contains("\"loud\" is no look"), "{error}");
        for outside in ["../console", "", "none"] {
            let error = load(outside).unwrap_err().to_string();
            assert!(error.contains("or a file themes/NAME.toml beside the settings"), "{error}");
        }
        assert_eq!(load("light").unwrap().own_themes[0].0, "night", "it can be chosen back");
    }

    #[test]
    fn a_file_asked_for_must_exist_and_the_usual_one_need_not() {
        let asked = Options { config: Some("/nonexistent/console.toml".into()), ..Default::default() };
        assert!(Settings::load(&asked, &Environment::default()).is_err());
        let environment = Environment { config_home: Some("/nonexistent".into()), ..Default::default() };
        assert!(Settings::load(&Options::default(), &environment).is_ok());
        assert!(Settings::load(&Options::default(), &Environment::default()).is_ok());
    }
}
