//! The voice of a phone whose signalling is a script: a socket that says a tone in PCMA and keeps what it hears.

use crate::audio::{RATE, tone};
use crate::process::ports;
use crate::raw::rtp;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchroom_media::g711::{A_TO_LINEAR, linear_to_a};

/// Samples of a packet: 20 ms.
const PACKET: usize = 160;
/// Payload type of PCMA.
const PCMA: u8 = 8;

/// What came, and when.
type Heard = Arc<Mutex<Vec<(Instant, Vec<i16>)>>>;

/// A voice; it falls silent when dropped.
#[derive(Debug)]
pub struct Voice {
    /// Where it hears, for a description.
    pub address: SocketAddr,
    heard: Heard,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Voice {
    /// A voice of that tone. It speaks to whoever sends to it, from the first packet on.
    ///
    /// # Panics
    /// If there is no socket.
    pub fn of(hz: f64) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", ports(2))).expect("a socket");
        let address = socket.local_addr().expect("bound");
        socket.set_read_timeout(Some(Duration::from_millis(2))).expect("a timeout");
        let (heard, is_over) = (Heard::default(), Arc::new(AtomicBool::new(false)));
        let (into, ends) = (heard.clone(), is_over.clone());
        let thread = std::thread::spawn(move || talk(&socket, hz, &into, &ends));
        Self { address, heard, is_over, thread: Some(thread) }
    }

    /// Its port, as a script takes it.
    pub fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// All it heard, one packet after the other, whatever was between them.
    ///
    /// # Panics
    /// Never: nobody panics while keeping a packet.
    pub fn heard(&self) -> Vec<i16> {
        self.heard.lock().expect("kept").iter().flat_map(|(_, samples)| samples.clone()).collect()
    }

    /// The times longer than `least` in which nothing came, between two packets.
    ///
    /// # Panics
    /// Never: nobody panics while keeping a packet.
    pub fn pauses(&self, least: Duration) -> Vec<Duration> {
        let heard = self.heard.lock().expect("kept");
        let between = heard.windows(2).map(|two| two[1].0.duration_since(two[0].0));
        between.filter(|pause| *pause > least).collect()
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn talk(socket: &UdpSocket, hz: f64, heard: &Heard, is_over: &AtomicBool) {
    // A second of a whole number of waves is said over and over.
    let said: Vec<u8> = tone(hz.round(), 1.0).into_iter().map(linear_to_a).collect();
    let packets: Vec<&[u8]> = said.chunks_exact(PACKET).collect();
    let begin = Instant::now();
    let (mut count, mut peer) = (0_u32, None);
    let mut buffer = [0; 2_048];
    while !is_over.load(Ordering::Relaxed) {
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            peer = Some(from);
            if let Some(samples) = samples_of(&buffer[..length]) {
                heard.lock().expect("kept").push((Instant::now(), samples));
            }
        }
        while begin.elapsed() >= Duration::from_millis(20) * count {
            let payload = packets[count as usize % packets.len()];
            #[allow(clippy::cast_possible_truncation)]
            let packet = rtp(count as u16, count * PACKET as u32, RATE + hz as u32, payload);
            if let Some(peer) = peer {
                let _ = socket.send_to(&packet, peer);
            }
            count += 1;
        }
    }
}

/// The sound of a packet without extensions, if it is one of PCMA.
fn samples_of(packet: &[u8]) -> Option<Vec<i16>> {
    let is_sound = packet.len() > 12 && packet[0] == 0x80 && packet[1] & 0x7f == PCMA;
    is_sound.then(|| packet[12..].iter().map(|byte| A_TO_LINEAR[usize::from(*byte)]).collect())
}
