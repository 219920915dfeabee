use super::{sample, words};
use crate::clip::Language::En;
use crate::say::{self, Clock, Currency, Decimal};
use jiff::civil::{Weekday, date, datetime, time};

/// The number that English words say.
fn heard(words: &str) -> i64 {
    let (mut all, mut part, mut sign) = (0, 0, 1);
    for word in words.split([' ', '-']) {
        let small = [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ];
        let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
        if let Some(n) = small.iter().position(|small| *small == word) {
            part += i64::try_from(n).unwrap();
        } else if let Some(n) = tens.iter().position(|tens| *tens == word) {
            part += i64::try_from(n + 2).unwrap() * 10;
        } else {
            let scale = match word {
                "and" => continue,
                "minus" => {
                    sign = -1;
                    continue;
                }
                "hundred" => {
                    part *= 100;
                    continue;
                }
                "thousand" => 1_000,
                "million" => 1_000_000,
                "billion" => 1_000_000_000,
                other => panic!("{other}"),
            };
            all += part * scale;
            part = 0;
        }
    }
    sign * (all + part)
}

#[test]
fn what_is_heard_is_the_number_that_was_said() {
    for n in sample() {
        let n = i64::try_from(n).unwrap();
        for n in [n, -n] {
            assert_eq!(heard(&words(&say::number(En, n))), n);
        }
    }
}

#[test]
fn numbers_are_read_as_people_read_them() {
    let table = [
        (0, "zero"),
        (7, "seven"),
        (12, "twelve"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (105, "one hundred and five"),
        (999, "nine hundred and ninety-nine"),
        (1000, "one thousand"),
        (1005, "one thousand and five"),
        (1100, "one thousand one hundred"),
        (1105, "one thousand one hundred and five"),
        (20_045, "twenty thousand and forty-five"),
        (100_000, "one hundred thousand"),
        (1_000_001, "one million and one"),
        (1_234_567, "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
        (999_000_000_000, "nine hundred and ninety-nine billion"),
        (-3, "minus three"),
        (1_000_000_000_000, "one zero zero zero zero zero zero zero zero zero zero zero zero"),
        (
            i64::MIN,
            "minus nine two two three three seven two zero three six eight five four seven seven five eight zero \
             eight",
        ),
    ];
    for (n, spoken) in table {
        assert_eq!(words(&say::number(En, n)), spoken, "{n}");
    }
}

#[test]
fn figures_after_the_point_are_read_one_by_one() {
    for (text, spoken) in [
        ("3.14", "three point one four"),
        ("-0.50", "minus zero point five zero"),
        ("12", "twelve"),
        ("1000.01", "one thousand point zero one"),
    ] {
        assert_eq!(words(&say::decimal(En, &Decimal::parse(text).unwrap())), spoken);
    }
}

#[test]
fn ordinals() {
    let table = [
        (0, "zero"),
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (12, "twelfth"),
        (20, "twentieth"),
        (31, "thirty-first"),
        (32, "thirty second"),
        (40, "fortieth"),
        (99, "ninety ninth"),
        (100, "one hundredth"),
        (101, "one hundred and first"),
        (145, "one hundred and forty fifth"),
        (1000, "one thousandth"),
        (1012, "one thousand and twelfth"),
        (2_000_000, "two millionth"),
        (3_000_000_000, "three billionth"),
    ];
    for (n, spoken) in table {
        assert_eq!(words(&say::ordinal(En, n)), spoken, "{n}");
    }
}

#[test]
fn dates_with_their_years() {
    let table = [
        (date(2026, 3, 2), "Monday, the second of March, twenty twenty-six"),
        (date(2005, 12, 31), "Saturday, the thirty-first of December, two thousand and five"),
        (date(2000, 1, 1), "Saturday, the first of January, two thousand"),
        (date(2010, 8, 20), "Friday, the twentieth of August, twenty ten"),
        (date(1900, 5, 6), "Sunday, the sixth of May, nineteen hundred"),
        (date(1905, 5, 6), "Saturday, the sixth of May, nineteen oh five"),
        (date(2100, 2, 9), "Tuesday, the ninth of February, twenty-one hundred"),
        (date(476, 9, 4), "Friday, the fourth of September, four hundred and seventy-six"),
        (date(-44, 3, 15), "Thursday, the fifteenth of March, minus forty-four"),
    ];
    for (day, spoken) in table {
        assert_eq!(words(&say::date(En, day)), spoken);
    }
    assert_eq!(words(&say::day(En, date(2026, 7, 11))), "Saturday, the eleventh of July");
    assert_eq!(words(&say::weekday(En, Weekday::Thursday)), "Thursday");
}

#[test]
fn times_by_both_clocks() {
    let table = [
        (time(0, 0, 0, 0), "midnight", "midnight"),
        (time(0, 5, 0, 0), "twelve oh five a.m.", "zero oh five"),
        (time(9, 0, 0, 0), "nine a.m.", "oh nine hundred"),
        (time(9, 7, 59, 0), "nine oh seven a.m.", "oh nine oh seven"),
        (time(12, 0, 0, 0), "noon", "twelve hundred"),
        (time(12, 30, 0, 0), "twelve thirty p.m.", "twelve thirty"),
        (time(15, 0, 0, 0), "three p.m.", "fifteen hundred"),
        (time(23, 59, 0, 0), "eleven fifty-nine p.m.", "twenty-three fifty-nine"),
    ];
    for (at, twelve, twenty_four) in table {
        assert_eq!(words(&say::time(En, at, Clock::Twelve)), twelve);
        assert_eq!(words(&say::time(En, at, Clock::TwentyFour)), twenty_four);
    }
}

#[test]
fn durations() {
    let table = [
        (0, "zero seconds"),
        (1, "one second"),
        (60, "one minute"),
        (190, "three minutes and ten seconds"),
        (3600, "one hour"),
        (3723, "one hour two minutes and three seconds"),
        (2 * 86_400 + 3660, "two days one hour and one minute"),
    ];
    for (seconds, spoken) in table {
        assert_eq!(words(&say::duration(En, seconds)), spoken, "{seconds}");
    }
}

#[test]
fn amounts() {
    let table = [
        (1234, Currency::Usd, "twelve dollars and thirty-four cents"),
        (101, Currency::Usd, "one dollar and one cent"),
        (5, Currency::Eur, "five cents"),
        (0, Currency::Eur, "zero euros"),
        (-250, Currency::Gbp, "minus two pounds and fifty pence"),
        (1, Currency::Gbp, "one penny"),
        (1230, Currency::Cny, "twelve yuan and thirty fen"),
    ];
    for (hundredths, currency, spoken) in table {
        assert_eq!(words(&say::amount(En, hundredths, currency)), spoken);
    }
}

#[test]
fn digits_come_in_groups() {
    let table = [
        ("101", "one zero one"),
        ("55501", "five five five zero one"),
        ("13800138000", "one three eight, zero zero one three, eight zero zero zero"),
        ("2125551234", "two one two, five five five, one two three four"),
        ("+1 (212) 555-12", "plus one, two one two, five five five, one two"),
        ("+861380013", "plus eight six one, three eight zero, zero one three"),
        ("AB-12", "A B, one two"),
        ("a1b2c3d", "A one B two C three D"),
        ("*43#", "star four three hash"),
        ("1\u{7}2é", "one two"),
        (" - ", ""),
    ];
    for (text, spoken) in table {
        assert_eq!(words(&say::digits(En, text)), spoken, "{text}");
    }
}

#[test]
fn digits_end_after_sixty_four() {
    let clips = say::digits(En, &"7".repeat(10_000));
    assert_eq!(words(&clips).matches("seven").count(), 64);
}

#[test]
fn every_length_of_number_is_spoken_whole_and_no_digit_stands_alone() {
    for length in 2..=64 {
        let text: String = ('0'..='9').cycle().take(length).collect();
        let spoken = words(&say::digits(En, &text));
        let groups: Vec<usize> = spoken.split(',').map(|group| group.split_whitespace().count()).collect();
        assert_eq!(groups.iter().sum::<usize>(), length);
        assert!(groups.iter().all(|size| (2..=5).contains(size)), "{length}: {groups:?}");
    }
}

#[test]
fn sentences() {
    assert_eq!(words(&say::place_in_line(En, 3)), "You are number three in line.");
    assert_eq!(words(&say::expected_wait(En, 59)), "The expected wait is less than a minute.");
    assert_eq!(words(&say::expected_wait(En, 60)), "The expected wait is about one minute");
    assert_eq!(words(&say::expected_wait(En, 121)), "The expected wait is about three minutes");
    assert_eq!(words(&say::mailbox(En, 0, 0)), "You have no messages.");
    assert_eq!(words(&say::mailbox(En, 1, 0)), "You have one new message");
    assert_eq!(words(&say::mailbox(En, 0, 3)), "You have three old messages");
    assert_eq!(words(&say::mailbox(En, 2, 1)), "You have two new messages and one old message");
    assert_eq!(words(&say::agent(En, "1001")), "Agent number one zero zero one is at your service.");
    assert_eq!(words(&say::from_caller(En, "101")), "from one zero one");
    for nobody in ["", "anonymous", "?"] {
        assert_eq!(words(&say::from_caller(En, nobody)), "from an unknown number.");
    }
    assert_eq!(words(&say::your_number(En, "101")), "Your number is one zero one");
    let hours = say::opening_hours(En, time(9, 0, 0, 0), time(18, 0, 0, 0), Clock::Twelve);
    assert_eq!(words(&hours), "nine a.m. to six p.m.");
}

#[test]
fn a_message_of_today_is_not_told_by_its_date() {
    let today = date(2026, 3, 2);
    let received = |at| words(&say::received(En, at, today, Clock::Twelve));
    assert_eq!(received(datetime(2026, 3, 2, 15, 30, 0, 0)), "Message received today at three thirty p.m.");
    assert_eq!(received(datetime(2026, 3, 1, 0, 0, 0, 0)), "Message received yesterday at midnight");
    assert_eq!(
        received(datetime(2026, 2, 28, 9, 0, 0, 0)),
        "Message received on Saturday, the twenty-eighth of February at nine a.m."
    );
    assert_eq!(
        received(datetime(2025, 12, 24, 12, 0, 0, 0)),
        "Message received on Wednesday, the twenty-fourth of December, twenty twenty-five at noon"
    );
}
