//! What an agent has on the desk: the caller's card, notes on calls, and what may be done with what is the agent's own.

use crate::exchange::Exchange;
use crate::input::{AgentAct, Command};
use crate::limits::{CARD_VALUES_MAX, NOTE_CHARS_MAX, REASON_CHARS_MAX};
use crate::queues::moment;
use crate::record::{End, Event, EventKind, Party, Severity};
use crate::{Call, CallId, Leg, LegId, LegState, clean};
use switchroom_acd::agent::{Agent, Doing};
use switchroom_flow::text::line;
use switchroom_sip::time::Now;

/// What is for supervisors only, whomever it is about.
const NEEDS_SUPERVISOR: &str = "this needs the role supervisor";

/// Why something is not the user's own.
#[derive(Debug)]
pub(crate) enum NotOwn {
    /// There is nothing of the kind.
    Unknown(String),
    /// It is for others to do, and the call that it is about.
    Others(Option<CallId>, String),
}

/// What an agent is doing, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    /// The agent's number.
    pub agent: String,
    /// Where the agent sits or is to sit; empty if that is not known.
    pub extension: String,
    /// The call that rings, talks or is written up.
    pub call: Option<CallId>,
    /// Who is on the line: the party that is not the agent's; empty if that is not known here any more.
    pub caller: Party,
    /// The queue it came from; empty if none.
    pub queue: String,
    /// The caller's class; empty if none, or if the call is over.
    pub class: String,
    /// Milliseconds waited in the queue, if that is known still.
    pub waited_ms: Option<u64>,
    /// Variables of the call's flow, none of them secret, at most [`CARD_VALUES_MAX`].
    pub values: Vec<(String, String)>,
    /// What the agent has said came of the call, in after-call time.
    pub disposition: String,
}

impl Exchange {
    /// The desk of an agent; `None` if there is none of that number.
    pub fn desk(&self, agent: &str, now: Now) -> Option<Desk> {
        let agent = self.floor.agent(agent)?;
        let at = moment(now);
        let (queue, waited_ms, disposition) = match &agent.doing {
            Doing::Idle => (None, None, String::new()),
            Doing::Offered { call, .. } => {
                let waiter = self.floor.waiter(*call);
                (waiter.map(|one| one.queue), waiter.map(|one| one.waited_ms(at)), String::new())
            }
            Doing::Talking { queue, waited_ms, .. } => (Some(*queue), Some(*waited_ms), String::new()),
            Doing::WrapUp { queue, disposition, .. } => (Some(*queue), None, disposition.clone()),
        };
        let call = agent.call().map(|call| self.call_for(call));
        let written_up = match &agent.doing {
            Doing::WrapUp { call, .. } => Some(CallId(*call)),
            Doing::Idle | Doing::Offered { .. } | Doing::Talking { .. } => None,
        };
        let call = call.or(written_up);
        let visit = call.and_then(|call| self.visits.get(&call));
        let class = visit.and_then(|visit| visit.class.as_ref()).map(|(name, _)| clean(name));
        // What is typed to a flow that has the caller lent is not for the agent: the flow around is what brought the caller.
        let own = visit.and_then(|visit| if visit.is_lent { visit.around.as_deref() } else { Some(visit) });
        let known = own.into_iter().flat_map(|visit| visit.run.variables());
        let told = known.filter(|(_, value)| !value.is_secret && !value.plain().is_empty());
        Some(Desk {
            agent: agent.number.to_string(),
            extension: seat_of(agent),
            call,
            caller: call.and_then(|call| self.customer_of(call, &seat_of(agent))).unwrap_or_default(),
            queue: queue
                .and_then(|id| self.floor.queue_by_id(id))
                .map(|q| q.name.clone())
                .unwrap_or_default(),
            class: class.unwrap_or_default(),
            waited_ms,
            values: told.take(CARD_VALUES_MAX).map(|(name, of)| (clean(name), short(&of.plain()))).collect(),
            disposition: clean(&disposition),
        })
    }

    /// Who is on the line for the agent who sits there, or was. Who is called back did not call: the agent did.
    fn customer_of(&self, id: CallId, seat: &str) -> Option<Party> {
        let call = self.calls.get(&id)?;
        let is_at_seat = |leg: &Leg| leg.extension.as_deref() == Some(seat);
        let talks = self.agents_side(id).filter(|(ours, _)| call.leg(*ours).is_some_and(is_at_seat));
        if let Some((_, other)) = talks {
            return call.leg(other).map(|leg| leg.party.clone());
        }
        let has_called = call.legs.values().any(|leg| leg.origin == End::Caller && is_at_seat(leg));
        if has_called || call.call_back.is_some() {
            return Some(call.to.clone());
        }
        // Whom a caller puts through is the caller's side then.
        let is_callers = call.caller_leg().is_some_and(is_at_seat);
        Some(call.with.clone().filter(|_| is_callers).unwrap_or_else(|| call.caller_party().clone()))
    }

    /// The agent at the phone of a user.
    ///
    /// # Errors
    /// The user's phone is not known, or no agent is at it: in a sentence.
    pub fn agent_of(&self, user: &str) -> Result<String, String> {
        let seat = self.own_phone(user)?;
        if let Some(agent) = self.floor.agent_at(&seat) {
            return Ok(agent.number.to_string());
        }
        let agents = &self.config.floor.agents;
        let own = agents.iter().find(|(_, agent)| agent.extension.as_deref() == Some(seat.as_str()));
        own.map(|(number, _)| number.clone())
            .ok_or_else(|| format!("no agent sits at your phone {seat}; sign in there by phone first"))
    }

    fn own_phone(&self, user: &str) -> Result<String, String> {
        let seat = self.config.supervision.users.get(user).cloned();
        seat.ok_or_else(|| {
            "which phone is yours is not known; it is to be in [control.phones], or a supervisor can do this"
                .to_owned()
        })
    }

    /// A user does what others may do as supervisors, with what is the user's own.
    pub(crate) fn own_act(&mut self, now: Now, user: &str, command: &Command) -> Result<String, String> {
        let seat = self.own_phone(user).map_err(|why| self.refuse(now, user, None, why))?;
        match self.act_at(now, &seat, user, command) {
            Ok(done) => done,
            Err(NotOwn::Unknown(why)) => Err(why),
            Err(NotOwn::Others(call, why)) => Err(self.refuse(now, user, call, why)),
        }
    }

    /// What came of it; or why it is not the user's own.
    pub(crate) fn act_at(
        &mut self,
        now: Now,
        seat: &str,
        user: &str,
        command: &Command,
    ) -> Result<Result<String, String>, NotOwn> {
        match command {
            Command::Agent(act) => {
                self.must_act_at(seat, act)?;
                Ok(self.agent_act(now, user, act))
            }
            Command::HangUp(call) => {
                self.must_be_in(seat, *call)?;
                Ok(self.hang_up_at(now, seat, *call, user))
            }
            Command::Transfer { call, to } => {
                self.must_have(seat, *call)?;
                Ok(self.transfer_by(now, *call, to, user))
            }
            Command::Consult { call, act } => {
                self.must_have(seat, *call)?;
                Ok(self.consult_act(now, *call, act, user))
            }
            Command::Record { call, act } => {
                self.must_have(seat, *call)?;
                self.may_record_own(*call, *act).map_err(|why| NotOwn::Others(Some(*call), why))?;
                Ok(self.record_by(now, *call, *act, user))
            }
            Command::Dial { from, to } if from == seat => Ok(self.dial_by(now, from, to, user)),
            Command::Dial { .. } => {
                Err(NotOwn::Others(None, format!("your phone is {seat}; a supervisor can ring others")))
            }
            Command::Note { call, number, parties, text } => {
                let was_theirs = parties.iter().any(|party| party == seat);
                if !was_theirs && !self.is_written_up_at(seat, *call) {
                    self.must_be_in(seat, *call)?;
                }
                Ok(self.note_by(now, user, (*call, *number), text))
            }
            _ => Err(NotOwn::Others(None, NEEDS_SUPERVISOR.to_owned())),
        }
    }

    /// A user hangs up at the own phone: what only rings there is declined, and who waits beside a call leaves it alone.
    fn hang_up_at(&mut self, now: Now, seat: &str, id: CallId, user: &str) -> Result<String, String> {
        if let Some(leg) = self.ringing_at(seat, id) {
            // Whoever calls may have others who answer.
            return self.decline_by(now, id, leg, user);
        }
        let call = self.calls.get(&id);
        let beside = call.and_then(Call::waits_beside).filter(|leg| self.is_at(id, *leg, seat));
        let consults = || call?.leaves_two(|leg| leg.is_live_at(seat));
        match beside.or_else(consults) {
            Some(leg) => self.leave_by(now, id, leg, user),
            None => self.hang_up_by(now, id, user),
        }
    }

    /// Who put the other party through, or into a flow, or consults, leaves; as if that phone had hung up.
    fn leave_by(&mut self, now: Now, id: CallId, leg: LegId, user: &str) -> Result<String, String> {
        self.end_news(now, id, leg);
        let one = self.calls.get_mut(&id).and_then(|call| call.legs.get_mut(&leg));
        if let Some(session) = one.and_then(|one| one.session.take()) {
            self.endpoint.hang_up(now.mono, session, None);
        }
        let (who, number) = (self.number_of_leg(id, leg), self.calls.get(&id).map_or(0, |call| call.number));
        let text = format!("{user} has {who} hang up");
        let has_left = self.transferor_left(now, id, leg, &text)
            || self.hander_left(now, id, leg, &text)
            || self.left_consulting(now, id, leg, &text);
        debug_assert!(has_left, "a leg that leaves a call to others is one of those");
        let done = format!("{who} has left call {number}");
        self.audit_event(now, Some(id), user, "hang_up", &done);
        Ok(done)
    }

    fn is_at(&self, id: CallId, leg: LegId, seat: &str) -> bool {
        self.calls.get(&id).and_then(|call| call.leg(leg)).is_some_and(|leg| leg.is_live_at(seat))
    }

    fn must_act_at(&self, seat: &str, act: &AgentAct) -> Result<(), NotOwn> {
        match act {
            AgentAct::Choose { agent, extension, .. } => {
                self.must_sit_at(seat, agent)?;
                if extension.as_ref().is_some_and(|at| at != seat) {
                    let why = format!("your phone is {seat}; a supervisor can have you sit elsewhere");
                    return Err(NotOwn::Others(None, why));
                }
                Ok(())
            }
            AgentAct::WrapUp { agent, .. } | AgentAct::Told { agent, .. } => self.must_sit_at(seat, agent),
            _ => Err(NotOwn::Others(None, NEEDS_SUPERVISOR.to_owned())),
        }
    }

    fn must_sit_at(&self, seat: &str, agent: &str) -> Result<(), NotOwn> {
        let unknown = || NotOwn::Unknown(format!("there is no agent {}", clean(agent)));
        let known = self.floor.agent(agent).ok_or_else(unknown)?;
        // Who signed out in a talk sits there until it is written up.
        let sits = self.floor.agent_at(seat).is_some_and(|agent| agent.number == known.number);
        if sits || known.config.extension.as_deref() == Some(seat) {
            return Ok(());
        }
        let why = format!("agent {} is not at your phone {seat}; a supervisor can do this", known.number);
        Err(NotOwn::Others(None, why))
    }

    pub(crate) fn must_be_in(&self, seat: &str, id: CallId) -> Result<(), NotOwn> {
        let unknown = || NotOwn::Unknown("there is no such call any more".to_owned());
        let call = self.calls.get(&id).ok_or_else(unknown)?;
        let is_own = |leg: &Leg| leg.extension.as_deref() == Some(seat) && (call.is_ended() || leg.is_live());
        if call.legs.values().any(is_own) {
            return Ok(());
        }
        let why = format!("your phone {seat} is not in call {}; a supervisor can do this", call.number);
        Err(NotOwn::Others(Some(id), why))
    }

    /// The phone is in that call, and on the agent's side of it: who was called is no agent, and moves nobody. While one of the
    /// two is elsewhere that is who waits for it, or nobody.
    pub(crate) fn must_have(&self, seat: &str, id: CallId) -> Result<(), NotOwn> {
        self.must_be_in(seat, id)?;
        let Some(call) = self.calls.get(&id) else { return Ok(()) };
        let is_theirs = match self.agents_leg(id).or_else(|| call.waits_beside()) {
            Some(agents) => {
                call.leg(agents).and_then(|leg| leg.extension.as_deref()).is_none_or(|at| at == seat)
            }
            None => call.transfer().is_none() && call.hand_off().is_none(),
        };
        if is_theirs {
            return Ok(());
        }
        let number = call.number;
        let why =
            format!("your phone {seat} is not the agent's side of call {number}; a supervisor can do this");
        Err(NotOwn::Others(Some(id), why))
    }

    /// The leg of a phone that only rings.
    fn ringing_at(&self, seat: &str, id: CallId) -> Option<LegId> {
        let mut legs = self.calls.get(&id)?.sought_legs();
        legs.find(|leg| leg.is_live_at(seat) && leg.state != LegState::Up).map(|leg| leg.id)
    }

    /// Whether an agent at that phone has after-call time of that call.
    fn is_written_up_at(&self, seat: &str, call: CallId) -> bool {
        let agent = self.floor.agent_at(seat);
        agent.is_some_and(|agent| matches!(agent.doing, Doing::WrapUp { call: of, .. } if of == call.0))
    }

    /// A user writes a note on a call: it is in the journal, among the events of the call.
    pub(crate) fn note_by(
        &mut self,
        now: Now,
        user: &str,
        call: (CallId, u64),
        text: &str,
    ) -> Result<String, String> {
        let text = line(text.trim());
        if text.is_empty() {
            return Err("a note needs a text".to_owned());
        }
        if text.chars().count() > NOTE_CHARS_MAX {
            return Err(format!("a note has at most {NOTE_CHARS_MAX} characters; write two"));
        }
        self.tell_of_call(now, user, call, "note", &text);
        Ok(format!("noted on call {}", call.1))
    }

    /// What an agent says came of a call is one of the words of its queue, if that has some. Gives the call.
    pub(crate) fn must_be_known(&self, agent: &str, word: Option<&str>) -> Result<Option<CallId>, String> {
        let doing = self.floor.agent(agent).map(|agent| &agent.doing);
        let Some(Doing::WrapUp { call, queue, .. }) = doing else { return Ok(None) };
        let known = self.floor.queue_by_id(*queue).map_or(&[][..], |queue| &queue.config.dispositions);
        match word {
            Some(word) if !known.is_empty() && !known.iter().any(|one| one == word) => Err(format!(
                "\"{}\" is none of its dispositions; there are: {}",
                clean(word),
                known.join(", ")
            )),
            _ => Ok(Some(CallId(*call))),
        }
    }

    /// What came of a call, among its events.
    pub(crate) fn note_disposition(&mut self, now: Now, user: &str, call: CallId, word: &str) {
        let number = self.calls.get(&call).map(|call| call.number).unwrap_or_default();
        self.tell_of_call(now, user, (call, number), "disposition", &clean(word));
    }

    fn tell_of_call(&mut self, now: Now, user: &str, call: (CallId, u64), name: &str, text: &str) {
        self.tell_event(Event {
            seq: 0,
            at_ms: now.wall.0,
            kind: EventKind::Call,
            severity: Severity::Info,
            call: Some(call.0),
            number: Some(call.1).filter(|number| *number > 0),
            subject: user.to_owned(),
            name: name.to_owned(),
            text: format!("{user}: {text}"),
        });
    }
}

fn seat_of(agent: &Agent) -> String {
    if agent.extension.is_empty() {
        agent.config.extension.clone().unwrap_or_default()
    } else {
        agent.extension.clone()
    }
}

fn short(text: &str) -> String {
    line(&text.chars().take(REASON_CHARS_MAX).collect::<String>())
}
