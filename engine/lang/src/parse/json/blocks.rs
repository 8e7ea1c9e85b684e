//! Properties of JSON objects as arguments and blocks.

use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, Position, SourceRange};

use crate::ast::{Attribute, Block, Body, Expr, ExprKind, ObjectItem};

/// The blocks that an argument of a JSON body stands for, if its name is that of a block type: one
/// for an object, one for each object of a list, and one level of objects around for each label.
pub fn json_blocks(attribute: &Attribute, labels: usize) -> (Vec<Block>, Diagnostics) {
    let mut unpack = Unpack { kind: &attribute.name, blocks: Vec::new(), diagnostics: Diagnostics::new() };
    unpack.level(&attribute.value, labels, &mut Vec::new());
    (unpack.blocks, unpack.diagnostics)
}

struct Unpack<'a> {
    kind: &'a Arc<str>,
    blocks: Vec<Block>,
    diagnostics: Diagnostics,
}

impl Unpack<'_> {
    fn level(&mut self, value: &Expr, labels_left: usize, labels: &mut Vec<Arc<str>>) {
        if labels_left == 0 {
            self.contents(value, labels);
            return;
        }
        let found = items(value, &mut self.diagnostics);
        if found.is_empty() && !self.diagnostics.has_errors() {
            self.diagnostics.error(
                "Missing block label",
                format!(
                    "An object whose properties are the labels of the \"{}\" blocks is required here.",
                    self.kind
                ),
                Some(opening(value.range())),
            );
        }
        for item in found {
            labels.push(text_of(&item.key));
            self.level(&item.value, labels_left - 1, labels);
            labels.pop();
        }
    }

    fn contents(&mut self, value: &Expr, labels: &[Arc<str>]) {
        match value.kind() {
            ExprKind::Tuple(elements) => elements.iter().for_each(|element| self.block(element, labels)),
            ExprKind::Literal(value) if value.is_null() => {}
            _ => self.block(value, labels),
        }
    }

    fn block(&mut self, value: &Expr, labels: &[Arc<str>]) {
        let body = json_body(value, &mut self.diagnostics);
        self.blocks.push(Block {
            kind: self.kind.clone(),
            labels: labels.to_vec(),
            range: opening(value.range()),
            body,
        });
    }
}

/// A body whose arguments are the properties of an object, or of several.
fn json_body(value: &Expr, diagnostics: &mut Diagnostics) -> Body {
    Body { attributes: properties(value, diagnostics).into(), blocks: [].into() }
}

/// The properties of an object, or of all objects in a list, as arguments; comments are left out.
pub(super) fn properties(value: &Expr, diagnostics: &mut Diagnostics) -> Vec<Attribute> {
    let attribute = |item: &ObjectItem| Attribute {
        name: text_of(&item.key),
        name_range: item.key.range().clone(),
        value: item.value.clone(),
        json: true,
    };
    items(value, diagnostics)
        .into_iter()
        .map(attribute)
        .filter(|attribute| &*attribute.name != "//")
        .collect()
}

fn items<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Vec<&'a ObjectItem> {
    match value.kind() {
        ExprKind::Object(items) => items.iter().collect(),
        ExprKind::Tuple(elements) => elements
            .iter()
            .flat_map(|element| match element.kind() {
                ExprKind::Object(items) => items.iter().collect(),
                _ => wrong_type(element, diagnostics),
            })
            .collect(),
        ExprKind::Literal(literal) if literal.is_null() => Vec::new(),
        _ => wrong_type(value, diagnostics),
    }
}

fn wrong_type<T>(value: &Expr, diagnostics: &mut Diagnostics) -> Vec<T> {
    diagnostics.error(
        "Incorrect JSON value type",
        "A JSON object is required here, or a list of objects: its properties are arguments, blocks or labels.",
        Some(value.range().clone()),
    );
    Vec::new()
}

fn text_of(key: &Expr) -> Arc<str> {
    match key.kind() {
        ExprKind::JsonString(string) => string.text().into(),
        _ => "".into(),
    }
}

/// The bracket that a value begins with.
fn opening(range: &SourceRange) -> SourceRange {
    let start = range.start;
    let end =
        Position { column: start.column.saturating_add(1), byte: start.byte.saturating_add(1), ..start };
    SourceRange { filename: range.filename.clone(), start, end }
}

/// An argument that is there twice.
pub(super) fn duplicate(attribute: &Attribute, first: &SourceRange) -> Diagnostic {
    let detail = format!(
        "The argument \"{}\" is set on line {} already. Remove one of the two.",
        attribute.name, first.start.line
    );
    Diagnostic::error("Duplicate argument", detail).at(attribute.name_range.clone())
}
