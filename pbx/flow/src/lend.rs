//! Which flows a caller may be lent to: one who is to come back is connected with nobody else meanwhile.

use crate::flow::{Flow, Flows};
use crate::node::Job;
use std::collections::BTreeSet;

/// The first place of a flow, or of those that it runs, at which callers are connected with somebody or wait for it:
/// `node "ring" of flow "office" dials`. None: a caller may be lent to the flow.
pub fn connects(flow: &Flow, flows: &Flows) -> Option<String> {
    let (mut open, mut seen) = (vec![flow], BTreeSet::from([flow.name.as_str()]));
    while let Some(flow) = open.pop() {
        for node in &flow.nodes {
            let what = match &node.job {
                Job::Dial { .. } => "dials",
                Job::Queue { .. } => "lets callers wait in a queue",
                Job::Sub { flow: inner, .. } => {
                    open.extend(flows.get(inner).filter(|_| seen.insert(inner)).map(AsRef::as_ref));
                    continue;
                }
                _ => continue,
            };
            return Some(format!("node \"{}\" of flow \"{}\" {what}", node.name, flow.name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    fn all(texts: &[(&str, &str)]) -> Flows {
        let read = |(name, text): &(&str, &str)| {
            let (flow, faults) = crate::read(&format!("{name}.toml"), 1, text);
            ((*name).to_owned(), Arc::new(flow.ok_or(faults).unwrap()))
        };
        texts.iter().map(read).collect()
    }

    #[test]
    fn a_flow_that_dials_itself_or_by_another_takes_nobody_who_is_lent() {
        let head = "start = \"a\"\n";
        let flows = all(&[
            ("pin", &format!("{head}[nodes.a]\nkind = \"pin\"\npins = \"staff\"\n")),
            ("office", &format!("{head}[nodes.a]\nkind = \"dial\"\nto = \"101\"\n")),
            ("line", &format!("{head}[nodes.a]\nkind = \"queue\"\nqueue = \"sales\"\n")),
            ("outer", &format!("{head}[nodes.a]\nkind = \"flow\"\nflow = \"office\"\n")),
            ("around", &format!("{head}[nodes.a]\nkind = \"flow\"\nflow = \"around\"\n")),
            ("loose", &format!("{head}[nodes.a]\nkind = \"flow\"\nflow = \"gone\"\n")),
        ]);
        let told = |name: &str| connects(flows.get(name).unwrap(), &flows);
        assert_eq!(told("pin"), None);
        assert_eq!(told("office").unwrap(), "node \"a\" of flow \"office\" dials");
        assert_eq!(told("line").unwrap(), "node \"a\" of flow \"line\" lets callers wait in a queue");
        assert_eq!(told("outer").unwrap(), "node \"a\" of flow \"office\" dials");
        assert_eq!((told("around"), told("loose")), (None, None), "a circle, and one that is not there");
    }
}
