//! From byte offsets to lines and columns.
//!
//! The table is built once per text in linear time. Lines of plain ASCII need no more than where
//! they start; only for the others are the starts of grapheme clusters kept.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::{Position, SourceRange};
use unicode_segmentation::UnicodeSegmentation;

/// A text and where its lines are.
pub(super) struct Source<'a> {
    /// The name that ranges carry.
    pub filename: Arc<str>,
    /// The text that spans refer to.
    pub text: &'a str,
    origin: Origin,
    line_starts: Vec<u32>,
    graphemes: BTreeMap<usize, Vec<u32>>,
    /// The line that was asked for last: the next is most often the same or the one behind it.
    recent: Cell<usize>,
}

/// Where in a file the text was.
enum Origin {
    /// At its start, behind a byte order mark of so many bytes.
    Start(usize),
    /// Inside a string of another syntax.
    Inside(Inside),
}

/// The place of a string whose escapes were decoded.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    /// The place of its first byte.
    pub start: Position,
    /// Where escapes end in the decoded text, in order.
    pub saved: Arc<[Saved]>,
}

/// By how much the decoded text is shorter than what was written, up to an offset in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Saved {
    /// The offset.
    pub at: u32,
    /// In bytes.
    pub bytes: u32,
    /// In columns.
    pub columns: u32,
}

impl<'a> Source<'a> {
    /// The table of a text of which `removed` bytes in front are gone.
    pub fn new(filename: impl Into<Arc<str>>, text: &'a str, removed: usize) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let mut line_starts = vec![0];
        line_starts.extend(newlines.map(|(i, _)| saturate(i + 1)));
        Self::build(filename.into(), text, Origin::Start(removed), line_starts)
    }

    /// A string inside a line of a file; newlines in it were written as escapes.
    pub fn inside(filename: Arc<str>, text: &'a str, inside: Inside) -> Self {
        Self::build(filename, text, Origin::Inside(inside), vec![0])
    }

    fn build(filename: Arc<str>, text: &'a str, origin: Origin, line_starts: Vec<u32>) -> Self {
        let mut graphemes = BTreeMap::new();
        if !text.is_ascii() {
            for (line, &start) in line_starts.iter().enumerate() {
                let end = line_starts.get(line + 1).map_or(text.len(), |end| *end as usize);
                if let Some(content) = text.get(start as usize..end)
                    && !content.is_ascii()
                {
                    let starts = content.grapheme_indices(true).map(|(i, _)| start + saturate(i));
                    graphemes.insert(line, starts.collect());
                }
            }
        }
        Self { filename, text, origin, line_starts, graphemes, recent: Cell::new(0) }
    }

    /// The place of a byte offset.
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line(saturate(byte));
        let start = self.line_starts.get(line).copied().unwrap_or_default() as usize;
        let column = match self.graphemes.get(&line) {
            // Past the last cluster of the text there is no start to be found.
            Some(starts) => {
                starts.partition_point(|start| *start as usize <= byte) + usize::from(byte == self.text.len())
            }
            None => byte - start + 1,
        };
        match &self.origin {
            Origin::Start(removed) => Position {
                line: saturate(line + 1),
                column: saturate(column.max(1)),
                byte: saturate(byte + removed),
            },
            Origin::Inside(inside) => inside.position(byte, column.max(1) - 1),
        }
    }

    fn line(&self, byte: u32) -> usize {
        let starts = |line: usize| self.line_starts.get(line).is_none_or(|start| *start > byte);
        let recent = self.recent.get();
        let line = match (starts(recent), starts(recent + 1), starts(recent + 2)) {
            (false, true, _) => recent,
            (false, false, true) => recent + 1,
            _ => self.line_starts.partition_point(|start| *start <= byte).saturating_sub(1),
        };
        self.recent.set(line);
        line
    }

    /// The range of a span.
    pub fn range(&self, span: &Range<usize>) -> SourceRange {
        SourceRange {
            filename: self.filename.clone(),
            start: self.position(span.start),
            end: self.position(span.end.max(span.start)),
        }
    }
}

impl Inside {
    fn position(&self, byte: usize, columns: usize) -> Position {
        let before = self.saved.partition_point(|saved| saved.at as usize <= byte);
        let saved = before.checked_sub(1).and_then(|i| self.saved.get(i)).copied().unwrap_or_default();
        Position {
            line: self.start.line,
            column: self.start.column.saturating_add(saturate(columns)).saturating_add(saved.columns),
            byte: self.start.byte.saturating_add(saturate(byte)).saturating_add(saved.bytes),
        }
    }
}

fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
