//! What a flow may ask about the world, answered from what the exchange knows.

use crate::Config;
use crate::call::Call;
use crate::mailbox::Mailboxes;
use std::sync::Arc;
use switchroom_acd::Floor;
use switchroom_acd::figures::Figures;
use switchroom_flow::boundary::{Mailbox, Message, Opening, PinVerdict};
use switchroom_flow::expr::Scope;
use switchroom_flow::pins::PinGuard;
use switchroom_flow::share::Shares;
use switchroom_flow::{Clip, Flow, Language, Site, Value};
use switchroom_sip::time::Now;

/// The site as one caller's flow sees it at one moment.
pub(super) struct SiteView<'a> {
    pub(super) config: &'a Config,
    pub(super) now: Now,
    pub(super) call: Option<&'a Call>,
    pub(super) language: Language,
    pub(super) mailboxes: &'a Mailboxes,
    pub(super) shares: &'a mut Shares,
    pub(super) pin_guard: &'a mut PinGuard,
    pub(super) floor: &'a Floor,
    pub(super) figures: &'a Figures,
    /// The caller's class; empty if none.
    pub(super) class: &'a str,
}

impl SiteView<'_> {
    fn caller(&self) -> &str {
        self.call.map(|call| call.caller_party().number.as_str()).unwrap_or_default()
    }

    /// `queue.NAME.waiting`, `queue.NAME.agents` (who are signed in), and `queue.NAME.expected_wait` in seconds for one who
    /// comes now, which has no value when it cannot be said honestly.
    fn of_queue(&self, name: &str) -> Option<Value> {
        let (queue, what) = name.strip_prefix("queue.")?.rsplit_once('.')?;
        let queue = self.floor.queue(queue)?;
        let whole = |n: usize| i64::try_from(n).ok().map(Value::whole);
        match what {
            "waiting" => whole(queue.order.len()),
            "agents" => whole(queue.signed_in_count()),
            "expected_wait" => {
                let place = u32::try_from(queue.order.len()).ok()?.saturating_add(1);
                let wait = self.figures.expected_wait(&queue.name, place, self.now.wall.0)?;
                i64::try_from(wait.p50_ms / 1_000).ok().map(Value::whole)
            }
            _ => None,
        }
    }

    fn now_ms(&self) -> u64 {
        self.now.mono.0 / 1_000
    }
}

impl Scope for SiteView<'_> {
    fn get(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.config.inbound.of_the_time(name, self.now.wall.0) {
            return Some(value);
        }
        if let Some(value) = self.of_queue(name) {
            return Some(value);
        }
        let call = self.call?;
        let with = || call.with.as_ref().map(|with| with.number.as_str()).unwrap_or_default();
        Some(match name {
            "caller" => Value::text(&call.caller_party().number),
            "caller_name" => Value::text(&call.caller_party().name),
            "class" => Value::text(self.class),
            "dialled" => Value::text(&call.to.number),
            "call" => Value::text(&call.id.to_string()),
            "agent" => Value::text(with()),
            "outcome" => Value::text(call.ending().map(|ending| ending.cause.word()).unwrap_or_default()),
            _ => return None,
        })
    }

    fn lookup(&mut self, list: &str, of: &str) -> Option<Value> {
        let entry = self.config.inbound.lists.get(list)?.find(of)?;
        Some(Value::text(entry.value))
    }
}

impl Site for SiteView<'_> {
    fn opening(&mut self, hours: &str) -> Option<Opening> {
        let site = &self.config.inbound;
        Some(site.hours.get(hours)?.opening(self.now.wall.0, &site.zone))
    }

    fn share(&mut self, flow: &str, node: &str, parts: &[u32]) -> usize {
        self.shares.next(flow, node, parts)
    }

    fn pin(&mut self, pins: &str, of: Option<&str>, digits: &str) -> PinVerdict {
        let now_ms = self.now_ms();
        let caller = self.caller().to_owned();
        if pins != "mailbox" {
            let Some(known) = self.config.inbound.pins.get(pins) else { return PinVerdict::Wrong };
            return self.pin_guard.judge((pins, known), of, &caller, digits, now_ms);
        }
        let mailbox = of.unwrap_or_default();
        let known = self.config.inbound.mailbox_pins(mailbox);
        self.pin_guard.judge(("mailbox", &known), Some(mailbox), &caller, digits, now_ms)
    }

    fn mailbox(&mut self, name: &str) -> Option<Mailbox> {
        let site = &self.config.inbound;
        let config = site.mailboxes.get(name)?;
        let messages: Vec<Message> = self
            .mailboxes
            .of(name)
            .into_iter()
            .map(|message| Message {
                id: message.id.clone(),
                from: message.from.number.clone(),
                at: site.zone.civil(message.at_ms).strftime("%Y-%m-%dT%H:%M").to_string(),
                is_new: message.is_new,
            })
            .collect();
        let language = self.language;
        // A box without a PIN opens to its own extension, whose phone has shown its password.
        let is_own = self.call.and_then(|call| call.caller_leg()?.extension.as_deref()) == Some(name);
        Some(Mailbox {
            greeting: config.greeting.clone().map(|name| Clip::Prompt { language, name }),
            is_full: messages.len() >= config.messages_max,
            longest: config.longest,
            is_open: config.pin.is_none() && is_own,
            messages,
        })
    }

    fn flow(&mut self, name: &str) -> Option<Arc<Flow>> {
        self.config.flows.get(name).cloned()
    }
}
