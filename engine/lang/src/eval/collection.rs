//! Constructors of tuples and objects, and `for` expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Diagnostics, Marks, SourceRange, Type, Value};

use super::Evaluator;
use super::access::Each;
use crate::ast::{Expr, ExprKind, ForExpr, ObjectItem};

/// Keys and values of something iterated; `None` where it is unknown.
pub(crate) type Items = Option<Vec<(Value, Value)>>;

/// Keys (indexes, map keys, or the elements of a set) and values of a known value that can be
/// iterated.
pub(crate) fn items(value: &Value) -> Items {
    Some(match value.kind() {
        Kind::List(_, elements) | Kind::Tuple(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| (Value::number(index), element.clone()))
            .collect(),
        Kind::Set(_, elements) => elements.iter().map(|element| (element.clone(), element.clone())).collect(),
        Kind::Map(_, entries) | Kind::Object(entries) => {
            entries.iter().map(|(key, element)| (Value::string(key), element.clone())).collect()
        }
        Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => return None,
    })
}

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn eval_tuple(&mut self, elements: &[Expr]) -> Value {
        let elements: Vec<Value> = elements
            .iter()
            .map(|element| {
                let value = self.eval(element);
                self.part(value, element)
            })
            .collect();
        Value::tuple(elements)
    }

    #[inline(never)]
    pub(super) fn eval_object(&mut self, items: &[ObjectItem]) -> Value {
        let mut attributes = BTreeMap::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for item in items {
            let key = self.eval_key(&item.key, &mut marks);
            let value = self.eval(&item.value);
            let value = self.part(value, &item.value);
            match key {
                Some(key) => self.insert(&mut attributes, key, value, &item.key),
                None => known = false,
            }
        }
        if !known {
            return Value::unknown(Type::Dynamic);
        }
        Value::from(Kind::Object(attributes.into())).with_marks(marks)
    }

    /// Adds one item. The last one of a name wins in the native syntax; the JSON syntax refuses more.
    fn insert(
        &mut self,
        attributes: &mut BTreeMap<Arc<str>, Value>,
        key: Arc<str>,
        value: Value,
        expr: &Expr,
    ) {
        if matches!(expr.kind(), ExprKind::JsonString(_)) && attributes.contains_key(&key) {
            let detail = "An attribute of this name is in the object already. Remove one of the two.";
            self.fail("Duplicate object attribute", detail, expr.range());
        }
        attributes.insert(key, value);
    }

    /// The key of one item; `None` where it is unknown or wrong.
    #[inline(never)]
    fn eval_key(&mut self, expr: &Expr, marks: &mut Marks) -> Option<Arc<str>> {
        if is_bare_reference(expr) {
            self.fail(
                "Ambiguous attribute key",
                "If this expression is intended to be a reference, wrap it in parentheses. If it is instead a literal name containing periods, wrap it in quotes.",
                expr.range(),
            );
            return None;
        }
        let (key, found) = self.eval(expr).unmark();
        *marks = marks.union(found);
        if key.is_null() {
            self.fail("Null value as key", "Can't use a null value as a key.", expr.range());
            return None;
        }
        match convert(&key, &Type::String) {
            Ok(key) => key.as_str().map(Arc::from),
            Err(error) => {
                let detail = format!("Can't use this value as a key: {error}.");
                self.fail("Incorrect key type", detail, expr.range());
                None
            }
        }
    }

    /// What a `for` goes over; `None` after an error.
    #[inline(never)]
    pub(super) fn iterate(
        &mut self,
        collection: &Expr,
        range: &SourceRange,
        what: &str,
    ) -> Option<Collection> {
        let (value, marks) = self.eval(collection).unmark();
        if value.is_null() {
            let detail = format!("A null value cannot be used as the collection in {what}.");
            self.fail("Iteration over null value", detail, range);
            return None;
        }
        let items = items(&value);
        let iterable = items.is_some() || (value.is_unknown() && !value.ty().is_primitive());
        if !iterable {
            let name = value.ty().friendly_name();
            let detail = format!("A value of type {name} cannot be used as the collection in {what}.");
            self.fail("Iteration over non-iterable value", detail, range);
            return None;
        }
        Some(Collection { items, marks, untyped: value.ty() == Type::Dynamic })
    }

    #[inline(never)]
    pub(super) fn eval_for(&mut self, for_expr: &ForExpr, range: &SourceRange) -> Value {
        if let Some(source) = splat_source(for_expr) {
            let each = Each::Body(&for_expr.value_name, &for_expr.value);
            return self.eval_splat(source, &each, range);
        }
        let range = for_expr.collection.range();
        let Some(Collection { items, marks, untyped }) =
            self.iterate(&for_expr.collection, range, "a 'for' expression")
        else {
            return Value::unknown(Type::Dynamic);
        };
        if untyped {
            return Value::unknown(Type::Dynamic).with_marks(marks);
        }
        let Some(condition_marks) = self.check_condition(for_expr) else {
            return Value::unknown(Type::Dynamic);
        };
        let Some(items) = items else {
            return Value::unknown(Type::Dynamic).with_marks(marks.union(condition_marks));
        };
        let mut result = ForResult { marks, known: true, values: Vec::new(), entries: BTreeMap::new() };
        for (key, value) in items {
            let key = for_expr.key_name.as_ref().map(|name| (name.clone(), key));
            let names = key.into_iter().chain([(for_expr.value_name.clone(), value)]);
            self.with_names(names, |inner| inner.eval_for_item(for_expr, &mut result));
        }
        finish_for(for_expr, result)
    }

    /// Evaluates the condition once with nothing known, so that a wrong one is reported even for an
    /// empty or unknown collection; its marks, or `None` where it is wrong.
    #[inline(never)]
    fn check_condition(&mut self, for_expr: &ForExpr) -> Option<Marks> {
        let Some(condition) = &for_expr.condition else { return Some(Marks::NONE) };
        let unknown = || Value::unknown(Type::Dynamic);
        let names: Vec<_> = for_expr
            .key_name
            .iter()
            .chain([&for_expr.value_name])
            .map(|name| (name.clone(), unknown()))
            .collect();
        let (value, diagnostics) = self.aside(|inner| inner.with_names(names, |inner| inner.eval(condition)));
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        if failed {
            return None;
        }
        let (value, marks) = value.unmark();
        self.condition_of(value, condition.range()).map(|_| marks)
    }

    /// The truth of an `if` clause: `None` after an error, `Some(None)` where it is unknown.
    fn condition_of(&mut self, value: Value, range: &SourceRange) -> Option<Option<bool>> {
        const SUMMARY: &str = "Invalid 'for' condition";
        if value.is_null() {
            self.fail(SUMMARY, "The value of the 'if' clause must not be null.", range);
            return None;
        }
        match convert(&value, &Type::Bool) {
            Ok(value) => Some(value.as_bool()),
            Err(error) => {
                self.fail(SUMMARY, format!("The 'if' clause value is invalid: {error}."), range);
                None
            }
        }
    }

    #[inline(never)]
    fn eval_for_item(&mut self, for_expr: &ForExpr, result: &mut ForResult) {
        if let Some(condition) = &for_expr.condition {
            let (value, marks) = self.eval(condition).unmark();
            result.marks = result.marks.union(marks);
            let (truth, problems) = self.aside(|inner| inner.condition_of(value, condition.range()));
            result.complain(self, problems);
            match truth.flatten() {
                Some(true) => {}
                Some(false) => return,
                None => {
                    result.known = false;
                    return;
                }
            }
        }
        let Some(key) = &for_expr.key else {
            let value = self.eval(&for_expr.value);
            let value = self.part(value, &for_expr.value);
            result.values.push(value);
            return;
        };
        let (value, marks) = self.eval(key).unmark();
        result.marks = result.marks.union(marks);
        let (name, problems) = self.aside(|inner| inner.for_key(value, key.range()));
        result.complain(self, problems);
        let Some(name) = name else {
            result.known = false;
            return;
        };
        let value = self.eval(&for_expr.value);
        let value = self.part(value, &for_expr.value);
        let values = result.entries.entry(name.clone()).or_default();
        if !for_expr.grouping && !values.is_empty() {
            let detail = format!(
                "Two different items produced the key {name:?} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key."
            );
            let detail = if result.marks.is_empty() { detail } else { DUPLICATE_HIDDEN.to_owned() };
            self.fail("Duplicate object key", detail, key.range());
            return;
        }
        values.push(value);
    }

    /// The name that a key stands for; `None` where it is unknown or wrong.
    #[inline(never)]
    fn for_key(&mut self, value: Value, range: &SourceRange) -> Option<Arc<str>> {
        const SUMMARY: &str = "Invalid object key";
        if value.is_null() {
            let detail = "Key expression in 'for' expression must not produce a null value.";
            self.fail(SUMMARY, detail, range);
            return None;
        }
        if value.is_unknown() {
            return None;
        }
        match convert(&value, &Type::String) {
            Ok(value) => value.as_str().map(Arc::from),
            Err(error) => {
                let detail = format!("The key expression produced an invalid result: {error}.");
                self.fail(SUMMARY, detail, range);
                None
            }
        }
    }
}

const DUPLICATE_HIDDEN: &str = "Two different items produced the same key in this 'for' expression. The key is sensitive and not shown. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.";

fn finish_for(for_expr: &ForExpr, result: ForResult) -> Value {
    if !result.known {
        return Value::unknown(Type::Dynamic).with_marks(result.marks);
    }
    if for_expr.key.is_none() {
        return Value::tuple(result.values).with_marks(result.marks);
    }
    let attributes: Entries = result
        .entries
        .into_iter()
        .filter_map(|(key, mut values)| {
            let value = if for_expr.grouping { Value::tuple(values) } else { values.pop()? };
            Some((key, value))
        })
        .collect();
    Value::from(Kind::Object(attributes)).with_marks(result.marks)
}

/// The source of a splat that has another splat inside. The parser writes it as a `for` over the
/// plain splat, with a name that no user can write.
fn splat_source(for_expr: &ForExpr) -> Option<&Expr> {
    match for_expr.collection.kind() {
        ExprKind::Splat { source, each }
            if each.is_empty() && &*for_expr.value_name == crate::parse::SPLAT_ELEMENT =>
        {
            Some(source)
        }
        _ => None,
    }
}

/// What a `for` goes over.
pub(crate) struct Collection {
    /// Its elements, if it is known.
    pub(crate) items: Items,
    /// Its own marks.
    pub(crate) marks: Marks,
    /// Not even its type is known.
    untyped: bool,
}

struct ForResult {
    marks: Marks,
    known: bool,
    values: Vec<Value>,
    entries: BTreeMap<Arc<str>, Vec<Value>>,
}

impl ForResult {
    /// Reports what is wrong with a key or condition, as long as the result is known at all.
    fn complain(&self, evaluator: &mut Evaluator, problems: Diagnostics) {
        if self.known {
            evaluator.diagnostics.extend(problems);
        }
    }
}

/// `a.b` as a key: could be meant as a name or as a reference.
fn is_bare_reference(expr: &Expr) -> bool {
    let mut expr = expr;
    let mut steps = 0;
    loop {
        match expr.kind() {
            ExprKind::Attribute(inner, _) | ExprKind::LegacyIndex(inner, _) => {
                expr = inner;
                steps += 1;
            }
            ExprKind::Index(inner, key) if matches!(key.kind(), ExprKind::Literal(_)) => {
                expr = inner;
                steps += 1;
            }
            ExprKind::Name(_) => return steps > 0,
            _ => return false,
        }
    }
}
