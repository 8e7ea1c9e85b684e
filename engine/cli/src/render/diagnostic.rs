//! Diagnostics with the source they are about, laid out as Terraform does.

use std::fmt::Write as _;

use evenkeel_lang::functions;
use evenkeel_model::{Diagnostic, Diagnostics, Severity, Snapshot};

use super::snippet::Snippet;
use super::style::{Paint, Style};
use super::text;

/// More lines of a source range than this are not shown.
const LINES_MAX: usize = 40;

/// All of them, in order; each begins with an empty line.
pub fn diagnostics(diagnostics: &Diagnostics, snapshot: Option<&Snapshot>, style: Style) -> String {
    diagnostics.iter().map(|diagnostic| one(diagnostic, snapshot, style)).collect()
}

/// That a configuration is valid.
pub fn valid(warnings: bool, style: Style) -> String {
    let success = style.paint(Paint::BoldGreen, "Success!");
    match warnings {
        true => format!(
            "\n{success} The configuration is valid, but there were some validation warnings as shown above.\n"
        ),
        false => format!("{success} The configuration is valid.\n"),
    }
}

/// Of warnings with the same title the first one, and how many more there are.
pub fn consolidated(warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<(Diagnostic, usize)> = Vec::new();
    for warning in warnings {
        let known = kept.iter_mut().find(|(first, _)| {
            first.summary == warning.summary && first.range.is_some() && warning.range.is_some()
        });
        match known {
            Some((_, more)) => *more += 1,
            None => kept.push((warning, 0)),
        }
    }
    let told = kept.into_iter().map(|(warning, more)| {
        let remark = match more {
            0 => return warning,
            1 => "(and one more similar warning elsewhere)".to_owned(),
            more => format!("(and {more} more similar warnings elsewhere)"),
        };
        Diagnostic { detail: format!("{}\n\n{remark}", warning.detail), ..warning }
    });
    told.collect()
}

/// Warnings by their titles, with their places.
pub fn compact(warnings: &[Diagnostic], style: Style) -> String {
    let mut out = format!("\n{}\n\n", style.paint(Paint::Yellow, "Warnings:"));
    for warning in warnings {
        let _ = writeln!(out, "- {}", text::line(&warning.summary));
        if let Some(range) = &warning.range {
            let _ = writeln!(out, "  on {} line {}", text::line(&range.filename), range.start.line);
        }
    }
    out + "\nTo see the full warning notes, run Evenkeel without -compact-warnings.\n"
}

fn one(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>, style: Style) -> String {
    let (word, heading, rule) = match diagnostic.severity {
        Severity::Error => ("Error:", Paint::BoldRed, Paint::Red),
        Severity::Warning => ("Warning:", Paint::Yellow, Paint::Yellow),
    };
    let summary = style.paint(Paint::Bold, text::line(&diagnostic.summary));
    let mut body = format!("{} {summary}\n", style.paint(heading, word));
    let place = place(diagnostic, snapshot, style);
    if !place.is_empty() {
        let _ = write!(body, "\n{place}");
    }
    if !diagnostic.detail.is_empty() {
        // The bar at the left takes two columns.
        let width = style.width.saturating_sub(if style.color { 2 } else { 0 });
        let _ = writeln!(body, "\n{}", text::wrap(text::lines(&diagnostic.detail).trim_end(), width));
    }
    if !style.color {
        return format!("\n{body}");
    }
    let bar = |mark: &str| style.paint(rule, mark);
    let mut out = format!("{}\n", bar("╷"));
    for line in body.lines() {
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{}{space}{line}", bar("│"));
    }
    let _ = writeln!(out, "{}", bar("╵"));
    out
}

/// Which object, which file, the lines, and the values in them.
fn place(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>, style: Style) -> String {
    let mut out = String::new();
    if let Some(address) = &diagnostic.address {
        let _ = writeln!(out, "  with {},", text::line(address));
    }
    let Some(range) = &diagnostic.range else { return out };
    let snippet = Snippet::of(diagnostic, snapshot);
    let context = snippet.as_ref().and_then(|snippet| snippet.context.as_ref());
    let context = context.map(|context| format!(", in {}", text::line(context))).unwrap_or_default();
    let _ = writeln!(out, "  on {} line {}{context}:", text::line(&range.filename), range.start.line);
    let Some(snippet) = snippet else {
        out.push_str("  (source code not available)\n");
        return out;
    };
    out.push_str(&code(&snippet, style));
    out.push_str(&values(diagnostic, style));
    out
}

fn code(snippet: &Snippet, style: Style) -> String {
    let (from, to) = snippet.highlight;
    let marked = match style.color {
        true => highlight(&snippet.code, from, to, style),
        false => text::lines(&snippet.code),
    };
    let mut out = String::new();
    for (index, line) in marked.split('\n').enumerate() {
        if index == LINES_MAX {
            out.push_str("      ...\n");
            break;
        }
        let _ = writeln!(out, "{:4}: {line}", snippet.start_line.saturating_add(index));
    }
    out
}

/// The values of what the expression refers to, below a rule.
fn values(diagnostic: &Diagnostic, style: Style) -> String {
    let Some(evidence) = &diagnostic.evidence else { return String::new() };
    let called = evidence.function.as_deref().and_then(|name| called(name, style));
    if called.is_none() && evidence.values.is_empty() {
        return String::new();
    }
    let mut out = format!("    {}\n", style.paint(Paint::Gray, "├────────────────"));
    let bar = style.paint(Paint::Gray, "│");
    if let Some(called) = called {
        let _ = writeln!(out, "    {bar} while calling {called}");
    }
    for value in &evidence.values {
        let traversal = style.paint(Paint::Bold, text::line(&value.traversal));
        let _ = writeln!(out, "    {bar} {traversal} {}", text::line(&value.statement));
    }
    out
}

/// A function with the names of its parameters: `join(separator, lists...)`.
fn called(name: &str, style: Style) -> Option<String> {
    let function = functions::lookup(name)?;
    let named = function.parameters.iter().map(|parameter| parameter.name.to_owned());
    let more = function.variadic.iter().map(|parameter| format!("{}...", parameter.name));
    let parameters: Vec<String> = named.chain(more).collect();
    Some(format!("{}({})", style.paint(Paint::Bold, text::line(name)), parameters.join(", ")))
}

/// The code with the part underlined that the diagnostic is about; line by line, so that no escape
/// sequence spans two.
fn highlight(code: &str, from: usize, to: usize, style: Style) -> String {
    let mut start = 0;
    let mut out = Vec::new();
    for line in code.split('\n') {
        let end = start + line.len();
        let (a, b) = (from.clamp(start, end) - start, to.clamp(start, end) - start);
        out.push(match (line.get(..a), line.get(a..b), line.get(b..)) {
            (Some(before), Some(inside), Some(after)) => format!(
                "{}{}{}",
                text::lines(before),
                style.paint(Paint::Underline, text::lines(inside)),
                text::lines(after)
            ),
            _ => text::lines(line),
        });
        start = end + 1;
    }
    out.join("\n")
}
