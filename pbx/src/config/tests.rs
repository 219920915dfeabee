//! The sample, the table of keys, and the corpora of valid and invalid files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::files::Files;
use super::*;
use std::collections::BTreeSet;
use std::fs;
use switchroom_flow::routes::{Asked, Unknown};

const BASE: &str = "/srv/pbx";

/// The files beside the corpora, wherever the text is thought to be.
struct Beside;

impl Files for Beside {
    fn read(&self, path: &Path) -> Result<(String, u32), String> {
        let name = path.file_name().unwrap().to_str().unwrap();
        files::Disk
            .read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/configs/lists").join(name))
            // Whatever it is where this was checked out.
            .map(|(text, _)| (text, 0o640))
    }
}

fn parse_text(text: &str) -> Result<Loaded, Vec<Fault>> {
    let path = Path::new("switchroom.toml");
    parse_around(path, &Around::new(text, path, Path::new(BASE), &Beside))
}

#[test]
fn the_sample_is_the_defaults() {
    let (sample, empty) = (parse_text(&sample()).unwrap(), parse_text("").unwrap());
    assert_eq!((&sample.config, &sample.shell), (&empty.config, &empty.shell));
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
        .replace("digest_sha256 = \"…\"", &format!("digest_sha256 = \"{}\"", "0123456789abcdef".repeat(4)))
        // It is instead of order.
        .replace("strategy = \"longest_idle\"\n", "");
    let loaded = parse_text(&text).unwrap_or_else(|f| panic!("{f:#?}\n{text}"));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.supervision.users.get("mara").map(String::as_str), Some("101"));
    assert_eq!(loaded.shell.roles.len(), 4);
    assert_eq!(loaded.config.extensions["101"].name, "Ana");
    assert_eq!(loaded.config.external, Some("203.0.113.7".parse().unwrap()));
    let inbound = &loaded.config.inbound;
    assert_eq!(
        (inbound.hours.len(), inbound.lists.len(), inbound.pins.len(), inbound.routes.len()),
        (1, 1, 2, 1)
    );
    assert_eq!(inbound.mailboxes.len(), 1);
    let floor = &loaded.config.floor;
    assert_eq!((floor.queues.len(), floor.agents.len(), floor.breaks.len()), (1, 1, 1));
}

#[test]
fn the_table_of_keys_is_what_the_reader_asks_for() {
    let text = "[services]\n[extensions.101]\n[hours.a]\n[lists.a]\n[pins.a]\n[mailboxes.a]\n[[routes]]\n\
                [classes.a]\n[queues.a]\n[agents.1]\n[breaks.a]\n";
    let (root, _) = DeTable::parse_recoverable(text);
    let mut reader = reader::Reader::default();
    let around = Around::new(text, Path::new("switchroom.toml"), Path::new(BASE), &files::Disk);
    build::build(&mut reader, root.get_ref(), &around);
    let known: BTreeSet<_> = keys::TABLES
        .iter()
        .filter(|t| t.kind != keys::Kind::AnyKey)
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
    let whole = whole + FLOOR.split("[[routes]]").next().unwrap();
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

const INBOUND: &str = include_str!("../../../tests/configs/valid/inbound.toml");

#[test]
fn what_is_said_of_callers_from_outside_is_what_the_exchange_is_told() {
    use switchroom_flow::boundary::Opening;
    use switchroom_flow::routes::{Asked, Routed, Unknown};
    let loaded = parse_text(INBOUND).unwrap();
    let site = &loaded.config.inbound;
    assert_eq!(site.zone.name(), "Asia/Shanghai");
    let opening = |hours: &str, at: &str| {
        let zone = site.hours[hours].zone_or(&site.zone);
        site.hours[hours].opening(zone.moment(at).unwrap().unix_ms, &site.zone)
    };
    assert_eq!(opening("office", "2026-10-02T10:00"), Opening::Holiday("国庆节".into()));
    assert_eq!(opening("office", "2026-10-10T03:00"), Opening::Holiday("调休".into()));
    assert_eq!(opening("office", "2026-10-13T03:00"), Opening::Open);
    assert_eq!(opening("emergency", "2026-10-02T10:00"), Opening::Open);
    assert_eq!(
        opening("rare", "2027-01-01T11:00"),
        Opening::Holiday("01-01".into()),
        "one day before a span"
    );
    assert_eq!(site.lists["vip"].find("13811112222").map(|e| e.value), Some("gold"));
    let (service, customers) = (&site.pins["service"], &site.pins["customers"]);
    assert!(service.is_right(None, "8520") && service.tries_max == 5);
    assert!(customers.is_right(Some("1002"), "4321") && !customers.is_right(Some("1002"), "1234"));
    assert_eq!(customers.lock, Duration::from_secs(900));
    assert_eq!(site.mailboxes.keys().collect::<Vec<_>>(), ["101", "102", "sales"]);
    assert_eq!(
        (site.mailboxes["102"].messages_max, site.mailboxes["102"].keep),
        (100, Duration::from_secs(2_592_000))
    );
    // The one of whoever has no configuration to read, as rehearsals of flows, is the same.
    assert_eq!(site.mailboxes["102"], switchroom_flow::MailboxConfig::default());
    assert_eq!(site.recorded_keep, switchroom_flow::MailboxConfig::default().keep);
    assert_eq!(site.mailboxes["sales"].longest, Duration::from_secs(5));
    let names: Vec<_> = site.routes.iter().map(|r| (r.name.as_str(), r.line)).collect();
    assert_eq!(names, [("customers", 40), ("4001", 49), ("4001 (2)", 53), ("*", 58)]);
    let class = |caller: &str| site.class_of(caller).map(|(name, class)| (name, class.priority));
    assert_eq!(class("13811112222"), Some(("gold", 7)));
    assert_eq!((class("0041441234567"), class("1009")), (Some(("board", 0)), Some(("board", 0))));
    assert_eq!(class("13900139000"), None, "platinum is no class");
    let at_ms = site.zone.moment("2026-10-12T10:00").unwrap().unix_ms;
    let to = |caller: &str| match site.route(&Asked { number: "4002", caller, at_ms }, &mut Unknown) {
        Routed::To(route) => route.to.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!((to("0041 44 1"), to("13811112222")), ("queue sales".into(), "not_found".into()));
    assert_eq!(loaded.shell.flows.dir, Path::new("/srv/flows"));
    assert!(loaded.shell.flows.prompts[0].ends_with("prompts") && loaded.shell.flows.prompts.len() == 2);
    assert!(matches!(&loaded.shell.speech.engine, SpeechEngine::Program(path) if path.is_absolute()));
    assert_eq!(loaded.shell.speech.args, ["-s", "140"]);
    // It outlives being stored, and shows no PIN.
    let json = serde_json::to_string(&loaded.config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), loaded.config);
    assert!(!json.contains("8520") && !format!("{loaded:?}").contains("8520"));
}

const FLOOR: &str = include_str!("../../../tests/configs/valid/queues.toml");

#[test]
fn what_is_said_of_queues_and_agents_is_what_the_floor_is_told() {
    use switchroom_acd::config::{
        BreakConfig, CallBackConfig, Membership, Need, QueueConfig, SortKey, Staff,
    };
    let loaded = parse_text(FLOOR).unwrap();
    let floor = &loaded.config.floor;
    let sales = QueueConfig {
        label: "Verkauf".into(),
        language: "zh".into(),
        // Somebody has another tier, so tiers sort though nobody wrote so.
        order: vec![SortKey::Tier, SortKey::Skill, SortKey::LongestIdle, SortKey::FewestCalls],
        ring_at_once: 2,
        ring: 20_000,
        wrap_up: 45_000,
        no_answer_break: 0,
        rest: 1_500,
        needs: vec![
            Need { skill: "german".into(), level: 5, relaxes: vec![(30_000, 3), (60_000, 0)] },
            Need { skill: "billing".into(), level: 1, relaxes: vec![] },
        ],
        tier_after: 20_000,
        sticky: 7_200_000,
        max_waiting: 20_000,
        max_wait: 600_000,
        hours: Some("office".into()),
        calls_max: Some(20),
        calls_per_second: Some(5),
        join: Staff::Working,
        stay: Staff::None,
        stay_grace: 0,
        ageing: 90_000,
        announce_every: 10_000,
        music: vec!["music/one".into(), "music/two".into(), "music/folder/".into()],
        comfort: "queue/comfort".into(),
        whisper: "queue/sales".into(),
        announce_agent: true,
        show_queue: false,
        service_level: 30_000,
        short_abandon: 0,
        call_back: CallBackConfig { tries: 5, retry_after: 600_000, max: 20 },
        script: "Guten Tag.\nVerkauf hier.".into(),
        dispositions: vec!["sold".into(), "call back".into()],
    };
    assert_eq!(floor.queues["sales"], sales);
    // What is not written is what the floor takes for granted, too.
    let plain = QueueConfig { order: vec![SortKey::LongestIdle], ..QueueConfig::default() };
    assert_eq!(floor.queues["support"], plain);
    let all = QueueConfig { ring_at_once: 0, ..plain };
    assert_eq!(floor.queues["after-sales"], all);
    // Tiers stay where they were put.
    assert_eq!(floor.queues["fine"].order, [SortKey::LongestIdle, SortKey::Tier]);
    let (ana, bo) = (&floor.agents["2001"], &floor.agents["1999"]);
    assert_eq!(
        (ana.name.as_str(), ana.extension.as_deref(), bo.extension.as_deref()),
        ("Ana", Some("101"), None)
    );
    assert_eq!(
        ana.skills.iter().map(|(s, l)| (s.as_str(), *l)).collect::<Vec<_>>(),
        [("billing", 9), ("german", 1)]
    );
    assert!(ana.skills == bo.skills);
    // 2001 stands before 1999 in the file.
    assert_eq!(ana.queues["sales"], Membership { tier: 1, weight: 3, position: 0 });
    assert_eq!(bo.queues["sales"], Membership { tier: 2, weight: 100, position: 1 });
    assert_eq!(bo.queues["support"], Membership { tier: 1, weight: 1, position: 0 });
    assert_eq!(bo.queues["fine"], Membership { tier: 9, weight: 1, position: 0 });
    assert_eq!(floor.breaks["lunch"], BreakConfig { label: "Lunch".into(), budget: 3_600_000, at_once: 2 });
    assert_eq!(floor.breaks["coffee"], BreakConfig::default());
    let pins = &loaded.config.inbound.pins["agent"];
    assert!(pins.is_right(Some("1999"), "8520") && pins.by_account.len() == 1 && pins.tries_max == 5);
    assert!(!format!("{loaded:?}").contains("8520"));
    let json = serde_json::to_string(&loaded.config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), loaded.config);
}

#[test]
fn each_strategy_is_an_order() {
    let order = |written: &str| {
        let text = format!("[queues.q]\n{written}\n[agents.1]\nqueues = [\"q\"]\n");
        let loaded = parse_text(&text).unwrap();
        assert_eq!(loaded.warnings, [], "{written}");
        let queue = &loaded.config.floor.queues["q"];
        let words: Vec<_> = queue.order.iter().map(|key| key.word()).collect();
        format!("{} by {}", words.join(" "), queue.ring_at_once)
    };
    assert_eq!(order(""), "longest_idle by 1");
    for (strategy, is) in [
        ("longest_idle", "longest_idle by 1"),
        ("round_robin", "round_robin by 1"),
        ("fewest_calls", "fewest_calls longest_idle by 1"),
        ("least_talk", "least_talk longest_idle by 1"),
        ("linear", "linear by 1"),
        ("ring_all", "longest_idle by 0"),
        ("weighted", "weighted by 1"),
    ] {
        assert_eq!(order(&format!("strategy = \"{strategy}\"")), is);
    }
    for key in switchroom_acd::config::SortKey::ALL {
        assert_eq!(order(&format!("order = [\"{}\"]", key.word())), format!("{} by 1", key.word()));
    }
}

#[test]
fn agents_and_queues_have_a_bound() {
    let many =
        |table: &str, count: usize| (1..=count).map(|n| format!("[{table}.{n}]\n")).collect::<String>();
    let faults =
        |text: &str| parse_text(text).map(|l| l.config.floor.agents.len()).map_err(|f| f[0].what.clone());
    assert_eq!(faults(&many("agents", 20_000)), Ok(20_000));
    assert_eq!(faults(&many("agents", 20_001)), Err("more than 20000 agents".into()));
    assert_eq!(faults(&many("queues", 1_000)), Ok(0));
    assert_eq!(faults(&many("queues", 1_001)), Err("more than 1000 tables of a kind".into()));
    let queues = |count: usize| {
        let listed: Vec<_> = (1..=count).map(|n| format!("\"{n}\"")).collect();
        format!("{}[agents.1]\nqueues = [{}]\n", many("queues", count), listed.join(", "))
    };
    assert_eq!(faults(&queues(100)), Ok(1));
    assert_eq!(faults(&queues(101)), Err("an agent has at most 100 queues".into()));
}

#[test]
fn files_that_a_configuration_names_are_beside_it_and_have_faults_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchroom.toml");
    let put = |name: &str, text: &str, mode| {
        fs::write(dir.path().join(name), text).unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let text = "[lists.vip]\nfile = \"vip.csv\"\n[pins.all]\nfile = \"pins.csv\"\n";
    put("switchroom.toml", text, 0o640);
    put("pins.csv", "1001,1234\n", 0o640);
    put("vip.csv", "138*,gold\n", 0o664);
    assert_eq!(load(&path).unwrap().warnings, []);
    put("vip.csv", "138*,gold\n", 0o666);
    assert!(load(&path).unwrap_err()[0].to_string().ends_with("vip.csv: everybody can write it"));
    put("pins.csv", "1001,1234\n", 0o644);
    put("vip.csv", "138*,gold\n1 2 x\n", 0o644);
    let faults = load(&path).unwrap_err();
    assert!(
        faults[0].file.ends_with("vip.csv") && (faults[0].line, faults[0].column) == (2, 1),
        "{faults:?}"
    );
    // The copy of what was good is lived with: nobody is on the list, and somebody hears of it.
    let copy = parse_copy(text, &path, dir.path()).unwrap();
    assert!(copy.config.inbound.lists["vip"].is_empty() && copy.warnings.len() == 2, "{:?}", copy.warnings);
    assert_eq!(copy.config.inbound.pins["all"].by_account.len(), 1);
    // Nor are PINs that anybody may have written gone by, and "not list" does not let in everybody.
    put("pins.csv", "1001,1234\n", 0o646);
    let routes = ["from = [\"not list vip\"]", "from = [\"138*\", \"list vip\"]", "from = [\"138*\"]", ""]
        .map(|from| format!("[[routes]]\nnumber = \"4001\"\nto = \"flow main\"\n{from}\n"));
    let copy = parse_copy(&format!("{text}{}", routes.concat()), &path, dir.path()).unwrap();
    assert!(copy.config.inbound.pins["all"].by_account.is_empty(), "{:?}", copy.warnings);
    let names: Vec<_> = copy.config.inbound.routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["4001 (3)", "4001 (4)"]);
    let told =
        |line: usize| copy.warnings.iter().any(|w| w.line == line && w.what.contains("list vip is faulty"));
    assert!(told(5) && told(9), "{:?}", copy.warnings);
    fs::remove_file(dir.path().join("vip.csv")).unwrap();
    assert_eq!((load(&path).unwrap_err()[0].line, load(&path).unwrap_err()[0].column), (2, 8));
    assert!(parse_copy(text, &path, dir.path()).is_ok());
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.path().join("vip.csv"), 0o600.into()).unwrap();
    assert!(load(&path).unwrap_err()[0].what.contains("is not a file"));
    put("switchroom.toml", "[pins.all]\npin = \"8520\"\n", 0o644);
    assert!(load(&path).unwrap().warnings[0].what.contains("the secrets in it"));
}

#[test]
fn a_supervisor_sits_at_one_phone() {
    let text = |second: &str| {
        format!("[extensions.101]\n[extensions.102]\n[supervision]\nphones = [\"mara 101\", \"{second}\"]\n")
    };
    assert!(parse_text(&text("eva 102")).is_ok() && parse_text(&text("mara 101")).is_ok());
    let faults = parse_text(&text("mara 102")).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.line, fault.what.as_str())).collect();
    assert_eq!(told, [(4, "mara sits at 101 already")]);
    assert_eq!(parse_text(&text("102")).unwrap().config.supervision.users.len(), 1);
}

/// Whose phone it is has nothing to do with who may dial the code.
#[test]
fn a_users_own_phone_is_not_a_supervisors_for_that() {
    let text = |supervisors: &str| {
        format!(
            "[extensions.101]\n[extensions.102]\n[control.phones]\nmara = \"101\"\n[supervision]\ncode = \"*60\"\n\
             phones = [\"{supervisors}\"]\n"
        )
    };
    let config = parse_text(&text("102")).unwrap().config;
    assert_eq!(config.supervision.users.get("mara").map(String::as_str), Some("101"));
    let way = |caller: &str, number: &str| {
        let asked = Asked { number, caller, at_ms: 0 };
        format!("{:?}", config.way(&asked, &mut Unknown))
    };
    assert_eq!(way("101", "*60102"), "NoRoute");
    assert_eq!(way("102", "*60101"), "Supervise(\"101\")");
    assert!(parse_text(&text("mara 101")).is_ok());
    let faults = parse_text(&text("mara 102")).unwrap_err();
    assert!(faults.iter().any(|fault| fault.what == "mara sits at 101 already"), "{faults:?}");
}

/// From a supervisor's phone the code goes before the routes.
#[test]
fn a_code_of_supervisors_that_takes_a_route_is_warned_of() {
    let about = |code: &str, number: &str| {
        let text = format!(
            "[extensions.101]\n[supervision]\ncode = \"{code}\"\n[[routes]]\nname = \"in\"\nnumber = \"{number}\"\n\
             to = \"extension 101\"\n"
        );
        let warnings = parse_text(&text).unwrap_or_else(|f| panic!("{f:#?}")).warnings;
        warnings
            .into_iter()
            .filter(|w| w.what.contains("supervisors"))
            .map(|w| (w.line, w.what))
            .collect::<Vec<_>>()
    };
    let what = "the phones of supervisors do not get to route in (line 4): *50 begins with this code";
    assert_eq!(about("*5", "*50"), [(3, what.to_owned())]);
    assert_eq!(about("*5", "*5*").len(), 1);
    for (code, number) in [("*60", "*50"), ("*50", "*50"), ("*50", "*5*"), ("*5", "*")] {
        assert_eq!(about(code, number), [], "{code} {number}");
    }
}
