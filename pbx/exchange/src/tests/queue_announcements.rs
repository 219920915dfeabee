//! What callers who wait are told: their place, how long it may take where that is known, and a word of comfort.

use super::queues::{Floor, queue, site};
use super::world::{World, sdp};
use crate::*;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom_acd::config::QueueConfig;
use switchroom_acd::fact::{Exit, JoinedFact, LeftFact};
use switchroom_acd::{Fact, Presence};
use switchroom_flow::{Clip, Language, say};
use switchroom_sip::endpoint::SessionId;

/// How long callers of before waited, each at the head of the line.
const WAITED_MS: u64 = 90_000;

/// Callers hear their place after so long, and again.
fn rules() -> Config {
    site(QueueConfig { announce_every: 20_000, comfort: "sorry".into(), ..queue() })
}

/// A queue in which within the last hour so many callers waited, one after the other and each for as long.
fn with_history(callers: i64) -> Restored {
    let start = World::new().now.wall.0;
    let joined = |n: i64| JoinedFact {
        at_ms: start - (callers - n) * 100_000,
        call: 1_000 + n.unsigned_abs() as u128,
        visit: 1,
        queue: "q".into(),
        caller: String::new(),
        class: String::new(),
        priority: 0,
        before: 0,
        instead_of: None,
    };
    let left = |joined: &JoinedFact| LeftFact {
        at_ms: joined.at_ms + 90_000,
        joined_ms: joined.at_ms,
        call: joined.call,
        visit: 1,
        queue: "q".into(),
        caller: String::new(),
        class: String::new(),
        exit: Exit::Answered,
        agent: "2".into(),
        waited_ms: WAITED_MS,
        service_level_ms: 20_000,
        short_abandon_ms: 5_000,
    };
    let both = (0..callers).map(joined).flat_map(|joined| {
        let left = left(&joined);
        [Fact::Joined(joined), Fact::Left(left)]
    });
    Restored { facts: both.collect(), ..Restored::default() }
}

/// A floor whose only agent is on a break.
fn floor(restored: Restored) -> Floor {
    let mut w = World::with(rules(), restored);
    let [a, b, c] = [("101", 1), ("102", 2), ("103", 3)]
        .map(|(number, host)| w.registered(number, &format!("192.0.2.1{host}:5060")));
    let mut t = Floor { w, a, b, c };
    let presence = Presence::Break { reason: "tea".into() };
    t.act(AgentAct::Choose { agent: "2".into(), presence, extension: Some("102".into()) }).unwrap();
    t
}

impl Floor {
    /// Another caller than 101.
    fn call_from(&mut self, at: SocketAddr) -> SessionId {
        let call = self.w.dial(at, "700", Some(sdp(&at.ip().to_string(), "8 101", "")));
        self.w.ms(100);
        call
    }

    /// What a caller was last told that is no music.
    fn told_to(&self, number: &str) -> Vec<Clip> {
        let leg = self.w.x.calls().find(|call| call.from.number == number).unwrap().caller;
        let told = self.w.media.iter().rev().find_map(|command| match command {
            MediaCommand::Play { leg: of, clips, is_loop: false, .. } if *of == leg => Some(clips.clone()),
            _ => None,
        });
        told.unwrap_or_default()
    }
}

fn comfort() -> [Clip; 2] {
    [Clip::Pause(300), Clip::Prompt { language: Language::En, name: "sorry".into() }]
}

/// What is said to who has that place, and may have to wait for so many seconds.
fn announcement(place: u64, expected_s: Option<u64>) -> Vec<Clip> {
    let mut clips = say::place_in_line(Language::En, place);
    if let Some(seconds) = expected_s {
        clips.push(Clip::Pause(300));
        clips.extend(say::expected_wait(Language::En, seconds));
    }
    clips.extend(comfort());
    clips
}

fn names(clips: &[Clip]) -> Vec<&str> {
    fn name(clip: &Clip) -> Option<&str> {
        if let Clip::Prompt { name, .. } = clip { Some(name) } else { None }
    }
    clips.iter().filter_map(name).collect()
}

#[test]
fn callers_are_told_their_place_and_hear_music_again() {
    let mut t = floor(Restored::default());
    let first = t.call("700");
    let c = t.c;
    t.call_from(c);
    t.w.run(Duration::from_secs(20));
    // Nothing is said of a wait of which nothing is known.
    assert_eq!(t.told_to("101"), announcement(1, None));
    assert_eq!(t.told_to("103"), announcement(2, None));
    assert_eq!(names(&t.told_to("103")), ["msg/you-are-number", "number/2", "msg/in-line", "sorry"]);
    t.heard();
    assert!(t.says("music/one"));
    let a = t.a;
    t.w.hang_up(a, first);
    t.w.run(Duration::from_secs(20));
    assert_eq!(t.told_to("103"), announcement(1, None), "who was before has gone");
}

/// As long as those before waited, at each place; in whole minutes, rounded up.
#[test]
fn callers_are_told_how_long_it_may_take_where_that_is_known() {
    let mut t = floor(with_history(30));
    t.call("700");
    let c = t.c;
    t.call_from(c);
    t.w.run(Duration::from_secs(20));
    assert_eq!(t.told_to("101"), announcement(1, Some(120)));
    assert_eq!(t.told_to("103"), announcement(2, Some(240)));
    let minutes = ["msg/expected-wait", "msg/about", "number/2", "unit/minutes"];
    let told = t.told_to("101");
    assert_eq!(
        names(&told),
        [&["msg/you-are-number", "number/1", "msg/in-line"], &minutes[..], &["sorry"]].concat()
    );
    // Too few have waited for anything to be promised.
    let mut t = floor(with_history(15));
    t.call("700");
    t.w.run(Duration::from_secs(20));
    assert_eq!(t.told_to("101"), announcement(1, None));
}
