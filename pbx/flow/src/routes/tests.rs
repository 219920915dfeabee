//! Routes, calls, and where each call must go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::calendar::{Hours, Zone, special_day, week_rule};
use crate::lists::List;
use std::collections::BTreeMap;

/// `NUMBER TO [from A,B] [hours H WHEN]`, with the name of the number and the line of its place.
fn route(line: u32, number: &str, to: &str, from: &[&str], hours: Option<(&str, When)>) -> Route {
    Route {
        line,
        from: from.iter().map(|f| Caller::parse(f).unwrap()).collect(),
        hours: hours.map(|(name, when)| (name.to_owned(), when)),
        ..Route::plain(
            &format!("{number}/{line}"),
            Pattern::parse(number).unwrap(),
            Destination::parse(to).unwrap(),
        )
    }
}

fn site() -> SiteConfig {
    let office = Hours {
        zone: None,
        week: vec![week_rule("mon-fri 09:00-17:00").unwrap()],
        special: vec![special_day("10-01 closed National Day").unwrap()],
    };
    let list = |text: &str| List::parse(text).unwrap();
    SiteConfig {
        zone: Zone::named("Asia/Shanghai").unwrap(),
        hours: BTreeMap::from([("office".to_owned(), office)]),
        lists: BTreeMap::from([
            ("vip".to_owned(), list("138*,gold\n13900139000,platinum\n")),
            ("blocked".to_owned(), list("1381111*\nanonymous\n")),
            ("north".to_owned(), list("010*,Beijing\n022*,Tianjin\n")),
        ]),
        routes: vec![
            route(10, "40*", "rejected", &["list blocked"], None),
            route(20, "4001", "queue gold", &["list vip", "not 1382*"], Some(("office", When::Open))),
            route(30, "4001", "flow holiday", &[], Some(("office", When::Holiday))),
            route(40, "4001", "flow night", &[], Some(("office", When::Closed))),
            route(50, "4001", "flow north", &["list north", "+8610*"], None),
            route(60, "4001", "flow main", &[], None),
            route(70, "40*", "extension 101", &["not list north"], None),
        ],
        ..SiteConfig::default()
    }
}

fn at(site: &SiteConfig, text: &str) -> i64 {
    site.zone.moment(text).unwrap().unix_ms
}

/// Where it goes by decision, which must be where the explanation says.
fn goes(site: &SiteConfig, number: &str, caller: &str, when: &str) -> String {
    let asked = Asked { number, caller, at_ms: at(site, when) };
    let routed = match site.route(&asked, &mut Unknown) {
        Routed::To(route) => route.to.to_string(),
        Routed::Full(_) => "full".to_owned(),
        Routed::Nowhere => "nowhere".to_owned(),
    };
    let told = site.explain_route(&asked, &mut Unknown);
    assert_eq!(told.to.as_deref().unwrap_or("nowhere"), routed, "{told}");
    assert_eq!(told.rules.iter().filter(|r| r.matched).count(), usize::from(routed != "nowhere"));
    assert!(told.rules.iter().all(|r| !r.why.is_empty()));
    routed
}

#[test]
fn the_first_route_that_fits_is_taken() {
    let site = site();
    let (day, night, holiday) = ("2026-09-30T10:00", "2026-09-30T17:00", "2026-10-01T10:00");
    for (number, caller, when, wanted) in [
        ("4001", "13811110000", day, "rejected"),
        ("4001", "Anonymous", night, "rejected"),
        ("4001", "138 0000 0000", day, "queue gold"),
        ("4001", "13900139000", day, "queue gold"),
        ("4001", "13820000000", day, "flow main"),
        ("4001", "13800000000", night, "flow night"),
        ("4001", "13800000000", holiday, "flow holiday"),
        ("4001", "01012345678", day, "flow north"),
        ("4001", "0086 10 1234 5678", day, "flow north"),
        ("4001", "", day, "flow main"),
        ("4002", "021123", day, "extension 101"),
        ("4002", "022123", day, "nowhere"),
        ("40", "021123", day, "extension 101"),
        ("5000", "021123", day, "nowhere"),
        ("", "", day, "nowhere"),
    ] {
        assert_eq!(goes(&site, number, caller, when), wanted, "{caller} calls {number} at {when}");
    }
}

#[test]
fn the_routes_of_a_number_are_those_for_the_caller_at_any_hour() {
    let mut site = site();
    site.routes[5].calls_max = Some(0);
    for (number, caller, wanted) in [
        ("4001", "13811110000", "rejected, queue gold, flow holiday, flow night, flow main, extension 101"),
        ("4001", "138 2000 0000", "flow holiday, flow night, flow main, extension 101"),
        ("40 01", "022123", "flow holiday, flow night, flow north, flow main"),
        ("4002", "022123", ""),
    ] {
        let of: Vec<String> = site.routes_of(number, caller).map(|route| route.to.to_string()).collect();
        assert_eq!(of.join(", "), wanted, "{caller} calls {number}");
    }
}

#[test]
fn the_explanation_names_each_route_and_why() {
    let mut site = site();
    site.routes[5].calls_max = Some(20);
    site.routes[5].calls_per_second = Some(5);
    site.routes[5].calls_per_caller = Some((3, Duration::from_secs(3_600)));
    site.routes[6].hours = Some(("gone".to_owned(), When::Open));
    let mut shown = String::new();
    for (number, caller, when) in [
        ("4001", "13800000000", "2026-09-30T10:00"),
        ("4001", "13820000000", "2026-09-30T10:00"),
        ("4001", "02212345", "2026-10-01T10:00"),
        ("4001", "13811110000", "2026-09-30T10:00"),
        ("4002", "", "2026-09-30T10:00"),
        ("50\u{1b}[31m", "1\n2", "2026-09-30T10:00"),
    ] {
        let asked = Asked { number, caller, at_ms: at(&site, when) };
        shown += &format!("{}\n", site.explain_route(&asked, &mut Unknown));
    }
    assert!(!shown.contains('\u{1b}'));
    insta::assert_snapshot!("explained", shown);
}

#[test]
fn a_full_route_leaves_calls_to_the_next() {
    let mut site = site();
    site.routes = vec![
        Route { calls_max: Some(2), ..route(1, "4001", "queue sales", &[], None) },
        Route { calls_per_second: Some(1), ..route(2, "4001", "flow overflow", &[], None) },
    ];
    let mut counts = Counts::default();
    let mut call = |caller: &str, now_ms: u64| {
        let asked = Asked { number: "4001", caller, at_ms: 0 };
        let routed = site.route(&asked, &mut counts.at(now_ms));
        if let Routed::To(route) = routed {
            counts.begin(route, caller, now_ms);
        }
        match routed {
            Routed::To(route) => route.to.to_string(),
            Routed::Full(route) => format!("full {}", route.line),
            Routed::Nowhere => "nowhere".to_owned(),
        }
    };
    assert_eq!(call("1", 0), "queue sales");
    assert_eq!(call("2", 0), "queue sales");
    assert_eq!(call("3", 0), "flow overflow");
    assert_eq!(call("4", 999), "full 1");
    assert_eq!(call("5", 1_000), "flow overflow");
    counts.end("4001/1", 1_000);
    let asked = Asked { number: "4001", caller: "6", at_ms: 0 };
    assert_eq!(site.route(&asked, &mut counts.at(1_001)), Routed::To(&site.routes[0]));
    let told = site.explain_route(&asked, &mut counts.at(1_001)).to_string();
    assert!(told.contains("1 of 2 calls at once"), "{told}");
    // Ends that nobody began, and routes that are gone, do no harm.
    for _ in 0..5 {
        counts.end("4001/1", 2_000);
        counts.end("4001/2", 2_000);
        counts.end("gone", 2_000);
    }
    assert_eq!(counts, Counts::default());
}

#[test]
fn a_caller_may_call_so_many_times() {
    let mut site = site();
    let hour = Duration::from_secs(3_600);
    site.routes = vec![Route { calls_per_caller: Some((2, hour)), ..route(1, "*", "flow main", &[], None) }];
    let mut counts = Counts::default();
    let mut is_let_in = |caller: &str, minute: u64| {
        let asked = Asked { number: "4001", caller, at_ms: 0 };
        let routed = site.route(&asked, &mut counts.at(minute * 60_000));
        if let Routed::To(route) = routed {
            counts.begin(route, caller, minute * 60_000);
            counts.end(&route.name, minute * 60_000);
        }
        routed != Routed::Full(&site.routes[0])
    };
    for (caller, minute, wanted) in [
        ("138", 0, true),
        ("1-38", 10, true),
        ("138", 20, false),
        ("139", 20, true),
        ("138", 59, false),
        ("138", 60, true),
        ("138", 61, false),
        ("138", 70, true),
    ] {
        assert_eq!(is_let_in(caller, minute), wanted, "{caller} {minute}");
    }
    let mut counts = Counts::default();
    for n in 0..crate::limits::ROUTE_CALLERS_MAX + 100 {
        counts.begin(&site.routes[0], &n.to_string(), 0);
    }
    for (caller, known) in [("7", 1), ("no", 0)] {
        assert_eq!(counts.at(1).calls_of_caller("*/1", caller, hour), Some(known), "{caller}");
    }
    assert_eq!(counts.at(1).calls_of_caller("*/1", "0", hour), Some(0), "forgotten to make room");
}

#[test]
fn routes_that_nothing_reaches_are_named() {
    let vip = &["list vip"];
    let routes = [
        route(1, "4001", "flow a", vip, None),
        route(2, "4001", "flow b", vip, Some(("office", When::Open))),
        route(3, "4001", "flow c", &[], Some(("office", When::Closed))),
        route(4, "4001", "flow d", &[], Some(("office", When::Holiday))),
        route(5, "40*", "flow e", &[], None),
        route(6, "400*", "flow f", vip, None),
        Route { calls_max: Some(3), ..route(7, "*", "flow g", &[], None) },
        route(8, "5*", "flow h", &[], None),
        route(9, "4*", "flow i", &[], None),
    ];
    assert_eq!(unreachable(&routes), [(1, 0), (3, 2), (5, 4)]);
}

#[test]
fn words_of_a_route_are_read_and_shown() {
    for text in ["138*", "list vip", "not 1380*", "not list blocked", "anonymous"] {
        assert_eq!(Caller::parse(text).unwrap().to_string(), text);
    }
    for text in ["", "not", "not not 1", "lists vip", "a b"] {
        assert!(Caller::parse(text).is_err(), "{text}");
    }
    for text in ["flow main", "extension 101", "queue sales", "busy", "rejected", "not_found"] {
        assert_eq!(Destination::parse(text).unwrap().to_string(), text);
    }
    for text in ["", "main", "flow", "flow a b", "busy now", "101"] {
        assert!(Destination::parse(text).is_err(), "{text}");
    }
}
