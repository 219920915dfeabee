//! What a flow may ask about the world, answered from what the exchange knows.

use crate::call::Call;
use crate::exchange::Exchange;
use crate::mailbox::Mailboxes;
use crate::{CallId, Config};
use std::sync::Arc;
use switchroom_flow::boundary::{Mailbox, Message, Opening, PinVerdict};
use switchroom_flow::expr::Scope;
use switchroom_flow::{Clip, Flow, Site, Value};
use switchroom_sip::time::Now;

/// The site as one caller's flow sees it at one moment.
pub(super) struct SiteView<'a> {
    config: Arc<Config>,
    now: Now,
    call: Option<&'a Call>,
    mailboxes: &'a Mailboxes,
}

impl Exchange {
    pub(super) fn site_for(&mut self, now: Now, id: CallId) -> SiteView<'_> {
        SiteView { config: self.config.clone(), now, call: self.calls.get(&id), mailboxes: &self.mailboxes }
    }
}

impl Scope for SiteView<'_> {
    fn get(&mut self, name: &str) -> Option<Value> {
        let call = self.call?;
        Some(match name {
            "caller" => Value::text(&call.from.number),
            "caller_name" => Value::text(&call.from.name),
            "dialled" => Value::text(&call.to.number),
            "call" => Value::text(&call.id.to_string()),
            "agent" => Value::text(call.with.as_ref().map(|with| with.number.as_str()).unwrap_or_default()),
            _ => return None,
        })
    }

    fn lookup(&mut self, _list: &str, _of: &str) -> Option<Value> {
        None
    }
}

impl Site for SiteView<'_> {
    fn opening(&mut self, _hours: &str) -> Option<Opening> {
        let _ = self.now;
        None
    }

    fn share(&mut self, _flow: &str, _node: &str, _parts: &[u32]) -> usize {
        0
    }

    fn pin(&mut self, _pins: &str, _of: Option<&str>, _digits: &str) -> PinVerdict {
        PinVerdict::Wrong
    }

    fn mailbox(&mut self, name: &str) -> Option<Mailbox> {
        let config = self.config.inbound.mailboxes.get(name)?;
        let messages: Vec<Message> = self
            .mailboxes
            .of(name)
            .into_iter()
            .map(|message| Message {
                id: message.id.clone(),
                from: message.from.number.clone(),
                at: String::new(),
                is_new: message.is_new,
            })
            .collect();
        Some(Mailbox {
            greeting: None::<Clip>,
            is_full: messages.len() >= config.messages_max,
            longest: config.longest,
            messages,
        })
    }

    fn flow(&mut self, name: &str) -> Option<Arc<Flow>> {
        self.config.flows.get(name).cloned()
    }
}
