//! A value as the YAML library of sops writes it: plain where it can be, in quotes where it would be read as something
//! else, and in lines of its own where it has several.

use super::super::node::Scalar;
use super::super::number;
use super::read::Place;
use super::scalar::resolve;

/// A value for its place.
pub(super) fn scalar(value: &Scalar, place: &Place) -> String {
    match value {
        Scalar::Null => "null".into(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) if value.is_nan() => ".nan".into(),
        Scalar::Float(f64::INFINITY) => ".inf".into(),
        Scalar::Float(f64::NEG_INFINITY) => "-.inf".into(),
        Scalar::Float(value) => number::printed(*value),
        Scalar::Text(text) => written(text, place),
        Scalar::Time(moment) => moment.rfc3339(),
        Scalar::Comment(text) => format!("#{}", text.replace('\n', " ")),
    }
}

fn written(text: &str, place: &Place) -> String {
    let looks = Looks::of(text);
    if place.flow {
        return double_quoted(text);
    }
    if text.contains('\n') {
        return if looks.block { literal(text, place) } else { double_quoted(text) };
    }
    if !matches!(resolve(text), Some(Scalar::Text(_)))
        || is_old_bool(text)
        || is_base_60(text)
        || text == "<<"
    {
        return double_quoted(text);
    }
    match (looks.plain, looks.single) {
        (true, _) => text.to_owned(),
        (false, true) => format!("'{}'", text.replace('\'', "''")),
        (false, false) => double_quoted(text),
    }
}

/// Which forms a text can have.
struct Looks {
    plain: bool,
    single: bool,
    block: bool,
}

impl Looks {
    fn of(text: &str) -> Self {
        let special = text.chars().any(|character| !is_printable(character) && character != '\t');
        let breaks_space = text.contains(" \n");
        let ends_with_space = text.ends_with(' ');
        let blank_at_ends = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
        let plain = !special && !text.contains(['\t', '\n']) && !blank_at_ends && !has_indicator(text);
        Self {
            plain: plain && !text.is_empty(),
            single: !special && !breaks_space && !text.contains("\n ") && !text.contains('\t'),
            block: !special && !breaks_space && !ends_with_space,
        }
    }
}

/// Whether a part of the text would be read as a sign of the syntax.
fn has_indicator(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let blank = |next: Option<char>| next.is_none_or(|next| matches!(next, ' ' | '\t' | '\n'));
    let at_start = match first {
        Some(
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
        ) => true,
        Some('?' | ':' | '-') => blank(second),
        _ => false,
    };
    let inside = text.contains(": ") || text.ends_with(':') || text.contains(" #");
    at_start || inside || text.starts_with("---") || text.starts_with("...")
}

/// As the library has it, for which characters outside the basic plane are not.
fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && !matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// What YAML 1.1 takes for yes and no.
fn is_old_bool(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let known = matches!(lower.as_str(), "y" | "yes" | "on" | "n" | "no" | "off");
    let rest = text.get(1..).unwrap_or_default();
    known && (rest == rest.to_ascii_lowercase() || text == text.to_ascii_uppercase())
}

/// What YAML 1.1 takes for a number to the base of 60: `10:30`.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut places = whole.split(':');
    let first = places.next().unwrap_or_default();
    let is_first = first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let is_sixty = |place: &str| match place.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    let places: Vec<&str> = places.collect();
    let is_part = part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    is_first && !places.is_empty() && places.into_iter().all(is_sixty) && is_part
}

/// In lines of its own.
fn literal(text: &str, place: &Place) -> String {
    let hint = match text.starts_with([' ', '\n']) {
        true => (place.indent - place.parent).to_string(),
        false => String::new(),
    };
    let chomp = match (text.ends_with('\n'), text == "\n" || text.ends_with("\n\n")) {
        (false, _) => "-",
        (true, true) => "+",
        (true, false) => "",
    };
    let indent = " ".repeat(place.indent);
    let body = text.strip_suffix('\n').unwrap_or(text);
    let lines = body.split('\n').map(|line| match line.is_empty() {
        true => "\n".to_owned(),
        false => format!("\n{indent}{line}"),
    });
    format!("|{hint}{chomp}{}", lines.collect::<String>())
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            other if is_printable(other) => out.push(other),
            other => out.push_str(&escaped(u32::from(other))),
        }
    }
    out.push('"');
    out
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}
