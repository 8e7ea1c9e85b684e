//! Where two values differ.

use evenkeel_model::schema::{Attribute, Equality, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{Number, Path, PathStep, Value};

use crate::policy;

/// The paths at which `a` and `b` differ, as deep as both have the same shape. Sets differ as a
/// whole. Marks do not count.
pub fn paths(a: &Value, b: &Value) -> Vec<Path> {
    let mut found = Vec::new();
    collect(a, b, &Path::root(), &mut found);
    found
}

fn collect(a: &Value, b: &Value, path: &Path, found: &mut Vec<Path>) {
    match (a.kind(), b.kind()) {
        (Kind::Object(x), Kind::Object(y)) => {
            for name in x.keys().chain(y.keys().filter(|name| !x.contains_key(name))) {
                let path = path.then(PathStep::Attribute(name.clone()));
                match (x.get(name), y.get(name)) {
                    (Some(x), Some(y)) => collect(x, y, &path, found),
                    _ => found.push(path),
                }
            }
        }
        (Kind::Map(_, x), Kind::Map(_, y)) => {
            for key in x.keys().chain(y.keys().filter(|key| !x.contains_key(key))) {
                let path = path.then(PathStep::Key(key.clone()));
                match (x.get(key), y.get(key)) {
                    (Some(x), Some(y)) => collect(x, y, &path, found),
                    _ => found.push(path),
                }
            }
        }
        (Kind::List(_, x), Kind::List(_, y)) | (Kind::Tuple(x), Kind::Tuple(y)) if x.len() == y.len() => {
            for (index, (x, y)) in x.iter().zip(y.iter()).enumerate() {
                collect(x, y, &path.then(PathStep::Index(index)), found);
            }
        }
        _ if same(a, b) => {}
        _ => found.push(path.clone()),
    }
}

/// Whether two values are the same apart from marks.
pub fn same(a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    if a.all_marks().is_empty() && b.all_marks().is_empty() {
        return false;
    }
    a.clone().unmark_deep().0 == b.clone().unmark_deep().0
}

/// Whether two values of an attribute mean the same.
pub fn equivalent(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    if same(a, b) {
        return true;
    }
    let (Some(x), Some(y)) = (a.as_str(), b.as_str()) else { return false };
    match attribute.equality {
        None => false,
        Some(Equality::CaseInsensitive) => x.eq_ignore_ascii_case(y),
        Some(Equality::Number) => match (x.trim().parse::<Number>(), y.trim().parse::<Number>()) {
            (Ok(x), Ok(y)) => x == y,
            _ => false,
        },
        Some(Equality::Json) => match (parse_json(x), parse_json(y)) {
            (Some(x), Some(y)) => x == y,
            _ => false,
        },
        Some(Equality::Policy) => policy::equivalent(x, y),
        Some(Equality::Url) => x.trim_start_matches("https://") == y.trim_start_matches("https://"),
        Some(Equality::Cidr) => match (network(x), network(y)) {
            (Some(x), Some(y)) => x == y,
            _ => false,
        },
    }
}

/// Whether a value says nothing: null, empty, zero or false.
pub fn is_blank(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Bool(value) => !value,
        Kind::String(text) => text.is_empty(),
        Kind::Number(number) => *number == Number::from(0_i64),
        Kind::List(_, elements) | Kind::Set(_, elements) => elements.is_empty(),
        Kind::Map(_, entries) => entries.is_empty(),
        _ => false,
    }
}

fn parse_json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

/// The network address and prefix length of a CIDR block, host bits cleared.
fn network(text: &str) -> Option<(std::net::IpAddr, u8)> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    let (address, length) = text.split_once('/')?;
    let length: u8 = length.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(v4) if length <= 32 => {
            let mask = u32::MAX.checked_shl(u32::from(32 - length)).unwrap_or(0);
            Some((IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask)), length))
        }
        IpAddr::V6(v6) if length <= 128 => {
            let mask = u128::MAX.checked_shl(u32::from(128 - length)).unwrap_or(0);
            Some((IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask)), length))
        }
        _ => None,
    }
}

/// The top-level attributes at which an object differs from what it was, where that means
/// something: what a drift report shows.
pub fn changed_attributes(schema: &Schema, a: &Value, b: &Value) -> Vec<Path> {
    paths(a, b)
        .into_iter()
        .filter(|path| {
            let [PathStep::Attribute(name)] = &path.0[..] else { return true };
            match (schema.block.attributes.get(name), a.get(name), b.get(name)) {
                (Some(attribute), Some(x), Some(y)) => !equivalent(attribute, x, y),
                _ => true,
            }
        })
        .collect()
}
