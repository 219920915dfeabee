//! The only way text reaches the buffer: cleaned, fitted, and never outside its rectangle.

use crate::format::mask_sentence;
use crate::symbols::Symbols;
use crate::theme::{Theme, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use switchroom_wire::{clean, columns, fit};

pub(super) struct Painter<'a> {
    buffer: &'a mut Buffer,
    pub(super) theme: Theme,
    pub(super) symbols: Symbols,
    /// Numbers are masked in whatever is drawn, messages and sentences too.
    masked: bool,
}

impl<'a> Painter<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: Theme, symbols: Symbols, masked: bool) -> Self {
        Self { buffer, theme, symbols, masked }
    }

    /// One line of text at a place of a rectangle, cut to what is left of its width.
    pub(super) fn put(&mut self, rect: Rect, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        self.styled(rect, x, y, text, self.theme.style(tone))
    }

    /// As [`Painter::put`] with a style of its own. Returns the column after the text.
    pub(super) fn styled(&mut self, rect: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let rect = rect.intersection(*self.buffer.area());
        if x >= rect.width || y >= rect.height {
            return x;
        }
        let room = usize::from(rect.width - x);
        let masked = self.masked.then(|| mask_sentence(text));
        let cleaned = clean(masked.as_deref().unwrap_or(text));
        let taken = columns(&cleaned).min(room);
        let shown = fit(&cleaned, taken);
        let shown = self.symbols.text(&shown);
        self.buffer.set_stringn(rect.x + x, rect.y + y, shown.as_ref(), room, style);
        x + u16::try_from(taken).unwrap_or(u16::MAX)
    }

    /// Text that ends at the right edge. Returns where it begins.
    pub(super) fn right(&mut self, rect: Rect, y: u16, text: &str, tone: Tone) -> u16 {
        let taken = u16::try_from(columns(&clean(text))).unwrap_or(u16::MAX).min(rect.width);
        self.put(rect, rect.width - taken, y, text, tone);
        rect.width - taken
    }

    /// Lines broken at blanks to the width. Returns the line after the last.
    pub(super) fn wrapped(&mut self, rect: Rect, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        let room = usize::from(rect.width.saturating_sub(x));
        let mut y = y;
        for line in wrap(text, room) {
            self.put(rect, x, y, &line, tone);
            y += 1;
        }
        y
    }

    pub(super) fn rule(&mut self, rect: Rect) {
        let line: String = std::iter::repeat_n(self.symbols.rule(), usize::from(rect.width)).collect();
        self.put(rect, 0, 0, &line, Tone::Secondary);
    }

    pub(super) fn post(&mut self, rect: Rect) {
        let post = self.symbols.post().to_string();
        for y in 0..rect.height {
            self.put(rect, 0, y, &post, Tone::Secondary);
        }
    }

    /// Reverses a line: the selection, in every theme.
    pub(super) fn select(&mut self, rect: Rect, y: u16) {
        let line = Rect { y: rect.y.saturating_add(y), height: 1, ..rect };
        self.flatten(line);
        self.buffer.set_style(line.intersection(*self.buffer.area()), self.theme.selected());
    }

    /// Takes colour and reverse from cells, so that a selection is one even bar.
    fn flatten(&mut self, rect: Rect) {
        self.each(rect, |style| {
            Style { fg: Some(ratatui::style::Color::Reset), ..style }
                .remove_modifier(Modifier::REVERSED | Modifier::DIM)
        });
    }

    /// Dims everything: what is shown is old.
    pub(super) fn dim(&mut self, rect: Rect) {
        let stale = self.theme.style(Tone::Stale);
        self.each(rect, |style| {
            let selected = style.add_modifier.contains(Modifier::REVERSED)
                && style.fg.is_none_or(|c| c == ratatui::style::Color::Reset);
            let keep = if selected { Modifier::REVERSED } else { Modifier::empty() };
            Style { fg: stale.fg.or(Some(ratatui::style::Color::Reset)), ..Style::new() }
                .remove_modifier(Modifier::all())
                .add_modifier(keep | stale.add_modifier)
        });
    }

    fn each(&mut self, rect: Rect, change: impl Fn(Style) -> Style) {
        let rect = rect.intersection(*self.buffer.area());
        for (x, y) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (x, y))) {
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                let mut plain = cell.style();
                plain.sub_modifier = Modifier::empty();
                cell.set_style(change(plain));
            }
        }
    }

    /// Empties a rectangle.
    pub(super) fn clear(&mut self, rect: Rect) {
        let rect = rect.intersection(*self.buffer.area());
        for (x, y) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (x, y))) {
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}

/// Text in lines of at most `width` columns, broken at blanks where there are any.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    for word in clean(text).split(' ') {
        let mut rest = word;
        while let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            if columns(line) + gap + columns(rest) <= width {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(rest);
                break;
            }
            if line.is_empty() || (columns(rest) > width && columns(line) + gap + 2 <= width) {
                // A word longer than a line, or text without blanks as in Chinese, is cut where it must be.
                let room = width - columns(line) - gap;
                let cut = head_len(rest, room);
                if gap == 1 && cut > 0 {
                    line.push(' ');
                }
                line.push_str(&rest[..cut]);
                rest = &rest[cut..];
                if rest.is_empty() || cut == 0 {
                    break;
                }
            }
            lines.push(String::new());
        }
    }
    lines
}

/// The bytes of the longest beginning that takes at most `width` columns, whole clusters only.
pub(super) fn head_len(text: &str, width: usize) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut used = 0;
    let mut at = 0;
    for cluster in text.graphemes(true) {
        used += columns(cluster);
        if used > width {
            break;
        }
        at += cluster.len();
    }
    at
}

/// The bytes of the longest end that takes at most `width` columns, whole clusters only.
pub(super) fn tail_len(text: &str, width: usize) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut used = 0;
    let fits = |cluster: &&str| {
        used += columns(cluster);
        used <= width
    };
    text.graphemes(true).rev().take_while(fits).map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_is_whole_clusters() {
        let end = |text: &'static str, width| &text[text.len() - tail_len(text, width)..];
        assert_eq!([end("abcdef", 3), end("abc", 3), end("", 3), end("abc", 0)], ["def", "abc", "", ""]);
        assert_eq!([end("山田太郎", 5), end("ae\u{301}b", 2)], ["太郎", "e\u{301}b"]);
    }

    #[test]
    fn wraps_at_blanks_and_cuts_what_has_none() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("山田太郎様", 5), ["山田", "太郎", "様"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("x", 0), Vec::<String>::new());
        for width in 1..30 {
            for line in wrap("hold: 102 Ana 山田太郎 sent sendonly e\u{301}e\u{301} abcdefghijklmnop", width)
            {
                assert!(columns(&line) <= width || width < 2, "{line} in {width}");
            }
        }
    }
}
