//! The exchange within the world: what reaches it, what it wants done, how it dies and starts again.

use super::{Came, Next, SUPERVISOR, Step, USER, Who, World};
use crate::sim::handset::of_rtp;
use crate::sim::media::{self, Media, Mood};
use crate::sim::network::HERE;
use crate::sim::store::Flushed;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{
    Action, AgentAct, Command, CommandId, Exchange, Flow, Input, MediaCommand, MediaEvent, Record, Transport,
};

impl World {
    /// A user asks for something. Whoever supervises may be restricted to a queue, and may be anybody whose order another could
    /// give as well; the other sits at the first phone, and does also what has to be done at the end.
    pub(super) fn order(&mut self, command: Command) -> Option<Step> {
        let is_supervisors = match &command {
            Command::Supervise { .. }
            | Command::PickUp { .. }
            | Command::Transfer { .. }
            | Command::Record { .. }
            | Command::Missed { .. }
            | Command::Agent(AgentAct::Assign { .. } | AgentAct::Priority { .. }) => true,
            Command::HangUp(_)
            | Command::HandOff { .. }
            | Command::Consult { .. }
            | Command::Note { .. }
            | Command::Dial { .. }
            | Command::Agent(_) => self.rng.below(3) == 0,
            _ => false,
        };
        self.tell(Came::Command(if is_supervisors { SUPERVISOR } else { USER }, command))
    }

    pub(super) fn arrive_up(&mut self, flow: Flow, bytes: Arc<[u8]>) -> Option<Step> {
        let closed = flow.transport == Transport::Tcp && !self.routes.is_connected(flow.connection);
        if self.is_down || closed {
            return None;
        }
        let bytes = self.without_spilt(&flow, bytes);
        self.tell(Came::Message(flow, bytes))
    }

    pub(super) fn media_says(&mut self, life: u32, event: MediaEvent) -> Option<Step> {
        if life != self.lives || self.is_down {
            return None;
        }
        if self.media_mute && self.is_faulty {
            self.soon(700_000, Next::Media(life, event));
            return None;
        }
        if let MediaEvent::Closed { leg, .. } = &event {
            self.media.told_end(*leg);
        }
        if !self.media.still_says(&event) {
            return None;
        }
        self.tell(Came::Media(event))
    }

    pub(super) fn flush(&mut self, life: u32) -> Option<Step> {
        if life != self.lives || self.is_down {
            return None;
        }
        let mut flushed = self.store.flush();
        let is_kept = matches!(flushed, Flushed::Stored(_));
        let (Flushed::Stored(tickets) | Flushed::NotStored(tickets)) = &mut flushed;
        self.plant.told(tickets, is_kept);
        if tickets.is_empty() {
            return None;
        }
        self.tell(Came::Flushed(flushed))
    }

    /// Hands something to the exchange and carries out what it wants.
    pub fn tell(&mut self, came: Came) -> Option<Step> {
        if self.is_down {
            return None;
        }
        let now = self.now;
        let input = match &came {
            Came::Message(flow, bytes) => Input::Message { flow: *flow, bytes },
            Came::FlowLost(flow) => Input::FlowLost(*flow),
            Came::Media(event) => Input::Media(event.clone()),
            Came::Flushed(Flushed::Stored(tickets)) => Input::Stored(tickets.clone()),
            Came::Flushed(Flushed::NotStored(tickets)) => Input::NotStored(tickets.clone()),
            Came::Answered(call, number, answer) => {
                Input::Answered { call: *call, number: *number, answer: answer.clone() }
            }
            Came::Resolved(host, found) => Input::Resolved { host: host.clone(), found: found.clone() },
            Came::Command(user, command) => {
                self.commands += 1;
                Input::Command {
                    id: CommandId(self.commands),
                    user: (*user).into(),
                    command: command.clone(),
                }
            }
            Came::Config => Input::Config(Arc::new(self.config.clone())),
            Came::EndAll => Input::EndAll,
            Came::Start | Came::Tick => Input::Tick,
        };
        self.exchange.handle(now, input);
        self.steps += 1;
        Some(self.carry_out(came))
    }

    pub(super) fn carry_out(&mut self, came: Came) -> Step {
        let crash = self.crash.take();
        let mut actions = Vec::new();
        while let Some(action) = self.exchange.poll_action() {
            if crash.is_some_and(|(_, after, _)| actions.len() >= after) {
                break;
            }
            if let Some(action) = self.plant.change(action, &mut actions) {
                actions.push(action);
            }
        }
        for action in &actions {
            self.sum(action);
            self.do_one(action);
        }
        // What is offered to the store again did not happen again.
        let store = &mut self.store;
        actions.retain(|action| !matches!(action, Action::Persist { record, .. } if store.is_again(record)));
        let mut changed = self.exchange.take_changed();
        self.plant.changed(&mut changed);
        let (number, now) = (self.steps, self.now);
        let step = Step { number, now, came, actions, changed, died: crash.is_some() };
        if let Some((down_ms, _, kept_percent)) = crash {
            self.die(down_ms, kept_percent);
        } else {
            self.wake_exchange();
        }
        step
    }

    pub(super) fn wake_exchange(&mut self) {
        match self.exchange.poll_timeout() {
            Some(at) => self.due.set(Who::Exchange, at.max(self.now.mono)),
            None => self.due.cancel(Who::Exchange),
        }
    }

    /// Adds an action to the fingerprint.
    pub(super) fn sum(&mut self, action: &Action) {
        let mut add = |word: u64| {
            self.fingerprint = (self.fingerprint ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        };
        add(self.now.mono.0);
        match action {
            Action::Send { bytes, .. } => {
                for chunk in bytes.chunks(8) {
                    add(chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
                }
            }
            Action::Media(_) => add(2),
            Action::Persist { ticket, .. } => add(3 + ticket.map_or(0, |t| t.0)),
            Action::Ask { number, .. } => add(number + 5),
            Action::Reply { id, .. } => add(id.0),
        }
    }

    pub(super) fn do_one(&mut self, action: &Action) {
        match action {
            Action::Send { flow, bytes } => self.send_down(*flow, bytes.clone()),
            Action::Media(command) => self.do_media(command),
            Action::Persist { ticket, record } => {
                if let Record::Event(event) = record
                    && self.keep_events > 0
                {
                    self.events.push(event.clone());
                    let excess = self.events.len().saturating_sub(self.keep_events);
                    self.events.drain(..excess);
                }
                if self.store.put(*ticket, record.clone()) {
                    self.soon(self.flush_us, Next::Flush(self.lives));
                }
            }
            Action::Ask { call, number, timeout, .. } => {
                let (after, answer) = self.setup.asking.answer(&mut self.rng, self.is_faulty, *timeout);
                self.soon(after, Next::Answer(self.lives, *call, *number, answer));
            }
            Action::Reply { .. } => {}
        }
    }

    pub(super) fn do_media(&mut self, command: &MediaCommand) {
        let (now_us, life) = (self.now.mono.0, self.lives);
        let mood = Mood::draw(&self.setup.media, &mut self.rng, self.is_faulty);
        let later = self.media.command(now_us, mood, command);
        for (after, event) in later {
            self.soon(after, Next::Media(life, event));
        }
        if let MediaCommand::Agree { leg, agreed, .. } = command {
            let silent = agreed.remote_rtp.map(of_rtp).and_then(|place| self.handsets.get(place));
            if silent.is_some_and(|h| !h.is_on || h.is_cut_off) {
                self.soon(10_000_000, Next::Media(life, Media::silence(*leg)));
            }
        }
    }

    /// A phone falls silent: its legs will be found so.
    pub(super) fn fall_silent(&mut self, place: usize) {
        let life = self.lives;
        let legs: Vec<_> = self.media.phones().filter(|(_, at)| of_rtp(*at) == place).collect();
        for (leg, _) in legs {
            self.soon(10_000_000, Next::Media(life, Media::silence(leg)));
        }
    }

    /// The daemon waits for the store before it goes.
    pub(super) fn stop(&mut self, life: u32, down_ms: u64) -> Option<Step> {
        if life != self.lives {
            return None;
        }
        let step = self.tell(Came::Tick)?;
        if step.died {
            return Some(step);
        }
        self.store.flush();
        self.die(down_ms, 100);
        Some(Step { died: true, ..step })
    }

    /// The process is gone, and with it all that was only in memory.
    pub fn die(&mut self, down_ms: u64, kept_percent: u64) {
        self.store.crash(kept_percent, &mut self.rng);
        self.is_down = true;
        self.media = Media::default();
        self.due.cancel(Who::Exchange);
        for connection in self.routes.connections() {
            let flow = Flow { transport: Transport::Tcp, local: HERE, remote: HERE, connection };
            if let Some(place) = self.routes.phone(&flow) {
                self.disconnect(place);
            }
        }
        self.later(self.now.mono.after(Duration::from_millis(down_ms.max(1))), Next::Start);
    }

    /// The exchange starts: for the first time, or again from what is on disk.
    pub(super) fn start(&mut self) -> Step {
        if self.is_down {
            self.is_down = false;
            self.lives += 1;
            self.typed_secrets.clear();
            self.store_failed_before = std::mem::take(&mut self.store.has_failed);
            self.found_open = self.store.disk.open.keys().copied().collect();
            self.cut_off.clear();
            for message in self.store.disk.unfinished() {
                if let Some(found) = media::cut_off(&mut self.rng, &message.id) {
                    self.cut_off.insert(message.id.clone(), found);
                }
            }
            let (seed, mut restored) = (self.rng.bytes(), self.store.disk.restored(self.cut_off.clone()));
            self.plant.restored(&mut restored);
            self.exchange = Exchange::new(self.now, Arc::new(self.config.clone()), seed, restored);
        }
        self.begin_to_look_up();
        self.steps += 1;
        self.carry_out(Came::Start)
    }
}
