//! `tls_private_key`: a key, in the state or for as long as somebody needs it.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{ProviderError, upgrade};
use serde_json::{Value as Json, json};

use super::failed;
use super::key::Key;
use super::public_key::public;
use super::ssh;
use crate::kind::{Reading, Resource};
use crate::object::{is_set, with};
use crate::random::bare;

pub(super) struct PrivateKey;

impl Resource for PrivateKey {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/tls_private_key.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let is_small = config.get_i64("rsa_bits").is_some_and(|bits| bits < 1024);
        if is_small && config.get_str("algorithm") == Some("RSA") {
            let detail = "RSA keys of fewer than 1024 bits can be broken. Use 2048 or more.";
            diagnostics.push(Diagnostic::error("Unable to generate Key from configuration", detail));
        }
        diagnostics
    }

    /// Version 0 had fewer forms of the same key.
    fn upgrade(&self, schema: &Schema, version: u64, attributes: &Json) -> Option<Json> {
        let mut upgraded = upgrade::by_schema(schema, version, attributes)?;
        let pem = upgraded.get("private_key_pem").map(bare).and_then(Json::as_str)?.to_owned();
        let forms = Key::parse(&pem).and_then(|key| forms(&key)).ok()?;
        if let Json::Object(upgraded) = &mut upgraded {
            for (name, text) in forms.into_iter().filter(|(name, _)| *name != "private_key_pem") {
                upgraded.insert(name.to_owned(), json!(text));
            }
            for (name, default) in [("rsa_bits", json!(2048)), ("ecdsa_curve", json!("P224"))] {
                upgraded.entry(name).or_insert(Json::Null);
                if upgraded.get(name) == Some(&Json::Null) {
                    upgraded.insert(name.to_owned(), default);
                }
            }
        }
        Some(upgraded)
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let bits = planned.get_i64("rsa_bits").unwrap_or(2048);
        let [algorithm, curve] = ["algorithm", "ecdsa_curve"].map(|name| planned.get_str(name));
        let curve = curve.unwrap_or("P224");
        let key = Key::generate(algorithm.unwrap_or_default(), bits, curve)
            .map_err(failed("Unable to generate Key from configuration"))?;
        let forms = forms(&key).map_err(failed("Unable to encode key to PEM"))?;
        Ok(with(planned, forms.into_iter().map(|(name, text)| (name, Value::string(text)))))
    }
}

/// The same for as long as somebody needs it.
pub(super) struct EphemeralKey;

impl Reading for EphemeralKey {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/ephemeral.tls_private_key.json")
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        let mut whole = config.clone();
        for (name, default) in [("rsa_bits", Value::number(2048)), ("ecdsa_curve", Value::string("P224"))] {
            if !is_set(&whole, name) {
                whole = with(&whole, [(name, default)]);
            }
        }
        PrivateKey.create(&whole)
    }
}

/// Every attribute that follows from the key.
fn forms(key: &Key) -> Result<Vec<(&'static str, String)>, String> {
    let private = [
        ("private_key_pem", key.to_pem()?),
        ("private_key_pem_pkcs8", key.to_pkcs8_pem()?),
        ("private_key_openssh", ssh::private(key)?),
    ];
    Ok(private.into_iter().chain(public(key)?).collect())
}
