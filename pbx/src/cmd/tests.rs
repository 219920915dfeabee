//! What the commands print, and that what is shipped is what the program prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::terminal::Paint;
use super::{Failure, Outcome, check, doctor, explain, generate, init, passwd, replay, store, tell};
use crate::cli::{CheckArgs, Cli, Command, ConfigFile, Format, InitArgs, ReplayArgs, StoreCommand};
use crate::config;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Output and errors of a command, as a person sees them, without the name of the temporary folder.
fn shown(dir: &Path, work: impl FnOnce(&mut Vec<u8>) -> Outcome) -> String {
    let mut out = Vec::new();
    let outcome = work(&mut out);
    let code = match outcome {
        Ok(code) => code,
        Err(failure) => tell(&failure, Paint::PLAIN, &mut out).unwrap(),
    };
    format!("{}\nexit {code}", String::from_utf8(out).unwrap()).replace(&dir.display().to_string(), "DIR")
}

fn init_in(dir: &Path, out: &mut Vec<u8>) -> Outcome {
    let args = InitArgs { dir: dir.into(), domain: "example.com".into(), address: None, no_qr: false };
    let random: Vec<u8> = (0..56).collect();
    init::init(&args, "192.0.2.10".parse().unwrap(), &random, out)
}

fn check_in(dir: &Path, format: Format, deny_warnings: bool, out: &mut Vec<u8>) -> Outcome {
    let config = ConfigFile { config: Some(dir.join("switchroom.toml")) };
    check::run(&CheckArgs { config, deny_warnings, format }, Paint::PLAIN, out)
}

fn write(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("switchroom.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    path
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Cli::command().debug_assert();
}

/// Snapshots of all help texts at a width of 100 columns.
#[test]
fn help_reads_well() {
    let mut all = String::new();
    let mut whole = Cli::command().term_width(100).version("0.0.0");
    whole.build();
    all += &whole.render_long_help().to_string();
    for command in whole.get_subcommands_mut() {
        all += &format!("\n======== {}\n{}", command.get_name().to_owned(), command.render_help());
        for inner in command.get_subcommands_mut() {
            all += &format!("\n---- {}\n{}", inner.get_name().to_owned(), inner.render_help());
        }
    }
    insta::assert_snapshot!("help", all);
}

#[test]
fn wrong_usage_is_code_2_and_help_is_code_0() {
    for (line, code) in [
        ("switchroom", 2),
        ("switchroom serv", 2),
        ("switchroom ctl cdr -n 0", 2),
        ("switchroom replay a.flight --until 0", 2),
        ("switchroom route explain", 2),
        ("switchroom hours", 2),
        ("switchroom console wall --rotate 4s", 2),
        ("switchroom console wall --rotate soon", 2),
        ("switchroom replay a.flight --ladders --call 1", 2),
        ("switchroom phone --password secret call 1", 2),
        ("switchroom --help", 0),
        ("switchroom --version", 0),
    ] {
        let refused = Cli::try_parse_from(line.split(' ')).expect_err(line);
        assert_eq!(refused.exit_code(), code, "{line}");
    }
    for line in [
        "switchroom console",
        "switchroom console once calls --json",
        "switchroom console do hangup 7",
        "switchroom console wall --rotate 20s --lang zh",
        "switchroom console wall --rotate 300",
        "switchroom ctl --json cdr -n 5 --party 101",
        "switchroom ctl status --json",
        "switchroom phone -u 101 --tcp call *43",
        "switchroom phone -u 101 call *43 --seconds 2 --play tone:700",
        "switchroom demo --headless --seconds 5",
        "switchroom replay a.flight --until 7 --ladders",
        "switchroom ctl dump a.flight",
        "switchroom route explain 4001 --from 13800138000 --at 2026-10-01T12:10",
        "switchroom route explain *43",
        "switchroom hours explain 2026-10-01T12:10 --hours office",
        "switchroom hours explain",
    ] {
        Cli::try_parse_from(line.split(' ')).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

#[test]
fn init_writes_what_check_takes_and_never_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("init", shown(dir.path(), |out| init_in(dir.path(), out)));
    let path = dir.path().join("switchroom.toml");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("abcdefghijkmnp"), "a password in clear");
    let loaded = config::load(&path).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!((loaded.config.domain.as_str(), loaded.config.extensions.len()), ("example.com", 4));
    let (md5, _) = config::digests("101", "example.com", "abcdefghijkmnp");
    assert!(text.contains(&md5), "the password that was shown is the one that counts");
    insta::assert_snapshot!("init_again", shown(dir.path(), |out| init_in(dir.path(), out)));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    insta::assert_snapshot!("check", shown(dir.path(), |out| check_in(dir.path(), Format::Human, true, out)));
}

/// Whoever begins in a checkout of this repository has its examples in force, with all that they need.
#[test]
fn init_tells_of_flows_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("flows")).unwrap();
    fs::write(dir.path().join("flows/office.toml"), "").unwrap();
    let said = shown(dir.path(), |out| init_in(dir.path(), out));
    assert!(said.contains("In DIR/flows there is 1 flow already, in force from the first start"), "{said}");
}

#[test]
fn init_with_a_domain_that_is_none_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let domain = "a\"\n[x]".to_owned();
    let args = InitArgs { dir: dir.path().into(), domain, address: None, no_qr: true };
    let outcome = init::init(&args, "192.0.2.10".parse().unwrap(), &[0; 56], &mut Vec::new());
    assert!(matches!(outcome, Err(Failure::Faults(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn check_names_all_faults_and_gives_a_code() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "[sip]\nrings = \"30s\"\n[media]\nports = \"1-2\"\n");
    insta::assert_snapshot!(
        "check_faults",
        shown(dir.path(), |out| check_in(dir.path(), Format::Human, false, out))
    );
    insta::assert_snapshot!(
        "check_json",
        shown(dir.path(), |out| check_in(dir.path(), Format::Json, false, out))
    );
    write(dir.path(), "[extensions.101]\n");
    let warned = shown(dir.path(), |out| check_in(dir.path(), Format::Human, false, out));
    assert!(warned.ends_with("1 warning\n\nexit 0"), "{warned}");
    let denied = shown(dir.path(), |out| check_in(dir.path(), Format::Human, true, out));
    assert!(denied.ends_with("1 warning\n\nexit 1"), "{denied}");
    fs::remove_file(dir.path().join("switchroom.toml")).unwrap();
    insta::assert_snapshot!(
        "check_missing",
        shown(dir.path(), |out| check_in(dir.path(), Format::Human, false, out))
    );
}

/// What the configuration names and nobody has is silence for callers: it is told, with and without a folder of flows.
#[test]
fn check_names_prompts_and_flows_that_are_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let check = |format| shown(dir.path(), |out| check_in(dir.path(), format, false, out));
    write(dir.path(), "[recording]\nrule = \"always\"\nconsent = \"msg/recorded\"\n");
    assert!(check(Format::Human).ends_with("no faults\n\nexit 0"), "{}", check(Format::Human));
    let music =
        "[queues.sales]\nmusic = [\"music/one\"]\n[[routes]]\nnumber = \"4001\"\nto = \"flow main\"\n";
    write(dir.path(), &format!("[recording]\nconsent = \"consent\"\n{music}"));
    let said = check(Format::Human);
    let lines: Vec<&str> =
        said.lines().filter(|line| line.starts_with("warn") || line.starts_with("error")).collect();
    assert_eq!(
        lines,
        [
            "warn     DIR/switchroom.toml:3:9: no agent works in queue sales",
            "warn     DIR/switchroom.toml: queue sales plays \"music/one\", and there is no such prompt",
            "warn     DIR/switchroom.toml:5:1: there is no flow \"main\" for this route",
            "error    DIR/switchroom.toml: there is no prompt \"consent\" in en for `consent`, so nobody can be asked and \
             nothing is recorded",
        ]
    );
    assert!(said.ends_with("1 error, 3 warnings\n\nexit 1"), "{said}");
    let report = check(Format::Json);
    assert!(
        report.contains("\"names\": [") && report.contains("music/one") && report.ends_with("exit 1"),
        "{report}"
    );
}

/// Whether a name is found is no matter of the file: a warning, of real look-ups.
#[test]
fn check_names_hosts_that_are_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let sip = "[sip]\nlisten = [\"udp 127.0.0.1:5060\"]\n";
    let contact = |host: &str| format!("{sip}[extensions.101]\ncontact = \"sip:ana@{host}\"\n");
    write(dir.path(), &contact("localhost"));
    let said = shown(dir.path(), |out| check_in(dir.path(), Format::Human, true, out));
    assert!(said.ends_with("no faults\n\nexit 0"), "{said}");
    write(dir.path(), &contact("nowhere.invalid"));
    let said = shown(dir.path(), |out| check_in(dir.path(), Format::Human, false, out));
    let warning = "warn     DIR/switchroom.toml: nowhere.invalid, which a contact names, has no address: ";
    assert!(said.contains(warning) && said.ends_with("1 warning\n\nexit 0"), "{said}");
}

#[test]
fn passwd_writes_digests_and_refuses_what_is_no_password() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "[extensions.101]\nname = \"Ana\"\n");
    let all =
        [("101", "correct horse"), ("101", "short"), ("101", ""), ("101", "a\nb"), ("110", "correct horse")]
            .map(|(number, password)| shown(dir.path(), |out| passwd::set(&path, number, password, out)));
    insta::assert_snapshot!("passwd", all.join("\n\n"));
    let (md5, sha256) = config::digests("101", "switchroom", "short");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(&md5) && !text.contains(&sha256) && !text.contains("short"));
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = config::parse("", Path::new("switchroom.toml"), dir.path()).unwrap();
    let udp = loaded.shell.listen[0];
    let bound = |kind: Option<std::io::ErrorKind>| kind.map_or(Ok(()), |k| Err(k.into()));
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let findings = [
        doctor::listen_finding(udp, bound(None), false),
        doctor::listen_finding(udp, bound(None), true),
        doctor::listen_finding(udp, bound(Some(std::io::ErrorKind::AddrInUse)), true),
        doctor::listen_finding(udp, bound(Some(std::io::ErrorKind::AddrInUse)), false),
        doctor::listen_finding(udp, bound(Some(std::io::ErrorKind::AddrNotAvailable)), false),
        doctor::listen_finding(udp, bound(Some(std::io::ErrorKind::PermissionDenied)), false),
        doctor::open_files_finding(Some(1024), &loaded),
        doctor::open_files_finding(Some(65_536), &loaded),
        doctor::clock_finding(0),
        doctor::space_finding(50, 100, 1 << 30),
        doctor::space_finding(9, 100, 1 << 30),
        doctor::space_finding(1, 100, 1 << 30),
        doctor::space_finding(0, 0, 0),
        doctor::socket_finding(&open.join("control.sock"), false),
        doctor::socket_finding(Path::new("/nowhere/control.sock"), false),
        doctor::nat_finding(None, "192.168.1.5".parse().unwrap()),
        doctor::nat_finding(None, "203.0.113.7".parse().unwrap()),
        doctor::nat_finding(Some("203.0.113.7".parse().unwrap()), "192.168.1.5".parse().unwrap()),
    ];
    insta::assert_snapshot!("doctor", shown(dir.path(), |out| doctor::report(&findings, Paint::PLAIN, out)));
}

#[test]
fn store_rebuild_tells_what_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let config = || ConfigFile { config: None };
    let rebuild = |dir: PathBuf| StoreCommand::Rebuild { config: config(), dir: Some(dir) };
    let none = shown(dir.path(), |out| store::run(&rebuild(dir.path().join("none")), out));
    let (open, _) = crate::store::Store::open(dir.path(), std::sync::Arc::new(|_| {})).unwrap();
    let gone = switchroom_exchange::Record::BindingGone { extension: "101".into(), key: "a".into() };
    open.put(None, gone);
    let locked = shown(dir.path(), |out| store::run(&rebuild(dir.path().into()), out));
    open.close();
    let done = shown(dir.path(), |out| store::run(&rebuild(dir.path().into()), out));
    let all = [none, locked, done].join("\n\n").replace(&std::process::id().to_string(), "PID");
    insta::assert_snapshot!("store_rebuild", all);
}

#[test]
fn a_replay_tells_what_happened_and_how_far_it_can_be_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.flight");
    let bytes = crate::flight::example();
    fs::write(&file, &bytes).unwrap();
    let args = |until, call: Option<&str>, quiet| ReplayArgs {
        file: file.clone(),
        until,
        ladders: false,
        call: call.map(str::to_owned),
        quiet,
    };
    let shown = |args: &ReplayArgs| {
        let all = shown(dir.path(), |out| replay::replay(args, out));
        all.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    };
    // As far as the registrations: what calls look like is for other tests to say.
    insta::assert_snapshot!("replay", shown(&args(Some(6), None, false)));
    let ladder = shown(&args(None, Some("1"), true));
    assert!(
        ladder.contains("INVITE (SDP)") && ladder.contains("\nEXACT ") && ladder.ends_with("exit 0"),
        "{ladder}"
    );
    let text = String::from_utf8(bytes).unwrap();
    let begins = shown(&args(Some(3), Some("9"), true));
    assert!(begins.contains("no messages of a call 9 are kept") && begins.contains("at the end 3 inputs"));
    let mut others = Vec::new();
    for (old, new) in [
        ("\"dropped\":0", "\"dropped\":4"),
        ("CSeq: 1 REGISTER", "CSeq: 2 REGISTER"),
        ("\"at_us\":", "\"at\":"),
        ("\"switchroom_flight\":1", "\"switchroom_flight\":9"),
    ] {
        fs::write(&file, text.replacen(old, new, 1)).unwrap();
        others.push(shown(&args(Some(6), None, old != "CSeq: 1 REGISTER")));
    }
    fs::write(&file, text.lines().take(7).collect::<Vec<_>>().join("\n")).unwrap();
    others.push(shown(&args(None, None, true)));
    fs::remove_file(&file).unwrap();
    others.push(shown(&args(None, None, true)));
    insta::assert_snapshot!("replay_others", others.join("\n\n"));
}

#[test]
fn an_unknown_man_page_names_those_there_are() {
    let dir = Path::new("/nowhere");
    insta::assert_snapshot!("man_unknown", shown(dir, |out| generate::man("swichroom", out)));
    for page in ["switchroom", "switchroom.1", "switchroom-ctl", "switchroom.toml", "switchroom.toml.5"] {
        assert!(shown(dir, |out| generate::man(page, out)).contains(".TH"), "{page}");
    }
}

/// A reader that leaves.
struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_who_left_is_no_failure() {
    let failure = generate::man("switchroom", &mut Gone).unwrap_err();
    let mut told = Vec::new();
    assert_eq!(tell(&failure, Paint::PLAIN, &mut told).unwrap(), 0);
    assert_eq!(told, b"");
}

/// A refusal may repeat what somebody calls itself.
#[test]
fn what_is_told_steers_no_terminal() {
    let hostile = "no\u{9b}2J \u{1b}]0;x\u{7}\u{202e}\n\tat all";
    let fault = config::Fault {
        file: "a\u{1b}.toml".into(),
        line: 1,
        column: 2,
        what: hostile.into(),
        hint: Some(hostile.into()),
    };
    for failure in [Failure::new(hostile, hostile), Failure::Faults(vec![fault])] {
        let mut told = Vec::new();
        tell(&failure, Paint::PLAIN, &mut told).unwrap();
        let told = String::from_utf8(told).unwrap();
        assert!(
            told.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control() && c != '\u{202e}'),
            "{told:?}"
        );
        assert!(told.contains("no\u{fffd}2J") && told.contains("\n\tat all"), "{told:?}");
    }
}

#[test]
fn the_unit_starts_what_there_is() {
    let unit =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/systemd/switchroom.service"))
            .unwrap();
    for key in ["ExecStart=", "ExecReload="] {
        let line = unit.lines().find_map(|l| l.strip_prefix(key)).unwrap();
        Cli::try_parse_from(line.split(' ')).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

/// The unit's user reads its configuration, and writes it only where somebody decided so: how, the unit, the README and the
/// refusal say.
#[test]
fn the_unit_reads_its_configuration_and_says_how_to_let_it_write() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let unit = read("dist/systemd/switchroom.service");
    let set = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key));
    assert_eq!((set("User="), set("ProtectSystem=")), (Some("switchroom"), Some("strict")));
    // systemd.exec(5): such a folder stays root's, and with that mode its user could not even read it.
    assert_eq!((set("ConfigurationDirectory="), set("ReadWritePaths=")), (None, None));
    let (readme, tmpfiles) = (read("../README.md"), read("dist/systemd/switchroom.tmpfiles"));
    for text in [&unit, &readme] {
        assert!(
            text.contains("ReadWritePaths=/etc/switchroom")
                && text.contains("chown switchroom /etc/switchroom")
        );
    }
    // tmpfiles.d(5): an owner that is named is set again at each boot, and what the README says would be undone.
    let lines = |path: &str| {
        let of = |line: &&str| line.split_whitespace().nth(1) == Some(path);
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        tmpfiles.lines().filter(of).map(words).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("/etc/switchroom"),
        ["d /etc/switchroom 0750 - - -", "z /etc/switchroom 0750 - switchroom -"]
    );
    assert_eq!(
        lines("/etc/switchroom/switchroom.toml"),
        ["z /etc/switchroom/switchroom.toml 0640 - switchroom -"]
    );
}

/// Users of the console are let in by a group that opens the socket and nothing else: the daemon must be in it to give it the
/// socket, it must be made, and the sample and the README name it.
#[test]
fn the_unit_has_a_group_for_users_of_the_console() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let (unit, sysusers) =
        (read("dist/systemd/switchroom.service"), read("dist/systemd/switchroom.sysusers"));
    let set = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key));
    assert_eq!(
        (set("Group="), set("SupplementaryGroups=")),
        (Some("switchroom"), Some("switchroom-console"))
    );
    let made: Vec<&str> = sysusers
        .lines()
        .filter_map(|line| line.strip_prefix("g "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let sample = config::sample();
    assert!(sample.contains("# group = \"switchroom-console\""), "{sample}");
    // Roles that the sample gives to groups of ours can be filled.
    let named = sample.split("\"@").skip(1).filter_map(|rest| rest.split('"').next());
    for group in named.chain(["switchroom-console"]) {
        assert!(made.contains(&group), "{group} is made by nobody");
    }
    let readme = read("../README.md");
    assert!(readme.contains("usermod -aG switchroom-console"));
    assert!(!readme.contains("usermod -aG switchroom "), "who is in the daemon's own group reads everything");
}

/// With `SWITCHROOM_UPDATE_DIST=1` the files are written instead.
#[test]
fn what_is_shipped_is_what_the_program_prints() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let mut wanted: Vec<(PathBuf, String)> = generate::man_pages()
        .unwrap()
        .into_iter()
        .map(|(name, text)| (dist.join("man").join(name), text))
        .collect();
    for (shell, name) in
        [(Shell::Bash, "switchroom.bash"), (Shell::Zsh, "_switchroom"), (Shell::Fish, "switchroom.fish")]
    {
        wanted.push((dist.join("completions").join(name), generate::completions_text(shell)));
    }
    wanted.push((dist.join("switchroom.toml"), config::sample()));
    for (path, text) in &wanted {
        if std::env::var_os("SWITCHROOM_UPDATE_DIST").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let there = fs::read_to_string(path).unwrap_or_default();
        assert!(there == *text, "{} is old: run this test with SWITCHROOM_UPDATE_DIST=1", path.display());
    }
    for folder in ["man", "completions"] {
        for entry in fs::read_dir(dist.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert!(wanted.iter().any(|(w, _)| *w == path), "{} is no longer printed", path.display());
        }
    }
}

const CALLERS: &str = "\
[site]
zone = \"Europe/Zurich\"
days = [\"12-25 closed Christmas Day\"]
[hours.office]
week = [\"mon-fri 08:00-12:00 13:00-17:30\", \"sat 22:00-06:00\"]
[hours.shanghai]
week = [\"daily 09:00-18:00\"]
zone = \"Asia/Shanghai\"
[lists.vip]
file = \"vip.csv\"
[[routes]]
number = \"40*\"
from = [\"list vip\"]
hours = \"office\"
to = \"queue gold\"
[[routes]]
number = \"4001\"
to = \"flow main\"
max_calls = 20
[[routes]]
number = \"4003\"
to = \"flow night\"
[extensions.101]
name = \"Ana\"
digest_md5 = \"00000000000000000000000000000000\"
[extensions.0044]
digest_md5 = \"00000000000000000000000000000000\"
[queues.gold]
";

/// Runs a line of the command line on [`CALLERS`] in a folder.
fn explained(dir: &Path, line: &str) -> String {
    let config = dir.join("switchroom.toml");
    let words = line.split(' ').chain(["--config", config.to_str().unwrap()]);
    let cli = Cli::try_parse_from(words).unwrap();
    let told = shown(dir, |out| match &cli.command {
        Command::Route(command) => explain::route(command, out),
        Command::Hours(command) => explain::hours(command, out),
        _ => panic!("{line}"),
    });
    format!("$ {line}\n{told}\n\n")
}

#[test]
fn routes_and_hours_are_explained_from_the_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), CALLERS);
    fs::write(dir.path().join("vip.csv"), "138*,gold\n").unwrap();
    fs::create_dir(dir.path().join("flows")).unwrap();
    fs::write(dir.path().join("flows/main.toml"), "[nodes.bye]\nkind = \"hang_up\"\n").unwrap();
    let all = [
        "switchroom route explain 4001 --from 138-0013-8000 --at 2026-10-01T12:10",
        "switchroom route explain 4001 --from 13800138000 --at 2026-10-01T11:10Z",
        "switchroom route explain 4002 --at 2026-10-01T12:10",
        "switchroom route explain 101 --at 2026-10-01T12:10",
        "switchroom route explain *43 --at 2026-10-01T12:10",
        "switchroom route explain 4003 --at 2026-10-01T12:10",
        "switchroom route explain +44 --at 2026-10-01T12:10",
        "switchroom route explain 1-01 --at 2026-10-01T12:10",
        "switchroom route explain 4001 --at noon",
        "switchroom hours explain 2026-10-01T12:10",
        "switchroom hours explain 2026-12-25T12:10 --hours office",
        "switchroom hours explain 2026-10-25T02:30 --hours office",
        "switchroom hours explain 2026-03-29T02:30 --hours office",
        "switchroom hours explain 2026-10-01T12:10 --hours offce",
    ];
    insta::assert_snapshot!("explain", all.map(|line| explained(dir.path(), line)).concat());
    let now = explained(dir.path(), "switchroom hours explain");
    assert!(now.contains("(Asia/Shanghai, +08:00)") && now.contains("exit 0"), "{now}");
    write(dir.path(), "");
    let none = explained(dir.path(), "switchroom hours explain now");
    assert!(none.contains("DIR/switchroom.toml has no hours") && none.contains("exit 1"), "{none}");
}
