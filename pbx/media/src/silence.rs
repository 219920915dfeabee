//! Dead air: packets come and hold nothing audible. Looks at a few bytes of each packet, so that it costs nothing.

use crate::codec::Kind;
use crate::g711::{A_TO_LINEAR, MU_TO_LINEAR};

/// Samples looked at in each packet.
const LOOKS: usize = 8;
/// What counts as audible: −48 decibels. Comfort noise and an idle line stay below it.
const AUDIBLE: u16 = 130;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Sound again after dead air was told.
    Sound,
}

/// Watches one stream.
#[derive(Debug, Clone, Default)]
pub struct Listener {
    quiet_since_us: Option<u64>,
    last_us: u64,
    told: bool,
}

impl Listener {
    /// Looks at a packet. Only G.711 can be looked into without decoding; others are never silent.
    pub fn hear(&mut self, now_us: u64, kind: Kind, payload: &[u8]) -> Option<Change> {
        let table = match kind {
            Kind::Pcmu => &MU_TO_LINEAR,
            Kind::Pcma => &A_TO_LINEAR,
            Kind::G722 | Kind::Opus | Kind::Other => return self.sound(),
        };
        // An odd stride, so that no tone of a phone's repertoire is met at its zero crossings only.
        let stride = (payload.len() / LOOKS).max(1) | 1;
        let audible = |byte: &u8| table[usize::from(*byte)].unsigned_abs() > AUDIBLE;
        if payload.iter().step_by(stride).any(audible) {
            return self.sound();
        }
        self.last_us = now_us;
        self.quiet_since_us.get_or_insert(now_us);
        None
    }

    fn sound(&mut self) -> Option<Change> {
        self.quiet_since_us = None;
        std::mem::take(&mut self.told).then_some(Change::Sound)
    }

    /// Tells once, in milliseconds, when dead air has lasted `limit_us`. Packets must have come all the while.
    pub fn dead_air(&mut self, limit_us: u64) -> Option<u32> {
        let for_us = self.last_us.saturating_sub(self.quiet_since_us?);
        if self.told || for_us < limit_us {
            return None;
        }
        self.told = true;
        Some(u32::try_from(for_us / 1000).unwrap_or(u32::MAX))
    }

    /// Packets are no longer expected, or a gap came: what was quiet before does not count.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g711::linear_to_a;

    #[test]
    fn dead_air_is_told_once_and_ends_with_sound() {
        let mut listener = Listener::default();
        let (silence, mut speech) = ([0xD5; 160], [0i16; 160]);
        crate::tone::Tone::new(400, -300, 8000).fill(&mut speech);
        let speech = speech.map(linear_to_a);
        for packet in 0..=500 {
            assert_eq!(listener.hear(packet * 20_000, Kind::Pcma, &silence), None);
            let told = listener.dead_air(10_000_000);
            assert_eq!(told, (packet == 500).then_some(10_000));
        }
        assert_eq!(listener.dead_air(10_000_000), None, "once");
        assert_eq!(listener.hear(1, Kind::Pcma, &speech), Some(Change::Sound));
        assert_eq!(listener.hear(2, Kind::Pcma, &speech), None);
    }

    #[test]
    fn what_cannot_be_looked_into_is_never_silent() {
        let mut listener = Listener::default();
        listener.hear(0, Kind::Opus, &[0; 3]);
        listener.hear(99_000_000, Kind::Opus, &[0; 3]);
        assert_eq!(listener.dead_air(1), None);
        assert_eq!(listener.hear(0, Kind::Pcmu, &[]), None, "an empty packet is a quiet one");
    }
}
