//! Which prompts there are by name, and what they say, for who checks or rehearses flows.

use crate::media;
use std::collections::BTreeSet;
use std::path::Path;
use switchroom_flow::rehearse::Prompts;

/// The words of the prompts that ship.
const SHIPPED: &str = include_str!("../../../flows/prompts/prompts.toml");
/// What words of a site's own prompts stand in, in each folder of them.
const MANIFEST: &str = "prompts.toml";
/// Prompts of all folders that are looked for.
const NAMES_MAX: usize = 20_000;
/// Folders within each other.
const DEPTH_MAX: usize = 6;
/// Folders that are the language of what is in them.
const LANGUAGES: [&str; 2] = ["en", "zh"];

/// Names of all prompts, the shipped ones and those in these folders: `digit/7` for `en/digit/7.wav`.
pub fn known_prompts(dirs: &[impl AsRef<Path>]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = media::shipped_names().map(str::to_owned).collect();
    for dir in dirs {
        look(dir.as_ref(), "", DEPTH_MAX, &mut names);
    }
    names
}

fn look(dir: &Path, above: &str, depth: usize, names: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if names.len() >= NAMES_MAX {
            return;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && depth > 0 {
            let is_language = above.is_empty() && LANGUAGES.contains(&name.as_str());
            let within = if is_language { String::new() } else { format!("{above}{name}/") };
            look(&path, &within, depth - 1, names);
        } else if let Some(stem) = name.strip_suffix(".wav") {
            names.insert(format!("{above}{stem}"));
        }
    }
}

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
