//! One run of a program for a flow: fixed arguments, no shell, JSON in, JSON out, and all of it gone when its time is over.

use super::{ANSWER_MAX, told};
use serde_json::Value;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use switchroom_flow::Payload;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// What of its surroundings a program sees.
const ENVIRONMENT: [&str; 2] = ["PATH", "LANG"];
/// Bytes of the end of its complaints that are looked at.
const COMPLAINT_MAX: usize = 2_048;

/// Runs a program. When it is dropped the program and all that it started in its process group is killed.
pub(super) async fn ask(argv: &[String], input: Payload) -> Result<Value, String> {
    let (program, arguments) = argv.split_first().ok_or("no program is named")?;
    let name = told(program);
    if !Path::new(program).is_absolute() {
        return Err(format!("\"{name}\" is not an absolute path"));
    }
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(ENVIRONMENT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let mut group = Group(child.id());
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(format!("{name} cannot be talked with"));
    };
    let is_secret = input.is_secret;
    let feed = async {
        let mut stdin = stdin;
        // A program need not read what it is told.
        let _ = stdin.write_all(input.text.as_bytes()).await;
        drop(stdin);
        Ok(())
    };
    let end = async {
        let status = child.wait().await.map_err(|error| format!("{name} is lost: {error}"));
        // What it left behind could hold its output open for ever.
        group.kill();
        status
    };
    let (status, said, complaint, ()) = tokio::try_join!(end, output(stdout), tail(stderr), feed)?;
    if !status.success() {
        return Err(format!("{name} {}{}", outcome(status), last_line(&complaint, is_secret)));
    }
    super::json(&said).map_err(|why| format!("{why}{}", last_line(&complaint, is_secret)))
}

/// A process group that dies with this value.
struct Group(Option<u32>);

impl Group {
    fn kill(&mut self) {
        let id = self.0.take().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(rustix::process::Pid::from_raw) {
            // Nobody may be left in it.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn output(mut from: impl AsyncRead + Unpin) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut bounded = (&mut from).take(ANSWER_MAX as u64 + 1);
    bounded.read_to_end(&mut bytes).await.map_err(|error| format!("its output broke off: {error}"))?;
    if bytes.len() > ANSWER_MAX {
        return Err(format!("it wrote more than {} kB", ANSWER_MAX / 1024));
    }
    Ok(bytes)
}

/// The end of what comes, however much it is.
async fn tail(mut from: impl AsyncRead + Unpin) -> Result<Vec<u8>, String> {
    let (mut kept, mut part) = (Vec::new(), [0; COMPLAINT_MAX]);
    while let Ok(count) = from.read(&mut part).await {
        if count == 0 {
            break;
        }
        kept.extend_from_slice(part.get(..count).unwrap_or_default());
        kept.drain(..kept.len().saturating_sub(COMPLAINT_MAX));
    }
    Ok(kept)
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
