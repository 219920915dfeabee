//! Settings on the control socket: shown, looked at, changed; every change is written down with its user.

use super::configuration::NotDone;
use super::query::{act, failed, refused};
use super::server::Server;
use switchroom_exchange::Command as Do;
use switchroom_wire::{Answer, Command, CommandError};

/// Answers a command about settings.
pub(super) async fn answer(server: &Server, user: &str, command: Command) -> Result<Answer, CommandError> {
    let why = |error: NotDone| refused(error.to_string());
    match command {
        Command::Settings { kind } => {
            let view = server.configure(move |c| c.settings(kind)).await.map_err(why)?;
            Ok(Answer::Settings(Box::new(view)))
        }
        Command::FlowText { flow } => {
            let view = server.configure(move |c| c.flow_text(&flow)).await.map_err(why)?;
            Ok(Answer::FlowText(Box::new(view)))
        }
        Command::PreviewSettings { change } => {
            let diff = server.configure(move |c| c.preview(&change)).await.map_err(why)?;
            Ok(Answer::SettingsDiff(Box::new(diff)))
        }
        Command::ApplySettings { change, file } => {
            tracing::info!("{user} changes settings");
            let done = server.configure(move |c| c.apply(&change, &file)).await;
            let applied = note(server, user, done, |applied| applied.told.clone()).await?;
            Ok(Answer::SettingsApplied(Box::new(applied)))
        }
        _ => Err(failed("that is no question about settings")),
    }
}

/// Writes down that a user changed the configuration.
pub(super) async fn note<T>(
    server: &Server,
    user: &str,
    done: Result<T, NotDone>,
    told: impl Fn(&T) -> String,
) -> Result<T, CommandError> {
    match done {
        Ok(done) => {
            // It is done, whether or not there is room to write that down.
            if let Err(error) = act(server, user, Do::Configured(told(&done))).await {
                tracing::error!("a change of the configuration by {user} is in no event: {error:?}");
            }
            Ok(done)
        }
        Err(NotDone::Nothing(why)) => Err(refused(why)),
        // The file is another: that is told and written down as any change, and is no success.
        Err(NotDone::Written(why)) => {
            act(server, user, Do::Configured(why.clone())).await?;
            Err(failed(why))
        }
    }
}
