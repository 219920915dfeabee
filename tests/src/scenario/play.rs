//! Plays a scenario: lets time pass, lets people act, and collects what happened while every checker watches.

use super::file::{Lined, Scenario};
use super::told;
use crate::sim::checkers::{self, Checker};
use crate::sim::glance::Glance;
use crate::sim::plant::{Defect, Plant};
use crate::sim::run::drawn;
use crate::sim::world::{HOLD_MUSIC, Step, World, begin};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom::control::view;
use switchroom_exchange::{Action, CallId, Cdr, Changed, Flow, LegId, Mono, Record, Source};
use switchroom_flow::Clip;
use switchroom_phone::script::{Actor, Course};
use switchroom_wire::{Ladder, LadderStyle, Lane};

/// Something a phone told, and when, from the start.
pub type Told = (Duration, String);

/// A ladder and what is known of its call.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// Short number.
    pub number: u64,
    /// `101 dials 102`.
    pub title: String,
    lanes: Vec<Lane>,
    ladder: Ladder,
}

/// What came of a scenario.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Names of the events; whether they are about registrations.
    pub events: Vec<(String, bool)>,
    /// What each phone told.
    pub told: Vec<Vec<Told>>,
    /// What was heard where something was expected, by its place among the expectations.
    pub heard: Vec<String>,
    /// Final responses that phones were sent.
    pub answers: Vec<Answer>,
    /// CDRs in order of their calls.
    pub cdrs: Vec<Cdr>,
    /// Ladders in order of their calls, as text.
    pub ladders: String,
}

/// A final response to a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// When, from the start.
    pub at: Duration,
    /// Which phone.
    pub phone: usize,
    /// To what.
    pub method: String,
    /// Its status.
    pub status: u16,
}

/// What went wrong before anything could be compared: the line, if one is to blame, and a sentence.
pub type Fault = (Option<usize>, String);

pub(super) struct Player<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World,
    checkers: Vec<Box<dyn Checker>>,
    told: Vec<Vec<Told>>,
    heard: Vec<String>,
    answers: Vec<Answer>,
    cdrs: BTreeMap<(u64, CallId), Cdr>,
    ladders: BTreeMap<CallId, Drawn>,
}

/// What is done or looked at at one time.
#[derive(Clone, Copy)]
enum Item {
    Act(usize),
    Look(usize),
}

/// The longest a scenario may last after its last line.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);
/// How much later than it is written an answer may be.
const MARGIN: Duration = Duration::from_secs(1);
/// Columns of a ladder: nothing it says is cut off.
const WIDTH: usize = 240;
/// How long everything has to come to rest once a scenario is over.
const REST: Duration = Duration::from_secs(240);

/// Plays a scenario to its end. There is a fault if a rule of the simulator was broken, somebody could not do what the
/// script says, or the scenario does not end; what came of it until then is there all the same.
pub fn play(scenario: &Scenario) -> (Option<Fault>, Outcome) {
    let mut player = Player::new(scenario);
    let played = player.all();
    let outcome = player.outcome();
    let fault = played.err().or_else(|| player.come_to_rest().err().map(|text| (None, text)));
    (fault, outcome)
}

impl<'a> Player<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let mut world = World::new(scenario.setup.clone(), Plant::new(Defect::None));
        world.keep_events = 10_000;
        for (place, phone) in scenario.phones.iter().enumerate() {
            let now = world.now.mono;
            let handset = &mut world.handsets[place];
            handset.actor = Actor::new(now, vec![], Course::NoAnswer);
            handset.listens = true;
            if let Some(password) = &phone.password {
                handset.password.clone_from(password);
                handset.power_on(place);
            }
            if phone.off {
                handset.power_off(now);
            }
        }
        let told = vec![Vec::new(); scenario.phones.len()];
        Self {
            scenario,
            world,
            checkers: checkers::all(true),
            told,
            heard: vec![String::new(); scenario.expect.hears.len()],
            answers: Vec::new(),
            cdrs: BTreeMap::new(),
            ladders: BTreeMap::new(),
        }
    }

    fn all(&mut self) -> Result<(), Fault> {
        let plain = |text| (None, text);
        // Whatever is due before the first line: phones start and register.
        self.until(Mono(begin().0 - 1)).map_err(plain)?;
        self.world.events.clear();
        self.told.iter_mut().for_each(Vec::clear);
        self.answers.clear();
        let mut items: Vec<(Duration, Item)> = Vec::new();
        items.extend(self.scenario.script.iter().enumerate().map(|(n, act)| (act.what.at, Item::Act(n))));
        items.extend(
            self.scenario.expect.hears.iter().enumerate().map(|(n, look)| (look.what.at, Item::Look(n))),
        );
        items.sort_by_key(|(at, _)| *at);
        for (at, item) in items {
            self.until(begin().after(at)).map_err(plain)?;
            match item {
                Item::Act(n) => {
                    let Lined { line, what } = &self.scenario.script[n];
                    let step = self.act(&what.says);
                    let steps = step
                        .map_err(|why| (Some(*line), format!("\"{}\" cannot be done: {why}", what.text)))?;
                    for step in steps {
                        self.look(&step).map_err(plain)?;
                    }
                    self.listen();
                }
                Item::Look(n) => self.heard[n] = self.hearing(&self.scenario.expect.hears[n].what.says),
            }
        }
        // Nor is it over before what shall be answered late.
        let last = self.scenario.expect.answers.iter().map(|answer| answer.what.at).max();
        self.until(begin().after(last.unwrap_or_default() + MARGIN)).map_err(plain)?;
        self.until_quiet().map_err(plain)
    }

    /// Lets time pass.
    pub(super) fn until(&mut self, end: Mono) -> Result<(), String> {
        while self.world.next_at().is_some_and(|at| at <= end) {
            let step = self.world.advance();
            self.listen();
            if let Some(step) = step {
                self.look(&step)?;
            }
        }
        self.world.wait_until(end);
        Ok(())
    }

    fn until_quiet(&mut self) -> Result<(), String> {
        let limit = self.world.now.mono.after(PATIENCE);
        let mut quiet = 0;
        while quiet < 3 {
            self.until(self.world.now.mono.after(Duration::from_secs(2)))?;
            let s = self.world.exchange.status();
            let is_quiet = !self.world.is_down
                && (s.calls, s.dialogs, s.rtp_ports, s.outbox) == (0, 0, 0, 0)
                && self.world.store.waiting() == 0
                && self.world.handsets.iter().all(|h| !h.is_on || !h.phone.is_in_call());
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if self.world.now.mono > limit {
                return Err(format!("it does not end: {s:?}"));
            }
        }
        Ok(())
    }

    /// The faults stop, and whatever is left behind must go.
    fn come_to_rest(&mut self) -> Result<(), String> {
        self.world.meddling.clear();
        for came in self.world.make_peace() {
            if let Some(step) = self.world.tell(came) {
                self.look(&step)?;
            }
        }
        self.world.calm_phones();
        self.until(self.world.now.mono.after(REST))?;
        for checker in &mut self.checkers {
            let rule = checker.rule();
            checker
                .rest(&self.world)
                .map_err(|finding| format!("the rule \"{rule}\" is broken: {}", finding.text))?;
        }
        Ok(())
    }

    /// Writes down what phones told.
    fn listen(&mut self) {
        let now = self.world.now.mono.since(begin());
        for ((handset, told), phone) in
            self.world.handsets.iter_mut().zip(&mut self.told).zip(&self.scenario.phones)
        {
            told.extend(handset.told.drain(..).map(|event| (now, told::phone_event(&phone.name, &event))));
        }
    }

    /// Looks at a step of the exchange.
    pub(super) fn look(&mut self, step: &Step) -> Result<(), String> {
        // Checkers hold a step against the world, which must not have gone on.
        assert_eq!(step.number, self.world.steps, "a step is looked at before the next one is made");
        for action in &step.actions {
            if let Action::Send { flow, bytes } = action {
                self.note_answer(flow, bytes);
            }
            if let Action::Persist { record: Record::Cdr(cdr), .. } = action {
                self.cdrs.insert((cdr.number, cdr.call), (**cdr).clone());
            }
        }
        for changed in &step.changed {
            if let Changed::Ladder(id) | Changed::Call(id) = changed {
                self.draw(*id);
            }
        }
        for checker in &mut self.checkers {
            let rule = checker.rule();
            checker
                .check(&self.world, step)
                .map_err(|finding| format!("the rule \"{rule}\" is broken: {}", finding.text))?;
        }
        Ok(())
    }

    fn note_answer(&mut self, flow: &Flow, bytes: &[u8]) {
        let Some(glance) = Glance::of(bytes) else { return };
        let Some(status) = glance.status().filter(|status| *status >= 200) else { return };
        let Some(phone) = self.world.handsets.iter().position(|h| h.flow() == *flow) else { return };
        let at = self.world.now.mono.since(begin());
        self.answers.push(Answer { at, phone, method: glance.method.to_owned(), status });
    }

    fn draw(&mut self, id: CallId) {
        let Some(ladder) = view::ladder(&self.world.exchange, id, 0) else { return };
        let known = self.ladders.entry(id).or_default();
        if let Some(call) = self.world.exchange.call(id) {
            known.number = call.number;
            known.title = format!("{} dials {}", call.from.number, call.to.number);
            known.lanes.clone_from(&ladder.lanes);
        }
        known.ladder = ladder;
    }

    /// What a phone hears, in the words of the expectation.
    fn hearing(&self, says: &super::words::Sentence<super::verbs::Sound>) -> String {
        let place = self.place(says.get("who"));
        let name = &self.scenario.phones[place].name;
        format!("{name} hears {}", self.heard_by(place).unwrap_or_else(|| "nothing".into()))
    }

    fn heard_by(&self, place: usize) -> Option<String> {
        let media = self.world.media.legs.get(&self.leg_of(place)?)?;
        // Without an address of the phone, or its wish to hear, nothing goes out.
        media.agreed.as_ref().filter(|a| a.sending && a.remote_rtp.is_some())?;
        let is_music = |clip: &Clip| matches!(clip, Clip::Prompt { name, .. } if name == HOLD_MUSIC);
        if media.plays.as_ref().is_some_and(|playing| playing.clips.iter().any(is_music)) {
            return Some("the music".into());
        }
        Some(match &media.hears {
            Source::Nothing => return None,
            Source::Silence => "silence".into(),
            Source::Echo => "the echo".into(),
            Source::Tone { .. } => "the tone".into(),
            Source::Leg(leg) => self.who_speaks(*leg)?,
            Source::Mix(parts) => {
                let mut names: Vec<String> = parts.iter().filter_map(|p| self.who_speaks(p.leg)).collect();
                names.sort();
                if names.is_empty() {
                    return None;
                }
                names.join(" and ")
            }
        })
    }

    /// The phone whose leg that is, if something can come from it.
    fn who_speaks(&self, leg: LegId) -> Option<String> {
        self.world.media.legs.get(&leg)?.agreed.as_ref().filter(|a| a.receiving)?;
        let whose = (0..self.scenario.phones.len()).find(|place| self.leg_of(*place) == Some(leg))?;
        Some(self.scenario.phones[whose].name.clone())
    }

    /// The phone of that name.
    pub(super) fn place(&self, name: Option<&str>) -> usize {
        self.scenario.phones.iter().position(|p| Some(p.name.as_str()) == name).unwrap_or(0)
    }

    /// The leg of a phone's call.
    pub(super) fn leg_of(&self, place: usize) -> Option<LegId> {
        let call_id = self.world.handsets[place].phone.call_id()?;
        let mut legs = self.world.exchange.calls().flat_map(|c| c.legs.values());
        legs.find(|leg| leg.sip_call_id == call_id).map(|leg| leg.id)
    }

    fn outcome(&mut self) -> Outcome {
        let events = self.world.events.drain(..);
        let events = events.map(|e| (e.name, told::is_registration_event(e.kind))).collect();
        let mut ladders: Vec<&Drawn> = self.ladders.values().collect();
        ladders.sort_by_key(|d| d.number);
        Outcome {
            events,
            told: std::mem::take(&mut self.told),
            heard: std::mem::take(&mut self.heard),
            answers: std::mem::take(&mut self.answers),
            cdrs: self.cdrs.values().cloned().collect(),
            ladders: ladders.iter().map(|d| d.text()).collect::<Vec<_>>().join("\n"),
        }
    }
}

impl Drawn {
    fn text(&self) -> String {
        let mut ladder = self.ladder.clone();
        for (lane, known) in ladder.lanes.iter_mut().zip(&self.lanes) {
            lane.clone_from(known);
        }
        let style = LadderStyle { width: WIDTH, utc_offset_min: 0, messages_only: false, relative: true };
        let lines: String = drawn(&ladder, style);
        format!("call {}: {}\n\n{lines}", self.number, self.title)
    }
}
