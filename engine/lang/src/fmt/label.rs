//! Labels as text, and as they are written.

use std::fmt::Write as _;

use evenkeel_model::Value;
use regex::Regex;

use crate::parse::unescape;

/// The text of a string without sequences.
pub(super) fn unquote(literal: &str) -> String {
    let mut out = String::new();
    let mut rest = literal;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => match unescape(rest) {
                Ok((c, length)) => {
                    out.push(c);
                    length
                }
                Err(length) => length.max(1),
            },
            '$' | '%' if is_escaped_sequence(rest, c) => {
                let _ = write!(out, "{c}{{");
                3
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// `$${` or `%%{`
fn is_escaped_sequence(text: &str, marker: char) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some(marker) && chars.next() == Some('{')
}

/// Text as it stands between quotes.
pub(super) fn quote(label: &str) -> String {
    let value = Value::string(label);
    let label = value.as_str().unwrap_or(label);
    let printable = (!label.is_ascii()).then(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok()).flatten();
    let mut out = String::with_capacity(label.len());
    let mut chars = label.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            ' '..='~' => out.push(c),
            c if printable.as_ref().is_some_and(|p| p.is_match(c.encode_utf8(&mut [0; 4]))) => out.push(c),
            c if u32::from(c) < 0x1_0000 => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => drop(write!(out, "\\U{:08x}", u32::from(c))),
        }
    }
    out
}
