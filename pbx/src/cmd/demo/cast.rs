//! The phones of a demo at work, and what each of them tells of its calls.

use super::site::{Resident, Site};
use super::{Failure, crowd};
use crate::clock;
use crate::softphone::{Softphone, SoftphoneConfig, Sound};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use switchroom_phone::script::{Actor, Course, Outcome, Plan, Role};
use switchroom_phone::{PhoneCommand, PhoneEvent, PhoneSettings};
use switchroom_sip::time::Mono;

/// How long all phones may take to register.
const REGISTER_TIME: Duration = Duration::from_secs(15);
/// How long the last calls may take to end.
const END_TIME: Duration = Duration::from_secs(8);
/// The level at which a tone counts as heard, decibels: they are sent with −12.
const HEARD_DB: f32 = -25.0;
/// Talks shorter than this leave no time to be sure of what was heard.
const TALK_LEAST: Duration = Duration::from_secs(1);

/// One side of a call.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) outcome: Outcome,
    /// Level of the other side's tone.
    pub(super) heard_db: f32,
}

impl Side {
    fn talked(&self) -> Duration {
        self.outcome.up.map_or(Duration::ZERO, |up| self.outcome.ended.since(up))
    }
}

/// What both sides tell of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct CallBook {
    pub(super) caller: Option<Side>,
    pub(super) called: Option<Side>,
}

impl CallBook {
    /// The caller was answered.
    pub(super) fn is_answered(&self) -> bool {
        self.caller.as_ref().is_some_and(|c| c.outcome.up.is_some())
    }

    /// Both heard each other; `None` if the talk was too short to say.
    pub(super) fn both_heard(&self) -> Option<bool> {
        let (Some(caller), Some(called)) = (&self.caller, &self.called) else { return Some(false) };
        let long = caller.talked() >= TALK_LEAST;
        long.then_some(caller.heard_db >= HEARD_DB && called.heard_db >= HEARD_DB)
    }
}

struct Bot {
    number: String,
    phone: Softphone,
    actor: Actor,
}

impl Bot {
    /// Lets it do what is due; gives how many calls it dialled, and adds what it could not do.
    fn step(&mut self, troubles: &mut Vec<String>) -> u32 {
        let mut placed = 0;
        while let Some(event) = self.phone.poll_event() {
            self.actor.handle(Mono(clock::mono_us()), &event);
        }
        self.actor.handle_due(Mono(clock::mono_us()));
        while let Some(command) = self.actor.poll_command() {
            let is_call = matches!(command, PhoneCommand::Call(_));
            match self.phone.command(command.clone()) {
                Ok(()) => placed += u32::from(is_call),
                Err(error) => {
                    if is_call {
                        troubles.push(format!("{} could not dial: {error}", self.number));
                    }
                    self.actor.refused(Mono(clock::mono_us()), &command);
                }
            }
        }
        placed
    }
}

/// The phones.
pub(super) struct Cast {
    bots: Vec<Bot>,
    /// Callers of flows, and who answers them: in no book.
    crowd: Vec<Bot>,
    tones: BTreeMap<String, u16>,
    start: Mono,
    /// Calls that were dialled.
    pub(super) placed: u32,
    /// Calls of the plan, by number.
    pub(super) calls: BTreeMap<u32, CallBook>,
    finished: VecDeque<u32>,
    /// What a phone could not do though its part says so.
    pub(super) troubles: Vec<String>,
}

impl Cast {
    /// Starts the phones and waits until all are registered; the plan begins then.
    pub(super) fn start(site: &Site, plan: &Plan, length: Duration) -> Result<Self, Failure> {
        let mut phones: Vec<(&Resident, Softphone)> = site
            .bots
            .iter()
            .chain(&site.crowd)
            .enumerate()
            .map(|(place, resident)| Ok((resident, start(site, place, resident)?)))
            .collect::<Result<_, Failure>>()?;
        for (resident, phone) in &phones {
            let wait = phone.wait_for(|e| matches!(e, PhoneEvent::Registered { .. }), REGISTER_TIME);
            wait.map_err(|e| {
                Failure::new(format!("{} does not register: {e}", resident.number), "try again")
            })?;
        }
        let start = Mono(clock::mono_us());
        let numbers: Vec<String> = site.bots.iter().map(|b| b.number.clone()).collect();
        // Who calls without a plan is a person: they are answered, and talked to for a while.
        let strangers = Course::Talk {
            answer_after: Duration::from_millis(1_500),
            talk: Duration::from_secs(30),
            hold: None,
            digits: None,
            caller_ends: false,
        };
        let crowd =
            phones.split_off(site.bots.len()).into_iter().enumerate().map(|(place, (who, phone))| Bot {
                number: who.number.clone(),
                phone,
                actor: Actor::new(
                    start,
                    crowd::parts(who, length, site.seed.wrapping_add(place as u64)),
                    crowd::manners(who),
                ),
            });
        let crowd = crowd.collect();
        let bot = |(place, (resident, phone)): (usize, (&Resident, Softphone))| Bot {
            number: resident.number.clone(),
            phone,
            actor: Actor::new(start, plan.parts(place, &numbers), strangers.clone()),
        };
        Ok(Self {
            bots: phones.into_iter().enumerate().map(bot).collect(),
            crowd,
            tones: site.bots.iter().map(|b| (b.number.clone(), b.hz)).collect(),
            start,
            placed: 0,
            calls: BTreeMap::new(),
            finished: VecDeque::new(),
            troubles: Vec::new(),
        })
    }

    /// Whether one of the phones has that number.
    pub(super) fn has(&self, number: &str) -> bool {
        self.tones.contains_key(number)
    }

    /// Time since the plan began.
    pub(super) fn passed(&self) -> Duration {
        Mono(clock::mono_us()).since(self.start)
    }

    /// Lets every phone do what is due.
    pub(super) fn step(&mut self) {
        for bot in &mut self.crowd {
            // Nobody counts on them.
            bot.step(&mut Vec::new());
            while bot.actor.poll_outcome().is_some() {}
        }
        for bot in &mut self.bots {
            self.placed += bot.step(&mut self.troubles);
            while let Some(outcome) = bot.actor.poll_outcome() {
                let Some(number) = outcome.call else { continue };
                let heard_db = self.tones.get(&outcome.peer).map_or(-200.0, |hz| bot.phone.heard(*hz));
                let role = outcome.role;
                let side = Some(Side { outcome, heard_db });
                let book = self.calls.entry(number).or_default();
                match role {
                    Role::Caller => book.caller = side,
                    Role::Called => book.called = side,
                }
                if book.caller.is_some() && book.called.is_some() {
                    self.finished.push_back(number);
                }
            }
        }
    }

    /// The number of the next call that both sides are through with.
    pub(super) fn poll_finished(&mut self) -> Option<u32> {
        self.finished.pop_front()
    }

    /// A finished call in one line.
    pub(super) fn line(&self, number: u32, plan: &Plan) -> Option<String> {
        let book = self.calls.get(&number)?;
        let (caller, called) = (book.caller.as_ref()?, book.called.as_ref()?);
        let planned = plan.calls.iter().find(|c| c.number == number)?;
        let at = caller.outcome.began.since(self.start).as_secs_f32();
        let mut line = format!(
            "{at:6.1} s  {} → {}  {}",
            called.outcome.peer,
            caller.outcome.peer,
            planned.course.word()
        );
        if book.is_answered() {
            let heard = match book.both_heard() {
                Some(true) => "both heard each other",
                Some(false) => "NOT both heard each other",
                None => "too short to hear",
            };
            line.push_str(&format!(" {:.1} s, {heard}", caller.talked().as_secs_f32()));
        } else if let Some(status) = caller.outcome.status {
            line.push_str(&format!(", {status}"));
        }
        Some(line)
    }

    /// Ends what is going on and waits until it has ended.
    pub(super) fn finish(&mut self) {
        for bot in self.bots.iter_mut().chain(&mut self.crowd) {
            bot.actor.finish();
        }
        let until = Mono(clock::mono_us()).after(END_TIME);
        while Mono(clock::mono_us()) < until {
            self.step();
            if self.bots.iter().chain(&self.crowd).all(|bot| bot.actor.active().is_none()) {
                break;
            }
            std::thread::sleep(super::STEP);
        }
    }

    /// Unregisters every phone and lets it go.
    pub(super) fn stop(self) {
        // Together: each waits for answers of its own.
        let threads: Vec<_> = self
            .bots
            .into_iter()
            .chain(self.crowd)
            .filter_map(|bot| std::thread::Builder::new().spawn(move || bot.phone.stop()).ok())
            .collect();
        for thread in threads {
            // They record nothing, so there is nothing that could be incomplete.
            let _ = thread.join();
        }
    }
}

fn start(site: &Site, place: usize, resident: &Resident) -> Result<Softphone, Failure> {
    let mut settings = PhoneSettings::new(&resident.number, &resident.password, site.domain);
    settings.display_name.clone_from(&resident.name);
    settings.codecs.clone_from(&resident.codecs);
    let mut config = SoftphoneConfig::new(settings, site.sip);
    config.transport = resident.transport;
    config.sound = Sound::Tone { hz: resident.hz };
    config.seed = site.seed.wrapping_add(1 + place as u64);
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::new(format!("phone {}: {e}", resident.number), "try fewer phones: --phones 4")
    };
    let phone = Softphone::start(config).map_err(|e| cannot(&e))?;
    phone.command(PhoneCommand::Register).map_err(|e| cannot(&e))?;
    Ok(phone)
}
