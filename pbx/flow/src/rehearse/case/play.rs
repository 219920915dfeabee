//! Plays cases, and tells of one that fails what was expected, what was heard instead, and how the caller came there.

use super::{Case, Step, Turn, expect};
use crate::boundary::Message;
use crate::fault::Fault;
use crate::flow::Place;
use crate::read::duration_text;
use crate::rehearse::coverage::Coverage;
use crate::rehearse::rehearsal::{Elsewhere, Entry, Happening, Rehearsal};
use crate::rehearse::stage::Stage;
use std::time::Duration;

/// How long a call may go on by itself after the last step, if its end is expected.
const TO_THE_END: Duration = Duration::from_secs(1_800);

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What was expected and did not happen; the hint tells of the call so far, line by line.
    pub failure: Option<Fault>,
    /// What it reached.
    pub coverage: Coverage,
    /// All that happened.
    pub log: Vec<Entry>,
}

/// What became of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each.
    pub outcomes: Vec<Outcome>,
    /// What all of them reached.
    pub coverage: Coverage,
}

/// Plays cases, each on a stage of its own that begins like this one.
pub fn play_all(cases: &[Case], stage: &Stage) -> Report {
    let mut report = Report::default();
    for case in cases {
        let outcome = case.play(stage.clone());
        report.coverage.add(outcome.coverage.clone());
        report.outcomes.push(outcome);
    }
    report
}

impl Report {
    /// Cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Fault> {
        self.outcomes.iter().filter_map(|outcome| outcome.failure.as_ref())
    }
}

impl Case {
    /// Plays it.
    pub fn play(&self, mut stage: Stage) -> Outcome {
        let failed = |what: String| Outcome {
            name: self.name.clone(),
            failure: Some(self.failure(self.place, &what, None)),
            coverage: Coverage::default(),
            log: Vec::new(),
        };
        match stage.site.zone.moment(&self.at) {
            Ok(moment) => stage.now_ms = moment.unix_ms,
            Err(what) => return failed(what),
        }
        self.furnish(&mut stage);
        let begun = match (&self.dial, &self.flow) {
            (Some(number), _) => Rehearsal::dial(stage, number, &self.from),
            (None, Some(flow)) => Rehearsal::begin(stage, flow, "", &self.from)
                .ok_or_else(|| Elsewhere(format!("flow {flow}, which is not there"))),
            (None, None) => Err(Elsewhere("no flow".to_owned())),
        };
        let call = match begun {
            Ok(call) => call,
            Err(Elsewhere(to)) if self.expect.to.as_ref() == Some(&to) => {
                return Outcome { failure: None, ..failed(String::new()) };
            }
            Err(Elsewhere(to)) => return failed(format!("the call goes to {to}")),
        };
        let mut play = Play { call, since: 0 };
        let failure = self.play_steps(&mut play).err();
        play.call.hang_up();
        play.call.wait(TO_THE_END);
        let (coverage, log) = (play.call.coverage().clone(), play.call.log().to_vec());
        Outcome { name: self.name.clone(), failure, coverage, log }
    }

    /// Puts on the stage what the case says.
    fn furnish(&self, stage: &mut Stage) {
        stage.around = std::mem::take(&mut stage.around).with(self.site.clone());
        for (mailbox, count) in &self.site.mailboxes {
            let message = |n| Message {
                id: format!("{mailbox}-{n}"),
                from: "+41445550101".to_owned(),
                at: "2026-01-02T09:30".to_owned(),
                is_new: true,
            };
            stage.messages.insert(mailbox.clone(), (1..=*count.min(&1_000)).map(message).collect());
        }
    }

    fn play_steps(&self, play: &mut Play) -> Result<(), Fault> {
        for (number, (place, step)) in self.steps.iter().enumerate() {
            if let Err(what) = play.step(step) {
                let what = format!("step {}: {what}", number + 1);
                return Err(self.failure(*place, &what, Some(play)));
            }
        }
        if self.expect.end.as_deref().is_some_and(|end| end != "caller hung up") {
            let until = play.call.now().saturating_add(TO_THE_END);
            while !play.call.is_gone() && play.call.wait_for_next(until.saturating_sub(play.call.now())) {}
        }
        play.call.hang_up();
        // Clean-ups that wait for a service.
        play.call.wait(TO_THE_END);
        expect::check(&self.expect, &play.call).map_err(|what| self.failure(self.place, &what, Some(play)))
    }

    fn failure(&self, place: Place, what: &str, play: Option<&Play>) -> Fault {
        Fault {
            file: self.file.clone(),
            line: place.line,
            column: place.column,
            is_warning: false,
            what: format!("case \"{}\": {what}", self.name),
            hint: play.map(Play::story),
        }
    }
}

/// A case that is being played.
struct Play {
    call: Rehearsal,
    /// What happened before is done with.
    since: usize,
}

impl Play {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        if self.call.is_gone()
            && !matches!(step, Step::Hear(..) | Step::At(..) | Step::Asks(_) | Step::Wait(_))
        {
            let how = self.call.ended().unwrap_or_default();
            return Err(format!("the call is over: {how}"));
        }
        match step {
            Step::Hear(what, within) => self.hear(what, *within),
            Step::At(node, within) => self.come_to(node, *within),
            Step::Asks(what) => {
                let is_it =
                    |h: &Happening| matches!(h, Happening::Asks(asked) if asked.contains(what.as_str()));
                self.until(Duration::from_secs(30), |play| play.happened(&is_it))
                    .then_some(())
                    .ok_or_else(|| format!("expected that \"{what}\" is asked"))
            }
            Step::Rings(numbers, turn) => {
                let mut wanted = numbers.clone();
                wanted.sort();
                let rings = self.until(Duration::from_secs(60), |play| {
                    let mut now = play.call.ringing().to_vec();
                    now.sort();
                    now == wanted
                });
                if !rings {
                    return Err(format!("expected that {} ring, and {}", numbers.join(", "), self.doing()));
                }
                self.turn(*turn)
            }
            Step::Queue(queue, agent, turn) => {
                let is_in = |play: &Self| play.call.queue() == Some(queue.as_str());
                if !self.until(Duration::from_secs(60), is_in) {
                    return Err(format!("expected to wait in queue {queue}, and {}", self.doing()));
                }
                let asked = self.call.asks_for().unwrap_or_default();
                if let Some(agent) = agent.as_ref().filter(|agent| *agent != asked) {
                    return Err(format!(
                        "expected that agent \"{agent}\" is asked first, and it was \"{asked}\""
                    ));
                }
                self.turn(*turn)
            }
            Step::Press(keys) => self.act(|call| call.press(keys)),
            Step::Wait(time) => self.act(|call| call.wait(*time)),
            Step::Say(time) => {
                if !self.until(Duration::from_secs(60), |play| play.call.is_recorded()) {
                    return Err(format!("expected to be recorded, and {}", self.doing()));
                }
                self.act(|call| call.say(*time))
            }
            Step::TheyHangUp => {
                if !self.until(Duration::from_secs(60), |play| play.call.talks_with().is_some()) {
                    return Err(format!("expected to talk with somebody, and {}", self.doing()));
                }
                self.act(|call| {
                    call.becomes(crate::Dialled::Talked);
                })
            }
            Step::HangUp => self.act(Rehearsal::hang_up),
        }
    }

    /// The caller does something: what was heard before is not what it led to.
    fn act(&mut self, act: impl FnOnce(&mut Rehearsal)) -> Result<(), String> {
        self.since = self.call.log().len();
        act(&mut self.call);
        Ok(())
    }

    fn turn(&mut self, turn: Option<Turn>) -> Result<(), String> {
        let Some(turn) = turn else { return Ok(()) };
        self.since = self.call.log().len();
        let is_done = match turn {
            Turn::Became(how) => self.call.becomes(how),
            Turn::Talks(talks) => self.call.answers(talks),
        };
        is_done.then_some(()).ok_or_else(|| "nobody rings any more".to_owned())
    }

    /// Lets time pass until this holds; whether it does.
    fn until(&mut self, longest: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.call.now().saturating_add(longest);
        loop {
            if holds(self) {
                return true;
            }
            if !self.call.wait_for_next(end.saturating_sub(self.call.now())) {
                return false;
            }
        }
    }

    fn happened(&self, is_it: &dyn Fn(&Happening) -> bool) -> bool {
        self.call.log().iter().skip(self.since).any(|entry| is_it(&entry.what))
    }

    fn hear(&mut self, what: &str, within: Duration) -> Result<(), String> {
        let is_it = |h: &Happening| matches!(h, Happening::Hears(text) if is_heard(text, what));
        if self.until(within, |play| play.happened(&is_it)) {
            return Ok(());
        }
        let time = duration_text(within);
        Err(format!("expected to hear \"{what}\" within {time}; {}", self.heard()))
    }

    fn come_to(&mut self, node: &str, within: Duration) -> Result<(), String> {
        let is_it = |h: &Happening| matches!(h, Happening::Entered { flow, node: name, .. } if is_node(node, flow, name));
        let is_there = |play: &Self| {
            let place = play.call.place();
            is_node(node, &place.flow, &place.node) || play.happened(&is_it)
        };
        if self.until(within, is_there) {
            return Ok(());
        }
        Err(format!("expected to come to {node} within {}, and {}", duration_text(within), self.doing()))
    }

    fn heard(&self) -> String {
        let heard = self.call.log().iter().skip(self.since).filter_map(|entry| match &entry.what {
            Happening::Hears(text) => Some(text.as_str()),
            _ => None,
        });
        let heard: Vec<&str> = heard.collect();
        if heard.is_empty() {
            "nothing was heard".to_owned()
        } else {
            format!("heard was {}", heard.join(", then "))
        }
    }

    fn doing(&self) -> String {
        let place = self.call.place();
        let is_gone = self.call.is_gone();
        if is_gone {
            format!("the call is over ({})", place.doing)
        } else {
            format!("the caller {}", place.doing)
        }
    }

    /// The call so far, for who looks for the reason.
    fn story(&self) -> String {
        let place = self.call.place();
        let at =
            if place.node.is_empty() { String::new() } else { format!(" at {}.{}", place.flow, place.node) };
        let path = expect::path(self.call.log());
        let time = duration_text(Duration::from_secs(self.call.now().as_secs()));
        format!("after {time} the caller{at} {}\n{}\npath: {path}", place.doing, self.heard())
    }
}

/// Whether what plays has this in it: a prompt by `@name`, or words in whatever case.
fn is_heard(text: &str, what: &str) -> bool {
    if what.starts_with('@') {
        return text.split_whitespace().any(|word| word == what);
    }
    text.to_lowercase().contains(&what.to_lowercase())
}

/// Whether `wanted` is this node: `node` or `flow.node`.
pub(super) fn is_node(wanted: &str, flow: &str, node: &str) -> bool {
    match wanted.split_once('.') {
        Some((of, name)) => of == flow && name == node,
        None => wanted == node,
    }
}
