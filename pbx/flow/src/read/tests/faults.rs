//! What is refused, with its place and a hint.

use super::*;

/// Nodes `a` and `x`, of which the second is what is tried.
fn faults_of(node: &str) -> Vec<Fault> {
    let (flow, faults) = read("f.toml", 1, &format!("[nodes.a]\nkind = \"return\"\n[nodes.x]\n{node}"));
    assert_eq!(flow.is_none(), faults.iter().any(|f| !f.is_warning), "{node}");
    faults
}

#[test]
fn faults_of_a_node_have_their_place_and_a_hint() {
    let mut missed = String::new();
    for (node, line, column, what, hint) in [
        ("", 3, 8, "node \"x\" has no kind", "play, say, menu"),
        ("kind = \"meun\"", 4, 8, "\"meun\" is not a kind", "did you mean \"menu\"?"),
        ("kind = 3", 4, 8, "\"\" is not a kind", "known are play"),
        (
            "kind = \"return\"\nnext = \"a\"",
            5,
            1,
            "\"next\" is not a key of a node of kind return",
            "known here are value",
        ),
        ("kind = \"return\"\nvalu = \"a\"", 5, 1, "\"valu\" is not a key", "did you mean \"value\"?"),
        ("kind = \"return\"\nargv = \"a\"", 5, 1, "\"argv\" is not a key", "nodes of kind exec have it"),
        ("kind = \"mailbox\"\nnext = \"b\"", 5, 8, "there is no node \"b\"", "write [nodes.b]"),
        ("kind = \"mailbox\"\nnext = \"A\"", 5, 8, "there is no node \"A\"", "did you mean \"a\"?"),
        ("kind = \"mailbox\"\nnext = 1", 5, 8, "next must be the name of a node", "quotes"),
        ("kind = \"queue\"\nqueue = \"s\"\ncall_back = \"12\"", 6, 13, "\"12\" is not one key", "0-9 * #"),
        (
            "kind = \"queue\"\nqueue = \"s\"\nkeys = { 12 = \"a\" }\ncall_back = \"1\"",
            7,
            13,
            "key 1 leads out of the queue already",
            "another key",
        ),
        ("kind = \"agent\"\ndo = \"come\"", 5, 6, "\"come\" is not something do can be", "sign_in"),
        ("kind = \"agent\"\ndo = \"break\"", 3, 8, "has a break without a reason", "reason = \"lunch\""),
        ("kind = \"agent\"\ndo = \"ready\"\nreason = \"x\"", 6, 10, "a reason is for breaks", "leave it out"),
        (
            "kind = \"agent\"\ndo = \"ready\"\nagent = \"1\"",
            6,
            9,
            "only who signs in is named",
            "leave it out",
        ),
        ("kind = \"play\"\nprompt = \"\"", 5, 10, "prompt is empty", "leave the key out"),
        ("kind = \"play\"\nprompt = 1", 5, 10, "prompt must be a text, a list", "@name"),
        ("kind = \"play\"\nprompt = []", 5, 10, "prompt must be a text, a list of 1 to", "@name"),
        ("kind = \"play\"\nprompt = {}", 5, 10, "prompt has no language", ""),
        ("kind = \"play\"\nprompt = { de = \"x\" }", 5, 12, "\"de\" is not a language", "en and zh"),
        ("kind = \"play\"\nprompt = [\"x\", [\"y\"]]", 5, 16, "each part of prompt must be a text", ""),
        ("kind = \"play\"\nprompt = \"@Big\"", 5, 11, "not the name of a prompt", "a-z"),
        ("kind = \"play\"\nprompt = \"Hi {a +}\"", 5, 18, "a value is missing before \"}\"", "number"),
        ("kind = \"play\"\nprompt = '''\nHi {a:nr}'''", 6, 7, "is no way to read", "known are"),
        ("kind = \"play\"\nprompt = \"\\u0041 {a +}\"", 5, 10, "a value is missing", ""),
        (
            "kind = \"play\"\nprompt = \"x\"\nwhole = \"yes\"",
            6,
            9,
            "whole must be true or false",
            "without quotes",
        ),
        ("kind = \"menu\"\nprompt = \"x\"\nkeys = {}", 6, 8, "there are no keys", "sales"),
        ("kind = \"menu\"\nprompt = \"x\"\nkeys = { x = \"a\" }", 6, 10, "\"x\" cannot be pressed", "0-9"),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"c\" }",
            6,
            14,
            "there is no node \"c\"",
            "[nodes.c]",
        ),
        ("kind = \"menu\"\nprompt = \"x\"\nkeys = \"1\"", 6, 8, "keys must be a table", "write keys"),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"a\" }\nwait = \"5\"",
            7,
            8,
            "\"5\" is not a duration",
            "\"5s\"",
        ),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"a\" }\nwait = 5",
            7,
            8,
            "wait must be a text",
            "quotes",
        ),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"a\" }\nwait = \"2m\"",
            7,
            8,
            "wait must be from 1s to 1m",
            "",
        ),
        (
            "kind = \"menu\"\nprompt = \"x\"\nkeys = { 1 = \"a\" }\ntries = 0",
            7,
            9,
            "tries must be a whole number from 1 to 10",
            "",
        ),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"1\"",
            6,
            8,
            "not the name of a variable",
            "begin with a letter",
        ),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"hour\"",
            6,
            8,
            "hour is known by itself",
            "another name",
        ),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"o\"\nmin = 5\nmax = 4",
            7,
            7,
            "min (5) is more than max (4)",
            "",
        ),
        ("kind = \"collect\"\nprompt = \"x\"\ninto = \"o\"\nmax = 65", 7, 7, "from 1 to 64", ""),
        (
            "kind = \"collect\"\nprompt = \"x\"\ninto = \"o\"\nend = \"##\"",
            7,
            7,
            "\"##\" is not one key",
            "\"#\"",
        ),
        ("kind = \"set\"\nvalues = { a = \"1 +\" }", 5, 20, "a value is missing before the end", ""),
        ("kind = \"set\"\nvalues = { a = \"stars(b, 1)\" }", 5, 17, "no function stars", "\"starts\""),
        ("kind = \"set\"\nvalues = { a = 1e3 }", 5, 16, "a must be a text, a decimal number", "decimals"),
        ("kind = \"set\"\nvalues = { caller = 1 }", 5, 12, "caller is known by itself", ""),
        ("kind = \"set\"\nvalues = { language = \"'de'\" }", 5, 10, "\"de\" is not a language", "'en'"),
        ("kind = \"if\"\notherwise = \"a\"", 3, 8, "has no when and no cases", "write when"),
        ("kind = \"if\"\nwhen = \"yes\"", 3, 8, "has no then", "write when"),
        ("kind = \"if\"\nthen = \"a\"", 3, 8, "has no when", "write when"),
        ("kind = \"if\"\ncases = []", 5, 9, "cases must be a list of 1 to", "write cases"),
        (
            "kind = \"if\"\nthen = \"a\"\ncases = [{ when = true, then = \"a\" }]",
            3,
            8,
            "both cases and one of",
            "or cases",
        ),
        ("kind = \"if\"\ncases = [{ when = true }]", 5, 10, "each case needs when and then", "write cases"),
        (
            "kind = \"if\"\ncases = [{ when = true, then = \"a\", or = 1 }]",
            5,
            37,
            "\"or\" is not a key of a case",
            "when, then",
        ),
        ("kind = \"if\"\nwhen = \"a = 1\"\nthen = \"a\"", 5, 11, "= does not compare", "write =="),
        ("kind = \"hours\"\nhours = \"a b\"", 5, 9, "\"a b\" is not a name", "letters"),
        ("kind = \"share\"\nparts = { a = 60, x = 30 }", 5, 9, "the parts make 90, not 100", "per cent"),
        ("kind = \"share\"\nparts = { a = 60, x = 41 }", 5, 9, "the parts make 101, not 100", "per cent"),
        ("kind = \"share\"\nparts = { a = 160 }", 5, 15, "a part must be a whole number from 0 to 100", ""),
        ("kind = \"share\"\nparts = { a = 50, c = 50 }", 5, 19, "there is no node \"c\"", ""),
        ("kind = \"dial\"\nto = []", 5, 6, "to must have 1 to 20 entries", ""),
        ("kind = \"dial\"\nto = \"\"", 5, 6, "to is empty", ""),
        ("kind = \"dial\"\nto = \"{agent:digits}\"", 5, 7, "nothing is read aloud here", "colon"),
        ("kind = \"dial\"\nto = \"1\"\nring = \"1h\"", 6, 8, "ring must be from 1s to 4m", ""),
        ("kind = \"http\"\nurl = \"https://a/\"", 5, 7, "does not begin with http://", "http://127"),
        (
            "kind = \"http\"\nurl = \"http://{caller}/\"",
            5,
            7,
            "host and port cannot be values",
            "after the next /",
        ),
        ("kind = \"http\"\nurl = \"http://a{caller}/\"", 5, 7, "host and port cannot be values", ""),
        ("kind = \"http\"\nurl = \"http://a:{n}/\"", 5, 7, "host and port cannot be values", ""),
        ("kind = \"http\"\nurl = \"{caller}\"", 5, 7, "does not begin with http://", ""),
        ("kind = \"http\"\nurl = \"http://u@a/\"", 5, 7, "\"u@a\" is not a host", ""),
        ("kind = \"http\"\nurl = \"http://a/ b\"", 5, 7, "cannot stand in an address", "percent"),
        ("kind = \"http\"\nurl = \"http://a/{n}#b\"", 5, 7, "# and what follows", "leave it out"),
        ("kind = \"http\"\nurl = \"http://a/{n:digits}\"", 5, 7, "nothing is read aloud here", ""),
        (
            "kind = \"http\"\nurl = \"http://a\"\ntimeout = \"31s\"",
            6,
            11,
            "timeout must be from 1s to 30s",
            "",
        ),
        (
            "kind = \"http\"\nurl = \"http://a\"\nfields = { n = \"a..b\" }",
            6,
            16,
            "no place in an answer",
            "items.0",
        ),
        (
            "kind = \"http\"\nurl = \"http://a\"\nfields = { hour = \"a\" }",
            6,
            12,
            "hour is known by itself",
            "",
        ),
        ("kind = \"exec\"\nargv = \"/bin/x\"", 5, 8, "argv must be a list", "write ["),
        ("kind = \"exec\"\nargv = [\"x\"]", 5, 9, "\"x\" is not an absolute path", "from / on"),
        (
            "kind = \"exec\"\nargv = [\"/x\", \"{caller}\"]",
            5,
            15,
            "no values can be put into arguments",
            "input",
        ),
        ("kind = \"exec\"\nargv = [\"/x\", \"\\u0000\"]", 5, 15, "no program takes", ""),
        ("kind = \"survey\"\nquestion = \"q\"\nkeys = \"121\"", 6, 8, "a key is twice in \"121\"", ""),
        ("kind = \"survey\"\nquestion = \"q\"\nkeys = \"1-5\"", 6, 8, "\"1-5\" are not keys", "12345"),
        (
            "kind = \"hang_up\"\nas = \"bussy\"",
            5,
            6,
            "\"bussy\" is not something as can be",
            "did you mean \"busy\"?",
        ),
    ] {
        let faults = faults_of(node);
        let found = faults.iter().any(|f| {
            (f.line, f.column) == (line, column)
                && f.what.contains(what)
                && f.hint.as_deref().unwrap_or_default().contains(hint)
        });
        if !found || faults.len() != 1 {
            missed += &format!(
                "{node}
wanted {line}:{column} {what} ({hint}), found
{}
",
                told(&faults)
            );
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn faults_of_a_file_have_their_place_and_a_hint() {
    let node = "[nodes.x]\nkind = \"return\"\n";
    for (text, line, column, what, hint) in [
        (String::new(), 1, 1, "the flow has no nodes", "write nodes"),
        ("nodes = 1".to_owned(), 1, 9, "nodes must be tables", "[nodes.main]"),
        ("[nodes]".to_owned(), 1, 1, "a flow has 1 to 500 nodes, and this one 0", "kind = \"flow\""),
        ("[nodes]\nx = 1".to_owned(), 2, 1, "node \"x\" is not a table", "[nodes.x]"),
        ("[nodes.\"a b\"]\nkind = \"return\"".to_owned(), 1, 8, "\"a b\" is not a name", "letters"),
        (
            format!("titel = \"x\"\n{node}"),
            1,
            1,
            "\"titel\" is not a key of a flow",
            "did you mean \"title\"?",
        ),
        (format!("kind = \"x\"\n{node}"), 1, 1, "\"kind\" is not a key of a flow", "known are"),
        (
            format!("language = \"de\"\n{node}"),
            1,
            12,
            "\"de\" is not something language can be",
            "\"en\" or \"zh\"",
        ),
        (format!("title = \"a\\u001b\"\n{node}"), 1, 9, "control character", ""),
        (format!("start = \"y\"\n{node}"), 1, 9, "there is no node \"y\"", ""),
        (format!("on_hang_up = \"y\"\n{node}"), 1, 14, "there is no node \"y\"", ""),
        (format!("arguments = 1\n{node}"), 1, 13, "arguments must be a table", ""),
        (format!("arguments = {{ a = [] }}\n{node}"), 1, 19, "a must be a text, a decimal", ""),
        (format!("arguments = {{ caller = 1 }}\n{node}"), 1, 15, "caller is known by itself", ""),
        ("[nodes.x\nkind = 1".to_owned(), 1, 9, "not TOML", ""),
        (format!("{node}{node}"), 3, 8, "not TOML: duplicate key", ""),
    ] {
        let (flow, faults) = read("f.toml", 1, &text);
        assert!(flow.is_none(), "{text}");
        let found = faults.iter().any(|f| {
            (f.line, f.column) == (line, column)
                && f.what.contains(what)
                && f.hint.as_deref().unwrap_or_default().contains(hint)
        });
        assert!(found, "{text}\nwanted {line}:{column} {what} ({hint}), found\n{}", told(&faults));
    }
    for (file, text, what) in [
        ("flows/a b.toml", node.to_owned(), "is not a name of a flow"),
        (".toml", node.to_owned(), "is not a name of a flow"),
        ("big.toml", " ".repeat(FILE_BYTES_MAX + 1), "is longer than"),
    ] {
        let (flow, faults) = read(file, 1, &text);
        assert!(flow.is_none() && faults.len() == 1, "{file}");
        assert!(
            faults.iter().all(|f| f.line == 0 && f.what.contains(what) && f.file == file),
            "{}",
            told(&faults)
        );
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = "start = \"c\"\n[nodes.b]\nkind = \"menu\"\nkeys = { x = \"a\", 1 = \"d\" }\nwait = \"1\"\n\
                [nodes.a]\nkind = \"hang_up\"\nas = \"x\"\nnext = \"b\"\n";
    let (flow, faults) = read("f.toml", 1, text);
    assert!(flow.is_none());
    let places: Vec<_> = faults.iter().map(|f| (f.line, f.column)).collect();
    assert_eq!(places, [(1, 9), (2, 8), (4, 10), (4, 23), (5, 8), (8, 6), (9, 1)], "{}", told(&faults));
    let many = "x = 1\n".replace('x', "[nodes.a]\nkind = \"return\"\nk");
    let many = (0..crate::limits::FAULTS_MAX + 50).fold(many, |text, n| text + &format!("k{n} = 1\n"));
    assert_eq!(read("f.toml", 1, &many).1.len(), crate::limits::FAULTS_MAX);
}

#[test]
fn a_file_that_is_too_much_is_refused_and_one_that_is_not_is_not() {
    let nodes =
        |count: usize| (0..count).map(|n| format!("[nodes.n{n}]\nkind = \"return\"\n")).collect::<String>();
    assert!(read("f.toml", 1, &nodes(NODES_MAX)).0.is_some());
    assert!(read("f.toml", 1, &nodes(NODES_MAX + 1)).0.is_none());
    let values = |count: usize| {
        let each: Vec<_> = (0..count).map(|n| format!("v{n} = 1")).collect();
        format!("[nodes.a]\nkind = \"set\"\nvalues = {{ {} }}", each.join(", "))
    };
    assert!(read("f.toml", 1, &values(crate::limits::ENTRIES_MAX)).0.is_some());
    assert!(read("f.toml", 1, &values(crate::limits::ENTRIES_MAX + 1)).0.is_none());
    assert!(read("f.toml", 1, &"[".repeat(10_000)).0.is_none(), "depth has an end");
    assert!(read("f.toml", 1, &format!("a = {}", "[".repeat(100_000))).0.is_none());
}
