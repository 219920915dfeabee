//! Breaks as whoever looks at an agent sees them: what was had of each today, and whether that is more than there is for it.

use super::*;
use switchroom_wire::{AgentView, BreakView};

const BREAKS: &str = "[breaks.lunch]\nlabel = \"Lunch\"\nbudget = \"1s\"\n[breaks.tea]\nlabel = \"Tea\"\n";

fn agent(client: &Client) -> &AgentView {
    &client.board.agents["2001"]
}

fn choose(presence: &str, reason: Option<&str>) -> Command {
    Command::AgentPresence {
        agent: "2001".into(),
        presence: presence.into(),
        reason: reason.map(str::to_owned),
        extension: None,
    }
}

/// Nobody is cut off: it is shown, and that is all.
#[test]
fn a_break_that_lasts_longer_than_there_is_time_for_it_is_shown_so() {
    let seated = format!("[queues.sales]\n[agents.2001]\nextension = \"{NUMBER}\"\nqueues = [\"sales\"]\n");
    let (daemon, _dir) = daemon_with(&(seated + BREAKS));
    let mut boss = Client::join(daemon.socket(), &subscribed());
    boss.until(|c| c.board.agents.contains_key("2001"));
    let budget = BreakView {
        reason: "lunch".into(),
        label: "Lunch".into(),
        ended_ms: 0,
        since_ms: None,
        budget_ms: 1_000,
    };
    assert_eq!(agent(&boss).breaks, [budget], "what there is a budget for is shown before it is had");

    boss.ask(1, choose("break", Some("lunch"))).unwrap();
    boss.until(|c| agent(c).breaks.iter().any(|one| one.since_ms.is_some()));
    let [lunch] = &agent(&boss).breaks[..] else { panic!("{:?}", agent(&boss).breaks) };
    let since = lunch.since_ms.unwrap();
    assert!(!lunch.is_over(since + 1_000));
    assert!(lunch.is_over(since + 1_001));

    std::thread::sleep(Duration::from_millis(1_100));
    boss.ask(2, choose("break", Some("tea"))).unwrap();
    boss.until(|c| agent(c).breaks.len() == 2);
    assert_eq!(agent(&boss).presence, "break", "who took too long has taken it, and no more");
    let [lunch, tea] = &agent(&boss).breaks[..] else { panic!("{:?}", agent(&boss).breaks) };
    assert_eq!((lunch.reason.as_str(), lunch.since_ms), ("lunch", None));
    assert!(lunch.ended_ms >= 1_100 && lunch.is_over(since), "{lunch:?}");
    assert_eq!((tea.reason.as_str(), tea.budget_ms), ("tea", 0));
    assert!(tea.since_ms.is_some() && !tea.is_over(i64::MAX), "for which there is no limit");
}
