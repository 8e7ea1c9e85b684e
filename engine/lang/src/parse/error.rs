//! What is wrong with a text, in the language's words.

use std::ops::Range;

use evenkeel_model::Diagnostic;

use super::lex::{Token, TokenKind};
use super::position::Source;

/// A problem and the bytes it concerns.
#[derive(Debug)]
pub(super) struct Problem {
    summary: String,
    detail: String,
    span: Range<usize>,
}

impl Problem {
    /// A problem at the start of the text.
    pub fn new(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { summary: summary.into(), detail: detail.into(), span: 0..0 }
    }

    /// The same, at a place.
    pub fn at(self, span: Range<usize>) -> Self {
        Self { span, ..self }
    }

    /// Where it begins.
    pub fn start(&self) -> usize {
        self.span.start
    }

    /// Whether something has no end, and what follows is taken for a part of it.
    pub fn swallows(&self) -> bool {
        let without_end = ["Unclosed", "Unterminated", "Invalid multi-line string"];
        without_end.iter().any(|beginning| self.summary.starts_with(beginning))
    }

    /// As a diagnostic in a file.
    pub fn diagnostic(self, source: &Source<'_>) -> Diagnostic {
        Diagnostic::error(self.summary, self.detail).at(source.range(&self.span))
    }
}

/// How often one kind of invalid token is reported in a file.
const REPEATED_MAX: usize = 4;

/// The problems of tokens that mean nothing wherever they stand.
pub(super) fn invalid_tokens(tokens: &[Token], text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeMap::<TokenKind, usize>::new();
    for token in tokens.iter().filter(|token| is_invalid(token.kind) || token.kind == TokenKind::OpenComment)
    {
        let count = seen.entry(token.kind).or_default();
        *count += 1;
        // Quotes come in pairs, of which the first is enough.
        let paired = matches!(token.kind, TokenKind::Apostrophe | TokenKind::Backtick);
        // Behind a quote that is not closed, text and code have changed places.
        let last = if token.kind == TokenKind::QuotedNewline { 1 } else { REPEATED_MAX };
        if *count > last || (paired && count.is_multiple_of(2)) {
            continue;
        }
        let (summary, detail) = explain(token.kind, token.text(text));
        let span = token.span();
        let span = if token.kind == TokenKind::OpenComment { span.start..span.start + 2 } else { span };
        problems.push(Problem::new(summary, detail).at(span));
    }
    problems
}

/// Whether a token means nothing wherever it stands; it has been reported before parsing.
pub(super) fn is_invalid(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Bitwise
            | TokenKind::Apostrophe
            | TokenKind::Backtick
            | TokenKind::Semicolon
            | TokenKind::Invalid
            | TokenKind::QuotedNewline
    )
}

fn explain(kind: TokenKind, text: &str) -> (&'static str, &'static str) {
    match (kind, text) {
        (TokenKind::Bitwise, "&") => {
            ("Unsupported operator", "There are no bitwise operators. Did you mean the boolean \"&&\"?")
        }
        (TokenKind::Bitwise, "|") => {
            ("Unsupported operator", "There are no bitwise operators. Did you mean the boolean \"||\"?")
        }
        (TokenKind::Bitwise, "~") => {
            ("Unsupported operator", "There are no bitwise operators. Did you mean the boolean \"!\"?")
        }
        (TokenKind::Bitwise, _) => (
            "Unsupported operator",
            "There is neither a bitwise operator \"^\" nor one for powers; see pow().",
        ),
        (TokenKind::Apostrophe, _) => {
            ("Invalid character", "Single quotes are not valid. Strings are written in double quotes (\").")
        }
        (TokenKind::Backtick, _) => (
            "Invalid character",
            "The \"`\" character is not valid. A string of several lines is written as a heredoc: <<EOT, the lines, \
             and EOT on a line of its own.",
        ),
        (TokenKind::Semicolon, _) => (
            "Invalid character",
            "The \";\" character is not valid. Arguments and blocks are separated by newlines, items of collections by \
             commas.",
        ),
        (TokenKind::QuotedNewline, _) => (
            "Invalid multi-line string",
            "A quoted string ends on the line where it begins. Write \\n for a newline, or use a heredoc for text of \
             several lines.",
        ),
        (TokenKind::OpenComment, _) => (
            "Unterminated comment",
            "This comment is not closed: everything behind it is part of it. A comment that begins with /* ends with */.",
        ),
        (_, "\u{201c}" | "\u{201d}" | "\u{201e}") => (
            "Invalid character",
            "Typographic quotes are not valid here; documents and chat programs put them in. Use straight double \
             quotes (\").",
        ),
        (_, "\u{a0}") => (
            "Invalid character",
            "This is a no-break space, which looks like a space and is none. Replace it by a plain space.",
        ),
        (_, "\\") => {
            ("Invalid character", "A backslash has no meaning here; escapes stand in quoted strings only.")
        }
        (_, "\r") => (
            "Invalid character",
            "This is a carriage return without a line feed. End lines with a line feed, or with both.",
        ),
        _ => ("Invalid character", "This character has no meaning in the language."),
    }
}

/// What stands at the place of an error, for a sentence.
pub(super) fn found(kind: TokenKind, text: &str) -> String {
    match kind {
        TokenKind::Eof => "the end of the text".into(),
        TokenKind::Newline => "the end of the line".into(),
        TokenKind::OQuote => "a quoted string".into(),
        TokenKind::OHeredoc => "a heredoc".into(),
        _ => format!("\"{}\"", shortened(text)),
    }
}

fn shortened(text: &str) -> &str {
    const LENGTH_MAX: usize = 60;
    text.char_indices().nth(LENGTH_MAX).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
