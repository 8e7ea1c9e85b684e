//! Old notations that are written the new way: labels without quotes, types in quotes or without an
//! element type, and interpolations that are a whole expression.
//!
//! What belongs together is found in the tokens alone; the file is known to parse.

use super::Piece;
use super::label::{quote, unquote};
use crate::parse::lex::{Token, TokenKind};

/// The pieces of a file.
pub(super) fn rewrite<'a>(text: &'a str, tokens: &[Token], skipped: usize) -> Vec<Piece<'a>> {
    let pieces = tokens.iter().map(|token| Piece::new(token.kind, token.text(text))).collect();
    let mut walk = Walk { rest: pieces, out: Vec::with_capacity(tokens.len()), blocks: Vec::new() };
    walk.rest.reverse();
    walk.run();
    let (end, last) = match tokens {
        [.., last, end] => (end.start as usize, last.end as usize),
        [end] => (end.start as usize + skipped, 0),
        [] => (0, 0),
    };
    if let Some(eof) = walk.out.last_mut() {
        eof.spaces = end - last;
    }
    walk.out
}

struct Walk<'a> {
    /// What is still to be read, the next piece last.
    rest: Vec<Piece<'a>>,
    out: Vec<Piece<'a>>,
    /// For each open block whether a `type` in it is the type of a variable.
    blocks: Vec<bool>,
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        while let Some(piece) = self.rest.pop() {
            match piece.kind {
                TokenKind::Ident => self.item(piece),
                TokenKind::CBrace => {
                    self.blocks.pop();
                    self.out.push(piece);
                }
                _ => self.out.push(piece),
            }
        }
    }

    /// An attribute or the header of a block, of which the name was read.
    fn item(&mut self, name: Piece<'a>) {
        let significant = self.rest.iter().rev().find(|piece| piece.kind != TokenKind::Comment);
        match significant.map(|piece| piece.kind) {
            Some(TokenKind::Equal) => self.attribute(name),
            _ => self.header(name),
        }
    }

    fn attribute(&mut self, name: Piece<'a>) {
        let is_type = name.text == "type" && self.blocks == [true];
        self.out.push(name);
        let equals = self.take_while(|piece| matches!(piece.kind, TokenKind::Comment | TokenKind::Equal));
        self.out.extend(equals);
        let mut expression = self.expression();
        let end =
            expression.iter().rposition(|piece| piece.kind != TokenKind::Comment).map_or(0, |at| at + 1);
        let comments = expression.split_off(end);
        let rewritten = if is_type { type_expression(expression) } else { value_expression(expression) };
        self.out.extend(rewritten);
        self.out.extend(comments);
    }

    /// All pieces up to the end of the attribute.
    fn expression(&mut self) -> Vec<Piece<'a>> {
        let mut depth: usize = 0;
        self.take_while(|piece| {
            if depth == 0 && (piece.ends_line() || matches!(piece.kind, TokenKind::CBrace | TokenKind::Eof)) {
                return false;
            }
            match nesting(piece.kind) {
                1 => depth += 1,
                -1 => depth = depth.saturating_sub(1),
                _ => {}
            }
            true
        })
    }

    fn header(&mut self, name: Piece<'a>) {
        self.blocks.push(self.blocks.is_empty() && name.text == "variable");
        self.out.push(name);
        let mut labels = self.take_while(|piece| piece.kind != TokenKind::OBrace);
        let is_label = |piece: &Piece| matches!(piece.kind, TokenKind::Ident | TokenKind::CQuote);
        let end = labels.iter().rposition(is_label).map_or(0, |at| at + 1);
        let after = labels.split_off(end);
        self.labels(labels);
        self.out.extend(after);
        let brace = self.rest.pop();
        self.out.extend(brace);
    }

    /// Labels in their only form; what stands between them is dropped.
    fn labels(&mut self, pieces: Vec<Piece<'a>>) {
        let mut quoted = None;
        for piece in pieces {
            match piece.kind {
                TokenKind::OQuote => quoted = Some(String::new()),
                TokenKind::QuotedLit => quoted = Some(unquote(&piece.text)),
                TokenKind::CQuote => self.label(&quoted.take().unwrap_or_default()),
                TokenKind::Ident => self.label(&piece.text),
                _ => {}
            }
        }
    }

    fn label(&mut self, label: &str) {
        let text = quote(label);
        self.out.push(Piece::new(TokenKind::OQuote, "\""));
        if !text.is_empty() {
            self.out.push(Piece::new(TokenKind::QuotedLit, text));
        }
        self.out.push(Piece::new(TokenKind::CQuote, "\""));
    }

    fn take_while(&mut self, mut wanted: impl FnMut(&Piece<'a>) -> bool) -> Vec<Piece<'a>> {
        let mut taken = Vec::new();
        while let Some(piece) = self.rest.pop_if(|piece| wanted(piece)) {
            taken.push(piece);
        }
        taken
    }
}

/// How deep a token leads; strings and heredocs count, as newlines in them do not end an attribute.
fn nesting(kind: TokenKind) -> isize {
    match kind {
        TokenKind::OQuote | TokenKind::OHeredoc => 1,
        TokenKind::CQuote | TokenKind::CHeredoc => -1,
        kind => Piece::new(kind, "").bracket_change(),
    }
}

/// `list` is `list(any)`, `"list"` is `list(string)`, `"string"` is `string`.
fn type_expression(pieces: Vec<Piece>) -> Vec<Piece> {
    use TokenKind::{CQuote, Ident, OQuote, QuotedLit};
    let (name, element) = match pieces.as_slice() {
        [Piece { kind: Ident, text, .. }] if matches!(&**text, "list" | "map" | "set") => (text, "any"),
        [Piece { kind: OQuote, .. }, Piece { kind: QuotedLit, text, .. }, Piece { kind: CQuote, .. }] => {
            match &**text {
                "string" => return vec![Piece::new(Ident, "string")],
                "list" | "map" => (text, "string"),
                _ => return pieces,
            }
        }
        _ => return pieces,
    };
    vec![
        Piece::new(Ident, name.clone()),
        Piece::new(TokenKind::OParen, "("),
        Piece::new(Ident, element),
        Piece::new(TokenKind::CParen, ")"),
    ]
}

/// `"${x}"` is `x`; in parentheses where it takes more than one line.
fn value_expression(mut pieces: Vec<Piece>) -> Vec<Piece> {
    use TokenKind::{CParen, CQuote, Newline, OParen, OQuote, TemplateInterp, TemplateSeqEnd};
    let kinds: Vec<TokenKind> = pieces.iter().map(|piece| piece.kind).collect();
    let [OQuote, TemplateInterp, inside @ .., TemplateSeqEnd, CQuote] = kinds.as_slice() else {
        return pieces;
    };
    if inside.is_empty() || !is_one_interpolation(inside) {
        return pieces;
    }
    let start = 2 + inside.iter().take_while(|kind| **kind == Newline).count();
    let end = 2 + inside.iter().rposition(|kind| *kind != Newline).map_or(0, |at| at + 1);
    pieces.truncate(end);
    let mut inside = pieces.split_off(start.min(end));
    let lines = inside.iter().any(|piece| piece.kind == Newline);
    let parens = matches!(
        (inside.first(), inside.last()),
        (Some(Piece { kind: OParen, .. }), Some(Piece { kind: CParen, .. }))
    );
    if lines && !parens {
        inside.insert(0, Piece::new(OParen, "("));
        inside.push(Piece::new(CParen, ")"));
    }
    inside
}

/// Whether nothing else of the outer string is between its first and its last token.
fn is_one_interpolation(inside: &[TokenKind]) -> bool {
    let mut quotes: isize = 0;
    for kind in inside {
        match kind {
            TokenKind::OQuote => quotes += 1,
            TokenKind::CQuote => quotes -= 1,
            _ if quotes > 0 => {}
            TokenKind::TemplateInterp | TokenKind::TemplateSeqEnd | TokenKind::QuotedLit => return false,
            _ => {}
        }
    }
    true
}
