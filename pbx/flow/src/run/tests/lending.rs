//! A caller who is lent to a flow comes back with what came of it, and with nothing of what was typed.

use super::*;

fn back(result: &str) -> [Effect; 2] {
    [Effect::GiveBack { result: result.into() }, Effect::End]
}

fn ends_with(c: &Caller, result: &str) {
    assert!(c.last.ends_with(&back(result)), "{:?}", c.last);
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 0);
}

fn member() -> World {
    World { pins: [("door ".to_owned(), "4711".to_owned())].into(), ..World::default() }
}

#[test]
fn what_a_flow_returns_or_sets_comes_back() {
    ends_with(&lent(World::default(), vec![flow("f", vec![give_back("'verified'")])]), "verified");
    let sets = vec![flow("f", vec![set("result", "'gold'", to(1)), set("x", "1", None)])];
    ends_with(&lent(World::default(), sets), "gold");
    ends_with(&lent(World::default(), vec![flow("f", vec![set("x", "1", None)])]), "");
    let inner = || flow("inner", vec![give_back("'of the inner'")]);
    let runs = vec![flow("f", vec![sub("inner", &[], Some("result"), None)]), inner()];
    ends_with(&lent(World::default(), runs), "of the inner");
    let silent = vec![flow("f", vec![sub("inner", &[], None, None)]), inner()];
    ends_with(&lent(World::default(), silent), "");
    let long = vec![flow("f", vec![set("result", &format!("'{}'", "x".repeat(200)), None)])];
    ends_with(&lent(World::default(), long), &"x".repeat(64));
}

#[test]
fn nothing_of_a_secret_comes_back() {
    let jobs = vec![collect("card", (4, 4), true, to(1), to(1)), give_back("card")];
    let mut c = lent(World::default(), vec![flow("f", jobs)]);
    c.press("1234");
    ends_with(&c, "");
    let jobs = vec![collect("card", (4, 4), true, to(1), to(1)), set("result", "part(card, 1, 2)", None)];
    let mut c = lent(World::default(), vec![flow("f", jobs)]);
    c.press("1234");
    ends_with(&c, "");
}

#[test]
fn a_pin_is_asked_for_and_the_way_out_is_the_result() {
    let jobs = || vec![pin(to(1), to(2), None), give_back("'verified'"), give_back("'failed'")];
    let mut c = lent(member(), vec![flow("f", jobs())]);
    c.press("4711#");
    ends_with(&c, "verified");
    c.press("9").gone();
    assert!(c.last.is_empty(), "it is over, whatever is told");
}

/// A lent caller who hangs up is cleaned up after as any other; one who is given back is not: it is still there.
#[test]
fn only_who_hangs_up_is_cleaned_up_after() {
    let cleaned = |c: &Caller| c.path().contains("n1 hang_up");
    let f = || cleaning(flow("f", vec![play("one moment", None), set("x", "1", None)]), 1);
    let mut c = lent(World::default(), vec![f()]);
    c.hears();
    ends_with(&c, "");
    assert!(!cleaned(&c));
    let mut c = lent(World::default(), vec![f()]);
    c.gone();
    assert!(cleaned(&c) && c.last_has(&Effect::End));
    assert_eq!(c.count(|e| matches!(e, Effect::GiveBack { .. })), 0);
}

#[test]
fn a_flow_may_still_hang_up() {
    let mut c = lent(World::default(), vec![flow("f", vec![hang_up("goodbye")])]);
    c.hears();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 1);
    c.gone();
    assert_eq!(c.last, [Effect::End]);
}

#[test]
fn a_fault_gives_the_caller_back_from_however_deep() {
    let inner = flow("inner", vec![sub("nowhere", &[], None, None)]);
    let c =
        lent(World::default(), vec![flow("f", vec![sub("inner", &[], None, to(1)), hang_up("x")]), inner]);
    ends_with(&c, "fault in the flow");
    assert_eq!(c.faults(), ["inner.n0: there is no flow named nowhere"]);
    let c = lent(World::default(), vec![flow("f", vec![set("x", "1", to(0))])]);
    ends_with(&c, "fault in the flow");
}
