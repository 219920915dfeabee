//! A shorter run that still breaks the same rule.

use super::run::{Outcome, Watch, play};
use super::setup::{Setup, millis};

/// Plays shorter and shorter versions of a failing run, as long as they break the same rule, at most `tries` of them.
/// Gives the shortest and what came of it.
pub fn minimise(setup: &Setup, watch: Watch, tries: usize, mut tell: impl FnMut(&str)) -> (Setup, Outcome) {
    let mut best = (setup.clone(), play(setup, watch));
    let Some(rule) = best.1.failure.as_ref().map(|f| f.rule.clone()) else { return best };
    let mut left = tries;
    let mut attempt = |candidate: Setup, best: &mut (Setup, Outcome)| -> bool {
        if left == 0 || candidate == best.0 {
            return false;
        }
        left -= 1;
        let outcome = play(&candidate, watch);
        let same = outcome.failure.as_ref().is_some_and(|f| f.rule == rule);
        if same {
            *best = (candidate, outcome);
        }
        same
    };
    loop {
        let before = best.0.clone();
        cut_off_the_end(&mut best, &mut attempt);
        calm(&mut best, &mut attempt);
        halve(&mut best, &mut attempt, |setup| &mut setup.troubles);
        halve(&mut best, &mut attempt, |setup| &mut setup.calls);
        let (calls, troubles) = (best.0.calls.len(), best.0.troubles.len());
        tell(&format!("{} ms, {calls} calls, {troubles} troubles", best.0.length_ms));
        if best.0 == before {
            return best;
        }
    }
}

type Best = (Setup, Outcome);

/// What comes after the failure is not needed.
fn cut_off_the_end(best: &mut Best, attempt: &mut impl FnMut(Setup, &mut Best) -> bool) {
    let Some(at) = best.1.failure.as_ref().map(|f| f.at) else { return };
    let mut candidate = best.0.clone();
    candidate.length_ms = candidate.length_ms.min(millis(at));
    let end = candidate.length_ms;
    candidate.calls.retain(|c| millis(c.at) <= end);
    candidate.troubles.retain(|(ms, _)| *ms <= end);
    attempt(candidate, best);
}

/// Each kind of fault is left out, if it can be.
fn calm(best: &mut Best, attempt: &mut impl FnMut(Setup, &mut Best) -> bool) {
    let milder: [fn(&mut Setup); 12] = [
        |s| s.net.loss_ppm = 0,
        |s| s.net.duplicate_ppm = 0,
        |s| s.net.late_ppm = 0,
        |s| s.net.garbage_ppm = 0,
        |s| s.media = super::setup::MediaSetup { delay_ms: 1, ..Default::default() },
        |s| s.phones.iter_mut().for_each(|p| p.habits.clear()),
        |s| s.phones.iter_mut().for_each(|p| p.tcp = false),
        |s| s.inbound.changes = false,
        |s| s.inbound = super::inbound::InboundSetup::default(),
        |s| s.asking = super::asking::AskingSetup { delay_ms: 1, ..Default::default() },
        |s| s.troubles.clear(),
        |s| s.net.jitter_us = 0,
    ];
    for step in milder {
        let mut candidate = best.0.clone();
        step(&mut candidate);
        attempt(candidate, best);
    }
    for place in 0..best.0.phones.len() {
        let mut candidate = best.0.clone();
        if let Some(phone) = candidate.phones.get_mut(place) {
            phone.habits.clear();
        }
        attempt(candidate, best);
    }
}

/// Leaves out halves, quarters, … of a list, then single entries.
fn halve<T: Clone>(
    best: &mut Best,
    attempt: &mut impl FnMut(Setup, &mut Best) -> bool,
    list: impl Fn(&mut Setup) -> &mut Vec<T>,
) {
    let mut size = list(&mut best.0).len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < list(&mut best.0).len() {
            let mut candidate = best.0.clone();
            let entries = list(&mut candidate);
            let to = (from + size).min(entries.len());
            entries.drain(from..to);
            if !attempt(candidate, best) {
                from += size;
            }
        }
        if size == 1 {
            break;
        }
        size /= 2;
    }
}
