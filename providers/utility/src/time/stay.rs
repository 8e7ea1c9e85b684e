//! `time_static`: a point in time that stays.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, propose};

use super::moment::Moment;
use super::{check_timestamps, parts, timestamp};
use crate::kind::Resource;
use crate::object::{is_set, only, with};

pub(super) struct Static;

impl Resource for Static {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/time/time_static.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check_timestamps(config, &["rfc3339"])
    }

    /// A timestamp that is given says everything before the object is made.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        if let (None, Ok(Some(moment))) = (request.prior, timestamp(&change.planned, "rfc3339")) {
            change.planned = at(&change.planned, moment);
        }
        change
    }

    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let object = only(schema, [("rfc3339", Value::string(id))]);
        let moment = timestamp(&object, "rfc3339")?.unwrap_or_else(Moment::now);
        Ok(at(&object, moment))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(at(planned, timestamp(planned, "rfc3339")?.unwrap_or_else(Moment::now)))
    }
}

fn at(object: &Value, moment: Moment) -> Value {
    let text = match is_set(object, "rfc3339").then(|| object.get_str("rfc3339")).flatten() {
        Some(text) => text.to_owned(),
        None => moment.rfc3339(),
    };
    let texts = ["id", "rfc3339"].map(|name| (name, Value::string(&text)));
    with(&with(object, texts), parts(moment))
}
