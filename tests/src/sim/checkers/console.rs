//! What consoles show.

use super::{Checker, Verdict, broken};
use crate::sim::world::{Step, World};
use std::collections::BTreeSet;
use switchroom::control::view;
use switchroom_exchange::{CallId, Changed, Exchange, Now};
use switchroom_wire::Board;

/// A console that applied a snapshot and the changes after it shows what a fresh snapshot shows.
pub(super) struct ConsoleShowsWhatIs {
    every: u64,
    board: Board,
    dirty: BTreeSet<Changed>,
    /// When the exchange was last told what time it is: of a midnight since then it knows nothing.
    told: Option<Now>,
}

impl ConsoleShowsWhatIs {
    /// Looks at every so manieth step.
    pub(super) fn every(every: u64) -> Self {
        Self { every, board: Board::default(), dirty: BTreeSet::new(), told: None }
    }

    fn publish(&mut self, world: &World, now: Now) {
        for changed in std::mem::take(&mut self.dirty) {
            if let Some(change) = view::change(&world.exchange, &changed, now) {
                self.board.apply(&change);
            }
        }
    }

    fn compare(&self, world: &World, now: Now) -> Verdict {
        let exchange = &world.exchange;
        let mut fresh = Board::default();
        let calls = exchange.calls().map(|c| Changed::Call(c.id));
        let extensions = exchange.config().extensions.keys().cloned().map(Changed::Extension);
        let alarms = exchange.alarms().map(|(id, _)| Changed::Alarm(id.clone()));
        let agents = exchange.floor().agents().map(|agent| Changed::Agent(agent.number.to_string()));
        let queues = exchange.floor().queues().map(|queue| Changed::Queue(queue.name.clone()));
        let missed = exchange.inbox().all().map(|entry| Changed::Missed(CallId(entry.id)));
        for changed in calls.chain(extensions).chain(alarms).chain(agents).chain(queues).chain(missed) {
            if let Some(change) = view::change(exchange, &changed, now) {
                fresh.apply(&change);
            }
        }
        for (number, one) in &mut fresh.extensions {
            // Since when is known to who saw the change, and an end moves with the wall clock.
            let Some(shown) = self.board.extensions.get(number) else { continue };
            one.since_ms = shown.since_ms;
            for (binding, shown) in one.bindings.iter_mut().zip(&shown.bindings) {
                binding.expires_ms = shown.expires_ms;
            }
        }
        self.forgive_the_clock(&mut fresh);
        let wrong = difference(&self.board, &fresh).or_else(|| wrong_message(&self.board, exchange));
        if let Some(text) = wrong {
            return broken(None, text);
        }
        Ok(())
    }
}

impl ConsoleShowsWhatIs {
    /// Spans are put on the wall clock when they are shown, and that may have stepped since.
    fn forgive_the_clock(&self, fresh: &mut Board) {
        for (number, agent) in &mut fresh.agents {
            let Some(shown) = self.board.agents.get(number) else { continue };
            agent.since_ms = shown.since_ms;
            for (of, shown) in agent.breaks.iter_mut().zip(&shown.breaks) {
                of.since_ms = of.since_ms.and(shown.since_ms.or(of.since_ms));
            }
            if agent.wrap_up_ends_ms.is_some() && shown.wrap_up_ends_ms.is_some() {
                agent.wrap_up_ends_ms = shown.wrap_up_ends_ms;
            }
        }
        for (name, queue) in &mut fresh.queues {
            let Some(shown) = self.board.queues.get(name) else { continue };
            if queue.oldest_ms.is_some() && shown.oldest_ms.is_some() {
                queue.oldest_ms = shown.oldest_ms;
            }
            for (waiter, shown) in queue.waiting.iter_mut().zip(&shown.waiting) {
                waiter.since_ms = shown.since_ms;
            }
        }
    }
}

/// The first message that is shown otherwise than it is. Older ones, for which there was no room once, do not come back
/// when others are deleted.
fn wrong_message(shown: &Board, exchange: &Exchange) -> Option<String> {
    for message in &shown.messages {
        let now = exchange.message(&message.id).map(view::message);
        if now.as_ref() != Some(message) {
            return Some(format!("message {} is shown as {message:?} and is {now:?}", message.id));
        }
    }
    let newest = exchange.newest_messages(None, 1).first().map(|m| m.id.clone());
    let last = shown.messages.last().map(|m| m.id.clone());
    (newest != last).then(|| format!("{last:?} is shown as the newest message, which is {newest:?}"))
}

/// The first thing that is shown otherwise than it is.
fn difference(shown: &Board, fresh: &Board) -> Option<String> {
    let calls = || shown.calls.keys().chain(fresh.calls.keys());
    if let Some(id) = calls().find(|id| shown.calls.get(*id) != fresh.calls.get(*id)) {
        return Some(format!(
            "call {id} is shown as {:?} and is {:?}",
            shown.calls.get(id),
            fresh.calls.get(id)
        ));
    }
    let extensions = || shown.extensions.keys().chain(fresh.extensions.keys());
    if let Some(n) = extensions().find(|n| shown.extensions.get(*n) != fresh.extensions.get(*n)) {
        let (shown, fresh) = (shown.extensions.get(n), fresh.extensions.get(n));
        return Some(format!("extension {n} is shown as {shown:?} and is {fresh:?}"));
    }
    let agents = || shown.agents.keys().chain(fresh.agents.keys());
    if let Some(n) = agents().find(|n| shown.agents.get(*n) != fresh.agents.get(*n)) {
        let (shown, fresh) = (shown.agents.get(n), fresh.agents.get(n));
        return Some(format!("agent {n} is shown as {shown:?} and is {fresh:?}"));
    }
    let queues = || shown.queues.keys().chain(fresh.queues.keys());
    if let Some(n) = queues().find(|n| shown.queues.get(*n) != fresh.queues.get(*n)) {
        let (shown, fresh) = (shown.queues.get(n), fresh.queues.get(n));
        return Some(format!("queue {n} is shown as {shown:?} and is {fresh:?}"));
    }
    // No run has more of them than a board keeps.
    if shown.missed != fresh.missed {
        return Some(format!("missed are shown as {:?} and are {:?}", shown.missed, fresh.missed));
    }
    (shown.alarms != fresh.alarms)
        .then(|| format!("alarms are shown as {:?} and are {:?}", shown.alarms, fresh.alarms))
}

impl Checker for ConsoleShowsWhatIs {
    fn rule(&self) -> &'static str {
        "a console that applied a snapshot and the changes after it shows what a fresh snapshot shows"
    }

    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        // Another epoch: consoles begin with an empty board.
        (self.board, self.dirty) = (Board::default(), BTreeSet::new());
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        self.dirty.extend(step.changed.iter().cloned());
        self.told = Some(step.now);
        if step.died {
            return Ok(());
        }
        // Told in groups, as the daemon does.
        if self.dirty.len() > 40 || world.steps.is_multiple_of(self.every) {
            self.publish(world, step.now);
        }
        if world.steps.is_multiple_of(self.every) {
            return self.compare(world, step.now);
        }
        Ok(())
    }

    fn rest(&mut self, world: &World) -> Verdict {
        let now = self.told.unwrap_or(world.now);
        self.publish(world, now);
        self.compare(world, now)
    }
}
