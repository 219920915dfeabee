//! Pieces of encoded sound, one after the other, as packets of one leg.
//!
//! A piece may be still on its way when its turn comes: then silence is sent until it is there. The sound itself is
//! shared by all legs that hear it; a leg has nothing of its own but the place it has come to.

use crate::codec::{Codec, Kind};
use crate::encoded::{Encoded, FRAME_MS};
use std::sync::{Arc, OnceLock};

/// Where a piece of sound will be: empty while it is on its way, `None` once it is known that there will be none.
pub type Slot = OnceLock<Option<Arc<Encoded>>>;

/// Packets of G.711 and G.722 that we make hold so much, milliseconds; what offer and answer said, within reason.
const PTIME_MS: std::ops::RangeInclusive<u16> = 10..=60;

/// One piece.
#[derive(Clone)]
pub enum Piece {
    /// Silence for so many milliseconds.
    Silence(u32),
    /// Sound. What is in another codec than the leg's is left out.
    Sound(Arc<Slot>),
}

/// What a leg is to hear.
#[derive(Clone)]
pub struct Playlist {
    /// Told when all was heard.
    pub number: u64,
    /// In order.
    pub pieces: Vec<Piece>,
    /// From the beginning again.
    pub is_loop: bool,
    /// What is sent when there is nothing to be heard, in the codec of the leg ([`Encoded::silence`]).
    pub silence: Arc<Encoded>,
}

/// How far a leg has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The piece.
    pub piece: usize,
    /// Milliseconds of it that were heard.
    pub ms: u32,
    /// Some of what was before it went to nobody: the phone did not want to hear.
    pub is_missed: bool,
}

/// A playlist on its way to one leg.
pub struct Playback {
    list: Playlist,
    kind: Kind,
    at: Position,
    silence_ms: u32,
    ptime_ms: u32,
    ticks: u32,
    due_us: u64,
    /// All was heard; `true` until that was told.
    over: Option<bool>,
}

impl Playback {
    /// Plays from `at`, the first packet at `due_us` and the others on the beat that all players of a thread share.
    pub fn new(due_us: u64, codec: &Codec, list: Playlist, at: Position) -> Self {
        let ptime_ms = u32::from(match (codec.kind, codec.ptime_ms) {
            (Kind::Opus, _) | (_, 0) => FRAME_MS as u16,
            (_, agreed) => agreed.clamp(*PTIME_MS.start(), *PTIME_MS.end()),
        });
        let ticks = codec.clock / 1000 * ptime_ms;
        Self { list, kind: codec.kind, at, silence_ms: 0, ptime_ms, ticks, due_us, over: None }
    }

    /// When the next packet is due.
    pub fn due_us(&self) -> u64 {
        self.due_us
    }

    /// Timestamp units in one packet.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// How far it has come.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The playlist's number, once, when the last packet was sent and its sound is over.
    pub fn take_over(&mut self) -> Option<u64> {
        let is_news = self.over == Some(true);
        self.over = self.over.map(|_| false);
        is_news.then_some(self.list.number)
    }

    /// The packet that was made goes to nobody.
    pub fn miss(&mut self) {
        self.at.is_missed |= self.over.is_none();
    }

    /// Whether all was sent, as far as it has come, and there is sound for every piece, as far as is known: what there is none
    /// for is left out.
    pub fn is_whole(&self) -> bool {
        let is_there = |piece: &Piece| match piece {
            Piece::Silence(_) => true,
            Piece::Sound(slot) => match slot.get() {
                Some(Some(sound)) => sound.kind() == self.kind && sound.length_ms() > 0,
                Some(None) => false,
                None => true,
            },
        };
        !self.at.is_missed && self.list.pieces.iter().all(is_there)
    }

    /// Puts the packet that is due into `out` and gives its length; `None` if none is due, or `out` is too small. When
    /// all was heard, silence follows.
    pub fn packet(&mut self, now_us: u64, out: &mut [u8]) -> Option<usize> {
        if now_us < self.due_us {
            return None;
        }
        // Late by a packet or more, and it goes on with the next: never two at once, and nothing is left out.
        self.due_us = (now_us + 1).next_multiple_of(u64::from(self.ptime_ms) * 1000);
        let (mut length, mut filled_ms) = (0, 0);
        while filled_ms < self.ptime_ms {
            let wanted_ms = self.ptime_ms - filled_ms;
            let (bytes, taken_ms) = match self.next(wanted_ms, filled_ms == 0) {
                Some((piece, from_ms, taken_ms)) => match self.list.pieces.get(piece) {
                    Some(Piece::Sound(slot)) => {
                        let sound = slot.get().and_then(Option::as_ref)?;
                        (sound.stretch(from_ms, taken_ms), taken_ms)
                    }
                    _ => silence(&self.list.silence, &mut self.silence_ms, taken_ms),
                },
                None => silence(&self.list.silence, &mut self.silence_ms, wanted_ms),
            };
            out.get_mut(length..length + bytes.len())?.copy_from_slice(bytes);
            length += bytes.len();
            filled_ms += taken_ms.max(1);
        }
        Some(length)
    }

    /// The next stretch: of which piece, from where, and how long, at most `wanted_ms`. `None` when there is nothing to
    /// be heard now. `is_begin`: the packet is empty so far, and what was heard before it is over.
    fn next(&mut self, wanted_ms: u32, is_begin: bool) -> Option<(usize, u32, u32)> {
        // Once around and one piece more: a loop of nothing is silence, not a thread that never comes back.
        for _ in 0..=self.list.pieces.len() + 1 {
            let length_ms = match self.list.pieces.get(self.at.piece) {
                None if self.list.is_loop => {
                    self.at = Position { is_missed: self.at.is_missed, ..Position::default() };
                    continue;
                }
                None => {
                    if is_begin && self.over.is_none() {
                        self.over = Some(true);
                    }
                    return None;
                }
                Some(Piece::Silence(ms)) => *ms,
                Some(Piece::Sound(slot)) => match slot.get()? {
                    Some(sound) if sound.kind() == self.kind => sound.length_ms(),
                    _ => 0,
                },
            };
            if self.at.ms >= length_ms {
                self.at = Position { piece: self.at.piece + 1, ms: 0, ..self.at };
                continue;
            }
            let taken_ms = match self.kind {
                Kind::Opus => FRAME_MS,
                _ => wanted_ms.min(length_ms - self.at.ms),
            };
            let found = (self.at.piece, self.at.ms, taken_ms);
            self.at.ms += taken_ms;
            return Some(found);
        }
        None
    }
}

/// The next stretch of silence, of at most `wanted_ms`.
fn silence<'a>(silence: &'a Encoded, at_ms: &mut u32, wanted_ms: u32) -> (&'a [u8], u32) {
    let length_ms = silence.length_ms();
    if *at_ms >= length_ms {
        *at_ms = 0;
    }
    let taken_ms = wanted_ms.min(length_ms - *at_ms);
    let bytes = silence.stretch(*at_ms, taken_ms);
    *at_ms += taken_ms;
    (bytes, taken_ms)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn codec(kind: Kind, ptime_ms: u16) -> Codec {
        let clock = if kind == Kind::Opus { 48_000 } else { 8_000 };
        Codec { kind, name: String::new(), clock, receive_pt: 0, send_pt: 0, ptime_ms }
    }

    /// A piece whose bytes are its mark; A-law codes of our own choice.
    fn marked(mark: i16, ms: usize) -> Piece {
        let samples = vec![mark * 256; 8 * ms];
        Piece::Sound(Arc::new(Slot::from(Some(Arc::new(Encoded::new(Kind::Pcma, &samples).unwrap())))))
    }

    fn list(pieces: Vec<Piece>, is_loop: bool) -> Playlist {
        Playlist { number: 7, pieces, is_loop, silence: Arc::new(Encoded::silence(Kind::Pcma).unwrap()) }
    }

    /// What is heard, a letter for each 10 ms: `.` silence.
    fn heard(bytes: &[u8]) -> String {
        let letter = |part: &[u8]| match crate::g711::A_TO_LINEAR[usize::from(part[0])] / 256 {
            0 => '.',
            mark => char::from(b'`' + mark as u8),
        };
        bytes.chunks(80).map(letter).collect()
    }

    fn packets(playback: &mut Playback, count: usize) -> Vec<String> {
        let mut out = [0; 1600];
        let mut next = |_| {
            let now = playback.due_us();
            let length = playback.packet(now, &mut out).unwrap();
            heard(&out[..length])
        };
        (0..count).map(&mut next).collect()
    }

    #[test]
    fn pieces_come_in_order_on_the_beat_and_their_end_is_told_once() {
        let pieces = vec![marked(1, 40), Piece::Silence(20), marked(2, 20)];
        let mut playback =
            Playback::new(5_000, &codec(Kind::Pcma, 20), list(pieces, false), Position::default());
        let mut out = [0; 1600];
        assert_eq!((playback.due_us(), playback.ticks()), (5_000, 160));
        assert_eq!(playback.packet(5_000, &mut out), Some(160), "the first at once");
        assert_eq!(playback.due_us(), 20_000, "the next on the beat");
        assert_eq!(playback.packet(19_999, &mut out), None);
        assert_eq!(packets(&mut playback, 3), ["aa", "..", "bb"]);
        assert_eq!(playback.take_over(), None, "the last is sent and not yet heard");
        assert_eq!(packets(&mut playback, 1), [".."]);
        assert_eq!((playback.take_over(), playback.take_over(), playback.is_whole()), (Some(7), None, true));
        assert_eq!(packets(&mut playback, 60).concat(), "..".repeat(60), "and silence from then on");
        assert_eq!(playback.take_over(), None);
    }

    #[test]
    fn a_late_thread_leaves_nothing_out_and_sends_no_burst() {
        let mut playback =
            Playback::new(0, &codec(Kind::Pcma, 20), list(vec![marked(1, 60)], false), Position::default());
        let mut out = [0; 1600];
        playback.packet(0, &mut out).unwrap();
        playback.packet(95_000, &mut out).unwrap();
        assert_eq!(playback.due_us(), 100_000);
        assert_eq!(playback.position(), Position { ms: 40, ..Position::default() });
    }

    #[test]
    fn packets_of_any_length_run_over_the_edges_of_pieces() {
        let pieces = || vec![marked(1, 40), marked(2, 20), marked(3, 20)];
        for (ptime, wanted) in [
            (10, vec!["a", "a", "a", "a", "b", "b", "c", "c", "."]),
            (30, vec!["aaa", "abb", "cc.", "..."]),
            (60, vec!["aaaabb", "cc....", "......"]),
            (0, vec!["aa", "aa", "bb", "cc", ".."]),
        ] {
            let mut playback =
                Playback::new(0, &codec(Kind::Pcma, ptime), list(pieces(), false), Position::default());
            assert_eq!(packets(&mut playback, wanted.len()), wanted, "{ptime} ms");
            assert_eq!(playback.take_over(), Some(7), "{ptime} ms");
        }
    }

    #[test]
    fn what_is_on_its_way_is_waited_for_in_silence_and_what_is_missing_left_out() {
        let slot = Arc::new(Slot::new());
        let missing = Piece::Sound(Arc::new(Slot::from(None)));
        let pieces = vec![missing.clone(), Piece::Sound(slot.clone()), missing, marked(2, 20)];
        let mut playback = Playback::new(0, &codec(Kind::Pcma, 20), list(pieces, false), Position::default());
        assert_eq!(packets(&mut playback, 2), ["..", ".."]);
        let Piece::Sound(ready) = marked(1, 20) else { unreachable!() };
        assert!(slot.set(ready.get().unwrap().clone()).is_ok());
        assert_eq!(packets(&mut playback, 3), ["aa", "bb", ".."]);
        assert_eq!((playback.take_over(), playback.is_whole()), (Some(7), false));
    }

    #[test]
    fn a_loop_begins_again_and_a_loop_of_nothing_is_silence() {
        let mut playback = Playback::new(
            0,
            &codec(Kind::Pcma, 20),
            list(vec![marked(1, 20), marked(2, 40)], true),
            Position::default(),
        );
        assert_eq!(packets(&mut playback, 7), ["aa", "bb", "bb", "aa", "bb", "bb", "aa"]);
        for pieces in [vec![], vec![Piece::Silence(0)], vec![Piece::Sound(Arc::new(Slot::from(None))); 3]] {
            let mut nothing =
                Playback::new(0, &codec(Kind::Pcma, 20), list(pieces, true), Position::default());
            assert_eq!(packets(&mut nothing, 3), ["..", "..", ".."]);
            assert_eq!(nothing.take_over(), None);
        }
        let mut empty = Playback::new(0, &codec(Kind::Pcma, 20), list(vec![], false), Position::default());
        packets(&mut empty, 1);
        assert_eq!(empty.take_over(), Some(7), "nothing is heard at once");
    }

    #[test]
    fn opus_goes_in_packets_of_twenty_whatever_was_agreed() {
        let sound = Arc::new(Encoded::new(Kind::Opus, &[1000; 16 * 60]).unwrap());
        let silence = Arc::new(Encoded::silence(Kind::Opus).unwrap());
        let pieces = vec![
            Piece::Sound(Arc::new(Slot::from(Some(sound.clone())))),
            Piece::Silence(30),
            marked(1, 100),
            Piece::Sound(Arc::new(Slot::from(Some(sound.clone())))),
        ];
        let list = Playlist { number: 1, pieces, is_loop: false, silence: silence.clone() };
        let mut playback =
            Playback::new(0, &codec(Kind::Opus, 60), list, Position { ms: 20, ..Position::default() });
        assert_eq!(playback.ticks(), 960);
        let mut out = [0; 1600];
        let mut lengths = Vec::new();
        for _ in 0..7 {
            let now = playback.due_us();
            lengths.push(playback.packet(now, &mut out).unwrap());
        }
        let of = |from: &Encoded, at: u32| from.stretch(at, 20).len();
        let quiet = of(&silence, 0);
        let wanted = [
            of(&sound, 20),
            of(&sound, 40),
            quiet,
            of(&silence, 20),
            of(&sound, 0),
            of(&sound, 20),
            of(&sound, 40),
        ];
        assert_eq!(lengths, wanted, "from the middle, pauses in whole packets, and no other codec's sound");
    }

    #[test]
    fn a_packet_that_does_not_fit_is_none() {
        let mut playback =
            Playback::new(0, &codec(Kind::Pcma, 20), list(vec![marked(1, 20)], false), Position::default());
        assert_eq!(playback.packet(0, &mut [0; 100]), None);
    }
}
