//! The phone: what it is told, what it tells, and what it does with requests that come in.

use crate::call::Call;
use crate::digits::{DIGITS, DigitsBy};
use crate::media::MediaPlan;
use crate::registration::Registration;
use crate::settings::{Answering, HoldForm, PhoneSettings};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_sip::coverage::Pair;
use switchroom_sip::endpoint::{ALLOW, Endpoint, Event, Incoming, Settings, Transmit};
use switchroom_sip::flow::Flow;
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::method::Method;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Deadlines, Mono};

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// This phone.
    Us,
    /// The other side, or the exchange for it.
    Peer,
    /// Nobody: an answer never came, or the connection was lost.
    Network,
}

/// What a phone tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneEvent {
    /// The registration was granted or renewed for that long.
    Registered {
        /// Until it ends unless renewed.
        expires: Duration,
    },
    /// The registration was refused, or no answer came.
    RegisterFailed {
        /// The refusal; `None` if no answer came.
        status: Option<Status>,
        /// When the next try will be; `None`: never, because trying again would change nothing.
        again: Option<Duration>,
    },
    /// The registration was given up, as it was asked for.
    Unregistered,
    /// Somebody calls.
    Incoming {
        /// Their number, made harmless for showing.
        from: String,
        /// Their name, made harmless for showing; may be empty.
        name: String,
    },
    /// The called side rings.
    Ringing,
    /// There is sound before the answer.
    EarlyMedia(MediaPlan),
    /// The call is answered.
    Up(MediaPlan),
    /// What was agreed on sound has changed: hold, resume, another address.
    MediaChanged(MediaPlan),
    /// The other side refused our hold or resume; everything stays as it was.
    ChangeRefused(Status),
    /// The other side pressed a digit.
    Digit {
        /// The digit.
        digit: char,
        /// How it came. The runner tells of those that come as RTP.
        by: DigitsBy,
    },
    /// The call is over.
    Ended {
        /// Who ended it.
        by: EndedBy,
        /// The status that said it, if one did.
        status: Option<Status>,
        /// More, in the words of the Reason header or in ours.
        reason: Option<String>,
    },
    /// Something of these about the second call ([`Phone::consult`]).
    Second(Box<PhoneEvent>),
}

/// What a phone can be told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneCommand {
    /// Register and stay registered.
    Register,
    /// Give the registration up.
    Unregister,
    /// Call a number.
    Call(String),
    /// Answer the call that comes in.
    Answer,
    /// Refuse the call that comes in.
    Decline(Status),
    /// End the call, whatever it is doing.
    HangUp,
    /// Hold the other side.
    Hold(HoldForm),
    /// Talk again.
    Resume,
    /// Talk again by asking the other side for its offer (re-INVITE without one), as some phones do.
    ResumeAsking,
    /// Press digits. Those by RTP are sent by the runner, which this crate is not.
    Digits(String, DigitsBy),
    /// Ask the other side to talk to that number instead (REFER).
    Transfer(String),
    /// Hold the call and call that number beside it ([`Phone::consult`]).
    Consult(String),
    /// Connect the other sides of both calls with each other ([`Phone::connect`]).
    Connect,
    /// End the second call.
    EndSecond,
    /// Do that with calls that come in from now on.
    Answering(Answering),
}

/// Why a phone did not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// It does one call at a time, and a second one only to ask somebody.
    #[error("the phone is in a call")]
    InCall,
    /// There is no call that this could be done to.
    #[error("there is no such call")]
    NoCall,
    /// Hold and resume wait for each other, and for the call to be up.
    #[error("the call cannot be changed at this moment")]
    NotNow,
    /// Not a number that can be called, or not a digit.
    #[error("not a number or digit that can be sent")]
    BadNumber,
    /// The connection to the exchange is lost.
    #[error("there is no connection to the exchange")]
    NotConnected,
    /// Digits by RTP are the runner's to send.
    #[error("digits by RTP are sent by who sends the sound")]
    Runner,
}

/// Deadlines of the phone itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Register again.
    Register,
    /// Answer the call that comes in.
    Answer,
}

/// The longest number that is called, in bytes.
pub(crate) const NUMBER_BYTES_MAX: usize = 64;

/// A softphone without sockets.
#[derive(Debug)]
pub struct Phone {
    pub(crate) settings: PhoneSettings,
    pub(crate) endpoint: Endpoint,
    pub(crate) rng: Rng,
    pub(crate) flow: Flow,
    pub(crate) is_connected: bool,
    /// Where sound is received.
    pub(crate) rtp: SocketAddr,
    pub(crate) registration: Registration,
    pub(crate) call: Option<Call>,
    /// The one beside it; while something is done to that, the first ([`Phone::aside`]).
    pub(crate) second: Option<Call>,
    pub(crate) is_aside: bool,
    pub(crate) timers: Deadlines<Timer>,
    events: VecDeque<PhoneEvent>,
}

impl Phone {
    /// A phone that reaches its exchange over `flow` and receives sound at `rtp`. The same seed makes the same tags,
    /// branches and waits.
    pub fn new(settings: PhoneSettings, flow: Flow, rtp: SocketAddr, seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let endpoint = Endpoint::new(
            Settings {
                agent: settings.agent.clone(),
                session_expires: settings.session_expires,
                external: None,
                local_networks: Vec::new(),
                credentials: Some((settings.user.clone(), settings.password.clone())),
            },
            rng.fork(),
        );
        Self {
            registration: Registration::new(&settings, &mut rng),
            settings,
            endpoint,
            rng,
            flow,
            is_connected: true,
            rtp,
            call: None,
            second: None,
            is_aside: false,
            timers: Deadlines::default(),
            events: VecDeque::new(),
        }
    }

    /// Does one thing.
    ///
    /// # Errors
    /// [`PhoneError`] says why it was not done; nothing has changed then.
    pub fn command(&mut self, now: Mono, command: &PhoneCommand) -> Result<(), PhoneError> {
        match command {
            PhoneCommand::Register => {
                self.register(now);
                Ok(())
            }
            PhoneCommand::Unregister => {
                self.unregister(now);
                Ok(())
            }
            PhoneCommand::Call(number) => self.call(now, number),
            PhoneCommand::Answer => self.answer(now),
            PhoneCommand::Decline(status) => self.decline(now, *status),
            PhoneCommand::HangUp => self.hang_up(now),
            PhoneCommand::Hold(form) => self.hold(now, *form),
            PhoneCommand::Resume => self.resume(now),
            PhoneCommand::ResumeAsking => self.resume_asking(now),
            PhoneCommand::Digits(digits, DigitsBy::Info) => {
                digits.chars().try_for_each(|digit| self.send_info(now, digit))
            }
            PhoneCommand::Digits(_, DigitsBy::Rtp) => Err(PhoneError::Runner),
            PhoneCommand::Transfer(number) => self.transfer(now, number),
            PhoneCommand::Consult(number) => self.consult(now, number),
            PhoneCommand::Connect => self.connect(now, false),
            PhoneCommand::EndSecond => self.end_second(now),
            PhoneCommand::Answering(answering) => {
                self.settings.answering = *answering;
                Ok(())
            }
        }
    }

    /// The next bytes to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.endpoint.poll_transmit()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<PhoneEvent> {
        self.events.pop_front()
    }

    /// When [`Phone::handle_due`] must be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let own = self.timers.next().map(|(at, _)| at);
        [own, self.endpoint.poll_timeout()].into_iter().flatten().min()
    }

    /// Takes one message from the exchange: a datagram or a frame of a stream.
    pub fn receive(&mut self, now: Mono, bytes: &[u8]) {
        self.endpoint.receive(now, self.flow, bytes);
        self.pump(now);
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono) {
        self.endpoint.handle_due(now);
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Register => self.register_due(now),
                Timer::Answer => {
                    // The caller may have given up in the same moment.
                    let _ = self.answer(now);
                }
            }
        }
        self.pump(now);
    }

    /// The connection to the exchange is gone. A call goes on if [`Phone::connected`] comes in time.
    pub fn connection_lost(&mut self, now: Mono) {
        self.is_connected = false;
        self.endpoint.flow_lost(now, self.flow);
        self.pump(now);
    }

    /// There is a new connection: calls move to it, and the phone registers from there.
    pub fn connected(&mut self, now: Mono, flow: Flow) {
        self.endpoint.move_flow(self.flow, flow);
        self.flow = flow;
        self.is_connected = true;
        if self.registration.is_wanted() {
            self.register(now);
        }
    }

    /// What its SIP machines have been through.
    pub fn coverage(&self) -> Vec<Pair> {
        self.endpoint.coverage()
    }

    /// Whether a call is going on or coming in.
    pub fn is_in_call(&self) -> bool {
        self.call.is_some() || self.second.is_some()
    }

    /// What was agreed on the sound of the call, once it was.
    pub fn media(&self) -> Option<&MediaPlan> {
        self.call.as_ref().and_then(|call| call.plan.as_ref())
    }

    /// SIP Call-ID of the call.
    pub fn call_id(&self) -> Option<&str> {
        self.endpoint.call_id_of(self.call.as_ref()?.session)
    }

    /// Whether nothing is under way any more, so that the phone may be dropped without leaving somebody waiting.
    pub fn is_settled(&self) -> bool {
        self.endpoint.sessions() == 0 && !self.registration.is_asking()
    }

    /// Sends a digit by INFO.
    ///
    /// # Errors
    /// [`PhoneError::BadNumber`] if it is no digit, [`PhoneError::NoCall`] without a call that is up.
    pub fn send_info(&mut self, now: Mono, digit: char) -> Result<(), PhoneError> {
        let digit = digit.to_ascii_uppercase();
        if !DIGITS.contains(digit) {
            return Err(PhoneError::BadNumber);
        }
        let session = self.call.as_ref().filter(|c| c.is_up()).ok_or(PhoneError::NoCall)?.session;
        let form = self.settings.info_form;
        self.endpoint.info(now, session, form.content_type(), form.body(digit));
        Ok(())
    }

    pub(crate) fn tell(&mut self, event: PhoneEvent) {
        let event = self.of_this_call(event);
        self.events.push_back(event);
    }

    /// Takes what the endpoint has to say.
    pub(crate) fn pump(&mut self, now: Mono) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request(incoming) => self.on_request(now, *incoming),
                // Its runner hands in nothing but what comes from the exchange, so this is an old connection's.
                Event::Foreign(_, incoming) => {
                    self.endpoint.reply(&incoming, Status::NO_SUCH_CALL, &Headers::default());
                }
                Event::Session(id, event) => self.on_session(now, id, event),
                Event::Response(number, response) => self.on_registered(now, number, response.as_deref()),
            }
        }
    }

    fn on_request(&mut self, now: Mono, incoming: Incoming) {
        let status = match incoming.request.method {
            Method::Invite => return self.on_invite(now, incoming),
            Method::Options => Status::OK,
            Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => Status::METHOD_NOT_ALLOWED,
        };
        self.answer_outside(now, &incoming, status);
    }

    /// Answers a request that opens no call.
    pub(crate) fn answer_outside(&mut self, now: Mono, incoming: &Incoming, status: Status) {
        let mut headers = Headers::default();
        headers.push(Name::Allow, ALLOW);
        if status == Status::OK {
            headers.push(Name::Accept, "application/sdp");
            headers.push(Name::Supported, "timer");
        }
        headers.push(Name::Server, self.settings.agent.clone());
        let txn = self.endpoint.take(incoming);
        self.endpoint.respond(now, txn, incoming, status, &headers);
    }
}
