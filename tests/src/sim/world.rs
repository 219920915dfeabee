//! The world of a run: its clocks, what happens next, and the exchange in the middle.
//!
//! [`World::advance`] lets the next thing happen. If that reached the exchange, it gives the [`Step`]: what came in, and
//! what the exchange wanted done; the checkers look at that.

use super::faults::Habit;
use super::handset::{DOMAIN, Handset, of_rtp, password};
use super::media::Media;
use super::network::{HERE, Meddling, Routes, garbage, journey, meddled};
use super::plant::Plant;
use super::setup::Setup;
use super::store::{Flushed, Store};
use super::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{
    Action, CallId, Changed, Codec, Command, CommandId, Config, Event, Exchange, Extension, Flow, Input,
    MediaCommand, MediaEvent, Mono, Now, Record, RecordRule, Service, Transport, Wall,
};
use switchroom_phone::script::{Course, Part, Role};
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_sip::rng::Rng;
use switchroom_sip::time::Deadlines;

/// Monotonic time at which every run begins, microseconds.
const START: Mono = Mono(1_000_000);

/// What comes to the exchange, kept for the checkers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// A message.
    Message(Flow, Arc<[u8]>),
    /// A connection is gone.
    FlowLost(Flow),
    /// News of media.
    Media(MediaEvent),
    /// News of the store.
    Flushed(Flushed),
    /// A user's command.
    Command(Command),
    /// Another configuration.
    Config,
    /// The exchange shall stop.
    EndAll,
    /// It starts.
    Start,
    /// Time.
    Tick,
}

/// What happened to the exchange in one step.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub now: Now,
    /// What came in.
    pub came: Came,
    /// What was wanted, as far as it was carried out.
    pub actions: Vec<Action>,
    /// What is to be shown anew.
    pub changed: BTreeSet<Changed>,
    /// The exchange died after these actions.
    pub died: bool,
}

/// What happens at some time.
#[derive(Debug)]
enum Next {
    Up { flow: Flow, bytes: Arc<[u8]> },
    Down { flow: Flow, bytes: Arc<[u8]> },
    Media(u32, MediaEvent),
    Flush(u32),
    FlowLost(u32, Flow),
    Reconnect(usize),
    PowerOn { phone: usize, moves: bool },
    Joined(usize),
    Within(usize),
    Trouble(usize),
    StoreWell,
    StoreQuick,
    MediaQuick,
    Start,
}

struct Queued {
    at: Mono,
    order: u64,
    what: Next,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Queued {}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Exchange,
    Phone(usize),
}

/// The world.
pub struct World {
    /// As drawn.
    pub setup: Setup,
    /// Both clocks.
    pub now: Now,
    /// The exchange; while it is down, the one that died.
    pub exchange: Exchange,
    /// How often it was started.
    pub lives: u32,
    /// It is not running.
    pub is_down: bool,
    /// The phones.
    pub handsets: Vec<Handset>,
    /// The store.
    pub store: Store,
    /// The media engine.
    pub media: Media,
    /// Faults happen.
    pub is_faulty: bool,
    /// Inputs of the exchange so far.
    pub steps: u64,
    /// A sum over all that the exchange sent: equal runs, equal sums.
    pub fingerprint: u64,
    /// A defect that this run has on purpose.
    pub plant: Plant,
    /// Backward steps of the wall clock so far, milliseconds.
    pub stepped_back_ms: i64,
    /// Calls that were open on disk when the exchange started.
    pub found_open: BTreeSet<CallId>,
    /// The store could not keep something in the life before.
    pub store_failed_before: bool,
    /// Extensions out of the configuration at the moment.
    pub removed: BTreeSet<String>,
    /// Events that were written, newest last; only as many as `keep_events` wants.
    pub events: Vec<Event>,
    /// How many.
    pub keep_events: usize,
    /// What the network does to certain messages, for scenarios.
    pub meddling: Vec<Meddling>,
    config: Config,
    routes: Routes,
    queue: BinaryHeap<Queued>,
    order: u64,
    due: Deadlines<Who>,
    rng: Rng,
    flush_us: u64,
    media_mute: bool,
    crash: Option<(u64, usize, u64)>,
    commands: u64,
}

fn config(setup: &Setup) -> Config {
    let mut extensions = BTreeMap::new();
    for phone in &setup.phones {
        let number = phone.extension.clone();
        let entry = extension(&number, &password(&number), setup.site.md5);
        extensions.insert(number, entry);
    }
    let secs = Duration::from_secs;
    let site = &setup.site;
    Config {
        site: "simulated".into(),
        domain: DOMAIN.into(),
        extensions,
        services: BTreeMap::from([("*43".into(), Service::Echo), ("*44".into(), Service::Tone)]),
        record: if site.records { RecordRule::Always } else { RecordRule::Never },
        ring: secs(site.ring_s),
        codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
        external: None,
        local_networks: vec![],
        rtp_port_first: 20_000,
        rtp_pairs: site.rtp_pairs,
        register_min: secs(site.register_min_s),
        register_max: secs(site.register_max_s),
        bindings_max: 5,
        keep_alive: secs(site.keep_alive_s),
        session_expires: secs(site.session_expires_s),
        calls_max: site.calls_max,
        calls_per_extension: site.calls_per_extension,
        allow_md5: site.md5,
    }
}

fn extension(number: &str, password: &str, md5: bool) -> Extension {
    let bytes = |text: String| -> Vec<u8> {
        let hex = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or("0"));
        hex.map(|pair| u8::from_str_radix(pair, 16).unwrap_or(0)).collect()
    };
    let hash = |algorithm| bytes(ha1(algorithm, number, DOMAIN, password));
    Extension {
        number: number.into(),
        name: format!("Person {number}"),
        ha1_md5: hash(Algorithm::Md5).try_into().ok().filter(|_| md5),
        ha1_sha256: hash(Algorithm::Sha256).try_into().ok(),
        record: None,
        ring: None,
    }
}

impl World {
    /// The world of a run, before anything has happened. Phones register within the first seconds.
    pub fn new(setup: Setup, plant: Plant) -> Self {
        let mut rng = Rng::from_number(setup.seed ^ 0x5157_4f52_4c44);
        let now = Now { mono: START, wall: Wall(setup.site.starts_ms) };
        let config = config(&setup);
        let exchange = Exchange::new(now, Arc::new(config.clone()), rng.bytes(), Default::default());
        let mut world = Self {
            now,
            exchange,
            lives: 1,
            is_down: false,
            handsets: Vec::new(),
            store: Store::default(),
            media: Media::default(),
            is_faulty: true,
            steps: 0,
            fingerprint: 0xcbf2_9ce4_8422_2325,
            plant,
            stepped_back_ms: 0,
            found_open: BTreeSet::new(),
            store_failed_before: false,
            removed: BTreeSet::new(),
            events: Vec::new(),
            keep_events: 0,
            meddling: Vec::new(),
            config,
            routes: Routes::default(),
            queue: BinaryHeap::new(),
            order: 0,
            due: Deadlines::default(),
            flush_us: setup.store.flush_us,
            media_mute: false,
            crash: None,
            commands: 0,
            rng,
            setup,
        };
        world.place_phones();
        for (place, (at, _)) in world.setup.troubles.clone().iter().enumerate() {
            world.later(begin().after(Duration::from_millis(*at)), Next::Trouble(place));
        }
        world.later(START, Next::Start);
        world
    }

    fn place_phones(&mut self) {
        let numbers: Vec<String> = self.setup.phones.iter().map(|p| p.extension.clone()).collect();
        let mut parts: Vec<Vec<Part>> = vec![Vec::new(); numbers.len()];
        let services = ["*43", "*44"];
        for call in &self.setup.calls {
            if call.number % 19 == 7
                && let Some(parts) = parts.get_mut(call.from)
            {
                // Now and then somebody calls a service in place of a person.
                let peer = services[usize::from(call.number % 2 == 0)].to_owned();
                let course = match call.course.clone() {
                    Course::Talk { answer_after, talk, hold, digits, .. } => {
                        Course::Talk { answer_after, talk, hold, digits, caller_ends: true }
                    }
                    other => other,
                };
                parts.push(Part { call: call.number, at: call.at, role: Role::Caller, peer, course });
                continue;
            }
            for (phone, peer, role) in
                [(call.from, call.to, Role::Caller), (call.to, call.from, Role::Called)]
            {
                if let (Some(parts), Some(peer)) = (parts.get_mut(phone), numbers.get(peer)) {
                    let (at, course) = (call.at, call.course.clone());
                    parts.push(Part { call: call.number, at, role, peer: peer.clone(), course });
                }
            }
        }
        for (place, parts) in parts.into_iter().enumerate() {
            let strangers = match self.rng.below(4) {
                0 => Course::NoAnswer,
                1 => Course::Busy,
                2 => Course::Decline,
                _ => Course::Talk {
                    answer_after: Duration::from_millis(self.rng.below(4_000)),
                    talk: Duration::from_millis(self.rng.below(10_000)),
                    hold: None,
                    digits: None,
                    caller_ends: false,
                },
            };
            let handset = Handset::new(&self.setup, place, begin(), parts, strangers);
            self.routes.place(handset.public, place);
            self.handsets.push(handset);
            let wait = Duration::from_millis(self.rng.below(3_000));
            self.later(START.after(wait), Next::Joined(place));
        }
    }

    fn later(&mut self, at: Mono, what: Next) {
        self.order += 1;
        self.queue.push(Queued { at, order: self.order, what });
    }

    fn soon(&mut self, after_us: u64, what: Next) {
        self.later(Mono(self.now.mono.0 + after_us), what);
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<Mono> {
        let queued = self.queue.peek().map(|q| q.at);
        [queued, self.due.next().map(|(at, _)| at)].into_iter().flatten().min()
    }

    fn set_time(&mut self, to: Mono) {
        let passed_us = to.0.saturating_sub(self.now.mono.0);
        // Whole milliseconds by the monotonic clock, so that the sum of many short spans is right.
        let passed_ms = (self.now.mono.0 + passed_us) / 1000 - self.now.mono.0 / 1000;
        self.now.wall.0 += i64::try_from(passed_ms).unwrap_or(0);
        self.now.mono = self.now.mono.max(to);
    }

    /// Lets time pass without anything happening.
    pub fn wait_until(&mut self, at: Mono) {
        self.set_time(at);
    }

    /// Lets the next thing happen.
    pub fn advance(&mut self) -> Option<Step> {
        let queued = self.queue.peek().map(|q| q.at);
        let due = self.due.next();
        if let Some((at, who)) = due
            && queued.is_none_or(|q| at < q)
        {
            self.set_time(at);
            self.due.cancel(who);
            return match who {
                Who::Exchange => self.tell(Came::Tick),
                Who::Phone(place) => {
                    self.handsets[place].handle_due(self.now.mono);
                    self.drain(place);
                    None
                }
            };
        }
        let Queued { at, what, .. } = self.queue.pop()?;
        self.set_time(at);
        self.happen(what)
    }

    fn happen(&mut self, what: Next) -> Option<Step> {
        match what {
            Next::Start => return Some(self.start()),
            Next::Up { flow, bytes } => return self.arrive_up(flow, bytes),
            Next::Down { flow, bytes } => self.arrive_down(&flow, &bytes),
            Next::Media(life, event) => return self.media_says(life, event),
            Next::Flush(life) => return self.flush(life),
            Next::FlowLost(life, flow) if life == self.lives => return self.tell(Came::FlowLost(flow)),
            Next::FlowLost(..) => {}
            Next::Reconnect(place) => self.connect(place),
            Next::PowerOn { phone, moves } => self.power_on(phone, moves),
            Next::Joined(place) => {
                if self.handsets[place].setup.tcp {
                    self.connect(place);
                }
                let now = self.now.mono;
                self.handsets[place].phone.register(now);
                self.drain(place);
            }
            Next::Within(place) => self.handsets[place].is_cut_off = false,
            Next::Trouble(place) => {
                let trouble = self.setup.troubles.get(place).map(|(_, trouble)| trouble.clone())?;
                return self.trouble(trouble);
            }
            Next::StoreWell => self.store.fails = false,
            Next::StoreQuick => self.flush_us = self.setup.store.flush_us,
            Next::MediaQuick => self.media_mute = false,
        }
        None
    }

    fn arrive_up(&mut self, flow: Flow, bytes: Arc<[u8]>) -> Option<Step> {
        let closed = flow.transport == Transport::Tcp && !self.routes.is_connected(flow.connection);
        if self.is_down || closed {
            return None;
        }
        self.tell(Came::Message(flow, bytes))
    }

    fn arrive_down(&mut self, flow: &Flow, bytes: &[u8]) {
        let Some(place) = self.routes.phone(flow) else { return };
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.is_cut_off {
            return;
        }
        handset.receive(now, bytes);
        self.drain(place);
    }

    fn media_says(&mut self, life: u32, event: MediaEvent) -> Option<Step> {
        if life != self.lives || self.is_down {
            return None;
        }
        if self.media_mute && self.is_faulty {
            self.soon(700_000, Next::Media(life, event));
            return None;
        }
        // After the end of a leg there is nothing to say of it.
        let leg = match &event {
            MediaEvent::Flowing { leg, .. }
            | MediaEvent::Digit { leg, .. }
            | MediaEvent::Missing { leg, .. }
            | MediaEvent::Back { leg }
            | MediaEvent::DeadAir { leg, .. }
            | MediaEvent::Sound { leg }
            | MediaEvent::Quality { leg, .. } => Some(*leg),
            MediaEvent::OpenFailed { .. }
            | MediaEvent::Closed { .. }
            | MediaEvent::RecordingStarted { .. }
            | MediaEvent::RecordingFailed { .. }
            | MediaEvent::RecordingClosed { .. } => None,
        };
        if let MediaEvent::Closed { leg, .. } = &event {
            self.media.told_end(*leg);
        }
        if leg.is_some_and(|leg| !self.media.speaks_of(leg)) {
            return None;
        }
        self.tell(Came::Media(event))
    }

    fn flush(&mut self, life: u32) -> Option<Step> {
        if life != self.lives || self.is_down {
            return None;
        }
        let mut flushed = self.store.flush();
        let (Flushed::Stored(tickets) | Flushed::NotStored(tickets)) = &mut flushed;
        self.plant.told(tickets);
        if tickets.is_empty() {
            return None;
        }
        self.tell(Came::Flushed(flushed))
    }

    /// Hands something to the exchange and carries out what it wants.
    pub fn tell(&mut self, came: Came) -> Option<Step> {
        if self.is_down {
            return None;
        }
        let now = self.now;
        let input = match &came {
            Came::Message(flow, bytes) => Input::Message { flow: *flow, bytes },
            Came::FlowLost(flow) => Input::FlowLost(*flow),
            Came::Media(event) => Input::Media(event.clone()),
            Came::Flushed(Flushed::Stored(tickets)) => Input::Stored(tickets.clone()),
            Came::Flushed(Flushed::NotStored(tickets)) => Input::NotStored(tickets.clone()),
            Came::Command(command) => {
                self.commands += 1;
                Input::Command {
                    id: CommandId(self.commands),
                    user: "supervisor".into(),
                    command: command.clone(),
                }
            }
            Came::Config => Input::Config(Arc::new(self.config.clone())),
            Came::EndAll => Input::EndAll,
            Came::Start | Came::Tick => Input::Tick,
        };
        self.exchange.handle(now, input);
        self.steps += 1;
        Some(self.carry_out(came))
    }

    fn carry_out(&mut self, came: Came) -> Step {
        let crash = self.crash.take();
        let mut actions = Vec::new();
        while let Some(action) = self.exchange.poll_action() {
            if crash.is_some_and(|(_, after, _)| actions.len() >= after) {
                break;
            }
            if let Some(action) = self.plant.change(action, &mut actions) {
                actions.push(action);
            }
        }
        for action in &actions {
            self.sum(action);
            self.do_one(action);
        }
        let mut changed = self.exchange.take_changed();
        self.plant.changed(&mut changed);
        let step = Step { now: self.now, came, actions, changed, died: crash.is_some() };
        if let Some((down_ms, _, kept_percent)) = crash {
            self.die(down_ms, kept_percent);
        } else {
            self.wake_exchange();
        }
        step
    }

    fn wake_exchange(&mut self) {
        match self.exchange.poll_timeout() {
            Some(at) => self.due.set(Who::Exchange, at.max(self.now.mono)),
            None => self.due.cancel(Who::Exchange),
        }
    }

    /// Adds an action to the fingerprint.
    fn sum(&mut self, action: &Action) {
        let mut add = |word: u64| {
            self.fingerprint = (self.fingerprint ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        };
        add(self.now.mono.0);
        match action {
            Action::Send { bytes, .. } => {
                for chunk in bytes.chunks(8) {
                    add(chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
                }
            }
            Action::Media(_) => add(2),
            Action::Persist { ticket, .. } => add(3 + ticket.map_or(0, |t| t.0)),
            Action::Reply { id, .. } => add(id.0),
        }
    }

    fn do_one(&mut self, action: &Action) {
        match action {
            Action::Send { flow, bytes } => self.send_down(*flow, bytes.clone()),
            Action::Media(command) => self.do_media(command),
            Action::Persist { ticket, record } => {
                if let Record::Event(event) = record
                    && self.keep_events > 0
                {
                    self.events.push(event.clone());
                    let excess = self.events.len().saturating_sub(self.keep_events);
                    self.events.drain(..excess);
                }
                if self.store.put(*ticket, record.clone()) {
                    self.soon(self.flush_us, Next::Flush(self.lives));
                }
            }
            Action::Reply { .. } => {}
        }
    }

    fn do_media(&mut self, command: &MediaCommand) {
        let (now_us, life) = (self.now.mono.0, self.lives);
        let later = self.media.command(now_us, &self.setup.media, &mut self.rng, self.is_faulty, command);
        for (after, event) in later {
            self.soon(after, Next::Media(life, event));
        }
        if let MediaCommand::Agree { leg, agreed, .. } = command {
            let silent = agreed.remote_rtp.map(of_rtp).and_then(|place| self.handsets.get(place));
            if silent.is_some_and(|h| !h.is_on || h.is_cut_off) {
                self.soon(10_000_000, Next::Media(life, Media::silence(*leg)));
            }
        }
    }

    /// A phone falls silent: its legs will be found so.
    fn fall_silent(&mut self, place: usize) {
        let life = self.lives;
        let legs: Vec<_> = self.media.phones().filter(|(_, at)| of_rtp(*at) == place).collect();
        for (leg, _) in legs {
            self.soon(10_000_000, Next::Media(life, Media::silence(leg)));
        }
    }

    fn send_down(&mut self, flow: Flow, bytes: Arc<[u8]>) {
        let Some(place) = self.routes.phone(&flow) else { return };
        for after in meddled(&mut self.meddling, place, false, &bytes) {
            self.carry_down(place, flow, &bytes, after);
        }
    }

    fn carry_down(&mut self, place: usize, flow: Flow, bytes: &Arc<[u8]>, after_us: u64) {
        let (setup, now, is_faulty) = (&self.setup.net, Mono(self.now.mono.0 + after_us), self.is_faulty);
        let handset = &mut self.handsets[place];
        if flow.transport == Transport::Tcp {
            let at = handset.last_down.max(Mono(now.0 + setup.delay_us));
            handset.last_down = at;
            return self.later(at, Next::Down { flow, bytes: bytes.clone() });
        }
        for after in journey(setup, is_faulty, &mut handset.rng).into_iter().flatten() {
            self.order += 1;
            let at = Mono(now.0 + after);
            self.queue.push(Queued {
                at,
                order: self.order,
                what: Next::Down { flow, bytes: bytes.clone() },
            });
        }
    }

    /// Lets a phone say and send what it has to.
    pub fn drain(&mut self, place: usize) {
        let now = self.now.mono;
        let sent = self.handsets[place].converse(now);
        for (bytes, after) in sent {
            for more in meddled(&mut self.meddling, place, true, &bytes) {
                self.send_up(place, bytes.clone(), after + more);
            }
        }
        match self.handsets[place].poll_timeout() {
            Some(at) => self.due.set(Who::Phone(place), at.max(now)),
            None => self.due.cancel(Who::Phone(place)),
        }
    }

    fn send_up(&mut self, place: usize, bytes: Vec<u8>, after_us: u64) {
        let now = Mono(self.now.mono.0 + after_us);
        let handset = &mut self.handsets[place];
        if handset.is_cut_off {
            return;
        }
        let flow = handset.flow();
        let bytes: Arc<[u8]> = bytes.into();
        if flow.transport == Transport::Tcp {
            if flow.connection == 0 {
                return;
            }
            let at = handset.last_up.max(Mono(now.0 + self.setup.net.delay_us));
            handset.last_up = at;
            return self.later(at, Next::Up { flow, bytes });
        }
        let setup = &self.setup.net;
        let mut queued = Vec::new();
        if self.is_faulty && setup.garbage_ppm > 0 && handset.rng.below(1_000_000) < setup.garbage_ppm.into()
        {
            let noise: Arc<[u8]> = garbage(&mut handset.rng, &bytes).into();
            queued.push((setup.delay_us, noise));
        }
        for after in journey(setup, self.is_faulty, &mut handset.rng).into_iter().flatten() {
            queued.push((after, bytes.clone()));
        }
        for (after, bytes) in queued {
            self.later(Mono(now.0 + after), Next::Up { flow, bytes });
        }
    }

    /// A phone opens a connection, once there is somebody to connect to.
    fn connect(&mut self, place: usize) {
        if self.handsets[place].connection != 0 || !self.handsets[place].is_on {
            return;
        }
        if self.is_down || self.handsets[place].is_cut_off {
            return self.soon(2_000_000, Next::Reconnect(place));
        }
        let connection = self.routes.connect(place);
        let (port, now) = (self.routes.fresh_port(), self.now.mono);
        let handset = &mut self.handsets[place];
        handset.connection = connection;
        handset.public.set_port(port);
        (handset.last_up, handset.last_down) = (now, now);
        let flow = handset.own_flow();
        handset.phone.connected(now, flow);
        self.drain(place);
    }

    /// A phone's connection is gone, and it notices.
    fn disconnect(&mut self, place: usize) -> Option<Flow> {
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.connection == 0 {
            return None;
        }
        let flow = handset.flow();
        handset.connection = 0;
        self.routes.disconnect(flow.connection);
        if handset.is_on {
            handset.phone.connection_lost(now);
        }
        let wait = 100_000 + handset.rng.below(3_000_000);
        self.drain(place);
        self.soon(wait, Next::Reconnect(place));
        Some(flow)
    }

    /// A phone without power gets it, perhaps at another port.
    pub fn power_on(&mut self, place: usize, moves: bool) {
        if self.handsets[place].is_on {
            return;
        }
        let port = self.routes.fresh_port();
        let handset = &mut self.handsets[place];
        if moves && !handset.setup.tcp {
            self.routes.clear(handset.public);
            if handset.own == handset.public {
                handset.own.set_port(port);
            }
            handset.public.set_port(port);
            self.routes.place(handset.public, place);
        }
        handset.power_on(place);
        let now = self.now.mono;
        if self.handsets[place].setup.tcp {
            self.handsets[place].phone.connection_lost(now);
            self.handsets[place].phone.register(now);
            self.connect(place);
        } else {
            self.handsets[place].phone.register(now);
        }
        self.drain(place);
    }

    /// Something goes wrong now.
    pub fn trouble(&mut self, trouble: Trouble) -> Option<Step> {
        if !self.is_faulty {
            return None;
        }
        let phones = self.handsets.len();
        match trouble {
            Trouble::Vanish { phone, for_ms, moves } => self.vanish(phone % phones, for_ms, moves),
            Trouble::CutOff { phone, for_ms } => {
                let phone = phone % phones;
                self.handsets[phone].is_cut_off = true;
                self.fall_silent(phone);
                self.soon(for_ms * 1000, Next::Within(phone));
            }
            Trouble::Rebind { phone, address } => self.rebind(phone % phones, address),
            Trouble::Reset { phone } => {
                let flow = self.disconnect(phone % phones)?;
                let wait = self.rng.below(200_000);
                self.soon(wait, Next::FlowLost(self.lives, flow));
            }
            Trouble::Step { by_ms } => {
                self.now.wall.0 += by_ms;
                self.stepped_back_ms += (-by_ms).max(0);
            }
            Trouble::Crash { down_ms, after_actions, kept_percent } => {
                self.crash = Some((down_ms, after_actions, kept_percent));
            }
            Trouble::Restart { down_ms } => return self.restart_in_order(down_ms),
            Trouble::StoreSlow { flush_ms, for_ms } => {
                self.flush_us = flush_ms * 1000;
                self.soon(for_ms * 1000, Next::StoreQuick);
            }
            Trouble::StoreFails { for_ms } => {
                self.store.fails = true;
                self.soon(for_ms * 1000, Next::StoreWell);
            }
            Trouble::MediaSlow { for_ms } => {
                self.media_mute = true;
                self.soon(for_ms * 1000, Next::MediaQuick);
            }
            Trouble::HangUp { place } => {
                let calls: Vec<CallId> = self.exchange.calls().map(|c| c.id).collect();
                let call = *calls.get(place % calls.len().max(1))?;
                return self.tell(Came::Command(Command::HangUp(call)));
            }
            Trouble::Unregister { phone } => {
                let extension = self.handsets[phone % phones].setup.extension.clone();
                return self.tell(Came::Command(Command::Unregister { extension, contact: None }));
            }
            Trouble::Reload { phone, password } => return self.reload(phone % phones, password),
        }
        None
    }

    fn vanish(&mut self, place: usize, for_ms: u64, moves: bool) {
        let now = self.now.mono;
        let handset = &mut self.handsets[place];
        if handset.is_on {
            handset.power_off(now);
            let flow = handset.flow();
            if std::mem::take(&mut handset.connection) != 0 {
                self.routes.disconnect(flow.connection);
                // Nobody says goodbye: the other side notices later.
                let wait = self.rng.below(60_000_000);
                self.soon(wait, Next::FlowLost(self.lives, flow));
            }
            self.fall_silent(place);
            self.drain(place);
        }
        self.soon(for_ms * 1000, Next::PowerOn { phone: place, moves });
    }

    fn rebind(&mut self, place: usize, address: bool) {
        let port = self.routes.fresh_port();
        let handset = &mut self.handsets[place];
        if handset.setup.tcp {
            return;
        }
        self.routes.clear(handset.public);
        handset.public.set_port(port);
        if address {
            let last = u8::try_from(handset.rng.below(250)).unwrap_or(0);
            handset.public.set_ip([198, 51, 100, last].into());
        }
        self.routes.place(handset.public, place);
    }

    fn reload(&mut self, place: usize, changes_password: bool) -> Option<Step> {
        let number = self.handsets[place].setup.extension.clone();
        if changes_password {
            let password = format!("new{}", self.rng.below(1000));
            let entry = extension(&number, &password, self.setup.site.md5);
            if self.config.extensions.contains_key(&number) {
                self.config.extensions.insert(number.clone(), entry);
            }
            for handset in self.handsets.iter_mut().filter(|h| h.setup.extension == number) {
                // Taken over at its next start, as by a technician.
                handset.password.clone_from(&password);
            }
        } else if self.removed.remove(&number) {
            let password = self.handsets[place].password.clone();
            let entry = extension(&number, &password, self.setup.site.md5);
            self.config.extensions.insert(number, entry);
        } else {
            self.config.extensions.remove(&number);
            self.removed.insert(number);
        }
        self.tell(Came::Config)
    }

    fn restart_in_order(&mut self, down_ms: u64) -> Option<Step> {
        let step = self.tell(Came::EndAll)?;
        if step.died {
            return Some(step);
        }
        // The daemon waits for the store before it goes.
        if self.store.waiting() > 0 {
            self.store.flush();
        }
        self.die(down_ms, 100);
        Some(Step { died: true, ..step })
    }

    /// The process is gone, and with it all that was only in memory.
    pub fn die(&mut self, down_ms: u64, kept_percent: u64) {
        self.store.crash(kept_percent, &mut self.rng);
        self.is_down = true;
        self.media = Media::default();
        self.due.cancel(Who::Exchange);
        for connection in self.routes.connections() {
            let flow = Flow { transport: Transport::Tcp, local: HERE, remote: HERE, connection };
            if let Some(place) = self.routes.phone(&flow) {
                self.disconnect(place);
            }
        }
        self.later(self.now.mono.after(Duration::from_millis(down_ms.max(1))), Next::Start);
    }

    /// The exchange starts: for the first time, or again from what is on disk.
    fn start(&mut self) -> Step {
        if self.is_down {
            self.is_down = false;
            self.lives += 1;
            self.store_failed_before = std::mem::take(&mut self.store.has_failed);
            self.found_open = self.store.disk.open.keys().copied().collect();
            let (seed, restored) = (self.rng.bytes(), self.store.disk.restored());
            self.exchange = Exchange::new(self.now, Arc::new(self.config.clone()), seed, restored);
        }
        self.steps += 1;
        self.carry_out(Came::Start)
    }

    /// The faults stop: everybody has power, the network carries, nobody behaves badly, no more calls are planned.
    pub fn make_peace(&mut self) -> Vec<Step> {
        self.is_faulty = false;
        self.crash = None;
        self.store.fails = false;
        self.media_mute = false;
        self.flush_us = self.setup.store.flush_us;
        let mut steps = Vec::new();
        for place in 0..self.handsets.len() {
            let number = self.handsets[place].setup.extension.clone();
            if self.removed.remove(&number) {
                let entry = extension(&number, &self.handsets[place].password, self.setup.site.md5);
                self.config.extensions.insert(number, entry);
            }
        }
        steps.extend(self.tell(Came::Config));
        for place in 0..self.handsets.len() {
            self.handsets[place].behaves = true;
            self.handsets[place].is_cut_off = false;
            self.handsets[place].actor.finish();
            self.power_on(place, false);
            self.drain(place);
        }
        steps
    }

    /// Phones that gave up registering, because they were refused for good, are told to try again.
    pub fn register_all(&mut self) {
        let now = self.now.mono;
        for place in 0..self.handsets.len() {
            let handset = &mut self.handsets[place];
            if handset.setup.tcp && handset.connection == 0 {
                self.connect(place);
            }
            if self.handsets[place].has_new_password() {
                self.handsets[place].power_on(place);
            }
            self.handsets[place].phone.register(now);
            self.drain(place);
        }
    }

    /// Whether nobody is in a call any more and nothing is on its way to be ended.
    pub fn is_quiet(&self) -> bool {
        let s = self.exchange.status();
        !self.is_down
            && (s.calls, s.dialogs, s.rtp_ports, s.outbox) == (0, 0, 0, 0)
            && self.store.waiting() == 0
            && self.handsets.iter().all(|h| !h.phone.is_in_call())
    }

    /// Phones that have a habit.
    pub fn with_habit(&self, habit: Habit) -> usize {
        self.handsets.iter().filter(|h| h.setup.habits.contains(&habit)).count()
    }
}

/// When calls begin to be made.
pub fn begin() -> Mono {
    START.after(Duration::from_secs(5))
}
