//! The flows, the routes to them and the mailbox of the exchange that most tests have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use switchroom_flow::expr::Expr;
use switchroom_flow::node::{HangUpAs, Job, Patience, Reminders};
use switchroom_flow::number::Pattern;
use switchroom_flow::prompt::{Piece, Prompt};
use switchroom_flow::routes::{Destination, Route};
use switchroom_flow::{Flow, Flows, Language, MailboxConfig, Node, NodeId, Place, SiteConfig, Value};

pub(super) const PATIENCE: Patience =
    Patience { first: Duration::from_secs(5), between: Duration::from_secs(3), tries: 2 };

pub(super) fn say(name: &str) -> Prompt {
    Prompt { any: Some(vec![Piece::Named(name.into())]), by_language: BTreeMap::new() }
}

pub(super) fn text(text: &str) -> Expr {
    Expr::Constant(Value::text(text))
}

pub(super) fn at(node: u16) -> Option<NodeId> {
    Some(NodeId(node))
}

pub(super) fn dial(to: &[&str], in_turn: bool) -> Job {
    Job::Dial {
        to: to.iter().map(|number| text(number)).collect(),
        in_turn,
        ring: Some(Duration::from_secs(10)),
        busy: at(2),
        no_answer: at(2),
        failed: at(2),
        after: at(3),
    }
}

pub(super) fn flow(name: &str, jobs: Vec<Job>, on_hang_up: Option<NodeId>) -> (String, Arc<Flow>) {
    let nodes = jobs.into_iter().enumerate().map(|(number, job)| Node {
        name: format!("n{number}"),
        place: Place::default(),
        job,
    });
    let flow = Flow {
        name: name.into(),
        version: 1,
        title: "Main".into(),
        file: String::new(),
        language: Language::En,
        nodes: nodes.collect(),
        start: NodeId(0),
        on_hang_up,
        arguments: BTreeMap::new(),
        text: String::new(),
    };
    (name.into(), Arc::new(flow))
}

/// The flow that most tests use: menu, dial, voicemail, survey.
pub(super) fn main_flow(name: &str, to: &[&str], in_turn: bool) -> (String, Arc<Flow>) {
    let menu = Job::Menu {
        prompt: say("menu"),
        keys: BTreeMap::from([("1".into(), NodeId(1)), ("2".into(), NodeId(2))]),
        patience: PATIENCE,
        reminders: Reminders::default(),
        silent: None,
        otherwise: None,
    };
    let voicemail =
        Job::Voicemail { mailbox: text("102"), greeting: Prompt::default(), next: None, failed: None };
    let survey = Job::Survey {
        prompt: say("rate"),
        question: "kindness".into(),
        keys: "12345".into(),
        patience: PATIENCE,
        next: None,
        silent: None,
    };
    flow(name, vec![menu, dial(to, in_turn), voicemail, survey], None)
}

pub(crate) fn all() -> Flows {
    let exec = Job::Exec {
        argv: vec!["/bin/log".into()],
        input: vec![("caller".into(), Expr::Name("caller".into()))],
        fields: vec![],
        timeout: Duration::from_secs(5),
        next: None,
        failed: None,
    };
    let secret = Job::Collect {
        prompt: say("pin"),
        into: "pin".into(),
        count: (4, 4),
        end: Some('#'),
        patience: PATIENCE,
        reminders: Reminders::default(),
        is_secret: true,
        next: at(1),
        failed: None,
    };
    // Asks for four secret digits, and returns whether they came.
    let asks = Job::Collect {
        prompt: say("pin"),
        into: "pin".into(),
        count: (4, 4),
        end: Some('#'),
        patience: Patience { tries: 1, ..PATIENCE },
        reminders: Reminders::default(),
        is_secret: true,
        next: at(1),
        failed: at(2),
    };
    let returns = |word: &str| Job::Return { value: Some(Expr::Constant(Value::text(word))) };
    let away = |as_busy| vec![Job::HangUp { prompt: Prompt::default(), as_busy }];
    Flows::from([
        main_flow("500", &["102", "103"], false),
        main_flow("501", &["102", "103"], true),
        flow("502", away(HangUpAs::Busy), None),
        flow("503", away(HangUpAs::NotFound), None),
        flow("504", vec![secret, Job::Play { prompt: say("thanks"), is_whole: false, next: None }], None),
        flow(
            "505",
            vec![Job::Play { prompt: say("hello"), is_whole: false, next: None }, exec],
            Some(NodeId(1)),
        ),
        flow("507", vec![asks, returns("verified"), returns("failed")], None),
        flow("506", vec![dial(&["102"], false), Job::Return { value: None }, dial(&["103"], false)], None),
    ])
}

/// Waits for one more digit.
pub(crate) fn asks_again() -> Job {
    Job::Collect {
        prompt: say("more"),
        into: "more".into(),
        count: (1, 1),
        end: None,
        patience: PATIENCE,
        reminders: Reminders::default(),
        is_secret: false,
        next: at(2),
        failed: at(2),
    }
}

pub(crate) fn site() -> SiteConfig {
    let mailbox = MailboxConfig {
        pin: None,
        greeting: None,
        messages_max: 2,
        longest: Duration::from_secs(60),
        keep: Duration::from_secs(86_400),
    };
    let route = |number: u32| {
        let (pattern, to) =
            (Pattern::parse(&number.to_string()).unwrap(), Destination::Flow(number.to_string()));
        Route { calls_max: Some(2), ..Route::plain(&format!("r{number}"), pattern, to) }
    };
    let routes = (500..=506).chain([600]).map(route);
    let back = Route { back: true, ..route(507) };
    SiteConfig {
        mailboxes: BTreeMap::from([("102".into(), mailbox)]),
        routes: routes.chain([back]).collect(),
        ..SiteConfig::default()
    }
}
