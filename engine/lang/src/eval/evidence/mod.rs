//! What helps to understand a problem: the values of what the failing expression refers to.
//!
//! Sensitive values are not named at all, and of collections only the size is told. Names that a
//! `for` inside the expression binds have no value outside of it and are left out.

mod number;
mod subject;

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Evidence, ExpressionValue, Marks, SourceRange, Type, Value};

use super::{Evaluator, Scope};
use crate::ast::{Expr, ExprKind, SplatStep, TemplatePart};

/// More values than this help nobody.
const VALUES_MAX: usize = 32;

/// How many problems of one evaluation are explained, and how far down in an expression their place
/// is looked for: a sum has as many levels as terms.
const EXPLAINED_MAX: usize = 100;
const LEVELS_MAX: usize = 1_000;

/// Evidence about an expression, for problems that are found after it was evaluated.
pub fn evidence(expr: &Expr, scope: &dyn Scope) -> Box<Evidence> {
    let mut evaluator = Evaluator::new(scope);
    evaluator.collecting = true;
    let values = evaluator.values_of(expr);
    Box::new(Evidence { values, ..Evidence::default() })
}

impl Evaluator<'_> {
    /// Gives the problems that were found since `before` their evidence, unless they have it. Inner
    /// expressions are finished first, so that it is the one that failed.
    #[inline(never)]
    pub(super) fn explain(&mut self, before: usize, expr: &Expr) {
        if self.collecting {
            return;
        }
        let found = self.diagnostics.0.split_off(before.min(self.diagnostics.0.len()));
        for mut diagnostic in found {
            if diagnostic.evidence.is_none() && self.diagnostics.0.len() < EXPLAINED_MAX {
                diagnostic.evidence = Some(self.evidence_for(&diagnostic, expr));
                let range = diagnostic.range.as_ref();
                let subject = range.and_then(|range| subject::subject(expr, range, &diagnostic.summary));
                diagnostic.range = subject.or(diagnostic.range);
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn evidence_for(&mut self, diagnostic: &Diagnostic, expr: &Expr) -> Box<Evidence> {
        let (range, summary) = (diagnostic.range.as_ref(), &*diagnostic.summary);
        let failed = range.and_then(|range| part_at(expr, range)).unwrap_or(expr);
        self.collecting = true;
        let values = self.values_of(failed);
        self.collecting = false;
        let function = match expr.kind() {
            ExprKind::Call { name, .. } if is_about_call(summary) => Some(name.clone()),
            _ => None,
        };
        let inside = range.is_some_and(|range| expr.range().contains(range));
        let context = (inside && shows_context(expr)).then(|| expr.range().clone());
        Box::new(Evidence { context, values, function })
    }

    /// The values of the references in an expression, in order of name.
    fn values_of(&mut self, expr: &Expr) -> Vec<ExpressionValue> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for reference in references(expr) {
            if found.len() >= VALUES_MAX {
                break;
            }
            if let Some((traversal, statement)) = self.longest_value(reference) {
                found.entry(traversal).or_insert(statement);
            }
        }
        let values = found.into_iter();
        values.map(|(traversal, statement)| ExpressionValue { traversal, statement }).collect()
    }

    /// The longest start of a reference that has a value, and what is said of it.
    fn longest_value(&mut self, reference: &Expr) -> Option<(String, String)> {
        let mut expr = reference;
        loop {
            // A name alone is no value.
            let inner = inner_of(expr)?;
            let (value, problems) = self.quietly(expr);
            if !problems {
                return Some((traversal(expr)?, statement(&value)?));
            }
            expr = inner;
        }
    }

    /// Evaluates without a trace; tells whether anything was wrong.
    fn quietly(&mut self, expr: &Expr) -> (Value, bool) {
        let references = std::mem::take(&mut self.references);
        let (value, diagnostics) = self.aside(|inner| inner.eval(expr));
        let found = std::mem::replace(&mut self.references, references);
        (value, diagnostics.has_errors() || found.has_errors())
    }
}

/// Problems of a call itself and of its arguments.
fn is_about_call(summary: &str) -> bool {
    matches!(
        summary,
        "Error in function call"
            | "Invalid function argument"
            | "Not enough function arguments"
            | "Too many function arguments"
    )
}

/// Expressions that are shown whole when a part of them is wrong.
fn shows_context(expr: &Expr) -> bool {
    matches!(
        expr.kind(),
        ExprKind::Binary(..)
            | ExprKind::Unary(..)
            | ExprKind::Call { .. }
            | ExprKind::Conditional(..)
            | ExprKind::For(_)
            | ExprKind::Template(_)
    )
}

/// What stands before the last step of a reference.
fn inner_of(expr: &Expr) -> Option<&Expr> {
    match expr.kind() {
        ExprKind::Attribute(inner, _) | ExprKind::Index(inner, _) | ExprKind::LegacyIndex(inner, _) => {
            Some(inner)
        }
        _ => None,
    }
}

/// The part of an expression that stands exactly at a range.
fn part_at<'e>(expr: &'e Expr, range: &SourceRange) -> Option<&'e Expr> {
    let mut expr = expr;
    for _ in 0..LEVELS_MAX {
        if expr.range() == range {
            return Some(expr);
        }
        expr = parts(expr).into_iter().find(|part| part.range().contains(range))?;
    }
    None
}

/// The expressions directly inside an expression.
fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut out = Vec::new();
    match expr.kind() {
        // What a JSON string holds is an expression of its own, which explains itself.
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::JsonString(_) => {}
        ExprKind::Template(template) => template_parts(template, &mut out),
        ExprKind::Wrapped(inner)
        | ExprKind::Parens(inner)
        | ExprKind::Attribute(inner, _)
        | ExprKind::LegacyIndex(inner, _)
        | ExprKind::Unary(_, inner) => out.push(inner),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => out.extend([a, b]),
        ExprKind::Splat { source, each } => {
            out.push(source);
            out.extend(each.iter().filter_map(|step| match step {
                SplatStep::Index(key) => Some(key),
                SplatStep::Attribute(..) => None,
            }));
        }
        ExprKind::Tuple(elements) => out.extend(elements),
        ExprKind::Object(items) => out.extend(items.iter().flat_map(|item| [&item.key, &item.value])),
        ExprKind::Call { arguments, .. } => out.extend(arguments),
        ExprKind::Conditional(condition, yes, no) => out.extend([condition, yes, no]),
        ExprKind::For(each) => {
            out.push(&each.collection);
            out.extend(each.key.iter().chain([&each.value]).chain(&each.condition));
        }
    }
    out
}

fn template_parts<'e>(template: &'e [TemplatePart], out: &mut Vec<&'e Expr>) {
    for part in template {
        match part {
            TemplatePart::Text(_) => {}
            TemplatePart::Interpolation(expr) => out.push(expr),
            TemplatePart::If { condition, yes, no } => {
                out.push(condition);
                template_parts(yes, out);
                template_parts(no, out);
            }
            TemplatePart::For { collection, body, .. } => {
                out.push(collection);
                template_parts(body, out);
            }
        }
    }
}

/// An expression, and the names that are bound around it.
type Open<'e> = (&'e Expr, Arc<[&'e Arc<str>]>);

/// The references in an expression, each as far as its steps are constant. Walked in a loop: a sum
/// is as deep as it is long.
fn references(expr: &Expr) -> Vec<&Expr> {
    let mut out = Vec::new();
    let mut open: Vec<Open<'_>> = vec![(expr, Arc::from([]))];
    while let Some((expr, bound)) = open.pop() {
        if out.len() > 4 * VALUES_MAX {
            break;
        }
        match expr.kind() {
            ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..) => {
                chain(expr, &bound, &mut open, &mut out);
            }
            ExprKind::For(each) => {
                let names = each.key_name.iter().chain([&each.value_name]);
                let inside: Arc<[_]> = bound.iter().copied().chain(names).collect();
                open.push((&each.collection, bound));
                let parts = each.key.iter().chain([&each.value]).chain(&each.condition);
                open.extend(parts.map(|part| (part, inside.clone())));
            }
            _ => open.extend(parts(expr).into_iter().map(|part| (part, bound.clone()))),
        }
    }
    out
}

/// A chain, walked from its end: of `a.b[x.y].c` there are `a.b` and `x.y`.
fn chain<'e>(expr: &'e Expr, bound: &Arc<[&'e Arc<str>]>, open: &mut Vec<Open<'e>>, out: &mut Vec<&'e Expr>) {
    let mut longest = expr;
    let mut here = expr;
    while let Some(inner) = inner_of(here) {
        if let ExprKind::Index(_, key) = here.kind()
            && !matches!(key.kind(), ExprKind::Literal(_))
        {
            longest = inner;
            open.push((key, bound.clone()));
        }
        here = inner;
    }
    match here.kind() {
        ExprKind::Name(name) if !bound.contains(&name) => out.push(longest),
        ExprKind::Name(_) => {}
        _ => open.push((here, bound.clone())),
    }
}

/// A reference as it is written.
fn traversal(expr: &Expr) -> Option<String> {
    let mut steps = Vec::new();
    let mut here = expr;
    loop {
        let (inner, step) = match here.kind() {
            ExprKind::Name(name) => {
                steps.push(name.to_string());
                break;
            }
            ExprKind::Attribute(inner, name) => (inner, format!(".{name}")),
            ExprKind::LegacyIndex(inner, position) => (inner, format!("[{position}]")),
            ExprKind::Index(inner, key) => (inner, format!("[{}]", literal(key)?)),
            _ => return None,
        };
        steps.push(step);
        here = inner;
    }
    steps.reverse();
    Some(steps.concat())
}

fn literal(key: &Expr) -> Option<String> {
    let ExprKind::Literal(value) = key.kind() else { return None };
    match value.kind() {
        Kind::String(text) => Some(format!("{text:?}")),
        Kind::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What is said of a value: nothing where it is sensitive, or where not even its type is known.
fn statement(value: &Value) -> Option<String> {
    if !value.marks().without(Marks::EPHEMERAL).is_empty() {
        return None;
    }
    match value.kind() {
        Kind::Unknown(Type::Dynamic, _) => None,
        Kind::Unknown(ty, _) => Some(format!("is a {}", ty.friendly_name())),
        _ => Some(format!("is {}", summary(value))),
    }
}

fn summary(value: &Value) -> String {
    match value.kind() {
        Kind::Null(_) => "null".to_owned(),
        Kind::Unknown(..) => "(not yet known)".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number::compact(&number.to_string()),
        Kind::String(text) => evenkeel_model::address::quote(text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            sized(value, elements.len())
        }
        Kind::Map(_, entries) => sized(value, entries.len()),
        Kind::Object(entries) => match (entries.len(), entries.keys().next()) {
            (1, Some(name)) => format!("object with 1 attribute {name:?}"),
            (0, _) | (_, None) => "object with no attributes".to_owned(),
            (count, _) => format!("object with {count} attributes"),
        },
    }
}

fn sized(value: &Value, length: usize) -> String {
    let name = value.ty().friendly_name();
    match length {
        0 => format!("empty {name}"),
        1 => format!("{name} with 1 element"),
        _ => format!("{name} with {length} elements"),
    }
}
