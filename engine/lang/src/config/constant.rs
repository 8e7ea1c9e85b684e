//! Expressions that must be constant: defaults, versions, flags.
//!
//! References and functions are refused before the evaluator computes the value, so its scope has
//! nothing to answer.

use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ResourceMode, SourceRange, Type, Value};

use super::reference::{all_of_expr, visit};
use crate::ast::{Expr, ExprKind};
use crate::eval::{PathKind, Scope, evaluate};

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

/// A constant bool; false where there is none.
pub(super) fn flag(expr: Option<Expr>, name: &str, diagnostics: &mut Diagnostics) -> bool {
    expr.and_then(|expr| constant_of(&expr, &Type::Bool, name, diagnostics))
        .and_then(|value| value.as_bool())
        .unwrap_or_default()
}

/// A constant string.
pub(super) fn text(expr: Option<Expr>, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let value = constant_of(&expr?, &Type::String, name, diagnostics)?;
    value.as_str().map(Arc::from)
}

/// A scope in which nothing can be referred to.
struct NoReferences;

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
