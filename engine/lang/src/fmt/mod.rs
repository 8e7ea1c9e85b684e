//! The canonical layout of a configuration file: the same bytes that `terraform fmt` writes.
//!
//! A file is taken apart into its tokens ([`crate::parse`]'s lexer), a few old notations are
//! rewritten (`rewrite`), and the space between the tokens is decided anew (`layout`). Tokens
//! are otherwise kept as they are, comments and heredocs included. A file that does not parse is
//! not touched; what the file means plays no role.

mod label;
mod layout;
mod rewrite;
mod spacing;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use evenkeel_model::Diagnostics;

use crate::parse::lex::{Mode, TokenKind, lex};
use crate::parse::{decode, parse_file};

/// The file in canonical layout, or why it cannot be read.
pub fn format(filename: &str, bytes: &[u8]) -> Result<String, Diagnostics> {
    let (_, diagnostics) = parse_file(filename, bytes);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let (text, removed) = decode(filename, bytes)?;
    Ok(format_text(text, removed))
}

/// The same for text that was checked; `skipped` bytes in front of it count as space.
fn format_text(text: &str, skipped: usize) -> String {
    let tokens = lex(text, Mode::Code);
    let pieces = rewrite::rewrite(text, &tokens, skipped);
    let lines = layout::lay_out(pieces);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for piece in lines.iter().flat_map(layout::Line::pieces) {
        out.extend(std::iter::repeat_n(' ', piece.spaces));
        out.push_str(&piece.text);
    }
    out
}

/// A token on its way to the output.
#[derive(Clone, Debug)]
struct Piece<'a> {
    kind: TokenKind,
    text: Cow<'a, str>,
    /// How many spaces stand before it.
    spaces: usize,
}

impl<'a> Piece<'a> {
    fn new(kind: TokenKind, text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, text: text.into(), spaces: 0 }
    }

    /// Whether a line ends with it. Comments of one line have their newline in them.
    fn ends_line(&self) -> bool {
        match self.kind {
            TokenKind::Newline => true,
            TokenKind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }

    /// How many brackets it opens; negative where it closes one.
    fn bracket_change(&self) -> isize {
        match self.kind {
            TokenKind::OBrace
            | TokenKind::OBrack
            | TokenKind::OParen
            | TokenKind::TemplateControl
            | TokenKind::TemplateInterp => 1,
            TokenKind::CBrace | TokenKind::CBrack | TokenKind::CParen | TokenKind::TemplateSeqEnd => -1,
            _ => 0,
        }
    }
}
