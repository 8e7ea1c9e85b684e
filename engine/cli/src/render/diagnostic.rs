//! Diagnostics with the source they are about.

use std::fmt::Write as _;

use evenkeel_model::{Diagnostic, Diagnostics, Position, Severity, Snapshot, SourceRange};

use super::style::{Paint, Style};
use super::text;

/// More lines of a source range than this are not shown.
const LINES_MAX: usize = 5;

/// All of them, in order; each begins with an empty line.
pub fn diagnostics(diagnostics: &Diagnostics, snapshot: Option<&Snapshot>, style: Style) -> String {
    diagnostics.iter().map(|diagnostic| one(diagnostic, snapshot, style)).collect()
}

fn one(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>, style: Style) -> String {
    let (word, paint) = match diagnostic.severity {
        Severity::Error => ("Error:", Paint::BoldRed),
        Severity::Warning => ("Warning:", Paint::Yellow),
    };
    let summary = style.paint(Paint::Bold, text::line(&diagnostic.summary));
    let mut body = format!("{} {summary}\n", style.paint(paint, word));
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
    let bar = |mark: &str| style.paint(paint, mark);
    let lines: String = body.lines().map(|line| format!("{} {line}\n", bar("│"))).collect();
    format!("{}\n{lines}{}\n", bar("╷"), bar("╵"))
}

/// Which object, which file, and the lines.
fn place(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>, style: Style) -> String {
    let mut out = String::new();
    if let Some(address) = &diagnostic.address {
        let end = if diagnostic.range.is_some() { "," } else { "" };
        let _ = writeln!(out, "  with {}{end}", text::line(address));
    }
    let Some(range) = &diagnostic.range else { return out };
    let snippet = snippet(range, snapshot);
    let context = snippet.as_ref().and_then(|snippet| snippet.context.as_ref());
    let context = context.map(|context| format!(", in {}", text::line(context))).unwrap_or_default();
    let _ = writeln!(out, "  on {} line {}{context}:", text::line(&range.filename), range.start.line);
    let Some(snippet) = snippet else {
        out.push_str("  (source code not available)\n");
        return out;
    };
    let (from, to) = snippet.highlight;
    let marked = match style.color {
        true => highlight(&snippet.code, from, to, style),
        false => text::lines(&snippet.code),
    };
    for (index, line) in marked.split('\n').enumerate() {
        let _ = writeln!(out, "{:4}: {line}", snippet.start_line.saturating_add(index));
    }
    out
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

/// The source that a range covers.
pub(super) struct Snippet {
    /// The header of the block around it: `resource "aws_vpc" "main"`.
    pub(super) context: Option<String>,
    /// Whole lines.
    pub(super) code: String,
    /// The number of the first line.
    pub(super) start_line: usize,
    /// Where in `code` the range begins and ends, in bytes.
    pub(super) highlight: (usize, usize),
}

/// The source that a range covers; `None` when the file or the line is not there.
pub(super) fn snippet(range: &SourceRange, snapshot: Option<&Snapshot>) -> Option<Snippet> {
    let bytes = snapshot?.file(&range.filename)?;
    let source = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = source.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let start_line = usize::try_from(range.start.line).ok()?;
    let first = start_line.checked_sub(1)?;
    lines.get(first)?;
    let last_line = usize::try_from(range.end.line).ok()?;
    let end = last_line.clamp(start_line, start_line + LINES_MAX - 1).min(lines.len());
    let code = lines.get(first..end)?.join("\n");
    let line_start = lines_before(&source, first);
    let from = offset(range.start, line_start, lines.get(first)?);
    let to = match last_line == start_line {
        true => offset(range.end, line_start, lines.get(first)?),
        false => code.len(),
    };
    let context = context(&lines, first);
    Some(Snippet { context, code, start_line, highlight: (from, to.max(from)) })
}

/// How many bytes precede a line.
fn lines_before(source: &str, line: usize) -> usize {
    source.split_inclusive('\n').take(line).map(str::len).sum()
}

/// The byte offset of a position in its line: by its own offset where that fits, else by its column.
fn offset(position: Position, line_start: usize, line: &str) -> usize {
    let byte = usize::try_from(position.byte).unwrap_or(usize::MAX);
    let by_byte = byte.checked_sub(line_start).filter(|at| line.is_char_boundary(*at));
    by_byte.filter(|at| (*at == 0) == (position.column <= 1)).unwrap_or_else(|| {
        let before = usize::try_from(position.column.saturating_sub(1)).unwrap_or(usize::MAX);
        line.char_indices().nth(before).map_or(line.len(), |(at, _)| at)
    })
}

/// The header of the top-level block that holds a line.
fn context(lines: &[&str], at: usize) -> Option<String> {
    let mut header = None;
    for (number, line) in lines.iter().enumerate().take(at + 1) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('{') {
            header = line.split('{').next().map(|text| text.trim().to_owned());
        } else if line.starts_with('}') && number < at {
            header = None;
        }
    }
    header.filter(|header| !header.contains('='))
}
