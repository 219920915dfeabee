//! Which codecs two parties can talk in (RFC 3264), each in its own numbers.

use crate::config::Codec;
use crate::media::{Agreed, AgreedCodec};
use std::net::IpAddr;
use switchroom_sip::sdp::{Description, Format};

/// Payload type for digits if the caller has no own number for it.
const DIGITS_PT: u8 = 101;

fn plain(pt: u8, name: &str, clock: u32) -> Format {
    Format { pt, name: name.into(), clock, channels: 1, fmtp: None }
}

fn format_of(codec: Codec) -> Format {
    match codec {
        Codec::Pcmu => plain(0, "PCMU", 8000),
        Codec::Pcma => plain(8, "PCMA", 8000),
        Codec::G722 => plain(9, "G722", 8000),
        Codec::Opus => Format {
            pt: 96,
            name: "opus".into(),
            clock: 48_000,
            channels: 2,
            fmtp: Some("useinbandfec=1;stereo=0;sprop-stereo=0".into()),
        },
    }
}

fn digits(pt: u8) -> Format {
    Format { fmtp: Some("0-16".into()), ..plain(pt, "telephone-event", 8000) }
}

/// Whether we can turn one into the other.
fn can_transcode(a: &Format, b: &Format) -> bool {
    let is_g711 = |f: &Format| {
        f.clock == 8000 && (f.name.eq_ignore_ascii_case("PCMU") || f.name.eq_ignore_ascii_case("PCMA"))
    };
    is_g711(a) && is_g711(b)
}

/// What we offer when we start from nothing: the configured codecs and digits.
pub(crate) fn own_formats(codecs: &[Codec]) -> Vec<Format> {
    let mut out: Vec<Format> = codecs.iter().map(|c| format_of(*c)).collect();
    out.push(digits(DIGITS_PT));
    out
}

/// What is offered to a caller whom we call before anybody has asked the other side: of the configured codecs those first
/// that reach most, for what is agreed now is what the other side has to have, or one that we can turn into it.
pub(crate) fn reaching_formats(codecs: &[Codec]) -> Vec<Format> {
    let mut sorted = codecs.to_vec();
    sorted.sort_by_key(|codec| !matches!(codec, Codec::Pcma | Codec::Pcmu));
    own_formats(&sorted)
}

/// What the called side is offered: the caller's codecs in the caller's order and numbers, as far as the configuration
/// allows them or we do not know them (those pass through untouched), then what we can transcode to, then digits.
pub(crate) fn offer_on_behalf(caller: &Description, codecs: &[Codec]) -> Vec<Format> {
    let allowed: Vec<Format> = codecs.iter().map(|c| format_of(*c)).collect();
    let known = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus].map(format_of);
    let mut out: Vec<Format> = caller
        .codecs()
        .filter(|f| {
            let is_known = known.iter().any(|k| k.same_encoding(f));
            !is_known || allowed.iter().any(|a| a.same_encoding(f))
        })
        .cloned()
        .collect();
    for extra in &allowed {
        let is_free = !out.iter().any(|f| f.same_encoding(extra) || f.pt == extra.pt);
        if is_free && out.iter().any(|f| can_transcode(f, extra)) {
            out.push(extra.clone());
        }
    }
    if out.is_empty() {
        return out;
    }
    let mut with_digits: Vec<Format> = caller.formats.iter().filter(|f| f.is_digits()).cloned().collect();
    if with_digits.is_empty() {
        let free = (DIGITS_PT..128).chain(96..DIGITS_PT).find(|pt| !out.iter().any(|f| f.pt == *pt));
        with_digits.extend(free.map(digits));
    }
    out.extend(with_digits);
    out
}

/// The codec that an answer to our offer chose, and the number we gave it.
pub(crate) fn chosen_by<'a>(answer: &'a Description, offered: &[Format]) -> Option<(&'a Format, u8)> {
    answer.codecs().find_map(|theirs| {
        let ours = offered.iter().find(|o| o.same_encoding(theirs) && !o.is_digits())?;
        Some((theirs, ours.pt))
    })
}

/// The codec to talk to a party in, of those it describes, so that `other` reaches it: the same encoding, else one we
/// can transcode. `preferred`, what it talks in now, goes first.
pub(crate) fn match_codec<'a>(
    party: &'a Description,
    other: Option<&Format>,
    preferred: Option<&Format>,
) -> Option<&'a Format> {
    let fits = |f: &&Format| other.is_none_or(|o| o.same_encoding(f) || can_transcode(o, f));
    let same_as = |wanted: Option<&Format>| {
        wanted.and_then(|w| party.codecs().find(|f| f.same_encoding(w))).filter(|f| fits(f))
    };
    same_as(preferred).or_else(|| same_as(other)).or_else(|| party.codecs().find(fits))
}

/// The formats of an answer: the codec in the party's own number and parameters of the far side, and digits if it has
/// them.
pub(crate) fn answer_formats(party: &Description, codec: &Format, far: Option<&Format>) -> Vec<Format> {
    let mut chosen = codec.clone();
    if let Some(far) = far.filter(|far| far.same_encoding(codec)) {
        chosen.fmtp.clone_from(&far.fmtp);
    }
    let mut out = vec![chosen];
    out.extend(party.digits_for(codec.clock).cloned());
    out
}

/// What the media engine is told of one leg. `ours` are the formats of our own description, `theirs` the party's.
pub(crate) fn agreed(
    party: &Description,
    codec: &Format,
    ours: &[Format],
    signalling_ip: IpAddr,
    generation: u32,
) -> Agreed {
    let receive_pt = ours.iter().find(|o| o.same_encoding(codec)).map_or(codec.pt, |o| o.pt);
    let our_digits = ours.iter().find(|f| f.is_digits());
    let digits = party.digits_for(codec.clock).zip(our_digits).map(|(theirs, ours)| (ours.pt, theirs.pt));
    Agreed {
        remote_rtp: party.rtp,
        remote_rtcp: party.rtcp,
        signalling_ip,
        codec: AgreedCodec {
            name: codec.name.clone(),
            clock: codec.clock,
            receive_pt,
            send_pt: codec.pt,
            ptime_ms: party.ptime_ms.filter(|p| p % 10 == 0 && *p <= 60).unwrap_or(20),
        },
        digits,
        sending: party.direction.receives(),
        receiving: party.direction.sends(),
        generation,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn describe(formats: &str, maps: &str) -> Description {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP {formats}\r\n{maps}"
        );
        Description::parse(text.as_bytes()).unwrap()
    }

    const ALL: [Codec; 4] = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus];

    #[test]
    fn the_called_side_is_offered_the_callers_codecs_in_its_numbers() {
        let caller = describe(
            "107 18 0 99",
            "a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\na=rtpmap:99 telephone-event/8000\r\n",
        );
        let offer = offer_on_behalf(&caller, &ALL);
        let got: Vec<_> = offer.iter().map(|f| (f.pt, f.name.as_str())).collect();
        assert_eq!(got, [(107, "opus"), (18, "G729"), (0, "PCMU"), (8, "PCMA"), (99, "telephone-event")]);
        let offer = offer_on_behalf(&caller, &[Codec::Pcmu]);
        let got: Vec<_> = offer.iter().map(|f| f.pt).collect();
        assert_eq!(got, [18, 0, 99], "opus is not allowed here, unknown codecs pass");
        assert!(offer_on_behalf(&describe("13", ""), &ALL).is_empty());
    }

    #[test]
    fn the_caller_is_answered_in_what_the_called_side_chose() {
        let caller = describe("0 101", "a=rtpmap:101 telephone-event/8000\r\n");
        let ours = offer_on_behalf(&caller, &ALL);
        let callee = describe("8 96", "a=rtpmap:96 telephone-event/8000\r\n");
        let (theirs, our_pt) = chosen_by(&callee, &ours).unwrap();
        assert_eq!((theirs.name.as_str(), our_pt), ("PCMA", 8));
        let codec = match_codec(&caller, Some(theirs), None).unwrap();
        assert_eq!(codec.name, "PCMU", "transcoded");
        let answer = answer_formats(&caller, codec, Some(theirs));
        assert_eq!(answer.iter().map(|f| f.pt).collect::<Vec<_>>(), [0, 101]);
        let leg = agreed(&callee, theirs, &ours, [192, 0, 2, 5].into(), 1);
        assert_eq!((leg.codec.receive_pt, leg.codec.send_pt, leg.digits), (8, 8, Some((101, 96))));
        assert!(match_codec(&caller, Some(&format_of(Codec::G722)), None).is_none());
    }
}
