//! The wave of a recording: caller above, the other side below, the marks on the axis between time and sound.

use super::painter::Painter;
use crate::format::{duration, whole};
use crate::theme::Tone;
use crate::words::Words;
use ratatui::layout::Rect;
use switchroom_wire::{RecordingView, WaveView, columns, fit};

/// Columns of the names before the waves.
const NAME: u16 = 9;

/// Draws both waves, each `rows` lines high, and the axis. Returns the line after them.
pub(super) fn wave(
    recording: &RecordingView,
    wave: &WaveView,
    words: &Words,
    rect: Rect,
    y: u16,
    rows: u16,
    p: &mut Painter<'_>,
) -> u16 {
    let width = usize::from(rect.width.saturating_sub(NAME + 2));
    if width == 0 {
        return y;
    }
    let sides = [("side.caller", &wave.caller, Tone::Caller), ("side.callee", &wave.callee, Tone::Callee)];
    let mut y = y;
    for (name, peaks, tone) in sides {
        let peaks = resampled(peaks, width);
        p.put(rect, 1, y + rows - 1, &fit(words.t(name), usize::from(NAME) - 2), Tone::Normal);
        for row in 0..rows {
            let line: String =
                peaks.iter().map(|peak| p.symbols.wave(*peak, usize::from(row), usize::from(rows))).collect();
            p.put(rect, NAME, y + row, line.trim_end(), tone);
        }
        y += rows;
    }
    let length_ms = recording.length_ms.max(wave.length_ms);
    p.put(rect, NAME, y, &marks_line(recording, length_ms, width, p.symbols.rule()), Tone::Secondary);
    p.put(rect, NAME, y + 1, &time_line(length_ms, width), Tone::Secondary);
    y + 2
}

/// The loudest of the peaks that fall into each of `width` columns.
fn resampled(peaks: &[u8], width: usize) -> Vec<u8> {
    let column = |n: usize| {
        let from = n * peaks.len() / width;
        let to = ((n + 1) * peaks.len()).div_ceil(width).max(from + 1);
        peaks.get(from..to.min(peaks.len())).and_then(|part| part.iter().copied().max()).unwrap_or(0)
    };
    (0..width).map(column).collect()
}

/// The axis with its marks: `a` answered, `x` on hold, a digit where one was pressed.
fn marks_line(recording: &RecordingView, length_ms: u64, width: usize, rule: char) -> String {
    let mut cells = vec![rule; width];
    let place = |at_ms: u64| {
        let at = u128::from(at_ms) * width as u128 / u128::from(length_ms.max(1));
        usize::try_from(at).unwrap_or(usize::MAX).min(width - 1)
    };
    let mut held_from = None;
    for mark in &recording.marks {
        let at = place(mark.at_ms);
        match mark.kind.as_str() {
            "hold" => held_from = Some(at),
            "resume" => {
                if let Some(from) = held_from.take() {
                    cells[from..=at.max(from)].fill('x');
                }
            }
            "answer" => cells[at] = '^',
            "digit" => cells[at] = mark.text.chars().next().filter(char::is_ascii_graphic).unwrap_or('#'),
            _ => {}
        }
    }
    if let Some(from) = held_from {
        cells[from..].fill('x');
    }
    cells.into_iter().collect()
}

/// Times under the axis, as many as fit without crowding.
fn time_line(length_ms: u64, width: usize) -> String {
    let length = whole(length_ms);
    let steps = (width / 20).clamp(1, 12);
    let mut line = String::new();
    for step in 0..=steps {
        let text = duration(length.saturating_mul(step as i64) / steps as i64);
        let at = step * width / steps;
        // The last one ends at the edge.
        let at = if step == steps { width.saturating_sub(columns(&text)) } else { at };
        if columns(&line) < at || line.is_empty() {
            line.extend(std::iter::repeat_n(' ', at.saturating_sub(columns(&line))));
            line.push_str(&text);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_wire::MarkView;

    #[test]
    fn peaks_are_never_lost() {
        assert_eq!(resampled(&[1, 9, 2, 3], 2), [9, 3]);
        assert_eq!(resampled(&[7], 3), [7, 7, 7]);
        assert_eq!(resampled(&[], 3), [0, 0, 0]);
    }

    #[test]
    fn marks_stand_at_their_time() {
        let mark = |at_ms, kind: &str, text: &str| MarkView { at_ms, kind: kind.into(), text: text.into() };
        let recording = RecordingView {
            marks: vec![
                mark(0, "answer", ""),
                mark(300, "hold", ""),
                mark(500, "resume", ""),
                mark(800, "digit", "5"),
                mark(9_999_999, "hold", ""),
            ],
            ..Default::default()
        };
        assert_eq!(marks_line(&recording, 1_000, 10, '-'), "^--xxx--5x");
        assert_eq!(marks_line(&recording, 0, 1, '-'), "x");
        assert_eq!(time_line(60_000, 40), "0:00                0:30            1:00");
    }
}
