//! `random_uuid`, `random_uuid4` and `random_uuid7`.

use std::time::SystemTime;

use ::uuid::{Builder, Uuid};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};

use super::plan_with_keepers;
use crate::kind::Resource;
use crate::object::{draw, invalid, only, with};

/// Which of the three.
pub(super) enum Kind {
    /// Random in all its bits, which no version of UUIDs is.
    Plain,
    /// Random by the standard.
    V4,
    /// Random after the time of its creation.
    V7,
}

impl Resource for Kind {
    fn schema_text(&self) -> &'static str {
        match self {
            Self::Plain => include_str!("../../../../schemas/random/random_uuid.json"),
            Self::V4 => include_str!("../../../../schemas/random/random_uuid4.json"),
            Self::V7 => include_str!("../../../../schemas/random/random_uuid7.json"),
        }
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan_with_keepers(schema, request)
    }

    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let uuid = Uuid::try_parse(id)
            .map_err(|error| invalid("importing a random UUID", format!("the id is no UUID: {error}.")))?;
        Ok(named(&only(schema, []), uuid))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let mut bytes = [0; 16];
        draw(&mut bytes)?;
        let uuid = match self {
            Self::Plain => Uuid::from_bytes(bytes),
            Self::V4 => Builder::from_random_bytes(bytes).into_uuid(),
            Self::V7 => at_this_time(&bytes),
        };
        Ok(named(planned, uuid))
    }
}

fn at_this_time(bytes: &[u8; 16]) -> Uuid {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let random = bytes.first_chunk().unwrap_or(&[0; 10]);
    Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

fn named(object: &Value, uuid: Uuid) -> Value {
    let text = Value::string(uuid.hyphenated().to_string());
    with(object, [("id", text.clone()), ("result", text)])
}
