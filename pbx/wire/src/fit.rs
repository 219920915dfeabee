//! Text that is safe to show, and cut to columns.

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// Replaces everything that could steer a terminal or reorder a line: C0, DEL, C1, bidirectional controls,
/// line and paragraph separators, and invisible tag characters become U+FFFD.
pub fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return text.into();
    }
    text.chars().map(|c| if is_harmless(c) { c } else { '\u{fffd}' }).collect::<String>().into()
}

/// JSON as it may be shown on a terminal: what [`clean`] replaces, within its texts, is written as escapes, which says the same to
/// who reads it. Ends of lines, which are between its texts, stay.
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_harmless(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

fn is_harmless(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The columns a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text in exactly `width` columns: cut with `…` if longer, padded with blanks if shorter, never splitting a
/// wide character or separating a combining mark from its base.
pub fn fit(text: &str, width: usize) -> String {
    let text = clean(text);
    let taken = columns(&text);
    if taken <= width {
        let mut out = text.into_owned();
        out.extend(std::iter::repeat_n(' ', width - taken));
        return out;
    }
    if width == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let w = c.width().unwrap_or(0);
        if used + w > width - 1 {
            break;
        }
        out.push(c);
        used += w;
        // A joiner glues what follows to what stands: take both or neither.
        if c == '\u{200d}' && chars.peek().is_some_and(|next| used + next.width().unwrap_or(0) > width - 1) {
            break;
        }
    }
    out.push('…');
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&out))));
    out
}

/// A number with all but its first three and last two characters hidden: `+44 20 7946 0123` → `+44…23`.
/// Short numbers (extensions) are shown as they are.
pub fn mask_number(number: &str) -> String {
    let count = number.chars().count();
    if count <= 5 {
        return number.to_owned();
    }
    let head: String = number.chars().take(3).collect();
    let tail: String = number.chars().skip(count - 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_by_columns_not_by_length() {
        for (text, width, want) in [
            ("abc", 5, "abc  "),
            ("abcdef", 4, "abc…"),
            ("山田太郎 様", 6, "山田… "),
            ("山田太郎", 8, "山田太郎"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("x", 0, ""),
            ("\u{1b}[31mred", 10, "\u{fffd}[31mred  "),
        ] {
            let got = fit(text, width);
            assert_eq!(got, want, "{text:?} in {width}");
            assert_eq!(columns(&got), width, "{text:?} in {width}");
        }
    }

    #[test]
    fn hostile_names_cannot_steer_a_terminal() {
        let name = "a\u{1b}]0;x\u{7}\u{202e}b\u{9b}2Jc\r\nd\u{85}";
        assert!(clean(name).chars().all(is_harmless));
        assert!(matches!(clean("José 山田"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn json_is_escaped_and_stays_the_same() {
        let text = "a\u{9b}2J\u{202e}b\u{e0041}\u{feff}ж 山";
        let json = serde_json::to_string_pretty(&[text]).unwrap_or_default();
        let escaped = escape_json(&json);
        assert_eq!(escaped, "[\n  \"a\\u009b2J\\u202eb\\udb40\\udc41\\ufeffж 山\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).ok(), Some(vec![text.to_owned()]));
    }

    #[test]
    fn masks_all_but_the_ends() {
        assert_eq!(mask_number("+442079460123"), "+44…23");
        assert_eq!(mask_number("2001"), "2001");
    }
}
