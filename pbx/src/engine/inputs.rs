//! The engine's queue: what it takes, the way in for every thread, and the end that it takes from.
//!
//! The queue is bounded. What comes from outside is dropped when it is full; what may not be lost waits for room.

use crate::ask::Reply;
use crate::flight::Snapshot;
use crate::net::Inbox;
use crate::store::StoreEvent;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use switchroom_exchange::{Command, Config, Exchange, Flow, HostAddress, MediaEvent, Severity};
use tokio::sync::oneshot;

/// Inputs that may wait. A second of the heaviest load; beyond it datagrams are dropped, as networks do.
const QUEUE_MAX: usize = 16_384;
/// Among them what peers cause: SIP messages and lost connections. What is left of the queue is for news from inside, so that no
/// flood from outside can make the engine miss the end of a leg or the answer of the store.
const OUTSIDE_MAX: usize = QUEUE_MAX / 4 * 3;

/// A question about the exchange that only its own thread can answer.
pub type Question = Box<dyn FnOnce(&Exchange) + Send>;

/// What the engine takes.
pub enum ToEngine {
    /// A SIP message.
    Message(Flow, Vec<u8>),
    /// A connection is gone.
    FlowLost(Flow),
    /// News of the media engine.
    Media(MediaEvent),
    /// News of the store.
    Store(StoreEvent),
    /// What came of a question that a flow asked.
    Answered(Reply),
    /// A user's command; answered through the channel.
    Command(String, Command, oneshot::Sender<Result<String, String>>),
    /// A question.
    Ask(Question),
    /// The last inputs are wanted.
    Snapshot(oneshot::Sender<Snapshot>),
    /// A new configuration.
    Config(Arc<Config>),
    /// A host that a contact names was looked up.
    Resolved(String, Result<Vec<HostAddress>, String>),
    /// A connection to the host and port of a contact is there, or cannot be made.
    Connected(String, u16, Result<Flow, String>),
    /// Something outside of the exchange is wrong, or right again.
    Alarm(String, Option<(Severity, String)>),
    /// No new calls.
    Drain,
    /// End every call.
    EndAll,
    /// Stop the thread.
    Stop,
}

impl ToEngine {
    /// Whether peers cause it, as often as they like.
    fn is_from_outside(&self) -> bool {
        matches!(self, Self::Message(..) | Self::FlowLost(_))
    }
}

/// The way into the engine, for every thread.
#[derive(Clone)]
pub struct EngineHandle {
    sender: SyncSender<ToEngine>,
    /// What is in the queue from outside.
    from_outside: Arc<AtomicUsize>,
}

/// The end of the queue that the engine takes from.
pub struct Inputs {
    receiver: Receiver<ToEngine>,
    from_outside: Arc<AtomicUsize>,
}

impl Inputs {
    /// The next input; waits for it that long.
    pub(crate) fn recv_timeout(&self, wait: Duration) -> Result<ToEngine, RecvTimeoutError> {
        let input = self.receiver.recv_timeout(wait)?;
        if input.is_from_outside() {
            self.from_outside.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(input)
    }
}

impl EngineHandle {
    /// A way in, and the end that the engine takes from.
    pub fn new() -> (Self, Inputs) {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let from_outside = Arc::<AtomicUsize>::default();
        (Self { sender, from_outside: from_outside.clone() }, Inputs { receiver, from_outside })
    }

    /// Hands something over without waiting. False if the queue is full, for what comes from outside if three quarters of it
    /// came from there.
    pub fn tell(&self, input: ToEngine) -> bool {
        let is_from_outside = input.is_from_outside();
        let has_room = !is_from_outside || self.from_outside.fetch_add(1, Ordering::Relaxed) < OUTSIDE_MAX;
        if has_room && self.sender.try_send(input).is_ok() {
            return true;
        }
        if is_from_outside {
            self.from_outside.fetch_sub(1, Ordering::Relaxed);
        }
        false
    }

    /// Hands over what must not be lost, waiting for room if need be. Not for the engine's own thread.
    pub fn tell_surely(&self, input: ToEngine) {
        if self.sender.send(input).is_err() {
            tracing::debug!("the engine has stopped");
        }
    }

    /// Hands over what the media engine tells. Ports, recordings, messages and prompts that come to their end
    /// are waited for by the exchange, so they wait for room; all else a full queue may drop. Not for the engine's own thread.
    pub fn tell_media(&self, event: MediaEvent) {
        match event {
            MediaEvent::Closed { .. }
            | MediaEvent::OpenFailed { .. }
            | MediaEvent::Played { .. }
            | MediaEvent::Unheard { .. }
            | MediaEvent::MessageTaken { .. }
            | MediaEvent::RecordingStarted { .. }
            | MediaEvent::RecordingFailed { .. }
            | MediaEvent::RecordingClosed { .. } => self.tell_surely(ToEngine::Media(event)),
            MediaEvent::Flowing { .. }
            | MediaEvent::Digit { .. }
            | MediaEvent::Missing { .. }
            | MediaEvent::Back { .. }
            | MediaEvent::DeadAir { .. }
            | MediaEvent::Sound { .. }
            | MediaEvent::Quality { .. } => {
                self.tell(ToEngine::Media(event));
            }
        }
    }

    /// Asks the exchange something.
    ///
    /// # Errors
    /// The engine has stopped or has too much to do.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Exchange) -> T + Send + 'static,
    ) -> Result<T, &'static str> {
        let (tell, answer) = oneshot::channel();
        let asked = self.tell(ToEngine::Ask(Box::new(move |exchange| {
            let _ = tell.send(question(exchange));
        })));
        if !asked {
            return Err("the exchange is too busy to answer; try again");
        }
        answer.await.map_err(|_| "the exchange has stopped")
    }

    /// The last inputs, for whoever writes them.
    ///
    /// # Errors
    /// The engine has stopped or has too much to do.
    pub async fn snapshot(&self) -> Result<Snapshot, &'static str> {
        let (tell, answer) = oneshot::channel();
        if !self.tell(ToEngine::Snapshot(tell)) {
            return Err("the exchange is too busy to answer; try again");
        }
        answer.await.map_err(|_| "the exchange has stopped")
    }
}

impl Inbox for EngineHandle {
    fn message(&self, flow: Flow, bytes: Vec<u8>) -> bool {
        self.tell(ToEngine::Message(flow, bytes))
    }

    fn flow_lost(&self, flow: Flow) -> bool {
        self.tell(ToEngine::FlowLost(flow))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchroom_exchange::{LegId, PortSlot, Quality, Transport};

    fn flow() -> Flow {
        let at = "192.0.2.7:5060".parse().unwrap();
        Flow { transport: Transport::Tcp, local: at, remote: at, connection: 1 }
    }

    fn message() -> ToEngine {
        ToEngine::Message(flow(), Vec::new())
    }

    fn closed() -> MediaEvent {
        MediaEvent::Closed { leg: LegId(1), slot: PortSlot(0), whole: Quality::default() }
    }

    fn next(inputs: &Inputs) -> Option<ToEngine> {
        inputs.recv_timeout(Duration::ZERO).ok()
    }

    #[test]
    fn a_flood_from_outside_leaves_room_for_news_from_inside() {
        let (engine, inputs) = EngineHandle::new();
        let either = |n: &usize| if n.is_multiple_of(2) { message() } else { ToEngine::FlowLost(flow()) };
        let taken = (0..2 * QUEUE_MAX).filter(|n| engine.tell(either(n))).count();
        assert_eq!(taken, OUTSIDE_MAX);
        assert!(engine.tell(ToEngine::Drain) && !engine.tell(message()) && !engine.flow_lost(flow()));
        // Each message that is taken out makes room for one.
        assert!(matches!(next(&inputs), Some(ToEngine::Message(..))));
        assert!(engine.tell(message()) && !engine.tell(message()));
        let inside = (0..QUEUE_MAX).filter(|_| engine.tell(ToEngine::Drain)).count();
        assert_eq!(inside, QUEUE_MAX - OUTSIDE_MAX - 1, "the rest is for them");
        while next(&inputs).is_some() {}
        let taken = (0..2 * QUEUE_MAX).filter(|_| engine.tell(message())).count();
        assert_eq!(taken, OUTSIDE_MAX, "none was counted twice or forgotten");
    }

    #[test]
    fn the_end_of_a_leg_waits_for_room_and_other_media_news_does_not() {
        let (engine, inputs) = EngineHandle::new();
        while engine.tell(ToEngine::Drain) {}
        engine.tell_media(MediaEvent::Back { leg: LegId(1) });
        let thread = std::thread::spawn(move || engine.tell_media(closed()));
        let mut told = Vec::new();
        while told.is_empty() {
            if let Ok(ToEngine::Media(event)) = inputs.recv_timeout(Duration::from_secs(20)) {
                told.push(event);
            }
        }
        thread.join().unwrap();
        assert_eq!((told, next(&inputs).is_none()), (vec![closed()], true));
    }
}
