//! States of a call, and what comes to it.

use crate::MediaEvent;
use crate::call::{Call, Leg, Stage, says_ringing};
use crate::record::End;
use crate::words::words;
use switchroom_sip::endpoint::{Ended, SessionEvent};
use switchroom_sip::sdp::Description;
use switchroom_sip::status::Status;

words!(
    /// Where a call is, as its events see it.
    pub(crate) enum CallState {
        /// The caller's phones are being rung; what they do is told as of called ones.
        Placing = "placing",
        /// No phone has said that it rings.
        Seeking = "seeking",
        Ringing = "ringing",
        /// The caller hears one that has not answered.
        Early = "early",
        /// Answered; the caller's description is still to come, in its ACK.
        Late = "late",
        Talking = "talking",
        Held = "held",
        Service = "service",
        /// In a flow.
        Flow = "flow",
        /// One party is in a flow, the other waits for it.
        HandOff = "hand_off",
        /// Phones ring for a caller whom the other party has transferred.
        Transfer = "transfer",
        /// Over; the media engine has not said its last word.
        Closing = "closing",
        /// Over, its CDR handed to the store.
        Ended = "ended",
    }
);

impl CallState {
    pub(crate) fn of(call: &Call) -> Self {
        let is_late = call.caller_leg().is_some_and(|l| l.remote.is_none());
        match &call.stage {
            Stage::Placing => Self::Placing,
            Stage::Seeking if call.transfer().is_some() => Self::Transfer,
            Stage::Seeking if call.is_early() => Self::Early,
            Stage::Seeking if call.ringing.is_some() => Self::Ringing,
            Stage::Seeking => Self::Seeking,
            Stage::Talking { .. } | Stage::Service { .. } if is_late => Self::Late,
            Stage::Flow if call.hand_off().is_some() => Self::HandOff,
            Stage::Flow => Self::Flow,
            Stage::Talking { .. } if call.held.is_some() => Self::Held,
            Stage::Talking { .. } => Self::Talking,
            Stage::Service { .. } => Self::Service,
            Stage::Ended { is_written: false, .. } => Self::Closing,
            Stage::Ended { is_written: true, .. } => Self::Ended,
        }
    }
}

words!(
    /// What comes to a call.
    pub(crate) enum CallEvent {
        CallerCancel = "caller_cancel",
        CallerBye = "caller_bye",
        CallerNoAck = "caller_no_ack",
        CallerNoPrack = "caller_no_prack",
        CallerExpired = "caller_expired",
        CallerGone = "caller_gone",
        CallerLost = "caller_lost",
        CallerHold = "caller_hold",
        CallerResume = "caller_resume",
        CallerOffer = "caller_offer",
        CallerAsksOffer = "caller_asks_offer",
        /// ACK of our answer.
        CallerAck = "caller_ack",
        /// ACK of our answer, with the description that the INVITE had not.
        CallerAckDescribes = "caller_ack_describes",
        /// An answer to an offer of ours in a call that is up.
        CallerDescribes = "caller_describes",
        CallerInfoDigit = "caller_info_digit",
        CallerInfoOther = "caller_info_other",
        CallerRefers = "caller_refers",
        /// A provisional response that says nothing of ringing and describes nothing.
        CalleeProgress = "callee_progress",
        CalleeRings = "callee_rings",
        CalleeEarlyMedia = "callee_early_media",
        CalleeAnswers = "callee_answers",
        CalleeAnswersBare = "callee_answers_bare",
        /// The last phone that rings is busy.
        CalleeBusy = "callee_busy",
        CalleeDeclines = "callee_declines",
        /// 6xx: no to all phones.
        CalleeDeclinesAll = "callee_declines_all",
        /// No response at all, or the connection is gone.
        CalleeSilent = "callee_silent",
        CalleeRefuses = "callee_refuses",
        /// One phone refuses, others ring.
        CalleeOneRefuses = "callee_one_refuses",
        CalleeBye = "callee_bye",
        CalleeNoAck = "callee_no_ack",
        CalleeExpired = "callee_expired",
        CalleeGone = "callee_gone",
        CalleeLost = "callee_lost",
        CalleeHold = "callee_hold",
        CalleeResume = "callee_resume",
        CalleeOffer = "callee_offer",
        CalleeAsksOffer = "callee_asks_offer",
        CalleeDescribes = "callee_describes",
        CalleeInfoDigit = "callee_info_digit",
        CalleeInfoOther = "callee_info_other",
        CalleeRefers = "callee_refers",
        /// What SIP tells of no such session.
        Stray = "stray",
        NoAnswerDue = "no_answer_due",
        FlowDue = "flow_due",
        /// What is said before the bridge took too long.
        BriefingDue = "briefing_due",
        LastWordDue = "last_word_due",
        GoneDue = "gone_due",
        MediaLostDue = "media_lost_due",
        MediaOpenFailed = "media_open_failed",
        MediaFlowing = "media_flowing",
        MediaDigit = "media_digit",
        MediaPlayed = "media_played",
        MessageTaken = "message_taken",
        MediaMissing = "media_missing",
        MediaBack = "media_back",
        MediaDeadAir = "media_dead_air",
        MediaSound = "media_sound",
        MediaQuality = "media_quality",
        MediaClosed = "media_closed",
        RecordingStarted = "recording_started",
        RecordingFailed = "recording_failed",
        RecordingClosed = "recording_closed",
        /// A user ends it.
        HangUp = "hang_up",
        EndAll = "end_all",
        /// A connection that one of its phones is on is gone.
        ConnectionLost = "connection_lost",
        /// One of its phones registered from elsewhere.
        PhoneMoved = "phone_moved",
    }
);

/// By event: placing, seeking, ringing, early, late, talking, held, service, flow, hand_off, transfer, closing, ended.
pub(super) const MATTERS: &[(&str, &str)] = &[
    ("caller_cancel", "-+++---------"),
    ("caller_bye", "-++++++++++--"),
    ("caller_no_ack", "----+++++++--"),
    ("caller_no_prack", "--++---------"),
    ("caller_expired", "----+++++++--"),
    ("caller_gone", "----+++++++--"),
    ("caller_lost", "-+++---------"),
    ("caller_hold", "---++++++++--"),
    ("caller_resume", "------+------"),
    ("caller_offer", "---+++-++++--"),
    ("caller_asks_offer", "----.++++++--"),
    ("caller_ack", "----+......--"),
    ("caller_ack_describes", "----+--------"),
    ("caller_describes", "-----++++++--"),
    ("caller_info_digit", "--+++++++++--"),
    ("caller_info_other", "--..+++++++--"),
    ("caller_refers", "-----++++++--"),
    ("callee_progress", "++..---------"),
    ("callee_rings", "++.+---------"),
    ("callee_early_media", "+++.---------"),
    ("callee_answers", "++++---------"),
    ("callee_answers_bare", "++++---------"),
    ("callee_busy", "++++---------"),
    ("callee_declines", "++++---------"),
    ("callee_declines_all", "++++---------"),
    ("callee_silent", "++++---------"),
    ("callee_refuses", "++++---------"),
    ("callee_one_refuses", "+++----------"),
    ("callee_bye", "+++++++--++--"),
    ("callee_no_ack", "----+++--++--"),
    ("callee_expired", "----+++--++--"),
    ("callee_gone", "+++++++--++--"),
    ("callee_lost", "-------------"),
    ("callee_hold", "----+++--++--"),
    ("callee_resume", "------+------"),
    ("callee_offer", "----++---++--"),
    ("callee_asks_offer", "----+++--++--"),
    ("callee_describes", "----+++--++--"),
    ("callee_info_digit", "+-+++++--++--"),
    ("callee_info_other", ".-..+++--++--"),
    ("callee_refers", "----+++--++--"),
    ("stray", "-------------"),
    ("no_answer_due", "++++------+--"),
    ("flow_due", "--------++---"),
    ("briefing_due", "-------------"),
    ("last_word_due", "-----------+-"),
    ("gone_due", "------------+"),
    ("media_lost_due", "-----+-+++---"),
    ("media_open_failed", "++++++++++++-"),
    ("media_flowing", "+++++++++++.."),
    ("media_digit", "+++++++++++.."),
    ("media_played", "........+...."),
    ("message_taken", "........+...."),
    ("media_missing", "....+++++++.."),
    ("media_back", "....+++++++.."),
    ("media_dead_air", "....++.++++.."),
    ("media_sound", "....++.++++.."),
    ("media_quality", "+++++++++++++"),
    ("media_closed", "+++++++--++++"),
    ("recording_started", "----...--...."),
    ("recording_failed", "----+++--++++"),
    ("recording_closed", "----+++--++++"),
    ("hang_up", "+++++++++++++"),
    ("end_all", "+++++++++++.."),
    ("connection_lost", "++++........."),
    ("phone_moved", "+++++++++++--"),
];

/// Which event of a call the news of a session is.
pub(crate) fn session_event(call: &Call, leg: &Leg, event: &SessionEvent) -> CallEvent {
    use CallEvent as E;
    let is_caller = leg.end == End::Caller && call.stage != Stage::Placing;
    let by = |caller: E, callee: E| if is_caller { caller } else { callee };
    match event {
        SessionEvent::Progress(_, Some(_)) => by(E::Stray, E::CalleeEarlyMedia),
        SessionEvent::Progress(status, None) if says_ringing(*status) => by(E::Stray, E::CalleeRings),
        SessionEvent::Progress(_, None) => by(E::Stray, E::CalleeProgress),
        SessionEvent::Answered(Some(_)) => by(E::Stray, E::CalleeAnswers),
        SessionEvent::Answered(None) => by(E::Stray, E::CalleeAnswersBare),
        SessionEvent::Rejected(response) => by(E::Stray, refusal_event(call, leg, response.status)),
        SessionEvent::Confirmed(None) => by(E::CallerAck, E::Stray),
        SessionEvent::Confirmed(Some(_)) if leg.remote.is_some() => by(E::CallerAck, E::Stray),
        SessionEvent::Confirmed(Some(_)) => by(E::CallerAckDescribes, E::Stray),
        SessionEvent::Offer(None) => by(E::CallerAsksOffer, E::CalleeAsksOffer),
        SessionEvent::Offer(Some(sdp)) => offer_event(leg, sdp),
        SessionEvent::OfferAnswered(_) => by(E::CallerDescribes, E::CalleeDescribes),
        SessionEvent::OfferAsked(_) | SessionEvent::OfferRefused(_) => E::Stray,
        SessionEvent::Info(kind, body) => match crate::call::info_digit(kind, body) {
            Some(_) => by(E::CallerInfoDigit, E::CalleeInfoDigit),
            None => by(E::CallerInfoOther, E::CalleeInfoOther),
        },
        SessionEvent::Referred(_) => by(E::CallerRefers, E::CalleeRefers),
        SessionEvent::ReferNews(_) => E::Stray,
        SessionEvent::Ended(how) => match how {
            Ended::Bye(_) => by(E::CallerBye, E::CalleeBye),
            Ended::Cancelled(_) => by(E::CallerCancel, E::Stray),
            Ended::NoAck => by(E::CallerNoAck, E::CalleeNoAck),
            Ended::Expired => by(E::CallerExpired, E::CalleeExpired),
            Ended::Gone(_) => by(E::CallerGone, E::CalleeGone),
            Ended::Lost => by(E::CallerLost, E::CalleeLost),
            Ended::NoPrack => by(E::CallerNoPrack, E::Stray),
        },
    }
}

fn refusal_event(call: &Call, leg: &Leg, status: Status) -> CallEvent {
    let others_ring = call.sought_legs().any(|l| l.id != leg.id);
    match status.code() {
        600.. => CallEvent::CalleeDeclinesAll,
        _ if others_ring => CallEvent::CalleeOneRefuses,
        486 => CallEvent::CalleeBusy,
        401 | 403 | 407 | 433 => CallEvent::CalleeDeclines,
        408 | 503 => CallEvent::CalleeSilent,
        _ => CallEvent::CalleeRefuses,
    }
}

/// Which event an offer is: a phone that holds, resumes, or wants something else.
fn offer_event(leg: &Leg, sdp: &[u8]) -> CallEvent {
    use CallEvent as E;
    let is_hold = Description::parse(sdp).is_ok_and(|theirs| theirs.is_hold());
    match (leg.end, is_hold, leg.holds) {
        (End::Caller, true, _) => E::CallerHold,
        (End::Caller, false, true) => E::CallerResume,
        (End::Caller, false, false) => E::CallerOffer,
        (End::Callee, true, _) => E::CalleeHold,
        (End::Callee, false, true) => E::CalleeResume,
        (End::Callee, false, false) => E::CalleeOffer,
    }
}

/// Which event of a call something from the media engine is.
pub(crate) fn media_event(event: &MediaEvent) -> CallEvent {
    match event {
        MediaEvent::OpenFailed { .. } => CallEvent::MediaOpenFailed,
        MediaEvent::Flowing { .. } => CallEvent::MediaFlowing,
        MediaEvent::Digit { .. } => CallEvent::MediaDigit,
        MediaEvent::Played { .. } | MediaEvent::Unheard { .. } => CallEvent::MediaPlayed,
        MediaEvent::MessageTaken { .. } => CallEvent::MessageTaken,
        MediaEvent::Missing { .. } => CallEvent::MediaMissing,
        MediaEvent::Back { .. } => CallEvent::MediaBack,
        MediaEvent::DeadAir { .. } => CallEvent::MediaDeadAir,
        MediaEvent::Sound { .. } => CallEvent::MediaSound,
        MediaEvent::Quality { .. } => CallEvent::MediaQuality,
        MediaEvent::Closed { .. } => CallEvent::MediaClosed,
        MediaEvent::RecordingStarted { .. } => CallEvent::RecordingStarted,
        MediaEvent::RecordingFailed { .. } => CallEvent::RecordingFailed,
        MediaEvent::RecordingClosed { .. } => CallEvent::RecordingClosed,
    }
}
