//! States of a binding, and what comes to it.

use crate::registrar::Binding;
use crate::words::words;

words!(
    /// Where a binding is.
    pub(crate) enum BindingState {
        Absent = "absent",
        Registered = "registered",
        /// It stopped answering OPTIONS.
        Unresponsive = "unresponsive",
        /// Its connection is gone.
        Cut = "cut",
    }
);

impl BindingState {
    pub(crate) fn of(binding: Option<&Binding>) -> Self {
        match binding {
            None => Self::Absent,
            Some(binding) if binding.is_cut => Self::Cut,
            Some(binding) if binding.obstacle().is_some() => Self::Unresponsive,
            Some(_) => Self::Registered,
        }
    }
}

words!(
    /// What comes to a binding.
    pub(crate) enum BindingEvent {
        RegisterNew = "register_new",
        RegisterAgain = "register_again",
        /// The same contact, from elsewhere.
        RegisterMoved = "register_moved",
        RegisterRemove = "register_remove",
        RegisterStar = "register_star",
        /// Repeated or overtaken by a newer one.
        RegisterTooOld = "register_too_old",
        RegisterTooBrief = "register_too_brief",
        /// The phone has a new contact.
        Replaced = "replaced",
        /// There are more phones than allowed, and this one ends first.
        PushedOut = "pushed_out",
        Expires = "expires",
        ConnectionLost = "connection_lost",
        /// It is time to ask whether the phone is there.
        AskDue = "ask_due",
        OptionsAnswered = "options_answered",
        OptionsUnanswered = "options_unanswered",
        /// A user removes it.
        Command = "command",
        /// Its extension is no longer configured.
        Unconfigured = "unconfigured",
        NewPassword = "new_password",
    }
);

/// By event: absent, registered, unresponsive, cut.
pub(super) const MATTERS: &[(&str, &str)] = &[
    ("register_new", "+---"),
    ("register_again", "-++-"),
    ("register_moved", "-+++"),
    ("register_remove", "++++"),
    ("register_star", "++++"),
    ("register_too_old", "-+++"),
    ("register_too_brief", "++++"),
    ("replaced", "-+++"),
    ("pushed_out", "-+++"),
    ("expires", "-+++"),
    ("connection_lost", "-++-"),
    ("ask_due", "-++."),
    ("options_answered", ".++-"),
    ("options_unanswered", ".+++"),
    ("command", "++++"),
    ("unconfigured", "-+++"),
    ("new_password", "-+++"),
];
