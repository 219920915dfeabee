//! Colours by meaning. Severity is always a mark and a word as well; colour only repeats it.
//!
//! `NO_COLOR` is honoured here, by using no colour at all: crossterm's own handling resets bold and reverse too,
//! and is switched off at the start.

use ratatui::style::{Color, Modifier, Style};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Palette {
    /// The user's own 16 colours.
    Auto,
    /// Okabe and Ito's colours, told apart by everybody; by number of colours the terminal has.
    SafeTrue,
    Safe256,
    Mono,
}

/// A theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    palette: Palette,
}

/// What the environment says about colours.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColourEnvironment {
    pub(crate) no_color: bool,
    pub(crate) colorterm: String,
    pub(crate) term: String,
}

impl Theme {
    /// The theme of a terminal of which nothing is known.
    pub(crate) const PLAIN: Self = Self { palette: Palette::Auto };

    pub(crate) const NAMES: [&str; 3] = ["auto", "safe", "mono"];

    /// The theme of that name in that terminal; `None` if there is none of that name.
    pub(crate) fn new(name: &str, environment: &ColourEnvironment) -> Option<Self> {
        let palette = match name {
            _ if !Self::NAMES.contains(&name) => return None,
            _ if environment.no_color || environment.term == "dumb" => Palette::Mono,
            "mono" => Palette::Mono,
            "safe" if matches!(environment.colorterm.as_str(), "truecolor" | "24bit") => Palette::SafeTrue,
            "safe" if environment.term.contains("256") => Palette::Safe256,
            _ => Palette::Auto,
        };
        Some(Self { palette })
    }

    pub(crate) fn style(self, tone: Tone) -> Style {
        let plain = Style::new();
        match tone {
            Tone::Normal => plain,
            Tone::Strong => plain.add_modifier(Modifier::BOLD),
            Tone::Secondary | Tone::Stale => self
                .coloured(Color::DarkGray, (0x99, 0x99, 0x99), 246)
                .unwrap_or(plain.add_modifier(Modifier::DIM)),
            Tone::Attention => self
                .coloured(Color::Yellow, (0xE6, 0x9F, 0x00), 214)
                .unwrap_or(plain)
                .add_modifier(Modifier::BOLD),
            Tone::Act => self
                .coloured(Color::Red, (0xD5, 0x5E, 0x00), 166)
                .unwrap_or(plain)
                .add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Tone::OnAir => match self.palette {
                Palette::Auto => plain.fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
                Palette::SafeTrue => {
                    plain.fg(Color::White).bg(Color::Rgb(0xD5, 0x5E, 0x00)).add_modifier(Modifier::BOLD)
                }
                Palette::Safe256 => {
                    plain.fg(Color::White).bg(Color::Indexed(166)).add_modifier(Modifier::BOLD)
                }
                Palette::Mono => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            },
            Tone::Caller => self.coloured(Color::Cyan, (0x56, 0xB4, 0xE9), 74).unwrap_or(plain),
            Tone::Callee => self.coloured(Color::Magenta, (0xCC, 0x79, 0xA7), 175).unwrap_or(plain),
        }
    }

    fn coloured(self, sixteen: Color, (r, g, b): (u8, u8, u8), indexed: u8) -> Option<Style> {
        let colour = match self.palette {
            Palette::Auto => sixteen,
            Palette::SafeTrue => Color::Rgb(r, g, b),
            Palette::Safe256 => Color::Indexed(indexed),
            Palette::Mono => return None,
        };
        Some(Style::new().fg(colour))
    }

    /// The selected row: reversed, so that it survives every palette and `NO_COLOR`.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TONES: [Tone; 8] = [
        Tone::Normal,
        Tone::Secondary,
        Tone::Strong,
        Tone::Attention,
        Tone::Act,
        Tone::Stale,
        Tone::Caller,
        Tone::Callee,
    ];

    #[test]
    fn no_color_means_none_and_keeps_what_is_not_colour() {
        let environment =
            ColourEnvironment { no_color: true, colorterm: "truecolor".into(), ..Default::default() };
        for name in Theme::NAMES {
            let theme = Theme::new(name, &environment).unwrap();
            for tone in TONES {
                let style = theme.style(tone);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {tone:?}");
            }
            assert!(theme.style(Tone::Act).add_modifier.contains(Modifier::REVERSED | Modifier::BOLD));
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
