//! Operators and conditionals.

use std::sync::Arc;

use evenkeel_model::convert::{convert, unify};
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Diagnostics, Marks, Number, SourceRange, Type, Value};

use super::Evaluator;
use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

const INVALID_OPERAND: &str = "Invalid operand";
const FAILED: &str = "Operation failed";

impl Evaluator<'_> {
    /// Walks down the left operands in a loop: `a + b + c + ...` is long, not deep.
    #[inline(never)]
    pub(super) fn eval_binary(&mut self, expr: &Expr) -> Value {
        let mut pending = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary(op, left, right) = leftmost.kind() {
            pending.push((*op, left, right, leftmost.range()));
            leftmost = left;
        }
        let (mut value, mut problems) = self.aside(|inner| inner.eval(leftmost));
        while let Some((op, left, right, range)) = pending.pop() {
            let ranges = Ranges { left: left.range(), right: right.range(), whole: range };
            (value, problems) = self.aside(|inner| {
                let other = inner.aside(|inner| inner.eval(right));
                inner.apply_binary(op, (value, problems), other, &ranges)
            });
        }
        self.diagnostics.extend(problems);
        value
    }

    /// Applies one operator; reports the problems of those operands that count.
    #[inline(never)]
    fn apply_binary(
        &mut self,
        op: BinaryOp,
        left: (Value, Diagnostics),
        right: (Value, Diagnostics),
        ranges: &Ranges,
    ) -> Value {
        let ((left, left_problems), (right, right_problems)) = (left, right);
        let result = result_type(op);
        let operand = operand_type(op);
        let a = self.operand(&left, &operand, "left", ranges.left);
        let b = self.operand(&right, &operand, "right", ranges.right);
        let (Some(a), Some(b)) = (a, b) else {
            self.diagnostics.extend(left_problems);
            self.diagnostics.extend(right_problems);
            return Value::unknown(result);
        };
        let ((a, marks_a), (b, marks_b)) = (a.unmark(), b.unmark());
        let marks = marks_a.union(marks_b);
        if matches!(op, BinaryOp::And | BinaryOp::Or)
            && !a.is_null()
            && !b.is_null()
            && let Some((value, side)) = short_circuit(op, &a, &b, left_problems.has_errors())
        {
            self.diagnostics.extend(if side == Side::Left { left_problems } else { right_problems });
            return value.with_marks(marks);
        }
        let failed = left_problems.has_errors() || right_problems.has_errors();
        self.diagnostics.extend(left_problems);
        self.diagnostics.extend(right_problems);
        if failed {
            return Value::unknown(result).with_marks(marks);
        }
        match binary(op, &a, &b) {
            Ok(value) => value.with_marks(marks),
            Err(why) => {
                self.fail(FAILED, format!("Error during operation: {why}."), ranges.whole);
                Value::unknown(result)
            }
        }
    }

    fn operand(&mut self, value: &Value, ty: &Type, side: &str, range: &SourceRange) -> Option<Value> {
        match convert(value, ty) {
            Ok(value) => Some(value),
            Err(error) => {
                let detail = format!("Unsuitable value for {side} operand: {error}.");
                self.fail(INVALID_OPERAND, detail, range);
                None
            }
        }
    }

    #[inline(never)]
    pub(super) fn eval_unary(&mut self, op: UnaryOp, operand: &Expr, range: &SourceRange) -> Value {
        let ty = match op {
            UnaryOp::Negate => Type::Number,
            UnaryOp::Not => Type::Bool,
        };
        let (value, problems) = self.aside(|inner| inner.eval(operand));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        let value = self.operand(&value, &ty, "unary", operand.range());
        let (Some(value), false) = (value, failed) else { return Value::unknown(ty) };
        let (value, marks) = value.unmark();
        let result = match (op, value.kind()) {
            (_, Kind::Null(_)) => {
                self.fail(FAILED, "Error during operation: argument must not be null.", range)
            }
            (UnaryOp::Negate, Kind::Number(number)) => Value::from(Kind::Number(number.neg())),
            (UnaryOp::Not, Kind::Bool(value)) => Value::bool(!value),
            _ => Value::unknown_not_null(ty),
        };
        result.with_marks(marks)
    }

    #[inline(never)]
    pub(super) fn eval_conditional(
        &mut self,
        condition: &Expr,
        yes: &Expr,
        no: &Expr,
        range: &SourceRange,
    ) -> Value {
        let (yes_value, yes_problems) = self.aside(|inner| inner.eval(yes));
        let (no_value, no_problems) = self.aside(|inner| inner.eval(no));
        let Some(ty) = result_of_branches(&yes_value, &no_value) else {
            let why = describe_mismatch(&yes_value.ty(), &no_value.ty());
            let detail = format!("The true and false result expressions must have consistent types. {why}.");
            return self.fail("Inconsistent conditional result types", detail, range);
        };
        let condition_value = self.eval(condition);
        let Some(condition) = self.truth(&condition_value, condition.range()) else {
            return Value::unknown(ty);
        };
        // The marks of both branches always count, so that the result has the same ones whichever is chosen.
        let marks = condition_value.marks().union(yes_value.marks()).union(no_value.marks());
        match condition {
            None => unknown_branch(&ty, yes_value, no_value, marks),
            Some(true) => self.branch(yes_value, yes_problems, &ty, "true", yes.range()).with_marks(marks),
            Some(false) => self.branch(no_value, no_problems, &ty, "false", no.range()).with_marks(marks),
        }
    }

    /// The truth of a condition: `None` after an error, `Some(None)` where it is unknown.
    #[inline(never)]
    fn truth(&mut self, condition: &Value, range: &SourceRange) -> Option<Option<bool>> {
        if condition.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            self.fail("Null condition", detail, range);
            return None;
        }
        if condition.is_unknown() {
            return Some(None);
        }
        match convert(condition, &Type::Bool) {
            Ok(value) => Some(value.as_bool()),
            Err(_) => {
                let detail = "The condition expression must be of type bool.";
                self.fail("Incorrect condition type", detail, range);
                None
            }
        }
    }

    #[inline(never)]
    fn branch(
        &mut self,
        value: Value,
        problems: Diagnostics,
        ty: &Type,
        which: &str,
        range: &SourceRange,
    ) -> Value {
        self.diagnostics.extend(problems);
        match convert(&value, ty) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("The {which} result value has the wrong type: {error}.");
                self.fail("Inconsistent conditional result types", detail, range);
                Value::unknown(ty.clone())
            }
        }
    }
}

struct Ranges<'a> {
    left: &'a SourceRange,
    right: &'a SourceRange,
    whole: &'a SourceRange,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

fn operand_type(op: BinaryOp) -> Type {
    match op {
        BinaryOp::Or | BinaryOp::And => Type::Bool,
        BinaryOp::Equal | BinaryOp::NotEqual => Type::Dynamic,
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => Type::Number,
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
            Type::Number
        }
    }
}

fn result_type(op: BinaryOp) -> Type {
    match op {
        BinaryOp::Or
        | BinaryOp::And
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterOrEqual => Type::Bool,
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
            Type::Number
        }
    }
}

/// What `&&` and `||` can say from one operand, and whose problems then count.
fn short_circuit(op: BinaryOp, a: &Value, b: &Value, left_failed: bool) -> Option<(Value, Side)> {
    let deciding = op == BinaryOp::Or;
    let unknown = || Value::unknown_not_null(Type::Bool);
    match (a.as_bool(), b.as_bool()) {
        (Some(value), _) if value == deciding => Some((Value::bool(deciding), Side::Left)),
        (_, Some(value)) if value == deciding => Some((Value::bool(deciding), Side::Right)),
        _ if a.is_unknown() && b.is_unknown() => (!left_failed).then(|| (unknown(), Side::Left)),
        (_, Some(_)) if a.is_unknown() => Some((unknown(), Side::Left)),
        (Some(_), _) if b.is_unknown() => Some((unknown(), Side::Right)),
        _ => None,
    }
}

fn binary(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, String> {
    match op {
        BinaryOp::Equal => return Ok(equal(a, b)),
        BinaryOp::NotEqual => {
            let equal = equal(a, b);
            let marks = equal.marks();
            return Ok(match equal.as_bool() {
                Some(value) => Value::bool(!value).with_marks(marks),
                None => equal,
            });
        }
        _ => {}
    }
    if a.is_null() || b.is_null() {
        return Err("argument must not be null".into());
    }
    if let (Some(a), Some(b)) = (a.as_number(), b.as_number()) {
        return arithmetic(op, a, b);
    }
    match op {
        BinaryOp::And | BinaryOp::Or => match (a.as_bool(), b.as_bool()) {
            (Some(a), Some(b)) => Ok(Value::bool(if op == BinaryOp::And { a && b } else { a || b })),
            _ => Ok(Value::unknown_not_null(Type::Bool)),
        },
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
            Ok(compare_ranges(op, a, b).map_or_else(|| Value::unknown_not_null(Type::Bool), Value::bool))
        }
        _ => Ok(Value::unknown_not_null(Type::Number)),
    }
}

fn arithmetic(op: BinaryOp, a: &Number, b: &Number) -> Result<Value, String> {
    let number = |result: Option<Number>, why: &str| match result {
        Some(number) => Ok(Value::from(Kind::Number(number))),
        None => Err(why.to_owned()),
    };
    match op {
        BinaryOp::Add => number(a.add(b), "can't compute sum of opposing infinities"),
        BinaryOp::Subtract => number(a.sub(b), "can't subtract infinity from itself"),
        BinaryOp::Multiply => number(a.mul(b), "can't multiply zero by infinity"),
        BinaryOp::Divide => number(a.div(b), "can't divide zero by zero or infinity by infinity"),
        BinaryOp::Modulo => number(a.rem(b), "can't use modulo with infinity"),
        BinaryOp::Less => Ok(Value::bool(a < b)),
        BinaryOp::LessOrEqual => Ok(Value::bool(a <= b)),
        BinaryOp::Greater => Ok(Value::bool(a > b)),
        BinaryOp::GreaterOrEqual => Ok(Value::bool(a >= b)),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Equal | BinaryOp::NotEqual => {
            Err("a number cannot be used here".into())
        }
    }
}

type Bound = Option<(Number, bool)>;

fn bounds(value: &Value) -> (Bound, Bound) {
    match value.kind() {
        Kind::Number(number) => (Some((number.clone(), true)), Some((number.clone(), true))),
        Kind::Unknown(_, Some(refinements)) => (refinements.min.clone(), refinements.max.clone()),
        _ => (None, None),
    }
}

/// What the known bounds of two numbers say about their order. As cty has it, bounds count as if they
/// were excluded: that the smallest `a` equals the largest `b` says nothing.
fn compare_ranges(op: BinaryOp, a: &Value, b: &Value) -> Option<bool> {
    let ((a_min, a_max), (b_min, b_max)) = (bounds(a), bounds(b));
    let below = |low: Bound, high: Bound| low.zip(high).is_some_and(|((low, _), (high, _))| low < high);
    let (less, greater) = (below(a_max, b_min), below(b_max, a_min));
    match (less, greater, op) {
        (true, _, BinaryOp::Less | BinaryOp::LessOrEqual) => Some(true),
        (true, _, BinaryOp::Greater | BinaryOp::GreaterOrEqual) => Some(false),
        (_, true, BinaryOp::Less | BinaryOp::LessOrEqual) => Some(false),
        (_, true, BinaryOp::Greater | BinaryOp::GreaterOrEqual) => Some(true),
        _ => None,
    }
}

/// `a == b` as cty has it: null equals null of any type, values of different types differ, and
/// anything unknown that matters makes the answer unknown.
pub(crate) fn equal(a: &Value, b: &Value) -> Value {
    let marks = a.all_marks().union(b.all_marks());
    equality(a, b).map_or_else(|| Value::unknown_not_null(Type::Bool), Value::bool).with_marks(marks)
}

/// Whether two values are equal; `None` where that is not known.
pub(crate) fn equality(a: &Value, b: &Value) -> Option<bool> {
    let compound = |value: &Value| value.as_elements().is_some() || value.as_entries().is_some();
    if compound(a) && compound(b) && !has_open(a) && !has_open(b) && a.ty() != b.ty() {
        return Some(false);
    }
    equality_inside(a, b)
}

/// Whether something inside is unknown and has no type yet.
fn has_open(value: &Value) -> bool {
    matches!(value.kind(), Kind::Unknown(Type::Dynamic, _))
        || value.as_elements().into_iter().flatten().any(has_open)
        || value.as_entries().into_iter().flatten().any(|(_, value)| has_open(value))
}

/// The same for values whose types have been compared.
fn equality_inside(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) => {
            if b.is_definitely_not_null() {
                Some(false)
            } else {
                None
            }
        }
        (_, Kind::Null(_)) => {
            if a.is_definitely_not_null() {
                Some(false)
            } else {
                None
            }
        }
        (Kind::Unknown(..), _) | (_, Kind::Unknown(..)) => unknown_equality(a, b),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(ta, a), Kind::List(tb, b)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            sequences(a, b)
        }
        (Kind::Tuple(a), Kind::Tuple(b)) => sequences(a, b),
        (Kind::Set(ta, x), Kind::Set(tb, y)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            if !a.is_wholly_known() || !b.is_wholly_known() {
                return None;
            }
            if x.len() != y.len() {
                return Some(false);
            }
            sequences(x, y)
        }
        (Kind::Map(ta, a), Kind::Map(tb, b)) => {
            if !comparable(ta, tb) {
                return Some(false);
            }
            entries(a, b)
        }
        (Kind::Object(a), Kind::Object(b)) => entries(a, b),
        _ => Some(false),
    }
}

fn comparable(a: &Type, b: &Type) -> bool {
    a == b || a.has_dynamic() || b.has_dynamic()
}

fn unknown_equality(a: &Value, b: &Value) -> Option<bool> {
    // Two unknown values of different types may both turn out to be null, which is the same.
    if a.is_unknown() && b.is_unknown() {
        return None;
    }
    let (unknown, other) = if a.is_unknown() { (a, b) } else { (b, a) };
    if !has_open(other) && !conforms(&other.ty(), &unknown.ty()) {
        return Some(false);
    }
    if !length_possible(unknown, other) {
        return Some(false);
    }
    if let (Some(prefix), Some(text)) =
        (unknown.refinements().and_then(|refinements| refinements.prefix.as_deref()), other.as_str())
        && !text.starts_with(prefix)
    {
        return Some(false);
    }
    if compare_ranges(BinaryOp::Less, a, b) == Some(true)
        || compare_ranges(BinaryOp::Greater, a, b) == Some(true)
    {
        return Some(false);
    }
    None
}

/// Whether a value of this type can be what an unknown value of another type turns out to be.
fn conforms(ty: &Type, unknown: &Type) -> bool {
    match (ty, unknown) {
        (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            conforms(a, b)
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| conforms(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.keys().eq(b.attributes.keys())
                && a.attributes.values().zip(b.attributes.values()).all(|(a, b)| conforms(a, b))
        }
        (a, b) => a == b,
    }
}

/// Whether an unknown collection can turn out to have as many elements as a known one.
fn length_possible(unknown: &Value, other: &Value) -> bool {
    let (least, most) = length_bounds(unknown);
    let (other_least, other_most) = length_bounds(other);
    !other.ty().is_collection()
        || (most.is_none_or(|most| other_least <= most) && other_most.is_none_or(|most| least <= most))
}

fn sequences(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    all(a.iter().zip(b).map(|(a, b)| equality_inside(a, b)))
}

fn entries(
    a: &std::collections::BTreeMap<Arc<str>, Value>,
    b: &std::collections::BTreeMap<Arc<str>, Value>,
) -> Option<bool> {
    if !a.keys().eq(b.keys()) {
        return Some(false);
    }
    all(a.values().zip(b.values()).map(|(a, b)| equality_inside(a, b)))
}

/// False when one is false, unknown when none is false and one unknown.
fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for result in results {
        match result {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// The type that both branches of a conditional become; `None` where there is none.
fn result_of_branches(yes: &Value, no: &Value) -> Option<Type> {
    let (yes_type, no_type) = (yes.ty(), no.ty());
    let bare_null =
        |value: &Value| matches!(value.kind(), Kind::Null(Type::Dynamic)) && value.marks().is_empty();
    if bare_null(yes) {
        return Some(no_type);
    }
    if bare_null(no) {
        return Some(yes_type);
    }
    if yes_type == Type::Dynamic || no_type == Type::Dynamic {
        return Some(Type::Dynamic);
    }
    unify(&[yes_type, no_type])
}

/// What is known of a conditional whose condition is not.
#[inline(never)]
fn unknown_branch(ty: &Type, yes: Value, no: Value, marks: Marks) -> Value {
    if yes.is_null() && no.is_null() {
        return Value::null(ty.clone()).with_marks(marks);
    }
    let mut refinements = Refinements {
        not_null: yes.is_definitely_not_null() && no.is_definitely_not_null(),
        ..Refinements::default()
    };
    if yes.ty() == Type::Number && no.ty() == Type::Number {
        let ((yes_min, yes_max), (no_min, no_max)) = (bounds(&yes), bounds(&no));
        refinements.min = outer(yes_min, no_min, |a, b| a < b);
        refinements.max = outer(yes_max, no_max, |a, b| a > b);
    }
    if ty.is_collection() && yes.ty() == no.ty() {
        let ((yes_min, yes_max), (no_min, no_max)) = (length_bounds(&yes), length_bounds(&no));
        refinements.length_min = Some(yes_min.min(no_min));
        refinements.length_max = yes_max.zip(no_max).map(|(a, b)| a.max(b));
    }
    Value::unknown_refined(ty.clone(), refinements).with_marks(marks)
}

fn outer(a: Bound, b: Bound, outside: impl Fn(&Number, &Number) -> bool) -> Bound {
    let (a, b) = (a?, b?);
    Some(match () {
        () if a.0 == b.0 => (a.0, a.1 || b.1),
        () if outside(&a.0, &b.0) => a,
        () => b,
    })
}

/// The fewest and the most elements that a collection can have.
pub(crate) fn length_bounds(value: &Value) -> (u64, Option<u64>) {
    match value.kind() {
        Kind::Set(_, elements) if !value.is_wholly_known() => {
            (u64::from(!elements.is_empty()), Some(elements.len() as u64))
        }
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            (elements.len() as u64, Some(elements.len() as u64))
        }
        Kind::Map(_, entries) | Kind::Object(entries) => (entries.len() as u64, Some(entries.len() as u64)),
        Kind::Unknown(Type::Tuple(types), _) => (types.len() as u64, Some(types.len() as u64)),
        Kind::Unknown(_, Some(refinements)) => {
            (refinements.length_min.unwrap_or_default(), refinements.length_max)
        }
        _ => (0, None),
    }
}

/// Why two types have nothing in common, in a clause.
fn describe_mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, ty) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute {name:?}, which is absent in the 'false' value"
                        );
                    }
                    Some(other) if other != ty => {
                        let why = describe_mismatch(ty, other);
                        return format!("Type mismatch for object attribute {name:?}: {why}");
                    }
                    Some(_) => {}
                }
            }
            if let Some(name) = b.attributes.keys().find(|name| !a.attributes.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute {name:?}, which is absent in the 'true' value"
                );
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            let (a, b) = (a.len(), b.len());
            return format!("The 'true' tuple has length {a}, but the 'false' tuple has length {b}");
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            if let Some((i, (a, b))) = a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b) {
                return format!("Type mismatch for tuple element {i}: {}", describe_mismatch(a, b));
            }
        }
        (Type::List(a), Type::List(b)) if structural(a, b) => {
            return format!("Mismatched list element types: {}", describe_mismatch(a, b));
        }
        (Type::Set(a), Type::Set(b)) if structural(a, b) => {
            return format!("Mismatched set element types: {}", describe_mismatch(a, b));
        }
        (Type::Map(a), Type::Map(b)) if structural(a, b) => {
            return format!("Mismatched map element types: {}", describe_mismatch(a, b));
        }
        _ => {}
    }
    let (yes, no) = (yes.friendly_name(), no.friendly_name());
    if yes == no {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' value".into();
    }
    format!("The 'true' value is {yes}, but the 'false' value is {no}")
}

fn structural(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)))
}
