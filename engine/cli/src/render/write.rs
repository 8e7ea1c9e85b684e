//! Writes a tree of differences the way Terraform does: four columns per level, a symbol for what
//! happens, names aligned, what stays as it is counted and left out.
//!
//! Everything is written to the end of one text: a plan of thousands of objects has no texts in between.

use std::sync::Arc;

use super::node::{Action, Labelled, Marking, Node, Notes, Shape};
use super::style::{Paint, Style};
use super::{align, text};

/// What is shown even where nothing happens to it: it tells objects apart.
const ALWAYS_SHOWN: [&str; 3] = ["id", "name", "tags"];
/// Columns of one level.
const STEP: usize = 4;

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

    /// The column that says what happens.
    pub(super) fn symbol(self, action: Action) -> String {
        let mut out = String::new();
        self.symbol_to(&mut out, action);
        out
    }

    fn symbol_to(self, out: &mut String, action: Action) {
        let (paint, sign) = match action {
            _ if !self.symbols => return,
            Action::None => return text::spaces(out, STEP),
            Action::Create => (Paint::Green, "+"),
            Action::Update => (Paint::Yellow, "~"),
            Action::Delete => (Paint::Red, "-"),
        };
        out.push_str("  ");
        self.style.paint_to(out, paint, sign);
        out.push(' ');
    }

    /// The start of a line: its indentation, and what happens.
    fn start(self, out: &mut String, action: Action, level: usize) {
        text::spaces(out, STEP * level);
        self.symbol_to(out, action);
    }

    fn arrow(self, out: &mut String) {
        out.push(' ');
        self.style.paint_to(out, Paint::Yellow, "->");
        out.push(' ');
    }

    /// What follows something that is deleted.
    fn null(self, out: &mut String, action: Action) {
        if action == Action::Delete && self.null {
            self.style.paint_to(out, Paint::Gray, " -> null");
        }
    }

    /// What follows something that is deleted, and the notes.
    fn tail(self, out: &mut String, node: &Node) {
        self.null(out, node.action);
        self.notes(out, node.notes);
    }

    fn notes(self, out: &mut String, notes: Notes) {
        let words = match (notes.replace, notes.drift) {
            (false, false) => return,
            (true, false) => "# forces replacement",
            (false, true) => "# drift",
            (true, true) => "# forces replacement, drift",
        };
        out.push(' ');
        self.style.paint_to(out, Paint::Red, words);
    }

    /// The lines above something that may be shown, or not any more, from now on.
    fn warning(self, out: &mut String, node: &Node, what: &str, level: usize) {
        let Some(Marking { hidden, changed }) = node.notes.marking else { return };
        let (first, second) = match hidden {
            false => ("will no longer be marked as sensitive", "after applying this change."),
            true => (
                "will be marked as sensitive and will not",
                "display in UI output after applying this change.",
            ),
        };
        let same = if changed || what == "block" { "" } else { " The value is unchanged." };
        text::spaces(out, STEP * level);
        out.push_str("  # ");
        self.style.paint_to(out, Paint::Yellow, "Warning");
        out.extend([": this ", what, " ", first, "\n"]);
        text::spaces(out, STEP * level);
        out.extend(["  # ", second, same, "\n"]);
    }

    /// The line that counts what is left out, if anything is.
    fn left_out(self, out: &mut String, number: usize, what: &str, level: usize) {
        if number > 0 {
            let text = format!("# ({} hidden)", text::count(number, &format!("unchanged {what}")));
            self.remark(out, &text, level);
        }
    }

    fn remark(self, out: &mut String, text: &str, level: usize) {
        self.start(out, Action::None, level);
        self.style.paint_to(out, Paint::Gray, text);
        out.push('\n');
    }

    /// What stands behind `=` (or behind a block's name).
    pub(super) fn node(self, node: &Node, level: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, node, level);
        out
    }

    /// Writes what [`Writer::node`] gives.
    pub(super) fn write(self, out: &mut String, node: &Node, level: usize) {
        match &node.shape {
            Shape::Leaf { before, after } => self.one_line(out, node, before.as_deref(), after.as_deref()),
            Shape::Text { before, after } => self.text(out, node, before.as_ref(), after.as_ref(), level),
            Shape::Json { document, whitespace } => self.json(out, node, document, *whitespace, level),
            Shape::Hidden(words) => {
                out.push_str(words);
                self.tail(out, node);
            }
            Shape::Unknown { before } => {
                if let Some(before) = before {
                    self.nested().write(out, before, level);
                    self.arrow(out);
                }
                out.push_str("(known after apply)");
                self.notes(out, node.notes);
            }
            Shape::Types { before, after } => {
                self.nested().write(out, before, level);
                self.arrow(out);
                self.nested().write(out, after, level);
                self.notes(out, node.notes);
            }
            Shape::Fields(parts) => self.parts(out, node, parts, "attribute", level),
            Shape::Entries(parts) => self.parts(out, node, parts, "element", level),
            Shape::Elements { nodes, ordered } => self.elements(out, node, nodes, *ordered, level),
            Shape::Block { attributes, blocks, later } => {
                self.block(out, node, attributes, blocks, *later, level);
            }
        }
    }

    fn one_line(self, out: &mut String, node: &Node, before: Option<&str>, after: Option<&str>) {
        match (before, after) {
            (Some(before), Some(after)) if node.action == Action::Update => {
                out.push_str(before);
                self.arrow(out);
                out.push_str(after);
            }
            (_, Some(one)) | (Some(one), None) => out.push_str(one),
            (None, None) => out.push_str("null"),
        }
        self.tail(out, node);
    }

    fn text(
        self,
        out: &mut String,
        node: &Node,
        before: Option<&Arc<str>>,
        after: Option<&Arc<str>>,
        level: usize,
    ) {
        let is_long = |text: Option<&Arc<str>>| text.is_some_and(|text| text.contains('\n'));
        if !is_long(before) && !is_long(after) {
            let quoted = |text: Option<&Arc<str>>| text.map(|text| text::quote_plain(text));
            let (before, after) = (quoted(before), quoted(after));
            return self.one_line(out, node, before.as_deref(), after.as_deref());
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
        out.push_str("<<-EOT");
        self.notes(out, node.notes);
        out.push('\n');
        let mut push = |action: Action, line: &str| {
            self.start(out, action, level + 1);
            out.push_str(line);
            out.truncate(out.trim_end_matches(' ').len());
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
        self.close(out, node, "EOT", level);
    }

    fn json(self, out: &mut String, node: &Node, document: &Node, whitespace: bool, level: usize) {
        let inner = if whitespace { self.nested().whole() } else { self.nested() };
        let body = inner.node(document, level + 1);
        let remark = if whitespace { " # whitespace changes" } else { "" };
        if body.contains('\n') {
            // What comes or goes as a whole has its sign in front of the name.
            let action = match document.action {
                Action::Update if !whitespace => Action::Update,
                _ => Action::None,
            };
            out.extend(["jsonencode(", remark, "\n"]);
            self.start(out, action, level + 1);
            out.extend([&body, "\n"]);
            self.start(out, Action::None, level);
            out.push(')');
        } else {
            out.extend(["jsonencode(", &body, ")", remark]);
        }
        self.tail(out, node);
    }

    /// An object or a map.
    fn parts(self, out: &mut String, node: &Node, parts: &[(String, Node)], what: &str, level: usize) {
        if parts.is_empty() {
            out.push_str("{}");
            return self.tail(out, node);
        }
        self.open(out, node, '{');
        let hidden = self.nested().named(out, parts, what == "attribute", level);
        self.left_out(out, hidden, what, level + 1);
        self.close(out, node, "}", level);
    }

    fn open(self, out: &mut String, node: &Node, bracket: char) {
        out.push(bracket);
        self.notes(out, node.notes);
        out.push('\n');
    }

    fn close(self, out: &mut String, node: &Node, bracket: &str, level: usize) {
        self.start(out, Action::None, level);
        out.push_str(bracket);
        self.null(out, node.action);
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
            self.warning(out, node, "attribute value", level + 1);
            self.start(out, node.action, level + 1);
            out.push_str(name);
            text::spaces(out, width.saturating_sub(text::width(name)));
            out.push_str(" = ");
            writer.write(out, node, level + 1);
            out.push('\n');
        }
        hidden
    }

    fn elements(self, out: &mut String, node: &Node, nodes: &[Node], ordered: bool, level: usize) {
        if nodes.is_empty() {
            out.push_str("[]");
            return self.tail(out, node);
        }
        self.open(out, node, '[');
        let mut skipped: Vec<&Node> = Vec::new();
        let mut next_too = false;
        let push = |out: &mut String, writer: Self, node: &Node| {
            self.warning(out, node, "attribute value", level + 1);
            self.start(out, node.action, level + 1);
            writer.nested().write(out, node, level + 1);
            out.push_str(",\n");
        };
        for element in nodes {
            let stays = element.action == Action::None;
            if stays && !self.unchanged && !next_too {
                skipped.push(element);
                continue;
            }
            if ordered && let Some((last, others)) = skipped.split_last() {
                self.left_out(out, others.len(), "element", level + 1);
                push(out, self.whole(), last);
                skipped.clear();
            }
            next_too = ordered && !stays;
            push(out, if stays { self.whole() } else { self }, element);
        }
        self.left_out(out, skipped.len(), "element", level + 1);
        self.close(out, node, "]", level);
    }

    fn block(
        self,
        out: &mut String,
        node: &Node,
        attributes: &[(String, Node)],
        blocks: &[(String, Labelled)],
        later: usize,
        level: usize,
    ) {
        if attributes.is_empty() && blocks.iter().all(|(_, nodes)| nodes.is_empty()) {
            out.push_str("{}");
            return self.notes(out, node.notes);
        }
        self.open(out, node, '{');
        let hidden = self.named(out, attributes, true, level);
        self.left_out(out, hidden, "attribute", level + 1);
        if later > 0 {
            let text = format!("# ({} known after apply)", text::count(later, "more attribute"));
            self.remark(out, &text, level + 1);
        }
        let mut hidden = 0;
        for (name, nodes) in blocks {
            hidden += self.blocks(out, name, nodes, !attributes.is_empty(), level);
        }
        if hidden > 0 {
            out.push('\n');
            self.left_out(out, hidden, "block", level + 1);
        }
        self.start(out, Action::None, level);
        out.push('}');
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
            self.warning(out, node, "block", level + 1);
            self.start(out, node.action, level + 1);
            out.push_str(name);
            if let Some(label) = label {
                out.extend([" ", label]);
            }
            out.push(' ');
            match &node.shape {
                Shape::Hidden(_) => self.hidden_block(out, node, level + 1),
                _ => self.write(out, node, level + 1),
            }
            out.push('\n');
        }
        hidden
    }

    fn hidden_block(self, out: &mut String, node: &Node, level: usize) {
        self.open(out, node, '{');
        for line in [
            "# At least one attribute in this block is (or was) sensitive,",
            "# so its contents will not be displayed.",
        ] {
            self.start(out, Action::None, level + 1);
            out.extend([line, "\n"]);
        }
        self.start(out, Action::None, level);
        out.push('}');
    }
}
