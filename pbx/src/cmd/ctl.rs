//! `switchroom ctl`: one question or order to the running daemon, answered on standard output.

mod desk;
mod figures;
mod floor;
mod settings;

use super::{Failure, OK, Outcome};
use crate::cli::{AgentAct, CtlArgs, CtlCommand, RecordingAct, SuperviseArgs, SupervisorsPhone};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use switchroom_console::{Client, ConsoleError};
use switchroom_wire::{
    Answer, CallState, CallView, CdrView, Command, ConfigChange, ConsultAct, EndedView, ExtensionState,
    FiguresBy, LadderStyle, MessageView, PartyView, QualityView, RecordingView, SuperviseAct, Supervised,
    SupervisionMode, WhyView, clean, columns, escape_json, fit, render_ladder,
};

/// Does it.
pub(super) fn run(args: &CtlArgs, out: &mut dyn Write) -> Outcome {
    let command = command_of(&args.command)?;
    let mut client = Client::connect(&args.socket.path(), None).map_err(failure)?;
    let offset_min = client.welcome().utc_offset_min;
    let answer = client.command(command.clone()).map_err(failure)?;
    if let CtlCommand::Settings { act } = &args.command {
        return settings::go_on((act, command), (args.json, offset_min), answer, &mut client, out);
    }
    if let (CtlCommand::Dump { file: Some(copy) }, Answer::Done(path)) = (&args.command, &answer) {
        copy_dump(Path::new(path), copy)?;
    }
    if let (CtlCommand::Waiting { queue }, Answer::Queues(queues)) = (&args.command, &answer) {
        floor::waiting((queues, queue.as_deref()), (args.json, offset_min), out)?;
    } else if args.json {
        print_json(&answer, out)?;
    } else {
        Printer { offset_min, out }.print(&answer)?;
    }
    Ok(OK)
}

fn consult_act(call: &str, act: ConsultAct) -> Command {
    Command::ConsultAct { call: call.to_owned(), act }
}

/// What is asked of the daemon.
fn command_of(asked: &CtlCommand) -> Result<Command, Failure> {
    Ok(match asked {
        CtlCommand::Status => Command::Status,
        CtlCommand::Calls => Command::Calls,
        CtlCommand::Call { call } => Command::Call { call: call.clone() },
        CtlCommand::Extensions => Command::Extensions,
        CtlCommand::Agents => Command::Agents,
        CtlCommand::Queues | CtlCommand::Waiting { .. } => Command::Queues,
        CtlCommand::Figures { days, half_hours } => {
            let by = if *half_hours { FiguresBy::HalfHour } else { FiguresBy::Day };
            Command::Figures { by, days: *days }
        }
        CtlCommand::Why { call } => Command::Why { call: call.clone() },
        CtlCommand::Agent { agent, act } => agent_command(agent, act),
        CtlCommand::Priority { call, priority } => {
            Command::Priority { call: call.clone(), priority: *priority }
        }
        CtlCommand::Transfer { call, to } => Command::Transfer { call: call.clone(), to: to.clone() },
        CtlCommand::PickUp { call, phone } => {
            Command::PickUp { call: call.clone(), phone: phone.phone.clone() }
        }
        CtlCommand::Assign { call, agent } => Command::Assign { call: call.clone(), agent: agent.clone() },
        CtlCommand::Listen(args) => supervise(args, SupervisionMode::Listen),
        CtlCommand::Whisper(args) => supervise(args, SupervisionMode::Whisper),
        CtlCommand::Barge(args) => supervise(args, SupervisionMode::Barge),
        CtlCommand::TakeOver(SupervisorsPhone { phone }) => {
            Command::SuperviseAct { act: SuperviseAct::TakeOver, phone: phone.clone() }
        }
        CtlCommand::Unlisten(SupervisorsPhone { phone }) => {
            Command::SuperviseAct { act: SuperviseAct::End, phone: phone.clone() }
        }
        CtlCommand::Queue { act, queue } => {
            Command::QueueDoor { queue: queue.clone(), door: floor::door(*act) }
        }
        CtlCommand::TakeOut { call } => Command::TakeOut { call: call.clone() },
        CtlCommand::Cdr { limit, party, before } => {
            Command::Cdrs { limit: *limit, before_ms: *before, party: party.clone() }
        }
        CtlCommand::Events { limit, call, after } => {
            Command::Events { limit: *limit, call: call.clone(), after_ms: *after }
        }
        CtlCommand::Recordings { limit, party } => {
            Command::Recordings { limit: *limit, party: party.clone() }
        }
        CtlCommand::Recording { act } => recording_command(act),
        CtlCommand::Messages { mailbox, limit } => {
            Command::Messages { limit: *limit, mailbox: mailbox.clone() }
        }
        CtlCommand::Missed { limit, act: None } => Command::Missed { limit: *limit },
        CtlCommand::Missed { act: Some(act), .. } => floor::missed_command(act),
        CtlCommand::MessageDelete { message } => Command::DeleteMessage { message: message.clone() },
        CtlCommand::Ladder { call } => Command::Ladder { call: call.clone() },
        CtlCommand::Dial { from, to } => Command::Dial { from: from.clone(), to: to.clone() },
        CtlCommand::HandOff { call, flow } => Command::HandOff { call: call.clone(), flow: flow.clone() },
        CtlCommand::Consult { call, to } => Command::Consult { call: call.clone(), to: to.clone() },
        CtlCommand::Swap { call } => consult_act(call, ConsultAct::Swap),
        CtlCommand::Conference { call } => consult_act(call, ConsultAct::Conference),
        CtlCommand::Complete { call } => consult_act(call, ConsultAct::Complete),
        CtlCommand::CancelConsult { call } => consult_act(call, ConsultAct::Cancel),
        CtlCommand::Record { call, act } => Command::Record { call: call.clone(), act: (*act).into() },
        CtlCommand::Join { agent, queue, tier, weight, skills } => {
            let (agent, queue) = (agent.clone(), queue.clone());
            let skills = skills.iter().cloned().collect();
            let change = ConfigChange::Join { agent, queue, tier: *tier, weight: *weight, skills };
            Command::ChangeConfig { change }
        }
        CtlCommand::Leave { agent, queue } => {
            let change = ConfigChange::Leave { agent: agent.clone(), queue: queue.clone() };
            Command::ChangeConfig { change }
        }
        CtlCommand::Skill { agent, skill, level } => floor::skill_command(agent, skill, *level),
        CtlCommand::ClassPriority { class, priority } => {
            let change = ConfigChange::ClassPriority { class: class.clone(), priority: *priority };
            Command::ChangeConfig { change }
        }
        CtlCommand::Tell { to, text } => Command::Tell { to: to.clone(), text: text.clone() },
        CtlCommand::Told { agent } => Command::Told { agent: agent.clone(), at_ms: None },
        CtlCommand::Note { call, text } => Command::Note { call: call.clone(), text: text.clone() },
        CtlCommand::Desk { agent } => Command::Desk { agent: agent.clone() },
        CtlCommand::Flows => Command::Flows,
        CtlCommand::Hangup { call } => Command::HangUp { call: call.clone() },
        CtlCommand::Unregister { extension, contact } => {
            Command::Unregister { extension: extension.clone(), contact: contact.clone() }
        }
        CtlCommand::Reload => Command::Reload,
        CtlCommand::Dump { .. } => Command::Dump,
        CtlCommand::Shutdown => Command::Shutdown,
        CtlCommand::Settings { act } => settings::question(act)?,
    })
}

fn recording_command(act: &RecordingAct) -> Command {
    match act.clone() {
        RecordingAct::Hold { call, reason } => Command::HoldRecording { call, reason },
        RecordingAct::Release { call } => Command::ReleaseRecording { call },
        RecordingAct::Delete { call } => Command::DeleteRecording { call },
    }
}

fn supervise(args: &SuperviseArgs, mode: SupervisionMode) -> Command {
    let SuperviseArgs { call, agent, extension, phone } = args;
    let call = call.clone().map(Supervised::Call);
    let agent = agent.clone().map(Supervised::Agent);
    let extension = extension.clone().map(Supervised::Extension);
    let phone = phone.phone.clone();
    match call.or(agent).or(extension) {
        Some(target) => Command::Supervise { target, mode, phone },
        None => Command::SuperviseAct { act: SuperviseAct::Mode(mode), phone },
    }
}

fn agent_command(agent: &str, act: &AgentAct) -> Command {
    let presence = |presence: &str, reason: Option<&String>, extension: Option<&String>| {
        let (reason, extension) = (reason.cloned(), extension.cloned());
        Command::AgentPresence { agent: agent.to_owned(), presence: presence.to_owned(), reason, extension }
    };
    match act {
        AgentAct::Ready { at } => presence("ready", None, at.as_ref()),
        AgentAct::Break { reason } => presence("break", Some(reason), None),
        AgentAct::Out => presence("logged_out", None, None),
        AgentAct::WrapUp { more, disposition } => {
            Command::AgentWrapUp { agent: agent.to_owned(), more_s: *more, disposition: disposition.clone() }
        }
    }
}

/// Copies a flight record to where the user wants it: with the user's own rights, the daemon is told no path.
fn copy_dump(path: &Path, copy: &Path) -> Result<(), Failure> {
    let copied = std::fs::File::open(path).and_then(|mut from| {
        let mut to = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy)?;
        std::io::copy(&mut from, &mut to)
    });
    copied.map(|_| ()).map_err(|error| {
        Failure::new(
            format!(
                "the flight record is in {} and cannot be copied to {}: {error}",
                path.display(),
                copy.display()
            ),
            "name a file that is not there yet; the record belongs to the user that the exchange runs as",
        )
    })
}

fn failure(error: ConsoleError) -> Failure {
    Failure::Told { what: error.to_string(), hint: None, code: error.exit().code() }
}

/// The answer alone, without the name of its kind: what scripts read.
fn print_json(answer: &Answer, out: &mut dyn Write) -> std::io::Result<()> {
    let value = match answer {
        Answer::Done(text) => serde_json::json!({ "done": text }),
        Answer::Status(x) => serde_json::json!(x),
        Answer::Calls(x) => serde_json::json!(x),
        Answer::Call(x) => serde_json::json!(x),
        Answer::Cdr(x) => serde_json::json!(x),
        Answer::Extensions(x) => serde_json::json!(x),
        Answer::Desk(x) => serde_json::json!(x),
        Answer::Flows(x) => serde_json::json!(x),
        Answer::Agents(x) => serde_json::json!(x),
        Answer::Queues(x) => serde_json::json!(x),
        Answer::Figures(x) => serde_json::json!(x),
        Answer::Why(x) => serde_json::json!(x),
        Answer::Cdrs(x) => serde_json::json!(x),
        Answer::Events(x) => serde_json::json!(x),
        Answer::Recordings(x) => serde_json::json!(x),
        Answer::Messages(x) => serde_json::json!(x),
        Answer::Missed(x) => serde_json::json!(x),
        Answer::Wave(x) => serde_json::json!(x),
        Answer::Ladder(x) => serde_json::json!(x),
        Answer::Settings(x) => serde_json::json!(x),
        Answer::FlowText(x) => serde_json::json!(x),
        Answer::SettingsDiff(x) => serde_json::json!(x),
        Answer::SettingsApplied(x) => serde_json::json!(x),
    };
    write_json(&value, out)
}

fn write_json(value: &serde_json::Value, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", escape_json(&serde_json::to_string_pretty(value)?))
}

struct Printer<'a> {
    offset_min: i32,
    out: &'a mut dyn Write,
}

impl Printer<'_> {
    fn print(&mut self, answer: &Answer) -> std::io::Result<()> {
        match answer {
            Answer::Done(text) => writeln!(self.out, "{}", clean(text)),
            Answer::Status(s) => {
                let rows = [
                    ("server", format!("{}, {}", s.server, s.site)),
                    ("domain", s.domain.clone()),
                    ("started", self.date(s.started_ms)),
                    ("listens on", s.listen.join(", ")),
                    ("calls", format!("{} of {}, {} since start", s.calls, s.calls_max, s.calls_total)),
                    ("registered", format!("{} extensions, {} phones", s.registered, s.bindings)),
                    ("rtp ports", format!("{} of {}", s.rtp_ports, s.rtp_ports_max)),
                    ("transactions", format!("{}, {} dialogs", s.transactions, s.dialogs)),
                    (
                        "refused",
                        format!(
                            "{} malformed, {} wrong passwords, {} ignored",
                            s.malformed, s.auth_failures, s.ignored
                        ),
                    ),
                    ("store", s.store.clone()),
                    ("disk free", s.disk_free_ppk.map_or_else(|| "-".into(), |p| format!("{}%", p / 10))),
                ];
                for (name, value) in rows {
                    writeln!(self.out, "{name:<13} {}", clean(&value))?;
                }
                Ok(())
            }
            Answer::Calls(calls) => {
                let rows = calls.iter().map(|c| self.call_row(c)).collect();
                self.table(&["CALL", "STATE", "FROM", "TO", "WITH", "SINCE", "REC"], rows)
            }
            Answer::Call(call) => {
                let row = self.call_row(call);
                self.table(&["CALL", "STATE", "FROM", "TO", "WITH", "SINCE", "REC"], vec![row])?;
                self.hand_offs(call)?;
                self.path(&call.path, call.ended.as_ref())
            }
            Answer::Desk(desk) => self.desk(desk),
            Answer::Flows(flows) => self.flows(flows),
            Answer::Agents(agents) => self.agents(agents),
            Answer::Queues(queues) => self.queues(queues),
            Answer::Figures(figures) => self.figures(figures),
            Answer::Why(reasons) => self.why(reasons),
            Answer::Cdr(cdr) => self.cdr(cdr),
            Answer::Cdrs(cdrs) => {
                let rows = cdrs.iter().map(|c| self.cdr_row(c)).collect();
                self.table(&["CALL", "STARTED", "FROM", "TO", "TALK", "ENDED BY", "CAUSE"], rows)
            }
            Answer::Extensions(all) => {
                let mut rows = Vec::new();
                for e in all {
                    let state = match e.state {
                        ExtensionState::Offline => "offline",
                        ExtensionState::Idle => "idle",
                        ExtensionState::Ringing => "rings",
                        ExtensionState::Busy => "in call",
                        ExtensionState::Lost => "lost",
                    };
                    let mut first = vec![e.number.clone(), e.name.clone(), state.to_owned()];
                    if e.bindings.is_empty() {
                        first.extend([String::new(), String::new(), e.problem.clone().unwrap_or_default()]);
                        rows.push(first);
                        continue;
                    }
                    for b in &e.bindings {
                        let ping = b
                            .rtt_us
                            .map_or_else(|| "-".into(), |us| format!("{}.{} ms", us / 1000, us / 100 % 10));
                        let mut row = std::mem::replace(&mut first, vec![String::new(); 3]);
                        row.extend([b.address.clone(), ping, b.agent.clone()]);
                        rows.push(row);
                    }
                }
                self.table(&["EXT", "NAME", "STATE", "PHONE", "PING", "PROGRAM"], rows)
            }
            Answer::Events(events) => {
                for e in events {
                    let number = e.number.map_or_else(|| "-".to_owned(), |n| n.to_string());
                    let at = self.date(e.at_ms);
                    writeln!(self.out, "{at}  {:<6} {number:>5}  {}", e.kind.word(), clean(&e.text))?;
                }
                Ok(())
            }
            Answer::Recordings(all) => {
                let rows = all.iter().map(|r| self.recording_row(r)).collect();
                self.table(&["CALL", "STARTED", "FROM", "WITH", "LENGTH", "FILE", ""], rows)
            }
            Answer::Messages(all) => {
                let rows = all.iter().map(|m| self.message_row(m)).collect();
                self.table(&["LEFT", "FROM", "BOX", "LENGTH", "STATE", "ID"], rows)
            }
            Answer::Missed(all) => self.missed(all),
            Answer::Settings(view) => self.settings(view),
            Answer::FlowText(flow) => self.out.write_all(flow.text.0.as_bytes()),
            Answer::SettingsDiff(diff) => self.settings_diff(diff),
            Answer::SettingsApplied(applied) => self.settings_applied(applied),
            Answer::Wave(w) => writeln!(self.out, "{} columns, {}", w.caller.len(), span(w.length_ms)),
            Answer::Ladder(ladder) => {
                let style = LadderStyle {
                    width: 120,
                    utc_offset_min: self.offset_min,
                    messages_only: false,
                    relative: false,
                };
                let (head, lines) = render_ladder(ladder, style);
                for line in head.iter().chain(lines.iter().map(|(_, line)| line)) {
                    writeln!(self.out, "{line}")?;
                }
                if ladder.dropped > 0 {
                    writeln!(self.out, "and {} more that were not kept", ladder.dropped)?;
                }
                Ok(())
            }
        }
    }

    fn call_row(&self, c: &CallView) -> Vec<String> {
        let state = match c.state {
            CallState::Ringing => "rings",
            CallState::Talking => "talks",
            CallState::Held => "held",
            CallState::Flow => "flow",
            CallState::Service => "service",
            CallState::Ended => "ended",
        };
        let recording = match c.recording {
            switchroom_wire::RecordingState::Off => "",
            switchroom_wire::RecordingState::On => "on",
            switchroom_wire::RecordingState::Paused => "paused",
            switchroom_wire::RecordingState::Failed => "failed",
            switchroom_wire::RecordingState::Done => "kept",
        };
        vec![
            c.number.to_string(),
            state.to_owned(),
            party(&c.from),
            party(&c.to),
            c.with.as_ref().map(party).unwrap_or_default(),
            self.date(c.answered_ms.unwrap_or(c.started_ms)),
            recording.to_owned(),
        ]
    }

    fn recording_row(&self, r: &RecordingView) -> Vec<String> {
        let held = r.held.as_ref().map(|held| {
            // A viewer is told that, not why.
            let why = [held.by.as_str(), held.reason.as_str()].map(clean).join(": ");
            format!("held {}", if why == ": " { String::new() } else { why }).trim_end().to_owned()
        });
        let incomplete = (!r.complete).then(|| "incomplete".to_owned());
        let notes: Vec<String> = incomplete.into_iter().chain(held).collect();
        vec![
            r.number.to_string(),
            self.date(r.started_ms),
            party(&r.from),
            party(&r.with),
            span(r.length_ms),
            r.file.clone(),
            notes.join(", "),
        ]
    }

    fn message_row(&self, m: &MessageView) -> Vec<String> {
        vec![
            self.date(m.at_ms),
            party(&m.from),
            m.mailbox.clone().unwrap_or_else(|| "-".to_owned()),
            span(m.length_ms),
            if m.is_new { "new" } else { "heard" }.to_owned(),
            m.id.clone(),
        ]
    }

    fn cdr_row(&self, c: &CdrView) -> Vec<String> {
        vec![
            c.number.to_string(),
            self.date(c.started_ms),
            party(&c.from),
            party(&c.to),
            if c.answered_ms.is_some() { span(c.talk_ms) } else { "-".into() },
            c.ended.by.clone(),
            c.ended.cause.clone(),
        ]
    }

    fn cdr(&mut self, c: &CdrView) -> std::io::Result<()> {
        let row = self.cdr_row(c);
        self.table(&["CALL", "STARTED", "FROM", "TO", "TALK", "ENDED BY", "CAUSE"], vec![row])?;
        writeln!(self.out)?;
        for leg in &c.legs {
            writeln!(
                self.out,
                "  {:<24} {:<26} {:<12} {:<11} {}",
                fit(&party(&leg.party), 24),
                clean(&leg.address),
                leg.codec,
                leg.outcome,
                quality(&leg.quality)
            )?;
        }
        self.path(&c.path, Some(&c.ended))
    }

    fn path(&mut self, path: &[WhyView], ended: Option<&EndedView>) -> std::io::Result<()> {
        writeln!(self.out)?;
        for step in path {
            let at = self.date(step.at_ms);
            writeln!(self.out, "  {at}  {:<8} {}", step.step, clean(&step.text))?;
        }
        match ended {
            Some(e) => writeln!(self.out, "  ended by {}: {}", clean(&e.by), e.cause),
            None => Ok(()),
        }
    }

    fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) -> std::io::Result<()> {
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|r| r.into_iter().map(|cell| clean(&cell).into_owned()).collect()).collect();
        let width = |place: usize| {
            rows.iter()
                .filter_map(|r: &Vec<String>| r.get(place))
                .map(|cell| columns(cell))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> =
            head.iter().enumerate().map(|(n, h)| width(n).max(columns(h)).min(48)).collect();
        let head = head.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>();
        for row in std::iter::once(&head).chain(&rows) {
            let last = row.len().saturating_sub(1);
            let cells = row.iter().zip(&widths).enumerate().map(|(n, (cell, width))| {
                // What stands last may be as long as it is.
                if n == last { cell.clone() } else { fit(cell, *width) }
            });
            writeln!(self.out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// `2026-11-03 14:03:27` in the site's time.
    fn date(&self, at_ms: i64) -> String {
        let local = at_ms.saturating_add(i64::from(self.offset_min) * 60_000);
        let Ok(at) = jiff::Timestamp::from_millisecond(local) else { return "-".into() };
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

fn party(p: &PartyView) -> String {
    match (p.number.as_str(), p.name.as_str()) {
        ("", "") => "withheld".into(),
        (number, "") => number.into(),
        (number, name) => format!("{number} {name}"),
    }
}

/// `3:12`, or `1:02:03`.
fn span(ms: u64) -> String {
    let s = ms / 1000;
    if s >= 3600 {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}", s / 60, s % 60)
    }
}

fn quality(q: &QualityView) -> String {
    if q.received.packets == 0 {
        return "no media".into();
    }
    let mos = q.received.mos_centi;
    let loss = q.received.loss_ppm;
    format!(
        "{} packets, {}.{}% lost, jitter {} ms, MOS {}.{}",
        q.received.packets,
        loss / 10_000,
        loss / 1000 % 10,
        q.received.jitter_us / 1000,
        mos / 100,
        mos / 10 % 10
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::cli::{Cli, Command as CliCommand};
    use clap::Parser;
    use switchroom_wire::HeldView;

    /// Against a daemon: the words of the command line, and what they print.
    #[test]
    fn what_agents_are_told_is_printed_with_them_until_it_is_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switchroom.toml");
        let site = "[site]\ndomain = \"example.com\"\n[sip]\nlisten = [\"udp 127.0.0.1:0\"]\n[media]\nthreads = 1\n\
                    [control]\nsocket = \"control.sock\"\n[queues.sales]\n[agents.2001]\nqueues = [\"sales\"]\n";
        std::fs::write(&path, site).unwrap();
        let _daemon = crate::daemon::start(&crate::config::load(&path).unwrap()).unwrap();
        let socket = dir.path().join("control.sock");
        let ctl = |words: &[&str]| {
            let line = ["switchroom", "ctl", "--socket", socket.to_str().unwrap()];
            let parsed = Cli::try_parse_from(line.iter().chain(words)).unwrap();
            let CliCommand::Ctl(args) = parsed.command else { return Err(None) };
            let mut out = Vec::new();
            match run(&args, &mut out) {
                Ok(_) => Ok(String::from_utf8(out).unwrap()),
                Err(Failure::Told { what, .. }) => Err(Some(what)),
                Err(_) => Err(None),
            }
        };
        let refused = ctl(&["tell", "all", "tea"]).unwrap_err().unwrap();
        assert!(refused.contains("none of these agents is signed in"), "{refused}");
        assert_eq!(
            ctl(&["tell", "2001", "line 7 is down"]),
            Ok("told agent 2001, who is signed out\n".to_owned())
        );
        // What is on the board is told there some milliseconds later.
        let shows = |words: &[&str], is_told: bool| {
            (0..500).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(10));
                ctl(words).unwrap().contains(" told 2001: line 7 is down\n") == is_told
            })
        };
        assert!(shows(&["agents"], true) && shows(&["desk", "2001"], true));
        assert!(ctl(&["told", "2001"]).is_ok());
        assert!(shows(&["agents"], false) && shows(&["desk", "2001"], false));
        assert!(ctl(&["told", "2001"]).is_err());
    }

    #[test]
    fn recordings_that_are_held_are_marked_by_a_word() {
        let recording = |number, complete, held: Option<(&str, &str)>| RecordingView {
            number,
            complete,
            file: format!("2026/11/21/{number}.wav"),
            held: held.map(|(by, reason)| HeldView { by: by.into(), reason: reason.into(), at_ms: 0 }),
            ..RecordingView::default()
        };
        let all = Answer::Recordings(vec![
            recording(1, true, None),
            recording(2, true, Some(("sue", "case\u{1b} 7"))),
            recording(3, false, Some(("", ""))),
        ]);
        let mut out = Vec::new();
        Printer { offset_min: 0, out: &mut out }.print(&all).unwrap();
        let text = String::from_utf8(out).unwrap();
        let ends: Vec<_> =
            text.lines().map(|line| line.split(".wav").nth(1).unwrap_or_default().trim()).collect();
        assert_eq!(ends, ["", "", "held sue: case\u{fffd} 7", "incomplete, held"]);
        let mut out = Vec::new();
        print_json(&all, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&json[0]["held"], &json[1]["held"]["by"]), (&serde_json::Value::Null, &"sue".into()));
    }
}
