use evenkeel_model::json;
use evenkeel_provider::NoFiles;
use serde_json::json;

use super::*;
use crate::registry::LazySchema;

static PROVIDER: LazySchema = LazySchema::new(include_str!("../../../../schemas/aws/provider.json"));

/// The block as far as these checks look at it.
fn block(attributes: serde_json::Value) -> Value {
    let schema = &PROVIDER.get().block;
    let given = attributes.as_object().expect("a block is an object");
    let attributes = given.iter().map(|(name, json)| {
        let ty = match (schema.attributes.get(name.as_str()), schema.block_types.get(name.as_str())) {
            (Some(attribute), _) => attribute.ty.clone(),
            (None, Some(nested)) => nested.implied_type(),
            (None, None) => panic!("{name} is an argument"),
        };
        (name.as_str(), json::from_plain(json, &ty).expect("it has the right type"))
    });
    Value::object(attributes)
}

fn check(attributes: serde_json::Value, problem: Option<&str>) {
    let found = validate(&block(attributes.clone()));
    assert_eq!(found.iter().next().map(|found| found.summary.as_str()), problem, "{attributes}");
}

#[test]
fn blocks_are_checked_before_anything_is_done() {
    check(json!({ "region": "eu-central-1" }), None);
    check(json!({ "region": "eu-central-9" }), Some("Invalid AWS Region"));
    check(json!({ "region": "custom-1", "skip_region_validation": true }), None);
    check(json!({ "access_key": "a" }), Some("Invalid provider configuration"));
    check(json!({ "access_key": "a", "secret_key": "b" }), None);
    check(json!({ "endpoints": [{ "s3": "http://127.0.0.1:4566" }] }), None);
    check(json!({ "endpoints": [{ "s3": "127.0.0.1:4566" }] }), Some("Invalid custom endpoint"));
    check(json!({ "endpoints": [{ "iam": "ftp://x" }] }), Some("Invalid custom endpoint"));
    check(json!({ "assume_role": [{ "session_name": "s" }] }), Some("Cannot assume IAM Role"));
    check(json!({ "assume_role": [{ "role_arn": "arn:aws:iam::1:role/x", "duration": "1h" }] }), None);
    check(
        json!({ "assume_role": [{ "role_arn": "arn:aws:iam::1:role/x", "duration": "soon" }] }),
        Some("Invalid duration"),
    );
}

#[test]
fn unknown_values_are_let_through() {
    let config = Value::object([
        ("region", Value::unknown(evenkeel_model::Type::String)),
        ("access_key", Value::unknown(evenkeel_model::Type::String)),
        ("secret_key", Value::string("s")),
        ("endpoints", Value::unknown(PROVIDER.get().block.block_types["endpoints"].implied_type())),
    ]);
    assert!(validate(&config).is_empty());
}

#[test]
fn messages_never_hold_a_secret() {
    let config = Value::object([("secret_key", Value::string("hunter2"))]);
    assert!(!format!("{:?}", validate(&config)).contains("hunter2"));
}

#[test]
fn retries_are_counted_as_attempts() {
    let attempts = |json: serde_json::Value| retry(&block(json)).map(|retry| retry.max_attempts());
    assert_eq!(attempts(json!({})).ok(), Some(8));
    assert_eq!(attempts(json!({ "max_retries": 2 })).ok(), Some(3));
    assert_eq!(attempts(json!({ "max_retries": 0 })).ok(), Some(1));
    assert!(attempts(json!({ "retry_mode": "eager" })).is_err());
}

/// Lets one file be named.
struct One(&'static str);

impl ReadFile for One {
    fn read(&self, operation: &str, _: &str) -> Result<Vec<u8>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Denied, operation, "nothing is read"))
    }

    fn may_name(&self, path: &str) -> bool {
        path == self.0
    }
}

#[test]
fn files_that_the_sdk_opens_are_named_by_the_operator_alone() {
    for config in [
        json!({ "shared_config_files": ["evil"] }),
        json!({ "shared_credentials_files": ["fine", "evil"] }),
        json!({ "custom_ca_bundle": "evil" }),
    ] {
        let config = block(config);
        let error = check_files(&config, &One("fine")).expect_err("it may not be named");
        assert_eq!(error.kind, ErrorKind::Denied);
        assert!(error.to_string().contains("\"evil\""), "{error}");
        assert!(check_files(&config, &NoFiles).is_err());
    }
    assert!(check_files(&block(json!({ "custom_ca_bundle": "fine", "profile": "p" })), &One("fine")).is_ok());
    assert!(check_files(&block(json!({})), &NoFiles).is_ok());
}

#[test]
fn a_bundle_that_cannot_be_read_is_named() {
    let error =
        http_options(&block(json!({ "custom_ca_bundle": "/nonexistent/ca.pem" }))).expect_err("no such file");
    assert!(error.to_string().contains("/nonexistent/ca.pem"), "{error}");
}
