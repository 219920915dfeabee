//! Sentences that have a number in the middle, each put together as its language orders the words.

use jiff::civil::{Date, DateTime, Time};

use super::phrase::Phrase;
use super::{Clock, count, date, day, digits, messages, ordinal, time};
use crate::clip::{Clip, Language};

/// "You are number three in line", 您现在排在第三位: a waiter's place, counted from 1.
pub fn place_in_line(language: Language, place: u64) -> Vec<Clip> {
    let place = match language {
        Language::En => count(language, place),
        Language::Zh => ordinal(language, place),
    };
    Phrase::new(language).clip(messages::YOU_ARE_NUMBER).then(place).clip(messages::IN_LINE).done()
}

/// "The expected wait is about three minutes", 预计等待时间大约三分钟: in seconds, told in whole minutes, rounded up. Nobody
/// believes more.
pub fn expected_wait(language: Language, seconds: u64) -> Vec<Clip> {
    let phrase = Phrase::new(language).clip(messages::EXPECTED_WAIT);
    if seconds < 60 {
        return phrase.clip(messages::LESS_THAN_A_MINUTE).done();
    }
    let minutes = seconds.div_ceil(60);
    phrase.clip(messages::ABOUT).then(super::duration(language, minutes.saturating_mul(60))).done()
}

/// "You have two new messages and one old message", 您有两条新留言和一条旧留言; "you have no messages".
pub fn mailbox(language: Language, new: u64, old: u64) -> Vec<Clip> {
    let messages = |phrase: Phrase, n: u64, one: &str, many: &str| {
        phrase.then(count(language, n)).clip(if n == 1 { one } else { many })
    };
    if new == 0 && old == 0 {
        return Phrase::new(language).clip(messages::NO_MESSAGES).done();
    }
    let mut phrase = Phrase::new(language).clip(messages::YOU_HAVE);
    if new > 0 {
        phrase = messages(phrase, new, messages::NEW_MESSAGE, messages::NEW_MESSAGES);
    }
    if old > 0 {
        phrase = phrase.clip_if(new > 0, "word/and");
        phrase = messages(phrase, old, messages::OLD_MESSAGE, messages::OLD_MESSAGES);
    }
    phrase.done()
}

/// "Message received on Monday, the third of March, at three p.m.", 留言时间三月三日星期一下午三点: in civil time of the site.
/// `today` is the listener's: that day and the day before are told as such, and the year only where it is another one.
pub fn received(language: Language, at: DateTime, today: Date, clock: Clock) -> Vec<Clip> {
    let phrase = Phrase::new(language).clip(messages::MESSAGE_RECEIVED);
    let phrase = if at.date() == today {
        phrase.clip("time/today")
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == at.date()) {
        phrase.clip("time/yesterday")
    } else {
        let told = if at.date().year() == today.year() { day } else { date };
        phrase.clip_if(language == Language::En, "word/on").then(told(language, at.date()))
    };
    phrase.clip_if(language == Language::En, "word/at").then(time(language, at.time(), clock)).done()
}

/// "From one three eight …", 来自幺三八……; for a caller without a number "from an unknown number".
pub fn from_caller(language: Language, number: &str) -> Vec<Clip> {
    Phrase::new(language).clip(messages::FROM).then(number_or_unknown(language, number)).done()
}

/// "Your number is one three eight …", 您的号码是幺三八…….
pub fn your_number(language: Language, number: &str) -> Vec<Clip> {
    Phrase::new(language).clip(messages::YOUR_NUMBER_IS).then(number_or_unknown(language, number)).done()
}

/// What has no digit is a word ("anonymous") that nobody wants spelled.
fn number_or_unknown(language: Language, number: &str) -> Vec<Clip> {
    if number.contains(|character: char| character.is_ascii_digit()) {
        digits(language, number)
    } else {
        Phrase::new(language).clip(messages::UNKNOWN_NUMBER).done()
    }
}

/// "Agent number one zero zero one is at your service", 工号幺零零幺为您服务.
pub fn agent(language: Language, number: &str) -> Vec<Clip> {
    let phrase = Phrase::new(language).clip(messages::AGENT_NUMBER).then(digits(language, number));
    phrase.clip(messages::AT_YOUR_SERVICE).done()
}

/// "Nine a.m. to six p.m.", 上午九点到下午六点.
pub fn opening_hours(language: Language, open: Time, close: Time, clock: Clock) -> Vec<Clip> {
    let phrase = Phrase::new(language).then(time(language, open, clock)).clip("word/to");
    phrase.then(time(language, close, clock)).done()
}
