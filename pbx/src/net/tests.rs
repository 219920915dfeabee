#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use std::io::{Read, Write};
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

enum Seen {
    Message(Flow, Vec<u8>),
    Lost(Flow),
}

struct Sink(std_mpsc::Sender<Seen>);

impl Inbox for Sink {
    fn message(&self, flow: Flow, bytes: Vec<u8>) -> bool {
        self.0.send(Seen::Message(flow, bytes)).is_ok()
    }
    fn flow_lost(&self, flow: Flow) {
        let _ = self.0.send(Seen::Lost(flow));
    }
}

fn start() -> (tokio::runtime::Runtime, Net, std_mpsc::Receiver<Seen>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (tx, rx) = std_mpsc::channel();
    let any = |transport| Listen { transport, address: "0.0.0.0:0".parse().unwrap() };
    let listen = [any(ListenTransport::Udp), any(ListenTransport::Tcp)];
    let net = runtime.block_on(Net::start(&listen, Arc::new(Sink(tx)))).unwrap();
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
    drop(held.pop());
    let Seen::Lost(_) = next(&rx) else { panic!() };
    assert!(ping(&mut open()));
}

/// Class "Content-Length lies": a stream that cannot be followed is closed.
#[test]
fn a_stream_that_lies_is_closed() {
    let (_runtime, net, rx) = start();
    let mut peer = std::net::TcpStream::connect(("127.0.0.1", net.bound()[1].address.port())).unwrap();
    peer.write_all(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n").unwrap();
    let Seen::Lost(_) = next(&rx) else { panic!() };
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
}
