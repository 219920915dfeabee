//! Where a leg that heard a mix hears another leg's packets again, or the other way round: no click at the seam.
//!
//! G.711 plays whatever step there is. Decoders of the other codecs round it off by themselves.

use crate::codec::Kind;
use crate::g711::{A_TO_LINEAR, MU_TO_LINEAR, linear_to_a, linear_to_mu};

/// Relayed sound rises within so many samples after a mix: five milliseconds.
const RISE: usize = 40;
/// What was sent so long ago is over, microseconds.
const OVER_US: u64 = 60_000;

/// Remembers what was sent last.
#[derive(Default)]
pub(super) struct Seam {
    /// The last sample, and when its packet was sent.
    last: Option<(i16, u64)>,
    /// The last packet was of a mix.
    was_mix: bool,
}

impl Seam {
    /// A packet is relayed: the first one after a mix rises.
    pub(super) fn relayed(&mut self, now_us: u64, kind: Kind, payload: &mut [u8]) {
        if std::mem::take(&mut self.was_mix) {
            rise(kind, payload);
        }
        self.note(now_us, kind, payload);
    }

    /// A packet of our own is sent.
    pub(super) fn ours(&mut self, now_us: u64, was_mix: bool, kind: Kind, payload: &[u8]) {
        self.was_mix = was_mix;
        self.note(now_us, kind, payload);
    }

    fn note(&mut self, now_us: u64, kind: Kind, payload: &[u8]) {
        let sample = payload.last().map(|byte| match kind {
            Kind::Pcmu => MU_TO_LINEAR[usize::from(*byte)],
            Kind::Pcma => A_TO_LINEAR[usize::from(*byte)],
            Kind::G722 | Kind::Opus | Kind::Other => 0,
        });
        self.last = sample.map(|sample| (sample, now_us));
    }

    /// The sample that the leg heard last, as far as it is known; 0 if it was long ago.
    pub(super) fn last(&self, now_us: u64) -> i16 {
        let fresh = self.last.filter(|(_, at_us)| now_us.saturating_sub(*at_us) <= OVER_US);
        fresh.map_or(0, |(sample, _)| sample)
    }
}

fn rise(kind: Kind, payload: &mut [u8]) {
    let (table, law): (&[i16; 256], fn(i16) -> u8) = match kind {
        Kind::Pcmu => (&MU_TO_LINEAR, linear_to_mu),
        Kind::Pcma => (&A_TO_LINEAR, linear_to_a),
        Kind::G722 | Kind::Opus | Kind::Other => return,
    };
    for (at, byte) in payload.iter_mut().take(RISE).enumerate() {
        let sample = i32::from(table[usize::from(*byte)]) * at as i32 / RISE as i32;
        *byte = law(sample as i16);
    }
}
