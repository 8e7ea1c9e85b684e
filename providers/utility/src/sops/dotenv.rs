//! Files of variables: `NAME=value` in each line, with line ends in a value written as `\n`.

use super::layout::{Comment, Layout};
use super::node::{Branch, Leaf, Node, Scalar};
use super::problem::{Problem, invalid};
use super::{cipher, nested, text_of};

/// What the names of metadata start with.
const METADATA: &str = "sops_";

/// Variables, metadata and places of a sealed file.
pub(super) fn read_sealed(text: &str) -> Result<(Branch, Node, Layout), Problem> {
    let mut layout = Layout::default();
    let (mut branch, mut metadata) = (Branch::new(), Vec::new());
    for (start, line) in lines(text) {
        if let Some(comment) = line.strip_prefix('#') {
            if cipher::is_sealed(comment) {
                let range = start + 1..start + line.len();
                layout.comments.push(Comment { range, paths: vec![Vec::new()], before: None });
            }
            continue;
        }
        let (name, value) = variable(line)?;
        if let Some(name) = name.strip_prefix(METADATA) {
            metadata.push((name.to_owned(), value.clone()));
            layout.cuts.push(start..(start + line.len() + 1).min(text.len()));
            continue;
        }
        branch.push((name.to_owned(), Node::leaf(Scalar::Text(value), layout.values.len())));
        layout.values.push(start + name.len() + 1..start + line.len());
    }
    match metadata.is_empty() {
        true => invalid(super::NO_METADATA),
        false => Ok((branch, nested::nested(metadata)?, layout)),
    }
}

/// The variables of a file in clear.
pub(super) fn read(text: &str) -> Result<Branch, Problem> {
    let lines = lines(text).filter(|(_, line)| !line.starts_with('#'));
    let variables = lines.map(|(_, line)| {
        let (name, value) = variable(line)?;
        Ok((name.to_owned(), Node::leaf(Scalar::Text(value), 0)))
    });
    variables.collect()
}

/// A value in its line.
pub(super) fn written(leaf: &Leaf) -> String {
    text_of(&leaf.value).replace('\n', "\\n")
}

/// The lines that are not empty, with the byte that each starts at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let lines = text.split('\n').map(move |line| {
        let found = (start, line);
        start += line.len() + 1;
        found
    });
    lines.filter(|(_, line)| !line.is_empty())
}

fn variable(line: &str) -> Result<(&str, String), Problem> {
    match line.split_once('=') {
        Some((name, value)) => Ok((name, value.replace("\\n", "\n"))),
        None => invalid("a line of it is no variable: it has no sign of equality"),
    }
}
