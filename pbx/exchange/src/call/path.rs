//! The path of a call: its steps with their reasons. Who reads one asks how the call came in and how it ended, and a caller
//! who waits for hours may have been offered to hundreds: the first steps and the latest are kept, and one between them says
//! how many are left out.

use crate::limits::PATH_MAX;
use crate::record::Why;
use std::ops::Deref;

/// Steps from the begin that stay.
const FIRST: usize = PATH_MAX / 2;

/// The steps that a call took, in order.
#[derive(Debug, Clone, Default)]
pub struct CallPath {
    pub(crate) steps: Vec<Why>,
    left_out: u64,
}

impl Deref for CallPath {
    type Target = [Why];

    fn deref(&self) -> &[Why] {
        &self.steps
    }
}

impl CallPath {
    /// Adds a step. At the bound it takes the place of one in the middle.
    pub(super) fn push(&mut self, why: Why) {
        if self.left_out == 0 && self.steps.len() >= PATH_MAX {
            // From now on this place is that of the step that says what is missing.
            self.left_out = 1;
        }
        if self.left_out > 0 {
            self.left_out += 1;
            let gone = self.steps.remove(FIRST + 1);
            let text = format!("{} steps are left out here", self.left_out);
            if let Some(note) = self.steps.get_mut(FIRST) {
                *note = Why { at_ms: gone.at_ms, step: "left_out".into(), text };
            }
        }
        self.steps.push(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_how_it_began_and_how_it_ended() {
        let step = |n: usize| Why { at_ms: n as i64, step: "offer".into(), text: format!("step {n}") };
        let mut path = CallPath::default();
        for n in 0..PATH_MAX {
            path.push(step(n));
        }
        assert!(path.iter().all(|why| why.step == "offer"), "nothing is left out before it must be");
        for n in PATH_MAX..10 * PATH_MAX {
            path.push(step(n));
            assert_eq!(path.len(), PATH_MAX);
            assert!(path.is_sorted_by_key(|why| why.at_ms));
            assert_eq!((&path[0], &path[FIRST - 1]), (&step(0), &step(FIRST - 1)));
            assert_eq!(path.last(), Some(&step(n)));
            assert_eq!(path[FIRST].text, format!("{} steps are left out here", n + 1 - (PATH_MAX - 1)));
        }
    }
}
