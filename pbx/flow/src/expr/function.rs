//! The functions of expressions, once: name, how many inputs, what they give.

use crate::value::{Kind, UNIT, Value, decimal};
use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Text begins with one of the others. An empty text begins nothing.
    Starts,
    /// Text ends with one of the others.
    Ends,
    /// Text has one of the others in it.
    Contains,
    /// Characters of a text.
    Length,
    /// Characters of a text from a place on, counted from 1, or from the end with -1; all, or so many.
    Part,
    /// Text as a number; nothing if it is none.
    Number,
    /// To so many decimals, none unless said; halves away from zero.
    Round,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// From one to the other, both included. Of times such as "22:00" and "06:00", the later first, over midnight.
    Between,
    /// Has a value that is not empty.
    IsSet,
}

/// What is to be known of a function: itself, its name, how many inputs it takes, how it is written, what it gives.
type About = (Function, &'static str, RangeInclusive<usize>, &'static str, &'static str);

/// All of them.
const FUNCTIONS: &[About] = &[
    (
        Function::Starts,
        "starts",
        2..=20,
        "starts(caller, \"138\", \"139\")",
        "whether it begins with one of them",
    ),
    (Function::Ends, "ends", 2..=20, "ends(caller, \"00\")", "whether it ends with one of them"),
    (Function::Contains, "contains", 2..=20, "contains(name, \"Ltd\")", "whether one of them is in it"),
    (Function::Length, "length", 1..=1, "length(order)", "how many characters it has"),
    (
        Function::Part,
        "part",
        2..=3,
        "part(caller, -4, 4)",
        "characters from a place on, 1 being the first and -1 the last; all of them or so many",
    ),
    (Function::Number, "number", 1..=1, "number(text)", "the number it reads as, or nothing"),
    (Function::Round, "round", 1..=2, "round(price, 2)", "to so many decimals; halves away from zero"),
    (Function::Min, "min", 1..=20, "min(a, b)", "the least"),
    (Function::Max, "max", 1..=20, "max(a, b)", "the greatest"),
    (
        Function::Between,
        "between",
        3..=3,
        "between(time, \"22:00\", \"06:00\")",
        "from one to the other, both included; times go over midnight if the later one is first",
    ),
    (Function::IsSet, "is_set", 1..=1, "is_set(order)", "whether it has a value that is not empty"),
];

/// The one that reads a list, which is not like the others: its first input is the name of a list as written.
pub(super) const LOOKUP: (&str, &str, &str) = (
    "lookup",
    "lookup(\"regions\", caller)",
    "what stands beside the longest entry of the list that it begins with",
);

impl Function {
    fn about(self) -> Option<&'static About> {
        FUNCTIONS.iter().find(|about| about.0 == self)
    }

    /// The function of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|about| about.1 == name).map(|about| about.0)
    }

    /// Its name.
    pub(super) fn word(self) -> &'static str {
        self.about().map_or("", |about| about.1)
    }

    /// How many inputs it takes.
    pub(super) fn takes(self) -> RangeInclusive<usize> {
        self.about().map_or(0..=0, |about| about.2.clone())
    }

    /// How it is written.
    pub(super) fn example(self) -> &'static str {
        self.about().map_or("", |about| about.3)
    }

    /// Names of all functions.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().map(|about| about.1).chain([LOOKUP.0])
    }

    /// How each is written and what it gives, for the reference.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        FUNCTIONS.iter().map(|about| (about.3, about.4)).chain([(LOOKUP.1, LOOKUP.2)])
    }

    /// What it gives; whether that is secret is for the caller to say.
    pub(super) fn of_values(self, inputs: &[Value]) -> Value {
        let Some((first, rest)) = inputs.split_first() else { return Value::NOTHING };
        match self {
            Self::Starts => any_of(first, rest, |text, part| text.starts_with(part)),
            Self::Ends => any_of(first, rest, |text, part| text.ends_with(part)),
            Self::Contains => any_of(first, rest, |text, part| text.contains(part)),
            Self::Length => whole(first.plain().chars().count()),
            Self::Part => part(&first.plain(), rest).unwrap_or_default(),
            Self::Number => first.as_millionths().map(Value::millionths).unwrap_or_default(),
            Self::Round => round(first, rest.first()).unwrap_or_default(),
            Self::Min => {
                numbers(inputs).and_then(|n| n.into_iter().min()).map(Value::millionths).unwrap_or_default()
            }
            Self::Max => {
                numbers(inputs).and_then(|n| n.into_iter().max()).map(Value::millionths).unwrap_or_default()
            }
            Self::Between => match rest {
                [low, high] => Value::truth(is_between(first, low, high)),
                _ => Value::NOTHING,
            },
            Self::IsSet => Value::truth(is_set(first)),
        }
    }
}

/// How two values are ordered: as numbers if both read as one, else as text; nothing has no order.
pub(super) fn order(one: &Value, other: &Value) -> Option<Ordering> {
    if one.kind == Kind::Nothing || other.kind == Kind::Nothing {
        return None;
    }
    Some(match (one.as_millionths(), other.as_millionths()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => one.plain().cmp(&other.plain()),
    })
}

/// Whether two values are the same: as numbers if both read as one, else as text; nothing is an empty text.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_millionths(), other.as_millionths()) {
        (Some(a), Some(b)) => a == b,
        _ => one.plain() == other.plain(),
    }
}

fn is_set(value: &Value) -> bool {
    match &value.kind {
        Kind::Nothing => false,
        Kind::Text(text) => !text.is_empty(),
        Kind::Number(_) | Kind::Truth(_) => true,
    }
}

fn any_of(text: &Value, parts: &[Value], test: impl Fn(&str, &str) -> bool) -> Value {
    let text = text.plain();
    Value::truth(parts.iter().map(Value::plain).any(|part| !part.is_empty() && test(&text, &part)))
}

fn whole(count: usize) -> Value {
    i64::try_from(count).map(Value::whole).unwrap_or_default()
}

/// A value that is a whole number.
fn as_whole(value: &Value) -> Option<i64> {
    value.as_millionths().filter(|n| n % UNIT == 0).map(|n| n / UNIT)
}

fn part(text: &str, from_and_count: &[Value]) -> Option<Value> {
    let from = as_whole(from_and_count.first()?)?;
    let count = match from_and_count.get(1) {
        Some(count) => usize::try_from(as_whole(count)?).unwrap_or(0),
        None => usize::MAX,
    };
    let length = i64::try_from(text.chars().count()).ok()?;
    let skip = match from {
        0 => return None,
        1.. => from - 1,
        _ => length.checked_add(from)?.max(0),
    };
    let cut: String = text.chars().skip(usize::try_from(skip).ok()?).take(count).collect();
    Some(Value::text(&cut))
}

fn round(number: &Value, decimals: Option<&Value>) -> Option<Value> {
    let number = number.as_millionths()?;
    let decimals = match decimals {
        Some(decimals) => u32::try_from(as_whole(decimals)?).ok().filter(|d| *d <= 6)?,
        None => 0,
    };
    let step = 10_i128.pow(6 - decimals);
    let rounded = divide_rounded(i128::from(number), step)?.checked_mul(step)?;
    i64::try_from(rounded).ok().map(Value::millionths)
}

/// A quotient to the nearest whole, halves away from zero.
pub(super) fn divide_rounded(number: i128, by: i128) -> Option<i128> {
    let quotient = number.checked_div(by)?;
    let rest = number.checked_rem(by)?;
    let is_up = rest.unsigned_abs() >= by.unsigned_abs() - rest.unsigned_abs();
    let away = if (number < 0) == (by < 0) { 1 } else { -1 };
    Some(if is_up { quotient + away } else { quotient })
}

fn numbers(inputs: &[Value]) -> Option<Vec<i64>> {
    inputs.iter().map(Value::as_millionths).collect()
}

fn is_between(value: &Value, low: &Value, high: &Value) -> bool {
    let from = order(value, low).is_some_and(Ordering::is_ge);
    let to = order(value, high).is_some_and(Ordering::is_le);
    let wraps = is_time(low) && is_time(high) && order(low, high) == Some(Ordering::Greater);
    if wraps { from || to } else { from && to }
}

/// `HH:MM`.
fn is_time(value: &Value) -> bool {
    matches!(value.plain().as_bytes(), [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit))
}

/// A number as it is written in an expression.
pub(super) fn written(millionths: i64) -> String {
    decimal(millionths)
}
