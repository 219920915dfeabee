//! The one table of what the console can do. Key bar, help, palette and `KEYS.md` are made from it.

use super::{Action, Confirm, Context, Family, Group};
use switchroom_wire::Role;

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) action: Action,
    /// The id in configuration, and the stem of its words: `action.<name>.label`, `action.<name>.text`.
    pub(crate) name: &'static str,
    /// Default keys; a sequence is written with a blank.
    pub(crate) keys: &'static [&'static str],
    pub(crate) contexts: &'static [Context],
    pub(crate) group: Group,
    /// Of what a verb is, which says who asks for it and who refuses it; `None` for what only looks.
    pub(crate) family: Option<Family>,
    /// The least role that may do it; `None` for what only looks.
    pub(crate) role: Option<Role>,
    pub(crate) confirm: Confirm,
    /// Place in the key bar, 1 first; 0 keeps it out.
    pub(crate) bar: u8,
    /// Where it stands in the key bar, if not wherever it can be done.
    pub(crate) bar_in: Option<&'static [Context]>,
}

impl Spec {
    /// Whether the key bar of a screen has it.
    pub(crate) fn is_in_bar(&self, here: Context) -> bool {
        self.bar > 0 && self.bar_in.unwrap_or(self.contexts).contains(&here)
    }
}

use Context::{
    Agents, Calls, Desk, Events, Flows, Ladder, Lines, Log, Media, Missed, Path, Queues, Recordings, Reports,
    Settings, Waiting, Wall,
};

const EVERYWHERE: &[Context] = &Context::ALL;
const LISTS: &[Context] = &[Queues, Waiting, Agents, Calls, Missed, Flows, Reports, Recordings, Log, Lines];
/// Where there are tabs within a screen.
const TABBED: &[Context] = &[Ladder, Media, Path, Events, Reports, Settings];
const TO_HANG_UP: &[Context] = &[Waiting, Calls, Ladder, Media, Path, Events];
/// Where one begins to listen; and, as all of it stays within reach while one does, every other screen but those of the
/// missed and of the desk, which have uses of their own for such letters.
const TO_SUPERVISE: &[Context] = &[
    Wall, Queues, Waiting, Agents, Calls, Flows, Ladder, Media, Path, Events, Reports, Recordings, Log,
    Lines, Settings,
];

/// Everywhere but on the flows, where the letter edits one; Esc leaves there, too.
const TO_LEAVE: &[Context] = &[
    Wall, Queues, Waiting, Agents, Calls, Missed, Desk, Ladder, Media, Path, Events, Reports, Recordings,
    Log, Lines, Settings,
];

/// Where something that can be heard is selected.
const TO_LISTEN: &[Context] = &[Agents, Calls, Ladder, Media, Path, Events];

const fn look(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    contexts: &'static [Context],
    group: Group,
    bar: u8,
) -> Spec {
    let confirm = Confirm::None;
    Spec { action, name, keys, contexts, group, family: None, role: None, confirm, bar, bar_in: None }
}

const fn verb(
    family: Family,
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    contexts: &'static [Context],
    role: Role,
    confirm: Confirm,
) -> Spec {
    let (group, family, role) = (Group::Act, Some(family), Some(role));
    Spec { action, name, keys, contexts, group, family, role, confirm, bar: 1, bar_in: None }
}

/// The same, not in the key bar.
const fn hidden(spec: Spec) -> Spec {
    Spec { bar: 0, ..spec }
}

/// The same, in the key bar of these screens only.
const fn barred_to(contexts: &'static [Context], spec: Spec) -> Spec {
    Spec { bar_in: Some(contexts), ..spec }
}

/// The table. Help lists a group in this order.
pub(crate) const ACTIONS: &[Spec] = &[
    // Elsewhere it only brings back who listens already, and stands in their line.
    barred_to(
        TO_LISTEN,
        verb(
            Family::Supervise,
            Action::Listen,
            "listen",
            &["L"],
            TO_SUPERVISE,
            Role::Supervisor,
            Confirm::None,
        ),
    ),
    // In the key bar only where somebody is heard: there they stand in the line that tells who hears the user.
    hidden(verb(
        Family::Supervise,
        Action::Whisper,
        "whisper",
        &["W"],
        TO_SUPERVISE,
        Role::Supervisor,
        Confirm::None,
    )),
    hidden(verb(
        Family::Supervise,
        Action::Barge,
        "barge",
        &["B"],
        TO_SUPERVISE,
        Role::Supervisor,
        Confirm::None,
    )),
    hidden(verb(
        Family::Supervise,
        Action::TakeOver,
        "take_over",
        &["K"],
        TO_SUPERVISE,
        Role::Supervisor,
        Confirm::Yes,
    )),
    hidden(verb(
        Family::Supervise,
        Action::Unlisten,
        "unlisten",
        &["E"],
        TO_LEAVE,
        Role::Supervisor,
        Confirm::None,
    )),
    verb(Family::Forcing, Action::PickUp, "pick_up", &["P"], TO_HANG_UP, Role::Supervisor, Confirm::None),
    verb(Family::Forcing, Action::Assign, "assign", &["A"], TO_HANG_UP, Role::Supervisor, Confirm::Reason),
    verb(
        Family::Forcing,
        Action::Transfer,
        "transfer",
        &["T"],
        TO_HANG_UP,
        Role::Supervisor,
        Confirm::Reason,
    ),
    verb(
        Family::Floor,
        Action::PriorityUp,
        "priority_up",
        &["V"],
        &[Waiting],
        Role::Supervisor,
        Confirm::None,
    ),
    verb(
        Family::Floor,
        Action::PriorityDown,
        "priority_down",
        &["J"],
        &[Waiting],
        Role::Supervisor,
        Confirm::None,
    ),
    verb(Family::Floor, Action::TakeOut, "take_out", &["O"], &[Waiting], Role::Supervisor, Confirm::Yes),
    verb(Family::Floor, Action::QueueDoor, "queue_door", &["S"], &[Queues], Role::Supervisor, Confirm::Name),
    verb(
        Family::Floor,
        Action::AgentReady,
        "agent_ready",
        &["I"],
        &[Agents],
        Role::Supervisor,
        Confirm::None,
    ),
    verb(
        Family::Floor,
        Action::AgentBreak,
        "agent_break",
        &["P"],
        &[Agents],
        Role::Supervisor,
        Confirm::Reason,
    ),
    verb(
        Family::Floor,
        Action::AgentFinish,
        "agent_finish",
        &["F"],
        &[Agents],
        Role::Supervisor,
        Confirm::None,
    ),
    verb(Family::Floor, Action::AgentOut, "agent_out", &["O"], &[Agents], Role::Supervisor, Confirm::Yes),
    verb(
        Family::Floor,
        Action::AgentTell,
        "agent_tell",
        &["M"],
        &[Agents],
        Role::Supervisor,
        Confirm::Reason,
    ),
    verb(Family::Missed, Action::MissedClaim, "missed_claim", &["C"], &[Missed], Role::Agent, Confirm::None),
    verb(
        Family::Missed,
        Action::MissedCallBack,
        "missed_call_back",
        &["B"],
        &[Missed],
        Role::Agent,
        Confirm::Reason,
    ),
    verb(Family::Missed, Action::MissedTried, "missed_tried", &["T"], &[Missed], Role::Agent, Confirm::None),
    verb(
        Family::Missed,
        Action::MissedClose,
        "missed_close",
        &["D"],
        &[Missed],
        Role::Agent,
        Confirm::Reason,
    ),
    verb(
        Family::Missed,
        Action::MissedRelease,
        "missed_release",
        &["R"],
        &[Missed],
        Role::Agent,
        Confirm::None,
    ),
    // In the key bar only where something is told: there it stands in its line.
    hidden(verb(Family::Desk, Action::DeskTold, "desk_told", &["A"], &[Desk], Role::Agent, Confirm::None)),
    verb(Family::Desk, Action::DeskOutcome, "desk_outcome", &["D"], &[Desk], Role::Agent, Confirm::Reason),
    verb(Family::Desk, Action::DeskNote, "desk_note", &["W"], &[Desk], Role::Agent, Confirm::Reason),
    verb(Family::Desk, Action::DeskFinish, "desk_finish", &["F"], &[Desk], Role::Agent, Confirm::None),
    verb(Family::Desk, Action::DeskMore, "desk_more", &["V"], &[Desk], Role::Agent, Confirm::None),
    verb(Family::Desk, Action::DeskReady, "desk_ready", &["I"], &[Desk], Role::Agent, Confirm::None),
    verb(Family::Desk, Action::DeskBreak, "desk_break", &["P"], &[Desk], Role::Agent, Confirm::Reason),
    verb(Family::Desk, Action::DeskTransfer, "desk_transfer", &["T"], &[Desk], Role::Agent, Confirm::Reason),
    verb(Family::Desk, Action::DeskHangUp, "desk_hang_up", &["X"], &[Desk], Role::Agent, Confirm::Yes),
    verb(Family::Desk, Action::DeskRecord, "desk_record", &["R"], &[Desk], Role::Agent, Confirm::None),
    verb(Family::Desk, Action::DeskCall, "desk_call", &["C"], &[Desk], Role::Agent, Confirm::Reason),
    verb(Family::Desk, Action::DeskOut, "desk_out", &["O"], &[Desk], Role::Agent, Confirm::Yes),
    verb(Family::Call, Action::HangUp, "hang_up", &["X"], TO_HANG_UP, Role::Supervisor, Confirm::Yes),
    verb(Family::Line, Action::Unregister, "unregister", &["U"], &[Lines], Role::Admin, Confirm::Name),
    // The recording or the message that is selected.
    verb(
        Family::Recordings,
        Action::DeleteMessage,
        "delete_message",
        &["D"],
        &[Recordings],
        Role::Admin,
        Confirm::Name,
    ),
    verb(
        Family::Recordings,
        Action::HoldRecording,
        "hold_recording",
        &["H"],
        &[Recordings],
        Role::Supervisor,
        Confirm::Reason,
    ),
    verb(
        Family::Recordings,
        Action::ReleaseRecording,
        "release_recording",
        &["U"],
        &[Recordings],
        Role::Admin,
        Confirm::Name,
    ),
    verb(Family::Flow, Action::FlowEdit, "flow_edit", &["E"], &[Flows], Role::Admin, Confirm::Diff),
    // Each shows first what it does to the file, and is asked about there.
    verb(
        Family::Setting,
        Action::SettingApply,
        "setting_apply",
        &["S"],
        &[Settings],
        Role::Admin,
        Confirm::Diff,
    ),
    verb(Family::Setting, Action::SettingAdd, "setting_add", &["A"], &[Settings], Role::Admin, Confirm::Diff),
    verb(
        Family::Setting,
        Action::SettingPassword,
        "setting_password",
        &["P"],
        &[Settings],
        Role::Admin,
        Confirm::Diff,
    ),
    verb(
        Family::Setting,
        Action::SettingRemove,
        "setting_remove",
        &["X"],
        &[Settings],
        Role::Admin,
        Confirm::Diff,
    ),
    verb(
        Family::Setting,
        Action::SettingUndo,
        "setting_undo",
        &["U"],
        &[Settings],
        Role::Admin,
        Confirm::Diff,
    ),
    // Rare and far-reaching: by their words in the palette only.
    verb(Family::Daemon, Action::Reload, "reload", &[], EVERYWHERE, Role::Admin, Confirm::Yes),
    verb(Family::Daemon, Action::Shutdown, "shutdown", &[], EVERYWHERE, Role::Admin, Confirm::Name),
    look(
        Action::Open,
        "open",
        &["enter"],
        &[Queues, Waiting, Agents, Calls, Flows, Desk, Ladder, Recordings, Log, Lines, Settings],
        Group::Look,
        2,
    ),
    look(Action::Why, "why", &["x"], &[Waiting, Calls], Group::Look, 3),
    look(Action::Filter, "filter", &["/"], LISTS, Group::Look, 3),
    look(Action::SortPrevious, "sort_previous", &["<"], LISTS, Group::Look, 0),
    look(Action::SortNext, "sort_next", &[">"], LISTS, Group::Look, 0),
    look(Action::SortInvert, "sort_invert", &["i"], LISTS, Group::Look, 0),
    look(Action::Decisions, "decisions", &["x"], &[Ladder], Group::Look, 4),
    look(Action::MessageBody, "message_body", &["d"], &[Ladder], Group::Look, 5),
    look(Action::Freeze, "freeze", &["f"], EVERYWHERE, Group::Look, 6),
    look(Action::DetailPane, "detail_pane", &["d"], LISTS, Group::Look, 0),
    look(Action::Expand, "expand", &["e"], EVERYWHERE, Group::Look, 0),
    look(Action::Privacy, "privacy", &["p"], EVERYWHERE, Group::Look, 8),
    look(Action::TimeForm, "time_form", &["t"], EVERYWHERE, Group::Look, 0),
    look(Action::Copy, "copy", &["y y"], EVERYWHERE, Group::Look, 9),
    look(Action::CopyNumber, "copy_number", &["y n"], EVERYWHERE, Group::Look, 0),
    look(Action::CopyId, "copy_id", &["y i"], EVERYWHERE, Group::Look, 0),
    look(Action::Write, "write", &["w"], EVERYWHERE, Group::Look, 7),
    look(Action::AlarmAcknowledge, "alarm_acknowledge", &["a"], EVERYWHERE, Group::Look, 0),
    look(Action::MoveDown, "move_down", &["j", "down"], EVERYWHERE, Group::Move, 0),
    look(Action::MoveUp, "move_up", &["k", "up"], EVERYWHERE, Group::Move, 0),
    look(Action::MoveLeft, "move_left", &["h", "left"], EVERYWHERE, Group::Move, 0),
    look(Action::MoveRight, "move_right", &["l", "right"], EVERYWHERE, Group::Move, 0),
    look(Action::PageDown, "page_down", &["pgdn"], EVERYWHERE, Group::Move, 0),
    look(Action::PageUp, "page_up", &["pgup"], EVERYWHERE, Group::Move, 0),
    look(Action::HalfDown, "half_down", &["ctrl-d"], EVERYWHERE, Group::Move, 0),
    look(Action::HalfUp, "half_up", &["ctrl-u"], EVERYWHERE, Group::Move, 0),
    look(Action::First, "first", &["g g", "home"], EVERYWHERE, Group::Move, 0),
    look(Action::Last, "last", &["G", "end"], EVERYWHERE, Group::Move, 0),
    look(Action::AlarmNext, "alarm_next", &["n"], EVERYWHERE, Group::Move, 0),
    look(Action::DayBefore, "day_before", &[","], &[Reports], Group::Look, 2),
    look(Action::DayAfter, "day_after", &["."], &[Reports], Group::Look, 2),
    look(Action::ReportInterval, "report_interval", &["v"], &[Reports], Group::Look, 2),
    look(Action::TabNext, "tab_next", &["]", "tab"], TABBED, Group::Move, 3),
    look(Action::TabPrevious, "tab_previous", &["[", "shift-tab"], TABBED, Group::Move, 0),
    look(Action::GoCall, "go_call", &["g c"], &[Agents, Flows, Desk, Recordings, Log, Lines], Group::Move, 5),
    look(
        Action::GoRecording,
        "go_recording",
        &["g r"],
        &[Calls, Reports, Ladder, Media, Path, Events],
        Group::Move,
        0,
    ),
    look(
        Action::GoEvents,
        "go_events",
        &["g e"],
        &[Waiting, Agents, Calls, Reports, Recordings, Lines],
        Group::Move,
        0,
    ),
    look(Action::GoLine, "go_line", &["g a"], &[Agents, Calls, Recordings], Group::Move, 0),
    look(Action::ScreenWall, "screen_wall", &["1"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenQueues, "screen_queues", &["2"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenAgents, "screen_agents", &["3"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenCalls, "screen_calls", &["4"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenFlows, "screen_flows", &["5"], EVERYWHERE, Group::Move, 0),
    barred_to(&[Queues], look(Action::ScreenMissed, "screen_missed", &["m"], EVERYWHERE, Group::Move, 4)),
    look(Action::ScreenDesk, "screen_desk", &["g d"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenRecordings, "screen_recordings", &["6"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenReports, "screen_reports", &["7"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenLog, "screen_log", &["8"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenLines, "screen_lines", &["9"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenSettings, "screen_settings", &["0"], EVERYWHERE, Group::Move, 0),
    look(Action::ScreenPrevious, "screen_previous", &["-"], EVERYWHERE, Group::Move, 0),
    look(Action::Help, "help", &["?", "f1"], EVERYWHERE, Group::Console, 0),
    look(Action::Palette, "palette", &[":"], EVERYWHERE, Group::Console, 0),
    look(Action::Back, "back", &["esc"], EVERYWHERE, Group::Console, 0),
    look(Action::Leave, "leave", &["q"], EVERYWHERE, Group::Console, 0),
    look(Action::Quit, "quit", &["ctrl-c"], EVERYWHERE, Group::Console, 0),
    look(Action::Reconnect, "reconnect", &["r"], EVERYWHERE, Group::Console, 0),
    look(Action::Redraw, "redraw", &["ctrl-l"], EVERYWHERE, Group::Console, 0),
    look(Action::Suspend, "suspend", &["ctrl-z"], EVERYWHERE, Group::Console, 0),
];
