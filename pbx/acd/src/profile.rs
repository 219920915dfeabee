//! Who may serve a caller at the moment: skills with levels, the highest tier, perhaps one agent only. Callers of the same
//! profile form one line, so that an agent who becomes free looks at the head of each line only.

use crate::agent::Agent;
use crate::config::{Membership, QueueConfig};
use crate::fact::Bar;

/// What is asked of an agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Profile {
    /// Skills and least levels, by name.
    pub needs: Vec<(String, u8)>,
    /// The highest tier that is asked.
    pub tier: u8,
}

impl Profile {
    /// What a queue asks after so long a wait, and when it will ask for less.
    pub fn after(config: &QueueConfig, waited: u64) -> (Self, Option<u64>) {
        let mut next: Option<u64> = None;
        let mut soonest = |at: u64| next = Some(next.map_or(at, |n| n.min(at)));
        let mut needs = Vec::new();
        for need in &config.needs {
            let mut level = need.level;
            for (after, relaxed) in &need.relaxes {
                if *after <= waited {
                    level = *relaxed;
                } else {
                    soonest(*after);
                    break;
                }
            }
            if level > 0 {
                needs.push((need.skill.clone(), level));
            }
        }
        needs.sort();
        let tier = match waited.checked_div(config.tier_after) {
            None => u8::MAX,
            Some(stage) => {
                let tier = u8::try_from(stage.saturating_add(1)).unwrap_or(u8::MAX).min(9);
                if tier < 9 {
                    soonest(config.tier_after.saturating_mul(u64::from(tier)));
                }
                tier
            }
        };
        (Self { needs, tier }, next)
    }

    /// What of it speaks against an agent.
    pub fn bar(&self, agent: &Agent, place: Membership) -> Option<Bar> {
        for (skill, asked) in &self.needs {
            let has = agent.config.skills.get(skill).copied().unwrap_or(0);
            if has < *asked {
                return Some(Bar::Skill { skill: skill.clone(), asked: *asked, has });
            }
        }
        (place.tier > self.tier).then_some(Bar::Tier { tier: place.tier })
    }

    /// The sum of an agent's levels in the skills asked for.
    pub fn levels(&self, agent: &Agent) -> i64 {
        self.needs
            .iter()
            .map(|(skill, _)| i64::from(agent.config.skills.get(skill).copied().unwrap_or(0)))
            .sum()
    }
}
