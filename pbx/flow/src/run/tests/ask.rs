//! Services and programs.

use super::*;
use crate::boundary::Asking;
use serde_json::json;

fn shop() -> Flow {
    let fields = [("name", "customer.name"), ("open", "orders.0.open"), ("price", "orders.0.price")];
    flow(
        "main",
        vec![
            post(
                &[("who", "who"), ("n", "1.5"), ("yes", "1 == 1"), ("none", "nobody")],
                &fields,
                to(1),
                to(2),
            ),
            play("{name} {open} {price}", None),
            play("error {error}", None),
        ],
    )
}

fn world() -> World {
    World { values: [("who".to_owned(), Value::text("a/../b \"x\""))].into(), ..World::default() }
}

#[test]
fn a_service_is_asked_and_answers_into_variables() {
    let mut c = call_at(world(), vec![shop()]);
    let Some(Effect::Ask { asking: Asking::Http { url, body }, timeout, .. }) = c.last.last().cloned() else {
        panic!("{:?}", c.last)
    };
    assert_eq!((url.as_str(), timeout), ("http://localhost/a%2F..%2Fb%20%22x%22", seconds(2)));
    let body = body.expect("a POST");
    let sent: serde_json::Value = serde_json::from_str(&body.text).expect("JSON");
    assert_eq!(sent, json!({"who": "a/../b \"x\"", "n": 1.5, "yes": true, "none": null}));
    assert!(!body.is_secret);
    c.answered(Answer::Json(
        json!({"customer": {"name": "Anna"}, "orders": [{"open": true, "price": 9.90}]}),
    ));
    assert_eq!(c.heard(), "Anna yes 9.9");
    assert!(c.path().ends_with("answered"));
}

#[test]
fn a_value_that_would_leave_its_part_of_an_address_is_not_sent() {
    let ask = |url: &str, who: &str| {
        let mut job = post(&[], &[], to(1), to(2));
        if let Job::Http { request, .. } = &mut job {
            request.url = prompt(url);
        }
        let main = flow("main", vec![job, play("sent", None), play("error {error}", None)]);
        let values = [("who".to_owned(), Value::text(who))].into();
        let c = call_at(World { values, ..World::default() }, vec![main]);
        match c.last.last().cloned() {
            Some(Effect::Ask { asking: Asking::Http { url, .. }, .. }) => url,
            _ => {
                assert_eq!(c.path(), "main.n0 begin, main.n2 failed");
                c.heard()
            }
        }
    };
    let told = "error a value would leave its part of the address";
    for (url, who) in [
        ("http://localhost/a/{who}", ".."),
        ("http://localhost/a/{who}", "."),
        ("http://localhost/a/{who}/b", ".."),
        ("http://localhost/a/.{who}", "."),
        ("http://localhost/a/{who}{who}?x=1", "."),
        ("http://localhost/a/..{who}", ""),
    ] {
        assert_eq!(ask(url, who), told, "{url} {who}");
    }
    for (url, who, sent) in [
        ("http://localhost/a/{who}", "...", "http://localhost/a/..."),
        ("http://localhost/a/x{who}", "..", "http://localhost/a/x.."),
        ("http://localhost/a?x=/{who}", "..", "http://localhost/a?x=/.."),
        ("http://localhost/../a/{who}", "7", "http://localhost/../a/7"),
    ] {
        assert_eq!(ask(url, who), sent, "what is written is sent as it is");
    }
}

#[test]
fn junk_gives_nothing_and_failure_its_way() {
    for junk in [json!(null), json!([]), json!("text"), json!({"customer": [1, 2], "orders": {"0": 1}})] {
        let mut c = call_at(world(), vec![shop()]);
        c.answered(Answer::Json(junk));
        assert_eq!(c.path(), "main.n0 begin, main.n1 answered");
        assert_eq!(c.variable("name"), "");
    }
    let mut c = call_at(world(), vec![shop()]);
    c.answered(Answer::Failed("status 500".into()));
    assert_eq!(c.heard(), "error status 500");
    assert!(c.path().ends_with("failed"));
}

#[test]
fn a_program_gets_what_is_named_and_nothing_else() {
    let exec = Job::Exec {
        argv: vec!["/usr/local/bin/price".into(), "--fast".into()],
        input: vec![("who".into(), expr("who"))],
        fields: vec![("price".into(), "p".into())],
        timeout: seconds(3),
        next: to(1),
        failed: None,
    };
    let mut c = call_at(world(), vec![flow("main", vec![exec, play("{price}", None)])]);
    let Some(Effect::Ask { asking: Asking::Exec { argv, input }, .. }) = c.last.last().cloned() else {
        panic!("{:?}", c.last)
    };
    assert_eq!(argv, ["/usr/local/bin/price", "--fast"]);
    assert_eq!(input.text, r#"{"who":"a/../b \"x\""}"#);
    assert_eq!(c.answered(Answer::Json(json!({"p": 3}))).heard(), "3");
}

#[test]
fn keys_pressed_meanwhile_are_kept() {
    let mut c = call(vec![flow(
        "main",
        vec![post(&[], &[], to(1), to(1)), menu(&[("1", 2)], None, None), play("one", None)],
    )]);
    assert_eq!(c.press("1").last, []);
    assert_eq!(c.answered(Answer::Json(json!({}))).heard(), "one");
}

#[test]
fn late_answers_are_passed_over() {
    let main = cleaning(
        flow(
            "main",
            vec![
                post(&[], &[("x", "x")], None, None),
                post(&[], &[("x", "x")], to(2), None),
                set("y", "x", None),
            ],
        ),
        1,
    );
    let mut c = call(vec![main]);
    let first = c.witness.asked().expect("asked");
    c.gone();
    let second = c.witness.asked().expect("the clean-up asks");
    assert_ne!(first, second);
    c.run.handle(&mut c.world, Event::Answered(first, Answer::Json(json!({"x": 1}))));
    assert_eq!(c.run.poll_effect(), None);
    c.event(Event::Answered(second, Answer::Json(json!({"x": 2}))));
    assert!(c.run.is_over());
    c.run.handle(&mut c.world, Event::Answered(second, Answer::Json(json!({"x": 3}))));
    assert_eq!(c.run.poll_effect(), None);
}
