//! What is done when the caller has hung up.

use super::*;
use crate::limits::{DEPTH_MAX, STEPS_MAX};
use serde_json::json;

/// Who is gone in each place a caller can be.
#[test]
fn wherever_the_caller_was_the_clean_up_is_done_once() {
    let jobs: Vec<Job> = vec![
        play("a", None),
        whole("a", None),
        menu(&[("1", 1)], None, None),
        collect("n", (1, 4), true, None, None),
        pin(None, None, None),
        survey(None, None),
        dial(&["'101'"], [None; 4]),
        queue(&[("1", 1)], [None; 4]),
        voicemail("'101'", None, None),
        record(None, None),
        Job::Mailbox { mailbox: None, next: None },
        post(&[], &[], None, None),
        hang_up("bye"),
        hang_up(""),
        sub("other", &[], None, None),
    ];
    for job in jobs {
        for heard_before in [false, true] {
            let told = format!("{job:?}");
            let main = cleaning(
                flow(
                    "main",
                    vec![job.clone(), set("x", "1", to(2)), play("for nobody", to(3)), set("y", "1", None)],
                ),
                1,
            );
            let mailbox = Mailbox { longest: seconds(9), ..Mailbox::default() };
            let world = World { mailboxes: [("101".to_owned(), mailbox)].into(), ..World::default() };
            let mut c = call_at(world, vec![main]);
            if heard_before && c.witness.playing().is_some() {
                c.hears();
            }
            c.gone();
            assert!(c.run.is_over(), "{told}");
            assert!(
                c.path().ends_with("main.n1 hang_up, main.n2 next, main.n3 next"),
                "{told}: {}",
                c.path()
            );
            assert_eq!(c.count(|e| *e == Effect::End), 1);
            for late in [
                Event::Gone { recorded: None },
                Event::Digit('1'),
                Event::Played(1),
                Event::Woke,
                Event::Dialled(Dialled::Busy),
            ] {
                c.event(late);
                assert_eq!(c.last, [], "{told}");
            }
        }
    }
}

#[test]
fn flows_within_each_other_clean_up_from_the_inside_out() {
    let main = cleaning(
        flow("main", vec![sub("inner", &[], None, None), post(&[("who", "'main'")], &[], None, None)]),
        1,
    );
    let inner = cleaning(
        flow(
            "inner",
            vec![
                sub("inmost", &[], None, None),
                post(&[("who", "'inner'")], &[], to(2), to(2)),
                set("z", "1", None),
            ],
        ),
        1,
    );
    let inmost = flow("inmost", vec![play("here", None)]);
    let mut c = call(vec![main, inner, inmost]);
    c.gone();
    assert_eq!(c.node(), "inner.n1");
    c.answered(Answer::Json(json!({})));
    assert_eq!(c.node(), "main.n1");
    c.answered(Answer::Failed("down".into()));
    assert!(c.run.is_over());
}

#[test]
fn a_clean_up_may_run_flows() {
    let main = cleaning(
        flow(
            "main",
            vec![
                play("a", None),
                sub("note", &[("n", "1")], Some("got"), to(2)),
                post(&[("got", "got")], &[], None, None),
            ],
        ),
        1,
    );
    let note = cleaning(flow("note", vec![set("n", "n + 1", to(1)), give_back("n")]), 0);
    let mut c = call(vec![main, note]);
    c.gone();
    assert!(
        format!("{:?}", c.last).contains(r#"\"got\":2"#) || format!("{:?}", c.last).contains(r#""got":2"#),
        "{:?}",
        c.last
    );
    assert_eq!(c.path(), "main.n0 begin, main.n1 hang_up, note.n0 flow, note.n1 next, main.n2 return");
    c.answered(Answer::Json(json!({})));
    assert_eq!(c.count(|e| *e == Effect::End), 1, "a flow that a clean-up ran is not cleaned up again");
}

#[test]
fn a_clean_up_that_loops_is_given_up_and_those_around_it_are_not() {
    let main = cleaning(flow("main", vec![sub("inner", &[], None, None), set("x", "1", None)]), 1);
    let inner = cleaning(flow("inner", vec![play("here", None), set("x", "1", to(1))]), 1);
    let mut c = call(vec![main, inner]);
    c.gone();
    assert!(c.run.is_over());
    assert!(c.path().ends_with("main.n1 hang_up"));
    assert_eq!(c.faults().len(), 1);
}

#[test]
fn a_clean_up_whose_flows_loop_ends_soon() {
    // `b` is called again and again; each time `c` within it loops.
    let main = cleaning(flow("main", vec![play("here", None), sub("b", &[], None, to(1))]), 1);
    let b = flow("b", vec![sub("c", &[], None, None)]);
    let c = flow("c", vec![set("x", "1", to(0))]);
    let mut c = call(vec![main, b, c]);
    c.gone();
    assert!(c.run.is_over());
    assert!(c.last.len() < 2 * STEPS_MAX as usize, "{} effects", c.last.len());
}

#[test]
fn a_clean_up_has_all_its_steps_however_deep_it_is() {
    let long = |name: &str, first: Job| {
        let mut jobs = vec![first];
        jobs.extend((1..60).map(|n| set("x", "1", to(n + 1))));
        jobs.push(set("x", "1", None));
        cleaning(flow(name, jobs), 1)
    };
    let names = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"];
    assert_eq!(names.len(), DEPTH_MAX);
    let mut flows: Vec<Flow> =
        names.windows(2).map(|pair| long(pair[0], sub(pair[1], &[], None, None))).collect();
    flows.push(long("f7", play("inmost", None)));
    let mut c = call(flows);
    c.gone();
    assert_eq!(c.faults(), [""; 0]);
    assert!(c.run.is_over());
}

#[test]
fn who_hangs_up_while_the_last_words_are_said_is_not_hung_up() {
    let mut c = call(vec![flow("main", vec![hang_up("bye")])]);
    c.gone();
    assert_eq!(c.count(|e| matches!(e, Effect::HangUp(_))), 0);
    assert!(c.run.is_over());
}

/// Who hangs up while speaking left something: the clean-up knows it, and the flow does not go on as if somebody were there.
#[test]
fn what_was_being_recorded_is_known_to_the_clean_up_and_leads_nowhere() {
    for (recorded, told) in [(Some("m7"), r#"{"tape":"m7"}"#), (None, r#"{"tape":null}"#)] {
        let jobs = vec![
            record(to(1), to(1)),
            dial(&["'101'"], [None; 4]),
            post(&[("tape", "tape")], &[], None, None),
        ];
        let mut c = call(vec![cleaning(flow("main", jobs), 2)]);
        c.hears();
        c.event(Event::Gone { recorded: recorded.map(str::to_owned) });
        assert_eq!(c.path(), "main.n0 begin, main.n2 hang_up");
        assert_eq!(c.passed, [], "no way out was taken");
        let [.., Effect::Ask { asking: crate::Asking::Http { body: Some(body), .. }, .. }] =
            c.last.as_slice()
        else {
            panic!("{:?}", c.last)
        };
        assert_eq!(body.text, told);
        c.answered(Answer::Json(json!({})));
    }
}

/// A message that is told of too late, or where nothing was recorded, changes nothing.
#[test]
fn what_was_recorded_is_of_who_was_being_recorded() {
    for jobs in [vec![play("a", None)], vec![record(None, None)]] {
        let mut c = call(vec![cleaning(
            flow("main", [jobs, vec![post(&[("tape", "tape")], &[], None, None)]].concat()),
            1,
        )]);
        c.event(Event::Gone { recorded: Some("m7".to_owned()) });
        assert_eq!(c.variable("tape"), "", "{}", c.path());
    }
}
