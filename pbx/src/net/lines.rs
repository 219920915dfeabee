//! Connections of our own to contacts of the configuration (`;transport=tcp`): one to each host and port, for all contacts there.
//!
//! A connection is made when the daemon starts and when the configuration begins to name it, and made anew when it is lost: soon, and
//! after each further failure less and less often, as names are looked up ([`super::resolver`]). Each time the host is looked up
//! again, and its addresses are tried in their order, each for `LIMIT` at most. While a connection stands nobody is looked up:
//! it leads where it leads. What becomes of it is told each time, and once more at each reload, so that whoever was told knows it
//! though it has forgotten. A connection that the configuration names no more is closed.
//!
//! It goes out from the address that we listen at over TCP, for that is the one that we name to the peer: requests of the peer may
//! come over this connection or to that address.

use super::resolver::{ask, wait_after};
use super::tcp::{Served, Timeouts};
use super::{Inbox, Shared};
use crate::clock::mono_us;
use crate::config::{Listen, Transport as ListenTransport};
use socket2::SockRef;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use switchroom_exchange::{Config, Flow, HostAddress, Place, Transport};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};

/// How long making a connection to one address may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Hosts that are looked up or connected to at once.
const AT_ONCE_MAX: usize = 8;
/// A connection that did not last so long counts as a failure: who takes and closes each is asked seldom.
const LASTING_US: u64 = 60_000_000;
/// A peer that acknowledges nothing for so long is gone.
const UNHEARD: Duration = Duration::from_secs(30);
/// Between two tries to tell of a connection.
const TELL_AGAIN: Duration = Duration::from_millis(20);
/// As those of phones, but that nothing has to come: whether there is anybody is asked with OPTIONS.
const TIMEOUTS: Timeouts = Timeouts { first_message: FOR_LONG, idle: FOR_LONG, ..Timeouts::USUAL };
const FOR_LONG: Duration = Duration::from_secs(7 * 86_400);

/// Host and port.
type Target = (String, u16);
/// Who is told of connections. Must not wait; false if it cannot be told now.
pub type OnConnected = Arc<dyn Fn(String, u16, Result<Flow, String>) -> bool + Send + Sync>;

/// Keeps connections.
#[derive(Clone, Default)]
pub struct Lines {
    wanted: Arc<watch::Sender<BTreeSet<Target>>>,
}

/// What each of them needs.
struct Around {
    listen: Arc<[Listen]>,
    inbox: Arc<dyn Inbox>,
    shared: Arc<Shared>,
    tell: OnConnected,
    places: Arc<Semaphore>,
}

impl Lines {
    /// Begins, on the runtime that this is called in.
    pub(super) fn start(
        &self,
        listen: Arc<[Listen]>,
        (inbox, shared): (Arc<dyn Inbox>, Arc<Shared>),
        tell: OnConnected,
    ) {
        let places = Arc::new(Semaphore::new(AT_ONCE_MAX));
        tokio::spawn(run(self.wanted.subscribe(), Arc::new(Around { listen, inbox, shared, tell, places })));
    }

    /// From now on those connections that the configuration names.
    pub fn want(&self, config: &Config) {
        let contacts = config.extensions.values().filter_map(|extension| extension.contact.as_ref());
        let targets = contacts.filter_map(|contact| match &contact.place {
            Place::Connection { host, port } => Some((host.clone(), *port)),
            Place::Address { .. } | Place::Host { .. } => None,
        });
        self.wanted.send_replace(targets.collect());
    }
}

async fn run(mut wanted: watch::Receiver<BTreeSet<Target>>, around: Arc<Around>) {
    // Dropping what stands here ends the connection.
    let mut kept: BTreeMap<Target, watch::Sender<()>> = BTreeMap::new();
    loop {
        let targets = wanted.borrow_and_update().clone();
        kept.retain(|target, again| targets.contains(target) && again.send(()).is_ok());
        for target in targets {
            kept.entry(target).or_insert_with_key(|target| {
                let (again, told_again) = watch::channel(());
                tokio::spawn(keep(target.clone(), told_again, around.clone()));
                again
            });
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Keeps one connection for as long as it is wanted.
async fn keep((host, port): Target, mut again: watch::Receiver<()>, around: Arc<Around>) {
    let mut failures = 0;
    loop {
        let begin = mono_us();
        match around.connect(&host, port).await {
            Ok((stream, flow)) => {
                if !around.serve(stream, flow, (&host, port), &mut again).await {
                    return;
                }
            }
            Err(why) => _ = (around.tell)(host.clone(), port, Err(why)),
        }
        let has_lasted = mono_us().saturating_sub(begin) >= LASTING_US;
        failures = if has_lasted { 1 } else { failures + 1 };
        tokio::select! {
            () = tokio::time::sleep(wait_after(failures)) => {}
            // A reload: the host, or what is said of it, may be mended.
            more = again.changed() => if more.is_err() { return },
        }
    }
}

impl Around {
    /// Makes a connection; why there is none, in words.
    async fn connect(&self, host: &str, port: u16) -> Result<(TcpStream, Flow), String> {
        // An address is looked up, too: which of ours it reaches.
        let all = ask(host, (self.listen.clone(), ListenTransport::Tcp), &self.places).await?;
        let _place = self.places.acquire().await;
        let mut why = String::new();
        for HostAddress { local, ip } in all {
            let remote = SocketAddr::new(ip, port);
            match tokio::time::timeout(LIMIT, connect(local.ip(), remote)).await {
                Ok(Ok(stream)) => {
                    let connection = self.shared.last.fetch_add(1, Ordering::Relaxed) + 1;
                    return Ok((stream, Flow { transport: Transport::Tcp, local, remote, connection }));
                }
                Ok(Err(error)) => why = format!("{remote}: {error}"),
                Err(_) => why = format!("{remote}: no answer within {} s", LIMIT.as_secs()),
            }
        }
        Err(why)
    }

    /// Tells of a connection, once more whenever that is wanted, and serves it to its end. False if it is wanted no more.
    async fn serve(
        &self,
        stream: TcpStream,
        flow: Flow,
        (host, port): (&str, u16),
        again: &mut watch::Receiver<()>,
    ) -> bool {
        let (inbox, shared) = (self.inbox.clone(), self.shared.clone());
        let served = Served { flow, timeouts: TIMEOUTS, is_ours: true, inbox, shared };
        let Some(serving) = served.list(stream) else {
            _ = (self.tell)(host.to_owned(), port, Err("there are too many connections".to_owned()));
            return true;
        };
        // Nothing is read before, so that it is known when its first message comes.
        self.tell_of(flow, host, port).await;
        let mut serving = std::pin::pin!(serving);
        loop {
            tokio::select! {
                () = &mut serving => return true,
                more = again.changed() => match more {
                    Ok(()) => self.tell_of(flow, host, port).await,
                    Err(_) => {
                        // Not to be listed any more closes it.
                        self.shared.connections().remove(&flow.connection);
                        serving.await;
                        return false;
                    }
                },
            }
        }
    }

    async fn tell_of(&self, flow: Flow, host: &str, port: u16) {
        while !(self.tell)(host.to_owned(), port, Ok(flow)) {
            tokio::time::sleep(TELL_AGAIN).await;
        }
    }
}

/// Connects from one of our addresses.
async fn connect(local: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind((local, 0).into())?;
    let stream = socket.connect(remote).await?;
    SockRef::from(&stream).set_tcp_user_timeout(Some(UNHEARD))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::net::Net;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, Sender, channel};

    const PATIENT: Duration = Duration::from_secs(20);
    const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

    #[derive(Debug)]
    enum Seen {
        Line(String, u16, Result<Flow, String>),
        Message(Flow),
        Lost(Flow),
    }

    struct Sink(Sender<Seen>);

    impl Inbox for Sink {
        fn message(&self, flow: Flow, _: Vec<u8>) -> bool {
            self.0.send(Seen::Message(flow)).is_ok()
        }
        fn flow_lost(&self, flow: Flow) -> bool {
            self.0.send(Seen::Lost(flow)).is_ok()
        }
    }

    struct Rig {
        net: Net,
        lines: Lines,
        seen: Receiver<Seen>,
        _runtime: tokio::runtime::Runtime,
    }

    fn rig() -> Rig {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let (tx, seen) = channel();
        let listen = [Listen { transport: ListenTransport::Tcp, address: "127.0.0.1:0".parse().unwrap() }];
        let net = runtime.block_on(Net::start(&listen, Arc::new(Sink(tx.clone())))).unwrap();
        let lines = Lines::default();
        let tell = move |host, port, found| tx.send(Seen::Line(host, port, found)).is_ok();
        runtime.block_on(async { net.keep(&lines, Arc::new(tell)) });
        Rig { net, lines, seen, _runtime: runtime }
    }

    impl Rig {
        /// Two contacts at that place.
        fn want(&self, hosts: &[String]) {
            let mut text = "[sip]\nlisten = [\"tcp 127.0.0.1:5060\"]\n".to_owned();
            for (n, host) in hosts.iter().enumerate() {
                for number in [100 + n, 200 + n] {
                    text.push_str(&format!(
                        "[extensions.{number}]\ncontact = \"sip:{number}@{host};transport=tcp\"\n"
                    ));
                }
            }
            let dir = std::path::Path::new("/");
            self.lines.want(&crate::config::parse(&text, &dir.join("x.toml"), dir).unwrap().config);
        }

        fn next(&self) -> Seen {
            self.seen.recv_timeout(PATIENT).unwrap()
        }

        fn flow(&self) -> Flow {
            match self.next() {
                Seen::Line(_, _, Ok(flow)) => flow,
                other => panic!("{other:?}"),
            }
        }
    }

    /// A real connection, made by name, shared, used in both directions, told again, lost, made anew, and closed at last.
    #[test]
    fn a_connection_is_kept_for_as_long_as_it_is_wanted() {
        let peer = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = format!("localhost:{}", peer.local_addr().unwrap().port());
        let rig = rig();
        rig.want(std::slice::from_ref(&at));
        let (mut theirs, from) = peer.accept().unwrap();
        let flow = rig.flow();
        assert_eq!((flow.transport, flow.remote), (Transport::Tcp, peer.local_addr().unwrap()));
        assert_eq!(flow.local, rig.net.bound()[0].address, "the address that the peer is told of");
        assert_eq!(from.ip(), flow.local.ip());
        rig.net.send(&flow, &OPTIONS.into());
        let mut heard = vec![0; OPTIONS.len()];
        theirs.read_exact(&mut heard).unwrap();
        assert_eq!(heard, OPTIONS);
        theirs.write_all(OPTIONS).unwrap();
        assert!(matches!(rig.next(), Seen::Message(by) if by == flow));

        rig.want(std::slice::from_ref(&at));
        assert_eq!(rig.flow(), flow, "a reload is told of it again");
        // It has said nothing, and is missed all the same.
        drop(theirs);
        assert!(matches!(rig.next(), Seen::Lost(lost) if lost == flow));
        rig.want(std::slice::from_ref(&at));
        let (mut theirs, _) = peer.accept().unwrap();
        let second = rig.flow();
        assert_ne!(second.connection, flow.connection);
        rig.want(&[]);
        assert!(matches!(rig.next(), Seen::Lost(lost) if lost == second));
        assert_eq!(theirs.read(&mut [0; 1]).unwrap(), 0, "closed");
    }

    #[test]
    fn why_there_is_none_is_told() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let rig = rig();
        rig.want(&[closed.to_string(), "nowhere.invalid".to_owned(), "192.0.2.7:5070".to_owned()]);
        let mut all = BTreeMap::new();
        while all.len() < 3 {
            let Seen::Line(host, port, Err(why)) = rig.next() else { panic!("connected") };
            all.insert((host, port), why);
        }
        let why = |host: &str, port| all[&(host.to_owned(), port)].as_str();
        assert!(why("127.0.0.1", closed.port()).contains("refused"), "{all:?}");
        assert!(!why("nowhere.invalid", 5060).is_empty());
        let unreachable = "it is 192.0.2.7, and nothing in listen reaches that over TCP";
        assert_eq!(why("192.0.2.7", 5070), unreachable);
    }
}
