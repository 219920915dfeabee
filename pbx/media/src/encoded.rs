//! Sound encoded once, to be sent to any number of legs.
//!
//! All codecs that we encode but Opus are streams of eight bytes a millisecond, cut into packets of any length. Opus is
//! kept as packets of [`FRAME_MS`]. Each piece begins and ends on a frame and is encoded with an encoder of its own, so
//! that pieces can follow each other in any order.
//!
//! A phone's G.722 decoder goes on with what it adapted to in the piece before, and that may have been cut in the middle of
//! a word. So pieces in G.722 begin with a moment of silence, in which it comes to where our encoder is.

use crate::codec::{CodecError, Encoder, Kind};

/// The sound that is encoded together, milliseconds: pieces are filled up to it with silence.
pub const FRAME_MS: u32 = 20;
/// Bytes of a millisecond in G.711 and G.722.
const STREAM_BYTES_MS: usize = 8;
/// Silence at the beginning of a piece in G.722, milliseconds: with less, a beginning after a loud cut cracks.
const G722_LEAD_MS: u32 = 40;
/// No frame of ours is longer.
const FRAME_BYTES_MAX: usize = 1275;

/// Encoded sound.
pub struct Encoded {
    kind: Kind,
    bytes: Box<[u8]>,
    /// Where each packet ends; for Opus only.
    ends: Box<[u32]>,
}

impl Encoded {
    /// Encodes samples that come at the rate of the codec ([`Kind::rate`]); `None` for codecs we cannot encode.
    pub fn new(kind: Kind, samples: &[i16]) -> Option<Self> {
        let mut encoding = Encoding::new(kind)?;
        encoding.push(samples).ok()?;
        encoding.finish().ok()
    }

    /// The silence that is sent between pieces: a second of it, once the encoder has settled, to be repeated.
    pub fn silence(kind: Kind) -> Option<Self> {
        let samples = vec![0; kind.rate()? as usize];
        let mut encoding = Encoding::new(kind)?;
        encoding.push(&samples).ok()?;
        encoding.forget();
        encoding.push(&samples).ok()?;
        encoding.finish().ok()
    }

    /// Its codec.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Milliseconds of sound.
    pub fn length_ms(&self) -> u32 {
        let length = match self.kind {
            Kind::Opus => self.ends.len() * FRAME_MS as usize,
            _ => self.bytes.len() / STREAM_BYTES_MS,
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// Bytes of memory that it holds.
    pub fn weight(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.ends)
    }

    /// The packets that it makes, of [`FRAME_MS`] each.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.length_ms()).step_by(FRAME_MS as usize).map(|at_ms| self.stretch(at_ms, FRAME_MS))
    }

    /// Bytes of the stretch that begins at `from_ms` and is `for_ms` long; of Opus, the packet at `from_ms`. Empty
    /// beyond the end.
    pub(crate) fn stretch(&self, from_ms: u32, for_ms: u32) -> &[u8] {
        let (begin, end) = match self.kind {
            Kind::Opus => {
                let at = (from_ms / FRAME_MS) as usize;
                let begin = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
                (begin as usize, self.ends.get(at).map_or(0, |end| *end as usize))
            }
            _ => {
                let begin = from_ms as usize * STREAM_BYTES_MS;
                (begin, begin.saturating_add(for_ms as usize * STREAM_BYTES_MS).min(self.bytes.len()))
            }
        };
        self.bytes.get(begin..end).unwrap_or_default()
    }
}

/// Encodes a piece of sound that comes bit by bit.
pub struct Encoding {
    kind: Kind,
    encoder: Encoder,
    frame: usize,
    /// Samples that make no frame yet.
    rest: Vec<i16>,
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Encoding {
    /// Begins; `None` for codecs we cannot encode.
    pub fn new(kind: Kind) -> Option<Self> {
        let encoder = Encoder::fine(kind)?;
        let frame = (encoder.rate() * FRAME_MS / 1000) as usize;
        let lead_ms = if kind == Kind::G722 { G722_LEAD_MS } else { 0 };
        let rest = vec![0; (encoder.rate() * lead_ms / 1000) as usize];
        Some(Self { kind, encoder, frame, rest, bytes: Vec::new(), ends: Vec::new() })
    }

    /// Takes the next samples.
    ///
    /// # Errors
    /// [`CodecError`] if the encoder refuses them.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), CodecError> {
        self.rest.extend_from_slice(samples);
        let whole = self.rest.len() / self.frame * self.frame;
        let frames: Vec<i16> = self.rest.drain(..whole).collect();
        for frame in frames.chunks_exact(self.frame) {
            let mut out = [0; FRAME_BYTES_MAX];
            let length = self.encoder.encode(frame, &mut out)?;
            self.bytes.extend_from_slice(out.get(..length).unwrap_or_default());
            if self.kind == Kind::Opus {
                self.ends.push(u32::try_from(self.bytes.len()).map_err(|_| CodecError)?);
            }
        }
        Ok(())
    }

    /// What was taken so far is left out; the encoder goes on from there.
    fn forget(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Fills up the last frame with silence.
    ///
    /// # Errors
    /// [`CodecError`] if the encoder refuses it.
    pub fn finish(mut self) -> Result<Encoded, CodecError> {
        if !self.rest.is_empty() {
            let missing = vec![0; self.frame - self.rest.len()];
            self.push(&missing)?;
        }
        Ok(Encoded { kind: self.kind, bytes: self.bytes.into(), ends: self.ends.into() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::Decoder;
    use crate::tone::{Tone, goertzel_db};

    const KINDS: [Kind; 4] = [Kind::Pcmu, Kind::Pcma, Kind::G722, Kind::Opus];

    fn decoded(decoder: &mut Decoder, encoded: &Encoded) -> Vec<i16> {
        let (mut all, mut part) = (Vec::new(), Vec::new());
        for at in (0..encoded.length_ms()).step_by(FRAME_MS as usize) {
            decoder.decode(encoded.stretch(at, FRAME_MS), &mut part).unwrap();
            all.extend_from_slice(&part);
        }
        all
    }

    fn tone(kind: Kind, hz: u16, ms: u32) -> Vec<i16> {
        let rate = kind.rate().unwrap();
        let mut samples = vec![0; (rate * ms / 1000) as usize];
        Tone::new(hz, -120, rate).fill(&mut samples);
        samples
    }

    #[test]
    fn what_is_encoded_is_heard_and_filled_up_to_a_frame() {
        for kind in KINDS {
            let rate = kind.rate().unwrap();
            let encoded = Encoded::new(kind, &tone(kind, 700, 505)).unwrap();
            let length_ms = 520 + if kind == Kind::G722 { G722_LEAD_MS } else { 0 };
            assert_eq!(encoded.length_ms(), length_ms, "{kind:?}");
            assert!(
                encoded.stretch(length_ms, 20).is_empty() && encoded.stretch(length_ms - 20, 20).len() > 8
            );
            let heard = decoded(&mut Decoder::new(kind, rate).unwrap(), &encoded);
            assert_eq!(heard.len(), (rate * length_ms / 1000) as usize);
            let level = goertzel_db(&heard[heard.len() / 4..heard.len() * 3 / 4], 700, rate);
            assert!((level + 12.0).abs() < 1.0, "{kind:?}: {level}");
        }
        assert!(Encoded::new(Kind::Other, &[]).is_none());
        assert_eq!(Encoded::new(Kind::Opus, &[]).unwrap().length_ms(), 0);
        assert_eq!(Encoded::silence(Kind::G722).unwrap().length_ms(), 1000);
    }

    #[test]
    fn silence_can_be_repeated_and_stays_silent() {
        for kind in KINDS {
            let (silence, mut decoder) =
                (Encoded::silence(kind).unwrap(), Decoder::new(kind, kind.rate().unwrap()).unwrap());
            assert_eq!(silence.length_ms(), 1000);
            for _ in 0..3 {
                let loudest = decoded(&mut decoder, &silence).iter().map(|s| s.unsigned_abs()).max();
                assert!(loudest < Some(30), "{kind:?}: {loudest:?}");
            }
        }
    }

    /// Pieces come from encoders of their own, the phone has one decoder, and the one before was cut while it was loud.
    #[test]
    fn pieces_follow_each_other_without_a_crack() {
        for kind in KINDS {
            for before in [500, 1500, 3000] {
                let rate = kind.rate().unwrap();
                let mut samples = tone(kind, 900, 300);
                let attack = rate as usize / 50;
                for (at, sample) in samples.iter_mut().enumerate().take(attack) {
                    *sample = (i32::from(*sample) * at as i32 / attack as i32) as i16;
                }
                let (first, second) =
                    (Encoded::new(kind, &tone(kind, before, 300)), Encoded::new(kind, &samples));
                let mut decoder = Decoder::new(kind, rate).unwrap();
                decoded(&mut decoder, &first.unwrap());
                let heard = decoded(&mut decoder, &second.unwrap());
                let loudest = heard.iter().map(|s| s.unsigned_abs()).max().unwrap();
                assert!(loudest < 12_500, "{kind:?}: a tone of 8230 has a peak of {loudest}");
                let level = goertzel_db(&heard[heard.len() / 2..], 900, rate);
                assert!((level + 12.0).abs() < 1.0, "{kind:?}: {level}");
            }
        }
    }
}
