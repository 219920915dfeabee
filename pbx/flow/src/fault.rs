//! What is wrong with a flow, where, and what to do.

use crate::flow::Place;
use std::fmt;

/// Something wrong, or worth a warning, at a place in the file of a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Fault {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Line, from 1; 0 when it is about the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 when it is about the file as a whole.
    pub column: u32,
    /// The flow works all the same.
    pub is_warning: bool,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    /// `main.toml:3:9: what`, with `warning: ` before what is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        let kind = if self.is_warning { " warning:" } else { "" };
        write!(f, "{kind} {}", self.what)
    }
}

/// Line and column of a byte of a text.
pub fn place_of(text: &str, at: usize) -> Place {
    let mut end = at.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or(text);
    let line_begin = before.rfind('\n').map_or(0, |n| n + 1);
    let column = before.get(line_begin..).unwrap_or_default().chars().count() + 1;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: small(before.matches('\n').count() + 1), column: small(column) }
}

/// `did you mean "x"?` if one of `known` is close enough to be what was meant.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, known).map(|near| format!("did you mean \"{near}\"?"))
}

/// The one of `known` that is closest, if it is close enough to be what was meant; of several, the first.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (distance(&lower, &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= (k.chars().count() / 3).clamp(1, 3) && *d < k.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Edits (insert, remove, replace, swap neighbours) between two words, at most 64 letters of each.
fn distance(one: &str, other: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().take(64).collect(), other.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |r: &[usize], place: usize| r.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_offered_and_others_are_not() {
        let known = ["no_answer", "next", "to", "otherwise", "a", "md5", "listen"];
        for (word, meant) in [
            ("noanswer", Some("no_answer")),
            ("nxet", Some("next")),
            ("Otherwise", Some("otherwise")),
            ("queue", None),
            ("b", None),
            ("", None),
            ("md4", Some("md5")),
            ("lisetn", Some("listen")),
        ] {
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn places_count_characters_from_one_and_never_split_one() {
        let text = "a\n您好 x";
        for (at, line, column) in
            [(0, 1, 1), (1, 1, 2), (2, 2, 1), (5, 2, 2), (6, 2, 2), (8, 2, 3), (99, 2, 5)]
        {
            assert_eq!(place_of(text, at), Place { line, column }, "byte {at}");
        }
    }

    #[test]
    fn a_fault_reads_as_tools_do() {
        let mut fault = Fault {
            file: "main.toml".into(),
            line: 3,
            column: 9,
            is_warning: false,
            what: "there is no node \"x\"".into(),
            hint: None,
        };
        assert_eq!(fault.to_string(), "main.toml:3:9: there is no node \"x\"");
        fault.is_warning = true;
        fault.line = 0;
        assert_eq!(fault.to_string(), "main.toml: warning: there is no node \"x\"");
    }
}
