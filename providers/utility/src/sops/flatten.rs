//! A document as a flat map of texts: keys and positions joined with dots.

use std::collections::BTreeMap;

use super::moment::Moment;
use super::node::{Leaf, Node, Scalar};
use super::number;

/// How numbers become text: JSON knows no whole ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they are.
    Whole,
    /// All of them as fractions.
    Fractions,
}

/// All values by their paths. What stands later wins.
pub(super) fn flatten(branch: &[(String, Node)], numbers: Numbers) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    let mut writer = Writer { numbers, flat: &mut flat };
    branch.iter().for_each(|(key, node)| writer.node(key, node));
    flat
}

struct Writer<'f> {
    numbers: Numbers,
    flat: &'f mut BTreeMap<String, String>,
}

impl Writer<'_> {
    fn node(&mut self, path: &str, node: &Node) {
        match node {
            Node::Leaf(leaf) => {
                self.flat.insert(path.to_owned(), self.text(leaf));
            }
            Node::List(elements) => {
                elements.iter().enumerate().for_each(|(i, node)| self.node(&format!("{path}.{i}"), node));
            }
            Node::Map(branch) => {
                branch.iter().for_each(|(key, node)| self.node(&format!("{path}.{key}"), node));
            }
        }
    }

    fn text(&self, leaf: &Leaf) -> String {
        match &leaf.value {
            Scalar::Null => "null".into(),
            Scalar::Bool(value) => value.to_string(),
            #[allow(
                clippy::cast_precision_loss,
                reason = "JSON's numbers are fractions to the public provider"
            )]
            Scalar::Int(value) if self.numbers == Numbers::Fractions => number::printed(*value as f64),
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) => number::printed(*value),
            Scalar::Text(value) | Scalar::Comment(value) => value.clone(),
            Scalar::Time(moment) => Moment::printed(moment),
        }
    }
}
