//! `switchroom serve`: the daemon in the foreground, for a service manager or a terminal.

use super::{Failure, OK, Outcome, logging};
use crate::cli::ServeArgs;
use crate::daemon;

/// Runs until it is told to stop.
pub fn run(args: &ServeArgs) -> Outcome {
    let path = args.config.path();
    let (loaded, wrong) = daemon::load(&path)?;
    logging::init(&loaded.shell.log);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let daemon = daemon::start(&loaded).map_err(|error| Failure::new(error.to_string(), hint(&error)))?;
    if let Some(wrong) = wrong {
        tracing::error!("{wrong}");
        daemon.warn(wrong);
    }
    tracing::info!("{} answers on {}", loaded.config.site, daemon.listening().join(", "));
    tracing::info!("control socket {}", daemon.socket().display());
    let waited = daemon.wait().and_then(|()| {
        tracing::info!("stopping: no new calls; running ones have {} s", loaded.shell.drain.as_secs());
        daemon.drain()
    });
    daemon.stop();
    waited.map_err(|error| Failure::new(format!("cannot listen to signals: {error}"), "start it again"))?;
    tracing::info!("stopped");
    Ok(OK)
}

fn hint(error: &daemon::StartError) -> &'static str {
    match error {
        daemon::StartError::Store(_) => "is another switchroom running? see `switchroom doctor`",
        daemon::StartError::Listen(_) => {
            "another program has that port, or the address is not this machine's"
        }
        daemon::StartError::Control { .. } => {
            "another switchroom may be running, or the folder may not be yours"
        }
        daemon::StartError::System { .. } => "see `switchroom doctor`",
    }
}
