//! Legs that go from the media of one call to that of another, on this thread or on another one.
//!
//! The thread that a leg comes to is told so before the thread that it leaves is ([`super::super::MediaEngine::command`]). From
//! then on all that its call is told waits, until the leg is there or is known not to come: so what was asked for in one order
//! is carried out in that order, as if there were one thread. A wait depends only on what was asked for before it, so no two
//! threads ever wait for each other; and should a thread have died, the wait ends all the same.

use super::super::inbox::{COMMANDS_MAX, Inbox, Order, Ticket};
use super::{Placed, Worker};
use crate::clock;
use std::collections::VecDeque;
use std::net::UdpSocket;
use std::sync::atomic::Ordering;
use switchroom_exchange::{CallId, LegId, MediaCommand, MediaEvent, Source};

/// A leg that has not come after this long, microseconds, is not waited for any more.
const WAIT_US: u64 = 2_000_000;

/// A leg on its way, with its ports, which are open all the while.
pub(in super::super) struct Moved {
    placed: Placed,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Moved {
    /// The call that it left.
    pub(super) fn from(&self) -> CallId {
        self.placed.call
    }
}

/// A call that waits for a leg.
pub(super) struct Waiting {
    ticket: Ticket,
    since_us: u64,
    /// What it was told meanwhile.
    pub(super) orders: VecDeque<Order>,
}

impl Worker {
    /// The leg belongs to another call of this thread from now on.
    pub(super) fn move_within(&mut self, now_us: u64, call: CallId, leg: LegId, to: CallId) {
        if call == to || self.find(to, leg).is_some() {
            return;
        }
        let Some(at) = self.find(call, leg) else { return };
        self.leave(now_us, call, at);
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            placed.call = to;
        }
        self.calls.entry(to).or_default().legs.push(at);
        self.rewire(to);
        // What it heard last may end with one more packet.
        self.pace_from_now(at);
    }

    /// The leg goes to another thread, if there is one.
    pub(super) fn depart(
        &mut self,
        now_us: u64,
        ticket: Ticket,
        (call, leg): (CallId, LegId),
        to: CallId,
        inbox: &Inbox,
    ) {
        // A thread that ends takes no leg; this one ends, too, and closes it.
        let at = self.find(call, leg).filter(|_| !inbox.is_stopping());
        let moved = at.and_then(|at| self.pack(now_us, call, at));
        inbox.give(Order::Arrive(ticket, to, moved.map(Box::new)));
    }

    fn pack(&mut self, now_us: u64, call: CallId, at: usize) -> Option<Moved> {
        self.leave(now_us, call, at);
        let placed = *self.legs.get_mut(at).and_then(Option::take)?;
        self.paced.retain(|other| *other != at);
        self.free.push(at);
        let (rtp, rtcp) = (self.wires.release(placed.rtp), self.wires.release(placed.rtcp));
        Some(Moved { placed, rtp: rtp?, rtcp: rtcp? })
    }

    /// Takes a leg out of its call. It hears nothing from now on, and nobody hears it; a message that it takes goes on.
    fn leave(&mut self, now_us: u64, call: CallId, at: usize) {
        self.take_out(now_us, call, at);
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        (placed.source, placed.playing, placed.ear) = (Source::Nothing, None, None);
        placed.listeners.clear();
        if let Some(mut tap) = placed.tap.take() {
            tap.confess(&self.recorder);
        }
        placed.leg.play(now_us, None);
        placed.leg.forget_voices();
    }

    /// An order for a call that waits is kept; what can be carried out now is given back.
    pub(super) fn keep_for_later(&mut self, order: Order) -> Option<Order> {
        let Some(waiting) = order.call().and_then(|call| self.waiting.get_mut(&call)) else {
            return Some(order);
        };
        match order {
            Order::Command(MediaCommand::Open { leg, slot, .. }) if waiting.orders.len() >= COMMANDS_MAX => {
                Some(Order::Refused(leg, slot))
            }
            order => {
                waiting.orders.push_back(order);
                None
            }
        }
    }

    /// A leg comes to a call.
    pub(super) fn expect(&mut self, now_us: u64, ticket: Ticket, call: CallId) {
        match self.early.remove(&ticket) {
            Some(Some(moved)) => self.settle_in(call, *moved),
            Some(None) => {}
            None => {
                let waiting = Waiting { ticket, since_us: now_us, orders: VecDeque::new() };
                self.waiting.insert(call, waiting);
            }
        }
    }

    /// A leg has come to a call, or does not come.
    pub(super) fn arrive(&mut self, ticket: Ticket, call: CallId, moved: Option<Box<Moved>>) {
        let is_its = |order: &Order| matches!(order, Order::Expect(other, _) if *other == ticket);
        if let Some(waiting) = self.waiting.get(&call)
            && waiting.ticket != ticket
            && waiting.orders.iter().any(is_its)
        {
            // The call waits for another one, and for this one after it.
            self.early.insert(ticket, moved);
            return;
        }
        if self.waiting.get(&call).is_none_or(|waiting| waiting.ticket != ticket) {
            // It was given up, and what the call was told of it has been carried out without it.
            if let Some(moved) = moved {
                self.turn_away(
                    *moved,
                    "it came from another media thread when it was not waited for any more",
                );
            }
            return;
        }
        if let Some(moved) = moved {
            self.settle_in(call, *moved);
        }
        self.wait_no_more(call);
    }

    /// What the call was told meanwhile is carried out, up to the next leg that it waits for.
    fn wait_no_more(&mut self, call: CallId) {
        let Some(waiting) = self.waiting.remove(&call) else { return };
        for order in waiting.orders {
            self.order(order);
        }
    }

    /// Who was waited for far too long does not come.
    pub(super) fn give_up_waiting(&mut self, now_us: u64) {
        let is_over = |waiting: &Waiting| now_us.saturating_sub(waiting.since_us) >= WAIT_US;
        let over: Vec<CallId> =
            self.waiting.iter().filter(|(_, waiting)| is_over(waiting)).map(|(call, _)| *call).collect();
        for call in over {
            tracing::error!(%call, "a leg that was to come from another media thread has not; the call goes on without");
            self.wait_no_more(call);
        }
    }

    /// Gives a leg its place in a call of this thread.
    pub(super) fn settle_in(&mut self, call: CallId, moved: Moved) {
        let Moved { mut placed, rtp, rtcp } = moved;
        let at = self.free_place();
        match self.wires.adopt_pair([rtp, rtcp], at) {
            Ok(wires) => {
                placed.call = call;
                [placed.rtp, placed.rtcp] = wires;
                self.seat(at, placed);
                self.pace_from_now(at);
            }
            Err(error) => {
                self.free.push(at);
                let why = format!("cannot watch the RTP ports of slot {}: {error}", placed.slot.0);
                self.lose(placed, why);
            }
        }
    }

    /// A leg that came has no place here: its ports are closed.
    fn turn_away(&mut self, Moved { placed, rtp, rtcp }: Moved, why: &str) {
        tracing::error!(leg = placed.id.0, "a leg is closed: {why}");
        // Before anybody is told: the ports may be opened anew at once.
        drop((rtp, rtcp));
        self.lose(placed, why.to_owned());
    }

    /// A leg of this engine is no more, though nobody has closed it.
    fn lose(&mut self, mut placed: Placed, why: String) {
        self.gauges.legs.fetch_sub(1, Ordering::Relaxed);
        if let Some(message) = placed.message.take() {
            self.recorder.end_message(message.id, clock::mono_us(), true, "the leg was closed");
        }
        (self.events)(MediaEvent::OpenFailed { leg: placed.id, slot: placed.slot, why });
    }
}
