//! Queues and agents as the control socket shows them.

use std::collections::{BTreeMap, BTreeSet};
use switchroom_acd::agent::{Agent, Doing};
use switchroom_acd::fact::Trigger;
use switchroom_acd::queue::Queue;
use switchroom_acd::{
    AgentId, Bar, CallBack, Decision, Door, DoorFact, Floor, Missed, Presence, Standing, Whereabouts,
};
use switchroom_exchange::{CallId, Exchange, Now, Told, clean};
use switchroom_wire as w;

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Milliseconds as they lie ahead or behind, put on the wall clock.
fn on_the_wall(now: Now, ahead_ms: i64) -> i64 {
    now.wall.0.saturating_add(ahead_ms)
}

fn reason(presence: &Presence) -> String {
    match presence {
        Presence::Break { reason } => clean(reason),
        Presence::LoggedOut | Presence::Ready => String::new(),
    }
}

/// An agent; `None` if there is none of that number.
pub(super) fn agent(exchange: &Exchange, name: &str, now: Now) -> Option<w::AgentView> {
    let floor = exchange.floor();
    let agent = floor.agent(name).filter(|agent| agent.is_known || agent.doing != Doing::Idle)?;
    let moment = switchroom_acd::Moment { mono: now.mono.0 / 1_000, wall: now.wall.0 };
    let queue_of = |call: u128| floor.waiter(call).map(|waiter| waiter.queue);
    let (queue, ends) = match &agent.doing {
        Doing::Idle => (None, None),
        Doing::Offered { call, .. } => (queue_of(*call), None),
        Doing::Talking { queue, .. } => (Some(*queue), None),
        Doing::WrapUp { queue, until, .. } => {
            let left = i64::try_from(until.saturating_sub(moment.mono)).unwrap_or(i64::MAX);
            (Some(*queue), Some(on_the_wall(now, left)))
        }
    };
    let lasted = i64::try_from(agent.busy_for(moment)).unwrap_or(i64::MAX);
    Some(w::AgentView {
        number: agent.number.to_string(),
        name: agent.config.name.clone(),
        extension: agent.extension.clone(),
        presence: agent.presence.word().to_owned(),
        reason: reason(&agent.presence),
        activity: agent.activity().word().to_owned(),
        since_ms: on_the_wall(now, lasted.saturating_neg()),
        wrap_up_ends_ms: ends,
        call: agent.call().map(|call| exchange.call_for(call).to_string()),
        queue: queue.and_then(|id| floor.queue_by_id(id)).map(|queue| queue.name.clone()).unwrap_or_default(),
        queues: agent.config.queues.iter().map(|(name, place)| (name.clone(), place.tier)).collect(),
        skills: agent.config.skills.clone(),
        problem: problem(agent).to_owned(),
        calls_today: agent.today.calls,
        talk_today_ms: agent.today.talk_ms,
        repeats_today: exchange.figures().agent(name, exchange.midnight_ms(now), i64::MAX).counts.repeats,
        breaks: breaks(exchange, name, now),
        told: exchange.told_to(name).map(told),
    })
}

/// What an agent was told.
pub(super) fn told(of: &Told) -> w::ToldView {
    w::ToldView { text: of.text.clone(), by: clean(&of.by), at_ms: of.at_ms }
}

/// The agent's breaks since local midnight: those that were had, and those that have a budget.
fn breaks(exchange: &Exchange, agent: &str, now: Now) -> Vec<w::BreakView> {
    let configured = &exchange.floor().config().breaks;
    let had = exchange.figures().breaks(agent, exchange.midnight_ms(now));
    let with_budget = configured.iter().filter(|(_, of)| of.budget > 0).map(|(reason, _)| reason);
    let reasons: BTreeSet<&String> = had.keys().chain(with_budget).collect();
    let view = |reason: &String| {
        let (time, of) = (had.get(reason).copied().unwrap_or_default(), configured.get(reason));
        w::BreakView {
            reason: clean(reason),
            label: of.map(|of| of.label.clone()).unwrap_or_default(),
            ended_ms: time.ended_ms,
            since_ms: time.since_ms,
            budget_ms: of.map_or(0, |of| of.budget),
        }
    };
    reasons.into_iter().map(view).collect()
}

/// A caller who gave up waiting.
pub(super) fn missed(of: &Missed) -> w::MissedView {
    let claim = of.claim.as_ref();
    w::MissedView {
        id: CallId(of.id).to_string(),
        last_call: CallId(of.last_call).to_string(),
        caller: w::PartyView { number: clean(&of.caller), name: String::new() },
        class: clean(&of.class),
        queue: of.queue.to_string(),
        count: of.count,
        first_ms: of.first_ms,
        last_ms: of.last_ms,
        longest_wait_ms: of.longest_wait_ms,
        is_repeat: of.is_repeat,
        claimed_by: claim.map(|(owner, _)| clean(owner)).unwrap_or_default(),
        claimed_ms: claim.map(|(_, at_ms)| *at_ms),
        tries: of.tries,
        tried_ms: of.tried_ms,
    }
}

fn problem(agent: &Agent) -> &'static str {
    match agent.bar() {
        Some(Bar::NoPhone) => "no_phone",
        Some(Bar::Rests) => "rests",
        _ => "",
    }
}

/// A queue; `None` if there is none of that name.
pub(super) fn queue(exchange: &Exchange, name: &str, now: Now) -> Option<w::QueueView> {
    let floor = exchange.floor();
    let queue = floor.queue(name)?;
    let agents = || queue.agents.keys().filter_map(|id| floor.agent_by_id(*id));
    let hours = exchange.queue_hours(name);
    Some(w::QueueView {
        name: queue.name.clone(),
        label: queue.config.label.clone(),
        waiting: waiting(exchange, queue, now),
        waiting_count: number(queue.order.len()),
        call_backs: number(floor.call_back_count(&queue.name)),
        oldest_ms: queue.oldest().map(|since| {
            let waited = (now.mono.0 / 1_000).saturating_sub(since);
            on_the_wall(now, i64::try_from(waited).unwrap_or(i64::MAX).saturating_neg())
        }),
        agents: number(queue.agents.len()),
        signed_in: number(queue.signed_in_count()),
        free: number(agents().filter(|agent| agent.is_free()).count()),
        busy: number(agents().filter(|agent| agent.has_caller()).count()),
        hours: hours.map(|hours| hours.name.clone()).unwrap_or_default(),
        is_closed: !queue.is_open(),
        said: queue.door.as_ref().map(said),
        hours_change_ms: hours.and_then(|hours| hours.changes_ms),
        calls: number(queue.calls()),
        max_calls: queue.config.calls_max.unwrap_or(0),
        order: queue.config.order.iter().map(|key| key.word().to_owned()).collect(),
        service_level_ms: queue.config.service_level,
        today: today(exchange, name, now),
    })
}

/// What somebody said of a queue.
fn said(of: &DoorFact) -> w::SaidView {
    let word = match of.door {
        Door::Open => w::QueueDoor::Open,
        Door::Closed => w::QueueDoor::Closed,
        Door::Hours => w::QueueDoor::Hours,
    };
    w::SaidView { door: word, by: clean(&of.by), at_ms: of.at_ms }
}

/// A queue's figures since local midnight.
fn today(exchange: &Exchange, name: &str, now: Now) -> w::QueueTodayView {
    let of = exchange.figures().queue(name, exchange.midnight_ms(now), i64::MAX);
    w::QueueTodayView {
        offered: of.counts.offered,
        answered: of.counts.answered,
        abandoned: of.counts.abandoned.saturating_sub(of.counts.short_abandoned),
        short_abandoned: of.counts.short_abandoned,
        overflowed: of.overflowed,
        called_back: of.counts.called_back,
        repeats: of.counts.repeats,
        repeats_permille: of.repeat_rate.map(super::figures::permille),
        service_level_permille: of.service_level.without_early.map(super::figures::permille),
        average_wait_ms: of.answered_wait.average_ms.unwrap_or(0),
        longest_wait_ms: of.answered_wait.longest_ms,
    }
}

/// The queue in which a call waits, however many wait before it.
pub(super) fn queue_of_waiter(exchange: &Exchange, call: CallId) -> Option<String> {
    let waiter = exchange.floor().waiter(call.0)?;
    exchange.floor().queue_by_id(waiter.queue).map(|queue| queue.name.clone())
}

fn waiting(exchange: &Exchange, queue: &Queue, now: Now) -> Vec<w::WaiterView> {
    let floor = exchange.floor();
    let view = |waiter: &switchroom_acd::floor::Waiter| {
        let id = CallId(waiter.call);
        let call = exchange.call(id);
        let moment = switchroom_acd::Moment { mono: now.mono.0 / 1_000, wall: now.wall.0 };
        let waited = waiter.waited_ms(moment);
        let from = call.map(|call| call.caller_party().clone()).unwrap_or_default();
        let back = floor.call_back(waiter.call);
        if let Some(back) = back {
            return call_back(back, waiter.offer.iter().flat_map(|offer| &offer.agents), floor, now);
        }
        let ringing = waiter.offer.iter().flat_map(|offer| &offer.agents);
        w::WaiterView {
            call: id.to_string(),
            number: call.map(|call| call.number).unwrap_or_default(),
            caller: w::PartyView { number: from.number, name: from.name },
            call_back: String::new(),
            tries: 0,
            class: clean(&waiter.class),
            priority: waiter.priority,
            since_ms: on_the_wall(now, i64::try_from(waited).unwrap_or(i64::MAX).saturating_neg()),
            ringing: ringing
                .filter_map(|id| floor.agent_by_id(*id))
                .map(|agent| agent.number.to_string())
                .collect(),
        }
    };
    let others = floor.call_backs_of(&queue.name).filter(|one| !one.is_in_line());
    let others = others.map(|one| call_back(one, std::iter::empty(), floor, now));
    floor.waiters(queue).map(view).chain(others).take(w::WAITERS_SHOWN).collect()
}

/// Somebody who is to be called back: in the line, with the agents who ring for it, or called, or at rest.
fn call_back<'a>(
    of: &CallBack,
    ringing: impl Iterator<Item = &'a AgentId>,
    floor: &Floor,
    now: Now,
) -> w::WaiterView {
    let moment = switchroom_acd::Moment { mono: now.mono.0 / 1_000, wall: now.wall.0 };
    let waited = i64::try_from(of.waited_ms(moment)).unwrap_or(i64::MAX);
    let ringing = ringing.filter_map(|id| floor.agent_by_id(*id));
    w::WaiterView {
        call: CallId(of.id).to_string(),
        number: 0,
        caller: w::PartyView { number: clean(&of.number), name: String::new() },
        call_back: whereabouts(of.whereabouts).into(),
        tries: of.tries,
        class: clean(&of.class),
        priority: of.priority,
        since_ms: on_the_wall(now, waited.saturating_neg()),
        ringing: ringing.map(|agent| agent.number.to_string()).collect(),
    }
}

/// Where a call-back is, in the word of [`w::WaiterView::call_back`].
fn whereabouts(of: Whereabouts) -> &'static str {
    match of {
        Whereabouts::Asked | Whereabouts::Waits => "waits",
        Whereabouts::Called(_) => "called",
        Whereabouts::Rests(_) => "rests",
    }
}

/// What speaks against an agent, in words.
fn words(bar: &Bar) -> String {
    match bar {
        Bar::LoggedOut => "signed out".into(),
        Bar::Break { reason } => format!("on a break: {}", clean(reason)),
        Bar::Busy { activity } => activity.word().replace('_', " "),
        Bar::NoPhone => "no phone registered".into(),
        Bar::Rests => "did not take a call a moment ago".into(),
        Bar::NoRoom => "there was no RTP port for a call to this agent a moment ago".into(),
        Bar::Skill { skill, asked, has } => format!("{} {has}, asked for {asked}", clean(skill)),
        Bar::Tier { tier } => format!("of tier {tier}, not asked yet"),
        Bar::Sorted => "free".into(),
    }
}

fn barred(of: &[(String, Bar)]) -> Vec<(String, String)> {
    of.iter().map(|(agent, bar)| (agent.clone(), words(bar))).collect()
}

/// What of that has values: skills and tiers.
fn bars(of: &[(String, Bar)]) -> BTreeMap<String, w::BarView> {
    let values = |bar: &Bar| match bar {
        Bar::Skill { skill, asked, has } => {
            Some(w::BarView { skill: clean(skill), asked: *asked, has: *has, tier: 0 })
        }
        Bar::Tier { tier } => Some(w::BarView { tier: *tier, ..w::BarView::default() }),
        _ => None,
    };
    of.iter().filter_map(|(agent, bar)| Some((agent.clone(), values(bar)?))).collect()
}

fn needs(of: &[(String, u8)]) -> Vec<String> {
    of.iter().map(|(skill, level)| format!("{} {level}", clean(skill))).collect()
}

/// How a call waits; `None` if it does not.
pub(super) fn standing(exchange: &Exchange, call: CallId, now: Now) -> Option<w::StandingView> {
    let moment = switchroom_acd::Moment { mono: now.mono.0 / 1_000, wall: now.wall.0 };
    let Standing { queue, place, waited_ms, priority, ringing, needs: asked, agents, unnamed } =
        exchange.floor().standing(moment, call.0)?;
    Some(w::StandingView {
        queue,
        place,
        waited_ms,
        priority,
        ringing,
        needs: needs(&asked),
        agents: barred(&agents),
        bars: bars(&agents),
        unnamed,
    })
}

/// How a call came to queues and left them, why it was offered to whom it was, and what it waits for: as far as it is of the
/// queues to which somebody is restricted, if so. `None`: it is of none of those. The `path` is for who may see the call.
pub(super) fn reasons(
    call: CallId,
    path: Vec<w::WhyView>,
    standing: Option<w::StandingView>,
    offers: &[Decision],
    rights: Option<&BTreeSet<String>>,
) -> Option<w::ReasonsView> {
    let has = |queue: &str| rights.is_none_or(|queues| queues.contains(queue));
    let standing = standing.filter(|standing| has(&standing.queue));
    let own = offers.iter().filter(|of| has(&of.queue));
    let offers: Vec<w::DecisionView> = own.map(|of| decision(of, has)).collect();
    let is_own = !path.is_empty() || standing.is_some() || !offers.is_empty();
    is_own.then(|| w::ReasonsView { call: call.to_string(), path, standing, offers })
}

/// Why agents were chosen. Of other lines than those of which somebody `has` the queue nothing is said.
fn decision(of: &Decision, has: impl Fn(&str) -> bool) -> w::DecisionView {
    let line = |head: &switchroom_acd::fact::Head| {
        format!(
            "{} in {}: tier {}, priority {}, weighted wait {} s",
            CallId(head.call),
            head.queue,
            head.tier,
            head.priority,
            head.weighted_ms / 1_000
        )
    };
    w::DecisionView {
        at_ms: of.at_ms,
        queue: of.queue.clone(),
        waited_ms: of.waited_ms,
        trigger: match of.trigger {
            Trigger::Waiter => "waiter".into(),
            Trigger::Agent => "agent".into(),
            Trigger::Own => "own".into(),
            Trigger::Assigned => "assigned".into(),
        },
        chosen: of.chosen.clone(),
        offer: of.offer,
        mono_ms: of.mono_ms,
        needs: needs(&of.needs),
        order: of.order.iter().map(|key| key.word().to_owned()).collect(),
        candidates: of.candidates.iter().map(|one| (one.agent.clone(), one.keys.clone())).collect(),
        others: barred(&of.others),
        bars: bars(&of.others),
        unnamed: of.unnamed,
        lines: of.lines.iter().filter(|head| has(&head.queue)).map(line).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use switchroom_acd::fact::Head;

    fn offer(queue: &str) -> Decision {
        let head = |queue: &str| Head { queue: queue.into(), call: 7, tier: 1, priority: 0, weighted_ms: 0 };
        Decision {
            at_ms: 1,
            mono_ms: 1,
            offer: 1,
            call: 7,
            queue: queue.to_owned(),
            waited_ms: 1,
            trigger: Trigger::Agent,
            order: Vec::new(),
            needs: Vec::new(),
            chosen: vec!["3001".into()],
            candidates: Vec::new(),
            others: Vec::new(),
            unnamed: 0,
            lines: vec![head("sales"), head("support")],
        }
    }

    /// A console in another language says them itself.
    #[test]
    fn what_speaks_against_an_agent_goes_out_in_words_and_with_its_values() {
        let mut offer = offer("sales");
        offer.others = vec![
            ("3002".into(), Bar::Skill { skill: "french".into(), asked: 5, has: 2 }),
            ("3003".into(), Bar::Tier { tier: 2 }),
            ("3004".into(), Bar::LoggedOut),
        ];
        let view = decision(&offer, |_| true);
        assert_eq!(view.others[0].1, "french 2, asked for 5");
        let french = w::BarView { skill: "french".into(), asked: 5, has: 2, tier: 0 };
        let tier = w::BarView { tier: 2, ..w::BarView::default() };
        assert_eq!(view.bars, [("3002".to_owned(), french), ("3003".to_owned(), tier)].into());
    }

    #[test]
    fn who_is_restricted_is_told_why_of_the_own_queues_only() {
        let waits = |queue: &str| Some(w::StandingView { queue: queue.into(), ..Default::default() });
        let offers = [offer("sales"), offer("support")];
        let sales = BTreeSet::from(["sales".to_owned()]);
        let all = reasons(CallId(7), Vec::new(), waits("support"), &offers, None).unwrap();
        assert!(all.standing.is_some() && all.offers.len() == 2 && all.offers[0].lines.len() == 2);
        let own = reasons(CallId(7), Vec::new(), waits("support"), &offers, Some(&sales)).unwrap();
        assert_eq!((own.standing, own.offers.len()), (None, 1));
        assert_eq!(own.offers[0].queue, "sales");
        assert!(own.offers[0].lines.len() == 1 && own.offers[0].lines[0].contains(" in sales:"));
        assert_eq!(reasons(CallId(7), Vec::new(), waits("support"), &offers[1..], Some(&sales)), None);
    }
}
