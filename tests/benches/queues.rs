//! What distributing calls costs: the floor alone by its size, and the exchange around it.
//!
//! `cargo bench -p switchroom-tests --bench queues`
//!
//! 1. The floor alone: an agent becomes free while many wait, and a caller comes while many are free, for 10 to 10,000 of
//!    each. The time is from the event to the last of its effects.
//! 2. The exchange: 500 agents talk and 1,000 callers wait. The time is from the BYE of an agent's talk being handed in to
//!    the INVITE for that agent's next caller coming out.
//! 3. A call between two phones, from its INVITE to the answer of its BYE, while nobody waits and while 10,000 do.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchroom_acd::config::{AgentConfig, Membership, Need, QueueConfig, SortKey};
use switchroom_acd::{Effect, Floor, Join, Moment, Presence};
use switchroom_exchange::{
    Action, AgentAct, Codec, Command, CommandId, Config, Exchange, Extension, Flow, Input, MediaCommand,
    MediaEvent, Mono, Now, Quality, RecordRule, Restored, Transport, Wall,
};
use switchroom_flow::number::Pattern;
use switchroom_flow::routes::{Destination, Route};
use switchroom_sip::digest::{Algorithm, ha1};
use switchroom_sip::endpoint::{Endpoint, Event, Invite, SessionEvent, SessionId, Settings};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::method::Method;
use switchroom_sip::name_addr::NameAddr;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::uri::Uri;

const START_MS: i64 = 1_700_000_000_000;

fn main() {
    println!("floor alone, microseconds an event (p50 / p99)");
    println!("{:>8} {:>22} {:>22}", "size", "agent becomes free", "caller comes");
    for size in [10, 100, 1_000, 10_000] {
        let (freed, came) = (freed(size), came(size));
        println!("{size:>8} {:>22} {:>22}", shown(&freed), shown(&came));
    }
    let next = next_invite(500, 1_000, 4_000);
    println!(
        "exchange, 500 agents, 1,000 waiting: BYE in to INVITE out, microseconds (p50 / p99): {}",
        shown(&next)
    );
    let mut quiet = plain_calls(0, 2_000);
    let mut full = plain_calls(10_000, 2_000);
    println!("a call between phones, all its messages, microseconds (p50 / p99):");
    println!("  nobody waits {}, 10,000 wait {}", shown(&quiet), shown(&full));
    quiet.sort();
    full.sort();
    let (quiet, full) = (quiet[quiet.len() / 2].as_secs_f64(), full[full.len() / 2].as_secs_f64());
    println!(
        "  calls a second and core: {:.0} and {:.0} ({:.2} x the time)",
        1.0 / quiet,
        1.0 / full,
        full / quiet
    );
}

/// Half of them and all but one of a hundred took no longer.
fn shown(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    format!("{:.1} / {:.1}", at(0.5), at(0.99))
}

/// Agents in three of five queues each, which ask for one of three skills and relax.
fn floor_config(agents: u32) -> switchroom_acd::Config {
    let skills = ["german", "billing", "english"];
    let queue = |n: usize| QueueConfig {
        order: vec![SortKey::Tier, SortKey::Skill, SortKey::LongestIdle],
        needs: vec![Need { skill: skills[n % 3].into(), level: 3, relaxes: vec![(600_000, 0)] }],
        max_waiting: 20_000,
        ring: 600_000,
        ..QueueConfig::default()
    };
    let agent = |n: u32| AgentConfig {
        skills: skills
            .iter()
            .enumerate()
            .map(|(at, name)| ((*name).into(), 3 + ((n + at as u32) % 7) as u8))
            .collect(),
        queues: (0..3)
            .map(|at| (format!("q{}", (n + at) % 5), Membership { position: n, ..Membership::default() }))
            .collect(),
        ..AgentConfig::default()
    };
    switchroom_acd::Config {
        agents: (0..agents).map(|n| (format!("{n:05}"), agent(n))).collect(),
        queues: (0..5).map(|n| (format!("q{n}"), queue(n))).collect(),
        breaks: BTreeMap::new(),
    }
}

/// A floor with its clock.
struct Bench {
    floor: Floor,
    now: Moment,
    calls: u128,
    /// Offers that ring: the call and the agent.
    rings: Vec<(u128, String)>,
}

impl Bench {
    /// All agents are ready.
    fn new(agents: u32) -> Self {
        let now = Moment { mono: 1_000, wall: START_MS };
        let floor = Floor::new(now, 1, 3, Arc::new(floor_config(agents)));
        let mut this = Self { floor, now, calls: 0, rings: Vec::new() };
        for n in 0..agents {
            let (number, seat) = (format!("{n:05}"), format!("x{n}"));
            this.now.mono += 1;
            this.floor.phone(this.now, &seat, true, false);
            this.floor.choose(this.now, &number, Presence::Ready, Some(&seat), "bench").unwrap();
            this.drain();
        }
        this
    }

    fn drain(&mut self) {
        while let Some(effect) = self.floor.poll_effect() {
            if let Effect::Ring { call, agents, .. } = effect {
                self.rings.extend(agents.into_iter().map(|(agent, _)| (call, agent)));
            }
        }
    }

    fn join(&mut self) {
        self.calls += 1;
        self.now.mono += 1;
        let queue = format!("q{}", self.calls % 5);
        let caller = format!("+49{}", self.calls);
        let join = Join { call: self.calls, visit: 1, queue, caller, ..Join::default() };
        self.floor.join(self.now, join).unwrap();
        self.drain();
    }

    /// Whoever rings answers; gives the calls that talk now.
    fn answer(&mut self) -> Vec<u128> {
        let rings = std::mem::take(&mut self.rings);
        for (call, agent) in &rings {
            assert!(self.floor.answered(self.now, *call, agent));
            self.drain();
        }
        rings.into_iter().map(|(call, _)| call).collect()
    }
}

/// As many agents talk as callers wait; one talk after the other ends.
fn freed(size: u32) -> Vec<Duration> {
    let mut bench = Bench::new(size);
    let mut talks = std::collections::VecDeque::new();
    for _ in 0..2 * size {
        bench.join();
        talks.extend(bench.answer());
    }
    assert_eq!(bench.floor.waiter_count(), size as usize);
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let call = talks.pop_front().unwrap();
        bench.now.mono += 10;
        let begin = Instant::now();
        bench.floor.talk_ended(bench.now, call);
        bench.drain();
        times.push(begin.elapsed());
        talks.extend(bench.answer());
        bench.join();
    }
    times
}

/// All agents are free and nobody waits; callers come, talk and go one by one.
fn came(size: u32) -> Vec<Duration> {
    let mut bench = Bench::new(size);
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let begin = Instant::now();
        bench.join();
        times.push(begin.elapsed());
        for call in bench.answer() {
            bench.floor.talk_ended(bench.now, call);
            bench.drain();
        }
    }
    times
}

const HERE: &str = "192.0.2.1:5060";

/// A phone.
struct Phone {
    end: Endpoint,
    flow: Flow,
    number: String,
}

/// The exchange, phones around it, and no time between them.
struct World {
    x: Exchange,
    now: Now,
    phones: BTreeMap<SocketAddr, Phone>,
    /// Handed in and not yet carried out.
    actions: Vec<Action>,
    /// Calls that phones were told of: where, which, what.
    told: Vec<(SocketAddr, Event)>,
}

fn extension(number: &str) -> Extension {
    let hex = ha1(Algorithm::Sha256, number, "pbx.example", "secret");
    let bytes: Vec<u8> =
        (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
    Extension {
        number: number.into(),
        name: format!("Person {number}"),
        ha1_md5: None,
        ha1_sha256: bytes.try_into().ok(),
        record: None,
        ring: None,
        auto_answer: false,
        contact: None,
    }
}

fn config(agents: u32) -> Config {
    let numbers =
        (0..agents).map(|n| format!("1{n:04}")).chain(["90001", "90002", "90003"].map(str::to_owned));
    let agent = |n: u32| AgentConfig {
        extension: Some(format!("1{n:04}")),
        queues: BTreeMap::from([("q".into(), Membership { position: n, ..Membership::default() })]),
        ..AgentConfig::default()
    };
    let queue = QueueConfig {
        max_waiting: 20_000,
        ring: 600_000,
        join: switchroom_acd::config::Staff::None,
        stay: switchroom_acd::config::Staff::None,
        ..QueueConfig::default()
    };
    let mut config = Config {
        supervision: Default::default(),
        site: "bench".into(),
        domain: "pbx.example".into(),
        extensions: numbers.map(|number| (number.clone(), extension(&number))).collect(),
        services: BTreeMap::new(),
        flows: BTreeMap::new(),
        inbound: Default::default(),
        floor: Arc::new(switchroom_acd::Config {
            agents: (0..agents).map(|n| (format!("{n:05}"), agent(n))).collect(),
            queues: BTreeMap::from([("q".into(), queue)]),
            breaks: BTreeMap::new(),
        }),
        record: RecordRule::Never,
        recording_key: String::new(),
        consent: String::new(),
        consent_refuse: None,
        hold_reminder: Duration::ZERO,
        hold_music: vec![],
        ring: Duration::from_secs(600),
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        external: None,
        local_networks: vec![],
        rtp_port_first: 10_000,
        rtp_pairs: 25_000,
        register_min: Duration::from_secs(60),
        register_max: Duration::from_secs(3_600),
        bindings_max: 3,
        keep_alive: Duration::ZERO,
        session_expires: Duration::from_secs(14_400),
        calls_max: 20_000,
        calls_per_extension: 20_000,
        allow_md5: false,
    };
    let (number, to) = (Pattern::parse("700").unwrap(), Destination::Queue("q".into()));
    config.inbound.routes.push(Route::plain("queue", number, to));
    config
}

fn sdp(ip: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n")
        .into_bytes()
}

impl World {
    fn new(agents: u32) -> Self {
        let now = Now { mono: Mono(1_000_000), wall: Wall(START_MS) };
        let x = Exchange::new(now, Arc::new(config(agents)), [7; 32], Restored::default());
        let mut this = Self { x, now, phones: BTreeMap::new(), actions: vec![], told: vec![] };
        for n in 0..agents {
            let at = this.phone(&format!("1{n:04}"));
            this.register(at);
            let act =
                AgentAct::Choose { agent: format!("{n:05}"), presence: Presence::Ready, extension: None };
            this.x.handle(
                this.now,
                Input::Command {
                    id: CommandId(u64::from(n)),
                    user: "bench".into(),
                    command: Command::Agent(act),
                },
            );
            this.settle();
        }
        this
    }

    fn phone(&mut self, number: &str) -> SocketAddr {
        let n = u16::try_from(self.phones.len()).unwrap();
        let at = SocketAddr::from(([198, 51, (n >> 8) as u8, (n & 255) as u8], 5060));
        let settings = Settings {
            agent: "bench".into(),
            session_expires: Duration::from_secs(14_400),
            external: None,
            local_networks: vec![],
            credentials: Some((number.into(), "secret".into())),
        };
        let flow =
            Flow { transport: Transport::Udp, local: at, remote: HERE.parse().unwrap(), connection: 0 };
        let end = Endpoint::new(settings, Rng::from_number(u64::from(n) + 1));
        self.phones.insert(at, Phone { end, flow, number: number.into() });
        at
    }

    fn register(&mut self, at: SocketAddr) {
        let now = self.now.mono;
        let phone = self.phones.get_mut(&at).unwrap();
        let us = format!("<sip:{}@pbx.example>", phone.number);
        let mut request =
            phone.end.make_outside(Method::Register, Uri::sip("", "pbx.example", None), &us, &us);
        request.headers.push(Name::Contact, format!("<sip:{}@{at}>", phone.number));
        request.headers.push(Name::Expires, "3600");
        phone.end.request_outside(now, phone.flow, request, 7);
        self.settle();
        let answered = |event: &Event| matches!(event, Event::Response(7, Some(r)) if r.status == Status::OK);
        assert!(self.told.iter().any(|(_, event)| answered(event)), "{:?}", self.told);
        self.told.clear();
    }

    /// Calls; gives the session and the time that the exchange took until nobody had anything more to say.
    fn dial(&mut self, at: SocketAddr, number: &str) -> (SessionId, Duration) {
        let now = self.now.mono;
        let phone = self.phones.get_mut(&at).unwrap();
        let uri = Uri::sip(number, "pbx.example", None);
        let invite = Invite {
            flow: phone.flow,
            uri: uri.clone(),
            from: NameAddr::bare(Uri::sip(&phone.number, "pbx.example", None)),
            to: NameAddr::bare(uri),
            contact_user: phone.number.clone(),
            sdp: Some(sdp(&at.ip().to_string())),
            max_forwards: 70,
            headers: Headers::default(),
        };
        let session = phone.end.invite(now, invite);
        (session, self.settle())
    }

    /// Hands a message in. Gives how long it took until the first INVITE came out, if one did, and until all had.
    fn receive(&mut self, from: SocketAddr, bytes: &[u8]) -> (Option<Duration>, Duration) {
        let flow =
            Flow { transport: Transport::Udp, local: HERE.parse().unwrap(), remote: from, connection: 0 };
        let begin = Instant::now();
        self.x.handle(self.now, Input::Message { flow, bytes });
        let mut invite = None;
        while let Some(action) = self.x.poll_action() {
            let is_invite = matches!(&action, Action::Send { bytes, .. } if bytes.starts_with(b"INVITE"));
            if is_invite && invite.is_none() {
                invite = Some(begin.elapsed());
            }
            self.actions.push(action);
        }
        (invite, begin.elapsed())
    }

    /// Lets time go by, so that one address is no faster than the guard answers it.
    fn pause(&mut self) {
        self.now.mono = self.now.mono.after(Duration::from_millis(10));
    }

    /// Until nobody has anything to say. Gives the time that the exchange took for it.
    fn settle(&mut self) -> Duration {
        let mut took = Duration::ZERO;
        loop {
            self.now.mono = self.now.mono.after(Duration::from_micros(100));
            while let Some(action) = self.x.poll_action() {
                self.actions.push(action);
            }
            let actions = std::mem::take(&mut self.actions);
            let was_quiet = actions.is_empty();
            actions.into_iter().for_each(|action| self.carry_out(action));
            let sent = self.sent();
            if was_quiet && sent.is_empty() {
                return took;
            }
            for (from, bytes) in sent {
                took += self.receive(from, &bytes).1;
            }
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Send { flow, bytes } => {
                let Some(phone) = self.phones.get_mut(&flow.remote) else { return };
                phone.end.receive(self.now.mono, phone.flow, &bytes);
                while let Some(event) = phone.end.poll_event() {
                    self.told.push((flow.remote, event));
                }
            }
            Action::Persist { ticket: Some(ticket), .. } => {
                self.x.handle(self.now, Input::Stored(vec![ticket]));
            }
            Action::Media(MediaCommand::Close { leg, slot, .. }) => {
                let whole = Quality::default();
                self.x.handle(self.now, Input::Media(MediaEvent::Closed { leg, slot, whole }));
            }
            Action::Persist { .. } | Action::Media(_) | Action::Reply { .. } | Action::Ask { .. } => {}
        }
    }

    fn sent(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sent = Vec::new();
        for (at, phone) in &mut self.phones {
            while let Some(event) = phone.end.poll_event() {
                self.told.push((*at, event));
            }
            while let Some(transmit) = phone.end.poll_transmit() {
                sent.push((*at, transmit.bytes.to_vec()));
            }
        }
        sent
    }

    /// Phones that ring answer; gives where, and the sessions.
    fn answer(&mut self) -> Vec<(SocketAddr, SessionId)> {
        let now = self.now.mono;
        let mut answered = Vec::new();
        for (at, event) in std::mem::take(&mut self.told) {
            let Event::Request(incoming) = event else { continue };
            if incoming.request.method != Method::Invite {
                continue;
            }
            let phone = self.phones.get_mut(&at).unwrap();
            let session = phone.end.take_invite(now, *incoming, "x").unwrap();
            phone.end.answer(now, session, sdp(&at.ip().to_string()));
            answered.push((at, session));
        }
        self.settle();
        answered
    }
}

fn next_invite(agents: u32, waiting: u32, rounds: u32) -> Vec<Duration> {
    let mut world = World::new(agents);
    let caller = world.phone("90001");
    let mut talks = std::collections::VecDeque::new();
    for _ in 0..agents + waiting {
        world.pause();
        world.dial(caller, "700");
        talks.extend(world.answer());
    }
    assert_eq!(
        (world.x.floor().talk_count(), world.x.floor().waiter_count()),
        (agents as usize, waiting as usize)
    );
    let mut times = Vec::new();
    for _ in 0..rounds {
        let (at, session) = talks.pop_front().unwrap();
        world.now.mono = world.now.mono.after(Duration::from_millis(20));
        let now = world.now.mono;
        world.phones.get_mut(&at).unwrap().end.hang_up(now, session, None);
        for (from, bytes) in world.sent() {
            let (invite, _) = world.receive(from, &bytes);
            times.extend(invite);
        }
        world.settle();
        talks.extend(world.answer());
        world.dial(caller, "700");
        talks.extend(world.answer());
    }
    assert_eq!(times.len(), rounds as usize, "each BYE frees an agent for the next caller");
    times
}

fn plain_calls(waiting: u32, rounds: u32) -> Vec<Duration> {
    let mut world = World::new(0);
    let (queued, a, b) = (world.phone("90001"), world.phone("90002"), world.phone("90003"));
    world.register(b);
    for _ in 0..waiting {
        world.pause();
        world.dial(queued, "700");
        world.told.clear();
    }
    assert_eq!(world.x.floor().waiter_count(), waiting as usize);
    let mut times = Vec::new();
    for _ in 0..rounds {
        world.now.mono = world.now.mono.after(Duration::from_millis(20));
        world.told.clear();
        let begin = world.x.status().calls;
        let (session, mut took) = world.dial(a, "90003");
        let rings = world.told.iter().any(|(at, event)| *at == b && matches!(event, Event::Request(_)));
        assert!(rings, "the phone rings");
        let now = world.now.mono;
        for (at, event) in std::mem::take(&mut world.told) {
            if let Event::Request(incoming) = event {
                let phone = world.phones.get_mut(&at).unwrap();
                let session = phone.end.take_invite(now, *incoming, "x").unwrap();
                phone.end.answer(now, session, sdp(&at.ip().to_string()));
            }
        }
        took += world.settle();
        let up = |event: &Event| matches!(event, Event::Session(_, SessionEvent::Answered(_)));
        assert!(world.told.iter().any(|(at, event)| *at == a && up(event)), "{:?}", world.told);
        let now = world.now.mono;
        world.phones.get_mut(&a).unwrap().end.hang_up(now, session, None);
        took += world.settle();
        assert_eq!(world.x.status().calls, begin);
        times.push(took);
    }
    times
}
