//! What must hold between two inputs, looked at from outside of the code that keeps it: one small function for each
//! rule, one sentence for each breach.
//!
//! Tests and the simulator ask after every input; nothing here is needed for a call.

mod calls;
mod consult;
mod flows;
mod leftovers;
mod ports;
mod queues;
mod registrations;
mod store;
mod subscriptions;
mod supervision;
#[cfg(test)]
mod tests;
mod timers;

use crate::Exchange;

/// Looks at one rule and adds a sentence for each breach of it.
type Rule = fn(&Exchange, &mut Vec<String>);

impl Exchange {
    /// About how many entries an audit looks at, beside those of calls: messages, subscriptions, bindings and who waits.
    pub fn audit_size(&self) -> usize {
        let kept = self.mailboxes.count() + self.subscriptions.count() + self.registrar.count();
        kept + self.floor.waiter_count()
    }

    /// One sentence for each invariant that is broken now; empty when all is well. To be asked between inputs, with all
    /// actions taken.
    pub fn audit(&self) -> Vec<String> {
        let mut wrong = self.endpoint.audit();
        let all = [
            calls::RULES,
            consult::RULES,
            flows::RULES,
            ports::RULES,
            timers::RULES,
            registrations::RULES,
            subscriptions::RULES,
            store::RULES,
            queues::RULES,
            supervision::RULES,
        ];
        for rule in all.into_iter().flatten() {
            rule(self, &mut wrong);
        }
        wrong
    }
}
