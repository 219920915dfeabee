//! What is wrong with prompts, for the administrator: an alarm for each, a few of them, gone when it is right again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Alarms at a time; what is wrong beside is counted in one more.
const ALARMS_MAX: usize = 20;
/// So far it is counted.
const BESIDE_MAX: usize = 1_000;

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
    /// What is wrong beside, by the same ids.
    beside: BTreeSet<String>,
    /// As many as that were told to be beside.
    said: usize,
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
        let is_beside = told.beside.remove(id);
        if told.ids.len() < ALARMS_MAX {
            if !is_beside {
                tracing::warn!(id, "{text}");
            }
            told.ids.insert(id.to_owned());
            (self.tell)(PromptProblem { id: id.to_owned(), text: Some(text) });
            return self.count(&mut told);
        }
        if told.beside.len() < BESIDE_MAX {
            told.beside.insert(id.to_owned());
        }
        if !is_beside {
            tracing::warn!(id, "{text}");
            self.count(&mut told);
        }
    }

    /// Tells how many are wrong beside, when it begins, at each power of ten, and when none is.
    fn count(&self, told: &mut Told) {
        let text = match (told.beside.len(), told.said) {
            (now, said) if (now == 0) == (said == 0) && now.checked_ilog10() <= said.checked_ilog10() => {
                return;
            }
            (0, _) => None,
            (1, _) => Some("and one prompt more cannot be played: the log names it".to_owned()),
            (now, _) => Some(format!("and {now} prompts more cannot be played: the log names them")),
        };
        told.said = told.beside.len();
        (self.tell)(PromptProblem { id: BESIDE.to_owned(), text });
    }

    /// That is right again, or was never wrong.
    pub(super) fn clear(&self, id: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.ids.remove(id) {
            (self.tell)(PromptProblem { id: id.to_owned(), text: None });
        } else if told.beside.remove(id) {
            self.count(&mut told);
        }
    }

    /// Everything is tried again.
    pub(super) fn clear_all(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for id in std::mem::take(&mut told.ids) {
            (self.tell)(PromptProblem { id, text: None });
        }
        told.beside.clear();
        self.count(&mut told);
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
        assert!(told[21].text.as_ref().unwrap().contains("10 prompts more"), "{:?}", told[21]);
        reporter.clear("prompt:3");
        reporter.clear("prompt:3");
        reporter.clear("prompt:29");
        assert_eq!(heard.try_iter().count(), 1);
        reporter.clear_all();
        assert_eq!(heard.try_iter().filter(|p| p.text.is_none()).count(), ALARMS_MAX);
        reporter.clear_all();
        assert_eq!(heard.try_iter().count(), 0);
    }

    #[test]
    fn what_is_wrong_beside_is_no_more_when_each_of_it_is_right() {
        let (send, heard) = channel();
        let reporter = Reporter::new(Arc::new(move |problem| send.send(problem).unwrap()));
        let id = |number: usize| format!("prompt:{number}");
        for number in 0..ALARMS_MAX + 2 {
            reporter.tell(&id(number), "gone".into());
        }
        assert_eq!(heard.try_iter().last().unwrap().id, BESIDE);
        // One finds room among the named ones when it is asked for again, the other is mended.
        reporter.clear(&id(0));
        reporter.tell(&id(ALARMS_MAX), "gone".into());
        let told: Vec<_> = heard.try_iter().map(|p| (p.id, p.text.is_some())).collect();
        assert_eq!(told, [(id(0), false), (id(ALARMS_MAX), true)]);
        reporter.clear(&id(ALARMS_MAX + 1));
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [PromptProblem { id: BESIDE.into(), text: None }]);
    }
}
