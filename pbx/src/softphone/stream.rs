//! Sound over RTP: a frame every 20 ms, digits as events, and what comes back.

use super::ear::RATE;
use super::sound::Player;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use switchroom_media::codec::{Decoder, Encoder, Kind};
use switchroom_media::dtmf::{self, DigitReceiver, DigitSender};
use switchroom_media::rtp::{self, Header};
use switchroom_phone::MediaPlan;
use switchroom_sip::rng::Rng;

/// Between two frames, microseconds.
const FRAME_US: u64 = 20_000;
/// When the thread was late by more than this, what should have been sent then is left out: no bursts.
const LATE_US: u64 = 100_000;
/// How long a digit is pressed, milliseconds.
const PRESSED_MS: u16 = 100;
/// Largest payload that is made.
const PAYLOAD_BYTES_MAX: usize = 1_200;
/// Timestamps further back than this are a new beginning, not a late packet: one second.
const BACK_MAX: i32 = RATE as i32;

/// A pair of UDP ports: RTP on an even one, RTCP on the next.
pub(super) struct Ports {
    pub(super) rtp_socket: UdpSocket,
    pub(super) rtcp_socket: UdpSocket,
    /// Where sound is received.
    pub(super) rtp: SocketAddr,
}

impl Ports {
    pub(super) fn open(ip: IpAddr) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        // Every second free port is odd, and the next may be taken.
        for _ in 0..64 {
            let rtp_socket = UdpSocket::bind(SocketAddr::new(ip, 0))?;
            let rtp = rtp_socket.local_addr()?;
            if rtp.port() % 2 != 0 {
                continue;
            }
            match UdpSocket::bind(SocketAddr::new(ip, rtp.port() + 1)) {
                Ok(rtcp_socket) => {
                    rtp_socket.set_nonblocking(true)?;
                    rtcp_socket.set_nonblocking(true)?;
                    // Expedited forwarding (DSCP 46); a system that refuses it sends all the same.
                    let _ = socket2::SockRef::from(&rtp_socket).set_tos_v4(46 << 2);
                    return Ok(Self { rtp_socket, rtcp_socket, rtp });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// What a packet brought.
pub(super) enum Arrived {
    /// Nothing that was agreed.
    Foreign,
    /// A packet of a stream that holds no sound of its own: a repeat, an event, a late one.
    Nothing,
    /// A digit.
    Digit(char),
    /// Sound, after a gap of so many samples.
    Sound(u64),
}

/// The sound of one call, both ways.
pub(super) struct Stream {
    plan: MediaPlan,
    /// Whether we send at all yet: who calls is silent before the answer.
    pub(super) is_open: bool,
    encoder: Option<Encoder>,
    decoder: Option<Decoder>,
    digits: DigitSender,
    header: Header,
    is_talking: bool,
    due_us: u64,
    heard: DigitReceiver,
    /// Source and timestamp that the next packet should have.
    expected: Option<(u32, u32)>,
    /// Samples of the last packet of sound.
    pub(super) samples: Vec<i16>,
    frame: Vec<i16>,
    payload: Vec<u8>,
}

impl Stream {
    pub(super) fn new(plan: MediaPlan, is_open: bool, now_us: u64, rng: &mut Rng) -> Self {
        let bits = rng.bits().to_be_bytes();
        let [a, b, c, d, e, f, g, h] = bits;
        let mut stream = Self {
            header: Header {
                marker: true,
                payload_type: plan.send_pt,
                sequence: u16::from_be_bytes([a, b]),
                timestamp: u32::from_be_bytes([c, d, e, f]),
                ssrc: u32::from_be_bytes([g, h, a, c]),
            },
            plan,
            is_open,
            encoder: None,
            decoder: None,
            digits: DigitSender::default(),
            is_talking: false,
            due_us: now_us,
            heard: DigitReceiver::default(),
            expected: None,
            samples: Vec::new(),
            frame: Vec::new(),
            payload: vec![0; PAYLOAD_BYTES_MAX],
        };
        stream.take_codec();
        stream
    }

    /// Goes on as it was agreed anew.
    pub(super) fn change(&mut self, plan: MediaPlan) {
        let is_other = plan.codec != self.plan.codec;
        if plan.remote != self.plan.remote {
            self.expected = None;
        }
        self.plan = plan;
        if is_other {
            self.take_codec();
        }
    }

    fn take_codec(&mut self) {
        let kind = Kind::of(self.plan.codec.name());
        self.encoder = Encoder::new(kind);
        self.decoder = Decoder::new(kind, RATE);
    }

    /// Puts digits into the line; false if the other side takes none now, or too many wait.
    pub(super) fn press(&mut self, digits: &str) -> bool {
        let can = self.is_open && self.plan.digits_send_pt.is_some() && self.plan.direction.sends();
        can && digits.chars().all(|digit| self.digits.send(digit, PRESSED_MS))
    }

    /// When [`Stream::send`] must be called next.
    pub(super) fn due_us(&self) -> u64 {
        self.due_us
    }

    /// Sends every frame that is due; gives how many.
    pub(super) fn send(&mut self, now_us: u64, player: &mut Player, socket: &UdpSocket) -> u64 {
        let step = self.plan.codec.clock() / 50;
        if now_us.saturating_sub(self.due_us) > LATE_US {
            let missed = (now_us - self.due_us) / FRAME_US;
            self.due_us += missed * FRAME_US;
            let ticks = u32::try_from(missed).unwrap_or(0).wrapping_mul(step);
            self.header.timestamp = self.header.timestamp.wrapping_add(ticks);
        }
        let mut sent = 0;
        while self.due_us <= now_us {
            sent += u64::from(self.send_frame(now_us, player, socket));
            self.due_us += FRAME_US;
            self.header.timestamp = self.header.timestamp.wrapping_add(step);
        }
        sent
    }

    fn send_frame(&mut self, now_us: u64, player: &mut Player, socket: &UdpSocket) -> bool {
        let may = self.is_open && self.plan.direction.sends();
        let (Some(remote), Some(encoder), true) = (self.plan.remote, &mut self.encoder, may) else {
            self.is_talking = false;
            return false;
        };
        let (header, length) = match (self.digits.is_busy(), self.plan.digits_send_pt) {
            (true, Some(pt)) => {
                let clock = self.plan.codec.clock();
                let Some(packet) = self.digits.packet(now_us, self.header.timestamp, clock) else {
                    return false;
                };
                let bytes = packet.event.bytes();
                let Some(place) = self.payload.get_mut(..bytes.len()) else { return false };
                place.copy_from_slice(&bytes);
                let header = Header {
                    marker: packet.marker,
                    payload_type: pt,
                    timestamp: packet.timestamp,
                    ..self.header
                };
                self.is_talking = false;
                (header, bytes.len())
            }
            _ => {
                self.frame.resize(encoder.rate() as usize / 50, 0);
                player.fill(encoder.rate(), &mut self.frame);
                let Ok(length) = encoder.encode(&self.frame, &mut self.payload) else { return false };
                let header =
                    Header { marker: !self.is_talking, payload_type: self.plan.send_pt, ..self.header };
                self.is_talking = true;
                (header, length)
            }
        };
        self.header.sequence = self.header.sequence.wrapping_add(1);
        let mut packet = [0; PAYLOAD_BYTES_MAX + rtp::HEADER_BYTES];
        let payload = self.payload.get(..length).unwrap_or_default();
        let Some(end) = rtp::print(&header, payload, &mut packet) else { return false };
        // A full send buffer costs one frame, which is what a network does too.
        packet.get(..end).is_some_and(|bytes| socket.send_to(bytes, remote).is_ok())
    }

    /// Takes a packet.
    pub(super) fn receive(&mut self, from: SocketAddr, bytes: &[u8]) -> Arrived {
        if self.plan.remote != Some(from) || !self.plan.direction.receives() {
            return Arrived::Foreign;
        }
        let Ok(packet) = rtp::parse(bytes) else { return Arrived::Foreign };
        let header = packet.header;
        if Some(header.payload_type) == self.plan.digits_receive_pt {
            let event = dtmf::parse(packet.payload);
            let digit = event.and_then(|event| self.heard.receive(header.marker, header.timestamp, &event));
            return digit.map_or(Arrived::Nothing, Arrived::Digit);
        }
        if header.payload_type != self.plan.receive_pt {
            return Arrived::Foreign;
        }
        let Some(decoder) = &mut self.decoder else { return Arrived::Nothing };
        let clock = self.plan.codec.clock();
        let ahead = match self.expected {
            Some((ssrc, next)) if ssrc == header.ssrc => header.timestamp.wrapping_sub(next).cast_signed(),
            _ => 0,
        };
        if (-BACK_MAX..0).contains(&ahead) {
            // It comes too late to be heard.
            return Arrived::Nothing;
        }
        if decoder.decode(packet.payload, &mut self.samples).is_err() {
            return Arrived::Nothing;
        }
        let ticks = self.samples.len() as u64 * u64::from(clock) / u64::from(RATE);
        let next = header.timestamp.wrapping_add(u32::try_from(ticks).unwrap_or(0));
        self.expected = Some((header.ssrc, next));
        Arrived::Sound(u64::try_from(ahead).unwrap_or(0) * u64::from(RATE) / u64::from(clock))
    }
}
