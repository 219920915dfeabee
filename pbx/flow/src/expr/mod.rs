//! Expressions: what is computed and compared in a flow.
//!
//! ```text
//! level + 1                              numbers, exact to six decimals
//! "VIP " & name                          text between " or ', joined by &
//! caller == dialled and not vip          == != < <= > >=   and or not   yes no
//! starts(caller, "138", "139")           functions, see function.rs
//! weekday in (6, 7) or hour >= 18
//! queue.sales.waiting > 10               names with dots; a part with a hyphen: queue."after-sales".waiting
//! lookup("regions", caller)              the text beside an entry of a list
//! ```
//!
//! **Numbers.** Whatever reads as a decimal number is one: the text `"007"` and the number `7` are equal, and `caller ==
//! 13800138000` holds for the caller of that number. Two values are compared as numbers if both read as one, else as text,
//! letter by letter, capitals differing from small ones.
//!
//! **Nothing.** A name without a value, arithmetic on what is no number, division by zero and numbers too large give nothing.
//! Nothing is no condition that holds, equals the empty text, and is neither less nor more than anything.
//!
//! **Secrets.** What is made from a secret is secret, a comparison with it too.

mod eval;
mod function;
mod lex;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use function::Function;

use crate::value::Value;

/// Gives the values of names.
pub trait Scope {
    /// The value of a variable, or of a figure of the site such as `queue.sales.waiting`; `None` if there is none.
    fn get(&mut self, name: &str) -> Option<Value>;
    /// What a list says of a text: the value beside its longest prefix there, as `lookup("regions", caller)` asks.
    fn lookup(&mut self, list: &str, of: &str) -> Option<Value>;
}

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A value as written.
    Constant(Value),
    /// The value of a name.
    Name(String),
    /// `-x`.
    Negative(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `x + y` and the like.
    Two(Box<Expr>, Operator, Box<Expr>),
    /// `x & y & z`: text joined; at least two. A template has thousands, so they stand beside each other, not within.
    Join(Vec<Expr>),
    /// `x in (a, b)`.
    In(Box<Expr>, Vec<Expr>),
    /// `round(x, 2)` and the like.
    Call(Function, Vec<Expr>),
    /// `lookup("regions", caller)`.
    Lookup(String, Box<Expr>),
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `or`: the second is looked at only if the first does not hold.
    Or,
    /// `and`: the second is looked at only if the first holds.
    And,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`, rounded to the nearest millionth, halves away from zero.
    Over,
    /// `%`: what remains of a division, never negative: `-1 % 7` is 6.
    Rest,
}

impl Operator {
    /// How it is written.
    fn word(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::Rest => "%",
        }
    }

    /// How strongly it binds its operands.
    fn level(self) -> u8 {
        match self {
            Self::Or => level::OR,
            Self::And => level::AND,
            Self::Equal | Self::Unequal | Self::Less | Self::AtMost | Self::More | Self::AtLeast => {
                level::COMPARE
            }
            Self::Plus | Self::Minus => level::SUM,
            Self::Times | Self::Over | Self::Rest => level::PRODUCT,
        }
    }
}

/// How strongly what is written binds, weakest first.
mod level {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const JOIN: u8 = 5;
    pub(super) const SUM: u8 = 6;
    pub(super) const PRODUCT: u8 = 7;
    pub(super) const NEGATIVE: u8 = 8;
    pub(super) const SINGLE: u8 = 9;
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ExprFault {
    /// The byte of the text at which it is wrong.
    pub at: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Expr {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it and where; of several faults the first.
    pub fn parse(text: &str) -> Result<Self, ExprFault> {
        parse::whole(text)
    }

    /// Reads an expression that begins at a byte of a text and ends before what cannot be part of one, such as `}`; also
    /// says where it ends.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub(crate) fn parse_at(text: &str, at: usize) -> Result<(Self, usize), ExprFault> {
        parse::beginning(text, at)
    }

    /// Text as written, not as an expression.
    pub fn text(text: &str) -> Self {
        Self::Constant(Value::text(text))
    }

    /// Both joined as text, as `self & other`.
    pub(crate) fn joined(self, other: Self) -> Self {
        let mut parts = match self {
            Self::Join(parts) => parts,
            single => vec![single],
        };
        parts.push(other);
        Self::Join(parts)
    }

    /// Its value if it reads nothing, so that it is always the same.
    pub fn constant(&self) -> Option<Value> {
        (self.names().is_empty() && self.lists().is_empty()).then(|| self.eval(&mut Nowhere))
    }

    /// The names it reads, each once, in their order.
    pub fn names(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if let Self::Name(name) = part
                && !found.contains(&name.as_str())
            {
                found.push(name);
            }
        });
        found
    }

    /// The lists it looks into, each once, in their order.
    pub fn lists(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if let Self::Lookup(list, _) = part
                && !found.contains(&list.as_str())
            {
                found.push(list);
            }
        });
        found
    }

    /// How many parts it has: values, names, operators, functions.
    pub(crate) fn parts(&self) -> u32 {
        let mut count = 0_u32;
        self.walk(&mut |_| count = count.saturating_add(1));
        count
    }

    /// Shows every part of it, the whole first.
    fn walk<'e>(&'e self, look: &mut dyn FnMut(&'e Self)) {
        look(self);
        match self {
            Self::Constant(_) | Self::Name(_) => {}
            Self::Negative(of) | Self::Not(of) | Self::Lookup(_, of) => of.walk(look),
            Self::Two(one, _, other) => {
                one.walk(look);
                other.walk(look);
            }
            Self::In(of, set) => {
                of.walk(look);
                set.iter().for_each(|each| each.walk(look));
            }
            Self::Call(_, parts) | Self::Join(parts) => parts.iter().for_each(|each| each.walk(look)),
        }
    }
}

/// A scope without anything.
struct Nowhere;

impl Scope for Nowhere {
    fn get(&mut self, _: &str) -> Option<Value> {
        None
    }

    fn lookup(&mut self, _: &str, _: &str) -> Option<Value> {
        None
    }
}
