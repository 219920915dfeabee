//! Settings: extensions, agents, queues, skills, routes and roles of the configuration's file, shown and changed one at a
//! time. A change is first a [`Proposal`], a text that is looked at; comments and order of the file stay.

mod diff;
mod people;
mod propose;
mod show;
mod tables;
#[cfg(test)]
mod tests;
mod values;

pub use diff::{difference, lines_changed};
pub use propose::{Proposal, propose};
pub use show::list;

use super::keys::{self, AGENT, EXTENSION, Key, QUEUE, ROUTES};
use switchroom_wire::SettingKind;

/// Keys whose values are shown to nobody, in whatever table they stand.
const SECRETS: [&str; 3] = ["pin", "digest_md5", "digest_sha256"];

/// What is shown of the digests of an extension, and set by no form.
const PASSWORD: &str = "password";

/// The tables of a kind that has some: their name in the file, and in the table of keys.
fn tables_of(kind: SettingKind) -> Option<(&'static str, &'static str)> {
    match kind {
        SettingKind::Extension => Some(("extensions", EXTENSION)),
        SettingKind::Agent => Some(("agents", AGENT)),
        SettingKind::Queue => Some(("queues", QUEUE)),
        SettingKind::Route => Some((ROUTES, ROUTES)),
        SettingKind::Skill | SettingKind::Role => None,
    }
}

/// The keys that a form of that kind has.
fn keys_of(kind: SettingKind) -> impl Iterator<Item = &'static Key> {
    let table = tables_of(kind).and_then(|(_, name)| keys::table(name));
    table.into_iter().flat_map(|table| table.keys).filter(|key| !key.name.starts_with("digest_"))
}
