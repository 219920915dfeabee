//! Routes: from the number that was dialled to where the call goes.
//!
//! They are tried in the order they are written, and the first that fits is taken. A route that has as many calls as it may
//! does not fit, so the next can take what is too much. There is one judgement; what is decided and what is explained come
//! from it.

mod explain;
#[cfg(test)]
mod tests;
mod traffic;

pub use explain::RouteExplanation;
pub use traffic::{Counts, CountsAt, Traffic, Unknown};

use crate::boundary::Opening;
use crate::number::{Pattern, normal};
use crate::site::SiteConfig;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its name, of which there is no other: calls are counted by it.
    pub name: String,
    /// The line of the configuration it is on.
    pub line: u32,
    /// Numbers dialled.
    pub number: Pattern,
    /// Who calls; nobody in particular: everybody.
    pub from: Vec<Caller>,
    /// At what hours; `None`: always.
    pub hours: Option<(String, When)>,
    /// Where the call goes.
    pub to: Destination,
    /// Who talks and sends its other side here, into a flow, gets it back when the flow ends.
    #[serde(default)]
    pub back: bool,
    /// Calls at once, at most.
    pub calls_max: Option<u32>,
    /// Calls that begin within any second, at most.
    pub calls_per_second: Option<u32>,
    /// Calls of the same caller that begin within a time, at most.
    pub calls_per_caller: Option<(u32, Duration)>,
}

impl Route {
    /// A route on line 1 of its configuration: for everybody, at all hours, without a limit and with no way back.
    pub fn plain(name: &str, number: Pattern, to: Destination) -> Self {
        Self {
            name: name.to_owned(),
            line: 1,
            number,
            from: Vec::new(),
            hours: None,
            to,
            back: false,
            calls_max: None,
            calls_per_second: None,
            calls_per_caller: None,
        }
    }
}

/// Callers that a route is for, or not for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// It is for none of them.
    pub is_not: bool,
    /// Who.
    pub who: Who,
}

/// Some callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// By their number.
    Number(Pattern),
    /// Who is on a list.
    List(String),
}

/// How hours must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Open.
    Open,
    /// Not open, be it a special day or not.
    Closed,
    /// Closed for a special day.
    Holiday,
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Into a flow.
    Flow(String),
    /// To an extension.
    Extension(String),
    /// Into a queue.
    Queue(String),
    /// Nowhere.
    Refuse(Refusal),
}

/// What a caller is told who is let in nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 486.
    Busy,
    /// 603.
    Rejected,
    /// 404.
    NotFound,
}

/// A call that looks for its way.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The number dialled.
    pub number: &'a str,
    /// The caller's number.
    pub caller: &'a str,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// What routes say of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routed<'s> {
    /// This one takes it.
    To(&'s Route),
    /// This is the first that would, but it has as many calls as it may, and no other takes it.
    Full(&'s Route),
    /// None is for it.
    Nowhere,
}

/// Whether a route fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Full,
}

/// Reasons, if somebody wants to know them.
#[derive(Default)]
struct Told(Option<Vec<String>>);

impl Told {
    fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(told) = &mut self.0 {
            told.push(what());
        }
    }
}

impl SiteConfig {
    /// The route of a call.
    pub fn route(&self, asked: &Asked<'_>, traffic: &mut dyn Traffic) -> Routed<'_> {
        let mut told = Told::default();
        self.try_routes(asked, traffic, &mut told, &mut |_, _, _| ())
    }

    /// The routes for a caller's calls to a number, whatever the hour and however many calls they have: in their order.
    pub fn routes_of<'s>(&'s self, number: &str, caller: &str) -> impl Iterator<Item = &'s Route> {
        let (number, caller) = (normal(number).into_owned(), normal(caller).into_owned());
        let fits = move |route: &&Route| {
            route.number.has(&number) && self.is_from(&route.from, &caller, &mut Told::default())
        };
        self.routes.iter().filter(fits)
    }

    /// Tries routes in order until one fits, and shows each with what became of it.
    fn try_routes<'s>(
        &'s self,
        asked: &Asked<'_>,
        traffic: &mut dyn Traffic,
        told: &mut Told,
        see: &mut dyn FnMut(&'s Route, Fit, &mut Told),
    ) -> Routed<'s> {
        let (number, caller) = (normal(asked.number), normal(asked.caller));
        let asked = Asked { number: &number, caller: &caller, at_ms: asked.at_ms };
        let mut full = None;
        for route in &self.routes {
            let fit = self.fit(route, &asked, traffic, told);
            see(route, fit, told);
            match fit {
                Fit::Yes => return Routed::To(route),
                Fit::Full => full = full.or(Some(route)),
                Fit::No => (),
            }
        }
        full.map_or(Routed::Nowhere, Routed::Full)
    }

    /// Whether a route fits a call whose numbers are in normal form.
    fn fit(&self, route: &Route, asked: &Asked<'_>, traffic: &mut dyn Traffic, told: &mut Told) -> Fit {
        let number = asked.number;
        if !route.number.has(number) {
            told.say(|| format!("{} is not {}", shown(number), route.number));
            return Fit::No;
        }
        told.say(|| "the number fits".to_owned());
        if !self.is_from(&route.from, asked.caller, told) || !self.is_at(route, asked.at_ms, told) {
            return Fit::No;
        }
        if has_room(route, asked.caller, traffic, told) { Fit::Yes } else { Fit::Full }
    }

    /// Whether the caller is one of these: of none that are ruled out, and of one of the others if there are any.
    fn is_from(&self, from: &[Caller], caller: &str, told: &mut Told) -> bool {
        for one in from.iter().filter(|one| one.is_not) {
            if let Some(how) = self.is_who(&one.who, caller) {
                told.say(|| format!("{} {how}, and those are left out", shown(caller)));
                return false;
            }
        }
        let mut wanted = from.iter().filter(|one| !one.is_not).peekable();
        if wanted.peek().is_none() {
            return true;
        }
        match wanted.find_map(|one| self.is_who(&one.who, caller)) {
            Some(how) => {
                told.say(|| format!("{} {how}", shown(caller)));
                true
            }
            None => {
                let all = from.iter().filter(|one| !one.is_not).map(ToString::to_string);
                told.say(|| format!("{} is not of {}", shown(caller), all.collect::<Vec<_>>().join(", ")));
                false
            }
        }
    }

    /// How a caller is one of these; `None`: not.
    fn is_who(&self, who: &Who, caller: &str) -> Option<String> {
        match who {
            Who::Number(pattern) => pattern.has(caller).then(|| format!("is {pattern}")),
            Who::List(name) => {
                let entry = self.lists.get(name)?.find(caller)?;
                Some(format!("is on list {name}, {entry}"))
            }
        }
    }

    fn is_at(&self, route: &Route, at_ms: i64, told: &mut Told) -> bool {
        let Some((name, when)) = &route.hours else { return true };
        let Some(hours) = self.hours.get(name) else {
            told.say(|| format!("there are no hours {name}"));
            return false;
        };
        let opening = hours.opening(at_ms, &self.zone);
        let fits = match when {
            When::Open => opening == Opening::Open,
            When::Closed => opening != Opening::Open,
            When::Holiday => matches!(opening, Opening::Holiday(_)),
        };
        told.say(|| {
            let how = match &opening {
                Opening::Open => "open".to_owned(),
                Opening::Closed => "closed".to_owned(),
                Opening::Holiday(day) => format!("closed ({day})"),
            };
            let not = if fits { String::new() } else { format!(", not {}", when.word()) };
            format!("hours {name} are {how}{not}")
        });
        fits
    }
}

/// Whether a route may take one more.
fn has_room(route: &Route, caller: &str, traffic: &mut dyn Traffic, told: &mut Told) -> bool {
    let mut fits = |what: &str, most: u32, now: Option<u32>| {
        let has_room = now.is_none_or(|now| now < most);
        told.say(|| match now {
            Some(now) => format!("{now} of {most} {what}{}", if has_room { "" } else { ": full" }),
            None => format!("at most {most} {what}, which only the running exchange counts"),
        });
        has_room
    };
    if let Some(most) = route.calls_max
        && !fits("calls at once", most, traffic.calls(&route.name))
    {
        return false;
    }
    if let Some(most) = route.calls_per_second
        && !fits("calls a second", most, traffic.calls_in_a_second(&route.name))
    {
        return false;
    }
    route.calls_per_caller.is_none_or(|(most, within)| {
        let what = format!("calls of one caller within {}", explain::span(within));
        fits(&what, most, traffic.calls_of_caller(&route.name, caller, within))
    })
}

/// Routes that no call can reach, each with the one before it that takes all that it would: both by their place.
pub fn unreachable(routes: &[Route]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (place, route) in routes.iter().enumerate() {
        let by = routes.iter().take(place).position(|before| before.takes_all_of(route));
        found.extend(by.map(|by| (place, by)));
    }
    found
}

impl Route {
    fn takes_all_of(&self, other: &Self) -> bool {
        let is_limited =
            self.calls_max.is_some() || self.calls_per_second.is_some() || self.calls_per_caller.is_some();
        let hours = match (&self.hours, &other.hours) {
            (None, _) => true,
            (Some((name, When::Closed)), Some((other, When::Holiday))) => name == other,
            (one, other) => one == other,
        };
        let from = self.from.is_empty() || self.from == other.from;
        !is_limited && hours && from && self.number.covers(&other.number)
    }
}

/// A number for people's eyes: what comes from outside may hold anything.
fn shown(number: &str) -> String {
    let clean: String = number.chars().filter(|c| !c.is_control()).take(64).collect();
    if clean.is_empty() { "(no number)".to_owned() } else { clean }
}

impl When {
    /// The word in a configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Holiday => "holiday",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Holiday].into_iter().find(|when| when.word() == word)
    }
}

impl Caller {
    /// Reads `138*`, `list vip`, `not 1380*` or `not list blocked`.
    ///
    /// # Errors
    /// One sentence that says what is wanted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (is_not, rest) = match text.strip_prefix("not ") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let who = match rest.strip_prefix("list ") {
            Some(name) => Who::List(name.trim().to_owned()),
            None if matches!(rest, "" | "not" | "list") => {
                return Err(format!(
                    "\"{text}\" names nobody; write \"138*\", \"list NAME\", \"not 138*\" or \"not list NAME\""
                ));
            }
            None => Who::Number(Pattern::parse(rest)?),
        };
        Ok(Self { is_not, who })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.is_not { "not " } else { "" };
        match &self.who {
            Who::Number(pattern) => write!(f, "{not}{pattern}"),
            Who::List(name) => write!(f, "{not}list {name}"),
        }
    }
}

impl Destination {
    /// Reads `flow main`, `extension 101`, `queue sales`, `busy`, `rejected` or `not_found`.
    ///
    /// # Errors
    /// One sentence that says what is wanted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let found = match (words.next(), words.next(), words.next()) {
            (Some("flow"), Some(name), None) => Self::Flow(name.to_owned()),
            (Some("extension"), Some(number), None) => Self::Extension(number.to_owned()),
            (Some("queue"), Some(name), None) => Self::Queue(name.to_owned()),
            (Some("busy"), None, None) => Self::Refuse(Refusal::Busy),
            (Some("rejected"), None, None) => Self::Refuse(Refusal::Rejected),
            (Some("not_found"), None, None) => Self::Refuse(Refusal::NotFound),
            _ => {
                return Err(format!(
                    "\"{text}\" is nowhere a call can go; write \"flow NAME\", \"extension NUMBER\", \"queue NAME\", \"busy\", \"rejected\" or \"not_found\""
                ));
            }
        };
        Ok(found)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(name) => write!(f, "flow {name}"),
            Self::Extension(number) => write!(f, "extension {number}"),
            Self::Queue(name) => write!(f, "queue {name}"),
            Self::Refuse(Refusal::Busy) => f.write_str("busy"),
            Self::Refuse(Refusal::Rejected) => f.write_str("rejected"),
            Self::Refuse(Refusal::NotFound) => f.write_str("not_found"),
        }
    }
}
