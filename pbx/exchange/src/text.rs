//! Text from the network, made harmless once, where it enters (class "hostile names").

use crate::limits::NAME_CHARS_MAX;
use switchroom_flow::text::line;

/// Control, bidirectional and invisible characters become U+FFFD; what is too long is cut.
pub fn clean(text: &str) -> String {
    line(&text.trim().chars().take(NAME_CHARS_MAX).collect::<String>())
}

/// Whether the text can be dialled: digits, `+`, `*`, `#`, at most 32 (class "dial-string injection").
pub(crate) fn is_dialable(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b"+*#".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names() {
        assert_eq!(clean("  Ana\u{1b}[2J\u{202e}x\r\n "), "Ana\u{fffd}[2J\u{fffd}x");
        assert_eq!(clean(&"é".repeat(500)).chars().count(), NAME_CHARS_MAX);
        assert_eq!(clean("山田 太郎"), "山田 太郎");
    }

    #[test]
    fn dial_string_injection() {
        for (text, ok) in [
            ("102", true),
            ("*43#", true),
            ("+4420", true),
            ("", false),
            ("300&Zap/g1", false),
            ("1 2", false),
            ("${x}", false),
            (&"1".repeat(33), false),
        ] {
            assert_eq!(is_dialable(text), ok, "{text}");
        }
    }
}
