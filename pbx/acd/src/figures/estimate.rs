//! How long a caller will have to wait: what can be said honestly, or nothing.
//!
//! The rule of thumb is place × the time between two callers taken, and it is checked against what became of everybody to
//! whom it was applied:
//!
//! * The time between two callers taken is measured while somebody waits whom nobody was free for: the last 48 of the last
//!   hour, and, worth five of these at most, the same half hour of the days before. The time since the last one counts, too:
//!   when agents leave, the expectation grows before anybody else is taken.
//! * Each caller is given `rule = place × time` when it joins. When it leaves, `wait ÷ rule` is kept: by how much the rule
//!   was wrong. The errors of the last 512 callers of about the same place (1; 2, 3; 4 to 7; …) give the shares that are
//!   published: four of five such callers waited no longer than `p80`. Who hung up or left by rule would have waited longer:
//!   their waits are lower bounds and enter as such (Kaplan and Meier, 1958).
//!
//! Nothing is said with fewer than five times between callers or [`SCORES_MIN`] errors, when too many hung up to know, or
//! when the span between one of five and four of five is wider than both a minute and one and a half times the middle.
//!
//! Who joins while an agent is free is offered to that agent at once; such callers are left out on both sides.

use super::half_hours::number_of;
use crate::fact::{Exit, JoinedFact, LeftFact};
use std::collections::{BTreeMap, VecDeque};

/// Callers of about the same place of whom the error of the rule must be known.
pub const SCORES_MIN: usize = 20;
/// Callers at place 30 share most of their wait with those before and after; the shares must be those of many waits.
const SCORES_KEPT: usize = 512;
/// Places are told apart by their power of two.
const CLASSES: usize = 8;
/// Times between callers taken: how many, how old, and how many there must be.
const GAPS_KEPT: usize = 48;
const GAPS_AGE_MS: u64 = 60 * 60 * 1_000;
const GAPS_MIN: f64 = 5.0;
/// Half hours of days before.
const DAYS_KEPT: usize = 8 * 48;
/// Queues that are watched; of further ones nothing is said.
const LINES_MAX: usize = 1_000;
/// A span that is narrower is never too wide.
const NARROW_MS: u64 = 60_000;

/// What a caller may be told of its wait, from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Estimate {
    /// One of five waits no longer.
    pub p20_ms: u64,
    /// Half of them wait no longer.
    pub p50_ms: u64,
    /// Four of five wait no longer.
    pub p80_ms: u64,
    /// From how many callers it is known.
    pub known_from: u32,
}

/// What the rule gave a caller when it joined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Promise {
    class: usize,
    rule_ms: Option<f64>,
}

/// What is kept of all queues.
#[derive(Debug, Clone, Default)]
pub(super) struct Estimator {
    lines: BTreeMap<Box<str>, Line>,
}

#[derive(Debug, Clone, Default)]
struct Line {
    /// Callers who wait and for whom nobody was free.
    waiting: u32,
    /// Since when the time between two of them taken runs.
    mark_ms: i64,
    /// Times between callers taken, and when they ended.
    gaps: VecDeque<(i64, u64)>,
    /// The same by half hour: how many, and how long together.
    days: BTreeMap<i64, (u32, u64)>,
    scores: [VecDeque<Score>; CLASSES],
}

/// By how much the rule was wrong for a caller.
#[derive(Debug, Clone, Copy)]
struct Score {
    ratio: f64,
    /// Answered; else the ratio would have been higher.
    is_whole: bool,
}

impl Estimator {
    /// A caller joined.
    pub(super) fn joined(&mut self, joined: &JoinedFact) -> Promise {
        let place = joined.before.saturating_add(1);
        let mut promise = Promise { class: class_of(place), rule_ms: None };
        if let Some(line) = self.lines.get_mut(joined.queue.as_str()) {
            promise.rule_ms = line.joined(place, joined.at_ms);
        } else if self.lines.len() < LINES_MAX {
            let line = self.lines.entry(joined.queue.as_str().into()).or_default();
            promise.rule_ms = line.joined(place, joined.at_ms);
        }
        promise
    }

    /// One who waits is not to be learnt from.
    pub(super) fn forget(&mut self, queue: &str) {
        if let Some(line) = self.lines.get_mut(queue) {
            line.waiting = line.waiting.saturating_sub(1);
        }
    }

    /// Somebody who is to be called back was taken by an agent.
    pub(super) fn taken(&mut self, queue: &str, at_ms: i64) {
        if let Some(line) = self.lines.get_mut(queue) {
            line.taken(at_ms);
        }
    }

    /// A caller left to whom this was given.
    pub(super) fn left(&mut self, queue: &str, promise: Promise, left: &LeftFact) {
        let Some(line) = self.lines.get_mut(queue) else { return };
        line.waiting = line.waiting.saturating_sub(1);
        let is_whole = left.exit == Exit::Answered;
        if is_whole {
            line.taken(left.at_ms);
        }
        if let (Some(rule_ms), Some(scores)) = (promise.rule_ms, line.scores.get_mut(promise.class)) {
            keep(scores, SCORES_KEPT, Score { ratio: float(left.waited_ms) / rule_ms, is_whole });
        }
    }

    pub(super) fn estimate(&self, queue: &str, place: u32, now_ms: i64) -> Option<Estimate> {
        let line = self.lines.get(queue)?;
        let rule_ms = line.rule(place.max(1), now_ms)?;
        let scores = line.scores_of(class_of(place.max(1)));
        let share = |percent| quantile(&scores, percent).map(|ratio| whole(ratio * rule_ms));
        let (p20_ms, p50_ms, p80_ms) = (share(20)?, share(50)?, share(80)?);
        let widest = NARROW_MS.max(p50_ms.saturating_mul(3) / 2);
        let known_from = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        (p80_ms - p20_ms.min(p80_ms) <= widest).then_some(Estimate { p20_ms, p50_ms, p80_ms, known_from })
    }
}

impl Line {
    /// A caller joined at a place; what the rule gives it.
    fn joined(&mut self, place: u32, at_ms: i64) -> Option<f64> {
        if self.waiting == 0 {
            self.mark_ms = at_ms;
        }
        self.waiting = self.waiting.saturating_add(1);
        self.rule(place, at_ms)
    }

    /// A caller was taken who had waited.
    fn taken(&mut self, at_ms: i64) {
        let gap = u64::try_from(at_ms.saturating_sub(self.mark_ms)).unwrap_or(0).min(GAPS_AGE_MS);
        self.mark_ms = at_ms;
        keep(&mut self.gaps, GAPS_KEPT, (at_ms, gap));
        let number = number_of(at_ms);
        if self.days.len() >= DAYS_KEPT && !self.days.contains_key(&number) {
            self.days.pop_first();
        }
        let (count, ms) = self.days.entry(number).or_default();
        (*count, *ms) = (count.saturating_add(1), ms.saturating_add(gap));
    }

    /// Place × time between two callers taken; `None` if that is not known.
    fn rule(&self, place: u32, now_ms: i64) -> Option<f64> {
        let recent = self.gaps.iter().filter(|(at_ms, _)| at_ms.abs_diff(now_ms) <= GAPS_AGE_MS);
        let (mut count, mut ms) = recent.fold((0.0, 0.0), |(n, sum), (_, gap)| (n + 1.0, sum + float(*gap)));
        let number = number_of(now_ms);
        let days = (1..=8).filter_map(|day| self.days.get(&number.saturating_sub(day * 48)));
        let (before, before_ms) = days.fold((0, 0), |(n, sum): (u32, u64), (count, ms)| {
            (n.saturating_add(*count), sum.saturating_add(*ms))
        });
        if before > 0 {
            let weight = f64::from(before).min(GAPS_MIN);
            count += weight;
            ms += weight * float(before_ms) / f64::from(before);
        }
        if count < GAPS_MIN {
            return None;
        }
        if self.waiting > 0 {
            ms += float(u64::try_from(now_ms.saturating_sub(self.mark_ms)).unwrap_or(0));
        }
        Some(f64::from(place) * (ms / count).max(1.0))
    }

    /// The errors of callers of about the same place. If there are too few, those nearer the head are taken in: their
    /// errors are wider, so that less is promised.
    fn scores_of(&self, class: usize) -> Vec<Score> {
        let mut scores: Vec<Score> = Vec::new();
        for of_class in self.scores.iter().take(class + 1).rev() {
            scores.extend(of_class);
            if scores.len() >= SCORES_MIN {
                break;
            }
        }
        scores.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        scores
    }
}

/// The ratio that so many in a hundred do not exceed, by the errors in order; those that are lower bounds leave the ones
/// above them to stand for them. One more than there are must not exceed it: the caller who asks is not among them.
fn quantile(scores: &[Score], percent: u32) -> Option<f64> {
    if scores.len() < SCORES_MIN {
        return None;
    }
    let count = f64::from(u32::try_from(scores.len()).ok()?);
    let exceed = 1.0 - f64::from(percent) / 100.0 * (count + 1.0) / count;
    let (mut at_risk, mut longer) = (count, 1.0);
    for score in scores {
        if score.is_whole {
            longer *= 1.0 - 1.0 / at_risk;
            // Rounding must not ask for one more.
            if longer <= exceed + 1e-9 {
                return Some(score.ratio);
            }
        }
        at_risk -= 1.0;
    }
    None
}

fn class_of(place: u32) -> usize {
    place.checked_ilog2().map_or(0, |power| power as usize).min(CLASSES - 1)
}

fn keep<T>(ring: &mut VecDeque<T>, most: usize, new: T) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(new);
}

/// Beyond 2⁵³ ms, milliseconds do not matter.
#[allow(clippy::cast_precision_loss)]
fn float(ms: u64) -> f64 {
    ms as f64
}

/// A conversion that stays within its bounds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(ms: f64) -> u64 {
    ms as u64
}
