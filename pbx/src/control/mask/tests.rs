//! Every field is filled, none by default: who adds a field to a view has to decide here what a viewer sees of it.
use super::*;
use std::collections::{BTreeMap, BTreeSet};
use switchroom_wire::{
    BreakView, CallState, CardView, CdrLegView, ConsultView, DeskView, DiffLine, DiffMark, EndedView,
    EventKind, EventView, ExtensionState, FlowTextView, HandOffView, HandedBackView, HeldView, Hushed,
    LadderEntry, LadderKind, Lane, LegView, MarkView, NoteView, PastCallView, PlaceView, QualityView,
    QueueDoor, QueueTodayView, RecordingState, SaidView, SettingKind, SettingView, SettingsApplied,
    SettingsDiff, SettingsFault, SettingsView, Side, SupervisionMode, SupervisionView, SupervisorView,
    SurveyAnswerView, ToldView, WaiterView, WaveView, WhyView,
};

const NUMBER: &str = "+442079460123";
const ADDRESS: &str = "udp 198.51.100.77:5062";
/// What must not be seen anywhere.
const SECRETS: [&str; 6] = ["2079460123", "198.51.100.77", "alice-home", "83719", "secret-call-id", "4711"];

fn text() -> String {
    format!("{NUMBER} at {ADDRESS} said alice-home dialled 83719")
}

fn a_party() -> PartyView {
    PartyView { number: NUMBER.into(), name: NUMBER.into() }
}

fn an_end() -> EndedView {
    EndedView { at_ms: 1, by: "caller".into(), cause: "hung_up".into(), status: 200, text: text() }
}

fn a_path() -> Vec<WhyView> {
    vec![WhyView { at_ms: 1, step: "route".into(), text: text() }]
}

fn a_call() -> CallView {
    CallView {
        id: "id".into(),
        number: 7,
        state: CallState::Ended,
        from: a_party(),
        to: a_party(),
        with: Some(a_party()),
        started_ms: 1,
        ringing_ms: Some(1),
        answered_ms: Some(1),
        held_ms: None,
        ended: Some(an_end()),
        legs: vec![LegView {
            id: 1,
            side: Side::Caller,
            party: a_party(),
            state: "up".into(),
            address: ADDRESS.into(),
            agent: "phone".into(),
            codec: "PCMA/8000".into(),
            media_address: ADDRESS.into(),
            quality: QualityView::default(),
        }],
        path: a_path(),
        recording: RecordingState::On,
        troubles: vec!["one_way caller".into()],
        place: Some(PlaceView { flow: "main".into(), node: "ask".into() }),
        queue: Some("support".into()),
        queues: vec!["q".into()],
        hand_off: Some(HandOffView { flow: "pin".into(), by: a_party(), is_waiting: true, since_ms: 1 }),
        consult: Some(ConsultView {
            by: a_party(),
            third: a_party(),
            call: "id".into(),
            bridge: "swapped".into(),
        }),
        handed_back: vec![HandedBackView { at_ms: 1, flow: "pin".into(), result: text() }],
        supervision: Some(SupervisionView {
            user: "alice-home".into(),
            mode: SupervisionMode::Barge,
            call: Some("id".into()),
            follows: Some(NUMBER.into()),
            heard_by: vec![a_party()],
        }),
        supervisors: vec![SupervisorView {
            user: "alice-home".into(),
            phone: NUMBER.into(),
            mode: SupervisionMode::Barge,
            call: "id".into(),
        }],
    }
}

fn a_cdr() -> CdrView {
    CdrView {
        id: "id".into(),
        number: 7,
        from: a_party(),
        to: a_party(),
        with: Some(a_party()),
        started_ms: 1,
        ringing_ms: Some(1),
        answered_ms: Some(1),
        ended: an_end(),
        talk_ms: 1,
        total_ms: 1,
        path: a_path(),
        legs: vec![CdrLegView {
            side: Side::Caller,
            party: a_party(),
            address: ADDRESS.into(),
            codec: "PCMA/8000".into(),
            sip_call_id: "secret-call-id".into(),
            outcome: "answered".into(),
            quality: QualityView::default(),
        }],
        recording: Some("id".into()),
        flow: Some("main".into()),
        answers: vec![SurveyAnswerView { question: "83719".into(), key: '4' }],
        disposition: format!("call {NUMBER}"),
    }
}

fn a_recording() -> RecordingView {
    RecordingView {
        id: "id".into(),
        number: 7,
        started_ms: 1,
        length_ms: 1,
        bytes: 1,
        from: a_party(),
        with: a_party(),
        file: "2026/11/21/id.wav".into(),
        rate: 8000,
        sha256: "ab".into(),
        marks: vec![MarkView { at_ms: 1, kind: "digit".into(), text: "4711".into() }],
        codec: "PCMA/8000".into(),
        complete: true,
        held: Some(HeldView { by: "sue".into(), reason: format!("of {NUMBER}"), at_ms: 1 }),
    }
}

fn a_message() -> MessageView {
    MessageView {
        id: "id-1".into(),
        mailbox: Some("101".into()),
        call: "id".into(),
        from: a_party(),
        at_ms: 1,
        length_ms: 1,
        bytes: 1,
        file: "messages/2026/11/id-1.wav".into(),
        sha256: "ab".into(),
        is_new: true,
    }
}

fn a_binding() -> BindingView {
    BindingView {
        contact: "sip:alice-home@198.51.100.77:5062".into(),
        address: ADDRESS.into(),
        agent: "phone".into(),
        registered_ms: 1,
        expires_ms: 1,
        rtt_us: Some(1),
        missed: 0,
    }
}

fn an_extension() -> ExtensionView {
    ExtensionView {
        number: "101".into(),
        name: "Ana".into(),
        state: ExtensionState::Idle,
        since_ms: 1,
        bindings: vec![a_binding()],
        problem: Some(text()),
    }
}

fn an_alarm() -> AlarmView {
    AlarmView {
        id: "one_way:id".into(),
        severity: Severity::Warn,
        since_ms: 1,
        text: text(),
        call: Some("id".into()),
    }
}

fn an_event() -> EventView {
    EventView {
        seq: 1,
        at_ms: 1,
        kind: EventKind::Call,
        severity: Severity::Info,
        call: Some("id".into()),
        number: Some(7),
        subject: NUMBER.into(),
        name: "call_answered".into(),
        text: text(),
    }
}

fn an_agent() -> AgentView {
    AgentView {
        number: "2001".into(),
        name: "Ana".into(),
        extension: "101".into(),
        presence: "break".into(),
        reason: "lunch".into(),
        activity: "idle".into(),
        since_ms: 1,
        wrap_up_ends_ms: Some(1),
        call: Some("id".into()),
        queue: "sales".into(),
        queues: BTreeMap::from([("sales".into(), 1)]),
        skills: BTreeMap::from([("german".into(), 7)]),
        problem: "no_phone".into(),
        calls_today: 3,
        talk_today_ms: 4,
        repeats_today: 1,
        breaks: vec![BreakView {
            reason: "lunch".into(),
            label: "Lunch".into(),
            ended_ms: 1,
            since_ms: Some(1),
            budget_ms: 9,
        }],
        told: Some(ToldView { text: text(), by: "alice-home".into(), at_ms: 1 }),
    }
}

fn a_missed() -> MissedView {
    MissedView {
        id: "id".into(),
        last_call: "id".into(),
        caller: a_party(),
        class: "vip".into(),
        queue: "sales".into(),
        count: 2,
        first_ms: 1,
        last_ms: 2,
        longest_wait_ms: 3,
        is_repeat: true,
        claimed_by: "2001".into(),
        claimed_ms: Some(3),
        tries: 1,
        tried_ms: Some(4),
    }
}

fn a_queue() -> QueueView {
    let waiter = WaiterView {
        call: "id".into(),
        number: 7,
        caller: a_party(),
        call_back: "waits".into(),
        tries: 1,
        class: "vip".into(),
        priority: 3,
        since_ms: 1,
        ringing: vec!["2001".into()],
    };
    QueueView {
        name: "sales".into(),
        label: "Sales".into(),
        waiting_count: 1,
        call_backs: 1,
        oldest_ms: None,
        waiting: vec![waiter],
        agents: 4,
        signed_in: 3,
        free: 2,
        busy: 1,
        hours: "office".into(),
        is_closed: true,
        said: Some(SaidView { door: QueueDoor::Closed, by: "alice-home".into(), at_ms: 1 }),
        hours_change_ms: Some(1),
        calls: 3,
        max_calls: 20,
        order: vec!["longest_idle".into()],
        service_level_ms: 20_000,
        today: QueueTodayView {
            offered: 9,
            answered: 5,
            abandoned: 1,
            short_abandoned: 1,
            overflowed: 1,
            called_back: 1,
            repeats: 1,
            repeats_permille: Some(200),
            service_level_permille: Some(800),
            average_wait_ms: 1,
            longest_wait_ms: 2,
        },
    }
}

fn a_board() -> Board {
    Board {
        system: SystemView::default(),
        calls: BTreeMap::from([("id".into(), a_call())]),
        extensions: BTreeMap::from([("101".into(), an_extension())]),
        agents: BTreeMap::from([("2001".into(), an_agent())]),
        queues: BTreeMap::from([("sales".into(), a_queue())]),
        alarms: BTreeMap::from([("one_way:id".into(), an_alarm())]),
        recordings: vec![a_recording()],
        messages: vec![a_message()],
        missed: vec![a_missed()],
        events: vec![an_event()],
    }
}

fn every_change() -> Vec<Change> {
    vec![
        Change::System(Box::default()),
        Change::Call(Box::new(a_call())),
        Change::CallGone("id".into()),
        Change::Extension(Box::new(an_extension())),
        Change::ExtensionGone("101".into()),
        Change::Agent(Box::new(an_agent())),
        Change::AgentGone("2001".into()),
        Change::Queue(Box::new(a_queue())),
        Change::QueueGone("sales".into()),
        Change::Alarm(an_alarm()),
        Change::AlarmGone("one_way:id".into()),
        Change::Recording(Box::new(a_recording())),
        Change::RecordingGone("id".into()),
        Change::Message(Box::new(a_message())),
        Change::MessageGone("id-1".into()),
        Change::Missed(Box::new(a_missed())),
        Change::MissedGone("id".into()),
        Change::Event(an_event()),
    ]
}

fn ladder_entries() -> Vec<LadderEntry> {
    let message = LadderKind::Message {
        lane: 1,
        inbound: true,
        summary: text(),
        again: false,
        transport: "udp".into(),
        bytes: 900,
        text: text(),
    };
    let kinds = [message, LadderKind::Decision { text: text() }];
    kinds.into_iter().map(|kind| LadderEntry { at_us: 1, kind }).collect()
}

fn a_desk() -> DeskView {
    let notes = vec![NoteView { at_ms: 1, by: "alice-home".into(), text: text() }];
    let past = PastCallView {
        call: "id".into(),
        number: 6,
        at_ms: 1,
        with: Some(a_party()),
        is_outbound: true,
        talk_ms: 2,
        disposition: text(),
        notes: notes.clone(),
    };
    let card = CardView {
        call: "id".into(),
        number: 7,
        caller: a_party(),
        called: NUMBER.into(),
        queue: "sales".into(),
        class: "vip".into(),
        waited_ms: Some(1),
        values: vec![("pin".into(), "83719".into())],
        script: text(),
        dispositions: vec![text()],
        disposition: text(),
        notes,
        history: vec![past],
    };
    DeskView {
        agent: "2001".into(),
        extension: NUMBER.into(),
        breaks: vec![("lunch".into(), "Lunch".into())],
        card: Some(card),
        told: Some(ToldView { text: text(), by: "alice-home".into(), at_ms: 1 }),
    }
}

fn some_settings() -> SettingsView {
    let entry = SettingView {
        name: NUMBER.into(),
        label: text(),
        values: BTreeMap::from([("contact".into(), ADDRESS.into())]),
        secrets: vec!["password".into()],
    };
    SettingsView {
        kind: SettingKind::Extension,
        path: text(),
        file: text(),
        is_stale: true,
        undo: Some(text()),
        keys: vec![],
        entries: vec![entry],
    }
}

fn a_fault() -> SettingsFault {
    SettingsFault { file: text(), line: 1, what: text(), hint: Some(text()) }
}

/// How many kinds of answers there are; [`kind_of`] numbers them.
const KINDS: usize = 23;

/// The number of an answer's kind. A new kind gets the next one, [`KINDS`] one more, and [`every_answer`] one of it.
fn kind_of(answer: &Answer) -> usize {
    match answer {
        Answer::Done(_) => 0,
        Answer::Status(_) => 1,
        Answer::Calls(_) => 2,
        Answer::Call(_) => 3,
        Answer::Cdr(_) => 4,
        Answer::Extensions(_) => 5,
        Answer::Desk(_) => 6,
        Answer::Flows(_) => 7,
        Answer::Agents(_) => 8,
        Answer::Queues(_) => 9,
        Answer::Figures(_) => 10,
        Answer::Why(_) => 11,
        Answer::Cdrs(_) => 12,
        Answer::Events(_) => 13,
        Answer::Recordings(_) => 14,
        Answer::Messages(_) => 15,
        Answer::Missed(_) => 16,
        Answer::Wave(_) => 17,
        Answer::Ladder(_) => 18,
        Answer::Settings(_) => 19,
        Answer::FlowText(_) => 20,
        Answer::SettingsDiff(_) => 21,
        Answer::SettingsApplied(_) => 22,
    }
}

/// One of each kind. Those that pass as they are have in them what the exchange puts there for a viewer.
fn every_answer() -> Vec<Answer> {
    let lanes = vec![Lane { name: NUMBER.into(), address: ADDRESS.into() }];
    vec![
        Answer::Calls(vec![a_call()]),
        Answer::Agents(vec![an_agent()]),
        Answer::Queues(vec![a_queue()]),
        Answer::Call(Box::new(a_call())),
        Answer::Cdr(Box::new(a_cdr())),
        Answer::Extensions(vec![an_extension()]),
        Answer::Cdrs(vec![a_cdr()]),
        Answer::Events(vec![an_event()]),
        Answer::Recordings(vec![a_recording()]),
        Answer::Messages(vec![a_message()]),
        Answer::Missed(vec![a_missed()]),
        Answer::Ladder(Box::new(Ladder { call: "id".into(), lanes, entries: ladder_entries(), dropped: 0 })),
        Answer::Done("call 7 ended".into()),
        Answer::Status(Box::default()),
        Answer::Flows(vec![]),
        Answer::Figures(vec![]),
        Answer::Wave(WaveView { id: "id".into(), length_ms: 1, caller: vec![1], callee: vec![2] }),
        Answer::Why(Box::new(ReasonsView {
            call: "id".into(),
            path: a_path(),
            standing: None,
            offers: vec![],
        })),
        Answer::Desk(Box::new(a_desk())),
        Answer::Settings(Box::new(some_settings())),
        Answer::FlowText(Box::new(FlowTextView {
            name: "main".into(),
            path: text(),
            file: text(),
            text: Hushed(text()),
        })),
        Answer::SettingsDiff(Box::new(SettingsDiff {
            file: text(),
            told: text(),
            pieces: vec![vec![DiffLine { mark: DiffMark::New, old: 0, new: 1, text: text() }]],
            left_out: 0,
            faults: vec![a_fault()],
            warnings: vec![a_fault()],
            needs_restart: true,
        })),
        Answer::SettingsApplied(Box::new(SettingsApplied {
            told: text(),
            password: Some(Hushed(text())),
            needs_restart: true,
            file: text(),
        })),
    ]
}

fn assert_silent(json: serde_json::Result<String>) {
    let json = json.unwrap_or_default();
    assert!(!json.is_empty());
    for secret in SECRETS {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
}

#[test]
fn a_viewer_sees_no_number_and_no_address_on_any_path() {
    assert_silent(serde_json::to_string(&board(a_board())));
    for one in every_change() {
        assert_silent(serde_json::to_string(&change(&one, SystemView::default)));
    }
    let kinds: BTreeSet<usize> = every_answer().iter().map(kind_of).collect();
    assert_eq!(kinds, (0..KINDS).collect(), "a kind of answer is missing above");
    for one in every_answer() {
        assert_silent(serde_json::to_string(&answer(one)));
    }
    assert_eq!(alarm(an_alarm()).text, "one way: warning");
}

/// Otherwise a viewer's screen would drift from what a fresh connection shows.
#[test]
fn masked_changes_fold_to_the_masked_board() {
    let (mut whole, mut seen) = (Board::default(), Board::default());
    for one in every_change() {
        whole.apply(&one);
        seen.apply(&change(&one, SystemView::default));
        assert_eq!(seen, board(whole.clone()));
    }
}

#[test]
fn names_of_people_stay() {
    let mut ana = PartyView { number: "2001".into(), name: "Ana 2".into() };
    party(&mut ana);
    assert_eq!(ana, PartyView { number: "2001".into(), name: "Ana 2".into() });
}
