//! Calls that a client names, live or finished: by id, or by the short number that people read.

use super::desk;
use super::query::{failed, from_store, refused};
use super::server::Server;
use super::view;
use crate::store::Store;
use std::collections::BTreeMap;
use switchroom_exchange::{CallId, Cdr, Event};
use switchroom_wire::{Answer, CdrView, CommandError};

/// The id of a call given by id or short number: on the board, else in the store.
pub(super) async fn resolve(server: &Server, text: &str) -> Result<CallId, CommandError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let unknown = || refused(format!("there is no call {}", switchroom_wire::clean(text)));
    let number: u64 = text.parse().map_err(|_| unknown())?;
    if let Some(id) = server.hub.call_numbered(number) {
        return Ok(id);
    }
    let text = text.to_owned();
    let cdr = from_store(server, move |s| s.cdr(&text)).await?;
    cdr.map(|c| c.call).ok_or_else(unknown)
}

/// A call that is live or finished: its id, its number, and, if it is over, the numbers of its parties.
pub(super) async fn known_call(
    server: &Server,
    text: &str,
) -> Result<(CallId, u64, Vec<String>), CommandError> {
    let id = resolve(server, text).await?;
    let live = server.engine.ask(move |x| x.call(id).map(|call| call.number)).await.map_err(failed)?;
    if let Some(number) = live {
        return Ok((id, number, Vec::new()));
    }
    let cdr = from_store(server, move |s| s.cdr(&id.to_string())).await?;
    let cdr = cdr.ok_or_else(|| refused("there is no such call"))?;
    let parties = [Some(cdr.from), cdr.with].into_iter().flatten().map(|party| party.number);
    Ok((id, cdr.number, parties.collect()))
}

pub(super) async fn one_call(server: &Server, call: String) -> Result<Answer, CommandError> {
    let id = resolve(server, &call).await?;
    let live =
        server.engine.ask(move |x| x.call(id).map(|call| view::call(x, call))).await.map_err(failed)?;
    if let Some(call) = live {
        return Ok(Answer::Call(Box::new(call)));
    }
    let read = move |s: &Store| s.cdr(&id.to_string()).and_then(|cdr| with_words(s, &[cdr]).pop());
    let cdr = from_store(server, read).await?;
    cdr.map(|cdr| Answer::Cdr(Box::new(cdr))).ok_or_else(|| refused("there is no such call"))
}

/// Finished calls with what agents said came of them.
pub(super) fn with_words(store: &Store, cdrs: &[Cdr]) -> Vec<CdrView> {
    // Of a call that nobody answered nothing is said.
    let answered: Vec<CallId> = cdrs.iter().filter(|cdr| cdr.with.is_some()).map(|cdr| cdr.call).collect();
    let words = store.last_events("disposition", &answered);
    let word = |event: &Event| (event.call, desk::said(&event.subject, &event.text));
    let mut words: BTreeMap<_, _> = words.iter().map(word).collect();
    let of = |cdr: &Cdr| CdrView {
        disposition: words.remove(&Some(cdr.call)).unwrap_or_default(),
        ..view::cdr(cdr)
    };
    cdrs.iter().map(of).collect()
}
