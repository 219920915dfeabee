//! The corpus in `tests/sip` and what several test programs need of it.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/sip/torture")
}

/// One message of the corpus by its name in RFC 4475.
pub fn torture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.dat"))).unwrap()
}

/// Names and bytes of all messages of the corpus, in the order of their names.
pub fn all_torture() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "dat"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}
