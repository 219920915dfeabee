//! Keys of queues, agents and reasons for breaks.

use super::{AGENT, BREAK, Kind, QUEUE, Table, example, key};

/// Queues.
pub(super) const QUEUES: Table = Table {
    name: QUEUE,
    about: "Queues in which callers wait for agents, a table for each.",
    kind: Kind::Each("NAME"),
    keys: &[
        example("label", "\"Sales\"", "As people call it."),
        example(
            "language",
            "\"zh\"",
            "In what language agents are told whom they call back, and callers are spoken to whom a route leads straight into the\nqueue: \"en\" or \"zh\". Unless written, that of the site.",
        ),
        key(
            "strategy",
            "\"longest_idle\"",
            "Which of the free agents is asked first: \"longest_idle\" (no call for longest), \"round_robin\" (by turns),\n\"fewest_calls\" and \"least_talk\" (today), \"linear\" (as they stand in this file), \"ring_all\" (all ring at once, up to 10),\nor \"weighted\" (chance, by the weight that an agent has here). The lowest tier always goes first.",
        ),
        example(
            "order",
            "[\"skill\", \"longest_idle\", \"fewest_calls\"]",
            "Instead of strategy: what agents are sorted by, where they are equal by the next. Beside the words above, without\nring_all, there are \"skill\" (the highest levels in what is needed) and \"tier\"; unless written, tier goes first\nwherever agents have one.",
        ),
        key("ring", "\"15s\"", "How long an agent's phone rings."),
        key("wrap_up", "\"0s\"", "Time for work after the call; \"0s\" none."),
        key(
            "ring_at_once",
            "1",
            "How many agents ring at once for one caller; 0: all that are free, up to 10.",
        ),
        key(
            "no_answer_break",
            "1",
            "An agent who did not answer so many times in a row is put on a break, no_answer, until set ready: by I on the console,\nby *52 at the phone; 0 never.",
        ),
        key("rest", "\"5s\"", "An agent whose phone refused or did not answer is left alone for so long."),
        example(
            "needs",
            "[\"german 5, 3 after 30s, 0 after 1m\"]",
            "Skills that agents must have, with the least level, 1 to 9. After so long a wait a lower one is enough; with 0\nthe skill is not asked for any more.",
        ),
        key(
            "tier_after",
            "\"0s\"",
            "Agents of each further tier are asked after so much more waiting; \"0s\" as soon as no lower one is free.",
        ),
        key(
            "sticky",
            "\"0s\"",
            "Who talked with the caller within this time is asked first, if free; \"0s\" nobody is.",
        ),
        key("max_waiting", "1000", "Callers that may wait; what is too much is turned away as full."),
        example(
            "hours",
            "\"office\"",
            "Callers are let in only while these hours are open; at other times they leave as closed. Who waits when they end stays,\nand who is to be called back is, as long as agents work. Unless written, callers are let in at any time.",
        ),
        example(
            "max_calls",
            "20",
            "Calls of the queue at once: who waits and who talks, callers who are called back included. What is too much is turned\naway as full.",
        ),
        example("calls_per_second", "5", "Calls let in within a second; what is too much likewise."),
        key("max_wait", "\"0s\"", "The longest wait; \"0s\" has no end."),
        key(
            "join",
            "\"signed_in\"",
            "Callers are let in if an agent is \"signed_in\", on a break or not; is \"working\", busy or not; or \"always\".",
        ),
        key("stay", "\"signed_in\"", "The same for those who wait already."),
        key("stay_grace", "\"30s\"", "How long they stay when there is no such agent any more."),
        key(
            "ageing",
            "\"0s\"",
            "So much waiting counts as one priority more; \"0s\": however long somebody waits, a higher priority goes first.",
        ),
        key("announce_every", "\"0s\"", "How often callers hear their place; \"0s\" never."),
        example(
            "music",
            "[\"music/one\", \"music/two\"]",
            "Prompts that callers hear one after the other, over and over, or a folder of them, as \"music/\" for all WAV files in\nprompts/music in the order of their names, looked for at each reload; your own, no music ships. Unless written, they hear\nringing.",
        ),
        example("comfort", "\"msg/thank-you-for-holding\"", "A prompt after each announcement of the place."),
        example(
            "whisper",
            "\"queue/sales\"",
            "A prompt, your own, that an agent hears after answering, before being connected with the caller.",
        ),
        key(
            "announce_agent",
            "false",
            "Whether callers are told the agent's number before they are connected: \"Agent number 2001 is at your service.\"",
        ),
        key(
            "show_queue",
            "true",
            "Whether an agent's phone shows the queue before the caller's name: Sales: Ana.",
        ),
        key("service_level", "\"20s\"", "An answer within this counts for the service level."),
        key("short_abandon", "\"5s\"", "Who hangs up before this does not count as abandoned."),
        key(
            "call_backs_max",
            "100",
            "Callers who may wait to be called back at once, where a flow lets them ask for it; 0: nobody is called back.",
        ),
        key(
            "call_back_tries",
            "3",
            "How often a number is called back before it is left to the missed calls.",
        ),
        key("call_back_retry", "\"5m\"", "How long after a call back in vain the next one is made."),
        example(
            "script",
            "\"Good morning, this is Sales.\"",
            "What an agent is to say, shown on the desk with each caller of this queue; several lines between three quotes.",
        ),
        example(
            "dispositions",
            "[\"sold\", \"call back\", \"wrong number\"]",
            "What can have come of a call, for agents to choose from in after-call time. Unless written, any word will do.",
        ),
    ],
};

/// Agents.
pub(super) const AGENTS: Table = Table {
    name: AGENT,
    about: "Agents, who take the calls of queues, a table for each; its name is the agent's number: digits.",
    kind: Kind::Each("NUMBER"),
    keys: &[
        example("name", "\"Ana\"", "As people call them."),
        example(
            "extension",
            "\"101\"",
            "The extension at which they sit. Unless written, it is the one at which they sign in.",
        ),
        example(
            "pin",
            "\"8520\"",
            "Lets the agent sign in by phone, by the node agent of a flow: four to six digits, or \"sha256:SALT:HASH\" with the\nSHA-256 of SALT:PIN. Without one it can be done at the agent's own extension only.",
        ),
        example("skills", "{ german = 7, billing = 5 }", "What they can, with levels from 1 to 9."),
        example(
            "queues",
            "[\"sales tier 2 weight 3\"]",
            "Queues that they work in: \"sales\", or with the agent's place in it. Agents of tier 2, up to 9, are asked if none of\ntier 1 is free. The weight, 1 to 100, is the agent's share of a weighted queue; and where callers of several queues\nwait for the agent, waiting in this one counts so many times.",
        ),
    ],
};

/// Reasons for breaks.
pub(super) const BREAKS: Table = Table {
    name: BREAK,
    about: "What a break of an agent may be for, a table for each; where there is none, any word will do.",
    kind: Kind::Each("NAME"),
    keys: &[
        example("label", "\"Lunch\"", "As people call it."),
        key(
            "budget",
            "\"0s\"",
            "Time that each agent has for it a day; \"0s\" without limit. Who takes longer is shown so, and not cut off.",
        ),
        key("at_once", "0", "How many agents may have it at once; 0 without limit."),
    ],
};
