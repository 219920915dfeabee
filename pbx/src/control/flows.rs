//! The flows in force as screens show them.

use super::query::failed;
use super::server::Server;
use std::collections::{BTreeMap, BTreeSet};
use switchroom_flow::show::{Line, describe, outline, outline_by_place};
use switchroom_flow::{Fault, Flow, Flows};
use switchroom_wire::{Answer, CommandError, FLOW_TEXT_MAX, FLOWS_SHOWN, FaultView, FlowView, OutlineView};

/// Faults of one file that are told.
const FAULTS_SHOWN: usize = 50;

/// All flows. Who does not see everything is told no text of a file, which may hold numbers and addresses.
pub(super) async fn answer(server: &Server, is_clear: bool) -> Result<Answer, CommandError> {
    let flows = server.engine.ask(|x| x.config().flows.clone()).await.map_err(failed)?;
    let in_force = server.in_force.clone();
    // Whoever reads flows again holds it meanwhile.
    let drawn: fn(&Flow) -> Vec<Line> = if is_clear { outline } else { outline_by_place };
    let views = move || views(&flows, (&in_force.faults(), &in_force.behind()), drawn);
    let views = tokio::task::spawn_blocking(views).await;
    let mut views = views.map_err(|_| failed("the flows could not be drawn"))?;
    if !is_clear {
        views.iter_mut().for_each(mask);
    }
    Ok(Answer::Flows(views))
}

/// What is not for everybody to see, beside the conditions.
fn mask(view: &mut FlowView) {
    view.text.clear();
    view.faults.clear();
    view.outline.iter_mut().for_each(|line| line.does = line.does.split(' ').take(1).collect());
}

fn views(
    flows: &Flows,
    (faults, behind): (&BTreeMap<String, Vec<Fault>>, &BTreeSet<String>),
    drawn: fn(&Flow) -> Vec<Line>,
) -> Vec<FlowView> {
    let of = |name: &str| faults.get(name).into_iter().flatten().take(FAULTS_SHOWN).map(fault).collect();
    let in_force = flows.values().map(|flow| FlowView {
        faults: of(&flow.name),
        is_behind: behind.contains(&flow.name),
        ..view(flow, drawn)
    });
    let refused =
        faults.iter().filter(|(name, _)| !flows.contains_key(*name)).map(|(name, faults)| FlowView {
            name: name.clone(),
            file: faults.first().map(|fault| fault.file.clone()).unwrap_or_default(),
            faults: of(name),
            ..FlowView::default()
        });
    let mut all: Vec<FlowView> = in_force.chain(refused).take(FLOWS_SHOWN).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn fault(of: &Fault) -> FaultView {
    FaultView {
        file: of.file.clone(),
        line: of.line,
        column: of.column,
        is_warning: of.is_warning,
        what: of.what.clone(),
        hint: of.hint.clone().unwrap_or_default(),
    }
}

fn view(flow: &Flow, drawn: fn(&Flow) -> Vec<Line>) -> FlowView {
    let line = |line: Line| {
        let node = line.to.and_then(|id| flow.node(id));
        OutlineView {
            indent: line.head,
            by: line.label,
            node: node.map(|node| node.name.clone()).unwrap_or_default(),
            is_jump: line.is_jump,
            does: node
                .filter(|_| !line.is_jump)
                .map(|node| describe(&node.job, flow.language))
                .unwrap_or_default(),
            line: node.map(|node| node.place.line).unwrap_or_default(),
        }
    };
    let mut end = flow.text.len().min(FLOW_TEXT_MAX);
    while !flow.text.is_char_boundary(end) {
        end -= 1;
    }
    FlowView {
        name: flow.name.clone(),
        title: flow.title.clone(),
        file: flow.file.clone(),
        version: flow.version,
        outline: drawn(flow).into_iter().map(line).collect(),
        text: flow.text.get(..end).unwrap_or_default().to_owned(),
        faults: Vec::new(),
        is_behind: false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../console/tests/fixtures");

    /// What the console's tests are shown: flows of a folder, one of them not in force.
    #[test]
    fn flows_are_told_as_the_console_has_them_in_its_tests() {
        let dir = std::path::Path::new(FOLDER).join("flows");
        let known = switchroom_flow::check::Known::default();
        let found = crate::flows::read(&dir, &known, &Flows::default());
        let mut faults: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
        for mut fault in found.faults.clone() {
            let name = std::path::Path::new(&fault.file).file_stem().unwrap().to_str().unwrap().to_owned();
            fault.file = format!("flows/{name}.toml");
            faults.entry(name).or_default().push(fault);
        }
        let mut told = views(&found.flows, (&faults, &found.behind), outline);
        told.iter_mut().for_each(|view| view.file = format!("flows/{}.toml", view.name));
        let names: Vec<_> = told.iter().map(|view| (view.name.as_str(), view.version)).collect();
        assert_eq!(names, [("main", 1), ("night", 0), ("survey", 1)]);
        let file = format!("{FOLDER}/flows.ndjson");
        let text = format!("{}\n", serde_json::to_string(&told).unwrap());
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "write it anew with UPDATE_FIXTURES=1");
        let menu = told[0].outline.iter().find(|line| line.node == "menu" && !line.is_jump).unwrap();
        assert_eq!(told[0].text.lines().nth(menu.line as usize - 1), Some("[nodes.menu]"));
        assert!(told.iter().all(|view| !view.is_behind));
        let behind = views(&found.flows, (&faults, &BTreeSet::from(["main".to_owned()])), outline);
        assert_eq!(behind.iter().filter(|view| view.is_behind).count(), 1);
        let mut masked = told[0].clone();
        mask(&mut masked);
        let words: Vec<_> = masked.outline.iter().map(|line| line.does.as_str()).collect();
        assert!(masked.text.is_empty() && words.contains(&"menu"), "{masked:?}");
    }
}
