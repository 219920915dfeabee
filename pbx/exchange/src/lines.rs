//! Connections of our own to contacts of the configuration (`;transport=tcp`).
//!
//! The exchange opens none: whoever drives it keeps one to each host and port that the configuration names, makes it anew when it is
//! lost, and says so each time ([`crate::Input::Connected`]). All contacts there share it. When it is lost
//! ([`crate::Input::FlowLost`]), they are cut as phones are whose connection is gone; with the next one they are at that. A
//! running call stays on the connection that it began on, and ends with it as any call on a lost connection does.

use crate::config::Place;
use crate::exchange::Exchange;
use crate::hosts::told;
use crate::{Flow, Severity};
use std::collections::BTreeMap;
use switchroom_sip::time::Now;

/// What is known of connections, by host and port.
#[derive(Debug, Default)]
pub(crate) struct Lines(BTreeMap<(String, u16), Line>);

#[derive(Debug, PartialEq, Eq)]
struct Line {
    flow: Option<Flow>,
    /// Why there is none, one sentence.
    why: Option<String>,
}

impl Lines {
    /// The connection to a host, if there is one.
    pub(crate) fn to(&self, host: &str, port: u16) -> Option<Flow> {
        self.0.get(&(host.to_owned(), port))?.flow
    }

    /// Why there is none, if that was said.
    pub(crate) fn why_not(&self, host: &str, port: u16) -> Option<&str> {
        self.0.get(&(host.to_owned(), port))?.why.as_deref()
    }
}

impl Exchange {
    /// A connection to a contact is there, or cannot be made.
    pub(crate) fn on_connected(&mut self, now: Now, host: String, port: u16, found: Result<Flow, String>) {
        let extensions = self.extensions_on(&host, port);
        if extensions.is_empty() {
            // It was taken out of the configuration meanwhile.
            return;
        }
        let line = match found {
            Ok(flow) => {
                self.keep_connection(flow);
                Line { flow: Some(flow), why: None }
            }
            Err(said) => {
                let why = format!("there is no connection to {host} port {port}: {}", told(&said));
                Line { flow: None, why: Some(why) }
            }
        };
        let key = (host, port);
        if self.lines.0.get(&key) == Some(&line) {
            return;
        }
        self.set_alarm(now, &alarm_of(&key), line.why.clone().map(|why| (Severity::Warn, why)), None);
        self.lines.0.insert(key, line);
        self.apply_fixed_contacts(now);
        extensions.into_iter().for_each(|extension| self.extension_changed(extension));
    }

    /// A connection is gone. What stood at it stays there, cut, until it is known what comes next.
    pub(crate) fn line_lost(&mut self, flow: Flow) {
        self.lines.0.retain(|_, line| line.flow != Some(flow));
    }

    /// Forgets connections that the configuration names no more.
    pub(crate) fn forget_lines(&mut self, now: Now) {
        let is_gone = |key: &&(String, u16)| self.extensions_on(&key.0, key.1).is_empty();
        let gone: Vec<(String, u16)> = self.lines.0.keys().filter(is_gone).cloned().collect();
        for key in gone {
            self.lines.0.remove(&key);
            self.set_alarm(now, &alarm_of(&key), None, None);
        }
    }

    fn extensions_on(&self, host: &str, port: u16) -> Vec<String> {
        let is_there = |place: &Place| matches!(place, Place::Connection { host: h, port: p } if h == host && *p == port);
        let all = self.config.extensions.values();
        let there = all.filter(|e| e.contact.as_ref().is_some_and(|contact| is_there(&contact.place)));
        there.map(|extension| extension.number.clone()).collect()
    }
}

fn alarm_of((host, port): &(String, u16)) -> String {
    format!("contact_connection:{host} {port}")
}
