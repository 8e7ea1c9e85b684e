//! A document as a tree whose branches keep their order: the order is what the code of the whole file is made from.

use super::moment::Moment;

/// A mapping.
pub(super) type Branch = Vec<(String, Node)>;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// One value.
    Leaf(Leaf),
    /// A list.
    List(Vec<Self>),
    /// A mapping.
    Map(Branch),
}

/// A value without parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// What it says.
    pub(super) value: Scalar,
    /// Counts the leaves of a document, for whoever has to find its place in the text.
    pub(super) id: usize,
    /// Whether it was sealed, and is not any more.
    pub(super) opened: bool,
}

/// What a leaf says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A moment, which YAML can say.
    Time(Moment),
    /// A comment: sops seals one in a list as if it were an element.
    Comment(String),
}

impl Node {
    /// A leaf as it was read.
    pub(super) fn leaf(value: Scalar, id: usize) -> Self {
        Self::Leaf(Leaf { value, id, opened: false })
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Leaf(Leaf { value: Scalar::Text(text), .. }) => Some(text),
            Self::Leaf(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Whether it is a comment.
    pub(super) fn is_comment(&self) -> bool {
        matches!(self, Self::Leaf(Leaf { value: Scalar::Comment(_), .. }))
    }

    /// The elements; none where it is no list.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            Self::Leaf(_) | Self::Map(_) => &[],
        }
    }

    /// The value under a key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(branch) => get(branch, key),
            Self::Leaf(_) | Self::List(_) => None,
        }
    }

    /// All leaves, in order.
    pub(super) fn leaves<'n>(&'n self, found: &mut Vec<&'n Leaf>) {
        match self {
            Self::Leaf(leaf) => found.push(leaf),
            Self::List(elements) => elements.iter().for_each(|element| element.leaves(found)),
            Self::Map(branch) => branch.iter().for_each(|(_, node)| node.leaves(found)),
        }
    }
}

/// The value under a key.
pub(super) fn get<'n>(branch: &'n [(String, Node)], key: &str) -> Option<&'n Node> {
    branch.iter().find(|(name, _)| name == key).map(|(_, node)| node)
}
