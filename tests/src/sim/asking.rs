//! What flows ask of the outside, in a run: answered once, within the time that the flow allows, with anything.

use super::dice::Dice;
use super::faults::{Fault, Faults};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use switchroom_flow::Answer;
use switchroom_sip::rng::Rng;

/// How services and programs behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[allow(missing_docs)]
pub struct AskingSetup {
    pub delay_ms: u64,
    /// Questions that are answered with a failure, parts per million.
    pub fails_ppm: u32,
    /// Questions that are answered only when their time is over, by a failure.
    pub hangs_ppm: u32,
    /// Questions that are answered with JSON that nobody expects.
    pub junk_ppm: u32,
}

impl AskingSetup {
    /// Draws it.
    pub(super) fn draw(rng: &mut Rng, faults: &Faults) -> Self {
        if !faults.has(Fault::Asking) {
            return Self { delay_ms: 20, ..Self::default() };
        }
        Self {
            delay_ms: rng.pick(&[1, 20, 500, 5_000]),
            fails_ppm: rng.pick(&[0, 100_000, 900_000]),
            hangs_ppm: rng.pick(&[0, 50_000, 500_000]),
            junk_ppm: rng.pick(&[0, 200_000, 900_000]),
        }
    }

    /// What comes of a question, and after how many microseconds. `is_faulty`: the faults happen.
    pub(super) fn answer(&self, rng: &mut Rng, is_faulty: bool, timeout: Duration) -> (u64, Answer) {
        let most_us = u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX);
        let soon = (rng.below(self.delay_ms * 1000 + 1) + 100).min(most_us);
        let mut is_one_in = |ppm: u32| is_faulty && rng.one_in_million(ppm);
        if is_one_in(self.hangs_ppm) {
            return (most_us, Answer::Failed("no answer in time".into()));
        }
        if is_one_in(self.fails_ppm) {
            return (soon, Answer::Failed("connection refused".into()));
        }
        let is_junk = is_one_in(self.junk_ppm);
        (soon, Answer::Json(if is_junk { junk(rng) } else { good(rng) }))
    }
}

/// What a useful service says: fields of every kind that a flow can read.
fn good(rng: &mut Rng) -> Value {
    let number = rng.below(1_000);
    json!({
        "ok": number.is_multiple_of(2), "name": format!("Customer {number}"), "class": "gold", "balance": number,
        "price": 12.5, "more": {"open": [number, "x"]}, "nothing": null,
    })
}

/// What no flow expects, and must live with.
fn junk(rng: &mut Rng) -> Value {
    match rng.below(6) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!("\u{1b}[2J\u{0}\r\n"),
        3 => json!({"name": "x".repeat(60_000), "balance": "1e999", "class": ["gold"]}),
        4 => json!({"balance": 9.3e18, "price": -1e300, "name": {"name": null}}),
        _ => (0..60).fold(json!(1), |inner, _| json!({"more": inner})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_within_the_time_whatever_goes_wrong() {
        let timeout = Duration::from_secs(2);
        let mut kinds = [0; 2];
        for seed in 0..200 {
            let mut rng = Rng::from_number(seed);
            let setup = AskingSetup::draw(&mut rng, &Faults::all());
            let (after, answer) = setup.answer(&mut rng, true, timeout);
            assert!(after <= 2_000_000, "{after}");
            kinds[usize::from(matches!(answer, Answer::Json(_)))] += 1;
            let (_, calm) = setup.answer(&mut rng, false, timeout);
            assert!(matches!(calm, Answer::Json(Value::Object(_))), "when faults stop, services work");
        }
        assert!(kinds.iter().all(|n| *n > 10), "{kinds:?}");
    }
}
