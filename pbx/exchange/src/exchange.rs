//! The exchange: owns every table, takes one input at a time, collects what is to be done.
//!
//! The contract: call [`Exchange::handle`], then drain [`Exchange::poll_action`] until it gives `None`, then take what
//! changed with [`Exchange::take_changed`], then ask [`Exchange::poll_timeout`] when to come back. Same configuration,
//! seed and inputs give the same actions, byte for byte.

use crate::alarm::Alarm;
use crate::auth::Auth;
use crate::call::Call;
use crate::coverage::Coverage;
use crate::due::Timer;
use crate::hosts::Hosts;
use crate::identity::Silences;
use crate::inbound::{Visit, without_digits};
use crate::input::{Action, Changed, CommandId, Input};
use crate::ladder::Ladders;
use crate::lamps::Lamps;
use crate::lines::Lines;
use crate::mailbox::Mailboxes;
use crate::mwi::Notices;
use crate::names::{BindingName, Names};
use crate::outbox::{MessageWords, Reply};
use crate::ports::Ports;
use crate::record::{Cdr, EventKind, Record, Restored, Severity};
use crate::register::Waiting;
use crate::registrar::Registrar;
use crate::subscriptions::{Package, Subscriptions};
use crate::supervision::{Refusals, Supervisors};
use crate::{CallId, Config, LegId, MediaCommand, PortSlot, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use switchroom_acd::Floor;
use switchroom_flow::pins::PinGuard;
use switchroom_flow::routes::Counts;
use switchroom_flow::share::Shares;
use switchroom_sip::endpoint::{ALLOW, Endpoint, Event as SipEvent, Incoming, SessionId, Settings};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::method::Method;
use switchroom_sip::rng::Rng;
use switchroom_sip::status::Status;
use switchroom_sip::time::{Deadlines, Mono, Now};

/// Figures of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Live calls.
    pub calls: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// SIP sessions.
    pub dialogs: usize,
    /// Extensions with a binding.
    pub registered: usize,
    /// Bindings.
    pub bindings: usize,
    /// RTP port pairs in use.
    pub rtp_ports: usize,
    /// RTP port pairs there are.
    pub rtp_ports_max: usize,
    /// Calls since start.
    pub calls_total: u64,
    /// Malformed messages since start.
    pub malformed: u64,
    /// Wrong credentials since start.
    pub auth_failures: u64,
    /// Messages met with silence since start.
    pub ignored: u64,
    /// CDRs waiting for the store.
    pub outbox: usize,
    /// Facts about queues and agents waiting for the store.
    pub facts: usize,
    /// No new calls are taken.
    pub draining: bool,
}

/// What happened to an extension, beside its bindings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ExtensionNote {
    pub(crate) problem: Option<String>,
}

/// The exchange.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) config: Arc<Config>,
    pub(crate) endpoint: Endpoint,
    pub(crate) rng: Rng,
    pub(crate) auth: Auth,
    /// Who guessed passwords lately, as far as it is written down.
    pub(crate) silences: Silences,
    /// Connections on which something may be kept: over which somebody proved who they are, or was taken without.
    pub(crate) connections: BTreeSet<u64>,
    pub(crate) registrar: Registrar,
    /// Where hosts are that the configuration names.
    pub(crate) hosts: Hosts,
    /// Connections of our own to contacts of the configuration.
    pub(crate) lines: Lines,
    pub(crate) names: Names,
    pub(crate) registers_waiting: BTreeMap<Ticket, Waiting>,
    /// Callers who wait for the store to have their wish to be called back, and its name on the floor.
    pub(crate) call_backs_asked: BTreeMap<Ticket, (CallId, u128)>,
    pub(crate) replies_waiting: BTreeMap<CommandId, Reply>,
    /// Bindings (extension, key) whose present state is on its way to the store.
    pub(crate) bindings_waiting: BTreeMap<Ticket, (String, String)>,
    /// Bindings of which the disk has another state than there is: offered again.
    pub(crate) bindings_unkept: BTreeSet<(String, String)>,
    /// OPTIONS under way: which binding, and since when.
    pub(crate) pings: BTreeMap<u64, (BindingName, Mono)>,
    pub(crate) ports: Ports,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) live_calls: usize,
    /// Live calls by extension on either side.
    pub(crate) calls_with: BTreeMap<String, BTreeSet<CallId>>,
    /// Live calls by the extension that made them.
    pub(crate) calls_made: BTreeMap<String, usize>,
    pub(crate) sessions: BTreeMap<SessionId, (CallId, LegId)>,
    pub(crate) legs: BTreeMap<LegId, CallId>,
    /// Port pairs of forgotten calls that the media engine has not given back yet.
    pub(crate) closing: BTreeMap<LegId, PortSlot>,
    /// Callers in flows.
    pub(crate) visits: BTreeMap<CallId, Visit>,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) message_words: MessageWords,
    /// What happened to queues and agents and is not known to be on disk.
    pub(crate) fact_words: crate::facts::FactWords,
    /// Queues, agents and who waits.
    pub(crate) floor: Floor,
    /// The local day.
    pub(crate) today: crate::queues::Day,
    /// The time within which no queue opens or closes.
    pub(crate) unchanged: crate::queues::Unchanged,
    /// What happened in queues and to agents, counted.
    pub(crate) figures: switchroom_acd::figures::Figures,
    pub(crate) inbox: switchroom_acd::Inbox,
    /// What agents were told and have not acknowledged, by their numbers.
    pub(crate) told: BTreeMap<String, crate::queues::Told>,
    /// Calls that are placed for who is to be called back, by what the floor calls that.
    pub(crate) placed: BTreeMap<u128, crate::queues::Placed>,
    /// What the floor asks for is being carried out.
    pub(crate) runs_floor: bool,
    /// Extensions of agents that changed since the floor was told.
    pub(crate) seats_changed: BTreeSet<String>,
    /// Who is to be told of what.
    pub(crate) subscriptions: Subscriptions,
    /// The lamps among them.
    pub(crate) lamps: Lamps,
    /// Phones that are told of their boxes unasked.
    pub(crate) notices: Notices,
    /// How callers were shared out by flows.
    pub(crate) shares: Shares,
    /// Who tried which PINs.
    pub(crate) pin_guard: PinGuard,
    /// Calls that routes let in, for their limits.
    pub(crate) traffic: Counts,
    /// Supervisors at work, by their own calls.
    pub(crate) supervisions: Supervisors,
    /// What users were refused lately.
    pub(crate) refusals: Refusals,
    /// Calls of which it was noted in this step what they are of.
    pub(crate) kept_queues: BTreeSet<CallId>,
    /// Legs whose media is with that of another call than their own.
    pub(crate) rooms: BTreeMap<LegId, CallId>,
    pub(crate) ladders: Ladders,
    pub(crate) notes: BTreeMap<String, ExtensionNote>,
    pub(crate) alarms: BTreeMap<String, Alarm>,
    pub(crate) outbox: BTreeMap<Ticket, Box<Cdr>>,
    pub(crate) retry: VecDeque<Cdr>,
    pub(crate) timers: Deadlines<Timer>,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) changed: BTreeSet<Changed>,
    pub(crate) counts: Figures,
    pub(crate) coverage: Coverage,
    pub(crate) last_ticket: u64,
    pub(crate) last_request: u64,
    last_leg: u64,
    event_seq: u64,
    last_number: u64,
}

pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        agent: format!("Switchroom/{}", env!("CARGO_PKG_VERSION")),
        session_expires: config.session_expires,
        external: config.external,
        local_networks: config.local_networks.clone(),
        credentials: None,
    }
}

/// What the exchange takes, within dialogs and outside. NOTIFY is not among it: it watches nothing itself.
fn allowed() -> String {
    format!("{ALLOW}, REGISTER, SUBSCRIBE")
}

impl Exchange {
    /// An exchange that starts with what the store knows. Chance comes from `seed` alone.
    pub fn new(now: Now, config: Arc<Config>, seed: [u8; 32], restored: Restored) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = seed;
        let floor_seed = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let mut rng = Rng::new(seed);
        let mut endpoint = Endpoint::new(settings(&config), rng.fork());
        endpoint.set_tracing(true);
        let mut this = Self {
            endpoint,
            auth: Auth::new(rng.bytes()),
            silences: Silences::default(),
            connections: BTreeSet::new(),
            rng,
            registrar: Registrar::default(),
            hosts: Hosts::default(),
            lines: Lines::default(),
            names: Names::default(),
            registers_waiting: BTreeMap::new(),
            call_backs_asked: BTreeMap::new(),
            replies_waiting: BTreeMap::new(),
            bindings_waiting: BTreeMap::new(),
            bindings_unkept: BTreeSet::new(),
            pings: BTreeMap::new(),
            ports: Ports::new(config.rtp_pairs),
            calls: BTreeMap::new(),
            live_calls: 0,
            calls_with: BTreeMap::new(),
            calls_made: BTreeMap::new(),
            sessions: BTreeMap::new(),
            legs: BTreeMap::new(),
            closing: BTreeMap::new(),
            visits: BTreeMap::new(),
            mailboxes: Mailboxes::default(),
            message_words: MessageWords::default(),
            fact_words: crate::facts::FactWords::default(),
            floor: crate::queues::floor(now, &config, floor_seed),
            today: crate::queues::Day::default(),
            unchanged: crate::queues::Unchanged::default(),
            figures: Default::default(),
            inbox: Default::default(),
            told: BTreeMap::new(),
            placed: BTreeMap::new(),
            runs_floor: false,
            seats_changed: BTreeSet::new(),
            subscriptions: Subscriptions::default(),
            lamps: Lamps::default(),
            notices: Notices::new(),
            shares: Shares::default(),
            pin_guard: PinGuard::default(),
            traffic: Counts::default(),
            supervisions: Supervisors::default(),
            refusals: Refusals::default(),
            kept_queues: BTreeSet::new(),
            rooms: BTreeMap::new(),
            ladders: Ladders::default(),
            notes: BTreeMap::new(),
            alarms: BTreeMap::new(),
            outbox: BTreeMap::new(),
            retry: VecDeque::new(),
            timers: Deadlines::default(),
            actions: VecDeque::new(),
            changed: BTreeSet::new(),
            counts: Figures::default(),
            coverage: Coverage::default(),
            last_ticket: 0,
            last_request: 0,
            last_leg: 0,
            event_seq: restored.event_seq,
            last_number: restored.call_number,
            config,
        };
        this.restore(now, restored);
        this
    }

    fn restore(&mut self, now: Now, restored: Restored) {
        let mut kept = 0;
        for record in restored.bindings {
            let (extension, key) = (record.extension.clone(), record.key.clone());
            let longest = self.config.register_max;
            let binding = Registrar::restore(now, record, longest)
                .filter(|_| self.config.extensions.contains_key(&extension));
            match binding {
                Some(binding) => {
                    let ends = binding.expires.unwrap_or(now.mono);
                    self.timers.set(Timer::Expire(self.names.of(&extension, &key)), ends);
                    self.registrar.put(&extension, binding);
                    self.schedule_keep_alive(now, &extension, &key);
                    kept += 1;
                }
                None => {
                    self.keep_binding(&extension, &key);
                }
            }
        }
        self.apply_fixed_contacts(now);
        self.restore_messages(now, restored.messages, &restored.cut_off);
        self.restore_inbox(&restored.inbox);
        self.floor.restore_doors(crate::queues::moment(now), restored.doors);
        self.restore_floor(now, restored.agents, &restored.facts, &restored.inbox);
        self.look_at_the_hours(now);
        let watching = self.restore_subscriptions(now, restored.subscriptions);
        let lost = restored.open_calls.len();
        for open in restored.open_calls {
            self.close_lost(now, open);
        }
        let calls =
            if lost == 0 { String::new() } else { format!(", {lost} calls were cut off when it stopped") };
        let watching =
            if watching == 0 { String::new() } else { format!(", {watching} subscriptions go on") };
        let text = format!("exchange started, {kept} registrations kept{watching}{calls}");
        self.event(now, EventKind::System, Severity::Info, None, "", "started", text);
        for number in self.config.extensions.keys() {
            self.changed.insert(Changed::Extension(number.clone()));
        }
        // The floor may offer a call-back as soon as it knows of it: that is a step as any other.
        self.finish_step(now);
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.kept_queues.clear();
        self.look_at_the_day(now);
        self.look_at_the_hours(now);
        match input {
            Input::Message { flow, bytes } => self.endpoint.receive(now.mono, flow, bytes),
            Input::FlowLost(flow) => self.flow_lost(now, flow),
            Input::Media(event) => self.on_media(now, event),
            Input::Stored(tickets) => self.on_stored(now, &tickets),
            Input::NotStored(tickets) => self.on_not_stored(now, &tickets),
            Input::Command { id, user, command } => self.on_command(now, id, &user, &command),
            Input::Config(config) => self.on_config(now, config),
            Input::Answered { call, number, answer } => self.on_answered_outside(now, call, number, answer),
            Input::Resolved { host, found } => self.on_resolved(now, &host, found),
            Input::Connected { host, port, found } => self.on_connected(now, host, port, found),
            Input::Alarm { id, state } => self.set_alarm(now, &id, state, None),
            Input::Drain => {
                self.counts.draining = true;
                self.stop_calling_back(now);
            }
            Input::EndAll => self.end_all(now),
            Input::Tick => {}
        }
        // What has come is worked off first: whoever answers at the last moment has answered in time.
        self.pump(now);
        self.run_due(now);
        self.finish_step(now);
    }

    /// What every step ends with: all is told to whom it concerns, and what is to be sent is collected.
    fn finish_step(&mut self, now: Now) {
        self.pump(now);
        self.tell_seats(now);
        self.settle_supervisions(now);
        self.look_at_lamps(now);
        self.send();
    }

    /// Works off what SIP has to tell until nothing is left.
    fn pump(&mut self, now: Now) {
        loop {
            self.collect_traces(now);
            let Some(event) = self.endpoint.poll_event() else { break };
            match event {
                SipEvent::Request(incoming) => self.on_request(now, *incoming),
                SipEvent::Foreign(session, incoming) => self.on_foreign(now, session, *incoming),
                SipEvent::Session(session, event) => self.on_session(now, session, event),
                SipEvent::Response(number, response) => {
                    if !self.on_notify_answer(now, number, response.as_deref()) {
                        self.on_ping_answer(now, number, response.as_deref());
                    }
                }
            }
        }
    }

    fn send(&mut self) {
        while let Some(sent) = self.endpoint.poll_transmit() {
            self.actions.push_back(Action::Send { flow: sent.flow, bytes: sent.bytes });
        }
    }

    pub(crate) fn collect_traces(&mut self, now: Now) {
        while let Some(trace) = self.endpoint.poll_trace() {
            if let Some((call, leg)) = self.sessions.get(&trace.session).copied() {
                // What a caller presses in a flow is written down nowhere, and what it presses later may be a repeat of it.
                // Who was handed off may be either side of the talk again.
                let is_flows =
                    |call: &Call| call.has_been_lent() || call.flow.is_some() && call.caller == leg;
                let is_masked = self.calls.get(&call).is_some_and(is_flows);
                let trace = if is_masked { without_digits(trace) } else { trace };
                self.ladders.message(now, call, leg, &trace);
                self.changed.insert(Changed::Ladder(call));
            }
        }
    }

    /// The next action.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// What changed since this was last asked.
    pub fn take_changed(&mut self) -> BTreeSet<Changed> {
        let changed = std::mem::take(&mut self.changed);
        self.note_queues(&changed);
        changed
    }

    /// When [`Exchange::handle`] must be called next, with [`Input::Tick`] if nothing else.
    pub fn poll_timeout(&self) -> Option<Mono> {
        [self.endpoint.poll_timeout(), self.timers.next().map(|(at, _)| at)].into_iter().flatten().min()
    }

    pub(crate) fn media(&mut self, mut command: MediaCommand) {
        self.in_its_room(&mut command);
        if let MediaCommand::Hear { leg, .. } | MediaCommand::Play { leg, .. } = &command {
            self.music_ends(*leg);
        }
        self.actions.push_back(Action::Media(command));
    }

    /// Hands a record to the store; its ticket comes back.
    pub(crate) fn persist(&mut self, record: Record) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.note_message(ticket, &record);
        self.actions.push_back(Action::Persist { ticket: Some(ticket), record });
        ticket
    }

    pub(crate) fn set_problem(&mut self, extension: &str, problem: Option<String>) {
        let note = self.notes.entry(extension.to_owned()).or_default();
        if note.problem != problem {
            note.problem = problem;
            self.extension_changed(extension.to_owned());
        }
    }

    pub(crate) fn next_leg(&mut self, call: CallId) -> LegId {
        self.last_leg += 1;
        let id = LegId(self.last_leg);
        self.legs.insert(id, call);
        id
    }

    pub(crate) fn next_event(&mut self) -> u64 {
        self.event_seq += 1;
        self.event_seq
    }

    /// The last place in the journal that was given out.
    pub(crate) fn last_event(&self) -> u64 {
        self.event_seq
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn next_request(&mut self) -> u64 {
        self.last_request += 1;
        self.last_request
    }

    /// A request outside of dialogs, or a SUBSCRIBE inside one that it opened. The one choke point: nothing passes without proof of who sent it (class
    /// "unauthenticated MESSAGE, SUBSCRIBE"), but OPTIONS of an address that a phone is registered from, or is at by configuration.
    fn on_request(&mut self, now: Now, incoming: Incoming) {
        let source = incoming.flow.remote.ip();
        let is_known = self.registrar.knows(source);
        if incoming.request.method == Method::Options && is_known {
            let mut headers = Headers::default();
            headers.push(Name::Allow, allowed());
            headers.push(Name::AllowEvents, Package::words());
            headers.push(Name::Accept, "application/sdp");
            headers.push(Name::Supported, "replaces, timer");
            return self.endpoint.reply(&incoming, Status::OK, &headers);
        }
        let Some(extension) = self.identify(now, &incoming) else { return };
        match incoming.request.method {
            Method::Register => self.on_register(now, &extension, incoming),
            Method::Invite => self.on_invite(now, &extension, incoming),
            Method::Subscribe => self.on_subscribe(now, &extension, incoming),
            Method::Options => self.answer(now, &incoming, Status::OK, &Headers::default()),
            Method::Refer => self.answer(now, &incoming, Status::NOT_IMPLEMENTED, &Headers::default()),
            Method::Bye | Method::Prack | Method::Update | Method::Info | Method::Ack | Method::Cancel => {
                self.answer(now, &incoming, Status::NO_SUCH_CALL, &Headers::default());
            }
            Method::Message | Method::Notify | Method::Publish | Method::Other(_) => {
                let mut headers = Headers::default();
                headers.push(Name::Allow, allowed());
                self.answer(now, &incoming, Status::METHOD_NOT_ALLOWED, &headers);
            }
        }
    }

    /// Answers a request whose sender is known, and keeps the answer for repeats of it: its credentials are used up, so
    /// a repeat could not be judged again.
    pub(crate) fn answer(&mut self, now: Now, incoming: &Incoming, status: Status, headers: &Headers) {
        if self.endpoint.is_full() {
            return self.endpoint.reply(incoming, status, headers);
        }
        let txn = self.endpoint.take(incoming);
        self.endpoint.respond(now.mono, txn, incoming, status, headers);
    }
}
