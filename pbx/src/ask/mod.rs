//! What flows ask of local services and programs: carried out here, off the engine's thread, each answered exactly once.
//!
//! A question takes as long as its flow allows and no longer. There may be so many at once ([`AT_ONCE_MAX`], of programs
//! [`PROGRAMS_MAX`]); what is more fails at once, so that a hanging service cannot pile up work.

mod exec;
mod http;
#[cfg(test)]
mod tests;

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::CallId;
use switchroom_flow::{Answer, Asking};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Questions under way at once.
pub const AT_ONCE_MAX: usize = 64;
/// Programs among them: each is a process.
pub const PROGRAMS_MAX: usize = 16;
/// Bytes of an answer.
const ANSWER_MAX: usize = 64 * 1024;
/// Characters of a text from outside that are told.
const TOLD_MAX: usize = 200;

/// An answer, and to what.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The call.
    pub call: CallId,
    /// The number of the question.
    pub number: u64,
    /// The answer.
    pub answer: Answer,
    /// A secret was in the question: the answer may repeat it.
    pub is_secret: bool,
}

/// Who is told an answer. May wait; is called off the runtime's threads.
pub type OnAnswer = Arc<dyn Fn(Reply) + Send + Sync>;

/// Asks.
#[derive(Clone)]
pub struct Asker {
    runtime: Handle,
    places: Arc<Semaphore>,
    programs: Arc<Semaphore>,
    tell: OnAnswer,
}

impl Asker {
    /// Asks on that runtime and tells `tell` the answers.
    pub fn new(runtime: Handle, tell: OnAnswer) -> Self {
        let places = |most| Arc::new(Semaphore::new(most));
        Self { runtime, places: places(AT_ONCE_MAX), programs: places(PROGRAMS_MAX), tell }
    }

    /// Begins to ask; does not wait.
    pub fn begin(&self, call: CallId, number: u64, asking: Asking, timeout: Duration) {
        let is_secret = match &asking {
            Asking::Http { body, .. } => body.as_ref().is_some_and(|body| body.is_secret),
            Asking::Exec { input, .. } => input.is_secret,
        };
        let owed = Owed { call, number, is_secret, tell: Some(self.tell.clone()) };
        let places = match &asking {
            Asking::Http { .. } => vec![&self.places],
            Asking::Exec { .. } => vec![&self.programs, &self.places],
        };
        let places: Result<Vec<_>, _> = places.into_iter().map(|of| of.clone().try_acquire_owned()).collect();
        let Ok(places) = places else {
            let why = "too many questions of flows are under way already".to_owned();
            self.runtime.spawn(owed.pay(Answer::Failed(why)));
            return;
        };
        let place: Place = Arc::new(places);
        self.runtime.spawn(async move {
            let answer = match tokio::time::timeout(timeout, ask(asking, place)).await {
                Ok(answer) => answer.map_or_else(Answer::Failed, Answer::Json),
                Err(_) => Answer::Failed(format!("no answer within {} ms", timeout.as_millis())),
            };
            owed.pay(answer).await;
        });
    }
}

/// What a question occupies while anything of it goes on.
type Place = Arc<Vec<OwnedSemaphorePermit>>;

/// Asks once; why it failed, in words.
async fn ask(asking: Asking, place: Place) -> Result<Value, String> {
    match asking {
        Asking::Http { url, body } => http::ask(&url, body, &place).await,
        Asking::Exec { argv, input } => exec::ask(argv, input, place).await,
    }
}

/// JSON, as deep as the reader allows (128); nothing at all is null.
fn json(bytes: &[u8]) -> Result<Value, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    // What the reader says of it are places and what it expected, no words of the text.
    serde_json::from_slice(bytes).map_err(|error| format!("its answer is not JSON: {error}"))
}

/// Text from outside as people may read it: nothing in it steers a terminal, and it is short.
fn told(text: &str) -> String {
    switchroom_wire::clean(&text.chars().take(TOLD_MAX).collect::<String>()).into_owned()
}

/// An answer that is owed: paid, or dropped with the runtime, which is an answer, too.
struct Owed {
    call: CallId,
    number: u64,
    is_secret: bool,
    tell: Option<OnAnswer>,
}

impl Owed {
    fn reply(&self, answer: Answer) -> Reply {
        Reply { call: self.call, number: self.number, answer, is_secret: self.is_secret }
    }

    async fn pay(mut self, answer: Answer) {
        let Some(tell) = self.tell.take() else { return };
        let reply = self.reply(answer);
        let (call, number) = (self.call, self.number);
        // Whoever is told may make us wait for room in its queue.
        let told = tokio::task::spawn_blocking(move || tell(reply));
        if told.await.is_err() {
            tracing::debug!("the answer {number} to call {call} came when everything stopped");
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(self.reply(Answer::Failed("the exchange is stopping".to_owned())));
        }
    }
}
