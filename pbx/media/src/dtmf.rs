//! Digits as RTP events (RFC 4733): found in a stream, and made.
//!
//! A phone repeats an event in many packets, all with the timestamp of its beginning. So the timestamp, with the source that
//! counts it, is the digit's identity: whatever is lost, repeated or reordered, a digit is told once.

use std::collections::VecDeque;

/// Length of an event payload, bytes.
pub const EVENT_BYTES: usize = 4;
/// Digits that may wait to be sent on one leg; more are refused.
pub const DIGITS_WAITING_MAX: usize = 32;
/// Between two packets of an event that we send, microseconds.
pub const EVENT_STEP_US: u64 = 20_000;
/// Silence between two digits that we send, microseconds (RFC 4733 §2.6.3 leaves it open; 40 ms is what exchanges ask).
const GAP_US: u64 = 60_000;
/// How often the end of an event is sent (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;
const DIGITS: &[u8; 16] = b"0123456789*#ABCD";

/// One event payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Event code; 0..=15 are digits.
    pub code: u8,
    /// The event is over.
    pub end: bool,
    /// Level, −dBm0.
    pub volume: u8,
    /// Timestamp units since its beginning.
    pub duration: u16,
}

/// Parses a payload; some phones send more than one event in it, the first counts.
pub fn parse(payload: &[u8]) -> Option<Event> {
    let ([code, flags, d0, d1], _) = payload.split_first_chunk::<EVENT_BYTES>()?;
    Some(Event {
        code: *code,
        end: flags & 0x80 != 0,
        volume: flags & 0x3F,
        duration: u16::from_be_bytes([*d0, *d1]),
    })
}

impl Event {
    /// The payload.
    pub fn bytes(&self) -> [u8; EVENT_BYTES] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume & 0x3F, d0, d1]
    }

    /// The digit, if the code is one.
    pub fn digit(&self) -> Option<char> {
        DIGITS.get(usize::from(self.code)).map(|byte| char::from(*byte))
    }
}

/// The event code of a digit, lower case letters too.
pub fn code_of(digit: char) -> Option<u8> {
    let digit = u8::try_from(digit).ok()?.to_ascii_uppercase();
    DIGITS.iter().position(|d| *d == digit).and_then(|at| u8::try_from(at).ok())
}

/// An event by the source it came from, the timestamp of its beginning, and its code.
type Press = (u32, u32, u8);

/// Finds digits in the events of one phone.
#[derive(Debug, Clone, Default)]
pub struct DigitReceiver {
    /// The source of the next event.
    ssrc: u32,
    /// Beginnings told lately: reordered packets of an older event come in between.
    told: [Option<Press>; 4],
    next: usize,
    longest: u16,
}

impl DigitReceiver {
    /// Events come from this source now. What was told of another one stays known: its sound may come in between.
    pub fn listen_to(&mut self, ssrc: u32) {
        self.ssrc = ssrc;
    }

    /// Takes an event packet; gives its digit if it is a new one.
    pub fn receive(&mut self, marker: bool, timestamp: u32, event: &Event) -> Option<char> {
        let digit = event.digit()?;
        let newest = self.told.get((self.next + 3) % 4).copied().flatten();
        let press = (self.ssrc, timestamp, event.code);
        if self.told.contains(&Some(press)) {
            if newest == Some(press) {
                self.longest = self.longest.max(event.duration);
            }
            return None;
        }
        // A digit held for more than 65535 units goes on in a new segment (RFC 4733 §2.5.1.3): the same press.
        let goes_on = newest.is_some_and(|(ssrc, begin, code)| {
            !marker && (ssrc, code) == (self.ssrc, event.code) && self.longest >= 0xFF00 && {
                (u32::from(self.longest)..=0xFFFF).contains(&timestamp.wrapping_sub(begin))
            }
        });
        if let Some(place) = self.told.get_mut(self.next % 4) {
            *place = Some(press);
        }
        self.next = (self.next + 1) % 4;
        self.longest = event.duration;
        (!goes_on).then_some(digit)
    }

    /// Forgets what was told: a new stream counts its own time.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

#[derive(Debug, Clone, Copy)]
struct Sending {
    code: u8,
    began_us: u64,
    length_us: u64,
    timestamp: u32,
    ends: u8,
    first: bool,
}

/// An event packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// Set on the first packet of an event.
    pub marker: bool,
    /// Timestamp of the event's beginning.
    pub timestamp: u32,
    /// The payload.
    pub event: Event,
}

/// Sends digits, one after the other.
#[derive(Debug, Clone, Default)]
pub struct DigitSender {
    waiting: VecDeque<(u8, u16)>,
    sending: Option<Sending>,
    next_us: u64,
}

impl DigitSender {
    /// Puts a digit into the line; false if it is no digit or too many wait.
    pub fn send(&mut self, digit: char, duration_ms: u16) -> bool {
        let Some(code) = code_of(digit).filter(|_| self.waiting.len() < DIGITS_WAITING_MAX) else {
            return false;
        };
        self.waiting.push_back((code, duration_ms.clamp(40, 6_000)));
        true
    }

    /// Whether something is being sent or waits.
    pub fn is_busy(&self) -> bool {
        self.sending.is_some() || !self.waiting.is_empty()
    }

    /// When the next packet is due.
    pub fn due_us(&self) -> Option<u64> {
        self.is_busy().then_some(self.next_us)
    }

    /// The packet that is due. `timestamp` is what the stream's clock, of `clock` Hz, shows now.
    pub fn packet(&mut self, now_us: u64, timestamp: u32, clock: u32) -> Option<EventPacket> {
        if now_us < self.next_us {
            return None;
        }
        let mut sending = match self.sending {
            Some(sending) => sending,
            None => {
                let (code, ms) = self.waiting.pop_front()?;
                let length_us = u64::from(ms) * 1000;
                Sending { code, began_us: now_us, length_us, timestamp, ends: 0, first: true }
            }
        };
        let since_us = (now_us - sending.began_us + EVENT_STEP_US).min(sending.length_us);
        let end = since_us >= sending.length_us;
        let duration = u16::try_from(since_us * u64::from(clock) / 1_000_000).unwrap_or(u16::MAX);
        let event = Event { code: sending.code, end, volume: 10, duration };
        let packet = EventPacket { marker: sending.first, timestamp: sending.timestamp, event };
        sending.first = false;
        sending.ends += u8::from(end);
        let over = sending.ends >= ENDS;
        self.next_us = now_us + if over { GAP_US } else { EVENT_STEP_US };
        self.sending = (!over).then_some(sending);
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(code: u8, duration: u16, end: bool) -> Event {
        Event { code, end, volume: 10, duration }
    }

    #[test]
    fn a_digit_is_told_once_whatever_repeats_or_comes_late() {
        let mut receiver = DigitReceiver::default();
        assert_eq!(receiver.receive(true, 1000, &event(5, 160, false)), Some('5'));
        for duration in [320, 480, 640, 640, 640] {
            assert_eq!(receiver.receive(false, 1000, &event(5, duration, duration == 640)), None);
        }
        assert_eq!(receiver.receive(true, 2000, &event(5, 160, false)), Some('5'), "pressed again");
        assert_eq!(receiver.receive(false, 1000, &event(5, 640, true)), None, "an end that comes late");
        assert_eq!(
            receiver.receive(false, 3000, &event(11, 640, true)),
            Some('#'),
            "all but its end was lost"
        );
        assert_eq!(receiver.receive(true, 4000, &event(16, 160, false)), None, "a flash is no digit");
    }

    #[test]
    fn a_digit_held_for_ten_seconds_is_one_digit() {
        let mut receiver = DigitReceiver::default();
        assert_eq!(receiver.receive(true, 0, &event(1, 160, false)), Some('1'));
        assert_eq!(receiver.receive(false, 0, &event(1, 0xFFFF, false)), None);
        assert_eq!(receiver.receive(false, 0xFFFF, &event(1, 160, false)), None);
        assert_eq!(receiver.receive(true, 0x1_5000, &event(1, 160, false)), Some('1'));
    }

    #[test]
    fn what_we_send_is_what_we_would_receive() {
        let mut sender = DigitSender::default();
        assert!(sender.send('#', 100) && sender.send('d', 100) && !sender.send('x', 100));
        let (mut receiver, mut heard, mut packets) = (DigitReceiver::default(), String::new(), Vec::new());
        let mut now = 0;
        while let Some(due) = sender.due_us() {
            now = now.max(due);
            let timestamp = u32::try_from(now * 8 / 1000).unwrap();
            packets.extend(sender.packet(now, timestamp, 8000));
        }
        for packet in &packets {
            let parsed = parse(&packet.event.bytes()).unwrap();
            assert_eq!(parsed, packet.event);
            heard.extend(receiver.receive(packet.marker, packet.timestamp, &parsed));
        }
        assert_eq!(heard, "#D");
        assert_eq!(packets.iter().filter(|p| p.marker).count(), 2);
        assert_eq!(packets.iter().filter(|p| p.event.end).count(), 6);
        assert!(packets.iter().filter(|p| p.event.end).all(|p| p.event.duration == 800), "100 ms at 8000 Hz");
    }

    #[test]
    fn the_line_of_digits_is_bounded() {
        let mut sender = DigitSender::default();
        assert_eq!((0..100).filter(|_| sender.send('1', 100)).count(), DIGITS_WAITING_MAX);
    }
}
