//! Expressions cut into words.

use super::{ExprFault, Operator};
use crate::value::parse_decimal;

/// A word of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A number, in millionths.
    Number(i64),
    /// Text between quotes.
    Text(String),
    /// A name, with dots; `is_plain` if no part of it was quoted.
    Name {
        name: String,
        is_plain: bool,
    },
    Sign(Operator),
    /// `&`
    Join,
    Not,
    In,
    Open,
    Close,
    Comma,
    /// The end, or what cannot be part of an expression.
    End,
}

/// The next word at a byte of a text or after the blanks there: where it begins, what it is, where it ends.
pub(super) fn next(text: &str, at: usize) -> Result<(usize, Token, usize), ExprFault> {
    let rest = text.get(at..).unwrap_or_default();
    let begin = at + (rest.len() - rest.trim_start().len());
    let rest = text.get(begin..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return Ok((begin, Token::End, begin)) };
    let (token, length) = match first {
        '0'..='9' => number(rest, begin)?,
        '"' | '\'' => {
            let (literal, length) = quoted(rest, begin)?;
            (Token::Text(literal), length)
        }
        c if c.is_alphabetic() || c == '_' => name(rest, begin)?,
        _ => sign(rest, begin)?,
    };
    Ok((begin, token, begin + length))
}

fn fault(at: usize, what: impl Into<String>, hint: &str) -> ExprFault {
    ExprFault { at, what: what.into(), hint: Some(hint.to_owned()) }
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), ExprFault> {
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_')).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or_default();
    if rest.get(length..).is_some_and(|after| after.starts_with(':') && after.len() > 1)
        && word.bytes().all(|b| b.is_ascii_digit())
        && rest.as_bytes().get(length + 1).is_some_and(u8::is_ascii_digit)
    {
        return Err(fault(at, "a time is text", "write it between quotes: \"09:00\""));
    }
    match parse_decimal(word) {
        Some(number) => Ok((Token::Number(number), length)),
        None if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') => Err(fault(
            at,
            format!("{word} is not a number that can be computed with"),
            "numbers have up to 12 digits and 6 decimals; write a longer one as text between quotes",
        )),
        None => Err(fault(at, format!("{word} is neither a number nor a name"), "write text between quotes")),
    }
}

/// Text between two quotes of the kind it begins with; a quote within it is written twice.
fn quoted(rest: &str, at: usize) -> Result<(String, usize), ExprFault> {
    let mut chars = rest.char_indices().peekable();
    let quote = chars.next().map_or('"', |(_, c)| c);
    let mut literal = String::new();
    while let Some((place, c)) = chars.next() {
        if c != quote {
            literal.push(c);
        } else if chars.next_if(|(_, after)| *after == quote).is_some() {
            literal.push(quote);
        } else {
            return Ok((literal, place + 1));
        }
    }
    Err(fault(at, "this text has no end", &format!("close it with {quote}")))
}

/// A name or a word of the language.
fn name(rest: &str, at: usize) -> Result<(Token, usize), ExprFault> {
    let (mut name, mut is_plain, mut length) = (String::new(), true, 0);
    loop {
        let part = rest.get(length..).unwrap_or_default();
        if length > 0 && part.starts_with(['"', '\'']) {
            let (literal, used) = quoted(part, at + length)?;
            if literal.is_empty() || !literal.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
                return Err(fault(
                    at + length,
                    "this is no part of a name",
                    "letters, digits, _ and - can be",
                ));
            }
            is_plain = false;
            name.push_str(&literal);
            length += used;
        } else {
            let used = part.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(part.len());
            if used == 0 {
                return Err(fault(at + length, "a name ends with a dot", "write what comes after the dot"));
            }
            name.push_str(part.get(..used).unwrap_or_default());
            length += used;
        }
        if !rest.get(length..).is_some_and(|after| after.starts_with('.')) {
            break;
        }
        name.push('.');
        length += 1;
    }
    let token = match name.as_str() {
        "and" => Token::Sign(Operator::And),
        "or" => Token::Sign(Operator::Or),
        "not" => Token::Not,
        "in" => Token::In,
        _ => Token::Name { name, is_plain },
    };
    Ok((token, length))
}

fn sign(rest: &str, at: usize) -> Result<(Token, usize), ExprFault> {
    let two = |word: &str| rest.starts_with(word);
    if two("&&") {
        return Err(fault(at, "&& is not known here", "write and"));
    }
    if two("||") {
        return Err(fault(at, "|| is not known here", "write or"));
    }
    for operator in [Operator::Equal, Operator::Unequal, Operator::AtMost, Operator::AtLeast] {
        if two(operator.word()) {
            return Ok((Token::Sign(operator), 2));
        }
    }
    Ok((
        match rest.chars().next() {
            Some('=') => return Err(fault(at, "= does not compare", "write ==")),
            Some('!') => return Err(fault(at, "! is not known here", "write not, or != for unequal")),
            Some('“' | '”' | '‘' | '’') => {
                return Err(fault(at, "curly quotes are not known here", "write straight ones: \" or '"));
            }
            Some('<') => Token::Sign(Operator::Less),
            Some('>') => Token::Sign(Operator::More),
            Some('&') => Token::Join,
            Some('+') => Token::Sign(Operator::Plus),
            Some('-') => Token::Sign(Operator::Minus),
            Some('*') => Token::Sign(Operator::Times),
            Some('/') => Token::Sign(Operator::Over),
            Some('%') => Token::Sign(Operator::Rest),
            Some('(') => Token::Open,
            Some(')') => Token::Close,
            Some(',') => Token::Comma,
            _ => return Ok((Token::End, 0)),
        },
        1,
    ))
}
