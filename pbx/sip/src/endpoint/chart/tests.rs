#![allow(clippy::unwrap_used, clippy::panic)]
//! The whole table of the session's machine, made by doing it.

mod lab;

use super::super::{Event, SessionEvent};
use super::{Happening, SessionState, matters};
use crate::coverage::Pair;
use crate::message::Message;
use crate::rng::Rng;
use lab::Lab;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What came of one pair.
pub(in crate::endpoint) struct Row {
    after: SessionState,
    sent: String,
    told: String,
    /// Something about the session changed, if only inside.
    changed: bool,
    audit: Vec<String>,
}

impl Row {
    fn matters(&self) -> bool {
        self.changed || !self.sent.is_empty() || !self.told.is_empty()
    }
}

/// First word or status, method of the CSeq if that is another, and whether there is a description.
fn message(message: &Message) -> String {
    let (text, has_sdp) = match message {
        Message::Request(r) => (r.method.to_string(), r.sdp().is_some()),
        Message::Response(r) => (format!("{}/{}", r.status.code(), r.cseq().method), r.sdp().is_some()),
    };
    text + if has_sdp { "+sdp" } else { "" }
}

fn event(event: &Event) -> String {
    let with =
        |name: &str, sdp: &Option<Vec<u8>>| format!("{name}{}", if sdp.is_some() { "+sdp" } else { "" });
    match event {
        Event::Foreign(..) => "Foreign".into(),
        Event::Request(_) | Event::Response(..) => "Outside".into(),
        Event::Session(_, e) => match e {
            SessionEvent::Progress(status, sdp) => with(&format!("Progress({})", status.code()), sdp),
            SessionEvent::Answered(sdp) => with("Answered", sdp),
            SessionEvent::Rejected(r) => format!("Rejected({})", r.status.code()),
            SessionEvent::Confirmed(sdp) => with("Confirmed", sdp),
            SessionEvent::Offer(sdp) => with("Offer", sdp),
            SessionEvent::OfferAnswered(sdp) => with("OfferAnswered", sdp),
            SessionEvent::OfferAsked(_) => "OfferAsked+sdp".into(),
            SessionEvent::OfferRefused(status) => format!("OfferRefused({})", status.code()),
            SessionEvent::Info(..) => "Info".into(),
            SessionEvent::Referred(_) => "Referred".into(),
            SessionEvent::ReferNews(status) => format!("ReferNews({})", status.code()),
            SessionEvent::Ended(how) => format!("Ended({how:?})"),
        },
    }
}

/// A state's entry in `table.rs`.
fn entry(state: SessionState, active: &[Happening]) -> String {
    let mut text = format!("    (S::{}, &[", state.name());
    let mut width = usize::MAX;
    for what in active {
        let word = format!("H::{},", what.name());
        if width.saturating_add(word.len()) > 100 {
            text += "\n       ";
            width = 8;
        }
        width += word.len() + 1;
        text = text + " " + &word;
    }
    text + "\n    ]),\n"
}

/// Does it; or the reason why it cannot happen.
pub(in crate::endpoint) fn row(state: SessionState, what: Happening) -> Result<Row, &'static str> {
    let mut lab = Lab::at(state, what);
    let times = |lab: &Lab| lab.e.seen.get(state as usize, what as usize);
    let (before, inside) = (times(&lab), lab.inside());
    lab.happen(what)?;
    if times(&lab) == before {
        return Err("absorbed");
    }
    let (sent, told) = lab.poll();
    let row = Row {
        after: lab.e.state_of(lab.id),
        sent: sent.iter().map(message).collect::<Vec<_>>().join(" "),
        told: told.iter().map(event).collect::<Vec<_>>().join(" "),
        changed: inside != lab.inside(),
        audit: lab.e.audit(),
    };
    Ok(row)
}

/// The table; an empty cell is a dot. What does nothing and what cannot happen is listed below each state.
#[test]
fn the_whole_table() {
    let (mut text, mut source) = (String::new(), String::new());
    let (mut broken, mut wrong) = (Vec::new(), Vec::new());
    for &state in SessionState::ALL {
        _ = writeln!(text, "{}", state.name());
        let mut idle: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut active = Vec::new();
        for &what in Happening::ALL {
            let row = row(state, what);
            if matters(state, what) != row.as_ref().is_ok_and(Row::matters) {
                wrong.push(format!("{} + {}", state.name(), what.name()));
            }
            let row = match row {
                Ok(row) => row,
                Err(why) => {
                    idle.entry(why).or_default().push(what.name());
                    continue;
                }
            };
            broken.extend(row.audit.iter().map(|why| format!("{} + {}: {why}", state.name(), what.name())));
            if !row.matters() {
                idle.entry("nothing").or_default().push(what.name());
                continue;
            }
            active.push(what);
            let or_dot = |cell: &str| if cell.is_empty() { ".".to_owned() } else { cell.to_owned() };
            let (after, sent) = (if row.after == state { "." } else { row.after.name() }, or_dot(&row.sent));
            _ = writeln!(text, "  {:<22} -> {after:<19} {sent:<24} {}", what.name(), or_dot(&row.told));
        }
        for (why, events) in idle {
            _ = writeln!(text, "  {why}: {}", events.join(" "));
        }
        source += &entry(state, &active);
    }
    insta::assert_snapshot!(text);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(wrong.is_empty(), "table.rs should say\n{source}\nbut differs in {wrong:?}");
}

/// Whatever happens in whatever state: who is given up ends by itself while the peer is silent, and nothing at all is left
/// of it.
#[test]
fn everything_ends() {
    for &state in SessionState::ALL {
        for &what in Happening::ALL {
            let mut lab = Lab::at(state, what);
            if lab.happen(what).is_err() {
                continue;
            }
            if !lab.is_released() {
                lab.e.hang_up(lab.now, lab.id, None);
            }
            lab.wait(Duration::from_secs(400));
            let left = (lab.e.sessions(), lab.e.transactions(), lab.e.timers.len());
            assert_eq!(left, (0, 0, 0), "{} + {}", state.name(), what.name());
            assert!(lab.e.by_tag.is_empty() && lab.e.by_invite.is_empty() && lab.e.answerable.is_empty());
        }
    }
}

/// Who has hung up is told nothing more.
#[test]
fn nothing_is_told_to_who_has_hung_up() {
    for &state in SessionState::ALL {
        for &what in Happening::ALL {
            let mut lab = Lab::at(state, what);
            if !lab.is_released() || lab.happen(what).is_err() {
                continue;
            }
            let (_, told) = lab.poll();
            let told: Vec<_> = told.iter().filter(|e| !matches!(e, Event::Foreign(..))).collect();
            assert!(told.is_empty(), "{} + {}: {told:?}", state.name(), what.name());
        }
    }
}

/// Chance instead of order: whatever happens after whatever, all rules hold at each step and nothing is left in the end.
#[test]
fn wandering_breaks_no_rule() {
    let mut rng = Rng::from_number(4711);
    let mut pick = |most: usize| usize::try_from(rng.below(most as u64)).unwrap();
    for walk in 0..1_000 {
        let state = SessionState::ALL[pick(SessionState::ALL.len())];
        let first = [Happening::PeerAck, Happening::Challenged][pick(2)];
        let mut lab = Lab::at(state, first);
        let mut steps = vec![];
        for _ in 0..pick(60) {
            let what = Happening::ALL[pick(Happening::ALL.len())];
            let before = lab.e.state_of(lab.id);
            // What ends a session is left for later most of the time, or no walk would be long.
            let ends = ["Bye", "HangUp", "Reject", "Silence", "Lost", "Gone", "TimerNo", "PeerCancel"];
            let is_end = ends.iter().any(|word| what.name().contains(word));
            if is_end && pick(8) > 0 || lab.happen(what).is_err() {
                continue;
            }
            lab.poll();
            steps.push(format!("{} + {}", before.name(), what.name()));
            assert_eq!(lab.e.audit(), [""; 0], "walk {walk}: {steps:#?}");
            if pick(4) == 0 {
                lab.wait(Duration::from_millis(200));
            }
        }
        if !lab.is_released() {
            lab.e.hang_up(lab.now, lab.id, None);
        }
        lab.wait(Duration::from_secs(400));
        let left = (lab.e.sessions(), lab.e.transactions(), lab.e.timers.len(), lab.e.answerable.len());
        assert_eq!(left, (0, 0, 0, 0), "walk {walk}: {steps:#?}");
    }
}

/// Class "close mid-call": whatever a session is doing when its connection goes, all rules hold after it, and it can
/// still be ended.
#[test]
fn a_lost_connection_breaks_no_rule() {
    for &state in SessionState::ALL {
        let mut lab = Lab::at(state, Happening::PeerAck);
        lab.lose_connection();
        assert_eq!(lab.e.audit(), [""; 0], "{}", state.name());
        if !lab.is_released() {
            lab.e.hang_up(lab.now, lab.id, None);
        }
        lab.wait(Duration::from_secs(400));
        assert_eq!(
            (lab.e.sessions(), lab.e.transactions(), lab.e.timers.len()),
            (0, 0, 0),
            "{}",
            state.name()
        );
    }
}

#[test]
fn each_pair_is_counted_and_all_are_listed() {
    let mut lab = Lab::at(SessionState::Incoming, Happening::DoAnswer);
    let times = |lab: &Lab, machine: &str, state: &str, event: &str| {
        let pairs = lab.e.coverage();
        let found = |p: &&Pair| (p.machine, p.state, p.event) == (machine, state, event);
        let all: Vec<_> = pairs.iter().filter(found).collect();
        assert_eq!(all.len(), 1, "each pair stands there once");
        (all[0].times, all[0].matters)
    };
    assert_eq!(times(&lab, "Session", "Incoming", "DoAnswer"), (0, true));
    lab.happen(Happening::DoAnswer).unwrap();
    assert_eq!(times(&lab, "Session", "Incoming", "DoAnswer"), (1, true));
    assert_eq!(times(&lab, "Session", "Incoming", "DoOffer"), (0, false));
    assert_eq!(times(&lab, "InviteServer", "Proceeding", "Success"), (1, true));
    assert_eq!(times(&lab, "InviteServer", "Proceeding", "Done"), (0, false));
    let transactions = (4 + 3 + 4 + 3) * 9;
    let sessions = SessionState::ALL.len() * Happening::ALL.len();
    assert_eq!(lab.e.coverage().len(), transactions + sessions);
}
