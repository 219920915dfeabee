//! One leg's media: what comes from its phone is checked and measured, what goes to it is one unbroken stream.

mod ours;
mod seam;

use crate::codec::{Codec, Crossing, Kind};
use crate::dtmf::{self, DigitReceiver, DigitSender};
use crate::mix::{Part, Voices};
use crate::pace::Sound;
use crate::playlist::{Playlist, Position};
use crate::quality::{Direction, Quality, Receiver, Reported};
use crate::relay::{Output, Speaker};
use crate::rtcp::{self, REPORT_BYTES_MAX, Rtcp, SenderInfo};
use crate::rtp::{self, Header};
use crate::silence::Listener;
use crate::source::{Said, SourceRule, Verdict};
use ours::Ours;
use seam::Seam;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// Between two reports, of RTCP and of quality, microseconds.
pub const REPORT_US: u64 = 5_000_000;
/// After this long without a packet the phone is missing, microseconds.
pub const MISSING_US: u64 = 5_000_000;
/// After this long without anything audible the air is dead, microseconds.
pub const DEAD_AIR_US: u64 = 10_000_000;

/// What offer and answer settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Where the phone says it receives RTP.
    pub remote_rtp: Option<SocketAddr>,
    /// Where it says it receives RTCP, if not one port above.
    pub remote_rtcp: Option<SocketAddr>,
    /// The IP that its signalling comes from.
    pub signalling_ip: IpAddr,
    /// The codec.
    pub codec: Codec,
    /// Payload types of digits: from the phone, to the phone.
    pub digits: Option<(u8, u8)>,
    /// We may send.
    pub sending: bool,
    /// The phone may send.
    pub receiving: bool,
    /// Lifts the lock on the source when it changes.
    pub generation: u32,
}

/// What a packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Sound in the agreed codec.
    Audio,
    /// An event of RFC 4733.
    Digits,
}

/// An accepted packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Its header.
    pub header: Header,
    /// Where its payload lies in the datagram.
    pub payload: Range<usize>,
    /// What it holds.
    pub content: Content,
    /// Who speaks.
    pub speaker: Speaker,
}

/// What a packet told about its leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Note {
    /// The lock was made, on this address.
    pub flowing: Option<SocketAddr>,
    /// Packets come again after they were missing, or are waited for anew.
    pub back: bool,
    /// A digit was pressed.
    pub digit: Option<char>,
    /// Sound again after dead air.
    pub sound: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// To be relayed, recorded, measured; `None` if it was dropped.
    pub media: Option<Media>,
    /// What it told.
    pub note: Note,
}

/// Packets dropped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Not RTP.
    pub malformed: u64,
    /// Of a payload type that was not agreed.
    pub payload_type: u64,
    /// While the phone may not send, or before anything was agreed.
    pub unasked: u64,
}

/// What a look at the clock told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watch {
    /// No packet for so many milliseconds; told once until packets come again.
    pub missing_ms: Option<u32>,
    /// Nothing audible for so many milliseconds; told once until there is sound.
    pub dead_air_ms: Option<u32>,
}

/// One leg.
pub struct Leg {
    key: u64,
    terms: Option<Terms>,
    source: SourceRule,
    receiver: Receiver,
    reported: Reported,
    digits: DigitReceiver,
    digits_out: DigitSender,
    listener: Listener,
    output: Output,
    ours: Ours,
    seam: Seam,
    /// The next timestamp of our own sound, while nobody else's packet came between.
    our_timestamp: Option<u32>,
    /// The next packet of our own is the first of something new.
    is_fresh: bool,
    /// Since when a packet is waited for.
    waiting_us: Option<u64>,
    missing: bool,
    /// Middle of the NTP time of the phone's last sender report, and when it came.
    sender_report: Option<(u32, u64)>,
    report_due_us: u64,
    quality_due_us: u64,
    before: Quality,
    dropped: Dropped,
}

impl Leg {
    /// A leg whose `key` is unique among those that hear each other; `random` seeds SSRC, sequence and timestamp.
    pub fn new(key: u64, random: u128) -> Self {
        Self {
            key,
            terms: None,
            source: SourceRule::default(),
            receiver: Receiver::default(),
            reported: Reported::default(),
            digits: DigitReceiver::default(),
            digits_out: DigitSender::default(),
            listener: Listener::default(),
            output: Output::new(random),
            ours: Ours::default(),
            seam: Seam::default(),
            our_timestamp: None,
            is_fresh: false,
            waiting_us: None,
            missing: false,
            sender_report: None,
            report_due_us: u64::MAX,
            quality_due_us: u64::MAX,
            before: Quality::default(),
            dropped: Dropped::default(),
        }
    }

    /// Offer and answer settled, or settled anew. The wait for packets begins anew with it: what was missing under
    /// the old terms is told to be back, and missing again only after [`MISSING_US`] under the new ones. If the codec is
    /// another, a tone or a mix of ours ends, and what the leg hears is to be asked for anew.
    pub fn agree(&mut self, now_us: u64, terms: Terms) -> Note {
        let said = Said {
            remote: terms.remote_rtp,
            remote_rtcp: terms.remote_rtcp,
            signalling: terms.signalling_ip,
            generation: terms.generation,
            receiving: terms.receiving,
        };
        self.source.agree(now_us, said);
        if self.terms.is_none() {
            self.report_due_us = now_us + REPORT_US;
            self.quality_due_us = now_us + REPORT_US;
        }
        self.waiting_us = terms.receiving.then_some(now_us);
        let back = std::mem::take(&mut self.missing);
        self.listener.reset();
        if !terms.sending {
            self.output.pause();
        }
        if self.terms.as_ref().is_some_and(|before| before.codec != terms.codec) {
            self.ours.change_codec(&terms.codec);
        }
        self.terms = Some(terms);
        Note { back, ..Note::default() }
    }

    /// What was agreed.
    pub fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// Takes a datagram from the leg's RTP port.
    pub fn receive(&mut self, now_us: u64, from: SocketAddr, datagram: &[u8]) -> Received {
        let mut note = Note::default();
        let media = self.accept(now_us, from, datagram, &mut note);
        Received { media, note }
    }

    fn accept(&mut self, now_us: u64, from: SocketAddr, datagram: &[u8], note: &mut Note) -> Option<Media> {
        let Ok(packet) = rtp::parse(datagram) else {
            self.dropped.malformed += 1;
            return None;
        };
        let Some(terms) = &self.terms else {
            self.dropped.unasked += 1;
            return None;
        };
        let header = packet.header;
        let Some(content) = content_of(terms, header.payload_type, packet.payload) else {
            self.dropped.payload_type += 1;
            return None;
        };
        match self.source.judge(now_us, from, header.ssrc, header.sequence) {
            Verdict::Accepted => {}
            Verdict::Locked => {
                note.flowing = Some(from);
                self.receiver.restart();
                self.digits.restart();
            }
            Verdict::Restarted => self.receiver.restart(),
            Verdict::Probation | Verdict::Refused => return None,
        }
        if !terms.receiving {
            self.dropped.unasked += 1;
            return None;
        }
        self.waiting_us = Some(now_us);
        note.back = std::mem::take(&mut self.missing);
        let moves = (content == Content::Audio).then_some(header.timestamp);
        self.receiver.receive(now_us, header.sequence, moves, terms.codec.clock);
        match content {
            Content::Audio => {
                note.sound = self.listener.hear(now_us, terms.codec.kind, packet.payload).is_some();
            }
            Content::Digits => {
                let event = dtmf::parse(packet.payload);
                self.digits.listen_to(header.ssrc);
                note.digit = event.and_then(|e| self.digits.receive(header.marker, header.timestamp, &e));
            }
        }
        let payload = packet.payload_at..packet.payload_at + packet.payload.len();
        Some(Media { header, payload, content, speaker: Speaker { leg: self.key, ssrc: header.ssrc } })
    }

    /// Makes the packet by which this leg's phone hears `media`, in `out`; gives its length and where to send it.
    pub fn forward(
        &mut self,
        now_us: u64,
        media: &Media,
        payload: &[u8],
        crossing: Crossing,
        out: &mut [u8],
    ) -> Option<(usize, SocketAddr)> {
        let terms = self.terms.as_ref()?;
        let to = self.source.send_to().filter(|_| terms.sending);
        let Some(to) = to else {
            self.output.pause();
            return None;
        };
        if matches!(crossing, Crossing::Impossible) {
            // It is heard in a mix, or not at all; so are its digits.
            return None;
        }
        // A digit of ours takes the place of sound, and so does the end of a mix; the speaker goes on after it.
        if self.digits_out.is_busy() || self.ours.is_ending() {
            return None;
        }
        let payload_type = match media.content {
            Content::Audio => Some(terms.codec.send_pt),
            Content::Digits => terms.digits.map(|(_, send)| send),
        };
        let Some(payload_type) = payload_type else {
            self.output.skip();
            return None;
        };
        let end = rtp::HEADER_BYTES + payload.len();
        let room = out.get_mut(rtp::HEADER_BYTES..end)?;
        match crossing {
            Crossing::Table(table) if media.content == Content::Audio => {
                for (to, from) in room.iter_mut().zip(payload) {
                    *to = table[usize::from(*from)];
                }
            }
            _ => room.copy_from_slice(payload),
        }
        if media.content == Content::Audio {
            self.seam.relayed(now_us, terms.codec.kind, room);
        }
        let header = self.output.relay(now_us, media.speaker, terms.codec.clock, &media.header, payload_type);
        out.get_mut(..rtp::HEADER_BYTES)?.copy_from_slice(&header.bytes());
        self.output.count(payload.len());
        self.our_timestamp = None;
        Some((end, to))
    }

    /// The packet goes to nobody on purpose (an event into an echo): its number is not missed.
    pub fn skip(&mut self) {
        self.output.skip();
    }

    /// From now on the leg hears this sound of ours, or none. False if its codec cannot be encoded.
    pub fn play(&mut self, now_us: u64, sound: Option<Sound>) -> bool {
        let codec = self.terms.as_ref().map(|terms| &terms.codec);
        let is_played = self.ours.play(now_us, codec, sound);
        // The last packet of a mix belongs to the beat that it was on.
        if !self.ours.is_ending() {
            self.our_timestamp = None;
        }
        is_played
    }

    /// From now on the leg hears these pieces, from that place on. The first packet goes at once, or, if sound of ours is
    /// being sent already, when the packet before it is over. Nothing happens before anything was agreed.
    pub fn play_list(&mut self, now_us: u64, list: Playlist, from: Position) {
        let Some(terms) = &self.terms else { return };
        self.ours.play_list(now_us, &terms.codec, list, from, self.our_timestamp.is_some());
        self.is_fresh = true;
    }

    /// From now on the leg hears these voices, added up. Who is heard already goes on without a break. False before anything
    /// was agreed, and if its codec cannot be encoded.
    pub fn mix(&mut self, now_us: u64, parts: &[Part]) -> bool {
        let Some(terms) = &self.terms else { return false };
        self.ours.mix(now_us, &terms.codec, parts, self.seam.last(now_us))
    }

    /// Whatever of ours the leg hears is dropped as it is, digits that wait, too. Gives the voices that were in it.
    pub fn drop_ours(&mut self) -> Vec<usize> {
        (self.digits_out, self.our_timestamp) = (DigitSender::default(), None);
        std::mem::take(&mut self.ours).voices()
    }

    /// Whether it hears a mix.
    pub fn hears_mix(&self) -> bool {
        self.ours.is_mix()
    }

    /// The voice at this place is no more; another one that may come there is not the same.
    pub fn forget_voice(&mut self, voice: usize) {
        self.ours.forget(voice);
    }

    /// All voices are no more: the leg leaves those it hears.
    pub fn forget_voices(&mut self) {
        self.ours.forget_all();
    }

    /// How far the leg has come in what [`Leg::play_list`] plays.
    pub fn position(&self) -> Option<Position> {
        self.ours.position()
    }

    /// The number of the playlist that was heard to its end; told once.
    pub fn take_played(&mut self) -> Option<u64> {
        self.ours.take_played()
    }

    /// Whether there is sound for all of what [`Leg::play_list`] plays, and all was sent to the phone.
    pub fn plays_whole(&self) -> bool {
        self.ours.plays_whole()
    }

    /// Puts a digit into the line of those to be sent. False if events were not agreed, or too many wait.
    pub fn send_digit(&mut self, digit: char, duration_ms: u16) -> bool {
        let agreed = self.terms.as_ref().is_some_and(|terms| terms.digits.is_some() && terms.sending);
        agreed && self.digits_out.send(digit, duration_ms)
    }

    /// When the next packet of our own is due.
    pub fn due_us(&self) -> Option<u64> {
        match (self.digits_out.due_us(), self.ours.due_us()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Makes the packet of our own that is due, in `out`; gives its length and where to send it. To be called again
    /// until it gives `None` and [`Leg::due_us`] lies ahead. `voices`: those of [`Leg::mix`].
    pub fn pace(&mut self, now_us: u64, voices: &mut Voices, out: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let terms = self.terms.as_ref()?;
        let clock = terms.codec.clock;
        let to = self.source.send_to().filter(|_| terms.sending);
        let busy = self.digits_out.is_busy();
        let digit = self.digits_out.packet(now_us, self.output.timestamp(now_us, clock), clock);
        if let (Some(digit), Some((_, payload_type)), Some(to)) = (digit, terms.digits, to) {
            self.our_timestamp = None;
            let header = self.output.own(now_us, digit.timestamp, payload_type, digit.marker);
            self.output.count(dtmf::EVENT_BYTES);
            return Some((rtp::print(&header, &digit.event.bytes(), out)?, to));
        }
        if to.is_none() && self.ours.pass(now_us, voices) {
            return None;
        }
        let room = out.get_mut(rtp::HEADER_BYTES..)?;
        let was_mix = self.ours.is_mix() || self.ours.is_ending();
        let (length, ticks) = self.ours.packet(now_us, voices, room)?;
        if to.is_none() {
            self.ours.miss();
        }
        let to = to.filter(|_| !busy)?;
        self.seam.ours(now_us, was_mix, terms.codec.kind, room.get(..length).unwrap_or_default());
        let clock_says = self.output.timestamp(now_us, clock);
        let on_beat = |meant: &u32| clock_says.wrapping_sub(*meant).cast_signed().unsigned_abs() < 3 * ticks;
        let known = self.our_timestamp.filter(on_beat);
        let timestamp = known.unwrap_or(clock_says);
        let marker = std::mem::take(&mut self.is_fresh) || known.is_none();
        let header = self.output.own(now_us, timestamp, terms.codec.send_pt, marker);
        self.our_timestamp = Some(timestamp.wrapping_add(ticks));
        out.get_mut(..rtp::HEADER_BYTES)?.copy_from_slice(&header.bytes());
        self.output.count(length);
        Some((rtp::HEADER_BYTES + length, to))
    }

    /// Looks whether packets are missing or the air is dead; a few times a second is often enough.
    pub fn watch(&mut self, now_us: u64) -> Watch {
        let mut watch = Watch::default();
        let silent_us = self.waiting_us.map_or(0, |since| now_us.saturating_sub(since));
        if silent_us >= MISSING_US {
            if !self.missing {
                self.missing = true;
                watch.missing_ms = Some(u32::try_from(silent_us / 1000).unwrap_or(u32::MAX));
            }
            self.listener.reset();
        } else {
            watch.dead_air_ms = self.listener.dead_air(DEAD_AIR_US);
        }
        watch
    }

    /// Takes a datagram from the leg's RTCP port; `ntp` is our wall clock in NTP's form. A BYE has no effect.
    pub fn receive_report(&mut self, now_us: u64, ntp: u64, from: SocketAddr, datagram: &[u8]) {
        let Some(clock) = self.terms.as_ref().map(|terms| terms.codec.clock) else { return };
        if !self.source.judge_rtcp(from) {
            return;
        }
        for packet in rtcp::parse(datagram) {
            let blocks = match packet {
                Rtcp::SenderReport { info, blocks, .. } => {
                    self.sender_report = Some((middle(info.ntp), now_us));
                    blocks
                }
                Rtcp::ReceiverReport { blocks, .. } => blocks,
                Rtcp::Description | Rtcp::Bye | Rtcp::Other(_) => continue,
            };
            for block in blocks.filter(|block| block.ssrc == self.output.ssrc()) {
                self.reported.take(&block, clock, middle(ntp));
            }
        }
    }

    /// The RTCP report that is due, every [`REPORT_US`]: its length in `out` and where to send it.
    pub fn report(
        &mut self,
        now_us: u64,
        ntp: u64,
        name: &str,
        out: &mut [u8; REPORT_BYTES_MAX],
    ) -> Option<(usize, SocketAddr)> {
        if now_us < self.report_due_us {
            return None;
        }
        self.report_due_us = now_us + REPORT_US;
        let clock = self.terms.as_ref()?.codec.clock;
        let to = self.source.send_rtcp_to()?;
        let (packets, bytes) = self.output.sent();
        // The counters of a report are 32 bits wide and wrap.
        let info = SenderInfo {
            ntp,
            timestamp: self.output.timestamp(now_us, clock),
            packets: packets as u32,
            bytes: bytes as u32,
        };
        let (last, delay) = self.sender_report.map_or((0, 0), |(last, at_us)| {
            let units = u128::from(now_us.saturating_sub(at_us)) * 65_536 / 1_000_000;
            (last, u32::try_from(units).unwrap_or(u32::MAX))
        });
        let block = self.source.ssrc().map(|ssrc| self.receiver.report(ssrc, clock, last, delay));
        let sent = (packets > 0).then_some(&info);
        Some((rtcp::print(self.output.ssrc(), sent, block.as_ref(), name, out), to))
    }

    /// Quality over the whole leg.
    pub fn quality(&self) -> Quality {
        let kind = self.terms.as_ref().map_or(Kind::Other, |terms| terms.codec.kind);
        let Reported { lost, jitter_us, rtt_us } = self.reported;
        let received = Direction {
            packets: self.receiver.packets(),
            lost: self.receiver.lost(),
            jitter_us: self.receiver.jitter_us(),
            rtt_us,
            mos_centi: 0,
        };
        let sent = Direction { packets: self.output.sent().0, lost, jitter_us, rtt_us, mos_centi: 0 };
        Quality { received: received.scored(kind), sent: sent.scored(kind) }
    }

    /// Quality since the last time and over the whole leg, every [`REPORT_US`] while media flows.
    pub fn quality_due(&mut self, now_us: u64) -> Option<(Quality, Quality)> {
        if now_us < self.quality_due_us {
            return None;
        }
        self.quality_due_us = now_us + REPORT_US;
        let whole = self.quality();
        let recent = whole.since(&self.before, self.terms.as_ref()?.codec.kind);
        self.before = whole;
        (recent.received.packets + recent.sent.packets > 0).then_some((recent, whole))
    }

    /// Packets that the source rule refused, and the last such address.
    pub fn refused(&self) -> (u64, Option<SocketAddr>) {
        self.source.refused()
    }

    /// Packets dropped for other reasons.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }
}

/// What a payload type stands for, if it was agreed.
fn content_of(terms: &Terms, payload_type: u8, payload: &[u8]) -> Option<Content> {
    if payload_type == terms.codec.receive_pt {
        return Some(Content::Audio);
    }
    let (agreed, _) = terms.digits?;
    // Some phones send events under the number they know, not the one that was agreed. Events were agreed, so they
    // are taken; nothing else is four bytes long and dynamic.
    let stray = payload_type >= 96
        && payload.len() == dtmf::EVENT_BYTES
        && dtmf::parse(payload).is_some_and(|event| event.digit().is_some());
    (payload_type == agreed || stray).then_some(Content::Digits)
}

/// The middle 32 bits of an NTP time.
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

#[cfg(test)]
mod tests;
