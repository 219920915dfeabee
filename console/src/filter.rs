//! The filter line: words that must all fit; `field:value` asks one field, `!` inverts.

use switchroom_wire::Severity;

/// A field of a row by its name in filters.
pub(crate) type Fields = Vec<(&'static str, String)>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    inverted: bool,
    field: Option<String>,
    value: String,
}

/// A filter; an empty one lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    pub(crate) fn new(text: &str) -> Self {
        let terms = text.split_whitespace().filter_map(|word| {
            let (inverted, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let (field, value) = match word.split_once(':') {
                Some((field, value)) if !field.is_empty() => (Some(field.to_lowercase()), value),
                _ => (None, word),
            };
            (!value.is_empty()).then(|| Term { inverted, field, value: value.to_lowercase() })
        });
        Self { terms: terms.collect() }
    }

    /// Lets everything through.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(crate) fn matches(&self, fields: &Fields) -> bool {
        self.terms.iter().all(|term| term.inverted != term_matches(term, fields))
    }

    /// The first field that no row of this list has.
    pub(crate) fn unknown_field(&self, known: &[&str]) -> Option<&str> {
        let mut fields = self.terms.iter().filter_map(|term| term.field.as_deref());
        fields.find(|field| !known.contains(field))
    }
}

fn term_matches(term: &Term, fields: &Fields) -> bool {
    let Some(name) = &term.field else {
        return fields.iter().any(|(_, text)| text.to_lowercase().contains(&term.value));
    };
    let of_that_name = fields.iter().filter(|(field, _)| field == name);
    // A level means that level and worse: `level:warn` shows the critical ones too.
    if name == "level" {
        let wanted = level(&term.value);
        return of_that_name
            .clone()
            .any(|(_, text)| wanted.is_some_and(|w| level(text).is_some_and(|l| l >= w)));
    }
    of_that_name.clone().any(|(_, text)| text.to_lowercase().contains(&term.value))
}

/// The severity a word names.
pub(crate) fn level(word: &str) -> Option<Severity> {
    match word {
        "info" => Some(Severity::Info),
        "warn" | "!" => Some(Severity::Warn),
        "crit" | "!!" => Some(Severity::Crit),
        _ => None,
    }
}

/// The word for a severity in filters, JSON and CSV.
pub(crate) fn level_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::Crit => "crit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let fields: Fields =
            vec![("id", "4127".into()), ("from", "Zoë 山田".into()), ("level", "crit".into())];
        for (text, want) in [
            ("", true),
            ("412", true),
            ("zoë", true),
            ("山田 4127", true),
            ("from:4127", false),
            ("id:4127 from:zoë", true),
            ("!from:zoë", false),
            ("!nobody", true),
            ("level:warn", true),
            ("!level:crit", false),
            ("level:nonsense", false),
            ("from:", true),
            (":", true),
            ("!", true),
        ] {
            // A lone colon is a word like any other, and no field has it.
            let want = want && text != ":";
            assert_eq!(Filter::new(text).matches(&fields), want, "{text}");
        }
        assert_eq!(Filter::new("id:1 qeue:x").unknown_field(&["id"]), Some("qeue"));
    }
}
