//! Names of hosts become addresses: what contacts of the configuration name is looked up here.
//!
//! A name server may be slow, may be gone, and may say anything. So:
//!
//! - The system is asked (`getaddrinfo`: hosts file, name servers, search domains) on threads of their own, a few at once
//!   (`AT_ONCE_MAX`), never on a thread of SIP, media or the engine. Nobody waits for it: the exchange starts without, and is told.
//! - A look-up is waited for only so long (`LIMIT`). The system cannot be told to give up, so a thread that hangs counts against the
//!   bound until it comes back: names that hang cannot pile up threads.
//! - Names are looked up when the daemon starts, at each reload, and each minute (`EVERY`); after a failure sooner, and then
//!   less and less often. What was found is told each time, so that nothing lost on the way is missing for longer than that. A
//!   name that was found before is told to be lost when it failed `PATIENCE` times in a row.
//! - Only addresses that can be called from where we listen are told, at most `HOST_ADDRESSES_MAX`.
//!
//! A name is looked up as A and AAAA only, with port 5060 unless the contact has one. SRV and NAPTR (RFC 3263), which a name without a
//! port may have, are not asked for: the system has no call for that.

use super::contacts::usable;
use crate::clock::mono_us;
use crate::config::{Listen, Transport};
use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::limits::HOST_ADDRESSES_MAX;
use switchroom_exchange::{Config, HostAddress, Place};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Look-ups at once.
const AT_ONCE_MAX: usize = 8;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(5);
/// From one to the next,
const EVERY: Duration = Duration::from_secs(60);
/// and after a failure, twice as long after each further one.
const AGAIN: Duration = Duration::from_secs(5);
/// Failures in a row after which a name that was found is told to be lost.
const PATIENCE: u32 = 3;
/// Characters of what the system says.
const SAID_MAX: usize = 200;

/// What came of a look-up: addresses, or why there are none.
pub type Found = Result<Vec<HostAddress>, String>;
/// Who is told. Must not wait; false if it cannot be told now.
pub type OnFound = Arc<dyn Fn(String, Found) -> bool + Send + Sync>;

/// Looks names up, again and again.
#[derive(Clone, Default)]
pub struct Resolver {
    wanted: Arc<watch::Sender<BTreeSet<String>>>,
}

impl Resolver {
    /// Begins, on that runtime.
    pub fn start(&self, runtime: &Handle, listen: Vec<Listen>, tell: OnFound) {
        runtime.spawn(run(self.wanted.subscribe(), listen.into(), tell));
    }

    /// From now on those names that the configuration has; each is looked up at once.
    pub fn want(&self, config: &Config) {
        let names = names(config).into_iter().filter(|(_, over)| *over == Transport::Udp);
        self.wanted.send_replace(names.map(|(name, _)| name).collect());
    }
}

/// The hosts that a configuration names, and over what they are reached.
pub fn names(config: &Config) -> BTreeSet<(String, Transport)> {
    let contacts = config.extensions.values().filter_map(|extension| extension.contact.as_ref());
    let names = contacts.filter_map(|contact| match &contact.place {
        Place::Host { name, .. } => Some((name.clone(), Transport::Udp)),
        Place::Connection { host, .. } if host.parse::<IpAddr>().is_err() => {
            Some((host.clone(), Transport::Tcp))
        }
        Place::Connection { .. } | Place::Address { .. } => None,
    });
    names.collect()
}

async fn run(mut wanted: watch::Receiver<BTreeSet<String>>, listen: Arc<[Listen]>, tell: OnFound) {
    let places = Arc::new(Semaphore::new(AT_ONCE_MAX));
    loop {
        let names = wanted.borrow_and_update().clone();
        // Dropped with its tasks when others are wanted.
        let mut all = JoinSet::new();
        for name in names {
            all.spawn(look_after(name, listen.clone(), places.clone(), tell.clone()));
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Looks one name up, for as long as it is wanted.
async fn look_after(name: String, listen: Arc<[Listen]>, places: Arc<Semaphore>, tell: OnFound) {
    let (mut failures, mut is_known) = (0_u32, false);
    loop {
        let found = ask(&name, (listen.clone(), Transport::Udp), &places).await;
        failures = if found.is_ok() { 0 } else { failures.saturating_add(1) };
        let is_news = found.is_ok() || !is_known || failures >= PATIENCE;
        is_known |= found.is_ok();
        let is_told = !is_news || tell(name.clone(), found);
        tokio::time::sleep(wait_after(failures + u32::from(!is_told))).await;
    }
}

/// Looks one name up, within [`LIMIT`], once there is a place for it.
pub(super) async fn ask(name: &str, here: (Arc<[Listen]>, Transport), places: &Arc<Semaphore>) -> Found {
    let Ok(place) = places.clone().acquire_owned().await else { return Err("all is stopping".to_owned()) };
    let name = name.to_owned();
    let looking = tokio::task::spawn_blocking(move || {
        let found = look_up(&name, (&here.0, here.1));
        drop(place);
        found
    });
    match tokio::time::timeout(LIMIT, looking).await {
        Ok(found) => found.unwrap_or_else(|_| Err("all is stopping".to_owned())),
        Err(_) => Err(too_long(LIMIT)),
    }
}

/// How long nothing is tried after so many failures in a row.
pub(super) fn wait_after(failures: u32) -> Duration {
    match failures {
        0 => EVERY,
        some => AGAIN.saturating_mul(1 << (some - 1).min(8)).min(EVERY),
    }
}

fn too_long(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs())
}

/// Looks one name up; waits as long as the system does.
fn look_up(name: &str, here: (&[Listen], Transport)) -> Found {
    let found = (name, 0).to_socket_addrs().map_err(|error| {
        let said = error.to_string();
        let said = said.strip_prefix("failed to lookup address information: ").unwrap_or(&said);
        switchroom_wire::clean(&said.chars().take(SAID_MAX).collect::<String>()).into_owned()
    })?;
    let found: Vec<IpAddr> = found.map(|at| at.ip()).take(HOST_ADDRESSES_MAX).collect();
    let usable = usable(found.iter().copied(), here, HOST_ADDRESSES_MAX);
    match found.first() {
        None => Err("nothing was found".to_owned()),
        Some(first) if usable.is_empty() => {
            let over = if here.1 == Transport::Udp { "UDP" } else { "TCP" };
            Err(format!("it is {first}, and nothing in listen reaches that over {over}"))
        }
        Some(_) => Ok(usable),
    }
}

/// Looks names up once, all of them within `limit`.
pub fn look_up_all(
    names: BTreeSet<(String, Transport)>,
    listen: &[Listen],
    limit: Duration,
) -> Vec<(String, Found)> {
    let limit_us = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let end = mono_us().saturating_add(limit_us);
    let (tell, found) = std::sync::mpsc::channel();
    let queue = Arc::new(std::sync::Mutex::new(names.clone()));
    for _ in 0..AT_ONCE_MAX.min(names.len()) {
        let (queue, tell, listen) = (queue.clone(), tell.clone(), listen.to_vec());
        // One that hangs is left behind: it holds nothing that anybody wants.
        std::thread::spawn(move || {
            let next = || queue.lock().ok()?.pop_first();
            while let Some(name) = next() {
                let found = look_up(&name.0, (&listen, name.1));
                if tell.send((name, found)).is_err() {
                    return;
                }
            }
        });
    }
    drop(tell);
    let mut open = names;
    let mut all = Vec::new();
    let left = || Duration::from_micros(end.saturating_sub(mono_us()));
    while let Ok((name, found)) = found.recv_timeout(left()) {
        open.remove(&name);
        all.push((name, found));
    }
    all.extend(open.into_iter().map(|name| (name, Err(too_long(limit)))));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|((name, _), found)| (name, found)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    const PATIENT: Duration = Duration::from_secs(20);

    fn listen(all: &[&str]) -> Vec<Listen> {
        let udp = |at: &&str| Listen { transport: Transport::Udp, address: at.parse().unwrap() };
        all.iter().map(udp).collect()
    }

    /// A configuration whose contacts are at these.
    fn config(hosts: &[&str]) -> Config {
        let mut text = "[sip]\nlisten = [\"udp 127.0.0.1:5060\"]\n".to_owned();
        for (n, host) in hosts.iter().enumerate() {
            text.push_str(&format!("[extensions.10{n}]\ncontact = \"sip:a@{host}\"\n"));
        }
        let dir = std::path::Path::new("/");
        crate::config::parse(&text, &dir.join("switchroom.toml"), dir).unwrap().config
    }

    fn started(resolver: &Resolver) -> (tokio::runtime::Runtime, Receiver<(String, Found)>) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tell, told) = channel();
        let tell = Arc::new(move |name, found| tell.send((name, found)).is_ok());
        resolver.start(runtime.handle(), listen(&["127.0.0.1:5060"]), tell);
        (runtime, told)
    }

    /// The real resolver: a name that every machine has, and one that none has (RFC 6761).
    #[test]
    fn what_is_wanted_is_looked_up_and_told() {
        let resolver = Resolver::default();
        let (runtime, told) = started(&resolver);
        resolver.want(&config(&["192.0.2.7", "LocalHost", "nowhere.invalid"]));
        let mut all = vec![told.recv_timeout(PATIENT).unwrap(), told.recv_timeout(PATIENT).unwrap()];
        all.sort_by_key(|(name, _)| name.clone());
        let here = HostAddress {
            local: "127.0.0.1:5060".parse().unwrap(),
            ip: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        assert_eq!(all[0], ("localhost".to_owned(), Ok(vec![here])), "IPv6 is not listened to");
        assert_eq!(all[1].0, "nowhere.invalid");
        assert!(all[1].1.is_err(), "{all:?}");

        // A reload looks again at once, at what is named now and nothing else.
        resolver.want(&config(&["localhost"]));
        assert_eq!(told.recv_timeout(PATIENT).unwrap(), all[0]);
        resolver.want(&config(&[]));
        runtime.shutdown_background();
    }

    #[test]
    fn a_failing_name_is_asked_for_soon_and_then_seldom() {
        let waits: Vec<u64> = (0..7).map(|failures| wait_after(failures).as_secs()).collect();
        assert_eq!(waits, [60, 5, 10, 20, 40, 60, 60]);
        assert_eq!(wait_after(u32::MAX), EVERY);
    }

    #[test]
    fn only_what_can_be_called_from_here_is_taken() {
        let from = |found: &[&str], here: &[&str]| -> Vec<String> {
            let found = found.iter().map(|ip| ip.parse().unwrap());
            usable(found, (&listen(here), Transport::Udp), 4).iter().map(|at| at.ip.to_string()).collect()
        };
        let lo = ["127.0.0.1:5060"];
        assert_eq!(from(&["::1", "127.0.0.1", "127.0.0.1"], &lo), ["127.0.0.1", "127.0.0.1"]);
        assert_eq!(from(&["192.0.2.7"], &lo), [""; 0], "loopback reaches nobody else");
        assert_eq!(from(&["::ffff:127.0.0.7"], &lo), ["127.0.0.7"]);
        let any = ["0.0.0.0:5060", "[::]:5060"];
        let strange = ["0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1"];
        assert_eq!(from(&strange, &any), [""; 0]);
        assert_eq!(from(&["fe80::1", "192.0.2.7"], &any), ["192.0.2.7"]);
        assert_eq!(from(&["192.0.2.7"; 99], &any).len(), 4, "and no more than anybody needs");
    }

    /// A name server that never answers holds nobody up.
    #[test]
    fn a_look_up_of_many_ends_in_time() {
        let limit = Duration::from_secs(10);
        let here = || BTreeSet::from([("localhost".to_owned(), Transport::Udp)]);
        let names = ["localhost", "nowhere.invalid"].map(|name| (name.to_owned(), Transport::Udp));
        let all = look_up_all(names.into(), &listen(&["127.0.0.1:5060"]), limit);
        assert_eq!(
            all.iter().map(|(name, found)| (name.as_str(), found.is_ok())).collect::<Vec<_>>(),
            [("localhost", true), ("nowhere.invalid", false)]
        );
        let all = look_up_all(here(), &[], limit);
        assert!(
            all[0].1.as_ref().is_err_and(|why| why.contains("nothing in listen reaches that")),
            "{all:?}"
        );
        assert!(look_up_all(BTreeSet::new(), &[], limit).is_empty());
        let late = look_up_all(here(), &[], Duration::ZERO);
        assert_eq!(late.len(), 1, "each has an answer");
    }
}
