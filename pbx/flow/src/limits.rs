//! Bounds, and what happens at each.

use std::time::Duration;

/// The longest recording of a caller and the longest message that may be asked for. What plays them bears as much.
pub const RECORD_LONGEST: Duration = Duration::from_secs(3_600);
/// Nodes a flow may have; more is a fault of the file.
pub const NODES_MAX: usize = 500;
/// Steps without waiting that a run may take; then it is stopped as one that loops, with a message to the caller.
pub const STEPS_MAX: u32 = 200;
/// Parts of expressions (values, names, operators, functions) that a run may compute without waiting; then it is stopped
/// likewise. Steps alone would not bound it: one may compute thousands of them, over texts of thousands of characters.
pub const PARTS_MAX: u32 = 20_000;
/// Nodes that a run may enter in all.
pub const ENTERED_MAX: u32 = 10_000;
/// Sub-flows within each other; deeper is refused like a loop.
pub const DEPTH_MAX: usize = 8;
/// Menus between the entry and the deepest; deeper is a fault of the file (people lose their way).
pub const MENU_DEPTH_MAX: usize = 5;
/// Rules of the week that hours may have.
pub const HOURS_WEEK_MAX: usize = 50;
/// Special days that hours may have.
pub const HOURS_SPECIAL_MAX: usize = 1_000;
/// Segments of one rule of hours.
pub const HOURS_SEGMENTS_MAX: usize = 24;
/// Characters in the name of a special day.
pub const HOURS_NAME_MAX: usize = 64;
/// Entries of a list.
pub const LIST_ENTRIES_MAX: usize = 1_000_000;
/// Bytes of a list's file.
pub const LIST_BYTES_MAX: usize = 64 << 20;
/// Bytes of a value in a list.
pub const LIST_VALUE_MAX: usize = 200;
/// `share` nodes whose turn is kept; the one that was not used for longest is forgotten.
pub const SHARES_MAX: usize = 10_000;
/// Accounts with a PIN in one table.
pub const PIN_ACCOUNTS_MAX: usize = 100_000;
/// Wrong tries after which a PIN can be locked, at most.
pub const PIN_TRIES_MAX: u32 = 20;
/// Callers and accounts that got a PIN wrong lately; the one that would be forgotten first is forgotten.
pub const PIN_GUARD_MAX: usize = 10_000;
/// The largest limit of calls that a route can have.
pub const ROUTE_LIMIT_MAX: u32 = 10_000;
/// Callers whose calls are counted for routes; the one who would be forgotten first is forgotten.
pub const ROUTE_CALLERS_MAX: usize = 20_000;
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
/// Operators between two values in an expression: a row of them is read, computed and written as deep as it is long.
pub const EXPRESSION_OPERATORS_MAX: usize = 100;
/// Clips that one effect may ask to be played; more are left out.
pub const CLIPS_MAX: usize = 200;
/// Targets of one `dial`.
pub const TARGETS_MAX: usize = 20;
/// Times that one call may be sent on by `dial` in all flows.
pub const FORWARDS_MAX: u32 = 2;
/// Faults of one file that are told.
pub const FAULTS_MAX: usize = 100;
/// Bytes of the file of a flow.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// Characters in the name of a flow, a node, a variable or anything else that has one.
pub const NAME_MAX: usize = 64;
/// Entries of one list or table within a node: cases, parts, values, fields, arguments of a program.
pub const ENTRIES_MAX: usize = 100;
/// Keys of one menu.
pub const KEYS_MAX: usize = 200;
/// Digits of one key of a menu.
pub const KEY_DIGITS_MAX: usize = 16;
