//! Tables put into a file and taken out of it, with the comments that belong to them and no others.
//!
//! A comment that touches the header below it, without an empty line between, belongs to that table. One that touches the
//! last line of a table, with an empty line below, belongs to that one. All others belong to the file, and stay.

use crate::config::edit::EditError;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// A step from a table to one within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Row(usize),
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

fn refused(what: impl Into<String>) -> EditError {
    EditError::Refused(what.into())
}

/// The table that is there, of whatever form.
pub(super) fn table<'d>(document: &'d mut DocumentMut, path: &[Step]) -> Option<&'d mut dyn TableLike> {
    let mut item = document.as_item_mut();
    for step in path {
        item = match step {
            Step::Name(name) => item.as_table_like_mut()?.get_mut(name)?,
            Step::Row(row) => return row_of(item, *row),
        };
    }
    item.as_table_like_mut()
}

fn row_of(item: &mut Item, row: usize) -> Option<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(rows) => rows.get_mut(row).map(|table| table as &mut dyn TableLike),
        Item::Value(Value::Array(rows)) => match rows.get_mut(row)? {
            Value::InlineTable(table) => Some(table as &mut dyn TableLike),
            _ => None,
        },
        _ => None,
    }
}

/// Every table with a header of its own, in the order of the text.
fn headers(document: &DocumentMut) -> Vec<Vec<Step>> {
    let (mut found, mut last) = (Vec::new(), 0);
    visit(document.as_table(), &mut Vec::new(), &mut last, &mut found);
    found.sort_by_key(|(position, _)| *position);
    found.into_iter().map(|(_, path)| path).collect()
}

fn visit(table: &Table, path: &mut Vec<Step>, last: &mut isize, found: &mut Vec<(isize, Vec<Step>)>) {
    if !table.is_dotted() {
        *last = table.position().unwrap_or(*last);
        let is_written = !table.is_implicit() || table.iter().any(|(_, item)| item.is_value());
        if !path.is_empty() && is_written {
            found.push((*last, path.clone()));
        }
    }
    for (name, item) in table {
        path.push(Step::Name(name.to_owned()));
        match item {
            Item::Table(inner) => visit(inner, path, last, found),
            Item::ArrayOfTables(rows) => {
                for (row, inner) in rows.iter().enumerate() {
                    path.push(Step::Row(row));
                    visit(inner, path, last, found);
                    path.pop();
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn header<'d>(document: &'d mut DocumentMut, path: &[Step]) -> Option<&'d mut Table> {
    let mut item = document.as_item_mut();
    let mut steps = path.iter();
    while let Some(step) = steps.next() {
        item = match step {
            Step::Name(name) => item.as_table_mut()?.get_mut(name)?,
            Step::Row(row) => {
                let table = item.as_array_of_tables_mut()?.get_mut(*row)?;
                return steps.as_slice().is_empty().then_some(table);
            }
        };
    }
    item.as_table_mut()
}

/// What stands before a header, or at the end of the file when there is none.
fn before(document: &mut DocumentMut, path: Option<&Vec<Step>>) -> String {
    let text = match path {
        Some(path) => {
            header(document, path).and_then(|table| table.decor().prefix()?.as_str().map(str::to_owned))
        }
        None => document.trailing().as_str().map(str::to_owned),
    };
    text.unwrap_or_default()
}

fn set_before(document: &mut DocumentMut, path: Option<&Vec<Step>>, text: String) {
    match path {
        Some(path) => {
            if let Some(table) = header(document, path) {
                table.decor_mut().set_prefix(text);
            }
        }
        None => document.set_trailing(text),
    }
}

/// Cuts at the first empty line: what belongs to the lines before, and the rest with that line.
fn after_the_last_line(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            return text.split_at(at);
        }
        at += line.len();
    }
    ("", text)
}

/// Cuts behind the last empty line: what belongs to the file, and what belongs to the header below.
fn above_the_header(text: &str) -> (&str, &str) {
    let (mut at, mut cut) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            cut = at;
        }
    }
    text.split_at(cut)
}

/// Puts text of the file itself before what follows.
fn keep(document: &mut DocumentMut, next: Option<&Vec<Step>>, kept: &str, rest: &str) {
    let gap = if kept.trim().is_empty() { "" } else { kept.trim_end() };
    let text = match (gap.is_empty(), rest.starts_with('\n') || rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (false, true) => format!("{gap}\n{rest}"),
        (false, false) => format!("{gap}\n\n{rest}"),
    };
    set_before(document, next, text);
}

/// Takes a table out, with all within it.
///
/// # Errors
/// It is of a form that cannot be taken out.
pub(super) fn remove(document: &mut DocumentMut, path: &[Step]) -> Result<(), EditError> {
    let order = headers(document);
    let is_within = |other: &Vec<Step>| other.starts_with(path);
    let first = order.iter().position(is_within);
    let next = first.and_then(|first| order.iter().skip(first).find(|other| !is_within(other)));
    let kept = first.map(|first| {
        let text = before(document, order.get(first));
        // The first words of a file are about the file.
        if first == 0 { text } else { above_the_header(&text).0.to_owned() }
    });
    let rest = first.map(|_| {
        let text = before(document, next);
        after_the_last_line(&text).1.to_owned()
    });
    if let (Some(kept), Some(rest)) = (kept, rest) {
        let rest = if first == Some(0) && kept.trim().is_empty() { rest.trim_start() } else { &rest };
        keep(document, next, &kept, rest);
    }
    let (last, parents) = path.split_last().ok_or_else(|| refused("that cannot be taken out"))?;
    let is_done = match last {
        Step::Name(name) => table(document, parents).and_then(|parent| parent.remove(name)).is_some(),
        Step::Row(row) => match item(document, parents) {
            Some(Item::ArrayOfTables(rows)) if *row < rows.len() => {
                rows.remove(*row);
                true
            }
            Some(Item::Value(Value::Array(rows))) if *row < rows.len() => {
                crate::config::array::remove(rows, *row);
                true
            }
            _ => false,
        },
    };
    if is_done {
        Ok(())
    } else {
        Err(refused("that cannot be taken out of this file; do it by hand, and reload"))
    }
}

fn item<'d>(document: &'d mut DocumentMut, path: &[Step]) -> Option<&'d mut Item> {
    let mut item = document.as_item_mut();
    for step in path {
        let Step::Name(name) = step else { return None };
        item = item.as_table_like_mut()?.get_mut(name)?;
    }
    Some(item)
}

/// Adds an empty table `name` to the tables of a kind, or a row at a place.
///
/// # Errors
/// The file has something else in that place.
pub(super) fn add(document: &mut DocumentMut, tables: &str, step: &Step) -> Result<(), EditError> {
    let odd = || refused(format!("{tables} has an unusual form in that file; add it by hand, and reload"));
    match (document.get_mut(tables), step) {
        (None, Step::Name(_)) => {
            let mut all = Table::new();
            all.set_implicit(true);
            document.insert(tables, Item::Table(all));
        }
        (None, Step::Row(_)) => drop(document.insert(tables, Item::ArrayOfTables(ArrayOfTables::new()))),
        _ => {}
    }
    match (document.get_mut(tables).ok_or_else(odd)?, step) {
        (Item::Table(all), Step::Name(name)) => drop(all.insert(name, Item::Table(Table::new()))),
        (Item::Value(Value::InlineTable(all)), Step::Name(name)) => {
            all.insert(name, Value::InlineTable(InlineTable::new()));
            return Ok(());
        }
        (Item::ArrayOfTables(rows), Step::Row(row)) => rows.insert((*row).min(rows.len()), Table::new()),
        (Item::Value(Value::Array(rows)), Step::Row(row)) => {
            rows.insert((*row).min(rows.len()), Value::InlineTable(InlineTable::new()));
            return Ok(());
        }
        _ => return Err(odd()),
    }
    let path = [Step::from(tables), step.clone()];
    give_room(document, &path);
    Ok(())
}

/// An empty line above a new header; what is written below the table before it stays there.
pub(super) fn give_room(document: &mut DocumentMut, path: &[Step]) {
    let order = headers(document);
    let Some(place) = order.iter().position(|other| other == path) else { return };
    let next = order.get(place + 1);
    let text = before(document, next);
    let is_first = place == 0 && document.as_table().iter().all(|(_, item)| !item.is_value());
    // What a file begins with stays its beginning.
    let (own, rest) = match next {
        None if is_first => (text.as_str(), ""),
        _ if is_first => above_the_header(&text),
        _ => after_the_last_line(&text),
    };
    let own = match (is_first, own.trim_end()) {
        (true, "") => String::new(),
        (true, own) => format!("{own}\n\n"),
        (false, _) => format!("{own}\n"),
    };
    let rest = if is_first && next.is_some() { format!("\n{rest}") } else { rest.to_owned() };
    set_before(document, order.get(place), own);
    set_before(document, next, rest);
}

/// Takes a key out of a table, with the comment that touches it from above; what else is written there stays.
pub(super) fn remove_key(document: &mut DocumentMut, path: &[Step], key: &str) -> Option<Item> {
    let order = headers(document);
    let own = table(document, path)?;
    let prefix = own.key(key).and_then(|key| key.leaf_decor().prefix()?.as_str().map(str::to_owned));
    let kept = above_the_header(prefix.as_deref().unwrap_or_default()).0.to_owned();
    let names: Vec<String> =
        own.iter().filter(|(_, item)| item.is_value()).map(|(name, _)| name.to_owned()).collect();
    let at = names.iter().position(|name| name == key);
    let removed = own.remove(key)?;
    if kept.trim().is_empty() {
        return Some(removed);
    }
    match at.and_then(|at| names.get(at + 1)).and_then(|next| own.key_mut(next)) {
        Some(mut next) => {
            let rest = next.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or_default().to_owned();
            next.leaf_decor_mut().set_prefix(format!("{kept}{}", rest.trim_start_matches('\n')));
        }
        None => {
            let place = order.iter().position(|other| other == path);
            if let Some(place) = place {
                let rest = before(document, order.get(place + 1));
                keep(document, order.get(place + 1), &kept, &rest);
            }
        }
    }
    Some(removed)
}
