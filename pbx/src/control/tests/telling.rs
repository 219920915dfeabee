//! What supervisors tell agents, as clients see it come and go.

use super::*;
use switchroom_wire::{TOLD_CHARS_MAX, ToldView};

fn told(client: &Client) -> Option<&ToldView> {
    client.board.agents["2001"].told.as_ref()
}

fn tell(to: &str, text: &str) -> Command {
    Command::Tell { to: to.into(), text: text.into() }
}

fn done(text: &str) -> Result<Answer, CommandError> {
    Ok(Answer::Done(text.into()))
}

#[test]
fn what_an_agent_is_told_comes_goes_and_is_there_for_whoever_joins_later() {
    let seated = format!("[queues.sales]\n[agents.2001]\nextension = \"{NUMBER}\"\nqueues = [\"sales\"]\n");
    let (daemon, _dir) = daemon_with(&seated);
    let mut boss = Client::join(daemon.socket(), &subscribed());
    let mut viewer = Client::join(daemon.socket(), &hello(Some(Role::Viewer), true, None));
    for client in [&mut boss, &mut viewer] {
        client.until(|c| c.board.agents.contains_key("2001"));
    }
    let mut agent = Client::join(daemon.socket(), &hello(Some(Role::Agent), false, None));
    assert!(agent.is_refused(tell("2001", "x")), "that is for supervisors");
    assert!(boss.is_refused(tell("2001", &"x".repeat(TOLD_CHARS_MAX + 1))), "one bound here and there");

    let secret = format!("call {NUMBER} back");
    assert_eq!(boss.ask(1, tell("2001", &secret)), done("told agent 2001, who is signed out"));
    boss.until(|c| told(c).is_some());
    let first = told(&boss).unwrap().clone();
    assert_eq!((&first.text, &first.by), (&secret, &boss.welcome.user));
    let folds = |seen: &Client| {
        let mut fresh = Client::join(daemon.socket(), &subscribed());
        fresh.until(|c| c.board.agents.contains_key("2001"));
        assert_eq!(fresh.board.agents, seen.board.agents);
    };
    folds(&boss);

    assert_eq!(boss.ask(2, tell("2001", "tea")), done("told agent 2001, who is signed out"));
    boss.until(|c| told(c).is_some_and(|told| told.text == "tea"));
    folds(&boss);
    let read = |at_ms| Command::Told { agent: "2001".into(), at_ms };
    assert!(boss.is_refused(read(Some(first.at_ms))), "which nobody reads any more");
    let at_ms = told(&boss).unwrap().at_ms;
    assert!(boss.ask(3, read(Some(at_ms))).is_ok());
    boss.until(|c| told(c).is_none());
    folds(&boss);

    assert!(viewer.is_refused(Command::Told { agent: "2001".into(), at_ms: None }));
    assert!(!viewer.heard.contains(&secret) && told(&viewer).is_none(), "{}", viewer.heard);
}
