#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use std::io::{Read, Write};
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

enum Seen {
    Message(Flow, Vec<u8>),
    Lost(Flow),
}

struct Sink(std_mpsc::Sender<Seen>);

impl Inbox for Sink {
    fn message(&self, flow: Flow, bytes: Vec<u8>) -> bool {
        self.0.send(Seen::Message(flow, bytes)).is_ok()
    }
    fn flow_lost(&self, flow: Flow) -> bool {
        self.0.send(Seen::Lost(flow)).is_ok()
    }
}

fn start() -> (tokio::runtime::Runtime, Net, std_mpsc::Receiver<Seen>) {
    start_with(tcp::Timeouts::USUAL)
}

fn start_with(timeouts: tcp::Timeouts) -> (tokio::runtime::Runtime, Net, std_mpsc::Receiver<Seen>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (tx, rx) = std_mpsc::channel();
    let any = |transport| Listen { transport, address: "0.0.0.0:0".parse().unwrap() };
    let listen = [any(ListenTransport::Udp), any(ListenTransport::Tcp)];
    let net = runtime.block_on(Net::start_with(&listen, Arc::new(Sink(tx)), timeouts)).unwrap();
    (runtime, net, rx)
}

fn next(rx: &std_mpsc::Receiver<Seen>) -> Seen {
    rx.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn datagrams_go_both_ways_and_know_our_address() {
    let (_runtime, net, rx) = start();
    let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"hello", ("127.0.0.1", net.bound()[0].address.port())).unwrap();
    let Seen::Message(flow, bytes) = next(&rx) else { panic!() };
    assert_eq!((bytes.as_slice(), flow.remote), (&b"hello"[..], peer.local_addr().unwrap()));
    assert_eq!(flow.local.ip().to_string(), "127.0.0.1");
    net.send(&flow, &b"answer".as_slice().into());
    let mut buffer = [0; 16];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 6);
}

#[test]
fn connections_are_framed_answered_and_missed() {
    let (_runtime, net, rx) = start();
    let mut peer = std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
    peer.write_all(b"\r\n\r\nOPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\nOPTIONS").unwrap();
    let mut pong = [0; 2];
    peer.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\r\n");
    let Seen::Message(flow, bytes) = next(&rx) else { panic!() };
    assert!(bytes.ends_with(b"\r\n\r\n"));
    net.send(&flow, &b"SIP/2.0 200 OK".as_slice().into());
    let mut answer = [0; 14];
    peer.read_exact(&mut answer).unwrap();
    drop(peer);
    let Seen::Lost(lost) = next(&rx) else { panic!() };
    assert_eq!(lost, flow);
    assert_eq!(net.dropped(), 0);
}

/// Class "TCP connection exhaustion": one address gets so many connections and no more; closing makes room.
#[test]
fn tcp_connection_exhaustion() {
    let (_runtime, net, rx) = start();
    let port = net.bound()[1].address.port();
    let open = || std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let ping = |s: &mut std::net::TcpStream| {
        let mut pong = [0; 2];
        s.write_all(b"\r\n\r\n").and_then(|()| s.read_exact(&mut pong)).is_ok()
    };
    let mut held: Vec<_> = (0..CONNECTIONS_PER_ADDRESS).map(|_| open()).collect();
    assert!(held.iter_mut().all(ping));
    assert!(!ping(&mut open()), "one too many is closed");
    held[0].write_all(OPTIONS).unwrap();
    let Seen::Message(..) = next(&rx) else { panic!() };
    drop(held.remove(0));
    let Seen::Lost(_) = next(&rx) else { panic!() };
    assert!(ping(&mut open()));
}

/// Opening and closing connections costs the engine nothing: only those it has heard of are told to be gone.
#[test]
fn connections_that_said_nothing_are_not_missed() {
    let (_runtime, net, rx) = start();
    let open = || std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
    for _ in 0..20 {
        drop(open());
    }
    let mut peer = open();
    peer.write_all(OPTIONS).unwrap();
    let Seen::Message(flow, _) = next(&rx) else { panic!("nothing came before") };
    drop(peer);
    let Seen::Lost(lost) = next(&rx) else { panic!() };
    assert_eq!(lost, flow);
}

/// A peer that does not read is closed at once when what waits for it is too much, and the engine is told.
#[test]
fn a_peer_that_does_not_read_is_closed() {
    let (_runtime, net, rx) =
        start_with(tcp::Timeouts { write: Duration::from_secs(600), ..tcp::Timeouts::USUAL });
    let mut peer = std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
    peer.write_all(OPTIONS).unwrap();
    let Seen::Message(flow, _) = next(&rx) else { panic!() };
    let much: Arc<[u8]> = vec![b'x'; 1 << 20].into();
    // More than the kernel takes for both ends together and the queue holds.
    while net.dropped() == 0 {
        net.send(&flow, &much);
    }
    let Seen::Lost(lost) = next(&rx) else { panic!() };
    assert_eq!(lost, flow);
    let end = io::copy(&mut peer, &mut io::sink());
    assert!(end.is_err() || end.is_ok_and(|read| read < 1 << 28), "the stream ended");
}

/// Class "slowloris": bytes that trickle in gain no time, neither before the first message nor after it.
#[test]
fn slowloris() {
    let short = Duration::from_millis(150);
    let begun = b"OPTIONS sip:a SIP/2.0\r\nX: ";
    let trickle = |timeouts: tcp::Timeouts, first: &[u8]| {
        let (_runtime, net, rx) = start_with(timeouts);
        let mut peer = std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
        peer.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        peer.write_all(first).and_then(|()| peer.write_all(begun)).unwrap();
        // Far more often than the deadline, until the other end has had enough.
        let is_closed = (0..2_000).any(|_| {
            peer.write_all(b"x").is_err()
                || !matches!(peer.read(&mut [0; 1]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
        });
        assert!(is_closed, "each byte gained time");
        rx.try_iter().count()
    };
    assert_eq!(trickle(tcp::Timeouts { first_message: short, ..tcp::Timeouts::USUAL }, b""), 0);
    let seen = trickle(tcp::Timeouts { rest_of_message: short, ..tcp::Timeouts::USUAL }, OPTIONS);
    assert!(seen >= 1, "the message before was taken");
}

/// Lists a connection from there, if there is room.
fn list(shared: &Shared, id: u64, remote: impl Into<IpAddr>) -> bool {
    let remote = SocketAddr::new(remote.into(), 5060);
    let flow = Flow { transport: Transport::Tcp, local: remote, remote, connection: id };
    shared.list(id, Connection { flow, writer: mpsc::channel(1).0, _listed: oneshot::channel().0 })
}

/// The bounds hold however many listeners accept at the same moment.
#[test]
fn a_burst_does_not_pass_the_bounds() {
    let shared = Shared::default();
    let list = |id| list(&shared, id, [192, 0, 2, 1]);
    let taken = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..4)
            .map(|task| scope.spawn(move || (0..50).filter(|n| list(task * 100 + n)).count()))
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum::<usize>()
    });
    assert_eq!(taken, CONNECTIONS_PER_ADDRESS);
}

/// All phones of an office may be in one network of IPv6, and a host in it may take any address there.
#[test]
fn an_office_of_ipv6_gets_in_and_a_host_with_many_addresses_takes_a_share() {
    let shared = Shared::default();
    let mut ids = 0;
    let mut list = |network: u16, host: u16| {
        ids += 1;
        list(&shared, ids, [0x2001, 0xdb8, 1, network, 0, 0, 0, host])
    };
    // The old connection of each is not known to be dead yet.
    let office = (0..2).flat_map(|_| 1..=150).filter(|phone| list(2, *phone)).count();
    assert_eq!(office, 300);
    assert_eq!((0..100).filter(|_| list(3, 7)).count(), CONNECTIONS_PER_ADDRESS, "one address");
    let of_one_host = (1..=10_000).filter(|host| list(4, *host)).count();
    assert_eq!(of_one_host, CONNECTIONS_PER_NETWORK, "one network");
    assert!(list(5, 1) && list(2, 151), "others get in");
}

/// Class "Content-Length lies": a stream that cannot be followed is closed.
#[test]
fn a_stream_that_lies_is_closed() {
    let (_runtime, net, _rx) = start();
    let mut peer = std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
    peer.write_all(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n").unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
}

/// Whether this machine has IPv6.
fn has_v6() -> bool {
    std::net::UdpSocket::bind("[::1]:0").is_ok()
}

/// The same port over both kinds of addresses and both transports: four sockets, and each answers its own.
#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn both_kinds_of_addresses_are_listened_to_and_answered_on_one_port() {
    if !has_v6() {
        println!("skipped: no IPv6 here");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (tx, rx) = std_mpsc::channel();
    // A port that is free for all four.
    let free = std::net::TcpListener::bind("[::]:0").unwrap().local_addr().unwrap().port();
    let listen: Vec<Listen> = [
        (ListenTransport::Udp, "0.0.0.0"),
        (ListenTransport::Udp, "::"),
        (ListenTransport::Tcp, "0.0.0.0"),
        (ListenTransport::Tcp, "::"),
    ]
    .map(|(transport, ip)| Listen { transport, address: SocketAddr::new(ip.parse().unwrap(), free) })
    .to_vec();
    let net = runtime.block_on(Net::start(&listen, Arc::new(Sink(tx)))).unwrap();
    let mut connected = Vec::new();
    for (ours, theirs) in [("127.0.0.1", "127.0.0.1:0"), ("::1", "[::1]:0")] {
        let ours = SocketAddr::new(ours.parse().unwrap(), free);
        let peer = std::net::UdpSocket::bind(theirs).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        peer.send_to(OPTIONS, ours).unwrap();
        let Seen::Message(flow, _) = next(&rx) else { panic!() };
        assert_eq!(
            (flow.transport, flow.local, flow.remote),
            (Transport::Udp, ours, peer.local_addr().unwrap())
        );
        net.send(&flow, &b"answer".as_slice().into());
        assert_eq!(peer.recv_from(&mut [0; 16]).unwrap(), (6, ours));

        let mut peer = std::net::TcpStream::connect(ours).unwrap();
        peer.write_all(OPTIONS).unwrap();
        let Seen::Message(flow, _) = next(&rx) else { panic!() };
        assert_eq!(
            (flow.transport, flow.local, flow.remote),
            (Transport::Tcp, ours, peer.local_addr().unwrap())
        );
        connected.push(peer);
    }
}

#[test]
fn rtp_is_bound_to_every_kind_of_address_that_sip_has() {
    let bound = |addresses: &[&str]| {
        let one = |text: &&str| Listen { transport: ListenTransport::Udp, address: text.parse().unwrap() };
        rtp_address(&addresses.iter().map(one).collect::<Vec<_>>()).to_string()
    };
    assert_eq!(bound(&["192.0.2.1:5060", "192.0.2.1:5062", "192.0.2.1:5060"]), "192.0.2.1");
    assert_eq!(bound(&["[2001:db8::1]:5060"]), "2001:db8::1");
    assert_eq!(bound(&["[::]:5060", "[::]:5060"]), "::");
    assert_eq!(bound(&["192.0.2.1:5060", "192.0.2.9:5060"]), "0.0.0.0");
    assert_eq!(bound(&["0.0.0.0:5060", "[::]:5060"]), "::");
    assert_eq!(bound(&["192.0.2.1:5060", "[2001:db8::1]:5060"]), "::");
    assert_eq!(bound(&[]), "0.0.0.0");
}

#[test]
fn a_contact_is_called_from_the_address_that_reaches_it() {
    let of = |remote: &str, routed: &str, listen: &[&str]| {
        let udp = |at: &&str| Listen { transport: ListenTransport::Udp, address: at.parse().unwrap() };
        let listen: Vec<Listen> = listen.iter().map(udp).collect();
        let found = contacts::bound_towards(
            remote.parse().unwrap(),
            routed.parse().ok(),
            (&listen, ListenTransport::Udp),
        );
        found.map(|at| at.to_string()).unwrap_or_default()
    };
    let (lo, one, two, any) = ("127.0.0.1:5060", "10.0.0.5:5060", "192.0.2.5:5060", "0.0.0.0:5070");
    assert_eq!(of("192.0.2.7", "192.0.2.5", &[lo, one, any, two]), two, "as it is routed");
    assert_eq!(of("198.51.100.7", "203.0.113.5", &[lo, one, any]), any, "else from any address");
    assert_eq!(of("198.51.100.7", "", &[lo, one, two]), one, "else from one that is seen elsewhere");
    assert_eq!(of("127.0.0.9", "127.0.0.1", &[one, lo]), lo);
    assert_eq!(of("10.0.0.7", "10.0.0.5", &[lo, "[::]:5060"]), "", "loopback reaches nobody else");
}
