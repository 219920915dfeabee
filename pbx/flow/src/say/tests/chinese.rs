use super::{sample, words};
use crate::clip::Language::Zh;
use crate::say::{self, Clock, Currency, Decimal};
use jiff::civil::{Weekday, date, datetime, time};

/// The number that Chinese words say.
fn heard(words: &str) -> i64 {
    let (mut all, mut group, mut figure) = (0, 0, None);
    let (sign, words) = words.strip_prefix('负').map_or((1, words), |rest| (-1, rest));
    for character in words.chars() {
        if let Some(n) = "零一二三四五六七八九".chars().position(|figure| figure == character) {
            figure = Some(i64::try_from(n).unwrap());
            continue;
        }
        let unit = match character {
            '两' => {
                figure = Some(2);
                continue;
            }
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            '万' | '亿' => {
                all += (group + figure.take().unwrap_or(0))
                    * if character == '万' { 10_000 } else { 100_000_000 };
                group = 0;
                continue;
            }
            other => panic!("{other}"),
        };
        group += figure.take().filter(|figure| *figure > 0).unwrap_or(1) * unit;
    }
    sign * (all + group + figure.unwrap_or(0))
}

/// How often 零 is due: once for each row of zeros between other figures, but not for one that only ends a group of four.
fn zeros_due(n: u64) -> usize {
    let figures: Vec<char> = n.to_string().chars().collect();
    let mut due = 0;
    let mut begin = None;
    for (at, figure) in figures.iter().enumerate() {
        if *figure == '0' {
            begin = begin.or(Some(at));
        } else if let Some(begin) = begin.take() {
            let (before, after) = (figures.len() - begin, figures.len() - at);
            let ends_a_group = after % 4 == 0;
            let has_a_whole_group = before / 4 > after / 4;
            due += usize::from(!ends_a_group || (has_a_whole_group && before - after >= 4));
        }
    }
    due
}

#[test]
fn what_is_heard_is_the_number_that_was_said() {
    for n in sample() {
        let n = i64::try_from(n).unwrap();
        for n in [n, -n] {
            assert_eq!(heard(&words(&say::number(Zh, n))), n);
        }
    }
}

#[test]
fn zeros_ones_and_twos_are_said_as_people_say_them() {
    for n in sample().filter(|n| *n > 0) {
        let spoken = words(&say::number(Zh, i64::try_from(n).unwrap()));
        assert_eq!(spoken.matches('零').count(), zeros_due(n), "{n}: {spoken}");
        for wrong in ["零零", "二百", "二千", "两十", "百十", "千十", "零十"] {
            assert!(!spoken.contains(wrong), "{n}: {spoken}");
        }
        for wrong in ["一十", "零", "二万", "二亿"] {
            assert!(!spoken.starts_with(wrong), "{n}: {spoken}");
        }
        assert!(!spoken.ends_with('零') && !spoken.ends_with('两'), "{n}: {spoken}");
    }
}

#[test]
fn numbers_are_read_as_people_read_them() {
    let table = [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (22, "二十二"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "两百"),
        (222, "两百二十二"),
        (1005, "一千零五"),
        (1010, "一千零一十"),
        (1050, "一千零五十"),
        (2000, "两千"),
        (10_000, "一万"),
        (10_300, "一万零三百"),
        (12_000, "一万两千"),
        (20_000, "两万"),
        (100_001, "十万零一"),
        (100_010, "十万零一十"),
        (101_000, "十万一千"),
        (120_000, "十二万"),
        (1_120_000, "一百一十二万"),
        (1_020_002, "一百零二万零二"),
        (20_020_002, "两千零二万零二"),
        (100_000_000, "一亿"),
        (100_003_456, "一亿零三千四百五十六"),
        (100_120_000, "一亿零一十二万"),
        (200_020_000, "两亿零两万"),
        (123_456_789, "一亿两千三百四十五万六千七百八十九"),
        (1_200_000_000, "十二亿"),
        (999_999_999_999, "九千九百九十九亿九千九百九十九万九千九百九十九"),
        (-12, "负十二"),
        (1_000_000_000_002, "一零零零零零零零零零零零二"),
    ];
    for (n, spoken) in table {
        assert_eq!(words(&say::number(Zh, n)), spoken, "{n}");
    }
}

#[test]
fn two_of_a_thing_is_liang() {
    for (n, spoken) in [(1, "一"), (2, "两"), (12, "十二"), (102, "一百零二"), (200, "两百")] {
        assert_eq!(words(&say::count(Zh, n)), spoken, "{n}");
    }
}

#[test]
fn figures_after_the_point_are_read_one_by_one() {
    for (text, spoken) in [("3.14", "三点一四"), ("-0.2", "负零点二"), ("10.10", "十点一零")] {
        assert_eq!(words(&say::decimal(Zh, &Decimal::parse(text).unwrap())), spoken);
    }
}

#[test]
fn ordinals() {
    for (n, spoken) in
        [(1, "第一"), (2, "第二"), (10, "第十"), (12, "第十二"), (31, "第三十一"), (102, "第一百零二")]
    {
        assert_eq!(words(&say::ordinal(Zh, n)), spoken, "{n}");
    }
}

#[test]
fn dates() {
    for (day, spoken) in [
        (date(2026, 3, 2), "二零二六年三月二日,星期一"),
        (date(2011, 11, 11), "二零一一年十一月十一日,星期五"),
        (date(2000, 10, 29), "二零零零年十月二十九日,星期日"),
    ] {
        assert_eq!(words(&say::date(Zh, day)), spoken);
    }
    assert_eq!(words(&say::day(Zh, date(2026, 12, 10))), "十二月十日,星期四");
    assert_eq!(words(&say::weekday(Zh, Weekday::Sunday)), "星期日");
}

#[test]
fn times_by_both_clocks() {
    let table = [
        (time(0, 0, 0, 0), "凌晨零点", "零点"),
        (time(2, 2, 0, 0), "凌晨两点零二分", "两点零二分"),
        (time(9, 0, 0, 0), "上午九点", "九点"),
        (time(12, 10, 0, 0), "中午十二点十分", "十二点十分"),
        (time(14, 30, 0, 0), "下午两点三十分", "十四点三十分"),
        (time(22, 22, 0, 0), "晚上十点二十二分", "二十二点二十二分"),
    ];
    for (at, twelve, twenty_four) in table {
        assert_eq!(words(&say::time(Zh, at, Clock::Twelve)), twelve);
        assert_eq!(words(&say::time(Zh, at, Clock::TwentyFour)), twenty_four);
    }
}

#[test]
fn durations() {
    let table = [
        (0, "零秒"),
        (2, "两秒"),
        (12, "十二秒"),
        (120, "两分钟"),
        (190, "三分十秒"),
        (122, "两分两秒"),
        (3600, "一小时"),
        (3610, "一小时零十秒"),
        (7320, "两小时两分钟"),
        (2 * 86_400 + 300, "两天零五分钟"),
        (86_400 + 10, "一天零十秒"),
    ];
    for (seconds, spoken) in table {
        assert_eq!(words(&say::duration(Zh, seconds)), spoken, "{seconds}");
    }
}

#[test]
fn amounts() {
    let table = [
        (1234, Currency::Cny, "十二元三角四分"),
        (1204, Currency::Cny, "十二元零四分"),
        (1230, Currency::Cny, "十二元三角"),
        (200, Currency::Cny, "两元"),
        (5, Currency::Cny, "五分"),
        (20, Currency::Cny, "两角"),
        (0, Currency::Cny, "零元"),
        (-10_200, Currency::Cny, "负一百零二元"),
        (1234, Currency::Usd, "十二美元三十四美分"),
        (202, Currency::Eur, "两欧元零二欧分"),
        (2, Currency::Gbp, "两便士"),
    ];
    for (hundredths, currency, spoken) in table {
        assert_eq!(words(&say::amount(Zh, hundredths, currency)), spoken);
    }
}

#[test]
fn one_among_digits_is_yao() {
    for (text, spoken) in [
        ("1001", "幺零零幺"),
        ("13800138000", "幺三八,零零幺三,八零零零"),
        ("+86-10", "加八六,幺零"),
        ("*43#", "星号四三井号"),
    ] {
        assert_eq!(words(&say::digits(Zh, text)), spoken);
    }
}

#[test]
fn sentences() {
    assert_eq!(words(&say::place_in_line(Zh, 2)), "您现在排在第二位。");
    assert_eq!(words(&say::expected_wait(Zh, 30)), "预计等待时间不到一分钟。");
    assert_eq!(words(&say::expected_wait(Zh, 110)), "预计等待时间大约两分钟");
    assert_eq!(words(&say::mailbox(Zh, 2, 12)), "您有两条新留言和十二条旧留言");
    assert_eq!(words(&say::mailbox(Zh, 0, 0)), "您没有留言。");
    assert_eq!(words(&say::agent(Zh, "1001")), "工号幺零零幺为您服务。");
    assert_eq!(words(&say::from_caller(Zh, "101")), "来自幺零幺");
    assert_eq!(words(&say::your_number(Zh, "?")), "您的号码是未知号码。");
    let hours = say::opening_hours(Zh, time(9, 0, 0, 0), time(18, 0, 0, 0), Clock::Twelve);
    assert_eq!(words(&hours), "上午九点到晚上六点");
    let at = datetime(2026, 3, 1, 15, 30, 0, 0);
    let received = say::received(Zh, at, date(2026, 3, 3), Clock::Twelve);
    assert_eq!(words(&received), "留言时间三月一日,星期日下午三点三十分");
    let received = say::received(Zh, at, date(2026, 3, 2), Clock::TwentyFour);
    assert_eq!(words(&received), "留言时间昨天十五点三十分");
}
