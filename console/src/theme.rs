//! Colours by meaning. Severity is always a mark and a word as well; colour only repeats it.
//!
//! Which colours is written in files (`themes/*.toml`, and the user's own), each tone for terminals of 16 colours, of 256,
//! and for those that show any. `NO_COLOR` is honoured here, by using no colour at all: crossterm's own handling resets bold and reverse too,
//! and is switched off at the start.

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;
use switchroom_wire::Severity;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    #[default]
    Normal,
    /// Titles of columns, hints; never numbers.
    Secondary,
    Strong,
    Attention,
    Act,
    Stale,
    /// Somebody hears the user's microphone.
    OnAir,
    /// What the caller says, and the other side.
    Caller,
    Callee,
}

impl Tone {
    /// All of them, with their names in files.
    const ALL: [(Self, &'static str); 9] = [
        (Self::Normal, "normal"),
        (Self::Secondary, "secondary"),
        (Self::Strong, "strong"),
        (Self::Attention, "attention"),
        (Self::Act, "act"),
        (Self::Stale, "stale"),
        (Self::OnAir, "on_air"),
        (Self::Caller, "caller"),
        (Self::Callee, "callee"),
    ];

    pub(crate) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Normal,
            Severity::Warn => Self::Attention,
            Severity::Crit => Self::Act,
        }
    }
}

/// The mark that goes with a severity.
pub(crate) fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "",
        Severity::Warn => "!",
        Severity::Crit => "!!",
    }
}

/// What the environment says about colours.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColourEnvironment {
    pub(crate) no_color: bool,
    pub(crate) colorterm: String,
    pub(crate) term: String,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Mono,
    Sixteen,
    Indexed,
    True,
}

impl ColourEnvironment {
    fn depth(&self) -> Depth {
        if self.no_color || self.term == "dumb" {
            Depth::Mono
        } else if matches!(self.colorterm.as_str(), "truecolor" | "24bit") {
            Depth::True
        } else if self.term.contains("256") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        }
    }
}

/// A tone as a file writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ToneText {
    /// Of the 16 that every terminal has, by name.
    colour16: Option<String>,
    /// Of the 256, by number.
    colour256: Option<u8>,
    /// Any: `#RRGGBB`.
    colour: Option<String>,
    back16: Option<String>,
    back256: Option<u8>,
    back: Option<String>,
    /// `bold`, `dim`, `reversed`, `underlined`, `italic`.
    look: Vec<String>,
    /// The same, in addition where no colour is shown.
    mono: Vec<String>,
}

/// A theme file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ThemeText {
    /// The shipped theme whose tones hold where this file writes none.
    base: Option<String>,
    #[serde(flatten)]
    tones: BTreeMap<String, ToneText>,
}

/// The shipped themes. `mono` is `auto` without its colours.
const SHIPPED: [(&str, &str); 5] = [
    ("auto", include_str!("themes/auto.toml")),
    ("dark", include_str!("themes/dark.toml")),
    ("light", include_str!("themes/light.toml")),
    ("safe", include_str!("themes/safe.toml")),
    ("mono", include_str!("themes/auto.toml")),
];

/// A theme as it is on one terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    /// By the places of [`Tone::ALL`].
    styles: [Style; Tone::ALL.len()],
}

impl Theme {
    /// The names of those that are shipped.
    pub(crate) const NAMES: [&str; 5] = ["auto", "dark", "light", "safe", "mono"];

    /// The shipped theme of that name in that terminal; `None` if there is none of that name.
    pub(crate) fn new(name: &str, environment: &ColourEnvironment) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
        let depth = if name == "mono" { Depth::Mono } else { environment.depth() };
        // They are part of the program, and a test reads them all.
        Self::read_at(text, depth).ok()
    }

    /// A theme of the user's own.
    ///
    /// # Errors
    /// What is wrong with the file and what could stand there, in a sentence.
    pub(crate) fn read(text: &str, environment: &ColourEnvironment) -> Result<Self, String> {
        Self::read_at(text, environment.depth())
    }

    fn read_at(text: &str, depth: Depth) -> Result<Self, String> {
        let text: ThemeText =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let known = |name: &&String| !Tone::ALL.iter().any(|(_, tone)| tone == name);
        if let Some(unknown) = text.tones.keys().find(known) {
            let all: Vec<&str> = Tone::ALL.iter().map(|(_, name)| *name).collect();
            return Err(format!("[{unknown}] is no tone; there are: {}", all.join(", ")));
        }
        let base = match &text.base {
            None => Self { styles: [Style::new(); Tone::ALL.len()] },
            Some(base) => {
                let shipped = SHIPPED.iter().find(|(name, _)| name == base);
                let (_, shipped) = shipped
                    .ok_or_else(|| format!("base = \"{base}\": choose one of {}", Self::NAMES.join(", ")))?;
                let depth = if base == "mono" { Depth::Mono } else { depth };
                Self::read_at(shipped, depth)?
            }
        };
        let mut styles = base.styles;
        for (place, (_, name)) in styles.iter_mut().zip(Tone::ALL) {
            if let Some(tone) = text.tones.get(name) {
                *place = tone.style(depth).map_err(|what| format!("[{name}]: {what}"))?;
            }
        }
        Ok(Self { styles })
    }

    pub(crate) fn style(self, tone: Tone) -> Style {
        let place = Tone::ALL.iter().position(|(known, _)| *known == tone);
        place.and_then(|place| self.styles.get(place)).copied().unwrap_or_default()
    }

    /// The selected row: reversed, so that it survives every palette and `NO_COLOR`.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

impl ToneText {
    fn style(&self, depth: Depth) -> Result<Style, String> {
        let mut style = Style::new().add_modifier(modifiers(&self.look)?);
        let front = colour(depth, self.colour16.as_deref(), self.colour256, self.colour.as_deref())?;
        let back = colour(depth, self.back16.as_deref(), self.back256, self.back.as_deref())?;
        (style.fg, style.bg) = (front, back);
        let more = modifiers(&self.mono)?;
        Ok(if depth == Depth::Mono { style.add_modifier(more) } else { style })
    }
}

/// The best of the three that the terminal can show. All that are written are read, so that a fault shows everywhere.
fn colour(
    depth: Depth,
    sixteen: Option<&str>,
    indexed: Option<u8>,
    any: Option<&str>,
) -> Result<Option<Color>, String> {
    let sixteen = sixteen.map(named).transpose()?;
    let any = any.map(hexadecimal).transpose()?;
    let of = |least: Depth, colour: Option<Color>| colour.filter(|_| depth >= least);
    let indexed = indexed.map(Color::Indexed);
    Ok(of(Depth::True, any).or(of(Depth::Indexed, indexed)).or(of(Depth::Sixteen, sixteen)))
}

fn named(text: &str) -> Result<Color, String> {
    let colour = text.parse::<Color>().ok();
    let is_named = |colour: &Color| !matches!(colour, Color::Rgb(..) | Color::Indexed(_));
    colour.filter(is_named).ok_or_else(|| {
        format!(
            "\"{text}\" is none of the sixteen colours: black, red, green, yellow, blue, magenta, cyan, gray, \
             dark gray, light red, light green, light yellow, light blue, light magenta, light cyan, white"
        )
    })
}

fn hexadecimal(text: &str) -> Result<Color, String> {
    let colour = text.parse::<Color>().ok().filter(|colour| matches!(colour, Color::Rgb(..)));
    colour.ok_or_else(|| format!("\"{text}\" is not a colour; write \"#E69F00\""))
}

fn modifiers(looks: &[String]) -> Result<Modifier, String> {
    looks.iter().try_fold(Modifier::empty(), |all, look| {
        Ok(all
            | match look.as_str() {
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "reversed" => Modifier::REVERSED,
                "underlined" => Modifier::UNDERLINED,
                "italic" => Modifier::ITALIC,
                _ => {
                    return Err(format!(
                        "\"{look}\" is no look; there are: bold, dim, reversed, underlined, italic"
                    ));
                }
            })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn no_color_means_none_and_keeps_what_is_not_colour() {
        let environment =
            ColourEnvironment { no_color: true, colorterm: "truecolor".into(), ..Default::default() };
        for name in Theme::NAMES {
            let theme = Theme::new(name, &environment).unwrap();
            for (tone, _) in Tone::ALL {
                let style = theme.style(tone);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {tone:?}");
            }
            assert!(theme.style(Tone::Act).add_modifier.contains(Modifier::REVERSED | Modifier::BOLD));
        }
    }

    #[test]
    fn a_file_of_the_user_s_own_stands_on_a_shipped_one() {
        let environment = ColourEnvironment { colorterm: "truecolor".into(), ..Default::default() };
        let text = "base = 'safe'\n[attention]\ncolour = '#112233'\ncolour16 = 'light yellow'\nlook = ['underlined']\n";
        let own = Theme::read(text, &environment).unwrap();
        let want = Style::new().fg(Color::Rgb(0x11, 0x22, 0x33)).add_modifier(Modifier::UNDERLINED);
        assert_eq!(own.style(Tone::Attention), want);
        let safe = Theme::new("safe", &environment).unwrap();
        assert_eq!(own.style(Tone::Act), safe.style(Tone::Act), "what is not written is the base's");
        let sixteen = Theme::read(text, &ColourEnvironment::default()).unwrap();
        assert_eq!(sixteen.style(Tone::Attention).fg, Some(Color::LightYellow));
        for (text, want) in [
            ("[atention]\nlook = []", "[atention] is no tone; there are: normal, secondary"),
            ("base = 'pink'", "choose one of auto, dark, light, safe, mono"),
            ("[act]\ncolour = 'red'", "[act]: \"red\" is not a colour; write \"#E69F00\""),
            ("[act]\ncolour16 = '#112233'", "is none of the sixteen colours"),
            ("[act]\nlook = ['blink']", "is no look"),
            ("[act]\nshade = 1", "unknown field `shade`"),
        ] {
            let error = Theme::read(text, &ColourEnvironment::default()).unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn every_shipped_theme_is_read_and_tells_what_matters_apart_without_colour() {
        for (name, text) in SHIPPED {
            for depth in [Depth::Mono, Depth::Sixteen, Depth::Indexed, Depth::True] {
                let theme = Theme::read_at(text, depth).unwrap_or_else(|error| panic!("{name}: {error}"));
                let looks = [Tone::Normal, Tone::Attention, Tone::Act].map(|t| theme.style(t).add_modifier);
                assert!(looks[0] != looks[1] && looks[1] != looks[2], "{name} {depth:?}");
                assert!(
                    depth != Depth::True
                        || name == "auto"
                        || name == "mono"
                        || theme.style(Tone::Act).fg.is_some()
                );
            }
        }
    }

    #[test]
    fn safe_uses_what_the_terminal_can_show() {
        for (colorterm, term, want) in [
            ("truecolor", "xterm", Color::Rgb(0xE6, 0x9F, 0x00)),
            ("", "xterm-256color", Color::Indexed(214)),
            ("", "linux", Color::Yellow),
        ] {
            let environment =
                ColourEnvironment { no_color: false, colorterm: colorterm.into(), term: term.into() };
            assert_eq!(Theme::new("safe", &environment).unwrap().style(Tone::Attention).fg, Some(want));
        }
        assert!(Theme::new("pink", &ColourEnvironment::default()).is_none());
    }
}
