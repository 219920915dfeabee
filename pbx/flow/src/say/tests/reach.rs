use super::{TEXTS, sample};
use crate::clip::{Clip, Language};
use crate::say::{self, Clock, Currency, Decimal, messages};
use jiff::civil::{Date, Time, date, time};
use std::collections::BTreeSet;

/// Clips that any function has said, each with its language.
#[derive(Default)]
struct Heard(BTreeSet<(Language, String)>);

impl Heard {
    fn all(&mut self, clips: Vec<Clip>) {
        for clip in clips {
            if let Clip::Prompt { language, name } = clip {
                self.0.insert((language, name));
            }
        }
    }

    fn numbers(&mut self, language: Language) {
        for n in sample() {
            self.all(say::number(language, i64::try_from(n).unwrap()));
            self.all(say::count(language, n));
            self.all(say::ordinal(language, n));
        }
        self.all(say::number(language, i64::MIN));
        self.all(say::decimal(language, &Decimal::parse("-0.1234567890").unwrap()));
        let keyboard: String = (' '..='~').collect();
        for part in keyboard.as_bytes().chunks(10) {
            self.all(say::digits(language, std::str::from_utf8(part).unwrap()));
        }
    }

    fn times(&mut self, language: Language) {
        for year in (-50..=2200).chain([-9999, 9999]) {
            self.all(say::date(language, date(year, 1, 1)));
        }
        for day in days(date(2026, 1, 1)).take(366) {
            self.all(say::date(language, day));
            self.all(say::day(language, day));
            self.all(say::weekday(language, day.weekday()));
        }
        for at in minutes() {
            self.all(say::time(language, at, Clock::Twelve));
            self.all(say::time(language, at, Clock::TwentyFour));
        }
        for seconds in (0..8000).chain((0..400_000).step_by(61)).chain([u64::MAX]) {
            self.all(say::duration(language, seconds));
            self.all(say::expected_wait(language, seconds));
        }
    }

    fn rest(&mut self, language: Language) {
        for currency in Currency::ALL {
            for hundredths in (-2000..2000).chain([i64::MIN, i64::MAX]) {
                self.all(say::amount(language, hundredths, currency));
            }
        }
        for n in 0..10 {
            self.all(say::place_in_line(language, n));
            self.all(say::mailbox(language, n, 0));
            self.all(say::mailbox(language, n, n));
        }
        self.all(say::agent(language, "1"));
        self.all(say::from_caller(language, ""));
        self.all(say::your_number(language, "1"));
        let at = time(12, 0, 0, 0);
        self.all(say::opening_hours(language, at, at, Clock::Twelve));
        for day in days(date(2025, 12, 20)).take(20) {
            self.all(say::received(language, day.to_datetime(at), date(2026, 1, 2), Clock::Twelve));
        }
    }
}

fn days(first: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
}

fn minutes() -> impl Iterator<Item = Time> {
    (0..24).flat_map(|hour| (0..60).map(move |minute| time(hour, minute, 0, 0)))
}

#[test]
fn what_can_be_said_and_the_messages_are_the_manifest() {
    let mut heard = Heard::default();
    for language in Language::ALL {
        heard.numbers(language);
        heard.times(language);
        heard.rest(language);
        heard.0.extend(messages::ALL.iter().map(|name| (language, (*name).to_owned())));
    }
    let there: BTreeSet<(Language, String)> = TEXTS
        .iter()
        .filter(|(name, _)| !name.starts_with("example/"))
        .flat_map(|(name, texts)| texts.keys().map(move |language| (*language, name.clone())))
        .collect();
    let missing: Vec<_> = heard.0.difference(&there).collect();
    let useless: Vec<_> = there.difference(&heard.0).collect();
    assert!(
        missing.is_empty() && useless.is_empty(),
        "not in the manifest {missing:?}; never said {useless:?}"
    );
}

#[test]
fn messages_are_in_every_language_with_the_words_that_their_documentation_has() {
    for (name, words) in messages::WORDS {
        assert_eq!(TEXTS[*name][&Language::En], *words);
    }
    let whole = |name: &str| name.starts_with("msg/") || name.starts_with("example/");
    for (name, texts) in TEXTS.iter().filter(|(name, _)| whole(name)) {
        assert!(Language::ALL.iter().all(|language| texts.contains_key(language)), "{name}");
        assert!(name.starts_with("example/") || messages::ALL.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn every_example_flow_has_its_prompts() {
    for flow in ["office", "pin", "survey", "region"] {
        let prefix = format!("example/{flow}/");
        assert!(TEXTS.keys().any(|name| name.starts_with(&prefix)), "{flow}");
    }
}
