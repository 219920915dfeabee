//! What must hold of an endpoint's sessions at any moment between two inputs: one rule, one sentence.

use super::session::{Cancel, Pending, Phase, Session, Timer};
use super::{Endpoint, Owner, Purpose, SessionId};
use crate::transaction::TxnId;
use std::collections::{BTreeMap, BTreeSet};

/// The transactions that still wait, seen from the sessions.
struct Waiting {
    /// Requests of ours without a final response.
    ours: BTreeSet<(SessionId, Purpose)>,
    /// The same by transaction.
    clients: BTreeMap<TxnId, Owner>,
    /// Requests of the peers without one.
    theirs: BTreeMap<TxnId, Owner>,
}

impl Waiting {
    fn of(endpoint: &Endpoint) -> Self {
        let clients: BTreeMap<TxnId, Owner> = endpoint.txns.waiting_clients().collect();
        let purpose = |owner: &Owner| match owner {
            Owner::Session(id, purpose) => Some((*id, *purpose)),
            Owner::Outside(_) | Owner::Nobody => None,
        };
        let ours = clients.values().filter_map(purpose).collect();
        Self { ours, clients, theirs: endpoint.txns.unanswered_servers().collect() }
    }

    /// The session has that request under way.
    fn has(&self, id: SessionId, purpose: Purpose) -> bool {
        self.ours.contains(&(id, purpose))
    }

    /// That request of the session's peer waits for its answer.
    fn is_theirs(&self, id: SessionId, txn: TxnId) -> bool {
        self.theirs.get(&txn) == Some(&Owner::Session(id, Purpose::Server))
    }
}

/// A rule about one session: a sentence if it is broken.
type Rule = fn(&Endpoint, SessionId, &Session, &Waiting) -> Option<&'static str>;

const RULES: &[Rule] = &[
    is_found_by_its_tag,
    is_found_by_its_invite,
    incoming_can_be_answered,
    calling_can_end,
    prack_has_its_timers,
    ack_has_its_timers,
    cancel_has_its_timer,
    ringing_has_its_timer,
    glare_has_its_timer,
    session_timer_is_armed,
    renewal_is_under_way,
    our_offer_can_be_answered,
    their_offer_can_be_answered,
    refer_can_be_answered,
    ending_ends,
    released_has_an_end,
];

impl Endpoint {
    /// One sentence for each broken invariant of transactions and sessions; empty when all is well.
    pub fn audit(&self) -> Vec<String> {
        let mut broken = self.txns.audit();
        let waiting = Waiting::of(self);
        self.timers_belong(&mut broken);
        self.names_lead_somewhere(&mut broken);
        self.answerable_live(&waiting, &mut broken);
        self.requests_have_an_answerer(&waiting, &mut broken);
        for (id, session) in &self.sessions {
            for why in RULES.iter().filter_map(|rule| rule(self, *id, session, &waiting)) {
                broken.push(format!("session {} ({}): {why}", id.0, session.state().name()));
            }
        }
        broken
    }

    fn timers_belong(&self, broken: &mut Vec<String>) {
        for (id, timer) in self.timers.keys().filter(|(id, _)| !self.sessions.contains_key(id)) {
            broken.push(format!("session {}: {} is armed and the session is gone", id.0, timer.name()));
        }
    }

    fn names_lead_somewhere(&self, broken: &mut Vec<String>) {
        for (tag, id) in self.by_tag.iter().filter(|(_, id)| !self.sessions.contains_key(id)) {
            broken.push(format!("session {}: tag \"{tag}\" leads to it and it is gone", id.0));
        }
        for (key, id) in self.by_invite.iter().filter(|(_, id)| !self.sessions.contains_key(id)) {
            broken.push(format!("session {}: INVITE {key:?} leads to it and it is gone", id.0));
        }
    }

    fn answerable_live(&self, waiting: &Waiting, broken: &mut Vec<String>) {
        for txn in self.answerable.keys().filter(|txn| !waiting.clients.contains_key(txn)) {
            broken.push(format!("transaction {}: kept for a challenge that can no longer come", txn.0));
        }
    }

    /// Nothing but an answer ends a request of the peer; somebody must be there to give it.
    fn requests_have_an_answerer(&self, waiting: &Waiting, broken: &mut Vec<String>) {
        for (txn, owner) in &waiting.theirs {
            let Owner::Session(id, _) = owner else { continue };
            let waits_here = self.sessions.get(id).is_some_and(|s| {
                let is_first = matches!(&s.phase, Phase::Incoming { txn: first, .. } if first == txn);
                let is_refer = s.referring.asked.as_ref().is_some_and(|asked| asked.txn == *txn);
                is_first
                    || is_refer
                    || matches!(&s.pending, Pending::Theirs { txn: asked, .. } if asked == txn)
            });
            if !waits_here {
                broken.push(format!("transaction {}: session {} will never answer it", txn.0, id.0));
            }
        }
    }

    fn is_armed(&self, id: SessionId, timer: Timer) -> bool {
        self.timers.get((id, timer)).is_some()
    }
}

fn is_found_by_its_tag(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    (e.by_tag.get(&s.dialog.local_tag) != Some(&id)).then_some("our tag does not lead to it")
}

fn is_found_by_its_invite(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let key = s.invite_key.as_ref()?;
    (e.by_invite.get(key) != Some(&id)).then_some("the peer's INVITE does not lead to it")
}

fn incoming_can_be_answered(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let Phase::Incoming { txn, .. } = &s.phase else { return None };
    (!w.is_theirs(id, *txn)).then_some("its INVITE can no longer be answered")
}

fn calling_can_end(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let Phase::Calling { txn, .. } = &s.phase else { return None };
    let is_alive = w.clients.get(txn) == Some(&Owner::Session(id, Purpose::Invite));
    (!is_alive).then_some("nothing more can come of its INVITE")
}

fn prack_has_its_timers(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let waits = matches!(&s.phase, Phase::Incoming { unacknowledged: Some(_), .. });
    let armed = [Timer::RepeatProvisional, Timer::NoPrack].map(|timer| e.is_armed(id, timer));
    (armed != [waits; 2]).then_some("the timers of its reliable provisional response do not fit")
}

fn ack_has_its_timers(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let armed = [Timer::RepeatAnswer, Timer::NoAck].map(|timer| e.is_armed(id, timer));
    (armed != [s.await_ack.is_some(); 2]).then_some("the timers of its 2xx do not fit")
}

fn cancel_has_its_timer(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let is_sent = matches!(&s.phase, Phase::Calling { cancel: Cancel::Sent(_), .. });
    (e.is_armed(id, Timer::CancelUnanswered) != is_sent).then_some("the timer of its CANCEL does not fit")
}

fn ringing_has_its_timer(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let rings = matches!(&s.phase, Phase::Calling { is_heard: true, cancel: Cancel::No, .. });
    (e.is_armed(id, Timer::NoNews) != rings).then_some("the timer of its ringing does not fit")
}

fn glare_has_its_timer(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let waits = matches!(s.phase, Phase::Up) && s.renewing.as_ref().is_some_and(|r| r.waits);
    (e.is_armed(id, Timer::Glare) != waits).then_some("the timer of its glare does not fit")
}

/// A phone that vanished must be noticed.
fn session_timer_is_armed(e: &Endpoint, id: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let is_up = matches!(s.phase, Phase::Up);
    (is_up && !e.is_armed(id, Timer::Session)).then_some("no session timer watches it")
}

fn renewal_is_under_way(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let should = s.renewing.as_ref().is_some_and(|r| !r.waits);
    let is = w.has(id, Purpose::Reinvite) || w.has(id, Purpose::Update);
    (should != is).then_some("its renewal and the request for it do not fit")
}

fn our_offer_can_be_answered(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let is_ours = matches!(s.pending, Pending::Ours);
    let can = w.has(id, Purpose::Invite) || w.has(id, Purpose::Reinvite) || s.is_unanswered_server();
    (is_ours && !can).then_some("nobody can answer its offer any more")
}

fn their_offer_can_be_answered(
    _: &Endpoint,
    id: SessionId,
    s: &Session,
    w: &Waiting,
) -> Option<&'static str> {
    let Pending::Theirs { txn, .. } = &s.pending else { return None };
    (!w.is_theirs(id, *txn)).then_some("the peer's offer can no longer be answered")
}

fn refer_can_be_answered(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let asked = s.referring.asked.as_ref()?;
    (!w.is_theirs(id, asked.txn)).then_some("the peer's REFER can no longer be answered")
}

fn ending_ends(_: &Endpoint, id: SessionId, s: &Session, w: &Waiting) -> Option<&'static str> {
    let is_ending = matches!(s.phase, Phase::Ending);
    (is_ending != w.has(id, Purpose::Bye)).then_some("its end and the BYE for it do not fit")
}

/// Nobody will hang it up any more: it must end by itself.
fn released_has_an_end(_: &Endpoint, _: SessionId, s: &Session, _: &Waiting) -> Option<&'static str> {
    let ends = match &s.phase {
        Phase::Incoming { .. } => false,
        Phase::Calling { cancel, .. } => *cancel != Cancel::No,
        Phase::Up => s.bye_then.is_some() && s.await_ack.is_some(),
        Phase::Ending => true,
    };
    (s.is_released && !ends).then_some("it was given up and nothing ends it")
}

#[cfg(test)]
mod tests;
