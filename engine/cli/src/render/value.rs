//! One value as HCL, the way `terraform output` and `terraform console` write it.

use std::fmt::Write as _;

use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Type, Value};

use super::style::Style;
use super::{hide, text};

/// The value; lines after the first are indented by `indent` columns.
pub fn value(value: &Value, indent: usize, style: Style) -> String {
    if value.is_unknown() {
        return "(known after apply)".to_owned();
    }
    if let Some(words) = hide::words(value.marks()) {
        return words.to_owned();
    }
    match value.kind() {
        Kind::Unknown(..) => "(known after apply)".to_owned(),
        Kind::Null(ty) => null(ty),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) => string(text, indent),
        Kind::List(_, elements) => format!("tolist({})", sequence(elements, indent, style)),
        Kind::Set(_, elements) => format!("toset({})", sequence(elements, indent, style)),
        Kind::Tuple(elements) => sequence(elements, indent, style),
        Kind::Map(_, entries) => format!("tomap({})", mapping(entries, indent, style)),
        Kind::Object(entries) => mapping(entries, indent, style),
    }
}

/// Null, with the type that it is null of.
fn null(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

fn string(text: &str, indent: usize) -> String {
    if !text.contains('\n') {
        return text::quote_plain(text);
    }
    let mut marker = String::from("EOT");
    while text.split('\n').any(|line| line.trim() == marker) {
        marker.push('_');
    }
    let (operator, margin) = if indent == 0 { ("<<", String::new()) } else { ("<<-", " ".repeat(indent)) };
    let body: Vec<String> = text.split('\n').map(|line| format!("{margin}{}", text::lines(line))).collect();
    format!("{operator}{marker}\n{}\n{margin}{marker}", body.join("\n"))
}

fn sequence(elements: &[Value], indent: usize, style: Style) -> String {
    if elements.is_empty() {
        return "[]".to_owned();
    }
    let margin = " ".repeat(indent + 2);
    let mut out = String::from("[\n");
    for element in elements {
        let _ = writeln!(out, "{margin}{},", value(element, indent + 2, style));
    }
    out + &" ".repeat(indent) + "]"
}

fn mapping(entries: &Entries, indent: usize, style: Style) -> String {
    if entries.is_empty() {
        return "{}".to_owned();
    }
    let margin = " ".repeat(indent + 2);
    let mut out = String::from("{\n");
    for (name, entry) in entries {
        let _ = writeln!(out, "{margin}{} = {}", string(name, indent + 2), value(entry, indent + 2, style));
    }
    out + &" ".repeat(indent) + "}"
}
