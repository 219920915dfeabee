//! Who is let into a queue: as its hours, or a person, and its limits of calls say.

use super::facts;
use crate::sim::checkers::{Checker, Verdict, broken};
use crate::sim::world::{Came, Step, World};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use switchroom_acd::config::{QueueConfig, Staff};
use switchroom_acd::{CallBackAct, CallBackEnd, Door, Exit, Fact, Presence};
use switchroom_exchange::{Action, AgentAct, CallId, Command, Record};
use switchroom_flow::boundary::Opening;

/// A queue, as what is written down has it.
#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeSet<u128>,
    /// Who asked to be called back has a place among those who wait.
    asked: BTreeSet<u128>,
    talking: BTreeSet<u128>,
    /// When the last were let in, steady milliseconds, and whether that is sure: who comes and leaves at once because nobody
    /// works there may have been let in, or not.
    let_in: VecDeque<(i64, bool)>,
}

impl Queue {
    /// Who came to it, and was or may have been let in. A limit counts from when it is written.
    fn lets_in(&mut self, config: &QueueConfig, now_ms: i64, is_sure: bool) {
        match config.calls_per_second {
            Some(_) => self.let_in.push_back((now_ms, is_sure)),
            None => self.let_in.clear(),
        }
    }
}

/// Outside its hours a queue lets nobody in, within them it turns nobody away as closed; it has no more calls than it may, at
/// once and within a second; and who is told that nobody works there is told the truth. Who was let in before, and lost an agent
/// whose phone is gone, is not asked for hours and limits.
#[derive(Debug, Default)]
pub(in super::super) struct OnlyWhoMayComesIn {
    queues: BTreeMap<String, Queue>,
    back: BTreeSet<u128>,
    joined: Option<(String, u128)>,
    /// What users said of queues and did not take back, by their commands and by what the disk has.
    doors: BTreeMap<String, Door>,
    /// Where agents are, as what is written down has it.
    presences: BTreeMap<String, Presence>,
}

/// Who works where.
struct Staffed<'a> {
    world: &'a World,
    presences: &'a BTreeMap<String, Presence>,
}

impl Staffed<'_> {
    /// Whether there is somebody in a queue of the kind that a rule asks for.
    fn has(&self, queue: &str, rule: Staff) -> bool {
        let agents = &self.world.exchange.floor().config().agents;
        let mut of_queue = agents.iter().filter(|(_, agent)| agent.queues.contains_key(queue));
        let mut is_any = |is_it: fn(&Presence) -> bool| {
            of_queue.any(|(number, _)| self.presences.get(number).is_some_and(is_it))
        };
        match rule {
            Staff::None => true,
            Staff::SignedIn => is_any(Presence::is_signed_in),
            Staff::Working => is_any(|presence| *presence == Presence::Ready),
        }
    }
}

impl OnlyWhoMayComesIn {
    /// The next fact says whether who joined last was let in: who was not leaves at once.
    fn settle(&mut self, world: &World, now_ms: i64, left: Option<Exit>) -> Verdict {
        let Some((name, call)) = self.joined.take() else { return Ok(()) };
        let staff = Staffed { world, presences: &self.presences };
        let queue = self.queues.entry(name.clone()).or_default();
        let Some(config) = world.exchange.floor().queue(&name).map(|queue| &queue.config) else {
            return Ok(());
        };
        let is_back = self.back.remove(&call);
        let is_open = match self.doors.get(&name) {
            Some(Door::Open) => true,
            Some(Door::Closed) => false,
            Some(Door::Hours) | None => is_open(world, config),
        };
        let calls = queue.waiting.len() + queue.talking.len();
        queue.let_in.retain(|(at, _)| now_ms - at < 1_000);
        let is_over = config.calls_max.is_some_and(|most| calls >= most as usize);
        let sure = queue.let_in.iter().filter(|(_, is_sure)| *is_sure).count();
        let reaches = |count: usize| config.calls_per_second.is_some_and(|most| count >= most as usize);
        let (may_be_quick, is_quick) = (reaches(queue.let_in.len()), reaches(sure));
        let joins = staff.has(&name, config.join);
        // Who asked to be called back may not be in the line at the moment.
        let is_crowded = queue.waiting.len() >= config.max_waiting;
        let told = format!(
            "{name}: open {is_open}, somebody there: {joins}, {} wait, {calls} calls, {} in a second",
            queue.waiting.len(),
            queue.let_in.len()
        );
        let has_room = queue.waiting.len() + queue.asked.len() < config.max_waiting;
        let is_wrong = match left {
            Some(Exit::Closed) => is_open || is_back,
            Some(Exit::Full) if is_back => has_room,
            Some(Exit::Full) => !is_over && !may_be_quick && has_room,
            // Or it was let in, and nobody is there for whom it may stay.
            Some(Exit::Empty) => !is_open && !is_back || joins && staff.has(&name, config.stay),
            Some(_) => false,
            None => !joins || is_crowded || !is_back && (!is_open || is_over || is_quick),
        };
        match left {
            None => {
                queue.waiting.insert(call);
                queue.lets_in(config, now_ms, true);
            }
            Some(Exit::Empty) if joins => queue.lets_in(config, now_ms, false),
            Some(_) => {}
        }
        if is_wrong { broken(Some(CallId(call)), format!("{left:?} of {told}")) } else { Ok(()) }
    }

    fn take(&mut self, world: &World, now_ms: i64, fact: &Fact) -> Verdict {
        match fact {
            // Who takes the place of one who was let in is let in.
            Fact::Joined(joined) if joined.instead_of.is_some() => {
                self.settle(world, now_ms, None)?;
                self.queues.entry(joined.queue.clone()).or_default().waiting.insert(joined.call);
            }
            Fact::Joined(joined) => {
                self.settle(world, now_ms, None)?;
                self.joined = Some((joined.queue.clone(), joined.call));
            }
            Fact::Left(left) if self.joined.as_ref().is_some_and(|(_, call)| *call == left.call) => {
                let is_refusal = matches!(left.exit, Exit::Closed | Exit::Full | Exit::Empty);
                if is_refusal {
                    return self.settle(world, now_ms, Some(left.exit));
                }
                self.settle(world, now_ms, None)?;
                self.leave(&left.queue, left.call, left.exit);
            }
            Fact::Left(left) => self.leave(&left.queue, left.call, left.exit),
            Fact::Agent(fact) => {
                // Whoever came before was judged by who was there then.
                self.settle(world, now_ms, None)?;
                self.presences.insert(fact.agent.clone(), fact.is.presence.clone());
            }
            Fact::Talked(talked) => {
                self.queues.values_mut().for_each(|queue| _ = queue.talking.remove(&talked.call));
            }
            Fact::CallBack(fact) => {
                let queue = self.queues.entry(fact.queue.clone()).or_default();
                match &fact.act {
                    CallBackAct::Asked => _ = queue.asked.insert(fact.id),
                    CallBackAct::Called { .. } => _ = queue.talking.insert(fact.id),
                    CallBackAct::Tried => _ = queue.talking.remove(&fact.id),
                    CallBackAct::Closed { how, .. } => {
                        queue.asked.remove(&fact.id);
                        if *how != CallBackEnd::Reached {
                            queue.talking.remove(&fact.id);
                        }
                    }
                    CallBackAct::Priority => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Anew: after a start as the store says, and after a reload, when agents come and go.
    fn note_presences(&mut self, world: &World) {
        let agents = world.exchange.floor().agents();
        self.presences = agents.map(|agent| (agent.number.to_string(), agent.presence.clone())).collect();
    }

    /// What users say of queues, and what is forgotten because a queue is gone.
    fn said(&mut self, world: &World, step: &Step) -> Verdict {
        if let Came::Command(_, Command::Agent(AgentAct::Door { queue, door })) = &step.came
            && step.is_done()
        {
            self.doors.insert(queue.clone(), *door);
            let is_it =
                |fact: &Fact| matches!(fact, Fact::Door(said) if said.queue == *queue && said.door == *door);
            if !step.died && !facts(step).any(is_it) {
                return broken(None, format!("that {queue} is {} was not written down", door.word()));
            }
        }
        self.doors.retain(|queue, _| world.exchange.floor().queue(queue).is_some());
        Ok(())
    }

    fn leave(&mut self, queue: &str, call: u128, exit: Exit) {
        let queue = self.queues.entry(queue.to_owned()).or_default();
        queue.waiting.remove(&call);
        if exit == Exit::Answered {
            queue.talking.insert(call);
        }
    }
}

/// By the calendar of the site.
fn is_open(world: &World, config: &QueueConfig) -> bool {
    let site = &world.exchange.config().inbound;
    let hours = config.hours.as_ref().and_then(|name| site.hours.get(name));
    hours.is_none_or(|hours| hours.opening(world.now.wall.0, &site.zone) == Opening::Open)
}

impl Checker for OnlyWhoMayComesIn {
    fn rule(&self) -> &'static str {
        "a queue lets in whom its door, its hours, who works there and its limits of calls let in, and nobody else"
    }

    fn begin(&mut self, world: &World, _step: &Step) -> Verdict {
        let said = world.store.disk.doors.iter().map(|(queue, (_, fact))| (queue.clone(), fact.door));
        *self = Self { doors: said.collect(), ..Self::default() };
        // Who asked to be called back is remembered over a restart.
        let floor = world.exchange.floor();
        for queue in floor.queues() {
            let asked = floor.call_backs_of(&queue.name).map(|one| one.id).collect();
            self.queues.insert(queue.name.clone(), Queue { asked, ..Queue::default() });
        }
        self.note_presences(world);
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        self.said(world, step)?;
        if step.came == Came::Start {
            // What is written down now is of before, or is in what the floor says already.
            return Ok(());
        }
        for action in &step.actions {
            if let Action::Persist { record: Record::Event(event), .. } = action
                && event.name == "held_waits_again"
            {
                self.back.extend(event.call.map(|call| call.0));
            }
        }
        let now_ms = super::mono(step);
        // Who came while another configuration was put in force is not judged by either.
        let is_reload = step.came == Came::Config;
        for fact in facts(step) {
            let verdict = self.take(world, now_ms, fact);
            if !is_reload && !step.died {
                verdict?;
            }
        }
        let verdict = self.settle(world, now_ms, None);
        if is_reload {
            self.note_presences(world);
        }
        if is_reload || step.died { Ok(()) } else { verdict }
    }
}
