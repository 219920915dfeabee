//! Queues open and close by their hours: the floor is told, which has no calendar. What a person says stands over them.

use super::moment;
use crate::clean;
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::record::{EventKind, Severity};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use switchroom_acd::limits::WORD_MAX;
use switchroom_acd::queue::Queue;
use switchroom_acd::{Door, DoorFact, Floor};
use switchroom_flow::boundary::Opening;
use switchroom_sip::time::Now;

/// Hours that do not change within 400 days are looked at again after a day.
const LATER_MS: i64 = 86_400_000;

/// How queues stand by their hours, and the time by the wall clock within which that does not change. It is worked out once
/// for that time: to look a year ahead is nothing to be done whenever somebody looks at a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unchanged {
    within: Range<i64>,
    queues: BTreeMap<String, QueueHours>,
}

/// How a queue stands by its hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueHours {
    /// Their name.
    pub name: String,
    /// Callers are let in.
    pub is_open: bool,
    /// When that changes, Unix milliseconds; `None`: not within 400 days.
    pub changes_ms: Option<i64>,
}

impl Exchange {
    /// How a queue stands by its hours; `None` if it has none.
    pub fn queue_hours(&self, queue: &str) -> Option<&QueueHours> {
        self.unchanged.queues.get(queue)
    }

    fn look_ahead(&self, name: &str, now: Now) -> Option<QueueHours> {
        let site = &self.config.inbound;
        let hours = site.hours.get(name)?;
        let name = name.to_owned();
        let is_open = hours.opening(now.wall.0, &site.zone) == Opening::Open;
        let changes_ms = hours.next_change(now.wall.0, &site.zone).map(|change| change.at_ms);
        Some(QueueHours { name, is_open, changes_ms })
    }

    /// Queues may open or close.
    pub(crate) fn look_at_the_hours(&mut self, now: Now) {
        if self.unchanged.within.contains(&now.wall.0) {
            return;
        }
        let config = self.config.floor.clone();
        let (mut until, mut queues) = (None, BTreeMap::new());
        // Many queues go by the same hours.
        let mut ahead: BTreeMap<&str, Option<QueueHours>> = BTreeMap::new();
        for (queue, of) in &config.queues {
            let hours = of.hours.as_deref();
            let hours = hours
                .and_then(|name| ahead.entry(name).or_insert_with(|| self.look_ahead(name, now)).clone());
            let is_open = hours.as_ref().is_none_or(|hours| hours.is_open);
            if let Some(hours) = hours {
                let changes = hours.changes_ms.unwrap_or_else(|| now.wall.0.saturating_add(LATER_MS));
                until = Some(until.map_or(changes, |until: i64| until.min(changes)));
                queues.insert(queue.clone(), hours);
            }
            self.open_queue(now, queue, is_open);
        }
        self.unchanged = Unchanged { within: now.wall.0..until.unwrap_or(i64::MAX), queues };
        match until.map(|until| u64::try_from(until.saturating_sub(now.wall.0)).unwrap_or(0)) {
            Some(ms) => self.timers.set(Timer::Hours, now.mono.after(Duration::from_millis(ms.max(1)))),
            None => self.timers.cancel(Timer::Hours),
        }
        self.run_floor(now);
    }

    fn open_queue(&mut self, now: Now, queue: &str, is_open: bool) {
        let lets_in = |floor: &Floor| floor.queue(queue).is_some_and(Queue::is_open);
        let was_open = lets_in(&self.floor);
        self.floor.open(queue, is_open);
        if lets_in(&self.floor) == was_open {
            return;
        }
        let (name, what) = if is_open { ("queue_opened", "opens") } else { ("queue_closed", "closes") };
        let text = format!("queue {queue} {what} by its hours");
        self.event(now, EventKind::System, Severity::Info, None, queue, name, text);
    }

    /// Hours, or the queues that go by them, are others.
    pub(crate) fn hours_may_differ(&mut self, now: Now) {
        self.unchanged = Unchanged::default();
        self.look_at_the_hours(now);
    }

    /// The time has come at which a queue should open or close; if the wall clock was set meanwhile, that is later.
    pub(crate) fn hours_due(&mut self, now: Now) {
        self.hours_may_differ(now);
    }

    /// A user opens or closes a queue, or lets it go by its hours again. Answers with what was done, and what becomes of those
    /// who wait.
    pub(super) fn set_door(
        &mut self,
        now: Now,
        user: &str,
        queue: &str,
        door: Door,
    ) -> Result<String, String> {
        let by: String = clean(user).chars().take(WORD_MAX).collect();
        self.floor.set_door(moment(now), queue, door, &by).map_err(|refusal| refusal.to_string())?;
        let known = self.floor.queue(queue);
        let (is_open, waiting) = known.map_or((true, 0), |queue| (queue.is_open(), queue.order.len()));
        let stay = match waiting {
            _ if is_open => String::new(),
            0 => "; nobody waits there".to_owned(),
            1 => "; one waits there, and goes on waiting".to_owned(),
            count => format!("; {count} wait there, and go on waiting"),
        };
        let how = match door {
            Door::Open => "open, whatever its hours say".to_owned(),
            Door::Closed => "closed".to_owned(),
            Door::Hours => format!("{} by its hours again", if is_open { "open" } else { "closed" }),
        };
        Ok(format!("queue {queue} is {how}{stay}"))
    }

    /// What was said of a queue, for who follows what happens.
    pub(super) fn tell_of_door(&mut self, now: Now, fact: &DoorFact) {
        let (name, what) = match fact.door {
            Door::Open => ("queue_opened", "was opened"),
            Door::Closed => ("queue_closed", "was closed"),
            Door::Hours => ("queue_by_hours", "goes by its hours again"),
        };
        let text = format!("queue {} {what} ({})", fact.queue, fact.by);
        self.event(now, EventKind::System, Severity::Info, None, &fact.queue, name, text);
    }

    /// Why a queue that is closed is, and when it opens again, for people.
    pub(super) fn why_closed(&self, queue: &str) -> String {
        let said = self.floor.queue(queue).and_then(|queue| queue.door.as_ref());
        let Some(said) = said else { return self.opens(queue) };
        let at = self.config.inbound.zone.civil(said.at_ms).strftime("%Y-%m-%d %H:%M");
        format!(" by {} at {at}", said.by)
    }

    /// When a queue that is closed opens again, for people.
    fn opens(&self, queue: &str) -> String {
        let Some(QueueHours { name, changes_ms, .. }) = self.queue_hours(queue) else { return String::new() };
        let at =
            changes_ms.map(|at| self.config.inbound.zone.civil(at).strftime("%Y-%m-%d %H:%M").to_string());
        at.map_or_else(|| format!(" ({name})"), |at| format!(" ({name}), and opens {at}"))
    }
}
