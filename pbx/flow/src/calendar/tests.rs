//! Tables of hours, times and what must come of them, in zones with and without daylight saving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn hours(week: &[&str], special: &[&str]) -> Hours {
    let week = week.iter().map(|text| week_rule(text).unwrap_or_else(|e| panic!("{e}"))).collect();
    let special = special.iter().map(|text| special_day(text).unwrap_or_else(|e| panic!("{e}"))).collect();
    Hours { zone: None, week, special }
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn ms(zone: &Zone, text: &str) -> i64 {
    zone.moment(text).unwrap().unix_ms
}

/// `open`, `closed`, or the name of the day.
fn word(opening: &Opening) -> &str {
    match opening {
        Opening::Open => "open",
        Opening::Closed => "closed",
        Opening::Holiday(name) => name,
    }
}

fn check(hours: &Hours, zone: &Zone, table: &[(&str, &str)]) {
    for (at, wanted) in table {
        let explanation = hours.explain(ms(zone, at), zone);
        let opening = explanation.opening.clone();
        assert_eq!(word(&opening), *wanted, "{at}\n{explanation}");
        assert_eq!(opening, hours.opening(ms(zone, at), zone));
    }
}

#[test]
fn an_office_week_is_to_the_minute() {
    let office = hours(&["mon-fri 08:00-12:00 13:00-17:30", "sat 9:00-12:00"], &[]);
    check(
        &office,
        &zone("Europe/Zurich"),
        &[
            ("2026-11-23T07:59:59", "closed"),
            ("2026-11-23T08:00", "open"),
            ("2026-11-23T11:59:59", "open"),
            ("2026-11-23T12:00", "closed"),
            ("2026-11-23T12:59", "closed"),
            ("2026-11-23T13:00", "open"),
            ("2026-11-23T17:29", "open"),
            ("2026-11-23T17:30", "closed"),
            ("2026-11-28T09:00", "open"),
            ("2026-11-28T12:00", "closed"),
            ("2026-11-29T10:00", "closed"),
            ("2026-11-27T17:29:59.999", "open"),
        ],
    );
}

#[test]
fn a_segment_over_midnight_belongs_to_the_day_it_starts_on() {
    let night = hours(&["fri 22:00-06:00", "sun 18:00-00:00"], &[]);
    check(
        &night,
        &zone("Asia/Shanghai"),
        &[
            ("2026-11-27T05:00", "closed"),
            ("2026-11-27T21:59", "closed"),
            ("2026-11-27T22:00", "open"),
            ("2026-11-28T00:00", "open"),
            ("2026-11-28T05:59", "open"),
            ("2026-11-28T06:00", "closed"),
            ("2026-11-28T22:00", "closed"),
            ("2026-11-29T23:59", "open"),
            ("2026-11-30T00:00", "closed"),
        ],
    );
    let always = hours(&["daily 00:00-24:00"], &[]);
    check(&always, &Zone::utc(), &[("2026-11-27T00:00", "open"), ("2026-11-27T23:59:59", "open")]);
    // Two halves that make a whole day, as a business line writes them.
    let halves = hours(&["daily 09:00-17:00 17:00-09:00"], &[]);
    check(&halves, &Zone::utc(), &[("2026-11-27T16:59", "open"), ("2026-11-27T17:00", "open")]);
    check(&halves, &Zone::utc(), &[("2026-11-27T08:59", "open"), ("2026-11-27T09:00", "open")]);
}

#[test]
fn a_special_day_is_what_it_says_from_midnight_to_midnight() {
    let night = hours(
        &["daily 22:00-06:00"],
        &["12-25 closed Christmas Day", "2026-12-31 20:00-02:00 New Year's Eve", "05-01 closed"],
    );
    check(
        &night,
        &zone("Europe/Zurich"),
        &[
            ("2026-12-24T23:00", "open"),
            // The night shift of the 24th does not reach into the 25th, and that of the 25th does not begin.
            ("2026-12-25T00:00", "Christmas Day"),
            ("2026-12-25T02:00", "Christmas Day"),
            ("2026-12-25T23:00", "Christmas Day"),
            ("2026-12-26T02:00", "closed"),
            ("2026-12-26T22:00", "open"),
            // A half-day: outside of its own times it is closed for that day.
            ("2026-12-31T05:00", "New Year's Eve"),
            ("2026-12-31T19:59", "New Year's Eve"),
            ("2026-12-31T20:00", "open"),
            // Its own times reach over midnight.
            ("2027-01-01T01:59", "open"),
            ("2027-01-01T02:00", "closed"),
            ("2027-01-01T22:00", "open"),
            // Without a name it is called as it is written.
            ("2027-05-01T12:00", "05-01"),
        ],
    );
}

#[test]
fn the_more_exact_day_goes_first() {
    let shop = hours(
        &["daily 08:00-20:00"],
        &[
            "12-20..01-06 10:00-16:00 Winter",
            "12-25 closed Christmas",
            "2027-12-24..2027-12-26 closed Works",
            "2027-12-25 09:00-10:00 Delivery",
            "2027-12-25 closed Never counts",
        ],
    );
    check(
        &shop,
        &zone("Asia/Shanghai"),
        &[
            ("2026-12-19T09:00", "open"),
            ("2026-12-20T09:00", "Winter"),
            ("2026-12-20T10:00", "open"),
            ("2026-12-25T10:00", "Christmas"),
            ("2026-12-26T10:00", "open"),
            ("2027-01-06T17:00", "Winter"),
            ("2027-01-07T17:00", "open"),
            ("2027-12-24T11:00", "Works"),
            ("2027-12-25T09:30", "open"),
            ("2027-12-25T10:30", "Delivery"),
            ("2027-12-27T11:00", "open"),
        ],
    );
    let why = shop.explain(ms(&Zone::utc(), "2027-12-25T09:30"), &Zone::utc());
    let why = why.to_string();
    assert!(
        why.contains(
            "no  12-25 closed Christmas  --  Delivery (2027-12-25) counts today: a more exact day goes first"
        ),
        "{why}"
    );
    assert!(
        why.contains(
            "2027-12-25 closed Never counts  --  Delivery (2027-12-25) counts today: it is written first"
        ),
        "{why}"
    );
}

#[test]
fn the_29th_of_february_comes_every_four_years() {
    let shop =
        hours(&["daily 00:00-24:00"], &["02-29 closed Leap day", "02-28..03-01 08:00-09:00 Stocktaking"]);
    check(
        &shop,
        &zone("America/New_York"),
        &[
            ("2026-02-28T12:00", "Stocktaking"),
            ("2026-03-01T12:00", "Stocktaking"),
            ("2026-03-02T12:00", "open"),
            ("2028-02-28T08:30", "open"),
            ("2028-02-29T08:30", "Leap day"),
            ("2028-03-01T08:30", "open"),
            ("2100-02-28T12:00", "Stocktaking"),
            ("2100-03-01T12:00", "Stocktaking"),
        ],
    );
    assert!(special_day("2027-02-29 closed").is_err());
    assert!(special_day("2028-02-29 closed").is_ok());
}

/// What the clocks skip does not happen; what they repeat happens twice.
#[test]
fn daylight_saving_is_what_the_clock_on_the_wall_shows() {
    let shift = hours(&["daily 01:30-02:30"], &[]);
    let minutes_open = |zone: &Zone, day: &str| {
        let start = ms(zone, day);
        (0..26 * 60_i64)
            .map(|m| start + m * 60_000)
            .take_while(|at| zone.wall(*at).date == zone.wall(start).date)
            .filter(|at| shift.opening(*at, zone) == Opening::Open)
            .count()
    };
    for (name, day, minutes) in [
        // 02:00 becomes 03:00: only 01:30-02:00 happens.
        ("Europe/Zurich", "2026-03-29", 30),
        ("America/New_York", "2026-03-08", 30),
        // 03:00 becomes 02:00: 02:00-02:30 happens twice.
        ("Europe/Zurich", "2026-10-25", 90),
        // 02:00 becomes 01:00: 01:30-02:00 happens twice.
        ("America/New_York", "2026-11-01", 90),
        ("Europe/Zurich", "2026-10-26", 60),
        ("Asia/Shanghai", "2026-10-25", 60),
        // 02:00 becomes 01:30, by half an hour.
        ("Australia/Lord_Howe", "2026-04-05", 90),
    ] {
        assert_eq!(minutes_open(&zone(name), day), minutes, "{name} {day}");
    }
    // The night shift of Saturday ends an hour of work earlier in spring, by the clock at the same time.
    let night = hours(&["sat 22:00-06:00"], &[]);
    let zurich = zone("Europe/Zurich");
    let until = |at: &str| night.next_change(ms(&zurich, at), &zurich).unwrap().at_ms - ms(&zurich, at);
    assert_eq!(until("2026-03-21T22:00"), 8 * 3_600_000);
    assert_eq!(until("2026-03-28T22:00"), 7 * 3_600_000);
    assert_eq!(until("2026-10-24T22:00"), 9 * 3_600_000);
}

#[test]
fn it_is_said_when_it_changes_next() {
    let zurich = zone("Europe/Zurich");
    let office = hours(
        &["mon-fri 08:00-12:00 13:00-17:30"],
        &["12-25 closed", "12-26 closed", "2026-12-24 08:00-12:00"],
    );
    let gap = hours(&["sun 02:15-02:45"], &[]);
    type Wanted<'t> = Option<(&'t str, &'t str)>;
    let table: [(&Hours, &str, Wanted<'_>); 12] = [
        (&office, "2026-11-23T08:00", Some(("2026-11-23T12:00", "closed"))),
        (&office, "2026-11-23T12:00", Some(("2026-11-23T13:00", "open"))),
        (&office, "2026-11-27T17:30", Some(("2026-11-30T08:00", "open"))),
        // A holiday begins at midnight, but closed it was before.
        (&office, "2026-12-24T12:00", Some(("2026-12-28T08:00", "open"))),
        (&office, "2026-12-24T11:59:59.999", Some(("2026-12-24T12:00", "2026-12-24"))),
        (&hours(&["daily 00:00-24:00"], &[]), "2026-11-23T08:00", None),
        (&hours(&[], &[]), "2026-11-23T08:00", None),
        (&hours(&[], &["2028-01-01 10:00-11:00"]), "2026-11-24T10:00", None),
        (&hours(&[], &["2028-01-01 10:00-11:00"]), "2026-11-26T10:00", None),
        (&hours(&[], &["2028-01-01 10:00-11:00"]), "2026-11-27T10:00", Some(("2028-01-01T10:00", "open"))),
        // On the day on which 02:00 becomes 03:00 it never opens.
        (&gap, "2026-03-29T01:00", Some(("2026-04-05T02:15", "open"))),
        (&gap, "2026-03-22T02:45", Some(("2026-04-05T02:15", "open"))),
    ];
    for (hours, from, wanted) in table {
        let found = hours.next_change(ms(&zurich, from), &zurich);
        let shown = found.as_ref().map(|c| (c.at_ms, word(&c.opening)));
        assert_eq!(shown, wanted.map(|(at, how)| (ms(&zurich, at), how)), "{from}: {found:?}");
    }
    // In autumn the same segment comes twice in a night.
    let first = gap.next_change(ms(&zurich, "2026-10-25T02:15+02:00"), &zurich).unwrap();
    let second = gap.next_change(first.at_ms, &zurich).unwrap();
    assert_eq!(first.at_ms, ms(&zurich, "2026-10-25T02:45+02:00"));
    assert_eq!((second.at_ms, second.opening), (ms(&zurich, "2026-10-25T02:15+01:00"), Opening::Open));
}

#[test]
fn the_explanation_names_each_rule_and_why() {
    let hours = hours(
        &["mon-fri 08:00-12:00 13:00-17:30", "sat 22:00-06:00"],
        &["12-25 closed Christmas Day", "2026-10-26 10:00-12:00"],
    );
    let zurich = zone("Europe/Zurich");
    let mut shown = String::new();
    for at in [
        "2026-10-01T12:10",
        "2026-10-25T02:30+02:00",
        "2026-10-25T02:30+01:00",
        "2026-03-29T03:00",
        "2026-10-26T09:00",
        "2026-10-26T11:00",
        "2026-12-25T12:00",
        "2026-12-27T01:00",
    ] {
        shown += &format!("{}\n", hours.explain(ms(&zurich, at), &zurich));
    }
    insta::assert_snapshot!("explained", shown);
}

/// Random hours at random times: the verdict, its explanation, and a search minute by minute say the same.
#[test]
fn verdict_explanation_and_next_change_agree() {
    let mut state = 88_172_645_463_325_252_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let zones = ["Europe/Zurich", "America/New_York", "Asia/Shanghai", "Africa/Cairo", "Australia/Lord_Howe"]
        .map(zone);
    let days =
        ["2026-03-06", "2026-03-27", "2026-10-23", "2026-10-30", "2026-04-02", "2026-04-23", "2026-12-24"];
    let mut opened = 0;
    for round in 0..300 {
        let zone = &zones[usize::try_from(draw(5)).unwrap()];
        let mut segment = || {
            let (from, length) = (draw(1_440), 1 + draw(1_439));
            let to = (from + length) % 1_440;
            format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
        };
        let (one, other) = (segment(), segment());
        let week = [["mon-fri", "fri-sun", "daily"][round % 3], one.as_str()].join(" ");
        let special = format!("{} {other}", ["2026-03-29", "12-25", "2026-10-25..2026-10-26"][round % 3]);
        let hours = hours(&[&week], &[&special, "2026-03-08 closed A", "04-24 closed B"]);
        let start =
            ms(zone, days[usize::try_from(draw(7)).unwrap()]) + i64::try_from(draw(86_400_000)).unwrap();
        let why = hours.explain(start, zone);
        let opening = why.opening.clone();
        let is_open = opening == Opening::Open;
        opened += usize::from(is_open);
        let matched = why.rules.iter().any(|r| r.matched);
        assert_eq!(matched, opening != Opening::Closed, "{week} | {special} | {why}");
        let by_search = (1..=4 * 1_440)
            .map(|m| (start / 60_000 + m) * 60_000)
            .find(|at| (hours.opening(*at, zone) == Opening::Open) != is_open);
        let by_rule = hours.next_change(start, zone).map(|c| c.at_ms);
        assert!(by_search.is_none_or(|at| by_rule == Some(at)), "{week} | {special} | {why}");
    }
    assert!((50..250).contains(&opened), "{opened} of 300 were open");
}

#[test]
fn times_are_read_as_people_write_them() {
    let zurich = zone("Europe/Zurich");
    for (text, unix_ms) in [
        ("2026-10-01T12:10", 1_790_849_400_000),
        ("2026-10-01 12:10", 1_790_849_400_000),
        ("2026-10-01T12:10:00", 1_790_849_400_000),
        ("2026-10-01T12:10+08:00", 1_790_827_800_000),
        ("2026-10-01T12:10Z", 1_790_856_600_000),
        ("2026-10-01", 1_790_805_600_000),
    ] {
        let moment = Moment { unix_ms, clocks: Clocks::Once };
        assert_eq!(zurich.moment(text), Ok(moment), "{text}");
    }
    let twice = zurich.moment("2026-10-25T02:30").unwrap();
    assert_eq!(twice.clocks, Clocks::Twice { second_ms: twice.unix_ms + 3_600_000 });
    let never = zurich.moment("2026-03-29T02:30").unwrap();
    assert_eq!((never.clocks, zurich.wall(never.unix_ms).minute), (Clocks::Never, 210));
    for text in [
        "",
        "12:10",
        "tomorrow",
        "2026-13-01T00:00",
        "2026-10-01T25:00",
        "2026-10-01T12:10+99:00",
        "2026-10-01T12:10 Mars",
        &"1".repeat(100),
    ] {
        assert!(zurich.moment(text).is_err(), "{text}");
    }
}

#[test]
fn zones_are_those_of_the_database_in_the_program() {
    assert_eq!(Zone::named("europe/zurich").unwrap().name(), "Europe/Zurich");
    assert_eq!(Zone::named("utc"), Some(Zone::utc()));
    for name in ["", "Mars/Olympus", "../etc/passwd", "CET\0"] {
        assert_eq!(Zone::named(name), None, "{name}");
    }
    assert!(Zone::names().len() > 400 && Zone::names().iter().any(|n| n == "Asia/Shanghai"));
    let json = serde_json::to_string(&zone("Asia/Shanghai")).unwrap();
    assert_eq!(json, "\"Asia/Shanghai\"");
    assert_eq!(serde_json::from_str::<Zone>(&json).unwrap(), zone("Asia/Shanghai"));
    assert!(serde_json::from_str::<Zone>("\"Mars\"").is_err());
    // Times that no calendar has are taken for the nearest that it has.
    for unix_ms in [i64::MIN, i64::MAX] {
        let open = hours(&["daily 00:00-24:00"], &[]);
        assert_eq!(open.opening(unix_ms, &zone("Asia/Shanghai")), Opening::Open);
        assert!(open.explain(unix_ms, &zone("Europe/Zurich")).rules.len() == 1);
    }
}

#[test]
fn rules_are_shown_as_they_are_written() {
    for text in
        ["mon-fri 08:00-12:00 13:00-17:30", "mon,wed-thu 22:00-06:00", "daily 00:00-24:00", "sun 18:00-24:00"]
    {
        assert_eq!(week_rule(text).unwrap().to_string(), text);
    }
    for (text, shown) in [
        ("Monday-FRIDAY 9:00-10:00", "mon-fri 09:00-10:00"),
        ("fri-mon 09:00-10:00", "mon,fri-sun 09:00-10:00"),
        ("sun 18:00-00:00", "sun 18:00-24:00"),
        ("tue 13:00-14:00 08:00-12:00", "tue 08:00-12:00 13:00-14:00"),
    ] {
        assert_eq!(week_rule(text).unwrap().to_string(), shown);
    }
    for text in [
        "12-25 closed Christmas Day",
        "2026-12-24 08:00-12:00 13:00-14:00 Christmas Eve",
        "2026-07-20..2026-08-02 closed 公司假期",
        "12-24..01-02 closed",
        "02-29 closed",
        "10-01 closed 3 days: National Day",
    ] {
        assert_eq!(special_day(text).unwrap().to_string(), text);
    }
    let stored = hours(&["mon,wed 22:00-06:00"], &["12-24..01-02 closed X", "2026-12-24 08:00-12:00"]);
    let json = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), stored);
}

#[test]
fn what_is_no_rule_is_refused_with_a_sentence() {
    for text in [
        "",
        "mon",
        "mon closed",
        "mo 09:00-10:00",
        "mon-xyz 09:00-10:00",
        "mon 09:00",
        "mon 9-17",
        "mon 09:00-09:00",
        "mon 00:00-00:00",
        "mon 24:00-01:00",
        "mon 09:60-10:00",
        "mon 09:00-24:01",
        "mon 09:00-25:00",
        "mon +9:00-10:00",
        "mon 09:00-10:00 09:30-11:00",
        "mon 22:00-06:00 23:00-23:30",
        "mon, 09:00-10:00",
        "mon-tue-wed 09:00-10:00",
        "mon 09:00-10:00-11:00",
        "mon 009:00-10:00",
    ] {
        assert!(week_rule(text).is_err(), "{text}");
    }
    let many = (0..25).map(|h| format!(" 10:{h:02}-10:{:02}", h + 1)).collect::<String>();
    assert!(week_rule(&format!("mon{many}")).unwrap_err().contains("at most 24"));
    for text in [
        "",
        "closed",
        "12-25",
        "12-25 Christmas",
        "12-25 closed 08:00-12:00",
        "13-01 closed",
        "02-30 closed",
        "2027-02-29 closed",
        "12-25.. closed",
        "2026-12-25..12-26 closed",
        "2026-12-26..2026-12-25 closed",
        "1-1 closed",
        "+1-01 closed",
        "2026-12-24 08:00-07:60",
        "12-25 closed \u{1b}[31mred",
        "12-25 closed 01234567890123456789012345678901234567890123456789012345678901234",
    ] {
        assert!(special_day(text).is_err(), "{text}");
    }
    let clash = hours(
        &["mon-fri 08:00-12:00", "fri 11:00-13:00", "sat 08:00-09:00"],
        &["12-25 closed", "12-25 closed A"],
    );
    assert_eq!(
        clash.contradictions(),
        [
            (true, 1, "11:00-13:00 shares time with \"mon-fri 08:00-12:00\"".to_owned()),
            (false, 1, "12-25 is listed twice, and the first counts".to_owned()),
        ]
    );
}
