//! What an agent's desk is told: who is on the line and what is known of them, here and in the store.

use super::query::{failed, from_store, refused};
use super::server::Server;
use crate::store::Store;
use switchroom_exchange::{CallId, Cdr, Event, Exchange};
use switchroom_wire as w;
use switchroom_wire::{Answer, CommandError, Role};

/// Events of a call that are looked through for notes: the newest.
const EVENTS_READ: usize = 300;

/// The desk of an agent, or of the one at the user's phone. Who is only an agent sees no other.
pub(super) async fn answer(
    server: &Server,
    (user, role): (&str, Role),
    agent: Option<String>,
) -> Result<Answer, CommandError> {
    let who = user.to_owned();
    let found = server.engine.ask(move |x| look(x, &who, role, agent)).await.map_err(failed)?;
    let (mut desk, call) = found.map_err(refused)?;
    if let (Some(card), Some(call)) = (desk.card.take(), call) {
        desk.card = Some(from_store(server, move |store| remember(store, card, call)).await?);
    }
    Ok(Answer::Desk(Box::new(desk)))
}

/// What the exchange knows.
fn look(
    x: &Exchange,
    user: &str,
    role: Role,
    agent: Option<String>,
) -> Result<(w::DeskView, Option<CallId>), String> {
    let own = x.agent_of(user);
    let number = match agent {
        None => own?,
        Some(asked) if role >= Role::Supervisor || own.as_ref() == Ok(&asked) => asked,
        Some(_) => return Err("that is another agent's desk, which needs the role supervisor".to_owned()),
    };
    let unknown = || format!("there is no agent {}", w::clean(&number));
    let desk = x.desk(&number, crate::engine::now()).ok_or_else(unknown)?;
    let breaks = x.floor().config().breaks.iter();
    let view = w::DeskView {
        agent: desk.agent,
        extension: desk.extension,
        breaks: breaks.map(|(word, of)| (word.clone(), of.label.clone())).collect(),
        card: None,
    };
    let Some(call) = desk.call else { return Ok((view, None)) };
    let queue = x.floor().queue(&desk.queue);
    let live = x.call(call);
    let from = live.map(|live| live.from.clone()).unwrap_or_default();
    let card = w::CardView {
        call: call.to_string(),
        number: live.map(|live| live.number).unwrap_or_default(),
        caller: w::PartyView { number: from.number, name: from.name },
        called: live.map(|live| live.to.number.clone()).unwrap_or_default(),
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

/// What the store knows: the call itself, should it be over, notes on it, and earlier ones with the same number.
fn remember(store: &Store, mut card: w::CardView, call: CallId) -> w::CardView {
    if card.number == 0
        && let Some(cdr) = store.cdr(&call.to_string())
    {
        card.number = cdr.number;
        card.caller = w::PartyView { number: cdr.from.number, name: cdr.from.name };
        card.called = cdr.to.number;
    }
    card.notes = notes(&store.events(EVENTS_READ, Some(call), None)).0;
    if !card.caller.number.is_empty() {
        let earlier = store.cdrs(w::HISTORY_SHOWN + 1, None, Some(&card.caller.number));
        let earlier = earlier.iter().filter(|cdr| cdr.call != call).take(w::HISTORY_SHOWN);
        card.history = earlier.map(|cdr| past(store, cdr, &card.caller.number)).collect();
    }
    card
}

fn past(store: &Store, cdr: &Cdr, number: &str) -> w::PastCallView {
    let (notes, disposition) = notes(&store.events(EVENTS_READ, Some(cdr.call), None));
    let with =
        cdr.with.as_ref().map(|with| w::PartyView { number: with.number.clone(), name: with.name.clone() });
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
fn notes(events: &[Event]) -> (Vec<w::NoteView>, String) {
    let said = |event: &Event| said(&event.subject, &event.text);
    let notes = events.iter().filter(|event| event.name == "note");
    let notes =
        notes.map(|event| w::NoteView { at_ms: event.at_ms, by: event.subject.clone(), text: said(event) });
    let last = events.iter().rfind(|event| event.name == "disposition");
    (notes.collect(), last.map(said).unwrap_or_default())
}
