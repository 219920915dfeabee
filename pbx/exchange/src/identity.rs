//! Who is asked for credentials, who is told that they were wrong, and what of it is written down.

use crate::auth::Verdict;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use crate::registrar::{Binding, FIXED_KEY};
use switchroom_sip::endpoint::{Incoming, SessionId};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

impl Exchange {
    /// Whose request it is; otherwise the sender has been answered, or met with silence.
    pub(crate) fn identify(&mut self, now: Now, incoming: &Incoming) -> Option<String> {
        let config = self.config.clone();
        match self.auth.judge(now.mono, &config, incoming.flow.remote, &self.registrar, &incoming.request) {
            Verdict::Is(extension) => return Some(extension),
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
                    let source = incoming.flow.remote.ip();
                    let text = format!("{source} guessed passwords for {user}; it is ignored for a while");
                    self.event(
                        now,
                        EventKind::Guard,
                        Severity::Warn,
                        None,
                        &source.to_string(),
                        "silenced",
                        text,
                    );
                }
                self.ask(now, incoming, false);
            }
        }
        None
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
        let contact = owner.as_ref().and_then(|owner| self.registrar.get(owner, FIXED_KEY));
        let is_of_contact =
            |at: &Binding| Some(at.flow) == flow && at.flow.remote.ip() == incoming.flow.remote.ip();
        if contact.is_some_and(is_of_contact) {
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
