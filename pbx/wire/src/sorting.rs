//! By what an agent was sorted, as a person reads it: the values of keys are made for comparing.

use crate::floor::DecisionView;

/// The value of one key of a queue's order, for one agent at the moment of one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sorted {
    /// The agent's tier.
    Tier(i64),
    /// The level in the one skill that was asked for: skill and asked level, then what the agent has.
    Skill(String, i64),
    /// Levels in all skills that were asked for, together.
    Skills(i64),
    /// Milliseconds since the agent's last call.
    Idle(u64),
    /// So many offers of any queue ago the agent was asked in this queue.
    Asked(u64),
    /// The agent was not asked in this queue yet.
    NotAsked,
    /// Calls answered today.
    Calls(i64),
    /// Milliseconds talked today.
    Talk(u64),
    /// Place in the list, from 1.
    Place(i64),
    /// What was drawn, in thousandths: the smaller, the sooner.
    Lot(i64),
    /// A key that is not known here, or a value that says nothing by itself.
    Other(String, i64),
}

impl DecisionView {
    /// What the values of keys of a candidate say.
    pub fn sorted(&self, keys: &[i64]) -> Vec<Sorted> {
        self.order.iter().zip(keys).map(|(key, value)| self.one(key, *value)).collect()
    }

    fn one(&self, key: &str, value: i64) -> Sorted {
        let before = |last: u64| u64::try_from(value).ok().and_then(|value| last.checked_sub(value));
        let other = || Sorted::Other(key.to_owned(), value);
        match key {
            "tier" => Sorted::Tier(value),
            "skill" => match self.needs.as_slice() {
                [one] => Sorted::Skill(one.clone(), value.saturating_neg()),
                _ => Sorted::Skills(value.saturating_neg()),
            },
            // Records of before the clock was written down have none.
            "longest_idle" if self.mono_ms > 0 => before(self.mono_ms).map_or_else(other, Sorted::Idle),
            "round_robin" if value == 0 => Sorted::NotAsked,
            "round_robin" => before(self.offer).map_or_else(other, Sorted::Asked),
            "fewest_calls" => Sorted::Calls(value),
            "least_talk" => u64::try_from(value).map_or_else(|_| other(), Sorted::Talk),
            "linear" => Sorted::Place(value.saturating_add(1)),
            "weighted" => Sorted::Lot(value / 1_000_000),
            _ => other(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_keys_say_what_they_mean() {
        let order = ["tier", "skill", "longest_idle", "round_robin", "fewest_calls", "least_talk", "linear"];
        let mut view = DecisionView {
            order: order.iter().map(|key| (*key).to_owned()).collect(),
            needs: vec!["english 2".into()],
            mono_ms: 300_000,
            offer: 20,
            ..DecisionView::default()
        };
        let wanted = [
            Sorted::Tier(1),
            Sorted::Skill("english 2".into(), 3),
            Sorted::Idle(250_000),
            Sorted::Asked(6),
            Sorted::Calls(4),
            Sorted::Talk(90_000),
            Sorted::Place(1),
        ];
        assert_eq!(view.sorted(&[1, -3, 50_000, 14, 4, 90_000, 0]), wanted);
        view.order = vec!["round_robin".into(), "skill".into(), "longest_idle".into(), "weighted".into()];
        (view.needs, view.mono_ms) = (vec!["a 1".into(), "b 2".into()], 0);
        let wanted = [
            Sorted::NotAsked,
            Sorted::Skills(9),
            Sorted::Other("longest_idle".into(), 50_000),
            Sorted::Lot(1_250),
        ];
        assert_eq!(view.sorted(&[0, -9, 50_000, 1_250_000_000]), wanted);
        assert_eq!(view.sorted(&[30, 0]).first(), Some(&Sorted::Other("round_robin".into(), 30)), "of later");
    }
}
