//! Sound that we make ourselves, one packet after the other: silence and tones.

use crate::codec::{Codec, Encoder};
use crate::tone::Tone;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Silence, so that address translation and the phone's own watchdog stay content.
    Silence,
    /// A tone.
    Tone {
        /// Frequency, Hz.
        hz: u16,
        /// Tenths of a decibel below full scale.
        ddb: i16,
    },
}

/// No packet that we make holds more sound, milliseconds.
pub const PTIME_MS_MAX: u32 = 60;

/// Milliseconds in the packets that we make: about what was agreed, and what every codec here has a frame for.
pub fn ptime_ms(codec: &Codec) -> u32 {
    match codec.ptime_ms {
        0..=14 => 10,
        15..=29 => 20,
        30..=49 => 40,
        _ => PTIME_MS_MAX,
    }
}

/// Plays a sound in a leg's codec.
pub struct Player {
    encoder: Encoder,
    tone: Option<Tone>,
    samples: Vec<i16>,
    ptime_us: u64,
    ticks: u32,
    due_us: u64,
}

impl Player {
    /// A player; `None` if the codec cannot be encoded. All players of a thread beat together, on multiples of their
    /// packet time, so that the thread wakes once for all of them.
    pub fn new(now_us: u64, codec: &Codec, sound: Sound) -> Option<Self> {
        let encoder = Encoder::new(codec.kind)?;
        let ptime_ms = ptime_ms(codec);
        let ptime_us = u64::from(ptime_ms) * 1000;
        let tone = match sound {
            Sound::Silence => None,
            Sound::Tone { hz, ddb } => Some(Tone::new(hz, ddb, encoder.rate())),
        };
        Some(Self {
            samples: vec![0; (encoder.rate() * ptime_ms / 1000) as usize],
            ticks: codec.clock / 1000 * ptime_ms,
            due_us: now_us.next_multiple_of(ptime_us),
            encoder,
            tone,
            ptime_us,
        })
    }

    /// When the next packet is due.
    pub fn due_us(&self) -> u64 {
        self.due_us
    }

    /// Timestamp units in one packet.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Encodes the packet that is due into `out` and gives its length; `None` if none is due.
    pub fn packet(&mut self, now_us: u64, out: &mut [u8]) -> Option<usize> {
        if now_us < self.due_us {
            return None;
        }
        self.due_us += self.ptime_us;
        if self.due_us <= now_us {
            // The thread was late by a packet or more: what should have been sent then is not sent now in a burst.
            self.due_us = (now_us + 1).next_multiple_of(self.ptime_us);
        }
        if let Some(tone) = &mut self.tone {
            tone.fill(&mut self.samples);
        }
        self.encoder.encode(&self.samples, out).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::Kind;

    #[test]
    fn packets_come_on_the_beat_and_never_in_a_burst() {
        for (kind, clock, ticks) in
            [(Kind::Pcma, 8000, 160), (Kind::G722, 8000, 160), (Kind::Opus, 48_000, 960)]
        {
            let codec = Codec { kind, name: String::new(), clock, receive_pt: 0, send_pt: 0, ptime_ms: 20 };
            let mut player = Player::new(5_000, &codec, Sound::Tone { hz: 440, ddb: -100 }).unwrap();
            assert_eq!((player.due_us(), player.ticks()), (20_000, ticks));
            let mut out = [0; 1500];
            assert_eq!(player.packet(19_999, &mut out), None);
            assert!(player.packet(20_100, &mut out).unwrap() > 0);
            assert_eq!(player.due_us(), 40_000);
            player.packet(205_000, &mut out).unwrap();
            assert_eq!(player.due_us(), 220_000, "late, and back on the beat");
        }
    }
}
