//! What a scalar means: by its tag, its quotes or its looks.

use evenkeel_model::value::Kind;
use evenkeel_model::{Number, Type, Value};
use saphyr_parser::{ScalarStyle, Tag};

use super::read::CORE;

pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let quoted = style != ScalarStyle::Plain;
    let suffix = match tag {
        None => "",
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.as_str(),
        Some(tag) if tag.suffix.starts_with(CORE) => tag.suffix.get(CORE.len()..).unwrap_or_default(),
        Some(tag) => return Err(format!("unsupported tag \"{tag}\"")),
    };
    match suffix {
        "str" | "binary" => return Ok(Value::string(text)),
        "null" => return Ok(Value::null(Type::Dynamic)),
        "" | "bool" | "int" | "float" | "timestamp" => {}
        other => return Err(format!("unsupported tag \"!!{other}\"")),
    }
    if quoted {
        return Ok(Value::string(text));
    }
    let resolved = resolve(text)?;
    let fits = match suffix {
        "bool" => resolved.ty() == Type::Bool,
        "int" | "float" => resolved.ty() == Type::Number,
        _ => true,
    };
    if fits { Ok(resolved) } else { Err(format!("cannot parse {text:?} as !!{suffix}")) }
}

/// What a plain scalar means by its looks (YAML 1.1 as far as Terraform goes with it).
pub(super) fn resolve(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Dynamic),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Kind::Number(Number::INFINITY).into(),
        "-.inf" | "-.Inf" | "-.INF" => Kind::Number(Number::NEGATIVE_INFINITY).into(),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported".into()),
        _ => number(text).map(Value::from).or_else(|| timestamp(text)).unwrap_or_else(|| Value::string(text)),
    })
}

pub(super) fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = [("0x", 16), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix {
        let value = i64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['-', '+']))?;
        return Some(Kind::Number(Number::from(value)));
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') || digits == "." {
        return None;
    }
    text.parse().ok().map(Kind::Number)
}

/// Dates become timestamps, because that is how the language's own functions write them.
pub(super) fn timestamp(text: &str) -> Option<Value> {
    let date = text.get(..10).filter(|date| {
        date.bytes()
            .enumerate()
            .all(|(i, byte)| if i == 4 || i == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    })?;
    let rest = text.get(10..)?;
    let full = match rest.chars().next() {
        None => format!("{date}T00:00:00Z"),
        Some('T' | 't') => format!("{date}T{}", rest.get(1..)?),
        Some(' ') => format!("{date}T{}Z", rest.get(1..)?),
        Some(_) => return None,
    };
    crate::functions::date::normal(&full).map(Value::string)
}
