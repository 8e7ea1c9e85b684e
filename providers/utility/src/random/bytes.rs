//! `random_bytes`: a secret of some bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::ProviderError;

use super::SIZE_MAX;
use crate::kind::{Reading, Resource};
use crate::object::{at_least, draw, invalid, only, with};

pub(super) struct RandomBytes;

impl Resource for RandomBytes {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/random_bytes.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        at_least(config, "length", 1, &mut diagnostics);
        diagnostics
    }

    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let bytes = STANDARD.decode(id).map_err(|error| {
            invalid("importing random_bytes", format!("the id is not the bytes in base64: {error}."))
        })?;
        let object = only(schema, [("length", Value::number(bytes.len()))]);
        Ok(encoded(&object, &bytes))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(encoded(planned, &drawn(planned, "length")?))
    }
}

/// The same for as long as somebody needs it.
pub(super) struct EphemeralBytes;

impl Reading for EphemeralBytes {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/ephemeral.random_bytes.json")
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        RandomBytes.create(config)
    }
}

fn encoded(object: &Value, bytes: &[u8]) -> Value {
    let texts = [("base64", STANDARD.encode(bytes)), ("hex", hex(bytes))];
    with(object, texts.map(|(name, text)| (name, Value::string(text))))
}

/// As many bytes as the attribute says.
pub(super) fn drawn(object: &Value, length: &str) -> Result<Vec<u8>, ProviderError> {
    let wanted = object.get_i64(length).filter(|wanted| (0..=SIZE_MAX).contains(wanted));
    let Some(wanted) = wanted.and_then(|wanted| usize::try_from(wanted).ok()) else {
        return Err(invalid("drawing random bytes", format!("{length} must be between 0 and {SIZE_MAX}.")));
    };
    let mut bytes = vec![0; wanted];
    draw(&mut bytes)?;
    Ok(bytes)
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
