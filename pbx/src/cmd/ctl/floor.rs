//! Queues, agents and reasons as text.

use super::{Failure, Printer, party, span, write_json};
use crate::cli::{DoorAct, MissedAct};
use std::io::Write;
use switchroom_wire::{
    AgentView, BreakView, CallView, Command, ConfigChange, DecisionView, MissedAct as Act, MissedView,
    QueueDoor, QueueView, ReasonsView, Sorted, StandingView, ToldView, WaiterView, clean,
};

/// What is done about a caller who gave up.
pub(super) fn missed_command(act: &MissedAct) -> Command {
    let (missed, act) = match act {
        MissedAct::Claim { missed, agent } => (missed, Act::Claim { agent: agent.clone() }),
        MissedAct::Release { missed } => (missed, Act::Release),
        MissedAct::Tried { missed } => (missed, Act::Tried),
        MissedAct::Close { missed, word } => (missed, Act::Close { word: word.clone() }),
    };
    Command::MissedAct { missed: missed.clone(), act }
}

/// What is said of a queue.
pub(super) fn door(act: DoorAct) -> QueueDoor {
    match act {
        DoorAct::Close => QueueDoor::Closed,
        DoorAct::Open => QueueDoor::Open,
        DoorAct::Hours => QueueDoor::Hours,
    }
}

/// Who can what.
pub(super) fn skill_command(agent: &str, skill: &str, level: u8) -> Command {
    let change = ConfigChange::Skill { agent: agent.to_owned(), skill: skill.to_owned(), level };
    Command::ChangeConfig { change }
}

/// Who waits, in all queues or one of them, as text or JSON.
pub(super) fn waiting(
    (queues, name): (&[QueueView], Option<&str>),
    (is_json, offset_min): (bool, i32),
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let of: Vec<&QueueView> = queues.iter().filter(|one| name.is_none_or(|name| name == one.name)).collect();
    if let Some(name) = name.filter(|_| of.is_empty()) {
        return Err(Failure::new(format!("there is no queue {name}"), "switchroom ctl queues"));
    }
    if is_json {
        write_json(&waiting_json(&of), out)?;
    } else {
        Printer { offset_min, out }.who_waits(&of)?;
    }
    Ok(())
}

/// Who waits in these queues, in turn; beside what the protocol says of each the queue and the place in it.
fn waiting_json(queues: &[&QueueView]) -> serde_json::Value {
    let of = |queue: &QueueView| -> Vec<serde_json::Value> {
        let named = |(place, waiter): (usize, &WaiterView)| {
            let mut value = serde_json::json!(waiter);
            value["queue"] = serde_json::json!(queue.name);
            value["place"] = serde_json::json!(place + 1);
            value
        };
        queue.waiting.iter().enumerate().map(named).collect()
    };
    queues.iter().flat_map(|queue| of(queue)).collect()
}

impl Printer<'_> {
    /// Which party of a call is in a flow, and what came of such before.
    pub(super) fn hand_offs(&mut self, call: &CallView) -> std::io::Result<()> {
        for back in &call.handed_back {
            let result = if back.result.is_empty() { "no result" } else { &back.result };
            let (at, flow) = (self.date(back.at_ms), clean(&back.flow));
            writeln!(self.out, "{at}  came back from flow {flow}: {}", clean(result))?;
        }
        let Some(hand_off) = &call.hand_off else { return Ok(()) };
        let who = clean(&hand_off.by.number).into_owned();
        let waits = if hand_off.is_waiting { "waits" } else { "is rung back" };
        let since = self.date(hand_off.since_ms);
        writeln!(self.out, "{since}  is in flow {} and comes back: {who} {waits}", clean(&hand_off.flow))
    }

    pub(super) fn agents(&mut self, agents: &[AgentView]) -> std::io::Result<()> {
        let now_ms = crate::clock::wall_ms();
        let row = |a: &AgentView| {
            let presence = match a.reason.as_str() {
                "" => a.presence.replace('_', " "),
                "no_answer" => format!("{}: no_answer (missed a call)", a.presence),
                reason => format!("{}: {reason}", a.presence),
            };
            let activity = match a.problem.as_str() {
                "" => a.activity.replace('_', "-"),
                problem => format!("{}, {}", a.activity, problem.replace('_', " ")),
            };
            let queues: Vec<&str> = a.queues.keys().map(String::as_str).collect();
            vec![
                a.number.clone(),
                a.name.clone(),
                a.extension.clone(),
                presence,
                activity,
                self.date(a.since_ms),
                a.calls_today.to_string(),
                span(u64::try_from(a.talk_today_ms).unwrap_or(0)),
                a.breaks.iter().filter_map(|of| break_words(of, now_ms)).collect::<Vec<_>>().join(", "),
                queues.join(" "),
            ]
        };
        let rows = agents.iter().map(row).collect();
        let head =
            ["AGENT", "NAME", "EXT", "PRESENCE", "ACTIVITY", "SINCE", "CALLS", "TALK", "BREAKS", "QUEUES"];
        self.table(&head, rows)?;
        agents.iter().try_for_each(|a| a.told.as_ref().map_or(Ok(()), |told| self.told(&a.number, told)))
    }

    /// What an agent was told and has not acknowledged.
    pub(super) fn told(&mut self, agent: &str, told: &ToldView) -> std::io::Result<()> {
        let (at, by, text) = (self.date(told.at_ms), clean(&told.by), clean(&told.text));
        writeln!(self.out, "{at}  {by} told {}: {text}", clean(agent))
    }

    pub(super) fn queues(&mut self, queues: &[QueueView]) -> std::io::Result<()> {
        let row = |q: &QueueView| {
            let level = q
                .today
                .service_level_permille
                .map_or_else(|| "-".into(), |p| format!("{}.{}%", p / 10, p % 10));
            // Before the first answer there is no wait of those answered.
            let of_answered = |ms| if q.today.answered == 0 { "-".into() } else { span(ms) };
            vec![
                q.name.clone(),
                q.waiting_count.to_string(),
                self.opening(q),
                format!("{}/{}", q.free, q.signed_in),
                q.today.offered.to_string(),
                q.today.answered.to_string(),
                q.today.abandoned.to_string(),
                q.today.short_abandoned.to_string(),
                q.today.overflowed.to_string(),
                q.today.called_back.to_string(),
                level,
                of_answered(q.today.average_wait_ms),
                of_answered(q.today.longest_wait_ms),
                match q.today.repeats_permille {
                    Some(p) => format!("{}.{}%", p / 10, p % 10),
                    None => "-".into(),
                },
            ]
        };
        let rows = queues.iter().map(row).collect();
        let head = [
            "QUEUE",
            "WAITING",
            "HOURS",
            "FREE",
            "OFFERED",
            "ANSWERED",
            "ABANDONED",
            "SHORT",
            "OVERFLOWED",
            "BACK",
            "SL",
            "AVG",
            "MAX",
            "REPEATS",
        ];
        self.table(&head, rows)?;
        if queues.iter().all(|queue| queue.waiting.is_empty()) {
            return Ok(());
        }
        writeln!(self.out)?;
        self.who_waits(&queues.iter().collect::<Vec<_>>())
    }

    fn who_waits(&mut self, queues: &[&QueueView]) -> std::io::Result<()> {
        let waiting: Vec<Vec<String>> = queues.iter().flat_map(|queue| self.waiting(queue)).collect();
        self.table(&["QUEUE", "PLACE", "CALL", "CALLER", "CLASS", "PRIORITY", "SINCE", "RINGS"], waiting)
    }

    /// How a queue stands by its hours: `closed until …`; or by whom it was opened or closed.
    fn opening(&self, q: &QueueView) -> String {
        if let Some(said) = &q.said {
            let how = if q.is_closed { "closed" } else { "open" };
            return format!("{how} by {} {}", clean(&said.by), self.date(said.at_ms));
        }
        let how = match (q.hours.is_empty(), q.is_closed) {
            (true, _) => return "-".into(),
            (_, true) => "closed",
            (_, false) => "open",
        };
        let until = q.hours_change_ms.map(|at| format!(" until {}", self.date(at)));
        format!("{}: {how}{}", clean(&q.hours), until.unwrap_or_default())
    }

    fn waiting(&self, queue: &QueueView) -> Vec<Vec<String>> {
        let row = |(place, w): (usize, &WaiterView)| {
            vec![
                queue.name.clone(),
                (place + 1).to_string(),
                // Who is to be called back has no call yet; the id is what commands take.
                if w.call_back.is_empty() { w.number.to_string() } else { w.call.clone() },
                caller(w),
                w.class.clone(),
                w.priority.to_string(),
                self.date(w.since_ms),
                w.ringing.join(" "),
            ]
        };
        let mut rows: Vec<Vec<String>> = queue.waiting.iter().enumerate().map(row).collect();
        let named = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if let Some(more) = queue.waiting_count.checked_sub(named).filter(|more| *more > 0) {
            let mut last = vec![String::new(); 7];
            (last[0], last[3]) = (queue.name.clone(), format!("and {more} more"));
            rows.push(last);
        }
        rows
    }

    pub(super) fn missed(&mut self, all: &[MissedView]) -> std::io::Result<()> {
        let row = |m: &MissedView| {
            vec![
                party(&m.caller),
                m.class.clone(),
                m.queue.clone(),
                format!("{}{}", m.count, if m.is_repeat { " within 2 h" } else { "" }),
                self.date(m.first_ms),
                self.date(m.last_ms),
                span(m.longest_wait_ms),
                m.claimed_by.clone(),
                m.tries.to_string(),
            ]
        };
        let rows = all.iter().map(row).collect();
        let head = ["CALLER", "CLASS", "QUEUE", "CALLS", "FIRST", "LAST", "WAITED", "CLAIMED BY", "TRIES"];
        self.table(&head, rows)
    }

    pub(super) fn why(&mut self, reasons: &ReasonsView) -> std::io::Result<()> {
        for step in &reasons.path {
            writeln!(self.out, "{}  {}", self.date(step.at_ms), clean(&step.text))?;
        }
        for offer in &reasons.offers {
            self.decision(offer)?;
        }
        reasons.standing.as_ref().map_or(Ok(()), |standing| self.standing(standing))
    }

    fn decision(&mut self, offer: &DecisionView) -> std::io::Result<()> {
        let (at, chosen) = (self.date(offer.at_ms), offer.chosen.join(", "));
        let why = match offer.trigger.as_str() {
            "agent" => "who became free and took the first caller of all his lines",
            "own" => "the caller's own agent, who was free",
            "assigned" => "whom somebody gave the caller to",
            _ => "the first by the order of the queue",
        };
        writeln!(
            self.out,
            "{at}  queue {} offered it to {} after {}: {why}",
            clean(&offer.queue),
            clean(&chosen),
            span(offer.waited_ms)
        )?;
        for line in &offer.lines {
            writeln!(self.out, "    line  {}", clean(line))?;
        }
        for (agent, keys) in &offer.candidates {
            let keys: Vec<String> = offer.sorted(keys).iter().map(sorted_words).collect();
            writeln!(self.out, "    free  {:<8} {}", clean(agent), clean(&keys.join(", ")))?;
        }
        self.barred(&offer.others, offer.unnamed)
    }

    fn standing(&mut self, s: &StandingView) -> std::io::Result<()> {
        writeln!(
            self.out,
            "waits in queue {} for {}: place {}, priority {}",
            clean(&s.queue),
            span(s.waited_ms),
            s.place,
            s.priority
        )?;
        if !s.ringing.is_empty() {
            writeln!(self.out, "    rings {}", clean(&s.ringing.join(", ")))?;
        }
        if !s.needs.is_empty() {
            writeln!(self.out, "    asks for {}", clean(&s.needs.join(", ")))?;
        }
        self.barred(&s.agents, s.unnamed)
    }

    fn barred(&mut self, agents: &[(String, String)], unnamed: u32) -> std::io::Result<()> {
        for (agent, bar) in agents {
            writeln!(self.out, "    not   {:<8} {}", clean(agent), clean(bar))?;
        }
        if unnamed > 0 {
            writeln!(self.out, "    and {unnamed} more agents")?;
        }
        Ok(())
    }
}

/// By what an agent was sorted: `idle 4 min 10 s`.
fn sorted_words(of: &Sorted) -> String {
    match of {
        Sorted::Tier(tier) => format!("tier {tier}"),
        Sorted::Skill(asked, has) => format!("has {has} for {asked}"),
        Sorted::Skills(sum) => format!("skills {sum} in all"),
        Sorted::Idle(ms) => format!("idle {}", long_span(*ms)),
        Sorted::Asked(1) => "asked 1 offer ago".into(),
        Sorted::Asked(ago) => format!("asked {ago} offers ago"),
        Sorted::NotAsked => "not asked yet".into(),
        Sorted::Calls(1) => "1 call today".into(),
        Sorted::Calls(calls) => format!("{calls} calls today"),
        Sorted::Talk(ms) => format!("talked {} today", long_span(*ms)),
        Sorted::Place(place) => format!("place {place} in the list"),
        Sorted::Lot(lot) => format!("drew {}.{:03}", lot / 1_000, (lot % 1_000).abs()),
        Sorted::Other(key, value) => format!("{key} {value}"),
    }
}

/// `4 min 10 s`: where a clock might be meant.
fn long_span(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// What was had of a break, and of how much, if there is a limit: `lunch 41:00/30:00 over`. `None` before the first.
fn break_words(of: &BreakView, now_ms: i64) -> Option<String> {
    let used_ms = of.used_ms(now_ms);
    let budget = if of.budget_ms > 0 { format!("/{}", span(of.budget_ms)) } else { String::new() };
    let over = if of.is_over(now_ms) { " over" } else { "" };
    (used_ms > 0).then(|| format!("{} {}{budget}{over}", of.reason, span(used_ms)))
}

/// Who waits, and how if not on the line: `callback: 101, 1 in vain`.
fn caller(of: &WaiterView) -> String {
    let who = party(&of.caller);
    match (of.call_back.as_str(), of.tries) {
        ("", _) => who,
        (_, 0) => format!("callback: {who}"),
        (_, tries) => format!("callback: {who}, {tries} in vain"),
    }
}
