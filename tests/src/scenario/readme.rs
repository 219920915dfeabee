//! The page for people who write scenarios, made from the tables.

use super::file::{CDR_KEYS, EXPECT_KEYS, KEYS, Key, PHONE_KEYS, SITE_KEYS};
use super::told::TOLD;
use super::verbs::{ANSWERS, SOUNDS, VERBS};
use super::words::{Form, SLOTS};
use std::fmt::Write as _;

const HEAD: &str = "# Scenarios

Each file here is one small story about the exchange: who is there, what people do and what goes wrong, and what must
come of it. `cargo test -p switchroom-tests --test scenarios` plays them all in simulated time, with the exchange and the
phones that ship, while every rule of the simulator is watched. To add one, write a file; nothing else is to be changed.

```toml
name = \"The caller hangs up after a talk\"
why = \"The most usual end of a call.\"
phones = { ana = \"101\", bo = \"102\" }
script = [
  \"0s    ana dials 102\",
  \"2s    bo answers\",
  \"10s   ana hangs up\",
]

[expect]
events = [\"call_started\", \"call_ringing\", \"call_answered\", \"call_ended\"]
hears = [\"3s ana hears bo\", \"3s bo hears ana\"]
ana = [\"ringing\", \"2s up\", \"ended by ana\"]
cdr = { from = \"101\", to = \"102\", with = \"102\", cause = \"hung_up\", by = \"caller\", talk = \"8s\", total = \"10s\" }
ladder = true
```

Phones are registered when the clock of a scenario starts. It ends once nobody is in a call any more. A message is on its
way for 10 ms.

A time is written as `500ms`, `2s`, `1.5s`, `3min` or `1h`. Where one is expected, it is as exact as it is written: `2s`
is anything that rounds to two seconds, `2.0s` anything that rounds to 2.0 seconds.

`ladder = true` compares all messages and decisions, with their times, with `tests/golden/<name of the file>.ladder`.
`UPDATE_GOLDEN=1 cargo test -p switchroom-tests --test scenarios` writes these anew: read what has changed.

This page is made from the tables in `tests/src/scenario/`; the same command writes it anew.
";

fn keys(out: &mut String, title: &str, keys: &[Key]) {
    _ = write!(out, "\n## {title}\n\n| key | meaning |\n|---|---|\n");
    for key in keys {
        _ = writeln!(out, "| `{}` | {} |", key.name, key.help);
    }
}

fn forms<T>(out: &mut String, title: &str, text: &str, forms: &[Form<T>]) {
    _ = write!(out, "\n## {title}\n\n{text}\n\n| sentence | what it means | example |\n|---|---|---|\n");
    for form in forms {
        _ = writeln!(out, "| `{}` | {} | `{}` |", form.form, form.help, form.example);
    }
}

/// The whole page.
pub fn page() -> String {
    let mut out = HEAD.to_owned();
    let text = "Words in braces stand for something else, parts in brackets may be left out.";
    forms(&mut out, "What a script can say", text, VERBS);
    out.push_str("\n| in braces | what stands there |\n|---|---|\n");
    for slot in SLOTS {
        _ = writeln!(out, "| `{}` | {} |", slot.name, slot.help);
    }
    forms(
        &mut out,
        "What `hears` can say",
        "After a time; looked at after what the script does then.",
        SOUNDS,
    );
    forms(&mut out, "What `answers` can say", "After a time, in order.", ANSWERS);
    _ = write!(out, "\n## What a phone can be told\n\n");
    out.push_str("Under the phone's name in `[expect]`, in order, each with a time before it if that matters. What follows a\n");
    out.push_str("comma, the reason in words, may be left out.\n\n| told | meaning |\n|---|---|\n");
    for (told, help) in TOLD {
        _ = writeln!(out, "| `{told}` | {help} |");
    }
    keys(&mut out, "Keys of a scenario", KEYS);
    keys(&mut out, "Keys of a phone", PHONE_KEYS);
    keys(&mut out, "Keys of the site", SITE_KEYS);
    keys(&mut out, "Keys of `[expect]`", EXPECT_KEYS);
    keys(&mut out, "Keys of a CDR", CDR_KEYS);
    out
}
