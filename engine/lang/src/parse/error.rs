//! What is wrong with a text, in the language's words.

use std::ops::Range;

use evenkeel_model::Diagnostic;

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

    /// As a diagnostic in a file.
    pub fn diagnostic(self, source: &Source<'_>) -> Diagnostic {
        Diagnostic::error(self.summary, self.detail).at(source.range(&self.span))
    }
}

/// The parser's error as a problem.
pub(super) fn from_parser(error: &hcl_edit::parser::Error, text: &str) -> Problem {
    let mut offset = floor_char_boundary(text, error.location().offset());
    if error.message().contains("object value assignment") {
        // The parser has consumed the character that it did not expect.
        offset = floor_char_boundary(text, offset.saturating_sub(1));
    }
    let found = text.get(offset..).unwrap_or_default();
    let (summary, detail) = explain(error.message(), found, text.get(..offset).unwrap_or_default());
    Problem::new(summary, detail).at(offset..offset + token_length(found))
}

/// Whether the parser stopped at an object key that it has seen before, and where.
pub(super) fn repeated_key(error: &hcl_edit::parser::Error) -> Option<usize> {
    error.message().contains("redefined object key").then(|| error.location().offset())
}

fn explain(message: &str, found: &str, before: &str) -> (&'static str, String) {
    let has = |what: &str| message.contains(what);
    if has("redefined attribute") {
        return (
            "Attribute redefined",
            format!("The argument \"{}\" is set already in this block. Remove one of the two.", word(found)),
        );
    }
    if has("redefined object key") {
        return ("Duplicate object key", "This key occurs too often in one object.".into());
    }
    if has("nested levels") {
        return (
            "Expression nested too deeply",
            "Expressions, templates and blocks may be nested in 64 levels. Use local values to take this apart."
                .into(),
        );
    }
    if has("chained binary operators") {
        return (
            "Expression nested too deeply",
            "At most 128 operators may be chained in one expression. Use local values to take it apart."
                .into(),
        );
    }
    if has("invalid expression") {
        return (
            "Invalid expression",
            format!("An expression is expected here, but there is {}.", token(found)),
        );
    }
    if has("object value assignment") {
        return (
            "Missing attribute value",
            "An attribute value is expected here, introduced by an equals sign (\"=\").".into(),
        );
    }
    if has("object item") {
        return (
            "Missing attribute separator",
            "A newline or comma is expected here, before the next attribute, or the closing brace.".into(),
        );
    }
    if has("traversal operator") {
        return ("Invalid attribute name", "An attribute name is required after a dot.".into());
    }
    if has("invalid structure") {
        return (
            "Invalid block definition",
            "After the name of a block or argument, an equals sign, a quoted label or an opening brace is expected."
                .into(),
        );
    }
    if has("block body") {
        return (
            "Invalid single-argument block definition",
            "A block on one line holds at most one argument, and its closing brace stands on the same line. Write \
             each argument on a line of its own."
                .into(),
        );
    }
    if has("newline") && has("eof") {
        return (
            "Missing newline after argument",
            format!("An argument or block ends with a newline, but there is {}.", token(found)),
        );
    }
    if has("expected `]`") {
        return (
            "Missing item separator",
            format!("A comma or a closing bracket is expected here, but there is {}.", token(found)),
        );
    }
    if has("`)`") {
        return (
            "Missing argument separator",
            format!("A comma or a closing parenthesis is expected here, but there is {}.", token(found)),
        );
    }
    if has("expected `:`") {
        return (
            "Missing false expression in conditional",
            "A conditional is written CONDITION ? WHEN_TRUE : WHEN_FALSE; the colon is expected here.".into(),
        );
    }
    if has("`=>`") {
        return (
            "Invalid 'for' expression",
            "A for expression that makes an object needs KEY => VALUE; the arrow is expected here.".into(),
        );
    }
    if has("`in`") {
        return (
            "Invalid 'for' expression",
            "A for expression is written [for NAME in COLLECTION : VALUE]; the keyword in is expected here."
                .into(),
        );
    }
    if has("expected identifier") {
        return ("Invalid expression", format!("A name is expected here, but there is {}.", token(found)));
    }
    if has("expected `}`") {
        return (
            "Extra characters after interpolation expression",
            "A closing brace is expected here. To write a literal ${ of another language, escape it as $${."
                .into(),
        );
    }
    if has("heredoc end delimiter") {
        return ("Unterminated template string", "No closing marker was found for this heredoc.".into());
    }
    if before.trim_end_matches([' ', '\t']).is_empty() || before.trim_end_matches([' ', '\t']).ends_with('\n')
    {
        return (
            "Argument or block definition required",
            format!("An argument or a block is expected here, but there is {}.", token(found)),
        );
    }
    ("Invalid expression", format!("Something else is expected here, but there is {}.", token(found)))
}

/// What stands at the place of an error, for a sentence.
fn token(found: &str) -> String {
    match found.chars().next() {
        None => "the end of the text".into(),
        Some('\n' | '\r') => "the end of the line".into(),
        Some(_) => format!("\"{}\"", word(found)),
    }
}

fn word(found: &str) -> &str {
    found.get(..token_length(found)).unwrap_or_default()
}

fn token_length(found: &str) -> usize {
    let name = found.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(found.len());
    let length = if name > 0 { name.min(200) } else { found.chars().next().map_or(0, char::len_utf8) };
    floor_char_boundary(found, length)
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
