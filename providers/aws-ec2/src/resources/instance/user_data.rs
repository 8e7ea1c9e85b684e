//! User data: written as text or in Base64, compared by its bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evenkeel_model::{Type, Value};

use super::super::common::text;
use crate::shape::Shape;

/// The two arguments.
pub(crate) const NAMES: [&str; 2] = ["user_data", "user_data_base64"];

/// User data stays as it is written where it means what is there.
pub(super) fn with_user_data<'a>(shape: Shape<'a>, encoded: &str, known: &Value) -> Shape<'a> {
    let there = BASE64.decode(encoded).unwrap_or_default();
    let written = |name: &str| text(known, name).filter(|text| bytes(text, name) == there);
    let only = |shape: Shape<'a>, name: &str, text: Option<String>| {
        let other = if name == NAMES[0] { NAMES[1] } else { NAMES[0] };
        let text = text.map_or_else(|| Value::null(Type::String), Value::string);
        shape.exactly(name, text).exactly(other, Value::null(Type::String))
    };
    for name in NAMES {
        if let Some(text) = written(name) {
            return only(shape, name, Some(text));
        }
    }
    if there.is_empty() {
        return only(shape, NAMES[0], None);
    }
    match String::from_utf8(there) {
        Ok(plain) if text(known, NAMES[1]).is_none() => only(shape, NAMES[0], Some(plain)),
        _ => only(shape, NAMES[1], Some(encoded.to_owned())),
    }
}

/// The bytes that user data stands for. What is already Base64 is taken as that, as the public
/// provider does.
pub(crate) fn bytes(text: &str, name: &str) -> Vec<u8> {
    match BASE64.decode(text.trim()) {
        Ok(bytes) => bytes,
        Err(_) if name == NAMES[0] => text.as_bytes().to_vec(),
        Err(_) => Vec::new(),
    }
}

/// What is planned, in Base64.
pub(crate) fn planned(planned: &Value) -> Option<String> {
    NAMES.iter().find_map(|name| Some(BASE64.encode(bytes(&text(planned, name)?, name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_is_encoded_once() {
        assert_eq!(bytes("#!/bin/sh\n", "user_data"), b"#!/bin/sh\n");
        assert_eq!(bytes("aGVsbG8=", "user_data"), b"hello");
        assert_eq!(bytes("aGVsbG8=", "user_data_base64"), b"hello");
    }

    #[test]
    fn user_data_stays_as_it_is_written() {
        let schema = crate::registry::schema("aws_instance");
        let null = Value::object([("user_data", Value::null(Type::String))]);
        let plain = Value::object([("user_data", Value::string("hello"))]);
        let encoded = Value::object([("user_data_base64", Value::string("aGVsbG8="))]);
        let shown = |known: &Value, there: &str| {
            let value = with_user_data(Shape::new(schema, known), there, known).build();
            let get = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
            (get("user_data"), get("user_data_base64"))
        };
        let hello = || Some("hello".to_owned());
        assert_eq!(shown(&plain, "aGVsbG8="), (hello(), None));
        assert_eq!(shown(&encoded, "aGVsbG8="), (None, Some("aGVsbG8=".into())));
        assert_eq!(shown(&null, "aGVsbG8="), (hello(), None));
        assert_eq!(shown(&plain, ""), (None, None));
    }
}
