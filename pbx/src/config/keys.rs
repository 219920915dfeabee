//! Every key of `switchroom.toml`, once: what it means and what it is unless it is written. The reader takes its
//! defaults and the known names from here; the sample file and the reference are printed from here.

mod extensions;
mod floor;

use std::fmt::Write;

/// One key.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// As it would be written: the default, or an example if there is no default.
    pub(super) value: &'static str,
    /// Whether `value` holds when the key is not written.
    pub(super) has_default: bool,
    pub(super) about: &'static str,
}

/// One table.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Keys by name; for a table that takes any name, examples of it.
    pub(super) keys: &'static [Key],
    pub(super) kind: Kind,
}

/// How often a table can be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Once.
    One,
    /// Once, and the reader takes any key in it.
    AnyKey,
    /// Once for each name; the table's name here ends in an example, and this word stands for all.
    Each(&'static str),
    /// Any number of times, in order: `[[routes]]`.
    Rows,
}

const fn key(name: &'static str, value: &'static str, about: &'static str) -> Key {
    Key { name, value, has_default: true, about }
}

const fn example(name: &'static str, value: &'static str, about: &'static str) -> Key {
    Key { name, value, has_default: false, about }
}

/// The name the sample and the reference use for a table per extension.
pub(super) const EXTENSION: &str = "extensions.101";
/// The same for opening hours.
pub(super) const HOURS: &str = "hours.office";
/// The same for lists.
pub(super) const LIST: &str = "lists.vip";
/// The same for classes of callers.
pub(super) const CLASS: &str = "classes.vip";
/// The same for PINs.
pub(super) const PINS: &str = "pins.service";
/// The same for mailboxes.
pub(super) const MAILBOX: &str = "mailboxes.101";
/// The same for queues.
pub(super) const QUEUE: &str = "queues.sales";
/// The same for agents.
pub(super) const AGENT: &str = "agents.2001";
/// The same for reasons of breaks.
pub(super) const BREAK: &str = "breaks.lunch";
/// The routes.
pub(super) const ROUTES: &str = "routes";

/// All tables in the order of the sample.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "site",
        about: "Who we are.",
        kind: Kind::One,
        keys: &[
            key("name", "\"Switchroom\"", "Name of the site, for people."),
            key(
                "domain",
                "\"switchroom\"",
                "SIP domain and realm of passwords. The digests of extensions are made with it:\nwhoever changes it gives every extension a new password (switchroom passwd).",
            ),
            example(
                "zone",
                "\"Europe/Zurich\"",
                "Time zone of the site: what opening hours mean, the times of messages, of screens and of switchroom ctl. Unless\nwritten: that of this machine.",
            ),
            key(
                "language",
                "\"en\"",
                "In what language people are spoken to where no flow says: \"en\" or \"zh\".",
            ),
            example(
                "days",
                "[\"12-25 closed Christmas Day\", \"2026-12-24 08:00-12:00 Christmas Eve\", \"2026-07-20..2026-08-02 closed Holidays\"]",
                "Special days of all opening hours below: one, from one to another, or one of each year (12-25); closed,\nor open at other times; and a name. From midnight to midnight nothing else counts.",
            ),
        ],
    },
    Table {
        name: "sip",
        about: "Signalling.",
        kind: Kind::One,
        keys: &[
            key("listen", "[\"udp 0.0.0.0:5060\", \"tcp 0.0.0.0:5060\"]", "Where phones reach us."),
            example(
                "external",
                "\"203.0.113.7\"",
                "Our public address, when phones reach us through a router that translates addresses.",
            ),
            key(
                "local_networks",
                "[\"127.0.0.0/8\", \"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"169.254.0.0/16\", \"::1/128\", \"fc00::/7\", \"fe80::/10\"]",
                "Networks that reach us without translation; the external address is not told to them.",
            ),
            key("ring", "\"30s\"", "How long a phone rings."),
            key(
                "keep_alive",
                "\"30s\"",
                "How often registered phones are asked whether they are there; \"0s\" never.",
            ),
            key("register_min", "\"60s\"", "The shortest registration that is granted."),
            key("register_max", "\"1h\"", "The longest registration that is granted."),
            key("bindings_max", "8", "Phones that may be registered at one extension."),
            key(
                "session_expires",
                "\"30m\"",
                "A call whose phone is silent for this long is ended (RFC 4028); 90s or more.",
            ),
            key("calls_max", "200", "Live calls at once; further ones are refused."),
            key("calls_per_extension", "20", "Live calls that one extension may make at once."),
            key(
                "md5",
                "true",
                "Take MD5 digests; many phones know nothing else. SHA-256 is asked for as well once an extension has\ndigest_sha256, but some older phones give up when they are asked for it. false: SHA-256 only.",
            ),
        ],
    },
    Table {
        name: "media",
        about: "Sound.",
        kind: Kind::One,
        keys: &[
            key(
                "ports",
                "\"20000-20999\"",
                "UDP ports of RTP and RTCP, in pairs; a call takes a pair for each phone.",
            ),
            key(
                "codecs",
                "[\"PCMA\", \"PCMU\", \"G722\", \"opus\"]",
                "Codecs that are offered and taken, best first.",
            ),
            example(
                "hold_music",
                "[\"music/one\", \"music/two\"]",
                "Prompts that who is held hears one after the other, over and over, or a folder of them, as \"music/\" for all WAV files in\nprompts/music in the order of their names; your own, no music ships. Unless written, silence.",
            ),
            example(
                "hold_reminder",
                "\"60s\"",
                "A hold that lasts so long is told of, in the log and on the board, and so again each time. If the phone that holds\nis registered no more, a caller of a queue waits there again, first of all. Unless written, nobody is told.",
            ),
            key(
                "threads",
                "\"auto\"",
                "Threads that move sound: a number, or \"auto\" for one for each processor.",
            ),
        ],
    },
    Table {
        name: "recording",
        about: "Recordings.",
        kind: Kind::One,
        keys: &[
            key(
                "rule",
                "\"never\"",
                "Which answered calls are recorded: \"never\" or \"always\". An extension can differ.",
            ),
            example(
                "key",
                "\"*1\"",
                "Two keys by which the agent of a talk pauses its recording on the phone and has it go on, or begins one where the\nrule wants none; the first is * or #. The phone must send its keys by RFC 4733 or INFO. Unless written, nobody can\nby phone.",
            ),
            example(
                "consent",
                "\"msg/recorded\"",
                "A prompt that the other party than the agent's side hears before a recording by rule begins; until it is heard the two\nare not connected. It has 30 s: of who has not heard it to its end nothing is recorded. msg/recorded ships, in both\nlanguages; one of your own must be there in each language that callers have. Unless written, nobody is asked.",
            ),
            example(
                "consent_refuse",
                "\"9\"",
                "The key by which that party refuses meanwhile: then the call is not recorded. Unless written, nobody can.",
            ),
            key("dir", "\"recordings\"", "Where recordings are kept."),
            example(
                "keep",
                "\"90d\"",
                "Recordings that began longer ago are deleted, but for those that are held; from one day. Unless written, they\nare kept for ever.",
            ),
            example(
                "keep_size",
                "\"50GB\"",
                "If all recordings together are larger, the oldest are deleted, but for those that are held. In MB, GB or TB.\nUnless written, there is no limit.",
            ),
        ],
    },
    Table {
        name: "supervision",
        about: "Supervisors at live calls.",
        kind: Kind::One,
        keys: &[
            example(
                "code",
                "\"*60\"",
                "What is dialled before the number of an agent or extension to hear its calls. On the phone 1 listens, 2 whispers,\n3 barges in, 9 takes the call over. Unless written, nobody can by phone.",
            ),
            example(
                "phones",
                "[\"101\"]",
                "The extensions from which it may be dialled. With a Unix user before it, as \"mara 101\", it is that user's own phone,\ntoo, as one in [control.phones].",
            ),
            example(
                "queues",
                "[\"mara sales\"]",
                "Users who act on the calls and agents of some queues only, and hear those: the Unix user, then the queues. Of all\nelse they see what a viewer does. Who is not named is not restricted.",
            ),
            key(
                "notify",
                "[]",
                "Of what supervisors do the agent is told by a short tone: \"listen\", \"whisper\", \"barge\". Nobody else hears it, and no\nrecording has it.",
            ),
        ],
    },
    Table {
        name: "store",
        about: "What happened: calls, events, registrations.",
        kind: Kind::One,
        keys: &[
            key("dir", "\"data\"", "Where the journal and its index are kept."),
            key(
                "keep_facts",
                "\"400d\"",
                "How long switchroom ctl why knows the offers of a call; at least a week. Figures are of the last eight days. The journal\nkeeps all of it.",
            ),
        ],
    },
    Table {
        name: "control",
        about: "The socket of the console and of switchroom ctl.",
        kind: Kind::One,
        keys: &[
            example(
                "socket",
                "\"/run/switchroom/control.sock\"",
                "Where it is. Unless written: /run/switchroom/control.sock if that folder can be written, else\n$XDG_RUNTIME_DIR/switchroom/control.sock, else control.sock in the store's folder.",
            ),
            example(
                "group",
                "\"switchroom-console\"",
                "Unix group that may connect, beside the user of the daemon, who must be in it (SupplementaryGroups= in the unit).\nNever the daemon's own group: who is in that reads recordings, digests of passwords and PINs. Unless written:\nswitchroom-console, if the user of the daemon is in it.",
            ),
        ],
    },
    Table {
        name: "control.roles",
        about: "What Unix users and groups (with @) may do. Root and the user of the daemon are always admin.\nWho is in no list may connect only if the socket lets them, and is a viewer.",
        kind: Kind::One,
        keys: &[
            example("viewer", "[\"@switchroom-viewers\"]", "See, with caller numbers masked."),
            example("agent", "[\"mara\"]", "See everything, and act on what is their own."),
            example("supervisor", "[\"@switchroom-supervisors\"]", "See everything and act on calls."),
            example("admin", "[\"@switchroom-admins\"]", "Also change the configuration and remove data."),
        ],
    },
    Table {
        name: "control.phones",
        about: "The extension of each Unix user's own phone: agents act by command on what is in its calls, and supervisors\nhear calls there. Who may dial the code is another matter, see [supervision].",
        kind: Kind::AnyKey,
        keys: &[example("mara", "\"101\"", "User and extension.")],
    },
    Table {
        name: "log",
        about: "The log on standard error.",
        kind: Kind::One,
        keys: &[key(
            "level",
            "\"info\"",
            "\"error\", \"warn\", \"info\", \"debug\" or \"trace\". The variable SWITCHROOM_LOG goes before it.",
        )],
    },
    Table {
        name: "stop",
        about: "Stopping.",
        kind: Kind::One,
        keys: &[key(
            "drain",
            "\"30s\"",
            "How long running calls may go on after the daemon was told to stop.",
        )],
    },
    Table {
        name: "services",
        about: "Test numbers: \"echo\" says back what it hears, \"tone\" plays a tone. Whoever writes this table\nreplaces all of it.",
        kind: Kind::AnyKey,
        keys: &[key("*43", "\"echo\"", ""), key("*44", "\"tone\"", "")],
    },
    Table {
        name: HOURS,
        about: "Opening hours, a table for each; flows and routes go by them.",
        kind: Kind::Each("NAME"),
        keys: &[
            example(
                "week",
                "[\"mon-fri 08:00-12:00 13:00-17:30\", \"sat 22:00-06:00\"]",
                "When it is open: weekdays (mon-fri, sat,sun, daily) and times. What goes on after midnight belongs to the\nday it starts on.",
            ),
            example(
                "days",
                "[\"01-02 closed\", \"2026-12-31 09:00-15:00 New Year's Eve\"]",
                "Special days, as in [site]. They go before those. A single date goes before a span, and dates with a year\nbefore those of each year.",
            ),
            key("site_days", "true", "Whether the special days of [site] count here."),
            example("zone", "\"Asia/Shanghai\"", "Instead of the time zone in [site]."),
        ],
    },
    Table {
        name: LIST,
        about: "Lists of numbers for flows and routes, a table for each.",
        kind: Kind::Each("NAME"),
        keys: &[example(
            "file",
            "\"lists/vip.csv\"",
            "CSV, a line for each number: number,value,comment. 138* is all numbers that begin with 138; the longest\nthat fits counts. It is beside this file.",
        )],
    },
    Table {
        name: CLASS,
        about: "Classes of callers, a table for each: a word for flows (class == 'vip') and figures, and a priority in\nqueues. Of several that a number is in, the one of the highest priority counts.",
        kind: Kind::Each("NAME"),
        keys: &[
            example(
                "numbers",
                "[\"+41441234567\", \"138*\"]",
                "Whose calls are of this class; 138* is all that begin with 138.",
            ),
            example("list", "\"vip\"", "Beside those, who is in this list."),
            example("value", "\"gold\"", "Of the list only those with this value."),
            key(
                "priority",
                "0",
                "In queues, 0 to 9, unless the flow says otherwise; the higher, the sooner. Strict, where the queue has no ageing.",
            ),
        ],
    },
    Table {
        name: PINS,
        about: "PINs that flows ask for, a table for each. A PIN has four to six digits. It can be written as it is, or as\nsha256:SALT:HASH, with what is printed by: printf 'SALT:PIN' | sha256sum",
        kind: Kind::Each("NAME"),
        keys: &[
            example("pin", "\"8520\"", "One for everybody."),
            example(
                "file",
                "\"lists/pins.csv\"",
                "One for each account: CSV, a line for each: account,PIN. It is beside this file.",
            ),
            key(
                "tries",
                "3",
                "So many wrong ones lock the account, or the caller where there is one PIN for everybody.",
            ),
            key("window", "\"15m\"", "For so long a wrong one counts."),
            key("lock", "\"15m\"", "For so long nobody is let in then."),
        ],
    },
    Table {
        name: MAILBOX,
        about: "Mailboxes, a table for each; its name is the number of an extension or the name of a queue. An extension\nwith voicemail = true has one without a table, with what holds here.",
        kind: Kind::Each("NAME"),
        keys: &[
            example(
                "pin",
                "\"8520\"",
                "Lets one listen from any phone; without one only from the extension itself.",
            ),
            example("greeting", "\"msg/welcome\"", "A prompt instead of the built-in greeting."),
            key("messages_max", "100", "Messages it holds; then it takes no more."),
            key("longest", "\"3m\"", "The longest message."),
            key("keep", "\"30d\"", "Messages are thrown away when they are older than this."),
        ],
    },
    floor::QUEUES,
    floor::AGENTS,
    floor::BREAKS,
    Table {
        name: ROUTES,
        about: "Where calls go by the number dialled, unless it is a test number or an extension. Routes are tried in this\norder, and the first that fits is taken. Try it with: switchroom route explain",
        kind: Kind::Rows,
        keys: &[
            example("number", "\"4001\"", "The number dialled; 40* is all that begin with 40, * is all."),
            example(
                "to",
                "\"flow main\"",
                "Where: \"flow NAME\", \"extension NUMBER\", \"queue NAME\"; or \"busy\", \"rejected\", \"not_found\".",
            ),
            example(
                "from",
                "[\"list vip\", \"138*\", \"not 1381111*\"]",
                "Only these callers; of those with \"not\" none.",
            ),
            example(
                "hours",
                "\"office open\"",
                "Only while these hours are open, closed, or closed for a holiday.",
            ),
            key(
                "back",
                "false",
                "For a flow: who transfers its other side to this number gets it back when the flow ends, with what the flow\nreturns. So an agent has a caller give a PIN without hearing the keys; nor are they recorded.",
            ),
            example(
                "max_calls",
                "20",
                "Calls at once. What is too much is left to the next route that fits, or is told that all is busy.",
            ),
            example("calls_per_second", "5", "Calls that begin within a second; what is too much likewise."),
            example(
                "calls_per_caller",
                "\"3 in 1h\"",
                "Calls of one caller within a time; what is too much likewise.",
            ),
            example("name", "\"customers\"", "A name for people; unless written, the number."),
        ],
    },
    Table {
        name: "flows",
        about: "What callers hear and may press.",
        kind: Kind::One,
        keys: &[
            key(
                "dir",
                "\"flows\"",
                "Where flows are, a file for each: main.toml is the flow main. It is beside this file.",
            ),
            key(
                "prompts",
                "[\"prompts\"]",
                "Where recorded prompts are; the first folder that has one counts. They are beside this file.",
            ),
            key(
                "recorded_keep",
                "\"30d\"",
                "What the node record took is thrown away when it is older than this; messages in a mailbox have a keep of\ntheir own.",
            ),
        ],
    },
    Table {
        name: "speech",
        about: "The program that speaks texts of flows. Each text is spoken once and kept.",
        kind: Kind::One,
        keys: &[
            key(
                "engine",
                "\"auto\"",
                "\"espeak-ng\", \"piper\", the path of another, \"none\", or \"auto\" for espeak-ng if it is there.",
            ),
            example(
                "voice_en",
                "\"en-gb\"",
                "The voice for English, as the program calls it; a file by its whole path.",
            ),
            example("voice_zh", "\"cmn\"", "The voice for Chinese."),
            key(
                "args",
                "[]",
                "Further arguments for the program. {voice} stands for the voice, {output} for the WAV file; another program than those named writes it to its standard output unless {output} is among them.",
            ),
        ],
    },
    extensions::EXTENSIONS,
];

/// The table of a name; every `extensions.N` is the same one.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|t| t.name == name)
}

/// The key of a table.
pub(super) fn find(table_name: &str, name: &str) -> Option<&'static Key> {
    table(table_name)?.keys.iter().find(|k| k.name == name)
}

/// The name of a table for people: `extensions.NUMBER`, `[routes]`.
pub(super) fn shown(table: &Table) -> String {
    match (table.kind, table.name.split_once('.')) {
        (Kind::Each(word), Some((of, _))) => format!("{of}.{word}"),
        (Kind::Rows, _) => format!("[{}]", table.name),
        _ => table.name.to_owned(),
    }
}

fn written(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { format!("\"{name}\"") }
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {line}");
    }
}

/// A configuration file with every key: what has a default is written with it, the rest as a comment.
pub fn sample() -> String {
    let mut out = String::from(
        "# Configuration of Switchroom. Every key is here with what holds unless it is changed.\n\
         # Check this file with: switchroom check\n\
         # Relative folders of what is written are below $STATE_DIRECTORY if systemd gives one, else beside this file;\n\
         # those of what is only read, such as lists, flows and prompts, are beside this file.\n",
    );
    for table in TABLES {
        out.push('\n');
        comment(&mut out, table.about);
        let is_example = matches!(table.kind, Kind::Each(_) | Kind::Rows);
        let mark = if is_example { "# " } else { "" };
        let name = if table.kind == Kind::Rows { shown(table) } else { table.name.to_owned() };
        let _ = writeln!(out, "{mark}[{name}]");
        for key in table.keys {
            comment(&mut out, key.about);
            let mark = if key.has_default && !is_example { "" } else { "# " };
            let _ = writeln!(out, "{mark}{} = {}", written(key.name), key.value);
        }
    }
    out
}

/// The reference as text: every key, its default, its meaning.
pub fn reference() -> String {
    let mut out = String::new();
    for table in TABLES {
        let name = shown(table);
        let _ = writeln!(out, "[{name}]  {}\n", table.about.replace('\n', " "));
        for key in table.keys {
            let label = if key.has_default { "default" } else { "example" };
            let _ = writeln!(out, "    {} = …  ({label}: {})", written(key.name), key.value);
            for line in key.about.lines() {
                let _ = writeln!(out, "        {line}");
            }
        }
        out.push('\n');
    }
    out
}

/// switchroom.toml(5) in roff.
pub fn man_page() -> String {
    let escape = |text: &str| text.replace('\\', "\\e").replace('-', "\\-").replace('\n', " ");
    let mut out = String::from(
        ".TH switchroom.toml 5 \"\" \"Switchroom\" \"Switchroom\"\n.SH NAME\nswitchroom.toml \\- configuration of Switchroom\n\
         .SH DESCRIPTION\nOne TOML file holds the configuration. A key that is not known is an error. Durations have units \
         (\\(lq30s\\(rq, \\(lq5m\\(rq, \\(lq1h30m\\(rq). Relative folders of what is written are below $STATE_DIRECTORY if systemd \
         gives one, else beside the file; those of what is only read are beside the file. The file must not be writable by group or others. \\fBswitchroom check\\fR names every fault with its \
         place.\n",
    );
    for table in TABLES {
        let _ = writeln!(out, ".SH [{}]\n{}", shown(table), escape(table.about));
        for key in table.keys {
            let label = if key.has_default { "Default" } else { "Example" };
            let _ = writeln!(out, ".TP\n.B {}", escape(&written(key.name)));
            let _ = writeln!(out, "{} {label}: {}", escape(key.about), escape(key.value));
        }
    }
    out.push_str(".SH SEE ALSO\n.BR switchroom (1)\n");
    out
}
