//! Which part of an expression a problem points at, as HCL points.

use evenkeel_model::value::Kind;
use evenkeel_model::{Position, SourceRange};

use super::{inner_of, part_at};
use crate::ast::{Expr, ExprKind};

/// The part to point at, for a problem of `expr` that was found at `range`; the range itself where
/// nothing better is known.
pub(super) fn subject(expr: &Expr, range: &SourceRange, summary: &str) -> Option<SourceRange> {
    match expr.kind() {
        ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..) => step(expr, range),
        ExprKind::Conditional(_, yes, no) if expr.range() == range => Some(yes.range().over(no.range())),
        ExprKind::Call { .. } => match summary {
            "Error in function call" if expr.range() == range => Some(start(expr)),
            "Not enough function arguments" => Some(last_character(range)),
            "Invalid function argument" => part_at(expr, range).map(start),
            _ => None,
        },
        _ => None,
    }
}

/// The step of a chain that ends where the range ends: `.name` of `a.b.name`.
fn step(expr: &Expr, range: &SourceRange) -> Option<SourceRange> {
    let mut here = expr;
    while let Some(inner) = inner_of(here) {
        if here.range() == range {
            return Some(SourceRange { start: inner.range().end, ..range.clone() });
        }
        here = inner;
    }
    None
}

/// What an expression begins with: an opening bracket, the name of a function, its first operand.
fn start(expr: &Expr) -> SourceRange {
    let mut expr = expr;
    while let ExprKind::Binary(_, first, _) | ExprKind::Conditional(first, ..) = expr.kind() {
        expr = first;
    }
    let range = expr.range();
    match expr.kind() {
        ExprKind::Tuple(_) | ExprKind::Object(_) | ExprKind::For(_) => first_character(range),
        // With its parenthesis.
        ExprKind::Call { name_range, .. } => {
            let end = moved(name_range.end, 1);
            SourceRange { end, ..name_range.clone() }
        }
        // The text between quotes.
        ExprKind::Literal(value)
            if matches!(value.kind(), Kind::String(_))
                && range.start.line == range.end.line
                && range.end.byte.saturating_sub(range.start.byte) > 2 =>
        {
            SourceRange { start: moved(range.start, 1), end: moved(range.end, -1), ..range.clone() }
        }
        _ => range.clone(),
    }
}

fn first_character(range: &SourceRange) -> SourceRange {
    SourceRange { end: moved(range.start, 1), ..range.clone() }
}

fn last_character(range: &SourceRange) -> SourceRange {
    SourceRange { start: moved(range.end, -1), ..range.clone() }
}

/// A place in the same line, as many ASCII characters away.
fn moved(position: Position, by: i32) -> Position {
    Position {
        byte: position.byte.saturating_add_signed(by),
        column: position.column.saturating_add_signed(by).max(1),
        ..position
    }
}
