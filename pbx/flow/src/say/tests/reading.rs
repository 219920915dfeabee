use super::words;
use crate::clip::Language;
use crate::prompt::Form;
use crate::say::manifest;
use crate::say::{Currency, Decimal, read};

const FORMS: [Form; 8] = [
    Form::Text,
    Form::Number,
    Form::Digits,
    Form::Ordinal,
    Form::Date,
    Form::Time,
    Form::Duration,
    Form::Amount(*b"CNY"),
];

#[test]
fn a_value_is_read_in_the_form_asked_for() {
    let table = [
        (Form::Number, "-12.50", "minus twelve point five zero", "负十二点五零"),
        (Form::Number, " 007 ", "seven", "七"),
        (Form::Digits, "A-12", "A, one two", " A,幺二"),
        (Form::Ordinal, "3", "third", "第三"),
        (
            Form::Date,
            "2026-03-02",
            "Monday, the second of March, twenty twenty-six",
            "二零二六年三月二日,星期一",
        ),
        (Form::Time, "15:30", "three thirty p.m.", "下午三点三十分"),
        (Form::Time, "09:00:59", "nine a.m.", "上午九点"),
        (Form::Duration, "190", "three minutes and ten seconds", "三分十秒"),
        (Form::Amount(*b"CNY"), "12.34", "twelve yuan and thirty-four fen", "十二元三角四分"),
        (Form::Amount(*b"eur"), "2", "two euros", "两欧元"),
        (Form::Amount(*b"USD"), "-0.5", "minus fifty cents", "负五十美分"),
    ];
    for (form, value, english, chinese) in table {
        assert_eq!(words(&read(Language::En, form, value).unwrap()), english);
        assert_eq!(words(&read(Language::Zh, form, value).unwrap()).trim(), chinese.trim());
    }
}

#[test]
fn what_is_not_of_the_form_is_refused_with_what_is_wanted() {
    let table = [
        (Form::Text, "twelve"),
        (Form::Number, "twelve"),
        (Form::Number, ""),
        (Form::Number, "."),
        (Form::Number, "1."),
        (Form::Number, ".5"),
        (Form::Number, "--1"),
        (Form::Number, "1e9"),
        (Form::Number, "99999999999999999999"),
        (Form::Number, "0.1234567890123"),
        (Form::Digits, "!?"),
        (Form::Ordinal, "0"),
        (Form::Ordinal, "-1"),
        (Form::Date, "2026-02-30"),
        (Form::Date, "02.03.2026"),
        (Form::Time, "25:00"),
        (Form::Time, "noon"),
        (Form::Duration, "1.5"),
        (Form::Duration, "-3"),
        (Form::Amount(*b"CNY"), "1.234"),
        (Form::Amount(*b"XYZ"), "1.23"),
        (Form::Amount([0xff, 0, 1]), "1.23"),
    ];
    for (form, value) in table {
        let error = read(Language::Zh, form, value).unwrap_err();
        assert_eq!(error.value, value);
        assert!(error.to_string().contains("cannot be read aloud: give "), "{error}");
    }
    let long = read(Language::En, Form::Digits, &"1".repeat(65)).unwrap_err();
    assert_eq!(long.value.len(), 64);
}

#[test]
fn an_error_shows_no_raw_control_characters() {
    let error = read(Language::En, Form::Number, "\u{1b}[2J").unwrap_err();
    assert!(error.to_string().chars().all(|character| !character.is_control()));
}

#[test]
fn no_text_of_a_value_is_too_strange() {
    let pieces = [
        "",
        "-",
        "+",
        "9",
        "0",
        ".",
        ":",
        "T",
        "Z",
        "é",
        "\u{0}",
        "二",
        "2026-",
        "12",
        "P1D",
        "[UTC]",
        "999999999999",
    ];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let value = format!("{first}{second}{third}");
                for form in FORMS {
                    if let Ok(clips) = read(Language::Zh, form, &value) {
                        assert!(clips.len() <= 2 * 64 + 1, "{value}");
                    }
                }
            }
        }
    }
}

#[test]
fn decimals_keep_their_figures() {
    let value = Decimal::parse("-3.10").unwrap();
    assert_eq!(value, Decimal { negative: true, whole: 3, fraction: vec![1, 0] });
    assert_eq!(value.hundredths(), Some(-310));
    assert!(!Decimal::parse("-0.00").unwrap().negative);
    assert_eq!(Decimal::parse("9223372036854775807").unwrap().hundredths(), None);
}

#[test]
fn currencies_are_found_by_their_codes() {
    for currency in Currency::ALL {
        assert_eq!(Currency::parse(currency.code()), Some(currency));
    }
    assert_eq!(Currency::parse("JPY"), None);
}

#[test]
fn a_manifest_says_what_is_wrong_with_it() {
    let wrong = |text: &str| manifest::parse(text).unwrap_err();
    assert!(wrong("\"digit/7\" = 7").contains("line 1"));
    assert!(wrong("\"digit/7\" = { fr = \"sept\" }").contains("\"fr\" is no language"));
    assert!(wrong("\"digit/7\" = {}").contains("has no words"));
    assert!(wrong("\"digit/7\" = { en = \" \" }").contains("1 to 1000 characters"));
    for name in ["../etc/passwd", "/digit/7", "digit/", "Digit/7", "digit/.wav", "digit/\\u001b"] {
        assert!(
            wrong(&format!("\"{name}\" = {{ en = \"x\" }}")).contains("is not the name of a prompt"),
            "{name}"
        );
    }
    let texts =
        manifest::parse("\"digit/7\" = { en = \"seven\", zh = \"七\" }\n\"word/wan\" = { zh = \"万\" }")
            .unwrap();
    assert_eq!(texts["digit/7"][&Language::En], "seven");
    assert_eq!(texts["word/wan"].len(), 1);
}
