//! Metadata in formats that know no trees: `age__list_0__map_enc` is `age[0].enc`.

use super::node::{Branch, Node, Scalar};
use super::problem::{Problem, invalid};
use super::unseal::VALUES_MAX;

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// The tree that flat names describe.
pub(super) fn nested(flat: Vec<(String, String)>) -> Result<Node, Problem> {
    if flat.len() > VALUES_MAX {
        return invalid("it has too much metadata");
    }
    let mut root = Node::Map(Branch::new());
    for (name, value) in flat {
        place(&mut root, &name, value)?;
    }
    Ok(root)
}

/// Puts a value at the end of a name that starts with a key.
fn place(node: &mut Node, name: &str, value: String) -> Result<(), Problem> {
    let end = [MAP, LIST].into_iter().filter_map(|between| name.find(between)).min().unwrap_or(name.len());
    let (key, rest) = name.split_at(end);
    let Node::Map(branch) = node else { return contradiction() };
    let found = branch.iter().position(|(name, _)| name == key);
    let position = found.unwrap_or_else(|| {
        branch.push((key.to_owned(), start(rest)));
        branch.len() - 1
    });
    match branch.get_mut(position) {
        Some((_, node)) => below(node, rest, value),
        None => contradiction(),
    }
}

/// Puts a value at the end of a name whose key was found.
fn below(node: &mut Node, rest: &str, value: String) -> Result<(), Problem> {
    if let Some(rest) = rest.strip_prefix(MAP) {
        return place(node, rest, value);
    }
    let Some(rest) = rest.strip_prefix(LIST) else {
        *node = Node::leaf(Scalar::Text(value), 0);
        return Ok(());
    };
    let end = rest.find("__").unwrap_or(rest.len());
    let (position, rest) = rest.split_at(end);
    let (Ok(position), Node::List(elements)) = (position.parse::<usize>(), node) else {
        return contradiction();
    };
    // Sops writes the elements of a list one after the other.
    if position == elements.len() {
        elements.push(start(rest));
    }
    match elements.get_mut(position) {
        Some(node) => below(node, rest, value),
        None => contradiction(),
    }
}

/// What a name that goes on so is the beginning of.
fn start(rest: &str) -> Node {
    match rest {
        _ if rest.starts_with(MAP) => Node::Map(Branch::new()),
        _ if rest.starts_with(LIST) => Node::List(Vec::new()),
        _ => Node::leaf(Scalar::Null, 0),
    }
}

fn contradiction<T>() -> Result<T, Problem> {
    invalid("the names of its metadata contradict each other")
}
