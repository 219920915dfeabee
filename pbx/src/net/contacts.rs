//! Our address of each configured contact: the one that it reaches.

use super::local::{Local, route};
use crate::config::{Listen, Transport as ListenTransport};
use std::net::{IpAddr, SocketAddr};
use switchroom_exchange::{HostAddress, Place};

/// Finds our address of each contact that has an IP address.
pub fn place_contacts(config: &mut switchroom_exchange::Config, listen: &[Listen]) {
    let mut ours = Local::default();
    for contact in config.extensions.values_mut().filter_map(|extension| extension.contact.as_mut()) {
        if let Place::Address { local, remote } = &mut contact.place
            && let Some(found) = towards(remote.ip(), (listen, ListenTransport::Udp), &mut ours)
        {
            *local = found;
        }
    }
}

/// Those of a host's addresses that can be called from here, in their order, at most `most`.
pub(super) fn usable(
    found: impl Iterator<Item = IpAddr>,
    here: (&[Listen], ListenTransport),
    most: usize,
) -> Vec<HostAddress> {
    let mut ours = Local::default();
    found
        // What a name server says is not believed further than that.
        .take(most)
        .map(|ip| ip.to_canonical())
        .filter(|ip| is_callable(*ip))
        .filter_map(|ip| Some(HostAddress { local: towards(ip, here, &mut ours)?, ip }))
        .collect()
}

/// Whether a host can have that address for itself alone, and it says by itself which way leads there.
fn is_callable(ip: IpAddr) -> bool {
    let is_shared = match ip {
        IpAddr::V4(v4) => v4.is_broadcast(),
        // Without the interface it is no address.
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(ip.is_unspecified() || ip.is_multicast() || is_shared)
}

/// Our address that a peer reaches, if it reaches any.
fn towards(remote: IpAddr, here: (&[Listen], ListenTransport), ours: &mut Local) -> Option<SocketAddr> {
    Some(ours.towards(remote, bound_towards(remote, route(remote), here)?))
}

/// What of `listen` reaches a peer over a transport: what is bound to the address that routing gives as our own, else to all, else to one that
/// others reach. Loopback reaches itself only.
pub(super) fn bound_towards(
    remote: IpAddr,
    routed: Option<IpAddr>,
    (listen, transport): (&[Listen], ListenTransport),
) -> Option<SocketAddr> {
    let ours = listen.iter().filter(|l| l.transport == transport).map(|l| l.address);
    let ours = ours.filter(|a| a.is_ipv4() == remote.is_ipv4());
    let ours = ours.filter(|a| remote.is_loopback() || !a.ip().is_loopback());
    ours.min_by_key(|a| (routed != Some(a.ip()), !a.ip().is_unspecified()))
}
