//! What is said, as words: the clips' names looked up in the shipped manifest.
#![allow(clippy::unwrap_used, clippy::panic)]

mod chinese;
mod english;
mod prompt_files;
mod reach;
mod reading;

use super::manifest::{self, Texts};
use crate::clip::{Clip, Language};
use std::path::PathBuf;
use std::sync::LazyLock;

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    manifest::parse(&std::fs::read_to_string(folder().join("prompts.toml")).unwrap()).unwrap()
});

/// Where the shipped prompts are.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../flows/prompts")
}

/// The words of clips: in Chinese without blanks, with a comma for a pause.
fn words(clips: &[Clip]) -> String {
    let mut words = String::new();
    for clip in clips {
        match clip {
            Clip::Prompt { language, name } => {
                let text = TEXTS.get(name).and_then(|texts| texts.get(language));
                if *language == Language::En && !words.is_empty() {
                    words.push(' ');
                }
                words.push_str(
                    text.unwrap_or_else(|| panic!("{name} is not in the manifest in {language:?}")),
                );
            }
            Clip::Pause(_) => words.push(','),
            other => panic!("{other:?} is no clip of the prompt set"),
        }
    }
    words
}

/// Whole numbers, in no particular order: small ones, those around powers of ten, and many of every length.
fn sample() -> impl Iterator<Item = u64> {
    let around = (1..=12).flat_map(|power| {
        let ten = 10_u64.pow(power);
        (1..=9).flat_map(move |figure| {
            let at = ten * figure;
            [at - 1, at, at + 1, at + 9, at + 10, at + 12, at + at / 10, at + at / 100, at + at / 10_000]
        })
    });
    let mut state = 7_u64;
    let scattered = (0..15_000).map(move |turn| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = turn % 12 + 1;
        // Some have zeros in the middle, as numbers of people do.
        let n = (state >> 20) % 10_u64.pow(length);
        let hole = 10_u64.pow(u32::try_from(state >> 61).unwrap());
        if turn % 3 == 0 { n / hole / 100 * hole * 100 + n % hole } else { n }
    });
    (0..12_000).chain(around).chain(scattered).filter(|n| *n <= super::GREATEST)
}
