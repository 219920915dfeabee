//! An agent's desk: the caller's card, notes, what came of a call; and that agents act on what is their own only.

use super::queues::{Floor, queue, site};
use crate::limits::{NOTE_CHARS_MAX, REFUSALS_PER_MINUTE};
use crate::*;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::{Activity, Presence};
use switchroom_sip::uri::Uri;

/// Agent 2 sits at 102, which is the phone of the user bo; agent 3 at 103, of cy.
fn floor() -> Floor {
    let dispositions = vec!["sold".to_owned(), "call back".to_owned()];
    let mut config = site(QueueConfig { wrap_up: 20_000, dispositions, ..queue() });
    config.supervision.users.insert("bo".into(), "102".into());
    config.supervision.users.insert("cy".into(), "103".into());
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t
}

fn own(t: &mut Floor, user: &str, command: Command) -> Result<String, String> {
    let done = t.w.command(user, Command::Own(Box::new(command)));
    t.w.ms(10);
    done
}

fn choose(agent: &str, presence: Presence, extension: Option<&str>) -> Command {
    Command::Agent(AgentAct::Choose {
        agent: agent.into(),
        presence,
        extension: extension.map(str::to_owned),
    })
}

fn wrap_up(word: &str) -> Command {
    let disposition = Some(word.to_owned());
    Command::Agent(AgentAct::WrapUp { agent: "2".into(), more_ms: None, disposition })
}

fn note(call: CallId, text: &str, parties: &[&str]) -> Command {
    let parties = parties.iter().map(|one| (*one).to_owned()).collect();
    Command::Note { call, number: 1, parties, text: text.into() }
}

/// A call of queue `q` that agent 2 has answered after three seconds of waiting.
fn talk(t: &mut Floor) -> CallId {
    t.call("700");
    t.w.ms(3_000);
    t.answer(t.b);
    assert_eq!(t.activity("2"), Activity::Talking);
    t.w.x.calls().next().unwrap().id
}

#[test]
fn the_card_tells_who_is_on_the_line_and_how_long_they_waited() {
    let mut t = floor();
    let idle = t.w.x.desk("2", t.w.now).unwrap();
    assert_eq!((idle.extension.as_str(), idle.call), ("102", None));
    let call = talk(&mut t);
    t.w.ms(5_000);
    let desk = t.w.x.desk("2", t.w.now).unwrap();
    assert_eq!((desk.call, desk.queue.as_str()), (Some(call), "q"));
    let waited = Duration::from_millis(desk.waited_ms.unwrap());
    assert!((Duration::from_secs(3)..Duration::from_secs(4)).contains(&waited), "{waited:?}");
    assert!(t.w.x.desk("9", t.w.now).is_none());
    assert_eq!(t.w.x.agent_of("bo"), Ok("2".to_owned()));
    assert!(t.w.x.agent_of("cy").unwrap_err().contains("no agent sits at your phone 103"));
    assert!(t.w.x.agent_of("nobody").unwrap_err().contains("which phone is yours is not known"));
    own(&mut t, "bo", Command::HangUp(call)).unwrap();
    t.end();
}

fn refusals(t: &Floor) -> usize {
    t.w.events().iter().filter(|name| *name == "refused").count()
}

fn refused(is_look: bool, call: Option<CallId>, why: &str) -> Command {
    Command::Refused { is_look, reason: RefusalReason::Right, call, why: why.into() }
}

fn last_refusal(t: &Floor) -> Event {
    let records = t.w.records.iter().rev();
    let mut events = records.filter_map(|record| match record {
        Record::Event(event) if event.name == "refused" => Some(event.clone()),
        _ => None,
    });
    events.next().unwrap()
}

/// What a console looks at again and again is refused once a minute on the audit list; what a user does, each time.
#[test]
fn what_is_refused_before_it_comes_to_the_exchange_is_written_down() {
    let mut t = floor();
    let tried = |t: &mut Floor, user, is_look| {
        t.w.command(user, refused(is_look, None, "ladder: for agents")).unwrap();
        refusals(t)
    };
    let looks = [tried(&mut t, "bo", true), tried(&mut t, "bo", true), tried(&mut t, "cy", true)];
    assert_eq!(looks, [1, 1, 2]);
    t.w.run(Duration::from_secs(61));
    assert_eq!(tried(&mut t, "bo", true), 3);
    assert_eq!((tried(&mut t, "bo", false), tried(&mut t, "bo", false)), (4, 5));
    t.end();
}

#[test]
fn a_refusal_says_of_which_call_it_is_and_why_as_a_whole() {
    let mut t = floor();
    let call = talk(&mut t);
    let why = format!("delete_recording of call {call}: this needs the role admin; you are supervisor");
    t.w.command("bo", refused(false, Some(call), &why)).unwrap();
    let event = last_refusal(&t);
    assert_eq!(event.text, format!("bo was refused: {why}"));
    assert_eq!((event.call, event.number), (Some(call), Some(1)));
    t.w.command("bo", refused(false, None, &"x".repeat(70_000))).unwrap();
    assert!(last_refusal(&t).text.len() < 400);
    own(&mut t, "bo", Command::HangUp(call)).unwrap();
    t.end();
}

/// Whoever tries thousands of things fills no disk: from some number on it is said once a minute that there were more.
#[test]
fn who_is_refused_all_the_time_is_written_down_so_often_a_minute() {
    let mut t = floor();
    let hammer = |t: &mut Floor, user: &str| {
        for n in 0..1_000 {
            t.w.command(user, refused(n % 2 == 0, None, &format!("hang_up of call {n}: no"))).unwrap();
        }
        refusals(t)
    };
    let of_bo = hammer(&mut t, "bo");
    assert_eq!(of_bo, REFUSALS_PER_MINUTE + 1);
    assert!(last_refusal(&t).text.contains("more than 60 times within a minute"), "{:?}", last_refusal(&t));
    t.w.command("cy", refused(false, None, "reload: no")).unwrap();
    assert_eq!(refusals(&t), of_bo + 1, "another user");
    let own = Command::Own(Box::new(Command::DeleteMessage("x".into())));
    t.w.command("bo", own).unwrap_err();
    assert_eq!(refusals(&t), of_bo + 1, "wherever it was refused");
    t.w.run(Duration::from_secs(61));
    assert_eq!(hammer(&mut t, "bo"), 2 * of_bo + 1);
    t.end();
}

#[test]
fn an_agent_acts_at_the_own_phone_and_nowhere_else() {
    let mut t = floor();
    let pause = || Presence::Break { reason: "lunch".into() };
    assert!(own(&mut t, "bo", choose("2", pause(), None)).is_ok());
    assert!(own(&mut t, "bo", choose("2", Presence::Ready, Some("102"))).is_ok());
    let elsewhere = own(&mut t, "bo", choose("2", Presence::Ready, Some("103")));
    assert!(elsewhere.unwrap_err().contains("your phone is 102"));
    for (user, command, why) in [
        ("cy", choose("2", pause(), None), "agent 2 is not at your phone 103"),
        ("bo", choose("9", pause(), None), "there is no agent 9"),
        ("nobody", choose("2", pause(), None), "which phone is yours is not known"),
        ("bo", Command::Dial { from: "103".into(), to: "101".into() }, "your phone is 102"),
        ("bo", Command::DeleteMessage("x".into()), "needs the role supervisor"),
        ("bo", Command::Own(Box::new(choose("2", pause(), None))), "needs the role supervisor"),
    ] {
        let refused = own(&mut t, user, command).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(refusals(&t), 6, "what there is not is no refusal: each of the others is on the audit list");
    let call = talk(&mut t);
    assert!(own(&mut t, "cy", Command::HangUp(call)).unwrap_err().contains("your phone 103 is not in call"));
    let to = "103".to_owned();
    assert!(own(&mut t, "cy", Command::Transfer { call, to }).is_err());
    assert_eq!(refusals(&t), 8);
    assert!(own(&mut t, "bo", Command::HangUp(call)).is_ok());
    t.end();
}

/// A customer may have an extension here, and a user on the machine: the talk is the agent's all the same.
#[test]
fn a_call_is_moved_and_its_recording_changed_from_the_agents_side_only() {
    let (mut t, call) = both_have_users();
    let consult = ConsultAct::Begin { to: "103".into() };
    let acts = [
        Command::Record { call, act: RecordingAct::Pause },
        Command::Consult { call, act: consult },
        Command::Transfer { call, to: "103".into() },
    ];
    for act in acts.clone() {
        let why = own(&mut t, "ann", act).unwrap_err();
        assert!(why.contains("your phone 101 is not the agent's side of call"), "{why}");
    }
    assert!(own(&mut t, "ann", note(call, "was kind", &[])).is_ok());
    for act in acts {
        own(&mut t, "bo", act.clone()).unwrap();
        if let Command::Consult { .. } = act {
            own(&mut t, "bo", Command::Consult { call, act: ConsultAct::Cancel }).unwrap();
        }
    }
    assert!(own(&mut t, "ann", Command::HangUp(call)).is_ok());
    t.end();
}

/// The talk of agent 2, who has the phone of bo, with 101, which is ann's phone.
fn both_have_users() -> (Floor, CallId) {
    let mut config = site(queue());
    for (user, seat) in [("bo", "102"), ("ann", "101")] {
        config.supervision.users.insert(user.into(), seat.into());
    }
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    let call = talk(&mut t);
    (t, call)
}

/// Who waits while the other is in a flow, or is put through, has the call still.
fn aside(call: CallId) -> [Command; 2] {
    [Command::HandOff { call, flow: "507".into() }, Command::Transfer { call, to: "103".into() }]
}

#[test]
fn who_is_sent_elsewhere_does_not_change_the_recording_meanwhile() {
    for n in 0..2 {
        let (mut t, call) = both_have_users();
        let act = aside(call)[n].clone();
        t.w.command("boss", act).unwrap();
        t.w.ms(50);
        let record = |act| Command::Record { call, act };
        let why = own(&mut t, "ann", record(RecordingAct::Pause)).unwrap_err();
        assert!(why.contains("your phone 101 is not the agent's side of call"), "{why}");
        own(&mut t, "bo", record(RecordingAct::Pause)).unwrap();
        assert!(own(&mut t, "ann", record(RecordingAct::Resume)).is_err());
        own(&mut t, "bo", Command::HangUp(call)).unwrap();
        assert!(own(&mut t, "ann", record(RecordingAct::Resume)).is_err(), "nor once nobody waits");
        own(&mut t, "ann", Command::HangUp(call)).unwrap();
        t.end();
    }
}

/// As when it is done at the phone: the caller goes on in the flow, or is rung for.
#[test]
fn who_waits_aside_and_hangs_up_leaves_alone() {
    for n in 0..2 {
        let (mut t, call) = both_have_users();
        let act = aside(call)[n].clone();
        t.w.command("boss", act).unwrap();
        t.w.ms(50);
        assert_eq!(own(&mut t, "bo", Command::HangUp(call)), Ok("102 has left call 1".into()));
        t.w.ms(50);
        let one = t.w.x.call(call).unwrap();
        assert!(!one.is_ended() && one.caller_leg().unwrap().state == LegState::Up);
        assert!(!one.legs.values().any(|leg| leg.party.number == "102" && leg.state != LegState::Ended));
        own(&mut t, "ann", Command::HangUp(call)).unwrap();
        t.end();
    }
}

/// 101 has called 103, and put it through to the queue.
#[test]
fn the_card_names_who_is_put_through_and_not_who_did_that() {
    let mut t = floor();
    let call = t.call("103");
    t.answer(t.c);
    let (now, a) = (t.w.now.mono, t.a);
    t.w.end(a).refer(now, call, &Uri::sip("700", "pbx.example", None), None);
    t.w.ms(100);
    assert!(t.rings(t.b));
    assert_eq!(t.w.x.desk("2", t.w.now).unwrap().caller.number, "103");
    t.answer(t.b);
    let id = t.w.x.calls().next().unwrap().id;
    own(&mut t, "bo", Command::HangUp(id)).unwrap();
    let desk = t.w.x.desk("2", t.w.now).unwrap();
    assert_eq!((desk.call, desk.caller.number.as_str()), (Some(id), "103"), "written up");
    own(&mut t, "bo", wrap_up("sold")).unwrap();
    t.end();
}

/// What only rings at a phone is not that agent's: it rings there no more, and the caller waits for another.
#[test]
fn who_hangs_up_what_rings_declines_it() {
    let mut t = floor();
    t.sign_in("2", "102");
    t.call("701");
    t.pick(t.b);
    assert!(t.rings(t.b));
    let call = t.w.x.calls().next().unwrap().id;
    assert_eq!(own(&mut t, "bo", Command::HangUp(call)), Ok("call 1 is declined".into()));
    t.w.ms(50);
    assert!(!t.rings(t.b) && !t.w.x.call(call).unwrap().is_ended());
    assert!(t.w.x.floor().waiter(call.0).is_some(), "it waits on");
    t.w.command("boss", Command::HangUp(call)).unwrap();
    t.end();
}

/// Who signs out in a talk has it to write up.
#[test]
fn who_signed_out_in_a_talk_says_what_came_of_it() {
    let mut t = floor();
    let call = talk(&mut t);
    own(&mut t, "bo", choose("2", Presence::LoggedOut, None)).unwrap();
    assert_eq!(t.w.x.agent_of("bo"), Ok("2".to_owned()), "who may act as agent 2 sees its desk");
    own(&mut t, "bo", Command::HangUp(call)).unwrap();
    t.w.ms(50);
    assert_eq!(own(&mut t, "bo", wrap_up("sold")).map(|_| ()), Ok(()));
    t.end();
}

#[test]
fn what_came_of_a_call_is_one_of_the_words_and_kept_with_it() {
    let mut t = floor();
    let call = talk(&mut t);
    assert!(own(&mut t, "bo", wrap_up("sold")).is_err(), "the call goes on");
    own(&mut t, "bo", Command::HangUp(call)).unwrap();
    assert_eq!(t.activity("2"), Activity::WrapUp);
    let unknown = own(&mut t, "bo", wrap_up("sulked")).unwrap_err();
    assert!(unknown.contains("there are: sold, call back"), "{unknown}");
    let more = Command::Agent(AgentAct::WrapUp {
        agent: "2".into(),
        more_ms: Some(60_000),
        disposition: Some("call back".into()),
    });
    own(&mut t, "bo", more).unwrap();
    t.w.ms(30_000);
    let desk = t.w.x.desk("2", t.w.now).unwrap();
    assert_eq!((desk.call, desk.disposition.as_str()), (Some(call), "call back"), "long after its end");
    own(&mut t, "bo", wrap_up("sold")).unwrap();
    assert_eq!(t.activity("2"), Activity::Idle);
    let said: Vec<String> = told(&t, "disposition").into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(said, ["bo: call back", "bo: sold"]);
    t.end();
}

/// Events of that name: the call, its number, the text.
fn told(t: &Floor, name: &str) -> Vec<(Option<CallId>, Option<u64>, String)> {
    let events = t.w.records.iter().filter_map(|record| match record {
        Record::Event(event) if event.name == name => Some(event),
        _ => None,
    });
    events.map(|event| (event.call, event.number, event.text.clone())).collect()
}

#[test]
fn notes_are_kept_with_their_call() {
    let mut t = floor();
    let call = talk(&mut t);
    assert!(own(&mut t, "bo", note(call, "  sent\u{1b}[2J twice\n", &[])).is_ok());
    assert!(
        own(&mut t, "cy", note(call, "mine", &[])).unwrap_err().contains("your phone 103 is not in call")
    );
    assert!(own(&mut t, "bo", note(call, " ", &[])).unwrap_err().contains("needs a text"));
    let long = "x".repeat(NOTE_CHARS_MAX + 1);
    assert!(own(&mut t, "bo", note(call, &long, &[])).unwrap_err().contains("at most 1000"));
    own(&mut t, "bo", Command::HangUp(call)).unwrap();
    t.w.ms(10_000);
    assert!(t.w.x.call(call).is_none());
    assert!(own(&mut t, "bo", note(call, "while writing up", &[])).is_ok());
    own(&mut t, "bo", wrap_up("sold")).unwrap();
    assert!(own(&mut t, "bo", note(call, "gone", &[])).is_err(), "whose it was is not known here any more");
    assert!(
        own(&mut t, "bo", note(call, "later", &["101", "102"])).is_ok(),
        "the store says that it was in it"
    );
    assert!(t.w.command("boss", note(call, "seen", &[])).is_ok());
    let notes: Vec<String> = told(&t, "note")
        .into_iter()
        .map(|(of, _, text)| {
            assert_eq!(of, Some(call));
            text
        })
        .collect();
    assert_eq!(notes, ["bo: sent\u{fffd}[2J twice", "bo: while writing up", "bo: later", "boss: seen"]);
    t.end();
}
