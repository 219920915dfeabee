//! Names of hosts that contacts have, looked up as the shell looks them up, by a name server that is not always right.

use super::{Came, Next, Step, World};
use crate::sim::network::HERE;
use crate::sim::world::site::host_of;
use std::net::{IpAddr, SocketAddr};
use switchroom_exchange::HostAddress;

/// Where nobody is.
const NOBODY: [u8; 4] = [10, 9, 9, 9];
/// Between two look-ups, and after one that failed, microseconds.
const EVERY_US: u64 = 60_000_000;
const AGAIN_US: u64 = 5_000_000;

impl World {
    /// The exchange starts: it knows nothing of what was told before.
    pub(super) fn begin_to_look_up(&mut self) {
        self.hosts.clear();
        let named = |place: &usize| self.setup.phones[*place].host_fails_percent.is_some();
        let places: Vec<usize> = (0..self.setup.phones.len()).filter(named).collect();
        for phone in places {
            let wait = self.rng.below(500_000);
            self.soon(wait, Next::LookUp { life: self.lives, phone });
        }
    }

    pub(super) fn look_up(&mut self, life: u32, phone: usize) -> Option<Step> {
        if life != self.lives || self.is_down {
            return None;
        }
        let setup = &self.setup.phones[phone];
        let (host, real) = (host_of(setup), setup.public.ip());
        let fails_percent = setup.host_fails_percent?;
        let goes_wrong = self.is_faulty && self.rng.below(100) < fails_percent.into();
        let at = |ip: IpAddr| HostAddress { local: HERE, ip };
        // Where nobody is asked whether he is there, nobody finds out that he is not at the first of two addresses.
        let finds_out = self.setup.site.keep_alive_s > 0;
        let found = match (goes_wrong, self.rng.below(3)) {
            (false, _) if !finds_out => Ok(vec![at(real)]),
            (false, 0) => Ok(vec![at(real), at(NOBODY.into())]),
            (false, 1) if fails_percent > 0 => Ok(vec![at(NOBODY.into()), at(real)]),
            (false, _) => Ok(vec![at(real)]),
            (true, 0) => Ok(vec![at(NOBODY.into())]),
            (true, 1) => Ok(vec![]),
            (true, _) => Err("nobody answers".to_owned()),
        };
        self.soon(if goes_wrong { AGAIN_US } else { EVERY_US }, Next::LookUp { life, phone });
        if let Ok(found) = &found
            && !found.is_empty()
        {
            self.hosts.insert(host.clone(), found.clone());
        }
        self.tell(Came::Resolved(host, found))
    }

    /// Whether a host was told to be there.
    pub fn is_host_at(&self, host: &str, place: SocketAddr) -> bool {
        self.hosts.get(host).is_some_and(|all| all.iter().any(|at| at.ip == place.ip()))
    }
}
