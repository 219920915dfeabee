//! Where in its file something of a flow is written.

use crate::exits::Entry;
use crate::fault::place_of;
use crate::flow::{Flow, Node, Place};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The place of a key of a node, or of an entry of it; that of the node if the key is not written. `root` is the file of
/// the flow.
pub(super) fn place(flow: &Flow, root: &DeTable<'_>, node: &Node, key: &str, entry: &Entry) -> Place {
    span(root, &node.name, key, entry).map_or(node.place, |span| place_of(&flow.text, span.start))
}

fn span(root: &DeTable<'_>, node: &str, key: &str, entry: &Entry) -> Option<Range<usize>> {
    let nodes = root.get("nodes")?.get_ref().as_table()?;
    let table = nodes.get(node)?.get_ref().as_table()?;
    // Some keys have two names.
    let other = match key {
        "prompt" => "text",
        "then" => "cases",
        "when" => "cases",
        _ => key,
    };
    let value = table.get(key).or_else(|| table.get(other))?;
    let whole = Some(value.span());
    match (entry, value.get_ref()) {
        (Entry::Name(name), DeValue::Table(entries)) => {
            entries.keys().find(|key| key.get_ref() == name.as_str()).map(toml::Spanned::span).or(whole)
        }
        (Entry::Place(at), DeValue::Array(list)) => list.get(*at).map(toml::Spanned::span).or(whole),
        (Entry::Place(at), DeValue::Table(entries)) => {
            let mut spans: Vec<_> = entries.keys().map(toml::Spanned::span).collect();
            spans.sort_by_key(|span| span.start);
            spans.into_iter().nth(*at).or(whole)
        }
        _ => whole,
    }
}
