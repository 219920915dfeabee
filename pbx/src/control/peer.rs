//! Who is on the other end of the socket: what the kernel says, never what the client says.

use crate::config::{Principal, ShellConfig};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::CString;
use switchroom_wire::Role;

/// A user of the control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) user: String,
    pub(super) role: Role,
}

/// Names a user and finds the highest role it has. Root and the daemon's own user are admins: they could do anything
/// to the daemon anyhow. Who is in no list, but may open the socket, is a viewer.
pub(super) fn identify(uid: u32, gid: u32, config: &ShellConfig) -> Peer {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.as_ref().map_or_else(|| format!("uid {uid}"), |u| u.name.clone());
    let is_own = uid == 0 || uid == rustix::process::geteuid().as_raw();
    let groups = group_names(user.as_ref(), gid);
    let listed = config.roles.iter().filter(|(who, _)| match who {
        Principal::User(listed) => *listed == name,
        Principal::Group(listed) => groups.contains(listed),
    });
    let role = listed.map(|(_, role)| *role).max();
    Peer { role: if is_own { Role::Admin } else { role.unwrap_or(Role::Viewer) }, user: name }
}

fn group_names(user: Option<&User>, gid: u32) -> Vec<String> {
    let listed = user.and_then(|u| {
        let name = CString::new(u.name.as_str()).ok()?;
        getgrouplist(&name, u.gid).ok()
    });
    listed
        .unwrap_or_default()
        .into_iter()
        .chain([Gid::from_raw(gid)])
        .filter_map(|gid| Group::from_gid(gid).ok().flatten())
        .map(|group| group.name)
        .collect()
}
