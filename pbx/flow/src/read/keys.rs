//! Every kind of node with its keys, once: the reader takes defaults and known names from here, the reference is printed
//! from here.

/// What is written behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// The name of a node.
    Node,
    /// What is said.
    Prompt,
    /// What is computed.
    Expression,
    /// Text with values in braces.
    Template,
    /// One or several of these.
    Templates,
    /// A name as it is.
    Name,
    /// A variable to set.
    Variable,
    /// `"5s"`.
    Duration,
    /// A whole number.
    Whole,
    /// true or false.
    Flag,
    /// One of a few words.
    Word,
    /// Keys and the nodes they lead to.
    Keys,
    /// Variables, and what is computed for each.
    Values,
    /// Variables, and where they are in an answer.
    Fields,
    /// Nodes, and per cent for each.
    Parts,
    /// Conditions, and the nodes they lead to.
    Cases,
    /// A list of texts.
    Texts,
    /// Anything that TOML has.
    Table,
}

impl Takes {
    /// In a column of the reference.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Prompt => "prompt",
            Self::Expression => "expression",
            Self::Template => "template",
            Self::Templates => "template, or a list of them",
            Self::Name => "name",
            Self::Variable => "variable",
            Self::Duration => "duration",
            Self::Whole => "whole number",
            Self::Flag => "true or false",
            Self::Word => "word",
            Self::Keys => "keys and nodes",
            Self::Values => "names and expressions",
            Self::Fields => "variables and paths",
            Self::Parts => "nodes and per cent",
            Self::Cases => "conditions and nodes",
            Self::Texts => "list of texts",
            Self::Table => "table",
        }
    }
}

/// What holds when a key is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unless {
    /// It is a fault.
    Needed,
    /// The value of the table.
    Default,
    /// Nothing; the value of the table is an example.
    Nothing,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    /// As it would be written: the default, or an example if there is no default.
    pub(super) value: &'static str,
    pub(super) unless: Unless,
    pub(super) about: &'static str,
}

/// A kind of node, or the top of a file.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) word: &'static str,
    pub(super) about: &'static str,
    pub(super) keys: &'static [Key],
}

impl Kind {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn must(name: &'static str, takes: Takes, value: &'static str, about: &'static str) -> Key {
    Key { name, takes, value, unless: Unless::Needed, about }
}

const fn key(name: &'static str, takes: Takes, value: &'static str, about: &'static str) -> Key {
    Key { name, takes, value, unless: Unless::Default, about }
}

const fn may(name: &'static str, takes: Takes, value: &'static str, about: &'static str) -> Key {
    Key { name, takes, value, unless: Unless::Nothing, about }
}

const fn to(name: &'static str, about: &'static str) -> Key {
    may(name, Takes::Node, "\"main\"", about)
}

const NEXT: Key = to("next", "Then.");
const WAIT: Key = key(
    "wait",
    Takes::Duration,
    "\"5s\"",
    "How long the first key is waited for, from the end of the prompt.",
);
const BETWEEN: Key = key("between", Takes::Duration, "\"3s\"", "How long each further key is waited for.");
const TRIES: Key = key("tries", Takes::Whole, "3", "How often one is asked in all, 1 to 10.");
const SILENT_PROMPT: Key = may(
    "silent_prompt",
    Takes::Prompt,
    "\"Please press a key.\"",
    "Said before asking again when nothing was pressed, instead of the built-in words.",
);
const WRONG_PROMPT: Key = may(
    "wrong_prompt",
    Takes::Prompt,
    "\"There is no such choice.\"",
    "Said before asking again when what was pressed is nothing, instead of the built-in words.",
);
const TIMEOUT: Key = key("timeout", Takes::Duration, "\"5s\"", "How long an answer may take, 1s to 30s.");
const FIELDS: Key = may(
    "fields",
    Takes::Fields,
    "{ name = \"customer.name\", first = \"orders.0.id\" }",
    "Variables, and where in the JSON of the answer each is found.",
);
const AFTER: Key = to("after", "They talked, and the other side hung up. Unless written, the call ends.");

/// What stands before the nodes.
pub(super) const TOP: Kind = Kind {
    word: "",
    about: "",
    keys: &[
        key("title", Takes::Name, "\"\"", "For people."),
        key("language", Takes::Word, "\"en\"", "The language it begins in: \"en\" or \"zh\"."),
        to("start", "Where it begins. Unless written, at the first node of the file."),
        to("on_hang_up", "Where it goes on when the call is over, to clean up; nobody hears anything there."),
        may(
            "arguments",
            Takes::Table,
            "{ level = 1 }",
            "Names that a flow which runs this one may give, with what they are otherwise.",
        ),
        must(
            "nodes",
            Takes::Table,
            "{ main = { kind = \"hang_up\" } }",
            "The nodes, a table for each: [nodes.NAME].",
        ),
    ],
};

/// All kinds in the order of the reference.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        word: "play",
        about: "Says something. Keys cut it short, and are kept for what asks next.",
        keys: &[
            must("prompt", Takes::Prompt, "\"@welcome\"", "What is said."),
            key("whole", Takes::Flag, "false", "No key cuts it short."),
            NEXT,
        ],
    },
    Kind {
        word: "say",
        about: "The same as play, for text with values in it.",
        keys: &[
            must("text", Takes::Prompt, "\"Your number is {caller:digits}.\"", "What is said."),
            key("whole", Takes::Flag, "false", "No key cuts it short."),
            NEXT,
        ],
    },
    Kind {
        word: "menu",
        about: "Lets the caller choose by keys.",
        keys: &[
            must("prompt", Takes::Prompt, "\"For sales, press one.\"", "Says the choices."),
            must(
                "keys",
                Takes::Keys,
                "{ 1 = \"sales\", 2 = \"support\", \"*\" = \"main\" }",
                "What keys lead where. Several digits jump ahead into a deeper menu: 21 = \"invoices\".",
            ),
            WAIT,
            key(
                "between",
                Takes::Duration,
                "\"1500ms\"",
                "How long a further key is waited for, if what was pressed begins another choice too.",
            ),
            TRIES,
            SILENT_PROMPT,
            WRONG_PROMPT,
            to("silent", "Nothing was pressed in all tries. Unless written, as otherwise."),
            to("otherwise", "Nothing of use was pressed in all tries."),
        ],
    },
    Kind {
        word: "collect",
        about: "Collects digits into a variable.",
        keys: &[
            must("prompt", Takes::Prompt, "\"Please enter your order number.\"", "Asks for them."),
            must("into", Takes::Variable, "\"order\"", "The variable."),
            key("min", Takes::Whole, "1", "Fewest digits."),
            key("max", Takes::Whole, "20", "Most digits, up to 64. The last of them ends it."),
            key("end", Takes::Word, "\"#\"", "The key that ends them before; \"\" for none."),
            WAIT,
            BETWEEN,
            TRIES,
            SILENT_PROMPT,
            WRONG_PROMPT,
            key(
                "secret",
                Takes::Flag,
                "false",
                "They are never logged, recorded or shown, nor is what is made from them. They may be compared, looked up,\nand sent by http in a POST or to a program on its standard input.",
            ),
            NEXT,
            to("failed", "They never came."),
        ],
    },
    Kind {
        word: "set",
        about: "Sets variables, in the order in which they are written.",
        keys: &[
            must(
                "values",
                Takes::Values,
                "{ tries = \"tries + 1\", side = \"'left'\" }",
                "Variables and their values.",
            ),
            NEXT,
        ],
    },
    Kind {
        word: "if",
        about: "Goes where the first condition that holds says.",
        keys: &[
            may("when", Takes::Expression, "\"queue.sales.waiting > 10\"", "A condition."),
            may("then", Takes::Node, "\"busy\"", "Where it goes if that holds."),
            may(
                "cases",
                Takes::Cases,
                "[{ when = \"class == 'vip'\", then = \"vip\" }, { when = \"hour < 9\", then = \"early\" }]",
                "Several conditions with where they lead, instead of when and then.",
            ),
            to("otherwise", "None held."),
        ],
    },
    Kind {
        word: "hours",
        about: "Goes by the hours of the site. On a holiday the variable holiday is the name of the day.",
        keys: &[
            must("hours", Takes::Name, "\"office\"", "Name of the hours."),
            to("open", "They are open."),
            to("closed", "They are closed."),
            to("holiday", "They are closed for a day that has a name. Unless written, as closed."),
        ],
    },
    Kind {
        word: "share",
        about: "Shares callers out, exactly over each 100 of them.",
        keys: &[must(
            "parts",
            Takes::Parts,
            "{ beijing = 60, shanghai = 40 }",
            "Nodes and per cent, 100 in all.",
        )],
    },
    Kind {
        word: "list",
        about: "Goes by whether a text is on a list.",
        keys: &[
            must("list", Takes::Name, "\"vip\"", "Name of the list."),
            key("of", Takes::Expression, "\"caller\"", "What is looked for."),
            may(
                "into",
                Takes::Variable,
                "\"region\"",
                "The variable that gets what stands beside the entry.",
            ),
            to("listed", "It is on it."),
            to("other", "It is not."),
        ],
    },
    Kind {
        word: "pin",
        about: "Lets in who knows a PIN of 4 to 6 digits. It is never logged, recorded or shown.",
        keys: &[
            must("pins", Takes::Name, "\"support\"", "Name of the PINs in the configuration."),
            may("of", Takes::Expression, "\"customer\"", "Whose PIN. Unless written, there is one for all."),
            may(
                "prompt",
                Takes::Prompt,
                "\"Please enter your PIN.\"",
                "Asks for it, instead of the built-in words.",
            ),
            WAIT,
            BETWEEN,
            TRIES,
            to("next", "It was right."),
            to("wrong", "It was wrong in all tries."),
            to("locked", "Too many were wrong lately. Unless written, as wrong."),
        ],
    },
    Kind {
        word: "dial",
        about: "Rings extensions and connects. A call is sent on twice at most.",
        keys: &[
            must("to", Takes::Templates, "[\"101\", \"102\"]", "Whom: a number or a list, up to 20."),
            key("in_turn", Takes::Flag, "false", "One after the other instead of all at once."),
            may(
                "ring",
                Takes::Duration,
                "\"20s\"",
                "How long each try rings. Unless written, as the extension is set.",
            ),
            to("busy", "All were busy or declined. Unless written, as no_answer."),
            to("no_answer", "Nobody answered in time."),
            to("failed", "None could be reached. Unless written, as no_answer."),
            AFTER,
        ],
    },
    Kind {
        word: "queue",
        about: "Puts the caller into a queue.",
        keys: &[
            must("queue", Takes::Template, "\"sales\"", "Its name."),
            may(
                "priority",
                Takes::Expression,
                "5",
                "Who has more comes first. Unless written, as the caller's class is.",
            ),
            may(
                "agent",
                Takes::Template,
                "\"2001\"",
                "The agent who is asked first, by number, if free when it is the caller's turn; else another is. A value that is empty asks for none.",
            ),
            to("timeout", "Waited too long."),
            to("full", "The queue takes nobody more. Unless written, as timeout."),
            to("empty", "Nobody works in it. Unless written, as timeout."),
            to("closed", "It is outside the hours of the queue. Unless written, as empty."),
            may("keys", Takes::Keys, "{ 1 = \"voicemail\" }", "Keys that lead out of it."),
            may(
                "call_back",
                Takes::Word,
                "\"2\"",
                "The key by which callers ask to be called back: they are asked at which number, hang up, and keep their place.",
            ),
            to("called_back", "The caller will be called back. Unless written, the call ends."),
            AFTER,
        ],
    },
    Kind {
        word: "voicemail",
        about: "Lets the caller leave a message.",
        keys: &[
            must("mailbox", Takes::Template, "\"sales\"", "The box."),
            may(
                "greeting",
                Takes::Prompt,
                "\"Please leave a message.\"",
                "Instead of the greeting of the box.",
            ),
            to("next", "It is kept, or the caller left none."),
            to("failed", "The box is full or unknown, or recording failed."),
        ],
    },
    Kind {
        word: "mailbox",
        about: "Lets the caller listen to messages, with the PIN of the box.",
        keys: &[
            may(
                "mailbox",
                Takes::Template,
                "\"{caller}\"",
                "The box. Unless written, its number is asked for.",
            ),
            NEXT,
        ],
    },
    Kind {
        word: "record",
        about: "Records what the caller says, as a message of its own. A key ends it. It is kept for recorded_keep of [flows].",
        keys: &[
            must("prompt", Takes::Prompt, "\"Please say your name.\"", "Asks for it."),
            must("into", Takes::Variable, "\"message\"", "The variable that gets its id."),
            key("longest", Takes::Duration, "\"60s\"", "At most, up to 1h."),
            key("silence", Takes::Duration, "\"3s\"", "Silence that ends it; \"0s\" for none."),
            to("next", "There is something."),
            to("failed", "Nothing was said, or recording failed."),
        ],
    },
    Kind {
        word: "http",
        about: "Asks a local service: GET, or POST of JSON if there is a body. The answer is JSON.",
        keys: &[
            must(
                "url",
                Takes::Template,
                "\"http://127.0.0.1:8000/customers/{caller}\"",
                "Where, with values in path and query. Host and port are as written.",
            ),
            may(
                "body",
                Takes::Values,
                "{ order = \"order\" }",
                "Names in the JSON of a POST, and their values.",
            ),
            FIELDS,
            TIMEOUT,
            to("next", "There is an answer, with a status from 200 to 299."),
            to("failed", "Anything else; the variable error says what."),
        ],
    },
    Kind {
        word: "exec",
        about: "Asks a program: JSON on its standard input, JSON from its standard output. No shell is between.",
        keys: &[
            must(
                "argv",
                Takes::Texts,
                "[\"/usr/local/bin/order-status\", \"--json\"]",
                "The program by its absolute path, and its arguments, as written: no values can be put in.",
            ),
            may(
                "input",
                Takes::Values,
                "{ order = \"order\" }",
                "Names in the JSON that it reads, and their values.",
            ),
            FIELDS,
            TIMEOUT,
            to("next", "It ended with 0."),
            to("failed", "Anything else; the variable error says what."),
        ],
    },
    Kind {
        word: "survey",
        about: "Asks for a mark by a key, and keeps it with the call and its agent.",
        keys: &[
            may("prompt", Takes::Prompt, "\"Were you satisfied?\"", "Asks, instead of the built-in words."),
            must("question", Takes::Name, "\"satisfaction\"", "Its name in reports."),
            key("keys", Takes::Word, "\"12345\"", "Keys that are answers."),
            WAIT,
            TRIES,
            to("next", "Answered."),
            to("silent", "Not answered. Unless written, as next."),
        ],
    },
    Kind {
        word: "agent",
        about: "Lets the caller act as an agent, at the phone that is calling. It must be an extension's, which has shown its password.",
        keys: &[
            must(
                "do",
                Takes::Word,
                "\"sign_in\"",
                "What: \"sign_in\" (ready at this phone), \"sign_out\", \"ready\", \"break\", or \"toggle\" (from ready to a break and back).\nBut for signing in it is done by whoever sits at this phone.",
            ),
            may(
                "agent",
                Takes::Template,
                "\"{number}\"",
                "Who signs in, by number. Whoever does not call from an extension of his own must have passed a pin with\npins = \"agent\" and of = \"number\" before, and so must who has a pin in [agents.NUMBER]. Unless written, it is the agent\nwhose extension this is.",
            ),
            may("reason", Takes::Template, "\"lunch\"", "Why, for a break: a name of [breaks.NAME]."),
            may(
                "into",
                Takes::Variable,
                "\"state\"",
                "The variable that gets what the agent is now, \"ready\", \"break\" or \"signed_out\", or why not: \"pin\" (it is needed first),\n\"taken\" (who sits there is in a call), \"other_extension\" (the agent has a phone of his own), \"no_break\", \"break_full\",\n\"no_extension\" (the caller is none) or \"unknown\".",
            ),
            to("next", "Done."),
            to("refused", "It may not be."),
            to(
                "unknown",
                "There is no such agent, or nobody sits at this phone. Unless written, as refused.",
            ),
        ],
    },
    Kind {
        word: "flow",
        about: "Runs another flow, which has variables of its own.",
        keys: &[
            must("flow", Takes::Name, "\"identify\"", "Its name."),
            may(
                "with",
                Takes::Values,
                "{ level = \"level + 1\" }",
                "What it is given, by the names in its arguments.",
            ),
            may("into", Takes::Variable, "\"customer\"", "The variable that gets what it returns."),
            to("next", "It returned, or came to its end without hanging up."),
        ],
    },
    Kind {
        word: "return",
        about: "Goes back to the flow that ran this one; in the outermost it hangs up.",
        keys: &[may("value", Takes::Expression, "\"customer\"", "What it gives back.")],
    },
    Kind {
        word: "hang_up",
        about: "Ends the call.",
        keys: &[
            may("prompt", Takes::Prompt, "\"Goodbye.\"", "Said before."),
            key(
                "as",
                Takes::Word,
                "\"normal\"",
                "What a caller is told who was not answered yet: \"normal\" (answered, then hung up), \"busy\", \"rejected\" or \"not_found\".",
            ),
        ],
    },
];
