//! Comma-separated values as spreadsheets write them (RFC 4180), a record a line.

use crate::flow::Place;
use std::borrow::Cow;

/// Something wrong at a place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFault {
    /// Where.
    pub place: Place,
    /// What, in one sentence.
    pub what: String,
}

/// A line with something on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record<'t> {
    /// Its number, from 1.
    pub(crate) line: u32,
    /// Its fields, trimmed, with the column in characters at which each begins; at least one.
    pub(crate) fields: Vec<(u32, Cow<'t, str>)>,
}

impl Record<'_> {
    /// A field; one that is not there is empty.
    pub(crate) fn field(&self, place: usize) -> &str {
        self.fields.get(place).map_or("", |(_, text)| text)
    }

    /// A fault at a field.
    pub(crate) fn fault(&self, place: usize, what: impl Into<String>) -> CsvFault {
        let column = self.fields.get(place).map_or(1, |(column, _)| *column);
        CsvFault { place: Place { line: self.line, column }, what: what.into() }
    }
}

/// All records; empty lines and such that are a remark (`# …`) are left out.
pub(crate) fn records(text: &str) -> impl Iterator<Item = Result<Record<'_>, CsvFault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..=u32::MAX)
        .zip(text.lines())
        .filter(|(_, line)| !is_remark(line))
        .map(|(number, line)| record(number, line))
}

/// `#31#` is a number, `# remark` is none.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    let rest = line.strip_prefix('#');
    line.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with(char::is_whitespace))
}

fn record(line: u32, text: &str) -> Result<Record<'_>, CsvFault> {
    if !text.contains('"') {
        let mut column = 1;
        let fields = text.split(',').map(|field| {
            let indent = field.chars().take_while(|c| c.is_whitespace()).count();
            let at = column + u32::try_from(indent).unwrap_or_default();
            column += u32::try_from(field.chars().count()).unwrap_or_default() + 1;
            (at, Cow::Borrowed(field.trim()))
        });
        return Ok(Record { line, fields: fields.collect() });
    }
    let chars: Vec<char> = text.chars().collect();
    let fault = |at: usize, what: &str| {
        let column = u32::try_from(at + 1).unwrap_or(u32::MAX);
        CsvFault { place: Place { line, column }, what: what.to_owned() }
    };
    let (mut fields, mut at) = (Vec::new(), 0);
    loop {
        while chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        let begin = at;
        let mut field = String::new();
        if chars.get(at) == Some(&'"') {
            at += 1;
            loop {
                match (chars.get(at), chars.get(at + 1)) {
                    (Some('"'), Some('"')) => {
                        field.push('"');
                        at += 2;
                    }
                    (Some('"'), _) => {
                        at += 1;
                        break;
                    }
                    (Some(c), _) => {
                        field.push(*c);
                        at += 1;
                    }
                    (None, _) => return Err(fault(begin, "a double quote is not closed on its line")),
                }
            }
            while chars.get(at).is_some_and(|c| c.is_whitespace()) {
                at += 1;
            }
            if chars.get(at).is_some_and(|c| *c != ',') {
                return Err(fault(
                    at,
                    "after a closing double quote must come a comma; a quote within is written twice",
                ));
            }
        } else {
            while let Some(c) = chars.get(at).filter(|c| **c != ',') {
                if *c == '"' {
                    return Err(fault(
                        at,
                        "put the whole field between double quotes, and write one within it twice",
                    ));
                }
                field.push(*c);
                at += 1;
            }
        }
        fields.push((u32::try_from(begin + 1).unwrap_or(u32::MAX), Cow::Owned(field.trim().to_owned())));
        if chars.get(at).is_none() {
            return Ok(Record { line, fields });
        }
        at += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_lines_and_columns() {
        let text = "\u{feff}number,value\r\n\n# a remark, with a comma\n#\n 138* , \"gold, really\",\"say \"\"hi\"\"\"\n#31#,x\né,,  z\n\"\"\n";
        let found: Vec<Record<'_>> = records(text).map(Result::unwrap).collect();
        let shown: Vec<String> = found
            .iter()
            .map(|r| {
                let fields: Vec<String> = r.fields.iter().map(|(c, f)| format!("{c}:{f}")).collect();
                format!("{} {}", r.line, fields.join("|"))
            })
            .collect();
        let wanted = [
            "1 1:number|8:value",
            "5 2:138*|9:gold, really|24:say \"hi\"",
            "6 1:#31#|6:x",
            "7 1:é|3:|6:z",
            "8 1:",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn quotes_that_do_not_fit_are_told_where_they_are() {
        for (text, column) in [("a,\"b", 3), ("a,\"b\"c", 6), ("a,b\"c", 4), ("\"", 1), ("\"a\"\"", 1)] {
            let fault = records(text).next().unwrap().unwrap_err();
            assert_eq!((fault.place.line, fault.place.column), (1, column), "{text}: {}", fault.what);
        }
    }
}
