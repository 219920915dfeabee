//! What is offered, what is answered, and what both come to (RFC 3264).

use crate::settings::HoldForm;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use switchroom_sip::sdp::{Description, Direction, Format, Local};

/// Codecs a phone can offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722.
    G722,
    /// Opus.
    Opus,
}

/// Sound in a packet, milliseconds.
pub const PTIME_MS: u16 = 20;

impl Codec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// Its name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The codec of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(name))
    }

    /// RTP clock, Hz. That of G.722 is 8000 by a mistake that became the rule (RFC 3551 §4.5.2).
    pub fn clock(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// As it is offered.
    fn format(self) -> Format {
        let (pt, channels, fmtp) = match self {
            Self::Pcmu => (0, 1, None),
            Self::Pcma => (8, 1, None),
            Self::G722 => (9, 1, None),
            Self::Opus => (111, 2, Some("useinbandfec=1".to_owned())),
        };
        Format { pt, name: self.name().into(), clock: self.clock(), channels, fmtp }
    }

    /// The codec a format is for.
    fn of(format: &Format) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.format().same_encoding(format))
    }
}

/// What both sides agreed on: all that the runner needs to know to send and take sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPlan {
    /// Where sound goes and where it must come from; `None` while the other side wants none.
    pub remote: Option<SocketAddr>,
    /// The codec.
    pub codec: Codec,
    /// Payload type of what we send.
    pub send_pt: u8,
    /// Payload type of what we receive.
    pub receive_pt: u8,
    /// Payload type of RTP digits that we send; `None` if the other side takes none.
    pub digits_send_pt: Option<u8>,
    /// Payload type of RTP digits that we receive.
    pub digits_receive_pt: Option<u8>,
    /// Who sends, as we see it.
    pub direction: Direction,
}

/// RTP digits as they are offered with a codec of that clock.
fn digits(clock: u32) -> Format {
    let pt = if clock == 8_000 { 101 } else { 110 };
    Format { pt, name: "telephone-event".into(), clock, channels: 1, fmtp: Some("0-15".into()) }
}

/// Everything we can, best first, with RTP digits of each clock.
pub(crate) fn offered(codecs: &[Codec]) -> Vec<Format> {
    let mut formats: Vec<Format> = codecs.iter().map(|c| c.format()).collect();
    let mut clocks: Vec<u32> = codecs.iter().map(|c| c.clock()).collect();
    clocks.sort_unstable();
    clocks.dedup();
    formats.extend(clocks.into_iter().map(digits));
    formats
}

/// The best format of an offer that we can, and its digits, with the numbers of the offer. `None`: nothing in common.
pub(crate) fn answered(codecs: &[Codec], offer: &Description) -> Option<Vec<Format>> {
    let chosen = offer.codecs().find(|f| Codec::of(f).is_some_and(|c| codecs.contains(&c)))?;
    let digits = offer.digits_for(chosen.clock).filter(|d| d.clock == chosen.clock);
    let mut formats = vec![Format { fmtp: None, ..chosen.clone() }];
    formats.extend(digits.map(|d| Format { fmtp: Some("0-15".into()), ..d.clone() }));
    Some(formats)
}

/// Gives our description the address and direction that go with a hold of ours, or with none.
pub(crate) fn set_hold(local: &mut Local, rtp: SocketAddr, hold: Option<HoldForm>) {
    local.rtp = rtp;
    local.direction = match hold {
        None => Direction::SendRecv,
        Some(HoldForm::SendOnly) => Direction::SendOnly,
        Some(HoldForm::Inactive) => Direction::Inactive,
        Some(HoldForm::NullAddress) => {
            let nowhere: IpAddr = match rtp.ip() {
                IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            };
            local.rtp.set_ip(nowhere);
            Direction::SendRecv
        }
    };
}

/// Narrows our description to what answers `offer`.
pub(crate) fn narrow(local: &mut Local, offer: &Description) {
    let asked = offer.direction.reversed();
    let (sends, receives) = (local.direction.sends(), local.direction.receives());
    local.direction = Direction::of(sends && asked.sends(), receives && asked.receives());
}

/// What our description and the other side's come to; `None` if they have no codec in common.
pub(crate) fn plan(local: &Local, remote: &Description) -> Option<MediaPlan> {
    let ours = |format: &Format| local.formats.iter().find(|f| f.same_encoding(format));
    let (theirs, mine, codec) = remote.codecs().find_map(|f| Some((f, ours(f)?, Codec::of(f)?)))?;
    let digits = remote.digits_for(theirs.clock).filter(|d| d.clock == theirs.clock);
    let digits = digits.and_then(|d| Some((d.pt, ours(d)?.pt)));
    let wants = local.direction.receives() && !local.rtp.ip().is_unspecified();
    Some(MediaPlan {
        remote: remote.rtp,
        codec,
        send_pt: theirs.pt,
        receive_pt: mine.pt,
        digits_send_pt: digits.map(|(theirs, _)| theirs),
        digits_receive_pt: digits.map(|(_, ours)| ours),
        direction: Direction::of(
            local.direction.sends() && remote.direction.receives(),
            wants && remote.direction.sends(),
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn local(codecs: &[Codec]) -> Local {
        Local {
            session_id: 1,
            version: 1,
            rtp: "192.0.2.1:4000".parse().unwrap(),
            formats: offered(codecs),
            direction: Direction::SendRecv,
            ptime_ms: PTIME_MS,
        }
    }

    #[test]
    fn both_sides_come_to_the_same_plan() {
        for (mine, theirs, want) in [
            (&[Codec::Pcma, Codec::Pcmu][..], &[Codec::Pcmu, Codec::Pcma][..], Some(Codec::Pcma)),
            (&[Codec::Opus, Codec::Pcmu], &[Codec::Pcmu, Codec::Opus], Some(Codec::Opus)),
            (&[Codec::G722], &[Codec::Pcmu], None),
        ] {
            let ours = local(mine);
            let offer = Description::parse(&ours.offer()).unwrap();
            let Some(formats) = answered(theirs, &offer) else {
                assert_eq!(want, None);
                continue;
            };
            let answer = Local { formats, rtp: "192.0.2.2:5000".parse().unwrap(), ..local(theirs) };
            let back = Description::parse(&answer.answer(&offer)).unwrap();
            let (a, b) = (plan(&ours, &back).unwrap(), plan(&answer, &offer).unwrap());
            assert_eq!((a.codec, b.codec), (want.unwrap(), want.unwrap()));
            assert_eq!((a.send_pt, a.digits_send_pt), (b.receive_pt, b.digits_receive_pt));
            assert!(a.digits_send_pt.is_some());
            assert_eq!((a.remote, b.remote), (Some(answer.rtp), Some(ours.rtp)));
        }
    }

    #[test]
    fn each_form_of_hold_is_seen_by_the_other_side() {
        for (form, theirs) in [
            (HoldForm::SendOnly, Direction::RecvOnly),
            (HoldForm::Inactive, Direction::Inactive),
            (HoldForm::NullAddress, Direction::RecvOnly),
        ] {
            let mut ours = local(&[Codec::Pcmu]);
            let rtp = ours.rtp;
            set_hold(&mut ours, rtp, Some(form));
            let offer = Description::parse(&ours.offer()).unwrap();
            assert!(offer.is_hold(), "{form:?}");
            let mut answer = local(&[Codec::Pcmu]);
            narrow(&mut answer, &offer);
            assert_eq!(plan(&answer, &offer).unwrap().direction, theirs, "{form:?}");
            let back = Description::parse(&answer.answer(&offer)).unwrap();
            assert!(!plan(&ours, &back).unwrap().direction.receives(), "{form:?}");
            set_hold(&mut ours, rtp, None);
            assert!(!Description::parse(&ours.offer()).unwrap().is_hold());
        }
    }
}
