//! A whole run, and what came of it.

use super::checkers::{self, Checker};
use super::coverage::Coverage;
use super::glance::holds;
use super::plant::{Defect, Plant};
use super::setup::Setup;
use super::world::{Came, Step, World};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use switchroom::control::view;
use switchroom_acd::Fact;
use switchroom_exchange::{Action, CallId, Mono, Record};
use switchroom_phone::script::{Actor, Course, Part, Role};
use switchroom_wire::{LadderStyle, render_ladder};

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub rule: String,
    /// What was found.
    pub text: String,
    /// At which input of the exchange.
    pub step: u64,
    /// When, from the start of the run.
    pub at: Duration,
    /// The ladder of the call in question; empty if no call is.
    pub ladder: String,
    /// The last steps, one line each; empty unless they were asked for.
    pub log: Vec<String>,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Calls that got a CDR.
    pub calls: u64,
    /// Calls that were connected with another one.
    pub attended: u64,
    /// How they ended.
    pub causes: BTreeMap<&'static str, u64>,
    /// Inputs of the exchange.
    pub steps: u64,
    /// How often the exchange was started.
    pub lives: u32,
    /// Time that passed in the run.
    pub span: Duration,
    /// A sum over all that the exchange sent.
    pub fingerprint: u64,
    /// Which (state, event) pairs happened.
    pub coverage: Coverage,
    /// The rule that was broken, if one was.
    pub failure: Option<Failure>,
}

/// How a run is watched.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watch {
    /// Look at everything after each step.
    pub is_strict: bool,
    /// Keep so many lines of what happened.
    pub log_lines: usize,
    /// A defect to have.
    pub defect: Defect,
}

struct Run {
    world: World,
    checkers: Vec<Box<dyn Checker>>,
    outcome: Outcome,
    log: VecDeque<String>,
    log_lines: usize,
    start: Mono,
}

/// Plays a run to its end, or to the first broken rule. A panic of the exchange is one.
pub fn play(setup: &Setup, watch: Watch) -> Outcome {
    let mut world = World::new(setup.clone(), Plant::new(watch.defect));
    world.keep_events = 0;
    let start = world.now.mono;
    let mut run = Run {
        world,
        checkers: checkers::all(watch.is_strict),
        outcome: Outcome::default(),
        log: VecDeque::new(),
        log_lines: watch.log_lines,
        start,
    };
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| run.all()));
    let failure = match played {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(*failure),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            Some(*run.failure("nothing panics", None, text.unwrap_or_default()))
        }
    };
    let mut outcome = run.outcome;
    outcome.failure = failure;
    outcome.steps = run.world.steps;
    outcome.lives = run.world.lives;
    outcome.span = run.world.now.mono.since(start);
    outcome.fingerprint = run.world.fingerprint;
    outcome
}

/// Rests are looked at this often.
const LOOK: Duration = Duration::from_secs(5);
/// Messages that are repeated for ever are repeated for that long.
const ECHOES: Duration = Duration::from_secs(330);
/// Calls that are made at the end, to see that calls work again.
const PROBES: usize = 4;

type Played = Result<(), Box<Failure>>;

impl Run {
    fn all(&mut self) -> Played {
        let end = super::world::begin().after(Duration::from_millis(self.world.setup.length_ms));
        self.until(end)?;
        self.keep_peace()?;
        self.until(self.world.now.mono.after(ECHOES))?;
        self.world.register_all();
        self.until(self.world.now.mono.after(Duration::from_secs(200)))?;
        self.probe()?;
        self.rest()?;
        self.outcome.coverage.add_exchange(&self.world);
        self.outcome.coverage.add_phones(&self.world);
        Ok(())
    }

    fn until(&mut self, end: Mono) -> Played {
        while self.world.next_at().is_some_and(|at| at <= end) {
            if let Some(step) = self.world.advance() {
                self.look(&step)?;
            }
        }
        self.world.wait_until(end);
        Ok(())
    }

    /// The faults stop, and everything has to come to its end.
    fn keep_peace(&mut self) -> Played {
        for came in self.world.make_peace() {
            if let Some(step) = self.world.tell(came) {
                self.look(&step)?;
            }
        }
        self.world.calm_phones();
        // A phone that vanished is found missing when its session is not refreshed.
        let limit = self.world.now.mono.after(Duration::from_secs(2 * 1800 + 900));
        let mut quiet = 0;
        while quiet < 4 {
            // Who asked to be called back waits for days; somebody thinks better of it.
            for came in self.world.no_call_backs() {
                if let Some(step) = self.world.tell(came) {
                    self.look(&step)?;
                }
            }
            self.until(self.world.now.mono.after(LOOK))?;
            quiet = if self.world.is_quiet() { quiet + 1 } else { 0 };
            if self.world.now.mono > limit {
                let left: Vec<String> = self
                    .world
                    .exchange
                    .calls()
                    .map(|c| format!("call {} {:?}", c.number, c.stage))
                    .chain(
                        self.world
                            .handsets
                            .iter()
                            .filter(|h| h.phone.is_in_call())
                            .map(|h| format!("{} is in a call", h.setup.extension)),
                    )
                    .collect();
                let call = self.world.exchange.calls().next().map(|c| c.id);
                let text =
                    format!("an hour after the faults stopped: {left:?}, {:?}", self.world.exchange.status());
                return Err(self.failure("everything finishes once the faults have stopped", call, text));
            }
        }
        Ok(())
    }

    /// Some calls between phones that understand each other: each must be answered.
    fn probe(&mut self) -> Played {
        let phones = self.world.handsets.len();
        let now = self.world.now.mono;
        let mut pairs = Vec::new();
        let mut used = vec![false; phones];
        for a in 0..phones {
            for b in a + 1..phones {
                let (one, other) = (&self.world.handsets[a].setup, &self.world.handsets[b].setup);
                // Who describes itself last cannot be matched to whom the exchange has asked before.
                let fit = !one.late_offer
                    && !other.late_offer
                    && one.codecs.iter().any(|c| other.codecs.contains(c))
                    && one.codecs.iter().chain(&other.codecs).all(|c| *c != switchroom_phone::Codec::Opus);
                let is_free = |n: usize| {
                    !used[n]
                        && !used.iter().enumerate().any(|(m, used)| {
                            *used
                                && self.world.handsets[m].setup.extension
                                    == self.world.handsets[n].setup.extension
                        })
                };
                if fit && one.extension != other.extension && is_free(a) && is_free(b) && pairs.len() < PROBES
                {
                    (used[a], used[b]) = (true, true);
                    pairs.push((a, b));
                }
            }
        }
        let most =
            self.world.setup.site.calls_max.min(usize::from(self.world.setup.site.rtp_pairs) / 8).max(1);
        pairs.truncate(most);
        for place in 0..phones {
            self.world.handsets[place].actor = Actor::new(now, vec![], Course::NoAnswer);
        }
        for (number, (a, b)) in pairs.iter().enumerate() {
            let course = Course::Talk {
                answer_after: Duration::from_secs(1),
                talk: Duration::from_secs(4),
                hold: None,
                digits: None,
                caller_ends: number % 2 == 0,
            };
            for (who, peer, role) in [(*a, *b, Role::Caller), (*b, *a, Role::Called)] {
                let peer = self.world.handsets[peer].setup.extension.clone();
                let call = u32::try_from(number).unwrap_or(0);
                let part = Part { call, at: Duration::ZERO, role, peer, course: course.clone() };
                self.world.handsets[who].actor = Actor::new(now, vec![part], Course::NoAnswer);
                self.world.drain(who);
            }
        }
        self.until(now.after(Duration::from_secs(60)))?;
        for (a, b) in pairs {
            let outcome = self.world.handsets[a].actor.poll_outcome();
            if outcome.as_ref().is_none_or(|o| o.up.is_none()) {
                let (from, to) = (&self.world.handsets[a].setup, &self.world.handsets[b].setup);
                let text = format!("{from:?} called {to:?}: {outcome:?}");
                return Err(self.failure("calls work again once the faults have stopped", None, text));
            }
        }
        Ok(())
    }

    fn rest(&mut self) -> Played {
        self.until(self.world.now.mono.after(Duration::from_secs(120)))?;
        let mut found = None;
        for checker in &mut self.checkers {
            if let Err(finding) = checker.rest(&self.world) {
                found = Some((checker.rule(), finding));
                break;
            }
        }
        match found {
            Some((rule, finding)) => Err(self.failure(rule, finding.call, finding.text)),
            None => Ok(()),
        }
    }

    fn look(&mut self, step: &Step) -> Played {
        // Checkers hold a step against the world, which must not have gone on.
        assert_eq!(step.number, self.world.steps, "a step is looked at before the next one is made");
        if self.log_lines > 0 {
            self.log.push_back(line(step, self.start));
            if self.log.len() > self.log_lines {
                self.log.pop_front();
            }
        }
        for action in &step.actions {
            if let Action::Persist { record: Record::Cdr(cdr), .. } = action {
                self.outcome.calls += 1;
                *self.outcome.causes.entry(cdr.ending.cause.word()).or_default() += 1;
            }
        }
        self.outcome.attended += u64::from(is_attended(step));
        let mut found = None;
        for checker in &mut self.checkers {
            if let Err(finding) = checker.check(&self.world, step) {
                found = Some((checker.rule(), finding));
                break;
            }
        }
        if step.died {
            self.outcome.coverage.add_exchange(&self.world);
        }
        match found {
            Some((rule, finding)) => Err(self.failure(rule, finding.call, finding.text)),
            None => Ok(()),
        }
    }

    fn failure(&self, rule: &str, call: Option<CallId>, text: String) -> Box<Failure> {
        let ladder = call.and_then(|id| view::ladder(&self.world.exchange, id, 0));
        let style = LadderStyle { width: 110, utc_offset_min: 0, messages_only: false, relative: true };
        Box::new(Failure {
            rule: rule.to_owned(),
            text,
            step: self.world.steps,
            at: self.world.now.mono.since(self.start),
            ladder: ladder.map(|ladder| drawn(&ladder, style)).unwrap_or_default(),
            log: self.log.iter().cloned().collect(),
        })
    }
}

/// Whether a phone asked that two of its calls become one, and it was done.
fn is_attended(step: &Step) -> bool {
    let Came::Message(_, bytes) = &step.came else { return false };
    let is_asked = bytes.starts_with(b"REFER ") && holds(bytes, b"Replaces=");
    let is_done =
        |a: &Action| matches!(a, Action::Persist { record: Record::Event(e), .. } if e.name == "transferred");
    is_asked && step.actions.iter().any(is_done)
}

/// A ladder as text, by the one renderer.
pub fn drawn(ladder: &switchroom_wire::Ladder, style: LadderStyle) -> String {
    let (head, lines) = render_ladder(ladder, style);
    head.into_iter().chain(lines.into_iter().map(|(_, line)| line)).map(|line| line + "\n").collect()
}

/// A fact of queues and agents in a few words.
fn brief(fact: &Fact) -> String {
    match fact {
        Fact::Agent(fact) => {
            format!("agent {} {} {}", fact.agent, fact.is.presence.word(), fact.is.activity.word())
        }
        Fact::Joined(joined) => format!("joins {}", joined.queue),
        Fact::Offered(offered) => format!("offer {} to {}", offered.offer, offered.chosen.join(" ")),
        Fact::OfferEnded(ended) => format!("offer {} {} {:?}", ended.offer, ended.agent, ended.outcome),
        Fact::Left(left) => format!("leaves {} {}", left.queue, left.exit.word()),
        Fact::Talked(talked) => format!("agent {} has talked", talked.agent),
        Fact::Missed(missed) => format!("missed {} {:?}", missed.caller, missed.act),
        Fact::CallBack(fact) => format!("call-back of {} {:?}", fact.number, fact.act),
        Fact::Door(fact) => format!("queue {} {}", fact.queue, fact.door.word()),
        Fact::WrappedUp(wrapped) => format!("agent {} has wrapped up", wrapped.agent),
    }
}

/// A step as one line.
fn line(step: &Step, start: Mono) -> String {
    let at = step.now.mono.since(start);
    let first = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let cseq = text.lines().find_map(|l| l.strip_prefix("CSeq: ")).unwrap_or_default().to_owned();
        let first = text.lines().next().unwrap_or_default().trim_end_matches(" SIP/2.0");
        let first = first.trim_start_matches("SIP/2.0 ");
        let shown: String = first.chars().take(60).collect();
        if cseq.is_empty() { format!("{shown:?}") } else { format!("{shown} [{cseq}]") }
    };
    let mut out = format!("{:>7} {:>12.6} ", step.number, at.as_secs_f64());
    _ = match &step.came {
        Came::Message(flow, bytes) => write!(out, "{flow} > {}", first(bytes)),
        other => write!(out, "{other:?}"),
    };
    for action in &step.actions {
        _ = match action {
            Action::Send { flow, bytes } => write!(out, " | {} < {}", flow.remote, first(bytes)),
            Action::Media(command) => {
                let text = format!("{command:?}");
                write!(out, " | {}", text.split([' ', '{']).next().unwrap_or_default())
            }
            Action::Persist { record: Record::Event(event), .. } => write!(out, " | {}", event.name),
            Action::Persist { record: Record::Floor { fact, .. }, .. } => write!(out, " | {}", brief(fact)),
            Action::Persist { record, .. } => {
                let text = format!("{record:?}");
                write!(out, " | keep {}", text.split(['(', ' ']).next().unwrap_or_default())
            }
            Action::Ask { number, asking, .. } => write!(out, " | ask {number} {asking:?}"),
            Action::Reply { result, .. } => write!(out, " | {result:?}"),
        };
    }
    if step.died {
        out.push_str(" | DIED");
    }
    out
}
