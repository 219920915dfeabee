//! What must hold of the transactions at any moment between two inputs: one rule, one sentence.

use super::{Machine, State, Timer, Transaction, Transactions, TxnId};

impl<O: Copy> Transactions<O> {
    /// One sentence for each broken invariant; empty when all is well.
    pub fn audit(&self) -> Vec<String> {
        let mut broken = Vec::new();
        self.timers_belong(&mut broken);
        self.keys_lead_somewhere(&mut broken);
        for (id, txn) in &self.all {
            let rules = [
                is_found(self, *id, txn),
                is_where_its_machine_can_be(txn),
                has_an_end(self, *id, txn),
                is_repeated(self, *id, txn),
                has_what_it_repeats(txn),
            ];
            for why in rules.into_iter().flatten() {
                broken.push(format!("{}: {why}", self.name(*id, txn)));
            }
        }
        broken
    }

    /// The server transactions whose end is their owner's answer, and their owners.
    pub(crate) fn unanswered_servers(&self) -> impl Iterator<Item = (TxnId, O)> {
        self.all
            .iter()
            .filter(|(_, t)| matches!(t.machine, Machine::InviteServer | Machine::Server) && is_open(t))
            .map(|(id, t)| (*id, t.owner))
    }

    /// The client transactions that still wait for a final response, and their owners.
    pub(crate) fn waiting_clients(&self) -> impl Iterator<Item = (TxnId, O)> {
        self.all
            .iter()
            .filter(|(_, t)| matches!(t.machine, Machine::InviteClient | Machine::Client) && is_open(t))
            .map(|(id, t)| (*id, t.owner))
    }

    fn name(&self, id: TxnId, txn: &Transaction<O>) -> String {
        format!("transaction {} ({:?} {:?}, \"{}\")", id.0, txn.machine, txn.state, txn.key)
    }

    fn timers_belong(&self, broken: &mut Vec<String>) {
        for (id, timer) in self.timers.keys().filter(|(id, _)| !self.all.contains_key(id)) {
            broken.push(format!("transaction {}: {timer:?} is armed and the transaction is gone", id.0));
        }
    }

    fn keys_lead_somewhere(&self, broken: &mut Vec<String>) {
        for (key, id) in self.by_key.iter().filter(|(_, id)| !self.all.contains_key(id)) {
            broken.push(format!("transaction {}: \"{key}\" leads to it and it is gone", id.0));
        }
    }
}

/// No final response has been given or taken.
fn is_open<O>(txn: &Transaction<O>) -> bool {
    matches!(txn.state, State::Trying | State::Proceeding)
}

fn is_found<O: Copy>(all: &Transactions<O>, id: TxnId, txn: &Transaction<O>) -> Option<String> {
    let found = all.by_key.get(&txn.key);
    (found != Some(&id)).then(|| format!("its key leads to {found:?}"))
}

fn is_where_its_machine_can_be<O>(txn: &Transaction<O>) -> Option<String> {
    (!txn.machine.states().contains(&txn.state)).then(|| "its machine has no such state".into())
}

/// The deadline that ends it whatever happens. An unanswered server has none: its owner ends it.
fn has_an_end<O: Copy>(all: &Transactions<O>, id: TxnId, txn: &Transaction<O>) -> Option<String> {
    use {Machine as M, State as S};
    let wanted = match (txn.machine, txn.state) {
        (M::InviteClient | M::Client, S::Trying | S::Proceeding) | (M::InviteServer, S::Completed) => {
            Timer::GiveUp
        }
        (M::InviteServer | M::Server, S::Trying | S::Proceeding) => return None,
        _ => Timer::Done,
    };
    all.timers.get((id, wanted)).is_none().then(|| format!("{wanted:?} is not armed, so nothing ends it"))
}

/// Over UDP, what was not yet heard of is sent again.
fn is_repeated<O: Copy>(all: &Transactions<O>, id: TxnId, txn: &Transaction<O>) -> Option<String> {
    use {Machine as M, State as S};
    let repeats = matches!(
        (txn.machine, txn.state),
        (M::InviteClient, S::Trying)
            | (M::Client, S::Trying | S::Proceeding)
            | (M::InviteServer, S::Completed)
    );
    let is_armed = all.timers.get((id, Timer::Resend)).is_some();
    (repeats && !txn.flow.transport.is_reliable() && !is_armed).then(|| "nothing sends it again".into())
}

fn has_what_it_repeats<O>(txn: &Transaction<O>) -> Option<String> {
    use {Machine as M, State as S};
    let needs = matches!(
        (txn.machine, txn.state),
        (M::InviteClient | M::Client, S::Trying | S::Proceeding)
            | (M::InviteServer | M::Server, S::Completed)
            | (M::Server, S::Proceeding)
    );
    if needs && txn.kept.is_none() {
        return Some("there is nothing to send again".into());
    }
    (txn.machine == M::InviteClient && txn.invite.is_none()).then(|| "it has lost its INVITE".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::tests::{flow, request};
    use super::*;
    use crate::flow::Transport;
    use crate::method::Method;
    use crate::status::Status;
    use crate::time::Mono;

    /// A client that waits and a server that has refused.
    fn two() -> (Transactions<()>, TxnId, TxnId) {
        let mut txns = Transactions::default();
        let client = txns.request(Mono(0), flow(Transport::Udp), request(Method::Invite, "z9hG4bK1"), ());
        let invite = request(Method::Invite, "z9hG4bK2");
        let server = txns.accept(flow(Transport::Udp), &invite, ());
        txns.respond(Mono(0), server, &invite.response(Status::BUSY, Some("t")));
        assert_eq!(txns.audit(), [""; 0]);
        (txns, client, server)
    }

    fn broken(act: impl Fn(&mut Transactions<()>, TxnId, TxnId)) -> String {
        let (mut txns, client, server) = two();
        act(&mut txns, client, server);
        let found = txns.audit();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let cases: [(&str, String); 9] = [
            ("the transaction is gone", broken(|t, _, _| t.timers.set((TxnId(99), Timer::Done), Mono(1)))),
            ("it is gone", broken(|t, _, _| _ = t.by_key.insert("c x INVITE".into(), TxnId(99)))),
            (
                "its key leads to None",
                broken(|t, client, _| {
                    let key = t.all[&client].key.clone();
                    t.by_key.remove(&key);
                }),
            ),
            (
                "no such state",
                broken(|t, client, _| {
                    t.timers.set((client, Timer::Done), Mono(1));
                    t.all.get_mut(&client).unwrap().state = State::Confirmed;
                }),
            ),
            ("GiveUp is not armed", broken(|t, client, _| t.timers.cancel((client, Timer::GiveUp)))),
            ("GiveUp is not armed", broken(|t, _, server| t.timers.cancel((server, Timer::GiveUp)))),
            ("nothing sends it again", broken(|t, client, _| t.timers.cancel((client, Timer::Resend)))),
            ("nothing to send again", broken(|t, _, s| t.all.get_mut(&s).unwrap().kept = None)),
            ("lost its INVITE", broken(|t, c, _| t.all.get_mut(&c).unwrap().invite = None)),
        ];
        for (want, found) in cases {
            assert!(found.contains(want), "{want}: {found}");
        }
    }
}
