//! Text made harmless for whoever shows it: what comes from callers, services and files may hold anything.

/// Whether a character is shown as it is: no control, no turn of the direction of writing, nothing invisible.
pub fn is_harmless(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'))
}

/// One line: what is not [harmless](is_harmless) becomes U+FFFD.
pub fn line(text: &str) -> String {
    text.chars().map(|c| if is_harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// The same of several lines, which stay apart.
pub fn lines(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || is_harmless(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys_or_nobody_sees() {
        assert_eq!(
            line("a\u{1b}[2J\u{202e}\u{200f}b\u{9b}\r\nc 七"),
            "a\u{fffd}[2J\u{fffd}\u{fffd}b\u{fffd}\u{fffd}\u{fffd}c 七"
        );
        assert_eq!(lines("a\u{7}\nb\r\n"), "a\u{fffd}\nb\u{fffd}\n");
    }
}
