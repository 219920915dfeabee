//! The media source rule: who may be heard as the phone, and where its audio is sent.
//!
//! ```text
//!            packet from the SDP address                    other addresses, SSRC or not: refused, counted
//!  Open ───────────────────────────────────────▶ Locked ◀── the locked address with a new SSRC: a restart
//!    │  two packets in a row from the signalling IP  │
//!    └───────────(learned, once, in the window)──────┘
//!    ▲                                               │
//!    └──────────── a new generation ─────────────────┘
//! ```
//!
//! Behind address translation the SDP address is one that nobody can reach. Then the IP that the signalling comes
//! from is the only other source that is believed, and only for [`LEARN_US`]. It takes two packets in a row of one
//! stream, so that one forged datagram is not enough. A learned address is sent to only because a valid stream came
//! from it.
//!
//! The window opens when a new generation is agreed and the phone may send, when it may send again after it might not,
//! and with each repeated agreement while nothing is locked (the exchange repeats it at the answer, so that a long
//! ringing does not use the window up). While the phone may not send, nothing is learned.
//!
//! A phone that stays silent for longer than the window (muted, voice activity detection, a slow NAT) may still speak
//! up at any time from its SDP address, or from where it was locked before an offer that left its SDP address as it
//! was. Behind address translation, from any other address, it is not heard until the next offer or answer; its
//! packets are counted as refused, which is what the exchange tells of it.

use std::net::{IpAddr, SocketAddr};

/// How long an address may be learned, and the SDP address still take the place of a learned one, microseconds.
pub const LEARN_US: u64 = 3_000_000;

/// What the source rule says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// From the phone.
    Accepted,
    /// From the phone, and the first: the lock is made now.
    Locked,
    /// From the phone, with a new SSRC: its stream starts anew.
    Restarted,
    /// Perhaps the phone behind address translation; its next packet in sequence decides.
    Probation,
    /// Somebody else.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lock {
    address: SocketAddr,
    ssrc: u32,
    learned: bool,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    next: u16,
}

/// What offer and answer settled of where the phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The SDP address for RTP; `None` if it is unspecified (old-style hold).
    pub remote: Option<SocketAddr>,
    /// The SDP address for RTCP, if not one port above.
    pub remote_rtcp: Option<SocketAddr>,
    /// The IP that the phone's signalling comes from.
    pub signalling: IpAddr,
    /// A new one lifts the lock.
    pub generation: u32,
    /// The phone may send.
    pub receiving: bool,
}

#[derive(Debug, Clone, Copy)]
struct Terms {
    said: Said,
    /// When the window opened; `None` while the phone may not send.
    window_us: Option<u64>,
}

impl Terms {
    fn may_learn(&self, now_us: u64) -> bool {
        self.window_us.is_some_and(|since| now_us.saturating_sub(since) <= LEARN_US)
    }
}

/// The rule for one leg.
#[derive(Debug, Clone, Default)]
pub struct SourceRule {
    terms: Option<Terms>,
    lock: Option<Lock>,
    /// Where the phone was before the lock was lifted, while its SDP address stays the same: a phone behind address
    /// translation that is put on hold and back is not deaf until it speaks.
    before: Option<SocketAddr>,
    candidate: Option<Candidate>,
    rtcp: Option<SocketAddr>,
    refused: u64,
    refused_from: Option<SocketAddr>,
}

/// IPv4 in its IPv6 dress (`::ffff:192.0.2.1`) is the same address.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl SourceRule {
    /// Offer and answer settled, or settled anew.
    pub fn agree(&mut self, now_us: u64, said: Said) {
        let said = Said {
            remote: said.remote.map(canonical),
            remote_rtcp: said.remote_rtcp.map(canonical),
            signalling: said.signalling.to_canonical(),
            ..said
        };
        let new = self.terms.is_none_or(|terms| terms.said.generation != said.generation);
        if new {
            let moved = self.terms.is_some_and(|terms| terms.said.remote != said.remote);
            self.before = self.lock.map(|lock| lock.address).or(self.before).filter(|_| !moved);
            (self.lock, self.candidate, self.rtcp) = (None, None, None);
        }
        let open = self.terms.and_then(|terms| terms.window_us).filter(|_| !new && self.lock.is_some());
        let window_us = said.receiving.then(|| open.unwrap_or(now_us));
        self.terms = Some(Terms { said, window_us });
    }

    /// Judges a packet that is RTP and of an agreed payload type.
    pub fn judge(&mut self, now_us: u64, from: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        let from = canonical(from);
        let Some(terms) = self.terms else { return Verdict::Refused };
        if let Some(lock) = &mut self.lock {
            if lock.address == from {
                if lock.ssrc == ssrc {
                    return Verdict::Accepted;
                }
                lock.ssrc = ssrc;
                return Verdict::Restarted;
            }
            let better = lock.learned && terms.said.remote == Some(from);
            if !better || !terms.may_learn(now_us) {
                return self.refuse(from);
            }
        }
        if terms.said.remote == Some(from) {
            return self.lock(Lock { address: from, ssrc, learned: false });
        }
        let may_learn = terms.may_learn(now_us) || self.before == Some(from);
        if from.ip() != terms.said.signalling || !may_learn {
            return self.refuse(from);
        }
        let proven =
            self.candidate.is_some_and(|c| c.address == from && c.ssrc == ssrc && c.next == sequence);
        if proven {
            return self.lock(Lock { address: from, ssrc, learned: true });
        }
        self.candidate = Some(Candidate { address: from, ssrc, next: sequence.wrapping_add(1) });
        Verdict::Probation
    }

    fn lock(&mut self, lock: Lock) -> Verdict {
        self.lock = Some(lock);
        (self.before, self.candidate) = (None, None);
        Verdict::Locked
    }

    fn refuse(&mut self, from: SocketAddr) -> Verdict {
        self.refused += 1;
        self.refused_from = Some(from);
        Verdict::Refused
    }

    /// Whether an RTCP packet comes from the phone: from where SDP says, or from the IP of its RTP, learned once.
    pub fn judge_rtcp(&mut self, from: SocketAddr) -> bool {
        let from = canonical(from);
        let Some(terms) = self.terms else { return false };
        let said = terms.said.remote_rtcp.or(terms.said.remote.and_then(next_port));
        let accepted = match self.rtcp {
            Some(rtcp) => rtcp == from,
            None => said == Some(from) || self.lock.is_some_and(|lock| lock.address.ip() == from.ip()),
        };
        if !accepted {
            self.refuse(from);
        } else if self.lock.is_some() {
            self.rtcp = Some(from);
        }
        accepted
    }

    /// Where the phone's audio is sent.
    pub fn send_to(&self) -> Option<SocketAddr> {
        let locked = self.lock.map(|lock| lock.address).or(self.before);
        // An unspecified address (old-style hold) means: send nothing, wherever the phone speaks from.
        self.terms.and_then(|terms| terms.said.remote).map(|said| locked.unwrap_or(said))
    }

    /// Where reports for the phone are sent.
    pub fn send_rtcp_to(&self) -> Option<SocketAddr> {
        let terms = self.terms?;
        let said = terms.said.remote_rtcp.or(terms.said.remote.and_then(next_port));
        match (self.rtcp, self.lock) {
            (Some(rtcp), _) => Some(rtcp),
            (None, Some(lock)) if lock.learned => next_port(lock.address),
            (None, _) => said,
        }
    }

    /// The SSRC of the locked stream.
    pub fn ssrc(&self) -> Option<u32> {
        self.lock.map(|lock| lock.ssrc)
    }

    /// The locked address.
    pub fn locked(&self) -> Option<SocketAddr> {
        self.lock.map(|lock| lock.address)
    }

    /// Packets refused, and the last address that was.
    pub fn refused(&self) -> (u64, Option<SocketAddr>) {
        (self.refused, self.refused_from)
    }
}

fn next_port(address: SocketAddr) -> Option<SocketAddr> {
    Some(SocketAddr::new(address.ip(), address.port().checked_add(1)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn agreed(remote: &str, signalling: &str) -> SourceRule {
        let mut rule = SourceRule::default();
        rule.agree(0, said(remote, signalling));
        rule
    }

    fn said(remote: &str, signalling: &str) -> Said {
        Said {
            remote: Some(at(remote)),
            remote_rtcp: None,
            signalling: signalling.parse().unwrap(),
            generation: 1,
            receiving: true,
        }
    }

    /// Two packets in a row.
    fn stream(rule: &mut SourceRule, now_us: u64, from: &str) -> Verdict {
        rule.judge(now_us, at(from), 7, 100);
        rule.judge(now_us, at(from), 7, 101)
    }

    const SDP: &str = "10.0.0.5:4000";
    const NAT: &str = "203.0.113.4:61000";

    fn behind_nat(generation: u32, receiving: bool) -> Said {
        Said { generation, receiving, ..said(SDP, "203.0.113.4") }
    }

    #[test]
    fn nothing_is_learned_after_the_window() {
        for (now, learned) in [(LEARN_US, Verdict::Locked), (LEARN_US + 1, Verdict::Refused)] {
            let mut rule = agreed(SDP, "203.0.113.4");
            assert_eq!(stream(&mut rule, now, NAT), learned);
        }
        let mut rule = agreed(SDP, "203.0.113.4");
        assert_eq!(rule.judge(LEARN_US, at(NAT), 7, 1), Verdict::Probation);
        assert_eq!(
            rule.judge(LEARN_US + 1, at(NAT), 7, 2),
            Verdict::Refused,
            "the second packet is too late"
        );
        assert_eq!(rule.judge(u64::MAX, at(SDP), 8, 1), Verdict::Locked, "the SDP address is never too late");
    }

    #[test]
    fn an_agreement_repeated_at_the_answer_opens_the_window_again_unless_something_is_locked() {
        let mut rule = agreed(SDP, "203.0.113.4");
        rule.agree(2 * LEARN_US, behind_nat(1, true));
        assert_eq!(stream(&mut rule, 3 * LEARN_US, NAT), Verdict::Locked);
        rule.agree(9 * LEARN_US, behind_nat(1, true));
        assert_eq!(stream(&mut rule, 9 * LEARN_US, "203.0.113.4:62000"), Verdict::Refused);
        assert_eq!(
            rule.judge(9 * LEARN_US, at(SDP), 8, 1),
            Verdict::Refused,
            "nor does the SDP address get in"
        );
    }

    #[test]
    fn nothing_is_learned_while_the_phone_may_not_send() {
        let mut rule = SourceRule::default();
        rule.agree(0, behind_nat(1, false));
        assert_eq!(stream(&mut rule, 1, NAT), Verdict::Refused);
        rule.agree(9 * LEARN_US, behind_nat(1, true));
        assert_eq!(stream(&mut rule, 10 * LEARN_US, NAT), Verdict::Locked, "the window opens when it may");
    }

    #[test]
    fn where_the_phone_was_before_a_new_offer_is_believed_at_any_time_and_no_other_place() {
        for (place, verdict) in [(NAT, Verdict::Locked), ("203.0.113.4:62000", Verdict::Refused)] {
            let mut rule = agreed(SDP, "203.0.113.4");
            assert_eq!(stream(&mut rule, 1, NAT), Verdict::Locked);
            rule.agree(2, behind_nat(2, true));
            assert_eq!(stream(&mut rule, 9 * LEARN_US, place), verdict, "{place}");
        }
        let mut rule = agreed(SDP, "203.0.113.4");
        stream(&mut rule, 1, NAT);
        rule.agree(2, Said { signalling: at("198.51.100.9:0").ip(), ..behind_nat(2, true) });
        assert_eq!(stream(&mut rule, 3, NAT), Verdict::Refused, "the phone has moved to another network");
    }

    #[test]
    fn only_the_sdp_address_is_heard_and_sent_to() {
        let mut rule = agreed("192.0.2.7:4000", "192.0.2.7");
        assert_eq!(rule.send_to(), Some(at("192.0.2.7:4000")));
        assert_eq!(rule.judge(5, at("198.51.100.9:4000"), 1, 1), Verdict::Refused);
        assert_eq!(rule.judge(6, at("192.0.2.7:4000"), 1, 1), Verdict::Locked);
        assert_eq!(rule.judge(7, at("[::ffff:192.0.2.7]:4000"), 1, 2), Verdict::Accepted);
        assert_eq!(rule.judge(8, at("192.0.2.7:4002"), 1, 3), Verdict::Refused, "same host, other port");
        assert_eq!(rule.judge(9, at("192.0.2.7:4000"), 2, 900), Verdict::Restarted);
        assert_eq!(rule.refused(), (2, Some(at("192.0.2.7:4002"))));
        assert_eq!(rule.send_to(), Some(at("192.0.2.7:4000")));
    }

    #[test]
    fn behind_translation_a_stream_from_the_signalling_address_is_learned_once() {
        let mut rule = agreed("10.0.0.5:4000", "203.0.113.4");
        let nat = at("203.0.113.4:61000");
        assert_eq!(rule.judge(10, nat, 7, 100), Verdict::Probation);
        assert_eq!(rule.send_to(), Some(at("10.0.0.5:4000")), "one datagram moves nothing");
        assert_eq!(rule.judge(20, nat, 7, 101), Verdict::Locked);
        assert_eq!((rule.send_to(), rule.send_rtcp_to()), (Some(nat), Some(at("203.0.113.4:61001"))));
        assert_eq!(rule.judge(30, at("203.0.113.4:61002"), 7, 102), Verdict::Refused, "learned once");
        assert_eq!(rule.judge(31, at("203.0.113.4:61002"), 7, 103), Verdict::Refused);
    }

    #[test]
    fn the_sdp_address_takes_a_learned_ones_place_only_within_the_window() {
        let late = LEARN_US + 1;
        for (now, verdict) in [(late - 1, Verdict::Locked), (late, Verdict::Refused)] {
            let mut rule = agreed("192.0.2.7:4000", "192.0.2.7");
            rule.judge(1, at("192.0.2.7:5555"), 7, 1);
            assert_eq!(rule.judge(2, at("192.0.2.7:5555"), 7, 2), Verdict::Locked);
            assert_eq!(rule.judge(now, at("192.0.2.7:4000"), 8, 1), verdict);
        }
    }

    #[test]
    fn a_new_generation_lifts_the_lock_and_a_repeated_one_does_not() {
        let mut rule = agreed("10.0.0.5:4000", "203.0.113.4");
        let (nat, moved) = (at("203.0.113.4:61000"), at("203.0.113.4:62000"));
        rule.judge(1, nat, 7, 1);
        rule.judge(2, nat, 7, 2);
        rule.agree(3, behind_nat(1, true));
        assert_eq!(rule.judge(4, moved, 8, 1), Verdict::Refused);
        rule.agree(5, behind_nat(2, true));
        assert_eq!(rule.send_to(), Some(nat), "the old way is kept until a new one is proven");
        assert_eq!(rule.judge(6, moved, 8, 2), Verdict::Probation);
        assert_eq!(rule.judge(7, moved, 8, 3), Verdict::Locked);
        rule.agree(8, Said { remote: Some(at("10.0.0.9:4000")), ..behind_nat(3, true) });
        assert_eq!(rule.send_to(), Some(at("10.0.0.9:4000")), "a new SDP address is where we send");
        rule.agree(9, Said { remote: None, ..behind_nat(4, true) });
        assert_eq!(rule.send_to(), None, "old-style hold");
    }

    #[test]
    fn reports_follow_the_same_rule() {
        let mut rule = agreed("192.0.2.7:4000", "192.0.2.7");
        assert_eq!(rule.send_rtcp_to(), Some(at("192.0.2.7:4001")));
        assert!(!rule.judge_rtcp(at("198.51.100.9:4001")));
        assert!(rule.judge_rtcp(at("192.0.2.7:4001")));
        rule.judge(1, at("192.0.2.7:4000"), 1, 1);
        assert!(rule.judge_rtcp(at("192.0.2.7:4009")), "an odd port of the phone, learned");
        assert!(!rule.judge_rtcp(at("192.0.2.7:4011")), "once");
        assert_eq!(rule.send_rtcp_to(), Some(at("192.0.2.7:4009")));
        assert_eq!(rule.refused().0, 2);
    }

    #[test]
    fn before_an_agreement_nobody_is_heard() {
        let mut rule = SourceRule::default();
        assert_eq!(rule.judge(1, at("192.0.2.7:4000"), 1, 1), Verdict::Refused);
        assert!(!rule.judge_rtcp(at("192.0.2.7:4001")));
        assert_eq!((rule.send_to(), rule.refused().0), (None, 0), "and nothing is counted");
    }
}
