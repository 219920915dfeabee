//! Runs a file again: the same exchange, given the same inputs at the same times, and a look at whether it did the same.
//!
//! Whatever the file holds, this ends and does not fail: a panic of the exchange is what it is here to show.

use super::file::{Header, ReadError, Reader, shared};
use super::input::{Recorded, feed};
use super::sum::Sums;
use super::translate::Translator;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use switchroom_exchange::{Action, CallId, Exchange, Now, Record};

/// What happens, one thing after the other.
pub enum Step<'a> {
    /// An input, with its place.
    In(u64, Now, &'a Recorded),
    /// What the exchange wanted then.
    Out(Now, &'a Action),
    /// That was the first input with another effect than was recorded.
    Parted(Now),
}

/// How far the replay can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every input had the effect that it had.
    Exact,
    /// From here on something else happened than was recorded.
    Parted {
        /// The first input with another effect; 0: the making of the exchange.
        at: u64,
        /// One sentence.
        why: String,
    },
    /// The exchange's beginning is not in the file: what was known of it stood in.
    BestEffort {
        /// One sentence.
        why: String,
    },
}

/// What came of a replay.
pub struct Replayed {
    /// How far it can be trusted.
    pub verdict: Verdict,
    /// Inputs run.
    pub inputs: u64,
    /// The exchange failed at that input, saying this.
    pub panicked: Option<(u64, String)>,
    /// Calls by their short numbers.
    pub calls: BTreeMap<u64, CallId>,
    /// The exchange at the end; `None` if it could not even be made.
    pub exchange: Option<Exchange>,
    /// When the last input came.
    pub end: Now,
}

struct Run<'a> {
    exchange: Exchange,
    sums: Sums,
    calls: BTreeMap<u64, CallId>,
    translator: Option<Translator>,
    tell: &'a mut dyn FnMut(Step<'_>),
}

impl Run<'_> {
    /// Takes what the exchange wants; gives its sum.
    fn drain(&mut self, now: Now) -> u32 {
        while let Some(action) = self.exchange.poll_action() {
            self.sums.add(&action);
            if let Some(translator) = &mut self.translator {
                translator.saw(&action);
            }
            match &action {
                Action::Persist { record: Record::CallOpen(open), .. } => {
                    self.calls.insert(open.number, open.call);
                }
                Action::Persist { record: Record::Cdr(cdr), .. } => {
                    self.calls.insert(cdr.number, cdr.call);
                }
                _ => {}
            }
            (self.tell)(Step::Out(now, &action));
        }
        // Nobody looks at these here; they would only grow.
        self.exchange.take_changed();
        self.sums.take()
    }

    /// Gives it one input; the sum, or what it said when it failed.
    fn step(&mut self, place: u64, now: Now, input: &Recorded) -> Result<u32, String> {
        (self.tell)(Step::In(place, now, input));
        caught(|| feed(&mut self.exchange, now, input))?;
        Ok(self.drain(now))
    }
}

/// Runs a file again, up to input `until`.
///
/// # Errors
/// [`ReadError`]: what was read up to there has been told.
pub fn replay<R: BufRead>(
    reader: &mut Reader<R>,
    until: Option<u64>,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Replayed, ReadError> {
    let header = reader.header.clone();
    let begin = header.begin();
    let is_exact = header.dropped == 0;
    let made = caught(|| Exchange::new(begin, shared(&header), header.seed.0, header.restored.clone()));
    let exchange = match made {
        Ok(exchange) => exchange,
        Err(said) => {
            return Ok(Replayed {
                verdict: Verdict::Parted { at: 0, why: "the exchange could not be made".into() },
                inputs: 0,
                panicked: Some((0, said)),
                calls: BTreeMap::new(),
                exchange: None,
                end: begin,
            });
        }
    };
    let translator = (!is_exact).then(|| Translator::new(header.marks));
    let mut run = Run { exchange, sums: Sums::default(), calls: BTreeMap::new(), translator, tell };
    let mut compare = Compare::default();
    compare.with(0, header.sum, run.drain(begin));
    let (mut inputs, mut end, mut panicked) = (0, begin, None);
    let mut is_whole = false;
    while until.is_none_or(|most| inputs < most) {
        let Some((now, line)) = reader.next_line()? else {
            is_whole = true;
            break;
        };
        inputs += 1;
        end = now;
        let told = match &mut run.translator {
            Some(translator) => translator.input(&line.input),
            None => vec![line.input],
        };
        match told.iter().try_fold(0, |_, input| run.step(inputs, now, input)) {
            Ok(sum) => {
                if compare.with(inputs, line.sum, sum) && is_exact {
                    (run.tell)(Step::Parted(now));
                }
            }
            Err(said) => {
                panicked = Some((inputs, said));
                // The exchange is not to be trusted any more. Was this the last it was given?
                is_whole = reader.next_line()?.is_none();
                break;
            }
        }
    }
    let verdict = compare.verdict(&header, inputs, is_whole, panicked.is_some());
    let Run { exchange, calls, .. } = run;
    Ok(Replayed { verdict, inputs, panicked, calls, exchange: Some(exchange), end })
}

/// Compares sums.
#[derive(Default)]
struct Compare {
    first: Option<u64>,
}

impl Compare {
    /// Whether this is the first that differs.
    fn with(&mut self, place: u64, recorded: Option<u32>, now: u32) -> bool {
        let parts = self.first.is_none() && recorded.is_some_and(|sum| sum != now);
        if parts {
            self.first = Some(place);
        }
        parts
    }

    fn verdict(&self, header: &Header, inputs: u64, is_whole: bool, panicked: bool) -> Verdict {
        let parted = |at, why: String| Verdict::Parted { at, why };
        if header.dropped > 0 {
            let why = format!(
                "{} inputs before these were no longer kept, so the exchange began with what was known of it: \
                 configuration, registrations and numbers, but no calls",
                header.dropped
            );
            return Verdict::BestEffort { why };
        }
        if let Some(at) = self.first {
            let version = env!("CARGO_PKG_VERSION");
            let hint = if header.version == version {
                "the file was changed, or this program is another build".to_owned()
            } else {
                format!("it was recorded by version {} and run by {version}", header.version)
            };
            return parted(at, format!("input {at} had another effect than was recorded: {hint}"));
        }
        match (panicked, header.panicked && is_whole) {
            (true, false) => {
                return parted(inputs, format!("it failed at input {inputs} and had not failed there"));
            }
            (false, true) => {
                return parted(inputs, "it failed at the last input and does not any more".into());
            }
            (true, true) | (false, false) => {}
        }
        match header.inputs {
            Some(there) if is_whole && inputs < there => {
                parted(inputs, format!("the file ends after {inputs} of {there} inputs"))
            }
            _ => Verdict::Exact,
        }
    }
}

/// Does something that may panic.
///
/// # Errors
/// What it said when it did.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| said(payload.as_ref()))
}

/// What a panic said.
pub fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|t| (*t).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "something unprintable".into())
}
