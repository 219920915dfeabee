//! Expressions written again, with no more parentheses than they need.

use super::function::written;
use super::{Expr, Operator, level};
use crate::value::{Kind, Value};
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => constant(f, value),
            Self::Name(name) => write_name(f, name),
            Self::Negative(of) => {
                f.write_str("-")?;
                within(f, of, level::NEGATIVE)
            }
            Self::Not(of) => {
                f.write_str("not ")?;
                within(f, of, level::NOT)
            }
            Self::Two(one, operator, other) => {
                let own = operator.level();
                // Two comparisons side by side are refused, so one within another stands in parentheses on both sides.
                let left = if own == level::COMPARE { own + 1 } else { own };
                within(f, one, left)?;
                write!(f, " {} ", operator.word())?;
                within(f, other, own + 1)
            }
            Self::Join(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    let sign = if place > 0 { " & " } else { "" };
                    f.write_str(sign)?;
                    within(f, part, level::JOIN + 1)?;
                }
                Ok(())
            }
            Self::In(of, set) => {
                within(f, of, level::COMPARE + 1)?;
                f.write_str(" in ")?;
                inputs(f, set)
            }
            Self::Call(function, of) => {
                f.write_str(function.word())?;
                inputs(f, of)
            }
            Self::Lookup(list, of) => {
                f.write_str("lookup(")?;
                quoted(f, list)?;
                write!(f, ", {of})")
            }
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How strongly an expression binds as it is written.
fn level_of(expr: &Expr) -> u8 {
    match expr {
        Expr::Two(_, operator, _) => operator.level(),
        Expr::Join(_) => level::JOIN,
        Expr::In(..) => level::COMPARE,
        Expr::Not(_) => level::NOT,
        Expr::Negative(_) => level::NEGATIVE,
        Expr::Constant(_) | Expr::Name(_) | Expr::Call(..) | Expr::Lookup(..) => level::SINGLE,
    }
}

fn within(f: &mut fmt::Formatter<'_>, expr: &Expr, least: u8) -> fmt::Result {
    if level_of(expr) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn inputs(f: &mut fmt::Formatter<'_>, of: &[Expr]) -> fmt::Result {
    f.write_str("(")?;
    for (place, each) in of.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{each}")?;
    }
    f.write_str(")")
}

fn constant(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match &value.kind {
        _ if value.is_secret => f.write_str(&value.shown()),
        Kind::Nothing => f.write_str("\"\""),
        Kind::Text(text) => quoted(f, text),
        Kind::Number(number) => f.write_str(&written(*number)),
        Kind::Truth(_) => f.write_str(&value.plain()),
    }
}

/// Text between the quotes that it has fewer of.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    write!(f, "{quote}{}{quote}", text.replace(quote, &format!("{quote}{quote}")))
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    for (place, part) in name.split('.').enumerate() {
        let dot = if place > 0 { "." } else { "" };
        if part.contains('-') { write!(f, "{dot}\"{part}\"")? } else { write!(f, "{dot}{part}")? }
    }
    Ok(())
}
