//! Call-backs: a caller hangs up and keeps the place in the line.
//!
//! ```text
//!   asked ──on disk──► waits in the caller's place ──an agent answers──► called ──the caller answers──► reached
//!     │ not, or gone by then    ▲                                              │
//!     ▼                         └────────── rests for `retry_after` ◄──in vain─┘── as often as may be ──► given up
//!   not kept
//!   called again and talked with, or reached by others ──► dropped;  taken out by a user ──► removed
//! ```
//!
//! To the rest of the floor a call-back that waits is a waiter like others, by an id of its own: nothing but who is on the
//! line, and what a rule about waiting does, is different for it.

use super::{Floor, Waiter};
use crate::agent::Doing;
use crate::boundary::{AgentId, Call, Due, Effect, QueueId, Refusal};
use crate::fact::{CallBackAct, CallBackEnd, CallBackFact, Exit, Fact};
use crate::limits::{CALL_BACK_KEEP_MS, CALL_BACK_PAUSE_MIN, CALL_BACKS_MAX};
use crate::moment::Moment;
use crate::profile::Profile;
use crate::queue::Turn;
use std::collections::BTreeMap;

/// Where a call-back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// Not in its line: the caller is, until the wish is on disk.
    Asked,
    /// In its line.
    Waits,
    /// An agent has it: hears whom it is about, or rings the number.
    Called(AgentId),
    /// Was called in vain, and may be called again then, by the steady clock; `None`: not before the next start.
    Rests(Option<u64>),
}

/// A caller who is to be called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallBack {
    /// What stands in the line in the caller's stead.
    pub id: Call,
    /// The call in which it was asked for.
    pub call: Call,
    /// The queue.
    pub queue: String,
    /// The number to call.
    pub number: String,
    /// The number that the caller called from; empty if withheld.
    pub caller: String,
    /// The caller's class.
    pub class: String,
    /// Priority.
    pub priority: i64,
    /// Since when the caller waits. After a restart the steady clock says when that was, if it ran by then.
    pub joined: Moment,
    /// How long the caller had waited before the steady clock began.
    before_ms: u64,
    /// In the order in which callers came.
    turn: u64,
    /// How often it was called in vain.
    pub tries: u32,
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// The call in which an agent reached the caller; 0 before that.
    reached_in: Call,
    /// How it ends unless the agent who has it reaches the caller: something else happened meanwhile.
    settled: Option<CallBackEnd>,
}

impl CallBack {
    /// How long it has been since the caller began to wait, milliseconds.
    pub fn waited_ms(&self, now: Moment) -> u64 {
        self.before_ms.saturating_add(now.since(self.joined.mono))
    }

    /// Whether it stands in its line, and is neither being called nor left alone after a call in vain.
    pub fn is_in_line(&self) -> bool {
        self.whereabouts == Whereabouts::Waits
    }

    fn fact(&self, now: Moment, act: CallBackAct) -> Fact {
        Fact::CallBack(CallBackFact {
            at_ms: now.wall,
            id: self.id,
            call: self.call,
            joined_ms: self.joined.wall,
            queue: self.queue.clone(),
            number: self.number.clone(),
            caller: self.caller.clone(),
            class: self.class.clone(),
            priority: self.priority,
            act,
        })
    }
}

/// The fact by which a call-back was asked for, with its priority of now, and how often it was tried.
type Asked = (CallBackFact, u32);

/// Which call-backs are open by what is on disk; and those that are over although their end is not there, for a store that
/// fails may take a later fact and not an earlier one: a number has one in a queue, so what was asked for before the newest is
/// over.
fn open_by_facts(facts: &[Fact]) -> (Vec<Asked>, Vec<Asked>) {
    let mut open: BTreeMap<Call, Asked> = BTreeMap::new();
    let mut newest: BTreeMap<(&str, &str), Call> = BTreeMap::new();
    let mut ended: BTreeMap<Call, Asked> = BTreeMap::new();
    for fact in facts {
        let Fact::CallBack(fact) = fact else { continue };
        match fact.act {
            CallBackAct::Asked => {
                let before = newest.insert((&fact.queue, &fact.number), fact.id);
                if let Some((id, asked)) = before.and_then(|id| Some((id, open.remove(&id)?))) {
                    ended.insert(id, asked);
                }
                open.insert(fact.id, (fact.clone(), 0));
            }
            CallBackAct::Called { .. } => {}
            CallBackAct::Priority => {
                if let Some((asked, _)) = open.get_mut(&fact.id) {
                    asked.priority = fact.priority;
                }
            }
            CallBackAct::Tried => {
                if let Some((_, tries)) = open.get_mut(&fact.id) {
                    *tries = tries.saturating_add(1);
                }
            }
            CallBackAct::Closed { .. } => _ = (open.remove(&fact.id), ended.remove(&fact.id)),
        }
    }
    (open.into_values().collect(), ended.into_values().collect())
}

impl Floor {
    /// Everybody who is to be called back.
    pub fn call_backs(&self) -> impl Iterator<Item = &CallBack> {
        self.call_backs.all()
    }

    /// Those of a queue, by id.
    pub fn call_backs_of(&self, queue: &str) -> impl Iterator<Item = &CallBack> {
        self.call_backs.of_queue(queue)
    }

    /// How many are to be called back by a queue.
    pub fn call_back_count(&self, queue: &str) -> usize {
        self.call_backs.count_of_queue(queue)
    }

    /// One who is to be called back.
    pub fn call_back(&self, id: Call) -> Option<&CallBack> {
        self.call_backs.get(id)
    }

    /// A caller who waits on the line wants to be called back at a number. That is written down, and the caller waits on until
    /// it is on disk: then comes [`Floor::settle_asked`], with `id`, which is no call's. Whoever is to be called back by this
    /// queue at that number already keeps that place instead: then this is false, and the caller may hang up at once.
    pub fn ask_call_back(
        &mut self,
        now: Moment,
        call: Call,
        id: Call,
        number: &str,
    ) -> Result<bool, Refusal> {
        let waiter = self.waiters.get(&call).filter(|waiter| !waiter.is_call_back);
        let waiter = waiter.cloned().ok_or(Refusal::NoWaiter)?;
        let queue = self.queue_by_id(waiter.queue).ok_or(Refusal::NoWaiter)?;
        let known = self.call_backs.of_number(number).find(|one| one.queue == queue.name);
        let is_known = known.is_some();
        // Of a wish that is not on disk, another's or an earlier one, nobody knows yet whether it can be kept.
        let is_open = |one: &CallBack| one.whereabouts == Whereabouts::Asked;
        let has_asked = self.call_backs.of_queue(&queue.name).any(|one| one.call == call && is_open(one));
        let is_unsure = has_asked || known.is_some_and(is_open);
        let count = self.call_backs.count_of_queue(&queue.name);
        let is_full = count >= queue.config.call_back.max || self.call_backs.len() >= CALL_BACKS_MAX;
        if is_unsure || !is_known && (is_full || self.is_closing || self.call_backs.contains(id)) {
            return Err(Refusal::CallBacksFull);
        }
        let one = CallBack {
            id,
            call,
            queue: queue.name.clone(),
            number: number.to_owned(),
            caller: waiter.caller.clone(),
            class: waiter.class.clone(),
            priority: waiter.priority,
            joined: waiter.joined,
            before_ms: 0,
            turn: waiter.turn.number,
            tries: 0,
            whereabouts: Whereabouts::Asked,
            reached_in: 0,
            settled: None,
        };
        if is_known {
            self.leave_for_call_back(now, call);
            self.settle(now);
        } else {
            self.effects.push_back(Effect::QueueChanged(one.queue.clone()));
            self.note(one.fact(now, CallBackAct::Asked));
            self.call_backs.insert(one);
        }
        Ok(!is_known)
    }

    /// Whether the wish to be called back is on disk is known. If it is, and the caller still waits, what was asked for stands
    /// in the caller's place from now, and this is true. Otherwise nothing comes of it.
    pub fn settle_asked(&mut self, now: Moment, id: Call, is_kept: bool) -> bool {
        let asked = self.call_backs.get(id).filter(|one| one.whereabouts == Whereabouts::Asked);
        let Some(call) = asked.map(|one| one.call) else { return false };
        let is_noted = is_kept && self.waits_where_asked(id);
        if is_noted {
            self.leave_for_call_back(now, call);
            // From here on it is one, whatever comes of it at once.
            if let Some(one) = self.call_backs.get_mut(id) {
                one.whereabouts = Whereabouts::Rests(None);
            }
            if self.is_closing {
                self.rest_call_back(now, id, CALL_BACK_PAUSE_MIN);
            } else {
                self.stand_in(now, id);
            }
        } else {
            self.close_call_back(now, id, CallBackEnd::NotKept);
        }
        self.settle(now);
        is_noted
    }

    /// Whether the caller still waits where it asked to be called back: it may have come into another line since.
    pub fn waits_where_asked(&self, id: Call) -> bool {
        let asked = self.call_backs.get(id).filter(|one| one.whereabouts == Whereabouts::Asked);
        let waits = |one: &CallBack| self.waiters.get(&one.call).is_some_and(|it| it.turn.number == one.turn);
        asked.is_some_and(waits)
    }

    fn leave_for_call_back(&mut self, now: Moment, call: Call) {
        self.give_up_offer(now, call);
        self.remove(now, call, Exit::CalledBack, None);
    }

    /// Puts a call-back into its line, where its caller stood.
    fn stand_in(&mut self, now: Moment, id: Call) {
        let Some(one) = self.call_backs.get(id) else { return };
        let left = CALL_BACK_KEEP_MS.saturating_sub(one.waited_ms(now));
        let Some(queue) = self.queue(&one.queue).filter(|_| left > 0) else {
            return self.close_call_back(now, id, CallBackEnd::GivenUp);
        };
        let waited = one.waited_ms(now);
        let since = super::signed(one.joined.mono).saturating_sub(super::signed(one.before_ms));
        let turn = Turn::new(&queue.config, one.priority, since, one.turn, id);
        let (profile, relaxes) = Profile::after(&queue.config, waited);
        let (queue, one) = (queue.id, one.clone());
        let waiter = Waiter {
            call: id,
            visit: 0,
            queue,
            caller: one.number,
            class: one.class,
            priority: one.priority,
            preferred: None,
            assigned: None,
            joined: one.joined,
            before_ms: one.before_ms,
            turn,
            profile: profile.clone(),
            offer: None,
            is_call_back: true,
        };
        self.waiters.insert(id, waiter);
        if let Some(one) = self.call_backs.get_mut(id) {
            one.whereabouts = Whereabouts::Waits;
        }
        if let Some(queue) = self.queue_mut(queue) {
            queue.call_backs.insert(id);
        }
        self.stand(queue, &profile, turn);
        self.wake(Due::Relax(id), relaxes.map(|at| at.saturating_sub(waited).max(1)));
        self.wake(Due::CallBack(id), Some(left));
        self.effects.push_back(Effect::QueueChanged(one.queue));
    }

    /// Takes a call-back out of its line; phones that ring for it ring no more.
    fn stand_aside(&mut self, now: Moment, id: Call) {
        self.give_up_offer(now, id);
        self.remove(now, id, Exit::Removed, None);
    }

    /// An agent has answered for this call-back; false if it is none.
    pub(super) fn call_back_taken(&mut self, now: Moment, id: Call, agent: &str) -> bool {
        let agent_id = self.agent_ids.get(agent).copied();
        let Some((one, agent_id)) = self.call_backs.get_mut(id).zip(agent_id) else { return false };
        one.whereabouts = Whereabouts::Called(agent_id);
        let fact = one.fact(now, CallBackAct::Called { agent: agent.to_owned() });
        self.note(fact);
        self.wake(Due::CallBack(id), None);
        true
    }

    /// The caller answered whom an agent calls back: the two talk, and their talk begins, in the call `reached_in`.
    pub fn reached(&mut self, now: Moment, id: Call, reached_in: Call) {
        let Some(agent) = self.talks.get(&id).copied().filter(|_| self.call_backs.contains(id)) else {
            return;
        };
        if let Some(agent) = self.agent_mut(agent)
            && let Doing::Talking { since, held, hold_ms, .. } = &mut agent.doing
        {
            (*since, *held, *hold_ms) = (now.mono, None, 0);
        }
        // Whoever gave another number than it called from is not to be called at that one either.
        if let Some(one) = self.call_backs.get_mut(id) {
            one.reached_in = reached_in;
        }
        let numbers = self.call_backs.get(id).map(|one| [one.number.clone(), one.caller.clone()]);
        self.close_call_back(now, id, CallBackEnd::Reached);
        for number in numbers.into_iter().flatten() {
            self.drop_call_backs(now, &number);
        }
        self.refresh(now, agent, "answer");
        self.settle(now);
    }

    /// The agent's call to a number that is to be called back is over, and nobody was reached: by itself, or because the
    /// exchange ended it, which is no try. What else happened meanwhile decides, if anything did.
    pub(super) fn not_reached(&mut self, now: Moment, id: Call, agent: AgentId, is_cut: bool) {
        let settled = self.call_backs.get(id).and_then(|one| one.settled);
        match settled {
            Some(how) => self.close_call_back(now, id, how),
            None if is_cut => self.rest_call_back(now, id, CALL_BACK_PAUSE_MIN),
            None => self.tried_in_vain(now, id),
        }
        self.refresh(now, agent, "hang_up");
        self.settle(now);
    }

    fn tried_in_vain(&mut self, now: Moment, id: Call) {
        let Some(one) = self.call_backs.get_mut(id) else { return };
        one.tries = one.tries.saturating_add(1);
        let (tries, queue, fact) = (one.tries, one.queue.clone(), one.fact(now, CallBackAct::Tried));
        self.note(fact);
        let config = self.queue(&queue).map(|queue| queue.config.call_back);
        match config.filter(|config| tries < config.tries) {
            Some(config) => self.rest_call_back(now, id, config.retry_after.max(CALL_BACK_PAUSE_MIN)),
            None => self.close_call_back(now, id, CallBackEnd::GivenUp),
        }
    }

    fn rest_call_back(&mut self, now: Moment, id: Call, pause: u64) {
        let is_closing = self.is_closing;
        let Some(one) = self.call_backs.get_mut(id) else { return };
        let until = now.mono.saturating_add(pause);
        one.whereabouts = Whereabouts::Rests((!is_closing).then_some(until));
        let queue = one.queue.clone();
        self.wake(Due::CallBack(id), (!is_closing).then_some(pause));
        self.effects.push_back(Effect::QueueChanged(queue));
    }

    /// The exchange ends the agent's call to a number that is to be called back, by no fault of either: no try is counted.
    /// Nothing happens if that is not what the agent does.
    pub fn call_back_cut(&mut self, now: Moment, id: Call) {
        if !self.call_backs.contains(id) {
            return;
        }
        let Some(agent) = self.talk_is_over(id) else { return };
        if let Some(agent) = self.agent_mut(agent) {
            (agent.doing, agent.last_call) = (Doing::Idle, now.mono);
        }
        self.not_reached(now, id, agent, true);
    }

    /// There is no room at the moment for the call that an offer of this call-back needs: it stands aside for a while, and its
    /// agents, who have missed nothing, are offered whoever is next. Nothing happens if it does not stand in its line.
    pub fn call_back_later(&mut self, now: Moment, id: Call) {
        if self.call_backs.contains(id) && self.waiters.contains_key(&id) {
            self.stand_aside(now, id);
            self.rest_call_back(now, id, CALL_BACK_PAUSE_MIN);
            self.settle(now);
        }
    }

    /// It may be tried again, or is too old.
    pub(super) fn call_back_due(&mut self, now: Moment, id: Call) {
        let Some(one) = self.call_backs.get(id) else { return };
        if one.waited_ms(now) >= CALL_BACK_KEEP_MS {
            return self.close_call_back(now, id, CallBackEnd::GivenUp);
        }
        match one.whereabouts {
            Whereabouts::Rests(_) if !self.is_closing => self.stand_in(now, id),
            Whereabouts::Rests(_) | Whereabouts::Asked | Whereabouts::Waits | Whereabouts::Called(_) => {}
        }
    }

    /// Nothing more will come of a call-back.
    fn close_call_back(&mut self, now: Moment, id: Call, how: CallBackEnd) {
        self.stand_aside(now, id);
        let Some(one) = self.call_backs.remove(id) else { return };
        let agent = match one.whereabouts {
            Whereabouts::Called(agent) if how == CallBackEnd::Reached => self.agent_by_id(agent),
            _ => None,
        };
        let agent = agent.map(|agent| agent.number.to_string()).unwrap_or_default();
        // What was not promised yet is nothing that could be dropped or taken out.
        let how = if one.whereabouts == Whereabouts::Asked { CallBackEnd::NotKept } else { how };
        self.wake(Due::CallBack(id), None);
        let (tries, reached_in) = (one.tries, one.reached_in);
        let act = CallBackAct::Closed { how, agent, tries, waited_ms: one.waited_ms(now), reached_in };
        self.note(one.fact(now, act));
        self.effects.push_back(Effect::QueueChanged(one.queue));
    }

    /// Ends a call-back; one that an agent has goes on for as long as the agent's call does.
    fn settle_call_back(&mut self, now: Moment, id: Call, how: CallBackEnd) {
        match self.call_backs.get_mut(id) {
            Some(one) if matches!(one.whereabouts, Whereabouts::Called(_)) => one.settled = Some(how),
            _ => self.close_call_back(now, id, how),
        }
    }

    /// Somebody talks with whoever has this number: nobody need call back there. Whom a caller from this number wants called at
    /// another is not known to be the same: many may call from one number of a company.
    pub(super) fn drop_call_backs(&mut self, now: Moment, number: &str) {
        let theirs: Vec<Call> = self.call_backs.of_number(number).map(|one| one.id).collect();
        for id in theirs {
            self.settle_call_back(now, id, CallBackEnd::Dropped);
        }
    }

    /// Somebody talks with whoever has this number, by a call that came from no queue.
    pub fn talked_with(&mut self, now: Moment, number: &str) {
        self.drop_call_backs(now, number);
        self.settle(now);
    }

    /// Another priority, which outlasts a restart: in the line, or for when it stands there again.
    pub(super) fn set_call_back_priority(
        &mut self,
        now: Moment,
        id: Call,
        priority: i64,
    ) -> Result<(), Refusal> {
        let one = self.call_backs.get_mut(id).ok_or(Refusal::NoWaiter)?;
        if let Whereabouts::Called(_) = one.whereabouts {
            return Err(Refusal::BeingCalled);
        }
        if std::mem::replace(&mut one.priority, priority) == priority {
            return Ok(());
        }
        let (queue, fact) = (one.queue.clone(), one.fact(now, CallBackAct::Priority));
        self.note(fact);
        self.effects.push_back(Effect::QueueChanged(queue));
        Ok(())
    }

    pub(super) fn take_out_call_back(&mut self, now: Moment, id: Call) -> Result<(), Refusal> {
        let one = self.call_backs.get(id).ok_or(Refusal::NoWaiter)?;
        if let Whereabouts::Called(_) = one.whereabouts {
            return Err(Refusal::BeingCalled);
        }
        self.close_call_back(now, id, CallBackEnd::Removed);
        self.settle(now);
        Ok(())
    }

    /// A queue is gone: who was to be called back by it is left to people.
    pub(super) fn give_up_call_backs(&mut self, now: Moment, queue: QueueId) {
        let name = self.queue_name(queue);
        let theirs: Vec<Call> = self.call_backs.of_queue(&name).map(|one| one.id).collect();
        for id in theirs {
            self.settle_call_back(now, id, CallBackEnd::GivenUp);
        }
    }

    /// From now on nobody is called back, and nobody can ask for it: who waits does so again after the next start.
    pub fn stop_calling_back(&mut self, now: Moment) {
        if std::mem::replace(&mut self.is_closing, true) {
            return;
        }
        let is_open = |one: &&CallBack| one.whereabouts != Whereabouts::Asked;
        let open: Vec<Call> = self.call_backs.all().filter(is_open).map(|one| one.id).collect();
        for id in open {
            if self.waiters.contains_key(&id) {
                self.stand_aside(now, id);
            }
            if !self.talks.contains_key(&id) {
                self.rest_call_back(now, id, CALL_BACK_PAUSE_MIN);
            }
        }
        self.settle(now);
    }

    /// After a restart: who is to be called back, by the facts of before it, in order. To be called once, before anything
    /// happens.
    pub fn restore_call_backs(&mut self, now: Moment, facts: &[Fact]) {
        let (mut open, ended) = open_by_facts(facts);
        for (fact, tries) in ended {
            let one = self.restored(now, fact, tries);
            let act = CallBackAct::Closed {
                how: CallBackEnd::Dropped,
                agent: String::new(),
                tries,
                waited_ms: one.waited_ms(now),
                reached_in: 0,
            };
            self.note(one.fact(now, act));
        }
        open.sort_by_key(|(fact, _)| (fact.joined_ms, fact.id));
        for (fact, tries) in open.into_iter().take(CALL_BACKS_MAX) {
            let one = self.restored(now, fact, tries);
            let id = one.id;
            self.call_backs.insert(one);
            self.stand_in(now, id);
        }
        self.settle(now);
    }

    /// A call-back as it was asked for before a restart, behind those that were restored before it.
    fn restored(&mut self, now: Moment, fact: CallBackFact, tries: u32) -> CallBack {
        self.last_turn += 1;
        let ago = u64::try_from(now.wall.saturating_sub(fact.joined_ms)).unwrap_or(0);
        let joined = Moment { mono: now.mono.saturating_sub(ago), wall: fact.joined_ms };
        CallBack {
            id: fact.id,
            call: fact.call,
            queue: fact.queue,
            number: fact.number,
            caller: fact.caller,
            class: fact.class,
            priority: fact.priority,
            joined,
            before_ms: ago.saturating_sub(now.since(joined.mono)),
            turn: self.last_turn,
            tries,
            whereabouts: Whereabouts::Waits,
            reached_in: 0,
            settled: None,
        }
    }

    /// What contradicts itself about call-backs: nothing, unless there is a defect.
    pub(crate) fn audit_call_backs(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for one in self.call_backs.all() {
            let id = &one.id;
            let waits = self.waiters.get(id).is_some_and(|waiter| waiter.is_call_back);
            let is_called = self.talks.get(id).copied();
            let is_right = match one.whereabouts {
                Whereabouts::Waits => waits && is_called.is_none(),
                Whereabouts::Called(agent) => !waits && is_called == Some(agent),
                Whereabouts::Asked | Whereabouts::Rests(_) => !waits && is_called.is_none(),
            };
            if !is_right {
                found.push(("a call-back is in one place", format!("{id}: {:?}", one.whereabouts)));
            }
            if self.call_backs.of_number(&one.number).filter(|other| other.queue == one.queue).count() > 1 {
                found.push(("a number has one call-back in a queue", format!("{id}")));
            }
        }
        found.extend(self.call_backs.audit().map(|what| ("a call-back is found by queue and number", what)));
        let waiting = self.waiters.values().filter(|waiter| waiter.is_call_back);
        if waiting.clone().any(|waiter| !self.call_backs.contains(waiter.call)) {
            found.push(("who stands in a caller's place is a call-back", String::new()));
        }
        let standing: usize = self.queues.iter().map(|queue| queue.call_backs.len()).sum();
        if standing != waiting.count() || self.call_backs.len() > CALL_BACKS_MAX {
            found.push(("call-backs are counted", format!("{standing}, {}", self.call_backs.len())));
        }
        found
    }

    /// How many stand in lines, on the line or to be called back.
    pub(crate) fn standing_count(&self) -> usize {
        self.waiters.len()
    }
}
