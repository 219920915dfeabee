//! Every key of `switchroom.toml`, once: what it means and what it is unless it is written. The reader takes its
//! defaults and the known names from here; the sample file and the reference are printed from here.

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
    /// Whether the reader takes any name here.
    pub(super) any_name: bool,
}

const fn key(name: &'static str, value: &'static str, about: &'static str) -> Key {
    Key { name, value, has_default: true, about }
}

const fn example(name: &'static str, value: &'static str, about: &'static str) -> Key {
    Key { name, value, has_default: false, about }
}

/// The name the sample and the reference use for a table per extension.
pub(super) const EXTENSION: &str = "extensions.101";

/// All tables in the order of the sample.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "site",
        about: "Who we are.",
        any_name: false,
        keys: &[
            key("name", "\"Switchroom\"", "Name of the site, for people."),
            key(
                "domain",
                "\"switchroom\"",
                "SIP domain and realm of passwords. The digests of extensions are made with it:\nwhoever changes it gives every extension a new password (switchroom passwd).",
            ),
        ],
    },
    Table {
        name: "sip",
        about: "Signalling.",
        any_name: false,
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
        any_name: false,
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
        any_name: false,
        keys: &[
            key(
                "rule",
                "\"never\"",
                "Which answered calls are recorded: \"never\" or \"always\". An extension can differ.",
            ),
            key("dir", "\"recordings\"", "Where recordings are kept."),
        ],
    },
    Table {
        name: "store",
        about: "What happened: calls, events, registrations.",
        any_name: false,
        keys: &[key("dir", "\"data\"", "Where the journal and its index are kept.")],
    },
    Table {
        name: "control",
        about: "The socket of the console and of switchroom ctl.",
        any_name: false,
        keys: &[
            example(
                "socket",
                "\"/run/switchroom/control.sock\"",
                "Where it is. Unless written: /run/switchroom/control.sock if that folder can be written, else\n$XDG_RUNTIME_DIR/switchroom/control.sock, else control.sock in the store's folder.",
            ),
            example("group", "\"switchroom\"", "Unix group that may connect, beside the user of the daemon."),
        ],
    },
    Table {
        name: "control.roles",
        about: "What Unix users and groups (with @) may do. Root and the user of the daemon are always admin.\nWho is in no list may connect only if the socket lets them, and is a viewer.",
        any_name: false,
        keys: &[
            example("viewer", "[\"@switchroom-viewers\"]", "See, with caller numbers masked."),
            example("agent", "[\"mara\"]", "See and act on what is their own."),
            example("supervisor", "[\"@switchroom-supervisors\"]", "See everything and act on calls."),
            example("admin", "[\"@switchroom-admins\"]", "Also change the configuration and remove data."),
        ],
    },
    Table {
        name: "control.phones",
        about: "The extension of each Unix user's own phone.",
        any_name: true,
        keys: &[example("mara", "\"101\"", "User and extension.")],
    },
    Table {
        name: "log",
        about: "The log on standard error.",
        any_name: false,
        keys: &[key(
            "level",
            "\"info\"",
            "\"error\", \"warn\", \"info\", \"debug\" or \"trace\". The variable SWITCHROOM_LOG goes before it.",
        )],
    },
    Table {
        name: "stop",
        about: "Stopping.",
        any_name: false,
        keys: &[key(
            "drain",
            "\"30s\"",
            "How long running calls may go on after the daemon was told to stop.",
        )],
    },
    Table {
        name: "services",
        about: "Test numbers: \"echo\" says back what it hears, \"tone\" plays a tone. Whoever writes this table\nreplaces all of it.",
        any_name: true,
        keys: &[key("*43", "\"echo\"", ""), key("*44", "\"tone\"", "")],
    },
    Table {
        name: EXTENSION,
        about: "One table for each extension; its name is the number: digits, * and #.",
        any_name: false,
        keys: &[
            example("name", "\"Ana\"", "Name shown to others."),
            example(
                "digest_md5",
                "\"…\"",
                "H(number:domain:password) with MD5, in hexadecimal; written by switchroom passwd 101.",
            ),
            example("digest_sha256", "\"…\"", "The same with SHA-256."),
            example("record", "\"always\"", "Instead of the rule in [recording]."),
            example("ring", "\"20s\"", "Instead of the time in [sip]."),
        ],
    },
];

/// The table of a name; every `extensions.N` is the same one.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|t| t.name == name)
}

/// The key of a table.
pub(super) fn find(table_name: &str, name: &str) -> Option<&'static Key> {
    table(table_name)?.keys.iter().find(|k| k.name == name)
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
         # Relative folders are below $STATE_DIRECTORY if systemd gives one, else beside this file.\n",
    );
    for table in TABLES {
        out.push('\n');
        comment(&mut out, table.about);
        let mark = if table.name == EXTENSION { "# " } else { "" };
        let _ = writeln!(out, "{mark}[{}]", table.name);
        for key in table.keys {
            comment(&mut out, key.about);
            let mark = if key.has_default { "" } else { "# " };
            let _ = writeln!(out, "{mark}{} = {}", written(key.name), key.value);
        }
    }
    out
}

/// The reference as text: every key, its default, its meaning.
pub fn reference() -> String {
    let mut out = String::new();
    for table in TABLES {
        let name = table.name.replace(".101", ".NUMBER");
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
         (\\(lq30s\\(rq, \\(lq5m\\(rq, \\(lq1h30m\\(rq). Relative folders are below $STATE_DIRECTORY if systemd gives one, else \
         beside the file. The file must not be writable by group or others. \\fBswitchroom check\\fR names every fault with its \
         place.\n",
    );
    for table in TABLES {
        let _ = writeln!(out, ".SH [{}]\n{}", table.name.replace(".101", ".NUMBER"), escape(table.about));
        for key in table.keys {
            let label = if key.has_default { "Default" } else { "Example" };
            let _ = writeln!(out, ".TP\n.B {}", escape(&written(key.name)));
            let _ = writeln!(out, "{} {label}: {}", escape(key.about), escape(key.value));
        }
    }
    out.push_str(".SH SEE ALSO\n.BR switchroom (1)\n");
    out
}
