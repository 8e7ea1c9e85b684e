//! The order of the elements of a set, which is that of cty.

use super::{Kind, Value};
use crate::number::Number;

/// Where a value stands among the elements of a set: null and unknown ones last, numbers and texts
/// by value, everything else by the text that cty hashes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SetKey {
    rank: u8,
    number: Option<Number>,
    text: String,
    value: Value,
}

impl SetKey {
    pub(super) fn new(value: &Value) -> Self {
        let rank = match value.kind() {
            Kind::Unknown(..) => 1,
            Kind::Null(_) => 2,
            _ => 0,
        };
        let mut text = String::new();
        match value.kind() {
            Kind::String(own) => text.push_str(own),
            Kind::Number(_) | Kind::Bool(_) => {}
            _ => hash_text(value, &mut text),
        }
        Self { rank, number: value.as_number().cloned(), text, value: value.clone() }
    }
}

/// The text that stands for a value when cty hashes it; sets of compound values are iterated in the
/// order of it.
pub(super) fn hash_text(value: &Value, out: &mut String) {
    match value.kind() {
        Kind::Unknown(..) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(value) => out.push(if *value { 'T' } else { 'F' }),
        Kind::Number(number) => out.push_str(&number.to_short_text()),
        Kind::String(text) => quote_into(text, out),
        Kind::Map(_, entries) => {
            out.push('{');
            for (key, value) in entries.iter() {
                quote_into(key, out);
                out.push(':');
                hash_text(value, out);
                out.push(';');
            }
            out.push('}');
        }
        Kind::List(_, elements) | Kind::Set(_, elements) => hash_texts('[', elements.iter(), ']', out),
        Kind::Tuple(elements) => hash_texts('<', elements.iter(), '>', out),
        Kind::Object(attributes) => hash_texts('<', attributes.values(), '>', out),
    }
}

pub(super) fn hash_texts<'a>(
    open: char,
    values: impl Iterator<Item = &'a Value>,
    close: char,
    out: &mut String,
) {
    out.push(open);
    for value in values {
        hash_text(value, out);
        out.push(';');
    }
    out.push(close);
}

/// Text in quotes, escaped as Go's `%q` does where it matters for the order.
pub(super) fn quote_into(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out.push('"');
}
