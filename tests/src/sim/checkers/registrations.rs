//! Registrations.

use super::{Checker, Verdict, broken};
use crate::sim::glance::{Fresh, Glance, address, legible, user};
use crate::sim::world::{Came, Step, World};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use switchroom_exchange::{Action, Mono, Place, Record};

/// A contact as [`address`] gives it, for whom it is registered, and from where: in private networks there can be several
/// phones with the same.
type Contact = (String, String, IpAddr);

/// So long after a REGISTER it may still come again (timer F), and be on its way.
const AGAIN: Duration = Duration::from_secs(37);

/// Of whom a REGISTER or its answer speaks.
fn owner(glance: &Glance<'_>) -> String {
    user(&address(glance.to)).to_owned()
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = text.split(name).nth(1)?;
    let digits: &str = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// No phone is called where its registration has ended.
#[derive(Debug, Default)]
pub(super) struct NoneServedAfterItsEnd {
    /// Until when each contact may be called: as long as the last REGISTER for it could have been granted.
    until: BTreeMap<Contact, Mono>,
    /// When each contact was asked for or taken back last: a phone may ask again for what has ended, and is answered again.
    asked: BTreeMap<Contact, Mono>,
    fresh: Fresh,
}

impl Checker for NoneServedAfterItsEnd {
    fn rule(&self) -> &'static str {
        "no phone is called where its registration has ended"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        // Ends are kept by the wall clock; if that stepped back, they come later by that much, once.
        let back = u64::try_from(world.stepped_back_ms).unwrap_or(0).saturating_mul(1000);
        for until in self.until.values_mut() {
            until.0 += back;
        }
        if world.store_failed_before {
            // The end of a registration may not have reached the disk: it lasts its time once more at most.
            let most = world.exchange.config().register_max;
            for kept in world.store.disk.bindings.values() {
                let contact = (address(&kept.contact), kept.extension.clone(), kept.remote.ip());
                let until = self.until.entry(contact).or_default();
                *until = (*until).max(step.now.mono.after(most));
            }
        }
        Ok(())
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        let now = step.now.mono;
        if let Came::Message(flow, bytes) = &step.came
            && bytes.starts_with(b"REGISTER ")
            && let Some(glance) = Glance::of_text(&legible(bytes))
        {
            self.asked(world, now, flow.remote.ip(), &glance);
        }
        for action in &step.actions {
            let Action::Send { flow, bytes } = action else { continue };
            if bytes.starts_with(b"INVITE ")
                && let Some(glance) = Glance::of(bytes)
                && let Some(target) = glance.opens("INVITE")
                // Further tries of the same call, after 422, go where the first went.
                && glance.cseq == 1
                && self.fresh.is_new(bytes)
                && !is_configured(world, target, flow.remote)
            {
                let called = address(target);
                let ends = self
                    .until
                    .iter()
                    .filter(|((contact, ..), _)| *contact == called)
                    .map(|(_, at)| *at)
                    .max();
                if ends.is_none_or(|until| until < now) {
                    let text =
                        format!("{target} at {flow} is called, and its registration ended at {ends:?}");
                    return broken(None, text);
                }
            }
            if bytes.starts_with(b"SIP/2.0 200")
                && let Some(glance) = Glance::of(bytes)
                && glance.method == "REGISTER"
                && self.fresh.is_new(bytes)
            {
                self.confirmed(now, flow.remote.ip(), &glance);
            }
        }
        Ok(())
    }
}

/// Whether the configuration says that some extension is there, at an address that its host has, as told last.
fn is_configured(world: &World, target: &str, remote: SocketAddr) -> bool {
    let mut contacts = world.exchange.config().extensions.values().filter_map(|e| e.contact.as_ref());
    contacts.any(|contact| {
        let is_there = match &contact.place {
            Place::Host { name, .. } => world.is_host_at(name, remote),
            Place::Address { remote: place, .. } => *place == remote,
            Place::Connection { .. } => false,
        };
        is_there && address(&contact.uri) == address(target)
    })
}

impl NoneServedAfterItsEnd {
    fn asked(&mut self, world: &World, now: Mono, source: IpAddr, glance: &Glance<'_>) {
        let most = world.exchange.config().register_max.as_secs();
        // Where messages are mutilated nobody can say what was asked for, only what can be granted.
        let is_plain = world.setup.net.garbage_ppm == 0;
        let general = glance.all("Expires").next().and_then(|e| e.parse().ok());
        for contact in glance.all("Contact") {
            let lasts =
                number_after(contact, ";expires=").or(general).filter(|_| is_plain).unwrap_or(most).min(most);
            let contact = (address(contact), owner(glance), source);
            self.asked.insert(contact.clone(), now);
            let until = self.until.entry(contact).or_default();
            *until = (*until).max(Mono(now.0 + lasts * 1_000_000));
        }
    }

    /// What is confirmed is all there is: what is not named has ended, unless it is a phone's elsewhere behind a translator
    /// whose contact the one that is answered has, too.
    fn confirmed(&mut self, now: Mono, source: IpAddr, glance: &Glance<'_>) {
        let whose = owner(glance);
        let named: Vec<String> = glance.all("Contact").map(address).collect();
        let is_own = |contact: &str| {
            let asked = self.asked.get(&(contact.to_owned(), whose.clone(), source));
            asked.is_some_and(|asked| now.since(*asked) < AGAIN)
        };
        self.until.retain(|(contact, owner, at), _| {
            let is_elsewhere = *at != source && is_own(contact);
            *owner != whose || named.contains(contact) || is_elsewhere
        });
    }
}

/// What was confirmed to a phone is on disk, and what is on disk is there again after a restart.
#[derive(Debug, Default)]
pub(super) struct ConfirmedIsKept {
    fresh: Fresh,
}

impl Checker for ConfirmedIsKept {
    fn rule(&self) -> &'static str {
        "what was confirmed to a phone is on disk, and what is on disk is there again after a restart"
    }

    fn begin(&mut self, world: &World, step: &Step) -> Verdict {
        // Of a start that died at once the disk may hold a part already.
        if step.died { Ok(()) } else { is_restored(world, step) }
    }

    fn step(&mut self, world: &World, step: &Step) -> Verdict {
        for action in &step.actions {
            let Action::Send { bytes, .. } = action else { continue };
            if bytes.starts_with(b"SIP/2.0 200")
                && let Some(glance) = Glance::of(bytes)
                && glance.method == "REGISTER"
                // Asked first: what is said while the store fails may be repeated when it is well again, and is old then.
                && self.fresh.is_new(bytes)
                && !world.store.has_failed
                && !world.store.fails
            {
                on_disk(world, &glance)?;
            }
        }
        Ok(())
    }
}

fn is_restored(world: &World, step: &Step) -> Verdict {
    for ((extension, key), kept) in &world.store.disk.bindings {
        let ends = kept.expires_ms <= step.now.wall.0 || world.removed.contains(extension);
        if !ends && !world.exchange.bindings(extension).any(|b| b.record.key == *key) {
            return broken(
                None,
                format!("{extension} at {} was on disk and is not registered", kept.contact),
            );
        }
    }
    Ok(())
}

fn on_disk(world: &World, glance: &Glance<'_>) -> Verdict {
    let whose = owner(glance);
    for contact in glance.all("Contact") {
        let confirmed = address(contact);
        let is_it =
            |b: &switchroom_exchange::BindingRecord| b.extension == whose && address(&b.contact) == confirmed;
        // Its own REGISTER may still wait while another one of its owner is confirmed.
        let waits = world.store.waits(|record| matches!(record, Record::Binding(b) if is_it(b)));
        if !waits && !world.store.disk.bindings.values().any(is_it) {
            return broken(
                None,
                format!("{whose} was told that {contact} is registered, and it is not on disk"),
            );
        }
    }
    Ok(())
}
