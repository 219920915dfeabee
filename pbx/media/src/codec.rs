//! The codecs we can look into: PCMU, PCMA, G.722, Opus. Others are relayed untouched.

use crate::g711::{A_TO_LINEAR, A_TO_MU, MU_TO_A, MU_TO_LINEAR, linear_to_a, linear_to_mu};
use crate::resample::Resampler;
use audio_codec::g722::{G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};
use opus_pure::{Application, OpusDecoder, OpusEncoder};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Longest sound in one packet, milliseconds (RFC 7587 §4.2: 120).
const PACKET_MS_MAX: usize = 120;
/// Rate at which Opus is coded and recorded; speech does not need more.
const OPUS_RATE: u32 = 16_000;

/// Which codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722.
    G722,
    /// Opus.
    Opus,
    /// Any other: relayed, never looked into.
    Other,
}

impl Kind {
    /// By its encoding name in SDP.
    pub fn of(name: &str) -> Self {
        [("PCMU", Self::Pcmu), ("PCMA", Self::Pcma), ("G722", Self::G722), ("opus", Self::Opus)]
            .into_iter()
            .find_map(|(known, kind)| known.eq_ignore_ascii_case(name).then_some(kind))
            .unwrap_or(Self::Other)
    }

    /// Samples a second of its sound, as it is recorded; `None` if it cannot be decoded.
    pub fn rate(self) -> Option<u32> {
        match self {
            Self::Pcmu | Self::Pcma => Some(8_000),
            Self::G722 | Self::Opus => Some(16_000),
            Self::Other => None,
        }
    }
}

/// A codec as it was agreed for one leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Which.
    pub kind: Kind,
    /// Its name in SDP.
    pub name: String,
    /// RTP clock, Hz.
    pub clock: u32,
    /// Payload type of packets from the phone.
    pub receive_pt: u8,
    /// Payload type of packets to the phone.
    pub send_pt: u8,
    /// Sound in the packets that we make, milliseconds.
    pub ptime_ms: u16,
}

/// How payloads of one leg become payloads of another.
#[derive(Debug, Clone, Copy)]
pub enum Crossing {
    /// Untouched.
    Same,
    /// Byte by byte.
    Table(&'static [u8; 256]),
    /// Not at all: the legs have no codec in common that we can translate.
    Impossible,
}

impl Codec {
    /// How this codec's payloads become `to`'s.
    pub fn crossing(&self, to: &Self) -> Crossing {
        match (self.kind, to.kind) {
            (Kind::Pcmu, Kind::Pcma) => Crossing::Table(&MU_TO_A),
            (Kind::Pcma, Kind::Pcmu) => Crossing::Table(&A_TO_MU),
            (a, b) if a == b && self.clock == to.clock && self.name.eq_ignore_ascii_case(&to.name) => {
                Crossing::Same
            }
            _ => Crossing::Impossible,
        }
    }
}

/// The payload cannot be decoded, or the samples not be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the codec refuses the data")]
pub struct CodecError;

enum Decoding {
    Table(&'static [i16; 256]),
    G722(Box<G722Decoder>),
    Opus(Box<OpusDecoder>),
}

/// Decodes one stream into samples of one rate.
pub struct Decoder {
    kind: Kind,
    rate: u32,
    decoding: Decoding,
    resampler: Option<Resampler>,
    native: Vec<i16>,
}

impl Decoder {
    /// A decoder whose samples come at `rate`, 8000 or 16000 a second; `None` for codecs we cannot decode.
    pub fn new(kind: Kind, rate: u32) -> Option<Self> {
        let (decoding, native) = match kind {
            Kind::Pcmu => (Decoding::Table(&MU_TO_LINEAR), 8_000),
            Kind::Pcma => (Decoding::Table(&A_TO_LINEAR), 8_000),
            Kind::G722 => (Decoding::G722(Box::default()), 16_000),
            Kind::Opus => (Decoding::Opus(Box::new(OpusDecoder::new(rate.cast_signed(), 1).ok()?)), rate),
            Kind::Other => return None,
        };
        let resampler = if native == rate { None } else { Some(Resampler::new(native, rate)?) };
        Some(Self { kind, rate, decoding, resampler, native: Vec::new() })
    }

    /// The codec it decodes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Decodes a payload; `out` holds nothing but its samples afterwards.
    ///
    /// # Errors
    /// [`CodecError`] if the codec refuses the payload; `out` is empty then.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError> {
        out.clear();
        let native = if self.resampler.is_some() { &mut self.native } else { &mut *out };
        native.clear();
        match &mut self.decoding {
            Decoding::Table(table) => native.extend(payload.iter().map(|byte| table[usize::from(*byte)])),
            Decoding::G722(decoder) => {
                native.resize(payload.len() * 2, 0);
                let got = guarded(|| decoder.decode_into(payload, native).ok());
                if got.is_none() {
                    **decoder = G722Decoder::default();
                }
                native.truncate(got.unwrap_or(0));
                got.ok_or(CodecError)?;
            }
            Decoding::Opus(decoder) => {
                let most = self.rate as usize * PACKET_MS_MAX / 1000;
                native.resize(most, 0);
                // An empty payload would ask for concealment, which is not what the phone sent.
                let got = guarded(|| decoder.decode_s16(payload, most, native).ok())
                    .filter(|_| !payload.is_empty());
                if got.is_none() {
                    guarded(|| decoder.reset_state().ok());
                }
                native.truncate(got.unwrap_or(0));
                got.ok_or(CodecError)?;
            }
        }
        if let Some(resampler) = &mut self.resampler {
            resampler.run(&self.native, out);
        }
        Ok(())
    }

    /// What the codec itself makes up for the next ten milliseconds, which did not come; `out` holds nothing else afterwards.
    /// False if it has no idea: only Opus has. Its model of speech can go on in steps of ten milliseconds only: of less it
    /// would give the beginning, and be ten milliseconds further all the same.
    pub fn conceal(&mut self, out: &mut Vec<i16>) -> bool {
        out.clear();
        let Decoding::Opus(decoder) = &mut self.decoding else { return false };
        let samples = self.rate as usize / 100;
        out.resize(samples, 0);
        let got = guarded(|| decoder.decode_s16(&[], samples, out).ok());
        if got.is_none() {
            guarded(|| decoder.reset_state().ok());
        }
        out.truncate(got.unwrap_or(0));
        !out.is_empty()
    }
}

/// Runs a codec that somebody else wrote: should it ever panic on a hostile payload, the payload is refused and
/// nothing else suffers.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

enum Encoding {
    Law(fn(i16) -> u8),
    G722(Box<G722Encoder>),
    Opus(Box<OpusEncoder>),
}

/// Encodes the sound that we make ourselves.
pub struct Encoder {
    rate: u32,
    encoding: Encoding,
}

impl Encoder {
    /// An encoder; `None` for codecs we cannot encode.
    pub fn new(kind: Kind) -> Option<Self> {
        let encoding = match kind {
            Kind::Pcmu => Encoding::Law(linear_to_mu),
            Kind::Pcma => Encoding::Law(linear_to_a),
            Kind::G722 => Encoding::G722(Box::default()),
            Kind::Opus => {
                let mut encoder = OpusEncoder::new(OPUS_RATE.cast_signed(), 1, Application::Voip).ok()?;
                // What we make are tones and silence: little work and few bits are enough.
                (encoder.complexity, encoder.bitrate_bps) = (2, 24_000);
                Encoding::Opus(Box::new(encoder))
            }
            Kind::Other => return None,
        };
        Some(Self { rate: kind.rate()?, encoding })
    }

    /// An encoder for speech and music, done once and kept: it takes its time, and a few more bits.
    pub fn fine(kind: Kind) -> Option<Self> {
        let mut fine = Self::new(kind)?;
        if let Encoding::Opus(encoder) = &mut fine.encoding {
            (encoder.complexity, encoder.bitrate_bps) = (5, 32_000);
        }
        Some(fine)
    }

    /// An encoder for voices as they come, done anew for each hearer of a mix.
    pub fn live(kind: Kind) -> Option<Self> {
        let mut live = Self::new(kind)?;
        if let Encoding::Opus(encoder) = &mut live.encoding {
            (encoder.complexity, encoder.bitrate_bps) = (3, 28_000);
        }
        Some(live)
    }

    /// Samples a second that it takes.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Encodes one packet's samples into `out` and gives the length.
    ///
    /// # Errors
    /// [`CodecError`] if `out` is too small, or Opus has no frame of that length.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> Result<usize, CodecError> {
        match &mut self.encoding {
            Encoding::Law(law) => {
                let out = out.get_mut(..samples.len()).ok_or(CodecError)?;
                for (byte, sample) in out.iter_mut().zip(samples) {
                    *byte = law(*sample);
                }
                Ok(samples.len())
            }
            Encoding::G722(encoder) => guarded(|| encoder.encode_into(samples, out).ok()).ok_or(CodecError),
            Encoding::Opus(encoder) => {
                guarded(|| encoder.encode_s16(samples, samples.len(), out).ok()).ok_or(CodecError)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tone::{Tone, goertzel_db};

    #[test]
    fn a_tone_survives_every_codec_at_both_rates() {
        for kind in [Kind::Pcmu, Kind::Pcma, Kind::G722, Kind::Opus] {
            for rate in [8_000, 16_000] {
                let mut encoder = Encoder::new(kind).unwrap();
                let mut decoder = Decoder::new(kind, rate).unwrap();
                let mut tone = Tone::new(700, -120, encoder.rate());
                let (mut heard, mut part, mut bytes) = (Vec::new(), Vec::new(), [0; 1500]);
                for _ in 0..50 {
                    let mut samples = vec![0; encoder.rate() as usize / 50];
                    tone.fill(&mut samples);
                    let length = encoder.encode(&samples, &mut bytes).unwrap();
                    decoder.decode(&bytes[..length], &mut part).unwrap();
                    assert_eq!(part.len(), rate as usize / 50, "{kind:?} at {rate}");
                    heard.extend_from_slice(&part);
                }
                let tail = &heard[heard.len() / 2..];
                assert!((goertzel_db(tail, 700, rate) + 12.0).abs() < 1.5, "{kind:?} at {rate}");
                assert!(goertzel_db(tail, 1100, rate) < -40.0, "{kind:?} at {rate}");
            }
        }
    }

    #[test]
    fn random_payloads_never_panic() {
        let mut random = 0x1234_5678_9ABC_DEFFu64;
        let mut next = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random >> 33
        };
        for kind in [Kind::Pcmu, Kind::G722, Kind::Opus] {
            let (mut decoder, mut out) = (Decoder::new(kind, 8_000).unwrap(), Vec::new());
            for _ in 0..300 {
                let bytes: Vec<u8> = (0..next() % 300).map(|_| next() as u8).collect();
                let _ = decoder.decode(&bytes, &mut out);
                assert!(out.len() <= 1_600);
            }
        }
    }

    #[test]
    fn only_equal_codecs_and_the_two_laws_cross() {
        let codec = |name: &str, clock| Codec {
            kind: Kind::of(name),
            name: name.into(),
            clock,
            receive_pt: 0,
            send_pt: 0,
            ptime_ms: 20,
        };
        let crossing = |a: &Codec, b: &Codec| match a.crossing(b) {
            Crossing::Same => 's',
            Crossing::Table(_) => 't',
            Crossing::Impossible => '-',
        };
        let all = [
            codec("PCMU", 8000),
            codec("pcma", 8000),
            codec("G722", 8000),
            codec("iLBC", 8000),
            codec("GSM", 8000),
        ];
        let table: Vec<String> = all.iter().map(|a| all.iter().map(|b| crossing(a, b)).collect()).collect();
        assert_eq!(table, ["st---", "ts---", "--s--", "---s-", "----s"]);
        assert_eq!(crossing(&codec("speex", 8000), &codec("speex", 16000)), '-');
    }
}
