//! Registering: asking, refreshing in time, trying again, giving up.

use crate::phone::{Phone, PhoneEvent, Timer};
use crate::settings::PhoneSettings;
use std::time::Duration;
use switchroom_sip::header::Name;
use switchroom_sip::message::Response;
use switchroom_sip::method::Method;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

/// First wait after a failure; doubled each time.
const WAIT_LEAST: Duration = Duration::from_secs(2);
/// Longest wait after a failure.
const WAIT_MOST: Duration = Duration::from_secs(120);
/// Longest registration we go along with when the exchange demands a longer one (423).
const EXPIRES_MOST: Duration = Duration::from_secs(86_400);
/// How far CSeq moves when an answer never came: a request is sent at most this often with credentials.
const CSEQ_STEP: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not registered, and nobody asked for it.
    Off,
    /// A REGISTER is under way.
    Asking,
    /// Registered, or waiting to try again.
    Resting,
    /// The REGISTER that ends it is under way.
    Leaving,
}

/// A phone's registration.
#[derive(Debug)]
pub(crate) struct Registration {
    state: State,
    /// The same for all REGISTERs of a phone (RFC 3261 §10.2).
    call_id: String,
    tag: String,
    cseq: u32,
    /// What we ask for.
    expires: Duration,
    /// Names the request whose answer counts.
    number: u64,
    /// Failures in a row.
    failures: u32,
}

impl Registration {
    pub(crate) fn new(settings: &PhoneSettings, rng: &mut Rng) -> Self {
        Self {
            state: State::Off,
            call_id: rng.token(22),
            tag: rng.tag(),
            cseq: 0,
            expires: settings.expires.max(Duration::from_secs(1)),
            number: 0,
            failures: 0,
        }
    }

    /// Whether the phone shall be registered.
    pub(crate) fn is_wanted(&self) -> bool {
        matches!(self.state, State::Asking | State::Resting)
    }

    /// Whether an answer is awaited.
    pub(crate) fn is_asking(&self) -> bool {
        matches!(self.state, State::Asking | State::Leaving)
    }
}

impl Phone {
    /// Registers, and stays registered until [`Phone::unregister`].
    pub fn register(&mut self, now: Mono) {
        self.registration.state = State::Asking;
        self.timers.cancel(Timer::Register);
        if self.is_connected {
            self.send_register(now, self.registration.expires);
        }
        // Without a connection: `connected` starts it.
    }

    /// Gives the registration up.
    pub fn unregister(&mut self, now: Mono) {
        self.timers.cancel(Timer::Register);
        if !self.registration.is_wanted() || !self.is_connected {
            self.registration.state = State::Off;
            self.registration.number += 1;
            return self.tell(PhoneEvent::Unregistered);
        }
        self.registration.state = State::Leaving;
        self.send_register(now, Duration::ZERO);
    }

    pub(crate) fn register_due(&mut self, now: Mono) {
        if self.registration.state == State::Resting {
            self.register(now);
        }
    }

    fn send_register(&mut self, now: Mono, expires: Duration) {
        let domain = self.settings.domain.clone();
        let own = NameAddr::bare(Uri::sip(&self.settings.user, &domain, None)).to_string();
        let mut request =
            self.endpoint.make_outside(Method::Register, Uri::sip("", &domain, None), &own, &own);
        let registration = &mut self.registration;
        registration.number += 1;
        registration.cseq += 1;
        request.headers.set(Name::CallId, registration.call_id.clone());
        request.headers.set(Name::From, format!("{own};tag={}", registration.tag));
        request.headers.set(Name::CSeq, format!("{} REGISTER", registration.cseq));
        let mut contact = self.endpoint.contact(&self.flow, &self.settings.user);
        if !self.settings.instance.is_empty() {
            contact.push_str(&format!(";+sip.instance=\"<urn:uuid:{}>\"", self.settings.instance));
        }
        contact.push_str(&format!(";expires={}", expires.as_secs()));
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Expires, expires.as_secs().to_string());
        request.headers.push(Name::Supported, "timer");
        let number = self.registration.number;
        self.endpoint.request_outside(now, self.flow, request, number);
    }

    /// The answer to a REGISTER, or its absence.
    pub(crate) fn on_registered(&mut self, now: Mono, number: u64, response: Option<&Response>) {
        if number != self.registration.number {
            // Overtaken: a later REGISTER of ours has the word.
            return;
        }
        self.registration.cseq = match response {
            Some(response) => self.registration.cseq.max(response.cseq().number),
            None => self.registration.cseq + CSEQ_STEP,
        };
        match self.registration.state {
            State::Off | State::Resting => {}
            State::Leaving => {
                // Refused or unanswered, it ends by itself when its time is over.
                self.registration.state = State::Off;
                self.tell(PhoneEvent::Unregistered);
            }
            State::Asking => match response {
                Some(r) if r.status.is_success() => self.granted(now, r),
                Some(r) if r.status == Status::INTERVAL_TOO_BRIEF && self.raise(r) => self.register(now),
                other => self.refused(now, other),
            },
        }
    }

    /// Takes over how long the exchange wants registrations to be; false if that is no way out.
    fn raise(&mut self, response: &Response) -> bool {
        let Some(least) = response.headers.number(&Name::MinExpires) else { return false };
        let least = Duration::from_secs(u64::from(least));
        let helps = least > self.registration.expires && least <= EXPIRES_MOST;
        if helps {
            self.registration.expires = least;
        }
        helps
    }

    fn granted(&mut self, now: Mono, response: &Response) {
        let seconds = self.granted_seconds(response);
        let expires = Duration::from_secs(u64::from(seconds.max(1)));
        self.registration.state = State::Resting;
        self.registration.failures = 0;
        // Early enough that three lost tries of the refresh do not cost the registration.
        let refresh = expires - (expires / 4).clamp(Duration::from_millis(500), Duration::from_secs(45));
        self.timers.set(Timer::Register, now.after(refresh));
        self.tell(PhoneEvent::Registered { expires });
    }

    /// What the exchange granted to our contact (§10.2.4): its own parameter, else Expires, else what was asked for.
    fn granted_seconds(&self, response: &Response) -> u32 {
        let ours = NameAddr::parse(&self.endpoint.contact(&self.flow, &self.settings.user));
        let ours = ours.and_then(|ours| {
            response
                .headers
                .elements(&Name::Contact)
                .filter_map(NameAddr::parse)
                .find(|contact| contact.uri.same_contact(&ours.uri))
        });
        let own = ours.and_then(|contact| contact.params.get("expires")?.trim().parse().ok());
        own.or_else(|| response.headers.number(&Name::Expires))
            .unwrap_or(u32::try_from(self.registration.expires.as_secs()).unwrap_or(u32::MAX))
    }

    fn refused(&mut self, now: Mono, response: Option<&Response>) {
        let status = response.map(|r| r.status);
        // A wrong password or unknown user stays wrong: asking again would only look like an attack.
        let is_final = status.is_some_and(|s| {
            [Status::UNAUTHORIZED, Status::FORBIDDEN, Status::NOT_FOUND, Status::PROXY_AUTH].contains(&s)
        });
        if is_final {
            self.registration.state = State::Off;
            return self.tell(PhoneEvent::RegisterFailed { status, again: None });
        }
        self.registration.state = State::Resting;
        let doubled = WAIT_LEAST.saturating_mul(1 << self.registration.failures.min(6)).min(WAIT_MOST);
        self.registration.failures += 1;
        // Phones that lost their exchange at one moment shall not all come back at one moment.
        let wait = self.rng.between(doubled / 2, doubled);
        let told = response.and_then(|r| r.headers.number(&Name::RetryAfter));
        let told = Duration::from_secs(u64::from(told.unwrap_or(0))).min(WAIT_MOST);
        let wait = wait.max(told);
        self.timers.set(Timer::Register, now.after(wait));
        self.tell(PhoneEvent::RegisterFailed { status, again: Some(wait) });
    }
}
