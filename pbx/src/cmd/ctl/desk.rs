//! Desks and flows as text.

use super::{Printer, party, span};
use switchroom_wire::{DeskView, FlowView, NoteView, clean};

impl Printer<'_> {
    pub(super) fn desk(&mut self, desk: &DeskView) -> std::io::Result<()> {
        if let Some(told) = &desk.told {
            self.told(&desk.agent, told)?;
        }
        let Some(card) = &desk.card else {
            return writeln!(self.out, "agent {} at {}: no call", clean(&desk.agent), clean(&desk.extension));
        };
        let mut rows = vec![
            ("agent", format!("{} at {}", desk.agent, desk.extension)),
            ("call", card.number.to_string()),
            ("caller", party(&card.caller)),
            ("called", card.called.clone()),
            ("queue", card.queue.clone()),
            ("class", card.class.clone()),
            ("waited", card.waited_ms.map(span).unwrap_or_default()),
        ];
        rows.extend(card.values.iter().map(|(name, value)| (name.as_str(), value.clone())));
        rows.push(("came of it", card.disposition.clone()));
        for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(self.out, "{:<13} {}", clean(name), clean(value))?;
        }
        self.notes(&card.notes)?;
        for past in &card.history {
            let (at, talk) = (self.date(past.at_ms), span(past.talk_ms));
            let with = past.with.as_ref().map_or_else(|| "nobody".to_owned(), party);
            let way = if past.is_outbound { "called by" } else { "with" };
            writeln!(self.out, "before        {at}  {way} {with}  {talk}  {}", clean(&past.disposition))?;
            self.notes(&past.notes)?;
        }
        if !card.script.is_empty() {
            writeln!(self.out)?;
        }
        card.script.lines().try_for_each(|line| writeln!(self.out, "{}", clean(line)))
    }

    fn notes(&mut self, notes: &[NoteView]) -> std::io::Result<()> {
        for note in notes {
            let at = self.date(note.at_ms);
            writeln!(self.out, "note          {at}  {}: {}", clean(&note.by), clean(&note.text))?;
        }
        Ok(())
    }

    pub(super) fn flows(&mut self, flows: &[FlowView]) -> std::io::Result<()> {
        let row = |flow: &FlowView| {
            let errors = flow.faults.iter().filter(|fault| !fault.is_warning).count();
            let nodes = flow.outline.iter().filter(|line| !line.is_jump && !line.node.is_empty()).count();
            let check = match (errors, flow.faults.len()) {
                (0, 0) => "ok".to_owned(),
                (0, warnings) => format!("{warnings} warnings"),
                (errors, _) => format!("{errors} faults"),
            };
            let version = if flow.version > 0 { flow.version.to_string() } else { "none".to_owned() };
            vec![flow.name.clone(), version, nodes.to_string(), check, flow.file.clone()]
        };
        let rows = flows.iter().map(row).collect();
        self.table(&["FLOW", "IN FORCE", "NODES", "CHECK", "FILE"], rows)?;
        for fault in flows.iter().flat_map(|flow| &flow.faults) {
            let (file, what) = (clean(&fault.file), clean(&fault.what));
            writeln!(self.out, "{file}:{}:{}: {what}", fault.line, fault.column)?;
            if !fault.hint.is_empty() {
                writeln!(self.out, "  {}", clean(&fault.hint))?;
            }
        }
        Ok(())
    }
}
