//! Expressions computed.

use super::function::{divide_rounded, is_same, order};
use super::{Expr, Operator, Scope};
use crate::limits::TEXT_MAX;
use crate::value::{Kind, UNIT, Value, cut};
use std::cmp::Ordering;

impl Expr {
    /// Its value. What cannot be computed (a name without value, text that is no number, division by zero, overflow) is
    /// nothing. What is made from a secret is secret.
    pub fn eval(&self, scope: &mut dyn Scope) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Name(name) => scope.get(name).unwrap_or_default(),
            Self::Negative(of) => {
                let value = of.eval(scope);
                let negative = value.as_millionths().and_then(i64::checked_neg);
                negative.map(Value::millionths).unwrap_or_default().secret_if(value.is_secret)
            }
            Self::Not(of) => {
                let value = of.eval(scope);
                Value::truth(!value.holds()).secret_if(value.is_secret)
            }
            Self::Two(one, operator, other) => two(one, *operator, other, scope),
            Self::Join(parts) => join(parts, scope),
            Self::In(of, set) => {
                let value = of.eval(scope);
                let (mut is_in, mut is_secret) = (false, value.is_secret);
                for each in set {
                    let each = each.eval(scope);
                    is_secret |= each.is_secret;
                    is_in |= is_same(&value, &each);
                }
                Value::truth(is_in).secret_if(is_secret)
            }
            Self::Call(function, inputs) => {
                let inputs: Vec<Value> = inputs.iter().map(|input| input.eval(scope)).collect();
                function.of_values(&inputs).secret_if(inputs.iter().any(|input| input.is_secret))
            }
            Self::Lookup(list, of) => {
                let of = of.eval(scope);
                scope.lookup(list, &of.plain()).unwrap_or_default().secret_if(of.is_secret)
            }
        }
    }
}

/// Text joined, as much of it as a variable keeps. What does not fit is not computed, and so cannot make it secret.
fn join(parts: &[Expr], scope: &mut dyn Scope) -> Value {
    let (mut text, mut room, mut is_secret) = (String::new(), TEXT_MAX, false);
    for part in parts {
        if room == 0 {
            break;
        }
        let value = part.eval(scope);
        is_secret |= value.is_secret;
        let plain = value.plain();
        let cut = cut(&plain, room);
        text.push_str(cut);
        room -= cut.chars().count();
    }
    Value { kind: Kind::Text(text), is_secret }
}

fn two(one: &Expr, operator: Operator, other: &Expr, scope: &mut dyn Scope) -> Value {
    let a = one.eval(scope);
    // The first alone may decide; it is what was read, so it alone says whether the outcome is secret.
    match operator {
        Operator::Or if a.holds() => return Value::truth(true).secret_if(a.is_secret),
        Operator::And if !a.holds() => return Value::truth(false).secret_if(a.is_secret),
        _ => {}
    }
    let b = other.eval(scope);
    let ordered = |test: fn(Ordering) -> bool| Value::truth(order(&a, &b).is_some_and(test));
    let value = match operator {
        Operator::Or | Operator::And => Value::truth(b.holds()),
        Operator::Equal => Value::truth(is_same(&a, &b)),
        Operator::Unequal => Value::truth(!is_same(&a, &b)),
        Operator::Less => ordered(Ordering::is_lt),
        Operator::AtMost => ordered(Ordering::is_le),
        Operator::More => ordered(Ordering::is_gt),
        Operator::AtLeast => ordered(Ordering::is_ge),
        _ => compute(&a, operator, &b).map(Value::millionths).unwrap_or_default(),
    };
    value.secret_if(a.is_secret || b.is_secret)
}

/// Arithmetic in millionths; what is made on the way may be larger than what fits in the end.
fn compute(a: &Value, operator: Operator, b: &Value) -> Option<i64> {
    let (a, b, unit) = (i128::from(a.as_millionths()?), i128::from(b.as_millionths()?), i128::from(UNIT));
    let number = match operator {
        Operator::Plus => a.checked_add(b)?,
        Operator::Minus => a.checked_sub(b)?,
        Operator::Times => divide_rounded(a.checked_mul(b)?, unit)?,
        Operator::Over => divide_rounded(a.checked_mul(unit)?, b)?,
        Operator::Rest => a.checked_rem_euclid(b)?,
        _ => return None,
    };
    i64::try_from(number).ok()
}
