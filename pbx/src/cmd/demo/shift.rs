//! The shift of the demo's agents: they sign in, have their breaks, and come back from those that they were put on because
//! they let it ring.

use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom_console::Client;
use switchroom_wire::Command;

/// The agents of the site (`flows/site/switchroom.toml`).
const AGENTS: [&str; 6] = ["2001", "2002", "2003", "2004", "2005", "2006"];

/// What happens in each minute: second, agent, and the reason of a break; none: back at work.
const MINUTE: [(u64, &str, Option<&str>); 6] = [
    (14, "2001", Some("pause")),
    (26, "2001", None),
    (32, "2003", None),
    (38, "2006", Some("lunch")),
    (52, "2004", None),
    (58, "2006", None),
];

/// Who gives the agents' orders, over the control socket as any supervisor.
pub(super) struct Shift {
    socket: PathBuf,
    client: Option<Client>,
    /// Orders up to here, in time since the start, are given.
    done: Option<Duration>,
}

impl Shift {
    pub(super) fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), client: None, done: None }
    }

    /// Gives the orders that are due. One that cannot be given is not given again: the next minute has it too.
    pub(super) fn step(&mut self, passed: Duration) {
        let orders = due(self.done, passed);
        self.done = Some(passed);
        for (agent, reason) in orders {
            if self.client.is_none() {
                self.client = Client::connect(&self.socket, None).ok();
            }
            let presence = if reason.is_some() { "break" } else { "ready" }.to_owned();
            let (agent, reason) = (agent.to_owned(), reason.map(str::to_owned));
            let order = Command::AgentPresence { agent, presence, reason, extension: None };
            if self.client.as_mut().is_some_and(|client| client.command(order).is_err()) {
                self.client = None;
            }
        }
    }
}

/// The orders after `done` and up to `now`; at the very start everybody comes to work.
fn due(done: Option<Duration>, now: Duration) -> Vec<(&'static str, Option<&'static str>)> {
    let Some(done) = done else { return AGENTS.iter().map(|agent| (*agent, None)).collect() };
    let minutes = done.as_secs() / 60..=now.as_secs() / 60;
    let all = minutes
        .flat_map(|minute| MINUTE.iter().map(move |(at, agent, why)| (minute * 60 + at, *agent, *why)));
    all.filter(|(at, ..)| Duration::from_secs(*at) > done && Duration::from_secs(*at) <= now)
        .map(|(_, agent, why)| (agent, why))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_is_given_once() {
        let seconds = Duration::from_secs;
        assert_eq!(due(None, seconds(3)).len(), AGENTS.len());
        let (mut done, mut given) = (Some(seconds(0)), 0);
        for now in [7, 14, 14, 59, 61, 118, 180] {
            given += due(done, seconds(now)).len();
            done = Some(seconds(now));
        }
        assert_eq!(given, 3 * MINUTE.len());
        assert_eq!(due(Some(seconds(70)), seconds(75)), [("2001", Some("pause"))]);
    }
}
