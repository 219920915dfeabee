//! Lists as text: aligned for people, CSV for spreadsheets, and how wide the columns of a screen are.

use crate::filter::{Filter, level_word};
use crate::model::Model;
use crate::rows::{Column, Form, List, Row, Sort, rows};
use switchroom_wire::{Board, clean, columns, fit};

/// The columns that fit into a width: their place in the list and how wide they are. What is least important goes
/// first; numbers keep their full width.
pub(crate) fn widths(all: &[Column], width: usize) -> Vec<(usize, usize)> {
    let mut kept: Vec<usize> = (0..all.len()).collect();
    let needed = |kept: &[usize]| kept.iter().map(|n| all[*n].width_min + 1).sum::<usize>().saturating_sub(1);
    while needed(&kept) > width {
        let Some(last) = kept.iter().copied().filter(|n| all[*n].rank > 0).max_by_key(|n| all[*n].rank)
        else {
            break;
        };
        kept.retain(|n| *n != last);
    }
    let mut out: Vec<(usize, usize)> = kept.iter().map(|n| (*n, all[*n].width_min)).collect();
    let mut spare = width.saturating_sub(needed(&kept));
    // What is left goes to the texts, a column at a time, until all have what they can use.
    while spare > 0 {
        let mut grown = false;
        for (n, taken) in &mut out {
            if spare > 0 && *taken < all[*n].width_max {
                *taken += 1;
                spare -= 1;
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    out
}

/// A cell in exactly its width; numbers stand right.
pub(crate) fn aligned(text: &str, width: usize, is_number: bool) -> String {
    let text = clean(text);
    let taken = columns(&text);
    if is_number && taken <= width {
        return format!("{}{text}", " ".repeat(width - taken));
    }
    fit(&text, width)
}

/// A table as aligned lines with its titles; columns are as wide as what stands in them.
pub(crate) fn lines(list: List, rows: &[Row], form: Form<'_>) -> Vec<String> {
    let all = list.columns();
    let titles: Vec<String> =
        all.iter().map(|c| form.words.t(&format!("column.{}", c.id)).to_lowercase()).collect();
    let width = |n: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(n)).map(|cell| columns(&clean(&cell.text)));
        cells.chain([columns(&titles[n])]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..all.len()).map(width).collect();
    let line = |texts: Vec<&str>| {
        let parts = texts.iter().zip(all).zip(&widths).map(|((t, c), w)| aligned(t, *w, c.is_number));
        parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(titles.iter().map(String::as_str).collect());
    let body = rows.iter().map(|row| {
        let mark = crate::theme::mark(row.severity);
        let text = line(row.cells.iter().map(|cell| cell.text.as_str()).collect());
        if list == List::Log || mark.is_empty() { text } else { format!("{text}  {mark}") }
    });
    std::iter::once(head).chain(body).collect()
}

/// All rows of a board's list as lines.
pub(crate) fn board_lines(list: List, board: &Board, form: Form<'_>) -> Vec<String> {
    lines(list, &board_rows(list, board, form), form)
}

/// All rows of a board's list in their natural order.
pub(crate) fn board_rows(list: List, board: &Board, form: Form<'_>) -> Vec<Row> {
    rows(list, &Model::default(), board, form, &Filter::default(), Sort::default())
}

/// A table as CSV. Column names are ids, the same in every language; every field is quoted, and one that a
/// spreadsheet would take for a formula begins with an apostrophe.
pub(crate) fn csv(list: List, rows: &[Row]) -> String {
    let mut out = String::new();
    let ids = list.columns().iter().filter(|c| c.id != "mark").map(|c| c.id).chain(["level"]);
    push_record(&mut out, ids);
    for row in rows {
        let cells =
            row.cells.iter().zip(list.columns()).filter(|(_, c)| c.id != "mark").map(|(cell, _)| cell);
        push_record(&mut out, cells.map(|cell| cell.text.as_str()).chain([level_word(row.severity)]));
    }
    out
}

fn push_record<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (n, field) in fields.enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push('"');
        if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            out.push('\'');
        }
        out.push_str(&clean(field).replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_rank_and_numbers_keep_their_width() {
        for list in List::ALL {
            for width in 0..220 {
                let kept = widths(list.columns(), width);
                for (n, taken) in &kept {
                    let column = list.columns()[*n];
                    assert!((column.width_min..=column.width_max).contains(taken));
                }
                let first_gone = (0..list.columns().len()).filter(|n| kept.iter().all(|(k, _)| k != n));
                let rank_gone = first_gone.map(|n| list.columns()[n].rank).min().unwrap_or(u8::MAX);
                assert!(kept.iter().all(|(n, _)| list.columns()[*n].rank <= rank_gone));
            }
        }
    }

    #[test]
    fn csv_is_quoted_and_no_formula() {
        let mut out = String::new();
        let fields = ["=cmd|' /C calc'!A0", "+44 20", "-1", "@x", "a \"b\", c", "\tx", "plain"];
        push_record(&mut out, fields.into_iter());
        let want = "\"'=cmd|' /C calc'!A0\",\"'+44 20\",\"'-1\",\"'@x\",\"a \"\"b\"\", c\",\"'\u{fffd}x\",\"plain\"\r\n";
        assert_eq!(out, want);
    }
}
