//! The flows and prompts that are shipped.

use crate::audio::read_wav;
use std::path::{Path, PathBuf};

/// Their folder in the source.
///
/// # Panics
/// If this package stands in no workspace.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("flows")
}

/// The samples of a prompt of theirs, as `msg/goodbye`.
///
/// # Panics
/// If there is none of that name.
pub fn prompt(language: &str, name: &str) -> Vec<i16> {
    read_wav(&shipped().join(format!("prompts/{language}/{name}.wav"))).1.swap_remove(0)
}
