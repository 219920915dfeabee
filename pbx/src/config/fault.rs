//! What is wrong with a configuration, where, and what to do.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use switchroom_flow::fault::place_of;

/// Something wrong, or worth a warning, at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 when it is about the file as a whole.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault of a file as a whole.
    pub(crate) fn of_file(file: &Path, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, what: what.into(), hint: Some(hint.into()) }
    }
}

impl fmt::Display for Fault {
    /// `switchroom.toml:3:9: what`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        write!(f, " {}", self.what)
    }
}

/// Faults at byte ranges of one text.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<(usize, String, Option<String>)>,
    /// Those of other files that the text names.
    elsewhere: Vec<Fault>,
}

/// Faults of one file that are told; a file that is not a configuration at all has no end of them.
const FAULTS_MAX: usize = 100;

impl Faults {
    pub(super) fn push(&mut self, span: &Range<usize>, what: impl Into<String>, hint: Option<String>) {
        if self.found.len() < FAULTS_MAX {
            self.found.push((span.start, what.into(), hint));
        }
    }

    /// A sentence that may have its hint on a second line.
    pub(super) fn push_sentence(&mut self, span: &Range<usize>, sentence: &str) {
        match sentence.split_once('\n') {
            Some((what, hint)) => self.push(span, what, Some(hint.to_owned())),
            None => self.push(span, sentence, None),
        }
    }

    /// A fault of another file.
    pub(super) fn push_of_other(&mut self, fault: Fault) {
        if self.elsewhere.len() < FAULTS_MAX {
            self.elsewhere.push(fault);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.elsewhere.is_empty()
    }

    /// No more are told, so nobody needs to think of hints for them.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= FAULTS_MAX
    }

    /// In the order of the file, then those of others.
    pub(super) fn locate(mut self, file: &Path, text: &str) -> Vec<Fault> {
        self.found.sort_by_key(|(at, _, _)| *at);
        self.found
            .into_iter()
            .map(|(at, what, hint)| {
                let place = place_of(text, at);
                let whole = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
                let (line, column) = (whole(place.line), whole(place.column));
                Fault { file: file.to_owned(), line, column, what, hint }
            })
            .chain(self.elsewhere)
            .collect()
    }
}
