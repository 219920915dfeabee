//! Callers in queues and agents, with phones around the exchange.

use super::world::{World, config, sdp};
use crate::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::{AgentConfig, Membership, QueueConfig};
use switchroom_acd::fact::{Exit, OfferOutcome};
use switchroom_acd::{Activity, Fact, Presence};
use switchroom_flow::expr::Expr;
use switchroom_flow::node::{HangUpAs, Job};
use switchroom_flow::number::Pattern;
use switchroom_flow::prompt::{Piece, Prompt};
use switchroom_flow::routes::{Destination, Route};
use switchroom_flow::{Clip, Flow, Language, Node, NodeId, Place, Value};
use switchroom_sip::endpoint::{SessionEvent, SessionId};
use switchroom_sip::status::Status;

/// A flow: wait in queue `q`; key 9 leads out; afterwards a word of thanks.
fn flow() -> Arc<Flow> {
    let say =
        |name: &str| Prompt { any: Some(vec![Piece::Named(name.into())]), by_language: BTreeMap::new() };
    let wait = Job::Queue {
        queue: Expr::Constant(Value::text("q")),
        priority: None,
        agent: None,
        timeout: Some(NodeId(1)),
        full: Some(NodeId(2)),
        empty: Some(NodeId(3)),
        closed: Some(NodeId(6)),
        keys: BTreeMap::from([("9".into(), NodeId(4))]),
        call_back: Some('1'),
        called_back: None,
        after: Some(NodeId(5)),
    };
    let away = |name| Job::HangUp { prompt: say(name), as_busy: HangUpAs::Normal };
    let jobs = vec![wait, away("late"), away("full"), away("empty"), away("key"), away("thanks")];
    let jobs = [jobs, vec![away("closed")]].concat();
    let nodes = jobs.into_iter().enumerate().map(|(n, job)| Node {
        name: format!("n{n}"),
        place: Place::default(),
        job,
    });
    Arc::new(Flow {
        name: "wait".into(),
        version: 1,
        title: String::new(),
        file: String::new(),
        language: Language::En,
        nodes: nodes.collect(),
        start: NodeId(0),
        on_hang_up: None,
        arguments: BTreeMap::new(),
        text: String::new(),
    })
}

pub(crate) fn route(number: &str, to: Destination) -> Route {
    Route::plain(number, Pattern::parse(number).unwrap(), to)
}

pub(crate) fn site(queue: QueueConfig) -> Config {
    let mut config = config();
    config.flows.insert("wait".into(), flow());
    for (number, to) in [("700", Destination::Flow("wait".into())), ("701", Destination::Queue("q".into()))] {
        config.inbound.routes.push(route(number, to));
    }
    let agent = |position: u32| AgentConfig {
        queues: BTreeMap::from([("q".into(), Membership { position, ..Membership::default() })]),
        ..AgentConfig::default()
    };
    let agents = BTreeMap::from([("2".into(), agent(1)), ("3".into(), agent(2))]);
    let queues = BTreeMap::from([("q".into(), queue)]);
    config.floor = Arc::new(switchroom_acd::Config { agents, queues, breaks: BTreeMap::new() });
    config
}

pub(crate) struct Floor {
    pub(crate) w: World,
    pub(crate) a: SocketAddr,
    pub(crate) b: SocketAddr,
    pub(crate) c: SocketAddr,
}

impl Floor {
    /// Phones 101, 102 and 103; agent 2 sits at 102 and agent 3 at 103, signed out.
    pub(crate) fn new(queue: QueueConfig) -> Self {
        Self::with(site(queue))
    }

    pub(crate) fn with(config: Config) -> Self {
        let mut w = World::with(config, Restored::default());
        let a = w.registered("101", "192.0.2.11:5060");
        let b = w.registered("102", "192.0.2.12:5060");
        let c = w.registered("103", "192.0.2.13:5060");
        Self { w, a, b, c }
    }

    pub(crate) fn act(&mut self, act: AgentAct) -> Result<String, String> {
        self.w.command("boss", Command::Agent(act))
    }

    pub(crate) fn sign_in(&mut self, agent: &str, extension: &str) {
        let extension = Some(extension.to_owned());
        self.act(AgentAct::Choose { agent: agent.into(), presence: Presence::Ready, extension }).unwrap();
        self.w.ms(10);
    }

    pub(crate) fn call(&mut self, number: &str) -> SessionId {
        let call = self.w.dial(self.a, number, Some(sdp("192.0.2.11", "8 101", "")));
        self.w.ms(100);
        call
    }

    /// The phone has the INVITE and rings.
    pub(crate) fn pick(&mut self, at: SocketAddr) -> SessionId {
        let (ring, _) = self.w.take(at);
        let now = self.w.now.mono;
        self.w.end(at).progress(now, ring, Status::RINGING, None);
        self.w.ms(50);
        ring
    }

    pub(crate) fn answer(&mut self, at: SocketAddr) -> SessionId {
        let ring = self.pick(at);
        let now = self.w.now.mono;
        self.w.end(at).answer(now, ring, sdp(&at.ip().to_string(), "8 101", ""));
        self.w.ms(100);
        ring
    }

    pub(crate) fn rings(&self, at: SocketAddr) -> bool {
        let heard = &self.w.phones[&at].heard;
        let last = heard.iter().rposition(|l| l.starts_with("INVITE"));
        last.is_some_and(|invite| !heard[invite..].iter().any(|l| l.starts_with("CANCEL")))
    }

    pub(crate) fn activity(&self, agent: &str) -> Activity {
        self.w.x.floor().agent(agent).unwrap().activity()
    }

    pub(crate) fn facts(&self) -> Vec<Fact> {
        let facts = self.w.records.iter().filter_map(|record| match record {
            Record::Floor { fact, .. } => Some((**fact).clone()),
            _ => None,
        });
        facts.collect()
    }

    pub(crate) fn exits(&self) -> Vec<(Exit, String)> {
        let exits = self.facts().into_iter().filter_map(|fact| match fact {
            Fact::Left(left) => Some((left.exit, left.agent)),
            _ => None,
        });
        exits.collect()
    }

    pub(crate) fn plays(&self) -> Vec<Clip> {
        let last = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { clips, .. } => Some(clips.clone()),
            _ => None,
        });
        last.unwrap_or_default()
    }

    pub(crate) fn says(&self, name: &str) -> bool {
        self.plays().iter().any(|clip| matches!(clip, Clip::Prompt { name: n, .. } if n == name))
    }

    pub(crate) fn caller_digit(&mut self, digit: char) {
        let leg = self.w.x.calls().next().unwrap().caller;
        self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        self.w.ms(10);
    }

    /// What plays is heard to its end.
    pub(crate) fn heard(&mut self) {
        let number = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { number, .. } => Some(*number),
            _ => None,
        });
        let leg = self.w.x.calls().next().map(|call| call.caller);
        if let Some((leg, number)) = leg.zip(number) {
            self.w.input(Input::Media(MediaEvent::Played { leg, number }));
            self.w.ms(100);
        }
    }

    pub(crate) fn end(mut self) {
        self.heard();
        self.w.run(Duration::from_secs(60));
        self.w.settle();
    }
}

pub(crate) fn queue() -> QueueConfig {
    QueueConfig { music: vec!["music/one".into()], ..QueueConfig::default() }
}

#[test]
fn a_caller_waits_hears_music_and_talks_with_the_agent_who_comes() {
    let mut t = Floor::new(QueueConfig {
        join: switchroom_acd::config::Staff::None,
        stay: switchroom_acd::config::Staff::None,
        ..queue()
    });
    t.call("700");
    assert!(t.w.told(t.a).iter().any(|e| matches!(e, SessionEvent::Answered(Some(_)))));
    assert!(t.says("music/one"));
    t.w.run(Duration::from_secs(7));
    t.sign_in("2", "102");
    assert!(t.rings(t.b));
    assert_eq!(t.activity("2"), Activity::Offered);
    let played = t.w.media.len();
    let ring = t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    assert!(!t.w.media[played..].iter().any(|c| matches!(c, MediaCommand::Play { .. })));
    t.w.run(Duration::from_secs(20));
    t.w.hang_up(t.b, ring);
    assert_eq!(t.activity("2"), Activity::Idle);
    assert!(t.says("thanks"), "the flow goes on after the talk");
    let waited = t.facts().into_iter().find_map(|fact| match fact {
        Fact::Left(left) => Some((left.exit, left.agent, left.waited_ms / 1_000)),
        _ => None,
    });
    assert_eq!(waited, Some((Exit::Answered, "2".into(), 7)));
    let talked = t.facts().into_iter().find_map(|fact| match fact {
        Fact::Talked(talked) => Some(talked.talk_ms / 1_000),
        _ => None,
    });
    assert_eq!(talked, Some(20));
    t.end();
}

#[test]
fn who_does_not_answer_is_passed_while_the_music_goes_on() {
    let mut t = Floor::new(QueueConfig { ring: 10_000, ..queue() });
    t.sign_in("2", "102");
    t.w.run(Duration::from_secs(1));
    t.sign_in("3", "103");
    t.call("700");
    assert!(t.rings(t.b) && !t.rings(t.c));
    t.pick(t.b);
    let plays = t.w.media.iter().filter(|c| matches!(c, MediaCommand::Play { .. })).count();
    t.w.run(Duration::from_secs(10));
    assert!(!t.rings(t.b) && t.rings(t.c));
    assert_eq!(t.w.x.floor().agent("2").unwrap().presence, Presence::Break { reason: "no_answer".into() });
    assert_eq!(plays, t.w.media.iter().filter(|c| matches!(c, MediaCommand::Play { .. })).count());
    t.w.reject(t.c, Status::BUSY);
    assert_eq!(t.activity("3"), Activity::Idle);
    t.w.run(Duration::from_secs(5));
    assert!(t.rings(t.c), "asked again after a rest");
    let outcomes: Vec<_> = t
        .facts()
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::OfferEnded(ended) => Some((ended.agent, ended.outcome)),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, [("2".into(), OfferOutcome::NoAnswer), ("3".into(), OfferOutcome::Refused)]);
    t.answer(t.c);
    assert_eq!(t.exits(), [(Exit::Answered, "3".into())]);
}

#[test]
fn all_ring_and_the_losers_are_told_that_somebody_else_has_it() {
    let mut t = Floor::new(QueueConfig { ring_at_once: 0, ..queue() });
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    let call = t.call("701");
    assert!(t.rings(t.b) && t.rings(t.c));
    t.pick(t.b);
    t.answer(t.c);
    assert!(!t.rings(t.b));
    assert!(t.w.phones[&t.b].raw.iter().any(|raw| raw.contains("completed elsewhere")));
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Idle, Activity::Talking));
    t.w.hang_up(t.a, call);
    t.w.ms(100);
    assert_eq!(t.activity("3"), Activity::Idle);
    t.end();
}

#[test]
fn one_of_those_who_ring_declines_and_the_other_rings_on() {
    let mut t = Floor::new(QueueConfig { ring_at_once: 0, ..queue() });
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    t.call("700");
    t.w.reject(t.b, Status::DECLINE);
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Idle, Activity::Offered));
    t.answer(t.c);
    assert_eq!(t.exits(), [(Exit::Answered, "3".into())]);
}

#[test]
fn a_caller_who_gives_up_frees_the_agent_who_rings() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let call = t.call("700");
    assert!(t.rings(t.b));
    t.pick(t.b);
    t.w.hang_up(t.a, call);
    t.w.ms(100);
    assert!(!t.rings(t.b));
    assert_eq!(t.activity("2"), Activity::Idle);
    assert_eq!(t.exits(), [(Exit::Abandoned, String::new())]);
    t.end();
}

#[test]
fn a_key_leads_out_of_the_queue_while_an_agent_rings() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    assert!(t.rings(t.b));
    t.pick(t.b);
    t.caller_digit('9');
    t.w.ms(100);
    assert!(!t.rings(t.b) && t.says("key"));
    assert_eq!((t.activity("2"), t.exits()), (Activity::Idle, vec![(Exit::Key, String::new())]));
    t.end();
}

#[test]
fn who_cannot_wait_goes_where_the_flow_says() {
    let mut t = Floor::new(QueueConfig { max_wait: 30_000, ..queue() });
    t.call("700");
    assert!(t.says("empty"), "nobody is signed in");
    t.heard();
    t.w.run(Duration::from_secs(60));
    t.sign_in("2", "102");
    t.act(AgentAct::Choose {
        agent: "2".into(),
        presence: Presence::Break { reason: "tea".into() },
        extension: None,
    })
    .unwrap();
    t.w.media.clear();
    t.call("700");
    assert!(t.says("music/one"));
    t.w.run(Duration::from_secs(30));
    assert!(t.says("late"));
    assert_eq!(t.exits(), [(Exit::Empty, String::new()), (Exit::Timeout, String::new())]);
    t.end();
}

/// An agent in a call of his own is not asked; when it is over he is.
#[test]
fn an_agents_own_call_keeps_him_busy() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let own = t.w.dial(t.b, "*43", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    assert_eq!(t.activity("2"), Activity::Outbound);
    t.call("700");
    assert!(!t.rings(t.b));
    t.w.hang_up(t.b, own);
    t.w.ms(200);
    assert_eq!(t.activity("2"), Activity::Offered);
    assert!(t.rings(t.b));
}

#[test]
fn a_phone_that_unregisters_takes_its_agent_off_the_line() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let contact = format!("<sip:102@{}>", t.b);
    t.w.register(t.b, &[&contact], Some(0));
    t.call("700");
    let id = t.w.x.calls().next().unwrap().id;
    let now = queues::moment(t.w.now);
    let standing = t.w.x.floor().standing(now, id.0).unwrap();
    assert_eq!(
        standing.agents,
        [("2".to_owned(), switchroom_acd::Bar::NoPhone), ("3".to_owned(), switchroom_acd::Bar::LoggedOut)]
    );
    t.w.register(t.b, &[&contact], Some(300));
    t.w.ms(100);
    assert!(t.rings(t.b));
}

#[test]
fn hold_is_seen_and_counted() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    let ring = t.answer(t.b);
    t.w.offer(t.b, ring, sdp("192.0.2.12", "8 101", "a=sendonly\r\n"));
    t.w.ms(100);
    assert_eq!(t.activity("2"), Activity::Holding);
    t.w.run(Duration::from_secs(5));
    t.w.offer(t.b, ring, sdp("192.0.2.12", "8 101", "a=sendrecv\r\n"));
    t.w.ms(100);
    assert_eq!(t.activity("2"), Activity::Talking);
    t.w.hang_up(t.b, ring);
    let held = t.facts().into_iter().find_map(|fact| match fact {
        Fact::Talked(talked) => Some(talked.hold_ms / 1_000),
        _ => None,
    });
    assert_eq!(held, Some(5));
}

/// After a crash agents are where they chose to be, and who waited has left.
#[test]
fn a_restart_keeps_agents_and_ends_waits() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    let mut waiting = t.facts();
    waiting.retain(|fact| !matches!(fact, Fact::Left(_)));
    let agents = t.facts().iter().rev().find_map(|fact| match fact {
        Fact::Agent(fact) => Some(switchroom_acd::Remembered::from(fact)),
        _ => None,
    });
    let restored = Restored { agents: agents.into_iter().collect(), facts: waiting, ..Restored::default() };
    let w = World::with(site(queue()), restored);
    let t = Floor { w, a: t.a, b: t.b, c: t.c };
    let agent = t.w.x.floor().agent("2").unwrap();
    assert_eq!((agent.presence.clone(), agent.activity()), (Presence::Ready, Activity::Idle));
    assert_eq!(agent.extension, "102");
    assert_eq!(t.exits(), [(Exit::Restart, String::new())]);
}

/// The talk ends with the exchange, but whoever waits is not offered to the agent whom that sets free.
#[test]
fn no_phone_rings_when_the_exchange_stops() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    t.call("700");
    t.w.input(Input::EndAll);
    t.w.ms(100);
    let offers = t.facts().iter().filter(|fact| matches!(fact, Fact::Offered(_))).count();
    assert_eq!((offers, t.exits().len(), t.w.x.status().calls), (1, 2, 0));
}

#[test]
fn a_caller_who_waits_is_moved_up_or_taken_out() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.act(AgentAct::Choose {
        agent: "2".into(),
        presence: Presence::Break { reason: "tea".into() },
        extension: None,
    })
    .unwrap();
    t.call("700");
    let call = t.w.x.calls().next().unwrap().id;
    t.act(AgentAct::Priority { call, priority: 4 }).unwrap();
    assert_eq!(t.w.x.floor().waiter(call.0).unwrap().priority, 4);
    t.act(AgentAct::TakeOut { call }).unwrap();
    for (name, done) in [("priority", "has priority 4 now"), ("take_out", "was taken out of the queue")] {
        let text = format!("boss: the caller of call 1 {done}");
        assert!(t.w.x.call(call).unwrap().path.iter().any(|why| why.step == name && why.text == text));
        assert_eq!(t.w.audited(name), [(Some(call), text)]);
    }
    assert!(t.says("late"));
    assert!(t.act(AgentAct::TakeOut { call }).is_err());
    assert!(
        t.act(AgentAct::Choose { agent: "9".into(), presence: Presence::Ready, extension: None }).is_err()
    );
    t.end();
}

#[test]
fn who_is_taken_out_while_an_agent_rings_rings_no_more() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    t.pick(t.b);
    let call = t.w.x.calls().next().unwrap().id;
    t.act(AgentAct::TakeOut { call }).unwrap();
    t.w.ms(100);
    assert!(!t.rings(t.b) && t.says("late"));
    assert_eq!(t.exits(), [(Exit::Removed, String::new())]);
    t.end();
}

/// Of an agent who was signed out nobody follows what his phone does.
#[test]
fn who_signs_in_is_judged_by_what_his_phone_does_now() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.act(AgentAct::Choose { agent: "2".into(), presence: Presence::LoggedOut, extension: None }).unwrap();
    t.sign_in("3", "103");
    t.act(AgentAct::Choose {
        agent: "3".into(),
        presence: Presence::Break { reason: "tea".into() },
        extension: None,
    })
    .unwrap();
    t.w.dial(t.b, "103", Some(sdp("192.0.2.12", "8 101", "")));
    t.w.ms(100);
    t.call("700");
    t.sign_in("2", "102");
    assert!(!t.rings(t.b));
    assert_eq!(t.activity("2"), Activity::Outbound);
    assert!(!t.facts().iter().any(|fact| matches!(fact, Fact::Offered(_))));
}

/// What an agent did yesterday is not today's, although no caller came to a queue since.
#[test]
fn a_new_day_begins_at_midnight() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.call("700");
    t.answer(t.b);
    assert_eq!(t.w.x.floor().agent("2").unwrap().today.calls, 1);
    t.w.ms(86_400_000);
    assert_eq!(t.w.x.floor().agent("2").unwrap().today.calls, 0);
}

/// A flow may go by how a queue stands.
#[test]
fn flows_know_how_queues_stand() {
    let mut config = site(queue());
    let mut flow = Arc::unwrap_or_clone(flow());
    if let Job::Queue { priority, .. } = &mut flow.nodes[0].job {
        *priority = Some(Expr::Name("queue.q.agents".into()));
    }
    config.flows.insert("wait".into(), Arc::new(flow));
    let mut w = World::with(config, Restored::default());
    let a = w.registered("101", "192.0.2.11:5060");
    let b = w.registered("102", "192.0.2.12:5060");
    let mut t = Floor { w, a, b, c: b };
    t.sign_in("2", "102");
    let tea = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: "2".into(), presence: tea, extension: None }).unwrap();
    t.call("700");
    let call = t.w.x.calls().next().unwrap().id;
    assert_eq!(t.w.x.floor().waiter(call.0).unwrap().priority, 1);
}

/// Whom a user has call somebody is busy from the first ring on, and calls queues as any caller.
#[test]
fn an_agent_whose_call_is_placed_is_offered_nobody() {
    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    let place = |t: &mut Floor, to: &str| {
        t.w.command("boss", Command::Dial { from: "102".into(), to: to.into() }).unwrap();
        t.w.ms(50);
    };
    place(&mut t, "103");
    assert_eq!(t.activity("2"), Activity::Outbound);
    t.call("700");
    t.w.reject(t.b, Status::BUSY);
    assert_eq!(t.activity("2"), Activity::Offered, "free again, and somebody waits");
    t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);

    let mut t = Floor::new(queue());
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    place(&mut t, "701");
    let own = t.answer(t.b);
    assert!(t.rings(t.c), "the other agent, not the caller");
    t.answer(t.c);
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Outbound, Activity::Talking));
    t.w.hang_up(t.b, own);
    assert_eq!(t.w.cdr().with.map(|party| party.number).as_deref(), Some("103"));
    t.end();
}
