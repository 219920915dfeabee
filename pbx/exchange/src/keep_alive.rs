//! Asking registered phones whether they are there (OPTIONS), which also keeps NAT bindings open.

use crate::coverage::BindingEvent;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::MISSED_MAX;
use crate::names::BindingName;
use crate::record::{EventKind, Severity};
use std::time::Duration;
use switchroom_sip::dialog::request_uri;
use switchroom_sip::message::Response;
use switchroom_sip::method::Method;
use switchroom_sip::time::Now;

impl Exchange {
    /// Arms the next question to a phone: first soon, then at the configured pace, spread so that not all are asked at
    /// once.
    pub(crate) fn schedule_keep_alive(&mut self, now: Now, extension: &str, key: &str) {
        if self.config.keep_alive.is_zero() {
            return;
        }
        let first = self.rng.between(Duration::from_millis(500), Duration::from_millis(2500));
        let name = self.names.of(extension, key);
        self.timers.set(Timer::KeepAlive(name), now.mono.after(first));
    }

    pub(crate) fn keep_alive(&mut self, now: Now, name: BindingName) {
        let Some((extension, key)) = self.names.binding(name) else { return };
        self.saw_binding(&extension, &key, BindingEvent::AskDue);
        let Some(binding) = self.registrar.get(&extension, &key) else { return };
        let pace = self.config.keep_alive;
        if pace.is_zero() {
            return;
        }
        let wait = self.rng.between(pace - pace / 10, pace + pace / 10);
        self.timers.set(Timer::KeepAlive(name), now.mono.after(wait));
        if binding.is_cut {
            return;
        }
        let (flow, uri) = (binding.flow, request_uri(&binding.uri));
        let us = format!("<sip:{}>", self.config.domain);
        let to = format!("<{uri}>");
        let request = self.endpoint.make_outside(Method::Options, uri, &us, &to);
        let number = self.next_request();
        self.pings.insert(number, (name, now.mono));
        self.endpoint.request_outside(now.mono, flow, request, number);
    }

    /// Phones are asked no more whether they are there: each that registered is taken to be.
    pub(crate) fn trust_all_bindings(&mut self) {
        let all: Vec<(String, String)> = self.names.all().collect();
        for (extension, key) in all {
            if let Some(binding) = self.registrar.get_mut(&extension, &key) {
                binding.missed = 0;
            }
            self.extension_changed(extension);
        }
    }

    /// A phone answered, with whatever status, or did not.
    pub(crate) fn on_ping_answer(&mut self, now: Now, number: u64, response: Option<&Response>) {
        let Some((name, since)) = self.pings.remove(&number) else { return };
        let binding = self.names.binding(name);
        let (extension, key) = binding.as_ref().map_or(("", ""), |(e, k)| (e.as_str(), k.as_str()));
        let is_answered = response.is_some();
        self.saw_binding(
            extension,
            key,
            if is_answered { BindingEvent::OptionsAnswered } else { BindingEvent::OptionsUnanswered },
        );
        let Some((extension, key)) = binding else { return };
        let Some(binding) = self.registrar.get_mut(&extension, &key) else { return };
        let was_lost = binding.obstacle().is_some();
        match response {
            Some(_) => {
                binding.rtt_us = Some(u32::try_from(now.mono.since(since).as_micros()).unwrap_or(u32::MAX));
                binding.missed = 0;
            }
            None => binding.missed = binding.missed.saturating_add(1),
        }
        let (is_lost, flow) = (binding.obstacle().is_some(), binding.flow);
        if is_lost && !was_lost {
            let text = format!("{extension} at {flow} left {MISSED_MAX} OPTIONS unanswered");
            self.event(now, EventKind::Registration, Severity::Warn, None, &extension, "phone_lost", text);
        } else if was_lost && !is_lost {
            let text = format!("{extension} at {flow} answers again");
            self.event(now, EventKind::Registration, Severity::Info, None, &extension, "phone_back", text);
        }
        if is_lost {
            self.try_next_address(&extension, &key, name);
        }
        self.extension_changed(extension);
    }
}
