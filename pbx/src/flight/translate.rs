//! Names of one run in the words of another.
//!
//! When the beginning of an exchange is no longer kept, the one that stands in for it has drawn other random numbers: its
//! Call-IDs, tags and branches differ from those in the recorded messages, and so do its legs and calls. This learns which
//! is which: an answer is for the oldest request to that phone that none was for yet, a tag in a dialog is the one that
//! was last sent in it, legs are counted from the beginning, a call is known by the millisecond of its begin. Store and
//! last words of media are answered on the spot. It is a best effort, and called so: calls that were up at the beginning
//! are not there, and phones at the end of a TCP connection are not rung before they register again.

use super::input::{Bytes, Recorded};
use super::ring::Marks;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use switchroom_exchange::{
    Action, AgentAct, ArchiveAct, CallId, Command, Flow, LegId, MediaCommand, MediaEvent, Quality, Record,
    Subject, SupervisionAct,
};
use switchroom_sip::message::Message;

/// Requests and dialogs remembered; the oldest go first.
const REMEMBERED_MAX: usize = 10_000;

/// A request that the exchange has sent in this run.
struct Sent {
    to: SocketAddr,
    method: String,
    number: u32,
    call_id: String,
    tag: String,
    branch: String,
    /// Some recorded answer was taken to be for it.
    is_answered: bool,
}

/// Translates recorded inputs.
pub(super) struct Translator {
    marks: Marks,
    sent: VecDeque<Sent>,
    /// Dialogs that the exchange began: Call-ID as recorded, Call-ID and our tag as they are now.
    ours: BTreeMap<String, (String, String)>,
    /// Dialogs that phones began: Call-ID, our tag.
    theirs: BTreeMap<String, String>,
    calls: BTreeMap<i64, CallId>,
    /// What store and media engine would say.
    answers: Vec<Recorded>,
}

impl Translator {
    pub(super) fn new(marks: Marks) -> Self {
        Self {
            marks,
            sent: VecDeque::new(),
            ours: BTreeMap::new(),
            theirs: BTreeMap::new(),
            calls: BTreeMap::new(),
            answers: Vec::new(),
        }
    }

    /// Learns from what the exchange wants.
    pub(super) fn saw(&mut self, action: &Action) {
        match action {
            Action::Send { flow, bytes } => self.saw_message(flow, bytes),
            Action::Media(MediaCommand::Close { leg, slot, .. }) => {
                let closed = MediaEvent::Closed { leg: *leg, slot: *slot, whole: Quality::default() };
                self.answers.push(Recorded::Media(Box::new(closed)));
            }
            Action::Persist { ticket, record } => {
                if let Some(ticket) = ticket {
                    self.answers.push(Recorded::Stored(vec![*ticket]));
                }
                if let Record::CallOpen(open) = record {
                    self.calls.insert(open.call.unix_ms(), open.call);
                }
            }
            Action::Media(_) | Action::Ask { .. } | Action::Reply { .. } => {}
        }
    }

    fn saw_message(&mut self, flow: &Flow, bytes: &[u8]) {
        match Message::parse(bytes) {
            Ok(Message::Request(request)) => {
                let branch = request.via().map(|v| v.branch().to_owned()).unwrap_or_default();
                if self
                    .sent
                    .iter()
                    .rev()
                    .take(64)
                    .any(|s| s.branch == branch && s.method == request.method.name())
                {
                    return;
                }
                self.sent.push_back(Sent {
                    to: flow.remote,
                    method: request.method.name().to_owned(),
                    number: request.cseq().number,
                    call_id: request.call_id().to_owned(),
                    tag: request.from_tag(),
                    branch,
                    is_answered: false,
                });
                if self.sent.len() > REMEMBERED_MAX {
                    self.sent.pop_front();
                }
            }
            Ok(Message::Response(response)) => {
                if let Some(tag) = response.to_tag() {
                    if self.theirs.len() >= REMEMBERED_MAX {
                        self.theirs.pop_first();
                    }
                    self.theirs.insert(response.call_id().to_owned(), tag);
                }
            }
            Err(_) => {}
        }
    }

    /// What to give the exchange in place of a recorded input.
    pub(super) fn input(&mut self, recorded: &Recorded) -> Vec<Recorded> {
        let mut out = std::mem::take(&mut self.answers);
        out.push(self.translated(recorded).unwrap_or(Recorded::Tick));
        out
    }

    fn act(&mut self, act: &AgentAct) -> AgentAct {
        match act {
            AgentAct::Priority { call, priority } => {
                AgentAct::Priority { call: self.call(*call), priority: *priority }
            }
            AgentAct::Assign { call, agent } => {
                AgentAct::Assign { call: self.call(*call), agent: agent.clone() }
            }
            AgentAct::TakeOut { call } => AgentAct::TakeOut { call: self.call(*call) },
            AgentAct::Choose { .. }
            | AgentAct::WrapUp { .. }
            | AgentAct::Tell { .. }
            | AgentAct::Told { .. }
            | AgentAct::Door { .. } => act.clone(),
        }
    }

    fn archive_act(&self, act: &ArchiveAct) -> ArchiveAct {
        let mut act = act.clone();
        match &mut act {
            ArchiveAct::Hold { call, .. }
            | ArchiveAct::Release { call, .. }
            | ArchiveAct::Delete { call, .. } => *call = self.call(*call),
            ArchiveAct::Expire { calls, .. } => calls.iter_mut().for_each(|call| *call = self.call(*call)),
        }
        act
    }

    fn command(&mut self, command: &Command) -> Command {
        match command {
            Command::Note { call, number, parties, text } => {
                let (parties, text) = (parties.clone(), text.clone());
                Command::Note { call: self.call(*call), number: *number, parties, text }
            }
            Command::Own(command) => Command::Own(Box::new(self.command(command))),
            Command::HangUp(call) => Command::HangUp(self.call(*call)),
            Command::Transfer { call, to } => Command::Transfer { call: self.call(*call), to: to.clone() },
            Command::PickUp { call, phone } => {
                Command::PickUp { call: self.call(*call), phone: phone.clone() }
            }
            Command::Agent(act) => Command::Agent(self.act(act)),
            Command::Supervise { phone, act } => {
                let mut act = act.clone();
                if let SupervisionAct::Begin { subject: Subject::Call(call), .. } = &mut act {
                    *call = self.call(*call);
                }
                Command::Supervise { phone: phone.clone(), act }
            }
            Command::Missed { which, wish } => {
                let which = match which.parse() {
                    Ok(id) => self.call(id).to_string(),
                    Err(_) => which.clone(),
                };
                Command::Missed { which, wish: wish.clone() }
            }
            Command::HandOff { call, flow } => {
                Command::HandOff { call: self.call(*call), flow: flow.clone() }
            }
            Command::Consult { call, act } => Command::Consult { call: self.call(*call), act: act.clone() },
            Command::Record { call, act } => Command::Record { call: self.call(*call), act: *act },
            Command::Refused { call, is_look, reason, why } => {
                let call = call.map(|call| self.call(call));
                Command::Refused { call, is_look: *is_look, reason: *reason, why: why.clone() }
            }
            Command::Unregister { .. } | Command::Dial { .. } | Command::Configured(_) => command.clone(),
            Command::Archive(act) => Command::Archive(self.archive_act(act)),
            Command::DeleteMessage(message) => Command::DeleteMessage(self.message_name(message)),
        }
    }

    fn translated(&mut self, recorded: &Recorded) -> Option<Recorded> {
        match recorded {
            Recorded::Message { flow, bytes } => {
                let bytes = Bytes(self.message(flow, &bytes.0));
                Some(Recorded::Message { flow: *flow, bytes })
            }
            Recorded::Media(event) => self.media(event).map(|e| Recorded::Media(Box::new(e))),
            Recorded::Command { id, user, command } => {
                let command = self.command(command);
                Some(Recorded::Command { id: *id, user: user.clone(), command })
            }
            Recorded::Answered { call, number, answer, is_secret } => {
                let (call, answer) = (self.call(*call), answer.clone());
                Some(Recorded::Answered { call, number: *number, answer, is_secret: *is_secret })
            }
            // They were for other tickets.
            Recorded::Stored(_) | Recorded::NotStored(_) => None,
            Recorded::FlowLost(_)
            | Recorded::Config(_)
            | Recorded::Resolved { .. }
            | Recorded::Connected { .. }
            | Recorded::Alarm { .. }
            | Recorded::Drain
            | Recorded::EndAll
            | Recorded::Tick => Some(recorded.clone()),
        }
    }

    fn call(&self, recorded: CallId) -> CallId {
        self.calls.get(&recorded.unix_ms()).copied().unwrap_or(recorded)
    }

    /// A message is named by its call.
    fn message_name(&self, recorded: &str) -> String {
        match recorded.rsplit_once('-').and_then(|(call, rest)| Some((call.parse().ok()?, rest))) {
            Some((call, rest)) => format!("{}-{rest}", self.call(call)).to_lowercase(),
            None => recorded.to_owned(),
        }
    }

    /// `None` for a leg of before, and for last words, which are said on the spot.
    fn media(&self, event: &MediaEvent) -> Option<MediaEvent> {
        let mut event = event.clone();
        match &mut event {
            MediaEvent::OpenFailed { leg, .. }
            | MediaEvent::Flowing { leg, .. }
            | MediaEvent::Digit { leg, .. }
            | MediaEvent::Played { leg, .. }
            | MediaEvent::Unheard { leg, .. }
            | MediaEvent::Missing { leg, .. }
            | MediaEvent::Back { leg }
            | MediaEvent::DeadAir { leg, .. }
            | MediaEvent::Sound { leg }
            | MediaEvent::Quality { leg, .. } => {
                *leg = LegId(leg.0.checked_sub(self.marks.leg).filter(|l| *l > 0)?);
            }
            MediaEvent::MessageTaken { leg, message, .. } => {
                *leg = LegId(leg.0.checked_sub(self.marks.leg).filter(|l| *l > 0)?);
                *message = self.message_name(message);
            }
            MediaEvent::Closed { .. } => return None,
            MediaEvent::RecordingStarted { call } | MediaEvent::RecordingFailed { call, .. } => {
                *call = self.call(*call);
            }
            MediaEvent::RecordingClosed { facts } => facts.call = self.call(facts.call),
        }
        Some(event)
    }

    fn message(&mut self, flow: &Flow, bytes: &[u8]) -> Vec<u8> {
        let mut names: Vec<(String, String)> = Vec::new();
        match Message::parse(bytes) {
            Ok(Message::Response(response)) => {
                let (call_id, cseq) = (response.call_id().to_owned(), response.cseq());
                let branch = response.via().map(|v| v.branch().to_owned()).unwrap_or_default();
                let method = cseq.method.name().to_owned();
                if let Some((now_id, now_tag)) = self.dialog(flow.remote, &method, cseq.number, &call_id) {
                    let is_it =
                        |s: &&Sent| s.call_id == now_id && s.number == cseq.number && s.method == method;
                    if let Some(sent) = self.sent.iter().rev().find(is_it) {
                        names.push((branch, sent.branch.clone()));
                    }
                    names.push((response.from_tag(), now_tag));
                    names.push((call_id, now_id));
                }
            }
            Ok(Message::Request(request)) => {
                let call_id = request.call_id();
                let tag = request.to_tag();
                if let Some((now_id, now_tag)) = self.ours.get(call_id) {
                    names.push((call_id.to_owned(), now_id.clone()));
                    names.extend(tag.map(|old| (old, now_tag.clone())));
                } else if let (Some(old), Some(now)) = (tag, self.theirs.get(call_id)) {
                    names.push((old, now.clone()));
                }
            }
            Err(_) => {}
        }
        renamed(bytes, &names)
    }

    /// The dialog that an answer with this recorded Call-ID is in: Call-ID and our tag as they are now.
    fn dialog(
        &mut self,
        from: SocketAddr,
        method: &str,
        number: u32,
        call_id: &str,
    ) -> Option<(String, String)> {
        if let Some(known) = self.ours.get(call_id) {
            return Some(known.clone());
        }
        let is_it =
            |s: &&mut Sent| s.to == from && s.method == method && s.number == number && !s.is_answered;
        let sent = self.sent.iter_mut().find(is_it)?;
        sent.is_answered = true;
        let now = (sent.call_id.clone(), sent.tag.clone());
        if self.ours.len() >= REMEMBERED_MAX {
            self.ours.pop_first();
        }
        self.ours.insert(call_id.to_owned(), now.clone());
        Some(now)
    }
}

/// The message with names replaced in its header. Names are long and random; short ones could be anything.
fn renamed(bytes: &[u8], names: &[(String, String)]) -> Vec<u8> {
    const SHORTEST: usize = 8;
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let rest = &text[head.len()..text.len() - body.len()];
    let mut head = head.to_owned();
    for (old, now) in names.iter().filter(|(old, now)| old.len() >= SHORTEST && old != now) {
        head = head.replace(old, now);
    }
    [head.as_str(), rest, body].concat().into_bytes()
}
