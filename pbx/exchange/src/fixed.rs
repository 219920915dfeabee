//! Contacts of extensions that are configured, not registered.

use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use crate::registrar::{Binding, FIXED_KEY};
use switchroom_sip::time::Now;

impl Exchange {
    /// Extensions are where the configuration says that they are, and no longer where it said so before. Calls that go on at
    /// such an address go on.
    pub(crate) fn apply_fixed_contacts(&mut self, now: Now) {
        let is_old = |(extension, binding): &(&String, &Binding)| {
            let said = self.config.extensions.get(*extension).and_then(|e| e.contact.as_ref());
            let said = said.and_then(|contact| Binding::fixed(now, extension, contact));
            binding.is_fixed()
                && said.is_none_or(|said| (said.uri, said.flow) != (binding.uri.clone(), binding.flow))
        };
        let old: Vec<String> =
            self.registrar.all().filter(is_old).map(|(extension, _)| extension.clone()).collect();
        for extension in old {
            self.drop_binding(now, &extension, FIXED_KEY, "is no longer configured");
        }
        let contacts = self.config.extensions.values().filter_map(|e| Some((&e.number, e.contact.as_ref()?)));
        let is_there = |extension: &str| self.registrar.get(extension, FIXED_KEY).is_some();
        let new: Vec<(String, Binding)> = contacts
            .filter(|(extension, _)| !is_there(extension))
            .filter_map(|(extension, contact)| {
                Some((extension.clone(), Binding::fixed(now, extension, contact)?))
            })
            .collect();
        for (extension, binding) in new {
            let text = format!("{extension} is at {} by configuration", binding.flow);
            self.registrar.put(&extension, binding);
            self.names.of(&extension, FIXED_KEY);
            self.schedule_keep_alive(now, &extension, FIXED_KEY);
            self.event(now, EventKind::Registration, Severity::Info, None, &extension, "configured", text);
            self.extension_changed(extension);
        }
    }
}
