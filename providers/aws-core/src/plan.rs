//! Planning that is the same for every type: what the provider block decides about an object.
//!
//! `tags_all` and `region` are computed for the user, but known from the provider block; here they
//! are put into the configuration before the type (or the schema alone) plans the rest.

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange};

use crate::resource::Resource;
use crate::tags;

/// Plans one change.
pub fn plan(resource: &dyn Resource, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let config = complete(schema, request.provider_config, request.config.clone());
    resource.plan(schema, &PlanRequest { config: &config, ..*request })
}

fn complete(schema: &Schema, provider: &Value, mut config: Value) -> Value {
    if schema.block.attributes.contains_key("tags_all") {
        let all = tags::planned_all(provider, &config);
        config = config.with_attribute("tags_all", all);
    }
    let region = provider.get("region").filter(|region| region.as_str().is_some_and(|name| !name.is_empty()));
    let has_region = schema.block.attributes.contains_key("region");
    match region {
        Some(region) if has_region && config.get("region").is_some_and(Value::is_null) => {
            config.with_attribute("region", region.clone())
        }
        _ => config,
    }
}
