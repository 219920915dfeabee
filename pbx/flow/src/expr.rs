//! Expressions: what is computed and compared in a flow.

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
}

impl Expr {
    /// Its value. What cannot be computed (a name without value, text that is no number, division by zero, overflow) is
    /// nothing. What is made from a secret is secret.
    pub fn eval(&self, scope: &mut dyn Scope) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Name(name) => scope.get(name).unwrap_or_default(),
        }
    }
}
