//! Digits that are read from across the room, in three sizes from one set of shapes.

use super::painter::Painter;
use crate::symbols::Symbols;
use crate::wall::Scale;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Rows of a shape.
const ROWS: usize = 5;

/// The shape of a sign, `#` where it is filled; what has none is a gap.
fn shape(sign: char) -> [&'static str; ROWS] {
    match sign {
        '0' => ["####", "#  #", "#  #", "#  #", "####"],
        '1' => [" # ", "## ", " # ", " # ", "###"],
        '2' => ["####", "   #", "####", "#   ", "####"],
        '3' => ["####", "   #", " ###", "   #", "####"],
        '4' => ["#  #", "#  #", "####", "   #", "   #"],
        '5' => ["####", "#   ", "####", "   #", "####"],
        '6' => ["####", "#   ", "####", "#  #", "####"],
        '7' => ["####", "   #", "  # ", "  # ", "  # "],
        '8' => ["####", "#  #", "####", "#  #", "####"],
        '9' => ["####", "#  #", "####", "   #", "####"],
        ':' => [" ", "#", " ", "#", " "],
        '-' => ["    ", "    ", "####", "    ", "    "],
        'h' => ["#   ", "#   ", "####", "#  #", "#  #"],
        '+' => ["    ", "  # ", " ###", "  # ", "    "],
        _ => ["  ", "  ", "  ", "  ", "  "],
    }
}

/// Columns that a text takes.
pub(super) fn width(text: &str, scale: Scale) -> u16 {
    let cells: usize = text.chars().map(|sign| shape(sign)[0].len() + 1).sum();
    let cells = u16::try_from(cells.saturating_sub(1)).unwrap_or(u16::MAX);
    if scale == Scale::Two { cells.saturating_mul(2) } else { cells }
}

/// The lines of a text.
fn lines(text: &str, scale: Scale, symbols: Symbols) -> Vec<String> {
    let row = |n: usize| {
        let parts: Vec<&str> = text.chars().map(|sign| shape(sign).get(n).copied().unwrap_or("")).collect();
        parts.join(" ")
    };
    let filled = symbols.bar(1_000, 1);
    let solid = |line: &str, wide: usize| {
        let cell = |c: char| if c == '#' { filled.repeat(wide) } else { " ".repeat(wide) };
        line.chars().map(cell).collect::<String>()
    };
    match scale {
        Scale::One => (0..ROWS).map(|n| solid(&row(n), 1)).collect(),
        Scale::Two => (0..ROWS).flat_map(|n| [solid(&row(n), 2), solid(&row(n), 2)]).collect(),
        Scale::Half => (0..ROWS)
            .step_by(2)
            .map(|n| {
                let (upper, lower) = (row(n), row(n + 1));
                let below = lower.chars().chain(std::iter::repeat(' '));
                upper.chars().zip(below).map(|(up, low)| symbols.half(up == '#', low == '#')).collect()
            })
            .collect(),
    }
}

/// Draws a text at a place of a rectangle. False if it does not fit there, and nothing is drawn.
pub(super) fn draw(
    rect: Rect,
    (x, y): (u16, u16),
    text: &str,
    scale: Scale,
    style: Style,
    p: &mut Painter<'_>,
) -> bool {
    if x.saturating_add(width(text, scale)) > rect.width || y.saturating_add(scale.lines()) > rect.height {
        return false;
    }
    for (line, n) in lines(text, scale, p.symbols).iter().zip(0..) {
        p.styled(rect, x, y + n, line.trim_end(), style);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_whole_at_every_size() {
        for sign in "0123456789:-h+ ".chars() {
            let rows = shape(sign);
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{sign}");
            for scale in [Scale::Half, Scale::One, Scale::Two] {
                for symbols in [Symbols::Ascii, Symbols::Block] {
                    let drawn = lines(&sign.to_string(), scale, symbols);
                    assert_eq!(drawn.len(), usize::from(scale.lines()), "{sign}");
                    for line in drawn {
                        assert_eq!(line.chars().count(), usize::from(width(&sign.to_string(), scale)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_time_in_half_size() {
        assert_eq!(
            lines("1:42", Scale::Half, Symbols::Block),
            ["▄█  ▄ █  █ ▀▀▀█", " █  ▄ ▀▀▀█ █▀▀▀", "▀▀▀      ▀ ▀▀▀▀"]
        );
        assert_eq!(
            lines("1:42", Scale::Half, Symbols::Ascii),
            ["_#  _ #  # \"\"\"#", " #  _ \"\"\"# #\"\"\"", "\"\"\"      \" \"\"\"\""]
        );
    }
}
