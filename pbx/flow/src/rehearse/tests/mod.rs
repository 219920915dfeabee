//! Tests of rehearsals: an office, cases that hold and cases that fail, coverage, and somebody at the keyboard.
#![allow(clippy::panic, clippy::expect_used)]

mod cases;
mod walks;

use super::*;
use crate::flow::Flows;
use crate::site::{MailboxConfig, SiteConfig};
use std::sync::Arc;

const OFFICE: &str = include_str!("office.toml");
const CASES: &str = include_str!("office_cases.toml");

/// A stage with one flow.
fn stage_of(name: &str, text: &str) -> Stage {
    let (flow, faults) = crate::read(&format!("{name}.toml"), 1, text);
    let flow = flow.unwrap_or_else(|| panic!("{faults:#?}"));
    let flows: Flows = [(name.to_owned(), Arc::new(flow))].into();
    let mailboxes = [("sales".to_owned(), MailboxConfig::default())].into();
    Stage { flows, site: SiteConfig { mailboxes, ..SiteConfig::default() }, ..Stage::default() }
}

fn office() -> Stage {
    stage_of("office", OFFICE)
}
