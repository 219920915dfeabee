//! Prompts that the site does not have in the language in which they would be said.

use super::reads::{prompts, writes};
use super::view::{All, At, View};
use crate::clip::Language;
use crate::exits::Entry;
use crate::expr::Expr;
use crate::fault::did_you_mean;
use crate::flow::Flow;
use crate::limits::FAULTS_MAX;
use crate::node::Job;
use crate::prompt::{Form, Piece};
use std::collections::{BTreeMap, BTreeSet};

const RECORD_IT: &str = "record it, or write the words to be spoken without @";

/// Prompts that are missing in the language in which they would be said. Where several are possible, one that has it will do:
/// in which a caller comes there is not known. Of each flow as many as are told, since every hint looks at all names there
/// are.
pub(super) fn missing<'f>(
    all: &All<'f>,
    known: &BTreeMap<Language, BTreeSet<String>>,
) -> Vec<(At<'f>, String, String)> {
    let spoken = spoken(all);
    let mut missing = Vec::new();
    for view in all.flows.values() {
        let any: Vec<Language> = spoken.get(view.flow.name.as_str()).into_iter().flatten().copied().collect();
        let asked =
            view.nodes().flat_map(|(_, node)| prompts(&node.job).into_iter().map(move |it| (node, it)));
        let told = asked.flat_map(|(node, (key, prompt))| {
            let at = At { flow: view.flow, node, key, entry: Entry::Whole };
            let own = prompt.by_language.iter().map(|(language, pieces)| (vec![*language], pieces));
            let all = own.chain(prompt.any.iter().map(|pieces| (any.clone(), pieces)));
            all.flat_map(|(languages, pieces)| pieces.iter().map(move |piece| (languages.clone(), piece)))
                .filter_map(|(languages, piece)| absent(piece, &languages, known))
                .map(move |(what, hint)| (at.clone(), what, hint))
        });
        missing.extend(told.take(FAULTS_MAX));
    }
    missing
}

/// What is wrong with a prompt that is recorded in none of these languages, and what to do.
fn absent(
    piece: &Piece,
    languages: &[Language],
    known: &BTreeMap<Language, BTreeSet<String>>,
) -> Option<(String, String)> {
    let Piece::Named(name) = piece else { return None };
    let there = || languages.iter().filter_map(|of| known.get(of));
    if there().any(|names| names.contains(name)) {
        return None;
    }
    if known.values().any(|names| names.contains(name)) {
        let words: Vec<&str> = languages.iter().map(|language| language.word()).collect();
        let what = format!("there is no prompt \"{name}\" in {}", words.join(" or "));
        return Some((what, RECORD_IT.to_owned()));
    }
    let hint = did_you_mean(name, there().flatten().map(String::as_str));
    Some((format!("there is no prompt \"{name}\""), hint.unwrap_or_else(|| RECORD_IT.to_owned())))
}

/// Languages that a caller may have in each flow: those that it begins in or sets, and those of all flows that run it or
/// that it runs.
fn spoken<'f>(all: &All<'f>) -> BTreeMap<&'f str, BTreeSet<Language>> {
    let mut spoken: BTreeMap<&str, BTreeSet<Language>> =
        all.flows.values().map(|view| (view.flow.name.as_str(), own_languages(view.flow))).collect();
    let runs = |view: &View<'f>| -> Vec<(&'f str, &'f str)> {
        let from = view.flow.name.as_str();
        let run = view.flow.nodes.iter().filter_map(|node| match &node.job {
            Job::Sub { flow, .. } => Some((from, flow.as_str())),
            _ => None,
        });
        run.collect()
    };
    let runs: Vec<(&str, &str)> = all.flows.values().flat_map(runs).collect();
    loop {
        let before: usize = spoken.values().map(BTreeSet::len).sum();
        for (outer, inner) in &runs {
            let (Some(one), Some(other)) = (spoken.get(outer), spoken.get(inner)) else { continue };
            let both: BTreeSet<Language> = one.union(other).copied().collect();
            spoken.insert(*outer, both.clone());
            spoken.insert(*inner, both);
        }
        if spoken.values().map(BTreeSet::len).sum::<usize>() == before {
            return spoken;
        }
    }
}

/// How many of a flow's prompts have words that only a speech engine says: they are silent where there is none.
pub fn texts(flow: &Flow) -> usize {
    let said = |piece: &Piece| match piece {
        Piece::Text(text) => text.chars().any(char::is_alphanumeric),
        Piece::Value { form, .. } => *form == Form::Text,
        Piece::Named(_) => false,
    };
    let of_node = |job: &Job| prompts(job).iter().filter(|(_, prompt)| prompt.all().any(said)).count();
    flow.nodes.iter().map(|node| of_node(&node.job)).sum()
}

/// Languages that a caller may have in a flow alone: the one it begins in, and those that it sets.
pub fn own_languages(flow: &Flow) -> BTreeSet<Language> {
    let mut found = BTreeSet::from([flow.language]);
    for node in &flow.nodes {
        for write in writes(&node.job).into_iter().filter(|write| write.name == "language") {
            match write.to {
                Some(Expr::Constant(word)) => found.extend(Language::parse(&word.plain())),
                Some(_) | None => found.extend(Language::ALL),
            }
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::check::{Known, check};
    use crate::clip::Language;
    use crate::read::read;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    /// What is told of a flow in `language` that plays this and sets these values, next to one in Chinese that is run by it
    /// or not; there is `both` in both languages and `zh` in Chinese.
    fn told(language: &str, prompt: &str, values: &str, runs: &str) -> String {
        let set = if values.is_empty() { "x = \"1\"" } else { values };
        let bye = "[nodes.bye]\nkind = \"hang_up\"\n";
        let main = format!(
            "start = \"a\"\nlanguage = \"{language}\"\n[nodes.a]\nkind = \"set\"\nvalues = {{ {set} }}\nnext = \"b\"\n\
             [nodes.b]\nkind = \"play\"\nprompt = {prompt}\nnext = \"c\"\n\
             [nodes.c]\nkind = \"flow\"\nflow = \"{runs}\"\nnext = \"bye\"\n{bye}"
        );
        let other = |language| {
            format!(
                "start = \"a\"\nlanguage = \"{language}\"\n[nodes.a]\nkind = \"play\"\nprompt = \"@both\"\nnext = \"bye\"\n{bye}"
            )
        };
        let files = [("main", main), ("chinese", other("zh")), ("english", other("en"))];
        let flows = files.iter().map(|(name, text)| {
            let (flow, faults) = read(&format!("{name}.toml"), 1, text);
            assert!(flow.is_some(), "{faults:?}");
            ((*name).to_owned(), Arc::new(flow.unwrap()))
        });
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let known = Known {
            prompts: Some([(Language::En, set(&["both"])), (Language::Zh, set(&["both", "zh"]))].into()),
            ..Known::default()
        };
        let faults = check(&flows.collect(), &known);
        faults.iter().filter(|fault| !fault.is_warning).map(|fault| fault.what.clone()).collect()
    }

    #[test]
    fn a_prompt_must_be_there_in_a_language_that_the_caller_may_have() {
        let missing = "there is no prompt \"zh\" in en";
        for (language, prompt, values, runs, want) in [
            ("en", "\"@both\"", "", "english", ""),
            ("zh", "\"@zh\"", "", "english", ""),
            ("en", "\"@zh\"", "", "english", missing),
            ("en", "\"@none\"", "", "english", "there is no prompt \"none\""),
            ("en", "{ zh = \"@zh\" }", "", "english", ""),
            ("zh", "{ en = \"@zh\" }", "", "english", missing),
            ("en", "\"@zh\"", "language = \"'zh'\"", "english", ""),
            ("en", "\"@zh\"", "language = \"'en'\"", "english", missing),
            ("en", "\"@zh\"", "language = \"caller\"", "english", ""),
            ("en", "\"@zh\"", "", "chinese", ""),
        ] {
            let said = told(language, prompt, values, runs);
            assert_eq!(said, want, "{language} {prompt} {values} {runs}");
        }
    }

    /// Each of them is left out where nothing speaks.
    #[test]
    fn what_only_a_speech_engine_says_is_counted_by_prompt() {
        let text = "start = \"a\"\n\
            [nodes.a]\nkind = \"menu\"\nprompt = \"Press one.\"\nsilent_prompt = \"@msg/nothing-pressed\"\n\
            keys = { 1 = \"b\" }\notherwise = \"c\"\n\
            [nodes.b]\nkind = \"play\"\nprompt = [\"@msg/you-have\", \"{caller:digits}\"]\nnext = \"c\"\n\
            [nodes.c]\nkind = \"hang_up\"\nprompt = { en = [\"@msg/goodbye\", \"{caller_name}\"], zh = \"@msg/goodbye\" }\n";
        let (flow, faults) = read("main.toml", 1, text);
        assert_eq!(super::texts(&flow.unwrap()), 2, "{faults:?}");
    }
}
