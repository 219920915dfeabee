//! Test cases read from TOML: what is wrong with them, where, and what to write instead.

use super::{Case, Expect, Step, words};
use crate::agent::AgentAnswer;
use crate::boundary::Answer;
use crate::calendar::Zone;
use crate::fault::{Fault, did_you_mean, place_of};
use crate::flow::Place;
use crate::limits::{FAULTS_MAX, FILE_BYTES_MAX};
use crate::read::{duration, shown};
use crate::rehearse::stage::{Around, LOCKED, Service};
use crate::value::Value;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use toml::Spanned;

/// Cases in one file, and steps in one case, at most.
const CASES_MAX: usize = 1_000;
const STEPS_MAX: usize = 1_000;
/// How long something expected is waited for, unless the step says.
const WITHIN: Duration = Duration::from_secs(30);
/// No time in a case is longer.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

type Texts = BTreeMap<String, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    flow: Option<String>,
    at: Option<Spanned<String>>,
    from: Option<String>,
    dial: Option<String>,
    #[serde(default)]
    site: AroundText,
    #[serde(default)]
    case: Vec<Spanned<CaseText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    name: String,
    flow: Option<String>,
    dial: Option<String>,
    from: Option<String>,
    at: Option<Spanned<String>>,
    #[serde(default)]
    site: AroundText,
    #[serde(default)]
    steps: Vec<Spanned<StepText>>,
    #[serde(default)]
    expect: ExpectText,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AroundText {
    phones: Texts,
    queues: Texts,
    services: BTreeMap<String, Spanned<toml::Value>>,
    hours: Texts,
    pins: Texts,
    lists: BTreeMap<String, BTreeMap<String, String>>,
    mailboxes: BTreeMap<String, u32>,
    shares: BTreeMap<String, Spanned<usize>>,
    agents: BTreeMap<String, Spanned<toml::Value>>,
    values: BTreeMap<String, Spanned<toml::Value>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StepText {
    hear: Option<String>,
    press: Option<Spanned<String>>,
    wait: Option<Spanned<String>>,
    say: Option<Spanned<String>>,
    rings: Option<Spanned<toml::Value>>,
    queue: Option<String>,
    agent: Option<Spanned<String>>,
    at: Option<String>,
    asks: Option<String>,
    hang_up: Option<Spanned<bool>>,
    they_hang_up: Option<Spanned<bool>>,
    answer: Option<Spanned<String>>,
    within: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ExpectText {
    end: Option<Spanned<String>>,
    at: Option<String>,
    to: Option<String>,
    set: BTreeMap<String, Spanned<toml::Value>>,
    survey: BTreeMap<String, String>,
    call_back: Option<String>,
    messages: BTreeMap<String, u32>,
    fault: Option<String>,
}

/// How a call can end.
const ENDS: [&str; 6] = ["caller hung up", "hung up", "not answered", "busy", "rejected", "not found"];

/// Reads the cases of a file. They are there unless there is a fault; faults are in the order of the file.
pub fn read(file_name: &str, text: &str) -> (Vec<Case>, Vec<Fault>) {
    let mut reader = Reader { file: file_name, text, faults: Vec::new() };
    if text.len() > FILE_BYTES_MAX {
        reader.fault(0, &format!("the file is longer than {FILE_BYTES_MAX} bytes\nis it the right one?"));
        return (Vec::new(), reader.faults);
    }
    let file: FileText = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let what = error.message().replace('\n', ", ");
            let hint = unknown_key_hint(&what);
            let what = if hint.is_empty() { what } else { format!("{what}\n{hint}") };
            reader.fault(error.span().unwrap_or_default().start, &what);
            return (Vec::new(), reader.faults);
        }
    };
    let cases = reader.cases(file);
    reader.faults.sort_by_key(|fault| (fault.line, fault.column));
    if reader.faults.is_empty() { (cases, reader.faults) } else { (Vec::new(), reader.faults) }
}

/// For "unknown field `x`, expected one of `a`, `b`": the one that was meant.
fn unknown_key_hint(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(unknown) = words.next().filter(|_| message.starts_with("unknown field")) else {
        return String::new();
    };
    did_you_mean(unknown, words).unwrap_or_default()
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    /// A sentence that may have its hint on a second line.
    fn fault(&mut self, at: usize, what: &str) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let place = place_of(self.text, at);
        let (what, hint) = match what.split_once('\n') {
            Some((what, hint)) => (what.to_owned(), Some(hint.to_owned())),
            None => (what.to_owned(), None),
        };
        let (line, column) = (place.line, place.column);
        self.faults.push(Fault { file: self.file.to_owned(), line, column, is_warning: false, what, hint });
    }

    fn place(&self, at: usize) -> Place {
        place_of(self.text, at)
    }

    /// What `parse` makes of a text.
    fn parse<T>(&mut self, text: &Spanned<String>, parse: fn(&str) -> Result<T, String>) -> Option<T> {
        parse(text.get_ref()).map_err(|what| self.fault(text.span().start, &what)).ok()
    }

    fn time(&mut self, text: &Spanned<String>) -> Option<Duration> {
        let time = self.parse(text, duration)?;
        if time > LONGEST {
            self.fault(text.span().start, "a day is the longest time in a case");
        }
        (time <= LONGEST).then_some(time)
    }

    fn cases(&mut self, file: FileText) -> Vec<Case> {
        if file.case.is_empty() || file.case.len() > CASES_MAX {
            self.fault(0, &format!("a file has 1 to {CASES_MAX} cases\nbegin each with [[case]]"));
            return Vec::new();
        }
        let around = self.around(&file.site);
        let mut names: Vec<String> = Vec::new();
        let mut cases = Vec::new();
        for case in &file.case {
            let at = case.span().start;
            let name = &case.get_ref().name;
            if names.contains(name) {
                self.fault(at, &format!("two cases are named \"{}\"", shown(name)));
            }
            names.push(name.clone());
            let case = self.case(at, case.get_ref(), &file, &around);
            cases.extend(case);
        }
        cases
    }

    fn case(&mut self, at: usize, case: &CaseText, file: &FileText, around: &Around) -> Option<Case> {
        // What a case dials goes before the flow of the file, and the other way round.
        let (flow, dial) = match (&case.flow, &case.dial) {
            (None, None) => (file.flow.clone(), file.dial.clone()),
            (flow, dial) => (flow.clone(), dial.clone()),
        };
        if flow.is_none() && dial.is_none() {
            self.fault(
                at,
                "the case enters no flow\nwrite flow = \"name\", or dial = \"number\" for the routes",
            );
        }
        let time = case.at.as_ref().or(file.at.as_ref());
        let Some(time) = time else {
            self.fault(at, "the case has no time\nwrite at = \"2026-11-23T10:00\"");
            return None;
        };
        if let Err(what) = Zone::utc().moment(time.get_ref()) {
            self.fault(time.span().start, &what);
        }
        if case.steps.len() > STEPS_MAX {
            self.fault(at, &format!("a case has at most {STEPS_MAX} steps"));
        }
        let steps = case.steps.iter().take(STEPS_MAX).filter_map(|step| {
            let step_at = step.span().start;
            self.step(step_at, step.get_ref()).map(|read| (place_of(self.text, step_at), read))
        });
        let steps = steps.collect();
        let own = self.around(&case.site);
        let expect = self.expect(at, &case.expect);
        Some(Case {
            file: self.file.to_owned(),
            place: self.place(at),
            name: case.name.clone(),
            flow: if dial.is_some() { None } else { flow },
            dial,
            from: case.from.clone().or_else(|| file.from.clone()).unwrap_or_default(),
            at: time.get_ref().clone(),
            site: around.clone().with(own),
            steps,
            expect,
        })
    }

    fn step(&mut self, at: usize, step: &StepText) -> Option<Step> {
        let mut found: Vec<Option<Step>> = Vec::new();
        let within = step.within.as_ref().map_or(Some(WITHIN), |text| self.time(text))?;
        let turn = match &step.answer {
            Some(text) => Some(self.parse(text, words::turn)?),
            None => None,
        };
        if let Some(text) = &step.hear {
            self.words(at, "hear", text);
            found.push(Some(Step::Hear(text.clone(), within)));
        }
        if let Some(text) = &step.press {
            found.push(self.parse(text, words::keys).map(Step::Press));
        }
        if let Some(text) = &step.wait {
            found.push(self.time(text).map(Step::Wait));
        }
        if let Some(text) = &step.say {
            found.push(self.time(text).map(Step::Say));
        }
        if let Some(value) = &step.rings {
            found.push(self.numbers(value).map(|numbers| Step::Rings(numbers, turn)));
        }
        if let Some(name) = &step.queue {
            let agent = step.agent.as_ref().map(|number| number.get_ref().clone());
            found.push(Some(Step::Queue(name.clone(), agent, turn)));
        }
        if let Some(node) = &step.at {
            found.push(Some(Step::At(node.clone(), within)));
        }
        if let Some(what) = &step.asks {
            self.words(at, "asks", what);
            found.push(Some(Step::Asks(what.clone())));
        }
        for (flag, step) in [(&step.hang_up, Step::HangUp), (&step.they_hang_up, Step::TheyHangUp)] {
            match flag {
                Some(flag) if *flag.get_ref() => found.push(Some(step)),
                Some(flag) => {
                    self.fault(flag.span().start, "this is true, or not written at all");
                    found.push(None);
                }
                None => {}
            }
        }
        let takes_turn = step.rings.is_some() || step.queue.is_some();
        if let Some(answer) = step.answer.as_ref().filter(|_| !takes_turn) {
            self.fault(
                answer.span().start,
                "answer goes with rings or queue\nwrite { rings = [\"101\"], answer = \"busy\" }",
            );
        }
        if let Some(agent) = step.agent.as_ref().filter(|_| step.queue.is_none()) {
            self.fault(
                agent.span().start,
                "agent goes with queue\nwrite { queue = \"sales\", agent = \"2001\" }",
            );
        }
        if found.len() != 1 {
            let known = "hear, press, wait, say, rings, queue, at, asks, hang_up, they_hang_up";
            self.fault(
                at,
                &format!("a step does one thing, and this one {}\nwrite one of {known}", found.len()),
            );
            return None;
        }
        found.pop().flatten()
    }

    /// Nothing is in everything: what expects it expects nothing.
    fn words(&mut self, at: usize, key: &str, text: &str) {
        if text.trim().is_empty() {
            self.fault(at, &format!("{key} is empty, which is in whatever comes\nwrite some words of it"));
        }
    }

    /// One number, or a list of them.
    fn numbers(&mut self, value: &Spanned<toml::Value>) -> Option<Vec<String>> {
        let numbers = match value.get_ref() {
            toml::Value::String(one) => Some(vec![one.clone()]),
            toml::Value::Array(all) => all.iter().map(|n| n.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let numbers = numbers.filter(|numbers| !numbers.is_empty());
        if numbers.is_none() {
            self.fault(value.span().start, "rings takes numbers\nwrite rings = [\"101\", \"102\"]");
        }
        numbers
    }

    fn around(&mut self, text: &AroundText) -> Around {
        let mut around = Around::default();
        for (name, text) in &text.phones {
            around.phones.extend(self.parse(text, words::phone).map(|phone| (name.clone(), phone)));
        }
        for (name, text) in &text.queues {
            around.queues.extend(self.parse(text, words::queue).map(|queue| (name.clone(), queue)));
        }
        for (name, text) in &text.hours {
            around.hours.extend(self.parse(text, words::opening).map(|opening| (name.clone(), opening)));
        }
        for (name, pin) in &text.pins {
            if !crate::pins::is_pin(pin.get_ref()) && pin.get_ref() != LOCKED {
                let what = "a PIN has four to six digits\nwrite them, or \"locked\" for who got too many wrong before";
                self.fault(pin.span().start, what);
            }
            around.pins.insert(name.clone(), pin.get_ref().clone());
        }
        for (list, entries) in &text.lists {
            for (number, value) in entries {
                let number = crate::number::normal(number).into_owned();
                around.lists.insert((list.clone(), number), Value::text(value));
            }
        }
        for (node, part) in &text.shares {
            match part.get_ref().checked_sub(1) {
                Some(part) => drop(around.shares.insert(node.clone(), part)),
                None => self.fault(part.span().start, "parts are counted from 1"),
            }
        }
        around.mailboxes = text.mailboxes.clone();
        for (name, value) in &text.values {
            around.values.extend(self.value(value).map(|value| (name.clone(), value)));
        }
        for (node, value) in &text.agents {
            around.agents.extend(self.agents(value).map(|answers| (node.clone(), answers)));
        }
        for (node, value) in &text.services {
            around.services.extend(self.services(value).map(|services| (node.clone(), services)));
        }
        around
    }

    fn value(&mut self, value: &Spanned<toml::Value>) -> Option<Value> {
        let found = plain(value.get_ref());
        if found.is_none() {
            self.fault(value.span().start, "this is a text, a number, true or false");
        }
        found
    }

    /// `{ json = …, after = "1s" }`, `{ fails = "why" }`, or a list of such.
    fn services(&mut self, value: &Spanned<toml::Value>) -> Option<Vec<Service>> {
        let one = |value: &toml::Value| -> Result<Service, String> {
            let wanted = || {
                "a service answers or fails\nwrite { json = { status = \"sent\" }, after = \"1s\" } or { fails = \"why\" }"
                    .to_owned()
            };
            let table = value.as_table().ok_or_else(wanted)?;
            if table.keys().any(|key| !["json", "fails", "after"].contains(&key.as_str())) {
                return Err(wanted());
            }
            let after = match table.get("after") {
                Some(text) => duration(text.as_str().ok_or_else(wanted)?)?,
                None => Duration::ZERO,
            };
            let answer = match (table.get("json"), table.get("fails")) {
                (Some(json), None) => Answer::Json(serde_json::to_value(json).map_err(|_| wanted())?),
                (None, Some(why)) => Answer::Failed(why.as_str().ok_or_else(wanted)?.to_owned()),
                _ => return Err(wanted()),
            };
            Ok(Service { answer, after })
        };
        let all = match value.get_ref() {
            toml::Value::Array(all) => all.iter().map(one).collect(),
            other => one(other).map(|one| vec![one]),
        };
        all.map_err(|what: String| self.fault(value.span().start, &what)).ok()
    }

    /// What becomes of who acts as an agent: one word, or a list of them.
    fn agents(&mut self, value: &Spanned<toml::Value>) -> Option<Vec<AgentAnswer>> {
        let one = |value: &toml::Value| {
            let word = value.as_str().unwrap_or_default();
            AgentAnswer::ALL.into_iter().find(|answer| answer.word() == word).ok_or_else(|| {
                let known = AgentAnswer::ALL.map(AgentAnswer::word).join(", ");
                format!(
                    "\"{}\" is nothing that comes of acting as an agent\nwrite one of {known}",
                    shown(word)
                )
            })
        };
        let all = match value.get_ref() {
            toml::Value::Array(all) if all.is_empty() => Err("the list is empty".to_owned()),
            toml::Value::Array(all) => all.iter().map(one).collect(),
            other => one(other).map(|one| vec![one]),
        };
        all.map_err(|what: String| self.fault(value.span().start, &what)).ok()
    }

    fn expect(&mut self, at: usize, text: &ExpectText) -> Expect {
        if let Some(end) = text.end.as_ref().filter(|end| !ENDS.contains(&end.get_ref().as_str())) {
            let what = format!(
                "\"{}\" is not how a call ends\nwrite one of {}",
                shown(end.get_ref()),
                ENDS.join(", ")
            );
            self.fault(end.span().start, &what);
        }
        text.fault.iter().for_each(|words| self.words(at, "fault", words));
        let mut set = BTreeMap::new();
        for (name, value) in &text.set {
            set.extend(self.value(value).map(|value| (name.clone(), value.plain())));
        }
        Expect {
            end: text.end.as_ref().map(|end| end.get_ref().clone()),
            at: text.at.clone(),
            to: text.to.clone(),
            set,
            survey: text.survey.clone(),
            call_back: text.call_back.clone(),
            messages: text.messages.clone(),
            fault: text.fault.clone(),
        }
    }
}

/// A single value of TOML as one of a flow.
fn plain(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::text(text),
        toml::Value::Integer(number) => Value::whole(*number),
        toml::Value::Float(number) => Value::millionths(crate::value::parse_decimal(&number.to_string())?),
        toml::Value::Boolean(fact) => Value::truth(*fact),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::super::reference::tests::ALL;
    use super::*;

    /// The keys that a table takes, by what it says of one that it does not.
    fn keys<'t, T: Deserialize<'t>>() -> Vec<String> {
        let deserializer = toml::de::Deserializer::parse("no_such_key = 1").expect("a table");
        let refused = T::deserialize(deserializer).err().expect("the key is refused");
        refused.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_reference_tells_of_the_keys_that_are_taken() {
        let taken = [
            keys::<FileText>(),
            keys::<CaseText>(),
            keys::<AroundText>(),
            keys::<StepText>(),
            keys::<ExpectText>(),
        ];
        for ((name, told), taken) in ALL.iter().zip(taken) {
            let told: Vec<&str> = told.iter().map(|(key, _)| *key).collect();
            assert_eq!(told, taken, "{name}");
        }
    }
}
