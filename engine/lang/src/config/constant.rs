//! Expressions that must be constant: defaults, versions, flags.
//!
//! References and functions are refused before the evaluator computes the value, so its scope has
//! nothing to answer.

use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ResourceMode, SourceRange, Type, Value};

use super::reference::{all_of_expr, children, visit};
use crate::ast::{Expr, ExprKind, TemplatePart};
use crate::eval::{PathKind, Scope, evaluate};

/// The value of an expression without references and functions, if it is one.
pub fn constant_value(expr: &Expr) -> Option<Value> {
    let mut diagnostics = Diagnostics::new();
    constant(expr, &mut diagnostics).filter(|_| !diagnostics.has_errors())
}

/// The value of an expression without references and functions.
pub(super) fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Value> {
    let mut found = Diagnostics::new();
    visit(expr, &mut |expr| {
        if let ExprKind::Call { name_range, .. } = expr.kind() {
            found.error(
                "Function calls not allowed",
                "Functions may not be called here: the value must be known before anything is evaluated.",
                Some(name_range.clone()),
            );
        }
    });
    if cost(expr, size(expr)) > COST_MAX {
        found.error(
            "Expression too complex",
            "Computing this constant would take too long. Write its value instead.",
            Some(expr.range().clone()),
        );
    }
    let (references, malformed) = all_of_expr(expr);
    let ranges = references.into_iter().map(|r| r.range).chain(malformed.into_iter().map(|m| m.range));
    for range in ranges {
        found.push(not_allowed(&range));
    }
    let value = if found.has_errors() {
        None
    } else {
        let (value, problems) = evaluate(expr, &NoReferences);
        found.extend(problems);
        Some(value)
    };
    let value = value.filter(|_| !found.has_errors());
    diagnostics.extend(found);
    value
}

/// How many nodes the evaluation of a constant may visit.
const COST_MAX: f64 = 3e7;

/// How many nodes there are in an expression.
fn size(expr: &Expr) -> f64 {
    let mut nodes = 0.0;
    visit(expr, &mut |_| nodes += 1.0);
    nodes
}

/// How many nodes the evaluation visits at most: the body of a loop once for each element, of which
/// no value has more than the whole constant has nodes.
fn cost(expr: &Expr, longest: f64) -> f64 {
    let mut visits = 1.0;
    let mut around = expr;
    while let Some(inner) = around.chained() {
        visits += 1.0;
        children(around, &mut |child| {
            if !std::ptr::eq(child, inner) {
                visits += cost(child, longest);
            }
        });
        around = inner;
    }
    children(around, &mut |child| visits += cost(child, longest));
    match around.kind() {
        ExprKind::For(f) => visits * length(&f.collection, longest),
        ExprKind::Splat { source, .. } => visits * length(source, longest),
        ExprKind::Template(parts) => visits * loops(parts, longest),
        _ => visits,
    }
}

fn length(collection: &Expr, longest: f64) -> f64 {
    match collection.kind() {
        ExprKind::Tuple(elements) => elements.len().max(1) as f64,
        ExprKind::Object(items) => items.len().max(1) as f64,
        _ => longest,
    }
}

fn loops(parts: &[TemplatePart], longest: f64) -> f64 {
    parts.iter().fold(1.0, |times, part| match part {
        TemplatePart::Text(_) | TemplatePart::Interpolation(_) => times,
        TemplatePart::If { yes, no, .. } => times * loops(yes, longest) * loops(no, longest),
        TemplatePart::For { collection, body, .. } => {
            times * length(collection, longest) * loops(body, longest)
        }
    })
}

/// A constant of a type; `None` where it is null or no such constant.
pub(super) fn constant_of(
    expr: &Expr,
    ty: &Type,
    name: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let value = constant(expr, diagnostics)?;
    match convert(&value, ty) {
        Ok(value) => Some(value).filter(|value| !value.is_null() && value.is_known()),
        Err(error) => {
            diagnostics.error(
                "Unsuitable value type",
                format!("The value of \"{name}\" is unsuitable: {error}."),
                Some(expr.range().clone()),
            );
            None
        }
    }
}

/// The same where null is not allowed either.
fn given(expr: Expr, ty: &Type, name: &str, diagnostics: &mut Diagnostics) -> Option<Value> {
    let mut found = Diagnostics::new();
    let value = constant_of(&expr, ty, name, &mut found);
    if value.is_none() && !found.has_errors() {
        let detail =
            format!("The value of \"{name}\" is unsuitable: it must not be null. Leave the argument out.");
        found.error("Unsuitable value type", detail, Some(expr.range().clone()));
    }
    diagnostics.extend(found);
    value
}

/// A constant bool; false where there is none.
pub(super) fn flag(expr: Option<Expr>, name: &str, diagnostics: &mut Diagnostics) -> bool {
    expr.and_then(|expr| given(expr, &Type::Bool, name, diagnostics))
        .and_then(|value| value.as_bool())
        .unwrap_or_default()
}

/// A constant string.
pub(super) fn text(expr: Option<Expr>, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    given(expr?, &Type::String, name, diagnostics)?.as_str().map(Arc::from)
}

/// A constant string or null, which says nothing.
pub(super) fn text_or_null(expr: &Expr, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    constant_of(expr, &Type::String, name, diagnostics)?.as_str().map(Arc::from)
}

/// A scope in which nothing can be referred to.
pub(super) struct NoReferences;

fn refuse<T>(range: &SourceRange) -> Result<T, Diagnostic> {
    Err(not_allowed(range))
}

fn not_allowed(range: &SourceRange) -> Diagnostic {
    Diagnostic::error(
        "Variables not allowed",
        "References may not be used here: the value must be known before anything is evaluated.",
    )
    .at(range.clone())
}

impl Scope for NoReferences {
    fn variable(&self, _: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn local(&self, _: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn resource(&self, _: ResourceMode, _: &str, _: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn resource_instance(
        &self,
        _: ResourceMode,
        _: &str,
        _: &str,
        _: &InstanceKey,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        refuse(range)
    }

    fn module(&self, _: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn module_output(
        &self,
        _: &str,
        _: Option<&InstanceKey>,
        _: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        refuse(range)
    }

    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn path(&self, _: PathKind, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn terraform(&self, _: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn self_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        refuse(range)
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("{path} cannot be read here"))
    }

    fn files_below(&self, directory: &str) -> Result<Vec<String>, String> {
        Err(format!("{directory} cannot be read here"))
    }

    fn plan_time(&self) -> Option<String> {
        None
    }
}
