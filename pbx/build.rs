//! Lists the prompts that are shipped, so that the program holds them itself and needs no files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let flows = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../flows");
    let prompts = flows.join("prompts");
    // What is not there counts as changed each time.
    println!("cargo::rerun-if-changed={}", if prompts.is_dir() { &prompts } else { &flows }.display());
    let mut files = Vec::new();
    if prompts.is_dir() {
        walk(&prompts, "", &mut files)?;
    }
    files.sort();
    let mut text = String::from("&[\n");
    for (name, path) in files {
        let path = path.canonicalize()?;
        let _ = writeln!(text, "    ({name:?}, include_bytes!({path:?}) as &[u8]),");
    }
    text.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("shipped_prompts.rs"), text)
}

/// All WAV files below a folder, by their name without the ending.
fn walk(folder: &Path, before: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") };
        if path.is_dir() {
            walk(&path, &name, files)?;
        } else if path.extension().is_some_and(|ending| ending == "wav") {
            files.push((name, path));
        }
    }
    Ok(())
}
