//! One run of a program for a flow: fixed arguments, no shell, JSON in, JSON out, and all of it gone when its time is over.

use super::{ANSWER_MAX, Place, told};
use crate::program::{self, Output, RunError};
use serde_json::Value;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchroom_flow::Payload;

/// Runs a program. When it is dropped the program and all that it started in its process group is killed; the place is free
/// after that.
pub(super) async fn ask(argv: Vec<String>, input: Payload, place: Place) -> Result<Value, String> {
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let is_wanted = wanted.0.clone();
    let run = tokio::task::spawn_blocking(move || {
        let answer = run(&argv, &input, &is_wanted);
        drop(place);
        answer
    });
    run.await.map_err(|_| "the exchange is stopping".to_owned())?
}

/// Somebody waits for an answer, as long as this value is there.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn run(argv: &[String], input: &Payload, is_wanted: &AtomicBool) -> Result<Value, String> {
    let program = argv.first().ok_or("no program is named")?;
    let name = told(program);
    if !Path::new(program).is_absolute() {
        return Err(format!("\"{name}\" is not an absolute path"));
    }
    let mut may_go_on =
        || if is_wanted.load(Ordering::Acquire) { Ok(()) } else { Err("nobody waits for it".to_owned()) };
    let ended = program::run(argv, input.text.as_bytes(), Output::Kept(ANSWER_MAX), &mut may_go_on);
    let ended = ended.map_err(|error| match error {
        RunError::TooMuch(_) => format!("it {error}"),
        RunError::Start(_) | RunError::Lost(_) | RunError::Stopped(_) => format!("{name} {error}"),
    })?;
    let complaint = last_line(&ended.complaint, input.is_secret);
    if !ended.status.success() {
        return Err(format!("{name} {}{complaint}", outcome(ended.status)));
    }
    super::json(&ended.output).map_err(|why| format!("{why}{complaint}"))
}

/// `: no such customer`, unless it could quote a secret.
fn last_line(complaint: &[u8], is_secret: bool) -> String {
    let text = String::from_utf8_lossy(complaint);
    match text.lines().rev().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) if !is_secret => format!(": {}", told(line)),
        _ => String::new(),
    }
}

fn outcome(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with status {code}"),
        None => "was killed".to_owned(),
    }
}
