//! From the library's tree to ours.
//!
//! Ranges come from spans, names from the tree, and values of literals from the source text.

use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, Number, SourceRange, Type, Value};
use hcl_edit::Span;
use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr as HclFor, FuncCall, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::structure::{
    Attribute as HclAttribute, Block as HclBlock, BlockLabel, Body as HclBody, Structure,
};

use super::error::Problem;
use super::position::Source;
use super::template;
use crate::ast::{Attribute, BinaryOp, Block, Body, Expr, ExprKind, ForExpr, ObjectItem, SplatStep, UnaryOp};

/// How deep the tree may become; what walks it later does so recursively.
const TREE_DEPTH_MAX: usize = 400;

/// The name that stands for the element of a splat inside a splat; no identifier can be equal.
const SPLAT_ELEMENT: &str = "(element)";

/// One file on its way into our tree.
pub(super) struct Lowering<'a> {
    /// The text that spans refer to.
    pub source: &'a Source<'a>,
    /// What was found on the way.
    pub diagnostics: Diagnostics,
    depth: usize,
}

pub(super) fn span_of(node: &impl Span) -> Range<usize> {
    node.span().unwrap_or(0..0)
}

impl<'a> Lowering<'a> {
    /// Nothing lowered yet.
    pub fn new(source: &'a Source<'a>) -> Self {
        Self { source, diagnostics: Diagnostics::new(), depth: 0 }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.diagnostics.push(problem.diagnostic(self.source));
    }

    /// The contents of a file or block.
    pub fn body(&mut self, body: &HclBody) -> Body {
        let mut attributes = Vec::new();
        let mut blocks = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => attributes.push(self.attribute(attribute)),
                Structure::Block(block) => blocks.push(self.block(block)),
            }
        }
        Body { attributes: attributes.into(), blocks: blocks.into() }
    }

    fn attribute(&mut self, attribute: &HclAttribute) -> Attribute {
        Attribute {
            name: attribute.key.as_str().into(),
            name_range: self.source.range(&span_of(&attribute.key)),
            value: self.expr(&attribute.value),
        }
    }

    fn block(&mut self, block: &HclBlock) -> Block {
        let header = span_of(&block.ident);
        let mut end = header.end;
        let mut labels = Vec::with_capacity(block.labels.len());
        for label in &block.labels {
            let (span, text) = match label {
                BlockLabel::Ident(ident) => (span_of(ident), Arc::from(ident.as_str())),
                BlockLabel::String(string) => {
                    let span = span_of(string);
                    let text = self.quoted(&span);
                    (span, Arc::from(text))
                }
            };
            end = end.max(span.end);
            labels.push(text);
        }
        Block {
            kind: block.ident.as_str().into(),
            labels,
            range: self.source.range(&(header.start..end)),
            body: self.body(&block.body),
        }
    }

    /// The text of a quoted string without sequences.
    fn quoted(&mut self, span: &Range<usize>) -> String {
        let text = self.source.slice(span);
        // The scanner turns an empty heredoc into an empty string for the parser.
        if text.starts_with('<') || text.len() < 2 {
            return String::new();
        }
        template::decode_quoted(self, span.start + 1..span.end - 1)
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expression) -> Expr {
        let span = span_of(expr);
        if self.depth > TREE_DEPTH_MAX {
            return self.too_deep(&span);
        }
        self.depth += 1;
        let lowered = self.expr_inner(expr, &span);
        self.depth -= 1;
        lowered
    }

    fn too_deep(&mut self, span: &Range<usize>) -> Expr {
        self.problem(
            Problem::new(
                "Expression nested too deeply",
                "This expression has too many levels. Use local values to take it apart.",
            )
            .at(span.start..span.start),
        );
        Expr::new(ExprKind::Literal(Value::null(Type::Dynamic)), self.source.range(span))
    }

    fn expr_inner(&mut self, expr: &Expression, span: &Range<usize>) -> Expr {
        let kind = match expr {
            Expression::Null(_) => ExprKind::Literal(Value::null(Type::Dynamic)),
            Expression::Bool(value) => ExprKind::Literal(Value::bool(*value.value())),
            Expression::Number(_) => ExprKind::Literal(self.number(span)),
            Expression::String(_) => ExprKind::Literal(Value::string(self.quoted(span))),
            Expression::Variable(name) => ExprKind::Name(name.as_str().into()),
            Expression::Array(array) => {
                ExprKind::Tuple(array.iter().map(|element| self.expr(element)).collect())
            }
            Expression::Object(object) => ExprKind::Object(self.object(object)),
            Expression::StringTemplate(quoted) => return self.quoted_template(quoted, span),
            Expression::HeredocTemplate(heredoc) => return self.heredoc(heredoc, span),
            Expression::Parenthesis(inner) => ExprKind::Parens(self.expr(inner.inner())),
            Expression::Conditional(conditional) => ExprKind::Conditional(
                self.expr(&conditional.cond_expr),
                self.expr(&conditional.true_expr),
                self.expr(&conditional.false_expr),
            ),
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => return self.traversal(traversal, span),
            Expression::UnaryOp(unary) => ExprKind::Unary(
                match unary.operator.value() {
                    UnaryOperator::Neg => UnaryOp::Negate,
                    UnaryOperator::Not => UnaryOp::Not,
                },
                self.expr(&unary.expr),
            ),
            Expression::BinaryOp(binary) => ExprKind::Binary(
                binary_op(*binary.operator.value()),
                self.expr(&binary.lhs_expr),
                self.expr(&binary.rhs_expr),
            ),
            Expression::ForExpr(for_expr) => ExprKind::For(Box::new(self.for_expr(for_expr))),
        };
        Expr::new(kind, self.source.range(span))
    }

    /// A number literal, digit for digit; the parser puts a sign in front of digits into it.
    fn number(&mut self, span: &Range<usize>) -> Value {
        let text = self.source.slice(span);
        let negative = text.starts_with('-');
        let digits = if negative { skip_space(text.get(1..).unwrap_or_default()) } else { text };
        match digits.parse::<Number>() {
            Ok(number) if negative => Value::number(number.neg()),
            Ok(number) => Value::number(number),
            Err(_) => {
                self.problem(
                    Problem::new(
                        "Invalid number literal",
                        "This is not a number, or one that is out of range.",
                    )
                    .at(span.clone()),
                );
                Value::number(Number::ZERO)
            }
        }
    }

    fn object(&mut self, object: &Object) -> Vec<ObjectItem> {
        object
            .iter()
            .map(|(key, value)| ObjectItem { key: self.object_key(key), value: self.expr(value.expr()) })
            .collect()
    }

    fn object_key(&mut self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(ident) => {
                let span = span_of(ident);
                // The source text, for the parser may have been given another name.
                Expr::new(
                    ExprKind::Literal(Value::string(self.source.slice(&span))),
                    self.source.range(&span),
                )
            }
            // Keywords are plain names in this place.
            ObjectKey::Expression(expr @ (Expression::Null(_) | Expression::Bool(_))) => {
                let span = span_of(expr);
                Expr::new(
                    ExprKind::Literal(Value::string(self.source.slice(&span))),
                    self.source.range(&span),
                )
            }
            ObjectKey::Expression(expr) => self.expr(expr),
        }
    }

    fn call(&mut self, call: &FuncCall) -> ExprKind {
        let mut parts: Vec<&str> = call.name.namespace.iter().map(|part| part.as_str()).collect();
        parts.push(call.name.name.as_str());
        let first = call.name.namespace.first().unwrap_or(&call.name.name);
        let name_span = span_of(first).start..span_of(&call.name.name).end;
        let name = match &parts[..] {
            ["core", name] => Arc::from(*name),
            _ => Arc::from(parts.join("::")),
        };
        ExprKind::Call {
            name,
            name_range: self.source.range(&name_span),
            arguments: call.args.iter().map(|argument| self.expr(argument)).collect(),
            expand_last: call.args.expand_final(),
        }
    }

    fn for_expr(&mut self, for_expr: &HclFor) -> ForExpr {
        ForExpr {
            key_name: for_expr.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value_name: for_expr.intro.value_var.as_str().into(),
            collection: self.expr(&for_expr.intro.collection_expr),
            key: for_expr.key_expr.as_ref().map(|key| self.expr(key)),
            value: self.expr(&for_expr.value_expr),
            condition: for_expr.cond.as_ref().map(|condition| self.expr(&condition.expr)),
            grouping: for_expr.grouping,
        }
    }

    fn traversal(&mut self, traversal: &Traversal, span: &Range<usize>) -> Expr {
        let length = traversal.operators.len();
        if self.depth + length > TREE_DEPTH_MAX {
            return self.too_deep(span);
        }
        self.depth += length;
        let base = self.expr(&traversal.expr);
        let steps: Vec<Step> = traversal
            .operators
            .iter()
            .map(|operator| {
                let span = span_of(operator);
                let kind = match operator.value() {
                    TraversalOperator::GetAttr(name) => {
                        StepKind::Attribute(name.as_str().into(), self.source.range(&span_of(name)))
                    }
                    TraversalOperator::Index(key) => StepKind::Index(self.expr(key)),
                    TraversalOperator::LegacyIndex(index) => StepKind::Legacy(*index.value()),
                    TraversalOperator::AttrSplat(_) => StepKind::AttributeSplat,
                    TraversalOperator::FullSplat(_) => StepKind::FullSplat,
                };
                Step { kind, span }
            })
            .collect();
        let expr = self.apply(base, span.start, steps);
        self.depth -= length;
        expr
    }

    fn apply(&mut self, base: Expr, start: usize, steps: Vec<Step>) -> Expr {
        let mut expr = base;
        let mut steps = steps.into_iter().peekable();
        while let Some(Step { kind, span }) = steps.next() {
            let range = self.source.range(&(start..span.end));
            match kind {
                StepKind::Attribute(name, _) => expr = Expr::new(ExprKind::Attribute(expr, name), range),
                StepKind::Index(key) => expr = Expr::new(ExprKind::Index(expr, key), range),
                StepKind::Legacy(index) => expr = Expr::new(ExprKind::LegacyIndex(expr, index), range),
                StepKind::AttributeSplat => {
                    let mut each = Vec::new();
                    let mut end = span.end;
                    while let Some(step) = steps.next_if(|step| step.kind.follows_attribute_splat()) {
                        end = step.span.end;
                        each.push(self.splat_step(step));
                    }
                    if let Some(nested) = steps.next_if(|step| matches!(step.kind, StepKind::AttributeSplat))
                    {
                        self.problem(
                            Problem::new(
                                "Nested splat expression not allowed",
                                "A .* splat cannot be used inside another one. Use [*] for the outer one.",
                            )
                            .at(nested.span),
                        );
                    }
                    let range = self.source.range(&(start..end));
                    expr = Expr::new(ExprKind::Splat { source: expr, each }, range);
                }
                StepKind::FullSplat => return self.full_splat(expr, start, span, steps.collect()),
            }
        }
        expr
    }

    /// `source[*]` and everything behind it, which all applies to each element.
    fn full_splat(&mut self, source: Expr, start: usize, span: Range<usize>, rest: Vec<Step>) -> Expr {
        let end = rest.last().map_or(span.end, |step| step.span.end);
        let range = self.source.range(&(start..end));
        if rest.iter().any(|step| matches!(step.kind, StepKind::AttributeSplat | StepKind::FullSplat)) {
            let splat_range = self.source.range(&(start..span.end));
            let elements = Expr::new(ExprKind::Splat { source, each: Vec::new() }, splat_range.clone());
            let element = Expr::new(ExprKind::Name(SPLAT_ELEMENT.into()), splat_range);
            let for_expr = ForExpr {
                key_name: None,
                value_name: SPLAT_ELEMENT.into(),
                collection: elements,
                key: None,
                value: self.apply(element, start, rest),
                condition: None,
                grouping: false,
            };
            return Expr::new(ExprKind::For(Box::new(for_expr)), range);
        }
        let each = rest.into_iter().map(|step| self.splat_step(step)).collect();
        Expr::new(ExprKind::Splat { source, each }, range)
    }

    fn splat_step(&self, step: Step) -> SplatStep {
        match step.kind {
            StepKind::Attribute(name, range) => SplatStep::Attribute(name, range),
            StepKind::Index(key) => SplatStep::Index(key),
            StepKind::Legacy(index) => SplatStep::Index(Expr::new(
                ExprKind::Literal(Value::number(Number::from_integer(index.into()))),
                self.source.range(&step.span),
            )),
            StepKind::AttributeSplat | StepKind::FullSplat => {
                unreachable!("splats inside a splat are handled before its steps are made")
            }
        }
    }
}

/// One step of a traversal, lowered.
struct Step {
    kind: StepKind,
    span: Range<usize>,
}

enum StepKind {
    Attribute(Arc<str>, SourceRange),
    Index(Expr),
    Legacy(u64),
    AttributeSplat,
    FullSplat,
}

impl StepKind {
    fn follows_attribute_splat(&self) -> bool {
        matches!(self, Self::Attribute(..) | Self::Legacy(_))
    }
}

/// The text behind space and comments, which the parser allows between a sign and its number.
fn skip_space(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some((_, after)) = rest.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
        rest = after.trim_start();
    }
    rest
}

fn binary_op(operator: BinaryOperator) -> BinaryOp {
    match operator {
        BinaryOperator::Eq => BinaryOp::Equal,
        BinaryOperator::NotEq => BinaryOp::NotEqual,
        BinaryOperator::LessEq => BinaryOp::LessOrEqual,
        BinaryOperator::GreaterEq => BinaryOp::GreaterOrEqual,
        BinaryOperator::Less => BinaryOp::Less,
        BinaryOperator::Greater => BinaryOp::Greater,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Mul => BinaryOp::Multiply,
        BinaryOperator::Div => BinaryOp::Divide,
        BinaryOperator::Mod => BinaryOp::Modulo,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
    }
}
