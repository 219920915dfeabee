//! SDP as calls need it (RFC 8866): one audio stream described in full, other streams kept to be refused.
//!
//! `sdp-types` turns text into lines; what the lines mean is here.

use crate::limits::{SDP_ATTRIBUTES_MAX, SDP_FORMATS_MAX, SDP_MEDIA_MAX};
use crate::uri::parse_ip;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Who sends, as the describing side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// The describing side only sends.
    SendOnly,
    /// The describing side only receives.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// From what each way allows.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The describing side sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// The describing side receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The other side's view (RFC 3264 §6.1).
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    fn text(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// A format of an audio stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Format {
    /// RTP payload type.
    pub pt: u8,
    /// Encoding name as written.
    pub name: String,
    /// Clock rate in Hz.
    pub clock: u32,
    /// Channels; 1 unless said otherwise.
    pub channels: u8,
    /// Parameters (`a=fmtp`).
    pub fmtp: Option<String>,
}

impl Format {
    /// Whether it is the same encoding, whatever its number.
    pub fn same_encoding(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock == other.clock
            && self.channels == other.channels
    }

    /// Whether it carries digits (RFC 4733).
    pub fn is_digits(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }

    /// Whether it is comfort noise (RFC 3389), which is no codec to talk with.
    pub fn is_comfort_noise(&self) -> bool {
        self.name.eq_ignore_ascii_case("CN")
    }
}

/// Names and rates of the static payload types still seen (RFC 3551 §6).
fn static_format(pt: u8) -> Option<(&'static str, u32)> {
    Some(match pt {
        0 => ("PCMU", 8000),
        3 => ("GSM", 8000),
        4 => ("G723", 8000),
        8 => ("PCMA", 8000),
        9 => ("G722", 8000),
        13 => ("CN", 8000),
        15 => ("G728", 8000),
        18 => ("G729", 8000),
        _ => return None,
    })
}

/// One `m=` line of the peer, as far as an answer must repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MediaLine {
    kind: String,
    proto: String,
    formats: String,
}

/// The peer's description of its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    lines: Vec<MediaLine>,
    /// Which line is the audio stream we use.
    chosen: usize,
    /// Where it receives RTP; `None` for the unspecified address, an old form of hold (RFC 3264 §8.4).
    pub rtp: Option<SocketAddr>,
    /// Where it receives RTCP if it says so (RFC 3605, RFC 5761).
    pub rtcp: Option<SocketAddr>,
    /// Direction as the peer sees it.
    pub direction: Direction,
    /// Formats, best first.
    pub formats: Vec<Format>,
    /// Milliseconds a packet should hold, if it says so.
    pub ptime_ms: Option<u16>,
    /// Version of the description: unchanged means nothing changed.
    pub version: u64,
}

/// Why a description cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Not SDP.
    #[error("the session description is malformed")]
    Malformed,
    /// More of something than the bound.
    #[error("the session description is too long")]
    TooLong,
    /// No audio stream over plain RTP.
    #[error("no plain RTP audio is offered")]
    NoAudio,
}

impl Description {
    /// Reads a description.
    pub fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        let session = sdp_types::Session::parse(bytes).map_err(|_| SdpError::Malformed)?;
        let attributes =
            session.attributes.len() + session.medias.iter().map(|m| m.attributes.len()).sum::<usize>();
        if session.medias.len() > SDP_MEDIA_MAX || attributes > SDP_ATTRIBUTES_MAX {
            return Err(SdpError::TooLong);
        }
        // Audio over RTP/AVP, or AVPF which is answered as it is offered; secured profiles are refused, never
        // answered in clear.
        let usable = |m: &sdp_types::Media| {
            m.media.eq_ignore_ascii_case("audio")
                && m.port != 0
                && ["RTP/AVP", "RTP/AVPF"].iter().any(|p| m.proto.eq_ignore_ascii_case(p))
        };
        let chosen = session.medias.iter().position(usable).ok_or(SdpError::NoAudio)?;
        let media = &session.medias[chosen];
        let host = media.connections.first().or(session.connection.as_ref()).ok_or(SdpError::Malformed)?;
        // A multicast address may carry `/ttl`; a stream there is not a call.
        let ip = parse_ip(host.connection_address.trim()).filter(|ip| !ip.is_multicast());
        let ip = ip.ok_or(SdpError::Malformed)?;
        let rtp = (!ip.is_unspecified()).then(|| SocketAddr::new(ip, media.port));
        let direction = [&media.attributes, &session.attributes]
            .into_iter()
            .find_map(|list| list.iter().find_map(|a| direction_of(&a.attribute)))
            .unwrap_or(Direction::SendRecv);
        let lines = session
            .medias
            .iter()
            .map(|m| MediaLine { kind: m.media.clone(), proto: m.proto.clone(), formats: m.fmt.clone() })
            .collect();
        Ok(Self {
            lines,
            chosen,
            rtp,
            rtcp: rtp.and_then(|rtp| rtcp_of(media, rtp)),
            // The unspecified address says "send me nothing", whatever the attribute says.
            direction: if rtp.is_some() { direction } else { Direction::of(direction.sends(), false) },
            formats: formats_of(media),
            ptime_ms: attribute(media, "ptime")
                .and_then(|v| v.trim().parse().ok())
                .filter(|p| (1..=200).contains(p)),
            version: session.origin.sess_version,
        })
    }

    /// Whether the peer holds us: it does not want to receive.
    pub fn is_hold(&self) -> bool {
        !self.direction.receives()
    }

    /// The formats that carry sound.
    pub fn codecs(&self) -> impl Iterator<Item = &Format> {
        self.formats.iter().filter(|f| !f.is_digits() && !f.is_comfort_noise())
    }

    /// The digits format that goes with a codec of that clock rate, else any.
    pub fn digits_for(&self, clock: u32) -> Option<&Format> {
        let mut digits = self.formats.iter().filter(|f| f.is_digits());
        digits.clone().find(|f| f.clock == clock).or_else(|| digits.next())
    }
}

fn direction_of(name: &str) -> Option<Direction> {
    [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
        .into_iter()
        .find(|d| d.text() == name)
}

fn attribute<'a>(media: &'a sdp_types::Media, name: &str) -> Option<&'a str> {
    media.attributes.iter().find(|a| a.attribute.eq_ignore_ascii_case(name)).and_then(|a| a.value.as_deref())
}

fn rtcp_of(media: &sdp_types::Media, rtp: SocketAddr) -> Option<SocketAddr> {
    let value = attribute(media, "rtcp")?;
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok().filter(|p| *p != 0)?;
    let ip = words.nth(2).and_then(parse_ip).unwrap_or(rtp.ip());
    // RTCP goes where RTP goes: another host named here would be a way to aim packets at a third party.
    (ip == rtp.ip()).then(|| SocketAddr::new(ip, port))
}

fn formats_of(media: &sdp_types::Media) -> Vec<Format> {
    let mut out: Vec<Format> = Vec::new();
    for pt in media.fmt.split_ascii_whitespace().take(SDP_FORMATS_MAX) {
        let Some(pt) = pt.parse::<u8>().ok().filter(|pt| *pt < 128) else { continue };
        if out.iter().any(|f| f.pt == pt) {
            continue;
        }
        let value_of = |name: &str| {
            media.attributes.iter().filter(|a| a.attribute.eq_ignore_ascii_case(name)).find_map(|a| {
                let (number, rest) = a.value.as_deref()?.trim().split_once([' ', '\t'])?;
                (number.parse::<u8>().ok()? == pt).then(|| rest.trim().to_owned())
            })
        };
        let mapped = value_of("rtpmap").and_then(|text| {
            let mut parts = text.split('/');
            let name = parts.next()?.to_owned();
            let clock = parts.next()?.trim().parse().ok().filter(|c| (1..=192_000).contains(c))?;
            let channels = parts.next().map_or(Some(1), |c| c.trim().parse().ok())?;
            let is_name = !name.is_empty() && name.len() <= 32 && name.bytes().all(|b| b.is_ascii_graphic());
            is_name.then_some((name, clock, channels))
        });
        let Some((name, clock, channels)) =
            mapped.or_else(|| static_format(pt).map(|(n, c)| (n.to_owned(), c, 1)))
        else {
            continue;
        };
        out.push(Format {
            pt,
            name,
            clock,
            channels,
            fmtp: value_of("fmtp").map(|f| f.replace(['\r', '\n'], " ")),
        });
    }
    out
}

/// Our own description of one audio stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Identity of the session, fixed for its life (`o=`).
    pub session_id: u64,
    /// Rises by one whenever the description changes (RFC 3264 §8).
    pub version: u64,
    /// Where we receive RTP; RTCP is one port above.
    pub rtp: SocketAddr,
    /// Formats, best first.
    pub formats: Vec<Format>,
    /// Direction as we see it.
    pub direction: Direction,
    /// Milliseconds in a packet we send.
    pub ptime_ms: u16,
}

impl Local {
    /// As an offer: one audio line.
    pub fn offer(&self) -> Vec<u8> {
        let mut text = self.head();
        self.audio(&mut text, "RTP/AVP");
        text.into_bytes()
    }

    /// As an answer: the same lines as the offer in the same order, all but ours refused with port 0
    /// (RFC 3264 §6).
    pub fn answer(&self, offer: &Description) -> Vec<u8> {
        let mut text = self.head();
        for (place, line) in offer.lines.iter().enumerate() {
            if place == offer.chosen {
                self.audio(&mut text, &line.proto);
            } else {
                _ = write!(text, "m={} 0 {} {}\r\n", line.kind, line.proto, line.formats);
            }
        }
        text.into_bytes()
    }

    fn head(&self) -> String {
        let family = match self.rtp.ip() {
            IpAddr::V4(_) => "IP4",
            IpAddr::V6(_) => "IP6",
        };
        let ip = self.rtp.ip();
        format!(
            "v=0\r\no=- {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n",
            self.session_id, self.version
        )
    }

    fn audio(&self, text: &mut String, proto: &str) {
        _ = write!(text, "m=audio {} {proto}", self.rtp.port());
        for format in &self.formats {
            _ = write!(text, " {}", format.pt);
        }
        text.push_str("\r\n");
        for format in &self.formats {
            _ = write!(text, "a=rtpmap:{} {}/{}", format.pt, format.name, format.clock);
            if format.channels > 1 {
                _ = write!(text, "/{}", format.channels);
            }
            text.push_str("\r\n");
            if let Some(fmtp) = &format.fmtp {
                _ = write!(text, "a=fmtp:{} {fmtp}\r\n", format.pt);
            }
        }
        _ = write!(text, "a=ptime:{}\r\na={}\r\n", self.ptime_ms, self.direction.text());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n\
        m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
        m=audio 4000 RTP/AVP 0 8 101 120 13\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n\
        a=rtpmap:120 opus/48000/2\r\na=fmtp:120 useinbandfec=1\r\na=sendonly\r\na=ptime:30\r\na=rtcp:4007\r\n";

    fn parse(text: &str) -> Result<Description, SdpError> {
        Description::parse(text.as_bytes())
    }

    #[test]
    fn reads_the_audio_of_an_offer() {
        let d = parse(OFFER).unwrap();
        assert_eq!(d.rtp, Some("192.0.2.5:4000".parse().unwrap()));
        assert_eq!(d.rtcp, Some("192.0.2.5:4007".parse().unwrap()));
        assert_eq!(
            (d.direction, d.ptime_ms, d.version, d.is_hold()),
            (Direction::SendOnly, Some(30), 2, true)
        );
        let names: Vec<_> = d.codecs().map(|f| (f.pt, f.name.as_str(), f.clock, f.channels)).collect();
        assert_eq!(names, [(0, "PCMU", 8000, 1), (8, "PCMA", 8000, 1), (120, "opus", 48000, 2)]);
        assert_eq!(d.digits_for(8000).map(|f| f.pt), Some(101));
    }

    #[test]
    fn an_answer_keeps_the_lines_and_refuses_with_port_zero() {
        let d = parse(OFFER).unwrap();
        let local = Local {
            session_id: 9,
            version: 1,
            rtp: "[2001:db8::1]:20000".parse().unwrap(),
            formats: d.formats.iter().filter(|f| [0, 101].contains(&f.pt)).cloned().collect(),
            direction: d.direction.reversed(),
            ptime_ms: 20,
        };
        let text = String::from_utf8(local.answer(&d)).unwrap();
        assert!(text.contains("m=video 0 RTP/AVP 96\r\nm=audio 20000 RTP/AVP 0 101\r\n"), "{text}");
        assert!(
            text.contains("a=fmtp:101 0-16") && text.contains("a=recvonly") && text.contains("IN IP6"),
            "{text}"
        );
        let back = parse(&text).unwrap();
        assert_eq!(back.formats, local.formats);
    }

    /// RFC 4585: feedback is not used, and the profile of a line is not for the answer to change.
    #[test]
    fn a_profile_with_feedback_is_answered_as_it_is_offered() {
        let d = parse(&OFFER.replace("m=audio 4000 RTP/AVP ", "m=audio 4000 RTP/AVPF ")).unwrap();
        let local = Local {
            session_id: 9,
            version: 1,
            rtp: "192.0.2.1:20000".parse().unwrap(),
            formats: d.formats.iter().filter(|f| f.pt == 0).cloned().collect(),
            direction: d.direction.reversed(),
            ptime_ms: 20,
        };
        let text = String::from_utf8(local.answer(&d)).unwrap();
        assert!(text.contains("m=audio 20000 RTP/AVPF 0\r\n") && !text.contains("rtcp-fb"), "{text}");
    }

    #[test]
    fn hold_comes_in_three_forms() {
        for (from, to) in [
            ("a=sendonly", "a=sendonly"),
            ("a=sendonly", "a=inactive"),
            ("c=IN IP4 192.0.2.5", "c=IN IP4 0.0.0.0"),
        ] {
            assert!(parse(&OFFER.replace(from, to)).unwrap().is_hold(), "{to}");
        }
        let null =
            parse(&OFFER.replace("c=IN IP4 192.0.2.5", "c=IN IP4 0.0.0.0").replace("sendonly", "sendrecv"))
                .unwrap();
        assert_eq!((null.rtp, null.direction), (None, Direction::SendOnly));
        assert!(!parse(&OFFER.replace("a=sendonly", "a=sendrecv")).unwrap().is_hold());
    }

    /// Class "SDP bombs, garbage": odd values are values.
    #[test]
    fn sdp_bombs_and_garbage() {
        for (from, to) in [
            ("opus/48000/2", "opus/0"),
            ("opus/48000/2", "opus"),
            ("a=ptime:30", "a=ptime:0"),
            ("a=rtcp:4007", "a=rtcp:0"),
            ("a=rtcp:4007", "a=rtcp:4007 IN IP4 203.0.113.1"),
            ("0 8 101", "0 8 300 -1 x 101"),
        ] {
            let d = parse(&OFFER.replace(from, to)).unwrap();
            assert!(
                d.codecs().any(|f| f.pt == 0) && d.rtcp.is_none_or(|r| r.ip() == d.rtp.unwrap().ip()),
                "{to}"
            );
        }
        assert_eq!(parse(&OFFER.replace("audio 4000", "audio 70000")), Err(SdpError::Malformed));
        assert_eq!(parse(&OFFER.replace("audio 4000", "audio 0")), Err(SdpError::NoAudio));
        assert_eq!(
            parse(&OFFER.replace("audio 4000 RTP/AVP", "audio 4000 RTP/SAVP")),
            Err(SdpError::NoAudio)
        );
        assert_eq!(
            parse(&OFFER.replace("IP4 192.0.2.5\r\nt", "IP4 224.2.1.1/127\r\nt")),
            Err(SdpError::Malformed)
        );
        assert_eq!(parse(&(OFFER.to_owned() + &"a=x\r\n".repeat(300))), Err(SdpError::TooLong));
        assert_eq!(parse(&(OFFER.to_owned() + &"m=audio 1 RTP/AVP 0\r\n".repeat(9))), Err(SdpError::TooLong));
        assert_eq!(parse(""), Err(SdpError::Malformed));
        let mut rng = crate::rng::Rng::from_number(3);
        for _ in 0..20_000 {
            let mut bytes = OFFER.as_bytes().to_vec();
            for _ in 0..3 {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.bits() as u8;
            }
            if let Ok(d) = Description::parse(&bytes) {
                assert!(d.formats.len() <= SDP_FORMATS_MAX);
            }
        }
    }
}
