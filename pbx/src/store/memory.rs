//! The index without a disk: what takes over when sled cannot be opened, so that the exchange starts all the same.

use super::index::{Index, IndexError, Visit};
use super::schema::Tree;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

/// Entries of one tree that are kept; beyond it the lowest keys of the trees that grow with time are dropped, since
/// the journal still has them. The lowest is the oldest, but for the trees by party: those may be four times as
/// large, so that they lose a row only when its CDR or recording is long gone.
const ENTRIES_MAX: usize = 50_000;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Trees in memory.
pub(super) struct MemoryIndex {
    trees: [RwLock<Entries>; Tree::ALL.len()],
    entries_max: usize,
}

impl MemoryIndex {
    pub(super) fn new() -> Self {
        Self::bounded(ENTRIES_MAX)
    }

    fn bounded(entries_max: usize) -> Self {
        Self { trees: std::array::from_fn(|_| RwLock::default()), entries_max }
    }

    fn tree(&self, tree: Tree) -> Result<&RwLock<Entries>, IndexError> {
        self.trees.get(tree as usize).ok_or_else(|| IndexError::Failed("no such tree".into()))
    }
}

impl Index for MemoryIndex {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.tree(tree)?.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn put(&self, tree: Tree, key: &[u8], value: &[u8]) -> Result<(), IndexError> {
        let mut entries = self.tree(tree)?.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(key.to_vec(), value.to_vec());
        let entries_max = match tree {
            // Bounded by the configuration: so many phones, so many calls at once, so many messages in all boxes; or by the exchange.
            Tree::Meta
            | Tree::Bindings
            | Tree::Subscriptions
            | Tree::OpenCalls
            | Tree::Messages
            | Tree::Agents
            | Tree::Doors => usize::MAX,
            Tree::CdrsByParty | Tree::RecordingsByParty => self.entries_max.saturating_mul(4),
            Tree::Cdrs
            | Tree::CdrsByCall
            | Tree::CdrsByNumber
            | Tree::Events
            | Tree::Facts
            | Tree::DecisionsByCall
            | Tree::InboxFacts
            | Tree::EventsByCall
            | Tree::Recordings
            | Tree::RecordingsByCall => self.entries_max,
        };
        if entries.len() > entries_max {
            entries.pop_first();
        }
        Ok(())
    }

    fn remove(&self, tree: Tree, key: &[u8]) -> Result<(), IndexError> {
        self.tree(tree)?.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }

    fn scan(
        &self,
        tree: Tree,
        from: &[u8],
        to: Option<&[u8]>,
        backwards: bool,
        visit: &mut Visit<'_>,
    ) -> Result<(), IndexError> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let entries = self.tree(tree)?.read().unwrap_or_else(PoisonError::into_inner);
        let range =
            entries.range::<[u8], _>((Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded)));
        let _ = if backwards {
            range.rev().try_for_each(|(k, v)| visit(k, v))
        } else {
            range.into_iter().try_for_each(|(k, v)| visit(k, v))
        };
        Ok(())
    }

    fn flush(&self) -> Result<(), IndexError> {
        Ok(())
    }

    fn is_whole(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::ops::ControlFlow;

    #[test]
    fn it_forgets_the_oldest_first_and_never_a_binding() {
        let index = MemoryIndex::bounded(10);
        for n in 0..100_u8 {
            index.put(Tree::Events, &[n], &[]).unwrap();
            index.put(Tree::Bindings, &[n], &[]).unwrap();
        }
        let count = |tree| {
            let mut keys = Vec::new();
            index
                .scan(tree, &[], None, false, &mut |k, _| {
                    keys.push(k[0]);
                    ControlFlow::Continue(())
                })
                .unwrap();
            keys
        };
        assert_eq!(count(Tree::Events), (90..100).collect::<Vec<u8>>());
        assert_eq!(count(Tree::Bindings).len(), 100);
    }
}
