//! The log: to standard error, by the level of the configuration or by `SWITCHROOM_LOG`.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging. `level` is a word such as `info`; the variable `SWITCHROOM_LOG` goes before it. The first call
/// counts, later ones do nothing.
pub fn init(level: &str) {
    let filter = std::env::var("SWITCHROOM_LOG")
        .ok()
        .filter(|v| !v.is_empty())
        .and_then(|v| EnvFilter::try_new(v).ok())
        .or_else(|| EnvFilter::try_new(level).ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color)
        .try_init();
}
