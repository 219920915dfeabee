//! Asking for digits: menus, numbers, PINs, marks.

use super::{Run, State, Step};
use crate::boundary::{Effect, PinVerdict, Site};
use crate::clip::Clip;
use crate::flow::{Flow, Node};
use crate::node::{Job, Next, Patience, Reminders};
use crate::prompt::Prompt;
use crate::say::messages;
use crate::value::Value;
use std::sync::Arc;

/// Fewest and most digits of a PIN.
pub(super) const PIN: (usize, usize) = (4, 6);

/// A question that is being asked.
#[derive(Clone)]
pub(super) struct Quest {
    pub(super) is_secret: bool,
    tries_left: u32,
    typed: String,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The question is being said.
    Saying(u64),
    /// Digits are waited for.
    Waiting,
}

impl Quest {
    /// The prompt that is being said.
    pub(super) fn saying(&self) -> Option<u64> {
        match self.phase {
            Phase::Saying(number) => Some(number),
            Phase::Waiting => None,
        }
    }
}

impl std::fmt::Debug for Quest {
    /// What was typed may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Quest({} typed, {:?})", self.typed.len(), self.phase)
    }
}

/// What became of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// More may come.
    More,
    /// It is complete; the key that would have ended it may still come.
    Complete(Option<char>),
    /// It is nothing.
    Wrong,
}

/// A question as its node puts it.
struct Question<'n> {
    prompt: &'n Prompt,
    /// Said if the prompt is empty.
    builtin: Option<&'static str>,
    patience: Patience,
    reminders: Option<&'n Reminders>,
    is_secret: bool,
}

fn question(job: &Job) -> Option<Question<'_>> {
    Some(match job {
        Job::Menu { prompt, patience, reminders, .. } => Question {
            prompt,
            builtin: None,
            patience: *patience,
            reminders: Some(reminders),
            is_secret: false,
        },
        Job::Collect { prompt, patience, reminders, is_secret, .. } => Question {
            prompt,
            builtin: None,
            patience: *patience,
            reminders: Some(reminders),
            is_secret: *is_secret,
        },
        Job::Pin { prompt, patience, .. } => Question {
            prompt,
            builtin: Some(messages::ENTER_PIN),
            patience: *patience,
            reminders: None,
            is_secret: true,
        },
        Job::Survey { prompt, patience, .. } => Question {
            prompt,
            builtin: Some(messages::RATE_US),
            patience: *patience,
            reminders: None,
            is_secret: false,
        },
        _ => return None,
    })
}

/// What the digits typed so far are to a node.
fn judge(job: &Job, typed: &str) -> Typed {
    match job {
        Job::Menu { keys, .. } => {
            let has_longer = keys.keys().any(|key| key.len() > typed.len() && key.starts_with(typed));
            match (keys.contains_key(typed), has_longer) {
                (true, false) => Typed::Complete(None),
                (true, true) | (false, true) => Typed::More,
                (false, false) => Typed::Wrong,
            }
        }
        Job::Collect { count, end, .. } => judge_number(typed, *count, *end),
        Job::Pin { .. } => judge_number(typed, PIN, Some('#')),
        Job::Survey { keys, .. } if keys.contains(typed) => Typed::Complete(None),
        _ => Typed::Wrong,
    }
}

/// A number of so many digits that a key may end.
pub(super) fn judge_number(typed: &str, (least, most): (usize, usize), end: Option<char>) -> Typed {
    if let Some(end) = end
        && let Some(number) = typed.strip_suffix(end)
    {
        return if number.len() >= least { Typed::Complete(None) } else { Typed::Wrong };
    }
    if typed.len() >= most { Typed::Complete(end) } else { Typed::More }
}

impl Run {
    pub(super) fn begin_quest(&mut self, site: &mut dyn Site, node: &Node) -> Step {
        let Some(question) = question(&node.job) else { return Step::On(None, String::new()) };
        if self.is_gone {
            return Step::On(None, "nobody there".into());
        }
        self.set_secret(question.is_secret);
        let mut quest = Quest {
            is_secret: question.is_secret,
            tries_left: question.patience.tries.max(1),
            typed: String::new(),
            phase: Phase::Waiting,
        };
        // Digits pressed ahead answer before the question is asked.
        while let Some(digit) = self.ahead.pop_front() {
            match press(&mut quest, &node.job, digit) {
                Typed::More => {}
                Typed::Complete(trailing) => {
                    if self.ahead.front().copied() == trailing {
                        self.ahead.pop_front();
                    } else if self.ahead.is_empty() {
                        self.trailing = trailing;
                    }
                    return self.complete(site, node, quest);
                }
                Typed::Wrong => return self.try_again(site, node, quest, Why::Wrong),
            }
        }
        if quest.typed.is_empty() {
            self.put(site, &question, quest, Vec::new());
        } else {
            self.wake(Some(question.patience.between));
            self.state = State::Quest(quest);
        }
        Step::Waits
    }

    /// Asks, with something said before.
    fn put(&mut self, site: &mut dyn Site, question: &Question<'_>, mut quest: Quest, before: Vec<Clip>) {
        let mut clips = before;
        clips.extend(self.clips(site, question.prompt));
        if question.prompt.is_empty() {
            clips.extend(question.builtin.map(|name| self.builtin(name)));
        }
        if clips.is_empty() {
            quest.phase = Phase::Waiting;
            self.wake(Some(question.patience.first));
        } else {
            quest.phase = Phase::Saying(self.play(clips));
            self.wake(None);
        }
        self.state = State::Quest(quest);
    }

    /// The node that asks, with its flow.
    fn asking(&self) -> Option<(Arc<Flow>, crate::NodeId)> {
        self.at().map(|(flow, id, _)| (flow.clone(), id))
    }

    pub(super) fn quest_digit(&mut self, site: &mut dyn Site, digit: char) {
        let Some((flow, id)) = self.asking() else { return };
        let Some(node) = flow.node(id) else { return };
        if is_no_part(&node.job, digit) {
            return;
        }
        let State::Quest(quest) = &mut self.state else { return };
        if matches!(std::mem::replace(&mut quest.phase, Phase::Waiting), Phase::Saying(_)) {
            self.effects.push_back(Effect::Silence);
        }
        let typed = press(quest, &node.job, digit);
        let quest = quest.clone();
        let step = match typed {
            Typed::More => {
                if let Some(question) = question(&node.job) {
                    self.wake(Some(question.patience.between));
                }
                return;
            }
            Typed::Complete(trailing) => {
                self.trailing = trailing;
                self.complete(site, node, quest)
            }
            Typed::Wrong => self.try_again(site, node, quest, Why::Wrong),
        };
        self.follow(site, step);
    }

    pub(super) fn quest_played(&mut self, number: u64) {
        let patience = self.at().and_then(|(_, _, node)| question(&node.job)).map(|q| q.patience);
        let State::Quest(quest) = &mut self.state else { return };
        if quest.phase == Phase::Saying(number) {
            quest.phase = Phase::Waiting;
            self.wake(patience.map(|p| p.first));
        }
    }

    /// Nothing more came.
    pub(super) fn quest_woke(&mut self, site: &mut dyn Site) {
        let Some((flow, id)) = self.asking() else { return };
        let Some(node) = flow.node(id) else { return };
        let State::Quest(quest) = &self.state else { return };
        if quest.phase != Phase::Waiting {
            return;
        }
        let quest = quest.clone();
        let is_enough = match &node.job {
            Job::Menu { keys, .. } => keys.contains_key(&quest.typed),
            Job::Collect { count, .. } => quest.typed.len() >= count.0 && !quest.typed.is_empty(),
            Job::Pin { .. } => quest.typed.len() >= PIN.0,
            _ => false,
        };
        let step = if is_enough {
            self.complete(site, node, quest)
        } else {
            let why = if quest.typed.is_empty() { Why::Silent } else { Why::Wrong };
            self.try_again(site, node, quest, why)
        };
        self.follow(site, step);
    }

    fn follow(&mut self, site: &mut dyn Site, step: Step) {
        if let Step::On(next, by) = step {
            self.go(site, next, &by);
        }
    }

    /// The digits are complete: what they lead to.
    fn complete(&mut self, site: &mut dyn Site, node: &Node, quest: Quest) -> Step {
        let typed = quest.typed.as_str();
        match &node.job {
            Job::Menu { keys, .. } => Step::On(keys.get(typed).copied(), format!("key {typed}")),
            Job::Collect { into, end, is_secret, next, .. } => {
                let number = end.map_or(typed, |end| typed.strip_suffix(end).unwrap_or(typed));
                self.set(into, Value::text(number).secret_if(*is_secret));
                Step::On(*next, "digits".into())
            }
            Job::Pin { pins, of, next, wrong, locked, .. } => {
                let of = of.as_ref().map(|expr| self.eval(site, expr).plain());
                match site.pin(pins, of.as_deref(), typed.strip_suffix('#').unwrap_or(typed)) {
                    PinVerdict::Right => {
                        self.note_proof(pins, of.as_deref());
                        Step::On(*next, "right".into())
                    }
                    PinVerdict::Locked => Step::On(locked.or(*wrong), "locked".into()),
                    PinVerdict::Wrong => self.try_again(site, node, quest, Why::WrongPin),
                }
            }
            Job::Survey { question, next, .. } => {
                if let Some(answer) = typed.chars().next() {
                    self.effects.push_back(Effect::Survey { question: question.clone(), answer });
                }
                Step::On(*next, format!("key {typed}"))
            }
            _ => Step::On(None, String::new()),
        }
    }

    /// Asks once more, or gives up.
    fn try_again(&mut self, site: &mut dyn Site, node: &Node, mut quest: Quest, why: Why) -> Step {
        self.ahead.clear();
        quest.typed.clear();
        quest.tries_left = quest.tries_left.saturating_sub(1);
        if quest.tries_left == 0 {
            let (next, by) = give_up(&node.job, why);
            return Step::On(next, by.into());
        }
        let Some(question) = question(&node.job) else { return Step::On(None, String::new()) };
        let said = question.reminders.map(|reminders| match why {
            Why::Silent => &reminders.silent,
            Why::Wrong | Why::WrongPin => &reminders.wrong,
        });
        let mut before = said.map(|prompt| self.clips(site, prompt)).unwrap_or_default();
        if before.is_empty() {
            before.push(self.builtin(why.builtin()));
        }
        self.put(site, &question, quest, before);
        Step::Waits
    }
}

/// Why a question is put again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Silent,
    Wrong,
    WrongPin,
}

impl Why {
    fn builtin(self) -> &'static str {
        match self {
            Self::Silent => messages::NOTHING_PRESSED,
            Self::Wrong => messages::NOT_UNDERSTOOD,
            Self::WrongPin => messages::WRONG_PIN,
        }
    }
}

/// Where a node goes on when all tries were in vain.
fn give_up(job: &Job, why: Why) -> (Next, &'static str) {
    match (job, why) {
        (Job::Menu { silent: Some(silent), .. }, Why::Silent) => (Some(*silent), "silent"),
        (Job::Menu { otherwise, .. }, _) => (*otherwise, "otherwise"),
        (Job::Collect { failed, .. }, _) => (*failed, "failed"),
        (Job::Pin { wrong, .. }, _) => (*wrong, "wrong"),
        (Job::Survey { silent, next, .. }, _) => (silent.or(*next), "silent"),
        _ => (None, ""),
    }
}

/// A key is pressed.
fn press(quest: &mut Quest, job: &Job, digit: char) -> Typed {
    if is_no_part(job, digit) {
        return Typed::More;
    }
    quest.typed.push(digit);
    judge(job, &quest.typed)
}

/// Keys that few phones have are no part of a number.
fn is_no_part(job: &Job, digit: char) -> bool {
    matches!(job, Job::Collect { .. } | Job::Pin { .. }) && digit.is_ascii_uppercase()
}
