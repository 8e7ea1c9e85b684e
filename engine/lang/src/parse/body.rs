//! Bodies: arguments and blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{Problem, found};
use super::lex::{Token, TokenKind};
use super::{Parsed, Parser, Stopped, UNCLOSED};
use crate::ast::{Attribute, Block, Body};

/// What a body gathers. Names are kept to notice what is set twice.
#[derive(Default)]
struct Items<'a> {
    attributes: Vec<Attribute>,
    blocks: Vec<Block>,
    lines: BTreeMap<&'a str, u32>,
}

impl Items<'_> {
    fn body(self) -> Body {
        Body { attributes: self.attributes.into(), blocks: self.blocks.into() }
    }
}

impl<'a> Parser<'a> {
    /// The body of a whole file.
    pub(super) fn file(&mut self) -> Body {
        let mut items = Items::default();
        while self.peek().kind != TokenKind::Eof {
            self.item(&mut items);
        }
        items.body()
    }

    /// What follows the opening brace of a block, up to its closing brace.
    fn block_body(&mut self, open: Token) -> Body {
        let mut items = Items::default();
        loop {
            match self.peek().kind {
                TokenKind::CBrace => {
                    self.read();
                    return items.body();
                }
                TokenKind::Eof => {
                    self.unclosed(open);
                    return items.body();
                }
                _ => self.item(&mut items),
            }
        }
    }

    /// Reports that the file ends inside of a block, unless something inside of it says why already.
    fn unclosed(&mut self, open: Token) {
        let start = open.start as usize;
        if self.problems.iter().any(|problem| problem.start() >= start && problem.swallows()) {
            return;
        }
        self.fail(
            open,
            UNCLOSED,
            "The file ends before the closing brace of this block. Braces that do not match further down can also be the \
             cause.",
        );
    }

    /// One argument, block or empty line; what is neither is reported and skipped.
    fn item(&mut self, items: &mut Items<'a>) {
        let token = self.peek();
        match token.kind {
            TokenKind::Newline => {
                self.read();
            }
            TokenKind::Ident => {
                let start = self.next;
                self.read();
                match self.named_item(token, items) {
                    Ok(()) => self.lost = false,
                    Err(Stopped) => self.skip_item(start),
                }
            }
            _ => self.no_item(token),
        }
    }

    fn no_item(&mut self, token: Token) {
        let start = self.next;
        if !self.lost {
            match token.kind {
                TokenKind::OQuote => self.fail(
                    token,
                    "Invalid argument name",
                    "The names of arguments and block types are not quoted. Remove the quotes.",
                ),
                TokenKind::CBrace => self.fail(
                    token,
                    "Argument or block definition required",
                    "This brace closes nothing. Remove it, or look for a block above that is closed too early.",
                ),
                kind => {
                    let what = found(kind, self.text(token));
                    let detail = format!("An argument (NAME = VALUE) or a block is expected here, but there is {what}.");
                    self.fail(token, "Argument or block definition required", detail)
                }
            };
        }
        self.read();
        if token.kind != TokenKind::CBrace {
            self.skip_item(start);
        }
    }

    fn named_item(&mut self, name: Token, items: &mut Items<'a>) -> Parsed<()> {
        match self.peek().kind {
            TokenKind::Equal => {
                self.read();
                let attribute = self.attribute(name)?;
                self.keep(name, attribute, items);
                self.end_of_argument()
            }
            TokenKind::OQuote | TokenKind::OBrace | TokenKind::Ident => {
                let block = self.nested(|inner| inner.block(name));
                let block = block?;
                items.blocks.push(block);
                self.end_of_block()
            }
            _ => Err(self.neither(name)),
        }
    }

    fn neither(&mut self, name: Token) -> Stopped {
        let text = self.text(name);
        let detail = format!(
            "\"{text}\" begins neither an argument nor a block. An argument is written {text} = VALUE, and a block \
             {text} {{ ... }} with the brace on the same line."
        );
        match self.lost {
            true => Stopped,
            false => self.fail(name, "Argument or block definition required", detail),
        }
    }

    fn attribute(&mut self, name: Token) -> Parsed<Attribute> {
        let value = self.expression()?;
        Ok(Attribute {
            name: self.text(name).into(),
            name_range: self.source.range(&name.span()),
            value,
            json: false,
        })
    }

    /// Adds an argument, unless there is one of that name.
    fn keep(&mut self, name: Token, attribute: Attribute, items: &mut Items<'a>) {
        let text = self.text(name);
        let line = attribute.name_range.start.line;
        match items.lines.get(text) {
            None => {
                items.lines.insert(text, line);
                items.attributes.push(attribute);
            }
            Some(first) => {
                let detail = format!(
                    "The argument \"{text}\" is set on line {first} already, and each argument can be set once. Remove one of \
                     the two."
                );
                self.fail(name, "Attribute redefined", detail);
            }
        }
    }

    fn end_of_argument(&mut self) -> Parsed<()> {
        let token = self.peek();
        match token.kind {
            TokenKind::Newline => {
                self.read();
                Ok(())
            }
            TokenKind::Eof => Ok(()),
            TokenKind::Comma => Err(self.fail(
                token,
                "Unexpected comma after argument",
                "Arguments are separated by newlines, not by commas. Write the next one on a line of its own.",
            )),
            kind => {
                let what = found(kind, self.text(token));
                let detail = format!(
                    "An argument ends with its line, but {what} follows. Write the next argument on a line of its own; an \
                     expression of several lines stands in parentheses."
                );
                Err(self.fail(token, "Missing newline after argument", detail))
            }
        }
    }

    fn end_of_block(&mut self) -> Parsed<()> {
        let token = self.peek();
        match token.kind {
            TokenKind::Newline => {
                self.read();
                Ok(())
            }
            TokenKind::Eof => Ok(()),
            kind => {
                let what = found(kind, self.text(token));
                let detail = format!("A block ends with its line, but {what} follows its closing brace.");
                Err(self.fail(token, "Missing newline after block definition", detail))
            }
        }
    }

    /// Labels, braces and body, behind the type of a block.
    fn block(&mut self, name: Token) -> Parsed<Block> {
        let mut labels = Vec::new();
        let open = loop {
            let token = self.peek();
            match token.kind {
                TokenKind::OBrace => break self.read(),
                TokenKind::OQuote => labels.push(self.label()?),
                TokenKind::Ident => {
                    self.read();
                    labels.push(Arc::from(self.text(token)));
                }
                _ => return Err(self.no_block(token)),
            }
        };
        let header = name.start as usize..self.end_before(open);
        let body = match self.peek().kind {
            TokenKind::Newline | TokenKind::Eof | TokenKind::CBrace => self.block_body(open),
            _ => self.one_line_body(open),
        };
        Ok(Block { kind: self.text(name).into(), labels, range: self.source.range(&header), body })
    }

    /// Where the token before a token that was just read ends.
    fn end_before(&self, token: Token) -> usize {
        let before = self.next.checked_sub(2).and_then(|i| self.tokens.get(i));
        before.map_or(token.start as usize, |before| before.end as usize)
    }

    fn no_block(&mut self, token: Token) -> Stopped {
        let detail = match token.kind {
            TokenKind::Equal => {
                "An equals sign belongs to an argument, NAME = VALUE, whose name has no labels. A block is written without."
                    .to_owned()
            }
            TokenKind::Newline => {
                "The opening brace of a block stands on the same line as its type and labels.".to_owned()
            }
            kind => {
                let what = found(kind, self.text(token));
                format!("A quoted label or the opening brace of the block is expected here, but there is {what}.")
            }
        };
        match self.lost {
            true => Stopped,
            false => self.fail(token, "Invalid block definition", detail),
        }
    }

    /// `{ name = value }` on one line.
    fn one_line_body(&mut self, open: Token) -> Body {
        let mut items = Items::default();
        if self.one_argument(&mut items, open).is_err() {
            self.skip_to_brace();
        }
        items.body()
    }

    fn one_argument(&mut self, items: &mut Items<'a>, open: Token) -> Parsed<()> {
        let name = self.read();
        let next = self.peek();
        match (name.kind, next.kind) {
            (TokenKind::Ident, TokenKind::Equal) => {
                self.read();
                let attribute = self.attribute(name)?;
                items.attributes.push(attribute);
                self.end_of_one_line(open)
            }
            (TokenKind::Ident, TokenKind::OQuote | TokenKind::OBrace | TokenKind::Ident) => {
                let problem = Problem::new(
                    "Argument definition required",
                    "A block on one line holds one argument at most and no blocks. Write what is in it on lines of their own.",
                );
                Err(self.report(problem.at(name.start as usize..next.end as usize)))
            }
            (TokenKind::Ident, _) => Err(self.neither(name)),
            (kind, _) => {
                let what = found(kind, self.text(name));
                let detail = format!(
                    "An argument (NAME = VALUE) or the closing brace is expected here, but there is {what}."
                );
                Err(self.fail(name, "Argument or block definition required", detail))
            }
        }
    }

    fn end_of_one_line(&mut self, open: Token) -> Parsed<()> {
        const SUMMARY: &str = "Invalid single-argument block definition";
        let token = self.peek();
        match token.kind {
            TokenKind::CBrace => {
                self.read();
                Ok(())
            }
            TokenKind::Eof => {
                self.unclosed(open);
                Err(Stopped)
            }
            TokenKind::Comma => Err(self.fail(
                token,
                SUMMARY,
                "A block on one line holds one argument at most. For more of them, write each on a line of its own, \
                 without commas.",
            )),
            TokenKind::Newline => Err(self.fail(
                token,
                SUMMARY,
                "A block whose argument stands on the line of its opening brace is closed on that line, too. Close it \
                 here, or write the argument on the next line.",
            )),
            kind => {
                let what = found(kind, self.text(token));
                let detail = format!("The closing brace of this block is expected here, but there is {what}.");
                Err(self.fail(token, SUMMARY, detail))
            }
        }
    }

    /// A quoted label, in which no templates may be.
    fn label(&mut self) -> Parsed<Arc<str>> {
        let quote = self.read();
        let mut text = String::new();
        loop {
            let token = self.read();
            match token.kind {
                TokenKind::CQuote => return Ok(text.into()),
                TokenKind::QuotedLit => self.decode_quoted(token, &mut text),
                TokenKind::TemplateInterp | TokenKind::TemplateControl => {
                    let sign = self.text(token).get(..1).unwrap_or_default();
                    let detail = format!(
                        "Labels are fixed text, without template sequences. For a literal \"{sign}{{\", write {sign}{sign}{{."
                    );
                    self.fail(token, "Invalid string literal", detail);
                    self.skip_sequence();
                }
                TokenKind::Eof => {
                    return Err(self.fail(
                        quote,
                        "Unterminated string literal",
                        "The file ends before the closing quote of this string.",
                    ));
                }
                _ => return Err(self.fail(token, "Invalid string literal", "This cannot stand in a label.")),
            }
        }
    }
}
