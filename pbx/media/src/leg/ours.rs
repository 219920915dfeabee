//! What a leg hears that is not relayed to it: sound of our own making, pieces of sound, a mix of voices; one at a time.

use crate::codec::Codec;
use crate::mix::{Mixdown, Part, Voices};
use crate::pace::{PTIME_MS_MAX, Player, Sound};
use crate::playlist::{Playback, Playlist, Position};

/// No packet of ours holds more sound, microseconds.
const PACKET_US_MAX: u64 = PTIME_MS_MAX as u64 * 1_000;

enum Playing {
    Sound(Player),
    Pieces(Playback),
    Mix(Box<Mixdown>),
}

/// What is played to a leg.
#[derive(Default)]
pub(super) struct Ours {
    playing: Option<Playing>,
    /// A mix that is not heard any more but for one last packet, in which it fades away.
    ending: Option<Box<Mixdown>>,
}

impl Ours {
    /// Plays this sound, or nothing. False if the codec cannot be encoded.
    pub(super) fn play(&mut self, now_us: u64, codec: Option<&Codec>, sound: Option<Sound>) -> bool {
        self.stop();
        let (Some(sound), Some(codec)) = (sound, codec) else { return sound.is_none() };
        let from_us = self.ending.as_ref().map_or(now_us, |mix| mix.due_us() + mix.ptime_us());
        self.playing = Player::new(from_us, codec, sound).map(Playing::Sound);
        self.playing.is_some()
    }

    /// Plays these pieces from that place on; behind the packet that is being heard, if `follows`.
    pub(super) fn play_list(
        &mut self,
        now_us: u64,
        codec: &Codec,
        list: Playlist,
        from: Position,
        follows: bool,
    ) {
        let before = self.due_us().filter(|_| follows);
        self.stop();
        let ending = self.ending.as_ref().map(|mix| mix.due_us() + mix.ptime_us());
        let due_us =
            ending.or(before).map_or(now_us, |due_us| due_us.clamp(now_us, now_us + 2 * PACKET_US_MAX));
        self.playing = Some(Playing::Pieces(Playback::new(due_us, codec, list, from)));
    }

    /// Plays these voices; `before` is the last sample of what was heard till now. False if the codec cannot be encoded.
    pub(super) fn mix(&mut self, now_us: u64, codec: &Codec, parts: &[Part], before: i16) -> bool {
        let there = match self.playing.take() {
            Some(Playing::Mix(mix)) => Some(mix),
            _ => self.ending.take(),
        };
        let mix = there
            .filter(|mix| mix.is_for(codec))
            .or_else(|| Mixdown::new(now_us, codec, before).map(Box::new));
        let Some(mut mix) = mix else { return false };
        mix.set(parts);
        self.playing = Some(Playing::Mix(mix));
        true
    }

    /// The packet of a mix that is due goes to nobody: it is mixed, so that its voices stay where they should be, but not encoded.
    /// False if none is due.
    pub(super) fn pass(&mut self, now_us: u64, voices: &mut Voices) -> bool {
        if self.ending.take_if(|mix| mix.due_us() <= now_us).is_some() {
            return true;
        }
        match &mut self.playing {
            Some(Playing::Mix(mix)) if self.ending.is_none() => mix.pass(now_us, voices),
            _ => false,
        }
    }

    /// Another codec was agreed: no packet is made in the one before. Pieces keep their place till they are played on.
    pub(super) fn change_codec(&mut self, codec: &Codec) {
        self.ending.take_if(|mix| !mix.is_for(codec));
        self.playing.take_if(|playing| match playing {
            Playing::Sound(_) => true,
            Playing::Pieces(_) => false,
            Playing::Mix(mix) => !mix.is_for(codec),
        });
    }

    /// Nothing is played any more; a mix fades away.
    fn stop(&mut self) {
        if let Some(Playing::Mix(mut mix)) = self.playing.take() {
            mix.set(&[]);
            self.ending = Some(mix);
        }
    }

    pub(super) fn is_mix(&self) -> bool {
        matches!(self.playing, Some(Playing::Mix(_)))
    }

    /// The voices that are heard.
    pub(super) fn voices(&self) -> Vec<usize> {
        let playing = match &self.playing {
            Some(Playing::Mix(mix)) => Some(mix),
            _ => None,
        };
        playing.into_iter().chain(&self.ending).flat_map(|mix| mix.voices()).collect()
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    pub(super) fn forget(&mut self, voice: usize) {
        if let Some(Playing::Mix(mix)) = &mut self.playing {
            mix.forget(voice);
        }
        if let Some(mix) = &mut self.ending {
            mix.forget(voice);
        }
    }

    pub(super) fn forget_all(&mut self) {
        if let Some(Playing::Mix(mix)) = &mut self.playing {
            mix.forget_all();
        }
        if let Some(mix) = &mut self.ending {
            mix.forget_all();
        }
    }

    pub(super) fn position(&self) -> Option<Position> {
        match &self.playing {
            Some(Playing::Pieces(playback)) => Some(playback.position()),
            _ => None,
        }
    }

    pub(super) fn take_played(&mut self) -> Option<u64> {
        match &mut self.playing {
            Some(Playing::Pieces(playback)) => playback.take_over(),
            _ => None,
        }
    }

    /// The packet that was made goes to nobody.
    pub(super) fn miss(&mut self) {
        if let Some(Playing::Pieces(playback)) = &mut self.playing {
            playback.miss();
        }
    }

    pub(super) fn plays_whole(&self) -> bool {
        !matches!(&self.playing, Some(Playing::Pieces(playback)) if !playback.is_whole())
    }

    /// When the next packet is due.
    pub(super) fn due_us(&self) -> Option<u64> {
        if let Some(mix) = &self.ending {
            return Some(mix.due_us());
        }
        self.playing.as_ref().map(|playing| match playing {
            Playing::Sound(player) => player.due_us(),
            Playing::Pieces(playback) => playback.due_us(),
            Playing::Mix(mix) => mix.due_us(),
        })
    }

    /// The packet that is due: its length in `out`, and its timestamp units.
    pub(super) fn packet(
        &mut self,
        now_us: u64,
        voices: &mut Voices,
        out: &mut [u8],
    ) -> Option<(usize, u32)> {
        if let Some(mut mix) = self.ending.take_if(|mix| mix.due_us() <= now_us) {
            return Some((mix.packet(now_us, voices, out)?, mix.ticks()));
        }
        if self.ending.is_some() {
            return None;
        }
        match self.playing.as_mut()? {
            Playing::Sound(player) => Some((player.packet(now_us, out)?, player.ticks())),
            Playing::Pieces(playback) => Some((playback.packet(now_us, out)?, playback.ticks())),
            Playing::Mix(mix) => Some((mix.packet(now_us, voices, out)?, mix.ticks())),
        }
    }
}
