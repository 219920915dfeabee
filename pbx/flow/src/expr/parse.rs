//! Expressions read.

use super::function::{Function, LOOKUP};
use super::lex::{self, Token};
use super::{Expr, ExprFault, Operator, level};
use crate::fault::did_you_mean;
use crate::limits::{EXPRESSION_DEPTH_MAX, EXPRESSION_MAX, EXPRESSION_OPERATORS_MAX};
use crate::value::{Kind, Value};

/// Reads a text that is an expression.
pub(super) fn whole(text: &str) -> Result<Expr, ExprFault> {
    let (expr, end) = beginning(text, 0)?;
    match text.get(end..).and_then(|rest| rest.chars().next()) {
        None => Ok(expr),
        Some(other) => Err(ExprFault {
            at: end,
            what: format!("\"{}\" is not known here", other.escape_default()),
            hint: Some("an operator or the end would be".to_owned()),
        }),
    }
}

/// Reads an expression at a byte of a text; says where what follows it begins.
pub(super) fn beginning(text: &str, at: usize) -> Result<(Expr, usize), ExprFault> {
    let mut parser =
        Parser { text, start: at, begin: at, end: at, token: Token::End, depth: 0, operators: 0 };
    parser.advance()?;
    let expr = parser.expression(level::OR)?;
    match parser.token {
        Token::End => Ok((expr, parser.begin)),
        _ => Err(parser.unexpected_end()),
    }
}

struct Parser<'t> {
    text: &'t str,
    /// Where the expression begins.
    start: usize,
    /// Where the word at hand begins, and where it ends.
    begin: usize,
    end: usize,
    /// The word at hand.
    token: Token,
    /// How many expressions one is within.
    depth: usize,
    /// How many operators between values there were.
    operators: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<(), ExprFault> {
        (self.begin, self.token, self.end) = lex::next(self.text, self.end)?;
        // A character has up to four bytes; they are counted only when that many are there.
        let is_long = |text: &str| text.len() > EXPRESSION_MAX && text.chars().count() > EXPRESSION_MAX;
        if self.text.get(self.start..self.end).is_some_and(is_long) {
            let what = format!("an expression has at most {EXPRESSION_MAX} characters");
            let hint = Some("compute it in parts, by nodes of kind set".into());
            return Err(ExprFault { at: self.start, what, hint });
        }
        Ok(())
    }

    fn fault(&self, what: impl Into<String>, hint: Option<String>) -> ExprFault {
        ExprFault { at: self.begin, what: what.into(), hint }
    }

    /// The word at hand, for people.
    fn word(&self) -> String {
        let word = self.text.get(self.begin..self.end).unwrap_or_default();
        match word {
            "" => self
                .text
                .get(self.begin..)
                .and_then(|r| r.chars().next())
                .map_or_else(|| "the end".to_owned(), |c| format!("\"{}\"", c.escape_default())),
            _ => word.to_owned(),
        }
    }

    /// A word that follows a whole expression and does not continue it.
    fn unexpected_end(&self) -> ExprFault {
        let hint = match &self.token {
            Token::Close => "there is no ( for it",
            Token::Sign(operator) if operator.level() == level::COMPARE => {
                "compare two at a time: a < b and b < c"
            }
            Token::Not => "\"not in\" is written: not (x in (…))",
            _ => "is an operator missing before it? Text stands between quotes",
        };
        self.fault(format!("{} does not belong here", self.word()), Some(hint.to_owned()))
    }

    /// An expression whose operators bind as strongly as `least` or more.
    fn expression(&mut self, least: u8) -> Result<Expr, ExprFault> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            let what = format!("this is {EXPRESSION_DEPTH_MAX} deep within others");
            return Err(self.fault(what, Some("compute it in parts, by nodes of kind set".into())));
        }
        let mut left = self.operand(least)?;
        let mut is_compared = false;
        loop {
            if is_compared && self.compares() {
                return Err(self.unexpected_end());
            }
            is_compared = self.compares();
            left = match self.token {
                Token::In if level::COMPARE >= least => {
                    self.advance()?;
                    let set = self.inputs()?;
                    if set.is_empty() {
                        return Err(self.fault("there is nothing to be in", Some("write in (1, 2)".into())));
                    }
                    Expr::In(Box::new(left), set)
                }
                Token::Join if level::JOIN >= least => {
                    self.operator()?;
                    left.joined(self.expression(level::JOIN + 1)?)
                }
                Token::Sign(operator) if operator.level() >= least => {
                    self.operator()?;
                    let right = self.expression(operator.level() + 1)?;
                    Expr::Two(Box::new(left), operator, Box::new(right))
                }
                _ => break,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Goes past an operator between two values.
    fn operator(&mut self) -> Result<(), ExprFault> {
        self.operators += 1;
        if self.operators > EXPRESSION_OPERATORS_MAX {
            let what = format!("an expression has at most {EXPRESSION_OPERATORS_MAX} operators");
            return Err(self.fault(what, Some("compute it in parts, by nodes of kind set".into())));
        }
        self.advance()
    }

    /// Whether the word at hand compares what is before it.
    fn compares(&self) -> bool {
        match self.token {
            Token::In => true,
            Token::Sign(operator) => operator.level() == level::COMPARE,
            _ => false,
        }
    }

    /// What operators stand between.
    fn operand(&mut self, least: u8) -> Result<Expr, ExprFault> {
        match self.token.clone() {
            Token::Not if least <= level::NOT => {
                self.advance()?;
                Ok(Expr::Not(Box::new(self.expression(level::NOT)?)))
            }
            Token::Sign(Operator::Minus) => {
                self.advance()?;
                let of = self.expression(level::NEGATIVE)?;
                Ok(match of {
                    Expr::Constant(Value { kind: Kind::Number(number), .. }) if number != i64::MIN => {
                        Expr::Constant(Value::millionths(-number))
                    }
                    of => Expr::Negative(Box::new(of)),
                })
            }
            Token::Number(number) => self.then(Expr::Constant(Value::millionths(number))),
            Token::Text(text) => self.then(Expr::text(&text)),
            Token::Name { name, is_plain } => self.name(name, is_plain),
            Token::Open => self.group(),
            Token::Not => {
                Err(self
                    .fault("\"not\" does not belong here", Some("put it into parentheses: (not x)".into())))
            }
            _ => {
                let what = format!("a value is missing before {}", self.word());
                let hint = "a number, \"text\" or a name would be one".to_owned();
                Err(self.fault(what, Some(hint)))
            }
        }
    }

    fn then(&mut self, expr: Expr) -> Result<Expr, ExprFault> {
        self.advance()?;
        Ok(expr)
    }

    /// An expression between parentheses. What is in them binds as a whole, also for who reads it next.
    fn group(&mut self) -> Result<Expr, ExprFault> {
        let begin = self.begin;
        self.advance()?;
        let inner = self.expression(level::OR)?;
        self.close(begin)?;
        Ok(inner)
    }

    fn close(&mut self, begin: usize) -> Result<(), ExprFault> {
        if self.token == Token::Close {
            return self.advance();
        }
        if self.token == Token::End {
            let hint = Some("close it with )".to_owned());
            return Err(ExprFault { at: begin, what: "this ( has no end".into(), hint });
        }
        Err(self.fault(format!("{} does not belong here", self.word()), Some("a comma or ) would".into())))
    }

    /// Expressions between parentheses, with commas.
    fn inputs(&mut self) -> Result<Vec<Expr>, ExprFault> {
        let begin = self.begin;
        if self.token != Token::Open {
            return Err(self.fault("( is missing here", Some("write in (\"a\", \"b\")".into())));
        }
        self.advance()?;
        let mut found = Vec::new();
        while self.token != Token::Close {
            found.push(self.expression(level::OR)?);
            if self.token != Token::Comma {
                break;
            }
            self.advance()?;
        }
        self.close(begin)?;
        Ok(found)
    }

    /// A name, a word for a value, or a function.
    fn name(&mut self, name: String, is_plain: bool) -> Result<Expr, ExprFault> {
        let begin = self.begin;
        self.advance()?;
        if self.token != Token::Open || !is_plain {
            return Ok(match name.as_str() {
                "yes" | "true" if is_plain => Expr::Constant(Value::truth(true)),
                "no" | "false" if is_plain => Expr::Constant(Value::truth(false)),
                _ => Expr::Name(name),
            });
        }
        let at_name = |what: String, hint: String| ExprFault { at: begin, what, hint: Some(hint) };
        let function = Function::of(&name);
        if function.is_none() && name != LOOKUP.0 {
            let known = || Function::words().collect::<Vec<_>>().join(", ");
            let hint =
                did_you_mean(&name, Function::words()).unwrap_or_else(|| format!("known are {}", known()));
            return Err(at_name(format!("there is no function {name}"), hint));
        }
        let inputs = self.inputs()?;
        let Some(function) = function else {
            let mut inputs = inputs.into_iter();
            return match (inputs.next(), inputs.next(), inputs.next()) {
                (Some(Expr::Constant(Value { kind: Kind::Text(list), .. })), Some(of), None) => {
                    Ok(Expr::Lookup(list, Box::new(of)))
                }
                _ => {
                    let what = "lookup takes the name of a list between quotes, and what to look for";
                    Err(at_name(what.to_owned(), format!("write {}", LOOKUP.1)))
                }
            };
        };
        let takes = function.takes();
        if !takes.contains(&inputs.len()) {
            let (least, most) = (takes.start(), takes.end());
            let wanted = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            let what = format!("{name} takes {wanted} values and has {}", inputs.len());
            return Err(at_name(what, format!("write {}", function.example())));
        }
        Ok(Expr::Call(function, inputs))
    }
}
