//! What an agent's desk is told: who is on the line and what is known of them, here and in the store.

use super::query::{failed, from_store, refused};
use super::refusal::refuse;
use super::server::Server;
use super::{floor, view};
use crate::store::{LOOKED_THROUGH, Store};
use std::collections::BTreeMap;
use switchroom_exchange::{Call, CallId, Cdr, Exchange, Party, RefusalReason};
use switchroom_wire as w;
use switchroom_wire::{Answer, Command, CommandError, Role};

/// The desk of an agent, or of the one at the user's phone. Who is only an agent sees no other.
pub(super) async fn answer(
    server: &Server,
    (user, role): (&str, Role),
    agent: Option<String>,
) -> Result<Answer, CommandError> {
    let (who, asked) = (user.to_owned(), agent.clone());
    let found = server.engine.ask(move |x| look(x, &who, role, agent)).await.map_err(failed)?;
    let (mut desk, call) = match found {
        Ok(found) => found,
        Err(No::Thing(why)) => return Err(refused(why)),
        Err(No::Right(why)) => {
            return Err(refuse(
                server,
                user,
                &Command::Desk { agent: asked },
                (RefusalReason::Right, why.to_owned()),
            )
            .await);
        }
    };
    if let (Some(card), Some(call)) = (desk.card.take(), call) {
        let said = server.hub.events(|event| matches!(event.name.as_str(), "note" | "disposition"));
        let seat = desk.extension.clone();
        let of = move |store: &Store| remember(store, &said, card, (call, &seat));
        desk.card = Some(from_store(server, of).await?);
    }
    Ok(Answer::Desk(Box::new(desk)))
}

/// Why a desk is not shown.
enum No {
    /// There is none.
    Thing(String),
    /// The user may not see it.
    Right(&'static str),
}

/// What the exchange knows.
fn look(
    x: &Exchange,
    user: &str,
    role: Role,
    agent: Option<String>,
) -> Result<(w::DeskView, Option<CallId>), No> {
    let own = x.agent_of(user);
    let number = match agent {
        None => own.clone().map_err(No::Thing)?,
        Some(asked) if role >= Role::Supervisor || own.as_ref() == Ok(&asked) => asked,
        Some(_) => {
            return Err(No::Right("that is another agent's desk, which needs the role supervisor"));
        }
    };
    let unknown = || No::Thing(format!("there is no agent {}", w::clean(&number)));
    let desk = x.desk(&number, crate::engine::now()).ok_or_else(unknown)?;
    let breaks = x.floor().config().breaks.iter();
    // What agents of other queues are told is nothing to who is restricted to some.
    let is_theirs = own.as_ref() == Ok(&desk.agent)
        || x.rights_of(user).is_none_or(|queues| !queues.is_disjoint(&x.queues_with(&desk.agent)));
    let view = w::DeskView {
        told: x.told_to(&desk.agent).filter(|_| is_theirs).map(floor::told),
        agent: desk.agent,
        extension: desk.extension,
        breaks: breaks.map(|(word, of)| (word.clone(), of.label.clone())).collect(),
        card: None,
    };
    let Some(call) = desk.call else { return Ok((view, None)) };
    let queue = x.floor().queue(&desk.queue);
    let live = x.call(call);
    // Whom the agent calls back has dialled nothing.
    let has_called = |live: &&Call| live.from.number == desk.caller.number;
    let called = live.filter(has_called).map(|live| live.to.number.clone());
    let card = w::CardView {
        call: call.to_string(),
        number: live.map(|live| live.number).unwrap_or_default(),
        caller: party(&desk.caller),
        called: called.unwrap_or_default(),
        queue: desk.queue,
        class: desk.class,
        waited_ms: desk.waited_ms,
        values: desk.values,
        script: queue.map(|queue| queue.config.script.clone()).unwrap_or_default(),
        dispositions: queue.map(|queue| queue.config.dispositions.clone()).unwrap_or_default(),
        disposition: desk.disposition,
        ..w::CardView::default()
    };
    Ok((w::DeskView { card: Some(card), ..view }, Some(call)))
}

fn party(of: &Party) -> w::PartyView {
    w::PartyView { number: of.number.clone(), name: of.name.clone() }
}

/// What the store knows: the call itself, should it be over, notes on it, and earlier ones with the same number.
fn remember(
    store: &Store,
    said: &[w::EventView],
    mut card: w::CardView,
    (call, seat): (CallId, &str),
) -> w::CardView {
    if card.number == 0
        && let Some(cdr) = store.cdr(&call.to_string())
    {
        card.number = cdr.number;
        (card.caller, card.called) = who_called((&cdr.from, &cdr.to), cdr.with.as_ref(), seat);
    }
    card.notes = notes(&events(store, said, call)).0;
    if !card.caller.number.is_empty() {
        let earlier = store.cdrs(w::HISTORY_SHOWN + 1, None, Some(&card.caller.number));
        let earlier = earlier.iter().filter(|cdr| cdr.call != call).take(w::HISTORY_SHOWN);
        card.history = earlier.map(|cdr| past(store, said, cdr, &card.caller.number)).collect();
    }
    card
}

/// The events of a call, oldest first: those in the index, and those said lately that may still be on their way there. Whoever
/// was told that a note was taken sees it at once.
fn events(store: &Store, said: &[w::EventView], call: CallId) -> Vec<w::EventView> {
    let id = call.to_string();
    let kept = store.events(LOOKED_THROUGH, Some(call), None);
    let said = said.iter().filter(|event| event.call.as_ref() == Some(&id)).cloned();
    let all: BTreeMap<u64, w::EventView> =
        kept.iter().map(view::event).chain(said).map(|event| (event.seq, event)).collect();
    all.into_values().collect()
}

/// Who was on the line for who sat there, and what they had dialled: nothing, if they were called back.
fn who_called((from, to): (&Party, &Party), with: Option<&Party>, seat: &str) -> (w::PartyView, String) {
    if from.number == seat {
        return (party(with.unwrap_or(to)), String::new());
    }
    (party(from), to.number.clone())
}

fn past(store: &Store, said: &[w::EventView], cdr: &Cdr, number: &str) -> w::PastCallView {
    let (notes, disposition) = notes(&events(store, said, cdr.call));
    let with = cdr.with.as_ref().map(party);
    w::PastCallView {
        call: cdr.call.to_string(),
        number: cdr.number,
        at_ms: cdr.started_ms,
        is_outbound: cdr.from.number != number,
        with,
        talk_ms: cdr.talk_ms,
        disposition,
        notes,
    }
}

/// What somebody wrote on a call: the text of its event names first who wrote it.
pub(super) fn said(by: &str, text: &str) -> String {
    text.strip_prefix(by).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text).to_owned()
}

/// Notes among the events of a call, and what an agent said came of it last.
fn notes(events: &[w::EventView]) -> (Vec<w::NoteView>, String) {
    let said = |event: &w::EventView| said(&event.subject, &event.text);
    let notes = events.iter().filter(|event| event.name == "note");
    let notes =
        notes.map(|event| w::NoteView { at_ms: event.at_ms, by: event.subject.clone(), text: said(event) });
    let last = events.iter().rfind(|event| event.name == "disposition");
    (notes.collect(), last.map(said).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    /// What is not in the index yet is there as well, once, and in its place.
    #[test]
    fn a_note_is_seen_before_it_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), Arc::new(|_| ())).unwrap();
        let (call, other) = (CallId(7), CallId(8));
        let said = |seq: u64, call: CallId, name: &str, text: &str| w::EventView {
            seq,
            call: Some(call.to_string()),
            subject: "ana".into(),
            name: name.into(),
            text: format!("ana: {text}"),
            ..w::EventView::default()
        };
        let kept = switchroom_exchange::Event {
            seq: 1,
            at_ms: 1_000,
            kind: switchroom_exchange::EventKind::Call,
            severity: switchroom_exchange::Severity::Info,
            call: Some(call),
            number: Some(1),
            subject: "ana".into(),
            name: "note".into(),
            text: "ana: first".into(),
        };
        store.put(None, switchroom_exchange::Record::Event(kept));
        store.close();
        let (store, _) = Store::open(dir.path(), Arc::new(|_| ())).unwrap();
        let all = [
            said(1, call, "note", "first"),
            said(2, other, "note", "elsewhere"),
            said(4, call, "disposition", "sold"),
            said(3, call, "note", "second"),
        ];
        let (notes, disposition) = notes(&events(&store, &all, call));
        let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!((texts, disposition.as_str()), (vec!["first", "second"], "sold"));
        store.close();
    }

    #[test]
    fn a_card_of_a_call_that_is_over_is_of_the_customer() {
        let of = |number: &str| Party { number: number.to_owned(), name: String::new() };
        let (agent, customer) = (of("102"), of("441"));
        let told = |from: &Party, to: &Party, with: Option<&Party>| {
            let (caller, called) = who_called((from, to), with, "102");
            (caller.number, called)
        };
        assert_eq!(told(&customer, &of("700"), Some(&agent)), ("441".to_owned(), "700".to_owned()));
        assert_eq!(told(&agent, &customer, Some(&customer)), ("441".to_owned(), String::new()));
        assert_eq!(told(&agent, &customer, None), ("441".to_owned(), String::new()));
    }
}
