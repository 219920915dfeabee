//! What is kept of calls that are over, and of work done: for whom it is who is restricted to queues.

use super::rights::{configure, restriction, why};
use super::told::{AT_MS, ended};
use super::*;
use switchroom_acd::fact::Trigger;
use switchroom_acd::{Decision, Fact};
use switchroom_exchange::{CallId, Record};
use switchroom_wire::FiguresBy;

const NOT_HERS: &str = "that call is of no queue of yours";

/// A call that was of those queues, as its record says.
fn was_of(number: u64, queues: Option<&[&str]>) -> Record {
    let Record::Cdr(mut cdr) = ended(number) else { panic!() };
    cdr.was_of = queues.map(|queues| queues.iter().map(|queue| (*queue).to_owned()).collect());
    Record::Cdr(cdr)
}

fn id(number: u64) -> CallId {
    CallId::new(AT_MS, u128::from(number))
}

/// `sales` offered the call to an agent.
fn offered(seq: u64, number: u64) -> Record {
    let decision = Decision {
        at_ms: AT_MS,
        mono_ms: 0,
        offer: 1,
        call: id(number).0,
        queue: "sales".into(),
        waited_ms: 0,
        trigger: Trigger::Waiter,
        order: Vec::new(),
        needs: Vec::new(),
        chosen: vec!["2001".into()],
        candidates: Vec::new(),
        others: Vec::new(),
        unnamed: 0,
        lines: Vec::new(),
    };
    Record::Floor { seq, fact: Box::new(Fact::Offered(Box::new(decision))) }
}

/// A daemon that has known calls before, and the one who runs the tests acts on `sales` only.
fn after(records: impl IntoIterator<Item = Record>) -> (Daemon, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), &restriction());
    let loaded = config::load(&dir.path().join("switchroom.toml")).unwrap();
    let (store, _) = Store::open(&loaded.shell.data_dir, Arc::new(|_| ())).unwrap();
    records.into_iter().for_each(|record| store.put(None, record));
    store.close();
    (daemon::start(&loaded).unwrap(), dir)
}

/// All that is kept of a call, and done with its recording.
fn asked(number: u64) -> [Command; 7] {
    let call = || number.to_string();
    [
        Command::Ladder { call: call() },
        Command::Events { limit: 10, call: Some(call()), after_ms: None },
        Command::HoldRecording { call: call(), reason: "case".into() },
        Command::ReleaseRecording { call: call() },
        Command::DeleteRecording { call: call() },
        Command::Wave { recording: id(number).to_string(), columns: 10 },
        Command::Note { call: call(), text: "calls again".into() },
    ]
}

/// Whoever answered has it: that another queue offered the call before, in vain, gives its supervisor nothing.
#[test]
fn what_is_kept_of_a_call_is_for_whose_queue_it_was_of() {
    let (sales, service): (&[&str], &[&str]) = (&["sales"], &["service"]);
    let (daemon, _dir) = after([
        was_of(7, Some(sales)),
        was_of(8, Some(service)),
        offered(1, 8),
        // From before that was written down.
        was_of(9, None),
        offered(2, 9),
        was_of(10, None),
        was_of(11, Some(&[])),
    ]);
    let mut mara = Client::join(daemon.socket(), &hello(None, false, None));
    for (number, is_hers) in [(7, true), (8, false), (9, true), (10, false), (11, false)] {
        for command in asked(number) {
            let said = format!("{number}: {command:?}");
            let answer = mara.ask(1, command);
            let is_refused = matches!(&answer, Err(CommandError::Refused { why }) if why == NOT_HERS);
            assert_eq!(is_refused, !is_hers, "{said}: {answer:?}");
        }
    }
    let note = Command::Note { call: "7".into(), text: "again".into() };
    assert!(mara.ask(1, note).is_ok());
}

#[test]
fn a_flow_is_not_read_by_who_would_get_an_empty_file() {
    let (daemon, _dir) = after([]);
    let mut mara = Client::join(daemon.socket(), &hello(None, false, None));
    assert!(why(&mut mara, Command::FlowText { flow: "main".into() }).contains("about more than those"));
}

#[test]
fn figures_are_of_the_agents_of_the_own_queues() {
    let (daemon, dir) = after([]);
    let mut mara = Client::join(daemon.socket(), &hello(None, false, None));
    configure(dir.path(), "");
    assert!(mara.ask(1, Command::Reload).is_ok());
    for (agent, presence) in [("2001", "ready"), ("2001", "logged_out"), ("2002", "ready")] {
        let (agent, presence, extension) = (agent.into(), presence.into(), Some(NUMBER.into()));
        let sits = Command::AgentPresence { agent, presence, reason: None, extension };
        mara.ask(1, sits).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let agents = |client: &mut Client| {
        let figures = client.ask(1, Command::Figures { by: FiguresBy::Day, days: 1 });
        let Ok(Answer::Figures(days)) = figures else { panic!("{figures:?}") };
        days.iter().flat_map(|day| day.agents.keys().cloned()).collect::<Vec<_>>()
    };
    assert_eq!(agents(&mut mara), ["2001", "2002"]);
    configure(dir.path(), &restriction());
    assert!(mara.ask(1, Command::Reload).is_ok());
    assert_eq!(agents(&mut mara), ["2001"]);
}
