//! What users may not do stands on the audit list, also where the exchange is not asked at all.

use super::query::{act, refused};
use super::server::Server;
use serde_json::Value;
use switchroom_exchange::Command as Do;
use switchroom_wire::{Command, CommandError};

/// Refuses a command, and writes that down.
pub(super) async fn refuse(server: &Server, user: &str, command: &Command, why: String) -> CommandError {
    if is_told(command) {
        let told = format!("{}: {why}", words(command));
        if let Err(error) = act(server, user, Do::Refused(told)).await {
            tracing::error!("a refusal of {user} is in no event: {error:?}");
        }
    }
    refused(why)
}

/// Whether a refusal of it is worth a line. A console asks for the newest events of all calls by itself.
fn is_told(command: &Command) -> bool {
    !matches!(command, Command::Events { call: None, .. })
}

/// The word of the protocol for a command, with the call it is about, and nothing else: it may hold what is secret.
fn words(command: &Command) -> String {
    match serde_json::to_value(command) {
        Ok(Value::String(word)) => word,
        Ok(Value::Object(fields)) => fields
            .iter()
            .map(|(word, of)| match of.get("call").and_then(Value::as_str) {
                Some(call) => format!("{word} of call {call}"),
                None => word.clone(),
            })
            .collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_its_word_and_its_call() {
        assert_eq!(words(&Command::Reload), "reload");
        assert_eq!(words(&Command::HangUp { call: "3".into() }), "hang_up of call 3");
        let dial = Command::Dial { from: "101".into(), to: "+442079460123".into() };
        assert_eq!(words(&dial), "dial");
    }
}
