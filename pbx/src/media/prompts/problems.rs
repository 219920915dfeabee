//! What is wrong with prompts, for the administrator: an alarm for each, a few of them, gone when it is right again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Alarms at a time; what is wrong beside is counted in one more.
const ALARMS_MAX: usize = 20;
/// So far it is counted.
const BESIDE_MAX: usize = 1_000;
/// Lines for the log that wait while another is being written; what is more is not written.
const LINES_MAX: usize = 1_000;

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
    /// What is still to be said, in order.
    outbox: VecDeque<Said>,
}

/// Something to be said.
enum Said {
    /// In the log: which, and what is wrong.
    Line(String, String),
    Alarm(PromptProblem),
}

impl Told {
    fn log(&mut self, id: &str, text: &str) {
        if self.outbox.len() < LINES_MAX {
            self.outbox.push_back(Said::Line(id.to_owned(), text.to_owned()));
        }
    }

    fn alarm(&mut self, id: impl Into<String>, text: Option<String>) {
        self.outbox.push_back(Said::Alarm(PromptProblem { id: id.into(), text }));
    }

    /// Tells how many are wrong beside, when it begins, at each power of ten, and when none is.
    fn count(&mut self) {
        let text = match (self.beside.len(), self.said) {
            (now, said) if (now == 0) == (said == 0) && now.checked_ilog10() <= said.checked_ilog10() => {
                return;
            }
            (0, _) => None,
            (1, _) => Some("and one prompt more cannot be played: the log names it".to_owned()),
            (now, _) => Some(format!("and {now} prompts more cannot be played: the log names them")),
        };
        self.said = self.beside.len();
        self.alarm(BESIDE, text);
    }
}

/// Tells each problem once, and its end. Media threads come here, too: nobody waits for who writes to the log or tells the
/// engine. What is to be said is decided under one lock, and said under the other by whoever gets that at once; the others leave
/// it to them.
pub(super) struct Reporter {
    tell: PromptProblems,
    told: Mutex<Told>,
    saying: Mutex<()>,
}

const BESIDE: &str = "prompt:more";

impl Reporter {
    pub(super) fn new(tell: PromptProblems) -> Self {
        Self { tell, told: Mutex::default(), saying: Mutex::default() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is wrong.
    pub(super) fn tell(&self, id: &str, text: String) {
        self.note_wrong(id, text);
        self.say();
    }

    fn note_wrong(&self, id: &str, text: String) {
        let mut told = self.told();
        if told.ids.contains(id) {
            return;
        }
        let is_beside = told.beside.remove(id);
        if told.ids.len() < ALARMS_MAX {
            if !is_beside {
                told.log(id, &text);
            }
            told.ids.insert(id.to_owned());
            told.alarm(id, Some(text));
            return told.count();
        }
        if told.beside.len() < BESIDE_MAX {
            told.beside.insert(id.to_owned());
        }
        if !is_beside {
            told.log(id, &text);
            told.count();
        }
    }

    /// That is right again, or was never wrong.
    pub(super) fn clear(&self, id: &str) {
        let mut told = self.told();
        if told.ids.remove(id) {
            told.alarm(id, None);
        } else if told.beside.remove(id) {
            told.count();
        }
        drop(told);
        self.say();
    }

    /// Everything is tried again.
    pub(super) fn clear_all(&self) {
        let mut told = self.told();
        for id in std::mem::take(&mut told.ids) {
            told.alarm(id, None);
        }
        told.beside.clear();
        told.count();
        drop(told);
        self.say();
    }

    /// Says what is to be said, unless somebody is at it, who then says this as well.
    fn say(&self) {
        while self.has_more() {
            let _one = match self.saying.try_lock() {
                Ok(one) => one,
                Err(TryLockError::Poisoned(one)) => one.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            while let Some(said) = self.next_said() {
                match said {
                    Said::Line(id, text) => tracing::warn!(id, "{text}"),
                    Said::Alarm(problem) => (self.tell)(problem),
                }
            }
            // What comes between this and the end of the lock is seen by looking once more.
        }
    }

    fn has_more(&self) -> bool {
        !self.told().outbox.is_empty()
    }

    fn next_said(&self) -> Option<Said> {
        self.told().outbox.pop_front()
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

    /// Whoever is stuck in telling holds up nobody else, and says what comes meanwhile, in order.
    #[test]
    fn nobody_waits_for_who_tells() {
        let (send, heard) = channel();
        let (go, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let reporter = Arc::new(Reporter::new(Arc::new(move |problem: PromptProblem| {
            let is_first = problem.id == "prompt:slow" && problem.text.is_some();
            send.send((problem.id, problem.text.is_some())).unwrap();
            if is_first {
                wait.lock().unwrap().recv().unwrap();
            }
        })));
        let slow = reporter.clone();
        let slow = std::thread::spawn(move || slow.tell("prompt:slow", "gone".into()));
        assert_eq!(heard.recv(), Ok(("prompt:slow".into(), true)));
        let (done, is_done) = channel();
        let other = reporter;
        std::thread::spawn(move || {
            other.tell("prompt:other", "gone".into());
            other.clear("prompt:slow");
            other.clear("prompt:other");
            done.send(()).unwrap();
        });
        is_done.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
        go.send(()).unwrap();
        slow.join().unwrap();
        let told: Vec<(String, bool)> = heard.try_iter().collect();
        let want = [("prompt:other", true), ("prompt:slow", false), ("prompt:other", false)];
        assert_eq!(told, want.map(|(id, is_wrong)| (id.to_owned(), is_wrong)));
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
