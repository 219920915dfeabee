//! What legs of a media thread hear of our own: silence, tones, pieces of sound.

use super::super::translate;
use super::{Placed, Playing, Worker};
use switchroom_exchange::{CallId, LegId, MediaEvent, Source};
use switchroom_flow::Clip;
use switchroom_media::codec::Codec;
use switchroom_media::playlist::Position;

impl Placed {
    /// Something comes in the place of what is played: of music it is kept how far it is.
    fn interrupt(&mut self) {
        let position = self.leg.position();
        if let Some((music, position)) = self.playing.take().filter(|one| one.is_loop).zip(position) {
            self.interrupted = Some((music.clips, position));
        }
    }

    /// Where that music goes on; at its beginning, if it is no such.
    fn resume(&mut self, clips: &[Clip]) -> Position {
        let kept = self.interrupted.take().filter(|(music, _)| music == clips);
        kept.map(|(_, position)| position).unwrap_or_default()
    }
}

impl Worker {
    pub(super) fn hear(&mut self, now_us: u64, call: CallId, leg: LegId, source: Source) {
        let Some(at) = self.find(call, leg) else { return };
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            (placed.source, placed.playing, placed.interrupted) = (source, None, None);
        }
        self.play(now_us, at);
        self.rewire(call);
    }

    /// Starts the sound of our own that a leg hears, or stops it.
    pub(super) fn play(&mut self, now_us: u64, at: usize) {
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        if !placed.leg.play(now_us, translate::sound(&placed.source)) && placed.leg.terms().is_some() {
            tracing::debug!(leg = placed.id.0, "the codec of the leg cannot be encoded: it hears nothing");
        }
        self.pace_from_now(at);
    }

    /// From now a leg hears pieces of sound. Music goes on where something that was said had come in its place.
    pub(super) fn play_clips(&mut self, now_us: u64, call: CallId, leg: LegId, playing: Playing) {
        let Some(at) = self.find(call, leg) else { return };
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        placed.interrupt();
        let from = if playing.is_loop { placed.resume(&playing.clips) } else { Position::default() };
        (placed.source, placed.playing) = (Source::Nothing, Some(playing));
        self.play_from(now_us, at, from);
        self.rewire(call);
    }

    /// What was agreed with a leg that hears pieces of sound is settled, or settled anew: they go on where they were.
    /// `before`: what its codec was.
    pub(super) fn play_on(&mut self, now_us: u64, at: usize, before: Option<&Codec>) {
        let Some(Some(placed)) = self.legs.get(at) else { return };
        let position = placed.leg.position();
        let is_same = placed.leg.terms().map(|terms| &terms.codec) == before;
        if position.is_none() || !is_same {
            self.play_from(now_us, at, position.unwrap_or_default());
        }
        self.pace_from_now(at);
    }

    fn play_from(&mut self, now_us: u64, at: usize, from: Position) {
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        let Some(Playing { number, clips, is_loop }) = &placed.playing else { return };
        let Some(terms) = placed.leg.terms() else { return };
        match self.prompts.playlist(terms.codec.kind, *number, clips, *is_loop) {
            Some(list) => placed.leg.play_list(now_us, list, from),
            None => {
                tracing::debug!(
                    leg = placed.id.0,
                    "the codec of the leg cannot be encoded: it hears nothing"
                );
                placed.leg.play(now_us, None);
                if !is_loop {
                    // Nobody may wait for ever for the end of what cannot be heard.
                    (self.events)(MediaEvent::Unheard { leg: placed.id, number: *number });
                }
                placed.playing = None;
            }
        }
        self.pace_from_now(at);
    }

    /// A fault was met in making the sound of a leg: whatever it was made of is dropped and begun anew, the voices in it, too.
    pub(super) fn begin_anew(&mut self, now_us: u64, at: usize) {
        let Some(Some(placed)) = self.legs.get_mut(at) else { return };
        let call = placed.call;
        tracing::error!(leg = placed.id.0, %call, "the sound of a leg met a fault in the media thread and is begun anew");
        let heard = placed.leg.drop_ours();
        if let Some(playing) = placed.playing.take() {
            // Nobody may wait for ever for the end of what is not heard any more.
            placed.source = Source::Silence;
            (self.events)(MediaEvent::Unheard { leg: placed.id, number: playing.number });
        }
        let hearers = self.calls.get(&call).map(|there| there.legs.clone()).unwrap_or_default();
        for voice in heard {
            self.hush(voice, hearers.iter().copied());
        }
        self.play(now_us, at);
        self.rewire(call);
    }

    /// Whether digits are wanted from the sound of a leg.
    pub(super) fn listen(&mut self, call: CallId, leg: LegId, is_on: bool) {
        let Some(at) = self.find(call, leg) else { return };
        if let Some(Some(placed)) = self.legs.get_mut(at) {
            placed.listens = is_on;
        }
        self.rewire(call);
    }

    /// What the leg hears of our own has changed: it is sent from now on, when it is due.
    pub(super) fn pace_from_now(&mut self, at: usize) {
        let placed = self.legs.get(at).and_then(Option::as_ref);
        let Some(due_us) = placed.and_then(|placed| placed.leg.due_us()) else { return };
        self.paced_us = self.paced_us.min(due_us);
        if !self.paced.contains(&at) {
            self.paced.push(at);
        }
    }
}
