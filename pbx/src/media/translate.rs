//! Between the exchange's words and those of `switchroom-media`.

use switchroom_exchange::{Agreed, Channel, Direction, Quality, Source};
use switchroom_media::codec::{Codec, Kind};
use switchroom_media::leg::Terms;
use switchroom_media::pace::Sound;
use switchroom_media::quality;
use switchroom_media::timeline::Side;

pub(super) fn terms(agreed: Agreed) -> Terms {
    let Agreed { remote_rtp, remote_rtcp, signalling_ip, codec, digits, sending, receiving, generation } =
        agreed;
    let codec = Codec {
        kind: Kind::of(&codec.name),
        name: codec.name,
        clock: codec.clock,
        receive_pt: codec.receive_pt,
        send_pt: codec.send_pt,
        ptime_ms: codec.ptime_ms,
    };
    Terms { remote_rtp, remote_rtcp, signalling_ip, codec, digits, sending, receiving, generation }
}

pub(super) fn quality(quality: quality::Quality) -> Quality {
    let direction = |d: quality::Direction| Direction {
        packets: d.packets,
        lost: d.lost,
        jitter_us: d.jitter_us,
        rtt_us: d.rtt_us,
        mos_centi: d.mos_centi,
    };
    Quality { received: direction(quality.received), sent: direction(quality.sent) }
}

pub(super) fn side(channel: Channel) -> Side {
    match channel {
        Channel::Left => Side::Left,
        Channel::Right => Side::Right,
    }
}

/// The sound of our own that a source is, if it is one.
pub(super) fn sound(source: &Source) -> Option<Sound> {
    match *source {
        Source::Nothing | Source::Leg(_) | Source::Mix(_) | Source::Echo => None,
        Source::Silence => Some(Sound::Silence),
        Source::Tone { hz, ddb } => Some(Sound::Tone { hz, ddb }),
    }
}

/// `PCMA/8000`.
pub(super) fn codec_text(codec: &Codec) -> String {
    format!("{}/{}", codec.name, codec.clock)
}
