//! Numbers written in figures, as a flow's values are.

/// Figures after the point that are spoken; a number with more is not a number for a caller.
const MOST_FRACTION: usize = 12;

/// A number with a sign and figures after the point, kept as they were written: `3.10` is not `3.1` when it is read out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// Whether it is below zero.
    pub negative: bool,
    /// The part before the point.
    pub whole: u64,
    /// The figures after the point, each 0 to 9; empty for a whole number.
    pub fraction: Vec<u8>,
}

impl Decimal {
    /// Reads `-12.50`, `7` or `+0.5`. None for anything else: a missing figure on either side of the point, more than 12
    /// figures after it, or a whole part that no 64 bits hold.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (negative, figures) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match figures.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (figures, ""),
        };
        let all_figures = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_figures(whole) || !all_figures(fraction) || fraction.len() > MOST_FRACTION
        {
            return None;
        }
        let whole = whole.parse().ok().filter(|whole| *whole <= i64::MAX.unsigned_abs())?;
        let fraction: Vec<u8> = fraction.bytes().map(|byte| byte - b'0').collect();
        let nothing = whole == 0 && fraction.iter().all(|figure| *figure == 0);
        Some(Decimal { negative: negative && !nothing, whole, fraction })
    }

    /// The hundredths, where there are no finer parts than those and they fit: `12.5` is 1250.
    pub fn hundredths(&self) -> Option<i64> {
        let part = match *self.fraction.as_slice() {
            [] => 0,
            [tenths] => i64::from(tenths) * 10,
            [tenths, hundredths] => i64::from(tenths) * 10 + i64::from(hundredths),
            _ => return None,
        };
        let all = i64::try_from(self.whole).ok()?.checked_mul(100)?.checked_add(part)?;
        Some(if self.negative { -all } else { all })
    }
}
