//! Text: case, trimming, searching, regular expressions.

use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Type, Value};
use regex::Captures;
use unicode_segmentation::UnicodeSegmentation;

use super::re2::Pattern;
use super::{
    CallError, Function, Parameter, TEXT_BYTES_MAX, Ty, bad, failed, num, number, room, string, text, whole,
};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("chomp", &[string("str")], Ty::String, chomp, "The text without newlines at its end."),
    Function::new(
        "endswith",
        &[string("str"), string("suffix")],
        Ty::Bool,
        |arguments| Ok(Value::bool(text(arguments, 0).ends_with(text(arguments, 1)))),
        "Whether the text ends with the suffix.",
    ),
    Function::new(
        "indent",
        &[number("spaces"), string("str")],
        Ty::String,
        indent,
        "The text with spaces at the start of every line but the first.",
    ),
    Function::new(
        "join",
        &[string("separator")],
        Ty::String,
        join,
        "The elements of the lists as one text, the separator between them.",
    )
    .variadic(Parameter::new("lists", Ty::ListString)),
    Function::new("lower", &[string("str")], Ty::String, lower, "The text in lower case."),
    Function::new(
        "regex",
        &[string("pattern"), string("string")],
        Ty::Any,
        regex_first,
        "The first match of the regular expression: the text, or its capture groups as a tuple or object.",
    )
    .returning(regex_type),
    Function::new(
        "regexall",
        &[string("pattern"), string("string")],
        Ty::ListAny,
        regex_all,
        "All matches of the regular expression, in order.",
    )
    .returning(|arguments| Ok(Type::list(regex_type(arguments)?))),
    Function::new(
        "replace",
        &[string("str"), string("substr"), string("replace")],
        Ty::String,
        replace,
        "The text with every occurrence replaced; a substring between slashes is a regular expression.",
    ),
    Function::new(
        "split",
        &[string("separator"), string("str")],
        Ty::ListString,
        split,
        "The parts of the text between the separators.",
    ),
    Function::new(
        "startswith",
        &[string("str").unknown(), string("prefix")],
        Ty::Bool,
        starts_with,
        "Whether the text starts with the prefix.",
    ),
    Function::new(
        "strcontains",
        &[string("str"), string("substr")],
        Ty::Bool,
        |arguments| Ok(Value::bool(text(arguments, 0).contains(text(arguments, 1)))),
        "Whether the text contains the substring.",
    ),
    Function::new(
        "strrev",
        &[string("str")],
        Ty::String,
        |arguments| Ok(Value::string(text(arguments, 0).graphemes(true).rev().collect::<String>())),
        "The characters of the text in reverse order.",
    ),
    Function::new(
        "substr",
        &[string("str"), number("offset"), number("length")],
        Ty::String,
        substr,
        "A part of the text, by offset and length in characters.",
    ),
    Function::new(
        "title",
        &[string("str")],
        Ty::String,
        title,
        "The text with the first letter of each word in upper case.",
    ),
    Function::new(
        "trim",
        &[string("str"), string("cutset")],
        Ty::String,
        |arguments| {
            let cut = text(arguments, 1);
            Ok(Value::string(text(arguments, 0).trim_matches(|character| cut.contains(character))))
        },
        "The text without any of the given characters at its ends.",
    ),
    Function::new(
        "trimprefix",
        &[string("str"), string("prefix")],
        Ty::String,
        |arguments| {
            let given = text(arguments, 0);
            Ok(Value::string(given.strip_prefix(text(arguments, 1)).unwrap_or(given)))
        },
        "The text without the prefix.",
    ),
    Function::new(
        "trimspace",
        &[string("str")],
        Ty::String,
        |arguments| Ok(Value::string(text(arguments, 0).trim())),
        "The text without white space at its ends.",
    ),
    Function::new(
        "trimsuffix",
        &[string("str"), string("suffix")],
        Ty::String,
        |arguments| {
            let given = text(arguments, 0);
            Ok(Value::string(given.strip_suffix(text(arguments, 1)).unwrap_or(given)))
        },
        "The text without the suffix.",
    ),
    Function::new("upper", &[string("str")], Ty::String, upper, "The text in upper case."),
];

fn chomp(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(Value::string(text(arguments, 0).trim_end_matches(['\r', '\n'])))
}

fn indent(arguments: &[Value]) -> Result<Value, CallError> {
    const SPACES_MAX: usize = 10_000;
    match num(arguments, 0).to_usize().filter(|spaces| *spaces <= SPACES_MAX) {
        Some(spaces) => {
            let pad = format!("\n{}", " ".repeat(spaces));
            let lines = text(arguments, 1).matches('\n').count();
            room(text(arguments, 1).len().saturating_add(lines.saturating_mul(spaces)))?;
            Ok(Value::string(text(arguments, 1).replace('\n', &pad)))
        }
        None => bad(0, format!("the number of spaces must be a whole number from 0 to {SPACES_MAX}")),
    }
}

fn join(arguments: &[Value]) -> Result<Value, CallError> {
    let lists = arguments.get(1..).unwrap_or_default();
    if lists.is_empty() {
        return failed("at least one list is required");
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(Type::String));
    }
    let mut parts = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        for (j, element) in list.as_elements().unwrap_or_default().iter().enumerate() {
            match element.as_str() {
                Some(part) => parts.push(part),
                None if lists.len() > 1 => {
                    return bad(
                        i + 1,
                        format!("element {j} of list {} is null; cannot concatenate null values", i + 1),
                    );
                }
                None => return bad(i + 1, format!("element {j} is null; cannot concatenate null values")),
            }
        }
    }
    let between = text(arguments, 0).len().saturating_mul(parts.len());
    room(parts.iter().map(|part| part.len()).fold(between, usize::saturating_add))?;
    Ok(Value::string(parts.join(text(arguments, 0))))
}

/// Maps character by character: a mapping to several characters does not apply, or gives its first.
fn lower(arguments: &[Value]) -> Result<Value, CallError> {
    let lowered: String = text(arguments, 0)
        .chars()
        .map(|character| character.to_lowercase().next().unwrap_or(character))
        .collect();
    Ok(Value::string(lowered))
}

/// The one character that is the upper case of another; a mapping to several does not apply, except
/// to the Greek letters with iota, which have a single capital as well.
fn upper_character(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        _ => capital_with_iota(character).unwrap_or(character),
    }
}

fn capital_with_iota(character: char) -> Option<char> {
    let code = u32::from(character);
    match code {
        0x1f80..=0x1faf if code & 8 == 0 => char::from_u32(code + 8),
        0x1fb3 | 0x1fc3 | 0x1ff3 => char::from_u32(code + 9),
        _ => None,
    }
}

/// Digraphs have a form between upper and lower case, and Georgian letters have no capitals in titles.
fn title_character(character: char) -> char {
    match character {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => character,
        _ => upper_character(character),
    }
}

fn upper(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(Value::string(text(arguments, 0).chars().map(upper_character).collect::<String>()))
}

fn title(arguments: &[Value]) -> Result<Value, CallError> {
    let mut inside = false;
    let titled: String = text(arguments, 0)
        .chars()
        .map(|character| {
            let starts = !inside;
            inside = match character.is_ascii() {
                true => character.is_ascii_alphanumeric() || character == '_',
                false => character.is_alphanumeric() || !character.is_whitespace(),
            };
            if starts { title_character(character) } else { character }
        })
        .collect();
    Ok(Value::string(titled))
}

fn compile(pattern: &str, position: usize) -> Result<Pattern, CallError> {
    Pattern::new(pattern).or_else(|why| bad(position, format!("invalid regexp pattern: {why}")))
}

/// What a match becomes: text, a tuple of groups, or an object of named groups.
fn regex_type(arguments: &[Value]) -> Result<Type, CallError> {
    match arguments.first().and_then(Value::as_str) {
        None => Ok(Type::Dynamic),
        Some(pattern) => match_type(&compile(pattern, 0)?),
    }
}

fn match_type(pattern: &Pattern) -> Result<Type, CallError> {
    let groups = pattern.names.get(1..).unwrap_or_default();
    let names: Vec<&str> = groups.iter().flatten().map(|name| &**name).collect();
    if names.is_empty() {
        return Ok(match groups.is_empty() {
            true => Type::String,
            false => Type::tuple(groups.iter().map(|_| Type::String)),
        });
    }
    if names.len() < groups.len() {
        return bad(0, "invalid regexp pattern: cannot mix both named and unnamed capture groups");
    }
    Ok(Type::object(names.into_iter().map(|name| (name, Type::String))))
}

fn match_value(pattern: &Pattern, captures: &Captures, ty: &Type) -> Value {
    let group = |found: Option<regex::Match>| {
        found.map_or_else(|| Value::null(Type::String), |found| Value::string(found.as_str()))
    };
    match ty {
        Type::Tuple(_) => Value::tuple(captures.iter().skip(1).map(group)),
        Type::Object(_) => Value::object(
            pattern
                .names
                .iter()
                .zip(captures.iter())
                .filter_map(|(name, found)| Some((name.clone()?, group(found)))),
        ),
        _ => group(captures.get(0)),
    }
}

fn regex_first(arguments: &[Value]) -> Result<Value, CallError> {
    let pattern = compile(text(arguments, 0), 0)?;
    let ty = match_type(&pattern)?;
    match pattern.regex.captures(text(arguments, 1)) {
        Some(captures) => Ok(match_value(&pattern, &captures, &ty)),
        None => failed("pattern did not match any part of the given string"),
    }
}

fn regex_all(arguments: &[Value]) -> Result<Value, CallError> {
    let pattern = compile(text(arguments, 0), 0)?;
    let ty = match_type(&pattern)?;
    let found = pattern.regex.captures_iter(text(arguments, 1));
    let matches: Vec<Value> = found.map(|captures| match_value(&pattern, &captures, &ty)).collect();
    Ok(Value::list(ty, matches))
}

fn replace(arguments: &[Value]) -> Result<Value, CallError> {
    let (given, wanted, by) = (text(arguments, 0), text(arguments, 1), text(arguments, 2));
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    match pattern.filter(|_| wanted.len() > 1) {
        Some(pattern) => match compile(pattern, 1)?.replace_all(given, by, TEXT_BYTES_MAX) {
            Some(replaced) => Ok(Value::string(replaced)),
            None => room(usize::MAX).map(|()| Value::null(Type::String)),
        },
        None => {
            let times = given.matches(wanted).count();
            room(given.len().saturating_add(times.saturating_mul(by.len())))?;
            Ok(Value::string(given.replace(wanted, by)))
        }
    }
}

fn split(arguments: &[Value]) -> Result<Value, CallError> {
    let (separator, given) = (text(arguments, 0), text(arguments, 1));
    let parts: Vec<Value> = match separator.is_empty() {
        true => given.chars().map(|character| Value::string(character.to_string())).collect(),
        false => given.split(separator).map(Value::string).collect(),
    };
    Ok(Value::list(Type::String, parts))
}

fn starts_with(arguments: &[Value]) -> Result<Value, CallError> {
    let prefix = text(arguments, 1);
    let Some(given) = arguments.first() else { return Ok(Value::unknown(Type::Bool)) };
    if let Some(given) = given.as_str() {
        return Ok(Value::bool(given.starts_with(prefix)));
    }
    if prefix.is_empty() {
        return Ok(Value::bool(true));
    }
    let known = given.refinements().and_then(|refinements| refinements.prefix.as_deref()).unwrap_or_default();
    Ok(match known {
        known if known.starts_with(prefix) => Value::bool(true),
        known if known.len() >= prefix.len() => Value::bool(false),
        _ => Value::unknown(Type::Bool),
    })
}

fn substr(arguments: &[Value]) -> Result<Value, CallError> {
    let characters: Vec<&str> = text(arguments, 0).graphemes(true).collect();
    let (offset, length) = (whole(arguments, 1)?, whole(arguments, 2)?);
    let start = match offset {
        0.. => usize::try_from(offset).unwrap_or(usize::MAX),
        _ => {
            let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            characters.len().saturating_sub(back)
        }
    };
    let rest = characters.get(start..).unwrap_or_default();
    // As in Terraform, no length counts as any length where the offset is from the end.
    let length = if offset < 0 && length == 0 { -1 } else { length };
    let end = usize::try_from(length).map_or(rest.len(), |length| length.min(rest.len()));
    Ok(Value::string(rest.get(..end).unwrap_or_default().concat()))
}

/// The number of characters, as a person counts them.
pub(super) fn length(given: &Value) -> Value {
    if let Some(given) = given.as_str() {
        return Value::number(given.graphemes(true).count());
    }
    let prefix =
        given.refinements().and_then(|refinements| refinements.prefix.as_deref()).unwrap_or_default();
    let least = prefix.graphemes(true).count();
    let min = (least > 0).then(|| (least.into(), true));
    let refinements = Refinements { not_null: true, min, ..Refinements::default() };
    Kind::Unknown(Type::Number, Some(refinements.into())).into()
}
