//! The sample, the table of keys, and the corpora of valid and invalid files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::fs;

const BASE: &str = "/srv/pbx";

fn parse_text(text: &str) -> Result<Loaded, Vec<Fault>> {
    parse(text, Path::new("switchroom.toml"), Path::new(BASE))
}

#[test]
fn the_sample_is_the_defaults() {
    let (sample, empty) = (parse_text(&sample()).unwrap(), parse_text("").unwrap());
    assert_eq!(sample, empty);
    assert_eq!(sample.warnings, []);
    assert_eq!(sample.config.services.len(), 2);
    assert_eq!((sample.config.rtp_port_first, sample.config.rtp_pairs), (20_000, 500));
    assert_eq!(sample.shell.data_dir, Path::new("/srv/pbx/data"));
    assert!(sample.config.ring > Duration::ZERO && sample.config.session_expires >= Duration::from_secs(90));
}

/// Every commented line of the sample is right too: with the marks taken off it is still a configuration.
#[test]
fn the_examples_in_the_sample_are_valid() {
    let text: String = sample()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || (rest.contains(" = ") && !rest.ends_with('.')) => {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let text = text
        .replace("digest_md5 = \"…\"", "digest_md5 = \"0123456789abcdef0123456789abcdef\"")
        .replace("digest_sha256 = \"…\"", &format!("digest_sha256 = \"{}\"", "0123456789abcdef".repeat(4)));
    let loaded = parse_text(&text).unwrap_or_else(|f| panic!("{f:#?}\n{text}"));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.shell.phones.get("mara").map(String::as_str), Some("101"));
    assert_eq!(loaded.shell.roles.len(), 4);
    assert_eq!(loaded.config.extensions["101"].name, "Ana");
    assert_eq!(loaded.config.external, Some("203.0.113.7".parse().unwrap()));
}

#[test]
fn the_table_of_keys_is_what_the_reader_asks_for() {
    let text = "[services]\n[extensions.101]\n";
    let (root, _) = DeTable::parse_recoverable(text);
    let mut reader = reader::Reader::default();
    build::build(&mut reader, root.get_ref(), Path::new(BASE));
    let known: std::collections::BTreeSet<_> = keys::TABLES
        .iter()
        .filter(|t| !t.any_name)
        .flat_map(|t| t.keys.iter().map(|k| (t.name, k.name)))
        .collect();
    assert_eq!(reader.asked, known);
}

#[test]
fn the_sample_and_the_reference_read_well() {
    insta::assert_snapshot!("sample", sample());
    insta::assert_snapshot!("reference", reference());
}

/// What a file of the corpora says about itself in its first lines: `# expect: …`.
fn expectations(text: &str) -> Vec<&str> {
    text.lines().map_while(|l| l.strip_prefix("# expect: ")).collect()
}

fn corpus(kind: &str) -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/configs").join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "{} is nearly empty", dir.display());
    files.into_iter().map(|f| (f.clone(), fs::read_to_string(f).unwrap())).collect()
}

fn shown(fault: &Fault) -> String {
    let hint = fault.hint.as_ref().map(|h| format!(" | {h}")).unwrap_or_default();
    format!("{}:{} {}{hint}", fault.line, fault.column, fault.what)
}

#[test]
fn each_invalid_file_gives_the_messages_it_names_and_no_other() {
    for (path, text) in corpus("invalid") {
        let faults = parse_text(&text).expect_err(&format!("{} was taken", path.display()));
        let shown: Vec<String> = faults.iter().map(shown).collect();
        assert_eq!(shown, expectations(&text), "{}", path.display());
    }
}

#[test]
fn each_valid_file_gives_the_warnings_it_names_and_no_other() {
    for (path, text) in corpus("valid") {
        let loaded = parse_text(&text).unwrap_or_else(|f| panic!("{}: {f:#?}", path.display()));
        let shown: Vec<String> = loaded.warnings.iter().map(shown).collect();
        assert_eq!(shown, expectations(&text), "{}", path.display());
    }
}

#[test]
fn any_bytes_give_faults_and_no_panic() {
    let whole = sample() + "[extensions.101]\nname = \"é\"\n[control.phones]\nmara = \"101\"\n";
    let mut state = 88_172_645_463_325_252_u64;
    for _ in 0..400 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let place = usize::try_from(state).unwrap_or(usize::MAX) % bytes.len();
            bytes[place] = b"[]=\"'.,#{}\n 0a\\\x00"[usize::try_from(state >> 40).unwrap() % 16];
        }
        if let Err(faults) = parse_text(&String::from_utf8_lossy(&bytes)) {
            assert!(faults.iter().all(|f| f.line > 0 && f.column > 0));
        }
    }
}

#[test]
fn a_file_that_others_can_write_is_refused_and_one_they_can_read_is_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchroom.toml");
    fs::write(&path, format!("[extensions.101]\ndigest_sha256 = \"{}\"\n", "00".repeat(32))).unwrap();
    let load_with = |mode| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        load(&path)
    };
    for mode in [0o660, 0o602] {
        let faults = load_with(mode).unwrap_err();
        assert!(faults[0].what.contains("can write it") && faults[0].line == 0, "{faults:?}");
    }
    assert!(load_with(0o644).unwrap().warnings[0].what.contains("everybody can read"));
    assert_eq!(load_with(0o640).unwrap().warnings, []);
    let missing = load(&dir.path().join("none.toml")).unwrap_err();
    assert_eq!(missing[0].hint.as_deref(), Some("make one with: switchroom init"));
}
