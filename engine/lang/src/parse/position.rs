//! From byte offsets to lines and columns.
//!
//! The table is built once per file in linear time. Lines of plain ASCII need no more than where
//! they start; only for the others are the starts of grapheme clusters kept.

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
    /// Bytes that the caller put in front of the user's text on the first line.
    inserted: usize,
    /// Bytes of the user's text that were taken away in front (a byte order mark).
    removed: usize,
    line_starts: Vec<usize>,
    graphemes: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Source<'a> {
    /// The table of a text of which `removed` bytes in front are gone.
    pub fn new(filename: &str, text: &'a str, removed: usize) -> Self {
        Self::build(filename, text, 0, removed)
    }

    /// The table of a text whose first `inserted` bytes are not the user's.
    pub fn with_inserted(filename: &str, text: &'a str, inserted: usize) -> Self {
        Self::build(filename, text, inserted, 0)
    }

    fn build(filename: &str, text: &'a str, inserted: usize, removed: usize) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1));
        let mut graphemes = BTreeMap::new();
        for (line, &start) in line_starts.iter().enumerate() {
            let end = line_starts.get(line + 1).copied().unwrap_or(text.len());
            if let Some(content) = text.get(start..end)
                && !content.is_ascii()
            {
                graphemes.insert(line, content.grapheme_indices(true).map(|(i, _)| start + i).collect());
            }
        }
        Self { filename: filename.into(), text, inserted, removed, line_starts, graphemes }
    }

    /// The text of a span; empty where the span is none of this text.
    pub fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The place of a byte offset.
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.clamp(self.inserted.min(self.text.len()), self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.line_starts.get(line).copied().unwrap_or_default();
        let column = match self.graphemes.get(&line) {
            // Past the last cluster of the text there is no start to be found.
            Some(starts) => {
                starts.partition_point(|start| *start <= byte) + usize::from(byte == self.text.len())
            }
            None => byte - start + 1,
        };
        let inserted = if line == 0 { self.inserted } else { 0 };
        Position {
            line: saturate(line + 1),
            column: saturate(column.saturating_sub(inserted).max(1)),
            byte: saturate(byte - self.inserted.min(byte) + self.removed),
        }
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

fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
