//! What is printed from the one definition of command line and configuration: completions, man pages, version.

use super::{Failure, OK, Outcome, USAGE};
use crate::cli::Cli;
use crate::config;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

/// Prints text as it is.
pub(super) fn print(text: &str, out: &mut dyn Write) -> Outcome {
    out.write_all(text.as_bytes())?;
    Ok(OK)
}

/// Prints completions for a shell.
pub(super) fn completions(shell: Shell, out: &mut dyn Write) -> Outcome {
    print(&completions_text(shell), out)
}

/// Completions for a shell.
pub(super) fn completions_text(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "switchroom", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Prints a man page.
pub(super) fn man(page: &str, out: &mut dyn Write) -> Outcome {
    let pages = man_pages()?;
    let wanted = page.trim_end_matches(".1").trim_end_matches(".5");
    match pages.iter().find(|(name, _)| name.trim_end_matches(".1").trim_end_matches(".5") == wanted) {
        Some((_, text)) => print(text, out),
        None => {
            // Without the pages of subcommands of subcommands, or nobody reads to the end.
            let top = |name: &&str| name.matches('-').count() < 2;
            let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).filter(top).collect();
            Err(Failure::Told {
                what: format!("there is no man page \"{page}\""),
                hint: Some(format!("there are {}", names.join(", "))),
                code: USAGE,
            })
        }
    }
}

/// All man pages with their file names, the commands' first.
pub(super) fn man_pages() -> io::Result<Vec<(String, String)>> {
    let mut whole = Cli::command();
    whole.build();
    let mut pages = Vec::new();
    add_pages(&whole, "switchroom", &mut pages)?;
    pages.push(("switchroom.toml.5".to_owned(), config::man_page()));
    Ok(pages)
}

/// The page of a command, then those of its subcommands.
fn add_pages(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    pages.push((format!("{name}.1"), page(command, name)?));
    for inner in command.get_subcommands() {
        add_pages(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str) -> io::Result<String> {
    let mut text = Vec::new();
    // Without a date and with only our name, so that the page is the same wherever it is made.
    clap_mangen::Man::new(command.clone())
        .title(name)
        .section("1")
        .source("Switchroom")
        .manual("Switchroom")
        .render(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Prints the version; `verbose` adds what a bug report needs.
pub(super) fn version(verbose: bool, out: &mut dyn Write) -> Outcome {
    writeln!(out, "switchroom {}", env!("CARGO_PKG_VERSION"))?;
    if verbose {
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        writeln!(out, "system    {} {}", std::env::consts::OS, std::env::consts::ARCH)?;
        writeln!(out, "build     {build}, needs Rust {}", env!("CARGO_PKG_RUST_VERSION"))?;
        writeln!(out, "protocol  {}", switchroom_wire::PROTOCOL)?;
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        writeln!(out, "kernel    {}", kernel.trim())?;
    }
    Ok(OK)
}
