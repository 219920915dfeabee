//! Callers whom a queue gives up go on in another queue or leave a message, in one call and one recording.

use super::flow_site::{at, flow, text};
use super::queues::{Floor, queue, route, site};
use super::world::sdp;
use crate::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use switchroom_acd::config::{AgentConfig, Membership, QueueConfig};
use switchroom_acd::fact::{Exit, JoinedFact, LeftFact};
use switchroom_acd::figures::{QueueCounts, QueueFigures, Waits};
use switchroom_acd::{Activity, Fact, Presence};
use switchroom_flow::NodeId;
use switchroom_flow::node::Job;
use switchroom_flow::prompt::Prompt;
use switchroom_flow::routes::Destination;
use switchroom_sip::endpoint::SessionId;
use switchroom_sip::uri::Uri;

/// How long callers wait in the first queue.
const FIRST: Duration = Duration::from_secs(30);

fn wait_in(queue: &str, timeout: u16) -> Job {
    Job::Queue {
        queue: text(queue),
        priority: None,
        agent: None,
        timeout: at(timeout),
        full: None,
        empty: None,
        closed: None,
        keys: BTreeMap::from([("1".into(), NodeId(2))]),
        call_back: None,
        called_back: None,
        after: None,
    }
}

/// 700: who waits too long in queue `q` goes on in queue `p`, and from there into the box of 102, to which key 1 leads from
/// both. Agent 2 works in the first and has a break, agent 3 works in the second.
fn chain() -> Floor {
    let mut config = site(QueueConfig { max_wait: 30_000, wrap_up: 5_000, ..queue() });
    let voicemail =
        Job::Voicemail { mailbox: text("102"), greeting: Prompt::default(), next: None, failed: None };
    config.flows.extend([flow("wait", vec![wait_in("q", 1), wait_in("p", 2), voicemail], None)]);
    config.inbound.routes.push(route("702", Destination::Queue("p".into())));
    let mut floor = (*config.floor).clone();
    floor.queues.insert("p".into(), QueueConfig { max_wait: 20_000, wrap_up: 5_000, ..queue() });
    let of_p = BTreeMap::from([("p".into(), Membership::default())]);
    floor.agents.insert("3".into(), AgentConfig { queues: of_p, ..AgentConfig::default() });
    config.floor = Arc::new(floor);
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    rests(&mut t, "2");
    t
}

fn rests(t: &mut Floor, agent: &str) {
    let tea = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: agent.into(), presence: tea, extension: None }).unwrap();
}

fn joined(t: &Floor) -> Vec<JoinedFact> {
    let of = |fact| if let Fact::Joined(joined) = fact { Some(joined) } else { None };
    t.facts().into_iter().filter_map(of).collect()
}

fn left(t: &Floor) -> Vec<LeftFact> {
    let of = |fact| if let Fact::Left(left) = fact { Some(left) } else { None };
    t.facts().into_iter().filter_map(of).collect()
}

fn figures(t: &Floor, queue: &str) -> QueueFigures {
    t.w.x.figures().queue(queue, 0, i64::MAX)
}

/// How many were offered and answered, and how they left otherwise: by time, by a key.
fn counted(t: &Floor, queue: &str) -> [u64; 4] {
    let QueueCounts { offered, answered, overflows, .. } = figures(t, queue).counts;
    assert_eq!(offered, answered + overflows.sum(), "{queue}");
    [offered, answered, overflows.timeout, overflows.key]
}

fn recordings_begun(t: &Floor) -> usize {
    t.w.media.iter().filter(|c| matches!(c, MediaCommand::Record { .. })).count()
}

fn is_recording_stopped(t: &Floor) -> bool {
    t.w.media.iter().any(|c| matches!(c, MediaCommand::StopRecording { .. }))
}

/// The phone of agent 3 rings for four seconds, and the agent answers.
fn answers_late(t: &mut Floor) -> SessionId {
    let (at, ring) = (t.c, t.pick(t.c));
    t.w.run(Duration::from_secs(4));
    let now = t.w.now.mono;
    t.w.end(at).answer(now, ring, sdp("192.0.2.13", "8 101", ""));
    t.w.ms(100);
    ring
}

#[test]
fn who_waits_too_long_goes_on_in_another_queue_whose_agent_gets_the_call() {
    let mut t = chain();
    t.call("700");
    let id = t.w.x.calls().next().unwrap().id;
    t.w.run(FIRST - Duration::from_secs(1));
    assert!(!t.rings(t.b) && !t.rings(t.c), "who works in another queue is not asked before");
    t.w.run(Duration::from_secs(1));
    assert!(t.rings(t.c) && !t.rings(t.b));
    let ring = answers_late(&mut t);
    assert_eq!((t.activity("2"), t.activity("3")), (Activity::Idle, Activity::Talking));

    // Each stay has its own length, in one call.
    let [first, second]: [LeftFact; 2] = left(&t).try_into().unwrap();
    let stays: Vec<_> =
        joined(&t).into_iter().map(|one| (CallId(one.call), one.visit, one.queue, one.at_ms)).collect();
    let wanted = [(id, 1, "q".to_owned(), first.joined_ms), (id, 2, "p".to_owned(), second.joined_ms)];
    assert_eq!(stays, wanted);
    let told = |left: &LeftFact| (left.queue.clone(), left.exit, left.agent.clone());
    assert_eq!(told(&first), ("q".into(), Exit::Timeout, String::new()));
    assert_eq!(told(&second), ("p".into(), Exit::Answered, "3".into()));
    assert_eq!((first.waited_ms, second.joined_ms - first.joined_ms), (30_000, 30_000));
    assert_eq!(second.waited_ms / 1_000, 4);
    t.w.run(Duration::from_secs(10));
    let c = t.c;
    t.w.hang_up(c, ring);
    assert_eq!(t.activity("3"), Activity::WrapUp);
    t.w.settle();
    assert_eq!((t.w.cdr().call, t.w.cdr().with.unwrap().number.as_str()), (id, "103"));
    assert_eq!(recordings_begun(&t), 1);
    assert_eq!([counted(&t, "q"), counted(&t, "p")], [[1, 0, 1, 0], [1, 1, 0, 0]]);
    // Who was answered in the second queue waited there; in the first nobody was answered.
    assert_eq!(figures(&t, "q").answered_wait, Waits::default());
    assert_eq!(figures(&t, "q").service_level.strict, Some(0.0));
    let waits = figures(&t, "p").answered_wait;
    assert_eq!((waits.count, waits.sum_ms, waits.longest_ms), (1, second.waited_ms, second.waited_ms));
    assert_eq!((figures(&t, "p").counts.answered_in_time, figures(&t, "p").counts.talks), (1, 1));
}

/// The agent who took the caller over from the first queue puts it back there, where an agent is ready by now.
#[test]
fn from_queue_to_queue_and_back_one_recording_goes_on() {
    let mut t = chain();
    t.call("700");
    let id = t.w.x.calls().next().unwrap().id;
    t.w.run(FIRST);
    let ring = answers_late(&mut t);
    t.sign_in("2", "102");
    let (now, c) = (t.w.now.mono, t.c);
    t.w.end(c).refer(now, ring, &Uri::sip("701", "pbx.example", None), None);
    t.w.ms(50);
    assert!(t.rings(t.b));
    assert_eq!(t.activity("3"), Activity::WrapUp, "who has put the caller through writes up");
    let ring = t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    let stays: Vec<_> = left(&t).into_iter().map(|one| (one.visit, one.queue, one.exit)).collect();
    let wanted = [(1, "q", Exit::Timeout), (2, "p", Exit::Answered), (3, "q", Exit::Answered)];
    assert_eq!(stays, wanted.map(|(visit, queue, exit)| (visit, queue.to_owned(), exit)));
    let taped: Vec<(CallId, Channel)> =
        t.w.media
            .iter()
            .filter_map(|command| match command {
                MediaCommand::RecordLeg { call, channel, .. } => Some((*call, *channel)),
                _ => None,
            })
            .collect();
    assert_eq!((recordings_begun(&t), taped), (1, vec![(id, Channel::Right)]));
    assert!(!is_recording_stopped(&t));
    let b = t.b;
    t.w.hang_up(b, ring);
    assert_eq!(t.activity("2"), Activity::WrapUp);
    t.w.settle();
    let cdr = t.w.cdr();
    assert_eq!((cdr.call, cdr.with.unwrap().number.as_str()), (id, "102"));
    assert_eq!([counted(&t, "q"), counted(&t, "p")], [[2, 1, 1, 0], [1, 1, 0, 0]]);
    let talks = ["2", "3"].map(|agent| t.w.x.figures().agent(agent, 0, i64::MAX).counts.talks);
    assert_eq!(talks, [1, 1], "each agent's own");
}

/// By a key from either queue, or because nobody came in the second one.
#[test]
fn a_caller_leaves_the_queue_for_a_box() {
    for (after, key) in [(10, Some('1')), (40, Some('1')), (50, None)] {
        let mut t = chain();
        rests(&mut t, "3");
        t.call("700");
        let id = t.w.x.calls().next().unwrap().id;
        t.w.run(Duration::from_secs(after));
        key.into_iter().for_each(|key| t.caller_digit(key));
        assert!(t.says("msg/leave-message"), "{after} s: {:?}", t.plays());
        assert_eq!(t.w.x.status().calls, 1);
        t.heard();
        let taking = t.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::TakeMessage { message, .. } => Some(message.clone()),
            _ => None,
        });
        let (message, leg) = (taking.unwrap(), t.w.x.calls().next().unwrap().caller);
        let facts = MessageFacts { file: "m.wav".into(), length_ms: 4_200, bytes: 1, sha256: "00".into() };
        let (taken, why) = (Taken::Kept(facts), String::new());
        t.w.input(Input::Media(MediaEvent::MessageTaken { leg, message: message.clone(), taken, why }));
        let kept: Vec<_> =
            t.w.x.messages_of("102").iter().map(|one| (one.call, one.from.number.clone())).collect();
        assert_eq!(kept, [(id, "101".to_owned())]);
        t.heard();
        t.w.ms(100);
        assert_eq!(t.w.cdr().call, id);
        let wanted = match (after, key) {
            (10, _) => [[1, 0, 0, 1], [0, 0, 0, 0]],
            (_, Some(_)) => [[1, 0, 1, 0], [1, 0, 0, 1]],
            _ => [[1, 0, 1, 0], [1, 0, 1, 0]],
        };
        assert_eq!([counted(&t, "q"), counted(&t, "p")], wanted, "{after} s");
        assert_eq!(recordings_begun(&t), 0, "nobody talked");
        let now = t.w.now;
        t.w.x.message_deleted(now, &message);
        t.end();
    }
}
