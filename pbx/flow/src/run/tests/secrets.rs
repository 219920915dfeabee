//! A secret is for checking, and for nobody's eyes and ears.

use super::*;
use crate::boundary::Asking;

const SECRET: &str = "9081726354";

fn card(then: Vec<Job>) -> Flow {
    let mut jobs = vec![collect("card", (4, 12), true, to(1), to(1))];
    jobs.extend(then);
    flow("main", jobs)
}

/// Types the secret, then searches all that was asked for, and what is shown of the run.
fn typed(world: World, flows: Vec<Flow>) -> Caller {
    let mut c = call_at(world, flows);
    assert!(c.has(&Effect::Secret(true)), "from the first digit");
    c.press(SECRET);
    assert!(!format!("{:?}", c.run).contains(&SECRET[..4]), "half typed");
    c.press("#");
    assert!(!c.run.is_secret());
    let shown = format!("{:?} {:?}", c.log, c.run);
    assert!(!shown.contains(SECRET), "{shown}");
    c
}

#[test]
fn it_is_not_spoken_dialled_addressed_or_shown() {
    let list = Job::List {
        list: "l".into(),
        of: expr("card"),
        into: Some("found".into()),
        listed: to(2),
        other: to(2),
    };
    let flows: Vec<Vec<Job>> = vec![
        vec![play("your card {card} is {card & 'x'}", None)],
        vec![set("copy", "card & '1'", to(2)), play("{copy}", None)],
        vec![set("sum", "card + 1", to(2)), play("{sum}", None)],
        vec![dial(&["card"], [None; 4])],
        vec![Job::Queue {
            queue: expr("card"),
            priority: None,
            agent: Some(expr("card")),
            timeout: None,
            full: None,
            empty: None,
            closed: None,
            keys: BTreeMap::new(),
            call_back: None,
            called_back: None,
            after: None,
        }],
        vec![Job::Queue {
            queue: expr("'sales'"),
            priority: Some(expr("card")),
            agent: None,
            timeout: None,
            full: None,
            empty: None,
            closed: None,
            keys: BTreeMap::new(),
            call_back: None,
            called_back: None,
            after: None,
        }],
        vec![voicemail("card", None, None)],
        vec![Job::Mailbox { mailbox: Some(expr("card")), next: None }],
        vec![list, play("{found}", None)],
        vec![sub("show", &[("what", "card")], Some("back"), to(2)), play("{back}", None)],
        vec![Job::HangUp { prompt: prompt("{card}"), as_busy: HangUpAs::Normal }],
        vec![post(&[("card", "card")], &[], None, None)],
    ];
    for jobs in flows {
        let mailbox = Mailbox { longest: seconds(9), ..Mailbox::default() };
        let world = World {
            mailboxes: [(SECRET.to_owned(), mailbox)].into(),
            listed: [(format!("l {SECRET}"), Value::text(SECRET))].into(),
            ..World::default()
        };
        let show = flow("show", vec![set("copy", "what", to(1)), give_back("copy")]);
        let c = typed(world, vec![card(jobs), show]);
        assert_eq!(c.variable("card"), "•••");
    }
}

#[test]
fn services_get_it_to_check_it_and_the_request_does_not_show_it() {
    let c = typed(World::default(), vec![card(vec![post(&[("card", "card")], &[], None, None)])]);
    let Some(Effect::Ask { asking: Asking::Http { body: Some(body), .. }, .. }) = c.last.last() else {
        panic!("{:?}", c.last)
    };
    assert!(body.is_secret && body.text.contains(SECRET));
    let mut url = card(vec![post(&[], &[], None, None)]);
    if let Some(Node { job: Job::Http { request, .. }, .. }) = url.nodes.get_mut(1) {
        request.url = prompt("http://localhost/{card}");
    }
    let c = typed(World::default(), vec![url]);
    assert!(format!("{:?}", c.last).contains("http://localhost/\""), "{:?}", c.last);
}

#[test]
fn one_typed_ahead_leaves_no_secrecy_behind() {
    for then in [pin(to(2), to(2), None), collect("card", (4, 6), true, to(2), to(2))] {
        let mut c =
            call(vec![flow("main", vec![whole("welcome", to(1)), then, menu(&[("1", 0)], None, None)])]);
        c.press("4711#").hears();
        if c.node() == "main.n1" {
            assert!(c.run.is_secret(), "wrong: asked again");
        } else {
            assert_eq!(c.node(), "main.n2");
            assert!(!c.run.is_secret());
        }
        let secret = c.log.iter().filter(|e| matches!(e, Effect::Secret(_))).count();
        assert_eq!(secret % 2 == 1, c.run.is_secret());
    }
}

#[test]
fn a_prompt_after_a_secret_typed_ahead_is_no_secret() {
    for ask in [pin(to(2), None, None), collect("card", (4, 6), true, to(2), None)] {
        let world = World { pins: [("door ".to_owned(), "4711".to_owned())].into(), ..World::default() };
        let mut c = call_at(world, vec![flow("main", vec![whole("welcome", to(1)), ask, play("in", None)])]);
        c.press("4711#").hears();
        assert_eq!((c.node().as_str(), c.run.is_secret()), ("main.n2", false));
    }
}

#[test]
fn the_branch_taken_tells_nothing_of_it() {
    let world = World { pins: [("door ".to_owned(), "471100".to_owned())].into(), ..World::default() };
    let mut c = call_at(world, vec![flow("main", vec![pin(to(1), None, None), hang_up("in")])]);
    c.press("471100");
    assert!(c.path().ends_with("main.n1 right"));
}
