//! Keys of extensions.

use super::{EXTENSION, Kind, Table, example, key};

/// Extensions.
pub(super) const EXTENSIONS: Table = Table {
    name: EXTENSION,
    about: "One table for each extension; its name is the number: digits, * and #.",
    kind: Kind::Each("NUMBER"),
    keys: &[
        example("name", "\"Ana\"", "Name shown to others."),
        example(
            "digest_md5",
            "\"…\"",
            "H(number:domain:password) with MD5, in hexadecimal; written by switchroom passwd 101.",
        ),
        example("digest_sha256", "\"…\"", "The same with SHA-256."),
        example(
            "record",
            "\"always\"",
            "Instead of the rule in [recording]. Who is \"never\" recorded ends the recording of a talk by coming into it, unless another is \"always\".",
        ),
        example("ring", "\"20s\"", "Instead of the time in [sip]."),
        key(
            "auto_answer",
            "false",
            "Whether its phones are asked to answer by themselves what a queue offers, a call-back too, and a supervisor's own call. They must be set to obey.",
        ),
        example(
            "contact",
            "\"sip:ana@192.0.2.7:5060\"",
            "Where it is called besides where its phones register, over UDP, or with \";transport=tcp\" over TCP: a user of another exchange, a gateway, a phone that does not register.\nIts host is an IP address or a name, such as \"sip:ana@phones.example.com\": that is looked up (A and AAAA, no SRV) at the start, at each reload and each minute. Over TCP one connection to each host and port is kept. The port is 5060 unless it says so.\nAn agent may sit there too. It must answer OPTIONS, unless keep_alive in [sip] is \"0s\", and is told of no messages.\nIts host is trusted: inside its calls no request from that IP address needs a password.",
        ),
        key("voicemail", "false", "Whether it has a mailbox without a table of its own."),
    ],
};
