//! Shares callers out: exactly as the parts say over each round, and spread evenly within it.
//!
//! Smooth weighted round robin: each part gains its weight, the richest is chosen and pays the sum of all weights. After as
//! many callers as the weights make together (100, if they are per cent) each part was chosen exactly as often as its weight
//! says, whichever caller one begins to count at. Nothing is drawn by lot.

use crate::limits::SHARES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where all `share` nodes stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shares {
    /// By flow and node.
    nodes: BTreeMap<String, BTreeMap<String, Share>>,
    /// Callers shared out in all.
    callers: u64,
}

/// Where one stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Share {
    parts: Vec<u32>,
    /// What each part has gained and not paid.
    gained: Vec<i64>,
    /// The last caller that was shared out here.
    used: u64,
}

impl Shares {
    /// The part that the next caller at a node belongs to. Where the parts are others than last time, counting begins anew.
    /// Without any part, or with only such of nothing, it is the first.
    pub fn next(&mut self, flow: &str, node: &str, parts: &[u32]) -> usize {
        self.callers = self.callers.saturating_add(1);
        let is_known = self.nodes.get(flow).is_some_and(|nodes| nodes.contains_key(node));
        if !is_known && self.len() >= SHARES_MAX {
            self.forget_oldest();
        }
        let begun = || Share { parts: parts.to_vec(), gained: vec![0; parts.len()], used: 0 };
        let share =
            self.nodes.entry(flow.to_owned()).or_default().entry(node.to_owned()).or_insert_with(begun);
        if share.parts != parts || share.gained.len() != parts.len() {
            *share = begun();
        }
        share.used = self.callers;
        share.choose()
    }

    /// Nodes that are kept, at most [`SHARES_MAX`].
    pub fn len(&self) -> usize {
        self.nodes.values().map(BTreeMap::len).sum()
    }

    /// Whether nobody was shared out yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Forgets the node that was not used for longest.
    fn forget_oldest(&mut self) {
        let all =
            self.nodes.iter().flat_map(|(f, nodes)| nodes.iter().map(move |(n, share)| (share.used, f, n)));
        let Some((_, flow, node)) = all.min().map(|(used, f, n)| (used, f.clone(), n.clone())) else {
            return;
        };
        if let Some(nodes) = self.nodes.get_mut(&flow) {
            nodes.remove(&node);
            if nodes.is_empty() {
                self.nodes.remove(&flow);
            }
        }
    }
}

impl Share {
    fn choose(&mut self) -> usize {
        let mut chosen: Option<(usize, i64)> = None;
        for (place, (gained, part)) in self.gained.iter_mut().zip(&self.parts).enumerate() {
            *gained = gained.saturating_add(i64::from(*part));
            // Of equals the first; what has no weight is never chosen.
            if *part > 0 && chosen.is_none_or(|(_, most)| *gained > most) {
                chosen = Some((place, *gained));
            }
        }
        let total = self.parts.iter().map(|part| i64::from(*part)).fold(0, i64::saturating_add);
        let place = chosen.map_or(0, |(place, _)| place);
        if let Some(gained) = self.gained.get_mut(place) {
            *gained = gained.saturating_sub(total);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(parts: &[u32], count: usize) -> Vec<usize> {
        let mut shares = Shares::default();
        (0..count).map(|_| shares.next("main", "split", parts)).collect()
    }

    #[test]
    fn every_hundred_callers_in_a_row_are_shared_exactly() {
        let splits: [&[u32]; 7] =
            [&[60, 40], &[100], &[1, 99], &[33, 33, 34], &[0, 100], &[25, 25, 25, 25], &[7, 13, 80]];
        for parts in splits {
            let drawn = drawn(parts, 350);
            for window in drawn.windows(100) {
                for (place, part) in parts.iter().enumerate() {
                    let count = window.iter().filter(|p| **p == place).count();
                    assert_eq!(count, usize::try_from(*part).unwrap_or_default(), "{parts:?}");
                }
            }
        }
    }

    #[test]
    fn they_are_well_spread() {
        assert_eq!(drawn(&[60, 40], 10), [0, 1, 0, 1, 0, 0, 1, 0, 1, 0]);
        // The next turn of a part comes within twice the time that its weight says.
        let drawn = drawn(&[80, 15, 5], 300);
        for (place, part) in [(0, 80), (1, 15), (2, 5)] {
            let turns: Vec<usize> = (0..300).filter(|n| drawn.get(*n) == Some(&place)).collect();
            let longest = turns.windows(2).filter_map(|w| Some(w.get(1)? - w.first()?)).max();
            assert!(longest.is_some_and(|l| l < 2 * 100_usize.div_ceil(part)), "{part}: {longest:?}");
        }
    }

    #[test]
    fn other_parts_begin_anew_and_nodes_do_not_disturb_each_other() {
        let mut shares = Shares::default();
        assert_eq!(shares.next("main", "split", &[50, 50]), 0);
        assert_eq!(shares.next("main", "other", &[50, 50]), 0);
        assert_eq!(shares.next("main", "split", &[50, 50]), 1);
        assert_eq!(shares.next("main", "split", &[10, 90]), 1);
        assert_eq!(shares.next("main", "split", &[50, 50]), 0);
        assert_eq!(shares.next("main", "other", &[50, 50]), 1);
        for odd in [&[] as &[u32], &[0, 0], &[u32::MAX; 3]] {
            assert_eq!(shares.next("main", "odd", odd), 0);
        }
    }

    #[test]
    fn the_table_is_bounded_and_outlives_a_restart() -> Result<(), serde_json::Error> {
        let mut shares = Shares::default();
        for n in 0..SHARES_MAX {
            shares.next(&format!("flow{}", n % 70), &format!("node{n}"), &[50, 50]);
        }
        shares.next("flow0", "node0", &[50, 50]);
        shares.next("new", "node", &[50, 50]);
        assert_eq!(shares.len(), SHARES_MAX);
        let mut again: Shares = serde_json::from_str(&serde_json::to_string(&shares)?)?;
        assert_eq!(again, shares);
        assert_eq!(again.next("new", "node", &[50, 50]), 1, "goes on where it was");
        assert_eq!(again.next("flow1", "node1", &[50, 50]), 0, "the oldest was forgotten");
        Ok(())
    }
}
