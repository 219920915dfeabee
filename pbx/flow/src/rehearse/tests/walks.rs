//! Somebody at the keyboard, and the clock of rehearsals.

use super::walk::Walk;
use super::*;
use crate::boundary::{Opening, PinVerdict};
use std::time::Duration;

fn open() -> Stage {
    let mut stage = office();
    stage.around.hours.insert("office".to_owned(), Opening::Open);
    stage.around.pins.insert("door".to_owned(), "471100".to_owned());
    stage.prompts = Prompts::parse("\"office/welcome\" = { en = \"Welcome.\" }").expect("prompts");
    stage
}

fn walk() -> (Walk, String) {
    Walk::begin(open(), "office", "+41791234567").unwrap_or_else(|e| panic!("{e:?}"))
}

#[test]
fn a_walk_reads_like_a_call() {
    let (mut walk, begin) = walk();
    assert_eq!(
        begin,
        "  0:00  → office.hours (begin)\n  0:00  → office.welcome (open)\n  0:00  ♪ @office/welcome \"Welcome.\"\n"
    );
    assert_eq!(walk.prompt(), "[0:00 office.welcome hears a prompt] ");
    let said = walk.line("");
    assert!(said.contains("♪ \"For sales, press one."), "{said}");
    let said = walk.line("1");
    assert!(said.contains("you press 1\n") && said.contains("101, 102 ring\n"), "{said}");
    assert_eq!(walk.prompt(), "[0:00 office.sales rings 101, 102] ");
    let said = walk.line("busy");
    assert!(said.contains("  busy\n") && said.contains("→ office.box (busy)"), "{said}");
    assert!(walk.line("").contains("you are recorded for mailbox sales"));
    walk.line("say 5s");
    assert!(walk.line("#").contains("the recording is kept as message-1"));
    let said = walk.line("wait 1m");
    assert!(said.contains("Goodbye") && said.contains("the flow hangs up"), "{said}");
    assert!(said.ends_with("The call is over: hung up.\n"), "{said}");
    assert!(walk.is_done());
}

#[test]
fn those_who_ring_answer_and_hang_up() {
    let (mut walk, _) = walk();
    walk.line("1");
    assert!(walk.line("answer").contains("you talk with 101"));
    assert_eq!(walk.line("1"), "  0:00  you press 1\n", "keys in a talk are for nobody");
    assert!(walk.line("they hang up").contains("How was it?"));
    assert!(walk.line("2").contains("answer to kind: 2"));
    let said = walk.line("hang up");
    assert!(said.contains("you hang up") && said.contains("→ office.note (hang_up)"), "{said}");
}

#[test]
fn one_can_ask_where_and_why_and_set_the_clock() {
    let (mut walk, _) = walk();
    walk.line("2");
    walk.line("4711#");
    assert!(walk.line("where").contains("order = 4711"));
    let way = walk.line("why");
    assert!(way.contains("→ office.order (key 2)") && !way.contains('♪'), "{way}");
    assert!(walk.line("at 2026-10-01T12:10").contains("Thursday 2026-10-01 12:10"));
    assert!(walk.line("help").contains("hang up"));
    walk.line("quit");
    assert!(walk.is_done());
}

#[test]
fn a_pin_shows_as_dots() {
    let (mut walk, _) = walk();
    walk.line("3");
    let mut said = walk.line("471100");
    said.push_str(&walk.line("why"));
    said.push_str(&walk.line("where"));
    assert!(said.contains("you press •") && !said.contains("4711"), "{said}");
    assert!(said.contains("office.person (right)"), "{said}");
    assert!(!said.contains("you press 4"), "{said}");
}

#[test]
fn nonsense_is_met_with_a_hint_and_no_escape_reaches_the_terminal() {
    let (mut walk, _) = walk();
    for (line, said) in [
        ("dance", "? \"dance\" is nothing to do here\n? type help\n"),
        ("answer", "? nobody rings, and you are in no queue\n"),
        ("busy", "? nobody rings, and you are in no queue\n"),
        ("they hang up", "? you talk with nobody\n"),
        ("say 5s", "? nobody records you\n"),
        ("wait long", "? \"long\" is not a duration\n? write a number with ms, s, m, h or d, as \"5s\"\n"),
        ("wait 99h", "? a day is the longest\n"),
        ("phone 101", "? write phone 101 busy\n"),
    ] {
        assert_eq!(walk.line(line), said);
    }
    let is_clean = |said: &str| said.chars().all(|c| c == '\n' || crate::text::is_harmless(c));
    for junk in ["\u{1b}[2J", "\u{202e}abc", &"9".repeat(500)] {
        for command in ["", "at ", "wait ", "say ", "answer ", "phone 101 ", "phone ", "they "] {
            let said = walk.line(&format!("{command}{junk}"));
            assert!(is_clean(&said), "{said:?}");
            assert!(said.starts_with(['?']) || said.starts_with("that is"), "{said:?}");
        }
    }
    let to = "[nodes.a]\nkind = \"queue\"\nqueue = \"{class}\"\n";
    let class = crate::Value::text("\u{1b}[2J\nx\u{202e}");
    let mut hostile = stage_of("m", to);
    hostile.around.values.insert("class".to_owned(), class);
    let (mut queued, said) = Walk::begin(hostile, "m", "1").unwrap_or_else(|e| panic!("{e:?}"));
    for said in [said, queued.prompt(), queued.line("where"), queued.line("why")] {
        assert!(is_clean(&said), "{said:?}");
    }
    assert_eq!(queued.prompt().lines().count(), 1);
    assert!(walk.line("at noon").starts_with('?'));
    let mut stage = stage_of("m", "[nodes.a]\nkind = \"say\"\ntext = \"{class}\"\n");
    stage.around.values.insert("class".to_owned(), crate::Value::text("\u{1b}[2Jx"));
    let (_, said) = Walk::begin(stage, "m", "1").unwrap_or_else(|e| panic!("{e:?}"));
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_number_goes_where_the_routes_say() {
    assert_eq!(Walk::begin(open(), "999", "1").err(), Some(Elsewhere("no route".to_owned())));
}

#[test]
fn phones_ring_in_turn_and_answer_when_they_are_said_to() {
    let text = "[nodes.a]\nkind = \"dial\"\nto = [\"1\", \"2\", \"3\"]\nin_turn = true\nring = \"10s\"\nno_answer = \"b\"\nafter = \"b\"\n[nodes.b]\nkind = \"hang_up\"\nprompt = \"Bye.\"\n";
    let mut stage = stage_of("m", text);
    stage.around.phones.insert("1".to_owned(), Phone::Busy);
    stage
        .around
        .phones
        .insert("3".to_owned(), Phone::Answers(Duration::from_secs(4), Some(Duration::from_secs(30))));
    let mut call = Rehearsal::begin(stage.clone(), "m", "", "9").expect("a flow");
    assert_eq!(call.ringing(), ["2"]);
    call.wait(Duration::from_secs(9));
    assert_eq!(call.ringing(), ["2"]);
    call.wait(Duration::from_secs(2));
    assert_eq!(call.ringing(), ["3"]);
    call.wait(Duration::from_secs(4));
    assert_eq!(call.talks_with(), Some("3"));
    call.wait(Duration::from_secs(60));
    assert_eq!((call.ended(), call.now()), (Some("hung up"), Duration::from_secs(75)));
    let mut call = Rehearsal::begin(stage, "m", "", "9").expect("a flow");
    assert!(call.answers(None));
    assert_eq!(call.talks_with(), Some("2"));
    call.hang_up();
    assert_eq!(call.ended(), Some("caller hung up"));
    assert!(call.is_over());
}

#[test]
fn who_hangs_up_while_recorded_leaves_what_was_said() {
    let mut call = Rehearsal::begin(office(), "office", "", "9").expect("a flow");
    call.hang_up();
    let mut closed = office();
    closed.around.hours.insert("office".to_owned(), Opening::Closed);
    let mut call = Rehearsal::begin(closed, "office", "", "9").expect("a flow");
    call.wait(Duration::from_secs(5));
    assert!(call.is_recorded());
    call.say(Duration::from_secs(2));
    call.hang_up();
    assert_eq!(call.stage().messages.get("sales").map(Vec::len), Some(1));
}

#[test]
fn a_key_half_pressed_in_a_queue_does_not_end_the_talk() {
    let text = "[nodes.a]\nkind = \"queue\"\nqueue = \"q\"\nkeys = { 1 = \"b\", 12 = \"b\" }\n[nodes.b]\nkind = \"hang_up\"\n";
    let mut call = Rehearsal::begin(stage_of("m", text), "m", "", "9").expect("a flow");
    call.press("1");
    assert!(call.answers(None));
    call.wait(Duration::from_secs(60));
    assert_eq!(call.talks_with(), Some("an agent of q"));
}

/// After the caller has gone nobody is rung and nothing is asked but by the clean-up, which knows what was kept.
#[test]
fn who_hangs_up_while_recorded_leads_the_flow_to_its_clean_up_alone() {
    let text = "on_hang_up = \"note\"\n\
        [nodes.a]\nkind = \"record\"\nprompt = \"Speak.\"\ninto = \"tape\"\nnext = \"ask\"\nfailed = \"ask\"\n\
        [nodes.ask]\nkind = \"http\"\nurl = \"http://localhost/main\"\nnext = \"ring\"\nfailed = \"ring\"\n\
        [nodes.ring]\nkind = \"dial\"\nto = \"101\"\n\
        [nodes.note]\nkind = \"http\"\nurl = \"http://localhost/note/{tape}\"\n";
    let mut call = Rehearsal::begin(stage_of("m", text), "m", "", "9").expect("a flow");
    call.wait(Duration::from_secs(2));
    call.say(Duration::from_secs(2));
    call.hang_up();
    assert!(call.is_over());
    let after = call.log().iter().filter_map(|entry| match &entry.what {
        Happening::Asks(what) => Some(what.clone()),
        Happening::Rings(numbers) => Some(numbers.join(",")),
        _ => None,
    });
    assert_eq!(after.collect::<Vec<_>>(), ["GET http://localhost/note/message-1"]);
}

/// What flows find at a site, they find in a rehearsal.
#[test]
fn mailboxes_greet_in_the_callers_language_and_lock_as_at_the_site() {
    let text = "language = \"zh\"\n[nodes.a]\nkind = \"voicemail\"\nmailbox = \"101\"\n";
    let mut stage = stage_of("m", text);
    let pin = Some(crate::pins::Pin::of("4711", "salt"));
    let greeting = Some("box/101".to_owned());
    stage
        .site
        .mailboxes
        .insert("101".to_owned(), MailboxConfig { pin, greeting, ..MailboxConfig::default() });
    stage.prompts = Prompts::parse("\"box/101\" = { en = \"Ana\", zh = \"安娜\" }").expect("prompts");
    let call = Rehearsal::begin(stage.clone(), "m", "", "9").expect("a flow");
    let heard = call.log().iter().find_map(|entry| match &entry.what {
        Happening::Hears(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(heard.as_deref(), Some("@box/101 \"安娜\" (beep)"));
    let mut try_pin = |pin: &str, elapsed_ms| {
        stage.elapsed_ms = elapsed_ms;
        stage.now_ms += 86_400_000;
        crate::Site::pin(&mut stage, "mailbox", Some("101"), pin)
    };
    for _ in 0..5 {
        assert_eq!(try_pin("1234", 0), PinVerdict::Wrong);
    }
    assert_eq!(try_pin("4711", 899_999), PinVerdict::Locked, "whatever the clock on the wall shows");
    assert_eq!(try_pin("4711", 900_000), PinVerdict::Right);
    assert_eq!(crate::Site::pin(&mut stage, "nowhere", None, "4711"), PinVerdict::Wrong);
}

#[test]
fn a_clean_up_finds_how_the_call_ended() {
    let clean_up = "[nodes.z]\nkind = \"http\"\nurl = \"http://localhost/{outcome}\"\n";
    for (node, outcome) in [
        ("kind = \"play\"\nprompt = \"A long story.\"\n", "hung_up"),
        ("kind = \"dial\"\nto = \"101\"\n", "cancelled"),
        ("kind = \"hang_up\"\nas = \"busy\"\n", "busy"),
    ] {
        let text = format!("on_hang_up = \"z\"\nstart = \"a\"\n[nodes.a]\n{node}{clean_up}");
        let mut call = Rehearsal::begin(stage_of("m", &text), "m", "", "9").expect("a flow");
        call.hang_up();
        let asked =
            call.log().iter().any(|e| e.what == Happening::Asks(format!("GET http://localhost/{outcome}")));
        assert!(asked, "{outcome}: {:?}", call.log());
    }
}

#[test]
fn hours_of_the_site_are_asked_at_the_time_of_the_call() {
    let mut stage = office();
    let rule = crate::calendar::WeekRule {
        days: crate::calendar::Weekdays::parse("mon-fri").expect("days"),
        segments: vec![crate::calendar::Segment { from: 9 * 60, to: 17 * 60 }],
    };
    stage
        .site
        .hours
        .insert("office".to_owned(), crate::calendar::Hours { week: vec![rule], ..Default::default() });
    for (at, node) in
        [("2026-11-23T10:00", "welcome"), ("2026-11-23T17:00", "closed"), ("2026-11-22T10:00", "closed")]
    {
        stage.now_ms = stage.site.zone.moment(at).expect("a time").unix_ms;
        let call = Rehearsal::begin(stage.clone(), "office", "", "9").expect("a flow");
        assert_eq!(call.place().node, node, "{at}");
    }
}

#[test]
fn a_flow_that_runs_in_a_circle_is_given_up() {
    let text = "[nodes.a]\nkind = \"queue\"\nqueue = \"q\"\ntimeout = \"a\"\n";
    let mut call = Rehearsal::begin(stage_of("m", text), "m", "", "9").expect("a flow");
    call.wait(Duration::from_secs(10_000 * 600 + 60));
    assert!(call.is_over());
    assert!(call.log().iter().any(|e| matches!(&e.what, Happening::Fault(what) if what.contains("loops"))));
}

#[test]
fn random_flows_can_be_walked_to_their_end() {
    for seed in 1..=150 {
        let mut chance = chance::Chance::new(seed);
        let flows = random::flows(&mut chance);
        let site = SiteConfig {
            mailboxes: [("101".to_owned(), MailboxConfig::default())].into(),
            ..SiteConfig::default()
        };
        let stage = Stage { flows, site, ..Stage::default() };
        let (mut walk, _) = Walk::begin(stage, "first", "9").unwrap_or_else(|e| panic!("{e:?}"));
        let lines = [
            "",
            "",
            "1",
            "12#",
            "4711#",
            "wait 5s",
            "answer 5s",
            "busy",
            "nobody",
            "say 3s",
            "where",
            "they hang up",
            "*",
        ];
        for _ in 0..60 {
            let line = chance.one_of(&lines).copied().unwrap_or_default();
            let said = walk.line(line);
            assert!(!said.contains('\u{7}'), "seed {seed}");
            if walk.is_done() {
                break;
            }
        }
        walk.line("hang up");
        walk.line("wait 1m");
        assert!(walk.is_done() && walk.call().is_over(), "seed {seed}: {:?}", walk.call().place());
        assert_eq!(walk.call().place().node, "", "seed {seed}");
    }
}
