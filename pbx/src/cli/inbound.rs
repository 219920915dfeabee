//! Arguments of the commands about callers from outside: routes, opening hours, flows.

use super::ConfigFile;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `switchroom route`.
#[derive(Debug, Subcommand)]
pub enum RouteCommand {
    /// Print each route that is tried for a call, whether it fits, and why. Exits with 1 if the call goes nowhere.
    Explain {
        /// The number dialled.
        number: String,
        /// The caller's number [default: none].
        #[arg(long, value_name = "CALLER", default_value = "", hide_default_value = true)]
        from: String,
        /// When: 2026-10-01T12:10 by the clock of the site, with an offset (+08:00, Z) by another, or now.
        #[arg(long, value_name = "TIME", default_value = "now")]
        at: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        config: ConfigFile,
    },
}

/// `switchroom hours`.
#[derive(Debug, Subcommand)]
pub enum HoursCommand {
    /// Print each rule of opening hours, whether it holds at a time, and why; and what changes next.
    Explain {
        /// When: 2026-10-01T12:10 by the clock of the hours, with an offset (+08:00, Z) by another, or now.
        #[arg(default_value = "now")]
        time: String,
        /// Only these hours [default: all].
        #[arg(long, value_name = "NAME")]
        hours: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        config: ConfigFile,
    },
}

/// Which flows.
#[derive(Debug, Args)]
pub struct FlowFiles {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigFile,
    /// Flows of this folder and the lists in its lists/*.csv, without a configuration: extensions, hours, PINs and
    /// mailboxes are not known.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub dir: Option<PathBuf>,
}

/// `switchroom flow`.
#[derive(Debug, Subcommand)]
pub enum FlowCommand {
    /// Name every fault of flows with its place. Exits with 1 if there are any.
    Check {
        /// Warnings count as faults.
        #[arg(long)]
        deny_warnings: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        files: FlowFiles,
    },
    /// Print a flow as a tree.
    Show {
        /// The flow: the name of its file without .toml.
        #[arg(value_name = "NAME")]
        flow: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        files: FlowFiles,
    },
    /// Be the caller, line by line: press keys, wait, speak, hang up; help lists what can be typed. Works in a pipe.
    Walk {
        /// The number dialled, or a flow.
        #[arg(value_name = "NUMBER")]
        number: String,
        /// The caller's number [default: none].
        #[arg(long, value_name = "CALLER", default_value = "", hide_default_value = true)]
        from: String,
        /// When: 2026-10-01T12:10 by the clock of the site, with an offset (+08:00, Z) by another, or now.
        #[arg(long, value_name = "TIME", default_value = "now")]
        at: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        files: FlowFiles,
    },
    /// Play cases, and tell what no case reached. Exits with 1 if a case fails.
    Test {
        /// Files with cases [default: all in the folder tests beside the flows].
        #[arg(value_name = "FILE")]
        cases: Vec<PathBuf>,
        /// Exit with 1, too, if less of a flow is reached, in percent of its nodes and branches.
        #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
        min_coverage: Option<u8>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        files: FlowFiles,
    },
    /// Print how flows are written: every kind of node, key, function and name.
    Reference,
}
