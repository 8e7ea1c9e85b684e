//! `tls_self_signed_cert`: a certificate that its own key signs.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};

use super::certificate::{Subject, made};
use super::key::Key;
use super::{extensions, failed, renewal, subject};
use crate::kind::Resource;
use crate::object::with;

pub(super) struct SelfSigned;

impl Resource for SelfSigned {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/tls_self_signed_cert.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        renewal::validate(config)
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        renewal::plan(schema, request, &["private_key_pem"])
    }

    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        Ok(Some(renewal::observe(prior)))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let (key, subject) = of(planned)?;
        let object = with(planned, [("key_algorithm", Value::string(key.algorithm()))]);
        made(&object, subject, None, &key)
    }
}

/// The key in a configuration, and the subject that it belongs to.
pub(super) fn of(object: &Value) -> Result<(Key, Subject), ProviderError> {
    let text = object.get_str("private_key_pem").unwrap_or_default();
    let key = Key::parse(text).map_err(failed("Failed to parse private key PEM"))?;
    let subject = || -> Result<Subject, String> {
        let (name, names) = (subject::of(object)?, extensions::names_of(object)?);
        Ok(Subject { name, names, public_der: key.public_der()?, identified_by: key.identified_by()? })
    };
    let subject = subject().map_err(failed("Invalid subject"))?;
    Ok((key, subject))
}
