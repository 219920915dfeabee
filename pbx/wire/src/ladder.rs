//! The ladder of a call: every SIP message and every decision of the exchange, in order, and its drawing as text.
//!
//! [`render_ladder`] is the one renderer: the console, `switchroom ctl ladder` and the golden files of the tests
//! show the same lines.

use crate::{clean, columns, fit};
use serde::{Deserialize, Serialize};

/// A column of the ladder. Lane 0 is the exchange itself; the caller is lane 1, called phones follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Lane {
    /// `caller`, `102 Ana`; the exchange's own name for lane 0.
    pub name: String,
    /// `192.0.2.7:5060`, empty for lane 0.
    pub address: String,
}

/// What an entry of the ladder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderKind {
    /// A SIP message between the exchange and a lane.
    Message {
        /// The lane of the phone, 1 or more.
        lane: usize,
        /// True from the phone to the exchange.
        inbound: bool,
        /// `INVITE (SDP)`, `180 Ringing`.
        summary: String,
        /// Sent or received before.
        again: bool,
        /// `udp` or `tcp`.
        transport: String,
        /// Size in bytes.
        bytes: u32,
        /// The message itself, credentials removed; empty when it was too long to keep.
        text: String,
    },
    /// A decision of the exchange.
    Decision {
        /// One sentence.
        text: String,
    },
}

/// One entry of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderEntry {
    /// When, Unix microseconds.
    pub at_us: i64,
    /// What.
    pub kind: LadderKind,
}

/// The ladder of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Ladder {
    /// The call's id.
    pub call: String,
    /// Lanes: the exchange, the caller, then each phone that was called.
    pub lanes: Vec<Lane>,
    /// Entries in order of time.
    pub entries: Vec<LadderEntry>,
    /// Entries left out at the end because the call has too many.
    pub dropped: u32,
}

/// How a ladder is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LadderStyle {
    /// Columns to draw in; lanes and notes shrink to fit, 60 is the least.
    pub width: usize,
    /// Unix microseconds to subtract from times: 0 shows time of day in UTC plus `utc_offset_min`.
    pub utc_offset_min: i32,
    /// Leave out the decisions.
    pub messages_only: bool,
    /// Show time since the first entry instead of time of day: the form of golden files.
    pub relative: bool,
}

const TIME_COLUMNS: usize = 13;
const NOTE_COLUMNS_MIN: usize = 20;

/// Draws the ladder: the lines of the head, then exactly one line for each entry shown, in order, so that a
/// screen can map its cursor to an entry. Returns `(head, lines)` where each line carries the entry's index.
pub fn render_ladder(ladder: &Ladder, style: LadderStyle) -> (Vec<String>, Vec<(usize, String)>) {
    let order = lane_order(ladder.lanes.len());
    let lanes = order.len().max(2);
    let width = style.width.max(60);
    // Lanes share what time and notes leave; a lane of 26 columns holds the longest usual summary.
    let pitch = ((width - TIME_COLUMNS - NOTE_COLUMNS_MIN) / (lanes - 1).max(1)).clamp(12, 26);
    let posts: Vec<usize> = (0..lanes).map(|n| TIME_COLUMNS + 4 + n * pitch).collect();
    let head = head_lines(ladder, &order, &posts, pitch, width);
    let start = ladder.entries.first().map_or(0, |e| e.at_us);
    let mut lines = Vec::new();
    for (index, entry) in ladder.entries.iter().enumerate() {
        let time = time_text(entry.at_us, start, style);
        let line = match &entry.kind {
            LadderKind::Decision { .. } if style.messages_only => continue,
            LadderKind::Decision { text } => decision_line(&time, text, &order, &posts, width),
            LadderKind::Message { lane, inbound, summary, again, .. } => {
                message_line(&time, *lane, *inbound, summary, *again, &order, &posts, width)
            }
        };
        lines.push((index, line));
    }
    (head, lines)
}

/// Screen order of lanes: the caller, the exchange, then the called phones.
fn lane_order(count: usize) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    if count > 1 {
        order.push(1);
    }
    order.push(0);
    order.extend(2..count);
    order
}

fn head_lines(ladder: &Ladder, order: &[usize], posts: &[usize], pitch: usize, width: usize) -> Vec<String> {
    let mut names = String::new();
    let mut addresses = String::new();
    for (place, lane) in order.iter().enumerate() {
        let Some(lane) = ladder.lanes.get(*lane) else { continue };
        let from = posts[place].saturating_sub(pitch / 2 - 1);
        put(&mut names, from, &fit(&lane.name, columns(&clean(&lane.name)).min(pitch - 1)));
        put(&mut addresses, from, &fit(&lane.address, columns(&clean(&lane.address)).min(pitch - 1)));
    }
    [names, addresses].into_iter().map(|line| fit(&line, width).trim_end().to_owned()).collect()
}

/// Writes `text` at column `at`, padding as needed; text already there wins.
fn put(line: &mut String, at: usize, text: &str) {
    let have = columns(line);
    if have < at {
        line.extend(std::iter::repeat_n(' ', at - have));
    } else if have > 0 {
        line.push(' ');
    }
    line.push_str(text);
}

fn time_text(at_us: i64, start: i64, style: LadderStyle) -> String {
    if style.relative {
        let since = at_us - start;
        return format!("{:>5}.{:03}", since / 1_000_000, since / 1_000 % 1_000);
    }
    let ms = at_us.div_euclid(1_000) + i64::from(style.utc_offset_min) * 60_000;
    let day = ms.rem_euclid(86_400_000);
    format!("{:02}:{:02}:{:02}.{:03}", day / 3_600_000, day / 60_000 % 60, day / 1_000 % 60, day % 1_000)
}

fn blank_posts(time: &str, posts: &[usize]) -> Vec<char> {
    let mut cells: Vec<char> = vec![' '; posts.last().map_or(0, |p| p + 1)];
    for (cell, c) in cells.iter_mut().zip(time.chars()) {
        *cell = c;
    }
    for post in posts {
        cells[*post] = '|';
    }
    cells
}

fn decision_line(time: &str, text: &str, order: &[usize], posts: &[usize], width: usize) -> String {
    let mut cells = blank_posts(time, posts);
    let place = order.iter().position(|lane| *lane == 0).unwrap_or(0);
    let post = posts[place];
    cells[post - 1] = '[';
    cells[post] = '*';
    if post + 1 < cells.len() {
        cells[post + 1] = ']';
    } else {
        cells.push(']');
    }
    finish(cells, text, width)
}

#[allow(clippy::too_many_arguments)]
fn message_line(
    time: &str,
    lane: usize,
    inbound: bool,
    summary: &str,
    again: bool,
    order: &[usize],
    posts: &[usize],
    width: usize,
) -> String {
    let mut cells = blank_posts(time, posts);
    let phone = order.iter().position(|l| *l == lane).unwrap_or(0);
    let exchange = order.iter().position(|l| *l == 0).unwrap_or(0);
    let (left, right) = (phone.min(exchange), phone.max(exchange));
    if left == right {
        return finish(cells, summary, width);
    }
    let (from, to) = (posts[left] + 1, posts[right]);
    for cell in &mut cells[from..to] {
        *cell = '-';
    }
    // A lane left of the exchange sends to the right, one right of it to the left.
    let points_right = inbound == (phone < exchange);
    let head = if again { 2 } else { 1 };
    for n in 0..head.min(to - from) {
        if points_right {
            cells[to - 1 - n] = '>';
        } else {
            cells[from + n] = '<';
        }
    }
    let room = to - from - 3;
    let label: Vec<char> = fit(summary, columns(&clean(summary)).min(room)).chars().collect();
    let start = from + (to - from - label.len().min(to - from)) / 2;
    let mut note = String::new();
    if columns(&clean(summary)) > room {
        note = clean(summary).into_owned();
    }
    for (offset, c) in label.iter().enumerate() {
        if start + offset < to {
            cells[start + offset] = *c;
        }
    }
    if again {
        note = if note.is_empty() { "again".into() } else { format!("{note}, again") };
    }
    finish(cells, &note, width)
}

fn finish(cells: Vec<char>, note: &str, width: usize) -> String {
    let mut line: String = cells.into_iter().collect();
    if !note.is_empty() {
        line.push_str("  ");
        line.push_str(&clean(note));
    }
    fit(&line, width).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(at_ms: i64, lane: usize, inbound: bool, summary: &str, again: bool) -> LadderEntry {
        LadderEntry {
            at_us: at_ms * 1_000,
            kind: LadderKind::Message {
                lane,
                inbound,
                summary: summary.into(),
                again,
                transport: "udp".into(),
                bytes: 400,
                text: String::new(),
            },
        }
    }

    #[test]
    fn draws_caller_left_and_phones_right() {
        let ladder = Ladder {
            call: "x".into(),
            lanes: [("pbx", ""), ("caller", "192.0.2.9"), ("102 Ana", "192.0.2.52")]
                .map(|(name, address)| Lane { name: name.into(), address: address.into() })
                .to_vec(),
            entries: vec![
                message(0, 1, true, "INVITE (SDP)", false),
                message(1, 1, false, "100 Trying", false),
                LadderEntry {
                    at_us: 1_000,
                    kind: LadderKind::Decision { text: "route: 102 is an extension".into() },
                },
                message(2, 2, false, "INVITE (SDP)", false),
                message(502, 2, false, "INVITE (SDP)", true),
                message(520, 2, true, "180 Ringing", false),
            ],
            dropped: 0,
        };
        let style = LadderStyle { width: 100, utc_offset_min: 0, messages_only: false, relative: true };
        let (head, lines) = render_ladder(&ladder, style);
        let text = head.iter().chain(lines.iter().map(|(_, l)| l)).cloned().collect::<Vec<_>>().join("\n");
        let want = "
     caller                    pbx                       102 Ana
     192.0.2.9                                           192.0.2.52
    0.000        |------INVITE (SDP)------>|                         |
    0.001        |<------100 Trying--------|                         |
    0.001        |                        [*]                        |  route: 102 is an extension
    0.002        |                         |------INVITE (SDP)------>|
    0.502        |                         |------INVITE (SDP)----->>|  again
    0.520        |                         |<------180 Ringing-------|";
        assert_eq!(format!("\n{text}"), want);
        for (_, line) in &lines {
            assert!(columns(line) <= 100);
        }
    }
}
