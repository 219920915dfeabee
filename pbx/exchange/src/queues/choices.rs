//! Agents and supervisors choose: by command, or by phone in a flow.

use super::moment;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use crate::text::clean;
use crate::{AgentAct, CallId};
use switchroom_acd::agent::Doing;
use switchroom_acd::{Presence, Refusal};
use switchroom_sip::time::Now;

impl Exchange {
    /// A user does something with an agent, or with who waits. Answers with what was done.
    pub(crate) fn agent_act(&mut self, now: Now, user: &str, act: &AgentAct) -> Result<String, String> {
        let at = moment(now);
        let (name, call, done) = match act {
            AgentAct::Choose { agent, presence, extension } => {
                let unknown = extension.as_ref().filter(|one| !self.config.extensions.contains_key(*one));
                if let Some(unknown) = unknown {
                    return Err(format!("there is no extension {}", clean(unknown)));
                }
                self.choose(now, agent, presence.clone(), extension.as_deref(), user)
                    .map_err(|refusal| self.told(&refusal))?;
                let what = match presence {
                    Presence::LoggedOut => "signed out".to_owned(),
                    Presence::Ready => "ready".to_owned(),
                    Presence::Break { reason } => format!("on a break: {}", clean(reason)),
                };
                let talks =
                    self.floor.agent(agent).is_some_and(|one| matches!(one.doing, Doing::Talking { .. }));
                let when = if talks && *presence != Presence::Ready { ", after this call" } else { "" };
                ("presence", None, format!("agent {agent} is {what}{when}"))
            }
            AgentAct::WrapUp { agent, more_ms, disposition } => {
                let of = self.must_be_known(agent, disposition.as_deref())?;
                self.floor
                    .wrap_up(at, agent, *more_ms, disposition.as_deref())
                    .map_err(|refusal| refusal.to_string())?;
                if let Some((call, word)) = of.zip(disposition.as_deref()) {
                    self.note_disposition(now, user, call, word);
                }
                let done = match more_ms {
                    Some(ms) => format!("agent {agent} has {} s more", ms / 1_000),
                    None => format!("agent {agent} is done with after-call work"),
                };
                ("wrap_up", None, done)
            }
            AgentAct::Tell { to, text } => return self.tell_agents(now, user, to, text),
            AgentAct::Told { agent, at_ms } => return self.acknowledge(now, user, agent, *at_ms),
            AgentAct::Priority { call, priority } => {
                let whom = self.who_waits(*call);
                self.floor.set_priority(at, call.0, *priority).map_err(|refusal| refusal.to_string())?;
                ("priority", Some(*call), format!("{whom} has priority {priority} now"))
            }
            AgentAct::Assign { call, agent } => {
                let whom = self.who_waits(*call);
                let at_once = self.floor.assign(at, call.0, agent).map_err(|refusal| refusal.to_string())?;
                let done = if at_once {
                    format!("{whom} rings agent {agent}")
                } else {
                    format!("{whom} goes to agent {agent} before all others")
                };
                ("assign", Some(*call), done)
            }
            AgentAct::Door { queue, door } => ("queue_door", None, self.set_door(now, user, queue, *door)?),
            AgentAct::TakeOut { call } => {
                let whom = self.who_waits(*call);
                self.floor.take_out(at, call.0).map_err(|refusal| refusal.to_string())?;
                ("take_out", Some(*call), format!("{whom} was taken out of the queue"))
            }
        };
        // For a call-back that is due later there is no call at the moment.
        let call = call.map(|call| self.call_for(call.0));
        let text = format!("{user}: {done}");
        if let Some(id) = call.filter(|id| self.calls.contains_key(id)) {
            self.why(now, id, name, text.clone());
        }
        // What comes of it is written down behind it.
        self.event(now, EventKind::Audit, Severity::Info, call, user, name, text);
        self.run_floor(now);
        Ok(done)
    }

    /// Who waits, in words: the caller of a call, or who is to be called back.
    fn who_waits(&self, on_floor: CallId) -> String {
        if let Some(one) = self.floor.call_back(on_floor.0) {
            return format!("the call-back of {}", clean(&one.number));
        }
        let call = self.calls.get(&on_floor);
        call.map_or_else(|| "nobody".to_owned(), |call| format!("the caller of call {}", call.number))
    }

    /// An agent's presence changes, by himself or by somebody else.
    pub(crate) fn choose(
        &mut self,
        now: Now,
        agent: &str,
        presence: Presence,
        extension: Option<&str>,
        by: &str,
    ) -> Result<(), Refusal> {
        // Whoever sits down may be offered a caller at once: by what the phone there does now.
        let own = self.config.floor.agents.get(agent).and_then(|agent| agent.extension.clone());
        let sits = || self.floor.agent(agent).map(|agent| agent.extension.clone());
        if let Some(seat) = extension.map(str::to_owned).or(own).or_else(sits) {
            self.tell_seat(now, &seat);
        }
        let chosen = self.floor.choose(moment(now), agent, presence, extension, by);
        self.run_floor(now);
        let seat =
            self.floor.agent(agent).map(|agent| agent.extension.clone()).filter(|seat| !seat.is_empty());
        if let Some(seat) = seat {
            self.tell_seat(now, &seat);
        }
        chosen
    }

    /// A refusal in words, with what would be possible.
    fn told(&self, refusal: &Refusal) -> String {
        let breaks = &self.config.floor.breaks;
        match refusal {
            Refusal::NoReason(_) if !breaks.is_empty() => {
                let known: Vec<&str> = breaks.keys().map(String::as_str).collect();
                format!("{refusal}; there are: {}", known.join(", "))
            }
            _ => refusal.to_string(),
        }
    }
}
