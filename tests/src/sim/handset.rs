//! A phone of a run: the production phone, the actor that plays its parts, its place in the network, its habits.

use super::dice::Dice;
use super::faults::Habit;
use super::glance::{Glance, split};
use super::inbound::{is_inbound, keys};
use super::meddle::Meddler;
use super::network::HERE;
use super::panel::Panel;
use super::setup::{PhoneSetup, Setup};
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_phone::script::{Actor, Course, Part};
use switchroom_phone::{Answering, EndedBy, HoldForm, Phone, PhoneCommand, PhoneEvent, PhoneSettings};
use switchroom_sip::flow::{Flow, Transport};
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Deadlines, Mono};

/// The site's domain.
pub const DOMAIN: &str = "pbx.example";

/// What a phone's owner will do by habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whim {
    AnswerLate,
    Fidget,
    Reregister,
    Meddle,
    Keys,
    Transfer,
    LeaveAfterTransfer,
    Consult,
    Connect,
    EndSecond,
}

/// A message a phone sends, and how many microseconds later.
pub type Sent = (Vec<u8>, u64);

/// A phone.
#[derive(Debug)]
pub struct Handset {
    /// As drawn.
    pub setup: PhoneSetup,
    /// Its password, taken over when it starts.
    pub password: String,
    started_with: String,
    /// The phone.
    pub phone: Phone,
    /// Who plays its parts.
    pub actor: Actor,
    /// It has power.
    pub is_on: bool,
    /// Nothing gets through to it.
    pub is_cut_off: bool,
    /// Where the exchange sees it.
    pub public: SocketAddr,
    /// Its own address.
    pub own: SocketAddr,
    /// Its connection; 0 over UDP, or while there is none.
    pub connection: u64,
    /// Bad habits are laid aside once the faults stop.
    pub behaves: bool,
    /// Chance of its own, so that one phone's fate does not hang on another's.
    pub rng: Rng,
    /// TCP delivers in order: when the last message gets there, up and down.
    pub last_up: Mono,
    /// The other way.
    pub last_down: Mono,
    whims: Deadlines<Whim>,
    /// Extensions of the site, for transfers.
    others: Vec<String>,
    meddler: Option<Meddler>,
    /// Its lamps, if it has any.
    pub panel: Option<Panel>,
    panel_rng: Rng,
    meddled: Vec<Sent>,
    /// Keys that its owner presses now, and whether they go by INFO.
    pub pressed: Vec<(String, bool)>,
    /// Its owner typed a secret by INFO.
    pub tells_secrets: bool,
    /// This call's keys go by INFO.
    by_info: bool,
    /// What the phone told last, for scenarios: `ringing`, `up`, ….
    pub told: Vec<PhoneEvent>,
    /// Keep what the phone tells in `told`.
    pub listens: bool,
    starts: u64,
}

fn settings(setup: &PhoneSetup, password: &str, place: usize) -> PhoneSettings {
    PhoneSettings {
        codecs: setup.codecs.clone(),
        expires: Duration::from_secs(setup.expires_s),
        session_expires: Duration::from_secs(setup.session_expires_s),
        instance: if setup.instance { format!("00000000-0000-4000-8000-{place:012}") } else { String::new() },
        answering: Answering::Never,
        early_media: setup.early_media,
        late_offer: setup.late_offer,
        demands_reliable: setup.demands_reliable,
        agent: "Simulated phone".into(),
        ..PhoneSettings::new(&setup.extension, password, DOMAIN)
    }
}

/// The lamps of a phone, which it asks for from that time on.
fn panel(setup: &PhoneSetup, password: &str, rng: Rng, at: Mono) -> Option<Panel> {
    let has_any = !setup.lamps.is_empty();
    has_any.then(|| Panel::new(&setup.extension, password, &setup.lamps, rng, at))
}

/// The password that an extension has first.
pub fn password(extension: &str) -> String {
    format!("pw{extension}")
}

impl Handset {
    /// Registers, if it does that at all.
    pub fn register(&mut self, now: Mono) {
        if !self.setup.is_fixed {
            self.phone.register(now);
        }
    }

    /// The phone at that place of a run.
    pub fn new(run: &Setup, place: usize, start: Mono, parts: Vec<Part>, strangers: Course) -> Self {
        let setup = run.phones[place].clone();
        let mut rng = Rng::from_number(run.seed ^ ((place as u64 + 1) << 40));
        let password = password(&setup.extension);
        let actor = Actor::new(start, parts, strangers);
        let meddler = setup
            .habits
            .contains(&Habit::Meddles)
            .then(|| Meddler::new(&setup.extension, &password, setup.own, rng.fork()));
        let flow = flow_of(&setup, setup.own, 0);
        // Chance of its own, so that runs without lamps are what they were.
        let mut panel_rng = Rng::from_number(run.seed ^ 0x6c61_6d70_7300 ^ ((place as u64 + 1) << 44));
        let panel = panel(&setup, &password, panel_rng.fork(), start);
        let phone = Phone::new(settings(&setup, &password, place), flow, rtp(place, setup.own), rng.bits());
        Self {
            started_with: password.clone(),
            password,
            phone,
            actor,
            is_on: true,
            is_cut_off: false,
            public: setup.public,
            own: setup.own,
            connection: 0,
            behaves: false,
            rng,
            last_up: Mono(0),
            last_down: Mono(0),
            whims: Deadlines::default(),
            others: run.phones.iter().map(|phone| phone.extension.clone()).collect(),
            meddler,
            panel,
            panel_rng,
            meddled: Vec::new(),
            pressed: Vec::new(),
            tells_secrets: false,
            by_info: false,
            told: Vec::new(),
            listens: false,
            starts: 0,
            setup,
        }
    }

    /// Whether it has a bad habit at the moment.
    pub fn has(&self, habit: Habit) -> bool {
        !self.behaves && self.setup.habits.contains(&habit)
    }

    /// The flow as the exchange sees it.
    pub fn flow(&self) -> Flow {
        let transport = if self.setup.tcp { Transport::Tcp } else { Transport::Udp };
        Flow { transport, local: HERE, remote: self.public, connection: self.connection }
    }

    /// The flow as the phone sees it.
    pub fn own_flow(&self) -> Flow {
        flow_of(&self.setup, self.own, self.connection)
    }

    /// When something is to be done next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let actor = self.actor.poll_timeout();
        if !self.is_on {
            return actor;
        }
        let whim = self.whims.next().map(|(at, _)| at);
        let meddler = self.meddler.as_ref().and_then(Meddler::poll_timeout);
        let panel = self.panel.as_ref().and_then(Panel::poll_timeout);
        [self.phone.poll_timeout(), actor, whim, meddler, panel].into_iter().flatten().min()
    }

    /// Everything that is due.
    pub fn handle_due(&mut self, now: Mono) {
        self.actor.handle_due(now);
        if !self.is_on {
            return;
        }
        self.phone.handle_due(now);
        if let Some(meddler) = &mut self.meddler {
            meddler.handle_due(now);
        }
        let flow = self.own_flow();
        if let Some(panel) = &mut self.panel {
            panel.handle_due(now, flow);
        }
        while let Some(whim) = self.whims.pop_due(now) {
            self.follow(now, whim);
        }
    }

    fn follow(&mut self, now: Mono, whim: Whim) {
        // Refused or not, it was a whim.
        let again = Duration::from_millis(self.rng.below(20_000));
        match whim {
            Whim::AnswerLate => {
                let _ = self.phone.answer(now);
            }
            Whim::Fidget if self.has(Habit::Fidgets) && self.phone.is_in_call() => {
                let forms = [HoldForm::SendOnly, HoldForm::Inactive, HoldForm::NullAddress];
                let _ = match self.rng.below(4) {
                    3 if self.has(Habit::ResumesByAsking) => self.phone.resume_asking(now),
                    3 => self.phone.resume(now),
                    n => self.phone.hold(now, forms[usize::try_from(n).unwrap_or(0)]),
                };
                self.whims.set(Whim::Fidget, now.after(again / 10));
            }
            Whim::Reregister if self.has(Habit::Reregisters) => {
                if self.rng.below(2) == 0 {
                    self.phone.unregister(now);
                } else {
                    self.register(now);
                }
                self.whims.set(Whim::Reregister, now.after(again));
            }
            Whim::Meddle if self.has(Habit::Meddles) => {
                let flow = self.own_flow();
                let sent = self.meddler.as_mut().and_then(|m| m.meddle(now, flow));
                self.meddled.extend(sent.map(|bytes| (bytes, 0)));
                // Busy while there is a call to meddle with.
                let pace = if self.phone.is_in_call() { 10 } else { 1 };
                self.whims.set(Whim::Meddle, now.after(again / pace));
            }
            Whim::Keys if self.phone.is_in_call() => {
                let typed = keys(&mut self.rng);
                // Now and then the other way in the same call.
                let by_info = self.by_info != (self.rng.below(20) == 0);
                self.pressed.push((typed, by_info));
                let wait = Duration::from_millis(self.rng.below(6_000));
                self.whims.set(Whim::Keys, now.after(wait));
            }
            Whim::Transfer if self.has(Habit::Transfers) && self.phone.is_in_call() => {
                let to = self.other();
                let _ = self.phone.transfer(now, &to);
                if self.rng.below(3) > 0 {
                    let wait = Duration::from_millis(self.rng.below(2_000));
                    self.whims.set(Whim::LeaveAfterTransfer, now.after(wait));
                }
                self.whims.set(Whim::Transfer, now.after(again));
            }
            Whim::LeaveAfterTransfer if self.has(Habit::Transfers) => {
                let _ = self.phone.hang_up(now);
            }
            Whim::Consult if self.has(Habit::Consults) => self.consult(now),
            Whim::Connect if self.has(Habit::Consults) => {
                let by_second = self.rng.below(2) == 0;
                let is_asked = self.phone.connect(now, by_second).is_ok();
                // Somebody who did not hear of it asks again, perhaps the other way; a few hang up at once.
                match self.rng.below(8) {
                    0..=2 => self.whims.set(Whim::Connect, now.after(again / 8)),
                    3 if is_asked => {
                        let _ = self.phone.hang_up(now);
                    }
                    4 if is_asked => {
                        let _ = self.phone.end_second(now);
                    }
                    _ => {}
                }
            }
            Whim::EndSecond => {
                if self.phone.end_second(now).is_ok() && self.rng.below(4) > 0 {
                    let _ = self.phone.resume(now);
                }
            }
            Whim::Fidget
            | Whim::Reregister
            | Whim::Meddle
            | Whim::Keys
            | Whim::Transfer
            | Whim::LeaveAfterTransfer
            | Whim::Consult
            | Whim::Connect => {}
        }
    }

    /// Asks somebody, has the two connected or not, and leaves in any case.
    fn consult(&mut self, now: Mono) {
        let wait = |rng: &mut Rng, ms: u64| Duration::from_millis(rng.below(ms));
        let to = self.other();
        if self.phone.consult(now, &to).is_ok() {
            if self.rng.below(4) == 0 {
                // Perhaps before anybody has answered.
                self.whims.set(Whim::Connect, now.after(wait(&mut self.rng, 4_000)));
            }
            self.whims.set(Whim::EndSecond, now.after(wait(&mut self.rng, 20_000)));
        }
        self.whims.set(Whim::Consult, now.after(wait(&mut self.rng, 6_000)));
    }

    /// Somebody to be put through to: an extension, a number that a route may take, or nobody.
    fn other(&mut self) -> String {
        match self.rng.below(8) {
            0..=4 => {
                let at = self.rng.place(self.others.len().max(1));
                self.others.get(at).cloned().unwrap_or_default()
            }
            5 | 6 => format!("4{:03}", self.rng.below(20)),
            _ => "9999".to_owned(),
        }
    }

    /// Lets phone and actor talk until both have said all; gives what is to be sent.
    pub fn converse(&mut self, now: Mono) -> Vec<Sent> {
        loop {
            if self.is_on
                && let Some(event) = self.phone.poll_event()
            {
                self.hear(now, &event);
                continue;
            }
            let Some(command) = self.actor.poll_command() else { break };
            self.obey(now, &command);
        }
        let mut out = Vec::new();
        while let Some(sent) = self.phone.poll_transmit() {
            if self.is_on {
                if let Some(meddler) = &mut self.meddler {
                    meddler.overhear_sent(&sent.bytes);
                }
                self.send(&sent.bytes, &mut out);
            }
        }
        if let Some(meddler) = self.meddler.as_mut().filter(|_| self.is_on) {
            self.meddled.extend(std::iter::from_fn(|| meddler.poll_transmit()).map(|bytes| (bytes, 0)));
            out.append(&mut self.meddled);
        }
        if let Some(panel) = self.panel.as_mut().filter(|_| self.is_on) {
            out.extend(std::iter::from_fn(|| panel.poll_transmit()).map(|bytes| (bytes, 0)));
        }
        out
    }

    fn hear(&mut self, now: Mono, event: &PhoneEvent) {
        self.actor.handle(now, event);
        match event {
            PhoneEvent::Up(_) if self.has(Habit::Fidgets) => {
                let wait = Duration::from_millis(self.rng.below(3_000));
                self.whims.set(Whim::Fidget, now.after(wait));
            }
            PhoneEvent::Up(_) if self.has(Habit::Transfers) => {
                let wait = Duration::from_millis(self.rng.below(6_000));
                self.whims.set(Whim::Transfer, now.after(wait));
            }
            PhoneEvent::Up(_) if self.has(Habit::Consults) => {
                let wait = Duration::from_millis(self.rng.below(2_000));
                self.whims.set(Whim::Consult, now.after(wait));
            }
            PhoneEvent::Second(event)
                if matches!(**event, PhoneEvent::Up(_)) && self.has(Habit::Consults) =>
            {
                let wait = Duration::from_millis(self.rng.below(3_000));
                self.whims.set(Whim::Connect, now.after(wait));
            }
            PhoneEvent::Registered { .. } if self.has(Habit::Reregisters) => {
                let wait = Duration::from_millis(self.rng.below(40_000));
                self.whims.set(Whim::Reregister, now.after(wait));
            }
            PhoneEvent::Registered { .. } if self.has(Habit::Meddles) => {
                let wait = Duration::from_millis(self.rng.below(4_000));
                self.whims.set(Whim::Meddle, now.after(wait));
            }
            // A call to a route that a user placed shows its number: who takes it is the caller.
            PhoneEvent::Incoming { from, .. } if is_inbound(from) => self.press_soon(now),
            PhoneEvent::Ended { .. } => {
                self.whims.cancel(Whim::Keys);
                self.whims.cancel(Whim::Fidget);
                self.whims.cancel(Whim::AnswerLate);
                self.whims.cancel(Whim::Transfer);
                self.whims.cancel(Whim::LeaveAfterTransfer);
                self.whims.cancel(Whim::Consult);
            }
            _ => {}
        }
        if self.listens {
            self.told.push(event.clone());
        }
    }

    /// Keys for a flow, perhaps while it still rings.
    fn press_soon(&mut self, now: Mono) {
        self.by_info = self.rng.below(4) == 0;
        let wait = Duration::from_millis(self.rng.below(5_000));
        self.whims.set(Whim::Keys, now.after(wait));
    }

    fn obey(&mut self, now: Mono, command: &PhoneCommand) {
        if !self.is_on {
            return self.actor.refused(now, command);
        }
        if let PhoneCommand::Call(number) = command
            && is_inbound(number)
        {
            self.press_soon(now);
        }
        let done = match command {
            PhoneCommand::Answer if self.has(Habit::AnswersLate) => {
                let wait = Duration::from_millis(self.rng.below(40_000));
                self.whims.set(Whim::AnswerLate, now.after(wait));
                Ok(())
            }
            PhoneCommand::HangUp if self.has(Habit::OffersAndLeaves) => {
                let _ = self.phone.hold(now, HoldForm::Inactive);
                self.phone.hang_up(now)
            }
            PhoneCommand::Decline(_) if self.has(Habit::OddRefusals) => {
                const ODD: [u16; 18] = [
                    400, 401, 403, 404, 407, 408, 410, 415, 422, 480, 481, 482, 488, 500, 501, 503, 504, 606,
                ];
                let status = self.rng.pick(&ODD);
                self.phone.decline(now, Status::new(status).unwrap_or(Status::DECLINE))
            }
            PhoneCommand::Resume if self.has(Habit::ResumesByAsking) => self.phone.resume_asking(now),
            command => self.phone.command(now, command),
        };
        if done.is_err() {
            self.actor.refused(now, command);
        }
    }

    /// A person's own act, past the actor.
    ///
    /// # Errors
    /// The phone says why not.
    pub fn act(&mut self, now: Mono, command: &PhoneCommand) -> Result<(), switchroom_phone::PhoneError> {
        self.phone.command(now, command)
    }

    fn send(&mut self, bytes: &[u8], out: &mut Vec<Sent>) {
        let plain = self.setup.no_update.then(|| without_update(bytes));
        let bytes = plain.as_deref().unwrap_or(bytes);
        if self.behaves || self.setup.habits.is_empty() {
            return out.push((bytes.to_vec(), 0));
        }
        let is_provisional = bytes.starts_with(b"SIP/2.0 1");
        let is_ack = bytes.starts_with(b"ACK ") || bytes.starts_with(b"PRACK ");
        if self.has(Habit::NeverAcks) && is_ack || self.has(Habit::NoProvisional) && is_provisional {
            return;
        }
        let mut bytes = bytes.to_vec();
        if self.has(Habit::BadDescriptions) && self.rng.below(3) == 0 {
            bytes = spoilt(&mut self.rng, &bytes);
        }
        let mut after = if self.has(Habit::Sluggish) { self.rng.below(3_000_000) } else { 0 };
        let ends_a_wait = bytes.starts_with(b"ACK ") || bytes.starts_with(b"PRACK ");
        if ends_a_wait && self.has(Habit::Meddles) && self.rng.below(3) == 0 {
            after = self.rng.below(5_000_000);
        }
        if self.has(Habit::RepeatsForEver) && self.rng.below(4) == 0 {
            for s in [1, 3, 9, 27, 40, 100, 300] {
                out.push((bytes.clone(), after + s * 1_000_000 + self.rng.below(500_000)));
            }
        }
        out.push((bytes, after));
    }

    /// A message from the exchange.
    pub fn receive(&mut self, now: Mono, bytes: &[u8]) {
        let deaf = self.has(Habit::IgnoresCancel) && bytes.starts_with(b"CANCEL ")
            || self.has(Habit::IgnoresBye) && bytes.starts_with(b"BYE ");
        let flow = self.own_flow();
        if let Some(panel) = self.panel.as_mut().filter(|_| self.is_on)
            && Glance::of(bytes).is_some_and(|glance| panel.owns(glance.call_id))
        {
            panel.behaves = self.behaves;
            return panel.receive(now, flow, bytes);
        }
        if let Some(meddler) = self.meddler.as_mut().filter(|_| self.is_on) {
            meddler.overhear_received(now, flow, bytes);
        }
        let meddles = self.is_on && self.has(Habit::Meddles);
        let instead = self.meddler.as_mut().filter(|_| meddles).and_then(|m| m.answer_instead(bytes));
        if let Some(said) = instead {
            return self.meddled.extend(said);
        }
        if self.is_on && !deaf {
            self.phone.receive(now, bytes);
        }
    }

    /// The power is gone: its owner sees the call end, nobody else does.
    pub fn power_off(&mut self, now: Mono) {
        self.is_on = false;
        self.whims = Deadlines::default();
        let gone = PhoneEvent::Ended { by: EndedBy::Network, status: None, reason: None };
        self.hear(now, &gone);
        // What the phone had still to tell or send is gone with it.
        while self.phone.poll_event().is_some() {}
        while self.phone.poll_transmit().is_some() {}
    }

    /// It starts anew: another Call-ID, other tags.
    pub fn power_on(&mut self, place: usize) {
        self.is_on = true;
        self.starts += 1;
        let seed = self.rng.bits();
        self.started_with.clone_from(&self.password);
        self.panel = panel(&self.setup, &self.password, self.panel_rng.fork(), Mono(0));
        let settings = settings(&self.setup, &self.password, place);
        self.phone = Phone::new(settings, self.own_flow(), rtp(place, self.own), seed);
    }

    /// Whether its password is another one than it knows.
    pub fn has_new_password(&self) -> bool {
        self.started_with != self.password
    }

    /// How often it was started anew.
    pub fn starts(&self) -> u64 {
        self.starts
    }
}

fn flow_of(setup: &PhoneSetup, own: SocketAddr, connection: u64) -> Flow {
    let transport = if setup.tcp { Transport::Tcp } else { Transport::Udp };
    Flow { transport, local: own, remote: HERE, connection }
}

/// Where a phone receives sound: by its port one can tell whose it is.
fn rtp(place: usize, own: SocketAddr) -> SocketAddr {
    SocketAddr::new(own.ip(), 40_000 + 2 * u16::try_from(place % 12_000).unwrap_or(0))
}

/// Whose sound comes from there.
pub fn of_rtp(address: SocketAddr) -> usize {
    usize::from(address.port().saturating_sub(40_000) / 2)
}

/// A message that does not name UPDATE among what its phone knows.
fn without_update(bytes: &[u8]) -> Vec<u8> {
    const NAMED: &[u8] = b", UPDATE";
    match bytes.windows(NAMED.len()).position(|w| w == NAMED) {
        Some(at) => [&bytes[..at], &bytes[at + NAMED.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

/// A message with a description that does not fit.
fn spoilt(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let Some((head, body)) = split(bytes) else { return bytes.to_vec() };
    let (Ok(head), Ok(body)) = (std::str::from_utf8(head), std::str::from_utf8(body)) else {
        return bytes.to_vec();
    };
    if body.is_empty() {
        return bytes.to_vec();
    }
    let body = match rng.below(6) {
        0 => String::new(),
        1 => body.replace("RTP/AVP 8", "RTP/AVP 3").replace("RTP/AVP 0", "RTP/AVP 3"),
        2 => body.replace("m=audio", "m=video"),
        3 => body.replace("m=audio 4", "m=audio 0 x 4"),
        4 => body.replace("c=IN IP4 ", "c=IN IP6 "),
        _ => "v=0\r\nthis is no description\r\n".to_owned(),
    };
    let head: Vec<String> = head
        .split("\r\n")
        .map(|line| {
            if line.starts_with("Content-Length:") {
                format!("Content-Length: {}", body.len())
            } else {
                line.to_owned()
            }
        })
        .collect();
    format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
}
