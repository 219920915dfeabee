//! Numbers read digit by digit: phone numbers, order numbers, extensions.

use super::phrase::Phrase;
use crate::clip::{Clip, Language};

/// Characters of one text that are spoken; what follows is left out.
const MOST: usize = 64;

/// Silence between two groups of digits, in milliseconds.
const GROUP: u32 = 250;

/// Reads a text character by character: digits, letters of the Latin alphabet, `+`, `*` and `#`. Blanks and `-./(),:` part the
/// groups, with a short silence between; digits without such marks are grouped as people read them (138 0013 8000). Other
/// characters are left out, as is what follows the first 64.
///
/// In Chinese 1 is 幺.
pub fn digits(language: Language, text: &str) -> Vec<Clip> {
    let mut groups: Vec<Vec<char>> = vec![Vec::new()];
    for character in text.chars().filter(|character| is_spoken(*character) || parts(*character)).take(MOST) {
        match groups.last_mut() {
            Some(last) if !parts(character) => last.push(character),
            _ => groups.push(Vec::new()),
        }
    }
    groups.retain(|group| !group.is_empty());
    if let [all] = groups.as_slice() {
        groups = grouped(all);
    }
    groups
        .iter()
        .fold(Phrase::new(language), |phrase, group| {
            group.iter().fold(phrase.pause(GROUP), |phrase, character| spell(phrase, *character))
        })
        .done()
}

/// Whether the character stands between groups.
fn parts(character: char) -> bool {
    character.is_whitespace() || "-./(),:".contains(character)
}

/// Whether there is a clip for the character.
fn is_spoken(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+*#".contains(character)
}

/// Goes on with the clip that says a character.
fn spell(phrase: Phrase, character: char) -> Phrase {
    match character {
        '+' => phrase.clip("sign/plus"),
        '*' => phrase.clip("sign/star"),
        '#' => phrase.clip("sign/hash"),
        '0'..='9' => phrase.numbered("digit", character),
        letter => phrase.letter(letter),
    }
}

/// Groups for digits that were written in one piece, after a `+` if there is one. Anything with letters stays whole.
fn grouped(all: &[char]) -> Vec<Vec<char>> {
    let plus = usize::from(all.first() == Some(&'+'));
    let (sign, mut rest) = all.split_at(plus);
    if !rest.iter().all(char::is_ascii_digit) {
        return vec![all.to_vec()];
    }
    let mut groups = Vec::new();
    for size in sizes(rest.len()) {
        let (group, after) = rest.split_at(size.min(rest.len()));
        groups.push(group.to_vec());
        rest = after;
    }
    match groups.first_mut() {
        Some(first) => first.splice(0..0, sign.iter().copied()).for_each(drop),
        None => groups.push(sign.to_vec()),
    }
    groups
}

/// How many digits each group has: few enough to keep in mind, and the longer groups last.
fn sizes(digits: usize) -> Vec<usize> {
    match digits {
        0..=5 => vec![digits],
        6 => vec![3, 3],
        7 => vec![3, 4],
        9 => vec![3, 3, 3],
        10 => vec![3, 3, 4],
        11 => vec![3, 4, 4],
        // Fours from the end; the first takes what is over, so that none is alone.
        _ => {
            let over = digits % 4;
            let first = match over {
                0 => 4,
                1 => 5,
                over => over,
            };
            std::iter::once(first).chain(std::iter::repeat_n(4, (digits - first) / 4)).collect()
        }
    }
}
