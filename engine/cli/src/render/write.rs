//! Writes a tree of differences the way Terraform does: four columns per level, a symbol for what
//! happens, names aligned, what stays as it is counted and left out.

use std::fmt::Write as _;
use std::sync::Arc;

use super::node::{Action, Labelled, Marking, Node, Notes, Shape};
use super::style::{Paint, Style};
use super::{align, text};

/// What is shown even where nothing happens to it: it tells objects apart.
const ALWAYS_SHOWN: [&str; 3] = ["id", "name", "tags"];

/// How a tree is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer {
    style: Style,
    /// Whether there is a column for symbols.
    symbols: bool,
    /// Whether parts that stay as they are, are written in full.
    unchanged: bool,
    /// Whether something that is deleted is followed by `-> null`.
    null: bool,
}

impl Writer {
    /// Writes differences.
    pub(super) fn changes(style: Style) -> Self {
        Self { style, symbols: true, unchanged: false, null: true }
    }

    /// Writes values as they are.
    pub(super) fn values(style: Style) -> Self {
        Self { style, symbols: false, unchanged: true, null: false }
    }

    fn whole(self) -> Self {
        Self { unchanged: true, ..self }
    }

    fn nested(self) -> Self {
        Self { null: false, ..self }
    }

    fn indent(self, level: usize) -> String {
        "    ".repeat(level)
    }

    /// The column that says what happens.
    pub(super) fn symbol(self, action: Action) -> String {
        if !self.symbols {
            return String::new();
        }
        match action {
            Action::None => "    ".to_owned(),
            Action::Create => format!("  {} ", self.style.paint(Paint::Green, "+")),
            Action::Update => format!("  {} ", self.style.paint(Paint::Yellow, "~")),
            Action::Delete => format!("  {} ", self.style.paint(Paint::Red, "-")),
        }
    }

    fn arrow(self) -> String {
        self.style.paint(Paint::Yellow, "->")
    }

    /// What follows something that is deleted, and the notes.
    fn tail(self, node: &Node) -> String {
        let null = match node.action == Action::Delete && self.null {
            true => self.style.paint(Paint::Gray, " -> null"),
            false => String::new(),
        };
        null + &self.notes(node.notes)
    }

    fn notes(self, notes: Notes) -> String {
        let words: Vec<&str> = [(notes.replace, "forces replacement"), (notes.drift, "drift")]
            .into_iter()
            .filter_map(|(holds, words)| holds.then_some(words))
            .collect();
        if words.is_empty() {
            return String::new();
        }
        format!(" {}", self.style.paint(Paint::Red, format!("# {}", words.join(", "))))
    }

    /// The lines above something that may be shown, or not any more, from now on.
    fn warning(self, node: &Node, what: &str, level: usize) -> String {
        let Some(Marking { hidden, changed }) = node.notes.marking else { return String::new() };
        let margin = format!("{}  # ", self.indent(level));
        let (first, second) = match hidden {
            false => ("will no longer be marked as sensitive", "after applying this change."),
            true => (
                "will be marked as sensitive and will not",
                "display in UI output after applying this change.",
            ),
        };
        let same = if changed || what == "block" { "" } else { " The value is unchanged." };
        let warning = self.style.paint(Paint::Yellow, "Warning");
        format!("{margin}{warning}: this {what} {first}\n{margin}{second}{same}\n")
    }

    /// The line that counts what is left out.
    fn left_out(self, number: usize, what: &str) -> String {
        let text = format!("# ({} hidden)", text::count(number, &format!("unchanged {what}")));
        self.style.paint(Paint::Gray, text)
    }

    /// What stands behind `=` (or behind a block's name).
    pub(super) fn node(self, node: &Node, level: usize) -> String {
        match &node.shape {
            Shape::Leaf { before, after } => self.one_line(node, before.as_deref(), after.as_deref()),
            Shape::Text { before, after } => self.text(node, before.as_ref(), after.as_ref(), level),
            Shape::Json { document, whitespace } => self.json(node, document, *whitespace, level),
            Shape::Hidden(words) => format!("{words}{}", self.tail(node)),
            Shape::Unknown { before: None } => format!("(known after apply){}", self.notes(node.notes)),
            Shape::Unknown { before: Some(before) } => {
                let before = self.nested().node(before, level);
                format!("{before} {} (known after apply){}", self.arrow(), self.notes(node.notes))
            }
            Shape::Types { before, after } => {
                let (before, after) = (self.nested().node(before, level), self.nested().node(after, level));
                format!("{before} {} {after}{}", self.arrow(), self.notes(node.notes))
            }
            Shape::Fields(parts) => self.parts(node, parts, "attribute", level),
            Shape::Entries(parts) => self.parts(node, parts, "element", level),
            Shape::Elements { nodes, ordered } => self.elements(node, nodes, *ordered, level),
            Shape::Block { attributes, blocks, later } => self.block(node, attributes, blocks, *later, level),
        }
    }

    fn one_line(self, node: &Node, before: Option<&str>, after: Option<&str>) -> String {
        let text = match (before, after) {
            (Some(before), Some(after)) if node.action == Action::Update => {
                format!("{before} {} {after}", self.arrow())
            }
            (_, Some(after)) => after.to_owned(),
            (Some(before), None) => before.to_owned(),
            (None, None) => "null".to_owned(),
        };
        text + &self.tail(node)
    }

    fn text(self, node: &Node, before: Option<&Arc<str>>, after: Option<&Arc<str>>, level: usize) -> String {
        let is_long = |text: Option<&Arc<str>>| text.is_some_and(|text| text.contains('\n'));
        if !is_long(before) && !is_long(after) {
            let quoted = |text: Option<&Arc<str>>| text.map(|text| text::quote_plain(text));
            let (before, after) = (quoted(before), quoted(after));
            return self.one_line(node, before.as_deref(), after.as_deref());
        }
        // The end of the last line is told only where it is what differs.
        let trimmed =
            |text: Option<&Arc<str>>| text.map(|text| text.strip_suffix('\n').unwrap_or(text).to_owned());
        let is_end = before != after && trimmed(before) == trimmed(after);
        let split = |text: Option<&Arc<str>>| -> Vec<String> {
            let text = text.map(|text| if is_end { text } else { text.strip_suffix('\n').unwrap_or(text) });
            text.map(|text| text.split('\n').map(text::lines).collect()).unwrap_or_default()
        };
        let (old, new) = (split(before), split(after));
        let mut out = format!("<<-EOT{}\n", self.notes(node.notes));
        let mut push = |action: Action, line: &str| {
            let start = format!("{}{}", self.indent(level + 1), self.symbol(action));
            out.push_str(format!("{start}{line}").trim_end_matches(' '));
            out.push('\n');
        };
        match node.action {
            Action::Create | Action::None => new.iter().for_each(|line| push(Action::None, line)),
            Action::Delete => old.iter().for_each(|line| push(Action::None, line)),
            Action::Update => {
                for (i, j) in align::pairs(&old, &new, |a, b| a == b, |_| false) {
                    match (i.and_then(|i| old.get(i)), j.and_then(|j| new.get(j))) {
                        (Some(was), Some(line)) if was != line => {
                            push(Action::Delete, was);
                            push(Action::Create, line);
                        }
                        (Some(_), Some(line)) => push(Action::None, line),
                        (Some(line), None) => push(Action::Delete, line),
                        (None, Some(line)) => push(Action::Create, line),
                        (None, None) => {}
                    }
                }
            }
        }
        let end = Node { notes: Notes::default(), ..Node::new(node.action, Shape::Hidden("")) };
        out + &format!("{}{}EOT{}", self.indent(level), self.symbol(Action::None), self.tail(&end))
    }

    fn json(self, node: &Node, document: &Node, whitespace: bool, level: usize) -> String {
        let inner = if whitespace { self.nested().whole() } else { self.nested() };
        let body = inner.node(document, level + 1);
        let tail = self.tail(node);
        let remark = if whitespace { " # whitespace changes" } else { "" };
        if !body.contains('\n') {
            return format!("jsonencode({body}){remark}{tail}");
        }
        // What comes or goes as a whole has its sign in front of the name.
        let action = match document.action {
            Action::Update if !whitespace => Action::Update,
            _ => Action::None,
        };
        format!(
            "jsonencode({remark}\n{}{}{body}\n{}{}){tail}",
            self.indent(level + 1),
            self.symbol(action),
            self.indent(level),
            self.symbol(Action::None),
        )
    }

    /// An object or a map.
    fn parts(self, node: &Node, parts: &[(String, Node)], what: &str, level: usize) -> String {
        if parts.is_empty() {
            return format!("{{}}{}", self.tail(node));
        }
        let mut out = format!("{{{}\n", self.notes(node.notes));
        let hidden = self.nested().named(&mut out, parts, what == "attribute", level);
        if hidden > 0 {
            let line = self.left_out(hidden, what);
            let _ = writeln!(out, "{}{}{line}", self.indent(level + 1), self.symbol(Action::None));
        }
        self.close(out, node, '}', level)
    }

    fn close(self, out: String, node: &Node, bracket: char, level: usize) -> String {
        let tail = self.tail(&Node::new(node.action, Shape::Hidden("")));
        format!("{out}{}{}{bracket}{tail}", self.indent(level), self.symbol(Action::None))
    }

    /// Lines `name = value`; gives how many are left out.
    fn named(self, out: &mut String, parts: &[(String, Node)], important: bool, level: usize) -> usize {
        let width = parts.iter().map(|(name, _)| text::width(name)).max().unwrap_or_default();
        let mut hidden = 0;
        for (name, node) in parts {
            let mut writer = self;
            if important && ALWAYS_SHOWN.contains(&name.as_str()) {
                writer = self.whole();
            } else if node.action == Action::None && !self.unchanged {
                hidden += 1;
                continue;
            }
            out.push_str(&self.warning(node, "attribute value", level + 1));
            let start = format!("{}{}", self.indent(level + 1), self.symbol(node.action));
            let _ = writeln!(out, "{start}{} = {}", text::pad(name, width), writer.node(node, level + 1));
        }
        hidden
    }

    fn elements(self, node: &Node, nodes: &[Node], ordered: bool, level: usize) -> String {
        if nodes.is_empty() {
            return format!("[]{}", self.tail(node));
        }
        let mut out = format!("[{}\n", self.notes(node.notes));
        let mut skipped: Vec<&Node> = Vec::new();
        let mut next_too = false;
        let push = |out: &mut String, writer: Self, node: &Node| {
            out.push_str(&self.warning(node, "attribute value", level + 1));
            let start = format!("{}{}", self.indent(level + 1), self.symbol(node.action));
            let _ = writeln!(out, "{start}{},", writer.nested().node(node, level + 1));
        };
        let skip = |out: &mut String, number: usize| {
            if number > 0 {
                let line = self.left_out(number, "element");
                let _ = writeln!(out, "{}{}{line}", self.indent(level + 1), self.symbol(Action::None));
            }
        };
        for element in nodes {
            let stays = element.action == Action::None;
            if stays && !self.unchanged && !next_too {
                skipped.push(element);
                continue;
            }
            if ordered && let Some((last, others)) = skipped.split_last() {
                skip(&mut out, others.len());
                push(&mut out, self.whole(), last);
                skipped.clear();
            }
            next_too = ordered && !stays;
            push(&mut out, if stays { self.whole() } else { self }, element);
        }
        skip(&mut out, skipped.len());
        self.close(out, node, ']', level)
    }

    fn block(
        self,
        node: &Node,
        attributes: &[(String, Node)],
        blocks: &[(String, Labelled)],
        later: usize,
        level: usize,
    ) -> String {
        if attributes.is_empty() && blocks.iter().all(|(_, nodes)| nodes.is_empty()) {
            return format!("{{}}{}", self.notes(node.notes));
        }
        let mut out = format!("{{{}\n", self.notes(node.notes));
        let hidden = self.named(&mut out, attributes, true, level);
        if hidden > 0 {
            let line = self.left_out(hidden, "attribute");
            let _ = writeln!(out, "{}{}{line}", self.indent(level + 1), self.symbol(Action::None));
        }
        if later > 0 {
            let text = format!("# ({} known after apply)", text::count(later, "more attribute"));
            let line = self.style.paint(Paint::Gray, text);
            let _ = writeln!(out, "{}{}{line}", self.indent(level + 1), self.symbol(Action::None));
        }
        let mut hidden = 0;
        for (name, nodes) in blocks {
            hidden += self.blocks(&mut out, name, nodes, !attributes.is_empty(), level);
        }
        if hidden > 0 {
            let line = self.left_out(hidden, "block");
            let _ = writeln!(out, "\n{}{}{line}", self.indent(level + 1), self.symbol(Action::None));
        }
        format!("{out}{}{}}}", self.indent(level), self.symbol(Action::None))
    }

    /// The nested blocks of one type; gives how many are left out.
    fn blocks(
        self,
        out: &mut String,
        name: &str,
        nodes: &[(Option<String>, Node)],
        apart: bool,
        level: usize,
    ) -> usize {
        let mut first = true;
        let mut hidden = 0;
        for (label, node) in nodes {
            if node.action == Action::None && !self.unchanged {
                hidden += 1;
                continue;
            }
            if first && apart {
                out.push('\n');
            }
            first = false;
            let label = label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
            let body = match &node.shape {
                Shape::Hidden(_) => self.hidden_block(node, level + 1),
                _ => self.node(node, level + 1),
            };
            out.push_str(&self.warning(node, "block", level + 1));
            let start = format!("{}{}", self.indent(level + 1), self.symbol(node.action));
            let _ = writeln!(out, "{start}{name}{label} {body}");
        }
        hidden
    }

    fn hidden_block(self, node: &Node, level: usize) -> String {
        let indent = format!("{}{}", self.indent(level + 1), self.symbol(Action::None));
        format!(
            "{{{}\n{indent}# At least one attribute in this block is (or was) sensitive,\n{indent}# so its contents will not be displayed.\n\
             {}{}}}",
            self.notes(node.notes),
            self.indent(level),
            self.symbol(Action::None),
        )
    }
}
