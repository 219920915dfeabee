//! What supervisors tell agents: whom it reaches, who may, and how it goes away again.

use super::queues::{Floor, queue, site};
use crate::limits::TOLD_CHARS_MAX;
use crate::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_acd::Presence;
use switchroom_acd::config::{AgentConfig, Membership};

/// Agent 2 works in `q` at 102, which is the phone of bo; agent 3 in `other` at 103, of cy; agent 4 in both, and is signed out.
fn floor() -> Floor {
    let mut config = site(queue());
    let mut of = switchroom_acd::Config::clone(&config.floor);
    of.queues.insert("other".into(), queue());
    let works_in = |queues: &[&str]| AgentConfig {
        queues: queues.iter().map(|name| ((*name).to_owned(), Membership::default())).collect(),
        ..AgentConfig::default()
    };
    let agents = [("2", works_in(&["q"])), ("3", works_in(&["other"])), ("4", works_in(&["q", "other"]))];
    of.agents = agents.into_iter().map(|(number, agent)| (number.to_owned(), agent)).collect();
    config.floor = Arc::new(of);
    config.supervision.users = BTreeMap::from([("bo".into(), "102".into()), ("cy".into(), "103".into())]);
    config.supervision.queues.insert("mara".into(), ["q".to_owned()].into());
    let mut t = Floor::with(config);
    t.sign_in("2", "102");
    t.sign_in("3", "103");
    t
}

fn tell(to: &str, text: &str) -> Command {
    Command::Agent(AgentAct::Tell { to: to.into(), text: text.into() })
}

fn told(agent: &str, at_ms: Option<i64>) -> Command {
    Command::Agent(AgentAct::Told { agent: agent.into(), at_ms })
}

impl Floor {
    fn told(&self, agent: &str) -> Option<&str> {
        self.w.x.told_to(agent).map(|told| told.text.as_str())
    }

    fn tell(&mut self, user: &str, to: &str, text: &str) -> Result<String, String> {
        self.w.command(user, tell(to, text))
    }

    fn told_all(&self) -> [Option<&str>; 3] {
        ["2", "3", "4"].map(|agent| self.told(agent))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.w.audited(name).into_iter().map(|(_, text)| text).collect()
    }
}

#[test]
fn it_reaches_an_agent_or_who_is_signed_in_of_a_queue_or_of_all() {
    let mut t = floor();
    t.w.x.take_changed();
    assert_eq!(t.tell("boss", "2", " line 7 is down\n "), Ok("told agent 2".into()));
    assert_eq!(t.told_all(), [Some("line 7 is down"), None, None]);
    assert!(t.w.x.take_changed().contains(&Changed::Agent("2".into())));
    let one = t.w.x.told_to("2").unwrap().clone();
    assert_eq!((one.by.as_str(), one.at_ms), ("boss", t.w.now.wall.0));

    assert_eq!(t.tell("boss", "other", "tea"), Ok("told 1 agent of queue other".into()));
    assert_eq!(t.told_all(), [Some("line 7 is down"), Some("tea"), None], "4 is signed out");
    assert_eq!(t.tell("boss", "all", "fire\u{1b}[2J"), Ok("told 2 agents".into()));
    let fire = Some("fire\u{fffd}[2J");
    assert_eq!(t.told_all(), [fire, fire, None], "the last message, made harmless");

    assert_eq!(
        t.tell("boss", "4", "see me"),
        Ok("told agent 4, who is signed out".into()),
        "who reads it later"
    );
    assert_eq!(t.told("4"), Some("see me"));
    let audit = ["boss told agent 2: line 7 is down", "boss told 1 agent of queue other: tea"];
    assert_eq!(t.texts("tell")[..2], audit);
    t.end();
}

#[test]
fn what_cannot_be_told_is_refused_and_changes_nothing() {
    let mut t = floor();
    let long = "é".repeat(TOLD_CHARS_MAX);
    assert_eq!(t.tell("boss", "2", &long), Ok("told agent 2".into()));
    assert!(t.tell("boss", "2", &format!("{long}x")).unwrap_err().contains("at most 200 characters"));
    assert!(t.tell("boss", "2", " \n").unwrap_err().contains("needs a text"));
    assert!(t.tell("boss", "nobody", "x").unwrap_err().contains("no agent and no queue nobody"));
    for agent in ["2", "3"] {
        let choose = AgentAct::Choose { agent: agent.into(), presence: Presence::LoggedOut, extension: None };
        t.act(choose).unwrap();
    }
    for to in ["q", "all"] {
        assert!(t.tell("boss", to, "x").unwrap_err().contains("none of these agents is signed in"), "{to}");
    }
    assert_eq!(t.told_all(), [Some(long.as_str()), None, None]);
    assert_eq!(t.texts("tell").len(), 1);
    t.end();
}

#[test]
fn who_is_restricted_tells_agents_of_the_own_queues_only() {
    let mut t = floor();
    let only = "you may act on queues: q";
    assert_eq!(t.tell("mara", "3", "x"), Err(format!("agent 3 is of other; {only}")));
    assert_eq!(t.tell("mara", "other", "x"), Err(format!("queue other is of other; {only}")));
    assert_eq!(t.texts("refused").len(), 2, "each is written down");
    assert_eq!(t.tell("mara", "all", "x"), Ok("told 1 agent".into()), "all of theirs");
    assert_eq!(t.told_all(), [Some("x"), None, None]);
    assert!(t.tell("mara", "q", "y").is_ok() && t.tell("mara", "4", "y").is_ok());

    t.tell("boss", "3", "z").unwrap();
    assert_eq!(t.w.command("mara", told("3", None)), Err(format!("agent 3 is of other; {only}")));
    assert_eq!(t.told("3"), Some("z"));
    t.end();
}

#[test]
fn an_agent_acknowledges_the_own_message_and_tells_nobody_anything() {
    let mut t = floor();
    let own = |t: &mut Floor, user: &str, command| t.w.command(user, Command::Own(Box::new(command)));
    t.tell("boss", "all", "tea").unwrap();
    assert!(own(&mut t, "bo", told("3", None)).unwrap_err().contains("not at your phone 102"));
    assert!(own(&mut t, "bo", tell("2", "x")).unwrap_err().contains("needs the role supervisor"));
    assert_eq!(t.texts("refused").len(), 2);
    assert_eq!(t.told_all(), [Some("tea"), Some("tea"), None]);

    t.w.x.take_changed();
    assert!(own(&mut t, "bo", told("2", None)).is_ok());
    assert_eq!(t.told_all(), [None, Some("tea"), None]);
    assert!(t.w.x.take_changed().contains(&Changed::Agent("2".into())));
    assert!(t.w.command("boss", told("3", None)).is_ok(), "a supervisor takes it back");
    assert_eq!(t.told_all(), [None; 3]);
    let audit = ["bo: agent 2 has the message of boss: tea", "boss: agent 3 has the message of boss: tea"];
    assert_eq!(t.texts("told"), audit);
    assert!(own(&mut t, "bo", told("2", None)).unwrap_err().contains("agent 2 has no message"));
    t.end();
}

/// Whoever presses the key while another message comes has not read that one.
#[test]
fn only_what_was_read_is_acknowledged() {
    let mut t = floor();
    t.tell("boss", "2", "first").unwrap();
    let first = t.w.x.told_to("2").unwrap().at_ms;
    t.tell("boss", "2", "second").unwrap();
    let second = t.w.x.told_to("2").unwrap().at_ms;
    assert!(second > first, "within one millisecond, too");
    assert!(t.w.command("boss", told("2", Some(first))).unwrap_err().contains("something else meanwhile"));
    assert_eq!(t.told("2"), Some("second"));
    assert!(t.w.command("boss", told("2", Some(second))).is_ok());
    t.end();
}

#[test]
fn what_an_agent_was_told_outlasts_a_reload_as_long_as_there_is_the_agent() {
    let mut t = floor();
    t.tell("boss", "all", "tea").unwrap();
    let mut config = t.w.x.config().clone();
    let mut of = switchroom_acd::Config::clone(&config.floor);
    of.agents.remove("3");
    config.floor = Arc::new(of);
    t.w.input(Input::Config(Arc::new(config)));
    assert_eq!(t.told_all(), [Some("tea"), None, None]);
    assert!(t.tell("boss", "3", "x").is_err());
    t.end();
}
