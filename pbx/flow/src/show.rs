//! A flow drawn as a tree of text.
//!
//! Each node is drawn where one gets to it first; from elsewhere an arrow up names it. A node with one way only is followed
//! by the next at the same depth, so that the depth is that of decisions.

use crate::clip::Language;
use crate::exits::{Exit, Way, exits};
use crate::expr::Expr;
use crate::flow::{Flow, NodeId};
use crate::node::{HangUpAs, Job};
use crate::prompt::{Piece, Prompt};
use crate::read::form_word;
use crate::value::Kind;
use std::fmt::Write;

/// Characters of what a node says or computes that are drawn.
const SHORT: usize = 48;

/// A line of the tree of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is drawn before it: the branches that it hangs from.
    pub head: String,
    /// What leads here, without the arrow; empty at the start.
    pub label: String,
    /// The node; `None`: the call ends, or the flow that ran this one goes on.
    pub to: Option<NodeId>,
    /// The node is drawn elsewhere.
    pub is_jump: bool,
}

/// The flow as a tree: from its start, from its clean-up, and what no way leads to.
pub fn show(flow: &Flow) -> String {
    let mut out = flow.name.clone();
    if !flow.title.is_empty() {
        let _ = write!(out, " — {}", flow.title);
    }
    let _ = writeln!(out, " ({}, {} nodes)", flow.language.word(), flow.nodes.len());
    for (name, value) in &flow.arguments {
        let _ = writeln!(out, "takes {name}, otherwise {}", value.shown());
    }
    for Line { head, label, to, is_jump } in outline(flow) {
        let arrow = if label.is_empty() || label == THEN { " " } else { " → " };
        let label = if label.is_empty() { String::new() } else { format!("{label}{arrow}") };
        let _ = match to.and_then(|id| flow.node(id)) {
            None => writeln!(out, "{head}{label}the end"),
            Some(node) if is_jump => writeln!(out, "{head}{label}↑ {}", node.name),
            Some(node) => {
                writeln!(out, "{head}{label}{}: {}", node.name, describe(&node.job, flow.language))
            }
        };
    }
    out.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// What leads on from a node with one way only.
const THEN: &str = "then";

/// The lines of the tree.
pub fn outline(flow: &Flow) -> Vec<Line> {
    draw(flow, label)
}

/// The same without conditions, which may hold numbers: `case 1` stands for each.
pub fn outline_by_place(flow: &Flow) -> Vec<Line> {
    draw(flow, |job, exit| match job {
        Job::If { .. } => exit.outcome.clone(),
        _ => label(job, exit),
    })
}

fn draw(flow: &Flow, label: Label) -> Vec<Line> {
    let mut drawing = Drawing { flow, label, out: Vec::new(), drawn: vec![false; flow.nodes.len()] };
    drawing.tree("", flow.start);
    if let Some(node) = flow.on_hang_up {
        drawing.tree("on hang-up", node);
    }
    let mut title = "no way leads to";
    for (id, _) in flow.all() {
        if !drawing.is_drawn(id) {
            drawing.tree(title, id);
            title = "nor to";
        }
    }
    drawing.out
}

/// What leads a way, for people.
type Label = fn(&Job, &Exit) -> String;

struct Drawing<'f> {
    flow: &'f Flow,
    label: Label,
    out: Vec<Line>,
    drawn: Vec<bool>,
}

/// A line that is still to be drawn, with what is below it.
struct Branch {
    /// Before the line.
    head: String,
    /// Before what is below it.
    indent: String,
    /// What leads there.
    label: String,
    /// Where it leads.
    to: Option<NodeId>,
}

impl Drawing<'_> {
    fn is_drawn(&self, id: NodeId) -> bool {
        self.drawn.get(usize::from(id.0)).copied().unwrap_or(true)
    }

    /// Everything that one gets to from a node.
    fn tree(&mut self, label: &str, from: NodeId) {
        let root =
            Branch { head: String::new(), indent: String::new(), label: label.to_owned(), to: Some(from) };
        let mut open = vec![root];
        while let Some(branch) = open.pop() {
            self.branch(branch, &mut open);
        }
    }

    fn branch(&mut self, branch: Branch, open: &mut Vec<Branch>) {
        let Branch { head, indent, label, to } = branch;
        let node = to.and_then(|id| self.flow.node(id).map(|node| (id, node)));
        let is_jump = node.is_some_and(|(id, _)| self.is_drawn(id));
        self.out.push(Line { head, label, to: node.map(|(id, _)| id), is_jump });
        let Some((id, node)) = node.filter(|_| !is_jump) else { return };
        if let Some(drawn) = self.drawn.get_mut(usize::from(id.0)) {
            *drawn = true;
        }
        let ways = ways(&node.job, self.label);
        let decides = matches!(node.job, Job::Menu { .. } | Job::Dial { .. } | Job::Queue { .. });
        if let ([(_, to)], false) = (ways.as_slice(), decides) {
            // The end of what goes straight on needs no line.
            if to.is_some() {
                let head = indent.clone();
                open.push(Branch { head, indent, label: THEN.to_owned(), to: *to });
            }
            return;
        }
        let last = ways.len();
        for (place, (label, to)) in ways.into_iter().enumerate().rev() {
            let (tick, line) = if place + 1 == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let (head, indent) = (format!("{indent}{tick}"), format!("{indent}{line}"));
            open.push(Branch { head, indent, label, to });
        }
    }
}

/// The ways out of a node as they are drawn: those that lead to the same place are one.
fn ways(job: &Job, label: Label) -> Vec<(String, Option<NodeId>)> {
    let exits = exits(job);
    let mut found: Vec<(String, Option<NodeId>)> = Vec::new();
    for exit in exits.iter().filter(|exit| exit.to != Way::Ends) {
        let (label, to) = (label(job, exit), exit.leads(&exits));
        match found.iter_mut().find(|(_, other)| *other == to) {
            Some((labels, _)) => {
                let label =
                    label.strip_prefix("key ").filter(|_| labels.starts_with("key ")).unwrap_or(&label);
                let _ = write!(labels, ", {label}");
            }
            None => found.push((label, to)),
        }
    }
    found
}

/// What leads this way, for people.
fn label(job: &Job, exit: &Exit) -> String {
    match (job, &exit.entry) {
        (Job::If { cases, .. }, crate::exits::Entry::Place(at)) => {
            cases.get(*at).map_or_else(String::new, |(when, _)| short(&when.to_string()))
        }
        (Job::Share { parts }, crate::exits::Entry::Place(at)) => {
            parts.get(*at).map_or_else(String::new, |(percent, _)| format!("{percent} %"))
        }
        _ => exit.outcome.clone(),
    }
}

/// A node in a few words.
pub fn describe(job: &Job, language: Language) -> String {
    let say = |kind: &str, prompt: &Prompt| match said(prompt, language) {
        words if words.is_empty() => kind.to_owned(),
        words => format!("{kind} {words}"),
    };
    let pairs = |values: &[(String, Expr)]| {
        let each: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        short(&each.join(", "))
    };
    match job {
        Job::Play { prompt, .. } => say("play", prompt),
        Job::Menu { prompt, .. } => say("menu", prompt),
        Job::Collect { into, count: (least, most), is_secret, prompt, .. } => {
            let secret = if *is_secret { "secret " } else { "" };
            say(&format!("collect {secret}{into} ({least} to {most} digits)"), prompt)
        }
        Job::Set { values, .. } => format!("set {}", pairs(values)),
        Job::If { .. } => "if".to_owned(),
        Job::Hours { hours, .. } => format!("hours {hours}"),
        Job::Share { .. } => "share".to_owned(),
        Job::List { list, of, .. } => format!("list {list} of {}", short(&of.to_string())),
        Job::Pin { pins, .. } => format!("pin {pins}"),
        Job::Dial { to, in_turn, .. } => {
            let numbers: Vec<String> = to.iter().map(template).collect();
            let how = if *in_turn { ", one after the other" } else { "" };
            format!("dial {}{how}", short(&numbers.join(", ")))
        }
        Job::Queue { queue, agent, .. } => {
            let first =
                agent.as_ref().map(|of| format!(", agent {} first", template(of))).unwrap_or_default();
            format!("queue {}{first}", template(queue))
        }
        Job::Voicemail { mailbox, .. } => format!("voicemail {}", template(mailbox)),
        Job::Mailbox { mailbox, .. } => {
            mailbox.as_ref().map_or_else(|| "mailbox".to_owned(), |of| format!("mailbox {}", template(of)))
        }
        Job::Record { into, .. } => format!("record {into}"),
        Job::Http { request, .. } => {
            let method = if request.is_post { "POST" } else { "GET" };
            format!("http {method} {}", short(&text(request.url.any.as_deref().unwrap_or_default())))
        }
        Job::Exec { argv, .. } => format!("exec {}", short(&argv.join(" "))),
        Job::Survey { question, keys, .. } => format!("survey {question} (keys {keys})"),
        Job::Agent { what, agent, reason, .. } => {
            let of = agent.as_ref().map(|of| format!(" {}", template(of))).unwrap_or_default();
            let why = reason.as_ref().map(|why| format!(", {}", template(why))).unwrap_or_default();
            format!("agent {}{of}{why}", what.word())
        }
        Job::Sub { flow, with, .. } if with.is_empty() => format!("flow {flow}"),
        Job::Sub { flow, with, .. } => format!("flow {flow} with {}", pairs(with)),
        Job::Return { value: None } => "return".to_owned(),
        Job::Return { value: Some(value) } => format!("return {}", short(&value.to_string())),
        Job::HangUp { prompt, as_busy } => {
            let how = match as_busy {
                HangUpAs::Normal => "hang_up",
                HangUpAs::Busy => "hang_up as busy",
                HangUpAs::Rejected => "hang_up as rejected",
                HangUpAs::NotFound => "hang_up as not_found",
            };
            say(how, prompt)
        }
    }
}

/// What is said to a caller of this language, shortened.
fn said(prompt: &Prompt, language: Language) -> String {
    match prompt.pieces(language) {
        (_, []) => String::new(),
        (_, [Piece::Named(name)]) => format!("@{name}"),
        (_, pieces) => format!("\"{}\"", short(&text(pieces))),
    }
}

/// Pieces as they would be written in one text.
fn text(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        let _ = match piece {
            Piece::Named(name) => write!(out, "@{name} "),
            Piece::Text(text) => write!(out, "{text}"),
            Piece::Value { of, form } => write!(out, "{{{of}{}}}", form_word(*form)),
        };
    }
    out
}

/// A template: text as it is, a value in braces.
fn template(of: &Expr) -> String {
    match of {
        Expr::Constant(value) if matches!(value.kind, Kind::Text(_)) => short(&value.shown()),
        _ => format!("{{{}}}", short(&of.to_string())),
    }
}

/// The beginning of a text, on one line.
fn short(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::read::read;

    fn flow(text: &str) -> Flow {
        match read("main.toml", 1, text) {
            (Some(flow), _) => flow,
            (None, faults) => panic!("{faults:?}"),
        }
    }

    const SAMPLE: &str = r#"
        title = "Main number"
        on_hang_up = "log"
        arguments = { level = 1 }

        [nodes.welcome]
        kind = "play"
        prompt = { en = ["@chime", "Welcome to our office. How nice of you to call us on a day like this."], zh = "您好" }
        next = "hours"

        [nodes.hours]
        kind = "hours"
        hours = "office"
        open = "main"
        closed = "closed"

        [nodes.main]
        kind = "menu"
        prompt = "@main"
        keys = { 1 = "sales", 2 = "code", 3 = "sales", 4 = "crew", 9 = "main" }
        otherwise = "sales"

        [nodes.sales]
        kind = "queue"
        queue = "sales"
        agent = "{agent}"
        keys = { 0 = "closed" }
        timeout = "closed"
        after = "survey"

        [nodes.code]
        kind = "collect"
        prompt = "Your code, please."
        into = "code"
        secret = true
        min = 4
        max = 6
        next = "known"
        failed = "bye"

        [nodes.known]
        kind = "if"
        cases = [{ when = "code == 4711", then = "crew" }, { when = "queue.sales.waiting > 10 and not starts(caller, '138', '139')", then = "share" }]
        otherwise = "sales"

        [nodes.crew]
        kind = "dial"
        to = ["101", "{agent}", "9{caller}"]
        in_turn = true
        no_answer = "closed"

        [nodes.share]
        kind = "share"
        parts = { look = 60, sales = 40 }

        [nodes.look]
        kind = "http"
        url = "http://127.0.0.1:8000/customers/{caller}"
        fields = { name = "name" }
        next = "hello"
        failed = "hello"

        [nodes.hello]
        kind = "say"
        text = "Hello {name}, you owe {level * 2:amount CNY} since {date:date}."
        next = "id"

        [nodes.id]
        kind = "flow"
        flow = "identify"
        with = { level = "level + 1" }
        next = "sales"

        [nodes.closed]
        kind = "voicemail"
        mailbox = "sales"
        next = "bye"
        failed = "bye"

        [nodes.survey]
        kind = "survey"
        question = "satisfaction"
        next = "bye"

        [nodes.bye]
        kind = "hang_up"
        prompt = "Goodbye."

        [nodes.log]
        kind = "set"
        values = { x = "level + 1", y = "x & 'a'" }

        [nodes.lost]
        kind = "play"
        prompt = "x"
        next = "busy"

        [nodes.busy]
        kind = "hang_up"
        as = "busy"
    "#;

    #[test]
    fn a_flow_is_drawn_from_its_start() {
        insta::assert_snapshot!(show(&flow(SAMPLE)));
    }

    #[test]
    fn every_node_is_drawn_once_however_long_the_flow_is() {
        let mut text = String::new();
        for n in 0..400 {
            text += &format!(
                "[nodes.n{n}]\nkind = \"hours\"\nhours = \"h\"\nopen = \"n{}\"\nclosed = \"n0\"\n",
                (n + 1) % 400
            );
        }
        let drawn = show(&flow(&text));
        for n in 0..400 {
            assert_eq!(drawn.matches(&format!("n{n}: hours")).count(), 1);
        }
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_drawn() {
        let drawn = show(&flow(
            "[nodes.a]\nkind = \"play\"\nprompt = \"x\\u001b[2J\\u009by\"\nnext = \"b\"\n[nodes.b]\nkind = \"return\"\nvalue = \"'\\u001b'\"",
        ));
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{drawn:?}");
    }
}
