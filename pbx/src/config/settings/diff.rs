//! The difference of two configurations as people read it, with nothing secret in it.

use super::SECRETS;
use similar::{Algorithm, ChangeTag, DiffTag, capture_diff_slices, group_diff_ops};
use std::ops::Range;
use switchroom_wire::{DiffLine, DiffMark};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Lines that stay the same around each change.
const AROUND: usize = 3;
/// Lines of a difference that are told.
const LINES_MAX: usize = 2_000;
/// What stands for a secret.
const HIDDEN: &str = "…";

/// What differs, with some lines around, and how many lines were too much.
pub fn difference(old: &str, new: &str) -> (Vec<Vec<DiffLine>>, u32) {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let (shown_before, shown_after) = (hide(old), hide(new));
    let shown_before: Vec<&str> = shown_before.lines().collect();
    let shown_after: Vec<&str> = shown_after.lines().collect();
    let text = |lines: &[&str], at: Option<usize>| {
        at.and_then(|at| lines.get(at)).map(|line| (*line).to_owned()).unwrap_or_default()
    };
    let number = |at: Option<usize>| at.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(0);
    let (mut pieces, mut told, mut left_out) = (Vec::new(), 0, 0);
    for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &before, &after), AROUND) {
        let mut piece = Vec::new();
        for change in group.iter().flat_map(|op| op.iter_changes(&before, &after)) {
            if told >= LINES_MAX {
                left_out += 1;
                continue;
            }
            told += 1;
            let (old, new) = (change.old_index(), change.new_index());
            let (mark, text) = match change.tag() {
                ChangeTag::Equal => (DiffMark::Same, text(&shown_after, new)),
                ChangeTag::Delete => (DiffMark::Gone, text(&shown_before, old)),
                ChangeTag::Insert => (DiffMark::New, text(&shown_after, new)),
            };
            piece.push(DiffLine { mark, old: number(old), new: number(new), text });
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
    }
    (pieces, left_out)
}

/// How many lines are gone and how many are new, also of those that are too many to be shown.
pub fn lines_changed(old: &str, new: &str) -> (usize, usize) {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let changes = || ops.iter().filter(|op| op.tag() != DiffTag::Equal);
    let gone = changes().map(|op| op.old_range().len()).sum();
    (gone, changes().map(|op| op.new_range().len()).sum())
}

/// The text, line for line, without the values of secret keys and without comments that speak of them.
fn hide(text: &str) -> String {
    let (root, _) = DeTable::parse_recoverable(text);
    let mut spans = Vec::new();
    secrets(root.get_ref(), &mut spans);
    spans.sort_by_key(|span: &Range<usize>| span.start);
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    for span in spans {
        let (Some(before), Some(secret)) = (text.get(at..span.start), text.get(span.clone())) else {
            continue;
        };
        shown += before;
        shown += "\"";
        shown += HIDDEN;
        shown += "\"";
        // A value over several lines stays as long as it is.
        shown.extend(secret.chars().filter(|c| *c == '\n'));
        at = span.end;
    }
    shown += text.get(at..).unwrap_or_default();
    let mut lines = String::with_capacity(shown.len());
    for line in shown.split_inclusive('\n') {
        match comment(line).filter(|at| speaks_of_secrets(line.get(*at..).unwrap_or_default())) {
            Some(at) => {
                lines += line.get(..at).unwrap_or_default();
                lines += "# ";
                lines += HIDDEN;
                lines += "\n";
            }
            None => lines += line,
        }
    }
    lines
}

fn secrets(table: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        if SECRETS.contains(&key.get_ref().as_ref()) {
            spans.push(value.span());
        } else {
            secrets_within(value, spans);
        }
    }
}

fn secrets_within(value: &Spanned<DeValue<'_>>, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => secrets(table, spans),
        DeValue::Array(list) => list.iter().for_each(|entry| secrets_within(entry, spans)),
        _ => {}
    }
}

/// Where a comment may begin: in doubt too early, so that too much is left out and not too little.
fn comment(line: &str) -> Option<usize> {
    let begins =
        |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    line.match_indices('#').map(|(at, _)| at).find(|at| begins(*at))
}

fn speaks_of_secrets(comment: &str) -> bool {
    let comment = comment.to_lowercase();
    let words = comment.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut words = words.filter(|word| !word.is_empty());
    words.any(|word| SECRETS.contains(&word) || ["pins", "password", "passwords", "密码"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long difference is not shown as a whole, and told in numbers all the same.
    #[test]
    fn lines_are_counted_beyond_those_that_are_shown() {
        let lines = |from: u32| (from..from + 3_000).map(|n| format!("line {n}\n")).collect::<String>();
        let (old, new) = (lines(0), lines(10_000));
        assert!(difference(&old, &new).1 > 0);
        assert_eq!(lines_changed(&old, &new), (3_000, 3_000));
        assert_eq!(lines_changed("a\nb\nc\n", "a\nx\ny\nc\n"), (1, 2));
    }
}
