//! Strip markers (`~`) and the indentation of `<<-` heredocs.
//!
//! HCL applies both to the flat sequence of a template's tokens, of which each line of a heredoc is
//! one, before it looks at directives; first the markers, then the indentation.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::template::{Piece, Sequence};

/// Applies the strip markers: each eats the space of the token beside it, if that is text.
pub(super) fn strip(pieces: &mut [Piece<'_>]) {
    for i in 0..pieces.len() {
        let Some(Piece::Sequence(Sequence { strip_before, strip_after, .. })) = pieces.get(i) else {
            continue;
        };
        let (before, after) = (*strip_before, *strip_after);
        if before && let Some(Piece::Text(text)) = i.checked_sub(1).and_then(|i| pieces.get_mut(i)) {
            keep(text, |text| text.trim_end());
        }
        if after && let Some(Piece::Text(text)) = pieces.get_mut(i + 1) {
            keep(text, |text| text.trim_start());
        }
    }
}

/// Removes the indentation that all lines have in common; blank lines do not count.
pub(super) fn dedent(pieces: &mut [Piece<'_>]) {
    let mut indent: Option<usize> = None;
    let mut starts = Vec::new();
    let mut line_start = true;
    for (i, piece) in pieces.iter().enumerate() {
        let text = match piece {
            Piece::Text(text) => Some(&**text),
            Piece::Sequence(_) => None,
        };
        if line_start {
            let width = match text {
                Some(text) if text.ends_with('\n') && text.trim_start().is_empty() => None,
                Some(text) => {
                    starts.push(i);
                    Some(width_of(text))
                }
                None => Some(0),
            };
            indent = width.map_or(indent, |width| Some(indent.map_or(width, |indent| indent.min(width))));
        }
        line_start = text.is_some_and(|text| text.ends_with('\n'));
    }
    let Some(indent) = indent.filter(|indent| *indent > 0) else { return };
    for i in starts {
        if let Some(Piece::Text(text)) = pieces.get_mut(i) {
            keep(text, |text| without_indent(text, indent));
        }
    }
}

/// How many characters of space a text begins with.
fn width_of(text: &str) -> usize {
    let space = text.get(..text.len() - text.trim_start().len()).unwrap_or_default();
    if space.is_ascii() && !space.contains('\r') { space.len() } else { space.graphemes(true).count() }
}

fn without_indent(text: &str, indent: usize) -> &str {
    let start = match text.as_bytes().get(..indent) {
        Some(space) if space.iter().all(|b| matches!(b, b' ' | b'\t')) => indent,
        _ => text.graphemes(true).take(indent).map(str::len).sum(),
    };
    text.get(start..).unwrap_or_default()
}

/// Replaces a text by a part of itself.
fn keep<'a>(text: &mut Cow<'a, str>, part: impl for<'t> Fn(&'t str) -> &'t str) {
    match text {
        Cow::Borrowed(borrowed) => *borrowed = part(borrowed),
        Cow::Owned(owned) => *owned = part(owned).to_owned(),
    }
}
