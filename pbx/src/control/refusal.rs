//! What users may not do stands on the audit list, also where the exchange is not asked at all; and so do orders about calls that
//! there are not, and about recordings and the configuration that cannot be carried out. What else cannot be done as things stand
//! the exchange finds, and writes down.

use super::query::{act, refused};
use super::server::Server;
use serde_json::{Map, Value};
use switchroom_exchange::{CallId, Command as Do, RefusalReason, clean};
use switchroom_wire::{Command, CommandError, Role};

/// Refuses a command for that reason, and writes that down.
pub(super) async fn refuse(
    server: &Server,
    user: &str,
    command: &Command,
    (reason, why): (RefusalReason, String),
) -> CommandError {
    if is_told(command) {
        let fields = serde_json::to_value(command).unwrap_or_default();
        let told = format!("{}: {why}", words(&fields));
        let call = call_of(&fields).and_then(|call| known(server, call));
        let note = Do::Refused { call, is_look: is_look(command), reason, why: told };
        if let Err(error) = act(server, user, note).await {
            tracing::error!("a refusal of {user} is in no event: {error:?}");
        }
    }
    refused(why)
}

/// The call that an order is about, as the user named it.
pub(super) fn call_of_order(command: &Command) -> Option<String> {
    if is_look(command) || !is_told(command) || matches!(command, Command::Note { .. }) {
        return None;
    }
    call_of(&serde_json::to_value(command).unwrap_or_default()).map(str::to_owned)
}

/// Whether the exchange has no part in an order, and so writes down no refusal of it: files of recordings, and the configuration.
pub(super) fn is_of_shell(command: &Command) -> bool {
    matches!(
        command,
        Command::HoldRecording { .. }
            | Command::ReleaseRecording { .. }
            | Command::DeleteRecording { .. }
            | Command::ChangeConfig { .. }
            | Command::ApplySettings { .. }
    )
}

/// Why an order of the shell was refused, as far as others may read it: what is wrong with a setting may quote it, and it may be
/// secret.
pub(super) fn told_to_all<'w>(command: &Command, why: &'w str) -> &'w str {
    if matches!(command, Command::ApplySettings { .. }) { "the configuration does not take it" } else { why }
}

/// Whether a refusal of it is worth a line. A console asks for the shapes of recordings by itself.
fn is_told(command: &Command) -> bool {
    !matches!(command, Command::Wave { .. })
}

/// Whether it only asks, which a screen may do again and again.
fn is_look(command: &Command) -> bool {
    command.role() == Role::Viewer
        || matches!(
            command,
            Command::Desk { .. }
                | Command::Settings { .. }
                | Command::FlowText { .. }
                | Command::PreviewSettings { .. }
        )
}

/// A call that the command names, by its id or its number; anything else is no call, and may be anything.
fn call_of(command: &Value) -> Option<&str> {
    let (_, fields) = command.as_object()?.iter().next()?;
    let call = fields.get("call").or_else(|| fields.get("target")?.get("call"));
    call?.as_str().filter(|call| is_call(call))
}

fn is_call(text: &str) -> bool {
    text.len() <= 32 && (text.parse::<CallId>().is_ok() || text.parse::<u64>().is_ok())
}

fn known(server: &Server, call: &str) -> Option<CallId> {
    call.parse().ok().or_else(|| server.hub.call_numbered(call.parse().ok()?))
}

/// The word of the protocol for a command, with whom or what it is about, and nothing else: it may hold what is secret.
fn words(command: &Value) -> String {
    match command {
        Value::String(word) => word.clone(),
        Value::Object(fields) => fields
            .iter()
            .map(|(word, of)| match of.as_object().map(targets).unwrap_or_default() {
                about if about.is_empty() => word.clone(),
                about => format!("{word} of {}", about.join(", ")),
            })
            .collect(),
        _ => String::new(),
    }
}

/// What a command is about, also where it is about a change.
fn targets(fields: &Map<String, Value>) -> Vec<String> {
    let of = |fields: &Map<String, Value>| {
        let named = |word: &str| match fields.get(word)?.as_str()? {
            call if word == "call" && !is_call(call) => None,
            // Of a setting its kind is the word.
            kind if word == "kind" => Some(clean(kind)),
            text => Some(format!("{word} {}", clean(text))),
        };
        ["call", "extension", "agent", "queue", "flow", "class", "message", "kind", "name"]
            .into_iter()
            .filter_map(named)
            .collect::<Vec<_>>()
    };
    let nested = ["change", "target"].into_iter().filter_map(|word| fields.get(word)?.as_object());
    let changes = nested.flat_map(|change| change.values().filter_map(Value::as_object).chain([change]));
    of(fields).into_iter().chain(changes.flat_map(of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchroom_wire::{ConfigChange, Hushed, SettingKind, SettingsChange, Supervised, SupervisionMode};

    fn told(command: &Command) -> String {
        words(&serde_json::to_value(command).unwrap_or_default())
    }

    #[test]
    fn a_command_is_its_word_and_what_it_is_about() {
        assert_eq!(told(&Command::Reload), "reload");
        assert_eq!(told(&Command::HangUp { call: "3".into() }), "hang_up of call 3");
        let dial = Command::Dial { from: "101".into(), to: "+442079460123".into() };
        assert_eq!(told(&dial), "dial");
        let gone = Command::Unregister { extension: "102".into(), contact: None };
        assert_eq!(told(&gone), "unregister of extension 102");
        let leave = ConfigChange::Leave { agent: "2001".into(), queue: "sales".into() };
        assert_eq!(
            told(&Command::ChangeConfig { change: leave }),
            "change_config of agent 2001, queue sales"
        );
        let (target, mode) = (Supervised::Call("7".into()), SupervisionMode::Listen);
        assert_eq!(told(&Command::Supervise { target, mode, phone: None }), "supervise of call 7");
    }

    #[test]
    fn what_may_be_secret_is_not_told() {
        let values = [("name".to_owned(), Some(Hushed::from("hush")))].into();
        let change = SettingsChange::Set { kind: SettingKind::Queue, name: "sales".into(), values };
        let told = told(&Command::PreviewSettings { change });
        assert_eq!(told, "preview_settings of queue, name sales");
    }

    /// A client sends what it likes: none of it is kept that is long.
    #[test]
    fn what_a_client_sends_is_cut() {
        let long = "9".repeat(60_000);
        assert_eq!(told(&Command::Ladder { call: long.clone() }), "ladder");
        assert_eq!(told(&Command::HangUp { call: "what you like".into() }), "hang_up");
        let gone = Command::Unregister { extension: long, contact: None };
        assert!(told(&gone).len() < 100);
        let id = CallId::new(1, 2).to_string();
        assert_eq!(told(&Command::Ladder { call: id.clone() }), format!("ladder of call {id}"));
    }

    #[test]
    fn an_order_is_about_a_call_and_a_look_is_not() {
        let call = || "3".to_owned();
        assert_eq!(call_of_order(&Command::HangUp { call: call() }), Some(call()));
        let (target, mode) = (Supervised::Call(call()), SupervisionMode::Listen);
        assert_eq!(call_of_order(&Command::Supervise { target, mode, phone: None }), Some(call()));
        assert_eq!(call_of_order(&Command::HangUp { call: "what you like".into() }), None, "that is no call");
        assert_eq!(call_of_order(&Command::Ladder { call: call() }), None);
        assert_eq!(call_of_order(&Command::Note { call: call(), text: "tea".into() }), None);
        assert_eq!(call_of_order(&Command::Reload), None);
    }

    #[test]
    fn who_only_asks_may_ask_again_and_again() {
        let is_look_of = |command: &Command| is_look(command);
        assert!(is_look_of(&Command::Ladder { call: "3".into() }));
        assert!(is_look_of(&Command::Settings { kind: SettingKind::Queue }));
        assert!(!is_look_of(&Command::HangUp { call: "3".into() }) && !is_look_of(&Command::Reload));
        assert!(!is_told(&Command::Wave { recording: "x".into(), columns: 1 }));
        assert!(is_told(&Command::Events { limit: 1, call: None, after_ms: None }));
    }
}
