//! The difference of two values as a tree: what [`super::compare`] finds and [`super::write`] prints.
//! Nothing sensitive gets into it.

use std::sync::Arc;

/// What happens to the part of a value that a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    None,
    Create,
    Update,
    Delete,
}

/// What is said behind a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// Its change forces a replacement.
    pub(super) replace: bool,
    /// It was changed outside and is put back.
    pub(super) drift: bool,
    /// It is hidden on one side only.
    pub(super) marking: Option<Marking>,
}

/// What becomes of whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marking {
    /// Whether it may not be shown from now on; else it may.
    pub(super) hidden: bool,
    /// Whether the value itself changes, too.
    pub(super) changed: bool,
}

/// One part of a value, before and after.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) action: Action,
    pub(super) notes: Notes,
    pub(super) shape: Shape,
}

/// The nested blocks of one type; those of a map have a label.
pub(super) type Labelled = Vec<(Option<String>, Node)>;

/// What a node looks like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// `true`, `1`, `null`: as written in HCL.
    Leaf { before: Option<String>, after: Option<String> },
    /// Text.
    Text { before: Option<Arc<str>>, after: Option<Arc<str>> },
    /// Text that holds a JSON document; `whitespace` when only its layout changes.
    Json { document: Box<Node>, whitespace: bool },
    /// Not shown; the words that stand for it.
    Hidden(&'static str),
    /// Known only after apply.
    Unknown { before: Option<Box<Node>> },
    /// An object: attributes by name.
    Fields(Vec<(String, Node)>),
    /// A map: elements by key.
    Entries(Vec<(String, Node)>),
    /// A list, tuple or set; `ordered` when neighbours of a change are worth showing.
    Elements { nodes: Vec<Node>, ordered: bool },
    /// A block: attributes and nested blocks by name, in order; and how many attributes only the provider
    /// decides, which are left out.
    Block { attributes: Vec<(String, Node)>, blocks: Vec<(String, Labelled)>, later: usize },
    /// A value that turns into one of quite another type.
    Types { before: Box<Node>, after: Box<Node> },
}

/// The action of something made of parts that exists before and after.
pub(super) fn combined<'a>(parts: impl IntoIterator<Item = &'a Node>) -> Action {
    match parts.into_iter().all(|node| node.action == Action::None) {
        true => Action::None,
        false => Action::Update,
    }
}
