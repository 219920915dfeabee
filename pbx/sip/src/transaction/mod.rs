//! The transactions in progress: matching, timers, what is sent again (RFC 3261 §17).
//!
//! A client transaction is found by branch and method, a server transaction by branch, sent-by and method, or, for
//! peers without the magic cookie, by the older rule (§17.2.3). What a transaction has to say goes to its owner as an
//! [`Up`]; what it wants sent is collected as [`Transmit`]s.

mod audit;
mod machine;

pub use machine::{Do, Event, GIVE_UP, Linger, Machine, NO_NEWS, State, T1, T2, T4, step};

use crate::coverage::{Counts, Pair};
use crate::flow::Flow;
use crate::header::Name;
use crate::limits::{STRAYS_MAX, TRANSACTIONS_MAX};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::params::push_number;
use crate::time::{Deadlines, Mono};
use crate::via::MAGIC_COOKIE;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

/// Names a transaction, client or server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxnId(pub u64);

/// Something to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit<O> {
    /// Over what.
    pub flow: Flow,
    /// The message.
    pub bytes: Arc<[u8]>,
    /// It was sent before.
    pub again: bool,
    /// Whose it is.
    pub owner: O,
}

/// What a transaction tells its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Up {
    /// A response to our request.
    Response(Box<Response>),
    /// The ACK of a 2xx that bears the branch of its INVITE.
    Ack,
    /// Our request was not answered, or our final answer not acknowledged, within 64 × T1.
    Timeout,
    /// The transport failed while somebody still had to speak.
    Lost,
}

/// What matching a request found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Nothing: it is new.
    New,
    /// Known; it was dealt with.
    Absorbed(TxnId),
    /// An ACK that its transaction hands up.
    Ack(TxnId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Resend,
    GiveUp,
    Done,
}

#[derive(Debug)]
struct Transaction<O> {
    machine: Machine,
    state: State,
    key: Box<str>,
    flow: Flow,
    owner: O,
    /// What is sent again: a client's request, a server's last response.
    kept: Option<Arc<[u8]>>,
    /// The request of an INVITE client, from which its ACK and CANCEL are made.
    invite: Option<Box<Request>>,
    /// Wait before the next retransmission.
    interval: Duration,
    /// Which dialogs that nobody wants answers have opened, as hashes of their tags.
    strays: Vec<u64>,
}

/// What an answer that opens a dialog that nobody wants is among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// The first of its dialog.
    New,
    /// A repeat.
    Again,
    /// One of a dialog too many.
    TooMany,
}

/// All transactions; `O` names their owners.
#[derive(Debug)]
pub struct Transactions<O> {
    all: BTreeMap<TxnId, Transaction<O>>,
    by_key: BTreeMap<Box<str>, TxnId>,
    timers: Deadlines<(TxnId, Timer)>,
    last: u64,
    sent: Vec<Transmit<O>>,
    seen: Counts<{ Machine::ALL.len() * State::ALL.len() }, { Event::ALL.len() }>,
}

impl<O: Copy> Default for Transactions<O> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            by_key: BTreeMap::new(),
            timers: Deadlines::default(),
            last: 0,
            sent: Vec::new(),
            seen: Counts::default(),
        }
    }
}

/// Where the pairs of a machine in a state are counted.
fn row(machine: Machine, state: State) -> usize {
    machine as usize * State::ALL.len() + state as usize
}

fn client_key(branch: &str, method: &Method) -> Box<str> {
    ["c ", branch, " ", method.name()].concat().into()
}

/// The key of a request's server transaction; ACK counts as the INVITE it acknowledges.
fn server_key(request: &Request, method: &Method) -> Box<str> {
    let method = if *method == Method::Ack { &Method::Invite } else { method };
    let Some(via) = request.top_via() else { return "s".into() };
    let (branch, mut port) = (via.branch(), String::from(":"));
    push_number(&mut port, via.port.unwrap_or(5060));
    if branch.starts_with(MAGIC_COOKIE) && branch.len() > MAGIC_COOKIE.len() {
        let host = via.host.to_ascii_lowercase();
        return ["s ", branch, " ", &host, &port, " ", method.name()].concat().into();
    }
    let (call_id, tag, number) = (request.call_id(), request.tag_in(&Name::From), request.cseq().number);
    format!("o {call_id} {tag} {number} {}{port} {method}", via.host).into()
}

impl<O: Copy> Transactions<O> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether new ones must be refused.
    pub fn is_full(&self) -> bool {
        self.all.len() >= TRANSACTIONS_MAX
    }

    /// Every pair of every machine, whether it was seen or not.
    pub fn coverage(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for &machine in Machine::ALL {
            for &state in machine.states() {
                for &event in Event::ALL {
                    pairs.push(Pair {
                        machine: machine.name(),
                        state: state.name(),
                        event: event.name(),
                        times: self.seen.get(row(machine, state), event as usize),
                        matters: step(machine, state, event).is_some(),
                    });
                }
            }
        }
        pairs
    }

    /// What is to be sent, in order.
    pub fn take_sent(&mut self) -> Vec<Transmit<O>> {
        std::mem::take(&mut self.sent)
    }

    /// The next deadline.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.timers.next().map(|(at, _)| at)
    }

    /// The owner of a transaction.
    pub fn owner(&self, id: TxnId) -> Option<O> {
        self.all.get(&id).map(|t| t.owner)
    }

    /// The INVITE that a CANCEL is about (§9.2).
    pub fn cancelled_by(&self, cancel: &Request) -> Option<TxnId> {
        self.by_key.get(&server_key(cancel, &Method::Invite)).copied()
    }

    /// Whether a final response was already given in a server transaction.
    pub fn is_answered(&self, id: TxnId) -> bool {
        self.all.get(&id).is_none_or(|t| !matches!(t.state, State::Trying | State::Proceeding))
    }

    /// What a transaction goes over.
    pub fn flow(&self, id: TxnId) -> Option<Flow> {
        self.all.get(&id).map(|t| t.flow)
    }

    /// The request of an INVITE client transaction.
    pub fn invite(&self, id: TxnId) -> Option<&Request> {
        self.all.get(&id).and_then(|t| t.invite.as_deref())
    }

    /// Counts an answer to an INVITE of ours that opens a dialog that nobody wants, by its tag: whoever answers may name as many as
    /// it likes.
    pub fn stray(&mut self, id: TxnId, tag: &str) -> Stray {
        let Some(txn) = self.all.get_mut(&id) else { return Stray::TooMany };
        let mut hash = DefaultHasher::new();
        tag.hash(&mut hash);
        let hash = hash.finish();
        if txn.strays.contains(&hash) {
            return Stray::Again;
        }
        if txn.strays.len() >= STRAYS_MAX {
            return Stray::TooMany;
        }
        txn.strays.push(hash);
        Stray::New
    }

    /// Sends a request over a flow and follows it.
    pub fn request(&mut self, now: Mono, flow: Flow, request: Request, owner: O) -> TxnId {
        let is_invite = request.method == Method::Invite;
        let machine = if is_invite { Machine::InviteClient } else { Machine::Client };
        let key = client_key(request.branch(), &request.method);
        let bytes: Arc<[u8]> = request.print().into();
        self.sent.push(Transmit { flow, bytes: bytes.clone(), again: false, owner });
        let invite = is_invite.then(|| Box::new(request));
        let id = self.insert(machine, State::Trying, key, flow, owner, Some(bytes), invite);
        self.arm_resend(now, id);
        self.timers.set((id, Timer::GiveUp), now.after(GIVE_UP));
        id
    }

    /// Opens the server transaction of a new request.
    pub fn accept(&mut self, flow: Flow, request: &Request, owner: O) -> TxnId {
        let is_invite = request.method == Method::Invite;
        let (machine, state) = if is_invite {
            (Machine::InviteServer, State::Proceeding)
        } else {
            (Machine::Server, State::Trying)
        };
        self.insert(machine, state, server_key(request, &request.method), flow, owner, None, None)
    }

    #[allow(clippy::too_many_arguments)]
    fn insert(
        &mut self,
        machine: Machine,
        state: State,
        key: Box<str>,
        flow: Flow,
        owner: O,
        kept: Option<Arc<[u8]>>,
        invite: Option<Box<Request>>,
    ) -> TxnId {
        self.last += 1;
        let id = TxnId(self.last);
        self.by_key.insert(key.clone(), id);
        self.all.insert(
            id,
            Transaction { machine, state, key, flow, owner, kept, invite, interval: T1, strays: Vec::new() },
        );
        id
    }

    /// Finds the server transaction of a request; repeats are answered from it.
    pub fn match_request(&mut self, now: Mono, request: &Request) -> Match {
        let Some(id) = self.by_key.get(&server_key(request, &request.method)).copied() else {
            return Match::New;
        };
        let event = if request.method == Method::Ack { Event::Ack } else { Event::Request };
        match self.advance(now, id, event, None) {
            true => Match::Ack(id),
            false => Match::Absorbed(id),
        }
    }

    /// Hands a response down and gives back its bytes. After a final one further ones are ignored, except repeated 2xx of
    /// an INVITE.
    pub fn respond(&mut self, now: Mono, id: TxnId, response: &Response) -> Arc<[u8]> {
        let event = match response.status {
            s if s.is_provisional() => Event::Provisional,
            s if s.is_success() => Event::Success,
            _ => Event::Failure,
        };
        let bytes: Arc<[u8]> = response.print().into();
        self.advance(now, id, event, Some(bytes.clone()));
        bytes
    }

    /// Finds the client transaction of a response. `None`: there is none, it has no use for the response, or the
    /// response did not come from where the request went.
    pub fn match_response(&mut self, now: Mono, flow: &Flow, response: Response) -> Option<(TxnId, O, Up)> {
        let via = response.top_via()?;
        let id = *self.by_key.get(&client_key(via.branch(), &response.cseq().method))?;
        let owner = self.owner(id)?;
        let sent_over = self.all.get(&id).map(|t| t.flow)?;
        // A phone may answer from another port, never from another host or connection.
        let is_from_there = sent_over.transport == flow.transport
            && sent_over.remote.ip() == flow.remote.ip()
            && sent_over.connection == flow.connection;
        if !is_from_there {
            return None;
        }
        let event = match response.status {
            s if s.is_provisional() => Event::Provisional,
            s if s.is_success() => Event::Success,
            _ => Event::Failure,
        };
        if event == Event::Failure {
            self.make_ack(id, &response);
        }
        self.advance(now, id, event, None).then(|| (id, owner, Up::Response(Box::new(response))))
    }

    /// The ACK of a final response that is not 2xx: same branch, tag of the response (§17.1.1.3).
    fn make_ack(&mut self, id: TxnId, response: &Response) {
        let Some(txn) = self.all.get_mut(&id) else { return };
        let Some(invite) = &txn.invite else { return };
        if matches!(txn.state, State::Trying | State::Proceeding) {
            txn.kept = Some(ack_for(invite, response).print().into());
        }
    }

    /// Everything that is due; calls `tell` for owners that must hear of it.
    pub fn handle_due(&mut self, now: Mono, tell: &mut Vec<(TxnId, O, Up)>) {
        while let Some((id, timer)) = self.timers.pop_due(now) {
            let event = match timer {
                Timer::Resend => Event::Resend,
                Timer::GiveUp => Event::GiveUp,
                Timer::Done => Event::Done,
            };
            let owner = self.owner(id);
            let tells = self.advance(now, id, event, None);
            if let (true, Some(owner)) = (tells, owner) {
                tell.push((id, owner, Up::Timeout));
            }
        }
    }

    /// The connection of a flow is gone.
    pub fn flow_lost(&mut self, now: Mono, flow: Flow, tell: &mut Vec<(TxnId, O, Up)>) {
        let ids: Vec<TxnId> = self.all.iter().filter(|(_, t)| t.flow == flow).map(|(id, _)| *id).collect();
        for id in ids {
            let owner = self.owner(id);
            if let (true, Some(owner)) = (self.advance(now, id, Event::Lost, None), owner) {
                tell.push((id, owner, Up::Lost));
            }
        }
    }

    /// Forgets a transaction at once.
    pub fn drop_now(&mut self, id: TxnId) {
        if let Some(txn) = self.all.remove(&id) {
            if self.by_key.get(&txn.key) == Some(&id) {
                self.by_key.remove(&txn.key);
            }
            for timer in [Timer::Resend, Timer::GiveUp, Timer::Done] {
                self.timers.cancel((id, timer));
            }
        }
    }

    /// Runs one step; true if the owner must be told.
    fn advance(&mut self, now: Mono, id: TxnId, event: Event, message: Option<Arc<[u8]>>) -> bool {
        let Some(txn) = self.all.get_mut(&id) else { return false };
        self.seen.add(row(txn.machine, txn.state), event as usize);
        let Some((next, acts)) = step(txn.machine, txn.state, event) else { return false };
        txn.state = next;
        if next == State::Proceeding && txn.machine == Machine::Client && event == Event::Provisional {
            txn.interval = T2;
        }
        let mut tells = false;
        for act in acts {
            match act {
                Do::Send => {
                    if let Some(txn) = self.all.get_mut(&id) {
                        txn.kept.clone_from(&message);
                        txn.interval = T1;
                    }
                    self.send_kept(id, false);
                }
                Do::Resend => self.send_kept(id, true),
                Do::Ack => self.send_kept(id, event == Event::Failure && acts.len() == 1),
                Do::Deliver | Do::TellTimeout | Do::TellLost => tells = true,
                Do::ArmResend => self.arm_resend(now, id),
                Do::Disarm => {
                    self.timers.cancel((id, Timer::Resend));
                    self.timers.cancel((id, Timer::GiveUp));
                }
                Do::ArmGiveUp => self.timers.set((id, Timer::GiveUp), now.after(GIVE_UP)),
                Do::ArmNoNews => {
                    self.timers.cancel((id, Timer::Resend));
                    self.timers.set((id, Timer::GiveUp), now.after(NO_NEWS));
                }
                Do::ArmDone(linger) => {
                    let is_reliable = self.all.get(&id).is_some_and(|t| t.flow.transport.is_reliable());
                    self.timers.set((id, Timer::Done), now.after(linger.time(is_reliable)));
                }
            }
        }
        if next == State::Terminated {
            self.drop_now(id);
        } else if matches!(next, State::Accepted) {
            // Nothing is sent from here any more; only its key is needed to absorb repeats.
            if let Some(txn) = self.all.get_mut(&id) {
                txn.kept = None;
            }
        }
        tells
    }

    fn send_kept(&mut self, id: TxnId, again: bool) {
        let Some(txn) = self.all.get(&id) else { return };
        if let Some(bytes) = &txn.kept {
            self.sent.push(Transmit { flow: txn.flow, bytes: bytes.clone(), again, owner: txn.owner });
        }
    }

    /// Arms the next retransmission and doubles the wait after it: up to T2, an INVITE without limit (§17.1.1.2).
    fn arm_resend(&mut self, now: Mono, id: TxnId) {
        let Some(txn) = self.all.get_mut(&id) else { return };
        if txn.flow.transport.is_reliable() {
            return;
        }
        let wait = txn.interval;
        let cap = if txn.machine == Machine::InviteClient { GIVE_UP } else { T2 };
        txn.interval = (wait * 2).min(cap);
        self.timers.set((id, Timer::Resend), now.after(wait));
    }
}

/// The ACK of a final response that is not 2xx.
fn ack_for(invite: &Request, response: &Response) -> Request {
    let mut ack = Request::new(Method::Ack, invite.uri.clone());
    for (name, value) in invite.headers.iter() {
        match name {
            Name::Via | Name::MaxForwards | Name::From | Name::CallId | Name::Route => {
                ack.headers.push(name.clone(), value);
            }
            Name::To => {
                ack.headers.push(Name::To, response.headers.get(&Name::To).unwrap_or(value));
            }
            Name::CSeq => ack.headers.push(Name::CSeq, format!("{} ACK", invite.cseq().number)),
            _ => {}
        }
    }
    ack
}

/// The CANCEL of an INVITE: same branch, same number (§9.1).
pub fn cancel_for(invite: &Request) -> Request {
    let mut cancel = Request::new(Method::Cancel, invite.uri.clone());
    for (name, value) in invite.headers.iter() {
        match name {
            Name::Via | Name::MaxForwards | Name::From | Name::To | Name::CallId | Name::Route => {
                cancel.headers.push(name.clone(), value);
            }
            Name::CSeq => cancel.headers.push(Name::CSeq, format!("{} CANCEL", invite.cseq().number)),
            _ => {}
        }
    }
    cancel
}

#[cfg(test)]
mod tests;
