//! The reference of the language as Markdown, printed from the tables that the reader works by.

use super::keys::{KINDS, Key, TOP, Takes, Unless};
use super::prompt::{AMOUNT, FORMS, currencies};
use crate::check::BUILT_IN;
use crate::expr::Function;
use std::fmt::Write;

/// How flows are written: every kind of node, key, function and name.
pub fn reference() -> String {
    let mut out = String::new();
    out.push_str(INTRODUCTION);
    out.push_str("\n## The file\n\n");
    table(&mut out, TOP.keys);
    out.push_str("\n## Nodes\n");
    for kind in KINDS {
        let _ = write!(out, "\n### {}\n\n{}\n\n", kind.word, kind.about);
        table(&mut out, kind.keys);
    }
    out.push_str("\n## What is said\n\n");
    out.push_str(PROMPTS);
    out.push_str("\n| word | a value is read |\n|---|---|\n");
    for (word, _, about) in FORMS {
        let _ = writeln!(out, "| `{word}` | {about} |");
    }
    let _ = writeln!(out, "| `{AMOUNT} CNY` | an amount of money in a currency: {} |", currencies());
    out.push_str("\n## Expressions\n\n");
    out.push_str(EXPRESSIONS);
    out.push_str("\n| function | gives |\n|---|---|\n");
    for (example, about) in Function::all() {
        let _ = writeln!(out, "| `{example}` | {about} |");
    }
    out.push_str("\n## Names that are known by themselves\n\n| name | value |\n|---|---|\n");
    for (name, about) in BUILT_IN {
        let _ = writeln!(out, "| `{name}` | {about} |");
    }
    out
}

fn table(out: &mut String, keys: &[Key]) {
    out.push_str("| key | takes | unless written | |\n|---|---|---|---|\n");
    for key in keys {
        let unless = match key.unless {
            Unless::Needed => "needed".to_owned(),
            Unless::Default => format!("`{}`", key.value),
            Unless::Nothing => String::new(),
        };
        let example = match key.unless {
            Unless::Default => String::new(),
            _ if key.value.is_empty() || key.takes == Takes::Node => String::new(),
            _ => format!(" `{}`", key.value.replace('|', "\\|")),
        };
        let about = key.about.replace('\n', " ");
        let _ = writeln!(out, "| `{}` | {} | {unless} | {about}{example} |", key.name, key.takes.word());
    }
}

const INTRODUCTION: &str = "\
# Flows

A flow is a file of named nodes. Each node has a kind and does one thing; its keys say where the caller goes next. A
place to go that is not written ends the call, or, in a flow that another one runs, goes back to it.

```toml
title = \"Main number\"

[nodes.hours]
kind = \"hours\"
hours = \"office\"
open = \"main\"
closed = \"closed\"

[nodes.main]
kind = \"menu\"
prompt = { en = \"For sales, press one.\", zh = \"销售请按一。\" }
keys = { 1 = \"sales\" }
otherwise = \"sales\"

[nodes.sales]
kind = \"queue\"
queue = \"sales\"
timeout = \"closed\"

[nodes.closed]
kind = \"voicemail\"
mailbox = \"sales\"
next = \"bye\"
failed = \"bye\"

[nodes.bye]
kind = \"hang_up\"
prompt = \"Goodbye.\"
```

Names of flows, nodes, queues and lists have letters, digits, `_` and `-`; variables have no `-`. Durations are written
`\"5s\"`, `\"1500ms\"`, `\"1m30s\"`.
";

const PROMPTS: &str = "\
A text is spoken by the speech engine, unless it begins with `@`: then it is a prompt of the library by its name, as
`\"@office/welcome\"`. A list of texts is said one after the other. A table says it by language:
`{ en = \"Hello.\", zh = [\"@chime\", \"您好。\"] }`.

Values stand in braces: `\"You are number {queue.sales.waiting + 1:number}.\"`. Within the braces is an expression, and
behind a colon how it is read. `{{` and `}}` are braces that are meant. What is secret is never said.

A *template* is text of the same make that is not said: `\"{agent}\"`, `\"9{caller}\"`.
";

const EXPRESSIONS: &str = "\
Expressions stand between quotes of TOML, so text within them best stands between single ones:
`when = \"class == 'vip'\"`. A quote within text is written twice. Numbers, `true` and `false` need no quotes at all.

| written | means |
|---|---|
| `1.5` `'text'` `\"text\"` `yes` `no` | values |
| `level` `queue.sales.waiting` `queue.'after-sales'.waiting` | names |
| `+` `-` `*` `/` `%` | arithmetic, exact to six decimals; `/` rounds halves away from zero, `%` is never negative |
| `&` | text joined |
| `==` `!=` `<` `<=` `>` `>=` | comparison |
| `caller in ('101', '102')` | is one of them |
| `and` `or` `not` | conditions |
| `( )` | first this |

Whatever reads as a decimal number is one: `'007' == 7` holds. Two values are compared as numbers if both read as one,
else as text, capitals differing from small letters. What has no value, and what cannot be computed (text that is no
number, division by zero), is nothing: it is no condition that holds, equals an empty text, and is neither less nor more
than anything. Nor do an empty text, `no` and whatever equals 0 hold: where a caller may have typed 0, ask
`is_set(digits)`. What is made from a secret is secret.
";
