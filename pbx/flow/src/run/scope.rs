//! Names in an expression: variables of the flow first, then what the site knows.

use super::Run;
use crate::boundary::{Site, Variables};
use crate::clip::Language;
use crate::expr::{Expr, Scope};
use crate::value::Value;

struct Names<'a> {
    variables: Option<&'a Variables>,
    language: Language,
    site: &'a mut dyn Site,
}

impl Scope for Names<'_> {
    fn get(&mut self, name: &str) -> Option<Value> {
        if name == "language" {
            return Some(Value::text(self.language.word()));
        }
        self.variables.and_then(|v| v.get(name)).cloned().or_else(|| self.site.get(name))
    }

    fn lookup(&mut self, list: &str, of: &str) -> Option<Value> {
        self.site.lookup(list, of)
    }
}

impl Run {
    /// The value of an expression. What it costs counts, wherever in a node it stands.
    pub(super) fn eval(&mut self, site: &mut dyn Site, expr: &Expr) -> Value {
        self.parts = self.parts.saturating_add(expr.parts());
        let variables = self.frames.last().map(|frame| &frame.variables);
        expr.eval(&mut Names { variables, language: self.language, site })
    }
}
