//! The source that a diagnostic is about, cut out as Terraform cuts it.

use evenkeel_lang::parse::block_around;
use evenkeel_model::{Diagnostic, Snapshot, SourceRange};

/// Lines of source, and which part of them is meant.
pub(super) struct Snippet {
    /// The header of the block around it: `resource "aws_vpc" "main"`.
    pub(super) context: Option<String>,
    /// Whole lines; empty ones are left out.
    pub(super) code: String,
    /// The number of the first line.
    pub(super) start_line: usize,
    /// Where in `code` the range begins and ends, in bytes.
    pub(super) highlight: (usize, usize),
}

impl Snippet {
    /// The source that a diagnostic is about; `None` where it has no place, or its file is not there.
    pub(super) fn of(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>) -> Option<Self> {
        let subject = visible(diagnostic.range.as_ref()?);
        let bytes = snapshot?.file(&subject.filename)?;
        let source = String::from_utf8_lossy(bytes);
        // The end of a file is behind its last line.
        let line = usize::try_from(subject.start.line).ok().filter(|line| *line > 0)?;
        source.split('\n').nth(line - 1)?;
        let context = diagnostic.evidence.as_ref().and_then(|evidence| evidence.context.as_ref());
        let shown = context.map_or_else(|| subject.clone(), |context| visible(&context.over(&subject)));
        let (code, code_start) = lines(&source, &shown);
        let from = byte(subject.start.byte).saturating_sub(code_start);
        let length = byte(subject.end.byte).saturating_sub(byte(subject.start.byte));
        let highlight = (from.min(code.len()), from.saturating_add(length).min(code.len()));
        let json = subject.filename.ends_with(".json");
        let header = byte(subject.start.byte).checked_sub(1).filter(|_| !json);
        Some(Self {
            context: header.and_then(|byte| block_around(&source, byte)),
            code,
            start_line: usize::try_from(shown.start.line).unwrap_or_default(),
            highlight,
        })
    }
}

/// The range; an empty one is taken for the one character behind it.
pub(super) fn visible(range: &SourceRange) -> SourceRange {
    let mut range = range.clone();
    if range.end.byte <= range.start.byte {
        range.end = range.start;
        range.end.byte = range.end.byte.saturating_add(1);
        range.end.column = range.end.column.saturating_add(1);
    }
    range
}

/// The lines that a range touches, and the byte at which they begin.
fn lines(source: &str, shown: &SourceRange) -> (String, usize) {
    let (from, to) = (byte(shown.start.byte), byte(shown.end.byte));
    let mut found = Vec::new();
    let mut first = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if start > to {
            break;
        }
        let text = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let end = start + text.len();
        if !text.is_empty() && touches(start..end, from..to) {
            first.get_or_insert(start);
            found.push(text);
        }
        start += line.len();
    }
    (found.join("\n"), first.unwrap_or_default())
}

/// Whether one of the ranges holds an end of the other; the end counts, though it is behind.
fn touches(a: std::ops::Range<usize>, b: std::ops::Range<usize>) -> bool {
    [b.start, b.end].iter().any(|at| a.contains(at)) || [a.start, a.end].iter().any(|at| b.contains(at))
}

fn byte(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
