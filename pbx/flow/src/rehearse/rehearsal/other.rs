//! Those on the other side: phones that ring, queues, talks, and the recorder.

use super::{Happening, Rehearsal};
use crate::boundary::{CallBackAnswer, Dialled, Event, Message};
use crate::rehearse::stage::Phone;
use std::collections::VecDeque;
use std::time::Duration;

/// How long a phone rings unless the flow says.
const RING: Duration = Duration::from_secs(20);

/// What goes on at the other side.
#[derive(Debug)]
pub(super) enum Other {
    Nothing,
    Rings(Ringing),
    Waits {
        queue: String,
        /// The agent who is asked first.
        agent: Option<String>,
        /// When the wait ends, and how.
        ends: (Duration, Ends),
    },
    Talks {
        with: String,
        until: Option<Duration>,
    },
    Records {
        mailbox: Option<String>,
        /// The longest that it may be.
        last: Duration,
        silence: Duration,
        ends: Duration,
        has_spoken: bool,
    },
}

/// How a wait ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    With(Dialled),
    Talks(Option<Duration>),
}

/// Phones that ring.
#[derive(Debug)]
pub(super) struct Ringing {
    now: Vec<String>,
    /// Those that are rung when nobody of them answers.
    later: VecDeque<String>,
    ring: Duration,
    ends: (Duration, Ends),
    answering: Option<String>,
    had_no_answer: bool,
    had_busy: bool,
}

impl Ringing {
    pub(super) fn now(&self) -> &[String] {
        &self.now
    }
}

impl Other {
    /// When something happens by itself.
    pub(super) fn due(&self) -> Option<Duration> {
        match self {
            Self::Nothing => None,
            Self::Rings(ringing) => Some(ringing.ends.0),
            Self::Waits { ends, .. } => Some(ends.0),
            Self::Talks { until, .. } => *until,
            Self::Records { ends, .. } => Some(*ends),
        }
    }
}

impl Rehearsal {
    // ---- phones --------------------------------------------------------------------------------------------------

    pub(super) fn ring(&mut self, to: Vec<String>, in_turn: bool, ring: Option<Duration>) {
        let mut later: VecDeque<String> = to.into();
        let now = if in_turn { later.pop_front().into_iter().collect() } else { later.drain(..).collect() };
        let ring = ring.unwrap_or(RING);
        let ends = (self.now, Ends::With(Dialled::NoAnswer));
        let (had_no_answer, had_busy) = (false, false);
        self.ring_these(Ringing { now, later, ring, ends, answering: None, had_no_answer, had_busy });
    }

    /// Rings those that are to ring now; the first that answers, if one will, is known from the start.
    fn ring_these(&mut self, mut ringing: Ringing) {
        self.note(Happening::Rings(ringing.now.clone()));
        ringing.ends = (self.now.saturating_add(ringing.ring), Ends::With(Dialled::NoAnswer));
        ringing.answering = None;
        let mut refused = Vec::new();
        for number in &ringing.now {
            match self.stage.phone(number) {
                Phone::Rings => {}
                Phone::Busy => {
                    ringing.had_busy = true;
                    refused.push(number.clone());
                }
                Phone::Unreachable => refused.push(number.clone()),
                Phone::Answers(after, talks) => {
                    let at = self.now.saturating_add(after);
                    if at < ringing.ends.0 {
                        ringing.ends = (at, Ends::Talks(talks));
                        ringing.answering = Some(number.clone());
                    }
                }
            }
        }
        ringing.now.retain(|number| !refused.contains(number));
        if ringing.now.is_empty() {
            ringing.ends = (self.now, Ends::With(Dialled::Failed));
        }
        self.other = Other::Rings(ringing);
    }

    /// Nobody of those who rang answered: the next are rung, or it was in vain.
    fn ring_on(&mut self, mut ringing: Ringing) {
        if let Some(next) = ringing.later.pop_front() {
            ringing.now = vec![next];
            return self.ring_these(ringing);
        }
        self.became(match (ringing.had_no_answer, ringing.had_busy) {
            (true, _) => Dialled::NoAnswer,
            (false, true) => Dialled::Busy,
            (false, false) => Dialled::Failed,
        });
    }

    fn became(&mut self, how: Dialled) {
        (self.other, self.playing) = (Other::Nothing, None);
        self.note(Happening::Became(how));
        self.tell(Event::Dialled(how));
    }

    fn talk(&mut self, with: String, talks: Option<Duration>) {
        (self.is_answered, self.playing) = (true, None);
        self.stage.around.values.insert("agent".to_owned(), crate::Value::text(&with));
        self.note(Happening::Talks(with.clone()));
        self.other = Other::Talks { with, until: talks.map(|talks| self.now.saturating_add(talks)) };
        self.tell(Event::Connected);
    }

    /// What becomes of those who ring, or of the wait in a queue: busy, no answer, full, …. `false` if nothing does.
    pub fn becomes(&mut self, how: Dialled) -> bool {
        match std::mem::replace(&mut self.other, Other::Nothing) {
            Other::Rings(mut ringing) => {
                ringing.had_busy |= how == Dialled::Busy;
                ringing.had_no_answer |= how == Dialled::NoAnswer;
                self.ring_on(ringing);
            }
            Other::Waits { .. } => self.became(how),
            Other::Talks { .. } if how == Dialled::Talked => self.became(how),
            other => {
                self.other = other;
                return false;
            }
        }
        self.wait(Duration::ZERO);
        true
    }

    /// The first that rings, or an agent of the queue, answers and talks for so long. `false` if nobody can.
    pub fn answers(&mut self, talks: Option<Duration>) -> bool {
        let with = match &self.other {
            Other::Rings(ringing) => ringing.now.first().cloned(),
            Other::Waits { queue, .. } => Some(format!("an agent of {queue}")),
            _ => None,
        };
        let is_there = with.is_some();
        if let Some(with) = with {
            self.talk(with, talks);
            self.wait(Duration::ZERO);
        }
        is_there
    }

    pub(super) fn withdraw(&mut self) {
        if matches!(self.other, Other::Rings(_) | Other::Waits { .. } | Other::Talks { .. }) {
            self.other = Other::Nothing;
        }
    }

    // ---- queues --------------------------------------------------------------------------------------------------

    pub(super) fn enqueue(&mut self, queue: String, agent: Option<String>) {
        self.note(Happening::Waits(queue.clone(), agent.clone()));
        let how = self.stage.queue(&queue);
        let after = |time: Duration| self.now.saturating_add(time);
        let ends = match how.answers {
            _ if how.is_closed => (self.now, Ends::With(Dialled::Closed)),
            _ if how.agents == 0 => (self.now, Ends::With(Dialled::Empty)),
            _ if how.is_full => (self.now, Ends::With(Dialled::Full)),
            Some(time) if time < how.longest => (after(time), Ends::Talks(how.talks)),
            Some(_) | None => (after(how.longest), Ends::With(Dialled::NoAnswer)),
        };
        self.other = Other::Waits { queue, agent, ends };
    }

    /// The caller wants to be called back at a number.
    pub(super) fn call_back(&mut self, number: String) {
        let Other::Waits { queue, .. } = &self.other else { return };
        let answer = match self.stage.queue(queue).calls_back {
            true => CallBackAnswer::Noted,
            false => CallBackAnswer::Refused,
        };
        if answer == CallBackAnswer::Noted {
            self.other = Other::Nothing;
            self.note(Happening::CallBack(number));
        }
        self.told.push_back(Event::CallBack(answer));
    }

    // ---- the recorder --------------------------------------------------------------------------------------------

    pub(super) fn record(&mut self, mailbox: Option<String>, longest: Duration, silence: Duration) {
        self.is_answered = true;
        self.note(Happening::Records(mailbox.clone()));
        let last = self.now.saturating_add(longest);
        let ends = if silence.is_zero() { last } else { self.now.saturating_add(silence).min(last) };
        self.other = Other::Records { mailbox, last, silence, ends, has_spoken: false };
    }

    pub(super) fn speak(&mut self, time: Duration) {
        if let Other::Records { last, silence, ends, has_spoken, .. } = &mut self.other {
            *has_spoken = true;
            if silence.is_zero() {
                return;
            }
            *ends = self.now.saturating_add(time).saturating_add(*silence).min(*last);
        }
    }

    /// The recording ends while the caller is there.
    pub(super) fn end_recording(&mut self) {
        let id = self.keep_recording();
        self.tell(Event::Recorded(id));
    }

    /// What is being recorded is kept if something was said; its id.
    pub(super) fn keep_recording(&mut self) -> Option<String> {
        let Other::Records { mailbox, has_spoken, .. } = &self.other else { return None };
        let (mailbox, has_spoken) = (mailbox.clone(), *has_spoken);
        self.other = Other::Nothing;
        let id = has_spoken.then(|| {
            self.last_message += 1;
            format!("message-{}", self.last_message)
        });
        if let (Some(id), Some(mailbox)) = (&id, mailbox) {
            let at = self.stage.site.zone.civil(self.stage.now_ms).to_string();
            let at = at.chars().take("2026-11-22T17:30".len()).collect();
            let from = self.stage.caller.clone();
            let message = Message { id: id.clone(), from, at, is_new: true };
            self.stage.messages.entry(mailbox).or_default().push(message);
        }
        self.note(Happening::Kept(id.clone()));
        id
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /// What is due at the other side happens.
    pub(super) fn fire_other(&mut self) {
        match std::mem::replace(&mut self.other, Other::Nothing) {
            Other::Nothing => {}
            Other::Rings(mut ringing) => match ringing.ends.1 {
                Ends::Talks(talks) => {
                    let with = ringing.answering.take().unwrap_or_default();
                    self.talk(with, talks);
                }
                Ends::With(_) => {
                    ringing.had_no_answer |= !ringing.now.is_empty();
                    self.ring_on(ringing);
                }
            },
            Other::Waits { queue, ends: (_, ends), .. } => match ends {
                Ends::Talks(talks) => self.talk(format!("an agent of {queue}"), talks),
                Ends::With(how) => self.became(how),
            },
            Other::Talks { .. } => self.became(Dialled::Talked),
            records @ Other::Records { .. } => {
                self.other = records;
                self.end_recording();
            }
        }
    }
}
