//! Steps behind a term: attributes, indexes and splats.

use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::{Number, SourceRange, Value};

use super::error::{Problem, found};
use super::lex::{Token, TokenKind};
use super::{NESTING_MAX, Parsed, Parser};
use crate::ast::{Expr, ExprKind, ForExpr, SplatStep};

/// The name that stands for the element of a splat with another splat inside; nobody can write it.
pub(crate) const SPLAT_ELEMENT: &str = "(element)";

/// One step and where it ends.
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
    fn is_splat(&self) -> bool {
        matches!(self, Self::AttributeSplat | Self::FullSplat)
    }
}

impl Parser<'_> {
    /// The term with all steps behind it. Chains are long, not deep.
    pub(super) fn steps(&mut self, term: Expr, start: usize) -> Parsed<Expr> {
        let mut expr = term;
        while matches!(self.peek().kind, TokenKind::Dot | TokenKind::OBrack) {
            let step = self.step()?;
            if step.kind.is_splat() {
                return self.splat(expr, start, step);
            }
            expr = self.applied(expr, start, step);
        }
        Ok(expr)
    }

    fn step(&mut self) -> Parsed<Step> {
        let open = self.read();
        let kind = match open.kind {
            TokenKind::Dot => self.dot_step()?,
            _ => self.bracket_step()?,
        };
        Ok(Step { kind, span: open.start as usize..self.end() })
    }

    fn dot_step(&mut self) -> Parsed<StepKind> {
        let token = self.peek();
        match token.kind {
            TokenKind::Ident => {
                self.read();
                Ok(StepKind::Attribute(self.text(token).into(), self.source.range(&token.span())))
            }
            TokenKind::Number => self.legacy_index(),
            TokenKind::Star => {
                self.read();
                Ok(StepKind::AttributeSplat)
            }
            kind => {
                let what = found(kind, self.text(token));
                let detail =
                    format!("The name of an attribute is expected behind the dot, but there is {what}.");
                Err(self.fail(token, "Invalid attribute name", detail))
            }
        }
    }

    /// The old way to write an index, `list.0`.
    fn legacy_index(&mut self) -> Parsed<StepKind> {
        let token = self.read();
        let text = self.text(token);
        if let Some((first, second)) = text.split_once('.') {
            let detail = format!(
                "Two indexes cannot be chained with dots, as \"{text}\" is a number. Write them in brackets: \
                 [{first}][{second}]."
            );
            return Err(self.fail(token, "Invalid legacy index syntax", detail));
        }
        match text.parse::<Number>().ok().and_then(|number| number.to_u64()) {
            Some(index) => Ok(StepKind::Legacy(index)),
            None => {
                let detail = "This is not an index: a whole number from zero is.";
                Err(self.fail(token, "Invalid legacy index syntax", detail))
            }
        }
    }

    fn bracket_step(&mut self) -> Parsed<StepKind> {
        if self.accept(TokenKind::Star).is_some() {
            let close = self.peek();
            if close.kind != TokenKind::CBrack {
                let detail = "The closing bracket is expected directly behind the star of a splat, [*].";
                return Err(self.fail(close, "Missing close bracket on splat index", detail));
            }
            self.read();
            return Ok(StepKind::FullSplat);
        }
        self.with_newlines(false, |inner| {
            let key = inner.expression()?;
            let close = inner.peek();
            if close.kind != TokenKind::CBrack {
                return Err(inner.no_index_end(close));
            }
            inner.read();
            Ok(StepKind::Index(key))
        })
    }

    fn no_index_end(&mut self, token: Token) -> super::Stopped {
        let what = found(token.kind, self.text(token));
        let detail = format!("The closing bracket of the index is expected here, but there is {what}.");
        self.fail(token, "Missing close bracket on index", detail)
    }

    fn applied(&self, expr: Expr, start: usize, step: Step) -> Expr {
        let kind = match step.kind {
            StepKind::Attribute(name, _) => ExprKind::Attribute(expr, name),
            StepKind::Index(key) => ExprKind::Index(expr, key),
            StepKind::Legacy(index) => ExprKind::LegacyIndex(expr, index),
            StepKind::AttributeSplat | StepKind::FullSplat => return expr,
        };
        Expr::new(kind, self.source.range(&(start..step.span.end)))
    }

    /// A splat and everything behind it.
    #[inline(never)]
    fn splat(&mut self, source: Expr, start: usize, first: Step) -> Parsed<Expr> {
        let mut steps = vec![first];
        let mut splats = 1;
        while matches!(self.peek().kind, TokenKind::Dot | TokenKind::OBrack) {
            let step = self.step()?;
            splats += usize::from(step.kind.is_splat());
            // Each splat is a level of its own for whoever walks the tree.
            if self.depth + 2 * splats > NESTING_MAX {
                return Err(self.too_deep());
            }
            steps.push(step);
        }
        self.apply(source, start, steps)
    }

    fn apply(&mut self, base: Expr, start: usize, steps: Vec<Step>) -> Parsed<Expr> {
        let mut expr = base;
        let mut steps = steps.into_iter().peekable();
        while let Some(step) = steps.next() {
            match step.kind {
                StepKind::AttributeSplat => {
                    let mut end = step.span.end;
                    let mut each = Vec::new();
                    while let Some(next) = steps
                        .next_if(|next| matches!(next.kind, StepKind::Attribute(..) | StepKind::Legacy(_)))
                    {
                        end = next.span.end;
                        each.extend(self.splat_step(next));
                    }
                    if let Some(nested) = steps.next_if(|next| matches!(next.kind, StepKind::AttributeSplat))
                    {
                        return Err(self.nested_splat(nested));
                    }
                    expr =
                        Expr::new(ExprKind::Splat { source: expr, each }, self.source.range(&(start..end)));
                }
                StepKind::FullSplat => return self.full_splat(expr, start, &step.span, steps.collect()),
                StepKind::Attribute(..) | StepKind::Index(_) | StepKind::Legacy(_) => {
                    expr = self.applied(expr, start, step);
                }
            }
        }
        Ok(expr)
    }

    fn nested_splat(&mut self, nested: Step) -> super::Stopped {
        let problem = Problem::new(
            "Nested splat expression not allowed",
            "A .* splat cannot be used inside another one. Write [*] for the outer one.",
        );
        self.report(problem.at(nested.span))
    }

    /// `source[*]` and everything behind it, which all applies to each element.
    fn full_splat(
        &mut self,
        source: Expr,
        start: usize,
        span: &Range<usize>,
        rest: Vec<Step>,
    ) -> Parsed<Expr> {
        let end = rest.last().map_or(span.end, |step| step.span.end);
        let range = self.source.range(&(start..end));
        if !rest.iter().any(|step| step.kind.is_splat()) {
            let each = rest.into_iter().filter_map(|step| self.splat_step(step)).collect();
            return Ok(Expr::new(ExprKind::Splat { source, each }, range));
        }
        let splat_range = self.source.range(&(start..span.end));
        let elements = Expr::new(ExprKind::Splat { source, each: Vec::new() }, splat_range.clone());
        let element = Expr::new(ExprKind::Name(SPLAT_ELEMENT.into()), splat_range);
        let for_expr = ForExpr {
            key_name: None,
            value_name: SPLAT_ELEMENT.into(),
            collection: elements,
            key: None,
            value: self.apply(element, start, rest)?,
            condition: None,
            grouping: false,
        };
        Ok(Expr::new(ExprKind::For(Box::new(for_expr)), range))
    }

    /// A step inside a splat; splats inside have been handled before.
    fn splat_step(&self, step: Step) -> Option<SplatStep> {
        match step.kind {
            StepKind::Attribute(name, range) => Some(SplatStep::Attribute(name, range)),
            StepKind::Index(key) => Some(SplatStep::Index(key)),
            StepKind::Legacy(index) => Some(SplatStep::Index(Expr::new(
                ExprKind::Literal(Value::number(Number::from_integer(index.into()))),
                self.source.range(&step.span),
            ))),
            StepKind::AttributeSplat | StepKind::FullSplat => None,
        }
    }
}
