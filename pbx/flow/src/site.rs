//! What a site says of callers from outside: hours, lists, PINs, routes and mailboxes; checked values, made by the shell
//! from the configuration.

use crate::calendar::{Hours, Zone};
use crate::classes::{CallerClass, class_of};
use crate::clip::Language;
use crate::lists::List;
use crate::node::HangUpAs;
use crate::pins::{AGENT_PINS, Pin, Pins};
use crate::routes::Route;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Wrong PINs of a mailbox or an agent within [`PIN_WINDOW`] that lock it, and for how long.
const PIN_TRIES: u32 = 5;
const PIN_WINDOW: Duration = Duration::from_secs(600);
const PIN_LOCK: Duration = Duration::from_secs(900);

/// All of it. `Debug` shows no PIN.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SiteConfig {
    /// Where the clock of the site hangs.
    pub zone: Zone,
    /// In what language people are spoken to where nothing else says.
    #[serde(default)]
    pub language: Language,
    /// Opening hours by name.
    pub hours: BTreeMap<String, Hours>,
    /// Lists of numbers by name.
    pub lists: BTreeMap<String, List>,
    /// Classes of callers by name.
    #[serde(default)]
    pub classes: BTreeMap<String, CallerClass>,
    /// PINs by name.
    pub pins: BTreeMap<String, Pins>,
    /// Routes, in the order in which they are tried.
    pub routes: Vec<Route>,
    /// Mailboxes by the number of their extension or the name of their queue.
    pub mailboxes: BTreeMap<String, MailboxConfig>,
    /// How long is kept what the node `record` took, which is in no mailbox; zero: for ever.
    #[serde(default)]
    pub recorded_keep: Duration,
}

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxConfig {
    /// What lets one listen to it; `None`: only its own extension can, or the console.
    pub pin: Option<Pin>,
    /// A prompt of the site instead of the built-in greeting.
    pub greeting: Option<String>,
    /// Messages it holds; further ones are not taken.
    pub messages_max: usize,
    /// The longest message.
    pub longest: Duration,
    /// How long messages are kept.
    pub keep: Duration,
}

impl Default for MailboxConfig {
    /// A hundred messages of three minutes at most, kept for thirty days.
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3_600);
        Self {
            pin: None,
            greeting: None,
            messages_max: 100,
            longest: Duration::from_secs(180),
            keep: day * 30,
        }
    }
}

impl SiteConfig {
    /// Bytes of memory that it holds, near enough for a bound; lists that `before` holds, too, cost nothing.
    pub fn weight(&self, before: &Self) -> usize {
        let is_new =
            |(name, list): &(&String, &List)| !before.lists.get(*name).is_some_and(|old| old.is_same(list));
        let lists: usize = self.lists.iter().filter(is_new).map(|(_, list)| list.weight()).sum();
        let pins: usize = self.pins.values().map(Pins::weight).sum();
        // What one of each takes, with names of usual length.
        let rules: usize = self.hours.values().map(|hours| hours.week.len() + hours.special.len()).sum();
        let own: usize = self.classes.values().map(|class| class.numbers.weight()).sum();
        let few = rules
            + self.classes.len()
            + self.routes.len()
            + self.mailboxes.len()
            + self.lists.len()
            + self.pins.len();
        lists + own + pins + 256 * few
    }

    /// The class of who calls from that number, and its name; `None` if it is in none.
    pub fn class_of(&self, number: &str) -> Option<(&str, &CallerClass)> {
        class_of(number, &self.classes, &self.lists)
    }

    /// What has to do with the clock on the wall: `date`, `time`, `hour`, `minute`, `weekday`.
    pub fn of_the_time(&self, name: &str, unix_ms: i64) -> Option<Value> {
        let at = self.zone.civil(unix_ms);
        Some(match name {
            "date" => Value::text(&at.date().to_string()),
            "time" => Value::text(&format!("{:02}:{:02}", at.hour(), at.minute())),
            "hour" => Value::whole(at.hour().into()),
            "minute" => Value::whole(at.minute().into()),
            "weekday" => Value::whole(at.weekday().to_monday_one_offset().into()),
            _ => return None,
        })
    }

    /// What a PIN of a mailbox is held against. Of a box that is not there every PIN is wrong, and tries are counted alike.
    pub fn mailbox_pins(&self, mailbox: &str) -> Pins {
        let pin = self.mailboxes.get(mailbox).and_then(|config| config.pin.clone());
        let by_account = pin.map(|pin| (mailbox.to_owned(), pin)).into_iter().collect();
        Pins { one: None, by_account, tries_max: PIN_TRIES, window: PIN_WINDOW, lock: PIN_LOCK }
    }

    /// Takes over the PINs of agents, by their number. Wrong ones are counted as with mailboxes.
    pub fn set_agent_pins(&mut self, by_account: BTreeMap<String, Pin>) {
        let pins = Pins { one: None, by_account, tries_max: PIN_TRIES, window: PIN_WINDOW, lock: PIN_LOCK };
        self.pins.insert(AGENT_PINS.to_owned(), pins);
    }

    /// The same with PINs that nobody knows, for what leaves the machine. `key` must be random and thrown away.
    pub fn without_pins(&self, key: &[u8; 32]) -> Self {
        let mut told = self.clone();
        for pins in told.pins.values_mut() {
            *pins = pins.replaced(key);
        }
        for mailbox in told.mailboxes.values_mut() {
            mailbox.pin = mailbox.pin.as_ref().map(|pin| pin.replaced(key));
        }
        told
    }
}

/// What a clean-up finds in `outcome` if the flow tried to connect nobody: how the call ended, by the flow or, for `None`, by
/// the caller.
pub fn outcome(by_flow: Option<HangUpAs>, is_answered: bool) -> &'static str {
    match by_flow {
        _ if is_answered => "hung_up",
        None => "cancelled",
        Some(HangUpAs::Normal) => "unreachable",
        Some(HangUpAs::Busy) => "busy",
        Some(HangUpAs::Rejected) => "declined",
        Some(HangUpAs::NotFound) => "not_found",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pins_leave_neither_by_debug_nor_in_a_record() {
        let pin = Pin::of("4711", "salt");
        let hex = pin.written().rsplit(':').next().unwrap().to_owned();
        let pins = Pins {
            one: Some(pin.clone()),
            by_account: BTreeMap::from([("1001".to_owned(), pin.clone())]),
            tries_max: 3,
            window: Duration::from_secs(1),
            lock: Duration::from_secs(1),
        };
        let box_101 = MailboxConfig { pin: Some(pin.clone()), ..MailboxConfig::default() };
        let site = SiteConfig {
            pins: BTreeMap::from([("service".to_owned(), pins)]),
            mailboxes: BTreeMap::from([("101".to_owned(), box_101)]),
            ..SiteConfig::default()
        };
        assert!(!format!("{site:?}").contains(&hex));
        let told = site.without_pins(&[3; 32]);
        let hash = serde_json::to_string(&pin).unwrap();
        assert!(serde_json::to_string(&site).unwrap().contains(&hash), "the exchange has the true one");
        assert!(!serde_json::to_string(&told).unwrap().contains(&hash));
        let again: SiteConfig = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        assert_eq!(again, told);
    }
}
