//! Finds the difference of two values, as deep as it can be shown: blocks by schema, objects and
//! maps by name, lists by their longest common subsequence, sets by value, texts that hold JSON by
//! their content.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::schema::{Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{Path, PathStep, Type, Value, json};
use evenkeel_provider::diff::same;

use super::node::{Action, Marking, Node, Notes, Shape, combined};
use super::{align, hide, text};

/// Which paths get a note.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    pub(super) replace: BTreeSet<Path>,
    pub(super) drift: BTreeSet<Path>,
}

/// The difference of two objects of a resource type.
pub(super) fn objects(
    before: Option<&Value>,
    after: Option<&Value>,
    schema: Option<&Schema>,
    noted: &Noted,
) -> Node {
    let marked = |value: Option<&Value>| value.map(|value| hide::by_schema(schema, value));
    let own = (marked(before), marked(after));
    let (before, after) = hide::together(own.0.as_ref(), own.1.as_ref());
    let empty = Block::default();
    let block = schema.map_or(&empty, |schema| &schema.block);
    let own = (own.0.as_ref(), own.1.as_ref());
    Comparison { noted, path: Path::root(), plain: false, modern: false, own }.block(
        present(before.as_ref()),
        present(after.as_ref()),
        block,
    )
}

/// The difference of two values of any type.
pub(super) fn values(before: Option<&Value>, after: Option<&Value>) -> Node {
    let own = (before, after);
    let (before, after) = hide::together(before, after);
    // What the type of an output is, nobody declares.
    Comparison { noted: &Noted::default(), path: Path::root(), plain: true, modern: true, own }
        .value(before.as_ref(), after.as_ref())
}

fn without_notes(before: Option<&Value>, after: Option<&Value>, plain: bool) -> Node {
    Comparison { noted: &Noted::default(), path: Path::root(), plain, modern: true, own: (None, None) }
        .value(before, after)
}

/// So many attributes of a new object that only the provider decides are worth a line each.
const LATER_MAX: usize = 3;

/// Takes out the attributes that nobody can set and nobody knows yet, where there are many, and counts
/// them. What an object will be found by stays.
fn leave_out_later(attributes: &mut Vec<(String, Node)>, block: &Block) -> usize {
    let is_later = |(name, node): &(String, Node)| {
        let decided = block
            .attributes
            .get(name.as_str())
            .is_some_and(|attribute| attribute.computed && !attribute.optional);
        decided && name != "id" && matches!(node.shape, Shape::Unknown { before: None })
    };
    let later = attributes.iter().filter(|attribute| is_later(attribute)).count();
    if later <= LATER_MAX {
        return 0;
    }
    attributes.retain(|attribute| !is_later(attribute));
    later
}

/// A value that is there: not null.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() || !value.marks().is_empty())
}

/// Whether a block has what the providers of old could not declare: types with objects, tuples, anything,
/// or collections of collections, and maps of blocks.
fn is_modern(block: &Block) -> bool {
    let is_simple = |ty: &Type| matches!(ty, Type::String | Type::Number | Type::Bool);
    let is_old = |ty: &Type| match ty {
        Type::List(element) | Type::Set(element) | Type::Map(element) => is_simple(element),
        other => is_simple(other),
    };
    block.attributes.values().any(|attribute| !is_old(&attribute.ty))
        || block
            .block_types
            .values()
            .any(|nested| matches!(nested.nesting_mode, Nesting::Map | Nesting::Group))
}

/// The same for an attribute of a block, where the public providers do not tell an empty text from
/// none.
fn present_in_block(value: Option<&Value>) -> Option<&Value> {
    present(value).filter(|value| value.as_str() != Some("") || !value.marks().is_empty())
}

fn action(before: Option<&Value>, after: Option<&Value>) -> Action {
    match (before, after) {
        (None, None) => Action::None,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(before), Some(after)) if same(before, after) => Action::None,
        (Some(_), Some(_)) => Action::Update,
    }
}

struct Comparison<'a> {
    noted: &'a Noted,
    path: Path,
    /// Whether no type is declared, so that maps are shown as objects.
    plain: bool,
    /// Whether the schema has what older providers could not have, so that an empty text is not the same
    /// as none.
    modern: bool,
    /// The whole values, each with its own marks alone.
    own: (Option<&'a Value>, Option<&'a Value>),
}

impl Comparison<'_> {
    fn inside(&mut self, step: PathStep, compare: impl FnOnce(&mut Self) -> Node) -> Node {
        self.path.0.push(step);
        let node = compare(self);
        self.path.0.pop();
        node
    }

    /// The notes for exactly this place.
    fn notes_here(&self) -> Notes {
        Notes {
            replace: self.noted.replace.contains(&self.path),
            drift: self.noted.drift.contains(&self.path),
            marking: None,
        }
    }

    /// The notes for this place and everything inside that is not shown apart.
    fn notes_below(&self) -> Notes {
        let below = |paths: &BTreeSet<Path>| {
            paths.range(&self.path..).next().is_some_and(|path| path.0.starts_with(&self.path.0))
        };
        Notes { replace: below(&self.noted.replace), drift: below(&self.noted.drift), marking: None }
    }

    fn whole(&self, action: Action, shape: Shape) -> Node {
        Node { action, notes: self.notes_below(), shape }
    }

    /// The node of something that exists (before, after or both) and is made of parts.
    fn parts(&self, before: bool, after: bool, shape: Shape) -> Node {
        let action = match (before, after) {
            (false, _) => Action::Create,
            (_, false) => Action::Delete,
            _ => match &shape {
                Shape::Fields(nodes) | Shape::Entries(nodes) => combined(nodes.iter().map(|(_, node)| node)),
                Shape::Elements { nodes, .. } => combined(nodes),
                Shape::Block { attributes, blocks, later: _ } => {
                    let nested = blocks.iter().flat_map(|(_, nodes)| nodes.iter().map(|(_, node)| node));
                    combined(attributes.iter().map(|(_, node)| node).chain(nested))
                }
                _ => Action::Update,
            },
        };
        Node { action, notes: self.notes_here(), shape }
    }

    /// What becomes of whether the value here may be shown, where that changes.
    fn marking(&self, action: Action) -> Option<Marking> {
        let is_hidden = |whole: Option<&Value>| whole?.at(&self.path).map(|value| !value.marks().is_empty());
        let (was, will) = (is_hidden(self.own.0)?, is_hidden(self.own.1)?);
        (was != will).then_some(Marking { hidden: will, changed: action != Action::None })
    }

    /// What is the same for every kind of value: not shown, or not known yet.
    fn veiled(&mut self, before: Option<&Value>, after: Option<&Value>) -> Option<Node> {
        let marks = [before, after].into_iter().flatten().map(Value::marks);
        if let Some(words) = hide::words(marks.fold(Default::default(), |all, marks| all.union(marks))) {
            let mut node = self.whole(action(before, after), Shape::Hidden(words));
            // Of what is not known yet nobody can say whether it may be shown.
            if before.is_some() && after.is_some_and(Value::is_known) {
                node.notes.marking = self.marking(node.action);
                // That it may be shown, or not any more, is a change in itself.
                node.action = if node.notes.marking.is_some() { Action::Update } else { node.action };
            }
            return Some(node);
        }
        if !after.is_some_and(Value::is_unknown) {
            return None;
        }
        let known = before.filter(|before| before.is_known());
        let deleted = known.map(|known| Box::new(without_notes(Some(known), None, self.plain)));
        let action = if deleted.is_some() { Action::Update } else { Action::Create };
        Some(self.whole(action, Shape::Unknown { before: deleted }))
    }

    fn value(&mut self, before: Option<&Value>, after: Option<&Value>) -> Node {
        if let Some(veiled) = self.veiled(before, after) {
            return veiled;
        }
        match (before.map(Value::kind), after.map(Value::kind)) {
            (Some(Kind::Object(_) | Kind::Map(..)), Some(Kind::Object(_) | Kind::Map(..)))
            | (Some(Kind::Object(_) | Kind::Map(..)), None)
            | (None, Some(Kind::Object(_) | Kind::Map(..))) => self.entries(before, after),
            (Some(Kind::Set(..)), Some(Kind::Set(..)) | None) | (None, Some(Kind::Set(..)))
                if !self.plain =>
            {
                self.set(before, after)
            }
            (old, new) if is_sequence(old) && is_sequence(new) && (old.is_some() || new.is_some()) => {
                self.list(before, after)
            }
            (Some(Kind::String(old)), Some(Kind::String(new))) => self.text(Some(old), Some(new)),
            (Some(Kind::String(old)), None) => self.text(Some(old), None),
            (None, Some(Kind::String(new))) => self.text(None, Some(new)),
            (Some(old), Some(new)) if is_compound(old) || is_compound(new) => self.types(before, after),
            (Some(Kind::String(_)), Some(_)) | (Some(_), Some(Kind::String(_))) => self.types(before, after),
            _ => self.whole(
                action(before, after),
                Shape::Leaf { before: before.map(leaf), after: after.map(leaf) },
            ),
        }
    }

    /// A value that becomes one of another type: both in full.
    fn types(&mut self, before: Option<&Value>, after: Option<&Value>) -> Node {
        let (before, after) =
            (without_notes(before, None, self.plain), without_notes(None, after, self.plain));
        self.whole(Action::Update, Shape::Types { before: Box::new(before), after: Box::new(after) })
    }

    fn entries(&mut self, before: Option<&Value>, after: Option<&Value>) -> Node {
        let is_object =
            self.plain || after.or(before).is_some_and(|value| matches!(value.kind(), Kind::Object(_)));
        let mut nodes = Vec::new();
        for name in names(before, after) {
            let (old, new) = (before.and_then(|v| v.get(&name)), after.and_then(|v| v.get(&name)));
            let step = match is_object {
                true => PathStep::Attribute(name.clone()),
                false => PathStep::Key(name.clone()),
            };
            let node = self.inside(step, |inside| inside.value(old, new));
            nodes.push((if is_object { text::name(&name) } else { text::quote(&name) }, node));
        }
        let shape = if is_object { Shape::Fields(nodes) } else { Shape::Entries(nodes) };
        self.parts(before.is_some(), after.is_some(), shape)
    }

    fn set(&mut self, before: Option<&Value>, after: Option<&Value>) -> Node {
        let nodes = self.set_nodes(before, after, Self::value);
        let mut node =
            self.parts(before.is_some(), after.is_some(), Shape::Elements { nodes, ordered: false });
        node.notes = self.notes_below();
        node
    }

    /// Elements that go, stay and come: sets have no updates.
    fn set_nodes(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        compare: impl Fn(&mut Self, Option<&Value>, Option<&Value>) -> Node,
    ) -> Vec<Node> {
        let (old, new) = (elements(before), elements(after));
        let kept: BTreeSet<&Value> = new.iter().collect();
        let had: BTreeSet<&Value> = old.iter().collect();
        self.path.0.push(PathStep::Element);
        let mut nodes = Vec::new();
        for element in old {
            let stays = kept.contains(element).then_some(element);
            nodes.push(compare(self, Some(element), stays));
        }
        for element in new.iter().filter(|element| !had.contains(element)) {
            nodes.push(compare(self, None, Some(element)));
        }
        self.path.0.pop();
        nodes
    }

    fn list(&mut self, before: Option<&Value>, after: Option<&Value>) -> Node {
        let (old, new) = (elements(before), elements(after));
        let nodes = align::pairs(old, new, same, is_object_like)
            .into_iter()
            .map(|(i, j)| {
                let (old, new) = (i.and_then(|i| old.get(i)), j.and_then(|j| new.get(j)));
                let index = j.or(i).unwrap_or_default();
                self.inside(PathStep::Index(index), |inside| inside.value(old, new))
            })
            .collect();
        self.parts(before.is_some(), after.is_some(), Shape::Elements { nodes, ordered: true })
    }

    fn text(&mut self, before: Option<&Arc<str>>, after: Option<&Arc<str>>) -> Node {
        let action = match (before, after) {
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            (Some(before), Some(after)) if before == after => Action::None,
            _ => Action::Update,
        };
        let documents = (before.map(|text| document(text)), after.map(|text| document(text)));
        let (old, new) = match &documents {
            (Some(Some(_)), Some(None)) | (Some(None), Some(Some(_))) => {
                // A document that becomes plain text, or the other way round: both in full.
                let (before, after) = (Box::new(self.text(before, None)), Box::new(self.text(None, after)));
                let without_notes = |node: Box<Node>| Box::new(Node { notes: Notes::default(), ..*node });
                let (before, after) = (without_notes(before), without_notes(after));
                return self.whole(action, Shape::Types { before, after });
            }
            (Some(None), _) | (_, Some(None)) => {
                let shape = Shape::Text { before: before.cloned(), after: after.cloned() };
                return self.whole(action, shape);
            }
            (old, new) => (old.as_ref().and_then(Option::as_ref), new.as_ref().and_then(Option::as_ref)),
        };
        let document = without_notes(old, new, self.plain);
        let whitespace = action == Action::Update && document.action == Action::None;
        self.whole(action, Shape::Json { document: Box::new(document), whitespace })
    }

    fn block(&mut self, before: Option<&Value>, after: Option<&Value>, block: &Block) -> Node {
        if let Some(veiled) = self.veiled(before, after) {
            return veiled;
        }
        let outer = self.modern;
        self.modern |= is_modern(block);
        let node = self.parts_of_block(before, after, block);
        self.modern = outer;
        node
    }

    fn parts_of_block(&mut self, before: Option<&Value>, after: Option<&Value>, block: &Block) -> Node {
        let mut attributes = Vec::new();
        let mut blocks = Vec::new();
        for name in names(before, after) {
            let (old, new) = (before.and_then(|v| v.get(&name)), after.and_then(|v| v.get(&name)));
            let step = PathStep::Attribute(name.clone());
            if let Some(nested) = block.block_types.get(&name) {
                self.path.0.push(step);
                let nodes = self.nested(present(old), present(new), nested);
                self.path.0.pop();
                blocks.push((text::name(&name), nodes));
                continue;
            }
            let (old, new) = match self.modern {
                true => (present(old), present(new)),
                false => (present_in_block(old), present_in_block(new)),
            };
            if old.is_some() || new.is_some() {
                let outer = self.plain;
                self.plain = block.attributes.get(&name).is_some_and(|one| one.ty == Type::Dynamic);
                attributes.push((text::name(&name), self.inside(step, |inside| inside.value(old, new))));
                self.plain = outer;
            }
        }
        let later = match before {
            None => leave_out_later(&mut attributes, block),
            Some(_) => 0,
        };
        self.parts(before.is_some(), after.is_some(), Shape::Block { attributes, blocks, later })
    }

    /// The nested blocks of one type.
    fn nested(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        nested: &NestedBlock,
    ) -> Vec<(Option<String>, Node)> {
        if before.is_none() && after.is_none() {
            return Vec::new();
        }
        if let Some(veiled) = self.veiled(before, after) {
            return vec![(None, veiled)];
        }
        match nested.nesting_mode {
            Nesting::Single | Nesting::Group => vec![(None, self.block(before, after, &nested.block))],
            Nesting::Map => names(before, after)
                .into_iter()
                .map(|key| {
                    let (old, new) = (before.and_then(|v| v.get(&key)), after.and_then(|v| v.get(&key)));
                    let node = self.inside(PathStep::Key(key.clone()), |inside| {
                        inside.block(present(old), present(new), &nested.block)
                    });
                    (Some(text::quote(&key)), node)
                })
                .collect(),
            Nesting::List => {
                let (old, new) = (elements(before), elements(after));
                let here = self.notes_here();
                (0..old.len().max(new.len()))
                    .map(|index| {
                        let mut node = self.inside(PathStep::Index(index), |inside| {
                            inside.block(old.get(index), new.get(index), &nested.block)
                        });
                        note_changed(&mut node, here);
                        (None, node)
                    })
                    .collect()
            }
            Nesting::Set => {
                let here = self.notes_below();
                let compare = |inside: &mut Self, old: Option<&Value>, new: Option<&Value>| {
                    inside.block(old, new, &nested.block)
                };
                let mut nodes = self.set_nodes(before, after, compare);
                nodes.iter_mut().for_each(|node| note_changed(node, here));
                nodes.into_iter().map(|node| (None, node)).collect()
            }
        }
    }
}

fn note_changed(node: &mut Node, notes: Notes) {
    if node.action != Action::None {
        node.notes.replace |= notes.replace;
        node.notes.drift |= notes.drift;
    }
}

fn is_compound(kind: &Kind) -> bool {
    matches!(kind, Kind::Object(_) | Kind::Map(..) | Kind::List(..) | Kind::Set(..) | Kind::Tuple(_))
}

/// A list, or nothing; a set counts where no type is declared.
fn is_sequence(kind: Option<&Kind>) -> bool {
    kind.is_none_or(|kind| matches!(kind, Kind::List(..) | Kind::Tuple(_) | Kind::Set(..)))
}

fn is_object_like(value: &Value) -> bool {
    matches!(value.kind(), Kind::Object(_)) && value.marks().is_empty()
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_elements).unwrap_or_default()
}

/// The names in either value, in order.
fn names(before: Option<&Value>, after: Option<&Value>) -> Vec<Arc<str>> {
    let entries = [before, after].into_iter().flatten().filter_map(Value::as_entries);
    entries.flat_map(|entries| entries.keys().cloned()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A value that is neither text nor made of parts, as HCL writes it.
fn leaf(value: &Value) -> String {
    match value.kind() {
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) => text::quote_plain(text),
        Kind::Unknown(..) => "(known after apply)".to_owned(),
        _ => "null".to_owned(),
    }
}

/// The JSON object or array that a text holds, if it does.
fn document(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let parsed: serde_json::Value = serde_json::from_str(text).ok()?;
    let value = json::from_plain_untyped(&parsed).ok()?;
    // Keys are compared and shown as in a map: quoted where they are no names.
    Some(value).filter(|value| value.ty() != Type::Dynamic)
}
