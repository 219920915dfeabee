//! After-call time belongs to who talked with the caller, whichever of two calls goes on.

use super::*;
use switchroom_acd::Fact;

/// Agent 3 has 101 from the queue, asks agent 2 at 102, and connects the two: by the call of the queue or by the other.
#[test]
fn who_talked_writes_up_after_an_attended_transfer() {
    for of_queue in [true, false] {
        let (mut s, a, c) = Scene::queued();
        let (presence, extension) = (Presence::Ready, Some("102".to_owned()));
        let act = AgentAct::Choose { agent: "2".into(), presence, extension };
        s.w.command("boss", Command::Agent(act)).unwrap();
        let queued = s.id;
        s.w.run(Duration::from_secs(7));
        let made = s.w.dial(s.c, "102", Some(sdp("192.0.2.13", "8 101", "")));
        s.w.ms(100);
        let b = s.answer(s.b.0);
        let activity = |s: &Scene, agent: &str| s.w.x.floor().agent(agent).unwrap().activity();
        assert_eq!((activity(&s, "3"), activity(&s, "2")), (Activity::Talking, Activity::Outbound));
        let (who, other, joins) = if of_queue { (c, made, b) } else { ((c.0, made), c.1, a) };
        connect(&mut s, who, other);
        assert_eq!(s.answers(s.c), ["202"], "of the queue's call: {of_queue}");
        s.id = s.w.x.calls().find(|call| !call.is_ended()).unwrap().id;
        assert_eq!(s.id == queued, of_queue);
        let (now, at) = (s.w.now.mono, joins.0);
        s.w.end(at).answer_offer(now, joins.1, Ok(sdp(&at.ip().to_string(), "8 101", "")));
        s.w.ms(100);
        let mut hears = s.hears();
        hears.sort();
        assert_eq!(hears, ["101<102", "102<101"]);
        assert_eq!((activity(&s, "3"), activity(&s, "2")), (Activity::WrapUp, Activity::Outbound));
        let desk = s.w.x.desk("3", s.w.now).unwrap();
        assert_eq!((desk.call, desk.queue.as_str()), (Some(queued), "q"), "what is written up");
        s.w.run(Duration::from_secs(3));
        s.hang_up(b);
        s.w.run(Duration::from_secs(10));
        assert_eq!((activity(&s, "3"), activity(&s, "2")), (Activity::Idle, Activity::Idle));
        let facts = s.w.records.iter().filter_map(|record| match record {
            Record::Floor { fact, .. } => Some(&**fact),
            _ => None,
        });
        let told: Vec<(&str, &str, u128, u64)> = facts
            .filter_map(|fact| match fact {
                Fact::Talked(f) => Some(("talked", f.agent.as_str(), f.call, f.talk_ms / 1_000)),
                Fact::WrappedUp(f) => Some(("wrapped_up", f.agent.as_str(), f.call, f.lasted_ms / 1_000)),
                _ => None,
            })
            .collect();
        assert_eq!(told, [("talked", "3", queued.0, 7), ("wrapped_up", "3", queued.0, 5)]);
        s.w.input(Input::EndAll);
        s.w.settle();
    }
}
