//! Evaluation of expressions and bodies against a [`Scope`].
//!
//! The rules are those of HCL and cty: operators convert their operands, unknown values and marks
//! travel through everything, and all problems are collected instead of stopping at the first. What
//! a name refers to is not decided here but asked of the scope; nothing is cached here either.
//!
//! Evaluation follows the nesting of the source, which the parser bounds; chains that are long
//! without being nested (`a.b.c`, `1 + 1 + 1`) are walked in loops. Stack frames are kept small: the
//! dispatch delegates at once, and a depth limit guards what is left.

mod access;
mod body;
mod budget;
mod call;
mod collection;
mod evidence;
mod operators;
mod reference;
mod scope;
mod suggest;
mod template;

use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, SourceRange, Type, Value};
use sha2::{Digest, Sha256};

use self::access::Each;
use self::budget::Budget;
pub use self::budget::{Effort, STEPS_IN_ALL_MAX};
use crate::ast::{Expr, ExprKind, JsonString};

pub use body::{NOT_IMPLEMENTED, decode_body};
pub use evidence::evidence;
pub use scope::{PathKind, Scope};
pub use suggest::did_you_mean;

pub(crate) use operators::{equality, length_bounds};
pub(crate) use template::safe_prefix;

/// Expressions nested deeper than this are refused; the parser's own limit is below it.
const DEPTH_MAX: u32 = 600;

/// The value of an expression. Where something is wrong the value is unknown there, and every
/// problem that could be found in one run is in the diagnostics.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> (Value, Diagnostics) {
    let mut evaluator = Evaluator::new(scope);
    let value = evaluator.eval(expr);
    let diagnostics = evaluator.finish();
    if diagnostics.has_errors() {
        return (Value::unknown(Type::Dynamic), diagnostics);
    }
    (value, diagnostics)
}

/// One evaluation: the scope, the names that `for` and `dynamic` bind, and the problems so far.
pub(crate) struct Evaluator<'s> {
    pub(crate) scope: &'s dyn Scope,
    names: Vec<(Arc<str>, Value)>,
    /// Only `names` can be referred to: the inside of a template file.
    closed: bool,
    pub(crate) diagnostics: Diagnostics,
    /// References that cannot be right whatever the values are: neither `try` nor a branch that is
    /// not taken hides them.
    references: Diagnostics,
    depth: u32,
    budget: Budget,
    /// Templates being rendered, from the outside in.
    pub(crate) templates: u32,
    /// Calls that took randomness, so that no two are given the same.
    random_calls: u64,
    /// Values are looked up to explain a problem; what goes wrong meanwhile is not explained.
    collecting: bool,
}

impl<'s> Evaluator<'s> {
    pub(crate) fn new(scope: &'s dyn Scope) -> Self {
        Self {
            scope,
            names: Vec::new(),
            closed: false,
            diagnostics: Diagnostics::new(),
            references: Diagnostics::new(),
            depth: 0,
            budget: Budget::of(scope.effort()),
            templates: 0,
            random_calls: 0,
            collecting: false,
        }
    }

    /// An evaluation that sees nothing but the given names.
    pub(crate) fn closed(&self, names: Vec<(Arc<str>, Value)>) -> Self {
        Self {
            scope: self.scope,
            names,
            closed: true,
            diagnostics: Diagnostics::new(),
            references: Diagnostics::new(),
            depth: self.depth,
            budget: self.budget.clone(),
            templates: self.templates + 1,
            random_calls: self.random_calls,
            collecting: self.collecting,
        }
    }

    /// All problems that were found.
    pub(crate) fn finish(self) -> Diagnostics {
        if !self.closed {
            self.budget.settle(self.scope.effort());
        }
        let mut all = self.references;
        all.extend(self.diagnostics);
        all
    }

    /// The value of an expression; unknown where an error was reported.
    pub(crate) fn eval(&mut self, expr: &Expr) -> Value {
        if self.depth >= DEPTH_MAX {
            return self.too_deep(expr);
        }
        if !self.budget.step() {
            return self.too_many_steps(expr);
        }
        self.depth += 1;
        let before = self.diagnostics.0.len();
        let value = self.eval_kind(expr);
        if self.diagnostics.0.len() > before {
            self.explain(before, expr);
        }
        self.depth -= 1;
        value
    }

    fn eval_kind(&mut self, expr: &Expr) -> Value {
        match expr.kind() {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Template(parts) => self.eval_template(parts, expr.range()),
            ExprKind::Wrapped(inner) | ExprKind::Parens(inner) => self.eval(inner),
            ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..) => {
                self.eval_chain(expr)
            }
            ExprKind::Splat { source, each } => self.eval_splat(source, &Each::Steps(each), expr.range()),
            ExprKind::Tuple(elements) => self.eval_tuple(elements),
            ExprKind::Object(items) => self.eval_object(items),
            ExprKind::Call { .. } => self.eval_call(expr),
            ExprKind::Binary(..) => self.eval_binary(expr),
            ExprKind::Unary(op, operand) => self.eval_unary(*op, operand, expr.range()),
            ExprKind::Conditional(condition, yes, no) => {
                self.eval_conditional(condition, yes, no, expr.range())
            }
            ExprKind::For(for_expr) => self.eval_for(for_expr, expr.range()),
            ExprKind::JsonString(string) => self.eval_json_string(string),
        }
    }

    #[inline(never)]
    fn eval_json_string(&mut self, string: &JsonString) -> Value {
        match &string.template {
            None => string.value.clone(),
            Some(Ok(template)) => self.eval(template),
            Some(Err(problems)) => {
                self.diagnostics.extend(problems.clone());
                Value::unknown(Type::Dynamic)
            }
        }
    }

    #[inline(never)]
    fn too_deep(&mut self, expr: &Expr) -> Value {
        self.fail(
            "Expression nested too deeply",
            format!("This expression is nested in more than {DEPTH_MAX} others. Move parts of it into local values."),
            expr.range(),
        )
    }

    /// Reports an error; the result is what to go on with.
    #[inline(never)]
    pub(crate) fn fail(
        &mut self,
        summary: impl Into<String>,
        detail: impl Into<String>,
        range: &SourceRange,
    ) -> Value {
        self.diagnostics.push(Diagnostic::error(summary, detail).at(range.clone()));
        Value::unknown(Type::Dynamic)
    }

    /// Evaluates with a fresh list of diagnostics and gives both back: for branches that may not
    /// count.
    #[inline(never)]
    pub(crate) fn aside<T>(&mut self, evaluate: impl FnOnce(&mut Self) -> T) -> (T, Diagnostics) {
        let before = std::mem::take(&mut self.diagnostics);
        let value = evaluate(self);
        (value, std::mem::replace(&mut self.diagnostics, before))
    }

    /// Evaluates with names bound, innermost last.
    pub(crate) fn with_names<T>(
        &mut self,
        names: impl IntoIterator<Item = (Arc<str>, Value)>,
        evaluate: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let length = self.names.len();
        self.names.extend(names);
        let value = evaluate(self);
        self.names.truncate(length);
        value
    }

    /// What a call at this place is random with: another one at every place and in every turn of a
    /// `for`, and the same again when the same expression is evaluated again. `None` while planning.
    pub(crate) fn entropy(&mut self, range: &SourceRange) -> Option<[u8; 32]> {
        let scope = self.scope.entropy()?;
        self.random_calls += 1;
        let hash = Sha256::new()
            .chain_update(scope)
            .chain_update(range.start.byte.to_le_bytes())
            .chain_update(self.random_calls.to_le_bytes())
            .chain_update(range.filename.as_bytes());
        Some(hash.finalize().into())
    }

    fn bound(&self, name: &str) -> Option<&Value> {
        self.names.iter().rev().find(|(bound, _)| **bound == *name).map(|(_, value)| value)
    }
}

#[cfg(test)]
pub(crate) mod tests;
