//! Who is on the other end of the socket: what the kernel says, never what the client says.

use crate::config::{Principal, ShellConfig};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::CString;
use std::time::Duration;
use switchroom_wire::Role;

/// How long the machine may take to name a user and its groups.
pub(super) const NAMED_WITHIN: Duration = Duration::from_secs(10);

/// A user of the control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) user: String,
    pub(super) role: Role,
}

/// Asks who a user is, beside everything else: a directory service that hangs holds up the one who asks, not the phones. The
/// error says why nobody is named.
pub(super) async fn in_time<T: Send + 'static>(
    within: Duration,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(within, tokio::task::spawn_blocking(ask)).await {
        Ok(Ok(named)) => Ok(named),
        Ok(Err(_)) => Err("the machine cannot say who you are".to_owned()),
        Err(_) => {
            let seconds = within.as_secs();
            tracing::warn!(
                "a user of the control socket was not named within {seconds} s: is the directory service of this machine away?"
            );
            Err(format!(
                "this machine has not said within {seconds} s who you are: its directory service may be away"
            ))
        }
    }
}

/// Names a user and finds the highest role it has. Root and the daemon's own user are admins: they could do anything
/// to the daemon anyhow. Who is in no list, but may open the socket, is a viewer.
pub(super) fn identify(uid: u32, gid: u32, config: &ShellConfig) -> Peer {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.as_ref().map_or_else(|| format!("uid {uid}"), |u| u.name.clone());
    let is_own = uid == 0 || uid == rustix::process::geteuid().as_raw();
    if is_own {
        // Groups are asked of every source that the machine has: this user must not depend on one that is away.
        return Peer { user: name, role: Role::Admin };
    }
    let groups = group_names(user.as_ref(), gid);
    let listed = config.roles.iter().filter(|(who, _)| match who {
        Principal::User(listed) => *listed == name,
        Principal::Group(listed) => groups.contains(listed),
    });
    let role = listed.map(|(_, role)| *role).max();
    Peer { role: role.unwrap_or(Role::Viewer), user: name }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::channel;

    const LONG: Duration = Duration::from_secs(60);

    /// One thread for everything, and a user whom a directory service does not name.
    #[test]
    fn whoever_waits_for_a_name_holds_up_nobody_else() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (answer, waits) = channel::<()>();
        let in_time_for_the_other = runtime.block_on(async {
            let slow = tokio::spawn(in_time(LONG, move || waits.recv_timeout(LONG / 6).is_ok()));
            let quick = tokio::spawn(in_time(LONG, || "quick"));
            assert_eq!(quick.await.unwrap().unwrap(), "quick");
            // Nobody listens any more if the quick one had to wait for the slow one.
            let is_heard = answer.send(()).is_ok();
            slow.await.unwrap().unwrap() && is_heard
        });
        assert!(in_time_for_the_other);
    }

    #[test]
    fn who_is_not_named_in_time_is_turned_away() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (done, waits) = channel::<()>();
        let why = runtime.block_on(in_time(Duration::from_millis(10), move || waits.recv().is_ok()));
        assert!(why.unwrap_err().contains("directory service"));
        drop(done);
    }
}
