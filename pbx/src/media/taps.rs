//! What listens to a leg beside the legs that hear it: a recording, a level meter.

use super::recorder::{Recorder, Taken};
use switchroom_media::codec::{Codec, Decoder};
use switchroom_media::leg::Media;
use switchroom_media::level::Meter;
use switchroom_media::timeline::Side;

/// Where a leg's sound goes to be recorded.
pub(super) struct Tap {
    recording: u64,
    side: Side,
    codec: Codec,
    /// Packets that the recorder could not take and that it was not told of.
    lost: u64,
}

/// Listens to a leg for its level.
pub(super) struct Ear {
    decoder: Option<Decoder>,
    pub(super) meter: Meter,
    samples: Vec<i16>,
}

impl Tap {
    pub(super) fn new(recording: u64, side: Side, codec: &Codec) -> Self {
        Self { recording, side, codec: codec.clone(), lost: 0 }
    }

    pub(super) fn take(&mut self, recorder: &Recorder, now_us: u64, media: &Media, payload: &[u8]) {
        let taken = Taken::new(self.recording, self.side, now_us, media, &self.codec, payload);
        self.lost += u64::from(!recorder.take(taken));
    }

    /// Tells the recorder what it could not take.
    pub(super) fn confess(&mut self, recorder: &Recorder) {
        if self.lost > 0 {
            recorder.missed(self.recording, std::mem::take(&mut self.lost));
        }
    }
}

impl Ear {
    pub(super) fn new(codec: &Codec) -> Self {
        let decoder = codec.kind.rate().and_then(|rate| Decoder::new(codec.kind, rate));
        Self { decoder, meter: Meter::default(), samples: Vec::new() }
    }

    pub(super) fn hear(&mut self, payload: &[u8]) {
        if let Some(decoder) = &mut self.decoder
            && decoder.decode(payload, &mut self.samples).is_ok()
        {
            self.meter.add(&self.samples);
        }
    }
}
