//! What one resource type or data source of this provider implements; the registry in
//! [`crate::registry`] lists them all.

use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, PlanRequest, PlannedChange,
    ProbeRequest, ProviderError, ReadDataRequest, UpdateRequest, propose,
};

use crate::context::Context;
use crate::errors::Failure;
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

    /// Why its objects have no list of their own, and where they are listed instead.
    fn unlisted(&self) -> Option<&'static str> {
        None
    }

    /// Whether it is listed when nobody asks for the type: not what there may be millions of, and not what may be a
    /// part of something else that is listed.
    fn is_listed_unasked(&self) -> bool {
        true
    }

    /// Lists its objects, from where the last page ended; nothing where the type is [unlisted](Self::unlisted).
    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        let _ = (context, after);
        None
    }

    /// Tries to make or remove an object in a context that only asks; nothing where the service has no way to ask.
    fn probe<'a>(
        &'a self,
        asking: &'a Arc<Context>,
        request: ProbeRequest,
    ) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        let _ = (asking, request);
        None
    }

    /// Looks for what an interrupted create may have made.
    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>>;
}

/// Makes an adapter around a type a [`Resource`]: each request goes to the function of its name in the module that calls
/// this, for the type that the adapter holds. The braces have what only that module's types know.
#[macro_export]
macro_rules! resource_course {
    ($adapter:ident: $bound:ident { $($more:tt)* }) => {
        impl<T: $bound> $crate::resource::Resource for $adapter<T> {
            fn kind(&self) -> &'static str {
                T::KIND
            }

            fn validate(&self, config: &Value) -> Diagnostics {
                T::check(config)
            }

            fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
                T::propose(schema, request)
            }

            fn observe<'a>(
                &'a self,
                context: &'a Arc<Context>,
                requests: Vec<ObserveRequest>,
            ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>> {
                Box::pin(observe::<T>(context, requests))
            }

            fn create<'a>(
                &'a self,
                context: &'a Arc<Context>,
                request: CreateRequest,
            ) -> BoxFuture<'a, Result<Value, Failed>> {
                Box::pin(create::<T>(context, request))
            }

            fn update<'a>(
                &'a self,
                context: &'a Arc<Context>,
                request: UpdateRequest,
            ) -> BoxFuture<'a, Result<Value, Failed>> {
                Box::pin(update::<T>(context, request))
            }

            fn delete<'a>(
                &'a self,
                context: &'a Arc<Context>,
                request: DeleteRequest,
            ) -> BoxFuture<'a, Result<(), Failed>> {
                Box::pin(delete::<T>(context, request))
            }

            fn unlisted(&self) -> Option<&'static str> {
                T::UNLISTED
            }

            fn list<'a>(
                &'a self,
                context: &'a Arc<Context>,
                after: Option<String>,
            ) -> Option<$crate::listing::Listing<'a>> {
                T::list(context, after)
            }

            fn find<'a>(
                &'a self,
                context: &'a Arc<Context>,
                request: FindRequest,
            ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
                Box::pin(find::<T>(context, request))
            }

            $($more)*
        }
    };
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
