//! What users and the configuration change.

use crate::coverage::BindingEvent;
use crate::exchange::{Exchange, settings};
use crate::input::{Action, Command, CommandId};
use crate::record::{EventKind, Severity};
use crate::{Config, Ticket, clean};
use std::collections::BTreeSet;
use std::sync::Arc;
use switchroom_sip::time::Now;

impl Exchange {
    pub(crate) fn on_command(&mut self, now: Now, id: CommandId, user: &str, command: &Command) {
        let refused = self.refusal_count();
        let reply = match self.beyond_queues(user, command) {
            Some(beyond) => {
                self.act_beyond_queues(now, user, command, beyond).map(|text| (text, BTreeSet::new()))
            }
            None => self.carry_out_command(now, user, command),
        };
        match reply {
            Ok((text, tickets)) if !tickets.is_empty() => self.reply_once_stored(id, text, tickets),
            Ok((text, _)) => self.actions.push_back(Action::Reply { id, result: Ok(text) }),
            Err(why) => {
                // What a user has no right to is written down where that is found.
                if self.refusal_count() == refused {
                    self.order_refused(now, user, command, &why);
                }
                self.actions.push_back(Action::Reply { id, result: Err(why) });
            }
        }
    }

    /// Does what a user commands. Gives what was done, and the tickets after which it is so for good; or why it was not.
    fn carry_out_command(
        &mut self,
        now: Now,
        user: &str,
        command: &Command,
    ) -> Result<(String, BTreeSet<Ticket>), String> {
        let done = match command {
            Command::HangUp(call) => self.hang_up_by(now, *call, user),
            Command::HandOff { call, flow } => self.hand_off_by(now, *call, flow, user),
            Command::Consult { call, act } => self.consult_act(now, *call, act, user),
            Command::Record { call, act } => self.record_by(now, *call, *act, user),
            Command::Dial { from, to } => self.dial_by(now, from, to, user),
            Command::Transfer { call, to } => self.transfer_by(now, *call, to, user),
            Command::PickUp { call, phone } => self.pick_up_by(now, *call, phone.as_deref(), user),
            Command::Supervise { phone, act } => self.supervision_act(now, user, phone.as_deref(), act),
            Command::Agent(act) => self.agent_act(now, user, act),
            Command::Missed { which, wish } => self.missed_act(now, user, which, wish),
            Command::Unregister { extension, contact } => {
                return self.unregister_by(now, extension, contact.as_deref(), user);
            }
            Command::Configured(what) => Ok(self.configured_by(now, what, user)),
            Command::Refused { call, is_look, reason, why } => {
                Ok(self.refused_elsewhere(now, user, *call, (*reason, why, *is_look)))
            }
            Command::Note { call, number, text, .. } => self.note_by(now, user, (*call, *number), text),
            Command::Own(command) => self.own_act(now, user, command),
            Command::Archive(act) => return self.archive_act(now, user, act),
            Command::DeleteMessage(message) => {
                let (text, ticket) = self.delete_message_by(now, message, user)?;
                return Ok((text, BTreeSet::from([ticket])));
            }
        };
        done.map(|text| (text, BTreeSet::new()))
    }

    /// Notes what a user has changed.
    fn configured_by(&mut self, now: Now, what: &str, user: &str) -> String {
        self.audit_event(now, None, user, "configuration", what);
        what.to_owned()
    }

    /// Forgets bindings. Gives what was done, and the tickets after which it is so for good.
    fn unregister_by(
        &mut self,
        now: Now,
        extension: &str,
        contact: Option<&str>,
        user: &str,
    ) -> Result<(String, BTreeSet<Ticket>), String> {
        let keys: Vec<String> = self
            .registrar
            .registered_of(extension)
            .filter(|b| contact.is_none_or(|c| c == b.record.contact))
            .map(|b| b.record.key.clone())
            .collect();
        if keys.is_empty() {
            self.saw_binding(extension, contact.unwrap_or_default(), BindingEvent::Command);
            let fixed = self.registrar.of(extension).find(|b| contact.is_none_or(|c| c == b.record.contact));
            return Err(match fixed {
                Some(fixed) => format!(
                    "{extension} is at {} by configuration; take its contact out there, and reload",
                    clean(&fixed.record.contact)
                ),
                None => format!("{extension} has no such registration"),
            });
        }
        let mut tickets = BTreeSet::new();
        for key in &keys {
            self.saw_binding(extension, key, BindingEvent::Command);
            tickets.insert(self.unbind(now, extension, key, &format!("removed by {user}")));
        }
        let text = format!("{user} removed {} registrations of {extension}", keys.len());
        self.event(now, EventKind::Audit, Severity::Info, None, user, "unregister", text.clone());
        Ok((text, tickets))
    }

    /// Throws a message away. Gives what was done, and the ticket after which it is so for good.
    fn delete_message_by(&mut self, now: Now, id: &str, user: &str) -> Result<(String, Ticket), String> {
        let unknown = || format!("there is no message {}; it may have been deleted meanwhile", clean(id));
        let message = self.message(id).ok_or_else(unknown)?;
        let of = match &message.mailbox {
            Some(mailbox) => format!("in box {mailbox}"),
            None => "that a flow recorded".to_owned(),
        };
        let text = format!("{user} deleted the message of {} {of}: {}", message.from.number, message.id);
        let ticket = self.message_deleted(now, id).ok_or_else(unknown)?;
        self.event(now, EventKind::Audit, Severity::Info, None, user, "delete_message", text.clone());
        Ok((text, ticket))
    }

    pub(crate) fn on_config(&mut self, now: Now, config: Arc<Config>) {
        let mut config = Arc::unwrap_or_clone(config);
        // The media engine has the ports it was started with.
        (config.rtp_port_first, config.rtp_pairs) = (self.config.rtp_port_first, self.config.rtp_pairs);
        let old = std::mem::replace(&mut self.config, Arc::new(config));
        self.endpoint.set_settings(settings(&self.config));
        self.look_after_supervisors();
        if old.keep_alive.is_zero() && !self.config.keep_alive.is_zero() {
            let all: Vec<(String, String)> = self.names.all().collect();
            for (extension, key) in all {
                self.schedule_keep_alive(now, &extension, &key);
            }
        }
        // Who may be on a recording may have changed.
        let consulted = self.calls.values().filter(|call| call.consult().is_some()).map(|call| call.id);
        consulted.collect::<Vec<_>>().into_iter().for_each(|id| self.tape_third(id));
        if self.config.keep_alive.is_zero() && !old.keep_alive.is_zero() {
            // Nobody is asked any more, so nobody can be found back: who registered is there.
            self.trust_all_bindings();
        }
        // A new password ends what the old one registered.
        let renewed: Vec<String> = old
            .extensions
            .values()
            .filter(|e| {
                self.config
                    .extensions
                    .get(&e.number)
                    .is_some_and(|n| (n.ha1_md5, n.ha1_sha256) != (e.ha1_md5, e.ha1_sha256))
            })
            .map(|e| e.number.clone())
            .collect();
        for number in renewed {
            self.unbind_all(now, &number, BindingEvent::NewPassword, "must register with its new password");
        }
        let gone: Vec<String> =
            old.extensions.keys().filter(|n| !self.config.extensions.contains_key(*n)).cloned().collect();
        for number in gone {
            self.unbind_all(now, &number, BindingEvent::Unconfigured, "is no longer configured");
            self.notes.remove(&number);
            self.extension_changed(number);
        }
        self.apply_fixed_contacts(now);
        self.review_subscriptions(now, &old);
        self.forgive_flows(now, &old);
        let all: Vec<String> = self.config.extensions.keys().cloned().collect();
        all.into_iter().for_each(|number| self.extension_changed(number));
        self.configure_floor(now, self.config.floor.clone());
        self.told.retain(|agent, _| self.config.floor.agents.contains_key(agent));
        self.event(
            now,
            EventKind::System,
            Severity::Info,
            None,
            "",
            "configured",
            "configuration applied".into(),
        );
    }

    /// Ends all that phones of an extension have registered.
    fn unbind_all(&mut self, now: Now, number: &str, event: BindingEvent, why: &str) {
        let keys: Vec<String> =
            self.registrar.registered_of(number).map(|binding| binding.record.key.clone()).collect();
        for key in keys {
            self.saw_binding(number, &key, event);
            self.unbind(now, number, &key, why);
        }
    }
}
