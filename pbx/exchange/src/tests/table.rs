//! The machine of a call as a table: what every event does in every state, done with real phones, to be reviewed as a whole.

use super::world::World;
use crate::coverage::{CallEvent, CallState, marks};
use crate::*;
use CallEvent as E;
use CallState as S;
use std::collections::BTreeMap;
use std::fmt::Write;

mod scene;

pub(super) use scene::facts;
use scene::{Scene, apply};

/// What went out and was kept since, in words.
pub(super) struct Since {
    log: usize,
    media: usize,
    records: usize,
    replies: usize,
}

impl Since {
    pub(super) fn now(w: &World) -> Self {
        Self { log: w.log.len(), media: w.media.len(), records: w.records.len(), replies: w.replies.len() }
    }

    /// What was sent to whom, what was asked of the media engine, what was written and answered.
    pub(super) fn told(&self, w: &World) -> Vec<String> {
        let mut out = Vec::new();
        let names = [
            ("192.0.2.11", "a"),
            ("192.0.2.12", "b"),
            ("192.0.2.13", "c"),
            ("192.0.2.14", "d"),
            ("198.51.100.9", "a'"),
        ];
        for line in &w.log[self.log..] {
            let found = names.iter().find(|(ip, _)| line.starts_with(&format!("{ip}:")));
            let Some((_, name)) = found else { continue };
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let word = if words[0] == "SIP/2.0" { words[1] } else { words[0] };
            out.push(format!("{name}<{word}"));
        }
        for command in &w.media[self.media..] {
            let text = format!("{command:?}");
            let word = text.split(' ').next().unwrap().to_owned();
            out.push(match command {
                MediaCommand::Hear { leg, source, .. } => {
                    let source = format!("{source:?}");
                    format!("{word}{}={}", leg.0, source.split([' ', '(']).next().unwrap())
                }
                MediaCommand::Open { leg, .. }
                | MediaCommand::Agree { leg, .. }
                | MediaCommand::Play { leg, .. }
                | MediaCommand::Listen { leg, .. }
                | MediaCommand::TakeMessage { leg, .. }
                | MediaCommand::StopMessage { leg, .. }
                | MediaCommand::SendDigit { leg, .. }
                | MediaCommand::WithholdDigits { leg, .. }
                | MediaCommand::RecordAlso { leg, .. }
                | MediaCommand::RecordNoMore { leg, .. }
                | MediaCommand::Move { leg, .. }
                | MediaCommand::Close { leg, .. } => format!("{word}{}", leg.0),
                MediaCommand::Mark { kind, .. } => format!("{word}={kind}"),
                MediaCommand::PauseRecording { is_paused, .. } => format!("{word}={is_paused}"),
                MediaCommand::Record { .. }
                | MediaCommand::RecordLeg { .. }
                | MediaCommand::StopRecording { .. }
                | MediaCommand::DropMessage { .. } => word,
            });
        }
        for record in &w.records[self.records..] {
            out.push(match record {
                Record::Event(event) => format!("!{}", event.name),
                Record::Cdr(cdr) => format!("CDR({})", cdr.ending.cause.word()),
                Record::CallOpen(_) => "noted".into(),
                Record::Binding(_) => "bound".into(),
                Record::BindingGone { .. } => "unbound".into(),
                Record::Subscription(_) | Record::SubscriptionGone { .. } => "watched".into(),
                Record::Message(_) | Record::MessageGone { .. } => "message".into(),
                Record::Floor { .. } => "fact".into(),
                Record::Recording(_) | Record::RecordingGone { .. } | Record::RecordingHeld { .. } => {
                    "recording".into()
                }
            });
        }
        out.extend(
            w.replies[self.replies..].iter().map(|r| if r.is_ok() { "ok" } else { "refused" }.to_owned()),
        );
        out
    }
}

/// All that is known of a call but its ladder, to see whether anything changed.
fn known(s: &Scene) -> String {
    let mut call = s.w.x.call(s.id).cloned();
    if let Some(call) = &mut call {
        // By every message; that a phone is there is no news.
        call.legs.values_mut().for_each(|l| l.agent.clear());
    }
    format!("{call:?} {:?}", s.w.x.alarms)
}

/// One cell: its mark, and its line.
fn cell(state: S, event: E) -> (char, String) {
    let mut s = Scene::new(state, event);
    let (before, since, known_before) = (s.w.x.times_of_call(state, event), Since::now(&s.w), known(&s));
    let done = apply(&mut s, event);
    s.w.ms(60);
    let mut told = since.told(&s.w);
    // Phones are asked all day long whether they are there, and told how their boxes stand.
    told.retain(|t| !t.ends_with("<OPTIONS") && !t.ends_with("<NOTIFY"));
    let told = told.join(" ");
    if let Err(why) = done {
        return ('-', why.to_owned());
    }
    if s.w.x.times_of_call(state, event) == before {
        return ('-', "never meet".to_owned());
    }
    let (after, cause) = s.state();
    let changed = known(&s) != known_before;
    // What is said of the registration and of the whole exchange does not come of the call.
    let foreign = ["!connection_lost", "!stopping", "bound", "a'<401", "a'<200"];
    let is_told = told.split_whitespace().any(|t| !foreign.contains(&t));
    let mark = if changed || is_told { '+' } else { '.' };
    let after = if after == state.word() { "same".to_owned() } else { after.to_owned() };
    let cause = if cause.is_empty() || state >= S::Closing { String::new() } else { format!(" ({cause})") };
    (mark, format!("{after}{cause}: {told}"))
}

/// A table drawn event by event, and the marks of each: `cell` tells what a state and an event make of each other. States
/// take `wide` columns.
pub(super) fn drawn<State: Copy, Event: Copy>(
    states: &[(State, &'static str)],
    events: &[(Event, &'static str)],
    wide: usize,
    cell: impl Fn(State, Event) -> (char, String),
) -> (String, Vec<(&'static str, String)>) {
    let mut text = String::new();
    let mut found = Vec::new();
    for (event, event_word) in events {
        let mut row = String::new();
        let mut impossible: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        writeln!(text, "{event_word}").unwrap();
        for (state, word) in states {
            let (mark, line) = cell(*state, *event);
            row.push(mark);
            if mark == '-' {
                impossible.entry(line).or_default().push(word);
            } else {
                writeln!(text, "  {mark} {word:wide$} -> {line}").unwrap();
            }
        }
        for (why, states) in impossible {
            writeln!(text, "  - {why}: {}", states.join(" ")).unwrap();
        }
        found.push((*event_word, row));
    }
    (text, found)
}

#[test]
fn table_of_calls() {
    let states: Vec<_> = S::ALL.iter().map(|s| (*s, s.word())).collect();
    let events: Vec<_> = E::ALL.iter().map(|e| (*e, e.word())).collect();
    let (text, found) = drawn(&states, &events, 8, cell);
    insta::assert_snapshot!("calls", text);
    let said: Vec<_> = marks()[0].iter().map(|(event, row)| (*event, (*row).to_owned())).collect();
    assert_eq!(found, said, "what matters, by the table of coverage and by what happens");
}
