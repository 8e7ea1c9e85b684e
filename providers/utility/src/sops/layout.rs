//! Where things stand in the text of a file, so that it can be written again with what was sealed in clear and all
//! else as it is: layout, comments, order.

use std::ops::Range;

use super::cipher::{DataKey, place};
use super::node::{Branch, Leaf, Node, Scalar};

/// The places of one file, in bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The text of each leaf, by its id.
    pub(super) values: Vec<Range<usize>>,
    /// The dash before each leaf that is an element of a list, by its id; in YAML alone.
    pub(super) dashes: Vec<Option<usize>>,
    /// Sealed comments.
    pub(super) comments: Vec<Comment>,
    /// What is left out: the metadata.
    pub(super) cuts: Vec<Range<usize>>,
}

/// A comment that may be sealed.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    /// Its text, without the sign before it.
    pub(super) range: Range<usize>,
    /// The keys that may lead to it, or the first ones of these. It opens with the right ones alone.
    pub(super) paths: Vec<Vec<String>>,
    /// Where it goes if it stands behind a value: sops puts it into a line of its own before that.
    pub(super) before: Option<usize>,
}

impl Layout {
    /// What is replaced by a value. A comment in a list takes the place of the whole element.
    fn place(&self, leaf: &Leaf) -> Option<Range<usize>> {
        let range = self.values.get(leaf.id)?.clone();
        let dash = self.dashes.get(leaf.id).copied().flatten();
        Some(match leaf.value {
            Scalar::Comment(_) => dash.unwrap_or(range.start)..range.end,
            _ => range,
        })
    }

    /// The text with all that was sealed in clear. Each leaf is written for its place by `write`.
    pub(super) fn written(
        &self,
        text: &str,
        branches: &[Branch],
        key: &DataKey,
        write: impl Fn(&Leaf) -> String,
    ) -> String {
        let mut leaves = Vec::new();
        branches.iter().flatten().for_each(|(_, node): &(String, Node)| node.leaves(&mut leaves));
        let opened = leaves.into_iter().filter(|leaf| leaf.opened);
        let values = opened.filter_map(|leaf| Some((self.place(leaf)?, write(leaf))));
        let comments = self.comments.iter().flat_map(|comment| comment.edits(text, key));
        let cuts = self.cuts.iter().map(|range| (range.clone(), String::new()));
        edited(text, values.chain(comments).chain(cuts).collect())
    }
}

impl Comment {
    fn edits(&self, text: &str, key: &DataKey) -> Vec<(Range<usize>, String)> {
        let Some(comment) = self.open(text, key) else { return Vec::new() };
        let Some(before) = self.before else { return vec![(self.range.clone(), comment)] };
        let line = text.get(..before).unwrap_or_default();
        let indent = line.rsplit('\n').next().unwrap_or_default();
        let behind = text.get(..self.range.start).unwrap_or_default().trim_end_matches(['#', ' ']).len();
        vec![(before..before, format!("#{comment}\n{indent}")), (behind..self.range.end, String::new())]
    }

    /// What it says; none where it is not sealed, or not for this place.
    fn open(&self, text: &str, key: &DataKey) -> Option<String> {
        let sealed = text.get(self.range.clone())?;
        let open = |path: &[String]| match key.open(sealed, &place(path)) {
            Ok(Scalar::Comment(comment)) => Some(comment.replace('\n', "\n#")),
            Ok(_) | Err(_) => None,
        };
        let shorter =
            |path: &'_ Vec<String>| (0..=path.len()).rev().find_map(|length| open(path.get(..length)?));
        self.paths.iter().find_map(shorter)
    }
}

/// The text with these parts replaced. What overlaps an earlier part is left.
fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, replacement) in edits.into_iter() {
        if range.start < from {
            continue;
        }
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str(&replacement);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
