//! What one resource type or data source of this provider implements; the registry in
//! [`crate::registry`] lists them all.

use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, PlanRequest, PlannedChange,
    ProviderError, ReadDataRequest, UpdateRequest, propose,
};

use crate::context::Context;
use crate::listing::Listing;

/// One managed resource type. Tags (`tags`, `tags_all`, `default_tags`, the ownership tag) are
/// handled around it by [`crate::tags`]: `plan` is called after `tags_all` was planned.
pub trait Resource: Send + Sync {
    /// The type name: `aws_vpc`.
    fn kind(&self) -> &'static str;

    /// Checks a configuration beyond its schema; unknown values are let through.
    fn validate(&self, config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// What the object would become; pure.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(schema, request)
    }

    /// Looks at many objects with as few calls as the API allows. One answer per request, in order.
    fn observe<'a>(
        &'a self,
        context: &'a Arc<Context>,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>>;

    /// Makes the object and waits until it can be used.
    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>>;

    /// Changes the object in place.
    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>>;

    /// Removes the object and waits until it is gone.
    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>>;

    /// Lists its objects, from where the last page ended; nothing where the type cannot be listed.
    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        let _ = (context, after);
        None
    }

    /// Looks for what an interrupted create may have made.
    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>>;
}

/// One data source.
pub trait DataSource: Send + Sync {
    /// The type name: `aws_ami`.
    fn kind(&self) -> &'static str;

    /// Reads it.
    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>>;
}
