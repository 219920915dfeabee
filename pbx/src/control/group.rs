//! The Unix group that may open the control socket.

use nix::unistd::{Gid, Group, getegid, geteuid, getgroups};

/// The group that the systemd unit has for users of the console. Who is in it can open the socket and nothing else of ours.
const USUAL: &str = "switchroom-console";

/// Why the socket cannot be given to a group, and what to do: whoever changes a file's group must be in it, or root.
pub(super) fn fault(named: Option<&str>) -> Option<String> {
    let name = named?;
    match id_of(name) {
        None => Some(format!(
            "the control socket is shut: there is no group {name} on this machine (`group` in [control]); make it with \
             groupadd, and start anew"
        )),
        Some(gid) if !may_give(gid) => Some(not_in(name)),
        Some(_) => None,
    }
}

fn not_in(name: &str) -> String {
    format!(
        "the control socket is shut: the exchange's user is not in the group {name} (`group` in [control]); \
         SupplementaryGroups={name} in the unit, or leave group out, and start anew"
    )
}

/// The group that is given the socket: the one that is named, else the unit's, if we are in it.
pub(super) fn id(named: Option<&str>) -> Option<u32> {
    let found = match named {
        Some(name) => id_of(name),
        None => id_of(USUAL).filter(|gid| is_ours(*gid)),
    };
    found.map(Gid::as_raw)
}

fn id_of(name: &str) -> Option<Gid> {
    Group::from_name(name).ok().flatten().map(|group| group.gid)
}

fn may_give(gid: Gid) -> bool {
    geteuid().is_root() || is_ours(gid)
}

fn is_ours(gid: Gid) -> bool {
    getegid() == gid || getgroups().is_ok_and(|groups| groups.contains(&gid))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_group_that_cannot_have_the_socket_is_named_with_what_to_do() {
        assert_eq!(fault(None), None);
        let fault_of = fault(Some("no-such-group")).unwrap();
        assert!(fault_of.contains("no group no-such-group on this machine"), "{fault_of}");
        assert_eq!(id(Some("no-such-group")), None);
        let own = Group::from_gid(getegid()).unwrap().unwrap();
        assert_eq!(fault(Some(&own.name)), None);
        assert_eq!(id(Some(&own.name)), Some(own.gid.as_raw()));
        assert!(is_ours(own.gid) && !is_ours(Gid::from_raw(u32::MAX - 7)));
        assert!(not_in("desk").contains("SupplementaryGroups=desk in the unit"));
    }
}
