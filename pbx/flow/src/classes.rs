//! Classes of callers: who matters more, by number. A caller's class is a name for flows (`class == 'vip'`) and figures, and
//! the priority that the caller has in queues unless the flow says otherwise.

use crate::lists::List;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Classes that a site may have.
pub const CLASSES_MAX: usize = 64;

/// A class of callers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerClass {
    /// Numbers and beginnings of numbers of its own.
    pub numbers: List,
    /// A list of the site: who is in it is of this class.
    pub list: Option<String>,
    /// Of that list only entries with this value; `None`: all.
    pub value: Option<String>,
    /// In queues, 0 to 9; the higher, the sooner.
    pub priority: i64,
}

impl CallerClass {
    fn has(&self, number: &str, lists: &BTreeMap<String, List>) -> bool {
        if self.numbers.find(number).is_some() {
            return true;
        }
        let entry = self.list.as_ref().and_then(|name| lists.get(name)).and_then(|list| list.find(number));
        entry.is_some_and(|entry| self.value.as_ref().is_none_or(|value| value == entry.value))
    }
}

/// The class of a caller, and its name: of those that the number is in, the one of the highest priority, then by name.
/// `None` for a withheld number.
pub fn class_of<'c>(
    number: &str,
    classes: &'c BTreeMap<String, CallerClass>,
    lists: &BTreeMap<String, List>,
) -> Option<(&'c str, &'c CallerClass)> {
    if number.is_empty() {
        return None;
    }
    let of = classes.iter().filter(|(_, class)| class.has(number, lists));
    // The first of several that are the highest, and so the first by name.
    let best = of.min_by_key(|(_, class)| std::cmp::Reverse(class.priority));
    best.map(|(name, class)| (name.as_str(), class))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_class_that_has_the_number_is_the_callers() {
        let list = |text: &str| List::parse(text).unwrap();
        let lists = BTreeMap::from([("vip".to_owned(), list("number,value\n+861381*,gold\n555,silver\n"))]);
        let class = |numbers: &str, of: Option<(&str, Option<&str>)>, priority| CallerClass {
            numbers: list(numbers),
            list: of.map(|(list, _)| list.to_owned()),
            value: of.and_then(|(_, value)| value).map(str::to_owned),
            priority,
        };
        let classes = BTreeMap::from([
            ("board".to_owned(), class("100,\n101,\n", None, 9)),
            ("gold".to_owned(), class("", Some(("vip", Some("gold"))), 6)),
            ("guest".to_owned(), class("55*,\n", None, 3)),
            ("known".to_owned(), class("", Some(("vip", None)), 3)),
            ("lost".to_owned(), class("", Some(("gone", None)), 8)),
        ]);
        let of =
            |number: &str| class_of(number, &classes, &lists).map(|(name, class)| (name, class.priority));
        assert_eq!(of("101"), Some(("board", 9)));
        assert_eq!(of("+86 138 1234"), Some(("gold", 6)), "as lists write numbers, however they come");
        assert_eq!(of("555"), Some(("guest", 3)), "of two as high the first by name; silver is not gold");
        assert_eq!((of("777"), of("")), (None, None));
    }
}
