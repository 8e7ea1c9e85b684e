//! Text to syntax tree.
//!
//! hcl-edit parses; `scan` runs before it (lexical errors, limits, and what the library reads
//! differently from the language), and `lower` turns its tree into [`crate::ast`], reading numbers
//! and strings again from the source text, so that they are exact. Nothing of the library shows
//! outside this module. A file stops at its first syntax error.

mod error;
#[allow(dead_code, reason = "the formatter and the parser that read it come next")]
pub(crate) mod lex;
mod lower;
mod position;
mod scan;
mod template;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use evenkeel_model::{Diagnostic, Diagnostics};

use self::error::Problem;
use self::lower::Lowering;
use self::position::Source;
use self::scan::Mode;
use crate::ast::{Body, Expr, ExprKind};

/// The largest file that is read.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// How many bytes may be parsed again because of repeated object keys, and how often at most.
const REPARSED_BYTES_MAX: usize = 64 << 20;
const REPARSED_TIMES_MAX: usize = 64;

/// Parses a configuration file.
pub fn parse_file(filename: &str, text: &[u8]) -> (Body, Diagnostics) {
    let (text, removed) = match decode(filename, text) {
        Ok(decoded) => decoded,
        Err(diagnostic) => return (Body::default(), diagnostic.into()),
    };
    let source = Source::new(filename, text, removed);
    let parsed = match parse_patched(text, Mode::File, hcl_edit::parser::parse_body) {
        Ok(parsed) => parsed,
        Err(problem) => return (Body::default(), problem.diagnostic(&source).into()),
    };
    let mut lowering = Lowering::new(&source);
    let body = lowering.body(&parsed);
    (body, lowering.diagnostics)
}

/// Parses one expression, in which newlines are spaces.
pub fn parse_expression(filename: &str, text: &str) -> (Option<Expr>, Diagnostics) {
    if let Err(diagnostic) = check_size(filename, text.len()) {
        return (None, diagnostic.into());
    }
    // As in HCL, an expression by itself is read as if it stood in parentheses. Scanning it without
    // them makes sure that it does not close them itself.
    if let Err(problem) = scan::scan(text, Mode::Expression) {
        return (None, problem.diagnostic(&Source::new(filename, text, 0)).into());
    }
    let wrapped = format!("({text}\n)");
    let source = Source::with_inserted(filename, &wrapped, 1);
    let parsed = match parse_patched(&wrapped, Mode::Expression, hcl_edit::parser::parse_expr) {
        Ok(parsed) => parsed,
        Err(problem) => return (None, problem.diagnostic(&source).into()),
    };
    let mut lowering = Lowering::new(&source);
    let expr = lowering.expr(&parsed);
    let inner = match expr.kind() {
        ExprKind::Parens(inner) => inner.clone(),
        _ => expr,
    };
    finish(inner, lowering.diagnostics)
}

/// Parses the bare text of a template, as `templatefile` reads it.
pub fn parse_template(filename: &str, text: &str) -> (Option<Expr>, Diagnostics) {
    if let Err(diagnostic) = check_size(filename, text.len()) {
        return (None, diagnostic.into());
    }
    let source = Source::new(filename, text, 0);
    let parsed = match parse_patched(text, Mode::Template, hcl_edit::parser::parse_template) {
        Ok(parsed) => parsed,
        Err(problem) => return (None, problem.diagnostic(&source).into()),
    };
    let mut lowering = Lowering::new(&source);
    let expr = lowering.bare_template(&parsed);
    finish(expr, lowering.diagnostics)
}

fn finish(expr: Expr, diagnostics: Diagnostics) -> (Option<Expr>, Diagnostics) {
    (Some(expr).filter(|_| !diagnostics.has_errors()), diagnostics)
}

fn check_size(filename: &str, bytes: usize) -> Result<(), Diagnostic> {
    if bytes <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(Diagnostic::error(
        "File too large",
        format!(
            "{filename} has {bytes} bytes; at most {FILE_BYTES_MAX} are read. Keep large data in separate files \
             and read them with file()."
        ),
    ))
}

/// The text of a file without its byte order mark, and how long that was.
fn decode<'a>(filename: &str, bytes: &'a [u8]) -> Result<(&'a str, usize), Diagnostic> {
    check_size(filename, bytes.len())?;
    let (bytes, removed) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    std::str::from_utf8(bytes).map(|text| (text, removed)).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        let valid = valid.unwrap_or_default();
        let source = Source::new(filename, valid, removed);
        Problem::new("Invalid character encoding", "Configuration is written in UTF-8; these bytes are not.")
            .at(valid.len()..valid.len())
            .diagnostic(&source)
    })
}

/// Scans and parses; an object key that occurs again is renamed for the parser, which refuses it,
/// and read from the original text afterwards.
fn parse_patched<T>(
    text: &str,
    mode: Mode,
    parse: impl Fn(&str) -> Result<T, hcl_edit::parser::Error>,
) -> Result<T, Problem> {
    let mut patched = scan::scan(text, mode)?;
    // At the very end of its input the parser gives up without saying where.
    if mode == Mode::File && !patched.ends_with('\n') {
        patched.to_mut().push('\n');
    }
    let times_max = (REPARSED_BYTES_MAX / text.len().max(1)).clamp(2, REPARSED_TIMES_MAX);
    for time in 0.. {
        let error = match parse(&patched) {
            Ok(parsed) => return Ok(parsed),
            Err(error) => error,
        };
        let renamed = error::repeated_key(&error)
            .filter(|_| time < times_max)
            .and_then(|at| rename_key(&patched, at, time));
        match renamed {
            Some(renamed) => patched = Cow::Owned(renamed),
            None => return Err(error::from_parser(&error, text)),
        }
    }
    Err(Problem::new("Duplicate object key", "One object has too many keys that occur more than once."))
}

/// The text with another name of the same length for the key at an offset.
fn rename_key(text: &str, at: usize, time: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let start = at + usize::from(rest.starts_with('"'));
    let name = text.get(start..)?;
    let digits = name.starts_with(|c: char| c.is_ascii_digit());
    let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?;
    let alphabet: &[u8] = if digits { b"9876543210" } else { b"qzxjkvwyQZXJKVWY" };
    let mut rank = time;
    let mut renamed = text.to_owned();
    let replacement: String = (0..length)
        .map(|_| {
            let letter = alphabet.get(rank % alphabet.len()).copied().unwrap_or(b'q');
            rank /= alphabet.len();
            char::from(letter)
        })
        .collect();
    if length == 0 || name.get(..length) == Some(&replacement) {
        return (length > 0).then_some(renamed);
    }
    renamed.replace_range(start..start + length, &replacement);
    Some(renamed)
}
