//! Who is asked for credentials, who is told that they were wrong, and what of it is written down.

use crate::auth::Verdict;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::limits::{GUARD_WINDOW, GUARD_WRITTEN_MAX};
use crate::record::{EventKind, Severity};
use std::collections::BTreeSet;
use std::net::IpAddr;
use switchroom_sip::endpoint::{Incoming, SessionId};
use switchroom_sip::flow::{Flow, source_of};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// The silences of the guard that began within a minute. Strangers begin as many as they like, and a journal is never shortened:
/// one is written down for each of some addresses, and the rest as a count.
#[derive(Debug, Default)]
pub(crate) struct Silences {
    written: BTreeSet<IpAddr>,
    rest: u64,
}

impl Silences {
    /// One more. Whether it is to be written down by itself.
    fn add(&mut self, source: IpAddr) -> bool {
        let is_written = self.written.len() < GUARD_WRITTEN_MAX && self.written.insert(source_of(source));
        self.rest += u64::from(!is_written);
        is_written
    }

    /// Whether the minute goes on.
    pub(crate) fn is_counting(&self) -> bool {
        !self.written.is_empty()
    }
}

impl Exchange {
    /// Whose request it is; otherwise the sender has been answered, or met with silence.
    pub(crate) fn identify(&mut self, now: Now, incoming: &Incoming) -> Option<String> {
        let config = self.config.clone();
        match self.auth.judge(now.mono, &config, incoming.flow.remote, &self.registrar, &incoming.request) {
            Verdict::Is(extension) => {
                self.keep_connection(incoming.flow);
                return Some(extension);
            }
            Verdict::Silence => {
                self.counts.ignored += 1;
                return None;
            }
            Verdict::Ask { stale } => self.ask(now, incoming, stale),
            Verdict::Wrong { user, silenced } => {
                self.counts.auth_failures += 1;
                let user = crate::text::clean(&user);
                if config.extensions.contains_key(&user) {
                    self.set_problem(&user, Some(format!("wrong password from {}", incoming.flow)));
                }
                if silenced {
                    self.silence_begins(now, incoming.flow.remote.ip(), &user);
                }
                self.ask(now, incoming, false);
            }
        }
        None
    }

    /// From now on something may be kept that hangs on that connection. All that ever does was begun by a message of somebody who was
    /// identified on it, or by one in a dialog that was.
    pub(crate) fn keep_connection(&mut self, flow: Flow) {
        if flow.connection != 0 {
            self.connections.insert(flow.connection);
        }
    }

    /// A connection is gone. Strangers open and close as many as they like: of one on which nothing is kept nothing is searched for.
    pub(crate) fn flow_lost(&mut self, now: Now, flow: Flow) {
        if flow.connection != 0 && !self.connections.remove(&flow.connection) {
            return;
        }
        self.line_lost(flow);
        self.cut_bindings(now, flow);
        self.cut_subscriptions(flow);
        self.note_cut_calls(flow);
        self.endpoint.flow_lost(now.mono, flow);
    }

    fn silence_begins(&mut self, now: Now, source: IpAddr, user: &str) {
        if !self.silences.is_counting() {
            self.timers.set(Timer::Silences, now.mono.after(GUARD_WINDOW));
        }
        if self.silences.add(source) {
            let text = format!("{source} guessed passwords for {user}; it is ignored for a while");
            self.tell_silence(now, &source.to_string(), text);
        }
    }

    /// The minute is over: what was not written down by itself is written down as a count.
    pub(crate) fn count_silences(&mut self, now: Now) {
        let Silences { rest, .. } = std::mem::take(&mut self.silences);
        if rest > 0 {
            let text = format!(
                "{rest} times more within a minute somebody guessed passwords and is ignored for a while"
            );
            self.tell_silence(now, "", text);
        }
    }

    fn tell_silence(&mut self, now: Now, source: &str, text: String) {
        self.event(now, EventKind::Guard, Severity::Warn, None, source, "silenced", text);
    }

    fn ask(&mut self, now: Now, incoming: &Incoming, stale: bool) {
        let source = incoming.flow.remote.ip();
        if !self.registrar.knows(source) && !self.auth.may_ask(now.mono, source) {
            self.counts.ignored += 1;
            return;
        }
        let headers = self.auth.challenge(now.mono, &self.config, source, stale);
        self.endpoint.reply(incoming, Status::UNAUTHORIZED, &headers);
    }

    /// A request inside a dialog from another source: only the phone's owner may move it (class "in-dialog hijack").
    pub(crate) fn on_foreign(&mut self, now: Now, session: SessionId, incoming: Incoming) {
        let leg = self.sessions.get(&session).and_then(|(call, leg)| self.calls.get(call)?.leg(*leg));
        let (owner, flow) = (leg.and_then(|leg| leg.extension.clone()), leg.map(|leg| leg.flow));
        // A contact that is configured has no password of ours, and gateways send from elsewhere than they listen: of its host
        // whoever knows the tags is the peer.
        let of_contact = owner.as_deref().zip(flow).is_some_and(|(owner, flow)| {
            flow.remote.ip() == incoming.flow.remote.ip() && self.is_of_contact(owner, flow)
        });
        if of_contact {
            self.keep_connection(incoming.flow);
            return self.endpoint.admit_unmoved(now.mono, session, incoming);
        }
        let Some(extension) = self.identify(now, &incoming) else { return };
        if owner.as_deref() == Some(&extension) {
            self.endpoint.admit(now.mono, session, incoming);
        } else {
            self.answer(now, &incoming, Status::NO_SUCH_CALL, &Headers::default());
        }
    }
}
