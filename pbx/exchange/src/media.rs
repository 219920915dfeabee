//! What the exchange asks of the media engine, and what the media engine tells it. Audio itself never comes here.

use crate::{CallId, LegId, PortSlot};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use switchroom_flow::Clip;

/// A codec as offer and answer settled it for one leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedCodec {
    /// Encoding name as in `a=rtpmap`, for example `PCMA`, `opus`.
    pub name: String,
    /// RTP clock rate in Hz (8000 for G.722 too, RFC 3551 §4.5.2).
    pub clock: u32,
    /// Payload type of the packets the phone sends us.
    pub receive_pt: u8,
    /// Payload type of the packets we send the phone.
    pub send_pt: u8,
    /// Milliseconds of sound in each packet we make ourselves.
    pub ptime_ms: u16,
}

/// What offer and answer settled for one leg's audio stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Where the phone says it receives RTP; `None` for an unspecified address (old-style hold).
    pub remote_rtp: Option<SocketAddr>,
    /// Where the phone says it receives RTCP, if it said so; otherwise RTP's port plus one.
    pub remote_rtcp: Option<SocketAddr>,
    /// The IP that the phone's signalling comes from: RTP may be learned from there, once, for a short while.
    pub signalling_ip: IpAddr,
    /// The codec.
    pub codec: AgreedCodec,
    /// Payload types of RFC 4733 events: (from the phone, to the phone).
    pub digits: Option<(u8, u8)>,
    /// We may send to the phone.
    pub sending: bool,
    /// The phone may send to us; packets that come while false are dropped.
    pub receiving: bool,
    /// Rises whenever the phone's address may have changed by a new offer or answer: the lock on its media source
    /// is then lifted and learned again.
    pub generation: u32,
}

/// One voice in a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The leg that speaks.
    pub leg: LegId,
    /// How much louder than it speaks it is heard, tenths of a decibel; 0 as it is.
    pub gain_ddb: i16,
}

/// What a leg hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Nothing is sent.
    Nothing,
    /// Paced silence in the leg's codec, so that NAT bindings and the phone's own watchdog stay content.
    Silence,
    /// What another leg of the same call says, packet by packet as it comes.
    Leg(LegId),
    /// What several legs of the same call say, added up and encoded anew. Legs that the call does not have, that say nothing
    /// or whose codec cannot be decoded are silent. The leg itself is never among them.
    Mix(Vec<Part>),
    /// What the leg itself says, at once.
    Echo,
    /// A tone.
    Tone {
        /// Frequency in Hz.
        hz: u16,
        /// Level in tenths of a decibel relative to full scale, for example −180.
        ddb: i16,
    },
}

/// Which channel of a recording a leg is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// The caller.
    Left,
    /// Our side.
    Right,
}

/// What a recording's sidecar says of its call, known when recording starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingSubject {
    /// The call's short number.
    pub number: u64,
    /// Caller's number and name.
    pub from: (String, String),
    /// Number and name of the side on the right channel.
    pub with: (String, String),
    /// Start, Unix milliseconds.
    pub started_ms: i64,
}

/// What the exchange asks of the media engine. Commands of one call are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaCommand {
    /// Open the port pair of a slot for a leg. Failure comes back as [`MediaEvent::OpenFailed`].
    Open {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// The port pair.
        slot: PortSlot,
    },
    /// Offer and answer settled, or settled anew.
    Agree {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// What was settled.
        agreed: Agreed,
    },
    /// From now on the leg hears this.
    Hear {
        /// The call.
        call: CallId,
        /// The leg that hears.
        leg: LegId,
        /// What it hears.
        source: Source,
    },
    /// From now, and instead of whatever it heard, the leg hears these pieces of sound one after the other, until the next
    /// [`MediaCommand::Hear`] or [`MediaCommand::Play`] for it. A piece that cannot be found, read or spoken is left out.
    Play {
        /// The call.
        call: CallId,
        /// The leg that hears.
        leg: LegId,
        /// Names this playing in [`MediaEvent::Played`].
        number: u64,
        /// What is heard, in order.
        clips: Vec<Clip>,
        /// From the beginning again, for as long as it is not replaced.
        is_loop: bool,
    },
    /// Whether digits are looked for in the sound of the leg's phone (in band). While offer and answer agreed events of
    /// RFC 4733, nothing is looked for all the same: such a phone sends digits as events.
    Listen {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// Begin or stop.
        is_on: bool,
    },
    /// From now, what the leg's phone says is written down as a message: a recording of this leg alone. A leg takes one
    /// message at a time. [`MediaEvent::MessageTaken`] follows, once.
    TakeMessage {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// Id of the message and name of its file: `[0-9a-z-]`, 64 at most.
        message: String,
        /// It ends by itself after so many milliseconds.
        longest_ms: u32,
        /// It ends by itself after so many milliseconds of silence, which are not kept; 0: silence does not end it.
        silence_ms: u32,
    },
    /// The message that the leg takes ends here. Nothing comes of it when none is taken.
    StopMessage {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// Whether what was said so far is kept, or thrown away.
        is_kept: bool,
    },
    /// The file of a message is to be deleted, if there is one.
    DropMessage {
        /// Its id.
        message: String,
    },
    /// Send a digit to the leg's phone as RFC 4733 events (for digits that came by SIP INFO).
    SendDigit {
        /// The call.
        call: CallId,
        /// The leg whose phone gets it.
        leg: LegId,
        /// `0-9 * # A-D`.
        digit: char,
        /// How long, in milliseconds.
        duration_ms: u16,
    },
    /// For so long no key that the leg's phone sends as RFC 4733 events goes on to those who hear it, but for one that is
    /// being pressed. Each is still told by [`MediaEvent::Digit`]. A key whose begin was withheld is so to its end.
    WithholdDigits {
        /// The call.
        call: CallId,
        /// The leg whose phone sends them.
        leg: LegId,
        /// Milliseconds from now; 0: no longer.
        for_ms: u16,
    },
    /// Record these legs, from now, into a file named by the call.
    Record {
        /// The call.
        call: CallId,
        /// The caller's leg and the other, by channel.
        legs: [(LegId, Channel); 2],
        /// For the sidecar.
        subject: RecordingSubject,
    },
    /// The recording of the call goes on with this leg on a channel, in place of the leg that was on it.
    RecordLeg {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// Its channel.
        channel: Channel,
    },
    /// From now nothing of what is said goes into the recording of the call: it has silence in both channels, and goes on
    /// with its time. Or it does again. Nothing comes of it when the call is not recorded.
    PauseRecording {
        /// The call.
        call: CallId,
        /// Silence, or sound again.
        is_paused: bool,
    },
    /// What this leg says is heard, too, on that channel of the call's recording, beside the leg that is on it. Nothing comes
    /// of it when nothing is recorded.
    RecordAlso {
        /// The call that is recorded.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// The channel.
        channel: Channel,
    },
    /// The end of [`MediaCommand::RecordAlso`] for a leg.
    RecordNoMore {
        /// The call that is recorded.
        call: CallId,
        /// The leg.
        leg: LegId,
    },
    /// The leg, with its port pair and all that was agreed, belongs to the media of another call from now on, so that it and the
    /// legs there can hear each other. All commands that follow name that call; what it takes and how it is listened to goes
    /// on. It hears nothing until it is told what. A leg that is not known, because its ports could not be opened, is as unknown
    /// afterwards.
    Move {
        /// The call whose it was.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// The call whose it is from now on. It may have no other leg yet.
        to: CallId,
    },
    /// Put a mark into the recording of the call.
    Mark {
        /// The call.
        call: CallId,
        /// `answer`, `hold`, `resume`, `digit`, …
        kind: String,
        /// More, or empty.
        text: String,
    },
    /// Close the recording of the call; [`MediaEvent::RecordingClosed`] follows.
    StopRecording {
        /// The call.
        call: CallId,
        /// Milliseconds before this moment at which it ended: what is left out is the silence of a pause.
        tail_ms: u64,
    },
    /// Close the leg's ports; [`MediaEvent::Closed`] follows, also when the media engine does not know the leg.
    Close {
        /// The call.
        call: CallId,
        /// The leg.
        leg: LegId,
        /// The port pair that it was opened on.
        slot: PortSlot,
    },
}

impl MediaCommand {
    /// The leg that it is about, and the call that it names, if it is about one that a call has already.
    pub(crate) fn of_leg(&mut self) -> Option<(&mut CallId, LegId)> {
        match self {
            Self::Agree { call, leg, .. }
            | Self::Hear { call, leg, .. }
            | Self::Play { call, leg, .. }
            | Self::Listen { call, leg, .. }
            | Self::TakeMessage { call, leg, .. }
            | Self::StopMessage { call, leg, .. }
            | Self::SendDigit { call, leg, .. }
            | Self::WithholdDigits { call, leg, .. }
            | Self::Close { call, leg, .. } => Some((call, *leg)),
            // Recordings are of calls, and a move names both.
            Self::Open { .. }
            | Self::Record { .. }
            | Self::RecordLeg { .. }
            | Self::RecordAlso { .. }
            | Self::RecordNoMore { .. }
            | Self::Move { .. }
            | Self::PauseRecording { .. }
            | Self::Mark { .. }
            | Self::StopRecording { .. }
            | Self::DropMessage { .. } => None,
        }
    }
}

/// Quality of one direction of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Direction {
    /// Packets received.
    pub packets: u64,
    /// Packets lost.
    pub lost: u64,
    /// Interarrival jitter, RFC 3550 §6.4.1, microseconds.
    pub jitter_us: u32,
    /// Round-trip time by RTCP, microseconds; 0 when unknown.
    pub rtt_us: u32,
    /// Estimated mean opinion score times 100, 0 while unknown.
    pub mos_centi: u16,
}

impl Direction {
    /// Lost packets, parts per million of those expected.
    pub fn loss_ppm(&self) -> u32 {
        let expected = self.packets.saturating_add(self.lost);
        if expected == 0 {
            return 0;
        }
        u32::try_from(u128::from(self.lost) * 1_000_000 / u128::from(expected)).unwrap_or(1_000_000)
    }
}

/// Quality of a leg's media: what we receive, and what the phone reports (RTCP) of what we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Quality {
    /// From the phone to us.
    pub received: Direction,
    /// From us to the phone.
    pub sent: Direction,
}

/// What is known of a recording once its file is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingFacts {
    /// The call.
    pub call: CallId,
    /// For whom.
    pub subject: RecordingSubject,
    /// File, relative to the recordings directory.
    pub file: String,
    /// Milliseconds of sound.
    pub length_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Samples a second.
    pub rate: u32,
    /// Hash of the file, hexadecimal.
    pub sha256: String,
    /// Codec on the wire, as `PCMA/8000`.
    pub codec: String,
    /// (milliseconds from the start, kind, text).
    pub marks: Vec<(u64, String, String)>,
    /// No sample is known to be missing.
    pub complete: bool,
    /// It may not be deleted: who says so.
    #[serde(default)]
    pub held: Option<Box<Held>>,
}

/// A legal hold: somebody has a reason why a recording must stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The user.
    pub by: String,
    /// The reason, in the user's words.
    pub reason: String,
    /// Since when, Unix milliseconds.
    pub at_ms: i64,
}

/// What is known of a message once its file is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFacts {
    /// File, relative to the recordings directory: `messages/YYYY/MM/<id>.wav`.
    pub file: String,
    /// Milliseconds of sound.
    pub length_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Hash of the file, hexadecimal.
    pub sha256: String,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// A file.
    Kept(MessageFacts),
    /// No file: nothing audible was said, or it was not to be kept.
    Nothing,
    /// No file, because of a fault.
    Failed,
}

impl Taken {
    /// The file, if there is one.
    pub fn kept(self) -> Option<MessageFacts> {
        match self {
            Self::Kept(facts) => Some(facts),
            Self::Nothing | Self::Failed => None,
        }
    }
}

/// What the media engine tells the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaEvent {
    /// The port pair of a leg could not be opened.
    OpenFailed {
        /// The leg.
        leg: LegId,
        /// The port pair; somebody else may have it.
        slot: PortSlot,
        /// What the system said.
        why: String,
    },
    /// The first packet that the source rule accepts came in: media flows from the phone.
    Flowing {
        /// The leg.
        leg: LegId,
        /// Where it comes from; locked to it from now.
        from: SocketAddr,
    },
    /// A digit was pressed (RFC 4733, or found in the sound); told once, at its beginning.
    Digit {
        /// The leg.
        leg: LegId,
        /// `0-9 * # A-D`.
        digit: char,
    },
    /// All that [`MediaCommand::Play`] asked for was heard to its end. Never told of what was cut short or begins anew.
    Played {
        /// The leg.
        leg: LegId,
        /// The number that it was asked for with.
        number: u64,
    },
    /// The same, but some of it was not there to be heard: a prompt that does not exist, a codec that cannot be made, or a phone
    /// that did not want to hear.
    Unheard {
        /// The leg.
        leg: LegId,
        /// The number that it was asked for with.
        number: u64,
    },
    /// A message that [`MediaCommand::TakeMessage`] asked for has come to its end; told once for each, also when the leg
    /// was closed meanwhile, and possibly after [`MediaEvent::Closed`].
    MessageTaken {
        /// The leg.
        leg: LegId,
        /// Its id.
        message: String,
        /// What came of it.
        taken: Taken,
        /// Why it ended, or why there is no file.
        why: String,
    },
    /// No packet came from the phone for this long although it may send.
    Missing {
        /// The leg.
        leg: LegId,
        /// For how long.
        for_ms: u32,
        /// Packets from sources that the rule refuses, since the leg was opened.
        refused: u64,
        /// The last refused source.
        refused_from: Option<SocketAddr>,
    },
    /// The end of [`MediaEvent::Missing`]: packets come again, or the wait for them began anew with an agreement.
    Back {
        /// The leg.
        leg: LegId,
    },
    /// Packets come but hold nothing audible for this long (codecs we can decode only).
    DeadAir {
        /// The leg.
        leg: LegId,
        /// For how long.
        for_ms: u32,
    },
    /// Sound again after [`MediaEvent::DeadAir`].
    Sound {
        /// The leg.
        leg: LegId,
    },
    /// Measured quality, every five seconds while media flows.
    Quality {
        /// The leg.
        leg: LegId,
        /// Over the last five seconds.
        recent: Quality,
        /// Over the whole leg.
        whole: Quality,
    },
    /// The leg's ports are closed and free again.
    Closed {
        /// The leg.
        leg: LegId,
        /// Its port pair.
        slot: PortSlot,
        /// Over the whole leg.
        whole: Quality,
    },
    /// The file is open and being written.
    RecordingStarted {
        /// The call.
        call: CallId,
    },
    /// Recording could not start or go on; the call does.
    RecordingFailed {
        /// The call.
        call: CallId,
        /// What the system said.
        why: String,
    },
    /// The file is complete on disk under its final name.
    RecordingClosed {
        /// What it is.
        facts: RecordingFacts,
    },
}
