//! The simulator: that its rules hold, that each of them can be broken, and that a run is one number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::time::Duration;
use switchroom_acd::Door;
use switchroom_acd::config::SortKey;
use switchroom_exchange::Mode;
use switchroom_sip::coverage::Pair;
use switchroom_tests::sim::checkers::all;
use switchroom_tests::sim::coverage::Coverage;
use switchroom_tests::sim::faults::{Faults, Habit};
use switchroom_tests::sim::floor::AgentWish;
use switchroom_tests::sim::minimise::minimise;
use switchroom_tests::sim::plant::{Defect, Site};
use switchroom_tests::sim::run::{Watch, play};
use switchroom_tests::sim::setup::Setup;
use switchroom_tests::sim::trouble::{SupervisorWish, Trouble};

/// A quiet site: six people who talk for a few minutes, most of them politely.
fn quiet(seed: u64) -> Setup {
    let mut setup = Setup::draw(seed, Duration::from_secs(240), 6, &Faults::default());
    for phone in &mut setup.phones {
        (phone.late_offer, phone.demands_reliable, phone.tcp) = (false, false, false);
    }
    setup.inbound.share_percent = 0;
    setup.floor.queues = 0;
    setup.troubles.clear();
    setup
}

/// The same where all talks are recorded.
fn recorded(seed: u64) -> Setup {
    let mut setup = quiet(seed);
    setup.site.records = true;
    setup
}

/// The same with queues, to which most callers go.
fn queued(seed: u64) -> Setup {
    let mut setup = Setup::draw(seed, Duration::from_secs(240), 6, &Faults::default());
    (setup.floor.seed, setup.inbound.share_percent) = (seed, 0);
    (setup.floor.queues, setup.floor.agents, setup.floor.share_percent) = (2, 3, 80);
    setup
}

/// Agents who are all alike and do nothing but answer: seeds 11 and 13 are drawn so.
fn alike(seed: u64) -> Setup {
    Setup::draw(seed, Duration::from_secs(900), 10, &Faults::default())
}

/// The rule that finds a planted defect.
fn rule(defect: Defect) -> &'static str {
    match defect {
        Defect::None => "",
        Defect::LeakedPort => "the media engine's wiring equals what the calls say",
        Defect::DoubledFinal | Defect::LostFinal | Defect::UnheardInvite => {
            "an INVITE gets exactly one final response"
        }
        Defect::LostCdr | Defect::DoubledCdr => "every call gets exactly one CDR, and every CDR has its call",
        Defect::DisorderedCdr | Defect::WrongParty => {
            "the times of a CDR are in order and its parties are those who called and were called"
        }
        Defect::CrossedWires | Defect::EarlyBridge => "the media engine's wiring equals what the calls say",
        Defect::HeardListener
        | Defect::StrayWhisper
        | Defect::UnheardBarge
        | Defect::UntapedThird
        | Defect::HeardByWaiting
        | Defect::OverheardWaiting
        | Defect::StrayTone
        | Defect::TapedWhisper
        | Defect::TapedListener => {
            "a supervisor is heard by whom the mode says, hears both parties, and nobody else"
        }
        Defect::ServedExpired => "no phone is called where its registration has ended",
        Defect::LostBinding => {
            "what was confirmed to a phone is on disk, and what is on disk is there again after a restart"
        }
        Defect::HiddenChange => {
            "a console that applied a snapshot and the changes after it shows what a fresh snapshot shows"
        }
        Defect::DoubledEvent => "events are numbered without a gap, in the order in which they happen",
        Defect::LostBye => "calls work again once the faults have stopped",
        Defect::DroppedCdr => "everything finishes once the faults have stopped",
        Defect::SharedPort => "a port pair belongs to one leg at a time, and to none at rest",
        Defect::LostTicket => "at rest nothing is left but registrations",
        Defect::LostOpening => "a caller is told of an answer only after the call was handed to the store",
        Defect::TwoPlaces => "a caller is in exactly one place: with a flow, or with somebody",
        Defect::EarlyPrompt => "a prompt plays only to a caller who was answered",
        Defect::UncountedExit => {
            "whoever entered a flow leaves it once, and no route lets in more than it may"
        }
        Defect::AskedTwice => "what a flow asks of the outside is asked once, for a call that has begun",
        Defect::LostMessage | Defect::UnwrittenMessage => {
            "a message that was taken is kept or deleted, and there again after a restart"
        }
        Defect::BentMessage => {
            "what the store confirmed of messages is on disk, their files go after them, and at rest the disk has what \
             there is"
        }
        Defect::ToldSecret | Defect::ToldKey | Defect::ShownKey | Defect::ShownNextKey => {
            "a secret that a caller typed appears in no record, event, ladder, alarm or view"
        }
        Defect::FlownKey => "a flight file tells no key that was pressed",
        Defect::UnheardHold => "a phone is sent sound exactly while it says that it listens",
        Defect::SilentSearch | Defect::SilentQueue => "an answered caller for whom phones ring hears ringing",
        Defect::UnofferedRing => {
            "a phone that rings for somebody who waits is that of an agent who is offered the call, or one to which a \
             user had the caller picked up"
        }
        Defect::BentChoice | Defect::StaleKey => {
            "who is chosen follows from what is written down of the choice"
        }
        Defect::UnendedOffer | Defect::DoubledOffer | Defect::TwoTalks | Defect::OfferInWrapUp => {
            "no agent has two calls of queues, or is offered one during after-call time, a break or another offer"
        }
        Defect::BentPresence | Defect::ForgottenPresence => {
            "agents are where they chose to be, after a restart as well, and idle at rest"
        }
        Defect::BentTime => "an agent's time in states adds up to the time signed in, to the millisecond",
        Defect::DoubledLeaving => "who joins a queue leaves it once, and figures count just that",
        Defect::Overtaken => {
            "nobody overtakes within a queue and its priority, unless skills or tiers say so"
        }
        Defect::BentMissed => {
            "the inbox holds who gave up and was not answered since, and what was done about them"
        }
        Defect::UnfairTurns => {
            "where agents are alike and turns are given fairly, they answer equally many calls but for the last round"
        }
        Defect::RecordedPin | Defect::EarlyUnpause => {
            "who was handed off is heard by nobody, and neither sound nor keys of it are kept"
        }
        Defect::BentTries => "a call-back ends once, is kept until then, and no number has two in a queue",
        Defect::UntoldPause | Defect::RecordedFlow => {
            "a recording is silent exactly while somebody wants it so, is asked, or is in a flow, and has no keys of a pause"
        }
        Defect::BentRefusal
        | Defect::BentFull
        | Defect::BentEmpty
        | Defect::ComesClosed
        | Defect::ComesFull
        | Defect::ComesEmpty
        | Defect::UntoldDoor => {
            "a queue lets in whom its door, its hours, who works there and its limits of calls let in, and nobody else"
        }
        Defect::LentAct | Defect::HalfRefused => "who may act on what is the own only acts on nothing else",
        Defect::ActsAnywhere => "who is restricted to some queues acts on their calls, and no others",
        Defect::UnaskedRecord | Defect::RecordedRefusal => {
            "where the site asks for consent, nothing is recorded before it was asked for, or once it was refused"
        }
        Defect::UntoldRefusal | Defect::BentAgain => {
            "what happens to queues and agents is on disk at rest, though the store refused it before"
        }
        Defect::UnheededRights => {
            "who is restricted to a queue acts on no call of another, and what is refused is written down"
        }
        Defect::StaleLamp | Defect::RepeatedLamp => {
            "at rest what each lamp was told last is what is so, and what is told is numbered and new"
        }
        Defect::LostSubscription | Defect::ForgottenSubscriptions => {
            "what was confirmed to who subscribes is on disk, and goes on after a restart: it is told anew, soon"
        }
        Defect::TwoCalls => "one INVITE of a phone makes one call at most",
    }
}

/// What is found of a defect by a rule that finds others, too.
fn words(defect: Defect) -> &'static str {
    match defect {
        Defect::HeardListener => "1 hear a supervisor whose mode is listen",
        Defect::StrayWhisper => "a whisper for the agent is heard by leg",
        Defect::UnheardBarge => "of 2 hear a supervisor whose mode is barge",
        Defect::RecordedPin | Defect::EarlyUnpause => "it is recorded while one is away",
        Defect::RecordedFlow => "handed off: false, in a flow: true",
        Defect::UntapedThird => "consults leg",
        Defect::HeardByWaiting => "hears who barges in and is not connected",
        Defect::OverheardWaiting => "a supervisor hears {",
        Defect::BentFull => "Some(Full) of",
        Defect::BentEmpty => "Some(Empty) of",
        Defect::ComesClosed => "None of",
        Defect::ComesFull => "open true, somebody there: true",
        Defect::ComesEmpty => "open true, somebody there: false",
        Defect::StrayTone => "is told by a tone",
        Defect::UnheardInvite => "got no response at all",
        Defect::TapedWhisper => "a recording holds a supervisor whose mode is whisper",
        Defect::TapedListener => "a recording holds a supervisor whose mode is listen",
        Defect::StaleKey => ", not Some(",
        Defect::UntoldDoor => "was not written down",
        Defect::StaleLamp => "shows Some(\"early\"), and is terminated",
        Defect::RepeatedLamp => "is told so again unasked",
        Defect::LentAct => "Ok(\"done\")",
        Defect::HalfRefused => "PauseRecording",
        Defect::UnaskedRecord => "nobody was asked before",
        Defect::RecordedRefusal => "who has refused that",
        Defect::BentAgain => "and now",
        Defect::DoubledOffer => "is offered",
        Defect::TwoTalks => "has two calls",
        Defect::OfferInWrapUp => "an offer to who is not free",
        Defect::ForgottenPresence => "and in the store",
        Defect::LostSubscription => "was told that it is subscribed",
        Defect::ForgottenSubscriptions => "told nothing to who watches",
        _ => "",
    }
}

#[test]
fn each_planted_defect_is_found_by_its_rule() {
    let setup = quiet(4);
    let clean = play(&setup, Watch { is_strict: true, ..Watch::default() });
    assert_eq!((clean.failure, clean.calls > 30), (None, true), "{} calls", clean.calls);
    // Four of ten callers are in flows.
    let mut inbound = setup.clone();
    (inbound.inbound.seed, inbound.inbound.share_percent) = (12, 40);
    let clean = play(&inbound, Watch { is_strict: true, ..Watch::default() });
    assert_eq!(clean.failure, None);
    // And here one of them is connected after a prompt.
    let mut sought = setup.clone();
    (sought.inbound.seed, sought.inbound.share_percent) = (43, 60);
    let clean = play(&sought, Watch { is_strict: true, ..Watch::default() });
    assert_eq!(clean.failure, None);
    // And here most of them call queues.
    let queued = queued(6);
    let clean = play(&queued, Watch { is_strict: true, ..Watch::default() });
    assert_eq!(clean.failure, None);
    // And here for one agent.
    let mut crowded = Setup::draw(6, Duration::from_secs(600), 24, &Faults::default());
    (crowded.floor, crowded.inbound.share_percent) = (queued.floor.clone(), 0);
    (crowded.floor.agents, crowded.floor.queues) = (2, 1);
    // And here by turns for agents who are all alike.
    let by_turns = alike(11);
    // Where mutilated messages are about, what was taken on is answered all the same.
    let mut noisy = setup.clone();
    noisy.net.garbage_ppm = 20_000;
    let clean = play(&noisy, Watch { is_strict: true, ..Watch::default() });
    assert_eq!(clean.failure, None);
    is_found(&noisy, Defect::LostFinal);
    // And here phones have lamps.
    let mut lit = queued.clone();
    for phone in &mut lit.phones {
        phone.lamps = ["101", "102", "4201"].map(str::to_owned).into();
    }
    let clean = play(&lit, Watch { is_strict: true, ..Watch::default() });
    assert_eq!(clean.failure, None);
    // Those of queues are the youngest.
    let occasions = occasions();
    let is_elsewhere = |defect: &Defect| {
        OF_SUPERVISORS.iter().any(|(one, ..)| one == defect)
            || OF_CONSULTATIONS.iter().any(|(one, _)| one == defect)
            || occasions.iter().any(|(_, defects)| defects.contains(defect))
    };
    for defect in Defect::ALL.iter().copied().rev().filter(|defect| !is_elsewhere(defect)) {
        let setup = match (defect, defect.site()) {
            (Defect::SilentSearch, _) => &sought,
            (Defect::Overtaken, _) => &crowded,
            (Defect::UnfairTurns, _) => &by_turns,
            (Defect::StaleLamp | Defect::RepeatedLamp | Defect::LostSubscription, _) => &lit,
            (_, Site::Queues) => &queued,
            (_, Site::Flows) => &inbound,
            (_, Site::Talks) => &setup,
        };
        is_found(setup, defect);
    }
}

/// Makes a site from a seed.
type Draw = fn(u64) -> Setup;

/// Defects that need somebody who supervises, where, and what that one does.
const OF_SUPERVISORS: [(Defect, Draw, SupervisorWish); 5] = [
    (Defect::HeardListener, quiet, SupervisorWish::Follow(Mode::Listen)),
    (Defect::StrayWhisper, quiet, SupervisorWish::Follow(Mode::Whisper)),
    (Defect::UnheardBarge, quiet, SupervisorWish::Call(Mode::Barge)),
    (Defect::TapedWhisper, recorded, SupervisorWish::Follow(Mode::Whisper)),
    (Defect::TapedListener, recorded, SupervisorWish::Follow(Mode::Listen)),
];

/// Defects that need somebody who supervises a talk in which a third is consulted.
const OF_CONSULTATIONS: [(Defect, Mode); 2] =
    [(Defect::HeardByWaiting, Mode::Barge), (Defect::OverheardWaiting, Mode::Listen)];

/// Whoever talks consults somebody, again and again.
fn consulting() -> Setup {
    let mut setup = queued(6);
    setup.site.records = true;
    let wish = |n: usize| AgentWish::Consult { place: n, what: 0, whom: n };
    setup.troubles =
        (1..120).map(|n| (n as u64 * 2_000, Trouble::Agent { agent: 0, wish: wish(n) })).collect();
    setup
}

/// Whoever supervises may act on the calls of one queue of two, and puts callers of both through to others.
fn restricted() -> Setup {
    let mut setup = queued(6);
    setup.floor.seed = 13;
    let one = |n: usize| Trouble::Supervise { phone: n % 3, place: n, wish: SupervisorWish::Transfer(n) };
    setup.troubles.extend((1..80).map(|n| (n as u64 * 3_000, one(n))));
    setup.troubles.sort_by_key(|(at, _)| *at);
    setup
}

/// Sites on which there is more time, or something else happens, and the defects that need that.
fn occasions() -> Vec<(Setup, &'static [Defect])> {
    // Callers of the third queue may ask to be called back.
    let mut called_back = Setup::draw(6, Duration::from_secs(900), 16, &Faults::default());
    (called_back.floor.queues, called_back.floor.agents, called_back.floor.share_percent) = (3, 4, 80);
    called_back.inbound.share_percent = 0;
    let mut recorded = queued(6);
    recorded.site.records = true;
    let mut crowded = Setup::draw(6, Duration::from_secs(600), 24, &Faults::default());
    (crowded.floor, crowded.inbound.share_percent) = (queued(6).floor, 0);
    // The store keeps nothing now and then, for half a minute.
    let mut refused = queued(6);
    let fails = |n: u64| (n * 60_000, Trouble::StoreFails { for_ms: 30_000 });
    refused.troubles.extend((1..4).map(fails));
    refused.troubles.sort_by_key(|(at, _)| *at);
    // Who talks is sent to give a PIN, again and again.
    let mut handed_off = queued(6);
    let hand_off = |place: usize| Trouble::Agent { agent: 0, wish: AgentWish::HandOff { place } };
    handed_off.troubles.extend((1..60).map(|n| (n as u64 * 4_000, hand_off(n))));
    handed_off.troubles.sort_by_key(|(at, _)| *at);
    // At night, and queues have hours where there are flows.
    let mut closed = queued(6);
    (closed.site.starts_ms, closed.inbound.share_percent, closed.floor.queues) = (NIGHT_MS, 10, 3);
    // By day, and somebody closes and opens queues.
    let mut shut = queued(6);
    let say = |n: usize| {
        let door = if n.is_multiple_of(2) { Door::Closed } else { Door::Open };
        (n as u64 * 6_000, Trouble::Agent { agent: 0, wish: AgentWish::Door { place: n / 2, door } })
    };
    shut.troubles.extend((1..30).map(say));
    shut.troubles.sort_by_key(|(at, _)| *at);
    // The exchange dies at work, and with it nothing that was on disk.
    let mut crashed = queued(6);
    let dies = Trouble::Crash { down_ms: 3_000, after_actions: 1, kept_percent: 100 };
    crashed.troubles.push((120_000, dies));
    crashed.troubles.sort_by_key(|(at, _)| *at);
    for phone in &mut crashed.phones {
        phone.lamps = ["101", "102"].map(str::to_owned).into();
    }
    // No agent ever comes.
    let mut deserted = queued(6);
    deserted.troubles.clear();
    // Who is recorded is asked before, where the seed says so, and keys are pressed at any time.
    let mut asked = crowded.clone();
    (asked.site.records, asked.media.news_ppm) = (true, 1_000_000);
    // Most callers are in flows, and what they say to people there is recorded.
    let mut flowing = Setup::draw(6, Duration::from_secs(900), 16, &Faults::default());
    (flowing.inbound.share_percent, flowing.floor.share_percent) = (80, 0);
    (flowing.site.records, flowing.floor.seed) = (true, 6);
    vec![
        (flowing, &[Defect::RecordedFlow]),
        (called_back, &[Defect::BentTries]),
        (recorded, &[Defect::UntoldPause, Defect::LentAct, Defect::HalfRefused]),
        (crowded, &[Defect::BentRefusal, Defect::BentEmpty, Defect::ComesFull]),
        // Who supervises is restricted to a queue.
        (queued(5), &[Defect::ActsAnywhere]),
        (refused, &[Defect::UntoldRefusal, Defect::BentAgain]),
        (handed_off, &[Defect::ShownNextKey]),
        (closed, &[Defect::BentFull, Defect::ComesClosed]),
        (shut, &[Defect::UntoldDoor, Defect::ComesClosed]),
        (deserted, &[Defect::ComesEmpty]),
        (crashed, &[Defect::ForgottenPresence, Defect::ForgottenSubscriptions]),
        (consulting(), &[Defect::UntapedThird]),
        (restricted(), &[Defect::UnheededRights]),
        (asked, &[Defect::UnaskedRecord, Defect::RecordedRefusal]),
    ]
}

#[test]
fn each_planted_defect_that_needs_an_occasion_is_found() {
    for (setup, defects) in occasions() {
        let clean = play(&setup, Watch { is_strict: true, ..Watch::default() });
        assert_eq!(clean.failure, None, "{defects:?}");
        for defect in defects {
            is_found(&setup, *defect);
        }
    }
}

/// Half past midnight on a Sunday, when the office is open in the evening only.
const NIGHT_MS: i64 = 1_774_744_200_000;

/// What no defect breaks that could be planted from outside: the tables within the exchange and its floor, of which their own tests
/// break each rule (`exchange: audit::tests`, `acd: floor::tests`).
const BROKEN_ELSEWHERE: &str = "the exchange's tables agree with each other: nothing is without an owner";

#[test]
fn every_rule_has_a_defect_that_breaks_it() {
    let broken: BTreeSet<&str> = Defect::ALL.iter().copied().map(rule).collect();
    let rules: BTreeSet<&str> = all(true).iter().map(|checker| checker.rule()).collect();
    let unbroken: Vec<&str> = rules.difference(&broken).copied().collect();
    assert_eq!(unbroken, [BROKEN_ELSEWHERE]);
}

#[test]
fn each_planted_defect_of_supervisors_is_found() {
    for (defect, site, wish) in OF_SUPERVISORS {
        // Somebody listens, or whispers, or barges in, and no more than that.
        let mut setup = site(4);
        let one = |n: usize| Trouble::Supervise { phone: n % 3, place: n, wish };
        setup.troubles = (1..200).map(|n| (n as u64 * 1_000, one(n))).collect();
        let clean = play(&setup, Watch { is_strict: true, ..Watch::default() });
        assert_eq!(clean.failure, None, "{wish:?}");
        is_found(&setup, defect);
    }
}

#[test]
fn each_planted_defect_of_supervisors_of_a_consultation_is_found() {
    for (defect, mode) in OF_CONSULTATIONS {
        // Whoever talks asks a third, and somebody comes to hear that. Where agents sit, calls are answered.
        let mut setup = queued(6);
        setup.floor.share_percent = 0;
        let ask = |n: usize| {
            let wish = AgentWish::Consult { place: n, what: 0, whom: n / 2 };
            Trouble::Agent { agent: 0, wish }
        };
        let come = |n: usize| Trouble::Supervise { phone: n, place: n, wish: SupervisorWish::Call(mode) };
        let asks = (1..120).map(|n| (n as u64 * 2_000, ask(n)));
        let comes = (1..120).map(|n| (n as u64 * 2_000 + 1_500, come(n)));
        setup.troubles = asks.chain(comes).collect();
        setup.troubles.sort_by_key(|(at, _)| *at);
        let clean = play(&setup, Watch { is_strict: true, ..Watch::default() });
        assert_eq!(clean.failure, None, "{mode:?}");
        is_found(&setup, defect);
    }
}

/// The rule of a defect, and no other, finds it.
#[track_caller]
fn is_found(setup: &Setup, defect: Defect) {
    // What has no occasion with some flows and rules has it with others.
    let failure = (0..12).find_map(|further| {
        let mut setup = setup.clone();
        setup.inbound.seed += further;
        setup.floor.seed += further;
        setup.site.records |=
            matches!(defect, Defect::RecordedPin | Defect::RecordedFlow | Defect::EarlyUnpause);
        play(&setup, Watch { is_strict: true, defect, log_lines: 5 }).failure
    });
    let Some(failure) = failure else { panic!("nothing found {defect:?}") };
    assert_eq!(failure.rule, rule(defect), "{defect:?}: {failure:?}");
    assert!(failure.text.contains(words(defect)), "{defect:?}: {failure:?}");
    println!("{defect:?}: {}", failure.text);
}

#[test]
fn agents_who_are_alike_answer_equally_many_calls() {
    for (seed, key) in [(11, SortKey::RoundRobin), (13, SortKey::FewestCalls)] {
        let setup = alike(seed);
        assert_eq!(setup.floor.fair, Some(key));
        let fair = play(&setup, Watch::default());
        assert_eq!((fair.failure, fair.calls > 40), (None, true), "{} calls", fair.calls);
        let unfair = play(&setup, Watch { defect: Defect::UnfairTurns, ..Watch::default() }).failure;
        assert_eq!(unfair.map(|failure| failure.rule).as_deref(), Some(rule(Defect::UnfairTurns)));
    }
}

#[test]
fn a_failure_names_the_step_and_draws_the_call() {
    let setup = quiet(4);
    let outcome = play(&setup, Watch { is_strict: true, defect: Defect::DisorderedCdr, log_lines: 5 });
    let failure = outcome.failure.unwrap();
    assert!(failure.step > 0 && failure.log.len() == 5, "{failure:?}");
    for part in ["Switchroom", "INVITE (SDP)", "200 OK", "BYE"] {
        assert!(failure.ladder.contains(part), "no {part} in\n{}", failure.ladder);
    }
}

#[test]
fn a_failing_run_is_made_shorter() {
    let setup = quiet(4);
    let watch = Watch { is_strict: true, defect: Defect::DisorderedCdr, log_lines: 0 };
    let (short, outcome) = minimise(&setup, watch, 80, |_| {});
    let before = (setup.calls.len(), setup.length_ms);
    let after = (short.calls.len(), short.length_ms);
    assert!(after.0 * 3 < before.0 && after.1 < before.1, "{before:?} {after:?}");
    assert_eq!(outcome.failure.unwrap().rule, rule(Defect::DisorderedCdr));
    // What was written down plays again as it is.
    let read: Setup = serde_json::from_str(&serde_json::to_string(&short).unwrap()).unwrap();
    assert_eq!(read, short);
}

#[test]
fn one_number_is_one_run() {
    let draw = || Setup::draw(11, Duration::from_secs(400), 8, &Faults::all());
    assert_eq!(draw(), draw());
    let (one, other) = (play(&draw(), Watch::default()), play(&draw(), Watch::default()));
    assert_eq!((one.fingerprint, one.steps, one.calls), (other.fingerprint, other.steps, other.calls));
    let different = play(&Setup::draw(12, Duration::from_secs(400), 8, &Faults::all()), Watch::default());
    assert_ne!(one.fingerprint, different.fingerprint);
}

#[test]
fn phones_ask_somebody_and_have_two_calls_connected() {
    let mut attended = 0;
    for seed in 4..9 {
        let mut setup = quiet(seed);
        for phone in &mut setup.phones {
            phone.habits = vec![Habit::Consults];
        }
        let outcome = play(&setup, Watch { is_strict: true, log_lines: 80, ..Watch::default() });
        if let Some(failure) = outcome.failure {
            panic!("seed {seed}: {}\n{}\n{}", failure.rule, failure.text, failure.log.join("\n"));
        }
        attended += outcome.attended;
    }
    assert!(attended > 0, "{attended}");
}

/// A handful of runs with everything that can go wrong; CI plays hundreds, optimised.
#[test]
fn the_rules_hold() {
    let mut coverage = Coverage::default();
    for seed in 1..=12 {
        let setup = Setup::draw(seed, Duration::from_secs(600), 10, &Faults::all());
        let outcome = play(&setup, Watch { log_lines: 30, ..Watch::default() });
        println!("seed {seed}: {} calls, {} steps", outcome.calls, outcome.steps);
        if let Some(failure) = outcome.failure {
            panic!("seed {seed}: {}\n{}\n{}", failure.rule, failure.text, failure.log.join("\n"));
        }
        coverage.merge(&outcome.coverage);
    }
    assert_eq!(coverage.faults_of_list(), [""; 0], "tests/src/sim/impossible.toml");
    assert_eq!(coverage.surprises(), []);
    // What happens although it is said that it cannot is told.
    let (machine, state, event) = ("Server", "Proceeding", "Success");
    assert_eq!(coverage.pairs().get(&(machine, state, event)), Some(&0));
    coverage.add(vec![Pair { machine, state, event, times: 1, matters: true }]);
    let surprises: Vec<_> = coverage.surprises().into_iter().map(|(pair, _)| pair).collect();
    assert_eq!(surprises, [(machine, state, event)]);
}
