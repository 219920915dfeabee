//! What is wrong with prompts, for the administrator: an alarm for each, a few of them, gone when it is right again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Alarms at a time; what is wrong beside is counted in one more.
const ALARMS_MAX: usize = 20;

/// An alarm of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptProblem {
    /// Which: `prompt:en/menu`, `prompt:speech`, `prompt:message`, …
    pub id: String,
    /// What is wrong and what to do; `None` if it is right again.
    pub text: Option<String>,
}

/// Where they go. Called on threads of the media engine: it must not block.
pub type PromptProblems = Arc<dyn Fn(PromptProblem) + Send + Sync>;

#[derive(Default)]
struct Told {
    ids: BTreeSet<String>,
    beside: u64,
}

/// Tells each problem once, and its end.
pub(super) struct Reporter {
    tell: PromptProblems,
    told: Mutex<Told>,
}

const BESIDE: &str = "prompt:more";

impl Reporter {
    pub(super) fn new(tell: PromptProblems) -> Self {
        Self { tell, told: Mutex::default() }
    }

    /// Something is wrong.
    pub(super) fn tell(&self, id: &str, text: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.ids.contains(id) {
            return;
        }
        tracing::warn!(id, "{text}");
        if told.ids.len() < ALARMS_MAX {
            told.ids.insert(id.to_owned());
            return (self.tell)(PromptProblem { id: id.to_owned(), text: Some(text) });
        }
        told.beside += 1;
        // Told when it begins and at each tenfold, not each time.
        if told.beside.ilog10() > (told.beside - 1).checked_ilog10().unwrap_or(0) || told.beside == 1 {
            let text =
                format!("and {} times more a prompt could not be played: the log names them", told.beside);
            (self.tell)(PromptProblem { id: BESIDE.to_owned(), text: Some(text) });
        }
    }

    /// That is right again, or was never wrong.
    pub(super) fn clear(&self, id: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.ids.remove(id) {
            (self.tell)(PromptProblem { id: id.to_owned(), text: None });
        }
    }

    /// Everything is tried again.
    pub(super) fn clear_all(&self) {
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        let beside = (told.beside > 0).then(|| BESIDE.to_owned());
        for id in told.ids.into_iter().chain(beside) {
            (self.tell)(PromptProblem { id, text: None });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn each_is_told_once_and_the_rest_is_counted() {
        let (send, heard) = channel();
        let reporter = Reporter::new(Arc::new(move |problem| send.send(problem).unwrap()));
        for number in 0..30 {
            for _ in 0..2 {
                reporter.tell(&format!("prompt:{number}"), "gone".into());
            }
        }
        let told: Vec<PromptProblem> = heard.try_iter().collect();
        // The first beside, and the tenth.
        assert_eq!(told.len(), ALARMS_MAX + 2);
        assert!(told[21].text.as_ref().unwrap().contains("10 times more"), "{:?}", told[21]);
        reporter.clear("prompt:3");
        reporter.clear("prompt:3");
        reporter.clear("prompt:29");
        assert_eq!(heard.try_iter().count(), 1);
        reporter.clear_all();
        assert_eq!(heard.try_iter().filter(|p| p.text.is_none()).count(), ALARMS_MAX);
        reporter.clear_all();
        assert_eq!(heard.try_iter().count(), 0);
    }
}
