//! The data source `tls_certificate`: the certificates of a host, or what is in one that is given.

use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;

use super::public_key::id_of;
use super::{describe, failed, fetch, pem};
use crate::kind::Reading;
use crate::object::with;

pub(super) struct Chain;

impl Reading for Chain {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/data.tls_certificate.json")
    }

    fn read(&self, provider: &Value, config: &Value) -> Result<Value, ProviderError> {
        let verify = config.get_bool("verify_chain").unwrap_or(true);
        let found = match config.get_str("content") {
            Some(text) => vec![pem::expect(text, pem::CERTIFICATE).map_err(failed("Failed to decoded PEM"))?],
            None => fetch::chain(provider, config.get_str("url").unwrap_or_default(), verify)?,
        };
        // The one that signed the others comes first.
        let described: Result<Vec<(Value, String)>, String> =
            found.iter().rev().map(|der| describe::certificate(der)).collect();
        let described = described.map_err(failed("Unable to parse certificate"))?;
        let text: Vec<&str> = described.iter().map(|(_, text)| text.as_str()).collect();
        let id = id_of(format!("[{}]", text.join(" ")).as_bytes());
        let element = described.first().map_or(Type::Dynamic, |(value, _)| value.ty());
        let certificates = Value::list(element, described.into_iter().map(|(value, _)| value));
        let read = [("id", Value::string(id)), ("certificates", certificates)];
        Ok(with(config, read))
    }
}
