//! Callers hang up and keep their place.

use super::world::{World, one_queue};
use crate::boundary::{Join, Miss, Refusal};
use crate::config::{CallBackConfig, Config, Need, QueueConfig, Staff};
use crate::fact::{CallBackAct, CallBackEnd, Exit, Fact, OfferOutcome, Presence};
use crate::figures::Figures;
use crate::{Activity, Floor, Inbox, Whereabouts};
use std::sync::Arc;

fn queue() -> QueueConfig {
    let call_back = CallBackConfig { tries: 2, retry_after: 60_000, max: 3 };
    QueueConfig { wrap_up: 5_000, call_back, ..QueueConfig::default() }
}

fn acts(w: &World) -> Vec<&CallBackAct> {
    fn act(fact: &Fact) -> Option<&CallBackAct> {
        if let Fact::CallBack(fact) = fact { Some(&fact.act) } else { None }
    }
    w.facts.iter().filter_map(act).collect()
}

fn ends(w: &World) -> Vec<CallBackEnd> {
    let end = |act: &CallBackAct| if let CallBackAct::Closed { how, .. } = act { Some(*how) } else { None };
    acts(w).into_iter().filter_map(end).collect()
}

fn figures(facts: &[Fact]) -> Figures {
    let mut figures = Figures::new();
    facts.iter().for_each(|fact| figures.apply(fact));
    figures
}

/// An agent who talks, and three callers behind.
fn busy() -> (World, u128, [u128; 3]) {
    let mut w = World::new(one_queue(queue(), 1));
    w.sign_in("1");
    let first = w.join("q", "100", 0);
    w.answer(first, "1");
    w.run(1_000);
    let waiting = ["101", "102", "103"].map(|caller| w.join("q", caller, 0));
    w.run(1_000);
    (w, first, waiting)
}

/// Until a wish is on disk the caller waits as before; what does not get there was never asked for.
#[test]
fn nothing_is_promised_before_it_is_on_disk() {
    let (mut w, first, [a, b, c]) = busy();
    let [of_a, of_b, of_c] = [(a, "101"), (b, "102"), (c, "103")].map(|(call, number)| {
        let id = w.next_id();
        assert_eq!(w.floor.ask_call_back(w.moment(), call, id, number), Ok(true));
        id
    });
    w.after();
    assert_eq!((w.floor.waiter_count(), w.floor.standing(w.moment(), c).unwrap().place), (3, 3));
    let again = w.next_id();
    let second = w.floor.ask_call_back(w.moment(), a, again, "102");
    assert_eq!(second, Err(Refusal::CallBacksFull), "whether that of another can be kept nobody knows yet");
    // One is answered before the disk says its word, one is refused, and one is kept.
    w.end(first);
    w.run(5_000);
    w.answer(a, "1");
    assert!(!w.floor.settle_asked(w.moment(), of_a, true));
    assert!(!w.floor.settle_asked(w.moment(), of_b, false));
    assert!(w.floor.settle_asked(w.moment(), of_c, true));
    assert!(!w.floor.settle_asked(w.moment(), of_c, false), "it is settled");
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::NotKept; 2]);
    assert_eq!((w.floor.waiter_count(), w.floor.call_backs().count()), (1, 1));
    assert_eq!(w.floor.standing(w.moment(), b).unwrap().place, 1);
    let counts = figures(&w.facts).queue("q", 0, i64::MAX).counts;
    assert_eq!((counts.call_backs.asked, counts.called_back, counts.call_backs.removed), (1, 1, 0));
    w.end(a);
    w.run(5_000);
    w.answer(b, "1");
    w.end(b);
    w.run(5_000);
    assert_eq!(w.rings(of_c), ["1"], "in the caller's place");
}

#[test]
fn the_place_is_kept_as_if_the_caller_had_stayed() {
    let (mut w, first, [a, b, c]) = busy();
    let back = w.call_back(b, "102").unwrap();
    assert_eq!(w.floor.standing(w.moment(), c).unwrap().place, 3, "nobody moved up");
    let exits =
        w.facts.iter().filter_map(|f| if let Fact::Left(l) = f { Some((l.call, l.exit)) } else { None });
    assert_eq!(exits.collect::<Vec<_>>().last(), Some(&(b, Exit::CalledBack)));
    for (ended, next) in [(first, a), (a, back)] {
        w.end(ended);
        w.run(5_000);
        assert_eq!(w.rings(next), ["1"]);
        w.answer(next, "1");
        w.run(1_000);
    }
    w.reached(back);
    assert_eq!(ends(&w), [CallBackEnd::Reached]);
    w.run(30_000);
    w.end(back);
    let Some(Fact::Talked(talked)) = w.facts.iter().rev().find(|fact| matches!(fact, Fact::Talked(_))) else {
        panic!("they talked")
    };
    assert_eq!((talked.call, talked.talk_ms), (back, 30_000), "from when the two talk");
    assert_eq!(w.floor.agent("1").unwrap().activity(), Activity::WrapUp);
    w.run(5_000);
    assert_eq!(w.rings(c), ["1"]);
}

#[test]
fn a_phone_that_rings_for_the_caller_then_rings_for_the_call_back() {
    let mut w = World::new(one_queue(queue(), 1));
    w.sign_in("1");
    let a = w.join("q", "101", 0);
    assert_eq!(w.rings(a), ["1"]);
    let back = w.call_back(a, "101").unwrap();
    assert_eq!(w.rings(a), Vec::<&str>::new());
    assert_eq!(w.rings(back), ["1"]);
    w.miss(back, "1", Miss::Refused);
    assert_eq!(w.floor.call_back(back).unwrap().whereabouts, Whereabouts::Waits);
    w.run(5_000);
    assert_eq!(w.rings(back), ["1"], "asked again after a rest");
}

#[test]
fn in_vain_it_is_tried_again_later_and_then_left_to_people() {
    let (mut w, first, [a, b, _]) = busy();
    let back = w.call_back(a, "101").unwrap();
    w.end(first);
    w.run(5_000);
    w.answer(back, "1");
    assert_eq!(w.floor.take_out(w.moment(), back), Err(Refusal::BeingCalled));
    w.run(20_000);
    // No after-call time for a call that reached nobody: the next is offered at once.
    w.end(back);
    assert_eq!(w.rings(b), ["1"]);
    w.answer(b, "1");
    w.run(50_000);
    w.end(b);
    assert!(matches!(w.floor.call_back(back).unwrap().whereabouts, Whereabouts::Rests(Some(_))));
    w.choose("1", Presence::LoggedOut);
    w.run(20_000);
    w.sign_in("1");
    assert_eq!(w.rings(back), ["1"], "first in the line again: it came before all others");
    w.answer(back, "1");
    w.end(back);
    assert_eq!(ends(&w), [CallBackEnd::GivenUp]);
    let mut inbox = Inbox::default();
    w.facts.iter().for_each(|fact| _ = inbox.apply(fact));
    let entry = inbox.of("101").unwrap();
    assert_eq!((entry.tries, entry.count, &*entry.queue), (2, 1, "q"));
    assert_eq!(inbox.audit(), None);
    let counts = figures(&w.facts).queue("q", i64::MIN / 2, i64::MAX / 2).counts;
    assert_eq!((counts.call_backs.asked, counts.call_backs.tries, counts.call_backs.given_up), (1, 2, 1));
    assert_eq!(counts.talks, 2, "a call that reached nobody is no talk");
}

/// Who is called back was offered once, and never answered on the line.
#[test]
fn figures_have_the_caller_once() {
    let (mut w, first, [a, b, c]) = busy();
    let back = w.call_back(a, "101").unwrap();
    w.end(first);
    w.run(5_000);
    w.answer(back, "1");
    w.reached(back);
    w.end(back);
    w.leave(b, Exit::Abandoned);
    w.leave(c, Exit::Abandoned);
    let figures = figures(&w.facts);
    let shown = figures.queue("q", i64::MIN / 2, i64::MAX / 2);
    let counts = shown.counts;
    assert_eq!((counts.offered, counts.answered, counts.abandoned, counts.called_back), (4, 1, 2, 1));
    assert_eq!(counts.waiting, 0);
    assert_eq!(shown.service_level.strict, Some(1.0 / 4.0));
    assert_eq!(shown.service_level.without_short, Some(1.0 / 3.0), "without the one who chose not to stay");
    assert_eq!((counts.call_backs.asked, counts.call_backs.reached), (1, 1));
    assert_eq!(shown.call_back_wait.longest_ms, 6_000);
    assert_eq!(shown.answered_wait.count, 1);
    assert_eq!(w.floor.agent("1").unwrap().today.calls, 2);
    assert!(figures.now().queues.is_empty());
}

#[test]
fn who_calls_again_and_is_answered_is_not_called_back() {
    let (mut w, first, [a, b, _]) = busy();
    let back = w.call_back(a, "0301234").unwrap();
    w.end(first);
    w.run(5_000);
    w.miss(back, "1", Miss::Refused);
    w.run(5_000);
    w.miss(back, "1", Miss::Refused);
    // Another agent's doing. Who calls from where the caller had called from, and wants to be called elsewhere, may be anybody.
    w.floor.talked_with(w.moment(), "999");
    w.floor.talked_with(w.moment(), "101");
    w.after();
    assert_eq!(ends(&w), []);
    w.leave(b, Exit::Abandoned);
    w.floor.talked_with(w.moment(), "0301234");
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::Dropped]);
}

/// An agent has the call-back already when its caller is answered by another.
#[test]
fn whoever_rings_for_nothing_has_no_try() {
    let mut w = World::new(one_queue(queue(), 2));
    w.sign_in("1");
    let a = w.join("q", "101", 0);
    let back = w.call_back(a, "101").unwrap();
    w.answer(back, "1");
    w.sign_in("2");
    let again = w.join("q", "101", 0);
    w.answer(again, "2");
    w.end(back);
    assert_eq!(ends(&w), [CallBackEnd::Dropped]);
    assert!(!acts(&w).contains(&&CallBackAct::Tried));
}

#[test]
fn a_number_has_one_call_back_and_a_queue_so_many() {
    let (mut w, _, [a, b, c]) = busy();
    let back = w.call_back(a, "101").unwrap();
    w.call_back(b, "101").unwrap();
    assert_eq!(w.floor.call_backs().map(|one| one.id).collect::<Vec<_>>(), [back]);
    let more: Vec<u128> = ["104", "105"].iter().map(|caller| w.join("q", caller, 0)).collect();
    w.call_back(more[0], "104").unwrap();
    w.call_back(more[1], "105").unwrap();
    assert_eq!(w.call_back(c, "103"), Err(Refusal::CallBacksFull));
    assert!(w.floor.waiter(c).is_some(), "who cannot be called back waits on");
    assert_eq!(w.call_back(99, "103"), Err(Refusal::NoWaiter));
    assert_eq!(w.call_back(back, "103"), Err(Refusal::NoWaiter));
}

#[test]
fn a_supervisor_takes_it_out() {
    let (mut w, first, [a, b, _]) = busy();
    let back = w.call_back(a, "101").unwrap();
    w.floor.take_out(w.moment(), back).unwrap();
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::Removed]);
    w.end(first);
    w.run(5_000);
    assert_eq!(w.rings(b), ["1"]);
    assert_eq!(w.exits, [], "nobody is on a line who would have to be told");
}

/// Night: who is on the line is let go, who is to be called back is so in the morning, before those who come then.
#[test]
fn call_backs_outlast_the_night() {
    let staff = QueueConfig { stay: Staff::SignedIn, stay_grace: 10_000, max_wait: 60_000, ..queue() };
    let mut w = World::new(one_queue(staff, 1));
    w.sign_in("1");
    let first = w.join("q", "100", 0);
    w.answer(first, "1");
    let (a, b) = (w.join("q", "101", 0), w.join("q", "102", 0));
    let back = w.call_back(a, "101").unwrap();
    w.choose("1", Presence::LoggedOut);
    w.end(first);
    w.run(10_000);
    assert_eq!(w.exits, [(b, Exit::Empty)]);
    w.run(12 * 3_600_000);
    assert_eq!(ends(&w), []);
    w.sign_in("1");
    assert_eq!(w.rings(back), ["1"]);
    // A caller who comes to a queue in which only call-backs stand is watched as ever.
    w.choose("1", Presence::LoggedOut);
    w.run(96 * 3_600_000);
    assert_eq!(ends(&w), [CallBackEnd::GivenUp], "too old");
}

#[test]
fn a_queue_that_is_gone_leaves_its_call_backs_to_people() {
    let (mut w, _, [a, ..]) = busy();
    w.call_back(a, "101").unwrap();
    w.floor.configure(w.moment(), Arc::new(Config::default()));
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::GivenUp]);
}

/// A restart: the place, the tries and the time of joining are kept.
#[test]
fn a_restart_keeps_place_and_tries() {
    let (mut w, first, [a, b, c]) = busy();
    let (of_a, of_c) = (w.call_back(a, "101").unwrap(), w.call_back(c, "103").unwrap());
    let of_b = w.call_back(b, "102").unwrap();
    w.end(first);
    w.run(5_000);
    w.answer(of_a, "1");
    w.end(of_a);
    w.answer(of_b, "1");
    w.reached(of_b);
    w.run(1_000);
    let now = crate::Moment { mono: 50, wall: w.wall + 3_600_000 };
    let mut floor = Floor::new(now, 1, 7, Arc::new(one_queue(queue(), 1)));
    floor.restore_call_backs(now, &w.facts);
    assert_eq!(floor.audit(), vec![]);
    let open: Vec<_> = floor.call_backs().map(|one| (one.id, one.tries, one.joined.wall)).collect();
    let joined = w.facts.iter().find_map(|f| match f {
        Fact::Joined(joined) if joined.call == c => Some(joined.at_ms),
        _ => None,
    });
    assert_eq!(open.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(of_a, 1), (of_c, 0)]);
    assert_eq!(open[1].2, joined.unwrap());
    assert!(floor.call_back(of_c).unwrap().waited_ms(now) >= 3_600_000, "the time before the start counts");
    let late = Join { call: 900, queue: "q".into(), ..Join::default() };
    floor.phone(now, "x1", true, false);
    floor.choose(now, "1", Presence::Ready, Some("x1"), "agent").unwrap();
    let ring = std::iter::from_fn(|| floor.poll_effect())
        .find_map(|effect| if let crate::Effect::Ring { call, .. } = effect { Some(call) } else { None });
    assert_eq!(ring, Some(of_a), "who came first");
    floor.join(now, late).unwrap();
    assert_eq!(floor.standing(now, 900).unwrap().place, 3);
}

/// The exchange stops: nobody is called back any more, and nothing is lost.
#[test]
fn a_stop_lets_all_rest_and_counts_no_try() {
    let (mut w, first, [a, b, _]) = busy();
    let (of_a, of_b) = (w.call_back(a, "101").unwrap(), w.call_back(b, "102").unwrap());
    w.end(first);
    w.run(5_000);
    w.answer(of_a, "1");
    w.floor.stop_calling_back(w.moment());
    w.after();
    w.floor.call_back_cut(w.moment(), of_a);
    w.after();
    assert_eq!(w.floor.agent("1").unwrap().presence, Presence::Ready);
    for id in [of_a, of_b] {
        assert_eq!(w.floor.call_back(id).unwrap().whereabouts, Whereabouts::Rests(None));
    }
    assert!(!acts(&w).contains(&&CallBackAct::Tried));
    assert_eq!(ends(&w), []);
    let offers =
        w.facts.iter().filter(|f| matches!(f, Fact::OfferEnded(e) if e.outcome == OfferOutcome::Answered));
    assert_eq!(offers.count(), 2);
}

/// Served by another agent meanwhile, and then the exchange stops: nobody is called back for it after the start.
#[test]
fn who_was_served_meanwhile_is_not_called_after_a_stop() {
    let mut w = World::new(one_queue(queue(), 2));
    w.sign_in("1");
    let a = w.join("q", "101", 0);
    let back = w.call_back(a, "101").unwrap();
    w.answer(back, "1");
    w.sign_in("2");
    let again = w.join("q", "101", 0);
    w.answer(again, "2");
    w.floor.stop_calling_back(w.moment());
    w.floor.call_back_cut(w.moment(), back);
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::Dropped]);
    assert!(!acts(&w).contains(&&CallBackAct::Tried));
    let mut floor = Floor::new(w.moment(), 1, 7, Arc::new(one_queue(queue(), 1)));
    floor.restore_call_backs(w.moment(), &w.facts);
    assert_eq!(floor.call_backs().count(), 0);
}

/// The queue goes while an agent has its call-back, and the agent's call is cut.
#[test]
fn of_a_queue_that_is_gone_a_cut_one_is_left_to_people() {
    let (mut w, first, [a, ..]) = busy();
    let back = w.call_back(a, "101").unwrap();
    w.end(first);
    w.run(5_000);
    w.answer(back, "1");
    w.floor.configure(w.moment(), Arc::new(Config::default()));
    w.floor.call_back_cut(w.moment(), back);
    w.after();
    assert_eq!(ends(&w), [CallBackEnd::GivenUp]);
}

/// A store that failed may have lost the end of a call-back and kept that the number asked again: it is called back once, and
/// the one before is closed by the start, once.
#[test]
fn of_two_that_a_number_asked_for_the_newest_is_open() {
    let config = one_queue(QueueConfig { join: Staff::None, stay: Staff::None, ..queue() }, 2);
    let mut w = World::new(config.clone());
    let a = w.join("q", "101", 0);
    let first = w.call_back(a, "101").unwrap();
    w.floor.talked_with(w.moment(), "101");
    w.after();
    let b = w.join("q", "101", 0);
    let second = w.call_back(b, "101").unwrap();
    let is_end =
        |fact: &Fact| matches!(fact, Fact::CallBack(f) if matches!(f.act, CallBackAct::Closed { .. }));
    let mut facts: Vec<Fact> = w.facts.iter().filter(|fact| !is_end(fact)).cloned().collect();
    for closed in [1, 0] {
        let mut floor = Floor::new(w.moment(), 1, 7, Arc::new(config.clone()));
        floor.restore_call_backs(w.moment(), &facts);
        assert_eq!(floor.call_backs().map(|one| one.id).collect::<Vec<_>>(), [second]);
        assert_eq!(floor.audit(), []);
        let effects = std::iter::from_fn(|| floor.poll_effect());
        let noted = effects
            .filter_map(|effect| if let crate::Effect::Note(fact) = effect { Some(fact) } else { None });
        let noted = noted.filter(is_end).collect::<Vec<_>>();
        assert_eq!(noted.len(), closed, "{noted:?}");
        assert!(noted.iter().all(|fact| matches!(fact, Fact::CallBack(f) if f.id == first)));
        facts.extend(noted);
    }
}

/// What a queue asks of agents, how a caller's priority grows and what is told of its wait count the time before a start.
#[test]
fn the_wait_before_a_restart_counts() {
    let needs = vec![Need { skill: "german".into(), level: 5, relaxes: vec![(600_000, 0)] }];
    let rules = QueueConfig { ageing: 60_000, needs, join: Staff::None, stay: Staff::None, ..queue() };
    let config = Arc::new(one_queue(rules, 1));
    let mut w = World::new((*config).clone());
    let (a, b) = (w.join("q", "101", 0), w.join("q", "102", 0));
    let back = w.call_back(a, "101").unwrap();
    let second = w.call_back(b, "102").unwrap();
    let now = crate::Moment { mono: 50, wall: w.wall + 1_800_000 };
    let mut floor = Floor::new(now, 1, 7, config.clone());
    floor.restore_call_backs(now, &w.facts);
    assert_eq!(floor.audit(), vec![]);
    let standing = floor.standing(now, back).unwrap();
    assert_eq!((standing.waited_ms, standing.place), (1_800_000, 1));
    assert_eq!(standing.needs, vec![], "so long a wait asks for no skill");
    // Thirty minutes are thirty points: a caller of the highest priority comes after it.
    let late = Join { call: 900, queue: "q".into(), priority: 9, ..Join::default() };
    floor.join(now, late).unwrap();
    assert_eq!(floor.standing(now, 900).unwrap().place, 3);
    // Another priority, or other rules, work that out again.
    floor.set_priority(now, second, 1).unwrap();
    assert_eq!(floor.standing(now, second).unwrap().place, 1);
    floor.set_priority(now, second, 0).unwrap();
    assert_eq!(floor.standing(now, back).unwrap().place, 1);
    let mut other = (*config).clone();
    other.queues.values_mut().for_each(|queue| queue.wrap_up = 1);
    floor.configure(now, Arc::new(other));
    assert_eq!(floor.standing(now, back).unwrap().needs, vec![]);
    floor.phone(now, "x1", true, false);
    floor.choose(now, "1", Presence::Ready, Some("x1"), "agent").unwrap();
    let decision = std::iter::from_fn(|| floor.poll_effect())
        .find_map(|effect| if let crate::Effect::Note(Fact::Offered(it)) = effect { Some(it) } else { None });
    let decision = decision.unwrap();
    assert_eq!((decision.call, decision.waited_ms), (back, 1_800_000));
    assert_eq!(decision.lines.first().map(|head| head.priority), Some(30));
}

/// A call-back that rests has a priority for when it stands in the line again.
#[test]
fn one_that_rests_is_given_a_priority() {
    let (mut w, first, [a, b, _]) = busy();
    let back = w.call_back(b, "102").unwrap();
    w.leave(a, Exit::Abandoned);
    w.end(first);
    w.run(5_000);
    w.answer(back, "1");
    assert_eq!(w.floor.set_priority(w.moment(), back, 3), Err(Refusal::BeingCalled));
    w.end(back);
    assert!(matches!(w.floor.call_back(back).unwrap().whereabouts, Whereabouts::Rests(_)));
    assert_eq!(w.floor.assign(w.moment(), back, "1"), Err(Refusal::Rests));
    w.floor.set_priority(w.moment(), back, 12).unwrap();
    w.after();
    assert_eq!(w.floor.call_back(back).unwrap().priority, 9);
    let mut floor = Floor::new(w.moment(), 1, 7, Arc::new(one_queue(queue(), 1)));
    floor.restore_call_backs(w.moment(), &w.facts);
    assert_eq!(floor.waiter(back).unwrap().priority, 9, "a restart keeps it");
    w.run(60_000);
    assert_eq!(w.floor.waiter(back).unwrap().priority, 9);
}

/// Two people behind one number of a company leave each their own: reaching the first does not end the second's. Who is
/// reached at another number than it called from is not called at that one either.
#[test]
fn a_shared_number_that_was_called_from_ends_nobody_elses() {
    let (mut w, first, [a, b, c]) = busy();
    w.leave(c, Exit::Abandoned);
    w.end(first);
    w.run(5_000);
    w.answer(a, "1");
    let colleagues = ["9001", "9002"].map(|number| {
        let call = w.join("q", "030", 0);
        w.call_back(call, number).unwrap()
    });
    let own = w.join("q", "030", 0);
    let own = w.call_back(own, "030").unwrap();
    w.leave(b, Exit::Abandoned);
    w.end(a);
    w.run(5_000);
    w.answer(colleagues[0], "1");
    w.reached(colleagues[0]);
    let open: Vec<u128> = w.floor.call_backs().map(|one| one.id).collect();
    assert_eq!(
        open,
        [colleagues[1]],
        "the number that was called from is that of whoever was reached: {own}"
    );
}
