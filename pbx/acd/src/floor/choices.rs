//! What people choose: to be here, to take calls, to have a break.

use super::Floor;
use crate::agent::Doing;
use crate::boundary::{AgentId, Effect, Refusal};
use crate::fact::{OfferOutcome, Presence};
use crate::limits::WORD_MAX;
use crate::moment::Moment;

impl Floor {
    /// An agent chose; `extension` says where he sits, for signing in. `by` is `agent` or who did it for him.
    ///
    /// A choice holds at once, whatever the agent is doing: who has a break while talking has it after the call. What the phone
    /// at that extension does is to be told before ([`Self::phone`]), since an offer may follow at once.
    pub fn choose(
        &mut self,
        now: Moment,
        number: &str,
        presence: Presence,
        extension: Option<&str>,
        by: &str,
    ) -> Result<(), Refusal> {
        let id = self.agent_ids.get(number).copied().ok_or(Refusal::NoAgent)?;
        let agent = self.agent_by_id(id).filter(|agent| agent.is_known).ok_or(Refusal::NoAgent)?;
        let was_in = agent.presence.is_signed_in();
        let seat = match &presence {
            Presence::LoggedOut => None,
            _ => Some(self.seat_for(id, extension, was_in)?),
        };
        if let Presence::Break { reason } = &presence {
            self.may_break(id, reason)?;
        }
        if let Some(seat) = &seat {
            self.sit(now, id, seat)?;
        }
        if let Some(agent) = self.agent_mut(id) {
            if !was_in && presence.is_signed_in() {
                agent.last_call = now.mono;
            }
            if presence == Presence::Ready {
                agent.missed = 0;
            }
        }
        self.be(now, id, presence, by);
        self.settle(now);
        Ok(())
    }

    /// The extension of an agent who signs in, or stays signed in.
    pub(super) fn seat_for(&self, id: AgentId, asked: Option<&str>, was_in: bool) -> Result<String, Refusal> {
        let agent = self.agent_by_id(id).ok_or(Refusal::NoAgent)?;
        let seat = match (asked, &agent.config.extension) {
            (Some(asked), Some(own)) if asked != own => return Err(Refusal::OtherExtension(own.clone())),
            (_, Some(own)) => own.clone(),
            (Some(asked), None) => asked.to_owned(),
            (None, None) if was_in => agent.extension.clone(),
            (None, None) => return Err(Refusal::NoExtension),
        };
        if seat != agent.extension && agent.has_caller() {
            return Err(Refusal::HasCaller);
        }
        let sitter = self.seats.get(&seat).filter(|sitter| **sitter != id);
        match sitter.and_then(|sitter| self.agent_by_id(*sitter)) {
            Some(other) if other.has_caller() => Err(Refusal::Taken(other.number.to_string())),
            _ => Ok(seat),
        }
    }

    fn may_break(&self, id: AgentId, reason: &str) -> Result<(), Refusal> {
        if self.config.breaks.is_empty() {
            return if reason.is_empty() || reason.chars().count() > WORD_MAX {
                Err(Refusal::NoReason(reason.chars().take(WORD_MAX).collect()))
            } else {
                Ok(())
            };
        }
        let Some(config) = self.config.breaks.get(reason) else {
            return Err(Refusal::NoReason(reason.chars().take(WORD_MAX).collect()));
        };
        let others = self.breaks.get(reason).map_or(0, |who| who.iter().filter(|who| **who != id).count());
        if config.at_once > 0 && others >= config.at_once as usize {
            return Err(Refusal::BreakFull(config.at_once));
        }
        Ok(())
    }

    /// Sits an agent down; who sat there is signed out.
    pub(super) fn sit(&mut self, now: Moment, id: AgentId, seat: &str) -> Result<(), Refusal> {
        if let Some(other) = self.seats.get(seat).copied().filter(|other| *other != id) {
            self.be(now, other, Presence::LoggedOut, "displaced");
        }
        let Some(agent) = self.agent_mut(id) else { return Err(Refusal::NoAgent) };
        if agent.extension == seat {
            // He may have lost it meanwhile.
            self.seats.insert(seat.to_owned(), id);
            self.phone_of(id);
            return Ok(());
        }
        let old = std::mem::replace(&mut agent.extension, seat.to_owned());
        self.free_seat(&old, id);
        self.seats.insert(seat.to_owned(), id);
        self.phone_of(id);
        Ok(())
    }

    /// Takes over what is known of the phone at which an agent sits.
    pub(super) fn phone_of(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get_mut(id.0 as usize) else { return };
        let phone = self.phones.get(&agent.extension).copied().unwrap_or_default();
        (agent.is_reachable, agent.is_busy) = (phone.is_reachable, phone.is_busy);
    }

    /// The one place where presence changes.
    pub(super) fn be(&mut self, now: Moment, id: AgentId, presence: Presence, by: &str) {
        let Some(agent) = self.agent_mut(id) else { return };
        let offered = match agent.doing {
            Doing::Offered { call, .. } if presence != Presence::Ready => Some(call),
            _ => None,
        };
        let old = std::mem::replace(&mut agent.presence, presence.clone());
        let seat = agent.seat();
        if let Presence::Break { reason } = old {
            if let Some(who) = self.breaks.get_mut(&reason) {
                who.remove(&id);
            }
            self.breaks.retain(|_, who| !who.is_empty());
        }
        if let Presence::Break { reason } = &presence {
            self.breaks.entry(reason.clone()).or_default().insert(id);
        }
        if let Some(call) = offered {
            self.effects.push_back(Effect::GiveUp { call, agents: vec![seat], is_moved: false });
            self.take_from_offer(now, call, id, OfferOutcome::Withdrawn);
        }
        self.refresh(now, id, by);
    }

    /// Who is signed out and has nothing left to do sits nowhere.
    pub(super) fn leave_seat(&mut self, id: AgentId) {
        let Some(agent) = self.agent_mut(id) else { return };
        if agent.presence.is_signed_in() || agent.doing != Doing::Idle {
            return;
        }
        let seat = std::mem::take(&mut agent.extension);
        (agent.is_reachable, agent.is_busy) = (false, false);
        self.free_seat(&seat, id);
    }

    /// Nobody sits there any more, unless somebody else does by now.
    fn free_seat(&mut self, seat: &str, id: AgentId) {
        if self.seats.get(seat) == Some(&id) {
            self.seats.remove(seat);
        }
    }

    /// Whether an extension can be rung: a phone is registered, and whether it is in a call that came from no queue.
    pub fn phone(&mut self, now: Moment, extension: &str, is_reachable: bool, is_busy: bool) {
        let known = self.phones.get(extension).copied().unwrap_or_default();
        if (known.is_reachable, known.is_busy) == (is_reachable, is_busy) {
            return;
        }
        if is_reachable || is_busy {
            self.phones.insert(extension.to_owned(), super::Phone { is_reachable, is_busy });
        } else {
            self.phones.remove(extension);
        }
        if let Some(id) = self.seats.get(extension).copied() {
            self.phone_of(id);
            self.refresh(now, id, "phone");
            self.settle(now);
        }
    }
}
