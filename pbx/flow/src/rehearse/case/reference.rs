//! How test cases are written, as Markdown. A test holds the tables against what the reader takes.

use std::fmt::Write;

/// Keys of one table of a file, each with what it takes and an example.
type Keys = [(&'static str, &'static str)];

const FILE: &Keys = &[
    ("flow", "The flow that callers enter, unless a case says otherwise: `\"office\"`."),
    ("at", "When they call, by the clock of the site: `\"2026-11-23T10:00\"`. Needed here or in each case."),
    ("from", "Who calls: `\"+41791234567\"`."),
    ("dial", "The number that they dial, instead of `flow`: then routes are tried, too. `\"4001\"`."),
    ("site", "What is around them, for all cases; see below."),
    ("case", "A case, begun with `[[case]]`."),
];

const CASE: &Keys = &[
    ("name", "What it is about; no two in a file have the same. Needed."),
    ("flow", "As above, for this case."),
    ("dial", "As above, for this case."),
    ("from", "As above, for this case."),
    ("at", "As above, for this case."),
    ("site", "As above; what is said here goes before what the file says."),
    ("steps", "What is done and expected, in order: `[{ hear = \"Welcome\" }, { press = \"1\" }]`."),
    ("expect", "What is expected in the end."),
];

const SITE: &Keys = &[
    (
        "phones",
        "How extensions behave, `rings` unless said: `{ 101 = \"answers after 5s, talks 30s\", 102 = \"busy\", 103 = \"unreachable\" }`.",
    ),
    (
        "queues",
        "How queues behave: `{ sales = \"2 agents, 3 waiting, answers after 40s, talks 1m\" }`; also `full`, `no call-back`.",
    ),
    (
        "services",
        "What `http` and `exec` are answered, by node or `flow.node`: `{ order = { json = { status = \"sent\" }, after = \"1s\" } }`, `{ order = { fails = \"why\" } }`, or a list of such, one for each time.",
    ),
    (
        "hours",
        "How hours stand, whatever the calendar says: `{ office = \"closed\" }`, `\"open\"`, `\"holiday New Year\"`.",
    ),
    (
        "pins",
        "PINs in plain, by name, by name and account, or of a box: `{ door = \"4711\", \"customers.40021\" = \"4711\", \"mailbox.101\" = \"8520\" }`; `\"locked\"` for who got too many wrong before.",
    ),
    (
        "lists",
        "Who is on which list, before what its file says: `{ vip = { \"+41791234567\" = \"gold\" } }`.",
    ),
    ("mailboxes", "Mailboxes and how many new messages are in them: `{ 101 = 2 }`."),
    ("shares", "The part that the caller belongs to at a `share`, from 1, by node: `{ split = 2 }`."),
    (
        "agents",
        "What comes of nodes `agent`, by node or `flow.node`: `{ sign_in = \"taken\" }`, or a list of such, one for each time: `ready`, `break`, `signed_out`, `unknown` or a word for why not. Unless said it is done, but for a PIN that is needed first.",
    ),
    ("values", "Values of names: `{ class = \"vip\" }`."),
];

const STEP: &Keys = &[
    ("hear", "These words, or a prompt by `@name`, are heard within thirty seconds, or within `within`."),
    ("press", "The caller presses keys: `\"12#\"`."),
    ("wait", "Time passes: `\"10s\"`."),
    ("say", "The caller speaks into a recording, for so long: `\"5s\"`."),
    ("rings", "These ring, and nobody else: `[\"101\", \"102\"]`; `answer` says what becomes of it."),
    ("queue", "The caller waits in this queue; `answer` says what becomes of it."),
    ("agent", "Beside `queue`: the agent who is asked first, by number; `\"\"` for none."),
    ("at", "The caller comes to this node, `node` or `flow.node`, within thirty seconds or `within`."),
    ("asks", "A service or program is asked in whose address or arguments this is."),
    ("hang_up", "The caller hangs up: `true`."),
    ("they_hang_up", "Whoever the caller talks with hangs up: `true`."),
    (
        "answer",
        "Beside `rings` or `queue`: `\"talks\"`, `\"talks 30s\"`, `\"busy\"`, `\"nobody\"`, `\"unreachable\"`, `\"full\"`, `\"closed\"`, `\"empty\"`.",
    ),
    ("within", "Beside `hear` or `at`: how long it is waited for."),
];

const EXPECT: &Keys = &[
    (
        "end",
        "How the call ended: `\"caller hung up\"`, `\"hung up\"`, `\"not answered\"`, `\"busy\"`, `\"rejected\"` or `\"not found\"`.",
    ),
    ("at", "The node that the caller was at then."),
    ("to", "Where the call went instead of into a flow: `\"extension 101\"`, `\"busy\"`, `\"no route\"`."),
    ("set", "Variables and their values: `{ order = \"4711\" }`."),
    ("survey", "Marks that were given: `{ kindness = \"5\" }`."),
    ("call_back", "The number at which the caller is to be called back: `\"0301234567\"`."),
    ("messages", "Messages that were left, by mailbox: `{ sales = 1 }`."),
    ("fault", "Words in the fault that the flow has. A fault that nobody expects fails the case."),
];

/// How test cases are written: every key.
pub fn reference() -> String {
    let mut out = INTRODUCTION.to_owned();
    for (title, keys) in [
        ("The file of cases", FILE),
        ("A case", CASE),
        ("What is around: `site`", SITE),
        ("A step does one of these", STEP),
        ("What is expected: `expect`", EXPECT),
    ] {
        let _ = write!(out, "\n### {title}\n\n| key | |\n|---|---|\n");
        for (key, about) in keys {
            let _ = writeln!(out, "| `{key}` | {about} |");
        }
    }
    out
}

const INTRODUCTION: &str = "
## Test cases

Cases lie in `tests` beside the flows. `switchroom flow test` plays them in simulated time, through the same interpreter as real
calls, and tells which nodes and branches none of them took.

```toml
flow = \"main\"
at = \"2026-11-23T10:00\"
from = \"+41791234567\"

[[case]]
name = \"sales are busy: a message\"
site = { phones = { 101 = \"busy\" } }
steps = [{ hear = \"press one\" }, { press = \"1\" }, { say = \"5s\" }, { hang_up = true }]
expect = { messages = { sales = 1 } }
```
";

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The tables, for the test beside the reader.
    pub(in super::super) const ALL: [(&str, &Keys); 5] =
        [("file", FILE), ("case", CASE), ("site", SITE), ("step", STEP), ("expect", EXPECT)];

    #[test]
    fn every_key_is_told_of_once() {
        let text = reference();
        for (_, keys) in ALL {
            for (key, about) in keys {
                assert!(text.contains(&format!("| `{key}` | {about} |")), "{key}");
            }
        }
    }
}
