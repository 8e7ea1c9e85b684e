//! Where reading goes on after an error.

use std::collections::BTreeMap;

use super::Parser;
use super::lex::{Token, TokenKind};

impl Parser<'_> {
    /// Skips the rest of a body item of which the tokens from `start` on were looked at: up to the
    /// newline outside of all brackets. If the brackets do not match, the line where the error was found
    /// is read again as if it were an item.
    pub(super) fn skip_item(&mut self, start: usize) {
        if self.given_up {
            return;
        }
        let found = self.next.max(start);
        // Where brackets do not match once, looking for their ends would go through the whole rest of
        // the file again and again.
        let end = if self.unbalanced { None } else { self.end_of_item(start, found) };
        if let Some(end) = end {
            self.next = end;
            self.lost = false;
            return;
        }
        (self.lost, self.unbalanced) = (true, true);
        self.next = self.line_before(start, found).unwrap_or(found);
        while !matches!(self.raw().kind, TokenKind::Newline | TokenKind::Eof) {
            self.next += 1;
        }
    }

    /// The newline in front of the line where an error was found, if the item began before it.
    fn line_before(&self, start: usize, found: usize) -> Option<usize> {
        let is_newline =
            |i: &usize| self.tokens.get(*i).is_some_and(|token| token.kind == TokenKind::Newline);
        (start + 1..=found).rev().find(is_newline)
    }

    /// The index of the newline that ends an item, or of the brace that ends the body around it.
    fn end_of_item(&self, start: usize, found: usize) -> Option<usize> {
        let mut open = Open::default();
        for (i, token) in self.tokens.iter().enumerate().skip(start) {
            match token.kind {
                TokenKind::Newline if open.closers.is_empty() && i + 1 >= found => return Some(i),
                TokenKind::CBrace if open.closers.is_empty() && i >= found => return Some(i),
                TokenKind::Eof => return open.closers.is_empty().then_some(i),
                kind => open.step(kind),
            }
        }
        None
    }

    /// Skips to behind the brace that closes the block around.
    pub(super) fn skip_to_brace(&mut self) {
        let mut open = 0_usize;
        loop {
            let token = self.raw();
            match token.kind {
                TokenKind::OBrace => open += 1,
                TokenKind::CBrace if open == 0 => {
                    self.next += 1;
                    return;
                }
                TokenKind::CBrace => open -= 1,
                TokenKind::Eof => return,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// Skips to behind the end of a template sequence that is open.
    pub(super) fn skip_sequence(&mut self) {
        let mut open = 0_usize;
        loop {
            let token: Token = self.raw();
            match token.kind {
                TokenKind::TemplateInterp | TokenKind::TemplateControl => open += 1,
                TokenKind::TemplateSeqEnd if open == 0 => {
                    self.next += 1;
                    return;
                }
                TokenKind::TemplateSeqEnd => open -= 1,
                TokenKind::Eof => return,
                _ => {}
            }
            self.next += 1;
        }
    }
}

/// Brackets that are open, by what closes them.
#[derive(Default)]
struct Open {
    closers: Vec<TokenKind>,
    counts: BTreeMap<TokenKind, usize>,
}

impl Open {
    /// Opens or closes; what closes a bracket closes what was left open inside, too.
    fn step(&mut self, kind: TokenKind) {
        if let Some(closer) = closer(kind) {
            self.closers.push(closer);
            *self.counts.entry(closer).or_default() += 1;
            return;
        }
        if self.counts.get(&kind).is_none_or(|count| *count == 0) {
            return;
        }
        while let Some(closer) = self.closers.pop() {
            self.counts.entry(closer).and_modify(|count| *count -= 1);
            if closer == kind {
                return;
            }
        }
    }
}

fn closer(kind: TokenKind) -> Option<TokenKind> {
    Some(match kind {
        TokenKind::OBrace => TokenKind::CBrace,
        TokenKind::OBrack => TokenKind::CBrack,
        TokenKind::OParen => TokenKind::CParen,
        TokenKind::OQuote => TokenKind::CQuote,
        TokenKind::OHeredoc => TokenKind::CHeredoc,
        TokenKind::TemplateInterp | TokenKind::TemplateControl => TokenKind::TemplateSeqEnd,
        _ => return None,
    })
}
