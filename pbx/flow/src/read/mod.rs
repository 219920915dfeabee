//! Flows read from TOML. Every fault of a file is told at once, with its place.

mod keys;
mod node;
mod parts;
mod prompt;
mod reader;
mod reference;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use prompt::form_word;

pub use reference::reference;
pub(crate) use value::shown;
pub use value::{duration, duration_text, name, one_of, prompt_name};

use crate::clip::Language;
use crate::fault::{Fault, did_you_mean, place_of};
use crate::flow::{Flow, Node, NodeId};
use crate::limits::{FILE_BYTES_MAX, NODES_MAX};
use reader::{Item, Reader, Section, in_order};
use toml::Spanned;
use toml::de::{DeString, DeTable};

/// Languages by the words that files have for them.
pub const LANGUAGES: &[(&str, Language)] = &[("en", Language::En), ("zh", Language::Zh)];

/// Reads a flow. Its name is that of the file, without folder and `.toml`. There is a flow unless a fault that is more than
/// a warning was found. Faults are in the order of the file.
pub fn read(file_name: &str, version: u64, text: &str) -> (Option<Flow>, Vec<Fault>) {
    let of_file = |what: String, hint: &str| Fault {
        file: file_name.to_owned(),
        line: 0,
        column: 0,
        is_warning: false,
        what,
        hint: Some(hint.to_owned()),
    };
    let name = file_name.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".toml").unwrap_or(name);
    if let Err(what) = value::name(name) {
        let what = what.lines().next().unwrap_or_default();
        return (
            None,
            vec![of_file(format!("{what} of a flow"), "name the file with letters, digits, _ and -")],
        );
    }
    if text.len() > FILE_BYTES_MAX {
        let what = format!("is longer than {FILE_BYTES_MAX} bytes");
        return (None, vec![of_file(what, "is it the right file? Flows can run others")]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text);
    if !errors.is_empty() {
        // What could be recovered would show faults that are none.
        for error in errors {
            let at = error.span().unwrap_or_default().start;
            reader.fault(at, format!("not TOML: {}", error.message().replace('\n', ", ")), None);
        }
        return (None, reader.faults(file_name));
    }
    let flow = flow(&mut reader, root.get_ref(), name);
    let is_faulty = reader.is_faulty();
    let flow = flow.filter(|_| !is_faulty).map(|flow| Flow { file: file_name.to_owned(), version, ..flow });
    (flow, reader.faults(file_name))
}

/// The whole file.
fn flow(reader: &mut Reader<'_>, root: &DeTable<'_>, name: &str) -> Option<Flow> {
    let top = Section { kind: &keys::TOP, table: root, at: &(0..0), name: "the flow" };
    reader.refuse_unknown(top, &[]);
    let tables = nodes(reader, top)?;
    if tables.is_empty() || tables.len() > NODES_MAX {
        let at = root.get("nodes").map(Item::span).unwrap_or_default().start;
        let what = format!("a flow has 1 to {NODES_MAX} nodes, and this one {}", tables.len());
        reader.fault(at, what, Some("flows can run others: kind = \"flow\"".into()));
        return None;
    }
    for ((key, _), id) in tables.iter().zip(0..) {
        match value::name(key.get_ref()) {
            Ok(name) => drop(reader.nodes.insert(name, NodeId(id))),
            Err(what) => reader.fault_of(key.span().start, &what),
        }
    }
    let title = reader.text(top, "title", &value::title);
    let language = reader.text(top, "language", &one_of("language", LANGUAGES));
    let start = reader.node(top, "start");
    let on_hang_up = reader.node(top, "on_hang_up");
    let arguments = reader.arguments(top);
    let mut nodes = Some(Vec::new());
    for (key, value) in tables {
        let node = node(reader, key.get_ref(), &key.span(), value);
        nodes = nodes.zip(node).map(|(mut nodes, node)| {
            nodes.push(node);
            nodes
        });
    }
    Some(Flow {
        name: name.to_owned(),
        file: String::new(),
        version: 0,
        title: title?,
        language: language?,
        nodes: nodes?,
        start: start.unwrap_or(NodeId(0)),
        on_hang_up,
        arguments: arguments?,
        text: reader.text.to_owned(),
    })
}

/// The tables of the nodes in the order of the file.
fn nodes<'v>(
    reader: &mut Reader<'_>,
    top: Section<'v>,
) -> Option<Vec<(&'v Spanned<DeString<'v>>, &'v Item<'v>)>> {
    let table = reader.value(top, "nodes", |reader, value| {
        if !value.get_ref().is_table() {
            reader.fault(value.span().start, "nodes must be tables", Some("write [nodes.main]".into()));
        }
        Some(())
    });
    table.and_then(|()| top.get("nodes")).and_then(|value| value.get_ref().as_table()).map(in_order)
}

/// One node.
fn node(reader: &mut Reader<'_>, name: &str, at: &std::ops::Range<usize>, value: &Item<'_>) -> Option<Node> {
    let shown = format!("node \"{}\"", shown(name));
    let kinds = || keys::KINDS.iter().map(|kind| kind.word);
    let Some(table) = value.get_ref().as_table() else {
        reader.fault(
            at.start,
            format!("{shown} is not a table"),
            Some(format!("write [nodes.{}]", value::shown(name))),
        );
        return None;
    };
    let Some(word) = table.get("kind") else {
        let hint = Some(format!("write kind = one of {}", kinds().collect::<Vec<_>>().join(", ")));
        reader.fault(at.start, format!("{shown} has no kind"), hint);
        return None;
    };
    let text = word.get_ref().as_str().unwrap_or_default();
    let Some(kind) = keys::KINDS.iter().find(|kind| kind.word == text) else {
        let hint = did_you_mean(text, kinds())
            .unwrap_or_else(|| format!("known are {}", kinds().collect::<Vec<_>>().join(", ")));
        let what = format!("\"{}\" is not a kind of node", value::shown(text));
        reader.fault(word.span().start, what, Some(hint));
        return None;
    };
    let section = Section { kind, table, at, name: &shown };
    reader.refuse_unknown(section, keys::KINDS);
    let job = reader.job(section)?;
    Some(Node { name: name.to_owned(), place: place_of(reader.text, at.start), job })
}
