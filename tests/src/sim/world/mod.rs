//! The world of a run: its clocks, what happens next, and the exchange in the middle.
//!
//! [`World::advance`] lets the next thing happen. If that reached the exchange, it gives the [`Step`]: what came in, and
//! what the exchange wanted done; the checkers look at that.

mod exchange;
mod hosts;
mod phones;
mod site;
mod troubles;

use crate::sim::handset::Handset;
use crate::sim::media::Media;
use crate::sim::network::{Meddling, Routes};
use crate::sim::plant::Plant;
use crate::sim::setup::Setup;
use crate::sim::store::{Flushed, Store};
pub use site::{CONSENT, HOLD_MUSIC, SUPERVISOR, USER, restricted_to};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{
    Action, CallId, Changed, Command, Config, Event, Exchange, Flow, HostAddress, MediaEvent, MessageFacts,
    Mono, Now, Wall,
};
use switchroom_flow::Answer;
use switchroom_phone::script::{Course, Part, Role};
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
    /// What came of a question that a flow asked.
    Answered(CallId, u64, Answer),
    /// A host was looked up.
    Resolved(String, Result<Vec<HostAddress>, String>),
    /// Who asks for something, and for what.
    Command(&'static str, Command),
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
    /// Which one, as [`World::steps`] counts them.
    pub number: u64,
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

impl Step {
    /// Whether a user was told that what was asked for is done.
    pub fn is_done(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Reply { result: Ok(_), .. }))
    }

    /// What a user asked for, whether with all rights or only with those on what is the own.
    pub fn command(&self) -> Option<&Command> {
        match &self.came {
            Came::Command(_, Command::Own(command)) => Some(command),
            Came::Command(_, command) => Some(command),
            _ => None,
        }
    }

    /// Whether somebody may have pressed a key: in sound, or in a message of its own.
    pub fn is_key(&self) -> bool {
        match &self.came {
            Came::Media(event) => matches!(event, MediaEvent::Digit { .. }),
            Came::Message(_, bytes) => bytes.starts_with(b"INFO "),
            _ => false,
        }
    }
}

/// What happens at some time.
#[derive(Debug)]
enum Next {
    Up { flow: Flow, bytes: Arc<[u8]> },
    Down { flow: Flow, bytes: Arc<[u8]> },
    Media(u32, MediaEvent),
    Flush(u32),
    Answer(u32, CallId, u64, Answer),
    FlowLost(u32, Flow),
    Reconnect(usize),
    PowerOn { phone: usize, moves: bool },
    Joined(usize),
    Keys { phone: usize, keys: String, by_info: bool },
    Within(usize),
    Trouble(usize),
    LookUp { life: u32, phone: usize },
    Stop { life: u32, down_ms: u64 },
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
    /// What became of the messages that were being recorded when the exchange died.
    pub cut_off: BTreeMap<String, Option<MessageFacts>>,
    /// The store could not keep something in the life before.
    pub store_failed_before: bool,
    /// Addresses that were told last of hosts that the configuration names, in this life of the exchange.
    pub hosts: BTreeMap<String, Vec<HostAddress>>,
    /// Extensions out of the configuration at the moment.
    pub removed: BTreeSet<String>,
    /// Events that were written, newest last; only as many as `keep_events` wants.
    pub events: Vec<Event>,
    /// How many.
    pub keep_events: usize,
    /// What the network does to certain messages, for scenarios.
    pub meddling: Vec<Meddling>,
    /// Calls whose caller typed a secret, in this life of the exchange.
    pub typed_secrets: BTreeSet<CallId>,
    /// Nodes that ask for a secret, of all flows so far.
    secret_nodes: BTreeSet<String>,
    /// How often the flows changed, and queues and agents.
    generation: u64,
    floor_generation: u64,
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

impl World {
    /// The world of a run, before anything has happened. Phones register within the first seconds.
    pub fn new(setup: Setup, mut plant: Plant) -> Self {
        let mut rng = Rng::from_number(setup.seed ^ 0x5157_4f52_4c44);
        let now = Now { mono: START, wall: Wall(setup.site.starts_ms) };
        let mut config = site::config(&setup);
        plant.config(&mut config);
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
            cut_off: BTreeMap::new(),
            store_failed_before: false,
            hosts: BTreeMap::new(),
            removed: BTreeSet::new(),
            events: Vec::new(),
            keep_events: 0,
            meddling: Vec::new(),
            typed_secrets: BTreeSet::new(),
            secret_nodes: setup.inbound.flows(0).1,
            generation: 0,
            floor_generation: 0,
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
            if let Some(number) = self.dialled(call.number)
                && let Some(parts) = parts.get_mut(call.from)
            {
                let (peer, course) = (number.to_owned(), of_a_caller(&call.course));
                parts.push(Part { call: call.number, at: call.at, role: Role::Caller, peer, course });
                continue;
            }
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
            let manner = self.setup.floor.manner(&numbers[place], place);
            let strangers = manner.unwrap_or(strangers);
            let handset = Handset::new(&self.setup, place, begin(), parts, strangers);
            self.routes.place(handset.public, place);
            self.handsets.push(handset);
            let wait = Duration::from_millis(self.rng.below(3_000));
            self.later(START.after(wait), Next::Joined(place));
        }
    }

    /// The number of a queue or a route that a call goes to in place of a phone.
    fn dialled(&self, call: u32) -> Option<&'static str> {
        self.setup.floor.number(call).or_else(|| self.setup.inbound.number(call))
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
            Next::Answer(life, call, number, answer) if life == self.lives => {
                return self.tell(Came::Answered(call, number, answer));
            }
            Next::Answer(..) => {}
            Next::FlowLost(life, flow) if life == self.lives => return self.tell(Came::FlowLost(flow)),
            Next::FlowLost(..) => {}
            Next::Reconnect(place) => self.connect(place),
            Next::PowerOn { phone, moves } => self.power_on(phone, moves),
            Next::Joined(place) => {
                if self.handsets[place].setup.tcp {
                    self.connect(place);
                }
                let now = self.now.mono;
                self.handsets[place].register(now);
                self.drain(place);
            }
            Next::Keys { phone, keys, by_info } => self.press(phone, &keys, by_info),
            Next::Within(place) => self.handsets[place].is_cut_off = false,
            Next::Trouble(place) => {
                let trouble = self.setup.troubles.get(place).map(|(_, trouble)| trouble.clone())?;
                return self.trouble(trouble);
            }
            Next::LookUp { life, phone } => return self.look_up(life, phone),
            Next::Stop { life, down_ms } => return self.stop(life, down_ms),
            Next::StoreWell => self.store.fails = false,
            Next::StoreQuick => self.flush_us = self.setup.store.flush_us,
            Next::MediaQuick => self.media_mute = false,
        }
        None
    }

    /// Whether nobody is in a call any more and nothing is on its way to be ended.
    pub fn is_quiet(&self) -> bool {
        let s = self.exchange.status();
        !self.is_down
            && (s.calls, s.dialogs, s.rtp_ports, s.outbox) == (0, 0, 0, 0)
            && self.store.waiting() == 0
            // Who was called back in vain is called again before long.
            && self.exchange.floor().call_backs().all(switchroom_acd::CallBack::is_in_line)
            && self.handsets.iter().all(|h| !h.phone.is_in_call())
    }
}

/// What somebody does who calls a number of the house: waits for a while, or not.
fn of_a_caller(course: &Course) -> Course {
    match course {
        Course::Cancel { after } => Course::Cancel { after: *after },
        Course::Talk { talk, hold, .. } => Course::Talk {
            answer_after: Duration::ZERO,
            talk: *talk + Duration::from_secs(20),
            hold: *hold,
            digits: None,
            caller_ends: true,
        },
        // Whoever is refused or not answered has patience.
        Course::NoAnswer | Course::Busy | Course::Decline => Course::Talk {
            answer_after: Duration::ZERO,
            talk: Duration::from_secs(150),
            hold: None,
            digits: None,
            caller_ends: true,
        },
    }
}

/// When calls begin to be made.
pub fn begin() -> Mono {
    START.after(Duration::from_secs(5))
}
