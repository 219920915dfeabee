//! Answers to commands.

use super::calls::{known_call, one_call, resolve, with_words};
use super::refusal::{call_of_order, is_of_shell, refuse, told_to_all};
use super::server::Server;
use super::sight::{Need, Sight};
use super::{desk, figures, floor, flows, settings, view};
use crate::engine::ToEngine;
use crate::flight::Why;
use crate::keeper::Wish;
use crate::store::Store;
use std::borrow::Cow;
use switchroom_acd::{Door, Presence};
use switchroom_exchange::{
    AgentAct, CallId, Command as Do, Exchange, MissedWish, Mode, RefusalReason, Subject, SupervisionAct,
};
use switchroom_wire::{
    Answer, Command, CommandError, ConfigChange, ConsultAct, FiguresBy, MissedAct, QueueDoor, RecordingAct,
    Role, SuperviseAct, Supervised, SupervisionMode, WaveView, WhyView,
};
use tokio::sync::oneshot;

/// What is told to who is restricted to queues, of a call of others.
const NO_OWN_CALL: &str = "that call is of no queue of yours";

/// Most rows that one question is answered with.
const ROWS_MAX: u32 = 1000;

pub(super) fn failed(why: impl Into<String>) -> CommandError {
    CommandError::Failed { why: why.into() }
}

pub(super) fn refused(why: impl Into<String>) -> CommandError {
    CommandError::Refused { why: why.into() }
}

/// Does a command for a user with that role.
pub(super) async fn answer(
    server: &Server,
    user: &str,
    role: Role,
    command: Command,
) -> Result<Answer, CommandError> {
    let sight = sight_of(server, user, role);
    if let Some(why) = unknown_call(server, role, &command).await {
        return Err(refuse(server, user, &command, (RefusalReason::State, why)).await);
    }
    if let Some(why) = forbidden(server, user, (role, &sight), &command).await? {
        return Err(refuse(server, user, &command, (RefusalReason::Right, why)).await);
    }
    let of_shell = is_of_shell(&command).then(|| command.clone());
    let answer = carry_out(server, (user, role), command).await;
    if let (Err(CommandError::Refused { why }), Some(order)) = (&answer, of_shell) {
        let told = told_to_all(&order, why).to_owned();
        refuse(server, user, &order, (RefusalReason::State, told)).await;
    }
    answer.map(|answer| sight.answer(answer))
}

/// Why an order of somebody who may give it can be about no call: there is none.
async fn unknown_call(server: &Server, role: Role, command: &Command) -> Option<String> {
    let call = call_of_order(command).filter(|_| role >= command.role())?;
    match resolve(server, &call).await {
        Err(CommandError::Refused { why }) => Some(why),
        _ => None,
    }
}

/// Why a user may not have a command done, as far as that is known before the exchange is asked.
async fn forbidden(
    server: &Server,
    user: &str,
    (role, sight): (Role, &Sight),
    command: &Command,
) -> Result<Option<String>, CommandError> {
    let needed = command.role();
    if role < needed {
        return Ok(Some(format!(
            "this needs the role {}; you are {}, see [control.roles]",
            needed.word(),
            role.word()
        )));
    }
    if let Command::ChangeConfig { change: ConfigChange::Join { agent, .. } } = command {
        let (who, agent) = (user.to_owned(), agent.clone());
        let may = server.engine.ask(move |x| x.may_give_place(&who, &agent)).await.map_err(failed)?;
        if let Err(why) = may {
            return Ok(Some(why));
        }
    }
    match sight.need(command) {
        Need::OwnCall(call) => {
            let is_allowed = match command {
                Command::Note { .. } => may_note(server, user, call).await?,
                _ => is_own_call(server, user, call).await?,
            };
            Ok((!is_allowed).then(|| NO_OWN_CALL.to_owned()))
        }
        Need::Nothing => Ok(None),
        Need::Never(why) => Ok(Some(why.to_owned())),
    }
}

/// What a user sees, as the configuration has it now: other than the role, which is that of the start.
pub(super) fn sight_of(server: &Server, user: &str, role: Role) -> Sight {
    Sight::new(role, server.hub.rules().queues.get(user).cloned())
}

/// Whether a call is of a queue of the user's, or was when it was over.
async fn is_own_call(server: &Server, user: &str, call: &str) -> Result<bool, CommandError> {
    let id = resolve(server, call).await?;
    Ok(may_act_on(server, user, id).await || was_own(server, user, id).await?)
}

/// Whether a call that is over was of a queue of the user's, as its record says.
async fn was_own(server: &Server, user: &str, id: CallId) -> Result<bool, CommandError> {
    let Some(own) = server.hub.rules().queues.get(user).cloned() else { return Ok(true) };
    if server.engine.ask(move |x| x.call(id).is_some()).await.map_err(failed)? {
        return Ok(false);
    }
    let was_of = from_store(server, move |s| {
        let told = s.cdr(&id.to_string()).and_then(|cdr| cdr.was_of);
        // In a record from before that was written down it is told by who was offered the call.
        told.unwrap_or_else(|| s.decisions(id).into_iter().map(|offer| offer.queue).collect())
    });
    Ok(!was_of.await?.is_disjoint(&own))
}

/// Whether a user may note something on a call. As long as it is there that is for the exchange to say.
async fn may_note(server: &Server, user: &str, call: &str) -> Result<bool, CommandError> {
    let (id, _, parties) = known_call(server, call).await?;
    let who = user.to_owned();
    let asked = move |x: &Exchange| (x.call(id).is_some(), x.config().supervision.users.get(&who).cloned());
    let (is_there, seat) = server.engine.ask(asked).await.map_err(failed)?;
    let was_at = seat.is_some_and(|seat| parties.contains(&seat));
    Ok(is_there || was_at || was_own(server, user, id).await?)
}

/// Whether a call is of a queue of the user's, or the user not restricted.
pub(super) async fn may_act_on(server: &Server, user: &str, call: CallId) -> bool {
    let user = user.to_owned();
    server.engine.ask(move |x| x.may_act_on(&user, call)).await.unwrap_or(false)
}

async fn carry_out(
    server: &Server,
    (user, role): (&str, Role),
    command: Command,
) -> Result<Answer, CommandError> {
    // Who is less than a supervisor acts on what is the user's own, which the exchange knows.
    let own = |command: Do| if role < Role::Supervisor { Do::Own(Box::new(command)) } else { command };
    match command {
        Command::Desk { agent } => desk::answer(server, (user, role), agent).await,
        Command::Flows => flows::answer(server, sight_of(server, user, role).is_clear()).await,
        Command::Note { call, text } => {
            let (call, number, parties) = known_call(server, &call).await?;
            act(server, user, own(Do::Note { call, number, parties, text })).await.map(Answer::Done)
        }
        Command::Status => Ok(Answer::Status(Box::new(server.hub.system()))),
        Command::Calls => Ok(Answer::Calls(server.hub.calls())),
        Command::Extensions => Ok(Answer::Extensions(server.hub.extensions())),
        Command::Agents => Ok(Answer::Agents(server.hub.agents())),
        Command::Queues => Ok(Answer::Queues(server.hub.queues())),
        Command::Figures { by, days } => figures_of(server, user, by, days).await,
        Command::Why { call } => why(server, user, &call).await,
        Command::AgentPresence { agent, presence, reason, extension } => {
            let presence = presence_of(&presence, reason)?;
            act(server, user, own(Do::Agent(AgentAct::Choose { agent, presence, extension })))
                .await
                .map(Answer::Done)
        }
        Command::AgentWrapUp { agent, more_s, disposition } => {
            let more_ms = more_s.map(|s| u64::from(s) * 1_000);
            let wrap_up = AgentAct::WrapUp { agent, more_ms, disposition };
            act(server, user, own(Do::Agent(wrap_up))).await.map(Answer::Done)
        }
        Command::Tell { to, text } => {
            act(server, user, Do::Agent(AgentAct::Tell { to, text })).await.map(Answer::Done)
        }
        Command::Told { agent, at_ms } => {
            act(server, user, own(Do::Agent(AgentAct::Told { agent, at_ms }))).await.map(Answer::Done)
        }
        Command::Priority { call, priority } => {
            let call = resolve(server, &call).await?;
            let priority = AgentAct::Priority { call, priority: i64::from(priority) };
            act(server, user, Do::Agent(priority)).await.map(Answer::Done)
        }
        Command::TakeOut { call } => {
            let call = resolve(server, &call).await?;
            act(server, user, Do::Agent(AgentAct::TakeOut { call })).await.map(Answer::Done)
        }
        Command::QueueDoor { queue, door } => {
            let door = AgentAct::Door { queue, door: door_of(door) };
            act(server, user, Do::Agent(door)).await.map(Answer::Done)
        }
        Command::Transfer { call, to } => {
            let call = resolve(server, &call).await?;
            act(server, user, own(Do::Transfer { call, to })).await.map(Answer::Done)
        }
        Command::PickUp { call, phone } => {
            let call = resolve(server, &call).await?;
            let phone = Some(phone_of(server, user, phone).await?);
            act(server, user, Do::PickUp { call, phone }).await.map(Answer::Done)
        }
        Command::Assign { call, agent } => {
            let call = resolve(server, &call).await?;
            act(server, user, Do::Agent(AgentAct::Assign { call, agent })).await.map(Answer::Done)
        }
        Command::Supervise { target, mode, phone } => {
            let subject = match target {
                Supervised::Call(call) => Subject::Call(resolve(server, &call).await?),
                Supervised::Agent(agent) => Subject::Agent(agent),
                Supervised::Extension(extension) => Subject::Extension(extension),
            };
            let phone = Some(phone_of(server, user, phone).await?);
            let begin = SupervisionAct::Begin { subject, mode: mode_of(mode) };
            act(server, user, Do::Supervise { phone, act: begin }).await.map(Answer::Done)
        }
        Command::SuperviseAct { act: what, phone } => {
            let phone = Some(phone_of(server, user, phone).await?);
            let what = match what {
                SuperviseAct::Mode(mode) => SupervisionAct::Change(mode_of(mode)),
                SuperviseAct::TakeOver => SupervisionAct::TakeOver,
                SuperviseAct::End => SupervisionAct::End,
            };
            act(server, user, Do::Supervise { phone, act: what }).await.map(Answer::Done)
        }
        Command::Call { call } => one_call(server, call).await,
        Command::Ladder { call } => {
            let id = resolve(server, &call).await?;
            let ladder = server.engine.ask(move |x| view::ladder(x, id, 0)).await.map_err(failed)?;
            ladder.map(|l| Answer::Ladder(Box::new(l))).ok_or_else(|| {
                failed("its messages are no longer kept; ladders are kept for live calls and the latest ended ones")
            })
        }
        Command::Cdrs { limit, before_ms, party } => {
            let read = move |s: &Store| with_words(s, &s.cdrs(rows(limit), before_ms, party.as_deref()));
            from_store(server, read).await.map(Answer::Cdrs)
        }
        Command::Events { limit, call, after_ms } => {
            let call = match call {
                Some(call) => Some(resolve(server, &call).await?),
                None => None,
            };
            let rows = from_store(server, move |s| s.events(rows(limit), call, after_ms)).await?;
            Ok(Answer::Events(rows.iter().map(view::event).collect()))
        }
        Command::Recordings { limit, party } => {
            let rows = from_store(server, move |s| s.recordings(rows(limit), party.as_deref())).await?;
            Ok(Answer::Recordings(rows.iter().map(view::recording).collect()))
        }
        Command::Messages { limit, mailbox } => {
            let views = move |x: &Exchange| {
                x.newest_messages(mailbox.as_deref(), rows(limit)).into_iter().map(view::message).collect()
            };
            server.engine.ask(views).await.map(Answer::Messages).map_err(failed)
        }
        Command::Missed { limit } => {
            let views =
                move |x: &Exchange| x.inbox().all().rev().take(rows(limit)).map(floor::missed).collect();
            server.engine.ask(views).await.map(Answer::Missed).map_err(failed)
        }
        Command::MissedAct { missed, act: what } => {
            let wish = match what {
                MissedAct::Claim { agent } => MissedWish::Claim { agent },
                MissedAct::Release => MissedWish::Release,
                MissedAct::Tried => MissedWish::Tried,
                MissedAct::Close { word } => MissedWish::Close { word },
            };
            act(server, user, Do::Missed { which: missed, wish }).await.map(Answer::Done)
        }
        Command::DeleteMessage { message } => {
            act(server, user, Do::DeleteMessage(message)).await.map(Answer::Done)
        }
        Command::HoldRecording { call, reason } => keeper(server, user, &call, Wish::Hold(reason)).await,
        Command::ReleaseRecording { call } => keeper(server, user, &call, Wish::Release).await,
        Command::DeleteRecording { call } => keeper(server, user, &call, Wish::Delete).await,
        Command::Wave { recording, columns } => wave(server, recording, columns).await,
        Command::HangUp { call } => {
            let id = resolve(server, &call).await?;
            act(server, user, own(Do::HangUp(id))).await.map(Answer::Done)
        }
        Command::HandOff { call, flow } => {
            let call = resolve(server, &call).await?;
            act(server, user, Do::HandOff { call, flow }).await.map(Answer::Done)
        }
        Command::Consult { call, to } => {
            consult(server, (user, role), &call, switchroom_exchange::ConsultAct::Begin { to }).await
        }
        Command::ConsultAct { call, act: what } => {
            let what = match what {
                ConsultAct::Swap => switchroom_exchange::ConsultAct::Swap,
                ConsultAct::Conference => switchroom_exchange::ConsultAct::Conference,
                ConsultAct::Complete => switchroom_exchange::ConsultAct::Complete,
                ConsultAct::Cancel => switchroom_exchange::ConsultAct::Cancel,
            };
            consult(server, (user, role), &call, what).await
        }
        Command::Record { call, act: what } => {
            let call = resolve(server, &call).await?;
            let act_of = match what {
                RecordingAct::Start => switchroom_exchange::RecordingAct::Start,
                RecordingAct::Pause => switchroom_exchange::RecordingAct::Pause,
                RecordingAct::Resume => switchroom_exchange::RecordingAct::Resume,
                RecordingAct::Stop => switchroom_exchange::RecordingAct::Stop,
            };
            act(server, user, own(Do::Record { call, act: act_of })).await.map(Answer::Done)
        }
        Command::ChangeConfig { change } => {
            tracing::info!("{user} changes the configuration");
            settings::note(server, user, server.configure(move |c| c.change(&change)).await, Clone::clone)
                .await
                .map(Answer::Done)
        }
        Command::Settings { .. }
        | Command::FlowText { .. }
        | Command::PreviewSettings { .. }
        | Command::ApplySettings { .. } => settings::answer(server, user, command).await,
        Command::Dial { from, to } => act(server, user, own(Do::Dial { from, to })).await.map(Answer::Done),
        Command::Unregister { extension, contact } => {
            act(server, user, Do::Unregister { extension, contact }).await.map(Answer::Done)
        }
        Command::Reload => {
            tracing::info!("{user} reads the configuration again");
            let done = server.configure(|c| c.reload()).await;
            done.map(Answer::Done).map_err(|error| failed(error.to_string()))
        }
        Command::Dump => dump(server, user).await.map(Answer::Done),
        Command::Shutdown => {
            server.shut_down(user);
            Ok(Answer::Done("stopping: no new calls from now on".into()))
        }
    }
}

fn door_of(door: QueueDoor) -> Door {
    match door {
        QueueDoor::Hours => Door::Hours,
        QueueDoor::Open => Door::Open,
        QueueDoor::Closed => Door::Closed,
    }
}

fn mode_of(mode: SupervisionMode) -> Mode {
    match mode {
        SupervisionMode::Listen => Mode::Listen,
        SupervisionMode::Whisper => Mode::Whisper,
        SupervisionMode::Barge => Mode::Barge,
    }
}

/// The phone that a user names, or has.
async fn phone_of(server: &Server, user: &str, phone: Option<String>) -> Result<String, CommandError> {
    let user = user.to_owned();
    let known = server.engine.ask(move |x| x.phone_of(&user, phone.as_deref())).await.map_err(failed)?;
    known.map_err(|why| CommandError::NeedsPhone { why })
}

fn presence_of(word: &str, reason: Option<String>) -> Result<Presence, CommandError> {
    match (word, reason) {
        ("logged_out", _) => Ok(Presence::LoggedOut),
        ("ready", _) => Ok(Presence::Ready),
        ("break", Some(reason)) => Ok(Presence::Break { reason }),
        ("break", None) => Err(refused("say what the break is for")),
        _ => Err(refused("a presence is logged_out, ready or break")),
    }
}

/// Something about a consultation, in any call or in those of the user's own phone.
async fn consult(
    server: &Server,
    (user, role): (&str, Role),
    call: &str,
    act_of: switchroom_exchange::ConsultAct,
) -> Result<Answer, CommandError> {
    let command = Do::Consult { call: resolve(server, call).await?, act: act_of };
    let command = if role < Role::Supervisor { Do::Own(Box::new(command)) } else { command };
    act(server, user, command).await.map(Answer::Done)
}

/// How a call came to queues, why it was offered to whom it was, and what it waits for.
async fn why(server: &Server, user: &str, call: &str) -> Result<Answer, CommandError> {
    let id = resolve(server, call).await?;
    let whose = user.to_owned();
    let asked = move |x: &Exchange| {
        (floor::standing(x, id, crate::engine::now()), x.rights_of(&whose).map(Cow::into_owned))
    };
    let (standing, rights) = server.engine.ask(asked).await.map_err(failed)?;
    let offers = from_store(server, move |s| s.decisions(id)).await?;
    let path = queue_path(server, call).await;
    if path.is_empty() && standing.is_none() && offers.is_empty() {
        return Err(failed("that call came to no queue and was offered to nobody, as far as is kept"));
    }
    let is_seen = rights.is_none() || is_own_call(server, user, call).await?;
    let path = if is_seen { path } else { Vec::new() };
    match floor::reasons(id, path, standing, &offers, rights.as_ref()) {
        Some(view) => Ok(Answer::Why(Box::new(view))),
        None => {
            let command = Command::Why { call: call.to_owned() };
            Err(refuse(server, user, &command, (RefusalReason::Right, NO_OWN_CALL.to_owned())).await)
        }
    }
}

/// The steps of a call's path that are about queues; none of a call that is not kept.
async fn queue_path(server: &Server, call: &str) -> Vec<WhyView> {
    let path = match one_call(server, call.to_owned()).await {
        Ok(Answer::Call(view)) => view.path,
        Ok(Answer::Cdr(view)) => view.path,
        _ => Vec::new(),
    };
    path.into_iter().filter(|step| step.step == "queue").collect()
}

fn rows(limit: u32) -> usize {
    limit.min(ROWS_MAX) as usize
}

/// Figures are counted off the runtime's threads and those of calls, one answer at a time: it may take as long as a second.
async fn figures_of(server: &Server, user: &str, by: FiguresBy, days: u32) -> Result<Answer, CommandError> {
    let Ok(_turn) = server.counting.acquire().await else { return Err(failed("the exchange has stopped")) };
    let user = user.to_owned();
    let asked = move |x: &Exchange| {
        figures::Asked::of(x, by, days, (crate::engine::now(), x.rights_of(&user).as_deref()))
    };
    let asked = server.engine.ask(asked).await.map_err(failed)?;
    let counted = tokio::task::spawn_blocking(move || asked.count()).await;
    counted.map_err(|_| failed("counting failed"))?.map(Answer::Figures).map_err(refused)
}

/// Reads the store off the runtime's threads.
pub(super) async fn from_store<T: Send + 'static>(
    server: &Server,
    read: impl FnOnce(&Store) -> T + Send + 'static,
) -> Result<T, CommandError> {
    let store = server.store.clone();
    tokio::task::spawn_blocking(move || read(&store)).await.map_err(|_| failed("the store did not answer"))
}

pub(super) async fn act(server: &Server, user: &str, command: Do) -> Result<String, CommandError> {
    let (tell, answer) = oneshot::channel();
    if !server.engine.tell(ToEngine::Command(user.to_owned(), command, tell)) {
        return Err(failed("the exchange is too busy; try again"));
    }
    answer.await.map_err(|_| failed("the exchange has stopped"))?.map_err(refused)
}

/// Has the keeper do something about the recording of a call.
async fn keeper(server: &Server, user: &str, call: &str, wish: Wish) -> Result<Answer, CommandError> {
    let call = resolve(server, call).await?;
    let is_live = server.engine.ask(move |x| x.call(call).is_some()).await.map_err(failed)?;
    if is_live && wish == Wish::Delete {
        return Err(refused("that call goes on; its recording can be deleted when it has ended"));
    }
    let answer = server.keeper.ask(user, call, wish).map_err(failed)?;
    answer.await.map_err(|_| failed("the exchange is stopping"))?.map(Answer::Done).map_err(refused)
}

/// Writes what the exchange was given last; the name of the file.
async fn dump(server: &Server, user: &str) -> Result<String, CommandError> {
    let snapshot = server.engine.snapshot().await.map_err(failed)?;
    let (dumps, who) = (server.dumps.clone(), user.to_owned());
    let written = tokio::task::spawn_blocking(move || dumps.write(&snapshot, Why::Asked(&who))).await;
    let path = written
        .map_err(|_| failed("writing it failed"))?
        .map_err(|e| failed(format!("the file cannot be written: {e}")))?;
    tracing::info!("{user} had the flight record written to {}", path.display());
    Ok(path.display().to_string())
}

async fn wave(server: &Server, recording: String, columns: u16) -> Result<Answer, CommandError> {
    let id: CallId = recording.parse().map_err(|_| refused("that is no recording"))?;
    let dir = server.recordings.clone();
    let facts = from_store(server, move |s| s.recording(id)).await?;
    let facts = facts.ok_or_else(|| refused("there is no such recording"))?;
    let columns = usize::from(columns.clamp(1, 512));
    let peaks = tokio::task::spawn_blocking(move || crate::media::wave(&dir, &facts.file, columns)).await;
    let peaks =
        peaks.map_err(|_| failed("the recording could not be read"))?.map_err(|e| failed(e.to_string()))?;
    let (caller, callee) = (peaks.caller, peaks.callee);
    Ok(Answer::Wave(WaveView { id: id.to_string(), length_ms: peaks.length_ms, caller, callee }))
}
