//! What one type of a utility provider says about itself: everything that its schema does not say.
//!
//! All of it may block: the connection calls it where that does no harm.

use std::time::Duration;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, propose, upgrade};
use serde_json::Value as Json;

use crate::object::invalid;

/// One managed resource type.
pub(crate) trait Resource: Send + Sync {
    /// Its schema file.
    fn schema_text(&self) -> &'static str;

    /// Checks a configuration beyond the schema.
    fn validate(&self, config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// What the object would become.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(schema, request)
    }

    /// Attributes that an older version of the schema left.
    fn upgrade(&self, schema: &Schema, version: u64, attributes: &Json) -> Option<Json> {
        upgrade::by_schema(schema, version, attributes)
    }

    /// The object as it is now; what lives in the state alone is as it is remembered.
    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        Ok(Some(prior))
    }

    /// The object that an import id describes.
    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let _ = id;
        let detail = format!("objects of the type {} cannot be imported.", schema.type_name);
        let remedy = "Let apply make the object, or move the state of the one that Terraform made here.";
        Err(invalid("importing", detail).with_remedy(remedy))
    }

    /// How long to wait before the object is made or removed.
    fn pause(&self, occasion: Occasion, object: &Value) -> Result<Duration, ProviderError> {
        let _ = (occasion, object);
        Ok(Duration::ZERO)
    }

    /// Makes the object.
    fn create(&self, planned: &Value) -> Result<Value, ProviderError>;

    /// Changes the object. Where nothing but the state changes, the plan is the result.
    fn update(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(planned.clone())
    }

    /// Removes what there is beside the state.
    fn delete(&self, prior: &Value) -> Result<(), ProviderError> {
        let _ = prior;
        Ok(())
    }

    /// What an interrupted create left. What was drawn and not written down is known to nobody, so that there
    /// is no such object, and the next create draws again.
    fn find(&self, planned: &Value) -> Result<Option<Value>, ProviderError> {
        let _ = planned;
        Ok(None)
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Before the object is made.
    Create,
    /// Before the object is removed.
    Delete,
}

/// One data source, or one ephemeral resource type: values from a configuration.
pub(crate) trait Reading: Send + Sync {
    /// Its schema file.
    fn schema_text(&self) -> &'static str;

    /// The whole value for a configuration, with the block of the provider.
    fn read(&self, provider: &Value, config: &Value) -> Result<Value, ProviderError>;
}
