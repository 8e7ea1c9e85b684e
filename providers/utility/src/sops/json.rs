//! JSON, with the order of its keys.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::node::{Branch, Leaf, Node, Scalar};
use super::number;
use super::problem::{Problem, invalid};

/// How serde_json hands a number over that it keeps as it is written.
const NUMBER: &str = "$serde_json::private::Number";

/// The object that a text holds.
pub(super) fn read(text: &str) -> Result<Branch, Problem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    match Node::deserialize(&mut reader) {
        Ok(Node::Map(branch)) => Ok(branch),
        Ok(Node::Leaf(_) | Node::List(_)) => invalid("it is JSON, but no object"),
        // The words of the parser may quote the text.
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            invalid(format!("it is not valid JSON (line {line}, column {column})"))
        }
    }
}

/// An object as sops writes it.
pub(super) fn write(branch: &[(String, Node)]) -> String {
    let mut out = String::new();
    object(branch, 0, &mut out);
    out.push('\n');
    out
}

fn object(branch: &[(String, Node)], depth: usize, out: &mut String) {
    let parts = branch.iter().map(|(key, value)| (Some(key.as_str()), value));
    parts_between(['{', '}'], parts, depth, out);
}

fn node(value: &Node, depth: usize, out: &mut String) {
    match value {
        Node::Map(branch) => object(branch, depth, out),
        Node::List(elements) => {
            let elements = elements.iter().filter(|element| !element.is_comment());
            parts_between(['[', ']'], elements.map(|value| (None, value)), depth, out);
        }
        Node::Leaf(leaf) => out.push_str(&scalar(leaf)),
    }
}

fn parts_between<'n>(
    [open, close]: [char; 2],
    parts: impl Iterator<Item = (Option<&'n str>, &'n Node)>,
    depth: usize,
    out: &mut String,
) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&"\t".repeat(depth));
    };
    out.push(open);
    let mut empty = true;
    for (key, value) in parts {
        if !empty {
            out.push(',');
        }
        empty = false;
        line(depth + 1, out);
        if let Some(key) = key {
            out.push_str(&quoted(key));
            out.push_str(": ");
        }
        node(value, depth + 1, out);
    }
    if !empty {
        line(depth, out);
    }
    out.push(close);
}

fn scalar(leaf: &Leaf) -> String {
    match &leaf.value {
        Scalar::Null => "null".into(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => number::json(*value),
        Scalar::Text(text) | Scalar::Comment(text) => quoted(text),
        Scalar::Time(moment) => quoted(&moment.rfc3339()),
    }
}

/// In quotes, with what HTML would take for its own escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | ..' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::leaf(Scalar::Bool(value), 0))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::leaf(Scalar::Int(value), 0))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        let number = number(&value.to_string()).ok_or_else(|| E::custom("no number"))?;
        Ok(Node::leaf(number, 0))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::leaf(Scalar::Float(value), 0))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::leaf(Scalar::Null, 0))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::leaf(Scalar::Text(value.to_owned()), 0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut branch = Branch::new();
        while let Some(key) = access.next_key::<String>()? {
            if key == NUMBER && branch.is_empty() {
                let number = number(&access.next_value::<String>()?);
                return number.map(|value| Node::leaf(value, 0)).ok_or_else(|| A::Error::custom("no number"));
            }
            branch.push((key, access.next_value()?));
        }
        Ok(Node::Map(branch))
    }
}

/// A whole number where 64 bits hold it, and otherwise a fraction.
fn number(text: &str) -> Option<Scalar> {
    let whole = text.parse().ok().map(Scalar::Int);
    whole.or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Scalar::Float))
}
