//! The desk of an agent who calls somebody back: the card is of who is called, and what came of it is kept with that call.

use super::super::queues::Floor;
use super::rules;
use crate::*;
use switchroom_acd::{Activity, Presence};

fn desk(t: &Floor) -> Desk {
    t.w.x.desk("2", t.w.now).unwrap()
}

#[test]
fn the_card_is_of_who_is_called_back_and_the_word_of_the_call_that_reached_them() {
    let mut t = Floor::new(rules());
    t.ask();
    t.choose("2", Presence::Ready, "102");
    assert_eq!(desk(&t).caller.number, "101", "while the agent's phone rings");
    let agents = t.answer(t.b);
    t.hears_all();
    assert_eq!(desk(&t).caller.number, "101", "while theirs rings");
    t.answer(t.a);
    let call = t.live().id;
    assert_eq!((desk(&t).call, desk(&t).caller.number.as_str()), (Some(call), "101"));
    let b = t.b;
    t.w.hang_up(b, agents);
    assert_eq!(t.activity("2"), Activity::WrapUp);
    assert_eq!((desk(&t).call, desk(&t).caller.number.as_str()), (Some(call), "101"));
    let disposition = Some("sold".to_owned());
    t.act(AgentAct::WrapUp { agent: "2".into(), more_ms: None, disposition }).unwrap();
    let said = t.w.records.iter().find_map(|record| match record {
        Record::Event(event) if event.name == "disposition" => Some((event.call, event.text.clone())),
        _ => None,
    });
    assert_eq!(said, Some((Some(call), "boss: sold".to_owned())));
    t.rest();
}
