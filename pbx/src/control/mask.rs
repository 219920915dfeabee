//! What a viewer sees: one function for each kind of view, each naming every field that may hold a number or an address.
//!
//! Extensions' own short numbers stay ([`mask_number`]); the middle of longer ones, addresses, and every sentence that
//! could quote either are left out.

use switchroom_wire::{
    AgentView, AlarmView, Answer, BindingView, Board, CallView, CdrView, Change, ExtensionView, Ladder,
    MessageView, MissedView, PartyView, QueueView, ReasonsView, RecordingView, Severity, SystemView,
    mask_number,
};

/// Most digits of a name: one with more is a number that a phone sent as its name.
const NAME_DIGITS_MAX: usize = 5;

fn party(party: &mut PartyView) {
    party.number = mask_number(&party.number);
    if party.name.chars().filter(|c| c.is_numeric()).count() > NAME_DIGITS_MAX {
        party.name.clear();
    }
}

/// A live call.
pub(super) fn call(mut call: CallView) -> CallView {
    [&mut call.from, &mut call.to].into_iter().chain(call.with.as_mut()).for_each(party);
    for leg in &mut call.legs {
        party(&mut leg.party);
        leg.address.clear();
        leg.media_address.clear();
    }
    call.path.clear();
    if let Some(hand_off) = &mut call.hand_off {
        party(&mut hand_off.by);
    }
    if let Some(consult) = &mut call.consult {
        party(&mut consult.by);
        party(&mut consult.third);
    }
    // What a flow returns may be what it looked up of the caller, or the keys of a survey.
    call.handed_back.iter_mut().for_each(|back| back.result.clear());
    if let Some(ended) = &mut call.ended {
        ended.text.clone_from(&ended.cause);
    }
    if let Some(one) = &mut call.supervision {
        one.user.clear();
        one.follows = one.follows.as_deref().map(mask_number);
        one.heard_by.iter_mut().for_each(party);
    }
    for one in &mut call.supervisors {
        one.user.clear();
        one.phone = mask_number(&one.phone);
    }
    call
}

/// A finished call.
pub(super) fn cdr(mut cdr: CdrView) -> CdrView {
    [&mut cdr.from, &mut cdr.to].into_iter().chain(cdr.with.as_mut()).for_each(party);
    cdr.path.clear();
    // Addresses and the Call-IDs that phones make of them.
    cdr.legs.clear();
    // Keys that the caller pressed.
    cdr.answers.clear();
    // A word is no number; where none are configured, agents write what they like.
    if cdr.disposition.contains(|c: char| c.is_numeric()) {
        cdr.disposition.clear();
    }
    cdr.ended.text.clone_from(&cdr.ended.cause);
    cdr
}

/// A recording. Its marks hold the digits that were dialled during it: PINs, card numbers.
pub(super) fn recording(mut recording: RecordingView) -> RecordingView {
    party(&mut recording.from);
    party(&mut recording.with);
    recording.marks.clear();
    if let Some(held) = &mut recording.held {
        held.by.clear();
        held.reason.clear();
    }
    recording
}

/// A message. Boxes are extensions and queues of the site.
pub(super) fn message(mut message: MessageView) -> MessageView {
    party(&mut message.from);
    message
}

/// Where an extension is registered: that it is, and with what kind of phone.
pub(super) fn binding(mut binding: BindingView) -> BindingView {
    binding.contact.clear();
    binding.address.clear();
    binding
}

/// An extension.
pub(super) fn extension(mut extension: ExtensionView) -> ExtensionView {
    extension.bindings = extension.bindings.into_iter().map(binding).collect();
    extension.problem = None;
    extension
}

/// An alarm: which and how bad.
pub(super) fn alarm(mut alarm: AlarmView) -> AlarmView {
    let what = alarm.id.split(':').next().unwrap_or_default().replace('_', " ");
    let severity = match alarm.severity {
        Severity::Info => "for information",
        Severity::Warn => "warning",
        Severity::Crit => "critical",
    };
    alarm.text = format!("{what}: {severity}");
    alarm
}

/// An agent; what a supervisor has told is for the two.
pub(super) fn agent(agent: AgentView) -> AgentView {
    AgentView { told: None, ..agent }
}

/// A queue: who waits keeps the end of the number.
pub(super) fn queue(mut queue: QueueView) -> QueueView {
    for waiter in &mut queue.waiting {
        party(&mut waiter.caller);
    }
    if let Some(said) = &mut queue.said {
        said.by.clear();
    }
    queue
}

/// A caller who gave up keeps the end of the number.
pub(super) fn missed(mut missed: MissedView) -> MissedView {
    party(&mut missed.caller);
    missed
}

/// The whole board.
pub(super) fn board(board: Board) -> Board {
    Board {
        system: board.system,
        calls: board.calls.into_iter().map(|(id, view)| (id, call(view))).collect(),
        extensions: board.extensions.into_iter().map(|(number, view)| (number, extension(view))).collect(),
        agents: board.agents.into_iter().map(|(number, view)| (number, agent(view))).collect(),
        queues: board.queues.into_iter().map(|(name, view)| (name, queue(view))).collect(),
        alarms: board.alarms.into_iter().map(|(id, view)| (id, alarm(view))).collect(),
        recordings: board.recordings.into_iter().map(recording).collect(),
        messages: board.messages.into_iter().map(message).collect(),
        missed: board.missed.into_iter().map(missed).collect(),
        // Their sentences hold numbers.
        events: Vec::new(),
    }
}

/// One change of the board. `system` gives the daemon's figures, which stand in for what a viewer does not get at all:
/// the sequence number must rise all the same, and the figures change nothing.
pub(super) fn change(change: &Change, system: impl FnOnce() -> SystemView) -> Change {
    match change {
        Change::Call(view) => Change::Call(Box::new(call((**view).clone()))),
        Change::Extension(view) => Change::Extension(Box::new(extension((**view).clone()))),
        Change::Alarm(view) => Change::Alarm(alarm(view.clone())),
        Change::Recording(view) => Change::Recording(Box::new(recording((**view).clone()))),
        Change::Message(view) => Change::Message(Box::new(message((**view).clone()))),
        Change::Agent(view) => Change::Agent(Box::new(agent((**view).clone()))),
        Change::Queue(view) => Change::Queue(Box::new(queue((**view).clone()))),
        Change::Missed(view) => Change::Missed(Box::new(missed((**view).clone()))),
        Change::Event(_) => Change::System(Box::new(system())),
        Change::System(_)
        | Change::CallGone(_)
        | Change::ExtensionGone(_)
        | Change::AgentGone(_)
        | Change::QueueGone(_)
        | Change::AlarmGone(_)
        | Change::RecordingGone(_)
        | Change::MessageGone(_)
        | Change::MissedGone(_) => change.clone(),
    }
}

/// The answer to a command.
pub(super) fn answer(answer: Answer) -> Answer {
    match answer {
        Answer::Calls(views) => Answer::Calls(views.into_iter().map(call).collect()),
        Answer::Call(view) => Answer::Call(Box::new(call(*view))),
        Answer::Cdr(view) => Answer::Cdr(Box::new(cdr(*view))),
        Answer::Extensions(views) => Answer::Extensions(views.into_iter().map(extension).collect()),
        Answer::Agents(views) => Answer::Agents(views.into_iter().map(agent).collect()),
        Answer::Queues(views) => Answer::Queues(views.into_iter().map(queue).collect()),
        Answer::Cdrs(views) => Answer::Cdrs(views.into_iter().map(cdr).collect()),
        Answer::Recordings(views) => Answer::Recordings(views.into_iter().map(recording).collect()),
        Answer::Messages(views) => Answer::Messages(views.into_iter().map(message).collect()),
        Answer::Missed(views) => Answer::Missed(views.into_iter().map(missed).collect()),
        // What is in words may name numbers.
        Answer::Why(view) => Answer::Why(Box::new(ReasonsView { path: Vec::new(), ..*view })),
        // Refused before it comes to this; here should that ever be forgotten.
        Answer::Events(_) => Answer::Events(Vec::new()),
        Answer::Ladder(ladder) => Answer::Ladder(Box::new(Ladder { call: ladder.call, ..Ladder::default() })),
        // The same.
        Answer::Desk(_) => Answer::Desk(Box::default()),
        Answer::Settings(_) => Answer::Settings(Box::default()),
        Answer::FlowText(_) => Answer::FlowText(Box::default()),
        Answer::SettingsDiff(_) => Answer::SettingsDiff(Box::default()),
        Answer::SettingsApplied(_) => Answer::SettingsApplied(Box::default()),
        Answer::Done(_)
        | Answer::Status(_)
        | Answer::Wave(_)
        // Masked where it is made.
        | Answer::Flows(_)
        | Answer::Figures(_) => answer,
    }
}

#[cfg(test)]
mod tests {
    //! Every field is filled, none by default: who adds a field to a view has to decide here what a viewer sees of it.
    use super::*;
    use std::collections::BTreeMap;
    use switchroom_wire::{
        BreakView, CallState, CdrLegView, ConsultView, EndedView, EventKind, EventView, ExtensionState,
        HandOffView, HandedBackView, HeldView, Lane, LegView, MarkView, PlaceView, QualityView, QueueDoor,
        QueueTodayView, RecordingState, SaidView, Side, SupervisionMode, SupervisionView, SupervisorView,
        SurveyAnswerView, ToldView, WaiterView, WhyView,
    };

    const NUMBER: &str = "+442079460123";
    const ADDRESS: &str = "udp 198.51.100.77:5062";
    /// What must not be seen anywhere.
    const SECRETS: [&str; 6] =
        ["2079460123", "198.51.100.77", "alice-home", "83719", "secret-call-id", "4711"];

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
            Answer::Ladder(Box::new(Ladder { call: "id".into(), lanes, entries: Vec::new(), dropped: 0 })),
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
}
