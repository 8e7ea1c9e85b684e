//! Different contents have different digests, whatever differs.

use evenkeel_model::value::Refinements;
use evenkeel_model::{Type, Value};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::DigestKey;
use super::content::Content;

fn digest(value: &Value) -> String {
    let mut content = Content::new();
    content.value(value);
    content.finish(None)
}

#[test]
fn values_that_differ_have_different_digests() {
    let text = |text: &str| Value::string(text);
    let refined = |refinements: Refinements| Value::unknown_refined(Type::String, refinements);
    let values = [
        Value::null(Type::String),
        Value::null(Type::Dynamic),
        Value::unknown(Type::String),
        Value::unknown_not_null(Type::String),
        refined(Refinements { prefix: Some("a".into()), ..Refinements::default() }),
        refined(Refinements { prefix: Some("".into()), not_null: true, ..Refinements::default() }),
        Value::bool(true),
        Value::number(1),
        text("1"),
        text("1").sensitive(),
        Value::tuple([text("a"), text("b")]),
        Value::tuple([text("ab"), text("")]),
        Value::tuple([text("ab")]),
        Value::list(Type::String, [text("a"), text("b")]),
        Value::set(Type::String, [text("a"), text("b")]),
        Value::list(Type::String, []),
        Value::list(Type::Number, []),
        Value::object([("a", text("b"))]),
        Value::map(Type::String, [("a", text("b"))]),
        Value::object([("a", text("b").sensitive())]),
        Value::object([("ab", text(""))]),
        Value::null(Type::object([("a", Type::String)])),
        Value::null(Type::tuple([Type::String])),
    ];
    let digests: std::collections::BTreeSet<String> = values.iter().map(digest).collect();
    assert_eq!(digests.len(), values.len());
}

#[test]
fn a_key_makes_another_digest_and_always_the_same() {
    let keyed = |byte: u8| {
        let mut content = Content::new();
        content.value(&Value::string("1234").sensitive());
        content.finish(Some(&DigestKey([byte; 32])))
    };
    let open = digest(&Value::string("1234").sensitive());
    assert_eq!(keyed(1), keyed(1));
    assert_eq!([open, keyed(1), keyed(2)].iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    // A key that is filled up is the same key.
    let mac = Hmac::<Sha256>::new(&DigestKey([0x0b; 32]).block().into()).chain_update(b"Hi There").finalize();
    let same = Hmac::<Sha256>::new_from_slice(&[0x0b; 32]).unwrap().chain_update(b"Hi There").finalize();
    assert_eq!(mac.into_bytes(), same.into_bytes());
    assert_eq!(format!("{:?}", DigestKey([7; 32])), "DigestKey");
}

#[test]
fn long_content_is_the_same_in_one_piece_and_in_many() {
    let long = Value::tuple((0..10_000).map(|number| Value::string(format!("text number {number}"))));
    assert_eq!(digest(&long), digest(&long.clone()));
    let other = Value::tuple((0..10_000).map(|number| Value::string(format!("text number {}", number ^ 1))));
    assert_ne!(digest(&long), digest(&other));
}
