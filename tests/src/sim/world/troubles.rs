//! What goes wrong, and how it ends.

use super::site::extension;
use super::{Came, Next, Step, USER, World};
use crate::sim::floor::AgentWish;
use crate::sim::inbound::LENT;
use crate::sim::trouble::{SupervisorWish, Trouble};
use std::sync::Arc;
use switchroom_acd::{Activity, Presence};
use switchroom_exchange::{
    AgentAct, ArchiveAct, Call, CallId, Command, ConsultAct, MissedWish, RecordingAct, Stage, Subject,
    SupervisionAct,
};
use switchroom_phone::{HoldForm, PhoneCommand};

impl World {
    /// Something goes wrong now.
    pub fn trouble(&mut self, trouble: Trouble) -> Option<Step> {
        if !self.is_faulty {
            return None;
        }
        let phones = self.handsets.len();
        match trouble {
            Trouble::Vanish { phone, for_ms, moves } => self.vanish(phone % phones, for_ms, moves),
            Trouble::CutOff { phone, for_ms } => {
                let phone = phone % phones;
                self.handsets[phone].is_cut_off = true;
                self.fall_silent(phone);
                self.soon(for_ms * 1000, Next::Within(phone));
            }
            Trouble::Rebind { phone, address } => self.rebind(phone % phones, address),
            Trouble::Reset { phone } => {
                let flow = self.disconnect(phone % phones)?;
                let wait = self.rng.below(200_000);
                self.soon(wait, Next::FlowLost(self.lives, flow));
            }
            Trouble::Step { by_ms } => {
                self.now.wall.0 += by_ms;
                self.stepped_back_ms += (-by_ms).max(0);
            }
            Trouble::Crash { down_ms, after_actions, kept_percent } => {
                self.crash = Some((down_ms, after_actions, kept_percent));
            }
            Trouble::Restart { down_ms } => return self.restart_in_order(down_ms),
            Trouble::StoreSlow { flush_ms, for_ms } => {
                self.flush_us = flush_ms * 1000;
                self.soon(for_ms * 1000, Next::StoreQuick);
            }
            Trouble::StoreFails { for_ms } => {
                self.store.fails = true;
                self.soon(for_ms * 1000, Next::StoreWell);
            }
            Trouble::MediaSlow { for_ms } => {
                self.media_mute = true;
                self.soon(for_ms * 1000, Next::MediaQuick);
            }
            Trouble::HangUp { place } => {
                let calls: Vec<CallId> = self.exchange.calls().map(|c| c.id).collect();
                let call = *calls.get(place % calls.len().max(1))?;
                return self.order(Command::HangUp(call));
            }
            Trouble::Dial { phone, to } => {
                let from = self.handsets[phone % phones].setup.extension.clone();
                return self.order(Command::Dial { from, to });
            }
            Trouble::Supervise { phone, place, wish } => {
                let phone = self.handsets[phone % phones].setup.extension.clone();
                let command = self.supervision(phone, place, wish)?;
                return self.order(command);
            }
            Trouble::Unregister { phone } => {
                let extension = self.handsets[phone % phones].setup.extension.clone();
                return self.order(Command::Unregister { extension, contact: None });
            }
            Trouble::Agent { agent, wish: AgentWish::Hold } => self.hold_at(agent),
            Trouble::Agent { agent, wish: AgentWish::Vanish { for_ms } } => {
                if let Some(place) = self.phone_of(agent, &[Activity::Holding]) {
                    self.vanish(place, for_ms, false);
                }
            }
            Trouble::Agent { agent, wish } => {
                let command = self.act(agent, wish)?;
                return self.order(command);
            }
            Trouble::Floor => {
                self.floor_generation += 1;
                self.config.floor = Arc::new(self.setup.floor.config(self.floor_generation));
                return self.tell(Came::Config);
            }
            Trouble::Archive { place } => {
                let act = self.archive_act(place)?;
                return self.order(Command::Archive(act));
            }
            Trouble::Reload { phone, password } => return self.reload(phone % phones, password),
        }
        None
    }

    /// What is done about one of the closed recordings: held, or released if it is, or deleted, alone or with all others.
    fn archive_act(&self, place: usize) -> Option<ArchiveAct> {
        let known = &self.store.disk.recordings;
        let (&call, &is_held) = known.iter().nth(place % known.len().max(1))?;
        let number = 1;
        Some(match place % 4 {
            0 if is_held => ArchiveAct::Release { call, number },
            1 if !is_held => ArchiveAct::Delete { call, number },
            2 if !is_held => {
                let calls = known.iter().filter(|(_, is_held)| !**is_held).map(|(call, _)| *call).collect();
                ArchiveAct::Expire { calls, told: "some recordings deleted".into() }
            }
            _ => ArchiveAct::Hold { call, number, reason: "case 7".into() },
        })
    }

    /// The phone of an agent who is doing that: of the one at that place among them, modulo their number.
    fn phone_of(&self, place: usize, doing: &[Activity]) -> Option<usize> {
        let agents = self.exchange.floor().agents().filter(|agent| doing.contains(&agent.activity()));
        let seats: Vec<&str> = agents.map(|agent| agent.extension.as_str()).collect();
        let seat = *seats.get(place % seats.len().max(1))?;
        self.handsets.iter().position(|handset| handset.setup.extension == seat && handset.is_on)
    }

    /// The hold key of an agent's phone.
    fn hold_at(&mut self, agent: usize) {
        let doing = [Activity::Talking, Activity::Holding];
        let Some(place) = self.phone_of(agent, &doing) else { return };
        let now = self.now.mono;
        let seat = &self.handsets[place].setup.extension;
        let holds = self
            .exchange
            .calls()
            .any(|call| call.legs.values().any(|leg| leg.holds && leg.extension.as_ref() == Some(seat)));
        let handset = &mut self.handsets[place];
        // Without a call it does nothing.
        let key = if holds { PhoneCommand::Resume } else { PhoneCommand::Hold(HoldForm::SendOnly) };
        let _ = handset.act(now, &key);
        self.drain(place);
    }

    /// What somebody wants of an agent or of who waits, as a command.
    fn act(&self, agent: usize, wish: AgentWish) -> Option<Command> {
        let floor = &self.setup.floor;
        let number = (agent + 1).to_string();
        let choose = |presence, extension| AgentAct::Choose { agent: number.clone(), presence, extension };
        let waiter = |place: usize| {
            let floor = self.exchange.floor();
            let calls: Vec<u128> =
                floor.queues().flat_map(|queue| queue.order.iter().map(|turn| turn.call)).collect();
            calls.get(place % calls.len().max(1)).copied().map(CallId)
        };
        let act = match wish {
            AgentWish::Ready { further } => choose(Presence::Ready, Some(floor.seat(agent + further))),
            AgentWish::Break { reason } => choose(Presence::Break { reason: floor.reason(reason) }, None),
            AgentWish::SignOut => choose(Presence::LoggedOut, None),
            AgentWish::WrapUp { more_ms } => {
                AgentAct::WrapUp { agent: number.clone(), more_ms, disposition: Some("order".into()) }
            }
            AgentWish::Priority { place, priority } => AgentAct::Priority { call: waiter(place)?, priority },
            AgentWish::Door { place, door } => {
                let queues: Vec<&String> = self.config.floor.queues.keys().collect();
                AgentAct::Door { queue: (*queues.get(place % queues.len().max(1))?).clone(), door }
            }
            AgentWish::TakeOut { place } => AgentAct::TakeOut { call: waiter(place)? },
            AgentWish::HandOff { place } => {
                let is_talk = |call: &&Call| matches!(call.stage, Stage::Talking { .. });
                let talks: Vec<CallId> = self.exchange.calls().filter(is_talk).map(|call| call.id).collect();
                let call = *talks.get(place % talks.len().max(1))?;
                return Some(Command::HandOff { call, flow: LENT.into() });
            }
            AgentWish::Consult { place, what, whom } => return self.consult(place, what, whom),
            // What phones do, and no command.
            AgentWish::Hold | AgentWish::Vanish { .. } => return None,
            AgentWish::Record { place, what } => {
                let is_talk = |call: &&Call| matches!(call.stage, Stage::Talking { .. });
                let calls = self.exchange.calls().filter(|call| place.is_multiple_of(8) || is_talk(call));
                let calls: Vec<CallId> = calls.map(|call| call.id).collect();
                let call = *calls.get(place % calls.len().max(1))?;
                let act = match what {
                    0 => RecordingAct::Start,
                    1 | 2 => RecordingAct::Pause,
                    3 | 4 => RecordingAct::Resume,
                    _ => RecordingAct::Stop,
                };
                return Some(Command::Record { call, act });
            }
            AgentWish::Own { place, what } => return self.own_act(place, what),
            AgentWish::Missed { place, what } => {
                let inbox = self.exchange.inbox();
                let entry = inbox.all().nth(place % inbox.len().max(1))?;
                let wish = match what {
                    0 => MissedWish::Claim { agent: Some(number) },
                    1 => MissedWish::Release,
                    2 => MissedWish::Tried,
                    _ => MissedWish::Close { word: "done".into() },
                };
                return Some(Command::Missed { which: CallId(entry.id).to_string(), wish });
            }
        };
        Some(Command::Agent(act))
    }

    /// What is wanted of a consultation, as a command.
    fn consult(&self, place: usize, what: usize, whom: usize) -> Option<Command> {
        let act = match what {
            0 | 1 => {
                let setup = &self.handsets[whom % self.handsets.len()].setup;
                let queue = self.setup.floor.numbers().next().filter(|_| whom.is_multiple_of(5));
                ConsultAct::Begin { to: queue.map_or_else(|| setup.extension.clone(), str::to_owned) }
            }
            2 | 3 => ConsultAct::Swap,
            4 | 5 => ConsultAct::Conference,
            6 => ConsultAct::Complete,
            _ => ConsultAct::Cancel,
        };
        let begins = matches!(act, ConsultAct::Begin { .. });
        let is_talk = |call: &&Call| {
            matches!(call.stage, Stage::Talking { .. }) && (begins || call.consult().is_some())
        };
        let calls: Vec<CallId> = self.exchange.calls().filter(is_talk).map(|call| call.id).collect();
        let call = *calls.get(place % calls.len().max(1))?;
        Some(Command::Consult { call, act })
    }

    /// What the user at the first phone does as an agent. Every fourth thing is about a call of somebody else.
    fn own_act(&self, place: usize, what: usize) -> Option<Command> {
        let seat = &self.handsets.first()?.setup.extension;
        let is_own = |call: &&Call| call.legs.values().any(|leg| leg.extension.as_ref() == Some(seat));
        let calls = self.exchange.calls().filter(|call| place.is_multiple_of(4) || is_own(call));
        let calls: Vec<&Call> = calls.collect();
        let of_call = calls.get(place % calls.len().max(1));
        let agent = self.exchange.floor().agent_at(seat).map(|agent| agent.number.to_string());
        // Now and then it is about another agent.
        let others = || (place % self.setup.floor.agents.max(1) + 1).to_string();
        let agent = if place % 8 == 5 { Some(others()) } else { agent };
        let act = match what {
            0 => Command::Agent(AgentAct::Choose {
                agent: agent?,
                presence: Presence::Break { reason: self.setup.floor.reason(place) },
                extension: None,
            }),
            1 | 2 => {
                Command::Agent(AgentAct::Choose { agent: agent?, presence: Presence::Ready, extension: None })
            }
            3 => Command::Agent(AgentAct::WrapUp {
                agent: agent?,
                more_ms: None,
                // Queues know one of the two.
                disposition: Some(if place.is_multiple_of(2) { "order" } else { "sold" }.into()),
            }),
            4 => Command::HangUp(of_call?.id),
            5 => {
                let to = self.handsets[place % self.handsets.len()].setup.extension.clone();
                Command::Transfer { call: of_call?.id, to }
            }
            6 if place % 2 == 1 => Command::Record { call: of_call?.id, act: RecordingAct::Pause },
            _ => Command::Note {
                call: of_call?.id,
                number: of_call?.number,
                parties: Vec::new(),
                text: "called before".into(),
            },
        };
        Some(Command::Own(Box::new(act)))
    }

    /// What a supervisor wants, as a command. Most of the calls that they go to are talks.
    fn supervision(&self, phone: String, place: usize, wish: SupervisorWish) -> Option<Command> {
        let talks = self
            .exchange
            .calls()
            .filter(|c| place.is_multiple_of(8) || matches!(c.stage, Stage::Talking { .. }));
        let talks: Vec<_> = talks.collect();
        let call = talks.get(place % talks.len().max(1));
        let act = match wish {
            SupervisorWish::Call(mode) => SupervisionAct::Begin { subject: Subject::Call(call?.id), mode },
            SupervisorWish::Follow(mode) => {
                let extension = call?.callee_legs().find_map(|leg| leg.extension.clone())?;
                let agent = self.exchange.floor().agent_at(&extension).map(|agent| agent.number.to_string());
                let subject = agent.map_or(Subject::Extension(extension), Subject::Agent);
                SupervisionAct::Begin { subject, mode }
            }
            SupervisorWish::Mode(mode) => SupervisionAct::Change(mode),
            SupervisorWish::TakeOver => SupervisionAct::TakeOver,
            SupervisorWish::End => SupervisionAct::End,
            SupervisorWish::PickUp => {
                let mut lonely = self.exchange.calls().filter(|c| !matches!(c.stage, Stage::Talking { .. }));
                let call = lonely.nth(place % 8)?.id;
                return Some(Command::PickUp { call, phone: Some(phone) });
            }
            SupervisorWish::Transfer(whom) => {
                let to = self.handsets[whom % self.handsets.len()].setup.extension.clone();
                return Some(Command::Transfer { call: call?.id, to });
            }
            SupervisorWish::Assign(whom) => {
                let floor = self.exchange.floor();
                let mut waiting = floor.queues().flat_map(|queue| queue.order.iter().map(|turn| turn.call));
                let call = CallId(waiting.nth(place % 4)?);
                let agent = (whom % self.setup.floor.agents.max(1) + 1).to_string();
                return Some(Command::Agent(AgentAct::Assign { call, agent }));
            }
        };
        Some(Command::Supervise { phone: Some(phone), act })
    }

    pub(super) fn reload(&mut self, place: usize, changes_password: bool) -> Option<Step> {
        let number = self.handsets[place].setup.extension.clone();
        if self.setup.inbound.changes {
            self.generation += 1;
            let (mut flows, secret) = self.setup.inbound.flows(self.generation);
            flows.extend(self.setup.floor.flows());
            self.config.flows = flows;
            self.secret_nodes.extend(secret);
        }
        if changes_password {
            let password = format!("new{}", self.rng.below(1000));
            let entry = extension(&self.setup, &number, &password);
            if self.config.extensions.contains_key(&number) {
                self.config.extensions.insert(number.clone(), entry);
            }
            for handset in self.handsets.iter_mut().filter(|h| h.setup.extension == number) {
                // Taken over at its next start, as by a technician.
                handset.password.clone_from(&password);
            }
        } else if self.removed.remove(&number) {
            let password = self.handsets[place].password.clone();
            let entry = extension(&self.setup, &number, &password);
            self.config.extensions.insert(number, entry);
        } else {
            self.config.extensions.remove(&number);
            self.removed.insert(number);
        }
        self.tell(Came::Config)
    }

    /// The exchange is told to end everything; the daemon gives it some seconds for BYEs, ports and CDRs.
    pub(super) fn restart_in_order(&mut self, down_ms: u64) -> Option<Step> {
        let step = self.tell(Came::EndAll)?;
        if !step.died {
            self.soon(5_000_000, Next::Stop { life: self.lives, down_ms });
        }
        Some(step)
    }

    /// The faults stop. Gives what the exchange is to be told then, one after the other.
    pub fn make_peace(&mut self) -> Vec<Came> {
        self.is_faulty = false;
        self.crash = None;
        self.store.fails = false;
        self.media_mute = false;
        self.flush_us = self.setup.store.flush_us;
        for place in 0..self.handsets.len() {
            let number = self.handsets[place].setup.extension.clone();
            if self.removed.remove(&number) {
                let entry = extension(&self.setup, &number, &self.handsets[place].password);
                self.config.extensions.insert(number, entry);
            }
        }
        let agents = if self.setup.floor.queues > 0 { self.setup.floor.agents } else { 0 };
        let ready = (0..agents).filter_map(|agent| self.act(agent, AgentWish::Ready { further: 0 }));
        std::iter::once(Came::Config).chain(ready.map(|command| Came::Command(USER, command))).collect()
    }

    /// Everybody who is to be called back is taken out of the queues.
    pub fn no_call_backs(&self) -> Vec<Came> {
        let waiting =
            self.exchange.floor().queues().flat_map(|queue| queue.order.iter().map(|turn| turn.call));
        let absent = waiting.map(CallId).filter(|id| self.exchange.call(*id).is_none());
        absent.map(|call| Came::Command(USER, Command::Agent(AgentAct::TakeOut { call }))).collect()
    }

    /// With the faults gone everybody has power, nobody behaves badly, no more calls are planned.
    pub fn calm_phones(&mut self) {
        for place in 0..self.handsets.len() {
            self.handsets[place].behaves = true;
            self.handsets[place].is_cut_off = false;
            self.handsets[place].actor.finish();
            self.power_on(place, false);
            self.drain(place);
        }
    }
}
