//! Operators, conditionals and the terms they combine.

use evenkeel_model::{Number, Type, Value};

use super::error::found;
use super::lex::{Token, TokenKind};
use super::{Parsed, Parser, Stopped};
use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

/// The level of the operators that bind loosest, and of those that bind tightest.
const LOOSEST: u8 = 1;

impl Parser<'_> {
    /// An expression that is the whole text.
    pub(super) fn whole_expression(&mut self) -> Parsed<Expr> {
        let expr = self.expression()?;
        let token = self.peek();
        if token.kind == TokenKind::Eof {
            return Ok(expr);
        }
        let what = found(token.kind, self.text(token));
        let detail = format!("The expression ends before {what}, which cannot follow it.");
        Err(self.fail(token, "Extra characters after expression", detail))
    }

    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let start = self.peek().start as usize;
        let condition = self.binary(LOOSEST)?;
        if self.accept(TokenKind::Question).is_none() {
            return Ok(condition);
        }
        self.branches(start, condition)
    }

    #[inline(never)]
    fn branches(&mut self, start: usize, condition: Expr) -> Parsed<Expr> {
        let yes = self.expression()?;
        let colon = self.peek();
        if colon.kind != TokenKind::Colon {
            return Err(self.fail(
                colon,
                "Missing false expression in conditional",
                "A conditional is written CONDITION ? WHEN_TRUE : WHEN_FALSE; the colon is expected here.",
            ));
        }
        self.read();
        let no = self.expression()?;
        Ok(Expr::new(ExprKind::Conditional(condition, yes, no), self.range_from(start)))
    }

    /// Operands with operators between them that bind at least as tightly as a level.
    fn binary(&mut self, level: u8) -> Parsed<Expr> {
        let start = self.peek().start as usize;
        let mut left = self.operand()?;
        while let Some((op, own)) = operator(self.peek().kind).filter(|(_, own)| *own >= level) {
            self.read();
            let right = self.binary(own + 1)?;
            left = Expr::new(ExprKind::Binary(op, left, right), self.range_from(start));
        }
        Ok(left)
    }

    /// A term with signs in front and steps behind.
    fn operand(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let op = match token.kind {
            TokenKind::Minus => UnaryOp::Negate,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let term = self.term(token)?;
                return self.steps(term, token.start as usize);
            }
        };
        self.read();
        let operand = self.nested(Self::operand)?;
        Ok(Expr::new(ExprKind::Unary(op, operand), self.range_from(token.start as usize)))
    }

    fn term(&mut self, token: Token) -> Parsed<Expr> {
        match token.kind {
            TokenKind::Ident => self.name(),
            TokenKind::Number => Ok(self.number()),
            TokenKind::OQuote => self.quoted(),
            TokenKind::OHeredoc => self.heredoc(),
            TokenKind::OParen => self.parentheses(),
            TokenKind::OBrack => self.with_newlines(false, Self::tuple),
            TokenKind::OBrace => self.with_newlines(true, Self::object),
            kind => Err(self.no_term(kind, token)),
        }
    }

    #[inline(never)]
    fn no_term(&mut self, kind: TokenKind, token: Token) -> Stopped {
        let what = found(kind, self.text(token));
        let summary = if kind == TokenKind::Eof { "Missing expression" } else { "Invalid expression" };
        self.fail(token, summary, format!("An expression is expected here, but there is {what}."))
    }

    /// A number literal, digit for digit.
    fn number(&mut self) -> Expr {
        let token = self.read();
        let number = self.text(token).parse::<Number>().unwrap_or_else(|_| {
            self.fail(token, "Invalid number literal", "This is not a number, or one that is out of range.");
            Number::ZERO
        });
        Expr::new(ExprKind::Literal(Value::number(number)), self.source.range(&token.span()))
    }

    /// A name, a keyword that is a value, or a call.
    fn name(&mut self) -> Parsed<Expr> {
        let token = self.read();
        if matches!(self.peek().kind, TokenKind::OParen | TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.text(token) {
            "true" => ExprKind::Literal(Value::bool(true)),
            "false" => ExprKind::Literal(Value::bool(false)),
            "null" => ExprKind::Literal(Value::null(Type::Dynamic)),
            name => ExprKind::Name(name.into()),
        };
        Ok(Expr::new(kind, self.source.range(&token.span())))
    }

    fn parentheses(&mut self) -> Parsed<Expr> {
        let open = self.read();
        let inner = self.with_newlines(false, |parser| {
            let inner = parser.expression()?;
            let close = parser.peek();
            if close.kind == TokenKind::CParen {
                parser.read();
                return Ok(inner);
            }
            let what = found(close.kind, parser.text(close));
            let detail =
                format!("The closing parenthesis of this expression is expected here, but there is {what}.");
            Err(parser.fail(close, "Unbalanced parentheses", detail))
        })?;
        Ok(Expr::new(ExprKind::Parens(inner), self.range_from(open.start as usize)))
    }
}

/// The operator that a token is, and how tightly it binds.
fn operator(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        TokenKind::Or => (BinaryOp::Or, LOOSEST),
        TokenKind::And => (BinaryOp::And, 2),
        TokenKind::EqualOp => (BinaryOp::Equal, 3),
        TokenKind::NotEqual => (BinaryOp::NotEqual, 3),
        TokenKind::LessThan => (BinaryOp::Less, 4),
        TokenKind::LessThanEq => (BinaryOp::LessOrEqual, 4),
        TokenKind::GreaterThan => (BinaryOp::Greater, 4),
        TokenKind::GreaterThanEq => (BinaryOp::GreaterOrEqual, 4),
        TokenKind::Plus => (BinaryOp::Add, 5),
        TokenKind::Minus => (BinaryOp::Subtract, 5),
        TokenKind::Star => (BinaryOp::Multiply, 6),
        TokenKind::Slash => (BinaryOp::Divide, 6),
        TokenKind::Percent => (BinaryOp::Modulo, 6),
        _ => return None,
    })
}
