//! Short names of bindings, for timers and whatever else must not carry two texts.

use std::collections::BTreeMap;

/// Short name of a binding.
pub(crate) type BindingName = u64;

/// Bindings by short name and back.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_binding: BTreeMap<(String, String), BindingName>,
    by_name: BTreeMap<BindingName, (String, String)>,
    last: BindingName,
}

impl Names {
    pub(crate) fn of(&mut self, extension: &str, key: &str) -> BindingName {
        let binding = (extension.to_owned(), key.to_owned());
        if let Some(name) = self.by_binding.get(&binding) {
            return *name;
        }
        self.last += 1;
        self.by_binding.insert(binding.clone(), self.last);
        self.by_name.insert(self.last, binding);
        self.last
    }

    pub(crate) fn binding(&self, name: BindingName) -> Option<(String, String)> {
        self.by_name.get(&name).cloned()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (String, String)> {
        self.by_binding.keys().cloned()
    }

    /// The name of a binding that has one.
    pub(crate) fn name(&self, extension: &str, key: &str) -> Option<BindingName> {
        self.by_binding.get(&(extension.to_owned(), key.to_owned())).copied()
    }

    /// Whether every name leads to a binding that leads back to it.
    pub(crate) fn is_one_to_one(&self) -> bool {
        self.by_binding.len() == self.by_name.len()
            && self.by_binding.iter().all(|(binding, name)| self.by_name.get(name) == Some(binding))
    }

    pub(crate) fn forget(&mut self, name: BindingName) {
        if let Some(binding) = self.by_name.remove(&name) {
            self.by_binding.remove(&binding);
        }
    }
}

#[cfg(test)]
impl Names {
    pub(crate) fn name_twice(&mut self, name: BindingName) {
        let binding = self.by_name.get(&name).cloned().unwrap_or_default();
        self.by_name.insert(BindingName::MAX, binding);
    }
}
