//! Rights by queue: a user whom the configuration restricts to queues acts on their calls and agents, hears those calls, and
//! nothing else.
//!
//! A call is of the queue in which its caller waits or from which its agent has it; any other is of the queues in which those
//! work who sit at its phones. After its talk, and when it is over, it is of what it was of. What is refused is written down
//! (`refusals.rs`).

use super::Subject;
use crate::CallId;
use crate::exchange::Exchange;
use crate::input::{AgentAct, Changed, Command, SupervisionAct};
use crate::queues::Addressee;
use crate::text::clean;
use std::borrow::Cow;
use std::collections::BTreeSet;
use switchroom_acd::agent::Doing;
use switchroom_sip::time::Now;

impl Exchange {
    /// The queues to which a user, or whoever sits at a phone that dials the code, is restricted; `None`: to none.
    pub fn rights_of(&self, user: &str) -> Option<Cow<'_, BTreeSet<String>>> {
        let rules = &self.config.supervision;
        if let Some(queues) = rules.queues.get(user) {
            return Some(Cow::Borrowed(queues));
        }
        // Of several whose phone it is, anybody may sit there: what all may of those who are restricted.
        let seated = rules.users.iter().filter(|(_, seat)| *seat == user);
        let restricted = seated.filter_map(|(name, _)| rules.queues.get(name)).map(Cow::Borrowed);
        restricted.reduce(|all, one| Cow::Owned(all.intersection(&one).cloned().collect()))
    }

    /// The queues that a call is of.
    pub fn queues_of(&self, id: CallId) -> BTreeSet<String> {
        let Some(call) = self.calls.get(&id) else { return self.queues_of_waiter(id) };
        if let Some(talk) = call.consulted_in {
            return self.queues_of(talk);
        }
        if call.is_ended() {
            // Nobody talks there who could tell: it is of what it was of.
            return call.was_of.clone();
        }
        let on_floor = self.on_floor(id);
        let waits = self.floor.waiter(on_floor).map(|waiter| waiter.queue);
        let talks = self.floor.agent_of(on_floor).and_then(|agent| match &agent.doing {
            Doing::Talking { queue, .. } => Some(*queue),
            Doing::Idle | Doing::Offered { .. } | Doing::WrapUp { .. } => None,
        });
        if let Some(queue) = waits.or(talks).and_then(|queue| self.floor.queue_by_id(queue)) {
            return BTreeSet::from([queue.name.clone()]);
        }
        // Whom a rule of the queue lets go is of it until that is worked off.
        let waits = self.visits.get(&id).and_then(|visit| visit.waits.as_ref());
        if let Some(waits) = waits {
            return BTreeSet::from([waits.queue.clone()]);
        }
        let seats = call.legs.values().filter(|leg| leg.is_live()).filter_map(|leg| leg.extension.as_ref());
        let of_seats: BTreeSet<String> = seats.flat_map(|seat| self.queues_at(seat)).collect();
        // Who has talked with an agent is not yet of nobody.
        if of_seats.is_empty() { call.was_of.clone() } else { of_seats }
    }

    /// Somebody is about to leave a call, its talk to be over, or the call: what it is of stays known. Of several who leave
    /// within a step the first tells, before whom all were there.
    pub(crate) fn keep_queues(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.is_ended() || self.kept_queues.contains(&id) {
            return;
        }
        let talk = call.consulted_in;
        if let Some(talk) = talk {
            self.keep_queues(talk);
        }
        let of_talk = talk.and_then(|talk| self.calls.get(&talk)).map(|talk| talk.was_of.clone());
        let queues = of_talk.unwrap_or_else(|| self.queues_of(id));
        self.keep_these_queues(id, queues);
    }

    /// What a call is of from now on when nobody is left in it who could tell.
    pub(crate) fn keep_these_queues(&mut self, id: CallId, queues: BTreeSet<String>) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.was_of = queues;
            self.kept_queues.insert(id);
        }
    }

    /// Writes into calls that changed of which queues they are. Who works where may change without a call's doing so: what is
    /// shown follows with the next change of the call, what one may do at once.
    pub(crate) fn note_queues(&mut self, changed: &BTreeSet<Changed>) {
        if self.config.supervision.queues.is_empty() {
            return;
        }
        for one in changed {
            let Changed::Call(id) = one else { continue };
            let queues = self.queues_of(*id);
            if let Some(call) = self.calls.get_mut(id) {
                call.queues = queues;
            }
        }
    }

    /// Of somebody who is to be called back, and has no call yet.
    fn queues_of_waiter(&self, id: CallId) -> BTreeSet<String> {
        let waiter = self.floor.waiter(id.0).and_then(|waiter| self.floor.queue_by_id(waiter.queue));
        waiter.map(|queue| queue.name.clone()).into_iter().collect()
    }

    /// The queues in which whoever sits at a phone works.
    fn queues_at(&self, extension: &str) -> BTreeSet<String> {
        let agent = self.floor.agent_at(extension).map(|agent| agent.number.to_string());
        agent.map(|number| self.queues_with(&number)).unwrap_or_default()
    }

    /// The queues in which an agent works.
    pub fn queues_with(&self, agent: &str) -> BTreeSet<String> {
        let Some(agent) = self.floor.agent(agent) else { return BTreeSet::new() };
        let with = self.floor.queues().filter(|queue| queue.agents.contains_key(&agent.id));
        with.map(|queue| queue.name.clone()).collect()
    }

    /// Whether a user may hear a call, and act on it.
    pub fn may_act_on(&self, user: &str, id: CallId) -> bool {
        self.rights_of(user).is_none_or(|queues| !queues.is_disjoint(&self.queues_of(id)))
    }

    /// Whether a user may give an agent a place in a queue: not one who works in others only.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn may_give_place(&self, user: &str, agent: &str) -> Result<(), String> {
        let Some(allowed) = self.rights_of(user) else { return Ok(()) };
        let of = self.queues_with(agent);
        if of.is_empty() || !of.is_disjoint(&allowed) {
            return Ok(());
        }
        Err(format!("agent {} is of {}; you may act on queues: {}", clean(agent), list(&of), list(&allowed)))
    }

    /// Why a user may not have a command carried out, in words; that is written down.
    pub(crate) fn refused_by_queue(&mut self, now: Now, user: &str, command: &Command) -> Result<(), String> {
        match self.beyond_queues(user, command) {
            Some((call, why)) => Err(self.refuse(now, user, call, why)),
            None => Ok(()),
        }
    }

    /// What is beyond the user's queues: at the own phone it is done as by an agent, who may no more than that; otherwise it is
    /// refused.
    pub(crate) fn act_beyond_queues(
        &mut self,
        now: Now,
        user: &str,
        command: &Command,
        (call, why): (Option<CallId>, String),
    ) -> Result<String, String> {
        let seat = self.config.supervision.users.get(user).cloned();
        match seat.map(|seat| self.act_at(now, &seat, user, command)) {
            Some(Ok(done)) => done,
            Some(Err(_)) | None => Err(self.refuse(now, user, call, why)),
        }
    }

    /// What speaks against a command because of whose queue it is about, and the call that this is.
    pub(crate) fn beyond_queues(&self, user: &str, command: &Command) -> Option<(Option<CallId>, String)> {
        let allowed = self.rights_of(user)?;
        let (what, of, call) = self.concerned(user, command);
        let of = of.filter(|of| allowed.is_disjoint(of))?;
        let whose = if of.is_empty() { "of no queue of yours".into() } else { format!("of {}", list(&of)) };
        Some((call, format!("{what} is {whose}; you may act on queues: {}", list(&allowed))))
    }

    /// What a command is about, the queues that this is of, and the call if it is one. No queues: anybody may.
    fn concerned(&self, user: &str, command: &Command) -> (String, Option<BTreeSet<String>>, Option<CallId>) {
        let of_call = |id: CallId| {
            let number = self.calls.get(&id).map(|call| format!("call {}", call.number));
            let known = self.calls.contains_key(&id);
            let name = number.unwrap_or_else(|| "that call".to_owned());
            (name, Some(self.queues_of(id)), known.then_some(id))
        };
        let of_agent = |agent: &str| (format!("agent {}", clean(agent)), Some(self.queues_with(agent)), None);
        let of_queue =
            |queue: &str| (format!("queue {}", clean(queue)), Some(BTreeSet::from([queue.to_owned()])), None);
        let of_seat = |seat: &str| (format!("extension {}", clean(seat)), Some(self.queues_at(seat)), None);
        let own = self.config.supervision.users.get(user);
        match command {
            Command::HangUp(call)
            | Command::HandOff { call, .. }
            | Command::Consult { call, .. }
            | Command::Record { call, .. }
            | Command::Transfer { call, .. }
            | Command::PickUp { call, .. } => of_call(*call),
            // Of what queue a call was that is over is known to who asks, and was asked before.
            Command::Note { call, .. } if !self.calls.contains_key(call) => (String::new(), None, None),
            Command::Note { call, .. } => of_call(*call),
            Command::Supervise { act: SupervisionAct::Begin { subject, .. }, .. } => match subject {
                Subject::Call(call) => of_call(*call),
                Subject::Agent(agent) => of_agent(agent),
                Subject::Extension(extension) => of_seat(extension),
            },
            // What is heard is decided anew whenever it changes; what another hears is not one's own.
            Command::Supervise { phone, .. } => {
                let phone = phone.as_ref().or(own);
                let target = phone.and_then(|phone| self.supervision_at(phone));
                let target = target.and_then(|id| self.supervisions.get(&id)?.target);
                target.map_or_else(|| (String::new(), None, None), of_call)
            }
            Command::Agent(act) => match act {
                AgentAct::Choose { agent, .. }
                | AgentAct::WrapUp { agent, .. }
                | AgentAct::Told { agent, .. } => of_agent(agent),
                AgentAct::Tell { to, .. } => match self.addressee(to) {
                    Some(Addressee::Agent(agent)) => of_agent(&agent),
                    Some(Addressee::Queue(queue)) => of_queue(&queue),
                    // Those of the user's own queues; and nobody.
                    Some(Addressee::All) | None => (String::new(), None, None),
                },
                AgentAct::Priority { call, .. }
                | AgentAct::TakeOut { call }
                | AgentAct::Assign { call, .. } => of_call(*call),
                AgentAct::Door { queue, .. } => of_queue(queue),
            },
            Command::Missed { which, .. } => {
                let of = self.missed(which).map(|entry| BTreeSet::from([entry.queue.to_string()]));
                ("that missed call".to_owned(), of, None)
            }
            Command::Dial { from, .. } if own == Some(from) => (String::new(), None, None),
            Command::Dial { from, .. } => of_seat(from),
            // What is the user's own is so whatever queue it is of.
            Command::Own(_) => (String::new(), None, None),
            // What changes the house, and not a call, is a matter of the role. Recordings are of calls that are over: who
            // keeps them asks before.
            Command::Unregister { .. }
            | Command::DeleteMessage(_)
            | Command::Archive(_)
            | Command::Configured(_)
            | Command::Refused { .. } => (String::new(), None, None),
        }
    }

    /// The configuration may have changed what supervisors may hear and see.
    pub(crate) fn look_after_supervisors(&mut self) {
        self.changed.extend(self.calls.keys().map(|id| Changed::Call(*id)));
        let all: Vec<CallId> = self.supervisions.iter().map(|(id, _)| *id).collect();
        all.into_iter().for_each(|id| self.supervisions.look_after(id));
    }
}

fn list(queues: &BTreeSet<String>) -> String {
    queues.iter().cloned().collect::<Vec<_>>().join(", ")
}
