//! What the phone of an agent is told with an offer: whom the call is for, and to answer by itself.

use crate::exchange::Exchange;
use crate::{CallId, Party};
use switchroom_sip::header::{Headers, Name};

impl Exchange {
    /// The name that a phone shows of the caller, and headers of its INVITE. A caller who waits in a queue is shown as
    /// `Sales: Ana`; and who is offered one may have a phone that answers by itself.
    pub(crate) fn invitation(&self, id: CallId, extension: &str) -> (String, Headers) {
        let Some(call) = self.calls.get(&id) else { return Default::default() };
        let Party { number, name: caller } = call.caller_party().clone();
        let Some(queue) = self.floor.waiter(id.0).and_then(|waiter| self.floor.queue_by_id(waiter.queue))
        else {
            return (caller, Headers::default());
        };
        let answers = self.config.extensions.get(extension).is_some_and(|e| e.auto_answer);
        let headers = if answers { answer_by_yourself(&self.config.domain) } else { Headers::default() };
        if !queue.config.show_queue {
            return (caller, headers);
        }
        let label = if queue.config.label.is_empty() { &queue.name } else { &queue.config.label };
        let who = if caller.is_empty() { &number } else { &caller };
        (format!("{label}: {who}"), headers)
    }
}

impl Exchange {
    /// Headers of the INVITE to a phone that is to be the caller's: of a supervisor, who asked for it, or of an agent who is
    /// to call back. It may be one that answers by itself.
    pub(crate) fn callers_invitation(&self, id: CallId, extension: &str) -> Headers {
        let answers = self.config.extensions.get(extension).is_some_and(|e| e.auto_answer);
        let calls_back = self.calls.get(&id).is_some_and(|call| call.call_back.is_some());
        if answers && (calls_back || self.supervisions.contains_key(&id)) {
            answer_by_yourself(&self.config.domain)
        } else {
            Headers::default()
        }
    }
}

/// Each make of phone reads another of these, and passes over the others: the first two are what phones have settled on,
/// the third is RFC 5373. None of them makes a phone answer that is not set to obey.
fn answer_by_yourself(domain: &str) -> Headers {
    let mut headers = Headers::default();
    headers.push(Name::CallInfo, format!("<sip:{domain}>;answer-after=0"));
    headers.push(Name::AlertInfo, format!("<http://{domain}>;info=alert-autoanswer"));
    headers.push(Name::AnswerMode, "Auto");
    headers
}
