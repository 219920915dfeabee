//! The people at the phones.

use super::{Checker, Verdict, broken};
use crate::sim::world::World;

/// Nobody sits in a call that is over.
#[derive(Debug, Default)]
pub(super) struct NobodyIsForgotten;

impl Checker for NobodyIsForgotten {
    fn rule(&self) -> &'static str {
        "no phone is left in a call that is over"
    }

    fn rest(&mut self, world: &World) -> Verdict {
        let left: Vec<&str> = world
            .handsets
            .iter()
            .filter(|h| h.phone.is_in_call())
            .map(|h| h.setup.extension.as_str())
            .collect();
        if left.is_empty() { Ok(()) } else { broken(None, format!("{left:?} are still in a call")) }
    }
}
