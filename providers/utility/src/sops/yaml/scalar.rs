//! What a plain scalar means by its looks, as the YAML library of sops reads it.

use super::super::moment::Moment;
use super::super::node::Scalar;

/// The value; none for a number that 64 bits do not hold.
pub(super) fn resolve(text: &str) -> Option<Scalar> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) => {
            return numeric(text);
        }
        _ => Scalar::Text(text.to_owned()),
    })
}

fn numeric(text: &str) -> Option<Scalar> {
    let is_date = text.len() > 4 && text.get(4..5) == Some("-");
    if let Some(moment) = Some(text).filter(|_| is_date).and_then(Moment::parse) {
        return Some(Scalar::Time(moment));
    }
    let plain = text.replace('_', "");
    match whole(&plain) {
        Whole::Number(number) => return Some(Scalar::Int(number)),
        Whole::TooLarge => return None,
        Whole::Other => {}
    }
    if is_fraction(if text.starts_with('.') { text } else { &plain })
        && let Ok(number) = plain.parse()
    {
        return Some(Scalar::Float(number));
    }
    Some(Scalar::Text(text.to_owned()))
}

enum Whole {
    Number(i64),
    TooLarge,
    Other,
}

/// Digits, with a sign, and with `0x`, `0b`, `0o` or `0` before those of another base.
fn whole(text: &str) -> Whole {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.get(..1).unwrap_or_default(), digits),
        None => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let bases = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)];
    let based = bases.into_iter().find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, base)));
    let (digits, base) = based.filter(|(digits, _)| !digits.is_empty()).unwrap_or((lower.as_str(), 10));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Whole::Other;
    }
    match i64::from_str_radix(&format!("{sign}{digits}"), base) {
        Ok(number) => Whole::Number(number),
        Err(_) if sign.is_empty() && u64::from_str_radix(digits, base).is_ok() => Whole::TooLarge,
        Err(_) => Whole::Other,
    }
}

/// Digits with a point or an exponent.
fn is_fraction(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", part)) => digits(part),
        Some((whole, part)) => digits(whole) && (part.is_empty() || digits(part)),
        None => digits(mantissa),
    };
    mantissa && digits(exponent)
}
