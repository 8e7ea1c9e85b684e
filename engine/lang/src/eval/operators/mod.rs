//! Operators and conditionals.

mod branches;
mod equality;

use super::Evaluator;
use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use evenkeel_model::convert::convert;
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostics, Number, SourceRange, Type, Value};

use branches::{describe_mismatch, result_of_branches, unknown_branch};
use equality::{compare_ranges, equal};

pub(crate) use equality::{equality, length_bounds};

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
            // What is inside comes first, and a long chain is not compared again at each operator.
            let own = std::mem::replace(&mut self.diagnostics, left_problems);
            self.diagnostics.extend(right_problems);
            self.diagnostics.extend(own);
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
