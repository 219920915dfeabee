//! The program: reads the command line, does the command, gives its exit code.

use clap::Parser;
use std::process::ExitCode;
use switchroom::cli::Cli;
use switchroom::cmd;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cmd::run(&cli),
        Err(refused) => {
            // Help and version come here too, with code 0. A reader who left is no failure.
            let _ = refused.print();
            ExitCode::from(u8::try_from(refused.exit_code()).unwrap_or(cmd::USAGE))
        }
    }
}
