//! A caller acts as an agent: what is asked, each outcome, and that a PIN that was right goes with it.

use super::*;
use crate::agent::{AgentAct, AgentAnswer, AgentDo, AgentIs, AgentRefusal};
use crate::pins::AGENT_PINS;

fn agent(what: AgentDo, agent: Option<&str>, unknown: Next) -> Job {
    Job::Agent {
        what,
        agent: agent.map(expr),
        reason: (what == AgentDo::Break).then(|| expr("'lunch'")),
        into: Some("state".to_owned()),
        next: to(1),
        refused: to(2),
        unknown,
    }
}

fn fork(first: Job) -> Flow {
    flow("main", vec![first, play("1", None), play("2", None), play("3", None)])
}

fn asked(c: &Caller) -> Vec<AgentAct> {
    let acts = c.log.iter().filter_map(|effect| match effect {
        Effect::Agent(act) => Some(act.clone()),
        _ => None,
    });
    acts.collect()
}

#[test]
fn each_outcome_has_its_way_and_its_word() {
    let refused = |why| AgentAnswer::Refused(why);
    for (unknown, answer, heard, by, word) in [
        (to(3), AgentAnswer::Done(AgentIs::Ready), "1", "done", "ready"),
        (to(3), AgentAnswer::Done(AgentIs::OnBreak), "1", "done", "break"),
        (to(3), AgentAnswer::Done(AgentIs::SignedOut), "1", "done", "signed_out"),
        (to(3), refused(AgentRefusal::Pin), "2", "refused", "pin"),
        (to(3), refused(AgentRefusal::Taken), "2", "refused", "taken"),
        (to(3), refused(AgentRefusal::BreakFull), "2", "refused", "break_full"),
        (to(3), AgentAnswer::Unknown, "3", "unknown", "unknown"),
        (None, AgentAnswer::Unknown, "2", "unknown", "unknown"),
    ] {
        let mut c = call(vec![fork(agent(AgentDo::Break, None, unknown))]);
        assert_eq!(
            asked(&c),
            [AgentAct { what: AgentDo::Break, agent: None, reason: "lunch".into(), knows_pin: false }]
        );
        assert_eq!(c.event(Event::Agent(answer)).heard(), heard, "{answer:?}");
        assert!(c.path().ends_with(by), "{answer:?}");
        assert_eq!(c.variable("state"), word);
    }
}

#[test]
fn words_are_one_for_each_answer() {
    let mut words: Vec<&str> = AgentAnswer::ALL.iter().map(|answer| answer.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), AgentAnswer::ALL.len());
    assert_eq!(AgentDo::WORDS.map(|(word, what)| what.word() == word), [true; 5]);
}

/// The PIN of one agent signs in no other, and PINs for something else sign in nobody.
#[test]
fn a_pin_that_was_right_signs_in_whom_it_is_of() {
    for (pins, of, typed, signs_in, knows) in [
        (AGENT_PINS, "'7001'", "4711#", "'7001'", true),
        (AGENT_PINS, "'7001'", "4711#", "'7002'", false),
        ("door", "'7001'", "4711#", "'7001'", false),
        (AGENT_PINS, "'7001'", "1111#", "'7001'", false),
    ] {
        let ask = Job::Pin {
            prompt: Prompt::default(),
            pins: pins.to_owned(),
            of: Some(expr(of)),
            patience: Patience { tries: 1, ..patience() },
            next: to(1),
            wrong: to(1),
            locked: None,
        };
        let pins =
            [(format!("{AGENT_PINS} 7001"), "4711".to_owned()), ("door 7001".to_owned(), "4711".to_owned())];
        let world = World { pins: pins.into(), ..World::default() };
        let signs = agent(AgentDo::SignIn, Some(signs_in), None);
        let mut c = call_at(world, vec![flow("main", vec![ask, signs, play("2", None)])]);
        c.press(typed);
        assert_eq!(
            asked(&c).iter().map(|act| act.knows_pin).collect::<Vec<_>>(),
            [knows],
            "{typed} {signs_in}"
        );
    }
}

#[test]
fn what_comes_late_is_passed_over() {
    let mut c = call(vec![fork(agent(AgentDo::Ready, None, None))]);
    c.press("5").gone();
    assert!(c.run.is_over());
    c.event(Event::Agent(AgentAnswer::Done(AgentIs::Ready)));
    let mut c = call(vec![flow("main", vec![play("1", None)])]);
    assert_eq!(c.event(Event::Agent(AgentAnswer::Unknown)).node(), "main.n0");
}

/// Nothing is chosen for who has hung up.
#[test]
fn a_clean_up_acts_as_nobody() {
    let mut c = call(vec![cleaning(
        flow("main", vec![play("1", None), agent(AgentDo::SignOut, None, None), play("2", None)]),
        1,
    )]);
    c.gone();
    assert_eq!(asked(&c), []);
    assert!(c.run.is_over());
}
