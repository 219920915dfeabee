//! Numbers as people read them. Pure: times and zones are arguments.

use crate::symbols::Symbols;
use crate::words::Words;
use switchroom_wire::{EndedView, PartyView, mask_number};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `0:07`, `3:12`, `1:02:03`, `3 d 4 h`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    if ms >= DAY {
        return format!("{} d {} h", ms / DAY, ms % DAY / HOUR);
    }
    let (h, m, s) = (ms / HOUR, ms % HOUR / MINUTE, ms % MINUTE / SECOND);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// Time of day in a zone: `14:03:27`.
pub(crate) fn clock(at_ms: i64, utc_offset_min: i32) -> String {
    let day = (at_ms + i64::from(utc_offset_min) * MINUTE).rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}", day / HOUR, day % HOUR / MINUTE, day % MINUTE / SECOND)
}

/// Time of day to the minute: `14:03`.
pub(crate) fn clock_short(at_ms: i64, utc_offset_min: i32) -> String {
    let mut text = clock(at_ms, utc_offset_min);
    text.truncate(5);
    text
}

/// Time of day to the millisecond: `14:03:27.004`.
pub(crate) fn clock_ms(at_ms: i64, utc_offset_min: i32) -> String {
    format!("{}.{:03}", clock(at_ms, utc_offset_min), at_ms.rem_euclid(1_000))
}

/// Date and time of something that may be days ago: `14:03` today, `3 Nov 14:03` before.
pub(crate) fn moment(at_ms: i64, now_ms: i64, utc_offset_min: i32, words: &Words) -> String {
    let shift = i64::from(utc_offset_min) * MINUTE;
    let time = clock_short(at_ms, utc_offset_min);
    if (at_ms + shift).div_euclid(DAY) == (now_ms + shift).div_euclid(DAY) {
        return time;
    }
    dated(at_ms, &time, utc_offset_min, words)
}

/// Date and time of day: `3 Nov 14:03`.
pub(crate) fn date_time(at_ms: i64, utc_offset_min: i32, words: &Words) -> String {
    dated(at_ms, &clock_short(at_ms, utc_offset_min), utc_offset_min, words)
}

/// A date: `3 Nov`.
pub(crate) fn date(at_ms: i64, utc_offset_min: i32, words: &Words) -> String {
    dated(at_ms, "", utc_offset_min, words).trim_end().to_owned()
}

fn dated(at_ms: i64, time: &str, utc_offset_min: i32, words: &Words) -> String {
    let shifted = at_ms + i64::from(utc_offset_min) * MINUTE;
    let Ok(stamp) = jiff::Timestamp::from_millisecond(shifted) else { return time.to_owned() };
    let date = stamp.to_zoned(jiff::tz::TimeZone::UTC).date();
    let key = format!("month.{}", date.month());
    let (day, month) = (date.day().to_string(), words.t(&key));
    words.f("time.date", &[("day", day.as_str()), ("month", month), ("time", time)])
}

/// Date and time for file names: `20251103-140327`.
pub(crate) fn stamp(at_ms: i64, utc_offset_min: i32) -> String {
    let shifted = at_ms + i64::from(utc_offset_min) * MINUTE;
    let Ok(at) = jiff::Timestamp::from_millisecond(shifted) else { return shifted.to_string() };
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string()
}

/// `4.5M`: bytes in at most five columns.
pub(crate) fn bytes(count: u64) -> String {
    let mut value = count;
    let mut rest = 0;
    for unit in ["B", "k", "M", "G", "T"] {
        if value < 1_000 || unit == "T" {
            let with_tenths = value < 10 && unit != "B";
            return if with_tenths {
                format!("{value}.{}{unit}", rest / 100)
            } else {
                format!("{value}{unit}")
            };
        }
        rest = value % 1_000;
        value /= 1_000;
    }
    String::new()
}

/// A count or a time as a figure that can be sorted and drawn.
pub(crate) fn whole(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

/// The word for how a call ended.
pub(crate) fn cause<'a>(ended: &'a EndedView, words: &'a Words) -> &'a str {
    words.find(&format!("cause.{}", ended.cause)).unwrap_or(&ended.cause)
}

/// `2.1%` from parts per million.
pub(crate) fn percent(ppm: u32) -> String {
    let tenths = (u64::from(ppm) + 500) / 1_000;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// `78%` from per mille, rounded down: 79.9 % is not the 80 % of a goal.
pub(crate) fn permille(share: u32) -> String {
    format!("{}%", share / 10)
}

/// `18 ms` from microseconds; one decimal below ten.
pub(crate) fn millis(us: u32) -> String {
    if us < 9_950 {
        format!("{}.{} ms", (us + 50) / 1_000, (us + 50) % 1_000 / 100)
    } else {
        format!("{} ms", (us + 500) / 1_000)
    }
}

/// `4.2` from hundredths of a mean opinion score; `-` while unknown.
pub(crate) fn mos(centi: u16) -> String {
    if centi == 0 { "-".into() } else { format!("{}.{}", centi / 100, centi % 100 / 10) }
}

/// `-18.2` from tenths of a decibel; silence as a dash.
pub(crate) fn decibel(tenths: i16) -> String {
    if tenths <= -960 {
        return "-".into();
    }
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// Where a level stands between −60 dB and full scale, in thousandths.
pub(crate) fn level_share(tenths: i16) -> u32 {
    (i32::from(tenths) + 600).clamp(0, 600).unsigned_abs() * 1000 / 600
}

/// How people on calls are named.
#[derive(Clone, Copy)]
pub(crate) struct PartyForm<'a> {
    pub(crate) words: &'a Words,
    pub(crate) masked: bool,
    pub(crate) symbols: Symbols,
}

impl PartyForm<'_> {
    /// The number, masked if numbers are masked; the word for a withheld one if there is none.
    pub(crate) fn number(&self, party: &PartyView) -> String {
        if party.number.is_empty() {
            return self.words.t("party.withheld").to_owned();
        }
        self.text_number(&party.number)
    }

    pub(crate) fn text_number(&self, number: &str) -> String {
        if self.masked { self.symbols.text(&mask_number(number)).into_owned() } else { number.to_owned() }
    }

    /// A sentence with the numbers in it masked as well.
    pub(crate) fn sentence(&self, text: &str) -> String {
        if self.masked { self.symbols.text(&mask_sentence(text)).into_owned() } else { text.to_owned() }
    }

    /// `102 Ana` for extensions; outside, the name alone if there is one, for the number is long.
    pub(crate) fn short(&self, party: &PartyView) -> String {
        if party.name.is_empty() {
            return self.number(party);
        }
        if is_extension(&party.number) {
            return format!("{} {}", party.number, party.name);
        }
        self.name(party)
    }

    /// Number and name, both.
    pub(crate) fn full(&self, party: &PartyView) -> String {
        if party.name.is_empty() || party.name == party.number {
            return self.number(party);
        }
        format!("{} {}", self.number(party), self.name(party))
    }

    fn name(&self, party: &PartyView) -> String {
        self.text_name(&party.name)
    }

    /// A name is often the number again: it is masked as one.
    pub(crate) fn text_name(&self, name: &str) -> String {
        let digits = name.chars().filter(char::is_ascii_digit).count();
        if digits > 5 { self.text_number(name) } else { name.to_owned() }
    }
}

/// Masks what looks like an outside number: six digits after a plus, nine without. Counts and addresses stay.
pub(crate) fn mask_sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '+' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let plus = usize::from(from.starts_with('+'));
        let digits = from[plus..].bytes().take_while(u8::is_ascii_digit).count();
        let (run, after) = from.split_at(plus + digits);
        let is_number = digits >= if plus == 1 { 6 } else { 9 };
        out.push_str(&if is_number { mask_number(run) } else { run.to_owned() });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Numbers of our own are short; everything longer came from outside.
pub(crate) fn is_extension(number: &str) -> bool {
    !number.is_empty() && number.chars().count() <= 5 && number.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn durations_and_times() {
        assert_eq!(duration(-5), "0:00");
        assert_eq!(duration(192_999), "3:12");
        assert_eq!(duration(3_723_000), "1:02:03");
        assert_eq!(duration(3 * DAY + 4 * HOUR + 1), "3 d 4 h");
        assert_eq!(clock_ms(1_762_178_607_004, 60), "15:03:27.004");
        assert_eq!(clock(-1, 0), "23:59:59");
        assert_eq!(stamp(1_762_178_607_004, 0), "20251103-140327");
    }

    #[test]
    fn dates_show_only_when_it_was_another_day() {
        let words = Words::new(Language::English);
        assert_eq!(moment(1_762_178_607_004, 1_762_178_700_000, 0, &words), "14:03");
        assert_eq!(moment(1_762_178_607_004, 1_762_278_700_000, 0, &words), "3 Nov 14:03");
    }

    #[test]
    fn figures() {
        assert_eq!([bytes(12), bytes(4_500_000), bytes(45_600)], ["12B", "4.5M", "45k"]);
        assert_eq!([percent(0), percent(21_000), percent(1_000_000)], ["0.0%", "2.1%", "100.0%"]);
        assert_eq!([millis(900), millis(9_960), millis(41_000)], ["0.9 ms", "10 ms", "41 ms"]);
        assert_eq!([mos(0), mos(425)], ["-", "4.2"]);
        assert_eq!([decibel(-182), decibel(-960), decibel(-3)], ["-18.2", "-", "-0.3"]);
        assert_eq!([level_share(-960), level_share(-300), level_share(0)], [0, 500, 1000]);
    }

    #[test]
    fn numbers_are_masked_wherever_they_stand() {
        let words = Words::new(Language::English);
        let form = PartyForm { words: &words, masked: true, symbols: Symbols::Block };
        let party = |number: &str, name: &str| PartyView { number: number.into(), name: name.into() };
        assert_eq!(form.full(&party("+442079460123", "+442079460123")), "+44…23");
        assert_eq!(form.full(&party("+442079460123", "0044 2079460123")), "+44…23 004…23");
        let text = "+442079460123 and 00351210000199 from 203.0.113.9:5060 sent 9612 packets to 102 + 1";
        let want = "+44…23 and 003…99 from 203.0.113.9:5060 sent 9612 packets to 102 + 1";
        assert_eq!(form.sentence(text), want);
        assert_eq!(form.short(&party("102", "Ana")), "102 Ana");
        assert_eq!(form.short(&party("+442079460123", "Acme")), "Acme");
    }
}
