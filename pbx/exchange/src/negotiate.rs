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

/// Whether a codec is one of these, in which we can make sound.
pub(crate) fn can_make(codec: &Format, codecs: &[Codec]) -> bool {
    codecs.iter().any(|own| format_of(*own).same_encoding(codec))
}

fn digits(pt: u8) -> Format {
    Format { fmtp: Some("0-16".into()), ..plain(pt, "telephone-event", 8000) }
}

/// How what is said in one encoding gets into another, the cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Crossing {
    /// It is the same one, or the other of the two laws of G.711: a packet is passed on as it comes.
    Relayed,
    /// Decoded and encoded again: later by about 30 milliseconds, and several times the work.
    Transcoded,
}

/// `None` if one of two different encodings is none of those that we can make sound in.
fn crossing(a: &Format, b: &Format) -> Option<Crossing> {
    let both = |codecs: &[Codec]| can_make(a, codecs) && can_make(b, codecs);
    if a.same_encoding(b) || both(&[Codec::Pcmu, Codec::Pcma]) {
        Some(Crossing::Relayed)
    } else {
        both(&Codec::ALL).then_some(Crossing::Transcoded)
    }
}

/// Whether what is said between two is decoded and encoded again.
pub(crate) fn is_translated(a: &Format, b: &Format) -> bool {
    crossing(a, b) == Some(Crossing::Transcoded)
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
/// allows them or we do not know them (those pass through untouched), then what we can turn them into, the cheapest first,
/// then digits.
pub(crate) fn offer_on_behalf(caller: &Description, codecs: &[Codec]) -> Vec<Format> {
    let allowed: Vec<Format> = codecs.iter().map(|c| format_of(*c)).collect();
    let mut out: Vec<Format> =
        caller.codecs().filter(|f| !can_make(f, &Codec::ALL) || can_make(f, codecs)).cloned().collect();
    if out.is_empty() {
        return out;
    }
    let mut with_digits: Vec<Format> = caller.formats.iter().filter(|f| f.is_digits()).cloned().collect();
    let reached = |extra: &Format| out.iter().filter_map(|f| crossing(f, extra)).min();
    let is_new = |extra: &&Format| !out.iter().any(|f| f.same_encoding(extra));
    let mut extras: Vec<(Crossing, Format)> =
        allowed.iter().filter(is_new).filter_map(|f| Some((reached(f)?, f.clone()))).collect();
    extras.sort_by_key(|(crossing, _)| *crossing);
    for (_, mut extra) in extras {
        let is_taken = |pt: u8| out.iter().chain(&with_digits).any(|f| f.pt == pt);
        if is_taken(extra.pt) {
            let Some(free) = (96..128).find(|pt| !is_taken(*pt)) else { continue };
            extra.pt = free;
        }
        out.push(extra);
    }
    if with_digits.is_empty() {
        let free = (DIGITS_PT..128).chain(96..DIGITS_PT).find(|pt| !out.iter().any(|f| f.pt == *pt));
        with_digits.extend(free.map(digits));
    }
    out.extend(with_digits);
    out
}

/// What a caller without an offer of its own is offered: the codec that the called side chose, then those of `ours` that we
/// can turn it into, digits as we offered them.
pub(crate) fn offer_like(codec: &Format, ours: &[Format]) -> Vec<Format> {
    let is_free = |f: &&Format| f.pt != codec.pt && !f.same_encoding(codec);
    let mut others: Vec<&Format> =
        ours.iter().filter(is_free).filter(|f| f.is_digits() || crossing(f, codec).is_some()).collect();
    others.sort_by_key(|f| (f.is_digits(), crossing(f, codec)));
    std::iter::once(codec).chain(others).cloned().collect()
}

/// The codec that an answer to our offer chose, and the number we gave it.
pub(crate) fn chosen_by<'a>(answer: &'a Description, offered: &[Format]) -> Option<(&'a Format, u8)> {
    answer.codecs().find_map(|theirs| {
        let ours = offered.iter().find(|o| o.same_encoding(theirs) && !o.is_digits())?;
        Some((theirs, ours.pt))
    })
}

/// The codec to talk to a party in, of those it describes, so that `other` reaches it: one in which packets are passed on,
/// else one that we can turn the other into. `preferred`, what it talks in now, goes first among equals, then the same
/// encoding.
pub(crate) fn match_codec<'a>(
    party: &'a Description,
    other: Option<&Format>,
    preferred: Option<&Format>,
) -> Option<&'a Format> {
    let price = |f: &Format| other.map_or(Some(Crossing::Relayed), |o| crossing(o, f));
    let is_like = |f: &Format, wanted: Option<&Format>| wanted.is_some_and(|w| w.same_encoding(f));
    party
        .codecs()
        .filter_map(|f| Some((price(f)?, !is_like(f, preferred), !is_like(f, other), f)))
        .min_by_key(|(price, is_new, is_other, _)| (*price, *is_new, *is_other))
        .map(|(.., f)| f)
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
        assert_eq!(
            got,
            [(107, "opus"), (18, "G729"), (0, "PCMU"), (8, "PCMA"), (9, "G722"), (99, "telephone-event")]
        );
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
    }

    #[test]
    fn who_has_nothing_in_common_is_translated() {
        let caller = describe("8 96", "a=rtpmap:96 telephone-event/8000\r\n");
        let ours = offer_on_behalf(&caller, &ALL);
        let got: Vec<_> = ours.iter().map(|f| (f.pt, f.name.as_str())).collect();
        assert_eq!(got, [(8, "PCMA"), (0, "PCMU"), (9, "G722"), (97, "opus"), (96, "telephone-event")]);
        let callee = describe("97", "a=rtpmap:97 opus/48000/2\r\n");
        let (theirs, our_pt) = chosen_by(&callee, &ours).unwrap();
        assert_eq!((theirs.name.as_str(), our_pt), ("opus", 97));
        assert_eq!(match_codec(&caller, Some(theirs), None).unwrap().name, "PCMA");
        let unknown = describe("18", "");
        let theirs = unknown.codecs().next().unwrap();
        assert!(match_codec(&caller, Some(theirs), None).is_none(), "what we do not know is not translated");
        let got: Vec<_> = offer_on_behalf(&unknown, &ALL).iter().map(|f| f.pt).collect();
        assert_eq!(got, [18, 101]);
    }

    #[test]
    fn packets_are_passed_on_wherever_they_can_be() {
        let party = describe("9 0 8", "");
        let chosen = |other: Codec, now: Option<Codec>| {
            let (other, now) = (format_of(other), now.map(format_of));
            match_codec(&party, Some(&other), now.as_ref()).unwrap().pt
        };
        assert_eq!(chosen(Codec::Pcma, None), 8, "the same one");
        assert_eq!(chosen(Codec::Pcma, Some(Codec::Pcmu)), 0, "the other law needs no change");
        assert_eq!(chosen(Codec::Pcma, Some(Codec::G722)), 8, "rather a change than a translation");
        assert_eq!(chosen(Codec::Opus, Some(Codec::Pcma)), 8, "all the same dear: as it is");
        assert_eq!(chosen(Codec::Opus, None), 9, "all the same dear: as the party likes it");
    }
}
