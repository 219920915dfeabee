//! Bounds, and what happens at each.

/// Nodes a flow may have; more is a fault of the file.
pub const NODES_MAX: usize = 500;
/// Steps without waiting that a run may take; then it is stopped as one that loops, with a message to the caller.
pub const STEPS_MAX: u32 = 200;
/// Nodes that a run may enter in all.
pub const ENTERED_MAX: u32 = 10_000;
/// Sub-flows within each other; deeper is refused like a loop.
pub const DEPTH_MAX: usize = 8;
/// Menus between the entry and the deepest; deeper is a fault of the file (people lose their way).
pub const MENU_DEPTH_MAX: usize = 5;
/// Digits pressed ahead that are kept; further ones are dropped.
pub const DIGITS_AHEAD_MAX: usize = 64;
/// Digits that one node may collect.
pub const COLLECT_MAX: usize = 64;
/// Variables a run may have; further ones are not set, and the flow is told to be faulty.
pub const VARIABLES_MAX: usize = 200;
/// Characters in a variable; longer text is cut.
pub const TEXT_MAX: usize = 4_000;
/// Characters of an expression.
pub const EXPRESSION_MAX: usize = 1_000;
/// Depth of an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 32;
/// Clips that one effect may ask to be played; more are left out.
pub const CLIPS_MAX: usize = 200;
/// Targets of one `dial`.
pub const TARGETS_MAX: usize = 20;
/// Times that one call may be sent on by `dial` in all flows.
pub const FORWARDS_MAX: u32 = 2;
/// Faults of one file that are told.
pub const FAULTS_MAX: usize = 100;
