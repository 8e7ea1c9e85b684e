//! Calls, constructors of tuples and objects, and `for` expressions.

use std::sync::Arc;

use evenkeel_model::Value;

use super::error::{Problem, found};
use super::lex::{Token, TokenKind};
use super::{Parsed, Parser, Stopped};
use crate::ast::{Expr, ExprKind, ForExpr, ObjectItem};

const INVALID_FOR: &str = "Invalid 'for' expression";

impl Parser<'_> {
    /// `name(arguments)` or `namespace::name(arguments)`, behind the first name.
    #[inline(never)]
    pub(super) fn call(&mut self, first: Token) -> Parsed<Expr> {
        let start = first.start as usize;
        let mut parts = vec![self.text(first)];
        while self.accept(TokenKind::DoubleColon).is_some() {
            let name = self.peek();
            if name.kind != TokenKind::Ident {
                let detail = "The name of a function in the namespace is expected behind \"::\".";
                return Err(self.fail(name, "Missing function name", detail));
            }
            self.read();
            parts.push(self.text(name));
        }
        let name_range = self.range_from(start);
        let open = self.peek();
        if open.kind != TokenKind::OParen {
            let detail =
                "A name with a namespace is that of a function, and its arguments in parentheses follow it.";
            return Err(self.fail(open, "Missing open parenthesis", detail));
        }
        self.read();
        let name = match &parts[..] {
            ["core", name] => Arc::from(*name),
            _ => Arc::from(parts.join("::")),
        };
        let (arguments, expand_last) = self.with_newlines(false, |inner| inner.arguments(first, open))?;
        let kind = ExprKind::Call { name, name_range, arguments, expand_last };
        Ok(Expr::new(kind, self.range_from(start)))
    }

    fn arguments(&mut self, name: Token, open: Token) -> Parsed<(Vec<Expr>, bool)> {
        let mut arguments = Vec::new();
        loop {
            if self.accept(TokenKind::CParen).is_some() {
                return Ok((arguments, false));
            }
            if self.peek().kind == TokenKind::Eof {
                return Err(self.unterminated_call(name, open));
            }
            arguments.push(self.expression()?);
            let separator = self.peek();
            match separator.kind {
                TokenKind::Comma => {
                    self.read();
                }
                TokenKind::CParen => {}
                TokenKind::Ellipsis => {
                    self.read();
                    return self.expanded().map(|()| (arguments, true));
                }
                TokenKind::Eof => return Err(self.unterminated_call(name, open)),
                kind => {
                    let what = found(kind, self.text(separator));
                    let detail = format!(
                        "A comma or the closing parenthesis of the call is expected here, but there is {what}."
                    );
                    return Err(self.fail(separator, "Missing argument separator", detail));
                }
            }
        }
    }

    fn expanded(&mut self) -> Parsed<()> {
        let close = self.peek();
        if close.kind == TokenKind::CParen {
            self.read();
            return Ok(());
        }
        let detail =
            "The closing parenthesis is expected behind \"...\": only the last argument can be expanded.";
        Err(self.fail(close, "Missing closing parenthesis", detail))
    }

    fn unterminated_call(&mut self, name: Token, open: Token) -> Stopped {
        let detail = "The text ends before the closing parenthesis of this call. Brackets that do not match further \
                      down can also be the cause.";
        let problem = Problem::new("Unterminated function call", detail);
        self.report(problem.at(name.start as usize..open.end as usize))
    }

    /// `[a, b]` or `[for ...]`
    pub(super) fn tuple(&mut self) -> Parsed<Expr> {
        let open = self.read();
        if self.at_keyword("for") {
            return self.for_expression(open, TokenKind::CBrack);
        }
        let mut elements = Vec::new();
        loop {
            if self.accept(TokenKind::CBrack).is_some() {
                return Ok(Expr::new(ExprKind::Tuple(elements), self.range_from(open.start as usize)));
            }
            if self.peek().kind == TokenKind::Eof {
                return Err(self.unterminated_tuple(open));
            }
            elements.push(self.expression()?);
            let separator = self.peek();
            match separator.kind {
                TokenKind::Comma => {
                    self.read();
                }
                TokenKind::CBrack => {}
                _ => return Err(self.no_separator(separator, open)),
            }
        }
    }

    #[inline(never)]
    fn no_separator(&mut self, token: Token, open: Token) -> Stopped {
        if token.kind == TokenKind::Eof {
            return self.unterminated_tuple(open);
        }
        let what = found(token.kind, self.text(token));
        let detail = format!("A comma or the closing bracket is expected here, but there is {what}.");
        self.fail(token, "Missing item separator", detail)
    }

    fn unterminated_tuple(&mut self, open: Token) -> Stopped {
        let detail = "The text ends before the closing bracket of this list. Brackets that do not match further down can \
                      also be the cause.";
        self.fail(open, "Unterminated tuple constructor expression", detail)
    }

    /// `{ a = b }` or `{for ...}`
    pub(super) fn object(&mut self) -> Parsed<Expr> {
        let open = self.read();
        while self.accept(TokenKind::Newline).is_some() {}
        if self.at_keyword("for") {
            return self.with_newlines(false, |inner| inner.for_expression(open, TokenKind::CBrace));
        }
        let mut items = Vec::new();
        loop {
            while self.accept(TokenKind::Newline).is_some() {}
            if self.accept(TokenKind::CBrace).is_some() {
                return Ok(Expr::new(ExprKind::Object(items), self.range_from(open.start as usize)));
            }
            if self.peek().kind == TokenKind::Eof {
                return Err(self.unterminated_object(open));
            }
            items.push(self.object_item(open)?);
            let separator = self.peek();
            match separator.kind {
                TokenKind::Comma | TokenKind::Newline => {
                    self.read();
                }
                TokenKind::CBrace => {}
                _ => return Err(self.no_attribute_separator(separator, open)),
            }
        }
    }

    fn object_item(&mut self, open: Token) -> Parsed<ObjectItem> {
        let token = self.peek();
        let key = self.expression()?;
        let key = match key.kind() {
            // Names and keywords alone are text here.
            ExprKind::Name(_) | ExprKind::Literal(_) if token.kind == TokenKind::Ident => {
                Expr::new(ExprKind::Literal(Value::string(self.text(token))), key.range().clone())
            }
            _ => key,
        };
        let separator = self.peek();
        if !matches!(separator.kind, TokenKind::Equal | TokenKind::Colon) {
            return Err(self.no_value(separator, open));
        }
        self.read();
        Ok(ObjectItem { key, value: self.expression()? })
    }

    #[inline(never)]
    fn no_value(&mut self, token: Token, open: Token) -> Stopped {
        match token.kind {
            TokenKind::Eof => self.unterminated_object(open),
            TokenKind::Newline | TokenKind::Comma => self.fail(
                token,
                "Missing attribute value",
                "The value of this attribute is missing: an equals sign and an expression are expected here.",
            ),
            kind => {
                let what = found(kind, self.text(token));
                let detail = format!(
                    "An equals sign and the value of the attribute are expected here, but there is {what}. A name with dots \
                     or spaces in it stands in quotes."
                );
                self.fail(token, "Missing key/value separator", detail)
            }
        }
    }

    #[inline(never)]
    fn no_attribute_separator(&mut self, token: Token, open: Token) -> Stopped {
        if token.kind == TokenKind::Eof {
            return self.unterminated_object(open);
        }
        let what = found(token.kind, self.text(token));
        let detail =
            format!("A newline or comma is expected here, before the next attribute, but there is {what}.");
        self.fail(token, "Missing attribute separator", detail)
    }

    fn unterminated_object(&mut self, open: Token) -> Stopped {
        let detail = "The text ends before the closing brace of this object. Brackets that do not match further down can \
                      also be the cause.";
        self.fail(open, "Unterminated object constructor expression", detail)
    }

    /// The names of `for` in an expression or directive: of keys, if two are given, and of values.
    pub(super) fn for_names(&mut self, summary: &str) -> Parsed<(Option<Arc<str>>, Arc<str>)> {
        let first = self.for_name(summary, "A name for the elements is expected behind \"for\".")?;
        let names = match self.accept(TokenKind::Comma) {
            None => (None, first),
            Some(_) => {
                (Some(first), self.for_name(summary, "A name for the values is expected behind the comma.")?)
            }
        };
        if self.at_keyword("in") {
            self.read();
            return Ok(names);
        }
        let token = self.peek();
        Err(self.fail(token, summary, "The keyword \"in\" and the collection are expected behind the names."))
    }

    fn for_name(&mut self, summary: &str, detail: &str) -> Parsed<Arc<str>> {
        let token = self.peek();
        if token.kind != TokenKind::Ident {
            return Err(self.fail(token, summary, detail));
        }
        self.read();
        Ok(self.text(token).into())
    }

    /// A `for` expression behind its opening bracket.
    #[inline(never)]
    fn for_expression(&mut self, open: Token, close: TokenKind) -> Parsed<Expr> {
        self.read();
        let (key_name, value_name) = self.for_names(INVALID_FOR)?;
        let collection = self.expression()?;
        let colon = self.peek();
        if colon.kind != TokenKind::Colon {
            return Err(self.fail(
                colon,
                INVALID_FOR,
                "A colon is expected between the collection and the result.",
            ));
        }
        self.read();
        let (key, value, grouping) = self.for_result(close == TokenKind::CBrace)?;
        let condition = match self.at_keyword("if") {
            true => {
                self.read();
                Some(self.expression()?)
            }
            false => None,
        };
        let end = self.peek();
        if end.kind != close {
            let what = found(end.kind, self.text(end));
            let detail =
                format!("The closing bracket of the for expression is expected here, but there is {what}.");
            return Err(self.fail(end, INVALID_FOR, detail));
        }
        self.read();
        let for_expr = ForExpr { key_name, value_name, collection, key, value, condition, grouping };
        Ok(Expr::new(ExprKind::For(Box::new(for_expr)), self.range_from(open.start as usize)))
    }

    /// `value`, or `key => value` and `...` where an object is made.
    fn for_result(&mut self, object: bool) -> Parsed<(Option<Expr>, Expr, bool)> {
        let first = self.peek();
        let mut key = None;
        let mut value = self.expression()?;
        if self.accept(TokenKind::FatArrow).is_some() {
            key = Some(std::mem::replace(&mut value, self.expression()?));
        }
        let ellipsis = self.accept(TokenKind::Ellipsis);
        let span = first.start as usize..self.end();
        match (object, &key, ellipsis) {
            (true, None, _) => {
                self.wrong_for(span, "An object needs keys: {for NAME in COLLECTION : KEY => VALUE}.")
            }
            (false, Some(_), _) => {
                self.wrong_for(span, "A list has no keys. Write {for ...} with braces for an object.")
            }
            (false, None, Some(token)) => {
                self.wrong_for(
                    token.span(),
                    "\"...\" groups by key, and a list has no keys. Write {for ...} with braces.",
                );
            }
            _ => {}
        }
        Ok((key, value, ellipsis.is_some()))
    }

    fn wrong_for(&mut self, span: std::ops::Range<usize>, detail: &str) {
        self.report(Problem::new(INVALID_FOR, detail).at(span));
    }
}
