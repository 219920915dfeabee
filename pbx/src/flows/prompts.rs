//! What prompts say, for who rehearses flows.

use std::path::Path;
use switchroom_flow::rehearse::Prompts;

/// The words of the prompts that ship.
const SHIPPED: &str = include_str!("../../../flows/prompts/prompts.toml");
/// What words of a site's own prompts stand in, in each folder of them.
const MANIFEST: &str = "prompts.toml";
/// What prompts say: the shipped ones, and those of these folders that say so in `prompts.toml`. The texts are what is wrong
/// with such files.
pub fn texts(dirs: &[impl AsRef<Path>]) -> (Prompts, Vec<String>) {
    let mut wrong = Vec::new();
    let mut prompts = Prompts::parse(SHIPPED).unwrap_or_default();
    // The first folder that has one counts, so it comes last.
    for dir in dirs.iter().rev() {
        let path = dir.as_ref().join(MANIFEST);
        if !path.exists() {
            continue;
        }
        match super::text(&path).and_then(|text| Prompts::parse(&text)) {
            Ok(more) => prompts.extend(more),
            Err(what) => wrong.push(format!("{}: {what}", path.display())),
        }
    }
    (prompts, wrong)
}
