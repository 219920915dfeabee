//! What holds for the whole source and no compiler checks: who knows whom, who asks for the time, how long files are,
//! words, licences, and that the README tells the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The platform that compiles, as Cargo names it.
fn host() -> String {
    let out = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8(out.stdout).expect("words");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        // What other platforms would need was never fetched.
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

/// Whom a package of ours may depend on, of ours. Tests of a package may know more.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("switchroom-wire", &[]),
    ("switchroom-sip", &[]),
    ("switchroom-media", &[]),
    ("switchroom-flow", &[]),
    ("switchroom-acd", &[]),
    ("switchroom-exchange", &["switchroom-sip", "switchroom-flow", "switchroom-acd"]),
    ("switchroom-phone", &["switchroom-sip", "switchroom-media"]),
    ("switchroom-console", &["switchroom-wire"]),
    (
        "switchroom",
        &[
            "switchroom-sip",
            "switchroom-exchange",
            "switchroom-flow",
            "switchroom-acd",
            "switchroom-media",
            "switchroom-wire",
            "switchroom-phone",
            "switchroom-console",
        ],
    ),
];

#[test]
fn packages_know_only_whom_they_may() {
    let metadata = metadata();
    let rules: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let is_ours = |name: &str| name == "switchroom" || name.starts_with("switchroom-");
    let mut seen = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if !is_ours(name) || name == "switchroom-tests" {
            continue;
        }
        let allowed = rules.get(name).unwrap_or_else(|| panic!("{name} has no rule here: who may it know?"));
        seen += 1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            if is_ours(other) && dependency["kind"].is_null() {
                assert!(allowed.contains(&other), "{name} must not know {other}");
            }
        }
    }
    assert_eq!(seen, MAY_KNOW.len());
}

/// Licences that ask for nothing but their text.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Crates without a licence in their manifest, or with one of no harm that is not listed, and why they are fine.
const LICENCE_EXCEPTIONS: &[(&str, &str)] = &[
    ("rsip", "its LICENSE file is the MIT licence"),
    ("rsip-derives", "its LICENSE file is the MIT licence"),
    ("terminfo", "WTFPL; comes with a terminal backend that is not built"),
];

fn is_free(expression: &str) -> bool {
    expression.split(" AND ").all(|part| {
        let part = part.trim_matches(['(', ')', ' ']).replace('/', " OR ");
        part.split(" OR ").any(|one| LICENCES.contains(&one.trim()))
    })
}

#[test]
fn licences_ask_for_nothing_but_their_text() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_free(licence) && !LICENCE_EXCEPTIONS.iter().any(|(known, _)| *known == name) {
            wrong.push(format!("{name}: {licence:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A source file, cut before its tests.
struct Source {
    path: String,
    text: String,
}

/// The sources below these folders that are built into the product.
fn product(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut todo: Vec<PathBuf> = folders.iter().map(|f| root().join(f)).collect();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n == "tests") {
                continue;
            }
            todo.extend(std::fs::read_dir(&path).expect("a folder").flatten().map(|e| e.path()));
        } else if path.extension().is_some_and(|e| e == "rs")
            && path.file_name().is_some_and(|n| n != "tests.rs")
        {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            let path = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
            found.push(Source { path, text: text[..end].to_owned() });
        }
    }
    assert!(!found.is_empty());
    found
}

const ALL: &[&str] = &[
    "pbx/src",
    "pbx/sip/src",
    "pbx/exchange/src",
    "pbx/media/src",
    "pbx/wire/src",
    "pbx/phone/src",
    "console/src",
];

/// Who may ask for the time, and why.
const ASK_FOR_TIME: &[(&str, &str)] = &[
    ("pbx/src/clock.rs", "it is the place"),
    ("pbx/src/net/tcp.rs", "the runtime's own clock, for its deadlines of reading"),
    ("console/src/run.rs", "the console's loop has a frame rate"),
];

#[test]
fn time_is_asked_in_one_place() {
    for source in product(ALL) {
        if ASK_FOR_TIME.iter().any(|(path, _)| *path == source.path) {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let asks = ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];
            assert!(
                !asks.iter().any(|ask| code.contains(ask)),
                "{}:{} asks for the time; only pbx/src/clock.rs does",
                source.path,
                number + 1
            );
        }
    }
    for (path, _) in ASK_FOR_TIME {
        assert!(root().join(path).exists(), "{path} is gone: take it off the list");
    }
}

/// Lines of a file without its tests.
const LINES_MAX: usize = 600;

/// Files that may be longer, how long, and why.
const LONGER: &[(&str, usize, &str)] =
    &[("pbx/exchange/src/exchange.rs", 700, "where every input goes is read in one place")];

#[test]
fn files_have_one_job_and_fit_a_head() {
    for source in product(ALL) {
        let lines = source.text.lines().count();
        let most =
            LONGER.iter().find(|(path, ..)| *path == source.path).map_or(LINES_MAX, |(_, most, _)| *most);
        assert!(lines <= most, "{} has {lines} lines; {most} are the most", source.path);
        assert!(
            source.text.starts_with("//!") || source.path.ends_with("main.rs"),
            "{} does not say its job",
            source.path
        );
    }
}

#[test]
fn words_are_the_houses() {
    for source in product(ALL) {
        for (number, line) in source.text.lines().enumerate() {
            for word in line.split(|c: char| !c.is_alphanumeric() && c != '_') {
                let is_banned = matches!(word, "TODO" | "FIXME" | "XXX" | "HACK")
                    || matches!(word.to_lowercase().as_str(), "member" | "members" | "queuemember");
                assert!(!is_banned, "{}:{} says {word}", source.path, number + 1);
            }
        }
    }
}

#[test]
fn nothing_is_unsafe() {
    for source in product(ALL) {
        assert!(!source.text.contains("allow(unsafe_code)"), "{}", source.path);
    }
}

#[test]
fn documents_are_there() {
    for path in [
        "LICENSE",
        "README.md",
        "pbx/ARCHITECTURE.md",
        "pbx/CHANGELOG.md",
        "pbx/dist/switchroom.toml",
        "pbx/dist/man/switchroom.1",
        "pbx/dist/man/switchroom.toml.5",
        "pbx/dist/completions/switchroom.bash",
        "console/KEYS.md",
    ] {
        let length = std::fs::metadata(root().join(path)).map_or(0, |m| m.len());
        assert!(length > 0, "{path} is missing or empty");
    }
}

/// The code blocks of a document.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```").skip(1).step_by(2).collect()
}

#[test]
fn the_readmes_commands_are_the_two_that_there_are() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let first: Vec<&str> = blocks(&readme)[0].lines().skip(1).filter(|l| !l.trim().is_empty()).collect();
    assert_eq!(first, ["cargo run --release -- demo", "cargo test --workspace"]);
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("default-members = [\"pbx\"]"), "cargo run must run the one binary");
    // What its first command runs, without a screen.
    let demo = Command::new(env!("CARGO_BIN_EXE_switchroom-under-test"))
        .args(["demo", "--headless", "--seconds", "5", "--calls-per-min", "60", "--seed", "7"])
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{said}\n{}", String::from_utf8_lossy(&demo.stderr));
    assert!(said.contains("the books agree"), "{said}");
}

/// Where the packages have their tests, by the prefixes of `pbx/SIP.md`.
const SHOWN_BY: &[(&str, &[&str])] = &[
    ("sip", &["pbx/sip/src", "pbx/sip/tests"]),
    ("exchange", &["pbx/exchange/src"]),
    ("media", &["pbx/media/src"]),
    ("shell", &["pbx/src"]),
    ("phone", &["pbx/phone/src"]),
    ("e2e", &["tests/tests/e2e"]),
];

/// The module that a file below a folder is, as `tests::mwi`.
fn module_of(file: &Path, below: &Path) -> String {
    let inside = file.strip_prefix(below).expect("inside").with_extension("");
    let parts = inside.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !["mod", "lib", "main"].contains(&part.as_str())).collect::<Vec<_>>().join("::")
}

/// Modules with the text of their files, of one prefix.
fn modules(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for below in folders.iter().map(|folder| root().join(folder)) {
        let mut todo = vec![below.clone()];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(std::fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path()));
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((module_of(&path, &below), std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    found
}

/// Whether there is a module of that path, or a test: in the file of the longest part of the path that is one, inside of the
/// modules that the rest names.
fn is_there(path: &str, modules: &[(String, String)]) -> bool {
    modules.iter().any(|(module, text)| {
        let Some(rest) = path.strip_prefix(module.as_str()) else { return false };
        let mut inner: Vec<&str> = rest.split("::").filter(|part| !part.is_empty()).collect();
        let Some(name) = inner.pop() else { return true };
        let is_rest = module.is_empty() || rest.starts_with("::");
        let has = |what: &str, name: &str| {
            text.match_indices(&format!("{what} {name}")).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        };
        is_rest && inner.iter().all(|one| has("mod", one)) && has("fn", name)
    })
}

#[test]
fn the_tests_that_the_list_of_rfcs_names_are_there() {
    let of: BTreeMap<&str, Vec<(String, String)>> =
        SHOWN_BY.iter().map(|(prefix, folders)| (*prefix, modules(folders))).collect();
    let text = std::fs::read_to_string(root().join("pbx/SIP.md")).expect("the list");
    let (mut missing, mut count) = (Vec::new(), 0);
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_end_matches('|').rsplitn(2, " | ").collect();
        let mut prefix = None;
        for name in cells.first().into_iter().flat_map(|cell| cell.split('`')).skip(1).step_by(2) {
            let path = match name.split_once(": ") {
                Some((of, path)) => {
                    prefix = Some(of);
                    path
                }
                None => name,
            };
            let Some(modules) = prefix.and_then(|prefix| of.get(prefix)).filter(|_| path.contains("::"))
            else {
                continue;
            };
            count += 1;
            if !is_there(path, modules) {
                missing.push(format!("{}: {path}", prefix.unwrap_or_default()));
            }
        }
    }
    assert!(count > 100, "only {count} names were found");
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}
