//! Calls: their legs, their stages, and the one place where each fact about them lives.
//!
//! ```text
//! Seeking ──answer──► Talking ──┐
//!  │ ▲ │                        ├─► Ended ──last word of media──► CDR ──► gone from the board
//!  │ │ ├──number is a service──► Service ─┤
//!  │ │ └──busy, no answer, cancelled … ───┤
//!  ▼ │                                    │
//! Flow ◄──number is a flow─── hangs up ───┘      a flow dials (Seeking), and may get its caller back (Flow)
//!
//! Talking ──hand-off──► Flow, lent ──gives back──► Talking
//!
//! Talking ──consults a third, who has a call of its own (Service)──► Talking, the third in the place of who leaves
//!
//! Placing ──a phone of the caller answers──► Seeking, Flow or Service, for a call that a user has us place
//! ```

mod attended;
mod briefing;
mod consent;
mod consult;
mod digits;
mod ending;
mod force;
mod hand_off;
mod held;
mod in_place;
mod media;
mod offer;
mod over;
mod path;
mod place;
mod recording;
mod recording_key;
mod refusal;
mod replacing;
mod route;
mod search;
mod setup;
mod sides;
mod signal;
mod talk;
mod transfer;
mod under_way;

pub use consult::{Bridge, Consult};
pub(crate) use digits::{Many, info_digit};
pub use hand_off::{HandOff, HandedBack};
pub(crate) use offer::ELSEWHERE;
pub(crate) use over::Over;
pub use path::CallPath;
pub(crate) use refusal::PhoneRefusal;
pub use route::{NO_NUMBER, Way};
use search::Search;
pub(crate) use search::{Reaction, Ringing, says_ringing};
pub use signal::SIGNAL;
pub(crate) use transfer::Transfer;
pub(crate) use under_way::UnderWay;

use crate::inbound::{Counted, Visited};
use crate::media::{Agreed, Channel, Quality};
use crate::record::{CdrLeg, End, Ending, LegOutcome, OpenCall, Party};
use crate::{CallId, LegId, PortSlot, Service};
use std::collections::{BTreeMap, BTreeSet};
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::flow::Flow;
use switchroom_sip::sdp::{Description, Format, Local};
use switchroom_sip::status::Status;
use switchroom_sip::time::{Mono, Now, Wall};

/// Why a REFER is refused: for its sender, and in words.
type No = (Status, String);

/// Where a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LegState {
    /// Its INVITE is under way, or, for a caller, not answered yet.
    Calling,
    /// It rings.
    Ringing,
    /// Answered.
    Up,
    /// Over.
    Ended,
}

/// One party of a call: a dialog and its media.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Its identity.
    pub id: LegId,
    /// Which end it is now: the side that phones are rung for, or one that is rung.
    pub end: End,
    /// Which end it was at first: the side that dialled, or one that was dialled. A transfer changes only the other.
    pub origin: End,
    /// Who.
    pub party: Party,
    /// The extension whose phone it is.
    pub extension: Option<String>,
    /// Its SIP session; gone once the leg has ended.
    pub session: Option<SessionId>,
    /// Where it is.
    pub state: LegState,
    /// Where its phone is.
    pub flow: Flow,
    /// The phone's User-Agent.
    pub agent: String,
    /// Call-ID of its dialog.
    pub sip_call_id: String,
    /// Its port pair, until the media engine says that it is closed.
    pub slot: Option<PortSlot>,
    /// Our description to it, once made.
    pub local: Option<Local>,
    /// Its description of itself.
    pub remote: Option<Description>,
    /// The codec it talks in.
    pub codec: Option<Format>,
    /// What the media engine was told.
    pub agreed: Option<Agreed>,
    /// It holds the other party.
    pub holds: bool,
    /// Music of the hold plays to it, or ringing of who is consulted.
    pub(crate) hears_music: bool,
    /// Where its media comes from.
    pub media_from: Option<std::net::SocketAddr>,
    /// No media comes although it should.
    pub is_missing: bool,
    /// What comes is not audible.
    pub is_dead: bool,
    /// Quality of the last seconds.
    pub recent: Quality,
    /// Quality over the whole leg.
    pub quality: Quality,
    /// How it ended, for the CDR.
    pub outcome: LegOutcome,
    /// For how long it is rung, and what came of that so far; none if it was not we who rang it.
    pub(crate) ringing: Option<Ringing>,
    /// By which way its digits for a flow count.
    pub(crate) counted: Counted,
    /// Until then its keys are neither written down nor passed on: they may be repeats of one that was for the exchange.
    pub(crate) hushed_until: Option<Mono>,
    /// When the first key of the code for the recording was pressed on it.
    pub(crate) code_since: Option<Mono>,
    /// Whether it may be recorded.
    pub(crate) consent: consent::Consent,
}

impl Leg {
    /// `PCMA/8000`, empty if nothing was agreed.
    pub fn codec_name(&self) -> String {
        self.codec.as_ref().map(|c| format!("{}/{}", c.name, c.clock)).unwrap_or_default()
    }

    /// Takes over what was agreed with its phone, and what that said of itself.
    fn agrees(&mut self, theirs: Description, codec: Format, agreed: Agreed) {
        self.holds = theirs.is_hold();
        // Of a phone that is to be silent nothing is missing.
        self.is_missing &= agreed.receiving && !self.holds;
        self.codec = Some(codec);
        self.remote = Some(theirs);
        self.agreed = Some(agreed);
    }

    /// Whether it was in a talk, for the CDR.
    pub(crate) fn has_talked(&self) -> bool {
        matches!(self.outcome, LegOutcome::Answered | LegOutcome::Transferred)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state != LegState::Ended
    }

    fn record(&self) -> CdrLeg {
        CdrLeg {
            end: self.origin,
            party: self.party.clone(),
            address: self.flow.to_string(),
            codec: self.codec_name(),
            sip_call_id: self.sip_call_id.clone(),
            outcome: self.outcome.word().to_owned(),
            quality: self.quality,
        }
    }
}

/// Where a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// A user has us place the call: the phones of the extension that is to be the caller are being rung.
    Placing,
    /// The caller is in a flow, answered or not, and nobody is being rung for it.
    Flow,
    /// Phones are being rung, for a caller who waits for an answer or for one whom a flow has answered.
    Seeking,
    /// Caller and this leg talk.
    Talking {
        /// The leg that answered.
        with: LegId,
    },
    /// The caller is connected to a service of ours.
    Service {
        /// Which.
        service: Service,
    },
    /// Over.
    Ended {
        /// How.
        ending: Ending,
        /// When, by both clocks.
        at: Now,
        /// Its CDR has been handed to the store.
        is_written: bool,
    },
}

/// Whether a call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// No.
    Off,
    /// The media engine was asked to.
    On,
    /// It could not.
    Failed,
    /// The file is closed.
    Done,
}

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its identity.
    pub id: CallId,
    /// Its short number.
    pub number: u64,
    /// Who called.
    pub from: Party,
    /// Who was called, as dialled.
    pub to: Party,
    /// Who answered.
    pub with: Option<Party>,
    /// Where it is.
    pub stage: Stage,
    /// When the INVITE came.
    pub started: Now,
    /// When the first phone rang. This and all times below are by the call's own clock, which never steps.
    pub ringing: Option<Now>,
    /// When it was answered.
    pub answered: Option<Now>,
    /// When the present hold began.
    pub held: Option<Now>,
    /// Somebody was reminded of that hold.
    is_reminded: bool,
    /// It goes back into its queue because the agent's phone is gone, which is no fault of its caller's.
    pub(crate) waits_again: bool,
    /// The call whose place in a queue it takes by waiting there next.
    pub(crate) takes_place_of: Option<CallId>,
    /// The caller's leg; while the call is placed, the first of those that are rung.
    pub caller: LegId,
    /// All legs.
    pub legs: BTreeMap<LegId, Leg>,
    /// The path it took.
    pub path: CallPath,
    /// Recording.
    pub recording: Recording,
    /// The flow that it entered.
    pub flow: Option<String>,
    /// The route that let it in, if one did.
    pub route: Option<String>,
    /// What the caller answered to surveys: question and key.
    pub answers: Vec<(String, char)>,
    /// What was pressed and answered, counted.
    many: digits::Tally,
    /// The search for somebody that is under way, or was the last.
    search: Search,
    /// Hops left for what we send on.
    max_forwards: u8,
    /// We called the caller too: its INVITE was ours, and so was the first offer.
    pub is_placed: bool,
    /// A file of it is closed and kept, complete or not.
    has_recording: bool,
    /// What it was placed for: somebody who is to be called back, as the floor names that. Gone once the agent's part is over.
    pub(crate) call_back: Option<u128>,
    /// What is under way with its talk.
    under_way: Option<UnderWay>,
    /// Transfers so far.
    transfers: u8,
    /// The queues it is of, as of its last change, if any user is restricted to queues: whose supervisors see it.
    pub queues: BTreeSet<String>,
    /// The queues that it was of when somebody left it last, its talk was over, or all of it; or for which its caller waited
    /// since.
    pub(crate) was_of: BTreeSet<String>,
    /// It was placed for who is consulted in that call.
    pub consulted_in: Option<CallId>,
    /// What came of earlier hand-offs.
    pub handed_back: Vec<HandedBack>,
    /// Hand-offs so far.
    hand_offs: u8,
    /// Until then keys are not written down.
    hushed_until: Option<Mono>,
    /// What is left of earlier flows.
    pub(crate) visited: Visited,
    /// The legs that are being recorded.
    tape: Option<[(LegId, Channel); 2]>,
    /// Why what is recorded is silence at the moment.
    pauses: recording::Pauses,
    /// A person began the recording, and no rule.
    is_on_demand: bool,
    /// Every SIP session it ever had.
    pub(crate) sessions: Vec<SessionId>,
}

impl Call {
    /// A call that begins.
    fn new(id: CallId, number: u64, from: Party, to: Party, caller: LegId, started: Now) -> Self {
        Self {
            id,
            number,
            from,
            to,
            with: None,
            stage: Stage::Seeking,
            started,
            ringing: None,
            answered: None,
            held: None,
            is_reminded: false,
            waits_again: false,
            takes_place_of: None,
            caller,
            legs: BTreeMap::new(),
            path: CallPath::default(),
            recording: Recording::Off,
            flow: None,
            route: None,
            answers: Vec::new(),
            many: Default::default(),
            search: Search::new(started.mono, Vec::new()),
            max_forwards: 0,
            is_placed: false,
            has_recording: false,
            transfers: 0,
            queues: BTreeSet::new(),
            was_of: BTreeSet::new(),
            consulted_in: None,
            under_way: None,
            handed_back: Vec::new(),
            hand_offs: 0,
            hushed_until: None,
            visited: Default::default(),
            tape: None,
            pauses: Default::default(),
            is_on_demand: false,
            call_back: None,
            sessions: Vec::new(),
        }
    }

    /// One of its legs.
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id)
    }

    /// The caller's leg.
    pub fn caller_leg(&self) -> Option<&Leg> {
        self.legs.get(&self.caller)
    }

    /// The legs of the called side, in the order in which they were rung.
    pub fn callee_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.values().filter(|l| l.end == End::Callee)
    }

    /// Live legs that are rung, or took the call: of the called side, or of the caller's while the call is placed; but for
    /// one that has transferred the caller and goes, or has handed it off and waits.
    pub(crate) fn sought_legs(&self) -> impl Iterator<Item = &Leg> {
        let beside = self.waits_beside();
        let rung = self.legs.values().filter(|leg| leg.is_live() && self.is_rung(leg.id));
        rung.filter(move |leg| Some(leg.id) != beside)
    }

    /// The leg that waits beside the search, or the flow, into which it sent the other.
    pub(crate) fn waits_beside(&self) -> Option<LegId> {
        self.transferor().or_else(|| self.hander())
    }

    /// Who is on the caller's side now: who called, or who was transferred by who did.
    pub fn caller_party(&self) -> &Party {
        self.caller_leg().map_or(&self.from, |leg| &leg.party)
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }

    /// How it ended.
    pub fn ending(&self) -> Option<&Ending> {
        if let Stage::Ended { ending, .. } = &self.stage { Some(ending) } else { None }
    }

    /// What is written down of it while it is up.
    pub(crate) fn open(&self) -> OpenCall {
        OpenCall {
            call: self.id,
            number: self.number,
            from: self.from.clone(),
            to: self.to.clone(),
            with: self.with.clone(),
            started_ms: self.started.wall.0,
            ringing_ms: self.ringing.map(|n| n.wall.0),
            answered_ms: self.answered.map(|n| n.wall.0),
            flow: self.flow.clone(),
            answers: self.answers.clone(),
            recorded: self.recording == Recording::On,
        }
    }

    /// Both clocks as this call sees them: the wall clock may step while it lasts, its times may not. They are the wall
    /// clock at its start and the monotonic time since.
    pub(crate) fn clock(&self, now: Now) -> Now {
        let since = i64::try_from(now.mono.since(self.started.mono).as_millis()).unwrap_or(i64::MAX);
        Now { mono: now.mono, wall: Wall(self.started.wall.0.saturating_add(since)) }
    }

    /// The caller's legs: one, and before it those of its phones that were rung in vain, if the call was placed.
    pub fn caller_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.values().filter(|l| l.end == End::Caller)
    }

    /// Whether the caller's leg is up: its INVITE has been answered, or ours to it.
    pub(crate) fn has_answered_caller(&self) -> bool {
        self.caller_leg().is_some_and(|leg| leg.state == LegState::Up)
    }

    /// The leg whose sound the given one is to hear: whom it talks with, or, for early media, the caller and the one
    /// phone that rings.
    pub(crate) fn hears(&self, leg: LegId) -> Option<LegId> {
        match self.stage {
            Stage::Seeking => self
                .search
                .early
                .filter(|early| leg == *early || leg == self.caller)
                .filter(|early| self.leg(*early).is_some_and(Leg::is_live))
                .map(|early| if leg == early { self.caller } else { early }),
            Stage::Talking { .. } if self.briefing().is_some() => None,
            Stage::Placing
            | Stage::Flow
            | Stage::Talking { .. }
            | Stage::Service { .. }
            | Stage::Ended { .. } => self.other(leg),
        }
    }

    /// The channel of the recording that a leg is on.
    pub(crate) fn channel_of(&self, leg: LegId) -> Option<Channel> {
        self.tape?.iter().find(|(taped, _)| *taped == leg).map(|(_, channel)| *channel)
    }

    /// The channel of the recording on which a party of the talk is, or will be: who has come in another's place is taped once
    /// its phone has agreed, and until then that one's channel is nobody else's.
    pub(crate) fn side_of(&self, leg: LegId) -> Option<Channel> {
        let other = self.other(leg).and_then(|other| self.channel_of(other));
        let free = || self.tape?.iter().map(|(_, channel)| *channel).find(|channel| Some(*channel) != other);
        self.channel_of(leg).or_else(|| other.and_then(|_| free()))
    }

    /// Whether caller and agent are told of each other, and are not connected yet.
    pub fn is_briefed(&self) -> bool {
        self.briefing().is_some()
    }

    /// The leg that the given one talks with.
    pub fn other(&self, leg: LegId) -> Option<LegId> {
        match self.stage {
            Stage::Talking { with } if leg == self.caller => Some(with),
            Stage::Talking { with } if leg == with => Some(self.caller),
            Stage::Talking { .. }
            | Stage::Placing
            | Stage::Flow
            | Stage::Seeking
            | Stage::Service { .. }
            | Stage::Ended { .. } => None,
        }
    }
}
