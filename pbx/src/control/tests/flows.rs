//! The file of a flow on the socket.

use super::*;
use switchroom_wire::Hushed;

/// Read, looked at, written and in force; by an admin, by the name of a flow and no other way, and only over what was read.
#[test]
fn a_flow_is_edited_as_it_was_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchroom.toml");
    std::fs::write(&path, site()).unwrap();
    let flow = dir.path().join("flows/main.toml");
    std::fs::create_dir(dir.path().join("flows")).unwrap();
    let before = "start = \"a\"\n[nodes.a]\nkind = \"hang_up\"\n";
    std::fs::write(&flow, before).unwrap();
    let _daemon = daemon::start(&config::load(&path).unwrap()).unwrap();
    let mut admin = Client::join(&dir.path().join("control.sock"), &hello(None, false, None));
    let text_of = |name: &str| Command::FlowText { flow: name.into() };
    for role in [Role::Viewer, Role::Agent, Role::Supervisor] {
        let mut other = Client::join(&dir.path().join("control.sock"), &hello(Some(role), false, None));
        assert!(matches!(other.ask(1, text_of("main")), Err(CommandError::Refused { .. })));
    }
    for name in ["", "mian", "../switchroom", "../flows/main", "main.toml", "/etc/passwd"] {
        let refused = admin.ask(1, text_of(name)).unwrap_err();
        assert!(
            matches!(&refused, CommandError::Refused { why } if why.starts_with("there is no flow")),
            "{refused:?}"
        );
    }
    let Ok(Answer::FlowText(read)) = admin.ask(1, text_of("main")) else { panic!("not read") };
    assert_eq!(read.text.0, before);
    let change = |text: &str| SettingsChange::Flow {
        flow: "main".into(),
        read: read.file.clone(),
        text: Hushed(text.into()),
    };
    let preview = |text: &str| Command::PreviewSettings { change: change(text) };
    let apply = |text: &str| Command::ApplySettings { change: change(text), file: read.file.clone() };
    let on_disk = || std::fs::read_to_string(&flow).unwrap();

    let faulty = before.replace("start = \"a\"", "start = \"b\"");
    let Ok(Answer::SettingsDiff(diff)) = admin.ask(1, preview(&faulty)) else { panic!("no difference") };
    assert!(
        !diff.faults.is_empty() && diff.unified().contains("-start = \"a\"\n+start = \"b\"\n"),
        "{diff:?}"
    );
    let refused = admin.ask(1, apply(&faulty)).unwrap_err();
    assert!(
        matches!(&refused, CommandError::Refused { why } if why.contains("would have faults")),
        "{refused:?}"
    );
    assert_eq!(on_disk(), before);

    let after = before.replace("start", "title = \"Door\"\nstart");
    let Ok(Answer::SettingsDiff(diff)) = admin.ask(1, preview(&after)) else { panic!("no difference") };
    assert!(diff.faults.is_empty() && diff.told == "flow main: lines +1 -0", "{diff:?}");
    assert_eq!(on_disk(), before, "it was only looked at");
    assert!(diff.warnings.is_empty(), "{diff:?}");
    // All files are read again: what somebody else has changed comes with it.
    std::fs::write(dir.path().join("flows/other.toml"), before).unwrap();
    let Ok(Answer::SettingsDiff(diff)) = admin.ask(1, preview(&after)) else { panic!("no difference") };
    let told: Vec<_> = diff.warnings.iter().map(|warning| warning.what.as_str()).collect();
    assert_eq!(told, ["flow other is not in force yet, and comes into force, too"]);
    std::fs::remove_file(dir.path().join("flows/other.toml")).unwrap();
    let Ok(Answer::SettingsApplied(applied)) = admin.ask(1, apply(&after)) else { panic!("not applied") };
    assert!(applied.told.ends_with("; applied"), "{applied:?}");
    assert_eq!(on_disk(), after);
    let Ok(Answer::Flows(flows)) = admin.ask(1, Command::Flows) else { panic!("no flows") };
    assert_eq!(flows[0].title, "Door", "it is in force");
    // What was read is not what there is any more.
    for stale in [preview(before), apply(before)] {
        let refused = admin.ask(1, stale).unwrap_err();
        assert!(
            matches!(&refused, CommandError::Refused { why } if why.contains("read it again")),
            "{refused:?}"
        );
    }
}
