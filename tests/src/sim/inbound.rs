//! What callers from outside find in a run: numbers that lead into random flows, to extensions and nowhere; and what
//! they press.

use super::dice::Dice;
use super::faults::Faults;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use switchroom_flow::calendar::{Hours, Zone, week_rule};
use switchroom_flow::classes::CallerClass;
use switchroom_flow::lists::List;
use switchroom_flow::node::Job;
use switchroom_flow::number::Pattern;
use switchroom_flow::pins::{Pin, Pins};
use switchroom_flow::rehearse::chance::Chance;
use switchroom_flow::rehearse::random;
use switchroom_flow::routes::{Caller, Destination, Refusal, Route, When, Who};
use switchroom_flow::{Flows, Language, MailboxConfig, SiteConfig};
use switchroom_sip::rng::Rng;

/// What callers type when something secret is asked for: long enough to be nothing else by chance.
pub const SECRET: &str = "7391564820";
/// Its beginning, which is the right PIN everywhere.
pub const PIN: &str = "739156";
/// The numbers that lead into flows begin so; no extension does.
const NUMBERS: [&str; 5] = ["4001", "4002", "4003", "4004", "4005"];
/// Agents by phone: who calls from an extension of an agent signs in there, others by the PIN of agent 2. Random flows act as
/// agents too, but seldom twice.
const AGENTS: &str = r#"
[nodes.own]
kind = "agent"
do = "sign_in"
next = "menu"
refused = "pin"
[nodes.pin]
kind = "pin"
pins = "agent"
of = "'2'"
next = "sign_in"
wrong = "menu"
[nodes.sign_in]
kind = "agent"
do = "sign_in"
agent = "2"
next = "menu"
refused = "menu"
[nodes.menu]
kind = "menu"
prompt = "@office/welcome"
keys = { 1 = "lunch", 2 = "toggle", 3 = "sign_out", 7 = "ready" }
otherwise = "bye"
[nodes.lunch]
kind = "agent"
do = "break"
reason = "lunch"
next = "menu"
refused = "menu"
[nodes.toggle]
kind = "agent"
do = "toggle"
reason = "paper"
next = "menu"
refused = "bye"
[nodes.ready]
kind = "agent"
do = "ready"
next = "bye"
refused = "bye"
[nodes.sign_out]
kind = "agent"
do = "sign_out"
next = "bye"
refused = "bye"
[nodes.bye]
kind = "hang_up"
prompt = "@msg/goodbye"
"#;
/// The flow that callers are sent to by who talks with them, and come back from. It is there on every site.
pub const LENT: &str = "lent";
const LENT_FLOW: &str = r#"
[nodes.card]
kind = "collect"
prompt = "@office/welcome"
into = "card"
secret = true
min = 4
max = 10
tries = 1
next = "got"
failed = "menu"
[nodes.got]
kind = "return"
value = "'verified'"
[nodes.menu]
kind = "menu"
prompt = "@office/welcome"
keys = { 1 = "got", 2 = "bye" }
tries = 1
otherwise = "failed"
[nodes.failed]
kind = "return"
value = "'failed'"
[nodes.bye]
kind = "hang_up"
prompt = "@msg/goodbye"
"#;
/// To an extension, nowhere, into a queue that is not there, and to no route at all.
const OTHERS: [&str; 4] = ["4101", "4102", "4103", "4199"];

/// Flows of a run and who calls them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[allow(missing_docs)]
pub struct InboundSetup {
    /// The flows are drawn from it.
    pub seed: u64,
    /// Calls that go to a number of a route, of a hundred; 0: there are none.
    pub share_percent: u64,
    /// A reload brings other flows.
    pub changes: bool,
    /// Calls at once that the first route lets in; 0: any.
    pub calls_max: u32,
}

impl InboundSetup {
    /// Draws it: most sites have flows.
    pub(super) fn draw(rng: &mut Rng, faults: &Faults) -> Self {
        Self {
            seed: rng.bits(),
            share_percent: rng.pick(&[0, 30, 30, 60, 90]),
            changes: !faults.0.is_empty() && rng.below(2) == 0,
            calls_max: rng.pick(&[0, 1, 2, 3]),
        }
    }

    /// Whether there are flows.
    pub fn has_flows(&self) -> bool {
        self.share_percent > 0
    }

    /// The numbers that routes are for.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        let has_flows = self.has_flows();
        NUMBERS.into_iter().chain(OTHERS).filter(move |_| has_flows)
    }

    /// The number that is called in place of a phone by the call of that place in the plan, if one is. It hangs on
    /// nothing but the call, so that leaving out others does not change it.
    pub(super) fn number(&self, call: u32) -> Option<&'static str> {
        let mut chance = Chance::new(self.seed ^ (u64::from(call) << 20));
        if u64::try_from(chance.below(100)).unwrap_or(100) >= self.share_percent {
            return None;
        }
        let of: &[&'static str] = if chance.once_in(8) { &OTHERS } else { &NUMBERS };
        chance.one_of(of).copied()
    }

    /// The flows of that generation, and the nodes of theirs that ask for a secret.
    pub(super) fn flows(&self, generation: u64) -> (Flows, BTreeSet<String>) {
        let mut secret = BTreeSet::new();
        let mut chance = Chance::new(self.seed ^ (generation << 48));
        let mut flows = if self.has_flows() { random::flows(&mut chance) } else { Flows::new() };
        let mut own = vec![("lent.toml", LENT_FLOW)];
        if self.has_flows() {
            own.push(("agents.toml", AGENTS));
        }
        for (name, text) in own {
            let flow = switchroom_flow::read(name, 1, text).0;
            flows.extend(flow.map(|flow| (flow.name.clone(), Arc::new(flow))));
        }
        for flow in flows.values_mut() {
            let flow = Arc::make_mut(flow);
            flow.version = generation + 1;
            for node in &mut flow.nodes {
                // Callers inside are in the version in which they began: nodes of each have other names.
                node.name = format!("{}-{}-{generation}", flow.name, node.name);
                if let Job::Collect { count, is_secret: true, .. } = &mut node.job {
                    count.1 = SECRET.len();
                }
                if matches!(
                    node.job,
                    Job::Collect { is_secret: true, .. } | Job::Pin { .. } | Job::Mailbox { .. }
                ) {
                    secret.insert(node.name.clone());
                }
            }
        }
        (flows, secret)
    }

    /// Hours, lists, PINs, mailboxes and routes.
    pub(super) fn site(&self) -> SiteConfig {
        if !self.has_flows() {
            return SiteConfig::default();
        }
        let pin = || Pin::of(PIN, "simulated");
        let by_account = BTreeMap::from([("101".to_owned(), pin()), ("102".to_owned(), pin())]);
        let door = Pins {
            one: Some(pin()),
            by_account,
            tries_max: 3,
            window: Duration::from_secs(60),
            lock: Duration::from_secs(30),
        };
        let week = ["mon-fri 08:00-12:00 13:30-17:00", "sun 22:00-02:00"];
        let office = Hours {
            zone: None,
            week: week.iter().filter_map(|t| week_rule(t).ok()).collect(),
            special: vec![],
        };
        let list = |text: &str| List::parse(text).unwrap_or_default();
        let class = |numbers: &str, of: Option<&str>, priority| CallerClass {
            numbers: list(numbers),
            list: of.map(str::to_owned),
            value: None,
            priority,
        };
        let boxed = |pin| MailboxConfig { pin, messages_max: 4, ..MailboxConfig::default() };
        SiteConfig {
            zone: Zone::named("Europe/Zurich").unwrap_or_else(Zone::utc),
            language: Language::En,
            hours: BTreeMap::from([("office".to_owned(), office)]),
            lists: BTreeMap::from([
                ("vip".to_owned(), list("101,gold\n11*,silver\n")),
                ("deny".to_owned(), list("103,often\n")),
            ]),
            classes: BTreeMap::from([
                ("gold".to_owned(), class("", Some("vip"), 7)),
                ("inner".to_owned(), class("102\n103\n", None, 2)),
            ]),
            pins: BTreeMap::from([("door".to_owned(), door)]),
            routes: self.routes(),
            mailboxes: BTreeMap::from([
                ("101".to_owned(), boxed(None)),
                ("102".to_owned(), boxed(Some(pin()))),
            ]),
            recorded_keep: Duration::from_secs(1_200),
        }
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        let mut add = |name: &str, number: &str, to: Destination| {
            let Ok(number) = Pattern::parse(number) else { return };
            let line = u32::try_from(routes.len() + 1).unwrap_or(0);
            routes.push(Route { line, ..Route::plain(name, number, to) });
        };
        let flow = |name: &str| Destination::Flow(name.to_owned());
        add("limited", NUMBERS[0], flow("first"));
        add("overflow", NUMBERS[0], flow("second"));
        add("denied", NUMBERS[1], Destination::Refuse(Refusal::Rejected));
        add("second", NUMBERS[1], flow("second"));
        add("by-day", NUMBERS[2], flow("third"));
        add("by-night", NUMBERS[2], flow("first"));
        add("fourth", NUMBERS[3], flow("fourth"));
        add("agents", NUMBERS[4], flow("agents"));
        add("lent", "4010", flow(LENT));
        add("reception", OTHERS[0], Destination::Extension("102".to_owned()));
        add("nobody", OTHERS[1], Destination::Refuse(Refusal::Busy));
        add("queue", OTHERS[2], Destination::Queue("sales".to_owned()));
        for route in &mut routes {
            match route.name.as_str() {
                "limited" => {
                    route.calls_max = (self.calls_max > 0).then_some(self.calls_max);
                    route.calls_per_caller = Some((20, Duration::from_secs(60)));
                }
                "overflow" => route.calls_per_second = Some(2),
                "lent" => (route.back, route.calls_max) = (true, Some(3)),
                "denied" => {
                    route.from = vec![Caller { is_not: false, who: Who::List("deny".to_owned()) }];
                }
                "by-day" => route.hours = Some(("office".to_owned(), When::Open)),
                _ => {}
            }
        }
        routes
    }
}

/// Whether that is a number that a route may take: who calls it presses keys.
pub fn is_inbound(number: &str) -> bool {
    number.len() == 4 && number.starts_with('4')
}

/// Keys that a caller presses at once: one mostly, sometimes many.
pub(super) fn keys(rng: &mut Rng) -> String {
    const KEYS: [char; 14] = ['1', '2', '1', '2', '3', '0', '9', '7', '4', '8', '#', '*', '#', 'A'];
    let count = if rng.below(4) == 0 { 2 + rng.below(5) } else { 1 };
    (0..count).map(|_| rng.pick(&KEYS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flows_of_a_run_hang_on_nothing_but_its_number() {
        let setup = InboundSetup { seed: 7, share_percent: 50, changes: true, calls_max: 2 };
        assert_eq!(setup.flows(0), setup.flows(0));
        assert_ne!(setup.flows(0).0, setup.flows(1).0);
        assert!(setup.flows(0).0.contains_key("agents") && setup.flows(0).0.contains_key(LENT));
        assert_eq!((setup.number(3), setup.site()), (setup.number(3), setup.site()));
        assert_eq!(setup.site().routes.len(), 12);
        assert_eq!(setup.site().lists.values().map(List::len).sum::<usize>(), 3);
        assert_eq!(setup.site().hours["office"].week.len(), 2);
        let none = InboundSetup::default();
        assert_eq!((none.number(1), none.flows(0).0.into_keys().collect()), (None, vec![LENT.to_owned()]));
    }

    #[test]
    fn about_so_many_calls_as_wanted_go_to_routes() {
        let setup = InboundSetup { seed: 9, share_percent: 30, changes: false, calls_max: 0 };
        let to_routes: Vec<_> = (0..1_000).filter_map(|call| setup.number(call)).collect();
        assert!((200..400).contains(&to_routes.len()), "{}", to_routes.len());
        assert!(to_routes.iter().all(|number| is_inbound(number)));
        assert!(NUMBERS.iter().chain(&OTHERS).all(|number| to_routes.contains(number)));
    }
}
