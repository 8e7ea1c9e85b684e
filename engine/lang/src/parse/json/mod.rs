//! The JSON syntax: `.tf.json` and `.tfvars.json`.
//!
//! `reader` turns the text into expressions: objects, lists, numbers, and strings that are templates
//! ([`JsonString`]). What a property of a body means, an argument or blocks, only the schema of the
//! body says. The language's own bodies are therefore made as the native syntax makes them by the
//! table in `language`; what is left over for providers stays a list of arguments that are marked
//! (`Attribute::json`), and [`json_blocks`] makes blocks of one for whoever has the schema.

mod blocks;
mod language;
mod reader;

#[cfg(test)]
mod tests;

use evenkeel_model::{Diagnostics, SourceRange, Value};

use super::position::{Inside, Source};
use super::{Body, Expr, decode, expression_in};
use crate::ast::{Attribute, ExprKind, ObjectItem};

pub use self::blocks::json_blocks;
pub use self::language::json_dynamic;

/// A string of the JSON syntax: it is a template where an expression is evaluated, and the text of an
/// expression in the places where the native syntax has names and types.
#[derive(Clone, Debug)]
pub struct JsonString {
    /// The text.
    pub value: Value,
    /// The template, if there are sequences in the text, or what is wrong with it.
    pub template: Option<Result<Expr, Diagnostics>>,
    pub(super) inside: Inside,
}

impl JsonString {
    /// The text.
    pub fn text(&self) -> &str {
        self.value.as_str().unwrap_or_default()
    }
}

/// Parses a configuration file in JSON syntax.
pub fn parse_json_file(filename: &str, text: &[u8]) -> (Body, Diagnostics) {
    let (root, mut diagnostics) = read(filename, text);
    let body = root.map(|root| language::file(&root, &mut diagnostics)).unwrap_or_default();
    (body, diagnostics)
}

/// The arguments of a JSON file in which nothing but constants stands.
pub fn parse_json_constants(filename: &str, text: &[u8]) -> (Body, Diagnostics) {
    let (root, mut diagnostics) = read(filename, text);
    let Some(root) = root else { return (Body::default(), diagnostics) };
    let mut attributes: Vec<Attribute> = Vec::new();
    if !matches!(root.kind(), ExprKind::Object(_)) {
        diagnostics.error(
            "Incorrect JSON value type",
            "The file holds one JSON object: names and their values.",
            Some(root.range().clone()),
        );
    }
    for property in blocks::properties(&root, &mut diagnostics) {
        match attributes.iter().find(|attribute| attribute.name == property.name) {
            Some(first) => diagnostics.push(blocks::duplicate(&property, &first.name_range)),
            None => {
                attributes.push(Attribute { value: literal(&property.value, &mut diagnostics), ..property });
            }
        }
    }
    (Body { attributes: attributes.into(), blocks: [].into() }, diagnostics)
}

fn read(filename: &str, text: &[u8]) -> (Option<Expr>, Diagnostics) {
    let (text, removed) = match decode(filename, text) {
        Ok(decoded) => decoded,
        Err(diagnostic) => return (None, diagnostic.into()),
    };
    let source = Source::new(filename, text, removed);
    match reader::read(&source) {
        Ok(root) => (Some(root), Diagnostics::new()),
        Err(problem) => (None, problem.diagnostic(&source).into()),
    }
}

/// The expression with strings that are what they are, and no templates.
fn literal(expr: &Expr, diagnostics: &mut Diagnostics) -> Expr {
    let kind = match expr.kind() {
        ExprKind::JsonString(string) => ExprKind::Literal(string.value.clone()),
        ExprKind::Tuple(elements) => {
            ExprKind::Tuple(elements.iter().map(|element| literal(element, diagnostics)).collect())
        }
        ExprKind::Object(items) => ExprKind::Object(literal_items(items, diagnostics)),
        _ => return expr.clone(),
    };
    Expr::new(kind, expr.range().clone())
}

fn literal_items(items: &[ObjectItem], diagnostics: &mut Diagnostics) -> Vec<ObjectItem> {
    let mut seen = std::collections::BTreeMap::<&str, &SourceRange>::new();
    for item in items {
        if let ExprKind::JsonString(key) = item.key.kind()
            && let Some(first) = seen.insert(key.text(), item.key.range())
        {
            diagnostics.error(
                "Duplicate object attribute",
                format!(
                    "An attribute named \"{}\" is there already, on line {}.",
                    key.text(),
                    first.start.line
                ),
                Some(item.key.range().clone()),
            );
        }
    }
    let literal_item = |item: &ObjectItem| ObjectItem {
        key: literal(&item.key, &mut Diagnostics::new()),
        value: literal(&item.value, diagnostics),
    };
    items.iter().map(literal_item).collect()
}

/// The expression with strings that are the text of expressions.
fn syntax(expr: &Expr, diagnostics: &mut Diagnostics) -> Expr {
    let kind = match expr.kind() {
        ExprKind::JsonString(string) => {
            let source = Source::inside(expr.range().filename.clone(), string.text(), string.inside.clone());
            let (parsed, problems) = expression_in(&source);
            diagnostics.extend(problems);
            return parsed.unwrap_or_else(|| literal(expr, diagnostics));
        }
        ExprKind::Tuple(elements) => {
            ExprKind::Tuple(elements.iter().map(|element| syntax(element, diagnostics)).collect())
        }
        ExprKind::Object(items) => ExprKind::Object(
            items
                .iter()
                .map(|item| ObjectItem {
                    key: syntax_key(&item.key, diagnostics),
                    value: syntax(&item.value, diagnostics),
                })
                .collect(),
        ),
        _ => return expr.clone(),
    };
    Expr::new(kind, expr.range().clone())
}

/// A key with dots in it is a reference, any other a name.
fn syntax_key(key: &Expr, diagnostics: &mut Diagnostics) -> Expr {
    match key.kind() {
        ExprKind::JsonString(string) if string.text().contains('.') => syntax(key, diagnostics),
        _ => literal(key, diagnostics),
    }
}
