//! Parties who say tones over a network that may be bad, and a clock that is only counted.

use super::super::*;
use crate::codec::{Codec, Decoder, Encoder, Kind};
use crate::rtp::Header;
use crate::tone::{Tone, goertzel_db};
use std::collections::BTreeMap;

/// What the network does to a packet: how much later it comes, microseconds, each time it comes; not at all if never.
pub(super) type Network = Box<dyn FnMut(u16) -> Vec<u64>>;

pub(super) struct Speaker {
    codec: Codec,
    encoder: Encoder,
    tone: Tone,
    pub(super) header: Header,
    next_us: f64,
    /// Its clock is faster than ours by this, parts per million.
    pub(super) ppm: f64,
    pub(super) network: Network,
    pub(super) is_away: bool,
    pub(super) silence_until_us: u64,
    /// When its first packet that was not silent came.
    pub(super) loud_us: Option<u64>,
}

pub(super) struct Hearer {
    mixdown: Mixdown,
    decoder: Decoder,
    rate: u32,
    heard: Vec<i16>,
    first_us: Option<u64>,
    pub(super) packets: usize,
}

pub(super) struct Rig {
    pub(super) now_us: u64,
    pub(super) voices: Voices,
    pub(super) speakers: Vec<Speaker>,
    hearers: Vec<Hearer>,
    on_the_way: BTreeMap<(u64, u64), (usize, Header, Vec<u8>)>,
    sent: u64,
}

pub(super) fn codec(kind: Kind) -> Codec {
    let clock = if kind == Kind::Opus { 48_000 } else { 8_000 };
    Codec { kind, name: format!("{kind:?}"), clock, receive_pt: 8, send_pt: 8, ptime_ms: 20 }
}

/// The level of a tone, decibels.
pub(super) fn level(samples: &[i16], hz: u16, rate: u32) -> f32 {
    goertzel_db(samples, hz, rate)
}

impl Rig {
    /// Party `n` speaks and hears in the codec `n`, and says the tone `n`. Nobody hears anybody yet.
    pub(super) fn new<const N: usize>(kinds: [Kind; N], tones: [u16; N]) -> Self {
        let mut voices = Voices::new();
        let (mut speakers, mut hearers) = (Vec::new(), Vec::new());
        for (at, (kind, hz)) in kinds.into_iter().zip(tones).enumerate() {
            let (codec, encoder) = (codec(kind), Encoder::new(kind).unwrap());
            voices.open(at, &codec);
            assert!(voices.has(at));
            let decoder = Decoder::new(kind, encoder.rate()).unwrap();
            let mixdown = Mixdown::new(0, &codec, 0).unwrap();
            let rate = encoder.rate();
            hearers.push(Hearer { mixdown, decoder, rate, heard: Vec::new(), first_us: None, packets: 0 });
            let header = Header {
                marker: false,
                payload_type: 8,
                sequence: 65_500,
                timestamp: u32::MAX - 900,
                ssrc: 7,
            };
            speakers.push(Speaker {
                tone: Tone::new(hz, -100, encoder.rate()),
                encoder,
                codec,
                header,
                // Each in a phase of its own.
                next_us: 3_700.0 * at as f64 + 1_300.0,
                ppm: 0.0,
                network: Box::new(|_| vec![0]),
                is_away: false,
                silence_until_us: 0,
                loud_us: None,
            });
        }
        Self { now_us: 0, voices, speakers, hearers, on_the_way: BTreeMap::new(), sent: 0 }
    }

    pub(super) fn hear(&mut self, hearer: usize, parts: &[Part]) {
        self.hearers[hearer].mixdown.set(parts);
    }

    /// A party hears in packets of so many milliseconds, from now on.
    pub(super) fn hear_in_packets_of(&mut self, hearer: usize, ptime_ms: u16) {
        let codec = Codec { ptime_ms, ..self.speakers[hearer].codec.clone() };
        self.hearers[hearer].mixdown = Mixdown::new(self.now_us, &codec, 0).unwrap();
    }

    /// Lets so many milliseconds go by.
    pub(super) fn run(&mut self, ms: u64) {
        let end_us = self.now_us + ms * 1000;
        while self.now_us < end_us {
            self.now_us += BLOCK_US;
            self.speak();
            while let Some(((at_us, _), _)) = self.on_the_way.first_key_value()
                && *at_us <= self.now_us
            {
                let ((at_us, _), (speaker, header, payload)) = self.on_the_way.pop_first().unwrap();
                self.voices.take(speaker, at_us, &header, &payload);
            }
            for hearer in &mut self.hearers {
                hearer.hear(self.now_us, &mut self.voices);
            }
        }
    }

    /// The thread does nothing for so many milliseconds; what came meanwhile it finds then, all at once.
    pub(super) fn stall(&mut self, ms: u64) {
        self.now_us += ms * 1000;
        self.speak();
        let late = std::mem::take(&mut self.on_the_way);
        for (at, ((_, number), packet)) in late.into_iter().enumerate() {
            self.on_the_way.insert((self.now_us + at as u64, number), packet);
        }
    }

    fn speak(&mut self) {
        for (at, speaker) in self.speakers.iter_mut().enumerate() {
            while speaker.next_us <= self.now_us as f64 {
                let now_us = speaker.next_us as u64;
                if let Some(payload) = speaker.say(now_us) {
                    for later_us in (speaker.network)(speaker.header.sequence) {
                        self.sent += 1;
                        let key = (now_us + later_us, self.sent);
                        self.on_the_way.insert(key, (at, speaker.header, payload.clone()));
                    }
                    speaker.header.sequence = speaker.header.sequence.wrapping_add(1);
                }
                speaker.header.timestamp = speaker.header.timestamp.wrapping_add(speaker.codec.clock / 50);
            }
        }
    }

    /// What a party heard since [`Rig::forget`], and the rate of it.
    pub(super) fn heard(&self, hearer: usize) -> (&[i16], u32) {
        let hearer = &self.hearers[hearer];
        (&hearer.heard, hearer.rate)
    }

    /// When the first packet went to a party.
    pub(super) fn first_us(&self, hearer: usize) -> Option<u64> {
        self.hearers[hearer].first_us
    }

    pub(super) fn packets(&self, hearer: usize) -> usize {
        self.hearers[hearer].packets
    }

    pub(super) fn forget(&mut self) {
        for hearer in &mut self.hearers {
            hearer.heard.clear();
            (hearer.first_us, hearer.packets) = (None, 0);
        }
    }
}

impl Speaker {
    /// The next packet; none while it is away. It is sent when its last sample was said.
    fn say(&mut self, now_us: u64) -> Option<Vec<u8>> {
        self.next_us += 20_000.0 / (1.0 + self.ppm / 1e6);
        let (mut samples, mut bytes) = (vec![0; self.encoder.rate() as usize / 50], [0; 1500]);
        if now_us >= self.silence_until_us {
            self.tone.fill(&mut samples);
            self.loud_us.get_or_insert(now_us);
        }
        let length = self.encoder.encode(&samples, &mut bytes).unwrap();
        (!self.is_away).then(|| bytes[..length].to_vec())
    }
}

impl Hearer {
    fn hear(&mut self, now_us: u64, voices: &mut Voices) {
        let (mut out, mut part) = ([0; 1500], Vec::new());
        while let Some(length) = self.mixdown.packet(now_us, voices, &mut out) {
            self.decoder.decode(&out[..length], &mut part).unwrap();
            self.heard.extend_from_slice(&part);
            self.first_us.get_or_insert(now_us);
            self.packets += 1;
        }
    }
}
