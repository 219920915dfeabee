//! Text of prompts and templates: `Hello {name}, you are {place:ordinal}.`

use super::value::{prompt_name, shown};
use crate::expr::{Expr, ExprFault};
use crate::fault::did_you_mean;
use crate::limits::TEXT_MAX;
use crate::prompt::{Form, Piece};
use crate::say::Currency;

/// Words for how a value is read aloud, each with what it does.
pub(super) const FORMS: &[(&str, Form, &str)] = &[
    ("text", Form::Text, "as text, by the speech engine; the same as no word"),
    ("number", Form::Number, "\"twelve\""),
    ("digits", Form::Digits, "\"one two\""),
    ("ordinal", Form::Ordinal, "\"twelfth\""),
    ("date", Form::Date, "a date such as 2026-11-22"),
    ("time", Form::Time, "a time of day such as 17:30"),
    ("duration", Form::Duration, "a length of time, from seconds"),
];

/// The word for money, before its currency.
pub(super) const AMOUNT: &str = "amount";

/// The currencies that can be spoken.
pub(super) fn currencies() -> String {
    Currency::ALL.map(Currency::code).join(", ")
}

/// Reads what is said: `@name`, or text with values.
pub(super) fn said(text: &str) -> Result<Vec<Piece>, ExprFault> {
    match text.strip_prefix('@') {
        Some(name) => match prompt_name(name) {
            Ok(name) => Ok(vec![Piece::Named(name)]),
            Err(what) => {
                let (what, hint) = what.split_once('\n').unwrap_or((&what, ""));
                Err(ExprFault { at: 0, what: what.to_owned(), hint: Some(hint.to_owned()) })
            }
        },
        None => pieces(text),
    }
}

/// Reads text with values in braces; `{{` and `}}` are braces that are meant.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, ExprFault> {
    if text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX {
        let what = format!("text has at most {TEXT_MAX} characters");
        return Err(ExprFault { at: 0, what, hint: Some("say it in parts, by several nodes".into()) });
    }
    let (mut found, mut plain, mut at) = (Vec::new(), String::new(), 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.find(['{', '}']).unwrap_or(rest.len());
        plain.push_str(rest.get(..length).unwrap_or_default());
        at += length;
        let brace = rest.get(length..).unwrap_or_default();
        if brace.starts_with("{{") || brace.starts_with("}}") {
            plain.push_str(brace.get(..1).unwrap_or_default());
            at += 2;
        } else if brace.starts_with('{') {
            if !plain.is_empty() {
                found.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let (piece, end) = value(text, at)?;
            found.push(piece);
            at = end;
        } else if !brace.is_empty() {
            let hint = Some("write }} for a brace that is meant".to_owned());
            return Err(ExprFault { at, what: "there is no { for this }".into(), hint });
        }
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    Ok(found)
}

/// A value in braces that begins at a byte of a text; says where what follows it begins.
fn value(text: &str, begin: usize) -> Result<(Piece, usize), ExprFault> {
    let (of, end) = Expr::parse_at(text, begin + 1)?;
    let rest = text.get(end..).unwrap_or_default();
    let open = || ExprFault {
        at: begin,
        what: "this { has no end".into(),
        hint: Some("close it with }, or write {{ for a brace that is meant".into()),
    };
    if rest.starts_with('}') {
        return Ok((Piece::Value { of, form: Form::Text }, end + 1));
    }
    let Some(form) = rest.strip_prefix(':') else {
        if rest.is_empty() {
            return Err(open());
        }
        let what = format!("\"{}\" does not belong here", shown(&rest.chars().take(1).collect::<String>()));
        return Err(ExprFault { at: end, what, hint: Some("} ends a value".into()) });
    };
    let (word, _) = form.split_once('}').ok_or_else(open)?;
    Ok((Piece::Value { of, form: read_form(word.trim(), end + 1)? }, end + 1 + word.len() + 1))
}

fn read_form(word: &str, at: usize) -> Result<Form, ExprFault> {
    if let Some((_, form, _)) = FORMS.iter().find(|(known, _, _)| *known == word) {
        return Ok(*form);
    }
    let fault = |what: String, hint: String| ExprFault { at, what, hint: Some(hint) };
    if let Some(code) = word.strip_prefix(AMOUNT) {
        let code = code.trim();
        let known = Currency::ALL.into_iter().find(|currency| currency.code() == code);
        if let Some([a, b, c]) = known.map(Currency::code).map(str::as_bytes) {
            return Ok(Form::Amount([*a, *b, *c]));
        }
        let hint = format!("write one of {}, as {{sum:amount CNY}}", currencies());
        return Err(match code {
            "" => fault("an amount has no currency".into(), hint),
            _ => fault(format!("\"{}\" is no currency that can be spoken", shown(code)), hint),
        });
    }
    let words = || FORMS.iter().map(|(word, _, _)| *word).chain([AMOUNT]);
    let hint = did_you_mean(word, words())
        .unwrap_or_else(|| format!("known are {}", words().collect::<Vec<_>>().join(", ")));
    Err(fault(format!("\"{}\" is no way to read a value aloud", shown(word)), hint))
}

/// How a form is written behind a value, with its colon; nothing for text.
pub(crate) fn form_word(form: Form) -> String {
    match form {
        Form::Text => String::new(),
        Form::Amount(currency) => format!(":{AMOUNT} {}", String::from_utf8_lossy(&currency)),
        _ => FORMS
            .iter()
            .find(|(_, known, _)| *known == form)
            .map_or_else(String::new, |(w, _, _)| format!(":{w}")),
    }
}

/// Text with values, as one expression that joins them. Ways to read aloud make no sense in it.
pub(super) fn template(text: &str) -> Result<Expr, ExprFault> {
    let mut joined: Option<Expr> = None;
    for piece in pieces(text)? {
        let part = match piece {
            Piece::Text(text) => Expr::text(&text),
            Piece::Value { of, form: Form::Text } => of,
            Piece::Value { .. } | Piece::Named(_) => {
                let hint = Some("leave out the word after the colon".to_owned());
                return Err(ExprFault { at: 0, what: "nothing is read aloud here".into(), hint });
            }
        };
        joined = Some(match joined {
            Some(before) => before.joined(part),
            None => part,
        });
    }
    Ok(joined.unwrap_or_else(|| Expr::text("")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::panic)]
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn value(expr: &str, form: Form) -> Piece {
        Piece::Value { of: Expr::parse(expr).expect(expr), form }
    }

    #[test]
    fn text_and_values_are_told_apart() {
        for (written, expected) in [
            ("", vec![]),
            ("Hello", vec![text("Hello")]),
            ("@office/welcome", vec![Piece::Named("office/welcome".into())]),
            ("mail a@b", vec![text("mail a@b")]),
            ("{name}", vec![value("name", Form::Text)]),
            ("{ a + 1 : number }!", vec![value("a + 1", Form::Number), text("!")]),
            ("您前面有{n:number}位", vec![text("您前面有"), value("n", Form::Number), text("位")]),
            ("{a}{b:digits}", vec![value("a", Form::Text), value("b", Form::Digits)]),
            ("{x:amount CNY}", vec![value("x", Form::Amount(*b"CNY"))]),
            ("{{{a}}} }}", vec![text("{"), value("a", Form::Text), text("} }")]),
            ("{'}' & \":\"}", vec![value("'}' & \":\"", Form::Text)]),
            ("{time:time}", vec![value("time", Form::Time)]),
            (
                "{s:duration} {d:date} {n:ordinal}",
                vec![
                    value("s", Form::Duration),
                    text(" "),
                    value("d", Form::Date),
                    text(" "),
                    value("n", Form::Ordinal),
                ],
            ),
        ] {
            assert_eq!(said(written), Ok(expected), "{written}");
        }
    }

    #[test]
    fn faults_have_their_place_in_the_text() {
        for (written, at, what, hint) in [
            ("@Office", 0, "not the name of a prompt", "a-z"),
            ("Hi {name", 3, "this { has no end", "close it"),
            ("Hi {name:number", 3, "this { has no end", "close it"),
            ("Hi }", 3, "no { for this }", "}}"),
            ("Hi {}", 4, "a value is missing", ""),
            ("Hi {a b}", 6, "b does not belong", "operator"),
            ("Hi {a;b}", 5, "\";\" does not belong here", "} ends"),
            ("Hi {a龙}{b 。}", 12, "\"。\" does not belong here", "} ends"),
            ("Hi {a:nubmer}", 6, "\"nubmer\" is no way", "did you mean \"number\"?"),
            ("Hi {a:}", 6, "\"\" is no way", "known are"),
            ("Hi {a:amount yuan}", 6, "\"yuan\" is no currency", "CNY, USD, EUR, GBP"),
            ("Hi {a:amount CHF}", 6, "\"CHF\" is no currency", "CNY"),
            ("Hi {a:amount}", 6, "no currency", "CNY"),
        ] {
            let Err(fault) = said(written) else { panic!("{written} is read") };
            assert_eq!((fault.at, fault.what.contains(what)), (at, true), "{written}: {}", fault.what);
            assert!(fault.hint.as_deref().unwrap_or_default().contains(hint), "{written}: {:?}", fault.hint);
        }
        assert!(said(&"龙".repeat(TEXT_MAX)).is_ok());
        assert!(said(&"龙".repeat(TEXT_MAX + 1)).is_err());
    }

    #[test]
    fn templates_are_expressions() {
        for (written, expr) in [
            ("101", "\"101\""),
            ("{agent}", "agent"),
            ("9{part(caller, -4)}0", "\"9\" & part(caller, -4) & \"0\""),
            ("", "\"\""),
        ] {
            assert_eq!(template(written).expect(written).to_string(), expr);
        }
        assert!(template("{agent:digits}").is_err());
        for written in ["{a & b}c{d}", "{a & (b & c)}", "{a}{b & c}", "x{a + 1 & b}"] {
            let read = template(written).expect(written);
            assert_eq!(Expr::parse(&read.to_string()), Ok(read), "{written}");
        }
    }

    #[test]
    fn the_longest_template_needs_little_stack() {
        let all = || {
            let expr = template(&"{a}x".repeat(TEXT_MAX / 4)).expect("a template");
            assert_eq!(expr.names(), ["a"]);
            assert_eq!(expr.constant(), None);
            assert!(expr.to_string().len() > TEXT_MAX);
            assert_eq!(expr.clone(), expr);
        };
        let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(all);
        thread.expect("a thread").join().expect("it comes to its end");
    }
}
