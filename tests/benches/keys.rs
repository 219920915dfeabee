//! From a key to the next prompt: how long a caller in a menu waits.
//!
//! `cargo bench -p switchroom-tests --bench keys` runs the whole program. One caller is in a menu that leads to another and
//! back, and presses a key again and again, at moments that have nothing to do with the packets that come. Each time is
//! from the first packet of the key's event (RFC 4733) being sent to the first packet of the next menu's prompt being there.
//! `KEYS_PRESSES` changes how often.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use switchroom_media::codec::Kind;
use switchroom_media::encoded::Encoded;
use switchroom_tests::audio::write_wav;
use switchroom_tests::daemon::{Daemon, Setup};
use switchroom_tests::raw::{RawPhone, audio_address, body, rtp};

const FLOW: &str = r#"
start = "up"

[nodes.up]
kind = "menu"
prompt = "@up"
keys = { 1 = "down", 9 = "bye" }
otherwise = "up"

[nodes.down]
kind = "menu"
prompt = "@down"
keys = { 1 = "up", 9 = "bye" }
otherwise = "down"

[nodes.bye]
kind = "hang_up"
"#;
const ROUTE: &str = "[[routes]]\nnumber = \"4000\"\nto = \"flow keys\"\n";
/// The sound of the two prompts: so loud, up or down, all the time.
const LOUD: i16 = 8_000;
/// A packet of the caller's.
const PACKET: Duration = Duration::from_millis(20);
/// The event of RFC 4733 for the key.
const KEY: u8 = 1;
/// Packets that an event takes, and those with its end.
const EVENT_PACKETS: u16 = 5;
const END_PACKETS: u16 = 3;
/// No prompt takes longer to come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Presses that are not counted: prompts are read when they are asked for first.
const WARM_UP: usize = 4;

fn main() {
    let presses = std::env::var("KEYS_PRESSES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let files = tempfile::tempdir().unwrap();
    let put = |name: &str, level| write_wav(&files.path().join(name), &vec![level; 8_000 * 20]);
    put("up.wav", LOUD);
    put("down.wav", -LOUD);
    std::fs::write(files.path().join("keys.toml"), FLOW).unwrap();
    let mut setup = Setup::new(&[env!("CARGO_BIN_EXE_switchroom-under-test")]);
    setup.more = ROUTE.to_owned();
    let beside =
        [("keys.toml", "flows/keys.toml"), ("up.wav", "prompts/up.wav"), ("down.wav", "prompts/down.wav")];
    setup.beside = beside.map(|(from, to)| (files.path().join(from), to.to_owned())).to_vec();
    let daemon = Daemon::start(setup);
    let phone = RawPhone::new(daemon.sip);
    phone.register("101");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let dialog = phone.call("101", "4000", socket.local_addr().unwrap());
    let mut line =
        Line { to: audio_address(body(&dialog.answer)), socket, sequence: 1, at: 160, due: Instant::now() };
    let levels = [LOUD, -LOUD].map(byte_of);
    line.first(levels[0], &mut [].into_iter()).expect("the first prompt");
    let mut times: Vec<Duration> = Vec::with_capacity(presses);
    for press in 0..presses + WARM_UP {
        // The caller's packets move against those that come, a bit with each key.
        line.talk(Duration::from_micros(250_000 + 1_700 * (press as u64 % 12)));
        let time = line.press(levels[(press + 1) % 2]);
        if press >= WARM_UP {
            times.push(time);
        }
    }
    times.sort_unstable();
    let quantile = |q: f64| times[((times.len() - 1) as f64 * q) as usize].as_secs_f64() * 1e3;
    if cfg!(debug_assertions) {
        println!("this is a build without optimisation");
    }
    println!(
        "from a key to the next prompt, {presses} times: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms (target: p50 below 25 ms)",
        quantile(0.5),
        quantile(0.99),
        quantile(1.0)
    );
}

/// What a level becomes in PCMA.
fn byte_of(level: i16) -> u8 {
    let sound = Encoded::new(Kind::Pcma, &[level; 160]).unwrap();
    sound.packets().next().unwrap()[0]
}

/// The caller's side of the sound.
struct Line {
    socket: UdpSocket,
    to: SocketAddr,
    sequence: u16,
    /// Timestamp of the next packet.
    at: u32,
    due: Instant,
}

impl Line {
    /// Packets of silence for so long; what comes is passed over. The next packet is due at the end.
    fn talk(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while Instant::now() < end {
            self.beat(None);
            self.next(end.min(self.due));
        }
        self.due = Instant::now();
    }

    /// Presses the key; the time until the first packet of this sound.
    fn press(&mut self, wanted: u8) -> Duration {
        let begin = self.at;
        let mut event = (0..EVENT_PACKETS + END_PACKETS).map(|packet| {
            let is_end = packet >= EVENT_PACKETS;
            let duration = 160 * (packet + 1).min(EVENT_PACKETS);
            let [high, low] = duration.to_be_bytes();
            (packet == 0, begin, [KEY, if is_end { 0x8A } else { 0x0A }, high, low])
        });
        let sent = Instant::now();
        let there = self.first(wanted, &mut event).expect("the next prompt");
        // The rest of the event, should the prompt have come before.
        for packet in event {
            std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
            self.beat(Some(packet));
        }
        there - sent
    }

    /// Sends what is due, of the event as long as there is any of it, until a packet of that sound comes.
    fn first(&mut self, wanted: u8, event: &mut dyn Iterator<Item = EventPacket>) -> Option<Instant> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if Instant::now() >= self.due {
                let packet = event.next();
                self.beat(packet);
            }
            if self.next(self.due) == Some(wanted) {
                return Some(Instant::now());
            }
        }
        None
    }

    /// Sends a packet if it is due: of an event, or of silence.
    fn beat(&mut self, event: Option<EventPacket>) {
        if Instant::now() < self.due {
            return;
        }
        let packet = match event {
            Some((is_first, at, payload)) => {
                let mut packet = rtp(self.sequence, at, 7, &payload);
                packet[1] = if is_first { 0x80 | 101 } else { 101 };
                packet
            }
            None => rtp(self.sequence, self.at, 7, &[0xD5; 160]),
        };
        self.socket.send_to(&packet, self.to).unwrap();
        self.sequence = self.sequence.wrapping_add(1);
        self.at = self.at.wrapping_add(160);
        self.due += PACKET;
    }

    /// The last byte of sound of the next packet, if one comes until then.
    fn next(&self, until: Instant) -> Option<u8> {
        let wait = until.saturating_duration_since(Instant::now()).max(Duration::from_micros(1));
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 1600];
        let count = self.socket.recv(&mut buffer).ok()?;
        (count > 12 && buffer[1] & 0x7F == 8).then(|| buffer[count - 1])
    }
}

/// Whether it is the first, its timestamp, its payload.
type EventPacket = (bool, u32, [u8; 4]);
