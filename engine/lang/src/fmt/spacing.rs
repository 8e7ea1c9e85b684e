//! Whether a space stands between two tokens of a line.

use crate::parse::lex::TokenKind::{self, *};

/// Whether a space stands behind `subject`, which `before` precedes and `after` follows. A name that
/// reads `in` is told by `is_in`.
pub(super) fn space_between(
    before: Option<TokenKind>,
    subject: TokenKind,
    is_in: bool,
    after: TokenKind,
) -> bool {
    // Without space between them, two numbers and a dot would be one number.
    if (before, subject, after) == (Some(Number), Dot, Number) {
        return true;
    }
    if is_glued(subject, after) {
        return false;
    }
    if subject == Comma {
        return true;
    }
    if in_text(subject, after) {
        return false;
    }
    // Not the name of a list that is indexed, but the word in `[for x in [...]: x]`.
    if subject == Ident && is_in && before == Some(Ident) {
        return true;
    }
    if after == OBrack && (matches!(subject, Ident | Number) || closes(subject)) {
        return false;
    }
    match (subject, after) {
        (Bang, _) | (OBrace, CBrace) => false,
        (Minus, _) => is_subtraction(before),
        (OBrace, _) | (_, CBrace) => true,
        // An object in an interpolation stands apart from the interpolation's own braces.
        (TemplateInterp | TemplateControl, OBrace) | (CBrace, TemplateSeqEnd) => true,
        (TemplateSeqEnd, TemplateInterp | TemplateControl) => false,
        _ => !opens(subject) && !closes(after),
    }
}

/// Pairs that never stand apart.
fn is_glued(subject: TokenKind, after: TokenKind) -> bool {
    matches!(
        (subject, after),
        (_, Newline | Dot | Comma | Ellipsis)
            | (Dot, _)
            | (Ident, OParen | DoubleColon)
            | (DoubleColon, Ident)
    )
}

/// Inside of strings and heredocs every space counts.
fn in_text(subject: TokenKind, after: TokenKind) -> bool {
    matches!(subject, QuotedLit | StringLit | OQuote | OHeredoc)
        || matches!(after, QuotedLit | StringLit | CQuote | CHeredoc)
}

/// A minus is a sign unless what is before it can end an expression.
fn is_subtraction(before: Option<TokenKind>) -> bool {
    !matches!(
        before,
        None | Some(
            OParen
                | OBrace
                | OBrack
                | Equal
                | Colon
                | Comma
                | Question
                | Plus
                | Star
                | Slash
                | Percent
                | Minus
                | EqualOp
                | NotEqual
                | GreaterThan
                | GreaterThanEq
                | LessThan
                | LessThanEq
                | And
                | Or
                | Bang
        )
    )
}

fn opens(kind: TokenKind) -> bool {
    matches!(kind, OBrace | OBrack | OParen | TemplateControl | TemplateInterp)
}

fn closes(kind: TokenKind) -> bool {
    matches!(kind, CBrace | CBrack | CParen | TemplateSeqEnd)
}
