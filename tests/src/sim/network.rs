//! The network of a run: who is where, and what becomes of a message on its way.

use super::dice::Dice;
use super::glance::Glance;
use super::setup::NetSetup;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::rng::Rng;

/// Where the exchange is.
pub const HERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5060);

/// Who is where.
#[derive(Debug, Default)]
pub struct Routes {
    by_address: BTreeMap<SocketAddr, usize>,
    by_connection: BTreeMap<u64, usize>,
    last_connection: u64,
    next_port: u16,
}

impl Routes {
    /// Whoever sends to that address now reaches this phone.
    pub fn place(&mut self, address: SocketAddr, phone: usize) {
        self.by_address.insert(address, phone);
    }

    /// Nobody is there any more.
    pub fn clear(&mut self, address: SocketAddr) {
        self.by_address.remove(&address);
    }

    /// A port that nobody had before.
    pub fn fresh_port(&mut self) -> u16 {
        self.next_port =
            if self.next_port < 30_000 { 30_000 } else { self.next_port.wrapping_add(1).max(30_000) };
        self.next_port
    }

    /// A new connection of a phone.
    pub fn connect(&mut self, phone: usize) -> u64 {
        self.last_connection += 1;
        self.by_connection.insert(self.last_connection, phone);
        self.last_connection
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, connection: u64) {
        self.by_connection.remove(&connection);
    }

    /// Whether a connection is there.
    pub fn is_connected(&self, connection: u64) -> bool {
        self.by_connection.contains_key(&connection)
    }

    /// Every connection there is.
    pub fn connections(&self) -> Vec<u64> {
        self.by_connection.keys().copied().collect()
    }

    /// Whom the exchange reaches over a flow.
    pub fn phone(&self, flow: &Flow) -> Option<usize> {
        match flow.transport {
            Transport::Udp => self.by_address.get(&flow.remote).copied(),
            Transport::Tcp => self.by_connection.get(&flow.connection).copied(),
        }
    }
}

/// What the network does to certain messages of one phone, on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meddling {
    /// Which phone.
    pub phone: usize,
    /// Messages from the phone; otherwise those to it.
    pub up: bool,
    /// A method, or a status.
    pub what: String,
    /// Of responses, only those to that method.
    pub of: Option<String>,
    /// How many more.
    pub left: u32,
    /// How much later each copy that is delivered arrives, microseconds; none: it is lost.
    pub copies: Vec<u64>,
}

impl Meddling {
    fn fits(&self, phone: usize, up: bool, glance: &Glance<'_>) -> bool {
        let is_it = match glance.start {
            Ok((method, _)) => method == self.what,
            Err(status) => status.to_string() == self.what,
        };
        let is_of = self.of.as_ref().is_none_or(|of| of == glance.method);
        (self.phone, self.up) == (phone, up) && self.left > 0 && is_it && is_of
    }
}

/// How much later than usual each copy of a message arrives, microseconds.
pub fn meddled(all: &mut [Meddling], phone: usize, up: bool, bytes: &[u8]) -> Vec<u64> {
    if all.is_empty() {
        return vec![0];
    }
    let Some(glance) = Glance::of(bytes) else { return vec![0] };
    let Some(one) = all.iter_mut().find(|one| one.fits(phone, up, &glance)) else { return vec![0] };
    one.left -= 1;
    one.copies.clone()
}

/// How long a datagram and its copies are on their way, microseconds; none if it is lost.
pub fn journey(setup: &NetSetup, is_faulty: bool, rng: &mut Rng) -> [Option<u64>; 2] {
    let plain =
        |rng: &mut Rng| setup.delay_us + if setup.jitter_us > 0 { rng.below(setup.jitter_us) } else { 0 };
    if !is_faulty {
        return [Some(plain(rng)), None];
    }
    let one = |rng: &mut Rng| {
        if rng.one_in_million(setup.loss_ppm) {
            return None;
        }
        let late = if rng.one_in_million(setup.late_ppm) { rng.below(setup.late_ms * 1000 + 1) } else { 0 };
        Some(plain(rng) + late)
    };
    let first = one(rng);
    let second = if rng.one_in_million(setup.duplicate_ppm) { one(rng) } else { None };
    [first, second]
}

/// A mutilated copy of a message, or noise.
pub fn garbage(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    match rng.below(6) {
        0 => out.truncate(rng.place(bytes.len().max(1))),
        1 => {
            for _ in 0..=rng.below(8) {
                let at = rng.place(out.len().max(1));
                if let Some(byte) = out.get_mut(at) {
                    *byte = u8::try_from(rng.below(256)).unwrap_or(0);
                }
            }
        }
        2 => {
            // A line twice, or a line less.
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
            let at = rng.place(lines.len().max(1));
            if rng.below(2) == 0 && at < lines.len() {
                lines.remove(at);
            } else if let Some(line) = lines.get(at).copied() {
                lines.insert(at, line);
            }
            out = lines.concat();
        }
        3 => out = (0..rng.below(1200)).map(|_| u8::try_from(rng.below(256)).unwrap_or(0)).collect(),
        4 => {
            let digits: Vec<usize> =
                out.iter().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
            let at = rng.place(digits.len().max(1));
            if let Some(byte) = digits.get(at).and_then(|at| out.get_mut(*at)) {
                *byte = b'0' + u8::try_from(rng.below(10)).unwrap_or(0);
            }
        }
        _ => out.extend(std::iter::repeat_n(b'A', rng.place(70_000))),
    }
    out
}
