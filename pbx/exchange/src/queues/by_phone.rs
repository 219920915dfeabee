//! Agents act by phone: a caller in a flow signs in and out, is ready, has a break. Where an agent sits is the extension
//! whose phone is calling and has shown its password; nobody acts for a phone that is not his.

use crate::CallId;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use switchroom_acd::{Presence, Refusal};
use switchroom_flow::Event;
use switchroom_flow::agent::{AgentAct, AgentAnswer, AgentDo, AgentIs, AgentRefusal};
use switchroom_flow::pins::AGENT_PINS;
use switchroom_sip::time::Now;

/// Who chose, in what the floor writes down: not somebody for him.
const BY: &str = "agent";

impl Exchange {
    /// A caller in a flow acts as an agent; the flow is told what came of it.
    pub(crate) fn act_by_phone(&mut self, now: Now, id: CallId, act: &AgentAct) {
        let answer = self.try_by_phone(now, id, act);
        // What was dialled as the number of an agent and is none may be anything, a PIN above all: it is not told.
        let text = match answer {
            AgentAnswer::Done(_) => format!("the agent is {} now", answer.word()),
            AgentAnswer::Refused(_) | AgentAnswer::Unknown => {
                format!("{} refused: {}", act.what.word(), answer.word())
            }
        };
        self.why(now, id, "agent", text);
        self.tell_flow(now, id, Event::Agent(answer));
    }

    fn try_by_phone(&mut self, now: Now, id: CallId, act: &AgentAct) -> AgentAnswer {
        let call = self.calls.get(&id).filter(|call| !call.is_ended());
        let Some(seat) = call.and_then(|call| call.caller_leg()?.extension.clone()) else {
            return AgentAnswer::Refused(AgentRefusal::NoExtension);
        };
        let agent = match self.who_acts(act, &seat) {
            Ok(agent) => agent,
            Err(answer) => return answer,
        };
        let is_ready = self.floor.agent(&agent).is_some_and(|agent| agent.presence == Presence::Ready);
        let a_break = || Presence::Break { reason: act.reason.clone() };
        let presence = match act.what {
            AgentDo::SignIn | AgentDo::Ready => Presence::Ready,
            AgentDo::SignOut => Presence::LoggedOut,
            AgentDo::Break => a_break(),
            AgentDo::Toggle if is_ready => a_break(),
            AgentDo::Toggle => Presence::Ready,
        };
        let is = match presence {
            Presence::LoggedOut => AgentIs::SignedOut,
            Presence::Ready => AgentIs::Ready,
            Presence::Break { .. } => AgentIs::OnBreak,
        };
        let extension = (act.what == AgentDo::SignIn).then_some(seat.as_str());
        match self.choose(now, &agent, presence, extension, BY) {
            Ok(()) => {
                let text = format!("extension {seat}: agent {agent} is {} by phone", is_now(is));
                self.event(now, EventKind::Audit, Severity::Info, Some(id), &seat, "presence", text);
                AgentAnswer::Done(is)
            }
            Err(refusal) => refused(&refusal),
        }
    }

    /// The agent who acts, by number: who is named and has proven to be that one, or who sits there.
    fn who_acts(&self, act: &AgentAct, seat: &str) -> Result<String, AgentAnswer> {
        if act.what != AgentDo::SignIn {
            let sits = self.floor.agent_at(seat).filter(|agent| agent.presence.is_signed_in());
            return sits.map(|agent| agent.number.to_string()).ok_or(AgentAnswer::Unknown);
        }
        let agents = &self.config.floor.agents;
        let is_own = |number: &String| {
            agents.get(number).is_some_and(|agent| agent.extension.as_deref() == Some(seat))
        };
        let named = match &act.agent {
            Some(number) => agents.contains_key(number).then_some(number),
            None => agents.keys().find(|number| is_own(number)),
        };
        let number = named.ok_or(AgentAnswer::Unknown)?;
        let pins = self.config.inbound.pins.get(AGENT_PINS);
        let has_pin = pins.is_some_and(|pins| pins.by_account.contains_key(number));
        // At his own phone, which has shown its password, an agent without a PIN needs none, as with mailboxes.
        if act.knows_pin || (is_own(number) && !has_pin) {
            Ok(number.clone())
        } else {
            Err(AgentAnswer::Refused(AgentRefusal::Pin))
        }
    }
}

fn is_now(is: AgentIs) -> &'static str {
    match is {
        AgentIs::SignedOut => "signed out",
        AgentIs::Ready => "ready",
        AgentIs::OnBreak => "on a break",
    }
}

/// What a refusal of the floor is for who acts by phone.
fn refused(refusal: &Refusal) -> AgentAnswer {
    AgentAnswer::Refused(match refusal {
        Refusal::NoAgent
        | Refusal::SignedOut
        | Refusal::NoWrapUp
        | Refusal::NoWaiter
        | Refusal::CallBacksFull
        | Refusal::BeingCalled
        // Nobody is given callers by phone, nor are queues opened.
        | Refusal::NoQueue
        | Refusal::SameDoor(_)
        | Refusal::Rests
        | Refusal::NotFree
        | Refusal::Stopping
        | Refusal::Offered => {
            return AgentAnswer::Unknown;
        }
        Refusal::NoExtension => AgentRefusal::NoExtension,
        Refusal::OtherExtension(_) => AgentRefusal::OtherExtension,
        Refusal::Taken(_) | Refusal::HasCaller => AgentRefusal::Taken,
        Refusal::NoReason(_) => AgentRefusal::NoBreak,
        Refusal::BreakFull(_) => AgentRefusal::BreakFull,
    })
}
