//! The types that cross the control socket, and nothing else.
//!
//! The socket carries newline-delimited JSON: one [`ClientLine`] or [`ServerLine`] a line. A client says
//! [`Hello`], is answered [`Welcome`] or [`Refuse`], then receives one [`Board`] and every [`Change`] to it with a
//! rising sequence number. Folding the changes into the board gives, at any moment, what a fresh board would show:
//! [`Board::apply`] is that fold and the only one, used by the daemon, the console and the tests.
//!
//! These are plain structs with public fields. Unknown fields are ignored and missing ones take their default, so
//! that a console and a daemon of neighbouring versions understand each other; [`PROTOCOL`] changes only when that
//! no longer holds.

mod board;
mod command;
mod desk;
mod figures;
mod fit;
mod floor;
mod flows;
mod ladder;
mod protocol;
mod recorded;
mod settings;
mod sorting;
mod supervise;
mod view;

pub use board::{Board, Change, EVENTS_KEPT, MESSAGES_KEPT, MISSED_KEPT, RECORDINGS_KEPT};
pub use command::{
    Answer, Command, CommandError, ConfigChange, ConsultAct, MissedAct, PRIORITY_MAX, RecordingAct, Reply,
    Request,
};
pub use desk::{CardView, DeskView, HISTORY_SHOWN, NOTE_CHARS_MAX, NoteView, PastCallView};
pub use figures::{
    AgentFiguresView, FIGURE_DAYS, FiguresBy, FiguresView, QueueFiguresView, StateTimeView, WaitsView,
};
pub use fit::{clean, columns, escape_json, fit, mask_number};
pub use floor::{
    AgentView, BarView, BreakView, DecisionView, MissedView, QueueDoor, QueueTodayView, QueueView,
    ReasonsView, SaidView, StandingView, TOLD_CHARS_MAX, ToldView, WAITERS_SHOWN, WaiterView,
};
pub use flows::{FLOW_TEXT_MAX, FLOWS_SHOWN, FaultView, FlowView, OutlineView};
pub use ladder::{Ladder, LadderEntry, LadderKind, LadderStyle, Lane, render_ladder};
pub use protocol::{
    ClientLine, Hello, LINE_BYTES_MAX, LevelSample, Levels, PROTOCOL, Refuse, Resume, Role, ServerLine,
    Welcome,
};
pub use recorded::{HeldView, MarkView, MessageView, REASON_CHARS_MAX, RecordingView, WaveView};
pub use settings::{
    DiffLine, DiffMark, FlowTextView, Hushed, NewPassword, SettingForm, SettingKeyView, SettingKind,
    SettingView, SettingsApplied, SettingsChange, SettingsDiff, SettingsFault, SettingsView,
};
pub use sorting::Sorted;
pub use supervise::{SuperviseAct, Supervised, SupervisionMode};
pub use view::{
    AlarmView, BindingView, CallState, CallView, CdrLegView, CdrView, ConsultView, DirectionQuality,
    EndedView, EventKind, EventView, ExtensionState, ExtensionView, HandOffView, HandedBackView,
    JITTER_WARN_US, LOSS_WARN_PPM, LegView, PartyView, PlaceView, QualityView, RecordingState, Severity,
    Side, SupervisionView, SupervisorView, SurveyAnswerView, SystemView, WhyView,
};
