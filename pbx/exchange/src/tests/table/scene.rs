//! A call brought into any of its states, and any event brought about in it, by real phones wherever phones can do it.

use super::super::world::{World, sdp};
use crate::coverage::{CallEvent, CallState};
use crate::*;
use CallEvent as E;
use CallState as S;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::endpoint::{Ended, SessionEvent};
use switchroom_sip::header::Headers;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

/// A call in some state, with its phones.
pub(super) struct Scene {
    pub(super) w: World,
    a: SocketAddr,
    call: SessionId,
    b: SocketAddr,
    ring: Option<SessionId>,
    pub(super) id: CallId,
}

const HOLD: &str = "a=sendonly\r\n";

impl Scene {
    /// 101 dials; with `others`, 102 has a second phone that rings on.
    fn dial(number: &str, offer: Option<Vec<u8>>, others: bool) -> Self {
        let mut w = World::new();
        let a = w.registered("101", "192.0.2.11:5060");
        let b = w.registered("102", "192.0.2.12:5060");
        if others {
            w.registered("102", "192.0.2.13:5060");
        }
        let call = w.dial(a, number, offer);
        w.ms(50);
        let ring = (number == "102").then(|| w.take(b).0);
        w.ms(50);
        let id = w.x.calls().next().unwrap().id;
        Self { w, a, call, b, ring, id }
    }

    /// mara has 101 call 102; with `others`, 101 has a second phone that rings on. The phone that rings is the callee here.
    fn placing(others: bool) -> Self {
        let mut w = World::new();
        let a = w.registered("101", "192.0.2.11:5060");
        w.registered("102", "192.0.2.12:5060");
        if others {
            w.registered("101", "192.0.2.13:5060");
        }
        let command = Command::Dial { from: "101".into(), to: "102".into() };
        w.input(Input::Command { id: CommandId(1), user: "mara".into(), command });
        w.ms(50);
        let ring = w.take(a).0;
        w.ms(50);
        let id = w.x.calls().next().unwrap().id;
        Self { w, a, call: ring, b: a, ring: Some(ring), id }
    }

    fn other_refuses(&mut self) {
        let c = "192.0.2.13:5060".parse().unwrap();
        let (other, _) = self.w.take(c);
        let now = self.w.now.mono;
        self.w.end(c).reject(now, other, Status::BUSY, &Headers::default());
        self.w.ms(20);
    }

    fn progress(&mut self, status: Status, sdp: Option<Vec<u8>>) {
        let (now, ring) = (self.w.now.mono, self.ring.unwrap());
        self.w.end(self.b).progress(now, ring, status, sdp);
        self.w.ms(50);
    }

    fn answer(&mut self) {
        let (now, ring) = (self.w.now.mono, self.ring.unwrap());
        self.w.end(self.b).answer(now, ring, sdp("192.0.2.12", "8 101", ""));
        self.w.ms(50);
    }

    fn hold(&mut self, by_callee: bool) {
        let (at, session, ip) = self.side(by_callee).unwrap();
        self.w.offer(at, session, sdp(ip, "8 101", HOLD));
    }

    /// A call in that state; what is to come is for the choice among several.
    pub(super) fn new(state: S, event: E) -> Self {
        let offer = || Some(sdp("192.0.2.11", "8 101", ""));
        // Another phone of the called side, and a media engine that has not closed yet what that one had.
        let lags = event == E::MediaClosed && state < S::Closing;
        let others = event == E::CalleeOneRefuses || lags;
        let mut this = match state {
            S::Late => Self::dial("102", None, others),
            S::Service => Self::dial("*43", offer(), others),
            S::Flow => Self::dial("500", offer(), others),
            S::Placing => Self::placing(others),
            _ => Self::dial("102", offer(), others && (state != S::Early || lags)),
        };
        if lags && state != S::Service && state != S::Flow {
            this.w.media_works = false;
            this.other_refuses();
        }
        match state {
            S::Placing | S::Seeking | S::Service | S::Flow => {}
            S::Ringing => this.progress(Status::RINGING, None),
            S::Early => this.progress(Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", ""))),
            S::Late | S::Talking | S::Held => this.answer(),
            S::HandOff => {
                this.answer();
                this.refer(true, "507").unwrap();
                this.w.ms(50);
            }
            S::Transfer => {
                this.answer();
                this.w.registered("103", "192.0.2.14:5060");
                this.refer(true, "103").unwrap();
                this.w.ms(50);
            }
            S::Closing | S::Ended => {
                this.answer();
                this.w.media_works = state == S::Ended && event != E::MediaClosed;
                let (a, call) = (this.a, this.call);
                this.w.hang_up(a, call);
                if state == S::Ended {
                    // Written without the media engine's last word.
                    this.w.run(Duration::from_secs(if this.w.media_works { 0 } else { 4 }));
                }
            }
        }
        if state == S::Held {
            this.hold(event.word().starts_with("callee"));
        }
        this.prepare(event);
        assert_eq!(this.state().0, state.word());
        this
    }

    /// What must have come before some events.
    fn prepare(&mut self, event: E) {
        match event {
            E::MediaBack => self.media(true, missing).or_else(|_| self.media(false, missing)).unwrap(),
            E::MediaSound => {
                self.media(false, |leg| MediaEvent::DeadAir { leg, for_ms: 9000 }).unwrap();
            }
            E::FlowDue if matches!(self.state().0, "flow" | "hand_off") => {
                self.media(false, |leg| MediaEvent::Played { leg, number: 1 }).unwrap();
            }
            E::CallerRefers | E::CalleeRefers if self.state().0 != "transfer" => {
                self.w.registered("103", "192.0.2.14:5060");
            }
            // Who leaves a message hears a greeting and is recorded.
            E::MediaPlayed | E::MessageTaken if self.state().0 == "flow" => {
                self.media(false, |leg| MediaEvent::Digit { leg, digit: '2' }).unwrap();
                if event == E::MessageTaken {
                    self.played().unwrap();
                }
            }
            E::MediaLostDue if self.is_up() => {
                let is_held = self.state().0 == "held";
                if is_held {
                    self.offer(false, "").unwrap();
                    self.w.ms(50);
                }
                self.media(false, missing).unwrap();
                _ = self.media(true, missing);
                if is_held {
                    self.hold(false);
                }
            }
            _ => {}
        }
    }

    fn side(&self, is_callee: bool) -> Option<(SocketAddr, SessionId, &'static str)> {
        if is_callee {
            Some((self.b, self.ring?, "192.0.2.12"))
        } else {
            Some((self.a, self.call, "192.0.2.11"))
        }
    }

    pub(super) fn state(&self) -> (&'static str, String) {
        let Some(call) = self.w.x.call(self.id) else { return ("gone", String::new()) };
        let cause = if let Stage::Ended { ending, .. } = &call.stage { ending.cause.word() } else { "" };
        (S::of(call).word(), cause.to_owned())
    }

    fn leg(&self, is_callee: bool) -> Option<LegId> {
        let call = self.w.x.call(self.id)?;
        let is_called = is_callee && call.stage != Stage::Placing;
        if is_called { call.callee_legs().next().map(|l| l.id) } else { Some(call.caller) }
    }

    /// What SIP would tell; not in words of a phone, because phones here do not do such things.
    fn told(&mut self, is_callee: bool, event: SessionEvent) -> Result<(), &'static str> {
        let leg = self.leg(is_callee).ok_or("alone")?;
        let session = self.w.x.call(self.id).and_then(|c| c.leg(leg)?.session).ok_or("over")?;
        self.w.x.on_session(self.w.now, session, event);
        self.w.input(Input::Tick);
        Ok(())
    }

    fn media(&mut self, is_callee: bool, event: fn(LegId) -> MediaEvent) -> Result<(), &'static str> {
        let leg = self.leg(is_callee).ok_or("alone")?;
        self.w.input(Input::Media(event(leg)));
        Ok(())
    }

    /// What the caller was played last is heard to its end.
    fn played(&mut self) -> Result<(), &'static str> {
        let leg = self.leg(false).ok_or("alone")?;
        let last = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { number, .. } => Some(*number),
            _ => None,
        });
        self.w.input(Input::Media(MediaEvent::Played { leg, number: last.unwrap_or(1) }));
        Ok(())
    }

    /// The message that was asked for has come to its end, or one that was asked for before and given up.
    fn message_taken(&mut self) -> Result<(), &'static str> {
        let leg = self.leg(false).ok_or("alone")?;
        let last = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::TakeMessage { message, .. } => Some(message.clone()),
            _ => None,
        });
        let facts = MessageFacts { file: "m.wav".into(), length_ms: 900, bytes: 1, sha256: String::new() };
        let (message, taken) =
            last.map_or(("m1".into(), Taken::Nothing), |message| (message, Taken::Kept(facts)));
        self.w.input(Input::Media(MediaEvent::MessageTaken { leg, message, taken, why: "silence".into() }));
        Ok(())
    }

    /// A new offer; before the answer a phone does it with UPDATE, which the phones here cannot.
    fn offer(&mut self, is_callee: bool, more: &str) -> Result<(), &'static str> {
        let (at, session, ip) = self.side(is_callee).ok_or("alone")?;
        let (now, body) = (self.w.now.mono, sdp(ip, "8 101", more));
        let new = switchroom_sip::endpoint::NewOffer(body.clone());
        match self.w.end(at).offer(now, session, new) {
            Ok(()) => Ok(()),
            Err(_) => self.told(is_callee, SessionEvent::Offer(Some(body))),
        }
    }

    fn hang_up(&mut self, is_callee: bool) -> Result<(), &'static str> {
        let (at, session, _) = self.side(is_callee).ok_or("alone")?;
        let now = self.w.now.mono;
        self.w.end(at).hang_up(now, session, None);
        Ok(())
    }

    fn info(&mut self, is_callee: bool, kind: &str, body: &str) -> Result<(), &'static str> {
        let (at, session, _) = self.side(is_callee).ok_or("alone")?;
        let now = self.w.now.mono;
        self.w.end(at).info(now, session, kind, body.into());
        Ok(())
    }

    fn refer(&mut self, is_callee: bool, to: &str) -> Result<(), &'static str> {
        let (at, session, _) = self.side(is_callee).ok_or("alone")?;
        let now = self.w.now.mono;
        self.w.end(at).refer(now, session, &Uri::sip(to, "pbx.example", None), None);
        Ok(())
    }

    fn reject(&mut self, status: Status) -> Result<(), &'static str> {
        let (now, ring) = (self.w.now.mono, self.ring.ok_or("alone")?);
        self.w.end(self.b).reject(now, ring, status, &Headers::default());
        Ok(())
    }

    /// Lets the deadline of the call come, if it is set.
    fn wait(&mut self, seconds: u64) -> Result<(), &'static str> {
        self.w.run(Duration::from_secs(seconds));
        Ok(())
    }

    fn ended(&mut self, is_callee: bool, how: Ended) -> Result<(), &'static str> {
        self.told(is_callee, SessionEvent::Ended(how))
    }

    fn is_ringing(&self) -> bool {
        matches!(self.state().0, "placing" | "seeking" | "ringing" | "early")
    }

    fn is_up(&self) -> bool {
        matches!(self.state().0, "late" | "talking" | "held" | "service" | "flow" | "hand_off" | "transfer")
    }
}

fn missing(leg: LegId) -> MediaEvent {
    MediaEvent::Missing { leg, for_ms: 5000, refused: 0, refused_from: None }
}

pub(in super::super) fn facts(call: CallId) -> RecordingFacts {
    RecordingFacts {
        call,
        subject: RecordingSubject {
            number: 1,
            from: Default::default(),
            with: Default::default(),
            started_ms: 0,
        },
        file: "x.wav".into(),
        length_ms: 2000,
        bytes: 9,
        rate: 8000,
        sha256: String::new(),
        codec: "PCMA/8000".into(),
        marks: vec![],
        complete: true,
    }
}

/// Does it, or says in one word why it cannot be.
pub(super) fn apply(s: &mut Scene, event: E) -> Result<(), &'static str> {
    let slot = s.leg(s.ring.is_some()).and_then(|l| s.w.x.call(s.id)?.leg(l)?.slot);
    let dtmf = ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    if s.state().0 == "placing" && event.word().starts_with("caller") {
        return Err("no caller yet");
    }
    match event {
        E::CallerCancel if s.is_ringing() => s.hang_up(false),
        E::CallerCancel => Err("answered"),
        E::CallerBye if s.is_ringing() => s.ended(false, Ended::Bye(None)),
        E::CallerBye if s.state().0 == "late" => s.ended(false, Ended::Bye(None)),
        E::CallerBye => s.hang_up(false),
        E::CallerNoAck if s.is_up() => s.ended(false, Ended::NoAck),
        E::CalleeNoAck if s.is_up() => s.ended(true, Ended::NoAck),
        E::CallerNoPrack if matches!(s.state().0, "ringing" | "early") => s.ended(false, Ended::NoPrack),
        E::CallerExpired if s.is_up() => s.ended(false, Ended::Expired),
        E::CalleeExpired if s.is_up() => s.ended(true, Ended::Expired),
        E::CallerGone if s.is_up() => s.ended(false, Ended::Gone(Status::NO_SUCH_CALL)),
        E::CalleeGone => s.ended(true, Ended::Gone(Status::NO_SUCH_CALL)),
        E::CallerLost if s.is_ringing() => s.ended(false, Ended::Lost),
        E::CallerNoAck | E::CallerExpired | E::CallerGone | E::CalleeNoAck | E::CalleeExpired => {
            Err("not up")
        }
        E::CallerNoPrack | E::CallerLost => Err("answered"),
        E::CalleeLost | E::Stray => Err("never told"),
        // SIP answers these itself while the offer of the INVITE has no answer; only a PRACK can hold one.
        E::CallerHold | E::CallerOffer if matches!(s.state().0, "seeking" | "ringing") => Err("glare"),
        E::CalleeHold | E::CalleeOffer if s.is_ringing() => Err("glare"),
        E::CallerHold => s.offer(false, HOLD),
        E::CalleeHold => s.offer(true, HOLD),
        E::CallerResume | E::CallerOffer => s.offer(false, ""),
        E::CalleeResume | E::CalleeOffer => s.offer(true, ""),
        E::CallerAsksOffer | E::CalleeAsksOffer => {
            let is_callee = event == E::CalleeAsksOffer;
            let (at, session, _) = s.side(is_callee).ok_or("alone")?;
            let now = s.w.now.mono;
            match s.w.end(at).ask_offer(now, session) {
                Ok(()) => Ok(()),
                Err(_) if s.is_up() => s.told(is_callee, SessionEvent::Offer(None)),
                Err(_) => Err("not up"),
            }
        }
        E::CallerAck if s.is_up() => s.told(false, SessionEvent::Confirmed(None)),
        E::CallerAckDescribes => {
            let now = s.w.now.mono;
            let (a, call) = (s.a, s.call);
            s.w.end(a).answer_asked(now, call, sdp("192.0.2.11", "8 101", ""));
            Ok(())
        }
        E::CallerAck => Err("not up"),
        E::CallerDescribes | E::CalleeDescribes => {
            let (is_callee, is_late) = (event == E::CalleeDescribes, s.state().0 == "late");
            if is_late && !is_callee {
                return Err("unacked");
            }
            let ip = if is_callee { "192.0.2.12" } else { "192.0.2.11" };
            if !s.is_up() {
                return Err("not up");
            }
            s.told(is_callee, SessionEvent::OfferAnswered(Some(sdp(ip, "8 101", ""))))
        }
        E::CallerInfoDigit | E::CalleeInfoDigit if matches!(s.state().0, "placing" | "ringing" | "early") => {
            s.told(event == E::CalleeInfoDigit, SessionEvent::Info("application/dtmf".into(), "5".into()))
        }
        E::CallerInfoOther | E::CalleeInfoOther if matches!(s.state().0, "placing" | "ringing" | "early") => {
            s.told(event == E::CalleeInfoOther, SessionEvent::Info("text/plain".into(), "x".into()))
        }
        E::CallerInfoDigit => s.info(false, dtmf.0, dtmf.1),
        E::CalleeInfoDigit => s.info(true, dtmf.0, dtmf.1),
        E::CallerRefers | E::CalleeRefers => {
            if s.state().0 == "late" && event == E::CallerRefers {
                return Err("unacked");
            }
            s.refer(event == E::CalleeRefers, "103")
        }
        E::CallerInfoOther => s.info(false, "text/plain", "x"),
        E::CalleeInfoOther => s.info(true, "text/plain", "x"),
        E::CalleeProgress | E::CalleeRings | E::CalleeEarlyMedia => {
            s.ring.ok_or("alone")?;
            match event {
                E::CalleeRings => s.progress(Status::RINGING, None),
                E::CalleeProgress => s.progress(Status::SESSION_PROGRESS, None),
                _ => s.progress(Status::SESSION_PROGRESS, Some(sdp("192.0.2.12", "8 101", ""))),
            }
            Ok(())
        }
        E::CalleeAnswers => {
            s.ring.ok_or("alone")?;
            s.answer();
            Ok(())
        }
        E::CalleeAnswersBare if s.is_ringing() => s.told(true, SessionEvent::Answered(None)),
        E::CalleeAnswersBare => Err("answered"),
        E::CalleeBusy | E::CalleeOneRefuses => s.reject(Status::BUSY),
        E::CalleeDeclines => s.reject(Status::FORBIDDEN),
        E::CalleeDeclinesAll => s.reject(Status::DECLINE),
        E::CalleeSilent => s.reject(Status::SERVICE_UNAVAILABLE),
        E::CalleeRefuses => s.reject(Status::SERVER_ERROR),
        E::CalleeBye if s.is_ringing() => s.ended(true, Ended::Bye(None)),
        E::CalleeBye => s.hang_up(true),
        E::NoAnswerDue => s.wait(31),
        E::FlowDue => s.wait(6),
        // Callers of queues only, which have tests of their own.
        E::BriefingDue => Err("nobody is briefed"),
        E::LastWordDue => s.wait(4),
        E::GoneDue => s.wait(6),
        E::MediaLostDue => s.wait(61),
        E::MediaOpenFailed => {
            let leg = s.leg(s.ring.is_some()).ok_or("alone")?;
            let slot = slot.ok_or("closed")?;
            s.w.input(Input::Media(MediaEvent::OpenFailed { leg, slot, why: "in use".into() }));
            Ok(())
        }
        E::MediaFlowing => {
            s.media(false, |leg| MediaEvent::Flowing { leg, from: "192.0.2.11:4000".parse().unwrap() })
        }
        E::MediaDigit => s.media(false, |leg| MediaEvent::Digit { leg, digit: '5' }),
        E::MediaPlayed => s.played(),
        E::MessageTaken => s.message_taken(),
        E::MediaMissing => s.media(true, missing).or_else(|_| s.media(false, missing)),
        E::MediaBack => {
            let back = |leg| MediaEvent::Back { leg };
            s.media(true, back).or_else(|_| s.media(false, back))
        }
        E::MediaDeadAir => s.media(false, |leg| MediaEvent::DeadAir { leg, for_ms: 9000 }),
        E::MediaSound => s.media(false, |leg| MediaEvent::Sound { leg }),
        E::MediaQuality => s.media(false, |leg| {
            let received = Direction { packets: 50, lost: 50, ..Default::default() };
            let bad = Quality { received, ..Default::default() };
            MediaEvent::Quality { leg, recent: bad, whole: bad }
        }),
        E::MediaClosed => {
            let call = s.w.x.call(s.id).unwrap();
            let closed = |l: &&Leg| l.state == LegState::Ended && l.slot.is_some();
            let leg = call.legs.values().find(closed).ok_or("alone")?;
            let (leg, slot) = (leg.id, leg.slot.unwrap());
            s.w.input(Input::Media(MediaEvent::Closed { leg, slot, whole: Quality::default() }));
            Ok(())
        }
        E::RecordingStarted | E::RecordingFailed | E::RecordingClosed => {
            if s.w.x.call(s.id).is_some_and(|c| c.recording == Recording::Off) {
                return Err("unrecorded");
            }
            let call = s.id;
            s.w.input(Input::Media(match event {
                E::RecordingStarted => MediaEvent::RecordingStarted { call },
                E::RecordingFailed => MediaEvent::RecordingFailed { call, why: "disk full".into() },
                _ => MediaEvent::RecordingClosed { facts: facts(call) },
            }));
            Ok(())
        }
        E::HangUp => {
            let command = Command::HangUp(s.id);
            s.w.input(Input::Command { id: CommandId(1), user: "mara".into(), command });
            Ok(())
        }
        E::EndAll => {
            s.w.input(Input::EndAll);
            Ok(())
        }
        E::ConnectionLost => {
            let flow = s.w.x.call(s.id).and_then(|c| Some(c.caller_leg()?.flow)).ok_or("over")?;
            s.w.input(Input::FlowLost(flow));
            Ok(())
        }
        E::PhoneMoved => {
            let mut phone = s.w.phones.remove(&s.a).unwrap();
            let moved: SocketAddr = "198.51.100.9:7777".parse().unwrap();
            phone.flow.local = moved;
            phone.end.move_session(s.call, phone.flow);
            s.w.phones.insert(moved, phone);
            s.w.register(moved, &["<sip:101@192.0.2.11:5060>"], Some(300));
            Ok(())
        }
    }
}
