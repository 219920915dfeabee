//! The prompts that the program holds itself: what lay in `flows/prompts` when it was built, as `en/digit/7`.

/// Name with the language before it, and the WAV file, in order of names.
static SHIPPED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped_prompts.rs"));

/// The WAV file of a prompt.
pub(super) fn find(name: &str) -> Option<&'static [u8]> {
    let at = SHIPPED.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    SHIPPED.get(at).map(|(_, wav)| *wav)
}

/// All names, in order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}
