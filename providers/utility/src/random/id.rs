//! `random_id`: some bytes, written in five ways.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dashu_int::UBig;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};

use super::bytes::{drawn, hex};
use super::plan_with_keepers;
use crate::kind::Resource;
use crate::object::{invalid, only, with};

pub(super) struct RandomId;

impl Resource for RandomId {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/random_id.json")
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan_with_keepers(schema, request)
    }

    /// `ID`, or `PREFIX,ID`.
    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let (prefix, text) = id.rsplit_once(',').unwrap_or(("", id));
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| {
            let detail = format!("the id is not the b64_url of a random_id without its prefix: {error}.");
            invalid("importing random_id", detail).with_remedy("Give it as ID, or as PREFIX,ID.")
        })?;
        let object = only(schema, [("byte_length", Value::number(bytes.len()))]);
        let object = match prefix {
            "" => object,
            _ => with(&object, [("prefix", Value::string(prefix))]),
        };
        Ok(written(&object, &bytes))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(written(planned, &drawn(planned, "byte_length")?))
    }
}

fn written(object: &Value, bytes: &[u8]) -> Value {
    let prefix = object.get_str("prefix").unwrap_or_default();
    let id = URL_SAFE_NO_PAD.encode(bytes);
    let after_prefix = [
        ("b64_url", id.clone()),
        ("b64_std", STANDARD.encode(bytes)),
        ("hex", hex(bytes)),
        ("dec", UBig::from_be_bytes(bytes).to_string()),
    ];
    let object = with(object, [("id", Value::string(id))]);
    with(&object, after_prefix.map(|(name, text)| (name, Value::string(format!("{prefix}{text}")))))
}
