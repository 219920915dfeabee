//! The way into a media thread: a lock per command, none per packet.

use super::worker::Moved;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, OwnedFd};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use switchroom_exchange::{CallId, LegId, MediaCommand, PortSlot};

/// Commands that may wait before no further leg is opened.
pub(super) const COMMANDS_MAX: usize = 8192;

/// What waits for a media thread.
pub(super) enum Order {
    Command(MediaCommand),
    /// A leg comes to this call from another thread; what the call is told before it is there waits for it.
    Expect(Ticket, CallId),
    /// A leg of this call is to go to another call, on another thread.
    Depart {
        ticket: Ticket,
        call: CallId,
        leg: LegId,
        to: CallId,
        inbox: Arc<Inbox>,
    },
    /// The leg that was expected, or word that there is none.
    Arrive(Ticket, CallId, Option<Box<Moved>>),
    Watch(BTreeSet<CallId>),
    /// A leg that is not to be opened, because too much waits already.
    Refused(LegId, PortSlot),
}

impl Order {
    /// The call it is about, if it has to keep its place among the orders of one.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Self::Command(command) => call_of(command),
            Self::Expect(_, call) | Self::Depart { call, .. } => Some(*call),
            Self::Arrive(..) | Self::Watch(_) | Self::Refused(..) => None,
        }
    }
}

/// Names one move of a leg from one thread to another.
pub(super) type Ticket = u64;

/// Orders that wait, and the bell that wakes the thread.
pub(super) struct Inbox {
    orders: Mutex<VecDeque<Order>>,
    wake: OwnedFd,
    stopping: AtomicBool,
}

impl Inbox {
    pub(super) fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { orders: Mutex::default(), wake, stopping: AtomicBool::new(false) })
    }

    /// Puts a command in. If it opens a leg and too many wait, the thread is told to refuse that leg: who asks must
    /// not tell of it, for it is the very thread that takes what is told.
    pub(super) fn put(&self, command: MediaCommand) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        // Only what opens legs is refused: everything else is bounded by the legs there are, and refusals by the
        // port pairs, none of which is used again before its refusal was told.
        let order = match command {
            MediaCommand::Open { leg, slot, .. } if orders.len() >= COMMANDS_MAX => Order::Refused(leg, slot),
            command => Order::Command(command),
        };
        orders.push_back(order);
        self.ring(orders.len());
    }

    /// Puts in an order that only media threads and the engine itself give, one for each move of a leg.
    pub(super) fn give(&self, order: Order) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push_back(order);
        self.ring(orders.len());
    }

    pub(super) fn watch(&self, calls: BTreeSet<CallId>) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push_back(Order::Watch(calls));
        self.ring(orders.len());
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.ring(1);
    }

    /// Wakes the thread, unless the order before did.
    fn ring(&self, waiting: usize) {
        if waiting == 1 {
            let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Readable when something waits.
    pub(super) fn bell(&self) -> impl AsFd {
        &self.wake
    }

    /// Takes all that waits.
    pub(super) fn take(&self) -> VecDeque<Order> {
        let mut bell = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut bell);
        std::mem::take(&mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The call a command is about, if it is about one.
pub(super) fn call_of(command: &MediaCommand) -> Option<CallId> {
    match command {
        MediaCommand::Open { call, .. }
        | MediaCommand::Agree { call, .. }
        | MediaCommand::Hear { call, .. }
        | MediaCommand::Play { call, .. }
        | MediaCommand::Listen { call, .. }
        | MediaCommand::TakeMessage { call, .. }
        | MediaCommand::StopMessage { call, .. }
        | MediaCommand::SendDigit { call, .. }
        | MediaCommand::WithholdDigits { call, .. }
        | MediaCommand::Record { call, .. }
        | MediaCommand::RecordLeg { call, .. }
        | MediaCommand::RecordAlso { call, .. }
        | MediaCommand::RecordNoMore { call, .. }
        | MediaCommand::Move { call, .. }
        | MediaCommand::Mark { call, .. }
        | MediaCommand::PauseRecording { call, .. }
        | MediaCommand::StopRecording { call, .. }
        | MediaCommand::Close { call, .. } => Some(*call),
        MediaCommand::DropMessage { .. } => None,
    }
}
