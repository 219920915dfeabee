//! Lines, bars and waves in two sets. Marks are ASCII in both: geometric symbols are two columns wide in some
//! terminals.

/// A set of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbols {
    Ascii,
    Block,
}

impl Symbols {
    pub(crate) const NAMES: [&str; 2] = ["ascii", "block"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "ascii" => Some(Self::Ascii),
            "block" => Some(Self::Block),
            _ => None,
        }
    }

    pub(crate) fn rule(self) -> char {
        match self {
            Self::Ascii => '-',
            Self::Block => '─',
        }
    }

    pub(crate) fn post(self) -> char {
        match self {
            Self::Ascii => '|',
            Self::Block => '│',
        }
    }

    /// Where a rule meets a post that goes on above, below or both.
    pub(crate) fn joint(self, above: bool, below: bool) -> char {
        match (self, above, below) {
            (Self::Ascii, _, _) => '+',
            (Self::Block, false, true) => '┬',
            (Self::Block, true, false) => '┴',
            (Self::Block, _, _) => '┼',
        }
    }

    /// One cell of a wave that is `rows` high, `row` 0 on top, for a loudness of 0..=255.
    pub(crate) fn wave(self, loudness: u8, row: usize, rows: usize) -> char {
        const ASCII: [char; 5] = [' ', '.', ':', '|', '#'];
        const BLOCK: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let steps: &[char] = match self {
            Self::Ascii => &ASCII,
            Self::Block => &BLOCK,
        };
        let rows = rows.max(1);
        let per_row = steps.len() - 1;
        // Any sound at all shows: silence is the only blank.
        let filled = (usize::from(loudness) * rows * per_row).div_ceil(255);
        let below = (rows - 1 - row.min(rows - 1)) * per_row;
        steps[filled.saturating_sub(below).min(per_row)]
    }

    /// A bar of `width` cells for a share of 0..=1000.
    pub(crate) fn bar(self, share: u32, width: usize) -> String {
        let (full, empty) = match self {
            Self::Ascii => ('#', '.'),
            Self::Block => ('█', '░'),
        };
        let filled = (share.min(1000) as usize * width + 500) / 1000;
        (0..width).map(|n| if n < filled { full } else { empty }).collect()
    }

    /// A cell whose upper or lower half is filled, or both.
    pub(crate) fn half(self, upper: bool, lower: bool) -> char {
        match (self, upper, lower) {
            (_, false, false) => ' ',
            (Self::Ascii, true, true) => '#',
            (Self::Ascii, true, false) => '"',
            (Self::Ascii, false, true) => '_',
            (Self::Block, true, true) => '█',
            (Self::Block, true, false) => '▀',
            (Self::Block, false, true) => '▄',
        }
    }

    /// Text as it may be drawn: in ASCII terminals the ellipsis has no glyph.
    pub(crate) fn text(self, text: &str) -> std::borrow::Cow<'_, str> {
        if self == Self::Block || !text.contains('…') {
            return text.into();
        }
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            // Between digits it hides the middle of a number, elsewhere it ends a cut text.
            let masks = chars.peek().is_some_and(char::is_ascii_digit);
            out.push(match c {
                '…' if masks => '*',
                '…' => '.',
                c => c,
            });
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_grow_from_the_bottom() {
        let column = |loudness| (0..2).map(|row| Symbols::Block.wave(loudness, row, 2)).collect::<String>();
        assert_eq!(column(0), "  ");
        assert_eq!(column(1), " ▁");
        assert_eq!(column(127), " █");
        assert_eq!(column(128), "▁█");
        assert_eq!(column(255), "██");
        assert_eq!(Symbols::Ascii.wave(255, 9, 0), '#');
    }

    #[test]
    fn ascii_has_no_ellipsis() {
        assert_eq!(Symbols::Ascii.text("+44…23 Hotel do M…"), "+44*23 Hotel do M.");
    }
}
