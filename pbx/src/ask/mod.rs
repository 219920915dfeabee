//! What flows ask of local services and programs: carried out here, off the engine's thread, each answered exactly once.
//!
//! A question takes as long as its flow allows and no longer. There may be so many at once ([`AT_ONCE_MAX`]); what is more
//! fails at once, so that a hanging service cannot pile up tasks.

use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::CallId;
use switchroom_flow::{Answer, Asking};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Questions under way at once.
pub const AT_ONCE_MAX: usize = 64;

/// Who is told an answer: the call, the number of the question, the answer. May wait; is called off the runtime's
/// threads.
pub type OnAnswer = Arc<dyn Fn(CallId, u64, Answer) + Send + Sync>;

/// Asks.
#[derive(Clone)]
pub struct Asker {
    runtime: Handle,
    places: Arc<Semaphore>,
    tell: OnAnswer,
}

impl Asker {
    /// Asks on that runtime and tells `tell` the answers.
    pub fn new(runtime: Handle, tell: OnAnswer) -> Self {
        Self { runtime, places: Arc::new(Semaphore::new(AT_ONCE_MAX)), tell }
    }

    /// Begins to ask; does not wait.
    pub fn begin(&self, call: CallId, number: u64, asking: Asking, timeout: Duration) {
        let owed = Owed { call, number, tell: Some(self.tell.clone()) };
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let why = format!("{AT_ONCE_MAX} questions of flows are under way already");
            self.runtime.spawn(owed.pay(Answer::Failed(why)));
            return;
        };
        self.runtime.spawn(async move {
            let answer = match tokio::time::timeout(timeout, ask(asking)).await {
                Ok(answer) => answer.map_or_else(Answer::Failed, Answer::Json),
                Err(_) => Answer::Failed(format!("no answer within {} ms", timeout.as_millis())),
            };
            drop(place);
            owed.pay(answer).await;
        });
    }
}

/// Asks once; why it failed, in words.
async fn ask(asking: Asking) -> Result<serde_json::Value, String> {
    match asking {
        Asking::Http { .. } => Err("services are not asked yet".to_owned()),
        Asking::Exec { .. } => Err("programs are not asked yet".to_owned()),
    }
}

/// An answer that is owed: paid, or dropped with the runtime, which is an answer, too.
struct Owed {
    call: CallId,
    number: u64,
    tell: Option<OnAnswer>,
}

impl Owed {
    async fn pay(mut self, answer: Answer) {
        let Some(tell) = self.tell.take() else { return };
        let (call, number) = (self.call, self.number);
        // Whoever is told may make us wait for room in its queue.
        let told = tokio::task::spawn_blocking(move || tell(call, number, answer));
        if told.await.is_err() {
            tracing::debug!("the answer {number} to call {call} came when everything stopped");
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(self.call, self.number, Answer::Failed("the exchange is stopping".to_owned()));
        }
    }
}
