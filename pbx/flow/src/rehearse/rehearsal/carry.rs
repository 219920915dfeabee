//! What a flow asks for, played.

use super::{Happening, Rehearsal};
use crate::boundary::{Asking, Becomes, Effect};

impl Rehearsal {
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Entered { flow, node, name, by } => {
                self.coverage.entered(&flow, node);
                self.note(Happening::Entered { flow, node: name, by });
            }
            Effect::Play { number, clips } => {
                self.is_answered = true;
                self.note(Happening::Hears(self.stage.prompts.text(&clips)));
                let length = self.stage.prompts.length(&clips);
                self.playing = Some((self.now.saturating_add(length), number));
            }
            Effect::Silence => self.playing = None,
            Effect::Wake(after) => self.wakes = after.map(|after| self.now.saturating_add(after)),
            // Nobody lends a caller in a rehearsal.
            Effect::Secret(_) | Effect::GiveBack { .. } | Effect::End => {}
            Effect::Dial { to, in_turn, ring, .. } => self.ring(to, in_turn, ring),
            Effect::Queue { queue, agent, .. } => self.enqueue(queue, agent),
            Effect::Withdraw => self.withdraw(),
            Effect::WaitOn => self.playing = None,
            Effect::CallBack { number } => self.call_back(number),
            Effect::Record { mailbox, longest, silence } => self.record(mailbox, longest, silence),
            Effect::Ask { number, asking, timeout } => self.ask(number, &asking, timeout),
            Effect::Survey { question, answer } => self.note(Happening::Survey(question, answer)),
            Effect::Agent(act) => {
                let place = self.place();
                let answer = self.stage.agent(&place.flow, &place.node, &act);
                self.note(Happening::Agent(act.what.word(), answer.word()));
                self.told.push_back(crate::Event::Agent(answer));
            }
            Effect::Message { id, becomes } => self.message(&id, becomes),
            Effect::Fault { flow, node, what } => {
                self.note(Happening::Fault(format!("{flow}.{node}: {what}")));
            }
            Effect::HangUp(how) => self.hung_up(how.turn_away),
        }
    }

    fn ask(&mut self, number: u64, asking: &Asking, timeout: std::time::Duration) {
        let what = match asking {
            Asking::Http { url, body } => {
                format!("{} {url}", if body.is_some() { "POST" } else { "GET" })
            }
            Asking::Exec { argv, .. } => argv.join(" "),
        };
        self.note(Happening::Asks(what));
        let place = self.place();
        let service = self.stage.service(&place.flow, &place.node);
        let (after, answer) = if service.after > timeout {
            (timeout, crate::Answer::Failed("no answer in time".to_owned()))
        } else {
            (service.after, service.answer)
        };
        self.answers = Some((self.now.saturating_add(after), number, answer));
    }

    fn message(&mut self, id: &str, becomes: Becomes) {
        for messages in self.stage.messages.values_mut() {
            match becomes {
                Becomes::Old => {
                    messages.iter_mut().filter(|m| m.id == id).for_each(|m| m.is_new = false);
                }
                Becomes::Gone => messages.retain(|m| m.id != id),
            }
        }
        let word = match becomes {
            Becomes::Old => "heard",
            Becomes::Gone => "deleted",
        };
        self.note(Happening::Message(id.to_owned(), word));
    }
}
