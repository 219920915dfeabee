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

/// The agent leaves the talk to a colleague, whose side is ours from then on.
#[test]
fn the_card_that_is_written_up_is_of_who_was_called_back_and_not_of_a_colleague() {
    let mut t = Floor::new(rules());
    t.ask();
    t.take_it();
    t.answer(t.a);
    let call = t.live().id;
    let consult = |act| Command::Consult { call, act };
    t.w.command("boss", consult(ConsultAct::Begin { to: "103".into() })).unwrap();
    t.w.ms(50);
    t.answer(t.c);
    t.w.command("boss", consult(ConsultAct::Complete)).unwrap();
    t.w.ms(50);
    assert_eq!(t.activity("2"), Activity::WrapUp);
    assert_eq!((desk(&t).call, desk(&t).caller.number.as_str()), (Some(call), "101"));
    t.w.command("boss", Command::HangUp(call)).unwrap();
    t.w.ms(50);
    assert_eq!(desk(&t).caller.number, "101", "after its end, too");
    t.rest();
}
