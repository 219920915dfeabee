//! Rules of the ways through a flow: nodes, conditions, loops, ends.

use super::*;

#[test]
fn nodes_that_no_way_leads_to() {
    shows(
        &bye("a: play; prompt = \"x\"; next = \"bye\"\nb: play; prompt = \"x\"; next = \"bye\""),
        "main.toml:5:8: warning: no way leads to node \"b\"",
        &bye("start = \"b\"\na: play; prompt = \"x\"; next = \"bye\"\nb: play; prompt = \"x\"; next = \"a\""),
    );
    shows(
        &bye(
            "a: if; when = \"1 == 2\"; then = \"b\"; otherwise = \"bye\"\nb: play; prompt = \"x\"; next = \"bye\"",
        ),
        "no way leads to node \"b\"",
        &bye("on_hang_up = \"log\"\na: play; prompt = \"x\"; next = \"bye\"\nlog: set; values = { x = 1 }"),
    );
}

#[test]
fn conditions_that_are_always_the_same() {
    shows(
        &bye("a: if; when = \"1 == 2\"; then = \"bye\"; otherwise = \"bye\""),
        "main.toml:3:8: warning: 1 == 2 never holds",
        &bye("a: if; when = \"hour == 2\"; then = \"bye\"; otherwise = \"bye\""),
    );
    let said =
        of(&bye("a: if; cases = [{ when = \"hour < 2\", then = \"bye\" }, { when = true, then = \"bye\" }]"));
    assert_eq!(said.lines().next(), Some("main.toml:3:47: warning: yes always holds"), "{said}");
    let said = of(&bye("a: if; cases = [{ when = true, then = \"bye\" }]; otherwise = \"bye\""));
    assert_eq!(said.lines().next(), Some("main.toml:3:10: warning: yes always holds"), "{said}");
}

#[test]
fn loops_in_which_nothing_is_waited_for() {
    // Nobody leaves: every way leads round.
    shows(
        "a: set; values = { x = 1 }; next = \"b\"\nb: if; when = \"1 == 1\"; then = \"a\"; otherwise = \"bye\"\nbye: hang_up",
        "main.toml:1:8: a loop without exit, in which nothing is waited for: a, b",
        &bye("arguments = { x = 0 }\na: set; values = { x = \"x + 1\" }; next = \"b\"\n\
             b: if; when = \"x < 3\"; then = \"a\"; otherwise = \"bye\""),
    );
    // Somebody leaves, but who goes round once goes round for ever.
    shows(
        &bye(
            "a: hours; hours = \"h\"; open = \"bye\"; closed = \"b\"\nb: if; when = \"hour < 9\"; then = \"a\"; otherwise = \"bye\"",
        ),
        "main.toml:1:8: a loop in which nothing changes: a, b",
        &bye(
            "a: hours; hours = \"h\"; open = \"bye\"; closed = \"b\"\nb: play; prompt = \"x\"; next = \"c\"\n\
             c: if; when = \"hour < 9\"; then = \"a\"; otherwise = \"bye\"",
        ),
    );
    shows(
        "a: list; list = \"l\"; listed = \"bye\"; other = \"a\"\nbye: hang_up",
        "a loop in which nothing changes: a",
        "a: list; list = \"l\"; listed = \"bye\"; other = \"bye\"\nbye: hang_up",
    );
}

#[test]
fn loops_of_what_cannot_be_begun() {
    // A call is sent on twice; after that it goes on as failed, at once.
    shows(
        &bye("a: dial; to = \"101\"; no_answer = \"bye\"; failed = \"a\""),
        "main.toml:1:8: a loop without exit, in which nothing is waited for: a",
        "a: dial; to = \"101\"; no_answer = \"b\"\nb: play; prompt = \"x\"; next = \"a\"",
    );
    shows(
        &bye(
            "a: dial; to = \"101\"; no_answer = \"b\"\nb: hours; hours = \"h\"; open = \"a\"; closed = \"bye\"",
        ),
        "main.toml:1:8: a loop in which nothing changes: a, b",
        &bye(
            "a: dial; to = \"101\"; no_answer = \"b\"\nb: hours; hours = \"h\"; open = \"c\"; closed = \"bye\"\nc: queue; queue = \"s\"; timeout = \"a\"; empty = \"bye\"; full = \"bye\"",
        ),
    );
    // A queue in which nobody works, or that is full, refuses at once.
    shows(
        &bye("q: queue; queue = \"s\"; timeout = \"bye\"; full = \"q\"; empty = \"q\""),
        "main.toml:1:8: a loop without exit, in which nothing is waited for: q",
        &bye("q: queue; queue = \"s\"; timeout = \"q\"; empty = \"bye\"; full = \"bye\""),
    );
    shows(
        &bye(
            "q: queue; queue = \"s\"; timeout = \"bye\"; full = \"b\"\nb: if; when = \"hour < 9\"; then = \"q\"; otherwise = \"bye\"",
        ),
        "main.toml:1:8: a loop in which nothing changes: q, b",
        &bye(
            "q: queue; queue = \"s\"; timeout = \"bye\"; full = \"b\"\nb: play; prompt = \"x\"; next = \"q\"",
        ),
    );
    let queued = "s: queue; queue = \"s\"; timeout = \"r\"\nr: return";
    let refuses = of_all(&[("main", "a: flow; flow = \"sub\"; next = \"a\""), ("sub", queued)]);
    assert!(refuses.contains("a loop without exit"), "an empty queue comes back at once\n{refuses}");
    shows(
        &bye("a: voicemail; mailbox = \"s\"; next = \"bye\"; failed = \"a\""),
        "a loop without exit, in which nothing is waited for: a",
        &bye("a: voicemail; mailbox = \"s\"; next = \"a\"; failed = \"bye\""),
    );
}

#[test]
fn loops_through_another_flow_that_waits_for_nothing() {
    let main = "a: flow; flow = \"sub\"; next = \"a\"";
    let quick = of_all(&[("main", main), ("sub", "s: set; values = { x = 1 }; next = \"r\"\nr: return")]);
    assert!(
        quick.contains("main.toml:1:8: a loop without exit, in which nothing is waited for: a"),
        "{quick}"
    );
    let open = of_all(&[("main", main), ("sub", "s: set; values = { x = 1 }")]);
    assert!(open.contains("a loop without exit"), "a flow may come to its end without return\n{open}");
    let fails = of_all(&[("main", main), ("sub", "s: dial; to = \"101\"; no_answer = \"r\"\nr: return")]);
    assert!(fails.contains("a loop without exit"), "what cannot be begun comes back at once\n{fails}");
    let asks = "s: menu; prompt = \"x\"; keys = { 1 = \"r\" }; otherwise = \"bye\"\nr: return\nbye: hang_up";
    let asking = of_all(&[("main", main), ("sub", asks)]);
    assert_eq!(asking, "");
}

#[test]
fn loops_of_callers_who_press_nothing() {
    shows(
        &bye(
            "a: menu; prompt = \"x\"; keys = { 1 = \"bye\" }; otherwise = \"b\"\nb: play; prompt = \"y\"; next = \"a\"",
        ),
        "main.toml:1:8: warning: a caller who presses nothing stays here for ever: a, b",
        &bye("a: menu; prompt = \"x\"; keys = { 1 = \"bye\", 2 = \"a\" }; otherwise = \"bye\""),
    );
    // Who counts the rounds leaves; so does who is put through.
    assert_eq!(
        of(&bye(
            "arguments = { n = 0 }\na: menu; prompt = \"x\"; keys = { 1 = \"bye\" }; otherwise = \"b\"\n\
             b: set; values = { n = \"n + 1\" }; next = \"c\"\nc: if; when = \"n < 3\"; then = \"a\"; otherwise = \"bye\"",
        )),
        ""
    );
    assert_eq!(
        of(&bye(
            "a: menu; prompt = \"x\"; keys = { 1 = \"bye\" }; otherwise = \"q\"\nq: queue; queue = \"s\"; timeout = \"a\"",
        )),
        ""
    );
}

#[test]
fn ways_that_lead_to_nobody() {
    shows(
        &bye(
            "a: menu; prompt = \"x\"; keys = { 1 = \"b\" }; otherwise = \"bye\"\nb: play; prompt = \"y\"; next = \"c\"\nc: play; prompt = \"z\"; next = \"b\"",
        ),
        "main.toml:6:8: from node \"b\" no way leads to a person or a goodbye",
        &bye(
            "a: menu; prompt = \"x\"; keys = { 1 = \"b\" }; otherwise = \"bye\"\nb: play; prompt = \"y\"; next = \"c\"\nc: play; prompt = \"z\"; next = \"a\"",
        ),
    );
    // A flow that only ends without a word is told at its start, as a warning.
    shows(
        "a: play; prompt = \"x\"; next = \"b\"\nb: play; prompt = \"x\"",
        "main.toml:1:8: warning: from node \"a\" no way leads to a person or a goodbye",
        "a: play; prompt = \"x\"; next = \"b\"\nb: dial; to = \"101\"; no_answer = \"c\"\nc: hang_up",
    );
    let one = of(
        "a: play; prompt = \"x\"; next = \"b\"\nb: play; prompt = \"x\"; next = \"c\"\nc: play; prompt = \"x\"; next = \"a\"",
    );
    assert_eq!(
        one.matches("no way leads to a person").count(),
        1,
        "it is told where one gets into it\n{one}"
    );
    for good in [
        "queue; queue = \"s\"; timeout = \"c\"",
        "voicemail; mailbox = \"s\"; next = \"c\"; failed = \"c\"",
        "return",
    ] {
        assert_eq!(
            of(&format!(
                "a: play; prompt = \"x\"; next = \"b\"\nb: {good}\n{}",
                if good == "return" { "" } else { "c: hang_up" }
            )),
            "",
            "{good}"
        );
    }
    let sub = "a: flow; flow = \"sub\"; next = \"a\"";
    let talks = of_all(&[("main", sub), ("sub", "s: play; prompt = \"x\"; next = \"r\"\nr: return")]);
    assert!(talks.contains("from node \"a\" no way leads to a person"), "{talks}");
    let queue = "s: play; prompt = \"x\"; next = \"q\"\nq: queue; queue = \"q\"; timeout = \"r\"\nr: return";
    let helps = of_all(&[("main", sub), ("sub", queue)]);
    assert_eq!(helps, "");
}

#[test]
fn ends_without_a_word() {
    shows(
        "a: menu; prompt = \"x\"; keys = { 1 = \"bye\" }\nbye: hang_up",
        "main.toml:1:8: warning: node \"a\" has no otherwise: there the call ends without a word",
        "a: menu; prompt = \"x\"; keys = { 1 = \"bye\" }; otherwise = \"bye\"\nbye: hang_up",
    );
    shows(
        "a: hours; hours = \"h\"\n",
        "node \"a\" has no open and no closed: there",
        "a: hours; hours = \"h\"; open = \"bye\"; closed = \"bye\"\nbye: hang_up",
    );
    // After a talk the call may end, and a clean-up too.
    assert_eq!(
        of(&bye("on_hang_up = \"b\"\na: dial; to = \"1\"; no_answer = \"bye\"\nb: set; values = { x = 1 }")),
        ""
    );
    // A condition that always holds leaves no other way.
    let always = of("a: if; when = true; then = \"bye\"\nbye: hang_up");
    assert!(!always.contains("without a word"), "{always}");
    // In a flow that another runs it is the way back.
    let sub = "s: play; prompt = \"x\"";
    let said = of_all(&[("main", &bye("a: flow; flow = \"sub\"; next = \"bye\"")), ("sub", sub)]);
    assert_eq!(said, "");
    assert!(of(sub).contains("has no next"));
}

#[test]
fn menus_that_are_too_deep() {
    let menus = |count: usize, last: &str| {
        let mut text = String::new();
        for n in 1..=count {
            let next = if n == count { last.to_owned() } else { format!("m{}", n + 1) };
            text += &format!(
                "m{n}: menu; prompt = \"x\"; keys = {{ 1 = \"{next}\", 9 = \"m1\" }}; otherwise = \"bye\"\n"
            );
        }
        bye(&text)
    };
    shows(
        &menus(7, "bye"),
        "main.toml:26:8: menu \"m6\" is the 6th within others, and 5 is the most",
        &menus(5, "bye"),
    );
    assert!(!of(&menus(7, "bye")).contains("m7"), "one is enough");
    // A shortcut counts.
    assert_eq!(
        of(&menus(6, "bye").replace("keys = { 1 = \"m2\",", "keys = { 1 = \"m2\", 234 = \"m6\",")),
        ""
    );
    // Menus of other flows count.
    let outer = format!("{}\nsub: flow; flow = \"sub\"; next = \"bye\"", menus(4, "sub"));
    let said = of_all(&[("main", &outer), ("sub", &menus(2, "bye"))]);
    assert!(said.contains("sub.toml:6:8: menu \"m2\" is the 6th"), "{said}");
    assert_eq!(of_all(&[("main", &outer), ("sub", &menus(1, "bye"))]), "");
}
