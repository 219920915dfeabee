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
        // All below is refused before it comes to this; here should that ever be forgotten.
        Answer::Events(_) => Answer::Events(Vec::new()),
        Answer::Ladder(ladder) => Answer::Ladder(Box::new(Ladder { call: ladder.call, ..Ladder::default() })),
        Answer::Desk(_) => Answer::Desk(Box::default()),
        Answer::Settings(_) => Answer::Settings(Box::default()),
        Answer::FlowText(_) => Answer::FlowText(Box::default()),
        Answer::SettingsDiff(_) => Answer::SettingsDiff(Box::default()),
        Answer::SettingsApplied(_) => Answer::SettingsApplied(Box::default()),
        // They name nobody: what was done is told to who did it, whoever may do it.
        Answer::Done(_) | Answer::Status(_) | Answer::Wave(_) => answer,
        // Masked where they are made.
        Answer::Flows(_) | Answer::Figures(_) => answer,
    }
}

#[cfg(test)]
mod tests;
